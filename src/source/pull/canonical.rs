//! Answers as documents: only the fields that are read, in a fixed order, two spaces; and the hash over them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::document::DocumentName;
use crate::document::connection::Connection;
use crate::document::reading;

/// A document's text. The shape is the allow-list: what it does not have is not kept.
pub fn text<T: Serialize>(shape: &T) -> String {
    // A shape has string keys only, so it can always be written.
    let mut text = serde_json::to_string_pretty(shape).unwrap_or_default();
    text.push('\n');
    text
}

/// Reads rows into their shape; the error says which row is not as documented, and how.
pub fn rows<T: DeserializeOwned>(rows: Vec<Value>) -> Result<Vec<T>, String> {
    rows.into_iter()
        .enumerate()
        .map(|(index, row)| {
            reading::shaped(row)
                .map_err(|wrong| format!("entry {} of the answer is not as documented: {wrong}", index + 1))
        })
        .collect()
}

/// Reads an answer that is one object.
pub fn object<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| format!("the answer is not JSON: {error}"))?;
    reading::shaped(value).map_err(|wrong| format!("the answer is not as documented: {wrong}"))
}

/// SHA-256 over every document's name and text, in the order of the names, as `sha256:` and hexadecimal digits.
pub fn hash(documents: &BTreeMap<DocumentName, String>) -> String {
    let mut hash = Sha256::new();
    for (name, text) in documents {
        for part in [name.to_string().as_str(), text.as_str()] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
    }
    let digits: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

/// `connection.yaml` as it is kept in a snapshot.
pub fn connection(connection: &Connection) -> String {
    yaml(&serde_json::to_value(connection).unwrap_or_default())
}

/// A value as YAML in block style; strings stand in double quotes where they could be read as something else.
pub fn yaml(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(members) if !members.is_empty() => write_block(&mut text, value, 0),
        other => {
            text.push_str(&scalar(other));
            text.push('\n');
        }
    }
    text
}

fn write_block(text: &mut String, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                text.push_str(&format!("{indent}{}:", plain_or_quoted(key)));
                write_value(text, value, depth);
            }
        }
        Value::Array(elements) => {
            for element in elements {
                match element {
                    Value::Object(members) if !members.is_empty() => {
                        let mut inner = String::new();
                        write_block(&mut inner, element, depth + 1);
                        let begin = format!("{indent}  ");
                        text.push_str(&format!("{indent}- {}", inner.strip_prefix(&begin).unwrap_or(&inner)));
                    }
                    other => text.push_str(&format!("{indent}- {}\n", scalar(other))),
                }
            }
        }
        other => text.push_str(&format!("{indent}{}\n", scalar(other))),
    }
}

fn write_value(text: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            text.push('\n');
            write_block(text, value, depth + 1);
        }
        Value::Array(elements) if elements.iter().any(Value::is_object) => {
            text.push('\n');
            write_block(text, value, depth + 1);
        }
        other => text.push_str(&format!(" {}\n", scalar(other))),
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => plain_or_quoted(text),
        Value::Array(elements) => {
            format!("[{}]", elements.iter().map(scalar).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// Without quotes only where no reader of YAML takes it for anything but this string.
fn plain_or_quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':' | '@' | '+');
    let word = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let safe = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(plain)
        && !text.ends_with(':')
        && !word.contains(&text.to_ascii_lowercase().as_str());
    // JSON's strings are YAML's double-quoted ones.
    if safe { text.to_owned() } else { Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::document::strict;

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[ -~é☃]{0,12}".prop_map(Value::from),
            prop::sample::select(vec![
                "null",
                "~",
                "no",
                "1e3",
                "0x1",
                "- a",
                "a: b",
                "a #b",
                "",
                "é",
                "2026-11-20",
                "\u{85}\u{2028}\t"
            ])
            .prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-z_. :]{1,6}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_as_yaml_is_read_back(value in values()) {
            let text = yaml(&value);
            prop_assert_eq!(strict::read_yaml(&text).map_err(|error| format!("{error} in {text}")), Ok(value));
        }
    }

    #[test]
    fn a_connection_is_written_for_people() {
        let value =
            json!({"name": "acme-prod", "torq": {"region": "us", "requested_scopes": ["openid", "email"]}});
        assert_eq!(
            yaml(&value),
            "name: acme-prod\ntorq:\n  region: us\n  requested_scopes: [openid, email]\n"
        );
    }

    #[test]
    fn the_hash_changes_with_any_name_or_text() {
        let hash = |pairs: &[(DocumentName, &str)]| {
            super::hash(&pairs.iter().map(|(name, text)| (name.clone(), (*text).to_owned())).collect())
        };
        let one = hash(&[(DocumentName::App, "{}")]);
        assert_ne!(one, hash(&[(DocumentName::App, "{ }")]));
        assert_ne!(one, hash(&[(DocumentName::IdToken, "{}")]));
    }
}
