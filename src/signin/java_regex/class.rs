//! What stands in square brackets.

use super::character_set::{CharacterSet, HIGH_SURROGATE_FIRST, LOW_SURROGATE_LAST};
use super::escape::{Escape, Within};
use super::parser::{Parser, Unit};
use super::refusal::{Parsed, refuse};

impl Parser {
    /// From after `[`.
    pub(super) fn class(&mut self) -> Parsed<CharacterSet> {
        self.enter()?;
        let negated = self.takes("^");
        let mut set: Option<CharacterSet> = None;
        loop {
            let part = match (self.syntax(0), self.syntax(1)) {
                _ if self.peek().is_none() => return Err(refuse("an unclosed class")),
                (Some(']'), _) if set.is_none() => return Err(refuse("a class that begins with `]`")),
                (Some(']'), _) => break,
                // Java 8 negates only the part before a nested class, Java 9 and later all of it.
                (Some('['), _) | (Some('&'), Some('&')) if negated => {
                    return Err(refuse("a negated class with a class inside"));
                }
                (Some('['), _) => {
                    self.at += 1;
                    self.class()?
                }
                (Some('&'), Some('&')) => {
                    self.at += 2;
                    let Some(left) = set else { return Err(refuse("a class that begins with `&&`")) };
                    set = Some(left.intersection(&self.right_of_intersection()?));
                    break;
                }
                _ => self.class_item()?,
            };
            set = Some(match set {
                Some(before) => before.union(part),
                None => part,
            });
        }
        self.depth -= 1;
        if !self.takes("]") {
            return Err(refuse("a class with `&&` and more"));
        }
        let set = set.unwrap_or(CharacterSet(Vec::new()));
        Ok(if negated { set.complement() } else { set })
    }

    /// Either one class in brackets or plain characters, then the end: further `&&` and mixtures mean different
    /// things in different versions of Java.
    fn right_of_intersection(&mut self) -> Parsed<CharacterSet> {
        if self.takes("[") {
            return self.class();
        }
        let mut set = CharacterSet(Vec::new());
        let start = self.at;
        while self.peek().is_some() && !matches!(self.syntax(0), Some(']' | '[' | '&' | '^')) {
            set = set.union(self.class_item()?);
        }
        if self.at == start {
            return Err(refuse("a class with nothing after `&&`"));
        }
        Ok(set)
    }

    fn class_item(&mut self) -> Parsed<CharacterSet> {
        let first = match self.class_character()? {
            Escape::Character(character) => character,
            Escape::Set(set) => return Ok(set),
            Escape::Node(_) => return Err(refuse("an assertion in a class")),
        };
        if self.syntax(0) != Some('-') {
            return Ok(self.folded(first, first));
        }
        match self.syntax(1) {
            Some(']') => return Ok(self.folded(first, first)),
            Some('[') => return Err(refuse("a `-` before a nested class")),
            _ => self.at += 1,
        }
        let Escape::Character(last) = self.class_character()? else {
            return Err(refuse("a range that ends in a class"));
        };
        if last < first {
            return Err(refuse("a range that runs backwards"));
        }
        if u32::from(first) < HIGH_SURROGATE_FIRST && u32::from(last) > LOW_SURROGATE_LAST {
            return Err(refuse("a range across the surrogates"));
        }
        Ok(self.folded(first, last))
    }

    fn class_character(&mut self) -> Parsed<Escape> {
        match self.take() {
            None => Err(refuse("an unclosed class")),
            Some(Unit { character: '\\', quoted: false }) => self.escape(Within::Class),
            Some(Unit { character, .. }) => Ok(Escape::Character(character)),
        }
    }
}
