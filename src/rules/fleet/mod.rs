//! Rules that compare the connections of a run. Each looks from one connection at the others, so a finding belongs to one connection like any
//! other; a report for that connection's people alone leaves the family out, since it names the others.

use crate::document::DocumentName;
use crate::document::fleet::Member;
use crate::model::Gap;

use super::facts::{Facts, Reporter};
use super::rows::wizard_spot;
use super::rule::{Rule, rule};

/// The family's name.
pub const FAMILY: &str = "fleet";

pub static RULES: [Rule; 2] = [
    rule!("fleet", "two-connections-one-domain", two_connections_one_domain),
    rule!("fleet", "one-client-two-redirects", one_client_two_redirects),
];

/// Others that are named in one finding; the rest is counted.
const NAMED: usize = 5;

/// The other connections of the run. Two snapshots of one name are two moments of one connection.
fn others<'a>(facts: &Facts<'a>) -> Vec<&'a Member> {
    let world = facts.world;
    world.fleet.iter().filter(|member| member.name != world.name).collect()
}

fn two_connections_one_domain(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let others = others(facts);
    if others.is_empty() {
        return Ok(());
    }
    let wizard = &facts.world.wizard;
    let own = domain(wizard.sso_domain.need_known(&DocumentName::Connection)?);
    let (client, redirect) = (wizard.client_id.known(), wizard.login_redirect_url.known());
    // The same settings throughout are one configuration, copied to another workspace.
    let copied = |other: &Member| {
        client.is_some()
            && other.client_id.as_ref() == client
            && redirect.is_some()
            && other.login_redirect_url.as_ref() == redirect
    };
    let same: Vec<&Member> = others
        .into_iter()
        .filter(|other| other.sso_domain.as_deref().is_some_and(|other| domain(other) == own))
        .filter(|other| !copied(other))
        .collect();
    if same.is_empty() {
        return Ok(());
    }
    report
        .finding(wizard_spot("sso_domain"), &[&own])
        .message(format!("The SSO domain {own} is also claimed by {}.", names(&same)))
        .why("Torq's sign-in page takes the email domain to find where a person signs in. Which connection it takes where two claim one domain is not documented: people may be sent to the app of the other one, where they are not assigned or match no claim mapping.")
        .fix("Find out in Torq > Settings > Security > Configure SSO of each workspace which one the domain belongs to, and correct sso_domain in the connection.yaml of the others. If it belongs to several, ask Torq Support how they are told apart.")
        .done();
    Ok(())
}

fn one_client_two_redirects(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let others = others(facts);
    if others.is_empty() {
        return Ok(());
    }
    let wizard = &facts.world.wizard;
    let client = wizard.client_id.need_known(&DocumentName::Connection)?;
    let same: Vec<&Member> =
        others.into_iter().filter(|other| other.client_id.as_ref() == Some(client)).collect();
    if same.is_empty() {
        return Ok(());
    }
    let redirect = wizard.login_redirect_url.need_known(&DocumentName::Connection)?;
    let differs = |other: &&Member| other.login_redirect_url.as_ref().is_some_and(|other| other != redirect);
    let different: Vec<&Member> = same.into_iter().filter(differs).collect();
    let Some(first) = different.first() else { return Ok(()) };
    report
        .finding(wizard_spot("login_redirect_url"), &[client, redirect])
        .message(format!(
            "The client ID {client} is also the one of {}, and the Login Redirect URLs differ: {redirect} here, {} there.",
            names(&different),
            first.login_redirect_url.as_deref().unwrap_or_default()
        ))
        .why("One Okta app then signs people in to different places of Torq. Its redirect URIs, its assignments and its groups claim are shared, so what is mended for one connection locks out the people of the other; and everyone assigned for one may try to enter the other.")
        .fix("Make an Okta app of its own for each connection, and type its client ID into Torq > Settings > Security > Configure SSO. If one of the two connection.yaml files is a copy that was not filled in, correct it.")
        .done();
    Ok(())
}

/// Domains are the same whatever their case, and with or without the `@` before them.
fn domain(typed: &str) -> String {
    typed.trim().trim_start_matches('@').to_lowercase()
}

/// `the connection acme-eu`, `the connections acme-eu, acme-us and 3 more`.
fn names(members: &[&Member]) -> String {
    let mut names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
    names.sort_unstable();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let s = if members.len() == 1 { "" } else { "s" };
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("the connection{s} {}{more}", names.join(", "))
}
