//! A single-file snapshot by document names, and whether a document is the whole of it.

use super::truth::Truth;
use serde_json::Value;

#[derive(Clone, Copy)]
pub struct World<'a> {
    value: &'a Value,
}

/// A document that is a list. Something that is not in an incomplete one is not known to be absent.
pub struct List<'a> {
    pub rows: &'a [Value],
    pub complete: bool,
}

impl<'a> World<'a> {
    pub fn new(value: &'a Value) -> Self {
        Self { value }
    }

    /// `okta/app`, `okta/group-users/00g1`, `connection`. A `null` is a file that is not there.
    pub fn document(self, path: &str) -> Option<&'a Value> {
        path.split('/').try_fold(self.value, |at, key| at.get(key)).filter(|found| !found.is_null())
    }

    pub fn list(self, path: &str) -> Option<List<'a>> {
        let document = self.document(path)?;
        let inner = path.strip_prefix("torq/").map(|name| name.replace('-', "_"));
        let rows = match inner {
            Some(key) => document.get(key)?,
            None => document,
        };
        Some(List { rows: rows.as_array()?, complete: self.complete(path) })
    }

    fn complete(self, path: &str) -> bool {
        self.document("manifest").is_none_or(|_| {
            self.manifest_entry(path).and_then(|entry| entry.get("complete")).and_then(Value::as_bool)
                == Some(true)
        })
    }

    fn manifest_entry(self, path: &str) -> Option<&'a Value> {
        self.document("manifest")?.get("documents")?.get(path)
    }

    /// Names and emails that `pull` asked for one by one, as it spelled them.
    pub fn looked_up(self, path: &str) -> Vec<&'a str> {
        self.manifest_entry(path).and_then(|entry| entry.get("looked_up")).map(texts).unwrap_or_default()
    }

    pub fn keys(self, folder: &str) -> Vec<&'a str> {
        match self.document(folder) {
            Some(Value::Object(files)) => {
                files.iter().filter(|(_, file)| !file.is_null()).map(|(key, _)| key.as_str()).collect()
            }
            _ => Vec::new(),
        }
    }

    pub fn connection(self, pointer: &str) -> Option<&'a Value> {
        at(self.document("connection")?, pointer)
    }

    pub fn connection_text(self, pointer: &str) -> Option<&'a str> {
        self.connection(pointer).and_then(Value::as_str)
    }
}

/// The field at a JSON pointer; `null` is not there.
pub fn at<'a>(value: &'a Value, pointer: &str) -> Option<&'a Value> {
    value.pointer(pointer).filter(|found| !found.is_null())
}

pub fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    at(value, pointer).and_then(Value::as_str)
}

pub fn texts(value: &Value) -> Vec<&str> {
    value.as_array().map(|items| items.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

/// A missing field is unknown.
pub fn is(value: &Value, pointer: &str, expected: &str) -> Truth {
    text(value, pointer).map_or(Truth::Unknown, |found| Truth::known(found == expected))
}

pub fn has(value: &Value, pointer: &str, expected: &str) -> Truth {
    at(value, pointer).map_or(Truth::Unknown, |found| Truth::known(texts(found).contains(&expected)))
}

pub fn same_but_for_case(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}
