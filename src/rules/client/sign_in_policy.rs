//! G5.3: what the app's sign-in policy does to people who have a role in Torq, and what it leaves open.

use std::collections::BTreeMap;

use crate::document::{DocumentName, JsonPath};
use crate::finding::Spot;
use crate::finding::prose::people;
use crate::model::policy::{Access, AccessRule};
use crate::model::{Cause, Gap, Place, Truth, UserIndex};
use crate::rules::console;
use crate::rules::facts::{Facts, Reporter};
use crate::signin::PersonIndex;
use crate::signin::assignment::{PolicyDoubt, PolicyOutcome, policy_doubts};
use crate::signin::evaluation::State;
use crate::signin::verdict::Gate;
use crate::signin::walk::MappingOutcome;

use super::people::{roles, unread_assignments, would_get_a_role};

pub(super) fn sign_in_policy_denies(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let rules = rules(facts)?;
    if !rules.is_empty() && rules.iter().all(|rule| rule.access == Access::Allow) {
        return Ok(());
    }
    unread_assignments(facts).into_iter().for_each(|gap| report.cannot_tell(gap));
    for (doubt, users) in policy_doubts(facts.world) {
        // What the policy asks beyond people is the matter of sign-in-policy-undecided.
        if matches!(doubt, PolicyDoubt::Conditions(_)) {
            continue;
        }
        let concerned = users.into_iter().find_map(|user| match would_get_a_role(facts, user.into()) {
            Ok(true) => Some(doubt_gap(facts, rules, doubt, user)),
            Ok(false) => None,
            Err(gap) => Some(gap),
        });
        concerned.into_iter().for_each(|gap| report.cannot_tell(gap));
    }
    let mut denied: BTreeMap<usize, Vec<PersonIndex>> = BTreeMap::new();
    for person in facts.sign_in.considered() {
        let Some(user) = facts.sign_in.population.user(person) else { continue };
        let PolicyOutcome::Denies(rule) = facts.sign_in.policy(user) else { continue };
        match would_get_a_role(facts, person) {
            Ok(true) => denied.entry(rule).or_default().push(person),
            Ok(false) => {}
            Err(gap) => report.cannot_tell(gap),
        }
    }
    for (index, denied) in denied {
        let Some(rule) = rules.get(index) else { continue };
        report
            .finding(action_spot(rule), &[&rule.name])
            .message(format!(
                "The sign-in policy's rule \"{}\" denies {} whom a claim mapping gives a role ({}).",
                rule.name,
                people(denied.len()),
                roles(facts, &denied)
            ))
            .why("Okta stops them before Torq sees a token (access_denied), whatever Torq's claim mappings say.")
            .fix(format!(
                "Under {}, add a rule above \"{}\" that has Access \"Allowed\" and their group under \"User's group membership includes\"; or take away their role in Torq, if they should not get in.",
                console::OKTA_SIGN_IN_POLICY,
                rule.name
            ))
            .people(denied.iter().map(|person| facts.sign_in.label(*person)))
            .done();
    }
    Ok(())
}

pub(super) fn sign_in_policy_undecided(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let rules = rules(facts)?;
    if rules.iter().all(|rule| rule.other_conditions.is_empty()) {
        return Ok(());
    }
    unread_assignments(facts).into_iter().for_each(|gap| report.cannot_tell(gap));
    for (doubt, users) in policy_doubts(facts.world) {
        let PolicyDoubt::Conditions(index) = doubt else { continue };
        let Some(rule) = rules.get(index) else { continue };
        let depend: Vec<PersonIndex> =
            users.into_iter().filter(|user| may_get_in(facts, *user)).map(PersonIndex::from).collect();
        if depend.is_empty() {
            continue;
        }
        let asked: Vec<&str> = rule.other_conditions.iter().map(|key| console_condition(key)).collect();
        let does = match rule.access {
            Access::Allow => "lets people in",
            Access::Deny => "denies people",
            Access::Unsaid => "applies to people",
        };
        report
            .finding(condition_spot(rule), &[&rule.name])
            .message(format!(
                "The sign-in policy's rule \"{}\" {does} by more than who they are: {}. Whether {} get in depends on that.",
                rule.name,
                asked.join(", "),
                people(depend.len())
            ))
            .why("From where and with what people sign in is not in Okta's settings, so it cannot be decided here: the verdicts of these people assume that the policy lets them in, and say so.")
            .fix(format!(
                "Sign in once from the network and with the device that these people use. The rule stands under {}.",
                console::OKTA_SIGN_IN_POLICY
            ))
            .people(depend.iter().map(|person| facts.sign_in.label(*person)))
            .done();
    }
    Ok(())
}

/// The active rules by priority. A Classic organisation has sign-on rules that the policy API does not give.
fn rules<'a>(facts: &Facts<'a>) -> Result<&'a [AccessRule], Gap> {
    let world = facts.world;
    let classic = world.pipeline.known().is_some_and(|pipeline| pipeline == "v1")
        && world.app.known().is_some_and(|app| app.access_policy_id.is_none());
    match world.access_rules.need() {
        Err(_) if classic => Err(Gap::document(
            DocumentName::AccessPolicyRules,
            Cause::Undecided(
                "an organisation on Classic Engine does not show the app's sign-on rules to the API"
                    .to_owned(),
            ),
        )),
        rules => Ok(rules?.map_or(&[][..], Vec::as_slice)),
    }
}

/// Nothing but the policy is known to stop them.
fn may_get_in(facts: &Facts<'_>, user: UserIndex) -> bool {
    let person = PersonIndex::from(user);
    facts.sign_in.population.is_considered(person)
        && facts.sign_in.assigned(user) != Truth::No
        && facts.sign_in.state(person, Gate::User) != State::Fails
        && facts.sign_in.mapping_outcome(person) != MappingOutcome::LockedOut
}

fn rule_place(rule: &AccessRule) -> JsonPath {
    JsonPath::root().index(rule.position)
}

fn action_spot(rule: &AccessRule) -> Spot {
    let path = rule_place(rule).key("actions").key("appSignOn").key("access");
    Spot::value(Place::new(DocumentName::AccessPolicyRules, path))
}

fn condition_spot(rule: &AccessRule) -> Spot {
    let path = rule_place(rule).key("conditions");
    let path = match rule.other_conditions.first() {
        Some(condition) => path.key(condition),
        None => path,
    };
    Spot::value(Place::new(DocumentName::AccessPolicyRules, path))
}

/// A condition's JSON key in words.
fn console_condition(key: &str) -> &str {
    match key {
        "network" => "the network zone (\"User's IP is\")",
        "device" => "the device's state",
        "platform" => "the device's platform",
        "riskScore" => "the risk level",
        "elCondition" => "a custom expression",
        "userType" => "the user type",
        "people" => "a condition on people that is not documented",
        other => other,
    }
}

/// What is missing where people, or what a rule does, leave the policy open.
fn doubt_gap(facts: &Facts<'_>, rules: &[AccessRule], doubt: PolicyDoubt, user: UserIndex) -> Gap {
    let directory = &facts.world.directory;
    let undecided =
        |path: JsonPath, why: String| Gap::new(DocumentName::AccessPolicyRules, path, Cause::Undecided(why));
    let no_rule = || undecided(JsonPath::root(), "no rule of the sign-in policy is sure to match".to_owned());
    let (PolicyDoubt::Conditions(index) | PolicyDoubt::People(index) | PolicyDoubt::Access(index)) = doubt
    else {
        return no_rule();
    };
    let Some(rule) = rules.get(index) else { return no_rule() };
    if let PolicyDoubt::Access(_) = doubt {
        return Gap::new(DocumentName::AccessPolicyRules, action_spot(rule).place.path, Cause::NotThere);
    }
    let groups = &rule.people.groups;
    let open = groups.include.iter().chain(&groups.exclude).find_map(|id| match directory.group_by_id(id) {
        Some(group) if directory.membership(user, group) == Truth::Maybe => {
            Some(directory.membership_gap(user, group))
        }
        Some(_) => None,
        None => directory
            .all_groups_of(user)
            .is_none()
            .then(|| Gap::document(DocumentName::GroupUsers(id.clone()), Cause::NotRead)),
    });
    open.unwrap_or_else(|| {
        undecided(
            rule_place(rule).key("conditions").key("people"),
            format!(
                "how the groups and the users of the sign-in policy's rule \"{}\" combine is not documented",
                rule.name
            ),
        )
    })
}
