//! One attempt: a request out, and its whole answer in, or the fault that it met. What is asked again, is left to `mod.rs`.

use std::error::Error as _;
use std::sync::Once;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, Url};

use super::error::HostError;

/// Which certificate authorities are trusted: the system's, and more of the user's own (a company's proxy, for example).
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Each the bytes of one PEM file, with one certificate or more.
    pub authorities: Vec<Vec<u8>>,
}

pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Why an attempt has no whole answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cut {
    TimedOut,
    Connection(String),
    Broken(String),
}

/// A client that follows no redirect, so that a credential goes to no other host.
pub(super) fn client(base: &Url, trust: &Trust) -> Result<Client, HostError> {
    static PROVIDER: Once = Once::new();
    // Another part of the program may have chosen a provider; that one is as good.
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));

    let mut builder = Client::builder()
        .user_agent(concat!("ssolint/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false);
    if base.scheme() == "http" {
        // Loopback: a proxy would be another host, and no certificate is looked at.
        builder = builder.no_proxy().tls_certs_only([]);
    } else {
        let mut authorities = Vec::new();
        for file in &trust.authorities {
            let read = reqwest::Certificate::from_pem_bundle(file)
                .map_err(|error| HostError::Trust { why: cause(error) })?;
            if read.is_empty() {
                return Err(HostError::Trust { why: "a file has no certificate in PEM form".into() });
            }
            authorities.extend(read);
        }
        builder = builder.https_only(true).tls_certs_merge(authorities);
    }
    builder.build().map_err(|error| HostError::Client { why: cause(error) })
}

/// `time` is for the whole of it, up to the last byte of the body.
pub(super) async fn send(request: RequestBuilder, time: Duration, most_bytes: usize) -> Result<Reply, Cut> {
    let mut response = request.timeout(time).send().await.map_err(cut)?;
    let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(cut)? {
        if body.len() + chunk.len() > most_bytes {
            return Err(Cut::Broken(format!("it is longer than {most_bytes} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { status, headers, body })
}

fn cut(error: reqwest::Error) -> Cut {
    if error.is_timeout() {
        Cut::TimedOut
    } else if error.is_body() || error.is_decode() {
        Cut::Broken(cause(error))
    } else {
        Cut::Connection(cause(error))
    }
}

/// The innermost cause: what the outer ones say is the URL, which must not be shown whole, and that there was an error.
fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut innermost = error.source();
    while let Some(deeper) = innermost.and_then(std::error::Error::source) {
        innermost = Some(deeper);
    }
    innermost.map_or_else(|| error.to_string(), ToString::to_string)
}
