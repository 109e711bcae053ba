//! G1: the app is there, is an OIDC web app, can be read, and is the one that Torq's client ID names.

use crate::document::{DocumentName, JsonPath};
use crate::model::Gap;
use crate::model::okta::path;
use crate::rules::console;
use crate::rules::facts::{Facts, Reporter};
use crate::rules::rows::{app_spot, client_spot, wizard_spot};

use super::small_difference;

pub(super) fn app_inactive(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let status = facts.app()?.status.need_known(&DocumentName::App)?;
    let fix = match status.as_str() {
        "ACTIVE" => return Ok(()),
        "INACTIVE" => format!("Activate the app: {} > Activate.", console::OKTA_APP_STATUS),
        _ => format!(
            "Make an app again under {}, and type its Client ID and Client Secret into {}.",
            console::OKTA_CREATE_APP,
            console::TORQ_SSO
        ),
    };
    report
        .finding(app_spot(JsonPath::root().key("status")), &[])
        .message(format!("The Torq app in Okta is {status}, not ACTIVE."))
        .why("Okta lets nobody sign in through an app that is not active, whoever is assigned to it.")
        .fix(fix)
        .done();
    Ok(())
}

pub(super) fn app_not_oidc_web(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let app = facts.app()?;
    let fix = format!(
        "Okta cannot change the kind of an app. Make a new one under {}, type its Client ID and Client Secret into {}, and delete the old app only when people have signed in through the new one.",
        console::OKTA_CREATE_APP,
        console::TORQ_SSO
    );
    match app.sign_on_mode.need_known(&DocumentName::App) {
        Ok(mode) if mode != "OPENID_CONNECT" => {
            report
                .finding(app_spot(JsonPath::root().key("signOnMode")), &["signOnMode"])
                .message(format!("The app's sign-on mode is {mode}, not OPENID_CONNECT."))
                .why("Torq's SSO for Okta is OpenID Connect: an app of another kind has no client ID to answer Torq with, so nobody gets in.")
                .fix(fix)
                .done();
            return Ok(());
        }
        Ok(_) => {}
        Err(gap) => report.cannot_tell(gap),
    }
    let kind = app.application_type.need_known(&DocumentName::App)?;
    if kind != "web" {
        report
            .finding(client_spot("application_type"), &["application_type"])
            .message(format!("The app's application type is {kind}, not web."))
            .why("Torq signs people in as a web application with a client secret. The vendor's guide asks for an app of this type; with another one, sign-ins fail.")
            .fix(fix)
            .done();
    }
    Ok(())
}

pub(super) fn app_not_auditable(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    if facts.app()?.catalogue {
        report
            .finding(app_spot(JsonPath::root().key("name")), &[])
            .message("The Torq app comes from Okta's catalogue, and Okta's API does not show the OIDC settings of such an app: client ID, redirect URIs, grant types, client authentication and issuer are not checked.")
            .why("This locks nobody out by itself. But a wrong redirect URI or grant type, which would lock out everybody, cannot be seen here.")
            .fix(format!(
                "Compare these settings with Torq's by hand under {}; or use an app of your own ({}), which can be checked.",
                console::OKTA_GENERAL,
                console::OKTA_CREATE_APP
            ))
            .done();
    }
    Ok(())
}

pub(super) fn client_id_mismatch(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let registered = facts.app()?.client_id.need_known(&DocumentName::App)?;
    let asked = facts.world.wizard.client_id.need_known(&DocumentName::Connection)?;
    if asked == registered {
        return Ok(());
    }
    // Torq's value is not repeated: a client secret may have been typed into the wrong field.
    let difference = small_difference(asked, registered)
        .map_or_else(String::new, |difference| format!(" The two differ {difference}."));
    report
        .finding(wizard_spot("client_id"), &[registered])
        .message(format!("Torq's Client ID is not the Okta app's, which is {registered}.{difference}"))
        .why("Okta answers a client ID that it does not know with an error page. One of another app has that app's redirect URIs, assignments and claims. Either way people do not get into Torq.")
        .fix(format!(
            "Copy {registered} from {} into {} > Client ID. If Torq's value is right, the snapshot is of another app: take the one with Torq's Client ID.",
            console::OKTA_CLIENT_CREDENTIALS,
            console::TORQ_SSO
        ))
        .related(app_spot(path::credentials("client_id")), "The app's client ID")
        .done();
    Ok(())
}
