//! The search for a shortest sequence of safe steps: A*, over every configuration that the steps can make.
//!
//! What keeps it small and changes nothing of what is found:
//! - **One more element is never worse** (redirect URIs, response and grant types, assignments). Of any safe sequence, all that are added
//!   can come first and all that are removed last: every state then has at least the elements that it had. So the search goes on with the
//!   elements of both sides there, and the additions and removals stand around what it finds.
//! - **What no gate reads** comes last.
//! - Elements that both sides have stay: taking one away and putting it back helps nobody, by the same reason.
//! - What cannot be passed through under any table ([`super::outlook`]) is not tried.
//! - States are decided as they come up, nearest first, and once.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::rc::Rc;

use crate::signin::difference::Side;

use super::change::{Changes, Configuration, Presence};
use super::distance::{Opened, Target};
use super::outlook::{Distances, Outlook};
use super::state::States;
use super::step::Step;

/// How a search ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    Found(Vec<Step>),
    /// Every state that can be reached safely was reached, and the end is not among them.
    Exhausted,
    /// There are more states than the limit.
    Limit,
}

/// What is searched: everything but what can stand first or last.
pub struct Space<'a> {
    changes: &'a Changes,
    start: Configuration,
    goal: Configuration,
    target: Target,
    first: Vec<Step>,
    last: Vec<Step>,
    fields: Vec<usize>,
    elements: Vec<usize>,
    outlook: Option<Outlook>,
}

/// Who loses something in the states that were decided; sets that are the same are kept once.
#[derive(Default)]
pub struct Decided {
    states: HashMap<Configuration, Rc<[u32]>>,
    sets: HashSet<Rc<[u32]>>,
    /// Decided elsewhere.
    others: usize,
}

/// Steps that wait in line; a node in memory is about forty bytes.
const MOST_WAITING: usize = 8_000_000;

impl Decided {
    /// How many states were decided.
    pub fn total(&self) -> usize {
        self.states.len() + self.others
    }

    /// States that were decided elsewhere.
    pub fn count(&mut self, others: usize) {
        self.others += others;
    }

    /// The different sets of people who lose something.
    pub fn sets(&self) -> Vec<Rc<[u32]>> {
        let mut sets: Vec<Rc<[u32]>> = self.sets.iter().cloned().collect();
        sets.sort();
        sets
    }

    fn lost(&mut self, states: &mut States<'_>, configuration: &Configuration) -> Rc<[u32]> {
        if let Some(lost) = self.states.get(configuration) {
            return lost.clone();
        }
        let lost: Rc<[u32]> = states.lost(configuration).into();
        let lost = match self.sets.get(&lost) {
            Some(known) => known.clone(),
            None => {
                self.sets.insert(lost.clone());
                lost
            }
        };
        self.states.insert(configuration.clone(), lost.clone());
        lost
    }
}

impl<'a> Space<'a> {
    pub fn new(changes: &'a Changes, states: &mut States<'_>) -> Self {
        let (before, after) = (changes.configuration(Side::Before), changes.configuration(Side::After));
        let (mut start, mut goal) = (before, after);
        let (mut first, mut last) = (Vec::new(), Vec::new());
        let mut elements = Vec::new();
        for (element, change) in changes.elements.iter().enumerate() {
            if !changes.is_never_worse(element) {
                elements.push(element);
                continue;
            }
            match change.side {
                Side::After => first.push(Step::SetElement { element, to: Presence::There }),
                Side::Before => last.push(Step::SetElement { element, to: Presence::NotThere }),
            }
            for configuration in [&mut start, &mut goal] {
                if let Some(slot) = configuration.elements.get_mut(element) {
                    *slot = Presence::There;
                }
            }
        }
        let (fields, quiet): (Vec<usize>, Vec<usize>) =
            (0..changes.fields.len()).partition(|field| changes.decides(*field));
        for field in quiet {
            last.push(Step::SetField { field, to: Side::After });
            if let Some(slot) = goal.fields.get_mut(field) {
                *slot = Side::Before;
            }
        }
        let target = Target::new(&goal.table, changes.pool.len());
        let outlook = Outlook::new(changes, &goal, &fields, &elements, states);
        Self { changes, start, goal, target, first, last, fields, elements, outlook }
    }

    /// Somebody for whom there is no way under any table, so that no order keeps them.
    pub fn without_way(&self) -> Option<u32> {
        let outlook = self.outlook.as_ref()?;
        let has_way = |person: u32| {
            let distances = outlook.distances(self.changes, &self.fields, &self.elements, Some(&[person]));
            distances.from(&self.start).is_some()
        };
        outlook.representatives().into_iter().find(|person| !has_way(*person))
    }

    /// How many states were decided before the search.
    pub fn decided(&self) -> usize {
        self.outlook.as_ref().map_or(0, |outlook| outlook.decided)
    }

    /// Searches for the sake of some of the protected people; `None`: of all.
    pub fn search(
        &self,
        states: &mut States<'_>,
        decided: &mut Decided,
        sake_of: Option<&[u32]>,
        most_states: usize,
    ) -> Ending {
        let is_safe = |lost: &[u32]| match sake_of {
            None => lost.is_empty(),
            Some(people) => !people.iter().any(|person| lost.binary_search(person).is_ok()),
        };
        let ahead = self
            .outlook
            .as_ref()
            .map(|outlook| outlook.distances(self.changes, &self.fields, &self.elements, sake_of));
        let ahead = ahead.as_ref();
        let mut nodes: Vec<Node> = Vec::new();
        let mut seen: HashSet<Configuration> = HashSet::new();
        let mut waiting = Waiting::default();
        if let Some(rest) = self.distance_without_table(&self.start, ahead) {
            let bound = self.target.from(&self.start.table) + rest;
            waiting.push(bound, 0, Entry::Reach { parent: None, step: None });
        }
        while let Some((bound, entry)) = waiting.pop() {
            match entry {
                Entry::Reach { parent, step } => {
                    let from = parent.and_then(|parent| nodes.get(parent));
                    let steps = from.map_or(0, |node| node.steps + 1);
                    let configuration = match (from, step) {
                        (Some(node), Some(step)) => step.apply(&node.configuration),
                        _ => self.start.clone(),
                    };
                    if seen.contains(&configuration) {
                        continue;
                    }
                    if decided.states.len() >= most_states && !decided.states.contains_key(&configuration) {
                        return Ending::Limit;
                    }
                    let lost = decided.lost(states, &configuration);
                    seen.insert(configuration.clone());
                    if !is_safe(&lost) {
                        continue;
                    }
                    if configuration == self.goal {
                        return Ending::Found(self.path(&nodes, parent, step));
                    }
                    nodes.push(Node { configuration, parent, step, steps });
                    waiting.push(bound, steps, Entry::Continue { node: nodes.len() - 1 });
                }
                Entry::Continue { node: index } => {
                    let Some(node) = nodes.get(index) else { continue };
                    // Of what is further away than the bound, it is enough to know that there is some.
                    let wanted = bound - node.steps;
                    let mut goes_on = false;
                    let mut visit = |step: Step, distance: usize| {
                        if distance + 1 == wanted {
                            let next = Entry::Reach { parent: Some(index), step: Some(step) };
                            waiting.push(bound, node.steps + 1, next);
                        }
                        goes_on |= distance + 1 > wanted;
                    };
                    self.each_step(&node.configuration, ahead, wanted, &mut visit);
                    if goes_on {
                        waiting.push(bound + 1, node.steps, Entry::Continue { node: index });
                    }
                    if waiting.len() > MOST_WAITING {
                        return Ending::Limit;
                    }
                }
            }
        }
        Ending::Exhausted
    }

    fn path(&self, nodes: &[Node], parent: Option<usize>, step: Option<Step>) -> Vec<Step> {
        let mut middle: Vec<Step> = step.into_iter().collect();
        let mut at = parent.and_then(|parent| nodes.get(parent));
        while let Some(node) = at {
            middle.extend(node.step);
            at = node.parent.and_then(|parent| nodes.get(parent));
        }
        middle.reverse();
        [self.first.as_slice(), &middle, &self.last].concat()
    }

    /// The least number of steps to the end beside those in the table: each changes one thing. `None` where there is no way.
    fn distance_without_table(
        &self,
        configuration: &Configuration,
        ahead: Option<&Distances>,
    ) -> Option<usize> {
        fn differing<T: PartialEq>(one: &[T], other: &[T]) -> usize {
            one.iter().zip(other).filter(|(one, other)| one != other).count()
        }
        match ahead {
            Some(distances) => distances.from(configuration),
            None => Some(
                differing(&configuration.fields, &self.goal.fields)
                    + differing(&configuration.events, &self.goal.events)
                    + differing(&configuration.elements, &self.goal.elements)
                    + usize::from(configuration.filter != self.goal.filter),
            ),
        }
    }

    /// Visits the steps from a configuration with the distance of where each leads. Where only what leads nearer is wanted, of rows that
    /// cannot do so one step is visited for all.
    fn each_step(
        &self,
        configuration: &Configuration,
        ahead: Option<&Distances>,
        wanted: usize,
        visit: &mut impl FnMut(Step, usize),
    ) {
        let whole = self.target.opened(&configuration.table, None);
        if let Some(rest) = self.distance_without_table(configuration, ahead) {
            self.each_table_step(configuration, &whole, rest, wanted, visit);
        }
        let mut other = |step: Step| {
            if let Some(rest) = self.distance_without_table(&step.apply(configuration), ahead) {
                visit(step, whole.closed() + rest);
            }
        };
        for field in &self.fields {
            match configuration.fields.get(*field) {
                Some(Side::Before) => other(Step::SetField { field: *field, to: Side::After }),
                Some(Side::After) => other(Step::SetField { field: *field, to: Side::Before }),
                None => {}
            }
        }
        for to in (0..self.changes.filters.len()).filter(|to| *to != configuration.filter) {
            other(Step::ReplaceFilter { to });
        }
        for (event, side) in configuration.events.iter().enumerate() {
            if *side == Side::Before {
                other(Step::Happen { event });
            }
        }
        for element in &self.elements {
            let to = match configuration.elements.get(*element) {
                Some(Presence::There) => Presence::NotThere,
                Some(Presence::NotThere) => Presence::There,
                None => continue,
            };
            other(Step::SetElement { element: *element, to });
        }
    }

    fn each_table_step(
        &self,
        configuration: &Configuration,
        whole: &Opened<'_>,
        rest: usize,
        wanted: usize,
        visit: &mut impl FnMut(Step, usize),
    ) {
        let table = &configuration.table;
        let mut counts = vec![0; self.changes.pool.len()];
        for row in table {
            if let Some(count) = counts.get_mut(*row as usize) {
                *count += 1;
            }
        }
        let missing: Vec<u32> = (0..)
            .zip(counts.iter().zip(&self.changes.most))
            .filter(|(_, (count, most))| count < most)
            .map(|(mapping, _)| mapping)
            .collect();
        for mapping in &missing {
            for (at, bound) in whole.with(*mapping).into_iter().enumerate() {
                visit(Step::AddMapping { mapping: *mapping, at }, rest + bound);
            }
        }
        let only_nearer = wanted <= rest + whole.closed();
        let settled = whole.settled();
        for (at, row) in table.iter().enumerate() {
            if only_nearer && settled.get(at) == Some(&true) {
                visit(Step::DeleteMapping { at }, rest + whole.closed());
                continue;
            }
            let opened = self.target.opened(table, Some(at));
            for to in &missing {
                let bound = opened.with(*to).get(at).copied().unwrap_or(0);
                visit(Step::EditMapping { at, to: *to }, rest + bound);
            }
            for (to, bound) in opened.with(*row).into_iter().enumerate().filter(|(to, _)| *to != at) {
                visit(Step::MoveMapping { from: at, to }, rest + bound);
            }
            visit(Step::DeleteMapping { at }, rest + opened.closed());
        }
    }
}

struct Node {
    configuration: Configuration,
    parent: Option<usize>,
    step: Option<Step>,
    steps: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Entry {
    /// Take a step and decide the state.
    Reach { parent: Option<usize>, step: Option<Step> },
    /// Take the steps of a safe state that lead on at this bound.
    Continue { node: usize },
}

/// What is to be done next: the lowest bound first, then the furthest, then what came first.
#[derive(Default)]
struct Waiting {
    heap: BinaryHeap<Reverse<Waits>>,
    next: u64,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Waits {
    bound: usize,
    steps: Reverse<usize>,
    number: u64,
    entry: Entry,
}

impl Waiting {
    fn push(&mut self, bound: usize, steps: usize, entry: Entry) {
        self.heap.push(Reverse(Waits { bound, steps: Reverse(steps), number: self.next, entry }));
        self.next += 1;
    }

    fn pop(&mut self) -> Option<(usize, Entry)> {
        self.heap.pop().map(|Reverse(next)| (next.bound, next.entry))
    }

    fn len(&self) -> usize {
        self.heap.len()
    }
}
