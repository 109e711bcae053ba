//! What `ssolint.yaml` says about findings: who is expected to get which role, what is left out, what need not be known. Read by
//! `source::project`, which knows where it stands; whether an expectation holds is left to the simulation, what is left out to `finding`.

use std::fmt;

use globset::GlobMatcher;
use serde_json::Value;

use super::json_path::JsonPath;
use super::name::DocumentName;

/// The part of a project file that concerns what is found in a connection.
#[derive(Debug, Clone, Default)]
pub struct Judgements {
    pub expectations: Vec<Expectation>,
    pub ignores: Vec<Ignore>,
    pub accepted_gaps: Vec<AcceptedGap>,
}

/// A glob; a name is one that fits itself alone.
#[derive(Debug, Clone)]
pub struct Glob(GlobMatcher);

impl Glob {
    /// The error says what is wrong with it.
    pub fn new(typed: &str) -> Result<Self, String> {
        globset::Glob::new(typed)
            .map(|glob| Self(glob.compile_matcher()))
            .map_err(|error| format!("{typed:?} is not a glob: {}", error.kind()))
    }

    pub fn matches(&self, name: &str) -> bool {
        self.0.is_match(name)
    }

    /// Whether it fits a document's path, with or without extension.
    pub fn matches_document(&self, name: &DocumentName) -> bool {
        self.matches(&name.path()) || self.matches(&name.to_string())
    }

    pub fn typed(&self) -> &str {
        self.0.glob().glob()
    }
}

/// Globs over names; none of them: every name.
#[derive(Debug, Clone, Default)]
pub struct Names(Vec<Glob>);

impl Names {
    /// The error says what is wrong with a glob, and which one it is.
    pub fn new<'a>(globs: impl IntoIterator<Item = &'a str>) -> Result<Self, (usize, String)> {
        let one = |(index, glob): (usize, &str)| Glob::new(glob).map_err(|message| (index, message));
        globs.into_iter().enumerate().map(one).collect::<Result<_, _>>().map(Self)
    }

    pub fn matches(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|glob| glob.matches(name))
    }

    /// Whether it fits a name that may not be known.
    pub fn fit(&self, name: Option<&str>) -> Fit {
        match name {
            _ if self.0.is_empty() => Fit::Fits,
            None => Fit::NotKnown,
            Some(name) if self.matches(name) => Fit::Fits,
            Some(_) => Fit::Other,
        }
    }

    /// As they were typed.
    pub fn globs(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(Glob::typed)
    }
}

/// How globs stand to a name that may not be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    Fits,
    Other,
    NotKnown,
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

/// A day of the calendar, as `2026-12-31`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(String);

impl Day {
    /// `None` where the text is no day.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('-').collect();
        let [year, month, day] = parts.as_slice() else { return None };
        let number = |part: &str, digits: usize| {
            let plain = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| part.parse::<u32>().ok()).flatten()
        };
        let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 => 28 + u32::from(leap),
            _ => return None,
        };
        (1..=days).contains(&day).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An entry of `ignore:`.
#[derive(Debug, Clone)]
pub struct Ignore {
    /// Over rules and families.
    pub rule: Glob,
    /// Over places, such as `torq/claim-mappings.json#/claim_mappings/2/claim_value`.
    pub place: Option<Glob>,
    pub connections: Names,
    /// Over the label of the connection's app in Okta.
    pub apps: Names,
    /// Without one, it leaves nothing out.
    pub reason: Option<String>,
    /// The last day on which it counts.
    pub until: Option<Day>,
    /// Where it stands in the project file.
    pub path: JsonPath,
}

/// An entry of `accept_gaps:`: at least one of document and rule is there.
#[derive(Debug, Clone)]
pub struct AcceptedGap {
    /// Over documents that need not be known.
    pub document: Option<Glob>,
    /// Over rules and families that need not be evaluated.
    pub rule: Option<Glob>,
    pub connections: Names,
    /// Over the label of the connection's app in Okta.
    pub apps: Names,
    /// Without one, it accepts nothing.
    pub reason: Option<String>,
    /// The last day on which it counts.
    pub until: Option<Day>,
    /// Where it stands in the project file.
    pub path: JsonPath,
}

impl AcceptedGap {
    /// Whether it says, on that day, that a connection's document need not be read, whatever asks for it. `app` is the label of its app, where
    /// it was read.
    pub fn covers(
        &self,
        connection: &str,
        app: Option<&str>,
        document: &DocumentName,
        today: Option<&Day>,
    ) -> bool {
        let counts = self.until.as_ref().zip(today).is_none_or(|(until, today)| today <= until);
        counts
            && self.reason.is_some()
            && self.rule.is_none()
            && self.connections.matches(connection)
            && self.apps.fit(app) == Fit::Fits
            && self.document.as_ref().is_some_and(|glob| glob.matches_document(document))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_one_of_the_calendar_and_days_are_in_order() {
        for (text, is_day) in [
            ("2026-12-31", true),
            ("2028-02-29", true),
            ("2026-02-29", false),
            ("2100-02-29", false),
            ("2026-04-31", false),
            ("2026-00-10", false),
            ("2026-1-1", false),
            ("26-01-01", false),
            ("tomorrow", false),
        ] {
            assert_eq!(Day::parse(text).is_some(), is_day, "{text}");
        }
        assert!(Day::parse("2026-09-30") < Day::parse("2026-10-01"));
    }
}
