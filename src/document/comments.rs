//! Comments in hand-written YAML that leave findings out: `# ssolint: ignore[RULE, …] reason`. Which findings those are is left to `finding`.

use std::ops::Range;

use serde_saphyr::granit_parser::{Event, Parser};

/// One such comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoreComment {
    /// Rules or families, or globs over them, as they were typed.
    pub rules: Vec<String>,
    pub reason: Option<String>,
    /// 1-based: the line that it is about. That is its own, or where it stands alone, the next one that has something on it.
    pub line: usize,
    /// Bytes of the text.
    pub bytes: Range<usize>,
}

const MARK: &str = "ssolint:";
const WORD: &str = "ignore";

/// Every comment of a text that says so, in its order; none where the text is no YAML.
pub fn ignore_comments(text: &str) -> Vec<IgnoreComment> {
    // Most texts have none, and some are large.
    if !text.contains(MARK) {
        return Vec::new();
    }
    let Some(scalars) = scalars(text) else { return Vec::new() };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut found = Vec::new();
    let mut start = 0;
    for ((own, line), next) in (1..).zip(&lines).zip(next_with_content(&lines)) {
        let begin = if start == 0 { line.len() - line.trim_start_matches('\u{feff}').len() } else { 0 };
        if let Some(bytes) = comment(line, begin, start, &scalars)
            && let Some((rules, reason)) = text.get(bytes.clone()).and_then(read)
        {
            let before = line.get(..bytes.start - start).unwrap_or_default();
            let alone = before.trim_start_matches('\u{feff}').trim().is_empty();
            found.push(IgnoreComment { rules, reason, line: if alone { next } else { own }, bytes });
        }
        start += line.len();
    }
    found
}

/// For each line the number of the next one below that has something other than a comment on it; the one after the last where there is none.
fn next_with_content(lines: &[&str]) -> Vec<usize> {
    let mut next = lines.len() + 1;
    let mut numbers = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate().rev() {
        numbers.push(next);
        let content = line.trim_start();
        if !content.is_empty() && !content.starts_with('#') {
            next = index + 1;
        }
    }
    numbers.reverse();
    numbers
}

/// The bytes of each scalar: what stands in one is no comment.
fn scalars(text: &str) -> Option<Vec<Range<usize>>> {
    let base = text.len() - text.trim_start_matches('\u{feff}').len();
    let mut options = serde_saphyr::granit_parser::options! {};
    options.set_emit_comments(false);
    let mut scalars = Vec::new();
    for item in Parser::new_from_str_with_options(text.get(base..)?, options) {
        let (event, span) = item.ok()?;
        if let (Event::Scalar(..), Some(bytes)) = (event, span.byte_range()) {
            let bytes = base + bytes.start..base + bytes.end;
            // The parser counts the line breaks after an unquoted one as part of it.
            let end = bytes.start + text.get(bytes.clone())?.trim_end().len();
            scalars.push(bytes.start..end);
        }
    }
    Some(scalars)
}

/// The comment of a line that begins at `start`: from a `#` after nothing or white space, outside of scalars.
fn comment(line: &str, begin: usize, start: usize, scalars: &[Range<usize>]) -> Option<Range<usize>> {
    let inside = |at: usize| {
        let before = scalars.partition_point(|scalar| scalar.start <= at);
        before.checked_sub(1).and_then(|index| scalars.get(index)).is_some_and(|scalar| scalar.contains(&at))
    };
    let at = line.match_indices('#').map(|(at, _)| at).find(|at| {
        let before = line.get(begin..*at).unwrap_or_default();
        (before.is_empty() || before.ends_with([' ', '\t'])) && !inside(start + at)
    })?;
    Some(start + at..start + line.trim_end().len())
}

/// The rules and the reason; `None` where the comment says something else.
fn read(comment: &str) -> Option<(Vec<String>, Option<String>)> {
    let said = comment.trim_start_matches('#').trim().strip_prefix(MARK)?.trim_start();
    let listed = said.strip_prefix(WORD)?.trim_start().strip_prefix('[')?;
    let (rules, reason) = listed.split_once(']')?;
    let rules = rules.split(',').map(|rule| rule.trim().to_owned()).filter(|rule| !rule.is_empty());
    let reason = reason.trim();
    Some((rules.collect(), (!reason.is_empty()).then(|| reason.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_about_its_line_or_the_next() {
        for (text, expected) in [
            ("a: 1 # ssolint: ignore[x] why\n", Some((1, vec!["x"], Some("why")))),
            ("# ssolint: ignore[x, y-*] why\n\n# more\na: 1\n", Some((4, vec!["x", "y-*"], Some("why")))),
            ("a:\n  # ssolint: ignore[x]\n  b: 1\n", Some((3, vec!["x"], None))),
            ("\u{feff}#ssolint:ignore[x] é\na: 1\n", Some((2, vec!["x"], Some("é")))),
            ("a: 1 # ssolint: ignore[]\n", Some((1, vec![], None))),
            ("a: '# ssolint: ignore[x] text'\n", None),
            ("a: |\n  # ssolint: ignore[x] text\nb: 1\n", None),
            ("a: b# ssolint: ignore[x] text\n", None),
            ("a: 1 # ssolint ignore[x] why\n", None),
            ("a: 1 # ssolint: ignore x\n", None),
        ] {
            let found = ignore_comments(text);
            let found: Vec<_> = found
                .iter()
                .map(|one| (one.line, one.rules.iter().map(String::as_str).collect(), one.reason.as_deref()))
                .collect();
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{text:?}");
        }
    }

    #[test]
    fn comments_among_many_are_about_the_next_line_with_something_on_it() {
        let block = "# ssolint: ignore[x] why\n\n".repeat(2_000);
        let text = format!("{block}a: 1 # ssolint: ignore[x] why\n{block}b: 1\r\n{block}");
        let lines: Vec<usize> = ignore_comments(&text).iter().map(|one| one.line).collect();
        let mut expected = vec![4_001; 2_001];
        expected.extend([8_002; 2_000]);
        // Below the last of them there is nothing.
        expected.extend([12_003; 2_000]);
        assert_eq!(lines, expected);
    }

    #[test]
    fn its_bytes_are_the_comment() {
        let text = "\u{feff}a: é # ssolint: ignore[x] why\nb: 1\n";
        let found = ignore_comments(text);
        assert_eq!(
            found.first().and_then(|one| text.get(one.bytes.clone())),
            Some("# ssolint: ignore[x] why")
        );
    }
}
