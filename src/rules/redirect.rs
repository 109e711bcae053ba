//! Rules about the redirect: gate G2, and sign-ins that begin at Okta.

use crate::document::connection::Region;
use crate::finding::{Prose, Spot};
use crate::model::Gap;
use crate::model::connection::addresses;
use crate::signin::request::GateState;

use super::catalogue::{Rule, rule};
use super::console;
use super::facts::{Facts, Reporter};
use super::rows::{client_spot, wizard_spot};

pub static RULES: [Rule; 1] = [rule!("redirect", "redirect-uri-mismatch", redirect_uri_mismatch)];

const REGIONS: [Region; 3] = [Region::Us, Region::Eu, Region::Jp];

fn redirect_uri_mismatch(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let asked =
        facts.world.wizard.login_redirect_url.need_known(&crate::document::DocumentName::Connection)?;
    let app = facts.app()?;
    let registered = app.redirect_uris.need()?.map_or(&[][..], Vec::as_slice);
    match &facts.sign_in.request.redirect {
        GateState::Passes => return Ok(()),
        GateState::Unknown(gap) => return Err(gap.clone()),
        GateState::Fails(_) => {}
    }
    if is_other_regions(facts, asked) {
        return Ok(());
    }
    let nearest = registered.iter().enumerate().min_by_key(|(_, uri)| strsim::levenshtein(uri, asked));
    let message = match nearest {
        Some((_, uri)) => format!(
            "Torq's Login Redirect URL {asked} is not among the app's sign-in redirect URIs. {}",
            difference(uri, asked)
        ),
        None => format!(
            "Torq's Login Redirect URL {asked} is not registered: the app has no sign-in redirect URI."
        ),
    };
    let spot = match nearest {
        Some((index, _)) => {
            let spot = client_spot("redirect_uris");
            Spot {
                place: crate::model::Place::new(spot.place.document, spot.place.path.index(index)),
                ..spot
            }
        }
        None => client_spot("redirect_uris"),
    };
    report
        .finding(spot, &[asked])
        .message(message)
        .why("Okta compares redirect URIs character by character and answers every sign-in with an error page (400), so nobody gets in.")
        .fix(format!("Add {asked} under {}.", console::OKTA_SIGN_IN_REDIRECT_URIS))
        .related(wizard_spot("login_redirect_url"), Prose::from("Torq asks for this URL"))
        .done();
    Ok(())
}

/// Whether Torq's value is the Login Redirect URL of another region than the workspace's.
fn is_other_regions(facts: &Facts<'_>, asked: &str) -> bool {
    let Some(own) = facts.world.wizard.region.known() else { return false };
    REGIONS.iter().any(|region| region != own && addresses(*region).login_redirect_url == Some(asked))
}

/// What differs between the nearest registered redirect URI and Torq's.
fn difference(registered: &str, asked: &str) -> String {
    let what = if registered.trim_end_matches('/') == asked.trim_end_matches('/') {
        "only by a slash at the end"
    } else if registered.eq_ignore_ascii_case(asked) {
        "only by case"
    } else if registered.trim() == asked {
        "only by white space"
    } else if registered.replacen("http://", "https://", 1) == asked {
        "by the scheme: http instead of https"
    } else if registered.replace("/_/", "/__/") == asked {
        "by one underscore: /_/ instead of /__/"
    } else if registered.replacen("https://http://", "https://", 1).replace("/_/", "/__/") == asked {
        "by a doubled scheme"
    } else if registered.replace("eu.app.torq.io", "app.eu.torq.io") == asked {
        "by the order of the host's labels: eu.app instead of app.eu"
    } else {
        return format!("The nearest is {registered}.");
    };
    format!("The nearest, {registered}, differs {what}.")
}
