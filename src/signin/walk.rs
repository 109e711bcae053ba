//! The walk down the mapping table, for everyone at once and in each reading that is possible (semantics G7.1–G7.6). Which mappings match whose
//! token is left to `mapping`.

use std::collections::HashSet;
use std::hint::select_unpredictable;
use std::num::NonZeroU32;

use crate::model::torq::Mapping;
use crate::model::{Gap, Truth, parts};

use super::mapping::Table;
use super::population::PersonIndex;

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
    /// Everyone in their order.
    stretches: Vec<Stretch>,
    /// How many people each of them has; the last one may have fewer.
    together: usize,
    /// For each mapping, reading after reading: what is missing where it is not known whether it matches.
    gaps: Vec<Option<Gap>>,
    /// For each mapping, whether its role can repair SSO.
    roles: Vec<Truth>,
}

/// At most so many people are taken down the table at a time: what most visits look at stays in the processor's own memory.
const TOGETHER: usize = 1 << 18;

/// The walks of some people who follow on each other.
struct Stretch {
    /// The index of the first of them.
    start: u32,
    people: usize,
    /// Empty until they have walked.
    first: Vec<First>,
    /// Empty until somebody's outcomes differ.
    marks: Vec<Marks>,
    /// What is missing, by its number from 1 among the gaps. Empty until something is.
    missing: Vec<Option<NonZeroU32>>,
}

/// The mapping of a walk's first outcome, by its number from 1, and how the walk stands: one number, so that most visits touch nothing else.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct First(u32);

impl First {
    const NONE: Self = Self(0);
    /// In this reading, nothing below can match any more.
    const DECIDED: u32 = 1 << 31;
    /// In a reading before, nothing matched.
    const LOCKED: u32 = 1 << 30;
    const MAPPING: u32 = !(Self::DECIDED | Self::LOCKED);

    /// Of a mapping that decides.
    fn decided(mapping: usize) -> Self {
        Self(Self::number(mapping) | Self::DECIDED)
    }

    /// There are fewer mappings than numbers: each is some bytes of a file.
    fn number(mapping: usize) -> u32 {
        u32::try_from(mapping + 1).unwrap_or(u32::MAX) & Self::MAPPING
    }

    fn mapping(self) -> Option<usize> {
        (self.0 & Self::MAPPING).checked_sub(1).map(|index| index as usize)
    }

    fn is_decided(self) -> bool {
        self.0 & Self::DECIDED != 0
    }

    /// There is an outcome, and there may be others.
    fn is_open(self) -> bool {
        self.0.wrapping_sub(1) < Self::DECIDED - 1
    }

    /// Whether one outcome is that nothing matches, in this reading or one before.
    fn is_locked(self) -> bool {
        self.0 & Self::LOCKED != 0 || !self.is_decided()
    }

    fn decide(&mut self) {
        self.0 |= Self::DECIDED;
    }

    /// For the next reading.
    fn reopen(&mut self) {
        let locked = if self.is_locked() { Self::LOCKED } else { 0 };
        self.0 = self.0 & Self::MAPPING | locked;
    }

    fn or_mapping(self, mapping: usize) -> Self {
        if self.mapping().is_none() { Self(self.0 | Self::number(mapping)) } else { self }
    }
}

/// What the outcomes of a walk differ in.
#[derive(Clone, Copy, Default)]
struct Marks(u8);

impl Marks {
    const MIXED_ROLES: u8 = 1;
    const MIXED_RANKS: u8 = 1 << 1;
    /// Two mappings of one rank, with different roles, could each come first.
    const TIED: u8 = 1 << 2;
    /// One outcome beyond the first is a role that can repair SSO, or may.
    const MAY_REPAIR: u8 = 1 << 3;
    /// One outcome beyond the first is a role that cannot repair SSO, or may not.
    const MAY_NOT_REPAIR: u8 = 1 << 4;

    fn has(self, mark: u8) -> bool {
        self.0 & mark != 0
    }

    fn add(&mut self, marks: u8) {
        self.0 |= marks;
    }

    /// Whether a role can repair SSO.
    fn of_role(can_repair: Truth) -> u8 {
        match can_repair {
            Truth::Yes => Self::MAY_REPAIR,
            Truth::No => Self::MAY_NOT_REPAIR,
            Truth::Maybe => Self::MAY_REPAIR | Self::MAY_NOT_REPAIR,
        }
    }

    /// What two outcomes of one walk differ in.
    fn of_two(first: &Mapping, other: &Mapping) -> u8 {
        let (roles, ranks) = (first.role != other.role, first.rank != other.rank);
        let mark = |holds, mark| if holds { mark } else { 0 };
        mark(roles, Self::MIXED_ROLES) | mark(ranks, Self::MIXED_RANKS) | mark(roles && !ranks, Self::TIED)
    }
}

/// The number of what has that index.
fn number(index: usize) -> Option<NonZeroU32> {
    u32::try_from(index).ok()?.checked_add(1).and_then(NonZeroU32::new)
}

/// One reading of the table, as everyone goes down it.
struct Descent<'t> {
    table: &'t Table<'t>,
    /// For each mapping, whether its role can repair SSO.
    roles: &'t [Truth],
    /// The mappings of each rank that can still match anybody.
    ranks: Vec<Vec<usize>>,
    /// How many gaps there were before this reading.
    gaps: usize,
    takes_part: Option<&'t (dyn Fn(PersonIndex) -> bool + Sync)>,
}

impl Stretch {
    fn new(start: usize, people: usize) -> Self {
        let start = u32::try_from(start).unwrap_or(u32::MAX);
        Self { start, people, first: Vec::new(), marks: Vec::new(), missing: Vec::new() }
    }

    /// Where a person stands here; beyond the end for others.
    fn place(&self, person: PersonIndex) -> usize {
        person.0.wrapping_sub(self.start) as usize
    }

    fn marks(&self, place: usize) -> Marks {
        self.marks.get(place).copied().unwrap_or_default()
    }

    /// Takes a person to an outcome, unless the table is decided for them. Says where they stand here.
    fn meet(&mut self, descent: &Descent<'_>, person: PersonIndex, mapping: usize) -> Option<usize> {
        let place = self.place(person);
        let first = self.first.get_mut(place).filter(|first| !first.is_decided())?;
        let mappings = descent.table.mappings;
        let before = first.mapping().and_then(|before| mappings.get(before)).zip(mappings.get(mapping));
        *first = first.or_mapping(mapping);
        if let Some((before, this)) = before {
            let role = descent.roles.get(mapping).copied().unwrap_or(Truth::Maybe);
            self.marks.resize(self.people, Marks::default());
            let marks = self.marks.iter_mut().skip(place).take(1);
            marks.for_each(|marks| marks.add(Marks::of_two(before, this) | Marks::of_role(role)));
        }
        Some(place)
    }

    fn decide(&mut self, place: usize) {
        self.first.iter_mut().skip(place).take(1).for_each(First::decide);
    }

    fn misses(&mut self, place: usize, gap: usize) {
        self.missing.resize(self.people, None);
        if let Some(missing) = self.missing.get_mut(place) {
            *missing = missing.or(number(gap));
        }
    }

    /// The mappings of one rank.
    fn rank(&mut self, descent: &Descent<'_>, mappings: &[usize]) {
        let table = descent.table;
        let among = self.start..self.start.saturating_add(u32::try_from(self.people).unwrap_or(u32::MAX));
        let mut deciding: Vec<usize> = Vec::new();
        for mapping in mappings.iter().copied() {
            let is_alone = mappings.len() == 1;
            // Alone in its rank, it decides at once.
            if is_alone {
                let decided = First::decided(mapping);
                table.each_match_among(mapping, among.clone(), |person| {
                    let place = self.place(person);
                    let Some(first) = self.first.get_mut(place) else { return };
                    let before = *first;
                    // Without a branch: whether somebody was met before is as good as chance.
                    *first = select_unpredictable(before == First::NONE, decided, before);
                    if before.is_open() {
                        self.meet(descent, person, mapping);
                        self.decide(place);
                    }
                });
            } else {
                table.each_match_among(mapping, among.clone(), |person| {
                    deciding.extend(self.meet(descent, person, mapping));
                });
            }
            table.each_possible_match_among(mapping, among.clone(), |person| {
                // In a shared rank, who surely matches it by one group may be visited for another.
                if let Some(place) = self.meet(descent, person, mapping)
                    && (is_alone || table.matches(mapping, person) != Truth::Yes)
                {
                    self.misses(place, descent.gaps + mapping);
                }
            });
        }
        for place in deciding {
            self.decide(place);
        }
    }

    fn walk(&mut self, descent: &Descent<'_>) {
        if self.first.is_empty() {
            self.first = vec![First::NONE; self.people];
        } else {
            self.first.iter_mut().for_each(First::reopen);
        }
        if let Some(takes_part) = descent.takes_part {
            for (person, first) in (self.start..).map(PersonIndex).zip(&mut self.first) {
                if !takes_part(person) {
                    first.decide();
                }
            }
        }
        for mappings in &descent.ranks {
            self.rank(descent, mappings);
        }
    }
}

impl Walks {
    pub fn new(people: usize) -> Self {
        // As many for each thread as for the others.
        let stretches = people.div_ceil(TOGETHER).next_multiple_of(parts::threads_for(people));
        Self::in_stretches_of(people.div_ceil(stretches.max(1)), people)
    }

    /// The same, cut as it is said: it makes no difference to any answer.
    pub fn in_stretches_of(together: usize, people: usize) -> Self {
        let together = together.max(1);
        let stretch = |start: usize| Stretch::new(start, together.min(people - start));
        let stretches = (0..people).step_by(together).map(stretch).collect();
        Self { stretches, together, gaps: Vec::new(), roles: Vec::new() }
    }

    /// Walks the table in one reading. `takes_part`: people who get a token in it; everyone where it is not said.
    pub fn walk(&mut self, table: &Table<'_>, takes_part: Option<&(dyn Fn(PersonIndex) -> bool + Sync)>) {
        let gaps = self.gaps.len();
        self.gaps.extend((0..table.mappings.len()).map(|index| table.gap(index).cloned()));
        self.roles =
            table.mappings.iter().map(|row| Truth::of(table.world.can_repair_sso(&row.role))).collect();
        let mut seen: HashSet<(&str, &str)> = HashSet::new();
        let mut ranks: Vec<Vec<usize>> = Vec::new();
        for rank in table.ranks() {
            let rows = rank.filter_map(|index| Some((index, table.mappings.get(index)?)));
            // A second row of the same claim and value can match only where the first did not.
            let rows: Vec<(usize, &Mapping)> = rows
                .filter(|(_, row)| !seen.contains(&(row.claim_name.as_str(), row.claim_value.as_str())))
                .collect();
            seen.extend(rows.iter().map(|(_, row)| (row.claim_name.as_str(), row.claim_value.as_str())));
            ranks.push(rows.into_iter().map(|(index, _)| index).collect());
        }
        let descent = Descent { table, roles: &self.roles, ranks, gaps, takes_part };
        let people = self.stretches.iter().map(|stretch| stretch.people).sum();
        let each = self.stretches.len().div_ceil(parts::threads_for(people)).max(1);
        let mut parts: Vec<&mut [Stretch]> = self.stretches.chunks_mut(each).collect();
        parts::each_at_once(&mut parts, |part| {
            part.iter_mut().for_each(|stretch| stretch.walk(&descent));
        });
    }

    /// The stretch of a person, and the place that they have in it; `None` for a person of another world.
    fn of(&self, person: PersonIndex) -> Option<(&Stretch, usize, First)> {
        let stretch = self.stretches.get(person.0 as usize / self.together)?;
        let place = stretch.place(person);
        Some((stretch, place, *stretch.first.get(place)?))
    }

    /// `None` for a person of another world.
    pub fn outcome(&self, person: PersonIndex, mappings: &[Mapping]) -> Option<MappingOutcome> {
        let (stretch, place, first) = self.of(person)?;
        let Some(mapping) = first.mapping() else { return Some(MappingOutcome::LockedOut) };
        let marks = stretch.marks(place);
        if first.is_locked() || marks.has(Marks::MIXED_ROLES) {
            let gap = stretch.missing.get(place).copied().flatten();
            return Some(MappingOutcome::Unknown {
                gap: gap.map_or(usize::MAX, |number| number.get() as usize - 1),
            });
        }
        let rank = mappings.get(mapping).map(|mapping| mapping.rank);
        Some(MappingOutcome::Granted { mapping, rank: rank.filter(|_| !marks.has(Marks::MIXED_RANKS)) })
    }

    pub fn gap(&self, index: usize) -> Option<&Gap> {
        self.gaps.get(index)?.as_ref()
    }

    /// Whether the order of mappings of one rank is open for the person.
    pub fn is_tied(&self, person: PersonIndex) -> bool {
        self.of(person).is_some_and(|(stretch, place, _)| stretch.marks(place).has(Marks::TIED))
    }

    /// Whether the role that G7 comes to can repair SSO, over every value that the claims could have; `No` where nothing matches.
    pub fn can_repair_sso(&self, person: PersonIndex) -> Truth {
        let Some((stretch, place, first)) = self.of(person) else { return Truth::No };
        let Some(mapping) = first.mapping() else { return Truth::No };
        let mut marks = stretch.marks(place);
        marks.add(Marks::of_role(self.roles.get(mapping).copied().unwrap_or(Truth::Maybe)));
        match (marks.has(Marks::MAY_REPAIR), marks.has(Marks::MAY_NOT_REPAIR) || first.is_locked()) {
            (false, _) => Truth::No,
            (true, false) => Truth::Yes,
            (true, true) => Truth::Maybe,
        }
    }
}
