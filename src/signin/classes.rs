//! Everyone in classes: people whose tokens carry the same mapped groups and whose sign-ins end alike.
//!
//! Classes are cut from the side of the groups: all people are one class, and each mapped group splits the classes that it meets. So it
//! costs as much as the mapped groups have members, and nothing is kept for each person but the number of their class.

use std::collections::{BTreeSet, HashMap};

use crate::model::Truth;

use super::claim_source::{self, ClaimSource};
use super::evaluation::{Outcome, SignIn};
use super::mapping::Table;
use super::population::PersonIndex;
use super::verdict::Gate;

/// How many people of a class are kept by name.
const KEPT: usize = 5;

/// How a sign-in ends, with the words that tell one end from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Ending {
    /// `mapping`: index by rank.
    Granted {
        mapping: usize,
        rank: Option<i64>,
    },
    LockedOut {
        gate: Gate,
        reason: String,
    },
    Unknown {
        gate: Gate,
        missing: String,
    },
    NotSubject,
}

#[derive(Debug, Clone)]
pub struct Class {
    /// Mapped values that the tokens carry, or may, of claims that carry groups; each by the first mapping that names it.
    pub carried: Vec<(usize, Truth)>,
    pub ending: Ending,
    pub people: usize,
    /// The first few of them.
    pub first: Vec<PersonIndex>,
}

/// The classes of all considered people, largest first.
pub fn classes(sign_in: &SignIn<'_>) -> Vec<Class> {
    let tables = sign_in.tables();
    let grouped = group_mappings(sign_in);
    let class_of = split(sign_in, &tables, &grouped);
    let mut found: HashMap<(u32, Ending), usize> = HashMap::new();
    let mut classes: Vec<Class> = Vec::new();
    for person in sign_in.considered() {
        let Some(class) = class_of.get(person.0 as usize) else { continue };
        let ending = ending(sign_in, person);
        let index = *found.entry((*class, ending.clone())).or_insert_with(|| {
            classes.push(Class { carried: Vec::new(), ending, people: 0, first: Vec::new() });
            classes.len() - 1
        });
        if let Some(class) = classes.get_mut(index) {
            class.people += 1;
            if class.first.len() < KEPT {
                class.first.push(person);
            }
        }
    }
    for class in &mut classes {
        if let Some(person) = class.first.first() {
            class.carried = carried(&tables, &grouped, *person);
        }
    }
    classes.sort_by(|a, b| b.people.cmp(&a.people).then_with(|| a.first.cmp(&b.first)));
    classes
}

fn ending(sign_in: &SignIn<'_>, person: PersonIndex) -> Ending {
    match sign_in.outcome(person) {
        Outcome::Granted { mapping, rank } => Ending::Granted { mapping, rank },
        Outcome::LockedOut(gate) => Ending::LockedOut { gate, reason: sign_in.reason(person, gate) },
        Outcome::Unknown(gate) => Ending::Unknown { gate, missing: sign_in.reason(person, gate) },
        Outcome::NotSubject => Ending::NotSubject,
    }
}

/// Whether a mapping decides by who a person is, and not by a group.
pub fn names_person(sign_in: &SignIn<'_>, mapping: usize) -> bool {
    sign_in
        .mappings()
        .get(mapping)
        .is_some_and(|mapping| claim_source::standard_scope(&mapping.claim_name).is_some())
}

/// The first mapping of each claim and value that a group can give.
fn group_mappings(sign_in: &SignIn<'_>) -> Vec<usize> {
    let mut carry: HashMap<&str, bool> = HashMap::new();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (index, mapping) in sign_in.mappings().iter().enumerate() {
        let name = mapping.claim_name.as_str();
        let carries = *carry
            .entry(name)
            .or_insert_with(|| matches!(claim_source::source(sign_in.world, name), ClaimSource::Groups(_)));
        if carries && seen.insert((name, mapping.claim_value.as_str())) {
            found.push(index);
        }
    }
    found
}

/// For each person the number of their class by mapped groups.
fn split(sign_in: &SignIn<'_>, tables: &[Table<'_>], mappings: &[usize]) -> Vec<u32> {
    let mut class_of = vec![0_u32; sign_in.population.len()];
    // In which round a person was last met, so that two groups of one name split once.
    let mut met = vec![0_u32; class_of.len()];
    let mut next = 1_u32;
    let mut round = 0_u32;
    for table in tables {
        for mapping in mappings {
            round += 1;
            for certain in [true, false] {
                let mut into: HashMap<u32, u32> = HashMap::new();
                let visit = |person: PersonIndex| {
                    let at = person.0 as usize;
                    let (Some(class), Some(met)) = (class_of.get_mut(at), met.get_mut(at)) else { return };
                    if *met == round || !sign_in.population.is_considered(person) {
                        return;
                    }
                    *met = round;
                    *class = *into.entry(*class).or_insert_with(|| {
                        next += 1;
                        next
                    });
                };
                if certain {
                    table.each_match(*mapping, visit);
                } else {
                    table.each_possible_match(*mapping, visit);
                }
            }
        }
    }
    class_of
}

fn carried(tables: &[Table<'_>], mappings: &[usize], person: PersonIndex) -> Vec<(usize, Truth)> {
    mappings
        .iter()
        .map(|mapping| {
            let truths = tables.iter().map(|table| table.matches(*mapping, person));
            let both = truths.reduce(|one, other| if one == other { one } else { Truth::Maybe });
            (*mapping, both.unwrap_or(Truth::No))
        })
        .filter(|(_, truth)| *truth != Truth::No)
        .collect()
}
