//! Reports: what was found, as one value, and a file a format that turns it into bytes. Nothing here prints; the command line does.
//!
//! Every text that came from outside passes [`crate::finding::prose::visible`] before it is shown, so nothing from input acts on a terminal
//! or in a log.

pub mod coverage;
pub mod diff;
pub mod excerpt;
pub mod json;
pub mod pretty;
pub mod rollout;
pub mod sarif;
pub mod schema;
pub mod statistics;
pub mod summary;
pub mod who;

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
}

impl ConnectionReport {
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|reported| reported.finding.severity == severity).count()
    }

    /// The path of a file, as it is shown.
    pub fn file(&self, index: usize) -> Option<&SourceFile> {
        self.files.get(index)
    }
}
