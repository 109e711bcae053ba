//! Groups and who is in them: `okta_group`, `okta_group_memberships` and `okta_group_rule`.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{Layer, Side};
use crate::document::terraform::Action;
use crate::document::{Content, Document, DocumentName, JsonPath, Overlay};
use crate::source::terraform::plan::{Attributes, ResourceChange};
use crate::source::terraform::resources;
use crate::source::terraform::rows::{Row, Rows};

impl<'a> Layer<'a> {
    pub(super) fn groups(&mut self) {
        let all: Vec<usize> = self.of_kind("okta_group").collect();
        if all.is_empty() {
            return;
        }
        let Some(mut rows) = self.rows(&DocumentName::Groups) else { return };
        let mut gone: Vec<String> = Vec::new();
        for index in all {
            let Some(change) = self.change(index) else { continue };
            let was = self.former(change).and_then(|state| state.text("id"));
            let is_same = self.state(change).is_some() && !self.is_new(change);
            if let Some(was) = was.filter(|_| !is_same) {
                rows.remove(was);
                gone.push(was.to_owned());
            }
            let Some(state) = self.state(change) else { continue };
            let id = self.id(change);
            if self.is_new(change) {
                let document =
                    Document { file: self.file, root: JsonPath::root(), content: Content::Part(json!([])) };
                let mut overlay = Overlay::default();
                overlay.place(JsonPath::root(), self.part(index, JsonPath::root()));
                self.documents.add(DocumentName::GroupUsers(id.clone()), document);
                self.documents.lay_over(DocumentName::GroupUsers(id.clone()), overlay);
            }
            let as_read = rows.rows.iter().find(|row| row.id() == Some(&id)).map(|row| &row.value);
            let name = as_read.and_then(|row| row.pointer("/profile/name")).and_then(Value::as_str);
            if as_read.is_some() && name == state.text("name") {
                continue;
            }
            let row = self.row(index, resources::group(&id, state));
            rows.put(row);
        }
        rows.write(&mut self.documents);
        for id in gone {
            self.documents.remove(&DocumentName::GroupUsers(id.clone()));
            self.change_own_groups(|groups| groups.remove(&id));
            if self.documents.has(&DocumentName::AppGroups)
                && let Some(mut rows) = self.rows(&DocumentName::AppGroups)
            {
                rows.remove(&id);
                rows.write(&mut self.documents);
            }
        }
    }

    /// Changes every list of a person's groups.
    fn change_own_groups(&mut self, change: impl Fn(&mut Rows)) {
        let names: Vec<DocumentName> = self
            .documents
            .names()
            .filter(|name| matches!(name, DocumentName::UserGroups(_)))
            .cloned()
            .collect();
        for name in names {
            if let Some(mut rows) = self.rows(&name) {
                change(&mut rows);
                rows.write(&mut self.documents);
            }
        }
    }

    pub(super) fn memberships(&mut self) {
        for index in self.of_kind("okta_group_memberships") {
            let Some(change) = self.change(index) else { continue };
            let sides = [self.former(change), self.state(change)];
            let groups = sides.map(|state| state.and_then(|state| self.id_in(change, state, "group_id")));
            let users = sides.map(|state| state.map(|state| self.ids_in(change, state, "users")));
            let [was, is] = users;
            let [old_group, group] = groups;
            if let (Some(old_group), Some(was)) = (&old_group, &was) {
                let stays = group.as_ref() == Some(old_group);
                let stay: HashSet<&String> = is.iter().flatten().flatten().filter(|_| stays).collect();
                let gone: Vec<&str> =
                    was.iter().flatten().filter(|user| !stay.contains(user)).map(String::as_str).collect();
                self.take_out(old_group, &gone);
            }
            let (Some(group), Some(is)) = (group, is) else { continue };
            match is {
                Some(users) => self.put_in(&group, &users, index),
                None => self
                    .open_members(&group, &format!("users of {} is known only after apply", change.address)),
            }
        }
    }

    /// Takes people out of a group; on both sides of the memberships, as far as they were read.
    fn take_out(&mut self, group: &str, users: &[&str]) {
        let name = DocumentName::GroupUsers(group.to_owned());
        if !users.is_empty()
            && self.documents.has(&name)
            && let Some(mut rows) = self.rows(&name)
        {
            let gone: HashSet<&str> = users.iter().copied().collect();
            rows.rows.retain(|row| row.id().is_none_or(|id| !gone.contains(id)));
            rows.write(&mut self.documents);
        }
        for user in users {
            let name = DocumentName::UserGroups((*user).to_owned());
            if self.documents.has(&name)
                && let Some(mut rows) = self.rows(&name)
            {
                rows.remove(group);
                rows.write(&mut self.documents);
            }
        }
    }

    /// Puts people into a group, on the word of the resource of that index; on both sides of the memberships, as far as they were read.
    fn put_in(&mut self, group: &str, users: &[String], index: usize) {
        let name = DocumentName::GroupUsers(group.to_owned());
        if !users.is_empty()
            && let Some(mut rows) = self.rows(&name)
        {
            let mut there: HashSet<String> =
                rows.rows.iter().filter_map(|row| row.id().map(str::to_owned)).collect();
            // A resource that adds nobody is not the source of anything here.
            let mut part = None;
            for user in users.iter().filter(|user| there.insert((*user).clone())) {
                let part =
                    part.get_or_insert_with(|| self.part(index, JsonPath::root().key("users"))).clone();
                let value = json!({"id": user});
                rows.rows.push(Row { value, part, members: Vec::new(), inner: None });
            }
            rows.write(&mut self.documents);
        }
        for user in users {
            let name = DocumentName::UserGroups(user.clone());
            if self.documents.has(&name)
                && let Some(mut rows) = self.rows(&name)
            {
                if !rows.has(group) {
                    let row = self.row(index, json!({"id": group}));
                    rows.put(row);
                }
                rows.write(&mut self.documents);
            }
        }
    }

    /// The members of a group are not known any more, from either side.
    fn open_members(&mut self, group: &str, why: &str) {
        let name = DocumentName::GroupUsers(group.to_owned());
        if !self.documents.has(&name) {
            let document =
                Document { file: self.file, root: JsonPath::root(), content: Content::Part(json!([])) };
            self.documents.add(name.clone(), document);
        }
        self.documents.lay_over(name, Overlay::undecided(why));
        self.change_own_groups(|groups| {
            groups.remove(group);
            groups.leave_open(why);
        });
    }

    pub(super) fn group_rules(&mut self) {
        let all: Vec<usize> = self.of_kind("okta_group_rule").collect();
        if all.is_empty() {
            return;
        }
        let Some(mut rows) = self.rows(&DocumentName::GroupRules) else { return };
        let mut changed: Vec<(String, String)> = Vec::new();
        for index in all {
            let Some(change) = self.change(index) else { continue };
            let state = self.state(change);
            let former = self.former(change);
            let ids = |state: Option<&'a Attributes>| {
                state.map(|state| self.ids_in(change, state, "group_assignments"))
            };
            let (is, was) = (ids(state), ids(former));
            if let Some(gone) = former.and_then(|state| state.text("id"))
                && (state.is_none() || self.is_new(change))
            {
                rows.remove(gone);
            }
            if self.side == Side::After && moves_people(change) {
                let why = format!("{} changes who is in it", change.address);
                let groups = was.iter().chain(&is).flatten().flatten();
                changed.extend(groups.map(|group| (group.clone(), why.clone())));
            }
            match (state, is) {
                (Some(state), Some(Some(groups))) if !state.open.contains_key("status") => {
                    let row = self.row(index, resources::group_rule(&self.id(change), state, &groups));
                    rows.put(row);
                }
                (Some(_), _) => {
                    rows.leave_open(&format!("what {} does is known only after apply", change.address))
                }
                (None, _) => {}
            }
        }
        rows.write(&mut self.documents);
        for (group, why) in changed {
            self.open_members(&group, &why);
        }
    }
}

/// Whether a change of a group rule changes who is in its groups.
fn moves_people(change: &ResourceChange) -> bool {
    let (Some(before), Some(after)) = (&change.before, &change.after) else {
        let removes = |state: &Attributes| {
            state.flag("remove_assigned_users") != Some(false)
                && state.values.get("remove_assigned_users").is_some_and(|flag| !flag.is_null())
        };
        return match change.action {
            Action::Create => {
                change.after.as_ref().is_some_and(|after| after.text("status") != Some("INACTIVE"))
            }
            // Members stay in the group unless they are to be removed.
            Action::Delete => change.before.as_ref().is_some_and(removes),
            _ => false,
        };
    };
    let read = ["status", "group_assignments", "expression_type", "expression_value", "users_excluded"];
    change.action == Action::Replace
        || read
            .iter()
            .any(|name| after.open.contains_key(*name) || before.values.get(*name) != after.values.get(*name))
}
