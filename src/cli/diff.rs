//! `ssolint diff`.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use ssolint::document::edit::{self, Edit, EditError};
use ssolint::document::position::Format as TextFormat;
use ssolint::document::{Documents, SourceFile};
use ssolint::finding::PeopleShown;
use ssolint::finding::locate::Locator;
use ssolint::finding::prose::PeopleNames;
use ssolint::model::World;
use ssolint::report::diff::{self, Comparison};
use ssolint::report::page;
use ssolint::signin::{Change, Difference};
use ssolint::source::snapshot::{self, Snapshot};

use crate::Exit;
use crate::arguments::{ColourChoice, DiffArguments, LiveArguments, PlanArguments};
use crate::config::{self, Typed};
use crate::live;
use crate::output::{self, Problem, Sink};
use crate::snapshots;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Pretty,
    Json,
    Markdown,
    Html,
}

pub const FORMATS: [(&str, Format); 4] = [
    ("pretty", Format::Pretty),
    ("json", Format::Json),
    ("markdown", Format::Markdown),
    ("html", Format::Html),
];

/// What can make the command fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Change(Change),
    NewlyAssumed,
    NoRescue,
}

const CAUSES: [(&str, Cause); 8] = [
    ("lost", Cause::Change(Change::Lost)),
    ("gained", Cause::Change(Change::Gained)),
    ("raised", Cause::Change(Change::Raised)),
    ("lowered", Cause::Change(Change::Lowered)),
    ("moved", Cause::Change(Change::Moved)),
    ("unknown", Cause::Change(Change::Unknown)),
    ("newly-assumed", Cause::NewlyAssumed),
    ("no-rescue", Cause::NoRescue),
];

impl From<EditError> for Problem {
    fn from(error: EditError) -> Self {
        Self(error.to_string())
    }
}

pub fn run(typed: &DiffArguments, colour: ColourChoice) -> Result<Exit, Problem> {
    let targets = output::targets(&typed.formats, &FORMATS)?;
    let fail_on = fail_on(&typed.fail_on)?;
    if typed.live.show_config {
        return config::show(&typed.live, settings(typed));
    }
    let edits = edits(&typed.patches, &typed.sets)?;
    let changes_nothing = typed.after.is_none() && edits.is_empty() && typed.plan.terraform_plan.is_none();
    if changes_nothing && (typed.live_connection.is_none() || typed.before.is_none()) {
        return Err(Problem(
            "name a second snapshot, or say what changes: --set 'connection.torq.flow=code', --patch FILE or --terraform-plan FILE"
                .to_owned(),
        ));
    }
    let (live, exit) = match &typed.live_connection {
        Some(name) => one_live(name.as_ref(), &typed.live)?,
        None => (None, Exit::Clean),
    };
    if typed.live_connection.is_some() && live.is_none() {
        return Ok(exit);
    }
    let sides = sides(typed.before.as_deref(), typed.after.as_deref(), live, &typed.plan)?;
    let edited = edit::apply(&sides.after.documents, &edits)?;
    let world_before = ssolint::check::load(&sides.before.documents, sides.before.faults.clone());
    let world_after = ssolint::check::load(&edited, sides.after.faults.clone());
    let unread = say_faults([(&world_before, &sides.before.documents), (&world_after, &edited)]);
    // The worlds have what they need of a million people; the documents would keep more.
    let Sides { before, before_shown, after, after_shown } = sides;
    drop((before, after, edited));
    let difference = Difference::new(&world_before, &world_after, &[]);
    let comparison = Comparison {
        difference: &difference,
        before: &before_shown,
        after: &after_shown,
        edits: edits.iter().map(Edit::to_string).collect(),
    };
    for target in &targets {
        let file = target.file.as_ref();
        let bytes = match target.format {
            Format::Pretty => diff::pretty(
                &comparison,
                output::people(typed.people, PeopleShown::Names),
                output::terminal(file, colour),
            ),
            Format::Json => {
                let people = output::people(typed.people, PeopleShown::Names);
                let mut sink = Sink::open(file)?;
                let written = diff::json(&comparison, people, &mut sink).and_then(|()| sink.flush());
                sink.said(written)?;
                continue;
            }
            Format::Markdown => {
                diff::markdown(&comparison, output::people(typed.people, PeopleShown::Counts))
            }
            Format::Html => {
                let people = output::people(typed.people, PeopleShown::Names);
                page::diff(&comparison, None, &mut PeopleNames::new(people))
            }
        };
        output::write(file, &bytes)?;
    }
    let found = fail_on.iter().any(|cause| match cause {
        Cause::Change(change) => difference.count(*change) > 0,
        Cause::NewlyAssumed => difference.newly_assumed().next().is_some(),
        Cause::NoRescue => difference.leaves_no_rescue(),
    });
    Ok(Exit::worst([unread, exit, if found { Exit::Findings } else { Exit::Clean }]))
}

fn settings(typed: &DiffArguments) -> Vec<Typed> {
    vec![
        Typed::list("fail-on", &typed.fail_on, "lost,no-rescue"),
        Typed::list("format", &typed.formats, "pretty"),
        Typed::word("people", typed.people, "names; counts in markdown"),
        Typed::path("terraform-plan", typed.plan.terraform_plan.as_deref()),
    ]
}

/// What is compared, before edits, and how each side is named.
pub struct Sides {
    pub before: Snapshot,
    pub before_shown: String,
    pub after: Snapshot,
    pub after_shown: String,
}

/// What was read live stands for the side that no path names, or for both; a plan lies over the one before.
pub fn sides(
    before: Option<&Path>,
    after: Option<&Path>,
    live: Option<Snapshot>,
    plan: &PlanArguments,
) -> Result<Sides, Problem> {
    let before = match (before, &live) {
        (Some(path), _) => Some(read(path)?),
        (None, live) => live.clone(),
    };
    let file = plan.terraform_plan.as_deref().map(snapshot::shown);
    let alone = before.is_none();
    if let (Some(plan), Some(found)) = (file, snapshots::before_and_after(before.clone(), plan)?) {
        let origin = &found.before.documents.origin;
        let (before_shown, after_shown) = if alone {
            (format!("{plan} before apply"), format!("{plan} after apply"))
        } else {
            (origin.clone(), format!("{origin} after applying {plan}"))
        };
        return Ok(Sides { before: found.before, before_shown, after: found.after, after_shown });
    }
    let Some(before) = before else {
        return Err(Problem(
            "name the snapshot before, a connection with --live, or a plan: --terraform-plan FILE".to_owned(),
        ));
    };
    let after = match (after, live) {
        (Some(path), _) => read(path)?,
        (None, Some(live)) => live,
        (None, None) => before.clone(),
    };
    let (before_shown, after_shown) = (before.documents.origin.clone(), after.documents.origin.clone());
    Ok(Sides { before, before_shown, after, after_shown })
}

/// One connection, read live, and what it costs that a part of it was not reached; `None` where none of it was, which has been said.
fn one_live(name: Option<&String>, arguments: &LiveArguments) -> Result<(Option<Snapshot>, Exit), Problem> {
    let project = live::project(arguments)?;
    let readable = project.connections.iter().filter(|connection| connection.live.is_some()).count();
    if name.is_none() && readable > 1 {
        return Err(Problem(format!(
            "{} has {readable} connections that can be read live: name one, --live NAME",
            project.file.display()
        )));
    }
    let names: Vec<String> = name.into_iter().cloned().collect();
    let (snapshots, exit) = live::snapshots(&project, &names, arguments)?;
    Ok((snapshots.into_iter().next(), exit))
}

pub fn read(path: &Path) -> Result<Snapshot, Problem> {
    snapshot::read(path).map_err(|error| Problem(error.to_string()))
}

/// Says what could not be read; once, where both sides have it.
pub fn say_faults<'a>(sides: impl IntoIterator<Item = (&'a World, &'a Documents)>) -> Exit {
    let mut said = BTreeSet::new();
    for (world, documents) in sides {
        let mut locator = Locator::new(documents);
        for fault in &world.faults {
            let (line, column) = locator.fault(fault).unwrap_or((1, 1));
            let text = format!("{}:{line}:{column}: {}", fault.file, fault.message);
            if said.insert(text.clone()) {
                output::problem(&Problem(text));
            }
        }
    }
    if said.is_empty() { Exit::Clean } else { Exit::WrongUse }
}

/// Patch files first, then what `--set` says, each in the order in which it was typed.
pub fn edits(patches: &[PathBuf], sets: &[String]) -> Result<Vec<Edit>, Problem> {
    let mut edits = Vec::new();
    for path in patches {
        let shown = path.to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(path)
            .map_err(|error| Problem(format!("{shown} could not be read: {error}")))?;
        let format = match path.extension().and_then(|extension| extension.to_str()) {
            Some("json") => TextFormat::Json,
            _ => TextFormat::Yaml,
        };
        edits.extend(edit::patch(&SourceFile { path: shown, text: text.into(), format })?);
    }
    for text in sets {
        edits.push(edit::expression(text)?);
    }
    Ok(edits)
}

/// By default `lost,no-rescue`; nothing where it is `never`.
fn fail_on(typed: &[String]) -> Result<Vec<Cause>, Problem> {
    if typed.is_empty() {
        return Ok(vec![Cause::Change(Change::Lost), Cause::NoRescue]);
    }
    let names = || CAUSES.iter().map(|(name, _)| *name).chain(["never"]);
    let mut causes = Vec::new();
    for text in typed.iter().filter(|text| *text != "never") {
        let cause = CAUSES.iter().find(|(name, _)| name == text).ok_or_else(|| {
            Problem(format!(
                "--fail-on takes {}, not {text:?}{}",
                names().collect::<Vec<_>>().join(", "),
                output::did_you_mean(text, names())
            ))
        })?;
        causes.push(cause.1);
    }
    if causes.len() < typed.len() && typed.len() > 1 {
        return Err(Problem("--fail-on never takes nothing beside it".to_owned()));
    }
    Ok(causes)
}
