//! Who can repair SSO when it breaks, with it or without.

use crate::document::DocumentName;
use crate::finding::Prose;
use crate::finding::prose::people;
use crate::model::{Gap, Truth};
use crate::rules::console;
use crate::rules::facts::{Facts, Reporter};
use crate::rules::rows::TorqUserRow;
use crate::signin::{Assumption, Gate, PersonIndex};

use super::{
    email_is_the_users, gets_in_at_okta, gets_no_token, okta_gap, repair_roles, table_spot, token_email,
    torq_users_spot,
};

/// Local accounts that can repair SSO.
fn backups<'a>(facts: &Facts<'a>) -> Result<Vec<TorqUserRow<'a>>, Gap> {
    let users = facts.torq_users()?;
    Ok(facts.repair().backup_accounts.iter().filter_map(|index| users.get(*index)).copied().collect())
}

pub(super) fn nobody_can_repair_sso(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let repair = facts.repair();
    if repair.different_people(facts.sign_in) > 0 {
        return Ok(());
    }
    repair.nobody_else()?;
    repair.no_other_backup()?;
    report
        .finding(table_spot(), &["repair"])
        .message("Nobody who can sign in through Okta gets a role that can repair SSO, and no backup account or organisation admin is known.")
        .why("Changing the claim mappings and the SSO settings needs user.write. As things stand only Torq Support can change them.")
        .fix(format!(
            "Map the Okta email of someone who is assigned to the app to {} at the top of {}, or keep a local account with that role ({}). If somebody can repair SSO from the organisation level, name them in connection.yaml under torq.organization_admins.",
            repair_roles(facts),
            console::TORQ_CLAIM_MAPPINGS,
            console::TORQ_USERS
        ))
        .done();
    Ok(())
}

pub(super) fn one_person_can_repair_sso(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let repair = facts.repair();
    let wanted = facts.option(report.rule, "people").as_u64().unwrap_or(2);
    let able = repair.different_people(facts.sign_in);
    if u64::try_from(able).unwrap_or(u64::MAX) >= wanted {
        return Ok(());
    }
    repair.nobody_else()?;
    repair.no_other_backup()?;
    let counted = if able == 0 { "Nobody".to_owned() } else { format!("Only {}", people(able)) };
    let assumed = if repair.assumes.contains(Assumption::Policy) {
        " (assuming that the sign-in policy lets them in)"
    } else {
        ""
    };
    let by_sso: Vec<&str> = repair.by_sso().map(|person| facts.sign_in.label(person)).collect();
    let local = backups(facts).unwrap_or_default();
    let names = by_sso.into_iter().chain(local.iter().map(|row| row.user.email.as_str()));
    let names = super::names(names.chain(facts.world.wizard.organization_admins.iter().map(String::as_str)));
    report
        .finding(table_spot(), &["repair"])
        .message(format!("{counted} can repair SSO{assumed}, backup accounts among them; at least {wanted} should be able to."))
        .why("When someone leaves, is locked out or is away, and no one else is there, nobody can change the claim mappings and the SSO settings, and only Torq Support can help.")
        .fix(format!(
            "Map a second person to {} in {}, or keep a local account with that role ({}).",
            repair_roles(facts),
            console::TORQ_CLAIM_MAPPINGS,
            console::TORQ_USERS
        ))
        .left_to_repair(names)
        .done();
    Ok(())
}

pub(super) fn backup_account_missing(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    if facts.option(report.rule, "local_accounts").as_str() == Some("forbidden")
        || !facts.repair().backup_accounts.is_empty()
    {
        return Ok(());
    }
    facts.repair().no_other_backup()?;
    report
        .finding(torq_users_spot(), &["backup"])
        .message("No local Torq account can repair SSO.")
        .why("Everyone who could repair SSO signs in through Okta. When the app, its redirect or its claims break, they are locked out with everybody else. The vendor says to keep one or two accounts that are not tied to SSO.")
        .fix(format!(
            "Invite a person by an email that is not in Okta under {}, with the role {}, and keep the password where your break-glass passwords are. Where local accounts are not allowed, set the option local_accounts: forbidden.",
            console::TORQ_USERS,
            repair_roles(facts)
        ))
        .done();
    Ok(())
}

pub(super) fn backup_account_at_risk(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    if let Err(gap) = facts.repair().no_other_backup() {
        report.cannot_tell(gap);
    }
    let rows = backups(facts)?;
    if rows.is_empty() {
        return Ok(());
    }
    email_is_the_users(facts)?;
    for row in rows {
        for person in facts.sign_in.population.named(&row.user.email) {
            match signs_in_without_role(facts, *person, &row.user.email) {
                Ok(false) => {}
                Ok(true) => at_risk(facts, report, &row, *person),
                Err(gap) => report.cannot_tell(gap),
            }
        }
    }
    Ok(())
}

fn at_risk(facts: &Facts<'_>, report: &mut Reporter<'_>, row: &TorqUserRow<'_>, person: PersonIndex) {
    let subject = facts.sign_in.okta_id(person).unwrap_or(&row.user.email);
    report
        .finding(row.email_spot(), &[subject])
        .message(
            Prose::from("The backup account ")
                .person(&row.user.email)
                .text(" is also an Okta user who may sign in to Torq, and whom no claim mapping gives a role."),
        )
        .why("The first time that person signs in through Okta, Torq finds no mapping, and the vendor says that it then removes the local account of that email: the backup is gone.")
        .fix(
            Prose::from("Take ")
                .person(facts.sign_in.label(person))
                .text(format!(
                    " off the app in {}, or map that email to {} in {}; or keep the backup under an email that is not in Okta.",
                    console::OKTA_ASSIGNMENTS,
                    repair_roles(facts),
                    console::TORQ_CLAIM_MAPPINGS
                )),
        )
        .done();
}

/// Whether a person reaches Torq with a token of this email and then fails at G7. The gates that are the same for everyone are left aside:
/// once they are mended, the account is at risk.
pub(super) fn signs_in_without_role(
    facts: &Facts<'_>,
    person: PersonIndex,
    account: &str,
) -> Result<bool, Gap> {
    let sign_in = facts.sign_in;
    if sign_in.population.user(person).is_none() {
        // Whom Okta is known not to have cannot sign in by it.
        return if sign_in.passes(person, [Gate::User]) == Truth::No {
            Ok(false)
        } else {
            Err(facts.world.directory.user_list.gap(&DocumentName::Users))
        };
    }
    let mapped = sign_in.passes(person, [Gate::Mapping]);
    let gets_in = gets_in_at_okta(facts, person);
    if gets_no_token(facts, person) || mapped == Truth::Yes || gets_in == Truth::No {
        return Ok(false);
    }
    let email = token_email(facts, person)?;
    if email.is_none_or(|email| email.to_lowercase() != account.to_lowercase()) {
        return Ok(false);
    }
    if gets_in == Truth::Maybe
        && let Some(gap) = okta_gap(facts, person)
    {
        return Err(gap);
    }
    if mapped == Truth::Maybe { Err(sign_in.mapping_gap(person)) } else { Ok(true) }
}
