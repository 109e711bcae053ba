//! Whether the token has the claim that mappings name, and under that name.

use std::collections::BTreeMap;

use crate::document::connection::Flow;
use crate::document::{DocumentName, JsonPath};
use crate::finding::Spot;
use crate::model::claims::{Claim, ClaimValue};
use crate::model::{Fact, Gap, Place};
use crate::rules::console;
use crate::rules::facts::{Facts, Reporter};
use crate::rules::rows::{MappingRow, wizard_spot};
use crate::signin::claim_source::{self, ClaimSource, NotSent, Server};

use super::{GROUPS, group_rows, mapped_groups, mappings_use, what_to_type};

/// Mappings that a finding points at beside its own place.
const RELATED: usize = 10;

/// Why a claim that was meant to carry groups is not in the token. Rules of this family report each of them.
#[derive(Debug, Clone, Copy)]
pub enum ClaimFault<'a> {
    /// No groups claim is configured.
    Missing,
    /// The token carries groups under another name.
    OtherName(&'a Claim),
    /// The app configures it, and a custom authorization server issues the token.
    OnTheAppOnly(&'a Claim),
}

/// The fault of a mapping's claim; `None` where it is configured, or was not meant to carry groups.
pub fn claim_fault<'a>(facts: &Facts<'a>, row: &MappingRow<'a>) -> Result<Option<ClaimFault<'a>>, Gap> {
    let world = facts.world;
    let name = row.mapping.claim_name.as_str();
    if claim_source::standard_scope(name).is_some() || claim_source::configured(world, name).need()?.is_some()
    {
        return Ok(None);
    }
    let claims = claim_source::every_configured(world).0;
    let other = claims
        .into_iter()
        .filter(|claim| speaks_of_groups(claim) && means(facts, row, claim))
        .min_by_key(|claim| strsim::damerau_levenshtein(&claim.name, name));
    if let Some(claim) = other {
        return Ok(Some(ClaimFault::OtherName(claim)));
    }
    if claim_source::server(world) == Server::Custom
        && let Some(claim) = world.own_claim.known().filter(|claim| claim.name.eq_ignore_ascii_case(name))
    {
        return Ok(Some(ClaimFault::OnTheAppOnly(claim)));
    }
    Ok((name == GROUPS).then_some(ClaimFault::Missing))
}

/// A groups filter, or an expression with one of Okta's group functions (`Groups.*`, `getGroups`, `getFilteredGroups`). What a person sets
/// in the groups claim's own field counts, whatever it is.
fn speaks_of_groups(claim: &Claim) -> bool {
    let own = matches!(claim.place.document, DocumentName::IdToken | DocumentName::Connection);
    own || match &claim.value {
        ClaimValue::Filter { .. } => true,
        ClaimValue::Expression(text) => text.contains("Groups"),
        ClaimValue::Other(_) => false,
    }
}

/// Whether a mapping's claim name looks like another spelling of the claim, or its value like a group.
fn means(facts: &Facts<'_>, row: &MappingRow<'_>, claim: &Claim) -> bool {
    let name = row.mapping.claim_name.as_str();
    name.to_lowercase().contains("group")
        || strsim::damerau_levenshtein(&name.to_lowercase(), &claim.name.to_lowercase()) <= 2
        || !facts.world.directory.groups_named(&row.mapping.claim_value).is_empty()
}

/// Mappings with a fault that `pick` wants, and the gaps of those of which it is not known.
fn faulty<'a, T>(
    facts: &Facts<'a>,
    report: &mut Reporter<'_>,
    pick: impl Fn(ClaimFault<'a>) -> Option<T>,
) -> Result<Vec<(MappingRow<'a>, T)>, Gap> {
    let mut found = Vec::new();
    for row in group_rows(facts)? {
        match claim_fault(facts, &row) {
            Ok(fault) => found.extend(fault.and_then(&pick).map(|picked| (row, picked))),
            Err(gap) => report.cannot_tell(gap),
        }
    }
    Ok(found)
}

/// Where a claim of the token's server would be set.
fn place_of_missing(document: DocumentName) -> Spot {
    let path = match document {
        DocumentName::IdToken => JsonPath::root().key("name"),
        _ => JsonPath::root(),
    };
    Spot::value(Place::new(document, path))
}

pub(super) fn groups_claim_missing(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let rows = faulty(facts, report, |fault| matches!(fault, ClaimFault::Missing).then_some(()))?;
    let Some((first, ())) = rows.first() else { return Ok(()) };
    let custom = claim_source::server(facts.world) == Server::Custom;
    // The app's own claim may be there for other servers' tokens; it is not what is missing.
    let home = if custom { DocumentName::AuthorizationServerClaims } else { DocumentName::IdToken };
    let (who, add) = if custom {
        ("the authorization server", "Add a claim groups for the ID token (Always), value type Groups. ")
    } else {
        ("the Okta app", "Name the groups claim groups. ")
    };
    let fix = what_to_type(facts.world, &home, GROUPS, &mapped_groups(facts, GROUPS));
    report
        .finding(place_of_missing(home), &[GROUPS])
        .message(format!("{} the claim groups, and {who} has no groups claim.", mappings_use(rows.len())))
        .why("No token carries a group, so none of these mappings matches; whoever has no other mapping is locked out.")
        .fix(format!("{add}{fix}"))
        .related(first.name_spot(), "a claim mapping that uses it")
        .done();
    Ok(())
}

pub(super) fn groups_claim_name_mismatch(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let rows = faulty(facts, report, |fault| match fault {
        ClaimFault::OtherName(claim) => Some(claim),
        ClaimFault::Missing | ClaimFault::OnTheAppOnly(_) => None,
    })?;
    let mut by_name: BTreeMap<&str, (&Claim, Vec<MappingRow<'_>>)> = BTreeMap::new();
    for (row, claim) in rows {
        by_name.entry(&row.mapping.claim_name).or_insert((claim, Vec::new())).1.push(row);
    }
    for (name, (claim, rows)) in by_name {
        let Some((first, others)) = rows.split_first() else { continue };
        let how = if name.to_lowercase() == claim.name.to_lowercase() {
            " The two differ only by case, and claim names are taken as they are written."
        } else {
            ""
        };
        let mut draft = report
            .finding(first.name_spot(), &[name, &claim.name])
            .message(format!(
                "{} the claim {name}, and the token carries groups as {}.{how}",
                mappings_use(rows.len()),
                claim.name
            ))
            .why("Torq finds no claim of that name in the token, so none of these mappings matches; whoever has no other mapping is locked out.")
            .fix(format!(
                "Type {} as the claim name of {} under {}.",
                claim.name,
                if others.is_empty() { "this mapping" } else { "these mappings" },
                console::TORQ_CLAIM_MAPPINGS
            ))
            .related(Spot::value(claim.name_place()), "the claim's name in Okta");
        for row in others.iter().take(RELATED) {
            draft = draft.related(row.name_spot(), "another claim mapping with this name");
        }
        draft.done();
    }
    Ok(())
}

pub(super) fn groups_filter_unused_by_custom_server(
    facts: &Facts<'_>,
    report: &mut Reporter<'_>,
) -> Result<(), Gap> {
    let rows = faulty(facts, report, |fault| match fault {
        ClaimFault::OnTheAppOnly(claim) => Some(claim),
        ClaimFault::Missing | ClaimFault::OtherName(_) => None,
    })?;
    let Some((first, claim)) = rows.first() else { return Ok(()) };
    let name = &first.mapping.claim_name;
    let by_server = what_to_type(
        facts.world,
        &DocumentName::AuthorizationServerClaims,
        name,
        &mapped_groups(facts, name),
    );
    let org_url = facts.world.wizard.org_url.known().map_or("the Okta URL", String::as_str);
    report
        .finding(Spot::value(claim.value_place()), &[&claim.name])
        .message(format!(
            "The claim {} is set on the Okta app, and Torq's Issuer URL names a custom authorization server, which does not use it and has no such claim.",
            claim.name
        ))
        .why("A custom authorization server sends its own claims only, so the token carries no groups and no mapping of a group matches.")
        .fix(format!(
            "Add a claim {name} for the ID token (Always), value type Groups. {by_server} Or type {org_url} as the Issuer URL under {}, as the vendor asks for.",
            console::TORQ_SSO
        ))
        .related(wizard_spot("issuer_url"), "the custom authorization server")
        .related(first.name_spot(), "a claim mapping that needs the claim")
        .done();
    Ok(())
}

pub(super) fn groups_scope_missing(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let rows = group_rows(facts)?;
    let requested = facts.world.wizard.requested_scopes.need_known(&DocumentName::Connection)?;
    let mut missing: BTreeMap<String, Vec<MappingRow<'_>>> = BTreeMap::new();
    for row in rows {
        match missing_scope(facts, &row) {
            Ok(scope) => scope.into_iter().for_each(|scope| missing.entry(scope).or_default().push(row)),
            Err(gap) => report.cannot_tell(gap),
        }
    }
    for (scope, rows) in missing {
        let Some(first) = rows.first() else { continue };
        report
            .finding(wizard_spot("requested_scopes"), &[&scope])
            .message(format!(
                "Torq does not request the scope {scope}, and {} a claim that comes with it.",
                mappings_use(rows.len())
            ))
            .why("Without the scope Okta leaves the claim out of the token, so none of these mappings matches; whoever has no other mapping is locked out.")
            .fix(format!(
                "Add {scope} to Requested Scopes ({}, {scope}) under {}.",
                requested.join(", "),
                console::TORQ_SSO
            ))
            .related(first.name_spot(), "a claim mapping that needs it")
            .done();
    }
    Ok(())
}

/// The scope without which a mapping's claim is not sent, where Torq does not request it.
fn missing_scope(facts: &Facts<'_>, row: &MappingRow<'_>) -> Result<Option<String>, Gap> {
    let world = facts.world;
    let organization = match claim_source::server(world) {
        Server::Unknown(gap) => return Err(gap),
        Server::Organization => true,
        Server::Custom => false,
    };
    match row.source() {
        ClaimSource::NotSent(NotSent::ScopeNotRequested(scope)) => Ok(Some(scope)),
        // Nothing but the app's own claim can be called so, and it needs the scope.
        ClaimSource::NotSent(_)
            if organization
                && row.mapping.claim_name == GROUPS
                && claim_source::requests(world, GROUPS) == Fact::Known(false) =>
        {
            Ok(Some(GROUPS.to_owned()))
        }
        ClaimSource::NotSent(_) | ClaimSource::Unknown(_) if !organization => {
            claim_source::unread_server_claims(world).map_or(Ok(None), Err)
        }
        ClaimSource::NotSent(_) | ClaimSource::Unknown(_)
            if claim_source::requests(world, GROUPS) == Fact::Known(false) =>
        {
            world.own_claim.need().map(|_| None)
        }
        _ => Ok(None),
    }
}

pub(super) fn id_token_may_omit_groups(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    if *facts.world.wizard.flow.need_known(&DocumentName::Connection)? != Flow::Code {
        return Ok(());
    }
    let custom = match claim_source::server(facts.world) {
        Server::Unknown(gap) => return Err(gap),
        Server::Custom => true,
        Server::Organization => false,
    };
    let mut rows = Vec::new();
    for row in group_rows(facts)? {
        match claim_source::configured(facts.world, &row.mapping.claim_name) {
            Fact::Known(claim) if !(custom && claim.always_in_id_token) => rows.push(row),
            Fact::Known(_) | Fact::Absent => {}
            Fact::Unknown(gap) => report.cannot_tell(gap),
        }
    }
    let Some(first) = rows.first() else { return Ok(()) };
    let fix = if custom {
        format!(
            "Choose Include in token type: ID Token, Always, for the claim {} under {}.",
            first.mapping.claim_name,
            console::OKTA_SERVER_CLAIMS
        )
    } else {
        format!(
            "Sign in with a test person. If no mapping matches, choose the Implicit flow, which the vendor's guide uses, under {}.",
            console::TORQ_SSO
        )
    };
    report
        .finding(wizard_spot("flow"), &["code"])
        .message(format!(
            "In the code flow, which Torq uses, the ID token may leave out the claim {}; {} it.",
            first.mapping.claim_name,
            mappings_use(rows.len())
        ))
        .why("Okta's pages disagree whether the ID token of the code flow has every claim. If it has not, and Torq does not read /userinfo (which is not known), no mapping of a group matches.")
        .fix(fix)
        .related(first.name_spot(), "a claim mapping of a group")
        .done();
    Ok(())
}
