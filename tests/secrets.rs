//! Marked secrets come in wherever one can come in, and are found nowhere: in no output, no report, no snapshot, no error, at any level,
//! whether everything goes well or any one request fails in any way, in answers that repeat what they were sent.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod live_proof;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use live_proof::binary::Ran;
use live_proof::contract::fits;
use live_proof::organization::{Organization, app_id};
use live_proof::project::{self, Okta, Project};
use live_proof::stand_in::{Ending, Request, Response, StandIn};
use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use serde_json::{Value, json};

const MOST: Duration = Duration::from_secs(120);

/// 32 bytes that are a private key of P-256, and look like one of ours in either alphabet of Base64: `MARKkeyMARKkey…`.
const KEY: &str = "MARKkeyMARKkeyMARKkeyMARKkeyMARKkeyMARKkeyM";

/// Every secret begins with this.
const MARK: &str = "MARK";

/// The mark in Base64, wherever in a text it stands.
const ENCODED: [&str; 3] = ["TUFSS", "1BUk", "NQVJL"];

fn key() -> [u8; 32] {
    URL_SAFE_NO_PAD.decode(KEY).unwrap().try_into().unwrap()
}

fn jwk() -> String {
    let point = p256::SecretKey::from_slice(&key()).unwrap().public_key().to_encoded_point(false);
    let (x, y) = (URL_SAFE_NO_PAD.encode(point.x().unwrap()), URL_SAFE_NO_PAD.encode(point.y().unwrap()));
    json!({"kty": "EC", "crv": "P-256", "d": KEY, "x": x, "y": y, "kid": "one"}).to_string()
}

/// Why this text must not be seen; empty: no reason.
fn secrets_in(text: &str) -> Vec<String> {
    let around =
        |at: usize| text.get(at.saturating_sub(80)..).unwrap_or(&text[at..]).chars().take(200).collect();
    let mut found: Vec<String> = text.find(MARK).map(around).into_iter().collect();
    // A word of Base64 may hold these letters by chance; a mark has more of them.
    for encoded in ENCODED {
        found.extend(text.find(encoded).map(around));
    }
    for line in project::pem(&key()).lines().filter(|line| !line.starts_with("-----")) {
        found.extend(text.find(line).map(around));
    }
    // Assertions, proofs.
    found.extend(
        text.match_indices("eyJ")
            .find(|(at, _)| text[*at..].split_whitespace().next().unwrap().contains('.'))
            .map(|(at, _)| around(at)),
    );
    found
}

/// Everything that a run leaves: its two streams, and what is below its folder, apart from what was put there for it.
fn left_behind(ran: &Ran, project: &Project) -> Vec<(String, String)> {
    const PUT_THERE: [&str; 5] = ["ssolint.yaml", "key.pem", "token.txt", "shared.txt", "broken.pem"];
    let mut left = vec![
        ("standard output".to_owned(), ran.stdout.clone()),
        ("standard error".to_owned(), ran.stderr.clone()),
    ];
    let mut folders = vec![project.folder().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            left.push((
                "a path".to_owned(),
                path.strip_prefix(project.folder()).unwrap().display().to_string(),
            ));
            if path.is_dir() {
                folders.push(path);
            } else if !PUT_THERE.iter().any(|name| path.ends_with(name)) {
                left.push((
                    path.display().to_string(),
                    String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned(),
                ));
            }
        }
    }
    left
}

#[track_caller]
fn tells_nothing(what: &str, ran: &Ran, project: &Project) {
    assert!(
        ran.code.is_some_and(|code| code <= 3) && !ran.stderr.contains("panicked"),
        "{what}: {}",
        ran.told()
    );
    for (place, text) in left_behind(ran, project) {
        let found = secrets_in(&text);
        assert!(found.is_empty(), "{what}: {place} has a secret: {found:#?}");
    }
}

// ---- services that give secrets away, and repeat those they are given ----

/// The kinds of requests of a whole reading: Okta's, then Torq's.
const OKTA: [&str; 15] = [
    "/oauth2/v1/token",
    "/.well-known/okta-organization",
    "/.well-known/openid-configuration",
    "/api/v1/apps/{id}",
    "/api/v1/internal/apps/{id}/settings/oauth/idToken",
    "/api/v1/apps/{id}/federated-claims",
    "/api/v1/apps/{id}/groups",
    "/api/v1/apps/{id}/users",
    "/api/v1/groups",
    "/api/v1/groups/rules",
    "/api/v1/groups/{id}/users",
    "/api/v1/users",
    "/api/v1/users/{id}",
    "/api/v1/users/{id}/groups",
    "/api/v1/policies/{id}/rules",
];
const TORQ: [&str; 4] = [
    "/v1/auth/token",
    "/public/v1alpha/sso/claim_mappings",
    "/public/v1alpha/roles",
    "/public/v1alpha/users",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    None,
    Status(u16),
    Page,
    Half,
    Nothing,
    Redirect,
    Shape,
    /// The second page of a list is elsewhere.
    ForeignNext,
}

const FAILURES: [Failure; 12] = [
    Failure::None,
    Failure::Status(400),
    Failure::Status(401),
    Failure::Status(403),
    Failure::Status(404),
    Failure::Status(500),
    Failure::Page,
    Failure::Half,
    Failure::Nothing,
    Failure::Redirect,
    Failure::Shape,
    Failure::ForeignNext,
];

/// All that a service knows of us, as it may repeat it.
fn repeated(request: &Request) -> String {
    let header = |name| request.header(name).unwrap_or_default();
    let (authorization, proof) = (header("authorization"), header("dpop"));
    let body = String::from_utf8_lossy(&request.body);
    format!("{authorization} {proof} {} {body}", request.query())
}

impl Failure {
    fn answer(self, request: &Request, whole: impl FnOnce() -> Response) -> Response {
        let repeated = repeated(request);
        match self {
            Self::None => whole(),
            Self::Status(status) => Response::json(
                status,
                json!({"errorCode": "E0000011", "errorSummary": &repeated, "errorCauses": [{"errorSummary": &repeated}],
                    "error": "invalid_client", "error_description": &repeated, "message": &repeated}),
            )
            .with("www-authenticate", format!("DPoP error=\"invalid_token\", error_description=\"{repeated}\"")),
            Self::Page => Response::html(200, &format!("<html>{repeated}</html>")),
            Self::Half => whole().ending(Ending::Half),
            Self::Nothing => whole().ending(Ending::Nothing),
            Self::Redirect => Response::json(302, json!({}))
                .with("location", "https://MARK-user:MARK-pass@elsewhere.example/MARK-path?token=MARK-location"),
            Self::Shape => Response::json(200, json!(format!("MARK-shape {repeated}"))),
            Self::ForeignNext => {
                whole().with("link", "<https://MARK-user:MARK-pass@elsewhere.example/x?after=MARK-cursor>; rel=\"next\"")
            }
        }
    }
}

/// Puts secrets beside every field of an answer, as a service could.
fn give_away(mut response: Response) -> Response {
    fn add(value: &mut Value) {
        match value {
            Value::Array(rows) => rows.iter_mut().for_each(add),
            Value::Object(fields) => {
                fields.values_mut().for_each(add);
                for name in [
                    "client_secret",
                    "secret",
                    "password",
                    "sharedSecret",
                    "token",
                    "private_key",
                    "value_secret",
                ] {
                    fields.insert(name.to_owned(), json!(format!("MARK-answer-{name}")));
                }
            }
            _ => {}
        }
    }
    if response.status == 200
        && let Ok(mut value) = serde_json::from_slice(&response.body)
    {
        add(&mut value);
        response.body = value.to_string().into_bytes();
    }
    response.with("set-cookie", "sid=MARK-cookie").with("x-okta-request-id", "MARK-request")
}

/// Which secrets reached the service: otherwise nothing would be proved.
type CameIn = Arc<Mutex<BTreeSet<&'static str>>>;

fn organization() -> Organization {
    Organization { groups: 3, people: 6 }
}

fn okta(failing: Option<&'static str>, failure: Failure, came_in: CameIn) -> StandIn {
    StandIn::start(move |request| {
        let path = request.path();
        note_okta(request, &came_in);
        let kind = OKTA.into_iter().rev().find(|kind| {
            fits(kind, path) && (*kind != "/api/v1/groups/{id}" || path != "/api/v1/groups/rules")
        });
        let whole = || match path {
            "/oauth2/v1/token" => token(request),
            "/api/v1/groups" if request.query().contains("after=MARK") => Response::json(200, json!([])),
            "/api/v1/groups" => {
                let host = request.header("host").unwrap();
                let link = format!(
                    "<http://{host}/api/v1/groups?limit=200&expand=stats&after=MARK-cursor>; rel=\"next\""
                );
                give_away(organization().okta(request)).with("link", link)
            }
            _ => give_away(organization().okta(request)),
        };
        if kind.is_some() && kind == failing { failure.answer(request, whole) } else { whole() }
    })
}

/// A token that is bound to a proof with a nonce.
fn token(request: &Request) -> Response {
    let proof = request.header("dpop").unwrap_or_default();
    let claims =
        proof.split('.').nth(1).map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap_or_default();
    if !String::from_utf8_lossy(&claims).contains("MARK-nonce") {
        return Response::json(
            400,
            json!({"error": "use_dpop_nonce", "error_description": repeated(request)}),
        )
        .with("dpop-nonce", "MARK-nonce-1");
    }
    Response::json(200, json!({"access_token": "MARK-access-token-okta", "token_type": "DPoP", "expires_in": 3600,
        "scope": "okta.apps.read okta.groups.read okta.users.read okta.policies.read okta.authorizationServers.read",
        "refresh_token": "MARK-refresh-token", "id_token": "MARK-id-token"}))
    .with("dpop-nonce", "MARK-nonce-2")
}

fn note_okta(request: &Request, came_in: &CameIn) {
    let authorization = request.header("authorization").unwrap_or_default();
    let mut came_in = came_in.lock().unwrap();
    for (place, text) in [
        ("API token from the environment", "SSWS MARK-api-token-env"),
        ("API token from a file", "SSWS MARK-api-token-file"),
        ("API token from a command", "SSWS MARK-api-token-command"),
        ("access token of Okta", "DPoP MARK-access-token-okta"),
    ] {
        if authorization == text {
            came_in.insert(place);
        }
    }
    if request.query().contains("after=MARK-cursor") {
        came_in.insert("cursor in a query");
    }
    if String::from_utf8_lossy(&request.body).contains("client_assertion=eyJ") {
        came_in.insert("key of a service app");
    }
    if request.header("dpop").is_some_and(|proof| ENCODED.iter().any(|mark| proof.contains(mark))) {
        came_in.insert("nonce");
    }
}

fn torq(failing: Option<&'static str>, failure: Failure, came_in: CameIn) -> StandIn {
    StandIn::start(move |request| {
        let path = request.path();
        let authorization = request.header("authorization").unwrap_or_default();
        if authorization == "Bearer MARK-access-token-torq" {
            came_in.lock().unwrap().insert("access token of Torq");
        }
        if authorization == format!("Basic {}", STANDARD.encode("MARK-torq-id:MARK-torq-secret")) {
            came_in.lock().unwrap().insert("Torq key");
        }
        let whole = || match path {
            "/v1/auth/token" => Response::json(
                200,
                json!({"access_token": "MARK-access-token-torq", "token_type": "bearer", "expires_in": 3600}),
            ),
            _ => give_away(organization().torq(request)),
        };
        if failing == Some(path) { failure.answer(request, whole) } else { whole() }
    })
}

// ---- runs ----

/// The ways in which a credential of Okta can be given.
fn credentials(way: Okta) -> Vec<Value> {
    match way {
        Okta::ApiToken => vec![
            json!({"api_token": {"env": "OKTA_TOKEN"}}),
            json!({"api_token": {"file": "token.txt"}}),
            json!({"api_token": {"command": ["printf", "MARK-%s", "api-token-command"]}}),
        ],
        Okta::ServiceApp => vec![
            json!({"service_app": {"client_id": "0oaservice", "key": {"file": "key.pem"}, "kid": "one"}}),
            json!({"service_app": {"client_id": "0oaservice", "key": {"env": "OKTA_JWK"}}}),
        ],
    }
}

fn planted(file: &Value) -> Project {
    let mut project = Project::new(file);
    project.set("OKTA_TOKEN", "MARK-api-token-env");
    project.set("OKTA_JWK", &jwk());
    project.set("TORQ_ID", "MARK-torq-id");
    project.set("TORQ_SECRET", "MARK-torq-secret");
    project.set("RUST_BACKTRACE", "full");
    project.set("RUST_LOG", "trace");
    project.put("token.txt", "MARK-api-token-file\n");
    project.put("key.pem", &project::pem(&key()));
    project
}

const PULL: &[&str] = &["pull", "--out", "out", "--allow-command", "--timeout", "60"];
const CHECK: &[&str] = &[
    "check",
    "--live",
    "-v",
    "--allow-command",
    "--timeout",
    "60",
    "--select",
    "all",
    "--people",
    "names",
    "--format",
    "pretty",
    "--format",
    "json=report.json",
    "--format",
    "sarif=report.sarif",
];
const WHO: &[&str] = &["who", "--live", "--all", "--allow-command", "--timeout", "60", "--format", "json"];

/// One run over a connection for each kind of request, in which that one fails.
fn run(failure: Failure, way: Okta, arguments: &[&str], came_in: &CameIn) {
    let services: Vec<(StandIn, StandIn)> = OKTA
        .into_iter()
        .chain(TORQ)
        .map(|kind| (okta(Some(kind), failure, came_in.clone()), torq(Some(kind), failure, came_in.clone())))
        .collect();
    let ways = credentials(way);
    let connections: Vec<Value> = services
        .iter()
        .zip(ways.iter().cycle())
        .enumerate()
        .map(|(number, ((okta, torq), auth))| {
            project::connection(
                &format!("connection-{number}"),
                &app_id(number),
                &okta.url(),
                &torq.url(),
                "",
                auth,
            )
        })
        .collect();
    let project = planted(&json!({"version": 1, "connections": connections}));
    let ran = project.run(arguments, MOST);
    tells_nothing(&format!("{} with {failure:?} and {way:?}", arguments[0]), &ran, &project);
    let written = |name: &str| project.folder().join(name);
    if arguments == CHECK {
        assert!(written("report.sarif").exists() && written("report.json").exists(), "{}", ran.told());
    }
    if failure == Failure::None {
        assert!(matches!(ran.code, Some(0 | 1 | 3)), "{arguments:?}: {}", ran.told());
        assert!(!ran.stderr.contains("was not reached"), "{arguments:?}: {}", ran.told());
        if arguments == PULL {
            assert!(written("out").read_dir().unwrap().count() >= services.len());
        }
    }
}

#[test]
fn no_secret_leaves_by_a_run_however_it_goes() {
    let came_in = CameIn::default();
    let mut runs = vec![
        (Failure::None, Okta::ApiToken, WHO),
        (Failure::None, Okta::ServiceApp, CHECK),
        (Failure::None, Okta::ServiceApp, PULL),
    ];
    for (number, failure) in FAILURES.into_iter().enumerate() {
        // Each failure meets both credentials and both commands.
        let (one, other) = if number % 2 == 0 { (PULL, CHECK) } else { (CHECK, PULL) };
        runs.extend([(failure, Okta::ApiToken, one), (failure, Okta::ServiceApp, other)]);
    }
    at_once(runs, |(failure, way, arguments)| run(failure, way, arguments, &came_in));
    let expected = BTreeSet::from([
        "API token from the environment",
        "API token from a file",
        "API token from a command",
        "access token of Okta",
        "access token of Torq",
        "cursor in a query",
        "key of a service app",
        "nonce",
        "Torq key",
    ]);
    assert_eq!(*came_in.lock().unwrap(), expected, "some secret never came in");
}

/// Most of the time is spent in waiting before a request is repeated.
fn at_once<T: Send>(work: Vec<T>, does: impl Fn(T) + Sync) {
    let waiting = Mutex::new(work);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                while let Some(one) = { waiting.lock().unwrap().pop() } {
                    does(one);
                }
            });
        }
    });
}

/// What is typed in the wrong place, or is not what it should be, is refused without being repeated.
#[test]
fn a_secret_in_the_wrong_place_is_not_repeated() {
    let came_in = CameIn::default();
    let (okta, torq) = (okta(None, Failure::None, came_in.clone()), torq(None, Failure::None, came_in));
    let sound = || {
        project::connection(
            "acme-prod",
            &app_id(0),
            &okta.url(),
            &torq.url(),
            "",
            &json!({"api_token": {"env": "OKTA_TOKEN"}}),
        )
    };
    let service_app = |key: Value| json!({"service_app": {"client_id": "0oaservice", "key": key}});
    let cases: Vec<(&str, &str, Value)> = vec![
        ("an API token in the file", "/okta/auth", json!({"api_token": "MARK-inline"})),
        ("an API token as a kind", "/okta/auth", json!("MARK-inline")),
        ("an API token as a key", "/okta/auth", json!({"api_token": {"MARK-inline": "x"}})),
        ("an API token as a list", "/okta/auth", json!({"api_token": ["MARK-inline"]})),
        (
            "an API token for the name of a variable",
            "/okta/auth",
            json!({"api_token": {"env": "MARK-inline"}}),
        ),
        ("a key in the file", "/okta/auth", service_app(json!(project::pem(&key())))),
        ("a JWK in the file", "/okta/auth", service_app(serde_json::from_str(&jwk()).unwrap())),
        ("a Torq secret in the file", "/torq/client_secret", json!("MARK-inline")),
        ("a Torq secret for the name of a variable", "/torq/client_secret", json!({"env": "MARK-inline"})),
        ("a Torq ID in the file", "/torq/client_id", json!("MARK-inline")),
        ("a token that others can read", "/okta/auth", json!({"api_token": {"file": "shared.txt"}})),
        ("a token that no header can hold", "/okta/auth", json!({"api_token": {"env": "TWO_LINES"}})),
        (
            "a command that fails after it gave the secret",
            "/okta/auth",
            json!({"api_token": {"command": ["sh", "-c", "cat token.txt; exit 3"]}}),
        ),
        ("a token for a key", "/okta/auth", service_app(json!({"file": "token.txt"}))),
        ("a broken key", "/okta/auth", service_app(json!({"file": "broken.pem"}))),
        ("a broken JWK", "/okta/auth", service_app(json!({"env": "BROKEN_JWK"}))),
        ("a password in Okta's URL", "/okta/org_url", json!("https://MARK-user:MARK-pass@127.0.0.1:9")),
        ("a query in Okta's URL", "/okta/org_url", json!("https://127.0.0.1:9/?token=MARK-query")),
        (
            "a password in Torq's URL",
            "/torq/base_url",
            json!("https://MARK-user:MARK-pass@127.0.0.1:9/public"),
        ),
        (
            "a password in the URL of Torq's tokens",
            "/torq/auth_url",
            json!("https://MARK-user:MARK-pass@127.0.0.1:9"),
        ),
        (
            "a password in a URL that is not https",
            "/okta/org_url",
            json!("http://MARK-user:MARK-pass@acme.example"),
        ),
        ("a password in what is no URL", "/okta/org_url", json!("MARK-user:MARK-pass@acme.example:port")),
    ];
    for (what, at, value) in cases {
        let mut entry = sound();
        *entry.pointer_mut(at).unwrap() = value;
        let mut project = planted(&json!({"version": 1, "connections": [entry]}));
        project.set("TWO_LINES", "MARK-first\nMARK-second");
        project.set("BROKEN_JWK", &jwk().replace("P-256", "P-999"));
        project.put("broken.pem", &without_its_middle(&project::pem(&key())));
        project.put("shared.txt", "MARK-shared");
        share(&project.folder().join("shared.txt"));
        let ran = project.run(&["check", "--live", "-v", "--allow-command", "--timeout", "20"], MOST);
        tells_nothing(what, &ran, &project);
        assert_eq!(ran.code, Some(2), "{what}: {}", ran.told());
        let ran = project.run(&["pull", "--out", "out", "--allow-command", "--timeout", "20"], MOST);
        tells_nothing(what, &ran, &project);
    }
}

fn without_its_middle(pem: &str) -> String {
    let lines: Vec<&str> = pem.lines().collect();
    let middle = lines.len() / 2;
    [&lines[..middle], &lines[middle + 1..]].concat().join("\n")
}

fn share(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
}

#[test]
fn the_password_of_a_proxy_is_not_repeated() {
    let came_in = CameIn::default();
    let seen = came_in.clone();
    let proxy = StandIn::start(move |request| {
        let basic = STANDARD.encode("MARK-proxy-user:MARK-proxy-pass");
        if request.method == "CONNECT"
            && request.header("proxy-authorization") == Some(&format!("Basic {basic}"))
        {
            seen.lock().unwrap().insert("proxy");
        }
        Failure::Status(407).answer(request, || Response::json(200, json!({})))
    });
    let at = proxy.url().replace("http://", "http://MARK-proxy-user:MARK-proxy-pass@");
    let proxies = vec![
        ("a proxy that refuses", at.as_str()),
        ("a proxy that is not there", "http://MARK-proxy-user:MARK-proxy-pass@127.0.0.1:9"),
        ("a proxy of no known kind", "gopher://MARK-proxy-user:MARK-proxy-pass@127.0.0.1:9"),
        ("a proxy that is no URL", "http://MARK-proxy-user:MARK-proxy-pass@[::"),
    ];
    at_once(proxies, |(what, value)| {
        let auth = json!({"api_token": {"env": "OKTA_TOKEN"}});
        let (okta, torq) = ("https://acme.invalid", "https://torq.invalid");
        let entry = project::connection("acme-prod", &app_id(0), okta, torq, "", &auth);
        let mut project = planted(&json!({"version": 1, "connections": [entry]}));
        project.set("HTTPS_PROXY", value);
        project.set("ALL_PROXY", value);
        let ran = project.run(&["check", "--live", "-v", "--timeout", "25"], MOST);
        tells_nothing(what, &ran, &project);
        assert!(matches!(ran.code, Some(2 | 3)), "{what}: {}", ran.told());
    });
    assert_eq!(*came_in.lock().unwrap(), BTreeSet::from(["proxy"]));
}

#[test]
fn what_an_authorize_url_has_beside_the_settings_is_dropped() {
    let url = "https://acme.okta.com/oauth2/v1/authorize?client_id=0oa1gjh63g214q0Hq0g4&redirect_uri=https%3A%2F%2Fapp.torq.io%2F__%2Fauth%2Fhandler&response_type=id_token&scope=openid%20email%20profile%20groups&state=MARK-state&nonce=MARK-nonce&login_hint=MARK-hint&sessionToken=MARK-session&request=MARK-request&id_token_hint=MARK-id-token&code_challenge=MARK-challenge&MARK-unknown=MARK-unknown#id_token=MARK-fragment";
    for (what, stdin) in [
        ("a URL", url.to_owned()),
        ("a URL with a password", url.replace("https://", "https://MARK-user:MARK-pass@")),
        ("no URL", url.replace("https://acme", "acme")),
        ("half of a URL", url.replace("client_id=0oa1gjh63g214q0Hq0g4&", "")),
        ("a URL twice", format!("{url}\n{url}\n")),
        ("something else", "MARK-token".to_owned()),
    ] {
        let folder = planted(&json!({"version": 1}));
        fs::remove_file(folder.folder().join("ssolint.yaml")).unwrap();
        let ran = folder.run_with(&["init"], &stdin, MOST);
        for (place, text) in left_behind(&ran, &folder).into_iter().chain(
            // Here these are what is written.
            ["ssolint.yaml", "connection.yaml"].into_iter().filter_map(|name| {
                Some((name.to_owned(), fs::read_to_string(folder.folder().join(name)).ok()?))
            }),
        ) {
            let found = secrets_in(&text);
            assert!(found.is_empty(), "{what}: {place} has a secret: {found:#?}");
        }
        if what == "a URL" {
            let written = fs::read_to_string(folder.folder().join("connection.yaml")).unwrap_or_default();
            assert!(
                written.contains("0oa1gjh63g214q0Hq0g4"),
                "nothing was taken from the URL: {}",
                ran.told()
            );
        }
    }
}
