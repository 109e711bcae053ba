//! A baseline: findings that are known, by fingerprint, each with how many people it concerned. It is read from what this tool writes (its own
//! small file, `check --format json`, or SARIF), and never names a person.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::PrettyFormatter;

use crate::document::strict;

use crate::finding::Concerned;

use super::json::{Safe, to_bytes};
use super::sarif::FINGERPRINT;
use super::{ConnectionReport, Fixed, Hidden, Report, Reported, WhyHidden};

/// The version of the shape.
pub const VERSION: u32 = 1;

/// Known findings, by the connection's name, each with the people whom it concerned; `None` where the file does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline(BTreeMap<String, BTreeMap<Fixed, Option<usize>>>);

impl Baseline {
    /// The error says what is wrong, with line and column where there is one.
    pub fn read(text: &str) -> Result<Self, String> {
        let value = strict::read_json(text).map_err(|error| error.to_string())?;
        let mut baseline = Self::default();
        if let Some(version) = value.get("version").filter(|version| version.as_u64() != Some(VERSION.into()))
            && value.get("runs").is_none()
        {
            return Err(format!("the version is {version}, and this tool reads {VERSION}"));
        }
        if let Some(rows) = value.get("findings").and_then(Value::as_array) {
            for row in rows {
                let connection = row.get("connection").and_then(Value::as_str);
                let people = count_of_row(row);
                baseline.add(connection, row.get("rule"), row.get("fingerprint"), people)?;
            }
        } else if let Some(runs) = value.get("runs").and_then(Value::as_array) {
            for run in runs {
                let connection = connection_of(run);
                for result in results(run) {
                    let people = Some(result.pointer("/properties/peopleCount").and_then(count).unwrap_or(0));
                    baseline.add(connection, result.get("ruleId"), fingerprint_of(result), people)?;
                }
            }
        } else {
            return Err("found neither findings nor runs; a baseline is what `check --write-baseline FILE`, `--format json` or `--format sarif` writes".to_owned());
        }
        Ok(baseline)
    }

    fn add(
        &mut self,
        connection: Option<&str>,
        rule: Option<&Value>,
        fingerprint: Option<&Value>,
        people: Option<usize>,
    ) -> Result<(), String> {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        match (connection, text(rule), text(fingerprint)) {
            (Some(connection), Some(rule), Some(fingerprint)) => {
                let of_connection = self.0.entry(connection.to_owned()).or_default();
                of_connection.insert(Fixed { rule, fingerprint }, people);
                Ok(())
            }
            _ => Err("found a finding without connection, rule or fingerprint of this tool".to_owned()),
        }
    }

    /// Hides what is known and no worse than it was, and says what is found no more: entries of connections that were checked, by rules that
    /// could be evaluated.
    pub fn apply(&self, report: &mut Report) {
        for connection in &mut report.connections {
            let Some(known) = self.0.get(&connection.name) else { continue };
            let found = fingerprints(connection);
            connection.fixed = known
                .keys()
                .filter(|entry| {
                    !found.contains(&entry.fingerprint) && was_looked_for(connection, &entry.rule)
                })
                .cloned()
                .collect();
            let known: BTreeMap<&str, Option<usize>> =
                known.iter().map(|(entry, people)| (entry.fingerprint.as_str(), *people)).collect();
            let is_known = |reported: &Reported| {
                let before = known.get(reported.fingerprint.as_str());
                before.is_some_and(|before| {
                    before.is_none_or(|before| !reported.finding.people.is_worse_than(before))
                })
            };
            connection.undecided.retain(|undecided| !is_known(&undecided.reported));
            hide(connection, WhyHidden::Baseline, is_known);
        }
    }
}

/// Hides the findings that fit.
pub fn hide(connection: &mut ConnectionReport, why: WhyHidden, fits: impl Fn(&Reported) -> bool) {
    let (out, stay): (Vec<_>, Vec<_>) = std::mem::take(&mut connection.findings).into_iter().partition(fits);
    connection.findings = stay;
    connection.hidden.extend(out.into_iter().map(|reported| Hidden { reported, why: why.clone() }));
}

/// What was there before, each with the people whom it concerned; what was ignored there was not seen.
pub fn seen(connection: &ConnectionReport) -> BTreeMap<String, usize> {
    let people = |reported: &Reported| (reported.fingerprint.clone(), reported.finding.people.count);
    connection.findings.iter().map(people).collect()
}

/// Of everything that was found, shown or not.
pub fn fingerprints(connection: &ConnectionReport) -> BTreeSet<String> {
    let hidden = connection.hidden.iter().map(|hidden| &hidden.reported);
    let undecided = connection.undecided.iter().map(|undecided| &undecided.reported);
    connection
        .findings
        .iter()
        .chain(hidden)
        .chain(undecided)
        .map(|reported| reported.fingerprint.clone())
        .collect()
}

fn was_looked_for(connection: &ConnectionReport, rule: &str) -> bool {
    connection.evaluated.contains(&rule) || crate::rules::find(rule).is_none()
}

#[derive(Serialize)]
struct File {
    version: u32,
    findings: Vec<Row>,
}

#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    connection: String,
    rule: String,
    fingerprint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    people: Option<usize>,
}

/// Everything that was found and is not ignored, as a baseline.
pub fn write(report: &Report) -> Vec<u8> {
    let mut findings = Vec::new();
    for connection in &report.connections {
        let known =
            connection.hidden.iter().filter(|hidden| !matches!(hidden.why, WhyHidden::Ignored { .. }));
        for reported in connection.findings.iter().chain(known.map(|hidden| &hidden.reported)) {
            findings.push(Row {
                connection: connection.name.clone(),
                rule: reported.finding.rule.to_owned(),
                fingerprint: reported.fingerprint.clone(),
                people: Some(reported.finding.people.count),
            });
        }
    }
    findings.sort();
    bytes(&File { version: VERSION, findings })
}

/// The text of a baseline without what is found no more, and with the people whom the rest concerns now.
pub fn pruned(text: &str, report: &Report) -> Result<Vec<u8>, String> {
    let mut value = strict::read_json(text).map_err(|error| error.to_string())?;
    let fixed: BTreeSet<&str> = report
        .connections
        .iter()
        .flat_map(|connection| &connection.fixed)
        .map(|fixed| fixed.fingerprint.as_str())
        .collect();
    let stays = |fingerprint: Option<&Value>| {
        fingerprint.and_then(Value::as_str).is_none_or(|fingerprint| !fixed.contains(fingerprint))
    };
    let now: BTreeMap<&str, &Concerned> = report
        .connections
        .iter()
        .flat_map(|connection| &connection.hidden)
        .filter(|hidden| matches!(hidden.why, WhyHidden::Baseline))
        .map(|hidden| (hidden.reported.fingerprint.as_str(), &hidden.reported.finding.people))
        .collect();
    let people_now = |fingerprint: Option<&Value>| {
        let concerned = now.get(fingerprint.and_then(Value::as_str)?)?;
        Some(concerned.count)
    };
    if let Some(rows) = value.get("findings").and_then(Value::as_array) {
        let text =
            |row: &Value, key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let kept = |row: &Value| Row {
            connection: text(row, "connection"),
            rule: text(row, "rule"),
            fingerprint: text(row, "fingerprint"),
            people: people_now(row.get("fingerprint")).or_else(|| count_of_row(row)),
        };
        // A whole report has counts that would no longer be right.
        let rows = rows.iter().filter(|row| stays(row.get("fingerprint")));
        return Ok(bytes(&File { version: VERSION, findings: rows.map(kept).collect() }));
    }
    for run in value.get_mut("runs").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(results) = run.get_mut("results").and_then(Value::as_array_mut) {
            results.retain(|result| stays(fingerprint_of(result)));
            for result in results {
                if let Some(people) = people_now(fingerprint_of(result))
                    && let Some(before) = result.pointer_mut("/properties/peopleCount")
                {
                    *before = people.into();
                }
            }
        }
    }
    Ok(bytes(&value))
}

fn bytes<T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = to_bytes(value, Safe(PrettyFormatter::with_indent(b"  ")));
    bytes.push(b'\n');
    bytes
}

/// In our own file, else in `--format json`.
fn count_of_row(row: &Value) -> Option<usize> {
    row.get("people").and_then(count).or_else(|| row.get("people_count").and_then(count))
}

fn count(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|count| usize::try_from(count).ok())
}

/// From `ssolint/<connection>/`.
fn connection_of(run: &Value) -> Option<&str> {
    run.pointer("/automationDetails/id")?.as_str()?.strip_prefix("ssolint/")?.strip_suffix('/')
}

fn results(run: &Value) -> impl Iterator<Item = &Value> {
    run.get("results").and_then(Value::as_array).into_iter().flatten()
}

fn fingerprint_of(result: &Value) -> Option<&Value> {
    result.get("partialFingerprints")?.get(FINGERPRINT)
}
