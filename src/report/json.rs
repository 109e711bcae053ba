//! `check --format json` and the objects of `who --format json` (interface, machine output).

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::ser::{Formatter, PrettyFormatter};

use crate::finding::locate::Location;
use crate::finding::prose::{PeopleNames, PeopleShown, acts};
use crate::finding::{NotEvaluated, Severity};
use crate::signin::verdict::Verdict;
use crate::signin::{PersonIndex, SignIn};

use super::coverage::{self, NOT_COVERED};
use super::lines::Lines;
use super::merge::{Open, PlaceRow, Settling, Standing, useful};
use super::overview::{self, ConnectionRow, Counts};
use super::{ConnectionReport, Report, Reported, WhyHidden};

/// The version of the shape.
pub const VERSION: u32 = 1;

/// A word of ours when it is written, and whatever stands there when it is read again.
type Text = Cow<'static, str>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Whole {
    version: u32,
    tool: Tool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) shard: Option<ShardRow>,
    connections: Vec<Connection>,
    not_reached: Vec<NotReachedRow>,
    findings: Vec<FindingRow>,
    not_evaluated: Vec<NotEvaluatedRow>,
    accepted: Vec<AcceptedRow>,
    ignored: Vec<IgnoredRow>,
    fixed: Vec<FixedRow>,
    assumed: Vec<AssumedRow>,
    not_covered: Vec<Text>,
    summary: Totals,
}

#[derive(Serialize, Deserialize)]
struct Tool {
    name: Text,
    version: Text,
}

#[derive(Serialize, Deserialize)]
struct Connection {
    name: String,
    origin: String,
    evaluated: Vec<Text>,
    errors: Vec<FaultRow>,
    notices: Vec<String>,
    declared: Vec<String>,
    summary: SummaryRow,
}

#[derive(Serialize, Deserialize)]
struct FaultRow {
    file: String,
    line: usize,
    column: usize,
    message: String,
}

#[derive(Serialize, Deserialize)]
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

#[derive(Serialize, Deserialize)]
struct ExpectationsRow {
    hold: usize,
    hold_by_assumption: usize,
    fail: usize,
    not_known: usize,
    about_nobody: usize,
    mappings: usize,
    mappings_exercised: usize,
}

#[derive(Default, Serialize, Deserialize)]
struct Totals {
    connections: usize,
    not_reached: usize,
    error: usize,
    warning: usize,
    note: usize,
    not_evaluated: usize,
    accepted: usize,
    ignored: usize,
    in_baseline: usize,
    there_before: usize,
    fixed: usize,
    by_rule: Vec<RuleCounts>,
    by_connection: Vec<ConnectionCounts>,
}

#[derive(Serialize, Deserialize)]
struct RuleCounts {
    rule: String,
    error: usize,
    warning: usize,
    note: usize,
    connections: usize,
}

#[derive(Serialize, Deserialize)]
struct ConnectionCounts {
    connection: String,
    unreadable: usize,
    error: usize,
    warning: usize,
    note: usize,
    not_evaluated: usize,
}

#[derive(Serialize, Deserialize)]
pub(super) struct NotReachedRow {
    pub(super) connection: String,
    why: String,
    fix: String,
}

/// Which part of a run this is, and what only the other parts can settle.
#[derive(Serialize, Deserialize)]
pub(super) struct ShardRow {
    pub(super) index: usize,
    pub(super) of: usize,
    pub(super) undecided: Vec<UndecidedRow>,
    pub(super) useful: Vec<PlaceRow>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct UndecidedRow {
    finding: FindingRow,
    at: PlaceRow,
    before: usize,
    waits_for: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct FindingRow {
    connection: String,
    rule: Text,
    severity: Text,
    message: String,
    why: String,
    fix: String,
    location: LocationRow,
    related: Vec<RelatedRow>,
    /// The first of them.
    people: Vec<String>,
    people_count: usize,
    fingerprint: String,
}

/// A finding that is left out for a reason that somebody gave.
#[derive(Serialize, Deserialize)]
struct IgnoredRow {
    #[serde(flatten)]
    finding: FindingRow,
    reason: String,
}

/// A rule that could not be evaluated, and need not be.
#[derive(Serialize, Deserialize)]
struct AcceptedRow {
    #[serde(flatten)]
    row: NotEvaluatedRow,
    reason: String,
}

/// An entry of the baseline that was found no more.
#[derive(Serialize, Deserialize)]
struct FixedRow {
    connection: String,
    rule: String,
    fingerprint: String,
}

#[derive(Serialize, Deserialize)]
struct LocationRow {
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    path: String,
}

#[derive(Serialize, Deserialize)]
struct RelatedRow {
    message: String,
    location: LocationRow,
}

#[derive(Serialize, Deserialize)]
struct NotEvaluatedRow {
    connection: String,
    rule: Text,
    severity: Text,
    needs: Vec<NeedRow>,
}

#[derive(Serialize, Deserialize)]
struct NeedRow {
    missing: String,
    remedy: String,
}

#[derive(Serialize, Deserialize)]
struct AssumedRow {
    connection: String,
    name: Text,
    people: usize,
    meaning: Text,
}

/// The whole report as one object, two spaces, with a line break at the end.
pub fn report(report: &Report, people: PeopleShown) -> Vec<u8> {
    let mut names = PeopleNames::new(people);
    let mut whole = Whole {
        version: VERSION,
        tool: Tool { name: "ssolint".into(), version: env!("CARGO_PKG_VERSION").into() },
        shard: report.shard.map(|shard| ShardRow {
            index: shard.index,
            of: shard.of,
            undecided: Vec::new(),
            useful: useful(report),
        }),
        connections: Vec::new(),
        not_reached: report
            .not_reached
            .iter()
            .map(|one| NotReachedRow {
                connection: one.name.clone(),
                why: one.why.clone(),
                fix: one.fix.clone(),
            })
            .collect(),
        findings: Vec::new(),
        not_evaluated: Vec::new(),
        accepted: Vec::new(),
        ignored: Vec::new(),
        fixed: Vec::new(),
        assumed: Vec::new(),
        not_covered: NOT_COVERED.into_iter().map(Text::from).collect(),
        summary: Totals::default(),
    };
    for connection in &report.connections {
        whole.connections.push(connection_row(connection));
        whole.summary.in_baseline += connection.hidden_as(&WhyHidden::Baseline);
        whole.summary.there_before += connection.hidden_as(&WhyHidden::Before);
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
            name: assumed.name.into(),
            people: assumed.people,
            meaning: coverage::meaning(assumed.name).into(),
        }));
        if let Some(shard) = &mut whole.shard {
            shard.undecided.extend(connection.undecided.iter().map(|undecided| UndecidedRow {
                finding: finding_row(connection, &undecided.reported, &mut names),
                at: PlaceRow::new(&undecided.at),
                before: undecided.before,
                waits_for: undecided.waits_for.clone(),
            }));
        }
    }
    whole.count();
    whole.bytes()
}

impl Whole {
    /// The counts that follow from the rows.
    fn count(&mut self) {
        let severity = |row: &FindingRow| Severity::parse(&row.severity).unwrap_or(Severity::Error);
        let count = |wanted| self.findings.iter().filter(|row| severity(row) == wanted).count();
        let mut by_connection: BTreeMap<&str, ConnectionRow> = self
            .connections
            .iter()
            .map(|connection| {
                let row = ConnectionRow {
                    connection: connection.name.clone(),
                    unreadable: connection.errors.len(),
                    counts: Counts::default(),
                    not_evaluated: 0,
                };
                (connection.name.as_str(), row)
            })
            .collect();
        for row in &self.findings {
            if let Some(connection) = by_connection.get_mut(row.connection.as_str()) {
                connection.counts.add(severity(row));
            }
        }
        for row in &self.not_evaluated {
            if let Some(connection) = by_connection.get_mut(row.connection.as_str()) {
                connection.not_evaluated += 1;
            }
        }
        let mut by_connection: Vec<ConnectionRow> = by_connection.into_values().collect();
        overview::worst_connections_first(&mut by_connection);
        let findings = self.findings.iter();
        let by_rule =
            overview::rules(findings.map(|row| (row.connection.as_str(), row.rule.as_ref(), severity(row))));
        self.summary = Totals {
            connections: self.connections.len(),
            not_reached: self.not_reached.len(),
            error: count(Severity::Error),
            warning: count(Severity::Warning),
            note: count(Severity::Note),
            not_evaluated: self.not_evaluated.len(),
            accepted: self.accepted.len(),
            ignored: self.ignored.len(),
            in_baseline: self.summary.in_baseline,
            there_before: self.summary.there_before,
            fixed: self.fixed.len(),
            by_rule: by_rule
                .into_iter()
                .map(|row| RuleCounts {
                    rule: row.rule,
                    error: row.counts.error,
                    warning: row.counts.warning,
                    note: row.counts.note,
                    connections: row.connections,
                })
                .collect(),
            by_connection: by_connection
                .into_iter()
                .map(|row| ConnectionCounts {
                    connection: row.connection,
                    unreadable: row.unreadable,
                    error: row.counts.error,
                    warning: row.counts.warning,
                    note: row.counts.note,
                    not_evaluated: row.not_evaluated,
                })
                .collect(),
        };
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = to_bytes(self, Safe(PrettyFormatter::with_indent(b"  ")));
        bytes.push(b'\n');
        bytes
    }

    /// Whether this version wrote it: another one's may have other rows.
    pub(super) fn is_ours(&self) -> bool {
        self.version == VERSION
            && self.tool.name == "ssolint"
            && self.tool.version == env!("CARGO_PKG_VERSION")
    }

    /// Names of all connections, checked or not.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let checked = self.connections.iter().map(|connection| connection.name.as_str());
        checked.chain(self.not_reached.iter().map(|row| row.connection.as_str()))
    }

    /// How bad it is, for the exit code.
    pub(super) fn standing(&self) -> Standing {
        let severity = |text: &Text| Severity::parse(text);
        Standing {
            unreadable: self.connections.iter().any(|connection| !connection.errors.is_empty()),
            not_reached: !self.not_reached.is_empty(),
            not_evaluated: self.not_evaluated.iter().filter_map(|row| severity(&row.severity)).max(),
            found: self.findings.iter().filter_map(|row| severity(&row.severity)).max(),
        }
    }

    /// The parts as one: in the order of the connections' names, and settled as if they had been one run.
    pub(super) fn joined(parts: Vec<Self>) -> Option<Self> {
        let mut parts = parts.into_iter();
        let mut whole = parts.next()?;
        let mut shard = whole.shard.take();
        for part in parts {
            whole.connections.extend(part.connections);
            whole.not_reached.extend(part.not_reached);
            whole.findings.extend(part.findings);
            whole.not_evaluated.extend(part.not_evaluated);
            whole.accepted.extend(part.accepted);
            whole.ignored.extend(part.ignored);
            whole.fixed.extend(part.fixed);
            whole.assumed.extend(part.assumed);
            whole.summary.in_baseline += part.summary.in_baseline;
            whole.summary.there_before += part.summary.there_before;
            if let (Some(known), Some(more)) = (&mut shard, part.shard) {
                known.undecided.extend(more.undecided);
                known.useful.extend(more.useful);
            }
        }
        // Stable: what belongs to one connection stays in its order.
        whole.connections.sort_by(|a, b| a.name.cmp(&b.name));
        whole.not_reached.sort_by(|a, b| a.connection.cmp(&b.connection));
        whole.not_evaluated.sort_by(|a, b| a.connection.cmp(&b.connection));
        whole.accepted.sort_by(|a, b| a.row.connection.cmp(&b.row.connection));
        whole.ignored.sort_by(|a, b| a.finding.connection.cmp(&b.finding.connection));
        whole.fixed.sort_by(|a, b| a.connection.cmp(&b.connection));
        whole.assumed.sort_by(|a, b| a.connection.cmp(&b.connection));
        whole.settle(shard);
        whole.count();
        Some(whole)
    }

    fn settle(&mut self, shard: Option<ShardRow>) {
        let mut by_connection: BTreeMap<String, Vec<FindingRow>> =
            self.connections.iter().map(|connection| (connection.name.clone(), Vec::new())).collect();
        for row in std::mem::take(&mut self.findings) {
            by_connection.entry(row.connection.clone()).or_default().push(row);
        }
        let mut settling = Settling::new(by_connection);
        if let Some(shard) = shard {
            settling.useful.extend(shard.useful);
            settling.undecided.extend(shard.undecided.into_iter().map(|row| Open {
                connection: row.finding.connection.clone(),
                row: row.finding,
                at: row.at,
                before: row.before,
                waits_for: row.waits_for,
            }));
        }
        let key = |row: &FindingRow| {
            let at = &row.location;
            (row.rule.to_string(), PlaceRow { file: at.file.clone(), line: at.line, column: at.column })
        };
        self.findings = settling.settled(key).into_values().flatten().collect();
    }
}

fn finding_row(connection: &ConnectionReport, reported: &Reported, names: &mut PeopleNames) -> FindingRow {
    let finding = &reported.finding;
    FindingRow {
        connection: connection.name.clone(),
        rule: finding.rule.into(),
        severity: finding.severity.name().into(),
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
                finding.people.names.iter().map(|name| names.show(name)).collect()
            }
        },
        people_count: finding.people.count,
        fingerprint: reported.fingerprint.clone(),
    }
}

fn connection_row(connection: &ConnectionReport) -> Connection {
    let summary = &connection.summary;
    Connection {
        name: connection.name.clone(),
        origin: connection.origin.clone(),
        evaluated: connection.evaluated.iter().copied().map(Text::from).collect(),
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
        rule: row.rule.into(),
        severity: row.severity.name().into(),
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
    options: BTreeMap<String, serde_json::Value>,
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
