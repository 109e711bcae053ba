//! Bad input: whatever a text holds, it is said or it is a gap, with the file, the line, what was expected and what to do; nothing panics,
//! nothing passes in silence, and nothing from a text acts on a terminal or in a CI log. Here from inside; `tests/command_line.rs` goes
//! through the binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "recordings/modelled.rs"]
#[allow(dead_code)]
mod modelled;
mod support;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use ssolint::check;
use ssolint::document::position::Format;
use ssolint::document::{Content, Document, DocumentName, Documents, JsonPath, SourceFile, strict};
use ssolint::finding::PeopleShown;
use ssolint::finding::prose::PeopleNames;
use ssolint::model::World;
use ssolint::report::pretty::{Colour, Detail, Terminal};
use ssolint::report::{ConnectionReport, Report, json, pretty, sarif, statistics, who};
use ssolint::rules::catalogue;
use ssolint::signin::SignIn;
use ssolint::source::snapshot::{Snapshot, single_file};

/// Every field that is read, each with a value of its type.
fn whole() -> Value {
    strict::read_yaml(include_str!("bad_input/whole.yaml")).unwrap()
}

fn report_of(snapshot: Snapshot) -> ConnectionReport {
    check::connection(snapshot, catalogue(), &Default::default())
}

fn single(world: &Value) -> Snapshot {
    single_file("world.json", world.to_string().into(), Format::Json)
}

/// The same world as a folder has it: a text for each document.
fn folder(world: &Value) -> Documents {
    let mut documents = Documents::new("world");
    let mut add = |path: String, value: &Value| {
        let name = DocumentName::from_path(&path).unwrap();
        let format = if name == DocumentName::Connection { Format::Yaml } else { Format::Json };
        let text = value.to_string().into();
        let file = documents.add_file(SourceFile { path: format!("world/{name}"), text, format });
        documents.add(name, Document { file, root: JsonPath::root(), content: Content::File });
    };
    for (key, value) in world.as_object().unwrap() {
        if matches!(key.as_str(), "connection" | "manifest") {
            add(key.clone(), value);
            continue;
        }
        for (document, value) in value.as_object().unwrap() {
            if matches!(document.as_str(), "group-users" | "user-groups") {
                for (id, value) in value.as_object().unwrap() {
                    add(format!("{key}/{document}/{id}"), value);
                }
            } else {
                add(format!("{key}/{document}"), value);
            }
        }
    }
    documents
}

/// Whether a pointer into the world is inside a document, not above it.
fn in_a_document(pointer: &str) -> bool {
    let steps = pointer.split('/').skip(1).collect::<Vec<_>>();
    match steps.as_slice() {
        ["connection" | "manifest", ..] => true,
        ["okta", "group-users" | "user-groups", rest @ ..] => !rest.is_empty(),
        [_, rest @ ..] => !rest.is_empty(),
        [] => false,
    }
}

fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let key = key.replace('~', "~0").replace('/', "~1");
                pointers(member, &format!("{at}/{key}"), into);
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                pointers(element, &format!("{at}/{index}"), into);
            }
        }
        _ => {}
    }
}

fn all_pointers(world: &Value) -> Vec<String> {
    let mut found = Vec::new();
    pointers(world, "", &mut found);
    found.retain(|pointer| in_a_document(pointer));
    found
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "flag",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// A pointer without the indices and ids in it: `okta/users/*/profile`.
fn pattern(pointer: &str) -> String {
    let steps: Vec<&str> = pointer
        .split('/')
        .skip(1)
        .map(|step| if step.parse::<usize>().is_ok() { "*" } else { step })
        .collect();
    steps.join("/")
}

#[test]
fn the_whole_world_has_every_field_that_is_read_and_reads_without_a_fault() {
    let world = whole();
    let read = World::load(&single(&world).documents);
    assert!(read.faults.is_empty(), "{:?}", read.faults);
    assert!(World::load(&folder(&world)).faults.is_empty());
    let have: BTreeSet<String> = all_pointers(&world).iter().map(|pointer| pattern(pointer)).collect();
    let tables: [(&str, &[modelled::Field]); 15] = [
        ("okta/organization", modelled::ORGANIZATION),
        ("okta/openid-configuration", modelled::OPENID_CONFIGURATION),
        ("okta/app", modelled::APP),
        ("okta/id-token", modelled::ID_TOKEN),
        ("okta/federated-claims/*", modelled::FEDERATED_CLAIM),
        ("okta/authorization-server", modelled::AUTHORIZATION_SERVER),
        ("okta/authorization-server-claims/*", modelled::AUTHORIZATION_SERVER_CLAIM),
        ("okta/authorization-server-policies/*", modelled::AUTHORIZATION_SERVER_POLICY),
        ("okta/app-groups/*", modelled::APP_GROUP),
        ("okta/app-users/*", modelled::APP_USER),
        ("okta/groups/*", modelled::GROUP),
        ("okta/group-rules/*", modelled::GROUP_RULE),
        ("okta/group-users/00g1/*", modelled::MEMBER),
        ("okta/users/*", modelled::USER),
        ("okta/access-policy-rules/*", modelled::ACCESS_POLICY_RULE),
    ];
    for (document, fields) in tables {
        for (field, _, _) in fields {
            let wanted = format!("{document}/{field}");
            assert!(have.contains(&wanted), "whole.yaml has no {wanted}");
        }
    }
    for (object, keys) in ssolint::document::connection::KEYS {
        for key in keys {
            let wanted = format!("connection/{object}/{key}").replace('.', "/").replace("//", "/");
            assert!(have.contains(&wanted), "whole.yaml has no {wanted}");
        }
    }
}

/// Values of another type that are let pass, and why that is no silence.
const LET_PASS: &[(&str, &str)] = &[
    // A condition that cannot be followed makes its rule undecided: verdicts assume `policy`, and a note says so.
    ("okta/access-policy-rules/*/conditions/", "flag number string list object"),
];

fn is_let_pass(pattern: &str, kind: &str) -> bool {
    LET_PASS.iter().any(|(place, kinds)| {
        let inside = pattern == place.trim_end_matches('/') && !place.ends_with('/');
        (inside || (place.ends_with('/') && pattern.starts_with(place))) && kinds.contains(kind)
    })
}

#[test]
fn a_wrong_type_at_any_place_is_a_fault_there_and_nothing_else_is_lost() {
    let world = whole();
    let wrong = [json!(7), json!(true), json!("text"), json!(["text"]), json!([]), json!({"text": 1})];
    let (mut silent, mut vague, mut count) = (BTreeSet::new(), BTreeSet::new(), 0);
    for pointer in all_pointers(&world) {
        let here = kind(world.pointer(&pointer).unwrap());
        for value in wrong.iter().filter(|value| kind(value) != here) {
            let mut world = world.clone();
            *world.pointer_mut(&pointer).unwrap() = value.clone();
            for (form, documents, prefix) in
                [("single", single(&world).documents, ""), ("folder", folder(&world), "world/")]
            {
                count += 1;
                let read = World::load(&documents);
                let pattern = pattern(&pointer);
                let what = format!("{form} {pattern} {here} -> {value}");
                let [fault] = read.faults.as_slice() else {
                    if !is_let_pass(&pattern, kind(value)) {
                        silent.insert(format!("{what}: {} faults", read.faults.len()));
                    }
                    continue;
                };
                assert!(fault.file.starts_with(if form == "single" { "world.json" } else { prefix }), "{what}");
                // The fault names the value, or what it lacks or has in it.
                let place = fault.path.to_string();
                let place = if form == "single" {
                    place
                } else {
                    format!("/{}{place}", fault.document.as_ref().unwrap().path())
                };
                let says_both = fault.message.contains("found") && fault.message.contains("expected");
                let names_a_value = fault.message.contains("\"text") || fault.message.contains("acme");
                if !place.replace("~1", "/").starts_with(&pointer.replace("~1", "/")) || !says_both || names_a_value
                {
                    vague.insert(format!("{what}: {place}: {}", fault.message));
                }
                let gap = read.document_gaps.iter().any(|gap| {
                    Some(&gap.place.document) == fault.document.as_ref()
                        && gap.cause == ssolint::model::Cause::Unreadable
                });
                assert!(gap || fault.document == Some(DocumentName::Manifest), "{what}: no gap");
            }
        }
    }
    println!("{count} wrong values");
    assert!(count > 1500, "{count}");
    let all: Vec<String> = silent.into_iter().chain(vague).collect();
    assert!(all.is_empty(), "{}:\n{}", all.len(), all.join("\n"));
}
