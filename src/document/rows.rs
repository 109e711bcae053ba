//! The long lists of an organisation — its users, the app's users, the members of a group — as columns: one piece of memory for the strings
//! of all rows, and small numbers that point into it. A million people fit where a string of their own for each field would not.
//!
//! Each list is read straight into its columns, whole or in parts that are then joined; the place of a row is its index. The fields are
//! those of the shapes in [`super::okta`]; what they mean is left to `model`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::sync::Arc;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, SeqAccess, Visitor};

use super::objects::ObjectsOnly;
use super::okta;

/// Strings, one behind the other.
#[derive(Debug, Clone, Default)]
pub struct Texts(String);

/// Where a string stands in its [`Texts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    start: u32,
    /// One past the end, plus one.
    end: NonZeroU32,
}

/// Bytes; a list with more text is refused. Several lists together still have places that fit 32 bits.
const MOST_TEXT: usize = 1 << 30;

impl Texts {
    /// Adds a string behind the others.
    pub fn add(&mut self, text: &str) -> Text {
        let start = self.0.len();
        self.0.push_str(text);
        Text::new(start, self.0.len())
    }

    /// Adds a string, unless it is the one that is given, which is then used again.
    fn add_unless(&mut self, same: Option<Text>, text: &str) -> Text {
        match same {
            Some(same) if self.get(same) == text => same,
            _ => self.add(text),
        }
    }

    pub fn get(&self, text: Text) -> &str {
        self.0.get(text.start as usize..text.end.get() as usize - 1).unwrap_or_default()
    }

    /// Takes over the strings of another; gives by how much their places move.
    fn append(&mut self, other: &Self) -> u32 {
        let moved = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.push_str(&other.0);
        moved
    }
}

impl Text {
    fn new(start: usize, end: usize) -> Self {
        let end = u32::try_from(end).unwrap_or(u32::MAX).saturating_add(1);
        Self {
            start: u32::try_from(start).unwrap_or(u32::MAX),
            end: NonZeroU32::new(end).unwrap_or(NonZeroU32::MIN),
        }
    }

    fn moved(self, by: u32) -> Self {
        Self { start: self.start.saturating_add(by), end: self.end.saturating_add(by) }
    }
}

/// Ids, one behind the other. Okta's are all of one length, and while they are, no places are kept.
#[derive(Debug, Clone, Default)]
pub struct Ids {
    text: String,
    count: usize,
    length: usize,
    /// Where each ends, once lengths differ.
    ends: Option<Vec<u32>>,
}

impl Ids {
    fn add(&mut self, id: &str) {
        if self.count == 0 {
            self.length = id.len();
        } else if id.len() != self.length && self.ends.is_none() {
            let end = |count: usize| u32::try_from(count * self.length).unwrap_or(u32::MAX);
            self.ends = Some((1..=self.count).map(end).collect());
        }
        self.text.push_str(id);
        self.count += 1;
        if let Some(ends) = &mut self.ends {
            ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        }
    }

    pub fn get(&self, index: usize) -> Option<&str> {
        if index >= self.count {
            return None;
        }
        match &self.ends {
            None => self.text.get(index * self.length..(index + 1) * self.length),
            Some(ends) => {
                let start = index.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |end| *end);
                self.text.get(start as usize..*ends.get(index)? as usize)
            }
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.count).map(|index| self.get(index).unwrap_or_default())
    }

    pub fn len(&self) -> usize {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn append(&mut self, next: &Self) {
        if self.ends.is_none() && next.ends.is_none() && self.length == next.length {
            self.text.push_str(&next.text);
            self.count += next.count;
        } else {
            next.iter().for_each(|id| self.add(id));
        }
    }
}

/// A number that names have in common which are equal but for case.
pub fn name_mark(name: &str) -> u32 {
    if name.is_ascii() { mark(name.as_bytes()) } else { mark(name.to_lowercase().as_bytes()) }
}

fn mark(bytes: &[u8]) -> u32 {
    // The bit in which small letters differ from capital ones.
    const SMALL: u64 = 0x2020_2020_2020_2020;
    let mix =
        |hash: u64, word: u64| (hash.rotate_left(5) ^ (word | SMALL)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let word = |bytes: &[u8]| bytes.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte));
    let (words, rest) = bytes.as_chunks::<8>();
    let hash = words.iter().fold(bytes.len() as u64, |hash, bytes| mix(hash, u64::from_le_bytes(*bytes)));
    (mix(hash, word(rest)) >> 32) as u32
}

/// Strings of which there are few, such as a status, each once.
#[derive(Debug, Clone, Default)]
pub struct Words {
    words: Vec<String>,
    places: HashMap<String, Word>,
    last: Option<Word>,
}

/// One of the [`Words`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word(NonZeroU32);

impl Word {
    /// Its index among the words.
    pub fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

impl Words {
    fn add(&mut self, text: &str) -> Word {
        if let Some(last) = self.last.filter(|last| self.get(*last) == text) {
            return last;
        }
        let word = match self.places.get(text) {
            Some(word) => *word,
            None => {
                self.words.push(text.to_owned());
                let number = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
                let word = Word(NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN));
                self.places.insert(text.to_owned(), word);
                word
            }
        };
        self.last = Some(word);
        word
    }

    pub fn get(&self, word: Word) -> &str {
        self.words.get(word.index()).map_or("", String::as_str)
    }

    /// In the order of their indices.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// Takes over the words of another; gives what each of them is here.
    fn append(&mut self, other: &Self) -> Vec<Word> {
        other.words.iter().map(|word| self.add(word)).collect()
    }
}

/// `okta/users.json`.
#[derive(Debug, Clone, Default)]
pub struct UserRows {
    pub ids: Ids,
    /// Logins and emails.
    pub texts: Texts,
    /// Statuses and kinds of providers.
    pub words: Words,
    pub rows: Vec<UserRow>,
    /// For each row the [`name_mark`] of its login; 0 where it has none.
    pub login_marks: Vec<u32>,
    /// The marks of emails that are not the login, letter by letter, each with its row.
    pub email_marks: Vec<(u32, u32)>,
    /// The rows without an email.
    pub without_email: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
pub struct UserRow {
    pub login: Option<Text>,
    pub email: Option<Text>,
    pub status: Option<Word>,
    /// `credentials.provider.type`.
    pub provider: Option<Word>,
}

/// `okta/app-users.json`.
#[derive(Debug, Clone, Default)]
pub struct AppUserRows {
    pub ids: Ids,
    /// User names and emails.
    pub texts: Texts,
    /// Scopes, statuses and links to groups.
    pub words: Words,
    pub rows: Vec<AppUserRow>,
}

#[derive(Debug, Clone, Copy)]
pub struct AppUserRow {
    pub user_name: Option<Text>,
    pub email: Option<Text>,
    pub scope: Option<Word>,
    pub status: Option<Word>,
    /// `_links.group.href`.
    pub group: Option<Word>,
}

/// The members of one group.
#[derive(Debug, Clone, Default)]
pub struct MemberRows {
    pub ids: Ids,
}

/// A list that was read while its file was, and the file not kept.
#[derive(Debug, Clone)]
pub enum Rows {
    Users(Arc<UserRows>),
    AppUsers(Arc<AppUserRows>),
    Members(Arc<MemberRows>),
}

/// A list as columns.
pub trait Columns: Default + DeserializeOwned {
    /// One row as it stands in a text.
    type Row<'t>: Deserialize<'t>;

    fn push(&mut self, row: Self::Row<'_>);

    /// Takes over the rows of the next part of the same list.
    fn append(&mut self, next: Self);

    fn len(&self) -> usize;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is more text than a list may have.
    fn is_full(&self) -> bool;

    /// The list as one of the three.
    fn into_rows(self) -> Rows;

    /// The columns of a list, if it is one of these.
    fn of_list(rows: &Rows) -> Option<Arc<Self>>;
}

impl UserRows {
    pub fn of(rows: &[okta::User]) -> Self {
        let mut columns = Self::default();
        for row in rows {
            let profile = row.profile.as_ref();
            columns.add(
                &row.id,
                row.status.as_deref(),
                profile.and_then(|profile| profile.login.as_deref()),
                profile.and_then(|profile| profile.email.as_deref()),
                row.credentials
                    .as_ref()
                    .and_then(|credentials| credentials.provider.as_ref())
                    .and_then(|provider| provider.kind.as_deref()),
            );
        }
        columns
    }

    fn add(
        &mut self,
        id: &str,
        status: Option<&str>,
        login: Option<&str>,
        email: Option<&str>,
        provider: Option<&str>,
    ) {
        self.ids.add(id);
        self.login_marks.push(login.map_or(0, name_mark));
        let place = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        match email {
            Some(email) if Some(email) != login => self.email_marks.push((name_mark(email), place)),
            Some(_) => {}
            None => self.without_email.push(place),
        }
        let login = login.map(|login| self.texts.add(login));
        let email = email.map(|email| self.texts.add_unless(login, email));
        let row = UserRow {
            login,
            email,
            status: status.map(|status| self.words.add(status)),
            provider: provider.map(|provider| self.words.add(provider)),
        };
        self.rows.push(row);
    }
}

impl Columns for UserRows {
    type Row<'t> = User<'t>;

    fn push(&mut self, row: User<'_>) {
        let profile = row.profile.unwrap_or_default();
        let provider = row.credentials.and_then(|credentials| credentials.provider).and_then(|p| p.kind);
        self.add(
            &row.id,
            row.status.as_deref(),
            profile.login.as_deref(),
            profile.email.as_deref(),
            provider.as_deref(),
        );
    }

    fn append(&mut self, next: Self) {
        if self.rows.is_empty() {
            *self = next;
            return;
        }
        let moved = self.texts.append(&next.texts);
        let words = self.words.append(&next.words);
        let before = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        self.ids.append(&next.ids);
        self.login_marks.extend(next.login_marks);
        self.email_marks
            .extend(next.email_marks.iter().map(|(mark, row)| (*mark, row.saturating_add(before))));
        self.without_email.extend(next.without_email.iter().map(|row| row.saturating_add(before)));
        self.rows.extend(next.rows.iter().map(|row| UserRow {
            login: row.login.map(|text| text.moved(moved)),
            email: row.email.map(|text| text.moved(moved)),
            status: in_order(row.status, &words),
            provider: in_order(row.provider, &words),
        }));
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn is_full(&self) -> bool {
        self.ids.text.len().max(self.texts.0.len()) > MOST_TEXT
    }

    fn into_rows(self) -> Rows {
        Rows::Users(Arc::new(self))
    }

    fn of_list(rows: &Rows) -> Option<Arc<Self>> {
        match rows {
            Rows::Users(columns) => Some(Arc::clone(columns)),
            _ => None,
        }
    }
}

impl AppUserRows {
    pub fn of(rows: &[okta::AppUser]) -> Self {
        let mut columns = Self::default();
        for row in rows {
            columns.add(
                &row.id,
                (row.scope.as_deref(), row.status.as_deref()),
                row.credentials.as_ref().and_then(|credentials| credentials.user_name.as_deref()),
                row.profile.as_ref().and_then(|profile| profile.email.as_deref()),
                row.links
                    .as_ref()
                    .and_then(|links| links.group.as_ref())
                    .and_then(|group| group.href.as_deref()),
            );
        }
        columns
    }

    fn add(
        &mut self,
        id: &str,
        (scope, status): (Option<&str>, Option<&str>),
        user_name: Option<&str>,
        email: Option<&str>,
        group: Option<&str>,
    ) {
        self.ids.add(id);
        let user_name = user_name.map(|name| self.texts.add(name));
        let email = email.map(|email| self.texts.add_unless(user_name, email));
        let row = AppUserRow {
            user_name,
            email,
            scope: scope.map(|scope| self.words.add(scope)),
            status: status.map(|status| self.words.add(status)),
            group: group.map(|group| self.words.add(group)),
        };
        self.rows.push(row);
    }
}

impl Columns for AppUserRows {
    type Row<'t> = AppUser<'t>;

    fn push(&mut self, row: AppUser<'_>) {
        let user_name = row.credentials.and_then(|credentials| credentials.user_name);
        let email = row.profile.and_then(|profile| profile.email);
        let group = row.links.and_then(|links| links.group).and_then(|group| group.href);
        self.add(
            &row.id,
            (row.scope.as_deref(), row.status.as_deref()),
            user_name.as_deref(),
            email.as_deref(),
            group.as_deref(),
        );
    }

    fn append(&mut self, next: Self) {
        if self.rows.is_empty() {
            *self = next;
            return;
        }
        let moved = self.texts.append(&next.texts);
        let words = self.words.append(&next.words);
        self.ids.append(&next.ids);
        self.rows.extend(next.rows.iter().map(|row| AppUserRow {
            user_name: row.user_name.map(|text| text.moved(moved)),
            email: row.email.map(|text| text.moved(moved)),
            scope: in_order(row.scope, &words),
            status: in_order(row.status, &words),
            group: in_order(row.group, &words),
        }));
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn is_full(&self) -> bool {
        self.ids.text.len().max(self.texts.0.len()) > MOST_TEXT
    }

    fn into_rows(self) -> Rows {
        Rows::AppUsers(Arc::new(self))
    }

    fn of_list(rows: &Rows) -> Option<Arc<Self>> {
        match rows {
            Rows::AppUsers(columns) => Some(Arc::clone(columns)),
            _ => None,
        }
    }
}

impl MemberRows {
    pub fn of(rows: &[okta::Member]) -> Self {
        let mut columns = Self::default();
        for row in rows {
            columns.ids.add(&row.id);
        }
        columns
    }
}

impl Columns for MemberRows {
    type Row<'t> = Member<'t>;

    fn push(&mut self, row: Member<'_>) {
        self.ids.add(&row.id);
    }

    fn append(&mut self, next: Self) {
        if self.ids.is_empty() {
            *self = next;
            return;
        }
        self.ids.append(&next.ids);
    }

    fn len(&self) -> usize {
        self.ids.len()
    }

    fn is_full(&self) -> bool {
        self.ids.text.len() > MOST_TEXT
    }

    fn into_rows(self) -> Rows {
        Rows::Members(Arc::new(self))
    }

    fn of_list(rows: &Rows) -> Option<Arc<Self>> {
        match rows {
            Rows::Members(columns) => Some(Arc::clone(columns)),
            _ => None,
        }
    }
}

fn in_order(word: Option<Word>, words: &[Word]) -> Option<Word> {
    words.get(word?.index()).copied()
}

macro_rules! read_as_list {
    ($($columns:ident)*) => {
        $(impl<'de> Deserialize<'de> for $columns {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_seq(ListVisitor(PhantomData))
            }
        })*
    };
}

read_as_list! { UserRows AppUserRows MemberRows }

struct ListVisitor<C>(PhantomData<C>);

impl<'de, C: Columns> Visitor<'de> for ListVisitor<C> {
    type Value = C;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<C, A::Error> {
        let mut columns = C::default();
        while let Some(row) = elements.next_element::<C::Row<'de>>()? {
            columns.push(row);
            if columns.is_full() {
                return Err(A::Error::custom(
                    "found more than a gibibyte of text in one list, expected less",
                ));
            }
        }
        Ok(columns)
    }
}

/// A string that stays where it stands, if it can.
pub struct Piece<'t>(Cow<'t, str>);

impl std::ops::Deref for Piece<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 't, 't> Deserialize<'de> for Piece<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PieceVisitor;

        impl<'de> Visitor<'de> for PieceVisitor {
            type Value = Piece<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Piece(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Piece(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E: Error>(self, text: String) -> Result<Self::Value, E> {
                Ok(Piece(Cow::Owned(text)))
            }
        }

        deserializer.deserialize_str(PieceVisitor)
    }
}

/// A row as it stands in a text; the fields are those of [`okta::User`].
#[derive(serde::Deserialize)]
pub struct User<'t> {
    #[serde(borrow)]
    id: Piece<'t>,
    #[serde(borrow)]
    status: Option<Piece<'t>>,
    #[serde(borrow)]
    profile: Option<UserProfile<'t>>,
    #[serde(borrow)]
    credentials: Option<UserCredentials<'t>>,
}

#[derive(Default, serde::Deserialize)]
struct UserProfile<'t> {
    #[serde(borrow)]
    login: Option<Piece<'t>>,
    #[serde(borrow)]
    email: Option<Piece<'t>>,
}

#[derive(serde::Deserialize)]
struct UserCredentials<'t> {
    #[serde(borrow)]
    provider: Option<Provider<'t>>,
}

#[derive(serde::Deserialize)]
struct Provider<'t> {
    #[serde(rename = "type", borrow)]
    kind: Option<Piece<'t>>,
}

/// A row as it stands in a text; the fields are those of [`okta::AppUser`].
#[derive(serde::Deserialize)]
pub struct AppUser<'t> {
    #[serde(borrow)]
    id: Piece<'t>,
    #[serde(borrow)]
    scope: Option<Piece<'t>>,
    #[serde(borrow)]
    status: Option<Piece<'t>>,
    #[serde(borrow)]
    credentials: Option<AppUserCredentials<'t>>,
    #[serde(borrow)]
    profile: Option<AppUserProfile<'t>>,
    #[serde(rename = "_links", borrow)]
    links: Option<AppUserLinks<'t>>,
}

#[derive(serde::Deserialize)]
struct AppUserCredentials<'t> {
    #[serde(rename = "userName", borrow)]
    user_name: Option<Piece<'t>>,
}

#[derive(serde::Deserialize)]
struct AppUserProfile<'t> {
    #[serde(borrow)]
    email: Option<Piece<'t>>,
}

#[derive(serde::Deserialize)]
struct AppUserLinks<'t> {
    #[serde(borrow)]
    group: Option<Link<'t>>,
}

#[derive(serde::Deserialize)]
struct Link<'t> {
    #[serde(borrow)]
    href: Option<Piece<'t>>,
}

/// A row as it stands in a text; the field is that of [`okta::Member`].
#[derive(serde::Deserialize)]
pub struct Member<'t> {
    #[serde(borrow)]
    id: Piece<'t>,
}

/// The rows of one part of a list, in brackets. `None` where it is not a list of these rows: then the whole list is read again with care, to
/// say what is wrong and where.
pub fn part<C: Columns>(text: &str) -> Option<C> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let columns = C::deserialize(ObjectsOnly(&mut deserializer)).ok()?;
    deserializer.end().ok()?;
    Some(columns)
}
