//! What is wrong, where, and how sure: findings before and after they have lines.
//!
//! A rule makes a [`Finding`] with one primary [`Spot`]; [`locate`] turns places into lines, and [`fingerprint`] gives an
//! identity that survives reformatting; [`suppression`] leaves out what a person gave a reason for. How it is shown is left to `report`.

pub mod fingerprint;
pub mod locate;
pub mod prose;
pub mod suppression;

use crate::document::position::Part;
use crate::model::Place;

pub use prose::{PeopleShown, Prose};

/// How bad it is. A severity belongs to a rule, never to one finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Likely to lock someone out, or fragile.
    Warning,
    /// Someone is locked out, or would be.
    Error,
}

impl Severity {
    /// As it is written in pages, options and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// Reads what [`Severity::name`] gives.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Note, Self::Warning, Self::Error].into_iter().find(|severity| severity.name() == text)
    }
}

/// A place, and which part of the member there is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spot {
    pub place: Place,
    pub on_key: bool,
}

impl Spot {
    /// The value of the member.
    pub fn value(place: Place) -> Self {
        Self { place, on_key: false }
    }

    /// The key of the member, not its value: for something missing below it.
    pub fn key(place: Place) -> Self {
        Self { place, on_key: true }
    }

    pub fn part(&self) -> Part {
        if self.on_key { Part::Key } else { Part::Value }
    }
}

/// Another place that the message speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    pub spot: Spot,
    pub message: Prose,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub rule: &'static str,
    pub severity: Severity,
    pub spot: Spot,
    /// What is wrong.
    pub message: Prose,
    /// Why it locks people out.
    pub why: Prose,
    /// What to do, with the exact value to type and the console's path to the field.
    pub fix: Prose,
    pub related: Vec<Related>,
    /// What the finding is about, apart from where it stands today: a mapping is its claim, value and role; a redirect its URI; a
    /// person their Okta id. Never a rank, index, line or date.
    pub subject: Vec<String>,
    /// Whom it concerns.
    pub people: Concerned,
}

/// Most people whom a finding names.
const MOST_NAMES: usize = 20;

/// The people whom a finding concerns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Concerned {
    /// The first of them, where a report may name them.
    pub names: Vec<String>,
    /// All of them.
    pub count: usize,
    pub worse: Worse,
}

/// What makes a finding worse than it was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Worse {
    /// That more people are harmed.
    #[default]
    WithMore,
    /// That fewer people are left who can repair SSO.
    WithFewer,
}

impl Concerned {
    pub fn new<N: Into<String>>(names: impl IntoIterator<Item = N>, worse: Worse) -> Self {
        let mut concerned = Self { worse, ..Self::default() };
        for name in names {
            if concerned.count < MOST_NAMES {
                concerned.names.push(name.into());
            }
            concerned.count += 1;
        }
        concerned
    }

    /// Whether it is worse than when so many people were concerned.
    pub fn is_worse_than(&self, before: usize) -> bool {
        match self.worse {
            Worse::WithMore => self.count > before,
            Worse::WithFewer => self.count < before,
        }
    }
}

/// A rule that could not be evaluated, wholly or for some of its subjects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotEvaluated {
    pub rule: &'static str,
    pub severity: Severity,
    /// What is missing, and how to close it.
    pub needs: Vec<Need>,
}

/// Something that a rule could not do without: what, and how to provide it, each in one sentence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    pub missing: String,
    pub remedy: String,
}
