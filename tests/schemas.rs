//! Every file that users write and every JSON output has a schema that ships with the tool, and keeps it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::Path;

use serde_json::{Value, json};
use ssolint::document::strict;
use ssolint::finding::PeopleShown;
use ssolint::report::{Report, json as json_report, schema};
use ssolint::rules::{catalogue, known_rules};
use ssolint::source::project;

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
        let report = Report {
            connections: vec![ssolint::check::connection(snapshot, catalogue(), options)],
            ..Report::default()
        };
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
fn a_baseline_keeps_its_schema_written_and_pruned() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("baseline.json");
    let path = file.to_str().unwrap();
    let kept = || check("baseline", &serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap());
    support::ssolint(&["check", "examples/first-look", "--write-baseline", path]);
    assert_eq!(kept(), Ok(()));
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(written.contains("\"people\": 5"), "{written}");
    // One that is there no more, so that something is taken out.
    let gone = written.replacen("\"findings\": [", "\"findings\": [{\"connection\": \"acme-prod\", \"rule\": \"app-inactive\", \"fingerprint\": \"00000000000000000000000000000000:1\", \"people\": 0},", 1);
    std::fs::write(&file, gone).unwrap();
    support::ssolint(&["check", "examples/first-look", "--baseline", path, "--prune-baseline"]);
    assert_eq!(kept(), Ok(()));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), written);
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

/// What a project file may say under `rules:`, as the catalogue has it.
fn rules_of_a_project() -> Value {
    let kind = |default: &Value, words: &[String]| match default {
        _ if !words.is_empty() => json!({"enum": words}),
        Value::Number(number) if number.is_u64() => json!({"type": "integer", "minimum": 0}),
        Value::Number(_) => json!({"type": "number", "minimum": 0}),
        Value::Array(_) => json!({"type": "array", "items": {"type": "string"}}),
        Value::Bool(_) => json!({"type": "boolean"}),
        _ => json!({"type": "string"}),
    };
    let setting = |about: &str, options: serde_json::Map<String, Value>| {
        let mut properties = options;
        properties.insert("severity".to_owned(), json!({"$ref": "#/$defs/level"}));
        json!({"description": about, "oneOf": [
            {"$ref": "#/$defs/level"},
            {"type": "object", "properties": properties, "additionalProperties": false}
        ]})
    };
    let mut properties = serde_json::Map::new();
    let known = known_rules();
    for (rule, known) in catalogue().zip(&known) {
        properties.entry(rule.family).or_insert_with(|| {
            setting(&format!("The rules of the family {}.", rule.family), Default::default())
        });
        let about = |name: &str| rule.page().options[name].about.clone();
        let options = known.options.iter().map(|option| {
            let mut schema = kind(&option.default, &option.words);
            schema["description"] = about(&option.name).into();
            (option.name.clone(), schema)
        });
        properties.insert(rule.id.to_owned(), setting(&rule.page().title, options.collect()));
    }
    json!({"type": ["object", "null"], "properties": properties, "additionalProperties": false})
}

/// After a rule was added or an option changed, UPDATE=1 writes it anew.
#[test]
fn the_projects_schema_knows_every_rule_and_option() {
    let path = support::root().join("src/report/schema/project.json");
    let mut schema: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let rules = rules_of_a_project();
    if std::env::var_os("UPDATE").is_some() {
        schema["$defs"]["rules"] = rules;
        std::fs::write(&path, serde_json::to_string_pretty(&schema).unwrap() + "\n").unwrap();
        return;
    }
    assert_eq!(schema["$defs"]["rules"], rules, "UPDATE=1 cargo test --test schemas writes it anew");
}

#[test]
fn the_readmes_project_files_keep_it_and_are_read() {
    let readme = std::fs::read_to_string(support::root().join("README.md")).unwrap();
    let blocks = readme.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let mut files = 0;
    for text in blocks.filter(|text| text.starts_with("version: 1\n")) {
        assert_eq!(check("project", &strict::read_yaml(text).unwrap()), Ok(()), "{text}");
        // The connection's own file is not there.
        let text = text.replace("connection: connection.yaml", "connection: {}");
        let read = project::parse(Path::new("ssolint.yaml"), text.as_str().into(), &known_rules());
        assert!(read.is_ok(), "{:?}\n{text}", read.err());
        files += 1;
    }
    assert!(files >= 3, "{files}");
}

/// What the schema refuses the reader refuses, and the other way round.
#[test]
fn the_projects_schema_and_its_reader_agree() {
    let connection = json!({"name": "acme", "snapshot": "s"});
    let mut files = Vec::new();
    for expect in [
        json!({"person": "a", "no_access": true}),
        json!({"group": "a", "at_most": "Viewer", "connections": ["ac*"], "reason": "r"}),
        json!({"everyone": true, "exactly": "Viewer"}),
        json!({"everyone": true}),
        json!({"at_least": "Viewer"}),
        json!({"person": "a", "group": "b", "no_access": true}),
        json!({"person": "a", "at_least": "b", "exactly": "b"}),
        json!({"person": " ", "no_access": true}),
        json!({"person": "a", "no_access": false}),
        json!({"person": "a", "no_access": true, "connections": []}),
        json!({"person": "a", "no_access": true, "connections": "acme"}),
        json!({"person": "a", "no_access": true, "why": "r"}),
        json!("a"),
    ] {
        files.push(json!({"version": 1, "connections": [connection], "expect": [expect]}));
    }
    for ignore in [
        json!({"rule": "redirect", "reason": "r"}),
        json!({"rule": "redirect-*"}),
        json!({"rule": "redirect", "path": "okta/*", "until": "2026-12-31", "connections": ["acme"], "reason": null}),
        json!({"reason": "r"}),
        json!({"rule": "redirect", "reason": 3}),
        json!({"rule": "redirect", "until": "soon"}),
        json!({"rule": "redirect", "until": 20261231}),
        json!({"rule": "redirect", "document": "okta/app"}),
        json!({"rule": ""}),
        json!({"rule": "redirect", "apps": ["Torq*"]}),
        json!({"rule": "redirect", "apps": "Torq*"}),
        json!({"rule": "redirect", "apps": []}),
    ] {
        files.push(json!({"version": 1, "connections": [connection], "ignore": [ignore]}));
    }
    for gap in [
        json!({"rule": "redirect", "reason": "r"}),
        json!({"document": "okta/app", "reason": "r"}),
        json!({"document": "okta/group-users/*", "rule": "groups-*", "reason": "r", "until": "2026-12-31"}),
        json!({"reason": "r"}),
        json!({"document": "okta/app", "path": "x"}),
        json!({"document": "okta/app", "apps": ["Torq*"]}),
        json!({"document": "okta/app", "apps": [""]}),
        json!("okta/app"),
    ] {
        files.push(json!({"version": 1, "connections": [connection], "accept_gaps": [gap]}));
    }
    for rules in [
        json!({"snapshot-stale": "off", "redirect": "note"}),
        json!({"snapshot-stale": {"days": 3, "severity": "on"}}),
        json!({"snapshot-stale": {"days": "3"}}),
        json!({"snapshot-stale": {"today": "2026-11-24"}}),
        json!({"snapshot-stale": {"days": -3}}),
        json!({"backup-account-missing": {"local_accounts": "forbidden"}}),
        json!({"backup-account-missing": {"local_accounts": "never"}}),
        json!({"email-outside-sso-domain": {"domains": ["a.com"]}}),
        json!({"email-outside-sso-domain": {"domains": "a.com"}}),
        json!({"redirect": {"days": 3}}),
        json!({"redirekt": "off"}),
        json!({"redirect": "info"}),
        json!({"redirect": true}),
        json!([]),
    ] {
        let mut entry = connection.clone();
        entry["rules"] = rules.clone();
        files.push(json!({"version": 1, "connections": [connection], "rules": rules}));
        files.push(json!({"version": 1, "connections": [entry]}));
    }
    let mut right = 0;
    for file in &files {
        let read = project::parse(Path::new("ssolint.yaml"), file.to_string().into(), &known_rules());
        assert_eq!(
            check("project", file).is_ok(),
            read.is_ok(),
            "{file}: {:?} {:?}",
            check("project", file),
            read.err()
        );
        right += usize::from(check("project", file).is_ok());
    }
    assert!(right > 12 && files.len() - right > 25, "{right} of {}", files.len());
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
