//! Rules about the redirect: gate G2, and what else is registered beside Torq's URL. Sign-ins that begin at Okta are in `login`.

mod address;
mod login;

use std::collections::BTreeSet;

use crate::document::DocumentName;
use crate::document::connection::Region;
use crate::finding::{Prose, Spot};
use crate::model::connection::addresses;
use crate::model::{Fact, Gap, Place};
use crate::signin::request::{GateState, wildcard_takes};

use self::address::{Address, REGIONS, difference, has_blanks, region_name, region_of};
use super::console;
use super::facts::{Draft, Facts, Reporter};
use super::rows::{client_spot, wizard_spot};
use super::rule::{Rule, rule};

pub static RULES: [Rule; 10] = [
    rule!("redirect", "redirect-uri-mismatch", redirect_uri_mismatch),
    rule!("redirect", "redirect-uri-wrong-region", redirect_uri_wrong_region),
    rule!("redirect", "redirect-uri-cross-site", redirect_uri_cross_site),
    rule!("redirect", "redirect-uri-wildcard", redirect_uri_wildcard),
    rule!("redirect", "redirect-uri-insecure", redirect_uri_insecure),
    rule!("redirect", "redirect-uri-leftover", redirect_uri_leftover),
    rule!("redirect", "initiate-login-uri-wrong", login::initiate_login_uri_wrong),
    rule!("redirect", "login-only-from-app", login::login_only_from_app),
    rule!("redirect", "login-sends-id-token", login::login_sends_id_token),
    rule!("redirect", "app-icon-hidden", login::app_icon_hidden),
];

/// Why nobody gets in while Torq's URL is not registered.
const REFUSED: &str = "Okta compares redirect URIs character by character and answers every sign-in with an error page (400), so nobody gets in.";

/// Torq's Login Redirect URL, which the app does not take (G2 fails).
struct Unregistered<'a> {
    asked: &'a str,
    registered: &'a [String],
    /// The registered URI that is nearest, with its index.
    nearest: Option<(usize, &'a str)>,
    /// The region of the workspace, as `connection.yaml` says or as Torq's URL shows.
    own: Option<Region>,
    foreign: Option<Foreign<'a>>,
}

/// Which of the two is the URL of a region that is not the workspace's.
enum Foreign<'a> {
    Asked(Region),
    /// A registered URI, by its index.
    Nearest {
        index: usize,
        uri: &'a str,
        region: Region,
    },
}

/// `None` where G2 passes.
fn unregistered<'a>(facts: &Facts<'a>) -> Result<Option<Unregistered<'a>>, Gap> {
    let asked = facts.world.wizard.login_redirect_url.need_known(&DocumentName::Connection)?;
    let registered = facts.app()?.redirect_uris.need()?.map_or(&[][..], Vec::as_slice);
    match &facts.sign_in.request.redirect {
        GateState::Passes => return Ok(None),
        GateState::Unknown(gap) => return Err(gap.clone()),
        GateState::Fails(_) => {}
    }
    let nearest = registered
        .iter()
        .enumerate()
        .min_by_key(|(_, uri)| (difference(uri, asked).is_none(), strsim::levenshtein(uri, asked)))
        .map(|(index, uri)| (index, uri.as_str()));
    let own = facts.world.wizard.region.known().copied().or_else(|| region_of(asked));
    let another = |uri: &str| region_of(uri).filter(|region| own.is_some_and(|own| own != *region));
    let foreign = another(asked).map(Foreign::Asked).or_else(|| {
        nearest.and_then(|(index, uri)| another(uri).map(|region| Foreign::Nearest { index, uri, region }))
    });
    Ok(Some(Unregistered { asked, registered, nearest, own, foreign }))
}

fn redirect_uri_mismatch(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let Some(Unregistered { asked, registered, nearest, own, foreign: None }) = unregistered(facts)? else {
        return Ok(());
    };
    let by = nearest.and_then(|(_, uri)| difference(uri, asked));
    let message = format!("Torq's Login Redirect URL {asked} is not among the app's sign-in redirect URIs");
    let wildcard = registered.iter().find(|uri| wildcard_takes(uri, asked));
    let message = match (nearest, &by, wildcard) {
        (Some((_, uri)), Some(by), _) => format!("{message}. The nearest, {uri}, differs only by {by}."),
        (_, None, Some(uri)) => {
            format!("{message}. {uri} would take it, but wildcards are not allowed in this app.")
        }
        (Some((_, uri)), None, None) => format!("{message}. The nearest is {uri}."),
        (None, _, _) => format!("{message}: the app has none."),
    };
    let spot = match nearest {
        _ if has_blanks(asked) => wizard_spot("login_redirect_url"),
        Some((index, _)) if by.is_some() => redirect_spot(index),
        _ => client_spot("redirect_uris"),
    };
    let documented = own.and_then(|region| addresses(region).login_redirect_url);
    let fix = match documented {
        _ if has_blanks(asked) => format!(
            "Copy the value again from {} > Login Redirect URL into connection.yaml: no URL has white space or invisible characters in it.",
            console::TORQ_SSO
        ),
        Some(documented) if registered.iter().any(|uri| uri == documented) => format!(
            "Look at {} > Login Redirect URL. If it shows {documented}, which the app has, correct torq.login_redirect_url in connection.yaml; if it shows {asked}, add {asked} under {}.",
            console::TORQ_SSO,
            console::OKTA_SIGN_IN_REDIRECT_URIS
        ),
        _ => format!("Add {asked} under {}.", console::OKTA_SIGN_IN_REDIRECT_URIS),
    };
    let draft = report.finding(spot.clone(), &[asked]).message(message).why(REFUSED).fix(fix);
    let draft = if spot == wizard_spot("login_redirect_url") { draft } else { also_asked(draft) };
    draft.done();
    Ok(())
}

fn redirect_uri_wrong_region(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let Some(unregistered) = unregistered(facts)? else { return Ok(()) };
    let Unregistered { asked, own: Some(own), foreign: Some(foreign), .. } = unregistered else {
        return Ok(());
    };
    let workspace = region_name(own);
    let draft = match foreign {
        Foreign::Nearest { index, uri, region } => also_asked(report
            .finding(redirect_spot(index), &[asked])
            .message(format!(
                "The app's sign-in redirect URI {uri} is that of Torq's {} region. The workspace is in the {workspace} region, and Torq's Login Redirect URL {asked} is not registered.",
                region_name(region)
            ))
            .fix(format!("Add {asked} under {}.", console::OKTA_SIGN_IN_REDIRECT_URIS))),
        Foreign::Asked(region) => report
            .finding(wizard_spot("login_redirect_url"), &[asked])
            .message(format!(
                "Torq's Login Redirect URL {asked} is that of the {} region, and the workspace is in the {workspace} region. It is not among the app's sign-in redirect URIs.",
                region_name(region)
            ))
            .fix(format!(
                "Look at {} > Login Redirect URL{}. Correct torq.login_redirect_url or torq.region in connection.yaml, and see that the value that Torq shows is under {}.",
                console::TORQ_SSO,
                addresses(own)
                    .login_redirect_url
                    .map_or_else(String::new, |url| format!(" (for the {workspace} region it is {url})")),
                console::OKTA_SIGN_IN_REDIRECT_URIS
            )),
    };
    let draft = draft.why(REFUSED);
    let draft = if facts.world.wizard.region.known().is_some() {
        draft.related(wizard_spot("region"), Prose::from("The region of the workspace"))
    } else {
        draft
    };
    draft.done();
    Ok(())
}

fn redirect_uri_cross_site(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let asked = facts.world.wizard.login_redirect_url.need_known(&DocumentName::Connection)?;
    let Some(address) = Address::read(asked) else { return Ok(()) };
    let on_an_app_host = REGIONS.iter().any(|region| address.is_on(addresses(*region).app_host));
    let region = match &facts.world.wizard.region {
        Fact::Known(region) => Some(*region),
        // On no region's host it is on another host than the app's, whatever the region.
        Fact::Absent | Fact::Unknown(_) if !on_an_app_host => None,
        Fact::Absent => return Err(Facts::not_there(DocumentName::Connection)),
        Fact::Unknown(gap) => return Err(gap.clone()),
    };
    if region.is_some_and(|region| address.is_on(addresses(region).app_host)) {
        return Ok(());
    }
    if unregistered(facts).is_ok_and(|found| found.is_some_and(|found| found.foreign.is_some())) {
        return Ok(());
    }
    let of_region = region.map(addresses);
    let app = of_region.map_or_else(
        || "which is not one of Torq's app hosts".to_owned(),
        |of_region| format!("and the Torq app is on {}", of_region.app_host),
    );
    let value = of_region
        .and_then(|of_region| of_region.login_redirect_url)
        .map_or_else(|| "the host of the Torq app".to_owned(), str::to_owned);
    let mut fix = format!(
        "Add the new value under {} first, beside the old one. Then ask Torq Support to move the workspace's Login Redirect URL to {value}, and remove the old value when people have signed in with the new one.",
        console::OKTA_SIGN_IN_REDIRECT_URIS
    );
    if on_an_app_host {
        fix = format!(
            "See whether torq.region and torq.login_redirect_url in connection.yaml are what {} shows. If they are: {fix}",
            console::TORQ_SSO
        );
    }
    report
        .finding(wizard_spot("login_redirect_url"), &[asked])
        .message(format!("Torq's Login Redirect URL is on the host {}, {app}.", address.host))
        .why("After Okta, the answer passes through a page of that other host. Safari since 16.1, Firefox since 109 and Chrome since 115 keep what it stores apart from the Torq app, so the sign-in is dropped and people are back at the sign-in page.")
        .fix(fix)
        .done();
    Ok(())
}

fn redirect_uri_wildcard(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let app = facts.app()?;
    if app.wildcard_redirect.need()? != Some(&true) {
        return Ok(());
    }
    let registered = app.redirect_uris.known().map_or(&[][..], Vec::as_slice);
    let asked = facts.world.wizard.login_redirect_url.known();
    let by_wildcard_alone = asked.filter(|asked| {
        !registered.contains(asked) && registered.iter().any(|uri| wildcard_takes(uri, asked))
    });
    let first = match by_wildcard_alone {
        Some(asked) => {
            format!(
                "First add {asked}, which only a wildcard allows now; without it nobody gets in. Then turn"
            )
        }
        None => "Turn".to_owned(),
    };
    let mut draft = report
        .finding(client_spot("wildcard_redirect"), &["wildcard_redirect"])
        .message("Wildcards are allowed in the app's sign-in redirect URIs.")
        .why("Nobody is locked out by this. But Okta sends ID tokens to every subdomain that a wildcard takes, also to one that someone else gets hold of.")
        .fix(format!("{first} wildcards off under {}.", console::OKTA_SIGN_IN_REDIRECT_URIS));
    for (index, _) in registered.iter().enumerate().filter(|(_, uri)| uri.contains('*')) {
        draft = draft.related(redirect_spot(index), Prose::from("A URI with a wildcard"));
    }
    draft.done();
    Ok(())
}

fn redirect_uri_insecure(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let asked = facts.world.wizard.login_redirect_url.known();
    for (index, uri) in distinct(facts)? {
        let Some(address) = Address::read(uri) else { continue };
        let (what, why) = if address.is_loopback() {
            (
                "leads to the person's own computer",
                "Nobody is locked out by this. But any program on that computer can wait there for an ID token; such a URI is mostly left over from a test.",
            )
        } else if address.is_http() {
            (
                "is not encrypted",
                "Nobody is locked out by this alone. But an ID token that is sent over http can be read on the way.",
            )
        } else {
            continue;
        };
        let first = match asked {
            Some(asked) if asked == uri => {
                "Ask Torq Support for a Login Redirect URL with https, add that one".to_owned()
            }
            Some(asked) if difference(uri, asked).is_some() => format!("See that {asked} is registered"),
            _ => "See that nothing uses it".to_owned(),
        };
        report
            .finding(redirect_spot(index), &[uri])
            .message(format!("The sign-in redirect URI {uri} {what}."))
            .why(why)
            .fix(format!("{first}; then remove {uri} under {}.", console::OKTA_SIGN_IN_REDIRECT_URIS))
            .done();
    }
    Ok(())
}

fn redirect_uri_leftover(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let asked = &facts.world.wizard.login_redirect_url;
    for (index, uri) in distinct(facts)? {
        if Address::read(uri).is_some_and(|address| address.is_torqs()) {
            continue;
        }
        match asked {
            Fact::Known(asked) if asked == uri || wildcard_takes(uri, asked) => continue,
            // Torq's value may be on a host that is not Torq's (redirect-uri-cross-site).
            Fact::Unknown(gap) => {
                report.cannot_tell(gap.clone());
                continue;
            }
            Fact::Known(_) | Fact::Absent => {}
        }
        report
            .finding(redirect_spot(index), &[uri])
            .message(format!("The sign-in redirect URI {uri} is not Torq's."))
            .why("Nobody is locked out by this. But Okta sends ID tokens of this app there, and each URI that nobody needs is one more place to lose one.")
            .fix(format!(
                "See that nothing uses it; then remove {uri} under {}.",
                console::OKTA_SIGN_IN_REDIRECT_URIS
            ))
            .done();
    }
    Ok(())
}

fn also_asked(draft: Draft<'_>) -> Draft<'_> {
    draft.related(wizard_spot("login_redirect_url"), Prose::from("Torq asks for this URL"))
}

/// The registered redirect URIs with their index, each once.
fn distinct<'a>(facts: &Facts<'a>) -> Result<Vec<(usize, &'a str)>, Gap> {
    let registered = facts.app()?.redirect_uris.need()?.map_or(&[][..], Vec::as_slice);
    let mut seen = BTreeSet::new();
    let each = registered.iter().enumerate().map(|(index, uri)| (index, uri.as_str()));
    Ok(each.filter(|(_, uri)| seen.insert(*uri)).collect())
}

fn redirect_spot(index: usize) -> Spot {
    let spot = client_spot("redirect_uris");
    Spot { place: Place::new(spot.place.document, spot.place.path.index(index)), ..spot }
}
