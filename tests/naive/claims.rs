//! What the token of one person may hold (G6): for a claim's name and a value, whether it is in there.

use super::directory::{self, AppUser, Directory, Group, Okta};
use super::documents::{World, at, has, is, text, texts};
use super::expression::Expression;
use super::patterns::{self, Reading};
use super::truth::Truth::{self, No, Unknown, Yes};
use serde_json::Value;

/// Whose tokens these are, going by Torq's Issuer URL alone (G6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    Organization,
    Custom,
    /// A URL of neither form.
    Neither,
    Unknown,
}

pub fn server(world: World) -> Server {
    let Some(url) = world.connection_text("/torq/issuer_url") else { return Server::Unknown };
    let Some((_, rest)) = url.split_once("://") else { return Server::Neither };
    match rest.split_once('/') {
        None => Server::Organization,
        Some((_, path)) => match path.strip_prefix("oauth2/") {
            Some(id) if !id.is_empty() && !id.contains('/') => Server::Custom,
            _ => Server::Neither,
        },
    }
}

pub fn requests(world: World, scope: &str) -> Truth {
    world
        .document("connection")
        .map_or(Unknown, |connection| has(connection, "/torq/requested_scopes", scope))
}

pub fn flow_is(world: World, flow: &str) -> Truth {
    world.document("connection").map_or(Unknown, |connection| is(connection, "/torq/flow", flow))
}

#[derive(Clone, Debug)]
enum Name {
    Exactly(String),
    /// The app's own claim where it was not read: any name but those of G6.2.
    AnyButStandard,
    /// One of a custom server's that was not read, beside these that were.
    NoneOf(Vec<String>),
}

#[derive(Clone, Debug)]
enum Content {
    Filter { kind: Option<String>, value: Option<String> },
    Expression(Expression),
    Anything,
}

#[derive(Clone, Debug)]
struct Claim {
    name: Name,
    sent: Truth,
    content: Content,
}

fn content(kind: Option<&str>, filter: Option<&str>, value: Option<&str>) -> Content {
    match kind {
        Some("GROUPS" | "FILTER") => {
            Content::Filter { kind: filter.map(str::to_owned), value: value.map(str::to_owned) }
        }
        Some("EXPRESSION") => {
            Content::Expression(value.map_or(Expression::Other { speaks_of_groups: true }, Expression::read))
        }
        _ => Content::Anything,
    }
}

/// The claims that the configuration adds to those of G6.2.
fn configured(world: World) -> Vec<Claim> {
    match server(world) {
        Server::Organization => {
            let mut claims: Vec<Claim> = own(world).into_iter().collect();
            claims.extend(federated(world));
            claims
        }
        Server::Custom => custom(world),
        Server::Neither => Vec::new(),
        Server::Unknown => {
            vec![Claim { name: Name::AnyButStandard, sent: Unknown, content: Content::Anything }]
        }
    }
}

/// G6.3a. A declaration in `connection.yaml` stands in for the document.
fn own(world: World) -> Option<Claim> {
    let sent = requests(world, "groups");
    if let Some(settings) = world.document("okta/id-token") {
        let name = text(settings, "/name")?.to_owned();
        let content = content(
            text(settings, "/valueType"),
            text(settings, "/groupFilterType"),
            text(settings, "/value"),
        );
        return Some(Claim { name: Name::Exactly(name), sent, content });
    }
    if let Some(declared) = world.connection("/okta/groups_claim") {
        let name = text(declared, "/name")?.to_owned();
        let content =
            content(text(declared, "/type"), text(declared, "/filter_type"), text(declared, "/value"));
        return Some(Claim { name: Name::Exactly(name), sent, content });
    }
    Some(Claim { name: Name::AnyButStandard, sent, content: Content::Anything })
}

/// G6.3b, those that were read.
fn federated(world: World) -> Vec<Claim> {
    let rows = world.list("okta/federated-claims").map(|list| list.rows).unwrap_or_default();
    rows.iter()
        .filter_map(|row| {
            Some(Claim {
                name: Name::Exactly(text(row, "/name")?.to_owned()),
                sent: Yes,
                content: content(Some("EXPRESSION"), None, text(row, "/expression")),
            })
        })
        .collect()
}

/// Whether there may be a federated claim of this name that was not read. One is never called `groups`.
fn unread_federated(world: World, name: &str) -> bool {
    let unread = match server(world) {
        Server::Organization => world.list("okta/federated-claims").is_none_or(|list| !list.complete),
        Server::Unknown => true,
        Server::Custom | Server::Neither => false,
    };
    unread && name != "groups"
}

/// G6.3c. `SYSTEM` claims are those of G6.2.
fn custom(world: World) -> Vec<Claim> {
    let list = world.list("okta/authorization-server-claims");
    let mut claims = Vec::new();
    let unread = list.as_ref().is_none_or(|list| !list.complete);
    let mut read = Vec::new();
    for row in list.map(|list| list.rows).unwrap_or_default() {
        let Some(name) = text(row, "/name") else { continue };
        if text(row, "/valueType") == Some("SYSTEM") {
            continue;
        }
        let scopes = at(row, "/conditions/scopes").map(texts).unwrap_or_default();
        let asked = if scopes.is_empty() {
            Yes
        } else {
            Truth::any(scopes.into_iter().map(|scope| requests(world, scope)))
        };
        let always = match at(row, "/alwaysIncludeInToken").and_then(Value::as_bool) {
            Some(true) => Yes,
            // In the code flow it may be left to the userinfo endpoint.
            _ => flow_is(world, "implicit").or(Unknown),
        };
        let in_id_token = is(row, "/status", "ACTIVE").and(is(row, "/claimType", "IDENTITY"));
        if in_id_token.possible() {
            read.push(name.to_owned());
        }
        claims.push(Claim {
            name: Name::Exactly(name.to_owned()),
            sent: in_id_token.and(asked).and(always),
            content: content(text(row, "/valueType"), text(row, "/group_filter_type"), text(row, "/value")),
        });
    }
    // A server has one claim of a name in its ID tokens: one that was not read is called otherwise.
    if unread {
        claims.push(Claim { name: Name::NoneOf(read), sent: Unknown, content: Content::Anything });
    }
    claims
}

/// The scope that sends a standard claim (OpenID Connect Core 5.4).
fn standard_scope(name: &str) -> Option<&'static str> {
    match name {
        "sub" => Some("openid"),
        "email" | "email_verified" => Some("email"),
        "address" => Some("address"),
        "phone_number" | "phone_number_verified" => Some("phone"),
        "name" | "family_name" | "given_name" | "middle_name" | "nickname" | "preferred_username"
        | "profile" | "picture" | "website" | "gender" | "birthdate" | "zoneinfo" | "locale"
        | "updated_at" => Some("profile"),
        _ => None,
    }
}

/// Whether the person's token has a claim of this name with this value, or with a list that has it.
pub fn holds(directory: &Directory, person: &Okta, reading: Reading, name: &str, value: &str) -> Truth {
    if let Some(scope) = standard_scope(name) {
        let sent = requests(directory.world, scope);
        if sent == No && name != "email" && unread_federated(directory.world, name) {
            return Unknown;
        }
        return sent.and(
            standard_value(directory.world, person, name)
                .map_or(Unknown, |known| Truth::known(known == value)),
        );
    }
    let senders: Vec<Claim> = configured(directory.world)
        .into_iter()
        .filter(|claim| claim.sent.possible())
        .filter(|claim| match &claim.name {
            Name::Exactly(own) => own == name,
            Name::AnyButStandard => true,
            Name::NoneOf(read) => !read.iter().any(|one| one == name),
        })
        .collect();
    if unread_federated(directory.world, name) && !senders.iter().any(|claim| claim.sent == Yes) {
        return Unknown;
    }
    Truth::agreement(senders.iter().map(|claim| {
        let holds = match &claim.content {
            Content::Anything => Unknown,
            Content::Filter { kind, value: filter } => {
                let pass = |name: &str| filter_passes(kind.as_deref(), filter.as_deref(), reading, name);
                filter_holds(directory, person, value, &pass)
            }
            Content::Expression(expression) => expression_holds(directory, person, expression, value),
        };
        claim.sent.and(holds)
    }))
    .unwrap_or(No)
}

fn standard_value(world: World, person: &Okta, name: &str) -> Option<String> {
    match (name, directory::app_user(world, person)) {
        ("email", _) => directory::email(world, person),
        ("preferred_username", AppUser::Row(row)) => text(row, "/credentials/userName").map(str::to_owned),
        _ => None,
    }
}

/// G6.5 and G6.6: whether a group of this name gets through the filter.
fn filter_passes(kind: Option<&str>, value: Option<&str>, reading: Reading, name: &str) -> Truth {
    let (Some(kind), Some(value)) = (kind, value) else { return Unknown };
    let (low_name, low_value) = (name.to_lowercase(), value.to_lowercase());
    match kind {
        "STARTS_WITH" => Truth::known(low_name.starts_with(&low_value)),
        "EQUALS" => Truth::known(low_name == low_value),
        "CONTAINS" => Truth::known(low_name.contains(&low_value)),
        "REGEX" => patterns::passes(value, reading, name),
        _ => Unknown,
    }
}

fn filter_holds(directory: &Directory, person: &Okta, name: &str, pass: &dyn Fn(&str) -> Truth) -> Truth {
    let seen = Truth::any(
        directory
            .groups
            .iter()
            .filter(|group| group.is_named(name))
            .map(|group| group.okta_sourced().and(directory.membership(person, &group.id))),
    );
    let unseen = if directory.unseen_group_possible(person, name) { Unknown } else { No };
    pass(name).and(seen.or(unseen))
}

fn expression_holds(directory: &Directory, person: &Okta, expression: &Expression, value: &str) -> Truth {
    match expression {
        Expression::Other { .. } => Unknown,
        Expression::Flatten(parts) => {
            Truth::any(parts.iter().map(|part| expression_holds(directory, person, part, value)))
        }
        Expression::Groups { limit, .. } => {
            let matches = |group: &Group| expression_gives(expression, group);
            function_holds(directory, person, value, Some(*limit), &matches)
        }
        Expression::UserGroups { .. } => {
            let matches = |group: &Group| expression_gives(expression, group);
            function_holds(directory, person, value, None, &matches)
        }
        Expression::FilteredGroups { ids, limit } => {
            filtered_groups_hold(directory, person, value, ids, *limit)
        }
    }
}

/// Whether an expression gives the group's name for its members.
fn expression_gives(expression: &Expression, group: &Group) -> Truth {
    match expression {
        Expression::Other { .. } => Unknown,
        Expression::Flatten(parts) => Truth::any(parts.iter().map(|part| expression_gives(part, group))),
        Expression::Groups { compare, source, text, .. } => {
            let name = group.name.as_deref().map_or(Unknown, |name| {
                if compare.holds(name, text) {
                    Yes
                } else if compare.holds(&name.to_lowercase(), &text.to_lowercase()) {
                    Unknown
                } else {
                    No
                }
            });
            // Which app a directory's group came from is in no document that is read.
            let from_there =
                if source == "OKTA" { group.okta_sourced() } else { group.okta_sourced().not().and(Unknown) };
            name.and(from_there)
        }
        Expression::UserGroups { pattern } => group.name.as_deref().map_or(Unknown, |name| {
            Truth::known(match pattern.strip_suffix(".*") {
                Some(start) => name.starts_with(start),
                None => name == pattern,
            })
        }),
        Expression::FilteredGroups { ids, .. } => Truth::known(ids.contains(&group.id)),
    }
}

fn function_holds(
    directory: &Directory,
    person: &Okta,
    value: &str,
    limit: Option<u64>,
    matches: &dyn Fn(&Group) -> Truth,
) -> Truth {
    let groups = &directory.groups;
    let gives = |group: &Group| matches(group).and(directory.membership(person, &group.id));
    let seen = Truth::any(groups.iter().filter(|group| group.is_named(value)).map(gives));
    let nowhere = Group { id: String::new(), name: Some(value.to_owned()), kind: None };
    let unseen =
        if directory.unseen_group_possible(person, value) { matches(&nowhere).and(Unknown) } else { No };
    let at_most = directory
        .all_groups_of_person_known(person)
        .then(|| groups.iter().filter(|group| gives(group).possible()).count());
    seen.or(unseen).and(within(limit, at_most))
}

/// More matches than the limit: which of them are in the claim is unknown, but nothing else is.
fn within(limit: Option<u64>, at_most: Option<usize>) -> Truth {
    match (limit, at_most) {
        (None, _) => Yes,
        (Some(limit), Some(count)) if count as u64 <= limit => Yes,
        _ => Unknown,
    }
}

fn filtered_groups_hold(
    directory: &Directory,
    person: &Okta,
    value: &str,
    ids: &[String],
    limit: u64,
) -> Truth {
    let groups = &directory.groups;
    let mut holds = No;
    let mut possible = 0;
    for id in ids {
        let member = directory.membership(person, id);
        let gives = match groups.iter().find(|group| group.id == *id) {
            Some(group) => group.name.as_deref().map_or(Unknown, |name| Truth::known(name == value)),
            None if directory.all_groups_known() => continue,
            None => Truth::known(directory.unseen_group_possible(person, value)).and(Unknown),
        };
        possible += usize::from(member.possible());
        holds = holds.or(member.and(gives));
    }
    holds.and(within(Some(limit), Some(possible)))
}

/// Whether a token is issued, as far as the claims decide it, and whether that assumes a group count.
pub struct Issued {
    pub token: Truth,
    pub assumes_group_count: bool,
}

/// G6.8 and the refused limit of G6.9.
///
/// Decided: the limit of 100 holds for an expression as well, unless its own limits keep it below; with the code flow, which G6.8 frees for
/// filters only, it is then not known whether a token is issued. An expression that cannot be read may give groups if it speaks of them.
pub fn issued(directory: &Directory, person: &Okta, reading: Reading) -> Issued {
    let mut issued = Issued { token: Yes, assumes_group_count: false };
    let world = directory.world;
    let requested = requests(world, "groups");
    let implicit = flow_is(world, "implicit");
    let by_expression = implicit.or(flow_is(world, "code").and(Unknown));
    for claim in configured(world) {
        match &claim.content {
            Content::Expression(expression) if expression.asks_for_too_many() => {
                issued.token = issued.token.and(claim.sent.not());
            }
            Content::Expression(Expression::Other { speaks_of_groups: false }) => {}
            Content::Expression(Expression::Other { speaks_of_groups: true }) | Content::Anything => {
                // Whatever was not read may be a filter, or an expression that gives groups.
                let counted = requested.and(implicit.or(flow_is(world, "code"))).and(claim.sent);
                count(directory, person, counted, &|_| Unknown, &mut issued);
            }
            Content::Expression(expression) if expression.most().is_some_and(|most| most <= 100) => {}
            Content::Expression(expression) => {
                let counted = requested.and(by_expression).and(claim.sent);
                count(directory, person, counted, &|group| expression_gives(expression, group), &mut issued);
            }
            // `*` is not a regex: no group at all passes it, read or not (G6.6).
            Content::Filter { kind, value } if is_bare_star(kind.as_deref(), value.as_deref()) => {}
            Content::Filter { kind, value } => {
                let pass = |group: &Group| {
                    let name = group.name.as_deref().map_or(Unknown, |name| {
                        filter_passes(kind.as_deref(), value.as_deref(), reading, name)
                    });
                    group.okta_sourced().and(name)
                };
                count(directory, person, requested.and(implicit).and(claim.sent), &pass, &mut issued);
            }
        }
    }
    issued
}

fn is_bare_star(kind: Option<&str>, value: Option<&str>) -> bool {
    kind == Some("REGEX") && value == Some("*")
}

fn count(
    directory: &Directory,
    person: &Okta,
    counted: Truth,
    pass: &dyn Fn(&Group) -> Truth,
    issued: &mut Issued,
) {
    if counted == No {
        return;
    }
    let passing: Vec<Truth> = directory
        .groups
        .iter()
        .map(|group| pass(group).and(directory.membership(person, &group.id)))
        .collect();
    let surely = passing.iter().filter(|passes| **passes == Yes).count();
    let perhaps = passing.iter().filter(|passes| passes.possible()).count();
    if surely > 100 {
        issued.token = issued.token.and(counted.not());
    } else if perhaps > 100 || !directory.all_groups_of_person_known(person) {
        issued.assumes_group_count = true;
    }
}
