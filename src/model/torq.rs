//! The Torq workspace: claim mappings, roles, users.

use std::collections::{BTreeSet, HashMap};

use crate::document::torq as shape;

/// One row of the claim-mapping table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    pub claim_name: String,
    pub claim_value: String,
    pub role: RoleId,
    pub rank: i64,
    /// Index in `torq/claim-mappings.json`, for its place.
    pub position: usize,
}

/// The id of a role; the role list may not have it (semantics G7.5).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleId(pub String);

/// Mappings by rank, ascending; rows of one rank stay in the file's order.
pub fn mappings(rows: Vec<shape::ClaimMapping>) -> Vec<Mapping> {
    let mut mappings: Vec<Mapping> = rows
        .into_iter()
        .enumerate()
        .map(|(position, row)| Mapping {
            claim_name: row.claim_name,
            claim_value: row.claim_value,
            role: RoleId(row.role_id),
            rank: row.rank,
            position,
        })
        .collect();
    mappings.sort_by_key(|mapping| mapping.rank);
    mappings
}

/// A role of the Torq workspace; `scopes` is `None` where the answer does not list them, `position` its index in `torq/roles.json`.
#[derive(Debug, Clone)]
pub struct Role {
    pub id: RoleId,
    pub name: String,
    pub scopes: Option<BTreeSet<String>>,
    pub position: usize,
}

/// How two roles compare (semantics G7.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleOrder {
    Lower,
    Same,
    Higher,
    Incomparable,
}

/// The role list.
#[derive(Debug, Clone, Default)]
pub struct Roles {
    roles: Vec<Role>,
    by_id: HashMap<RoleId, usize>,
}

/// The scope that managing SSO needs (semantics G7.6).
pub const REPAIR_SCOPE: &str = "user.write";

/// The preset roles' order, used only where scopes are not known (semantics G7.6).
const PRESET_ORDER: [&str; 5] = ["Viewer", "Operator", "Creator", "Contributor", "Owner"];

impl Roles {
    pub fn new(rows: Vec<shape::Role>) -> Self {
        let roles: Vec<Role> = rows
            .into_iter()
            .enumerate()
            .map(|(position, row)| Role {
                id: RoleId(row.id),
                name: row.name,
                scopes: row.scope_names.map(|names| names.into_iter().collect()),
                position,
            })
            .collect();
        let by_id = roles.iter().enumerate().map(|(index, role)| (role.id.clone(), index)).collect();
        Self { roles, by_id }
    }

    pub fn get(&self, id: &RoleId) -> Option<&Role> {
        self.by_id.get(id).and_then(|index| self.roles.get(*index))
    }

    pub fn iter(&self) -> impl Iterator<Item = &Role> {
        self.roles.iter()
    }

    /// The role's name, or its id where the list does not have it.
    pub fn label<'a>(&'a self, id: &'a RoleId) -> &'a str {
        self.get(id).map_or(id.0.as_str(), |role| role.name.as_str())
    }

    /// `None` where neither scopes nor a preset name tell.
    pub fn can_repair_sso(&self, id: &RoleId) -> Option<bool> {
        let role = self.get(id)?;
        match &role.scopes {
            Some(scopes) => Some(scopes.contains(REPAIR_SCOPE)),
            None => preset(&role.name).map(|_| role.name == "Owner"),
        }
    }

    /// How `left` compares to `right`; `None` where it is not known.
    pub fn compare(&self, left: &RoleId, right: &RoleId) -> Option<RoleOrder> {
        if left == right {
            return Some(RoleOrder::Same);
        }
        let (left, right) = (self.get(left)?, self.get(right)?);
        match (&left.scopes, &right.scopes) {
            (Some(a), Some(b)) if a == b => Some(RoleOrder::Same),
            (Some(a), Some(b)) if a.is_subset(b) => Some(RoleOrder::Lower),
            (Some(a), Some(b)) if b.is_subset(a) => Some(RoleOrder::Higher),
            (Some(_), Some(_)) => Some(RoleOrder::Incomparable),
            _ => {
                let (a, b) = (preset(&left.name)?, preset(&right.name)?);
                Some(if a < b { RoleOrder::Lower } else { RoleOrder::Higher })
            }
        }
    }

    /// The names of roles that can repair SSO, for messages.
    pub fn repair_role_names(&self) -> Vec<&str> {
        self.roles
            .iter()
            .filter(|role| self.can_repair_sso(&role.id) == Some(true))
            .map(|role| role.name.as_str())
            .collect()
    }
}

fn preset(name: &str) -> Option<usize> {
    PRESET_ORDER.iter().position(|preset| *preset == name)
}

/// A user of the Torq workspace.
#[derive(Debug, Clone)]
pub struct TorqUser {
    pub email: String,
    pub role: Option<RoleId>,
    /// `Some(false)`: a local account, which signs in without Okta.
    pub sso_provision: Option<bool>,
    /// Invited, and not there yet: nobody can sign in to it.
    pub invited: bool,
    pub position: usize,
}

impl TorqUser {
    pub fn is_local(&self) -> bool {
        self.sso_provision == Some(false)
    }
}

pub fn users(rows: Vec<shape::User>) -> Vec<TorqUser> {
    rows.into_iter()
        .enumerate()
        .map(|(position, row)| TorqUser {
            email: row.email,
            role: row.role_id.map(RoleId),
            sso_provision: row.sso_provision,
            invited: row.status.as_deref() == Some("INVITATION_SENT"),
            position,
        })
        .collect()
}
