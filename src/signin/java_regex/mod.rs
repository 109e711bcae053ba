//! Java regular expressions, the dialect of a groups filter in Okta (semantics G6.5 and G6.6).
//!
//! A pattern is parsed as `java.util.regex.Pattern` parses it and written out again for `fancy-regex` with
//! nothing left to a default of that engine: every class as its code points, every anchor in full. What Java's
//! versions or the two engines read differently is refused. Which names pass a filter is decided elsewhere.

mod character_set;
mod class;
mod engine;
mod escape;
mod parser;
mod pattern;
mod refusal;

#[cfg(test)]
mod tests;

use engine::{Engines, LineEnds};
use parser::Parser;
pub use refusal::RegexRefusal;
use refusal::refuse;

const LONGEST_PATTERN: usize = 1_000;

/// Whether the regex must match the whole name (`Matcher.matches`) or is searched for in it (`Matcher.find`):
/// unknown at Okta, so both are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Hash)]
pub enum RegexReading {
    Whole,
    Search,
}

/// A Java regex that is followed with exactly Java's meaning, on Java's default flags.
#[derive(Debug, Clone)]
pub struct JavaRegex {
    one_line: Engines,
    /// Only for a pattern with `$` or `\Z`, which also match before a final line terminator.
    many_lines: Option<Engines>,
    traits: Traits,
}

impl JavaRegex {
    /// Reads a filter's pattern.
    ///
    /// # Errors
    /// `NotARegex` for a pattern that begins with `*`; `CannotFollow` for every other one that is not valid in
    /// Java, is too long or too deep, or has a construct that cannot be followed exactly.
    pub fn read(pattern: &str) -> Result<JavaRegex, RegexRefusal> {
        if pattern.starts_with('*') {
            return Err(RegexRefusal::NotARegex);
        }
        if pattern.chars().nth(LONGEST_PATTERN).is_some() {
            return Err(refuse("a pattern longer than 1,000 characters"));
        }
        let mut parser = Parser::new(pattern);
        let root = parser.choice()?;
        if parser.peek().is_some() {
            return Err(refuse("an unmatched `)`"));
        }
        let captures: Vec<u32> = parser.referenced.iter().copied().collect();
        let one_line = Engines::build(&root, &captures, LineEnds::None)?;
        let many_lines = parser
            .traits
            .final_line_end
            .then(|| Engines::build(&root, &captures, LineEnds::Possible))
            .transpose()?;
        Ok(JavaRegex { one_line, many_lines, traits: parser.traits })
    }

    /// Whether a name matches. `None` when that is not known: the engine gave up at its step limit, or the name
    /// has characters on which Java itself is not one answer.
    ///
    /// Two constructs depend on the name. `\b` and `\B` follow Unicode up to Java 18 and ASCII from 19 on; they
    /// agree on ASCII names. Java walks the two halves of a character above U+FFFF one by one where a pattern
    /// looks around, keeps its first match or refers back.
    #[must_use]
    pub fn matches(&self, name: &str, reading: RegexReading) -> Option<bool> {
        if self.traits.word_boundary && !name.is_ascii() {
            return None;
        }
        if self.traits.sees_halves && name.chars().any(|character| character > '\u{FFFF}') {
            return None;
        }
        let engines = match &self.many_lines {
            Some(engines) if name.contains(is_line_end) => engines,
            _ => &self.one_line,
        };
        let engine = match reading {
            RegexReading::Whole => &engines.whole,
            RegexReading::Search => &engines.search,
        };
        engine.is_match(name).ok()
    }
}

fn is_line_end(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What the answer for a name depends on beside the compiled pattern.
#[derive(Debug, Clone, Copy, Default)]
struct Traits {
    final_line_end: bool,
    word_boundary: bool,
    sees_halves: bool,
}
