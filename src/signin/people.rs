//! Conditions on people, for everyone at once: in which groups, which users (semantics G5.3, G6.3c).

use crate::model::directory::Group;
use crate::model::policy::People;
use crate::model::{Directory, Truth};

/// For each user, whether the conditions match.
pub fn matches(directory: &Directory, people: &People) -> Vec<Truth> {
    let everyone = directory.user_count();
    if people.anyone() {
        return vec![Truth::Yes; everyone];
    }
    let in_groups = in_any_group(directory, &people.groups.include);
    let in_users = among(directory, &people.users.include);
    let out_groups = in_any_group(directory, &people.groups.exclude);
    let out_users = among(directory, &people.users.exclude);
    let by_group = !people.groups.include.is_empty();
    let by_user = !people.users.include.is_empty();
    (0..everyone)
        .map(|index| {
            let at = |list: &[Truth]| list.get(index).copied().unwrap_or(Truth::No);
            let included = match (by_group, by_user) {
                (false, false) => Truth::Yes,
                (true, false) => at(&in_groups),
                (false, true) => at(&in_users),
                // How the two combine is not documented: they decide where they agree.
                (true, true) if at(&in_groups) == at(&in_users) => at(&in_groups),
                (true, true) => Truth::Maybe,
            };
            included.and(!at(&out_groups)).and(!at(&out_users))
        })
        .collect()
}

/// Whether the conditions match someone of whom it is not known whether Okta has them.
pub fn matches_stranger(directory: &Directory, people: &People) -> Truth {
    let in_groups =
        |ids: &[String]| ids.iter().map(|id| stranger_in_group(directory, id)).max().unwrap_or(Truth::No);
    let among = |ids: &[String]| if ids.is_empty() { Truth::No } else { Truth::Maybe };
    let (by_group, by_user) = (&people.groups.include, &people.users.include);
    let included = match (by_group.is_empty(), by_user.is_empty()) {
        (true, true) => Truth::Yes,
        (false, true) => in_groups(by_group),
        (true, false) => among(by_user),
        (false, false) if in_groups(by_group) == among(by_user) => among(by_user),
        (false, false) => Truth::Maybe,
    };
    included.and(!in_groups(&people.groups.exclude)).and(!among(&people.users.exclude))
}

/// Whoever Okta has is in `Everyone`; of other groups nothing is known.
pub fn stranger_in_group(directory: &Directory, id: &str) -> Truth {
    let group = directory.group_by_id(id).and_then(|group| directory.group(group));
    if id == EVERYONE_KEYWORD || group.is_some_and(Group::is_everyone) { Truth::Yes } else { Truth::Maybe }
}

/// Okta's authorization-server rules name the group of everyone so, instead of by its id.
pub const EVERYONE_KEYWORD: &str = "EVERYONE";

fn in_any_group(directory: &Directory, ids: &[String]) -> Vec<Truth> {
    let mut truths = vec![Truth::No; directory.user_count()];
    for id in ids {
        if id == EVERYONE_KEYWORD {
            truths.fill(Truth::Yes);
            continue;
        }
        match directory.group_by_id(id) {
            Some(group) => {
                directory.each_possible_member(group, |user| raise(&mut truths, user.0, Truth::Maybe));
                directory.each_member(group, |user| raise(&mut truths, user.0, Truth::Yes));
            }
            None => directory.each_of_unlisted_groups(|user| raise(&mut truths, user.0, Truth::Maybe)),
        }
    }
    truths
}

fn among(directory: &Directory, ids: &[String]) -> Vec<Truth> {
    let mut truths = vec![Truth::No; directory.user_count()];
    for id in ids {
        if let Some(user) = directory.user_by_id(id) {
            raise(&mut truths, user.0, Truth::Yes);
        }
    }
    truths
}

fn raise(truths: &mut [Truth], index: u32, truth: Truth) {
    if let Some(slot) = truths.get_mut(index as usize) {
        *slot = (*slot).or(truth);
    }
}
