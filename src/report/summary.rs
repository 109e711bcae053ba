//! The counts of a report: how many people end how, on what that rests, and who can repair SSO.

use std::collections::BTreeSet;

use crate::rules::Facts;
use crate::signin::evaluation::Outcome;
use crate::signin::expectation::Standing;
use crate::signin::repair::Repair;
use crate::signin::{Assumption, SignIn};

use super::{Assumed, Expectations, Summary};

/// How many people's verdicts rest on which assumption.
pub fn assumed(sign_in: &SignIn<'_>) -> Vec<Assumed> {
    [Assumption::GroupCount, Assumption::Policy]
        .into_iter()
        .map(|assumption| Assumed {
            name: assumption.name(),
            people: sign_in
                .considered()
                .filter(|person| sign_in.assumes(*person).contains(assumption))
                .count(),
        })
        .filter(|assumed| assumed.people > 0)
        .collect()
}

/// Counts verdicts. Conservation holds by construction: each considered person is counted once.
pub fn summary(sign_in: &SignIn<'_>) -> Summary {
    let repair = Repair::new(sign_in);
    let mut summary = Summary {
        can_repair_sso: repair.people.len(),
        repair_mappings: repair.by_mapping.len(),
        may_repair_sso: repair.open,
        backup_accounts: repair.backup_accounts.len(),
        backup_accounts_known: repair.backup_gap.is_none(),
        ..Summary::default()
    };
    for person in sign_in.considered() {
        summary.people += 1;
        match sign_in.outcome(person) {
            Outcome::Granted { .. } => summary.granted += 1,
            Outcome::LockedOut(_) => summary.locked_out += 1,
            Outcome::Unknown(_) => summary.unknown += 1,
            Outcome::NotSubject => summary.not_subject += 1,
        }
    }
    summary
}

/// Counts how expectations fare; `None` where nothing is expected.
pub fn expectations(facts: &Facts<'_>) -> Option<Expectations> {
    if facts.world.expectations.is_empty() {
        return None;
    }
    let sign_in = facts.sign_in;
    let mut counts = Expectations { mappings: sign_in.mappings().len(), ..Expectations::default() };
    let mut exercised: BTreeSet<usize> = BTreeSet::new();
    for fared in facts.fared() {
        exercised.extend(&fared.exercised);
        match fared.standing() {
            Standing::Holds => {
                counts.hold += 1;
                let assumed = |person| !sign_in.assumes(person).names().is_empty();
                counts.hold_by_assumption += usize::from(fared.holds.iter().copied().any(assumed));
            }
            Standing::Fails => counts.fail += 1,
            Standing::NotKnown => counts.not_known += 1,
            Standing::Nobody => counts.about_nobody += 1,
        }
    }
    counts.mappings_exercised = exercised.len();
    Some(counts)
}
