//! Building the directory: rows into users and groups, and the two sides of every membership into one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::document::okta as shape;
use crate::document::rows::{AppUserRows, MemberRows, UserRows};

use crate::model::parts::threads_for;

use super::users::Users;
use super::{
    Directory, Disagreement, EVERYONE, Group, GroupIndex, GroupKind, Listing, Members, Own, UserIndex,
};

/// What a directory is built from: the rows, and how whole each list is.
pub struct Sources {
    pub users: (Arc<UserRows>, Listing),
    pub app_users: (Arc<AppUserRows>, Listing),
    pub groups: (Vec<shape::Group>, Listing),
    /// By group id; the flag: complete.
    pub group_users: Vec<(String, Arc<MemberRows>, Extent)>,
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
        let nameless = sources.users.0.rows.iter().any(|row| row.login.is_none());
        let mut directory = Self {
            users: Users::new(sources.users.0, sources.app_users.0),
            groups: Vec::new(),
            user_list: sources.users.1,
            group_list: sources.groups.1,
            app_user_list: sources.app_users.1,
            disagreements: Vec::new(),
            group_by_id: HashMap::new(),
            groups_by_name: HashMap::new(),
            members: BTreeMap::new(),
            own: HashMap::new(),
            contested: HashSet::new(),
            unnamed_groups: false,
            unnamed_users: nameless,
        };
        for (position, row) in sources.groups.0.into_iter().enumerate() {
            let index = directory.intern_group(&row.id);
            directory.name_group(index, row, Some(position));
        }
        let found = find_members(&directory.users, &sources.group_users);
        for ((group, rows, extent), found) in sources.group_users.iter().zip(found) {
            let group = directory.intern_group(group);
            let mut users: Vec<UserIndex> = rows
                .ids
                .iter()
                .zip(found)
                .map(|(id, found)| found.unwrap_or_else(|| directory.users.intern(id)))
                .collect();
            sort(&mut users);
            directory
                .members
                .insert(group, Members { users, complete: *extent == Extent::Whole, listed: true });
        }
        for (user, rows, extent) in sources.user_groups {
            let user = directory.users.intern(&user);
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
        let mut is_read_whole = vec![false; self.users.len()];
        for (user, own) in &self.own {
            if let Some(slot) = is_read_whole.get_mut(user.0 as usize) {
                *slot = own.complete;
            }
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
            let whole = |user: &&UserIndex| is_read_whole.get(user.0 as usize) == Some(&true);
            for user in members.users.iter().filter(whole) {
                if self.own.get(user).is_some_and(|own| own.groups.binary_search(group).is_err()) {
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
            if !self.contested.is_empty() {
                members.users.retain(|user| !self.contested.contains(user));
            }
            sort(&mut members.users);
        }
    }
}

/// Ascending, each once; mostly it is so already.
fn sort(users: &mut Vec<UserIndex>) {
    if !users.is_sorted_by(|one, other| one < other) {
        users.sort_unstable();
        users.dedup();
    }
}

/// For each list the users of its ids, as far as they are known; looking up a million ids waits for memory, which two threads do at once.
fn find_members(users: &Users, lists: &[(String, Arc<MemberRows>, Extent)]) -> Vec<Vec<Option<UserIndex>>> {
    let find = |list: &(String, Arc<MemberRows>, Extent)| {
        let mut near = usize::MAX;
        list.1.ids.iter().map(|id| users.find_near(id, &mut near)).collect()
    };
    let threads = threads_for(lists.iter().map(|(_, rows, _)| rows.ids.len()).sum());
    if threads < 2 {
        return lists.iter().map(find).collect();
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found: Vec<(usize, Vec<Option<UserIndex>>)> = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(list) = lists.get(index) else { return found };
            found.push((index, find(list)));
        }
    };
    let mut found = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut found = work();
        others.into_iter().for_each(|other| found.extend(other.join().unwrap_or_default()));
        found
    });
    found.sort_unstable_by_key(|(index, _)| *index);
    // Looking up cannot panic; if a thread ended all the same, its lists are looked up again.
    if found.len() != lists.len() {
        return lists.iter().map(find).collect();
    }
    found.into_iter().map(|(_, found)| found).collect()
}
