//! Who asks: nobody, the person behind an API token, a service app, or a Torq key; and the tokens of the last two, got when
//! they are needed, once for all who wait, and renewed when they end.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use reqwest::{RequestBuilder, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

use super::allowed::{Allowed, Method, Service};
use super::client::Reply;
use super::error::{Asked, HostError, RequestError};
use super::limits::Limits;
use super::retry::{Attempts, Fault};
use super::service_app::{Proven, Prover, ServiceApp};
use super::{Base, Line, gate, reason, target};

/// How a host is signed in to.
pub enum Authorization {
    /// For what is public: discovery documents.
    None,
    /// An Okta API token (SSWS).
    ApiToken(SecretString),
    ServiceApp(ServiceApp),
    /// A Torq key, changed for a bearer token.
    Bearer(TokenSource),
}

/// Where and for what a bearer token is given: Torq's client credentials.
pub struct TokenSource {
    client_id: String,
    client_secret: SecretString,
    base: String,
}

impl TokenSource {
    /// `base` is `https://auth.torq.io` or `https://auth.eu.torq.io`, without `/v1/auth/token`.
    pub fn new(client_id: impl Into<String>, client_secret: SecretString, base: impl Into<String>) -> Self {
        Self { client_id: client_id.into(), client_secret, base: base.into() }
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::None => "None",
            Self::ApiToken(_) => "ApiToken",
            Self::ServiceApp(_) => "ServiceApp",
            Self::Bearer(_) => "Bearer",
        })
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TokenSource").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

pub(super) enum Credential {
    None,
    ApiToken { header: HeaderValue, token: SecretString },
    Session(Box<Session>),
}

/// What one attempt is signed with.
pub(super) enum Ticket {
    None,
    ApiToken(HeaderValue),
    Token(Arc<Token>),
}

pub(super) struct Token {
    text: SecretString,
    binding: Binding,
    until: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Binding {
    Bearer,
    /// DPoP.
    Proof,
}

/// Tokens of one key.
pub(super) struct Session {
    grant: Grant,
    url: Url,
    allowed: &'static Allowed,
    asked: Asked,
    held: Mutex<Held>,
    /// Held while a token is asked for, so that everyone else waits for that one.
    asking: tokio::sync::Mutex<()>,
}

enum Grant {
    ServiceApp { app: ServiceApp, prover: Prover },
    Torq { basic: HeaderValue, secrets: [SecretString; 2] },
}

#[derive(Default)]
struct Held {
    token: Option<Arc<Token>>,
    /// Every one that was given, the refused ones too: an answer may repeat it.
    given: Vec<Arc<Token>>,
    /// A key that was refused is refused the next time too, and each time is noted in the service's log.
    failed: Option<RequestError>,
    refused_scopes: Vec<String>,
    /// The token endpoint and the API give nonces of their own (RFC 9449, 8 and 9).
    token_nonce: Option<String>,
    api_nonce: Option<String>,
    /// By how many seconds the server's clock is ahead of this machine's.
    ahead: i64,
}

/// What the token endpoint says.
enum Given {
    Token(Token, Option<Vec<String>>),
    ScopeRefused(String),
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: SecretString,
    token_type: Option<String>,
    expires_in: Option<u64>,
    scope: Option<String>,
}

/// Under this, a difference between the clocks may be the way of the answer.
const CLOCKS_AGREE: i64 = 5;
/// Where an answer does not say how long a token lives; both vendors document an hour.
const USUAL_LIFE: u64 = 3600;
/// A token is not used in its last minute, or, if it lives shorter than two, in its second half.
const LAST_MINUTE: u64 = 60;

impl Credential {
    pub(super) fn new(authorization: Authorization, base: &Base) -> Result<Self, HostError> {
        let header = |text: String| {
            let mut header = HeaderValue::from_str(&text).map_err(|_| HostError::Credential)?;
            header.set_sensitive(true);
            Ok(header)
        };
        match authorization {
            Authorization::None => Ok(Self::None),
            Authorization::ApiToken(token) => {
                let header = header(format!("SSWS {}", token.expose_secret().trim()))?;
                Ok(Self::ApiToken { header, token })
            }
            Authorization::ServiceApp(app) => {
                Self::session(base, "/oauth2/v1/token", Grant::ServiceApp { app, prover: Prover::new() })
            }
            Authorization::Bearer(source) => {
                let base = Base::new(Service::Torq, &source.base)?;
                let secret = source.client_secret.expose_secret().trim();
                let encoded = STANDARD.encode(format!("{}:{secret}", source.client_id));
                let basic = header(format!("Basic {encoded}"))?;
                let secrets = [SecretString::from(secret.to_owned()), SecretString::from(encoded)];
                Self::session(&base, "/v1/auth/token", Grant::Torq { basic, secrets })
            }
        }
    }

    fn session(base: &Base, path: &str, grant: Grant) -> Result<Self, HostError> {
        let (url, allowed) = base
            .find(Method::Post, path)
            .map_err(|_| HostError::NotABase { host: base.host(), what: "token endpoint of its service" })?;
        let asked = base.asked(Method::Post, &url);
        let (held, asking) = (Mutex::default(), tokio::sync::Mutex::default());
        Ok(Self::Session(Box::new(Session { grant, url, allowed, asked, held, asking })))
    }

    pub(super) async fn ticket(&self, line: &Line) -> Result<Ticket, RequestError> {
        Ok(match self {
            Self::None => Ticket::None,
            Self::ApiToken { header, .. } => Ticket::ApiToken(header.clone()),
            Self::Session(session) => Ticket::Token(session.token(line).await?),
        })
    }

    pub(super) fn sign(
        &self,
        ticket: &Ticket,
        request: RequestBuilder,
        method: Method,
        url: &Url,
    ) -> RequestBuilder {
        match (self, ticket) {
            (_, Ticket::ApiToken(header)) => request.header(AUTHORIZATION, header.clone()),
            (Self::Session(session), Ticket::Token(token)) => session.sign(token, request, method, url),
            _ => request,
        }
    }

    /// Takes the time and a new nonce from an answer of the API.
    pub(super) fn heard(&self, ticket: &Ticket, headers: &HeaderMap) {
        if let (Self::Session(session), Ticket::Token(token)) = (self, ticket) {
            let mut held = session.held();
            held.note_time(headers);
            if let (Binding::Proof, Some(nonce)) = (token.binding, nonce(headers)) {
                held.api_nonce = Some(nonce);
            }
        }
    }

    /// Lets go of the token of a ticket that was refused. Whether another can be had.
    pub(super) fn renew(&self, ticket: &Ticket) -> bool {
        let (Self::Session(session), Ticket::Token(token)) = (self, ticket) else { return false };
        let mut held = session.held();
        // Another request may have renewed it already.
        if held.token.as_ref().is_some_and(|current| Arc::ptr_eq(current, token)) {
            held.token = None;
        }
        true
    }

    pub(super) fn refused_scopes(&self) -> Vec<String> {
        match self {
            Self::Session(session) => session.held().refused_scopes.clone(),
            Self::None | Self::ApiToken { .. } => Vec::new(),
        }
    }

    /// A text of a server, short, and without what it may repeat of our secrets and of our query.
    pub(super) fn hide(&self, text: &str, url: &Url) -> String {
        let mut text = text.to_owned();
        let mut hide = |secret: &str| {
            if !secret.is_empty() {
                text = text.replace(secret, "[hidden]");
            }
        };
        match self {
            Self::None => {}
            Self::ApiToken { token, .. } => hide(token.expose_secret().trim()),
            Self::Session(session) => {
                if let Grant::Torq { secrets, .. } = &session.grant {
                    secrets.iter().for_each(|secret| hide(secret.expose_secret()));
                }
                session.held().given.iter().for_each(|token| hide(token.text.expose_secret()));
            }
        }
        hide(url.query().unwrap_or_default());
        reason::short(&text)
    }
}

impl Ticket {
    /// Whether the answer asks for a proof with the nonce that it brings.
    pub(super) fn lacks_nonce(&self, headers: &HeaderMap) -> bool {
        let asks = |value: &HeaderValue| value.to_str().is_ok_and(|value| value.contains("use_dpop_nonce"));
        matches!(self, Self::Token(token) if token.binding == Binding::Proof)
            && headers.get_all(WWW_AUTHENTICATE).iter().any(asks)
            && nonce(headers).is_some()
    }
}

impl Session {
    fn held(&self) -> MutexGuard<'_, Held> {
        // Nothing panics while it is held.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn current(&self) -> Result<Option<Arc<Token>>, RequestError> {
        let held = self.held();
        match &held.failed {
            Some(error) => Err(error.clone()),
            None => Ok(held.token.clone().filter(|token| token.until > Instant::now())),
        }
    }

    async fn token(&self, line: &Line) -> Result<Arc<Token>, RequestError> {
        if let Some(token) = self.current()? {
            return Ok(token);
        }
        let asking = self.asking.lock().await;
        if let Some(token) = self.current()? {
            return Ok(token);
        }
        let given = self.sign_in(line).await;
        let mut held = self.held();
        match given {
            Ok(token) => {
                let token = Arc::new(token);
                held.token = Some(Arc::clone(&token));
                held.given.push(Arc::clone(&token));
                drop(asking);
                Ok(token)
            }
            Err(error) => {
                if matches!(error, RequestError::SignIn { .. }) {
                    held.failed = Some(error.clone());
                }
                Err(error)
            }
        }
    }

    async fn sign_in(&self, line: &Line) -> Result<Token, RequestError> {
        let Grant::ServiceApp { app, .. } = &self.grant else {
            return match self.ask(line, &[]).await? {
                Given::Token(token, _) => Ok(token),
                Given::ScopeRefused(why) => Err(self.refused(why)),
            };
        };
        let mut wanted = app.scopes.clone();
        wanted.retain(|scope| !self.held().refused_scopes.contains(scope));
        // Each round leaves at least one scope out, or ends.
        loop {
            let why = match self.ask(line, &wanted).await? {
                Given::Token(token, given) => {
                    let lacks = |scope: &&String| given.as_ref().is_some_and(|given| !given.contains(scope));
                    let silently: Vec<String> = wanted.iter().filter(lacks).cloned().collect();
                    self.held().refused_scopes.extend(silently);
                    self.held()
                        .refused_scopes
                        .sort_by_key(|scope| app.scopes.iter().position(|one| one == scope));
                    return Ok(token);
                }
                Given::ScopeRefused(why) => why,
            };
            let named: Vec<String> = wanted.iter().filter(|scope| names(&why, scope)).cloned().collect();
            let refused = if wanted.len() < 2 {
                wanted.clone()
            } else if named.is_empty() {
                self.ask_for_each(line, &wanted).await?
            } else {
                named
            };
            let before = wanted.len();
            wanted.retain(|scope| !refused.contains(scope));
            if wanted.is_empty() {
                return Err(self.refused(format!("none of the scopes is granted to the app ({why})")));
            }
            if wanted.len() == before {
                return Err(
                    self.refused(format!("each scope is granted alone, but not all together ({why})"))
                );
            }
            self.held().refused_scopes.extend(refused);
        }
    }

    /// Okta does not always say which scope it refuses; then each is tried alone.
    async fn ask_for_each(&self, line: &Line, wanted: &[String]) -> Result<Vec<String>, RequestError> {
        let mut refused = Vec::new();
        for scope in wanted {
            if let Given::ScopeRefused(_) = self.ask(line, std::slice::from_ref(scope)).await? {
                refused.push(scope.clone());
            }
        }
        Ok(refused)
    }

    async fn ask(&self, line: &Line, scopes: &[String]) -> Result<Given, RequestError> {
        let mut attempts = Attempts::new(&line.limits, &self.asked);
        // A server that always wants another nonce, or another time, gets two answers and no more.
        let mut again = 2_u8;
        loop {
            let (ahead, nonce_used) = {
                let held = self.held();
                (held.ahead, held.token_nonce.clone())
            };
            let request = self.request(line, scopes, ahead, nonce_used.as_deref());
            let fault = match line.attempt(self.allowed, request).await {
                Ok(reply) => {
                    let (moved, new_nonce) = {
                        let mut held = self.held();
                        held.note_time(&reply.headers);
                        let new_nonce = nonce(&reply.headers);
                        if new_nonce.is_some() {
                            held.token_nonce.clone_from(&new_nonce);
                        }
                        (held.ahead.abs_diff(ahead) >= CLOCKS_AGREE.unsigned_abs(), new_nonce)
                    };
                    if reply.status == 200 {
                        match self.read(&reply, &line.limits)? {
                            Some(given) => return Ok(given),
                            None => Fault::Broken("it is not a token".into()),
                        }
                    } else {
                        let error = error_code(&reply);
                        let may = error == "use_dpop_nonce" && new_nonce.is_some()
                            || moved && ["invalid_client", "invalid_dpop_proof"].contains(&error.as_str());
                        if may && again > 0 {
                            again -= 1;
                            continue;
                        }
                        let why = self.hide(&reason::of(&reply));
                        return match (reply.status, error.as_str()) {
                            (400..=403, "invalid_scope" | "consent_required") => Ok(Given::ScopeRefused(why)),
                            (300..=399, _) => {
                                let to = self.hide(&target(&reply.headers, &self.url));
                                Err(RequestError::Redirected { asked: self.asked.clone(), to })
                            }
                            (status, _) => Err(self.refused(format!("{status}: {why}"))),
                        };
                    }
                }
                Err(Fault::Server { status, why, after }) => {
                    Fault::Server { status, why: self.hide(&why), after }
                }
                Err(fault) => fault,
            };
            attempts.pause(fault, line).await?;
        }
    }

    fn request(&self, line: &Line, scopes: &[String], ahead: i64, nonce: Option<&str>) -> RequestBuilder {
        let request = line.client.post(self.url.clone()).header(ACCEPT, "application/json");
        match &self.grant {
            Grant::Torq { basic, .. } => {
                request.header(AUTHORIZATION, basic.clone()).form(&[("grant_type", "client_credentials")])
            }
            Grant::ServiceApp { app, prover } => {
                let now = server_now(ahead);
                let proven = Proven { method: Method::Post, url: &self.url, nonce, token: None };
                // Sent from the start: an attempt without one is noted as a failed grant.
                request.header("DPoP", prover.proof(&proven, now)).form(&[
                    ("grant_type", "client_credentials"),
                    ("scope", &scopes.join(" ")),
                    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                    ("client_assertion", &app.assertion(&self.url, now)),
                ])
            }
        }
    }

    /// None if the answer is not a whole token answer.
    fn read(&self, reply: &Reply, limits: &Limits) -> Result<Option<Given>, RequestError> {
        if reply.body.trim_ascii_start().starts_with(b"<") {
            return Err(RequestError::NotJson { asked: self.asked.clone(), what: "a web page" });
        }
        let Ok(answer) = serde_json::from_slice::<TokenAnswer>(&reply.body) else { return Ok(None) };
        let kind = answer.token_type.as_deref().unwrap_or("Bearer");
        let binding = if kind.eq_ignore_ascii_case("DPoP") {
            Binding::Proof
        } else if kind.eq_ignore_ascii_case("Bearer") {
            Binding::Bearer
        } else {
            return Err(self.refused("the token is of a type that is not known".into()));
        };
        if HeaderValue::from_str(answer.access_token.expose_secret()).is_err() {
            return Ok(None);
        }
        let life = answer.expires_in.unwrap_or(USUAL_LIFE).min(24 * USUAL_LIFE);
        let used = life - LAST_MINUTE.min(life / 2);
        let until = Instant::now() + limits.second * u32::try_from(used).unwrap_or(u32::MAX);
        let scopes = answer.scope.map(|scope| scope.split_ascii_whitespace().map(str::to_owned).collect());
        Ok(Some(Given::Token(Token { text: answer.access_token, binding, until }, scopes)))
    }

    fn sign(&self, token: &Token, request: RequestBuilder, method: Method, url: &Url) -> RequestBuilder {
        let text = token.text.expose_secret();
        let header = |scheme: &str| {
            // It was tried when the token came.
            let mut header =
                HeaderValue::from_str(&format!("{scheme} {text}")).unwrap_or(HeaderValue::from_static(""));
            header.set_sensitive(true);
            header
        };
        match (token.binding, &self.grant) {
            (Binding::Proof, Grant::ServiceApp { prover, .. }) => {
                let held = self.held();
                let proven = Proven { method, url, nonce: held.api_nonce.as_deref(), token: Some(text) };
                let proof = prover.proof(&proven, server_now(held.ahead));
                request.header(AUTHORIZATION, header("DPoP")).header("DPoP", proof)
            }
            _ => request.header(AUTHORIZATION, header("Bearer")),
        }
    }

    fn refused(&self, why: String) -> RequestError {
        RequestError::SignIn { asked: self.asked.clone(), why }
    }

    fn hide(&self, text: &str) -> String {
        let mut text = text.to_owned();
        if let Grant::Torq { secrets, .. } = &self.grant {
            for secret in secrets.iter().map(ExposeSecret::expose_secret).filter(|secret| !secret.is_empty())
            {
                text = text.replace(secret, "[hidden]");
            }
        }
        reason::short(&text)
    }
}

impl Held {
    fn note_time(&mut self, headers: &HeaderMap) {
        let Some(stated) = gate::stated_time(headers) else { return };
        let (server, here) = (i64::try_from(stated), i64::try_from(gate::since_epoch(SystemTime::now())));
        let ahead = server.unwrap_or(0).saturating_sub(here.unwrap_or(0));
        self.ahead = if ahead.abs() < CLOCKS_AGREE { 0 } else { ahead };
    }
}

fn server_now(ahead: i64) -> u64 {
    gate::since_epoch(SystemTime::now()).saturating_add_signed(ahead)
}

fn nonce(headers: &HeaderMap) -> Option<String> {
    headers.get("dpop-nonce")?.to_str().ok().map(str::to_owned)
}

fn error_code(reply: &Reply) -> String {
    let body = serde_json::from_slice::<Value>(&reply.body).ok();
    body.as_ref().and_then(|body| body.get("error")?.as_str()).unwrap_or_default().to_owned()
}

/// As a word of its own: `okta.apps.read` is not named by `okta.apps.readonly`.
fn names(text: &str, scope: &str) -> bool {
    text.split(|one: char| !(one.is_alphanumeric() || matches!(one, '.' | '_' | '-' | ':')))
        .any(|word| word.trim_end_matches(['.', ':']) == scope)
}
