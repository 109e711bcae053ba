//! Where what a resource says stands: in the configuration, else in the plan.

use serde_json::Value;

use super::{Layer, Side};
use crate::document::overlay::{Part, Target};
use crate::document::{JsonPath, Overlay};
use crate::source::terraform::hcl::{Spot, Written};
use crate::source::terraform::plan::Plan;
use crate::source::terraform::resources;
use crate::source::terraform::rows::Row;

impl<'a> Layer<'a> {
    /// Where an attribute of a resource stands, in the configuration or else in the plan; the resource itself where the path is empty.
    pub(super) fn part(&mut self, index: usize, attribute: JsonPath) -> Part {
        if let Some(written) = self.written(index) {
            let spot = written.nearest(&attribute).clone();
            return self.configuration_part(spot);
        }
        self.used.insert(index);
        let bytes = self.change(index).map(|change| change.bytes.clone()).unwrap_or_default();
        let root = JsonPath::root();
        let is_there_after = self.change(index).is_some_and(|change| change.after.is_some());
        let state = if self.side == Side::After && is_there_after { "after" } else { "before" };
        let path = if attribute == root { root } else { root.key("change").key(state).join(&attribute) };
        Part { file: self.file, target: Target::Within { bytes, path } }
    }

    /// Places an attribute, and what the configuration writes inside of it; the elements of a set have another order in a plan.
    pub(super) fn place(&mut self, overlay: &mut Overlay, at: &JsonPath, index: usize, attribute: &JsonPath) {
        let part = self.part(index, attribute.clone());
        overlay.place(at.clone(), part);
        if resources::SETS.iter().any(|set| *attribute == JsonPath::root().key(set)) {
            return;
        }
        if let Some(written) = self.written(index) {
            for (path, spot) in written.below(attribute) {
                let part = self.configuration_part(spot.clone());
                overlay.place(at.join(&path.after(attribute)), part);
            }
        }
    }

    pub(super) fn written(&self, index: usize) -> Option<&'a Written> {
        let plan: &'a Plan = self.plan;
        plan.sources.as_ref()?.resource(plan.changes.get(index)?)
    }

    pub(super) fn configuration_part(&mut self, spot: Spot) -> Part {
        let file = match self.configuration_files.get(&spot.file) {
            Some(file) => *file,
            None => {
                let source = self.plan.sources.as_ref().and_then(|sources| sources.files.get(spot.file));
                let file = source.map_or(self.file, |source| self.documents.add_file(source.clone()));
                self.configuration_files.insert(spot.file, file);
                file
            }
        };
        Part { file, target: spot.target }
    }

    pub(super) fn row(&mut self, index: usize, value: Value) -> Row {
        let kind = self.change(index).map(|change| change.kind.as_str()).unwrap_or_default();
        let mut members = Vec::new();
        for (path, attribute) in resources::members(kind) {
            let below = path.split('.').fold(JsonPath::root(), |path, key| path.key(key));
            let part = self.part(index, JsonPath::root().key(attribute));
            members.push((below, part));
        }
        Row { value, part: self.part(index, JsonPath::root()), members, inner: None }
    }
}
