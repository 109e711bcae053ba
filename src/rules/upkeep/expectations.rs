//! What the project file expects of people, and whether it comes out so.

use crate::document::DocumentName;
use crate::document::project::{Demand, Expectation, Subject};
use crate::finding::prose::{grouped, people};
use crate::finding::{Prose, Spot};
use crate::model::{Gap, Place};
use crate::rules::facts::{Facts, Reporter};
use crate::signin::PersonIndex;
use crate::signin::evaluation::Outcome;
use crate::signin::expectation::{Fared, Standing};

pub(super) fn expectation_failed(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    for (expectation, fared) in facts.world.expectations.iter().zip(facts.fared()) {
        match fared.standing() {
            Standing::Fails if fared.no_such_role => no_such_role(facts, report, expectation),
            Standing::Fails => failed(facts, report, expectation, fared),
            Standing::NotKnown => fared.gap.iter().for_each(|gap| report.cannot_tell(gap.clone())),
            Standing::Holds | Standing::Nobody => {}
        }
    }
    Ok(())
}

pub(super) fn expectation_names_nobody(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let directory = &facts.world.directory;
    for (expectation, fared) in facts.world.expectations.iter().zip(facts.fared()) {
        if let (true, Some(gap)) = (fared.holds.is_empty() && fared.fails.is_empty(), &fared.gap) {
            report.cannot_tell(gap.clone());
        }
        if !fared.nobody {
            continue;
        }
        let (spot, message) = match &expectation.subject {
            Subject::Person(name) => (
                spot(expectation, "person"),
                Prose::from("Neither Okta nor Torq has a person ").person(name).text("."),
            ),
            Subject::Group(name) if directory.groups_named(name).is_empty() => {
                let names = directory.group_indices().filter_map(|group| directory.group(group));
                let near = nearest(name, names.map(|group| group.label()));
                let near = near.map_or_else(String::new, |near| format!(" The nearest is {near}."));
                (spot(expectation, "group"), Prose::from(format!("Okta has no group {name}.{near}")))
            }
            Subject::Group(name) => {
                (spot(expectation, "group"), Prose::from(format!("Nobody is in the group {name}.")))
            }
            Subject::Everyone => (
                Spot::value(Place::new(DocumentName::Project, expectation.path.clone())),
                Prose::from("There is nobody of whom it could be expected."),
            ),
        };
        report
            .finding(spot, &subject(expectation))
            .message(message)
            .why("An expectation about nobody always holds: whom it was meant to protect is not watched.")
            .fix("Write the login or email as Okta has it, or the group's name, case included; take the entry out where the person has left.")
            .done();
    }
    Ok(())
}

fn no_such_role(facts: &Facts<'_>, report: &mut Reporter<'_>, expectation: &Expectation) {
    let Some(role) = expectation.demand.role() else { return };
    let roles = facts.world.roles.known();
    let names: Vec<&str> =
        roles.into_iter().flat_map(|roles| roles.iter()).map(|role| role.name.as_str()).collect();
    let near = nearest(role, names.iter().copied());
    let fix = match near {
        Some(near) => {
            format!("Write {near}, if that is meant; the workspace's roles are {}.", names.join(", "))
        }
        None => format!("Write one of the workspace's roles: {}.", names.join(", ")),
    };
    report
        .finding(spot(expectation, expectation.demand.key()), &subject(expectation))
        .message(format!("The expectation demands the role {role}, and the workspace has no such role."))
        .why("Nobody can have it, so the expectation cannot hold.")
        .fix(fix)
        .done();
}

fn failed(facts: &Facts<'_>, report: &mut Reporter<'_>, expectation: &Expectation, fared: &Fared) {
    let Some(first) = fared.fails.first().copied() else { return };
    let sign_in = facts.sign_in;
    let about = fared.holds.len() + fared.fails.len() + fared.open.len();
    let demand = demanded(&expectation.demand);
    let name = sign_in.label(first);
    let message = match &expectation.subject {
        Subject::Person(_) => Prose::default().person(name).text(format!(" {demand}, and ")),
        Subject::Group(group) => Prose::from(format!(
            "Everyone in the group {group} {demand}, and {} of {} do not: ",
            grouped(fared.fails.len()),
            people(about)
        ))
        .person(name)
        .text(", for example, "),
        Subject::Everyone => Prose::from(format!(
            "Everyone {demand}, and {} of {} do not: ",
            grouped(fared.fails.len()),
            people(about)
        ))
        .person(name)
        .text(", for example, "),
    };
    let reason = expectation.reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
    let mut draft = report
        .finding(Spot::value(Place::new(DocumentName::Project, expectation.path.clone())), &subject(expectation))
        .message(message.then(what_happens(facts, first)).text("."))
        .why(format!(
            "The project file expects it{reason}: a change in Okta or Torq has broken it, or it is out of date."
        ))
        .fix(
            Prose::from("Ask `ssolint who --user ")
                .person(name)
                .text("` for each gate, and change what it names; or change the expectation where it is no longer meant."),
        )
        .people(fared.fails.iter().map(|person| sign_in.label(*person)));
    if let Outcome::Granted { mapping, .. } = sign_in.outcome(first)
        && let Some(row) = facts.mapping(mapping)
    {
        draft = draft
            .related(row.value_spot(), Prose::from(format!("gives {} to ", row.role_label())).person(name));
    }
    draft.done();
}

fn demanded(demand: &Demand) -> String {
    match demand {
        Demand::AtLeast(role) => format!("must get {role} or more"),
        Demand::AtMost(role) => format!("must get {role} at most"),
        Demand::Exactly(role) => format!("must get {role} and nothing else"),
        Demand::NoAccess => "must not get in".to_owned(),
    }
}

/// What a person gets, as the end of a sentence.
fn what_happens(facts: &Facts<'_>, person: PersonIndex) -> Prose {
    let sign_in = facts.sign_in;
    match sign_in.outcome(person) {
        Outcome::Granted { mapping, .. } => {
            let role = facts.mapping(mapping).map_or("a role", |row| row.role_label());
            let assumed = sign_in.assumes(person).names().join(" and ");
            let assumed =
                if assumed.is_empty() { String::new() } else { format!(" (which assumes {assumed})") };
            Prose::from(format!("gets {role}{assumed}"))
        }
        Outcome::LockedOut(gate) => {
            Prose::from(format!("is locked out at the gate {gate}: {}", sign_in.reason(person, gate)))
        }
        Outcome::NotSubject => {
            let users = facts.torq_users().unwrap_or_default();
            let label = sign_in.label(person).to_lowercase();
            let role = users.iter().find(|row| row.user.email.to_lowercase() == label);
            let role = role.map_or("a role", |row| row.role_label());
            Prose::from(format!("has a local Torq account with {role}"))
        }
        Outcome::Unknown(gate) => Prose::from(format!("is not known: {}", sign_in.reason(person, gate))),
    }
}

/// Its identity for a fingerprint: what it says, not where it stands.
fn subject(expectation: &Expectation) -> [&str; 4] {
    let (who, name) = match &expectation.subject {
        Subject::Person(name) => ("person", name.as_str()),
        Subject::Group(name) => ("group", name.as_str()),
        Subject::Everyone => ("everyone", ""),
    };
    [who, name, expectation.demand.key(), expectation.demand.role().unwrap_or_default()]
}

fn spot(expectation: &Expectation, key: &str) -> Spot {
    Spot::value(Place::new(DocumentName::Project, expectation.path.clone().key(key)))
}

fn nearest<'n>(typed: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    names
        .map(|name| (strsim::jaro_winkler(&typed.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}
