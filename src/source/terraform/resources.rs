//! What the attributes of a resource are called in Okta's answers. Sources: the provider's schema (v6.12) and Okta's management API.

use serde_json::{Map, Value, json};

use super::plan::Attributes;
use crate::document::JsonPath;

/// An attribute of `okta_app_oauth` and its field in `okta/app.json`.
pub struct Field {
    pub attribute: &'static str,
    pub path: &'static [&'static str],
    pub unset: Unset,
}

/// What an attribute that is not set means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unset {
    /// The field is not there.
    Nothing,
    /// The provider sends nothing, so the field stays as it is.
    Stays,
    /// The provider chooses by the app's type.
    ProviderChooses,
}

const fn field(attribute: &'static str, path: &'static [&'static str], unset: Unset) -> Field {
    Field { attribute, path, unset }
}

pub const APP: [Field; 21] = [
    field("id", &["id"], Unset::Stays),
    field("name", &["name"], Unset::Stays),
    field("label", &["label"], Unset::Stays),
    field("status", &["status"], Unset::Stays),
    field("sign_on_mode", &["signOnMode"], Unset::Stays),
    field("client_id", &["credentials", "oauthClient", "client_id"], Unset::Stays),
    field(
        "token_endpoint_auth_method",
        &["credentials", "oauthClient", "token_endpoint_auth_method"],
        Unset::Stays,
    ),
    field("pkce_required", &["credentials", "oauthClient", "pkce_required"], Unset::Stays),
    field("type", &["settings", "oauthClient", "application_type"], Unset::Stays),
    field("redirect_uris", &["settings", "oauthClient", "redirect_uris"], Unset::Nothing),
    field("wildcard_redirect", &["settings", "oauthClient", "wildcard_redirect"], Unset::Nothing),
    field("response_types", &["settings", "oauthClient", "response_types"], Unset::ProviderChooses),
    field("grant_types", &["settings", "oauthClient", "grant_types"], Unset::ProviderChooses),
    field("consent_method", &["settings", "oauthClient", "consent_method"], Unset::Stays),
    field("issuer_mode", &["settings", "oauthClient", "issuer_mode"], Unset::Stays),
    field("login_uri", &["settings", "oauthClient", "initiate_login_uri"], Unset::Nothing),
    field("login_mode", &["settings", "oauthClient", "idp_initiated_login", "mode"], Unset::Stays),
    field("dpop_bound_access_tokens", &["settings", "oauthClient", "dpop_bound_access_tokens"], Unset::Stays),
    field("network", &["settings", "oauthClient", "network"], Unset::Stays),
    field("hide_web", &["visibility", "hide", "web"], Unset::Stays),
    field("implicit_assignment", &["settings", "implicitAssignment"], Unset::Nothing),
];

/// Attributes of `okta_app_oauth` whose elements have no order.
pub const SETS: [&str; 2] = ["response_types", "grant_types"];

impl Field {
    pub fn at(&self) -> JsonPath {
        self.path.iter().fold(JsonPath::root(), |path, key| path.key(key))
    }

    /// The value as Okta's answer has it; `None` where it is not set.
    pub fn value(&self, attributes: &Attributes) -> Option<Value> {
        let value = attributes.values.get(self.attribute)?;
        match (self.attribute, value) {
            (_, Value::Null) => None,
            // A block: a list with one object, or none.
            ("network", value) => value.get(0).cloned(),
            ("response_types" | "grant_types", Value::Array(list)) if list.is_empty() => None,
            (_, value) => Some(value.clone()),
        }
    }
}

/// Puts a value at a path, making the objects on the way.
pub fn set(object: &mut Value, path: &[&str], value: Value) {
    let Some((last, before)) = path.split_last() else { return };
    let mut at = object;
    for key in before {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        let Some(members) = at.as_object_mut() else { return };
        at = members.entry((*key).to_owned()).or_insert(Value::Null);
    }
    if !at.is_object() {
        *at = Value::Object(Map::new());
    }
    if let Some(members) = at.as_object_mut() {
        members.insert((*last).to_owned(), value);
    }
}

pub fn unset(object: &mut Value, path: &[&str]) {
    let Some((last, before)) = path.split_last() else { return };
    let mut at = Some(object);
    for key in before {
        at = at.and_then(|value| value.get_mut(key));
    }
    if let Some(members) = at.and_then(Value::as_object_mut) {
        members.remove(*last);
    }
}

/// The members that are not null, empty lists or empty objects: what is not set is not sent.
fn object(members: Vec<(&str, Value)>) -> Value {
    let is_set = |value: &Value| match value {
        Value::Null => false,
        Value::Array(list) => !list.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::String(text) => !text.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    };
    Value::Object(
        members
            .into_iter()
            .filter(|(_, value)| is_set(value))
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    )
}

fn included(include: Value, exclude: Value) -> Value {
    object(vec![("include", include), ("exclude", exclude)])
}

fn get(attributes: &Attributes, name: &str) -> Value {
    attributes.values.get(name).cloned().unwrap_or(Value::Null)
}

/// Like [`get`], with the schema's default.
fn or(attributes: &Attributes, name: &str, default: Value) -> Value {
    match get(attributes, name) {
        Value::Null => default,
        value => value,
    }
}

/// The members of the claim in `okta/id-token.json`, from the block `groups_claim`.
pub const CLAIM_MEMBERS: [(&str, &str); 4] =
    [("valueType", "type"), ("name", "name"), ("groupFilterType", "filter_type"), ("value", "value")];

pub fn groups_claim(block: &Value) -> Vec<(&'static str, Value)> {
    let members = CLAIM_MEMBERS.iter().map(|(member, attribute)| {
        let value = block.get(attribute).cloned().unwrap_or(Value::Null);
        (*member, if value == "FILTER" && *member == "valueType" { json!("GROUPS") } else { value })
    });
    members.filter(|(_, value)| !value.is_null() && value != "").collect()
}

pub fn group(id: &str, attributes: &Attributes) -> Value {
    json!({"id": id, "type": "OKTA_GROUP", "profile": object(vec![("name", get(attributes, "name"))])})
}

/// `user` is the Okta id.
pub fn app_user(user: &str, attributes: &Attributes) -> Value {
    let profile: Option<Value> = attributes.text("profile").and_then(|text| serde_json::from_str(text).ok());
    let email = profile.as_ref().and_then(|profile| profile.get("email")).cloned().unwrap_or(Value::Null);
    json!({
        "id": user,
        "scope": "USER",
        "status": "ACTIVE",
        "credentials": object(vec![("userName", get(attributes, "username"))]),
        "profile": object(vec![("email", email)]),
    })
}

pub fn group_rule(id: &str, attributes: &Attributes, groups: &[String]) -> Value {
    json!({
        "id": id,
        "name": get(attributes, "name"),
        "status": or(attributes, "status", json!("ACTIVE")),
        "actions": {"assignUserToGroups": {"groupIds": groups}},
    })
}

pub fn federated_claim(id: &str, attributes: &Attributes) -> Value {
    json!({"id": id, "name": get(attributes, "name"), "expression": get(attributes, "expression")})
}

pub fn server_claim(id: &str, attributes: &Attributes) -> Value {
    object(vec![
        ("id", json!(id)),
        ("name", get(attributes, "name")),
        ("status", or(attributes, "status", json!("ACTIVE"))),
        ("claimType", get(attributes, "claim_type")),
        ("valueType", or(attributes, "value_type", json!("EXPRESSION"))),
        ("value", get(attributes, "value")),
        ("group_filter_type", get(attributes, "group_filter_type")),
        ("conditions", object(vec![("scopes", get(attributes, "scopes"))])),
        ("alwaysIncludeInToken", or(attributes, "always_include_in_token", json!(true))),
    ])
}

pub fn server_policy(id: &str, attributes: &Attributes) -> Value {
    object(vec![
        ("id", json!(id)),
        ("name", get(attributes, "name")),
        ("status", or(attributes, "status", json!("ACTIVE"))),
        ("priority", get(attributes, "priority")),
        ("conditions", object(vec![("clients", included(get(attributes, "client_whitelist"), Value::Null))])),
    ])
}

pub fn server_policy_rule(id: &str, attributes: &Attributes) -> Value {
    let people = object(vec![
        ("groups", included(get(attributes, "group_whitelist"), get(attributes, "group_blacklist"))),
        ("users", included(get(attributes, "user_whitelist"), get(attributes, "user_blacklist"))),
    ]);
    object(vec![
        ("id", json!(id)),
        ("name", get(attributes, "name")),
        ("status", or(attributes, "status", json!("ACTIVE"))),
        ("priority", get(attributes, "priority")),
        (
            "conditions",
            object(vec![
                ("people", people),
                ("grantTypes", included(get(attributes, "grant_type_whitelist"), Value::Null)),
                ("scopes", included(get(attributes, "scope_whitelist"), Value::Null)),
            ]),
        ),
    ])
}

/// A rule of the app's sign-in policy. Conditions that only the tool's reader of documents decides on are kept under Okta's names.
pub fn access_rule(id: &str, attributes: &Attributes) -> Value {
    let people = object(vec![
        ("groups", included(get(attributes, "groups_included"), get(attributes, "groups_excluded"))),
        ("users", included(get(attributes, "users_included"), get(attributes, "users_excluded"))),
    ]);
    let network = object(vec![
        ("connection", or(attributes, "network_connection", json!("ANYWHERE"))),
        ("include", get(attributes, "network_includes")),
        ("exclude", get(attributes, "network_excludes")),
    ]);
    let assurance = included(get(attributes, "device_assurances_included"), Value::Null);
    let device = object(vec![
        ("registered", get(attributes, "device_is_registered")),
        ("managed", get(attributes, "device_is_managed")),
        ("assurance", assurance),
    ]);
    let risk = match get(attributes, "risk_score") {
        Value::Null => Value::Null,
        level => object(vec![("level", level)]),
    };
    let conditions = object(vec![
        ("people", people),
        ("network", network),
        ("device", device),
        ("platform", included(get(attributes, "platform_include"), Value::Null)),
        ("elCondition", object(vec![("condition", get(attributes, "custom_expression"))])),
        ("riskScore", risk),
        (
            "userType",
            included(get(attributes, "user_types_included"), get(attributes, "user_types_excluded")),
        ),
    ]);
    json!({
        "id": id,
        "name": get(attributes, "name"),
        "status": or(attributes, "status", json!("ACTIVE")),
        "priority": get(attributes, "priority"),
        "conditions": conditions,
        "actions": {"appSignOn": {"access": or(attributes, "access", json!("ALLOW"))}},
    })
}

/// The members of a row, as paths, and the attributes that they come from.
pub fn members(kind: &str) -> &'static [(&'static str, &'static str)] {
    match kind {
        "okta_app_user" => &[("credentials.userName", "username"), ("profile.email", "profile")],
        "okta_group" => &[("profile.name", "name")],
        "okta_group_rule" => &[
            ("name", "name"),
            ("status", "status"),
            ("actions.assignUserToGroups.groupIds", "group_assignments"),
        ],
        "okta_app_federated_claim" => &[("name", "name"), ("expression", "expression")],
        "okta_auth_server_claim" => &[
            ("name", "name"),
            ("status", "status"),
            ("claimType", "claim_type"),
            ("valueType", "value_type"),
            ("value", "value"),
            ("group_filter_type", "group_filter_type"),
            ("conditions.scopes", "scopes"),
            ("alwaysIncludeInToken", "always_include_in_token"),
        ],
        "okta_auth_server_policy" => &[
            ("name", "name"),
            ("status", "status"),
            ("priority", "priority"),
            ("conditions.clients.include", "client_whitelist"),
        ],
        "okta_auth_server_policy_rule" => &[
            ("name", "name"),
            ("status", "status"),
            ("priority", "priority"),
            ("conditions.grantTypes.include", "grant_type_whitelist"),
            ("conditions.scopes.include", "scope_whitelist"),
            ("conditions.people.groups.include", "group_whitelist"),
            ("conditions.people.groups.exclude", "group_blacklist"),
            ("conditions.people.users.include", "user_whitelist"),
            ("conditions.people.users.exclude", "user_blacklist"),
        ],
        "okta_app_signon_policy_rule" => &[
            ("name", "name"),
            ("status", "status"),
            ("priority", "priority"),
            ("actions.appSignOn.access", "access"),
            ("conditions.people.groups.include", "groups_included"),
            ("conditions.people.groups.exclude", "groups_excluded"),
            ("conditions.people.users.include", "users_included"),
            ("conditions.people.users.exclude", "users_excluded"),
            ("conditions.network", "network_connection"),
        ],
        _ => &[],
    }
}
