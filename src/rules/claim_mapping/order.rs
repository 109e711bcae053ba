//! What comes before what: mappings that an earlier one takes people from, and mappings of one rank.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::document::DocumentName;
use crate::finding::Prose;
use crate::finding::prose::{grouped, people};
use crate::model::torq::{RoleId, RoleOrder, Roles};
use crate::model::{Cause, Gap, Truth};
use crate::rules::console;
use crate::rules::facts::{Facts, Reporter};
use crate::rules::rows::MappingRow;
use crate::signin::PersonIndex;
use crate::signin::claim_source::{self, ClaimSource, GROUPS};
use crate::signin::evaluation::Outcome;
use crate::signin::repair::role_gap;
use crate::signin::shadowing::{self, Shadowed};
use crate::signin::walk::MappingOutcome;
use crate::signin::witness::{self, Witness};

use super::{NAMED, listed, named, value};

/// Which of the shadowed mappings a rule reports.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    RepairRoles,
    OtherRoles,
}

pub(super) fn shadowed(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    report_shadowed(facts, report, Of::OtherRoles)
}

pub(super) fn shadowed_repair(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    report_shadowed(facts, report, Of::RepairRoles)
}

fn report_shadowed(facts: &Facts<'_>, report: &mut Reporter<'_>, of: Of) -> Result<(), Gap> {
    let rows = facts.mappings()?;
    let mut reported: Vec<&Shadowed> = Vec::new();
    for shadowed in facts.shadowed() {
        let Some(row) = rows.get(shadowed.mapping) else { continue };
        match (of, row.can_repair_sso()) {
            (Of::OtherRoles, Some(true)) | (Of::RepairRoles, Some(false)) => continue,
            (Of::RepairRoles, None) => {
                report.cannot_tell(role_gap(facts.world, &row.mapping.role));
                continue;
            }
            (Of::OtherRoles, _) | (Of::RepairRoles, Some(true)) => reported.push(shadowed),
        }
    }
    let witnesses = witness::of_shadowed(facts.sign_in, facts.tables(), &reported);
    for (shadowed, witnesses) in reported.into_iter().zip(witnesses) {
        let Some(row) = rows.get(shadowed.mapping) else { continue };
        let blockers = at(&rows, &shadowed.blockers);
        let role = row.role_label();
        let same_role = blockers.iter().all(|blocker| blocker.mapping.role == row.mapping.role);
        let why = match (of, same_role) {
            (Of::RepairRoles, _) => format!(
                "The first mapping that matches gives the role, so this one gives nobody {role}. Whoever relies on it to repair SSO cannot, and a mistake in SSO then locks out those who could mend it."
            ),
            (Of::OtherRoles, true) => format!(
                "The first mapping that matches gives the role. Both give {role} today; whoever changes the role here later changes nothing."
            ),
            (Of::OtherRoles, false) => format!(
                "The first mapping that matches gives the role, so nobody gets {role} by this one, and the people for whom it was made have another role."
            ),
        };
        let mut draft = report
            .finding(row.value_spot(), &row.subject())
            .message(never_reached(row, &blockers))
            .why(why)
            .fix(move_or_delete(row, &blockers));
        for blocker in blockers.iter().take(NAMED) {
            let witness = witnesses.iter().find(|(index, _)| *index == blocker.index);
            let text = matches_first(facts, row, blocker, witness.map(|(_, witness)| *witness));
            draft = draft.related(blocker.value_spot(), text);
        }
        draft.done();
    }
    for (index, gap) in shadowing::undecided(facts.sign_in) {
        let repairs = rows.get(index).and_then(MappingRow::can_repair_sso);
        if (repairs == Some(true)) == (of == Of::RepairRoles) {
            report.cannot_tell(gap);
        }
    }
    Ok(())
}

/// What a blocker does, shown on someone.
fn matches_first(
    facts: &Facts<'_>,
    row: &MappingRow<'_>,
    blocker: &MappingRow<'_>,
    witness: Option<Witness>,
) -> Prose {
    let claim = |row: &MappingRow<'_>| Prose::from(format!("{} = ", row.mapping.claim_name)).then(value(row));
    match witness {
        None => Prose::from("matches first"),
        Some(Witness::Person(person)) => {
            Prose::from("matches first, for example for ").person(facts.sign_in.label(person))
        }
        Some(Witness::MadeUp) => {
            let text =
                Prose::from("matches first, for example with a made-up token that carries ").then(claim(row));
            let same_claim = row.mapping.claim_name == blocker.mapping.claim_name;
            match (same_claim, row.mapping.claim_value == blocker.mapping.claim_value) {
                (true, true) => text,
                (true, false) => text.text(" and ").then(value(blocker)),
                (false, _) => text.text(" and ").then(claim(blocker)),
            }
        }
    }
}

fn never_reached(row: &MappingRow<'_>, blockers: &[MappingRow<'_>]) -> Prose {
    let unsent: BTreeSet<&str> = blockers
        .iter()
        .filter(|blocker| blocker.mapping.claim_name != row.mapping.claim_name)
        .filter(|blocker| matches!(blocker.source(), ClaimSource::NotSent(_)))
        .map(|blocker| blocker.mapping.claim_name.as_str())
        .collect();
    let begins = if unsent.is_empty() {
        "No sign-in can reach ".to_owned()
    } else {
        let names: Vec<&str> = unsent.into_iter().collect();
        format!("As soon as the token has the claim {}, no sign-in can reach ", names.join(" and "))
    };
    let one = if blockers.len() == 1 { " first" } else { ", one or the other first" };
    Prose::from(begins)
        .then(named(row))
        .text(": every token that matches it matches ")
        .then(listed(blockers, "or"))
        .text(format!("{one}."))
}

fn move_or_delete(row: &MappingRow<'_>, blockers: &[MappingRow<'_>]) -> Prose {
    let is_same = |blocker: &&MappingRow<'_>| {
        (&blocker.mapping.claim_name, &blocker.mapping.claim_value)
            == (&row.mapping.claim_name, &row.mapping.claim_value)
    };
    let place = console::TORQ_CLAIM_MAPPINGS;
    match blockers.iter().find(is_same) {
        Some(same) if same.mapping.role == row.mapping.role => {
            Prose::from(format!("Delete rank {} under {place}.", row.mapping.rank))
        }
        Some(same) => Prose::from(format!(
            "Keep one of the two under {place}: delete rank {} if {} is meant, else rank {}.",
            row.mapping.rank,
            same.role_label(),
            same.mapping.rank
        )),
        None => {
            let top = blockers.first().map_or(row.mapping.rank, |blocker| blocker.mapping.rank);
            Prose::from("Move ")
                .then(named(row))
                .text(format!(" above rank {top} under {place}, or delete it if it is not meant."))
        }
    }
}

fn at<'a>(rows: &[MappingRow<'a>], indices: &[usize]) -> Vec<MappingRow<'a>> {
    indices.iter().filter_map(|index| rows.get(*index).copied()).collect()
}

pub(super) fn unused_today(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let rows = facts.mappings()?;
    for unused in facts.unused_today() {
        let unused = match unused {
            Ok(unused) => unused,
            Err(gap) => {
                report.cannot_tell(gap.clone());
                continue;
            }
        };
        let Some(row) = rows.get(unused.mapping) else { continue };
        let blockers = at(&rows, &unused.blockers);
        let count = unused.people.len();
        let who = match count {
            1 => "The 1 person who matches ".to_owned(),
            2 => "Both people who match ".to_owned(),
            _ => format!("All {} who match ", people(count)),
        };
        let verb = if count == 1 { " today matches " } else { " today match " };
        let top = blockers.first().map_or(row.mapping.rank, |blocker| blocker.mapping.rank);
        let mut draft = report
            .finding(row.value_spot(), &row.subject())
            .message(Prose::from(who).then(named(row)).text(verb).then(listed(&blockers, "or")).text(" first."))
            .why(format!(
                "The first mapping that matches gives the role, so nobody gets {} by this one as the groups are now. Whoever counts on it as a way in has none.",
                row.role_label()
            ))
            .fix(format!(
                "Leave it if it is there for people still to come. Else move it above rank {top} under {}, or delete it.",
                console::TORQ_CLAIM_MAPPINGS
            ))
            .people(unused.people.iter().map(|person| facts.sign_in.label(*person)));
        for (index, person) in unused.witnesses.iter().take(NAMED) {
            let again =
                witness::takes_alone(facts.tables(), unused.mapping, &unused.blockers, *index, *person);
            if let Some(blocker) = rows.get(*index).filter(|_| again) {
                let text = Prose::from("matches first for ").person(facts.sign_in.label(*person));
                draft = draft.related(blocker.value_spot(), text);
            }
        }
        draft.done();
    }
    Ok(())
}

pub(super) fn duplicate(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let mut first: HashMap<(&str, &str), MappingRow<'_>> = HashMap::new();
    for row in facts.mappings()? {
        let test = (row.mapping.claim_name.as_str(), row.mapping.claim_value.as_str());
        let earlier = *first.entry(test).or_insert(row);
        if earlier.mapping.role == row.mapping.role {
            continue;
        }
        let why = if earlier.mapping.rank == row.mapping.rank {
            "Both have the same rank, and which of them Torq looks at first is not documented, so the role that people get is not certain."
        } else {
            "The first mapping that matches gives the role; this one never does, so whoever reads it expects a role that nobody gets."
        };
        // Which of two rows of one rank stands first in the file is not what it is about.
        let mut roles = [earlier.mapping.role.0.as_str(), row.mapping.role.0.as_str()];
        roles.sort_unstable();
        report
            .finding(row.role_spot(), &[test.0, test.1, roles[0], roles[1]])
            .message(
                Prose::from("The mapping at ")
                    .then(named(&row))
                    .text(" has the same claim and value as ")
                    .then(named(&earlier))
                    .text(", with another role."),
            )
            .why(why)
            .fix(format!(
                "Keep one of the two under {}: the one with {} or the one with {}.",
                console::TORQ_CLAIM_MAPPINGS,
                earlier.role_label(),
                row.role_label()
            ))
            .related(earlier.role_spot(), "the first of them")
            .done();
    }
    Ok(())
}

/// How roles compare, each pair once.
struct Orders<'a> {
    roles: &'a Roles,
    known: HashMap<(&'a RoleId, &'a RoleId), Option<RoleOrder>>,
}

impl<'a> Orders<'a> {
    /// The first against the second.
    fn compare(&mut self, first: &MappingRow<'a>, second: &MappingRow<'a>) -> Option<RoleOrder> {
        let pair = (&first.mapping.role, &second.mapping.role);
        *self.known.entry(pair).or_insert_with(|| self.roles.compare(pair.0, pair.1))
    }
}

/// People who get less by one mapping, and by which later ones they would get more.
#[derive(Default)]
struct Losers {
    people: BTreeSet<PersonIndex>,
    by_later: BTreeMap<usize, usize>,
}

pub(super) fn gives_lower_role(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let rows = facts.mappings()?;
    let roles = facts.world.roles.need_known(&DocumentName::Roles)?;
    let mut orders = Orders { roles, known: HashMap::new() };
    let mut losers: BTreeMap<usize, Losers> = BTreeMap::new();
    for later in &rows {
        let earlier = rows.iter().take_while(|earlier| earlier.mapping.rank < later.mapping.rank);
        let mut lower = BTreeSet::new();
        let mut unclear = BTreeSet::new();
        for earlier in earlier {
            match orders.compare(earlier, later) {
                Some(RoleOrder::Lower) => _ = lower.insert(earlier.index),
                None => _ = unclear.insert(earlier.index),
                Some(RoleOrder::Same | RoleOrder::Higher | RoleOrder::Incomparable) => {}
            }
        }
        if lower.is_empty() && unclear.is_empty() {
            continue;
        }
        let mut told: BTreeSet<Gap> = BTreeSet::new();
        for (person, matches) in matching(facts, later.index) {
            if matches!(facts.sign_in.outcome(person), Outcome::LockedOut(_) | Outcome::NotSubject) {
                continue;
            }
            let might_take = |earlier: &BTreeSet<usize>| {
                facts
                    .tables()
                    .iter()
                    .any(|table| earlier.iter().any(|earlier| table.matches(*earlier, person) != Truth::No))
            };
            let winner = match facts.sign_in.mapping_outcome(person) {
                MappingOutcome::Granted { mapping, .. } => Some(mapping),
                MappingOutcome::LockedOut => continue,
                MappingOutcome::Unknown { .. } => None,
            };
            let (is_lower, is_unclear) = match winner {
                Some(winner) => (lower.contains(&winner), unclear.contains(&winner)),
                None => (might_take(&lower), might_take(&unclear)),
            };
            if !is_lower && !is_unclear {
                continue;
            }
            let gap = match (winner, matches) {
                (None, _) => facts.sign_in.mapping_gap(person),
                (_, Err(gap)) => gap,
                (Some(winner), Ok(())) if is_lower => {
                    let losers = losers.entry(winner).or_default();
                    losers.people.insert(person);
                    *losers.by_later.entry(later.index).or_default() += 1;
                    continue;
                }
                (Some(winner), Ok(())) => {
                    let winner = rows.get(winner).filter(|row| roles.get(&row.mapping.role).is_none());
                    uncompared(winner.unwrap_or(later))
                }
            };
            if told.insert(gap.clone()) {
                report.cannot_tell(gap);
            }
        }
    }
    for (winner, losers) in losers {
        let Some(row) = rows.get(winner) else { continue };
        let mut later: Vec<MappingRow<'_>> =
            losers.by_later.keys().filter_map(|index| rows.get(*index).copied()).collect();
        later.sort_by_key(|row| std::cmp::Reverse(losers.by_later.get(&row.index).copied()));
        let count = losers.people.len();
        let example = losers.people.first().map_or("", |person| facts.sign_in.label(*person));
        let verb = if count == 1 { "gets" } else { "get" };
        let message = Prose::from(format!("{} {verb} {} by ", people(count), row.role_label()))
            .then(named(row))
            .text(", a lower role than a later mapping gives: ")
            .then(listed(&later, "and"))
            .text(if count == 1 { ". It is " } else { ". One of them is " })
            .person(example)
            .text(".");
        let mut draft = report
            .finding(row.value_spot(), &row.subject())
            .message(message)
            .why("The first mapping that matches gives the role, so these people cannot do what the later mapping was made for. Where that is to manage users, they cannot repair SSO.")
            .fix(
                Prose::from("Move ")
                    .then(listed(&later, "and"))
                    .text(format!(" above rank {} under {}: the highest privilege stands at the top.", row.mapping.rank, console::TORQ_CLAIM_MAPPINGS)),
            )
            .people(losers.people.iter().map(|person| facts.sign_in.label(*person)));
        for row in later.iter().take(NAMED) {
            let count = losers.by_later.get(&row.index).copied().unwrap_or_default();
            draft = draft.related(row.value_spot(), format!("would give {} more", people(count)));
        }
        draft.done();
    }
    Ok(())
}

/// What is missing where it is not known how a role compares to another.
fn uncompared(row: &MappingRow<'_>) -> Gap {
    let why = format!("how the role {} compares to others is not known", row.role_label());
    Gap::document(DocumentName::Roles, Cause::Undecided(why))
}

/// Considered people who match a mapping, or may: then with what is missing.
fn matching(facts: &Facts<'_>, mapping: usize) -> BTreeMap<PersonIndex, Result<(), Gap>> {
    let tables = facts.tables();
    let mut found: BTreeMap<PersonIndex, Result<(), Gap>> = BTreeMap::new();
    let mut visit = |person: PersonIndex| {
        if !facts.sign_in.population.is_considered(person) || found.contains_key(&person) {
            return;
        }
        let truths: Vec<Truth> = tables.iter().map(|table| table.matches(mapping, person)).collect();
        let gap = || tables.iter().find_map(|table| table.gap(mapping)).cloned();
        if truths.iter().all(|truth| *truth == Truth::Yes) {
            found.insert(person, Ok(()));
        } else if truths.contains(&Truth::Maybe) {
            found.insert(person, Err(gap().unwrap_or_else(|| shadowing::reading_gap(facts.sign_in))));
        } else if truths.contains(&Truth::Yes) {
            found.insert(person, Err(shadowing::reading_gap(facts.sign_in)));
        }
    };
    for table in tables {
        table.each_match(mapping, &mut visit);
        table.each_possible_match(mapping, &mut visit);
    }
    found
}

pub(super) fn rank_ambiguous(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let rows = facts.mappings()?;
    let dead: BTreeSet<usize> = facts.shadowed().iter().map(|shadowed| shadowed.mapping).collect();
    let mut by_rank: BTreeMap<i64, Vec<MappingRow<'_>>> = BTreeMap::new();
    for row in rows.iter().filter(|row| !dead.contains(&row.index)) {
        by_rank.entry(row.mapping.rank).or_default().push(*row);
    }
    for (rank, tied) in by_rank.into_iter().filter(|(_, tied)| tied.len() > 1) {
        let mut tied_for_some = Vec::new();
        for row in &tied {
            let mut against = tied.iter().filter(|other| other.mapping.role != row.mapping.role);
            let mut open = None;
            let matters = against.any(|other| match one_token_matches(facts, row, other) {
                Ok(both) => both,
                Err(gap) => {
                    open = Some(gap);
                    false
                }
            });
            if matters {
                tied_for_some.push(*row);
            } else if let Some(gap) = open {
                report.cannot_tell(gap);
            }
        }
        let [first, second, ..] = tied_for_some.as_slice() else { continue };
        let both_today = match_two(facts, &tied_for_some);
        let today = match both_today {
            0 => String::new(),
            1 => " 1 person matches more than one of them today.".to_owned(),
            count => format!(" {} match more than one of them today.", people(count)),
        };
        let mut subject: Vec<&str> = tied_for_some.iter().flat_map(MappingRow::subject).collect();
        subject.sort_unstable();
        let count = grouped(tied_for_some.len());
        let mut draft = report
            .finding(second.rank_spot(), &subject)
            .message(
                Prose::from(format!("{count} mappings have the rank {rank} and give different roles: "))
                    .then(listed(&tied_for_some, "and"))
                    .text(format!(".{today}")),
            )
            .why("The first mapping that matches gives the role, and which of these Torq looks at first is not documented. Whoever matches more than one of them may get either role.")
            .fix(format!(
                "Give each mapping a rank of its own under {}: the highest privilege at the top.",
                console::TORQ_CLAIM_MAPPINGS
            ));
        for row in tied_for_some.iter().filter(|row| row.index != second.index).take(NAMED) {
            let text = if row.index == first.index { "the same rank" } else { "and this one" };
            draft = draft.related(row.rank_spot(), text);
        }
        draft.done();
    }
    Ok(())
}

/// Whether one token can match both, whoever is in which group.
fn one_token_matches(facts: &Facts<'_>, row: &MappingRow<'_>, other: &MappingRow<'_>) -> Result<bool, Gap> {
    let name = row.mapping.claim_name.as_str();
    if name != other.mapping.claim_name || row.mapping.claim_value == other.mapping.claim_value {
        return Ok(true);
    }
    match claim_source::source_as_if_sent(facts.world, name) {
        ClaimSource::Groups(_) => Ok(true),
        // One value each.
        ClaimSource::Email(_) | ClaimSource::UserName(_) => Ok(false),
        _ if claim_source::standard_scope(name).is_some() => Ok(false),
        ClaimSource::NotSent(_) => Ok(name == GROUPS),
        ClaimSource::Unknown(gap) => Err(gap),
    }
}

/// How many people are known to match two of these that give different roles.
fn match_two(facts: &Facts<'_>, rows: &[MappingRow<'_>]) -> usize {
    let mut roles: HashMap<PersonIndex, BTreeSet<&RoleId>> = HashMap::new();
    for row in rows {
        for (person, matches) in matching(facts, row.index) {
            if matches.is_ok() {
                roles.entry(person).or_default().insert(&row.mapping.role);
            }
        }
    }
    roles.values().filter(|roles| roles.len() > 1).count()
}
