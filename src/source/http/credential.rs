//! Who asks: nobody, the person behind an API token, a service app, or a Torq key.

use std::fmt;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{RequestBuilder, Url};
use secrecy::{ExposeSecret, SecretString};

use super::allowed::Method;
use super::error::{HostError, RequestError};
use super::{Base, Line};

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

pub struct ServiceApp {}

pub struct TokenSource {}

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

pub(super) enum Credential {
    None,
    ApiToken { header: HeaderValue, token: SecretString },
}

/// What one attempt is signed with.
pub(super) struct Ticket {
    header: Option<HeaderValue>,
}

impl Credential {
    pub(super) fn new(authorization: Authorization, _base: &Base) -> Result<Self, HostError> {
        Ok(match authorization {
            Authorization::None => Self::None,
            Authorization::ApiToken(token) => {
                let mut header = HeaderValue::from_str(&format!("SSWS {}", token.expose_secret().trim()))
                    .map_err(|_| HostError::Credential)?;
                header.set_sensitive(true);
                Self::ApiToken { header, token }
            }
            Authorization::ServiceApp(_) | Authorization::Bearer(_) => return Err(HostError::Credential),
        })
    }

    pub(super) async fn ticket(&self, _line: &Line) -> Result<Ticket, RequestError> {
        Ok(match self {
            Self::None => Ticket { header: None },
            Self::ApiToken { header, .. } => Ticket { header: Some(header.clone()) },
        })
    }

    pub(super) fn heard(&self, _ticket: &Ticket, _headers: &HeaderMap) {}

    pub(super) fn renew(&self, _ticket: &Ticket) -> bool {
        false
    }

    pub(super) fn refused_scopes(&self) -> Vec<String> {
        Vec::new()
    }

    pub(super) fn hide(&self, text: &str, url: &Url) -> String {
        let text = match self {
            Self::None => text.to_owned(),
            Self::ApiToken { token, .. } => text.replace(token.expose_secret().trim(), "[hidden]"),
        };
        match url.query() {
            Some(query) if !query.is_empty() => text.replace(query, "…"),
            _ => text,
        }
    }
}

impl Ticket {
    pub(super) fn sign(
        &self,
        request: RequestBuilder,
        _method: Method,
        _url: &Url,
    ) -> Result<RequestBuilder, String> {
        Ok(match &self.header {
            Some(header) => request.header(AUTHORIZATION, header.clone()),
            None => request,
        })
    }

    pub(super) fn lacks_nonce(&self, _headers: &HeaderMap) -> bool {
        false
    }
}
