//! `ssolint check`.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use globset::Glob;
use ssolint::finding::{PeopleShown, Severity};
use ssolint::model::world::connection_name;
use ssolint::report::baseline::hide;
use ssolint::report::pretty::Detail;
use ssolint::report::{
    ConnectionReport, Report, ShowIgnored, WhyHidden, github, gitlab, json, junit, markdown, pretty, sarif,
    statistics,
};
use ssolint::rules::settings::Settings;
use ssolint::rules::{Rule, catalogue};
use ssolint::source::project::Project;
use ssolint::source::pull::clock;
use ssolint::source::snapshot::{self, Snapshot};

use crate::Exit;
use crate::arguments::{CheckArguments, ColourChoice, PeopleChoice};
use crate::known::{self, Before, Known};
use crate::output::{self, Problem, Target};
use crate::snapshots::Sources;
use crate::{config, live, snapshots};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Pretty,
    Json,
    Sarif,
    Github,
    Gitlab,
    Junit,
    Markdown,
}

const FORMATS: [(&str, Format); 7] = [
    ("pretty", Format::Pretty),
    ("json", Format::Json),
    ("sarif", Format::Sarif),
    ("github", Format::Github),
    ("gitlab", Format::Gitlab),
    ("junit", Format::Junit),
    ("markdown", Format::Markdown),
];

pub fn run(typed: &CheckArguments, colour: ColourChoice) -> Result<Exit, Problem> {
    let targets = output::targets(&typed.formats, &FORMATS)?;
    if typed.statistics && targets.iter().any(|target| target.format != Format::Pretty) {
        return Err(Problem("--statistics goes with the format pretty".to_owned()));
    }
    let fail_on = fail_on(typed.fail_on.as_deref().unwrap_or("error"))?;
    let selection = Selection::new(&typed.select, &typed.ignore)?;
    if typed.show_config {
        let project = live::project_if_any(&typed.source.live)?;
        output::write(None, config::shown(typed, project.as_ref()).as_bytes())?;
        return Ok(Exit::Clean);
    }
    let baseline = typed.baseline.as_deref().map(Known::read).transpose()?;
    let before = typed.new_since.as_deref().map(Before::read).transpose()?;
    if typed.shard.is_some() && typed.people == Some(PeopleChoice::Pseudonyms) {
        return Err(Problem(
            "--shard does not go with --people pseudonyms: they are numbered within one report".to_owned(),
        ));
    }
    let mut sources = Sources::list(&typed.source)?;
    sources.part(typed.shard);
    let today = clock::day(SystemTime::now());
    let (project, count) = (sources.project.as_ref(), sources.count());
    let (mut exits, mut checked) = (Vec::new(), Vec::new());
    let ended = sources.each(&typed.source.live, &mut |index, snapshot| {
        let name = connection_name(&snapshot.documents);
        let check = |snapshot| one(snapshot, &name, project, &selection, &today);
        let fleet = snapshot.documents.fleet.clone();
        let mut connection = check(snapshot);
        if let Some(before) = &before {
            let mut snapshot = before.of(&name, count)?;
            if let Some(project) = project {
                project.lay_over(&mut snapshot.documents, None);
            }
            snapshot.documents.called = Some(name.clone());
            snapshot.documents.fleet = fleet;
            let (there, exit) = known::fingerprints(&check(snapshot));
            hide(&mut connection, WhyHidden::Before, |reported| there.contains(&reported.fingerprint));
            exits.push(exit);
        }
        if typed.show_ignored {
            connection.show_ignored = ShowIgnored::Listed;
        }
        checked.push((index, connection));
        Ok(())
    })?;
    exits.push(ended.exit);
    checked.sort_by_key(|(index, _)| *index);
    let mut report = Report {
        connections: checked.into_iter().map(|(_, connection)| connection).collect(),
        not_reached: ended.not_reached,
        shard: typed.shard,
    };
    report.sort();
    let of_project = project.into_iter().flat_map(|project| &project.connections);
    let of_project: Vec<String> = of_project.map(|connection| connection.name.clone()).collect();
    ssolint::check::settle(&mut report, &of_project);
    if let Some(baseline) = &baseline {
        baseline.apply(&mut report);
    }
    let clashes = snapshots::tell_apart(
        report.connections.iter_mut().map(|connection| (&mut connection.name, connection.origin.as_str())),
    );
    clashes.iter().for_each(output::problem);
    for target in &targets {
        output::write(target.file.as_ref(), &bytes(&report, target, typed, colour))?;
    }
    if let Some(folder) = &typed.out_dir {
        write_each(&report, folder, &targets, typed)?;
    }
    known::write(typed, baseline.as_ref(), &report)?;
    if !clashes.is_empty() {
        exits.push(Exit::WrongUse);
    }
    exits.extend(report.connections.iter().map(|connection| exit(connection, fail_on)));
    // What was just written down is known.
    let written = typed.write_baseline.is_some();
    Ok(Exit::worst(exits.into_iter().filter(|exit| !(written && *exit == Exit::Findings))))
}

/// One connection, with the rules that run in it, set as the project file has them.
fn one(
    snapshot: Snapshot,
    name: &str,
    project: Option<&Project>,
    selection: &Selection,
    today: &str,
) -> ConnectionReport {
    let settings = project.map_or_else(Settings::default, |project| Settings {
        of_connection: project.rules_of(name),
        of_project: &project.rules,
    });
    let mut options = settings.options(catalogue());
    // Rules have no clock: the day comes from here.
    for rule in ["snapshot-stale", "ignore-expired"] {
        options.set(rule, "today", today.into());
    }
    let rules = catalogue().filter(|rule| selection.takes(rule, settings));
    ssolint::check::connection(snapshot, rules, &options)
}

/// A report for each connection in each format, called after the connection.
fn write_each(
    report: &Report,
    folder: &Path,
    targets: &[Target<Format>],
    typed: &CheckArguments,
) -> Result<(), Problem> {
    let wrong = |error| Problem(format!("{} could not be written to: {error}", snapshot::shown(folder)));
    fs::create_dir_all(folder).map_err(wrong)?;
    for (name, alone) in report.each_alone() {
        for target in targets {
            let file = folder.join(format!("{}.{}", output::file_name(name), target.format.extension()));
            let target = Target { format: target.format, file: Some(file) };
            output::write(target.file.as_ref(), &bytes(&alone, &target, typed, ColourChoice::Never))?;
        }
    }
    Ok(())
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Self::Pretty => "txt",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Github => "github.txt",
            Self::Gitlab => "gitlab.json",
            Self::Junit => "junit.xml",
            Self::Markdown => "md",
        }
    }
}

fn bytes(report: &Report, target: &Target<Format>, typed: &CheckArguments, colour: ColourChoice) -> Vec<u8> {
    let file = target.file.as_ref();
    // Whole organisations read what CI shows, so people are counted there.
    let by_default = match target.format {
        Format::Pretty | Format::Json => PeopleShown::Names,
        Format::Sarif | Format::Github | Format::Gitlab | Format::Junit | Format::Markdown => {
            PeopleShown::Counts
        }
    };
    let people = output::people(typed.people, by_default);
    match target.format {
        Format::Pretty => {
            let terminal = output::terminal(file, colour);
            if typed.statistics {
                statistics::report(report)
            } else {
                let detail = match (typed.quiet, typed.source.live.verbose) {
                    (true, _) => Detail::Quiet,
                    (_, true) => Detail::Verbose,
                    _ => Detail::Usual,
                };
                pretty::report(report, people, terminal, detail)
            }
        }
        Format::Json => json::report(report, people),
        Format::Sarif => sarif::report(report, people),
        Format::Github => github::report(report, people),
        Format::Gitlab => gitlab::report(report, people),
        Format::Junit => junit::report(report, people),
        Format::Markdown => markdown::report(report, people),
    }
}

/// `None`: never.
pub fn fail_on(typed: &str) -> Result<Option<Severity>, Problem> {
    if typed == "never" {
        return Ok(None);
    }
    let names = ["error", "warning", "note", "never"];
    Severity::parse(typed).map(Some).ok_or_else(|| {
        Problem(format!(
            "--fail-on takes {}, not {typed:?}{}",
            names.join(", "),
            output::did_you_mean(typed, names.into_iter())
        ))
    })
}

fn exit(connection: &ConnectionReport, fail_on: Option<Severity>) -> Exit {
    if !connection.faults.is_empty() {
        return Exit::WrongUse;
    }
    let Some(floor) = fail_on else { return Exit::Clean };
    if connection.not_evaluated.iter().any(|row| row.severity >= floor) {
        Exit::NotEvaluated
    } else if connection.findings.iter().any(|reported| reported.finding.severity >= floor) {
        Exit::Findings
    } else {
        Exit::Clean
    }
}

/// Which rules run: what is typed goes before what the project file says, and that before the page.
struct Selection {
    select: Vec<Matcher>,
    ignore: Vec<Matcher>,
}

impl Selection {
    fn new(select: &[String], ignore: &[String]) -> Result<Self, Problem> {
        let matchers =
            |typed: &[String]| typed.iter().map(|text| matcher(text)).collect::<Result<Vec<_>, _>>();
        Ok(Self { select: matchers(select)?, ignore: matchers(ignore)? })
    }

    fn takes(&self, rule: &Rule, settings: Settings<'_>) -> bool {
        let selected = match self.select.is_empty() {
            true => settings.runs(rule),
            false => self.select.iter().any(|matches| matches(rule)),
        };
        selected && !self.ignore.iter().any(|matches| matches(rule))
    }
}

type Matcher = Box<dyn Fn(&Rule) -> bool>;

fn matcher(typed: &str) -> Result<Matcher, Problem> {
    match typed {
        "all" => return Ok(Box::new(|_| true)),
        "pedantic" => return Ok(Box::new(|rule| rule.page().pedantic)),
        _ => {}
    }
    let id = ssolint::rules::find(typed).map(|rule| rule.id);
    if let Some(id) = id {
        return Ok(Box::new(move |rule| rule.id == id));
    }
    let glob = Glob::new(typed)
        .map_err(|error| Problem(format!("{typed:?} is not a glob: {error}")))?
        .compile_matcher();
    let matches: Matcher = Box::new(move |rule| glob.is_match(rule.id) || glob.is_match(rule.family));
    if catalogue().any(&matches) {
        return Ok(matches);
    }
    let names = catalogue().flat_map(|rule| [rule.id, rule.family]).chain(["all", "pedantic"]);
    Err(Problem(format!(
        "there is no rule or family {typed:?}{}; `ssolint rules` lists them",
        output::did_you_mean(typed, names)
    )))
}
