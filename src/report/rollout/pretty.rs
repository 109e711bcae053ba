//! A rollout on a terminal.

use std::fmt::Write as _;

use crate::finding::prose::{PeopleNames, PeopleShown, grouped, people, visible};
use crate::report::coverage::{self, NOT_COVERED};
use crate::report::diff::{edit_told, wrapped};
use crate::report::pretty::Terminal;
use crate::rollout::{Outcome, State};

use super::told::told;
use super::{CHECK, STEP_ZERO, Shown, not_known, protected, why};

/// The steps, each with where it is typed, how it is undone and who is to check it.
pub fn pretty(shown: &Shown<'_>, people_shown: PeopleShown, terminal: Terminal) -> Vec<u8> {
    let rollout = shown.rollout;
    let mut names = PeopleNames::new(people_shown);
    let mut out = String::new();
    let count = match &rollout.outcome {
        Outcome::Found { steps, .. } if steps.len() == 1 => " in 1 step".to_owned(),
        Outcome::Found { steps, .. } => format!(" in {} steps", grouped(steps.len())),
        Outcome::Impossible { .. } | Outcome::NotFound => String::new(),
    };
    let after = match (shown.edits.len(), shown.before == shown.after) {
        (0, _) => visible(shown.after),
        (_, true) => "the same, edited".to_owned(),
        (_, false) => format!("{}, edited", visible(shown.after)),
    };
    let _ = writeln!(out, "{}: from {} to {after}{count}", visible(&rollout.name), visible(shown.before));
    for edit in &shown.edits {
        let _ = writeln!(out, "  {}", edit_told(edit, &mut names));
    }
    out.push('\n');
    wrapped(&mut out, "protects", &protected(rollout), terminal);
    if let Some(text) = not_known(rollout, &mut names) {
        wrapped(&mut out, "NOT KNOWN", &text, terminal);
    }
    if !rollout.left_aside.is_empty() {
        let text = format!("{}; it changes nobody, at any step", visible(&rollout.left_aside.join(", ")));
        wrapped(&mut out, "left aside", &text, terminal);
    }
    if let Outcome::Found { start, steps } = &rollout.outcome {
        let _ = writeln!(out, "\n{:>3}  {STEP_ZERO}", 0);
        state(&mut out, start, &mut names);
        for (number, step) in (1..).zip(steps) {
            let told = told(&step.edit, &rollout.called, rollout.app_id.as_deref(), &mut names);
            let service = step.edit.service().title();
            let _ = writeln!(out, "\n{number:>3}  {service}: {}", edit_told(&told.edit, &mut names));
            let mut line = |what: &str, text: &str| {
                let _ = writeln!(out, "       {what:<9}{}", edit_told(text, &mut names));
            };
            line("where", &told.console);
            line("value", &told.value);
            if let Some(request) = told.request.filter(|_| people_shown == PeopleShown::Names) {
                line("request", &request.line());
            }
            line("undo", &told.undo);
            state(&mut out, &step.state, &mut names);
        }
    }
    out.push('\n');
    if let Some(why) = why(rollout, &mut names) {
        wrapped(&mut out, "no order", &why, terminal);
    } else {
        wrapped(&mut out, "checks", CHECK, terminal);
    }
    wrapped(&mut out, "not covered", &NOT_COVERED.join("; "), terminal);
    out.into_bytes()
}

fn state(out: &mut String, state: &State, names: &mut PeopleNames) {
    let _ = writeln!(
        out,
        "       {:<9}{} with access, {} can repair SSO",
        "then",
        people(state.granted),
        grouped(state.can_repair)
    );
    if let Some(witness) = &state.witness {
        let _ = writeln!(
            out,
            "       {:<9}{} signs in as {}",
            "check",
            names.show(&witness.name),
            visible(&witness.role)
        );
    }
    for (name, count) in &state.assumed {
        let _ = writeln!(out, "       {:<9}for {}: {}", "assumed", people(*count), coverage::meaning(name));
    }
}
