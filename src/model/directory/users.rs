//! Everyone whom a document names, by index: the rows of the lists where they stand, and the index of each id.

use std::hash::BuildHasher;
use std::sync::Arc;
use std::thread;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::document::okta::id_of_link;
use crate::document::rows::{AppUserRow, AppUserRows, Text, Texts, UserRow, UserRows, Word};
use crate::model::parts::threads_for;
use crate::model::truth::Truth;

use super::{Assignment, AssignmentScope, User, UserIndex};

/// See the module. First the rows of `okta/users.json` in their order, then whom only other documents name.
#[derive(Debug, Clone)]
pub(super) struct Users {
    rows: Arc<UserRows>,
    /// For each user with a row its position; `None` where position and index are the same, since no id is there twice.
    positions: Option<Vec<u32>>,
    with_row: usize,
    app_users: Arc<AppUserRows>,
    /// For each user the position in `okta/app-users.json`, or [`NO_ROW`].
    assignments: Vec<u32>,
    other_texts: Texts,
    others: Vec<Text>,
    by_id: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// For each word of the app users, as a status: whether it says that somebody is assigned.
    active: Vec<Truth>,
    names: Names,
}

const NO_ROW: u32 = u32::MAX;

impl Users {
    pub fn new(rows: Arc<UserRows>, app_users: Arc<AppUserRows>) -> Self {
        let active = app_users.words.iter().map(|status| Truth::of(Some(is_assigned(status)))).collect();
        let rows_beside = Arc::clone(&rows);
        let mut users = Self {
            names: Names::default(),
            by_id: HashTable::with_capacity(rows.rows.len()),
            positions: None,
            with_row: 0,
            assignments: Vec::new(),
            other_texts: Texts::default(),
            others: Vec::new(),
            hasher: DefaultHashBuilder::default(),
            active,
            rows,
            app_users,
        };
        // Finding by name needs the rows alone, so it is prepared at the same time.
        let (other_emails, names) = if threads_for(users.rows.rows.len()) < 2 {
            users.index_rows();
            (users.assign(), Names::of_rows(&rows_beside))
        } else {
            thread::scope(|scope| {
                let names = scope.spawn(|| Names::of_rows(&rows_beside));
                users.index_rows();
                (users.assign(), names.join().unwrap_or_else(|_| Names::of_rows(&rows_beside)))
            })
        };
        users.names = if users.positions.is_none() { names } else { Names::of_users(&users) };
        for user in other_emails {
            let folded = users.app_email(user).map(str::to_lowercase).unwrap_or_default();
            users.names.add(&folded, user.0);
        }
        users
    }

    fn index_rows(&mut self) {
        let rows = Arc::clone(&self.rows);
        let id = |row: &UserRow| rows.texts.get(row.id);
        let ascending = rows.rows.windows(2).all(|pair| match pair {
            [one, other] => id(one) < id(other),
            _ => true,
        });
        let hash = |row: &UserRow| self.hasher.hash_one(id(row));
        let hash_at = |index: &u32| rows.rows.get(*index as usize).map_or(0, hash);
        if ascending {
            for (position, row) in (0_u32..).zip(&rows.rows) {
                self.by_id.insert_unique(hash(row), position, hash_at);
            }
            self.with_row = rows.rows.len();
            return;
        }
        let mut positions: Vec<u32> = Vec::with_capacity(rows.rows.len());
        for (position, row) in (0_u32..).zip(&rows.rows) {
            let same = |index: &u32| {
                let there = positions.get(*index as usize).and_then(|at| rows.rows.get(*at as usize));
                there.is_some_and(|there| id(there) == id(row))
            };
            match self.by_id.find(hash(row), same).copied() {
                // The last row of an id counts.
                Some(index) => {
                    positions.iter_mut().skip(index as usize).take(1).for_each(|at| *at = position)
                }
                None => {
                    let index = u32::try_from(positions.len()).unwrap_or(u32::MAX);
                    let rehash = |index: &u32| positions.get(*index as usize).map_or(0, hash_at);
                    self.by_id.insert_unique(hash(row), index, rehash);
                    positions.push(position);
                }
            }
        }
        self.with_row = positions.len();
        self.positions = Some(positions).filter(|positions| positions.len() < rows.rows.len());
    }

    /// Gives everyone whose email in the app is neither their login nor their profile's email, letter by letter.
    fn assign(&mut self) -> Vec<UserIndex> {
        let mut other_emails = Vec::new();
        self.assignments = vec![NO_ROW; self.len()];
        let app_users = Arc::clone(&self.app_users);
        let mut next = 0;
        for (position, row) in (0_u32..).zip(&app_users.rows) {
            let id = app_users.texts.get(row.id);
            // Both lists stand in the order of the ids, mostly.
            let user = if self.id(UserIndex(next)) == Some(id) { UserIndex(next) } else { self.intern(id) };
            next = user.0.saturating_add(1);
            if let Some(email) = row.email.map(|email| app_users.texts.get(email)) {
                let text = |text: Option<Text>| text.map(|text| self.rows.texts.get(text));
                let (login, own) = self.row(user).map_or((None, None), |(_, row)| (row.login, row.email));
                if text(login) != Some(email) && text(own) != Some(email) {
                    other_emails.push(user);
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
        other_emails
    }

    /// Everyone whose login, profile email or app-user email is this but for case, ascending; the name in small letters.
    pub fn named(&self, folded: &str) -> Vec<UserIndex> {
        let mut found: Vec<UserIndex> = self
            .names
            .candidates(folded)
            .map(UserIndex)
            .filter(|user| self.names_of(*user).any(|name| name.to_lowercase() == folded))
            .collect();
        found.sort_unstable();
        found.dedup();
        found
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
        let same = |index: &u32| self.id(UserIndex(*index)) == Some(id);
        self.by_id.find(self.hasher.hash_one(id), same).map(|index| UserIndex(*index))
    }

    /// The user of an id, from now on if not before.
    pub fn intern(&mut self, id: &str) -> UserIndex {
        if let Some(user) = self.find(id) {
            return user;
        }
        let index = u32::try_from(self.len()).unwrap_or(u32::MAX);
        let text = self.other_texts.add(id);
        self.others.push(text);
        self.assignments.resize(self.len(), NO_ROW);
        let Self { by_id, hasher, rows, positions, with_row, other_texts, others, .. } = self;
        let rehash = |index: &u32| {
            hasher.hash_one(
                id_at(rows, positions.as_deref(), *with_row, other_texts, others, *index).unwrap_or_default(),
            )
        };
        by_id.insert_unique(hasher.hash_one(id), index, rehash);
        UserIndex(index)
    }

    pub fn id(&self, user: UserIndex) -> Option<&str> {
        id_at(&self.rows, self.positions.as_deref(), self.with_row, &self.other_texts, &self.others, user.0)
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

/// Who may go by a name: candidates by a mark of the name in small letters, which must still be compared.
#[derive(Debug, Clone, Default)]
struct Names {
    places: HashTable<NamePlace>,
    hasher: DefaultHashBuilder,
}

#[derive(Debug, Clone, Copy)]
struct NamePlace {
    mark: u32,
    user: u32,
}

impl NamePlace {
    fn hash(&self) -> u64 {
        spread(self.mark)
    }
}

fn spread(mark: u32) -> u64 {
    u64::from(mark).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Names {
    fn with_room_for(count: usize) -> Self {
        Self { places: HashTable::with_capacity(count + count / 8), hasher: DefaultHashBuilder::default() }
    }

    fn of_rows(rows: &UserRows) -> Self {
        let mut names = Self::with_room_for(rows.rows.len());
        for (index, row) in (0_u32..).zip(&rows.rows) {
            names.add_row(rows, row, index);
        }
        names
    }

    fn of_users(users: &Users) -> Self {
        let mut names = Self::with_room_for(users.with_row);
        for index in 0..u32::try_from(users.with_row).unwrap_or(u32::MAX) {
            if let Some((_, row)) = users.row(UserIndex(index)) {
                names.add_row(&users.rows, row, index);
            }
        }
        names
    }

    fn add_row(&mut self, rows: &UserRows, row: &UserRow, user: u32) {
        if let Some(login) = row.login {
            self.add_unfolded(rows.texts.get(login), user);
        }
        if let Some(email) = row.email.filter(|email| Some(*email) != row.login) {
            self.add_unfolded(rows.texts.get(email), user);
        }
    }

    fn add_unfolded(&mut self, name: &str, user: u32) {
        let mut folded = [0; 64];
        match folded.get_mut(..name.len()) {
            Some(folded) if name.is_ascii() => {
                folded.copy_from_slice(name.as_bytes());
                folded.make_ascii_lowercase();
                self.insert(self.mark(folded), user);
            }
            _ => self.add(&name.to_lowercase(), user),
        }
    }

    /// The name is in small letters.
    fn add(&mut self, folded: &str, user: u32) {
        self.insert(self.mark(folded.as_bytes()), user);
    }

    fn insert(&mut self, mark: u32, user: u32) {
        self.places.insert_unique(spread(mark), NamePlace { mark, user }, NamePlace::hash);
    }

    fn mark(&self, folded: &[u8]) -> u32 {
        // The upper half, cut to 32 bits.
        (self.hasher.hash_one(folded) >> 32) as u32
    }

    fn candidates(&self, folded: &str) -> impl Iterator<Item = u32> {
        let mark = self.mark(folded.as_bytes());
        self.places.iter_hash(spread(mark)).filter(move |place| place.mark == mark).map(|place| place.user)
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

fn id_at<'u>(
    rows: &'u UserRows,
    positions: Option<&[u32]>,
    with_row: usize,
    other_texts: &'u Texts,
    others: &[Text],
    user: u32,
) -> Option<&'u str> {
    match position(positions, with_row, user) {
        Some(position) => rows.rows.get(position).map(|row| rows.texts.get(row.id)),
        None => others.get(user as usize - with_row.min(user as usize)).map(|text| other_texts.get(*text)),
    }
}

fn is_assigned(status: &str) -> bool {
    const NOT_ASSIGNED: [&str; 4] = ["DEPROVISIONED", "REVOKED", "UNASSIGNED", "INACTIVE"];
    !NOT_ASSIGNED.contains(&status)
}
