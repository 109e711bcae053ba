//! Reads a plan as JSON (`terraform show -json`): the changes of Okta's resources, without anything that is secret.
//!
//! A plan may be hundreds of megabytes, most of it of other providers: the text is passed over once, and only the changes of resources that are
//! read here are parsed. Source: Terraform's "JSON output format", format version 1.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use thiserror::Error;

use super::configuration::{Configuration, ConfigurationShape};
use super::hcl::Sources;
use crate::document::position::line_column;
use crate::document::terraform::Action;
use crate::source::snapshot;

/// Why a plan could not be read at all.
#[derive(Debug, Error)]
pub enum TerraformError {
    #[error("{path} is not there")]
    NotThere { path: String },
    #[error("{path} could not be read: {cause}")]
    Unreadable { path: String, cause: std::io::Error },
    #[error(
        "{path} is not UTF-8; write it with `terraform show -json PLAN > {path}`, in PowerShell with `| Out-File -Encoding utf8`"
    )]
    NotText { path: String },
    #[error(
        "{path}:{line}:{column}: this is not a plan as JSON: {message}; write it with `terraform show -json PLAN > {path}`"
    )]
    NotJson { path: String, line: usize, column: usize, message: String },
    #[error(
        "{path} is a plan in Terraform's own format; write it as JSON with `terraform show -json {path} > plan.json`"
    )]
    Binary { path: String },
    #[error(
        "{path} is a state, not a plan; write a plan with `terraform plan -out=tfplan && terraform show -json tfplan > plan.json`"
    )]
    State { path: String },
    #[error("{path} has no file that ends in .tf or .tf.json")]
    NoConfiguration { path: String },
    #[error("{path} has no resource_changes: it is not a plan as JSON")]
    NotAPlan { path: String },
    #[error("{path} is a plan of format version {version}, and this version reads 0.1, 0.2 and 1.x")]
    FormatVersion { path: String, version: String },
}

/// A plan, reduced to Okta's resources.
#[derive(Debug)]
pub struct Plan {
    /// As it is shown.
    pub path: String,
    pub(super) text: Arc<str>,
    pub changes: Vec<ResourceChange>,
    pub(super) configuration: Configuration,
    /// Where its resources are written; without it, findings lie on the plan.
    pub sources: Option<Sources>,
    /// Things that are not wrong enough to stop.
    pub notices: Vec<String>,
}

/// One resource of Okta's provider.
#[derive(Debug)]
pub struct ResourceChange {
    pub address: String,
    /// The address of its module; empty for the root module.
    pub module: String,
    pub kind: String,
    pub name: String,
    /// The key of `for_each` or the number of `count`.
    pub index: Option<Value>,
    /// Before a `moved` block.
    pub previous_address: Option<String>,
    pub action: Action,
    pub before: Option<Attributes>,
    pub after: Option<Attributes>,
    /// Where in the text it stands, in bytes.
    pub bytes: Range<usize>,
}

/// The attributes that are read of a resource in one state.
#[derive(Debug, Clone, Default)]
pub struct Attributes {
    pub values: Map<String, Value>,
    /// Attributes whose value is not known, wholly or in part, with a clause that says why.
    pub open: BTreeMap<String, String>,
}

impl Attributes {
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(Value::as_str).filter(|_| !self.open.contains_key(name))
    }

    pub fn flag(&self, name: &str) -> Option<bool> {
        self.values.get(name).and_then(Value::as_bool)
    }

    /// The strings of a list or set that are known.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        self.elements(name).iter().filter_map(Value::as_str).collect()
    }

    /// The elements of a list, a set or a block.
    pub fn elements(&self, name: &str) -> &[Value] {
        self.values.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
}

/// What is read of each kind of resource: everything else stays in the plan.
const KINDS: [(&str, &[&str]); 14] = [
    (
        "okta_app_oauth",
        &[
            "id",
            "name",
            "label",
            "status",
            "sign_on_mode",
            "client_id",
            "token_endpoint_auth_method",
            "pkce_required",
            "type",
            "redirect_uris",
            "wildcard_redirect",
            "response_types",
            "grant_types",
            "consent_method",
            "issuer_mode",
            "login_uri",
            "login_mode",
            "dpop_bound_access_tokens",
            "network",
            "hide_web",
            "implicit_assignment",
            "authentication_policy",
            "groups_claim",
            "preconfigured_app",
        ],
    ),
    ("okta_app_oauth_redirect_uri", &["id", "app_id", "uri"]),
    ("okta_app_group_assignment", &["id", "app_id", "group_id", "retain_assignment"]),
    ("okta_app_group_assignments", &["id", "app_id", "group"]),
    ("okta_app_user", &["id", "app_id", "user_id", "username", "profile", "retain_assignment"]),
    ("okta_group", &["id", "name"]),
    ("okta_group_memberships", &["id", "group_id", "users"]),
    (
        "okta_group_rule",
        &[
            "id",
            "name",
            "status",
            "group_assignments",
            "expression_type",
            "expression_value",
            "users_excluded",
            "remove_assigned_users",
        ],
    ),
    (
        "okta_auth_server_claim",
        &[
            "id",
            "auth_server_id",
            "name",
            "status",
            "claim_type",
            "value_type",
            "value",
            "group_filter_type",
            "scopes",
            "always_include_in_token",
        ],
    ),
    ("okta_auth_server_policy", &["id", "auth_server_id", "name", "status", "priority", "client_whitelist"]),
    (
        "okta_auth_server_policy_rule",
        &[
            "id",
            "auth_server_id",
            "policy_id",
            "name",
            "status",
            "priority",
            "grant_type_whitelist",
            "scope_whitelist",
            "group_whitelist",
            "group_blacklist",
            "user_whitelist",
            "user_blacklist",
        ],
    ),
    ("okta_app_federated_claim", &["id", "app_id", "name", "expression"]),
    (
        "okta_app_signon_policy_rule",
        &[
            "id",
            "policy_id",
            "name",
            "status",
            "priority",
            "access",
            "groups_included",
            "groups_excluded",
            "users_included",
            "users_excluded",
            "user_types_included",
            "user_types_excluded",
            "network_connection",
            "network_includes",
            "network_excludes",
            "device_is_registered",
            "device_is_managed",
            "device_assurances_included",
            "platform_include",
            "custom_expression",
            "risk_score",
        ],
    ),
    ("okta_app_signon_policy", &["id", "name"]),
];

/// Attributes that are read of a kind; `None` where the kind is not read.
pub fn attributes_of(kind: &str) -> Option<&'static [&'static str]> {
    KINDS.iter().find(|(known, _)| *known == kind).map(|(_, attributes)| *attributes)
}

#[derive(Deserialize)]
struct PlanShape<'a> {
    format_version: Option<String>,
    #[serde(borrow)]
    resource_changes: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    configuration: Option<&'a RawValue>,
    #[serde(borrow)]
    values: Option<&'a RawValue>,
    #[serde(default)]
    errored: bool,
}

#[derive(Deserialize)]
struct ResourceShape<'a> {
    address: String,
    #[serde(default)]
    module_address: Option<String>,
    #[serde(default)]
    previous_address: Option<String>,
    #[serde(default)]
    deposed: Option<String>,
    #[serde(default)]
    mode: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    index: Option<Value>,
    #[serde(borrow)]
    change: &'a RawValue,
}

#[derive(Default)]
struct ChangeShape {
    actions: Vec<String>,
    before: Option<Map<String, Value>>,
    after: Option<Map<String, Value>>,
    after_unknown: Value,
    before_sensitive: Value,
    after_sensitive: Value,
}

/// Reads a change with these attributes of its states, and passes over the others.
#[derive(Clone, Copy)]
struct ChangeReader<'k>(&'k [&'k str]);

impl<'de> DeserializeSeed<'de> for ChangeReader<'_> {
    type Value = ChangeShape;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ChangeReader<'_> {
    type Value = ChangeShape;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a change")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut change = ChangeShape::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "actions" => change.actions = map.next_value()?,
                "before" => change.before = map.next_value_seed(StateReader(self.0))?,
                "after" => change.after = map.next_value_seed(StateReader(self.0))?,
                "after_unknown" => change.after_unknown = map.next_value()?,
                "before_sensitive" => change.before_sensitive = map.next_value()?,
                "after_sensitive" => change.after_sensitive = map.next_value()?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(change)
    }
}

/// Reads the attributes of one state.
struct StateReader<'k>(&'k [&'k str]);

impl<'de> DeserializeSeed<'de> for StateReader<'_> {
    type Value = Option<Map<String, Value>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for StateReader<'_> {
    type Value = Option<Map<String, Value>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the attributes of a resource, or null")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = Map::new();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if self.0.contains(&key.as_ref()) {
                values.insert(key.into_owned(), map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Some(values))
    }
}

/// Reads a plan's file. `path` is also how it is named in every output.
pub fn read(path: &Path) -> Result<Plan, TerraformError> {
    let shown = snapshot::shown(path);
    let bytes = fs::read(path).map_err(|cause| match cause.kind() {
        std::io::ErrorKind::NotFound => TerraformError::NotThere { path: shown.clone() },
        _ => TerraformError::Unreadable { path: shown.clone(), cause },
    })?;
    // `terraform plan -out` writes a zip.
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(TerraformError::Binary { path: shown });
    }
    let text = String::from_utf8(bytes).map_err(|_| TerraformError::NotText { path: shown.clone() })?;
    parse(&shown, text.into())
}

/// Reads a plan's text.
pub fn parse(shown: &str, text: Arc<str>) -> Result<Plan, TerraformError> {
    let path = shown.to_owned();
    let body = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let not_json = |error: serde_json::Error| TerraformError::NotJson {
        path: path.clone(),
        line: error.line().max(1),
        column: error.column().max(1),
        message: without_place(&error),
    };
    let shape: PlanShape<'_> = serde_json::from_str(body).map_err(&not_json)?;
    if shape.resource_changes.is_none() && shape.values.is_some() {
        return Err(TerraformError::State { path });
    }
    let mut notices = Vec::new();
    match shape.format_version.as_deref() {
        None => {}
        Some("0.1" | "0.2") => {}
        Some(version) if version.split('.').next() == Some("1") => {}
        Some(version) => return Err(TerraformError::FormatVersion { path, version: version.to_owned() }),
    }
    if shape.format_version.is_none() && shape.resource_changes.is_none() && shape.configuration.is_none() {
        return Err(TerraformError::NotAPlan { path });
    }
    if shape.errored {
        notices.push(format!(
            "{shown}: Terraform could not finish this plan, so changes may be missing from it"
        ));
    }
    let mut changes = Vec::new();
    for raw in shape.resource_changes.into_iter().flatten() {
        let start = raw.get().as_ptr() as usize - text.as_ptr() as usize;
        let bytes = start..start + raw.get().len();
        let place = |error: &serde_json::Error, start: usize| {
            let (line, column) = line_column(&text, start);
            let below = error.line().saturating_sub(1);
            TerraformError::NotJson {
                path: path.clone(),
                line: line + below,
                column: if below == 0 {
                    column + error.column().saturating_sub(1)
                } else {
                    error.column().max(1)
                },
                message: without_place(error),
            }
        };
        let resource: ResourceShape<'_> =
            serde_json::from_str(raw.get()).map_err(|error| place(&error, start))?;
        let managed = resource.mode.as_deref().is_none_or(|mode| mode == "managed");
        // A deposed object is on its way out; the current one of the same address counts.
        let (true, None, Some(kept)) = (managed, &resource.deposed, attributes_of(&resource.kind)) else {
            continue;
        };
        let mut reader = serde_json::Deserializer::from_str(resource.change.get());
        let change = ChangeReader(kept).deserialize(&mut reader).map_err(|error| {
            place(&error, resource.change.get().as_ptr() as usize - text.as_ptr() as usize)
        })?;
        changes.push(resource_change(resource, change, kept, bytes));
    }
    let configuration = match shape.configuration {
        Some(raw) => serde_json::from_str::<ConfigurationShape>(raw.get()).map_or_else(
            |error| {
                notices.push(format!(
                    "{shown}: its configuration could not be read ({}), so ids that are known only after apply stay unknown",
                    without_place(&error)
                ));
                Configuration::default()
            },
            Configuration::new,
        ),
        None => Configuration::default(),
    };
    Ok(Plan { path, text: Arc::clone(&text), changes, configuration, sources: None, notices })
}

fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

fn resource_change(
    resource: ResourceShape<'_>,
    change: ChangeShape,
    kept: &[&str],
    bytes: Range<usize>,
) -> ResourceChange {
    let actions: Vec<&str> = change.actions.iter().map(String::as_str).collect();
    let action = match actions.as_slice() {
        ["no-op" | "read"] | [] => Action::NoOp,
        ["create"] => Action::Create,
        ["update"] => Action::Update,
        ["delete"] => Action::Delete,
        ["forget"] => Action::Forget,
        ["delete", "create"] | ["create", "delete"] | ["create", "forget"] => Action::Replace,
        _ => Action::Update,
    };
    let address = resource.address;
    let before = change
        .before
        .map(|values| attributes(&address, values, kept, &Value::Null, &change.before_sensitive));
    let after = change
        .after
        .map(|values| attributes(&address, values, kept, &change.after_unknown, &change.after_sensitive));
    ResourceChange {
        module: resource.module_address.unwrap_or_default(),
        kind: resource.kind,
        name: resource.name,
        index: resource.index,
        previous_address: resource.previous_address,
        action,
        before,
        after,
        bytes,
        address,
    }
}

fn attributes(
    address: &str,
    mut values: Map<String, Value>,
    kept: &[&str],
    unknown: &Value,
    sensitive: &Value,
) -> Attributes {
    let mut open = BTreeMap::new();
    for name in kept {
        if says_true(sensitive.get(name)) || sensitive == &Value::Bool(true) {
            values.remove(*name);
            open.insert(
                (*name).to_owned(),
                format!("{name} of {address} is marked as sensitive in the plan"),
            );
        } else if says_true(unknown.get(name)) || unknown == &Value::Bool(true) {
            open.insert((*name).to_owned(), format!("{name} of {address} is known only after apply"));
        }
    }
    Attributes { values, open }
}

/// Whether a mark is set on a value or on something in it.
fn says_true(mark: Option<&Value>) -> bool {
    match mark {
        Some(Value::Bool(mark)) => *mark,
        Some(Value::Array(marks)) => marks.iter().any(|mark| says_true(Some(mark))),
        Some(Value::Object(marks)) => marks.values().any(|mark| says_true(Some(mark))),
        _ => false,
    }
}
