//! Who can repair SSO: the quorum, the mappings that give it, and the backup accounts (semantics G7.6 and words).

use std::collections::BTreeMap;

use crate::model::{Fact, Gap, World};

use super::evaluation::{Outcome, SignIn};
use super::mapping::MappingOutcome;
use super::population::PersonIndex;

#[derive(Debug, Clone, Default)]
pub struct Repair {
    /// People who are granted a role that can repair SSO.
    pub people: Vec<PersonIndex>,
    /// How many people each mapping gives such a role to; indices are into the mappings by rank.
    pub by_mapping: BTreeMap<usize, usize>,
    /// Indices of Torq users that are local accounts with such a role.
    pub backup_accounts: Vec<usize>,
    /// People of whom it is not known whether they end with such a role, and what is missing for the first of them.
    pub open: usize,
    pub gap: Option<Gap>,
}

impl Repair {
    pub fn new(sign_in: &SignIn<'_>) -> Self {
        let world = sign_in.world;
        let mappings = sign_in.mappings();
        let mut repair = Self { backup_accounts: backup_accounts(world), ..Self::default() };
        let can_repair =
            |mapping: usize| mappings.get(mapping).and_then(|mapping| world.can_repair_sso(&mapping.role));
        // Where no mapping could give such a role, what is unknown about people does not matter.
        let possible = match &world.mappings {
            Fact::Known(_) => (0..mappings.len()).any(|mapping| can_repair(mapping) != Some(false)),
            Fact::Absent => false,
            Fact::Unknown(_) => true,
        };
        for person in sign_in.considered() {
            match sign_in.outcome(person) {
                Outcome::Granted { mapping, .. } => match can_repair(mapping) {
                    Some(true) => {
                        repair.people.push(person);
                        *repair.by_mapping.entry(mapping).or_default() += 1;
                    }
                    Some(false) => {}
                    None => repair.leave_open(role_gap(world, sign_in, mapping)),
                },
                Outcome::Unknown(gate) if possible => {
                    let settled = match sign_in.mapping_outcome(person) {
                        MappingOutcome::Granted { mapping, .. } => can_repair(mapping) == Some(false),
                        MappingOutcome::LockedOut | MappingOutcome::Unknown { .. } => false,
                    };
                    if !settled {
                        repair.leave_open(sign_in.gap(person, gate));
                    }
                }
                Outcome::Unknown(_) | Outcome::LockedOut(_) | Outcome::NotSubject => {}
            }
        }
        repair
    }

    fn leave_open(&mut self, gap: Option<Gap>) {
        self.open += 1;
        if self.gap.is_none() {
            self.gap = gap;
        }
    }
}

fn role_gap(world: &World, sign_in: &SignIn<'_>, mapping: usize) -> Option<Gap> {
    let role = sign_in.mappings().get(mapping).map(|mapping| mapping.role.0.clone()).unwrap_or_default();
    Some(world.roles.gap().cloned().unwrap_or_else(|| {
        Gap::document(
            crate::document::DocumentName::Roles,
            crate::model::Cause::Undecided(format!("whether the role {role} can repair SSO is not known")),
        )
    }))
}

/// Torq users with `sso_provision == false` and a role that can repair SSO.
fn backup_accounts(world: &World) -> Vec<usize> {
    let users = world.torq_users.known().map_or(&[][..], Vec::as_slice);
    users
        .iter()
        .enumerate()
        .filter(|(_, user)| user.is_local())
        .filter(|(_, user)| user.role.as_ref().and_then(|role| world.can_repair_sso(role)) == Some(true))
        .map(|(index, _)| index)
        .collect()
}
