//! The rows that rules look at: mappings, people, groups, with their places. Our own rules use them, and the user's own rules will.

use crate::document::{DocumentName, JsonPath};
use crate::finding::Spot;
use crate::model::torq::{Mapping, TorqUser};
use crate::model::{Fact, Gap, Place, World};
use crate::signin::claim_source::{self, ClaimSource};

use super::facts::Facts;

/// One claim mapping.
#[derive(Debug, Clone, Copy)]
pub struct MappingRow<'a> {
    /// Index into the mappings by rank.
    pub index: usize,
    pub mapping: &'a Mapping,
    world: &'a World,
}

impl<'a> MappingRow<'a> {
    fn field(&self, field: &str) -> Place {
        let path = JsonPath::root().key("claim_mappings").index(self.mapping.position).key(field);
        Place::new(DocumentName::ClaimMappings, path)
    }

    pub fn value_spot(&self) -> Spot {
        Spot::value(self.field("claim_value"))
    }

    pub fn name_spot(&self) -> Spot {
        Spot::value(self.field("claim_name"))
    }

    pub fn role_spot(&self) -> Spot {
        Spot::value(self.field("role_id"))
    }

    pub fn rank_spot(&self) -> Spot {
        Spot::value(self.field("rank"))
    }

    /// The role's name, or its id where the role list does not have it.
    pub fn role_label(&self) -> &'a str {
        self.world.role_label(&self.mapping.role)
    }

    /// Whether its role can repair SSO; `None` where that is not known (semantics G7.6).
    pub fn can_repair_sso(&self) -> Option<bool> {
        self.world.can_repair_sso(&self.mapping.role)
    }

    /// Where the token's claim that it looks at comes from.
    pub fn source(&self) -> ClaimSource {
        claim_source::source(self.world, &self.mapping.claim_name)
    }

    /// Whether it looks at the person's email.
    pub fn names_email(&self) -> bool {
        self.mapping.claim_name == claim_source::EMAIL
    }

    /// Its identity for a fingerprint: claim, value and role.
    pub fn subject(&self) -> [&'a str; 3] {
        [&self.mapping.claim_name, &self.mapping.claim_value, &self.mapping.role.0]
    }
}

/// One local or SSO account of the Torq workspace.
#[derive(Debug, Clone, Copy)]
pub struct TorqUserRow<'a> {
    pub user: &'a TorqUser,
    world: &'a World,
}

impl<'a> TorqUserRow<'a> {
    pub fn email_spot(&self) -> Spot {
        let path = JsonPath::root().key("users").index(self.user.position).key("email");
        Spot::value(Place::new(DocumentName::TorqUsers, path))
    }

    pub fn role_label(&self) -> &'a str {
        self.user.role.as_ref().map_or("no role", |role| self.world.role_label(role))
    }
}

impl<'a> Facts<'a> {
    /// The claim mappings by rank.
    pub fn mappings(&self) -> Result<Vec<MappingRow<'a>>, Gap> {
        let mappings = self.world.mappings.need()?.map_or(&[][..], Vec::as_slice);
        let row = |(index, mapping)| MappingRow { index, mapping, world: self.world };
        Ok(mappings.iter().enumerate().map(row).collect())
    }

    /// The mapping at an index by rank.
    pub fn mapping(&self, index: usize) -> Option<MappingRow<'a>> {
        let mapping = self.sign_in.mappings().get(index)?;
        Some(MappingRow { index, mapping, world: self.world })
    }

    /// The users of the Torq workspace, in the file's order.
    pub fn torq_users(&self) -> Result<Vec<TorqUserRow<'a>>, Gap> {
        let users = match &self.world.torq_users {
            Fact::Known(users) => users.as_slice(),
            Fact::Absent => &[],
            Fact::Unknown(gap) => return Err(gap.clone()),
        };
        Ok(users.iter().map(|user| TorqUserRow { user, world: self.world }).collect())
    }
}

/// A place in `okta/app.json`.
pub fn app_spot(path: JsonPath) -> Spot {
    Spot::value(Place::new(DocumentName::App, path))
}

/// A place in `settings.oauthClient` of `okta/app.json`.
pub fn client_spot(field: &str) -> Spot {
    app_spot(crate::model::okta::path::oauth_client(field))
}

/// A key of the section `torq` of `connection.yaml`.
pub fn wizard_spot(key: &str) -> Spot {
    Spot::value(Place::new(DocumentName::Connection, JsonPath::root().key("torq").key(key)))
}
