//! What is wrong with a plan or a configuration is said, and the rest is still checked.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use ssolint::document::DocumentName;
use ssolint::source::snapshot::Snapshot;
use ssolint::source::terraform::{self, AppChoice, Plan};

use crate::support;
use crate::world::{app, change, folder, open, plan, plan_text, snapshot, texts, verdicts, written};

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

/// A change of another provider, which Terraform's plans have by the thousand.
fn foreign() -> Value {
    let mut change =
        change("aws_iam_policy", "y", &json!({"policy": "x".repeat(900)}), &json!({"policy": "x"}));
    change["provider_name"] = json!("registry.terraform.io/hashicorp/aws");
    change
}

#[test]
fn a_plan_of_other_providers_or_of_nothing_leaves_the_snapshot_as_it_is() {
    let base = snapshot(json!({}));
    for text in [
        json!({"format_version": "1.2", "resource_changes": [foreign()]}),
        json!({"format_version": "1.2", "resource_changes": []}),
        json!({"format_version": "1.2", "terraform_version": "1.13.0", "configuration": {"root_module": {}}}),
    ] {
        let plan = terraform::parse("plan.json", text.to_string().into()).unwrap();
        says(&Snapshot::default(), &plan, AppChoice::Found, "no resource of Okta's provider");
        says(&base, &plan, AppChoice::Found, "no resource of Okta's provider");
        let planned = terraform::planned(&base, &plan, &AppChoice::Found);
        assert_eq!(planned.faults, vec![], "{text}");
        assert_eq!(
            (texts(&planned.documents), open(&planned.documents)),
            (texts(&base.documents), Vec::new())
        );
        assert_eq!(verdicts(&planned), verdicts(&base));
    }
}

#[test]
fn an_app_that_is_imported_destroyed_moved_or_let_go_is_read_as_what_it_will_be() {
    let torq = |after: Value| change("okta_app_oauth", "torq", &app(json!({})), &after);
    let with = |mut change: Value, more: Value| {
        for (key, value) in more.as_object().unwrap() {
            match key.as_str() {
                "previous_address" => change[key] = value.clone(),
                _ => change["change"][key] = value.clone(),
            }
        }
        change
    };
    let old = "okta_app_oauth.old";
    let found = AppChoice::Found;
    let named = AppChoice::Address(old.to_owned());
    let renamed = || torq(app(json!({"label": "SSO"})));
    for (what, change, choice, label, status) in [
        ("imported", with(renamed(), json!({"importing": {"id": "0oa1"}})), &found, json!("SSO"), "ACTIVE"),
        (
            "imported as it is",
            with(torq(app(json!({}))), json!({"importing": {}})),
            &found,
            json!("Torq"),
            "ACTIVE",
        ),
        ("moved", with(renamed(), json!({"previous_address": old})), &found, json!("SSO"), "ACTIVE"),
        (
            "moved, and named as before",
            with(renamed(), json!({"previous_address": old})),
            &named,
            json!("SSO"),
            "ACTIVE",
        ),
        ("destroyed", torq(Value::Null), &found, Value::Null, "DELETED"),
        ("let go", with(torq(Value::Null), json!({"actions": ["forget"]})), &found, json!("Torq"), "ACTIVE"),
    ] {
        let text = json!({"format_version": "1.2", "resource_changes": [foreign(), change]}).to_string();
        let plan = terraform::parse("plan.json", text.into()).unwrap();
        let planned = terraform::planned(&snapshot(json!({})), &plan, choice);
        assert_eq!(planned.faults, vec![], "{what}");
        let answer = &texts(&planned.documents)["okta/app"];
        assert_eq!((&answer["label"], &answer["status"]), (&label, &json!(status)), "{what}");
    }
}

#[test]
fn an_object_that_is_on_its_way_out_does_not_take_the_place_of_the_one_that_stays() {
    let mut deposed = change("okta_app_oauth", "torq", &app(json!({"label": "old"})), &Value::Null);
    deposed["deposed"] = json!("1a2b3c4d");
    let stays = change("okta_app_oauth", "torq", &app(json!({})), &app(json!({"label": "new"})));
    let text = json!({"format_version": "1.2", "resource_changes": [deposed, stays]}).to_string();
    let plan = terraform::parse("plan.json", text.into()).unwrap();
    let planned = terraform::planned(&snapshot(json!({})), &plan, &AppChoice::Found);
    assert_eq!(texts(&planned.documents)["okta/app"]["label"], "new");
}

#[test]
fn a_module_outside_of_the_directory_has_its_findings_on_the_plan() {
    let wide =
        json!({"wildcard_redirect": "SUBDOMAIN", "redirect_uris": ["https://*.torq.io/__/auth/handler"]});
    let mut change = change("okta_app_oauth", "torq", &app(json!({})), &app(wide));
    change["module_address"] = json!("module.sso");
    change["address"] = json!("module.sso.okta_app_oauth.torq");
    let plan = json!({"format_version": "1.2", "resource_changes": [change]}).to_string();
    let sso = "resource \"okta_app_oauth\" \"torq\" {\n  wildcard_redirect = \"SUBDOMAIN\"\n}\n";
    for (source, file, notice) in [
        ("./sso", "sso/main.tf", None),
        ("../sso", "plan.json", Some("sso is outside of the working directory")),
        ("acme/sso/okta", "plan.json", Some("module.sso is not a folder of this configuration")),
    ] {
        let root = folder(&[
            ("here/main.tf", &format!("module \"sso\" {{\n  source = \"{source}\"\n}}\n")),
            ("here/sso/main.tf", sso),
            ("here/plan.json", &plan),
            ("sso/main.tf", sso),
        ]);
        let here = root.path().join("here").canonicalize().unwrap();
        // A directory that is named in full is the same one.
        for directory in [".", here.to_str().unwrap()] {
            let mut run = Command::new(env!("CARGO_BIN_EXE_ssolint"));
            run.args([
                "check",
                "--terraform-plan",
                "plan.json",
                "--terraform-dir",
                directory,
                "--format",
                "json",
            ]);
            let run = run.current_dir(&here).output().unwrap();
            let report: Value = serde_json::from_slice(&run.stdout).unwrap();
            let findings = report["findings"].as_array().unwrap();
            let wildcard =
                findings.iter().find(|finding| finding["rule"] == "redirect-uri-wildcard").unwrap();
            assert_eq!(wildcard["location"]["file"], file, "{source} from {directory}");
            let notices = report["connections"][0]["notices"].to_string();
            assert_eq!(
                notices.contains("findings in it lie on the plan"),
                notice.is_some(),
                "{source}: {notices}"
            );
            assert!(notices.contains(notice.unwrap_or_default()), "{source}: {notices}");
        }
    }
}

/// One line of about so many bytes: other providers' resources, and the app at its end.
fn big_plan(bytes: usize, path: &Path) {
    let wide =
        json!({"wildcard_redirect": "SUBDOMAIN", "redirect_uris": ["https://*.torq.io/__/auth/handler"]});
    let torq = [("okta_app_oauth", "torq", app(json!({})), app(wide))];
    let end = plan_text(&torq, json!({}));
    let (before, after) = end.split_once("\"resource_changes\":[").unwrap();
    let foreign = format!("{},", foreign());
    let text = format!("{before}\"resource_changes\":[{}{after}", foreign.repeat(bytes / foreign.len()));
    std::fs::write(path, text).unwrap();
}

/// The check of such a plan, in at most so much address space and so many seconds of a processor: how busy the machine is does not count.
fn a_big_plan_is_checked(bytes: usize, format: &str, most_kib: usize, seconds: usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.json");
    big_plan(bytes, &path);
    let script = format!(
        "ulimit -v {most_kib}; ulimit -t {seconds}; exec \"$0\" check --color never --format {format} --terraform-plan \"$1\""
    );
    let run = Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_ssolint"), path.to_str().unwrap()])
        .output()
        .unwrap();
    let shown = support::stdout(&run);
    assert!(
        shown.contains("redirect-uri-wildcard") && (format == "json" || shown.contains("SUBDOMAIN")),
        "{}",
        support::stderr(&run)
    );
    assert!(shown.len() < 1 << 20, "{} bytes", shown.len());
}

#[test]
fn a_plan_of_many_megabytes_is_checked_in_bounded_memory_and_time() {
    a_big_plan_is_checked(8 << 20, "pretty", 400_000, 30);
}

#[test]
#[ignore = "takes half a minute; the gate runs it"]
fn a_plan_of_200_mebibytes_is_checked_in_bounded_memory_and_time() {
    for format in ["pretty", "json"] {
        a_big_plan_is_checked(200 << 20, format, 1_200_000, 120);
    }
}
