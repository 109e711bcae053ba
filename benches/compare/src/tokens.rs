//! What each user's token carries of the two claims that the tables here name, `groups` and `email`: made from the directory alone and not
//! with the tool's table, so that all other contestants begin where the tool does.

use ssolint::model::directory::{Group, GroupKind};
use ssolint::model::{GroupIndex, UserIndex, World};
use ssolint::signin::mapping::{Scalar, email};
use ssolint::signin::{PersonIndex, Population};

pub struct Tokens<'w> {
    /// Where each user's groups begin; one more at the end.
    starts: Vec<usize>,
    groups: Vec<GroupIndex>,
    emails: Vec<Option<&'w str>>,
}

impl<'w> Tokens<'w> {
    /// `passes`: the filter of the groups claim, by a group's name.
    pub fn new(world: &'w World, population: &Population, passes: impl Fn(&str) -> bool) -> Self {
        let directory = &world.directory;
        let passes = |group: &Group| {
            matches!(group.kind, GroupKind::Okta | GroupKind::BuiltIn)
                && group.name.as_deref().is_some_and(&passes)
        };
        let passing: Vec<GroupIndex> =
            directory.group_indices().filter(|group| directory.group(*group).is_some_and(passes)).collect();
        let users = directory.user_count();
        let mut starts = vec![0; users + 1];
        for group in &passing {
            directory.each_member(*group, |user| starts[user.0 as usize + 1] += 1);
        }
        for user in 0..users {
            starts[user + 1] += starts[user];
        }
        let mut next = starts.clone();
        let mut groups = vec![GroupIndex(0); starts[users]];
        for group in passing {
            directory.each_member(group, |user| {
                let place = &mut next[user.0 as usize];
                groups[*place] = group;
                *place += 1;
            });
        }
        let emails = directory
            .user_indices()
            .map(|user| match email(world, population, PersonIndex::from(user)) {
                Scalar::Value(email) => Some(email),
                Scalar::NotSent => None,
                Scalar::Unknown => panic!("everything about these worlds is known"),
            })
            .collect();
        Self { starts, groups, emails }
    }

    pub fn users(&self) -> impl Iterator<Item = UserIndex> + use<> {
        (0..u32::try_from(self.emails.len()).unwrap()).map(UserIndex)
    }

    /// Ascending.
    pub fn groups(&self, user: UserIndex) -> &[GroupIndex] {
        let user = user.0 as usize;
        &self.groups[self.starts[user]..self.starts[user + 1]]
    }

    pub fn email(&self, user: UserIndex) -> Option<&'w str> {
        self.emails[user.0 as usize]
    }
}

/// A token in words, for contestants that take no numbers.
pub struct Token<'w> {
    pub groups: Vec<&'w str>,
    pub email: Option<&'w str>,
}

impl<'w> Tokens<'w> {
    /// For each user, in their order.
    pub fn in_words(&self, world: &'w World) -> Vec<Token<'w>> {
        let name = |group: &GroupIndex| world.directory.group(*group).and_then(|group| group.name.as_deref());
        self.users()
            .map(|user| Token {
                groups: self.groups(user).iter().filter_map(name).collect(),
                email: self.email(user),
            })
            .collect()
    }
}
