//! The shapes of Torq's answers (`torq-openapi.yaml`, from the vendor's API reference), reduced to the fields that are read.

use serde::{Deserialize, Serialize};

/// `GET /v1alpha/sso/claim_mappings`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct ClaimMappings {
    pub claim_mappings: Vec<ClaimMapping>,
}

/// Whoever has the value in the claim gets the role.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct ClaimMapping {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub claim_name: String,
    pub claim_value: String,
    pub role_id: String,
    /// Position, from 1; the lowest that matches wins.
    pub rank: i64,
}

/// `GET /v1alpha/roles`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Roles {
    pub roles: Vec<Role>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Role {
    pub id: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope_names: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_custom: Option<bool>,
}

/// `GET /v1alpha/users`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Users {
    pub users: Vec<User>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct User {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `false`: a local account, which signs in without Okta.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sso_provision: Option<bool>,
}
