//! The document `terraform-plan`: what of the plan itself rules ask for.

use serde_json::{Map, Value};

use super::{Layer, OfApp};
use crate::document::overlay::{Part, Target};
use crate::document::terraform::{Action, Change, ResourceChange as Kept, TerraformPlan};
use crate::document::{Content, Document, DocumentName, JsonPath, Overlay};
use crate::source::terraform::plan::Attributes;

impl Layer<'_> {
    pub(super) fn plan_document(&mut self) {
        let mut plan = TerraformPlan {
            app: self.app.and_then(|app| self.change(app)).map(|app| app.address.clone()),
            provider_sign_in: self.app.and_then(|app| self.change(app)).and_then(|app| self.sign_in(app)),
            group_lookups: self.plan.configuration.group_lookups.clone(),
            ..TerraformPlan::default()
        };
        let mut overlay = Overlay::default();
        overlay.place(JsonPath::root(), Part { file: self.file, target: Target::Bytes(0..0) });
        for (index, change) in self.plan.changes.iter().enumerate() {
            let of_app = self.app == Some(index) || self.of_app(index) == OfApp::Yes;
            let decides = match change.kind.as_str() {
                "okta_app_oauth" | "okta_app_group_assignment" | "okta_app_group_assignments" => of_app,
                "okta_group" | "okta_group_rule" => change.action != Action::NoOp,
                _ => false,
            };
            if !decides {
                continue;
            }
            let values = |state: &Option<Attributes>| -> Option<Map<String, Value>> {
                state.as_ref().map(|state| state.values.clone())
            };
            let kept = Kept {
                kind: change.kind.clone(),
                of_app,
                change: Change {
                    actions: change.action,
                    before: values(&change.before),
                    after: values(&change.after),
                },
            };
            let at = JsonPath::root().key("resource_changes").key(&change.address);
            let part = self.part(index, JsonPath::root());
            overlay.place(at.clone(), part);
            if self.written(index).is_some() {
                for state in ["before", "after"] {
                    let at = at.clone().key("change").key(state);
                    self.place(&mut overlay, &at, index, &JsonPath::root());
                }
            }
            plan.resource_changes.insert(change.address.clone(), kept);
        }
        for address in plan.group_lookups.keys() {
            let written = self.plan.sources.as_ref().and_then(|sources| sources.data(address));
            let Some(written) = written else { continue };
            let at = JsonPath::root().key("group_lookups").key(address);
            let (whole, name) = (JsonPath::root(), JsonPath::root().key("name"));
            for (at, path) in [(at.clone(), whole), (at.key("name"), name)] {
                let part = self.configuration_part(written.nearest(&path).clone());
                overlay.place(at, part);
            }
        }
        let Ok(value) = serde_json::to_value(&plan) else { return };
        let content = Content::Part(value);
        self.documents
            .add(DocumentName::TerraformPlan, Document { file: self.file, root: JsonPath::root(), content });
        self.documents.lay_over(DocumentName::TerraformPlan, overlay);
    }
}
