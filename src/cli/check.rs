//! `ssolint check`.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use globset::Glob;
use ssolint::finding::prose::PeopleNames;
use ssolint::finding::{PeopleShown, Severity};
use ssolint::model::world::connection_name;
use ssolint::report::baseline::hide;
use ssolint::report::page::{self, Picture, picture};
use ssolint::report::pretty::Detail;
use ssolint::report::{
    ConnectionReport, Report, ShowIgnored, WhyHidden, github, gitlab, json, junit, markdown, pretty, sarif,
    statistics,
};
use ssolint::rules::settings::Settings;
use ssolint::rules::{Rule, catalogue};
use ssolint::signin::SignIn;
use ssolint::source::project::Project;
use ssolint::source::pull::clock;
use ssolint::source::snapshot::{self, Snapshot};

use crate::Exit;
use crate::arguments::{CheckArguments, ColourChoice, PeopleChoice};
use crate::config::{self, Typed};
use crate::known::{self, Before, Known};
use crate::output::{self, Problem, Target};
use crate::snapshots::{self, Sources};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Pretty,
    Json,
    Sarif,
    Github,
    Gitlab,
    Junit,
    Markdown,
    Html,
}

const FORMATS: [(&str, Format); 8] = [
    ("pretty", Format::Pretty),
    ("json", Format::Json),
    ("sarif", Format::Sarif),
    ("github", Format::Github),
    ("gitlab", Format::Gitlab),
    ("junit", Format::Junit),
    ("markdown", Format::Markdown),
    ("html", Format::Html),
];

pub fn run(typed: &CheckArguments, colour: ColourChoice) -> Result<Exit, Problem> {
    let targets = output::targets(&typed.formats, &FORMATS)?;
    if typed.statistics && targets.iter().any(|target| target.format != Format::Pretty) {
        return Err(Problem("--statistics goes with the format pretty".to_owned()));
    }
    let fail_on = fail_on(typed.fail_on.as_deref().unwrap_or("error"))?;
    let selection = Selection::new(&typed.select, &typed.ignore)?;
    if typed.source.live.show_config {
        return config::show(&typed.source.live, settings(typed));
    }
    let baseline = typed.baseline.as_deref().map(Known::read).transpose()?;
    let before = typed.new_since.as_deref().map(Before::read).transpose()?;
    if typed.shard.is_some() && typed.people == Some(PeopleChoice::Pseudonyms) {
        return Err(Problem(
            "--shard does not go with --people pseudonyms: they are numbered within one report".to_owned(),
        ));
    }
    let mut sources = Sources::list(&typed.source)?;
    // Of the whole run: a part of one connection is not a run of one.
    let of_the_run = sources.count();
    let page = targets.iter().any(|target| target.format == Format::Html);
    // Live connections come in any order, and a page numbers people as they come.
    if page
        && of_the_run > 1
        && typed.source.live_connections.is_some()
        && typed.people == Some(PeopleChoice::Pseudonyms)
    {
        return Err(Problem(
            "--format html does not go with --people pseudonyms where several connections are read live: the numbers would differ from run to run; name one connection, or read snapshots"
                .to_owned(),
        ));
    }
    sources.part(typed.shard);
    let today = clock::day(SystemTime::now());
    let (project, count) = (sources.project.as_ref(), sources.count());
    let (mut exits, mut checked) = (Vec::new(), Vec::new());
    let mut page_names =
        page.then(|| PeopleNames::new(output::people(typed.people, Format::Html.people_by_default())));
    let most_people = picture::MOST_PEOPLE / count.max(1);
    let ended = sources.each(&typed.source.live, &mut |index, snapshot| {
        let name = connection_name(&snapshot.documents);
        let check = |snapshot, look: &mut dyn FnMut(&SignIn<'_>)| {
            one(snapshot, &name, project, &selection, &today, look)
        };
        let fleet = snapshot.documents.fleet.clone();
        let mut picture = None;
        let mut connection = check(snapshot, &mut |sign_in| {
            picture = page_names.as_mut().map(|names| Picture::new(sign_in, most_people, names));
        });
        if let Some(before) = &before {
            let mut snapshot = before.of(&name, of_the_run)?;
            if let Some(project) = project {
                project.lay_over(&mut snapshot.documents, None);
            }
            snapshot.documents.called = Some(name.clone());
            snapshot.documents.fleet = fleet;
            let (there, exit) = known::seen(&check(snapshot, &mut |_| ()));
            // What is worse than before is new.
            hide(&mut connection, WhyHidden::Before, |reported| {
                there
                    .get(&reported.fingerprint)
                    .is_some_and(|people| !reported.finding.people.is_worse_than(*people))
            });
            exits.push(exit);
        }
        if typed.show_ignored {
            connection.show_ignored = ShowIgnored::Listed;
        }
        checked.push((index, connection, picture));
        Ok(())
    })?;
    exits.push(ended.exit);
    // As `Report::sort` has them.
    checked.sort_by(|(a, first, _), (b, second, _)| first.name.cmp(&second.name).then(a.cmp(b)));
    let (mut connections, mut pictures) = (Vec::new(), Vec::new());
    for (_, connection, picture) in checked {
        connections.push(connection);
        pictures.extend(picture);
    }
    let page = page_names.map(|names| Page { pictures, names });
    let mut report = Report { connections, not_reached: ended.not_reached, shard: typed.shard };
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
        output::write(target.file.as_ref(), &bytes(&report, page.as_ref(), target, typed, colour))?;
    }
    if let Some(folder) = &typed.out_dir {
        write_each(&report, page.as_ref(), folder, &targets, typed)?;
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

fn settings(typed: &CheckArguments) -> Vec<Typed> {
    vec![
        Typed::new("fail-on", typed.fail_on.clone(), "error"),
        Typed::list("select", &typed.select, "every rule that is not pedantic or off"),
        Typed::list("ignore", &typed.ignore, "none"),
        Typed::list("format", &typed.formats, "pretty"),
        Typed::word("people", typed.people, "names; counts where a whole organisation reads it"),
        Typed::path("baseline", typed.baseline.as_deref()),
        Typed::path("new-since", typed.new_since.as_deref()),
        Typed::path("terraform-plan", typed.source.plan.terraform_plan.as_deref()),
    ]
}

/// One connection, with the rules that run in it, set as the project file has them.
fn one(
    snapshot: Snapshot,
    name: &str,
    project: Option<&Project>,
    selection: &Selection,
    today: &str,
    look: &mut dyn FnMut(&SignIn<'_>),
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
    ssolint::check::looked_at(snapshot, rules, &options, |sign_in| look(sign_in)).0
}

/// What only a page shows.
struct Page {
    /// Of the connections, in their order.
    pictures: Vec<Picture>,
    names: PeopleNames,
}

impl Format {
    /// Whole organisations read what CI shows, so people are counted there.
    fn people_by_default(self) -> PeopleShown {
        match self {
            Self::Pretty | Self::Json | Self::Html => PeopleShown::Names,
            Self::Sarif | Self::Github | Self::Gitlab | Self::Junit | Self::Markdown => PeopleShown::Counts,
        }
    }
}

/// A report for each connection in each format, called after the connection.
fn write_each(
    report: &Report,
    page: Option<&Page>,
    folder: &Path,
    targets: &[Target<Format>],
    typed: &CheckArguments,
) -> Result<(), Problem> {
    let wrong = |error| Problem(format!("{} could not be written to: {error}", snapshot::shown(folder)));
    fs::create_dir_all(folder).map_err(wrong)?;
    for (number, (name, alone)) in report.each_alone().enumerate() {
        let page = page.map(|page| Page {
            pictures: page.pictures.get(number).cloned().into_iter().collect(),
            names: page.names.clone(),
        });
        for target in targets {
            let file = folder.join(format!("{}.{}", output::file_name(name), target.format.extension()));
            let target = Target { format: target.format, file: Some(file) };
            output::write(
                target.file.as_ref(),
                &bytes(&alone, page.as_ref(), &target, typed, ColourChoice::Never),
            )?;
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
            Self::Html => "html",
        }
    }
}

fn bytes(
    report: &Report,
    page: Option<&Page>,
    target: &Target<Format>,
    typed: &CheckArguments,
    colour: ColourChoice,
) -> Vec<u8> {
    let file = target.file.as_ref();
    let people = output::people(typed.people, target.format.people_by_default());
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
        Format::Html => {
            page.map_or_else(Vec::new, |page| page::check(report, &page.pictures, &mut page.names.clone()))
        }
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
