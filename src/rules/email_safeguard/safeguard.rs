//! The email safeguard: a mapping of one person's email to a role that can repair SSO.

use std::collections::{BTreeSet, HashMap};

use crate::document::DocumentName;
use crate::document::connection::Stage;
use crate::finding::Prose;
use crate::finding::prose::people;
use crate::model::{Gap, Truth, UserIndex};
use crate::rules::console;
use crate::rules::facts::{Facts, Reporter};
use crate::rules::rows::{MappingRow, wizard_spot};
use crate::signin::claim_source::{ClaimSource, EMAIL, NotSent, requests};
use crate::signin::repair::{mapped_role_gap, role_gap};
use crate::signin::{Gate, PersonIndex};

use super::{
    claim_and_value, email_is_the_users, gets_in_at_okta, gets_no_token, okta_gap, okta_gates, okta_reason,
    repair_roles, stage, table_spot, token_email, verb,
};

/// With so many people who can repair SSO by other mappings, a tested set-up does without the safeguard.
const ENOUGH_PEOPLE: usize = 2;

fn email_mappings<'a>(facts: &Facts<'a>) -> Result<Vec<MappingRow<'a>>, Gap> {
    Ok(facts.mappings()?.into_iter().filter(MappingRow::names_email).collect())
}

/// Email mappings to a role that can repair SSO; those of which that is not known are reported as such.
fn safeguards<'a>(facts: &Facts<'a>, report: &mut Reporter<'_>) -> Result<Vec<MappingRow<'a>>, Gap> {
    let mut rows = Vec::new();
    for row in email_mappings(facts)? {
        match row.can_repair_sso() {
            Some(true) => rows.push(row),
            Some(false) => {}
            None => report.cannot_tell(role_gap(facts.world, &row.mapping.role)),
        }
    }
    Ok(rows)
}

/// Whether no email mapping gives a role that can repair SSO.
fn has_none(facts: &Facts<'_>) -> Result<bool, Gap> {
    let mut open = None;
    for row in email_mappings(facts)? {
        match row.can_repair_sso() {
            Some(true) => return Ok(false),
            Some(false) => {}
            None => open = open.or(Some(role_gap(facts.world, &row.mapping.role))),
        }
    }
    open.map_or(Ok(true), Err)
}

/// Whether the safeguard, where there is none, was taken away for good reason.
fn is_retired(facts: &Facts<'_>) -> Result<bool, Gap> {
    if stage(facts)? != Stage::Verified {
        return Ok(false);
    }
    if facts.repair().by_sso().count() >= ENOUGH_PEOPLE {
        return Ok(true);
    }
    facts.repair().nobody_else().map(|()| false)
}

/// Someone to name in a safeguard: a Torq user who can repair SSO already, else whoever gets such a role, by the email in the token.
fn candidate<'a>(facts: &Facts<'a>) -> Option<&'a str> {
    let owners =
        facts.torq_users().unwrap_or_default().into_iter().filter(|row| {
            row.user.role.as_ref().and_then(|role| facts.world.can_repair_sso(role)) == Some(true)
        });
    owners
        .flat_map(|row| facts.sign_in.population.named(&row.user.email).to_vec())
        .chain(facts.repair().by_sso())
        .filter(|person| gets_in_at_okta(facts, *person) == Truth::Yes)
        .find_map(|person| token_email(facts, person).ok().flatten())
}

pub(super) fn missing(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    if !has_none(facts)? || is_retired(facts)? {
        return Ok(());
    }
    let mut fix = Prose::from(format!(
        "Add a mapping at the top of {}: claim name email, claim value ",
        console::TORQ_CLAIM_MAPPINGS
    ));
    fix = match candidate(facts) {
        Some(email) => fix.person(email),
        None => fix.text("the Okta email of an Owner who is assigned to the app, letter by letter"),
    };
    fix = fix.text(format!(", role {}.", repair_roles(facts)));
    if requests(facts.world, EMAIL).known() == Some(&false) {
        fix = fix.text(format!(" Request the scope email too ({} > Requested Scopes).", console::TORQ_SSO));
    }
    report
        .finding(table_spot(), &[EMAIL])
        .message("No claim mapping gives one person, by email, a role that can repair SSO.")
        .why("Who can repair SSO hangs on other claims, mostly on groups. Should the groups claim stop coming, or a group be renamed, nobody may be left who can sign in and change the claim mappings (that needs user.write). Torq's wizard offers this mapping first, and the vendor says to keep it until SSO is tested with other people.")
        .fix(fix)
        .done();
    Ok(())
}

pub(super) fn retired(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    if !has_none(facts)? || !is_retired(facts)? {
        return Ok(());
    }
    let able: Vec<PersonIndex> = facts.repair().by_sso().collect();
    report
        .finding(table_spot(), &[EMAIL])
        .message(format!(
            "The email mapping that could repair SSO is gone. The set-up is marked verified, and {} can repair SSO by other mappings.",
            people(able.len())
        ))
        .why("Without it, who can repair SSO depends on the claims of those other mappings: should they stop coming, all of these people are locked out at one time.")
        .fix(format!(
            "Nothing has to be done. Before you change the groups claim, the filter or the mapped groups, add an email mapping to {} again at the top of {}, and keep it until the change is tested.",
            repair_roles(facts),
            console::TORQ_CLAIM_MAPPINGS
        ))
        .left_to_repair(super::names(able.iter().map(|person| facts.sign_in.label(*person))))
        .done();
    Ok(())
}

pub(super) fn weak(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    // The wizard puts the safeguard first; an email mapping further down is somebody's own.
    let Some(row) = facts.mappings()?.into_iter().next().filter(MappingRow::names_email) else {
        return Ok(());
    };
    if !has_none(facts)? || is_retired(facts)? {
        return Ok(());
    }
    report
        .finding(row.role_spot(), &row.subject())
        .message(
            Prose::from("The email mapping at the top, ")
                .then(claim_and_value(&row))
                .text(format!(", gives {}, which cannot repair SSO.", row.role_label())),
        )
        .why("This mapping should let one person in to repair SSO when the groups claim fails. Changing the claim mappings needs user.write, which this role does not have.")
        .fix(format!("Set its role to {} in {}.", repair_roles(facts), console::TORQ_CLAIM_MAPPINGS))
        .done();
    Ok(())
}

pub(super) fn shadowed(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    for row in safeguards(facts, report)? {
        let earlier: Vec<MappingRow<'_>> =
            facts.mappings()?.into_iter().filter(|other| other.mapping.rank < row.mapping.rank).collect();
        let mut holders: BTreeSet<PersonIndex> = BTreeSet::new();
        for table in facts.tables() {
            table.each_match(row.index, |person| {
                holders.insert(person);
            });
        }
        let blocker = if holders.is_empty() {
            blocker_by_logic(facts, &row, &earlier, report)
        } else {
            holders.iter().find_map(|person| match facts.sign_in.role_can_repair_sso(*person) {
                Truth::Yes => None,
                Truth::Maybe => {
                    report.cannot_tell(mapped_role_gap(facts.sign_in, *person));
                    None
                }
                Truth::No => first_blocker(facts, &earlier, *person),
            })
        };
        let Some(blocker) = blocker else { continue };
        report
            .finding(row.rank_spot(), &row.subject())
            .message(
                Prose::from("The mapping ")
                    .then(claim_and_value(&row))
                    .text(format!(
                        " (rank {}) does not give {}: the earlier mapping ",
                        row.mapping.rank,
                        row.role_label()
                    ))
                    .then(claim_and_value(&blocker))
                    .text(format!(
                        " (rank {}) gives the same person {} first.",
                        blocker.mapping.rank,
                        blocker.role_label()
                    )),
            )
            .why("Torq takes the first mapping that matches. The person who should be able to repair SSO signs in with a role that cannot.")
            .fix(format!(
                "Move this mapping to rank {}, above the other one, in {}.",
                blocker.mapping.rank,
                console::TORQ_CLAIM_MAPPINGS
            ))
            .related(blocker.rank_spot(), "this mapping comes first")
            .done();
    }
    Ok(())
}

/// The first earlier mapping that a person matches, or may, whose role cannot repair SSO.
fn first_blocker<'a>(
    facts: &Facts<'_>,
    earlier: &[MappingRow<'a>],
    person: PersonIndex,
) -> Option<MappingRow<'a>> {
    let takes = |row: &MappingRow<'_>, at_least: Truth| {
        facts.tables().iter().any(|table| table.matches(row.index, person) >= at_least)
    };
    let weak = || earlier.iter().filter(|row| row.can_repair_sso() == Some(false));
    weak().find(|row| takes(row, Truth::Yes)).or_else(|| weak().find(|row| takes(row, Truth::Maybe))).copied()
}

/// The same where nobody is known to have the email: a mapping that takes every token with it.
fn blocker_by_logic<'a>(
    facts: &Facts<'_>,
    row: &MappingRow<'_>,
    earlier: &[MappingRow<'a>],
    report: &mut Reporter<'_>,
) -> Option<MappingRow<'a>> {
    if let Some(shadowed) = facts.shadowed().iter().find(|shadowed| shadowed.mapping == row.index) {
        let blockers: Vec<&MappingRow<'_>> =
            earlier.iter().filter(|other| shadowed.blockers.contains(&other.index)).collect();
        if let Some(open) = blockers.iter().find(|other| other.can_repair_sso().is_none()) {
            report.cannot_tell(role_gap(facts.world, &open.mapping.role));
            return None;
        }
        let all_weak = blockers.iter().all(|other| other.can_repair_sso() == Some(false));
        return blockers.first().filter(|_| all_weak).map(|blocker| **blocker);
    }
    let could_take = |other: &MappingRow<'_>| {
        other.can_repair_sso() != Some(true)
            && !facts.tables().iter().all(|table| table.never_matches(other.index))
    };
    if earlier.iter().any(could_take) {
        for table in facts.tables() {
            let mut someone = false;
            table.each_possible_match(row.index, |_| someone = true);
            if someone && let Some(gap) = table.gap(row.index) {
                report.cannot_tell(gap.clone());
            }
        }
    }
    None
}

/// The Okta users whom an email mapping could mean.
#[derive(Default)]
struct Holders<'a> {
    exact: Vec<PersonIndex>,
    /// With the email in the token, which differs only in case or white space.
    near: Vec<(PersonIndex, &'a str)>,
    /// Found by their login or profile, with another email in the token, or none.
    other: Vec<(PersonIndex, Option<&'a str>)>,
    unknown: Option<Gap>,
}

/// Okta users by folded email or login, for the values of the email mappings without their white space.
struct Lookup(HashMap<String, Vec<UserIndex>>);

impl Lookup {
    fn new(facts: &Facts<'_>, rows: &[MappingRow<'_>]) -> Self {
        let values: Vec<String> = rows.iter().map(|row| without_space(&row.mapping.claim_value)).collect();
        Self(facts.world.directory.find_by_name(values.iter().map(String::as_str)))
    }

    fn holders<'a>(&self, facts: &Facts<'a>, row: &MappingRow<'_>) -> Holders<'a> {
        let value = row.mapping.claim_value.as_str();
        let users = self.0.get(&without_space(value).to_lowercase()).map_or(&[][..], Vec::as_slice);
        let mut holders = Holders::default();
        for person in users.iter().map(|user| PersonIndex::from(*user)) {
            match token_email(facts, person) {
                Ok(Some(email)) if email == value => holders.exact.push(person),
                Ok(Some(email))
                    if without_space(email).to_lowercase() == without_space(value).to_lowercase() =>
                {
                    holders.near.push((person, email));
                }
                Ok(email) => holders.other.push((person, email)),
                Err(gap) => holders.unknown = Some(gap),
            }
        }
        let list = &facts.world.directory.user_list;
        if users.is_empty() && !list.settles(value) {
            holders.unknown = Some(list.gap(&DocumentName::Users));
        }
        holders
    }
}

fn without_space(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

pub(super) fn nobody(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let rows = safeguards(facts, report)?;
    if rows.is_empty() {
        return Ok(());
    }
    email_is_the_users(facts)?;
    let lookup = Lookup::new(facts, &rows);
    for row in rows {
        let holders = lookup.holders(facts, &row);
        let Some((what, fix)) = why_nobody(facts, &row, &holders, report) else { continue };
        report
            .finding(row.value_spot(), &row.subject())
            .message(
                Prose::from("The mapping ")
                    .then(claim_and_value(&row))
                    .text(format!(" to {} lets nobody in: ", row.role_label()))
                    .then(what)
                    .text("."),
            )
            .why("This mapping is meant for the one person who can still sign in and repair SSO when the groups claim fails. As it stands, that is nobody.")
            .fix(fix)
            .done();
    }
    Ok(())
}

/// What keeps everyone out whom a safeguard could mean, and how to mend it; `None` where someone gets in, or it is not known.
fn why_nobody(
    facts: &Facts<'_>,
    row: &MappingRow<'_>,
    holders: &Holders<'_>,
    report: &mut Reporter<'_>,
) -> Option<(Prose, Prose)> {
    let type_value = |email: &str| {
        Prose::from("Set the claim value to ")
            .person(email)
            .text(format!(" in {}.", console::TORQ_CLAIM_MAPPINGS))
    };
    if holders.exact.is_empty() {
        // A difference in case or white space is email-safeguard-case.
        if !holders.near.is_empty() {
            return None;
        }
        if let Some(gap) = &holders.unknown {
            report.cannot_tell(gap.clone());
            return None;
        }
        return Some(match holders.other.first() {
            Some((_, Some(email))) => (
                Prose::from("the Okta user of that name has another email in the token, ").person(*email),
                type_value(email),
            ),
            Some((_, None)) => (
                Prose::from("the Okta user of that name has no email"),
                Prose::from(format!("Give the user that email in {}.", console::OKTA_PEOPLE)),
            ),
            None => {
                let fix = match nearest(facts, &row.mapping.claim_value) {
                    Some(email) => type_value(email).text(" That is the nearest email in Okta."),
                    None => Prose::from(format!(
                        "Set the claim value to the Okta email of an Owner who is assigned to the app, in {}.",
                        console::TORQ_CLAIM_MAPPINGS
                    )),
                };
                (Prose::from("no Okta user has that email"), fix)
            }
        });
    }
    let state = |person: &PersonIndex| match gets_no_token(facts, *person) {
        true => Truth::No,
        false => gets_in_at_okta(facts, *person),
    };
    let states: Vec<Truth> = holders.exact.iter().map(state).collect();
    if states.contains(&Truth::Yes) {
        return None;
    }
    if let Some(open) = states.iter().position(|state| *state == Truth::Maybe) {
        let gap = holders.exact.get(open).and_then(|person| okta_gap(facts, *person));
        gap.into_iter().for_each(|gap| report.cannot_tell(gap));
        return None;
    }
    if let Some(gap) = &holders.unknown {
        report.cannot_tell(gap.clone());
        return None;
    }
    let person = *holders.exact.first()?;
    if gets_in_at_okta(facts, person) != Truth::No {
        return Some((
            Prose::from(
                "Okta issues no token to that person, because of their groups or the authorization server's policies",
            ),
            Prose::from(format!(
                "Let a policy of {} issue the token, or narrow the groups claim to at most 100 groups in {}; or map the email of another Owner in {}.",
                console::OKTA_AUTHORIZATION_SERVER,
                console::OKTA_GROUPS_CLAIM,
                console::TORQ_CLAIM_MAPPINGS
            )),
        ));
    }
    let at_okta = if okta_gates(facts, person).contains(&Gate::User)
        && facts.sign_in.passes(person, [Gate::User]) == Truth::No
    {
        format!("Activate the user in {}", console::OKTA_PEOPLE)
    } else {
        format!(
            "Assign the user in {}, and see that a rule in {} allows them",
            console::OKTA_ASSIGNMENTS,
            console::OKTA_SIGN_IN_POLICY
        )
    };
    Some((
        Prose::from(okta_reason(facts, person)),
        Prose::from(format!(
            "{at_okta}; or map the email of another Owner in {}.",
            console::TORQ_CLAIM_MAPPINGS
        )),
    ))
}

/// The email of an Okta user that is a typing mistake away.
fn nearest<'a>(facts: &Facts<'a>, value: &str) -> Option<&'a str> {
    const MISTAKES: usize = 2;
    let users = facts.world.directory.users();
    users
        .filter_map(|user| user.email)
        .map(|email| (strsim::damerau_levenshtein(email, value), email))
        .filter(|(distance, _)| *distance <= MISTAKES)
        .min()
        .map(|(_, email)| email)
}

pub(super) fn case(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let rows = email_mappings(facts)?;
    if rows.is_empty() {
        return Ok(());
    }
    email_is_the_users(facts)?;
    let lookup = Lookup::new(facts, &rows);
    for row in rows {
        let holders = lookup.holders(facts, &row);
        if !holders.exact.is_empty() {
            continue;
        }
        if let Some(gap) = holders.unknown {
            report.cannot_tell(gap);
            continue;
        }
        let Some((_, email)) = holders.near.first() else { continue };
        let value = row.mapping.claim_value.as_str();
        let what = if without_space(email) == without_space(value) {
            "only in white space"
        } else if email.to_lowercase() == value.to_lowercase() {
            "only in case"
        } else {
            "only in case and white space"
        };
        report
            .finding(row.value_spot(), &row.subject())
            .message(
                Prose::from("The mapping ")
                    .then(claim_and_value(&row))
                    .text(format!(" to {} differs {what} from the Okta user's email, ", row.role_label()))
                    .person(*email)
                    .text("."),
            )
            .why("Torq compares claim values letter by letter, and whether it takes white space away is not documented. The person does not match this mapping and does not get its role.")
            .fix(
                Prose::from("Set the claim value to ")
                    .person(*email)
                    .text(format!(", exactly as Okta has it, in {}.", console::TORQ_CLAIM_MAPPINGS)),
            )
            .done();
    }
    Ok(())
}

pub(super) fn email_scope_missing(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let mut rows = Vec::new();
    for row in facts.mappings()?.into_iter().filter(uses_email_scope) {
        match row.source() {
            ClaimSource::NotSent(NotSent::ScopeNotRequested(scope)) if scope == EMAIL => rows.push(row),
            ClaimSource::Unknown(gap) if requests(facts.world, EMAIL).gap().is_some() => {
                report.cannot_tell(gap)
            }
            _ => {}
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    let mappings = match rows.len() {
        1 => "1 claim mapping".to_owned(),
        count => format!("{count} claim mappings"),
    };
    let mut draft = report
        .finding(wizard_spot("requested_scopes"), &[EMAIL])
        .message(format!(
            "Torq does not request the scope email, and {mappings} {} it.",
            verb(rows.len(), "needs", "need")
        ))
        .why("Okta sends a person's email only when the scope is requested. Without it the token has no email claim, and a mapping by email matches nobody, the safeguard among them.")
        .fix(format!("Add email to {} > Requested Scopes.", console::TORQ_SSO));
    for row in rows.iter().take(super::NAMED) {
        draft = draft.related(row.name_spot(), "this mapping needs the email claim");
    }
    draft.done();
    Ok(())
}

fn uses_email_scope(row: &MappingRow<'_>) -> bool {
    ["email", "email_verified"].contains(&row.mapping.claim_name.as_str())
}
