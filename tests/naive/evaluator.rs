//! The seven gates and the verdict, person by person and token by token.
//!
//! Where the document is open, what was decided stands at the place, beginning with "Decided:".

use super::claims::{self, Server};
use super::directory::{self, Directory, Okta};
use super::documents::{World, at, has, is, text, texts};
use super::patterns::{READINGS, Reading};
use super::people::{self, Person};
use super::row::{GATES, Gate, Row, Verdict};
use super::truth::Truth::{self, No, Unknown, Yes};
use serde_json::Value;
use std::collections::BTreeSet;

/// The rows of `who --all --format json`, by user and then Okta id.
pub fn who(world: &Value) -> Vec<Row> {
    let directory = Directory::read(World::new(world));
    let mut rows: Vec<Row> =
        people::considered(&directory).iter().map(|person| row(&directory, person)).collect();
    rows.sort_by(|one, other| (&one.user, &one.okta_id).cmp(&(&other.user, &other.okta_id)));
    rows
}

/// The row of one person, whether or not the world considers them.
pub fn row(directory: &Directory, person: &Person) -> Row {
    let mut row = Row {
        connection: directory.world.connection_text("/name").unwrap_or("world").to_owned(),
        user: person.name.clone(),
        okta_id: match &person.okta {
            Okta::User(id) => Some(id.clone()),
            Okta::Nobody | Okta::PerhapsSomeone => None,
        },
        verdict: Verdict::Unknown,
        role: None,
        rank: None,
        gate: None,
        reason_kind: String::new(),
        assumes: Vec::new(),
    };
    if person.local == Yes && person.okta == Okta::Nobody {
        row.verdict = Verdict::NotSubject;
        row.reason_kind = "local Torq account".to_owned();
        return row;
    }
    // Decided: someone who may be a local account cannot be called locked out, whatever fails.
    if person.local.possible() {
        row.gate = Some(Gate::User);
        row.reason_kind = "may be a local Torq account".to_owned();
        return row;
    }

    let world = directory.world;
    let policy = policy(directory, &person.okta);
    let tokens: Vec<Token> =
        READINGS.into_iter().map(|reading| token(directory, &person.okta, reading)).collect();
    let token_gate = Truth::agreement(tokens.iter().map(|token| token.issued)).unwrap_or(Unknown);
    let taking_part: Vec<&Token> = tokens.iter().filter(|token| token.issued.possible()).collect();
    let outcomes: BTreeSet<Outcome> =
        taking_part.iter().flat_map(|token| outcomes(directory, &person.okta, token.reading)).collect();
    let mapping = mapping(&outcomes);

    let gates = [
        client(world),
        redirect(world),
        request(world),
        user(world, &person.okta),
        assignment(directory, &person.okta).and(policy.passes),
        token_gate,
        mapping.passes,
    ];
    let find =
        |wanted: Truth| GATES.into_iter().zip(gates).find(|(_, gate)| *gate == wanted).map(|(name, _)| name);
    if let Some(gate) = find(No) {
        row.verdict = Verdict::LockedOut;
        row.gate = Some(gate);
    } else if let Some(gate) = find(Unknown) {
        row.gate = Some(gate);
    } else {
        row.verdict = Verdict::Granted;
        row.role = mapping.role.map(|role| role_name(world, &role));
        row.rank = mapping.rank;
        let mut assumes = BTreeSet::new();
        if policy.assumed || taking_part.iter().any(|token| token.assumes_policy) {
            assumes.insert("policy".to_owned());
        }
        if taking_part.iter().any(|token| token.assumes_group_count) {
            assumes.insert("group_count".to_owned());
        }
        row.assumes = assumes.into_iter().collect();
    }
    row.reason_kind = format!("gates {gates:?}, outcomes {outcomes:?}");
    row
}

/// G1.2. An app whose name was not read is taken for a custom one, whose fields are then unknown one by one.
/// Decided: an app of another kind has no OIDC settings to hide, and its sign-on mode is known to be wrong.
fn is_catalogue(app: &Value) -> bool {
    let oidc = text(app, "/signOnMode").is_none_or(|mode| mode == "OPENID_CONNECT");
    oidc && text(app, "/name").is_some_and(|name| name != "oidc_client")
}

fn client(world: World) -> Truth {
    let Some(app) = world.document("okta/app") else { return Unknown };
    let active = is(app, "/status", "ACTIVE");
    if is_catalogue(app) {
        return active.and(Unknown);
    }
    let same_id =
        match (world.connection_text("/torq/client_id"), text(app, "/credentials/oauthClient/client_id")) {
            (Some(torq), Some(okta)) => Truth::known(torq == okta),
            _ => Unknown,
        };
    active
        .and(is(app, "/signOnMode", "OPENID_CONNECT"))
        .and(is(app, "/settings/oauthClient/application_type", "web"))
        .and(same_id)
}

fn redirect(world: World) -> Truth {
    let Some(app) = world.document("okta/app") else { return Unknown };
    if is_catalogue(app) {
        return Unknown;
    }
    let (Some(url), Some(registered)) =
        (world.connection_text("/torq/login_redirect_url"), at(app, "/settings/oauthClient/redirect_uris"))
    else {
        return Unknown;
    };
    let wildcard = text(app, "/settings/oauthClient/wildcard_redirect") == Some("SUBDOMAIN");
    Truth::known(
        texts(registered).into_iter().any(|uri| uri == url || (wildcard && wildcard_matches(uri, url))),
    )
}

/// G2.2: the one `*` stands in the lowest label and matches within one label. Decided: it matches something.
fn wildcard_matches(uri: &str, url: &str) -> bool {
    let (Some(uri), Some(url)) = (uri.strip_prefix("https://"), url.strip_prefix("https://")) else {
        return false;
    };
    let (Some((label, above)), Some((first, rest))) = (uri.split_once('.'), url.split_once('.')) else {
        return false;
    };
    let Some((before, after)) = label.split_once('*') else { return false };
    above == rest
        && !first.contains('/')
        && first.len() > before.len() + after.len()
        && first.starts_with(before)
        && first.ends_with(after)
}

fn request(world: World) -> Truth {
    claims::requests(world, "openid").and(scopes_listed(world)).and(app_allows_flow(world))
}

fn scopes_listed(world: World) -> Truth {
    let listed =
        world.document("okta/openid-configuration").and_then(|discovery| at(discovery, "/scopes_supported"));
    match (listed, world.connection("/torq/requested_scopes")) {
        (None, _) => Yes,
        (Some(_), None) => Unknown,
        (Some(listed), Some(requested)) => {
            let listed = texts(listed);
            // Decided: a custom server lists a scope of its own only when it is published.
            let custom = claims::server(world) == Server::Custom;
            Truth::all(texts(requested).iter().map(|scope| {
                if listed.contains(scope) {
                    Yes
                } else if custom && !PREDEFINED_SCOPES.contains(scope) {
                    Unknown
                } else {
                    No
                }
            }))
        }
    }
}

const PREDEFINED_SCOPES: [&str; 7] =
    ["openid", "profile", "email", "address", "phone", "offline_access", "device_sso"];

fn app_allows_flow(world: World) -> Truth {
    let Some(app) = world.document("okta/app").filter(|app| !is_catalogue(app)) else { return Unknown };
    let allows = |response: &str, grant: &str| {
        has(app, "/settings/oauthClient/response_types", response).and(has(
            app,
            "/settings/oauthClient/grant_types",
            grant,
        ))
    };
    let on = |pointer: &str| at(app, pointer).and_then(Value::as_bool) == Some(true);
    match world.connection_text("/torq/flow") {
        Some("implicit") => allows("id_token", "implicit"),
        Some("code") => {
            let method = "/credentials/oauthClient/token_endpoint_auth_method";
            allows("code", "authorization_code")
                .and(is(app, method, "client_secret_basic").or(is(app, method, "client_secret_post")))
                .and(Truth::known(!on("/settings/oauthClient/dpop_bound_access_tokens")))
                .and(if on("/credentials/oauthClient/pkce_required") { Unknown } else { Yes })
        }
        _ => Unknown,
    }
}

fn user(world: World, person: &Okta) -> Truth {
    let user = match person {
        Okta::Nobody => return No,
        Okta::PerhapsSomeone => return Unknown,
        Okta::User(user) => user,
    };
    let Some(row) = directory::user_row(world, user) else {
        // Decided: an id that another document names is not made absent by having been looked up.
        return match world.list("okta/users") {
            Some(list) if list.complete => No,
            _ => Unknown,
        };
    };
    match text(row, "/status") {
        Some("ACTIVE" | "PASSWORD_EXPIRED" | "RECOVERY") => Yes,
        Some("LOCKED_OUT" | "SUSPENDED" | "DEPROVISIONED") => No,
        Some("STAGED" | "PROVISIONED") => match text(row, "/credentials/provider/type") {
            Some(provider) if provider != "OKTA" => Unknown,
            _ => No,
        },
        _ => Unknown,
    }
}

fn assignment(directory: &Directory, person: &Okta) -> Truth {
    match directory::broker_mode(directory.world) {
        Yes if *person != Okta::Nobody => Yes,
        broker => broker.or(directory.assigned(person)),
    }
}

struct Policy {
    passes: Truth,
    assumed: bool,
}

const ASSUMED: Policy = Policy { passes: Yes, assumed: true };

/// G5.3. Decided: a list of rules that is not whole is one that was not read.
fn policy(directory: &Directory, person: &Okta) -> Policy {
    let Some(list) = directory.world.list("okta/access-policy-rules").filter(|list| list.complete) else {
        return ASSUMED;
    };
    let linked = |app: &Value| at(app, "/_links/accessPolicy/href").is_some();
    if directory.world.document("okta/app").is_some_and(|app| !linked(app)) {
        return ASSUMED;
    }
    let mut rules: Vec<&Value> =
        list.rows.iter().filter(|rule| is(rule, "/status", "ACTIVE").possible()).collect();
    rules.sort_by_key(|rule| at(rule, "/priority").and_then(Value::as_i64));
    let mut allow = false;
    let mut deny = false;
    let mut decided = false;
    for rule in rules {
        let matches = is(rule, "/status", "ACTIVE").and(rule_matches(directory, person, rule));
        if matches.possible() {
            let access = text(rule, "/actions/appSignOn/access");
            allow |= access != Some("DENY");
            deny |= access != Some("ALLOW");
        }
        if matches == Yes {
            decided = true;
            break;
        }
    }
    match (decided, allow, deny) {
        (true, true, false) => Policy { passes: Yes, assumed: false },
        (true, false, true) => Policy { passes: No, assumed: false },
        _ => ASSUMED,
    }
}

fn rule_matches(directory: &Directory, person: &Okta, rule: &Value) -> Truth {
    let Some(conditions) = at(rule, "/conditions").and_then(Value::as_object) else { return Yes };
    Truth::all(conditions.iter().map(|(name, condition)| match name.as_str() {
        "people" => people_match(directory, person, condition),
        "network" if text(condition, "/connection") == Some("ANYWHERE") => Yes,
        "riskScore" if text(condition, "/level") == Some("ANY") => Yes,
        _ if is_empty(condition) => Yes,
        _ => Unknown,
    }))
}

/// `null`, and objects and lists with nothing in them, are no conditions.
fn is_empty(condition: &Value) -> bool {
    match condition {
        Value::Null => true,
        Value::Array(items) => items.iter().all(is_empty),
        Value::Object(fields) => fields.values().all(is_empty),
        _ => false,
    }
}

/// Who a rule is for. The same reading serves the access policies of a custom server, of which the document says
/// only that a rule must match.
fn people_match(directory: &Directory, person: &Okta, people: &Value) -> Truth {
    let standing = |pointer: &str| people.pointer(pointer).map(texts).filter(|found| !found.is_empty());
    let in_groups = |groups: Vec<&str>| {
        Truth::any(groups.into_iter().map(|group| match (group, person) {
            ("EVERYONE", Okta::User(_) | Okta::PerhapsSomeone) => Yes,
            _ => directory.membership(person, group),
        }))
    };
    let among = |users: Vec<&str>| match person {
        Okta::User(user) => Truth::known(users.contains(&user.as_str())),
        Okta::Nobody => No,
        Okta::PerhapsSomeone => Unknown,
    };
    let included = Truth::agreement(
        [standing("/groups/include").map(in_groups), standing("/users/include").map(among)]
            .into_iter()
            .flatten(),
    )
    .unwrap_or(Yes);
    let excluded =
        standing("/groups/exclude").map_or(No, in_groups).or(standing("/users/exclude").map_or(No, among));
    let mut rest = people.clone();
    for kind in ["groups", "users"] {
        for side in ["include", "exclude"] {
            if let Some(Value::Object(fields)) = rest.get_mut(kind) {
                fields.remove(side);
            }
        }
    }
    included.and(excluded.not()).and(if is_empty(&rest) { Yes } else { Unknown })
}

/// What the person gets at G6 under one reading of the regex.
struct Token {
    reading: Reading,
    issued: Truth,
    assumes_policy: bool,
    assumes_group_count: bool,
}

fn token(directory: &Directory, person: &Okta, reading: Reading) -> Token {
    let claims = claims::issued(directory, person, reading);
    let access = match claims::server(directory.world) {
        Server::Custom => access_policies(directory, person),
        Server::Organization | Server::Neither | Server::Unknown => Policy { passes: Yes, assumed: false },
    };
    Token {
        reading,
        issued: issuer(directory.world).and(access.passes).and(claims.token),
        assumes_policy: access.assumed,
        assumes_group_count: claims.assumes_group_count,
    }
}

/// G6.1
fn issuer(world: World) -> Truth {
    let Some(url) = world.connection_text("/torq/issuer_url") else { return Unknown };
    let discovered =
        world.document("okta/openid-configuration").map_or(Yes, |discovery| is(discovery, "/issuer", url));
    let server = match claims::server(world) {
        Server::Neither => No,
        Server::Unknown => Unknown,
        Server::Custom => world
            .document("okta/authorization-server")
            .map_or(Unknown, |server| is(server, "/status", "ACTIVE").and(is(server, "/issuer", url))),
        Server::Organization => organization_issuer(world, url),
    };
    server.and(discovered)
}

fn organization_issuer(world: World, url: &str) -> Truth {
    let same = |other: Option<&str>| other.map_or(Unknown, |other| Truth::known(other == url));
    let organization = same(world.connection_text("/okta/org_url"));
    let domain = same(world.document("okta/id-token").and_then(|settings| text(settings, "/customUrl")));
    let app = world.document("okta/app").filter(|app| !is_catalogue(app));
    match app.and_then(|app| text(app, "/settings/oauthClient/issuer_mode")) {
        Some("ORG_URL") => organization,
        Some("CUSTOM_URL") => domain,
        Some("DYNAMIC") => organization.or(domain),
        _ => Truth::agreement([organization, domain, organization.or(domain)]).unwrap_or(Unknown),
    }
}

/// G6.3c
fn access_policies(directory: &Directory, person: &Okta) -> Policy {
    let world = directory.world;
    let list = world.list("okta/authorization-server-policies");
    let complete = list.as_ref().is_some_and(|list| list.complete);
    let mut matches = No;
    for policy in list.map(|list| list.rows).unwrap_or_default() {
        let client = includes(policy, "/conditions/clients/include", |client| match client {
            "ALL_CLIENTS" => Yes,
            id => world.connection_text("/torq/client_id").map_or(Unknown, |own| Truth::known(own == id)),
        });
        let here = is(policy, "/status", "ACTIVE").and(client);
        for rule in at(policy, "/rules").and_then(Value::as_array).into_iter().flatten() {
            matches = matches.or(here.and(access_rule_matches(directory, person, rule)));
        }
    }
    match matches {
        Yes => Policy { passes: Yes, assumed: false },
        No if complete => Policy { passes: No, assumed: false },
        _ => ASSUMED,
    }
}

/// A list that is not there, or empty, is no condition.
fn includes(value: &Value, pointer: &str, matches: impl Fn(&str) -> Truth) -> Truth {
    let listed = at(value, pointer).map(texts).unwrap_or_default();
    if listed.is_empty() { Yes } else { Truth::any(listed.into_iter().map(matches)) }
}

fn access_rule_matches(directory: &Directory, person: &Okta, rule: &Value) -> Truth {
    let world = directory.world;
    let grant = includes(rule, "/conditions/grantTypes/include", |grant| match grant {
        "implicit" => claims::flow_is(world, "implicit"),
        "authorization_code" => claims::flow_is(world, "code"),
        _ => No,
    });
    let allowed = at(rule, "/conditions/scopes/include").map(texts).unwrap_or_default();
    let scopes = if allowed.is_empty() || allowed.contains(&"*") {
        Yes
    } else {
        world.connection("/torq/requested_scopes").map_or(Unknown, |requested| {
            Truth::known(texts(requested).iter().all(|scope| allowed.contains(scope)))
        })
    };
    let people = at(rule, "/conditions/people").map_or(Yes, |people| people_match(directory, person, people));
    is(rule, "/status", "ACTIVE").and(grant).and(scopes).and(people)
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    LockedOut,
    Role {
        role: String,
        rank: i64,
    },
    /// The mappings were not read, or not all of them.
    Anything,
}

/// Every token that the person could have under one reading, and what the mappings make of it.
///
/// A token is the set of the mapped (claim, value) pairs that are in it. The unknown ones are taken independently.
fn outcomes(directory: &Directory, person: &Okta, reading: Reading) -> Vec<Outcome> {
    // Decided: with a mapping that was not read anywhere in the list, no match is the first for certain.
    let Some(list) = directory.world.list("torq/claim-mappings").filter(|list| list.complete) else {
        return vec![Outcome::Anything];
    };
    let mappings: Vec<Mapping> = list.rows.iter().map(Mapping::read).collect();
    let pairs: BTreeSet<(&str, &str)> =
        mappings.iter().map(|mapping| (mapping.claim, mapping.value)).collect();
    let mut tokens: Vec<BTreeSet<(&str, &str)>> = vec![BTreeSet::new()];
    for (claim, value) in pairs {
        let held = claims::holds(directory, person, reading, claim, value);
        let mut next = Vec::new();
        for token in tokens {
            if held != Yes {
                next.push(token.clone());
            }
            if held.possible() {
                let mut with = token;
                with.insert((claim, value));
                next.push(with);
            }
        }
        assert!(next.len() <= 1 << 16, "too many possible tokens to walk one by one");
        tokens = next;
    }
    tokens.iter().flat_map(|token| first_matches(&mappings, token)).collect()
}

struct Mapping<'a> {
    claim: &'a str,
    value: &'a str,
    role: &'a str,
    rank: i64,
}

impl<'a> Mapping<'a> {
    fn read(row: &'a Value) -> Self {
        Self {
            claim: text(row, "/claim_name").expect("a claim name"),
            value: text(row, "/claim_value").expect("a claim value"),
            role: text(row, "/role_id").expect("a role id"),
            rank: at(row, "/rank").and_then(Value::as_i64).expect("a rank"),
        }
    }
}

/// G7.1: several where mappings of the same rank match.
fn first_matches(mappings: &[Mapping], token: &BTreeSet<(&str, &str)>) -> Vec<Outcome> {
    let matching: Vec<&Mapping> =
        mappings.iter().filter(|mapping| token.contains(&(mapping.claim, mapping.value))).collect();
    let Some(first) = matching.iter().map(|mapping| mapping.rank).min() else {
        return vec![Outcome::LockedOut];
    };
    matching
        .iter()
        .filter(|mapping| mapping.rank == first)
        .map(|mapping| Outcome::Role { role: mapping.role.to_owned(), rank: mapping.rank })
        .collect()
}

struct MappingGate {
    passes: Truth,
    role: Option<String>,
    rank: Option<i64>,
}

fn mapping(outcomes: &BTreeSet<Outcome>) -> MappingGate {
    let unknown = MappingGate { passes: Unknown, role: None, rank: None };
    let mut roles = BTreeSet::new();
    let mut ranks = BTreeSet::new();
    let mut locked_out = false;
    for outcome in outcomes {
        match outcome {
            Outcome::Anything => return unknown,
            Outcome::LockedOut => locked_out = true,
            Outcome::Role { role, rank } => {
                roles.insert(role.clone());
                ranks.insert(*rank);
            }
        }
    }
    match (locked_out, roles.len()) {
        (true, 0) => MappingGate { passes: No, ..unknown },
        (false, 1) => MappingGate {
            passes: Yes,
            role: roles.pop_first(),
            rank: if ranks.len() == 1 { ranks.pop_first() } else { None },
        },
        _ => unknown,
    }
}

/// G7.5
fn role_name(world: World, id: &str) -> String {
    let roles = world.list("torq/roles").map(|list| list.rows).unwrap_or_default();
    roles
        .iter()
        .find(|role| text(role, "/id") == Some(id))
        .and_then(|role| text(role, "/name"))
        .unwrap_or(id)
        .to_owned()
}
