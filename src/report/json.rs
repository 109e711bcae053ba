//! `check --format json` and the objects of `who --format json` (interface, machine output).

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter};

use crate::finding::locate::Location;
use crate::finding::prose::{PeopleNames, PeopleShown, acts};
use crate::finding::{NotEvaluated, Severity};
use crate::signin::verdict::Verdict;
use crate::signin::{PersonIndex, SignIn};

use super::coverage::{self, NOT_COVERED};
use super::lines::Lines;
use super::{ConnectionReport, Report, Reported, WhyHidden};

/// The version of the shape.
pub const VERSION: u32 = 1;

#[derive(Serialize)]
struct Whole {
    version: u32,
    tool: Tool,
    connections: Vec<Connection>,
    findings: Vec<FindingRow>,
    not_evaluated: Vec<NotEvaluatedRow>,
    accepted: Vec<AcceptedRow>,
    ignored: Vec<IgnoredRow>,
    fixed: Vec<FixedRow>,
    assumed: Vec<AssumedRow>,
    not_covered: [&'static str; 6],
    summary: Totals,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Connection {
    name: String,
    origin: String,
    evaluated: Vec<&'static str>,
    errors: Vec<FaultRow>,
    notices: Vec<String>,
    declared: Vec<String>,
    summary: SummaryRow,
}

#[derive(Serialize)]
struct FaultRow {
    file: String,
    line: usize,
    column: usize,
    message: String,
}

#[derive(Serialize)]
struct SummaryRow {
    people: usize,
    granted: usize,
    locked_out: usize,
    unknown: usize,
    not_subject: usize,
    can_repair_sso: usize,
    repair_mappings: usize,
    may_repair_sso: usize,
    backup_accounts: Option<usize>,
    expectations: Option<ExpectationsRow>,
}

#[derive(Serialize)]
struct ExpectationsRow {
    hold: usize,
    hold_by_assumption: usize,
    fail: usize,
    not_known: usize,
    about_nobody: usize,
    mappings: usize,
    mappings_exercised: usize,
}

#[derive(Serialize)]
struct Totals {
    connections: usize,
    error: usize,
    warning: usize,
    note: usize,
    not_evaluated: usize,
    accepted: usize,
    ignored: usize,
    in_baseline: usize,
    there_before: usize,
    fixed: usize,
}

#[derive(Serialize)]
struct FindingRow {
    connection: String,
    rule: &'static str,
    severity: &'static str,
    message: String,
    why: String,
    fix: String,
    location: LocationRow,
    related: Vec<RelatedRow>,
    people: Vec<String>,
    fingerprint: String,
}

/// A finding that is left out for a reason that somebody gave.
#[derive(Serialize)]
struct IgnoredRow {
    #[serde(flatten)]
    finding: FindingRow,
    reason: String,
}

/// A rule that could not be evaluated, and need not be.
#[derive(Serialize)]
struct AcceptedRow {
    #[serde(flatten)]
    row: NotEvaluatedRow,
    reason: String,
}

/// An entry of the baseline that was found no more.
#[derive(Serialize)]
struct FixedRow {
    connection: String,
    rule: String,
    fingerprint: String,
}

#[derive(Serialize)]
struct LocationRow {
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    path: String,
}

#[derive(Serialize)]
struct RelatedRow {
    message: String,
    location: LocationRow,
}

#[derive(Serialize)]
struct NotEvaluatedRow {
    connection: String,
    rule: &'static str,
    severity: &'static str,
    needs: Vec<NeedRow>,
}

#[derive(Serialize)]
struct NeedRow {
    missing: String,
    remedy: String,
}

#[derive(Serialize)]
struct AssumedRow {
    connection: String,
    name: &'static str,
    people: usize,
    meaning: &'static str,
}

/// The whole report as one object, two spaces, with a line break at the end.
pub fn report(report: &Report, people: PeopleShown) -> Vec<u8> {
    let mut names = PeopleNames::new(people);
    let mut whole = Whole {
        version: VERSION,
        tool: Tool { name: "ssolint", version: env!("CARGO_PKG_VERSION") },
        connections: Vec::new(),
        findings: Vec::new(),
        not_evaluated: Vec::new(),
        accepted: Vec::new(),
        ignored: Vec::new(),
        fixed: Vec::new(),
        assumed: Vec::new(),
        not_covered: NOT_COVERED,
        summary: Totals {
            connections: report.connections.len(),
            error: 0,
            warning: 0,
            note: 0,
            not_evaluated: 0,
            accepted: 0,
            ignored: 0,
            in_baseline: 0,
            there_before: 0,
            fixed: 0,
        },
    };
    for connection in &report.connections {
        whole.summary.error += connection.count(Severity::Error);
        whole.summary.warning += connection.count(Severity::Warning);
        whole.summary.note += connection.count(Severity::Note);
        whole.summary.not_evaluated += connection.not_evaluated.len();
        whole.connections.push(connection_row(connection));
        whole.summary.accepted += connection.accepted.len();
        whole.summary.ignored += connection.ignored();
        whole.summary.in_baseline += connection.hidden_as(&WhyHidden::Baseline);
        whole.summary.there_before += connection.hidden_as(&WhyHidden::Before);
        whole.summary.fixed += connection.fixed.len();
        let findings = connection.findings.iter();
        whole.findings.extend(findings.map(|reported| finding_row(connection, reported, &mut names)));
        for hidden in &connection.hidden {
            if let WhyHidden::Ignored { reason } = &hidden.why {
                let finding = finding_row(connection, &hidden.reported, &mut names);
                whole.ignored.push(IgnoredRow { finding, reason: reason.clone() });
            }
        }
        whole.accepted.extend(connection.accepted.iter().map(|accepted| AcceptedRow {
            row: not_evaluated(connection, &accepted.row),
            reason: accepted.reason.clone(),
        }));
        whole.fixed.extend(connection.fixed.iter().map(|fixed| FixedRow {
            connection: connection.name.clone(),
            rule: fixed.rule.clone(),
            fingerprint: fixed.fingerprint.clone(),
        }));
        whole.not_evaluated.extend(connection.not_evaluated.iter().map(|row| not_evaluated(connection, row)));
        whole.assumed.extend(connection.assumed.iter().map(|assumed| AssumedRow {
            connection: connection.name.clone(),
            name: assumed.name,
            people: assumed.people,
            meaning: coverage::meaning(assumed.name),
        }));
    }
    let mut bytes = to_bytes(&whole, Safe(PrettyFormatter::with_indent(b"  ")));
    bytes.push(b'\n');
    bytes
}

fn finding_row(connection: &ConnectionReport, reported: &Reported, names: &mut PeopleNames) -> FindingRow {
    let finding = &reported.finding;
    FindingRow {
        connection: connection.name.clone(),
        rule: finding.rule,
        severity: finding.severity.name(),
        message: finding.message.show(names),
        why: finding.why.show(names),
        fix: finding.fix.show(names),
        location: location(connection, &reported.location),
        related: finding
            .related
            .iter()
            .zip(&reported.related)
            .map(|(related, place)| RelatedRow {
                message: related.message.show(names),
                location: location(connection, place),
            })
            .collect(),
        people: match names.mode() {
            PeopleShown::Counts => Vec::new(),
            PeopleShown::Names | PeopleShown::Pseudonyms => {
                finding.people.iter().map(|name| names.show(name)).collect()
            }
        },
        fingerprint: reported.fingerprint.clone(),
    }
}

fn connection_row(connection: &ConnectionReport) -> Connection {
    let summary = &connection.summary;
    Connection {
        name: connection.name.clone(),
        origin: connection.origin.clone(),
        evaluated: connection.evaluated.clone(),
        errors: connection
            .faults
            .iter()
            .map(|fault| FaultRow {
                file: fault.file.clone(),
                line: fault.line,
                column: fault.column,
                message: fault.message.clone(),
            })
            .collect(),
        notices: connection.notices.clone(),
        declared: connection.declared.clone(),
        summary: SummaryRow {
            people: summary.people,
            granted: summary.granted,
            locked_out: summary.locked_out,
            unknown: summary.unknown,
            not_subject: summary.not_subject,
            can_repair_sso: summary.can_repair_sso,
            repair_mappings: summary.repair_mappings,
            may_repair_sso: summary.may_repair_sso,
            backup_accounts: summary.backup_accounts_known.then_some(summary.backup_accounts),
            expectations: summary.expectations.as_ref().map(|counts| ExpectationsRow {
                hold: counts.hold,
                hold_by_assumption: counts.hold_by_assumption,
                fail: counts.fail,
                not_known: counts.not_known,
                about_nobody: counts.about_nobody,
                mappings: counts.mappings,
                mappings_exercised: counts.mappings_exercised,
            }),
        },
    }
}

fn location(connection: &ConnectionReport, location: &Location) -> LocationRow {
    let lines = Lines::of(connection, location);
    LocationRow {
        file: lines.path.to_owned(),
        line: lines.start.0,
        column: lines.start.1,
        end_line: lines.end.0,
        end_column: lines.end.1,
        path: location.path.clone(),
    }
}

fn not_evaluated(connection: &ConnectionReport, row: &NotEvaluated) -> NotEvaluatedRow {
    NotEvaluatedRow {
        connection: connection.name.clone(),
        rule: row.rule,
        severity: row.severity.name(),
        needs: row
            .needs
            .iter()
            .map(|need| NeedRow { missing: need.missing.clone(), remedy: need.remedy.clone() })
            .collect(),
    }
}

/// One line of `who --format json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerdictRow {
    pub connection: String,
    pub user: String,
    pub okta_id: Option<String>,
    pub verdict: &'static str,
    pub role: Option<String>,
    pub rank: Option<i64>,
    pub gate: Option<&'static str>,
    pub reason: Option<String>,
    pub assumes: Vec<&'static str>,
}

impl VerdictRow {
    pub fn new(sign_in: &SignIn<'_>, person: PersonIndex, names: &mut PeopleNames) -> Self {
        let name = sign_in.label(person);
        let mut row = Self {
            connection: sign_in.world.name.clone(),
            // Machine output keeps the name as it is; its formatter escapes what could act on a terminal.
            user: if names.mode() == PeopleShown::Names { name.to_owned() } else { names.show(name) },
            okta_id: sign_in
                .okta_id(person)
                .filter(|_| names.mode() == PeopleShown::Names)
                .map(str::to_owned),
            verdict: "",
            role: None,
            rank: None,
            gate: None,
            reason: None,
            assumes: sign_in.assumes(person).names(),
        };
        let verdict = sign_in.verdict(person);
        row.verdict = verdict.name();
        match verdict {
            Verdict::Granted { role, rank } => {
                row.role = Some(sign_in.world.role_label(&role).to_owned());
                row.rank = rank;
            }
            Verdict::LockedOut { gate, reason } | Verdict::Unknown { gate, missing: reason } => {
                row.gate = Some(gate.name());
                row.reason = Some(reason);
            }
            Verdict::NotSubject { reason } => row.reason = Some(reason.to_owned()),
        }
        row
    }

    /// As one line with its line break.
    pub fn to_line(&self) -> Vec<u8> {
        let mut line = to_bytes(self, Safe(serde_json::ser::CompactFormatter));
        line.push(b'\n');
        line
    }
}

/// Serialising our own rows cannot fail: they have string keys, and the writer is memory.
pub(super) fn to_bytes<T: Serialize + ?Sized, F: Formatter>(value: &T, formatter: F) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    match value.serialize(&mut serializer) {
        Ok(()) => bytes,
        Err(_) => Vec::new(),
    }
}

/// JSON in which no character acts on a terminal or in a CI log: controls that JSON lets stand, bidirectional marks, and the `##` that
/// begins a command anywhere in a line, are escaped. It reads the same.
pub(super) struct Safe<F>(pub F);

impl<F: Formatter> Formatter for Safe<F> {
    fn write_string_fragment<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> std::io::Result<()> {
        let mut written = 0;
        for (at, c) in fragment.char_indices() {
            if acts(c) || (c == '#' && fragment.get(at + 1..).is_some_and(|rest| rest.starts_with('#'))) {
                writer.write_all(fragment.get(written..at).unwrap_or_default().as_bytes())?;
                for unit in c.encode_utf16(&mut [0_u16; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
                written = at + c.len_utf8();
            }
        }
        writer.write_all(fragment.get(written..).unwrap_or_default().as_bytes())
    }

    fn begin_array<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[derive(Serialize)]
struct RuleRow {
    id: &'static str,
    family: &'static str,
    title: String,
    severity: &'static str,
    precision: &'static str,
    life: &'static str,
    pedantic: bool,
    needs: Vec<String>,
    options: std::collections::BTreeMap<String, serde_json::Value>,
    since: String,
}

/// The catalogue, for `rules --format json`.
pub fn rules() -> Vec<u8> {
    let rows: Vec<RuleRow> = crate::rules::catalogue()
        .map(|rule| {
            let page = rule.page();
            RuleRow {
                id: rule.id,
                family: rule.family,
                title: page.title.clone(),
                severity: page.severity.name(),
                precision: page.precision.name(),
                life: page.life.name(),
                pedantic: page.pedantic,
                needs: page.needs.clone(),
                options: page
                    .options
                    .iter()
                    .map(|(name, choice)| (name.clone(), choice.default.clone()))
                    .collect(),
                since: page.since.clone(),
            }
        })
        .collect();
    let mut bytes = to_bytes(&rows, Safe(PrettyFormatter::with_indent(b"  ")));
    bytes.push(b'\n');
    bytes
}
