//! A rollout as a page: the comparison of its two sides, with the steps from one to the other.

use crate::finding::prose::{PeopleNames, PeopleShown, people, visible};
use crate::report::coverage;
use crate::report::diff::{Comparison, edit_told};
use crate::report::page::{self, Found, Made, Step, Steps};
use crate::rollout::{Outcome, Planned, State};
use crate::signin::Difference;

use super::told::told;
use super::{CHECK, STEP_ZERO, Shown, capital, not_known, protected, why};

/// One page; `difference` is that of the two sides.
pub fn html(shown: &Shown<'_>, difference: &Difference<'_>, people_shown: PeopleShown) -> Vec<u8> {
    let mut names = PeopleNames::new(people_shown);
    let steps = steps(shown, &mut names);
    let comparison =
        Comparison { difference, before: shown.before, after: shown.after, edits: shown.edits.clone() };
    page::diff(&comparison, Some(&steps), &mut names)
}

fn steps(shown: &Shown<'_>, names: &mut PeopleNames) -> Steps {
    let rollout = shown.rollout;
    let found = match &rollout.outcome {
        Outcome::Found { start, steps } => {
            let mut states = vec![state(STEP_ZERO.to_owned(), None, start, names)];
            for step in steps {
                let (edit, made) = made(shown, step, names);
                states.push(state(edit, Some(made), &step.state, names));
            }
            Found::Order { states, check: capital(CHECK) }
        }
        Outcome::Impossible { .. } | Outcome::NotFound => {
            Found::None(why(rollout, names).unwrap_or_default())
        }
    };
    Steps {
        protected: protected(rollout),
        not_known: not_known(rollout, names),
        left_aside: rollout.left_aside.iter().map(|aside| visible(aside)).collect(),
        found,
    }
}

fn made(shown: &Shown<'_>, step: &Planned, names: &mut PeopleNames) -> (String, Made) {
    let rollout = shown.rollout;
    let told = told(&step.edit, &rollout.called, rollout.app_id.as_deref(), names);
    let made = Made {
        service: step.edit.service().title().to_owned(),
        console: edit_told(&told.console, names),
        value: edit_told(&told.value, names),
        request: told
            .request
            .filter(|_| names.mode() == PeopleShown::Names)
            .map(|request| visible(&request.line())),
        undo: edit_told(&told.undo, names),
    };
    (edit_told(&told.edit, names), made)
}

fn state(edit: String, made: Option<Made>, state: &State, names: &mut PeopleNames) -> Step {
    let check = state
        .witness
        .as_ref()
        .map(|witness| format!("{} signs in as {}", names.show(&witness.name), visible(&witness.role)));
    let assumed = state
        .assumed
        .iter()
        .map(|(name, count)| format!("{}: {} ({name})", people(*count), coverage::meaning(name)))
        .collect();
    Step { edit, made, granted: state.granted, can_repair: state.can_repair, check, assumed }
}
