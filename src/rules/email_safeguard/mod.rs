//! Rules about the email safeguard, and who can repair SSO.
//!
//! `safeguard`: the email mapping that lets one person in whatever becomes of the groups. `quorum`: who can repair SSO, and the
//! local accounts that do without it. `accounts`: what SSO does to the people whom Torq and Okta know. Here is what they share.

mod accounts;
mod quorum;
mod safeguard;

use std::collections::BTreeSet;

use crate::document::connection::Stage;
use crate::document::{DocumentName, JsonPath};
use crate::finding::{Prose, Spot};
use crate::model::{Gap, Place, Truth};
use crate::signin::claim_source::{self, ClaimSource, EMAIL};
use crate::signin::mapping::{Scalar, email};
use crate::signin::{Gate, PersonIndex};

use super::facts::Facts;
use super::rows::MappingRow;
use super::rule::{Rule, rule};

pub static RULES: [Rule; 16] = [
    rule!("email-safeguard", "email-safeguard-missing", safeguard::missing),
    rule!("email-safeguard", "email-safeguard-retired", safeguard::retired),
    rule!("email-safeguard", "email-safeguard-shadowed", safeguard::shadowed),
    rule!("email-safeguard", "email-safeguard-weak", safeguard::weak),
    rule!("email-safeguard", "email-safeguard-nobody", safeguard::nobody),
    rule!("email-safeguard", "email-safeguard-case", safeguard::case),
    rule!("email-safeguard", "email-scope-missing", safeguard::email_scope_missing),
    rule!("email-safeguard", "nobody-can-repair-sso", quorum::nobody_can_repair_sso),
    rule!("email-safeguard", "one-person-can-repair-sso", quorum::one_person_can_repair_sso),
    rule!("email-safeguard", "backup-account-missing", quorum::backup_account_missing),
    rule!("email-safeguard", "backup-account-at-risk", quorum::backup_account_at_risk),
    rule!("email-safeguard", "torq-user-loses-access", accounts::torq_user_loses_access),
    rule!("email-safeguard", "torq-user-orphaned", accounts::torq_user_orphaned),
    rule!("email-safeguard", "torq-user-email-differs", accounts::torq_user_email_differs),
    rule!("email-safeguard", "user-without-role", accounts::user_without_role),
    rule!("email-safeguard", "email-outside-sso-domain", accounts::email_outside_sso_domain),
];

/// A report names at most this many people.
const NAMED: usize = 20;

/// The table as a whole, for a mapping that is missing from it.
fn table_spot() -> Spot {
    Spot::key(Place::new(DocumentName::ClaimMappings, JsonPath::root().key("claim_mappings")))
}

/// The list of accounts, for one that is missing from it.
fn torq_users_spot() -> Spot {
    Spot::key(Place::new(DocumentName::TorqUsers, JsonPath::root().key("users")))
}

/// Whether SSO was tested with other people; where `connection.yaml` was not read, nobody says so.
fn stage(facts: &Facts<'_>) -> Result<Stage, Gap> {
    let unread = facts.world.document_gaps.iter().find(|gap| gap.place.document == DocumentName::Connection);
    unread.map_or(Ok(facts.world.wizard.stage), |gap| Err(gap.clone()))
}

/// `claim = value` of a mapping; the value may name a person.
fn claim_and_value(row: &MappingRow<'_>) -> Prose {
    let claim = Prose::from(format!("{} = ", row.mapping.claim_name));
    match row.mapping.claim_name.as_str() {
        EMAIL | "preferred_username" => claim.person(&row.mapping.claim_value),
        _ => claim.text(format!("{:?}", row.mapping.claim_value)),
    }
}

/// The names of the roles that can repair SSO, to type; the vendor's own where none is known.
fn repair_roles(facts: &Facts<'_>) -> String {
    let names = facts.world.roles.known().map(|roles| roles.repair_role_names()).unwrap_or_default();
    if names.is_empty() { "Owner".to_owned() } else { names.join(" or ") }
}

/// The person's email as the token has it; `Err` where it is not known.
fn token_email<'a>(facts: &Facts<'a>, person: PersonIndex) -> Result<Option<&'a str>, Gap> {
    match email(facts.world, &facts.sign_in.population, person) {
        Scalar::Value(email) => Ok(Some(email)),
        Scalar::NotSent => Ok(None),
        Scalar::Unknown => {
            let directory = &facts.world.directory;
            Err(if directory.app_user_list.is_complete() {
                directory.user_list.gap(&DocumentName::Users)
            } else {
                directory.app_user_list.gap(&DocumentName::AppUsers)
            })
        }
    }
}

/// `Err` where the authorization server puts something else than the user's email into the claim `email`. Whether the claim is sent at all
/// is left to `email-scope-missing`.
fn email_is_the_users(facts: &Facts<'_>) -> Result<(), Gap> {
    match claim_source::source(facts.world, EMAIL) {
        ClaimSource::Unknown(gap) if gap.place.document == DocumentName::AuthorizationServerClaims => {
            Err(gap)
        }
        ClaimSource::Groups(names) => Err(Gap {
            place: names.claim.value_place(),
            cause: crate::model::Cause::Undecided("the claim email carries names of groups".to_owned()),
        }),
        ClaimSource::Unknown(_)
        | ClaimSource::Email(_)
        | ClaimSource::UserName(_)
        | ClaimSource::NotSent(_) => Ok(()),
    }
}

/// Whether a person gets through G4 and G5; Okta's passing lock counts as through (G4.2).
fn gets_in_at_okta(facts: &Facts<'_>, person: PersonIndex) -> Truth {
    facts.sign_in.passes(person, okta_gates(facts, person))
}

fn okta_gates(facts: &Facts<'_>, person: PersonIndex) -> Vec<Gate> {
    if facts.sign_in.is_locked_out_for_now(person) {
        vec![Gate::Assignment]
    } else {
        vec![Gate::User, Gate::Assignment]
    }
}

/// Whether a person is known to get no token because of what they are in: then G7 is not reached (G6.3c, G6.8).
fn gets_no_token(facts: &Facts<'_>, person: PersonIndex) -> bool {
    facts.sign_in.population.user(person).is_some_and(|user| {
        facts.sign_in.exceeds_group_limit(user) == Truth::Yes
            || facts.sign_in.server_policy(user) == Truth::No
    })
}

/// What is missing where [`gets_in_at_okta`] is not known.
fn okta_gap(facts: &Facts<'_>, person: PersonIndex) -> Option<Gap> {
    okta_gates(facts, person).into_iter().find_map(|gate| facts.sign_in.gap(person, gate))
}

/// Why a person does not get through G4 and G5.
fn okta_reason(facts: &Facts<'_>, person: PersonIndex) -> String {
    let failed = |gate: &Gate| facts.sign_in.passes(person, [*gate]) == Truth::No;
    let gate = okta_gates(facts, person).into_iter().find(failed);
    gate.map_or_else(String::new, |gate| facts.sign_in.reason(person, gate))
}

/// Names for a finding, each once, in order.
fn names<'a>(people: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let names: BTreeSet<&str> = people.into_iter().collect();
    names.into_iter().map(str::to_owned).collect()
}

/// `is` or `are`.
fn verb(count: usize, one: &'static str, many: &'static str) -> &'static str {
    if count == 1 { one } else { many }
}
