//! `rollout`: an order of edits that locks nobody out, on a terminal, as JSON (interface, machine output), as Markdown for a change
//! request and as a page. How one step is told is in [`told`]; the steps come from `crate::rollout`.

mod html;
mod json;
mod markdown;
mod pretty;
pub mod told;
mod verified;

pub use html::html;
pub use json::json;
pub use markdown::markdown;
pub use pretty::pretty;
pub use verified::verified;

use crate::finding::prose::{PeopleNames, PeopleShown, grouped, people};
use crate::rollout::state::{Keeps, Protected};
use crate::rollout::{Outcome, Rollout};

/// A rollout with where its sides came from.
pub struct Shown<'r> {
    pub rollout: &'r Rollout,
    /// As they are shown.
    pub before: &'r str,
    pub after: &'r str,
    /// What was changed of `after` before it was read, in order.
    pub edits: Vec<String>,
}

/// Step 0 of every rollout.
const STEP_ZERO: &str = "keep one Owner signed in, in a second browser, until the last check passes";
/// What a sign-in shows, and when.
const CHECK: &str =
    "take the next step only after the check: sessions that are open may not show what a new sign-in gets";

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// Why no order is told, in one sentence; `None` where one is.
fn why(rollout: &Rollout, names: &mut PeopleNames) -> Option<String> {
    match &rollout.outcome {
        Outcome::Found { .. } => None,
        Outcome::Impossible { lost } => {
            let who: Vec<String> = lost.iter().map(|person| names.show(&person.name)).collect();
            let what = |person: &Protected| match person.keeps {
                Keeps::Access => "access",
                Keeps::AccessAndRepair => "access or the ability to repair SSO",
            };
            let subject = match who.as_slice() {
                [one] => format!("{one} loses {}", lost.first().map_or("access", what)),
                several => format!("one of {} loses access or the ability to repair SSO", listed(several)),
            };
            Some(format!(
                "impossible: whatever the order, {subject} in some state; everything that the steps can make was tried or ruled out ({} states decided)",
                grouped(rollout.decided)
            ))
        }
        Outcome::NotFound => Some(format!(
            "not found: no order among the first {} states, the limit of --max-states; there may be one beyond",
            grouped(rollout.most_states)
        )),
    }
}

/// People who are named in a sentence before the rest is counted.
const NAMED: usize = 5;

fn listed(names: &[String]) -> String {
    let (first, rest) = names.split_at_checked(NAMED).unwrap_or((names, &[]));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", people(rest.len())) };
    format!("{}{more}", first.join(", "))
}

/// Whom the order says nothing about; `None` where there is nobody.
fn not_known(rollout: &Rollout, names: &mut PeopleNames) -> Option<String> {
    let unknown = &rollout.not_known;
    if unknown.is_empty() {
        return None;
    }
    let shown = if names.mode() == PeopleShown::Counts {
        String::new()
    } else {
        let shown: Vec<String> = unknown.iter().map(|name| names.show(name)).collect();
        format!(" ({})", listed(&shown))
    };
    Some(format!(
        "of {}{shown} it is not known whether they have access before or after: they are not protected, and any step may cost them theirs; `ssolint who` says what is missing",
        people(unknown.len())
    ))
}

/// `9 people: 7 keep access, 2 keep access and can repair SSO`.
fn protected(rollout: &Rollout) -> String {
    let repairers = rollout.protected.iter().filter(|person| person.keeps == Keeps::AccessAndRepair).count();
    let others = rollout.protected.len() - repairers;
    format!(
        "{}: {} must keep access, {} must keep access and the ability to repair SSO",
        people(rollout.protected.len()),
        grouped(others),
        grouped(repairers)
    )
}
