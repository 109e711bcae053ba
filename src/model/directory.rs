//! Okta's users and groups, and who is in which: interned, so that everything above works on small indices.
//!
//! Memberships come from the group's side (`group-users`) and the person's (`user-groups`), each whole or in part. This module answers
//! "is this user in this group" with yes, no or maybe. What a group is good for is left to `signin`.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::document::okta as shape;
use crate::document::{DocumentName, JsonPath};

use super::fact::{Cause, Gap};

/// Index into [`Directory::users`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserIndex(pub u32);

/// Index into [`Directory::groups`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupIndex(pub u32);

/// A yes, a no, or what may be either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Truth {
    No,
    Maybe,
    Yes,
}

impl Truth {
    pub fn of(condition: impl Into<Option<bool>>) -> Self {
        match condition.into() {
            Some(true) => Self::Yes,
            Some(false) => Self::No,
            None => Self::Maybe,
        }
    }

    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::Maybe => Self::Maybe,
            Self::No => Self::Yes,
        }
    }
}

/// A list as far as it was read.
#[derive(Debug, Clone)]
pub enum Listing {
    Read { complete: bool, looked_up: HashSet<String> },
    Unknown(Gap),
}

impl Listing {
    pub fn is_complete(&self) -> bool {
        matches!(self, Self::Read { complete: true, .. })
    }

    /// Whether something that is not in the list is known not to be there.
    pub fn settles(&self, name: &str) -> bool {
        match self {
            Self::Read { complete: true, .. } => true,
            Self::Read { looked_up, .. } => looked_up.contains(&name.to_lowercase()),
            Self::Unknown(_) => false,
        }
    }

    /// Why what is not in the list is not known.
    pub fn gap(&self, document: &DocumentName) -> Gap {
        match self {
            Self::Read { .. } => Gap::document(document.clone(), Cause::Incomplete),
            Self::Unknown(gap) => gap.clone(),
        }
    }
}

/// Whether a user is in `okta/users.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// With the index there.
    At(usize),
    NotThere,
    Unknown,
}

/// A user's row in `okta/app-users.json`.
#[derive(Debug, Clone)]
pub struct Assignment {
    pub scope: AssignmentScope,
    /// Not `DEPROVISIONED`, `REVOKED`, `UNASSIGNED` or `INACTIVE` (semantics G5.1); without a status it is not known.
    pub active: Truth,
    pub email: Option<String>,
    pub user_name: Option<String>,
    pub position: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssignmentScope {
    User,
    /// By a group; the link may not say which.
    Group(Option<String>),
    Unsaid,
}

#[derive(Debug, Clone)]
pub struct User {
    pub id: String,
    pub login: Option<String>,
    pub email: Option<String>,
    pub status: Option<String>,
    /// `credentials.provider.type`.
    pub provider: Option<String>,
    pub record: Record,
    pub assignment: Option<Assignment>,
}

impl User {
    /// What the person is called in every output: the login, else what Torq's side of Okta has.
    pub fn label(&self) -> &str {
        let assigned = self.assignment.as_ref();
        self.login
            .as_deref()
            .or(self.email.as_deref())
            .or_else(|| assigned.and_then(|row| row.email.as_deref()))
            .or_else(|| assigned.and_then(|row| row.user_name.as_deref()))
            .unwrap_or(&self.id)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupKind {
    Okta,
    BuiltIn,
    /// From a directory or an application.
    App,
    Unsaid,
}

#[derive(Debug, Clone)]
pub struct Group {
    pub id: String,
    /// `None` where no answer gives it.
    pub name: Option<String>,
    pub kind: GroupKind,
    /// Index in `okta/groups.json`.
    pub position: Option<usize>,
    everyone: bool,
}

impl Group {
    /// Okta's built-in group of every user.
    pub fn is_everyone(&self) -> bool {
        self.everyone
    }

    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }
}

/// The name of the group that contains every user.
pub const EVERYONE: &str = "Everyone";

/// Members of one group, from both sides.
#[derive(Debug, Clone, Default)]
struct Members {
    /// Sorted; without contested users.
    users: Vec<UserIndex>,
    /// A user who is not among them is not a member.
    complete: bool,
    /// The group's side was read, not only a person's.
    listed: bool,
}

/// Groups of one user, from the user's side.
#[derive(Debug, Clone)]
struct Own {
    /// Sorted.
    groups: Vec<GroupIndex>,
    complete: bool,
}

/// A user and a group of whose membership the two sides say different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disagreement {
    pub user: UserIndex,
    pub group: GroupIndex,
}

#[derive(Debug, Clone)]
pub struct Directory {
    pub users: Vec<User>,
    pub groups: Vec<Group>,
    /// `okta/users.json`, `okta/groups.json` and `okta/app-users.json` as far as they were read.
    pub user_list: Listing,
    pub group_list: Listing,
    pub app_user_list: Listing,
    pub disagreements: Vec<Disagreement>,
    user_by_id: HashMap<String, UserIndex>,
    group_by_id: HashMap<String, GroupIndex>,
    groups_by_name: HashMap<String, Vec<GroupIndex>>,
    members: BTreeMap<GroupIndex, Members>,
    own: HashMap<UserIndex, Own>,
    contested: HashSet<UserIndex>,
    unnamed_groups: bool,
}

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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    Whole,
    Part,
}

impl Directory {
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
            user.assignment = Some(assignment);
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

    pub fn user(&self, index: UserIndex) -> Option<&User> {
        self.users.get(index.0 as usize)
    }

    pub fn group(&self, index: GroupIndex) -> Option<&Group> {
        self.groups.get(index.0 as usize)
    }

    pub fn user_indices(&self) -> impl Iterator<Item = UserIndex> + use<> {
        (0..u32::try_from(self.users.len()).unwrap_or(u32::MAX)).map(UserIndex)
    }

    pub fn group_indices(&self) -> impl Iterator<Item = GroupIndex> + use<> {
        (0..u32::try_from(self.groups.len()).unwrap_or(u32::MAX)).map(GroupIndex)
    }

    pub fn user_by_id(&self, id: &str) -> Option<UserIndex> {
        self.user_by_id.get(id).copied()
    }

    pub fn group_by_id(&self, id: &str) -> Option<GroupIndex> {
        self.group_by_id.get(id).copied()
    }

    /// Groups with exactly this name; a directory's group may share an Okta group's.
    pub fn groups_named(&self, name: &str) -> &[GroupIndex] {
        self.groups_by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether a group that is in no list is known not to exist, by its name.
    pub fn settles_group(&self, name: &str) -> bool {
        !self.unnamed_groups && self.group_list.settles(name)
    }

    /// Whether every group of the organisation is known with its name.
    pub fn knows_every_group(&self) -> bool {
        !self.unnamed_groups && self.group_list.is_complete()
    }

    /// Whether the two sides of this user's memberships disagree: then all of them are unknown.
    pub fn is_contested(&self, user: UserIndex) -> bool {
        self.contested.contains(&user)
    }

    /// All groups of a user, where they are known from the user's side.
    pub fn all_groups_of(&self, user: UserIndex) -> Option<&[GroupIndex]> {
        if self.is_contested(user) {
            return None;
        }
        self.own.get(&user).filter(|own| own.complete).map(|own| own.groups.as_slice())
    }

    pub fn membership(&self, user: UserIndex, group: GroupIndex) -> Truth {
        if self.group(group).is_some_and(Group::is_everyone) {
            return Truth::Yes;
        }
        if self.is_contested(user) {
            return Truth::Maybe;
        }
        let members = self.members.get(&group);
        if members.is_some_and(|members| members.users.binary_search(&user).is_ok()) {
            return Truth::Yes;
        }
        let settled = members.is_some_and(|members| members.complete) || self.all_groups_of(user).is_some();
        if settled { Truth::No } else { Truth::Maybe }
    }

    /// Users who are known to be in the group.
    pub fn each_member(&self, group: GroupIndex, mut visit: impl FnMut(UserIndex)) {
        if self.group(group).is_some_and(Group::is_everyone) {
            self.user_indices().for_each(visit);
        } else if let Some(members) = self.members.get(&group) {
            members.users.iter().for_each(|user| visit(*user));
        }
    }

    /// Users of whom it is not known whether they are in the group.
    pub fn each_possible_member(&self, group: GroupIndex, mut visit: impl FnMut(UserIndex)) {
        if self.group(group).is_some_and(Group::is_everyone) {
            return;
        }
        match self.members.get(&group) {
            Some(members) if members.complete => self.contested.iter().for_each(|user| visit(*user)),
            _ => self
                .user_indices()
                .filter(|user| self.membership(*user, group) == Truth::Maybe)
                .for_each(visit),
        }
    }

    /// Users whose groups are not all known from their own side: a group that is in no list may be theirs.
    pub fn each_of_unlisted_groups(&self, visit: impl FnMut(UserIndex)) {
        self.user_indices().filter(|user| self.all_groups_of(*user).is_none()).for_each(visit);
    }

    /// Contested users: any membership may be theirs.
    pub fn each_contested(&self, visit: impl FnMut(UserIndex)) {
        self.contested.iter().copied().for_each(visit);
    }

    /// Whether the members of a group are known to the last.
    pub fn knows_members(&self, group: GroupIndex) -> bool {
        self.group(group).is_some_and(Group::is_everyone)
            || (self.contested.is_empty() && self.members.get(&group).is_some_and(|members| members.complete))
    }

    /// Whether the list of a group's members is whole, whoever is contested.
    pub fn lists_members(&self, group: GroupIndex) -> bool {
        self.group(group).is_some_and(Group::is_everyone)
            || self.members.get(&group).is_some_and(|members| members.complete)
    }

    /// What is missing where the membership of a user is not known.
    pub fn membership_gap(&self, user: UserIndex, group: GroupIndex) -> Gap {
        if self.is_contested(user) {
            return Gap::document(self.user_groups_document(user), Cause::Disagree);
        }
        self.members_gap(group)
    }

    /// What is missing where the members of a group are not known.
    pub fn members_gap(&self, group: GroupIndex) -> Gap {
        let id = self.group(group).map(|group| group.id.clone()).unwrap_or_default();
        let cause = match self.members.get(&group) {
            // The list is whole: what is not known is what the two sides say differently.
            Some(members) if members.complete && !self.contested.is_empty() => Cause::Disagree,
            Some(members) if members.listed => Cause::Incomplete,
            Some(_) | None => Cause::NotRead,
        };
        Gap::new(DocumentName::GroupUsers(id), JsonPath::root(), cause)
    }

    fn user_groups_document(&self, user: UserIndex) -> DocumentName {
        DocumentName::UserGroups(self.user(user).map(|user| user.id.clone()).unwrap_or_default())
    }

    /// For each name, the users whose login, profile email or app-user email equals it but for case (semantics, people).
    pub fn find_by_name<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> HashMap<String, Vec<UserIndex>> {
        let mut found: HashMap<String, Vec<UserIndex>> =
            names.into_iter().map(|name| (name.to_lowercase(), Vec::new())).collect();
        if found.is_empty() {
            return found;
        }
        for index in self.user_indices() {
            let Some(user) = self.user(index) else { continue };
            let app_email = user.assignment.as_ref().and_then(|row| row.email.as_deref());
            for name in [user.login.as_deref(), user.email.as_deref(), app_email].into_iter().flatten() {
                if let Some(users) = found.get_mut(&name.to_lowercase())
                    && users.last() != Some(&index)
                {
                    users.push(index);
                }
            }
        }
        found
    }

    /// Of the two sides that disagree, whether it is the person's that says member.
    pub fn person_says_member(&self, disagreement: Disagreement) -> bool {
        self.own
            .get(&disagreement.user)
            .is_some_and(|own| own.groups.binary_search(&disagreement.group).is_ok())
    }
}
