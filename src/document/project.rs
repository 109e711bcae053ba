//! What `ssolint.yaml` says about findings: who is expected to get which role. Read by `source::project`, which knows where it stands;
//! whether it holds is left to the simulation.

use globset::{Glob, GlobMatcher};
use serde_json::Value;

use super::json_path::JsonPath;

/// The part of a project file that concerns what is found in a connection.
#[derive(Debug, Clone, Default)]
pub struct Judgements {
    pub expectations: Vec<Expectation>,
}

/// Globs over names; none of them: every name.
#[derive(Debug, Clone, Default)]
pub struct Names(Vec<GlobMatcher>);

impl Names {
    /// The error says what is wrong with a glob, and which one it is.
    pub fn new<'a>(globs: impl IntoIterator<Item = &'a str>) -> Result<Self, (usize, String)> {
        let one = |(index, glob): (usize, &str)| {
            Glob::new(glob)
                .map(|glob| glob.compile_matcher())
                .map_err(|error| (index, format!("{glob:?} is not a glob: {}", error.kind())))
        };
        globs.into_iter().enumerate().map(one).collect::<Result<_, _>>().map(Self)
    }

    pub fn matches(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|glob| glob.is_match(name))
    }

    /// As they were typed.
    pub fn globs(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|glob| glob.glob().glob())
    }
}

/// Whom an expectation is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A login or an email.
    Person(String),
    /// Everyone in the Okta group of this name.
    Group(String),
    /// Everyone who gets a verdict.
    Everyone,
}

/// What they must get. Roles are named as the workspace names them, or by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demand {
    AtLeast(String),
    AtMost(String),
    Exactly(String),
    NoAccess,
}

impl Demand {
    pub fn role(&self) -> Option<&str> {
        match self {
            Self::Exactly(role) | Self::AtLeast(role) | Self::AtMost(role) => Some(role),
            Self::NoAccess => None,
        }
    }

    /// The key by which the project file says it.
    pub fn key(&self) -> &'static str {
        match self {
            Self::AtLeast(_) => "at_least",
            Self::AtMost(_) => "at_most",
            Self::Exactly(_) => "exactly",
            Self::NoAccess => "no_access",
        }
    }
}

/// An entry of `expect:`.
#[derive(Debug, Clone)]
pub struct Expectation {
    pub subject: Subject,
    pub demand: Demand,
    pub connections: Names,
    pub reason: Option<String>,
    /// Where it stands in the project file.
    pub path: JsonPath,
}

impl Expectation {
    /// The name that the population must know (semantics, people).
    pub fn person(&self) -> Option<&str> {
        match &self.subject {
            Subject::Person(name) => Some(name),
            Subject::Group(_) | Subject::Everyone => None,
        }
    }
}

/// A rule that a project file may set. The catalogue is above the reader of the file, so it is handed in.
#[derive(Debug, Clone)]
pub struct KnownRule {
    pub id: &'static str,
    pub family: &'static str,
    pub options: Vec<KnownOption>,
}

/// An option of a rule that may be set.
#[derive(Debug, Clone)]
pub struct KnownOption {
    pub name: String,
    /// A value that is set is of its kind.
    pub default: Value,
    /// The words that it may be; none of them: any.
    pub words: Vec<String>,
}

/// Whether a rule runs, and as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Off,
    /// At the severity of its page; also a pedantic one.
    On,
    Note,
    Warning,
    Error,
}

impl Level {
    /// By the word for each.
    pub const WORDS: [(&'static str, Level); 5] = [
        ("off", Level::Off),
        ("on", Level::On),
        ("note", Level::Note),
        ("warning", Level::Warning),
        ("error", Level::Error),
    ];
}

/// Which rules a setting is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleName {
    Rule(&'static str),
    Family(&'static str),
}

/// An entry of `rules:`.
#[derive(Debug, Clone)]
pub struct RuleSetting {
    pub rule: RuleName,
    pub level: Option<Level>,
    /// By name; only a rule has them.
    pub options: Vec<(String, Value)>,
    /// 1-based line of the project file.
    pub line: usize,
}
