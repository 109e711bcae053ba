//! The shape of `connection.yaml`: what Torq's SSO wizard shows and no API returns. Source: the interface.

use serde::{Deserialize, Serialize};

/// Every key may be missing: then it is unknown.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Connection {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub torq: Option<TorqSettings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub okta: Option<OktaSettings>,
}

/// How far the set-up has come. `Verified`: SSO was tested with people other than the one who set it up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    #[default]
    Setup,
    Verified,
}

/// The Torq region; `Jp` is only mentioned by the vendor (semantics G2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Region {
    Us,
    Eu,
    Jp,
}

/// Torq's choice of OpenID Connect flow (semantics G3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Flow {
    Implicit,
    Code,
}

/// Section `torq`: what Torq's SSO wizard shows, which no API tells.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct TorqSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_redirect_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested_scopes: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow: Option<Flow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_login_hint: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sso_domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_admins: Option<Vec<String>>,
}

/// Section `okta`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct OktaSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups_claim: Option<DeclaredGroupsClaim>,
}

/// What a person read in the Okta console, where no credential of ours can: used when `okta/id-token.json` is not there.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct DeclaredGroupsClaim {
    /// `FILTER` or `EXPRESSION`.
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_type: Option<String>,
    pub name: String,
    pub value: String,
    /// The day when it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
}

/// Every key that the file may have, by the path of its object, for did-you-mean.
pub const KEYS: [(&str, &[&str]); 4] = [
    ("", &["name", "stage", "torq", "okta"]),
    (
        "torq",
        &[
            "region",
            "login_redirect_url",
            "client_id",
            "issuer_url",
            "requested_scopes",
            "flow",
            "send_login_hint",
            "sso_domain",
            "organization_admins",
        ],
    ),
    ("okta", &["org_url", "groups_claim"]),
    ("okta.groups_claim", &["type", "filter_type", "name", "value", "seen"]),
];
