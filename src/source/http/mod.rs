//! The transport: one host, asked with one credential, read-only. It gives the whole answer, that there is none, that it was
//! refused, or a named error; never a part that looks like the whole. What is asked, and what the answers mean, is left to
//! `pull`.

mod allowed;
mod budget;
mod client;
mod credential;
mod error;
mod gate;
mod key;
mod limits;
mod paging;
mod reason;
mod retry;
mod service_app;
mod shared;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, LOCATION};
use reqwest::{Client, RequestBuilder, Url};
use serde_json::Value;
use tokio::time::Instant;

pub use allowed::{Allowed, Evidence, Method, Service, sent};
pub use budget::{Attempt, Budget, Heard};
pub use client::Trust;
pub use credential::{Authorization, TokenSource};
pub use error::{Asked, HostError, RequestError};
pub use key::{Algorithm, KeyError, PrivateKey};
pub use limits::{Limits, Share};
pub use service_app::ServiceApp;

use client::Reply;
use credential::Credential;
use gate::{Gate, Refusal, Shut};
use retry::{Attempts, Fault};
use shared::Answers;

/// What a host is made of.
pub struct HostOptions {
    pub service: Service,
    /// `https://acme.okta.com`, `https://api.torq.io/public`; a slash at the end is as good as none. `http` for loopback only.
    pub base: String,
    pub authorization: Authorization,
    pub budget: Budget,
    pub limits: Limits,
    /// For one attempt, up to the last byte of its answer.
    pub timeout: Duration,
    pub trust: Trust,
}

/// One host with one credential. Clones share the connections and the counts; all hosts of one origin and budget share the rate gate.
#[derive(Clone)]
pub struct Host(Arc<Shared>);

struct Shared {
    line: Line,
    base: Base,
    credential: Credential,
    /// Set where several connections ask here.
    answers: Option<Answers>,
}

/// What a service says to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<T> {
    Found(T),
    /// 404.
    NotThere,
    /// 401 or 403. `why` is the service's own text, with no secret in it.
    Refused {
        status: u16,
        why: String,
    },
}

/// The URL under which a service's paths stand.
pub(in crate::source::http) struct Base {
    service: Service,
    url: Url,
}

/// How everything leaves, token requests too: past the gate, paid from the budget, one attempt at a time.
pub(in crate::source::http) struct Line {
    client: Client,
    gate: Arc<Gate>,
    budget: Budget,
    limits: Limits,
    timeout: Duration,
    sent: AtomicU64,
}

/// One JSON answer: its text, what it says, and its headers.
struct Page {
    text: String,
    value: Value,
    headers: HeaderMap,
}

impl Host {
    pub fn new(options: HostOptions) -> Result<Self, HostError> {
        Self::made(options, None)
    }

    /// A host that keeps what [`Host::get_once`] and [`Host::list_once`] were answered, for those who ask the same.
    pub fn shared(options: HostOptions) -> Result<Self, HostError> {
        Self::made(options, Some(Answers::default()))
    }

    fn made(options: HostOptions, answers: Option<Answers>) -> Result<Self, HostError> {
        let base = Base::new(options.service, &options.base)?;
        let client = client::client(&base.url, &options.trust)?;
        let credential = Credential::new(options.authorization, &base)?;
        let line = Line {
            client,
            gate: options.budget.gate(options.service, &base.url, &options.limits),
            budget: options.budget,
            limits: options.limits,
            timeout: options.timeout,
            sent: AtomicU64::new(0),
        };
        Ok(Self(Arc::new(Shared { line, base, credential, answers })))
    }

    /// The text of one JSON answer, an object or an array. `path_and_query` follows the base path and begins with a slash.
    pub async fn get(&self, path_and_query: &str) -> Result<Answer<String>, RequestError> {
        let (url, allowed) = self.0.base.find(Method::Get, path_and_query)?;
        Ok(match self.ask(&url, allowed).await? {
            Answer::Found(page) => Answer::Found(page.text),
            Answer::NotThere => Answer::NotThere,
            Answer::Refused { status, why } => Answer::Refused { status, why },
        })
    }

    /// Every page of a list, joined. An object that comes again, since the list moved between two pages, is kept once, as it
    /// was read last. A page that cannot be had makes an error or a refusal of the whole.
    pub async fn list(&self, path_and_query: &str) -> Result<Answer<Vec<Value>>, RequestError> {
        let (mut url, allowed) = self.0.base.find(Method::Get, path_and_query)?;
        let asked = self.0.base.asked(Method::Get, &url);
        let mut list = Joined::default();
        let mut visited = HashSet::new();
        for page in 1_usize.. {
            visited.insert(url.as_str().to_owned());
            let found = match self.ask(&url, allowed).await? {
                Answer::Found(found) => found,
                Answer::NotThere if page == 1 => return Ok(Answer::NotThere),
                Answer::NotThere => return Err(RequestError::PageLost { asked, page, status: 404 }),
                Answer::Refused { status, why } => return Ok(Answer::Refused { status, why }),
            };
            let Value::Array(objects) = found.value else { return Err(RequestError::NotAList { asked }) };
            if list.join(objects) == Progress::OnlyRepeats {
                return Err(RequestError::Loop { asked, page });
            }
            // `ask` has read the same headers before.
            let next = paging::next(&found.headers, &url).unwrap_or_default();
            let Some(next) = next else { break };
            if !self.0.base.is_another_page(&next, &url) {
                return Err(RequestError::ForeignNext {
                    asked,
                    page,
                    to: self.0.credential.hide(&place(&next, &url), &url),
                });
            }
            if visited.contains(next.as_str()) {
                return Err(RequestError::Loop { asked, page });
            }
            url = next;
        }
        Ok(Answer::Found(list.objects))
    }

    /// The same as [`Host::get`], with the moment at which it was asked for: once for all who ask, where the host is shared.
    pub async fn get_once(&self, path_and_query: &str) -> (SystemTime, Result<Answer<String>, RequestError>) {
        match &self.0.answers {
            Some(answers) => answers.text(path_and_query, self.get(path_and_query)).await,
            None => (SystemTime::now(), self.get(path_and_query).await),
        }
    }

    /// The same as [`Host::list`], once for all who ask.
    pub async fn list_once(
        &self,
        path_and_query: &str,
    ) -> (SystemTime, Result<Answer<Vec<Value>>, RequestError>) {
        match &self.0.answers {
            Some(answers) => answers.list(path_and_query, self.list(path_and_query)).await,
            None => (SystemTime::now(), self.list(path_and_query).await),
        }
    }

    /// Attempts sent to this host, retries and token requests included.
    pub fn requests_made(&self) -> u64 {
        self.0.line.sent.load(Ordering::Relaxed)
    }

    /// Scopes that the service app asked for and Okta did not give, in the order in which they were asked for. Known after
    /// the first answer.
    pub fn refused_scopes(&self) -> Vec<String> {
        self.0.credential.refused_scopes()
    }

    async fn ask(&self, url: &Url, allowed: &'static Allowed) -> Result<Answer<Page>, RequestError> {
        let Shared { line, base, credential, answers: _ } = &*self.0;
        let asked = base.asked(Method::Get, url);
        let mut attempts = Attempts::new(&line.limits, &asked);
        let mut renewals = Renewals::default();
        loop {
            let ticket = credential.ticket(line).await?;
            let request = line.client.get(url.clone()).header(ACCEPT, "application/json");
            let request = credential.sign(&ticket, request, Method::Get, url);
            let fault = match line.attempt(allowed, request).await {
                Ok(reply) => {
                    credential.heard(&ticket, &reply.headers);
                    if reply.status == 401 && renewals.may_renew(credential, &ticket, &reply.headers) {
                        continue;
                    }
                    let why = |reply: &Reply| credential.hide(&reason::of(reply), url);
                    match reply.status {
                        200 => match page(reply, url, &asked) {
                            Ok(page) => return Ok(Answer::Found(page)),
                            Err(Unread::Broken(why)) => Fault::Broken(credential.hide(&why, url)),
                            Err(Unread::Other(error)) => return Err(error),
                        },
                        404 => return Ok(Answer::NotThere),
                        status @ (401 | 403) => return Ok(Answer::Refused { status, why: why(&reply) }),
                        300..=399 => {
                            let to = credential.hide(&target(&reply.headers, url), url);
                            return Err(RequestError::Redirected { asked, to });
                        }
                        status => {
                            let (attempts, why) = (attempts.made(), why(&reply));
                            return Err(RequestError::Server { asked, status, attempts, why });
                        }
                    }
                }
                Err(Fault::Server { status, why, after }) => {
                    Fault::Server { status, why: credential.hide(&why, url), after }
                }
                Err(fault) => fault,
            };
            attempts.pause(fault, line).await?;
        }
    }
}

/// A host says nothing of its credential.
impl fmt::Debug for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Host").field("base", &self.0.base.url.as_str()).finish_non_exhaustive()
    }
}

impl fmt::Debug for HostOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, base: _, authorization, budget, limits, timeout, trust: _ } = self;
        // The base is not checked yet, and could have a password in it.
        let mut shown = formatter.debug_struct("HostOptions");
        shown.field("service", service).field("authorization", authorization).field("budget", budget);
        shown.field("limits", limits).field("timeout", timeout).finish_non_exhaustive()
    }
}

/// One request may have its token renewed once, and be repeated once for a nonce.
#[derive(Default)]
struct Renewals {
    token: Option<()>,
    nonce: Option<()>,
}

impl Renewals {
    fn may_renew(
        &mut self,
        credential: &Credential,
        ticket: &credential::Ticket,
        headers: &HeaderMap,
    ) -> bool {
        if ticket.lacks_nonce(headers) {
            return self.nonce.replace(()).is_none();
        }
        credential.renew(ticket) && self.token.replace(()).is_none()
    }
}

impl Base {
    pub(in crate::source::http) fn new(service: Service, text: &str) -> Result<Self, HostError> {
        let url = Url::parse(text.trim()).map_err(|error| HostError::NotAUrl { why: error.to_string() })?;
        let host = shown_host(&url);
        if !(url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url)) {
            return Err(HostError::NotHttps { host });
        }
        let excess = [
            (!url.username().is_empty() || url.password().is_some(), "user name or password"),
            (url.query().is_some(), "query"),
            (url.fragment().is_some(), "fragment"),
        ];
        if let Some((_, what)) = excess.into_iter().find(|(there, _)| *there) {
            return Err(HostError::NotABase { host, what });
        }
        Ok(Self { service, url })
    }

    pub(in crate::source::http) fn host(&self) -> String {
        shown_host(&self.url)
    }

    fn path(&self) -> &str {
        self.url.path().trim_end_matches('/')
    }

    /// The URL of a path under this base, if the list of requests has it.
    pub(in crate::source::http) fn find(
        &self,
        method: Method,
        path_and_query: &str,
    ) -> Result<(Url, &'static Allowed), RequestError> {
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path_and_query, None),
        };
        let mut url = self.url.clone();
        url.set_path(&format!("{}{path}", self.path()));
        url.set_query(query);
        // What is looked up is what will be sent, after the URL has been made of it.
        let allowed = allowed::find(self.service, method, path).filter(|_| {
            url.path()
                .strip_prefix(self.path())
                .is_some_and(|sent| allowed::find(self.service, method, sent).is_some())
        });
        match allowed {
            Some(allowed) => Ok((url, allowed)),
            None => Err(RequestError::NotAllowed { asked: self.asked(method, &url), service: self.service }),
        }
    }

    pub(in crate::source::http) fn asked(&self, method: Method, url: &Url) -> Asked {
        Asked { method, host: shown_host(url), path: url.path().to_owned() }
    }

    /// Only the query of the next page may differ: anything else could be another list, or another host that must not see
    /// the credential.
    fn is_another_page(&self, next: &Url, page: &Url) -> bool {
        next.origin() == page.origin()
            && next.path() == page.path()
            && next.username().is_empty()
            && next.password().is_none()
            && next.fragment().is_none()
    }
}

impl Line {
    /// One attempt, with what it teaches the gate. An answer of 429 or 5xx is a fault.
    pub(in crate::source::http) async fn attempt(
        &self,
        allowed: &'static Allowed,
        request: RequestBuilder,
    ) -> Result<Reply, Fault> {
        let pass = match self.gate.pass(allowed.path, self.budget.deadline()).await {
            Ok(pass) => pass,
            Err(Shut(Duration::ZERO)) => return Err(Fault::OutOfTime),
            Err(Shut(wait)) => return Err(Fault::Shut(wait)),
        };
        let left = self.budget.time_left();
        if left.is_zero() {
            return Err(Fault::OutOfTime);
        }
        self.budget.spend_one().map_err(|_| Fault::OutOfRequests { most: self.budget.most_requests() })?;
        self.sent.fetch_add(1, Ordering::Relaxed);
        let time = self.timeout.min(left);
        let listening = self.budget.heard().and_then(|heard| {
            let request = request.try_clone()?.build().ok()?;
            Some((heard, request, Instant::now()))
        });
        let sent = client::send(request, time, self.limits.answer_bytes).await;
        if let Some((heard, request, begun)) = listening {
            heard(&Attempt {
                method: request.method().as_str(),
                host: &shown_host(request.url()),
                path: allowed.path,
                status: sent.as_ref().ok().map(|reply| reply.status),
                took: begun.elapsed(),
            });
        }
        let reply = match sent {
            Ok(reply) => reply,
            Err(client::Cut::TimedOut) if self.budget.time_left().is_zero() => return Err(Fault::OutOfTime),
            Err(client::Cut::TimedOut) => return Err(Fault::TimedOut { after: time }),
            Err(client::Cut::Connection(why)) => return Err(Fault::Connection(why)),
            Err(client::Cut::Broken(why)) => return Err(Fault::Broken(why)),
        };
        match pass.answered(reply.status, &reply.headers) {
            Some(Refusal::UntilReset) => Err(Fault::Limited { wait: None }),
            Some(Refusal::Concurrency) => Err(Fault::Limited { wait: Some(None) }),
            Some(Refusal::After(after)) => Err(Fault::Limited { wait: Some(after) }),
            // 501 says that the method will never work.
            None if reply.status >= 500 && reply.status != 501 => {
                let after = gate::retry_after(&reply.headers, &self.limits);
                Err(Fault::Server { status: reply.status, why: reason::of_body(&reply), after })
            }
            None => Ok(reply),
        }
    }
}

enum Unread {
    Broken(String),
    Other(RequestError),
}

/// The JSON of an answer, if all of it is there. An object or array that was cut short is never valid, whatever the framing.
fn page(reply: Reply, url: &Url, asked: &Asked) -> Result<Page, Unread> {
    let is_html = reply
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"));
    let text = String::from_utf8(reply.body).map_err(|_| Unread::Broken("it is not UTF-8".into()))?;
    if is_html || text.trim_start().starts_with('<') {
        return Err(Unread::Other(RequestError::NotJson { asked: asked.clone(), what: "a web page" }));
    }
    let value: Value = serde_json::from_str(&text)
        .map_err(|error| Unread::Broken(format!("its JSON has an error: {error}")))?;
    if !(value.is_object() || value.is_array()) {
        return Err(Unread::Broken("it is neither an object nor a list".into()));
    }
    if let Err(paging::Unreadable(why)) = paging::next(&reply.headers, url) {
        return Err(Unread::Broken(why.into()));
    }
    Ok(Page { text, value, headers: reply.headers })
}

#[derive(PartialEq, Eq)]
enum Progress {
    Onward,
    /// A page, not the first and not empty, had nothing on it that was not on an earlier page.
    OnlyRepeats,
}

#[derive(Default)]
struct Joined {
    objects: Vec<Value>,
    by_id: HashMap<String, usize>,
    without_id: HashSet<String>,
}

impl Joined {
    fn join(&mut self, page: Vec<Value>) -> Progress {
        let is_first = self.objects.is_empty();
        let (mut new, mut repeated) = (0_usize, 0_usize);
        for object in page {
            let Some(id) = object.get("id").and_then(Value::as_str).map(str::to_owned) else {
                let known = !self.without_id.insert(object.to_string());
                if known {
                    repeated += 1
                } else {
                    new += 1
                }
                self.objects.push(object);
                continue;
            };
            match self.by_id.get(&id).and_then(|at| self.objects.get_mut(*at)) {
                Some(earlier) => {
                    *earlier = object;
                    repeated += 1;
                }
                None => {
                    self.by_id.insert(id, self.objects.len());
                    self.objects.push(object);
                    new += 1;
                }
            }
        }
        if !is_first && new == 0 && repeated > 0 { Progress::OnlyRepeats } else { Progress::Onward }
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn shown_host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Scheme, host and path: what may be shown of an address that a server gave.
/// Where a page leads, as it may be shown: on another host its path could be anything, a session's name too.
fn place(to: &Url, from: &Url) -> String {
    let path = if to.origin() == from.origin() { to.path() } else { "" };
    format!("{}://{}{path}", to.scheme(), shown_host(to))
}

fn target(headers: &HeaderMap, url: &Url) -> String {
    let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
    match location.and_then(|location| url.join(location).ok()) {
        Some(to) => place(&to, url),
        None => "no address".into(),
    }
}
