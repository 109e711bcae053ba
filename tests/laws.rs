//! What must hold of the tool's verdicts whatever the world: changes that change nobody, and documents that only make things known.
//!
//! `PROPTEST_CASES` sets how many worlds each law is tried on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::todo, clippy::print_stdout)]

mod naive;

use std::collections::{BTreeMap, BTreeSet};

use naive::directory::Directory;
use naive::documents::World;
use naive::row::{Row, Verdict};
use naive::worlds;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use ssolint::check;
use ssolint::document::position::Format;
use ssolint::finding::PeopleShown;
use ssolint::finding::prose::PeopleNames;
use ssolint::model::Truth;
use ssolint::report::json::VerdictRow;
use ssolint::signin::mapping::Table;
use ssolint::signin::walk::{MappingOutcome, Walks};
use ssolint::signin::{PersonIndex, SignIn, shadowing};
use ssolint::source::snapshot::single_file;

const MAPPINGS: &str = "/torq/claim-mappings/claim_mappings";

fn with<T>(world: &Value, look: impl FnOnce(&SignIn<'_>) -> T) -> T {
    let snapshot = single_file("world.json", world.to_string().into(), Format::Json);
    let world = check::load(&snapshot.documents, snapshot.faults);
    assert!(world.faults.is_empty(), "{:?}", world.faults);
    look(&SignIn::new(&world, &[]))
}

/// By Okta id, else by name.
fn who(world: &Value) -> BTreeMap<String, Row> {
    with(world, rows_of)
}

fn rows_of(sign_in: &SignIn<'_>) -> BTreeMap<String, Row> {
    let mut names = PeopleNames::new(PeopleShown::Names);
    let lines = sign_in.considered().map(|person| VerdictRow::new(sign_in, person, &mut names).to_line());
    lines
        .map(|line| Row::from_json(&serde_json::from_slice(&line).unwrap()))
        .map(|row| (row.okta_id.clone().unwrap_or_else(|| row.user.to_lowercase()), row))
        .collect()
}

fn cases() -> usize {
    std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(200)
}

/// The same worlds at each run; a failure prints its world.
fn sample(count: usize) -> impl Iterator<Item = Value> {
    let mut runner = TestRunner::deterministic();
    let strategy = worlds::world();
    (0..count).map(move |_| strategy.new_tree(&mut runner).unwrap().current())
}

fn mappings(world: &mut Value) -> Option<&mut Vec<Value>> {
    world.pointer_mut(MAPPINGS).and_then(Value::as_array_mut)
}

fn highest_rank(rows: &[Value]) -> i64 {
    rows.iter().filter_map(|row| row["rank"].as_i64()).max().unwrap_or_default()
}

/// Everyone whom both worlds consider ends alike.
fn assert_nobody_changes(law: &str, before: &Value, after: &Value) -> usize {
    let (old, new) = (who(before), who(after));
    let context = || format!("before {before}\nafter {after}");
    assert_same(law, &old, &new, context)
}

fn assert_same(
    law: &str,
    old: &BTreeMap<String, Row>,
    new: &BTreeMap<String, Row>,
    context: impl Fn() -> String,
) -> usize {
    let mut compared = 0;
    for (person, old) in old {
        let Some(new) = new.get(person) else { continue };
        compared += 1;
        let same = (old.verdict, &old.role, old.gate) == (new.verdict, &new.role, new.gate);
        assert!(same, "{law}: {person}: {old}, then {new}\n{}", context());
    }
    compared
}

#[test]
fn deleting_a_shadowed_mapping_changes_nobody() {
    let (mut deleted, mut compared) = (0, 0);
    for (turn, mut world) in sample(cases()).enumerate() {
        // Shadowed mappings are rare: one more, after all others, that tests what one of them tests and gives another role.
        let Some(rows) = mappings(&mut world).filter(|rows| !rows.is_empty()) else { continue };
        let mut late = rows[turn % rows.len()].clone();
        late["role_id"] = json!("r-late");
        late["rank"] = json!(highest_rank(rows) + 1);
        let added = rows.len();
        rows.push(late);
        let shadowed: Vec<usize> = with(&world, |sign_in| {
            let mappings = sign_in.mappings();
            shadowing::by_logic(sign_in).iter().map(|shadowed| mappings[shadowed.mapping].position).collect()
        });
        let known = with(&world, |sign_in| !sign_in.mappings().is_empty());
        assert!(!known || shadowed.contains(&added), "what is tested twice is not called shadowed: {world}");
        for position in shadowed {
            let mut without = world.clone();
            mappings(&mut without).unwrap().remove(position);
            deleted += 1;
            compared += assert_nobody_changes("deleted a shadowed mapping", &world, &without);
        }
    }
    println!("{deleted} mappings deleted, {compared} verdicts compared");
    assert!(deleted > cases() / 2 && compared > cases());
}

#[test]
fn permuting_below_everyones_first_match_changes_nobody() {
    let (mut permuted, mut compared) = (0, 0);
    for (turn, mut world) in sample(cases()).enumerate() {
        let Some(rows) = mappings(&mut world).filter(|rows| rows.len() > 1) else { continue };
        // Three that people do match, if later: the same tests, other roles.
        let top = highest_rank(rows);
        let copies: Vec<Value> = (0..3)
            .map(|at| {
                let mut copy = rows[(turn + at) % rows.len()].clone();
                copy["rank"] = json!(top + 1 + i64::try_from(at).unwrap());
                copy["role_id"] = json!(format!("r-late-{at}"));
                copy
            })
            .collect();
        rows.extend(copies);
        // Below the last first match: only there nobody's is moved.
        let people = who(&world);
        if people.values().any(|row| row.verdict == Verdict::Granted && row.rank.is_none()) {
            continue;
        }
        let last = people.values().filter_map(|row| row.rank).max().unwrap_or(top);
        let unknown = people.values().any(|row| row.verdict == Verdict::Unknown);
        // Somebody of whom not all is known may match anything: then only the copies are below.
        let floor = if unknown { last.max(top) } else { last };
        let rows = mappings(&mut world).unwrap();
        let below: Vec<usize> = (0..rows.len())
            .filter(|at| rows[*at]["rank"].as_i64().is_some_and(|rank| rank > floor))
            .collect();
        let before = world.clone();
        let ranks: Vec<Value> =
            below.iter().map(|at| before.pointer(MAPPINGS).unwrap()[*at]["rank"].clone()).collect();
        let rows = mappings(&mut world).unwrap();
        for shift in 1..below.len() {
            for (index, at) in below.iter().enumerate() {
                rows[*at]["rank"] = ranks[(index + shift) % ranks.len()].clone();
            }
            permuted += 1;
            let after = json!({"connection": before["connection"], "manifest": before["manifest"], "okta": before["okta"],
                "torq": {"roles": before["torq"]["roles"], "users": before["torq"]["users"], "claim-mappings": {"claim_mappings": rows.clone()}}});
            compared += assert_nobody_changes("permuted below", &before, &after);
        }
    }
    println!("{permuted} permutations, {compared} verdicts compared");
    assert!(permuted > cases() && compared > cases());
}

/// Every text that is `from`, in values and in what a manifest looked up; emails, ids and patterns are none of the group names.
fn renamed(value: &Value, from: &str, to: &str) -> Value {
    match value {
        Value::String(text) if text == from => json!(to),
        Value::Array(elements) => elements.iter().map(|element| renamed(element, from, to)).collect(),
        Value::Object(members) => {
            members.iter().map(|(key, member)| (key.clone(), renamed(member, from, to))).collect()
        }
        other => other.clone(),
    }
}

/// Each claim of groups passes every name, so that it treats all alike.
fn pass_every_name(world: &mut Value) {
    let claims = ["/okta/authorization-server-claims"]
        .map(|at| world.pointer(at).and_then(Value::as_array).map_or(0, Vec::len));
    let places =
        (0..claims[0]).map(|at| (format!("/okta/authorization-server-claims/{at}"), "group_filter_type"));
    for (place, filter) in places.chain([("/okta/id-token".to_owned(), "groupFilterType")]) {
        let Some(claim) = world.pointer_mut(&place).and_then(Value::as_object_mut) else { continue };
        if claim.get("valueType").is_some_and(|kind| kind != "SYSTEM") {
            claim.insert("valueType".to_owned(), json!("GROUPS"));
            claim.insert(filter.to_owned(), json!("REGEX"));
            claim.insert("value".to_owned(), json!(".*"));
        }
    }
    if let Some(declared) =
        world.pointer_mut("/connection/okta/groups_claim").filter(|claim| claim.is_object())
    {
        *declared =
            json!({"type": "FILTER", "filter_type": "REGEX", "name": declared["name"], "value": ".*"});
    }
}

#[test]
fn renaming_a_group_everywhere_changes_nobody() {
    let (mut renames, mut compared, mut granted) = (0, 0, 0);
    for mut world in sample(cases()) {
        pass_every_name(&mut world);
        let text = world.to_string();
        if ["Groups.", "getGroups", "getFilteredGroups"].iter().any(|call| text.contains(call)) {
            continue;
        }
        let names: BTreeSet<String> = world
            .pointer("/okta/groups")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|group| group.pointer("/profile/name").and_then(Value::as_str))
            .filter(|name| *name != "Everyone" && !name.contains("bulk"))
            .map(str::to_owned)
            .collect();
        // Those that a mapping names first: of them, a rename could change the most.
        let mapped = |name: &String| {
            world.pointer(MAPPINGS).is_some_and(|rows| rows.to_string().contains(name.as_str()))
        };
        let (first, rest): (Vec<String>, Vec<String>) = names.into_iter().partition(mapped);
        for name in first.into_iter().chain(rest).take(2) {
            // What a manifest looked up is found but for case.
            let other_case = |text: &str| text != name && text.to_lowercase() == name.to_lowercase();
            let mut after = renamed(&world, &name, "renamed-group");
            if let Some(documents) = after.pointer_mut("/manifest/documents") {
                let looked_up = documents.to_string();
                if looked_up.split('"').any(other_case) {
                    continue;
                }
                *documents = renamed(documents, &name, "renamed-group");
            }
            renames += 1;
            granted += who(&after).values().filter(|row| row.verdict == Verdict::Granted).count();
            compared += assert_nobody_changes("renamed a group", &world, &after);
        }
    }
    println!("{renames} renames, {compared} verdicts compared, {granted} of them granted");
    assert!(renames > cases() && granted > cases() / 2);
}

/// What is known for certain, without assuming anything, stays so when a document is added. Left out is what the semantics take on trust, as
/// `tests/two_evaluators.rs` says: a declaration that stands in for the id-token settings, a claim that was not read and might ask for too
/// many groups, two sides of a membership that disagree; and discovery (without it scopes are not checked) and the roles (a role's name).
#[test]
fn adding_a_document_makes_things_known_and_turns_no_certainty_into_another() {
    let kept = ["/okta/openid-configuration", "/torq/roles"];
    let (mut table, mut wrong): (BTreeMap<(&str, &str), usize>, Vec<String>) = Default::default();
    let worlds = sample(cases())
        .filter(|world| world.pointer("/connection/okta/groups_claim").is_none())
        .filter(|world| !world.to_string().contains(", 101)"));
    for (turn, world) in worlds.enumerate() {
        let at_odds = Directory::read(World::new(&world)).sides_disagree;
        let whole = who(&world);
        // A third of the documents for each world, so that each is hidden in a third of the worlds.
        let documents = worlds::DOCUMENTS.into_iter().enumerate().filter(|(at, _)| at % 3 == turn % 3);
        for document in documents.map(|(_, document)| document).filter(|document| !kept.contains(document)) {
            let mut hidden = world.clone();
            let Some(slot) = hidden.pointer_mut(document).filter(|slot| !slot.is_null()) else { continue };
            *slot = Value::Null;
            for (person, before) in who(&hidden) {
                let Some(after) = whole.get(&person) else { continue };
                if before.okta_id.is_none() || at_odds.iter().any(|id| **id == person) {
                    continue;
                }
                *table.entry((before.verdict.name(), after.verdict.name())).or_default() += 1;
                let certain = before.assumes.is_empty()
                    && matches!(before.verdict, Verdict::Granted | Verdict::LockedOut);
                let same = (before.verdict, &before.role) == (after.verdict, &after.role)
                    && (before.rank.is_none() || before.rank == after.rank);
                if certain && !same {
                    wrong.push(format!("{person} without {document}: {before}, with it: {after}\n{world}"));
                }
            }
        }
    }
    for ((before, after), count) in &table {
        println!("{count:>6}  {before} became {after}");
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong[0]);
    let became = |after: &str| table.get(&("unknown", after)).copied().unwrap_or_default();
    assert!(became("granted") > cases() / 2 && became("locked_out") > cases() / 10, "{table:?}");
}

/// What one person comes to in one reading, by the matches of each row alone (semantics G7.1).
#[derive(Default)]
struct Told {
    /// `None`: nothing matches.
    outcomes: BTreeSet<Option<usize>>,
    /// What is missing to know whether rows match that may.
    gaps: Vec<String>,
    /// Rows of one rank surely match, with different roles, and nothing above them may match.
    only_tied: bool,
}

fn told(table: &Table<'_>, person: PersonIndex) -> Told {
    let mut told = Told::default();
    let mut seen = BTreeSet::new();
    for rank in table.ranks() {
        let row = |index: usize| &table.mappings[index];
        let test = |index: usize| (row(index).claim_name.clone(), row(index).claim_value.clone());
        let rows: Vec<usize> = rank.filter(|index| !seen.contains(&test(*index))).collect();
        seen.extend(rows.iter().map(|index| test(*index)));
        let matching =
            |truth: Truth| rows.iter().copied().filter(move |row| table.matches(*row, person) == truth);
        let roles: BTreeSet<String> =
            matching(Truth::Yes).map(|index| format!("{:?}", row(index).role)).collect();
        told.only_tied = told.gaps.is_empty() && roles.len() > 1;
        told.outcomes.extend(matching(Truth::Yes).chain(matching(Truth::Maybe)).map(Some));
        told.gaps.extend(matching(Truth::Maybe).map(|row| table.gap(row).unwrap().to_string()));
        if !roles.is_empty() {
            return told;
        }
    }
    told.outcomes.insert(None);
    told
}

/// From the side of the groups for everyone at once, and row by row for each person: the same. What is named as missing could settle it.
#[test]
fn everyone_comes_to_what_their_matches_tell() {
    let (mut granted, mut named, mut unnamed) = (0, 0, 0);
    for (turn, mut world) in sample(cases()).enumerate() {
        // Ties are rare.
        if let Some(rows) = mappings(&mut world).filter(|_| turn % 2 == 0) {
            rows.iter_mut().enumerate().for_each(|(at, row)| row["rank"] = json!((at + turn) % 3));
        }
        with(&world, |sign_in| {
            let (tables, people) = (sign_in.tables(), sign_in.population.len());
            let takes_part = |reading: usize, person: PersonIndex| {
                turn % 3 > 0 || !(person.0 as usize + reading).is_multiple_of(3)
            };
            let mut walks = Walks::new(people);
            for (reading, table) in tables.iter().enumerate() {
                let part = |person: PersonIndex| takes_part(reading, person);
                walks.walk(table, (turn % 3 == 0).then_some(&part));
            }
            let rows = sign_in.mappings();
            for person in (0..people).map(|index| PersonIndex(u32::try_from(index).unwrap())) {
                let told: Vec<Told> = tables
                    .iter()
                    .enumerate()
                    .filter(|(reading, _)| takes_part(*reading, person))
                    .map(|(_, table)| told(table, person))
                    .collect();
                let all: BTreeSet<Option<usize>> =
                    told.iter().flat_map(|told| told.outcomes.clone()).collect();
                let role = |row: &Option<usize>| row.map(|row| format!("{:?}", rows[row].role));
                let roles = |rows: &BTreeSet<Option<usize>>| rows.iter().map(role).collect::<BTreeSet<_>>();
                let is_open = |told: &&Told| roles(&told.outcomes).len() > 1;
                let context = || format!("{person:?} {all:?}\n{world}");
                match walks.outcome(person, rows).unwrap() {
                    MappingOutcome::LockedOut => assert!(all.iter().all(Option::is_none), "{}", context()),
                    MappingOutcome::Granted { mapping, rank } => {
                        granted += 1;
                        let ranks: BTreeSet<i64> = all.iter().flatten().map(|row| rows[*row].rank).collect();
                        assert_eq!(roles(&all), BTreeSet::from([role(&Some(mapping))]), "{}", context());
                        assert_eq!(
                            rank,
                            ranks.first().copied().filter(|_| ranks.len() == 1),
                            "{}",
                            context()
                        );
                    }
                    MappingOutcome::Unknown { gap } => {
                        assert!(roles(&all).len() > 1, "{}", context());
                        if let Some(gap) = walks.gap(gap) {
                            named += 1;
                            let mut gaps = told.iter().filter(is_open).flat_map(|told| &told.gaps);
                            assert!(gaps.any(|one| *one == gap.to_string()), "{gap} {}", context());
                        } else {
                            unnamed += 1;
                            assert!(told.iter().filter(is_open).all(|told| told.only_tied), "{}", context());
                            let everywhere = told.iter().all(|told| told.only_tied);
                            assert_eq!(walks.is_tied(person), everywhere, "{}", context());
                        }
                    }
                }
                if walks.is_by_one_mapping(person) {
                    let readings: BTreeSet<Option<usize>> =
                        told.iter().map(|told| told.outcomes.first().copied().flatten()).collect();
                    let sure = told.iter().all(|told| told.gaps.is_empty());
                    assert!(sure && readings.len() <= 1, "{}", context());
                }
            }
        });
    }
    assert!(granted > 0 && named > 0 && unnamed > 0, "{granted} granted, {named} named, {unnamed} not named");
}

/// More rows than two bytes can number: the walk keeps the rest of a number elsewhere.
#[test]
fn repeating_the_first_mapping_tens_of_thousands_of_times_changes_nobody() {
    const COPIES: i64 = 65_534;
    let (mut roles, mut unknown) = (0, 0);
    for mut world in sample(cases()) {
        if roles > 0 && unknown > 0 {
            break;
        }
        let before = world.clone();
        let Some(rows) = mappings(&mut world) else { continue };
        let Some(first) =
            rows.iter().filter(|row| row["rank"].is_i64()).min_by_key(|row| row["rank"].as_i64())
        else {
            continue;
        };
        let (first, rank) = (first.clone(), first["rank"].as_i64().unwrap());
        for row in rows.iter_mut().filter(|row| row["rank"].as_i64() > Some(rank)) {
            row["rank"] = json!(row["rank"].as_i64().unwrap() + COPIES);
        }
        rows.extend((1..=COPIES).map(|above| {
            let mut copy = first.clone();
            copy["rank"] = json!(rank + above);
            copy["role_id"] = json!("r-late");
            copy
        }));
        with(&world, |sign_in| {
            // The world after it is too long to be shown.
            assert_same("repeated the first mapping", &who(&before), &rows_of(sign_in), || {
                before.to_string()
            });
            for person in sign_in.considered() {
                match sign_in.mapping_outcome(person) {
                    MappingOutcome::Granted { mapping, .. } => roles += usize::from(mapping >= 65_535),
                    MappingOutcome::Unknown { .. } => unknown += 1,
                    MappingOutcome::LockedOut => {}
                }
            }
        });
    }
    assert!(roles > 0 && unknown > 0, "{roles} roles by late rows, {unknown} unknown");
}

/// Each stretch of people walks the table by itself, on whatever thread.
#[test]
fn however_people_are_cut_into_stretches_each_walks_the_same() {
    let (mut several, mut open) = (0, 0);
    for world in sample(cases()) {
        with(&world, |sign_in| {
            let (tables, people) = (sign_in.tables(), sign_in.population.len());
            let walked = |together: usize| {
                let mut walks = Walks::in_stretches_of(together, people);
                for (reading, table) in tables.iter().enumerate() {
                    let takes_part = |person: PersonIndex| reading > 0 || !person.0.is_multiple_of(3);
                    walks.walk(table, Some(&takes_part));
                }
                let people = (0..people).map(|index| PersonIndex(u32::try_from(index).unwrap()));
                people
                    .map(|person| {
                        let outcome = walks.outcome(person, sign_in.mappings());
                        (outcome, walks.is_tied(person), walks.can_repair_sso(person))
                    })
                    .collect::<Vec<_>>()
            };
            let whole = walked(people);
            for together in [1, 2, 3] {
                assert_eq!(walked(together), whole, "{together} together: {world}");
            }
            several += usize::from(people > 3);
            open += usize::from(whole.iter().any(|(outcome, ..)| {
                matches!(
                    outcome,
                    Some(MappingOutcome::Unknown { .. } | MappingOutcome::Granted { rank: None, .. })
                )
            }));
        });
    }
    assert!(several > 0 && open > 0, "{several} worlds with several stretches, {open} with something open");
}
