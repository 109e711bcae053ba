//! Rules about the claim mappings: gate G7.
//!
//! `order` asks which mapping comes before which, `group` what Okta has under the mapped name, `spelling` how a value is written, and
//! `grant` whether a mapping's claim and role are there and whom it makes powerful. Here is what they share: how a mapping is named, and
//! whether it is meant for a group.

mod grant;
mod group;
mod order;
mod spelling;

use crate::finding::Prose;
use crate::model::Gap;
use crate::signin::claim_source::{self, ClaimSource, GROUPS};

use super::facts::Facts;
use super::rows::MappingRow;
use super::rule::{Rule, rule};

pub static RULES: [Rule; 16] = [
    rule!("claim-mapping", "claim-mapping-shadowed", order::shadowed),
    rule!("claim-mapping", "claim-mapping-shadowed-repair", order::shadowed_repair),
    rule!("claim-mapping", "claim-mapping-unused-today", order::unused_today),
    rule!("claim-mapping", "claim-mapping-duplicate", order::duplicate),
    rule!("claim-mapping", "claim-mapping-gives-lower-role", order::gives_lower_role),
    rule!("claim-mapping", "claim-mapping-rank-ambiguous", order::rank_ambiguous),
    rule!("claim-mapping", "claim-mapping-group-not-found", group::not_found),
    rule!("claim-mapping", "claim-mapping-group-empty", group::empty),
    rule!("claim-mapping", "claim-mapping-group-unassigned", group::unassigned),
    rule!("claim-mapping", "claim-mapping-distinguished-name", spelling::distinguished_name),
    rule!("claim-mapping", "claim-mapping-whitespace", spelling::whitespace),
    rule!("claim-mapping", "claim-mapping-pattern", spelling::pattern),
    rule!("claim-mapping", "claim-mapping-claim-never-sent", grant::claim_never_sent),
    rule!("claim-mapping", "claim-mapping-role-unknown", grant::role_unknown),
    rule!("claim-mapping", "claim-mapping-everyone-privileged", grant::everyone_privileged),
    rule!("claim-mapping", "claim-mapping-none", grant::none),
];

/// Other places and people that one finding names.
const NAMED: usize = 20;

/// Mappings that one sentence names.
const LISTED: usize = 3;

/// `rank 3 (groups = SOC-Leads, role Operator)`.
fn named(row: &MappingRow<'_>) -> Prose {
    Prose::from(format!("rank {} ({} = ", row.mapping.rank, row.mapping.claim_name))
        .then(value(row))
        .text(format!(", role {})", row.role_label()))
}

/// A mapping's value; a person's where the claim says who someone is.
fn value(row: &MappingRow<'_>) -> Prose {
    let value = row.mapping.claim_value.as_str();
    if names_person(row) { Prose::default().person(value) } else { Prose::from(value) }
}

fn names_person(row: &MappingRow<'_>) -> bool {
    claim_source::standard_scope(&row.mapping.claim_name).is_some() || row.mapping.claim_value.contains('@')
}

/// The first few by name, the rest by number: `A, B and 2 more`.
fn listed(rows: &[MappingRow<'_>], last: &str) -> Prose {
    let mut prose = Prose::default();
    for (index, row) in rows.iter().take(LISTED).enumerate() {
        let before = match index {
            0 => String::new(),
            _ if index + 1 == rows.len() => format!(" {last} "),
            _ => ", ".to_owned(),
        };
        prose = prose.text(before).then(named(row));
    }
    if rows.len() > LISTED { prose.text(format!(" {last} {} more", rows.len() - LISTED)) } else { prose }
}

/// Whether a mapping is meant for the members of a group; `Err` where its claim is not known and Okta has no group of that name either.
fn names_group(facts: &Facts<'_>, row: &MappingRow<'_>) -> Result<bool, Gap> {
    let name = row.mapping.claim_name.as_str();
    match claim_source::source_as_if_sent(facts.world, name) {
        ClaimSource::Groups(_) => Ok(true),
        ClaimSource::Email(_) | ClaimSource::UserName(_) => Ok(false),
        ClaimSource::NotSent(_) => Ok(name == GROUPS),
        ClaimSource::Unknown(_) if claim_source::standard_scope(name).is_some() => Ok(false),
        ClaimSource::Unknown(_) if has_group(facts, row) => Ok(true),
        ClaimSource::Unknown(gap) => Err(gap),
    }
}

/// Whether Okta is known to have a group of exactly the mapping's value.
fn has_group(facts: &Facts<'_>, row: &MappingRow<'_>) -> bool {
    !facts.world.directory.groups_named(&row.mapping.claim_value).is_empty()
}
