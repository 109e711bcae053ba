//! The snapshots that a command is to read, with names that are told apart.

use std::collections::HashMap;
use std::path::PathBuf;

use ssolint::source::snapshot::{self, Snapshot};
use ssolint::source::terraform::{self, AppChoice};

use crate::output::{self, Problem};

/// What was read, and whether all of it was.
pub struct Read {
    pub snapshots: Vec<Snapshot>,
    /// A path could not be read at all; the others still are.
    pub failed: usize,
}

/// Reads every path; one that cannot be read is said on standard error, and the others go on.
pub fn read(paths: &[PathBuf]) -> Result<Read, Problem> {
    if paths.is_empty() {
        return Err(Problem(
            "name a snapshot to read, such as `ssolint check examples/first-look`; README.md says how to make one"
                .to_owned(),
        ));
    }
    let mut read = Read { snapshots: Vec::new(), failed: 0 };
    for path in paths {
        match snapshot::read(path) {
            Ok(snapshot) => read.snapshots.push(snapshot),
            Err(error) => {
                output::problem(&Problem(error.to_string()));
                read.failed += 1;
            }
        }
    }
    Ok(read)
}

/// A plan to lay over the snapshots.
pub struct PlanArguments<'a> {
    pub file: Option<&'a PathBuf>,
    pub folder: Option<&'a PathBuf>,
    pub app: Option<&'a str>,
}

/// Like [`read`], with the planned state laid over each; a plan may also stand alone.
pub fn read_planned(paths: &[PathBuf], typed: &PlanArguments<'_>) -> Result<Read, Problem> {
    let Some(file) = typed.file else { return read(paths) };
    let mut plan = terraform::read(file).map_err(|error| Problem(error.to_string()))?;
    if let Some(folder) = typed.folder {
        plan.sources = Some(terraform::hcl::read(folder).map_err(|error| Problem(error.to_string()))?);
    }
    let choice = typed.app.map_or(AppChoice::Found, |address| AppChoice::Address(address.to_owned()));
    let read = if paths.is_empty() {
        Read { snapshots: vec![Snapshot::default()], failed: 0 }
    } else {
        read(paths)?
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
