//! What CI reads: a finding has the same place, severity and fingerprint in every format, nothing from input acts in any, and each keeps to
//! its reader's limits.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "formats/read.rs"]
mod read;
mod support;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use read::Told;
use ssolint::check;
use ssolint::document::position::{Format as TextFormat, Region};
use ssolint::document::{DocumentName, JsonPath, ProjectEntry, SourceFile};
use ssolint::finding::locate::Location;
use ssolint::finding::prose::{PeopleNames, PeopleShown, visible};
use ssolint::finding::{Concerned, Finding, Need, NotEvaluated, Prose, Related, Severity, Spot, Worse};
use ssolint::model::Place;
use ssolint::report::pretty::{Colour, Detail, Terminal};
use ssolint::report::{
    Accepted, ConnectionReport, Fault, Fixed, Hidden, Report, Reported, WhyHidden, github, gitlab, json,
    junit, markdown, page, pretty, sarif,
};
use ssolint::rules::catalogue;

// ---- the formats

type Write = fn(&Report, PeopleShown) -> Vec<u8>;
type Read = fn(&[u8]) -> Vec<Told>;

/// By name, with who reads it back.
const FORMATS: [(&str, Write, Read); 7] = [
    ("json", json::report, read::json),
    ("sarif", sarif::report, read::sarif),
    ("gitlab", gitlab::report, read::gitlab),
    ("junit", junit::report, read::junit),
    ("github", github::report, read::github),
    ("markdown", markdown::report, read::markdown),
    ("html", html, read::html),
];

/// A page without what it shows beside the findings.
fn html(report: &Report, people: PeopleShown) -> Vec<u8> {
    page::check(report, &[], &mut PeopleNames::new(people))
}

/// Of one severity in any order; the worst first is tested by itself.
fn sorted(mut told: Vec<Told>) -> Vec<Told> {
    told.sort();
    told
}

/// All formats say of a report what JSON says.
fn check_same(report: &Report, what: &str) {
    let expect = sorted(read::json(&json::report(report, PeopleShown::Counts)));
    for (name, write, read) in FORMATS {
        let told = sorted(read(&write(report, PeopleShown::Counts)));
        let expect = match name {
            "github" => shown_by_github(report, &told, &expect),
            "markdown" | "html" => expect.iter().cloned().map(Told::without_end).collect(),
            _ => expect.clone(),
        };
        assert_eq!(told, sorted(expect), "{what} as {name}");
    }
}

/// Of the findings those that GitHub has room for, with the columns that its runner keeps.
fn shown_by_github(report: &Report, told: &[Told], all: &[Told]) -> Vec<Told> {
    let known: BTreeSet<&str> = told.iter().map(|told| told.fingerprint.as_str()).collect();
    let unevaluated = report.connections.iter().any(|connection| !connection.not_evaluated.is_empty());
    for (severity, room) in [("error", 10), ("warning", 10 - usize::from(unevaluated)), ("note", 10)] {
        let count = |rows: &[Told]| rows.iter().filter(|row| row.severity == severity).count();
        let (all, told) = (count(all), count(told));
        let expect = all.min(room);
        assert!(
            told == expect || (severity == "note" && told == expect.min(9)),
            "{told} of {all} {severity}s"
        );
    }
    let shown = all.iter().filter(|row| known.contains(row.fingerprint.as_str())).cloned();
    let shown = shown.map(|mut row| {
        if row.end.unwrap().0 != row.start.0 {
            row.start.1 = 0;
            row.end = row.end.map(|(line, _)| (line, 0));
        }
        row
    });
    shown.collect()
}

#[test]
fn every_format_tells_the_same_findings_of_every_bad_world_and_example() {
    let mut findings = 0;
    let mut examples = Report::default();
    for (rule, example) in support::bad_worlds() {
        let (snapshot, options) = support::page_world(&example);
        let report = Report {
            connections: vec![check::connection(snapshot, catalogue(), &options)],
            ..Report::default()
        };
        findings += report.connections[0].findings.len();
        check_same(&report, &format!("{rule}: {}", example.title));
    }
    for example in support::examples() {
        let snapshot = ssolint::source::snapshot::read(&example).unwrap();
        let connection = check::connection(snapshot, catalogue(), &Default::default());
        check_same(
            &Report { connections: vec![connection.clone()], ..Report::default() },
            &example.display().to_string(),
        );
        examples.connections.push(connection);
    }
    assert!(findings > catalogue().count(), "{findings} findings");
    assert!(examples.connections.len() > 2);
}

// ---- reports made by hand

const RULE: &str = "redirect-uri-mismatch";

fn spot() -> Spot {
    let path = JsonPath::root().key("settings").key("oauthClient").key("redirect_uris").index(1);
    Spot::value(Place::new(DocumentName::App, path))
}

fn at(line: usize) -> Location {
    let region = Region { line, column: 7, end_line: line, end_column: 12, start: 0, end: 5 };
    Location { file: 0, region, path: spot().place.to_string(), exact: true }
}

fn finding(number: usize, severity: Severity, message: impl Into<Prose>) -> Reported {
    let finding = Finding {
        rule: RULE,
        severity,
        spot: spot(),
        message: message.into(),
        why: "Nobody gets in, since Okta compares redirect URIs character by character".into(),
        fix: "Add https://app.torq.io/__/auth/handler under Applications > General.".into(),
        related: vec![Related { spot: spot(), message: "Torq asks for this URL".into() }],
        subject: vec![number.to_string()],
        people: Concerned::default(),
    };
    Reported {
        finding,
        location: at(number + 1),
        related: vec![at(number + 2)],
        fingerprint: format!("{number:032x}:1"),
    }
}

fn connection(path: &str, findings: Vec<Reported>) -> ConnectionReport {
    ConnectionReport {
        name: "acme-prod".to_owned(),
        origin: path.to_owned(),
        files: vec![SourceFile { path: path.to_owned(), text: "{}".into(), format: TextFormat::Json }],
        findings,
        evaluated: vec![RULE, "claim-mapping-shadowed"],
        ..ConnectionReport::default()
    }
}

fn one(connection: ConnectionReport) -> Report {
    Report { connections: vec![connection], ..Report::default() }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn every_format_tells_the_same_of_odd_paths_several_lines_and_several_connections() {
    let mut long = finding(0, Severity::Warning, "It is wrong");
    long.location.region.end_line = 9;
    let mut reports = vec![("several lines", one(connection("okta/app.json", vec![long])))];
    for path in ["my snapshots/ä #1/a,b:c%3A.json", "../okta/app.json", "okta/`a`|b.json"] {
        reports.push((path, one(connection(path, vec![finding(0, Severity::Error, "It is wrong")]))));
    }
    let other = ConnectionReport {
        name: "Ünïcode/😀 [x] `y`".to_owned(),
        ..connection("b.json", vec![finding(7, Severity::Error, "It is wrong")])
    };
    let several = vec![connection("a.json", vec![finding(1, Severity::Note, "It is wrong")]), other];
    reports.push(("several connections", Report { connections: several, ..Report::default() }));
    reports.push(("no finding", one(connection("a.json", Vec::new()))));
    reports.push(("no connection", Report::default()));
    for (what, report) in reports {
        check_same(&report, what);
    }
}

#[test]
fn a_live_finding_lies_on_the_project_file_and_names_its_document() {
    let entry = ProjectEntry { file: "ssolint.yaml".to_owned(), line: 4, column: 5, end_column: 20 };
    let live = ConnectionReport {
        live_entry: Some(entry),
        ..connection("okta/app.json", vec![finding(0, Severity::Error, "It is wrong")])
    };
    let report = one(live);
    check_same(&report, "live");
    let told = read::json(&json::report(&report, PeopleShown::Counts));
    assert_eq!((told[0].path.as_str(), told[0].start, told[0].end), ("ssolint.yaml", (4, 5), Some((4, 20))));
    for (name, write, _) in FORMATS.into_iter().filter(|(name, ..)| *name != "json") {
        let text = text(write(&report, PeopleShown::Counts));
        assert!(text.contains("okta/app.json"), "{name}: {text}");
    }
}

// ---- nothing from input acts

const HOSTILE: [&str; 16] = [
    "[x](https://evil.example)",
    "![i](//e/p.png) <img src=x onerror=alert(1)>",
    "*b* _i_ ~~s~~ `c` $x$ :smile: [^1] [ ]",
    "@torq/owners #1 GH-12 www.evil.example a@evil.example",
    "| a | b |",
    "</failure></testcase> ]]> &amp; <!-- x -->",
    "%0A::error::x%0D%25",
    "::error file=a::b",
    "x ::add-mask::secret",
    "##[error]x ##vso[task.setvariable]x",
    "a,title=x:b%3Ac",
    "\u{1b}[31mred\u{7}",
    "right\u{202e}left\u{9b}",
    "one\ntwo\r\n::warning::three\n# four\n- five\n1. six",
    "\u{fffe}\u{ffff}\u{0}\u{b}",
    "\"' \\ \\d `` ``` ````",
];

/// A name from input in every place where one can be.
fn hostile(name: &str) -> Report {
    let mut reported = finding(0, Severity::Error, format!("Group {name} is empty."));
    reported.finding.fix = Prose::from(format!("{name} is to be typed, for ")).person(name);
    reported.finding.why = name.into();
    reported.finding.related[0].message = name.into();
    reported.finding.people = Concerned::new([name], Worse::WithMore);
    let need = Need { missing: format!("{name} was not read"), remedy: name.to_owned() };
    one(ConnectionReport {
        name: name.to_owned(),
        not_evaluated: vec![NotEvaluated { rule: RULE, severity: Severity::Error, needs: vec![need] }],
        faults: vec![Fault { file: name.to_owned(), line: 4, column: 2, message: name.to_owned() }],
        notices: vec![name.to_owned()],
        declared: vec![name.to_owned()],
        ..connection(name, vec![reported])
    })
}

#[test]
fn nothing_from_input_acts_in_any_format() {
    for name in HOSTILE {
        let report = hostile(name);
        for people in [PeopleShown::Counts, PeopleShown::Names] {
            for (format, write, _) in FORMATS {
                let text = text(write(&report, people));
                if format == "github" {
                    // A line of ours is a command; that there are no others, its reader sees.
                    let lines: String =
                        text.lines().map(|line| format!("{}\n", line.trim_start_matches(':'))).collect();
                    support::assert_harmless(&lines, format);
                } else {
                    support::assert_harmless(&text, format);
                }
            }
            let bytes = github::report(&report, people);
            let titles: Vec<String> =
                read::commands(&bytes).iter().map(|command| command.properties["title"].clone()).collect();
            assert_eq!(titles, ["unreadable", RULE, "ssolint: not evaluated"], "{name}");
            let bytes = junit::report(&report, people);
            assert_eq!(read::junit_report(&bytes).tests, 4, "{name}");
            // The reader panics where anything acts.
            assert_eq!(read::markdown(&markdown::report(&report, people)).len(), 1, "{name}");
        }
    }
}

#[test]
fn a_bar_in_a_name_ends_no_cell() {
    let report =
        one(ConnectionReport { name: "a | b `|` c\\|".to_owned(), ..connection("a.json", Vec::new()) });
    let summary = read::markdown_text(&markdown::report(&report, PeopleShown::Counts));
    assert!(summary.contains("a ¦ b `¦` c\\¦0000"), "{summary}");
    assert!(summary.contains("Connection a | b `|` c\\|"), "{summary}");
}

#[test]
fn what_is_to_be_typed_can_be_read_in_every_format() {
    for name in HOSTILE {
        let report = hostile(name);
        let shown = visible(name);
        let told = format!("Group {shown} is empty.");
        let junit = read::junit_report(&junit::report(&report, PeopleShown::Counts));
        let case =
            junit.test_suites[0].test_cases.iter().find(|case| case.name.as_str().starts_with(RULE)).unwrap();
        let quick_junit::TestCaseStatus::NonSuccess { message, description, .. } = &case.status else {
            panic!()
        };
        assert_eq!(message.as_ref().unwrap().as_str(), told);
        assert!(
            description.as_ref().unwrap().as_str().contains(&format!("{shown} is to be typed")),
            "{case:?}"
        );
        let gitlab = read::gitlab_entries(&gitlab::report(&report, PeopleShown::Counts));
        assert!(gitlab[1]["description"].as_str().unwrap().starts_with(&told), "{gitlab:?}");
        let github = read::commands(&github::report(&report, PeopleShown::Counts));
        assert!(github[1].data.starts_with(&told), "{github:?}");
        let markdown = read::markdown_text(&markdown::report(&report, PeopleShown::Counts));
        assert!(markdown.contains(&told), "{told} in {markdown}");
    }
}

// ---- what is no finding

#[test]
fn what_could_not_be_read_or_evaluated_is_said_in_every_format() {
    let need = Need {
        missing: "torq/roles.json was not read".to_owned(),
        remedy: "Add the answer of GET roles.".to_owned(),
    };
    let report = one(ConnectionReport {
        not_evaluated: vec![NotEvaluated { rule: RULE, severity: Severity::Error, needs: vec![need] }],
        faults: vec![Fault {
            file: "okta/users.json".to_owned(),
            line: 4,
            column: 2,
            message: "expected a list".to_owned(),
        }],
        evaluated: Vec::new(),
        ..connection("okta/app.json", Vec::new())
    });
    for (name, write, _) in FORMATS {
        let text = match name {
            "markdown" => read::markdown_text(&write(&report, PeopleShown::Counts)),
            _ => text(write(&report, PeopleShown::Counts)),
        };
        for said in [
            "torq/roles.json was not read",
            "okta/users.json",
            "expected a list",
            "Add the answer of GET roles",
        ] {
            assert!(text.contains(said), "{name} does not say {said}: {text}");
        }
    }
    let junit = read::junit_report(&junit::report(&report, PeopleShown::Counts));
    assert_eq!((junit.tests, junit.errors, junit.test_suites[0].skipped), (2, 1, 1));
    let gitlab = read::gitlab_entries(&gitlab::report(&report, PeopleShown::Counts));
    let severities: Vec<&str> = gitlab.iter().map(|entry| entry["severity"].as_str().unwrap()).collect();
    assert_eq!(severities, ["blocker", "major"]);
}

#[test]
fn what_is_left_out_or_accepted_is_said_where_there_is_room() {
    let row = NotEvaluated { rule: RULE, severity: Severity::Error, needs: Vec::new() };
    let hidden = Hidden {
        reported: finding(0, Severity::Error, "It is wrong"),
        why: WhyHidden::Ignored { reason: "known".to_owned() },
    };
    let report = one(ConnectionReport {
        accepted: vec![Accepted { row, reason: "no API token here".to_owned() }],
        hidden: vec![hidden],
        fixed: vec![Fixed { rule: RULE.to_owned(), fingerprint: "00".to_owned() }],
        evaluated: Vec::new(),
        ..connection("okta/app.json", Vec::new())
    });
    let summary = read::markdown_text(&markdown::report(&report, PeopleShown::Counts));
    let page = text(html(&report, PeopleShown::Counts));
    for said in
        ["1 ignored", "1 finding of the baseline found no more", "1 rule not evaluated", "no API token here"]
    {
        assert!(summary.contains(said), "{said} in {summary}");
        assert!(page.contains(said), "{said} in {page}");
    }
    let junit = read::junit_report(&junit::report(&report, PeopleShown::Counts));
    assert_eq!((junit.tests, junit.test_suites[0].skipped), (1, 1));
    // What is left out is told in no list of findings.
    for (name, write, read) in FORMATS {
        assert_eq!(read(&write(&report, PeopleShown::Counts)), [], "{name}");
    }
}

#[test]
fn a_rule_that_found_nothing_is_a_test_that_passed() {
    let report = one(connection("okta/app.json", vec![finding(0, Severity::Note, "It is odd")]));
    let junit = read::junit_report(&junit::report(&report, PeopleShown::Counts));
    let names: Vec<&str> = junit.test_suites[0].test_cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names, [&format!("{RULE} {:032x}:1", 0), "claim-mapping-shadowed"]);
    // A note is no failure.
    assert_eq!((junit.failures, junit.errors), (0, 0));
}

#[test]
fn people_are_named_only_where_they_are_asked_for() {
    let mut reported = finding(0, Severity::Error, Prose::from("Locked out: ").person("ada@acme.com"));
    reported.finding.people =
        Concerned::new((0..30).map(|number| format!("person{number}@acme.com")), Worse::WithMore);
    let report = one(connection("okta/app.json", vec![reported]));
    for (name, write, _) in FORMATS {
        let told = |people| match name {
            "markdown" => read::markdown_text(&write(&report, people)),
            _ => text(write(&report, people)),
        };
        assert!(!told(PeopleShown::Counts).contains("acme.com"), "{name}");
        assert!(!told(PeopleShown::Pseudonyms).contains("acme.com"), "{name}");
        assert!(told(PeopleShown::Pseudonyms).contains("person-1"), "{name}");
        assert!(told(PeopleShown::Names).contains("ada@acme.com"), "{name}");
        if !["json", "sarif"].contains(&name) {
            assert!(told(PeopleShown::Names).contains("person19@acme.com and 10 more"), "{name}");
        }
    }
}

/// Everyone of the example.
const PEOPLE: [&str; 6] = ["ada", "bob", "eve", "kim", "lee", "sam"];

#[test]
fn every_ci_format_counts_people_by_default() {
    for format in ["sarif", "github", "gitlab", "junit", "markdown"] {
        let run = |more: &[&str]| {
            let arguments = [&["check", "examples/first-look", "--format", format], more].concat();
            support::stdout(&support::ssolint(&arguments))
        };
        let named = |text: String| PEOPLE.iter().any(|person| text.contains(&format!("{person}@acme.com")));
        assert!(!named(run(&[])), "{format}");
        assert!(named(run(&["--people", "names"])), "{format}");
    }
}

// ---- limits

/// 10,000 findings, worst first: 2,000 errors, 3,000 warnings, 5,000 notes.
fn many() -> Report {
    let findings = (0..10_000).map(|number| {
        let severity = match number {
            0..2_000 => Severity::Error,
            2_000..5_000 => Severity::Warning,
            _ => Severity::Note,
        };
        let message =
            format!("Torq's Login Redirect URL https://app.torq.io/{number} is not among the app's.");
        finding(number, severity, message)
    });
    let lines: String = (0..10_010).map(|number| format!("  \"https://app.torq.io/{number}\",\n")).collect();
    let mut connection = connection("okta/app.json", findings.collect());
    connection.files[0].text = lines.into();
    let mut start = 0;
    let starts: Vec<usize> = connection.files[0]
        .text
        .split_inclusive('\n')
        .map(|line| {
            start += line.len();
            start - line.len()
        })
        .collect();
    for reported in &mut connection.findings {
        for location in std::iter::once(&mut reported.location).chain(&mut reported.related) {
            let begin = starts[location.region.line - 1];
            (location.region.start, location.region.end) = (begin + 6, begin + 11);
        }
    }
    one(connection)
}

#[test]
fn ten_thousand_findings_are_written_in_every_format_in_no_time() {
    let report = many();
    let allowed = Duration::from_secs(if cfg!(debug_assertions) { 60 } else { 1 });
    let terminal = Terminal { colour: Colour::Off, width: 100 };
    let pretty: Write = |report, people| {
        let terminal = Terminal { colour: Colour::Off, width: 100 };
        pretty::report(report, people, terminal, Detail::Usual)
    };
    assert!(
        !pretty::report(&one(connection("a", Vec::new())), PeopleShown::Names, terminal, Detail::Usual)
            .is_empty()
    );
    for (name, write) in FORMATS.map(|(name, write, _)| (name, write)).into_iter().chain([("pretty", pretty)])
    {
        let begin = Instant::now();
        let bytes = write(&report, PeopleShown::Counts);
        let took = begin.elapsed();
        println!("{name}: {} bytes in {took:?}", bytes.len());
        assert!(took < allowed, "{name} took {took:?}");
        assert!(!bytes.is_empty());
    }
}

#[test]
fn beyond_a_limit_the_worst_are_told_and_the_rest_is_counted() {
    let report = many();
    let told = |write: Write, read: Read| read(&write(&report, PeopleShown::Counts));
    let count = |told: &[Told]| {
        ["error", "warning", "note"]
            .map(|severity| told.iter().filter(|told| told.severity == severity).count())
    };
    assert_eq!(count(&told(json::report, read::json)), [2_000, 3_000, 5_000]);
    assert_eq!(count(&told(gitlab::report, read::gitlab)), [2_000, 3_000, 5_000]);
    assert_eq!(count(&told(junit::report, read::junit)), [2_000, 3_000, 5_000]);
    assert_eq!(count(&told(sarif::report, read::sarif)), [2_000, 3_000, 0]);
    assert_eq!(count(&told(html, read::html)), [2_000, 3_000, 0]);
    assert_eq!(count(&told(github::report, read::github)), [10, 10, 9]);

    assert!(
        text(html(&report, PeopleShown::Counts)).contains("Left out here, the least severe: 5,000 notes.")
    );

    let commands = read::commands(&github::report(&report, PeopleShown::Counts));
    assert_eq!(commands.len(), 30);
    let rest = &commands.last().unwrap().data;
    assert!(rest.starts_with("Not shown here: 1,990 errors, 2,990 warnings and 4,991 notes."), "{rest}");

    let summary = markdown::report(&report, PeopleShown::Counts);
    assert!(
        summary.len() <= markdown::MOST_BYTES && summary.len() > markdown::MOST_BYTES * 9 / 10,
        "{}",
        summary.len()
    );
    let [errors, warnings, notes] = count(&read::markdown(&summary));
    assert_eq!(errors, 2_000.min(errors));
    assert!(errors > 1_000 && notes == 0, "{errors} {warnings} {notes}");
    let summary = read::markdown_text(&summary);
    let rest = [(2_000 - errors, "error"), (3_000 - warnings, "warning"), (5_000 - notes, "note")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}s", ssolint::finding::prose::grouped(count)))
        .collect::<Vec<_>>();
    let last = rest.len() - 1;
    let rest = format!("Left out here, the least severe: {} and {}.", rest[..last].join(", "), rest[last]);
    assert!(summary.contains(&rest), "{rest}");
    assert!(summary.contains("No verdict covers"), "what the verdicts rest on is still said");
}

#[test]
fn a_limit_that_is_just_reached_leaves_nothing_out() {
    for (errors, warnings, notes, more) in [(10, 10, 10, 0), (11, 0, 0, 1), (0, 0, 11, 1), (0, 11, 10, 1)] {
        let severities = [(errors, Severity::Error), (warnings, Severity::Warning), (notes, Severity::Note)];
        let findings: Vec<Reported> = severities
            .into_iter()
            .flat_map(|(count, severity)| std::iter::repeat_n(severity, count))
            .enumerate()
            .map(|(number, severity)| finding(number, severity, "It is wrong"))
            .collect();
        let commands =
            read::commands(&github::report(&one(connection("a.json", findings)), PeopleShown::Counts));
        let titled =
            commands.iter().filter(|command| command.properties["title"] == "ssolint: more findings");
        assert_eq!(titled.count(), more, "{errors} {warnings} {notes}");
        for level in ["error", "warning", "notice"] {
            assert!(
                commands.iter().filter(|command| command.name == level).count() <= 10,
                "{errors} {warnings} {notes}"
            );
        }
    }
}

#[test]
fn a_file_that_gitlab_would_refuse_is_not_written() {
    let long = "x".repeat(20_000);
    let findings = (0..2_000).map(|number| finding(number, Severity::Warning, long.as_str())).collect();
    let bytes = junit::report(&one(connection("okta/app.json", findings)), PeopleShown::Counts);
    assert!(bytes.len() < 30_000_000, "{}", bytes.len());
    let junit = read::junit_report(&bytes);
    let told = read::junit(&bytes).len();
    let rest = junit.test_suites.last().unwrap();
    assert_eq!(rest.test_cases[0].name.as_str(), "results-left-out");
    let quick_junit::TestCaseStatus::NonSuccess { message, .. } = &rest.test_cases[0].status else {
        panic!()
    };
    let expect = format!("{} warnings are left out", ssolint::finding::prose::grouped(2_000 - told));
    assert!(message.as_ref().unwrap().as_str().starts_with(&expect), "{message:?}, not {expect}");
}

#[test]
fn a_summary_of_many_connections_keeps_to_its_limit() {
    let need = Need { missing: format!("{} was not read", "x".repeat(3_000)), remedy: "Add it.".to_owned() };
    let connections = (0..2_000).map(|number| ConnectionReport {
        name: format!("connection-{number}"),
        not_evaluated: vec![NotEvaluated { rule: RULE, severity: Severity::Note, needs: vec![need.clone()] }],
        ..connection("a.json", vec![finding(number, Severity::Error, "It is wrong")])
    });
    let report = Report { connections: connections.collect(), ..Report::default() };
    let summary = markdown::report(&report, PeopleShown::Counts);
    assert!(summary.len() <= markdown::MOST_BYTES, "{}", summary.len());
    assert!(read::markdown(&summary).len() > 500);
    assert!(read::markdown_text(&summary).contains("more connections left out"));
}

// ---- several in one run

#[test]
fn several_formats_are_written_in_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let formats = ["json", "sarif", "github", "gitlab", "junit", "markdown"];
    let typed: Vec<String> = formats
        .iter()
        .map(|format| format!("--format={format}={}", folder.path().join(format).display()))
        .chain(["--format=pretty".to_owned()])
        .collect();
    let mut arguments = vec!["check", "examples/first-look"];
    arguments.extend(typed.iter().map(String::as_str));
    let output = support::ssolint(&arguments);
    assert_eq!(output.status.code(), Some(1), "{}", support::stderr(&output));
    assert!(support::stdout(&output).contains("error[redirect-uri-mismatch]"));
    for format in formats {
        let alone = support::ssolint(&["check", "examples/first-look", "--format", format]);
        let written = std::fs::read(folder.path().join(format)).unwrap();
        assert!(!written.is_empty() && written == alone.stdout, "{format}");
    }
}
