//! What leaves an app's sign-in policy open for whom, and which of its rules denies (semantics G5.3).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ssolint::check;
use ssolint::document::position::Format;
use ssolint::model::UserIndex;
use ssolint::signin::assignment::{self, PolicyDoubt, PolicyOutcome};
use ssolint::source::snapshot;

const ADA: UserIndex = UserIndex(0);
const BOB: UserIndex = UserIndex(1);

/// Ada is in 00g1, Bob is not; who is in 00g2 was not read. Rules stand in the order of their priority.
fn world(rules: &str) -> ssolint::model::World {
    let mut rules: serde_json::Value = serde_json::from_str(&format!("[{rules}]")).unwrap();
    for (place, rule) in (1..).zip(rules.as_array_mut().unwrap()) {
        rule["priority"] = serde_json::json!(place);
    }
    let text = format!(
        r#"{{"okta": {{"users": [{{"id": "ada"}}, {{"id": "bob"}}],
            "group-users": {{"00g1": [{{"id": "ada"}}]}}, "access-policy-rules": {rules}}}}}"#
    );
    let read = snapshot::single_file("world.json", text.into(), Format::Json);
    assert!(read.faults.is_empty(), "{:?}", read.faults);
    check::load(&read.documents, read.faults)
}

fn rule(conditions: &str, access: &str) -> String {
    format!(
        r#"{{"status": "ACTIVE", "conditions": {{{conditions}}}, "actions": {{"appSignOn": {{{access}}}}}}}"#
    )
}

const ALLOW: &str = r#""access": "ALLOW""#;
const DENY: &str = r#""access": "DENY""#;
const ANYONE: &str = "";
const OFFICE: &str = r#""network": {"connection": "ZONE"}"#;
const GROUP: &str = r#""people": {"groups": {"include": ["00g1"]}}"#;
const UNREAD_GROUP: &str = r#""people": {"groups": {"include": ["00g2"]}}"#;
const GROUP_AND_USER: &str = r#""people": {"groups": {"include": ["00g1"]}, "users": {"include": ["bob"]}}"#;

#[test]
fn a_doubt_is_named_for_the_people_whose_outcome_it_can_turn() {
    use PolicyDoubt::{Access, Conditions, NoRule, People};
    let both = || vec![ADA, BOB];
    let check = |title: &str, rules: &[(&str, &str)], expect: &[(PolicyDoubt, Vec<UserIndex>)]| {
        let rules: Vec<String> = rules.iter().map(|(conditions, access)| rule(conditions, access)).collect();
        let found: Vec<_> = assignment::policy_doubts(&world(&rules.join(","))).into_iter().collect();
        assert_eq!(found, expect, "{title}");
    };
    check("nothing is open", &[(GROUP, ALLOW), (ANYONE, DENY)], &[]);
    check("a network", &[(OFFICE, ALLOW), (ANYONE, DENY)], &[(Conditions(0), both())]);
    check(
        "a network for who is left",
        &[(GROUP, ALLOW), (OFFICE, ALLOW), (ANYONE, DENY)],
        &[(Conditions(1), vec![BOB])],
    );
    check("a network that turns nothing", &[(OFFICE, ALLOW), (ANYONE, ALLOW)], &[]);
    check(
        "of two, the one that turns nothing is not named",
        &[(OFFICE, DENY), (UNREAD_GROUP, ALLOW), (ANYONE, ALLOW)],
        &[(Conditions(0), both())],
    );
    check(
        "of two, both turn something",
        &[(OFFICE, DENY), (UNREAD_GROUP, ALLOW), (ANYONE, DENY)],
        &[(Conditions(0), both()), (People(1), both())],
    );
    check(
        "groups and users that disagree",
        &[(GROUP_AND_USER, ALLOW), (ANYONE, DENY)],
        &[(People(0), both())],
    );
    check("no rule for Bob", &[(GROUP, ALLOW)], &[(NoRule, vec![BOB])]);
    check("neither allowed nor denied", &[(ANYONE, "")], &[(Access(0), both())]);
}

#[test]
fn who_is_denied_is_denied_by_the_rule_that_is_sure_to_match() {
    let world = world(&[rule(GROUP, ALLOW), rule(OFFICE, DENY), rule(ANYONE, DENY)].join(","));
    let outcomes = assignment::policy(&world);
    assert_eq!(outcomes.of(ADA), PolicyOutcome::Allows);
    assert_eq!(outcomes.of(BOB), PolicyOutcome::Denies(2));
}
