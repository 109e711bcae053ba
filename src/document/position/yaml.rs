//! The places of a YAML text: what the parser's events leave out or say differently is put right here.

use std::collections::HashMap;

use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, StructureStyle};

use super::lines::text_start;
use super::tree::{Builder, Children, Key, NodeId, Shape, Span, Tree};

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

pub(super) fn scan(text: &str) -> Option<Tree> {
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
                    ScalarStyle::Literal | ScalarStyle::Folded => {
                        block_scalar(text, span, builder.last_end())?
                    }
                    _ => trimmed(text, span)?,
                };
                let node = match open.last_mut() {
                    Some(before @ Collection::MappingBeforeKey(_)) => {
                        let key = builder.key(&value, span)?;
                        if value == "<<" && style == ScalarStyle::Plain {
                            builder.merges(key);
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

/// The scan keeps the spans of keys and scalars only. After the last of them on the line there may be
/// punctuation, anchors, tags and a comment, and the comment does not count.
pub(super) fn end_of_last_token(text: &str, tree: &Tree, start: usize, line_end: usize) -> usize {
    let known = tree.last_token_before(line_end).filter(|token| token.start() >= start);
    let is_block_scalar = |at: usize| matches!(text.as_bytes().get(at), Some(b'|' | b'>'));
    let known_end = match known {
        Some(token) if is_block_scalar(token.start()) => token.start(),
        Some(token) => token.end().min(line_end),
        None => start,
    };
    let tail = text.get(known_end..line_end).unwrap_or_default();
    let length = without_comment(tail).len();
    start + text.get(start..known_end + length).unwrap_or_default().trim_end().len()
}
