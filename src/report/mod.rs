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
mod person_lines;
pub mod pretty;
pub mod sarif;
pub mod schema;
pub mod statistics;
pub mod summary;
pub mod who;
pub mod wording;

use crate::document::project::Names;
use crate::document::{ProjectEntry, SourceFile};
use crate::finding::locate::Location;
use crate::finding::{Finding, NotEvaluated, Severity};

/// Everything about one run of `check`.
#[derive(Debug, Clone, Default)]
pub struct Report {
    pub connections: Vec<ConnectionReport>,
}

/// One connection.
#[derive(Debug, Clone, Default)]
pub struct ConnectionReport {
    pub name: String,
    /// The folder or file that it was read from.
    pub origin: String,
    pub files: Vec<SourceFile>,
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

/// Something that leaves findings out, and whether it was of use in one connection.
#[derive(Debug, Clone)]
pub struct SuppressionUse {
    pub at: SourcePlace,
    pub connections: Names,
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
