//! Text that may name people. Whole organisations read some reports, so those count people unless asked for names.

use std::collections::BTreeMap;

/// How people are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeopleShown {
    Counts,
    Names,
    Pseudonyms,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Person(String),
}

/// A sentence or a few, in plain text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prose(Vec<Piece>);

impl From<&str> for Prose {
    fn from(text: &str) -> Self {
        Self(vec![Piece::Text(text.to_owned())])
    }
}

impl From<String> for Prose {
    fn from(text: String) -> Self {
        Self(vec![Piece::Text(text)])
    }
}

impl Prose {
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.0.push(Piece::Text(text.into()));
        self
    }

    /// A login, email or Okta id of a person.
    pub fn person(mut self, name: impl Into<String>) -> Self {
        self.0.push(Piece::Person(name.into()));
        self
    }

    pub fn then(mut self, more: Prose) -> Self {
        self.0.extend(more.0);
        self
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|piece| matches!(piece, Piece::Text(text) if text.is_empty()))
    }

    /// The text, with people as asked for and nothing in it that acts on a terminal.
    pub fn show(&self, people: &mut PeopleNames) -> String {
        let mut shown = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => shown.push_str(&visible(text)),
                Piece::Person(name) => shown.push_str(&people.show(name)),
            }
        }
        shown
    }

    /// With names, for tests and for the terminal.
    pub fn plain(&self) -> String {
        self.show(&mut PeopleNames::new(PeopleShown::Names))
    }
}

/// Shows names in one way throughout a report; pseudonyms are numbered in the order in which people come up.
#[derive(Debug, Clone)]
pub struct PeopleNames {
    shown: PeopleShown,
    numbers: BTreeMap<String, usize>,
}

impl PeopleNames {
    pub fn new(shown: PeopleShown) -> Self {
        Self { shown, numbers: BTreeMap::new() }
    }

    pub fn mode(&self) -> PeopleShown {
        self.shown
    }

    pub fn show(&mut self, name: &str) -> String {
        match self.shown {
            PeopleShown::Names => visible(name),
            PeopleShown::Counts => "(a person)".to_owned(),
            PeopleShown::Pseudonyms => {
                let next = self.numbers.len() + 1;
                format!("person-{}", self.numbers.entry(name.to_lowercase()).or_insert(next))
            }
        }
    }
}

/// Makes every character that could act on a terminal or hide in a log visible: controls, escapes, bidirectional marks, invisible ones;
/// and the beginning of a command to a CI system.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut before = None;
    for (at, c) in text.char_indices() {
        if acts(c) || commands(text.get(at..).unwrap_or_default(), before) {
            shown.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
        } else {
            shown.push(c);
        }
        before = Some(c);
    }
    shown
}

/// The names of GitHub's workflow commands; its runner obeys `::name …::` at the beginning of a line, after any space.
const COMMANDS: [&str; 16] = [
    "add-mask",
    "add-matcher",
    "add-path",
    "debug",
    "echo",
    "endgroup",
    "error",
    "group",
    "notice",
    "remove-matcher",
    "save-state",
    "set-env",
    "set-output",
    "stop-commands",
    "warning",
    "internal-set-repo-path",
];

/// Whether a command to a CI system begins here. A report is wrapped, so what stands inside a line may begin one: a word with `::` before
/// it always counts, and within a word (`Team::Lead`) only the name of a command. `##[…]` and `##vso[…]` act anywhere in a line.
fn commands(rest: &str, before: Option<char>) -> bool {
    if let Some(name) = rest.strip_prefix("::") {
        // After a bracket it is an IPv6 address.
        let begins_word = before.is_none_or(|c| !c.is_alphanumeric() && c != '[')
            && name.starts_with(|c: char| c.is_ascii_alphabetic());
        let named = |command: &&str| {
            name.get(..command.len()).is_some_and(|start| start.eq_ignore_ascii_case(command))
        };
        return begins_word || COMMANDS.iter().any(named);
    }
    rest.strip_prefix("##").is_some_and(|rest| {
        let word = rest.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        word.starts_with('[')
    })
}

/// Whether a character does something other than stand there.
pub fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{a0}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

/// `1 person`, `3 people`.
pub fn people(count: usize) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{} people", grouped(count)) }
}

/// A count with thousands set apart: `3,120`.
pub fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
