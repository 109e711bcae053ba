//! What the plan deletes and makes anew: the same name, and another thing.

use crate::document::DocumentName;
use crate::finding::Spot;
use crate::model::terraform::Action;
use crate::model::{Cause, Gap};
use crate::rules::console;
use crate::rules::facts::{Facts, Reporter};
use crate::rules::groups::{group_rows, some_of};

pub(super) fn app_replaced(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let Some(app) = facts.world.plan.as_ref().and_then(|plan| plan.app.as_ref()) else { return Ok(()) };
    let address = &app.resource.address;
    let (message, why) = match app.resource.action {
        Action::Replace => (
            format!("The plan replaces the Torq app: {address} is deleted and made anew."),
            "The new app has another client ID and another secret. Torq goes on with the old ones, and nobody gets in until somebody who still can types the new ones into Torq's SSO settings.",
        ),
        Action::Delete => (
            format!("The plan deletes the Torq app: {address}."),
            "Without the app nobody signs in to Torq through Okta.",
        ),
        _ => return Ok(()),
    };
    report
        .finding(Spot::key(app.resource.place()), &[address])
        .message(message)
        .why(why)
        .fix(format!(
            "Find out what forces it (`terraform plan` marks it with \"forces replacement\"), and take that back; a renamed resource needs a `moved` block. To be safe, write lifecycle {{ prevent_destroy = true }} into {address}. If the app must be replaced, keep a backup account in Torq and type the new client ID under {}.",
            console::TORQ_SSO
        ))
        .done();
    Ok(())
}

pub(super) fn group_replaced(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let Some(plan) = &facts.world.plan else { return Ok(()) };
    if plan.groups.is_empty() {
        return Ok(());
    }
    let rows = group_rows(facts)?;
    for group in &plan.groups {
        let Some(before) = &group.name_before else { continue };
        let named: Vec<_> = rows.iter().filter(|row| row.mapping.claim_value == *before).collect();
        let Some(first) = named.first() else { continue };
        let address = &group.resource.address;
        let (message, why, fix) = match (group.resource.action, &group.name_after) {
            (Action::Replace, _) => (
                format!(
                    "The plan replaces the group {before}, which a claim mapping names: {address} is deleted and made anew."
                ),
                "The new group has another id and nobody in it until it is filled again; what assigns the old one assigns nobody. Its people are locked out meanwhile.",
                format!(
                    "Take back what forces the replacement; a renamed resource needs a `moved` block from its old address to {address}."
                ),
            ),
            (Action::Delete, _) => (
                format!("The plan deletes the group {before}, which a claim mapping names: {address}."),
                "The claim has its name no more, so people who match by it alone are locked out.",
                format!(
                    "Keep the group, or first give its people another mapping under {}. To keep it without Terraform, write a block removed with from = {address} and lifecycle {{ destroy = false }}.",
                    console::TORQ_CLAIM_MAPPINGS
                ),
            ),
            (Action::Update, None) => {
                let why = format!("name of {address} is known only after apply");
                report.cannot_tell(Gap::new(
                    DocumentName::TerraformPlan,
                    group.resource.place().path,
                    Cause::Planned(why),
                ));
                continue;
            }
            (Action::Update, Some(after)) if after != before => {
                // Every mapping of the old name has one of the new name already.
                let is_ready = named.iter().all(|row| {
                    rows.iter().any(|other| {
                        other.mapping.claim_value == *after
                            && other.mapping.claim_name == row.mapping.claim_name
                            && other.mapping.role == row.mapping.role
                    })
                });
                if is_ready {
                    continue;
                }
                (
                    format!("The plan renames the group {before}, which a claim mapping names, to {after}."),
                    "The claim then has the new name, and the mapping waits for the old one: people who match by it alone are locked out.",
                    format!(
                        "Add a mapping of {after} to {} under {} before the apply, and remove the old one after it.",
                        first.role_label(),
                        console::TORQ_CLAIM_MAPPINGS
                    ),
                )
            }
            _ => continue,
        };
        let spot = if group.resource.action == Action::Update {
            Spot::value(group.resource.attribute("name"))
        } else {
            Spot::key(group.resource.place())
        };
        let mut draft = report
            .finding(spot, &[address])
            .message(message)
            .why(why)
            .fix(fix)
            .related(first.value_spot(), "a claim mapping of the group");
        for row in named.iter().skip(1).take(9) {
            draft = draft.related(row.value_spot(), "another claim mapping of the group");
        }
        draft.done();
    }
    Ok(())
}

pub(super) fn group_rule_replaced(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let Some(plan) = &facts.world.plan else { return Ok(()) };
    let replaced = plan.group_rules.iter().filter(|rule| rule.resource.action == Action::Replace);
    // Without the removal people stay where the old rule put them.
    for rule in replaced.filter(|rule| rule.removes_members == Some(true)) {
        let rows = group_rows(facts)?;
        let directory = &facts.world.directory;
        let mut mapped: Vec<&str> = Vec::new();
        for id in &rule.groups_before {
            let group = directory.group_by_id(id).and_then(|group| directory.group(group));
            match group.and_then(|group| group.name.as_deref()) {
                Some(name) if rows.iter().any(|row| row.mapping.claim_value == name) => mapped.push(name),
                Some(_) => {}
                None if directory.knows_every_group() => {}
                None => report.cannot_tell(directory.group_list.gap(&DocumentName::Groups)),
            }
        }
        if mapped.is_empty() {
            continue;
        }
        let address = &rule.resource.address;
        let label = rule.name.as_deref().unwrap_or(address);
        report
            .finding(Spot::key(rule.resource.place()), &[address])
            .message(format!(
                "The plan replaces the group rule {label}, which fills {} and removes its people when it is deleted: {address}.",
                some_of(&mapped)
            ))
            .why("Its people leave the groups and come back when the new rule has run. Who signs in meanwhile matches no mapping, and a local account of theirs in Torq is removed.")
            .fix(format!(
                "Apply it in two steps: first set remove_assigned_users = false in {address}, then change the rule."
            ))
            .done();
    }
    Ok(())
}
