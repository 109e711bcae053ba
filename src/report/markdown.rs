//! `--format markdown`: a summary for a job or a change request. GitHub takes at most 1 MiB for a step's summary and refuses more, so the
//! worst findings are told as long as they fit, and the rest is counted.

use std::fmt::Write as _;

use crate::finding::Severity;
use crate::finding::prose::{PeopleNames, PeopleShown, grouped, people, visible};

use super::coverage::{self, NOT_COVERED};
use super::gfm::{code, sentences};
use super::lines::{Lines, normal, worst_first};
use super::wording::{self, Told};
use super::{ConnectionReport, NotReached, Report, Reported, overview};

/// GitHub's limit for the summary of a step, in bytes.
pub const MOST_BYTES: usize = 1 << 20;
/// What the table of connections, and what they rest on, may take of it each.
const SHARE: usize = MOST_BYTES / 8;
/// For the lines that count what was left out.
const RESERVE: usize = 2_000;

/// The whole report.
pub fn report(report: &Report, shown: PeopleShown) -> Vec<u8> {
    let mut names = PeopleNames::new(shown);
    let not_reached = match report.not_reached.len() {
        0 => String::new(),
        count => format!("; {} not reached", wording::plural(count, "connection")),
    };
    let mut out = format!("# ssolint: {}{not_reached}\n\n", wording::all_counts(report));
    out.push_str(&connections(report));
    out.push_str(&self::not_reached(report));
    out.push_str(&by_rule(report));
    let rests_on = rests_on(report);
    let room = MOST_BYTES.saturating_sub(out.len() + rests_on.len() + RESERVE);
    out.push_str(&findings(report, &mut names, room));
    out.push_str(&rests_on);
    out.into_bytes()
}

/// The units that fit into so many bytes, and how many do not.
fn fitting(units: impl Iterator<Item = String>, room: usize) -> (String, usize) {
    let (mut out, mut left_out) = (String::new(), 0);
    for unit in units {
        // In order: once one does not fit, no later one is told.
        if left_out > 0 || out.len() + unit.len() > room {
            left_out += 1;
        } else {
            out.push_str(&unit);
        }
    }
    (out, left_out)
}

/// What nothing is known of.
fn not_reached(report: &Report) -> String {
    if report.not_reached.is_empty() {
        return String::new();
    }
    let row = |one: &NotReached| {
        let why = [&one.why, &one.fix].map(|text| sentences(&wording::sentence(&visible(text)))).join(" ");
        format!("- {}: {why}\n", code(&one.name))
    };
    let (rows, left_out) = fitting(report.not_reached.iter().map(row), SHARE);
    let mut out = format!("## Not reached\n\nNothing is known of these, neither good nor bad.\n\n{rows}\n");
    if left_out > 0 {
        let _ = writeln!(out, "{} left out.\n", wording::plural(left_out, "more connection"));
    }
    out
}

/// A row for each rule that found something, the worst first; of several connections.
fn by_rule(report: &Report) -> String {
    let rules = overview::by_rule(report);
    if report.connections.len() < 2 || rules.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "| rule | errors | warnings | notes | connections |\n\
         |:--|--:|--:|--:|--:|\n",
    );
    for row in rules {
        let numbers = [row.counts.error, row.counts.warning, row.counts.note, row.connections];
        let _ = writeln!(out, "| {} | {} |", cell(&row.rule), numbers.map(grouped).join(" | "));
    }
    out.push('\n');
    out
}

/// A row for each connection, the worst first.
fn connections(report: &Report) -> String {
    let mut rows: Vec<&ConnectionReport> = report.connections.iter().collect();
    let severities = [Severity::Error, Severity::Warning, Severity::Note];
    rows.sort_by_key(|connection| {
        let counts = severities.map(|severity| connection.count(severity));
        std::cmp::Reverse((connection.faults.len(), counts, connection.not_evaluated.len()))
    });
    let row = |connection: &&ConnectionReport| {
        let summary = &connection.summary;
        let counts = severities.map(|severity| grouped(connection.count(severity))).join(" | ");
        format!(
            "| {} | {counts} | {} | {} | {} | {} | {} |\n",
            cell(&connection.name),
            grouped(connection.not_evaluated.len()),
            grouped(summary.granted),
            grouped(summary.locked_out),
            grouped(summary.unknown),
            grouped(summary.can_repair_sso)
        )
    };
    let (rows_told, left_out) = fitting(rows.iter().map(row), SHARE);
    let mut out = String::from(
        "| connection | errors | warnings | notes | rules not evaluated | granted | locked out | unknown | can repair SSO |\n\
         |:--|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    out.push_str(&rows_told);
    out.push('\n');
    if left_out > 0 {
        let _ = writeln!(out, "{} left out.\n", wording::plural(left_out, "more connection"));
    }
    out
}

/// In a table a bar ends the cell, in a code span too, and whether an escape helps hangs on what stands before it; the heading of the
/// connection has the name as it is.
fn cell(text: &str) -> String {
    code(&text.replace('|', "¦"))
}

fn findings(report: &Report, names: &mut PeopleNames, room: usize) -> String {
    let several = report.connections.len() > 1;
    let mut out = String::new();
    let unreadable = report.connections.iter().flat_map(|connection| &connection.faults).map(|fault| {
        let place = format!("{}:{}:{}", normal(&fault.file), fault.line, fault.column);
        format!("- {}: {}\n", code(&place), sentences(&wording::sentence(&fault.message)))
    });
    let (told, left_out) = fitting(unreadable, room / 4);
    if !told.is_empty() || left_out > 0 {
        let _ = writeln!(out, "## Unreadable\n\n{told}");
        if left_out > 0 {
            let _ = writeln!(out, "{} left out.\n", wording::plural(left_out, "more text"));
        }
    }
    let all = worst_first(report);
    let mut rest = Vec::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let of_severity = || all.iter().filter(|(.., reported)| reported.finding.severity == severity);
        let left_before = rest.iter().any(|(_, count)| *count > 0);
        let room = if left_before { 0 } else { room.saturating_sub(out.len()) };
        let heading = match severity {
            Severity::Error => "Errors",
            Severity::Warning => "Warnings",
            Severity::Note => "Notes",
        };
        let items = of_severity().map(|(_, connection, reported)| {
            let of = if several { Some(connection.name.as_str()) } else { None };
            finding(connection, reported, of, names)
        });
        // What does not fit is not written either: it would take as long.
        let (told, left_out) =
            if room == 0 { (String::new(), of_severity().count()) } else { fitting(items, room) };
        if !told.is_empty() {
            let _ = writeln!(out, "## {heading}\n\n{told}");
        }
        rest.push((severity, left_out));
    }
    let rest = wording::counted(&rest);
    if !rest.is_empty() {
        let _ =
            writeln!(out, "**Left out here, the least severe: {rest}.** GitHub takes 1 MiB for a summary.\n");
    }
    out
}

fn finding(
    connection: &ConnectionReport,
    reported: &Reported,
    of: Option<&str>,
    names: &mut PeopleNames,
) -> String {
    let place = |lines: &Lines<'_>| {
        let (line, column) = lines.start;
        code(&format!("{}:{line}:{column}", normal(lines.path)))
    };
    let told = Told::new(connection, reported, names);
    let lines = Lines::of(connection, &reported.location);
    let of = of.map_or_else(String::new, |name| format!(" ({})", code(name)));
    let mut out =
        format!("- {} at {}{of}: {}\n", code(reported.finding.rule), place(&lines), sentences(&told.what));
    for (what, text) in [("Why", &told.why), ("Fix", &told.fix)] {
        if !text.is_empty() {
            let _ = writeln!(out, "  - {what}: {}", sentences(text));
        }
    }
    for (lines, label) in wording::related(connection, reported, names) {
        let _ = writeln!(out, "  - See {}: {}", place(&lines), sentences(&label));
    }
    if let Some(concerned) = wording::concerned(reported, names) {
        let _ = writeln!(out, "  - Who: {}", sentences(&concerned));
    }
    let _ = writeln!(out, "  - Fingerprint: {}", code(&reported.fingerprint));
    out
}

/// For each connection who gets in, what the verdicts rest on, and what could not be evaluated.
fn rests_on(report: &Report) -> String {
    let section = |connection: &ConnectionReport| {
        let mut out = format!("## Connection {}\n\n", code(&connection.name));
        let mut line = |what: &str, text: &str| {
            let _ = writeln!(out, "- {what}: {}", sentences(&wording::sentence(text)));
        };
        line("People", &wording::people_told(&connection.summary));
        line("Repair", &wording::repair_told(&connection.summary));
        if let Some(expectations) = &connection.summary.expectations {
            line("Expectations", &wording::expectations_told(expectations));
        }
        for (what, said) in
            [("Left out", wording::left_out_told(connection)), ("Fixed", wording::fixed_told(connection))]
        {
            said.iter().for_each(|said| line(what, said));
        }
        wording::accepted_told(connection).iter().for_each(|said| line("Accepted", said));
        for assumed in &connection.assumed {
            let (count, meaning) = (people(assumed.people), coverage::meaning(assumed.name));
            line("Assumed", &format!("{} for {count}: {meaning}", assumed.name));
        }
        connection.declared.iter().for_each(|declared| line("Declared", declared));
        connection.notices.iter().for_each(|notice| line("Note", notice));
        for missing in wording::missing(&connection.not_evaluated) {
            line("Not evaluated", &missing.told());
        }
        out.push('\n');
        out
    };
    let (mut out, left_out) = fitting(report.connections.iter().map(section), 2 * SHARE);
    if left_out > 0 {
        let _ = writeln!(out, "{} left out here.\n", wording::plural(left_out, "more connection"));
    }
    let _ = writeln!(out, "No verdict covers {}.", NOT_COVERED.join("; "));
    out
}
