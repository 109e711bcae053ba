//! Why a request has no answer, each with a way out. No text here has a query string or a secret in it.

use std::fmt;
use std::time::Duration;

use thiserror::Error;

use super::allowed::{Method, Service};

/// What was asked, as it may be shown: no query string, no credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub method: Method,
    /// With the port, where it is not the usual one.
    pub host: String,
    pub path: String,
}

impl fmt::Display for Asked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}{}", self.method.name(), self.host, self.path)
    }
}

/// Why a request, or a list of pages, has no whole answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RequestError {
    #[error("{asked} was not sent: it is not in the list of requests that {} may get", .service.name())]
    NotAllowed { asked: Asked, service: Service },
    #[error(
        "{asked} was not sent: the {most} requests that --max-requests allows are used up; allow more, or narrow what is asked"
    )]
    Budget { asked: Asked, most: u64 },
    #[error("{asked} was given up: the time that --timeout allows is over; allow more, or ask for less")]
    OutOfTime { asked: Asked },
    #[error(
        "{asked} had no whole answer within {} in any of {attempts} attempts; look at the network, or try later",
        seconds(*.after)
    )]
    TimedOut { asked: Asked, after: Duration, attempts: u32 },
    #[error(
        "{asked} could not be sent: {why} ({attempts} attempts); look at the host name, the proxy and the certificate authorities"
    )]
    Connection { asked: Asked, why: String, attempts: u32 },
    #[error(
        "{asked}: the answer was not whole in any of {attempts} attempts: {why}; try later, or look at what stands between"
    )]
    Broken { asked: Asked, why: String, attempts: u32 },
    #[error(
        "{asked}: the answer is {what}, not JSON; look whether the base URL is right and whether a proxy or a sign-in page answers in between"
    )]
    NotJson { asked: Asked, what: &'static str },
    #[error("{asked}: the answer is JSON but not a list; look whether the base URL is right")]
    NotAList { asked: Asked },
    #[error("{asked}: page {page} of the list leads back to what was already read; try later")]
    Loop { asked: Asked, page: usize },
    #[error("{asked}: page {page} of the list says that the next one is at {to}, and that is not followed")]
    ForeignNext { asked: Asked, page: usize, to: String },
    #[error(
        "{asked}: page {page} of the list was answered with {status}, so the list is not whole; try later"
    )]
    PageLost { asked: Asked, page: usize, status: u16 },
    #[error(
        "{asked}: the rate limit opens again in {}, and {attempts} attempts were made; allow more time with --timeout, or look what else uses up the limit",
        seconds(*.wait)
    )]
    RateLimited { asked: Asked, attempts: u32, wait: Duration },
    #[error(
        "{asked} was redirected to {to}, and redirects are not followed; give the address that answers by itself"
    )]
    Redirected { asked: Asked, to: String },
    #[error("{asked} was answered with {status} ({attempts} attempts): {why}")]
    Server { asked: Asked, status: u16, attempts: u32, why: String },
    #[error("{asked}: no token was given: {why}")]
    SignIn { asked: Asked, why: String },
}

/// A time as people say it, in the largest unit that keeps it exact enough.
fn seconds(time: Duration) -> String {
    if time < Duration::from_secs(10) {
        format!("{} ms", time.as_millis())
    } else {
        format!("{} s", time.as_secs())
    }
}

/// Why a host cannot be asked at all: what was configured is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HostError {
    #[error("the base URL is not a URL: {why}")]
    NotAUrl { why: String },
    #[error("the base URL must be https (http is allowed for loopback only), and {host} is not")]
    NotHttps { host: String },
    #[error("the base URL of {host} may have no {what}")]
    NotABase { host: String, what: &'static str },
    #[error("the extra certificate authorities could not be read: {why}")]
    Trust { why: String },
    #[error("the credential has a character that no header can carry")]
    Credential,
    #[error("the HTTP client could not be made: {why}")]
    Client { why: String },
}
