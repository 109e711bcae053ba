//! Small random pairs of worlds, and every sequence of steps between the two, tried one by one.
//!
//! Nothing here is the tool's: a configuration is a record of its own, made into plain JSON and decided by the second reading. The steps
//! are those of the issue, removing and adding again what both sides have among them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use serde_json::{Value, json};

use crate::replay;

/// Numbers from a seed (splitmix64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }

    fn some(&mut self, of: &[&'static str]) -> BTreeSet<&'static str> {
        of.iter().copied().filter(|_| self.roll(2) == 0).collect()
    }
}

pub const KINDS: [(&str, [&str; 3]); 5] = [
    ("redirect_uris", ["https://app.torq.io/__/auth/handler", "https://app.eu.torq.io/__/auth/handler", ""]),
    ("response_types", ["id_token", "code", ""]),
    ("grant_types", ["implicit", "authorization_code", ""]),
    ("app-groups", ["00g1", "00g2", "00g3"]),
    ("app-users", ["00u1", "00u2", ""]),
];
const ISSUERS: [&str; 2] = ["https://acme.okta.com", "https://acme.okta.com/oauth2/aus1"];
const FLOWS: [&str; 2] = ["implicit", "code"];
const MAPPINGS: [(&str, &str, &str); 11] = [
    ("groups", "torq-a", "r-own"),
    ("groups", "torq-a", "r-view"),
    ("groups", "torq-b", "r-view"),
    ("groups", "soc", "r-own"),
    ("groups", "torq-soc", "r-own"),
    ("groups", "torq-x", "r-view"),
    ("email", "ada@acme.com", "r-own"),
    ("email", "ada.b@acme.com", "r-own"),
    ("email", "bob@acme.com", "r-view"),
    ("groups", "torq-x", "r-own"),
    ("groups", "soc-x", "r-own"),
];
/// Mappings that follow a group or a person to another name.
const FOLLOWING: [(usize, usize); 4] = [(0, 9), (1, 5), (3, 10), (6, 7)];
const FILTERS: [(&str, &str); 7] = [
    ("REGEX", ".*"),
    ("STARTS_WITH", "torq-"),
    ("CONTAINS", "soc"),
    ("EQUALS", "soc"),
    ("REGEX", "soc"),
    ("REGEX", "torq-(a|b)"),
    ("STARTS_WITH", "SOC"),
];

/// Everything that steps change.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Configuration {
    /// Indices into [`MAPPINGS`], by rank.
    table: Vec<usize>,
    /// Filter type and value; none: no groups claim.
    filter: Option<(String, String)>,
    redirect: usize,
    flow: usize,
    issuer: usize,
    all_scopes: bool,
    lists: BTreeMap<&'static str, BTreeSet<&'static str>>,
    names: [&'static str; 3],
    emails: [&'static str; 3],
}

/// What stays.
#[derive(Clone, Debug)]
struct Rest {
    members: [Vec<&'static str>; 3],
    members_read: [bool; 3],
    /// What the app has as a person's email, where it is not that of the directory.
    app_email: Option<&'static str>,
    /// Whether the list of the app's users has a row for whom a group assigns.
    group_rows: bool,
    policy_scopes: Vec<&'static str>,
    policy_grants: Vec<&'static str>,
}

pub struct Pair {
    rest: Rest,
    decided: RefCell<HashMap<Configuration, BTreeMap<String, Option<bool>>>>,
    pub before: Configuration,
    pub after: Configuration,
}

const PEOPLE: [&str; 3] = ["00u1", "00u2", "00u3"];
const GROUPS: [&str; 3] = ["00g1", "00g2", "00g3"];

impl Pair {
    /// Few enough mappings that every order of them can be tried.
    pub fn new(dice: &mut Dice) -> Self {
        loop {
            let pair = Self::any(dice);
            let mapped: BTreeSet<usize> =
                pair.before.table.iter().chain(&pair.after.table).copied().collect();
            let protects =
                || !replay::protected(&pair.world(&pair.before), &pair.world(&pair.after)).is_empty();
            if mapped.len() <= 4 && pair.before != pair.after && (protects() || dice.one_in(20)) {
                return pair;
            }
        }
    }

    fn any(dice: &mut Dice) -> Self {
        let before = Configuration {
            table: table(dice, 3),
            filter: filter(dice),
            redirect: 0,
            flow: dice.roll(2),
            issuer: usize::from(dice.one_in(4)),
            all_scopes: !dice.one_in(4),
            lists: KINDS
                .iter()
                .map(|(kind, values)| {
                    let all: BTreeSet<&str> =
                        values.iter().copied().filter(|value| !value.is_empty()).collect();
                    (
                        *kind,
                        if dice.one_in(4) { dice.some(&all.into_iter().collect::<Vec<_>>()) } else { all },
                    )
                })
                .collect(),
            names: ["torq-a", if dice.one_in(2) { "torq-b" } else { "torq-soc" }, "soc"],
            emails: ["ada@acme.com", "bob@acme.com", "cyd@acme.com"],
        };
        let subset = |dice: &mut Dice| PEOPLE.iter().copied().filter(|_| dice.roll(3) > 0).collect();
        let rest = Rest {
            members: [subset(dice), subset(dice), subset(dice)],
            members_read: [!dice.one_in(8), !dice.one_in(8), true],
            app_email: dice.one_in(4).then_some("ada.b@acme.com"),
            group_rows: dice.one_in(3),
            policy_scopes: if dice.one_in(2) { vec!["openid", "email"] } else { vec!["*"] },
            policy_grants: if dice.one_in(3) {
                vec![["implicit", "authorization_code"][dice.roll(2)]]
            } else {
                vec![]
            },
        };
        let mut after = before.clone();
        let steps = 1 + dice.roll(3);
        for step in 0..steps {
            // Half of the pairs begin with what takes care.
            let kind = if step == 0 && dice.one_in(2) { 9 + dice.roll(5) } else { dice.roll(14) };
            match kind {
                0..=2 => {
                    let mut mixed = after.table.clone();
                    let other = table(dice, 3);
                    mixed.extend(other.into_iter().filter(|row| !before.table.contains(row)));
                    shuffle(dice, &mut mixed);
                    mixed.truncate(1 + dice.roll(3));
                    after.table = mixed;
                }
                3 | 4 => after.filter = filter(dice),
                5 => {
                    after.redirect = 1 - after.redirect;
                    let kept = [KINDS[0].1[after.redirect]].into_iter().collect();
                    after.lists.insert("redirect_uris", kept);
                }
                6 => after.flow = 1 - after.flow,
                7 => {
                    let (kind, values) = KINDS[1 + dice.roll(4)];
                    let all: Vec<&str> = values.into_iter().filter(|value| !value.is_empty()).collect();
                    let some = dice.some(&all);
                    after.lists.insert(kind, some);
                }
                8 => {
                    if dice.one_in(2) {
                        after.names[0] = "torq-x";
                    } else {
                        after.names[2] = "soc-x";
                    }
                    if dice.one_in(2) {
                        after.emails[0] = "ada.b@acme.com";
                    }
                }
                9..=11 => {
                    match dice.roll(3) {
                        0 => after.names[0] = "torq-x",
                        1 => after.names[2] = "soc-x",
                        _ => after.emails[0] = "ada.b@acme.com",
                    }
                    for row in &mut after.table {
                        let follows = FOLLOWING.iter().find(|(from, _)| from == row);
                        *row = follows.map_or(*row, |(_, to)| *to);
                    }
                }
                _ => {
                    after.issuer = 1 - after.issuer;
                    after.all_scopes = !after.all_scopes;
                }
            }
        }
        Self { rest, decided: RefCell::default(), before, after }
    }

    pub fn world(&self, configuration: &Configuration) -> Value {
        let rest = &self.rest;
        let list = |kind: &str| json!(configuration.lists[kind]);
        let group = |at: usize| json!({"id": GROUPS[at], "type": "OKTA_GROUP", "profile": {"name": configuration.names[at]}});
        let members: serde_json::Map<String, Value> = (0..3)
            .filter(|at| rest.members_read[*at])
            .map(|at| {
                let rows = rest.members[at].iter().map(|id| json!({"id": id})).collect();
                (GROUPS[at].to_owned(), Value::Array(rows))
            })
            .collect();
        let users: Vec<Value> = (0..3)
            .map(|at| {
                let email = configuration.emails[at];
                json!({"id": PEOPLE[at], "status": "ACTIVE", "profile": {"login": email, "email": email},
                       "credentials": {"provider": {"type": "OKTA"}}})
            })
            .collect();
        let app_users: Vec<Value> = (0..3)
            .filter_map(|at| {
                let email = rest.app_email.filter(|_| at == 0).unwrap_or(configuration.emails[at]);
                let mut row = json!({"id": PEOPLE[at], "scope": "USER", "status": "ACTIVE",
                       "credentials": {"userName": configuration.emails[at]}, "profile": {"email": email}});
                if configuration.lists["app-users"].contains(PEOPLE[at]) {
                    return Some(row);
                }
                let gives = |group: &usize| {
                    let assigned = configuration.lists["app-groups"].contains(GROUPS[*group]);
                    assigned && rest.members[*group].contains(&PEOPLE[at])
                };
                let group = GROUPS[(0..3).find(gives).filter(|_| rest.group_rows)?];
                row["scope"] = json!("GROUP");
                row["_links"] =
                    json!({"group": {"href": format!("https://acme.okta.com/api/v1/groups/{group}")}});
                Some(row)
            })
            .collect();
        let id_token = match &configuration.filter {
            Some((kind, value)) => {
                json!({"issuer": ISSUERS[0], "issuerMode": "ORG_URL", "valueType": "GROUPS",
                                          "name": "groups", "groupFilterType": kind, "value": value})
            }
            None => json!({"issuer": ISSUERS[0], "issuerMode": "ORG_URL"}),
        };
        let scopes: &[&str] =
            if configuration.all_scopes { &["openid", "email", "groups"] } else { &["openid", "email"] };
        let mappings: Vec<Value> = (1..)
            .zip(&configuration.table)
            .map(|(rank, row)| {
                let (name, value, role) = MAPPINGS[*row];
                json!({"id": format!("m{row}"), "claim_name": name, "claim_value": value, "role_id": role, "rank": rank})
            })
            .collect();
        let grants = if rest.policy_grants.is_empty() {
            json!({"include": ["implicit", "authorization_code"]})
        } else {
            json!({"include": rest.policy_grants})
        };
        json!({
            "connection": {
                "name": "pair",
                "torq": {"region": "us", "login_redirect_url": KINDS[0].1[configuration.redirect], "client_id": "0oa1",
                         "issuer_url": ISSUERS[configuration.issuer], "requested_scopes": scopes,
                         "flow": FLOWS[configuration.flow]},
                "okta": {"org_url": ISSUERS[0]},
            },
            "okta": {
                "app": {
                    "id": "0oa1", "name": "oidc_client", "status": "ACTIVE", "signOnMode": "OPENID_CONNECT",
                    "credentials": {"oauthClient": {"client_id": "0oa1", "token_endpoint_auth_method": "client_secret_basic",
                                                    "pkce_required": false}},
                    "settings": {"implicitAssignment": false, "oauthClient": {
                        "redirect_uris": list("redirect_uris"), "response_types": list("response_types"),
                        "grant_types": list("grant_types"), "application_type": "web", "issuer_mode": "ORG_URL",
                        "wildcard_redirect": "DISABLED", "dpop_bound_access_tokens": false}},
                    "_links": {"accessPolicy": {"href": "https://acme.okta.com/api/v1/policies/rst1"}},
                },
                "id-token": id_token,
                "federated-claims": [],
                "authorization-server": {"id": "aus1", "issuer": ISSUERS[1], "issuerMode": "ORG_URL", "status": "ACTIVE"},
                "authorization-server-claims": [
                    {"id": "ocl1", "name": "groups", "status": "ACTIVE", "claimType": "IDENTITY", "valueType": "GROUPS",
                     "group_filter_type": "STARTS_WITH", "value": "torq-", "conditions": {"scopes": []}, "system": false,
                     "alwaysIncludeInToken": true}],
                "authorization-server-policies": [
                    {"id": "pol1", "status": "ACTIVE", "priority": 1, "conditions": {"clients": {"include": ["0oa1"]}},
                     "rules": [{"id": "rul1", "status": "ACTIVE", "priority": 1, "conditions": {
                         "people": {"groups": {"include": ["EVERYONE"]}}, "grantTypes": grants,
                         "scopes": {"include": rest.policy_scopes}}}]}],
                "access-policy-rules": [
                    {"id": "rul0", "status": "ACTIVE", "priority": 99, "conditions": null,
                     "actions": {"appSignOn": {"access": "ALLOW"}}}],
                "app-groups": configuration.lists["app-groups"].iter().map(|id| json!({"id": id})).collect::<Vec<_>>(),
                "app-users": app_users,
                "groups": [{"id": "00gE", "type": "BUILT_IN", "profile": {"name": "Everyone"}}, group(0), group(1), group(2)],
                "group-users": members,
                "users": users,
            },
            "torq": {
                "roles": {"roles": [
                    {"id": "r-own", "name": "Owner", "scope_names": ["playbook.get", "user.write"]},
                    {"id": "r-view", "name": "Viewer", "scope_names": ["playbook.get"]}]},
                "users": {"users": []},
                "claim-mappings": {"claim_mappings": mappings},
            },
        })
    }

    /// The values that a state may have. `both`: one filter that passes what either side's passes, where there is one.
    pub fn values(&self, both: Option<(String, String)>) -> Values {
        let (before, after) = (&self.before, &self.after);
        let mut filters = Vec::new();
        if before.filter != after.filter {
            filters.extend([before.filter.clone(), after.filter.clone()]);
            filters.extend(both.map(Some));
        }
        let mut pool: Vec<usize> = before.table.iter().chain(&after.table).copied().collect();
        pool.sort_unstable();
        pool.dedup();
        // Where a list is the same on both sides, taking an element away and putting it back is left out of most pairs.
        let lists = before
            .lists
            .iter()
            .filter(|(kind, list)| after.lists[*kind] != **list)
            .map(|(kind, list)| {
                let values = if *kind == "app-users" {
                    // What the app keeps of somebody who stays assigned would be gone.
                    list.symmetric_difference(&after.lists[kind]).copied().collect()
                } else {
                    list.union(&after.lists[kind]).copied().collect()
                };
                (*kind, values)
            })
            .collect();
        Values { pool, filters, lists }
    }

    /// The length of a shortest safe sequence, by trying every step from every state; `None` where there is none.
    pub fn shortest(&self, values: &Values, protected: &BTreeMap<String, bool>) -> Option<usize> {
        let is_safe = |configuration: &Configuration| {
            if protected.is_empty() {
                return true;
            }
            let mut decided = self.decided.borrow_mut();
            let standings = decided
                .entry(configuration.clone())
                .or_insert_with(|| replay::standings(&self.world(configuration)));
            replay::lost_of(protected, standings).is_empty()
        };
        let mut seen: HashMap<Configuration, usize> = HashMap::new();
        let mut line = VecDeque::new();
        if is_safe(&self.before) {
            seen.insert(self.before.clone(), 0);
            line.push_back(self.before.clone());
        }
        let mut unsafe_states: BTreeSet<Configuration> = BTreeSet::new();
        while let Some(configuration) = line.pop_front() {
            let steps = seen[&configuration];
            if configuration == self.after {
                return Some(steps);
            }
            for next in self.next(values, &configuration) {
                if seen.contains_key(&next) || unsafe_states.contains(&next) {
                    continue;
                }
                if is_safe(&next) {
                    seen.insert(next.clone(), steps + 1);
                    line.push_back(next);
                } else {
                    unsafe_states.insert(next);
                }
            }
        }
        None
    }

    /// Everything that one step makes of a configuration.
    fn next(&self, values: &Values, from: &Configuration) -> Vec<Configuration> {
        let mut all = Vec::new();
        let mut with = |edit: &dyn Fn(&mut Configuration)| {
            let mut next = from.clone();
            edit(&mut next);
            all.push(next);
        };
        // A mapping stands at most as often as in the side that has it more often.
        let count = |table: &[usize], row: usize| table.iter().filter(|other| **other == row).count();
        let most = |row: usize| count(&self.before.table, row).max(count(&self.after.table, row));
        let missing: Vec<usize> =
            values.pool.iter().copied().filter(|row| count(&from.table, *row) < most(*row)).collect();
        for at in 0..from.table.len() {
            with(&|next| {
                next.table.remove(at);
            });
            for row in &missing {
                with(&|next| next.table[at] = *row);
            }
            for to in 0..from.table.len() {
                with(&|next| {
                    let row = next.table.remove(at);
                    next.table.insert(to, row);
                });
            }
        }
        for at in 0..=from.table.len() {
            for row in &missing {
                with(&|next| next.table.insert(at, *row));
            }
        }
        for filter in &values.filters {
            with(&|next| next.filter.clone_from(filter));
        }
        for side in [&self.before, &self.after] {
            with(&|next| next.redirect = side.redirect);
            with(&|next| next.flow = side.flow);
            with(&|next| next.issuer = side.issuer);
            with(&|next| next.all_scopes = side.all_scopes);
        }
        for (kind, elements) in &values.lists {
            for element in elements {
                with(&|next| {
                    let list = next.lists.get_mut(kind).expect("a list");
                    if !list.remove(element) {
                        list.insert(element);
                    }
                });
            }
        }
        for at in 0..3 {
            with(&|next| next.names[at] = self.after.names[at]);
            with(&|next| next.emails[at] = self.after.emails[at]);
        }
        all
    }
}

pub struct Values {
    pool: Vec<usize>,
    filters: Vec<Option<(String, String)>>,
    lists: BTreeMap<&'static str, BTreeSet<&'static str>>,
}

fn table(dice: &mut Dice, most: usize) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..MAPPINGS.len()).collect();
    shuffle(dice, &mut rows);
    rows.truncate(1 + dice.roll(most));
    rows
}

fn filter(dice: &mut Dice) -> Option<(String, String)> {
    if dice.one_in(10) {
        return None;
    }
    let (kind, value) = FILTERS[if dice.one_in(2) { dice.roll(2) } else { dice.roll(FILTERS.len()) }];
    Some((kind.to_owned(), value.to_owned()))
}

fn shuffle<T>(dice: &mut Dice, rows: &mut [T]) {
    for at in (1..rows.len()).rev() {
        rows.swap(at, dice.roll(at + 1));
    }
}
