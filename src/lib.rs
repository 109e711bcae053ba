//! ssolint decides who can sign in to Torq through Okta, with what role, and reports what locks people out.
//!
//! Data flows one way, and the modules stand in that order:
//!
//! ```text
//! source ──► document ──► model ──► signin ──► rules ──► finding ──► report
//!  (IO)      named texts  World,     verdicts   pages and  places      bytes
//!                         gaps       and facts  predicates
//! ```
//!
//! - [`source`] reads a snapshot into [`document::Documents`]: the vendors' own answers, by name.
//! - [`model::World::load`] makes facts of them: each is known, absent, or unknown with the gap that says what is missing.
//! - [`signin::SignIn`] passes everyone through the seven gates of `semantics.md`.
//! - [`rollout`] asks it for every state between two worlds, and finds an order of edits that locks nobody out.
//! - [`rules`] look at both and make [`finding::Finding`]s, each with a place.
//! - [`report`] turns a [`report::Report`] into bytes, a file a format.
//!
//! [`check::connection`] is this flow for one connection:
//!
//! ```
//! use ssolint::document::position::Format;
//! use ssolint::{check, rules, source::snapshot};
//!
//! let text = r#"{"connection": {"torq": {"region": "us", "login_redirect_url": "https://app.torq.io/__/auth/handler"}},
//!                "okta": {"app": {"name": "oidc_client", "settings": {"oauthClient": {"redirect_uris": []}}}}}"#;
//! let snapshot = snapshot::single_file("world.json", text.into(), Format::Json);
//! let report = check::connection(snapshot, rules::catalogue(), &Default::default());
//! assert_eq!(report.findings[0].finding.rule, "redirect-uri-mismatch");
//! ```
//!
//! Only `source` and the command line do IO; everything between is pure and cannot fail.

pub mod check;
pub mod document;
pub mod finding;
pub mod model;
pub mod report;
pub mod rollout;
pub mod rules;
pub mod signin;
pub mod source;
