//! Whether a step of a rollout is reached: what is configured, part by part and as a hash, and who gets in.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::document::okta::{AppUser, User};
use crate::document::{DocumentName, Documents, JsonPath};
use crate::model::World;
use crate::model::claims::{Claim, ClaimValue};
use crate::model::directory::Listing;
use crate::model::fact::{Cause, Fact, Gap};
use crate::signin::SignIn;
use crate::signin::difference::Side;

use super::change::{
    Changes, Configuration, Element, Event, Field, Presence, field_value, is_user_assignment, typed,
};
use super::state::{Keeps, Standing};

/// Groups and people whose names a rollout changes, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched {
    pub groups: BTreeSet<String>,
    pub people: BTreeSet<String>,
}

/// A hash of each part of what is configured: SHA-256 of its JSON, in hexadecimal. `None`: a part that was not known when the rollout was made.
pub type Expected = BTreeMap<String, Option<String>>;

/// The parts themselves. Null: known to be unset; what was not read is a gap, and never equal to anything.
pub type Parts = BTreeMap<&'static str, Result<Value, Gap>>;

impl Watched {
    pub fn new(changes: &Changes) -> Self {
        let mut watched = Self::default();
        for event in &changes.events {
            match event {
                Event::Rename { group, .. } => watched.groups.insert(group.clone()),
                Event::Email { user, .. } => watched.people.insert(user.clone()),
            };
        }
        watched
    }
}

const MAPPINGS: &str = "claim mappings";
const SETTINGS: &str = "SSO settings";
const FILTER: &str = "groups filter";
const REDIRECT_URIS: &str = "redirect URIs";
const RESPONSE_TYPES: &str = "response types";
const GRANT_TYPES: &str = "grant types";
const GROUPS: &str = "assigned groups";
const PEOPLE: &str = "assigned people";
const GROUP_NAMES: &str = "group names";
const PERSON_NAMES: &str = "emails";

const ALL_PARTS: [&str; 10] = [
    MAPPINGS,
    SETTINGS,
    FILTER,
    REDIRECT_URIS,
    RESPONSE_TYPES,
    GRANT_TYPES,
    GROUPS,
    PEOPLE,
    GROUP_NAMES,
    PERSON_NAMES,
];

/// Everything that steps change, as documents have it.
pub fn parts(documents: &Documents, world: &World, watched: &Watched) -> Parts {
    let app = world.app.as_ref();
    let mappings = world.mappings.as_ref().map(|rows| {
        rows.iter().map(|row| json!([row.claim_name, row.claim_value, row.role.0])).collect::<Vec<Value>>()
    });
    Parts::from([
        (MAPPINGS, value(mappings, |rows| json!(rows))),
        (SETTINGS, settings(documents)),
        (FILTER, value(world.own_claim.as_ref(), |claim| filter(Some(claim)))),
        (REDIRECT_URIS, value(app.clone().and_then(|app| app.redirect_uris.as_ref()), |list| sorted(list))),
        (RESPONSE_TYPES, value(app.clone().and_then(|app| app.response_types.as_ref()), |list| sorted(list))),
        (GRANT_TYPES, value(app.and_then(|app| app.grant_types.as_ref()), |list| sorted(list))),
        (GROUPS, groups(world)),
        (PEOPLE, people(documents, world)),
        (GROUP_NAMES, group_names(world, watched)),
        (PERSON_NAMES, person_names(documents, world, watched)),
    ])
}

fn value<T>(fact: Fact<T>, as_json: impl FnOnce(T) -> Value) -> Result<Value, Gap> {
    match fact {
        Fact::Known(known) => Ok(as_json(known)),
        Fact::Absent => Ok(Value::Null),
        Fact::Unknown(gap) => Err(gap),
    }
}

fn sorted(list: &[String]) -> Value {
    json!(list.iter().collect::<BTreeSet<_>>())
}

/// All of them are required of `connection.yaml`, so one that it lacks is not known.
fn settings(documents: &Documents) -> Result<Value, Gap> {
    let field = |field: Field| {
        let path = JsonPath::root().key("torq").key(field.key());
        let gap = || Gap::new(DocumentName::Connection, path, Cause::NotThere);
        Ok((field.key(), field_value(documents, field).ok_or_else(gap)?))
    };
    let fields: BTreeMap<&str, Value> = Field::ALL.into_iter().map(field).collect::<Result<_, Gap>>()?;
    Ok(json!(fields))
}

fn groups(world: &World) -> Result<Value, Gap> {
    match &world.app_groups {
        Fact::Known(_) if !world.app_groups_complete => {
            Err(Gap::document(DocumentName::AppGroups, Cause::Incomplete))
        }
        groups => value(groups.as_ref(), |list| sorted(list)),
    }
}

fn people(documents: &Documents, world: &World) -> Result<Value, Gap> {
    match &world.directory.app_user_list {
        Listing::Unknown(gap) => return Err(gap.clone()),
        Listing::Read { complete: false, .. } => {
            return Err(Gap::document(DocumentName::AppUsers, Cause::Incomplete));
        }
        Listing::Read { complete: true, .. } => {}
    }
    let rows: Option<Vec<AppUser>> = typed(documents, &DocumentName::AppUsers);
    let people: Option<BTreeSet<String>> = rows
        .map(|rows| rows.into_iter().filter(|row| is_user_assignment(Some(row))).map(|row| row.id).collect());
    Ok(json!(people))
}

/// Null for what a list is known not to have.
fn unlisted(list: &Listing, document: DocumentName, id: &str) -> Result<Value, Gap> {
    match list {
        Listing::Unknown(gap) => Err(gap.clone()),
        list if list.settles(id) => Ok(Value::Null),
        Listing::Read { .. } => Err(Gap::document(document, Cause::Incomplete)),
    }
}

fn group_names(world: &World, watched: &Watched) -> Result<Value, Gap> {
    let name = |id: &String| {
        let group = world.directory.group_by_id(id).and_then(|group| world.directory.group(group));
        let name = match group.and_then(|group| group.name.as_ref()) {
            Some(name) => json!(name),
            None => unlisted(&world.directory.group_list, DocumentName::Groups, id)?,
        };
        Ok((id.clone(), name))
    };
    let names: BTreeMap<String, Value> = watched.groups.iter().map(name).collect::<Result<_, Gap>>()?;
    Ok(json!(names))
}

fn person_names(documents: &Documents, world: &World, watched: &Watched) -> Result<Value, Gap> {
    if watched.people.is_empty() {
        return Ok(json!({}));
    }
    let users: Vec<User> = typed(documents, &DocumentName::Users).unwrap_or_default();
    let mut names: BTreeMap<String, Value> = users
        .into_iter()
        .filter(|user| watched.people.contains(&user.id))
        .map(|user| {
            let profile = user.profile.unwrap_or_default();
            (user.id, json!([profile.login, profile.email]))
        })
        .collect();
    for id in &watched.people {
        if !names.contains_key(id) {
            names.insert(id.clone(), unlisted(&world.directory.user_list, DocumentName::Users, id)?);
        }
    }
    Ok(json!(names))
}

fn filter(claim: Option<&Claim>) -> Value {
    claim.map_or(Value::Null, |claim| match &claim.value {
        ClaimValue::Filter { kind, value } => json!([claim.name, kind.console(), value]),
        ClaimValue::Expression(value) => json!([claim.name, "Expression", value]),
        ClaimValue::Other(value) => json!([claim.name, "Other", value]),
    })
}

/// The hashes of a configuration; `before`: the parts of the side before.
pub fn expected(changes: &Changes, configuration: &Configuration, before: &Parts) -> Expected {
    let mut parts = before.clone();
    if !changes.pool.is_empty() {
        let rows = configuration.table.iter().filter_map(|row| changes.pool.get(*row as usize));
        let rows: Vec<Value> = rows.map(|row| json!([row.claim_name, row.claim_value, row.role.0])).collect();
        parts.insert(MAPPINGS, Ok(json!(rows)));
    }
    for (change, side) in changes.fields.iter().zip(&configuration.fields) {
        if let Some(Ok(Value::Object(fields))) = parts.get_mut(SETTINGS) {
            fields.insert(change.field.key().to_owned(), change.value(*side).clone());
        }
    }
    if let Some(claim) = changes.filters.get(configuration.filter) {
        parts.insert(FILTER, Ok(filter(claim.as_ref())));
    }
    for (change, presence) in changes.elements.iter().zip(&configuration.elements) {
        let (part, value) = match &change.element {
            Element::RedirectUri(value) => (REDIRECT_URIS, value),
            Element::ResponseType(value) => (RESPONSE_TYPES, value),
            Element::GrantType(value) => (GRANT_TYPES, value),
            Element::Group(value) => (GROUPS, value),
            Element::Person(value) => (PEOPLE, value),
        };
        if let Some(Ok(Value::Array(list))) = parts.get_mut(part) {
            list.retain(|other| other.as_str() != Some(value));
            if *presence == Presence::There {
                list.push(json!(value));
            }
            list.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
        }
    }
    for (event, side) in changes.events.iter().zip(&configuration.events) {
        let (part, id, value) = match (event, side) {
            (Event::Rename { group, before, .. }, Side::Before) => (GROUP_NAMES, group, json!(before)),
            (Event::Rename { group, after, .. }, Side::After) => (GROUP_NAMES, group, json!(after)),
            (Event::Email { user, before, .. }, Side::Before) => {
                (PERSON_NAMES, user, json!([before.login, before.email]))
            }
            (Event::Email { user, after, .. }, Side::After) => {
                (PERSON_NAMES, user, json!([after.login, after.email]))
            }
        };
        if let Some(Ok(Value::Object(names))) = parts.get_mut(part) {
            names.insert(id.clone(), value);
        }
    }
    hashes(&parts)
}

fn hashes(parts: &Parts) -> Expected {
    let hash = |value: &Value| {
        let digest = Sha256::digest(value.to_string().as_bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    parts.iter().map(|(part, value)| ((*part).to_owned(), value.as_ref().ok().map(hash))).collect()
}

/// A rollout as its JSON has it, reduced to what a check needs.
#[derive(Debug, Clone, Deserialize)]
pub struct Script {
    pub protected: Vec<ScriptPerson>,
    pub states: Vec<ScriptState>,
    pub watched: Watched,
    /// How people are shown: without names they cannot be found again.
    pub people: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct ScriptPerson {
    pub user: String,
    pub okta_id: Option<String>,
    pub keeps: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct ScriptState {
    pub step: usize,
    pub granted: usize,
    pub can_repair: usize,
    pub expected: Expected,
}

impl Script {
    /// A step, and a part that it does not say what to expect of: nothing could be held against it.
    pub fn lacking(&self) -> Option<(usize, &'static str)> {
        self.states.iter().find_map(|state| {
            let part = ALL_PARTS.into_iter().find(|part| !state.expected.contains_key(*part))?;
            Some((state.step, part))
        })
    }
}

/// A part that a snapshot, or the script, says nothing of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotLookedAt {
    pub part: String,
    /// One clause.
    pub why: String,
}

/// What a snapshot says of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    pub step: usize,
    /// Parts that are not as the step leaves them.
    pub differing: Vec<String>,
    /// Parts of which nobody can say whether they are.
    pub not_looked_at: Vec<NotLookedAt>,
    /// The step whose state the snapshot is, where it is one of them.
    pub stands_at: Option<usize>,
    /// Predicted, then found.
    pub granted: (usize, usize),
    pub can_repair: (usize, usize),
    /// Protected people who lost something.
    pub lost: Vec<String>,
}

impl Verified {
    /// Whether the step is reached and people are as predicted.
    pub fn holds(&self) -> bool {
        self.differing.is_empty()
            && self.not_looked_at.is_empty()
            && self.granted.0 == self.granted.1
            && self.can_repair.0 == self.can_repair.1
            && self.lost.is_empty()
    }
}

/// Holds a snapshot against one step. `None` where the script has no such step.
pub fn verify(script: &Script, step: usize, documents: &Documents) -> Option<Verified> {
    let state = script.states.iter().find(|state| state.step == step)?;
    let world = World::load(documents);
    let parts = parts(documents, &world, &script.watched);
    let found = hashes(&parts);
    let differing = |state: &ScriptState| -> Vec<String> {
        let differs = |(part, hash): &(&String, &Option<String>)| match found.get(*part) {
            Some(Some(found)) => hash.as_ref().is_some_and(|hash| hash != found),
            Some(None) => false,
            None => true,
        };
        state.expected.iter().filter(differs).map(|(part, _)| part.clone()).collect()
    };
    let not_looked_at = |state: &ScriptState| -> Vec<NotLookedAt> {
        let why = |part: &String, hash: &Option<String>| match parts.get(part.as_str()) {
            Some(Err(gap)) => Some(gap.to_string()),
            _ if hash.is_none() => Some("it was not known when the rollout was made".to_owned()),
            _ => None,
        };
        let parts = state.expected.iter();
        parts
            .filter_map(|(part, hash)| Some(NotLookedAt { part: part.clone(), why: why(part, hash)? }))
            .collect()
    };
    let stands_at = |state: &&ScriptState| differing(state).is_empty() && not_looked_at(state).is_empty();
    let sign_in = SignIn::new(&world, &[]);
    let standings: Vec<Standing> =
        sign_in.considered().map(|person| Standing::of(&sign_in, person)).collect();
    let lost = script.protected.iter().filter(|person| {
        let keeps =
            [Keeps::Access, Keeps::AccessAndRepair].into_iter().find(|keeps| keeps.name() == person.keeps);
        let user = person.okta_id.as_deref().and_then(|id| world.directory.user_by_id(id));
        let standing = user.map_or(Standing::None, |user| Standing::of(&sign_in, user.into()));
        !standing.suffices(keeps.unwrap_or(Keeps::AccessAndRepair))
    });
    Some(Verified {
        step,
        differing: differing(state),
        not_looked_at: not_looked_at(state),
        stands_at: script.states.iter().find(stands_at).map(|state| state.step),
        granted: (state.granted, standings.iter().filter(|standing| **standing != Standing::None).count()),
        can_repair: (
            state.can_repair,
            standings.iter().filter(|standing| **standing == Standing::GrantedAndRepairs).count(),
        ),
        lost: lost.map(|person| person.user.clone()).collect(),
    })
}
