//! Text for GitHub Flavored Markdown in which nothing from input acts: no mark, link, mention, reference or emoji. An escape by backslash is
//! not enough, since GitHub looks for mentions and addresses after the escapes are gone; in a code span nothing is looked for.

use crate::finding::prose::visible;

/// A code span: nothing in it is Markdown, a mention or a link.
pub fn code(text: &str) -> String {
    let text = visible(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // A span may not touch a backtick, and loses one space at each end where both have one.
    let pad = text.is_empty() || text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']);
    let space = if pad { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// Sentences: every word that is not a plain one stands in a code span, without the marks of the sentence around it. A single line; to be
/// put behind something of ours, so that it does not begin one.
pub fn sentences(text: &str) -> String {
    let text = visible(text);
    let words: Vec<String> = text.split(' ').map(word).collect();
    words.join(" ")
}

fn word(word: &str) -> String {
    if word.is_empty() || STAND_ALONE.contains(&word) {
        return word.to_owned();
    }
    let core = word.trim_start_matches(['(', '"', '\'']);
    let before = word.get(..word.len() - core.len()).unwrap_or_default();
    let inner = core.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '"', '\'']);
    let after = core.get(inner.len()..).unwrap_or_default();
    if inner.is_empty() || !is_plain(inner) {
        // What is nothing but marks is shown whole.
        return if inner.is_empty() { code(word) } else { format!("{before}{}{after}", code(inner)) };
    }
    word.to_owned()
}

/// What stands between words and does nothing in the middle of a line.
const STAND_ALONE: [&str; 6] = ["=", ">", "→", "+", "-", "/"];

/// Letters with a hyphen or an apostrophe in between, or a number.
fn is_plain(word: &str) -> bool {
    let letters = word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’'));
    letters && word.starts_with(char::is_alphabetic)
        || word.starts_with(|c: char| c.is_ascii_digit())
            && word.chars().all(|c| c.is_ascii_digit() || c == ',')
}

#[cfg(test)]
mod tests {
    use super::{code, sentences};

    #[test]
    fn a_text_from_input_stands_in_a_code_span_of_its_own() {
        for (text, expect) in [
            ("Owner", "`Owner`"),
            ("a`b", "``a`b``"),
            ("``", "``` `` ```"),
            ("", "`  `"),
            ("<img src=x> @team #1 https://e.com", "`<img src=x> @team #1 https://e.com`"),
            ("two\nlines", "`two\\u{a}lines`"),
        ] {
            assert_eq!(code(text), expect);
        }
    }

    #[test]
    fn only_plain_words_stand_outside_of_code() {
        for (text, expect) in [
            ("Torq's group (rank 2) is empty.", "Torq's group (rank 2) is empty."),
            ("Add https://app.torq.io/x under A > B.", "Add `https://app.torq.io/x` under A > B."),
            ("The filter .* carries \"SOC\".", "The filter `.*` carries \"SOC\"."),
            ("groups = SOC_Leads, role Owner", "groups = `SOC_Leads`, role Owner"),
            ("ask @team, see #1 or GH-12 or www.e.com", "ask `@team`, see `#1` or `GH-12` or `www.e.com`"),
            ("**b** :smile: <i> &amp; a|b a`b", "`**b**` `:smile`: `<i>` `&amp`; `a|b` ``a`b``"),
            ("1,200 people", "1,200 people"),
            ("... - # ``", "`...` - `#` ``` `` ```"),
        ] {
            assert_eq!(sentences(text), expect);
        }
    }
}
