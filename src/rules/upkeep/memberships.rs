//! Memberships that were read from both sides.

use std::collections::BTreeMap;

use crate::document::{DocumentName, JsonPath};
use crate::finding::prose::people;
use crate::finding::{Prose, Spot};
use crate::model::directory::Disagreement;
use crate::model::{Cause, Gap, GroupIndex, Place};
use crate::rules::facts::{Facts, Reporter};

const MOST_NAMES: usize = 20;

pub(super) fn memberships_disagree(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let directory = &facts.world.directory;
    let mut by_group: BTreeMap<GroupIndex, Vec<Disagreement>> = BTreeMap::new();
    for disagreement in &directory.disagreements {
        by_group.entry(disagreement.group).or_default().push(*disagreement);
    }
    for (group, disagreements) in by_group {
        let Some(group) = directory.group(group) else { continue };
        let by_person = disagreements.iter().filter(|one| directory.person_says_member(**one)).count();
        let by_group = disagreements.len() - by_person;
        let list = DocumentName::GroupUsers(group.id.clone());
        let own = "whose own list (okta/user-groups)";
        let sides = match (by_group, by_person) {
            (_, 0) => format!("{list} has {} {own} lacks the group", people(by_group)),
            (0, _) => format!("{list} lacks {} {own} has the group", people(by_person)),
            _ => format!(
                "{list} has {} {own} lacks the group, and lacks {} whose own list has it",
                people(by_group),
                people(by_person)
            ),
        };
        let users: Vec<_> = disagreements.iter().filter_map(|one| directory.user(one.user)).collect();
        let gap = Gap::document(list.clone(), Cause::Disagree);
        let mut draft = report
            .finding(Spot::value(Place::new(list, JsonPath::root())), &[&group.id])
            .message(format!("The two sides of who is in the group {} disagree: {sides}.", group.label()))
            .why("One of the two is out of date. Which one is not known, so all groups of these people are taken as unknown: no rule and no verdict says whether they get in.")
            .fix(format!("{} Or leave out the older of the two.", gap.remedy()))
            .people(users.iter().map(|user| user.label()));
        for user in users.iter().take(MOST_NAMES) {
            let own = DocumentName::UserGroups(user.id.to_owned());
            draft = draft.related(
                Spot::value(Place::new(own, JsonPath::root())),
                Prose::from("The groups of ").person(user.label()),
            );
        }
        draft.done();
    }
    Ok(())
}
