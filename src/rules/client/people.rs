//! G5.1, G5.2: who is assigned, as far as rules about the policy need it too.

use crate::document::{DocumentName, JsonPath};
use crate::finding::prose::people;
use crate::finding::{Prose, Spot};
use crate::model::{Cause, Gap, Place, Truth};
use crate::rules::console;
use crate::rules::facts::{Facts, Reporter};
use crate::rules::rows::app_spot;
use crate::signin::evaluation::State;
use crate::signin::walk::MappingOutcome;
use crate::signin::{Gate, PersonIndex};

/// Whether a person may sign in, is assigned and gets a role from a claim mapping, policies left aside. `Err`: what is missing to know.
pub(super) fn would_get_a_role(facts: &Facts<'_>, person: PersonIndex) -> Result<bool, Gap> {
    let sign_in = facts.sign_in;
    let Some(user) = sign_in.population.user(person) else { return Ok(false) };
    let state = sign_in.state(person, Gate::User);
    let assigned = sign_in.assigned(user);
    let mapping = sign_in.mapping_outcome(person);
    if state == State::Fails || assigned == Truth::No || mapping == MappingOutcome::LockedOut {
        return Ok(false);
    }
    if assigned == Truth::Maybe {
        return Err(sign_in.assignment_gap(user));
    }
    if let Some(gap) = sign_in.gap(person, Gate::User) {
        return Err(gap);
    }
    match mapping {
        MappingOutcome::Unknown { .. } => Err(sign_in.mapping_gap(person)),
        MappingOutcome::Granted { .. } | MappingOutcome::LockedOut => Ok(true),
    }
}

/// The roles that people would get, with how many get each: `Owner: 1, Viewer: 2`.
pub(super) fn roles(facts: &Facts<'_>, people: &[PersonIndex]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for person in people {
        let MappingOutcome::Granted { mapping, .. } = facts.sign_in.mapping_outcome(*person) else {
            continue;
        };
        let Some(row) = facts.mapping(mapping) else { continue };
        match counts.iter_mut().find(|(role, _)| *role == row.role_label()) {
            Some((_, count)) => *count += 1,
            None => counts.push((row.role_label(), 1)),
        }
    }
    let counts: Vec<String> = counts.into_iter().map(|(role, count)| format!("{role}: {count}")).collect();
    counts.join(", ")
}

/// What is missing to know everyone who counts as assigned, members of assigned groups left aside.
pub(super) fn unread_assignments(facts: &Facts<'_>) -> Option<Gap> {
    let directory = &facts.world.directory;
    let (list, document) = if facts.world.app.known().is_some_and(|app| app.implicit_assignment) {
        (&directory.user_list, DocumentName::Users)
    } else {
        (&directory.app_user_list, DocumentName::AppUsers)
    };
    (!list.is_complete()).then(|| list.gap(&document))
}

pub(super) fn app_unassigned(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let world = facts.world;
    let directory = &world.directory;
    let mut open = None;
    for user in directory.user_indices() {
        match facts.sign_in.assigned(user) {
            Truth::Yes => return Ok(()),
            Truth::Maybe => open = open.or(Some(user)),
            Truth::No => {}
        }
    }
    if facts.app()?.implicit_assignment {
        return Ok(());
    }
    if let Some(gap) = unread_assignments(facts) {
        return Err(gap);
    }
    let groups = world.app_groups.need()?.map_or(&[][..], Vec::as_slice);
    for id in groups {
        match directory.group_by_id(id) {
            // Everyone is never empty, whoever was read.
            Some(group) if directory.group(group).is_some_and(|group| group.is_everyone()) => return Ok(()),
            Some(group) if directory.lists_members(group) => {}
            Some(group) => return Err(directory.members_gap(group)),
            None => return Err(Gap::document(DocumentName::GroupUsers(id.clone()), Cause::NotRead)),
        }
    }
    if !world.app_groups_complete {
        return Err(Gap::document(DocumentName::AppGroups, Cause::Incomplete));
    }
    if let Some(user) = open {
        return Err(facts.sign_in.assignment_gap(user));
    }
    let ended = directory.users().filter(|user| user.assignment.is_some()).count();
    let mut message = match groups.len() {
        0 => "Nobody is assigned to the Torq app: no group and no person.".to_owned(),
        1 => "Nobody is assigned to the Torq app: one group is, and it has no members.".to_owned(),
        count => format!("Nobody is assigned to the Torq app: {count} groups are, and none has members."),
    };
    if ended > 0 {
        message.push_str(&format!(" The assignment of {} has ended.", people(ended)));
    }
    report
        .finding(Spot::value(Place::new(DocumentName::AppGroups, JsonPath::root())), &[])
        .message(message)
        .why("Okta lets only assigned people sign in through the app (access_denied), so nobody gets in.")
        .fix(format!(
            "Assign the groups that Torq's claim mappings name under {} > Assign > Assign to Groups.",
            console::OKTA_ASSIGNMENTS
        ))
        .done();
    Ok(())
}

pub(super) fn federation_broker_mode(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    if !facts.app()?.implicit_assignment {
        return Ok(());
    }
    let may_sign_in = facts
        .sign_in
        .considered()
        .filter(|person| facts.sign_in.state(*person, Gate::User) == State::Passes)
        .count();
    let counted = if unread_assignments(facts).is_none() {
        format!(": {} who may sign in to Okta can ask for a token", people(may_sign_in))
    } else {
        String::new()
    };
    report
        .finding(app_spot(JsonPath::root().key("settings").key("implicitAssignment")), &[])
        .message(Prose::from(format!(
            "Federation Broker Mode is on, so assignment limits nobody{counted}. Only the sign-in policy and Torq's claim mappings decide who gets in."
        )))
        .why("This locks nobody out. But turned off while nobody is assigned, it locks out everybody.")
        .fix(format!(
            "If only some people should get in, say so in the app's sign-in policy ({}); or turn the mode off under {}, and look at once whether the right groups are assigned.",
            console::OKTA_SIGN_IN_POLICY,
            console::OKTA_FEDERATION_BROKER_MODE
        ))
        .done();
    Ok(())
}
