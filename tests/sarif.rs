//! What code scanning gets: every Bad world and every example as SARIF, judged by the standard's schema, by Microsoft's validator and by
//! the contract's own words; and hostile input, big reports and odd paths.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use proptest::prelude::*;
use serde_json::{Value, json};
use ssolint::check;
use ssolint::document::position::{Format, Region};
use ssolint::document::{DocumentName, JsonPath, SourceFile};
use ssolint::finding::locate::Location;
use ssolint::finding::prose::{PeopleShown, acts};
use ssolint::finding::{Concerned, Finding, Need, NotEvaluated, Prose, Related, Severity, Spot, Worse};
use ssolint::model::Place;
use ssolint::report::sarif::{self, MOST_RESULTS};
use ssolint::report::{Assumed, ConnectionReport, Fault, Report, Reported};
use ssolint::rules::catalogue;
use ssolint::rules::facts::Options;
use ssolint::source::snapshot::{self, SnapshotError};

// ---- reports made by hand ----

const RULE: &str = "redirect-uri-mismatch";

fn spot() -> Spot {
    let path = JsonPath::root().key("settings").key("oauthClient").key("redirect_uris").index(1);
    Spot::value(Place::new(DocumentName::App, path))
}

fn at(line: usize) -> Location {
    let region = Region { line, column: 7, end_line: line, end_column: 12, start: 0, end: 5 };
    Location { file: 0, region, path: spot().place.to_string(), exact: true }
}

fn finding(message: impl Into<Prose>) -> Reported {
    let finding = Finding {
        rule: RULE,
        severity: Severity::Error,
        spot: spot(),
        message: message.into(),
        why: "Nobody gets in".into(),
        fix: "Type it.".into(),
        related: Vec::new(),
        subject: vec!["subject".to_owned()],
        people: Concerned::default(),
    };
    Reported { finding, location: at(3), related: Vec::new(), fingerprint: "00ff:1".to_owned() }
}

fn linked(mut reported: Reported, label: &str) -> Reported {
    let related = Related {
        spot: Spot::key(Place::new(DocumentName::Connection, JsonPath::root().key("torq"))),
        message: label.into(),
    };
    reported.finding.related.push(related);
    reported.related.push(at(9));
    reported
}

fn connection(path: &str, findings: Vec<Reported>) -> ConnectionReport {
    ConnectionReport {
        name: "acme-prod".to_owned(),
        origin: path.to_owned(),
        files: vec![SourceFile { path: path.to_owned(), text: "{}".into(), format: Format::Json }],
        findings,
        evaluated: vec![RULE],
        ..ConnectionReport::default()
    }
}

fn one(connection: ConnectionReport) -> Report {
    Report { connections: vec![connection], ..Report::default() }
}

fn bytes(report: &Report) -> Vec<u8> {
    sarif::report(report, PeopleShown::Counts)
}

fn log(report: &Report) -> Value {
    serde_json::from_slice(&bytes(report)).unwrap()
}

/// The only result of a report with one finding.
fn result(reported: Reported) -> Value {
    let log = log(&one(connection("okta/app.json", vec![reported])));
    log["runs"][0]["results"][0].clone()
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

// ---- every world and every example, written once ----

/// Beside the build's own folders.
fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap()
}

fn write(folder: &Path, name: &str, report: &Report) -> PathBuf {
    let path = folder.join(format!("{name}.sarif"));
    fs::write(&path, bytes(report)).unwrap();
    path
}

fn empty_folder(name: &str) -> PathBuf {
    let folder = target().join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Every file in `target/sarif/`.
fn written() -> &'static [PathBuf] {
    static WRITTEN: OnceLock<Vec<PathBuf>> = OnceLock::new();
    WRITTEN.get_or_init(|| {
        let folder = empty_folder("sarif");
        let mut written = bad_worlds(&folder);
        let mut examples = Vec::new();
        snapshots_below(Path::new("examples"), &mut examples);
        for (path, report) in examples {
            written.push(write(&folder, &path.replace(['/', '.', ' '], "-"), &one(report)));
        }
        for (name, report) in by_hand() {
            written.push(write(&folder, name, &report));
        }
        written
    })
}

fn bad_worlds(folder: &Path) -> Vec<PathBuf> {
    let mut written = Vec::new();
    for rule in catalogue() {
        for (number, example) in rule.page().bad().iter().enumerate() {
            let (snapshot, options) = support::page_world(example);
            let report = check::connection(snapshot, catalogue(), &options);
            assert!(!report.findings.is_empty(), "{}: Bad {:?} has no finding", rule.id, example.title);
            written.push(write(folder, &format!("{}-{number}", rule.id), &one(report)));
        }
    }
    assert!(!written.is_empty(), "no page has a Bad world");
    written
}

/// Every snapshot in a folder, at any depth; it may hold other things as well.
fn snapshots_below(folder: &Path, found: &mut Vec<(String, ConnectionReport)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let extension = path.extension().and_then(|extension| extension.to_str());
        if !path.is_dir() && !matches!(extension, Some("json" | "yaml" | "yml")) {
            continue;
        }
        match snapshot::read(&path) {
            Ok(snapshot) => {
                let report = check::connection(snapshot, catalogue(), &Options::new());
                found.push((path.to_string_lossy().into_owned(), report));
            }
            Err(SnapshotError::NotASnapshot { .. }) if path.is_dir() => snapshots_below(&path, found),
            Err(SnapshotError::NotASnapshot { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// What no page and no example shows.
fn by_hand() -> Vec<(&'static str, Report)> {
    let hostile: Vec<Reported> =
        HOSTILE.iter().map(|(name, ..)| linked(finding(format!("Group {name} is empty.")), name)).collect();
    let mut nothing = connection("a/connection.yaml", Vec::new());
    nothing.evaluated.clear();
    let other = ConnectionReport {
        name: "Ünïcode/😀 [x]".to_owned(),
        ..connection("b.json", vec![finding("B.")])
    };
    vec![
        ("hostile", one(connection("okta/app.json", hostile))),
        ("spaces", one(connection("my snapshots/ä #1/okta/app.json", vec![finding("A.")]))),
        ("absolute", one(connection("/srv/snapshots/okta/app.json", vec![linked(finding("A."), "there")]))),
        ("outside", one(connection("../okta/app.json", vec![finding("A.")]))),
        ("everything-else", one(with_notifications())),
        ("no-rule-and-no-finding", one(nothing)),
        ("no-connection", Report::default()),
        (
            "several",
            Report {
                connections: vec![connection("a.json", vec![finding("A.")]), other],
                ..Report::default()
            },
        ),
    ]
}

fn with_notifications() -> ConnectionReport {
    ConnectionReport {
        not_evaluated: vec![NotEvaluated {
            rule: RULE,
            severity: Severity::Error,
            needs: vec![
                Need {
                    missing: "okta/app.json was refused: [no](1)".to_owned(),
                    remedy: "Ask again.".to_owned(),
                },
                Need { missing: "torq/roles.json was not read".to_owned(), remedy: "Add it".to_owned() },
            ],
        }],
        evaluated: Vec::new(),
        faults: vec![Fault {
            file: "okta/app users.json".to_owned(),
            line: 4,
            column: 2,
            message: "expected a list\u{1b}[31m".to_owned(),
        }],
        notices: vec!["okta/x.json is not a document of a snapshot, and was left out".to_owned()],
        declared: vec!["the groups claim groups is as connection.yaml declares it".to_owned()],
        assumed: vec![Assumed { name: "policy", people: 1_234 }],
        ..connection("okta/app.json", Vec::new())
    }
}

fn results(log: &Value) -> Vec<&Value> {
    array(&log["runs"]).iter().flat_map(|run| array(&run["results"])).collect()
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

// ---- the standard and the validator ----

/// Says aloud that a test did not run; in CI everything must be there.
fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}");
    // Written past the test's captured output.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}

fn validator() -> Option<PathBuf> {
    std::env::var_os("SARIF_MULTITOOL").map(PathBuf::from)
}

/// The standard's schema with its errata, else the copy that comes with the validator.
fn schema() -> Option<Value> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/peers/sarif-schema-2.1.0.json");
    let beside = validator().map(|path| path.with_file_name("sarif-2.1.0.json"));
    let path = Some(shared).filter(|path| path.exists()).or(beside)?;
    Some(read(&path))
}

#[test]
fn every_file_is_valid_against_the_schema() {
    let Some(schema) = schema() else { return skip("no SARIF schema is there") };
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    assert!(!validator.is_valid(&json!({"version": "2.1.0"})), "a schema that takes everything");
    for path in written() {
        let log = read(path);
        let errors: Vec<String> =
            validator.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{}: {}", path.display(), errors.join("\n"));
    }
}

/// What the validator says: rule and file, of level error or warning.
fn complaints(validator: &Path, folder: &str, files: &[PathBuf]) -> Vec<String> {
    let output = empty_folder(folder).join("validated.sarif");
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sarif/validator.xml");
    let run = Command::new(validator)
        .arg("validate")
        .args(files)
        .arg("--config")
        .arg(&config)
        .args(["--rule-kind", "Sarif;Gh;Ghas", "--level", "Error;Warning", "--log", "ForceOverwrite"])
        // Larger files are left out without an error.
        .args(["--max-file-size-in-kb", "100000", "--output"])
        .arg(&output)
        .output()
        .expect("SARIF_MULTITOOL runs");
    assert!(
        run.status.success(),
        "{}{}",
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr)
    );
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(said.contains(&format!("Done. {} files scanned.", files.len())), "not every file: {said}");
    let log = read(&output);
    let done = &log["runs"][0]["invocations"][0];
    let notes = ["toolExecutionNotifications", "toolConfigurationNotifications"];
    for note in notes.into_iter().flat_map(|kind| array(&done[kind])) {
        // Our configuration turns one rule off, and the validator says so.
        let ours = note["descriptor"]["id"] == "WRN999.RuleExplicitlyDisabled";
        assert!(ours || note["level"] == "note", "the validator could not do its work: {note}");
    }
    results(&log)
        .into_iter()
        .filter(|result| matches!(result["level"].as_str().unwrap_or("warning"), "error" | "warning"))
        .map(|result| {
            let file = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
            format!("{} {file}: {}", result["ruleId"].as_str().unwrap(), result["message"])
        })
        .collect()
}

#[test]
fn the_validator_has_no_error_and_no_warning() {
    let Some(validator) = validator() else { return skip("SARIF_MULTITOOL is not set") };
    let found = complaints(&validator, "sarif-validated", written());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_validator_would_complain_of_a_result_that_code_scanning_refuses() {
    let Some(validator) = validator() else { return skip("SARIF_MULTITOOL is not set") };
    let folder = empty_folder("sarif-refused");
    let good = log(&one(connection("/srv/app.json", vec![finding("A.")])));
    type Spoil = fn(&mut Value);
    let cases: [(&str, &str, Spoil); 5] = [
        ("no-text", "GH1007", |result| result["message"] = json!({"id": "default"})),
        ("no-locations", "GH1001", |result| drop(result.as_object_mut().unwrap().remove("locations"))),
        ("no-region", "GH1003", |result| {
            drop(result["locations"][0]["physicalLocation"].as_object_mut().unwrap().remove("region"));
        }),
        ("https", "GH1005", |result| {
            result["locations"][0]["physicalLocation"]["artifactLocation"] =
                json!({"uri": "https://acme.okta.com/app"});
        }),
        ("file", "GH1006", |result| {
            result["locations"][0]["physicalLocation"]["artifactLocation"] =
                json!({"uri": "file:///srv/app.json"});
        }),
    ];
    let mut files = Vec::new();
    for (name, _, spoil) in cases {
        let mut bad = good.clone();
        spoil(&mut bad["runs"][0]["results"][0]);
        let path = folder.join(format!("{name}.sarif"));
        fs::write(&path, bad.to_string()).unwrap();
        files.push(path);
    }
    let found = complaints(&validator, "sarif-refused-validated", &files);
    for (name, rule, _) in cases {
        let seen =
            found.iter().any(|line| line.starts_with(rule) && line.contains(&format!("/{name}.sarif")));
        assert!(seen, "{rule} is off, or does not see {name}:\n{}", found.join("\n"));
    }
}

#[test]
fn a_full_run_has_only_more_results_than_the_validator_knows_of() {
    let Some(validator) = validator() else { return skip("SARIF_MULTITOOL is not set") };
    let file = write(&empty_folder("sarif-full"), "full", &one(connection("okta/app.json", many())));
    // GH1004 counts with limits that code scanning has raised since: 1,000 results of a run.
    let found = complaints(&validator, "sarif-full-validated", &[file]);
    assert_eq!(found.len(), 1, "{}", found.join("\n"));
    assert!(found.iter().all(|line| line.starts_with("GH1004 ")), "{}", found.join("\n"));
}

// ---- what the contract says of every result and rule ----

/// Links of a plain message as GitHub's readers find them, and the rest of the text without escapes.
fn links(text: &str) -> (Vec<(String, String)>, String) {
    let (mut links, mut rest) = (Vec::new(), String::new());
    let mut open: Option<String> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let escaped = c == '\\' && matches!(chars.peek(), Some('\\' | '[' | ']'));
        let shown = if escaped { chars.next().unwrap() } else { c };
        match &mut open {
            None if c == '[' => open = Some(String::new()),
            None => rest.push(shown),
            Some(label) if c == ']' && chars.peek() == Some(&'(') => {
                chars.next();
                let target: String = chars.by_ref().take_while(|c| *c != ')').collect();
                links.push((label.clone(), target));
                open = None;
            }
            Some(label) => label.push(shown),
        }
    }
    assert!(open.is_none(), "a bracket is open: {text}");
    (links, rest)
}

fn check_result(run: &Value, result: &Value) {
    let rules = array(&run["tool"]["driver"]["rules"]);
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(rules[index]["id"], result["ruleId"]);
    assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
    let prints = result["partialFingerprints"].as_object().unwrap();
    assert_eq!(prints.keys().collect::<Vec<_>>(), ["ssolint/v1"]);
    let [location] = array(&result["locations"]) else { panic!("one location: {result}") };
    let related = array(&result["relatedLocations"]);
    for location in related.iter().chain([location]) {
        let uri = location["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
        assert!(!uri.contains(':') && !uri.starts_with('/') && uri.is_ascii(), "{uri}");
        for count in ["startLine", "startColumn", "endLine", "endColumn"] {
            let count = &location["physicalLocation"]["region"][count];
            assert!(count.as_u64().is_some_and(|count| count > 0), "{location}");
        }
        let logical = &location["logicalLocations"][0];
        for property in ["name", "fullyQualifiedName", "kind"] {
            assert!(logical[property].as_str().is_some_and(|text| !text.is_empty()), "{logical}");
        }
    }
    let ids: Vec<String> = related.iter().map(|location| location["id"].to_string()).collect();
    let (links, _) = links(result["message"]["text"].as_str().unwrap());
    assert_eq!(links.into_iter().map(|(_, target)| target).collect::<Vec<_>>(), ids, "{result}");
}

fn check_rule(rule: &Value) {
    let id = rule["id"].as_str().unwrap();
    for text in [
        "/shortDescription/text",
        "/fullDescription/text",
        "/help/text",
        "/help/markdown",
        "/helpUri",
        "/defaultConfiguration/level",
        "/properties/precision",
        "/properties/security-severity",
    ] {
        let text = rule.pointer(text).and_then(Value::as_str);
        assert!(text.is_some_and(|text| !text.is_empty()), "{id}: {rule}");
    }
    let help = rule["help"]["text"].as_str().unwrap();
    assert!(
        !help.contains('`') && !help.lines().any(|line| line.starts_with('#')),
        "{id}: plain text: {help}"
    );
    assert!(!rule["help"]["markdown"].as_str().unwrap().contains("## Bad"), "{id}: the worlds are no help");
    let severity: f64 = rule["properties"]["security-severity"].as_str().unwrap().parse().unwrap();
    let least = match rule["defaultConfiguration"]["level"].as_str().unwrap() {
        "error" => 7.0,
        "warning" => 4.0,
        _ => 0.1,
    };
    assert!(severity >= least && severity < 9.0, "{id}: {severity}");
    assert!(array(&rule["properties"]["tags"]).contains(&json!("security")), "{id}");
}

#[test]
fn every_result_and_every_rule_is_whole() {
    let mut seen = 0;
    for path in written() {
        let text = fs::read_to_string(path).unwrap();
        assert!(text.ends_with("}\n"));
        let acting = text.chars().find(|c| acts(*c) && *c != '\n');
        assert_eq!(acting, None, "{} has a character that acts", path.display());
        for run in array(&read(path)["runs"]) {
            assert_eq!(run["columnKind"], "unicodeCodePoints");
            let id = run["automationDetails"]["id"].as_str().unwrap();
            assert!(id.starts_with("ssolint/") && id.ends_with('/') && id.len() > "ssolint//".len(), "{id}");
            let order: Vec<&str> = array(&run["tool"]["driver"]["rules"])
                .iter()
                .map(|rule| rule["id"].as_str().unwrap())
                .collect();
            let catalogue: Vec<&str> =
                catalogue().map(|rule| rule.id).filter(|id| order.contains(id)).collect();
            assert_eq!(order, catalogue);
            array(&run["tool"]["driver"]["rules"]).iter().for_each(check_rule);
            for result in array(&run["results"]) {
                check_result(run, result);
                seen += 1;
            }
        }
    }
    assert!(seen > catalogue().count(), "{seen} results");
}

#[test]
fn a_run_lists_the_rules_that_ran_and_those_that_could_not() {
    for (evaluated, not_evaluated) in [(vec![RULE], vec![]), (vec![], vec![RULE])] {
        let needs = Vec::new();
        let row = |rule| NotEvaluated { rule, severity: Severity::Error, needs: Vec::clone(&needs) };
        let connection = ConnectionReport {
            evaluated,
            not_evaluated: not_evaluated.into_iter().map(row).collect(),
            ..connection("okta/app.json", Vec::new())
        };
        let log = log(&one(connection));
        assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][0]["id"], RULE);
        assert_eq!(log["runs"][0]["results"], json!([]));
    }
}

#[test]
fn the_message_says_what_is_wrong_why_and_what_to_do_and_links_to_the_rest() {
    let result = result(linked(linked(finding("It is wrong"), "Torq asks for this URL"), "and this one"));
    assert_eq!(
        result["message"]["text"],
        "It is wrong. Nobody gets in. Type it. See [Torq asks for this URL](1), [and this one](2)."
    );
    assert_eq!(
        result["message"]["markdown"],
        "It is wrong\\. Nobody gets in\\. Type it\\. See [Torq asks for this URL](1), [and this one](2)."
    );
    assert_eq!(result["relatedLocations"][1]["id"], 2);
    assert_eq!(result["relatedLocations"][1]["message"]["text"], "and this one");
    assert_eq!(
        result["relatedLocations"][0]["logicalLocations"][0]["fullyQualifiedName"],
        "connection.yaml#/torq"
    );
}

#[test]
fn the_place_is_a_region_and_a_path() {
    let location = &result(finding("A."))["locations"][0];
    assert_eq!(
        location["physicalLocation"],
        json!({
            "artifactLocation": {"uri": "okta/app.json"},
            "region": {"startLine": 3, "startColumn": 7, "endLine": 3, "endColumn": 12},
        })
    );
    assert_eq!(
        location["logicalLocations"],
        json!([{"name": "1", "kind": "value", "fullyQualifiedName": "okta/app.json#/settings/oauthClient/redirect_uris/1"}])
    );
}

#[test]
fn a_fingerprint_does_not_move_with_the_line() {
    let (early, mut late) = (finding("A."), finding("A."));
    late.location = at(400);
    assert_eq!(result(early.clone())["partialFingerprints"], json!({"ssolint/v1": "00ff:1"}));
    assert_eq!(result(late)["partialFingerprints"], result(early)["partialFingerprints"]);
}

// ---- hostile input ----

/// A name from outside; how it stands in the plain message, in its link, and in the Markdown message.
const HOSTILE: [(&str, &str, &str, &str); 9] = [
    (
        "[x](https://evil.example)",
        "\\[x\\](https://evil.example)",
        "\\[x\\](https://evil.example)",
        "\\[x\\]\\(https\\:\\/\\/evil\\.example\\)",
    ),
    ("![i](//e/p.png)", "!\\[i\\](//e/p.png)", "!\\[i\\](//e/p.png)", "\\!\\[i\\]\\(\\/\\/e\\/p\\.png\\)"),
    ("*b* _i_ `c`", "*b* _i_ `c`", "*b* _i_ `c`", "\\*b\\* \\_i\\_ \\`c\\`"),
    ("<img src=x>", "<img src=x>", "<img src=x>", "\\<img src\\=x\\>"),
    ("a\\[b", "a\\\\\\[b", "a\\\\\\[b", "a\\\\\\[b"),
    ("^\\d+[a-z]$", "^\\d+\\[a-z\\]$", "^\\\\d+\\[a-z\\]$", "\\^\\\\d\\+\\[a\\-z\\]\\$"),
    ("two\\\\slashes", "two\\\\\\\\slashes", "two\\\\\\\\slashes", "two\\\\\\\\slashes"),
    ("\u{1b}[31mred", "\\u{1b}\\[31mred", "\\\\u{1b}\\[31mred", "\\\\u\\{1b\\}\\[31mred"),
    (
        "right\u{202e}left\u{9b}",
        "right\\u{202e}left\\u{9b}",
        "right\\\\u{202e}left\\\\u{9b}",
        "right\\\\u\\{202e\\}left\\\\u\\{9b\\}",
    ),
];

#[test]
fn nothing_from_outside_acts_in_a_message() {
    for (name, plain, label, markdown) in HOSTILE {
        let result = result(linked(finding(format!("Group {name} is empty.")), name));
        let text = result["message"]["text"].as_str().unwrap();
        assert_eq!(text, format!("Group {plain} is empty. Nobody gets in. Type it. See [{label}](1)."));
        assert_eq!(
            result["message"]["markdown"].as_str().unwrap(),
            format!("Group {markdown} is empty\\. Nobody gets in\\. Type it\\. See [{markdown}](1).")
        );
        // A reader finds our one link and, the escapes taken away, the name as the other reports show it.
        let shown = ssolint::finding::prose::visible(name);
        let (links, rest) = links(text);
        assert_eq!(links, [(shown.clone(), "1".to_owned())]);
        assert!(rest.starts_with(&format!("Group {shown} is empty.")), "{rest}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_reader_finds_our_links_and_no_others(name in r"[\\\[\]()!a1\n]{0,12}") {
        let result = result(linked(finding(format!("Group {name}|")), &format!("the {name}|")));
        let (links, rest) = links(result["message"]["text"].as_str().unwrap());
        let shown = ssolint::finding::prose::visible(&name);
        prop_assert_eq!(links, [(format!("the {shown}|"), "1".to_owned())]);
        prop_assert!(rest.starts_with(&format!("Group {shown}|. Nobody")), "{}", rest);
    }
}

#[test]
fn people_are_counted_unless_names_are_asked_for() {
    let mut reported = finding(Prose::from("Locked out: ").person("ada@acme.com").text("."));
    reported.finding.people = Concerned::new(["ada@acme.com", "bob@acme.com"], Worse::WithMore);
    let report = one(connection("okta/app.json", vec![reported]));
    for (shown, message, properties) in [
        (PeopleShown::Counts, "Locked out: (a person).", json!({"peopleCount": 2})),
        (
            PeopleShown::Names,
            "Locked out: ada@acme.com.",
            json!({"peopleCount": 2, "people": ["ada@acme.com", "bob@acme.com"]}),
        ),
        (
            PeopleShown::Pseudonyms,
            "Locked out: person-1.",
            json!({"peopleCount": 2, "people": ["person-1", "person-2"]}),
        ),
    ] {
        let bytes = sarif::report(&report, shown);
        let log: Value = serde_json::from_slice(&bytes).unwrap();
        let result = &log["runs"][0]["results"][0];
        assert!(result["message"]["text"].as_str().unwrap().starts_with(message), "{result}");
        assert_eq!(result["properties"], properties);
        let named = String::from_utf8(bytes).unwrap().contains("acme.com");
        assert_eq!(named, shown == PeopleShown::Names);
    }
}

// ---- paths, sizes, several connections ----

#[test]
fn a_path_becomes_a_relative_uri() {
    for (path, uri, base) in [
        ("okta/app.json", "okta/app.json", None),
        ("./okta//app.json", "okta/app.json", None),
        ("my snapshots/a#b?.json", "my%20snapshots/a%23b%3F.json", None),
        ("ä/😀.json", "%C3%A4/%F0%9F%98%80.json", None),
        ("100%/a:b.json", "100%25/a%3Ab.json", None),
        ("odd\u{1b}\u{202e}.json", "odd%1B%E2%80%AE.json", None),
        ("../okta/app.json", "../okta/app.json", None),
        ("/srv/okta/app.json", "srv/okta/app.json", Some("FILESYSTEM_ROOT")),
        ("C:/okta/app.json", "C%3A/okta/app.json", Some("FILESYSTEM_ROOT")),
    ] {
        let log = log(&one(connection(path, vec![finding("A.")])));
        let run = &log["runs"][0];
        let location = &run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!(location["uri"], uri);
        assert_eq!(location["uriBaseId"].as_str(), base);
        assert_eq!(run["originalUriBaseIds"]["FILESYSTEM_ROOT"]["uri"].as_str(), base.map(|_| "file:///"));
    }
}

/// 6,000 findings, worst first.
fn many() -> Vec<Reported> {
    (0..6_000)
        .map(|number| {
            let mut reported = finding(format!("Finding {number}."));
            reported.finding.severity = if number < 2_000 { Severity::Error } else { Severity::Note };
            reported.fingerprint = format!("{number:08x}:1");
            reported
        })
        .collect()
}

#[test]
fn a_run_has_at_most_5000_results_the_worst_and_says_how_many_are_missing() {
    let log = log(&one(connection("okta/app.json", many())));
    let results = results(&log);
    assert_eq!((MOST_RESULTS, results.len()), (5_000, 5_000));
    assert_eq!(results.iter().filter(|result| result["level"] == "error").count(), 2_000);
    let prints: BTreeSet<&str> =
        results.iter().map(|result| result["partialFingerprints"]["ssolint/v1"].as_str().unwrap()).collect();
    assert_eq!(prints.len(), 5_000);
    let said = notifications(&log);
    assert!(
        said["results-left-out"].starts_with("warning: 1,000 of 6,000 findings are left out"),
        "{said:?}"
    );
}

#[test]
fn connections_have_a_run_and_a_category_each() {
    let named =
        |name: &str| ConnectionReport { name: name.to_owned(), ..connection("a.json", vec![finding("A.")]) };
    let report = Report {
        connections: vec![named("acme-prod"), named("acme-test"), named("acme-prod")],
        ..Report::default()
    };
    let log = log(&report);
    let ids: Vec<&str> =
        array(&log["runs"]).iter().map(|run| run["automationDetails"]["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["ssolint/acme-prod/", "ssolint/acme-test/", "ssolint/acme-prod/2/"]);
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    for (name, report) in by_hand() {
        assert_eq!(bytes(&report), bytes(&report.clone()), "{name}");
        let text = String::from_utf8(bytes(&report)).unwrap();
        for changing in ["Utc\"", "guid\"", "Guid\"", "\"machine\"", "\"account\"", "\"workingDirectory\""] {
            assert!(!text.contains(changing), "{name} has {changing}");
        }
    }
}

// ---- what is not a finding ----

/// By descriptor, level and text.
fn notifications(log: &Value) -> BTreeMap<String, String> {
    array(&log["runs"][0]["invocations"][0]["toolExecutionNotifications"])
        .iter()
        .map(|row| {
            let text =
                format!("{}: {}", row["level"].as_str().unwrap(), row["message"]["text"].as_str().unwrap());
            (row["descriptor"]["id"].as_str().unwrap().to_owned(), text)
        })
        .collect()
}

#[test]
fn what_could_not_be_done_is_said() {
    let log = log(&one(with_notifications()));
    let said = notifications(&log);
    for (about, text) in [
        (
            RULE,
            "warning: redirect-uri-mismatch was not evaluated, at least in part: okta/app.json was refused: \\[no\\](1). Ask again. torq/roles.json was not read. Add it.",
        ),
        ("unreadable", "error: okta/app users.json could not be read: expected a list\\u{1b}\\[31m."),
        ("left-out", "note: okta/x.json is not a document of a snapshot, and was left out."),
        ("declared", "note: Declared: the groups claim groups is as connection.yaml declares it."),
        (
            "assumed",
            "note: The verdicts of 1,234 people assume that the sign-in policy lets these people in, which what was read does not settle.",
        ),
    ] {
        assert_eq!(said[about], text);
    }
    assert!(
        said["not-covered"].starts_with("note: No verdict covers: the global session policy; "),
        "{said:?}"
    );
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let rows = array(&invocation["toolExecutionNotifications"]);
    assert_eq!(
        rows[0]["locations"][0]["physicalLocation"],
        json!({
            "artifactLocation": {"uri": "okta/app%20users.json"},
            "region": {"startLine": 4, "startColumn": 2, "endLine": 4, "endColumn": 2},
        })
    );
    assert_eq!(rows[1]["associatedRule"], json!({"id": RULE, "index": 0}));
}

#[test]
fn a_run_without_faults_has_succeeded() {
    let log = log(&one(connection("okta/app.json", vec![finding("A.")])));
    assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], true);
    assert_eq!(notifications(&log).keys().collect::<Vec<_>>(), ["not-covered"]);
}

#[test]
fn a_run_has_the_counts_of_its_summary() {
    let mut connection = connection("okta/app.json", Vec::new());
    connection.summary.people = 3;
    connection.summary.granted = 2;
    connection.summary.can_repair_sso = 1;
    connection.summary.backup_accounts = 4;
    let log_of =
        |connection: &ConnectionReport| log(&one(connection.clone()))["runs"][0]["properties"].clone();
    let unknown = log_of(&connection);
    assert_eq!([&unknown["people"], &unknown["granted"], &unknown["canRepairSso"]], [3, 2, 1]);
    assert_eq!(unknown["backupAccounts"], Value::Null);
    connection.summary.backup_accounts_known = true;
    assert_eq!(log_of(&connection)["backupAccounts"], 4);
}
