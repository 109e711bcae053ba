//! The private key of a service app, and what it signs: compact JWS (RFC 7515). What is said in one, is left to
//! `service_app.rs`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::pkcs8::DecodePrivateKey as _;
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::signature::{RandomizedSigner as _, SignatureEncoding as _, Signer as _};
use rsa::traits::PublicKeyParts as _;
use rsa::{BigUint, RsaPrivateKey, pkcs1v15};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

/// What Okta takes (facts/okta.md, section 4). For a curve there is one only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Es256,
    Es384,
    Es512,
}

impl Algorithm {
    /// As JWS names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Rs256, Self::Rs384, Self::Rs512, Self::Es256, Self::Es384, Self::Es512]
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }
}

/// Why a private key cannot be used. Nothing of the key is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    #[error(
        "the private key is neither PEM nor JWK; give the file that Okta showed when the key was made, or one of openssl"
    )]
    Form,
    #[error("the private key is encrypted; give it without a passphrase, from a place that keeps it safe")]
    Encrypted,
    #[error("this is a public key; the private one is needed")]
    Public,
    #[error(
        "the private key is damaged, or of a kind that Okta does not take: RSA, P-256, P-384 or P-521 is needed"
    )]
    Kind,
    #[error("the RSA key has {bits} bits, and Okta takes no less than 2048")]
    Short { bits: usize },
    #[error("the private key cannot sign with {}; leave the algorithm out, or give another key", .algorithm.name())]
    Algorithm { algorithm: Algorithm },
}

/// A private key with its algorithm and, where the app has more than one key, its `kid`.
pub struct PrivateKey {
    algorithm: Algorithm,
    id: Option<String>,
    material: Box<Material>,
}

enum Material {
    Rsa256(pkcs1v15::SigningKey<rsa::sha2::Sha256>),
    Rsa384(pkcs1v15::SigningKey<rsa::sha2::Sha384>),
    Rsa512(pkcs1v15::SigningKey<rsa::sha2::Sha512>),
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    P521(p521::ecdsa::SigningKey),
}

enum Raw {
    Rsa(Box<RsaPrivateKey>),
    P256(p256::SecretKey),
    P384(p384::SecretKey),
    P521(p521::SecretKey),
}

/// The fields of a private JWK (RFC 7517, 7518) that are needed.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: Option<String>,
    kid: Option<String>,
    alg: Option<String>,
    d: Option<SecretString>,
    n: Option<String>,
    e: Option<String>,
    p: Option<SecretString>,
    q: Option<SecretString>,
}

impl PrivateKey {
    /// PEM (PKCS#8, PKCS#1 or SEC1) or a JWK. An `algorithm` or `id` that is given goes before the JWK's own `alg` and `kid`;
    /// without any, RSA signs with RS256 and a curve with its own.
    pub fn read(
        text: &SecretString,
        algorithm: Option<Algorithm>,
        id: Option<String>,
    ) -> Result<Self, KeyError> {
        let text = text.expose_secret().trim();
        let (raw, algorithm, id) = if text.starts_with('{') {
            let jwk: Jwk = serde_json::from_str(text).map_err(|_| KeyError::Form)?;
            let own = jwk.alg.as_deref().and_then(Algorithm::from_name);
            (jwk.raw()?, algorithm.or(own), id.or(jwk.kid))
        } else {
            (from_pem(text)?, algorithm, id)
        };
        let (algorithm, material) = raw.with(algorithm)?;
        Ok(Self { algorithm, id, material: Box::new(material) })
    }

    /// A fresh key for proofs. A curve, since RSA takes seconds to make.
    pub(super) fn fresh() -> Self {
        let key = p256::ecdsa::SigningKey::random(&mut p256::elliptic_curve::rand_core::OsRng);
        Self { algorithm: Algorithm::Es256, id: None, material: Box::new(Material::P256(key)) }
    }

    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The public half as a JWK, for a key of P-256.
    pub(super) fn public_jwk(&self) -> Option<Value> {
        let Material::P256(key) = &*self.material else { return None };
        let point = key.verifying_key().to_encoded_point(false);
        let coordinate = |bytes: Option<&p256::FieldBytes>| bytes.map(|bytes| encode(bytes));
        Some(json!({"kty": "EC", "crv": "P-256", "x": coordinate(point.x())?, "y": coordinate(point.y())?}))
    }

    /// `header` has to name the algorithm.
    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        let message =
            format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
        let signature = self.signature(message.as_bytes());
        format!("{message}.{}", encode(&signature))
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        // RSA is blinded by a random number, so that the time that it takes tells nothing of the key.
        let random = &mut p256::elliptic_curve::rand_core::OsRng;
        match &*self.material {
            Material::Rsa256(key) => key.sign_with_rng(random, message).to_vec(),
            Material::Rsa384(key) => key.sign_with_rng(random, message).to_vec(),
            Material::Rsa512(key) => key.sign_with_rng(random, message).to_vec(),
            Material::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_vec()
            }
            Material::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign(message);
                signature.to_vec()
            }
            Material::P521(key) => {
                let signature: p521::ecdsa::Signature = key.sign(message);
                signature.to_vec()
            }
        }
    }
}

/// Nothing of the key.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PrivateKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl Raw {
    fn with(self, algorithm: Option<Algorithm>) -> Result<(Algorithm, Material), KeyError> {
        let (own, material) = match (self, algorithm) {
            (Self::Rsa(key), Some(Algorithm::Rs384)) => {
                (Algorithm::Rs384, Material::Rsa384(pkcs1v15::SigningKey::new(*key)))
            }
            (Self::Rsa(key), Some(Algorithm::Rs512)) => {
                (Algorithm::Rs512, Material::Rsa512(pkcs1v15::SigningKey::new(*key)))
            }
            (Self::Rsa(key), _) => (Algorithm::Rs256, Material::Rsa256(pkcs1v15::SigningKey::new(*key))),
            (Self::P256(key), _) => (Algorithm::Es256, Material::P256(key.into())),
            (Self::P384(key), _) => (Algorithm::Es384, Material::P384(key.into())),
            (Self::P521(key), _) => {
                let key = p521::ecdsa::SigningKey::from_bytes(&key.to_bytes()).map_err(|_| KeyError::Kind)?;
                (Algorithm::Es512, Material::P521(key))
            }
        };
        match algorithm {
            Some(algorithm) if algorithm != own => Err(KeyError::Algorithm { algorithm }),
            _ => Ok((own, material)),
        }
    }
}

fn from_pem(text: &str) -> Result<Raw, KeyError> {
    // openssl writes the parameters of a curve as a block of its own before the key.
    let text = text.find("-----BEGIN EC PRIVATE KEY").and_then(|at| text.get(at..)).unwrap_or(text);
    let label =
        text.strip_prefix("-----BEGIN ").and_then(|rest| rest.split("-----").next()).ok_or(KeyError::Form)?;
    if label.starts_with("ENCRYPTED") || text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(KeyError::Encrypted);
    }
    let raw = match label {
        "RSA PRIVATE KEY" => RsaPrivateKey::from_pkcs1_pem(text).ok().map(|key| Raw::Rsa(Box::new(key))),
        "EC PRIVATE KEY" => {
            let p256 = p256::SecretKey::from_sec1_pem(text).ok().map(Raw::P256);
            let p384 = || p384::SecretKey::from_sec1_pem(text).ok().map(Raw::P384);
            let p521 = || p521::SecretKey::from_sec1_pem(text).ok().map(Raw::P521);
            p256.or_else(p384).or_else(p521)
        }
        "PRIVATE KEY" => {
            let p256 = p256::SecretKey::from_pkcs8_pem(text).ok().map(Raw::P256);
            let p384 = || p384::SecretKey::from_pkcs8_pem(text).ok().map(Raw::P384);
            let p521 = || p521::SecretKey::from_pkcs8_pem(text).ok().map(Raw::P521);
            let rsa = || RsaPrivateKey::from_pkcs8_pem(text).ok().map(|key| Raw::Rsa(Box::new(key)));
            p256.or_else(p384).or_else(p521).or_else(rsa)
        }
        label if label.ends_with("PUBLIC KEY") || label == "CERTIFICATE" => return Err(KeyError::Public),
        _ => return Err(KeyError::Form),
    };
    long_enough(raw.ok_or(KeyError::Kind)?)
}

impl Jwk {
    fn raw(&self) -> Result<Raw, KeyError> {
        let secret =
            |value: &Option<SecretString>| value.as_ref().and_then(|value| decode(value.expose_secret()));
        let public = |value: &Option<String>| value.as_deref().and_then(decode);
        let d = match (&self.d, secret(&self.d)) {
            (None, _) => return Err(KeyError::Public),
            (Some(_), None) => return Err(KeyError::Kind),
            (Some(_), Some(d)) => d,
        };
        let raw = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => {
                let number = |bytes: Vec<u8>| BigUint::from_bytes_be(&bytes);
                let primes = match (secret(&self.p), secret(&self.q)) {
                    (Some(p), Some(q)) => vec![number(p), number(q)],
                    // They can be found again from the other three.
                    _ => Vec::new(),
                };
                let (n, e) = (public(&self.n), public(&self.e));
                n.zip(e)
                    .and_then(|(n, e)| {
                        RsaPrivateKey::from_components(number(n), number(e), number(d), primes).ok()
                    })
                    .map(|key| Raw::Rsa(Box::new(key)))
            }
            ("EC", Some("P-256")) => p256::SecretKey::from_slice(&d).ok().map(Raw::P256),
            ("EC", Some("P-384")) => p384::SecretKey::from_slice(&d).ok().map(Raw::P384),
            ("EC", Some("P-521")) => p521::SecretKey::from_slice(&d).ok().map(Raw::P521),
            _ => None,
        };
        long_enough(raw.ok_or(KeyError::Kind)?)
    }
}

fn long_enough(raw: Raw) -> Result<Raw, KeyError> {
    match &raw {
        Raw::Rsa(key) if key.n().bits() < 2048 => Err(KeyError::Short { bits: key.n().bits() }),
        _ => Ok(raw),
    }
}

pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}
