//! How many groups the claim may carry.

use crate::document::DocumentName;
use crate::document::connection::Flow;
use crate::finding::{Spot, prose};
use crate::model::claims::{Claim, ClaimValue};
use crate::model::{Cause, Gap, Truth, UserIndex};
use crate::rules::console;
use crate::rules::facts::{Facts, Reporter};
use crate::signin::Gate;
use crate::signin::claim_source::{self, ClaimSource, GROUPS};
use crate::signin::evaluation::State;
use crate::signin::group_names::{GROUP_LIMIT, GroupNames};
use crate::signin::token::{self, GroupLimit};

use super::{described, mapped_groups, what_to_type};

pub(super) fn groups_over_limit(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let world = facts.world;
    let sign_in = facts.sign_in;
    if *world.wizard.flow.need_known(&DocumentName::Connection)? != Flow::Implicit
        || claim_source::requests(world, GROUPS).need()? != Some(&true)
    {
        return Ok(());
    }
    let mut people = Vec::new();
    let mut exceeding = Vec::new();
    let mut open: Option<Gap> = None;
    for person in sign_in.considered() {
        let Some(user) = sign_in.population.user(person) else { continue };
        if sign_in.group_limits(user).all(|limit| limit == GroupLimit::Kept) {
            continue;
        }
        let before = [Gate::User, Gate::Assignment].map(|gate| (gate, sign_in.state(person, gate)));
        // Whom an earlier gate keeps out has nothing to lose here.
        if before.iter().any(|(_, state)| *state == State::Fails) {
            continue;
        }
        let unknown = before.iter().find(|(_, state)| *state == State::Unknown);
        if let Some((gate, _)) = unknown {
            open = open.or_else(|| sign_in.gap(person, *gate));
        } else if sign_in.exceeds_group_limit(user) == Truth::Yes {
            people.push(sign_in.label(person).to_owned());
            exceeding.push(user);
        } else if open.is_none() {
            open = Some(count_gap(facts, user));
        }
    }
    open.into_iter().for_each(|gap| report.cannot_tell(gap));
    let Some(claim) = sign_in
        .carried
        .claims
        .iter()
        .find(|names| exceeds(facts, names, &exceeding))
        .map(|names| &names.claim)
    else {
        return Ok(());
    };
    if people.is_empty() {
        return Ok(());
    }
    report
        .finding(Spot::value(claim.value_place()), &[&claim.name])
        .message(format!(
            "{} more than {GROUP_LIMIT} groups that {} passes, and Torq uses the implicit flow.",
            if people.len() == 1 { "1 person has".to_owned() } else { format!("{} have", prose::people(people.len())) },
            described(claim)
        ))
        .why("In the implicit flow Okta issues no ID token where more than 100 groups pass, so these people cannot sign in at all, whatever the claim mappings say.")
        .fix(fix(facts, claim))
        .people(people)
        .done();
    Ok(())
}

/// Whether it is this claim that carries too many groups of one of the people.
fn exceeds(facts: &Facts<'_>, names: &GroupNames, people: &[UserIndex]) -> bool {
    if names.most().is_some_and(|most| most <= GROUP_LIMIT) {
        return false;
    }
    facts.sign_in.readings().any(|reading| {
        let passes = |group| token::passing(facts.world, names, group, reading);
        let counts = token::count(facts.world, passes, GROUP_LIMIT);
        people.iter().any(|user| u64::from(counts.of(*user).0) > GROUP_LIMIT)
    })
}

/// A filter of the mapped groups, as long as those are few enough themselves.
fn fix(facts: &Facts<'_>, claim: &Claim) -> String {
    let groups = mapped_groups(facts, &claim.name);
    let filter = what_to_type(facts.world, &claim.place.document, &claim.name, &groups);
    if groups.len() as u64 <= GROUP_LIMIT {
        return filter;
    }
    format!(
        "{filter} As more than {GROUP_LIMIT} groups are mapped, whoever is in more of them still gets no token: choose the Code flow, in which a filter has no limit, under {}.",
        console::TORQ_SSO
    )
}

/// What is missing to know how many of a person's groups pass.
fn count_gap(facts: &Facts<'_>, user: UserIndex) -> Gap {
    let directory = &facts.world.directory;
    let carried = &facts.sign_in.carried;
    if let Some(names) = carried.claims.iter().find(|names| names.has_two_readings())
        && facts.sign_in.exceeds_group_limit(user) == Truth::Maybe
    {
        return Gap {
            place: names.claim.value_place(),
            cause: Cause::Undecided(
                "more than 100 groups of a person pass the regex in one reading, and not in the other"
                    .to_owned(),
            ),
        };
    }
    if let Some(gap) = &carried.unknown {
        return gap.clone();
    }
    if !directory.knows_every_group() {
        return directory.group_list.gap(&DocumentName::Groups);
    }
    let unread = directory.group_indices().find(|group| {
        !directory.knows_members(*group)
            && facts.sign_in.readings().any(|reading| {
                carried
                    .claims
                    .iter()
                    .any(|names| token::passing(facts.world, names, *group, reading) != Truth::No)
            })
    });
    match unread {
        Some(group) => directory.membership_gap(user, group),
        None => Gap::document(DocumentName::Groups, Cause::Incomplete),
    }
}

pub(super) fn groups_expression_limit(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let (claims, gap) = claim_source::every_configured(facts.world);
    gap.into_iter().for_each(|gap| report.cannot_tell(gap));
    for claim in claims {
        let ClaimValue::Expression(expression) = &claim.value else { continue };
        let limit = match claim_source::source(facts.world, &claim.name) {
            ClaimSource::Groups(names) => names.refuses_token(),
            // Only these functions have the limit.
            ClaimSource::Unknown(gap) if expression.contains("Groups.") => {
                report.cannot_tell(gap);
                None
            }
            _ => None,
        };
        let Some(limit) = limit else { continue };
        report
            .finding(Spot::value(claim.value_place()), &[&claim.name])
            .message(format!(
                "The expression of the claim {} asks for {limit} groups; Okta allows {GROUP_LIMIT}.",
                claim.name
            ))
            .why("Okta cannot evaluate the claim then and issues no token to anyone: \"The 'groups' user claim could not be evaluated.\"")
            .fix(format!(
                "Type {GROUP_LIMIT} instead of {limit} in the expression under {}.",
                super::place_of_filter(claim)
            ))
            .done();
    }
    Ok(())
}
