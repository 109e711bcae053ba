//! Building the directory: rows into users and groups, and the two sides of every membership into one.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::document::okta as shape;
use crate::model::truth::Truth;

use super::{
    Assignment, AssignmentScope, Directory, Disagreement, EVERYONE, Group, GroupIndex, GroupKind, Listing,
    Members, Own, Record, User, UserIndex,
};

/// What a directory is built from: the rows, and how whole each list is.
pub struct Sources {
    pub users: (Vec<shape::User>, Listing),
    pub app_users: (Vec<shape::AppUser>, Listing),
    pub groups: (Vec<shape::Group>, Listing),
    /// By group id; the flag: complete.
    pub group_users: Vec<(String, Vec<shape::Member>, Extent)>,
    /// By user id.
    pub user_groups: Vec<(String, Vec<shape::Group>, Extent)>,
}

/// Whether all of a list was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    Whole,
    Part,
}

impl Directory {
    /// Interns every user and group that a row names, and joins the two sides of each membership.
    pub fn new(sources: Sources) -> Self {
        let mut directory = Self {
            users: Vec::new(),
            groups: Vec::new(),
            user_list: sources.users.1,
            group_list: sources.groups.1,
            app_user_list: sources.app_users.1,
            disagreements: Vec::new(),
            user_by_id: HashMap::new(),
            group_by_id: HashMap::new(),
            groups_by_name: HashMap::new(),
            members: BTreeMap::new(),
            own: HashMap::new(),
            contested: HashSet::new(),
            unnamed_groups: false,
        };
        for (position, row) in sources.users.0.into_iter().enumerate() {
            directory.add_user(row, position);
        }
        for (position, row) in sources.app_users.0.into_iter().enumerate() {
            directory.add_assignment(row, position);
        }
        for (position, row) in sources.groups.0.into_iter().enumerate() {
            let index = directory.intern_group(&row.id);
            directory.name_group(index, row, Some(position));
        }
        for (group, rows, extent) in sources.group_users {
            let group = directory.intern_group(&group);
            let mut users: Vec<UserIndex> = rows.iter().map(|row| directory.intern_user(&row.id)).collect();
            users.sort_unstable();
            users.dedup();
            directory
                .members
                .insert(group, Members { users, complete: extent == Extent::Whole, listed: true });
        }
        for (user, rows, extent) in sources.user_groups {
            let user = directory.intern_user(&user);
            let mut groups = Vec::with_capacity(rows.len());
            for row in rows {
                let index = directory.intern_group(&row.id);
                directory.name_group(index, row, None);
                groups.push(index);
            }
            groups.sort_unstable();
            groups.dedup();
            directory.own.insert(user, Own { groups, complete: extent == Extent::Whole });
        }
        directory.join_sides();
        directory.unnamed_groups =
            directory.groups.iter().any(|group| group.name.is_none() && group.position.is_some());
        directory
    }

    fn add_user(&mut self, row: shape::User, position: usize) {
        let index = self.intern_user(&row.id);
        if let Some(user) = self.users.get_mut(index.0 as usize) {
            let profile = row.profile.unwrap_or_default();
            user.login = profile.login;
            user.email = profile.email;
            user.status = row.status;
            user.provider = row.credentials.and_then(|credentials| credentials.provider).and_then(|p| p.kind);
            user.record = Record::At(position);
        }
    }

    fn add_assignment(&mut self, row: shape::AppUser, position: usize) {
        const NOT_ASSIGNED: [&str; 4] = ["DEPROVISIONED", "REVOKED", "UNASSIGNED", "INACTIVE"];
        let index = self.intern_user(&row.id);
        let group = row.links.and_then(|links| links.group);
        let assignment = Assignment {
            scope: match row.scope.as_deref() {
                Some("USER") => AssignmentScope::User,
                Some("GROUP") => {
                    AssignmentScope::Group(group.as_ref().and_then(shape::Link::id).map(str::to_owned))
                }
                _ => AssignmentScope::Unsaid,
            },
            active: Truth::of(row.status.as_deref().map(|status| !NOT_ASSIGNED.contains(&status))),
            email: row.profile.and_then(|profile| profile.email),
            user_name: row.credentials.and_then(|credentials| credentials.user_name),
            position,
        };
        if let Some(user) = self.users.get_mut(index.0 as usize) {
            // A second row of one person does not take back what the first gives.
            let keeps = user.assignment.as_ref().is_some_and(|row| row.active > assignment.active);
            if !keeps {
                user.assignment = Some(assignment);
            }
        }
    }

    fn intern_user(&mut self, id: &str) -> UserIndex {
        if let Some(index) = self.user_by_id.get(id) {
            return *index;
        }
        let index = UserIndex(u32::try_from(self.users.len()).unwrap_or(u32::MAX));
        // Another document names the id, so a look-up by name says nothing of it.
        let record = if self.user_list.is_complete() { Record::NotThere } else { Record::Unknown };
        self.users.push(User {
            id: id.to_owned(),
            login: None,
            email: None,
            status: None,
            provider: None,
            record,
            assignment: None,
        });
        self.user_by_id.insert(id.to_owned(), index);
        index
    }

    fn intern_group(&mut self, id: &str) -> GroupIndex {
        if let Some(index) = self.group_by_id.get(id) {
            return *index;
        }
        let index = GroupIndex(u32::try_from(self.groups.len()).unwrap_or(u32::MAX));
        self.groups.push(Group {
            id: id.to_owned(),
            name: None,
            kind: GroupKind::Unsaid,
            position: None,
            everyone: false,
        });
        self.group_by_id.insert(id.to_owned(), index);
        index
    }

    /// The group list decides; the person's side only names groups that the list does not have.
    fn name_group(&mut self, index: GroupIndex, row: shape::Group, position: Option<usize>) {
        let Some(group) = self.groups.get_mut(index.0 as usize) else { return };
        if group.position.is_some() || (position.is_none() && group.name.is_some()) {
            return;
        }
        group.kind = match row.kind.as_deref() {
            Some("OKTA_GROUP") => GroupKind::Okta,
            Some("BUILT_IN") => GroupKind::BuiltIn,
            Some("APP_GROUP") => GroupKind::App,
            _ => GroupKind::Unsaid,
        };
        group.name = row.profile.and_then(|profile| profile.name);
        group.position = position;
        group.everyone = group.kind == GroupKind::BuiltIn && group.name.as_deref() == Some(EVERYONE);
        if let Some(name) = group.name.clone() {
            self.groups_by_name.entry(name).or_default().push(index);
        }
    }

    /// Compares the two sides and makes one of them.
    fn join_sides(&mut self) {
        let mut by_user: Vec<(UserIndex, GroupIndex)> = Vec::new();
        for (user, own) in &self.own {
            for group in &own.groups {
                let listed = self.members.get(group);
                if listed
                    .is_some_and(|members| members.complete && members.users.binary_search(user).is_err())
                    && !self.group(*group).is_some_and(Group::is_everyone)
                {
                    self.disagreements.push(Disagreement { user: *user, group: *group });
                }
                by_user.push((*user, *group));
            }
        }
        for (group, members) in &self.members {
            if self.group(*group).is_some_and(Group::is_everyone) {
                continue;
            }
            for user in &members.users {
                if self
                    .own
                    .get(user)
                    .is_some_and(|own| own.complete && own.groups.binary_search(group).is_err())
                {
                    self.disagreements.push(Disagreement { user: *user, group: *group });
                }
            }
        }
        self.disagreements.sort_unstable_by_key(|pair| (pair.user, pair.group));
        self.contested = self.disagreements.iter().map(|pair| pair.user).collect();
        for (user, group) in by_user {
            self.members.entry(group).or_default().users.push(user);
        }
        for members in self.members.values_mut() {
            members.users.retain(|user| !self.contested.contains(user));
            members.users.sort_unstable();
            members.users.dedup();
        }
    }
}
