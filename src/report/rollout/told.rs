//! One step in the words of the two consoles: where it is typed, the exact value or the request, and how it is undone.
//! Sources: `facts/okta.md` (sections 1, 2), `facts/torq.md` (SSO settings, claim mappings, public API).

use serde_json::{Value, json};

use crate::finding::prose::{PeopleNames, PeopleShown};
use crate::model::claims::{Claim, ClaimValue};
use crate::rollout::Called;
use crate::rollout::change::{ClaimMapping, Element, Field, Names, Presence};
use crate::rollout::step::{Edit, Place, RowId};
use crate::rules::console;

/// A step, told. Its sentences show people as they are to be shown; the request and the change hold them as they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// In one line, without a full stop.
    pub edit: String,
    /// The console's path to the field.
    pub console: String,
    /// What is typed or chosen there.
    pub value: String,
    /// Where the vendor documents an endpoint for it.
    pub request: Option<Request>,
    pub undo: String,
    /// The step for a machine.
    pub change: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub method: &'static str,
    pub path: String,
    pub body: Option<Value>,
}

const TORQ_MAPPINGS: &str = "/v1alpha/sso/claim_mappings";

/// Claims whose values are people.
const PERSONAL: [&str; 4] = ["email", "preferred_username", "sub", "name"];

/// Tells a step. `app`: the Okta app's id, where it is known.
pub fn told(edit: &Edit, called: &Called, app: Option<&str>, names: &mut PeopleNames) -> Told {
    let app_path = format!("/api/v1/apps/{}", app.unwrap_or("{appId}"));
    let mappings = |edit: String, value: String, undo: String, request: Option<Request>, change: Value| {
        Told { edit, console: console::TORQ_CLAIM_MAPPINGS.to_owned(), value, request, undo, change }
    };
    match edit {
        Edit::AddMapping { mapping, rank, place } => mappings(
            format!("add the claim mapping {} at rank {rank}", label(mapping, called, names)),
            match place {
                Place::Last => typed(mapping, called, names),
                Place::Above => format!(
                    "{}; move it up to position {rank} before you save",
                    typed(mapping, called, names)
                ),
            },
            "delete the mapping again".to_owned(),
            // No rank is documented on POST, and what is added comes last.
            (*place == Place::Last).then(|| Request {
                method: "POST",
                path: TORQ_MAPPINGS.to_owned(),
                body: Some(text(mapping)),
            }),
            json!({"kind": "add_mapping", "mapping": text(mapping), "rank": rank}),
        ),
        Edit::EditMapping { row: id, rank, from, to } => mappings(
            format!(
                "edit the claim mapping of rank {rank}: {} becomes {}",
                label(from, called, names),
                label(to, called, names)
            ),
            typed(to, called, names),
            format!("set it back: {}", typed(from, called, names)),
            Some(patch(id, text(to))),
            json!({"kind": "edit_mapping", "from": text(from), "to": text(to), "rank": rank}),
        ),
        Edit::MoveMapping { row: id, mapping, from, to } => mappings(
            format!("move the claim mapping {} from rank {from} to rank {to}", label(mapping, called, names)),
            format!("position {to}"),
            format!("move it back to position {from}"),
            Some(patch(id, json!({"rank": to}))),
            json!({"kind": "move_mapping", "mapping": text(mapping), "from": from, "to": to}),
        ),
        Edit::DeleteMapping { mapping, rank, .. } => mappings(
            format!("delete the claim mapping {} of rank {rank}", label(mapping, called, names)),
            "delete, in the console: no endpoint for it is documented".to_owned(),
            format!("add it again: {}; position {rank}", typed(mapping, called, names)),
            None,
            json!({"kind": "delete_mapping", "mapping": text(mapping), "rank": rank}),
        ),
        Edit::SetField { field, from, to } => Told {
            edit: format!("set {} to {}", field_label(*field), shown(to)),
            console: format!("{} > {}", console::TORQ_SSO, field_label(*field)),
            value: shown(to),
            request: None,
            undo: format!("set it back to {}", shown(from)),
            change: json!({"kind": "set_field", "field": field.key(), "from": from, "to": to}),
        },
        Edit::ReplaceFilter { from, to } => Told {
            edit: format!("replace the groups filter by {}", filter(to.as_ref())),
            console: console::OKTA_GROUPS_CLAIM.to_owned(),
            value: filter(to.as_ref()),
            request: None,
            undo: format!("set it back to {}", filter(from.as_ref())),
            change: json!({"kind": "replace_filter", "to": filter_value(to.as_ref())}),
        },
        Edit::RenameGroup { group, from, to } => Told {
            edit: format!("rename the group {from} to {to}"),
            console: format!("{} > {from} > Edit", console::OKTA_GROUPS),
            value: to.clone(),
            request: Some(Request {
                method: "PUT",
                path: format!("/api/v1/groups/{group}"),
                body: Some(json!({"profile": {"name": to}})),
            }),
            undo: format!("rename it back to {from}"),
            change: json!({"kind": "rename_group", "group": group, "to": to}),
        },
        Edit::ChangeEmail { user, from, to } => email(user, from, to, names),
        Edit::Element { element, to, list } => element_told(element, *to, list, called, &app_path, names),
    }
}

/// Someone, or a value that is someone's, as people are to be shown.
fn named(text: &str, names: &mut PeopleNames) -> String {
    if names.mode() == PeopleShown::Names { text.to_owned() } else { names.show(text) }
}

fn value_of(mapping: &ClaimMapping, names: &mut PeopleNames) -> String {
    if PERSONAL.contains(&mapping.claim_name.as_str()) {
        named(&mapping.claim_value, names)
    } else {
        mapping.claim_value.clone()
    }
}

/// `groups = SOC-Leads → Owner`.
fn label(mapping: &ClaimMapping, called: &Called, names: &mut PeopleNames) -> String {
    let role = called.role(&mapping.role.0);
    format!("{} = {} → {role}", mapping.claim_name, value_of(mapping, names))
}

/// What is typed into the wizard's row.
fn typed(mapping: &ClaimMapping, called: &Called, names: &mut PeopleNames) -> String {
    let role = called.role(&mapping.role.0);
    format!("claim name {}, claim value {}, role {role}", mapping.claim_name, value_of(mapping, names))
}

fn text(mapping: &ClaimMapping) -> Value {
    json!({
        "claim_name": mapping.claim_name,
        "claim_value": mapping.claim_value,
        "role_id": mapping.role.0,
    })
}

fn patch(id: &RowId, body: Value) -> Request {
    let id = match id {
        RowId::Known(id) => id.clone(),
        RowId::NotRead => "{id}".to_owned(),
        RowId::AddedBy(step) => format!("{{id of step {step}}}"),
    };
    Request { method: "PATCH", path: format!("{TORQ_MAPPINGS}/{id}"), body: Some(body) }
}

/// As Torq's wizard calls it.
fn field_label(field: Field) -> &'static str {
    match field {
        Field::LoginRedirectUrl => "Login Redirect URL",
        Field::ClientId => "Client ID",
        Field::IssuerUrl => "Issuer URL",
        Field::RequestedScopes => "Requested Scopes",
        Field::Flow => "the flow (Code flow or Implicit flow)",
        Field::SendLoginHint => "Send login hint",
        Field::SsoDomain => "the SSO domain",
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            items.iter().map(|item| item.as_str().unwrap_or_default()).collect::<Vec<_>>().join(" ")
        }
        Value::Bool(true) => "on".to_owned(),
        Value::Bool(false) => "off".to_owned(),
        other => other.to_string(),
    }
}

fn filter(claim: Option<&Claim>) -> String {
    let Some(claim) = claim else { return "none".to_owned() };
    match &claim.value {
        ClaimValue::Filter { kind, value } => format!("{} {} {value}", claim.name, kind.console()),
        ClaimValue::Expression(value) | ClaimValue::Other(value) => format!("{} {value}", claim.name),
    }
}

fn filter_value(claim: Option<&Claim>) -> Value {
    let Some(claim) = claim else { return Value::Null };
    match &claim.value {
        ClaimValue::Filter { kind, value } => {
            let kind = match kind.console() {
                "Starts with" => "STARTS_WITH",
                "Equals" => "EQUALS",
                "Contains" => "CONTAINS",
                _ => "REGEX",
            };
            json!({"name": claim.name, "filter_type": kind, "value": value})
        }
        ClaimValue::Expression(value) | ClaimValue::Other(value) => {
            json!({"name": claim.name, "value": value})
        }
    }
}

fn email(user: &str, from: &Names, to: &Names, names: &mut PeopleNames) -> Told {
    let mut known = |text: &Option<String>| {
        text.as_deref().map_or_else(|| "(none)".to_owned(), |text| named(text, names))
    };
    let mut profile = serde_json::Map::new();
    if from.login != to.login {
        profile.insert("login".to_owned(), json!(to.login));
    }
    if from.email != to.email {
        profile.insert("email".to_owned(), json!(to.email));
    }
    let of_app = if (&from.app_email, &from.app_user_name) == (&to.app_email, &to.app_user_name) {
        String::new()
    } else {
        format!(
            "; in the app ({}): user name {}, email {}",
            console::OKTA_ASSIGNMENTS,
            known(&to.app_user_name),
            known(&to.app_email)
        )
    };
    let login = if from.login == to.login { String::new() } else { format!("login {}, ", known(&to.login)) };
    let whole = |names: &Names| {
        json!({
            "login": names.login, "email": names.email,
            "app_email": names.app_email, "app_user_name": names.app_user_name,
        })
    };
    let before = known(if from.email == to.email { &from.app_email } else { &from.email });
    let then = known(if from.email == to.email { &to.app_email } else { &to.email });
    Told {
        edit: format!("change the primary email {before} to {then}"),
        console: format!("{} > {} > Profile > Edit", console::OKTA_PEOPLE, known(&from.login)),
        value: format!("{login}primary email {}{of_app}", known(&to.email)),
        request: (!profile.is_empty()).then(|| Request {
            method: "POST",
            path: format!("/api/v1/users/{user}"),
            body: Some(json!({"profile": profile})),
        }),
        undo: format!("set it back to {before}"),
        change: json!({"kind": "change_email", "user": user, "from": whole(from), "to": whole(to)}),
    }
}

fn element_told(
    element: &Element,
    to: Presence,
    list: &[String],
    called: &Called,
    app_path: &str,
    names: &mut PeopleNames,
) -> Told {
    let (verb, back) = match to {
        Presence::There => ("add", "remove it again"),
        Presence::NotThere => ("remove", "add it again"),
    };
    let in_list = |what: &str, kind: &str, value: &str, console: String| Told {
        edit: format!("{verb} the {what} {value}"),
        console,
        value: format!("{verb} {value}"),
        // A part of the app: Okta takes the whole of it, as GET answers it.
        request: Some(Request {
            method: "PUT",
            path: app_path.to_owned(),
            body: Some(json!({"settings": {"oauthClient": {format!("{kind}s"): list}}})),
        }),
        undo: back.to_owned(),
        change: json!({"kind": format!("{verb}_{kind}"), "value": value}),
    };
    match element {
        Element::RedirectUri(value) => in_list(
            "sign-in redirect URI",
            "redirect_uri",
            value,
            console::OKTA_SIGN_IN_REDIRECT_URIS.to_owned(),
        ),
        Element::ResponseType(value) => in_list(
            "response type",
            "response_type",
            value,
            format!(
                "{} (the console sets response types with the grant types; one alone by request)",
                console::OKTA_GRANT_TYPES
            ),
        ),
        Element::GrantType(value) => {
            in_list("grant type", "grant_type", value, console::OKTA_GRANT_TYPES.to_owned())
        }
        Element::Group(id) => {
            let undo = undo_of_assignment(to);
            let (edit, request) = match to {
                Presence::There => (
                    "assign",
                    Request { method: "PUT", path: format!("{app_path}/groups/{id}"), body: Some(json!({})) },
                ),
                Presence::NotThere => (
                    "unassign",
                    Request { method: "DELETE", path: format!("{app_path}/groups/{id}"), body: None },
                ),
            };
            Told {
                edit: format!("{edit} the group {}", called.group(id)),
                console: format!("{} > Groups", console::OKTA_ASSIGNMENTS),
                value: format!("{edit} {}", called.group(id)),
                request: Some(request),
                undo: undo.to_owned(),
                change: json!({"kind": format!("{edit}_group"), "id": id}),
            }
        }
        Element::Person(id) => {
            let login = called.person(id);
            let name = named(login, names);
            let undo = undo_of_assignment(to);
            let (edit, request) = match to {
                Presence::There => (
                    "assign",
                    Request {
                        method: "POST",
                        path: format!("{app_path}/users"),
                        body: Some(json!({"id": id, "scope": "USER", "credentials": {"userName": login}})),
                    },
                ),
                Presence::NotThere => (
                    "unassign",
                    Request { method: "DELETE", path: format!("{app_path}/users/{id}"), body: None },
                ),
            };
            Told {
                edit: format!("{edit} the person {name}"),
                console: format!("{} > People", console::OKTA_ASSIGNMENTS),
                value: format!("{edit} {name}"),
                request: Some(request),
                undo: undo.to_owned(),
                change: json!({"kind": format!("{edit}_person"), "id": id}),
            }
        }
    }
}

fn undo_of_assignment(to: Presence) -> &'static str {
    match to {
        Presence::There => "unassign it again",
        Presence::NotThere => "assign it again",
    }
}

impl Request {
    /// `POST /v1alpha/sso/claim_mappings {"claim_name":"groups",…}`.
    pub fn line(&self) -> String {
        match &self.body {
            Some(body) => {
                let part = if self.method == "PUT" && body.get("settings").is_some() {
                    ", the whole app with"
                } else {
                    ""
                };
                format!("{} {}{part} {body}", self.method, self.path)
            }
            None => format!("{} {}", self.method, self.path),
        }
    }
}
