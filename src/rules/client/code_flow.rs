//! G3.4: settings of the app that only Torq's Code flow meets, since only there Torq's servers ask Okta for the token.

use crate::document::DocumentName;
use crate::document::connection::Flow;
use crate::finding::Spot;
use crate::model::okta::{App, path};
use crate::model::{Fact, Gap, Place};
use crate::rules::console;
use crate::rules::facts::{Facts, Reporter};
use crate::rules::rows::{app_spot, client_spot, wizard_spot};
use crate::signin::request::CLIENT_SECRET_METHODS;

const FLOW: &str = "Torq uses the Code flow";

/// The setting's value where the Code flow is used and the value stands in its way. A gap only where it could decide.
fn in_the_way<'a, T>(
    facts: &Facts<'a>,
    setting: impl FnOnce(&'a App) -> &'a Fact<T>,
    stands: impl FnOnce(&T) -> bool,
) -> Result<Option<&'a T>, Gap> {
    let flow = facts.world.wizard.flow.need_known(&DocumentName::Connection);
    if flow == Ok(&Flow::Implicit) {
        return Ok(None);
    }
    match setting(facts.app()?).need()? {
        Some(value) if stands(value) => flow.map(|_| Some(value)),
        Some(_) | None => Ok(None),
    }
}

pub(super) fn client_auth_unsupported(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let method = in_the_way(
        facts,
        |app| &app.token_endpoint_auth_method,
        |method| !CLIENT_SECRET_METHODS.contains(&method.as_str()),
    )?;
    if let Some(method) = method {
        report
            .finding(app_spot(path::credentials("token_endpoint_auth_method")), &[])
            .message(format!("The app's client authentication is {method}; Torq has a client secret and nothing else."))
            .why("In the Code flow Torq exchanges a code for the token and proves itself with the client secret. Okta refuses that where the app wants another proof (invalid_client), so nobody gets in.")
            .fix(format!(
                "Set Client authentication to \"Client secret\" under {}, and copy the secret into {} > Client Secret.",
                console::OKTA_CLIENT_CREDENTIALS,
                console::TORQ_SSO
            ))
            .related(wizard_spot("flow"), FLOW)
            .done();
    }
    Ok(())
}

pub(super) fn dpop_required(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    if in_the_way(facts, |app| &app.dpop_required, |required| *required)?.is_some() {
        report
            .finding(client_spot("dpop_bound_access_tokens"), &[])
            .message("The app wants a DPoP proof with every token request, and Torq sends none.")
            .why("In the Code flow Torq exchanges a code for the token. Okta refuses that without the proof (invalid_dpop_proof), so nobody gets in.")
            .fix(format!(
                "Untick \"Require Demonstrating Proof of Possession (DPoP) header in token requests\" under {}.",
                console::OKTA_GENERAL
            ))
            .related(wizard_spot("flow"), FLOW)
            .done();
    }
    Ok(())
}

pub(super) fn pkce_required(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    if in_the_way(facts, |app| &app.pkce_required, |required| *required)?.is_some() {
        report
            .finding(app_spot(path::credentials("pkce_required")), &[])
            .message("The app requires PKCE, and Torq does not say whether it sends it.")
            .why("In the Code flow Okta refuses a request without PKCE where the app requires it. If Torq sends none, nobody gets in.")
            .fix(format!(
                "Untick \"Require PKCE as additional verification\" under {}; or ask Torq Support whether Torq sends PKCE, and test with one person first.",
                console::OKTA_CLIENT_CREDENTIALS
            ))
            .related(wizard_spot("flow"), FLOW)
            .done();
    }
    Ok(())
}

pub(super) fn client_network_zone(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    if in_the_way(facts, |app| &app.client_network, |connection| connection != "ANYWHERE")?.is_some() {
        let network = client_spot("network").place;
        report
            .finding(
                Spot::value(Place::new(network.document, network.path.key("connection"))),
                &[],
            )
            .message("The app takes token requests from some network zones only.")
            .why("In the Code flow the token request comes from Torq's servers, not from the person's network. If the zones leave Torq's addresses out, Okta refuses it and nobody gets in.")
            .fix(format!(
                "Allow any IP in the network setting under {}; or ask Torq Support for Torq's outgoing addresses and put them into the zone.",
                console::OKTA_GENERAL
            ))
            .related(wizard_spot("flow"), FLOW)
            .done();
    }
    Ok(())
}
