//! What stands after a backslash: characters, classes, assertions and back-references.

use super::character_set::CharacterSet;
use super::parser::{Case, Parser};
use super::pattern::{Assertion, Node};
use super::refusal::{Parsed, refuse};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    Pattern,
    Class,
}

pub(super) enum Escape {
    Character(char),
    Set(CharacterSet),
    Node(Node),
}

impl Parser {
    pub(super) fn escape(&mut self, within: Within) -> Parsed<Escape> {
        let Some(character) = self.take_syntax() else { return Err(refuse("a `\\` that escapes nothing")) };
        let illegal = || Err(refuse(&format!("`\\{character}`")));
        Ok(match (character, within) {
            ('d', _) => Escape::Set(CharacterSet::digits()),
            ('D', _) => Escape::Set(CharacterSet::digits().complement()),
            ('s', _) => Escape::Set(CharacterSet::white_space()),
            ('S', _) => Escape::Set(CharacterSet::white_space().complement()),
            ('w', _) => Escape::Set(CharacterSet::word_characters()),
            ('W', _) => Escape::Set(CharacterSet::word_characters().complement()),
            ('h', _) => Escape::Set(CharacterSet::horizontal_space()),
            ('H', _) => Escape::Set(CharacterSet::horizontal_space().complement()),
            // In a range Java takes `\v` for the vertical tab alone.
            ('v', Within::Class) if self.syntax(0) == Some('-') => return illegal(),
            ('v', _) => Escape::Set(CharacterSet::vertical_space()),
            ('V', _) => Escape::Set(CharacterSet::vertical_space().complement()),
            ('p', _) => Escape::Set(self.property()?),
            ('P', _) => Escape::Set(self.property()?.complement()),
            ('a', _) => Escape::Character('\x07'),
            ('e', _) => Escape::Character('\x1B'),
            ('f', _) => Escape::Character('\x0C'),
            ('n', _) => Escape::Character('\n'),
            ('r', _) => Escape::Character('\r'),
            ('t', _) => Escape::Character('\t'),
            ('c', _) => match self.take_syntax() {
                Some(letter) if letter.is_ascii_uppercase() => {
                    Escape::Character(char::from((letter as u8) ^ 64))
                }
                _ => return illegal(),
            },
            ('x', _) if self.takes("{") => {
                let character = self.hexadecimal(1..=6)?;
                if !self.takes("}") {
                    return illegal();
                }
                Escape::Character(character)
            }
            ('x', _) => Escape::Character(self.hexadecimal(2..=2)?),
            ('u', _) => Escape::Character(self.hexadecimal(4..=4)?),
            ('A', Within::Pattern) => Escape::Node(Node::Assertion(Assertion::Start)),
            ('z', Within::Pattern) => Escape::Node(Node::Assertion(Assertion::End)),
            ('Z', Within::Pattern) => Escape::Node(self.final_line_end()),
            ('b', Within::Pattern) if self.syntax(0) != Some('{') => {
                self.word_boundary(Assertion::WordBoundary)
            }
            ('B', Within::Pattern) => self.word_boundary(Assertion::NoWordBoundary),
            ('k', Within::Pattern) => {
                if !self.takes("<") {
                    return illegal();
                }
                let name = self.group_name()?;
                match self.names.get(&name) {
                    Some(&number) => Escape::Node(self.reference(number)?),
                    None => return illegal(),
                }
            }
            ('1'..='9', Within::Pattern) => {
                let mut number = character.to_digit(10).unwrap_or(0);
                // As Java: one more digit for as long as so many groups are open or closed by now.
                while let Some(digit) = self.syntax(0).and_then(|next| next.to_digit(10)) {
                    let longer = number.saturating_mul(10).saturating_add(digit);
                    if longer > self.opened {
                        break;
                    }
                    number = longer;
                    self.at += 1;
                }
                Escape::Node(self.reference(number)?)
            }
            (other, _) if other.is_ascii_alphanumeric() => return illegal(),
            (other, _) => Escape::Character(other),
        })
    }

    fn word_boundary(&mut self, assertion: Assertion) -> Escape {
        self.traits.word_boundary = true;
        Escape::Node(Node::Assertion(assertion))
    }

    fn reference(&mut self, number: u32) -> Parsed<Node> {
        if self.flags.case == Case::AsciiFolded {
            return Err(refuse("a back-reference that ignores case"));
        }
        if self.behinds > 0 || !self.referable.contains(&number) {
            return Err(refuse("a back-reference to a group that is not surely set"));
        }
        self.traits.sees_halves = true;
        self.referenced.insert(number);
        Ok(Node::Reference(number))
    }

    fn property(&mut self) -> Parsed<CharacterSet> {
        let mut name = String::new();
        if self.takes("{") {
            while let Some(character) = self.take_syntax() {
                if character != '}' {
                    name.push(character);
                    continue;
                }
                let set = CharacterSet::posix(&name);
                // Versions of Java differ in whether `(?i)` widens these two.
                let cased =
                    matches!(name.as_str(), "Lower" | "Upper") && self.flags.case == Case::AsciiFolded;
                return set.filter(|_| !cased).ok_or_else(|| refuse(&format!("`\\p{{{name}}}`")));
            }
        }
        Err(refuse("`\\p`"))
    }

    fn hexadecimal(&mut self, lengths: std::ops::RangeInclusive<usize>) -> Parsed<char> {
        let mut value = 0;
        let mut length = 0;
        while length < *lengths.end()
            && let Some(digit) = self.syntax(0).and_then(|character| character.to_digit(16))
        {
            self.at += 1;
            length += 1;
            value = value * 16 + digit;
        }
        // `from_u32` refuses halves of characters too.
        char::from_u32(value)
            .filter(|_| lengths.contains(&length))
            .ok_or_else(|| refuse("a code point that is no character"))
    }
}
