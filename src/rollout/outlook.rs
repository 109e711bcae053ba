//! Where everything beside the table of mappings can go, whatever the table is: a bound for the search, and a proof where it is impossible.
//!
//! For one person the table hardly matters. If any table gives them a role, then the table of all mappings to that role does: whatever their
//! token may hold, the mapping that took it is there. So a person is lost under every table exactly when they are lost under the table of
//! each role, and what cannot be passed through like this cannot be passed through at all.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::rc::Rc;

use crate::signin::difference::Side;

use super::change::{Changes, Configuration, Presence};
use super::state::States;

/// More configurations beside the table are not looked at in advance.
const MOST: usize = 4_096;

/// Who is lost under every table, for each configuration beside the table.
pub struct Outlook {
    goal: Configuration,
    lost: HashMap<Configuration, Rc<[u32]>>,
    /// How many states were decided for it.
    pub decided: usize,
}

/// Least numbers of steps to the end, beside those in the table.
pub struct Distances(HashMap<Configuration, usize>);

impl Outlook {
    /// `None` where there are too many configurations.
    pub fn new(
        changes: &Changes,
        goal: &Configuration,
        fields: &[usize],
        elements: &[usize],
        states: &mut States<'_>,
    ) -> Option<Self> {
        let goal = without_table(goal);
        let mut lost = HashMap::new();
        let mut line = VecDeque::from([goal.clone()]);
        let mut seen: BTreeSet<Configuration> = BTreeSet::from([goal.clone()]);
        let mut decided = 0;
        let tables = tables(changes);
        while let Some(configuration) = line.pop_front() {
            let mut everywhere: Option<Vec<u32>> = None;
            for table in &tables {
                let lost = states.lost(&Configuration { table: table.clone(), ..configuration.clone() });
                decided += 1;
                everywhere = Some(match everywhere {
                    None => lost,
                    Some(others) => {
                        others.into_iter().filter(|person| lost.binary_search(person).is_ok()).collect()
                    }
                });
            }
            for earlier in earlier(changes, &configuration, fields, elements) {
                if seen.insert(earlier.clone()) {
                    line.push_back(earlier);
                }
            }
            if seen.len() > MOST {
                return None;
            }
            lost.insert(configuration, everywhere.unwrap_or_default().into());
        }
        Some(Self { goal, lost, decided })
    }

    /// Distances through what is passable for some of the protected people; `None`: for all.
    pub fn distances(
        &self,
        changes: &Changes,
        fields: &[usize],
        elements: &[usize],
        sake_of: Option<&[u32]>,
    ) -> Distances {
        let is_passable = |configuration: &Configuration| match (self.lost.get(configuration), sake_of) {
            (None, _) => false,
            (Some(lost), None) => lost.is_empty(),
            (Some(lost), Some(people)) => !people.iter().any(|person| lost.binary_search(person).is_ok()),
        };
        let mut distances = HashMap::new();
        let mut line = VecDeque::new();
        if is_passable(&self.goal) {
            distances.insert(self.goal.clone(), 0);
            line.push_back((self.goal.clone(), 0));
        }
        while let Some((configuration, distance)) = line.pop_front() {
            for earlier in earlier(changes, &configuration, fields, elements) {
                if is_passable(&earlier) && !distances.contains_key(&earlier) {
                    distances.insert(earlier.clone(), distance + 1);
                    line.push_back((earlier, distance + 1));
                }
            }
        }
        Distances(distances)
    }

    /// For each group of people who are lost in the same places, the first of them.
    pub fn representatives(&self) -> Vec<u32> {
        let mut places: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        let mut configurations: Vec<(&Configuration, &Rc<[u32]>)> = self.lost.iter().collect();
        configurations.sort();
        for (place, (_, lost)) in configurations.into_iter().enumerate() {
            for person in lost.iter() {
                places.entry(*person).or_default().push(place);
            }
        }
        let mut alike: BTreeMap<Vec<usize>, u32> = BTreeMap::new();
        for (person, places) in places {
            alike.entry(places).or_insert(person);
        }
        let mut people: Vec<u32> = alike.into_values().collect();
        people.sort_unstable();
        people
    }
}

impl Distances {
    /// `None` where the end is not reached from here, whatever the table.
    pub fn from(&self, configuration: &Configuration) -> Option<usize> {
        self.0.get(&without_table(configuration)).copied()
    }
}

fn without_table(configuration: &Configuration) -> Configuration {
    Configuration {
        table: Vec::new(),
        fields: configuration.fields.clone(),
        filter: configuration.filter,
        events: configuration.events.clone(),
        elements: configuration.elements.clone(),
    }
}

/// All mappings to one role, for each role. Where the tables are not known there is one, which is not looked at.
fn tables(changes: &Changes) -> Vec<Vec<u32>> {
    let mut by_role: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (index, mapping) in (0..).zip(&changes.pool) {
        by_role.entry(mapping.role.0.as_str()).or_default().push(index);
    }
    if by_role.is_empty() { vec![Vec::new()] } else { by_role.into_values().collect() }
}

/// Every configuration from which one step beside the table leads here.
fn earlier(
    changes: &Changes,
    to: &Configuration,
    fields: &[usize],
    elements: &[usize],
) -> Vec<Configuration> {
    let mut all = Vec::new();
    let mut with = |edit: &dyn Fn(&mut Configuration)| {
        let mut earlier = to.clone();
        edit(&mut earlier);
        if earlier != *to {
            all.push(earlier);
        }
    };
    for field in fields {
        with(&|earlier| {
            if let Some(side) = earlier.fields.get_mut(*field) {
                *side = if *side == Side::Before { Side::After } else { Side::Before };
            }
        });
    }
    for filter in 0..changes.filters.len() {
        with(&|earlier| earlier.filter = filter);
    }
    for event in 0..changes.events.len() {
        with(&|earlier| {
            if let Some(side) = earlier.events.get_mut(event) {
                *side = Side::Before;
            }
        });
    }
    for element in elements {
        with(&|earlier| {
            if let Some(presence) = earlier.elements.get_mut(*element) {
                *presence = match *presence {
                    Presence::There => Presence::NotThere,
                    Presence::NotThere => Presence::There,
                };
            }
        });
    }
    all
}
