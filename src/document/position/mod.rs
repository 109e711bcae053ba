//! From a JSON path in a text to the line and column where it stands.
//!
//! A text is scanned once, without recursion and in time linear in its length, into the spans of its keys and
//! values; many paths are then looked up. Only documents that have findings are scanned (invariant 3), so what
//! reads values at full speed is `strict` and the readers, not this. Whether a text is acceptable is their
//! judgement too: here, what cannot be scanned simply has no places but its first line.

mod json;
mod lines;
mod tree;
mod yaml;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::ops::Range;

use super::json_path::{JsonPath, Step};
pub use lines::{Lines, line_column};
use tree::{NodeId, Span, Tree};

/// How a text is written, which decides how it is read and scanned.
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

/// The answer of [`Positions::find`].
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
            Format::Json => json::scan(text),
            Format::Yaml => yaml::scan(text),
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
        let first_key = tree.first_key().map(Span::range);
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
            Format::Json | Format::Hcl => json::end_of_last_token(&self.text, range.start, line_end),
            Format::Yaml => yaml::end_of_last_token(&self.text, tree, range.start, line_end),
        };
        range.start..end
    }

    fn first_line(&self) -> Range<usize> {
        let start = self.lines.start();
        let end = self.lines.end_of_line_at(&self.text, start);
        start..start + self.text.get(start..end).unwrap_or_default().trim_end().len()
    }

    fn region(&self, range: Range<usize>) -> Region {
        let (line, column) = self.lines.line_column(&self.text, range.start);
        let (end_line, end_column) = self.lines.line_column(&self.text, range.end);
        Region { line, column, end_line, end_column, start: range.start, end: range.end }
    }
}
