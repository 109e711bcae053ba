//! The text of a file: in memory, or read again by the first who asks. A list of a million people is read into its rows and its text let
//! go; it is needed once more only where something in it is shown.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// Gives a text once more. The one who knows how is `source`; nothing else touches a file.
pub trait ReadAgain: Send + Sync + fmt::Debug {
    /// Where it can no longer be had as it was read: one line that says so, in which no place is found.
    fn text(&self) -> Arc<str>;
}

/// See the module.
#[derive(Debug, Clone)]
pub struct FileText(Kept);

#[derive(Debug, Clone)]
enum Kept {
    Held(Arc<str>),
    Elsewhere { file: Arc<dyn ReadAgain>, read: Arc<OnceLock<Arc<str>>> },
}

impl FileText {
    pub fn elsewhere(file: Arc<dyn ReadAgain>) -> Self {
        Self(Kept::Elsewhere { file, read: Arc::default() })
    }
}

impl Deref for FileText {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Kept::Held(text) => text,
            Kept::Elsewhere { file, read } => read.get_or_init(|| file.text()),
        }
    }
}

impl From<Arc<str>> for FileText {
    fn from(text: Arc<str>) -> Self {
        Self(Kept::Held(text))
    }
}

impl From<&str> for FileText {
    fn from(text: &str) -> Self {
        Self(Kept::Held(text.into()))
    }
}

impl From<String> for FileText {
    fn from(text: String) -> Self {
        Self(Kept::Held(text.into()))
    }
}
