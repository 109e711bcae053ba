//! The project file from outside: what it expects, how it sets rules, what it leaves out; through the binary, in a folder of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::process::{Command, Output};

use serde_json::Value;

/// A folder with the healthy example in it, called `acme`, and a project file.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(project: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        copy(&support::root().join("examples/healthy"), &folder.0.path().join("acme"));
        folder.write("ssolint.yaml", &format!("version: 1\n{project}"));
        folder
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::write(self.0.path().join(path), text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.0.path().join(path)).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_ssolint"))
            .args(arguments)
            .current_dir(self.0.path())
            .env_remove("CLICOLOR_FORCE")
            .env_remove("NO_COLOR")
            .output()
            .unwrap()
    }

    /// `check --format json` with its exit code.
    fn check(&self, arguments: &[&str]) -> (Value, i32) {
        let output = self.run(&[&["check", "--format", "json"], arguments].concat());
        let report = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", support::stderr(&output)));
        (report, output.status.code().unwrap())
    }

    /// What is wrong with the project file.
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{}", support::stdout(&output));
        support::stderr(&output)
    }
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// `rule:line` of each finding of these rules.
fn lines(report: &Value, rules: &[&str]) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| rules.contains(&finding["rule"].as_str().unwrap()))
        .map(|finding| {
            format!(
                "{}:{}:{}",
                finding["rule"].as_str().unwrap(),
                finding["location"]["file"].as_str().unwrap(),
                finding["location"]["line"]
            )
        })
        .collect()
}

fn severity<'r>(report: &'r Value, rule: &str) -> Option<&'r str> {
    let mut findings = report["findings"].as_array().unwrap().iter();
    findings.find(|finding| finding["rule"] == rule).and_then(|finding| finding["severity"].as_str())
}

const EXPECTED: [&str; 2] = ["expectation-failed", "expectation-names-nobody"];

#[test]
fn an_expectation_that_does_not_hold_is_a_finding_on_its_line() {
    let folder = Folder::new(
        "expect:
  - {person: ada@acme.com, exactly: Owner, reason: repairs SSO}
  - person: eve@acme.com
    at_least: Owner
  - {group: SOC-Leads, at_most: Viewer}
  - {person: break-glass@acme.com, at_least: Owner}
  - {person: nobody@acme.com, no_access: true}
  - {person: sam@acme.com, no_access: true, connections: [other-*]}
",
    );
    let (report, exit) = folder.check(&["acme"]);
    assert_eq!(exit, 1);
    assert_eq!(
        lines(&report, &EXPECTED),
        [
            "expectation-failed:ssolint.yaml:4",
            "expectation-failed:ssolint.yaml:6",
            "expectation-names-nobody:ssolint.yaml:8"
        ]
    );
    let counts = &report["connections"][0]["summary"]["expectations"];
    let count = |name: &str| counts[name].as_u64().unwrap();
    assert_eq!((count("hold"), count("fail"), count("about_nobody"), count("not_known")), (2, 2, 1, 0));
    assert_eq!((count("mappings_exercised"), count("mappings")), (3, 5));
    let pretty = support::stdout(&folder.run(&["check", "acme"]));
    assert!(
        pretty
            .contains("expect      2 as expected, 2 not, 0 not known, 1 about nobody; they exercise 3 of 5"),
        "{pretty}"
    );
    assert!(pretty.contains("[ssolint.yaml:4:5]"), "{pretty}");
    // An email in it is a person's: counted where people are.
    let counted = support::stdout(&folder.run(&["check", "acme", "--format", "sarif"]));
    assert!(!counted.contains("eve@acme.com") && !counted.contains("nobody@acme.com"), "{counted}");
}

#[test]
fn what_is_not_known_is_no_failure_and_no_success() {
    let folder = Folder::new("expect: [{group: SOC-Analysts, at_least: Operator}]\n");
    let only = ["acme", "--select", "expectation-*"];
    assert_eq!(folder.check(&only).1, 0);
    std::fs::remove_file(folder.0.path().join("acme/okta/group-users/00g2analysts.json")).unwrap();
    let (report, exit) = folder.check(&only);
    assert_eq!((exit, lines(&report, &EXPECTED)), (3, vec![]));
    let open: Vec<_> =
        report["not_evaluated"].as_array().unwrap().iter().map(|row| row["rule"].clone()).collect();
    assert_eq!(open, ["expectation-failed", "expectation-names-nobody"]);
    assert_eq!(report["connections"][0]["summary"]["expectations"]["not_known"], 1);
}

#[test]
fn a_local_account_is_access_and_one_that_may_be_there_is_not_known() {
    for (expected, with_torqs_users, without) in [
        ("{person: break-glass@acme.com, no_access: true}", 1, 3),
        ("{everyone: true, at_most: Owner}", 0, 3),
        ("{person: gone@acme.com, at_least: Owner}", 1, 3),
        ("{person: ada@acme.com, exactly: Owner}", 0, 0),
    ] {
        let folder = Folder::new(&format!("expect: [{expected}]\n"));
        let only = ["acme", "--select", "expectation-*"];
        // Somebody whom nobody has is a finding of its own.
        let fails = if expected.contains("gone") { ["--fail-on", "warning"] } else { ["--fail-on", "error"] };
        let exit = |folder: &Folder| folder.check(&[&only[..], &fails[..]].concat()).1;
        assert_eq!(exit(&folder), with_torqs_users, "{expected}");
        std::fs::remove_file(folder.0.path().join("acme/torq/users.json")).unwrap();
        assert_eq!(exit(&folder), without, "{expected} without Torq's users");
    }
}

#[test]
fn a_connection_without_a_snapshot_is_not_passed_over_in_silence() {
    let folder = Folder::new(
        "connections:
  - {name: read, snapshot: acme}
  - name: left-out
    okta: {org_url: https://acme.okta.com, app_id: 0oa1, auth: {api_token: {env: OKTA_TOKEN}}}
",
    );
    let said = support::stderr(&folder.run(&["check"]));
    assert!(said.contains("left-out is not looked at") && said.contains("add --live"), "{said}");
    assert!(!said.contains("read is not looked at"), "{said}");
}

#[test]
fn a_role_is_expected_by_its_rank_in_scopes() {
    for (expected, holds) in [
        ("{person: lee@acme.com, at_least: Operator}", true),
        ("{person: lee@acme.com, at_least: Contributor}", true),
        ("{person: lee@acme.com, at_least: Owner}", false),
        ("{person: lee@acme.com, at_most: Owner}", true),
        ("{person: lee@acme.com, at_most: Contributor}", true),
        ("{person: lee@acme.com, at_most: Operator}", false),
        ("{person: lee@acme.com, exactly: Contributor}", true),
        ("{person: lee@acme.com, exactly: Owner}", false),
        ("{person: LEE@acme.com, exactly: 74e19393-3e94-48d2-8b60-26f2d2665943}", true),
        ("{person: lee@acme.com, no_access: true}", false),
        ("{group: Finance, no_access: true}", true),
        ("{everyone: true, at_least: Viewer}", true),
        ("{everyone: true, at_least: Operator}", false),
        ("{person: lee@acme.com, exactly: Contributer}", false),
    ] {
        let folder = Folder::new(&format!("expect: [{expected}]\n"));
        let members = "[]";
        folder.write("acme/okta/group-users/00g5finance.json", members);
        let (report, exit) = folder.check(&["acme", "--select", "expectation-failed"]);
        assert_eq!((exit == 0, lines(&report, &EXPECTED).is_empty()), (holds, holds), "{expected}");
    }
}

#[test]
fn a_connection_is_called_as_the_project_file_has_it() {
    let folder = Folder::new(
        "connections: [{name: acme-test, snapshot: acme}]\nexpect: [{person: eve@acme.com, no_access: true, connections: [acme-test]}]\n",
    );
    for paths in [&[][..], &["acme"], &["./acme/"]] {
        let (report, exit) = folder.check(paths);
        assert_eq!((exit, &report["connections"][0]["name"]), (1, &Value::from("acme-test")), "{paths:?}");
    }
    // From elsewhere, by the file's name.
    folder.write("other.yaml", "version: 1\nexpect: [{person: eve@acme.com, at_least: Viewer}]\n");
    let (report, exit) = folder.check(&["--config", "other.yaml", "acme"]);
    assert_eq!((exit, &report["connections"][0]["name"]), (0, &Value::from("acme-prod")));
    let (_, exit) = folder.check(&["--config", "other.yaml", "acme", "--select", "expectation-failed"]);
    assert_eq!(exit, 0);
}

/// `backup-account-missing` is a warning, with an option; `redirect-uri-leftover` is pedantic.
#[test]
fn rules_are_set_by_the_command_line_over_the_connection_over_all() {
    let connection =
        |rules: &str| format!("connections: [{{name: acme, snapshot: acme, rules: {{{rules}}}}}]\n");
    let (missing, leftover) = ("backup-account-missing", "redirect-uri-leftover");
    for (project, arguments, expected) in [
        (String::new(), &[][..], (Some("warning"), None)),
        ("rules: {backup-account-missing: error}\n".to_owned(), &[], (Some("error"), None)),
        ("rules: {backup-account-missing: off}\n".to_owned(), &[], (None, None)),
        ("rules: {email-safeguard: off}\n".to_owned(), &[], (None, None)),
        (
            "rules: {email-safeguard: off, backup-account-missing: on}\n".to_owned(),
            &[],
            (Some("warning"), None),
        ),
        ("rules: {backup-account-missing: {local_accounts: forbidden}}\n".to_owned(), &[], (None, None)),
        ("rules: {redirect-uri-leftover: on}\n".to_owned(), &[], (Some("warning"), Some("note"))),
        ("rules: {redirect-uri-leftover: error}\n".to_owned(), &[], (Some("warning"), Some("error"))),
        ("rules: {redirect: error}\n".to_owned(), &[], (Some("warning"), None)),
        (
            format!("rules: {{backup-account-missing: off}}\n{}", connection("backup-account-missing: note")),
            &[],
            (Some("note"), None),
        ),
        (
            format!("rules: {{backup-account-missing: error}}\n{}", connection("email-safeguard: off")),
            &[],
            (None, None),
        ),
        (
            format!(
                "rules: {{backup-account-missing: {{local_accounts: forbidden}}}}\n{}",
                connection("backup-account-missing: {local_accounts: allowed, severity: note}")
            ),
            &[],
            (Some("note"), None),
        ),
        (
            "rules: {backup-account-missing: off}\n".to_owned(),
            &["--select", "backup-account-missing"],
            (Some("warning"), None),
        ),
        (
            "rules: {redirect-uri-leftover: on}\n".to_owned(),
            &["--ignore", "redirect-uri-leftover"],
            (Some("warning"), None),
        ),
    ] {
        let folder = Folder::new(&project);
        let users = folder
            .read("acme/torq/users.json")
            .replace("\"sso_provision\": false", "\"sso_provision\": true");
        folder.write("acme/torq/users.json", &users);
        let app = folder.read("acme/okta/app.json");
        let more = app.replacen(
            "\"https://app.torq.io/__/auth/handler\"",
            "\"https://app.torq.io/__/auth/handler\", \"https://old.acme.com/callback\"",
            1,
        );
        assert_ne!(app, more);
        folder.write("acme/okta/app.json", &more);
        let (report, _) = folder.check(&[&["acme"], arguments].concat());
        assert_eq!(
            (severity(&report, missing), severity(&report, leftover)),
            expected,
            "{project} {arguments:?}"
        );
    }
}

#[test]
fn a_project_file_that_is_wrong_is_said_whatever_is_checked() {
    let folder = Folder::new("expect: [{person: eve@acme.com, no_acess: true}]\n");
    let said = folder.refused(&["check", "acme"]);
    assert!(
        said.contains("ssolint.yaml:2:33: no_acess is not a key here; did you mean no_access?"),
        "{said}"
    );
    let said = folder.refused(&["check", "acme", "--config", "elsewhere.yaml"]);
    assert!(said.contains("elsewhere.yaml could not be read"), "{said}");
}

const ABOUT_IGNORING: [&str; 3] = ["ignore-unused", "ignore-expired", "ignore-without-reason"];

/// The healthy example without a local account: `backup-account-missing`, a warning at the users of Torq.
fn without_backup(project: &str) -> Folder {
    let folder = Folder::new(project);
    let mut users: Value = serde_json::from_str(&folder.read("acme/torq/users.json")).unwrap();
    users["users"].as_array_mut().unwrap().retain(|user| user["sso_provision"] == true);
    folder.write("acme/torq/users.json", &users.to_string());
    folder
}

fn rules(rows: &Value) -> Vec<&str> {
    rows.as_array().unwrap().iter().map(|row| row["rule"].as_str().unwrap()).collect()
}

#[test]
fn an_entry_with_a_reason_leaves_out_what_it_fits() {
    let reason = "reason: 'CHG-7: no local accounts'";
    for (entry, left_out) in [
        (format!("{{rule: backup-account-missing, {reason}}}"), true),
        (format!("{{rule: email-safeguard, {reason}}}"), true),
        (format!("{{rule: 'backup-*', {reason}}}"), true),
        (format!("{{rule: backup-account-missing, path: torq/users.json, {reason}}}"), true),
        (format!("{{rule: backup-account-missing, path: 'torq/users.json#/users*', {reason}}}"), true),
        (format!("{{rule: backup-account-missing, path: 'okta/*', {reason}}}"), false),
        (format!("{{rule: backup-account-missing, connections: ['*-prod'], {reason}}}"), true),
        (format!("{{rule: backup-account-missing, connections: ['*-test'], {reason}}}"), false),
        (format!("{{rule: backup-account-missing, apps: ['Splunk*', 'Tor?'], {reason}}}"), true),
        (format!("{{rule: backup-account-missing, apps: [torq, Torq-test], {reason}}}"), false),
        (format!("{{rule: backup-account-missing, apps: [Torq], connections: ['*-test'], {reason}}}"), false),
        (format!("{{rule: backup-account-missing, until: 2999-12-31, {reason}}}"), true),
        (format!("{{rule: backup-account-missing, until: 2026-01-31, {reason}}}"), false),
        ("{rule: backup-account-missing}".to_owned(), false),
        (format!("{{rule: backup-account-at-risk, {reason}}}"), false),
    ] {
        let folder = without_backup(&format!("ignore: [{entry}]\n"));
        let (report, _) = folder.check(&["acme"]);
        assert_eq!(severity(&report, "backup-account-missing").is_none(), left_out, "{entry}");
        let ignored = report["ignored"].as_array().unwrap();
        assert_eq!(
            (ignored.len() == 1, &report["summary"]["ignored"]),
            (left_out, &Value::from(ignored.len())),
            "{entry}"
        );
        if left_out {
            assert_eq!(ignored[0]["reason"], "CHG-7: no local accounts");
        }
    }
}

#[test]
fn what_is_ignored_is_counted_and_told_where_that_is_asked_for() {
    let folder = without_backup("ignore: [{rule: backup-account-missing, reason: decided in CHG-7}]\n");
    let pretty = support::stdout(&folder.run(&["check", "acme"]));
    assert!(pretty.contains("  left out    1 ignored\n") && !pretty.contains("CHG-7"), "{pretty}");
    let listed = support::stdout(&folder.run(&["check", "acme", "--show-ignored"]));
    assert!(listed.contains("ignored     backup-account-missing (acme/torq/users.json:"), "{listed}");
    assert!(listed.contains("decided in CHG-7"), "{listed}");
    let results = |arguments: &[&str]| {
        let output = folder.run(&[&["check", "acme", "--format", "sarif"], arguments].concat());
        let log: Value = serde_json::from_slice(&output.stdout).unwrap();
        log["runs"][0]["results"].as_array().unwrap().clone()
    };
    let is_it = |result: &&Value| result["ruleId"] == "backup-account-missing";
    assert_eq!(results(&[]).iter().filter(is_it).count(), 0);
    let shown = results(&["--show-ignored"]);
    let shown: Vec<_> = shown.iter().filter(is_it).collect();
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0]["suppressions"][0]["justification"], "decided in CHG-7");
}

#[test]
fn entries_that_should_not_stand_there_as_they_do_are_findings_on_their_lines() {
    let folder = Folder::new(
        "ignore:
  - {rule: backup-account-missing, reason: there is one now}
  - {rule: app-inactive}
  - {rule: app-unassigned, reason: soon, until: 2026-02-28}
accept_gaps:
  - {document: okta/id-token, reason: nobody may read it}
  - {rule: 'claim-*', reason: nobody may read them, until: 2025-12-31}
",
    );
    let (report, exit) = folder.check(&["acme"]);
    assert_eq!(exit, 0);
    assert_eq!(
        lines(&report, &ABOUT_IGNORING),
        [
            "ignore-expired:ssolint.yaml:8",
            "ignore-expired:ssolint.yaml:5",
            "ignore-unused:ssolint.yaml:7",
            "ignore-unused:ssolint.yaml:3",
            "ignore-without-reason:ssolint.yaml:4",
        ]
    );
    // What was not asked says nothing.
    let (report, _) = folder.check(&["acme", "--select", "app-inactive,ignore-unused"]);
    assert_eq!(lines(&report, &ABOUT_IGNORING), Vec::<String>::new());
    let (report, _) = folder.check(&["acme", "--select", "backup-account-missing,ignore-unused"]);
    assert_eq!(lines(&report, &ABOUT_IGNORING), ["ignore-unused:ssolint.yaml:3"]);
}

#[test]
fn what_several_connections_say_of_an_entry_is_said_once() {
    let entry = "{rule: backup-account-missing, reason: r}";
    let of_no_use = "{rule: app-inactive, reason: r}";
    let folder = without_backup(&format!(
        "connections: [{{name: a, snapshot: acme}}, {{name: b, snapshot: other}}]\nignore: [{entry}, {of_no_use}]\n"
    ));
    copy(&support::root().join("examples/healthy"), &folder.0.path().join("other"));
    let (report, _) = folder.check(&[]);
    assert_eq!(rules(&report["ignored"]), ["backup-account-missing"]);
    assert_eq!(lines(&report, &ABOUT_IGNORING), ["ignore-unused:ssolint.yaml:3"]);
    let unused: Vec<_> =
        report["findings"].as_array().unwrap().iter().filter(|row| row["rule"] == "ignore-unused").collect();
    assert!(
        unused[0]["location"]["path"] == "ssolint.yaml#/ignore/1" && unused[0]["connection"] == "a",
        "{unused:?}"
    );
    // Where a connection of the project was not looked at, it may be of use there; a comment in the connection's own file not.
    let own = folder.read("other/connection.yaml");
    folder.write("other/connection.yaml", &format!("# ssolint: ignore[app-inactive] being built\n{own}"));
    let (report, _) = folder.check(&["other"]);
    assert_eq!(lines(&report, &ABOUT_IGNORING), ["ignore-unused:other/connection.yaml:1"]);
}

#[test]
fn a_comment_leaves_out_what_is_found_on_its_line() {
    let scopes = "  requested_scopes: [openid, email, profile]";
    for (lines_of_file, left_out, about) in [
        (scopes.to_owned(), false, vec![]),
        (format!("{scopes} # ssolint: ignore[groups-scope-missing] asked of Torq"), true, vec![]),
        (format!("  # ssolint: ignore[app-inactive, groups-*] asked of Torq\n{scopes}"), true, vec![]),
        (format!("{scopes} # ssolint: ignore[groups-scope-missing]"), false, vec!["ignore-without-reason"]),
        (format!("{scopes} # ssolint: ignore[app-inactive] asked of Torq"), false, vec!["ignore-unused"]),
        (format!("{scopes} # ssolint: ignore[no-such-rule] asked of Torq"), false, vec!["ignore-unused"]),
        (
            format!("{scopes}\n  # ssolint: ignore[groups-scope-missing] one too late"),
            false,
            vec!["ignore-unused"],
        ),
    ] {
        let folder = Folder::new("");
        let path = "acme/connection.yaml";
        let text = folder.read(path);
        let changed = text.replace("  requested_scopes: [openid, email, profile, groups]", &lines_of_file);
        assert_ne!(text, changed);
        folder.write(path, &changed);
        let (report, _) = folder.check(&["acme"]);
        assert_eq!(severity(&report, "groups-scope-missing").is_none(), left_out, "{lines_of_file}");
        let found = lines(&report, &ABOUT_IGNORING);
        let comment = 1 + changed.lines().position(|line| line.contains("ssolint:")).unwrap_or(0);
        let expected: Vec<String> = about.iter().map(|rule| format!("{rule}:{path}:{comment}")).collect();
        assert_eq!(found, expected, "{lines_of_file}");
    }
}

#[test]
fn a_comment_counts_in_a_snapshot_of_one_file_and_in_the_project_file() {
    let folder = Folder::new(
        "expect:\n  # ssolint: ignore[expectation-failed] until CHG-7\n  - {person: eve@acme.com, no_access: true}\n",
    );
    let (report, exit) = folder.check(&["acme"]);
    assert_eq!((exit, rules(&report["ignored"])), (0, vec!["expectation-failed"]));
    folder.write(
        "one.yaml",
        "okta:\n  app:\n    name: oidc_client\n    signOnMode: OPENID_CONNECT\n    status: INACTIVE # ssolint: ignore[app-inactive] being built\n",
    );
    let (report, _) = folder.check(&["--select", "app-inactive,ignore-*", "one.yaml"]);
    assert_eq!((rules(&report["ignored"]), rules(&report["findings"])), (vec!["app-inactive"], vec![]));
}

#[test]
fn a_gap_that_is_accepted_is_told_and_does_not_fail() {
    for (entries, code) in [
        ("", 3),
        ("accept_gaps: [{document: okta/id-token, reason: Okta refuses it}]\n", 0),
        ("accept_gaps: [{document: okta/id-token.json, reason: Okta refuses it}]\n", 0),
        ("accept_gaps: [{document: 'okta/*', reason: Okta refuses it}]\n", 0),
        ("accept_gaps: [{document: okta/id-token, apps: [Torq], reason: Okta refuses it}]\n", 0),
        ("accept_gaps: [{document: okta/id-token, apps: [Splunk], reason: Okta refuses it}]\n", 3),
        ("accept_gaps: [{document: okta/id-token}]\n", 3),
        ("accept_gaps: [{document: okta/id-token, reason: r, until: 2026-01-01}]\n", 3),
        ("accept_gaps: [{document: okta/app, reason: Okta refuses it}]\n", 3),
        ("accept_gaps: [{rule: '*', reason: Okta refuses it}]\n", 0),
        ("accept_gaps: [{rule: groups, reason: Okta refuses it}]\n", 3),
    ] {
        let folder = Folder::new(entries);
        std::fs::remove_file(folder.0.path().join("acme/okta/id-token.json")).unwrap();
        let (report, exit) = folder.check(&["acme"]);
        assert_eq!(exit, code, "{entries}");
        let accepted = report["accepted"].as_array().unwrap();
        assert!(
            accepted
                .iter()
                .all(|row| row["reason"] == "Okta refuses it" && !row["needs"][0]["missing"].is_null())
        );
        if code == 0 {
            assert!(!accepted.is_empty() && report["not_evaluated"] == serde_json::json!([]), "{entries}");
            let pretty = support::stdout(&folder.run(&["check", "acme"]));
            assert!(pretty.contains("  accepted    "), "{pretty}");
        }
        let missed = severity(&report, "source-incomplete").is_some();
        let covered = code == 0 && entries.contains("document");
        assert_eq!(missed, !covered, "{entries}");
        assert_eq!(
            lines(&report, &["ignore-unused"]).len(),
            usize::from(entries.contains("okta/app,") || entries.contains("Splunk")),
            "{entries}"
        );
    }
}

/// `acme` with the app called Torq, and `other`, the same without a local account and with another app.
fn two_apps(entry: &str, label: Option<&str>) -> Folder {
    let connections = "connections: [{name: acme, snapshot: acme}, {name: other, snapshot: other}]";
    let folder = without_backup(&format!("{connections}\nignore:\n  - {entry}\n"));
    copy(&folder.0.path().join("acme"), &folder.0.path().join("other"));
    let mut app: Value = serde_json::from_str(&folder.read("acme/okta/app.json")).unwrap();
    match label {
        Some(label) => app["label"] = label.into(),
        None => drop(app.as_object_mut().unwrap().remove("label")),
    }
    folder.write("other/okta/app.json", &app.to_string());
    folder
}

#[test]
fn an_entry_for_apps_counts_where_the_label_fits_and_is_of_no_use_where_none_does() {
    let entry = |apps: &str| format!("{{rule: backup-account-missing, apps: [{apps}], reason: CHG-7}}");
    let missing = |report: &Value| -> Vec<String> {
        let found = report["findings"].as_array().unwrap().iter();
        found
            .filter(|row| row["rule"] == "backup-account-missing")
            .map(|row| row["connection"].as_str().unwrap().to_owned())
            .collect()
    };
    for (apps, label, left, unused) in [
        ("Torq", Some("Torq (test)"), vec!["other"], None),
        ("'* (test)'", Some("Torq (test)"), vec!["acme"], None),
        ("'Torq*'", Some("Torq (test)"), vec![], None),
        ("Splunk", Some("Torq (test)"), vec!["acme", "other"], Some("leaves out no finding.")),
        ("'*'", None, vec!["other"], None),
    ] {
        let (report, _) = two_apps(&entry(apps), label).check(&[]);
        assert_eq!(missing(&report), left, "{apps}");
        let said = report["findings"].as_array().unwrap().iter().find(|row| row["rule"] == "ignore-unused");
        let said = said.map(|row| row["message"].as_str().unwrap());
        assert_eq!(said.is_some(), unused.is_some(), "{apps}: {said:?}");
        assert!(said.is_none_or(|said| said.ends_with(unused.unwrap())), "{apps}: {said:?}");
    }
    // Alone it has no use for it; the other connection might have.
    let folder = two_apps(&entry("Torq"), Some("Torq (test)"));
    let (report, _) = folder.check(&["other"]);
    assert_eq!((missing(&report), lines(&report, &ABOUT_IGNORING)), (vec!["other".to_owned()], vec![]));
    // What was not read fits nothing; whether the entry is of use is not known.
    let folder = without_backup(&format!("ignore: [{}]\n", entry("'*'")));
    std::fs::remove_file(folder.0.path().join("acme/okta/app.json")).unwrap();
    let (report, _) = folder.check(&["acme"]);
    assert_eq!(missing(&report).len(), 1);
    assert_eq!(lines(&report, &ABOUT_IGNORING), [""; 0]);
    let unknown = rules(&report["not_evaluated"]);
    assert!(unknown.contains(&"ignore-unused"), "{unknown:?}");
    for (apps, expected) in [
        ("Torq", "2:47: apps is a list"),
        ("[]", "2:47: apps names none; leave it out for all of them"),
        ("[7]", "2:48: an app is named by its label in Okta, or by a glob over labels"),
        ("['[']", "2:48: \"[\" is not a glob"),
    ] {
        let folder =
            Folder::new(&format!("ignore: [{{rule: backup-account-missing, apps: {apps}, reason: r}}]\n"));
        let said = folder.refused(&["check", "acme"]);
        assert!(said.contains(expected), "{said}\nlacks {expected}");
    }
}

#[test]
fn a_baseline_hides_what_it_knows_in_every_shape_and_is_pruned() {
    let written: [(&str, &[&str]); 3] = [
        ("own.json", &["--write-baseline", "own.json"]),
        ("report.json", &["--format", "json=report.json"]),
        ("report.sarif", &["--format", "sarif=report.sarif"]),
    ];
    for (file, arguments) in written {
        let folder = without_backup("");
        let strict = ["acme", "--fail-on", "warning"];
        let first = folder.run(&[&["check"], &strict[..], arguments].concat());
        assert_eq!(first.status.code(), Some(i32::from(file != "own.json")), "{}", support::stderr(&first));
        let with = [&strict[..], &["--baseline", file]].concat();
        let (report, exit) = folder.check(&with);
        assert_eq!((exit, rules(&report["findings"])), (0, vec![]), "{file}");
        assert_eq!(report["summary"]["in_baseline"], 1);
        assert!(file != "own.json" || !folder.read(file).contains("@acme.com"), "{file} names people");
        // What is new is reported.
        let scopes = folder.read("acme/connection.yaml").replace("profile, groups]", "profile]");
        folder.write("acme/connection.yaml", &scopes);
        let (report, exit) = folder.check(&with);
        assert!(exit == 1 && rules(&report["findings"]).contains(&"groups-scope-missing"), "{file}");
        folder.write("acme/connection.yaml", &scopes.replace("profile]", "profile, groups]"));
        // What is found no more is told, and taken out when that is asked for.
        let users =
            std::fs::read_to_string(support::root().join("examples/healthy/torq/users.json")).unwrap();
        folder.write("acme/torq/users.json", &users);
        let before = folder.read(file);
        let pretty = support::stdout(&folder.run(&[&["check"], &with[..]].concat()));
        assert!(
            pretty.contains("fixed       1 finding of the baseline found no more: backup-account-missing;"),
            "{pretty}"
        );
        assert_eq!(folder.read(file), before);
        // A rule that did not run says nothing of what it would have found.
        let (report, _) = folder.check(&[&with[..], &["--ignore", "backup-account-missing"]].concat());
        assert_eq!(report["fixed"], serde_json::json!([]));
        let (report, _) = folder.check(&[&with[..], &["--prune-baseline"]].concat());
        assert_eq!(rules(&report["fixed"]), ["backup-account-missing"]);
        assert!(!folder.read(file).contains("\"backup-account-missing\",\n      \"fingerprint"), "{file}");
        let (report, _) = folder.check(&with);
        assert_eq!(
            (&report["fixed"], &report["summary"]["in_baseline"]),
            (&serde_json::json!([]), &Value::from(0)),
            "{file}"
        );
    }
}

/// Five people are locked out: who knew of fewer did not know of all of them.
#[test]
fn what_concerns_more_people_than_in_the_baseline_is_reported_again() {
    let folder = Folder::new("");
    copy(&support::root().join("examples/first-look"), &folder.0.path().join("acme"));
    for (file, arguments) in [
        ("own.json", &["--write-baseline", "own.json"]),
        ("report.json", &["--format", "json=report.json"]),
        ("report.sarif", &["--format", "sarif=report.sarif"]),
    ] {
        folder.run(&[&["check", "acme"], &arguments[..]].concat());
        let mut known: Value = serde_json::from_str(&folder.read(file)).unwrap();
        for (people, is_hidden) in [(5, true), (6, true), (4, false)] {
            let count = |row: &mut Value| match file {
                "own.json" => row["people"] = people.into(),
                "report.json" => row["people_count"] = people.into(),
                _ => row["properties"]["peopleCount"] = people.into(),
            };
            let list = if file == "report.sarif" { "/runs/0/results" } else { "/findings" };
            let rows = known.pointer_mut(list).and_then(Value::as_array_mut).unwrap().iter_mut();
            rows.filter(|row| row["rule"] == "user-without-role" || row["ruleId"] == "user-without-role")
                .for_each(count);
            folder.write(file, &known.to_string());
            let (report, _) = folder.check(&["acme", "--baseline", file]);
            let expected: &[&str] = if is_hidden { &[] } else { &["user-without-role"] };
            assert_eq!(rules(&report["findings"]), expected, "{file}, {people} people");
            // Pruned, it knows of five: then six are worse, and four were never known.
            folder.check(&["acme", "--baseline", file, "--prune-baseline"]);
            let pruned: Value = serde_json::from_str(&folder.read(file)).unwrap();
            let mut rows = pruned.pointer(list).and_then(Value::as_array).unwrap().iter();
            let row = rows.find(|row| row.to_string().contains("user-without-role")).unwrap();
            let count = row.get("people").or_else(|| row.pointer("/properties/peopleCount")).unwrap();
            assert_eq!(*count, Value::from(if is_hidden { 5 } else { people }), "{file}: {row}");
        }
    }
}

#[test]
fn a_baseline_that_is_none_is_said() {
    let folder = Folder::new("");
    for (text, expected) in [
        ("{}", "found neither findings nor runs"),
        ("{\"findings\": [{\"rule\": \"x\"}]}", "without connection, rule or fingerprint"),
        ("{\"findings\"", "line 1, column"),
    ] {
        folder.write("b.json", text);
        let said = folder.refused(&["check", "acme", "--baseline", "b.json"]);
        assert!(said.contains("b.json: ") && said.contains(expected), "{said}");
    }
    assert!(
        folder.refused(&["check", "acme", "--baseline", "no.json"]).contains("no.json could not be read")
    );
    assert!(folder.refused(&["check", "acme", "--prune-baseline"]).contains("--baseline"));
}

#[test]
fn only_what_a_change_brings_is_reported_since_a_snapshot() {
    let folder = without_backup("");
    copy(&folder.0.path().join("acme"), &folder.0.path().join("before/acme-prod"));
    let scopes = folder.read("acme/connection.yaml").replace("profile, groups]", "profile]");
    folder.write("acme/connection.yaml", &scopes);
    let (whole, _) = folder.check(&["acme"]);
    assert!(rules(&whole["findings"]).contains(&"backup-account-missing"));
    for before in ["before/acme-prod", "before"] {
        let (report, exit) = folder.check(&["acme", "--new-since", before]);
        assert_eq!(exit, 1);
        let found = rules(&report["findings"]);
        assert!(
            found.contains(&"groups-scope-missing") && !found.contains(&"backup-account-missing"),
            "{found:?}"
        );
        assert_eq!(report["summary"]["there_before"], 1);
        assert_eq!(
            report["findings"].as_array().unwrap().len() + 1,
            whole["findings"].as_array().unwrap().len()
        );
    }
    let (report, exit) =
        folder.check(&["before/acme-prod", "--new-since", "before/acme-prod", "--fail-on", "note"]);
    assert_eq!((exit, rules(&report["findings"])), (0, vec![]));
    // What was left out before was not seen: without its comment it is new.
    let ignored = folder.read("acme/connection.yaml").replace(
        "  requested_scopes:",
        "  # ssolint: ignore[groups-scope-missing] for a while\n  requested_scopes:",
    );
    copy(&folder.0.path().join("acme"), &folder.0.path().join("ignored"));
    folder.write("ignored/connection.yaml", &ignored);
    let (report, exit) = folder.check(&["acme", "--new-since", "ignored"]);
    assert_eq!(exit, 1);
    assert!(rules(&report["findings"]).contains(&"groups-scope-missing"), "{report}");
    let said = folder.refused(&["check", "acme", "--new-since", "."]);
    assert!(said.contains("every finding of acme-prod would be new"), "{said}");
    let said = folder.refused(&["check", "acme", "before/acme-prod", "--new-since", "acme"]);
    assert!(said.contains("names one snapshot, and 2 connections are checked"), "{said}");
    for shard in ["1/2", "2/2"] {
        let said =
            folder.refused(&["check", "acme", "before/acme-prod", "--new-since", "acme", "--shard", shard]);
        assert!(said.contains("names one snapshot, and 2 connections are checked"), "{shard}: {said}");
    }
}

#[test]
fn every_setting_is_shown_with_where_it_comes_from() {
    let folder = Folder::new(
        "defaults:
  stage: verified
  okta: {app_label: Torq*, auth: {api_token: {env: OKTA}}}
  torq: {region: eu}
rules: {snapshot-stale: {days: 7}, redirect: note}
connections:
  - name: prod
    snapshot: acme
    connection: acme/connection.yaml
    okta: {app_id: 0oa1}
    rules: {snapshot-stale: off}
expect:
  - {person: ada@acme.com, at_least: Owner}
",
    );
    let output = folder.run(&["check", "--show-config", "--fail-on", "note"]);
    assert_eq!(output.status.code(), Some(0), "{}", support::stderr(&output));
    let said = support::stdout(&output);
    for line in [
        "config = ssolint.yaml  # default: the nearest from here upward",
        "fail-on = note  # command line",
        "timeout = 900  # default",
        "expect.0 = {\"at_least\":\"Owner\",\"person\":\"ada@acme.com\"}  # ssolint.yaml:14",
        "prod:  # ssolint.yaml:8",
        "  stage = \"verified\"  # ssolint.yaml:3",
        "  snapshot = \"acme\"  # ssolint.yaml:9",
        "  okta.app_id = \"0oa1\"  # ssolint.yaml:11",
        "  okta.auth.api_token.env = \"OKTA\"  # ssolint.yaml:4",
        "  connection.torq.region = \"us\"  # acme/connection.yaml:5",
        "  rules.snapshot-stale = off  # ssolint.yaml:12",
        "  rules.snapshot-stale.days = 7  # ssolint.yaml:6",
        "  rules.redirect-uri-mismatch = note  # ssolint.yaml:6",
        "  rules.one-person-can-repair-sso.people = 2  # default",
    ] {
        assert!(said.lines().any(|shown| shown == line), "{line}\nis not in\n{said}");
    }
    for absent in ["app_label", "\"eu\""] {
        assert!(!said.contains(absent), "{absent} does not count:\n{said}");
    }
}

#[test]
fn every_command_that_takes_a_project_file_shows_it_the_same_and_reads_nothing_else() {
    let folder = Folder::new(
        "rules: {snapshot-stale: {days: 7}}
connections:
  - {name: gone, snapshot: not-there}
  - name: live
    okta: {org_url: 'https://127.0.0.1:9', app_id: 0oa1, auth: {api_token: {env: NOT_SET}}}
",
    );
    let of_project = |arguments: &[&str], own: &[&str]| -> String {
        let output = folder.run(&[arguments, &["--show-config", "--timeout", "5"]].concat());
        let (said, wrong) = (support::stdout(&output), support::stderr(&output));
        assert_eq!((output.status.code(), wrong.as_str()), (Some(0), ""), "{arguments:?}");
        for line in own.iter().chain(&["timeout = 5  # command line", "max-requests = 20000  # default"]) {
            assert!(said.lines().any(|shown| shown == *line), "{line}\nis not in\n{said}");
        }
        said.split_once("\n\n").unwrap().1.to_owned()
    };
    let whole = of_project(&["check"], &["fail-on = error  # default"]);
    assert!(whole.contains("rules.snapshot-stale.days = 7  # ssolint.yaml:2"), "{whole}");
    let commands: [(&[&str], &[&str]); 9] = [
        (&["check", "not-there", "--baseline", "no.json"], &["baseline = no.json  # command line"]),
        (&["who"], &["fail-on = never  # default", "people = names  # default"]),
        (&["who", "--user", "ada", "--live", "live"], &["fail-on = locked_out,unknown  # default"]),
        (&["diff"], &["fail-on = lost,no-rescue  # default"]),
        (
            &["diff", "a", "b", "--patch", "no.yaml", "--people", "counts"],
            &["people = counts  # command line"],
        ),
        (&["rollout"], &["protect = everyone  # default", "max-states = 100000  # default"]),
        (&["rollout", "a", "b", "--protect", "repair"], &["protect = repair  # command line"]),
        (&["pull"], &["out = none  # default", "people = names  # default"]),
        (&["pull", "live", "--out", "there"], &["out = there  # command line"]),
    ];
    for (arguments, own) in commands {
        assert_eq!(of_project(arguments, own), whole, "{arguments:?}");
    }
    assert!(!folder.0.path().join("there").exists());
    for command in ["check", "who", "diff", "rollout", "pull"] {
        let said = folder.refused(&[command, "--show-config", "--config", "no.yaml"]);
        assert!(said.contains("no.yaml could not be read"), "{command}: {said}");
    }
    for (arguments, needs) in [(&["diff"], "BEFORE"), (&["rollout"], "BEFORE"), (&["pull"], "--out")] {
        assert!(folder.refused(arguments).contains(needs), "{arguments:?}");
    }
}

#[test]
fn settings_are_shown_without_the_parts_that_may_be_secret() {
    let folder = Folder::new(
        "defaults:
  torq: {region: us, client_id: {command: [./torq-id]}, client_secret: {command: [sh, -c, echo SECRET]}}
connections:
  - name: prod
    okta:
      org_url: https://acme.okta.com
      app_id: 0oa1
      auth: {api_token: {command: [vault, SECRET]}}
    torq: {base_url: 'https://SECRET:SEC/RET@proxy/x?token=SECRET#SECRET', auth_url: 'https://auth/y#SECRET'}
    connection: {torq: {login_redirect_url: 'https://app/__/auth/handler?SECRET', issuer_url: 'SECRET@acme'}}
",
    );
    let output = folder.run(&["check", "--show-config"]);
    assert_eq!(output.status.code(), Some(0), "{}", support::stderr(&output));
    let said = support::stdout(&output);
    for shown in [
        "okta.org_url = \"https://acme.okta.com\"",
        "okta.auth.api_token.command = \"vault (1 argument)\"",
        "torq.client_id.command = \"./torq-id\"",
        "torq.client_secret.command = \"sh (2 arguments)\"",
        "torq.base_url = \"https://…@proxy/x?…\"",
        "torq.auth_url = \"https://auth/y#…\"",
        "connection.torq.login_redirect_url = \"https://app/__/auth/handler?…\"",
        "connection.torq.issuer_url = \"…@acme\"",
    ] {
        assert!(said.contains(&format!("  {shown}  # ssolint.yaml:")), "{shown}\nis not in\n{said}");
    }
    assert!(!said.contains("SEC"), "{said}");
}
