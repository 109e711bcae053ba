//! Service apps against a strict Okta that looks at every claim of the assertion and of the proof, and Torq keys.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, Validation};
use p521::ecdsa::signature::Verifier as _;
use p521::pkcs8::DecodePublicKey as _;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::traits::{PrivateKeyParts as _, PublicKeyParts as _};
use secrecy::SecretString;
use serde_json::{Value, json};
use sha2::Digest as _;
use ssolint::source::http::{
    Algorithm, Answer, Authorization, Budget, Host, HostOptions, KeyError, Limits, PrivateKey, RequestError,
    Service, ServiceApp, TokenSource, Trust,
};

use super::stand_in::{Request, StandIn, Steps, json};

const CLIENT: &str = "0oaclient";
const SCOPES: [&str; 3] = ["okta.apps.read", "okta.groups.read", "okta.users.read"];

// Made with openssl for these tests, and used nowhere else.
const RSA: &str = include_str!("keys/rsa-pkcs8.pem");
const RSA_PUBLIC: &str = include_str!("keys/rsa-public.pem");
const P256: &str = include_str!("keys/p256-pkcs8.pem");
const P256_PUBLIC: &str = include_str!("keys/p256-public.pem");
const P384: &str = include_str!("keys/p384-pkcs8.pem");
const P384_PUBLIC: &str = include_str!("keys/p384-public.pem");
const P521: &str = include_str!("keys/p521-pkcs8.pem");
const P521_PUBLIC: &str = include_str!("keys/p521-public.pem");

/// What kind of Okta answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Dpop,
    /// The API wants nonces of its own, another one from every third request on.
    DpopWithApiNonces,
    Bearer,
}

/// How it refuses a scope.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Refusal {
    None,
    Named(&'static str),
    NotNamed(&'static str),
    Silent(&'static str),
    All,
}

struct Okta {
    kind: Kind,
    refusal: Refusal,
    algorithm: Algorithm,
    public: &'static str,
    kid: Option<&'static str>,
    /// Seconds that its clock is ahead.
    ahead: i64,
    expires_in: u64,
    /// So many requests with a token are answered with 401.
    unauthorized: u32,
    base: String,
    nonce: u32,
    api_nonce: u32,
    tokens: u32,
    token_requests: u32,
    api_requests: u32,
    used: HashSet<String>,
    thumbprint: Option<Value>,
    violations: Vec<String>,
}

impl Okta {
    fn new(kind: Kind, refusal: Refusal) -> Self {
        Self {
            kind,
            refusal,
            algorithm: Algorithm::Es256,
            public: P256_PUBLIC,
            kid: None,
            ahead: 0,
            expires_in: 3600,
            unauthorized: 0,
            base: String::new(),
            nonce: 1,
            api_nonce: 1,
            tokens: 0,
            token_requests: 0,
            api_requests: 0,
            used: HashSet::new(),
            thumbprint: None,
            violations: Vec::new(),
        }
    }

    fn now(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        i64::try_from(now).unwrap() + self.ahead
    }

    fn date(&self) -> (&'static str, String) {
        let date = UNIX_EPOCH + Duration::from_secs(u64::try_from(self.now()).unwrap());
        ("Date", httpdate::fmt_http_date(date))
    }

    fn must(&mut self, holds: bool, what: impl std::fmt::Display) {
        if !holds {
            self.violations.push(what.to_string());
        }
    }

    fn answer(&mut self, request: &Request) -> Steps {
        match (request.method.as_str(), request.target.as_str()) {
            ("POST", "/oauth2/v1/token") => self.token(request),
            ("GET", _) => self.api(request),
            other => panic!("{other:?} was sent"),
        }
    }

    fn oauth_error(&self, error: &str, description: &str, more: &[(&'static str, String)]) -> Steps {
        let mut headers = vec![self.date()];
        headers.extend_from_slice(more);
        json(400, &headers, &json!({"error": error, "error_description": description}).to_string())
    }

    fn token(&mut self, request: &Request) -> Steps {
        self.token_requests += 1;
        self.must(request.header("authorization").is_none(), "no credential but the assertion");
        let kind = request.header("content-type") == Some("application/x-www-form-urlencoded");
        self.must(kind, "the form's content type");
        self.must(request.field("grant_type").as_deref() == Some("client_credentials"), "grant_type");
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        self.must(request.field("client_assertion_type").as_deref() == Some(kind), "client_assertion_type");

        let assertion = request.field("client_assertion").expect("an assertion");
        let (header, claims) = verified(&assertion, self.algorithm, self.public);
        let (now, url) = (self.now(), format!("{}/oauth2/v1/token", self.base));
        self.must(header["alg"] == self.algorithm.name(), "the assertion's alg");
        self.must(header.get("kid").and_then(Value::as_str) == self.kid, format!("kid: {header}"));
        self.must(claims["iss"] == CLIENT && claims["sub"] == CLIENT, "iss and sub");
        self.must(claims["aud"] == url, format!("aud: {claims}"));
        let (iat, exp) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
        self.must(exp > iat && exp - iat <= 3600, "exp is an hour after iat at most");
        let fresh = self.used.insert(claims["jti"].as_str().unwrap().to_owned());
        self.must(fresh, "the jti of an assertion is used once");
        if (iat - now).abs() > 60 {
            return self.oauth_error(
                "invalid_client",
                "The client_assertion token has an expiration too far away.",
                &[],
            );
        }

        let Some(proof) = request.header("dpop").map(str::to_owned) else {
            self.violations.push("a token request without a proof".into());
            return self.oauth_error("invalid_dpop_proof", "The DPoP proof JWT header is missing.", &[]);
        };
        let proof = self.proof(&proof, "POST", &url);
        self.must(proof.get("ath").is_none(), "no ath without a token");
        if self.kind != Kind::Bearer && proof["nonce"] != format!("nonce-{}", self.nonce) {
            let nonce = ("dpop-nonce", format!("nonce-{}", self.nonce));
            return self.oauth_error(
                "use_dpop_nonce",
                "Authorization server requires nonce in DPoP proof.",
                &[nonce],
            );
        }

        let scopes: Vec<String> = request.field("scope").unwrap().split(' ').map(str::to_owned).collect();
        let asks = |scope: &str| scopes.iter().any(|one| one == scope);
        match self.refusal {
            Refusal::Named(scope) if asks(scope) => {
                return self.oauth_error(
                    "invalid_scope",
                    &format!("The scope '{scope}' is not granted."),
                    &[],
                );
            }
            Refusal::NotNamed(scope) if asks(scope) => {
                let why = "One or more scopes are not configured for the authorization server resource.";
                return self.oauth_error("invalid_scope", why, &[]);
            }
            Refusal::All => {
                return self.oauth_error(
                    "consent_required",
                    "You are not allowed any of the requested scopes.",
                    &[],
                );
            }
            _ => {}
        }
        let given: Vec<&String> = scopes
            .iter()
            .filter(|scope| self.refusal != Refusal::Silent(SCOPES[1]) || *scope != SCOPES[1])
            .collect();
        self.tokens += 1;
        let body = json!({
            "token_type": if self.kind == Kind::Bearer { "Bearer" } else { "DPoP" },
            "expires_in": self.expires_in,
            "access_token": format!("token-{}", self.tokens),
            "scope": given.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" "),
        });
        json(200, &[self.date()], &body.to_string())
    }

    fn api(&mut self, request: &Request) -> Steps {
        self.api_requests += 1;
        let (scheme, token) = request.header("authorization").unwrap().split_once(' ').unwrap();
        let token = token.to_owned();
        let body = json!({"id": "0oa1"}).to_string();
        if self.kind == Kind::Bearer {
            self.must(
                scheme == "Bearer" && request.header("dpop").is_none(),
                "a bearer token goes without a proof",
            );
        } else {
            self.must(scheme == "DPoP", "a bound token goes as DPoP");
            let proof = request.header("dpop").expect("a proof").to_owned();
            let url = format!("{}{}", self.base, request.path());
            let proof = self.proof(&proof, "GET", &url);
            let hash = URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(token.as_bytes()));
            self.must(proof["ath"] == hash, "ath is the hash of the token");
            if self.kind == Kind::DpopWithApiNonces {
                if self.api_requests.is_multiple_of(3) {
                    self.api_nonce += 1;
                }
                let nonce = format!("api-{}", self.api_nonce);
                if proof["nonce"] != nonce {
                    let challenge =
                        r#"DPoP error="use_dpop_nonce", error_description="needs a nonce""#.to_owned();
                    return json(
                        401,
                        &[self.date(), ("WWW-Authenticate", challenge), ("DPoP-Nonce", nonce)],
                        "{}",
                    );
                }
            } else {
                self.must(proof.get("nonce").is_none(), "no nonce where none was given");
            }
        }
        if self.unauthorized > 0 {
            self.unauthorized -= 1;
            return json(
                401,
                &[self.date()],
                r#"{"errorCode":"E0000011","errorSummary":"Invalid token provided"}"#,
            );
        }
        self.must(token == format!("token-{}", self.tokens), "the newest token is sent");
        json(200, &[self.date()], &body)
    }

    fn proof(&mut self, proof: &str, method: &str, url: &str) -> Value {
        let header = header_of(proof);
        self.must(header["typ"] == "dpop+jwt", "typ");
        self.must(header["alg"] == "ES256", "alg");
        let jwk = &header["jwk"];
        self.must(jwk.get("d").is_none(), "the private half stays here");
        let key: jsonwebtoken::jwk::Jwk = serde_json::from_value(jwk.clone()).unwrap();
        let claims = decoded(proof, &DecodingKey::from_jwk(&key).unwrap(), jsonwebtoken::Algorithm::ES256);
        self.must(claims["htm"] == method, "htm");
        self.must(claims["htu"] == url, format!("htu: {claims} for {url}"));
        let late = (claims["iat"].as_i64().unwrap() - self.now()).abs();
        self.must(late <= 60, format!("iat is {late} s off"));
        let fresh = self.used.insert(claims["jti"].as_str().unwrap().to_owned());
        self.must(fresh, "the jti of a proof is used once");
        let same = self.thumbprint.get_or_insert_with(|| jwk.clone()) == jwk;
        self.must(same, "all proofs are of one key");
        claims
    }
}

fn header_of(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()).unwrap()
}

/// The claims, if the signature is right.
fn decoded(token: &str, key: &DecodingKey, algorithm: jsonwebtoken::Algorithm) -> Value {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    jsonwebtoken::decode::<Value>(token, key, &validation).expect("a signature that is right").claims
}

fn verified(token: &str, algorithm: Algorithm, public: &str) -> (Value, Value) {
    use jsonwebtoken::Algorithm as Other;
    let pem = public.as_bytes();
    let claims = match algorithm {
        Algorithm::Rs256 => decoded(token, &DecodingKey::from_rsa_pem(pem).unwrap(), Other::RS256),
        Algorithm::Rs384 => decoded(token, &DecodingKey::from_rsa_pem(pem).unwrap(), Other::RS384),
        Algorithm::Rs512 => decoded(token, &DecodingKey::from_rsa_pem(pem).unwrap(), Other::RS512),
        Algorithm::Es256 => decoded(token, &DecodingKey::from_ec_pem(pem).unwrap(), Other::ES256),
        Algorithm::Es384 => decoded(token, &DecodingKey::from_ec_pem(pem).unwrap(), Other::ES384),
        Algorithm::Es512 => {
            let (message, signature) = token.rsplit_once('.').unwrap();
            let key = p521::PublicKey::from_public_key_pem(public).unwrap();
            let key = p521::ecdsa::VerifyingKey::from_affine(*key.as_affine()).unwrap();
            let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
            let signature = p521::ecdsa::Signature::from_slice(&signature).unwrap();
            key.verify(message.as_bytes(), &signature).expect("a signature that is right");
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(message.split('.').nth(1).unwrap()).unwrap())
                .unwrap()
        }
    };
    (header_of(token), claims)
}

fn limits() -> Limits {
    Limits { first_wait: Duration::from_millis(1), longest_wait: Duration::from_millis(5), ..Limits::okta() }
}

async fn start(okta: Okta) -> (StandIn, Arc<Mutex<Okta>>) {
    let okta = Arc::new(Mutex::new(okta));
    let answering = Arc::clone(&okta);
    let stand_in = StandIn::start(move |request| answering.lock().unwrap().answer(request)).await;
    okta.lock().unwrap().base = stand_in.base();
    (stand_in, okta)
}

fn host(stand_in: &StandIn, key: PrivateKey, limits: Limits) -> Host {
    let app = ServiceApp::new(CLIENT, key, SCOPES.map(str::to_owned));
    Host::new(HostOptions {
        service: Service::Okta,
        // A slash too many must not get into aud and htu.
        base: format!("{}/", stand_in.base()),
        authorization: Authorization::ServiceApp(app),
        budget: Budget::new(60, Duration::from_secs(30)),
        limits,
        timeout: Duration::from_secs(10),
        trust: Trust::default(),
    })
    .unwrap()
}

fn key(text: &str, algorithm: Option<Algorithm>, id: Option<&str>) -> Result<PrivateKey, KeyError> {
    PrivateKey::read(&SecretString::from(text), algorithm, id.map(str::to_owned))
}

fn p256() -> PrivateKey {
    key(P256, None, None).unwrap()
}

const FOUND: &str = r#"{"id":"0oa1"}"#;

async fn get(host: &Host) -> Result<Answer<String>, RequestError> {
    host.get("/api/v1/apps/0oa1?expand=x").await
}

fn found() -> Result<Answer<String>, RequestError> {
    Ok(Answer::Found(FOUND.into()))
}

fn counted<T>(okta: &Mutex<Okta>, of: impl Fn(&Okta) -> T) -> T {
    of(&okta.lock().unwrap())
}

#[track_caller]
fn no_violations(okta: &Mutex<Okta>) {
    assert_eq!(okta.lock().unwrap().violations, Vec::<String>::new());
}

fn rsa_jwk(alg: Option<&str>) -> String {
    let key = rsa::RsaPrivateKey::from_pkcs8_pem(RSA).unwrap();
    let number = |number: &rsa::BigUint| URL_SAFE_NO_PAD.encode(number.to_bytes_be());
    let mut jwk =
        json!({"kty": "RSA", "n": number(key.n()), "e": number(key.e()), "d": number(key.d()), "kid": "own"});
    if let Some(alg) = alg {
        jwk["alg"] = alg.into();
        jwk["p"] = number(&key.primes()[0]).into();
        jwk["q"] = number(&key.primes()[1]).into();
    }
    jwk.to_string()
}

fn curve_jwk(curve: &str, scalar: &[u8]) -> String {
    json!({"kty": "EC", "crv": curve, "use": "sig", "x": "AA", "y": "AA", "d": URL_SAFE_NO_PAD.encode(scalar)}).to_string()
}

#[tokio::test]
async fn every_kind_of_key_signs_in_to_a_strict_okta() {
    use Algorithm::{Es256, Es384, Es512, Rs256, Rs384, Rs512};
    let p384 = p384::SecretKey::from_pkcs8_pem(P384).unwrap().to_bytes();
    let p521 = p521::SecretKey::from_pkcs8_pem(P521).unwrap().to_bytes();
    let p256 = p256::SecretKey::from_pkcs8_pem(P256).unwrap().to_bytes();
    let cases = [
        (RSA.to_owned(), None, None, Rs256, RSA_PUBLIC, None),
        (RSA.to_owned(), Some(Rs512), Some("a kid"), Rs512, RSA_PUBLIC, Some("a kid")),
        (include_str!("keys/rsa-pkcs1.pem").to_owned(), Some(Rs384), None, Rs384, RSA_PUBLIC, None),
        (rsa_jwk(None), None, None, Rs256, RSA_PUBLIC, Some("own")),
        (rsa_jwk(Some("RS384")), None, Some("other"), Rs384, RSA_PUBLIC, Some("other")),
        (P256.to_owned(), None, None, Es256, P256_PUBLIC, None),
        (include_str!("keys/p256-sec1.pem").to_owned(), Some(Es256), None, Es256, P256_PUBLIC, None),
        (curve_jwk("P-256", &p256), None, None, Es256, P256_PUBLIC, None),
        (P384.to_owned(), None, None, Es384, P384_PUBLIC, None),
        (include_str!("keys/p384-sec1.pem").to_owned(), None, None, Es384, P384_PUBLIC, None),
        (curve_jwk("P-384", &p384), None, None, Es384, P384_PUBLIC, None),
        (P521.to_owned(), None, None, Es512, P521_PUBLIC, None),
        (include_str!("keys/p521-sec1.pem").to_owned(), None, Some("k"), Es512, P521_PUBLIC, Some("k")),
        (curve_jwk("P-521", &p521), Some(Es512), None, Es512, P521_PUBLIC, None),
    ];
    for (text, asked, id, algorithm, public, kid) in cases {
        let okta = Okta { algorithm, public, kid, ..Okta::new(Kind::Dpop, Refusal::None) };
        let (stand_in, okta) = start(okta).await;
        let host = host(&stand_in, key(&text, asked, id).unwrap(), limits());
        assert_eq!(get(&host).await, found());
        assert_eq!(get(&host).await, found());
        no_violations(&okta);
        // The proof comes first, and is refused once for its nonce.
        assert_eq!(counted(&okta, |okta| (okta.token_requests, okta.api_requests)), (2, 2));
        assert_eq!(host.requests_made(), 4);
        assert!(host.refused_scopes().is_empty());
    }
}

#[test]
fn a_key_that_cannot_be_used_says_why() {
    let check = |text: &str, algorithm: Option<Algorithm>, expect: KeyError| {
        assert_eq!(key(text, algorithm, None).map(|key| key.algorithm()), Err(expect), "{text:.40}");
    };
    check("", None, KeyError::Form);
    check("{}", None, KeyError::Form);
    check("-----BEGIN SOMETHING-----\nAAAA\n-----END SOMETHING-----", None, KeyError::Form);
    check(P256_PUBLIC, None, KeyError::Public);
    check(r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#, None, KeyError::Public);
    check(r#"{"kty":"OKP","crv":"Ed25519","d":"AA"}"#, None, KeyError::Kind);
    check(r#"{"kty":"EC","crv":"P-256","d":"AA"}"#, None, KeyError::Kind);
    check(&RSA.replace('M', "N"), None, KeyError::Kind);
    check(
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----",
        None,
        KeyError::Encrypted,
    );
    check(RSA, Some(Algorithm::Es256), KeyError::Algorithm { algorithm: Algorithm::Es256 });
    check(P256, Some(Algorithm::Es384), KeyError::Algorithm { algorithm: Algorithm::Es384 });
    check(P256, Some(Algorithm::Rs256), KeyError::Algorithm { algorithm: Algorithm::Rs256 });
}

#[tokio::test]
async fn an_okta_without_proofs_gets_bearer_tokens() {
    let (stand_in, okta) = start(Okta::new(Kind::Bearer, Refusal::None)).await;
    let host = host(&stand_in, p256(), limits());
    assert_eq!(get(&host).await, found());
    assert_eq!(okta.lock().unwrap().token_requests, 1);
    no_violations(&okta);
}

#[tokio::test]
async fn a_scope_that_is_refused_is_left_out() {
    for (refusal, token_requests) in [
        (Refusal::Named(SCOPES[1]), 3),
        // Once for the nonce, once for all, once for each, and once more.
        (Refusal::NotNamed(SCOPES[1]), 6),
        (Refusal::Silent(SCOPES[1]), 2),
    ] {
        let (stand_in, okta) = start(Okta::new(Kind::Dpop, refusal)).await;
        let host = host(&stand_in, p256(), limits());
        assert_eq!(get(&host).await, found(), "{refusal:?}");
        assert_eq!(host.refused_scopes(), [SCOPES[1]], "{refusal:?}");
        assert_eq!(okta.lock().unwrap().token_requests, token_requests, "{refusal:?}");
        no_violations(&okta);
    }
}

#[tokio::test]
async fn without_any_scope_there_is_no_token_and_one_try_is_enough() {
    let (stand_in, okta) = start(Okta::new(Kind::Dpop, Refusal::All)).await;
    let host = host(&stand_in, p256(), limits());
    let error = get(&host).await.unwrap_err();
    assert!(
        matches!(&error, RequestError::SignIn { why, .. } if why.contains("none of the scopes")),
        "{error}"
    );
    let asked = okta.lock().unwrap().token_requests;
    assert_eq!(get(&host).await, Err(error));
    assert_eq!(counted(&okta, |okta| (okta.token_requests, okta.api_requests)), (asked, 0));
}

#[tokio::test]
async fn nonces_of_the_api_are_used_and_changed() {
    let (stand_in, okta) = start(Okta::new(Kind::DpopWithApiNonces, Refusal::None)).await;
    let host = host(&stand_in, p256(), limits());
    for _ in 0..5 {
        assert_eq!(get(&host).await, found());
    }
    assert_eq!(okta.lock().unwrap().token_requests, 2);
    no_violations(&okta);
}

#[tokio::test]
async fn a_token_is_renewed_when_it_ends_and_with_a_new_nonce_of_the_day() {
    let (stand_in, okta) = start(Okta { expires_in: 10, ..Okta::new(Kind::Dpop, Refusal::None) }).await;
    let host = host(&stand_in, p256(), Limits { second: Duration::from_millis(20), ..limits() });
    assert_eq!(get(&host).await, found());
    okta.lock().unwrap().nonce += 1;
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert_eq!(get(&host).await, found());
    assert_eq!(counted(&okta, |okta| (okta.tokens, okta.token_requests)), (2, 4));
    no_violations(&okta);
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once() {
    for (unauthorized, tokens, expect) in [(1, 2, 200), (2, 2, 401)] {
        let (stand_in, okta) = start(Okta { unauthorized, ..Okta::new(Kind::Dpop, Refusal::None) }).await;
        let answer = get(&host(&stand_in, p256(), limits())).await.unwrap();
        match answer {
            Answer::Found(_) => assert_eq!(expect, 200),
            Answer::Refused { status, why } => {
                assert_eq!((status, why.as_str()), (expect, "E0000011: Invalid token provided"));
            }
            Answer::NotThere => panic!("it is there"),
        }
        assert_eq!(okta.lock().unwrap().tokens, tokens);
        no_violations(&okta);
    }
}

#[tokio::test]
async fn a_clock_that_is_wrong_here_is_set_by_the_servers_date() {
    for ahead in [7200, -7200] {
        // Proofs are refused for their time as well, which is no violation here until the time has been told.
        let (stand_in, okta) = start(Okta { ahead, ..Okta::new(Kind::Dpop, Refusal::None) }).await;
        let host = host(&stand_in, p256(), limits());
        assert_eq!(get(&host).await, found(), "{ahead}");
        assert_eq!(okta.lock().unwrap().token_requests, 3);
        no_violations(&okta);
    }
}

#[tokio::test]
async fn everyone_waits_for_the_same_token() {
    let (stand_in, okta) = start(Okta::new(Kind::Dpop, Refusal::None)).await;
    let host = host(&stand_in, p256(), limits());
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let host = host.clone();
            tokio::spawn(async move { get(&host).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), found());
    }
    assert_eq!(counted(&okta, |okta| (okta.tokens, okta.token_requests)), (1, 2));
    no_violations(&okta);
}

#[tokio::test]
async fn a_torq_key_is_changed_for_a_bearer_token() {
    const MAPPINGS: &str = r#"{"claim_mappings":[]}"#;
    let stand_in = StandIn::start(|request| {
        let basic = format!("Basic {}", STANDARD.encode("key:secret"));
        match (request.method.as_str(), request.target.as_str()) {
            ("POST", "/v1/auth/token") if request.header("authorization") == Some(&basic) => {
                assert_eq!(request.body, "grant_type=client_credentials");
                json(200, &[], r#"{"access_token":"t","token_type":"bearer","expires_in":3600,"scope":"x"}"#)
            }
            ("POST", "/v1/auth/token") => json(401, &[], r#"{"error":"invalid_client"}"#),
            ("GET", "/public/v1alpha/sso/claim_mappings") => {
                assert_eq!(request.header("authorization"), Some("Bearer t"));
                json(200, &[], MAPPINGS)
            }
            ("GET", "/public/v1alpha/users") => json(403, &[], r#"{"code":7,"message":"permission denied"}"#),
            other => panic!("{other:?} was sent"),
        }
    })
    .await;
    let host = |secret: &str| {
        let source = TokenSource::new("key", SecretString::from(secret), stand_in.base());
        Host::new(HostOptions {
            service: Service::Torq,
            base: format!("{}/public", stand_in.base()),
            authorization: Authorization::Bearer(source),
            budget: Budget::new(10, Duration::from_secs(10)),
            limits: Limits::torq(),
            timeout: Duration::from_secs(5),
            trust: Trust::default(),
        })
        .unwrap()
    };
    let right = host("secret");
    assert_eq!(right.get("/v1alpha/sso/claim_mappings").await, Ok(Answer::Found(MAPPINGS.into())));
    let refused = Answer::Refused { status: 403, why: "permission denied".into() };
    assert_eq!(right.get("/v1alpha/users").await, Ok(refused));
    let error = host("wrong").get("/v1alpha/users").await.unwrap_err();
    assert!(matches!(&error, RequestError::SignIn { why, .. } if why == "401: invalid_client"), "{error}");
}
