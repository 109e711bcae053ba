//! Which groups the plan assigns, and which groups it looks up for that.

use crate::document::DocumentName;
use crate::finding::Spot;
use crate::model::terraform::{Action, AssignmentKind, PlanFacts, PlannedAssignments, hcl_string};
use crate::model::{Cause, Gap};
use crate::rules::facts::{Facts, Reporter};
use crate::rules::groups::{group_rows, some_of};

/// Resources that manage assignments after apply.
fn managed(plan: &PlanFacts, kind: AssignmentKind) -> impl Iterator<Item = &PlannedAssignments> {
    plan.assignments
        .iter()
        .filter(move |assignments| assignments.kind == kind)
        .filter(|assignments| !matches!(assignments.resource.action, Action::Delete | Action::Forget))
}

/// What is lost, and when.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Loss {
    /// By this apply.
    Now,
    /// By the one after it: the resource reads every assignment into its state once it is there.
    Next,
}

pub(super) fn assignments_removed(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let Some(plan) = &facts.world.plan else { return Ok(()) };
    for assignments in plan.assignments.iter().filter(|other| other.kind == AssignmentKind::All) {
        match assignments.resource.action {
            Action::Update | Action::Delete | Action::Replace => {
                for id in assignments.before.iter().filter(|id| !assignments.after.contains(id)) {
                    report_removed(facts, report, assignments, id, Loss::Now)?;
                }
            }
            Action::Create => {
                let assigned = facts.world.app_groups.need()?.map_or(&[][..], Vec::as_slice);
                for id in assigned.iter().filter(|id| !assignments.after.contains(id)) {
                    report_removed(facts, report, assignments, id, Loss::Next)?;
                }
            }
            Action::NoOp | Action::Forget => {}
        }
    }
    Ok(())
}

fn report_removed(
    facts: &Facts<'_>,
    report: &mut Reporter<'_>,
    assignments: &PlannedAssignments,
    id: &str,
    loss: Loss,
) -> Result<(), Gap> {
    let world = facts.world;
    // In federation broker mode nobody needs an assignment.
    if world.app.known().is_some_and(|app| app.implicit_assignment) {
        return Ok(());
    }
    if loss == Loss::Now {
        // Another resource keeps it.
        let still = world.app_groups.known().is_some_and(|assigned| assigned.iter().any(|other| other == id));
        if still {
            return Ok(());
        }
    }
    let Some(name) = group_name(facts, id)? else { return Ok(()) };
    let rows = group_rows(facts)?;
    let mut rows = rows.iter().filter(|row| row.mapping.claim_value == name);
    let Some(first) = rows.next() else { return Ok(()) };
    if !assignments.after_whole {
        let why = format!("which groups {} assigns is known only after apply", assignments.resource.address);
        report.cannot_tell(Gap::new(
            DocumentName::TerraformPlan,
            assignments.resource.place().path,
            Cause::Planned(why),
        ));
        return Ok(());
    }
    let address = &assignments.resource.address;
    let message = match loss {
        Loss::Now => format!(
            "The plan takes the assignment of the group {name} to the Torq app away, which a claim mapping names: {address} {}.",
            if assignments.resource.action == Action::Delete { "is deleted" } else { "does not list it" }
        ),
        Loss::Next => format!(
            "{address} does not list the group {name}, which is assigned to the Torq app and which a claim mapping names: the apply after this one takes the assignment away."
        ),
    };
    let mut draft = report
        .finding(Spot::key(assignments.resource.attribute("group")), &[id])
        .message(message)
        .why("okta_app_group_assignments manages every assignment of the app, also those made in the console. People who are assigned by this group alone cannot sign in any more (access_denied).")
        .fix(format!("Add the group to {address}: group {{ id = {} }}", hcl_string(id)))
        .related(first.value_spot(), "a claim mapping of the group");
    for row in rows.take(9) {
        draft = draft.related(row.value_spot(), "another claim mapping of the group");
    }
    draft.done();
    Ok(())
}

/// The name of a group; `None` where it has none that matters: Okta does not have it, or the plan deletes it.
fn group_name<'a>(facts: &Facts<'a>, id: &str) -> Result<Option<&'a str>, Gap> {
    let directory = &facts.world.directory;
    let group = directory.group_by_id(id).and_then(|group| directory.group(group));
    match group.and_then(|group| group.name.as_deref()) {
        Some(name) => Ok(Some(name)),
        None if directory.knows_every_group() => Ok(None),
        None => Err(directory.group_list.gap(&DocumentName::Groups)),
    }
}

pub(super) fn assignments_conflict(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let Some(plan) = &facts.world.plan else { return Ok(()) };
    let single: Vec<&PlannedAssignments> = managed(plan, AssignmentKind::Single).collect();
    if single.is_empty() {
        return Ok(());
    }
    for all in managed(plan, AssignmentKind::All) {
        let addresses: Vec<&str> = single.iter().map(|one| one.resource.address.as_str()).collect();
        let mut draft = report
            .finding(Spot::key(all.resource.place()), &[&all.resource.address])
            .message(format!(
                "{} manages every group assignment of the Torq app, and {} {} one of them too.",
                all.resource.address,
                some_of(&addresses),
                if single.len() == 1 { "manages" } else { "manage each" }
            ))
            .why("Each apply takes away what the other resource assigned, so whole groups lose Torq and get it back, turn by turn.")
            .fix(format!(
                "Keep one of the two: move the groups of okta_app_group_assignment into {} as blocks `group`, and take the others out of the state with `removed` blocks; or the other way round.",
                all.resource.address
            ));
        for one in single.iter().take(10) {
            draft = draft.related(Spot::key(one.resource.place()), "it assigns a group of the same app");
        }
        draft.done();
    }
    Ok(())
}

pub(super) fn group_prefix_lookup(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let Some(plan) = &facts.world.plan else { return Ok(()) };
    let directory = &facts.world.directory;
    for lookup in &plan.group_lookups {
        let Some(name) = &lookup.name else {
            let why = format!("the name in {} is not written in the configuration", lookup.address);
            report.cannot_tell(Gap::new(
                DocumentName::TerraformPlan,
                lookup.place().path,
                Cause::Planned(why),
            ));
            continue;
        };
        if !directory.groups_named(name).is_empty() {
            continue;
        }
        let beginning = name.to_lowercase();
        let longer: Vec<&str> = directory
            .groups
            .iter()
            .filter_map(|group| group.name.as_deref())
            .filter(|other| other.to_lowercase().starts_with(&beginning))
            .collect();
        if longer.is_empty() || !directory.settles_group(name) {
            if !directory.settles_group(name) {
                report.cannot_tell(directory.group_list.gap(&DocumentName::Groups));
            }
            continue;
        }
        report
            .finding(Spot::value(lookup.place()), &[&lookup.address])
            .message(format!(
                "{} looks for the group {name}, which Okta does not have, and takes one whose name begins so: {}.",
                lookup.address,
                some_of(&longer)
            ))
            .why("Where one group alone begins with the name, the provider takes it without an error, and everything that uses the data source is about another group: its people get in, and those who should are locked out.")
            .fix(format!(
                "Write the exact name, such as name = {}; or look the group up by its id.",
                longer.first().map_or_else(String::new, |name| hcl_string(name))
            ))
            .done();
    }
    Ok(())
}
