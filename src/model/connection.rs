//! What Torq's SSO wizard is set to, from `connection.yaml`.

use crate::document::connection::{Connection, DeclaredGroupsClaim, Flow, Region, Stage};
use crate::document::{DocumentName, JsonPath};

use super::fact::{Fact, Gap};

/// Settings > Security > Configure SSO. A key that is not in the file is unknown: Torq has a value for it all the same.
#[derive(Debug, Clone)]
pub struct Wizard {
    pub stage: Stage,
    pub region: Fact<Region>,
    pub login_redirect_url: Fact<String>,
    pub client_id: Fact<String>,
    pub issuer_url: Fact<String>,
    pub requested_scopes: Fact<Vec<String>>,
    pub flow: Fact<Flow>,
    pub send_login_hint: Fact<bool>,
    pub sso_domain: Fact<String>,
    /// Emails of people who could repair SSO from the organisation level; empty where none is declared.
    pub organization_admins: Vec<String>,
    /// `okta.org_url`, without a trailing slash.
    pub org_url: Fact<String>,
    pub declared_groups_claim: Option<DeclaredGroupsClaim>,
}

impl Wizard {
    pub fn new(connection: &Connection) -> Self {
        let torq = connection.torq.clone().unwrap_or_default();
        let okta = connection.okta.clone().unwrap_or_default();
        Self {
            stage: connection.stage.unwrap_or_default(),
            region: required(torq.region, "region"),
            login_redirect_url: required(torq.login_redirect_url, "login_redirect_url"),
            client_id: required(torq.client_id, "client_id"),
            issuer_url: required(torq.issuer_url, "issuer_url"),
            requested_scopes: required(torq.requested_scopes, "requested_scopes"),
            flow: required(torq.flow, "flow"),
            send_login_hint: required(torq.send_login_hint, "send_login_hint"),
            sso_domain: required(torq.sso_domain, "sso_domain"),
            organization_admins: torq.organization_admins.unwrap_or_default(),
            org_url: Fact::required(
                okta.org_url.map(|url| url.trim_end_matches('/').to_owned()),
                DocumentName::Connection,
                JsonPath::root().key("okta").key("org_url"),
            ),
            declared_groups_claim: okta.groups_claim,
        }
    }

    /// Of a connection file that was not read: every value is unknown for the same reason.
    pub fn unknown(gap: &Gap) -> Self {
        Self {
            stage: Stage::Setup,
            region: Fact::Unknown(gap.clone()),
            login_redirect_url: Fact::Unknown(gap.clone()),
            client_id: Fact::Unknown(gap.clone()),
            issuer_url: Fact::Unknown(gap.clone()),
            requested_scopes: Fact::Unknown(gap.clone()),
            flow: Fact::Unknown(gap.clone()),
            send_login_hint: Fact::Unknown(gap.clone()),
            sso_domain: Fact::Unknown(gap.clone()),
            organization_admins: Vec::new(),
            org_url: Fact::Unknown(gap.clone()),
            declared_groups_claim: None,
        }
    }
}

fn required<T>(value: Option<T>, key: &str) -> Fact<T> {
    Fact::required(value, DocumentName::Connection, JsonPath::root().key("torq").key(key))
}

/// Torq's own addresses for a region (semantics G2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TorqAddresses {
    pub app_host: &'static str,
    /// `None` where the vendor does not say (Japan).
    pub login_redirect_url: Option<&'static str>,
}

pub fn addresses(region: Region) -> TorqAddresses {
    match region {
        Region::Us => TorqAddresses {
            app_host: "app.torq.io",
            login_redirect_url: Some("https://app.torq.io/__/auth/handler"),
        },
        Region::Eu => TorqAddresses {
            app_host: "app.eu.torq.io",
            login_redirect_url: Some("https://app.eu.torq.io/__/auth/handler"),
        },
        Region::Jp => TorqAddresses { app_host: "app.jp.torq.io", login_redirect_url: None },
    }
}
