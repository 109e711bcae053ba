//! A rollout as one JSON object, with what `rollout --verify` needs to check its steps.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::finding::prose::{PeopleNames, PeopleShown};
use crate::report::coverage::NOT_COVERED;
use crate::report::diff::{edit_told, line};
use crate::rollout::verify::{Expected, Watched};
use crate::rollout::{Outcome, State};

use super::told::{Told, told};
use super::{STEP_ZERO, Shown, why};

#[derive(Serialize)]
struct Whole {
    connection: String,
    protected: Vec<Person>,
    /// Of whom it is not known whether they have access before or after; empty where they are only counted.
    not_known: Vec<String>,
    not_known_count: usize,
    states: Vec<Row>,
    found: bool,
    why: Option<String>,
    /// Whatever the order, one of these.
    lost: Vec<String>,
    states_decided: usize,
    max_states: usize,
    left_aside: Vec<String>,
    people: &'static str,
    watched: Watched,
    not_covered: [&'static str; 6],
}

#[derive(Serialize)]
struct Person {
    user: String,
    okta_id: Option<String>,
    keeps: &'static str,
}

#[derive(Serialize)]
struct Row {
    step: usize,
    side: Option<&'static str>,
    edit: String,
    console: Option<String>,
    value: Option<String>,
    request: Option<Request>,
    undo: Option<String>,
    change: Option<Value>,
    granted: usize,
    can_repair: usize,
    witness: Option<String>,
    witness_role: Option<String>,
    assumed: BTreeMap<&'static str, usize>,
    expected: Expected,
}

#[derive(Serialize)]
struct Request {
    method: &'static str,
    path: String,
    body: Option<Value>,
}

/// One object.
pub fn json(shown: &Shown<'_>, people: PeopleShown) -> Vec<u8> {
    let rollout = shown.rollout;
    let mut names = PeopleNames::new(people);
    let mut states = Vec::new();
    if let Outcome::Found { start, steps } = &rollout.outcome {
        states.push(row(0, None, start, &mut names));
        for (number, step) in (1..).zip(steps) {
            let text = told(&step.edit, &rollout.called, rollout.app_id.as_deref(), &mut names);
            states.push(row(number, Some((step.edit.service().name(), text)), &step.state, &mut names));
        }
    }
    let lost = match &rollout.outcome {
        Outcome::Impossible { lost } => lost.as_slice(),
        Outcome::Found { .. } | Outcome::NotFound => &[],
    };
    let whole = Whole {
        connection: rollout.name.clone(),
        protected: rollout
            .protected
            .iter()
            .map(|person| Person {
                user: raw(&person.name, &mut names),
                okta_id: (people == PeopleShown::Names).then(|| person.okta_id.clone()),
                keeps: person.keeps.name(),
            })
            .collect(),
        not_known: match people {
            PeopleShown::Counts => Vec::new(),
            PeopleShown::Names | PeopleShown::Pseudonyms => {
                rollout.not_known.iter().map(|name| raw(name, &mut names)).collect()
            }
        },
        not_known_count: rollout.not_known.len(),
        states,
        found: matches!(rollout.outcome, Outcome::Found { .. }),
        why: why(rollout, &mut names),
        lost: lost.iter().map(|person| raw(&person.name, &mut names)).collect(),
        states_decided: rollout.decided,
        max_states: rollout.most_states,
        left_aside: rollout.left_aside.clone(),
        people: match people {
            PeopleShown::Counts => "counts",
            PeopleShown::Names => "names",
            PeopleShown::Pseudonyms => "pseudonyms",
        },
        watched: if people == PeopleShown::Names { rollout.watched.clone() } else { Watched::default() },
        not_covered: NOT_COVERED,
    };
    let mut bytes = Vec::new();
    line(&whole, &mut bytes);
    bytes
}

fn raw(name: &str, names: &mut PeopleNames) -> String {
    if names.mode() == PeopleShown::Names { name.to_owned() } else { names.show(name) }
}

fn row(step: usize, told: Option<(&'static str, Told)>, state: &State, names: &mut PeopleNames) -> Row {
    let with_names = names.mode() == PeopleShown::Names;
    let (side, told) = told.unzip();
    let mut text = |text: String| if with_names { text } else { edit_told(&text, names) };
    let edit = told.as_ref().map_or_else(|| STEP_ZERO.to_owned(), |told| text(told.edit.clone()));
    let console = told.as_ref().map(|told| text(told.console.clone()));
    let value = told.as_ref().map(|told| text(told.value.clone()));
    let undo = told.as_ref().map(|told| text(told.undo.clone()));
    // Bodies, ids and changes hold addresses inside; without names they are left out.
    let told = told.filter(|_| with_names);
    let request = told.as_ref().and_then(|told| told.request.clone());
    Row {
        step,
        side,
        edit,
        console,
        value,
        request: request.map(|request| Request {
            method: request.method,
            path: request.path,
            body: request.body,
        }),
        undo,
        change: told.map(|told| told.change),
        granted: state.granted,
        can_repair: state.can_repair,
        witness: state.witness.as_ref().map(|witness| raw(&witness.name, names)),
        witness_role: state.witness.as_ref().map(|witness| witness.role.clone()),
        assumed: state.assumed.iter().copied().collect(),
        expected: state.expected.clone(),
    }
}
