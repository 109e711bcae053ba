//! Random worlds: a plausible organisation, and now and then a few things wrong with it.
//!
//! Most worlds are nearly healthy, so that people do get in and a single fault decides; every document goes missing,
//! every list is cut short, every gate fails in some of them.

use super::patterns::PATTERNS;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

const LOGINS: [&str; 6] =
    ["ada@acme.com", "Bob@acme.com", "cyd@acme.com", "dee@acme.com", "eve@acme.com", "fay@acme.com"];
/// An address that is nobody's login.
const OTHER_EMAILS: [&str; 6] =
    ["ada.l@acme.com", "bob.b@acme.com", "c@acme.com", "d@acme.com", "e@acme.com", "f@acme.com"];
const STRANGERS: [&str; 4] = ["backup@acme.com", "Owner@acme.com", "owner@acme.com", "gone@acme.com"];
const GROUP_NAMES: [&str; 12] = [
    "torq-admins",
    "torq-viewers",
    "soc",
    "torq-a",
    "Torq-Admins",
    "my-torq-x",
    "TORQ-VIEWERS",
    "torq-",
    "my-torq-a",
    "Engineering",
    "tier1-soc",
    "admins",
];
const ROLES: [(&str, &str); 4] =
    [("r-own", "Owner"), ("r-con", "Contributor"), ("r-view", "Viewer"), ("r-soc", "SOC analyst")];
const ORG: &str = "https://acme.okta.com";
const CUSTOM_SERVER: &str = "https://acme.okta.com/oauth2/aus1";
const REDIRECT: &str = "https://app.torq.io/__/auth/handler";

/// Every document that can go missing, but for the folders of groups and people.
pub const DOCUMENTS: [&str; 18] = [
    "/connection",
    "/okta/app",
    "/okta/id-token",
    "/okta/federated-claims",
    "/okta/openid-configuration",
    "/okta/organization",
    "/okta/authorization-server",
    "/okta/authorization-server-claims",
    "/okta/authorization-server-policies",
    "/okta/app-groups",
    "/okta/app-users",
    "/okta/groups",
    "/okta/group-rules",
    "/okta/group-users",
    "/okta/users",
    "/okta/access-policy-rules",
    "/torq/claim-mappings",
    "/torq/roles",
];

pub fn world() -> impl Strategy<Value = Value> {
    let faults = prop_oneof![
        22 => Just(0_usize..=0),
        7 => Just(1..=1),
        2 => Just(2..=2),
        1 => Just(3..=3),
    ]
    .prop_flat_map(|count| prop::collection::vec(fault(), count));
    (organization(), people(), settings(), torq(), faults).prop_map(
        |(organization, people, settings, torq, faults)| {
            let mut world = build(&organization, &people, &settings, &torq);
            for fault in &faults {
                fault.befall(&mut world);
            }
            world
        },
    )
}

// ---- what an organisation is made of

#[derive(Clone, Debug)]
struct Organization {
    names: Vec<&'static str>,
    kinds: Vec<&'static str>,
    /// Bits over the groups: which are assigned, and whose members were read.
    assigned: u8,
    members_read: u8,
    everyone_assigned: bool,
    /// How many more groups there are, and whether their members were read.
    bulk: usize,
    bulk_read: bool,
}

fn organization() -> impl Strategy<Value = Organization> {
    (
        subsequence(GROUP_NAMES.to_vec(), 1..=5),
        prop::collection::vec(prop_oneof![6 => Just("OKTA_GROUP"), 1 => Just("APP_GROUP")], 5),
        any::<u8>(),
        prop_oneof![8 => Just(0xff_u8), 1 => any::<u8>()],
        prop::bool::weighted(0.75),
        prop_oneof![9 => Just(0_usize), 1 => 97_usize..=104],
        any::<bool>(),
    )
        .prop_map(|(names, kinds, assigned, members_read, everyone_assigned, bulk, bulk_read)| {
            Organization { names, kinds, assigned, members_read, everyone_assigned, bulk, bulk_read }
        })
}

#[derive(Clone, Debug)]
struct Member {
    status: &'static str,
    provider: Option<&'static str>,
    email: Spelling,
    app_email: Spelling,
    row: Option<&'static str>,
    row_status: &'static str,
    /// Bits over the groups; the seventh is for the bulk.
    groups: u8,
    groups_read: bool,
}

#[derive(Clone, Copy, Debug)]
enum Spelling {
    Login,
    OtherCase,
    Other,
}

impl Spelling {
    fn of(self, person: usize) -> String {
        match self {
            Self::Login => LOGINS[person].to_owned(),
            Self::OtherCase => other_case(LOGINS[person]),
            Self::Other => OTHER_EMAILS[person].to_owned(),
        }
    }
}

fn other_case(text: &str) -> String {
    text.chars().enumerate().map(|(at, letter)| if at == 0 { swap(letter) } else { letter }).collect()
}

fn swap(letter: char) -> char {
    if letter.is_ascii_uppercase() { letter.to_ascii_lowercase() } else { letter.to_ascii_uppercase() }
}

fn spelling() -> impl Strategy<Value = Spelling> {
    prop_oneof![12 => Just(Spelling::Login), 1 => Just(Spelling::OtherCase), 1 => Just(Spelling::Other)]
}

fn people() -> impl Strategy<Value = Vec<Member>> {
    let member = (
        prop_oneof![
            40 => Just("ACTIVE"),
            4 => select(vec!["PASSWORD_EXPIRED", "RECOVERY", "LOCKED_OUT", "SUSPENDED", "DEPROVISIONED", "STAGED", "PROVISIONED"]),
        ],
        prop_oneof![5 => Just(Some("OKTA")), 1 => Just(Some("ACTIVE_DIRECTORY")), 1 => Just(None)],
        spelling(),
        spelling(),
        prop_oneof![
            2 => Just(None),
            4 => Just(Some("USER")),
            2 => Just(Some("GROUP")),
            2 => Just(Some("GROUP without a link")),
        ],
        prop_oneof![10 => Just("ACTIVE"), 2 => select(vec!["PROVISIONED", "DEPROVISIONED", "UNASSIGNED", "INACTIVE", "REVOKED"])],
        (any::<u8>(), any::<u8>()).prop_map(|(some, more)| some | more),
        prop::bool::weighted(0.3),
    )
        .prop_map(|(status, provider, email, app_email, row, row_status, groups, groups_read)| Member {
            status,
            provider,
            email,
            app_email,
            row,
            row_status,
            groups,
            groups_read,
        });
    prop::collection::vec(member, 1..=6)
}

#[derive(Clone, Debug)]
struct Settings {
    custom_server: bool,
    flow: &'static str,
    scopes: Vec<&'static str>,
    claim: Option<ClaimSettings>,
    second_claim: Option<ClaimSettings>,
    federated: Vec<(&'static str, &'static str)>,
    always_include: bool,
    claim_scopes: Vec<&'static str>,
    access_policies: Value,
    rules: Vec<Value>,
    identity_engine: bool,
    broker: bool,
}

#[derive(Clone, Debug)]
struct ClaimSettings {
    name: &'static str,
    kind: &'static str,
    filter: Option<&'static str>,
    value: &'static str,
}

pub const EXPRESSIONS: [&str; 16] = [
    r#"Groups.startsWith("OKTA", "torq-", 100)"#,
    r#"Groups.startsWith("OKTA", "torq-", 1)"#,
    r#"Groups.startsWith("OKTA", "Torq-", 100)"#,
    r#"Groups.contains("OKTA", "torq", 100)"#,
    r#"Groups.contains("OKTA", "", 2)"#,
    r#"Groups.endsWith("OKTA", "admins", 100)"#,
    r#"Groups.startsWith("active_directory", "torq-", 100)"#,
    r#"Groups.contains("OKTA", "torq", 101)"#,
    r#"getFilteredGroups({"00g1", "00g2"}, "group.name", 40)"#,
    r#"getFilteredGroups({"00g1", "00g2", "00g9"}, "group.name", 1)"#,
    "user.getGroups({'group.profile.name': 'torq-.*'}).![profile.name]",
    "user.getGroups({'group.profile.name': 'torq-admins'}).![profile.name]",
    r#"Arrays.flatten(Groups.startsWith("OKTA", "torq-a", 100), Groups.contains("OKTA", "soc", 100))"#,
    r#"Arrays.flatten(Groups.startsWith("OKTA", "torq-", 100), user.department)"#,
    "user.department",
    r#"Groups.startsWith("OKTA", "torq-", 100).size() > 0 ? "torq-admins" : "soc""#,
];

fn claim() -> impl Strategy<Value = ClaimSettings> {
    let name = prop_oneof![20 => Just("groups"), 1 => Just("torq_groups"), 1 => Just("Groups"), 1 => Just("department")];
    let filter = prop_oneof![
        36 => Just((Some("REGEX"), ".*")),
        6 => select(PATTERNS.to_vec()).prop_map(|pattern| (Some("REGEX"), pattern)),
        3 => select(vec!["torq-", "TORQ-", "", "soc"]).prop_map(|value| (Some("STARTS_WITH"), value)),
        2 => select(vec!["torq-admins", "TORQ-Admins", "Everyone"]).prop_map(|value| (Some("EQUALS"), value)),
        2 => select(vec!["torq", "ADMIN", "o"]).prop_map(|value| (Some("CONTAINS"), value)),
    ]
    .prop_map(|(filter, value)| ("GROUPS", filter, value));
    let expression = select(EXPRESSIONS.to_vec()).prop_map(|value| ("EXPRESSION", None, value));
    (name, prop_oneof![9 => filter, 1 => expression])
        .prop_map(|(name, (kind, filter, value))| ClaimSettings { name, kind, filter, value })
}

fn rule() -> impl Strategy<Value = Value> {
    let conditions = select(vec![
        Value::Null,
        json!({}),
        json!({"people": {"groups": {"include": ["00g1"]}}}),
        json!({"people": {"groups": {"include": ["00g1", "00g2"], "exclude": ["00g3"]}}}),
        json!({"people": {"groups": {"exclude": ["00g2"]}, "users": {"exclude": []}}}),
        json!({"people": {"users": {"include": ["00u1", "00u3"]}}}),
        json!({"people": {"users": {"exclude": ["00u1"]}}, "network": {"connection": "ANYWHERE"}}),
        json!({"people": {"groups": {"include": ["00gE"]}}, "riskScore": {"level": "ANY"}}),
        json!({"people": {"groups": {"include": ["00g1"]}, "users": {"include": ["00u2"]}}}),
        json!({"people": {"groups": {"include": ["00g1"]}}, "network": {"connection": "ZONE", "include": ["nzo1"]}}),
        json!({"network": {"connection": "ZONE", "include": ["nzo1"]}, "platform": {"include": [], "exclude": []}}),
        json!({"riskScore": {"level": "HIGH"}, "userType": {"include": [], "exclude": []}}),
        json!({"platform": {"include": [{"type": "DESKTOP", "os": {"type": "OTHER", "expression": ""}}], "exclude": []}}),
        json!({"elCondition": {"condition": "user.profile.department == 'SOC'"}}),
        json!({"elCondition": null, "platform": {"include": [], "exclude": []}}),
    ]);
    (
        prop_oneof![6 => Just("ACTIVE"), 1 => Just("INACTIVE")],
        conditions,
        prop_oneof![3 => Just("ALLOW"), 1 => Just("DENY")],
    )
        .prop_map(|(status, conditions, access)| {
            json!({"status": status, "conditions": conditions, "actions": {"appSignOn": {"access": access}}})
        })
}

fn access_policies() -> impl Strategy<Value = Value> {
    let open = json!([{
        "id": "00p1", "status": "ACTIVE", "priority": 1, "conditions": {"clients": {"include": ["ALL_CLIENTS"]}},
        "rules": [{"status": "ACTIVE", "priority": 1, "conditions": {
            "grantTypes": {"include": ["implicit", "authorization_code"]}, "scopes": {"include": ["*"]},
            "people": {"groups": {"include": ["EVERYONE"]}, "users": {"include": []}}}}],
    }]);
    let varied = (
        select(vec!["ACTIVE", "INACTIVE"]),
        select(vec![json!(["ALL_CLIENTS"]), json!(["0oa1"]), json!(["0oa9"])]),
        select(vec!["ACTIVE", "ACTIVE", "INACTIVE"]),
        select(vec![json!(["implicit"]), json!(["authorization_code"]), json!(["implicit", "authorization_code"])]),
        select(vec![json!(["*"]), json!(["openid", "email", "profile", "groups"]), json!(["openid"])]),
        select(vec![
            json!({"groups": {"include": ["EVERYONE"]}, "users": {"include": []}}),
            json!({"groups": {"include": ["00g1"]}}),
            json!({"groups": {"include": []}, "users": {"include": ["00u1"]}}),
            json!({"groups": {"include": ["00g1"]}, "users": {"include": ["00u2"]}}),
        ]),
    )
        .prop_map(|(status, clients, rule_status, grants, scopes, people)| {
            json!([{
                "id": "00p1", "status": status, "priority": 1, "conditions": {"clients": {"include": clients}},
                "rules": [{"status": rule_status, "priority": 1, "conditions": {
                    "grantTypes": {"include": grants}, "scopes": {"include": scopes}, "people": people}}],
            }])
        });
    prop_oneof![12 => Just(open), 4 => varied, 1 => Just(json!([]))]
}

fn settings() -> impl Strategy<Value = Settings> {
    let scopes = prop_oneof![
        30 => Just(vec!["openid", "email", "profile", "groups"]),
        1 => Just(vec!["openid", "email", "groups"]),
        1 => Just(vec!["openid", "profile", "groups"]),
        1 => Just(vec!["openid", "email", "profile"]),
        1 => Just(vec!["email", "groups"]),
    ];
    let federated = prop_oneof![
        8 => Just(Vec::new()),
        1 => select(EXPRESSIONS.to_vec()).prop_map(|expression| vec![("torq_groups", expression)]),
        1 => select(EXPRESSIONS.to_vec())
            .prop_map(|expression| vec![("department", "user.profile.department"), ("torq_groups", expression)]),
    ];
    let rules = prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(rule(), 1..=3)];
    let catch_all = prop_oneof![12 => Just("ALLOW"), 1 => Just("DENY")];
    (
        prop::bool::weighted(0.15),
        prop_oneof![6 => Just("implicit"), 4 => Just("code")],
        scopes,
        prop::option::weighted(0.97, claim()),
        prop::option::weighted(0.2, claim()),
        federated,
        (
            prop::bool::weighted(0.8),
            prop_oneof![4 => Just(vec![]), 1 => Just(vec!["groups"]), 1 => Just(vec!["torq", "profile"])],
        ),
        access_policies(),
        (rules, catch_all),
        prop::bool::weighted(0.9),
        prop::bool::weighted(0.07),
    )
        .prop_map(
            |(
                custom_server,
                flow,
                scopes,
                claim,
                second_claim,
                federated,
                (always_include, claim_scopes),
                access_policies,
                (mut rules, catch_all),
                identity_engine,
                broker,
            )| {
                rules.push(json!({
                    "status": "ACTIVE", "conditions": null, "actions": {"appSignOn": {"access": catch_all}},
                }));
                let last = rules.len();
                for (at, rule) in rules.iter_mut().enumerate() {
                    rule["id"] = json!(format!("rul{at}"));
                    rule["priority"] = if at + 1 == last { json!(99) } else { json!(at) };
                }
                // The document keeps no order of its own.
                rules.rotate_left(last / 2);
                Settings {
                    custom_server,
                    flow,
                    scopes,
                    claim,
                    second_claim,
                    federated,
                    always_include,
                    claim_scopes,
                    access_policies,
                    rules,
                    identity_engine,
                    broker,
                }
            },
        )
}

#[derive(Clone, Debug)]
struct Torq {
    mappings: Vec<(&'static str, Written, &'static str)>,
    /// The mapping that the wizard offers first: the address of the one who sets SSO up.
    owner: Option<&'static str>,
    /// The last mapping of many real workspaces.
    everyone: Option<&'static str>,
    ranks: Ranks,
    users: Vec<(Written, Option<bool>)>,
}

/// A value as Torq has it written; numbers pick a person or a group.
#[derive(Clone, Copy, Debug)]
enum Written {
    Email(usize, Spelling),
    Group(usize),
    GroupInOtherCase(usize),
    Text(&'static str),
}

impl Written {
    fn text(self, organization: &Organization, people: &[Member]) -> String {
        let group = |at: usize| organization.names[at % organization.names.len()];
        match self {
            Self::Email(at, spelling) => spelling.of(at % people.len()),
            Self::Group(at) => group(at).to_owned(),
            Self::GroupInOtherCase(at) => other_case(group(at)),
            Self::Text(text) => text.to_owned(),
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Ranks {
    InOrder,
    Gaps,
    Tied,
}

fn torq() -> impl Strategy<Value = Torq> {
    let role = || prop_oneof![8 => select(ROLES.map(|(id, _)| id).to_vec()), 1 => Just("r-unknown")];
    let email = || {
        prop_oneof![
            10 => (any::<usize>(), spelling()).prop_map(|(at, spelling)| Written::Email(at, spelling)),
            1 => select(STRANGERS.to_vec()).prop_map(Written::Text),
        ]
    };
    let group = || {
        prop_oneof![
            14 => any::<usize>().prop_map(Written::Group),
            2 => select(GROUP_NAMES.to_vec()).prop_map(Written::Text),
            1 => any::<usize>().prop_map(Written::GroupInOtherCase),
            1 => select(vec!["Everyone", "torq-bulk-000", "torq-admins "]).prop_map(Written::Text),
        ]
    };
    let claim_and_value = prop_oneof![
        20 => group().prop_map(|value| ("groups", value)),
        5 => email().prop_map(|value| ("email", value)),
        2 => email().prop_map(|value| ("preferred_username", value)),
        1 => Just(("name", Written::Text("Ada Acme"))),
        1 => Just(("sub", Written::Text("00u1"))),
        1 => group().prop_map(|value| ("torq_groups", value)),
        1 => Just(("department", Written::Text("SOC"))),
        1 => group().prop_map(|value| ("Groups", value)),
        1 => email().prop_map(|value| ("Email", value)),
    ];
    let mappings = prop_oneof![
        1 => Just(0_usize..=0),
        30 => Just(1..=5),
        3 => Just(6..=7),
    ]
    .prop_flat_map(move |count| prop::collection::vec((claim_and_value.clone(), role()), count));
    let provisioned = prop_oneof![4 => Just(Some(true)), 4 => Just(Some(false)), 1 => Just(None)];
    (
        mappings,
        (prop::option::weighted(0.4, Just("r-own")), prop::option::weighted(0.85, role())),
        prop_oneof![5 => Just(Ranks::InOrder), 2 => Just(Ranks::Gaps), 2 => Just(Ranks::Tied)],
        prop::collection::vec(
            (prop_oneof![5 => email(), 1 => select(STRANGERS.to_vec()).prop_map(Written::Text)], provisioned),
            0..=2,
        ),
    )
        .prop_map(|(mappings, (owner, everyone), ranks, users)| Torq {
            mappings: mappings.into_iter().map(|((claim, value), role)| (claim, value, role)).collect(),
            owner,
            everyone,
            ranks,
            users,
        })
}

// ---- the documents of such an organisation

fn group(organization: &Organization, at: usize) -> Value {
    json!({"id": format!("00g{}", at + 1), "type": organization.kinds[at], "profile": {"name": organization.names[at]}})
}

fn everyone() -> Value {
    json!({"id": "00gE", "type": "BUILT_IN", "profile": {"name": "Everyone"}})
}

fn bulk_group(at: usize) -> Value {
    json!({"id": format!("00gb{at:03}"), "type": "OKTA_GROUP", "profile": {"name": format!("torq-bulk-{at:03}")}})
}

fn user_id(at: usize) -> String {
    format!("00u{}", at + 1)
}

fn bit(bits: u8, at: usize) -> bool {
    bits & (1 << at) != 0
}

const IN_BULK: usize = 6;

fn build(organization: &Organization, people: &[Member], settings: &Settings, torq: &Torq) -> Value {
    let mut world = json!({
        "connection": connection(settings),
        "okta": {
            "organization": {"id": "00o1", "pipeline": if settings.identity_engine { "idx" } else { "v1" }},
            "app": app(settings),
            "openid-configuration": {
                "issuer": if settings.custom_server { CUSTOM_SERVER } else { ORG },
                "scopes_supported": ["openid", "email", "profile", "address", "phone", "offline_access", "groups"],
            },
            "app-groups": app_groups(organization),
            "app-users": people.iter().enumerate().filter_map(|(at, member)| app_user(organization, at, member)).collect::<Vec<_>>(),
            "groups": groups(organization),
            "group-rules": [],
            "group-users": group_users(organization, people),
            "user-groups": user_groups(organization, people),
            "users": people.iter().enumerate().map(|(at, member)| user(at, member)).collect::<Vec<_>>(),
            "access-policy-rules": settings.rules,
        },
        "torq": {
            "claim-mappings": {"claim_mappings": mappings(torq, organization, people)},
            "roles": {"roles": ROLES.map(|(id, name)| json!({"id": id, "name": name}))},
            "users": {"users": torq_users(torq, organization, people)},
        },
    });
    let okta = &mut world["okta"];
    if settings.custom_server {
        okta["authorization-server"] = json!({"id": "aus1", "issuer": CUSTOM_SERVER, "status": "ACTIVE"});
        okta["authorization-server-claims"] = custom_claims(settings);
        okta["authorization-server-policies"] = settings.access_policies.clone();
        // What the app itself says does not apply, and must not be looked at.
        okta["id-token"] = json!({"issuer": ORG, "customUrl": null, "issuerMode": "ORG_URL", "valueType": "GROUPS",
            "name": "groups", "groupFilterType": "REGEX", "value": ".*"});
        okta["federated-claims"] = json!([]);
    } else {
        okta["id-token"] = id_token(settings);
        okta["federated-claims"] = settings
            .federated
            .iter()
            .filter(|(name, _)| settings.claim.as_ref().is_none_or(|claim| claim.name != *name))
            .map(|(name, expression)| json!({"name": name, "expression": expression}))
            .collect();
    }
    if !settings.identity_engine {
        okta["access-policy-rules"] = Value::Null;
    }
    world
}

fn connection(settings: &Settings) -> Value {
    json!({
        "name": "acme",
        "torq": {
            "region": "us",
            "login_redirect_url": REDIRECT,
            "client_id": "0oa1",
            "issuer_url": if settings.custom_server { CUSTOM_SERVER } else { ORG },
            "requested_scopes": settings.scopes,
            "flow": settings.flow,
        },
        "okta": {"org_url": ORG},
    })
}

fn app(settings: &Settings) -> Value {
    let mut app = json!({
        "id": "0oa1",
        "name": "oidc_client",
        "status": "ACTIVE",
        "signOnMode": "OPENID_CONNECT",
        "credentials": {"oauthClient": {
            "client_id": "0oa1", "token_endpoint_auth_method": "client_secret_basic", "pkce_required": false,
        }},
        "settings": {
            "implicitAssignment": settings.broker,
            "oauthClient": {
                "redirect_uris": ["https://example.com/callback", REDIRECT],
                "response_types": ["code", "id_token"],
                "grant_types": ["authorization_code", "implicit"],
                "application_type": "web",
                "issuer_mode": "ORG_URL",
                "wildcard_redirect": "DISABLED",
                "dpop_bound_access_tokens": false,
            },
        },
        "_links": {},
    });
    if settings.identity_engine {
        app["_links"]["accessPolicy"] = json!({"href": format!("{ORG}/api/v1/policies/rst1")});
    }
    app
}

fn id_token(settings: &Settings) -> Value {
    let mut document = json!({"issuer": ORG, "orgUrl": null, "customUrl": null, "audience": "0oa1", "issuerMode": "ORG_URL"});
    if let Some(claim) = &settings.claim {
        document["valueType"] = json!(claim.kind);
        document["name"] = json!(claim.name);
        document["value"] = json!(claim.value);
        if let Some(filter) = claim.filter {
            document["groupFilterType"] = json!(filter);
        }
    }
    document
}

fn custom_claims(settings: &Settings) -> Value {
    let mut claims = vec![
        json!({"name": "email", "status": "ACTIVE", "claimType": "IDENTITY", "valueType": "SYSTEM", "system": true,
            "conditions": {"scopes": ["email"]}, "alwaysIncludeInToken": false}),
        json!({"name": "groups", "status": "ACTIVE", "claimType": "RESOURCE", "valueType": "GROUPS",
            "group_filter_type": "REGEX", "value": ".*", "conditions": {"scopes": []}, "alwaysIncludeInToken": true}),
    ];
    let distinct = settings
        .second_claim
        .iter()
        .filter(|second| settings.claim.as_ref().is_none_or(|first| first.name != second.name));
    for claim in settings.claim.iter().chain(distinct) {
        let mut row = json!({"name": claim.name, "status": "ACTIVE", "claimType": "IDENTITY", "valueType": claim.kind,
            "value": claim.value, "conditions": {"scopes": settings.claim_scopes},
            "alwaysIncludeInToken": settings.always_include});
        if let Some(filter) = claim.filter {
            row["group_filter_type"] = json!(filter);
        }
        claims.push(row);
    }
    Value::Array(claims)
}

fn app_groups(organization: &Organization) -> Value {
    let mut rows: Vec<Value> = (0..organization.names.len())
        .filter(|at| bit(organization.assigned, *at))
        .map(|at| json!({"id": format!("00g{}", at + 1), "priority": at}))
        .collect();
    if organization.everyone_assigned {
        rows.push(json!({"id": "00gE", "priority": 9}));
    }
    Value::Array(rows)
}

fn app_user(organization: &Organization, at: usize, member: &Member) -> Option<Value> {
    let scope = member.row?;
    let mut row = json!({
        "id": user_id(at),
        "scope": if scope == "USER" { "USER" } else { "GROUP" },
        "status": member.row_status,
        "credentials": {"userName": LOGINS[at]},
        "profile": {"email": member.app_email.of(at)},
    });
    if scope == "GROUP" {
        let group = usize::from(member.groups) % organization.names.len() + 1;
        row["_links"] = json!({"group": {"href": format!("{ORG}/api/v1/groups/00g{group}")}});
    }
    Some(row)
}

fn groups(organization: &Organization) -> Value {
    let mut rows = vec![everyone()];
    rows.extend((0..organization.names.len()).map(|at| group(organization, at)));
    rows.extend((0..organization.bulk).map(bulk_group));
    Value::Array(rows)
}

fn group_users(organization: &Organization, people: &[Member]) -> Value {
    let members = |at: usize| -> Value {
        (0..people.len())
            .filter(|person| bit(people[*person].groups, at))
            .map(|person| json!({"id": user_id(person)}))
            .collect()
    };
    let mut files = Map::new();
    for at in (0..organization.names.len()).filter(|at| bit(organization.members_read, *at)) {
        files.insert(format!("00g{}", at + 1), members(at));
    }
    for at in (0..organization.bulk).filter(|_| organization.bulk_read) {
        files.insert(format!("00gb{at:03}"), members(IN_BULK));
    }
    Value::Object(files)
}

fn user_groups(organization: &Organization, people: &[Member]) -> Value {
    let mut files = Map::new();
    for (at, member) in people.iter().enumerate().filter(|(_, member)| member.groups_read) {
        let mut rows = vec![everyone()];
        rows.extend(
            (0..organization.names.len())
                .filter(|at| bit(member.groups, *at))
                .map(|at| group(organization, at)),
        );
        rows.extend((0..organization.bulk).filter(|_| bit(member.groups, IN_BULK)).map(bulk_group));
        files.insert(user_id(at), Value::Array(rows));
    }
    Value::Object(files)
}

fn user(at: usize, member: &Member) -> Value {
    let mut user = json!({
        "id": user_id(at),
        "status": member.status,
        "profile": {"login": LOGINS[at], "email": member.email.of(at)},
        "credentials": {},
    });
    if let Some(provider) = member.provider {
        user["credentials"]["provider"] = json!({"type": provider});
    }
    user
}

fn mappings(torq: &Torq, organization: &Organization, people: &[Member]) -> Value {
    let everyone = torq.everyone.map(|role| ("groups", Written::Text("Everyone"), role));
    let owner = torq.owner.map(|role| ("email", Written::Email(0, Spelling::Login), role));
    let mut rows: Vec<Value> = owner
        .into_iter()
        .chain(torq.mappings.iter().copied())
        .chain(everyone)
        .enumerate()
        .map(|(at, (claim, value, role))| {
            let rank = match torq.ranks {
                Ranks::InOrder => at + 1,
                Ranks::Gaps => at * 10 + 3,
                Ranks::Tied => at / 2 + 1,
            };
            json!({"id": format!("m{at}"), "claim_name": claim, "claim_value": value.text(organization, people), "role_id": role, "rank": rank})
        })
        .collect();
    let half = rows.len() / 2;
    rows.rotate_left(half);
    Value::Array(rows)
}

fn torq_users(torq: &Torq, organization: &Organization, people: &[Member]) -> Value {
    let mut seen: Vec<String> = Vec::new();
    let mut rows = Vec::new();
    for (at, (email, provisioned)) in torq.users.iter().enumerate() {
        let email = email.text(organization, people);
        // Torq has one account for an address, however it is written.
        if seen.contains(&email.to_lowercase()) {
            continue;
        }
        seen.push(email.to_lowercase());
        let mut row = json!({"id": format!("t{at}"), "email": email, "role_id": "r-own"});
        if let Some(provisioned) = provisioned {
            row["sso_provision"] = json!(provisioned);
        }
        rows.push(row);
    }
    Value::Array(rows)
}

// ---- what is wrong with it

#[derive(Clone, Debug)]
enum Fault {
    Missing(&'static str),
    /// One file of a folder; the number picks it.
    MissingFile(&'static str, usize),
    Field(&'static str, Value),
    /// Members of a group that the person's own list does not give, or the other way round.
    SidesDisagree(usize),
    /// What `pull` with narrow rights brings home: which lists are cut, which rows of them are lost.
    Filtered {
        lists: u16,
        lost: u16,
        forgotten: bool,
        lookups: bool,
    },
    Several(Vec<Self>),
}

const LISTS: [&str; 13] = [
    "okta/federated-claims",
    "okta/authorization-server-claims",
    "okta/authorization-server-policies",
    "okta/app-groups",
    "okta/app-users",
    "okta/groups",
    "okta/users",
    "okta/access-policy-rules",
    "torq/users",
    "torq/roles",
    "okta/group-users",
    "okta/user-groups",
    "torq/claim-mappings",
];

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        8 => select(DOCUMENTS.to_vec()).prop_map(Fault::Missing),
        1 => Just(Fault::Missing("/torq/users")),
        2 => (select(vec!["/okta/group-users", "/okta/user-groups"]), any::<usize>())
            .prop_map(|(folder, file)| Fault::MissingFile(folder, file)),
        11 => select(fields()).prop_map(|(pointer, value)| Fault::Field(pointer, value)),
        2 => select(combinations()).prop_map(Fault::Several),
        4 => any::<usize>().prop_map(Fault::SidesDisagree),
        5 => (any::<u16>(), any::<u16>(), any::<u16>(), any::<u16>(), prop::bool::weighted(0.2), any::<bool>())
            .prop_map(|(one, other, lost, fewer, forgotten, lookups)| Fault::Filtered {
                lists: one & other,
                lost: lost & fewer,
                forgotten,
                lookups,
            }),
    ]
}

/// Fields that get another value; `null` takes the field away.
fn fields() -> Vec<(&'static str, Value)> {
    let client = |field: &str| match field {
        "method" => "/okta/app/credentials/oauthClient/token_endpoint_auth_method",
        "pkce" => "/okta/app/credentials/oauthClient/pkce_required",
        "id" => "/okta/app/credentials/oauthClient/client_id",
        "uris" => "/okta/app/settings/oauthClient/redirect_uris",
        "responses" => "/okta/app/settings/oauthClient/response_types",
        "grants" => "/okta/app/settings/oauthClient/grant_types",
        "type" => "/okta/app/settings/oauthClient/application_type",
        "issuer" => "/okta/app/settings/oauthClient/issuer_mode",
        "wildcard" => "/okta/app/settings/oauthClient/wildcard_redirect",
        _ => "/okta/app/settings/oauthClient/dpop_bound_access_tokens",
    };
    vec![
        ("/okta/app/status", json!("INACTIVE")),
        ("/okta/app/status", Value::Null),
        ("/okta/app/signOnMode", json!("SAML_2_0")),
        ("/okta/app/signOnMode", Value::Null),
        ("/okta/app/settings/implicitAssignment", Value::Null),
        ("/okta/app/settings/implicitAssignment", json!(true)),
        ("/okta/app/_links/accessPolicy", Value::Null),
        (client("type"), json!("native")),
        (client("type"), Value::Null),
        (client("id"), json!("0oa2")),
        (client("id"), Value::Null),
        (client("uris"), json!([])),
        (client("uris"), Value::Null),
        (client("uris"), json!(["https://app.torq.io/__/auth/handler/"])),
        (client("uris"), json!(["https://App.torq.io/__/auth/handler"])),
        (client("uris"), json!(["http://app.torq.io/__/auth/handler"])),
        (client("uris"), json!(["https://app.torq.io/_/auth/handler"])),
        (client("uris"), json!(["https://*.torq.io/__/auth/handler"])),
        (client("wildcard"), json!("SUBDOMAIN")),
        (client("wildcard"), Value::Null),
        (client("responses"), json!(["code"])),
        (client("responses"), json!(["id_token"])),
        (client("responses"), Value::Null),
        (client("grants"), json!(["authorization_code"])),
        (client("grants"), json!(["implicit"])),
        (client("grants"), Value::Null),
        (client("method"), json!("client_secret_post")),
        (client("method"), json!("private_key_jwt")),
        (client("method"), json!("none")),
        (client("method"), Value::Null),
        (client("pkce"), json!(true)),
        (client("pkce"), Value::Null),
        (client("dpop"), json!(true)),
        (client("dpop"), Value::Null),
        (client("issuer"), json!("CUSTOM_URL")),
        (client("issuer"), json!("DYNAMIC")),
        (client("issuer"), Value::Null),
        ("/connection/torq/issuer_url", json!("https://acme.okta.com/")),
        ("/connection/torq/issuer_url", json!("https://acme.okta.com/oauth2/aus1")),
        ("/connection/torq/issuer_url", json!("https://acme.okta.com/oauth2/aus1/")),
        ("/connection/torq/issuer_url", json!("https://id.acme.com")),
        ("/connection/torq/issuer_url", Value::Null),
        ("/connection/torq/login_redirect_url", json!("https://app.eu.torq.io/__/auth/handler")),
        ("/connection/torq/login_redirect_url", Value::Null),
        ("/connection/torq/client_id", json!("0oa1 ")),
        ("/connection/torq/client_id", Value::Null),
        ("/connection/torq/flow", Value::Null),
        ("/connection/torq/requested_scopes", Value::Null),
        ("/connection/torq/requested_scopes", json!(["openid", "email", "profile", "groups", "torq"])),
        ("/connection/okta/org_url", Value::Null),
        ("/okta/id-token/customUrl", json!("https://id.acme.com")),
        ("/okta/openid-configuration/issuer", json!("https://acme.oktapreview.com")),
        ("/okta/openid-configuration/scopes_supported", Value::Null),
        ("/okta/openid-configuration/scopes_supported", json!(["openid", "email", "profile"])),
        ("/okta/authorization-server/status", json!("INACTIVE")),
        ("/okta/authorization-server/status", Value::Null),
        ("/okta/authorization-server/issuer", json!("https://id.acme.com/oauth2/aus1")),
        ("/okta/access-policy-rules", json!([])),
        ("/okta/app-groups", json!([])),
        ("/okta/app-users", json!([])),
        ("/okta/users", json!([])),
        ("/torq/claim-mappings/claim_mappings", json!([])),
        ("/torq/roles/roles", json!([])),
        ("/torq/users/users", json!([])),
    ]
}

fn combinations() -> Vec<Vec<Fault>> {
    let id_domain = [
        Fault::Field("/connection/torq/issuer_url", json!("https://id.acme.com")),
        Fault::Field("/okta/openid-configuration/issuer", json!("https://id.acme.com")),
    ];
    let with = |more: Vec<Fault>| id_domain.iter().cloned().chain(more).collect::<Vec<_>>();
    let mode = |mode: &str| Fault::Field("/okta/app/settings/oauthClient/issuer_mode", json!(mode));
    let custom_url = Fault::Field("/okta/id-token/customUrl", json!("https://id.acme.com"));
    let declare = |claim: Value| {
        vec![Fault::Missing("/okta/id-token"), Fault::Field("/connection/okta/groups_claim", claim)]
    };
    let catalogue = vec![
        Fault::Field("/okta/app/name", json!("strongdm")),
        Fault::Field("/okta/app/credentials/oauthClient", Value::Null),
        Fault::Field("/okta/app/settings/oauthClient", Value::Null),
    ];
    vec![
        with(vec![mode("CUSTOM_URL"), custom_url.clone()]),
        with(vec![mode("DYNAMIC"), custom_url.clone()]),
        with(vec![mode("DYNAMIC")]),
        vec![mode("DYNAMIC"), custom_url],
        declare(
            json!({"type": "FILTER", "filter_type": "REGEX", "name": "groups", "value": ".*", "seen": "2026-11-20"}),
        ),
        declare(
            json!({"type": "FILTER", "filter_type": "STARTS_WITH", "name": "groups", "value": "TORQ-", "seen": "2026-11-20"}),
        ),
        declare(
            json!({"type": "EXPRESSION", "name": "groups", "value": EXPRESSIONS[0], "seen": "2026-11-20"}),
        ),
        catalogue.clone(),
        catalogue
            .into_iter()
            .chain([Fault::Field("/connection/torq/requested_scopes", json!(["email", "groups"]))])
            .collect(),
        vec![
            Fault::Field(
                "/okta/app/settings/oauthClient/redirect_uris",
                json!(["https://*.torq.io/__/auth/handler"]),
            ),
            Fault::Field("/okta/app/settings/oauthClient/wildcard_redirect", json!("SUBDOMAIN")),
        ],
    ]
}

impl Fault {
    fn befall(&self, world: &mut Value) {
        match self {
            Self::Missing(pointer) => set(world, pointer, &Value::Null),
            Self::Field(pointer, value) => set(world, pointer, value),
            Self::MissingFile(folder, pick) => {
                if let Some(files) = world.pointer_mut(folder).and_then(Value::as_object_mut) {
                    let key = files.keys().nth(pick % files.len().max(1)).cloned();
                    key.and_then(|key| files.remove(&key));
                }
            }
            Self::SidesDisagree(pick) => disagree(world, *pick),
            Self::Filtered { lists, lost, forgotten, lookups } => {
                let before = world["okta"].to_string().to_lowercase();
                filter(world, *lists, *lost, if *forgotten { Entry::LeftOut } else { Entry::Incomplete });
                if *lookups {
                    look_up(world, &before);
                }
            }
            Self::Several(faults) => faults.iter().for_each(|fault| fault.befall(world)),
        }
    }
}

/// Sets or takes away the field at a pointer whose parent is there.
fn set(world: &mut Value, pointer: &str, value: &Value) {
    let Some((parent, key)) = pointer.rsplit_once('/') else { return };
    let Some(parent) = world.pointer_mut(parent).and_then(Value::as_object_mut) else { return };
    if value.is_null() {
        parent.remove(key);
    } else {
        parent.insert(key.to_owned(), value.clone());
    }
}

/// Gives one person a list of groups that is without a group whose members name them, or the other way round.
fn disagree(world: &mut Value, pick: usize) {
    let user = user_id(pick % 3);
    let Some(groups) = world.pointer("/okta/groups").and_then(Value::as_array).cloned() else { return };
    let Some(files) = world.pointer_mut("/okta/user-groups").and_then(Value::as_object_mut) else { return };
    let Some(group) = groups.get(1 + pick % 2) else { return };
    let listed = files.entry(user).or_insert_with(|| json!([everyone()]));
    let Some(rows) = listed.as_array_mut() else { return };
    match rows.iter().position(|row| row["id"] == group["id"]) {
        Some(at) => {
            rows.remove(at);
        }
        None => rows.push(group.clone()),
    }
}

#[derive(Clone, Copy)]
enum Entry {
    Incomplete,
    LeftOut,
}

/// Writes a manifest, and cuts the lists of which it says so.
fn filter(world: &mut Value, lists: u16, lost: u16, entry: Entry) {
    let mut documents = Map::new();
    for (path, document) in documents_of(world) {
        let folder = LISTS.iter().position(|list| path == *list || path.starts_with(&format!("{list}/")));
        let cut = folder.is_some_and(|at| lists & (1 << at) != 0);
        if !cut {
            documents.insert(path, json!({"complete": true}));
            continue;
        }
        let pointer = format!("/{path}");
        let kept = keep(&document, lost);
        if let Some(slot) = world.pointer_mut(&pointer) {
            *slot = kept;
        }
        if matches!(entry, Entry::Incomplete) {
            documents.insert(path, json!({"complete": false}));
        }
    }
    world["manifest"] = json!({"format": 1, "documents": documents});
}

fn documents_of(world: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for vendor in ["okta", "torq"] {
        for (name, document) in
            world[vendor].as_object().into_iter().flatten().filter(|(_, file)| !file.is_null())
        {
            match (name.as_str(), document) {
                ("group-users" | "user-groups", Value::Object(files)) => {
                    found.extend(
                        files.iter().map(|(key, file)| (format!("{vendor}/{name}/{key}"), file.clone())),
                    );
                }
                _ => found.push((format!("{vendor}/{name}"), document.clone())),
            }
        }
    }
    found
}

fn keep(document: &Value, lost: u16) -> Value {
    let rows = |rows: &Vec<Value>| -> Value {
        rows.iter()
            .enumerate()
            .filter(|(at, _)| lost & (1 << (at % 16)) == 0)
            .map(|(_, row)| row.clone())
            .collect()
    };
    match document {
        Value::Array(list) => rows(list),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.clone(), value.as_array().map_or_else(|| value.clone(), rows)))
            .collect(),
        other => other.clone(),
    }
}

/// Emails and group names that were asked for one by one, and that the documents did not have before they were cut:
/// a lookup would have found those.
fn look_up(world: &mut Value, before: &str) {
    let absent = |names: Vec<&'static str>| -> Vec<&'static str> {
        names.into_iter().filter(|name| !before.contains(&format!("\"{}\"", name.to_lowercase()))).collect()
    };
    let emails = absent([&STRANGERS[..], &OTHER_EMAILS, &LOGINS].concat());
    let groups = absent([&GROUP_NAMES[..], &["torq-admins ", "torq-bulk-000", "Everyone"]].concat());
    let Some(documents) = world.pointer_mut("/manifest/documents").and_then(Value::as_object_mut) else {
        return;
    };
    for (path, names) in [("okta/users", emails), ("okta/groups", groups)] {
        if let Some(entry) = documents.get_mut(path).filter(|entry| entry["complete"] == json!(false)) {
            entry["looked_up"] = json!(names);
        }
    }
}

/// The same world through narrower rights: the bits say which of `LISTS` are cut and which rows of them are lost.
/// The role list stays whole, since it only gives roles their names.
pub fn cut(world: &Value, lists: u16, lost: u16) -> Value {
    let roles = LISTS.iter().position(|list| *list == "torq/roles").map_or(0, |at| 1 << at);
    let mut cut = world.clone();
    Fault::Filtered { lists: lists & !roles, lost, forgotten: false, lookups: true }.befall(&mut cut);
    cut
}
