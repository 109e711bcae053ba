//! G7: which claim mappings match whose token, and the walk down the table (semantics G7.1–G7.6).
//!
//! A mapping is looked at from the side of what it names: the members of its group, the person of its email. So a pass costs as much as the
//! mapped groups have members, not as many as there are people times mappings.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroU32;
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
    world: &'w World,
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
            strangers: (0..population.len())
                .filter_map(|index| u32::try_from(index).ok().map(PersonIndex))
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
                for passing in test.groups.iter().filter(|passing| passing.truth == Truth::Yes) {
                    self.world.directory.each_member_among(passing.group, among.clone(), |user| {
                        if !self.overflows(passing, user.into()) {
                            visit(user.into());
                        }
                    });
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
        let everyone = || (0..u32::try_from(population.len()).unwrap_or(u32::MAX)).map(PersonIndex);
        if !scalars.emails.with.is_empty() {
            scalars.find_emails(world, population);
            let unknown = |person: &PersonIndex| {
                let known = app_users.is_complete()
                    && population.user(*person).is_some_and(|user| world.directory.has_email(user));
                !known && email(world, population, *person) == Scalar::Unknown
            };
            scalars.emails.unknown = everyone().filter(unknown).collect();
        }
        if !scalars.user_names.with.is_empty() {
            let mut unknown = Vec::new();
            for person in everyone() {
                match user_name(world, population, person) {
                    Scalar::Value(value) => {
                        if let Some(people) = scalars.user_names.with.get_mut(value) {
                            people.push(person);
                        }
                    }
                    Scalar::Unknown => unknown.push(person),
                    Scalar::NotSent => {}
                }
            }
            scalars.user_names.unknown = unknown.into();
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

/// What G7 comes to for one person, over every value that their claims could have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MappingOutcome {
    /// `mapping`: the first that gives the role; `rank`: `None` where it differs between the values.
    Granted {
        mapping: usize,
        rank: Option<i64>,
    },
    LockedOut,
    /// Index for [`Walks::gap`].
    Unknown {
        gap: usize,
    },
}

/// Everyone's walk down the table, in each reading that is possible.
pub struct Walks {
    people: Vec<Walk>,
    /// For each mapping, reading after reading: what is missing where it is not known whether it matches.
    gaps: Vec<Option<Gap>>,
}

#[derive(Clone, Copy, Default)]
struct Walk {
    /// The first outcome's mapping, by its number from 1.
    mapping: Option<NonZeroU32>,
    /// Outcomes differ in role.
    mixed_roles: bool,
    mixed_ranks: bool,
    /// Two mappings of one rank, with different roles, could each come first.
    tied: bool,
    /// One outcome is that nothing matches.
    locked: bool,
    /// In this reading, nothing below can match any more.
    decided: bool,
    /// To become `decided` when the mappings of this rank are through.
    deciding: bool,
    /// One outcome is a role that can repair SSO, or may.
    may_repair: bool,
    /// One outcome is a role that cannot repair SSO, or may not.
    may_not_repair: bool,
    /// By its number from 1.
    gap: Option<NonZeroU32>,
}

/// The number of what has that index.
fn number(index: usize) -> Option<NonZeroU32> {
    u32::try_from(index).ok()?.checked_add(1).and_then(NonZeroU32::new)
}

fn index(number: NonZeroU32) -> usize {
    number.get() as usize - 1
}

impl Walk {
    /// `can_repair`: whether the mapping's role can repair SSO.
    fn meet(&mut self, mappings: &[Mapping], index: usize, can_repair: Truth) {
        self.may_repair |= can_repair != Truth::No;
        self.may_not_repair |= can_repair != Truth::Yes;
        let Some(first) = self.mapping else {
            self.mapping = number(index);
            return;
        };
        if let (Some(first), Some(this)) = (mappings.get(self::index(first)), mappings.get(index)) {
            self.mixed_roles |= first.role != this.role;
            self.tied |= first.role != this.role && first.rank == this.rank;
            self.mixed_ranks |= first.rank != this.rank;
        }
    }
}

/// So many people are taken down the table at a time: their walks stay in the processor's nearest memory.
const TOGETHER: usize = 1 << 14;

/// The people of one stretch on their way down the table.
struct Stretch<'p> {
    /// The index of the first of them.
    first: u32,
    walks: &'p mut [Walk],
    /// Those for whom the rank that is being looked at decides.
    deciding: Vec<u32>,
}

impl Stretch<'_> {
    /// The walk of a person for whom the table is not decided yet, with the place that it has here.
    fn open(&mut self, person: PersonIndex) -> Option<(u32, &mut Walk)> {
        let place = person.0.checked_sub(self.first)?;
        let walk = self.walks.get_mut(place as usize).filter(|walk| !walk.decided)?;
        Some((place, walk))
    }

    /// `ranks`: the mappings of each rank that can still match anybody. `gaps`: how many there were before this reading.
    fn walk(&mut self, table: &Table<'_>, ranks: &[Vec<(usize, Truth)>], gaps: usize) {
        let people = u32::try_from(self.walks.len()).unwrap_or(u32::MAX);
        let among = self.first..self.first.saturating_add(people);
        for rank in ranks {
            for (index, can_repair) in rank.iter().copied() {
                table.each_match_among(index, among.clone(), |person| {
                    let Some((place, walk)) = self.open(person) else { return };
                    walk.meet(table.mappings, index, can_repair);
                    if !walk.deciding {
                        walk.deciding = true;
                        self.deciding.push(place);
                    }
                });
                table.each_possible_match_among(index, among.clone(), |person| {
                    let Some((_, walk)) = self.open(person) else { return };
                    walk.meet(table.mappings, index, can_repair);
                    walk.gap = walk.gap.or(number(gaps + index));
                });
            }
            for place in self.deciding.drain(..) {
                if let Some(walk) = self.walks.get_mut(place as usize) {
                    walk.decided = true;
                }
            }
        }
        self.walks.iter_mut().for_each(|walk| walk.locked |= !walk.decided);
    }
}

impl Walks {
    pub fn new(people: usize) -> Self {
        Self { people: vec![Walk::default(); people], gaps: Vec::new() }
    }

    /// Walks the table in one reading. `takes_part`: people who get a token in it; everyone where it is not said.
    pub fn walk(&mut self, table: &Table<'_>, takes_part: Option<&(dyn Fn(PersonIndex) -> bool + Sync)>) {
        let before = self.gaps.len();
        self.gaps.extend((0..table.mappings.len()).map(|index| table.gap(index).cloned()));
        let mut seen: HashSet<(&str, &str)> = HashSet::new();
        let mut ranks: Vec<Vec<(usize, Truth)>> = Vec::new();
        for rank in table.ranks() {
            let rows = rank.filter_map(|index| Some((index, table.mappings.get(index)?)));
            // A second row of the same claim and value can match only where the first did not.
            let rows: Vec<(usize, &Mapping)> = rows
                .filter(|(_, row)| !seen.contains(&(row.claim_name.as_str(), row.claim_value.as_str())))
                .collect();
            seen.extend(rows.iter().map(|(_, row)| (row.claim_name.as_str(), row.claim_value.as_str())));
            let can_repair = |row: &Mapping| Truth::of(table.world.can_repair_sso(&row.role));
            ranks.push(rows.into_iter().map(|(index, row)| (index, can_repair(row))).collect());
        }
        parts::in_parts(&mut self.people, |range, people| {
            for (number, walks) in people.chunks_mut(TOGETHER).enumerate() {
                let first = u32::try_from(range.start + number * TOGETHER).unwrap_or(u32::MAX);
                for (person, walk) in (first..).map(PersonIndex).zip(walks.iter_mut()) {
                    walk.decided = takes_part.is_some_and(|takes_part| !takes_part(person));
                    walk.deciding = false;
                }
                Stretch { first, walks, deciding: Vec::new() }.walk(table, &ranks, before);
            }
        });
    }

    /// `None` for a person of another world.
    pub fn outcome(&self, person: PersonIndex, mappings: &[Mapping]) -> Option<MappingOutcome> {
        let walk = self.people.get(person.0 as usize)?;
        let unknown = MappingOutcome::Unknown { gap: walk.gap.map_or(usize::MAX, index) };
        Some(match walk.mapping {
            None => MappingOutcome::LockedOut,
            Some(_) if walk.mixed_roles || walk.locked => unknown,
            Some(mapping) => {
                let mapping = index(mapping);
                let rank = mappings.get(mapping).map(|mapping| mapping.rank).filter(|_| !walk.mixed_ranks);
                MappingOutcome::Granted { mapping, rank }
            }
        })
    }

    pub fn gap(&self, index: usize) -> Option<&Gap> {
        self.gaps.get(index)?.as_ref()
    }

    /// Whether the order of mappings of one rank is open for the person.
    pub fn is_tied(&self, person: PersonIndex) -> bool {
        self.people.get(person.0 as usize).is_some_and(|walk| walk.tied)
    }

    /// Whether the role that G7 comes to can repair SSO, over every value that the claims could have; `No` where nothing matches.
    pub fn can_repair_sso(&self, person: PersonIndex) -> Truth {
        let Some(walk) = self.people.get(person.0 as usize) else { return Truth::No };
        match (walk.may_repair, walk.may_not_repair || walk.locked) {
            (false, _) => Truth::No,
            (true, false) => Truth::Yes,
            (true, true) => Truth::Maybe,
        }
    }
}
