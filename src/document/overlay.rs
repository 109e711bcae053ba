//! What a document is beyond its text when a plan was laid over it: where its parts stand in other files, and what of it is not decided yet.
//!
//! A planned document is put together from a snapshot and a plan. Its parts keep the places that they came from, so that a finding lies on the
//! line that somebody can change.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

use super::json_path::JsonPath;

/// Where a part of a document stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// At a path of the file.
    Path(JsonPath),
    /// At a path of the JSON value that these bytes of the file are.
    Within { bytes: Range<usize>, path: JsonPath },
    /// These bytes of the file; what is below has no place of its own.
    Bytes(Range<usize>),
}

impl Target {
    /// The place of what is at `below` under this one.
    #[must_use]
    pub fn below(&self, below: &JsonPath) -> Self {
        match self {
            Self::Path(path) => Self::Path(path.join(below)),
            Self::Within { bytes, path } => Self::Within { bytes: bytes.clone(), path: path.join(below) },
            Self::Bytes(bytes) => Self::Bytes(bytes.clone()),
        }
    }
}

/// A part of a document that stands elsewhere than the document's own file and root say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Index into [`super::Documents::files`].
    pub file: usize,
    pub target: Target,
}

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overlay {
    parts: BTreeMap<JsonPath, Part>,
    /// Paths whose value is not decided, with a clause that says why. The root of a list: there may be more in it than is listed.
    pub unknown: BTreeMap<JsonPath, String>,
    /// Why nothing of the document is decided.
    pub undecided: Option<String>,
}

impl Overlay {
    /// A document of which nothing is decided; a clause that says why.
    pub fn undecided(why: impl Into<String>) -> Self {
        Self { undecided: Some(why.into()), ..Self::default() }
    }

    pub fn place(&mut self, at: JsonPath, part: Part) {
        self.parts.insert(at, part);
    }

    pub fn leave_open(&mut self, at: JsonPath, why: impl Into<String>) {
        self.unknown.insert(at, why.into());
    }

    /// Fields that the document now has are open no more; a list may still have more rows.
    pub fn decide(&mut self, document: &Value) {
        self.unknown
            .retain(|path, _| *path == JsonPath::root() || document.pointer(&path.to_string()).is_none());
    }

    /// Where the part at a path stands: as the nearest part above it says.
    pub fn find(&self, path: &JsonPath) -> Option<Part> {
        let mut at = path.clone();
        loop {
            if let Some(part) = self.parts.get(&at) {
                let below = path.after(&at);
                return Some(Part { file: part.file, target: part.target.below(&below) });
            }
            at = at.parent()?;
        }
    }
}
