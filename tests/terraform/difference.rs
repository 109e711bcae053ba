//! `diff` of a plan says of everyone what `diff` of two snapshots says that somebody made by hand.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::support;
use crate::world::{answers, app, app_answer, plan_text};

/// The kinds of resources that the issue names.
const KINDS: [&str; 13] = [
    "okta_app_oauth",
    "okta_app_oauth_redirect_uri",
    "okta_app_group_assignment",
    "okta_app_group_assignments",
    "okta_app_user",
    "okta_group",
    "okta_group_memberships",
    "okta_group_rule",
    "okta_auth_server_claim",
    "okta_auth_server_policy",
    "okta_auth_server_policy_rule",
    "okta_app_federated_claim",
    "okta_app_signon_policy_rule",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happens {
    Created,
    Changed,
    Deleted,
}

type Resource = (&'static str, &'static str, Value, Value);

struct Row {
    kind: &'static str,
    happens: Happens,
    plan: Vec<Resource>,
    configuration: Value,
    /// Documents before, in place of the snapshot's own.
    before: Value,
    /// Documents after, in place of those before.
    after: Value,
    /// Who changes, and how.
    changes: &'static str,
}

fn row(
    kind: &'static str,
    happens: Happens,
    before: Value,
    plan: Vec<Resource>,
    after: Value,
    changes: &'static str,
) -> Row {
    Row { kind, happens, plan, configuration: json!({}), before, after, changes }
}

impl Row {
    fn with(self, configuration: Value) -> Self {
        Self { configuration, ..self }
    }
}

/// The members of `more` in place of those of `value`.
fn but(value: Value, more: Value) -> Value {
    let mut value = value;
    for (key, member) in more.as_object().unwrap() {
        value[key] = member.clone();
    }
    value
}

fn torq() -> Resource {
    ("okta_app_oauth", "torq", app(json!({})), app(json!({})))
}

fn groups(names: &[(&str, &str)]) -> Value {
    names
        .iter()
        .map(|(id, name)| json!({"id": id, "type": "OKTA_GROUP", "profile": {"name": name}}))
        .collect()
}

fn references(kind: &str, name: &str, attributes: &[(&str, &str)]) -> Value {
    let expressions: serde_json::Map<String, Value> = attributes
        .iter()
        .map(|(attribute, resource)| {
            ((*attribute).to_owned(), json!({"references": [format!("{resource}.id"), resource]}))
        })
        .collect();
    json!({"mode": "managed", "type": kind, "name": name, "expressions": expressions})
}

fn api_token(resources: &[Value]) -> Value {
    json!({
        "provider_config": {"okta": {"name": "okta", "expressions": {"api_token": {"references": ["var.token"]}}}},
        "root_module": {"resources": resources},
    })
}

fn app_rows() -> Vec<Row> {
    use Happens::{Changed, Created, Deleted};
    let filter = |kind: &str, value: &str| json!([{"type": "FILTER", "filter_type": kind, "name": "groups", "value": value, "issuer_mode": "ORG_URL"}]);
    let id_token = |kind: &str, value: &str| json!({"valueType": "GROUPS", "name": "groups", "groupFilterType": kind, "value": value});
    let with_claim = |kind: &str, value: &str| app(json!({"groups_claim": filter(kind, value)}));
    let new_app = app(
        json!({"id": "(unknown)", "groups_claim": [{"type": "FILTER", "filter_type": "STARTS_WITH", "name": "groups", "value": "torq-"}]}),
    );
    let new_answer = but(app_answer(json!({})), json!({"id": null}));
    let assigned = |name: &'static str, group: &str| -> Resource {
        ("okta_app_group_assignment", name, Value::Null, json!({"app_id": "(unknown)", "group_id": group}))
    };
    let to_torq =
        |name: &str| references("okta_app_group_assignment", name, &[("app_id", "okta_app_oauth.torq")]);
    let elsewhere = || json!(["https://example.com"]);
    let more = |uri: &str| json!({"id": uri, "app_id": "0oa1", "uri": uri});
    const HANDLER: &str = "https://app.torq.io/__/auth/handler";
    vec![
        row(
            "okta_app_oauth",
            Created,
            json!({"okta/app": null, "okta/id-token": null, "okta/app-groups": null, "okta/app-users": null, "okta/federated-claims": null}),
            vec![("okta_app_oauth", "torq", Value::Null, new_app.clone()), assigned("all", "00g2")],
            json!({
                "okta/app": new_answer, "okta/id-token": id_token("STARTS_WITH", "torq-"), "okta/app-groups": [{"id": "00g2"}], "okta/app-users": [],
                "okta/federated-claims": [],
            }),
            "ada unknown, bob unknown",
        )
        .with(api_token(&[to_torq("all")])),
        row(
            "okta_app_oauth",
            Created,
            json!({}),
            vec![
                ("okta_app_oauth", "torq", app(json!({})), but(new_app, json!({"(replace)": true, "client_id": "(unknown)"}))),
                assigned("admins", "00g1"),
            ],
            json!({
                "okta/app": but(but(app_answer(json!({})), json!({"id": null})), json!({"credentials": {"oauthClient": {"token_endpoint_auth_method": "client_secret_basic", "pkce_required": false}}})),
                "okta/id-token": id_token("STARTS_WITH", "torq-"), "okta/app-groups": [{"id": "00g1"}], "okta/app-users": [], "okta/federated-claims": [],
            }),
            "ada unknown, bob lost",
        )
        .with(api_token(&[to_torq("admins")])),
        row(
            "okta_app_oauth",
            Changed,
            json!({}),
            vec![("okta_app_oauth", "torq", app(json!({})), app(json!({"redirect_uris": elsewhere()})))],
            json!({"okta/app": app_answer(json!({"redirect_uris": elsewhere()}))}),
            "ada lost, bob lost",
        ),
        row(
            "okta_app_oauth",
            Changed,
            json!({}),
            vec![("okta_app_oauth", "torq", with_claim("STARTS_WITH", "torq-"), with_claim("EQUALS", "torq-admins"))],
            json!({"okta/id-token": id_token("EQUALS", "torq-admins")}),
            "bob lost",
        ),
        row(
            "okta_app_oauth",
            Changed,
            json!({}),
            vec![(
                "okta_app_oauth",
                "torq",
                with_claim("STARTS_WITH", "torq-"),
                app(json!({"groups_claim": []})),
            )],
            json!({"okta/id-token": {"issuerMode": "ORG_URL"}}),
            "ada lost, bob lost",
        ),
        row(
            "okta_app_oauth",
            Changed,
            json!({}),
            vec![("okta_app_oauth", "torq", app(json!({})), app(json!({"status": "INACTIVE"})))],
            json!({"okta/app": but(app_answer(json!({})), json!({"status": "INACTIVE"}))}),
            "ada lost, bob lost",
        ),
        // Nobody read the rules of the other sign-in policy.
        row(
            "okta_app_oauth",
            Changed,
            json!({
                "okta/app/_links": {"accessPolicy": {"href": "rst1"}},
                "okta/access-policy-rules": [
                    {"id": "0pr9", "name": "nobody", "status": "ACTIVE", "priority": 1, "conditions": null, "actions": {"appSignOn": {"access": "DENY"}}},
                ],
            }),
            vec![(
                "okta_app_oauth",
                "torq",
                app(json!({"authentication_policy": "rst1"})),
                app(json!({"authentication_policy": "rst2"})),
            )],
            json!({"okta/app/_links": {"accessPolicy": {"href": "rst2"}}, "okta/access-policy-rules": null}),
            "ada gained, bob gained",
        ),
        row(
            "okta_app_oauth",
            Deleted,
            json!({}),
            vec![("okta_app_oauth", "torq", app(json!({})), Value::Null)],
            json!({"okta/app": {"id": "0oa1", "status": "DELETED"}, "okta/id-token": null}),
            "ada lost, bob lost",
        ),
        row(
            "okta_app_oauth_redirect_uri",
            Created,
            json!({"okta/app": app_answer(json!({"redirect_uris": elsewhere()}))}),
            vec![
                ("okta_app_oauth", "torq", app(json!({"redirect_uris": elsewhere()})), app(json!({"redirect_uris": elsewhere()}))),
                ("okta_app_oauth_redirect_uri", "us", Value::Null, but(more(HANDLER), json!({"id": "(unknown)"}))),
            ],
            json!({"okta/app": app_answer(json!({"redirect_uris": ["https://example.com", HANDLER]}))}),
            "ada gained, bob gained",
        ),
        // The app's list has what the resource beside it added, since it is read so, and ignores changes of it.
        row(
            "okta_app_oauth_redirect_uri",
            Changed,
            json!({}),
            vec![torq(), ("okta_app_oauth_redirect_uri", "us", more(HANDLER), more("https://example.com/new"))],
            json!({"okta/app": app_answer(json!({"redirect_uris": ["https://example.com/new"]}))}),
            "ada lost, bob lost",
        ),
        row(
            "okta_app_oauth_redirect_uri",
            Deleted,
            json!({}),
            vec![torq(), ("okta_app_oauth_redirect_uri", "us", more(HANDLER), Value::Null)],
            json!({"okta/app": app_answer(json!({"redirect_uris": []}))}),
            "ada lost, bob lost",
        ),
    ]
}

fn assignment_rows() -> Vec<Row> {
    use Happens::{Changed, Created, Deleted};
    let one =
        |group: &str| json!({"id": group, "app_id": "0oa1", "group_id": group, "retain_assignment": false});
    let all = |groups: &[&str]| {
        let blocks: Value =
            groups.iter().map(|id| json!({"id": id, "priority": 0, "profile": "{}"})).collect();
        json!({"id": "0oa1", "app_id": "0oa1", "group": blocks})
    };
    let only_admins = || json!({"okta/app-groups": [{"id": "00g1"}]});
    let user = |id: &str, email: &str| json!({"id": id, "app_id": "0oa1", "user_id": id, "username": "bob", "profile": json!({"email": email}).to_string(), "retain_assignment": false});
    let app_user = |email: &str| json!({"id": "00u2", "scope": "USER", "status": "ACTIVE", "credentials": {"userName": "bob"}, "profile": {"email": email}});
    let ada = json!({"id": "00u1", "scope": "USER", "status": "ACTIVE"});
    let both =
        |email: &str| json!({"okta/app-groups": [{"id": "00g1"}], "okta/app-users": [ada, app_user(email)]});
    let by_email = json!({"claim_mappings": [{"claim_name": "email", "claim_value": "b@acme.com", "role_id": "viewer", "rank": 1}]});
    vec![
        row(
            "okta_app_group_assignment",
            Created,
            only_admins(),
            vec![
                torq(),
                (
                    "okta_app_group_assignment",
                    "viewers",
                    Value::Null,
                    but(one("00g2"), json!({"id": "(unknown)"})),
                ),
            ],
            json!({"okta/app-groups": [{"id": "00g1"}, {"id": "00g2"}]}),
            "bob gained",
        ),
        row(
            "okta_app_group_assignment",
            Changed,
            json!({"okta/group-users": {"00g1": [{"id": "00u1"}], "00g2": [{"id": "00u2"}], "00g3": []}}),
            vec![
                torq(),
                (
                    "okta_app_group_assignment",
                    "viewers",
                    one("00g2"),
                    but(one("00g3"), json!({"(replace)": true})),
                ),
            ],
            json!({"okta/app-groups": [{"id": "00g1"}, {"id": "00g3"}]}),
            "bob lost",
        ),
        row(
            "okta_app_group_assignment",
            Deleted,
            json!({}),
            vec![torq(), ("okta_app_group_assignment", "viewers", one("00g2"), Value::Null)],
            only_admins(),
            "bob lost",
        ),
        // The app is another configuration's; only its id is here.
        row(
            "okta_app_group_assignment",
            Deleted,
            json!({}),
            vec![("okta_app_group_assignment", "viewers", one("00g2"), Value::Null)],
            only_admins(),
            "bob lost",
        ),
        row(
            "okta_app_group_assignments",
            Created,
            only_admins(),
            vec![
                torq(),
                (
                    "okta_app_group_assignments",
                    "all",
                    Value::Null,
                    but(all(&["00g1", "00g2"]), json!({"id": "(unknown)"})),
                ),
            ],
            json!({"okta/app-groups": [{"id": "00g1"}, {"id": "00g2"}]}),
            "bob gained",
        ),
        row(
            "okta_app_group_assignments",
            Changed,
            json!({}),
            vec![torq(), ("okta_app_group_assignments", "all", all(&["00g1", "00g2"]), all(&["00g1"]))],
            only_admins(),
            "bob lost",
        ),
        row(
            "okta_app_group_assignments",
            Deleted,
            json!({}),
            vec![torq(), ("okta_app_group_assignments", "all", all(&["00g1", "00g2"]), Value::Null)],
            json!({"okta/app-groups": []}),
            "bob lost",
        ),
        row(
            "okta_app_user",
            Created,
            only_admins(),
            vec![
                torq(),
                (
                    "okta_app_user",
                    "bob",
                    Value::Null,
                    but(user("00u2", "bob@acme.com"), json!({"id": "(unknown)"})),
                ),
            ],
            both("bob@acme.com"),
            "bob gained",
        ),
        row(
            "okta_app_user",
            Changed,
            but(both("b@acme.com"), json!({"torq/claim-mappings": by_email})),
            vec![torq(), ("okta_app_user", "bob", user("00u2", "b@acme.com"), user("00u2", "bob@acme.com"))],
            both("bob@acme.com"),
            "b lost, bob lost",
        ),
        row(
            "okta_app_user",
            Deleted,
            both("bob@acme.com"),
            vec![torq(), ("okta_app_user", "bob", user("00u2", "bob@acme.com"), Value::Null)],
            json!({"okta/app-users": [ada]}),
            "bob lost",
        ),
    ]
}

fn group_rows() -> Vec<Row> {
    use Happens::{Changed, Created, Deleted};
    let group = |id: &str, name: &str| json!({"id": id, "name": name});
    let members = |group: &str, users: &[&str]| json!({"id": group, "group_id": group, "users": users, "track_all_users": false});
    let rule = |groups: &[&str], expression: &str| json!({"id": "0pr1", "name": "rule", "status": "ACTIVE", "group_assignments": groups, "expression_type": "urn:okta:expression:1.0", "expression_value": expression, "users_excluded": [], "remove_assigned_users": true});
    let rule_answer = |groups: &[&str]| json!([{"id": "0pr1", "name": "rule", "status": "ACTIVE", "actions": {"assignUserToGroups": {"groupIds": groups}}}]);
    // Nobody's own list of groups was read.
    let from_groups = |more: Value| {
        but(json!({"okta/user-groups": null, "okta/group-rules": rule_answer(&["00g2"])}), more)
    };
    vec![
        row(
            "okta_group",
            Created,
            json!({
                "okta/group-users": {"00g1": [{"id": "00u1"}], "00g2": []},
                "torq/claim-mappings": {"claim_mappings": [{"claim_name": "groups", "claim_value": "torq-new", "role_id": "viewer", "rank": 1}]},
            }),
            vec![
                torq(),
                ("okta_group", "new", Value::Null, group("(unknown)", "torq-new")),
                ("okta_app_group_assignment", "new", Value::Null, json!({"app_id": "0oa1", "group_id": "(unknown)"})),
                ("okta_group_memberships", "new", Value::Null, json!({"group_id": "(unknown)", "users": ["00u2"]})),
            ],
            json!({
                "okta/groups": groups(&[("00g1", "torq-admins"), ("00g2", "torq-viewers"), ("00g3", "torq-new")]),
                "okta/app-groups": [{"id": "00g1"}, {"id": "00g2"}, {"id": "00g3"}],
                "okta/group-users": {"00g1": [{"id": "00u1"}], "00g2": [], "00g3": [{"id": "00u2"}]},
            }),
            "bob gained",
        )
        .with(json!({"root_module": {"resources": [
            references("okta_app_group_assignment", "new", &[("group_id", "okta_group.new")]),
            references("okta_group_memberships", "new", &[("group_id", "okta_group.new")]),
        ]}})),
        row(
            "okta_group",
            Changed,
            json!({}),
            vec![("okta_group", "viewers", group("00g2", "torq-viewers"), group("00g2", "sec-viewers"))],
            json!({"okta/groups": groups(&[("00g1", "torq-admins"), ("00g2", "sec-viewers")])}),
            "bob lost",
        ),
        row(
            "okta_group",
            Deleted,
            json!({}),
            vec![("okta_group", "admins", group("00g1", "torq-admins"), Value::Null)],
            json!({
                "okta/groups": groups(&[("00g2", "torq-viewers")]), "okta/app-groups": [{"id": "00g2"}],
                "okta/group-users": {"00g2": [{"id": "00u2"}]}, "okta/user-groups": {"00u1": []},
            }),
            "ada lost",
        ),
        row(
            "okta_group_memberships",
            Created,
            json!({}),
            vec![("okta_group_memberships", "admins", Value::Null, but(members("00g1", &["00u2"]), json!({"id": "(unknown)"})))],
            json!({"okta/group-users": {"00g1": [{"id": "00u1"}, {"id": "00u2"}], "00g2": [{"id": "00u2"}]}}),
            "bob raised",
        ),
        row(
            "okta_group_memberships",
            Changed,
            json!({}),
            vec![("okta_group_memberships", "admins", members("00g1", &["00u1"]), members("00g1", &["00u2"]))],
            json!({"okta/group-users": {"00g1": [{"id": "00u2"}], "00g2": [{"id": "00u2"}]}, "okta/user-groups": {"00u1": []}}),
            "ada lost, bob raised",
        ),
        row(
            "okta_group_memberships",
            Deleted,
            json!({}),
            vec![("okta_group_memberships", "viewers", members("00g2", &["00u2"]), Value::Null)],
            json!({"okta/group-users": {"00g1": [{"id": "00u1"}], "00g2": []}}),
            "bob lost",
        ),
        row(
            "okta_group_rule",
            Created,
            from_groups(json!({"okta/group-rules": []})),
            vec![("okta_group_rule", "r", Value::Null, but(rule(&["00g2"], "true"), json!({"id": "(unknown)"})))],
            json!({"okta/group-rules": rule_answer(&["00g2"]), "okta/group-users": {"00g1": [{"id": "00u1"}]}}),
            "bob unknown",
        ),
        row(
            "okta_group_rule",
            Changed,
            from_groups(json!({})),
            vec![("okta_group_rule", "r", rule(&["00g2"], "a"), rule(&["00g2"], "b"))],
            json!({"okta/group-users": {"00g1": [{"id": "00u1"}]}}),
            "bob unknown",
        ),
        row(
            "okta_group_rule",
            Changed,
            from_groups(json!({})),
            vec![("okta_group_rule", "r", rule(&["00g2"], "a"), rule(&["00g1"], "a"))],
            json!({"okta/group-rules": rule_answer(&["00g1"]), "okta/group-users": {}}),
            "ada unknown, bob unknown",
        ),
        row(
            "okta_group_rule",
            Deleted,
            from_groups(json!({})),
            vec![("okta_group_rule", "r", rule(&["00g2"], "a"), Value::Null)],
            json!({"okta/group-rules": [], "okta/group-users": {"00g1": [{"id": "00u1"}]}}),
            "bob unknown",
        ),
        row(
            "okta_group_rule",
            Deleted,
            from_groups(json!({})),
            vec![("okta_group_rule", "r", but(rule(&["00g2"], "a"), json!({"remove_assigned_users": false})), Value::Null)],
            json!({"okta/group-rules": []}),
            "",
        ),
    ]
}

fn server_rows() -> Vec<Row> {
    use Happens::{Changed, Created, Deleted};
    const ISSUER: &str = "https://acme.okta.com/oauth2/aus1";
    let claim = |value: &str| json!({"id": "ocl1", "auth_server_id": "aus1", "name": "groups", "status": "ACTIVE", "claim_type": "IDENTITY", "value_type": "GROUPS", "group_filter_type": "STARTS_WITH", "value": value, "scopes": [], "always_include_in_token": true});
    let claim_answer = |value: &str| json!({"id": "ocl1", "name": "groups", "status": "ACTIVE", "claimType": "IDENTITY", "valueType": "GROUPS", "group_filter_type": "STARTS_WITH", "value": value, "conditions": {"scopes": []}, "alwaysIncludeInToken": true});
    let policy = |clients: &[&str]| json!({"id": "00p1", "auth_server_id": "aus1", "name": "torq", "status": "ACTIVE", "priority": 1, "client_whitelist": clients});
    let rule = |grants: &[&str]| json!({"id": "0pr5", "auth_server_id": "aus1", "policy_id": "00p1", "name": "all", "status": "ACTIVE", "priority": 1, "grant_type_whitelist": grants, "scope_whitelist": ["*"], "group_whitelist": ["EVERYONE"], "group_blacklist": [], "user_whitelist": [], "user_blacklist": []});
    let rule_answer = |grants: &[&str]| json!({"id": "0pr5", "name": "all", "status": "ACTIVE", "priority": 1, "conditions": {"people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": {"include": grants}, "scopes": {"include": ["*"]}}});
    let policies = |clients: &[&str], rules: Value| json!([{"id": "00p1", "name": "torq", "status": "ACTIVE", "priority": 1, "conditions": {"clients": {"include": clients}}, "rules": rules}]);
    let whole = || policies(&["ALL_CLIENTS"], json!([rule_answer(&["implicit"])]));
    let server = |more: Value| {
        let documents = json!({
            "connection/torq/issuer_url": ISSUER,
            "okta/authorization-server": {"id": "aus1", "issuer": ISSUER, "status": "ACTIVE"},
            "okta/authorization-server-claims": [claim_answer("torq-")],
            "okta/authorization-server-policies": whole(),
        });
        but(documents, more)
    };
    let claims = |list: Value| json!({"okta/authorization-server-claims": list});
    let with_policies = |list: Value| json!({"okta/authorization-server-policies": list});
    let new = |value: Value| but(value, json!({"id": "(unknown)"}));
    vec![
        row(
            "okta_auth_server_claim",
            Created,
            server(claims(json!([]))),
            vec![("okta_auth_server_claim", "groups", Value::Null, new(claim("torq-")))],
            claims(json!([claim_answer("torq-")])),
            "ada gained, bob gained",
        ),
        row(
            "okta_auth_server_claim",
            Changed,
            server(json!({})),
            vec![("okta_auth_server_claim", "groups", claim("torq-"), claim("torq-admins"))],
            claims(json!([claim_answer("torq-admins")])),
            "bob lost",
        ),
        row(
            "okta_auth_server_claim",
            Deleted,
            server(json!({})),
            vec![("okta_auth_server_claim", "groups", claim("torq-"), Value::Null)],
            claims(json!([])),
            "ada lost, bob lost",
        ),
        row(
            "okta_auth_server_policy",
            Created,
            server(with_policies(json!([]))),
            vec![
                ("okta_auth_server_policy", "torq", Value::Null, new(policy(&["ALL_CLIENTS"]))),
                ("okta_auth_server_policy_rule", "all", Value::Null, new(but(rule(&["implicit"]), json!({"policy_id": "(unknown)"})))),
            ],
            with_policies(whole()),
            "ada gained, bob gained",
        )
        .with(json!({"root_module": {"resources": [references("okta_auth_server_policy_rule", "all", &[("policy_id", "okta_auth_server_policy.torq")])]}})),
        row(
            "okta_auth_server_policy",
            Changed,
            server(json!({})),
            vec![("okta_auth_server_policy", "torq", policy(&["ALL_CLIENTS"]), policy(&["0oa2"]))],
            with_policies(policies(&["0oa2"], json!([rule_answer(&["implicit"])]))),
            "ada lost, bob lost",
        ),
        row(
            "okta_auth_server_policy",
            Deleted,
            server(json!({})),
            vec![("okta_auth_server_policy", "torq", policy(&["ALL_CLIENTS"]), Value::Null)],
            with_policies(json!([])),
            "ada lost, bob lost",
        ),
        row(
            "okta_auth_server_policy_rule",
            Created,
            server(with_policies(policies(&["ALL_CLIENTS"], json!([])))),
            vec![("okta_auth_server_policy_rule", "all", Value::Null, new(rule(&["implicit"])))],
            with_policies(whole()),
            "ada gained, bob gained",
        ),
        row(
            "okta_auth_server_policy_rule",
            Changed,
            server(json!({})),
            vec![("okta_auth_server_policy_rule", "all", rule(&["implicit"]), rule(&["authorization_code"]))],
            with_policies(policies(&["ALL_CLIENTS"], json!([rule_answer(&["authorization_code"])]))),
            "ada lost, bob lost",
        ),
        row(
            "okta_auth_server_policy_rule",
            Changed,
            server(json!({})),
            vec![("okta_auth_server_policy_rule", "all", rule(&["implicit"]), but(rule(&["implicit"]), json!({"group_whitelist": ["00g1"]})))],
            with_policies(policies(&["ALL_CLIENTS"], json!([but(rule_answer(&["implicit"]), json!({"conditions": {"people": {"groups": {"include": ["00g1"]}}, "grantTypes": {"include": ["implicit"]}, "scopes": {"include": ["*"]}}}))]))),
            "bob lost",
        ),
        row(
            "okta_auth_server_policy_rule",
            Deleted,
            server(json!({})),
            vec![("okta_auth_server_policy_rule", "all", rule(&["implicit"]), Value::Null)],
            with_policies(policies(&["ALL_CLIENTS"], json!([]))),
            "ada lost, bob lost",
        ),
    ]
}

fn claim_and_sign_in_rows() -> Vec<Row> {
    use Happens::{Changed, Created, Deleted};
    let expression =
        |groups: &str| format!("user.getGroups({{'group.profile.name': '{groups}'}}).![profile.name]");
    let claim = |groups: &str| json!({"id": "fc1", "app_id": "0oa1", "name": "team", "expression": expression(groups)});
    let claims = |groups: &[&str]| {
        let list: Value = groups
            .iter()
            .map(|groups| json!({"id": "fc1", "name": "team", "expression": expression(groups)}))
            .collect();
        json!({"okta/federated-claims": list})
    };
    let by_team = |federated: Value| {
        let mappings = json!({"claim_mappings": [
            {"claim_name": "team", "claim_value": "torq-admins", "role_id": "owner", "rank": 1},
            {"claim_name": "team", "claim_value": "torq-viewers", "role_id": "viewer", "rank": 2},
        ]});
        but(json!({"okta/id-token": {"issuerMode": "ORG_URL"}, "torq/claim-mappings": mappings}), federated)
    };
    let deny = |group: &str| json!({"id": "0pr8", "policy_id": "rst1", "name": "deny", "status": "ACTIVE", "priority": 1, "access": "DENY", "network_connection": "ANYWHERE", "groups_included": [group], "groups_excluded": [], "users_included": [], "users_excluded": [], "user_types_included": [], "platform_include": [], "device_is_registered": null, "custom_expression": null, "risk_score": "ANY"});
    let rules = |denied: Option<&str>| {
        let rule = |group: &str| json!({"id": "0pr8", "name": "deny", "status": "ACTIVE", "priority": 1, "conditions": {"people": {"groups": {"include": [group]}}, "network": {"connection": "ANYWHERE"}, "riskScore": {"level": "ANY"}}, "actions": {"appSignOn": {"access": "DENY"}}});
        let all = json!({"id": "0pr9", "name": "Catch-all Rule", "status": "ACTIVE", "priority": 99, "conditions": null, "actions": {"appSignOn": {"access": "ALLOW"}}});
        let list: Value = denied.map(rule).into_iter().chain([all]).collect();
        json!({"okta/access-policy-rules": list})
    };
    let with_policy = |rules: Value| {
        but(
            json!({"okta/app/_links": {"accessPolicy": {"href": "https://acme.okta.com/api/v1/policies/rst1"}}}),
            rules,
        )
    };
    let new = |value: Value| but(value, json!({"id": "(unknown)"}));
    vec![
        row(
            "okta_app_federated_claim",
            Created,
            by_team(claims(&[])),
            vec![torq(), ("okta_app_federated_claim", "team", Value::Null, new(claim("torq-.*")))],
            claims(&["torq-.*"]),
            "ada gained, bob gained",
        ),
        row(
            "okta_app_federated_claim",
            Changed,
            by_team(claims(&["torq-.*"])),
            vec![torq(), ("okta_app_federated_claim", "team", claim("torq-.*"), claim("torq-admins"))],
            claims(&["torq-admins"]),
            "bob lost",
        ),
        row(
            "okta_app_federated_claim",
            Deleted,
            by_team(claims(&["torq-.*"])),
            vec![torq(), ("okta_app_federated_claim", "team", claim("torq-.*"), Value::Null)],
            claims(&[]),
            "ada lost, bob lost",
        ),
        row(
            "okta_app_signon_policy_rule",
            Created,
            with_policy(rules(None)),
            vec![("okta_app_signon_policy_rule", "deny", Value::Null, new(deny("00g2")))],
            rules(Some("00g2")),
            "bob lost",
        ),
        row(
            "okta_app_signon_policy_rule",
            Changed,
            with_policy(rules(Some("00g2"))),
            vec![("okta_app_signon_policy_rule", "deny", deny("00g2"), deny("00g1"))],
            rules(Some("00g1")),
            "ada lost, bob gained",
        ),
        row(
            "okta_app_signon_policy_rule",
            Deleted,
            with_policy(rules(Some("00g2"))),
            vec![("okta_app_signon_policy_rule", "deny", deny("00g2"), Value::Null)],
            rules(None),
            "bob gained",
        ),
    ]
}

/// The lines of `diff --format json`, and its exit code.
fn diff(folder: &Path, arguments: &[&str]) -> (Vec<Value>, i32) {
    let paths: Vec<String> = arguments
        .iter()
        .map(|argument| match argument.ends_with(".json") {
            true => folder.join(argument).to_str().unwrap().to_owned(),
            false => (*argument).to_owned(),
        })
        .collect();
    let mut typed = vec!["diff", "--format", "json"];
    typed.extend(paths.iter().map(String::as_str));
    let run = support::ssolint(&typed);
    let lines = support::stdout(&run);
    (lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), run.status.code().unwrap())
}

/// What is missing is told in other words where a plan left it open.
fn without_what_is_missing(lines: &[Value]) -> Vec<Value> {
    let mut lines = lines.to_vec();
    for line in &mut lines {
        for side in ["before", "after"] {
            if line[side]["verdict"] == "unknown" {
                line[side]["reason"] = Value::Null;
            }
        }
    }
    lines
}

fn changes(lines: &[Value]) -> String {
    let changed = lines.iter().filter(|line| line["change"].is_string() && line["change"] != "unchanged");
    let told = changed.map(|line| {
        let user = line["user"].as_str().unwrap();
        format!("{} {}", user.split('@').next().unwrap(), line["change"].as_str().unwrap())
    });
    told.collect::<Vec<_>>().join(", ")
}

/// Where a row does not hold, one line each.
fn wrong(row: &Row, folder: &Path) -> Vec<String> {
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).unwrap();
    write("before.json", answers(&row.before).to_string());
    write("after.json", answers(&but(row.before.clone(), row.after.clone())).to_string());
    write("plan.json", plan_text(&row.plan, row.configuration.clone()));
    let (by_hand, exit_by_hand) = diff(folder, &["before.json", "after.json"]);
    let (planned, exit) = diff(folder, &["before.json", "--terraform-plan", "plan.json"]);
    let mut wrong = Vec::new();
    if changes(&by_hand) != row.changes {
        wrong.push(format!("by hand: {:?}, not {:?}", changes(&by_hand), row.changes));
    }
    let (planned, by_hand) = (without_what_is_missing(&planned), without_what_is_missing(&by_hand));
    if planned.len() != by_hand.len() {
        wrong.push(format!("{} lines, not {}", planned.len(), by_hand.len()));
    }
    let differ = planned.iter().zip(&by_hand).filter(|(planned, by_hand)| planned != by_hand);
    wrong.extend(differ.map(|(planned, by_hand)| format!("planned {planned}\nby hand {by_hand}")));
    if exit != exit_by_hand {
        wrong.push(format!("exit {exit}, not {exit_by_hand}"));
    }
    wrong
}

#[test]
fn a_plan_compares_as_the_snapshots_that_it_leads_from_and_to() {
    let folder = tempfile::tempdir().unwrap();
    let tables = [app_rows(), assignment_rows(), group_rows(), server_rows(), claim_and_sign_in_rows()];
    let rows: Vec<Row> = tables.into_iter().flatten().collect();
    let mut failures = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let what = format!("row {number}, {} {:?}", row.kind, row.happens);
        assert!(row.plan.iter().any(|(kind, ..)| *kind == row.kind), "{what}: the plan has none");
        failures.extend(wrong(row, folder.path()).into_iter().map(|wrong| format!("{what}: {wrong}")));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    let seen: BTreeSet<(&str, Happens)> = rows.iter().map(|row| (row.kind, row.happens)).collect();
    for kind in KINDS {
        for happens in [Happens::Created, Happens::Changed, Happens::Deleted] {
            assert!(seen.contains(&(kind, happens)), "no row has a {kind} {happens:?}");
        }
    }
}

/// What `--set` adds to a plan: the arguments, who changes, and the exit code.
fn with_edits(plan: &[Resource], sets: &[&str], expect: (&str, i32)) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("before.json"), answers(&json!({})).to_string()).unwrap();
    std::fs::write(folder.path().join("plan.json"), plan_text(plan, json!({}))).unwrap();
    let mut arguments = vec!["before.json", "--terraform-plan", "plan.json"];
    arguments.extend(sets.iter().flat_map(|set| ["--set", set]));
    let (lines, exit) = diff(folder.path(), &arguments);
    assert_eq!((changes(&lines).as_str(), exit), expect, "{sets:?}");
}

#[test]
fn an_edit_on_top_of_a_plan_decides_what_it_says_and_nothing_else() {
    let redirect_open =
        [("okta_app_oauth", "torq", app(json!({})), app(json!({"redirect_uris": "(unknown)"})))];
    // Nobody is left who is known to repair SSO.
    with_edits(&redirect_open, &[], ("ada unknown, bob unknown", 1));
    with_edits(&redirect_open, &["okta.app.label=SSO"], ("ada unknown, bob unknown", 1));
    let handler = "okta.app.settings.oauthClient.redirect_uris=[\"https://app.torq.io/__/auth/handler\"]";
    with_edits(&redirect_open, &[handler], ("", 0));
    // Who is assigned beside the two is not known.
    let assigned = json!({"app_id": "0oa1", "group_id": "(unknown)"});
    let assignment_open = [torq(), ("okta_app_group_assignment", "new", Value::Null, assigned)];
    with_edits(&assignment_open, &["okta.app-groups[00g2]=null"], ("bob unknown", 0));
    with_edits(&assignment_open, &["okta.app-groups=[{\"id\": \"00g1\"}]"], ("bob lost", 1));
    let claim = json!([{"type": "EXPRESSION", "name": "groups", "value": "x"}]);
    let claim_open = [("okta_app_oauth", "torq", app(json!({})), app(json!({"groups_claim": claim})))];
    with_edits(&claim_open, &["okta.id-token.value=torq-admins"], ("", 2));
    let whole =
        "okta.id-token={valueType: GROUPS, name: groups, groupFilterType: EQUALS, value: torq-admins}";
    with_edits(&claim_open, &[whole], ("bob lost", 1));
}

#[test]
fn a_plan_alone_is_compared_with_the_state_that_it_was_made_from() {
    let folder = tempfile::tempdir().unwrap();
    let user = |email: &str| json!({"id": "00u1", "app_id": "0oa1", "user_id": "00u1", "username": email});
    let plan = [torq(), ("okta_app_user", "ada", user("ada@acme.com"), user("ada@acme.com"))];
    std::fs::write(folder.path().join("plan.json"), plan_text(&plan, json!({}))).unwrap();
    let (lines, exit) = diff(folder.path(), &["--terraform-plan", "plan.json"]);
    assert_eq!((lines.len(), exit), (2, 0));
    assert_eq!((&lines[0]["okta_id"], &lines[0]["change"]), (&json!("00u1"), &json!("unknown")));
}

#[test]
fn a_plan_takes_the_place_of_a_snapshot_after() {
    for (arguments, expect) in [
        (vec!["diff"], "<BEFORE>"),
        (vec!["diff", "a", "b", "--terraform-plan", "plan.json"], "cannot be used with '--terraform-plan"),
        (vec!["diff", "a", "--app", "okta_app_oauth.torq"], "--terraform-plan <FILE>"),
        (vec!["diff", "examples/healthy"], "--terraform-plan FILE"),
        (vec!["diff", "examples/healthy", "--terraform-plan", "gone.json"], "gone.json is not there"),
    ] {
        let run = support::ssolint(&arguments);
        assert_eq!(run.status.code(), Some(2), "{arguments:?}");
        let said = support::stderr(&run);
        assert!(said.contains(expect), "{arguments:?}: {said}");
    }
    let told = ["pretty", "markdown"].map(|format| {
        let plan = "examples/terraform/plans/terraform-app-replaced.json";
        let run =
            support::ssolint(&["diff", "examples/healthy", "--terraform-plan", plan, "--format", format]);
        support::stdout(&run)
            .contains("examples/healthy after applying examples/terraform/plans/terraform-app-replaced.json")
    });
    assert_eq!(told, [true, true]);
}
