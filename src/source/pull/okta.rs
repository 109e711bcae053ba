//! What is asked of Okta: the paths, and the few fields beyond the documents that choose the next question. What an answer means is left
//! to `model`.

use serde::Deserialize;

use crate::document::okta as shape;

/// An id of Okta's that can stand in a path and in a file name: letters, digits, `-` and `_` only.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OktaId(String);

impl OktaId {
    /// `None` where the text could be anything but an id: it then stands in no path and in no file name.
    pub fn new(text: &str) -> Option<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        (!text.is_empty() && text.len() <= 128 && text.chars().all(plain)).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The most rows that one answer holds (the specification's maximum, or what it recommends).
pub mod page {
    pub const APPS: u64 = 200;
    pub const APP_GROUPS: u64 = 200;
    pub const APP_USERS: u64 = 500;
    pub const GROUPS: u64 = 200;
    pub const GROUP_RULES: u64 = 200;
    pub const MEMBERS: u64 = 200;
    pub const USERS: u64 = 200;
    /// Not documented; recorded answers name it in their `self` link.
    pub const GROUPS_OF_A_PERSON: u64 = 200;
}

/// Whether the answer is the same for every connection of an organisation: it is of the organisation, not of one app.
pub fn is_of_organization(path: &str) -> bool {
    [
        "/api/v1/groups",
        "/api/v1/users",
        "/api/v1/policies/",
        "/api/v1/authorizationServers/",
        "/api/v1/apps?",
        "/.well-known/",
    ]
    .iter()
    .any(|begin| path.starts_with(begin))
}

pub const ORGANIZATION: &str = "/.well-known/okta-organization";

/// The discovery document of an issuer, as path on the issuer's host. `path` is the issuer's own, `/oauth2/{id}` or nothing.
pub fn discovery(path: &str) -> String {
    format!("{}/.well-known/openid-configuration", path.trim_end_matches('/'))
}

pub fn apps(label_begins_with: &str) -> String {
    let begins = if label_begins_with.is_empty() {
        String::new()
    } else {
        format!("q={}&", encode(label_begins_with))
    };
    format!("/api/v1/apps?{begins}limit={}", page::APPS)
}

pub fn app(app: &OktaId) -> String {
    format!("/api/v1/apps/{}", app.as_str())
}

pub fn id_token(app: &OktaId) -> String {
    format!("/api/v1/internal/apps/{}/settings/oauth/idToken", app.as_str())
}

pub fn federated_claims(app: &OktaId) -> String {
    format!("/api/v1/apps/{}/federated-claims", app.as_str())
}

pub fn app_groups(app: &OktaId) -> String {
    format!("/api/v1/apps/{}/groups?limit={}", app.as_str(), page::APP_GROUPS)
}

/// With each person's own record, so that nobody is asked for one by one.
pub fn app_users(app: &OktaId) -> String {
    format!("/api/v1/apps/{}/users?limit={}&expand=user", app.as_str(), page::APP_USERS)
}

/// With the number of members, which says beforehand how many requests the members take.
pub fn groups() -> String {
    format!("/api/v1/groups?limit={}&expand=stats", page::GROUPS)
}

pub fn groups_named(name: &str) -> String {
    format!("/api/v1/groups?search={}", encode(&format!("profile.name eq {}", quoted(name))))
}

pub fn group_rules() -> String {
    format!("/api/v1/groups/rules?limit={}", page::GROUP_RULES)
}

pub fn group_users(group: &OktaId) -> String {
    format!("/api/v1/groups/{}/users?limit={}", group.as_str(), page::MEMBERS)
}

pub fn user_groups(user: &OktaId) -> String {
    format!("/api/v1/users/{}/groups", user.as_str())
}

pub fn users() -> String {
    format!("/api/v1/users?limit={}", page::USERS)
}

/// By login, at once; `None` where the text cannot stand in a path.
pub fn user(login: &str) -> Option<String> {
    let fits =
        !login.is_empty() && !login.contains(['/', '\\', '?', '#', '%']) && login != "." && login != "..";
    (fits && login != "me").then(|| format!("/api/v1/users/{}", encode(login)))
}

/// By login or profile email, whatever the status; the index behind it lags by seconds.
pub fn users_called<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let conditions: Vec<String> = names
        .into_iter()
        .map(quoted)
        .map(|name| format!("profile.login eq {name} or profile.email eq {name}"))
        .collect();
    format!("/api/v1/users?limit={}&search={}", page::USERS, encode(&conditions.join(" or ")))
}

pub fn access_policy_rules(policy: &OktaId) -> String {
    format!("/api/v1/policies/{}/rules", policy.as_str())
}

pub fn authorization_server(server: &OktaId) -> String {
    format!("/api/v1/authorizationServers/{}", server.as_str())
}

pub fn authorization_server_claims(server: &OktaId) -> String {
    format!("/api/v1/authorizationServers/{}/claims", server.as_str())
}

pub fn authorization_server_policies(server: &OktaId) -> String {
    format!("/api/v1/authorizationServers/{}/policies", server.as_str())
}

pub fn authorization_server_rules(server: &OktaId, policy: &OktaId) -> String {
    format!("/api/v1/authorizationServers/{}/policies/{}/rules", server.as_str(), policy.as_str())
}

/// The custom authorization server of an issuer `…/oauth2/{id}`; `None` for the organisation's own.
pub fn custom_server(issuer_path: &str) -> Option<OktaId> {
    issuer_path.trim_end_matches('/').strip_prefix("/oauth2/").and_then(OktaId::new)
}

/// A group as the list gives it with `expand=stats`.
#[derive(Debug, Clone, Deserialize)]
pub struct GroupRow {
    #[serde(flatten)]
    pub group: shape::Group,
    // Only chooses what is asked next: what is odd in it must not cost the list.
    #[serde(rename = "_embedded", default)]
    embedded: serde_json::Value,
}

impl GroupRow {
    /// How many people are in it; `None` where the answer does not say.
    pub fn members(&self) -> Option<u64> {
        self.embedded.get("stats")?.get("usersCount")?.as_u64()
    }

    /// Okta's own group of everyone: a credential that does not see it sees a part of the organisation only.
    pub fn is_everyone(&self) -> bool {
        let name = self.group.profile.as_ref().and_then(|profile| profile.name.as_deref());
        self.group.kind.as_deref() == Some("BUILT_IN") && name == Some("Everyone")
    }
}

/// An app user with the person's own record.
#[derive(Debug, Clone, Deserialize)]
pub struct AppUserRow {
    #[serde(flatten)]
    pub row: shape::AppUser,
    #[serde(rename = "_embedded", default)]
    embedded: serde_json::Value,
}

impl AppUserRow {
    /// `None` where it is not there or not as documented: then nothing is known of the person beyond the assignment.
    pub fn user(&self) -> Option<shape::User> {
        shape::User::deserialize(self.embedded.get("user")?).ok()
    }
}

/// Everything but unreserved characters as `%XX` (RFC 3986).
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// A string in Okta's search language.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_only_chooses_the_next_question_does_not_cost_the_answer() {
        for (embedded, members) in [
            (r#"{"stats": {"usersCount": 3}}"#, Some(3)),
            (r#"{"stats": {"usersCount": -3}}"#, None),
            (r#"{"stats": {"usersCount": "3"}}"#, None),
            (r#"{"stats": null}"#, None),
            (r#""what""#, None),
            ("null", None),
        ] {
            let row: GroupRow =
                serde_json::from_str(&format!(r#"{{"id": "00g1", "_embedded": {embedded}}}"#)).unwrap();
            assert_eq!(row.members(), members, "{embedded}");
            let row: AppUserRow =
                serde_json::from_str(&format!(r#"{{"id": "00u1", "_embedded": {embedded}}}"#)).unwrap();
            assert!(row.user().is_none(), "{embedded}");
        }
    }

    #[test]
    fn only_what_cannot_leave_a_path_or_a_folder_is_an_id() {
        for (text, is_id) in [
            ("00g1", true),
            ("default", true),
            ("aus_1-2", true),
            ("", false),
            ("..", false),
            ("a/b", false),
            ("a?b", false),
            ("a%2f", false),
            ("é", false),
        ] {
            assert_eq!(OktaId::new(text).is_some(), is_id, "{text}");
        }
    }

    #[test]
    fn a_search_cannot_be_left_by_a_quote() {
        assert_eq!(
            groups_named("a\" or id pr"),
            "/api/v1/groups?search=profile.name%20eq%20%22a%5C%22%20or%20id%20pr%22"
        );
    }

    #[test]
    fn a_login_that_would_change_the_path_is_not_asked_for_by_path() {
        for (login, asked) in
            [("ada@acme.com", true), ("../apps", false), ("me", false), ("a?b", false), ("", false)]
        {
            assert_eq!(user(login).is_some(), asked, "{login}");
        }
    }
}
