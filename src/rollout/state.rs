//! A configuration as a world, and what the simulation makes of it for the people who are protected.
//!
//! Documents are read anew only where the directory changes (a name, an email, a row among the app's users); everything else is set in the
//! world that was read.

use std::collections::HashMap;

use crate::document::connection::{Connection, TorqSettings};
use crate::document::okta::{AppUser, Group, GroupProfile, User, UserProfile};
use crate::document::{Content, Document, DocumentName, Documents};
use crate::model::connection::Wizard;
use crate::model::torq::Mapping;
use crate::model::{Fact, UserIndex, World};
use crate::signin::difference::Side;
use crate::signin::evaluation::Outcome;
use crate::signin::verdict::Assumption;
use crate::signin::{PersonIndex, SignIn};

use super::change::{Changes, Configuration, Element, Event, Names, Presence, is_user_assignment, typed};

/// What a protected person must not lose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keeps {
    Access,
    AccessAndRepair,
}

impl Keeps {
    pub fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::AccessAndRepair => "access and repair",
        }
    }
}

/// Someone who must not lose anything in any state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protected {
    pub okta_id: String,
    /// As the side before calls them.
    pub name: String,
    pub keeps: Keeps,
}

/// What a person ends with, as far as a state must keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Locked out, or not known, or not a subject.
    None,
    Granted,
    GrantedAndRepairs,
}

impl Standing {
    pub fn of(sign_in: &SignIn<'_>, person: PersonIndex) -> Self {
        let Outcome::Granted { mapping, .. } = sign_in.outcome(person) else { return Self::None };
        let role = sign_in.mappings().get(mapping).map(|mapping| &mapping.role);
        match role.and_then(|role| sign_in.world.can_repair_sso(role)) {
            Some(true) => Self::GrantedAndRepairs,
            Some(false) | None => Self::Granted,
        }
    }

    /// Whether it is as much as someone keeps.
    pub fn suffices(self, keeps: Keeps) -> bool {
        match keeps {
            Keeps::Access => self != Self::None,
            Keeps::AccessAndRepair => self == Self::GrantedAndRepairs,
        }
    }
}

/// One state, told in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub granted: usize,
    pub can_repair: usize,
    /// How many protected people are granted only on an assumption, by its name.
    pub assumed: Vec<(&'static str, usize)>,
    /// For each protected person, the mapping that grants them, as an index into the pool.
    pub mapped: Vec<Option<u32>>,
    pub standings: Vec<Standing>,
}

/// A world that was read, with the documents and settings that a state changes in it.
struct Variant {
    world: World,
    connection: Connection,
    /// For each protected person.
    users: Vec<Option<UserIndex>>,
}

/// What the directory of a state depends on.
type DirectoryKey = (Vec<Side>, Vec<Presence>);

/// Decides states.
pub struct States<'a> {
    changes: &'a Changes,
    bases: Vec<&'a Documents>,
    pub protected: Vec<Protected>,
    variants: HashMap<DirectoryKey, Vec<Variant>>,
}

/// Directories that are kept; beyond that they are read again.
const MOST_VARIANTS: usize = 64;

impl<'a> States<'a> {
    /// `bases`: the documents that states are laid over. Of several, a state must be safe over each.
    pub fn new(changes: &'a Changes, bases: Vec<&'a Documents>, protected: Vec<Protected>) -> Self {
        Self { changes, bases, protected, variants: HashMap::new() }
    }

    /// Indices of the protected people who lose something in a state.
    pub fn lost(&mut self, configuration: &Configuration) -> Vec<u32> {
        let mut lost: Vec<u32> = Vec::new();
        self.each(configuration, |sign_in, users, protected| {
            let people = (0..).zip(protected.iter().zip(users));
            lost.extend(people.filter_map(|(index, (person, user))| {
                let standing = user.map_or(Standing::None, |user| Standing::of(sign_in, user.into()));
                (!standing.suffices(person.keeps)).then_some(index)
            }));
        });
        lost.sort_unstable();
        lost.dedup();
        lost
    }

    /// What a state comes to over the first base.
    pub fn told(&mut self, configuration: &Configuration) -> Told {
        let mut told = None;
        let table = configuration.table.clone();
        self.each(configuration, |sign_in, users, _| {
            if told.is_some() {
                return;
            }
            let standings: Vec<Standing> =
                sign_in.considered().map(|person| Standing::of(sign_in, person)).collect();
            let people: Vec<Option<PersonIndex>> =
                users.iter().map(|user| user.map(PersonIndex::from)).collect();
            let assumed = [Assumption::GroupCount, Assumption::Policy].map(|assumption| {
                let rests = |person: &PersonIndex| sign_in.assumes(*person).contains(assumption);
                (assumption.name(), people.iter().flatten().filter(|person| rests(person)).count())
            });
            let mapped = |person: PersonIndex| match sign_in.outcome(person) {
                Outcome::Granted { mapping, .. } => table.get(mapping).copied(),
                Outcome::LockedOut(_) | Outcome::Unknown(_) | Outcome::NotSubject => None,
            };
            told = Some(Told {
                granted: standings.iter().filter(|standing| **standing != Standing::None).count(),
                can_repair: standings
                    .iter()
                    .filter(|standing| **standing == Standing::GrantedAndRepairs)
                    .count(),
                assumed: assumed.into_iter().filter(|(_, count)| *count > 0).collect(),
                mapped: people.iter().map(|person| person.and_then(mapped)).collect(),
                standings: people
                    .iter()
                    .map(|person| person.map_or(Standing::None, |person| Standing::of(sign_in, person)))
                    .collect(),
            });
        });
        told.unwrap_or(Told {
            granted: 0,
            can_repair: 0,
            assumed: Vec::new(),
            mapped: Vec::new(),
            standings: Vec::new(),
        })
    }

    /// The simulation of a state over each base, with the protected people in it.
    pub fn each(
        &mut self,
        configuration: &Configuration,
        mut look: impl FnMut(&SignIn<'_>, &[Option<UserIndex>], &[Protected]),
    ) {
        let key = self.key(configuration);
        if self.variants.len() >= MOST_VARIANTS && !self.variants.contains_key(&key) {
            self.variants.clear();
        }
        let (changes, bases, protected) = (self.changes, &self.bases, &self.protected);
        let variants = self.variants.entry(key).or_insert_with(|| {
            bases.iter().map(|base| variant(changes, base, protected, configuration)).collect()
        });
        for variant in variants {
            lay(changes, variant, configuration);
            let sign_in = SignIn::new(&variant.world, &[]);
            look(&sign_in, &variant.users, protected);
        }
    }

    /// Only what changes a row of the directory; the rest is set in the world.
    fn key(&self, configuration: &Configuration) -> DirectoryKey {
        let elements = if self.changes.app_rows.is_empty() {
            Vec::new()
        } else {
            self.changes
                .elements
                .iter()
                .zip(&configuration.elements)
                .filter(|(change, _)| matches!(change.element, Element::Group(_) | Element::Person(_)))
                .map(|(_, presence)| *presence)
                .collect()
        };
        (configuration.events.clone(), elements)
    }
}

fn variant(
    changes: &Changes,
    base: &Documents,
    protected: &[Protected],
    configuration: &Configuration,
) -> Variant {
    let documents = documents(changes, base, configuration);
    let world = World::load(&documents);
    let users = protected.iter().map(|person| world.directory.user_by_id(&person.okta_id)).collect();
    let connection = typed(&documents, &DocumentName::Connection).unwrap_or_default();
    Variant { world, connection, users }
}

/// Sets everything that is not in the directory.
fn lay(changes: &Changes, variant: &mut Variant, configuration: &Configuration) {
    let world = &mut variant.world;
    if !changes.pool.is_empty() {
        let rows = (1..).zip(&configuration.table).enumerate();
        let mappings: Vec<Mapping> = rows
            .filter_map(|(position, (rank, index))| {
                let mapping = changes.pool.get(*index as usize)?;
                Some(Mapping {
                    claim_name: mapping.claim_name.clone(),
                    claim_value: mapping.claim_value.clone(),
                    role: mapping.role.clone(),
                    rank,
                    position,
                })
            })
            .collect();
        let emails = mappings.iter().filter(|mapping| mapping.claim_name == "email");
        world.mapped_emails = emails.map(|mapping| mapping.claim_value.clone()).collect();
        world.mappings = Fact::Known(mappings);
    }
    if !changes.fields.is_empty()
        && let Some(wizard) = wizard(changes, &variant.connection, configuration)
    {
        world.wizard = wizard;
    }
    if let Some(filter) = changes.filters.get(configuration.filter) {
        world.own_claim = filter.clone().map_or(Fact::Absent, Fact::Known);
    }
    for (change, presence) in changes.elements.iter().zip(&configuration.elements) {
        let (list, value) = match (&change.element, &mut world.app) {
            (Element::RedirectUri(value), Fact::Known(app)) => (&mut app.redirect_uris, value),
            (Element::ResponseType(value), Fact::Known(app)) => (&mut app.response_types, value),
            (Element::GrantType(value), Fact::Known(app)) => (&mut app.grant_types, value),
            (Element::Group(value), _) => (&mut world.app_groups, value),
            _ => continue,
        };
        if let Fact::Known(list) = list {
            match presence {
                Presence::There if !list.contains(value) => list.push(value.clone()),
                Presence::There => {}
                Presence::NotThere => list.retain(|other| other != value),
            }
        }
    }
}

fn wizard(changes: &Changes, connection: &Connection, configuration: &Configuration) -> Option<Wizard> {
    let mut torq = serde_json::to_value(connection.torq.clone()?).ok()?;
    for (change, side) in changes.fields.iter().zip(&configuration.fields) {
        torq.as_object_mut()?.insert(change.field.key().to_owned(), change.value(*side).clone());
    }
    let torq: TorqSettings = serde_json::from_value(torq).ok()?;
    Some(Wizard::new(&Connection { torq: Some(torq), ..connection.clone() }))
}

/// The documents of a state, as far as the directory is read from them.
fn documents(changes: &Changes, base: &Documents, configuration: &Configuration) -> Documents {
    let mut documents = base.clone();
    let events: Vec<(&Event, Side)> =
        changes.events.iter().zip(configuration.events.iter().copied()).collect();
    let group_names: HashMap<&str, &str> = events
        .iter()
        .filter_map(|(event, side)| match (event, side) {
            (Event::Rename { group, before, .. }, Side::Before) => Some((group.as_str(), before.as_str())),
            (Event::Rename { group, after, .. }, Side::After) => Some((group.as_str(), after.as_str())),
            (Event::Email { .. }, _) => None,
        })
        .collect();
    let names: HashMap<&str, (&Names, Side)> = events
        .iter()
        .filter_map(|(event, side)| match (event, side) {
            (Event::Email { user, before, .. }, Side::Before) => Some((user.as_str(), (before, *side))),
            (Event::Email { user, after, .. }, Side::After) => Some((user.as_str(), (after, *side))),
            (Event::Rename { .. }, _) => None,
        })
        .collect();
    if !group_names.is_empty() {
        let lists: Vec<DocumentName> = base
            .names()
            .filter(|name| matches!(name, DocumentName::Groups | DocumentName::UserGroups(_)))
            .cloned()
            .collect();
        for name in lists {
            edit_rows::<Group>(&mut documents, &name, |rows| {
                for row in rows {
                    if let Some(name) = group_names.get(row.id.as_str()) {
                        row.profile = Some(GroupProfile { name: Some((*name).to_owned()) });
                    }
                }
            });
        }
    }
    if !names.is_empty() {
        edit_rows::<User>(&mut documents, &DocumentName::Users, |rows| {
            for row in rows {
                if let Some((names, _)) = names.get(row.id.as_str()) {
                    row.profile =
                        Some(UserProfile { login: names.login.clone(), email: names.email.clone() });
                }
            }
        });
    }
    if !changes.app_rows.is_empty() {
        edit_rows::<AppUser>(&mut documents, &DocumentName::AppUsers, |rows| {
            let here: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
            rows.retain(|row| !changes.app_rows.contains_key(&row.id));
            for id in changes.app_rows.keys() {
                let named = names.get(id.as_str()).copied();
                rows.extend(app_row(changes, configuration, id, named, here.contains(id)));
            }
        });
    }
    documents
}

/// The row of a person whose row differs: that of the assignment which the state has.
fn app_row(
    changes: &Changes,
    configuration: &Configuration,
    id: &str,
    named: Option<(&Names, Side)>,
    is_in_base: bool,
) -> Option<AppUser> {
    let rows = changes.app_rows.get(id)?;
    let (before, after) = (rows.before.as_ref(), rows.after.as_ref());
    let is_there = changes.elements.iter().zip(&configuration.elements).any(|(change, presence)| {
        matches!(&change.element, Element::Person(person) if person == id) && *presence == Presence::There
    });
    let by_group = |row: &AppUser| {
        let group = row.links.as_ref().and_then(|links| links.group.as_ref()).and_then(|link| link.id())?;
        Some(changes.has_group(configuration, group))
    };
    let by_side = if matches!(named, Some((_, Side::After))) { after } else { before };
    let chosen = match (is_user_assignment(before), is_user_assignment(after)) {
        (true, true) => by_side,
        (true, false) => {
            if is_there {
                before
            } else {
                after
            }
        }
        (false, true) => {
            if is_there {
                after
            } else {
                before
            }
        }
        (false, false) => match (before, after) {
            (Some(one), Some(other)) => {
                if by_group(one) != Some(true) && by_group(other) == Some(true) {
                    after
                } else {
                    by_side
                }
            }
            (only, None) | (None, only) => only.filter(|row| by_group(row).unwrap_or(is_in_base)),
        },
    };
    let mut row = chosen?.clone();
    if let Some((names, _)) = named {
        if let (Some(email), Some(profile)) = (&names.app_email, &mut row.profile) {
            profile.email = Some(email.clone());
        }
        if let (Some(user_name), Some(credentials)) = (&names.app_user_name, &mut row.credentials) {
            credentials.user_name = Some(user_name.clone());
        }
    }
    Some(row)
}

fn edit_rows<T: serde::de::DeserializeOwned + serde::Serialize>(
    documents: &mut Documents,
    name: &DocumentName,
    edit: impl FnOnce(&mut Vec<T>),
) {
    let Some(document) = documents.get(name).cloned() else { return };
    let Some(mut rows) = typed::<Vec<T>>(documents, name) else { return };
    edit(&mut rows);
    if let Ok(value) = serde_json::to_value(&rows) {
        documents.add(name.clone(), Document { content: Content::Part(value), ..document });
    }
}
