//! Excerpts of source texts: a few lines around a region, clipped and made harmless.

use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::document::SourceFile;
use crate::document::position::Region;
use crate::finding::locate::Location;
use crate::finding::prose::{PeopleShown, visible};

/// Lines shown before and after the one at fault.
const CONTEXT: usize = 1;
/// Code points of one line that are shown; real answers may be one line of megabytes.
const CLIP: usize = 160;

/// Lines of a file, ready to be shown with one region marked.
#[derive(Debug, Clone)]
pub struct Excerpt {
    /// `file` with line and column are shown above it.
    name: String,
    /// 1-based, like the line and column of the mark.
    first_line: usize,
    line: usize,
    column: usize,
    text: String,
    span: SourceSpan,
}

impl Excerpt {
    pub fn new(file: &SourceFile, region: &Region) -> Self {
        let mut text = String::new();
        let mut span = (0, 0);
        let lines = lines(file, region);
        for line in &lines {
            if line.number == region.line {
                let start = text.len() + line.before.len();
                span = (start, line.marked.len().max(1));
            }
            text.push_str(&line.before);
            text.push_str(&line.marked);
            text.push_str(&line.after);
            text.push('\n');
        }
        if span.0 + span.1 > text.len() {
            text.push(' ');
        }
        Self {
            name: visible(&file.path),
            first_line: lines.first().map_or(region.line, |line| line.number),
            column: region.column,
            line: region.line,
            text,
            span: SourceSpan::from(span),
        }
    }

    pub fn span(&self) -> SourceSpan {
        self.span
    }
}

/// A line of a file, clipped and safe to show; `marked` is what of it lies in the region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// 1-based.
    pub number: usize,
    pub before: String,
    pub marked: String,
    pub after: String,
}

/// A few lines around a region, the first of which is marked.
pub fn lines(file: &SourceFile, region: &Region) -> Vec<Line> {
    let first_line = region.line.saturating_sub(CONTEXT).max(1);
    (first_line..)
        .zip(lines_around(&file.text, region, first_line))
        .map(|(number, (at, line))| {
            let mark = if number == region.line { marked_bytes(region, at, line) } else { 0..0 };
            let piece = clip(line, mark);
            Line { number, before: piece.before, marked: piece.inside, after: piece.after }
        })
        .collect()
}

/// Documents whose lines name nobody; where people are only counted, no other is quoted.
const NAMELESS: [&str; 6] = [
    "okta/app.json",
    "okta/id-token.json",
    "okta/openid-configuration.json",
    "okta/federated-claims.json",
    "okta/authorization-server",
    "okta/groups.json",
];

/// Whether the lines of a place may be shown to whoever may see people so.
pub fn may_be_quoted(location: &Location, people: PeopleShown) -> bool {
    people == PeopleShown::Names || NAMELESS.iter().any(|document| location.path.starts_with(document))
}

/// The lines from `first_line` to one after the region's, each with the byte where it begins; found from the region's own bytes, so a big file
/// is not walked from its start.
fn lines_around<'t>(text: &'t str, region: &Region, first_line: usize) -> Vec<(usize, &'t str)> {
    let mut start = text.get(..region.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    for _ in first_line..region.line {
        start =
            text.get(..start.saturating_sub(1)).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    }
    let wanted = region.line - first_line + 1 + CONTEXT;
    let lines = text.get(start..).unwrap_or_default().split('\n').take(wanted);
    lines
        .map(|line| {
            let at = start;
            start += line.len() + 1;
            (at, line.trim_end_matches('\r'))
        })
        .collect()
}

/// The region's bytes on its first line, which begins at `at`.
fn marked_bytes(region: &Region, at: usize, line: &str) -> Range<usize> {
    let end = if region.end_line == region.line { region.end.saturating_sub(at) } else { line.len() };
    let start = region.start.saturating_sub(at).min(line.len());
    start..end.clamp(start, line.len())
}

struct Piece {
    before: String,
    inside: String,
    after: String,
}

/// A line may be megabytes: only what is near the mark is walked.
fn clip(line: &str, mark: Range<usize>) -> Piece {
    const BYTE_ORDER_MARK: char = '\u{feff}';
    let begin = if line.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 };
    let mark = mark.start.max(begin)..mark.end.max(begin);
    let is_short = line.chars().nth(CLIP).is_none();
    let back = line.get(begin..mark.start).unwrap_or_default().char_indices().rev().take(CLIP / 4).last();
    let start = if is_short { begin } else { back.map_or(mark.start, |(at, _)| begin + at) };
    let onward = line.get(start..).unwrap_or_default().char_indices().nth(CLIP);
    let end = onward.map_or(line.len(), |(at, _)| start + at);
    let mark_end = mark.end.min(end);
    let slice = |range: Range<usize>| visible(&line.get(range).unwrap_or_default().replace('\t', "  "));
    let mut before = slice(start..mark.start);
    if start > begin {
        before.insert(0, '…');
    }
    let mut after = slice(mark_end..end);
    if end < line.len() {
        after.push('…');
    }
    Piece { before, inside: slice(mark.start..mark_end), after }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        context_lines_before: usize,
        context_lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        if span.offset() + span.len() > self.text.len() {
            return Err(MietteError::OutOfBounds);
        }
        // Without context only the place is asked for, which the header shows.
        let (line, column) = if (context_lines_before, context_lines_after) == (0, 0) {
            (self.line - 1, self.column - 1)
        } else {
            (self.first_line - 1, 0)
        };
        let whole = SourceSpan::from((0, self.text.trim_end_matches('\n').len()));
        let line_count = self.text.lines().count();
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            self.text.as_bytes(),
            whole,
            line,
            column,
            line_count,
        )))
    }
}
