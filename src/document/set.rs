//! A set of documents by name, with the files that they came from.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::fleet::Member;
use super::json_path::JsonPath;
use super::name::DocumentName;
use super::overlay::Overlay;
use super::position::Format;
use super::project::Judgements;
use super::rows::Rows;
use super::text::FileText;

/// A text as a person finds it: a file of a snapshot, or the single file that holds several documents.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// As it is shown, and as SARIF names it: relative to the working directory, with forward slashes.
    pub path: String,
    pub text: FileText,
    pub format: Format,
}

/// What a document is read from.
#[derive(Debug, Clone)]
pub enum Content {
    /// The whole of its file.
    File,
    /// The whole of its file, a long list that was read along with it.
    Rows(Rows),
    /// A part of a single file, which was parsed once for all of them.
    Part(Value),
    /// Its file is there and gives no text: not even a part of it may be believed.
    Unreadable {
        /// 1-based.
        position: (usize, usize),
        message: String,
    },
}

#[derive(Debug, Clone)]
pub struct Document {
    /// Index into [`Documents::files`].
    pub file: usize,
    /// Where in the file the document begins.
    pub root: JsonPath,
    pub content: Content,
}

/// The entry of a connection in the project file: where a finding lies that has no file of its own in the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectEntry {
    /// The project file, as it is shown.
    pub file: String,
    /// 1-based, in code points; the end of the line's mark is exclusive.
    pub line: usize,
    pub column: usize,
    pub end_column: usize,
}

/// Everything that was given for one connection.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    /// The folder or file that it came from, as it is shown.
    pub origin: String,
    /// Set where the documents were read live.
    pub live_entry: Option<ProjectEntry>,
    /// The name that the project file gives to the connection; it goes before the one in `connection.yaml`.
    pub called: Option<String>,
    /// What the project file says of what is found here; nothing where there is none.
    pub judgements: Arc<Judgements>,
    /// Every connection of the run, this one too; nothing where it is looked at alone.
    pub fleet: Arc<Vec<Member>>,
    files: Vec<SourceFile>,
    by_name: BTreeMap<DocumentName, Document>,
    overlays: BTreeMap<DocumentName, Overlay>,
}

impl Documents {
    pub fn new(origin: impl Into<String>) -> Self {
        Self { origin: origin.into(), ..Self::default() }
    }

    /// Adds a file and gives its index.
    pub fn add_file(&mut self, file: SourceFile) -> usize {
        self.files.push(file);
        self.files.len() - 1
    }

    /// Gives a file its text, where it was not known when it was added.
    pub fn replace_text(&mut self, file: usize, text: FileText) {
        if let Some(file) = self.files.get_mut(file) {
            file.text = text;
        }
    }

    pub fn add(&mut self, name: DocumentName, document: Document) {
        self.by_name.insert(name, document);
    }

    /// Says what a document is read from, in place of what was said when it was added.
    pub fn replace_content(&mut self, name: &DocumentName, content: Content) {
        if let Some(document) = self.by_name.get_mut(name) {
            document.content = content;
        }
    }

    pub fn get(&self, name: &DocumentName) -> Option<&Document> {
        self.by_name.get(name)
    }

    pub fn has(&self, name: &DocumentName) -> bool {
        self.by_name.contains_key(name)
    }

    /// What is special about a document that a plan was laid over.
    pub fn overlay(&self, name: &DocumentName) -> Option<&Overlay> {
        self.overlays.get(name)
    }

    pub fn overlays(&self) -> impl Iterator<Item = (&DocumentName, &Overlay)> {
        self.overlays.iter()
    }

    /// Says what is special about a document, in place of what was said before.
    pub fn lay_over(&mut self, name: DocumentName, overlay: Overlay) {
        self.overlays.insert(name, overlay);
    }

    pub fn remove(&mut self, name: &DocumentName) {
        self.by_name.remove(name);
        self.overlays.remove(name);
    }

    pub fn names(&self) -> impl Iterator<Item = &DocumentName> {
        self.by_name.keys()
    }

    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    pub fn file(&self, document: &Document) -> Option<&SourceFile> {
        self.files.get(document.file)
    }

    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }
}
