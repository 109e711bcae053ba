//! Reads Java's syntax, as `java.util.regex.Pattern` does: alternatives, groups, flags and quantifiers.
//!
//! What stands after a `\` is read in `escape`, what stands in brackets in `class`.

use std::collections::{BTreeMap, BTreeSet};

use super::Traits;
use super::character_set::{CharacterSet, LAST_CODE_POINT};
use super::escape::{Escape, Within};
use super::pattern::{Assertion, Greed, Look, Node};
use super::refusal::{Parsed, in_one_order, refuse};

const DEEPEST_NESTING: usize = 50;
const HIGHEST_REPEAT: u32 = 1_000;

/// One character of a pattern, and whether `\Q…\E` made a plain character of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) character: char,
    pub(super) quoted: bool,
}

/// Java takes the quotes away before it parses anything, so a quote may begin anywhere.
fn units(pattern: &str) -> Vec<Unit> {
    let mut units = Vec::with_capacity(pattern.len());
    let mut characters = pattern.chars().peekable();
    let mut quoted = false;
    while let Some(character) = characters.next() {
        match (quoted, character, characters.peek()) {
            (false, '\\', Some('Q')) => {
                characters.next();
                quoted = true;
            }
            (true, '\\', Some('E')) => {
                characters.next();
                quoted = false;
            }
            (false, '\\', Some(&escaped)) => {
                characters.next();
                units.push(Unit { character, quoted });
                units.push(Unit { character: escaped, quoted });
            }
            _ => units.push(Unit { character, quoted }),
        }
    }
    units
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Flags {
    pub(super) case: Case,
    pub(super) dot: Dot,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Exact,
    AsciiFolded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dot {
    WithoutLineEnds,
    Everything,
}

pub(super) struct Parser {
    units: Vec<Unit>,
    pub(super) at: usize,
    pub(super) flags: Flags,
    pub(super) traits: Traits,
    pub(super) depth: usize,
    /// Look-behinds around the current place.
    pub(super) behinds: usize,
    /// Places around the current one where Java leaves captures in a state of its own.
    murky: usize,
    pub(super) opened: u32,
    /// Groups that are closed and surely set here. Java leaves the captures of a failed branch or round as they
    /// happen to be, so a reference to a group in another branch or in a repeated group is not followed.
    pub(super) referable: BTreeSet<u32>,
    pub(super) referenced: BTreeSet<u32>,
    pub(super) names: BTreeMap<String, u32>,
}

impl Parser {
    pub(super) fn new(pattern: &str) -> Parser {
        Parser {
            units: units(pattern),
            at: 0,
            flags: Flags { case: Case::Exact, dot: Dot::WithoutLineEnds },
            traits: Traits::default(),
            depth: 0,
            behinds: 0,
            murky: 0,
            opened: 0,
            referable: BTreeSet::new(),
            referenced: BTreeSet::new(),
            names: BTreeMap::new(),
        }
    }

    fn unit(&self, ahead: usize) -> Option<Unit> {
        self.units.get(self.at + ahead).copied()
    }

    /// The character ahead, where it can be syntax: not one inside `\Q…\E`.
    pub(super) fn syntax(&self, ahead: usize) -> Option<char> {
        self.unit(ahead).filter(|unit| !unit.quoted).map(|unit| unit.character)
    }

    pub(super) fn peek(&self) -> Option<Unit> {
        self.unit(0)
    }

    pub(super) fn take(&mut self) -> Option<Unit> {
        let unit = self.peek()?;
        self.at += 1;
        Some(unit)
    }

    pub(super) fn take_syntax(&mut self) -> Option<char> {
        let character = self.syntax(0)?;
        self.at += 1;
        Some(character)
    }

    pub(super) fn takes(&mut self, text: &str) -> bool {
        let found = text.chars().enumerate().all(|(ahead, character)| self.syntax(ahead) == Some(character));
        if found {
            self.at += text.chars().count();
        }
        found
    }

    pub(super) fn choice(&mut self) -> Parsed<Node> {
        let before = self.referable.clone();
        let mut branches = vec![self.sequence()?];
        while self.takes("|") {
            self.referable.clone_from(&before);
            branches.push(self.sequence()?);
        }
        if branches.len() > 1 {
            self.referable = before;
        }
        match branches.len() {
            1 => Ok(branches.swap_remove(0)),
            _ => Ok(Node::Choice(branches)),
        }
    }

    fn sequence(&mut self) -> Parsed<Node> {
        let mut nodes = Vec::new();
        while self.peek().is_some() && !matches!(self.syntax(0), Some('|' | ')')) {
            let opened = self.opened;
            if let Some(atom) = self.atom()? {
                let node = self.repeated(atom)?;
                if matches!(node, Node::Repeat { .. }) {
                    self.referable.retain(|&group| group <= opened);
                }
                nodes.push(node);
            }
        }
        Ok(Node::Sequence(nodes))
    }

    /// `None` for flags that stand alone, such as `(?i)`.
    fn atom(&mut self) -> Parsed<Option<Node>> {
        let Some(unit) = self.take() else { return Ok(None) };
        if unit.quoted {
            return Ok(Some(Node::One(self.folded(unit.character, unit.character))));
        }
        Ok(Some(match unit.character {
            '^' => Node::Assertion(Assertion::Start),
            '$' => self.final_line_end(),
            '.' => Node::One(match self.flags.dot {
                Dot::WithoutLineEnds => CharacterSet::line_ends().complement(),
                Dot::Everything => CharacterSet(vec![(0, LAST_CODE_POINT)]),
            }),
            '[' => Node::One(self.class()?),
            '(' => return self.group(),
            '\\' => match self.escape(Within::Pattern)? {
                Escape::Character(character) => Node::One(self.folded(character, character)),
                Escape::Set(set) => Node::One(set),
                Escape::Node(node) => node,
            },
            '*' | '+' | '?' => return Err(refuse(&format!("a dangling `{}`", unit.character))),
            '{' => return Err(refuse("a `{` that is no quantifier")),
            character => Node::One(self.folded(character, character)),
        }))
    }

    pub(super) fn final_line_end(&mut self) -> Node {
        self.traits.final_line_end = true;
        Node::Assertion(Assertion::EndOrFinalLineEnd)
    }

    pub(super) fn folded(&self, first: char, last: char) -> CharacterSet {
        let set = CharacterSet::of(&[(first, last)]);
        match self.flags.case {
            Case::Exact => set,
            Case::AsciiFolded => set.with_other_case(),
        }
    }

    fn repeated(&mut self, atom: Node) -> Parsed<Node> {
        let (least, most) = match self.syntax(0) {
            Some('?') => (0, Some(1)),
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('{') => {
                self.at += 1;
                self.counts()?
            }
            _ => return Ok(atom),
        };
        self.at += 1;
        let greed = match self.syntax(0) {
            Some('?') => Greed::Lazy,
            Some('+') => Greed::Possessive,
            _ => Greed::Greedy,
        };
        if greed != Greed::Greedy {
            self.at += 1;
        }
        if matches!(atom, Node::Assertion(_) | Node::Look(..)) {
            return Err(refuse("a quantifier on something without width"));
        }
        let one = matches!(atom, Node::One(_));
        if greed == Greed::Possessive {
            self.traits.sees_halves = true;
            // Java tries the required rounds one by one and takes none of them back.
            if least > 1 && !one {
                return Err(refuse("a possessive quantifier with a minimum on a group"));
            }
        }
        // Java ends the rounds at an empty one, wherever the pattern would want it. That shows only where an empty
        // round is possible in one place and not in another.
        if least > 1 && atom.can_be_empty() && atom.has_condition() {
            return Err(refuse("a condition in a repeated group that can be empty"));
        }
        if self.behinds > 0 && (most.is_none() || !one) {
            return Err(refuse(
                "a look-behind with a group that repeats or without an obvious maximum length",
            ));
        }
        let node = Node::Repeat { inner: Box::new(atom), least, most, greed };
        if greed == Greed::Possessive { in_one_order(node) } else { Ok(node) }
    }

    /// From after `{` up to, but without, `}`.
    fn counts(&mut self) -> Parsed<(u32, Option<u32>)> {
        let refusal = || refuse("a `{` that is no quantifier");
        let least = self.number().ok_or_else(refusal)?;
        let most = if !self.takes(",") {
            Some(least)
        } else if self.syntax(0) == Some('}') {
            None
        } else {
            Some(self.number().ok_or_else(refusal)?)
        };
        if self.syntax(0) != Some('}') || most.is_some_and(|most| most < least) {
            return Err(refusal());
        }
        if least.max(most.unwrap_or(0)) > HIGHEST_REPEAT {
            return Err(refuse("a quantifier above 1,000"));
        }
        Ok((least, most))
    }

    fn number(&mut self) -> Option<u32> {
        let mut number: Option<u32> = None;
        while let Some(digit) = self.syntax(0).and_then(|character| character.to_digit(10)) {
            self.at += 1;
            number = Some(number.unwrap_or(0).saturating_mul(10).saturating_add(digit));
        }
        number
    }

    pub(super) fn enter(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > DEEPEST_NESTING { Err(refuse("a pattern nested deeper than 50")) } else { Ok(()) }
    }

    fn closing(&mut self) -> Parsed<()> {
        self.depth -= 1;
        if self.takes(")") { Ok(()) } else { Err(refuse("an unclosed group")) }
    }

    fn group(&mut self) -> Parsed<Option<Node>> {
        self.enter()?;
        let outer = self.flags;
        let node = if self.takes("?") {
            if self.takes(":") {
                plain(self.choice()?)
            } else if self.takes(">") {
                self.traits.sees_halves = true;
                Node::Atomic(Box::new(in_one_order(self.choice()?)?))
            } else if self.takes("=") {
                self.look(Look::Ahead)?
            } else if self.takes("!") {
                self.look(Look::NotAhead)?
            } else if self.takes("<=") {
                self.look(Look::Behind)?
            } else if self.takes("<!") {
                self.look(Look::NotBehind)?
            } else if self.takes("<") {
                let name = self.group_name()?;
                if self.names.insert(name, self.opened + 1).is_some() {
                    return Err(refuse("two groups of one name"));
                }
                self.capture()?
            } else {
                self.read_flags()?;
                if self.syntax(0) == Some(')') {
                    self.closing()?;
                    return Ok(None);
                }
                if !self.takes(":") {
                    return Err(refuse("an unknown kind of group"));
                }
                plain(self.choice()?)
            }
        } else {
            self.capture()?
        };
        self.closing()?;
        self.flags = outer;
        Ok(Some(node))
    }

    fn capture(&mut self) -> Parsed<Node> {
        self.opened += 1;
        let number = self.opened;
        let inner = self.choice()?;
        if self.murky == 0 {
            self.referable.insert(number);
        }
        Ok(Node::Capture(number, Box::new(inner)))
    }

    fn look(&mut self, look: Look) -> Parsed<Node> {
        self.traits.sees_halves = true;
        let behind = usize::from(matches!(look, Look::Behind | Look::NotBehind));
        // A failed look-around may leave its captures behind, and a look-behind tries the shortest text first.
        let murky = usize::from(look != Look::Ahead);
        self.behinds += behind;
        self.murky += murky;
        let inner = self.choice()?;
        let inner = if look == Look::Ahead { in_one_order(inner)? } else { inner };
        self.behinds -= behind;
        self.murky -= murky;
        Ok(Node::Look(look, Box::new(inner)))
    }

    pub(super) fn group_name(&mut self) -> Parsed<String> {
        let mut name = String::new();
        loop {
            match self.take_syntax() {
                Some('>') if !name.is_empty() => return Ok(name),
                Some(letter) if letter.is_ascii_alphabetic() => name.push(letter),
                Some(digit) if digit.is_ascii_digit() && !name.is_empty() => name.push(digit),
                _ => return Err(refuse("a group name that Java does not allow")),
            }
        }
    }

    fn read_flags(&mut self) -> Parsed<()> {
        let (mut case, mut dot) = (Case::AsciiFolded, Dot::Everything);
        let start = self.at;
        loop {
            match self.syntax(0) {
                Some('i') => self.flags.case = case,
                Some('s') => self.flags.dot = dot,
                Some('-') if case == Case::AsciiFolded => (case, dot) = (Case::Exact, Dot::WithoutLineEnds),
                Some(')' | ':') if self.at > start => return Ok(()),
                Some(flag) if flag.is_ascii_alphabetic() => {
                    return Err(refuse(&format!("the flag `{flag}`")));
                }
                _ => return Err(refuse("an unknown kind of group")),
            }
            self.at += 1;
        }
    }
}

/// Marks a group without a capture as one unit, so that what follows repeats all of it.
fn plain(inner: Node) -> Node {
    Node::Choice(vec![inner])
}
