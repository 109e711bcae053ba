//! G3: what Torq asks for, and what the app allows, in either flow.

use std::collections::BTreeSet;

use crate::document::connection::Flow;
use crate::document::{DocumentName, JsonPath};
use crate::finding::Spot;
use crate::model::okta::App;
use crate::model::{Fact, Gap, Place};
use crate::rules::console;
use crate::rules::facts::{Facts, Reporter};
use crate::rules::rows::{client_spot, wizard_spot};
use crate::signin::claim_source::{self, Server};
use crate::signin::request::{flow_needs, unlisted_scopes, unpublished};

pub(super) fn response_type_missing(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let flow = flow(facts)?;
    let needed = flow_needs(flow).0;
    let Some(allowed) = lacks(&facts.app()?.response_types, needed)? else { return Ok(()) };
    let grant = match flow {
        Flow::Implicit => {
            "tick \"Implicit (hybrid)\" and, under it, \"Allow ID Token with implicit grant type\""
        }
        Flow::Code => "tick \"Authorization Code\"",
    };
    report
        .finding(client_spot("response_types"), &[needed])
        .message(format!(
            "Torq uses the {} and asks for the response type {needed}; the app allows {allowed}.",
            console_flow(flow)
        ))
        .why("Okta refuses a response type that the app does not allow (unsupported_response_type), so nobody gets in.")
        .fix(format!("Under {}, {grant}: this allows {needed}.{}", console::OKTA_GRANT_TYPES, other_flow(facts, flow)))
        .related(wizard_spot("flow"), "Torq's flow")
        .done();
    Ok(())
}

pub(super) fn grant_type_missing(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let flow = flow(facts)?;
    let needed = flow_needs(flow).1;
    let Some(allowed) = lacks(&facts.app()?.grant_types, needed)? else { return Ok(()) };
    let label = match flow {
        Flow::Implicit => "Implicit (hybrid)",
        Flow::Code => "Authorization Code",
    };
    report
        .finding(client_spot("grant_types"), &[needed])
        .message(format!(
            "Torq uses the {} and needs the grant type {needed}; the app allows {allowed}.",
            console_flow(flow)
        ))
        .why(
            "Okta refuses a grant type that the app does not allow (unauthorized_client), so nobody gets in.",
        )
        .fix(format!(
            "Under {}, tick \"{label}\" ({needed}).{}",
            console::OKTA_GRANT_TYPES,
            other_flow(facts, flow)
        ))
        .related(wizard_spot("flow"), "Torq's flow")
        .done();
    Ok(())
}

fn flow(facts: &Facts<'_>) -> Result<Flow, Gap> {
    facts.world.wizard.flow.need_known(&DocumentName::Connection).copied()
}

/// As Torq's wizard calls it.
fn console_flow(flow: Flow) -> &'static str {
    match flow {
        Flow::Implicit => "Implicit flow",
        Flow::Code => "Code flow",
    }
}

/// What a list allows instead; `None` where it has what is needed.
fn lacks(list: &Fact<Vec<String>>, needed: &str) -> Result<Option<String>, Gap> {
    let allowed = list.need()?.map_or(&[][..], Vec::as_slice);
    if allowed.iter().any(|one| one == needed) {
        return Ok(None);
    }
    Ok(Some(if allowed.is_empty() { "none".to_owned() } else { format!("only {}", allowed.join(", ")) }))
}

/// The other way out, where the app is set up for the other flow.
fn other_flow(facts: &Facts<'_>, flow: Flow) -> String {
    let other = match flow {
        Flow::Implicit => Flow::Code,
        Flow::Code => Flow::Implicit,
    };
    let (response_type, grant_type) = flow_needs(other);
    let has = |list: &Fact<Vec<String>>, needed: &str| lacks(list, needed) == Ok(None);
    let ready = |app: &App| has(&app.response_types, response_type) && has(&app.grant_types, grant_type);
    if facts.world.app.known().is_some_and(ready) {
        format!(
            " The app is set up for Torq's {}: selecting that one in {} would do too.",
            console_flow(other),
            console::TORQ_SSO
        )
    } else {
        String::new()
    }
}

const OPENID: &str = "openid";

pub(super) fn openid_scope_missing(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let requested = facts.world.wizard.requested_scopes.need_known(&DocumentName::Connection)?;
    if requested.iter().any(|scope| scope == OPENID) {
        return Ok(());
    }
    let slip = requested
        .iter()
        .find(|scope| strsim::damerau_levenshtein(&scope.to_lowercase(), OPENID) <= 2)
        .map(|scope| format!(" Is {scope:?} meant to be {OPENID}?"))
        .or_else(|| {
            let joined = requested.iter().find(|scope| scope.trim().contains([' ', ',', '+']))?;
            Some(format!(" The entry {joined:?} is more than one scope: write each by itself."))
        });
    report
        .finding(wizard_spot("requested_scopes"), &[OPENID])
        .message(format!("Torq does not request the scope {OPENID}.{}", slip.unwrap_or_default()))
        .why("Without this scope the request is no OpenID Connect request: Okta issues no ID token, so nobody gets in.")
        .fix(format!("Add {OPENID} to {} > Requested Scopes.", console::TORQ_SSO))
        .done();
    Ok(())
}

/// Whether a claim mapping's claim comes with the scope.
fn needed(facts: &Facts<'_>, scope: &str) -> bool {
    facts.sign_in.mappings().iter().any(|mapping| {
        let standard = claim_source::standard_scope(&mapping.claim_name);
        standard.map_or(scope == claim_source::GROUPS, |needed| needed == scope)
    })
}

pub(super) fn scope_unsupported(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let world = facts.world;
    let unlisted = unlisted_scopes(world);
    let unlisted = unlisted.need()?.cloned().unwrap_or_default();
    unlisted.unpublished.iter().for_each(|scope| report.cannot_tell(unpublished(scope)));
    let unsupported = unlisted.unsupported;
    let requested = world.wizard.requested_scopes.known().map_or(&[][..], Vec::as_slice);
    let supported = world
        .discovery
        .known()
        .and_then(|discovery| discovery.scopes_supported.as_deref())
        .unwrap_or_default();
    let mut seen = BTreeSet::new();
    for scope in unsupported.iter().filter(|scope| seen.insert(**scope)) {
        let position = requested.iter().position(|asked| asked == scope).unwrap_or_default();
        let list = wizard_spot("requested_scopes").place;
        let nearest = supported
            .iter()
            .map(|known| (strsim::damerau_levenshtein(&known.to_lowercase(), &scope.to_lowercase()), known))
            .filter(|(distance, known)| *distance <= 2 && !requested.contains(known))
            .min_by_key(|(distance, _)| *distance);
        let meant = nearest.map_or_else(String::new, |(_, known)| format!(" Is {known} meant?"));
        let fix = match nearest {
            Some((_, known)) => {
                format!("Type {known} instead of {scope} in {} > Requested Scopes.", console::TORQ_SSO)
            }
            None if claim_source::server(world) == Server::Custom => format!(
                "If the scope is missing, add {scope} under {} > (the server) > Scopes. If it is there, tick \"Include in public metadata\" in it. Or remove it from {} > Requested Scopes, if no claim mapping needs it.",
                console::OKTA_AUTHORIZATION_SERVER,
                console::TORQ_SSO
            ),
            None if needed(facts, scope) => format!(
                "Do not remove it: claim mappings need the scope {scope}. Check that {} > Issuer URL names the authorization server that has it.",
                console::TORQ_SSO
            ),
            None => format!("Remove {scope} from {} > Requested Scopes.", console::TORQ_SSO),
        };
        report
            .finding(Spot::value(Place::new(list.document, list.path.index(position))), &[scope])
            .message(format!(
                "Torq requests the scope {scope}, which Okta's discovery document does not list.{meant}"
            ))
            .why("Okta answers a request with a scope that it does not have with invalid_scope, and nobody gets in, whatever the other scopes are.")
            .fix(fix)
            .related(
                Spot::value(Place::new(
                    DocumentName::OpenidConfiguration,
                    JsonPath::root().key("scopes_supported"),
                )),
                "The scopes that Okta lists",
            )
            .done();
    }
    Ok(())
}

pub(super) fn consent_required(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    if facts.app()?.consent_method.need()?.is_some_and(|method| method == "REQUIRED") {
        report
            .finding(client_spot("consent_method"), &[])
            .message("The app asks for the user's consent: at the first sign-in people may see a page that asks whether Torq may have their data.")
            .why("This locks nobody out by itself. Who declines does not get in, and a sign-in that must not show a page fails.")
            .fix(format!("Untick \"Require consent\" under {} > User consent.", console::OKTA_GENERAL))
            .done();
    }
    Ok(())
}
