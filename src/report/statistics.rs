//! `check --statistics`: how often each rule fired, most first.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::finding::Severity;

use super::Report;

/// A line a rule: how often, at what severity.
pub fn report(report: &Report) -> Vec<u8> {
    let mut counts: BTreeMap<(&'static str, Severity), usize> = BTreeMap::new();
    for reported in report.connections.iter().flat_map(|connection| &connection.findings) {
        *counts.entry((reported.finding.rule, reported.finding.severity)).or_default() += 1;
    }
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.0.cmp(b.0.0)));
    let mut out = String::new();
    for ((rule, severity), count) in rows {
        let _ = writeln!(out, "{count:>6}  {:<8} {rule}", severity.name());
    }
    let findings: usize = report.connections.iter().map(|connection| connection.findings.len()).sum();
    let not_evaluated: usize =
        report.connections.iter().map(|connection| connection.not_evaluated.len()).sum();
    let _ = writeln!(out, "{findings:>6}  findings; {not_evaluated} rules not evaluated");
    if !report.not_reached.is_empty() {
        let _ = writeln!(out, "{:>6}  connections not reached", report.not_reached.len());
    }
    out.into_bytes()
}
