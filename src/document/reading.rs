//! From a document to its typed shape: the one reader that every document passes through.

use serde::de::DeserializeOwned;

use super::json_path::JsonPath;
use super::name::DocumentName;
use super::position::Format;
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

/// Reads one document into its shape. `None` where it is not there.
pub fn read<T: DeserializeOwned>(documents: &Documents, name: &DocumentName) -> Option<Result<T, ReadFault>> {
    let document = documents.get(name)?;
    let file = documents.file(document)?;
    let result = match &document.content {
        Content::Part(value) => typed(value.clone()),
        Content::File => match file.format {
            Format::Json => json_text(&file.text),
            Format::Yaml | Format::Hcl => strict::read_yaml(&file.text).map_err(Fault::Text).and_then(typed),
        },
    };
    Some(result.map_err(|fault| fault.place(&file.path, name, document)))
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
    if let Ok(value) = serde_json::from_str(text) {
        return Ok(value);
    }
    strict::read_json(text).map_err(Fault::Text).and_then(typed)
}

fn typed<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Fault> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = steps(error.path());
        Fault::Shape { path, message: error.into_inner().to_string() }
    })
}

fn steps(path: &serde_path_to_error::Path) -> JsonPath {
    path.iter().fold(JsonPath::root(), |so_far, segment| match segment {
        serde_path_to_error::Segment::Seq { index } => so_far.index(*index),
        serde_path_to_error::Segment::Map { key } => so_far.key(key),
        serde_path_to_error::Segment::Enum { variant } => so_far.key(variant),
        serde_path_to_error::Segment::Unknown => so_far,
    })
}
