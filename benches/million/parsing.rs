//! What everything is measured against: one thread reads the same files and parses them with `serde_json` into the same fields, and does
//! nothing else.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use ssolint::document::manifest::Manifest;
use ssolint::document::{okta, torq};

/// Keeps what was parsed until the process ends; freeing it is not measured.
fn parse<T: DeserializeOwned>(path: &Path) -> usize {
    let bytes = fs::read(path).unwrap();
    let value: T = serde_json::from_slice(&bytes).unwrap();
    std::mem::forget(value);
    bytes.len()
}

/// Every JSON document of the folder into the tool's own shapes.
pub fn owned(folder: &Path) -> usize {
    let at = |name: &str| folder.join(name);
    let mut bytes = parse::<Manifest>(&at("manifest.json"))
        + parse::<okta::App>(&at("okta/app.json"))
        + parse::<okta::Organization>(&at("okta/organization.json"))
        + parse::<okta::OpenidConfiguration>(&at("okta/openid-configuration.json"))
        + parse::<okta::IdToken>(&at("okta/id-token.json"))
        + parse::<Vec<okta::FederatedClaim>>(&at("okta/federated-claims.json"))
        + parse::<Vec<okta::GroupRule>>(&at("okta/group-rules.json"))
        + parse::<Vec<okta::AccessPolicyRule>>(&at("okta/access-policy-rules.json"))
        + parse::<Vec<okta::AppGroup>>(&at("okta/app-groups.json"))
        + parse::<Vec<okta::Group>>(&at("okta/groups.json"))
        + parse::<Vec<okta::User>>(&at("okta/users.json"))
        + parse::<Vec<okta::AppUser>>(&at("okta/app-users.json"))
        + parse::<torq::ClaimMappings>(&at("torq/claim-mappings.json"))
        + parse::<torq::Roles>(&at("torq/roles.json"))
        + parse::<torq::Users>(&at("torq/users.json"));
    for entry in fs::read_dir(at("okta/group-users")).unwrap() {
        bytes += parse::<Vec<okta::Member>>(&entry.unwrap().path());
    }
    for entry in fs::read_dir(at("okta/user-groups")).unwrap() {
        bytes += parse::<Vec<okta::Group>>(&entry.unwrap().path());
    }
    bytes
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct User<'t> {
    id: &'t str,
    status: Option<&'t str>,
    #[serde(borrow)]
    profile: Option<Profile<'t>>,
    #[serde(borrow)]
    credentials: Option<Credentials<'t>>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Profile<'t> {
    login: Option<&'t str>,
    email: Option<&'t str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)]
struct Credentials<'t> {
    #[serde(borrow)]
    provider: Option<Provider<'t>>,
    user_name: Option<&'t str>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Provider<'t> {
    #[serde(rename = "type")]
    kind: Option<&'t str>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct AppUser<'t> {
    id: &'t str,
    scope: Option<&'t str>,
    status: Option<&'t str>,
    #[serde(borrow)]
    credentials: Option<Credentials<'t>>,
    #[serde(borrow)]
    profile: Option<Profile<'t>>,
    #[serde(rename = "_links", borrow)]
    links: Option<Links<'t>>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Links<'t> {
    #[serde(borrow)]
    group: Option<Link<'t>>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Link<'t> {
    href: Option<&'t str>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Member<'t> {
    id: &'t str,
}

fn parse_borrowed<T>(path: &Path, parse: impl FnOnce(&str) -> T) -> usize {
    let text = fs::read_to_string(path).unwrap();
    std::mem::forget(parse(&text));
    text.len()
}

/// The same for the large lists, with strings that only point into the text: it could not be kept without the text.
pub fn borrowed(folder: &Path) -> usize {
    let at = |name: &str| folder.join(name);
    let mut bytes = parse_borrowed(&at("okta/users.json"), |text| {
        serde_json::from_str::<Vec<User<'_>>>(text).unwrap().len()
    }) + parse_borrowed(&at("okta/app-users.json"), |text| {
        serde_json::from_str::<Vec<AppUser<'_>>>(text).unwrap().len()
    });
    for entry in fs::read_dir(at("okta/group-users")).unwrap() {
        bytes += parse_borrowed(&entry.unwrap().path(), |text| {
            serde_json::from_str::<Vec<Member<'_>>>(text).unwrap().len()
        });
    }
    bytes + parse::<Vec<okta::Group>>(&at("okta/groups.json"))
}
