//! Who fills the mapped groups.

use crate::document::{DocumentName, JsonPath};
use crate::finding::Spot;
use crate::model::okta::GroupRule;
use crate::model::{Cause, Gap, Place};
use crate::rules::console;
use crate::rules::facts::{Facts, Reporter};
use crate::rules::rows::MappingRow;

use super::{group_rows, some_of};

pub(super) fn groups_rule_inactive(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let rows = group_rows(facts)?;
    let rules = facts.world.group_rules.need()?.map_or(&[][..], Vec::as_slice);
    let active = |rule: &GroupRule| rule.status.as_deref() == Some("ACTIVE");
    for rule in rules.iter().filter(|rule| !active(rule)) {
        let mut mapped: Vec<MappingRow<'_>> = Vec::new();
        for id in &rule.group_ids {
            // Another rule does the work.
            if rules.iter().any(|other| active(other) && other.group_ids.contains(id)) {
                continue;
            }
            match group_name(facts, id) {
                Ok(name) => {
                    mapped.extend(rows.iter().filter(|row| Some(row.mapping.claim_value.as_str()) == name))
                }
                Err(gap) => report.cannot_tell(gap),
            }
        }
        let Some(first) = mapped.first() else { continue };
        let path = JsonPath::root().index(rule.position).key("status");
        let label = rule.name.as_deref().or(rule.id.as_deref()).unwrap_or("without a name");
        let state = match rule.status.as_deref() {
            Some("INACTIVE") => "inactive",
            Some("INVALID") => "invalid",
            None => {
                report.cannot_tell(Gap::new(DocumentName::GroupRules, path, Cause::NotThere));
                continue;
            }
            Some(_) => continue,
        };
        let fix = if state == "invalid" {
            "Mend the rule's condition or its groups, then choose Activate"
        } else {
            "Choose Activate"
        };
        let mut groups: Vec<&str> = mapped.iter().map(|row| row.mapping.claim_value.as_str()).collect();
        groups.sort_unstable();
        groups.dedup();
        let mut draft = report
            .finding(
                Spot::value(Place::new(DocumentName::GroupRules, path)),
                &[rule.id.as_deref().unwrap_or(label)],
            )
            .message(format!(
                "The group rule {label} is {state}, and it is the one that fills the mapped group{} {}.",
                if groups.len() == 1 { "" } else { "s" },
                some_of(&groups)
            ))
            .why("A rule that is not active puts nobody into a group, so people who come in or change team do not get the group, match no mapping by it, and are locked out if they have no other.")
            .fix(format!(
                "{fix} for {label} under {}; if the group is filled by hand now, delete the rule.",
                console::OKTA_GROUP_RULES
            ))
            .related(first.value_spot(), "a claim mapping of the group");
        for row in mapped.iter().skip(1).take(9) {
            draft = draft.related(row.value_spot(), "another claim mapping of a group that it fills");
        }
        draft.done();
    }
    Ok(())
}

/// The name of a group; `None` where Okta has no such group any more.
fn group_name<'a>(facts: &Facts<'a>, id: &str) -> Result<Option<&'a str>, Gap> {
    let directory = &facts.world.directory;
    let name = directory
        .group_by_id(id)
        .and_then(|group| directory.group(group))
        .and_then(|group| group.name.as_deref());
    if name.is_some() || directory.knows_every_group() {
        return Ok(name);
    }
    Err(directory.group_list.gap(&DocumentName::Groups))
}
