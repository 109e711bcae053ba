//! `who` on a terminal. [`person`] is one person gate by gate, for someone at a help desk to read out; [`everyone`] is all people in
//! classes, on one screen.

mod everyone;
mod person;

pub use everyone::everyone;
pub use person::person;

use crate::finding::prose::{PeopleNames, visible};
use crate::model::torq::Mapping;
use crate::signin::{SignIn, Verdict, claim_source};

fn verdict(sign_in: &SignIn<'_>, verdict: &Verdict) -> String {
    match verdict {
        Verdict::Granted { role, rank } => {
            let rank = rank
                .map_or_else(|| "by one of several mappings".to_owned(), |rank| format!("by rank {rank}"));
            format!("granted {} ({rank})", visible(sign_in.world.role_label(role)))
        }
        Verdict::LockedOut { gate, reason } => format!("locked out at {gate}: {}", visible(reason)),
        Verdict::Unknown { gate, missing } => format!("unknown at {gate}: {}", visible(missing)),
        Verdict::NotSubject { reason } => format!("not subject to SSO: {reason}"),
    }
}

/// `rank 3   groups = SOC-Leads → Operator`.
fn mapping_text(sign_in: &SignIn<'_>, mapping: &Mapping, names: &mut PeopleNames) -> String {
    format!(
        "rank {:<3} {} = {} → {}",
        mapping.rank,
        visible(&mapping.claim_name),
        value(&mapping.claim_name, &mapping.claim_value, names),
        visible(sign_in.world.role_label(&mapping.role))
    )
}

/// A claim's value; a person's where the claim says who someone is.
pub(super) fn value(claim: &str, value: &str, names: &mut PeopleNames) -> String {
    if claim_source::standard_scope(claim).is_some() || value.contains('@') {
        names.show(value)
    } else {
        visible(value)
    }
}
