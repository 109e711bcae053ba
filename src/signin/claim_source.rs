//! Which claims the ID token carries, and where each comes from (semantics G6.2–G6.9). Who gets what value is left to `mapping`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::document::connection::Flow;
use crate::document::{DocumentName, JsonPath};
use crate::model::claims::{Claim, ClaimValue, FilterKind};
use crate::model::directory::{Group, GroupKind};
use crate::model::{Cause, Fact, Gap, Truth, World};

use super::expression::{GroupFunction, GroupSource, NameMatch, read_group_functions};
use super::java_regex::{JavaRegex, RegexReading, RegexRefusal};

/// The claim that group names come in by default, and the scope that asks for the app's own claim.
pub const GROUPS: &str = "groups";
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

/// A claim that carries names of groups.
#[derive(Debug, Clone)]
pub struct GroupNames {
    pub claim: Claim,
    selection: Selection,
    /// Whether the claim is in the token at all is not known, and why.
    perhaps: Option<Gap>,
}

#[derive(Debug, Clone)]
enum Selection {
    StartsWith(String),
    Equals(String),
    Contains(String),
    Regex(Box<JavaRegex>, GiveUps),
    /// A filter that cannot be followed: it gives some of the person's Okta-sourced groups.
    SomeOf(Gap),
    Functions(Vec<GroupFunction>),
}

/// How often a regex ran into its step limit. A runaway pattern over tens of thousands of names would take minutes to say *not known* each
/// time; after a while it is not asked any more.
#[derive(Debug, Clone, Default)]
struct GiveUps(Arc<AtomicU32>);

impl GiveUps {
    const ENOUGH: u32 = 200;

    fn ask(&self, matches: impl FnOnce() -> Option<bool>) -> Option<bool> {
        if self.0.load(Ordering::Relaxed) >= Self::ENOUGH {
            return None;
        }
        let answer = matches();
        if answer.is_none() {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        answer
    }
}

/// The authorization server that Torq's issuer URL chooses (G6.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Server {
    Organization,
    Custom,
    Unknown(Gap),
}

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
        Server::Custom => match &world.server_claims {
            Fact::Unknown(gap) => ClaimSource::Unknown(gap.clone()),
            Fact::Known(_) | Fact::Absent => ClaimSource::NotSent(NotSent::NoSource),
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
        perhaps = Some(undecided(claim, "whether the claim is active, and in the ID token, is not said"));
    } else if !claim.always_in_id_token && world.wizard.flow != Fact::Known(Flow::Implicit) {
        perhaps = Some(undecided(
            claim,
            "the claim is not always included in the ID token: with the code flow it may be at /userinfo only",
        ));
    }
    Some(perhaps_sent(carried(claim), perhaps))
}

/// A claim of which it is not known whether the token has it: what it cannot carry, it still cannot.
fn perhaps_sent(source: ClaimSource, perhaps: Option<Gap>) -> ClaimSource {
    match (source, perhaps) {
        (ClaimSource::Groups(mut names), Some(gap)) => {
            names.perhaps = Some(gap);
            ClaimSource::Groups(names)
        }
        (source, _) => source,
    }
}

/// Why a claim that no read document has may be a federated one (G6.3b).
fn unread_federated(world: &World) -> Option<Gap> {
    match &world.federated_claims {
        Fact::Known(_) if !world.federated_claims_complete => {
            Some(Gap::document(DocumentName::FederatedClaims, Cause::Incomplete))
        }
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

fn undecided(claim: &Claim, why: &str) -> Gap {
    let place = claim.value_place();
    Gap { place, cause: Cause::Undecided(why.to_owned()) }
}

/// What a configured claim carries when it is sent.
pub fn carried(claim: &Claim) -> ClaimSource {
    let selection = match &claim.value {
        ClaimValue::Filter { kind: FilterKind::StartsWith, value } => {
            Selection::StartsWith(value.to_lowercase())
        }
        ClaimValue::Filter { kind: FilterKind::Equals, value } => Selection::Equals(value.to_lowercase()),
        ClaimValue::Filter { kind: FilterKind::Contains, value } => Selection::Contains(value.to_lowercase()),
        ClaimValue::Filter { kind: FilterKind::Regex, value } => match JavaRegex::read(value) {
            Ok(regex) => Selection::Regex(Box::new(regex), GiveUps::default()),
            Err(RegexRefusal::NotARegex) => return ClaimSource::NotSent(NotSent::FilterNotARegex),
            Err(RegexRefusal::CannotFollow(construct)) => Selection::SomeOf(undecided(
                claim,
                &format!("the regex uses {construct}, which cannot be followed here as Okta reads it"),
            )),
        },
        ClaimValue::Expression(expression) => match read_group_functions(expression) {
            Some(functions) => Selection::Functions(functions),
            None => {
                return ClaimSource::Unknown(undecided(
                    claim,
                    &format!("the expression of the claim {} cannot be evaluated here", claim.name),
                ));
            }
        },
        ClaimValue::Other(why) => return ClaimSource::Unknown(undecided(claim, why)),
    };
    ClaimSource::Groups(Box::new(GroupNames { claim: claim.clone(), selection, perhaps: None }))
}

/// Names longer than what an own or a federated expression may ask for: no token (G6.9).
pub const GROUP_LIMIT: u64 = 100;

impl GroupNames {
    /// Whether a regex decides, of which two readings are possible (G6.6).
    pub fn has_two_readings(&self) -> bool {
        matches!(self.selection, Selection::Regex(..))
    }

    pub fn is_filter(&self) -> bool {
        !matches!(self.selection, Selection::Functions(_))
    }

    /// What is missing to know what the claim carries, where it is the claim itself that is not known.
    pub fn gap(&self) -> Option<&Gap> {
        match &self.selection {
            Selection::SomeOf(gap) => Some(gap),
            _ => self.perhaps.as_ref(),
        }
    }

    /// What is missing where it is not known whether the token has the claim at all.
    pub fn perhaps_not_sent(&self) -> Option<&Gap> {
        self.perhaps.as_ref()
    }

    fn if_sent(&self, truth: Truth) -> Truth {
        if self.perhaps.is_some() { truth.and(Truth::Maybe) } else { truth }
    }

    /// Whether the claim carries the group's name for its members.
    pub fn passes(&self, group: &Group, reading: RegexReading) -> Truth {
        self.if_sent(self.selects(group, reading))
    }

    fn selects(&self, group: &Group, reading: RegexReading) -> Truth {
        match &self.selection {
            Selection::Functions(functions) => {
                functions.iter().map(|function| function_passes(function, group)).max().unwrap_or(Truth::No)
            }
            _ => {
                let name =
                    group.name.as_deref().map_or(Truth::Maybe, |name| self.filter_takes(name, reading));
                filter_takes_kind(group.kind).and(name)
            }
        }
    }

    /// Whether a group of this name, of which nothing else is known, could be in the claim.
    pub fn could_carry(&self, name: &str, reading: RegexReading) -> Truth {
        self.if_sent(match &self.selection {
            Selection::Functions(functions) => functions
                .iter()
                .map(|function| function_could_carry(function, name))
                .max()
                .unwrap_or(Truth::No),
            _ => self.filter_takes(name, reading),
        })
    }

    /// The filter alone, on a name.
    fn filter_takes(&self, name: &str, reading: RegexReading) -> Truth {
        let folded = name.to_lowercase();
        match &self.selection {
            Selection::StartsWith(start) => Truth::of(folded.starts_with(start.as_str())),
            Selection::Equals(whole) => Truth::of(folded == *whole),
            Selection::Contains(part) => Truth::of(folded.contains(part.as_str())),
            Selection::Regex(regex, give_ups) => Truth::of(give_ups.ask(|| regex.matches(name, reading))),
            Selection::SomeOf(_) | Selection::Functions(_) => Truth::Maybe,
        }
    }

    /// `Groups.*` with a limit above 100: Okta issues no token (G6.9).
    pub fn refuses_token(&self) -> Option<u64> {
        let Selection::Functions(functions) = &self.selection else { return None };
        functions.iter().find_map(|function| match function {
            GroupFunction::Starts { limit, .. }
            | GroupFunction::Contains { limit, .. }
            | GroupFunction::Ends { limit, .. }
                if *limit > GROUP_LIMIT =>
            {
                Some(*limit)
            }
            _ => None,
        })
    }

    /// What gives the claim its names, each with the limit that it stops at: the filter, or the expression's functions one by one.
    pub fn shares(&self) -> Vec<(GroupNames, Option<u64>)> {
        let Selection::Functions(functions) = &self.selection else { return vec![(self.clone(), None)] };
        functions
            .iter()
            .map(|function| {
                let limit = match function {
                    GroupFunction::Starts { limit, .. }
                    | GroupFunction::Contains { limit, .. }
                    | GroupFunction::Ends { limit, .. }
                    | GroupFunction::Filtered { limit, .. } => Some(*limit),
                    GroupFunction::OfUser { .. } => None,
                };
                let share = GroupNames {
                    claim: self.claim.clone(),
                    selection: Selection::Functions(vec![function.clone()]),
                    perhaps: self.perhaps.clone(),
                };
                (share, limit)
            })
            .collect()
    }

    /// Whether the claim would carry a group of this name and kind, of which the id is not known.
    pub fn would_pass(&self, name: &str, kind: GroupKind, reading: RegexReading) -> Truth {
        self.if_sent(match &self.selection {
            Selection::Functions(functions) => functions
                .iter()
                .map(|function| match function {
                    GroupFunction::Starts { source, .. }
                    | GroupFunction::Contains { source, .. }
                    | GroupFunction::Ends { source, .. } => {
                        from_source(source, kind).and(function_could_carry(function, name))
                    }
                    GroupFunction::Filtered { .. } | GroupFunction::OfUser { .. } => {
                        function_could_carry(function, name)
                    }
                })
                .max()
                .unwrap_or(Truth::No),
            _ => filter_takes_kind(kind).and(self.filter_takes(name, reading)),
        })
    }

    /// The most names that the claim can carry by its limits; `None` without one.
    pub fn most(&self) -> Option<u64> {
        if self.is_filter() {
            return None;
        }
        self.shares().into_iter().try_fold(0_u64, |sum, (_, limit)| sum.checked_add(limit?))
    }
}

/// A filter takes Okta's own groups only (G6.4).
fn filter_takes_kind(kind: GroupKind) -> Truth {
    match kind {
        GroupKind::Okta | GroupKind::BuiltIn => Truth::Yes,
        GroupKind::App => Truth::No,
        GroupKind::Unsaid => Truth::Maybe,
    }
}

fn function_passes(function: &GroupFunction, group: &Group) -> Truth {
    let Some(name) = group.name.as_deref() else {
        return match function {
            GroupFunction::Filtered { group_ids, .. } => Truth::of(group_ids.contains(&group.id)),
            _ => Truth::Maybe,
        };
    };
    match function {
        GroupFunction::Filtered { group_ids, .. } => Truth::of(group_ids.contains(&group.id)),
        GroupFunction::OfUser { text, how } => Truth::of(name_matches(name, text, *how)),
        GroupFunction::Starts { source, text, .. } => {
            from_source(source, group.kind).and(but_for_case(name, text, |name, text| name.starts_with(text)))
        }
        GroupFunction::Contains { source, text, .. } => {
            from_source(source, group.kind).and(but_for_case(name, text, |name, text| name.contains(text)))
        }
        GroupFunction::Ends { source, text, .. } => {
            from_source(source, group.kind).and(but_for_case(name, text, |name, text| name.ends_with(text)))
        }
    }
}

fn function_could_carry(function: &GroupFunction, name: &str) -> Truth {
    match function {
        GroupFunction::Filtered { .. } => Truth::Maybe,
        GroupFunction::OfUser { text, how } => Truth::of(name_matches(name, text, *how)),
        GroupFunction::Starts { text, .. } => but_for_case(name, text, |name, text| name.starts_with(text)),
        GroupFunction::Contains { text, .. } => but_for_case(name, text, |name, text| name.contains(text)),
        GroupFunction::Ends { text, .. } => but_for_case(name, text, |name, text| name.ends_with(text)),
    }
}

fn name_matches(name: &str, text: &str, how: NameMatch) -> bool {
    match how {
        NameMatch::Exact => name == text,
        NameMatch::StartsWith => name.starts_with(text),
    }
}

/// No document says whether `Groups.*` minds case: what differs by case alone may or may not match.
fn but_for_case(name: &str, text: &str, matches: impl Fn(&str, &str) -> bool) -> Truth {
    if matches(name, text) {
        Truth::Yes
    } else if matches(&name.to_lowercase(), &text.to_lowercase()) {
        Truth::Maybe
    } else {
        Truth::No
    }
}

/// No answer that is read says from which app a group comes, so an app's groups may be of the source that is asked for.
fn from_source(source: &GroupSource, kind: GroupKind) -> Truth {
    match (source, kind) {
        (GroupSource::Okta, GroupKind::Okta | GroupKind::BuiltIn) => Truth::Yes,
        (GroupSource::Okta, GroupKind::App) | (GroupSource::App(_), GroupKind::Okta | GroupKind::BuiltIn) => {
            Truth::No
        }
        (GroupSource::App(_), GroupKind::App) | (_, GroupKind::Unsaid) => Truth::Maybe,
    }
}

/// Every claim that the token may carry group names in, whether or not a mapping uses it; with a gap where one may be and is not known.
pub struct CarriedGroups {
    pub claims: Vec<GroupNames>,
    /// A claim that may carry any groups.
    pub unknown: Option<Gap>,
}

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
            if let Some(gap) = world.server_claims.gap() {
                add(None, ClaimSource::Unknown(gap.clone()));
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

/// Where a claim that is not configured would be set, for the place of a finding.
pub fn home_of_groups_claim(world: &World) -> (DocumentName, JsonPath) {
    match server(world) {
        Server::Custom => (DocumentName::AuthorizationServerClaims, JsonPath::root()),
        Server::Organization | Server::Unknown(_) => match &world.own_claim {
            Fact::Known(claim) => (claim.place.document.clone(), claim.place.path.clone()),
            Fact::Absent | Fact::Unknown(_) => (DocumentName::IdToken, JsonPath::root()),
        },
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
        Server::Custom => world.server_claims.as_ref().and_then(named),
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
            (claims, world.server_claims.gap().cloned())
        }
        Server::Organization => {
            let federated = world.federated_claims.known().into_iter().flatten();
            let claims = world.own_claim.known().into_iter().chain(federated).collect();
            (claims, world.own_claim.gap().or(world.federated_claims.gap()).cloned())
        }
    }
}
