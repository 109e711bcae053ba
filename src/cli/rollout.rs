//! `ssolint rollout`.

use std::fs;
use std::path::Path;

use ssolint::document::edit::{self, Edit};
use ssolint::finding::PeopleShown;
use ssolint::report::rollout::{self as report, Shown};
use ssolint::rollout::verify::{self, Script};
use ssolint::rollout::{MOST_STATES, Outcome, Protect, Rollout, RolloutError};
use ssolint::signin::Difference;

use crate::arguments::{ColourChoice, PlanArguments, RolloutArguments, SourceArguments};
use crate::config::{self, Typed};
use crate::diff::{FORMATS, Format};
use crate::output::{self, Problem};
use crate::{Exit, diff, snapshots};

impl From<RolloutError> for Problem {
    fn from(error: RolloutError) -> Self {
        Self(error.to_string())
    }
}

pub fn run(typed: &RolloutArguments, colour: ColourChoice) -> Result<Exit, Problem> {
    let targets = output::targets(&typed.formats, &FORMATS)?;
    let protect = protect(&typed.protect)?;
    if typed.live.show_config {
        return config::show(&typed.live, settings(typed));
    }
    if let (Some(file), Some(step)) = (&typed.verify, typed.step) {
        return verify(file, step, typed);
    }
    let edits = diff::edits(&typed.patches, &typed.sets)?;
    if typed.after.is_none() && edits.is_empty() && typed.plan.terraform_plan.is_none() {
        return Err(Problem(
            "name a second snapshot, or say what changes: --set 'connection.torq.flow=code', --patch FILE or --terraform-plan FILE"
                .to_owned(),
        ));
    }
    let sides = diff::sides(typed.before.as_deref(), typed.after.as_deref(), None, &typed.plan)?;
    let before = &sides.before.documents;
    let edited = edit::apply(&sides.after.documents, &edits)?;
    let world_before = ssolint::check::load(before, sides.before.faults.clone());
    let world_after = ssolint::check::load(&edited, sides.after.faults.clone());
    let unread = diff::say_faults([(&world_before, before), (&world_after, &edited)]);
    let rollout = Rollout::search(before, &edited, &protect, typed.max_states.unwrap_or(MOST_STATES))?;
    let shown = Shown {
        rollout: &rollout,
        before: &sides.before_shown,
        after: &sides.after_shown,
        edits: edits.iter().map(Edit::to_string).collect(),
    };
    for target in &targets {
        let file = target.file.as_ref();
        let people = |by_default| output::people(typed.people, by_default);
        let bytes = match target.format {
            Format::Pretty => {
                report::pretty(&shown, people(PeopleShown::Names), output::terminal(file, colour))
            }
            Format::Json => report::json(&shown, people(PeopleShown::Names)),
            Format::Markdown => report::markdown(&shown, people(PeopleShown::Counts)),
            Format::Html => {
                let difference = Difference::new(&world_before, &world_after, &[]);
                report::html(&shown, &difference, people(PeopleShown::Names))
            }
        };
        output::write(file, &bytes)?;
    }
    let exit = match rollout.outcome {
        // An order that says nothing about somebody is none to rely on.
        Outcome::Found { .. } if !rollout.not_known.is_empty() => Exit::NotEvaluated,
        Outcome::Found { .. } => Exit::Clean,
        Outcome::Impossible { .. } | Outcome::NotFound => Exit::Findings,
    };
    Ok(Exit::worst([unread, exit]))
}

fn settings(typed: &RolloutArguments) -> Vec<Typed> {
    vec![
        Typed::list("protect", &typed.protect, "everyone"),
        Typed::new("max-states", typed.max_states.map(|most| most.to_string()), MOST_STATES.to_string()),
        Typed::list("format", &typed.formats, "pretty"),
        Typed::word("people", typed.people, "names; counts in markdown"),
        Typed::path("terraform-plan", typed.plan.terraform_plan.as_deref()),
    ]
}

fn protect(typed: &[String]) -> Result<Protect, Problem> {
    match typed {
        [] => Ok(Protect::Everyone),
        [one] if one == "everyone" => Ok(Protect::Everyone),
        [one] if one == "repair" => Ok(Protect::Repairers),
        people if people.iter().any(|one| one == "everyone" || one == "repair") => {
            Err(Problem("--protect everyone and --protect repair take nobody beside them".to_owned()))
        }
        people => Ok(Protect::People(people.to_vec())),
    }
}

fn verify(file: &Path, step: usize, typed: &RolloutArguments) -> Result<Exit, Problem> {
    let shown = file.display();
    let text =
        fs::read_to_string(file).map_err(|error| Problem(format!("{shown} could not be read: {error}")))?;
    let script: Script = serde_json::from_str(&text).map_err(|error| {
        Problem(format!("{shown} is not what `ssolint rollout --format json` writes: {error}"))
    })?;
    if script.states.is_empty() {
        return Err(Problem(format!("{shown} has no steps: no order was found")));
    }
    if script.people != "names" {
        return Err(Problem(format!(
            "{shown} was made with --people {}, so its people cannot be found; make it again with their names",
            script.people
        )));
    }
    if let Some((step, part)) = script.lacking() {
        return Err(Problem(format!(
            "{shown} does not say what step {step} leaves of the {part}; make it again with `ssolint rollout --format json`"
        )));
    }
    let read = snapshots::read(&SourceArguments {
        paths: typed.before.iter().cloned().collect(),
        live_connections: typed.live_connection.clone().map(|name| vec![name]),
        live: typed.live.clone(),
        plan: PlanArguments::default(),
    })?;
    let snapshot = match read.snapshots.as_slice() {
        [one] => one,
        [] => return Ok(Exit::worst([read.exit, Exit::NotEvaluated])),
        several => {
            return Err(Problem(format!("name one of the {} connections, or a snapshot", several.len())));
        }
    };
    let world = ssolint::check::load(&snapshot.documents, snapshot.faults.clone());
    let unread = diff::say_faults([(&world, &snapshot.documents)]);
    let last = script.states.len() - 1;
    let verified = verify::verify(&script, step, &snapshot.documents)
        .ok_or_else(|| Problem(format!("there is no step {step}; {shown} has 0 to {last}")))?;
    output::write(None, &report::verified(&verified, &world.name))?;
    let exit = match verified.holds() {
        true => Exit::Clean,
        false if verified.not_looked_at.is_empty() => Exit::Findings,
        false => Exit::NotEvaluated,
    };
    Ok(Exit::worst([read.exit, unread, exit]))
}
