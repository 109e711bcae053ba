//! Long lists, read into rows while their files are: a file is cut between two elements into pieces of about a megabyte, which all cores
//! parse at once, and no text is kept. A list of a million people never stands in memory as text.
//!
//! Where a file is cut is only guessed, from the line breaks that `pull` writes. A wrong guess does no harm: if every piece, in brackets,
//! is a JSON list of rows, the whole is the list of all of them, by JSON's grammar. If one is not, the list is left to the careful reader of
//! `document`, which reads any form of JSON and says what is wrong and where.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::SystemTime;

use crate::document::rows::{self, AppUserRows, Columns, MemberRows, Rows, UserRows};
use crate::document::{DocumentName, text};

/// How files are cut.
#[derive(Debug, Clone, Copy)]
pub struct Pieces {
    /// Bytes; a shorter file is kept as text.
    pub from: u64,
    /// Bytes of a piece.
    pub length: u64,
    /// How many are parsed at once at most.
    pub threads: usize,
}

impl Default for Pieces {
    fn default() -> Self {
        // More than a few threads wait for memory.
        let threads = thread::available_parallelism().map_or(1, usize::from).min(8);
        Self { from: 1 << 16, length: 1 << 20, threads }
    }
}

/// A file to be read, and what it is a list of.
#[derive(Debug, Clone)]
pub struct List {
    pub path: PathBuf,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Users,
    AppUsers,
    Members,
}

impl Kind {
    /// `None` for a document that is never long.
    pub fn of(name: &DocumentName) -> Option<Self> {
        match name {
            DocumentName::Users => Some(Self::Users),
            DocumentName::AppUsers => Some(Self::AppUsers),
            DocumentName::GroupUsers(_) => Some(Self::Members),
            _ => None,
        }
    }
}

/// Reads every list. `None` where one must be read with care.
pub fn read(lists: &[List], pieces: Pieces) -> Vec<Option<Rows>> {
    let queue = Mutex::new(Queue { lists, next: 0, open: None, pieces });
    let parse = || {
        let mut found = Vec::new();
        let mut buffer = Vec::new();
        loop {
            let taken = queue.lock().unwrap_or_else(PoisonError::into_inner).take(&mut buffer);
            let Some(place) = taken else { return found };
            let kind = lists.get(place.list).map(|list| list.kind);
            let part = kind.filter(|_| place.is_read).and_then(|kind| Part::parse(kind, &buffer));
            found.push((place, part));
        }
    };
    let mut parts: Vec<(Place, Option<Part>)> = if pieces.threads < 2 || lists.is_empty() {
        parse()
    } else {
        thread::scope(|scope| {
            let others: Vec<_> = (1..pieces.threads).map(|_| scope.spawn(parse)).collect();
            let mut found = parse();
            // A thread that ended otherwise has lost its parts, and their lists are then read with care.
            others.into_iter().for_each(|other| found.extend(other.join().unwrap_or_default()));
            found
        })
    };
    parts.sort_unstable_by_key(|(place, _)| (place.list, place.piece));
    let mut joined: Vec<Joined> = lists.iter().map(|_| Joined::default()).collect();
    for (place, part) in parts {
        if let Some(joined) = joined.get_mut(place.list) {
            joined.add(place, part);
        }
    }
    joined.into_iter().map(Joined::rows).collect()
}

/// Which piece of which list.
#[derive(Debug, Clone, Copy)]
struct Place {
    list: usize,
    piece: usize,
    is_last: bool,
    /// The file gave the bytes.
    is_read: bool,
}

/// The files that are still to be read.
struct Queue<'l> {
    lists: &'l [List],
    next: usize,
    open: Option<Open>,
    pieces: Pieces,
}

/// A file of which a part was handed out.
struct Open {
    list: usize,
    piece: usize,
    file: File,
    /// What was read behind the last cut, with the bracket that begins the next piece.
    rest: Vec<u8>,
}

impl Queue<'_> {
    /// Fills the buffer with the next piece; `None` where there is none left.
    fn take(&mut self, buffer: &mut Vec<u8>) -> Option<Place> {
        buffer.clear();
        let mut open = match self.open.take() {
            Some(open) => open,
            None => {
                let list = self.next;
                let path = &self.lists.get(list)?.path;
                self.next += 1;
                let unread = Place { list, piece: 0, is_last: true, is_read: false };
                let Ok(file) = File::open(path) else { return Some(unread) };
                Open { list, piece: 0, file, rest: Vec::new() }
            }
        };
        buffer.append(&mut open.rest);
        let mut place = Place { list: open.list, piece: open.piece, is_last: false, is_read: true };
        match self.fill(&mut open, buffer) {
            Ok(Filled::ToCut) => {
                open.piece += 1;
                self.open = Some(open);
            }
            Ok(Filled::ToEnd) => place.is_last = true,
            Err(_) => place = Place { is_last: true, is_read: false, ..place },
        }
        Some(place)
    }

    fn fill(&self, open: &mut Open, buffer: &mut Vec<u8>) -> io::Result<Filled> {
        let mut searched = 0;
        loop {
            let read = (&mut open.file).take(self.pieces.length).read_to_end(buffer)?;
            if (read as u64) < self.pieces.length {
                return Ok(Filled::ToEnd);
            }
            if let Some(comma) = last_cut(buffer, searched) {
                open.rest.push(b'[');
                open.rest.extend_from_slice(buffer.get(comma + 1..).unwrap_or_default());
                buffer.truncate(comma);
                buffer.push(b']');
                return Ok(Filled::ToCut);
            }
            searched = buffer.len().saturating_sub(CUT.len());
        }
    }
}

enum Filled {
    ToCut,
    ToEnd,
}

/// As the end of an element stands in a list that `pull` wrote.
const CUT: &[u8] = b"\n  },";

/// The last comma behind an element, not before `from`.
fn last_cut(bytes: &[u8], from: usize) -> Option<usize> {
    let searched = bytes.get(from..)?;
    let at = searched.windows(CUT.len()).rposition(|window| window == CUT)?;
    Some(from + at + CUT.len() - 1)
}

/// The rows of one piece.
enum Part {
    Users(UserRows),
    AppUsers(AppUserRows),
    Members(MemberRows),
}

impl Part {
    fn parse(kind: Kind, bytes: &[u8]) -> Option<Self> {
        let text = str::from_utf8(bytes).ok()?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match kind {
            Kind::Users => rows::part(text).map(Self::Users),
            Kind::AppUsers => rows::part(text).map(Self::AppUsers),
            Kind::Members => rows::part(text).map(Self::Members),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Users(rows) => rows.is_empty(),
            Self::AppUsers(rows) => rows.is_empty(),
            Self::Members(rows) => rows.is_empty(),
        }
    }
}

/// The pieces of a list so far, in their order.
#[derive(Default)]
struct Joined {
    rows: Option<Part>,
    pieces: usize,
    is_whole: bool,
    is_odd: bool,
}

impl Joined {
    fn add(&mut self, place: Place, part: Option<Part>) {
        let in_order = place.piece == self.pieces && !self.is_whole;
        self.pieces += 1;
        self.is_whole = place.is_last;
        // Behind a comma there must be something.
        let Some(part) = part.filter(|part| in_order && (place.piece == 0 || !part.is_empty())) else {
            self.is_odd = true;
            self.rows = None;
            return;
        };
        if self.is_odd {
            return;
        }
        self.is_odd = match (&mut self.rows, part) {
            (rows @ None, part) => {
                *rows = Some(part);
                false
            }
            (Some(Part::Users(rows)), Part::Users(next)) => append(rows, next),
            (Some(Part::AppUsers(rows)), Part::AppUsers(next)) => append(rows, next),
            (Some(Part::Members(rows)), Part::Members(next)) => append(rows, next),
            _ => true,
        };
    }

    fn rows(self) -> Option<Rows> {
        if self.is_odd || !self.is_whole {
            return None;
        }
        Some(match self.rows? {
            Part::Users(rows) => rows.into_rows(),
            Part::AppUsers(rows) => rows.into_rows(),
            Part::Members(rows) => rows.into_rows(),
        })
    }
}

/// Says whether that was too much.
fn append<C: Columns>(rows: &mut C, next: C) -> bool {
    rows.append(next);
    rows.is_full()
}

/// The file of a list, which is read again only where something in it is shown.
#[derive(Debug)]
pub struct OnDisk {
    path: PathBuf,
    /// Length and time of the last change, as they were before the rows were read; `None` where they could not be had.
    seen: Option<(u64, SystemTime)>,
}

impl OnDisk {
    /// To be made before the file is read: then a change in between is seen too.
    pub fn of(path: PathBuf) -> Self {
        let seen = std::fs::metadata(&path).and_then(|metadata| length_and_time(&metadata)).ok();
        Self { path, seen }
    }

    /// `None` where it is not the file any more that the rows were read from.
    fn as_it_was(&self) -> io::Result<Option<String>> {
        let mut file = File::open(&self.path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let is_same = self.seen == Some(length_and_time(&file.metadata()?)?);
        Ok(is_same.then(|| String::from_utf8_lossy(&bytes).into_owned()))
    }
}

fn length_and_time(metadata: &Metadata) -> io::Result<(u64, SystemTime)> {
    Ok((metadata.len(), metadata.modified()?))
}

impl text::ReadAgain for OnDisk {
    fn text(&self) -> std::sync::Arc<str> {
        match self.as_it_was() {
            Ok(Some(text)) => text.into(),
            Ok(None) => "(The file has changed since it was read: its lines cannot be shown.)\n".into(),
            Err(cause) => format!("(The file cannot be read again: {cause}.)\n").into(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use std::fs;
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::document::JsonPath;
    use crate::document::position::{Format, Part, Positions};
    use text::ReadAgain;

    #[test]
    fn a_file_is_shown_only_as_it_was_read() {
        const READ: &str = "[\n  {\"id\": \"00u1\"},\n  {\"id\": \"00u2\"}\n]\n";
        type Change = fn(&Path);
        let set_time = |path: &Path, time: SystemTime| {
            File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
        };
        let early = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let changes: [(Change, &str); 4] = [
            (|_| {}, READ),
            (|path| fs::write(path, format!("\n{READ}")).unwrap(), "(The file has changed since"),
            (|path| fs::write(path, READ.replace("00u1", "00u0")).unwrap(), "(The file has changed since"),
            (|path| fs::remove_file(path).unwrap(), "(The file cannot be read again: "),
        ];
        for (change, expect) in changes {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("users.json");
            fs::write(&path, READ).unwrap();
            set_time(&path, early);
            let on_disk = OnDisk::of(path.clone());
            change(&path);
            let text = on_disk.text();
            assert!(text.starts_with(expect), "{text}");
            let second = JsonPath::root().index(1).key("id");
            let found = Positions::scan(&text, Format::Json).find(&second, Part::Value);
            let line = if expect == READ { (3, true) } else { (1, false) };
            assert_eq!((found.region.line, found.exact), line, "a place in {text:?}");
        }
    }
}
