//! Conditions on people in policy rules, and the rules of the app's sign-in policy (semantics G5.3) and of a custom authorization
//! server (G6.3c). Which rule decides for whom is left to `signin`.

use serde_json::{Map, Value};

use crate::document::okta as shape;

/// Whom a rule is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct People {
    pub groups: Lists,
    pub users: Lists,
}

/// Ids; an empty list is no condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lists {
    pub include: Vec<String>,
    pub exclude: Vec<String>,
}

impl People {
    pub fn anyone(&self) -> bool {
        self.groups == Lists::default() && self.users == Lists::default()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Allow,
    Deny,
    /// The answer does not say.
    Unsaid,
}

/// One active rule of the app's sign-in policy.
#[derive(Debug, Clone)]
pub struct AccessRule {
    pub name: String,
    pub access: Access,
    pub people: People,
    /// The conditions beyond people, by their JSON keys; with any of them the rule may or may not match. `status` and `priority` stand for
    /// an answer that does not say whether, or before which other, the rule is asked.
    pub other_conditions: Vec<String>,
    pub position: usize,
}

/// Active rules by priority.
pub fn access_rules(rows: Vec<shape::AccessPolicyRule>) -> Vec<AccessRule> {
    let mut rules: Vec<(Option<i64>, AccessRule)> = rows
        .into_iter()
        .enumerate()
        .filter(|(_, row)| row.status.as_deref().is_none_or(|status| status == "ACTIVE"))
        .map(|(position, row)| {
            let (people, mut other_conditions) = conditions(row.conditions.as_ref());
            if row.status.is_none() {
                other_conditions.push("status".to_owned());
            }
            let access = match row
                .actions
                .and_then(|actions| actions.app_sign_on)
                .and_then(|sign_on| sign_on.access)
            {
                Some(access) if access == "ALLOW" => Access::Allow,
                Some(access) if access == "DENY" => Access::Deny,
                _ => Access::Unsaid,
            };
            let name = row.name.or(row.id).unwrap_or_else(|| format!("rule {}", position + 1));
            (row.priority, AccessRule { name, access, people, other_conditions, position })
        })
        .collect();
    // A rule whose place is not known may come first of all.
    rules.sort_by_key(|(priority, _)| *priority);
    let places: Vec<(Option<i64>, Access)> =
        rules.iter().map(|(priority, rule)| (*priority, rule.access)).collect();
    let alone = rules.len() == 1;
    rules
        .into_iter()
        .map(|(priority, mut rule)| {
            let tied = places.iter().any(|(other, access)| *other == priority && *access != rule.access);
            if tied || (priority.is_none() && !alone) {
                rule.other_conditions.push("priority".to_owned());
            }
            rule
        })
        .collect()
}

fn conditions(conditions: Option<&Map<String, Value>>) -> (People, Vec<String>) {
    let Some(members) = conditions else { return (People::default(), Vec::new()) };
    let mut people = People::default();
    let mut others = Vec::new();
    for (key, value) in members {
        match key.as_str() {
            "people" => match read_people(value) {
                Some(read) => people = read,
                None => others.push(key.clone()),
            },
            _ if says_nothing(key, value) => {}
            _ => others.push(key.clone()),
        }
    }
    (people, others)
}

fn read_people(value: &Value) -> Option<People> {
    if empty(value) {
        return Some(People::default());
    }
    let members = value.as_object()?;
    let mut people = People::default();
    for (key, value) in members {
        match key.as_str() {
            "groups" => people.groups = read_lists(value)?,
            "users" => people.users = read_lists(value)?,
            _ if empty(value) => {}
            _ => return None,
        }
    }
    Some(people)
}

fn read_lists(value: &Value) -> Option<Lists> {
    if empty(value) {
        return Some(Lists::default());
    }
    let included: shape::Included = serde_json::from_value(value.clone()).ok()?;
    Some(lists(Some(included)))
}

fn lists(included: Option<shape::Included>) -> Lists {
    let included = included.unwrap_or_default();
    Lists { include: included.include.unwrap_or_default(), exclude: included.exclude.unwrap_or_default() }
}

/// Real rules carry every condition of the console, most of them at "any": these limit nothing. Seen in every recorded rule.
fn says_nothing(key: &str, value: &Value) -> bool {
    let member_is = |member: &str, wanted: &str| value.get(member).and_then(Value::as_str) == Some(wanted);
    empty(value)
        || (key == "network" && member_is("connection", "ANYWHERE"))
        || (key == "riskScore" && member_is("level", "ANY"))
}

/// Null, or an object or list with nothing in it at any depth.
fn empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(members) => members.values().all(empty),
        Value::Array(elements) => elements.iter().all(empty),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// One active policy of a custom authorization server.
#[derive(Debug, Clone)]
pub struct TokenPolicy {
    pub name: String,
    /// Client ids, or `ALL_CLIENTS`; empty is no condition.
    pub clients: Vec<String>,
    /// Whether it is active is not said.
    pub may_be_off: bool,
    /// Rules that are, or may be, active; `None` where they were not read.
    pub rules: Option<Vec<TokenRule>>,
    /// Index in `okta/authorization-server-policies.json`.
    pub position: usize,
}

#[derive(Debug, Clone, Default)]
pub struct TokenRule {
    pub name: String,
    /// An empty list is no condition.
    pub grant_types: Vec<String>,
    /// Scopes or `*`; an empty list is no condition.
    pub scopes: Vec<String>,
    pub people: People,
    pub may_be_off: bool,
    /// Index among the policy's rules, inactive ones counted.
    pub position: usize,
}

pub fn token_policies(rows: Vec<shape::AuthorizationServerPolicy>) -> Vec<TokenPolicy> {
    let active = |status: &Option<String>| status.as_deref().is_none_or(|status| status == "ACTIVE");
    rows.into_iter()
        .enumerate()
        .filter(|(_, row)| active(&row.status))
        .map(|(position, row)| TokenPolicy {
            name: row.name.or(row.id).unwrap_or_default(),
            clients: lists(row.conditions.and_then(|conditions| conditions.clients)).include,
            may_be_off: row.status.is_none(),
            rules: row.rules.map(|rules| {
                let rules = rules.into_iter().enumerate().filter(|(_, rule)| active(&rule.status));
                rules.map(|(position, rule)| token_rule(position, rule)).collect()
            }),
            position,
        })
        .collect()
}

fn token_rule(position: usize, row: shape::AuthorizationServerPolicyRule) -> TokenRule {
    let conditions = row.conditions.unwrap_or_default();
    let people = conditions.people.unwrap_or_default();
    TokenRule {
        name: row.name.or(row.id).unwrap_or_default(),
        grant_types: lists(conditions.grant_types).include,
        scopes: lists(conditions.scopes).include,
        people: People { groups: lists(people.groups), users: lists(people.users) },
        may_be_off: row.status.is_none(),
        position,
    }
}
