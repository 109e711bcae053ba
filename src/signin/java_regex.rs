//! Java regular expressions, the dialect of a groups filter in Okta (semantics G6.5 and G6.6).
//!
//! A pattern is parsed as `java.util.regex.Pattern` parses it and written out again for `fancy-regex` with
//! nothing left to a default of that engine: every class as its code points, every anchor in full. What Java's
//! versions or the two engines read differently is refused. Which names pass a filter is decided elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use fancy_regex::{Regex, RegexBuilder};

const LONGEST_PATTERN: usize = 1_000;
const DEEPEST_NESTING: usize = 50;
const HIGHEST_REPEAT: u32 = 1_000;
/// A name is short: whatever needs more steps than this is a runaway pattern, and a filter meets every group.
const STEP_LIMIT: usize = 100_000;

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

/// Why a pattern has no [`JavaRegex`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegexRefusal {
    /// It begins with `*`: Java calls that a dangling meta character, and Okta then sends no groups.
    NotARegex,
    /// It may be a regex, but what it matches at Okta is not known here. Holds the construct, for a message.
    CannotFollow(String),
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

fn refuse(construct: &str) -> RegexRefusal {
    RegexRefusal::CannotFollow(construct.to_owned())
}

/// What the answer for a name depends on beside the compiled pattern.
#[derive(Debug, Clone, Copy, Default)]
struct Traits {
    final_line_end: bool,
    word_boundary: bool,
    sees_halves: bool,
}

#[derive(Debug, Clone)]
struct Engines {
    whole: Regex,
    search: Regex,
}

impl Engines {
    fn build(root: &Node, captures: &[u32], line_ends: LineEnds) -> Result<Engines, RegexRefusal> {
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

/// Code points as sorted ranges that neither touch nor overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CharacterSet(Vec<(u32, u32)>);

const LAST_CODE_POINT: u32 = 0x10_FFFF;
const HIGH_SURROGATE_FIRST: u32 = 0xD800;
const LOW_SURROGATE_LAST: u32 = 0xDFFF;

impl CharacterSet {
    fn of(ranges: &[(char, char)]) -> CharacterSet {
        CharacterSet::from_ranges(
            ranges.iter().map(|&(first, last)| (u32::from(first), u32::from(last))).collect(),
        )
    }

    fn from_ranges(mut ranges: Vec<(u32, u32)>) -> CharacterSet {
        ranges.sort_unstable();
        let mut joined: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match joined.last_mut() {
                Some(previous) if first <= previous.1.saturating_add(1) => previous.1 = previous.1.max(last),
                _ => joined.push((first, last)),
            }
        }
        CharacterSet(joined)
    }

    fn union(mut self, other: CharacterSet) -> CharacterSet {
        self.0.extend(other.0);
        CharacterSet::from_ranges(self.0)
    }

    fn complement(&self) -> CharacterSet {
        let mut ranges = Vec::with_capacity(self.0.len() + 1);
        let mut next = 0;
        for &(first, last) in &self.0 {
            if next < first {
                ranges.push((next, first - 1));
            }
            next = last + 1;
        }
        if next <= LAST_CODE_POINT {
            ranges.push((next, LAST_CODE_POINT));
        }
        CharacterSet(ranges)
    }

    fn intersection(&self, other: &CharacterSet) -> CharacterSet {
        self.complement().union(other.complement()).complement()
    }

    /// Java without `(?u)` folds the case of ASCII letters only.
    fn with_other_case(self) -> CharacterSet {
        const STEP: u32 = 'a' as u32 - 'A' as u32;
        let lower = self.intersection(&CharacterSet::of(&[('a', 'z')]));
        let upper = self.intersection(&CharacterSet::of(&[('A', 'Z')]));
        let raised = lower.0.into_iter().map(|(first, last)| (first - STEP, last - STEP));
        let lowered = upper.0.into_iter().map(|(first, last)| (first + STEP, last + STEP));
        CharacterSet::from_ranges(self.0.into_iter().chain(raised).chain(lowered).collect())
    }

    fn digits() -> CharacterSet {
        CharacterSet::of(&[('0', '9')])
    }

    fn white_space() -> CharacterSet {
        CharacterSet::of(&[('\t', '\r'), (' ', ' ')])
    }

    fn word_characters() -> CharacterSet {
        CharacterSet::of(&[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')])
    }

    fn horizontal_space() -> CharacterSet {
        CharacterSet::of(&[
            ('\t', '\t'),
            (' ', ' '),
            ('\u{A0}', '\u{A0}'),
            ('\u{1680}', '\u{1680}'),
            ('\u{180E}', '\u{180E}'),
            ('\u{2000}', '\u{200A}'),
            ('\u{202F}', '\u{202F}'),
            ('\u{205F}', '\u{205F}'),
            ('\u{3000}', '\u{3000}'),
        ])
    }

    fn vertical_space() -> CharacterSet {
        CharacterSet::of(&[('\n', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')])
    }

    fn line_ends() -> CharacterSet {
        CharacterSet::of(&[('\n', '\n'), ('\r', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')])
    }

    /// The POSIX classes, ASCII in Java. Unicode's classes are not here: each Java has its own Unicode version.
    fn posix(name: &str) -> Option<CharacterSet> {
        Some(match name {
            "Lower" => CharacterSet::of(&[('a', 'z')]),
            "Upper" => CharacterSet::of(&[('A', 'Z')]),
            "ASCII" => CharacterSet::of(&[('\0', '\x7F')]),
            "Alpha" => CharacterSet::of(&[('A', 'Z'), ('a', 'z')]),
            "Digit" => CharacterSet::digits(),
            "Alnum" => CharacterSet::of(&[('0', '9'), ('A', 'Z'), ('a', 'z')]),
            "Punct" => CharacterSet::of(&[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
            "Graph" => CharacterSet::of(&[('!', '~')]),
            "Print" => CharacterSet::of(&[(' ', '~')]),
            "Blank" => CharacterSet::of(&[('\t', '\t'), (' ', ' ')]),
            "Cntrl" => CharacterSet::of(&[('\0', '\x1F'), ('\x7F', '\x7F')]),
            "XDigit" => CharacterSet::of(&[('0', '9'), ('A', 'F'), ('a', 'f')]),
            "Space" => CharacterSet::white_space(),
            _ => return None,
        })
    }
}

#[derive(Debug, Clone)]
enum Node {
    One(CharacterSet),
    Assertion(Assertion),
    Reference(u32),
    Sequence(Vec<Node>),
    Choice(Vec<Node>),
    Capture(u32, Box<Node>),
    Atomic(Box<Node>),
    Look(Look, Box<Node>),
    Repeat { inner: Box<Node>, least: u32, most: Option<u32>, greed: Greed },
}

impl Node {
    fn can_be_empty(&self) -> bool {
        match self {
            Node::One(_) => false,
            Node::Assertion(_) | Node::Look(..) | Node::Reference(_) => true,
            Node::Sequence(nodes) => nodes.iter().all(Node::can_be_empty),
            Node::Choice(nodes) => nodes.iter().any(Node::can_be_empty),
            Node::Capture(_, inner) | Node::Atomic(inner) => inner.can_be_empty(),
            Node::Repeat { inner, least, .. } => *least == 0 || inner.can_be_empty(),
        }
    }

    /// Whether a group in it repeats that can also match nothing. Java leaves such a group for good at an empty
    /// round, the engine tries the round's other branches first: the same texts match, but not in one order.
    fn has_empty_rounds(&self) -> bool {
        match self {
            Node::One(_) | Node::Assertion(_) | Node::Reference(_) => false,
            Node::Sequence(nodes) | Node::Choice(nodes) => nodes.iter().any(Node::has_empty_rounds),
            Node::Capture(_, inner) | Node::Atomic(inner) | Node::Look(_, inner) => inner.has_empty_rounds(),
            Node::Repeat { inner, most, .. } => {
                (inner.can_be_empty() && most.is_none_or(|most| most > 1)) || inner.has_empty_rounds()
            }
        }
    }

    /// Whether what it matches depends on more than the text it takes.
    fn has_condition(&self) -> bool {
        match self {
            Node::One(_) => false,
            Node::Assertion(_) | Node::Look(..) | Node::Reference(_) | Node::Atomic(_) => true,
            Node::Sequence(nodes) | Node::Choice(nodes) => nodes.iter().any(Node::has_condition),
            Node::Capture(_, inner) => inner.has_condition(),
            Node::Repeat { inner, greed, .. } => *greed == Greed::Possessive || inner.has_condition(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Assertion {
    Start,
    End,
    EndOrFinalLineEnd,
    WordBoundary,
    NoWordBoundary,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Ahead,
    NotAhead,
    Behind,
    NotBehind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Greed {
    Greedy,
    Lazy,
    Possessive,
}

/// Whether the names that an engine is for can have line terminators; without them `$` is plainly the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineEnds {
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

/// One character of a pattern, and whether `\Q…\E` made a plain character of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Unit {
    character: char,
    quoted: bool,
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
struct Flags {
    case: Case,
    dot: Dot,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Exact,
    AsciiFolded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dot {
    WithoutLineEnds,
    Everything,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Pattern,
    Class,
}

enum Escape {
    Character(char),
    Set(CharacterSet),
    Node(Node),
}

struct Parser {
    units: Vec<Unit>,
    at: usize,
    flags: Flags,
    traits: Traits,
    depth: usize,
    /// Look-behinds around the current place.
    behinds: usize,
    /// Places around the current one where Java leaves captures in a state of its own.
    murky: usize,
    opened: u32,
    /// Groups that are closed and surely set here. Java leaves the captures of a failed branch or round as they
    /// happen to be, so a reference to a group in another branch or in a repeated group is not followed.
    referable: BTreeSet<u32>,
    referenced: BTreeSet<u32>,
    names: BTreeMap<String, u32>,
}

type Parsed<T> = Result<T, RegexRefusal>;

impl Parser {
    fn new(pattern: &str) -> Parser {
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
    fn syntax(&self, ahead: usize) -> Option<char> {
        self.unit(ahead).filter(|unit| !unit.quoted).map(|unit| unit.character)
    }

    fn peek(&self) -> Option<Unit> {
        self.unit(0)
    }

    fn take(&mut self) -> Option<Unit> {
        let unit = self.peek()?;
        self.at += 1;
        Some(unit)
    }

    fn take_syntax(&mut self) -> Option<char> {
        let character = self.syntax(0)?;
        self.at += 1;
        Some(character)
    }

    fn takes(&mut self, text: &str) -> bool {
        let found = text.chars().enumerate().all(|(ahead, character)| self.syntax(ahead) == Some(character));
        if found {
            self.at += text.chars().count();
        }
        found
    }

    fn choice(&mut self) -> Parsed<Node> {
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

    fn final_line_end(&mut self) -> Node {
        self.traits.final_line_end = true;
        Node::Assertion(Assertion::EndOrFinalLineEnd)
    }

    fn folded(&self, first: char, last: char) -> CharacterSet {
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

    fn enter(&mut self) -> Parsed<()> {
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

    fn group_name(&mut self) -> Parsed<String> {
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

    fn escape(&mut self, within: Within) -> Parsed<Escape> {
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

    /// From after `[`.
    fn class(&mut self) -> Parsed<CharacterSet> {
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

/// For what keeps its first match: there the order of the matches decides.
fn in_one_order(node: Node) -> Parsed<Node> {
    if node.has_empty_rounds() {
        return Err(refuse("a repeated group that can be empty where no step is taken back"));
    }
    Ok(node)
}

/// Marks a group without a capture as one unit, so that what follows repeats all of it.
fn plain(inner: Node) -> Node {
    Node::Choice(vec![inner])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Found {
        Whole,
        Inside,
        Nowhere,
    }

    fn read(pattern: &str) -> JavaRegex {
        JavaRegex::read(pattern).unwrap_or_else(|refusal| panic!("{pattern}: {refusal:?}"))
    }

    fn both_readings(regex: &JavaRegex, name: &str) -> [Option<bool>; 2] {
        [regex.matches(name, RegexReading::Whole), regex.matches(name, RegexReading::Search)]
    }

    /// The expected values are what `java.util.regex` answered, the same in Java 17 and 25.
    #[test]
    fn names_match_as_in_java() {
        use Found::{Inside, Nowhere, Whole};
        let cases = [
            (".*groupA.*|.*groupB.*", "my-groupB-eu", Whole),
            (".*groupA.*|.*groupB.*", "my-groupC", Nowhere),
            ("torq", "torq-admins", Inside),
            ("^torq-(admin|viewer)$", "torq-viewer", Whole),
            ("^torq-(admin|viewer)$", "torq-viewer\n", Inside),
            ("^torq-(admin|viewer)$", "torq-viewer\n\n", Nowhere),
            ("a$", "a\r\n", Inside),
            (r"a\Z", "a\r", Inside),
            (r"a\z", "a\n", Nowhere),
            ("a$\n", "a\n", Whole),
            ("a.", "a\r", Nowhere),
            ("(?s)a.", "a\r", Whole),
            ("a.", "aé", Whole),
            ("a.", "a😀", Whole),
            (r"\d+", "\u{663}", Nowhere),
            (r"\w+", "é", Nowhere),
            (r"\s", "\u{A0}", Nowhere),
            (r"\h", "\u{A0}", Whole),
            (r"\v", "\r", Whole),
            (r"\S+", "\u{A0}", Whole),
            ("(?i)torq", "TORQ", Whole),
            ("(?i)straße", "STRASSE", Nowhere),
            ("(?i)é", "É", Nowhere),
            ("(?i)k", "\u{212A}", Nowhere),
            ("(?i:t)orq", "TORQ", Nowhere),
            ("a(?i)b|c", "C", Whole),
            ("(a(?i)b)c", "aBC", Nowhere),
            ("[a-c]+", "abd", Inside),
            ("[^a-c]", "d", Whole),
            ("[a-z&&[^bc]]+", "adz", Whole),
            ("[a-z&&[^bc]]+", "abz", Inside),
            ("[a-z&&def]", "g", Nowhere),
            ("[a-c[x-z]]+", "axz", Whole),
            ("[[:alpha:]]", "a", Whole),
            ("[[:alpha:]]", "b", Nowhere),
            (r"[\w-.]+", "a-.b", Whole),
            (r"[a\-c]", "b", Nowhere),
            (r"[^\d\s]+", "a-", Whole),
            (r"[\Qa-c\E]", "b", Nowhere),
            ("[-a]", "-", Whole),
            (r"\QTorq (EU)\E.*", "Torq (EU) admins", Whole),
            (r"\Qab\E+", "abbb", Whole),
            (r"a\Q.\Eb", "axb", Nowhere),
            (r"\p{Alpha}+", "é", Nowhere),
            (r"\p{Alpha}+", "aZ", Whole),
            (r"\P{Punct}+", "a_b", Inside),
            ("(?!.*test).*admin.*", "test-admin", Inside),
            ("(?!.*test).*admin.*", "eu-admin", Whole),
            (".*(?<=eu-)admin", "eu-admin", Whole),
            (".*(?<!eu-)admin", "eu-admin", Nowhere),
            (r"(\w+)-\1", "soc-soc", Whole),
            (r"(?<team>[a-z]+)-\k<team>s", "soc-socs", Whole),
            (r"(a)\11", "aa1", Whole),
            ("a*+a", "aaa", Nowhere),
            ("(?:a|ab)++c", "abc", Nowhere),
            ("(?>a|ab)c", "abc", Nowhere),
            ("a{2,3}?", "aaa", Whole),
            ("a||", "b", Inside),
            (r"\x41\u0042\x{43}", "ABC", Whole),
            (r"\bSOC\b", "L1 SOC", Inside),
            (r"\bSOC\b", "L1SOC", Nowhere),
            ("a]b}c", "a]b}c", Whole),
            (r"\cJ", "\n", Whole),
            ("/^[a-z]+$/", "abc", Nowhere),
        ];
        for (pattern, name, expected) in cases {
            let expected = match expected {
                Whole => [Some(true), Some(true)],
                Inside => [Some(false), Some(true)],
                Nowhere => [Some(false), Some(false)],
            };
            assert_eq!(both_readings(&read(pattern), name), expected, "{pattern:?} on {name:?}");
        }
    }

    #[test]
    fn only_a_leading_star_is_known_to_be_no_regex() {
        for pattern in ["*", "*admin*", "**"] {
            assert_eq!(JavaRegex::read(pattern).err(), Some(RegexRefusal::NotARegex), "{pattern}");
        }
    }

    #[test]
    fn what_cannot_be_followed_is_refused_by_name() {
        let too_long = "a".repeat(1_001);
        let too_deep = format!("{}a{}", "(".repeat(51), ")".repeat(51));
        let cases = [
            // Not valid in Java either.
            ("+a", "a dangling `+`"),
            ("a**", "a dangling `*`"),
            ("a{,3}", "a `{` that is no quantifier"),
            ("a{3,2}", "a `{` that is no quantifier"),
            ("(a", "an unclosed group"),
            ("a)", "an unmatched `)`"),
            ("[a", "an unclosed class"),
            ("[z-a]", "a range that runs backwards"),
            (r"a\", r"a `\` that escapes nothing"),
            (r"\y", r"`\y`"),
            (r"\E", r"`\E`"),
            ("(?<a>a)(?<a>b)", "two groups of one name"),
            ("(?<1>a)", "a group name that Java does not allow"),
            // Versions of Java, or its state after a failure, decide.
            ("(?<=a+)b", "a look-behind with a group that repeats or without an obvious maximum length"),
            (r"\R", r"`\R`"),
            (r"\X", r"`\X`"),
            (r"\G", r"`\G`"),
            (r"\p{L}", r"`\p{L}`"),
            (r"\p{javaLowerCase}", r"`\p{javaLowerCase}`"),
            (r"(?i)\p{Lower}", r"`\p{Lower}`"),
            ("(?u)a", "the flag `u`"),
            ("(?x)a", "the flag `x`"),
            ("(?m)^a", "the flag `m`"),
            ("[^a[b]]", "a negated class with a class inside"),
            ("[^a&&b]", "a negated class with a class inside"),
            ("[a&&[b]c]", "a class with `&&` and more"),
            ("[]a]", "a class that begins with `]`"),
            (r"\ud83d\ude00", "a code point that is no character"),
            ("[\u{1}-\u{FFFF}]", "a range across the surrogates"),
            ("^*a", "a quantifier on something without width"),
            ("(?>(?:b|c?|ab)*)", "a repeated group that can be empty where no step is taken back"),
            ("(?:a?+|b){3}", "a condition in a repeated group that can be empty"),
            ("(?:^b*){3}", "a condition in a repeated group that can be empty"),
            ("(?:a|ab){2,}+", "a possessive quantifier with a minimum on a group"),
            (r"(?i)(a)\1", "a back-reference that ignores case"),
            (r"(a)|\1", "a back-reference to a group that is not surely set"),
            (r"(a)*\1", "a back-reference to a group that is not surely set"),
            (r"(?!(a))\1", "a back-reference to a group that is not surely set"),
            (r"(a\1)", "a back-reference to a group that is not surely set"),
            (r"\1(a)", "a back-reference to a group that is not surely set"),
            // Too large.
            ("a{1001}", "a quantifier above 1,000"),
            ("(((a{1000}){1000}){1000})", "this combination of constructs"),
            (too_long.as_str(), "a pattern longer than 1,000 characters"),
            (too_deep.as_str(), "a pattern nested deeper than 50"),
        ];
        for (pattern, construct) in cases {
            let expected = RegexRefusal::CannotFollow(construct.to_owned());
            assert_eq!(JavaRegex::read(pattern).err(), Some(expected), "{pattern:?}");
        }
    }

    #[test]
    fn the_limits_themselves_are_read() {
        let longest = "a".repeat(1_000);
        assert_eq!(both_readings(&read(&longest), &longest), [Some(true); 2]);
        let deepest = format!("{}a{}", "(".repeat(50), ")".repeat(50));
        assert_eq!(both_readings(&read(&deepest), "a"), [Some(true); 2]);
    }

    #[test]
    fn a_runaway_pattern_is_given_up() {
        let regex = read("(a|aa)+(?!x)$b");
        assert_eq!(both_readings(&regex, &"a".repeat(200)), [None; 2]);
        assert_eq!(both_readings(&regex, "b"), [Some(false); 2]);
    }

    #[test]
    fn names_on_which_java_is_not_one_answer_are_not_known() {
        let cases = [
            (r"\bSOC\b", "éSOC", [None; 2]),
            (r"\bSOC\b", "SOC", [Some(true); 2]),
            (r"SOC", "éSOC", [Some(false), Some(true)]),
            (r"(?<!a).{3}b", "a😀xxb", [None; 2]),
            (r"(?<!a).{3}b", "aéxxb", [Some(false); 2]),
            (r".{3}b", "😀xxb", [Some(true); 2]),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(both_readings(&read(pattern), name), expected, "{pattern} on {name}");
        }
    }
}
