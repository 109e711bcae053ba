//! G6.1: Torq's Issuer URL is the issuer of the tokens.

use crate::document::{DocumentName, JsonPath};
use crate::finding::Spot;
use crate::model::{Gap, Place};
use crate::rules::console;
use crate::rules::facts::{Facts, Reporter};
use crate::rules::rows::{client_spot, wizard_spot};
use crate::signin::claim_source::{self, Server};
use crate::signin::request::{self, GateState};

use super::small_difference;

pub(super) fn issuer_mismatch(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let world = facts.world;
    let asked = world.wizard.issuer_url.need_known(&DocumentName::Connection)?;
    let why = match request::issuer_url(world) {
        GateState::Passes => return Ok(()),
        GateState::Unknown(gap) => return Err(gap),
        GateState::Fails(why) => why,
    };
    let custom = claim_source::server(world) == Server::Custom;
    let server = world.authorization_server.known().filter(|_| custom);
    if let Some(status) = server.and_then(|server| server.status.known()).filter(|status| *status != "ACTIVE")
    {
        report
            .finding(server_spot("status"), &["status"])
            .message(format!("Torq's Issuer URL {asked} is an authorization server that is {status}."))
            .why("An authorization server that is not active issues no tokens, so nobody gets in.")
            .fix(format!("Activate it: {} > (the server) > Activate.", console::OKTA_AUTHORIZATION_SERVER))
            .related(wizard_spot("issuer_url"), "Torq asks this server")
            .done();
        if server.and_then(|server| server.issuer.known()).is_none_or(|issuer| issuer == asked) {
            return Ok(());
        }
    }
    let wanted = wanted(facts, asked);
    let mode = world.app.known().and_then(|app| app.issuer_mode.known()).map(String::as_str);
    let tokens_agree = request::issuers(world).contains(&asked.as_str());
    let mut fix = match &wanted[..] {
        [] => format!(
            "Type the issuer that {} shows into {} > Issuer URL, with no slash at the end.",
            console::OKTA_ISSUER,
            console::TORQ_SSO
        ),
        values => format!(
            "Type {} into {} > Issuer URL, with no slash at the end.",
            values.join(" or "),
            console::TORQ_SSO
        ),
    };
    if tokens_agree {
        fix.push_str(&format!(
            " Before that, take okta/openid-configuration.json again from Torq's Issuer URL: the tokens do have the issuer {asked}."
        ));
    }
    if !custom && mode == Some("CUSTOM_URL") {
        fix.push_str(&format!(
            " Or set {} to \"Okta URL\", which is what Torq's guide asks for, and type that URL into Torq.",
            console::OKTA_ISSUER
        ));
    }
    let message = match &wanted[..] {
        [] => format!("Torq's Issuer URL is {asked}: {why}."),
        [issuer, ..] if tokens_agree => format!(
            "Torq's Issuer URL is {asked}, and the discovery document there names the issuer {issuer}.{}",
            difference(asked, &wanted)
        ),
        values => format!(
            "Torq's Issuer URL is {asked}, and Okta's issuer is {}.{}",
            values.join(" or "),
            difference(asked, values)
        ),
    };
    let mut draft = report
        .finding(wizard_spot("issuer_url"), &[asked])
        .message(message)
        .why("Torq takes only tokens whose issuer is its Issuer URL, character by character, and looks for Okta's keys at that address; so nobody gets in.")
        .fix(fix);
    if server.is_some_and(|server| server.issuer.known().is_some_and(|issuer| issuer != asked)) {
        draft = draft.related(server_spot("issuer"), "The authorization server's issuer");
    } else if let Some(mode) = mode.filter(|_| !custom) {
        draft = draft.related(client_spot("issuer_mode"), format!("The app's issuer mode is {mode}"));
    }
    if let Some(issuer) = world.discovery.known().and_then(|discovery| discovery.issuer.as_ref())
        && issuer != asked
    {
        let issuer_of_document =
            Spot::value(Place::new(DocumentName::OpenidConfiguration, JsonPath::root().key("issuer")));
        draft = draft.related(issuer_of_document, format!("The discovery document names {issuer}"));
    }
    draft.done();
    Ok(())
}

fn server_spot(field: &str) -> Spot {
    Spot::value(Place::new(DocumentName::AuthorizationServer, JsonPath::root().key(field)))
}

/// The values that would be right in Torq, as far as they are known.
fn wanted(facts: &Facts<'_>, asked: &str) -> Vec<String> {
    if let Some((server, _)) = asked.split_once(DISCOVERY) {
        return vec![server.to_owned()];
    }
    let mut wanted: Vec<String> = request::issuers(facts.world).into_iter().map(str::to_owned).collect();
    // Both the tokens and the discovery document must name Torq's value; where the tokens do, the document does not.
    if wanted.iter().any(|issuer| issuer == asked) {
        wanted.clear();
    }
    wanted.dedup();
    if wanted.is_empty() {
        let named = facts.world.discovery.known().and_then(|discovery| discovery.issuer.clone());
        wanted.extend(named.filter(|issuer| issuer != asked));
    }
    if wanted.is_empty() && asked.ends_with('/') {
        wanted.push(asked.trim_end_matches('/').to_owned());
    }
    wanted
}

/// What stands between an issuer and the name of its discovery document.
const DISCOVERY: &str = "/.well-known/";

fn difference(asked: &str, wanted: &[String]) -> String {
    if asked.contains(DISCOVERY) {
        return " It is the address of the discovery document, not of the issuer.".to_owned();
    }
    let without_admin = asked.trim_end_matches('/').replacen("-admin.", ".", 1);
    if asked.contains("-admin.") && wanted.contains(&without_admin) {
        return " It is the address of the Admin Console.".to_owned();
    }
    wanted
        .iter()
        .find_map(|issuer| small_difference(asked, issuer))
        .map_or_else(String::new, |difference| format!(" The two differ {difference}."))
}
