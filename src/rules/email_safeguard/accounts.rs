//! What SSO does to the people whom Torq and Okta know: who loses access, who is left over, who is somebody else by email.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::Prose;
use crate::finding::prose::people;
use crate::model::{Cause, Gap, Truth};
use crate::rules::console;
use crate::rules::facts::{Facts, Reporter};
use crate::rules::rows::{TorqUserRow, wizard_spot};
use crate::signin::repair::sso_provision_gap;
use crate::signin::{Gate, PersonIndex};

use super::quorum::signs_in_without_role;
use super::{email_is_the_users, gets_in_at_okta, gets_no_token, okta_gap, table_spot, token_email, verb};

/// What becomes of a Torq account when its person signs in.
enum Fate {
    /// Nothing that these rules report.
    Keeps,
    /// Locked out at G5 or G7.
    Loses(Gate, String),
    /// Locked out at G4: Okta has no such user any more, or does not let them in.
    Orphaned(String),
    Open(Gap),
}

fn fate(facts: &Facts<'_>, row: &TorqUserRow<'_>) -> Fate {
    let mut fate = None;
    for person in facts.sign_in.population.named(&row.user.email) {
        match (fate_of_one(facts, row, *person), &fate) {
            (Fate::Keeps, _) => return Fate::Keeps,
            (open @ Fate::Open(_), _) => fate = Some(open),
            (_, Some(Fate::Open(_) | Fate::Loses(..))) => {}
            (other, _) => fate = Some(other),
        }
    }
    fate.unwrap_or(Fate::Keeps)
}

fn fate_of_one(facts: &Facts<'_>, row: &TorqUserRow<'_>, person: PersonIndex) -> Fate {
    let sign_in = facts.sign_in;
    if row.user.is_local() {
        // A local account has its own way in, until a sign-in through Okta that matches nothing removes it.
        return match signs_in_without_role(facts, person, &row.user.email) {
            Ok(true) => Fate::Loses(Gate::Mapping, sign_in.reason(person, Gate::Mapping)),
            Ok(false) => Fate::Keeps,
            Err(gap) => Fate::Open(gap),
        };
    }
    let by_sso = |lost: Fate| match row.user.sso_provision {
        Some(_) => lost,
        None => Fate::Open(sso_provision_gap(row.user.position)),
    };
    let at = |gate: Gate| sign_in.passes(person, [gate]);
    let gap_at = |gate: Gate| sign_in.gap(person, gate).map_or(Fate::Keeps, Fate::Open);
    if !sign_in.is_locked_out_for_now(person) {
        match at(Gate::User) {
            Truth::Yes => {}
            Truth::No => return by_sso(Fate::Orphaned(sign_in.reason(person, Gate::User))),
            Truth::Maybe => return gap_at(Gate::User),
        }
    }
    let lost_at = |gate: Gate| Fate::Loses(gate, sign_in.reason(person, gate));
    match (at(Gate::Assignment), at(Gate::Mapping)) {
        (Truth::No, _) => by_sso(lost_at(Gate::Assignment)),
        _ if gets_no_token(facts, person) => Fate::Keeps,
        (Truth::Yes, Truth::No) => lost_at(Gate::Mapping),
        (Truth::Maybe, Truth::No) => by_sso(lost_at(Gate::Mapping)),
        (Truth::Maybe, _) => gap_at(Gate::Assignment),
        (Truth::Yes, Truth::Maybe) => gap_at(Gate::Mapping),
        (Truth::Yes, Truth::Yes) => Fate::Keeps,
    }
}

/// Whether a gate that is the same for everyone is known to fail: then nobody gets in, and its own rule says so.
fn nobody_gets_in(facts: &Facts<'_>) -> bool {
    let request = &facts.sign_in.request;
    [&request.client, &request.redirect, &request.request, &request.issuer].iter().any(|gate| gate.fails())
}

pub(super) fn torq_user_loses_access(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let rows = facts.torq_users()?;
    if nobody_gets_in(facts) {
        return Ok(());
    }
    incomplete_torq_users(facts, report);
    let mut lost: BTreeMap<(Gate, String), Vec<TorqUserRow<'_>>> = BTreeMap::new();
    for row in rows {
        match fate(facts, &row) {
            Fate::Loses(gate, reason) => lost.entry((gate, reason)).or_default().push(row),
            Fate::Open(gap) => report.cannot_tell(gap),
            Fate::Keeps | Fate::Orphaned(_) => {}
        }
    }
    for ((gate, reason), rows) in lost {
        let Some(first) = rows.first() else { continue };
        let (why, fix) = if gate == Gate::Mapping {
            (
                "The first sign-in through Okta that matches no claim mapping makes no account, and the vendor says that it removes the local account of that email. These people work in Torq today.",
                format!(
                    "Add a mapping in {} for a group that they are in, or for their email, with the role that they have now.",
                    console::TORQ_CLAIM_MAPPINGS
                ),
            )
        } else {
            (
                "Okta turns them away before Torq sees them. They work in Torq today, and their next sign-in fails.",
                format!(
                    "Assign them, or a group that they are in, in {}, and see that a rule in {} allows them; or remove the Torq users who should be gone under {}.",
                    console::OKTA_ASSIGNMENTS,
                    console::OKTA_SIGN_IN_POLICY,
                    console::TORQ_USERS
                ),
            )
        };
        let mut draft = report
            .finding(first.email_spot(), &[gate.name()])
            .message(format!(
                "{} of the Torq workspace {} to lose access: {reason}.",
                people(rows.len()),
                verb(rows.len(), "is", "are")
            ))
            .why(why)
            .fix(fix);
        for row in rows.iter().take(super::NAMED) {
            draft = draft.related(row.email_spot(), format!("has the role {} now", row.role_label()));
        }
        draft.people(emails(&rows)).done();
    }
    Ok(())
}

/// A list that is not whole may lack a user whom the rule would report.
fn incomplete_torq_users(facts: &Facts<'_>, report: &mut Reporter<'_>) {
    if !facts.world.torq_user_list.is_complete() {
        report.cannot_tell(Gap::document(crate::document::DocumentName::TorqUsers, Cause::Incomplete));
    }
}

fn emails(rows: &[TorqUserRow<'_>]) -> Vec<String> {
    super::names(rows.iter().map(|row| row.user.email.as_str()))
}

pub(super) fn torq_user_orphaned(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let mut orphans: BTreeMap<String, Vec<TorqUserRow<'_>>> = BTreeMap::new();
    incomplete_torq_users(facts, report);
    for row in facts.torq_users()?.into_iter().filter(|row| !row.user.is_local()) {
        match fate(facts, &row) {
            Fate::Orphaned(reason) => orphans.entry(reason).or_default().push(row),
            // Whether someone of whom nothing else is known is still an Okta user, is what this rule asks.
            Fate::Open(gap) if may_be_gone(facts, &row) => report.cannot_tell(gap),
            Fate::Open(_) | Fate::Keeps | Fate::Loses(..) => {}
        }
    }
    for (reason, rows) in orphans {
        let Some(first) = rows.first() else { continue };
        report
            .finding(first.email_spot(), &["orphaned"])
            .message(format!(
                "{} with an account that SSO made {} in Torq still: {reason}.",
                people(rows.len()),
                verb(rows.len(), "is", "are")
            ))
            .why("Okta does not let them in any more, so nobody new is locked out. But a Torq session may never expire, and API keys that they made stay.")
            .fix(format!("Remove the users who have left under {}.", console::TORQ_USERS))
            .people(emails(&rows))
            .done();
    }
    Ok(())
}

fn may_be_gone(facts: &Facts<'_>, row: &TorqUserRow<'_>) -> bool {
    let named = facts.sign_in.population.named(&row.user.email);
    named.iter().all(|person| {
        !facts.sign_in.is_locked_out_for_now(*person)
            && facts.sign_in.passes(*person, [Gate::User]) != Truth::Yes
    })
}

pub(super) fn torq_user_email_differs(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let rows = facts.torq_users()?;
    if rows.is_empty() {
        return Ok(());
    }
    email_is_the_users(facts)?;
    incomplete_torq_users(facts, report);
    let mut spelling: Vec<(TorqUserRow<'_>, &str)> = Vec::new();
    let mut address: Vec<(TorqUserRow<'_>, &str)> = Vec::new();
    for row in rows {
        match email_in_the_token(facts, &row) {
            Ok(None) => {}
            Ok(Some(email)) if email.to_lowercase() == row.user.email.to_lowercase() => {
                spelling.push((row, email));
            }
            Ok(Some(email)) => address.push((row, email)),
            Err(gap) => report.cannot_tell(gap),
        }
    }
    for (kind, what, found) in [
        ("spelling", "under another spelling", spelling),
        ("address", "under another email address", address),
    ] {
        let Some((first, email)) = found.first() else { continue };
        let rows: Vec<TorqUserRow<'_>> = found.iter().map(|(row, _)| *row).collect();
        report
            .finding(first.email_spot(), &[kind])
            .message(
                Prose::from(format!(
                    "{} of the Torq workspace {} from Okta {what}: ",
                    people(found.len()),
                    verb(found.len(), "comes", "come")
                ))
                .person(&first.user.email)
                .text(" in Torq is ")
                .person(*email)
                .text(if found.len() == 1 {
                    " in the token."
                } else {
                    " in the token, and the others likewise."
                }),
            )
            .why("Torq finds a person's account by the email in the token. Under another one it may make a second account, and whether it compares emails letter by letter is not documented; the account that they have now, with its role, may stay behind.")
            .fix(format!(
                "Make the two the same: invite the person again under {} by the email that Okta sends, or change the email in {} (for this app alone: {}).",
                console::TORQ_USERS,
                console::OKTA_PEOPLE,
                console::OKTA_ASSIGNMENTS
            ))
            .people(emails(&rows))
            .done();
    }
    Ok(())
}

/// The email by which a Torq user's Okta user would come, where it is not the one in Torq. Someone who cannot sign in through Okta
/// does not come at all.
fn email_in_the_token<'a>(facts: &Facts<'a>, row: &TorqUserRow<'_>) -> Result<Option<&'a str>, Gap> {
    let mut other = None;
    for person in facts.sign_in.population.named(&row.user.email) {
        if facts.sign_in.population.user(*person).is_none() || gets_in_at_okta(facts, *person) == Truth::No {
            continue;
        }
        match token_email(facts, *person)? {
            Some(email) if email == row.user.email => return Ok(None),
            Some(email) => {
                // Whoever may not be assigned may not come either.
                if let Some(gap) = okta_gap(facts, *person) {
                    return Err(gap);
                }
                other = Some(email);
            }
            None => {}
        }
    }
    Ok(other)
}

pub(super) fn user_without_role(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    facts.world.mappings.need()?;
    // In federation broker mode nobody was assigned on purpose.
    if facts.app()?.implicit_assignment {
        return Ok(());
    }
    let sign_in = facts.sign_in;
    let known_to_torq: BTreeSet<PersonIndex> = facts
        .torq_users()?
        .iter()
        .flat_map(|row| sign_in.population.named(&row.user.email))
        .copied()
        .collect();
    if !facts.world.torq_user_list.is_complete() {
        return Err(Gap::document(crate::document::DocumentName::TorqUsers, Cause::Incomplete));
    }
    let app_users = &facts.world.directory.app_user_list;
    if !app_users.is_complete() {
        report.cannot_tell(app_users.gap(&crate::document::DocumentName::AppUsers));
    }
    let mut without: Vec<PersonIndex> = Vec::new();
    for person in sign_in.considered().filter(|person| sign_in.population.user(*person).is_some()) {
        let mapped = sign_in.passes(person, [Gate::Mapping]);
        if known_to_torq.contains(&person) || mapped == Truth::Yes || gets_no_token(facts, person) {
            continue;
        }
        match gets_in_at_okta(facts, person) {
            Truth::No => {}
            Truth::Maybe => okta_gap(facts, person).into_iter().for_each(|gap| report.cannot_tell(gap)),
            Truth::Yes if mapped == Truth::No => without.push(person),
            Truth::Yes => report.cannot_tell(sign_in.mapping_gap(person)),
        }
    }
    if without.is_empty() {
        return Ok(());
    }
    report
        .finding(table_spot(), &["unmapped"])
        .message(format!(
            "{} {} assigned to the Okta app, {} no Torq account, and {} no claim mapping.",
            people(without.len()),
            verb(without.len(), "is", "are"),
            verb(without.len(), "has", "have"),
            verb(without.len(), "matches", "match")
        ))
        .why("They see Torq among their apps, sign in at Okta, and Torq turns them away without an account.")
        .fix(format!(
            "Add a mapping for a group that they are in, in {}; or, where they should not use Torq, take them off the app in {}.",
            console::TORQ_CLAIM_MAPPINGS,
            console::OKTA_ASSIGNMENTS
        ))
        .people(super::names(without.iter().map(|person| sign_in.label(*person))))
        .done();
    Ok(())
}

pub(super) fn email_outside_sso_domain(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let sso_domain = facts.world.wizard.sso_domain.need_known(&crate::document::DocumentName::Connection)?;
    let wanted = sso_domain.trim_start_matches('@').to_lowercase();
    let others = facts.option(report.rule, "domains");
    let added: BTreeSet<String> = others
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|domain| domain.as_str())
        .map(str::to_lowercase)
        .collect();
    facts.world.mappings.need()?;
    email_is_the_users(facts)?;
    let sign_in = facts.sign_in;
    let mut by_domain: BTreeMap<String, usize> = BTreeMap::new();
    let mut outside: Vec<&str> = Vec::new();
    for person in sign_in.considered().filter(|person| sign_in.population.user(*person).is_some()) {
        let mapped = sign_in.passes(person, [Gate::Mapping]);
        let comes = gets_in_at_okta(facts, person).and(mapped);
        if comes == Truth::No || gets_no_token(facts, person) {
            continue;
        }
        let email = match token_email(facts, person) {
            Ok(email) => email,
            Err(gap) => {
                report.cannot_tell(gap);
                continue;
            }
        };
        let Some((email, domain)) = email.and_then(|email| Some((email, email.rsplit_once('@')?.1))) else {
            continue;
        };
        let domain = domain.to_lowercase();
        if domain == wanted || added.contains(&domain) {
            continue;
        }
        if comes == Truth::Maybe {
            report.cannot_tell(okta_gap(facts, person).unwrap_or_else(|| sign_in.mapping_gap(person)));
            continue;
        }
        *by_domain.entry(domain).or_default() += 1;
        outside.push(email);
    }
    if outside.is_empty() {
        return Ok(());
    }
    report
        .finding(wizard_spot("sso_domain"), &[&wanted])
        .message(format!(
            "{} with a mapped role {} an email outside the SSO domain {wanted}: {}.",
            people(outside.len()),
            verb(outside.len(), "has", "have"),
            domains(&by_domain)
        ))
        .why("Torq offers SSO to the email domain of the Owner who set it up. People of another domain who begin at Torq's sign-in page may not be sent to Okta.")
        .fix("Ask Torq Support to add the other domain to the workspace's SSO, or give these people an email of the SSO domain in Okta. If Support has added it, name it in the rule's option domains.")
        .people(super::names(outside))
        .done();
    Ok(())
}

/// `acme.de (2), partner.example (1)`, the largest first.
fn domains(by_domain: &BTreeMap<String, usize>) -> String {
    const SHOWN: usize = 3;
    let mut counted: Vec<(&String, &usize)> = by_domain.iter().collect();
    counted.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let shown: Vec<String> =
        counted.iter().take(SHOWN).map(|(domain, count)| format!("{domain} ({count})")).collect();
    let more = counted.len().saturating_sub(SHOWN);
    let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{rest}", shown.join(", "))
}
