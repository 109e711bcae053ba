//! `ssolint diff`.

use std::fs;
use std::path::{Path, PathBuf};

use ssolint::document::edit::{self, Edit, EditError};
use ssolint::document::position::Format as TextFormat;
use ssolint::document::{Documents, SourceFile};
use ssolint::finding::PeopleShown;
use ssolint::finding::locate::Locator;
use ssolint::model::World;
use ssolint::report::diff::{self, Comparison};
use ssolint::signin::{Change, Difference};
use ssolint::source::snapshot::{self, Snapshot};

use crate::Exit;
use crate::arguments::{ColourChoice, DiffArguments};
use crate::output::{self, Problem};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Pretty,
    Json,
    Markdown,
}

const FORMATS: [(&str, Format); 3] =
    [("pretty", Format::Pretty), ("json", Format::Json), ("markdown", Format::Markdown)];

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
    let edits = edits(&typed.patches, &typed.sets)?;
    if typed.after.is_none() && edits.is_empty() {
        return Err(Problem(
            "name a second snapshot, or say what changes: --set 'connection.torq.flow=code' or --patch FILE"
                .to_owned(),
        ));
    }
    let before = read(&typed.before)?;
    let after = match &typed.after {
        Some(path) => read(path)?,
        None => before.clone(),
    };
    let edited = edit::apply(&after.documents, &edits)?;
    let (world_before, world_after) = (load(&before.documents, &before), load(&edited, &after));
    let unread = [(&world_before, &before.documents), (&world_after, &edited)]
        .map(|(world, documents)| say_faults(world, documents));
    let difference = Difference::new(&world_before, &world_after, &[]);
    let comparison = Comparison {
        difference: &difference,
        before: &before.documents.origin,
        after: &edited.origin,
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
            Format::Json => diff::json(&comparison, output::people(typed.people, PeopleShown::Names)),
            Format::Markdown => {
                diff::markdown(&comparison, output::people(typed.people, PeopleShown::Counts))
            }
        };
        output::write(file, &bytes)?;
    }
    let found = fail_on.iter().any(|cause| match cause {
        Cause::Change(change) => difference.count(*change) > 0,
        Cause::NewlyAssumed => difference.newly_assumed().next().is_some(),
        Cause::NoRescue => difference.leaves_no_rescue(),
    });
    Ok(Exit::worst(unread.into_iter().chain([if found { Exit::Findings } else { Exit::Clean }])))
}

pub fn read(path: &Path) -> Result<Snapshot, Problem> {
    snapshot::read(path).map_err(|error| Problem(error.to_string()))
}

pub fn load(documents: &Documents, snapshot: &Snapshot) -> World {
    ssolint::check::load(documents, snapshot.faults.clone())
}

pub fn say_faults(world: &World, documents: &Documents) -> Exit {
    let mut locator = Locator::new(documents);
    for fault in &world.faults {
        let (line, column) = locator.fault(fault).unwrap_or((1, 1));
        output::problem(&Problem(format!("{}:{line}:{column}: {}", fault.file, fault.message)));
    }
    if world.faults.is_empty() { Exit::Clean } else { Exit::WrongUse }
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
