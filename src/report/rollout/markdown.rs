//! A rollout as Markdown for a change request. Every text from input stands in a code span of its own.

use std::fmt::Write as _;

use crate::finding::prose::{PeopleNames, PeopleShown, grouped, people};
use crate::report::coverage::{self, NOT_COVERED};
use crate::report::diff::edit_told;
use crate::report::gfm::{code, sentences};
use crate::rollout::{Outcome, State};

use super::told::told;
use super::{CHECK, STEP_ZERO, Shown, capital, not_known, protected, why};

/// A section for a change request, with a box to tick for each step.
pub fn markdown(shown: &Shown<'_>, people_shown: PeopleShown) -> Vec<u8> {
    let rollout = shown.rollout;
    let mut names = PeopleNames::new(people_shown);
    let mut out = String::new();
    let _ = writeln!(out, "# Rollout of a change to sign-in at {}\n", code(&rollout.name));
    let _ = writeln!(out, "- Before: {}", code(shown.before));
    let _ = writeln!(out, "- After: {}", code(shown.after));
    for edit in &shown.edits {
        let _ = writeln!(out, "  - {}", code(&edit_told(edit, &mut names)));
    }
    let _ = writeln!(out, "- Protected: {}.", protected(rollout));
    if let Some(text) = not_known(rollout, &mut names) {
        let _ = writeln!(out, "- **Not known**: {}.", sentences(&text));
    }
    for aside in &rollout.left_aside {
        let _ = writeln!(out, "- Left aside, since it changes nobody: {}.", code(aside));
    }
    let _ = writeln!(out, "- Tool: ssolint {}", env!("CARGO_PKG_VERSION"));
    if let Some(why) = why(rollout, &mut names) {
        let _ = writeln!(out, "\n**No order of steps.** {}", code(&why));
    }
    if let Outcome::Found { start, steps } = &rollout.outcome {
        let _ = writeln!(out, "\n## Steps\n");
        let _ = writeln!(out, "- [ ] **0.** {STEP_ZERO}.");
        state(&mut out, start, &mut names);
        for (number, step) in (1..).zip(steps) {
            let told = told(&step.edit, &rollout.called, rollout.app_id.as_deref(), &mut names);
            let service = step.edit.service().title();
            let _ =
                writeln!(out, "- [ ] **{number}.** {service}: {}", code(&edit_told(&told.edit, &mut names)));
            let _ = writeln!(out, "  - Where: {}", code(&edit_told(&told.console, &mut names)));
            let _ = writeln!(out, "  - Value: {}", code(&edit_told(&told.value, &mut names)));
            if let Some(request) = told.request.filter(|_| people_shown == PeopleShown::Names) {
                let _ = writeln!(out, "  - Request: {}", code(&request.line()));
            }
            let _ = writeln!(out, "  - Undo: {}", code(&edit_told(&told.undo, &mut names)));
            state(&mut out, &step.state, &mut names);
        }
        let _ = writeln!(out, "\n{}.", capital(CHECK));
    }
    let _ = writeln!(out, "\nNot covered: {}.", NOT_COVERED.join("; "));
    out.into_bytes()
}

fn state(out: &mut String, state: &State, names: &mut PeopleNames) {
    let _ = writeln!(
        out,
        "  - Then: {} with access, {} can repair SSO.",
        people(state.granted),
        grouped(state.can_repair)
    );
    if let Some(witness) = &state.witness {
        let name = code(&names.show(&witness.name));
        let _ = writeln!(out, "  - Check: {name} signs in as {}.", code(&witness.role));
    }
    for (name, count) in &state.assumed {
        let _ = writeln!(out, "  - Assumed for {}: {} (`{name}`).", people(*count), coverage::meaning(name));
    }
}
