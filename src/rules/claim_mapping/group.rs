//! What Okta has under a mapped name: a group, people in it, and people of it who are assigned.

use crate::document::DocumentName;
use crate::finding::prose::people;
use crate::finding::{Prose, Spot};
use crate::model::{Gap, GroupIndex, Place, Truth, UserIndex};
use crate::rules::console;
use crate::rules::facts::{Facts, Reporter};
use crate::rules::rows::MappingRow;
use crate::signin::PersonIndex;

use super::spelling::{first_name, trimmed};
use super::{has_group, named, names_group};
use crate::model::directory::EVERYONE;

pub(super) fn not_found(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let directory = &facts.world.directory;
    for row in facts.mappings()? {
        let value = row.mapping.claim_value.as_str();
        // Okta always has the group of everyone.
        if value == EVERYONE || has_group(facts, &row) {
            continue;
        }
        match names_group(facts, &row) {
            Ok(true) => {}
            Ok(false) => continue,
            Err(gap) => {
                report.cannot_tell(gap);
                continue;
            }
        }
        if !directory.settles_group(value) {
            report.cannot_tell(directory.group_list.gap(&DocumentName::Groups));
            continue;
        }
        let near = near(facts, value);
        let (hint, fix) = match &near {
            Some(Near { group, how, sure }) => {
                let when = if *sure { "Type".to_owned() } else { format!("If {group} is meant, type") };
                (
                    format!(" {how}"),
                    format!("{when} {group} as the claim value under {}.", console::TORQ_CLAIM_MAPPINGS),
                )
            }
            None => (
                String::new(),
                format!(
                    "Type the exact name of a group that is under {} as the claim value under {}, or delete the mapping.",
                    console::OKTA_GROUPS,
                    console::TORQ_CLAIM_MAPPINGS
                ),
            ),
        };
        let quote = if trimmed(value) == value { "" } else { "\"" };
        let mut draft = report
            .finding(row.value_spot(), &row.subject())
            .message(
                Prose::from(format!("Okta has no group named {quote}"))
                    .then(super::value(&row))
                    .text(format!(
                        "{quote}, which rank {} maps to the role {}.{hint}",
                        row.mapping.rank,
                        row.role_label()
                    )),
            )
            .why("A mapping matches when the token carries exactly this name. No token can, so whoever has no other mapping is locked out.")
            .fix(fix);
        let found = near.and_then(|near| directory.groups_named(&near.group).first().copied());
        if let Some(spot) = found.and_then(|group| group_spot(facts, group)) {
            draft = draft.related(spot, "the nearest group");
        }
        draft.done();
    }
    Ok(())
}

/// The group that is likely meant.
struct Near {
    group: String,
    how: String,
    /// False for a guess.
    sure: bool,
}

fn near(facts: &Facts<'_>, value: &str) -> Option<Near> {
    let directory = &facts.world.directory;
    if let Some(name) = directory
        .group_by_id(value)
        .and_then(|group| directory.group(group))
        .and_then(|group| group.name.clone())
    {
        return Some(Near { how: format!("It is the id of the group {name}."), group: name, sure: true });
    }
    let names = || directory.groups.iter().filter_map(|group| group.name.as_deref());
    let like = |wanted: &str, differs: &str| {
        names().find(|name| loose(name) == loose(wanted)).map(|name| Near {
            group: name.to_owned(),
            how: format!("The group {name} differs only {differs}."),
            sure: true,
        })
    };
    let differs =
        if names().any(|name| trimmed(name) == trimmed(value)) { "by a space" } else { "by case or space" };
    if let Some(near) = like(value, differs) {
        return Some(near);
    }
    if let Some(first) = first_name(value) {
        return names().find(|name| loose(name) == loose(&first)).map(|name| Near {
            group: name.to_owned(),
            how: format!("It is a distinguished name; the group is called {name}."),
            sure: true,
        });
    }
    let most = (value.chars().count() / 4).clamp(1, 4);
    names()
        .map(|name| (strsim::damerau_levenshtein(&name.to_lowercase(), &value.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, name)| Near {
            group: name.to_owned(),
            how: format!("Did you mean {name}, or was the group renamed?"),
            sure: false,
        })
}

/// A name without case and space, to find what was meant; never to match by.
fn loose(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

fn group_spot(facts: &Facts<'_>, group: GroupIndex) -> Option<Spot> {
    let position = facts.world.directory.group(group)?.position?;
    let path = crate::document::JsonPath::root().index(position).key("profile").key("name");
    Some(Spot::value(Place::new(DocumentName::Groups, path)))
}

/// Mappings of groups that Okta has, with the groups of that name.
fn mapped<'a>(
    facts: &Facts<'a>,
    report: &mut Reporter<'_>,
) -> Result<Vec<(MappingRow<'a>, &'a [GroupIndex])>, Gap> {
    let mut found = Vec::new();
    for row in facts.mappings()? {
        let groups = facts.world.directory.groups_named(&row.mapping.claim_value);
        match names_group(facts, &row) {
            Ok(true) if !groups.is_empty() => found.push((row, groups)),
            Ok(true) => {
                let directory = &facts.world.directory;
                if !directory.settles_group(&row.mapping.claim_value) {
                    report.cannot_tell(directory.group_list.gap(&DocumentName::Groups));
                }
            }
            Ok(false) => {}
            Err(gap) => report.cannot_tell(gap),
        }
    }
    Ok(found)
}

/// Known members of groups of one name, and what is missing to know them to the last.
fn members(facts: &Facts<'_>, groups: &[GroupIndex]) -> (Vec<UserIndex>, Option<Gap>) {
    let directory = &facts.world.directory;
    let mut users = Vec::new();
    let mut gap = None;
    for group in groups {
        directory.each_member(*group, |user| users.push(user));
        if !directory.lists_members(*group) {
            gap = gap.or_else(|| Some(directory.members_gap(*group)));
        } else {
            directory.each_possible_member(*group, |user| {
                if gap.is_none() {
                    gap = Some(directory.membership_gap(user, *group));
                }
            });
        }
    }
    users.sort_unstable();
    users.dedup();
    (users, gap)
}

pub(super) fn empty(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    for (row, groups) in mapped(facts, report)? {
        let value = row.mapping.claim_value.as_str();
        if value == EVERYONE {
            continue;
        }
        match members(facts, groups) {
            (users, _) if !users.is_empty() => {}
            (_, Some(gap)) => report.cannot_tell(gap),
            (_, None) => report
                .finding(row.value_spot(), &row.subject())
                .message(format!(
                    "The group {value} has nobody in it, so rank {} gives the role {} to no one.",
                    row.mapping.rank,
                    row.role_label()
                ))
                .why("Nobody signs in by this mapping. If a group rule or a directory was to fill the group, the people whom it should hold have no role and may be locked out.")
                .fix(format!(
                    "Add people to {value} under {}, or check the rule that fills it under {}. Leave it if it is meant for later.",
                    console::OKTA_GROUPS,
                    console::OKTA_GROUP_RULES
                ))
                .done(),
        }
    }
    Ok(())
}

pub(super) fn unassigned(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    if facts.world.app.known().is_some_and(|app| app.implicit_assignment) {
        return Ok(());
    }
    let assigned_groups = facts.world.app_groups.need()?.map_or(&[][..], Vec::as_slice);
    let directory = &facts.world.directory;
    for (row, groups) in mapped(facts, report)? {
        let by_itself = groups
            .iter()
            .filter_map(|group| directory.group(*group))
            .any(|group| assigned_groups.contains(&group.id));
        if by_itself {
            continue;
        }
        let (users, gap) = members(facts, groups);
        let mut open = gap;
        let mut someone = false;
        for user in &users {
            match facts.sign_in.assigned(*user) {
                Truth::Yes => {
                    someone = true;
                    break;
                }
                Truth::Maybe => open = open.or_else(|| Some(facts.sign_in.assignment_gap(*user))),
                Truth::No => {}
            }
        }
        match open {
            _ if someone => {}
            Some(gap) => report.cannot_tell(gap),
            // An empty group is claim-mapping-group-empty's.
            None if users.is_empty() => {}
            None => {
                let value = row.mapping.claim_value.as_str();
                let none = match users.len() {
                    1 => "The 1 person in it is not assigned to the Okta app.".to_owned(),
                    count => format!("None of the {} in it is assigned to the Okta app.", people(count)),
                };
                report
                    .finding(row.value_spot(), &row.subject())
                    .message(Prose::from("The mapping at ").then(named(&row)).text(format!(" maps the group {value}. {none}")))
                    .why("Okta refuses people who are not assigned to the app before Torq sees them, so nobody gets in by this mapping.")
                    .fix(format!("Assign the group {value} under {} > Assign > Assign to Groups.", console::OKTA_ASSIGNMENTS))
                    .related(
                        Spot::value(Place::new(DocumentName::AppGroups, crate::document::JsonPath::root())),
                        "the groups that are assigned",
                    )
                    .people(
                        users.iter().map(|user| facts.sign_in.label(PersonIndex::from(*user))),
                    )
                    .done();
            }
        }
    }
    Ok(())
}
