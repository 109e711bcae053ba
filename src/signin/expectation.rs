//! Expectations: who must, or must not, get which role. Whether they hold is asked of the simulation like everything else.

use std::collections::BTreeSet;

use crate::model::torq::{RoleId, RoleOrder, TorqUser};
use crate::model::{Fact, Gap, Truth, World};

use super::evaluation::{Outcome, SignIn};
use super::population::PersonIndex;
use super::verdict::Gate;

/// Whom an expectation is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A login or an email.
    Person(String),
    /// Everyone in the Okta group of this name.
    Group(String),
    /// Everyone who is considered.
    Everyone,
}

/// What they must get. Roles are named as the workspace names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demand {
    Exactly(String),
    AtLeast(String),
    AtMost(String),
    NoAccess,
}

impl Demand {
    pub fn role(&self) -> Option<&str> {
        match self {
            Self::Exactly(role) | Self::AtLeast(role) | Self::AtMost(role) => Some(role),
            Self::NoAccess => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    pub subject: Subject,
    pub demand: Demand,
    /// Index in the project file's list.
    pub position: usize,
}

impl Expectation {
    /// The name that the population must know (semantics, people).
    pub fn names(&self) -> Option<&str> {
        match &self.subject {
            Subject::Person(name) => Some(name),
            Subject::Group(_) | Subject::Everyone => None,
        }
    }
}

/// How an expectation fares in one world.
#[derive(Debug, Clone, Default)]
pub struct Fared {
    pub holds: Vec<PersonIndex>,
    pub fails: Vec<PersonIndex>,
    /// People of whom it is not known, and what is missing for the first of them.
    pub open: Vec<PersonIndex>,
    pub gap: Option<Gap>,
    /// The expectation is about nobody who exists.
    pub nobody: bool,
    /// The role that it demands is not in the workspace's list.
    pub no_such_role: bool,
    /// Mappings, by rank, that give these people their role.
    pub exercised: BTreeSet<usize>,
}

/// Asks the simulation, which must have been given [`Expectation::names`].
pub fn fare(sign_in: &SignIn<'_>, expectation: &Expectation) -> Fared {
    let mut fared = Fared::default();
    let wanted = expectation.demand.role().map(|name| roles_named(sign_in.world, name));
    if let Some(Fact::Known(roles)) = &wanted
        && roles.is_empty()
    {
        fared.no_such_role = true;
    }
    let (people, perhaps) = subjects(sign_in, &expectation.subject);
    fared.nobody = people.is_empty() && perhaps.is_none();
    for person in people {
        let outcome = sign_in.outcome(person);
        if let Outcome::Granted { mapping, .. } = outcome {
            fared.exercised.insert(mapping);
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
    match subject {
        Subject::Person(name) => {
            // Someone whom neither Okta nor Torq has is in the population only because the expectation names them.
            let exists = |person: &PersonIndex| {
                sign_in.population.stranger(*person).is_none_or(|stranger| {
                    !stranger.settled
                        || stranger.local != Truth::No
                        || torq_user(sign_in.world, name).is_some()
                })
            };
            (sign_in.population.named(name).iter().copied().filter(exists).collect(), None)
        }
        Subject::Everyone => (sign_in.considered().collect(), None),
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
                    Some(directory.group_list.gap(&crate::document::DocumentName::Groups))
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

fn roles_named(world: &World, name: &str) -> Fact<Vec<RoleId>> {
    world.roles.as_ref().map(|roles| {
        roles
            .iter()
            .filter(|role| role.name == name || role.id.0 == name)
            .map(|role| role.id.clone())
            .collect()
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
        Outcome::Granted { .. } | Outcome::LockedOut(_) => wanted.and_then(Fact::gap).cloned(),
    }
}
