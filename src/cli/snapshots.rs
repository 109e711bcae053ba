//! The snapshots that a command is to read: from paths, from the project file, or live; with names that are told apart.

use std::collections::HashMap;
use std::path::PathBuf;

use ssolint::document::ProjectEntry;
use ssolint::source::project::Project;
use ssolint::source::pull::torq;
use ssolint::source::snapshot::{self, Snapshot};
use ssolint::source::terraform::{self, AppChoice};

use crate::Exit;
use crate::arguments::SourceArguments;
use crate::live;
use crate::output::{self, Problem};

/// What was read, and whether all of it was.
pub struct Read {
    pub snapshots: Vec<Snapshot>,
    /// What it costs that a path could not be read, or a connection was not reached; the others still are.
    pub exit: Exit,
}

/// Reads every path and connection; one that cannot be read is said on standard error, and the others go on.
fn read(source: &SourceArguments) -> Result<Read, Problem> {
    let arguments = &source.live;
    let mut read = Read { snapshots: Vec::new(), exit: Exit::Clean };
    for path in &source.paths {
        read.path(path);
    }
    match &source.live_connections {
        Some(names) => {
            let project = live::project(arguments)?;
            let pulled = live::pull(&project, names, arguments)?;
            read.exit = Exit::worst([read.exit, pulled.exit]);
            if pulled.read.iter().any(|(_, pulled)| pulled.manifest.torq.is_some()) {
                output::problem(&Problem(torq::NOT_RUN_LIVE.to_owned()));
            }
            for (connection, pulled) in pulled.read {
                let mut snapshot = pulled.snapshot(&connection);
                snapshot.documents.live_entry = entry(&project, &connection);
                read.snapshots.push(snapshot);
            }
        }
        None if source.paths.is_empty() => {
            let project = live::project(arguments)?;
            let snapshots = project.connections.iter().filter_map(|connection| connection.snapshot.as_ref());
            let snapshots: Vec<PathBuf> = snapshots.map(|path| project.folder.join(path)).collect();
            if snapshots.is_empty() {
                return Err(Problem(format!(
                    "{} names no snapshot; add --live to read its connections live, or name a snapshot to read, such as `ssolint check examples/first-look`",
                    project.file.display()
                )));
            }
            snapshots.iter().for_each(|path| read.path(path));
        }
        None => {}
    }
    Ok(read)
}

/// Where the project file has the connection.
fn entry(project: &Project, name: &str) -> Option<ProjectEntry> {
    let connection = project.connections.iter().find(|connection| connection.name == name)?;
    Some(ProjectEntry {
        file: snapshot::shown(&project.file),
        line: connection.line,
        column: connection.column,
        end_column: connection.end_column,
    })
}

impl Read {
    fn path(&mut self, path: &std::path::Path) {
        match snapshot::read(path) {
            Ok(snapshot) => self.snapshots.push(snapshot),
            Err(error) => {
                output::problem(&Problem(error.to_string()));
                self.exit = Exit::WrongUse;
            }
        }
    }
}

/// Like [`read`], with the planned state laid over each; a plan may also stand alone.
pub fn read_planned(source: &SourceArguments) -> Result<Read, Problem> {
    let Some(file) = &source.plan.terraform_plan else { return read(source) };
    let mut plan = terraform::read(file).map_err(|error| Problem(error.to_string()))?;
    if let Some(folder) = &source.plan.terraform_dir {
        plan.sources = Some(terraform::hcl::read(folder).map_err(|error| Problem(error.to_string()))?);
    }
    let choice = source.plan.app.clone().map_or(AppChoice::Found, AppChoice::Address);
    let read = if source.paths.is_empty() && source.live_connections.is_none() {
        Read { snapshots: vec![Snapshot::default()], exit: Exit::Clean }
    } else {
        read(source)?
    };
    let snapshots =
        read.snapshots.iter().map(|snapshot| terraform::planned(snapshot, &plan, &choice)).collect();
    Ok(Read { snapshots, ..read })
}

/// Two connections of one name could not be told apart in a report: says which, and gives the later ones a number.
pub fn tell_apart<'a>(names: impl Iterator<Item = (&'a mut String, &'a str)>) -> Vec<Problem> {
    let mut seen: HashMap<String, String> = HashMap::new();
    let mut problems = Vec::new();
    for (name, origin) in names {
        if let Some(first) = seen.get(name.as_str()) {
            problems.push(Problem(format!(
                "{first} and {origin} are both called {name}; give each its own `name:` in connection.yaml"
            )));
            let number = (2..).find(|number| !seen.contains_key(&format!("{name} ({number})"))).unwrap_or(2);
            *name = format!("{name} ({number})");
        }
        seen.insert(name.clone(), origin.to_owned());
    }
    problems
}
