//! `--format junit`: a suite for each connection, with a test for each rule that found nothing, one for each finding, and a skipped one for
//! each rule that could not be evaluated. A note does not fail its test; what could not be read is an error.
//!
//! GitLab takes files below 30 MB and shows of tests of one name the first only, so a finding's test is named by its fingerprint too.

use std::collections::BTreeSet;
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::finding::prose::{PeopleNames, PeopleShown, visible};
use crate::finding::{NotEvaluated, Severity};

use super::lines::{Lines, normal, worst_first};
use super::wording::{self, Told};
use super::{ConnectionReport, Report, Reported};

/// Bytes of findings; GitLab's limit is 30 MB for the file.
pub const MOST_BYTES: usize = 28_000_000;

/// How a test ended.
enum End {
    Passed,
    /// Worth knowing: what is said, and no failure.
    Said(String),
    Failed {
        severity: Severity,
        message: String,
        text: String,
    },
    Error {
        message: String,
        text: String,
    },
    Skipped(String),
}

struct Case {
    name: String,
    /// File, line and column.
    place: Option<(String, usize, usize)>,
    properties: Vec<(&'static str, String)>,
    end: End,
}

#[derive(Default)]
struct Suite {
    name: String,
    cases: Vec<Vec<u8>>,
    failures: usize,
    errors: usize,
    skipped: usize,
}

/// The whole report, with a line break at the end.
pub fn report(report: &Report, people: PeopleShown) -> Vec<u8> {
    // Writing to memory cannot fail.
    suites(report, people).and_then(|suites| document(&suites)).unwrap_or_default()
}

fn suites(report: &Report, people: PeopleShown) -> io::Result<Vec<Suite>> {
    let mut names = PeopleNames::new(people);
    let mut suites: Vec<Suite> = report
        .connections
        .iter()
        .map(|connection| Suite { name: visible(&connection.name), ..Suite::default() })
        .collect();
    for (suite, connection) in suites.iter_mut().zip(&report.connections) {
        for case in unreadable(connection) {
            suite.add(&case)?;
        }
    }
    let mut bytes = 0;
    let mut left_out = [Severity::Error, Severity::Warning, Severity::Note].map(|severity| (severity, 0));
    for (index, connection, reported) in worst_first(report) {
        let Some(suite) = suites.get_mut(index) else { continue };
        let severity = reported.finding.severity;
        if bytes < MOST_BYTES {
            bytes += suite.add(&finding(connection, reported, &mut names))?;
        } else if let Some((_, count)) = left_out.iter_mut().find(|(known, _)| *known == severity) {
            *count += 1;
        }
    }
    for (suite, connection) in suites.iter_mut().zip(&report.connections) {
        for case in rules(connection) {
            suite.add(&case)?;
        }
    }
    for one in &report.not_reached {
        let mut suite = Suite { name: visible(&one.name), ..Suite::default() };
        let place = one.entry.as_ref().map(|entry| (visible(&normal(&entry.file)), entry.line, entry.column));
        // Skipped: an error would be red, and nothing at all green.
        let end = End::Skipped(one.sentences().join(" "));
        suite.add(&Case { name: "not-reached".to_owned(), place, properties: Vec::new(), end })?;
        suites.push(suite);
    }
    let rest = wording::counted(&left_out);
    if !rest.is_empty() {
        let mut suite = Suite { name: "ssolint".to_owned(), ..Suite::default() };
        let text = format!("{rest} are left out, the least severe: the file would be too large for GitLab.");
        let end = End::Error { message: text.clone(), text };
        suite.add(&Case { name: "results-left-out".to_owned(), place: None, properties: Vec::new(), end })?;
        suites.push(suite);
    }
    Ok(suites)
}

impl Suite {
    /// How many bytes it takes.
    fn add(&mut self, case: &Case) -> io::Result<usize> {
        match &case.end {
            End::Passed | End::Said(_) => {}
            End::Failed { .. } => self.failures += 1,
            End::Error { .. } => self.errors += 1,
            End::Skipped(_) => self.skipped += 1,
        }
        let bytes = case.bytes(&self.name)?;
        let size = bytes.len();
        self.cases.push(bytes);
        Ok(size)
    }
}

fn unreadable(connection: &ConnectionReport) -> impl Iterator<Item = Case> + '_ {
    connection.faults.iter().map(|fault| {
        let text = visible(&format!("{} could not be read: {}", fault.file, fault.message));
        Case {
            name: format!("unreadable {}:{}:{}", visible(&normal(&fault.file)), fault.line, fault.column),
            place: Some((visible(&normal(&fault.file)), fault.line, fault.column)),
            properties: Vec::new(),
            end: End::Error { message: text.clone(), text },
        }
    })
}

fn finding(connection: &ConnectionReport, reported: &Reported, names: &mut PeopleNames) -> Case {
    let finding = &reported.finding;
    let lines = Lines::of(connection, &reported.location);
    let path = visible(&normal(lines.path));
    let told = Told::new(connection, reported, names);
    let message = told.what.clone();
    let mut text = vec![format!("{path}:{}:{}: {}", lines.start.0, lines.start.1, finding.severity.name())];
    text.extend(told.sentences());
    for (lines, label) in wording::related(connection, reported, names) {
        let (line, column) = lines.start;
        text.push(format!("See {}:{line}:{column}: {label}", visible(&normal(lines.path))));
    }
    text.extend(wording::concerned(reported, names).map(|people| format!("Who: {people}")));
    let text = text.join("\n");
    Case {
        name: format!("{} {}", finding.rule, reported.fingerprint),
        properties: vec![
            ("severity", finding.severity.name().to_owned()),
            ("fingerprint", reported.fingerprint.clone()),
            ("place", visible(&reported.location.path)),
            ("end", format!("{}:{}", lines.end.0, lines.end.1)),
        ],
        place: Some((path, lines.start.0, lines.start.1)),
        end: match finding.severity {
            Severity::Note => End::Said(text),
            severity @ (Severity::Error | Severity::Warning) => End::Failed { severity, message, text },
        },
    }
}

/// Rules that found nothing, then those that could not be evaluated.
fn rules(connection: &ConnectionReport) -> impl Iterator<Item = Case> + '_ {
    let found: BTreeSet<&str> = connection.findings.iter().map(|reported| reported.finding.rule).collect();
    let case = |rule: &str, end| Case { name: rule.to_owned(), place: None, properties: Vec::new(), end };
    let passed = connection.evaluated.iter().filter(move |rule| !found.contains(**rule));
    let passed = passed.map(move |rule| case(rule, End::Passed));
    let skipped = move |row: &NotEvaluated, accepted: &str| {
        let needs =
            row.needs.iter().map(|need| format!("{}. {}", visible(&need.missing), visible(&need.remedy)));
        let needs = needs.collect::<Vec<_>>().join(" ");
        case(row.rule, End::Skipped(format!("not evaluated, at least in part{accepted}: {needs}")))
    };
    let open = connection.not_evaluated.iter().map(move |row| skipped(row, ""));
    let accepted = connection.accepted.iter();
    passed.chain(open).chain(accepted.map(move |accepted| {
        skipped(&accepted.row, &format!(", and need not be ({})", visible(&accepted.reason)))
    }))
}

impl Case {
    fn bytes(&self, suite: &str) -> io::Result<Vec<u8>> {
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
        let mut element = writer
            .create_element("testcase")
            .with_attribute(("name", self.name.as_str()))
            .with_attribute(("classname", suite));
        if let Some((path, line, column)) = &self.place {
            element = element
                .with_attribute(("file", path.as_str()))
                .with_attribute(("line", line.to_string().as_str()))
                .with_attribute(("column", column.to_string().as_str()));
        }
        if matches!(self.end, End::Passed) && self.properties.is_empty() {
            element.write_empty()?;
        } else {
            element.write_inner_content(|writer| self.content(writer))?;
        }
        Ok(writer.into_inner())
    }

    fn content(&self, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
        if !self.properties.is_empty() {
            writer.create_element("properties").write_inner_content(|writer| {
                for (name, value) in &self.properties {
                    writer
                        .create_element("property")
                        .with_attribute(("name", *name))
                        .with_attribute(("value", value.as_str()))
                        .write_empty()?;
                }
                Ok(())
            })?;
        }
        let mut element = |name: &str, message: &str, kind: &str, text: &str| {
            writer
                .create_element(name)
                .with_attribute(("message", message))
                .with_attribute(("type", kind))
                .write_text_content(BytesText::new(text))
                .map(|_| ())
        };
        match &self.end {
            End::Passed => Ok(()),
            End::Failed { severity, message, text } => element("failure", message, severity.name(), text),
            End::Error { message, text } => element("error", message, "error", text),
            End::Skipped(text) => writer
                .create_element("skipped")
                .with_attribute(("message", text.as_str()))
                .write_text_content(BytesText::new(text))
                .map(|_| ()),
            End::Said(text) => {
                writer.create_element("system-out").write_text_content(BytesText::new(text)).map(|_| ())
            }
        }
    }
}

fn document(suites: &[Suite]) -> io::Result<Vec<u8>> {
    let sum = |count: fn(&Suite) -> usize| suites.iter().map(count).sum::<usize>().to_string();
    let mut writer = Writer::new(Vec::new());
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    writer.get_mut().push(b'\n');
    writer
        .create_element("testsuites")
        .with_attribute(("name", "ssolint"))
        .with_attribute(("tests", sum(|suite| suite.cases.len()).as_str()))
        .with_attribute(("failures", sum(|suite| suite.failures).as_str()))
        .with_attribute(("errors", sum(|suite| suite.errors).as_str()))
        .write_inner_content(|writer| {
            writer.get_mut().push(b'\n');
            suites.iter().try_for_each(|suite| suite.write(writer))
        })?;
    writer.get_mut().push(b'\n');
    Ok(writer.into_inner())
}

impl Suite {
    fn write(&self, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
        writer
            .create_element("testsuite")
            .with_attribute(("name", self.name.as_str()))
            .with_attribute(("tests", self.cases.len().to_string().as_str()))
            .with_attribute(("failures", self.failures.to_string().as_str()))
            .with_attribute(("errors", self.errors.to_string().as_str()))
            .with_attribute(("skipped", self.skipped.to_string().as_str()))
            .write_inner_content(|writer| {
                let out = writer.get_mut();
                out.push(b'\n');
                for case in &self.cases {
                    out.extend(case);
                    out.push(b'\n');
                }
                Ok(())
            })?;
        writer.get_mut().push(b'\n');
        Ok(())
    }
}
