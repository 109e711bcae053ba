//! The shape of `manifest.json`, which `pull` writes: what was read, when, and what of it is whole.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::strict::strict_map;

/// The only format version there is.
pub const FORMAT: u32 = 1;

/// `manifest.json`: when a snapshot was read, how whole each list is, and what was refused.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Manifest {
    pub format: u32,
    /// The version of the tool that wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// When Okta was read (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub okta: Option<Span>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub torq: Option<Span>,
    /// By path without extension, such as `okta/users`.
    #[serde(default, deserialize_with = "strict_map")]
    pub documents: BTreeMap<String, Extent>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refusal>,
    /// Names of gaps that concern the reading as a whole, such as `changed-while-reading`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

/// A stretch of time, from its first to its last request (RFC 3339).
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Span {
    pub from: String,
    pub to: String,
}

/// How much of a list a document holds.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Extent {
    pub complete: bool,
    /// Emails, names and ids that were asked for one by one: what is not in the list is known to be absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub looked_up: Vec<String>,
}

/// An endpoint that refused.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Refusal {
    pub document: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    pub why: String,
}
