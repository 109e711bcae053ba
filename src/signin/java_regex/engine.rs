//! Writes a pattern out for `fancy-regex`, with nothing left to a default of that engine.

use std::fmt::Write as _;

use fancy_regex::{Regex, RegexBuilder};

use super::character_set::{CharacterSet, HIGH_SURROGATE_FIRST, LOW_SURROGATE_LAST};
use super::pattern::{Assertion, Greed, Look, Node};
use super::refusal::{RegexRefusal, refuse};

/// A name is short: whatever needs more steps than this is a runaway pattern, and a filter meets every group.
const STEP_LIMIT: usize = 10_000;

#[derive(Debug, Clone)]
pub(super) struct Engines {
    pub(super) whole: Regex,
    pub(super) search: Regex,
}

impl Engines {
    pub(super) fn build(root: &Node, captures: &[u32], line_ends: LineEnds) -> Result<Engines, RegexRefusal> {
        let mut text = String::new();
        Writer { captures, line_ends }.write(root, &mut text);
        Ok(Engines { whole: compile(&format!(r"\A(?:{text})\z"))?, search: compile(&text)? })
    }
}

fn compile(text: &str) -> Result<Regex, RegexRefusal> {
    RegexBuilder::new(text)
        .backtrack_limit(STEP_LIMIT)
        .build()
        .map_err(|_| refuse("this combination of constructs"))
}

/// Whether the names that an engine is for can have line terminators; without them `$` is plainly the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineEnds {
    None,
    Possible,
}

/// Writes a pattern for the engine. Groups capture only where something refers to them, since whatever does not
/// capture can run on the engine's linear half.
struct Writer<'a> {
    captures: &'a [u32],
    line_ends: LineEnds,
}

impl Writer<'_> {
    fn write(&self, node: &Node, out: &mut String) {
        match node {
            Node::One(set) => write_set(set, out),
            Node::Assertion(assertion) => out.push_str(match (assertion, self.line_ends) {
                (Assertion::Start, _) => r"\A",
                (Assertion::End, _) | (Assertion::EndOrFinalLineEnd, LineEnds::None) => r"\z",
                (Assertion::EndOrFinalLineEnd, LineEnds::Possible) => {
                    r"(?:(?=(?:\r\n|[\r\x{85}\x{2028}\x{2029}])?\z)|(?<!\r)(?=\n\z))"
                }
                (Assertion::WordBoundary, _) => r"\b",
                (Assertion::NoWordBoundary, _) => r"\B",
            }),
            Node::Reference(number) => {
                // The group is here by construction; a reference that finds none must not match everything.
                match self.captures.iter().position(|capture| capture == number) {
                    Some(index) => _ = write!(out, r"(?:\{})", index + 1),
                    None => out.push_str("(?!)"),
                }
            }
            Node::Sequence(nodes) => nodes.iter().for_each(|node| match node {
                Node::Choice(_) => self.write_wrapped("(?:", node, out),
                _ => self.write(node, out),
            }),
            Node::Choice(nodes) => {
                for (index, node) in nodes.iter().enumerate() {
                    if index > 0 {
                        out.push('|');
                    }
                    self.write(node, out);
                }
            }
            Node::Capture(number, inner) => {
                let open = if self.captures.contains(number) { "(" } else { "(?:" };
                self.write_wrapped(open, inner, out);
            }
            Node::Atomic(inner) => self.write_wrapped("(?>", inner, out),
            Node::Look(look, inner) => {
                let open = match look {
                    Look::Ahead => "(?=",
                    Look::NotAhead => "(?!",
                    Look::Behind => "(?<=",
                    Look::NotBehind => "(?<!",
                };
                self.write_wrapped(open, inner, out);
            }
            Node::Repeat { inner, least, most, greed } => {
                if *greed == Greed::Possessive {
                    out.push_str("(?>");
                }
                match **inner {
                    Node::One(_) | Node::Capture(..) | Node::Atomic(_) => self.write(inner, out),
                    _ => self.write_wrapped("(?:", inner, out),
                }
                match (least, most) {
                    (0, None) => out.push('*'),
                    (1, None) => out.push('+'),
                    (0, Some(1)) => out.push('?'),
                    (least, None) => _ = write!(out, "{{{least},}}"),
                    (least, Some(most)) => _ = write!(out, "{{{least},{most}}}"),
                }
                match greed {
                    Greed::Greedy => {}
                    Greed::Lazy => out.push('?'),
                    Greed::Possessive => out.push(')'),
                }
            }
        }
    }

    fn write_wrapped(&self, open: &str, inner: &Node, out: &mut String) {
        out.push_str(open);
        self.write(inner, out);
        out.push(')');
    }
}

fn write_set(set: &CharacterSet, out: &mut String) {
    if let [(first, last)] = set.0.as_slice()
        && first == last
    {
        match char::from_u32(*first) {
            Some(letter) if letter.is_ascii_alphanumeric() => out.push(letter),
            _ => _ = write!(out, r"\x{{{first:X}}}"),
        }
        return;
    }
    if set.0.is_empty() {
        out.push_str(r"[^\x{0}-\x{10FFFF}]");
        return;
    }
    out.push('[');
    for &(first, last) in &set.0 {
        // Halves of characters are code points in Java; no name here can have one.
        for (first, last) in
            [(first, last.min(HIGH_SURROGATE_FIRST - 1)), (first.max(LOW_SURROGATE_LAST + 1), last)]
        {
            if first <= last {
                _ = write!(out, r"\x{{{first:X}}}-\x{{{last:X}}}");
            }
        }
    }
    out.push(']');
}
