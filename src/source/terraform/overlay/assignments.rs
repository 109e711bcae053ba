//! Who is assigned to the app: `okta_app_group_assignment`, `okta_app_group_assignments` and `okta_app_user`.

use serde_json::{Value, json};

use super::Layer;
use crate::document::{DocumentName, JsonPath};
use crate::source::terraform::plan::Attributes;
use crate::source::terraform::resources;
use crate::source::terraform::rows::Row;

impl<'a> Layer<'a> {
    pub(super) fn app_groups(&mut self) {
        let Some(mut rows) = self.rows(&DocumentName::AppGroups) else { return };
        self.start(&mut rows);
        let (single, maybe_single) = self.children("okta_app_group_assignment");
        let (plural, maybe_plural) = self.children("okta_app_group_assignments");
        if single.is_empty() && plural.is_empty() && !(maybe_single || maybe_plural) && !rows.was_there {
            return;
        }
        // First what goes, then what comes: where two resources say different things of a group, it is assigned in the end.
        let mut assigned: Vec<(usize, Option<String>, JsonPath)> = Vec::new();
        for index in single {
            let Some(change) = self.change(index) else { continue };
            let id = |state: &'a Attributes| self.id_in(change, state, "group_id");
            let (is, was) = (self.state(change).map(id), self.former(change).map(id));
            let stays = self.former(change).and_then(|state| state.flag("retain_assignment")) == Some(true);
            if let Some(gone) = was.flatten().filter(|_| !stays) {
                rows.remove_unless(&gone, is.iter().flatten());
            }
            assigned.extend(is.map(|id| (index, id, JsonPath::root())));
        }
        for index in plural {
            let Some(change) = self.change(index) else { continue };
            let ids = |state: &'a Attributes| -> Vec<Option<String>> {
                let blocks = state.elements("group").iter().enumerate();
                blocks
                    .map(|(position, block)| match block.get("id").and_then(Value::as_str) {
                        Some(id) => Some(id.to_owned()),
                        None => self.referred_id(change, &format!("group.{position}.id")),
                    })
                    .collect()
            };
            let (is, was) = (self.state(change).map(ids), self.former(change).map(ids));
            let unlisted = self
                .state(change)
                .is_some_and(|state| state.open.contains_key("group") && !state.values.contains_key("group"));
            if unlisted {
                rows.leave_open(&format!("group of {} is known only after apply", change.address));
            }
            for gone in was.into_iter().flatten().flatten().filter(|_| !unlisted) {
                rows.remove_unless(&gone, is.iter().flatten().flatten());
            }
            let place = |(position, id)| (index, id, JsonPath::root().key("group").index(position));
            assigned.extend(is.into_iter().flatten().enumerate().map(place));
        }
        for (index, id, at) in assigned {
            match id {
                Some(id) if !rows.has(&id) => {
                    let row = Row {
                        value: json!({"id": id}),
                        part: self.part(index, at),
                        members: Vec::new(),
                        inner: None,
                    };
                    rows.put(row);
                }
                Some(_) => {}
                None => rows.leave_open("the group of an assignment is known only after apply"),
            }
        }
        if maybe_single || maybe_plural {
            rows.leave_open("which app a group assignment of the plan is of is known only after apply");
        }
        rows.write(&mut self.documents);
    }

    pub(super) fn app_users(&mut self) {
        let Some(mut rows) = self.rows(&DocumentName::AppUsers) else { return };
        self.start(&mut rows);
        let (children, maybe) = self.children("okta_app_user");
        if children.is_empty() && !maybe && rows.rows.is_empty() && !rows.was_there {
            return;
        }
        for index in children {
            let Some(change) = self.change(index) else { continue };
            let is = self.state(change).map(|state| (state, self.id_in(change, state, "user_id")));
            let was = self.former(change).and_then(|state| self.id_in(change, state, "user_id"));
            let stays = self.former(change).and_then(|state| state.flag("retain_assignment")) == Some(true);
            if let Some(gone) = was.filter(|_| !stays)
                && is.as_ref().and_then(|(_, id)| id.as_ref()) != Some(&gone)
            {
                rows.rows.retain(|row| {
                    row.id() != Some(&gone) || row.value.get("scope").and_then(Value::as_str) == Some("GROUP")
                });
            }
            match is {
                Some((state, Some(id))) => {
                    let row = self.row(index, resources::app_user(&id, state));
                    rows.put(row);
                }
                Some((_, None)) => rows.leave_open("the user of an assignment is known only after apply"),
                None => {}
            }
        }
        if maybe {
            rows.leave_open("which app an okta_app_user is of is known only after apply");
        }
        rows.write(&mut self.documents);
    }
}
