//! Who is considered: everyone assigned, every Torq user, everyone named by an email mapping or an expectation (semantics, people).

use std::collections::HashMap;

use crate::model::{Truth, UserIndex, World};

/// Index of a person: Okta users come first, with their [`UserIndex`], then the people whom Okta was not found to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonIndex(pub u32);

impl From<UserIndex> for PersonIndex {
    fn from(user: UserIndex) -> Self {
        Self(user.0)
    }
}

impl From<PersonIndex> for u32 {
    fn from(person: PersonIndex) -> Self {
        person.0
    }
}

/// Someone who is named and whom no read Okta document has.
#[derive(Debug, Clone)]
pub struct Stranger {
    /// As Torq, a mapping or an expectation spells it.
    pub name: String,
    /// Okta is known not to have them; else it is not known.
    pub settled: bool,
    /// Whether they have a Torq account that signs in without Okta.
    pub local: Truth,
}

/// Everyone there is an index for: first the users of the directory, then people whom only a name elsewhere stands for.
#[derive(Debug, Clone)]
pub struct Population {
    users: u32,
    strangers: Vec<Stranger>,
    considered: Vec<bool>,
    /// How Torq, a mapping or an expectation spells a person whose login is not known.
    spelled: HashMap<PersonIndex, String>,
    by_name: HashMap<String, Vec<PersonIndex>>,
}

impl Population {
    /// `assigned`: for each user (G5.1, G5.2). `expected`: names and emails from expectations and from the command line.
    pub fn new(world: &World, assigned: &[Truth], expected: &[String]) -> Self {
        let users = u32::try_from(world.directory.user_count()).unwrap_or(u32::MAX);
        let mut population = Self {
            users,
            strangers: Vec::new(),
            considered: assigned.iter().map(|assigned| *assigned != Truth::No).collect(),
            spelled: HashMap::new(),
            by_name: HashMap::new(),
        };
        let torq_users = world.torq_users.known().map_or(&[][..], Vec::as_slice);
        let mapped = world.mapped_emails.iter().map(String::as_str);
        let names: Vec<&str> = torq_users
            .iter()
            .map(|user| user.email.as_str())
            .chain(mapped)
            .chain(expected.iter().map(String::as_str))
            .collect();
        let found = world.directory.find_by_name(names.iter().copied());
        let accounts = LocalAccounts::new(world);
        for id in expected {
            if let Some(user) = world.directory.user_by_id(id) {
                population.add(world, &accounts, id, &[user]);
            }
        }
        for name in names {
            let users = found.get(&name.to_lowercase()).map_or(&[][..], Vec::as_slice);
            population.add(world, &accounts, name, users);
        }
        population
    }

    fn add(&mut self, world: &World, accounts: &LocalAccounts, name: &str, users: &[UserIndex]) {
        let folded = name.to_lowercase();
        if self.by_name.contains_key(&folded) {
            return;
        }
        let people: Vec<PersonIndex> = if users.is_empty() {
            let index = PersonIndex(self.users + u32::try_from(self.strangers.len()).unwrap_or(u32::MAX));
            self.strangers.push(Stranger {
                name: name.to_owned(),
                settled: world.directory.settles_user(name),
                local: accounts.find(world, &folded),
            });
            self.considered.push(true);
            vec![index]
        } else {
            users.iter().map(|user| PersonIndex::from(*user)).collect()
        };
        for person in &people {
            if let Some(considered) = self.considered.get_mut(person.0 as usize) {
                *considered = true;
            }
            self.spelled.entry(*person).or_insert_with(|| name.to_owned());
        }
        self.by_name.insert(folded, people);
    }

    /// Everyone there is an index for, considered or not.
    pub fn len(&self) -> usize {
        self.considered.len()
    }

    pub fn is_empty(&self) -> bool {
        self.considered.is_empty()
    }

    /// Whether the person gets a verdict.
    pub fn is_considered(&self, person: PersonIndex) -> bool {
        self.considered.get(person.0 as usize).copied().unwrap_or(false)
    }

    /// People who get a verdict.
    pub fn considered(&self) -> impl Iterator<Item = PersonIndex> + '_ {
        (0..)
            .map(PersonIndex)
            .zip(&self.considered)
            .filter(|(_, considered)| **considered)
            .map(|(person, _)| person)
    }

    /// The person as a user of the directory.
    pub fn user(&self, person: PersonIndex) -> Option<UserIndex> {
        (person.0 < self.users).then_some(UserIndex(person.0))
    }

    /// The person as someone whom the directory does not have.
    pub fn stranger(&self, person: PersonIndex) -> Option<&Stranger> {
        person.0.checked_sub(self.users).and_then(|index| self.strangers.get(index as usize))
    }

    /// Those whom the directory does not have, ascending.
    pub fn strangers(&self) -> impl Iterator<Item = PersonIndex> + use<> {
        (self.users..u32::try_from(self.len()).unwrap_or(u32::MAX)).map(PersonIndex)
    }

    /// The people whom a Torq user, a mapping or an expectation names; more than one where a name is one user's login and another's email.
    pub fn named(&self, name: &str) -> &[PersonIndex] {
        self.by_name.get(&name.to_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// The Okta login, else the name as it is spelled elsewhere.
    pub fn label<'a>(&'a self, world: &'a World, person: PersonIndex) -> &'a str {
        match self.user(person) {
            Some(user) => world
                .directory
                .login(user)
                .or_else(|| self.spelled.get(&person).map(String::as_str))
                .or_else(|| world.directory.user(user).map(|user| user.label()))
                .unwrap_or_default(),
            None => self.stranger(person).map_or("", |stranger| stranger.name.as_str()),
        }
    }

    pub fn okta_id<'a>(&self, world: &'a World, person: PersonIndex) -> Option<&'a str> {
        self.user(person).and_then(|user| world.directory.okta_id(user))
    }
}

/// Who of the Torq users is a local account, by email in small letters.
struct LocalAccounts(HashMap<String, Vec<Truth>>);

impl LocalAccounts {
    fn new(world: &World) -> Self {
        let mut accounts: HashMap<String, Vec<Truth>> = HashMap::new();
        for user in world.torq_users.known().into_iter().flatten() {
            let local = Truth::of(user.sso_provision.map(|provisioned| !provisioned));
            accounts.entry(user.email.to_lowercase()).or_default().push(local);
        }
        Self(accounts)
    }

    /// Whether someone whom Okta does not have is a local Torq account: not known where the workspace's users were not all read, or do not
    /// say.
    fn find(&self, world: &World, folded: &str) -> Truth {
        // Two accounts of one email that say different things decide nothing.
        match self.0.get(folded).and_then(|said| said.split_first()) {
            Some((first, others)) if others.iter().all(|other| other == first) => *first,
            Some(_) => Truth::Maybe,
            None if world.torq_user_list.settles(folded) => Truth::No,
            None => Truth::Maybe,
        }
    }
}
