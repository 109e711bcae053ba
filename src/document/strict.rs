//! Texts read into values, refusing what reads differently from one parser to the next.
//!
//! A key that is there twice, a second document, nesting without end, an alias that multiplies: each is an error
//! with a line, a column and a sentence, never a silent choice. What the values mean is the readers' business.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Unexpected, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy, NonFiniteFloatPolicy};

use super::position::line_column;

/// How deep objects and arrays may be nested in YAML. JSON stops at the 128 of `serde_json`.
const YAML_DEPTH: usize = 64;

/// A text of 20 MB with nothing in it but `[1,1,…]` has 10 million values.
const YAML_NODES: usize = 16_000_000;
const YAML_EVENTS: usize = 2 * YAML_NODES;

/// Scalars after aliases have been put in place, in bytes: enough for such a text, too little for a bomb.
const YAML_SCALAR_BYTES: usize = 128 * 1024 * 1024;

/// How many values aliases and merge keys may add up to.
const YAML_ALIASED_EVENTS: usize = 1_000_000;

/// Why a text was not read, and where: line and column from 1, in code points, as in `position::Region`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ReadError {
    pub line: usize,
    pub column: usize,
    /// What was found and what was expected. A part of a sentence: no capital, no full stop.
    pub message: String,
}

impl ReadError {
    fn at(text: &str, byte: usize, message: impl Into<String>) -> ReadError {
        let (line, column) = line_column(text, byte);
        ReadError { line, column, message: message.into() }
    }
}

/// Reads a JSON text (RFC 8259); one byte order mark before it is let pass.
///
/// An integer beyond 64 bits becomes the nearest float; a number beyond a float is refused.
pub fn read_json(text: &str) -> Result<Value, ReadError> {
    let body = body_of(text, "JSON")?;
    serde_json::from_str::<StrictValue>(body)
        .map(|StrictValue(value)| value)
        .map_err(|error| json_error(text, body, &error))
}

/// Reads a YAML text of one document; one byte order mark before it is let pass.
///
/// Scalars are those of YAML 1.2: `yes`, `no`, `on`, `off` are strings, as are `0755` and `1_000`; only `true` and
/// `false` (also `True`, `TRUE`, …) are booleans. Aliases and merge keys are put in place. Numbers are as in
/// [`read_json`]: `.inf`, `.nan` and `1e999` are refused.
pub fn read_yaml(text: &str) -> Result<Value, ReadError> {
    let body = body_of(text, "YAML")?;
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: YAML_DEPTH,
            max_documents: 1,
            max_nodes: YAML_NODES,
            max_events: YAML_EVENTS,
            max_total_scalar_bytes: YAML_SCALAR_BYTES,
            // The number of aliased values is what costs. One anchor used often is a good style.
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: YAML_ALIASED_EVENTS },
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::Merge,
        non_finite_float_policy: NonFiniteFloatPolicy::Reject,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options::<StrictValue>(body, options)
        .map(|StrictValue(value)| value)
        .map_err(|error| yaml_error(text, body, &error))
}

/// A JSON value, refusing a key that is there twice in one object.
#[derive(Debug, Clone, PartialEq)]
pub struct StrictValue(pub Value);

impl<'de> Deserialize<'de> for StrictValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(StrictValue)
    }
}

/// For a field that keeps an object whole, or null; like everything here, without a key that is there twice.
pub fn strict_object<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Map<String, Value>>, D::Error> {
    let unexpected = match Option::<StrictValue>::deserialize(deserializer)?.map(|StrictValue(value)| value) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(members)) => return Ok(Some(members)),
        Some(Value::Array(_)) => Unexpected::Seq,
        Some(Value::Bool(flag)) => Unexpected::Bool(flag),
        Some(Value::Number(_)) => Unexpected::Other("a number"),
        Some(Value::String(_)) => Unexpected::Other("a string"),
    };
    Err(D::Error::invalid_type(unexpected, &"a map"))
}

/// For a field whose keys are names from outside: none may be there twice.
pub fn strict_map<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, T>, D::Error> {
    struct StrictMap<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for StrictMap<T> {
        type Value = BTreeMap<String, T>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a map")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut members = BTreeMap::new();
            while let Some((key, value)) = access.next_entry::<String, T>()? {
                if members.contains_key(&key) {
                    return Err(A::Error::custom(key_twice(&key)));
                }
                members.insert(key, value);
            }
            Ok(members)
        }
    }

    deserializer.deserialize_map(StrictMap(PhantomData))
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object, an array, a string, a number, true, false or null")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom(NUMBER_TOO_LARGE))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(StrictValue(element)) = elements.next_element()? {
            array.push(element);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            match object.entry(key) {
                Entry::Occupied(there) => return Err(A::Error::custom(key_twice(there.key()))),
                Entry::Vacant(free) => {
                    let StrictValue(value) = members.next_value()?;
                    free.insert(value);
                }
            }
        }
        Ok(Value::Object(object))
    }
}

const NUMBER_TOO_LARGE: &str = "found a number too large for a 64-bit float";

fn key_twice(key: &str) -> String {
    format!("found the key `{}` twice in one object, expected it once", shortened(key))
}

/// The text without its byte order mark, if it can be in that language at all.
fn body_of<'t>(text: &'t str, language: &str) -> Result<&'t str, ReadError> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let content = body.trim_start();
    let at = text.len() - content.len();
    if content.is_empty() {
        return Err(ReadError::at(text, 0, format!("found an empty text, expected {language}")));
    }
    if !content.starts_with('<') {
        return Ok(body);
    }
    let beginning: String = content.chars().take(1024).collect::<String>().to_ascii_lowercase();
    if beginning.starts_with("<!doctype html") || beginning.contains("<html") {
        return Err(ReadError::at(text, at, format!("this is an HTML page, not {language}")));
    }
    if beginning.starts_with("<?xml") {
        return Err(ReadError::at(text, at, format!("this is XML, not {language}")));
    }
    Ok(body)
}

fn json_error(text: &str, body: &str, error: &serde_json::Error) -> ReadError {
    let offset = text.len() - body.len();
    let said = error.to_string();
    let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
    if error.is_eof() {
        let expected = match said {
            "EOF while parsing a list" => "`,` or `]`",
            "EOF while parsing an object" => "`,` or `}`",
            "EOF while parsing a string" => "`\"` at the end of the string",
            _ => "a value",
        };
        let end = offset + body.trim_end().len();
        return ReadError::at(text, end, format!("found the end of the text, expected {expected}"));
    }
    let line_start = match error.line() {
        0 | 1 => 0,
        line => body.match_indices('\n').nth(line - 2).map_or(body.len(), |(at, _)| at + 1),
    };
    // A column counts the bytes up to and including the one that was refused.
    let at = (line_start + error.column()).saturating_sub(1);
    if error.is_data() {
        let key_start = body.get(..at).map_or(at, opening_quote);
        return ReadError::at(text, offset + key_start, said);
    }
    let found = found_at(body, at);
    let message = match said {
        "expected value" => format!("found {found}, expected a value"),
        "key must be a string" | "expected `\"`" => format!("found {found}, expected a key in double quotes"),
        "trailing comma" => format!("found {found} after a comma, expected another value"),
        "trailing characters" => format!("found {found} after the value, expected the end of the text"),
        "expected ident" => format!("found {found}, expected `true`, `false` or `null`"),
        "invalid number" => format!("found {found} in a number, expected digits"),
        "number out of range" => NUMBER_TOO_LARGE.to_owned(),
        "recursion limit exceeded" => "found more than 127 levels of nesting, expected fewer".to_owned(),
        "invalid escape" => {
            format!("found {found} after `\\`, expected one of `\" \\ / b f n r t u` in a string")
        }
        "control character (\\u0000-\\u001F) found while parsing a string" => {
            format!("found {found} inside a string, expected it escaped or the string to end")
        }
        "lone leading surrogate in hex escape"
        | "unexpected end of hex escape"
        | "invalid unicode code point" => {
            "found half of a surrogate pair in a `\\u` escape, expected both halves".to_owned()
        }
        other if other.starts_with("expected ") => format!("found {found}, {other}"),
        other => format!("found {found}: {other}"),
    };
    ReadError::at(text, offset + at, message)
}

/// Where the string begins that ends at the end of `before`, whose last character is its closing quote or follows it.
fn opening_quote(before: &str) -> usize {
    let bytes = before.as_bytes();
    let is_escaped = |at: usize| {
        let slashes =
            bytes.get(..at).unwrap_or_default().iter().rev().take_while(|byte| **byte == b'\\').count();
        slashes % 2 == 1
    };
    let mut end = bytes.len();
    while let Some(at) = bytes.get(..end).and_then(|left| left.iter().rposition(|byte| *byte == b'"')) {
        if !is_escaped(at) {
            return at;
        }
        end = at;
    }
    bytes.len()
}

/// What a person would call the thing at that byte.
fn found_at(body: &str, at: usize) -> String {
    let mut start = at.min(body.len());
    while !body.is_char_boundary(start) {
        start -= 1;
    }
    let rest = body.get(start..).unwrap_or_default();
    let Some(first) = rest.chars().next() else {
        return "the end of the text".to_owned();
    };
    let word: String = rest.chars().take_while(|character| character.is_alphanumeric()).collect();
    match first {
        '\n' | '\r' => "a line break".to_owned(),
        '\t' => "a tab".to_owned(),
        '"' => "a string".to_owned(),
        '/' if rest.starts_with("//") || rest.starts_with("/*") => "a comment".to_owned(),
        control if control.is_control() => format!("the control character U+{:04X}", u32::from(control)),
        _ if !word.is_empty() => format!("`{}`", shortened(&word)),
        other => format!("`{other}`"),
    }
}

fn shortened(word: &str) -> String {
    const LONGEST: usize = 60;
    if word.chars().count() <= LONGEST {
        return word.to_owned();
    }
    word.chars().take(LONGEST).chain(['…']).collect()
}

fn yaml_error(text: &str, body: &str, error: &serde_saphyr::Error) -> ReadError {
    let message = yaml_message(error);
    let Some(location) = error.location() else {
        return ReadError::at(text, 0, message);
    };
    let byte = location.span().byte_offset().and_then(|byte| usize::try_from(byte).ok());
    match byte {
        Some(byte) => ReadError::at(text, text.len() - body.len() + byte, message),
        None => ReadError {
            line: usize::try_from(location.line()).unwrap_or(1).max(1),
            column: usize::try_from(location.column()).unwrap_or(1).max(1),
            message,
        },
    }
}

fn yaml_message(error: &serde_saphyr::Error) -> String {
    match error {
        serde_saphyr::Error::WithSnippet { error, .. } | serde_saphyr::Error::AliasError { error, .. } => {
            yaml_message(error)
        }
        serde_saphyr::Error::DuplicateMappingKey { key: Some(key), .. } => key_twice(key),
        serde_saphyr::Error::DuplicateMappingKey { key: None, .. } => {
            "found a key twice in one object, expected it once".to_owned()
        }
        serde_saphyr::Error::NullIntoString { .. } => "found a key that is null, expected text".to_owned(),
        serde_saphyr::Error::Unexpected { expected: "string scalar", .. } => {
            "found a list or an object as a key, expected text".to_owned()
        }
        serde_saphyr::Error::NonFiniteFloat { value, .. } => {
            format!("found `{}`, expected a number that a 64-bit float can hold", shortened(value))
        }
        serde_saphyr::Error::RecursiveReferencesRequireWeakTypes { .. } => {
            "found an alias inside the value that it stands for, expected one to a value before it".to_owned()
        }
        serde_saphyr::Error::UnknownAnchor { .. } => {
            "found an alias without an anchor of that name before it, expected a value".to_owned()
        }
        serde_saphyr::Error::MergeValueNotMapOrSeqOfMaps { .. } => {
            "found a merge key `<<` without an object, expected an object or a list of objects".to_owned()
        }
        serde_saphyr::Error::AliasReplayLimitExceeded { .. }
        | serde_saphyr::Error::AliasExpansionLimitExceeded { .. }
        | serde_saphyr::Error::AliasReplayStackDepthExceeded { .. } => ALIASES_MULTIPLY.to_owned(),
        serde_saphyr::Error::Budget { breach, .. } => match breach {
            BudgetBreach::Documents { .. } => "found a second document, expected one".to_owned(),
            BudgetBreach::Depth { .. } => too_deep(),
            BudgetBreach::Events { .. } | BudgetBreach::Nodes { .. } => {
                format!("found more than {YAML_NODES} values, expected fewer")
            }
            _ => ALIASES_MULTIPLY.to_owned(),
        },
        other => {
            let said = other.render_with_formatter(&serde_saphyr::UserMessageFormatter);
            let said = said.split(" at line ").next().unwrap_or_default();
            match said {
                "recursion limit exceeded" => too_deep(),
                "mapping values are not allowed in this context" => {
                    "found `:` where no key can be, expected the text in quotes or the key at its indentation"
                        .to_owned()
                }
                "unclosed quote" => "found a string without its end, expected the closing quote".to_owned(),
                tab if tab.starts_with("tabs disallowed") || tab.ends_with("found a tab") => {
                    "found a tab, expected spaces as indentation".to_owned()
                }
                said => said.to_owned(),
            }
        }
    }
}

const ALIASES_MULTIPLY: &str = "found aliases that make the text many times larger, expected fewer";

fn too_deep() -> String {
    format!("found more than {YAML_DEPTH} levels of nesting, expected fewer")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::{ReadError, read_json, read_yaml};
    use serde_json::{Value, json};

    fn refused(read: fn(&str) -> Result<Value, ReadError>, text: &str, expect: &str) {
        let error = read(text).map(|value| value.to_string()).expect_err(text);
        assert_eq!(error.to_string(), expect, "{text:?}");
    }

    fn nested(levels: usize) -> String {
        format!("{}{}", "[".repeat(levels), "]".repeat(levels))
    }

    #[test]
    fn json_is_refused_with_what_was_found_and_what_was_expected() {
        for (text, expect) in [
            ("", "line 1, column 1: found an empty text, expected JSON"),
            (" \n", "line 1, column 1: found an empty text, expected JSON"),
            ("\u{feff}", "line 1, column 1: found an empty text, expected JSON"),
            ("<!DOCTYPE html>\n<html lang=en>", "line 1, column 1: this is an HTML page, not JSON"),
            ("\u{feff}\r\n  <HTML><body>", "line 2, column 3: this is an HTML page, not JSON"),
            ("<!-- error --><html>", "line 1, column 1: this is an HTML page, not JSON"),
            ("<?xml version=\"1.0\"?><Error/>", "line 1, column 1: this is XML, not JSON"),
            ("<x", "line 1, column 1: found `<`, expected a value"),
            ("Too many requests", "line 1, column 1: found `Too`, expected a value"),
            ("{\"a\": 1", "line 1, column 8: found the end of the text, expected `,` or `}`"),
            ("[1,\n 2\n\n", "line 2, column 3: found the end of the text, expected `,` or `]`"),
            (
                "{\"a\": \"x",
                "line 1, column 9: found the end of the text, expected `\"` at the end of the string",
            ),
            ("{\"a\":", "line 1, column 6: found the end of the text, expected a value"),
            ("{\"a\": 1,}", "line 1, column 9: found `}` after a comma, expected another value"),
            ("[1,]", "line 1, column 4: found `]` after a comma, expected another value"),
            ("[1 2]", "line 1, column 4: found `2`, expected `,` or `]`"),
            ("{\"a\": 1 \"b\": 2}", "line 1, column 9: found a string, expected `,` or `}`"),
            ("{\"é\": True}", "line 1, column 7: found `True`, expected a value"),
            ("{a: 1}", "line 1, column 2: found `a`, expected a key in double quotes"),
            ("{'a': 1}", "line 1, column 2: found `'`, expected a key in double quotes"),
            ("{\"a\" 1}", "line 1, column 6: found `1`, expected `:`"),
            ("{\"a\": 1} x", "line 1, column 10: found `x` after the value, expected the end of the text"),
            ("{}\n{}", "line 2, column 1: found `{` after the value, expected the end of the text"),
            ("// why\n{}", "line 1, column 1: found a comment, expected a value"),
            ("[1e999]", "line 1, column 6: found a number too large for a 64-bit float"),
            (
                "[\"a\nb\"]",
                "line 1, column 4: found a line break inside a string, expected it escaped or the string to end",
            ),
            (
                "[\"\\q\"]",
                "line 1, column 4: found `q` after `\\`, expected one of `\" \\ / b f n r t u` in a string",
            ),
            (
                "{\"a\": 1, \"b\": {}, \"a\": 2}",
                "line 1, column 19: found the key `a` twice in one object, expected it once",
            ),
            (
                "\u{feff}[{\r\n  \"k\\\"é\": 1,\r\n  \"k\\\"é\": 2}]",
                "line 3, column 3: found the key `k\"é` twice in one object, expected it once",
            ),
            (
                "{\"a\": 1, \"\\u0061\": 2}",
                "line 1, column 10: found the key `a` twice in one object, expected it once",
            ),
        ] {
            refused(read_json, text, expect);
        }
        refused(
            read_json,
            &nested(10_000),
            "line 1, column 128: found more than 127 levels of nesting, expected fewer",
        );
    }

    #[test]
    fn yaml_is_refused_with_what_was_found_and_what_was_expected() {
        for (text, expect) in [
            ("", "line 1, column 1: found an empty text, expected YAML"),
            ("<!doctype html><html>", "line 1, column 1: this is an HTML page, not YAML"),
            (
                "a: 1\nb: 2\na: 3\n",
                "line 3, column 1: found the key `a` twice in one object, expected it once",
            ),
            (
                "\u{feff}é: 1\r\nb: {x: 1, x: 2}",
                "line 2, column 11: found the key `x` twice in one object, expected it once",
            ),
            ("a: 1\n---\nb: 2\n", "line 2, column 1: found a second document, expected one"),
            ("a: 1\n...\n---\nb: 2\n", "line 3, column 1: found a second document, expected one"),
            ("[a]: 1", "line 1, column 1: found a list or an object as a key, expected text"),
            ("~: 1", "line 1, column 1: found a key that is null, expected text"),
            ("a: .inf", "line 1, column 4: found `.inf`, expected a number that a 64-bit float can hold"),
            ("a: 1e999", "line 1, column 4: found `1e999`, expected a number that a 64-bit float can hold"),
            (
                "a: *x",
                "line 1, column 4: found an alias without an anchor of that name before it, expected a value",
            ),
            (
                "a: &a [*a]",
                "line 1, column 8: found an alias inside the value that it stands for, expected one to a value before it",
            ),
            (
                "<<: 3\na: 1",
                "line 1, column 5: found a merge key `<<` without an object, expected an object or a list of objects",
            ),
            (
                "a: b: c",
                "line 1, column 5: found `:` where no key can be, expected the text in quotes or the key at its indentation",
            ),
            ("a: \"x", "line 1, column 4: found a string without its end, expected the closing quote"),
            ("é:\n\tb: 1", "line 2, column 2: found a tab, expected spaces as indentation"),
            ("é: 😀\n\tb: 1", "line 1, column 4: found a tab, expected spaces as indentation"),
            ("a: [1, 2", "line 1, column 4: unclosed bracket '['"),
        ] {
            refused(read_yaml, text, expect);
        }
        for (levels, column) in [(65, 65), (300, 256), (10_000, 256)] {
            refused(
                read_yaml,
                &nested(levels),
                &format!("line 1, column {column}: found more than 64 levels of nesting, expected fewer"),
            );
        }
        assert!(read_yaml(&nested(64)).is_ok());
    }

    #[test]
    fn aliases_that_multiply_are_refused() {
        let mut laughs = "a0: &a0 [lol]\n".to_owned();
        for level in 1..12 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(",");
            laughs.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        let long_text = format!("a: &a {}\nb: [{}]\n", "x".repeat(1_000_000), vec!["*a"; 1000].join(","));
        for bomb in [laughs, long_text] {
            let error = read_yaml(&bomb).expect_err("a bomb");
            assert_eq!(error.message, super::ALIASES_MULTIPLY);
        }
    }

    #[test]
    fn one_anchor_may_be_used_often() {
        let text = format!("a: &a {{x: 1}}\nb: [{}]\n", vec!["*a"; 5000].join(","));
        let value = read_yaml(&text).expect("many aliases");
        assert_eq!(value.pointer("/b/4999/x"), Some(&json!(1)));
    }

    #[test]
    fn yaml_scalars_are_those_of_yaml_1_2() {
        for (text, expect) in [
            ("yes", json!("yes")),
            ("no", json!("no")),
            ("on", json!("on")),
            ("OFF", json!("OFF")),
            ("y", json!("y")),
            ("true", json!(true)),
            ("True", json!(true)),
            ("null", Value::Null),
            ("~", Value::Null),
            ("0755", json!("0755")),
            ("1_000", json!("1_000")),
            ("0x1F", json!(31)),
            ("2001-01-01", json!("2001-01-01")),
            ("12:30:45", json!("12:30:45")),
            ("18446744073709551615", json!(u64::MAX)),
            ("-9223372036854775808", json!(i64::MIN)),
            ("18446744073709551616", json!(18446744073709551616.0)),
            ("\"1\"", json!("1")),
            ("# nothing else\n", Value::Null),
            ("a: &x {p: 1}\nb:\n  <<: *x\n  q: 2\n", json!({"a": {"p": 1}, "b": {"p": 1, "q": 2}})),
            ("b: {<<: {p: 1, q: 1}, p: 2}", json!({"b": {"p": 2, "q": 1}})),
            ("{<<: {p: 1}, <<: {p: 2}}", json!({"p": 1})),
            ("1: a\ntrue: b\n", json!({"1": "a", "true": "b"})),
            ("\u{feff}a: é\r\n", json!({"a": "é"})),
        ] {
            assert_eq!(read_yaml(text), Ok(expect), "{text:?}");
        }
    }

    #[test]
    fn json_reads_as_serde_json_reads_it() {
        for text in [
            "\u{feff}{\"a\": [1, -2, 1.5, true, null, \"\\ud83d\\ude00\"]}\r\n",
            "18446744073709551616",
            "[{}, [], \"\"]",
        ] {
            let body = text.trim_start_matches('\u{feff}');
            assert_eq!(read_json(text), Ok(serde_json::from_str::<Value>(body).expect(text)), "{text:?}");
        }
    }

    #[test]
    fn yaml_may_hold_more_values_than_the_parser_allows_by_itself() {
        let text = "- 1\n".repeat(300_000);
        assert_eq!(read_yaml(&text).expect("many values").as_array().map(Vec::len), Some(300_000));
    }
}
