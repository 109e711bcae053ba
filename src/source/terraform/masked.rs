//! The plan's text as findings may show it: blank but for the resources that are spoken of, and without their values that are not read.
//!
//! A plan is often one line, so an excerpt would show whatever stands beside: secrets of other providers. Bytes and columns stay where they are.

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use super::plan::{Plan, attributes_of};
use crate::document::JsonPath;
use crate::document::position::{Format, Part, Positions};

/// `shown`: indices of the changes that may be shown.
pub fn text(plan: &Plan, shown: &[usize]) -> Arc<str> {
    let mut kept: Vec<(Range<usize>, Vec<Range<usize>>)> = shown
        .iter()
        .filter_map(|index| plan.changes.get(*index))
        .map(|change| (change.bytes.clone(), hidden(plan, &change.kind, &change.bytes)))
        .collect();
    kept.sort_by_key(|(bytes, _)| bytes.start);
    let mut out = String::with_capacity(plan.text.len());
    let mut at = 0;
    let piece = |range: Range<usize>| plan.text.get(range).unwrap_or_default();
    for (bytes, mut hidden) in kept {
        blank(piece(at..bytes.start), &mut out);
        hidden.sort_by_key(|range| range.start);
        at = bytes.start;
        for secret in hidden.into_iter().filter(|secret| secret.len() >= 2) {
            out.push_str(piece(at..secret.start));
            let is_string = piece(secret.clone()).starts_with('"');
            let inside = if is_string { secret.start + 1..secret.end - 1 } else { secret.clone() };
            out.push_str(if is_string { "\"" } else { "" });
            mask(piece(inside), if is_string { '*' } else { '1' }, &mut out);
            out.push_str(if is_string { "\"" } else { "" });
            at = secret.end;
        }
        out.push_str(piece(at..bytes.end));
        at = bytes.end;
    }
    blank(piece(at..plan.text.len()), &mut out);
    out.into()
}

/// The bytes of the values in a change that are not read, or are marked as sensitive.
fn hidden(plan: &Plan, kind: &str, bytes: &Range<usize>) -> Vec<Range<usize>> {
    let text = plan.text.get(bytes.clone()).unwrap_or_default();
    let Ok(value) = serde_json::from_str::<Value>(text) else { return vec![bytes.clone()] };
    let kept = attributes_of(kind).unwrap_or_default();
    let mut paths = Vec::new();
    for (state, marks) in [("before", "before_sensitive"), ("after", "after_sensitive")] {
        let change = value.get("change");
        let marks = change.and_then(|change| change.get(marks));
        let members = change.and_then(|change| change.get(state)).and_then(Value::as_object);
        for (name, member) in members.into_iter().flatten() {
            let mark = marks.and_then(|marks| marks.get(name));
            let marked =
                mark.is_some_and(|mark| *mark != Value::Bool(false) && mark.to_string().contains("true"));
            if marked || !kept.contains(&name.as_str()) {
                leaves(member, &JsonPath::root().key("change").key(state).key(name), &mut paths);
            }
        }
    }
    if paths.is_empty() {
        return Vec::new();
    }
    let scan = Positions::scan(text, Format::Json);
    let found = paths.iter().map(|path| scan.find(path, Part::Value)).filter(|found| found.exact);
    found.map(|found| bytes.start + found.region.start..bytes.start + found.region.end).collect()
}

fn leaves(value: &Value, path: &JsonPath, into: &mut Vec<JsonPath>) {
    match value {
        Value::Array(elements) => elements
            .iter()
            .enumerate()
            .for_each(|(index, element)| leaves(element, &path.clone().index(index), into)),
        Value::Object(members) => {
            members.iter().for_each(|(key, member)| leaves(member, &path.clone().key(key), into));
        }
        Value::String(_) | Value::Number(_) => into.push(path.clone()),
        Value::Null | Value::Bool(_) => {}
    }
}

const SPACES: &str = "                                                                ";

fn blank(text: &str, out: &mut String) {
    // Nearly all of a big plan: a line at a time.
    if text.is_ascii() && !text.contains('\r') {
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 {
                out.push('\n');
            }
            out.extend(std::iter::repeat_n(SPACES, line.len() / SPACES.len()));
            out.push_str(SPACES.get(..line.len() % SPACES.len()).unwrap_or_default());
        }
        return;
    }
    out.extend(text.chars().map(|character| match character {
        '\n' | '\r' | '\u{feff}' => character,
        _ => stand_in(character, ' '),
    }));
}

/// A text with the inside of some of its strings hidden; the ranges include the quotes.
pub fn hide(text: &str, mut hidden: Vec<Range<usize>>) -> Arc<str> {
    hidden.sort_by_key(|range| range.start);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for range in hidden.into_iter().filter(|range| range.len() >= 2) {
        if range.start < at {
            continue;
        }
        out.push_str(text.get(at..=range.start).unwrap_or_default());
        mask(text.get(range.start + 1..range.end - 1).unwrap_or_default(), '*', &mut out);
        at = range.end - 1;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out.into()
}

fn mask(text: &str, ascii: char, out: &mut String) {
    out.extend(
        text.chars().map(|character| if character == '\n' { character } else { stand_in(character, ascii) }),
    );
}

/// A character of as many bytes, so that every place stays where it is.
fn stand_in(character: char, ascii: char) -> char {
    match character.len_utf8() {
        1 => ascii,
        2 => '\u{a0}',
        3 => '\u{2003}',
        _ => '\u{1f512}',
    }
}
