//! A finding's fingerprint is the same as long as the finding is about the same thing, wherever that stands today, and another where it is
//! about something else. Over every Bad world of every rule's page.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use ssolint::check;
use ssolint::document::position::Format;
use ssolint::document::strict;
use ssolint::report::ConnectionReport;
use ssolint::rules::catalogue;
use ssolint::rules::facts::Options;
use ssolint::source::snapshot::single_file;

struct Bad {
    title: String,
    world: Value,
    options: Options,
}

/// The world of a page, by a name of its own so that no name comes from the file.
fn bad_worlds() -> Vec<Bad> {
    let worlds: Vec<Bad> = support::bad_worlds()
        .into_iter()
        .map(|(rule, example)| {
            let mut world = strict::read_yaml(&example.world).unwrap();
            let options = world.as_object_mut().unwrap().remove("rules").unwrap_or(json!({}));
            if let Some(connection) = world.get_mut("connection").and_then(Value::as_object_mut) {
                connection.entry("name").or_insert(json!("acme-prod"));
            }
            Bad {
                title: format!("{rule}: {}", example.title),
                world,
                options: serde_json::from_value(options).unwrap(),
            }
        })
        .collect();
    assert!(worlds.len() > 50);
    worlds
}

fn report(text: String, format: Format, options: &Options) -> ConnectionReport {
    let snapshot = single_file("world", text.into(), format);
    assert!(snapshot.faults.is_empty(), "{:?}", snapshot.faults);
    check::connection(snapshot, catalogue(), options)
}

/// Rule and fingerprint of each finding.
fn fingerprints(report: &ConnectionReport) -> BTreeSet<(String, String)> {
    let findings = report.findings.iter();
    findings.map(|reported| (reported.finding.rule.to_owned(), reported.fingerprint.clone())).collect()
}

fn of(world: &Value, options: &Options) -> BTreeSet<(String, String)> {
    fingerprints(&report(world.to_string(), Format::Json, options))
}

/// Every world keeps its fingerprints when it is changed so; `None` where the change is none.
fn check_survives(what: &str, change: impl Fn(&Value) -> Option<Value>) {
    let (mut changed_worlds, mut wrong) = (0, Vec::new());
    for Bad { title, world, options } in bad_worlds() {
        let Some(changed) = change(&world).filter(|changed| *changed != world) else { continue };
        changed_worlds += 1;
        let (before, after) = (of(&world, &options), of(&changed, &options));
        assert!(!before.is_empty(), "{title} finds nothing");
        if before != after {
            let lost: Vec<_> = before.difference(&after).map(|(rule, _)| rule).collect();
            let new: Vec<_> = after.difference(&before).map(|(rule, _)| rule).collect();
            wrong.push(format!("{what}: {title}: lost {lost:?}, new {new:?}"));
        }
    }
    println!("{what}: {changed_worlds} worlds");
    assert!(changed_worlds > 10, "{what} changes only {changed_worlds} worlds");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn it_survives_reformatting() {
    for Bad { title, world, options } in bad_worlds() {
        let compact = report(world.to_string(), Format::Json, &options);
        let indented = report(serde_json::to_string_pretty(&world).unwrap(), Format::Json, &options);
        let tabs = report(
            serde_json::to_string_pretty(&world).unwrap().replace("\n  ", "\r\n\t  "),
            Format::Json,
            &options,
        );
        // A JSON text is a YAML text; and one in blocks, as a person writes it.
        let flow = report(world.to_string(), Format::Yaml, &options);
        let mut text = String::new();
        block_yaml(&world, 0, &mut text);
        assert_eq!(strict::read_yaml(&text).unwrap(), world, "{title}");
        let block = report(text, Format::Yaml, &options);
        let expect = fingerprints(&compact);
        for (what, other) in
            [("indented", indented), ("with tabs", tabs), ("as YAML", flow), ("in blocks", block)]
        {
            assert_eq!(fingerprints(&other), expect, "{title} {what}");
        }
    }
}

/// YAML in blocks; scalars as JSON writes them.
fn block_yaml(value: &Value, indent: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, value) in members {
                out.push_str(&format!("{pad}{}:", Value::from(key.as_str())));
                block_value(value, indent, out);
            }
        }
        Value::Array(elements) if !elements.is_empty() => {
            for element in elements {
                out.push_str(&format!("{pad}-"));
                block_value(element, indent, out);
            }
        }
        scalar => out.push_str(&format!("{pad}{scalar}\n")),
    }
}

fn block_value(value: &Value, indent: usize, out: &mut String) {
    let nested = value.as_object().is_some_and(|members| !members.is_empty())
        || value.as_array().is_some_and(|elements| !elements.is_empty());
    if nested {
        out.push('\n');
        block_yaml(value, indent + 2, out);
    } else {
        out.push_str(&format!(" {value}\n"));
    }
}

/// `serde_json` sorts keys, so the text is written by hand, from the last key to the first.
#[test]
fn it_survives_reordered_keys() {
    fn reversed(value: &Value, out: &mut String) {
        match value {
            Value::Object(members) => {
                let members: Vec<String> = members
                    .iter()
                    .rev()
                    .map(|(key, value)| {
                        let mut text = format!("{}:", Value::from(key.as_str()));
                        reversed(value, &mut text);
                        text
                    })
                    .collect();
                out.push_str(&format!("{{{}}}", members.join(",")));
            }
            Value::Array(elements) => {
                let elements: Vec<String> = elements
                    .iter()
                    .map(|element| {
                        let mut text = String::new();
                        reversed(element, &mut text);
                        text
                    })
                    .collect();
                out.push_str(&format!("[{}]", elements.join(",")));
            }
            scalar => out.push_str(&scalar.to_string()),
        }
    }
    let mut reordered = 0;
    for Bad { title, world, options } in bad_worlds() {
        let mut text = String::new();
        reversed(&world, &mut text);
        // A world of single keys has nothing to reorder.
        let as_it_was = world.to_string();
        if text == as_it_was {
            continue;
        }
        reordered += 1;
        let after = fingerprints(&report(text, Format::Json, &options));
        assert_eq!(after, of(&world, &options), "{title}");
    }
    assert!(reordered > 50, "{reordered}");
}

fn rows<'v>(world: &'v mut Value, pointer: &str) -> Option<&'v mut Vec<Value>> {
    world.pointer_mut(pointer).and_then(Value::as_array_mut)
}

const MAPPINGS: &str = "/torq/claim-mappings/claim_mappings";

/// Their places in the list, not their ranks.
#[test]
fn it_survives_reordered_mappings() {
    check_survives("reordered mappings", |world| {
        let mut world = world.clone();
        rows(&mut world, MAPPINGS)?.reverse();
        Some(world)
    });
}

#[test]
fn it_survives_every_list_in_another_order() {
    check_survives("other lists reordered", |world| {
        let mut world = world.clone();
        for list in ["users", "groups", "app-users", "app-groups", "group-rules"] {
            if let Some(rows) = rows(&mut world, &format!("/okta/{list}")) {
                rows.reverse();
            }
        }
        for list in ["users/users", "roles/roles"] {
            if let Some(rows) = rows(&mut world, &format!("/torq/{list}")) {
                rows.reverse();
            }
        }
        Some(world)
    });
}

#[test]
fn it_survives_ranks_that_move_along() {
    check_survives("ranks moved along", |world| {
        let mut world = world.clone();
        for mapping in rows(&mut world, MAPPINGS)? {
            let rank = mapping["rank"].as_i64()?;
            mapping["rank"] = json!(rank * 10 + 3);
        }
        Some(world)
    });
}

/// Another day's answers: mappings and Torq users with other ids, another `lastUpdated`, and one person more who has nothing to do with it.
#[test]
fn it_survives_a_fresh_snapshot() {
    check_survives("a fresh snapshot", |world| {
        let mut world = world.clone();
        for list in [MAPPINGS, "/torq/users/users"] {
            for (index, row) in rows(&mut world, list).into_iter().flatten().enumerate() {
                row["id"] = json!(format!("fresh-{index}"));
            }
        }
        if let Some(app) = world.pointer_mut("/okta/app").and_then(Value::as_object_mut) {
            app.insert("lastUpdated".to_owned(), json!("2027-01-01T00:00:00.000Z"));
        }
        // First in the list, so that every index moves; not assigned, and in no group.
        if let Some(users) = rows(&mut world, "/okta/users") {
            users.insert(
                0,
                json!({"id": "00uzoe", "status": "ACTIVE", "profile": {"login": "zoe@acme.com", "email": "zoe@acme.com"}}),
            );
            let lists = world.pointer_mut("/okta").and_then(Value::as_object_mut)?;
            let of_people = lists.entry("user-groups").or_insert(json!({}));
            of_people.as_object_mut()?.insert("00uzoe".to_owned(), json!([]));
        }
        Some(world)
    });
}

#[test]
fn it_is_one_of_its_kind() {
    for Bad { title, world, options } in bad_worlds() {
        let report = report(world.to_string(), Format::Json, &options);
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for reported in &report.findings {
            let before = seen.insert(&reported.fingerprint, reported.finding.rule);
            assert_eq!(before, None, "{title}: {} twice", reported.fingerprint);
            let (hash, occurrence) = reported.fingerprint.split_once(':').unwrap();
            assert!(hash.len() == 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{title}");
            assert!(occurrence.parse::<usize>().unwrap() >= 1, "{title}");
        }
        // The subject tells them apart, so that a new finding never takes another's number.
        for reported in &report.findings {
            let subject = &reported.finding.subject;
            assert!(reported.fingerprint.ends_with(":1"), "{title}: {} {subject:?}", reported.finding.rule);
        }
    }
}

/// A value that a finding is about, and another: the finding is another one.
#[test]
fn it_differs_between_subjects() {
    let base = |redirect: &str, claim_value: &str, role: &str, name: &str| -> BTreeSet<(String, String)> {
        let mut world = Map::new();
        world.insert(
            "connection".to_owned(),
            json!({"name": name, "torq": {"login_redirect_url": redirect, "region": "us"}}),
        );
        world.insert("okta".to_owned(), json!({
            "app": {"name": "oidc_client", "signOnMode": "OPENID_CONNECT", "settings": {"oauthClient": {"redirect_uris": ["https://one.example"]}}},
            "id-token": {"issuer": "https://acme.okta.com"},
        }));
        world.insert("torq".to_owned(), json!({
            "roles": {"roles": [{"id": "r1", "name": "Owner"}, {"id": "r2", "name": "Viewer"}]},
            "claim-mappings": {"claim_mappings": [{"claim_name": "email", "claim_value": claim_value, "role_id": role, "rank": 1}]},
        }));
        of(&Value::Object(world), &Options::default())
    };
    let redirect = "https://app.torq.io/__/auth/handler";
    let first = base(redirect, "ada@acme.com", "r2", "acme");
    let rule = |set: &BTreeSet<(String, String)>, rule: &str| -> BTreeSet<String> {
        set.iter().filter(|(id, _)| id == rule).map(|(_, fingerprint)| fingerprint.clone()).collect()
    };
    assert!(!rule(&first, "redirect-uri-mismatch").is_empty(), "{first:?}");
    let other_redirect = base("https://app.eu.torq.io/__/auth/handler", "ada@acme.com", "r2", "acme");
    assert!(
        rule(&first, "redirect-uri-mismatch").is_disjoint(&rule(&other_redirect, "redirect-uri-mismatch"))
    );
    assert!(first.is_disjoint(&base(redirect, "ada@acme.com", "r2", "beta")), "another connection");
    // A longer part and a shorter one do not run together.
    use ssolint::finding::fingerprint::fingerprints;
    let findings: Vec<_> = {
        let text = json!({"connection": {"torq": {"login_redirect_url": redirect}}, "okta": {"app": {"name": "oidc_client", "settings": {"oauthClient": {"redirect_uris": []}}}}});
        let found = report(text.to_string(), Format::Json, &Options::default()).findings.remove(0).finding;
        [["a", "bc"], ["ab", "c"]]
            .map(|subject| ssolint::finding::Finding {
                subject: subject.map(str::to_owned).to_vec(),
                ..found.clone()
            })
            .to_vec()
    };
    let two = fingerprints("acme", &findings);
    assert_ne!(two[0], two[1]);
}

/// Fingerprints of the first example, pinned: whoever changes how they are made breaks every baseline.
#[test]
fn they_are_those_of_the_last_version() {
    let snapshot = ssolint::source::snapshot::read(&support::root().join("examples/first-look")).unwrap();
    let report = check::connection(snapshot, catalogue(), &Options::default());
    let of = |rule: &str| -> String {
        let found = report.findings.iter().find(|reported| reported.finding.rule == rule).expect(rule);
        found.fingerprint.clone()
    };
    assert_eq!(of("redirect-uri-mismatch"), "3a0562e020ebc2b06611de6356fa37c4:1");
    assert_eq!(of("email-safeguard-missing"), "f112b82477b5e894379533e031c63a00:1");
}
