//! `who`: what it says of one person, that its near misses come true, that its classes are everyone, and that everyone fits on a screen.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::todo,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod naive;
mod support;

use std::collections::BTreeMap;
use std::time::Instant;

use naive::worlds;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use ssolint::check;
use ssolint::document::{DocumentName, strict};
use ssolint::finding::PeopleShown;
use ssolint::finding::prose::PeopleNames;
use ssolint::model::claims::ClaimValue;
use ssolint::model::{Truth, World};
use ssolint::report::who;
use ssolint::rules::catalogue;
use ssolint::signin::classes::{Ending, classes};
use ssolint::signin::evaluation::Outcome;
use ssolint::signin::explanation::{Explanation, Obstacle, Part};
use ssolint::signin::repair::Repair;
use ssolint::signin::walk::MappingOutcome;
use ssolint::signin::what_if::{Change, WorldOfOne};
use ssolint::signin::{PersonIndex, SignIn, Verdict};

fn load(value: &Value) -> World {
    let read = support::world(value);
    let world = check::load(&read.documents, read.faults);
    assert!(world.faults.is_empty(), "{:?}", world.faults);
    world
}

/// Every world of every rule's page, then random ones.
fn worlds(random: usize) -> Vec<Value> {
    let pages = catalogue().flat_map(|rule| rule.page().bad().into_iter().chain(rule.page().good()));
    let mut worlds: Vec<Value> = pages.map(|example| strict::read_yaml(&example.world).unwrap()).collect();
    worlds.iter_mut().for_each(|world| _ = world.as_object_mut().unwrap().remove("rules"));
    let mut runner = TestRunner::deterministic();
    worlds.extend((0..random).map(|_| worlds::world().new_tree(&mut runner).unwrap().current()));
    worlds
}

fn set(world: &mut Value, pointer: &str, value: &Value) {
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    match world.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}")) {
        Value::Object(object) if value.is_null() => _ = object.remove(last),
        Value::Object(object) => _ = object.insert(last.to_owned(), value.clone()),
        Value::Array(list) => {
            let at: usize = last.parse().unwrap();
            if at == list.len() {
                list.push(value.clone());
            } else {
                list[at] = value.clone();
            }
        }
        other => panic!("{pointer} is in {other}"),
    }
}

/// The world with what a case sets.
fn changed(world: &Value, case: &Value) -> Value {
    let mut world = world.clone();
    for (pointer, value) in case["set"].as_object().unwrap() {
        set(&mut world, pointer, value);
    }
    world
}

#[test]
fn a_near_miss_says_what_to_change() {
    let data = strict::read_yaml(include_str!("who/near_misses.yaml")).unwrap();
    let mut wrong = Vec::new();
    for case in data["cases"].as_array().unwrap() {
        let world = load(&changed(&data["world"], case));
        let sign_in = SignIn::new(&world, &["bob@acme.com".to_owned()]);
        let person = sign_in.population.named("bob@acme.com")[0];
        let page = who::person(&sign_in, person, &mut PeopleNames::new(PeopleShown::Names));
        let texts = |key: &str| -> Vec<String> {
            let list = case.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
            list.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
        };
        for text in texts("says").iter().filter(|text| !page.contains(*text)) {
            wrong.push(format!("{}: does not say: {text}\n{page}", case["name"]));
        }
        for text in texts("never").iter().filter(|text| page.contains(*text)) {
            wrong.push(format!("{}: says: {text}\n{page}", case["name"]));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn what_is_named_as_missing_could_settle_it() {
    let base = &strict::read_yaml(include_str!("who/near_misses.yaml")).unwrap()["world"];
    let data = strict::read_yaml(include_str!("who/reasons.yaml")).unwrap();
    let mut wrong = Vec::new();
    for case in data["cases"].as_array().unwrap() {
        let world = load(&changed(base, case));
        let sign_in = SignIn::new(&world, &["bob@acme.com".to_owned()]);
        let person = sign_in.population.named("bob@acme.com")[0];
        let page = who::person(&sign_in, person, &mut PeopleNames::new(PeopleShown::Names));
        // Ada is in Everyone too.
        let of_bob = |mapping: &&usize| matches!(sign_in.mapping_outcome(person), MappingOutcome::Granted { mapping: his, .. } if his == **mapping);
        let repair = Repair::new(&sign_in);
        let mappings = repair.by_mapping.keys().filter(of_bob).count();
        let text = case["says"].as_str().unwrap();
        if !page.contains(text) || json!(mappings) != case["mappings_that_repair"] {
            wrong.push(format!("{}: does not say: {text}, or not of {mappings}\n{page}", case["name"]));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_person_alone_gets_the_verdict_that_they_get_among_others() {
    let mut people = 0;
    for world in worlds(200) {
        let loaded = load(&world);
        let sign_in = SignIn::new(&loaded, &[]);
        for person in sign_in.considered() {
            let own = WorldOfOne::new(&sign_in, person);
            let alone = SignIn::new(&own.world, &own.names);
            let same = own.person(&alone);
            assert_eq!(short(&alone, same), short(&sign_in, person), "{}\n{world}", sign_in.label(person));
            assert_eq!(alone.assumes(same), sign_in.assumes(person), "{}\n{world}", sign_in.label(person));
            people += 1;
        }
    }
    assert!(people > 1_000, "only {people} people");
}

/// A verdict without the words for what is missing, which may name another document that would do.
fn short(sign_in: &SignIn<'_>, person: PersonIndex) -> (Outcome, Option<String>) {
    let reason = match sign_in.verdict(person) {
        Verdict::LockedOut { reason, .. } => Some(reason),
        _ => None,
    };
    (sign_in.outcome(person), reason)
}

/// The change, made in the documents; `None` where they do not have the place to make it at.
fn made(world: &Value, sign_in: &SignIn<'_>, person: PersonIndex, change: &Change) -> Option<Value> {
    let mut world = world.clone();
    let row = |mapping: &usize| {
        format!("/torq/claim-mappings/claim_mappings/{}", sign_in.mappings()[*mapping].position)
    };
    match change {
        Change::ClaimValue { mapping, to } => {
            set(&mut world, &format!("{}/claim_value", row(mapping)), &json!(to))
        }
        Change::ClaimName { mapping, to } => {
            set(&mut world, &format!("{}/claim_name", row(mapping)), &json!(to))
        }
        Change::Rank { mapping, to } => {
            let from = sign_in.mappings()[*mapping].rank;
            for (index, other) in sign_in.mappings().iter().enumerate() {
                let rank = if index == *mapping { *to } else { other.rank + 1 };
                if index == *mapping || (*to..from).contains(&other.rank) {
                    set(&mut world, &format!("{}/rank", row(&index)), &json!(rank));
                }
            }
        }
        Change::Scope(scope) => {
            world.pointer_mut("/connection/torq/requested_scopes")?.as_array_mut()?.push(json!(scope));
        }
        Change::Selection { claim, to } if claim.document == DocumentName::IdToken => {
            let settings = world.pointer_mut("/okta/id-token")?;
            match to {
                ClaimValue::Filter { value, .. } => {
                    settings["valueType"] = json!("GROUPS");
                    settings["groupFilterType"] = json!("REGEX");
                    settings["value"] = json!(value);
                }
                ClaimValue::Expression(text) => {
                    settings["valueType"] = json!("EXPRESSION");
                    settings["value"] = json!(text);
                }
                ClaimValue::Other(_) => return None,
            }
        }
        Change::Selection { .. } => return None,
        Change::Member(group) => {
            let user = sign_in.okta_id(person)?;
            let group = sign_in.world.directory.group(*group)?;
            let kind = world
                .pointer("/okta/groups")
                .and_then(Value::as_array)
                .and_then(|groups| groups.iter().find(|row| row["id"] == json!(group.id)))
                .cloned()?;
            let members = world.pointer_mut(&format!("/okta/group-users/{}", group.id));
            let listed = members.map(|members| members.as_array_mut().unwrap().push(json!({"id": user})));
            let own = world.pointer_mut(&format!("/okta/user-groups/{user}"));
            let own = own.map(|groups| groups.as_array_mut().unwrap().push(kind));
            listed.or(own)?;
        }
    }
    Some(world)
}

/// Each near miss, made in the documents and judged with everybody else there, ends as it says.
#[test]
fn what_a_near_miss_promises_comes_true() {
    let data = strict::read_yaml(include_str!("who/near_misses.yaml")).unwrap();
    let mut told: Vec<Value> = Vec::new();
    for case in data["cases"].as_array().unwrap() {
        let mut world = data["world"].clone();
        case["set"].as_object().unwrap().iter().for_each(|(pointer, value)| set(&mut world, pointer, value));
        told.push(world);
    }
    let mut tried: BTreeMap<String, usize> = BTreeMap::new();
    for world in told.into_iter().chain(worlds(20)) {
        let loaded = load(&world);
        let sign_in = SignIn::new(&loaded, &[]);
        for person in sign_in.considered().take(6) {
            let explanation = Explanation::new(&sign_in, person);
            for row in &explanation.rows {
                for miss in &row.near_misses {
                    let Some(changed) = made(&world, &sign_in, person, &miss.change) else { continue };
                    *tried.entry(kind(miss.obstacle)).or_default() += 1;
                    let changed = load(&changed);
                    let name = sign_in.label(person).to_owned();
                    let after = SignIn::new(&changed, std::slice::from_ref(&name));
                    let id = sign_in.okta_id(person);
                    let now = match id.and_then(|id| changed.directory.user_by_id(id)) {
                        Some(user) => user.into(),
                        None => after.population.named(&name)[0],
                    };
                    let (got, expect) = (after.verdict(now), &miss.then);
                    let same = match (&got, expect) {
                        (Verdict::Unknown { gate, .. }, Verdict::Unknown { gate: expected, .. }) => {
                            gate == expected
                        }
                        (got, expect) => got == expect,
                    };
                    assert!(same, "{name}: {:?}\ngot {got:?}, expected {expect:?}\n{world}", miss.change);
                }
            }
        }
    }
    println!("{tried:?}");
    for obstacle in ["Value", "ClaimName", "Selection", "DirectoryGroup", "Scope", "NotAMember", "Order"] {
        assert!(tried.keys().any(|kind| kind.starts_with(obstacle)), "no {obstacle} in {tried:?}");
    }
}

fn kind(obstacle: Obstacle) -> String {
    format!("{obstacle:?}")
}

#[test]
fn the_mapping_that_gives_the_role_is_the_one_of_the_verdict() {
    for world in worlds(20) {
        let loaded = load(&world);
        let sign_in = SignIn::new(&loaded, &[]);
        for person in sign_in.considered().take(6) {
            let gives: Vec<usize> = Explanation::new(&sign_in, person)
                .rows
                .into_iter()
                .filter(|row| row.part == Part::Gives)
                .map(|row| row.mapping)
                .collect();
            if let (Outcome::Granted { mapping, rank: Some(_) }, [only]) =
                (sign_in.outcome(person), &gives[..])
            {
                assert_eq!(mapping, *only, "{}\n{world}", sign_in.label(person));
            }
            assert!(gives.len() <= 1, "{}\n{world}", sign_in.label(person));
        }
    }
}

/// Grouping people one by one by what each mapping's table says of them gives the same classes.
#[test]
fn classes_are_the_people_with_the_same_groups_and_end() {
    for world in worlds(100) {
        let loaded = load(&world);
        let sign_in = SignIn::new(&loaded, &[]);
        let tables = sign_in.tables();
        let mut by_hand: BTreeMap<String, usize> = BTreeMap::new();
        let found = classes(&sign_in);
        let grouped: Vec<usize> = {
            let mut all: Vec<usize> =
                found.iter().flat_map(|class| class.carried.iter().map(|(mapping, _)| *mapping)).collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        for person in sign_in.considered() {
            let carried: Vec<Vec<Truth>> = grouped
                .iter()
                .map(|mapping| tables.iter().map(|table| table.matches(*mapping, person)).collect())
                .collect();
            let key = format!("{carried:?} {:?} {:?}", sign_in.outcome(person), sign_in.verdict(person));
            *by_hand.entry(key).or_default() += 1;
        }
        let mut sizes: Vec<usize> = by_hand.into_values().collect();
        sizes.sort_unstable_by_key(|size| std::cmp::Reverse(*size));
        let got: Vec<usize> = found.iter().map(|class| class.people).collect();
        assert_eq!(got, sizes, "{world}");
        assert_eq!(got.iter().sum::<usize>(), sign_in.considered().count(), "everyone is in one class");
        for class in &found {
            let granted = matches!(class.ending, Ending::Granted { .. });
            for person in &class.first {
                assert_eq!(granted, matches!(sign_in.outcome(*person), Outcome::Granted { .. }));
            }
        }
    }
}

/// 100,000 people in 60 groups, of which 40 are mapped: some locked out, some not known, some decided by email.
fn large(folder: &std::path::Path) {
    const PEOPLE: usize = 100_000;
    let write = |name: &str, value: &Value| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, value.to_string()).unwrap();
    };
    let data = strict::read_yaml(include_str!("who/near_misses.yaml")).unwrap();
    let base = &data["world"];
    write("connection.yaml", &base["connection"]);
    for name in ["app", "openid-configuration", "id-token", "app-groups", "access-policy-rules"] {
        write(&format!("okta/{name}.json"), &base["okta"][name]);
    }
    write("torq/roles.json", &base["torq"]["roles"]);
    write("torq/users.json", &base["torq"]["users"]);
    let id = |person: usize| format!("00u{person}");
    let login = |person: usize| format!("person.number.{person}@a-rather-long-domain.acme.example.com");
    let mut users = Vec::new();
    let mut app_users = Vec::new();
    for person in 0..PEOPLE {
        let status = match person % 500 {
            7 => "SUSPENDED",
            8 => "STAGED",
            _ => "ACTIVE",
        };
        // A directory may activate those at sign-in, so they are unknown.
        let credentials = json!({"provider": {"type": "ACTIVE_DIRECTORY"}});
        users.push(json!({"id": id(person), "status": status, "credentials": credentials, "profile": {"login": login(person), "email": login(person)}}));
        app_users.push(json!({"id": id(person), "scope": "USER", "status": "ACTIVE"}));
    }
    write("okta/users.json", &json!(users));
    write("okta/app-users.json", &json!(app_users));
    let mut groups = Vec::new();
    for group in 0..60 {
        groups.push(json!({"id": format!("00g{group}"), "type": "OKTA_GROUP", "profile": {"name": format!("Team {group} of the organisation")}}));
        let members: Vec<Value> = (0..PEOPLE)
            .filter(|person| (person * 7 + group * 13) % (2 + group * group) == 0)
            .map(|person| json!({"id": id(person)}))
            .collect();
        write(&format!("okta/group-users/00g{group}.json"), &json!(members));
    }
    write("okta/groups.json", &json!(groups));
    let roles = ["owner", "operator", "viewer"];
    let mut mappings: Vec<Value> = (0..12)
        .map(|row| json!({"claim_name": "email", "claim_value": login(row * 17), "role_id": "owner", "rank": row + 1}))
        .collect();
    mappings.extend((0..40).map(|row| {
        let group = if row < 37 { 59 - row } else { 39 - row };
        json!({"claim_name": "groups", "claim_value": format!("Team {group} of the organisation"), "role_id": roles[row % 3], "rank": 13 + row})
    }));
    write("torq/claim-mappings.json", &json!({"claim_mappings": mappings}));
}

#[test]
fn a_hundred_thousand_people_fit_on_a_screen() {
    let folder = tempfile::tempdir().unwrap();
    large(folder.path());
    let path = folder.path().to_str().unwrap();
    let start = Instant::now();
    let output = support::ssolint(&["who", "--all", path]);
    let took = start.elapsed();
    let text = support::stdout(&output);
    println!("{text}\n100,000 people in {took:?} (unoptimized)");
    assert_eq!(output.status.code(), Some(0), "{}", support::stderr(&output));
    assert!(text.lines().count() <= 45, "{} lines", text.lines().count());
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
    for said in [
        "100,000 people considered",
        "more classes (",
        "can repair SSO",
        "not covered",
        "SUSPENDED",
        "STAGED",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    assert!(!text.contains("WRONG"), "{text}");
    let counted = support::stdout(&support::ssolint(&["who", "--all", "--people", "counts", path]));
    assert!(!counted.contains("@a-rather"), "{counted}");

    let start = Instant::now();
    let one =
        support::ssolint(&["who", "--user", "person.number.4@a-rather-long-domain.acme.example.com", path]);
    println!("{}\none of 100,000 in {:?} (unoptimized)", support::stdout(&one), start.elapsed());
}

#[test]
fn everyone_of_the_examples_is_told() {
    let check = |example: &str, expect: &[&str]| {
        let text = support::stdout(&support::ssolint(&["who", example]));
        for line in expect {
            assert!(text.lines().any(|said| said.trim() == *line), "{line}\n{text}");
        }
    };
    check(
        "examples/healthy",
        &[
            "acme-prod: 7 people considered",
            "6 granted, 0 locked out, 0 unknown, 1 not subject to SSO",
            "ada@acme.com with {SOC-Leads, Torq-Users} → Owner (rank 1)",
            "eve@acme.com, kim@acme.com with {SOC-Analysts, Torq-Users} → Operator (rank 4)",
            "break-glass@acme.com → not subject to SSO",
            "can repair SSO: 2 people by 2 independent mappings; 1 backup account",
            "rank 1   email = ada@acme.com → Owner: 1 person",
        ],
    );
    check(
        "examples/first-look",
        &["can repair SSO: 0 people by 0 independent mappings; 1 backup account", "locked out"],
    );
}

/// What `check` says under a blocker, for each rule that names blockers.
#[test]
fn a_blocker_is_shown_on_someone() {
    let data = strict::read_yaml(include_str!("who/near_misses.yaml")).unwrap();
    let check = |mappings: Value, scopes: Value, expect: &[&str]| {
        let mut world = data["world"].clone();
        world["torq"]["claim-mappings"]["claim_mappings"] = mappings;
        world["connection"]["torq"]["requested_scopes"] = scopes;
        let world = load(&world);
        let sign_in = SignIn::new(&world, &[]);
        let rules = catalogue().filter(|rule| {
            rule.id.starts_with("claim-mapping-shadowed") || rule.id == "claim-mapping-unused-today"
        });
        let findings = check::run_rules(&sign_in, rules, &Default::default()).findings;
        let said: Vec<String> = findings
            .iter()
            .flat_map(|finding| &finding.related)
            .map(|related| format!("{}: {}", related.spot.place.path, related.message.plain()))
            .collect();
        assert_eq!(said, expect);
    };
    let row = |claim: &str, value: &str, role: &str, rank: i64| json!({"claim_name": claim, "claim_value": value, "role_id": role, "rank": rank});
    let all = json!(["openid", "email", "profile", "groups"]);
    check(
        json!([row("groups", "Everyone", "viewer", 1), row("groups", "Staff", "operator", 2)]),
        all.clone(),
        &["/claim_mappings/0/claim_value: matches first, for example for bob@acme.com"],
    );
    check(
        json!([row("groups", "SOC", "viewer", 1), row("groups", "SOC", "operator", 2)]),
        all.clone(),
        &[
            "/claim_mappings/0/claim_value: matches first, for example with a made-up token that carries groups = SOC",
        ],
    );
    check(
        json!([row("groups", "Everyone", "viewer", 1), row("email", "new@acme.com", "owner", 2)]),
        all.clone(),
        &[
            "/claim_mappings/0/claim_value: matches first, for example with a made-up token that carries email = new@acme.com and groups = Everyone",
        ],
    );
    // Torq does not ask for the groups, so it is judged as if it did.
    check(
        json!([row("groups", "Everyone", "viewer", 1), row("groups", "Staff", "operator", 2)]),
        json!(["openid", "email"]),
        &[
            "/claim_mappings/0/claim_value: matches first, for example with a made-up token that carries groups = Staff and Everyone",
        ],
    );
    check(
        json!([row("email", "bob@acme.com", "viewer", 1), row("groups", "Staff", "operator", 2)]),
        all,
        &["/claim_mappings/0/claim_value: matches first for bob@acme.com"],
    );
}
