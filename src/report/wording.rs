//! What several reports say in the same words: a finding in sentences, the counts of a connection, and what is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::finding::prose::{PeopleNames, PeopleShown, grouped, people, visible};
use crate::finding::{NotEvaluated, Severity};

use super::{ConnectionReport, Expectations, Report, Reported, Summary, WhyHidden};

/// What is wrong, why it locks people out, and what to do: each a sentence or more, with an end, and safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub what: String,
    pub why: String,
    pub fix: String,
}

impl Told {
    pub fn new(connection: &ConnectionReport, reported: &Reported, names: &mut PeopleNames) -> Self {
        let finding = &reported.finding;
        let mut what = sentence(&finding.message.show(names));
        // A live finding lies on the project file, so the document is named in words.
        if connection.entry_for(&reported.location).is_some() {
            what = format!("{}: {what}", visible(&finding.spot.place.document.to_string()));
        }
        Self { what, why: sentence(&finding.why.show(names)), fix: sentence(&finding.fix.show(names)) }
    }

    /// Those that say something, in order.
    pub fn sentences(self) -> Vec<String> {
        [self.what, self.why, self.fix].into_iter().filter(|sentence| !sentence.is_empty()).collect()
    }
}

/// The people whom a finding concerns, where they may be named: `ada@acme.com, bob@acme.com and 3 more`.
pub fn concerned(reported: &Reported, names: &mut PeopleNames) -> Option<String> {
    let concerned = &reported.finding.people;
    if concerned.count == 0 || names.mode() == PeopleShown::Counts {
        return None;
    }
    let shown: Vec<String> = concerned.names.iter().map(|name| names.show(name)).collect();
    let more = match concerned.count - shown.len() {
        0 => String::new(),
        more => format!(" and {} more", grouped(more)),
    };
    Some(format!("{}{more}", shown.join(", ")))
}

/// Other places that a finding speaks of, each with what it is there for.
pub fn related<'r>(
    connection: &'r ConnectionReport,
    reported: &'r Reported,
    names: &mut PeopleNames,
) -> Vec<(super::lines::Lines<'r>, String)> {
    let rows = reported.finding.related.iter().zip(&reported.related);
    rows.map(|(related, place)| {
        let label = related.message.show(names);
        let label = if label.is_empty() { visible(&place.path) } else { label };
        (super::lines::Lines::of(connection, place), label)
    })
    .collect()
}

/// Ends a sentence that has no end.
pub fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// `1 error`, `2 errors`.
pub fn plural(count: usize, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{} {what}{s}", grouped(count))
}

/// Worst first.
const SEVERITIES: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Note];

/// `3 errors, 0 warnings, 1 note`.
pub fn counts(connection: &ConnectionReport) -> String {
    SEVERITIES.map(|severity| plural(connection.count(severity), severity.name())).join(", ")
}

/// The same of a whole report.
pub fn all_counts(report: &Report) -> String {
    let count = |severity| report.connections.iter().map(|connection| connection.count(severity)).sum();
    SEVERITIES.map(|severity| plural(count(severity), severity.name())).join(", ")
}

/// `3 errors and 1 note` of severities with their counts; empty where all are none.
pub fn counted(counts: &[(Severity, usize)]) -> String {
    let some = counts.iter().filter(|(_, count)| *count > 0);
    let mut told: Vec<String> = some.map(|(severity, count)| plural(*count, severity.name())).collect();
    match (told.pop(), told.is_empty()) {
        (None, _) => String::new(),
        (Some(last), true) => last,
        (Some(last), false) => format!("{} and {last}", told.join(", ")),
    }
}

/// How many people end how.
pub fn people_told(summary: &Summary) -> String {
    format!(
        "{} considered: {} granted, {} locked out, {} unknown, {} not subject to SSO",
        grouped(summary.people),
        grouped(summary.granted),
        grouped(summary.locked_out),
        grouped(summary.unknown),
        grouped(summary.not_subject)
    )
}

/// Who can repair SSO.
pub fn repair_told(summary: &Summary) -> String {
    let mut text = format!(
        "{} can repair SSO, by {}",
        people(summary.can_repair_sso),
        plural(summary.repair_mappings, "claim mapping")
    );
    if summary.may_repair_sso > 0 {
        let _ = write!(text, "; of {} it is not known", people(summary.may_repair_sso));
    }
    if summary.backup_accounts_known {
        let _ = write!(text, "; {}", plural(summary.backup_accounts, "backup account"));
    } else {
        text.push_str("; backup accounts are not known");
    }
    text
}

/// How expectations fare, and the share of the mapping table that they touch.
pub fn expectations_told(counts: &Expectations) -> String {
    let mut text = format!("{} as expected", grouped(counts.hold));
    if counts.hold_by_assumption > 0 {
        let _ = write!(text, " ({} on what is assumed)", grouped(counts.hold_by_assumption));
    }
    let _ = write!(text, ", {} not, {} not known", grouped(counts.fail), grouped(counts.not_known));
    if counts.about_nobody > 0 {
        let _ = write!(text, ", {} about nobody", grouped(counts.about_nobody));
    }
    let share = (100 * counts.mappings_exercised).checked_div(counts.mappings).unwrap_or(0);
    let _ = write!(
        text,
        "; they exercise {} of {} ({share} %)",
        grouped(counts.mappings_exercised),
        plural(counts.mappings, "claim mapping")
    );
    text
}

/// How many findings are not shown, and why; `None` where all are.
pub fn left_out_told(connection: &ConnectionReport) -> Option<String> {
    let counts = [
        (connection.ignored(), "ignored"),
        (connection.hidden_as(&WhyHidden::Baseline), "in the baseline"),
        (connection.hidden_as(&WhyHidden::Before), "there before"),
    ];
    let some = counts.into_iter().filter(|(count, _)| *count > 0);
    let said: Vec<String> = some.map(|(count, what)| format!("{} {what}", grouped(count))).collect();
    (!said.is_empty()).then(|| said.join(", "))
}

/// What of the baseline is found no more; `None` where nothing is.
pub fn fixed_told(connection: &ConnectionReport) -> Option<String> {
    let rules: BTreeSet<String> = connection.fixed.iter().map(|fixed| visible(&fixed.rule)).collect();
    let rules: Vec<String> = rules.into_iter().collect();
    (!rules.is_empty()).then(|| {
        format!(
            "{} of the baseline found no more: {}; --prune-baseline takes them out",
            plural(connection.fixed.len(), "finding"),
            rules.join(", ")
        )
    })
}

/// What need not be evaluated, for each reason.
pub fn accepted_told(connection: &ConnectionReport) -> Vec<String> {
    let mut accepted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in &connection.accepted {
        accepted.entry(&one.reason).or_default().push(one.row.rule);
    }
    let told = accepted.into_iter().map(|(reason, rules)| {
        format!("{} not evaluated ({}): {}", plural(rules.len(), "rule"), rules.join(", "), visible(reason))
    });
    told.collect()
}

/// Something that rules lack, and the rules that lack it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing<'r> {
    pub missing: &'r str,
    pub remedy: &'r str,
    pub rules: Vec<&'static str>,
}

impl Missing<'_> {
    /// `a, b, c and 4 more`.
    pub fn rules_told(&self) -> String {
        let more =
            if self.rules.len() > 3 { format!(" and {} more", self.rules.len() - 3) } else { String::new() };
        let named: Vec<&str> = self.rules.iter().copied().take(3).collect();
        format!("{}{more}", named.join(", "))
    }

    /// What is missing, for which rules, and the way to close it.
    pub fn told(&self) -> String {
        format!("{} (for {}). {}", visible(self.missing), self.rules_told(), visible(self.remedy))
    }
}

/// Usually many rules lack the same thing: each thing once.
pub fn missing(rows: &[NotEvaluated]) -> Vec<Missing<'_>> {
    let mut all: Vec<Missing<'_>> = Vec::new();
    for row in rows {
        for need in &row.needs {
            match all.iter_mut().find(|known| known.missing == need.missing) {
                Some(known) => known.rules.push(row.rule),
                None => {
                    all.push(Missing { missing: &need.missing, remedy: &need.remedy, rules: vec![row.rule] })
                }
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_told_in_words() {
        let check = |counts: &[(Severity, usize)], expect: &str| assert_eq!(counted(counts), expect);
        check(&[(Severity::Error, 0)], "");
        check(&[(Severity::Error, 0), (Severity::Note, 1)], "1 note");
        check(&[(Severity::Error, 3), (Severity::Note, 1)], "3 errors and 1 note");
        check(
            &[(Severity::Error, 1_200), (Severity::Warning, 2), (Severity::Note, 1)],
            "1,200 errors, 2 warnings and 1 note",
        );
    }
}
