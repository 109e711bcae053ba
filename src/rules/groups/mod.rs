//! Rules about the groups in the token: gate G6, and what G7 gets from it.
//!
//! `claim` asks whether a claim is there, `filter` which group names it lets through, `limit` how many, and `group_rule` who fills the
//! groups. Here is what they share: the mappings that groups are meant for, and what to type into Okta.

mod claim;
mod filter;
mod group_rule;
mod limit;

use std::collections::BTreeSet;

use crate::document::DocumentName;
use crate::model::claims::{Claim, ClaimValue};
use crate::model::{Gap, World};
use crate::signin::claim_source::{self, ClaimSource, GROUPS, Server};
use crate::signin::group_names::GroupNames;
use crate::signin::selection::{is_directory_group, selection};

use super::console;
use super::facts::Facts;
use super::rows::MappingRow;
use super::rule::{Rule, rule};

pub use claim::{ClaimFault, claim_fault};

pub static RULES: [Rule; 13] = [
    rule!("groups", "groups-claim-missing", claim::groups_claim_missing),
    rule!("groups", "groups-regex-invalid", filter::groups_regex_invalid),
    rule!("groups", "groups-filter-excludes-mapped-group", filter::groups_filter_excludes_mapped_group),
    rule!("groups", "groups-regex-anchoring", filter::groups_regex_anchoring),
    rule!("groups", "groups-claim-name-mismatch", claim::groups_claim_name_mismatch),
    rule!("groups", "groups-filter-unused-by-custom-server", claim::groups_filter_unused_by_custom_server),
    rule!("groups", "groups-filter-skips-directory-group", filter::groups_filter_skips_directory_group),
    rule!("groups", "groups-over-limit", limit::groups_over_limit),
    rule!("groups", "groups-scope-missing", claim::groups_scope_missing),
    rule!("groups", "groups-expression-limit", limit::groups_expression_limit),
    rule!("groups", "groups-rule-inactive", group_rule::groups_rule_inactive),
    rule!("groups", "groups-filter-broad", filter::groups_filter_broad),
    rule!("groups", "id-token-may-omit-groups", claim::id_token_may_omit_groups),
];

/// Mappings whose claim is none of OpenID Connect's own, so that it carries groups or was meant to.
pub(super) fn group_rows<'a>(facts: &Facts<'a>) -> Result<Vec<MappingRow<'a>>, Gap> {
    let mut rows = facts.mappings()?;
    rows.retain(|row| claim_source::standard_scope(&row.mapping.claim_name).is_none());
    Ok(rows)
}

/// What the configured claim of a mapping carries, whether or not its scope is requested; `None` where it carries no groups.
fn carried_by(world: &World, row: &MappingRow<'_>) -> Result<Option<GroupNames>, Gap> {
    let configured = claim_source::configured(world, &row.mapping.claim_name);
    let Some(claim) = configured.need()? else { return Ok(None) };
    match claim_source::carried(claim) {
        ClaimSource::Groups(names) => Ok(Some(*names)),
        ClaimSource::Unknown(gap) => Err(gap),
        ClaimSource::NotSent(_) | ClaimSource::Email(_) | ClaimSource::UserName(_) => Ok(None),
    }
}

/// The claims whose filters concern Torq: the app's own, and of a custom authorization server, which other apps use too, those that
/// mappings name.
fn claims_of_torq<'a>(facts: &Facts<'a>) -> Result<Vec<&'a Claim>, Gap> {
    match claim_source::server(facts.world) {
        Server::Unknown(gap) => Err(gap),
        Server::Organization => Ok(facts.world.own_claim.need()?.into_iter().collect()),
        Server::Custom => {
            let rows = group_rows(facts)?;
            if let Some(gap) = claim_source::unread_server_claims(facts.world) {
                return Err(gap);
            }
            let claims = facts.world.server_claims.known().map_or(&[][..], Vec::as_slice);
            Ok(claims
                .iter()
                .filter(|claim| rows.iter().any(|row| row.mapping.claim_name == claim.name))
                .collect())
        }
    }
}

/// Whether Okta is known to have no group of this name; then `claim-mapping-group-not-found` says so.
fn is_no_group(world: &World, name: &str) -> bool {
    world.directory.groups_named(name).is_empty() && world.directory.settles_group(name)
}

/// The groups that mappings name by a claim, without those that Okta does not have; empty where the mappings were not read.
fn mapped_groups<'a>(facts: &Facts<'a>, claim_name: &str) -> Vec<&'a str> {
    let names: BTreeSet<&str> = facts
        .sign_in
        .mappings()
        .iter()
        .filter(|mapping| mapping.claim_name == claim_name)
        .map(|mapping| mapping.claim_value.as_str())
        .filter(|name| !is_no_group(facts.world, name))
        .collect();
    names.into_iter().collect()
}

/// What to type, and where, so that the claim carries these groups and few others.
fn what_to_type(world: &World, home: &DocumentName, claim_name: &str, groups: &[&str]) -> String {
    let place = place_in_console(home, claim_name);
    match selection(world, home, groups) {
        Some(ClaimValue::Filter { kind, value }) => {
            format!("Choose {} and type {value} under {place}.", kind.console())
        }
        Some(ClaimValue::Expression(text)) if *home == DocumentName::FederatedClaims => {
            format!("Type {text} under {place}.")
        }
        Some(ClaimValue::Expression(text)) => format!("Choose Expression and type {text} under {place}."),
        Some(ClaimValue::Other(_)) | None => {
            format!("Let through the groups that Torq's claim mappings name, and few others, under {place}.")
        }
    }
}

/// The console's path to a claim's filter or expression.
fn place_of_filter(claim: &Claim) -> String {
    place_in_console(&claim.place.document, &claim.name)
}

pub(crate) fn place_in_console(home: &DocumentName, claim_name: &str) -> String {
    match home {
        DocumentName::FederatedClaims => format!("{} > {claim_name}", console::OKTA_FEDERATED_CLAIMS),
        DocumentName::AuthorizationServerClaims => format!("{} > {claim_name}", console::OKTA_SERVER_CLAIMS),
        _ => console::OKTA_GROUPS_CLAIM.to_owned(),
    }
}

/// A filter or an expression in the console's words: `the filter Matches regex torq-.*`.
fn described(claim: &Claim) -> String {
    match &claim.value {
        ClaimValue::Filter { kind, value } => format!("the filter {} {value}", kind.console()),
        ClaimValue::Expression(_) | ClaimValue::Other(_) => {
            format!("the expression of the claim {}", claim.name)
        }
    }
}

/// `1 claim mapping uses`, `3 claim mappings use`.
fn mappings_use(count: usize) -> String {
    if count == 1 { "1 claim mapping uses".to_owned() } else { format!("{count} claim mappings use") }
}

/// Up to five names, and how many more.
pub(super) fn some_of(names: &[&str]) -> String {
    const SHOWN: usize = 5;
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    /// Five hundred names are no filter to type: then what they share.
    #[test]
    fn a_filter_of_many_groups_is_what_their_names_share() {
        let world = World::load(&crate::document::Documents::default());
        let check = |home: DocumentName, names: &[String], expect: &str| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let typed = what_to_type(&world, &home, "groups", &names);
            assert!(typed.contains(expect), "{typed}");
        };
        let numbered = |start: &str| (0..500).map(|n| format!("{start}{n}")).collect::<Vec<_>>();
        check(DocumentName::IdToken, &numbered("torq+"), r"type ^torq\+.* under");
        check(DocumentName::FederatedClaims, &numbered("torq-"), "{'group.profile.name': 'torq-.*'}");
        check(DocumentName::IdToken, &numbered(""), "Let through the groups");
        check(DocumentName::IdToken, &[], "Let through the groups");
        check(
            DocumentName::IdToken,
            &["\u{e9}\u{e9}-1".to_owned(), "\u{e9}\u{e8}-2".to_owned()],
            "^(\u{e9}\u{e9}-1|\u{e9}\u{e8}-2)$",
        );
    }

    #[test]
    fn a_list_of_names_is_cut_at_five() {
        assert_eq!(some_of(&["a", "b"]), "a, b");
        assert_eq!(some_of(&["a", "b", "c", "d", "e", "f"]), "a, b, c, d, e and 1 more");
    }
}
