//! Everyone whom a document names, by index: the rows of the lists where they stand, and the index of each id.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use crate::document::okta::id_of_link;
use crate::document::rows::{AppUserRow, AppUserRows, Text, UserRow, UserRows, Word, name_mark};
use crate::model::parts;
use crate::model::truth::Truth;

use super::{Assignment, AssignmentScope, User, UserIndex};

/// See the module. First the rows of `okta/users.json` in their order, then whom only other documents name.
#[derive(Debug, Clone)]
pub(super) struct Users {
    rows: Arc<UserRows>,
    rows_by_id: RowIndex,
    /// For each user with a row its position; `None` where position and index are the same, since no id is there twice.
    positions: Option<Vec<u32>>,
    with_row: usize,
    app_users: Arc<AppUserRows>,
    /// For each user the position in `okta/app-users.json`, or [`NO_ROW`].
    assignments: Vec<u32>,
    others: Vec<String>,
    others_by_id: HashMap<String, UserIndex>,
    /// For each word of the app users, as a status: whether it says that somebody is assigned.
    active: Vec<Truth>,
    /// Marks of emails in the app that are neither the login nor the profile's email, letter by letter.
    app_email_marks: Vec<(u32, UserIndex)>,
}

const NO_ROW: u32 = u32::MAX;

/// How many marks are told apart when people are looked for by name.
const ASKED_BITS: usize = 1 << 18;

/// Finds the user of a row's id.
#[derive(Debug, Clone)]
enum RowIndex {
    /// The ids ascend, as `pull` writes them: the first bytes of the first of every [`BETWEEN_FENCES`].
    Fences(Vec<u128>),
    Hashed(HashMap<String, u32>),
}

const BETWEEN_FENCES: usize = 16;

/// The first bytes of an id, in the order of the ids.
fn beginning(id: &str) -> u128 {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(id.bytes()).for_each(|(slot, byte)| *slot = byte);
    u128::from_be_bytes(bytes)
}

/// The rows among which an id must be, if any has it; `near`: the fence that was last looked at, for ids that ascend.
fn between_fences(fences: &[u128], id: &str, near: &mut usize) -> Range<usize> {
    let key = beginning(id);
    let mut from = 0;
    let mut to = fences.len();
    if fences.get(*near).is_some_and(|fence| *fence < key) {
        from = *near;
        let mut step = 1;
        while fences.get(from + step).is_some_and(|fence| *fence < key) {
            from += step;
            step *= 2;
        }
        to = to.min(from + step);
    }
    let first = from + fences.get(from..to).unwrap_or_default().partition_point(|fence| *fence < key);
    let same = fences.get(first..).unwrap_or_default().partition_point(|fence| *fence <= key);
    *near = first.saturating_sub(1);
    *near * BETWEEN_FENCES..(first + same) * BETWEEN_FENCES
}

impl Users {
    pub fn new(rows: Arc<UserRows>, app_users: Arc<AppUserRows>) -> Self {
        let active = app_users.words.iter().map(|status| Truth::of(Some(is_assigned(status)))).collect();
        let mut users = Self {
            rows_by_id: RowIndex::Fences(Vec::new()),
            positions: None,
            with_row: 0,
            assignments: Vec::new(),
            others: Vec::new(),
            others_by_id: HashMap::new(),
            active,
            app_email_marks: Vec::new(),
            rows,
            app_users,
        };
        users.index_rows();
        users.assign();
        users
    }

    fn index_rows(&mut self) {
        let ids = &self.rows.ids;
        if ids.iter().zip(ids.iter().skip(1)).all(|(one, next)| one < next) {
            let fences = (0..ids.len()).step_by(BETWEEN_FENCES).filter_map(|index| ids.get(index));
            self.rows_by_id = RowIndex::Fences(fences.map(beginning).collect());
            self.with_row = ids.len();
            return;
        }
        let mut by_id = HashMap::with_capacity(ids.len());
        let mut positions: Vec<u32> = Vec::with_capacity(ids.len());
        for (position, id) in (0_u32..).zip(ids.iter()) {
            let next = u32::try_from(positions.len()).unwrap_or(u32::MAX);
            let index = *by_id.entry(id.to_owned()).or_insert(next);
            match positions.get_mut(index as usize) {
                // The last row of an id counts.
                Some(before) => *before = position,
                None => positions.push(position),
            }
        }
        self.rows_by_id = RowIndex::Hashed(by_id);
        self.with_row = positions.len();
        self.positions = Some(positions).filter(|positions| positions.len() < ids.len());
    }

    fn assign(&mut self) {
        self.assignments = vec![NO_ROW; self.len()];
        let app_users = Arc::clone(&self.app_users);
        let mut next = 0;
        for ((position, row), id) in (0_u32..).zip(&app_users.rows).zip(app_users.ids.iter()) {
            // Both lists stand in the order of the ids, mostly.
            let user = if self.id(UserIndex(next)) == Some(id) { UserIndex(next) } else { self.intern(id) };
            next = user.0.saturating_add(1);
            if let Some(email) = row.email.map(|email| app_users.texts.get(email)) {
                let text = |text: Option<Text>| text.map(|text| self.rows.texts.get(text));
                let (login, own) = self.row(user).map_or((None, None), |(_, row)| (row.login, row.email));
                if text(login) != Some(email) && text(own) != Some(email) {
                    self.app_email_marks.push((name_mark(email), user));
                }
            }
            let active = self.is_active(row);
            let before = self.assignment_row(user).map(|row| self.is_active(row));
            // A second row of one person does not take back what the first gives.
            if before.is_none_or(|before| before <= active)
                && let Some(slot) = self.assignments.get_mut(user.0 as usize)
            {
                *slot = position;
            }
        }
    }

    /// For each name, in small letters, everyone whose login, profile email or app-user email it is but for case, ascending.
    pub fn named(&self, folded: impl Iterator<Item = String>) -> HashMap<String, Vec<UserIndex>> {
        let mut found: HashMap<String, Vec<UserIndex>> = folded.map(|name| (name, Vec::new())).collect();
        // Of a million people few have a mark that is asked for; only their names are looked at.
        let mut asked = vec![0_u64; ASKED_BITS / 64];
        let bit = |mark: u32| (mark as usize % ASKED_BITS / 64, 1_u64 << (mark % 64));
        for name in found.keys() {
            let (word, bit) = bit(name_mark(name));
            asked.iter_mut().skip(word).take(1).for_each(|word| *word |= bit);
        }
        let marks: HashSet<u32> = found.keys().map(|name| name_mark(name)).collect();
        let is_asked = |mark: u32| {
            let (word, bit) = bit(mark);
            asked.get(word).is_some_and(|word| word & bit != 0) && marks.contains(&mark)
        };
        let mut candidates: Vec<UserIndex> = Vec::new();
        let index = |index: usize| UserIndex(u32::try_from(index).unwrap_or(u32::MAX));
        match &self.positions {
            None => {
                let marks = &self.rows.login_marks;
                let by_login =
                    parts::chosen(marks.len(), |at| marks.get(at).is_some_and(|mark| is_asked(*mark)));
                candidates.extend(by_login.into_iter().map(index));
                let by_email = self.rows.email_marks.iter();
                candidates.extend(by_email.filter(|(mark, _)| is_asked(*mark)).map(|(_, at)| UserIndex(*at)));
            }
            Some(_) => candidates.extend((0..self.with_row).map(index)),
        }
        let in_app = self.app_email_marks.iter();
        candidates.extend(in_app.filter(|(mark, _)| is_asked(*mark)).map(|(_, user)| *user));
        candidates.sort_unstable();
        candidates.dedup();
        for user in candidates {
            for name in self.names_of(user) {
                if let Some(users) = found.get_mut(&name.to_lowercase())
                    && users.last() != Some(&user)
                {
                    users.push(user);
                }
            }
        }
        found
    }

    /// Everyone whose row has no email, ascending; others may be among them.
    pub fn perhaps_without_email(&self) -> Vec<UserIndex> {
        let len = u32::try_from(self.len()).unwrap_or(u32::MAX);
        match &self.positions {
            // A row's position is its user.
            None => {
                let without_row = u32::try_from(self.with_row).unwrap_or(u32::MAX)..len;
                self.rows.without_email.iter().copied().chain(without_row).map(UserIndex).collect()
            }
            Some(_) => (0..len).map(UserIndex).collect(),
        }
    }

    fn names_of(&self, user: UserIndex) -> impl Iterator<Item = &str> {
        let (login, email) = self.row(user).map_or((None, None), |(_, row)| (row.login, row.email));
        let own = [login, email].into_iter().flatten().map(|text| self.rows.texts.get(text));
        own.chain(self.app_email(user))
    }

    pub fn len(&self) -> usize {
        self.with_row + self.others.len()
    }

    pub fn find(&self, id: &str) -> Option<UserIndex> {
        let mut near = usize::MAX;
        self.find_near(id, &mut near)
    }

    /// The same for ids that mostly ascend; `near` is kept from one to the next.
    pub fn find_near(&self, id: &str, near: &mut usize) -> Option<UserIndex> {
        let row = match &self.rows_by_id {
            RowIndex::Hashed(by_id) => by_id.get(id).copied(),
            RowIndex::Fences(fences) => {
                let mut among = between_fences(fences, id, near);
                among.end = among.end.min(self.with_row);
                while among.len() > 1 {
                    let middle = among.start + among.len() / 2;
                    match self.rows.ids.get(middle) {
                        Some(there) if there <= id => among.start = middle,
                        _ => among.end = middle,
                    }
                }
                let same = self.rows.ids.get(among.start).filter(|there| !among.is_empty() && *there == id);
                same.and_then(|_| u32::try_from(among.start).ok())
            }
        };
        row.map(UserIndex).or_else(|| self.others_by_id.get(id).copied())
    }

    /// The user of an id, from now on if not before.
    pub fn intern(&mut self, id: &str) -> UserIndex {
        if let Some(user) = self.find(id) {
            return user;
        }
        let user = UserIndex(u32::try_from(self.len()).unwrap_or(u32::MAX));
        self.others.push(id.to_owned());
        self.others_by_id.insert(id.to_owned(), user);
        self.assignments.resize(self.len(), NO_ROW);
        user
    }

    pub fn id(&self, user: UserIndex) -> Option<&str> {
        match position(self.positions.as_deref(), self.with_row, user.0) {
            Some(position) => self.rows.ids.get(position),
            None => (user.0 as usize)
                .checked_sub(self.with_row)
                .and_then(|index| self.others.get(index))
                .map(String::as_str),
        }
    }

    pub fn login(&self, user: UserIndex) -> Option<&str> {
        let (_, row) = self.row(user)?;
        row.login.map(|login| self.rows.texts.get(login))
    }

    /// The row in `okta/users.json`, with its position.
    pub fn row(&self, user: UserIndex) -> Option<(usize, &UserRow)> {
        let position = position(self.positions.as_deref(), self.with_row, user.0)?;
        Some((position, self.rows.rows.get(position)?))
    }

    /// Statuses and kinds of providers, in the order of their indices.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.rows.words.iter()
    }

    /// The row in `okta/app-users.json`.
    pub fn assignment_row(&self, user: UserIndex) -> Option<&AppUserRow> {
        let position = *self.assignments.get(user.0 as usize)?;
        self.app_users.rows.get(position as usize)
    }

    pub fn is_active(&self, row: &AppUserRow) -> Truth {
        row.status.and_then(|status| self.active.get(status.index())).copied().unwrap_or(Truth::Maybe)
    }

    /// For each word of the app users, as a link to a group: the id that it ends in.
    pub fn links(&self) -> impl Iterator<Item = Option<&str>> {
        self.app_users.words.iter().map(id_of_link)
    }

    /// The scope of a row, with the link of the group as a word.
    pub fn scope(&self, row: &AppUserRow) -> AssignmentScope<Option<Word>> {
        match row.scope.map(|scope| self.app_users.words.get(scope)) {
            Some("USER") => AssignmentScope::User,
            Some("GROUP") => AssignmentScope::Group(row.group),
            _ => AssignmentScope::Unsaid,
        }
    }

    pub fn anyone_is_assigned(&self) -> bool {
        !self.app_users.rows.is_empty()
    }

    /// The name in the app that the token's email is taken from.
    pub fn app_email(&self, user: UserIndex) -> Option<&str> {
        let email = self.assignment_row(user)?.email?;
        Some(self.app_users.texts.get(email))
    }

    pub fn assignment(&self, user: UserIndex) -> Option<Assignment<'_>> {
        let position = *self.assignments.get(user.0 as usize)? as usize;
        let row = self.app_users.rows.get(position)?;
        let text = |text: Option<Text>| text.map(|text| self.app_users.texts.get(text));
        let word = |word: Option<Word>| word.map(|word| self.app_users.words.get(word));
        Some(Assignment {
            scope: match self.scope(row) {
                AssignmentScope::User => AssignmentScope::User,
                AssignmentScope::Group(link) => AssignmentScope::Group(word(link).and_then(id_of_link)),
                AssignmentScope::Unsaid => AssignmentScope::Unsaid,
            },
            active: self.is_active(row),
            email: text(row.email),
            user_name: text(row.user_name),
            position,
        })
    }

    /// Everything but whether a user without a row is known not to exist.
    pub fn user(&self, user: UserIndex, without_row: super::Record) -> Option<User<'_>> {
        let id = self.id(user)?;
        let row = self.row(user);
        let text = |text: Option<Text>| text.map(|text| self.rows.texts.get(text));
        let word = |word: Option<Word>| word.map(|word| self.rows.words.get(word));
        Some(User {
            id,
            login: text(row.and_then(|(_, row)| row.login)),
            email: text(row.and_then(|(_, row)| row.email)),
            status: word(row.and_then(|(_, row)| row.status)),
            provider: word(row.and_then(|(_, row)| row.provider)),
            record: row.map_or(without_row, |(position, _)| super::Record::At(position)),
            assignment: self.assignment(user),
        })
    }
}

fn position(positions: Option<&[u32]>, with_row: usize, user: u32) -> Option<usize> {
    let index = user as usize;
    match positions {
        _ if index >= with_row => None,
        Some(positions) => positions.get(index).map(|position| *position as usize),
        None => Some(index),
    }
}

fn is_assigned(status: &str) -> bool {
    const NOT_ASSIGNED: [&str; 4] = ["DEPROVISIONED", "REVOKED", "UNASSIGNED", "INACTIVE"];
    !NOT_ASSIGNED.contains(&status)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use proptest::prelude::*;

    use super::*;
    use crate::document::okta as shape;

    fn users(ids: &[String]) -> Users {
        let row = |id: &String| shape::User {
            id: id.clone(),
            profile: Some(shape::UserProfile {
                login: Some(format!("{id}@acme.com")),
                email: Some(id.clone()),
            }),
            ..shape::User::default()
        };
        let rows: Vec<shape::User> = ids.iter().map(row).collect();
        Users::new(Arc::new(UserRows::of(&rows)), Arc::default())
    }

    /// Every fence is the same then, and none tells where an id is.
    #[test]
    fn ids_that_share_twenty_bytes_are_found() {
        let id = |number: u32| format!("00u1abcdefghijklmnop{number:06}");
        let count = 50_000;
        let users = users(&(0..count).map(|number| id(2 * number)).collect::<Vec<_>>());
        let mut near = usize::MAX;
        for number in 0..count {
            assert_eq!(users.find(&id(2 * number)), Some(UserIndex(number)));
            assert_eq!(users.find_near(&id(2 * number), &mut near), Some(UserIndex(number)));
            assert_eq!(users.find(&id(2 * number + 1)), None);
        }
        for id in ["00u1abcdefghijklmnop", "00u1abcdefghijkl", "00u1abcdefghijklmnoq", "00u1"] {
            assert_eq!(users.find(id), None, "{id}");
        }
    }

    proptest! {
        /// Whether the ids ascend, are there twice, or share their beginnings: each is found, with its last row, and nothing else is.
        #[test]
        fn an_id_is_found_in_whatever_order(
            mut ids in prop::collection::vec("(00u1abcdefghijk){0,2}[a-cK\u{212a}]{0,4}", 0..200),
            ascending in any::<bool>(),
            asked in prop::collection::vec("(00u1abcdefghijk){0,2}[a-c]{0,4}", 0..20),
        ) {
            if ascending {
                ids.sort();
                ids.dedup();
            }
            let users = users(&ids);
            let mut distinct: Vec<&String> = Vec::new();
            for id in &ids {
                if !distinct.contains(&id) {
                    distinct.push(id);
                }
            }
            prop_assert_eq!(users.len(), distinct.len());
            let mut near = usize::MAX;
            for id in ids.iter().chain(&asked) {
                let expect = distinct.iter().position(|there| *there == id);
                let found = users.find(id).map(|user| user.0 as usize);
                prop_assert_eq!(found, expect, "{}", id);
                prop_assert_eq!(users.find_near(id, &mut near).map(|user| user.0 as usize), expect, "{} nearby", id);
                if let Some(user) = users.find(id) {
                    prop_assert_eq!(users.row(user).map(|(position, _)| position), ids.iter().rposition(|there| there == id));
                    prop_assert_eq!(users.id(user), Some(id.as_str()));
                }
            }
        }

        #[test]
        fn people_are_found_by_name_but_for_case(
            ids in prop::collection::vec("[a-cA-CéÉkK\u{212a}ß]{0,10}", 0..100),
            asked in prop::collection::vec("[a-cA-CéÉkK\u{212a}]{0,10}", 0..20),
        ) {
            let users = users(&ids);
            let folded: Vec<String> = asked.iter().chain(&ids).map(|name| name.to_lowercase()).collect();
            let found = users.named(folded.iter().cloned());
            for name in folded {
                let expect: Vec<UserIndex> = (0..u32::try_from(users.len()).unwrap())
                    .map(UserIndex)
                    .filter(|user| users.names_of(*user).any(|theirs| theirs.to_lowercase() == name))
                    .collect();
                prop_assert_eq!(&found[&name], &expect, "{}", name);
            }
        }
    }
}
