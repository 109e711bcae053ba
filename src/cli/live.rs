//! The connections of the project file, read live: all at once, each on its own; one that is not reached stops no other.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use ssolint::document::ProjectEntry;
use ssolint::document::project::{AcceptedGap, Day};
use ssolint::rules::known_rules;
use ssolint::source::credentials::Commands;
use ssolint::source::http::{Budget, Limits};
use ssolint::source::live::{Connector, Run};
use ssolint::source::project::{self, Project, ProjectConnection, ProjectError};
use ssolint::source::pull::{self, Pulled, clock, torq};
use ssolint::source::snapshot::{self, Snapshot};
use tokio::task::JoinSet;

use crate::Exit;
use crate::arguments::LiveArguments;
use crate::output::{self, Problem};

/// Without --max-requests: enough for a big organisation, and an end to a mistake.
const MOST_REQUESTS: u64 = 20_000;

/// Without --timeout, in seconds.
const LONGEST: u64 = 900;

/// What was read, by the connection's name in the order of the project file.
pub struct Read {
    pub read: Vec<(String, Pulled)>,
    pub exit: Exit,
}

/// Finds and reads the project file, which must be there.
pub fn project(arguments: &LiveArguments) -> Result<Project, Problem> {
    project_if_any(arguments)?.ok_or_else(|| Problem(ProjectError::NotFound.to_string()))
}

/// Finds and reads the project file; `None` where there is none. One that is wrong is wrong use, whatever it is needed for.
pub fn project_if_any(arguments: &LiveArguments) -> Result<Option<Project>, Problem> {
    let here = std::env::current_dir().map_err(|error| Problem(format!("the working directory: {error}")))?;
    let wrong = |error: ProjectError| Problem(error.to_string());
    let file = match project::find(arguments.config.as_deref(), &here) {
        Err(ProjectError::NotFound) => return Ok(None),
        found => found.map_err(wrong)?,
    };
    let mut project = project::read(&file, &known_rules()).map_err(wrong)?;
    // Shown as people gave it; a path below the working directory without the way to it.
    project.file = project.file.strip_prefix(&here).map(Path::to_owned).unwrap_or(project.file);
    project.folder = project.folder.strip_prefix(&here).map(Path::to_owned).unwrap_or(project.folder);
    Ok(Some(project))
}

/// The named connections, or all that can be read live, as snapshots in memory, each called as the project file has it; and what it costs that
/// some were not reached.
pub fn snapshots(
    project: &Project,
    names: &[String],
    arguments: &LiveArguments,
) -> Result<(Vec<Snapshot>, Exit), Problem> {
    let read = pull(project, names, arguments)?;
    if read.read.iter().any(|(_, pulled)| pulled.manifest.torq.is_some()) {
        output::problem(&Problem(torq::NOT_RUN_LIVE.to_owned()));
    }
    let snapshots = read.read.into_iter().map(|(connection, pulled)| {
        let mut snapshot = pulled.snapshot(&connection);
        snapshot.documents.live_entry = entry(project, &connection);
        snapshot.documents.called = Some(connection);
        snapshot
    });
    Ok((snapshots.collect(), read.exit))
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

/// Reads the named connections, or all that can be read live.
pub fn pull(project: &Project, names: &[String], arguments: &LiveArguments) -> Result<Read, Problem> {
    let connections = chosen(project, names)?;
    let connector = std::sync::Arc::new(Connector::new(run(arguments)?));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Problem(format!("no runtime could be started: {error}")))?;
    let results = runtime.block_on(async {
        let mut under_way = JoinSet::new();
        for (index, connection) in connections.iter().enumerate() {
            let (connector, connection, folder) =
                (connector.clone(), (*connection).clone(), project.folder.clone());
            under_way.spawn(async move {
                let live = match connector.connect(&connection, &folder).await {
                    Ok(live) => live,
                    Err(error) => return (index, Err((Exit::WrongUse, error.to_string()))),
                };
                let tell = |text: &str| progress(&connection.name, text);
                let pulled = pull::read::connection(&live, &tell).await;
                (index, pulled.map_err(|error| (Exit::NotEvaluated, error.to_string())))
            });
        }
        let mut results: Vec<(usize, _)> = under_way.join_all().await;
        results.sort_by_key(|(index, _)| *index);
        results
    });
    let today = Day::parse(&clock::day(SystemTime::now()));
    let mut read = Read { read: Vec::new(), exit: Exit::Clean };
    for ((_, result), connection) in results.into_iter().zip(&connections) {
        match result {
            Ok(pulled) => {
                for failure in &pulled.failures {
                    output::problem(&Problem(format!("{}: {failure}", connection.name)));
                    let accepted = project.judgements.accepted_gaps.iter();
                    let covers =
                        |gap: &AcceptedGap| gap.covers(&connection.name, &failure.document, today.as_ref());
                    if !accepted.into_iter().any(covers) {
                        read.exit = Exit::worst([read.exit, Exit::NotEvaluated]);
                    }
                }
                read.read.push((connection.name.clone(), pulled));
            }
            Err((exit, why)) => {
                output::problem(&Problem(format!("{} was not reached: {why}", connection.name)));
                read.exit = Exit::worst([read.exit, exit]);
            }
        }
    }
    Ok(read)
}

fn chosen<'a>(project: &'a Project, names: &[String]) -> Result<Vec<&'a ProjectConnection>, Problem> {
    let file = project.file.display();
    if names.is_empty() {
        let live: Vec<_> =
            project.connections.iter().filter(|connection| connection.live.is_some()).collect();
        if live.is_empty() {
            return Err(Problem(format!(
                "{file} has no connection that can be read live: none has `okta:` with `auth:`"
            )));
        }
        return Ok(live);
    }
    names
        .iter()
        .map(|name| {
            project.connections.iter().find(|connection| connection.name == *name).ok_or_else(|| {
                let known = project.connections.iter().map(|connection| connection.name.as_str());
                Problem(format!("{file} has no connection {name}{}", output::did_you_mean(name, known)))
            })
        })
        .collect()
}

fn run(arguments: &LiveArguments) -> Result<Run, Problem> {
    let read = |path: &std::path::PathBuf| {
        std::fs::read(path).map_err(|error| Problem(format!("{} could not be read: {error}", path.display())))
    };
    Ok(Run {
        commands: if arguments.allow_command { Commands::Allowed } else { Commands::NotAllowed },
        budget: Budget::new(
            arguments.max_requests.unwrap_or(MOST_REQUESTS),
            Duration::from_secs(arguments.timeout.unwrap_or(LONGEST)),
        ),
        max_requests: arguments.max_requests,
        authorities: arguments.certificate_authorities.iter().map(read).collect::<Result<_, _>>()?,
        okta_limits: Limits::okta(),
        torq_limits: Limits::torq(),
    })
}

/// Only to a terminal: what it says is among the connection's notices anyway.
fn progress(connection: &str, text: &str) {
    let error = std::io::stderr();
    if error.is_terminal() {
        let _ = writeln!(error.lock(), "{connection}: {text}");
    }
}
