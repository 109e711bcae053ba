//! The binary on real plans: the one in `../shared`, and the examples.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support;

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
