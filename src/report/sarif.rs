//! SARIF 2.1.0 for code scanning (interface, SARIF): one run for each connection, with everything that `sarif-multitool validate` and
//! code scanning ask for. Where a finding lies and how it is told from others, `finding` has decided; here it is only written down.
//!
//! Texts from outside stand in two kinds of message. In a plain one (SARIF 3.11.3) only links act, so brackets are escaped; in a Markdown
//! one (3.11.4) all punctuation is. Braces stay single though 3.11.5 doubles them: we give no arguments, so nobody formats these messages,
//! and a doubled brace would be typed into Okta as it stands.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::ser::PrettyFormatter;
use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Location, LogicalLocation, Message, MultiformatMessageString, Notification,
    PhysicalLocation, PropertyBag, Region, ReportingConfiguration, ReportingDescriptor,
    ReportingDescriptorReference, Result as Found, ResultLevel, Run, RunAutomationDetails, Sarif,
    Suppression, Tool, ToolComponent,
};

use crate::document::JsonPath;
use crate::document::json_path::Step;
use crate::finding::prose::{PeopleNames, PeopleShown, grouped, people, visible};
use crate::finding::{Concerned, NotEvaluated, Severity, Spot, locate};
use crate::rules::page::Life;
use crate::rules::{Rule, catalogue};

use super::coverage::{self, NOT_COVERED};
use super::json::{Safe, to_bytes};
use super::lines::{Lines, normal};
use super::merge::{Open, PlaceRow, Settling, Standing, useful};
use super::wording::{self, Told, sentence};
use super::{ConnectionReport, Fault, NotReached, Report, Reported, ShowIgnored, Summary, WhyHidden};

/// The schema of the standard with its errata. The one that `serde-sarif` names is an old mirror.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The project's future home.
const HOME: &str = "https://github.com/ssolint/ssolint";

/// Code scanning shows so many results of a run.
pub const MOST_RESULTS: usize = 5_000;

/// The name of our own fingerprint. `primaryLocationLineHash` is code scanning's to compute.
pub const FINGERPRINT: &str = "ssolint/v1";

/// What a file with an absolute path is relative to, so that its URI is relative too: code scanning refuses a `file:` URI whose checkout
/// path it does not know.
const FILESYSTEM_ROOT: &str = "FILESYSTEM_ROOT";

/// The whole report as one log, two spaces, with a line break at the end.
pub fn report(report: &Report, people: PeopleShown) -> Vec<u8> {
    let mut names = PeopleNames::new(people);
    let mut taken = BTreeMap::new();
    let mut undecided = Vec::new();
    let mut runs: Vec<Run> = Vec::new();
    for connection in &report.connections {
        if report.shard.is_some() {
            let rules = rules_of(connection);
            undecided.extend(connection.undecided.iter().map(|one| UndecidedResult {
                connection: visible(&connection.name),
                result: result(connection, &one.reported, &rules, &mut names),
                at: PlaceRow::new(&one.at),
                before: one.before,
                waits_for: one.waits_for.iter().map(|name| visible(name)).collect(),
            }));
        }
        runs.push(run(connection, category(&connection.name, &mut taken), &mut names));
    }
    for one in &report.not_reached {
        let of_its_own = category(&format!("{}/{NOT_REACHED}", one.name), &mut taken);
        runs.push(not_reached(one, of_its_own));
    }
    let shard = report.shard.map(|shard| ShardBag {
        index: shard.index,
        of: shard.of,
        undecided,
        useful: useful(report),
    });
    Log { runs, shard }.bytes()
}

/// What is said of a text that could not be read.
const UNREADABLE: &str = "unreadable";

/// The last part of the category of a run that could not be made.
const NOT_REACHED: &str = "not-reached";

/// A log of ours, apart from what is the same in all of them.
pub(super) struct Log {
    runs: Vec<Run>,
    pub(super) shard: Option<ShardBag>,
}

/// Which part of a run a log is of, and what only the other parts can settle.
#[derive(Serialize, Deserialize)]
pub(super) struct ShardBag {
    pub(super) index: usize,
    pub(super) of: usize,
    undecided: Vec<UndecidedResult>,
    useful: Vec<PlaceRow>,
}

#[derive(Serialize, Deserialize)]
struct UndecidedResult {
    connection: String,
    result: Found,
    at: PlaceRow,
    before: usize,
    waits_for: Vec<String>,
}

const SHARD: &str = "ssolint/shard";

impl Log {
    /// `None` where this version did not write it.
    pub(super) fn read(value: Value) -> Option<Self> {
        let log: Sarif = serde_json::from_value(value).ok()?;
        let ours = |run: &Run| {
            let driver = &run.tool.driver;
            driver.name == "ssolint" && driver.version.as_deref() == Some(env!("CARGO_PKG_VERSION"))
        };
        let shard = log.properties.and_then(|mut bag| bag.additional_properties.remove(SHARD));
        let shard = match shard {
            Some(shard) => Some(serde_json::from_value(shard).ok()?),
            None => None,
        };
        log.runs.iter().all(ours).then_some(Self { runs: log.runs, shard })
    }

    /// Names of all connections, checked or not.
    pub(super) fn names(&self) -> Vec<String> {
        self.runs.iter().filter_map(of_category).map(|(name, _)| name.to_owned()).collect()
    }

    pub(super) fn joined(parts: Vec<Self>) -> Option<Self> {
        let mut parts = parts.into_iter();
        let mut whole = parts.next()?;
        let mut shard = whole.shard.take();
        for part in parts {
            whole.runs.extend(part.runs);
            if let (Some(known), Some(more)) = (&mut shard, part.shard) {
                known.undecided.extend(more.undecided);
                known.useful.extend(more.useful);
            }
        }
        whole.runs.sort_by(|a, b| {
            let key = |run| of_category(run).map(|(name, reached)| (!reached, name));
            key(a).cmp(&key(b))
        });
        let mut by_connection = BTreeMap::new();
        for run in &mut whole.runs {
            if let Some((name, true)) = of_category(run).map(|(name, reached)| (name.to_owned(), reached)) {
                by_connection.insert(name, run.results.take().unwrap_or_default());
            }
        }
        let mut settling = Settling::new(by_connection);
        if let Some(shard) = shard {
            settling.useful.extend(shard.useful);
            settling.undecided.extend(shard.undecided.into_iter().map(|one| Open {
                connection: one.connection,
                row: one.result,
                at: one.at,
                before: one.before,
                waits_for: one.waits_for,
            }));
        }
        let mut settled = settling.settled(rule_and_place);
        for run in &mut whole.runs {
            let name = of_category(run).filter(|(_, reached)| *reached).map(|(name, _)| name.to_owned());
            if let Some(results) = name.and_then(|name| settled.remove(&name)) {
                run.results = Some(results);
            }
        }
        Some(whole)
    }

    /// How bad it is, for the exit code.
    pub(super) fn standing(&self) -> Standing {
        let mut standing = Standing::default();
        for run in &self.runs {
            let results = run.results.iter().flatten().filter(|result| result.suppressions.is_none());
            let found = results.filter_map(|result| severity_of(result.level.as_ref()?));
            standing.found = standing.found.max(found.max());
            let invocations = run.invocations.iter().flatten();
            for notification in
                invocations.flat_map(|invocation| invocation.tool_execution_notifications.iter().flatten())
            {
                let about = notification.descriptor.as_ref().and_then(|descriptor| descriptor.id.as_deref());
                let level = notification.level.as_ref().and_then(Value::as_str);
                standing.not_reached |= about == Some(NOT_REACHED);
                standing.unreadable |= about == Some(UNREADABLE);
                // One that need not be evaluated is a note.
                if notification.associated_rule.is_some() && level == Some(Severity::Warning.name()) {
                    standing.not_evaluated = standing.not_evaluated.max(severity_in(run, about));
                }
            }
        }
        standing
    }

    pub(super) fn bytes(self) -> Vec<u8> {
        let mut log = Sarif::builder().schema(SCHEMA).version("2.1.0").runs(self.runs).build();
        // Serialising our own rows cannot fail.
        let shard = self.shard.and_then(|shard| serde_json::to_value(shard).ok());
        log.properties = shard.map(|shard| PropertyBag {
            tags: None,
            additional_properties: BTreeMap::from([(SHARD.to_owned(), shard)]),
        });
        let mut bytes = to_bytes(&log, Safe(PrettyFormatter::with_indent(b"  ")));
        bytes.push(b'\n');
        bytes
    }
}

fn severity_of(level: &ResultLevel) -> Option<Severity> {
    match level {
        ResultLevel::Error => Some(Severity::Error),
        ResultLevel::Warning => Some(Severity::Warning),
        ResultLevel::Note => Some(Severity::Note),
        ResultLevel::None => None,
    }
}

/// The severity at which a rule ran.
fn severity_in(run: &Run, rule: Option<&str>) -> Option<Severity> {
    let rules = run.tool.driver.rules.iter().flatten();
    let found = rules.into_iter().find(|known| Some(known.id.as_str()) == rule)?;
    Severity::parse(found.default_configuration.as_ref()?.level.as_ref()?.as_str()?)
}

/// `ssolint/<connection>/`, and whether it was reached.
fn of_category(run: &Run) -> Option<(&str, bool)> {
    let id = run.automation_details.as_ref()?.id.as_deref()?;
    let name = id.strip_prefix("ssolint/")?.strip_suffix('/')?;
    let own = name.strip_suffix(NOT_REACHED).and_then(|name| name.strip_suffix('/'));
    match own.filter(|_| run.results.as_ref().is_none_or(Vec::is_empty)) {
        Some(name) => Some((name, false)),
        None => Some((name, true)),
    }
}

fn rule_and_place(result: &Found) -> (String, PlaceRow) {
    let physical = result.locations.iter().flatten().find_map(|location| location.physical_location.as_ref());
    let region = physical.and_then(|physical| physical.region.as_ref());
    let number = |number: Option<i64>| number.and_then(|number| usize::try_from(number).ok()).unwrap_or(0);
    let at = PlaceRow {
        file: physical
            .and_then(|physical| physical.artifact_location.as_ref()?.uri.clone())
            .unwrap_or_default(),
        line: number(region.and_then(|region| region.start_line)),
        column: number(region.and_then(|region| region.start_column)),
    };
    (result.rule_id.clone().unwrap_or_default(), at)
}

/// A run that could not be made. It is of a category of its own: a run of the connection's category without results would close the alerts of
/// the last one that could be made.
fn not_reached(one: &NotReached, category: String) -> Run {
    let name = visible(&one.name);
    let text = format!(
        "{} Alerts of the category ssolint/{name}/ stay as they are: they are of the last run that reached it.",
        one.sentences().join(" ")
    );
    let mut notification = notification(NOT_REACHED, Severity::Error, &text);
    if let Some(entry) = &one.entry {
        notification.locations = Some(vec![Location {
            physical_location: Some(physical(
                &entry.file,
                (entry.line, entry.column),
                (entry.line, entry.end_column),
            )),
            ..Location::default()
        }]);
    }
    let driver = ToolComponent::builder()
        .name("ssolint")
        .version(env!("CARGO_PKG_VERSION"))
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .information_uri(HOME)
        .build();
    let invocation = Invocation::builder()
        .execution_successful(false)
        .tool_execution_notifications(vec![notification])
        .build();
    let mut run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .automation_details(RunAutomationDetails { id: Some(category), ..RunAutomationDetails::default() })
        .column_kind("unicodeCodePoints")
        .invocations(vec![invocation])
        .results(Vec::new())
        .build();
    if one.entry.as_ref().is_some_and(|entry| is_absolute(&entry.file)) {
        run.original_uri_base_ids = Some(filesystem_root());
    }
    run
}

fn filesystem_root() -> BTreeMap<String, ArtifactLocation> {
    let root = ArtifactLocation { uri: Some("file:///".to_owned()), ..ArtifactLocation::default() };
    BTreeMap::from([(FILESYSTEM_ROOT.to_owned(), root)])
}

/// `ssolint/<connection>/`; code scanning refuses a log with two runs of one category, so a name's second run gets a number.
fn category(connection: &str, taken: &mut BTreeMap<String, usize>) -> String {
    let name = visible(connection);
    let count = taken.entry(name.clone()).or_insert(0);
    *count += 1;
    if *count == 1 { format!("ssolint/{name}/") } else { format!("ssolint/{name}/{count}/") }
}

fn run(connection: &ConnectionReport, category: String, names: &mut PeopleNames) -> Run {
    let rules = rules_of(connection);
    let shown = connection.findings.iter().map(|reported| (reported, None));
    let results: Vec<Found> = shown
        .chain(ignored(connection).map(|(reported, why)| (reported, Some(why))))
        .take(MOST_RESULTS)
        .map(|(reported, why)| {
            let mut result = result(connection, reported, &rules, names);
            result.suppressions = why.map(|why| vec![suppression(why)]);
            result
        })
        .collect();
    let driver = ToolComponent::builder()
        .name("ssolint")
        .version(env!("CARGO_PKG_VERSION"))
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .information_uri(HOME)
        .rules(rules.iter().map(|rule| descriptor(rule, severity(connection, rule))).collect::<Vec<_>>())
        .build();
    let mut run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .automation_details(RunAutomationDetails { id: Some(category), ..RunAutomationDetails::default() })
        .column_kind("unicodeCodePoints")
        .invocations(vec![invocation(connection, &rules)])
        .results(results)
        .properties(summary(&connection.summary))
        .build();
    let paths = connection.files.iter().map(|file| &file.path);
    let paths = paths.chain(connection.faults.iter().map(|fault| &fault.file));
    if paths.chain([&connection.origin]).any(|path| is_absolute(path)) {
        run.original_uri_base_ids = Some(filesystem_root());
    }
    run
}

/// What is ignored, where that was asked for, with the reason: code scanning does not honour suppressions.
fn ignored(connection: &ConnectionReport) -> impl Iterator<Item = (&Reported, &str)> {
    let listed = connection.hidden.iter().filter(|_| connection.show_ignored == ShowIgnored::Listed);
    listed.filter_map(|hidden| match &hidden.why {
        WhyHidden::Ignored { reason } => Some((&hidden.reported, reason.as_str())),
        WhyHidden::Baseline | WhyHidden::Before => None,
    })
}

fn suppression(reason: &str) -> Suppression {
    Suppression::builder().kind(json!("external")).justification(visible(reason)).build()
}

/// The rules that were run, in the order of the catalogue.
fn rules_of(connection: &ConnectionReport) -> Vec<&'static Rule> {
    let ids: BTreeSet<&str> = connection
        .evaluated
        .iter()
        .copied()
        .chain(connection.not_evaluated.iter().map(|row| row.rule))
        .chain(connection.accepted.iter().map(|accepted| accepted.row.rule))
        .chain(connection.findings.iter().map(|reported| reported.finding.rule))
        .chain(ignored(connection).map(|(reported, _)| reported.finding.rule))
        .collect();
    catalogue().filter(|rule| ids.contains(rule.id)).collect()
}

fn index_of(rules: &[&Rule], id: &str) -> Option<i64> {
    rules.iter().position(|rule| rule.id == id).map(number)
}

/// The severity at which a rule ran: its page's, unless it was set.
fn severity(connection: &ConnectionReport, rule: &Rule) -> Severity {
    let found = connection.findings.iter().chain(connection.hidden.iter().map(|hidden| &hidden.reported));
    let found = found.map(|reported| (reported.finding.rule, reported.finding.severity));
    let open = connection.not_evaluated.iter().map(|row| (row.rule, row.severity));
    let mut severities = found.chain(open).filter(|(id, _)| *id == rule.id);
    severities.next().map_or(rule.page().severity, |(_, severity)| severity)
}

fn descriptor(rule: &Rule, severity: Severity) -> ReportingDescriptor {
    let page = rule.page();
    let checks = page.section("What it checks").unwrap_or(&page.body);
    let first = checks.split("\n\n").next().unwrap_or_default();
    let prose = page.prose();
    let properties = BTreeMap::from([
        ("precision".to_owned(), json!(page.precision.name())),
        ("security-severity".to_owned(), json!(security_severity(severity))),
    ]);
    let mut tags = vec!["security".to_owned(), rule.family.to_owned()];
    if page.life != Life::Stable {
        tags.push(page.life.name().to_owned());
    }
    ReportingDescriptor::builder()
        .id(rule.id)
        .short_description(both(&page.title))
        .full_description(both(first))
        .help(both(&prose))
        .help_uri(format!("{HOME}/blob/main/rules/{}/{}.md", rule.family, rule.id))
        .default_configuration(ReportingConfiguration {
            level: Some(json!(severity.name())),
            ..ReportingConfiguration::default()
        })
        .properties(PropertyBag { tags: Some(tags), additional_properties: properties })
        .build()
}

/// Code scanning's high (7.0 to 8.9), medium (4.0 to 6.9) and low (0.1 to 3.9).
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "8.0",
        Severity::Warning => "5.0",
        Severity::Note => "2.0",
    }
}

/// A page's Markdown, and the same without its marks.
fn both(markdown: &str) -> MultiformatMessageString {
    let lines = markdown.lines().map(|line| line.trim_start_matches('#').trim_start().replace(['`'], ""));
    let text = lines.collect::<Vec<_>>().join("\n");
    MultiformatMessageString::builder().text(text).markdown(markdown).build()
}

fn result(
    connection: &ConnectionReport,
    reported: &Reported,
    rules: &[&Rule],
    names: &mut PeopleNames,
) -> Found {
    let finding = &reported.finding;
    let places = finding.related.iter().zip(&reported.related);
    let related: Vec<(i64, String, Location)> = wording::related(connection, reported, names)
        .into_iter()
        .zip(places)
        .zip(1..)
        .map(|(((_, label), (related, place)), id)| {
            let location = Location {
                id: Some(id),
                message: Some(Message { text: Some(plain_text(&label)), ..Message::default() }),
                ..location(connection, place, &related.spot)
            };
            (id, label, location)
        })
        .collect();
    // The first sentence is what code scanning shows as the title.
    let sentences = Told::new(connection, reported, names).sentences();
    let labels = || related.iter().map(|(id, label, _)| (*id, label.as_str()));
    let mut result = Found::builder()
        .rule_id(finding.rule)
        .level(level(finding.severity))
        .message(Message {
            text: Some(with_links(&sentences, labels(), plain_text, link_text)),
            markdown: Some(with_links(&sentences, labels(), markdown_text, markdown_text)),
            ..Message::default()
        })
        .locations(vec![location(connection, &reported.location, &finding.spot)])
        .partial_fingerprints(BTreeMap::from([(FINGERPRINT.to_owned(), reported.fingerprint.clone())]))
        .build();
    result.rule_index = index_of(rules, finding.rule);
    if !related.is_empty() {
        result.related_locations = Some(related.into_iter().map(|(_, _, location)| location).collect());
    }
    result.properties = concerned(&finding.people, names);
    result
}

/// People whom a finding concerns: how many, and who they are where names were asked for.
fn concerned(concerned: &Concerned, names: &mut PeopleNames) -> Option<PropertyBag> {
    if concerned.count == 0 {
        return None;
    }
    let mut properties = BTreeMap::from([("peopleCount".to_owned(), json!(concerned.count))]);
    if names.mode() != PeopleShown::Counts {
        let shown: Vec<String> = concerned.names.iter().map(|name| names.show(name)).collect();
        properties.insert("people".to_owned(), json!(shown));
    }
    Some(PropertyBag { tags: None, additional_properties: properties })
}

fn level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Error => ResultLevel::Error,
        Severity::Warning => ResultLevel::Warning,
        Severity::Note => ResultLevel::Note,
    }
}

/// The sentences, and a last one that links to the related locations by their ids.
fn with_links<'a>(
    sentences: &[String],
    labels: impl Iterator<Item = (i64, &'a str)>,
    text: fn(&str) -> String,
    link: fn(&str) -> String,
) -> String {
    let mut parts: Vec<String> = sentences.iter().map(|sentence| text(sentence)).collect();
    let links: Vec<String> = labels.map(|(id, label)| format!("[{}]({id})", link(label))).collect();
    if !links.is_empty() {
        parts.push(format!("See {}.", links.join(", ")));
    }
    parts.join(" ")
}

/// A plain message outside of links. The standard lets brackets and backslashes stand there; GitHub's own readers take an escape away
/// there as well, so what they would take away is doubled and the rest (`\d`) stays as it is to be typed.
fn plain_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut backslashes = 0;
    for c in text.chars() {
        if c == '\\' {
            backslashes += 1;
            continue;
        }
        let bracket = matches!(c, '[' | ']');
        push_backslashes(&mut escaped, backslashes, usize::from(bracket));
        escaped.push(c);
        backslashes = 0;
    }
    push_backslashes(&mut escaped, backslashes, 0);
    escaped
}

/// A run of backslashes before `brackets` (none or one) bracket, which gets one of its own.
fn push_backslashes(escaped: &mut String, run: usize, brackets: usize) {
    let doubled = run > 1 || brackets > 0;
    let count = if doubled { 2 * run } else { run };
    escaped.extend(std::iter::repeat_n('\\', count + brackets));
}

/// The text of a link in a plain message (SARIF 3.11.6).
fn link_text(text: &str) -> String {
    escape(text, |c| matches!(c, '\\' | '[' | ']'))
}

/// Text that is to act in no way in GitHub Flavored Markdown, which takes an escape before all ASCII punctuation.
fn markdown_text(text: &str) -> String {
    escape(text, |c| c.is_ascii_punctuation())
}

fn escape(text: &str, acts: fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if acts(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn location(connection: &ConnectionReport, place: &locate::Location, spot: &Spot) -> Location {
    let lines = Lines::of(connection, place);
    let physical = physical(lines.path, lines.start, lines.end);
    Location {
        physical_location: Some(physical),
        logical_locations: Some(vec![logical(spot)]),
        ..Location::default()
    }
}

/// The place as document and JSON path, which does not change when lines do.
fn logical(spot: &Spot) -> LogicalLocation {
    let place = &spot.place;
    let (name, kind) = match place.path.steps().last() {
        Some(Step::Key(key)) => (key.clone(), "property"),
        Some(Step::Index(index)) => (index.to_string(), "value"),
        None => (place.document.to_string(), "value"),
    };
    let fragment = if place.path == JsonPath::root() { String::new() } else { format!("#{}", place.path) };
    LogicalLocation {
        name: Some(visible(&name)),
        fully_qualified_name: Some(visible(&format!("{}{fragment}", place.document))),
        kind: Some(kind.to_owned()),
        ..LogicalLocation::default()
    }
}

/// `start` and `end` are line and column from 1, in code points; the end is exclusive.
fn physical(path: &str, start: (usize, usize), end: (usize, usize)) -> PhysicalLocation {
    PhysicalLocation {
        artifact_location: Some(ArtifactLocation {
            uri: Some(relative_uri(path)),
            uri_base_id: is_absolute(path).then(|| FILESYSTEM_ROOT.to_owned()),
            ..ArtifactLocation::default()
        }),
        region: Some(Region {
            start_line: Some(number(start.0)),
            start_column: Some(number(start.1)),
            end_line: Some(number(end.0)),
            end_column: Some(number(end.1)),
            ..Region::default()
        }),
        ..PhysicalLocation::default()
    }
}

fn is_absolute(path: &str) -> bool {
    let drive = path.as_bytes().get(..2).is_some_and(|two| matches!(two, [b'A'..=b'Z' | b'a'..=b'z', b':']));
    path.starts_with('/') || drive
}

/// A path as a relative URI reference (RFC 3986): nothing in it but the characters that always stand for themselves, so neither `#`, `?`
/// nor a colon in the first segment makes it something else.
fn relative_uri(path: &str) -> String {
    let path = normal(path);
    match path.trim_start_matches('/') {
        "" => ".".to_owned(),
        path => path.split('/').map(encoded).collect::<Vec<_>>().join("/"),
    }
}

fn encoded(segment: &str) -> String {
    let mut uri = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

/// SARIF counts in signed numbers; no file has more lines than they hold.
fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// What the run could and could not do. A text that could not be read is an error, and then, says SARIF 3.20.21, the run has failed.
fn invocation(connection: &ConnectionReport, rules: &[&Rule]) -> Invocation {
    let left_out = connection.findings.len().saturating_sub(MOST_RESULTS);
    let mut notifications: Vec<Notification> = connection.faults.iter().map(fault).collect();
    notifications.extend(connection.not_evaluated.iter().map(|row| not_evaluated(row, rules, None)));
    let accepted = connection.accepted.iter();
    notifications
        .extend(accepted.map(|accepted| not_evaluated(&accepted.row, rules, Some(&accepted.reason))));
    if left_out > 0 {
        notifications.push(notification(
            "results-left-out",
            Severity::Warning,
            &format!(
                "{} of {} findings are left out, the least severe ones: code scanning shows {} of a run.",
                grouped(left_out),
                grouped(connection.findings.len()),
                grouped(MOST_RESULTS)
            ),
        ));
    }
    for notice in &connection.notices {
        notifications.push(notification("left-out", Severity::Note, notice));
    }
    for declared in &connection.declared {
        notifications.push(notification("declared", Severity::Note, &format!("Declared: {declared}")));
    }
    for assumed in &connection.assumed {
        let text =
            format!("The verdicts of {} assume {}", people(assumed.people), coverage::meaning(assumed.name));
        notifications.push(notification("assumed", Severity::Note, &text));
    }
    let text = format!("No verdict covers: {}", NOT_COVERED.join("; "));
    notifications.push(notification("not-covered", Severity::Note, &text));
    Invocation::builder()
        .execution_successful(connection.faults.is_empty())
        .tool_execution_notifications(notifications)
        .build()
}

/// `about` is the descriptor's id: a rule, or what kind of thing is said.
fn notification(about: &str, severity: Severity, text: &str) -> Notification {
    let text = plain_text(&sentence(&visible(text)));
    Notification::builder()
        .descriptor(ReportingDescriptorReference {
            id: Some(about.to_owned()),
            ..ReportingDescriptorReference::default()
        })
        .level(severity.name())
        .message(Message { text: Some(text), ..Message::default() })
        .build()
}

fn fault(fault: &Fault) -> Notification {
    let at = (fault.line, fault.column);
    let text = format!("{} could not be read: {}", fault.file, fault.message);
    let mut notification = notification(UNREADABLE, Severity::Error, &text);
    notification.locations = Some(vec![Location {
        physical_location: Some(physical(&fault.file, at, at)),
        ..Location::default()
    }]);
    notification
}

/// `accepted`: the reason for which it need not be evaluated.
fn not_evaluated(row: &NotEvaluated, rules: &[&Rule], accepted: Option<&str>) -> Notification {
    let needs: Vec<String> = row
        .needs
        .iter()
        .map(|need| format!("{} {}", sentence(&need.missing), sentence(&need.remedy)))
        .collect();
    let mut text = format!("{} was not evaluated, at least in part: {}", row.rule, needs.join(" "));
    let mut level = Severity::Warning;
    if let Some(reason) = accepted {
        text.push_str(&format!(" It need not be: {}", sentence(reason)));
        level = Severity::Note;
    }
    let mut notification = notification(row.rule, level, &text);
    notification.associated_rule = Some(ReportingDescriptorReference {
        id: Some(row.rule.to_owned()),
        index: index_of(rules, row.rule),
        ..ReportingDescriptorReference::default()
    });
    notification
}

/// How many people end how, and who can repair SSO, as `check` says it at its end.
fn summary(summary: &Summary) -> PropertyBag {
    let backup = if summary.backup_accounts_known { json!(summary.backup_accounts) } else { Value::Null };
    let properties = [
        ("people", json!(summary.people)),
        ("granted", json!(summary.granted)),
        ("lockedOut", json!(summary.locked_out)),
        ("unknown", json!(summary.unknown)),
        ("notSubject", json!(summary.not_subject)),
        ("canRepairSso", json!(summary.can_repair_sso)),
        ("repairMappings", json!(summary.repair_mappings)),
        ("mayRepairSso", json!(summary.may_repair_sso)),
        ("backupAccounts", backup),
    ];
    PropertyBag {
        tags: None,
        additional_properties: properties.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    }
}
