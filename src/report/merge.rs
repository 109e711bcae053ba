//! `ssolint merge`: the reports of shards as one, byte for byte what one run over all connections writes. Which connections a report is of,
//! and what only the others can settle, the reports say themselves.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::document::strict;
use crate::finding::Severity;
use crate::rules::upkeep::ABOUT_SUPPRESSIONS;

use super::json::Whole;
use super::sarif::Log;
use super::{Report, SourcePlace};

/// Why reports cannot be joined.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MergeError {
    #[error("{name}: {why}")]
    Unreadable { name: String, why: String },
    #[error(
        "{name} is neither a report of `check --format json` nor of `check --format sarif` by this version"
    )]
    NotAReport { name: String },
    #[error("{first} and {other} are of different formats; join JSON with JSON, and SARIF with SARIF")]
    Formats { first: String, other: String },
    #[error("{first} is of a run in {of} shards and {other} is not; name the reports of one run")]
    Runs { first: String, of: usize, other: String },
    #[error(
        "shard {index}/{of} is missing: name its report too, or its connections would be left out without a word"
    )]
    Missing { index: usize, of: usize },
    #[error("{first} and {other} are both of shard {index}/{of}")]
    Twice { first: String, other: String, index: usize, of: usize },
    #[error("{connection} is in {first} and in {other}")]
    Connection { connection: String, first: String, other: String },
    #[error("no report was named")]
    Nothing,
}

/// The joined report, and how bad it is.
#[derive(Debug, Clone)]
pub struct Merged {
    pub bytes: Vec<u8>,
    pub standing: Standing,
}

/// What decides the exit code of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    pub unreadable: bool,
    pub not_reached: bool,
    /// The worst severity of a rule that could not be evaluated.
    pub not_evaluated: Option<Severity>,
    /// The worst severity of a finding.
    pub found: Option<Severity>,
}

/// A place in the project file, as reports of shards carry it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct PlaceRow {
    pub file: String,
    pub line: usize,
    pub column: usize,
}

impl PlaceRow {
    pub(super) fn new(at: &SourcePlace) -> Self {
        Self { file: at.file.clone(), line: at.line, column: at.column }
    }
}

/// Entries that some connection here has a use for.
pub(super) fn useful(report: &Report) -> Vec<PlaceRow> {
    let all = report.connections.iter().flat_map(|connection| &connection.suppressions);
    let useful: BTreeSet<PlaceRow> = all.filter(|one| !one.idle).map(|one| PlaceRow::new(&one.at)).collect();
    useful.into_iter().collect()
}

/// A finding of a shard that the other shards settle.
pub(super) struct Open<R> {
    pub connection: String,
    pub row: R,
    pub at: PlaceRow,
    pub before: usize,
    pub waits_for: Vec<String>,
}

/// What `check::settle` does for one run, over the rows of several reports.
pub(super) struct Settling<R> {
    by_connection: BTreeMap<String, Vec<R>>,
    pub useful: BTreeSet<PlaceRow>,
    pub undecided: Vec<Open<R>>,
}

impl<R> Settling<R> {
    /// The rows of every connection that was checked.
    pub(super) fn new(by_connection: BTreeMap<String, Vec<R>>) -> Self {
        Self { by_connection, useful: BTreeSet::new(), undecided: Vec::new() }
    }

    /// `key` gives a row's rule and place.
    pub(super) fn settled(self, key: impl Fn(&R) -> (String, PlaceRow)) -> BTreeMap<String, Vec<R>> {
        let Self { by_connection, useful, undecided } = self;
        let checked: BTreeSet<String> = by_connection.keys().cloned().collect();
        let mut open: BTreeMap<String, Vec<Open<R>>> = BTreeMap::new();
        for one in undecided {
            let all_checked = one.waits_for.iter().all(|name| checked.contains(name));
            if all_checked && !useful.contains(&one.at) {
                open.entry(one.connection.clone()).or_default().push(one);
            }
        }
        let mut said: BTreeMap<(String, PlaceRow), String> = BTreeMap::new();
        let mut settled = BTreeMap::new();
        for (connection, rows) in by_connection {
            let mut waiting = open.remove(&connection).unwrap_or_default().into_iter().peekable();
            let mut all = Vec::with_capacity(rows.len());
            for (index, row) in rows.into_iter().enumerate() {
                while let Some(one) = waiting.next_if(|one| one.before <= index) {
                    all.push(one.row);
                }
                all.push(row);
            }
            all.extend(waiting.map(|one| one.row));
            all.retain(|row| {
                let (rule, at) = key(row);
                if !ABOUT_SUPPRESSIONS.contains(&rule.as_str()) {
                    return true;
                }
                *said.entry((rule, at)).or_insert_with(|| connection.clone()) == connection
            });
            settled.insert(connection, all);
        }
        settled
    }
}

enum Kind {
    Json(Box<Whole>),
    Sarif(Box<Log>),
}

/// Joins reports, each given with the name under which it is spoken of.
pub fn merge(reports: &[(String, String)]) -> Result<Merged, MergeError> {
    let mut json = Vec::new();
    let mut sarif = Vec::new();
    let (mut shards, mut names) = (Vec::new(), Vec::new());
    for (name, text) in reports {
        match read(name, text)? {
            Kind::Json(whole) => {
                shards.push(whole.shard.as_ref().map(|shard| (shard.index, shard.of)));
                names.push(whole.names().map(str::to_owned).collect());
                json.push(*whole);
            }
            Kind::Sarif(log) => {
                shards.push(log.shard.as_ref().map(|shard| (shard.index, shard.of)));
                names.push(log.names());
                sarif.push(*log);
            }
        }
        if let (Some((first, _)), false, false) = (reports.first(), json.is_empty(), sarif.is_empty()) {
            return Err(MergeError::Formats { first: first.clone(), other: name.clone() });
        }
    }
    complete(reports, &shards)?;
    each_once(reports, &names)?;
    if let Some(whole) = Whole::joined(json) {
        return Ok(Merged { standing: whole.standing(), bytes: whole.bytes() });
    }
    let log = Log::joined(sarif).ok_or(MergeError::Nothing)?;
    Ok(Merged { standing: log.standing(), bytes: log.bytes() })
}

fn read(name: &str, text: &str) -> Result<Kind, MergeError> {
    let value = strict::read_json(text)
        .map_err(|error| MergeError::Unreadable { name: name.to_owned(), why: error.to_string() })?;
    let not_a_report = || MergeError::NotAReport { name: name.to_owned() };
    let is_sarif = value.get("runs").is_some_and(Value::is_array);
    if is_sarif {
        return Log::read(value).map(|log| Kind::Sarif(Box::new(log))).ok_or_else(not_a_report);
    }
    match serde_json::from_value::<Whole>(value) {
        Ok(whole) if whole.is_ours() => Ok(Kind::Json(Box::new(whole))),
        _ => Err(not_a_report()),
    }
}

/// Where shards are named, all of them are there, once.
fn complete(reports: &[(String, String)], shards: &[Option<(usize, usize)>]) -> Result<(), MergeError> {
    let named: Vec<(&str, Option<(usize, usize)>)> =
        reports.iter().map(|(name, _)| name.as_str()).zip(shards.iter().copied()).collect();
    let Some((first, of)) = named.iter().find_map(|(name, shard)| Some((*name, shard.as_ref()?.1))) else {
        return Ok(());
    };
    let mut seen: BTreeMap<usize, &str> = BTreeMap::new();
    for (name, shard) in named {
        let Some((index, _)) = shard.filter(|(_, others)| *others == of) else {
            return Err(MergeError::Runs { first: first.to_owned(), of, other: name.to_owned() });
        };
        if let Some(first) = seen.insert(index, name) {
            return Err(MergeError::Twice { first: first.to_owned(), other: name.to_owned(), index, of });
        }
    }
    match (1..=of).find(|index| !seen.contains_key(index)) {
        Some(index) => Err(MergeError::Missing { index, of }),
        None => Ok(()),
    }
}

fn each_once(reports: &[(String, String)], names: &[Vec<String>]) -> Result<(), MergeError> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for ((report, _), names) in reports.iter().zip(names) {
        for connection in names {
            if let Some(first) = seen.insert(connection, report).filter(|first| first != report) {
                return Err(MergeError::Connection {
                    connection: connection.clone(),
                    first: first.to_owned(),
                    other: report.clone(),
                });
            }
        }
    }
    Ok(())
}
