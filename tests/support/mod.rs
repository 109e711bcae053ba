//! What several tests need: the binary, the examples, the rule pages' worlds.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use serde_json::Value;
use ssolint::document::position::Format;
use ssolint::document::strict;
use ssolint::model::world::member;
use ssolint::rules::facts::Options;
use ssolint::rules::page::Example;
use ssolint::rules::{catalogue, known_rules};
use ssolint::source::project;
use ssolint::source::snapshot::{self, Snapshot};
use ssolint::source::terraform::{self, AppChoice};

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Runs the binary in the project's root, without colour from the environment.
pub fn ssolint(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ssolint"))
        .args(arguments)
        .current_dir(root())
        .env_remove("CLICOLOR_FORCE")
        .env_remove("NO_COLOR")
        .output()
        .unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// `../shared`, or a word about its absence; in CI its absence fails.
pub fn shared(path: &str) -> Option<PathBuf> {
    let found = root().join("../shared").join(path);
    if found.exists() {
        return Some(found);
    }
    assert!(std::env::var_os("CI").is_none(), "CI needs ../shared/{path}");
    println!("SKIPPED: ../shared/{path} is absent");
    None
}

/// Every example snapshot: folders with a `connection.yaml`.
pub fn examples() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("examples")];
    while let Some(folder) = folders.pop() {
        if folder.join("connection.yaml").exists() {
            found.push(folder.clone());
        }
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    found.sort();
    found
}

/// As the binary is given it: relative to the root.
pub fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned()
}

/// A world of a rule page, read as a single-file snapshot, with the options that it sets beside the documents (`rules: {id: {option: value}}`)
/// and what is laid over them: a plan (`terraform-plan`), a project file (`ssolint`).
pub fn page_world(example: &Example) -> (Snapshot, Options) {
    page_worlds(example).swap_remove(0)
}

/// The same where a page has several connections in one world (`connections:`): each of them, knowing of the others.
pub fn page_worlds(example: &Example) -> Vec<(Snapshot, Options)> {
    let mut value = strict::read_yaml(&example.world).expect("the world is YAML");
    let Some(Value::Array(connections)) = value.as_object_mut().unwrap().remove("connections") else {
        return vec![one_world(value)];
    };
    let mut worlds: Vec<_> = connections.into_iter().map(one_world).collect();
    let fleet = Arc::new(worlds.iter().map(|(world, _)| member(&world.documents)).collect());
    worlds.iter_mut().for_each(|(world, _)| world.documents.fleet = Arc::clone(&fleet));
    worlds
}

fn one_world(mut value: Value) -> (Snapshot, Options) {
    let options = value.as_object_mut().unwrap().remove("rules").unwrap_or(Value::Object(Default::default()));
    let options: Options = serde_json::from_value(options).expect("rules: {id: {option: value}}");
    let project = value.as_object_mut().unwrap().remove("ssolint");
    let mut snapshot = match value.as_object_mut().unwrap().remove("terraform-plan") {
        Some(plan) => {
            let text = serde_json::to_string_pretty(&plan).unwrap();
            let plan = terraform::parse("plan.json", text.into()).expect("the plan is one");
            terraform::planned(&world(&value), &plan, &AppChoice::Found)
        }
        None => world(&value),
    };
    if let Some(project) = project {
        let text = serde_json::to_string_pretty(&project).unwrap();
        let project = project::parse(Path::new(project::FILE), text.into(), &known_rules()).unwrap();
        project.lay_over(&mut snapshot.documents, None);
    }
    (snapshot, options)
}

/// A world given as one value.
pub fn world(value: &Value) -> Snapshot {
    let text = serde_json::to_string_pretty(value).unwrap();
    snapshot::single_file("world.json", text.into(), Format::Json)
}

/// Every Bad world of every page: rule id, title and world.
pub fn bad_worlds() -> Vec<(&'static str, Example)> {
    catalogue().flat_map(|rule| rule.page().bad().into_iter().map(|example| (rule.id, example))).collect()
}

/// Nothing in a text that acts: no control but the line break, no bidirectional or invisible mark, no command to a CI system.
pub fn assert_harmless(text: &str, what: &str) {
    for (number, line) in text.lines().enumerate() {
        let acts = |c: char| {
            c.is_control()
                || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
        };
        let found = line.chars().find(|c| acts(*c));
        assert_eq!(found, None, "{what}: line {}: {line:?}", number + 1);
        for command in ["##[", "##vso["] {
            assert!(!line.contains(command), "{what}: line {}: {line:?}", number + 1);
        }
        assert!(!line.trim_start().starts_with("::"), "{what}: line {}: {line:?}", number + 1);
    }
    assert!(!text.contains('\r'), "{what}: a carriage return");
}
