//! Whether a step of a rollout is reached: what is configured, part by part and as a hash, and who gets in.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::document::okta::{AppUser, User};
use crate::document::{DocumentName, Documents};
use crate::model::World;
use crate::model::claims::{Claim, ClaimValue};
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

/// A hash of each part of what is configured: SHA-256 of its JSON, in hexadecimal.
pub type Expected = BTreeMap<String, String>;

/// The parts themselves.
pub type Parts = BTreeMap<&'static str, Value>;

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

/// Everything that steps change, as documents have it.
pub fn parts(documents: &Documents, world: &World, watched: &Watched) -> Parts {
    let app = world.app.known();
    let sorted = |list: Option<&Vec<String>>| -> Value {
        list.map_or(Value::Null, |list| json!(list.iter().collect::<BTreeSet<_>>()))
    };
    let mappings = world.mappings.known().map(|rows| {
        rows.iter().map(|row| json!([row.claim_name, row.claim_value, row.role.0])).collect::<Vec<Value>>()
    });
    let fields: BTreeMap<&str, Option<Value>> =
        Field::ALL.into_iter().map(|field| (field.key(), field_value(documents, field))).collect();
    let rows: Option<Vec<AppUser>> = typed(documents, &DocumentName::AppUsers);
    let people: Option<BTreeSet<String>> = rows
        .map(|rows| rows.into_iter().filter(|row| is_user_assignment(Some(row))).map(|row| row.id).collect());
    let group_name = |id: &String| {
        let group = world.directory.group_by_id(id).and_then(|group| world.directory.group(group));
        (id.clone(), group.and_then(|group| group.name.clone()))
    };
    let group_names: BTreeMap<String, Option<String>> = watched.groups.iter().map(group_name).collect();
    let users: Vec<User> = if watched.people.is_empty() {
        Vec::new()
    } else {
        typed(documents, &DocumentName::Users).unwrap_or_default()
    };
    let names: BTreeMap<String, Value> = users
        .into_iter()
        .filter(|user| watched.people.contains(&user.id))
        .map(|user| {
            let profile = user.profile.unwrap_or_default();
            (user.id, json!([profile.login, profile.email]))
        })
        .collect();
    Parts::from([
        (MAPPINGS, json!(mappings)),
        (SETTINGS, json!(fields)),
        (FILTER, filter(world.own_claim.known())),
        (REDIRECT_URIS, sorted(app.and_then(|app| app.redirect_uris.known()))),
        (RESPONSE_TYPES, sorted(app.and_then(|app| app.response_types.known()))),
        (GRANT_TYPES, sorted(app.and_then(|app| app.grant_types.known()))),
        (GROUPS, sorted(world.app_groups.known())),
        (PEOPLE, json!(people)),
        (GROUP_NAMES, json!(group_names)),
        (PERSON_NAMES, json!(names)),
    ])
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
        parts.insert(MAPPINGS, json!(rows));
    }
    for (change, side) in changes.fields.iter().zip(&configuration.fields) {
        if let Some(Value::Object(fields)) = parts.get_mut(SETTINGS) {
            fields.insert(change.field.key().to_owned(), change.value(*side).clone());
        }
    }
    if let Some(claim) = changes.filters.get(configuration.filter) {
        parts.insert(FILTER, filter(claim.as_ref()));
    }
    for (change, presence) in changes.elements.iter().zip(&configuration.elements) {
        let (part, value) = match &change.element {
            Element::RedirectUri(value) => (REDIRECT_URIS, value),
            Element::ResponseType(value) => (RESPONSE_TYPES, value),
            Element::GrantType(value) => (GRANT_TYPES, value),
            Element::Group(value) => (GROUPS, value),
            Element::Person(value) => (PEOPLE, value),
        };
        if let Some(Value::Array(list)) = parts.get_mut(part) {
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
        if let Some(Value::Object(names)) = parts.get_mut(part) {
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
    parts.iter().map(|(part, value)| ((*part).to_owned(), hash(value))).collect()
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

/// What a snapshot says of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    pub step: usize,
    /// Parts that are not as the step leaves them.
    pub differing: Vec<String>,
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
            && self.granted.0 == self.granted.1
            && self.can_repair.0 == self.can_repair.1
            && self.lost.is_empty()
    }
}

/// Holds a snapshot against one step. `None` where the script has no such step.
pub fn verify(script: &Script, step: usize, documents: &Documents) -> Option<Verified> {
    let state = script.states.iter().find(|state| state.step == step)?;
    let world = World::load(documents);
    let found = hashes(&parts(documents, &world, &script.watched));
    let differing = |state: &ScriptState| -> Vec<String> {
        let parts = state.expected.iter().filter(|(part, hash)| found.get(*part) != Some(hash));
        parts.map(|(part, _)| part.clone()).collect()
    };
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
        stands_at: script.states.iter().find(|state| differing(state).is_empty()).map(|state| state.step),
        granted: (state.granted, standings.iter().filter(|standing| **standing != Standing::None).count()),
        can_repair: (
            state.can_repair,
            standings.iter().filter(|standing| **standing == Standing::GrantedAndRepairs).count(),
        ),
        lost: lost.map(|person| person.user.clone()).collect(),
    })
}
