//! Reports: what was found, as one value, and a file a format that turns it into bytes. Nothing here prints; the command line does.
//!
//! Every text that came from outside passes [`crate::finding::prose::visible`] before it is shown, so nothing from input acts on a terminal
//! or in a log.

pub mod baseline;
pub mod coverage;
pub mod diff;
pub mod excerpt;
pub mod gfm;
pub mod github;
pub mod gitlab;
pub mod json;
pub mod junit;
pub mod lines;
pub mod markdown;
pub mod merge;
pub mod overview;
pub mod page;
mod person_lines;
pub mod pretty;
pub mod rollout;
pub mod sarif;
pub mod schema;
pub mod statistics;
pub mod summary;
pub mod who;
pub mod wording;

use crate::document::project::Names;
use crate::document::{DocumentName, ProjectEntry, SourceFile};
use crate::finding::locate::Location;
use crate::finding::prose::visible;
use crate::finding::{Finding, NotEvaluated, Severity};
use crate::rules::fleet;
use crate::rules::upkeep::ABOUT_SUPPRESSIONS;

/// Everything about one run of `check`.
#[derive(Debug, Clone, Default)]
pub struct Report {
    pub connections: Vec<ConnectionReport>,
    /// Neither red nor green.
    pub not_reached: Vec<NotReached>,
    /// Set where the run is a part of a larger one.
    pub shard: Option<Shard>,
}

/// A connection that was to be checked and could not be read at all: nothing is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotReached {
    pub name: String,
    pub why: String,
    /// What to do.
    pub fix: String,
    /// Where the project file has it.
    pub entry: Option<ProjectEntry>,
}

impl NotReached {
    /// What happened, what it means, and what to do: sentences that are safe to show.
    pub fn sentences(&self) -> Vec<String> {
        let first = format!("The connection {} was not reached: {}", self.name, self.why);
        [first.as_str(), "Nothing is known of it now, neither good nor bad", &self.fix]
            .into_iter()
            .filter(|text| !text.is_empty())
            .map(|text| wording::sentence(&visible(text)))
            .collect()
    }
}

/// Which part of a run a report is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    pub index: usize,
    pub of: usize,
}

impl Report {
    /// In the order of the names, whatever the order in which they were read.
    pub fn sort(&mut self) {
        self.connections.sort_by(|a, b| a.name.cmp(&b.name));
        self.not_reached.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// A report for each connection, with nothing of another one in it.
    pub fn each_alone(&self) -> impl Iterator<Item = (&str, Self)> {
        let checked = self.connections.iter().map(|connection| {
            let alone = Self { connections: vec![connection.alone()], ..Self::default() };
            (connection.name.as_str(), alone)
        });
        let not_reached = self
            .not_reached
            .iter()
            .map(|one| (one.name.as_str(), Self { not_reached: vec![one.clone()], ..Self::default() }));
        checked.chain(not_reached)
    }
}

/// One connection.
#[derive(Debug, Clone, Default)]
pub struct ConnectionReport {
    pub name: String,
    /// The folder or file that it was read from.
    pub origin: String,
    /// A file that nothing is shown of has no text.
    pub files: Vec<SourceFile>,
    /// Which of them is the project file.
    pub project_file: Option<usize>,
    /// Set where it was read live: its files are in no repository.
    pub live_entry: Option<ProjectEntry>,
    /// Worst first.
    pub findings: Vec<Reported>,
    /// Rules that ran to their end.
    pub evaluated: Vec<&'static str>,
    pub not_evaluated: Vec<NotEvaluated>,
    /// Rules that could not be evaluated, and need not be.
    pub accepted: Vec<Accepted>,
    /// Findings that are left out, worst first.
    pub hidden: Vec<Hidden>,
    /// Whether those that are ignored are told one by one, also where they are left out by default.
    pub show_ignored: ShowIgnored,
    /// Entries of the baseline that were found no more.
    pub fixed: Vec<Fixed>,
    /// What leaves findings out here, and whether it was of use.
    pub suppressions: Vec<SuppressionUse>,
    /// What can be said only with the connections that were not looked at.
    pub undecided: Vec<Undecided>,
    /// What could not be read.
    pub faults: Vec<Fault>,
    /// What was left out, without harm.
    pub notices: Vec<String>,
    pub assumed: Vec<Assumed>,
    /// Facts that a person declared and no service was asked for.
    pub declared: Vec<String>,
    pub summary: Summary,
}

/// A finding with its lines and its identity.
#[derive(Debug, Clone)]
pub struct Reported {
    pub finding: Finding,
    pub location: Location,
    /// In the order of `finding.related`.
    pub related: Vec<Location>,
    pub fingerprint: String,
}

/// A finding that is left out, and why.
#[derive(Debug, Clone)]
pub struct Hidden {
    pub reported: Reported,
    pub why: WhyHidden,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhyHidden {
    /// By an entry or a comment, with its reason.
    Ignored { reason: String },
    /// The baseline has it.
    Baseline,
    /// It was there before.
    Before,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ShowIgnored {
    #[default]
    Counted,
    Listed,
}

/// A rule that could not be evaluated, and the reason for which it need not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    pub row: NotEvaluated,
    pub reason: String,
}

/// An entry of a baseline.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fixed {
    pub rule: String,
    pub fingerprint: String,
}

/// A place in a file, whichever connection it is looked at from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourcePlace {
    pub file: String,
    pub line: usize,
    pub column: usize,
}

impl SourcePlace {
    pub fn new(files: &[SourceFile], location: &Location) -> Self {
        Self {
            file: files.get(location.file).map(|file| file.path.clone()).unwrap_or_default(),
            line: location.region.line,
            column: location.region.column,
        }
    }
}

/// A finding that stands only if none of the connections that were not looked at has a use for what it calls unused.
#[derive(Debug, Clone)]
pub struct Undecided {
    pub reported: Reported,
    pub at: SourcePlace,
    /// How many findings of its connection go before it.
    pub before: usize,
    pub waits_for: Vec<String>,
}

/// Something that leaves findings out, and whether it was of use in one connection.
#[derive(Debug, Clone)]
pub struct SuppressionUse {
    pub at: SourcePlace,
    /// The connections that it is for, where it stands in the project file; else it is for this one alone.
    pub shared_by: Option<Names>,
    /// It counted, everything that it is about was looked at, and it did nothing.
    pub idle: bool,
}

/// A text that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub file: String,
    /// 1-based.
    pub line: usize,
    pub column: usize,
    /// What was found and what was expected.
    pub message: String,
}

/// What some verdicts rest on without knowing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assumed {
    pub name: &'static str,
    pub people: usize,
}

/// How many people end how (their sum is `people`: the conservation law), and who can repair SSO.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    pub people: usize,
    pub granted: usize,
    pub locked_out: usize,
    pub unknown: usize,
    pub not_subject: usize,
    pub can_repair_sso: usize,
    /// By so many mappings.
    pub repair_mappings: usize,
    /// People of whom it is not known whether they can repair SSO.
    pub may_repair_sso: usize,
    pub backup_accounts: usize,
    /// False where the Torq users were not read, so that backup accounts are not known.
    pub backup_accounts_known: bool,
    /// Where the project file expects anything of this connection.
    pub expectations: Option<Expectations>,
}

/// How expectations fare (their sum is how many there are), and how much of the mapping table they touch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectations {
    pub hold: usize,
    /// Of those that hold: on what is assumed of some person.
    pub hold_by_assumption: usize,
    pub fail: usize,
    pub not_known: usize,
    pub about_nobody: usize,
    pub mappings: usize,
    /// Mappings that give somebody a role of whom something is expected.
    pub mappings_exercised: usize,
}

impl ConnectionReport {
    /// The entry of the project file that stands for a place which is in no file of the repository: of a connection that was read live, all
    /// but what lies in the project file itself.
    pub fn entry_for(&self, location: &Location) -> Option<&ProjectEntry> {
        let in_project =
            |entry: &ProjectEntry| self.file(location.file).is_some_and(|file| file.path == entry.file);
        self.live_entry.as_ref().filter(|entry| !in_project(entry))
    }

    /// The connection without what speaks of other ones: rules that compare connections, entries of the project file that concern several, and
    /// the project file's text but for what findings here lie on.
    fn alone(&self) -> Self {
        let of_fleet = |rule: &str| crate::rules::find(rule).is_some_and(|rule| rule.family == fleet::FAMILY);
        let of_project = |reported: &Reported| {
            reported.finding.spot.place.document == DocumentName::Project
                && ABOUT_SUPPRESSIONS.contains(&reported.finding.rule)
        };
        let other = |reported: &Reported| of_fleet(reported.finding.rule) || of_project(reported);
        let mut alone = self.clone();
        alone.findings.retain(|reported| !other(reported));
        alone.hidden.retain(|hidden| !other(&hidden.reported));
        alone.evaluated.retain(|rule| !of_fleet(rule) && !ABOUT_SUPPRESSIONS.contains(rule));
        alone.not_evaluated.retain(|row| !of_fleet(row.rule));
        alone.accepted.retain(|accepted| !of_fleet(accepted.row.rule));
        alone.fixed.retain(|fixed| !of_fleet(&fixed.rule));
        let shown = alone.findings.iter().chain(alone.hidden.iter().map(|hidden| &hidden.reported));
        let regions: Vec<(usize, usize, usize)> = shown
            .flat_map(|reported| std::iter::once(&reported.location).chain(&reported.related))
            .map(|location| (location.file, location.region.start, location.region.end))
            .collect();
        for (index, file) in alone.files.iter_mut().enumerate() {
            if Some(index) == self.project_file {
                let kept = regions.iter().filter(|(at, ..)| *at == index).map(|(_, start, end)| *start..*end);
                file.text = blanked(&file.text, &kept.collect::<Vec<_>>()).into();
            }
        }
        alone
    }

    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|reported| reported.finding.severity == severity).count()
    }

    /// How many findings are left out for a reason that somebody gave.
    pub fn ignored(&self) -> usize {
        self.hidden.iter().filter(|hidden| matches!(hidden.why, WhyHidden::Ignored { .. })).count()
    }

    /// How many are left out for another reason.
    pub fn hidden_as(&self, why: &WhyHidden) -> usize {
        self.hidden.iter().filter(|hidden| hidden.why == *why).count()
    }

    /// The path of a file, as it is shown.
    pub fn file(&self, index: usize) -> Option<&SourceFile> {
        self.files.get(index)
    }
}

/// A text with spaces for everything but its line breaks and these bytes.
fn blanked(text: &str, kept: &[std::ops::Range<usize>]) -> String {
    let stays = |at: usize| kept.iter().any(|range| range.contains(&at));
    let mut blank = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if c == '\n' || stays(at) {
            blank.push(c);
        } else {
            // Byte for byte, since places are.
            blank.extend(std::iter::repeat_n(' ', c.len_utf8()));
        }
    }
    blank
}

#[cfg(test)]
mod tests {
    use super::blanked;

    #[test]
    fn what_is_not_shown_is_blank_and_lines_stay() {
        for (text, kept, expect) in [
            ("a: 1\nb: 2\n", Some(5..9), "    \nb: 2\n"),
            ("é: ü\nb", Some(0..2), "é    \n "),
            ("a", None, " "),
        ] {
            assert_eq!(blanked(text, kept.as_slice()), expect, "{text:?}");
        }
    }
}
