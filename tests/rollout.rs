//! Rollouts: every state of each is decided by the second reading of the semantics, and on small random pairs every sequence is tried.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod loopback;
mod naive;
#[path = "rollout/pairs.rs"]
mod pairs;
#[path = "rollout/replay.rs"]
mod replay;
#[allow(dead_code)]
#[path = "live_pull/stand_in.rs"]
mod stand_in;
mod support;

use std::collections::BTreeMap;

use pairs::{Dice, Pair};
use serde_json::{Value, json};
use ssolint::document::position::Format;
use ssolint::document::{Documents, SourceFile, edit, strict};
use ssolint::finding::PeopleShown;
use ssolint::model::World;
use ssolint::model::claims::{Claim, ClaimValue};
use ssolint::report::rollout::{self as report, Shown};
use ssolint::report::schema;
use ssolint::rollout::change::Changes;
use ssolint::rollout::{MOST_STATES, Outcome, Protect, Rollout, RolloutError};
use ssolint::source::snapshot::single_file;
use support::{root, ssolint, stderr, stdout};

const BEFORE: &str = "examples/rollout/before.yaml";

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn before() -> Value {
    strict::read_yaml(&text(BEFORE)).unwrap()
}

fn documents(world: &Value) -> Documents {
    single_file("world.json", world.to_string().into(), Format::Json).documents
}

/// The world as documents have it after edits, as plain JSON again.
fn edited(world: &Value, patch: &str) -> Value {
    let file = SourceFile { path: "patch.yaml".to_owned(), text: patch.into(), format: Format::Yaml };
    let edits = edit::patch(&file).unwrap();
    let documents = edit::apply(&documents(world), &edits).unwrap();
    let mut after = json!({});
    for name in documents.names() {
        let path = name.path();
        let value: Value = ssolint::document::reading::read(&documents, name).unwrap().unwrap();
        let mut at = &mut after;
        for key in path.split('/') {
            at = &mut at[key];
        }
        *at = value;
    }
    after
}

fn as_json(rollout: &Rollout) -> Value {
    let shown = Shown { rollout, before: "before", after: "after", edits: Vec::new() };
    serde_json::from_slice(&report::json(&shown, PeopleShown::Names)).unwrap()
}

/// Replays a rollout that was found: each state must be safe and counted right, and the last must be the world after.
fn replayed(
    told: &Value,
    before: &Value,
    after: &Value,
    protected: &BTreeMap<String, bool>,
) -> Result<(), String> {
    let named: BTreeMap<String, bool> = told["protected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["okta_id"].as_str().unwrap().to_owned(), row["keeps"] == "access and repair"))
        .collect();
    if named != *protected {
        return Err(format!("{named:?} are protected, not {protected:?}"));
    }
    let mut world = before.clone();
    for state in told["states"].as_array().unwrap() {
        if state["step"] != 0 {
            replay::apply(&mut world, &state["change"], [before, after]);
        }
        let lost = replay::lost(protected, &world);
        if !lost.is_empty() {
            return Err(format!("{lost:?} lose something in step {}", state["step"]));
        }
        let standings = replay::standings(&world);
        let granted = standings.values().flatten().count();
        let repair = standings.values().filter(|standing| **standing == Some(true)).count();
        if (state["granted"].as_u64(), state["can_repair"].as_u64())
            != (Some(granted as u64), Some(repair as u64))
        {
            return Err(format!(
                "step {}: {granted} granted and {repair} can repair, not {state}",
                state["step"]
            ));
        }
    }
    if replay::standings(&world) != replay::standings(after) {
        return Err("the last state is not the world after".to_owned());
    }
    Ok(())
}

/// Searches, and has the second reading decide every state of what is found.
fn search(before: &Value, after: &Value, protect: &Protect) -> Result<Rollout, RolloutError> {
    let rollout = Rollout::search(&documents(before), &documents(after), protect, MOST_STATES)?;
    let told = as_json(&rollout);
    if told["found"] == true {
        let keeps =
            |person: &Value| (person["okta_id"].as_str().unwrap().to_owned(), person["keeps"] != "access");
        let protected: BTreeMap<String, bool> = match protect {
            Protect::Everyone => replay::protected(before, after),
            Protect::Repairers => {
                replay::protected(before, after).into_iter().filter(|(_, repairs)| *repairs).collect()
            }
            Protect::People(_) => told["protected"].as_array().unwrap().iter().map(keeps).collect(),
        };
        assert_eq!(replayed(&told, before, after, &protected), Ok(()));
    }
    Ok(rollout)
}

fn edits_of(told: &Value) -> Vec<&str> {
    told["states"].as_array().unwrap().iter().skip(1).map(|state| state["edit"].as_str().unwrap()).collect()
}

/// The order that is found, or who is lost.
type Expect = Result<&'static [&'static str], &'static str>;

const EXAMPLES: [(&str, Expect); 8] = [
    (
        "01-group-rename",
        Ok(&[
            "add the claim mapping groups = SOC-Managers → Owner at rank 2",
            "rename the group SOC-Leads to SOC-Managers",
            "delete the claim mapping groups = SOC-Leads → Owner of rank 3",
        ]),
    ),
    (
        "02-redirect-region",
        Ok(&[
            "add the sign-in redirect URI https://app.eu.torq.io/__/auth/handler",
            "set Login Redirect URL to https://app.eu.torq.io/__/auth/handler",
            "remove the sign-in redirect URI https://app.torq.io/__/auth/handler",
        ]),
    ),
    (
        "03-filter",
        Ok(&[
            "replace the groups filter by groups Matches regex (?:^(?i:\\QSOC-\\E).*$)|(?:^(Torq-.*|SOC-(Analysts|Automation|Readers))$)",
            "add the claim mapping groups = Torq-Leads → Owner at rank 2",
            "rename the group SOC-Leads to Torq-Leads",
            "delete the claim mapping groups = SOC-Leads → Owner of rank 3",
            "replace the groups filter by groups Matches regex ^(Torq-.*|SOC-(Analysts|Automation|Readers))$",
        ]),
    ),
    (
        "04-flow",
        Ok(&[
            "add the response type code",
            "add the grant type authorization_code",
            "set the flow (Code flow or Implicit flow) to code",
            "remove the response type id_token",
            "remove the grant type implicit",
        ]),
    ),
    (
        "05-reorder",
        Ok(&[
            "move the claim mapping groups = SOC-Analysts → Operator from rank 3 to rank 4",
            "move the claim mapping groups = SOC-Leads → Owner from rank 2 to rank 4",
        ]),
    ),
    ("06-group-to-come", Ok(&["add the claim mapping groups = SOC-Hunters → Contributor at rank 3"])),
    (
        "07-owner-email",
        Ok(&[
            "add the claim mapping email = ada.byron@acme.com → Owner at rank 1",
            "change the primary email ada@acme.com to ada.byron@acme.com",
            "delete the claim mapping email = ada@acme.com → Owner of rank 2",
        ]),
    ),
    ("08-impossible", Err("bob@acme.com")),
];

#[test]
fn the_examples_go_in_their_shortest_order_and_the_second_reading_finds_every_state_safe() {
    let before = before();
    for (name, expect) in EXAMPLES {
        let patch = text(&format!("examples/rollout/{name}.yaml"));
        let after = edited(&before, &patch);
        let rollout =
            Rollout::search(&documents(&before), &documents(&after), &Protect::Everyone, MOST_STATES)
                .unwrap();
        let told = as_json(&rollout);
        match expect {
            Ok(edits) => {
                assert_eq!(edits_of(&told), edits, "{name}");
                let protected = replay::protected(&before, &after);
                assert!(protected.len() > 1, "{name}");
                assert_eq!(replayed(&told, &before, &after, &protected), Ok(()), "{name}");
            }
            Err(lost) => {
                assert_eq!(told["found"], false, "{name}");
                assert_eq!(told["lost"], json!([lost]), "{name}");
            }
        }
    }
}

/// The one filter that passes both, as the tool builds it; whether it does is up to the second reading.
fn both(before: &Documents, after: &Documents) -> Option<(String, String)> {
    let worlds = (World::load(before), World::load(after));
    let changes = Changes::new((before, &worlds.0), (after, &worlds.1));
    match changes.filters.get(2) {
        Some(Some(Claim { value: ClaimValue::Filter { value, .. }, .. })) => {
            Some(("REGEX".to_owned(), value.clone()))
        }
        _ => None,
    }
}

#[derive(Debug, Default)]
struct Reached {
    found: usize,
    longer_than_the_differences: usize,
    impossible: usize,
    nobody: usize,
    lengths: BTreeMap<usize, usize>,
}

fn check_pair(seed: u64, reached: &mut Reached) -> Result<(), String> {
    let pair = Pair::new(&mut Dice::new(seed));
    let (before, after) = (pair.world(&pair.before), pair.world(&pair.after));
    let protected = replay::protected(&before, &after);
    if protected.is_empty() {
        reached.nobody += 1;
    }
    let sides = (documents(&before), documents(&after));
    let rollout = Rollout::search(&sides.0, &sides.1, &Protect::Everyone, usize::MAX)
        .map_err(|error| error.to_string())?;
    let values = pair.values(both(&sides.0, &sides.1));
    let shortest = pair.shortest(&values, &protected);
    match (&rollout.outcome, shortest) {
        (Outcome::Found { steps, .. }, Some(shortest)) if steps.len() == shortest => {
            reached.found += 1;
            *reached.lengths.entry(shortest).or_default() += 1;
            if shortest > pair.shortest(&values, &BTreeMap::new()).unwrap() {
                reached.longer_than_the_differences += 1;
            }
            replayed(&as_json(&rollout), &before, &after, &protected)
        }
        (Outcome::Impossible { lost }, None) => {
            reached.impossible += 1;
            let lost: BTreeMap<String, bool> =
                lost.iter().map(|person| (person.okta_id.clone(), protected[&person.okta_id])).collect();
            if lost.is_empty() || pair.shortest(&values, &lost).is_some() {
                return Err(format!("{lost:?} alone can be kept"));
            }
            Ok(())
        }
        (Outcome::Found { steps, .. }, shortest) => {
            let edits: Vec<_> = steps.iter().map(|step| &step.edit).collect();
            Err(format!("{} steps, and trying all says {shortest:?}: {edits:#?}", steps.len()))
        }
        (outcome, shortest) => Err(format!("{outcome:?}, and trying all says {shortest:?}")),
    }
}

/// `SSOLINT_PAIRS` says how many, `SSOLINT_SEED` which one first.
#[test]
fn on_small_random_pairs_nothing_shorter_is_found_by_trying_everything() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let (first, count) = (number("SSOLINT_SEED").unwrap_or(0), number("SSOLINT_PAIRS").unwrap_or(60));
    let mut reached = Reached::default();
    for seed in first..first + count {
        if let Err(why) = check_pair(seed, &mut reached) {
            let pair = Pair::new(&mut Dice::new(seed));
            panic!(
                "SSOLINT_SEED={seed}: {why}\nbefore {:?}\nafter {:?}\n{}\n{}",
                pair.before,
                pair.after,
                pair.world(&pair.before),
                pair.world(&pair.after)
            );
        }
    }
    println!("{count} pairs from {first}: {reached:?}");
    if count >= 60 {
        let some = count as usize / 50;
        assert!(reached.impossible >= some, "{reached:?}");
        assert!(reached.longer_than_the_differences >= some, "{reached:?}");
        assert!(reached.nobody * 4 <= count as usize, "{reached:?}");
    }
}

/// Runs the binary on an example.
fn run(example: &str, more: &[&str]) -> std::process::Output {
    let patch = format!("examples/rollout/{example}.yaml");
    let arguments = [&["rollout", BEFORE, "--patch", &patch][..], more].concat();
    ssolint(&arguments)
}

#[test]
fn the_exit_code_says_whether_an_order_was_found() {
    for (name, expect) in EXAMPLES {
        let output = run(name, &["--format", "json"]);
        assert_eq!(output.status.code(), Some(i32::from(expect.is_err())), "{name}: {}", stderr(&output));
    }
    for (arguments, says) in [
        (&["rollout", BEFORE][..], "name a second snapshot"),
        (&["rollout"], "BEFORE"),
        (
            &["rollout", BEFORE, "--set", "connection.torq.flow=code", "--protect", "repair,ada@acme.com"],
            "beside",
        ),
        (
            &["rollout", BEFORE, "--set", "connection.torq.flow=code", "--protect", "zoe@acme.com"],
            "cannot be protected",
        ),
        (&["rollout", BEFORE, "--verify", "rollout.json"], "--step"),
    ] {
        let output = ssolint(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(says), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn every_format_gives_the_same_bytes_each_time_and_nothing_acts_in_them() {
    for (name, _) in EXAMPLES {
        for format in ["pretty", "json", "markdown"] {
            let told = stdout(&run(name, &["--format", format]));
            assert_eq!(told, stdout(&run(name, &["--format", format])), "{name} {format}");
            support::assert_harmless(&told, name);
            assert!(
                format == "json"
                    || told.contains(if told.contains("impossible") {
                        "impossible"
                    } else {
                        "second browser"
                    })
            );
        }
    }
}

#[test]
fn the_json_keeps_its_schema() {
    let (_, text) = schema::ALL.iter().find(|(name, _)| *name == "rollout").unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(text).unwrap()).unwrap();
    for (name, _) in EXAMPLES {
        for people in ["names", "counts", "pseudonyms"] {
            let told: Value =
                serde_json::from_str(&stdout(&run(name, &["--format", "json", "--people", people]))).unwrap();
            let errors: Vec<String> = validator
                .iter_errors(&told)
                .map(|error| format!("{error} at {}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{name}: {errors:?}");
        }
    }
    for wrong in
        [json!({"found": true}), json!({"protected": [], "states": [{}], "found": true, "why": null})]
    {
        assert!(!validator.is_valid(&wrong), "{wrong}");
    }
}

#[test]
fn people_are_named_only_where_they_may_be() {
    for (name, _) in EXAMPLES {
        for (format, people) in [("markdown", None), ("json", Some("counts")), ("pretty", Some("pseudonyms"))]
        {
            let people = people.map_or_else(Vec::new, |how| vec!["--people", how]);
            let told = stdout(&run(name, &[&["--format", format][..], &people].concat()));
            for login in ["ada", "bob", "eve", "kim", "lee", "sam"] {
                assert!(!told.contains(&format!("{login}@")), "{name} {format} names {login}: {told}");
            }
        }
    }
}

#[test]
fn a_mapping_is_deleted_in_the_console_and_added_by_request_only_at_the_end() {
    let told = stdout(&run("01-group-rename", &["--format", "json"]));
    let told: Value = serde_json::from_str(&told).unwrap();
    let states = told["states"].as_array().unwrap();
    assert_eq!(states[0]["side"], Value::Null);
    assert_eq!(states[1]["request"], Value::Null, "no rank is documented on POST");
    assert_eq!(states[2]["request"]["path"], "/api/v1/groups/00g1leads");
    assert_eq!(states[2]["request"]["body"], json!({"profile": {"name": "SOC-Managers"}}));
    assert_eq!(states[3]["request"], Value::Null);
    assert!(states[3]["value"].as_str().unwrap().contains("no endpoint"));
    let add =
        ["--set", "torq.claim-mappings[groups=SOC-Readers].claim_value=SOC-Everyone", "--format", "json"];
    let told: Value =
        serde_json::from_str(&stdout(&ssolint(&[&["rollout", BEFORE][..], &add].concat()))).unwrap();
    assert_eq!(told["states"][1]["request"]["path"], "/v1alpha/sso/claim_mappings/m5");
}

/// Each with the words of the refusal, or nothing where the difference changes nobody.
#[test]
fn what_no_step_changes_is_refused_by_name_where_it_changes_somebody() {
    let before = before();
    for (patch, says) in [
        ("- remove: okta.group-users.00g1leads[00u2bob]", Some("okta/group-users/00g1leads.json differs")),
        ("- set: okta.users[00u2bob].status=SUSPENDED", Some("okta/users.json differs")),
        ("- set: okta.app.status=INACTIVE", Some("okta/app.json differs")),
        (
            "- set: okta.access-policy-rules[rul0].actions.appSignOn.access=DENY",
            Some("okta/access-policy-rules.json differs"),
        ),
        ("- set: okta.id-token.valueType=EXPRESSION", Some("okta/id-token.json differs")),
        ("- set: okta.id-token=null", Some("okta/id-token.json is only before")),
        (
            "- set: torq.roles[r-owner].scope_names
  value: [playbook.get]",
            Some("torq/roles.json differs"),
        ),
        ("- set: okta.app.label=Torq EU", None),
        ("- set: okta.users[00u6sam].status=RECOVERY", None),
        ("- set: torq.roles[r-viewer].name=Reader", None),
        ("- set: connection.stage=setup", None),
    ] {
        let after = edited(&before, patch);
        let result =
            Rollout::search(&documents(&before), &documents(&after), &Protect::Everyone, MOST_STATES);
        match (says, result) {
            (Some(says), Err(RolloutError::NotPlanned { what, person })) => {
                assert!(what.iter().any(|what| what == says), "{patch}: {what:?}");
                assert!(person.ends_with("@acme.com"), "{patch}: {person}");
            }
            (None, Ok(Rollout { outcome: Outcome::Found { steps, .. }, .. })) => {
                assert!(steps.is_empty(), "{patch}")
            }
            (_, other) => panic!("{patch}: {other:?}"),
        }
    }
}

/// Who is protected, and whether an order is found.
#[test]
fn who_is_protected_decides_what_is_safe() {
    let before = before();
    // The analysts' mapping goes; eve and lee get in by others.
    let after = edited(
        &before,
        "- remove: torq.claim-mappings[groups=SOC-Analysts]
",
    );
    let people = |names: &[&str]| Protect::People(names.iter().map(|name| (*name).to_owned()).collect());
    for (protect, protected, lost) in [
        (Protect::Everyone, 5, None),
        (Protect::Repairers, 3, None),
        (people(&["KIM@acme.com"]), 1, Some("kim@acme.com")),
        (people(&["00u5lee", "bob@acme.com"]), 2, None),
    ] {
        let rollout = search(&before, &after, &protect).unwrap();
        assert_eq!(rollout.protected.len(), protected, "{protect:?}");
        let found = match &rollout.outcome {
            Outcome::Found { .. } => None,
            Outcome::Impossible { lost } => lost.first().map(|person| person.name.as_str()),
            Outcome::NotFound => panic!("{protect:?}"),
        };
        assert_eq!(found, lost, "{protect:?}");
    }
    for name in ["nobody@acme.com", "backup@acme.com"] {
        let result = search(&before, &after, &people(&[name]));
        assert!(matches!(result, Err(RolloutError::NotProtected { .. })), "{name}");
    }
}

/// A demotion that both sides agree on is no loss; falling in between is.
#[test]
fn the_ability_to_repair_is_kept_where_it_is_had_before_and_after() {
    let before = before();
    let demoted = edited(
        &before,
        "- set: torq.claim-mappings[groups=SOC-Leads].role_id=r-contributor
",
    );
    let rollout = search(&before, &demoted, &Protect::Everyone).unwrap();
    assert_eq!(edits_of(&as_json(&rollout)).len(), 1);
    let listed = Protect::People(vec!["bob@acme.com".to_owned()]);
    let rollout = search(&before, &demoted, &listed).unwrap();
    assert!(matches!(rollout.outcome, Outcome::Impossible { .. }));
}

/// A hundred mappings more: the order stays the shortest, and the impossible is proven without trying their orders.
#[test]
fn a_long_table_is_no_obstacle() {
    let mut before = before();
    let rows = before["torq"]["claim-mappings"]["claim_mappings"].as_array_mut().unwrap();
    for rank in 6..=105 {
        rows.push(
            json!({"id": format!("m{rank}"), "claim_name": "groups", "claim_value": format!("SOC-{rank}"),
                         "role_id": "r-viewer", "rank": rank}),
        );
    }
    for (name, expect) in EXAMPLES {
        let after = edited(&before, &text(&format!("examples/rollout/{name}.yaml")));
        let told = as_json(&search(&before, &after, &Protect::Everyone).unwrap());
        match expect {
            Ok(edits) => assert_eq!(edits_of(&told).len(), edits.len(), "{name}"),
            Err(lost) => assert_eq!(told["lost"], json!([lost]), "{name}"),
        }
    }
}

#[test]
fn past_the_limit_of_states_nothing_is_called_impossible() {
    let output = run("03-filter", &["--max-states", "3", "--format", "json"]);
    let told: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!((&told["found"], &told["lost"]), (&json!(false), &json!([])));
    assert!(told["why"].as_str().unwrap().starts_with("not found: no order among the first 3 states"));
}

/// Who is in SOC-X was not read, so kim may be: with an operator's mapping beside a viewer's, her role would not be known.
#[test]
fn unknown_in_between_is_a_loss() {
    let before = edited(
        &before(),
        "- add: okta.groups
  value: {id: 00g5x, type: OKTA_GROUP, profile: {name: SOC-X}}
- set: torq.claim-mappings
  value:
    - {id: m1, claim_name: email, claim_value: ada@acme.com, role_id: r-owner, rank: 1}
    - {id: m2, claim_name: groups, claim_value: SOC-X, role_id: r-operator, rank: 2}
    - {id: m3, claim_name: groups, claim_value: SOC-Analysts, role_id: r-operator, rank: 3}
",
    );
    let after = edited(
        &before,
        "- set: torq.claim-mappings[m2].role_id=r-viewer\n- set: torq.claim-mappings[m3].role_id=r-viewer\n",
    );
    let rollout = search(&before, &after, &Protect::Everyone).unwrap();
    assert!(rollout.protected.iter().any(|person| person.name == "kim@acme.com"));
    assert!(!rollout.protected.iter().any(|person| person.name == "bob@acme.com"), "unknown before");
    assert_eq!(edits_of(&as_json(&rollout)).len(), 3, "two edits, one after the other, would not do");
    let bob = Protect::People(vec!["bob@acme.com".to_owned()]);
    let refused = search(&before, &after, &bob);
    assert!(
        matches!(refused, Err(RolloutError::NotProtected { why, .. }) if why.starts_with("unknown at mapping"))
    );
}

/// Two rows of one rank: which comes first is not known, and no step makes it so.
#[test]
fn ranks_that_stand_twice_are_refused_where_they_decide() {
    let before = before();
    let mut after = before.clone();
    after["torq"]["claim-mappings"]["claim_mappings"][2]["rank"] = json!(2);
    let refused = search(&before, &after, &Protect::Everyone);
    assert!(
        matches!(&refused, Err(RolloutError::NotPlanned { person, .. }) if person == "eve@acme.com"),
        "{refused:?}"
    );
}

#[test]
fn a_step_is_verified_against_a_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let before = before();
    for (name, expect) in EXAMPLES.iter().filter(|(_, expect)| expect.is_ok()) {
        let script = path("rollout.json");
        let output = run(name, &["--format", &format!("json={script}")]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let told: Value = serde_json::from_str(&std::fs::read_to_string(&script).unwrap()).unwrap();
        let after = edited(&before, &text(&format!("examples/rollout/{name}.yaml")));
        let mut world = before.clone();
        let last = expect.unwrap().len();
        for (step, state) in told["states"].as_array().unwrap().iter().enumerate() {
            if step > 0 {
                replay::apply(&mut world, &state["change"], [&before, &after]);
            }
            let snapshot = path("world.json");
            std::fs::write(&snapshot, world.to_string()).unwrap();
            for asked in 0..=last {
                let output =
                    ssolint(&["rollout", "--verify", &script, "--step", &asked.to_string(), &snapshot]);
                let said = stdout(&output);
                assert_eq!(output.status.code(), Some(i32::from(asked != step)), "{name} {step}: {said}");
                let stands = format!("it stands where step {step} leaves it");
                assert!(asked == step || said.contains(&stands), "{name}: {said}");
            }
        }
    }
    let script = path("rollout.json");
    let unknown = ssolint(&["rollout", "--verify", &script, "--step", "9", BEFORE]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains("there is no step 9"));
    // A step that was typed wrong, and somebody who lost access for another reason.
    for (patch, says) in [
        (
            "- set: torq.claim-mappings[groups=SOC-Leads].claim_value=SOC-Leeds
",
            "claim mappings",
        ),
        (
            "- set: okta.users[00u2bob].status=SUSPENDED
",
            "lost something that they keep in the rollout: bob@acme.com",
        ),
    ] {
        let snapshot = path("world.json");
        std::fs::write(&snapshot, edited(&before, patch).to_string()).unwrap();
        let output = ssolint(&["rollout", "--verify", &script, "--step", "0", &snapshot]);
        assert_eq!(output.status.code(), Some(1), "{patch}");
        assert!(stdout(&output).contains(says), "{patch}: {}", stdout(&output));
    }
    let counted = path("counted.json");
    run("01-group-rename", &["--people", "counts", "--format", &format!("json={counted}")]);
    let output = ssolint(&["rollout", "--verify", &counted, "--step", "0", BEFORE]);
    assert_eq!(output.status.code(), Some(2));
}

/// The world without a document or a field of it.
fn without(world: &Value, path: &[&str]) -> Value {
    let mut world = world.clone();
    let (last, way) = path.split_last().unwrap();
    let holder = way.iter().fold(&mut world, |at, key| &mut at[key]);
    assert!(holder.as_object_mut().unwrap().remove(*last).is_some(), "{path:?}");
    world
}

#[test]
fn a_step_is_not_reached_where_a_part_was_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let written = |name: &str, world: &Value| {
        std::fs::write(path(name), world.to_string()).unwrap();
        path(name)
    };
    let made = |before: &Value, edits: &[&str]| {
        let script = format!("json={}", path("rollout.json"));
        let snapshot = written("before.json", before);
        let output = ssolint(&[&["rollout", &snapshot, "--format", &script], edits].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    };
    let verified = |world: &Value| {
        let snapshot = written("world.json", world);
        ssolint(&["rollout", "--verify", &path("rollout.json"), "--step", "0", &snapshot])
    };
    let before = before();
    let rename = root().join("examples/rollout/01-group-rename.yaml");
    let rename = ["--patch", rename.to_str().unwrap()];
    made(&before, &rename);
    for (gone, part, gap) in [
        (&["torq", "claim-mappings"][..], "claim mappings", "torq/claim-mappings.json was not read"),
        (&["connection", "torq", "sso_domain"], "SSO settings", "connection.yaml has no torq.sso_domain"),
        (&["okta", "id-token"], "groups filter", "okta/id-token.json was not read"),
        (&["okta", "app"], "redirect URIs", "okta/app.json was not read"),
        (
            &["okta", "app", "settings", "oauthClient", "grant_types"],
            "grant types",
            "okta/app.json has no settings.oauthClient.grant_types",
        ),
        (&["okta", "app-groups"], "assigned groups", "okta/app-groups.json was not read"),
        (&["okta", "app-users"], "assigned people", "okta/app-users.json was not read"),
        (&["okta", "groups"], "group names", "okta/groups.json was not read"),
    ] {
        let output = verified(&without(&before, gone));
        let said = stdout(&output);
        assert_eq!(output.status.code(), Some(3), "{gone:?}: {said}");
        assert!(said.contains(&format!("  {part} could not be looked at: {gap}\n")), "{gone:?}: {said}");
        assert!(!said.contains("is reached") && !said.contains("it stands at"), "{gone:?}: {said}");
    }
    // Not known when the order was made, and not known now: that is not the same.
    let open = without(&before, &["connection", "torq", "sso_domain"]);
    made(&open, &rename);
    for world in [&open, &before] {
        let output = verified(world);
        assert_eq!(output.status.code(), Some(3), "{}", stdout(&output));
        assert!(stdout(&output).contains("SSO settings could not be looked at: "), "{}", stdout(&output));
    }
    // A claim that is known not to be set is a part like others.
    let mut unset = before.clone();
    unset["okta"]["id-token"] = json!({"issuer": "https://acme.okta.com", "issuerMode": "ORG_URL"});
    made(&unset, &["--set", "torq.claim-mappings[m5].role_id=r-operator"]);
    assert_eq!(verified(&unset).status.code(), Some(0), "{}", stdout(&verified(&unset)));
    let output = verified(&without(&before, &["okta", "id-token"]));
    assert_eq!(output.status.code(), Some(3), "{}", stdout(&output));
    let differs = verified(&before);
    assert_eq!(differs.status.code(), Some(1), "{}", stdout(&differs));
    assert!(stdout(&differs).contains("not as the step leaves them: groups filter"), "{}", stdout(&differs));
}

#[test]
fn a_script_that_expects_nothing_of_a_part_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("rollout.json").to_str().unwrap().to_owned();
    let output = run("01-group-rename", &["--format", &format!("json={script}")]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let told: Value = serde_json::from_str(&std::fs::read_to_string(&script).unwrap()).unwrap();
    let parts: Vec<&String> = told["states"][1]["expected"].as_object().unwrap().keys().collect();
    assert_eq!(parts.len(), 10);
    for part in parts {
        let cut = without(&told["states"][1], &["expected", part]);
        let mut told = told.clone();
        told["states"][1] = cut;
        std::fs::write(&script, told.to_string()).unwrap();
        let output = ssolint(&["rollout", "--verify", &script, "--step", "0", BEFORE]);
        assert_eq!(output.status.code(), Some(2), "{part}: {}", stdout(&output));
        let says = format!("does not say what step 1 leaves of the {part};");
        assert!(stderr(&output).contains(&says), "{part}: {}", stderr(&output));
    }
}

/// The stand-in serves the world after step 1.
#[test]
fn a_step_is_verified_live() {
    let url = "https://app.eu.torq.io/__/auth/handler";
    let mut world = before();
    world["okta"]["app"]["settings"]["oauthClient"]["redirect_uris"].as_array_mut().unwrap().push(json!(url));
    let stand_in = stand_in::StandIn::new(&world);
    let mut before = stand_in.world.clone();
    before["okta"]["app"]["settings"]["oauthClient"]["redirect_uris"].as_array_mut().unwrap().pop();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ssolint.yaml"), stand_in.project("acme")).unwrap();
    std::fs::write(folder.path().join("before.json"), before.to_string()).unwrap();
    let run = |arguments: &[&str]| {
        std::process::Command::new(env!("CARGO_BIN_EXE_ssolint"))
            .args(arguments)
            .current_dir(folder.path())
            .env("OKTA_API_TOKEN", stand_in::OKTA_TOKEN)
            .env("TORQ_CLIENT_ID", "torq-key")
            .env("TORQ_CLIENT_SECRET", stand_in::TORQ_SECRET)
            .output()
            .unwrap()
    };
    let patch = root().join("examples/rollout/02-redirect-region.yaml");
    let patch = patch.to_str().unwrap();
    let made = run(&["rollout", "before.json", "--patch", patch, "--format", "json=rollout.json"]);
    assert_eq!(made.status.code(), Some(0), "{}", stderr(&made));
    for (step, code) in [("0", 1), ("1", 0), ("2", 1)] {
        let output = run(&["rollout", "--verify", "rollout.json", "--step", step, "--live", "acme"]);
        assert_eq!(output.status.code(), Some(code), "{step}: {}{}", stdout(&output), stderr(&output));
    }
    let output = run(&["rollout", "--verify", "rollout.json", "--step", "1", "--live", "acme-prod"]);
    assert_eq!(output.status.code(), Some(2));
}
