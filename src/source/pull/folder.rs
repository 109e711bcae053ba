//! Writes a pulled snapshot into a folder: whole or not at all, readable by its owner only, and kept out of version control.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::Pulled;

/// Names people and groups: nothing of it belongs into a repository unless someone decides so.
const IGNORE: &str =
    "# Written by ssolint pull: snapshots name people and groups. Take a line out to commit one.\n*\n";

#[derive(Debug, Error)]
pub enum WriteError {
    #[error("{path} could not be written: {cause}")]
    Io { path: String, cause: io::Error },
    #[error("{path} is there and is no snapshot; name another folder, or take it away")]
    NotOurs { path: String },
}

/// Writes `pulled` as the folder `name` in `parent`, in place of an older snapshot of that name, and gives its path.
pub fn write(pulled: &Pulled, parent: &Path, name: &str) -> Result<PathBuf, WriteError> {
    let target = parent.join(name);
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |cause| WriteError::Io { path, cause }
    };
    fs::create_dir_all(parent).map_err(failed(parent))?;
    if target.exists() && !is_snapshot(&target) {
        return Err(WriteError::NotOurs { path: target.display().to_string() });
    }
    let new = tempfile::Builder::new().prefix(".ssolint-").tempdir_in(parent).map_err(failed(parent))?;
    for (name, text) in &pulled.documents {
        let path = new.path().join(name.to_string());
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed(folder))?;
        }
        write_private(&path, text).map_err(failed(&path))?;
    }
    // An empty folder is "nobody's members were needed", and a folder that is not there the same; only files count.
    let ignore = parent.join(".gitignore");
    match write_private(&ignore, IGNORE) {
        // The user's own, or another connection's of the same run.
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
        written => written.map_err(failed(&ignore))?,
    }
    let new = new.keep();
    let old = target.exists().then(|| parent.join(format!(".ssolint-old-{name}-{}", std::process::id())));
    let swapped =
        old.as_ref().map_or(Ok(()), |old| fs::rename(&target, old)).and_then(|()| fs::rename(&new, &target));
    if let Err(cause) = swapped {
        // What was there before comes back, and nothing half written stays.
        if let Some(old) = old.filter(|old| old.exists() && !target.exists()) {
            let _ = fs::rename(old, &target);
        }
        let _ = fs::remove_dir_all(&new);
        return Err(WriteError::Io { path: target.display().to_string(), cause });
    }
    if let Some(old) = old {
        fs::remove_dir_all(&old).map_err(failed(&old))?;
    }
    Ok(target)
}

fn is_snapshot(folder: &Path) -> bool {
    let empty = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    empty || folder.join("manifest.json").is_file()
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
