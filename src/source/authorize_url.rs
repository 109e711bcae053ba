//! What an authorize URL says about Torq's wizard: client ID, redirect URL, scopes, flow, issuer. `state`, `nonce` and everything else in
//! it is dropped, and no error repeats any of it.

use reqwest::Url;
use thiserror::Error;

use crate::document::connection::Flow;

/// What an authorize URL shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizeUrl {
    /// As Torq's Issuer URL: the organisation's URL, or `…/oauth2/{id}` of a custom authorization server.
    pub issuer: String,
    /// The origin of the URL.
    pub org_url: String,
    pub client_id: Option<String>,
    pub redirect_uri: Option<String>,
    pub scopes: Option<Vec<String>>,
    /// `None` where the response type is neither `id_token` nor `code` alone.
    pub flow: Option<Flow>,
    /// Whether a login hint was sent; whose, is dropped.
    pub login_hint: bool,
}

/// Why a text is no authorize URL; never with a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AuthorizeUrlError {
    #[error(
        "this is not a URL; paste the whole address that the browser opens at Okta, beginning with https://"
    )]
    NotAUrl,
    #[error("this is not an authorize URL of Okta: its path should end in /v1/authorize")]
    NotAuthorize,
    #[error("the URL must begin with https://")]
    NotHttps,
}

impl AuthorizeUrl {
    pub fn parse(text: &str) -> Result<Self, AuthorizeUrlError> {
        let url = Url::parse(text.trim()).map_err(|_| AuthorizeUrlError::NotAUrl)?;
        let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
            return Err(AuthorizeUrlError::NotHttps);
        }
        let path = url.path().strip_suffix("/v1/authorize").ok_or(AuthorizeUrlError::NotAuthorize)?;
        let server = match path.strip_prefix("/oauth2") {
            Some("") => "",
            Some(id) if id.starts_with('/') && id.len() > 1 => path,
            _ => return Err(AuthorizeUrlError::NotAuthorize),
        };
        let org_url = url.origin().ascii_serialization();
        let value = |name: &str| {
            url.query_pairs()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
                .filter(|value| !value.is_empty())
        };
        Ok(Self {
            issuer: format!("{org_url}{server}"),
            client_id: value("client_id"),
            redirect_uri: value("redirect_uri"),
            scopes: value("scope").map(|scopes| scopes.split_whitespace().map(str::to_owned).collect()),
            flow: match value("response_type").as_deref() {
                Some("id_token") => Some(Flow::Implicit),
                Some("code") => Some(Flow::Code),
                _ => None,
            },
            login_hint: value("login_hint").is_some(),
            org_url,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_wizards_values_are_taken_and_nothing_else() {
        let url = AuthorizeUrl::parse(
            "https://acme.okta.com/oauth2/v1/authorize?client_id=0oa1&redirect_uri=https%3A%2F%2Fapp.torq.io%2F__%2Fauth%2Fhandler&scope=openid+email%20groups&response_type=id_token&state=MarkedState&nonce=MarkedNonce&login_hint=ada%40acme.com\n",
        )
        .unwrap();
        assert_eq!(
            url,
            AuthorizeUrl {
                issuer: "https://acme.okta.com".to_owned(),
                org_url: "https://acme.okta.com".to_owned(),
                client_id: Some("0oa1".to_owned()),
                redirect_uri: Some("https://app.torq.io/__/auth/handler".to_owned()),
                scopes: Some(["openid", "email", "groups"].map(str::to_owned).to_vec()),
                flow: Some(Flow::Implicit),
                login_hint: true,
            }
        );
        let shown = format!("{url:?}");
        assert!(!["Marked", "ada"].iter().any(|secret| shown.contains(secret)), "{shown}");
    }

    #[test]
    fn the_issuer_is_the_organisation_or_a_custom_server() {
        for (url, issuer) in [
            ("https://a.okta.com/oauth2/v1/authorize", Ok("https://a.okta.com")),
            ("https://a.okta.com/oauth2/default/v1/authorize?x=y", Ok("https://a.okta.com/oauth2/default")),
            (
                "https://login.acme.com:8443/oauth2/aus1/v1/authorize",
                Ok("https://login.acme.com:8443/oauth2/aus1"),
            ),
            ("https://a.okta.com/oauth2//v1/authorize", Err(AuthorizeUrlError::NotAuthorize)),
            ("https://a.okta.com/app/oidc_client", Err(AuthorizeUrlError::NotAuthorize)),
            ("http://a.okta.com/oauth2/v1/authorize", Err(AuthorizeUrlError::NotHttps)),
            ("MarkedState", Err(AuthorizeUrlError::NotAUrl)),
        ] {
            let parsed = AuthorizeUrl::parse(url);
            assert_eq!(
                parsed.as_ref().map(|parsed| parsed.issuer.as_str()),
                issuer.as_ref().map(|issuer| *issuer),
                "{url}"
            );
        }
    }
}
