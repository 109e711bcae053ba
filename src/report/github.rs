//! `--format github`: workflow commands that GitHub shows as annotations on the lines at fault.
//!
//! GitHub shows ten annotations of each level for a step, and drops the rest without a word. So this writes no more than that, the worst
//! findings, and one of them counts the rest. Nothing from input acts: everything is on one line of ours, with `%` and line breaks escaped,
//! in properties `:` and `,` too, and [`visible`] takes the beginning of a command apart wherever it stands. GitHub's runner unescapes in
//! this order too (`actions/runner`, `ActionCommand.cs`).

use crate::finding::Severity;
use crate::finding::prose::{PeopleNames, PeopleShown, visible};

use super::lines::{Lines, normal, worst_first};
use super::wording::{self, Told};
use super::{ConnectionReport, Fault, Report, Reported};

/// Annotations of one level that GitHub shows of a step.
pub const MOST_OF_A_LEVEL: usize = 10;

/// One line for each annotation; nothing where there is nothing to say.
pub fn report(report: &Report, people: PeopleShown) -> Vec<u8> {
    let mut names = PeopleNames::new(people);
    let (not_evaluated, not_reached) = (not_evaluated(report), not_reached(report));
    let faults: Vec<&Fault> = report.connections.iter().flat_map(|connection| &connection.faults).collect();
    let findings = worst_first(report);
    let count = |severity: Severity| {
        let found = findings.iter().filter(|(.., reported)| reported.finding.severity == severity).count();
        if severity == Severity::Error { found + faults.len() } else { found }
    };
    let counts =
        [Severity::Error, Severity::Warning, Severity::Note].map(|severity| (severity, count(severity)));
    // What is said beside the findings takes a place of its level: what was not reached or evaluated a warning each, the count of the rest a notice.
    let warnings =
        MOST_OF_A_LEVEL - usize::from(not_evaluated.is_some()) - usize::from(not_reached.is_some());
    let left_out = |notices: usize| {
        counts.map(|(severity, count)| {
            let room = match severity {
                Severity::Error => MOST_OF_A_LEVEL,
                Severity::Warning => warnings,
                Severity::Note => notices,
            };
            (severity, count.saturating_sub(room))
        })
    };
    let rest = match wording::counted(&left_out(MOST_OF_A_LEVEL)) {
        rest if rest.is_empty() => rest,
        _ => wording::counted(&left_out(MOST_OF_A_LEVEL - 1)),
    };
    let notices = MOST_OF_A_LEVEL - usize::from(!rest.is_empty());

    let mut out = String::new();
    let shown_faults = faults.len().min(MOST_OF_A_LEVEL);
    faults.iter().take(shown_faults).for_each(|fault| fault_line(fault, &mut out));
    for (severity, room) in [
        (Severity::Error, MOST_OF_A_LEVEL - shown_faults),
        (Severity::Warning, warnings),
        (Severity::Note, notices),
    ] {
        let of_level = findings.iter().filter(|(.., reported)| reported.finding.severity == severity);
        for (_, connection, reported) in of_level.take(room) {
            finding_line(connection, reported, &mut names, &mut out);
        }
    }
    if let Some(text) = not_reached {
        command(Severity::Warning, &[("title", "ssolint: not reached".to_owned())], &text, &mut out);
    }
    if let Some(text) = not_evaluated {
        command(Severity::Warning, &[("title", "ssolint: not evaluated".to_owned())], &text, &mut out);
    }
    if !rest.is_empty() {
        let text = format!(
            "Not shown here: {rest}. GitHub shows {MOST_OF_A_LEVEL} of a level for a step. In all: {}.",
            wording::all_counts(report)
        );
        command(Severity::Note, &[("title", "ssolint: more findings".to_owned())], &text, &mut out);
    }
    out.into_bytes()
}

fn finding_line(
    connection: &ConnectionReport,
    reported: &Reported,
    names: &mut PeopleNames,
    out: &mut String,
) {
    let lines = Lines::of(connection, &reported.location);
    let mut text = Told::new(connection, reported, names).sentences();
    for (lines, label) in wording::related(connection, reported, names) {
        text.push(format!("See {}:{}: {label}", visible(&normal(lines.path)), lines.start.0));
    }
    text.extend(wording::concerned(reported, names).map(|people| format!("Who: {people}")));
    text.push(format!("Connection {}, fingerprint {}", visible(&connection.name), reported.fingerprint));
    let mut properties = place(&lines);
    properties.push(("title", reported.finding.rule.to_owned()));
    command(reported.finding.severity, &properties, &text.join("\n"), out);
}

fn place(lines: &Lines<'_>) -> Vec<(&'static str, String)> {
    let mut properties = vec![
        ("file", visible(&normal(lines.path))),
        ("line", lines.start.0.to_string()),
        ("endLine", lines.end.0.to_string()),
    ];
    // The runner drops columns that are not of one line.
    if lines.start.0 == lines.end.0 {
        properties.push(("col", lines.start.1.to_string()));
        properties.push(("endColumn", lines.end.1.to_string()));
    }
    properties
}

fn fault_line(fault: &Fault, out: &mut String) {
    let at = (fault.line, fault.column);
    let mut properties = place(&Lines { path: &fault.file, start: at, end: at });
    properties.push(("title", "unreadable".to_owned()));
    let text = format!("{} could not be read: {}", visible(&fault.file), visible(&fault.message));
    command(Severity::Error, &properties, &text, out);
}

/// What could not be evaluated, and why, each connection by itself; `None` where everything could.
fn not_evaluated(report: &Report) -> Option<String> {
    let of_connection = |connection: &ConnectionReport| {
        let count = connection.not_evaluated.len();
        let missing: Vec<String> =
            wording::missing(&connection.not_evaluated).iter().map(wording::Missing::told).collect();
        (count > 0).then(|| {
            format!(
                "{} of connection {} could not be evaluated, at least in part:\n{}",
                wording::plural(count, "rule"),
                visible(&connection.name),
                missing.join("\n")
            )
        })
    };
    let told: Vec<String> = report.connections.iter().filter_map(of_connection).collect();
    (!told.is_empty()).then(|| told.join("\n"))
}

/// The connections that nothing is known of; `None` where all were reached.
fn not_reached(report: &Report) -> Option<String> {
    let told: Vec<String> = report.not_reached.iter().map(|one| one.sentences().join(" ")).collect();
    (!told.is_empty()).then(|| told.join("\n"))
}

/// `text` may have line breaks of ours.
fn command(severity: Severity, properties: &[(&str, String)], text: &str, out: &mut String) {
    let name = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let properties: Vec<String> =
        properties.iter().map(|(name, value)| format!("{name}={}", property(value))).collect();
    out.push_str(&format!("::{name} {}::{}\n", properties.join(","), data(text)));
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
