//! The steps: one edit in one of the two consoles. What one does to people is left to [`super::state`], where it is typed to `report`.

use serde_json::Value;

use crate::model::claims::Claim;
use crate::signin::difference::Side;

use super::change::{Changes, ClaimMapping, Configuration, Element, Event, Field, Names, Presence};

/// Which of the two services is edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    Okta,
    Torq,
}

impl Service {
    /// As it is called in a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Self::Okta => "Okta",
            Self::Torq => "Torq",
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Okta => "okta",
            Self::Torq => "torq",
        }
    }
}

/// One step, by indices into the [`Changes`]; rows of the table are counted from 0, from the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    AddMapping { mapping: u32, at: usize },
    EditMapping { at: usize, to: u32 },
    MoveMapping { from: usize, to: usize },
    DeleteMapping { at: usize },
    SetField { field: usize, to: Side },
    ReplaceFilter { to: usize },
    Happen { event: usize },
    SetElement { element: usize, to: Presence },
}

impl Step {
    /// The configuration after the step.
    #[must_use]
    pub fn apply(self, from: &Configuration) -> Configuration {
        let mut after = from.clone();
        match self {
            Self::AddMapping { mapping, at } => after.table.insert(at.min(after.table.len()), mapping),
            Self::EditMapping { at, to } => set(&mut after.table, at, to),
            Self::MoveMapping { from, to } => move_row(&mut after.table, from, to),
            Self::DeleteMapping { at } => {
                if at < after.table.len() {
                    after.table.remove(at);
                }
            }
            Self::SetField { field, to } => set(&mut after.fields, field, to),
            Self::ReplaceFilter { to } => after.filter = to,
            Self::Happen { event } => set(&mut after.events, event, Side::After),
            Self::SetElement { element, to } => set(&mut after.elements, element, to),
        }
        after
    }
}

fn set<T>(list: &mut [T], at: usize, value: T) {
    if let Some(slot) = list.get_mut(at) {
        *slot = value;
    }
}

/// As Torq does it: the others keep their order.
fn move_row<T>(rows: &mut Vec<T>, from: usize, to: usize) {
    if from < rows.len() {
        let row = rows.remove(from);
        rows.insert(to.min(rows.len()), row);
    }
}

/// Which row of Torq's table a step is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowId {
    /// Torq's id.
    Known(String),
    /// The side before does not say it.
    NotRead,
    /// It is the one that this step of the rollout added.
    AddedBy(usize),
}

/// Where in the table a mapping is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Below all others.
    Last,
    /// Above some.
    Above,
}

/// A step in full, as it is told. Ranks are from 1.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    AddMapping {
        mapping: ClaimMapping,
        rank: usize,
        place: Place,
    },
    EditMapping {
        row: RowId,
        rank: usize,
        from: ClaimMapping,
        to: ClaimMapping,
    },
    MoveMapping {
        row: RowId,
        mapping: ClaimMapping,
        from: usize,
        to: usize,
    },
    DeleteMapping {
        row: RowId,
        mapping: ClaimMapping,
        rank: usize,
    },
    SetField {
        field: Field,
        from: Value,
        to: Value,
    },
    ReplaceFilter {
        from: Option<Claim>,
        to: Option<Claim>,
    },
    RenameGroup {
        group: String,
        from: String,
        to: String,
    },
    ChangeEmail {
        user: String,
        from: Names,
        to: Names,
    },
    /// `list`: the whole list of the app after the step; empty for an assignment.
    Element {
        element: Element,
        to: Presence,
        list: Vec<String>,
    },
}

impl Edit {
    pub fn service(&self) -> Service {
        match self {
            Self::AddMapping { .. }
            | Self::EditMapping { .. }
            | Self::MoveMapping { .. }
            | Self::DeleteMapping { .. }
            | Self::SetField { .. } => Service::Torq,
            Self::ReplaceFilter { .. }
            | Self::RenameGroup { .. }
            | Self::ChangeEmail { .. }
            | Self::Element { .. } => Service::Okta,
        }
    }
}

/// The edits of a sequence of steps from the side before. `None` where a step does not fit.
pub fn edits(changes: &Changes, steps: &[Step]) -> Option<Vec<Edit>> {
    let mut configuration = changes.configuration(Side::Before);
    let ids = &changes.ids;
    let mut rows: Vec<RowId> = (0..configuration.table.len())
        .map(|row| ids.get(row).cloned().flatten().map_or(RowId::NotRead, RowId::Known))
        .collect();
    let mut edits = Vec::new();
    for (number, step) in (1..).zip(steps) {
        let mapping = |index: u32| changes.pool.get(index as usize).cloned();
        let row = |at: usize| mapping(*configuration.table.get(at)?);
        let edit = match *step {
            Step::AddMapping { mapping: index, at } => {
                rows.insert(at.min(rows.len()), RowId::AddedBy(number));
                Edit::AddMapping {
                    mapping: mapping(index)?,
                    rank: at + 1,
                    place: if at >= configuration.table.len() { Place::Last } else { Place::Above },
                }
            }
            Step::EditMapping { at, to } => {
                let id = rows.get(at)?.clone();
                Edit::EditMapping { row: id, rank: at + 1, from: row(at)?, to: mapping(to)? }
            }
            Step::MoveMapping { from, to } => {
                let id = rows.get(from)?.clone();
                move_row(&mut rows, from, to);
                Edit::MoveMapping { row: id, mapping: row(from)?, from: from + 1, to: to + 1 }
            }
            Step::DeleteMapping { at } => {
                rows.get(at)?;
                Edit::DeleteMapping { row: rows.remove(at), mapping: row(at)?, rank: at + 1 }
            }
            Step::SetField { field, to } => {
                let change = changes.fields.get(field)?;
                let from = change.value(*configuration.fields.get(field)?).clone();
                Edit::SetField { field: change.field, from, to: change.value(to).clone() }
            }
            Step::ReplaceFilter { to } => Edit::ReplaceFilter {
                from: changes.filters.get(configuration.filter)?.clone(),
                to: changes.filters.get(to)?.clone(),
            },
            Step::Happen { event } => match changes.events.get(event)?.clone() {
                Event::Rename { group, before, after } => {
                    Edit::RenameGroup { group, from: before, to: after }
                }
                Event::Email { user, before, after } => Edit::ChangeEmail { user, from: before, to: after },
            },
            Step::SetElement { element, to } => {
                let element = changes.elements.get(element)?.element.clone();
                let list = changes.app_list(&element, &step.apply(&configuration));
                Edit::Element { element, to, list }
            }
        };
        edits.push(edit);
        configuration = step.apply(&configuration);
    }
    Some(edits)
}
