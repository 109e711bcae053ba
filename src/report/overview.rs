//! A run over several connections at a glance: by rule and by connection, the worst first. A connection that was not reached is in neither.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::finding::Severity;
use crate::finding::prose::grouped;

use super::{ConnectionReport, Report, wording};

/// Errors, warnings and notes: compared in this order, worst first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counts {
    pub error: usize,
    pub warning: usize,
    pub note: usize,
}

impl Counts {
    pub fn add(&mut self, severity: Severity) {
        match severity {
            Severity::Error => self.error += 1,
            Severity::Warning => self.warning += 1,
            Severity::Note => self.note += 1,
        }
    }

    /// `3 errors and 1 note`; `nothing`.
    pub fn told(self) -> String {
        let counts =
            [(Severity::Error, self.error), (Severity::Warning, self.warning), (Severity::Note, self.note)];
        match wording::counted(&counts) {
            none if none.is_empty() => "nothing".to_owned(),
            told => told,
        }
    }
}

/// What one rule found in the whole run; a rule that found nothing is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRow {
    pub rule: String,
    pub counts: Counts,
    /// In how many connections.
    pub connections: usize,
}

/// What was found in one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionRow {
    pub connection: String,
    /// Texts that could not be read.
    pub unreadable: usize,
    pub counts: Counts,
    pub not_evaluated: usize,
}

/// Orders rows; where nothing is worse, by name.
pub fn worst_connections_first(rows: &mut [ConnectionRow]) {
    rows.sort_by(|a, b| {
        let key = |row: &ConnectionRow| Reverse((row.unreadable, row.counts, row.not_evaluated));
        key(a).cmp(&key(b)).then_with(|| a.connection.cmp(&b.connection))
    });
}

pub fn by_connection(report: &Report) -> Vec<ConnectionRow> {
    let mut rows: Vec<ConnectionRow> = report.connections.iter().map(row).collect();
    worst_connections_first(&mut rows);
    rows
}

fn row(connection: &ConnectionReport) -> ConnectionRow {
    let mut counts = Counts::default();
    connection.findings.iter().for_each(|reported| counts.add(reported.finding.severity));
    ConnectionRow {
        connection: connection.name.clone(),
        unreadable: connection.faults.len(),
        counts,
        not_evaluated: connection.not_evaluated.len(),
    }
}

pub fn by_rule(report: &Report) -> Vec<RuleRow> {
    let findings = report.connections.iter().enumerate().flat_map(|(index, connection)| {
        let findings = connection.findings.iter();
        findings.map(move |reported| (index, reported.finding.rule, reported.finding.severity))
    });
    rules(findings)
}

/// From each finding's connection, rule and severity.
pub fn rules<'r, C: Ord>(findings: impl Iterator<Item = (C, &'r str, Severity)>) -> Vec<RuleRow> {
    let mut by_rule: BTreeMap<&str, (Counts, BTreeSet<C>)> = BTreeMap::new();
    for (connection, rule, severity) in findings {
        let (counts, connections) =
            by_rule.entry(rule).or_insert_with(|| (Counts::default(), BTreeSet::new()));
        counts.add(severity);
        connections.insert(connection);
    }
    let row = |(rule, (counts, connections)): (&str, (Counts, BTreeSet<C>))| RuleRow {
        rule: rule.to_owned(),
        counts,
        connections: connections.len(),
    };
    let mut rows: Vec<RuleRow> = by_rule.into_iter().map(row).collect();
    rows.sort_by(|a, b| {
        let key = |row: &RuleRow| Reverse((row.counts, row.connections));
        key(a).cmp(&key(b)).then_with(|| a.rule.cmp(&b.rule))
    });
    rows
}

/// `12 connections checked: 3 with errors; 2 not reached`.
pub fn told(report: &Report) -> String {
    let errors = report.connections.iter().filter(|connection| connection.count(Severity::Error) > 0).count();
    format!(
        "{} checked, {} with errors; {} not reached",
        wording::plural(report.connections.len(), "connection"),
        grouped(errors),
        grouped(report.not_reached.len())
    )
}
