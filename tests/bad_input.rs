//! Bad input: whatever a text holds, it is said or it is a gap, with the file, the line, what was expected and what to do; nothing panics,
//! nothing passes in silence, and nothing from a text acts on a terminal or in a CI log. Here from inside; `tests/command_line.rs` goes
//! through the binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "recordings/modelled.rs"]
#[allow(dead_code)]
mod modelled;
mod support;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use ssolint::check;
use ssolint::document::position::Format;
use ssolint::document::{Content, Document, DocumentName, Documents, JsonPath, SourceFile, strict};
use ssolint::finding::PeopleShown;
use ssolint::finding::prose::PeopleNames;
use ssolint::model::World;
use ssolint::report::json::VerdictRow;
use ssolint::report::page::{self, Picture};
use ssolint::report::pretty::{Colour, Detail, Terminal};
use ssolint::report::{
    ConnectionReport, Report, github, gitlab, json, junit, markdown, pretty, sarif, statistics, who,
};
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
                assert!(
                    fault.file.starts_with(if form == "single" { "world.json" } else { prefix }),
                    "{what}"
                );
                // The fault names the value, or what it lacks or has in it.
                let place = fault.path.to_string();
                let place = if form == "single" {
                    place
                } else {
                    format!("/{}{place}", fault.document.as_ref().unwrap().path())
                };
                let says_both = fault.message.contains("found") && fault.message.contains("expected");
                let names_a_value = fault.message.contains("\"text") || fault.message.contains("acme");
                if !place.replace("~1", "/").starts_with(&pointer.replace("~1", "/"))
                    || !says_both
                    || names_a_value
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

/// The number of an optional field, or none, says the same: unset.
#[test]
fn null_at_any_place_is_a_fault_or_the_same_as_nothing_there() {
    let world = whole();
    let (mut unset, mut refused) = (0, 0);
    for pointer in all_pointers(&world) {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let mut null = world.clone();
        *null.pointer_mut(&pointer).unwrap() = Value::Null;
        let mut removed = world.clone();
        let Some(members) = removed.pointer_mut(parent).and_then(Value::as_object_mut) else { continue };
        members.remove(&key.replace("~1", "/")).unwrap();
        let faults = World::load(&folder(&null)).faults;
        if faults.is_empty() {
            unset += 1;
            assert_eq!(verdicts(&null), verdicts(&removed), "{pointer}");
            assert_eq!(said(&null), said(&removed), "{pointer}");
        } else {
            refused += 1;
            assert!(
                faults[0].message.starts_with("found null, expected "),
                "{pointer}: {}",
                faults[0].message
            );
        }
    }
    println!("{unset} may be null, {refused} may not");
    assert!(unset > 100 && refused > 10);
}

/// `who --all` as lines.
fn verdicts(world: &Value) -> Vec<String> {
    let snapshot = single(world);
    let world = check::load(&snapshot.documents, snapshot.faults);
    let sign_in = SignIn::new(&world, &[]);
    let mut names = PeopleNames::new(PeopleShown::Names);
    let mut lines: Vec<String> = sign_in
        .considered()
        .map(|person| VerdictRow::new(&sign_in, person, &mut names))
        .map(|row| {
            let role = row.role.unwrap_or_default();
            format!(
                "{} {} {role}{} {}",
                row.user,
                row.verdict,
                row.gate.unwrap_or_default(),
                row.assumes.join(" ")
            )
            .trim_end()
            .to_owned()
        })
        .collect();
    lines.sort();
    lines
}

/// Every finding's rule and message.
fn said(world: &Value) -> Vec<String> {
    let report = report_of(single(world));
    let findings = report.findings.iter().map(|reported| &reported.finding);
    findings.map(|finding| format!("{}: {}", finding.rule, finding.message.plain())).collect()
}

/// A small snapshot as one line, cut after every byte.
#[test]
fn a_snapshot_cut_at_any_byte_is_a_fault() {
    let mut small = whole();
    small["okta"]
        .as_object_mut()
        .unwrap()
        .retain(|key, _| matches!(key.as_str(), "app" | "users" | "id-token"));
    small.as_object_mut().unwrap().remove("manifest");
    let text = small.to_string();
    let mut whole_reports = 0;
    for at in 0..text.len() {
        let Some(cut) = text.get(..at) else { continue };
        let snapshot = single_file("cut.json", cut.into(), Format::Json);
        let [fault] = snapshot.faults.as_slice() else {
            panic!("cut at {at}: {} faults", snapshot.faults.len())
        };
        let expect = if at == 0 {
            "found an empty text, expected JSON"
        } else {
            "found the end of the text, expected "
        };
        assert!(fault.message.starts_with(expect), "cut at {at}: {}", fault.message);
        assert_eq!(fault.position.map(|(line, _)| line), Some(1));
        assert!(snapshot.documents.is_empty());
        if at % 97 == 0 {
            whole_reports += 1;
            let report = report_of(snapshot);
            assert_eq!(report.faults.len(), 1);
            assert!(
                report
                    .evaluated
                    .iter()
                    .all(|rule| !matches!(*rule, "redirect-uri-mismatch" | "groups-claim-missing"))
            );
            render(report);
        }
    }
    assert!(whole_reports > 10);
}

/// YAML that ends early may well be YAML: then it holds less, and says nothing that the whole does not say.
#[test]
fn yaml_cut_at_any_byte_is_a_fault_or_holds_a_part() {
    let text = include_str!("../examples/healthy/connection.yaml");
    let full = strict::read_yaml(text).unwrap();
    let mut faults = 0;
    for at in 0..text.len() {
        let mut documents = Documents::new("cut");
        let file = SourceFile {
            path: "cut/connection.yaml".to_owned(),
            text: text[..at].into(),
            format: Format::Yaml,
        };
        let file = documents.add_file(file);
        documents
            .add(DocumentName::Connection, Document { file, root: JsonPath::root(), content: Content::File });
        let world = World::load(&documents);
        match world.faults.as_slice() {
            [] => {
                let read = strict::read_yaml(&text[..at]).unwrap();
                assert!(read.as_object().unwrap().keys().all(|key| full[key] != Value::Null), "cut at {at}");
            }
            [fault] => {
                faults += 1;
                assert!(!fault.message.is_empty());
            }
            more => panic!("cut at {at}: {more:?}"),
        }
    }
    assert!(faults > 20, "{faults}");
}

/// The member that is there twice, with values that differ: which one counts would be a silent choice.
#[test]
fn a_key_that_is_there_twice_is_a_fault_wherever_it_is_read() {
    let world = whole();
    for pointer in all_pointers(&world) {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let key = key.replace("~1", "/");
        if !world.pointer(parent).is_some_and(Value::is_object) || !in_a_document(parent) {
            continue;
        }
        // A marker stands for the second member; as text it becomes the key again.
        let mut twice = world.clone();
        let members = twice.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        members.insert("SECOND".to_owned(), members[&key].clone());
        let documents = folder(&twice);
        let mut again = Documents::new("world");
        for name in documents.names().cloned().collect::<Vec<_>>() {
            let file = documents.file(documents.get(&name).unwrap()).unwrap();
            let text = file.text.replace("\"SECOND\"", &Value::from(key.as_str()).to_string());
            let file = again.add_file(SourceFile { text: text.into(), ..file.clone() });
            again.add(name, Document { file, root: JsonPath::root(), content: Content::File });
        }
        let faults = World::load(&again).faults;
        let [fault] = faults.as_slice() else { panic!("{pointer}: {} faults", faults.len()) };
        assert_eq!(fault.message, format!("found the key `{key}` twice in one object, expected it once"));
    }
}

// ---- odd, but well formed

/// What is odd, what is changed in the world for it, what becomes of Ada, and rules that report or say that they cannot.
type Odd<'a> = (&'a str, &'a [(&'a str, Value)], &'a [&'a str], &'a [&'a str]);

fn check_odd(what: &str, edits: &[(&str, Value)], expect: &[&str], finds: &[&str]) {
    let mut world = whole();
    world.as_object_mut().unwrap().remove("manifest");
    for (pointer, value) in edits {
        match world.pointer_mut(pointer) {
            Some(slot) => *slot = value.clone(),
            None => {
                let (parent, key) = pointer.rsplit_once('/').unwrap();
                match world.pointer_mut(parent).unwrap() {
                    Value::Array(elements) => elements.push(value.clone()),
                    parent => parent[key] = value.clone(),
                }
            }
        }
    }
    let snapshot = single(&world);
    assert!(World::load(&snapshot.documents).faults.is_empty(), "{what}");
    let ada: Vec<String> = verdicts(&world).into_iter().filter(|line| line.starts_with("ada@")).collect();
    assert_eq!(ada, expect, "{what}");
    let report = report_of(snapshot);
    for rule in finds {
        let found = report.findings.iter().any(|reported| reported.finding.rule == *rule)
            || report.not_evaluated.iter().any(|row| row.rule == *rule);
        assert!(found, "{what}: no {rule} in {:#?}", said(&world));
    }
    render(report);
}

#[test]
fn odd_worlds_are_read_and_what_they_leave_open_is_said() {
    let mappings = "/torq/claim-mappings/claim_mappings";
    let mapping = |claim: &str, value: &str, role: &str, rank: i64| json!({"claim_name": claim, "claim_value": value, "role_id": role, "rank": rank});
    let ada = ["ada@acme.com granted Owner"];
    let cases: &[Odd<'_>] = &[
        ("as it is", &[], &ada, &[]),
        (
            "a role id that the list does not have",
            &[(mappings, json!([mapping("groups", "SOC-Leads", "r9", 1)]))],
            &["ada@acme.com granted r9"],
            &[],
        ),
        (
            "two of one rank, and both match",
            &[(
                mappings,
                json!([mapping("email", "ada@acme.com", "r1", 1), mapping("groups", "SOC-Leads", "r2", 1)]),
            )],
            &["ada@acme.com unknown mapping"],
            &[],
        ),
        (
            "ranks with gaps, from below zero to the largest",
            &[(
                mappings,
                json!([
                    mapping("email", "no@acme.com", "r2", i64::MIN),
                    mapping("groups", "SOC-Leads", "r1", i64::MAX)
                ]),
            )],
            &ada,
            &[],
        ),
        (
            "a group without a name",
            &[
                ("/okta/groups/0/profile", json!({})),
                ("/okta/user-groups", json!({})),
                (mappings, json!([mapping("groups", "SOC-Leads", "r1", 1)])),
            ],
            &["ada@acme.com unknown mapping"],
            &[],
        ),
        ("a group without a profile", &[("/okta/groups/1", json!({"id": "00g2"}))], &ada, &[]),
        (
            "a group with an empty name",
            &[
                ("/okta/groups/0/profile/name", json!("")),
                ("/okta/user-groups/00u1/0/profile/name", json!("")),
            ],
            &ada,
            &[],
        ),
        (
            "a user without an email",
            &[
                ("/okta/users/0/profile", json!({"login": "ada@acme.com"})),
                ("/okta/app-users/0/profile", json!({})),
                ("/torq/claim-mappings/claim_mappings/1/role_id", json!("r2")),
            ],
            &["ada@acme.com granted Viewer"],
            &[],
        ),
        (
            "a user with nothing but an id",
            &[("/okta/users/0", json!({"id": "00u1"}))],
            &["ada@acme.com unknown user"],
            &[],
        ),
        (
            "a SAML app",
            &[("/okta/app/signOnMode", json!("SAML_2_0"))],
            &["ada@acme.com locked_out client"],
            &[],
        ),
        (
            "a native app",
            &[("/okta/app/settings/oauthClient/application_type", json!("native"))],
            &["ada@acme.com locked_out client"],
            &[],
        ),
        (
            "a catalogue app, which hides its OIDC settings",
            &[
                ("/okta/app/name", json!("torq")),
                ("/okta/app/settings", json!({})),
                ("/okta/app/credentials", json!({})),
            ],
            &["ada@acme.com unknown client"],
            &["redirect-uri-mismatch"],
        ),
        (
            "a custom app without its OIDC settings",
            &[("/okta/app/settings", json!({}))],
            &["ada@acme.com unknown client"],
            &["redirect-uri-mismatch"],
        ),
        (
            "the same user twice",
            &[(
                "/okta/users/1",
                json!({"id": "00u1", "status": "ACTIVE", "profile": {"login": "ada@acme.com", "email": "ada@acme.com"}}),
            )],
            &ada,
            &[],
        ),
        (
            "empty lists",
            &[("/okta/users", json!([])), ("/okta/app-users", json!([]))],
            &["ada@acme.com locked_out user"],
            &[],
        ),
    ];
    for (what, edits, expect, finds) in cases {
        check_odd(what, edits, expect, finds);
    }
}

// ---- nothing acts

/// Everything that a report can become; each is looked through for what acts.
fn render(report: ConnectionReport) -> Vec<(String, String)> {
    let report = Report { connections: vec![report], ..Report::default() };
    let mut rendered = Vec::new();
    for (people, width, detail) in
        [(PeopleShown::Names, 40, Detail::Usual), (PeopleShown::Counts, 100, Detail::Verbose)]
    {
        let terminal = Terminal { colour: Colour::Off, width };
        rendered.push(("pretty", pretty::report(&report, people, terminal, detail)));
    }
    rendered.push(("json", json::report(&report, PeopleShown::Names)));
    rendered.push(("sarif", sarif::report(&report, PeopleShown::Names)));
    rendered.push(("statistics", statistics::report(&report)));
    rendered.push(("gitlab", gitlab::report(&report, PeopleShown::Names)));
    rendered.push(("junit", junit::report(&report, PeopleShown::Names)));
    rendered.push(("markdown", markdown::report(&report, PeopleShown::Names)));
    let commands = String::from_utf8(github::report(&report, PeopleShown::Names)).unwrap();
    // Each line is a command of ours, and nothing in it is another.
    let ours = |line: &str| {
        let name = ["::error ", "::warning ", "::notice "].into_iter().find(|name| line.starts_with(name));
        let name = name.unwrap_or_else(|| panic!("not a line of ours: {line:?}"));
        format!("{}\n", &line[name.len()..])
    };
    rendered.push(("github", commands.lines().map(ours).collect::<String>().into_bytes()));
    let texts =
        rendered.into_iter().map(|(format, bytes)| (format.to_owned(), String::from_utf8(bytes).unwrap()));
    let texts: Vec<(String, String)> = texts.collect();
    for (format, text) in &texts {
        support::assert_harmless(text, format);
    }
    texts
}

const HOSTILE: &str = "x \u{1b}[2J\u{1b}]0;t\u{7} \u{9b}31m \u{7f} \u{202e}gnp \u{2066} \u{200b} \u{0}\r ::error file=a::boom ##[add-mask]x ##vso[task] \n::warning::y\n\t**b** <img src=x> [l](https://evil.example) `c` | t";

#[test]
fn no_text_from_outside_acts_on_a_terminal_in_a_log_or_as_markdown() {
    let world = whole();
    let mut seen = 0;
    for pointer in all_pointers(&world) {
        let Some(Value::String(old)) = world.pointer(&pointer) else { continue };
        // A value that must stay what it is for others to be looked at, and one that becomes long enough to be wrapped.
        for value in [HOSTILE.to_owned(), format!("{old}{}{}", "y".repeat(37), HOSTILE.replace(' ', ""))] {
            let mut world = world.clone();
            *world.pointer_mut(&pointer).unwrap() = Value::from(value.as_str());
            // Where a mapping must name what the directory has, both change.
            if pointer.ends_with("groups/0/profile/name") {
                world["torq"]["claim-mappings"]["claim_mappings"][1]["claim_value"] =
                    Value::from(value.as_str());
            }
            let snapshot =
                single_file("world.json", serde_json::to_string_pretty(&world).unwrap().into(), Format::Json);
            let read = check::load(&snapshot.documents, snapshot.faults.clone());
            let sign_in = SignIn::new(&read, &[]);
            let mut names = PeopleNames::new(PeopleShown::Names);
            support::assert_harmless(&who::everyone(&sign_in, &mut names), &format!("who {pointer}"));
            for person in sign_in.considered() {
                support::assert_harmless(
                    &who::person(&sign_in, person, &mut names),
                    &format!("who {pointer}"),
                );
                let line = VerdictRow::new(&sign_in, person, &mut names).to_line();
                support::assert_harmless(std::str::from_utf8(&line).unwrap(), &format!("who json {pointer}"));
            }
            let picture = Picture::new(&sign_in, usize::MAX, &mut names);
            drop(sign_in);
            if value != HOSTILE {
                let report = Report { connections: vec![report_of(snapshot)], ..Report::default() };
                let terminal = Terminal { colour: Colour::Off, width: 40 };
                let text = pretty::report(&report, PeopleShown::Names, terminal, Detail::Usual);
                support::assert_harmless(std::str::from_utf8(&text).unwrap(), &format!("narrow {pointer}"));
                continue;
            }
            let report = report_of(snapshot);
            let page = page::check(
                &Report { connections: vec![report.clone()], ..Report::default() },
                &[picture],
                &mut names,
            );
            let page = String::from_utf8(page).unwrap();
            support::assert_harmless(&page, &format!("page {pointer}"));
            assert!(!page.contains("<img"), "{pointer}");
            for (format, text) in render(report) {
                seen += usize::from(text.contains("boom"));
                if format == "sarif" {
                    let log: Value = serde_json::from_str(&text).unwrap();
                    for result in log["runs"][0]["results"].as_array().unwrap() {
                        let markdown = result["message"]["markdown"].as_str().unwrap();
                        for acts in [" **b**", " <img", " `c`"] {
                            assert!(!markdown.contains(acts), "{pointer}: {markdown}");
                        }
                    }
                }
            }
        }
    }
    assert!(seen > 100, "the hostile text was shown {seen} times only");
}
