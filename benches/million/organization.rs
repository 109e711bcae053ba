//! A made-up organisation of any size as a snapshot folder: the documents that `pull` writes, in its form (only the fields that are read,
//! two spaces, lists in the order of their ids). The same size gives the same bytes.
//!
//! One group in twenty people, 500 claim mappings, most of them of a group; people are in some two mapped groups each.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use ssolint::document::manifest::{Extent, Manifest, Span};
use ssolint::document::{okta, torq};

pub const MAPPINGS: usize = 500;

/// Changes when what is written for a size does.
const EDITION: u32 = 1;

const GROUP_MAPPINGS: usize = 480;
const EMAIL_MAPPINGS: usize = 15;
/// Groups whose members are assigned to the app.
const ASSIGNED_GROUPS: usize = 4;

/// Numbers that look random and are the same in each run (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }
}

const FIRST: [&str; 24] = [
    "ada", "bob", "carla", "dmitri", "eve", "farid", "grace", "hiro", "ines", "jonas", "kim", "lee", "maria",
    "noor", "olga", "pavel", "quinn", "rosa", "sam", "tariq", "uma", "viktor", "wen", "yusuf",
];
const LAST: [&str; 20] = [
    "adams", "brown", "chen", "diaz", "evans", "fischer", "garcia", "haddad", "ito", "jensen", "kowalski",
    "lopez", "meyer", "nguyen", "okafor", "patel", "rossi", "silva", "tanaka", "weber",
];
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// An id of Okta's form, 20 characters; a later number gives a later id.
fn okta_id(kind: &str, number: usize) -> String {
    let mut counter = [b'0'; 6];
    let mut rest = number;
    for digit in counter.iter_mut().rev() {
        *digit = DIGITS[rest % 62];
        rest /= 62;
    }
    let mut tail = Numbers(number as u64 ^ 0x5e0d);
    let mut id = String::with_capacity(20);
    id.push_str(kind);
    id.push('1');
    id.extend(counter.iter().map(|digit| char::from(*digit)));
    while id.len() < 20 {
        id.push(char::from(DIGITS[tail.below(62)]));
    }
    id
}

fn login(number: usize) -> String {
    let mut numbers = Numbers(number as u64);
    let (first, last) = (FIRST[numbers.below(FIRST.len())], LAST[numbers.below(LAST.len())]);
    format!("{first}.{last}{number}@acme.com")
}

/// In one of twenty, the email is spelled otherwise than the login.
fn email(number: usize) -> String {
    let login = login(number);
    if number % 20 == 7 { login.replacen('.', "-", 1) } else { login }
}

fn group_name(number: usize) -> String {
    match number {
        0 => "Everyone".to_owned(),
        _ if number <= GROUP_MAPPINGS => format!("torq-team-{number:03}"),
        _ => format!("department {number}"),
    }
}

/// The mapped groups that a person is in, ascending.
fn groups_of(number: usize) -> Vec<usize> {
    let mut numbers = Numbers(number as u64 ^ 0xc0ffee);
    let mut groups: Vec<usize> = (0..numbers.below(5))
        .map(|_| {
            // Some groups are large: the smaller of two.
            let (one, other) = (numbers.below(GROUP_MAPPINGS), numbers.below(GROUP_MAPPINGS));
            1 + one.min(other)
        })
        .collect();
    groups.sort_unstable();
    groups.dedup();
    groups
}

/// Writes the folder, unless this edition of it is there. Says how many bytes it has.
pub fn write(folder: &Path, people: usize) -> io::Result<u64> {
    let mark = folder.join("edition");
    let edition = format!("{EDITION} {people}\n");
    if fs::read_to_string(&mark).is_ok_and(|text| text == edition) {
        return size(&folder.join("snapshot"));
    }
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let root = folder.join("snapshot");
    for part in ["okta/group-users", "okta/user-groups", "torq"] {
        fs::create_dir_all(root.join(part))?;
    }
    let mut manifest = Manifest {
        format: 1,
        tool: Some(env!("CARGO_PKG_VERSION").to_owned()),
        okta: Some(Span { from: "2026-11-24T06:00:00Z".to_owned(), to: "2026-11-24T09:00:00Z".to_owned() }),
        torq: Some(Span { from: "2026-11-24T06:00:00Z".to_owned(), to: "2026-11-24T06:01:00Z".to_owned() }),
        documents: BTreeMap::new(),
        refused: Vec::new(),
        gaps: Vec::new(),
        hash: None,
    };
    let mut put = |name: &str, text: &str| -> io::Result<()> {
        manifest.documents.insert(name.to_owned(), Extent { complete: true, looked_up: Vec::new() });
        fs::write(root.join(format!("{name}.json")), text)
    };
    settings(people, &mut put)?;
    groups(people, &mut put)?;
    for list in ["okta/users", "okta/app-users"] {
        put(list, "")?;
    }
    users(&root.join("okta/users.json"), people)?;
    app_users(&root.join("okta/app-users.json"), people)?;
    fs::write(root.join("manifest.json"), pretty(&manifest))?;
    fs::write(root.join("connection.yaml"), CONNECTION)?;
    fs::write(mark, edition)?;
    size(&root)
}

fn size(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { size(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}

const CONNECTION: &str = "name: million
stage: verified
torq:
  region: us
  login_redirect_url: https://app.torq.io/__/auth/handler
  client_id: 0oa1gjh63g214q0Hq0g4
  issuer_url: https://acme.okta.com
  requested_scopes: [openid, email, profile, groups]
  flow: code
  send_login_hint: false
  sso_domain: acme.com
okta:
  org_url: https://acme.okta.com
";

fn pretty<T: Serialize>(shape: &T) -> String {
    serde_json::to_string_pretty(shape).unwrap() + "\n"
}

/// As the tool would keep it: through its own shape.
fn kept<T: DeserializeOwned + Serialize>(value: Value) -> String {
    pretty(&serde_json::from_value::<T>(value).unwrap())
}

type Put<'a> = &'a mut dyn FnMut(&str, &str) -> io::Result<()>;

fn settings(people: usize, put: Put<'_>) -> io::Result<()> {
    let app = json!({
        "id": "0oa1gjh63g214q0Hq0g4", "name": "oidc_client", "label": "Torq", "status": "ACTIVE", "signOnMode": "OPENID_CONNECT",
        "lastUpdated": "2026-11-20T09:12:44.000Z", "visibility": {"hide": {"web": false}},
        "credentials": {"oauthClient": {
            "client_id": "0oa1gjh63g214q0Hq0g4", "token_endpoint_auth_method": "client_secret_basic", "pkce_required": false}},
        "settings": {"implicitAssignment": false, "oauthClient": {
            "redirect_uris": ["https://app.torq.io/__/auth/handler"], "wildcard_redirect": "DISABLED", "response_types": ["code"],
            "grant_types": ["authorization_code"], "application_type": "web", "consent_method": "TRUSTED", "issuer_mode": "ORG_URL",
            "dpop_bound_access_tokens": false}},
        "_links": {"accessPolicy": {"href": "https://acme.okta.com/api/v1/policies/rst1catch"}},
    });
    put("okta/app", &kept::<okta::App>(app))?;
    put("okta/organization", &kept::<okta::Organization>(json!({"pipeline": "idx"})))?;
    let discovery = json!({
        "issuer": "https://acme.okta.com",
        "scopes_supported": ["openid", "email", "profile", "address", "phone", "offline_access", "groups"]});
    put("okta/openid-configuration", &kept::<okta::OpenidConfiguration>(discovery))?;
    let id_token = json!({
        "issuer": "https://acme.okta.com", "issuerMode": "ORG_URL", "valueType": "GROUPS", "name": "groups",
        "groupFilterType": "STARTS_WITH", "value": "torq-"});
    put("okta/id-token", &kept::<okta::IdToken>(id_token))?;
    put("okta/federated-claims", "[]\n")?;
    put("okta/group-rules", "[]\n")?;
    let rules = json!([{
        "id": "rul1catchall", "name": "Catch-all Rule", "status": "ACTIVE", "priority": 99, "system": true,
        "actions": {"appSignOn": {"access": "ALLOW"}}}]);
    put("okta/access-policy-rules", &kept::<Vec<okta::AccessPolicyRule>>(rules))?;
    let assigned: Vec<Value> =
        (1..=ASSIGNED_GROUPS).map(|group| json!({"id": okta_id("00g", group)})).collect();
    put("okta/app-groups", &kept::<Vec<okta::AppGroup>>(Value::from(assigned)))?;

    let roles: Vec<Value> = ["Viewer", "Operator", "Creator", "Contributor", "Owner"]
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let scopes =
                ["playbook.get", "playbook.execute", "playbook.write", "integration.write", "user.write"];
            json!({"id": role(index), "name": name, "scope_names": scopes[..=index], "is_custom": false})
        })
        .collect();
    put("torq/roles", &kept::<torq::Roles>(json!({"roles": roles})))?;
    let mut numbers = Numbers(11);
    let mappings: Vec<Value> = (0..MAPPINGS)
        .map(|index| {
            let (claim, value, role) = match index {
                _ if index < EMAIL_MAPPINGS => ("email", email(index * people / EMAIL_MAPPINGS), 4),
                _ if index < EMAIL_MAPPINGS + GROUP_MAPPINGS => {
                    let group = 1 + index - EMAIL_MAPPINGS;
                    ("groups", group_name(group), if group.is_multiple_of(60) { 4 } else { numbers.below(4) })
                }
                // Rows that match nobody: a group that is not there, and one whose name does not pass.
                _ if index % 2 == 0 => ("groups", format!("torq-gone-{index}"), 0),
                _ => ("groups", group_name(GROUP_MAPPINGS + index), 0),
            };
            json!({"id": format!("b7a6c3f0-5d6a-4b3b-8f9a-{index:012x}"), "claim_name": claim, "claim_value": value,
                "role_id": self::role(role), "rank": index + 1})
        })
        .collect();
    put("torq/claim-mappings", &kept::<torq::ClaimMappings>(json!({"claim_mappings": mappings})))?;
    let accounts: Vec<Value> = (0..(people / 200).max(2))
        .map(|index| {
            let local = index < 2;
            let email = if local { format!("break-glass-{index}@acme.com") } else { email(index * 200 % people) };
            json!({"id": format!("5c1f0000-0000-4000-8000-{index:012x}"), "email": email, "role_id": role(if local { 4 } else { index % 4 }),
                "status": "VERIFIED", "sso_provision": !local})
        })
        .collect();
    put("torq/users", &kept::<torq::Users>(json!({"users": accounts})))
}

fn role(index: usize) -> String {
    format!("74e19393-3e94-48d2-8b60-26f2d266594{index}")
}

fn groups(people: usize, put: Put<'_>) -> io::Result<()> {
    let count = (people / 20).max(MAPPINGS + MAPPINGS);
    let mut text = String::from("[\n");
    for number in 0..count {
        let kind = if number == 0 {
            "BUILT_IN"
        } else if number > GROUP_MAPPINGS && number % 3 == 0 {
            "APP_GROUP"
        } else {
            "OKTA_GROUP"
        };
        let _ = write!(
            text,
            "  {{\n    \"id\": \"{}\",\n    \"type\": \"{kind}\",\n    \"profile\": {{\n      \"name\": \"{}\"\n    }}\n  }}{}",
            okta_id("00g", number),
            group_name(number),
            if number + 1 == count { "\n]\n" } else { ",\n" }
        );
    }
    put("okta/groups", &text)?;
    let mut members: Vec<Vec<u32>> = vec![Vec::new(); GROUP_MAPPINGS + 1];
    for number in 0..people {
        for group in groups_of(number) {
            members[group].push(number as u32);
        }
    }
    for (group, members) in members.iter().enumerate().skip(1) {
        let mut text = String::from("[");
        for (index, number) in members.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let _ = write!(text, "{comma}\n  {{\n    \"id\": \"{}\"\n  }}", okta_id("00u", *number as usize));
        }
        text.push_str(if members.is_empty() { "]\n" } else { "\n]\n" });
        put(&format!("okta/group-users/{}", okta_id("00g", group)), &text)?;
    }
    // The people of the email mappings, from their own side.
    for index in 0..EMAIL_MAPPINGS {
        let number = index * people / EMAIL_MAPPINGS;
        let mut own = vec![0];
        own.extend(groups_of(number));
        own.extend(
            (0..12)
                .map(|other| GROUP_MAPPINGS + 1 + (number * 7 + other * 31) % (count - GROUP_MAPPINGS - 1)),
        );
        own.sort_unstable();
        own.dedup();
        let rows: Vec<Value> = own
            .iter()
            .map(|group| json!({"id": okta_id("00g", *group), "type": if *group == 0 { "BUILT_IN" } else { "OKTA_GROUP" },
                "profile": {"name": group_name(*group)}}))
            .collect();
        put(
            &format!("okta/user-groups/{}", okta_id("00u", number)),
            &kept::<Vec<okta::Group>>(Value::from(rows)),
        )?;
    }
    Ok(())
}

fn users(file: &Path, people: usize) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(file)?);
    out.write_all(b"[\n")?;
    for number in 0..people {
        let mut numbers = Numbers(number as u64 ^ 0xabcd);
        let status = match numbers.below(100) {
            0..=93 => "ACTIVE",
            94 => "PASSWORD_EXPIRED",
            95 => "SUSPENDED",
            96 => "STAGED",
            97 => "LOCKED_OUT",
            _ => "DEPROVISIONED",
        };
        let provider = if numbers.one_in(3) { "ACTIVE_DIRECTORY" } else { "OKTA" };
        write!(
            out,
            "  {{\n    \"id\": \"{}\",\n    \"status\": \"{status}\",\n    \"profile\": {{\n      \"login\": \"{}\",\n      \"email\": \"{}\"\n    }},\n    \"credentials\": {{\n      \"provider\": {{\n        \"type\": \"{provider}\"\n      }}\n    }}\n  }}{}",
            okta_id("00u", number),
            login(number),
            email(number),
            if number + 1 == people { "\n]\n" } else { ",\n" }
        )?;
    }
    out.flush()
}

fn app_users(file: &Path, people: usize) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(file)?);
    let mut first = true;
    out.write_all(b"[")?;
    for number in 0..people {
        let mut numbers = Numbers(number as u64 ^ 0x1234);
        // A few people of the organisation are not assigned.
        if numbers.one_in(30) {
            continue;
        }
        let by_group = !numbers.one_in(20);
        write!(
            out,
            "{}\n  {{\n    \"id\": \"{}\",\n    \"scope\": \"{}\",\n    \"status\": \"{}\",\n    \"credentials\": {{\n      \"userName\": \"{}\"\n    }},\n    \"profile\": {{\n      \"email\": \"{}\"\n    }}",
            if first { "" } else { "," },
            okta_id("00u", number),
            if by_group { "GROUP" } else { "USER" },
            if numbers.one_in(200) { "UNASSIGNED" } else { "ACTIVE" },
            login(number),
            email(number),
        )?;
        if by_group {
            let group = okta_id("00g", 1 + numbers.below(ASSIGNED_GROUPS));
            write!(
                out,
                ",\n    \"_links\": {{\n      \"group\": {{\n        \"href\": \"https://acme.okta.com/api/v1/groups/{group}\"\n      }}\n    }}"
            )?;
        }
        out.write_all(b"\n  }")?;
        first = false;
    }
    out.write_all(b"\n]\n")?;
    out.flush()
}
