//! `who` on a terminal: one person gate by gate, or everyone by verdict.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::finding::prose::{PeopleNames, grouped, people, visible};
use crate::model::Truth;
use crate::signin::evaluation::{Outcome, State};
use crate::signin::{Gate, PersonIndex, SignIn, Verdict};

use super::coverage::{self, NOT_COVERED};

/// One person: the verdict, each gate, and how the mapping table was walked.
pub fn person(sign_in: &SignIn<'_>, person: PersonIndex, names: &mut PeopleNames) -> String {
    let world = sign_in.world;
    let mut out = String::new();
    let name = names.show(sign_in.label(person));
    let _ = writeln!(out, "{name} at {}: {}", visible(&world.name), verdict(sign_in, person));
    if sign_in.population.stranger(person).is_none_or(|stranger| stranger.local == Truth::No) {
        for gate in Gate::ALL {
            let (mark, word) = match sign_in.state(person, gate) {
                State::Passes => ("✓", "passes"),
                State::Fails => ("✗", "fails"),
                State::Unknown => ("?", "unknown"),
            };
            let reason = sign_in.reason(person, gate);
            let colon = if reason.is_empty() { "" } else { ": " };
            let _ = writeln!(out, "  {mark} {:<11}{word}{colon}{}", gate.name(), visible(&reason));
        }
        walk(sign_in, person, names, &mut out);
    }
    for assumed in sign_in.assumes(person).names() {
        let _ = writeln!(out, "  assumes {assumed}: {}", coverage::meaning(assumed));
    }
    out
}

fn verdict(sign_in: &SignIn<'_>, person: PersonIndex) -> String {
    match sign_in.verdict(person) {
        Verdict::Granted { role, rank } => {
            let rank = rank
                .map_or_else(|| "by one of several mappings".to_owned(), |rank| format!("by rank {rank}"));
            format!("granted {} ({rank})", visible(sign_in.world.role_label(&role)))
        }
        Verdict::LockedOut { gate, reason } => format!("locked out at {gate}: {}", visible(&reason)),
        Verdict::Unknown { gate, missing } => format!("unknown at {gate}: {}", visible(&missing)),
        Verdict::NotSubject { reason } => format!("not subject to SSO: {reason}"),
    }
}

fn walk(sign_in: &SignIn<'_>, person: PersonIndex, names: &mut PeopleNames, out: &mut String) {
    let tables = sign_in.tables();
    for (index, mapping) in sign_in.mappings().iter().enumerate() {
        let truths: Vec<Truth> = tables.iter().map(|table| table.matches(index, person)).collect();
        let word = if truths.iter().all(|truth| *truth == Truth::Yes) {
            "matches"
        } else if truths.iter().all(|truth| *truth == Truth::No) {
            "does not match"
        } else {
            "may match"
        };
        let value = if mapping.claim_name == crate::signin::claim_source::EMAIL {
            names.show(&mapping.claim_value)
        } else {
            visible(&mapping.claim_value)
        };
        let _ = writeln!(
            out,
            "    rank {:<3} {} = {value} → {}: {word}",
            mapping.rank,
            visible(&mapping.claim_name),
            visible(sign_in.world.role_label(&mapping.role))
        );
    }
}

/// Everyone: how many end how, and what it rests on.
pub fn everyone(sign_in: &SignIn<'_>) -> String {
    let world = sign_in.world;
    let mut groups: BTreeMap<(u8, String), usize> = BTreeMap::new();
    let mut considered = 0;
    for person in sign_in.considered() {
        considered += 1;
        let order = match sign_in.outcome(person) {
            Outcome::Granted { .. } => 0,
            Outcome::LockedOut(_) => 1,
            Outcome::Unknown(_) => 2,
            Outcome::NotSubject => 3,
        };
        *groups.entry((order, verdict(sign_in, person))).or_default() += 1;
    }
    let mut out = String::new();
    let _ = writeln!(out, "{}: {} considered", visible(&world.name), people(considered));
    for ((_, text), count) in groups {
        let _ = writeln!(out, "  {:>9}  {text}", grouped(count));
    }
    for assumed in super::summary::assumed(sign_in) {
        let _ = writeln!(
            out,
            "  assumed {} for {}: {}",
            assumed.name,
            people(assumed.people),
            coverage::meaning(assumed.name)
        );
    }
    let _ = writeln!(out, "  not covered: {}", NOT_COVERED.join("; "));
    out
}
