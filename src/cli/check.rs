//! `ssolint check`.

use std::collections::BTreeMap;
use std::time::SystemTime;

use globset::Glob;
use ssolint::finding::{PeopleShown, Severity};
use ssolint::report::pretty::Detail;
use ssolint::report::{ConnectionReport, Report, json, pretty, sarif, statistics};
use ssolint::rules::facts::Options;
use ssolint::rules::{Rule, catalogue};
use ssolint::source::pull::clock;

use crate::Exit;
use crate::arguments::{CheckArguments, ColourChoice};
use crate::output::{self, Problem, Target};
use crate::snapshots;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Pretty,
    Json,
    Sarif,
}

const FORMATS: [(&str, Format); 3] =
    [("pretty", Format::Pretty), ("json", Format::Json), ("sarif", Format::Sarif)];

pub fn run(typed: &CheckArguments, colour: ColourChoice) -> Result<Exit, Problem> {
    let targets = output::targets(&typed.formats, &FORMATS)?;
    if typed.statistics && targets.iter().any(|target| target.format != Format::Pretty) {
        return Err(Problem("--statistics goes with the format pretty".to_owned()));
    }
    let fail_on = fail_on(&typed.fail_on)?;
    let rules = selected(&typed.select, &typed.ignore)?;
    let read = snapshots::read_planned(&typed.source)?;
    let options = options();
    let mut report = Report::default();
    for snapshot in read.snapshots {
        report.connections.push(ssolint::check::connection(snapshot, rules.iter().copied(), &options));
    }
    let clashes = snapshots::tell_apart(
        report.connections.iter_mut().map(|connection| (&mut connection.name, connection.origin.as_str())),
    );
    clashes.iter().for_each(output::problem);
    for target in &targets {
        write(&report, target, typed, colour)?;
    }
    let unread = if clashes.is_empty() { read.exit } else { Exit::WrongUse };
    Ok(Exit::worst(report.connections.iter().map(|connection| exit(connection, fail_on)).chain([unread])))
}

/// Rules have no clock: the day comes from here.
fn options() -> Options {
    let today = clock::day(SystemTime::now());
    Options::from([("snapshot-stale".to_owned(), BTreeMap::from([("today".to_owned(), today.into())]))])
}

fn write(
    report: &Report,
    target: &Target<Format>,
    typed: &CheckArguments,
    colour: ColourChoice,
) -> Result<(), Problem> {
    let file = target.file.as_ref();
    let bytes = match target.format {
        Format::Pretty => {
            let terminal = output::terminal(file, colour);
            if typed.statistics {
                statistics::report(report)
            } else {
                let detail = match (typed.quiet, typed.verbose) {
                    (true, _) => Detail::Quiet,
                    (_, true) => Detail::Verbose,
                    _ => Detail::Usual,
                };
                pretty::report(report, output::people(typed.people, PeopleShown::Names), terminal, detail)
            }
        }
        Format::Json => json::report(report, output::people(typed.people, PeopleShown::Names)),
        Format::Sarif => sarif::report(report, output::people(typed.people, PeopleShown::Counts)),
    };
    output::write(file, &bytes)
}

/// `None`: never.
fn fail_on(typed: &str) -> Result<Option<Severity>, Problem> {
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

/// The rules to run: those selected, else all that are not pedantic; less those ignored.
fn selected(select: &[String], ignore: &[String]) -> Result<Vec<&'static Rule>, Problem> {
    let matchers = |typed: &[String]| typed.iter().map(|text| matcher(text)).collect::<Result<Vec<_>, _>>();
    let (select, ignore) = (matchers(select)?, matchers(ignore)?);
    Ok(catalogue()
        .filter(|rule| match select.is_empty() {
            true => !rule.page().pedantic,
            false => select.iter().any(|matches| matches(rule)),
        })
        .filter(|rule| !ignore.iter().any(|matches| matches(rule)))
        .collect())
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
