//! The tool against a second reading of the same document: every story, every set of groups, and random worlds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::todo, clippy::print_stdout)]

mod naive;

use naive::directory::Directory;
use naive::documents::World;
use naive::row::{GATES, Row, Verdict, differences};
use naive::{evaluator, stories, worlds};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use ssolint::document::position::Format;
use ssolint::finding::PeopleShown;
use ssolint::finding::prose::PeopleNames;
use ssolint::report::json::VerdictRow;
use ssolint::signin::SignIn;
use ssolint::source::snapshot::single_file;
use std::collections::BTreeMap;

/// The tool's own evaluator: the rows of `who --all --format json`.
fn engine(world: &Value) -> Vec<Row> {
    let snapshot = single_file("world.json", world.to_string().into(), Format::Json);
    let world = ssolint::check::load(&snapshot.documents, snapshot.faults);
    assert!(world.faults.is_empty(), "{:?}", world.faults);
    let sign_in = SignIn::new(&world, &[]);
    let mut names = PeopleNames::new(PeopleShown::Names);
    let lines = sign_in.considered().map(|person| VerdictRow::new(&sign_in, person, &mut names).to_line());
    let mut rows: Vec<Row> =
        lines.map(|line| Row::from_json(&serde_json::from_slice(&line).expect("a line of JSON"))).collect();
    rows.sort_by(|a, b| (&a.user, &a.okta_id).cmp(&(&b.user, &b.okta_id)));
    rows
}

fn check_stories(evaluator: fn(&Value) -> Vec<Row>) {
    let mut wrong = Vec::new();
    for story in stories::all() {
        let rows = evaluator(&story.world);
        let got: BTreeMap<String, String> =
            rows.iter().map(|row| (row.user.clone(), row.to_string())).collect();
        assert_eq!(got.len(), rows.len(), "{}: a user twice", story.name);
        let users = got.keys().chain(story.expect.keys()).collect::<std::collections::BTreeSet<_>>();
        for user in users {
            let (got, expect) = (got.get(user), story.expect.get(user));
            if got != expect {
                wrong.push(format!("{} ({}): {user}: {got:?}, expected {expect:?}", story.name, story.cites));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn check_all_group_sets(evaluator: fn(&Value) -> Vec<Row>, k: u32) {
    let rows = evaluator(&stories::all_group_sets(k));
    assert_eq!(rows.len(), 1 << k);
    for row in rows {
        let set: u32 = row.user[1..5].parse().expect("a number in the login");
        let expect = match set.trailing_zeros() {
            first if first < k => format!("granted Role {first:02} rank {}", first + 1),
            _ => "locked_out at mapping".to_owned(),
        };
        assert_eq!(row.to_string(), expect, "{}", row.user);
    }
}

#[test]
fn the_second_reading_tells_every_story() {
    check_stories(evaluator::who);
}

#[test]
fn the_tool_tells_every_story() {
    check_stories(engine);
}

#[test]
fn the_second_reading_gives_every_set_of_groups_its_first_mapping() {
    for k in [0, 1, 4, 10] {
        check_all_group_sets(evaluator::who, k);
    }
}

#[test]
fn the_tool_gives_every_set_of_groups_its_first_mapping() {
    for k in 0..=10 {
        check_all_group_sets(engine, k);
    }
}

fn sample(count: usize) -> Vec<Value> {
    let mut runner = TestRunner::deterministic();
    let strategy = worlds::world();
    (0..count).map(|_| strategy.new_tree(&mut runner).expect("a world").current()).collect()
}

/// Run with `--nocapture` to see the table.
#[test]
fn random_worlds_reach_everything() {
    let worlds = sample(1500);
    let mut table: BTreeMap<String, usize> = BTreeMap::new();
    let mut people = 0;
    for world in &worlds {
        let mut count = |what: String| *table.entry(what).or_default() += 1;
        for document in
            worlds::DOCUMENTS.into_iter().filter(|at| world.pointer(at).is_none_or(Value::is_null))
        {
            count(format!("worlds without {document}"));
        }
        let entries = world.pointer("/manifest/documents").and_then(Value::as_object);
        for (path, entry) in entries.into_iter().flatten() {
            if entry["complete"] == Value::Bool(false) {
                let folder: Vec<&str> = path.split('/').take(2).collect();
                count(format!("worlds or files with an incomplete {}", folder.join("/")));
            }
        }
        if !Directory::read(World::new(world)).sides_disagree.is_empty() {
            count("worlds where two sides of a membership disagree".to_owned());
        }
        if world.pointer("/okta/groups/100").is_some() {
            count("worlds with more than 100 groups".to_owned());
        }
        for row in evaluator::who(world) {
            people += 1;
            let verdict = match (row.verdict, row.gate) {
                (Verdict::Granted, _) if row.rank.is_none() => "granted, rank null".to_owned(),
                (Verdict::Granted, _) if row.assumes.is_empty() => "granted".to_owned(),
                (Verdict::Granted, _) => format!("granted assuming {}", row.assumes.join(" and ")),
                (verdict, Some(gate)) => format!("{} at {}", verdict.name(), gate.name()),
                (verdict, None) => verdict.name().to_owned(),
            };
            count(format!("people {verdict}"));
            if row.okta_id.is_none() {
                count("people without an Okta id".to_owned());
            }
        }
    }
    println!("{} worlds, {people} people", worlds.len());
    for (what, count) in &table {
        println!("{count:>6}  {what}");
    }
    let of = |what: &str| table.get(what).copied().unwrap_or_default();
    let granted: usize =
        table.iter().filter(|(what, _)| what.starts_with("people granted")).map(|(_, count)| count).sum();
    assert!(granted * 10 >= people * 3, "{granted} of {people} are granted");
    for gate in GATES {
        for verdict in [Verdict::LockedOut, Verdict::Unknown] {
            let what = format!("people {} at {}", verdict.name(), gate.name());
            assert!(of(&what) > 0, "nobody: {what}");
        }
    }
    for document in worlds::DOCUMENTS {
        let what = format!("worlds without {document}");
        assert!(of(&what) > 0, "no {what}");
    }
    assert!(of("worlds where two sides of a membership disagree") > 0);
    for what in
        ["granted, rank null", "granted assuming policy", "granted assuming group_count", "not_subject"]
    {
        assert!(of(&format!("people {what}")) > 0, "nobody: {what}");
    }
}

/// Random worlds: `PROPTEST_CASES` says how many, `SSOLINT_SEED` (a number) which; without it each run draws others. The seed is printed.
#[test]
fn the_tool_and_the_second_reading_agree() {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let cases = config.cases;
    let (seed, mut runner) = naive::seed::runner(config);
    println!("{cases} random worlds, SSOLINT_SEED={seed}");
    let result = runner.run(&worlds::world(), |world| {
        let found = differences(&evaluator::who(&world), &engine(&world));
        prop_assert!(
            found.is_empty(),
            "{}\n{}",
            found.join("\n"),
            serde_json::to_string(&world).expect("JSON")
        );
        Ok(())
    });
    if let Err(error) = result {
        panic!("SSOLINT_SEED={seed}: {error}");
    }
}

/// What `hidden` says for certain and without assuming anything must be so in the whole world. A gate that was not
/// known there may still fail before the one that it names.
fn contradictions(hidden: &[Row], whole: &[Row]) -> Vec<String> {
    let certain = |row: &&Row| {
        row.okta_id.is_some()
            && row.assumes.is_empty()
            && matches!(row.verdict, Verdict::Granted | Verdict::LockedOut)
    };
    let mut found = Vec::new();
    for row in hidden.iter().filter(certain) {
        let Some(truth) = whole.iter().find(|other| other.okta_id == row.okta_id) else { continue };
        if truth.verdict != row.verdict
            || truth.role != row.role
            || (row.rank.is_some() && truth.rank != row.rank)
        {
            found.push(format!(
                "{}: {row}, but {truth}: {} | {}",
                row.user, row.reason_kind, truth.reason_kind
            ));
        }
    }
    found
}

/// The worlds of a sample in which certainty can be compared, with their rows.
///
/// Left out is what the document takes on trust: a declaration stands in for the id-token settings, and a claim that
/// was not read leaves G6 passed though it might ask for too many groups. Of two sides that disagree, one alone is
/// believed.
fn comparable(count: usize) -> impl Iterator<Item = (Value, Vec<Row>)> {
    sample(count)
        .into_iter()
        .filter(|world| world.pointer("/connection/okta/groups_claim").is_none())
        .filter(|world| !world.to_string().contains(", 101)"))
        .map(|world| {
            let mut rows = evaluator::who(&world);
            let at_odds = Directory::read(World::new(&world)).sides_disagree;
            rows.retain(|row| row.okta_id.as_ref().is_none_or(|id| !at_odds.contains(id)));
            (world, rows)
        })
}

/// Without discovery the scopes are not checked, and without the role list a role has another name.
#[test]
fn a_missing_document_never_turns_the_second_reading_into_another_certainty() {
    let kept = ["/okta/openid-configuration", "/torq/roles"];
    for (world, whole) in comparable(300) {
        for document in worlds::DOCUMENTS.into_iter().filter(|document| !kept.contains(document)) {
            let mut hidden = world.clone();
            let Some(slot) = hidden.pointer_mut(document) else { continue };
            *slot = Value::Null;
            let found = contradictions(&evaluator::who(&hidden), &whole);
            assert!(found.is_empty(), "without {document}:\n{}\n{world:#}", found.join("\n"));
        }
    }
}

#[test]
fn an_incomplete_list_never_turns_the_second_reading_into_another_certainty() {
    for (world, whole) in comparable(60).filter(|(world, _)| world.get("manifest").is_none()) {
        for lists in (0..13).map(|at| 1 << at).chain([0x1fff]) {
            for lost in [0x0000, 0x5555, 0xaaaa, 0xffff] {
                let cut = worlds::cut(&world, lists, lost);
                let found = contradictions(&evaluator::who(&cut), &whole);
                assert!(found.is_empty(), "{}\n{cut:#}\n{world:#}", found.join("\n"));
            }
        }
    }
}
