//! The snapshots that a command is to read: from paths, from the project file, or live; with names that are told apart.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ssolint::document::fleet::Member;
use ssolint::model::world::member;
use ssolint::report::Shard;
use ssolint::source::project::{Project, ProjectConnection, ProjectError};
use ssolint::source::snapshot::{self, Snapshot};
use ssolint::source::terraform::{self, AppChoice, BeforeAndAfter, Plan};

use crate::Exit;
use crate::arguments::{LiveArguments, PlanArguments, SourceArguments};
use crate::live::{self, Ended};
use crate::output::{self, Problem};

/// What was read, and whether all of it was.
pub struct Read {
    pub snapshots: Vec<Snapshot>,
    /// What it costs that a path could not be read, or a connection was not reached; the others still are.
    pub exit: Exit,
}

/// The connections that a command is to look at, known by name before any of them is read.
pub struct Sources {
    /// The project file, where there is one: what it says lies over the snapshots.
    pub project: Option<Project>,
    plan: Option<(Plan, AppChoice)>,
    listed: Vec<Listed>,
    /// All of them, and those that the project file names beside.
    fleet: Arc<Vec<Member>>,
}

struct Listed {
    name: String,
    source: Source,
}

enum Source {
    /// A snapshot, with the name that the project file has for it.
    Path(PathBuf, Option<String>),
    Live(Box<ProjectConnection>),
    /// The plan alone.
    Nothing,
}

/// Reads every path and connection, with the planned state laid over each (a plan may also stand alone), and what the project file says; what
/// cannot be read is said on standard error, and the others go on.
pub fn read(source: &SourceArguments) -> Result<Read, Problem> {
    let sources = Sources::list(source)?;
    let mut snapshots = Vec::new();
    let ended = sources.each(&source.live, &mut |index, snapshot| {
        snapshots.push((index, snapshot));
        Ok(())
    })?;
    snapshots.sort_by_key(|(index, _)| *index);
    Ok(Read { snapshots: snapshots.into_iter().map(|(_, snapshot)| snapshot).collect(), exit: ended.exit })
}

impl Sources {
    /// In the order in which they were named.
    pub fn list(source: &SourceArguments) -> Result<Self, Problem> {
        let project = live::project_if_any(&source.live)?;
        let plan = plan(&source.plan)?;
        let mut listing = Listing { listed: Vec::new(), fleet: Vec::new() };
        if plan.is_some() && source.paths.is_empty() && source.live_connections.is_none() {
            listing.listed.push(Listed { name: String::new(), source: Source::Nothing });
        } else {
            listing.all(source, project.as_ref())?;
        }
        Ok(Self { project, plan, listed: listing.listed, fleet: Arc::new(listing.fleet) })
    }

    /// In the order of their names, and of a shard its part.
    pub fn part(&mut self, shard: Option<Shard>) {
        live::part(&mut self.listed, shard, |listed| &listed.name);
    }

    pub fn count(&self) -> usize {
        self.listed.len()
    }

    /// Hands over each when it has been read: paths in their order, and after them live connections in any; with its index. What is handed
    /// over is not kept.
    pub fn each(
        &self,
        arguments: &LiveArguments,
        take: &mut dyn FnMut(usize, Snapshot) -> Result<(), Problem>,
    ) -> Result<Ended, Problem> {
        let mut exit = Exit::Clean;
        let mut live = Vec::new();
        for (index, listed) in self.listed.iter().enumerate() {
            match &listed.source {
                Source::Path(path, called) => match snapshot::read(path) {
                    Ok(snapshot) => take(index, self.laid_over(snapshot, called.as_deref()))?,
                    Err(error) => {
                        output::problem(&said(error));
                        exit = Exit::WrongUse;
                    }
                },
                Source::Nothing => take(index, self.laid_over(Snapshot::default(), None))?,
                Source::Live(connection) => live.push((index, &**connection)),
            }
        }
        let Some(project) = self.project.as_ref().filter(|_| !live.is_empty()) else {
            return Ok(Ended { exit, not_reached: Vec::new() });
        };
        let connections: Vec<&ProjectConnection> = live.iter().map(|(_, connection)| *connection).collect();
        let mut ended = live::each_snapshot(project, &connections, arguments, &mut |at, snapshot| {
            let Some((index, connection)) = live.get(at) else { return Ok(()) };
            take(*index, self.laid_over(snapshot, Some(&connection.name)))
        })?;
        ended.exit = Exit::worst([exit, ended.exit]);
        Ok(ended)
    }

    /// With the plan, what the project file says, and the other connections.
    fn laid_over(&self, snapshot: Snapshot, called: Option<&str>) -> Snapshot {
        let mut snapshot = match &self.plan {
            Some((plan, choice)) => terraform::planned(&snapshot, plan, choice),
            None => snapshot,
        };
        if let Some(project) = &self.project {
            project.lay_over(&mut snapshot.documents, called);
        }
        snapshot.documents.fleet = Arc::clone(&self.fleet);
        snapshot
    }
}

struct Listing {
    listed: Vec<Listed>,
    fleet: Vec<Member>,
}

impl Listing {
    fn all(&mut self, source: &SourceArguments, project: Option<&Project>) -> Result<(), Problem> {
        for path in &source.paths {
            self.path(path.clone(), project.and_then(|project| called(project, path)));
        }
        if source.live_connections.is_none() && !source.paths.is_empty() {
            return Ok(());
        }
        let project = project.ok_or(ProjectError::NotFound).map_err(said)?;
        match &source.live_connections {
            Some(names) => {
                for connection in live::chosen(project, names)? {
                    let source = Source::Live(Box::new(connection.clone()));
                    self.listed.push(Listed { name: connection.name.clone(), source });
                }
                self.fleet.extend(project.connections.iter().map(settings));
            }
            None => {
                for connection in &project.connections {
                    match &connection.snapshot {
                        Some(path) => self.path(project.folder.join(path), Some(connection.name.clone())),
                        None => self.fleet.push(settings(connection)),
                    }
                }
                if self.listed.is_empty() {
                    return Err(Problem(format!(
                        "{} names no snapshot; add --live to read its connections live, or name a snapshot to read, such as `ssolint check examples/first-look`",
                        project.file.display()
                    )));
                }
                // Neither red nor green, so it must not look green.
                for left_out in project.connections.iter().filter(|connection| connection.snapshot.is_none())
                {
                    output::problem(&Problem(format!(
                        "{} is not looked at: {} names no snapshot for it; add --live to read it",
                        left_out.name,
                        project.file.display()
                    )));
                }
            }
        }
        Ok(())
    }

    fn path(&mut self, path: PathBuf, called: Option<String>) {
        let mut documents = snapshot::settings(&path);
        documents.called = called.clone();
        let member = member(&documents);
        self.listed.push(Listed { name: member.name.clone(), source: Source::Path(path, called) });
        self.fleet.push(member);
    }
}

fn settings(connection: &ProjectConnection) -> Member {
    Member::new(connection.name.as_str(), &connection.settings)
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
