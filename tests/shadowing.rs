//! Shadowing against every token that a world allows: a mapping is reported when no token reaches it first, and only then, and no blocker
//! can be dropped.
//!
//! The other side of the comparison knows nothing of sources and selections: it has one switch for each group that a person can be in, for
//! each value of a claim that Okta computes in a way unknown here, and for the email, and tries every position of the switches.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use ssolint::check;
use ssolint::document::position::Format;
use ssolint::model::World;
use ssolint::signin::SignIn;
use ssolint::signin::shadowing;
use ssolint::source::snapshot;

fn load(value: &Value) -> World {
    let read = snapshot::single_file("world.json", value.to_string().into(), Format::Json);
    assert!(read.faults.is_empty(), "{:?}", read.faults);
    let world = check::load(&read.documents, read.faults);
    assert!(world.faults.is_empty(), "{:?}", world.faults);
    world
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Whole,
    Search,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Okta,
    BuiltIn,
    App,
}

/// Eight groups with their kinds; two share a name.
const GROUPS: [(&str, Kind); 8] = [
    ("Everyone", Kind::BuiltIn),
    ("torq-a", Kind::Okta),
    ("torq-b", Kind::Okta),
    ("Torq-A", Kind::Okta),
    ("very", Kind::Okta),
    ("everyone-else", Kind::Okta),
    ("torq-a", Kind::App),
    ("soc", Kind::App),
];

/// What a claim does with a group, by hand.
#[derive(Debug, Clone, Copy)]
enum Config {
    /// A filter: its type, its value, and which names it takes.
    Filter(&'static str, &'static str, fn(&str, Reading) -> bool),
    /// The same, with a scope that Torq does not ask for.
    Unasked(&'static str, &'static str, fn(&str, Reading) -> bool),
    /// `user.getGroups` by the start of the name; directories' groups too.
    OfUser(&'static str, fn(&str, Reading) -> bool),
    /// One group of those that share a name.
    ById(usize),
    /// At most so many groups of a start; more, and it is not known what is sent.
    Limited(&'static str, usize, fn(&str, Reading) -> bool),
    Star,
    Missing,
    /// An expression that nobody can follow here.
    Opaque,
}

fn low(name: &str) -> String {
    name.to_lowercase()
}

const CONFIGS: [Config; 18] = [
    Config::Filter("REGEX", ".*", |_, _| true),
    Config::Filter("REGEX", "torq-.*", |name, reading| match reading {
        Reading::Whole => name.starts_with("torq-"),
        Reading::Search => name.contains("torq-"),
    }),
    Config::Filter("REGEX", "very", |name, reading| match reading {
        Reading::Whole => name == "very",
        Reading::Search => name.contains("very"),
    }),
    Config::Filter("REGEX", "Everyone|torq-b", |name, reading| match reading {
        Reading::Whole => ["Everyone", "torq-b"].contains(&name),
        Reading::Search => name.contains("Everyone") || name.contains("torq-b"),
    }),
    Config::Filter("STARTS_WITH", "torq", |name, _| low(name).starts_with("torq")),
    Config::Filter("STARTS_WITH", "EVERY", |name, _| low(name).starts_with("every")),
    Config::Filter("EQUALS", "everyone", |name, _| low(name) == "everyone"),
    Config::Filter("CONTAINS", "r", |name, _| low(name).contains('r')),
    Config::Unasked("REGEX", "torq-a", |name, reading| match reading {
        Reading::Whole => name == "torq-a",
        Reading::Search => name.contains("torq-a"),
    }),
    Config::Unasked("CONTAINS", "every", |name, _| low(name).contains("every")),
    Config::OfUser("torq-", |name, _| name.starts_with("torq-")),
    Config::OfUser("E", |name, _| name.starts_with('E')),
    Config::ById(1),
    Config::ById(6),
    Config::Limited("Every", 1, |name, _| low(name).starts_with("every")),
    Config::Star,
    Config::Missing,
    Config::Opaque,
];

impl Config {
    fn document(self, name: &str) -> Option<Value> {
        let claim = |value_type: &str, value: &str| json!({"name": name, "status": "ACTIVE", "claimType": "IDENTITY", "alwaysIncludeInToken": true, "valueType": value_type, "value": value});
        let filter = |kind: &str, value: &str| {
            let mut claim = claim("GROUPS", value);
            claim["group_filter_type"] = json!(kind);
            claim
        };
        match self {
            Self::Filter(kind, value, _) => Some(filter(kind, value)),
            Self::Unasked(kind, value, _) => {
                let mut claim = filter(kind, value);
                claim["conditions"] = json!({"scopes": ["another"]});
                Some(claim)
            }
            Self::OfUser(start, _) => Some(claim(
                "EXPRESSION",
                &format!("user.getGroups({{'group.profile.name': '{start}.*'}}).![profile.name]"),
            )),
            Self::ById(group) => Some(claim(
                "EXPRESSION",
                &format!("getFilteredGroups({{\"{}\"}}, \"group.name\", 50)", id(group)),
            )),
            Self::Limited(start, limit, _) => {
                Some(claim("EXPRESSION", &format!("Groups.startsWith(\"OKTA\", \"{start}\", {limit})")))
            }
            Self::Star => Some(filter("REGEX", "*")),
            Self::Missing => None,
            Self::Opaque => Some(claim("EXPRESSION", "user.department + '-groups'")),
        }
    }

    /// Whether it can be said from a person's groups what the claim carries.
    fn follows_groups(self) -> bool {
        !matches!(self, Self::Star | Self::Missing | Self::Opaque)
    }

    /// Whether a value may be missing for someone who is in its group.
    fn may_leave_out(self) -> bool {
        matches!(self, Self::Limited(..))
    }

    fn carries(self, group: usize, name: &str, kind: Kind, reading: Reading) -> bool {
        match self {
            Self::Filter(_, _, takes) | Self::Unasked(_, _, takes) => {
                kind != Kind::App && takes(name, reading)
            }
            Self::OfUser(_, takes) => takes(name, reading),
            Self::ById(only) => group == only,
            Self::Limited(_, _, takes) => kind != Kind::App && takes(name, reading),
            Self::Star | Self::Missing | Self::Opaque => false,
        }
    }
}

fn id(group: usize) -> String {
    format!("00g{group}")
}

const CLAIMS: [&str; 3] = ["groups", "teams", "roles"];
const EMAILS: [&str; 2] = ["ada@acme.com", "bob@acme.com"];
const VALUES: [&str; 8] =
    ["Everyone", "torq-a", "torq-b", "Torq-A", "very", "soc", "everyone-else", "not-a-group"];

#[derive(Debug, Clone)]
struct Row {
    /// Index into [`CLAIMS`]; behind it, the email.
    claim: usize,
    value: &'static str,
    rank: i64,
}

#[derive(Debug, Clone)]
struct Case {
    configs: [Config; 3],
    email_asked: bool,
    /// In the order of the ranks.
    rows: Vec<Row>,
    /// For each of four people, the groups that they are in, as bits.
    people: [u8; 4],
}

fn row() -> impl Strategy<Value = (usize, usize, i64)> {
    (0..4_usize, prop_oneof![2 => 0..1_usize, 3 => 1..3_usize, 2 => 3..VALUES.len()], 1..9_i64)
}

fn case(configs: Vec<Config>) -> impl Strategy<Value = Case> {
    let config = || prop::sample::select(configs.clone());
    let rows = prop::collection::vec(row(), 1..=10);
    ([config(), config(), config()], any::<bool>(), rows, any::<[u8; 4]>()).prop_map(
        |(configs, email_asked, rows, people)| {
            let mut rows: Vec<Row> = rows
                .into_iter()
                .map(|(claim, value, rank)| Row {
                    claim,
                    value: if claim < CLAIMS.len() { VALUES[value] } else { EMAILS[value % 2] },
                    rank,
                })
                .collect();
            rows.sort_by_key(|row| row.rank);
            Case { configs, email_asked, rows, people }
        },
    )
}

impl Case {
    fn document(&self) -> Value {
        let claims: Vec<Value> =
            CLAIMS.iter().zip(self.configs).filter_map(|(name, config)| config.document(name)).collect();
        let mappings: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                let name = CLAIMS.get(row.claim).copied().unwrap_or("email");
                json!({"claim_name": name, "claim_value": row.value, "role_id": format!("r{}", row.rank), "rank": row.rank})
            })
            .collect();
        let groups: Vec<Value> = GROUPS
            .iter()
            .enumerate()
            .map(|(index, (name, kind))| {
                let kind = match kind {
                    Kind::Okta => "OKTA_GROUP",
                    Kind::BuiltIn => "BUILT_IN",
                    Kind::App => "APP_GROUP",
                };
                json!({"id": id(index), "type": kind, "profile": {"name": name}})
            })
            .collect();
        let user = |person: usize| format!("00u{person}");
        let mut members = serde_json::Map::new();
        for group in 1..GROUPS.len() {
            let of_group: Vec<Value> = (0..self.people.len())
                .filter(|person| self.people[*person] & (1 << group) != 0)
                .map(|person| json!({"id": user(person)}))
                .collect();
            members.insert(id(group), Value::Array(of_group));
        }
        let email = |person: usize| EMAILS.get(person).copied().unwrap_or("eve@acme.com");
        let users: Vec<Value> = (0..self.people.len())
            .map(|person| json!({"id": user(person), "status": "ACTIVE", "profile": {"login": format!("{person}@acme.com"), "email": email(person)}}))
            .collect();
        let app_users: Vec<Value> = (0..self.people.len())
            .map(|person| json!({"id": user(person), "scope": "USER", "status": "ACTIVE"}))
            .collect();
        let scopes =
            if self.email_asked { json!(["openid", "email", "groups"]) } else { json!(["openid", "groups"]) };
        json!({
            "connection": {"torq": {"issuer_url": "https://acme.okta.com/oauth2/aus1", "requested_scopes": scopes}},
            "okta": {
                "authorization-server-claims": claims,
                "groups": groups,
                "group-users": members,
                "users": users,
                "app-users": app_users,
                "app-groups": [],
            },
            "torq": {"claim-mappings": {"claim_mappings": mappings}},
        })
    }

    /// Values of claims that do not follow groups, or not always: (claim, value), each of which a token may carry or not.
    fn free(&self) -> Vec<(usize, &'static str)> {
        let free: BTreeSet<(usize, &'static str)> = self
            .rows
            .iter()
            .filter(|row| row.claim < CLAIMS.len())
            .filter(|row| {
                let config = self.configs[row.claim];
                !config.follows_groups() || config.may_leave_out()
            })
            .map(|row| (row.claim, row.value))
            .collect();
        free.into_iter().collect()
    }

    /// Whether the free claim carries a value whatever the switches say: once `groups` can name everyone, it does.
    fn always(&self, claim: usize, value: &str) -> bool {
        CLAIMS[claim] == "groups"
            && value == "Everyone"
            && matches!(self.configs[claim], Config::Star | Config::Missing)
    }

    /// For a mapping: groups (of those that there are, then two that there might be) that put its value into the token, as bits.
    fn givers(
        &self,
        claim: usize,
        value: &str,
        reading: Reading,
        forced: bool,
        might_be: Option<&str>,
    ) -> u16 {
        let config = self.configs[claim];
        let mut bits = 0;
        for (index, (name, kind)) in GROUPS.iter().enumerate() {
            if *name == value && (forced || config.carries(index, name, *kind, reading)) {
                bits |= 1 << index;
            }
        }
        for (index, kind) in [(8, Kind::Okta), (9, Kind::App)] {
            if might_be == Some(value) && (forced || config.carries(index, value, kind, reading)) {
                bits |= 1 << index;
            }
        }
        bits
    }

    /// For each token that matches a mapping, which rows of an earlier rank it matches. `asked`: the mapping's index.
    fn tokens(&self, asked: usize) -> BTreeSet<BTreeSet<usize>> {
        let mapping = &self.rows[asked];
        let follows = |claim: usize| claim < CLAIMS.len() && self.configs[claim].follows_groups();
        let both = [Reading::Whole, Reading::Search];
        let sendable =
            |reading: &Reading| self.givers(mapping.claim, mapping.value, *reading, false, None) != 0;
        // What no token carries is judged as if it could be sent.
        let forced = follows(mapping.claim) && !both.iter().any(sendable);
        let might_be =
            (forced && !GROUPS.iter().any(|(name, _)| *name == mapping.value)).then_some(mapping.value);
        let free = self.free();
        let groups: u16 = if might_be.is_some() { 10 } else { 8 };
        let mut tokens = BTreeSet::new();
        for reading in both {
            let givers: Vec<u16> = self
                .rows
                .iter()
                .map(|row| {
                    if !follows(row.claim) {
                        return 0;
                    }
                    let this = (row.claim, row.value) == (mapping.claim, mapping.value);
                    self.givers(row.claim, row.value, reading, forced && this, might_be)
                })
                .collect();
            // The first bit is Everyone's, which everyone has.
            for person in (1..1_u16 << groups).step_by(2) {
                for switches in 0..1_u32 << free.len() {
                    for email in 0..3_usize {
                        let matches = |index: usize| {
                            let row = &self.rows[index];
                            if row.claim >= CLAIMS.len() {
                                return EMAILS.get(email) == Some(&row.value);
                            }
                            let switch = free.iter().position(|one| *one == (row.claim, row.value));
                            let on = switch.is_none_or(|switch| switches & (1 << switch) != 0);
                            if follows(row.claim) {
                                return on && givers[index] & person != 0;
                            }
                            on || self.always(row.claim, row.value)
                        };
                        if matches(asked) {
                            let earlier = (0..asked)
                                .filter(|other| self.rows[*other].rank < mapping.rank && matches(*other));
                            tokens.insert(earlier.collect());
                        }
                    }
                }
            }
        }
        tokens
    }
}

fn check_blockers(tokens: &BTreeSet<BTreeSet<usize>>, blockers: &[usize]) -> Result<(), String> {
    let takes = |token: &BTreeSet<usize>, but: Option<usize>| {
        blockers.iter().any(|blocker| Some(*blocker) != but && token.contains(blocker))
    };
    if let Some(free) = tokens.iter().find(|token| !takes(token, None)) {
        return Err(format!("a token escapes {blockers:?}: it matches {free:?} only"));
    }
    for blocker in blockers {
        if tokens.iter().all(|token| takes(token, Some(*blocker))) {
            return Err(format!("{blocker} can be dropped from {blockers:?}"));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mapping_is_shadowed_exactly_when_no_token_reaches_it_first(case in case(CONFIGS.to_vec())) {
        // More switches than these take too long to try.
        prop_assume!(case.free().len() <= 6);
        let world = load(&case.document());
        let sign_in = SignIn::new(&world, &[]);
        let reported = shadowing::by_logic(&sign_in);
        let open: BTreeSet<usize> = shadowing::undecided(&sign_in).into_iter().map(|(mapping, _)| mapping).collect();
        for mapping in 0..case.rows.len() {
            let tokens = case.tokens(mapping);
            prop_assert!(!tokens.is_empty(), "as if it could be sent, some token matches {mapping}");
            let expected = tokens.iter().all(|token| !token.is_empty());
            let found = reported.iter().find(|shadowed| shadowed.mapping == mapping);
            prop_assert_eq!(found.is_some(), expected, "mapping {} of {:?}", mapping, case.document());
            if let Some(shadowed) = found {
                prop_assert_eq!(check_blockers(&tokens, &shadowed.blockers), Ok(()), "{:?}", case.document());
                prop_assert!(!open.contains(&mapping));
            }
        }
    }

    #[test]
    fn a_mapping_is_unused_today_exactly_when_an_earlier_one_takes_everyone_who_matches_it(case in case(can_be_followed())) {
        let world = load(&case.document());
        let sign_in = SignIn::new(&world, &[]);
        let shadowed: BTreeSet<usize> =
            shadowing::by_logic(&sign_in).into_iter().map(|shadowed| shadowed.mapping).collect();
        let found = shadowing::unused_today(&sign_in);
        let mut disagreeing = 0;
        for mapping in (0..case.rows.len()).filter(|mapping| !shadowed.contains(mapping)) {
            let of_reading = |reading: Reading| -> Vec<(usize, BTreeSet<usize>)> {
                (0..case.people.len())
                    .filter(|person| case.matches_today(mapping, *person, reading))
                    .map(|person| {
                        let earlier = (0..mapping).filter(|other| {
                            case.rows[*other].rank < case.rows[mapping].rank
                                && case.matches_today(*other, person, reading)
                        });
                        (person, earlier.collect())
                    })
                    .collect()
            };
            let (whole, search) = (of_reading(Reading::Whole), of_reading(Reading::Search));
            let reached = |people: &[(usize, BTreeSet<usize>)]| people.iter().any(|(_, earlier)| earlier.is_empty());
            let unused = |people: &[(usize, BTreeSet<usize>)]| !people.is_empty() && !reached(people);
            let here = found.iter().flatten().find(|unused| unused.mapping == mapping);
            if (unused(&whole) && reached(&search)) || (reached(&whole) && unused(&search)) {
                disagreeing += 1;
                prop_assert!(here.is_none());
                continue;
            }
            let expected = unused(&whole) || unused(&search);
            prop_assert_eq!(here.is_some(), expected, "mapping {} of {:?}", mapping, case.document());
            if let Some(unused) = here {
                let both: Vec<(usize, BTreeSet<usize>)> = whole.into_iter().chain(search).collect();
                let people: BTreeSet<usize> = both.iter().map(|(person, _)| *person).collect();
                let named: BTreeSet<usize> = unused.people.iter().map(|person| person.0 as usize).collect();
                prop_assert_eq!(named, people);
                let tokens = both.into_iter().map(|(_, earlier)| earlier).collect();
                prop_assert_eq!(check_blockers(&tokens, &unused.blockers), Ok(()), "{:?}", case.document());
                prop_assert_eq!(unused.witnesses.len(), unused.blockers.len());
            }
        }
        prop_assert_eq!(found.iter().filter(|one| one.is_err()).count(), disagreeing, "{:?}", case.document());
    }
}

impl Case {
    fn matches_today(&self, mapping: usize, person: usize, reading: Reading) -> bool {
        let row = &self.rows[mapping];
        if row.claim >= CLAIMS.len() {
            return self.email_asked && EMAILS.get(person) == Some(&row.value);
        }
        if matches!(self.configs[row.claim], Config::Unasked(..)) {
            return false;
        }
        let groups = u16::from(self.people[person]) | 1;
        self.givers(row.claim, row.value, reading, false, None) & groups != 0
    }
}

/// Claims whose values are known of everyone.
fn can_be_followed() -> Vec<Config> {
    let followed = |config: &Config| !matches!(config, Config::Opaque | Config::Limited(..));
    CONFIGS.into_iter().filter(followed).collect()
}

/// What is not known is neither reported nor passed over.
fn undecided_in(okta: Value, mappings: Value) -> (Vec<usize>, Vec<(usize, String)>) {
    let world = load(&json!({
        "connection": {"torq": {"issuer_url": "https://acme.okta.com", "requested_scopes": ["openid", "email", "groups"]}},
        "okta": okta,
        "torq": {"claim-mappings": {"claim_mappings": mappings}},
    }));
    let sign_in = SignIn::new(&world, &[]);
    let shadowed = shadowing::by_logic(&sign_in).into_iter().map(|one| one.mapping).collect();
    let open = shadowing::undecided(&sign_in).into_iter().map(|(one, gap)| (one, gap.to_string())).collect();
    (shadowed, open)
}

fn mapping(claim: &str, value: &str, rank: i64) -> Value {
    json!({"claim_name": claim, "claim_value": value, "role_id": "r", "rank": rank})
}

#[test]
fn everyone_at_the_top_is_undecided_where_the_filter_was_not_read() {
    let below = json!([mapping("groups", "Everyone", 1), mapping("email", "ada@acme.com", 2)]);
    let (shadowed, open) = undecided_in(json!({}), below.clone());
    assert!(shadowed.is_empty());
    assert_eq!(open, [(1, "okta/id-token.json was not read".to_owned())]);

    let filter = |value: &str| json!({"id-token": {"valueType": "GROUPS", "name": "groups", "groupFilterType": "REGEX", "value": value}});
    assert_eq!(undecided_in(filter(".*"), below.clone()), (vec![1], vec![]));
    assert_eq!(undecided_in(filter("torq-.*"), below.clone()), (vec![], vec![]));
    assert_eq!(
        undecided_in(filter("Every"), below.clone()),
        (vec![], vec![]),
        "one reading lets a token past"
    );
    assert_eq!(
        undecided_in(json!({"id-token": {"issuerMode": "ORG_URL"}}), below),
        (vec![1], vec![]),
        "as if it could be sent"
    );
}

#[test]
fn a_mapping_of_the_same_rank_never_shadows() {
    let same = json!([mapping("groups", "soc", 1), mapping("groups", "soc", 1)]);
    assert_eq!(undecided_in(json!({}), same), (vec![], vec![]));
}

#[test]
fn two_blockers_are_named_where_each_takes_one_of_two_groups_of_a_name() {
    let world = load(&json!({
        "connection": {"torq": {"issuer_url": "https://acme.okta.com/oauth2/aus1", "requested_scopes": ["openid"]}},
        "okta": {
            "groups": [
                {"id": "00g1", "type": "OKTA_GROUP", "profile": {"name": "soc"}},
                {"id": "00g2", "type": "APP_GROUP", "profile": {"name": "soc"}},
            ],
            "authorization-server-claims": [
                {"name": "first", "status": "ACTIVE", "claimType": "IDENTITY", "alwaysIncludeInToken": true, "valueType": "GROUPS", "group_filter_type": "EQUALS", "value": "soc"},
                {"name": "second", "status": "ACTIVE", "claimType": "IDENTITY", "alwaysIncludeInToken": true, "valueType": "EXPRESSION", "value": "getFilteredGroups({\"00g2\"}, \"group.name\", 10)"},
                {"name": "both", "status": "ACTIVE", "claimType": "IDENTITY", "alwaysIncludeInToken": true, "valueType": "EXPRESSION", "value": "user.getGroups({'group.profile.name': 'soc'}).![profile.name]"},
            ],
        },
        "torq": {"claim-mappings": {"claim_mappings": [
            mapping("first", "soc", 1), mapping("second", "soc", 2), mapping("both", "other", 3), mapping("both", "soc", 4),
        ]}},
    }));
    let sign_in = SignIn::new(&world, &[]);
    let expected = shadowing::Shadowed { mapping: 3, blockers: vec![0, 1] };
    assert_eq!(shadowing::by_logic(&sign_in), [expected]);
}
