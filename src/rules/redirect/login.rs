//! Rules about sign-ins that begin at Okta: "Login initiated by", the Initiate login URI, the application icon.

use crate::document::{DocumentName, JsonPath};
use crate::finding::{Prose, Spot};
use crate::model::connection::addresses;
use crate::model::okta::{App, path};
use crate::model::{Cause, Fact, Gap, Place};

use super::address::{Address, REGIONS};
use crate::rules::console;
use crate::rules::facts::{Facts, Reporter};
use crate::rules::rows::{app_spot, client_spot};

/// Okta's "Login initiated by".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LoginFrom {
    /// "App Only".
    App,
    /// "Either Okta or App", "Redirect to app to initiate login (OIDC Compliant)".
    EitherByRedirect,
    /// "Either Okta or App", "Send ID Token directly to app (Okta Simplified)".
    EitherByToken,
}

fn mode_path() -> JsonPath {
    path::oauth_client("idp_initiated_login").key("mode")
}

/// Every answer of Okta has the mode, so a document without it leaves it unknown.
fn login_from(app: &App) -> Result<LoginFrom, Gap> {
    let gap = |cause| Gap::new(DocumentName::App, mode_path(), cause);
    match app.idp_initiated_login.need()?.map(String::as_str) {
        Some("DISABLED") => Ok(LoginFrom::App),
        Some("SPEC") => Ok(LoginFrom::EitherByRedirect),
        Some("OKTA") => Ok(LoginFrom::EitherByToken),
        Some(other) => Err(gap(Cause::Undecided(format!("the login mode {other} is not documented")))),
        None => Err(gap(Cause::NotThere)),
    }
}

/// The path of Torq's sign-in page that takes the SSO domain (facts, SSO settings).
const SIGN_IN_PATH: &str = "/auth/SSOSignIn";
const DOMAIN: &str = "domain";

pub(super) fn initiate_login_uri_wrong(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let app = facts.app()?;
    if login_from(app)? == LoginFrom::App {
        return Ok(());
    }
    let uri = app.initiate_login_uri.need()?.map(String::as_str).filter(|uri| !uri.is_empty());
    let wrong = match uri {
        None => "The app has no Initiate login URI, and login may start at Okta.".to_owned(),
        Some(uri) => match fault(facts, uri)? {
            Some(fault) => format!("The app's Initiate login URI {uri} {fault}."),
            None => return Ok(()),
        },
    };
    let wizard = &facts.world.wizard;
    let value = match (wizard.region.known(), wizard.sso_domain.known()) {
        (Some(region), Some(domain)) => {
            format!("Type https://{}{SIGN_IN_PATH}?{DOMAIN}={domain}", addresses(*region).app_host)
        }
        _ => format!(
            "Type https://(host of your Torq app){SIGN_IN_PATH}?{DOMAIN}=(your SSO domain), such as https://app.torq.io{SIGN_IN_PATH}?{DOMAIN}=acme.com,"
        ),
    };
    report
        .finding(client_spot("initiate_login_uri"), &[uri.unwrap_or_default()])
        .message(wrong)
        .why(match uri {
            None => "A click on the application icon on the Okta dashboard ends in an error page (404); those who begin at Torq are not concerned.",
            Some(_) => "Okta sends people who click the application icon to this URI. From a wrong one they do not come to Torq's sign-in page of your workspace; those who begin at Torq are not concerned.",
        })
        .fix(format!("{value} under {}.", console::OKTA_INITIATE_LOGIN_URI))
        .related(Spot::value(Place::new(DocumentName::App, mode_path())), Prose::from("Login may start at Okta"))
        .done();
    Ok(())
}

/// What is wrong with an Initiate login URI, as the end of a sentence. Only what is certain: scheme, host and SSO domain; not the path.
fn fault(facts: &Facts<'_>, uri: &str) -> Result<Option<String>, Gap> {
    let Some(address) = Address::read(uri) else { return Ok(Some("is not a URL".to_owned())) };
    if !address.is_https() {
        return Ok(Some("does not begin with https".to_owned()));
    }
    if !REGIONS.iter().any(|region| address.is_on(addresses(*region).app_host)) {
        return Ok(Some("is not on the host of the Torq app".to_owned()));
    }
    let domain = address.parameter(DOMAIN);
    if address.path == SIGN_IN_PATH && domain.is_none_or(str::is_empty) {
        return Ok(Some(format!("names no SSO domain ({DOMAIN}=)")));
    }
    let region = facts.world.wizard.region.need()?;
    if let Some(host) = region.map(|region| addresses(*region).app_host)
        && !address.is_on(host)
    {
        return Ok(Some(format!("is of another region: the Torq app is on {host}")));
    }
    let (Some(domain), Some(own)) = (domain, facts.world.wizard.sso_domain.need()?) else { return Ok(None) };
    Ok((!domain.eq_ignore_ascii_case(own))
        .then(|| format!("names the SSO domain {domain}, and Torq's is {own}")))
}

pub(super) fn login_only_from_app(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    if login_from(facts.app()?)? != LoginFrom::App {
        return Ok(());
    }
    report
        .finding(app_spot(mode_path()), &["idp_initiated_login"])
        .message("Login is initiated by \"App Only\"; Torq asks for \"Either Okta or App\".")
        .why("Nobody who begins at Torq is locked out. People who look for Torq on their Okta dashboard do not find it and think that they have no access.")
        .fix(format!(
            "Choose \"Either Okta or App\" under {}, with \"Redirect to app to initiate login (OIDC Compliant)\" and an Initiate login URI.",
            console::OKTA_LOGIN_INITIATED_BY
        ))
        .done();
    Ok(())
}

pub(super) fn login_sends_id_token(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    if login_from(facts.app()?)? != LoginFrom::EitherByToken {
        return Ok(());
    }
    report
        .finding(app_spot(mode_path()), &["idp_initiated_login"])
        .message("Login from Okta is set to \"Send ID Token directly to app (Okta Simplified)\".")
        .why("Okta then posts an ID token that Torq did not ask for. Torq's page handles the answer to its own request, so a click on the application icon most likely ends in an error; those who begin at Torq are not concerned.")
        .fix(format!(
            "Choose \"Redirect to app to initiate login (OIDC Compliant)\" under {}.",
            console::OKTA_LOGIN_INITIATED_BY
        ))
        .done();
    Ok(())
}

pub(super) fn app_icon_hidden(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let app = facts.app()?;
    if login_from(app)? == LoginFrom::App {
        return Ok(());
    }
    let icon = JsonPath::root().key("visibility").key("hide").key("web");
    match &app.hidden_on_web {
        Fact::Known(false) => return Ok(()),
        Fact::Known(true) => {}
        Fact::Absent => return Err(Gap::new(DocumentName::App, icon, Cause::NotThere)),
        Fact::Unknown(gap) => return Err(gap.clone()),
    }
    report
        .finding(app_spot(icon), &["visibility"])
        .message("The application icon is hidden, and login may start at Okta.")
        .why("Nobody who begins at Torq is locked out. People who look for Torq on their Okta dashboard do not find it and think that they have no access.")
        .fix(format!(
            "Check \"Display application icon to users\", beside {}. In Terraform: hide_web = false, since the provider hides it by default.",
            console::OKTA_LOGIN_INITIATED_BY
        ))
        .related(Spot::value(Place::new(DocumentName::App, mode_path())), Prose::from("Login may start at Okta"))
        .done();
    Ok(())
}
