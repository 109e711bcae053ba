//! Every file that users write and every JSON output has a schema that ships with the tool, and keeps it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use serde_json::{Value, json};
use ssolint::document::strict;
use ssolint::finding::PeopleShown;
use ssolint::report::{Report, json as json_report, schema};
use ssolint::rules::catalogue;

fn validator(name: &str) -> jsonschema::Validator {
    let (_, text) = schema::ALL.iter().find(|(known, _)| *known == name).unwrap();
    jsonschema::validator_for(&serde_json::from_str(text).unwrap()).unwrap()
}

fn check(name: &str, value: &Value) -> Result<(), String> {
    let errors: Vec<String> = validator(name)
        .iter_errors(value)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(errors.join("; ")) }
}

#[test]
fn the_connection_files_of_the_examples_keep_theirs() {
    let examples = support::examples();
    assert!(examples.len() >= 2);
    for example in examples {
        let text = std::fs::read_to_string(example.join("connection.yaml")).unwrap();
        assert_eq!(check("connection", &strict::read_yaml(&text).unwrap()), Ok(()), "{}", example.display());
    }
}

#[test]
fn a_wrong_connection_file_is_refused() {
    for wrong in [
        json!({"stage": "ready"}),
        json!({"torq": {"region": "mars"}}),
        json!({"torq": {"requested_scope": ["openid"]}}),
        json!({"torq": {"requested_scopes": "openid"}}),
        json!({"okta": {"groups_claim": {"type": "FILTER"}}}),
    ] {
        assert!(check("connection", &wrong).is_err(), "{wrong}");
    }
}

#[test]
fn check_keeps_its_schema_on_every_bad_world_and_example() {
    let mut reports = 0;
    let mut validate = |snapshot, options: &_| {
        let report = Report { connections: vec![ssolint::check::connection(snapshot, catalogue(), options)] };
        for people in [PeopleShown::Names, PeopleShown::Counts, PeopleShown::Pseudonyms] {
            let bytes = json_report::report(&report, people);
            assert_eq!(check("check", &serde_json::from_slice(&bytes).unwrap()), Ok(()));
        }
        reports += 1;
    };
    for (_, example) in support::bad_worlds() {
        let (snapshot, options) = support::page_world(&example);
        validate(snapshot, &options);
    }
    for example in support::examples() {
        validate(ssolint::source::snapshot::read(&example).unwrap(), &Default::default());
    }
    assert!(reports > 2);
}

#[test]
fn who_keeps_its_schema_and_counts_everyone_once() {
    for example in support::examples() {
        let output = support::ssolint(&["who", "--format", "json", &support::relative(&example)]);
        let mut seen = std::collections::BTreeSet::new();
        for line in support::stdout(&output).lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            assert_eq!(check("who", &row), Ok(()), "{line}");
            assert!(seen.insert((row["user"].to_string(), row["okta_id"].to_string())), "{line} twice");
        }
        assert!(!seen.is_empty());
    }
}

#[test]
fn the_list_of_rules_keeps_its_schema() {
    let output = support::ssolint(&["rules", "--format", "json"]);
    assert_eq!(check("rules", &serde_json::from_slice(&output.stdout).unwrap()), Ok(()));
}

#[test]
fn every_schema_is_printed_by_its_name() {
    for (name, text) in schema::ALL {
        assert_eq!(support::stdout(&support::ssolint(&["schema", name])), text);
    }
    let mistyped = support::ssolint(&["schema", "conection"]);
    assert_eq!(mistyped.status.code(), Some(2));
    assert!(support::stderr(&mistyped).contains("did you mean connection?"));
}
