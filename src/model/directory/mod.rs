//! Okta's users and groups, and who is in which: interned, so that everything above works on small indices.
//!
//! Memberships come from the group's side (`group-users`) and the person's (`user-groups`), each whole or in part. This module answers
//! "is this user in this group" with yes, no or maybe. What a group is good for is left to `signin`.

mod building;
mod users;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use crate::document::rows::Word;
use crate::document::{DocumentName, JsonPath};

use super::fact::{Cause, Gap};
use super::truth::Truth;
use users::Users;

pub use building::{Extent, Sources};

/// Index into [`Directory::users`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserIndex(pub u32);

impl From<UserIndex> for u32 {
    fn from(user: UserIndex) -> Self {
        user.0
    }
}

/// Index into [`Directory::groups`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupIndex(pub u32);

/// A list as far as it was read.
#[derive(Debug, Clone)]
pub enum Listing {
    Read { complete: bool, looked_up: HashSet<String> },
    Unknown(Gap),
}

impl Listing {
    /// Whether everything that there is, is in the list.
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
#[derive(Debug, Clone, Copy)]
pub struct Assignment<'d> {
    /// With the id of the group.
    pub scope: AssignmentScope<Option<&'d str>>,
    /// Not `DEPROVISIONED`, `REVOKED`, `UNASSIGNED` or `INACTIVE` (semantics G5.1); without a status it is not known.
    pub active: Truth,
    pub email: Option<&'d str>,
    pub user_name: Option<&'d str>,
    pub position: usize,
}

/// What `okta/users.json` says of a user; the words are those of [`Directory::words`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Listed { status: Option<Word>, provider: Option<Word> },
    NotThere,
    Unknown,
}

/// How a user came to be assigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssignmentScope<G> {
    User,
    /// By a group; the link may not say which.
    Group(G),
    Unsaid,
}

/// A user whom any document names; what only `okta/users.json` says is `None` where the user is not in it.
#[derive(Debug, Clone, Copy)]
pub struct User<'d> {
    pub id: &'d str,
    pub login: Option<&'d str>,
    pub email: Option<&'d str>,
    pub status: Option<&'d str>,
    /// `credentials.provider.type`.
    pub provider: Option<&'d str>,
    pub record: Record,
    pub assignment: Option<Assignment<'d>>,
}

impl<'d> User<'d> {
    /// What the person is called in every output: the login, else what Torq's side of Okta has.
    pub fn label(&self) -> &'d str {
        self.login
            .or(self.email)
            .or_else(|| self.assignment.and_then(|row| row.email))
            .or_else(|| self.assignment.and_then(|row| row.user_name))
            .unwrap_or(self.id)
    }
}

/// Whose group it is: its `type` in `okta/groups.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupKind {
    Okta,
    BuiltIn,
    /// From a directory or an application.
    App,
    Unsaid,
}

/// A group that any document names; without a name where only its id is known.
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

/// Those of an ascending list that are in a range.
pub fn within<T: Copy + Into<u32>>(ascending: &[T], range: Range<u32>) -> &[T] {
    let (start, end) = (first_from(ascending, range.start), first_from(ascending, range.end));
    ascending.get(start..end).unwrap_or_default()
}

/// How many of an ascending list are below a bound. Members are spread over the people more or less evenly, so the search begins where that
/// would have it: halving a long list from its middle waits for memory at each step.
fn first_from<T: Copy + Into<u32>>(ascending: &[T], bound: u32) -> usize {
    let (Some(first), Some(last)) = (ascending.first(), ascending.last()) else { return 0 };
    if (*first).into() >= bound {
        return 0;
    }
    let last = (*last).into();
    let is_below = |place: usize| ascending.get(place).is_some_and(|one| (*one).into() < bound);
    let len = ascending.len() as u64;
    let guess = len * u64::from(bound.min(last)) / (u64::from(last) + 1);
    let guess = usize::try_from(guess).unwrap_or(0);
    let mut step = 1;
    let among = if is_below(guess) {
        while is_below(guess.saturating_add(step)) {
            step *= 2;
        }
        guess..ascending.len().min(guess.saturating_add(step))
    } else {
        while guess >= step && !is_below(guess - step) {
            step *= 2;
        }
        guess.saturating_sub(step)..guess
    };
    among.start + ascending.get(among).unwrap_or_default().partition_point(|one| (*one).into() < bound)
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

/// All users and groups that any document names, and the memberships between them.
#[derive(Debug, Clone)]
pub struct Directory {
    users: Users,
    pub groups: Vec<Group>,
    /// `okta/users.json`, `okta/groups.json` and `okta/app-users.json` as far as they were read.
    pub user_list: Listing,
    pub group_list: Listing,
    pub app_user_list: Listing,
    pub disagreements: Vec<Disagreement>,
    group_by_id: HashMap<String, GroupIndex>,
    groups_by_name: HashMap<String, Vec<GroupIndex>>,
    members: BTreeMap<GroupIndex, Members>,
    own: HashMap<UserIndex, Own>,
    contested: HashSet<UserIndex>,
    unnamed_groups: bool,
    /// A row lacks its login.
    unnamed_users: bool,
}

impl Directory {
    pub fn user(&self, index: UserIndex) -> Option<User<'_>> {
        // Another document names the id, so a look-up by name says nothing of it.
        let without_row = if self.user_list.is_complete() { Record::NotThere } else { Record::Unknown };
        self.users.user(index, without_row)
    }

    /// Whether `okta/users.json` has the user, and then the status and the kind of provider as words.
    pub fn standing(&self, user: UserIndex) -> Standing {
        match self.users.row(user) {
            Some((_, row)) => Standing::Listed { status: row.status, provider: row.provider },
            None if self.user_list.is_complete() => Standing::NotThere,
            None => Standing::Unknown,
        }
    }

    /// What the words of [`Standing`] say, in the order of their indices.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.users.words()
    }

    /// How a user is assigned: whether the row is active, and its scope with the link of the group as a word.
    pub fn assigned_as(&self, user: UserIndex) -> Option<(Truth, AssignmentScope<Option<Word>>)> {
        let row = self.users.assignment_row(user)?;
        Some((self.users.is_active(row), self.users.scope(row)))
    }

    /// The ids that the words of [`Directory::assigned_as`] end in, in the order of their indices.
    pub fn links(&self) -> impl Iterator<Item = Option<&str>> {
        self.users.links()
    }

    /// Everyone whose profile gives no email, ascending; others may be among them.
    pub fn perhaps_without_email(&self) -> Vec<UserIndex> {
        self.users.perhaps_without_email()
    }

    /// In the order of their indices.
    pub fn users(&self) -> impl Iterator<Item = User<'_>> {
        self.user_indices().filter_map(|user| self.user(user))
    }

    pub fn user_count(&self) -> usize {
        self.users.len()
    }

    pub fn group(&self, index: GroupIndex) -> Option<&Group> {
        self.groups.get(index.0 as usize)
    }

    pub fn user_indices(&self) -> impl Iterator<Item = UserIndex> + use<> {
        (0..u32::try_from(self.user_count()).unwrap_or(u32::MAX)).map(UserIndex)
    }

    pub fn group_indices(&self) -> impl Iterator<Item = GroupIndex> + use<> {
        (0..u32::try_from(self.groups.len()).unwrap_or(u32::MAX)).map(GroupIndex)
    }

    pub fn okta_id(&self, user: UserIndex) -> Option<&str> {
        self.users.id(user)
    }

    pub fn login(&self, user: UserIndex) -> Option<&str> {
        self.users.login(user)
    }

    /// By Okta's id, for ids that mostly ascend: `near` is kept from one to the next.
    pub fn user_by_id_near(&self, id: &str, near: &mut usize) -> Option<UserIndex> {
        self.users.find_near(id, near)
    }

    /// By Okta's id.
    pub fn user_by_id(&self, id: &str) -> Option<UserIndex> {
        self.users.find(id)
    }

    /// By Okta's id.
    pub fn group_by_id(&self, id: &str) -> Option<GroupIndex> {
        self.group_by_id.get(id).copied()
    }

    /// Groups with exactly this name; a directory's group may share an Okta group's.
    pub fn groups_named(&self, name: &str) -> &[GroupIndex] {
        self.groups_by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether a group that is in no list is known not to exist, by its name.
    pub fn settles_group(&self, name: &str) -> bool {
        let listed = match &self.group_list {
            Listing::Read { complete, looked_up } => *complete || looked_up.contains(name),
            Listing::Unknown(_) => false,
        };
        !self.unnamed_groups && listed
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

    /// Whether the app's users have anybody at all.
    pub fn anyone_is_assigned(&self) -> bool {
        self.users.anyone_is_assigned()
    }

    /// Whether the user is in the group; `Maybe` where neither side settles it or the two disagree.
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
    pub fn each_member(&self, group: GroupIndex, visit: impl FnMut(UserIndex)) {
        self.each_member_among(group, 0..u32::MAX, visit);
    }

    /// The same, of some users only.
    pub fn each_member_among(&self, group: GroupIndex, among: Range<u32>, mut visit: impl FnMut(UserIndex)) {
        if self.group(group).is_some_and(Group::is_everyone) {
            self.users_among(among).for_each(visit);
        } else if let Some(members) = self.members.get(&group) {
            // A loop of its own: passed on, the call would not be taken in.
            for user in within(&members.users, among) {
                visit(*user);
            }
        }
    }

    /// Users of whom it is not known whether they are in the group.
    pub fn each_possible_member(&self, group: GroupIndex, visit: impl FnMut(UserIndex)) {
        self.each_possible_member_among(group, 0..u32::MAX, visit);
    }

    /// The same, of some users only.
    pub fn each_possible_member_among(
        &self,
        group: GroupIndex,
        among: Range<u32>,
        mut visit: impl FnMut(UserIndex),
    ) {
        if self.group(group).is_some_and(Group::is_everyone) {
            return;
        }
        match self.members.get(&group) {
            Some(members) if members.complete => {
                self.contested.iter().filter(|user| among.contains(&user.0)).for_each(|user| visit(*user));
            }
            _ => self
                .users_among(among)
                .filter(|user| self.membership(*user, group) == Truth::Maybe)
                .for_each(visit),
        }
    }

    /// Users whose index is in a range.
    pub fn users_among(&self, among: Range<u32>) -> impl Iterator<Item = UserIndex> + use<> {
        let end = among.end.min(u32::try_from(self.user_count()).unwrap_or(u32::MAX));
        (among.start..end).map(UserIndex)
    }

    /// Users whose groups are not all known from their own side: a group that is in no list may be theirs.
    pub fn each_of_unlisted_groups(&self, visit: impl FnMut(UserIndex)) {
        self.each_of_unlisted_groups_among(0..u32::MAX, visit);
    }

    /// The same, of some users only.
    pub fn each_of_unlisted_groups_among(&self, among: Range<u32>, visit: impl FnMut(UserIndex)) {
        self.users_among(among).filter(|user| self.all_groups_of(*user).is_none()).for_each(visit);
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
        DocumentName::UserGroups(self.users.id(user).unwrap_or_default().to_owned())
    }

    /// Whether somebody whom no row names is known not to be an Okta user: not while a row lacks its login.
    pub fn settles_user(&self, name: &str) -> bool {
        self.user_list.settles(name) && !self.unnamed_users
    }

    /// For each name, the users whose login, profile email or app-user email equals it but for case (semantics, people).
    pub fn find_by_name<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> HashMap<String, Vec<UserIndex>> {
        self.users.named(names.into_iter().map(str::to_lowercase))
    }

    /// Of the two sides that disagree, whether it is the person's that says member.
    pub fn person_says_member(&self, disagreement: Disagreement) -> bool {
        self.own
            .get(&disagreement.user)
            .is_some_and(|own| own.groups.binary_search(&disagreement.group).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{UserIndex, within};

    proptest! {
        #[test]
        fn those_within_a_range_are_found_however_they_are_spread(
            members in prop::collection::btree_set(prop_oneof![0..200_u32, 190..210_u32, any::<u32>()], 0..60),
            start in prop_oneof![0..220_u32, any::<u32>()],
            end in prop_oneof![0..220_u32, any::<u32>()],
        ) {
            let members: Vec<UserIndex> = members.into_iter().map(UserIndex).collect();
            let expect: Vec<UserIndex> =
                members.iter().copied().filter(|user| (start..end).contains(&user.0)).collect();
            prop_assert_eq!(within(&members, start..end), &expect);
        }
    }
}
