//! What is the same for everyone: Torq's request and Okta's answer to it, gates G1 to G3 and the issuer of G6.

use crate::document::connection::Flow;
use crate::document::{DocumentName, JsonPath};
use crate::model::{Cause, Fact, Gap, World};

use super::claim_source::{self, Server};

/// One gate, for everyone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GateState {
    Passes,
    Fails(String),
    Unknown(Gap),
}

impl GateState {
    /// Of several conditions, the first known to fail decides, else the first that is unknown.
    pub fn all(conditions: impl IntoIterator<Item = GateState>) -> Self {
        let mut state = Self::Passes;
        for condition in conditions {
            match condition {
                Self::Fails(_) => return condition,
                Self::Unknown(_) if state == Self::Passes => state = condition,
                Self::Passes | Self::Unknown(_) => {}
            }
        }
        state
    }

    pub fn passes(&self) -> bool {
        *self == Self::Passes
    }

    pub fn fails(&self) -> bool {
        matches!(self, Self::Fails(_))
    }
}

/// The gates that do not depend on the person.
#[derive(Debug, Clone)]
pub struct Request {
    pub client: GateState,
    pub redirect: GateState,
    pub request: GateState,
    /// The part of G6 that is the same for everyone: the issuer, and an expression that no token is issued for.
    pub issuer: GateState,
}

impl Request {
    pub fn new(world: &World) -> Self {
        Self {
            client: client(world),
            redirect: redirect(world),
            request: request(world),
            issuer: issuer(world),
        }
    }
}

/// Applies a condition to two facts.
fn both<A, B>(a: &Fact<A>, b: &Fact<B>, decide: impl FnOnce(&A, &B) -> GateState) -> GateState {
    match (a, b) {
        (Fact::Known(a), Fact::Known(b)) => decide(a, b),
        (Fact::Unknown(gap), _) | (_, Fact::Unknown(gap)) => GateState::Unknown(gap.clone()),
        (Fact::Absent, _) | (_, Fact::Absent) => {
            GateState::Unknown(Gap::document(DocumentName::App, Cause::NotThere))
        }
    }
}

fn one<A>(fact: &Fact<A>, decide: impl FnOnce(&A) -> GateState) -> GateState {
    both(fact, &Fact::Known(()), |value, ()| decide(value))
}

fn unless(failed: bool, reason: impl FnOnce() -> String) -> GateState {
    if failed { GateState::Fails(reason()) } else { GateState::Passes }
}

/// G1.
fn client(world: &World) -> GateState {
    let app = match &world.app {
        Fact::Known(app) => app,
        Fact::Unknown(gap) => return GateState::Unknown(gap.clone()),
        Fact::Absent => return GateState::Unknown(Gap::document(DocumentName::App, Cause::NotRead)),
    };
    GateState::all([
        one(&app.status, |status| unless(status != "ACTIVE", || format!("the Okta app is {status}"))),
        one(&app.sign_on_mode, |mode| {
            unless(mode != "OPENID_CONNECT", || {
                format!("the Okta app's sign-on mode is {mode}, not OPENID_CONNECT")
            })
        }),
        one(&app.application_type, |kind| {
            unless(kind != "web", || format!("the Okta app's application type is {kind}, not web"))
        }),
        both(&world.wizard.client_id, &app.client_id, |asked, registered| {
            unless(asked != registered, || "Torq's client ID is not the Okta app's".to_owned())
        }),
    ])
}

/// G2.
fn redirect(world: &World) -> GateState {
    let Some(app) = world.app.known() else { return unread_app(world) };
    both(&world.wizard.login_redirect_url, &app.redirect_uris, |asked, registered| {
        if registered.iter().any(|uri| uri == asked) {
            return GateState::Passes;
        }
        let wildcards: Vec<&String> = registered.iter().filter(|uri| wildcard_takes(uri, asked)).collect();
        match &app.wildcard_redirect {
            Fact::Known(true) if !wildcards.is_empty() => GateState::Passes,
            Fact::Unknown(gap) if !wildcards.is_empty() => GateState::Unknown(gap.clone()),
            _ => GateState::Fails(
                "Torq's Login Redirect URL is not among the Okta app's sign-in redirect URIs".to_owned(),
            ),
        }
    })
}

/// G2.2: one `*` in the lowest label of an `https` URI stands for one label or a part of it.
pub fn wildcard_takes(registered: &str, asked: &str) -> bool {
    let (Some(pattern), Some(asked)) = (registered.strip_prefix("https://"), asked.strip_prefix("https://"))
    else {
        return false;
    };
    let Some((before, after)) = pattern.split_once('*') else { return false };
    let own_label = after.split(['/', ':', '?', '#']).next().unwrap_or(after);
    if before.contains(['.', '/', ':', '?', '#']) || after.contains('*') || !own_label.contains('.') {
        return false;
    }
    asked.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).is_some_and(|middle| {
        !middle.is_empty() && middle.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    })
}

fn unread_app(world: &World) -> GateState {
    let gap = world.app.gap().cloned();
    GateState::Unknown(gap.unwrap_or_else(|| Gap::document(DocumentName::App, Cause::NotRead)))
}

/// G3.
fn request(world: &World) -> GateState {
    let wizard = &world.wizard;
    let openid = one(&wizard.requested_scopes, |scopes| {
        unless(!scopes.iter().any(|scope| scope == "openid"), || {
            "Torq does not request the scope openid".to_owned()
        })
    });
    // Without a discovery document the scopes are not checked (G3.2).
    let supported = match unlisted_scopes(world) {
        Fact::Known(unlisted) => match (unlisted.unsupported.first(), unlisted.unpublished.first()) {
            (Some(scope), _) => GateState::Fails(format!(
                "the authorization server does not have the scope {scope} (invalid_scope)"
            )),
            (None, Some(scope)) => GateState::Unknown(unpublished(scope)),
            (None, None) => GateState::Passes,
        },
        Fact::Unknown(gap) if world.discovery.known().is_some_and(|d| d.scopes_supported.is_some()) => {
            GateState::Unknown(gap)
        }
        Fact::Unknown(_) | Fact::Absent => GateState::Passes,
    };
    let Some(app) = world.app.known() else {
        return GateState::all([openid, supported, unread_app(world)]);
    };
    let flow = match &wizard.flow {
        Fact::Known(flow) => *flow,
        Fact::Unknown(gap) => return GateState::all([openid, supported, GateState::Unknown(gap.clone())]),
        Fact::Absent => return GateState::all([openid, supported]),
    };
    let (response_type, grant_type) = flow_needs(flow);
    let allows = |list: &Fact<Vec<String>>, needed: &str, what: &str| {
        one(list, |allowed| {
            unless(!allowed.iter().any(|one| one == needed), || {
                format!("the Okta app does not allow the {what} {needed}")
            })
        })
    };
    let mut conditions = vec![
        openid,
        supported,
        allows(&app.response_types, response_type, "response type"),
        allows(&app.grant_types, grant_type, "grant type"),
    ];
    if flow == Flow::Code {
        conditions.push(one(&app.token_endpoint_auth_method, |method| {
            unless(!CLIENT_SECRET_METHODS.contains(&method.as_str()), || {
                format!("the Okta app authenticates clients by {method}, and Torq has a client secret")
            })
        }));
        conditions.push(one(&app.dpop_required, |required| {
            unless(*required, || "the Okta app requires DPoP".to_owned())
        }));
        conditions.push(one(&app.pkce_required, |required| {
            if *required {
                GateState::Unknown(Gap::new(
                    DocumentName::App,
                    crate::model::okta::path::credentials("pkce_required"),
                    Cause::Undecided(
                        "the Okta app requires PKCE, and whether Torq sends it is not documented".to_owned(),
                    ),
                ))
            } else {
                GateState::Passes
            }
        }));
    }
    GateState::all(conditions)
}

/// What Torq can authenticate with (G3.4).
pub const CLIENT_SECRET_METHODS: [&str; 2] = ["client_secret_basic", "client_secret_post"];

/// The response type and the grant type of a flow (G3.1).
pub fn flow_needs(flow: Flow) -> (&'static str, &'static str) {
    match flow {
        Flow::Implicit => ("id_token", "implicit"),
        Flow::Code => ("code", "authorization_code"),
    }
}

/// Requested scopes that the discovery document does not list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnlistedScopes<'w> {
    /// The server does not have them (G3.2).
    pub unsupported: Vec<&'w str>,
    /// A custom server's own scopes, which it lists only when they are published: it may have them. Source: the management OpenAPI
    /// file, `OAuth2ScopeMetadataPublish`, default `NO_CLIENTS`.
    pub unpublished: Vec<&'w str>,
}

/// Scopes that every Okta authorization server has and lists.
const PREDEFINED_SCOPES: [&str; 7] =
    ["openid", "profile", "email", "address", "phone", "offline_access", "device_sso"];

/// Unknown without a document that lists scopes.
pub fn unlisted_scopes(world: &World) -> Fact<UnlistedScopes<'_>> {
    let supported = match &world.discovery {
        Fact::Known(discovery) => Fact::required(
            discovery.scopes_supported.as_ref(),
            DocumentName::OpenidConfiguration,
            JsonPath::root().key("scopes_supported"),
        ),
        Fact::Absent => Fact::Absent,
        Fact::Unknown(gap) => Fact::Unknown(gap.clone()),
    };
    let custom = claim_source::server(world) == Server::Custom;
    supported.and_then(|supported| {
        world.wizard.requested_scopes.as_ref().map(|scopes| {
            let unlisted =
                scopes.iter().map(String::as_str).filter(|scope| !supported.iter().any(|s| s == scope));
            let (unpublished, unsupported) =
                unlisted.partition(|scope| custom && !PREDEFINED_SCOPES.contains(scope));
            UnlistedScopes { unsupported, unpublished }
        })
    })
}

/// What is missing to know whether a custom server has a scope that it does not list.
pub fn unpublished(scope: &str) -> Gap {
    Gap::new(
        DocumentName::OpenidConfiguration,
        JsonPath::root().key("scopes_supported"),
        Cause::Undecided(format!(
            "the authorization server does not list the scope {scope}, and lists its own scopes only when they are published"
        )),
    )
}

/// G6.1 and the connection's part of G6.9.
fn issuer(world: &World) -> GateState {
    let carried = claim_source::carried_groups(world).claims;
    // Of several such claims, one that is surely sent decides.
    let expression = GateState::all(carried.iter().filter_map(|names| {
        let limit = names.refuses_token()?;
        Some(match names.gap() {
            Some(gap) => GateState::Unknown(gap.clone()),
            None => GateState::Fails(format!(
                "the expression of the claim {} asks for {limit} groups, and Okta issues no token above 100",
                names.claim.name
            )),
        })
    }));
    GateState::all([issuer_url(world), expression])
}

/// G6.1: whether Torq's Issuer URL is the issuer of the tokens.
pub fn issuer_url(world: &World) -> GateState {
    let Fact::Known(asked) = &world.wizard.issuer_url else {
        let gap = world.wizard.issuer_url.gap().cloned();
        return GateState::Unknown(
            gap.unwrap_or_else(|| Gap::document(DocumentName::Connection, Cause::NotThere)),
        );
    };
    let slash = unless(asked.ends_with('/'), || {
        "Torq's Issuer URL ends in a slash, and no Okta issuer does".to_owned()
    });
    let discovery = match world.discovery.known().map(|discovery| discovery.issuer.as_ref()) {
        None => GateState::Passes,
        Some(None) => GateState::Unknown(Gap::new(
            DocumentName::OpenidConfiguration,
            JsonPath::root().key("issuer"),
            Cause::NotThere,
        )),
        Some(Some(issuer)) => unless(issuer != asked, || {
            format!("the discovery document names the issuer {issuer}, not Torq's Issuer URL")
        }),
    };
    let server = match claim_source::server(world) {
        Server::Custom => custom_issuer(world, asked),
        Server::Organization => organization_issuer(world, asked),
        Server::Unknown(gap) => GateState::Unknown(gap),
    };
    GateState::all([slash, server, discovery])
}

/// The issuers that the tokens may have (G6.1), as far as they are known: two where the app follows the domain that was asked.
pub fn issuers(world: &World) -> Vec<&str> {
    let (org_url, custom) = (world.wizard.org_url.known(), world.custom_url.known());
    let mode = world.app.known().and_then(|app| app.issuer_mode.known()).map(String::as_str);
    let issuers = match (claim_source::server(world), mode) {
        (Server::Custom, _) => {
            [world.authorization_server.known().and_then(|server| server.issuer.known()), None]
        }
        (Server::Organization, Some("ORG_URL")) => [org_url, None],
        (Server::Organization, Some("CUSTOM_URL")) => [custom, None],
        (Server::Organization, Some("DYNAMIC")) => [org_url, custom],
        (Server::Organization | Server::Unknown(_), _) => [None, None],
    };
    issuers.into_iter().flatten().map(String::as_str).collect()
}

fn custom_issuer(world: &World, asked: &str) -> GateState {
    let server = match &world.authorization_server {
        Fact::Known(server) => server,
        Fact::Unknown(gap) => return GateState::Unknown(gap.clone()),
        Fact::Absent => {
            return GateState::Unknown(Gap::document(DocumentName::AuthorizationServer, Cause::NotRead));
        }
    };
    GateState::all([
        one(&server.status, |status| {
            unless(status != "ACTIVE", || format!("the authorization server is {status}"))
        }),
        one(&server.issuer, |issuer| match mismatch(asked, issuer) {
            // Asked at the custom domain, such a server names the custom domain: which one is not in any answer that is read.
            GateState::Fails(_) if server.dynamic_issuer && same_path(asked, issuer) => {
                GateState::Unknown(Gap::new(
                    DocumentName::AuthorizationServer,
                    JsonPath::root().key("issuerMode"),
                    Cause::Undecided(format!(
                        "the authorization server's issuer is dynamic, and whether it is {asked} at that host is not known"
                    )),
                ))
            }
            state => state,
        }),
    ])
}

fn same_path(a: &str, b: &str) -> bool {
    let path = |url: &str| {
        url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map(|(_, path)| path.to_owned())
    };
    path(a) == path(b)
}

fn mismatch(asked: &str, issuer: &str) -> GateState {
    unless(asked != issuer, || format!("the token's issuer is {issuer}, not Torq's Issuer URL"))
}

/// Which URL the organisation's own server puts into `iss` (the app's issuer mode).
fn organization_issuer(world: &World, asked: &str) -> GateState {
    if asked.split_once("://").is_none_or(|(_, rest)| rest.contains('/')) {
        return GateState::Fails(
            "Torq's Issuer URL is neither the organisation's Okta URL nor that of an authorization server"
                .to_owned(),
        );
    }
    let org_url = one(&world.wizard.org_url, |url| mismatch(asked, url));
    let custom = match &world.custom_url {
        Fact::Known(url) => mismatch(asked, url),
        other => unknown_custom_domain(other),
    };
    // Whichever of the two was asked.
    let either = match (&org_url, &custom) {
        (GateState::Passes, _) | (_, GateState::Passes) => GateState::Passes,
        (GateState::Unknown(_), _) => org_url.clone(),
        (_, custom) => custom.clone(),
    };
    match world.app.known().map(|app| &app.issuer_mode) {
        Some(Fact::Known(mode)) if mode == "ORG_URL" => org_url,
        Some(Fact::Known(mode)) if mode == "CUSTOM_URL" => custom,
        Some(Fact::Known(mode)) if mode == "DYNAMIC" => either,
        mode => {
            // The mode is not known: it decides nothing where all three agree.
            let all = [&org_url, &custom, &either];
            if all.iter().all(|state| state.passes()) || all.iter().all(|state| state.fails()) {
                return org_url;
            }
            let gap = match mode {
                Some(mode) => mode.gap().cloned().unwrap_or_else(|| {
                    Gap::new(
                        DocumentName::App,
                        crate::model::okta::path::oauth_client("issuer_mode"),
                        Cause::Undecided("the app's issuer mode is not documented".to_owned()),
                    )
                }),
                None => return unread_app(world),
            };
            GateState::Unknown(gap)
        }
    }
}

fn unknown_custom_domain(custom: &Fact<String>) -> GateState {
    GateState::Unknown(custom.gap().cloned().unwrap_or_else(|| {
        Gap::new(DocumentName::IdToken, JsonPath::root().key("customUrl"), Cause::NotThere)
    }))
}
