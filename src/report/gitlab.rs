//! `--format gitlab`: a Code Quality report, the part of Code Climate's format that GitLab reads (its documentation, "Implement a custom
//! tool": description, check_name, fingerprint, severity, location). It has no other channel, so what could not be read or evaluated is an
//! entry of its own.

use serde::Serialize;
use serde_json::ser::PrettyFormatter;
use sha2::{Digest, Sha256};

use crate::finding::Severity;
use crate::finding::prose::{PeopleNames, PeopleShown, visible};

use super::json::{Safe, to_bytes};
use super::lines::{Lines, normal, worst_first};
use super::wording::{self, Told};
use super::{ConnectionReport, Fault, NotReached, Report, Reported};

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

/// GitLab reads the line; the columns are there for whoever else reads the file.
#[derive(Serialize)]
struct Location {
    path: String,
    lines: LineRange,
    positions: Positions,
}

#[derive(Serialize)]
struct LineRange {
    begin: usize,
    end: usize,
}

#[derive(Serialize)]
struct Positions {
    begin: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
}

/// One list, two spaces, with a line break at the end; what could not be read comes first, then the findings, worst first.
pub fn report(report: &Report, people: PeopleShown) -> Vec<u8> {
    let mut names = PeopleNames::new(people);
    let mut issues: Vec<Issue> = report
        .connections
        .iter()
        .flat_map(|connection| connection.faults.iter().map(|fault| unreadable(connection, fault)))
        .collect();
    issues.extend(
        worst_first(report)
            .into_iter()
            .map(|(_, connection, reported)| finding(connection, reported, &mut names)),
    );
    issues.extend(report.connections.iter().filter_map(not_evaluated));
    issues.extend(report.not_reached.iter().map(not_reached));
    let mut bytes = to_bytes(&issues, Safe(PrettyFormatter::with_indent(b"  ")));
    bytes.push(b'\n');
    bytes
}

/// Our three severities among GitLab's five (blocker, critical, major, minor, info).
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "critical",
        Severity::Warning => "major",
        Severity::Note => "info",
    }
}

fn finding(connection: &ConnectionReport, reported: &Reported, names: &mut PeopleNames) -> Issue {
    let mut text = Told::new(connection, reported, names).sentences();
    text.extend(wording::concerned(reported, names).map(|people| format!("Who: {people}.")));
    Issue {
        description: text.join(" "),
        check_name: reported.finding.rule.to_owned(),
        fingerprint: reported.fingerprint.clone(),
        severity: severity(reported.finding.severity),
        location: location(&Lines::of(connection, &reported.location)),
    }
}

fn location(lines: &Lines<'_>) -> Location {
    let position = |(line, column)| Position { line, column };
    Location {
        path: visible(&normal(lines.path)),
        lines: LineRange { begin: lines.start.0, end: lines.end.0 },
        positions: Positions { begin: position(lines.start), end: position(lines.end) },
    }
}

fn unreadable(connection: &ConnectionReport, fault: &Fault) -> Issue {
    let at = (fault.line, fault.column);
    Issue {
        description: visible(&format!("{} could not be read: {}", fault.file, fault.message)),
        check_name: "unreadable".to_owned(),
        fingerprint: fingerprint(&["unreadable", &connection.name, &fault.file, &fault.message]),
        severity: "blocker",
        location: location(&Lines { path: &fault.file, start: at, end: at }),
    }
}

/// What the rules of a connection lack, on the file that describes it.
fn not_evaluated(connection: &ConnectionReport) -> Option<Issue> {
    let missing = wording::missing(&connection.not_evaluated);
    if missing.is_empty() {
        return None;
    }
    let told: Vec<String> = missing.iter().map(wording::Missing::told).collect();
    let (path, at) = match &connection.live_entry {
        Some(entry) => (&entry.file, (entry.line, entry.column)),
        None => (connection.file(0).map_or(&connection.origin, |file| &file.path), (1, 1)),
    };
    let count = wording::plural(connection.not_evaluated.len(), "rule");
    Some(Issue {
        description: format!("{count} could not be evaluated, at least in part: {}", told.join(" ")),
        check_name: "not-evaluated".to_owned(),
        fingerprint: fingerprint(&["not-evaluated", &connection.name]),
        severity: severity(Severity::Warning),
        location: location(&Lines { path, start: at, end: at }),
    })
}

/// On the connection's entry of the project file.
fn not_reached(one: &NotReached) -> Issue {
    let (path, start, end) = match &one.entry {
        Some(entry) => (entry.file.as_str(), (entry.line, entry.column), (entry.line, entry.end_column)),
        None => (one.name.as_str(), (1, 1), (1, 1)),
    };
    Issue {
        description: one.sentences().join(" "),
        check_name: "not-reached".to_owned(),
        fingerprint: fingerprint(&["not-reached", &one.name]),
        severity: severity(Severity::Warning),
        location: location(&Lines { path, start, end }),
    }
}

/// Entries that are no findings have an identity too: GitLab shows those of one fingerprint as one.
fn fingerprint(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
