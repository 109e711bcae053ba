//! What a mapping needs to give anyone a role: that there is one, that its claim is sent, that its role exists; and whom it makes powerful.

use std::collections::BTreeMap;

use crate::document::{DocumentName, JsonPath};
use crate::finding::prose::{grouped, people};
use crate::finding::{Prose, Spot};
use crate::model::torq::Roles;
use crate::model::{Cause, Gap, Place, Truth};
use crate::rules::console;
use crate::rules::facts::{Facts, Reporter};
use crate::rules::groups::claim_fault;
use crate::rules::rows::MappingRow;
use crate::signin::claim_source::{self, ClaimSource, EMAIL, GROUPS, NotSent};
use crate::signin::evaluation::Outcome;
use crate::signin::shadowing;

use super::{NAMED, listed, named};

pub(super) fn none(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    if facts.mappings()?.is_empty() {
        let path = JsonPath::root().key("claim_mappings");
        report
            .finding(Spot::value(Place::new(DocumentName::ClaimMappings, path)), &[])
            .message("Torq has no claim mapping.")
            .why("A sign-in that matches no mapping gets no role: nobody can sign in through Okta, and a first SSO sign-in removes the person's local account.")
            .fix(format!(
                "Add a mapping of the claim email with your own email as its value and the role Owner, then one for each group, under {}.",
                console::TORQ_CLAIM_MAPPINGS
            ))
            .done();
    }
    Ok(())
}

pub(super) fn claim_never_sent(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let mut by_name: BTreeMap<&str, Vec<MappingRow<'_>>> = BTreeMap::new();
    for row in facts.mappings()? {
        by_name.entry(row.mapping.claim_name.as_str()).or_default().push(row);
    }
    for (name, rows) in by_name {
        let Some((first, others)) = rows.split_first() else { continue };
        let why_not = match first.source() {
            ClaimSource::NotSent(why_not) => why_not,
            ClaimSource::Unknown(gap) => {
                if !only_its_value_is_unknown(facts, name) {
                    report.cannot_tell(gap);
                }
                continue;
            }
            ClaimSource::Email(perhaps) | ClaimSource::UserName(perhaps) => {
                perhaps.into_iter().for_each(|gap| report.cannot_tell(gap));
                continue;
            }
            ClaimSource::Groups(names) => {
                names.perhaps_not_sent().cloned().into_iter().for_each(|gap| report.cannot_tell(gap));
                continue;
            }
        };
        // A claim that was meant to carry groups is the groups rules' to report.
        if why_not == NotSent::NoSource {
            let faults: Result<Vec<_>, Gap> = rows.iter().map(|row| claim_fault(facts, row)).collect();
            match faults {
                Ok(faults) if faults.iter().all(Option::is_none) => {}
                Ok(_) => continue,
                Err(gap) => {
                    report.cannot_tell(gap);
                    continue;
                }
            }
        }
        let (because, fix) = match why_not {
            NotSent::NoSource => {
                let fix = match likely(facts, name) {
                    Some(meant) => {
                        format!("Type {meant} as the claim name under {}.", console::TORQ_CLAIM_MAPPINGS)
                    }
                    None => format!(
                        "Add a claim {name} to the ID token in Okta, or map a claim that is sent, such as {EMAIL} or {GROUPS}, under {}.",
                        console::TORQ_CLAIM_MAPPINGS
                    ),
                };
                ("nothing in Okta sends a claim of that name".to_owned(), fix)
            }
            NotSent::ScopeNotRequested(scope) => (
                format!("Torq does not request the scope {scope}"),
                format!("Add {scope} to the Requested Scopes under {}.", console::TORQ_SSO),
            ),
            NotSent::FilterNotARegex => (
                "its filter * is not a regex, so no group passes".to_owned(),
                format!("Type .* in place of * under {}.", console::OKTA_GROUPS_CLAIM),
            ),
        };
        let use_it = if rows.len() == 1 {
            "1 mapping uses".to_owned()
        } else {
            format!("{} mappings use", grouped(rows.len()))
        };
        let mut draft = report
            .finding(first.name_spot(), &[name])
            .message(format!("{use_it} the claim {name}, which no token has: {because}."))
            .why("A mapping matches when the token has its claim. These match nobody, and whoever has no other mapping is locked out.")
            .fix(fix);
        for row in others.iter().take(NAMED) {
            draft = draft.related(row.name_spot(), "uses it too");
        }
        draft.done();
    }
    Ok(())
}

/// Whether the claim is sent, with a value that cannot be followed: one of OpenID Connect's own, or an expression.
fn only_its_value_is_unknown(facts: &Facts<'_>, name: &str) -> bool {
    let requested =
        claim_source::standard_scope(name).map(|scope| claim_source::requests(facts.world, scope));
    match requested {
        Some(requested) => requested.gap().is_none(),
        None => claim_source::configured(facts.world, name).known().is_some_and(|claim| {
            claim.always_in_id_token && matches!(claim_source::carried(claim), ClaimSource::Unknown(_))
        }),
    }
}

/// A claim that is there and almost has this name.
fn likely(facts: &Facts<'_>, name: &str) -> Option<String> {
    let world = facts.world;
    let configured = world
        .own_claim
        .known()
        .into_iter()
        .chain(world.federated_claims.known().into_iter().flatten())
        .chain(world.server_claims.known().into_iter().flatten())
        .map(|claim| claim.name.as_str());
    configured
        .chain([EMAIL, "preferred_username"])
        .map(|known| (strsim::damerau_levenshtein(&known.to_lowercase(), &name.to_lowercase()), known))
        .filter(|(distance, known)| {
            *distance <= 2 && !matches!(claim_source::source(world, known), ClaimSource::NotSent(_))
        })
        .min()
        .map(|(_, known)| known.to_owned())
}

pub(super) fn role_unknown(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let rows = facts.mappings()?;
    let roles = facts.world.roles.need_known(&DocumentName::Roles)?;
    let mut by_role: BTreeMap<&str, Vec<MappingRow<'_>>> = BTreeMap::new();
    for row in rows {
        if roles.get(&row.mapping.role).is_none() {
            by_role.entry(row.mapping.role.0.as_str()).or_default().push(row);
        }
    }
    if !facts.world.roles_complete && !by_role.is_empty() {
        return Err(Gap::document(DocumentName::Roles, Cause::Incomplete));
    }
    for (role, rows) in by_role {
        let Some((first, others)) = rows.split_first() else { continue };
        let meant = likely_role(roles, role);
        let hint =
            meant.as_ref().map_or(String::new(), |(name, id)| format!(" The role {name} has the id {id}."));
        let choose =
            meant.map_or_else(|| "a role that is there".to_owned(), |(name, _)| format!("the role {name}"));
        let count = if rows.len() == 1 {
            "1 mapping gives".to_owned()
        } else {
            format!("{} mappings give", grouped(rows.len()))
        };
        let mut draft = report
            .finding(first.role_spot(), &[role])
            .message(
                Prose::from(format!("{count} the role {role}, which the workspace does not have: "))
                    .then(listed(&rows, "and"))
                    .text(format!(".{hint}")),
            )
            .why("What Torq does with a role that is not there is not documented. Whoever matches may get in without rights, or not at all.")
            .fix(format!("Choose {choose} for this mapping under {}.", console::TORQ_CLAIM_MAPPINGS));
        for row in others.iter().take(NAMED) {
            draft = draft.related(row.role_spot(), "gives it too");
        }
        draft.done();
    }
    Ok(())
}

/// A role by its name in place of its id, or with an id that is almost this one: its name and id.
fn likely_role(roles: &Roles, written: &str) -> Option<(String, String)> {
    let pair = |role: &crate::model::torq::Role| (role.name.clone(), role.id.0.clone());
    let folded = written.trim().to_lowercase();
    roles.iter().find(|role| role.name.to_lowercase() == folded).map(pair).or_else(|| {
        roles
            .iter()
            .map(|role| (strsim::damerau_levenshtein(&role.id.0, written), role))
            .filter(|(distance, role)| *distance <= 2 && role.id.0.len() > 4)
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, role)| pair(role))
    })
}

/// Below this many people a share says nothing.
const FEWEST: usize = 10;

pub(super) fn everyone_privileged(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let rows = facts.mappings()?;
    facts.world.roles.need_known(&DocumentName::Roles)?;
    let shadowed = facts.shadowed();
    let mut found = false;
    for row in rows.iter().filter(|row| row.can_repair_sso() == Some(true)) {
        if shadowed.iter().any(|shadowed| shadowed.mapping == row.index) {
            continue;
        }
        match shadowing::takes_everyone(facts.world, row.mapping) {
            (Truth::Yes, _) => {
                found = true;
                report
                    .finding(row.value_spot(), &row.subject())
                    .message(Prose::from("The mapping at ").then(named(row)).text(format!(
                        " gives {}, which can repair SSO, to everyone whom no earlier mapping takes.",
                        row.role_label()
                    )))
                    .why("Every Okta user is in the group Everyone. Whoever is assigned to the app, today or by mistake tomorrow, can then change or remove the SSO settings, which locks out all others.")
                    .fix(format!(
                        "Type the name of a group of administrators as the claim value under {}, and give Everyone the lowest role that is useful, in the last mapping.",
                        console::TORQ_CLAIM_MAPPINGS
                    ))
                    .done();
            }
            (_, Some(gap)) => report.cannot_tell(gap),
            (_, None) => {}
        }
    }
    if found { Ok(()) } else { share(facts, report, &rows) }
}

/// The share of those who get in.
fn share(facts: &Facts<'_>, report: &mut Reporter<'_>, rows: &[MappingRow<'_>]) -> Result<(), Gap> {
    let most = facts.option(report.rule, "share").as_f64().unwrap_or(0.5);
    let (mut granted, mut open) = (0_usize, 0_usize);
    for person in facts.sign_in.considered() {
        match facts.sign_in.outcome(person) {
            Outcome::Granted { .. } => granted += 1,
            Outcome::Unknown(_) => open += 1,
            Outcome::LockedOut(_) | Outcome::NotSubject => {}
        }
    }
    let repair = facts.repair();
    let count = repair.people.len();
    let exceeds = |count: usize, of: usize| count >= FEWEST && count as f64 > most * of as f64;
    if !exceeds(count, granted + open) {
        let could = count + repair.open;
        return match &repair.gap {
            Some(gap) if exceeds(could, granted + repair.open) => Err(gap.clone()),
            _ => Ok(()),
        };
    }
    let mut by: Vec<MappingRow<'_>> =
        repair.by_mapping.keys().filter_map(|index| rows.get(*index).copied()).collect();
    by.sort_by_key(|row| std::cmp::Reverse(repair.by_mapping.get(&row.index).copied()));
    // Where nobody's mapping is known, one that may be it.
    let perhaps = || {
        let first = repair.people.first()?;
        let Outcome::Granted { mapping, .. } = facts.sign_in.outcome(*first) else { return None };
        rows.get(mapping)
    };
    let Some((first, how)) =
        by.first().map(|first| (first, "most by ")).or_else(|| Some((perhaps()?, "some perhaps by ")))
    else {
        return Ok(());
    };
    let mut draft = report
        .finding(first.role_spot(), &["people who can repair SSO"])
        .message(
            Prose::from(format!("{} of {} who get in can repair SSO, {how}", grouped(count), people(granted)))
                .then(named(first))
                .text("."),
        )
        .why("Each of them can change or remove the SSO settings, which locks out all others. A role that most people have protects nothing.")
        .fix(format!(
            "Choose a role that cannot manage users for this mapping under {}, and map a small group of administrators above it.",
            console::TORQ_CLAIM_MAPPINGS
        ))
        .people(repair.people.iter().map(|person| facts.sign_in.label(*person)));
    for row in by.iter().skip(1).take(NAMED) {
        let count = repair.by_mapping.get(&row.index).copied().unwrap_or_default();
        draft = draft.related(row.role_spot(), format!("gives it to {}", people(count)));
    }
    draft.done();
    Ok(())
}
