//! The planned documents are those that Okta would answer with after apply.

use serde_json::{Value, json};
use ssolint::source::snapshot::Snapshot;
use ssolint::source::terraform::{self, AppChoice};

use crate::world::{app, app_answer, open, plan, plan_with, snapshot, texts, verdicts};

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
fn thousands_of_members_come_and_go_at_once() {
    let ids = |range: std::ops::Range<u32>| range.map(|number| format!("00u9{number:04}"));
    let was: Vec<String> = ids(0..1_000).chain(["00u1".to_owned()]).collect();
    // One is named twice.
    let is: Vec<String> = ids(500..2_500).chain(ids(600..601)).collect();
    let members: Vec<Value> = ids(500..2_500).map(|id| json!({"id": id})).collect();
    becomes(
        "two thousand members",
        &[(
            "okta_group_memberships",
            "a",
            json!({"id": "00g1", "group_id": "00g1", "users": was}),
            json!({"id": "00g1", "group_id": "00g1", "users": is}),
        )],
        json!({"okta/group-users/00g1": members, "okta/user-groups/00u1": []}),
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
