//! From a document to its typed shape: the one reader that every document passes through.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::json_path::JsonPath;
use super::name::DocumentName;
use super::objects::ObjectsOnly;
use super::position::Format;
use super::rows::Columns;
use super::set::{Content, Document, Documents};
use super::strict::{self, ReadError};

/// Why a document, or a single file of several, could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadFault {
    /// The file, as it is shown.
    pub file: String,
    /// 1-based; `None` where the fault has a path and the place is looked up from it.
    pub position: Option<(usize, usize)>,
    pub document: Option<DocumentName>,
    pub path: JsonPath,
    /// What was found and what was expected.
    pub message: String,
}

/// What a service answered in place of a document, in its words: Okta's error bodies have an `errorCode`. `None` where it is no such answer.
pub fn refusal(documents: &Documents, name: &DocumentName) -> Option<ReadFault> {
    let document = documents.get(name)?;
    let file = documents.file(document)?;
    let parsed;
    let value = match &document.content {
        Content::Part(value) => value,
        Content::File => {
            if file.text.len() > MOST_OF_AN_ERROR {
                return None;
            }
            parsed = serde_json::from_str::<serde_json::Value>(&file.text).ok()?;
            &parsed
        }
        Content::Rows(_) | Content::Unreadable { .. } => return None,
    };
    let code = value.get("errorCode")?.as_str()?;
    let summary = value.get("errorSummary").and_then(serde_json::Value::as_str).unwrap_or("no reason given");
    Some(ReadFault {
        file: file.path.clone(),
        position: None,
        document: Some(name.clone()),
        path: document.root.clone().key("errorCode"),
        message: format!(
            "this is Okta's error {code} ({summary}), not the answer; read it again with a credential that may"
        ),
    })
}

/// Bytes; an error body is small, and big files are not parsed twice.
const MOST_OF_AN_ERROR: usize = 4096;

/// Reads one document into its shape. `None` where it is not there.
pub fn read<T: DeserializeOwned>(documents: &Documents, name: &DocumentName) -> Option<Result<T, ReadFault>> {
    let document = documents.get(name)?;
    let file = documents.file(document)?;
    let result = match &document.content {
        Content::Part(value) => typed(value.clone()),
        Content::Unreadable { position: (line, column), message } => {
            Err(Fault::Text(ReadError { line: *line, column: *column, message: message.clone() }))
        }
        Content::File | Content::Rows(_) => match file.format {
            Format::Json => json_text(&file.text),
            Format::Yaml | Format::Hcl => strict::read_yaml(&file.text).map_err(Fault::Text).and_then(typed),
        },
    };
    Some(result.map_err(|fault| fault.place(&file.path, name, document)))
}

/// Reads a long list into its columns, unless that was done along with its file. `None` where it is not there.
pub fn read_rows<C: Columns>(
    documents: &Documents,
    name: &DocumentName,
) -> Option<Result<Arc<C>, ReadFault>> {
    if let Content::Rows(rows) = &documents.get(name)?.content
        && let Some(columns) = C::of_list(rows)
    {
        return Some(Ok(columns));
    }
    Some(read::<C>(documents, name)?.map(Arc::new))
}

enum Fault {
    Text(ReadError),
    Shape { path: JsonPath, message: String },
}

impl Fault {
    fn place(self, file: &str, name: &DocumentName, document: &Document) -> ReadFault {
        let (position, path, message) = match self {
            Self::Text(error) => (Some((error.line, error.column)), document.root.clone(), error.message),
            Self::Shape { path, message } => (None, document.root.join(&path), message),
        };
        ReadFault { file: file.to_owned(), position, document: Some(name.clone()), path, message }
    }
}

/// Big files are read once, at full speed; only a file with a fault is read again, strictly, to say where and why.
fn json_text<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut fast = serde_json::Deserializer::from_str(text);
    if let Ok(value) = T::deserialize(ObjectsOnly(&mut fast))
        && fast.end().is_ok()
    {
        return Ok(value);
    }
    strict::read_json(text).map_err(Fault::Text).and_then(typed)
}

/// Reads a value that came from elsewhere into its shape. The error says where in it something is wrong, and what, without the value.
pub fn shaped<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, String> {
    typed(value).map_err(|fault: Fault| match fault {
        Fault::Text(error) => error.message,
        Fault::Shape { path, message } if path.steps().is_empty() => message,
        Fault::Shape { path, message } => format!("{path}: {message}"),
    })
}

fn typed<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Fault> {
    serde_path_to_error::deserialize(ObjectsOnly(value)).map_err(|error| {
        let path = steps(error.path());
        Fault::Shape { path, message: in_our_words(&error.into_inner().to_string()) }
    })
}

/// What serde says of a value of the wrong type, without the names of our types and without the value: it may be a person's address, or
/// megabytes.
fn in_our_words(said: &str) -> String {
    if let Some(field) = said.strip_prefix("missing field ") {
        return format!("found no {field}, expected one");
    }
    if said.starts_with("invalid length ") {
        return "found a list, expected an object".to_owned();
    }
    if let Some(word) = said.strip_prefix("unknown variant ") {
        return format!("found {word}");
    }
    let parts = ["invalid type: ", "invalid value: "]
        .into_iter()
        .find_map(|prefix| said.strip_prefix(prefix)?.rsplit_once(", expected "));
    match parts {
        Some((found, expected)) => {
            format!("found {}, expected {}", found_kind(found), expected_kind(expected))
        }
        None => said.to_owned(),
    }
}

fn found_kind(found: &str) -> String {
    let number = found.strip_prefix("integer ").or_else(|| found.strip_prefix("floating point "));
    match (found, number, found.strip_prefix("boolean ")) {
        (_, Some(number), _) => format!("the number {number}"),
        (_, _, Some(flag)) => flag.to_owned(),
        ("map", _, _) => "an object".to_owned(),
        ("sequence", _, _) => "a list".to_owned(),
        _ if found.starts_with("string ") => "a string".to_owned(),
        _ => found.to_owned(),
    }
}

fn expected_kind(expected: &str) -> &str {
    match expected {
        "a sequence" => "a list",
        "a map" => "an object",
        "string or map" => "a string",
        "a boolean" => "true or false",
        "i64" | "u16" | "u32" | "u64" => "a whole number",
        _ if expected.starts_with("struct ") => "an object",
        _ => expected,
    }
}

fn steps(path: &serde_path_to_error::Path) -> JsonPath {
    path.iter().fold(JsonPath::root(), |so_far, segment| match segment {
        serde_path_to_error::Segment::Seq { index } => so_far.index(*index),
        serde_path_to_error::Segment::Map { key } => so_far.key(key),
        serde_path_to_error::Segment::Enum { variant } => so_far.key(variant),
        serde_path_to_error::Segment::Unknown => so_far,
    })
}
