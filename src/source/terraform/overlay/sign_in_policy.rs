//! The rules of the app's sign-in policy: `okta_app_signon_policy_rule`.

use serde_json::Value;

use super::Layer;
use super::references::states;
use crate::document::okta as shape;
use crate::document::{DocumentName, Overlay};
use crate::source::terraform::resources;

impl Layer<'_> {
    pub(super) fn access_rules(&mut self) {
        let name = DocumentName::AccessPolicyRules;
        let app: Option<shape::App> = self.one(&DocumentName::App);
        let Some(policy) = app.and_then(|app| app.links?.access_policy?.id().map(str::to_owned)) else {
            return;
        };
        let is_of =
            |index: &usize| states(self.change(*index)).any(|state| state.text("policy_id") == Some(&policy));
        let all: Vec<usize> = self.of_kind("okta_app_signon_policy_rule").filter(is_of).collect();
        let overlay = self.documents.overlay(&name);
        if all.is_empty() || overlay.is_some_and(|overlay| overlay.undecided.is_some()) {
            return;
        }
        let Some(mut rows) = self.rows(&name) else { return };
        let mut undecided = None;
        for index in all {
            let Some(change) = self.change(index) else { continue };
            self.drop_former(&mut rows, change);
            let Some(state) = self.state(change) else { continue };
            let lists = ["groups_included", "groups_excluded", "users_included", "users_excluded"];
            let mut left = state.clone();
            // A risk score that is not set is computed, and is "any" then.
            if !left.values.get("risk_score").is_some_and(Value::is_string) {
                left.open.remove("risk_score");
            }
            let others_open = left
                .open
                .keys()
                .any(|name| !["id"].contains(&name.as_str()) && !lists.contains(&name.as_str()));
            match self.resolved(change, state, &lists).filter(|_| !others_open) {
                Some(resolved) => {
                    let row = self.row(index, resources::access_rule(&self.id(change), &resolved));
                    rows.put(row);
                }
                None => undecided = Some(format!("the rule {} is known only after apply", change.address)),
            }
        }
        rows.write(&mut self.documents);
        if let Some(why) = undecided {
            self.documents.lay_over(name, Overlay::undecided(why));
        }
    }
}
