//! Expectations: who must, or must not, get which role. Whether they hold is asked of the simulation like everything else.

use std::collections::BTreeSet;

use crate::document::DocumentName;
use crate::document::project::{Demand, Expectation, Subject};
use crate::model::torq::{RoleId, RoleOrder, TorqUser};
use crate::model::{Cause, Fact, Gap, Truth, World};

use super::evaluation::{Outcome, SignIn, State};
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
                    fared.gap =
                        Some(open_gap(sign_in, person, outcome, &expectation.demand, wanted.as_ref()));
                }
            }
        }
    }
    fared.gap = fared.gap.or(perhaps).or_else(|| unlisted(sign_in.world, expectation));
    fared
}

/// Where access is forbidden to everyone, somebody whom the list of Torq's users does not have may be a local account.
fn unlisted(world: &World, expectation: &Expectation) -> Option<Gap> {
    let everyone = matches!(expectation.subject, Subject::Everyone);
    (everyone && forbids(&expectation.demand) && !world.torq_user_list.is_complete())
        .then(|| world.torq_user_list.gap(&DocumentName::TorqUsers))
}

/// Whether a demand says what somebody must not have, so that a local account counts against it.
fn forbids(demand: &Demand) -> bool {
    matches!(demand, Demand::NoAccess | Demand::AtMost(_))
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
    let by_okta = match outcome {
        Outcome::Granted { mapping, .. } => {
            let role = sign_in.mappings().get(mapping).map(|mapping| &mapping.role);
            fits(sign_in.world, demand, role, wanted)
        }
        Outcome::LockedOut(_) if forbids(demand) && lock_passes(sign_in, person) => Truth::Maybe,
        Outcome::LockedOut(_) => fits(sign_in.world, demand, None, wanted),
        Outcome::NotSubject => return local(sign_in, person, demand, wanted).unwrap_or(Truth::Maybe),
        Outcome::Unknown(_) => Truth::Maybe,
    };
    // Whoever is kept out of Okta may still have a local account, which needs none.
    match forbids(demand) {
        true => by_okta.and(local(sign_in, person, demand, wanted).unwrap_or(Truth::Yes)),
        false => by_okta,
    }
}

/// A lock of Okta ends by itself (G4.2): what it alone keeps out is not out.
fn lock_passes(sign_in: &SignIn<'_>, person: PersonIndex) -> bool {
    let user = sign_in.population.user(person).and_then(|user| sign_in.world.directory.user(user));
    let others = Gate::ALL.into_iter().filter(|gate| *gate != Gate::User);
    user.is_some_and(|user| user.status == Some("LOCKED_OUT"))
        && others.into_iter().all(|gate| sign_in.state(person, gate) != State::Fails)
}

/// What is demanded against a local account, which keeps the role that Torq has for it; `None` where the person is known to have none.
fn local(
    sign_in: &SignIn<'_>,
    person: PersonIndex,
    demand: &Demand,
    wanted: Option<&Fact<Vec<RoleId>>>,
) -> Option<Truth> {
    let world = sign_in.world;
    let name = sign_in.label(person);
    match torq_user(world, name) {
        Some(user) if user.sso_provision == Some(true) => None,
        Some(user) => {
            let held = match (&user.role, demand) {
                (Some(role), _) => fits(world, demand, Some(role), wanted),
                // Whatever its role is, it is an account.
                (None, Demand::NoAccess) => Truth::No,
                (None, _) => Truth::Maybe,
            };
            // Without `sso_provision` it is not known to be local.
            Some(if user.sso_provision.is_none() && held != Truth::Yes { Truth::Maybe } else { held })
        }
        None if world.torq_user_list.settles(&name.to_lowercase()) => None,
        None => Some(Truth::Maybe),
    }
}

fn fits(
    world: &World,
    demand: &Demand,
    granted: Option<&RoleId>,
    wanted: Option<&Fact<Vec<RoleId>>>,
) -> Truth {
    match (demand, granted) {
        (Demand::NoAccess, role) => Truth::of(role.is_none()),
        (Demand::AtMost(_), None) => Truth::Yes,
        (Demand::Exactly(_) | Demand::AtLeast(_), None) => Truth::No,
        (demand, Some(role)) => {
            if demand.role() == Some(role.0.as_str()) {
                return Truth::Yes;
            }
            let Some(Fact::Known(wanted)) = wanted else { return Truth::Maybe };
            // Two roles of one name: which one is meant is not said.
            let mut truths = wanted.iter().map(|wanted| compares(world, role, wanted, demand));
            let first = truths.next().unwrap_or(Truth::No);
            if truths.all(|truth| truth == first) { first } else { Truth::Maybe }
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
    demand: &Demand,
    wanted: Option<&Fact<Vec<RoleId>>>,
) -> Gap {
    let world = sign_in.world;
    let name = sign_in.label(person);
    let unlisted = torq_user(world, name).is_none() && !world.torq_user_list.settles(&name.to_lowercase());
    let of_torq = || world.torq_user_list.gap(&DocumentName::TorqUsers);
    let undecided = |document, why: &str| Gap::document(document, Cause::Undecided(why.to_owned()));
    match outcome {
        Outcome::Unknown(gate) => sign_in.gap(person, gate).unwrap_or_else(of_torq),
        Outcome::LockedOut(_) if forbids(demand) && lock_passes(sign_in, person) => {
            undecided(DocumentName::Users, "Okta's lock of the user ends by itself")
        }
        _ if unlisted && (forbids(demand) || outcome == Outcome::NotSubject) => of_torq(),
        Outcome::NotSubject | Outcome::Granted { .. } | Outcome::LockedOut(_) => {
            wanted.and_then(Fact::gap).cloned().unwrap_or_else(|| {
                undecided(
                    DocumentName::Roles,
                    "how the roles compare, or which of them is held, is not known",
                )
            })
        }
    }
}
