//! Claims that are configured somewhere: the app's own, federated ones, and those of a custom authorization server (semantics G6.3).
//! Which of them is sent, and with what values, is left to `signin`.

use crate::document::connection::DeclaredGroupsClaim;
use crate::document::okta as shape;
use crate::document::{DocumentName, JsonPath};

use super::fact::{Cause, Gap, Place};

/// How a filter takes the name of a group (semantics G6.4, G6.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterKind {
    StartsWith,
    Equals,
    Contains,
    Regex,
}

impl FilterKind {
    fn read(text: Option<&str>) -> Option<Self> {
        match text? {
            "STARTS_WITH" => Some(Self::StartsWith),
            "EQUALS" => Some(Self::Equals),
            "CONTAINS" => Some(Self::Contains),
            "REGEX" => Some(Self::Regex),
            _ => None,
        }
    }

    /// As Okta's console calls it.
    pub fn console(self) -> &'static str {
        match self {
            Self::StartsWith => "Starts with",
            Self::Equals => "Equals",
            Self::Contains => "Contains",
            Self::Regex => "Matches regex",
        }
    }
}

/// What a claim is configured to carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimValue {
    Filter {
        kind: FilterKind,
        value: String,
    },
    Expression(String),
    /// A value type or filter type that is not documented.
    Other(String),
}

/// One configured claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub name: String,
    pub value: ClaimValue,
    /// The object that configures it.
    pub place: Place,
    /// The field that holds the filter or the expression.
    pub value_field: &'static str,
    /// The field that holds the name.
    pub name_field: &'static str,
    /// Sent with these scopes only; empty: with any.
    pub scopes: Vec<String>,
    /// In the ID token even when it is asked for with a code; the other case is G6.3c.
    pub always_in_id_token: bool,
    /// Whether it is active and for the ID token is not said.
    pub may_be_off: bool,
}

impl Claim {
    /// Where its filter or expression stands.
    pub fn value_place(&self) -> Place {
        Place::new(self.place.document.clone(), self.place.path.clone().key(self.value_field))
    }

    /// Where its name stands.
    pub fn name_place(&self) -> Place {
        Place::new(self.place.document.clone(), self.place.path.clone().key(self.name_field))
    }

    /// The gap that the claim's value was read and does not decide.
    pub fn undecided(&self, why: &str) -> Gap {
        Gap { place: self.value_place(), cause: Cause::Undecided(why.to_owned()) }
    }

    /// Declared by a person in `connection.yaml`, not read from Okta.
    pub fn is_declared(&self) -> bool {
        self.place.document == DocumentName::Connection
    }
}

fn value(value_type: Option<&str>, filter_type: Option<&str>, value: Option<&str>) -> ClaimValue {
    let Some(text) = value.map(str::to_owned) else {
        return ClaimValue::Other("the claim has no filter and no expression".to_owned());
    };
    match (value_type, FilterKind::read(filter_type)) {
        (Some("GROUPS" | "FILTER"), Some(kind)) => ClaimValue::Filter { kind, value: text },
        (Some("EXPRESSION"), _) => ClaimValue::Expression(text),
        (kind, _) => ClaimValue::Other(format!(
            "the claim's type {} {} is not documented",
            kind.unwrap_or("(none)"),
            filter_type.unwrap_or_default()
        )),
    }
}

/// The app's own claim; `None` where none is set (its keys are absent).
pub fn own(settings: &shape::IdToken) -> Option<Claim> {
    let name = settings.name.clone().filter(|name| !name.is_empty())?;
    Some(Claim {
        name,
        value: value(
            settings.value_type.as_deref(),
            settings.group_filter_type.as_deref(),
            settings.value.as_deref(),
        ),
        place: Place::new(DocumentName::IdToken, JsonPath::root()),
        value_field: "value",
        name_field: "name",
        scopes: Vec::new(),
        always_in_id_token: true,
        may_be_off: false,
    })
}

/// The app's own claim as a person declared it.
pub fn declared(claim: &DeclaredGroupsClaim) -> Claim {
    Claim {
        name: claim.name.clone(),
        value: value(Some(&claim.kind), claim.filter_type.as_deref(), Some(&claim.value)),
        place: Place::new(DocumentName::Connection, JsonPath::root().key("okta").key("groups_claim")),
        value_field: "value",
        name_field: "name",
        scopes: Vec::new(),
        always_in_id_token: true,
        may_be_off: false,
    }
}

/// The app's federated claims, which are expressions in every ID token (semantics G6.3b).
pub fn federated(rows: Vec<shape::FederatedClaim>) -> Vec<Claim> {
    rows.into_iter()
        .enumerate()
        .map(|(position, row)| Claim {
            name: row.name,
            value: ClaimValue::Expression(row.expression.unwrap_or_default()),
            place: Place::new(DocumentName::FederatedClaims, JsonPath::root().index(position)),
            value_field: "expression",
            name_field: "name",
            scopes: Vec::new(),
            always_in_id_token: true,
            may_be_off: false,
        })
        .collect()
}

/// Claims for the ID token that are, or may be, active and are not Okta's own (system) ones.
pub fn of_server(rows: Vec<shape::AuthorizationServerClaim>) -> Vec<Claim> {
    rows.into_iter()
        .enumerate()
        .filter(|(_, row)| row.status.as_deref().is_none_or(|status| status == "ACTIVE"))
        .filter(|(_, row)| row.claim_type.as_deref().is_none_or(|kind| kind == "IDENTITY"))
        .filter(|(_, row)| row.system != Some(true) && row.value_type.as_deref() != Some("SYSTEM"))
        .map(|(position, row)| Claim {
            value: value(row.value_type.as_deref(), row.group_filter_type.as_deref(), row.value.as_deref()),
            name: row.name,
            place: Place::new(DocumentName::AuthorizationServerClaims, JsonPath::root().index(position)),
            value_field: "value",
            name_field: "name",
            scopes: row.conditions.and_then(|conditions| conditions.scopes).unwrap_or_default(),
            always_in_id_token: row.always_include_in_token == Some(true),
            may_be_off: row.status.is_none() || row.claim_type.is_none(),
        })
        .collect()
}
