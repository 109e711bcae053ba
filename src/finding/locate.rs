//! From places to lines: each file that has findings is scanned once.

use std::collections::HashMap;

use crate::document::overlay::{self, Target};
use crate::document::position::{Lines, Part, Positions, Region};
use crate::document::{DocumentName, Documents, JsonPath, ReadFault};

use super::Spot;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Index into the connection's files.
    pub file: usize,
    pub region: Region,
    /// The place as it is named in output: document and JSON path.
    pub path: String,
    /// False where the member itself is missing and this is where it belongs.
    pub exact: bool,
}

/// Looks places up.
pub struct Locator<'a> {
    documents: &'a Documents,
    scans: HashMap<usize, Positions>,
    /// Values inside a file, by the file and the byte where they begin.
    inner_scans: HashMap<(usize, usize), Positions>,
    /// Of files with such values.
    lines: HashMap<usize, Lines>,
}

impl<'a> Locator<'a> {
    pub fn new(documents: &'a Documents) -> Self {
        Self { documents, scans: HashMap::new(), inner_scans: HashMap::new(), lines: HashMap::new() }
    }

    /// The lines of a spot. A document that is not there is looked for where its connection is described. `None` only where no file is
    /// there at all.
    pub fn locate(&mut self, spot: &Spot) -> Option<Location> {
        let path = spot.place.to_string();
        let overlay = self.documents.overlay(&spot.place.document);
        if let Some(part) = overlay.and_then(|overlay| overlay.find(&spot.place.path)) {
            return self.find_part(&part, spot.part(), path);
        }
        if let Some(document) = self.documents.get(&spot.place.document) {
            let (file, full) = (document.file, document.root.join(&spot.place.path));
            return self.find(file, &full, spot.part(), path);
        }
        let connection = self.documents.get(&DocumentName::Connection);
        let (file, root) =
            connection.map_or((0, JsonPath::root()), |document| (document.file, document.root.clone()));
        self.find(file, &root, Part::Key, path).map(|location| Location { exact: false, ..location })
    }

    fn find(&mut self, file: usize, path: &JsonPath, part: Part, shown: String) -> Option<Location> {
        let source = self.documents.files().get(file)?;
        let scan = self.scans.entry(file).or_insert_with(|| Positions::scan(&source.text, source.format));
        let found = scan.find(path, part);
        Some(Location { file, region: found.region, path: shown, exact: found.exact })
    }

    fn find_part(&mut self, place: &overlay::Part, part: Part, shown: String) -> Option<Location> {
        let source = self.documents.files().get(place.file)?;
        let (bytes, exact) = match &place.target {
            Target::Path(path) => return self.find(place.file, path, part, shown),
            Target::Bytes(bytes) => (bytes.clone(), true),
            Target::Within { bytes, path } => {
                let value = source.text.get(bytes.clone())?;
                let scan = self
                    .inner_scans
                    .entry((place.file, bytes.start))
                    .or_insert_with(|| Positions::scan(value, source.format));
                let found = scan.find(path, part);
                (bytes.start + found.region.start..bytes.start + found.region.end, found.exact)
            }
        };
        let lines = self.lines.entry(place.file).or_insert_with(|| Lines::of(&source.text));
        let (line, column) = lines.line_column(&source.text, bytes.start);
        let (end_line, end_column) = lines.line_column(&source.text, bytes.end);
        let region = Region { line, column, end_line, end_column, start: bytes.start, end: bytes.end };
        Some(Location { file: place.file, region, path: shown, exact })
    }

    /// The line and column of a fault in a text, 1-based; `None` where its file is not among the documents.
    pub fn fault(&mut self, fault: &ReadFault) -> Option<(usize, usize)> {
        if fault.position.is_some() {
            return fault.position;
        }
        let file = self.documents.files().iter().position(|file| file.path == fault.file)?;
        let region = self.find(file, &fault.path, Part::Value, String::new())?.region;
        Some((region.line, region.column))
    }
}
