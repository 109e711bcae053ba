//! A Terraform plan laid over a snapshot becomes the documents that Okta would answer with after apply.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use ssolint::check;
use ssolint::document::{DocumentName, Documents, JsonPath, reading};
use ssolint::finding::Spot;
use ssolint::finding::locate::Locator;
use ssolint::model::Place;
use ssolint::signin::SignIn;
use ssolint::source::snapshot::Snapshot;
use ssolint::source::terraform::{self, AppChoice, Plan};

/// A plan of resources, each `(kind, name, before, after)`.
fn plan(resources: &[(&str, &str, Value, Value)]) -> Plan {
    plan_with(resources, json!({}))
}

fn plan_with(resources: &[(&str, &str, Value, Value)], configuration: Value) -> Plan {
    let changes: Vec<Value> =
        resources.iter().map(|(kind, name, before, after)| change(kind, name, before, after)).collect();
    let text = json!({
        "format_version": "1.2",
        "terraform_version": "1.13.0",
        "resource_changes": changes,
        "configuration": configuration,
    });
    terraform::parse("plan.json", text.to_string().into()).unwrap()
}

fn change(kind: &str, name: &str, before: &Value, after: &Value) -> Value {
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

fn app(extra: Value) -> Value {
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

fn app_answer(extra: Value) -> Value {
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
fn snapshot(documents: Value) -> Snapshot {
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
    support::world(&world)
}

/// Without members that are null: absent and null read alike.
fn slim(value: &Value) -> Value {
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

fn texts(documents: &Documents) -> BTreeMap<String, Value> {
    documents
        .names()
        .filter(|name| **name != DocumentName::TerraformPlan)
        .map(|name| (name.path(), slim(&reading::read::<Value>(documents, name).unwrap().unwrap())))
        .collect()
}

fn open(documents: &Documents) -> Vec<String> {
    let mut open = Vec::new();
    for name in documents.names() {
        let Some(overlay) = documents.overlay(name) else { continue };
        open.extend(overlay.undecided.iter().map(|why| format!("{}: {why}", name.path())));
        open.extend(overlay.unknown.iter().map(|(path, why)| format!("{}#{path}: {why}", name.path())));
    }
    open
}

fn verdicts(snapshot: &Snapshot) -> Vec<String> {
    let world = check::load(&snapshot.documents, snapshot.faults.clone());
    let sign_in = SignIn::new(&world, &[]);
    sign_in.considered().map(|person| format!("{:?}", sign_in.verdict(person))).collect()
}

/// The planned documents are those of a snapshot made by hand, and so is everyone's verdict.
fn becomes(what: &str, resources: &[(&str, &str, Value, Value)], documents: Value) {
    becomes_with(what, resources, json!({}), documents);
}

fn becomes_with(
    what: &str,
    resources: &[(&str, &str, Value, Value)],
    configuration: Value,
    documents: Value,
) {
    let planned =
        terraform::planned(&snapshot(json!({})), &plan_with(resources, configuration), &AppChoice::Found);
    let expected = snapshot(documents);
    assert_eq!(planned.faults, vec![], "{what}");
    assert_eq!(open(&planned.documents), Vec::<String>::new(), "{what}");
    assert_eq!(texts(&planned.documents), texts(&expected.documents), "{what}");
    assert_eq!(verdicts(&planned), verdicts(&expected), "{what}");
}

#[test]
fn every_kind_of_resource_becomes_what_okta_would_answer() {
    let none = Value::Null;
    becomes("nothing", &[], json!({}));
    becomes("an app that stays", &[("okta_app_oauth", "torq", app(json!({})), app(json!({})))], json!({}));
    becomes(
        "an app that changes",
        &[(
            "okta_app_oauth",
            "torq",
            app(json!({})),
            app(
                json!({"wildcard_redirect": "SUBDOMAIN", "redirect_uris": ["https://*.torq.io/x"], "login_mode": "SPEC", "login_uri": "https://app.torq.io/l"}),
            ),
        )],
        json!({"okta/app": app_answer(json!({
            "wildcard_redirect": "SUBDOMAIN", "redirect_uris": ["https://*.torq.io/x"],
            "idp_initiated_login": {"mode": "SPEC"}, "initiate_login_uri": "https://app.torq.io/l",
        }))}),
    );
    becomes(
        "a deleted app",
        &[("okta_app_oauth", "torq", app(json!({})), none.clone())],
        json!({"okta/app": {"id": "0oa1", "status": "DELETED"}, "okta/id-token": null}),
    );
    becomes(
        "a redirect URI beside the app's",
        &[
            ("okta_app_oauth", "torq", app(json!({})), app(json!({}))),
            (
                "okta_app_oauth_redirect_uri",
                "more",
                none.clone(),
                json!({"app_id": "0oa1", "uri": "https://example.com/more"}),
            ),
        ],
        json!({"okta/app": app_answer(json!({"redirect_uris": ["https://app.torq.io/__/auth/handler", "https://example.com/more"]}))}),
    );
    becomes(
        "a groups claim",
        &[(
            "okta_app_oauth",
            "torq",
            app(
                json!({"groups_claim": [{"type": "FILTER", "filter_type": "STARTS_WITH", "name": "groups", "value": "torq-", "issuer_mode": "ORG_URL"}]}),
            ),
            app(
                json!({"groups_claim": [{"type": "FILTER", "filter_type": "EQUALS", "name": "groups", "value": "torq-admins", "issuer_mode": "ORG_URL"}]}),
            ),
        )],
        json!({"okta/id-token": {"issuerMode": "ORG_URL", "valueType": "GROUPS", "name": "groups", "groupFilterType": "EQUALS", "value": "torq-admins"}}),
    );
    let assignment =
        |group: &str| json!({"id": group, "app_id": "0oa1", "group_id": group, "retain_assignment": false});
    let torq = || ("okta_app_oauth", "torq", app(json!({})), app(json!({})));
    becomes(
        "a group assignment more, one less, and one that is kept in Okta",
        &[
            torq(),
            ("okta_app_group_assignment", "a", none.clone(), assignment("00g3")),
            ("okta_app_group_assignment", "b", assignment("00g2"), none.clone()),
            (
                "okta_app_group_assignment",
                "c",
                json!({"app_id": "0oa1", "group_id": "00g1", "retain_assignment": true}),
                none.clone(),
            ),
            (
                "okta_app_group_assignment",
                "other",
                none.clone(),
                json!({"app_id": "0oa2", "group_id": "00g4"}),
            ),
        ],
        json!({"okta/app-groups": [{"id": "00g1"}, {"id": "00g3"}]}),
    );
    becomes(
        "all group assignments",
        &[
            torq(),
            (
                "okta_app_group_assignments",
                "all",
                json!({"app_id": "0oa1", "group": [{"id": "00g1"}, {"id": "00g2"}]}),
                json!({"app_id": "0oa1", "group": [{"id": "00g2"}, {"id": "00g3"}]}),
            ),
        ],
        json!({"okta/app-groups": [{"id": "00g2"}, {"id": "00g3"}]}),
    );
    becomes(
        "app users",
        &[
            torq(),
            (
                "okta_app_user",
                "ada",
                json!({"app_id": "0oa1", "user_id": "00u1", "username": "ada"}),
                none.clone(),
            ),
            (
                "okta_app_user",
                "bob",
                none.clone(),
                json!({"app_id": "0oa1", "user_id": "00u2", "username": "bob", "profile": "{\"email\":\"b@acme.com\"}"}),
            ),
        ],
        json!({"okta/app-users": [
            {"id": "00u2", "scope": "USER", "status": "ACTIVE", "credentials": {"userName": "bob"}, "profile": {"email": "b@acme.com"}},
        ]}),
    );
    becomes(
        "a group that is renamed",
        &[(
            "okta_group",
            "a",
            json!({"id": "00g1", "name": "torq-admins"}),
            json!({"id": "00g1", "name": "torq-owners"}),
        )],
        json!({"okta/groups": [
            {"id": "00g1", "type": "OKTA_GROUP", "profile": {"name": "torq-owners"}},
            {"id": "00g2", "type": "OKTA_GROUP", "profile": {"name": "torq-viewers"}},
        ]}),
    );
    becomes(
        "a group that is deleted",
        &[("okta_group", "a", json!({"id": "00g1", "name": "torq-admins"}), none.clone())],
        json!({
            "okta/groups": [{"id": "00g2", "type": "OKTA_GROUP", "profile": {"name": "torq-viewers"}}],
            "okta/app-groups": [{"id": "00g2"}], "okta/group-users/00g1": null, "okta/user-groups/00u1": [],
        }),
    );
    becomes_with(
        "a new group that is assigned, with a member",
        &[
            torq(),
            ("okta_group", "new", none.clone(), json!({"id": "(unknown)", "name": "torq-new"})),
            (
                "okta_app_group_assignment",
                "new",
                none.clone(),
                json!({"app_id": "0oa1", "group_id": "(unknown)"}),
            ),
            (
                "okta_group_memberships",
                "new",
                none.clone(),
                json!({"group_id": "(unknown)", "users": ["00u2"]}),
            ),
        ],
        json!({"root_module": {"resources": [
            {"mode": "managed", "type": "okta_app_group_assignment", "name": "new",
             "expressions": {"app_id": {"references": ["okta_app_oauth.torq.id", "okta_app_oauth.torq"]}, "group_id": {"references": ["okta_group.new.id", "okta_group.new"]}}},
            {"mode": "managed", "type": "okta_group_memberships", "name": "new",
             "expressions": {"group_id": {"references": ["okta_group.new.id", "okta_group.new"]}}},
        ]}}),
        json!({
            "okta/groups": [
                {"id": "00g1", "type": "OKTA_GROUP", "profile": {"name": "torq-admins"}},
                {"id": "00g2", "type": "OKTA_GROUP", "profile": {"name": "torq-viewers"}},
                {"id": "(new) okta_group.new", "type": "OKTA_GROUP", "profile": {"name": "torq-new"}},
            ],
            "okta/app-groups": [{"id": "00g1"}, {"id": "00g2"}, {"id": "(new) okta_group.new"}],
            "okta/group-users": {"00g1": [{"id": "00u1"}], "00g2": [{"id": "00u2"}], "(new) okta_group.new": [{"id": "00u2"}]},
        }),
    );
    becomes(
        "memberships",
        &[(
            "okta_group_memberships",
            "a",
            json!({"id": "00g1", "group_id": "00g1", "users": ["00u1"]}),
            json!({"id": "00g1", "group_id": "00g1", "users": ["00u2"]}),
        )],
        json!({"okta/group-users/00g1": [{"id": "00u2"}], "okta/user-groups/00u1": []}),
    );
    becomes(
        "a group rule that is renamed: nobody moves",
        &[(
            "okta_group_rule",
            "r",
            json!({"id": "0pr1", "name": "viewers", "status": "ACTIVE", "group_assignments": ["00g2"], "expression_value": "x"}),
            json!({"id": "0pr1", "name": "all viewers", "status": "ACTIVE", "group_assignments": ["00g2"], "expression_value": "x"}),
        )],
        json!({"okta/group-rules": [
            {"id": "0pr1", "name": "all viewers", "status": "ACTIVE", "actions": {"assignUserToGroups": {"groupIds": ["00g2"]}}},
        ]}),
    );
    becomes(
        "federated claims",
        &[
            torq(),
            (
                "okta_app_federated_claim",
                "a",
                json!({"id": "fc1", "app_id": "0oa1", "name": "team", "expression": "user.team"}),
                none.clone(),
            ),
            (
                "okta_app_federated_claim",
                "b",
                none.clone(),
                json!({"id": "fc2", "app_id": "0oa1", "name": "unit", "expression": "user.unit"}),
            ),
        ],
        json!({"okta/federated-claims": [{"id": "fc2", "name": "unit", "expression": "user.unit"}]}),
    );
}

#[test]
fn policies_become_what_okta_would_answer() {
    let none = Value::Null;
    let policy_app = |extra: Value| {
        let mut answer = app_answer(json!({}));
        answer["_links"] = json!({"accessPolicy": {"href": "https://acme.okta.com/api/v1/policies/rst1"}});
        let mut documents = json!({"okta/app": answer});
        for (key, value) in extra.as_object().unwrap() {
            documents[key] = value.clone();
        }
        documents
    };
    let server = json!({"id": "aus1", "issuer": "https://acme.okta.com/oauth2/aus1", "status": "ACTIVE"});
    let base = policy_app(json!({
        "okta/authorization-server": server,
        "okta/authorization-server-claims": [{"id": "ocl1", "name": "groups", "status": "ACTIVE", "claimType": "IDENTITY"}],
        "okta/authorization-server-policies": [{"id": "00p1", "name": "Default", "status": "ACTIVE", "priority": 1, "rules": [{"id": "0pr5", "name": "old"}]}],
    }));
    let resources = [
        (
            "okta_app_signon_policy_rule",
            "deny",
            none.clone(),
            json!({"id": "0pr8", "policy_id": "rst1", "name": "deny", "status": "ACTIVE", "priority": 1, "access": "DENY", "network_connection": "ANYWHERE", "groups_included": ["00g2"]}),
        ),
        (
            "okta_auth_server_claim",
            "groups",
            json!({"id": "ocl1", "auth_server_id": "aus1", "name": "groups"}),
            json!({"id": "ocl1", "auth_server_id": "aus1", "name": "groups", "status": "ACTIVE", "claim_type": "IDENTITY", "value_type": "GROUPS", "group_filter_type": "REGEX", "value": ".*", "scopes": ["groups"], "always_include_in_token": true}),
        ),
        (
            "okta_auth_server_policy",
            "torq",
            none.clone(),
            json!({"id": "00p2", "auth_server_id": "aus1", "name": "torq", "status": "ACTIVE", "priority": 2, "client_whitelist": ["0oa1"]}),
        ),
        (
            "okta_auth_server_policy_rule",
            "all",
            none.clone(),
            json!({"id": "0pr6", "auth_server_id": "aus1", "policy_id": "00p2", "name": "all", "status": "ACTIVE", "priority": 1, "grant_type_whitelist": ["implicit"], "scope_whitelist": ["*"], "group_whitelist": ["EVERYONE"]}),
        ),
        (
            "okta_auth_server_policy_rule",
            "old",
            json!({"id": "0pr5", "auth_server_id": "aus1", "policy_id": "00p1", "name": "old"}),
            none.clone(),
        ),
    ];
    let planned = terraform::planned(&snapshot(base), &plan(&resources), &AppChoice::Found);
    let expected = snapshot(policy_app(json!({
        "okta/authorization-server": server,
        "okta/authorization-server-claims": [{
            "id": "ocl1", "name": "groups", "status": "ACTIVE", "claimType": "IDENTITY", "valueType": "GROUPS", "group_filter_type": "REGEX",
            "value": ".*", "conditions": {"scopes": ["groups"]}, "alwaysIncludeInToken": true,
        }],
        "okta/authorization-server-policies": [
            {"id": "00p1", "name": "Default", "status": "ACTIVE", "priority": 1, "rules": []},
            {"id": "00p2", "name": "torq", "status": "ACTIVE", "priority": 2, "conditions": {"clients": {"include": ["0oa1"]}}, "rules": [
                {"id": "0pr6", "name": "all", "status": "ACTIVE", "priority": 1, "conditions": {
                    "people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": ["implicit"]}, "scopes": {"include": ["*"]},
                }},
            ]},
        ],
        "okta/access-policy-rules": [
            {"id": "0pr9", "name": "Catch-all Rule", "status": "ACTIVE", "priority": 99, "actions": {"appSignOn": {"access": "ALLOW"}}},
            {"id": "0pr8", "name": "deny", "status": "ACTIVE", "priority": 1, "conditions": {
                "people": {"groups": {"include": ["00g2"]}}, "network": {"connection": "ANYWHERE"},
            }, "actions": {"appSignOn": {"access": "DENY"}}},
        ],
    })));
    assert_eq!(open(&planned.documents), Vec::<String>::new());
    assert_eq!(texts(&planned.documents), texts(&expected.documents));
    assert_eq!(verdicts(&planned), verdicts(&expected));
}

/// What the planned documents leave open, one line each.
fn leaves_open(what: &str, resources: &[(&str, &str, Value, Value)], expected: &[&str]) {
    let planned = terraform::planned(&snapshot(json!({})), &plan(resources), &AppChoice::Found);
    assert_eq!(open(&planned.documents), expected, "{what}");
}

#[test]
fn what_is_known_only_after_apply_is_unknown() {
    let none = Value::Null;
    let torq = || ("okta_app_oauth", "torq", app(json!({})), app(json!({})));
    leaves_open(
        "a redirect URI",
        &[("okta_app_oauth", "torq", app(json!({})), app(json!({"redirect_uris": "(unknown)"})))],
        &[
            "okta/app#/settings/oauthClient/redirect_uris: redirect_uris of okta_app_oauth.torq is known only after apply",
        ],
    );
    leaves_open(
        "a field that is false where it is missing",
        &[("okta_app_oauth", "torq", app(json!({})), app(json!({"wildcard_redirect": "(unknown)"})))],
        &[
            "okta/app#/settings/oauthClient/wildcard_redirect: wildcard_redirect of okta_app_oauth.torq is known only after apply",
        ],
    );
    leaves_open(
        "federation broker mode",
        &[("okta_app_oauth", "torq", app(json!({})), app(json!({"implicit_assignment": "(unknown)"})))],
        &["okta/app: implicit_assignment of okta_app_oauth.torq is known only after apply"],
    );
    leaves_open(
        "an assignment of a group that cannot be told",
        &[
            torq(),
            (
                "okta_app_group_assignment",
                "a",
                none.clone(),
                json!({"app_id": "0oa1", "group_id": "(unknown)"}),
            ),
        ],
        &["okta/app-groups#: the group of an assignment is known only after apply"],
    );
    leaves_open(
        "the members of a group whose rule changes",
        &[(
            "okta_group_rule",
            "r",
            json!({"id": "0pr1", "name": "viewers", "status": "ACTIVE", "group_assignments": ["00g2"], "expression_value": "x"}),
            json!({"id": "0pr1", "name": "viewers", "status": "ACTIVE", "group_assignments": ["00g2"], "expression_value": "y"}),
        )],
        &[
            "okta/group-users/00g2: okta_group_rule.r changes who is in it",
            "okta/user-groups/00u1#: okta_group_rule.r changes who is in it",
        ],
    );
    leaves_open(
        "the groups claim, where it is not said how the provider signs in",
        &[(
            "okta_app_oauth",
            "torq",
            app(json!({})),
            app(json!({"groups_claim": [{"type": "EXPRESSION", "name": "groups", "value": "x"}]})),
        )],
        &[
            "okta/id-token: the plan does not say whether Okta's provider signs in with an API token, without which groups_claim of okta_app_oauth.torq has no effect",
        ],
    );
    leaves_open(
        "another sign-in policy",
        &[("okta_app_oauth", "torq", app(json!({})), app(json!({"authentication_policy": "rst2"})))],
        &["okta/access-policy-rules: the sign-in policy of okta_app_oauth.torq is not the one that was read"],
    );
}

#[test]
fn the_real_planned_change_is_read() {
    let Some(path) = support::shared("peers/terraform/plan-okta_app_oauth-wildcard.json") else { return };
    let run = support::ssolint(&["check", "--terraform-plan", path.to_str().unwrap(), "--format", "json"]);
    let report: Value = serde_json::from_slice(&run.stdout).unwrap();
    let lines: BTreeMap<&str, u64> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (finding["rule"].as_str().unwrap(), finding["location"]["line"].as_u64().unwrap()))
        .collect();
    for (rule, line) in [("redirect-uri-wildcard", 78), ("consent-required", 27), ("login-only-from-app", 42)]
    {
        assert_eq!(lines.get(rule), Some(&line), "{rule}");
    }
}

/// The text at a place of the planned documents, and its file.
fn written(snapshot: &Snapshot, document: DocumentName, pointer: &str) -> (String, String) {
    let mut locator = Locator::new(&snapshot.documents);
    let place = Place::new(document, JsonPath::parse(pointer).unwrap());
    let location = locator.locate(&Spot::value(place)).unwrap();
    let file = &snapshot.documents.files()[location.file];
    (
        file.path.rsplit('/').next().unwrap().to_owned(),
        file.text[location.region.start..location.region.end].to_owned(),
    )
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// A plan whose resources are all in `module.org["eu"].module.sso`, instances of `for_each`.
fn nested(resources: &[(&str, &str, Value)]) -> Plan {
    let changes: Vec<Value> = resources
        .iter()
        .map(|(kind, name, after)| {
            let mut change = change(kind, name, &Value::Null, after);
            change["module_address"] = json!("module.org[\"eu.x\"].module.sso[0]");
            change["address"] = json!(format!("module.org[\"eu.x\"].module.sso[0].{kind}.{name}[\"a\"]"));
            change["index"] = json!("a");
            change
        })
        .collect();
    let text = json!({"format_version": "1.2", "resource_changes": changes}).to_string();
    terraform::parse("plan.json", text.into()).unwrap()
}

#[test]
fn ten_resources_of_each_kind_through_nested_modules_lie_on_their_own_lines() {
    let mut hcl = String::from(
        "resource \"okta_app_oauth\" \"torq\" {\n  for_each = var.x\n  label = \"Torq\"\n  redirect_uris = [\n    \"https://app.torq.io/__/auth/handler\",\n    var.more,\n  ]\n  client_basic_secret = \"hunter2\"\n  groups_claim {\n    name = \"groups\"\n    value = \"torq-\"\n  }\n}\n",
    );
    let mut resources = vec![(
        "okta_app_oauth".to_owned(),
        "torq".to_owned(),
        json!({
            "label": "Torq", "redirect_uris": ["https://app.torq.io/__/auth/handler", "https://app.torq.io/more"],
            "groups_claim": [{"type": "EXPRESSION", "name": "groups", "value": "torq-"}],
        }),
    )];
    // Kind, document, the path of a member in its row, the attribute behind it, and other attributes.
    let kinds = [
        ("okta_app_oauth_redirect_uri", DocumentName::App, "", "uri", json!({"app_id": "0oa1"})),
        ("okta_app_group_assignment", DocumentName::AppGroups, "", "group_id", json!({"app_id": "0oa1"})),
        (
            "okta_app_user",
            DocumentName::AppUsers,
            "/credentials/userName",
            "username",
            json!({"app_id": "0oa1"}),
        ),
        ("okta_group", DocumentName::Groups, "/profile/name", "name", json!({})),
        (
            "okta_group_rule",
            DocumentName::GroupRules,
            "/name",
            "name",
            json!({"status": "ACTIVE", "group_assignments": []}),
        ),
        (
            "okta_app_federated_claim",
            DocumentName::FederatedClaims,
            "/expression",
            "expression",
            json!({"app_id": "0oa1", "name": "n"}),
        ),
        (
            "okta_auth_server_claim",
            DocumentName::AuthorizationServerClaims,
            "/value",
            "value",
            json!({"auth_server_id": "aus1"}),
        ),
        (
            "okta_auth_server_policy",
            DocumentName::AuthorizationServerPolicies,
            "/name",
            "name",
            json!({"auth_server_id": "aus1"}),
        ),
        (
            "okta_app_signon_policy_rule",
            DocumentName::AccessPolicyRules,
            "/name",
            "name",
            json!({"policy_id": "rst1"}),
        ),
    ];
    for (kind, _, _, attribute, others) in &kinds {
        for number in 0..10 {
            let name = format!("n{number}");
            hcl += &format!(
                "resource \"{kind}\" \"{name}\" {{\n  for_each = var.x\n  {attribute} = \"{kind}-{number}\"\n}}\n"
            );
            let mut after = others.clone();
            after["id"] = json!(format!("{kind}-id-{number}"));
            after[*attribute] = json!(format!("{kind}-{number}"));
            if *kind == "okta_app_user" {
                after["user_id"] = json!(format!("00u-{number}"));
            }
            resources.push(((*kind).to_owned(), name, after));
        }
    }
    let resources: Vec<(&str, &str, Value)> =
        resources.iter().map(|(kind, name, after)| (kind.as_str(), name.as_str(), after.clone())).collect();
    let root = folder(&[
        ("main.tf", "module \"org\" {\n  source   = \"./modules/org\"\n  for_each = var.regions\n}\n"),
        ("modules/org/main.tf", "module \"sso\" {\n  source = \"../sso\"\n  count = 1\n}\n"),
        ("modules/sso/all.tf", &hcl),
    ]);
    let mut plan = nested(&resources);
    plan.sources = Some(terraform::hcl::read(root.path()).unwrap());
    let mut answer = app_answer(json!({}));
    answer["id"] = json!("0oa1");
    answer["_links"] = json!({"accessPolicy": {"href": "rst1"}});
    let base = snapshot(json!({
        "okta/app": answer,
        "okta/authorization-server": {"id": "aus1"},
        "okta/authorization-server-claims": [],
        "okta/authorization-server-policies": [],
    }));
    // The app of the plan is the snapshot's, and changes in place.
    for change in plan.changes.iter_mut().filter(|change| change.kind == "okta_app_oauth") {
        change.action = ssolint::document::terraform::Action::Update;
        change.before = Some(terraform::plan::Attributes {
            values: json!({"id": "0oa1"}).as_object().unwrap().clone(),
            ..Default::default()
        });
    }
    let planned = terraform::planned(&base, &plan, &AppChoice::Found);
    assert_eq!(planned.faults, vec![]);
    for (kind, document, member, attribute, _) in kinds {
        for number in 0..10 {
            let literal = format!("{kind}-{number}");
            let id = match kind {
                "okta_app_user" => format!("00u-{number}"),
                "okta_app_group_assignment" => literal.clone(),
                _ => format!("{kind}-id-{number}"),
            };
            let (pointer, expect) = match kind {
                "okta_app_oauth_redirect_uri" => {
                    (format!("/settings/oauthClient/redirect_uris/{}", number + 2), format!("{literal:?}"))
                }
                _ => {
                    let rows: Value = reading::read(&planned.documents, &document).unwrap().unwrap();
                    let row =
                        rows.as_array().unwrap().iter().position(|row| row["id"] == id.as_str()).unwrap();
                    let whole = format!("resource \"{kind}\" \"n{number}\"");
                    assert_eq!(
                        written(&planned, document.clone(), &format!("/{row}")),
                        ("all.tf".to_owned(), whole.clone())
                    );
                    (
                        format!("/{row}{member}"),
                        if member.is_empty() { whole } else { format!("{literal:?}") },
                    )
                }
            };
            assert_eq!(
                written(&planned, document.clone(), &pointer),
                ("all.tf".to_owned(), expect),
                "{kind} {attribute}"
            );
        }
    }
    for (document, pointer, expect) in [
        (DocumentName::App, "/label", "\"Torq\""),
        (
            DocumentName::App,
            "/settings/oauthClient/redirect_uris/0",
            "\"https://app.torq.io/__/auth/handler\"",
        ),
        (DocumentName::App, "/settings/oauthClient/redirect_uris/1", "var.more"),
        (
            DocumentName::App,
            "/settings/oauthClient/idp_initiated_login/mode",
            "resource \"okta_app_oauth\" \"torq\"",
        ),
        (
            DocumentName::TerraformPlan,
            "/resource_changes/module.org[\"eu.x\"].module.sso[0].okta_app_oauth.torq[\"a\"]/change/after/groups_claim/0/value",
            "\"torq-\"",
        ),
    ] {
        assert_eq!(
            written(&planned, document, pointer),
            ("all.tf".to_owned(), expect.to_owned()),
            "{pointer}"
        );
    }
    let shown: String = planned.documents.files().iter().map(|file| file.text.to_string()).collect();
    assert!(!shown.contains("hunter2"));
}

#[test]
fn a_configuration_as_json_has_places_too() {
    let root = folder(&[(
        "main.tf.json",
        r#"{"resource": {"okta_app_oauth": {"torq": {"label": "Torq", "wildcard_redirect": "SUBDOMAIN", "client_secret": "hunter2",
            "groups_claim": {"name": "groups", "value": "torq-"}}}}}"#,
    )]);
    let mut plan =
        plan(&[("okta_app_oauth", "torq", app(json!({})), app(json!({"wildcard_redirect": "SUBDOMAIN"})))]);
    plan.sources = Some(terraform::hcl::read(root.path()).unwrap());
    let planned = terraform::planned(&snapshot(json!({})), &plan, &AppChoice::Found);
    for (document, pointer, expect) in [
        (DocumentName::App, "/settings/oauthClient/wildcard_redirect", "\"SUBDOMAIN\""),
        (
            DocumentName::TerraformPlan,
            "/resource_changes/okta_app_oauth.torq/change/after/groups_claim/0/value",
            "\"torq-\"",
        ),
    ] {
        assert_eq!(written(&planned, document, pointer), ("main.tf.json".to_owned(), expect.to_owned()));
    }
    assert!(planned.documents.files().iter().all(|file| !file.text.contains("hunter2")));
}

#[test]
fn a_configuration_that_is_not_whole_is_said_and_the_rest_is_checked() {
    let root = folder(&[
        ("a.tf", "resource \"okta_group\" \"a\" {\n  name = \n}\n"),
        ("b.tf.json", "{\"resource\": [}"),
        (
            "c.tf",
            "module \"far\" {\n  source = \"acme/okta/far\"\n}\nmodule \"gone\" {\n  source = \"./gone\"\n}\nresource \"okta_app_oauth\" \"torq\" {\n  wildcard_redirect = \"SUBDOMAIN\"\n}\n",
        ),
        ("d.tf", &format!("x = {}", "[".repeat(10_000))),
    ]);
    let sources = terraform::hcl::read(root.path()).unwrap();
    let faults: Vec<(String, Option<(usize, usize)>)> = sources
        .faults
        .iter()
        .map(|fault| (fault.file.rsplit('/').next().unwrap().to_owned(), fault.position))
        .collect();
    assert_eq!(
        faults,
        [
            ("a.tf".to_owned(), Some((2, 10))),
            ("b.tf.json".to_owned(), Some((1, 15))),
            ("d.tf".to_owned(), Some((1, 1)))
        ]
    );
    assert_eq!(sources.notices.len(), 2, "{:?}", sources.notices);
    let mut plan =
        plan(&[("okta_app_oauth", "torq", app(json!({})), app(json!({"wildcard_redirect": "SUBDOMAIN"})))]);
    plan.sources = Some(sources);
    let planned = terraform::planned(&snapshot(json!({})), &plan, &AppChoice::Found);
    let found = written(&planned, DocumentName::App, "/settings/oauthClient/wildcard_redirect");
    assert_eq!(found, ("c.tf".to_owned(), "\"SUBDOMAIN\"".to_owned()));
}

#[test]
fn what_a_plan_marks_as_sensitive_leaves_the_reader_nowhere() {
    let mut after = change(
        "okta_app_oauth",
        "torq",
        &Value::Null,
        &app(json!({"client_secret": "hunter2", "login_uri": "https://hunter3"})),
    );
    after["change"]["after_sensitive"] = json!({"client_secret": true, "login_uri": true});
    let other = json!({"address": "aws_x.y", "mode": "managed", "type": "aws_x", "name": "y", "change": {"actions": ["create"], "after": {"k": "hunter4"}}});
    let text = json!({"format_version": "1.2", "variables": {"t": {"value": "hunter5"}}, "resource_changes": [other, after]});
    for text in [text.to_string(), serde_json::to_string_pretty(&text).unwrap()] {
        let plan = terraform::parse("plan.json", text.clone().into()).unwrap();
        let planned = terraform::planned(&Snapshot::default(), &plan, &AppChoice::Found);
        let shown = format!("{:?}", planned);
        assert!(!shown.contains("hunter"), "{shown}");
        let (_, label) = written(&planned, DocumentName::App, "/label");
        assert_eq!(label, "\"Torq\"");
        assert!(open(&planned.documents).iter().any(|line| {
            line.contains("initiate_login_uri: login_uri of okta_app_oauth.torq is marked as sensitive")
        }));
    }
}

#[test]
fn what_is_no_plan_is_refused_with_the_way_out() {
    for (text, expect) in [
        ("", "plan.json:1:1: this is not a plan as JSON"),
        ("{\"resource_changes\": [}", "plan.json:1:23: this is not a plan as JSON"),
        ("{}", "plan.json has no resource_changes"),
        ("[]", "this is not a plan as JSON"),
        (r#"{"format_version": "2.0", "resource_changes": []}"#, "a plan of format version 2.0"),
        (r#"{"format_version": "1.0", "values": {"root_module": {}}}"#, "is a state, not a plan"),
        (
            r#"{"format_version": "1.0", "resource_changes": [{"type": "okta_group", "address": 1}]}"#,
            "plan.json:1:",
        ),
    ] {
        let error = terraform::parse("plan.json", text.into()).unwrap_err().to_string();
        assert!(error.contains(expect), "{text}: {error}");
    }
}

/// Faults and notices of a plan over the snapshot, or alone.
fn says(snapshot: &Snapshot, plan: &Plan, choice: AppChoice, expect: &str) {
    let planned = terraform::planned(snapshot, plan, &choice);
    let said: Vec<String> =
        planned.faults.iter().map(|fault| fault.message.clone()).chain(planned.notices.clone()).collect();
    assert!(said.iter().any(|line| line.contains(expect)), "{expect}: {said:?}");
}

#[test]
fn which_app_is_meant_is_found_or_asked_for() {
    let alone = Snapshot::default();
    let other = || app(json!({"id": "0oa2", "client_id": "0oa2", "redirect_uris": ["https://example.com"]}));
    let two = plan(&[
        ("okta_app_oauth", "a", Value::Null, app(json!({"id": "(unknown)", "client_id": "(unknown)"}))),
        ("okta_app_oauth", "b", Value::Null, app(json!({"id": "(unknown)", "client_id": "(unknown)"}))),
    ]);
    says(&alone, &two, AppChoice::Found, "choose with --app ADDRESS");
    says(
        &alone,
        &two,
        AppChoice::Address("okta_app_oauth.c".to_owned()),
        "it has okta_app_oauth.a, okta_app_oauth.b",
    );
    says(&alone, &plan(&[]), AppChoice::Found, "no resource of Okta's provider");
    says(
        &alone,
        &plan(&[("okta_group", "g", Value::Null, json!({"name": "g"}))]),
        AppChoice::Found,
        "has no okta_app_oauth",
    );
    says(
        &alone,
        &plan(&[("okta_app_oauth", "a", other(), other())]),
        AppChoice::Found,
        "is taken for Torq's app",
    );
    says(&snapshot(json!({})), &plan(&[]), AppChoice::Found, "no resource of Okta's provider");
    says(
        &snapshot(json!({})),
        &plan(&[("okta_app_oauth", "a", other(), other())]),
        AppChoice::Found,
        "the snapshot's app is not in the plan",
    );
    let chosen = terraform::planned(&alone, &two, &AppChoice::Address("okta_app_oauth.b".to_owned()));
    assert_eq!(chosen.faults, vec![]);
    // Of two apps with Torq's redirect URI, the snapshot's is the one with its id.
    let same = plan(&[
        (
            "okta_app_oauth",
            "a",
            app(json!({"id": "0oa2", "client_id": "0oa2"})),
            app(json!({"id": "0oa2", "client_id": "0oa2"})),
        ),
        ("okta_app_oauth", "b", app(json!({})), app(json!({"label": "Torq SSO"}))),
    ]);
    let planned = terraform::planned(&snapshot(json!({})), &same, &AppChoice::Found);
    assert_eq!(texts(&planned.documents)["okta/app"]["label"], "Torq SSO");
}

#[test]
fn each_example_plan_breaks_the_rule_that_it_is_named_after() {
    let plans = support::root().join("examples/terraform/plans");
    let mut names: Vec<String> = std::fs::read_dir(plans)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    let family: Vec<&str> =
        ssolint::rules::catalogue().filter(|rule| rule.family == "terraform").map(|rule| rule.id).collect();
    assert_eq!(names.len(), family.len() + 1);
    // The rule, and where its finding lies.
    let places = [
        ("healthy", ""),
        ("terraform-app-replaced", "resource \"okta_app_oauth\" \"torq\""),
        ("terraform-assignments-conflict", "resource \"okta_app_group_assignments\" \"torq\""),
        ("terraform-assignments-removed", "group {"),
        ("terraform-group-prefix-lookup", "name = \"Torq-Users\""),
        ("terraform-group-replaced", "name = \"SOC-Leads\""),
        ("terraform-group-rule-replaced", "resource \"okta_group_rule\" \"leads\""),
        ("terraform-groups-claim-ignored", "groups_claim {"),
        ("terraform-groups-claim-removed", "groups_claim {"),
    ];
    let source =
        std::fs::read_to_string(support::root().join("examples/terraform/modules/torq/main.tf")).unwrap();
    for (name, line) in places {
        let plan = format!("examples/terraform/plans/{name}.json");
        let run = support::ssolint(&[
            "check",
            "--terraform-plan",
            &plan,
            "--terraform-dir",
            "examples/terraform",
            "--format",
            "json",
            "--fail-on",
            "note",
            "examples/healthy",
        ]);
        let report: Value = serde_json::from_slice(&run.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap();
        if name == "healthy" {
            assert_eq!((run.status.code(), findings.len()), (Some(0), 0), "{}", support::stdout(&run));
            continue;
        }
        assert_ne!(run.status.code(), Some(0), "{name}");
        let finding = findings
            .iter()
            .find(|finding| finding["rule"] == name)
            .unwrap_or_else(|| panic!("{name}: {findings:?}"));
        assert_eq!(finding["location"]["file"], "examples/terraform/modules/torq/main.tf", "{name}");
        let number = usize::try_from(finding["location"]["line"].as_u64().unwrap()).unwrap();
        let found = source.lines().nth(number - 1).unwrap();
        assert!(found.contains(line), "{name} lies on {number}: {found}");
    }
}

#[test]
fn who_sees_the_planned_state() {
    let run = support::ssolint(&[
        "who",
        "--terraform-plan",
        "examples/terraform/plans/terraform-app-replaced.json",
        "--format",
        "json",
        "examples/healthy",
    ]);
    let lines = support::stdout(&run);
    assert!(lines.lines().count() > 1);
    assert!(!lines.contains("\"verdict\":\"granted\""), "{lines}");
}

#[test]
fn the_state_before_is_what_the_state_after_is_compared_with() {
    let group = |id: &str| json!({"id": id, "app_id": "0oa1", "group_id": id});
    let plan = plan(&[
        ("okta_app_oauth", "torq", app(json!({})), app(json!({"label": "New"}))),
        ("okta_app_group_assignment", "gone", group("00g1"), Value::Null),
        ("okta_app_group_assignment", "new", Value::Null, group("00g2")),
    ]);
    let alone = |snapshot: Snapshot| {
        let texts = texts(&snapshot.documents);
        (texts["okta/app"]["label"].clone(), texts["okta/app-groups"].clone())
    };
    let none = Snapshot::default();
    assert_eq!(
        alone(terraform::prior(&none, &plan, &AppChoice::Found)),
        (json!("Torq"), json!([{"id": "00g1"}]))
    );
    assert_eq!(
        alone(terraform::planned(&none, &plan, &AppChoice::Found)),
        (json!("New"), json!([{"id": "00g2"}]))
    );
}
