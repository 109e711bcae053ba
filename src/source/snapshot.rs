//! A snapshot: a folder of the vendors' own answers, or the same as one JSON or YAML file (interface, snapshot).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use thiserror::Error;

use crate::document::name::{GROUP_USERS, USER_GROUPS};
use crate::document::position::{self, Format};
use crate::document::{
    Content, Document, DocumentName, Documents, FileText, JsonPath, ReadFault, SourceFile, strict,
};

use super::stream::{self, Kind, List, OnDisk, Pieces};

/// Why nothing could be read at all.
#[derive(Debug, Error)]
pub enum SnapshotError {
    #[error("{path} is not there")]
    NotThere { path: String },
    #[error("{path} could not be read: {cause}")]
    Unreadable { path: String, cause: std::io::Error },
    #[error(
        "{path} is not a snapshot: a snapshot folder has connection.yaml, okta/ or torq/ in it, and a single file the keys connection, okta or torq"
    )]
    NotASnapshot { path: String },
}

/// What was found, with what could not be read of it.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    pub documents: Documents,
    pub faults: Vec<ReadFault>,
    /// Things that are not wrong enough to stop: files and keys that no document has.
    pub notices: Vec<String>,
}

/// Reads a folder or a single file. `path` is also how it is named in every output.
pub fn read(path: &Path) -> Result<Snapshot, SnapshotError> {
    read_in_pieces(path, Pieces::default())
}

/// The same, with long lists cut otherwise.
pub fn read_in_pieces(path: &Path, pieces: Pieces) -> Result<Snapshot, SnapshotError> {
    let shown = shown(path);
    let metadata = fs::metadata(path).map_err(|cause| match cause.kind() {
        std::io::ErrorKind::NotFound => SnapshotError::NotThere { path: shown.clone() },
        _ => SnapshotError::Unreadable { path: shown.clone(), cause },
    })?;
    let snapshot = if metadata.is_dir() { folder(path, &shown, pieces)? } else { file(path, &shown)? };
    if snapshot.documents.is_empty() && snapshot.faults.is_empty() {
        return Err(SnapshotError::NotASnapshot { path: shown });
    }
    Ok(snapshot)
}

/// No more of a snapshot than `connection.yaml`, where it has one: how it is called, and what it says of itself. What cannot be read is not
/// there; [`read`] says why.
pub fn settings(path: &Path) -> Documents {
    let shown = shown(path);
    if !path.is_dir() {
        return file(path, &shown).map(|snapshot| snapshot.documents).unwrap_or_default();
    }
    let mut snapshot = Snapshot { documents: Documents::new(shown.as_str()), ..Snapshot::default() };
    let name = DocumentName::Connection;
    let own = path.join(name.to_string());
    if own.is_file() {
        add_document(&mut snapshot, &own, format!("{shown}/{name}"), name);
    }
    snapshot.documents
}

/// With forward slashes, relative to the working directory where it is in there, and without a leading `./`: as SARIF's relative URIs want it.
pub fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let within = here.as_deref().and_then(|here| path.strip_prefix(here).ok());
    let path = within.filter(|within| !within.as_os_str().is_empty()).unwrap_or(path);
    let text = path.to_string_lossy().replace('\\', "/");
    let text = text.strip_prefix("./").unwrap_or(&text);
    let trimmed = text.trim_end_matches('/');
    if trimmed.is_empty() { text.to_owned() } else { trimmed.to_owned() }
}

fn folder(root: &Path, shown: &str, pieces: Pieces) -> Result<Snapshot, SnapshotError> {
    let mut long = Vec::new();
    let mut snapshot = Snapshot { documents: Documents::new(shown), ..Snapshot::default() };
    for name in [DocumentName::Connection, DocumentName::Manifest] {
        let file = name.to_string();
        let path = root.join(&file);
        // A link to nowhere is there, too, and says so.
        if fs::symlink_metadata(&path).is_ok() {
            add_document(&mut snapshot, &path, format!("{shown}/{file}"), name);
        }
    }
    let mistaken = root.join("connection.yml");
    if mistaken.is_file() {
        snapshot.notices.push(format!("{shown}/connection.yml was left out; did you mean connection.yaml?"));
    }
    for entry in sorted_entries(root, shown)? {
        let Some(name) = entry.file_name().and_then(|name| name.to_str()) else { continue };
        let known = ["connection.yaml", "connection.yml", "manifest.json"].contains(&name);
        if entry.is_file() && !known && (name.ends_with(".json") || name.ends_with(".yaml")) {
            snapshot.notices.push(format!(
                "{shown}/{name} is not a document of a snapshot, and was left out: documents but connection.yaml and manifest.json are in okta/ and torq/"
            ));
        }
    }
    for section in ["okta", "torq"] {
        for entry in sorted_entries(&root.join(section), &format!("{shown}/{section}"))? {
            let Some(name) = entry.file_name().and_then(|name| name.to_str()) else { continue };
            let within = format!("{section}/{name}");
            if within == GROUP_USERS || within == USER_GROUPS {
                for member in sorted_entries(&entry, &format!("{shown}/{within}"))? {
                    add_entry(&mut snapshot, &member, shown, &within, &mut Lists { pieces, long: &mut long });
                }
            } else if entry.is_dir() && DocumentName::from_path(within.trim_end_matches(".json")).is_none() {
                snapshot.notices.push(format!(
                    "{shown}/{within}/ is not a folder of a snapshot, and was left out{}",
                    did_you_mean(&within, [GROUP_USERS, USER_GROUPS].into_iter(), "")
                ));
            } else {
                add_entry(&mut snapshot, &entry, shown, section, &mut Lists { pieces, long: &mut long });
            }
        }
    }
    read_long_lists(&mut snapshot.documents, long, pieces);
    Ok(snapshot)
}

/// Lists that are read into rows while their files are.
struct Lists<'l> {
    pieces: Pieces,
    long: &'l mut Vec<(DocumentName, List)>,
}

impl Lists<'_> {
    /// Whether the file is such a list, which is then read later.
    fn take(&mut self, path: &Path, name: &DocumentName) -> bool {
        let is_long = |metadata: fs::Metadata| metadata.is_file() && metadata.len() >= self.pieces.from;
        let Some(kind) = Kind::of(name).filter(|_| fs::metadata(path).is_ok_and(is_long)) else {
            return false;
        };
        self.long.push((name.clone(), List { path: path.to_owned(), kind }));
        true
    }
}

fn read_long_lists(documents: &mut Documents, long: Vec<(DocumentName, List)>, pieces: Pieces) {
    let (names, lists): (Vec<DocumentName>, Vec<List>) = long.into_iter().unzip();
    let on_disk: Vec<OnDisk> = lists.iter().map(|list| OnDisk::of(list.path.clone())).collect();
    let found = stream::read(&lists, pieces);
    for (((name, list), on_disk), rows) in names.into_iter().zip(lists).zip(on_disk).zip(found) {
        let Some(file) = documents.get(&name).map(|document| document.file) else { continue };
        let (text, content) = match rows {
            Some(rows) => (FileText::elsewhere(Arc::new(on_disk)), Content::Rows(rows)),
            None => kept(&list.path),
        };
        documents.replace_text(file, text);
        documents.replace_content(&name, content);
    }
}

fn sorted_entries(folder: &Path, shown: &str) -> Result<Vec<PathBuf>, SnapshotError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(SnapshotError::Unreadable { path: shown.to_owned(), cause }),
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

fn add_entry(snapshot: &mut Snapshot, path: &Path, shown: &str, section: &str, lists: &mut Lists<'_>) {
    let Some(file) = path.file_name().and_then(|name| name.to_str()) else { return };
    let Some(stem) = file.strip_suffix(".json") else {
        let stem = file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".yml"));
        if let Some(stem) =
            stem.filter(|stem| DocumentName::from_path(&format!("{section}/{stem}")).is_some())
        {
            snapshot.notices.push(format!(
                "{shown}/{section}/{file} was left out: in a folder, documents but connection.yaml are JSON; did you mean {stem}.json?"
            ));
        }
        return;
    };
    let within = format!("{section}/{stem}");
    match DocumentName::from_path(&within) {
        Some(name) if lists.take(path, &name) => {
            let path = format!("{shown}/{within}.json");
            let file =
                snapshot.documents.add_file(SourceFile { path, text: "".into(), format: Format::Json });
            snapshot.documents.add(name, Document { file, root: JsonPath::root(), content: Content::File });
        }
        Some(name) => add_document(snapshot, path, format!("{shown}/{within}.json"), name),
        None => snapshot.notices.push(format!(
            "{shown}/{within}.json is not a document of a snapshot, and was left out{}",
            did_you_mean(&within, DocumentName::single_paths(), ".json")
        )),
    }
}

/// A file that gives no text is still a document: one that is there and could not be read.
fn add_document(snapshot: &mut Snapshot, path: &Path, shown: String, name: DocumentName) {
    let format = if name == DocumentName::Connection { Format::Yaml } else { Format::Json };
    let (text, content) = kept(path);
    let file = snapshot.documents.add_file(SourceFile { path: shown, text, format });
    snapshot.documents.add(name.clone(), Document { file, root: JsonPath::root(), content });
    if name == DocumentName::Connection
        && let Some(source) = snapshot.documents.files().get(file)
        && let Ok(value) = strict::read_yaml(&source.text)
    {
        snapshot.notices.extend(unknown_keys(&value));
    }
}

/// A file's text, and what its document is read from.
fn kept(path: &Path) -> (FileText, Content) {
    match text_of(path) {
        Ok(text) => (text.into(), Content::File),
        Err(NoText { text, position, message }) => (text.into(), Content::Unreadable { position, message }),
    }
}

/// Why a file gives no text, with what can be shown of it.
struct NoText {
    text: Arc<str>,
    /// 1-based.
    position: (usize, usize),
    message: String,
}

fn text_of(path: &Path) -> Result<Arc<str>, NoText> {
    let no_text = |message: String| NoText { text: "".into(), position: (1, 1), message };
    let metadata = fs::metadata(path).map_err(|cause| no_text(why(path, &cause)))?;
    if !metadata.is_file() {
        let found = if metadata.is_dir() { "a folder" } else { "neither a file nor a folder" };
        return Err(no_text(format!("found {found}, expected a file")));
    }
    let bytes = fs::read(path).map_err(|cause| no_text(why(path, &cause)))?;
    String::from_utf8(bytes).map(Into::into).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
        NoText {
            position: position::line_column(&text, at),
            text: text.into(),
            message: "found bytes that are not UTF-8, expected text in UTF-8; save the file as UTF-8"
                .to_owned(),
        }
    })
}

fn why(path: &Path, cause: &std::io::Error) -> String {
    match cause.kind() {
        std::io::ErrorKind::NotFound if fs::symlink_metadata(path).is_ok() => {
            "found a link to a file that is not there".to_owned()
        }
        std::io::ErrorKind::PermissionDenied => {
            format!("found no permission to read it; let this user read it ({cause})")
        }
        _ => cause.to_string(),
    }
}

fn file(path: &Path, shown: &str) -> Result<Snapshot, SnapshotError> {
    let format = match path.extension().and_then(|extension| extension.to_str()) {
        Some("yaml" | "yml") => Format::Yaml,
        _ => Format::Json,
    };
    match text_of(path) {
        Ok(text) => Ok(single_file(shown, text, format)),
        Err(NoText { text, position, message }) => {
            let mut snapshot = Snapshot { documents: Documents::new(shown), ..Snapshot::default() };
            snapshot.documents.add_file(SourceFile { path: shown.to_owned(), text: text.into(), format });
            snapshot.faults.push(ReadFault {
                file: shown.to_owned(),
                position: Some(position),
                document: None,
                path: JsonPath::root(),
                message,
            });
            Ok(snapshot)
        }
    }
}

/// A whole snapshot as one text: keys are the paths without extension. Also how tests and editors give one from memory.
pub fn single_file(shown: &str, text: Arc<str>, format: Format) -> Snapshot {
    let mut snapshot = Snapshot { documents: Documents::new(shown), ..Snapshot::default() };
    let value = match format {
        Format::Json => strict::read_json(&text),
        Format::Yaml | Format::Hcl => strict::read_yaml(&text),
    };
    let file = snapshot.documents.add_file(SourceFile { path: shown.to_owned(), text: text.into(), format });
    let members = match value {
        Ok(Value::Object(members)) => members,
        Ok(_) => return snapshot,
        Err(error) => {
            snapshot.faults.push(ReadFault {
                file: shown.to_owned(),
                position: Some((error.line, error.column)),
                document: None,
                path: JsonPath::root(),
                message: error.message,
            });
            return snapshot;
        }
    };
    let known = ["connection", "manifest", "okta", "torq"];
    for (key, value) in members {
        let root = JsonPath::root().key(&key);
        match key.as_str() {
            "connection" | "manifest" => {
                if key == "connection" {
                    snapshot.notices.extend(unknown_keys(&value));
                }
                add_part(&mut snapshot, file, &key, root, value);
            }
            "okta" | "torq" => section(&mut snapshot, file, &key, &root, value),
            other => snapshot.notices.push(format!(
                "{shown}: the key {other} is not one of a snapshot, and was left out{}",
                did_you_mean(other, known.into_iter(), "")
            )),
        }
    }
    snapshot
}

fn section(snapshot: &mut Snapshot, file: usize, section: &str, root: &JsonPath, value: Value) {
    let members = match value {
        Value::Object(members) => members,
        Value::Null => return,
        _ => {
            snapshot.faults.push(not_an_object(snapshot, section, root));
            return;
        }
    };
    for (key, value) in members {
        let path = format!("{section}/{key}");
        let place = root.clone().key(&key);
        if path == GROUP_USERS || path == USER_GROUPS {
            match value {
                Value::Object(lists) => {
                    for (id, value) in lists {
                        add_part(snapshot, file, &format!("{path}/{id}"), place.clone().key(&id), value);
                    }
                }
                Value::Null => {}
                _ => snapshot.faults.push(not_an_object(snapshot, &path, &place)),
            }
        } else {
            add_part(snapshot, file, &path, place, value);
        }
    }
}

fn not_an_object(snapshot: &Snapshot, what: &str, path: &JsonPath) -> ReadFault {
    ReadFault {
        file: snapshot.documents.origin.clone(),
        position: None,
        document: None,
        path: path.clone(),
        message: format!("{what} must be an object whose keys are the documents"),
    }
}

/// A key without a value is a document that is not there.
fn add_part(snapshot: &mut Snapshot, file: usize, path: &str, root: JsonPath, value: Value) {
    if value.is_null() {
        return;
    }
    match DocumentName::from_path(path) {
        Some(name) => snapshot.documents.add(name, Document { file, root, content: Content::Part(value) }),
        None => {
            let notice = format!(
                "{}: {path} is not a document of a snapshot, and was left out{}",
                snapshot.documents.origin,
                did_you_mean(path, DocumentName::single_paths(), "")
            );
            snapshot.notices.push(notice);
        }
    }
}

/// Keys of `connection.yaml` that nothing reads: a mistyped one would leave its setting unknown without a word.
fn unknown_keys(connection: &Value) -> Vec<String> {
    let mut notices = Vec::new();
    for (object, keys) in crate::document::connection::KEYS {
        let mut value = Some(connection);
        for step in object.split('.').filter(|step| !step.is_empty()) {
            value = value.and_then(|value| value.get(step));
        }
        for key in value.and_then(Value::as_object).into_iter().flat_map(|members| members.keys()) {
            if !keys.contains(&key.as_str()) {
                let full = if object.is_empty() { key.clone() } else { format!("{object}.{key}") };
                notices.push(format!(
                    "connection.yaml: {full} is not a key that is read{}",
                    did_you_mean(key, keys.iter().copied(), "")
                ));
            }
        }
    }
    notices
}

/// `; did you mean X?` where one of the names is near enough, else nothing.
fn did_you_mean<'a>(typed: &str, names: impl Iterator<Item = &'a str>, extension: &str) -> String {
    names
        .map(|name| (strsim::jaro_winkler(typed, name), name))
        .filter(|(score, _)| *score > 0.85)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(String::new, |(_, name)| format!("; did you mean {name}{extension}?"))
}
