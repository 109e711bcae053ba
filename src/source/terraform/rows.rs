//! A document that is a list, while a plan is laid over it: its rows, and where each of them stands.

use serde_json::Value;

use crate::document::overlay::{Part, Target};
use crate::document::{Content, Document, DocumentName, Documents, JsonPath, Overlay, reading};

/// One row; a policy of an authorization server has rows of its own.
#[derive(Debug)]
pub struct Row {
    pub value: Value,
    pub part: Part,
    /// Where its members stand, by their path in it.
    pub members: Vec<(JsonPath, Part)>,
    /// Rows under a key of the value, which take its place when the document is written.
    pub inner: Option<(&'static str, Vec<Row>)>,
}

impl Row {
    pub fn id(&self) -> Option<&str> {
        self.value.get("id").and_then(Value::as_str)
    }
}

#[derive(Debug)]
pub struct Rows {
    name: DocumentName,
    pub rows: Vec<Row>,
    file: usize,
    root: JsonPath,
    overlay: Overlay,
    /// The document was there before.
    pub was_there: bool,
}

impl Rows {
    /// The rows of a document, with the rows under `inner` of each. `None` where it is there and cannot be read: then it stays as it is, and its
    /// reader says why. `file`: where a document that was not there would stand.
    pub fn read(
        documents: &Documents,
        name: &DocumentName,
        inner: Option<&'static str>,
        file: usize,
    ) -> Option<Self> {
        let overlay = documents.overlay(name).cloned().unwrap_or_default();
        let (Some(document), Some(read)) =
            (documents.get(name), reading::read::<Vec<Value>>(documents, name))
        else {
            let root = JsonPath::root();
            return Some(Self {
                name: name.clone(),
                rows: Vec::new(),
                file,
                root,
                overlay,
                was_there: false,
            });
        };
        let values = read.ok()?;
        let part = |path: JsonPath| {
            overlay.find(&path).unwrap_or_else(|| Part {
                file: document.file,
                target: Target::Path(document.root.join(&path)),
            })
        };
        let rows = values.into_iter().enumerate().map(|(index, mut value)| {
            let at = JsonPath::root().index(index);
            let inner = inner.and_then(|key| {
                let rows = value.get_mut(key).and_then(Value::as_array_mut).map(std::mem::take)?;
                let at = at.clone().key(key);
                let row = |(index, value)| Row {
                    value,
                    part: part(at.clone().index(index)),
                    members: Vec::new(),
                    inner: None,
                };
                Some((key, rows.into_iter().enumerate().map(row).collect()))
            });
            Row { value, part: part(at), members: Vec::new(), inner }
        });
        let rows = rows.collect();
        let (file, root) = (document.file, document.root.clone());
        Some(Self { name: name.clone(), rows, file, root, overlay, was_there: true })
    }

    /// Nothing of what was there counts any more: of a new app there is only what the plan makes.
    pub fn start_anew(&mut self) {
        self.rows.clear();
        self.overlay = Overlay::default();
        self.was_there = true;
    }

    pub fn has(&self, id: &str) -> bool {
        self.rows.iter().any(|row| row.id() == Some(id))
    }

    /// Puts a row in place of the one with its id, or at the end.
    pub fn put(&mut self, row: Row) {
        match self.rows.iter_mut().find(|other| other.id().is_some() && other.id() == row.id()) {
            Some(other) => *other = row,
            None => self.rows.push(row),
        }
    }

    pub fn remove(&mut self, id: &str) {
        self.rows.retain(|row| row.id() != Some(id));
    }

    /// Removes a row whose id is not among those that stay.
    pub fn remove_unless<'i>(&mut self, id: &String, mut stay: impl Iterator<Item = &'i String>) {
        if !stay.any(|other| other == id) {
            self.remove(id);
        }
    }

    /// There may be more rows than these.
    pub fn leave_open(&mut self, why: &str) {
        self.overlay.leave_open(JsonPath::root(), why);
    }

    pub fn write(self, documents: &mut Documents) {
        let mut overlay = Overlay::default();
        overlay.unknown.clone_from(&self.overlay.unknown);
        overlay.undecided.clone_from(&self.overlay.undecided);
        if !self.was_there {
            overlay.leave_open(JsonPath::root(), "only what the plan names of it is known");
        }
        let mut values = Vec::new();
        for (index, row) in self.rows.into_iter().enumerate() {
            let at = JsonPath::root().index(index);
            let mut value = row.value;
            place(&mut overlay, at.clone(), row.part, row.members, self.file, &self.root);
            if let (Some((key, inner)), Some(members)) = (row.inner, value.as_object_mut()) {
                let mut list = Vec::new();
                for (index, row) in inner.into_iter().enumerate() {
                    place(
                        &mut overlay,
                        at.clone().key(key).index(index),
                        row.part,
                        row.members,
                        self.file,
                        &self.root,
                    );
                    list.push(row.value);
                }
                members.insert(key.to_owned(), Value::Array(list));
            }
            values.push(value);
        }
        let content = Content::Part(Value::Array(values));
        documents.add(self.name.clone(), Document { file: self.file, root: self.root, content });
        documents.lay_over(self.name, overlay);
    }
}

/// A row that stands where its index says needs no place of its own.
fn place(
    overlay: &mut Overlay,
    at: JsonPath,
    part: Part,
    members: Vec<(JsonPath, Part)>,
    file: usize,
    root: &JsonPath,
) {
    members.into_iter().for_each(|(below, part)| overlay.place(at.join(&below), part));
    if part != (Part { file, target: Target::Path(root.join(&at)) }) {
        overlay.place(at, part);
    }
}
