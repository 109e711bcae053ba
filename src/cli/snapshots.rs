//! The snapshots that a command is to read: from paths, from the project file, or live; with names that are told apart.

use std::collections::HashMap;
use std::path::Path;

use ssolint::source::project::{Project, ProjectConnection, ProjectError};
use ssolint::source::snapshot::{self, Snapshot};
use ssolint::source::terraform::{self, AppChoice, BeforeAndAfter, Plan};

use crate::Exit;
use crate::arguments::{PlanArguments, SourceArguments};
use crate::live;
use crate::output::{self, Problem};

/// What was read, and whether all of it was.
pub struct Read {
    pub snapshots: Vec<Snapshot>,
    /// The project file, where there is one: what it says lies over the snapshots.
    pub project: Option<Project>,
    /// What it costs that a path could not be read, or a connection was not reached; the others still are.
    pub exit: Exit,
}

/// What was read so far, each with the name that the project file has for it.
struct Reading {
    snapshots: Vec<(Snapshot, Option<String>)>,
    exit: Exit,
}

/// Reads every path and connection, with the planned state laid over each (a plan may also stand alone), and what the project file says; what
/// cannot be read is said on standard error, and the others go on.
pub fn read(source: &SourceArguments) -> Result<Read, Problem> {
    let project = live::project_if_any(&source.live)?;
    let plan = plan(&source.plan)?;
    let alone = plan.is_some() && source.paths.is_empty() && source.live_connections.is_none();
    let mut reading = if alone {
        Reading { snapshots: vec![(Snapshot::default(), None)], exit: Exit::Clean }
    } else {
        as_it_is(source, project.as_ref())?
    };
    if let Some((plan, choice)) = &plan {
        for (snapshot, _) in &mut reading.snapshots {
            *snapshot = terraform::planned(snapshot, plan, choice);
        }
    }
    if let Some(project) = &project {
        for (snapshot, called) in &mut reading.snapshots {
            project.lay_over(&mut snapshot.documents, called.as_deref());
        }
    }
    let snapshots = reading.snapshots.into_iter().map(|(snapshot, _)| snapshot).collect();
    Ok(Read { snapshots, project, exit: reading.exit })
}

fn as_it_is(source: &SourceArguments, project: Option<&Project>) -> Result<Reading, Problem> {
    let mut reading = Reading { snapshots: Vec::new(), exit: Exit::Clean };
    for path in &source.paths {
        reading.path(path, project.and_then(|project| called(project, path)));
    }
    if source.live_connections.is_none() && !source.paths.is_empty() {
        return Ok(reading);
    }
    let project = project.ok_or(ProjectError::NotFound).map_err(said)?;
    match &source.live_connections {
        Some(names) => {
            let (snapshots, exit) = live::snapshots(project, names, &source.live)?;
            reading.exit = Exit::worst([reading.exit, exit]);
            let called = |snapshot: Snapshot| {
                let name = snapshot.documents.called.clone();
                (snapshot, name)
            };
            reading.snapshots.extend(snapshots.into_iter().map(called));
        }
        None => {
            let paths = project.connections.iter().filter_map(|connection| {
                Some((project.folder.join(connection.snapshot.as_ref()?), connection.name.clone()))
            });
            let paths: Vec<_> = paths.collect();
            if paths.is_empty() {
                return Err(Problem(format!(
                    "{} names no snapshot; add --live to read its connections live, or name a snapshot to read, such as `ssolint check examples/first-look`",
                    project.file.display()
                )));
            }
            for (path, name) in paths {
                reading.path(&path, Some(name));
            }
        }
    }
    Ok(reading)
}

fn said(error: impl std::fmt::Display) -> Problem {
    Problem(error.to_string())
}

/// How the project file calls the snapshot at a path, where it names that path.
fn called(project: &Project, path: &Path) -> Option<String> {
    let path = path.canonicalize().ok()?;
    let same = |connection: &&ProjectConnection| {
        let named = connection.snapshot.as_ref().map(|snapshot| project.folder.join(snapshot));
        named.and_then(|named| named.canonicalize().ok()).is_some_and(|named| named == path)
    };
    project.connections.iter().find(same).map(|connection| connection.name.clone())
}

impl Reading {
    fn path(&mut self, path: &Path, called: Option<String>) {
        match snapshot::read(path) {
            Ok(snapshot) => self.snapshots.push((snapshot, called)),
            Err(error) => {
                output::problem(&said(error));
                self.exit = Exit::WrongUse;
            }
        }
    }
}

/// The snapshot, and the snapshot with a plan laid over it; without a snapshot, what the plan alone says of before and after. `None` where no
/// plan is named. What is worth knowing of how they fit is said on standard error.
pub fn before_and_after(
    before: Option<Snapshot>,
    typed: &PlanArguments,
) -> Result<Option<BeforeAndAfter>, Problem> {
    let Some((plan, choice)) = plan(typed)? else { return Ok(None) };
    if before.is_none() {
        output::problem(&Problem(format!(
            "{}: without a snapshot, only the people whom the plan names are compared, and what Torq has is not known; name the snapshot too",
            plan.path
        )));
    }
    let known = before.as_ref().map_or_else(Vec::new, |snapshot| snapshot.notices.clone());
    let found = terraform::before_and_after(before, &plan, &choice);
    for notice in found.after.notices.iter().filter(|notice| !known.contains(notice)) {
        output::problem(&Problem(notice.clone()));
    }
    Ok(Some(found))
}

/// The plan that is named, with the places of its resources, and which app is meant.
fn plan(typed: &PlanArguments) -> Result<Option<(Plan, AppChoice)>, Problem> {
    let Some(file) = &typed.terraform_plan else { return Ok(None) };
    let mut plan = terraform::read(file).map_err(|error| Problem(error.to_string()))?;
    if let Some(folder) = &typed.terraform_dir {
        plan.sources = Some(terraform::hcl::read(folder).map_err(|error| Problem(error.to_string()))?);
    }
    Ok(Some((plan, typed.app.clone().map_or(AppChoice::Found, AppChoice::Address))))
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
