//! Findings that are known: by a baseline, or since a snapshot of before has them too.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use ssolint::report::baseline::{self, Baseline};
use ssolint::report::{ConnectionReport, Report};
use ssolint::source::snapshot::{self, Snapshot, SnapshotError};

use crate::Exit;
use crate::arguments::CheckArguments;
use crate::output::{self, Problem};

/// The baseline that was named, with its text.
pub struct Known {
    path: PathBuf,
    text: String,
    baseline: Baseline,
}

impl Known {
    pub fn read(path: &Path) -> Result<Self, Problem> {
        let shown = snapshot::shown(path);
        let text = fs::read_to_string(path)
            .map_err(|error| Problem(format!("{shown} could not be read: {error}")))?;
        let baseline = Baseline::read(&text).map_err(|error| Problem(format!("{shown}: {error}")))?;
        Ok(Self { path: path.to_owned(), text, baseline })
    }

    pub fn apply(&self, report: &mut Report) {
        self.baseline.apply(report);
    }

    /// Takes out what is found no more, and lowers what concerns fewer people.
    fn prune(&self, report: &Report) -> Result<(), Problem> {
        let bytes = baseline::pruned(&self.text, report)
            .map_err(|error| Problem(format!("{}: {error}", self.path.display())))?;
        if bytes == self.text.as_bytes() { Ok(()) } else { replace(&self.path, &bytes) }
    }
}

/// Writes the baselines that were asked for; what is written is known, so only what was not evaluated, or not read, is left of the exit code.
pub fn write(typed: &CheckArguments, known: Option<&Known>, report: &Report) -> Result<(), Problem> {
    if let (true, Some(known)) = (typed.prune_baseline, known) {
        known.prune(report)?;
    }
    match &typed.write_baseline {
        Some(path) => replace(path, &baseline::write(report)),
        None => Ok(()),
    }
}

/// Whole or not at all.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    let wrong = |error: std::io::Error| Problem(format!("{} could not be written: {error}", path.display()));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(wrong)?;
    file.write_all(bytes).map_err(wrong)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(path).map_or(0o644, |metadata| metadata.permissions().mode());
        file.as_file().set_permissions(fs::Permissions::from_mode(mode)).map_err(wrong)?;
    }
    file.persist(path).map(drop).map_err(|error| wrong(error.error))
}

/// The snapshots of before.
pub enum Before {
    /// One, for the one connection of the run, whatever the two are called.
    One(Box<Snapshot>),
    /// A folder with a snapshot for each connection, called by its name.
    Folder(PathBuf),
}

impl Before {
    pub fn read(path: &Path) -> Result<Self, Problem> {
        match snapshot::read(path) {
            Ok(snapshot) => Ok(Self::One(Box::new(snapshot))),
            Err(SnapshotError::NotASnapshot { .. }) if path.is_dir() => Ok(Self::Folder(path.to_owned())),
            Err(error) => Err(Problem(error.to_string())),
        }
    }

    /// The snapshot of one of so many connections of the run, those of other parts among them.
    pub fn of(&self, connection: &str, connections: usize) -> Result<Snapshot, Problem> {
        match self {
            Self::One(snapshot) if connections == 1 => Ok((**snapshot).clone()),
            Self::One(_) => Err(Problem(format!(
                "--new-since names one snapshot, and {connections} connections are checked; name a folder with a snapshot for each, called by the connection's name"
            ))),
            Self::Folder(folder) => snapshot::read(&folder.join(connection)).map_err(|error| {
                Problem(format!(
                    "--new-since: {error}; without it every finding of {connection} would be new"
                ))
            }),
        }
    }
}

/// The fingerprints of before, and whether all of it could be read.
pub fn seen(before: &ConnectionReport) -> (BTreeMap<String, usize>, Exit) {
    for fault in &before.faults {
        output::problem(&Problem(format!(
            "{}:{}:{}: {}",
            fault.file, fault.line, fault.column, fault.message
        )));
    }
    let exit = if before.faults.is_empty() { Exit::Clean } else { Exit::WrongUse };
    (baseline::seen(before), exit)
}
