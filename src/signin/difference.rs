//! What a change does to each person: the verdicts of everyone of either of two worlds, side by side, and who can repair SSO in each.
//!
//! A person is the same in both by Okta id, else by lower-cased name (semantics, people); whoever one world does not consider is evaluated
//! there all the same. The verdicts are [`SignIn`]'s; how a difference is shown is left to `report`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::document::torq as torq_shape;
use crate::model::torq::{Role, RoleId, RoleOrder, Roles};
use crate::model::{UserIndex, World};

use super::assignment;
use super::evaluation::{Outcome, SignIn};
use super::population::{PersonIndex, Population};
use super::repair::Repair;
use super::verdict::{Assumption, Assumptions};

/// One of the two worlds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    Before,
    After,
}

/// What becomes of one person (interface, machine output of `diff`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Change {
    /// Could get in, and no longer can.
    Lost,
    Gained,
    /// To a role that is above (G7.6).
    Raised,
    Lowered,
    /// To a role that is neither above nor below, or not known to be; or between SSO and a local account.
    Moved,
    Unchanged,
    /// Either verdict is unknown.
    Unknown,
}

impl Change {
    pub const ALL: [Change; 7] = [
        Change::Lost,
        Change::Gained,
        Change::Raised,
        Change::Lowered,
        Change::Moved,
        Change::Unchanged,
        Change::Unknown,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Gained => "gained",
            Self::Raised => "raised",
            Self::Lowered => "lowered",
            Self::Moved => "moved",
            Self::Unchanged => "unchanged",
            Self::Unknown => "unknown",
        }
    }

    /// The same change the other way round.
    #[must_use]
    pub fn mirrored(self) -> Self {
        match self {
            Self::Lost => Self::Gained,
            Self::Gained => Self::Lost,
            Self::Raised => Self::Lowered,
            Self::Lowered => Self::Raised,
            Self::Moved | Self::Unchanged | Self::Unknown => self,
        }
    }
}

/// One person of either population.
#[derive(Debug, Clone, Copy)]
pub struct PersonChange {
    /// In the world before.
    pub before: PersonIndex,
    /// In the world after.
    pub after: PersonIndex,
    /// The side whose name stands for the person: before, unless only the other one names them.
    pub named_in: Side,
    pub change: Change,
    /// What a person who is granted in both rests on after and did not before.
    pub newly_assumed: Assumptions,
}

/// What a person ends with, for the role-to-role matrix.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ending {
    Granted(RoleId),
    LockedOut,
    Unknown,
    NotSubject,
}

impl Ending {
    fn of(sign_in: &SignIn<'_>, end: End) -> Self {
        match end {
            End::Granted(mapping) => {
                let mapping = sign_in.mappings().get(mapping);
                mapping.map_or(Self::Unknown, |mapping| Self::Granted(mapping.role.clone()))
            }
            End::LockedOut => Self::LockedOut,
            End::Unknown => Self::Unknown,
            End::NotSubject => Self::NotSubject,
        }
    }
}

/// The same for a million people: by the mapping that gives the role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum End {
    Granted(usize),
    LockedOut,
    Unknown,
    NotSubject,
}

impl From<Outcome> for End {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Granted { mapping, .. } => Self::Granted(mapping),
            Outcome::LockedOut(_) => Self::LockedOut,
            Outcome::Unknown(_) => Self::Unknown,
            Outcome::NotSubject => Self::NotSubject,
        }
    }
}

/// Two worlds compared.
pub struct Difference<'w> {
    pub before: SignIn<'w>,
    pub after: SignIn<'w>,
    /// Everyone of either population: those of the world before in its order, then the others.
    pub people: Vec<PersonChange>,
    pub repair_before: Repair,
    pub repair_after: Repair,
}

impl<'w> Difference<'w> {
    /// `expected`: names and emails of people who are asked about in both worlds beyond those that the worlds name.
    pub fn new(before: &'w World, after: &'w World, expected: &[String]) -> Self {
        let populations = [before, after].map(|world| Named {
            world,
            population: Population::new(world, &assignment::assigned(world), expected),
        });
        let [named_before, named_after] = &populations;
        let (found_after, asked_after) = named_before.found_in(named_after);
        let (found_before, asked_before) = named_after.found_in(named_before);
        let before = SignIn::new(before, &[expected, &asked_before].concat());
        let after = SignIn::new(after, &[expected, &asked_after].concat());
        let mut rows: Vec<(PersonIndex, PersonIndex, Side)> = Vec::new();
        // Whom each of the world before was found to be.
        let mut found_to_be: Vec<Option<PersonIndex>> = vec![None; before.population.len()];
        for (person, found) in found_after {
            let Some(other) = found.person(&after.population) else { continue };
            if let Some(slot) = found_to_be.get_mut(person.0 as usize) {
                *slot = Some(other);
            }
            rows.push((person, other, Side::Before));
        }
        let mut added: HashSet<(PersonIndex, PersonIndex)> = HashSet::new();
        for (person, found) in found_before {
            let Some(other) = found.person(&before.population) else { continue };
            let is_there = found_to_be.get(other.0 as usize) == Some(&Some(person));
            if !is_there && added.insert((other, person)) {
                // Whom Okta has in both worlds, the world before can name.
                let side = if matches!(found, Found::SameId(_)) { Side::Before } else { Side::After };
                rows.push((other, person, side));
            }
        }
        let mut roles = RoleChanges::default();
        let people = rows
            .into_iter()
            .map(|(person_before, person_after, named_in)| {
                let outcomes = (before.outcome(person_before), after.outcome(person_after));
                let ends = (End::from(outcomes.0), End::from(outcomes.1));
                PersonChange {
                    before: person_before,
                    after: person_after,
                    named_in,
                    change: roles.change((&before, ends.0), (&after, ends.1)),
                    newly_assumed: newly_assumed(
                        before.assumes_for(person_before, outcomes.0),
                        after.assumes_for(person_after, outcomes.1),
                        ends,
                    ),
                }
            })
            .collect();
        let (repair_before, repair_after) = (Repair::new(&before), Repair::new(&after));
        Self { before, after, people, repair_before, repair_after }
    }

    pub fn count(&self, change: Change) -> usize {
        self.people.iter().filter(|person| person.change == change).count()
    }

    /// How many people end how in both worlds.
    pub fn matrix(&self) -> BTreeMap<(Ending, Ending), usize> {
        let mut by_end: HashMap<(End, End), usize> = HashMap::new();
        for person in &self.people {
            let ends = (self.before.outcome(person.before), self.after.outcome(person.after));
            *by_end.entry((ends.0.into(), ends.1.into())).or_default() += 1;
        }
        let mut matrix = BTreeMap::new();
        for ((before, after), people) in by_end {
            let endings = (Ending::of(&self.before, before), Ending::of(&self.after, after));
            *matrix.entry(endings).or_default() += people;
        }
        matrix
    }

    /// People who are granted in both worlds, and whose verdict rests on something after that it did not rest on before.
    pub fn newly_assumed(&self) -> impl Iterator<Item = &PersonChange> {
        self.people.iter().filter(|person| person.newly_assumed != Assumptions::default())
    }

    /// Someone can repair SSO before, and nobody is known to after; backup accounts and declared organisation admins counted.
    pub fn leaves_no_rescue(&self) -> bool {
        self.repair_before.different_people(&self.before) > 0
            && self.repair_after.different_people(&self.after) == 0
    }
}

fn newly_assumed(before: Assumptions, after: Assumptions, ends: (End, End)) -> Assumptions {
    let mut new = Assumptions::default();
    if let (End::Granted(_), End::Granted(_)) = ends {
        [Assumption::GroupCount, Assumption::Policy]
            .into_iter()
            .filter(|assumption| after.contains(*assumption) && !before.contains(*assumption))
            .for_each(|assumption| new.add(assumption));
    }
    new
}

/// A world with the people whom it names by itself.
struct Named<'w> {
    world: &'w World,
    population: Population,
}

/// Where someone of one world is in the other.
enum Found {
    SameId(PersonIndex),
    SameName(PersonIndex),
    /// To be asked for under this name, which the other world does not have.
    Asked(String),
}

impl Found {
    fn person(&self, population: &Population) -> Option<PersonIndex> {
        match self {
            Self::SameId(person) | Self::SameName(person) => Some(*person),
            Self::Asked(name) => population.named(name).first().copied(),
        }
    }
}

impl<'w> Named<'w> {
    /// Where everyone of this world is in another, and the names that the other has to be asked for.
    fn found_in(&self, other: &Named<'w>) -> (Vec<(PersonIndex, Found)>, Vec<String>) {
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        let mut near = usize::MAX;
        for person in self.population.considered() {
            let id = self.population.okta_id(self.world, person);
            match id.and_then(|id| other.world.directory.user_by_id_near(id, &mut near)) {
                Some(user) => found.push((person, Found::SameId(user.into()))),
                None => missing.push(person),
            }
        }
        let names: BTreeSet<&str> = missing.iter().flat_map(|person| self.names(*person)).collect();
        let holders = other.world.directory.find_by_name(names);
        let mut asked = Vec::new();
        for person in missing {
            let there = self.by_name(person, other, &holders);
            if let Found::Asked(name) = &there {
                asked.push(name.clone());
            }
            found.push((person, there));
        }
        (found, asked)
    }

    /// What someone goes by: login, email and the app's email, or the one name of whom Okta was not found to have.
    fn names(&self, person: PersonIndex) -> Vec<&str> {
        let Some(user) = self.population.user(person).and_then(|user| self.world.directory.user(user)) else {
            return vec![self.population.label(self.world, person)];
        };
        let assigned = user.assignment.and_then(|row| row.email);
        let names: Vec<&str> = [user.login, user.email, assigned].into_iter().flatten().collect();
        if names.is_empty() { vec![self.population.label(self.world, person)] } else { names }
    }

    fn by_name(
        &self,
        person: PersonIndex,
        other: &Named<'w>,
        holders: &HashMap<String, Vec<UserIndex>>,
    ) -> Found {
        let is_stranger = self.population.stranger(person).is_some();
        for name in self.names(person) {
            let users = holders.get(&name.to_lowercase()).map_or(&[][..], Vec::as_slice);
            // An Okta user whose id is gone is not whoever else has the name and is a person of both worlds.
            let best = users
                .iter()
                .filter_map(|user| Some((*user, other.world.directory.user(*user)?)))
                .map(|(index, user)| {
                    let in_both = self.world.directory.user_by_id(user.id).is_some();
                    let by_login =
                        user.login.is_some_and(|login| login.to_lowercase() == name.to_lowercase());
                    (in_both, !by_login, user.id, index)
                })
                .filter(|(in_both, ..)| is_stranger || !in_both)
                .min();
            if let Some((.., index)) = best {
                return Found::SameName(index.into());
            }
            let named = other.population.named(name).iter();
            if let Some(stranger) = named.copied().find(|named| other.population.stranger(*named).is_some()) {
                return Found::SameName(stranger);
            }
        }
        let label = self.population.label(self.world, person);
        let is_free = holders.get(&label.to_lowercase()).is_none_or(Vec::is_empty);
        let id = self.population.okta_id(self.world, person).unwrap_or(label);
        Found::Asked(if is_free { label } else { id }.to_owned())
    }
}

/// Compares verdicts, each pair of mappings once.
#[derive(Default)]
struct RoleChanges(HashMap<(usize, usize), Change>);

impl RoleChanges {
    fn change(&mut self, before: (&SignIn<'_>, End), after: (&SignIn<'_>, End)) -> Change {
        match (before.1, after.1) {
            (End::Unknown, _) | (_, End::Unknown) => Change::Unknown,
            (End::LockedOut, End::LockedOut) | (End::NotSubject, End::NotSubject) => Change::Unchanged,
            (_, End::LockedOut) => Change::Lost,
            (End::LockedOut, _) => Change::Gained,
            // A local account gets in by another door, with a role that SSO did not decide.
            (End::NotSubject, _) | (_, End::NotSubject) => Change::Moved,
            (End::Granted(from), End::Granted(to)) => *self.0.entry((from, to)).or_insert_with(|| {
                match (before.0.mappings().get(from), after.0.mappings().get(to)) {
                    (Some(from), Some(to)) => {
                        role_change((before.0.world, &from.role), (after.0.world, &to.role))
                    }
                    _ => Change::Unknown,
                }
            }),
        }
    }
}

/// From a role of one role list to one of another: also where the role is the same and its scopes are not.
fn role_change((before, from): (&World, &RoleId), (after, to): (&World, &RoleId)) -> Change {
    let role = |world: &World, id: &RoleId| world.roles.known().and_then(|roles| roles.get(id)).cloned();
    let (Some(role_before), Some(role_after)) = (role(before, from), role(after, to)) else {
        return if from == to { Change::Unchanged } else { Change::Moved };
    };
    let scopes_are_known = role_before.scopes.is_some() && role_after.scopes.is_some();
    if !scopes_are_known && (from == to || role_before.name == role_after.name) {
        return if from == to { Change::Unchanged } else { Change::Moved };
    }
    // Two lists: as one list, in which the two have names of their own.
    let both = Roles::new(vec![as_row(role_before, "before"), as_row(role_after, "after")]);
    match both.compare(&RoleId("before".to_owned()), &RoleId("after".to_owned())) {
        Some(RoleOrder::Same) if from == to => Change::Unchanged,
        Some(RoleOrder::Lower) => Change::Raised,
        Some(RoleOrder::Higher) => Change::Lowered,
        Some(RoleOrder::Same | RoleOrder::Incomparable) | None => Change::Moved,
    }
}

fn as_row(role: Role, id: &str) -> torq_shape::Role {
    torq_shape::Role {
        id: id.to_owned(),
        name: role.name,
        scope_names: role.scopes.map(|scopes| scopes.into_iter().collect()),
        is_custom: None,
    }
}
