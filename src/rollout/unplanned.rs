//! What two worlds differ in that no step changes: named by document, and refused where it changes anybody.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::document::{DocumentName, Documents};
use crate::model::World;
use crate::signin::difference::Side;
use crate::signin::{SignIn, Verdict};

use super::RolloutError;
use super::change::{Changes, Event, Field, field_value, same_text, typed};
use super::state::{Standing, States};

/// Documents that differ in more than what steps change, in words.
pub fn documents(changes: &Changes, before: &Documents, after: &Documents) -> Vec<String> {
    let is_known =
        |field: &Field| field_value(before, *field).is_some() && field_value(after, *field).is_some();
    let fields: Vec<&str> = Field::ALL.into_iter().filter(is_known).map(Field::key).collect();
    let names: BTreeSet<&DocumentName> = before.names().chain(after.names()).collect();
    names
        .into_iter()
        .filter(|name| !matches!(name, DocumentName::Manifest | DocumentName::TerraformPlan))
        .filter(|name| !same_text(before, after, name))
        .filter(|name| rest(changes, before, name, &fields) != rest(changes, after, name, &fields))
        .map(|name| match (before.has(name), after.has(name)) {
            (true, true) => format!("{name} differs"),
            (true, false) => format!("{name} is only before"),
            (false, _) => format!("{name} is only after"),
        })
        .collect()
}

/// A document without what steps change, and without what decides nothing. Lists are in the order of their ids.
fn rest(changes: &Changes, documents: &Documents, name: &DocumentName, fields: &[&str]) -> Option<Value> {
    let mut value: Value = typed(documents, name)?;
    let without = |value: &mut Value, path: &[&str], keys: &[&str]| {
        let at = path.iter().try_fold(value, |at, key| at.get_mut(*key));
        if let Some(Value::Object(members)) = at {
            keys.iter().for_each(|key| {
                members.remove(*key);
            });
        }
    };
    let named: BTreeSet<&str> = changes
        .events
        .iter()
        .map(|event| match event {
            Event::Rename { group, .. } => group.as_str(),
            Event::Email { user, .. } => user.as_str(),
        })
        .collect();
    match name {
        DocumentName::Connection => {
            without(&mut value, &[], &["name", "stage"]);
            without(&mut value, &["torq"], fields);
            without(&mut value, &["torq"], &["region", "organization_admins"]);
            let seen = if changes.filters.is_empty() { &["seen"][..] } else { &FILTER[..] };
            without(&mut value, &["okta", "groups_claim"], seen);
        }
        DocumentName::App => {
            without(&mut value, &[], &["label", "lastUpdated", "visibility"]);
            let lists = ["redirect_uris", "response_types", "grant_types"];
            without(&mut value, &["settings", "oauthClient"], &lists);
        }
        DocumentName::IdToken if !changes.filters.is_empty() => without(&mut value, &[], &FILTER),
        DocumentName::ClaimMappings if !changes.pool.is_empty() => return Some(Value::Null),
        DocumentName::AppGroups => return Some(Value::Null),
        DocumentName::AppUsers if !changes.app_rows.is_empty() => return Some(Value::Null),
        DocumentName::Users | DocumentName::Groups | DocumentName::UserGroups(_) => {
            for row in value.as_array_mut().into_iter().flatten() {
                let id = row.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
                if named.contains(id.as_str()) {
                    without(row, &[], &["profile"]);
                }
            }
        }
        _ => {}
    }
    if let Value::Array(rows) = &mut value {
        rows.sort_by_key(|row| row.get("id").map(Value::to_string));
    }
    Some(value)
}

const FILTER: [&str; 8] =
    ["type", "filter_type", "name", "value", "seen", "valueType", "groupFilterType", "issuer"];

/// Refuses a pair that the steps do not bring from one to the other: both ends, as steps make them, must decide as the sides do.
pub fn check(
    changes: &Changes,
    before: (&Documents, &World),
    after: (&Documents, &World),
    left_aside: &[String],
) -> Result<(), RolloutError> {
    let sides = [(before, Side::Before), (after, Side::After)];
    for ((_, world), side) in sides {
        let given = SignIn::new(world, &[]);
        let mut concerned: Option<String> = None;
        let mut states = States::new(changes, vec![before.0, after.0], Vec::new());
        states.each(&changes.configuration(side), |made, _, _| {
            concerned = concerned.take().or_else(|| differing(&given, made));
        });
        if let Some(person) = concerned {
            let what = if left_aside.is_empty() {
                vec!["two claim mappings of one rank, or something else that is not named".to_owned()]
            } else {
                left_aside.to_vec()
            };
            return Err(RolloutError::NotPlanned { what, person });
        }
    }
    Ok(())
}

/// The first person who does not end alike.
fn differing(given: &SignIn<'_>, made: &SignIn<'_>) -> Option<String> {
    for (one, other) in [(given, made), (made, given)] {
        let directory = &one.world.directory;
        for user in directory.user_indices() {
            let id = directory.user(user).map(|user| user.id.as_str()).unwrap_or_default();
            let there = other.world.directory.user_by_id(id);
            let ending = |sign_in: &SignIn<'_>, person| {
                let role = match sign_in.verdict(person) {
                    Verdict::Granted { role, .. } => Some(role),
                    _ => None,
                };
                (Standing::of(sign_in, person), role)
            };
            let here = ending(one, user.into());
            let there = there.map_or((Standing::None, None), |user| ending(other, user.into()));
            if here != there {
                return Some(one.label(user.into()).to_owned());
            }
        }
    }
    None
}
