//! What is wrong with a plan or a configuration is said, and the rest is still checked.

use serde_json::{Value, json};
use ssolint::document::DocumentName;
use ssolint::source::snapshot::Snapshot;
use ssolint::source::terraform::{self, AppChoice, Plan};

use crate::world::{app, change, folder, open, plan, snapshot, texts, written};

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
