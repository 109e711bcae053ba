//! The shape of the document `terraform-plan`: what of a Terraform plan concerns one connection, reduced to the attributes that are read.
//!
//! `source::terraform` makes it from a plan; no value that the plan marks as sensitive is in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct TerraformPlan {
    /// The address of the Torq app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// How the Okta provider signs in; absent where the configuration does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_sign_in: Option<ProviderSignIn>,
    /// By address.
    #[serde(default)]
    pub resource_changes: BTreeMap<String, ResourceChange>,
    /// Data sources `okta_group` that look a group up by its name, by address.
    #[serde(default)]
    pub group_lookups: BTreeMap<String, GroupLookup>,
}

/// Source: the provider's arguments `api_token`, and `private_key` or `access_token`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderSignIn {
    ApiToken,
    Oauth,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct ResourceChange {
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it is of the Torq app: the app itself, or something whose `app_id` is.
    #[serde(default)]
    pub of_app: bool,
    pub change: Change,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Change {
    pub actions: Action,
    /// Attributes; `None` where the resource is not there.
    pub before: Option<Map<String, Value>>,
    pub after: Option<Map<String, Value>>,
}

/// What the plan does with a resource; the plan writes it as a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    NoOp,
    Create,
    Update,
    Delete,
    /// Deleted and created, in either order.
    Replace,
    /// Terraform no longer manages it; it stays.
    Forget,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct GroupLookup {
    /// Where it is a constant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}
