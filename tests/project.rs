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
