//! The counts of a report: how many people end how, on what that rests, and who can repair SSO.

use crate::signin::evaluation::Outcome;
use crate::signin::repair::Repair;
use crate::signin::{Assumption, SignIn};

use super::{Assumed, Summary};

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
