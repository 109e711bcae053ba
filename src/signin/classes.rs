//! Everyone in classes: people whose tokens carry the same mapped groups and whose sign-ins end alike.
//!
//! Classes are cut from the side of the groups: all people are one class, and each mapped group splits the classes that it meets. So it
//! costs as much as the mapped groups have members, and nothing is kept for each person but the number of their class.

use std::collections::{BTreeMap, BTreeSet, HashMap};

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
    let Split { class_of, cuts } = split(sign_in, &tables, &grouped);
    let mut found: HashMap<(u32, Outcome, usize), usize> = HashMap::new();
    let mut reasons: HashMap<String, usize> = HashMap::new();
    let mut classes: Vec<Class> = Vec::new();
    for person in sign_in.considered() {
        let Some(class) = class_of.get(person.0 as usize) else { continue };
        let outcome = sign_in.outcome(person);
        let words = match outcome {
            Outcome::LockedOut(gate) | Outcome::Unknown(gate) => sign_in.reason(person, gate),
            Outcome::Granted { .. } | Outcome::NotSubject => String::new(),
        };
        let next = reasons.len();
        let reason = match reasons.get(&words) {
            Some(reason) => *reason,
            None => *reasons.entry(words.clone()).or_insert(next),
        };
        let index = *found.entry((*class, outcome, reason)).or_insert_with(|| {
            let carried = carried(&cuts, tables.len(), *class);
            classes.push(Class { carried, ending: ending(outcome, words), people: 0, first: Vec::new() });
            classes.len() - 1
        });
        if let Some(class) = classes.get_mut(index) {
            class.people += 1;
            if class.first.len() < KEPT {
                class.first.push(person);
            }
        }
    }
    classes.sort_by(|a, b| b.people.cmp(&a.people).then_with(|| a.first.cmp(&b.first)));
    classes
}

fn ending(outcome: Outcome, words: String) -> Ending {
    match outcome {
        Outcome::Granted { mapping, rank } => Ending::Granted { mapping, rank },
        Outcome::LockedOut(gate) => Ending::LockedOut { gate, reason: words },
        Outcome::Unknown(gate) => Ending::Unknown { gate, missing: words },
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

/// Everyone in classes by mapped groups.
struct Split {
    /// For each person the number of their class.
    class_of: Vec<u32>,
    /// For each class but the first, which has number 0, how it was cut from another, by its number less one.
    cuts: Vec<Cut>,
}

/// A class was cut from another: its people carry the value of a mapping too, or may, in one reading.
struct Cut {
    from: u32,
    mapping: usize,
    truth: Truth,
}

fn split(sign_in: &SignIn<'_>, tables: &[Table<'_>], mappings: &[usize]) -> Split {
    let mut class_of = vec![0_u32; sign_in.population.len()];
    // In which round a person was last met, so that two groups of one name split once.
    let mut met = vec![0_u32; class_of.len()];
    let mut cuts: Vec<Cut> = Vec::new();
    let mut round = 0_u32;
    for table in tables {
        for mapping in mappings {
            round += 1;
            for certain in [true, false] {
                let mut into: HashMap<u32, u32> = HashMap::new();
                let truth = if certain { Truth::Yes } else { Truth::Maybe };
                let visit = |person: PersonIndex| {
                    let at = person.0 as usize;
                    let (Some(class), Some(met)) = (class_of.get_mut(at), met.get_mut(at)) else { return };
                    if *met == round || !sign_in.population.is_considered(person) {
                        return;
                    }
                    *met = round;
                    let from = *class;
                    *class = *into.entry(from).or_insert_with(|| {
                        cuts.push(Cut { from, mapping: *mapping, truth });
                        u32::try_from(cuts.len()).unwrap_or(u32::MAX)
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
    Split { class_of, cuts }
}

/// What the tokens of a class carry: as it was cut, reading after reading. Where two readings differ it is not known.
fn carried(cuts: &[Cut], readings: usize, class: u32) -> Vec<(usize, Truth)> {
    let mut met: BTreeMap<usize, Vec<Truth>> = BTreeMap::new();
    let mut class = class;
    while let Some(cut) = class.checked_sub(1).and_then(|index| cuts.get(index as usize)) {
        met.entry(cut.mapping).or_default().push(cut.truth);
        class = cut.from;
    }
    let both = |truths: Vec<Truth>| match truths.split_first() {
        Some((first, others)) if truths.len() == readings && others.iter().all(|other| other == first) => {
            *first
        }
        _ => Truth::Maybe,
    };
    met.into_iter().map(|(mapping, truths)| (mapping, both(truths))).collect()
}
