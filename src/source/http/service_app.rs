//! An Okta service app: the assertion that it signs in with (`private_key_jwt`, RFC 7523), and the proof that a token bound to
//! a key is sent with (DPoP, RFC 9449). Facts: facts/okta.md, section 4. When a token is asked for, is left to `credential.rs`.

use std::fmt;

use reqwest::Url;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::allowed::Method;
use super::key::{self, PrivateKey};

/// Okta takes an hour at most; five minutes are enough for a request, and leave less to steal.
const ASSERTION_SECONDS: u64 = 300;

/// An API Services app of Okta, which signs in with its own key.
pub struct ServiceApp {
    pub(super) client_id: String,
    pub(super) key: PrivateKey,
    pub(super) scopes: Vec<String>,
}

impl ServiceApp {
    /// `scopes` is everything that may be of use: one that Okta refuses is left out, and becomes a gap.
    pub fn new(
        client_id: impl Into<String>,
        key: PrivateKey,
        scopes: impl IntoIterator<Item = String>,
    ) -> Self {
        let mut scopes: Vec<String> = scopes.into_iter().collect();
        let mut seen = std::collections::HashSet::new();
        scopes.retain(|scope| seen.insert(scope.clone()));
        Self { client_id: client_id.into(), key, scopes }
    }

    /// A new one for each attempt: its `jti` may be seen once only.
    pub(super) fn assertion(&self, token_url: &Url, now: u64) -> String {
        let mut header = json!({"alg": self.key.algorithm().name(), "typ": "JWT"});
        if let Some(id) = self.key.id() {
            header["kid"] = id.into();
        }
        let claims = json!({
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": without_query(token_url),
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
            "jti": unique(),
        });
        self.key.sign(&header, &claims)
    }
}

impl fmt::Debug for ServiceApp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client_id, key, scopes } = self;
        let mut shown = formatter.debug_struct("ServiceApp");
        shown.field("client_id", client_id).field("key", key).field("scopes", scopes).finish()
    }
}

/// What a proof is for.
pub(super) struct Proven<'a> {
    pub(super) method: Method,
    pub(super) url: &'a Url,
    pub(super) nonce: Option<&'a str>,
    /// The token that is sent along; none while one is asked for.
    pub(super) token: Option<&'a str>,
}

/// The key that tokens are bound to. It lives as long as the process.
pub(super) struct Prover(PrivateKey);

impl Prover {
    pub(super) fn new() -> Self {
        Self(PrivateKey::fresh())
    }

    pub(super) fn proof(&self, proven: &Proven<'_>, now: u64) -> String {
        let header = json!({"alg": self.0.algorithm().name(), "typ": "dpop+jwt", "jwk": self.0.public_jwk()});
        let mut claims = json!({
            "htm": proven.method.name(),
            "htu": without_query(proven.url),
            "iat": now,
            "jti": unique(),
        });
        if let Some(nonce) = proven.nonce {
            claims["nonce"] = nonce.into();
        }
        if let Some(token) = proven.token {
            claims["ath"] = key::encode(&Sha256::digest(token.as_bytes())).into();
        }
        self.0.sign(&header, &claims)
    }
}

fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

/// 128 random bits.
fn unique() -> String {
    use p256::elliptic_curve::rand_core::{OsRng, RngCore};
    let mut bytes = [0_u8; 16];
    OsRng.fill_bytes(&mut bytes);
    key::encode(&bytes)
}
