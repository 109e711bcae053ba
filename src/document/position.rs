//! From a JSON path in a text to the line and column where it stands.
//!
//! A text is scanned once, without recursion and in time linear in its length, into the spans of its keys and
//! values; many paths are then looked up. Only documents that have findings are scanned (invariant 3), so what
//! reads values at full speed is `strict` and the readers, not this. Whether a text is acceptable is their
//! judgement too: here, what cannot be scanned simply has no places but its first line.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use jsonc_parser::tokens::Token;
use jsonc_parser::{Scanner, ScannerOptions};
use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, StructureStyle};

use super::json_path::{JsonPath, Step};

const BYTE_ORDER_MARK: &str = "\u{feff}";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    Yaml,
    /// Terraform's language: its places are found when it is read, so nothing is looked up in it.
    Hcl,
}

/// A stretch of a text, as SARIF counts it: lines and columns from 1, columns in Unicode code points, the end
/// exclusive. A line ends at `\n`; a byte order mark takes no column. The byte offsets are into the text as it
/// was given, byte order mark included, and cut out the excerpt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Region {
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
    /// Byte offset of the first character.
    pub start: usize,
    /// Byte offset after the last character.
    pub end: usize,
}

/// Which part of a member is meant. An element of an array and the root have no key: there both mean the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Value,
    Key,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub region: Region,
    /// Whether the path is there. If not, the region is where it would belong.
    pub exact: bool,
}

/// The places of one text.
#[derive(Debug)]
pub struct Positions {
    text: Box<str>,
    lines: Lines,
    format: Format,
    tree: Option<Tree>,
}

impl Positions {
    /// Scans a text. Never fails: a text that is not well formed in its format (or is larger than 4 GiB) has only
    /// the region of its first line. Of a YAML file, the first document counts.
    pub fn scan(text: &str, format: Format) -> Positions {
        let tree = match format {
            Format::Json => scan_json(text),
            Format::Yaml => scan_yaml(text),
            Format::Hcl => None,
        };
        Positions { text: text.into(), lines: Lines::of(text), format, tree }
    }

    /// The region of the path.
    ///
    /// A scalar's region is exact, quotes included, over several lines if need be. That of an object or array
    /// begins at its first token and ends with it or, if that is on another line, with the last token of its first
    /// line. A member that YAML takes from an anchor or a merge key lies where the anchor was defined. Of a key
    /// that is there twice, the first counts. A value that YAML leaves out lies on its key.
    ///
    /// Where the path is not there: the key of its deepest ancestor that is there, or that ancestor itself where it
    /// has no key, or the first token of the document.
    pub fn find(&self, path: &JsonPath, part: Part) -> Found {
        let Some(tree) = &self.tree else {
            return Found { region: self.region(self.first_line()), exact: false };
        };
        let mut at = Tree::ROOT;
        for step in path.steps() {
            match tree.child(at, step) {
                Some(child) => at = child,
                None => return Found { region: self.region(self.where_missing(tree, at)), exact: false },
            }
        }
        let value = || self.value_range(tree, at);
        let range = match part {
            Part::Value => value(),
            Part::Key => tree.key(at).map_or_else(value, Span::range),
        };
        Found { region: self.region(range), exact: true }
    }

    fn where_missing(&self, tree: &Tree, deepest: NodeId) -> Range<usize> {
        if let Some(key) = tree.key(deepest) {
            return key.range();
        }
        if deepest == Tree::ROOT {
            return self.first_token(tree);
        }
        self.value_range(tree, deepest)
    }

    fn first_token(&self, tree: &Tree) -> Range<usize> {
        let whole = self.value_range(tree, Tree::ROOT);
        let is_container = tree.node(Tree::ROOT).is_some_and(|root| root.shape.is_container());
        let first_key = tree.key(NodeId(Tree::ROOT.0 + 1)).map(Span::range);
        match (is_container, self.text.as_bytes().get(whole.start)) {
            (true, Some(b'{' | b'[' | b'-')) => whole.start..whole.start + 1,
            // A block mapping has no bracket: it begins with a key.
            (true, _) => first_key.unwrap_or(whole),
            (false, _) => whole,
        }
    }

    fn value_range(&self, tree: &Tree, id: NodeId) -> Range<usize> {
        let Some(node) = tree.node(id) else {
            return self.first_line();
        };
        let range = node.span.range();
        if node.span.is_empty() {
            return node.key.map_or(range, |key| key.span.range());
        }
        let line_end = self.lines.end_of_line_at(&self.text, range.start);
        if !node.shape.is_container() || range.end <= line_end {
            return range;
        }
        let end = match self.format {
            Format::Json | Format::Hcl => self.last_json_token(range.start, line_end),
            Format::Yaml => self.last_yaml_token(tree, range.start, line_end),
        };
        range.start..end
    }

    fn last_json_token(&self, start: usize, line_end: usize) -> usize {
        let line = self.text.get(start..line_end).unwrap_or_default();
        let mut scanner = Scanner::new(line, &SCANNER_OPTIONS);
        let mut end = 0;
        while let Ok(Some(token)) = scanner.scan() {
            if !matches!(token, Token::CommentLine(_) | Token::CommentBlock(_)) {
                end = scanner.token_end();
            }
        }
        start + end
    }

    /// The scan keeps the spans of keys and scalars only. After the last of them on the line there may be
    /// punctuation, anchors, tags and a comment, and the comment does not count.
    fn last_yaml_token(&self, tree: &Tree, start: usize, line_end: usize) -> usize {
        let known = tree.last_token_before(line_end).filter(|token| token.start() >= start);
        let is_block_scalar = |at: usize| matches!(self.text.as_bytes().get(at), Some(b'|' | b'>'));
        let known_end = match known {
            Some(token) if is_block_scalar(token.start()) => token.start(),
            Some(token) => token.end().min(line_end),
            None => start,
        };
        let tail = self.text.get(known_end..line_end).unwrap_or_default();
        let length = without_comment(tail).len();
        start + self.text.get(start..known_end + length).unwrap_or_default().trim_end().len()
    }

    fn first_line(&self) -> Range<usize> {
        let start = self.lines.start;
        let end = self.lines.end_of_line_at(&self.text, start);
        start..start + self.text.get(start..end).unwrap_or_default().trim_end().len()
    }

    fn region(&self, range: Range<usize>) -> Region {
        let (line, column) = self.lines.line_column(&self.text, range.start);
        let (end_line, end_column) = self.lines.line_column(&self.text, range.end);
        Region { line, column, end_line, end_column, start: range.start, end: range.end }
    }
}

/// The line and column (as in [`Region`]) of a byte offset. An offset beyond the text counts as its end, one inside
/// a character as the next character.
pub fn line_column(text: &str, byte: usize) -> (usize, usize) {
    let start = text_start(text);
    let before = text.as_bytes().get(start..byte.clamp(start, text.len())).unwrap_or_default();
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    (line, 1 + code_points(before.get(line_start..).unwrap_or_default()))
}

fn text_start(text: &str) -> usize {
    if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 }
}

fn code_points(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0b1100_0000 != 0b1000_0000).count()
}

/// Makes a column cheap to tell even where the whole text is one line of many megabytes.
#[derive(Debug)]
struct Lines {
    /// Byte offset of the text after its byte order mark.
    start: usize,
    /// Byte offset of each line.
    starts: Vec<usize>,
    /// How many code points begin before each multiple of `STRIDE` bytes.
    code_points_before: Vec<usize>,
}

const STRIDE: usize = 4096;

impl Lines {
    fn of(text: &str) -> Lines {
        let start = text_start(text);
        let bytes = text.as_bytes();
        let after_breaks = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        let mut code_points_before = vec![0];
        let mut before = 0;
        for chunk in bytes.chunks(STRIDE) {
            before += code_points(chunk);
            code_points_before.push(before);
        }
        Lines { start, starts: std::iter::once(start).chain(after_breaks).collect(), code_points_before }
    }

    fn code_points_before(&self, text: &str, byte: usize) -> usize {
        let chunk = byte / STRIDE;
        let before_chunk = self.code_points_before.get(chunk).copied().unwrap_or_default();
        before_chunk + code_points(text.as_bytes().get(chunk * STRIDE..byte).unwrap_or_default())
    }

    fn line_column(&self, text: &str, byte: usize) -> (usize, usize) {
        let byte = byte.clamp(self.start, text.len().max(self.start));
        let line = self.starts.partition_point(|start| *start <= byte).max(1);
        let line_start = self.starts.get(line - 1).copied().unwrap_or(self.start);
        let column = self.code_points_before(text, byte) - self.code_points_before(text, line_start);
        (line, 1 + column)
    }

    /// Byte offset of the `\n`, or of the end of the text.
    fn end_of_line_at(&self, text: &str, byte: usize) -> usize {
        let next = self.starts.partition_point(|start| *start <= byte);
        self.starts.get(next).map_or(text.len(), |next_start| next_start - 1)
    }
}

/// Byte offsets, in 32 bits because a document of 20 MB has millions of them.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn new(start: usize, end: usize) -> Option<Span> {
        Some(Span { start: u32::try_from(start).ok()?, end: u32::try_from(end).ok()? })
    }

    fn start(self) -> usize {
        self.start as usize
    }

    fn end(self) -> usize {
        self.end as usize
    }

    fn range(self) -> Range<usize> {
        self.start()..self.end()
    }

    fn is_empty(self) -> bool {
        self.start == self.end
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct NodeId(u32);

/// A key's text, told apart by number: the same few keys occur in every element of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct NameId(u32);

#[derive(Clone, Copy, Debug)]
struct Key {
    name: NameId,
    span: Span,
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    Scalar,
    /// A YAML alias, and the node that it stands for if that is known.
    Alias(Option<NodeId>),
    /// The elements, in order.
    Sequence(Children),
    /// The members, in order of name; of two with one name, the first in the text comes first.
    Mapping(Children),
}

impl Shape {
    fn is_container(self) -> bool {
        matches!(self, Shape::Sequence(_) | Shape::Mapping(_))
    }
}

/// A stretch of `Tree::children`.
#[derive(Clone, Copy, Debug)]
struct Children {
    first: u32,
    end: u32,
}

impl Children {
    const NONE: Children = Children { first: 0, end: 0 };
}

#[derive(Clone, Copy, Debug)]
struct Node {
    span: Span,
    key: Option<Key>,
    shape: Shape,
}

/// The spans of a document. Nodes stand in the order of the text, a container before what is in it.
#[derive(Debug, Default)]
struct Tree {
    nodes: Vec<Node>,
    children: Vec<NodeId>,
    names: HashMap<Box<str>, NameId>,
    /// The name of YAML's merge key, where the document has one.
    merge: Option<NameId>,
}

impl Tree {
    const ROOT: NodeId = NodeId(0);

    fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }

    fn key(&self, id: NodeId) -> Option<Span> {
        Some(self.node(id)?.key?.span)
    }

    fn children(&self, children: Children) -> &[NodeId] {
        self.children.get(children.first as usize..children.end as usize).unwrap_or_default()
    }

    /// The node itself, or what the alias stands for.
    fn resolved(&self, id: NodeId) -> Option<(NodeId, Shape)> {
        match self.node(id)?.shape {
            Shape::Alias(target) => Some((target?, self.node(target?)?.shape)),
            shape => Some((id, shape)),
        }
    }

    /// A pointer does not tell an index from a key that is a number, so an index may be meant as a key.
    fn child(&self, parent: NodeId, step: &Step) -> Option<NodeId> {
        match (self.resolved(parent)?.1, step) {
            (Shape::Sequence(elements), Step::Index(index)) => self.children(elements).get(*index).copied(),
            (Shape::Mapping(_), Step::Key(key)) => self.member(parent, *self.names.get(key.as_str())?),
            (Shape::Mapping(_), Step::Index(index)) => {
                self.member(parent, *self.names.get(index.to_string().as_str())?)
            }
            (Shape::Sequence(_) | Shape::Scalar | Shape::Alias(_), _) => None,
        }
    }

    /// The member by that name, be it the mapping's own or merged into it. A mapping can be merged into itself or
    /// many times over, so each is looked into once.
    fn member(&self, mapping: NodeId, name: NameId) -> Option<NodeId> {
        let mut seen = BTreeSet::new();
        let mut to_see = vec![mapping];
        while let Some(id) = to_see.pop() {
            let Some((_, shape)) = self.resolved(id).filter(|(id, _)| seen.insert(*id)) else {
                continue;
            };
            match shape {
                Shape::Mapping(members) => {
                    if let Some(own) = self.named(members, name).first() {
                        return Some(*own);
                    }
                    let merged = self.merge.map_or(&[] as &[NodeId], |merge| self.named(members, merge));
                    to_see.extend(merged.iter().rev());
                }
                Shape::Sequence(elements) => {
                    to_see.extend(self.children(elements).iter().rev());
                }
                Shape::Scalar | Shape::Alias(_) => {}
            }
        }
        None
    }

    fn named(&self, members: Children, name: NameId) -> &[NodeId] {
        let members = self.children(members);
        let name_of = |id: &NodeId| self.node(*id).and_then(|node| node.key).map(|key| key.name);
        let first = members.partition_point(|id| name_of(id) < Some(name));
        let end = members.partition_point(|id| name_of(id) <= Some(name));
        members.get(first..end).unwrap_or_default()
    }

    /// The last key or scalar that begins before the offset.
    fn last_token_before(&self, byte: usize) -> Option<Span> {
        let after = self.nodes.partition_point(|node| node.span.start() < byte);
        let value = self.nodes.get(after.checked_sub(1)?).filter(|node| !node.shape.is_container());
        let key = self.nodes.get(after).and_then(|node| node.key);
        let key_before = self.nodes.get(after - 1).and_then(|node| node.key);
        [key_before, key]
            .into_iter()
            .flatten()
            .map(|key| key.span)
            .chain(value.map(|node| node.span))
            .filter(|span| span.start() < byte)
            .max_by_key(|span| span.start())
    }
}

/// Puts a tree together from the tokens of either format.
#[derive(Default)]
struct Builder {
    tree: Tree,
    /// The containers that are not closed yet, and how many of `waiting` come before their first child.
    open: Vec<(NodeId, usize)>,
    /// The children of the open containers.
    waiting: Vec<NodeId>,
    /// Where the last key or scalar ended.
    last_end: usize,
}

impl Builder {
    fn name(&mut self, key: &str) -> Option<NameId> {
        if let Some(name) = self.tree.names.get(key) {
            return Some(*name);
        }
        let name = NameId(u32::try_from(self.tree.names.len()).ok()?);
        self.tree.names.insert(key.into(), name);
        Some(name)
    }

    fn key(&mut self, key: &str, span: Span) -> Option<Key> {
        self.last_end = span.end();
        Some(Key { name: self.name(key)?, span })
    }

    fn leaf(&mut self, span: Span, key: Option<Key>, shape: Shape) -> Option<NodeId> {
        self.last_end = self.last_end.max(span.end());
        self.add(Node { span, key, shape })
    }

    fn open(&mut self, span: Span, key: Option<Key>, shape: Shape) -> Option<NodeId> {
        self.last_end = self.last_end.max(span.end());
        let id = self.add(Node { span, key, shape })?;
        self.open.push((id, self.waiting.len()));
        Some(id)
    }

    fn add(&mut self, node: Node) -> Option<NodeId> {
        let id = NodeId(u32::try_from(self.tree.nodes.len()).ok()?);
        self.tree.nodes.push(node);
        if !self.open.is_empty() {
            self.waiting.push(id);
        }
        Some(id)
    }

    /// Closes the innermost container at the end of its closing bracket or, if it has none, of its last token.
    fn close(&mut self, end: Option<usize>) -> Option<()> {
        let (id, before) = self.open.pop()?;
        self.last_end = end.unwrap_or(self.last_end);
        let Tree { nodes, children, .. } = &mut self.tree;
        let first = children.len();
        children.extend(self.waiting.drain(before..));
        let added = Children { first: u32::try_from(first).ok()?, end: u32::try_from(children.len()).ok()? };
        let is_mapping = matches!(nodes.get(id.0 as usize)?.shape, Shape::Mapping(_));
        if is_mapping {
            let name_of =
                |id: &NodeId| nodes.get(id.0 as usize).and_then(|node| node.key).map(|key| key.name);
            children.get_mut(first..)?.sort_by_key(name_of);
        }
        let node = nodes.get_mut(id.0 as usize)?;
        node.shape = if is_mapping { Shape::Mapping(added) } else { Shape::Sequence(added) };
        node.span.end = u32::try_from(self.last_end).ok()?.max(node.span.start);
        Some(())
    }

    fn finish(self) -> Option<Tree> {
        (self.open.is_empty() && !self.tree.nodes.is_empty()).then_some(self.tree)
    }
}

/// Comments are let through, as there is no harm in knowing where things are; everything else is JSON.
const SCANNER_OPTIONS: ScannerOptions = ScannerOptions {
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

#[derive(Clone, Copy)]
enum Next {
    Value(Option<Key>),
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon(Key),
    CommaOrEnd,
}

/// jsonc-parser's own trees are built by recursion and stop at 512 levels, so only its tokens are used.
fn scan_json(text: &str) -> Option<Tree> {
    let base = text_start(text);
    let mut scanner = Scanner::new(text.get(base..)?, &SCANNER_OPTIONS);
    let mut builder = Builder::default();
    let mut closers: Vec<Token<'static>> = Vec::new();
    let mut next = Next::Value(None);
    while let Some(token) = scanner.scan().ok()? {
        let span = Span::new(base + scanner.token_start(), base + scanner.token_end())?;
        next = match (next, token) {
            (next, Token::CommentLine(_) | Token::CommentBlock(_)) => next,
            (Next::CommaOrEnd, Token::Comma) => match closers.last()? {
                Token::CloseBrace => Next::Key,
                _ => Next::Value(None),
            },
            (
                Next::CommaOrEnd | Next::ValueOrEnd | Next::KeyOrEnd,
                token @ (Token::CloseBrace | Token::CloseBracket),
            ) => {
                if closers.pop()? != token {
                    return None;
                }
                builder.close(Some(span.end()))?;
                Next::CommaOrEnd
            }
            (Next::Key | Next::KeyOrEnd, Token::String(key)) => Next::Colon(builder.key(&key, span)?),
            (Next::Colon(key), Token::Colon) => Next::Value(Some(key)),
            (Next::Value(key), token) => json_value(&mut builder, &mut closers, &token, span, key)?,
            (Next::ValueOrEnd, token) => json_value(&mut builder, &mut closers, &token, span, None)?,
            _ => return None,
        };
    }
    builder.finish()
}

fn json_value(
    builder: &mut Builder,
    closers: &mut Vec<Token<'static>>,
    token: &Token<'_>,
    span: Span,
    key: Option<Key>,
) -> Option<Next> {
    match token {
        Token::OpenBrace => {
            builder.open(span, key, Shape::Mapping(Children::NONE))?;
            closers.push(Token::CloseBrace);
            Some(Next::KeyOrEnd)
        }
        Token::OpenBracket => {
            builder.open(span, key, Shape::Sequence(Children::NONE))?;
            closers.push(Token::CloseBracket);
            Some(Next::ValueOrEnd)
        }
        Token::String(_) | Token::Number(_) | Token::Boolean(_) | Token::Null => {
            builder.leaf(span, key, Shape::Scalar)?;
            Some(Next::CommaOrEnd)
        }
        _ => None,
    }
}

/// An open YAML collection, and in a mapping whether a key or its value comes next.
enum Collection {
    Sequence(StructureStyle),
    MappingBeforeKey(StructureStyle),
    MappingBeforeValue(StructureStyle, Key),
}

/// What an anchor stands for: a node, or a key, which is none.
struct Anchored {
    node: Option<NodeId>,
    text: Box<str>,
}

fn scan_yaml(text: &str) -> Option<Tree> {
    let base = text_start(text);
    let body = text.get(base..)?;
    let mut options = serde_saphyr::granit_parser::options! {};
    options.set_emit_comments(false);
    let mut builder = Builder::default();
    let mut open: Vec<Collection> = Vec::new();
    let mut anchors: HashMap<usize, Anchored> = HashMap::new();
    for item in Parser::new_from_str_with_options(body, options) {
        let (event, span) = item.ok()?;
        let bytes = span.byte_range()?;
        let span = Span::new(base + bytes.start, base + bytes.end)?;
        let anchor = event.anchor_id();
        match event {
            Event::DocumentEnd => break,
            Event::SequenceEnd | Event::MappingEnd => {
                let style = match open.pop()? {
                    Collection::Sequence(style) | Collection::MappingBeforeKey(style) => style,
                    Collection::MappingBeforeValue(..) => return None,
                };
                builder.close(match style {
                    StructureStyle::Flow => Some(span.end()),
                    StructureStyle::Block => None,
                })?;
            }
            Event::Scalar(value, style, ..) => {
                let span = match style {
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => span,
                    ScalarStyle::Literal | ScalarStyle::Folded => block_scalar(text, span, builder.last_end)?,
                    _ => trimmed(text, span)?,
                };
                let node = match open.last_mut() {
                    Some(before @ Collection::MappingBeforeKey(_)) => {
                        let key = builder.key(&value, span)?;
                        if value == "<<" && style == ScalarStyle::Plain {
                            builder.tree.merge = Some(key.name);
                        }
                        expect_value(before, key);
                        None
                    }
                    within => {
                        let key = take_key(within);
                        Some(builder.leaf(placed(text, span, key)?, key, Shape::Scalar)?)
                    }
                };
                if let Some(anchor) = anchor {
                    anchors.insert(anchor, Anchored { node, text: value.as_ref().into() });
                }
            }
            Event::Alias(target) => match open.last_mut() {
                Some(before @ Collection::MappingBeforeKey(_)) => {
                    let key = builder.key(&anchors.get(&target)?.text, span)?;
                    expect_value(before, key);
                }
                within => {
                    let key = take_key(within);
                    let target = anchors.get(&target).and_then(|anchored| anchored.node);
                    builder.leaf(span, key, Shape::Alias(target))?;
                }
            },
            Event::SequenceStart(style, ..) | Event::MappingStart(style, ..) => {
                let (shape, collection) = match event {
                    Event::SequenceStart(..) => {
                        (Shape::Sequence(Children::NONE), Collection::Sequence(style))
                    }
                    _ => (Shape::Mapping(Children::NONE), Collection::MappingBeforeKey(style)),
                };
                // A collection as a key has no JSON path, and no reader of ours takes it.
                if matches!(open.last(), Some(Collection::MappingBeforeKey(_))) {
                    return None;
                }
                let key = take_key(open.last_mut());
                let span = match (&collection, key) {
                    (Collection::Sequence(StructureStyle::Block), Some(key)) => at_its_dash(text, span, key)?,
                    _ => span,
                };
                let node = builder.open(span, key, shape)?;
                open.push(collection);
                if let Some(anchor) = anchor {
                    anchors.insert(anchor, Anchored { node: Some(node), text: Box::default() });
                }
            }
            _ => {}
        }
    }
    builder.finish()
}

fn expect_value(collection: &mut Collection, key: Key) {
    if let Collection::MappingBeforeKey(style) = *collection {
        *collection = Collection::MappingBeforeValue(style, key);
    }
}

fn take_key(within: Option<&mut Collection>) -> Option<Key> {
    let collection = within?;
    if let Collection::MappingBeforeValue(style, key) = *collection {
        *collection = Collection::MappingBeforeKey(style);
        return Some(key);
    }
    None
}

/// The parser counts the line breaks after an unquoted scalar as part of it.
fn trimmed(text: &str, span: Span) -> Option<Span> {
    Span::new(span.start(), span.start() + text.get(span.range())?.trim_end().len())
}

/// The parser tells where the lines of a block scalar begin; its `|` or `>` is on the line before them, after the
/// token that ended at `after`.
fn block_scalar(text: &str, span: Span, after: usize) -> Option<Span> {
    let content = trimmed(text, span)?;
    let header_end = text.get(..content.start())?.trim_end().len().max(after);
    let before = text.get(after..header_end)?;
    let line_start = after + before.rfind('\n').map_or(0, |at| at + 1);
    let header = without_comment(text.get(line_start..header_end)?);
    let Some(at) = header.rfind(['|', '>']) else {
        return Some(content);
    };
    let indicator = line_start + at;
    let end = if content.is_empty() { line_start + header.trim_end().len() } else { content.end() };
    Span::new(indicator, end)
}

/// The rest of a line that has no scalar in it, up to its comment.
fn without_comment(rest: &str) -> &str {
    let mut before = ' ';
    for (at, character) in rest.char_indices() {
        if character == '#' && before.is_whitespace() {
            return rest.get(..at).unwrap_or_default();
        }
        before = character;
    }
    rest
}

/// A list that is not indented more than its key is said by the parser to begin after its dash. The dash comes
/// first on its line, after the key.
fn at_its_dash(text: &str, span: Span, key: Key) -> Option<Span> {
    let after = key.span.end();
    let mut line_start = after;
    for line in text.get(after..span.start())?.split_inclusive('\n') {
        let content = line.trim_start();
        if line_start > after && content.starts_with('-') {
            let dash = line_start + line.len() - content.len();
            return Span::new(dash, dash);
        }
        line_start += line.len();
    }
    Some(span)
}

/// A value that is left out has no text: it lies on its key or, in a list, on its dash.
fn placed(text: &str, span: Span, key: Option<Key>) -> Option<Span> {
    if !span.is_empty() {
        return Some(span);
    }
    if let Some(key) = key {
        return Some(key.span);
    }
    let before = text.get(..span.start())?.trim_end();
    if before.ends_with('-') { Span::new(before.len() - 1, before.len()) } else { Some(span) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::json_path::JsonPath;
    use super::super::strict::{read_json, read_yaml};
    use super::{Format, Found, Part, Positions, line_column};

    /// `Exact("1:2-1:5", "text")`, or where the path is not there, `Near`.
    #[derive(Debug, PartialEq, Eq)]
    enum Expect {
        Exact(&'static str, &'static str),
        Near(&'static str, &'static str),
    }
    use Expect::{Exact, Near};
    use Format::{Json, Yaml};
    use Part::{Key, Value as Val};

    fn shown(text: &str, found: Found) -> (bool, String, &str) {
        let region = found.region;
        let place = format!("{}:{}-{}:{}", region.line, region.column, region.end_line, region.end_column);
        (found.exact, place, text.get(region.start..region.end).expect("byte offsets on characters"))
    }

    fn check(format: Format, text: &str, path: &str, part: Part, expect: &Expect) {
        let found = Positions::scan(text, format).find(&JsonPath::parse(path).expect(path), part);
        let (exact, place, excerpt) = match expect {
            Exact(place, excerpt) => (true, place, excerpt),
            Near(place, excerpt) => (false, place, excerpt),
        };
        assert_eq!(
            shown(text, found),
            (exact, (*place).to_owned(), *excerpt),
            "{path} ({part:?}) in {format:?} {text:?}"
        );
        for (line, column, byte) in [
            (found.region.line, found.region.column, found.region.start),
            (found.region.end_line, found.region.end_column, found.region.end),
        ] {
            assert_eq!(line_column(text, byte), (line, column), "byte {byte} of {text:?}");
        }
    }

    const MAPPINGS: &str = r#"{
  "claim_mappings": [
    { "claim_value": "Torq-Admins", "role": "owner" },
    {
      "claim_value": "Torq-\"Ops\"",
      "role": null
    }
  ],
  "oauthClient": {
    "redirect_uris": [],
    "a/b": -1.5e3
  }
}
"#;

    #[test]
    fn json_places() {
        for (path, part, expect) in [
            ("/claim_mappings/0/claim_value", Val, Exact("3:22-3:35", r#""Torq-Admins""#)),
            ("/claim_mappings/0/claim_value", Key, Exact("3:7-3:20", r#""claim_value""#)),
            ("/claim_mappings/1/claim_value", Val, Exact("5:22-5:36", r#""Torq-\"Ops\"""#)),
            ("/claim_mappings/1/role", Val, Exact("6:15-6:19", "null")),
            ("/oauthClient/a~1b", Val, Exact("11:12-11:18", "-1.5e3")),
            // An object or an array that fits a line, and one that does not.
            (
                "/claim_mappings/0",
                Val,
                Exact("3:5-3:54", r#"{ "claim_value": "Torq-Admins", "role": "owner" }"#),
            ),
            ("/claim_mappings/1", Val, Exact("4:5-4:6", "{")),
            ("/claim_mappings", Val, Exact("2:21-2:22", "[")),
            ("/claim_mappings", Key, Exact("2:3-2:19", r#""claim_mappings""#)),
            ("/oauthClient/redirect_uris", Val, Exact("10:22-10:24", "[]")),
            ("", Val, Exact("1:1-1:2", "{")),
            // An element has no key, nor has the root.
            ("/claim_mappings/1", Key, Exact("4:5-4:6", "{")),
            ("", Key, Exact("1:1-1:2", "{")),
            // What is missing.
            ("/oauthClient/client_id", Val, Near("9:3-9:16", r#""oauthClient""#)),
            ("/oauthClient/client_id/x/0", Key, Near("9:3-9:16", r#""oauthClient""#)),
            ("/claim_mappings/2/role", Val, Near("2:3-2:19", r#""claim_mappings""#)),
            ("/claim_mappings/1/id", Val, Near("4:5-4:6", "{")),
            ("/claim_mappings/1/role/x", Val, Near("6:7-6:13", r#""role""#)),
            ("/issuer", Val, Near("1:1-1:2", "{")),
        ] {
            check(Json, MAPPINGS, path, part, &expect);
        }
    }

    #[test]
    fn json_texts_of_every_kind() {
        for (text, path, part, expect) in [
            ("", "", Val, Near("1:1-1:1", "")),
            ("", "/a/b", Key, Near("1:1-1:1", "")),
            ("\u{feff}", "/a", Val, Near("1:1-1:1", "")),
            ("\n\n", "", Val, Near("1:1-1:1", "")),
            // Not well formed: the first line.
            ("\u{feff}  {\"a\": 1,  \r\n", "/a", Val, Near("1:1-1:11", "  {\"a\": 1,")),
            ("{\"a\": 1}}", "/a", Val, Near("1:1-1:10", "{\"a\": 1}}")),
            ("{\"a\": 1]", "/a", Val, Near("1:1-1:9", "{\"a\": 1]")),
            ("<html>\n<body>", "/a", Val, Near("1:1-1:7", "<html>")),
            ("{'a': 1}", "/a", Val, Near("1:1-1:9", "{'a': 1}")),
            // A byte order mark takes no column; line breaks of Windows; tabs; characters of 1 to 4 bytes.
            ("\u{feff}{\"a\": 1}", "/a", Val, Exact("1:7-1:8", "1")),
            ("{\r\n\t\"a\":\t[1,\r\n2]\r\n}\r\n", "/a/1", Val, Exact("3:1-3:2", "2")),
            ("{\r\n\t\"a\":\t[1,\r\n2]\r\n}\r\n", "/a", Val, Exact("2:7-2:10", "[1,")),
            ("{\"é\": \"日本\", \"👩‍🔧\": \"😀\"}", "/é", Val, Exact("1:7-1:11", "\"日本\"")),
            ("{\"é\": \"日本\", \"👩‍🔧\": \"😀\"}", "/👩‍🔧", Key, Exact("1:13-1:18", "\"👩‍🔧\"")),
            ("{\"é\": \"日本\", \"👩‍🔧\": \"😀\"}", "/👩‍🔧", Val, Exact("1:20-1:23", "\"😀\"")),
            // Keys: escaped, numbers, empty, twice (the first counts), not sorted.
            ("{\"\\u0061\\/\": 1}", "/a~1", Val, Exact("1:14-1:15", "1")),
            ("{\"7\": \"x\"}", "/7", Val, Exact("1:7-1:10", "\"x\"")),
            ("{\"\": 1}", "/", Val, Exact("1:6-1:7", "1")),
            ("{\"b\": 0, \"a\": 1, \"b\": 2}", "/b", Val, Exact("1:7-1:8", "0")),
            ("{\"b\": 0, \"a\": 1, \"b\": 2}", "/a", Val, Exact("1:15-1:16", "1")),
            ("[0, [1, {\"<<\": {\"x\": 2}}]]", "/1/1/x", Val, Near("1:9-1:25", "{\"<<\": {\"x\": 2}}")),
            // Comments do not belong to the first line of a container.
            ("{ \"a\": [ 1, // one\n 2 ] }", "/a", Val, Exact("1:8-1:12", "[ 1,")),
            // Scalars at the root.
            (" \"a\" ", "", Val, Exact("1:2-1:5", "\"a\"")),
            (" \"a\" ", "/x", Val, Near("1:2-1:5", "\"a\"")),
            ("[]", "/0", Val, Near("1:1-1:2", "[")),
        ] {
            check(Json, text, path, part, &expect);
        }
    }

    const SNAPSHOT: &str = "\
# who may sign in
connection: &base
  issuer: https://acme.okta.com   # the org
  scopes: [openid, 'groups',
           email]
  note: >-  # folded

    two words

  empty:
claim_mappings:
- claim_value: Torq-Admins
  role: \"owner\"
-
- {claim_value: Ops, role}   # flow
copy:
  <<: *base
  issuer: other
alias: *base
plain: goes
  on here
literal: |
  é
  last
";

    #[test]
    fn yaml_places() {
        for (path, part, expect) in [
            ("", Val, Exact("2:1-2:18", "connection: &base")),
            ("/connection", Key, Exact("2:1-2:11", "connection")),
            ("/connection", Val, Exact("3:3-3:32", "issuer: https://acme.okta.com")),
            ("/connection/issuer", Val, Exact("3:11-3:32", "https://acme.okta.com")),
            ("/connection/scopes", Val, Exact("4:11-4:29", "[openid, 'groups',")),
            ("/connection/scopes/1", Val, Exact("4:20-4:28", "'groups'")),
            ("/connection/scopes/2", Val, Exact("5:12-5:17", "email")),
            ("/connection/note", Val, Exact("6:9-8:14", ">-  # folded\n\n    two words")),
            ("/connection/empty", Val, Exact("10:3-10:8", "empty")),
            ("/claim_mappings", Val, Exact("12:1-12:27", "- claim_value: Torq-Admins")),
            ("/claim_mappings/0", Val, Exact("12:3-12:27", "claim_value: Torq-Admins")),
            ("/claim_mappings/0/role", Key, Exact("13:3-13:7", "role")),
            ("/claim_mappings/0/role", Val, Exact("13:9-13:16", "\"owner\"")),
            ("/claim_mappings/1", Val, Exact("14:1-14:2", "-")),
            ("/claim_mappings/2", Val, Exact("15:3-15:27", "{claim_value: Ops, role}")),
            ("/claim_mappings/2/role", Val, Exact("15:22-15:26", "role")),
            ("/plain", Val, Exact("20:8-21:10", "goes\n  on here")),
            ("/literal", Val, Exact("22:10-24:7", "|\n  é\n  last")),
            // Anchors and merge keys lead to the definition, what stands here comes first.
            ("/alias", Val, Exact("19:8-19:13", "*base")),
            ("/alias/issuer", Val, Exact("3:11-3:32", "https://acme.okta.com")),
            ("/copy/issuer", Val, Exact("18:11-18:16", "other")),
            ("/copy/scopes/0", Val, Exact("4:12-4:18", "openid")),
            // What is missing.
            ("/copy/client_id", Val, Near("16:1-16:5", "copy")),
            ("/alias/client_id", Val, Near("19:1-19:6", "alias")),
            ("/claim_mappings/0/id", Val, Near("12:3-12:27", "claim_value: Torq-Admins")),
            ("/claim_mappings/9", Val, Near("11:1-11:15", "claim_mappings")),
            ("/nowhere", Val, Near("2:1-2:11", "connection")),
        ] {
            check(Yaml, SNAPSHOT, path, part, &expect);
        }
    }

    #[test]
    fn yaml_texts_of_every_kind() {
        for (text, path, part, expect) in [
            ("", "/a", Val, Near("1:1-1:1", "")),
            ("# only\n", "/a", Val, Near("1:1-1:7", "# only")),
            ("a: [1\nb: 2", "/b", Val, Near("1:1-1:6", "a: [1")),
            ("? [a]\n: b\n", "/b", Val, Near("1:1-1:6", "? [a]")),
            ("\u{feff}é: 😀 # c\r\nb:\r\n- x\r\n", "/é", Val, Exact("1:4-1:5", "😀")),
            ("\u{feff}é: 😀 # c\r\nb:\r\n- x\r\n", "/b", Val, Exact("3:1-3:4", "- x")),
            ("\u{feff}é: 😀 # c\r\nb:\r\n- x\r\n", "", Val, Exact("1:1-1:5", "é: 😀")),
            ("---\na: 1\n---\na: 2\n", "/a", Val, Exact("2:4-2:5", "1")),
            ("a: 1\na: 2\n", "/a", Val, Exact("1:4-1:5", "1")),
            ("&k a: 1\nb: {*k : 2}", "/b/a", Val, Exact("2:10-2:11", "2")),
            ("a: !!str &x v\nb: *x", "/a", Val, Exact("1:13-1:14", "v")),
            ("a: &a {<<: *a, b: 1}", "/a/c", Val, Near("1:1-1:2", "a")),
            ("a: &a\n  b: {<<: *a}\n", "/a/b/b/b/x", Val, Near("2:3-2:4", "b")),
            ("x: &x {p: 1}\ny: &y {p: 2, q: 3}\nz: {<<: [*x, *y]}", "/z/p", Val, Exact("1:11-1:12", "1")),
            ("x: &x {p: 1}\ny: &y {p: 2, q: 3}\nz: {<<: [*x, *y]}", "/z/q", Val, Exact("2:17-2:18", "3")),
            ("- - 1\n  - 2\n- 3", "/0/1", Val, Exact("2:5-2:6", "2")),
            ("- - 1\n  - 2\n- 3", "/0", Val, Exact("1:3-1:6", "- 1")),
            ("x: &x {}\ny: &y {p: 2}\nz: {<<: [*x, *y]}", "/z/p", Val, Exact("2:11-2:12", "2")),
            ("{<<: {p: 1}, <<: {p: 2}}", "/p", Val, Exact("1:10-1:11", "1")),
            ("- 0\n- - 1\n  - 2", "/1", Val, Exact("2:3-2:6", "- 1")),
            ("- 0\n-\n  - -1\n", "/1", Val, Exact("3:3-3:7", "- -1")),
            ("x:\n# - c\n-\n  -1\n", "/x", Val, Exact("3:1-3:2", "-")),
            ("x: &y\n- - -1\n", "/x", Val, Exact("2:1-2:7", "- - -1")),
            ("x: &y\n- - -1\n", "/x/0", Val, Exact("2:3-2:7", "- -1")),
            ("- - 1\n  - 2\n- 3", "/7", Val, Near("1:1-1:2", "-")),
            ("a: 'it''s # no comment'  # c\nb: 1", "", Val, Exact("1:1-1:24", "a: 'it''s # no comment'")),
            ("a: | # c\n  # text\n\nb: 1", "", Val, Exact("1:1-1:5", "a: |")),
            ("a: | # c\n  # text\n\nb: 1", "/a", Val, Exact("1:4-2:9", "| # c\n  # text")),
            ("a: |\nb: 1", "/a", Val, Exact("1:4-1:5", "|")),
            ("- |+\n  x\n\n- \"a\n  b\"\n", "/0", Val, Exact("1:3-2:4", "|+\n  x")),
            ("- |+\n  x\n\n- \"a\n  b\"\n", "/1", Val, Exact("4:3-5:5", "\"a\n  b\"")),
            ("{\"a\": [1, {\"b\": null}]}", "/a/1/b", Val, Exact("1:17-1:21", "null")),
            ("{\"a\": [1, {\"b\": null}]}", "/x", Val, Near("1:1-1:2", "{")),
            ("text", "", Val, Exact("1:1-1:5", "text")),
        ] {
            check(Yaml, text, path, part, &expect);
        }
    }

    #[test]
    fn a_byte_offset_outside_or_inside_a_character_has_a_place_too() {
        for (text, byte, expect) in [
            ("", 0, (1, 1)),
            ("", 9, (1, 1)),
            ("\u{feff}a", 0, (1, 1)),
            ("\u{feff}a", 2, (1, 1)),
            ("\u{feff}a", 3, (1, 1)),
            ("\u{feff}a", 99, (1, 2)),
            ("a\r\nb", 1, (1, 2)),
            ("a\r\nb", 3, (2, 1)),
            ("a\rb", 2, (1, 3)),
            ("a\n", 2, (2, 1)),
            ("é😀x", 2, (1, 2)),
            ("é😀x", 3, (1, 3)),
            ("é😀x", 6, (1, 3)),
        ] {
            assert_eq!(line_column(text, byte), expect, "byte {byte} of {text:?}");
            assert_eq!(super::Lines::of(text).line_column(text, byte), expect, "byte {byte} of {text:?}");
        }
    }

    #[test]
    fn ten_thousand_levels_do_not_overflow_the_stack() {
        let json = format!("{}7{}", "[".repeat(10_000), "]".repeat(10_000));
        let path = (0..10_000).fold(JsonPath::root(), |path, _| path.index(0));
        let found = Positions::scan(&json, Json).find(&path, Val);
        assert_eq!(shown(&json, found), (true, "1:10001-1:10002".to_owned(), "7"));
        let found = Positions::scan(&json, Yaml).find(&path, Val);
        assert_eq!(shown(&json, found), (false, "1:1-1:20002".to_owned(), json.as_str()));
        let open = "{\"a\":".repeat(10_000);
        assert!(!Positions::scan(&open, Json).find(&path, Val).exact);
    }

    #[test]
    fn a_long_line_of_wide_characters_is_counted_to_the_column() {
        let text = format!("[{}\"last\"]", "\"é😀\",".repeat(20_000));
        let positions = Positions::scan(&text, Json);
        for (index, column) in [(0, 2), (1, 7), (9_999, 49_997), (20_000, 100_002)] {
            let region = positions.find(&JsonPath::root().index(index), Val).region;
            assert_eq!((region.line, region.column), (1, column), "element {index}");
            assert_eq!(line_column(&text, region.start), (1, column));
        }
    }

    #[test]
    fn a_place_does_not_depend_on_how_the_text_is_cut() {
        for length in super::STRIDE - 3..super::STRIDE + 3 {
            let text = format!("é{}", "x".repeat(length - 2));
            for byte in [2, length - 1, length] {
                let place = super::Lines::of(&text).line_column(&text, byte);
                assert_eq!(place, (1, byte), "byte {byte} of {length}");
            }
        }
    }

    /// As an API answers: were scanning or looking up not linear, this would not end.
    #[test]
    fn megabytes_on_one_line_are_scanned_and_searched() {
        let user = r#"{"id":"00u1","profile":{"login":"é@acme.com","groups":[1,2]}},"#;
        let (bytes, count) = (user.len(), 60_000);
        let text = format!("[{}0]", user.repeat(count));
        let positions = Positions::scan(&text, Json);
        for index in (0..count).step_by(100) {
            let region =
                positions.find(&JsonPath::root().index(index).key("profile").key("login"), Val).region;
            let start = 1 + index * bytes + 32;
            assert_eq!((region.start, region.end), (start, start + "\"é@acme.com\"".len()), "user {index}");
            assert_eq!(region.column, 1 + start - index, "user {index}");
        }
    }

    /// How a generated value is laid out; consumed one choice after the other.
    struct Layout<'c> {
        choices: std::iter::Cycle<std::slice::Iter<'c, u8>>,
    }

    impl Layout<'_> {
        fn choose<'s>(&mut self, from: &[&'s str]) -> &'s str {
            let choice = self.choices.next().copied().unwrap_or(0);
            from[usize::from(choice) % from.len()]
        }

        fn json(&mut self, value: &Value, out: &mut String) {
            const SPACE: &[&str] = &["", "", " ", "\n", "\r\n\t", "  "];
            out.push_str(self.choose(SPACE));
            match value {
                Value::Array(elements) => {
                    out.push('[');
                    for (at, element) in elements.iter().enumerate() {
                        out.push_str(if at == 0 { "" } else { "," });
                        self.json(element, out);
                    }
                    out.push(']');
                }
                Value::Object(members) => {
                    out.push('{');
                    for (at, (key, member)) in members.iter().enumerate() {
                        out.push_str(if at == 0 { "" } else { "," });
                        self.json(&json!(key), out);
                        out.push(':');
                        self.json(member, out);
                    }
                    out.push('}');
                }
                scalar => out.push_str(&scalar.to_string()),
            }
            out.push_str(self.choose(SPACE));
        }

        fn yaml_scalar(&mut self, value: &Value) -> String {
            let plain = value.as_str().filter(|text| {
                text.len() > 5 && text.starts_with('é') && text.chars().all(char::is_alphanumeric)
            });
            let on_one_line = value.as_str().filter(|text| !text.contains('\n'));
            let single = on_one_line.map(|text| format!("'{}'", text.replace('\'', "''")));
            let double = value.to_string();
            let single = single.as_deref().unwrap_or(&double);
            self.choose(&[&double, single, plain.unwrap_or(single)]).to_owned()
        }

        /// Block style, after an indentation that is already written.
        fn yaml(&mut self, value: &Value, indent: usize, out: &mut String) {
            let line = format!("\n{}", " ".repeat(indent));
            let ends = ["", "  # [a: {b", "", "\t# c", " "];
            match value {
                Value::Array(elements) if !elements.is_empty() => {
                    for (at, element) in elements.iter().enumerate() {
                        out.push_str(if at == 0 { "" } else { &line });
                        out.push_str("- ");
                        self.yaml(element, indent + 2, out);
                    }
                }
                Value::Object(members) if !members.is_empty() => {
                    for (at, (key, member)) in members.iter().enumerate() {
                        out.push_str(if at == 0 { "" } else { &line });
                        out.push_str(&self.yaml_scalar(&json!(key)));
                        out.push(':');
                        out.push_str(self.choose(&[" ", "   "]));
                        let is_block = match member {
                            Value::Array(elements) => !elements.is_empty(),
                            Value::Object(members) => !members.is_empty(),
                            _ => false,
                        };
                        if is_block {
                            out.push_str(self.choose(&["", "# c: 'd"]));
                            out.push_str(&line);
                            out.push_str(self.choose(&["  ", "   "]).get(..2).unwrap());
                        }
                        self.yaml(member, indent + 2, out);
                    }
                }
                scalar => {
                    out.push_str(&self.yaml_scalar(scalar));
                    out.push_str(self.choose(&ends));
                }
            }
        }
    }

    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof!["[a-c]{0,2}", "é[a-z]{5,9}", "[ -~é日😀'\"\\\\\t\n#:/~-]{0,8}"]
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1000..1000_i32).prop_map(|number| json!(f64::from(number) / 8.0)),
            any_text().prop_map(Value::from),
        ];
        scalar.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(any_text(), inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// Every path of the value: its scalar's text reads as the scalar, its key's text as the key.
    fn every_place_reads_as_what_is_there(value: &Value, text: &str, format: Format) {
        let read = match format {
            Json => read_json,
            Yaml | Format::Hcl => read_yaml,
        };
        assert_eq!(read(text).as_ref(), Ok(value), "{text}");
        let positions = Positions::scan(text, format);
        let mut to_see = vec![(JsonPath::root(), value)];
        while let Some((path, value)) = to_see.pop() {
            let place = |part| {
                let found = positions.find(&path, part);
                assert!(found.exact, "{path} in {text}");
                for (byte, expect) in [
                    (found.region.start, (found.region.line, found.region.column)),
                    (found.region.end, (found.region.end_line, found.region.end_column)),
                ] {
                    assert_eq!(line_column(text, byte), expect, "{path} in {text}");
                }
                &text[found.region.start..found.region.end]
            };
            if let Some(super::Step::Key(key)) = path.steps().last() {
                assert_eq!(read(place(Key)), Ok(json!(key)), "{path} in {text}");
            }
            match value {
                Value::Array(elements) => {
                    assert!(!place(Val).contains('\n'), "{path} in {text}");
                    to_see.extend(
                        elements.iter().enumerate().map(|(at, element)| (path.clone().index(at), element)),
                    );
                }
                Value::Object(members) => {
                    assert!(!place(Val).contains('\n'), "{path} in {text}");
                    to_see.extend(members.iter().map(|(key, member)| (path.clone().key(key), member)));
                }
                scalar => assert_eq!(read(place(Val)).as_ref(), Ok(scalar), "{path} in {text}"),
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn places_in_json_read_as_what_is_there(value in any_value(), choices in prop::collection::vec(any::<u8>(), 1..50)) {
            let mut text = String::new();
            Layout { choices: choices.iter().cycle() }.json(&value, &mut text);
            every_place_reads_as_what_is_there(&value, &text, Json);
        }

        #[test]
        fn places_in_yaml_read_as_what_is_there(value in any_value(), choices in prop::collection::vec(any::<u8>(), 1..50)) {
            let mut text = String::new();
            Layout { choices: choices.iter().cycle() }.yaml(&value, 0, &mut text);
            every_place_reads_as_what_is_there(&value, &text, Yaml);
        }

        /// JSON is YAML in flow style, tabs as indentation left aside.
        #[test]
        fn places_in_yaml_of_flow_style_read_as_what_is_there(value in any_value(), choices in prop::collection::vec(any::<u8>(), 1..50)) {
            let mut text = String::new();
            Layout { choices: choices.iter().cycle() }.json(&value, &mut text);
            every_place_reads_as_what_is_there(&value, &text.replace("\n\t", "\n "), Yaml);
        }

        #[test]
        fn a_text_of_any_kind_is_scanned_and_searched(text in "\u{feff}?[\\[\\]{}\",:a1é😀 \n\r\t#&*|>'<?!-]{0,40}", path in "(/[a1<]{1,2}){0,3}") {
            for format in [Json, Yaml] {
                let found = Positions::scan(&text, format).find(&JsonPath::parse(&path).unwrap(), Val);
                prop_assert!(text.get(found.region.start..found.region.end).is_some());
                let _ = (read_json(&text), read_yaml(&text));
            }
        }
    }
}
