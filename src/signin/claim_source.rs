//! Which claims the ID token carries, and where each comes from (semantics G6.1–G6.3). Which groups a claim carries is left to
//! `group_names`, who gets what value to `mapping`.

use crate::document::DocumentName;
use crate::document::connection::Flow;
use crate::model::claims::{Claim, ClaimValue};
use crate::model::{Cause, Fact, Gap, World};

use super::group_names::{GroupNames, NoGroupNames};

/// The claim that group names come in by default, and the scope that asks for the app's own claim.
pub const GROUPS: &str = "groups";
/// The claim of the person's email, and the scope that asks for it.
pub const EMAIL: &str = "email";

/// Where a claim of some name comes from.
#[derive(Debug, Clone)]
pub enum ClaimSource {
    /// The token does not have it.
    NotSent(NotSent),
    /// The person's email (G6.2); with what is missing where it is not known whether it is sent.
    Email(Option<Gap>),
    /// The app user's name (G6.2).
    UserName(Option<Gap>),
    /// Names of groups.
    Groups(Box<GroupNames>),
    /// It may be there, with any value.
    Unknown(Gap),
}

/// Why a claim is not in the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotSent {
    /// Nothing sends a claim of that name.
    NoSource,
    /// It comes with a scope that Torq does not ask for.
    ScopeNotRequested(String),
    /// Its filter is `*`, which is not a regex (G6.6).
    FilterNotARegex,
}

/// The authorization server that Torq's issuer URL chooses (G6.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Server {
    Organization,
    Custom,
    Unknown(Gap),
}

/// Which server issues Torq's tokens; unknown without an issuer URL.
pub fn server(world: &World) -> Server {
    match &world.wizard.issuer_url {
        Fact::Known(url) if is_custom_issuer(url) => Server::Custom,
        Fact::Known(_) => Server::Organization,
        Fact::Absent => Server::Unknown(Gap::document(DocumentName::Connection, Cause::NotThere)),
        Fact::Unknown(gap) => Server::Unknown(gap.clone()),
    }
}

/// `…/oauth2/{id}`, with or without a slash behind it.
fn is_custom_issuer(url: &str) -> bool {
    let rest = url.trim_end_matches('/');
    rest.rsplit_once('/').is_some_and(|(before, id)| !id.is_empty() && before.ends_with("/oauth2"))
}

/// Whether Torq asks for a scope.
pub fn requests(world: &World, scope: &str) -> Fact<bool> {
    world.wizard.requested_scopes.as_ref().map(|scopes| scopes.iter().any(|asked| asked == scope))
}

/// The scope that a standard claim comes with; `None` for a claim that is not one of OpenID Connect's (G6.2).
pub fn standard_scope(name: &str) -> Option<&'static str> {
    Some(match name {
        "sub" | "iss" | "aud" | "exp" | "iat" | "auth_time" | "nonce" | "acr" | "amr" | "azp" | "at_hash"
        | "c_hash" | "jti" | "ver" | "idp" => "openid",
        "email" | "email_verified" => "email",
        "name" | "given_name" | "family_name" | "middle_name" | "nickname" | "preferred_username"
        | "profile" | "picture" | "website" | "gender" | "birthdate" | "zoneinfo" | "locale"
        | "updated_at" => "profile",
        "address" => "address",
        "phone_number" | "phone_number_verified" => "phone",
        _ => return None,
    })
}

/// Where the token's claim of this name comes from.
pub fn source(world: &World, name: &str) -> ClaimSource {
    let server = server(world);
    if server == Server::Custom
        && let Some(source) = server_claim(world, name)
    {
        return source;
    }
    if let Some(scope) = standard_scope(name) {
        let standard = standard(world, name, scope);
        // A federated claim that was not read could have the name; never that of `email` (G3.3).
        return match (&standard, unread_federated(world)) {
            (ClaimSource::NotSent(_), Some(gap)) if name != EMAIL && server == Server::Organization => {
                ClaimSource::Unknown(gap)
            }
            _ => standard,
        };
    }
    match server {
        Server::Custom => match unread_server_claims(world) {
            Some(gap) => ClaimSource::Unknown(gap),
            None => ClaimSource::NotSent(NotSent::NoSource),
        },
        Server::Organization => organization_claim(world, name),
        Server::Unknown(gap) => ClaimSource::Unknown(gap),
    }
}

fn standard(world: &World, name: &str, scope: &'static str) -> ClaimSource {
    match requests(world, scope) {
        // Without `openid` no sign-in gets as far as a token (G3.2), so its claims are not told apart here.
        Fact::Known(false) if scope != "openid" => {
            ClaimSource::NotSent(NotSent::ScopeNotRequested(scope.to_owned()))
        }
        asked => match (name, asked.gap().cloned()) {
            (EMAIL, perhaps) => ClaimSource::Email(perhaps),
            ("preferred_username", perhaps) => ClaimSource::UserName(perhaps),
            (_, Some(gap)) => ClaimSource::Unknown(gap),
            (other, None) => ClaimSource::Unknown(Gap::document(
                DocumentName::Users,
                Cause::Undecided(format!("the value of the claim {other} is not read from Okta")),
            )),
        },
    }
}

/// A claim that the custom authorization server itself configures; `None` where it has none of that name.
fn server_claim(world: &World, name: &str) -> Option<ClaimSource> {
    let claims = world.server_claims.known()?;
    let claim = claims.iter().find(|claim| claim.name == name)?;
    let mut perhaps = None;
    if !claim.scopes.is_empty() {
        match &world.wizard.requested_scopes {
            Fact::Known(requested) => {
                if !claim.scopes.iter().any(|scope| requested.contains(scope)) {
                    let scopes = claim.scopes.join(" or ");
                    return Some(ClaimSource::NotSent(NotSent::ScopeNotRequested(scopes)));
                }
            }
            Fact::Absent => {}
            Fact::Unknown(gap) => perhaps = Some(gap.clone()),
        }
    }
    if claim.may_be_off {
        perhaps = Some(claim.undecided("whether the claim is active, and in the ID token, is not said"));
    } else if !claim.always_in_id_token && world.wizard.flow != Fact::Known(Flow::Implicit) {
        perhaps = Some(claim.undecided(
            "the claim is not always included in the ID token: with the code flow it may be at /userinfo only",
        ));
    }
    Some(perhaps_sent(carried(claim), perhaps))
}

/// A claim of which it is not known whether the token has it: what it cannot carry, it still cannot.
fn perhaps_sent(source: ClaimSource, perhaps: Option<Gap>) -> ClaimSource {
    match (source, perhaps) {
        (ClaimSource::Groups(mut names), Some(gap)) => {
            names.may_not_be_sent(gap);
            ClaimSource::Groups(names)
        }
        (source, _) => source,
    }
}

/// Why a claim that no read document has may be a federated one (G6.3b).
fn unread_federated(world: &World) -> Option<Gap> {
    unread(&world.federated_claims, world.federated_claims_complete, DocumentName::FederatedClaims)
}

/// Why the custom authorization server may have a claim that was not read (G6.3c).
pub fn unread_server_claims(world: &World) -> Option<Gap> {
    unread(&world.server_claims, world.server_claims_complete, DocumentName::AuthorizationServerClaims)
}

fn unread(claims: &Fact<Vec<Claim>>, complete: bool, document: DocumentName) -> Option<Gap> {
    match claims {
        Fact::Known(_) if !complete => Some(Gap::document(document, Cause::Incomplete)),
        Fact::Unknown(gap) => Some(gap.clone()),
        Fact::Known(_) | Fact::Absent => None,
    }
}

/// The app's own claim, or a federated one (G6.3a, G6.3b). Only one of them can send a claim, so where the own one was not read, neither
/// is known.
fn organization_claim(world: &World, name: &str) -> ClaimSource {
    let asked = requests(world, GROUPS);
    if let Fact::Known(claim) = &world.own_claim
        && claim.name == name
    {
        return match asked {
            Fact::Known(true) | Fact::Absent => carried(claim),
            Fact::Known(false) => ClaimSource::NotSent(NotSent::ScopeNotRequested(GROUPS.to_owned())),
            Fact::Unknown(gap) => perhaps_sent(carried(claim), Some(gap)),
        };
    }
    if let Fact::Unknown(gap) = &world.own_claim
        && asked != Fact::Known(false)
    {
        return ClaimSource::Unknown(gap.clone());
    }
    let federated = world.federated_claims.known().into_iter().flatten().find(|claim| claim.name == name);
    match (federated, unread_federated(world)) {
        // Okta refuses a federated claim of the name `groups`.
        _ if name == GROUPS => ClaimSource::NotSent(NotSent::NoSource),
        (Some(claim), _) => carried(claim),
        (None, Some(gap)) => ClaimSource::Unknown(gap),
        (None, None) => ClaimSource::NotSent(NotSent::NoSource),
    }
}

/// What a configured claim carries when it is sent.
pub fn carried(claim: &Claim) -> ClaimSource {
    match GroupNames::read(claim) {
        Ok(names) => ClaimSource::Groups(Box::new(names)),
        Err(NoGroupNames::FilterNotARegex) => ClaimSource::NotSent(NotSent::FilterNotARegex),
        Err(NoGroupNames::Unknown(gap)) => ClaimSource::Unknown(gap),
    }
}

/// Every claim that the token may carry group names in, whether or not a mapping uses it; with a gap where one may be and is not known.
pub struct CarriedGroups {
    pub claims: Vec<GroupNames>,
    /// A claim that may carry any groups.
    pub unknown: Option<Gap>,
}

/// Asks the server that issues Torq's tokens, claim by claim.
pub fn carried_groups(world: &World) -> CarriedGroups {
    let mut carried = CarriedGroups { claims: Vec::new(), unknown: None };
    let mut add = |claim: Option<&Claim>, source: ClaimSource| match source {
        ClaimSource::Groups(names) => carried.claims.push(*names),
        ClaimSource::Unknown(gap) if claim.is_none_or(may_give_groups) => {
            carried.unknown = carried.unknown.take().or(Some(gap));
        }
        ClaimSource::Unknown(_)
        | ClaimSource::NotSent(_)
        | ClaimSource::Email(_)
        | ClaimSource::UserName(_) => {}
    };
    match server(world) {
        Server::Custom => {
            let claims = world.server_claims.known().map_or(&[][..], Vec::as_slice);
            for claim in claims {
                add(
                    Some(claim),
                    server_claim(world, &claim.name).unwrap_or(ClaimSource::NotSent(NotSent::NoSource)),
                );
            }
            if let Some(gap) = unread_server_claims(world) {
                add(None, ClaimSource::Unknown(gap));
            }
        }
        Server::Organization => {
            match &world.own_claim {
                Fact::Known(claim) => add(Some(claim), organization_claim(world, &claim.name)),
                Fact::Absent => {}
                Fact::Unknown(gap) => add(None, ClaimSource::Unknown(gap.clone())),
            }
            let federated = world.federated_claims.known().map_or(&[][..], Vec::as_slice);
            federated.iter().for_each(|claim| add(Some(claim), self::carried(claim)));
        }
        Server::Unknown(gap) => add(None, ClaimSource::Unknown(gap)),
    }
    carried
}

/// An expression that does not so much as speak of groups gives no list of them.
fn may_give_groups(claim: &Claim) -> bool {
    match &claim.value {
        ClaimValue::Expression(expression) => expression.to_lowercase().contains("group"),
        ClaimValue::Filter { .. } | ClaimValue::Other(_) => true,
    }
}

/// The claim as if it could be sent: what is configured under its name, whatever scopes Torq asks for (semantics, words: shadowed).
pub fn source_as_if_sent(world: &World, name: &str) -> ClaimSource {
    let source = source(world, name);
    // The organisation's server sends OpenID Connect's own claims, whatever else is configured.
    if standard_scope(name).is_some() && server(world) != Server::Custom {
        return source;
    }
    match (source, configured(world, name)) {
        (ClaimSource::NotSent(_) | ClaimSource::Groups(_), Fact::Known(claim)) => carried(claim),
        (source, _) => source,
    }
}

/// The claim of this name as the server that issues Torq's tokens configures it, whether or not it is sent; absent where it has none.
pub fn configured<'w>(world: &'w World, name: &str) -> Fact<&'w Claim> {
    let named = |claims: &'w Vec<Claim>| Fact::optional(claims.iter().find(|claim| claim.name == name));
    match server(world) {
        Server::Unknown(gap) => Fact::Unknown(gap),
        Server::Custom => match (world.server_claims.as_ref().and_then(named), unread_server_claims(world)) {
            (Fact::Absent, Some(gap)) => Fact::Unknown(gap),
            (claim, _) => claim,
        },
        Server::Organization => {
            let own = world
                .own_claim
                .as_ref()
                .and_then(|claim| Fact::optional(Some(claim).filter(|claim| claim.name == name)));
            // Okta refuses a federated claim of the name `groups`.
            let federated =
                if name == GROUPS { Fact::Absent } else { world.federated_claims.as_ref().and_then(named) };
            match (own, federated, unread_federated(world)) {
                (Fact::Known(claim), ..) | (_, Fact::Known(claim), _) => Fact::Known(claim),
                (Fact::Unknown(gap), ..) | (_, Fact::Unknown(gap), _) => Fact::Unknown(gap),
                (Fact::Absent, Fact::Absent, Some(gap)) if name != GROUPS => Fact::Unknown(gap),
                (Fact::Absent, Fact::Absent, _) => Fact::Absent,
            }
        }
    }
}

/// Every claim that the server that issues Torq's tokens configures, and what is missing to know of more.
pub fn every_configured(world: &World) -> (Vec<&Claim>, Option<Gap>) {
    match server(world) {
        Server::Unknown(gap) => (Vec::new(), Some(gap)),
        Server::Custom => {
            let claims = world.server_claims.known().into_iter().flatten().collect();
            (claims, unread_server_claims(world))
        }
        Server::Organization => {
            let federated = world.federated_claims.known().into_iter().flatten();
            let claims = world.own_claim.known().into_iter().chain(federated).collect();
            (claims, world.own_claim.gap().or(world.federated_claims.gap()).cloned())
        }
    }
}
