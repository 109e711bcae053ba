//! G7: which claim mappings match whose token (semantics G7.1–G7.6). The walk through the table is left to `walk`.
//!
//! A mapping is looked at from the side of what it names: the members of its group, the person of its email. So a pass costs as much as the
//! mapped groups have members, not as many as there are people times mappings.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use crate::document::DocumentName;
use crate::model::directory::{Record, within};
use crate::model::parts;
use crate::model::torq::Mapping;
use crate::model::{Cause, Gap, GroupIndex, Truth, World};

use super::claim_source::{self, ClaimSource};
use super::group_names::GroupNames;
use super::java_regex::RegexReading;
use super::population::{PersonIndex, Population};
use super::token::{self, Counts};

/// A scalar claim of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar<'w> {
    Value(&'w str),
    NotSent,
    Unknown,
}

/// The person's email as the token has it (G6.2).
pub fn email<'w>(world: &'w World, population: &Population, person: PersonIndex) -> Scalar<'w> {
    let Some(user) = population.user(person).and_then(|user| world.directory.user(user)) else {
        return unread_stranger(population, person);
    };
    let list = &world.directory.app_user_list;
    let settled = user.assignment.is_some()
        || list.settles(user.id)
        || user.login.is_some_and(|login| list.settles(login))
        || user.email.is_some_and(|email| list.settles(email));
    if !settled {
        return Scalar::Unknown;
    }
    match (user.assignment.and_then(|row| row.email), user.email, user.record) {
        (Some(email), _, _) | (None, Some(email), _) => Scalar::Value(email),
        // A row without a login has no profile: then it does not say either that there is no email.
        (None, None, Record::At(_)) if user.login.is_none() => Scalar::Unknown,
        (None, None, Record::Unknown) => Scalar::Unknown,
        (None, None, Record::At(_) | Record::NotThere) => Scalar::NotSent,
    }
}

/// The person's user name in the app as the token has it (G6.2).
pub fn user_name<'w>(world: &'w World, population: &Population, person: PersonIndex) -> Scalar<'w> {
    let Some(user) = population.user(person).and_then(|user| world.directory.user(user)) else {
        return unread_stranger(population, person);
    };
    user.assignment.and_then(|row| row.user_name).map_or(Scalar::Unknown, Scalar::Value)
}

/// Whom Okta does not have gets no token; whom it may have, any.
fn unread_stranger<'w>(population: &Population, person: PersonIndex) -> Scalar<'w> {
    match population.stranger(person) {
        Some(stranger) if !stranger.settled => Scalar::Unknown,
        _ => Scalar::NotSent,
    }
}

/// What decides whether a mapping matches, in one reading of a regex.
#[derive(Debug)]
enum Test {
    /// No token has the claim, or none with this value.
    Never,
    /// The people whose scalar has the value, and those whose scalar is not known; nobody is among both.
    Scalar {
        with: Vec<PersonIndex>,
        /// Whether the claim is sent at all: not `No`.
        sent: Truth,
        /// The same list for every mapping of the claim.
        unknown: Arc<[PersonIndex]>,
        gap: Gap,
    },
    Groups(GroupTest),
    /// The claim may be there, with any value.
    Anyone(Gap),
}

#[derive(Debug)]
struct GroupTest {
    /// Groups of the mapped name that pass, or may.
    groups: Vec<Passing>,
    /// A group of that name may be missing from the list.
    unlisted: bool,
    gap: Gap,
}

/// A group that the filter, or one function of the expression, passes.
#[derive(Debug)]
struct Passing {
    group: GroupIndex,
    truth: Truth,
    /// Index into [`Table::overflows`]: people who have more groups than the function's limit, so that any of them may be missing.
    overflow: Option<usize>,
}

/// What gives a claim its names, with the people for whom it is cut short.
struct Share {
    names: GroupNames,
    overflow: Option<usize>,
}

/// The mapping table of a world, ready to be asked.
pub struct Table<'w> {
    pub(super) world: &'w World,
    population: &'w Population,
    pub mappings: &'w [Mapping],
    pub reading: RegexReading,
    tests: Vec<Test>,
    /// For each function with a limit, the users for whom it is cut short, or may be.
    overflows: Vec<Vec<bool>>,
    strangers: Vec<PersonIndex>,
}

impl<'w> Table<'w> {
    pub fn new(
        world: &'w World,
        population: &'w Population,
        mappings: &'w [Mapping],
        reading: RegexReading,
    ) -> Self {
        let mut table = Self {
            world,
            population,
            mappings,
            reading,
            tests: Vec::with_capacity(mappings.len()),
            overflows: Vec::new(),
            strangers: population
                .strangers()
                .filter(|person| population.stranger(*person).is_some_and(|stranger| !stranger.settled))
                .collect(),
        };
        let mut sources: HashMap<&str, (ClaimSource, Vec<Share>)> = HashMap::new();
        let scalars = Scalars::new(world, population, mappings);
        for mapping in mappings {
            let name = mapping.claim_name.as_str();
            if !sources.contains_key(name) {
                let source = claim_source::source(world, name);
                let shares = match &source {
                    ClaimSource::Groups(names) => table.shares(names),
                    _ => Vec::new(),
                };
                sources.insert(name, (source, shares));
            }
            let test = match sources.get(name) {
                Some((source, shares)) => table.test(mapping, source, shares, &scalars),
                None => Test::Never,
            };
            table.tests.push(test);
        }
        table
    }

    fn shares(&mut self, names: &GroupNames) -> Vec<Share> {
        names
            .shares()
            .into_iter()
            .map(|(names, limit)| {
                let overflow = limit.and_then(|limit| self.overflow(&names, limit));
                Share { names, overflow }
            })
            .collect()
    }

    fn overflow(&mut self, share: &GroupNames, limit: u64) -> Option<usize> {
        if share.always_within(limit) {
            return None;
        }
        let passes = |group| token::passing(self.world, share, group, self.reading);
        let counts = token::count(self.world, passes, limit);
        if let Counts::AtMost(most) = counts
            && u64::from(most) <= limit
        {
            return None;
        }
        let users = self.world.directory.user_indices();
        let over = users.map(|user| u64::from(counts.of(user).1) > limit).collect();
        self.overflows.push(over);
        Some(self.overflows.len() - 1)
    }

    fn test(&self, mapping: &Mapping, source: &ClaimSource, shares: &[Share], scalars: &Scalars) -> Test {
        match source {
            ClaimSource::NotSent(_) => Test::Never,
            ClaimSource::Unknown(gap) => Test::Anyone(gap.clone()),
            ClaimSource::Email(perhaps) => scalars.emails.test(&mapping.claim_value, perhaps.as_ref()),
            ClaimSource::UserName(perhaps) => scalars.user_names.test(&mapping.claim_value, perhaps.as_ref()),
            ClaimSource::Groups(names) => self.group_test(&mapping.claim_value, names, shares),
        }
    }

    fn group_test(&self, value: &str, names: &GroupNames, shares: &[Share]) -> Test {
        let directory = &self.world.directory;
        let passing = |share: &Share, group: GroupIndex| Passing {
            group,
            truth: token::passing(self.world, &share.names, group, self.reading),
            overflow: share.overflow,
        };
        let groups: Vec<Passing> = shares
            .iter()
            .flat_map(|share| directory.groups_named(value).iter().map(|group| passing(share, *group)))
            .filter(|passing| passing.truth != Truth::No)
            .collect();
        let unlisted = !directory.settles_group(value)
            && names.could_carry_unlisted(directory, value, self.reading) != Truth::No;
        if groups.is_empty() && !unlisted {
            return Test::Never;
        }
        let unread_members = groups.iter().find(|passing| !directory.knows_members(passing.group));
        let gap = match (names.gap(), unread_members) {
            (Some(gap), _) => gap.clone(),
            (None, _) if unlisted => directory.group_list.gap(&DocumentName::Groups),
            (None, Some(passing)) => directory.members_gap(passing.group),
            (None, None) => Gap {
                place: names.claim.value_place(),
                cause: Cause::Undecided(format!(
                    "whether the claim {} carries {value} is not known",
                    names.claim.name
                )),
            },
        };
        Test::Groups(GroupTest { groups, unlisted, gap })
    }

    /// Whether the function that passes the group is cut short for the person, or may be.
    fn overflows(&self, passing: &Passing, person: PersonIndex) -> bool {
        passing
            .overflow
            .and_then(|index| self.overflows.get(index))
            .and_then(|over| over.get(person.0 as usize))
            .copied()
            .unwrap_or(false)
    }

    /// People whose token is known to match the mapping.
    pub fn each_match(&self, mapping: usize, visit: impl FnMut(PersonIndex)) {
        self.each_match_among(mapping, 0..u32::MAX, visit);
    }

    /// The same, of people whose index is in a range.
    pub fn each_match_among(&self, mapping: usize, among: Range<u32>, mut visit: impl FnMut(PersonIndex)) {
        match self.tests.get(mapping) {
            Some(Test::Scalar { with, sent: Truth::Yes, .. }) => {
                within(with, among).iter().for_each(|person| visit(*person));
            }
            Some(Test::Groups(test)) => {
                let directory = &self.world.directory;
                for passing in test.groups.iter().filter(|passing| passing.truth == Truth::Yes) {
                    match passing.overflow {
                        None => {
                            directory
                                .each_member_among(passing.group, among.clone(), |user| visit(user.into()));
                        }
                        Some(_) => directory.each_member_among(passing.group, among.clone(), |user| {
                            if !self.overflows(passing, user.into()) {
                                visit(user.into());
                            }
                        }),
                    }
                }
            }
            Some(Test::Never | Test::Scalar { .. } | Test::Anyone(_)) | None => {}
        }
    }

    /// People whose token may match the mapping; some of them may be known to, and are visited by [`Table::each_match`] too.
    pub fn each_possible_match(&self, mapping: usize, visit: impl FnMut(PersonIndex)) {
        self.each_possible_match_among(mapping, 0..u32::MAX, visit);
    }

    /// The same, of people whose index is in a range.
    pub fn each_possible_match_among(
        &self,
        mapping: usize,
        among: Range<u32>,
        mut visit: impl FnMut(PersonIndex),
    ) {
        let directory = &self.world.directory;
        let strangers = || within(&self.strangers, among.clone()).iter();
        match self.tests.get(mapping) {
            Some(Test::Scalar { with, sent, unknown, .. }) => {
                let with: &[PersonIndex] = if *sent == Truth::Maybe { with } else { &[] };
                let mut with = within(with, among.clone()).iter().peekable();
                for person in within(unknown, among) {
                    while let Some(before) = with.next_if(|other| *other < person) {
                        visit(*before);
                    }
                    visit(*person);
                }
                with.for_each(|person| visit(*person));
            }
            Some(Test::Anyone(_)) => {
                directory.users_among(among.clone()).for_each(|user| visit(user.into()));
                strangers().for_each(|person| visit(*person));
            }
            Some(Test::Groups(test)) => {
                for passing in &test.groups {
                    let certain = passing.truth == Truth::Yes;
                    if !certain || passing.overflow.is_some() {
                        directory.each_member_among(passing.group, among.clone(), |user| {
                            if !certain || self.overflows(passing, user.into()) {
                                visit(user.into());
                            }
                        });
                    }
                    directory
                        .each_possible_member_among(passing.group, among.clone(), |user| visit(user.into()));
                }
                if test.unlisted {
                    directory
                        .users_among(among.clone())
                        .filter(|user| directory.all_groups_of(*user).is_none())
                        .for_each(|user| visit(user.into()));
                }
                if test.unlisted || !test.groups.is_empty() {
                    strangers().for_each(|person| visit(*person));
                }
            }
            Some(Test::Never) | None => {}
        }
    }

    /// Whether one person's token matches the mapping.
    pub fn matches(&self, mapping: usize, person: PersonIndex) -> Truth {
        let user = self.population.user(person);
        let unsettled = self.population.stranger(person).is_some_and(|stranger| !stranger.settled);
        match self.tests.get(mapping) {
            None | Some(Test::Never) => Truth::No,
            Some(Test::Anyone(_)) => Truth::of(if user.is_some() || unsettled { None } else { Some(false) }),
            Some(Test::Scalar { with, sent, unknown, .. }) => {
                // Both lists are in the order of the people.
                if with.binary_search(&person).is_ok() {
                    *sent
                } else if unknown.binary_search(&person).is_ok() {
                    Truth::Maybe
                } else {
                    Truth::No
                }
            }
            Some(Test::Groups(test)) => {
                let Some(user) = user else {
                    return if unsettled { Truth::Maybe } else { Truth::No };
                };
                let directory = &self.world.directory;
                let listed = test
                    .groups
                    .iter()
                    .map(|passing| {
                        let truth = passing.truth.and(directory.membership(user, passing.group));
                        // More matches than the function's limit: any of them may be missing, and nothing else is there.
                        if self.overflows(passing, person) { truth.and(Truth::Maybe) } else { truth }
                    })
                    .max()
                    .unwrap_or(Truth::No);
                let unlisted = test.unlisted && directory.all_groups_of(user).is_none();
                listed.or(if unlisted { Truth::Maybe } else { Truth::No })
            }
        }
    }

    /// What is missing where it is not known whether a mapping matches.
    pub fn gap(&self, mapping: usize) -> Option<&Gap> {
        match self.tests.get(mapping)? {
            Test::Never => None,
            Test::Scalar { gap, .. } | Test::Anyone(gap) => Some(gap),
            Test::Groups(test) => Some(&test.gap),
        }
    }

    /// No token can match the mapping.
    pub fn never_matches(&self, mapping: usize) -> bool {
        matches!(self.tests.get(mapping), None | Some(Test::Never))
    }

    /// Mappings of one rank, in the order of the ranks.
    pub fn ranks(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        let mut start = 0;
        std::iter::from_fn(move || {
            let rank = self.mappings.get(start)?.rank;
            let end =
                start + self.mappings.get(start..)?.iter().take_while(|mapping| mapping.rank == rank).count();
            let range = start..end;
            start = end;
            Some(range)
        })
    }
}

/// Who has which of the mapped values of the scalar claims.
struct Scalars {
    emails: ScalarIndex,
    user_names: ScalarIndex,
}

struct ScalarIndex {
    with: HashMap<String, Vec<PersonIndex>>,
    unknown: Arc<[PersonIndex]>,
    gap: Gap,
}

impl ScalarIndex {
    /// `perhaps`: what is missing where it is not known whether the claim is sent; then nobody surely has it.
    fn test(&self, value: &str, perhaps: Option<&Gap>) -> Test {
        Test::Scalar {
            with: self.with.get(value).cloned().unwrap_or_default(),
            sent: if perhaps.is_some() { Truth::Maybe } else { Truth::Yes },
            unknown: Arc::clone(&self.unknown),
            gap: perhaps.unwrap_or(&self.gap).clone(),
        }
    }
}

impl Scalars {
    fn new(world: &World, population: &Population, mappings: &[Mapping]) -> Self {
        let values = |name: &str| -> HashMap<String, Vec<PersonIndex>> {
            mappings
                .iter()
                .filter(|mapping| mapping.claim_name == name)
                .map(|mapping| (mapping.claim_value.clone(), Vec::new()))
                .collect()
        };
        let app_users = &world.directory.app_user_list;
        let gap = if app_users.is_complete() {
            world.directory.user_list.gap(&DocumentName::Users)
        } else {
            app_users.gap(&DocumentName::AppUsers)
        };
        let mut scalars = Self {
            emails: ScalarIndex {
                with: values(claim_source::EMAIL),
                unknown: Arc::default(),
                gap: gap.clone(),
            },
            user_names: ScalarIndex { with: values("preferred_username"), unknown: Arc::default(), gap },
        };
        if !scalars.emails.with.is_empty() {
            scalars.find_emails(world, population);
            let is_unknown = |person: &PersonIndex| email(world, population, *person) == Scalar::Unknown;
            scalars.emails.unknown = if app_users.is_complete() {
                // Then who has an email in Okta has a known one in the token.
                let users = world.directory.perhaps_without_email().into_iter().map(PersonIndex::from);
                users.chain(population.strangers()).filter(is_unknown).collect()
            } else {
                those(population, |person| is_unknown(&person)).into()
            };
        }
        if !scalars.user_names.with.is_empty() {
            let with = &mut scalars.user_names.with;
            let value = |person| user_name(world, population, person);
            let is_mapped =
                |person| matches!(value(person), Scalar::Value(value) if with.contains_key(value));
            for person in those(population, is_mapped) {
                if let Scalar::Value(value) = value(person)
                    && let Some(people) = with.get_mut(value)
                {
                    people.push(person);
                }
            }
            scalars.user_names.unknown = those(population, |person| value(person) == Scalar::Unknown).into();
        }
        scalars
    }

    /// Only who goes by a mapped email can have it in the token.
    fn find_emails(&mut self, world: &World, population: &Population) {
        let found = world.directory.find_by_name(self.emails.with.keys().map(String::as_str));
        for (value, people) in &mut self.emails.with {
            let named = found.get(&value.to_lowercase()).into_iter().flatten().copied();
            let has = |person: &PersonIndex| email(world, population, *person) == Scalar::Value(value);
            people.extend(named.map(PersonIndex::from).filter(has));
        }
    }
}

/// Everyone of whom something holds.
fn those(population: &Population, holds: impl Fn(PersonIndex) -> bool + Sync) -> Vec<PersonIndex> {
    let person = |index: usize| PersonIndex(u32::try_from(index).unwrap_or(u32::MAX));
    parts::chosen(population.len(), |index| holds(person(index))).into_iter().map(person).collect()
}
