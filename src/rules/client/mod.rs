//! Rules about the client and what lets people use it: the app itself (G1), Torq's request (G3), who is assigned and what the
//! sign-in policy says (G4, G5), the issuer and the policies of a custom authorization server (G6).

mod app;
mod authorization_server;
mod code_flow;
mod issuer;
mod people;
mod request;
mod sign_in_policy;

use super::rule::{Rule, rule};

pub static RULES: [Rule; 19] = [
    rule!("client", "app-inactive", app::app_inactive),
    rule!("client", "app-not-oidc-web", app::app_not_oidc_web),
    rule!("client", "app-not-auditable", app::app_not_auditable),
    rule!("client", "client-id-mismatch", app::client_id_mismatch),
    rule!("client", "issuer-mismatch", issuer::issuer_mismatch),
    rule!("client", "response-type-missing", request::response_type_missing),
    rule!("client", "grant-type-missing", request::grant_type_missing),
    rule!("client", "openid-scope-missing", request::openid_scope_missing),
    rule!("client", "scope-unsupported", request::scope_unsupported),
    rule!("client", "client-auth-unsupported", code_flow::client_auth_unsupported),
    rule!("client", "dpop-required", code_flow::dpop_required),
    rule!("client", "pkce-required", code_flow::pkce_required),
    rule!("client", "client-network-zone", code_flow::client_network_zone),
    rule!("client", "consent-required", request::consent_required),
    rule!("client", "app-unassigned", people::app_unassigned),
    rule!("client", "sign-in-policy-denies", sign_in_policy::sign_in_policy_denies),
    rule!("client", "sign-in-policy-undecided", sign_in_policy::sign_in_policy_undecided),
    rule!(
        "client",
        "authorization-server-policy-denies",
        authorization_server::authorization_server_policy_denies
    ),
    rule!("client", "federation-broker-mode", people::federation_broker_mode),
];

/// How a value that was typed differs from the one that it should be, where it differs in one small thing only.
fn small_difference(typed: &str, wanted: &str) -> Option<&'static str> {
    if typed.trim() == wanted {
        Some("only by white space")
    } else if typed.trim_end_matches('/') == wanted.trim_end_matches('/') {
        Some("only by a slash at the end")
    } else if typed.to_lowercase() == wanted.to_lowercase() {
        Some("only by case")
    } else if typed.replacen("http://", "https://", 1) == wanted {
        Some("by the scheme: http instead of https")
    } else {
        None
    }
}
