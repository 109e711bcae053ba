//! An order of changes across Okta and Torq that locks nobody out: the edits of two consoles cannot happen at one instant, so every state
//! between them has to be safe.
//!
//! From what two worlds differ in ([`change`]) come the steps and the values that stand between ([`step`], [`bridge`]); the search
//! ([`search`]) finds a shortest sequence of them in which every state is safe, each decided by the one simulation ([`state`]). Where there
//! is none, the search has been through everything that the steps can make. How a step is told is left to `report`.

pub mod bridge;
pub mod change;
mod distance;
mod outlook;
pub mod search;
pub mod state;
pub mod step;
mod unplanned;
pub mod verify;

use std::collections::{BTreeMap, BTreeSet};

use crate::document::Documents;
use crate::model::World;
use crate::signin::difference::Side;
use crate::signin::{PersonIndex, SignIn, Verdict};

use change::{Changes, Configuration, Element, Event};
use search::{Decided, Ending, Space};
use state::{Keeps, Protected, Standing, States, Told};
use step::{Edit, Step};
use verify::Expected;

/// Who must not lose anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protect {
    /// Everyone who has access before and after.
    Everyone,
    /// Everyone who can repair SSO before and after.
    Repairers,
    /// These people, by login, email or Okta id: they keep in every state, the last too, what they have before.
    People(Vec<String>),
}

/// States that are decided before a search gives up.
pub const MOST_STATES: usize = 100_000;

/// A search and what came of it.
#[derive(Debug, Clone)]
pub struct Rollout {
    /// Of the connection.
    pub name: String,
    /// By name.
    pub protected: Vec<Protected>,
    /// People of whom it is not known whether they have access before or after, by name: they cannot be protected, and an order may cost them
    /// theirs. None where the protected people are named.
    pub not_known: Vec<String>,
    /// Documents that differ beyond what steps can change, where nobody is concerned.
    pub left_aside: Vec<String>,
    pub outcome: Outcome,
    /// How many states were decided.
    pub decided: usize,
    pub most_states: usize,
    pub called: Called,
    /// Groups and people whose names change.
    pub watched: verify::Watched,
    /// The Okta app's id, for requests.
    pub app_id: Option<String>,
}

#[derive(Debug, Clone)]
pub enum Outcome {
    Found {
        /// The state before the first step.
        start: State,
        steps: Vec<Planned>,
    },
    /// Whatever the order, one of these is lost. Everything that the steps can make has been tried.
    Impossible { lost: Vec<Protected> },
    /// None within the limit.
    NotFound,
}

/// A step with the state that it leads to.
#[derive(Debug, Clone)]
pub struct Planned {
    pub edit: Edit,
    pub state: State,
}

#[derive(Debug, Clone)]
pub struct State {
    pub granted: usize,
    pub can_repair: usize,
    /// How many protected people are granted only on an assumption, by its name.
    pub assumed: Vec<(&'static str, usize)>,
    /// Somebody whose sign-in shows that the state holds.
    pub witness: Option<Witness>,
    pub expected: Expected,
}

/// A protected person, and the role that they sign in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    pub name: String,
    pub okta_id: String,
    /// By name.
    pub role: String,
}

/// Why no rollout can be searched for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RolloutError {
    #[error(
        "no step of a rollout makes this difference, and it changes {person}: {}; make it by itself, or leave it out of one side",
        .what.join(", ")
    )]
    NotPlanned { what: Vec<String>, person: String },
    #[error("{name} cannot be protected: {why}")]
    NotProtected { name: String, why: String },
}

impl Rollout {
    /// Searches for an order from one world to the other.
    ///
    /// # Errors
    /// Where the worlds differ in what no step changes, or somebody who is to be protected has nothing to lose.
    pub fn search(
        before: &Documents,
        after: &Documents,
        protect: &Protect,
        most_states: usize,
    ) -> Result<Self, RolloutError> {
        let (world_before, world_after) = (World::load(before), World::load(after));
        let changes = Changes::new((before, &world_before), (after, &world_after));
        let left_aside = unplanned::documents(&changes, before, after);
        unplanned::check(&changes, (before, &world_before), (after, &world_after), &left_aside)?;
        let protected = protected(&world_before, &world_after, protect)?;
        let bases = if left_aside.is_empty() { vec![before] } else { vec![before, after] };
        let mut states = States::new(&changes, bases, protected.clone());
        let mut decided = Decided::default();
        let watched = verify::Watched::new(&changes);
        let outcome = match search(&changes, &mut states, &mut decided, most_states) {
            Found::Steps(steps) => tell(&changes, &mut states, &steps, (before, &world_before), &watched)
                .map_or(Outcome::NotFound, |(start, steps)| Outcome::Found { start, steps }),
            Found::Impossible(lost) => Outcome::Impossible {
                lost: lost.iter().filter_map(|index| protected.get(*index as usize)).cloned().collect(),
            },
            Found::Limit => Outcome::NotFound,
        };
        Ok(Self {
            name: world_before.name.clone(),
            protected,
            not_known: not_known(&world_before, &world_after, protect),
            left_aside,
            outcome,
            decided: decided.total(),
            most_states,
            called: Called::new(&changes, &world_before, &world_after),
            watched,
            app_id: world_before.app.known().and_then(|app| app.id.clone()),
        })
    }
}

enum Found {
    Steps(Vec<Step>),
    /// Indices of protected people.
    Impossible(Vec<u32>),
    Limit,
}

fn search(changes: &Changes, states: &mut States<'_>, decided: &mut Decided, most_states: usize) -> Found {
    // Every order ends in the same state.
    if let Some(person) = states.lost(&changes.configuration(Side::After)).first() {
        return Found::Impossible(vec![*person]);
    }
    let space = Space::new(changes, states);
    decided.count(space.decided());
    if let Some(person) = space.without_way() {
        return Found::Impossible(vec![person]);
    }
    match space.search(states, decided, None, most_states) {
        Ending::Found(steps) => Found::Steps(steps),
        Ending::Limit => Found::Limit,
        Ending::Exhausted => Found::Impossible(lost_whatever_the_order(&space, states, decided, most_states)),
    }
}

/// One person who alone makes every order unsafe, else a set of people of whom none can be left out.
fn lost_whatever_the_order(
    space: &Space<'_>,
    states: &mut States<'_>,
    decided: &mut Decided,
    most_states: usize,
) -> Vec<u32> {
    let sets = decided.sets();
    // Who is lost in the same states is lost alike: the first of them stands for all.
    let mut alike: BTreeMap<Vec<bool>, u32> = BTreeMap::new();
    for (person, _) in (0..).zip(&states.protected) {
        let lost_in: Vec<bool> = sets.iter().map(|set| set.binary_search(&person).is_ok()).collect();
        if lost_in.contains(&true) {
            alike.entry(lost_in).or_insert(person);
        }
    }
    let mut people: Vec<u32> = alike.into_values().collect();
    people.sort_unstable();
    let mut is_impossible =
        |people: &[u32]| space.search(states, decided, Some(people), most_states) == Ending::Exhausted;
    if let Some(alone) = people.iter().find(|person| is_impossible(&[**person])) {
        return vec![*alone];
    }
    let mut at = 0;
    while at < people.len() {
        let mut others = people.clone();
        others.remove(at);
        if is_impossible(&others) {
            people = others;
        } else {
            at += 1;
        }
    }
    people
}

fn protected(before: &World, after: &World, protect: &Protect) -> Result<Vec<Protected>, RolloutError> {
    let asked = match protect {
        Protect::People(names) => names.as_slice(),
        Protect::Everyone | Protect::Repairers => &[],
    };
    let (sign_in, then) = (SignIn::new(before, asked), SignIn::new(after, &[]));
    let standing_after = |id: &str| {
        let user = after.directory.user_by_id(id);
        user.map_or(Standing::None, |user| Standing::of(&then, user.into()))
    };
    let mut people: Vec<Protected> = Vec::new();
    let mut add = |person: PersonIndex, keeps: Keeps| {
        let okta_id = sign_in.okta_id(person).unwrap_or_default().to_owned();
        let name = sign_in.label(person).to_owned();
        people.push(Protected { okta_id, name, keeps });
    };
    match protect {
        Protect::Everyone | Protect::Repairers => {
            for person in sign_in.considered().filter(|person| sign_in.okta_id(*person).is_some()) {
                let standing = Standing::of(&sign_in, person)
                    .min(standing_after(sign_in.okta_id(person).unwrap_or_default()));
                match (standing, protect) {
                    (Standing::GrantedAndRepairs, _) => add(person, Keeps::AccessAndRepair),
                    (Standing::Granted, Protect::Everyone) => add(person, Keeps::Access),
                    _ => {}
                }
            }
        }
        Protect::People(names) => {
            for name in names {
                let by_id = before.directory.user_by_id(name).map(PersonIndex::from);
                let named = by_id.map_or_else(|| sign_in.population.named(name).to_vec(), |one| vec![one]);
                for person in named {
                    let fail = |why: String| RolloutError::NotProtected { name: name.clone(), why };
                    if sign_in.okta_id(person).is_none() {
                        return Err(fail("Okta has no such user in the snapshot before".to_owned()));
                    }
                    match Standing::of(&sign_in, person) {
                        Standing::GrantedAndRepairs => add(person, Keeps::AccessAndRepair),
                        Standing::Granted => add(person, Keeps::Access),
                        Standing::None => {
                            let why = match sign_in.verdict(person) {
                                Verdict::LockedOut { gate, reason } => {
                                    format!("locked out at {gate} before: {reason}")
                                }
                                Verdict::Unknown { gate, missing } => {
                                    format!("unknown at {gate} before: {missing}")
                                }
                                Verdict::Granted { .. } | Verdict::NotSubject { .. } => {
                                    "not a subject of SSO before".to_owned()
                                }
                            };
                            return Err(fail(why));
                        }
                    }
                }
            }
        }
    }
    people.sort_by(|one, other| (&one.name, &one.okta_id).cmp(&(&other.name, &other.okta_id)));
    people.dedup();
    Ok(people)
}

/// Whoever is unknown on either side, by name.
fn not_known(before: &World, after: &World, protect: &Protect) -> Vec<String> {
    if matches!(protect, Protect::People(_)) {
        return Vec::new();
    }
    let mut names = BTreeSet::new();
    for world in [before, after] {
        let sign_in = SignIn::new(world, &[]);
        let unknown = |person: &PersonIndex| {
            sign_in.okta_id(*person).is_some()
                && matches!(sign_in.outcome(*person), crate::signin::evaluation::Outcome::Unknown(_))
        };
        names.extend(sign_in.considered().filter(unknown).map(|person| sign_in.label(person).to_owned()));
    }
    names.into_iter().collect()
}

/// The states of a sequence, each decided anew as it will be. `None` where one of them is not safe after all.
fn tell(
    changes: &Changes,
    states: &mut States<'_>,
    steps: &[Step],
    before: (&Documents, &World),
    watched: &verify::Watched,
) -> Option<(State, Vec<Planned>)> {
    let parts = verify::parts(before.0, before.1, watched);
    let mut configuration = changes.configuration(Side::Before);
    let mut told = states.told(&configuration);
    let state =
        |states: &States<'_>, told: &Told, earlier: Option<&Told>, configuration: &Configuration| State {
            granted: told.granted,
            can_repair: told.can_repair,
            assumed: told.assumed.clone(),
            witness: witness(changes, &states.protected, told, earlier, configuration, before.1),
            expected: verify::expected(changes, configuration, &parts),
        };
    let start = state(states, &told, None, &configuration);
    let mut planned = Vec::new();
    for (step, edit) in steps.iter().zip(step::edits(changes, steps)?) {
        configuration = step.apply(&configuration);
        if !states.lost(&configuration).is_empty() {
            return None;
        }
        let next = states.told(&configuration);
        let state = state(states, &next, Some(&told), &configuration);
        planned.push(Planned { edit, state });
        told = next;
    }
    Some((start, planned))
}

/// Somebody whose way in the step has changed; else somebody who can repair SSO; else the first.
fn witness(
    changes: &Changes,
    protected: &[Protected],
    told: &Told,
    earlier: Option<&Told>,
    configuration: &Configuration,
    world: &World,
) -> Option<Witness> {
    let has_changed = |index: usize| {
        earlier.is_some_and(|earlier| {
            earlier.mapped.get(index) != told.mapped.get(index)
                || earlier.standings.get(index) != told.standings.get(index)
        })
    };
    let repairs = |index: usize| told.standings.get(index) == Some(&Standing::GrantedAndRepairs);
    let index = (0..protected.len()).min_by_key(|index| (!has_changed(*index), !repairs(*index), *index))?;
    let person = protected.get(index)?;
    let mapping = told.mapped.get(index).copied().flatten();
    let role = match mapping.and_then(|mapping| changes.pool.get(mapping as usize)) {
        Some(mapping) => world.role_label(&mapping.role).to_owned(),
        None => String::new(),
    };
    let renamed = changes.events.iter().zip(&configuration.events).find_map(|(event, side)| match event {
        Event::Email { user, after, .. } if *user == person.okta_id && *side == Side::After => {
            after.login.clone().or_else(|| after.email.clone())
        }
        Event::Email { .. } | Event::Rename { .. } => None,
    });
    Some(Witness {
        name: renamed.unwrap_or_else(|| person.name.clone()),
        okta_id: person.okta_id.clone(),
        role,
    })
}

/// What ids stand for, of roles, and of the groups and people whom a step is about.
#[derive(Debug, Clone, Default)]
pub struct Called {
    roles: BTreeMap<String, String>,
    groups: BTreeMap<String, String>,
    people: BTreeMap<String, String>,
}

impl Called {
    fn new(changes: &Changes, before: &World, after: &World) -> Self {
        let mut called = Self::default();
        for mapping in &changes.pool {
            let world = if before.roles.known().is_some_and(|roles| roles.get(&mapping.role).is_some()) {
                before
            } else {
                after
            };
            called.roles.insert(mapping.role.0.clone(), world.role_label(&mapping.role).to_owned());
        }
        for change in &changes.elements {
            match &change.element {
                Element::Group(id) => {
                    let name = [before, after].into_iter().find_map(|world| {
                        world.directory.group(world.directory.group_by_id(id)?)?.name.clone()
                    });
                    called.groups.insert(id.clone(), name.unwrap_or_else(|| id.clone()));
                }
                Element::Person(id) => {
                    let name = [before, after]
                        .into_iter()
                        .find_map(|world| world.directory.user(world.directory.user_by_id(id)?)?.login);
                    called.people.insert(id.clone(), name.map_or_else(|| id.clone(), str::to_owned));
                }
                Element::RedirectUri(_) | Element::ResponseType(_) | Element::GrantType(_) => {}
            }
        }
        called
    }

    /// A role's name, or its id where no list has it.
    pub fn role<'a>(&'a self, id: &'a str) -> &'a str {
        self.roles.get(id).map_or(id, String::as_str)
    }

    /// The name of a group whose assignment changes, or its id.
    pub fn group<'a>(&'a self, id: &'a str) -> &'a str {
        self.groups.get(id).map_or(id, String::as_str)
    }

    /// The login of a person whose assignment changes, or their id.
    pub fn person<'a>(&'a self, id: &'a str) -> &'a str {
        self.people.get(id).map_or(id, String::as_str)
    }
}
