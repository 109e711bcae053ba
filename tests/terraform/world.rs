//! Small plans, and the snapshot that they are laid over.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use ssolint::check;
use ssolint::document::{DocumentName, Documents, JsonPath, reading};
use ssolint::finding::Spot;
use ssolint::finding::locate::Locator;
use ssolint::model::Place;
use ssolint::signin::SignIn;
use ssolint::source::snapshot::Snapshot;
use ssolint::source::terraform::{self, Plan};

use crate::support;

/// A plan of resources, each `(kind, name, before, after)`.
pub fn plan(resources: &[(&str, &str, Value, Value)]) -> Plan {
    plan_with(resources, json!({}))
}

pub fn plan_with(resources: &[(&str, &str, Value, Value)], configuration: Value) -> Plan {
    terraform::parse("plan.json", plan_text(resources, configuration).into()).unwrap()
}

pub fn plan_text(resources: &[(&str, &str, Value, Value)], configuration: Value) -> String {
    let changes: Vec<Value> =
        resources.iter().map(|(kind, name, before, after)| change(kind, name, before, after)).collect();
    json!({
        "format_version": "1.2",
        "terraform_version": "1.13.0",
        "resource_changes": changes,
        "configuration": configuration,
    })
    .to_string()
}

pub fn change(kind: &str, name: &str, before: &Value, after: &Value) -> Value {
    let actions = match (before.is_null(), after.is_null()) {
        (true, false) => json!(["create"]),
        (false, true) => json!(["delete"]),
        _ if before == after => json!(["no-op"]),
        _ if after.get("(replace)").is_some() => json!(["delete", "create"]),
        _ => json!(["update"]),
    };
    let mut after = after.clone();
    let mut unknown = json!({});
    if let Some(members) = after.as_object_mut() {
        members.remove("(replace)");
        let names: Vec<String> =
            members.iter().filter(|(_, value)| *value == "(unknown)").map(|(name, _)| name.clone()).collect();
        for name in names {
            members.remove(&name);
            unknown[&name] = json!(true);
        }
    }
    json!({
        "address": format!("{kind}.{name}"),
        "mode": "managed",
        "type": kind,
        "name": name,
        "provider_name": "registry.terraform.io/okta/okta",
        "change": {
            "actions": actions, "before": before, "after": after, "after_unknown": unknown,
            "before_sensitive": {}, "after_sensitive": {},
        },
    })
}

pub fn app(extra: Value) -> Value {
    let mut app = json!({
        "id": "0oa1", "name": "oidc_client", "label": "Torq", "status": "ACTIVE", "sign_on_mode": "OPENID_CONNECT", "client_id": "0oa1",
        "token_endpoint_auth_method": "client_secret_basic", "pkce_required": false, "type": "web",
        "redirect_uris": ["https://app.torq.io/__/auth/handler"], "wildcard_redirect": "DISABLED", "response_types": ["id_token"],
        "grant_types": ["implicit"], "consent_method": "TRUSTED", "issuer_mode": "ORG_URL", "login_uri": null, "login_mode": "DISABLED",
        "hide_web": true, "implicit_assignment": false, "authentication_policy": null, "groups_claim": [],
    });
    for (key, value) in extra.as_object().unwrap() {
        app[key] = value.clone();
    }
    app
}

pub fn app_answer(extra: Value) -> Value {
    let mut client = json!({
        "application_type": "web", "redirect_uris": ["https://app.torq.io/__/auth/handler"], "wildcard_redirect": "DISABLED",
        "response_types": ["id_token"], "grant_types": ["implicit"], "consent_method": "TRUSTED", "issuer_mode": "ORG_URL",
        "idp_initiated_login": {"mode": "DISABLED"},
    });
    for (key, value) in extra.as_object().unwrap() {
        client[key] = value.clone();
    }
    json!({
        "id": "0oa1", "name": "oidc_client", "label": "Torq", "status": "ACTIVE", "signOnMode": "OPENID_CONNECT",
        "credentials": {"oauthClient": {"client_id": "0oa1", "token_endpoint_auth_method": "client_secret_basic", "pkce_required": false}},
        "settings": {"implicitAssignment": false, "oauthClient": client},
        "visibility": {"hide": {"web": true}},
    })
}

/// The snapshot that plans are laid over, with some documents in place of its own.
pub fn snapshot(documents: Value) -> Snapshot {
    support::world(&answers(&documents))
}

/// The same as a single file.
pub fn answers(documents: &Value) -> Value {
    let mut world = json!({
        "connection": {
            "name": "acme",
            "torq": {
                "region": "us", "login_redirect_url": "https://app.torq.io/__/auth/handler", "client_id": "0oa1",
                "issuer_url": "https://acme.okta.com", "requested_scopes": ["openid", "email", "groups"], "flow": "implicit",
            },
            "okta": {"org_url": "https://acme.okta.com"},
        },
        "okta": {
            "app": app_answer(json!({})),
            "id-token": {"issuerMode": "ORG_URL", "valueType": "GROUPS", "name": "groups", "groupFilterType": "STARTS_WITH", "value": "torq-"},
            "federated-claims": [{"id": "fc1", "name": "team", "expression": "user.team"}],
            "app-groups": [{"id": "00g1"}, {"id": "00g2"}],
            "app-users": [{"id": "00u1", "scope": "USER", "status": "ACTIVE"}],
            "groups": [
                {"id": "00g1", "type": "OKTA_GROUP", "profile": {"name": "torq-admins"}},
                {"id": "00g2", "type": "OKTA_GROUP", "profile": {"name": "torq-viewers"}},
            ],
            "group-rules": [
                {"id": "0pr1", "name": "viewers", "status": "ACTIVE", "actions": {"assignUserToGroups": {"groupIds": ["00g2"]}}},
            ],
            "group-users": {"00g1": [{"id": "00u1"}], "00g2": [{"id": "00u2"}]},
            "user-groups": {"00u1": [{"id": "00g1", "profile": {"name": "torq-admins"}}]},
            "users": [
                {"id": "00u1", "status": "ACTIVE", "profile": {"login": "ada@acme.com", "email": "ada@acme.com"}},
                {"id": "00u2", "status": "ACTIVE", "profile": {"login": "bob@acme.com", "email": "bob@acme.com"}},
            ],
            "access-policy-rules": [
                {"id": "0pr9", "name": "Catch-all Rule", "status": "ACTIVE", "priority": 99, "actions": {"appSignOn": {"access": "ALLOW"}}},
            ],
        },
        "torq": {
            "claim-mappings": {"claim_mappings": [
                {"claim_name": "groups", "claim_value": "torq-admins", "role_id": "owner", "rank": 1},
                {"claim_name": "groups", "claim_value": "torq-viewers", "role_id": "viewer", "rank": 2},
            ]},
            "roles": {"roles": [
                {"id": "owner", "name": "Owner", "scope_names": ["user.read", "user.write"]},
                {"id": "viewer", "name": "Viewer", "scope_names": ["user.read"]},
            ]},
            "users": {"users": []},
        },
    });
    for (path, document) in documents.as_object().unwrap() {
        let keys: Vec<&str> = path.split('/').collect();
        let at = keys.iter().fold(&mut world, |at, key| &mut at[*key]);
        *at = document.clone();
    }
    world
}

/// Without members that are null: absent and null read alike.
pub fn slim(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key.clone(), slim(value)))
                .collect(),
        ),
        Value::Array(elements) => Value::Array(elements.iter().map(slim).collect()),
        other => other.clone(),
    }
}

pub fn texts(documents: &Documents) -> BTreeMap<String, Value> {
    documents
        .names()
        .filter(|name| **name != DocumentName::TerraformPlan)
        .map(|name| (name.path(), slim(&reading::read::<Value>(documents, name).unwrap().unwrap())))
        .collect()
}

pub fn open(documents: &Documents) -> Vec<String> {
    let mut open = Vec::new();
    for name in documents.names() {
        let Some(overlay) = documents.overlay(name) else { continue };
        open.extend(overlay.undecided.iter().map(|why| format!("{}: {why}", name.path())));
        open.extend(overlay.unknown.iter().map(|(path, why)| format!("{}#{path}: {why}", name.path())));
    }
    open
}

pub fn verdicts(snapshot: &Snapshot) -> Vec<String> {
    let world = check::load(&snapshot.documents, snapshot.faults.clone());
    let sign_in = SignIn::new(&world, &[]);
    sign_in.considered().map(|person| format!("{:?}", sign_in.verdict(person))).collect()
}

pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// The text at a place of the planned documents, and its file.
pub fn written(snapshot: &Snapshot, document: DocumentName, pointer: &str) -> (String, String) {
    let mut locator = Locator::new(&snapshot.documents);
    let place = Place::new(document, JsonPath::parse(pointer).unwrap());
    let location = locator.locate(&Spot::value(place)).unwrap();
    let file = &snapshot.documents.files()[location.file];
    (
        file.path.rsplit('/').next().unwrap().to_owned(),
        file.text[location.region.start..location.region.end].to_owned(),
    )
}
