//! Expectations: who must, or must not, get which role. Whether they hold is asked of the simulation like everything else.

use std::collections::BTreeSet;

use crate::document::DocumentName;
use crate::document::project::{Demand, Expectation, Subject};
use crate::model::torq::{RoleId, RoleOrder, TorqUser};
use crate::model::{Cause, Fact, Gap, Truth, World};

use super::evaluation::{Outcome, SignIn};
use super::population::PersonIndex;
use super::verdict::Gate;

/// How an expectation fares in one world.
#[derive(Debug, Clone, Default)]
pub struct Fared {
    pub holds: Vec<PersonIndex>,
    pub fails: Vec<PersonIndex>,
    /// People of whom it is not known.
    pub open: Vec<PersonIndex>,
    /// What is missing for the first of them, or to know whom else it is about.
    pub gap: Option<Gap>,
    /// It is about nobody who exists.
    pub nobody: bool,
    /// The role that it demands is not in the workspace.
    pub no_such_role: bool,
    /// Mappings, by rank, that give these people their role.
    pub exercised: BTreeSet<usize>,
}

/// What an expectation comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Holds,
    Fails,
    NotKnown,
    Nobody,
}

impl Fared {
    /// One known failure is enough; it holds only where nothing is open.
    pub fn standing(&self) -> Standing {
        if !self.fails.is_empty() || self.no_such_role {
            Standing::Fails
        } else if self.gap.is_some() || !self.open.is_empty() {
            Standing::NotKnown
        } else if self.nobody {
            Standing::Nobody
        } else {
            Standing::Holds
        }
    }
}

/// Asks the simulation, which must have been given [`Expectation::person`].
pub fn fare(sign_in: &SignIn<'_>, expectation: &Expectation) -> Fared {
    let mut fared = Fared::default();
    let wanted = expectation.demand.role().map(|name| roles_named(sign_in.world, name));
    fared.no_such_role = matches!(&wanted, Some(Fact::Known(roles)) if roles.is_empty());
    let (people, perhaps) = subjects(sign_in, &expectation.subject);
    fared.nobody = people.is_empty() && perhaps.is_none();
    for person in people {
        let outcome = sign_in.outcome(person);
        if let Outcome::Granted { mapping, .. } = outcome {
            fared.exercised.insert(mapping);
        }
        if fared.no_such_role {
            continue;
        }
        match meets(sign_in, person, outcome, &expectation.demand, wanted.as_ref()) {
            Truth::Yes => fared.holds.push(person),
            Truth::No => fared.fails.push(person),
            Truth::Maybe => {
                fared.open.push(person);
                if fared.gap.is_none() {
                    fared.gap = open_gap(sign_in, person, outcome, wanted.as_ref());
                }
            }
        }
    }
    fared.gap = fared.gap.or(perhaps);
    fared
}

/// The people, and what is missing where there may be more of them.
fn subjects(sign_in: &SignIn<'_>, subject: &Subject) -> (Vec<PersonIndex>, Option<Gap>) {
    let directory = &sign_in.world.directory;
    // Someone whom neither Okta nor Torq has is in the population only because an expectation or a mapping names them.
    let exists = |person: &PersonIndex| {
        sign_in.population.stranger(*person).is_none_or(|stranger| {
            !stranger.settled
                || stranger.local != Truth::No
                || torq_user(sign_in.world, &stranger.name).is_some()
        })
    };
    match subject {
        Subject::Person(name) => {
            (sign_in.population.named(name).iter().copied().filter(exists).collect(), None)
        }
        Subject::Everyone => (sign_in.considered().filter(exists).collect(), None),
        Subject::Group(name) => {
            let groups = directory.groups_named(name);
            let mut people = BTreeSet::new();
            for group in groups {
                directory.each_member(*group, |user| {
                    people.insert(PersonIndex::from(user));
                });
            }
            let unread = groups.iter().find(|group| !directory.knows_members(**group));
            let gap = match unread {
                Some(group) => Some(directory.members_gap(*group)),
                None if groups.is_empty() && !directory.settles_group(name) => {
                    Some(directory.group_list.gap(&DocumentName::Groups))
                }
                None => None,
            };
            (people.into_iter().collect(), gap)
        }
    }
}

fn torq_user<'w>(world: &'w World, name: &str) -> Option<&'w TorqUser> {
    let folded = name.to_lowercase();
    world.torq_users.known().into_iter().flatten().find(|user| user.email.to_lowercase() == folded)
}

/// The roles of this name or id; none of them only where the whole list is known.
fn roles_named(world: &World, name: &str) -> Fact<Vec<RoleId>> {
    world.roles.as_ref().and_then(|roles| {
        let named: Vec<RoleId> = roles
            .iter()
            .filter(|role| role.name == name || role.id.0 == name)
            .map(|role| role.id.clone())
            .collect();
        if named.is_empty() && !world.roles_complete {
            return Fact::Unknown(Gap::document(DocumentName::Roles, Cause::Incomplete));
        }
        Fact::Known(named)
    })
}

fn meets(
    sign_in: &SignIn<'_>,
    person: PersonIndex,
    outcome: Outcome,
    demand: &Demand,
    wanted: Option<&Fact<Vec<RoleId>>>,
) -> Truth {
    let granted = match outcome {
        Outcome::Granted { mapping, .. } => sign_in.mappings().get(mapping).map(|mapping| &mapping.role),
        Outcome::LockedOut(_) => None,
        // A local account keeps the role that Torq has for it.
        Outcome::NotSubject => match torq_user(sign_in.world, sign_in.label(person)) {
            Some(user) => user.role.as_ref(),
            None => return Truth::Maybe,
        },
        Outcome::Unknown(_) => return Truth::Maybe,
    };
    match (demand, granted) {
        (Demand::NoAccess, role) => Truth::of(role.is_none()),
        (Demand::AtMost(_), None) => Truth::Yes,
        (Demand::Exactly(_) | Demand::AtLeast(_), None) => Truth::No,
        (demand, Some(role)) => {
            if demand.role() == Some(role.0.as_str()) {
                return Truth::Yes;
            }
            let Some(Fact::Known(wanted)) = wanted else { return Truth::Maybe };
            wanted
                .iter()
                .map(|wanted| compares(sign_in.world, role, wanted, demand))
                .max()
                .unwrap_or(Truth::No)
        }
    }
}

/// Whether a role is what is demanded of `wanted`; incomparable roles are neither above nor below.
fn compares(world: &World, role: &RoleId, wanted: &RoleId, demand: &Demand) -> Truth {
    if role == wanted {
        return Truth::Yes;
    }
    let order = world.roles.known().and_then(|roles| roles.compare(role, wanted));
    match (demand, order) {
        (Demand::Exactly(_) | Demand::NoAccess, _) => Truth::No,
        (Demand::AtLeast(_), Some(order)) => Truth::of(matches!(order, RoleOrder::Higher | RoleOrder::Same)),
        (Demand::AtMost(_), Some(order)) => Truth::of(matches!(order, RoleOrder::Lower | RoleOrder::Same)),
        (Demand::AtLeast(_) | Demand::AtMost(_), None) => Truth::Maybe,
    }
}

fn open_gap(
    sign_in: &SignIn<'_>,
    person: PersonIndex,
    outcome: Outcome,
    wanted: Option<&Fact<Vec<RoleId>>>,
) -> Option<Gap> {
    match outcome {
        Outcome::Unknown(gate) => sign_in.gap(person, gate),
        Outcome::NotSubject => sign_in.gap(person, Gate::User),
        Outcome::Granted { .. } | Outcome::LockedOut(_) => {
            Some(wanted.and_then(Fact::gap).cloned().unwrap_or_else(|| {
                Gap::document(
                    DocumentName::Roles,
                    Cause::Undecided("how the two roles compare is not known".to_owned()),
                )
            }))
        }
    }
}
