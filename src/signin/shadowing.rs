//! Mappings that no token can reach, or that nobody reaches today, and what blocks them.
//!
//! *Shadowed* is logic: it holds whoever is in which group, and is judged as if every mapped claim could be sent and every gate passed.
//! *Unused today* looks at the people there are. Both name an irreducible set of blockers: drop one of them, and the mapping lives.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::directory::EVERYONE;
use crate::model::torq::Mapping;
use crate::model::{Gap, Truth};

use super::claim_source::{self, ClaimSource};
use super::evaluation::SignIn;
use super::java_regex::RegexReading;
use super::mapping::Table;
use super::population::PersonIndex;

/// A mapping that no token can reach. Indices are into the mappings by rank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shadowed {
    pub mapping: usize,
    pub blockers: Vec<usize>,
}

pub fn by_logic(sign_in: &SignIn<'_>) -> Vec<Shadowed> {
    let mappings = sign_in.mappings();
    let everyone: Vec<Vec<bool>> = sign_in
        .readings()
        .map(|reading| mappings.iter().map(|mapping| takes_everyone(sign_in, mapping, reading)).collect())
        .collect();
    (0..mappings.len())
        .filter_map(|index| {
            let mapping = mappings.get(index)?;
            // The smallest token that matches carries nothing but this value, and what every token carries.
            let tokens: Vec<BTreeSet<usize>> = everyone
                .iter()
                .map(|takes_everyone| {
                    (0..index)
                        .filter(|earlier| {
                            mappings.get(*earlier).is_some_and(|other| {
                                other.rank < mapping.rank
                                    && (same_test(other, mapping)
                                        || takes_everyone.get(*earlier).copied().unwrap_or(false))
                            })
                        })
                        .collect()
                })
                .collect();
            let blockers = irreducible(&tokens)?;
            Some(Shadowed { mapping: index, blockers })
        })
        .collect()
}

fn same_test(a: &Mapping, b: &Mapping) -> bool {
    a.claim_name == b.claim_name && a.claim_value == b.claim_value
}

/// Whether the mapping names the group of every user, and the claim carries it.
fn takes_everyone(sign_in: &SignIn<'_>, mapping: &Mapping, reading: RegexReading) -> bool {
    if mapping.claim_value != EVERYONE {
        return false;
    }
    match claim_source::source(sign_in.world, &mapping.claim_name) {
        ClaimSource::Groups(names) => {
            let directory = &sign_in.world.directory;
            let listed = directory
                .groups_named(EVERYONE)
                .iter()
                .filter_map(|group| directory.group(*group))
                .find(|group| group.is_everyone());
            match listed {
                Some(group) => names.passes(group, reading) == Truth::Yes,
                None => names.could_carry(EVERYONE, reading) == Truth::Yes,
            }
        }
        ClaimSource::NotSent(_) => mapping.claim_name == claim_source::GROUPS,
        ClaimSource::Email(_) | ClaimSource::UserName(_) | ClaimSource::Unknown(_) => false,
    }
}

/// The fewest blockers in the sense that none can be dropped: a set that holds a blocker for every token. `None` where a token has none.
pub fn irreducible(tokens: &[BTreeSet<usize>]) -> Option<Vec<usize>> {
    if tokens.is_empty() || tokens.iter().any(BTreeSet::is_empty) {
        return None;
    }
    let mut chosen: BTreeSet<usize> = tokens.iter().flatten().copied().collect();
    // From the bottom up, so that the mapping at the top, which people see first, is named.
    for candidate in chosen.clone().into_iter().rev() {
        let covered = tokens
            .iter()
            .all(|token| token.iter().any(|blocker| *blocker != candidate && chosen.contains(blocker)));
        if covered {
            chosen.remove(&candidate);
        }
    }
    Some(chosen.into_iter().collect())
}

/// A mapping whose people all match an earlier one today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusedToday {
    pub mapping: usize,
    pub blockers: Vec<usize>,
    pub people: Vec<PersonIndex>,
    /// For each blocker, a person whom only it takes of the blockers.
    pub witnesses: Vec<(usize, PersonIndex)>,
}

/// For each mapping that logic leaves alive; `Err` where it is not known who matches it.
pub fn unused_today(sign_in: &SignIn<'_>) -> Vec<Result<UnusedToday, Gap>> {
    let mappings = sign_in.mappings();
    let tables = sign_in.tables();
    let shadowed: BTreeSet<usize> = by_logic(sign_in).into_iter().map(|shadowed| shadowed.mapping).collect();
    let mut takers: BTreeMap<usize, Taken> = BTreeMap::new();
    for index in (0..mappings.len()).filter(|index| !shadowed.contains(index)) {
        takers.insert(index, taken(sign_in, &tables, index));
    }
    takers
        .into_iter()
        .filter_map(|(index, taken)| match taken {
            Taken::Unknown(gap) => Some(Err(gap)),
            Taken::People(people) => unused(&tables, mappings, index, people).map(Ok),
        })
        .collect()
}

enum Taken {
    People(Vec<PersonIndex>),
    Unknown(Gap),
}

/// Considered people who match a mapping, known to the last.
fn taken(sign_in: &SignIn<'_>, tables: &[Table<'_>], mapping: usize) -> Taken {
    let mut people: BTreeSet<PersonIndex> = BTreeSet::new();
    let mut open = None;
    for table in tables {
        table.each_match(mapping, |person| {
            if sign_in.population.is_considered(person) {
                people.insert(person);
            }
        });
        table.each_possible_match(mapping, |person| {
            if open.is_none()
                && sign_in.population.is_considered(person)
                && table.matches(mapping, person) == Truth::Maybe
            {
                open = table.gap(mapping).cloned();
            }
        });
    }
    open.map_or_else(|| Taken::People(people.into_iter().collect()), Taken::Unknown)
}

fn unused(
    tables: &[Table<'_>],
    mappings: &[Mapping],
    index: usize,
    people: Vec<PersonIndex>,
) -> Option<UnusedToday> {
    if people.is_empty() {
        return None;
    }
    let rank = mappings.get(index)?.rank;
    let mut tokens: BTreeMap<BTreeSet<usize>, PersonIndex> = BTreeMap::new();
    for person in &people {
        let mut blockers: Option<BTreeSet<usize>> = None;
        for table in tables.iter().filter(|table| table.matches(index, *person) == Truth::Yes) {
            let here: BTreeSet<usize> = (0..index)
                .filter(|earlier| mappings.get(*earlier).is_some_and(|other| other.rank < rank))
                .filter(|earlier| table.matches(*earlier, *person) == Truth::Yes)
                .collect();
            blockers = Some(match blockers {
                Some(so_far) => so_far.intersection(&here).copied().collect(),
                None => here,
            });
        }
        let blockers = blockers?;
        if blockers.is_empty() {
            return None;
        }
        tokens.entry(blockers).or_insert(*person);
    }
    let sets: Vec<BTreeSet<usize>> = tokens.keys().cloned().collect();
    let blockers = irreducible(&sets)?;
    let witnesses = blockers
        .iter()
        .filter_map(|blocker| {
            let only = tokens.iter().find(|(token, _)| {
                token.contains(blocker)
                    && !blockers.iter().any(|other| other != blocker && token.contains(other))
            });
            only.map(|(_, person)| (*blocker, *person))
        })
        .collect();
    Some(UnusedToday { mapping: index, blockers, people, witnesses })
}
