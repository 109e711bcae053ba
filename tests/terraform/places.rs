//! Findings lie on the configuration where it is given, else on the plan.

use serde_json::{Value, json};
use ssolint::document::{DocumentName, reading};
use ssolint::source::terraform::{self, AppChoice, Plan};

use crate::world::{app, app_answer, change, folder, plan, snapshot, written};

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
