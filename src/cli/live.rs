//! The connections of the project file, read live: many at once, each on its own; one that is not reached stops no other.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ssolint::document::ProjectEntry;
use ssolint::document::project::{AcceptedGap, Day};
use ssolint::finding::prose::visible;
use ssolint::report::{NotReached, Shard};
use ssolint::rules::known_rules;
use ssolint::source::credentials::Commands;
use ssolint::source::http::{Attempt, Budget, Heard, Limits};
use ssolint::source::live::{Connector, Run};
use ssolint::source::project::{self, Project, ProjectConnection, ProjectError};
use ssolint::source::pull::{self, Failure, Pulled, clock, torq};
use ssolint::source::snapshot::{self, Snapshot};
use tokio::task::{Id, JoinError, JoinSet};

use crate::Exit;
use crate::arguments::LiveArguments;
use crate::output::{self, Problem};
use crate::progress::Progress;

/// Without --max-requests: enough for a big organisation, and an end to a mistake.
pub const MOST_REQUESTS: u64 = 20_000;

/// Without --timeout, in seconds.
pub const LONGEST: u64 = 900;

/// Connections that are read at the same time. Those of one organisation wait for its rate limit, so there are more than would do otherwise.
const AT_ONCE: usize = 64;

/// How a reading ended.
#[derive(Debug, Default)]
pub struct Ended {
    pub exit: Exit,
    /// In any order.
    pub not_reached: Vec<NotReached>,
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

/// The named connections, or all that can be read live, as snapshots in memory in the order of the names; and what it costs that some were not
/// reached.
pub fn snapshots(
    project: &Project,
    names: &[String],
    arguments: &LiveArguments,
) -> Result<(Vec<Snapshot>, Exit), Problem> {
    let connections = chosen(project, names)?;
    let mut snapshots = Vec::new();
    let ended = each_snapshot(project, &connections, arguments, &mut |index, snapshot| {
        snapshots.push((index, snapshot));
        Ok(())
    })?;
    snapshots.sort_by_key(|(index, _)| *index);
    Ok((snapshots.into_iter().map(|(_, snapshot)| snapshot).collect(), ended.exit))
}

/// Hands over each connection as a snapshot in memory, called as the project file has it, when it has been read: in any order, with its index.
pub fn each_snapshot(
    project: &Project,
    connections: &[&ProjectConnection],
    arguments: &LiveArguments,
    take: &mut dyn FnMut(usize, Snapshot) -> Result<(), Problem>,
) -> Result<Ended, Problem> {
    let mut torq = Said::NotYet;
    let kept: Finish<Pulled> = Arc::new(|_, pulled| pulled);
    each(project, connections, arguments, &kept, &mut |index, pulled| {
        if pulled.manifest.torq.is_some() && torq == Said::NotYet {
            output::problem(&Problem(torq::NOT_RUN_LIVE.to_owned()));
            torq = Said::Once;
        }
        let Some(connection) = connections.get(index) else { return Ok(()) };
        let mut snapshot = pulled.snapshot(&connection.name);
        snapshot.documents.live_entry = entry(project, &connection.name);
        snapshot.documents.called = Some(connection.name.clone());
        take(index, snapshot)
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    NotYet,
    Once,
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

/// What is made of a connection that was read, beside the reading of the others.
pub type Finish<T> = Arc<dyn Fn(&str, Pulled) -> T + Send + Sync>;

/// How one connection ended; failures of single documents are told apart from those of the whole.
type Went<T> = Result<WasRead<T>, (Exit, NotReached)>;

struct WasRead<T> {
    failures: Vec<Failure>,
    /// Where it is known.
    app_label: Option<String>,
    finished: T,
}

/// Connections that are being read. Each is heard of, also one whose reading stops on an error of ours.
struct UnderWay<T> {
    tasks: JoinSet<T>,
    indices: HashMap<Id, usize>,
}

impl<T: Send + 'static> UnderWay<T> {
    fn new() -> Self {
        Self { tasks: JoinSet::new(), indices: HashMap::new() }
    }

    fn len(&self) -> usize {
        self.tasks.len()
    }

    fn start(&mut self, index: usize, reading: impl Future<Output = T> + Send + 'static) {
        let id = self.tasks.spawn(reading).id();
        self.indices.insert(id, index);
    }

    /// The next that ends, with its index; `None` when none is left. To be dropped while waiting loses nothing.
    async fn next(&mut self) -> Option<(Option<usize>, Result<T, JoinError>)> {
        let (id, ended) = match self.tasks.join_next_with_id().await? {
            Ok((id, ended)) => (id, Ok(ended)),
            Err(error) => (error.id(), Err(error)),
        };
        Some((self.indices.remove(&id), ended))
    }
}

/// Why a reading has no end of its own. What a panic says is not repeated: it may hold what was read.
fn stopped(error: &JoinError) -> String {
    match error.is_panic() {
        true => "reading it stopped on an error in ssolint itself".to_owned(),
        false => "reading it was stopped".to_owned(),
    }
}

const REPORT_IT: &str = "Report it, with the version and what was asked.";

/// Reads connections, some at a time, so that not all are in memory at once, and hands each over when it has been read and finished.
pub fn each<T: Send + 'static>(
    project: &Project,
    connections: &[&ProjectConnection],
    arguments: &LiveArguments,
    finish: &Finish<T>,
    take: &mut dyn FnMut(usize, T) -> Result<(), Problem>,
) -> Result<Ended, Problem> {
    let run = run(arguments)?;
    let budget = run.budget.clone();
    let connector = Arc::new(Connector::among(run, connections, &project.folder));
    let progress = Arc::new(Progress::new(connections.len()));
    let today = Day::parse(&clock::day(SystemTime::now()));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Problem(format!("no runtime could be started: {error}")))?;
    let mut ended = Ended::default();
    let read = runtime.block_on(async {
        let mut waiting = connections.iter().enumerate();
        let mut under_way: UnderWay<Went<T>> = UnderWay::new();
        let mut tick = tokio::time::interval(Duration::from_millis(500));
        loop {
            while under_way.len() < AT_ONCE
                && let Some((index, connection)) = waiting.next()
            {
                let one = (*connection).clone();
                let (connector, folder) = (Arc::clone(&connector), project.folder.clone());
                let (finish, progress) = (Arc::clone(finish), Arc::clone(&progress));
                under_way.start(index, async move {
                    let went = read_one(&one, &connector, &folder, finish, &progress).await;
                    connector.done(&one, &folder).await;
                    went
                });
            }
            let joined = tokio::select! {
                joined = under_way.next() => joined,
                _ = tick.tick() => {
                    progress.show(budget.requests_spent());
                    continue;
                }
            };
            let Some((index, went)) = joined else { return Ok(()) };
            progress.one_more();
            let Some((index, connection)) = index.and_then(|index| Some((index, *connections.get(index)?)))
            else {
                continue;
            };
            let went = match went {
                Ok(went) => went,
                Err(error) => {
                    let (name, why) = (connection.name.clone(), stopped(&error));
                    Err((
                        Exit::NotEvaluated,
                        NotReached { name, why, fix: REPORT_IT.to_owned(), entry: None },
                    ))
                }
            };
            match went {
                Ok(read) => {
                    progress.end();
                    let exit = failed(project, &connection.name, &read, today.as_ref());
                    ended.exit = Exit::worst([ended.exit, exit]);
                    take(index, read.finished)?;
                }
                Err((exit, mut not_reached)) => {
                    progress.end();
                    output::problem(&Problem(format!(
                        "{} was not reached: {}",
                        not_reached.name, not_reached.why
                    )));
                    not_reached.entry = entry(project, &not_reached.name);
                    ended.exit = Exit::worst([ended.exit, exit]);
                    ended.not_reached.push(not_reached);
                }
            }
        }
    });
    progress.end();
    read.map(|()| ended)
}

async fn read_one<T: Send + 'static>(
    connection: &ProjectConnection,
    connector: &Connector,
    folder: &Path,
    finish: Finish<T>,
    progress: &Progress,
) -> Went<T> {
    let name = connection.name.clone();
    let not_reached =
        |why: String, fix: &str| NotReached { name: name.clone(), why, fix: fix.to_owned(), entry: None };
    let live = connector
        .connect(connection, folder)
        .await
        .map_err(|error| (Exit::WrongUse, not_reached(error.to_string(), error.remedy())))?;
    let tell = |text: &str| progress.tell(&connection.name, text);
    let mut pulled = pull::read::connection(&live, &tell)
        .await
        .map_err(|error| (Exit::NotEvaluated, not_reached(error.to_string(), error.remedy())))?;
    let (failures, app_label) = (std::mem::take(&mut pulled.failures), pulled.app_label());
    let called = name.clone();
    match tokio::task::spawn_blocking(move || finish(&called, pulled)).await {
        Ok(finished) => Ok(WasRead { failures, app_label, finished }),
        Err(error) => Err((Exit::NotEvaluated, not_reached(stopped(&error), REPORT_IT))),
    }
}

/// Says what a service did not answer, and what it costs.
fn failed<T>(project: &Project, connection: &str, read: &WasRead<T>, today: Option<&Day>) -> Exit {
    let mut exit = Exit::Clean;
    let app = read.app_label.as_deref();
    for failure in &read.failures {
        output::problem(&Problem(format!("{connection}: {failure}")));
        let covers = |gap: &AcceptedGap| gap.covers(connection, app, &failure.document, today);
        if !project.judgements.accepted_gaps.iter().any(covers) {
            exit = Exit::NotEvaluated;
        }
    }
    exit
}

/// The named connections, or all that can be read live.
pub fn chosen<'a>(project: &'a Project, names: &[String]) -> Result<Vec<&'a ProjectConnection>, Problem> {
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
        budget: Budget::heard_by(
            arguments.max_requests.unwrap_or(MOST_REQUESTS),
            Duration::from_secs(arguments.timeout.unwrap_or(LONGEST)),
            arguments.verbose.then(heard),
        ),
        max_requests: arguments.max_requests,
        authorities: arguments.certificate_authorities.iter().map(read).collect::<Result<_, _>>()?,
        okta_limits: Limits::okta(),
        torq_limits: Limits::torq(),
    })
}

/// Says of each attempt what may be said.
fn heard() -> Heard {
    Arc::new(|attempt: &Attempt<'_>| {
        let status = attempt.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        let (host, path) = (visible(attempt.host), visible(attempt.path));
        let text = format!("{} {host}{path}: {status}, {} ms\n", attempt.method, attempt.took.as_millis());
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    })
}

/// Keeps a shard's part: every n-th by the order of the names, so that each part is as large as the others and one set of names always falls
/// into the same parts.
pub fn part<T>(items: &mut Vec<T>, shard: Option<Shard>, name: impl Fn(&T) -> &str) {
    items.sort_by(|a, b| name(a).cmp(name(b)));
    let Some(Shard { index, of }) = shard else { return };
    let mut rank = 0;
    items.retain(|_| {
        rank += 1;
        rank % of == index % of
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::{UnderWay, stopped};

    #[test]
    fn a_reading_that_panics_is_heard_of_as_the_others_are() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut heard = runtime.block_on(async {
            let mut under_way: UnderWay<usize> = UnderWay::new();
            for index in 0..5 {
                under_way.start(index, async move {
                    tokio::task::yield_now().await;
                    assert!(index != 3, "secret");
                    index
                });
            }
            let mut heard = Vec::new();
            while let Some((index, ended)) = under_way.next().await {
                heard.push((index.unwrap(), ended.map_err(|error| stopped(&error))));
            }
            heard
        });
        heard.sort();
        let panicked = Err("reading it stopped on an error in ssolint itself".to_owned());
        assert_eq!(heard, [(0, Ok(0)), (1, Ok(1)), (2, Ok(2)), (3, panicked), (4, Ok(4))]);
    }
}
