//! Small worlds told by hand (`stories.yaml`), for every evaluator, and the enumeration of all group sets.

use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Deserialize)]
pub struct Stories {
    /// The healthy world that every story patches, and what becomes of its people.
    base: Value,
    base_expect: BTreeMap<String, String>,
    stories: Vec<Told>,
}

#[derive(Deserialize)]
struct Told {
    name: String,
    cites: String,
    patch: Value,
    /// What becomes of whom. Those who are not named fare as in the base world; `everyone` names all of Okta's
    /// people at once; `gone` is someone who is no longer considered.
    expect: BTreeMap<String, String>,
}

pub struct Story {
    pub name: String,
    pub cites: String,
    pub world: Value,
    /// User to the text of their row.
    pub expect: BTreeMap<String, String>,
}

/// # Panics
/// When `stories.yaml` is not what this module says.
pub fn all() -> Vec<Story> {
    let read: Stories = serde_saphyr::from_str(include_str!("stories.yaml")).expect("stories.yaml");
    let mut stories = vec![Story {
        name: "the healthy world".to_owned(),
        cites: "all".to_owned(),
        world: read.base.clone(),
        expect: read.base_expect.clone(),
    }];
    for told in read.stories {
        let mut world = read.base.clone();
        merge(&mut world, &told.patch);
        let mut expect = read.base_expect.clone();
        if let Some(verdict) = told.expect.get("everyone") {
            for (_, before) in expect.iter_mut().filter(|(_, before)| *before != "not_subject") {
                before.clone_from(verdict);
            }
        }
        for (user, verdict) in told.expect.into_iter().filter(|(user, _)| user != "everyone") {
            match verdict.as_str() {
                "gone" => expect.remove(&user),
                _ => expect.insert(user, verdict),
            };
        }
        stories.push(Story { name: told.name, cites: told.cites, world, expect });
    }
    let base = (read.base, read.base_expect);
    stories.extend(MANY_GROUPS.iter().map(|many| many.told(&base.0, &base.1)));
    stories
}

/// Stories too long to write by hand: ada is in a great many groups more (G6.8).
struct ManyGroups {
    name: &'static str,
    count: usize,
    kind: &'static str,
    group: &'static str,
    members: Members,
    patch: &'static str,
    expect: &'static [(&'static str, &'static str)],
}

enum Members {
    Read,
    Unread,
}

const PLAIN: ManyGroups = ManyGroups {
    name: "a hundred groups",
    count: 100,
    kind: "OKTA_GROUP",
    group: "torq-bulk",
    members: Members::Read,
    patch: "{}",
    expect: &[],
};

const MANY_GROUPS: [ManyGroups; 9] = [
    PLAIN,
    ManyGroups {
        name: "one group too many for the implicit flow",
        count: 101,
        expect: &[("ada@acme.com", "locked_out at token")],
        ..PLAIN
    },
    ManyGroups {
        name: "the code flow has no limit",
        count: 101,
        patch: r#"{"connection": {"torq": {"flow": "code"}}}"#,
        ..PLAIN
    },
    ManyGroups {
        name: "what is not requested is not counted",
        count: 101,
        patch: r#"{"connection": {"torq": {"requested_scopes": ["openid", "email"]}}}"#,
        expect: &[("bob@acme.com", "locked_out at mapping"), ("cyd@acme.com", "locked_out at mapping")],
        ..PLAIN
    },
    ManyGroups {
        name: "a directory's groups do not pass and do not count",
        count: 101,
        kind: "APP_GROUP",
        ..PLAIN
    },
    ManyGroups {
        name: "groups whose members were not read, more than a hundred of which could be anyone's",
        count: 101,
        members: Members::Unread,
        expect: &[
            ("ada@acme.com", "granted Owner rank 1 assuming group_count"),
            ("bob@acme.com", "granted Viewer rank 3 assuming group_count"),
            ("cyd@acme.com", "granted Contributor rank 2 assuming group_count"),
        ],
        ..PLAIN
    },
    ManyGroups {
        name: "at most a hundred groups of the organisation pass",
        count: 98,
        members: Members::Unread,
        ..PLAIN
    },
    ManyGroups {
        name: "one reading of the regex lets too many through",
        count: 101,
        group: "my-torq-bulk",
        expect: &[("ada@acme.com", "unknown at token")],
        ..PLAIN
    },
    ManyGroups {
        name: "settings that were not read may let too many through",
        count: 101,
        members: Members::Unread,
        patch: r#"{"okta": {"id-token": null}}"#,
        expect: &[
            ("ada@acme.com", "granted Owner rank 1 assuming group_count"),
            ("bob@acme.com", "unknown at mapping"),
            ("cyd@acme.com", "unknown at mapping"),
            ("dee@acme.com", "unknown at mapping"),
        ],
        ..PLAIN
    },
];

impl ManyGroups {
    fn told(&self, base: &Value, base_expect: &BTreeMap<String, String>) -> Story {
        let mut world = base.clone();
        merge(&mut world, &serde_json::from_str(self.patch).expect("a patch"));
        for at in 0..self.count {
            let id = format!("00gb{at:03}");
            let name = format!("{}-{at:03}", self.group);
            if let Members::Read = self.members {
                world["okta"]["group-users"][&id] = json!([{"id": "00u1"}]);
            }
            let group = json!({"id": id, "type": self.kind, "profile": {"name": name}});
            world["okta"]["groups"].as_array_mut().expect("groups").push(group);
        }
        let mut expect = base_expect.clone();
        expect.extend(self.expect.iter().map(|(user, verdict)| ((*user).to_owned(), (*verdict).to_owned())));
        Story { name: self.name.to_owned(), cites: "G6.8".to_owned(), world, expect }
    }
}

/// JSON Merge Patch (RFC 7396).
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let object = target.as_object_mut().expect("an object");
    for (key, value) in fields {
        if value.is_null() {
            object.remove(key);
        } else {
            merge(object.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

/// A world of 2^k people, one for every set of k groups, each group mapped in turn: group 0 before group 1, and so on.
/// Person n is in group i exactly when bit i of n is set.
pub fn all_group_sets(k: u32) -> Value {
    let people = 0..(1_u32 << k);
    let group = |i: u32| format!("torq-{i:02}");
    let group_users: serde_json::Map<String, Value> = (0..k)
        .map(|i| {
            let members: Vec<Value> = people
                .clone()
                .filter(|n| n & (1 << i) != 0)
                .map(|n| json!({"id": format!("00u{n:04}")}))
                .collect();
            (format!("00g{i:02}"), Value::Array(members))
        })
        .collect();
    let mut groups: Vec<Value> = (0..k)
        .map(|i| json!({"id": format!("00g{i:02}"), "type": "OKTA_GROUP", "profile": {"name": group(i)}}))
        .collect();
    groups.push(json!({"id": "00gE", "type": "BUILT_IN", "profile": {"name": "Everyone"}}));
    let mut world = all().swap_remove(0).world;
    merge(
        &mut world,
        &json!({
            "okta": {
                "groups": groups,
                "group-users": null,
                "user-groups": null,
                "app-groups": [{"id": "00gE", "priority": 0}],
                "app-users": [],
                "users": people.clone().map(|n| json!({
                    "id": format!("00u{n:04}"),
                    "status": "ACTIVE",
                    "profile": {"login": format!("p{n:04}@acme.com"), "email": format!("p{n:04}@acme.com")},
                    "credentials": {"provider": {"type": "OKTA"}},
                })).collect::<Vec<_>>(),
            },
            "torq": {
                "users": {"users": []},
                "roles": {"roles": (0..k).map(|i| json!({"id": format!("r{i:02}"), "name": format!("Role {i:02}")})).collect::<Vec<_>>()},
                "claim-mappings": {"claim_mappings": (0..k).map(|i| json!({
                    "id": format!("m{i:02}"), "claim_name": "groups", "claim_value": group(i),
                    "role_id": format!("r{i:02}"), "rank": i + 1,
                })).collect::<Vec<_>>()},
            },
        }),
    );
    merge(&mut world, &json!({"okta": {"group-users": group_users}}));
    world
}
