//! What a resource is in the state that is laid, and which resources its attributes refer to.

use serde_json::json;

use super::{Layer, OfApp, Side};
use crate::document::terraform::Action;
use crate::source::terraform::plan::{Attributes, ResourceChange};

impl<'a> Layer<'a> {
    pub(super) fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = usize> + use<'a> {
        let changes: &'a [ResourceChange] = &self.plan.changes;
        changes.iter().enumerate().filter(move |(_, change)| change.kind == kind).map(|(index, _)| index)
    }

    pub(super) fn change(&self, index: usize) -> Option<&'a ResourceChange> {
        self.plan.changes.get(index)
    }

    /// The state that is laid, if the resource is there in it.
    pub(super) fn state(&self, change: &'a ResourceChange) -> Option<&'a Attributes> {
        match (self.side, change.action) {
            (Side::Before, _) | (Side::After, Action::Forget) => change.before.as_ref(),
            (Side::After, _) => change.after.as_ref(),
        }
    }

    /// The state that the laid one takes the place of; none where nothing is changed.
    pub(super) fn former(&self, change: &'a ResourceChange) -> Option<&'a Attributes> {
        match self.side {
            Side::Before => None,
            Side::After => change.before.as_ref(),
        }
    }

    pub(super) fn is_new(&self, change: &ResourceChange) -> bool {
        self.side == Side::After && matches!(change.action, Action::Create | Action::Replace)
    }

    /// The Okta id of a resource in the state that is laid; of a new one, a name that no Okta id has.
    pub(super) fn id(&self, change: &'a ResourceChange) -> String {
        let state = self.state(change).or(change.before.as_ref());
        let known = state.and_then(|state| state.text("id")).filter(|id| !id.is_empty());
        known.map_or_else(|| format!("(new) {}", change.address), str::to_owned)
    }

    /// The Okta id that an attribute holds; where it is known only after apply, that of the resource that it refers to.
    pub(super) fn id_in(
        &self,
        change: &'a ResourceChange,
        state: &'a Attributes,
        attribute: &str,
    ) -> Option<String> {
        if let Some(id) = state.text(attribute) {
            return Some(id.to_owned());
        }
        if !state.open.contains_key(attribute) {
            return None;
        }
        match self.plan.configuration.referred(&self.plan.changes, change, attribute)?.as_slice() {
            [one] => self.change(*one).map(|target| self.id(target)),
            _ => None,
        }
    }

    /// The ids in a list or set; `None` where one of them cannot be told.
    pub(super) fn ids_in(
        &self,
        change: &'a ResourceChange,
        state: &'a Attributes,
        attribute: &str,
    ) -> Option<Vec<String>> {
        let mut ids: Vec<String> = state.texts(attribute).into_iter().map(str::to_owned).collect();
        if !state.open.contains_key(attribute) {
            return Some(ids);
        }
        let referred = self.plan.configuration.referred(&self.plan.changes, change, attribute)?;
        let new: Vec<String> = referred
            .iter()
            .filter_map(|index| self.change(*index))
            .map(|target| self.id(target))
            .filter(|id| !ids.contains(id))
            .collect();
        // Elements that are not known are null; a set that is not known at all is not there.
        let missing = state.elements(attribute).iter().filter(|element| element.is_null()).count();
        let whole = if state.values.contains_key(attribute) { new.len() == missing } else { !new.is_empty() };
        ids.extend(new);
        whole.then_some(ids)
    }

    pub(super) fn referred_id(&self, change: &'a ResourceChange, attribute: &str) -> Option<String> {
        match self.plan.configuration.referred(&self.plan.changes, change, attribute)?.as_slice() {
            [one] => self.change(*one).map(|target| self.id(target)),
            _ => None,
        }
    }

    /// The attributes with every id that a list or set refers to in place; `None` where something stays open.
    pub(super) fn resolved(
        &self,
        change: &'a ResourceChange,
        state: &'a Attributes,
        read: &[&str],
    ) -> Option<Attributes> {
        let mut resolved = state.clone();
        for attribute in state.open.keys().filter(|attribute| read.contains(&attribute.as_str())) {
            let ids = self.ids_in(change, state, attribute)?;
            resolved.values.insert(attribute.clone(), json!(ids));
        }
        resolved.open.retain(|attribute, _| !read.contains(&attribute.as_str()));
        Some(resolved)
    }

    pub(super) fn points_at(&self, index: usize, attribute: &str, app: usize) -> OfApp {
        let (Some(change), Some(target)) = (self.change(index), self.change(app)) else { return OfApp::No };
        let ids: Vec<&str> = states(Some(target)).filter_map(|state| state.text("id")).collect();
        let named: Vec<&str> = states(Some(change)).filter_map(|state| state.text(attribute)).collect();
        if named.iter().any(|id| ids.contains(id)) {
            return OfApp::Yes;
        }
        let open = states(Some(change)).any(|state| state.open.contains_key(attribute));
        // What is known only after apply is of a resource that is yet to be made.
        if !open || !matches!(target.action, Action::Create | Action::Replace) {
            return OfApp::No;
        }
        match self.plan.configuration.referred(&self.plan.changes, change, attribute) {
            Some(referred) if referred.contains(&app) => OfApp::Yes,
            Some(_) => OfApp::No,
            None => OfApp::Maybe,
        }
    }

    /// Where the plan does not have the app, the snapshot's id of it still tells what is of it.
    pub(super) fn of_app(&self, index: usize) -> OfApp {
        let has = |id: &str| states(self.change(index)).any(|state| state.text("app_id") == Some(id));
        match (self.app, &self.app_elsewhere) {
            (Some(app), _) => self.points_at(index, "app_id", app),
            (None, Some(id)) if has(id) => OfApp::Yes,
            (None, _) => OfApp::No,
        }
    }

    /// Resources of a kind that are of the Torq app; and whether others may be.
    pub(super) fn children(&self, kind: &'static str) -> (Vec<usize>, bool) {
        let all: Vec<(usize, OfApp)> = self.of_kind(kind).map(|index| (index, self.of_app(index))).collect();
        let maybe = all.iter().any(|(_, of)| *of == OfApp::Maybe);
        (all.into_iter().filter(|(_, of)| *of == OfApp::Yes).map(|(index, _)| index).collect(), maybe)
    }
}

/// Both states of a resource.
pub(super) fn states(change: Option<&ResourceChange>) -> impl Iterator<Item = &Attributes> {
    change.into_iter().flat_map(|change| change.after.iter().chain(&change.before))
}
