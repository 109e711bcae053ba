//! The walk through the mapping table, for everyone at once and in each reading that is possible (semantics G7.1–G7.6). Which mappings match whose
//! token is left to `mapping`.
//!
//! It goes up from the last row. Who surely matches a row comes to it alone, whatever is below; who may match it comes to it, or to what they
//! came to below; who matches several of one rank may come to each of them. So nobody is asked whether a row above has taken them.

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::ops::Range;

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

/// Everyone's walk through the table, in each reading that is possible.
pub struct Walks {
    /// Everyone in their order.
    stretches: Vec<Stretch>,
    /// How many people each of them has; the last one may have fewer.
    together: usize,
    /// For each mapping of each reading after which more was kept of somebody: what is missing where it is not known whether it matches.
    gaps: Vec<Option<Gap>>,
    /// For each mapping, whether its role can repair SSO.
    roles: Vec<Truth>,
}

/// At most so many people are taken through the table at a time: what most visits write stays in the processor's own memory.
const TOGETHER: usize = 1 << 19;

/// The walks of some people who follow on each other.
struct Stretch {
    /// The index of the first of them.
    start: u32,
    people: usize,
    /// For each of them the lower half of [`First`]. Empty until they have walked. Few bytes, in memory that is handed out as zeros: the
    /// first write to it is much of what a walk costs.
    first: Vec<u16>,
    /// Empty until there is more to say of somebody.
    beyond: Vec<Beyond>,
}

/// The first mapping that somebody may come to, by its number from 1; 0 is none. Over several readings, the first in the earliest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct First(u32);

impl First {
    const NONE: Self = Self(0);

    /// There are fewer mappings than numbers: each is some bytes of a file.
    fn of(mapping: usize) -> Self {
        Self(u32::try_from(mapping + 1).unwrap_or(u32::MAX))
    }

    fn of_halves(lower: u16, upper: u16) -> Self {
        Self(u32::from(upper) << 16 | u32::from(lower))
    }

    fn lower(self) -> u16 {
        (self.0 & u32::from(u16::MAX)) as u16
    }

    fn upper(self) -> u16 {
        (self.0 >> 16) as u16
    }

    fn mapping(self) -> Option<usize> {
        self.0.checked_sub(1).map(|index| index as usize)
    }
}

/// What is kept of a walk beyond the lower half of its first outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Beyond {
    upper: u16,
    marks: Marks,
    missing: Option<NonZeroU32>,
}

/// What there is to say of a walk beyond its first outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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
    /// One outcome beyond the first is that nothing matches.
    const LOCKED: u8 = 1 << 5;
    /// No reading so far gives a token.
    const NO_TOKEN: u8 = 1 << 6;
    /// It is not known which mapping gives the role: one of them only may match, or readings differ.
    const OPEN: u8 = 1 << 7;

    fn has(self, mark: u8) -> bool {
        self.0 & mark != 0
    }

    fn and(self, marks: u8) -> Self {
        Self(self.0 | marks)
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

/// One reading of the table, as everyone is taken through it.
struct Reading<'t> {
    table: &'t Table<'t>,
    /// For each mapping, whether its role can repair SSO.
    roles: &'t [Truth],
    /// The mappings of each rank that can match somebody whom none above matches.
    ranks: Vec<Vec<usize>>,
    /// How many gaps there were before this reading.
    gaps: usize,
    takes_part: Option<&'t (dyn Fn(PersonIndex) -> bool + Sync)>,
}

impl Reading<'_> {
    /// What there is to say of an outcome beyond the first one.
    fn differences(&self, first: First, other: First) -> u8 {
        let row = |outcome: First| self.table.mappings.get(outcome.mapping()?);
        let Some(row_of_other) = row(other) else { return Marks::LOCKED };
        let role = other.mapping().and_then(|mapping| self.roles.get(mapping)).copied();
        row(first).map_or(0, |row| Marks::of_two(row, row_of_other))
            | Marks::of_role(role.unwrap_or(Truth::Maybe))
    }
}

/// What one person comes to.
#[derive(Clone, Copy)]
struct Standing {
    first: First,
    marks: Marks,
    /// What is missing, by its number from 1 among the gaps.
    missing: Option<NonZeroU32>,
}

impl Standing {
    const NO_TOKEN: Self = Self { first: First::NONE, marks: Marks(Marks::NO_TOKEN), missing: None };

    fn sure(mapping: usize) -> Self {
        Self { first: First::of(mapping), marks: Marks::default(), missing: None }
    }

    /// What is missing to know the role. Of a role that is the same whatever the claims hold, nothing is.
    fn missing_for_role(self) -> Option<NonZeroU32> {
        self.missing.filter(|_| self.marks.has(Marks::LOCKED | Marks::MIXED_ROLES))
    }

    /// To a mapping that may match, or to what it came to so far. `missing`: to know whether it matches.
    fn or_perhaps(self, mapping: usize, missing: Option<NonZeroU32>, reading: &Reading<'_>) -> Self {
        let open = self.or_mapping(mapping, reading);
        Self { marks: open.marks.and(Marks::OPEN), missing, ..open }
    }

    /// Whether it comes to one of the mappings of a rank, when nothing above them was looked at yet.
    fn is_among(self, mappings: &[usize]) -> bool {
        self.first.mapping().zip(mappings.last().copied()).is_some_and(|(first, last)| first <= last)
    }

    /// To a mapping, or to what it came to so far.
    fn or_mapping(self, mapping: usize, reading: &Reading<'_>) -> Self {
        let this = First::of(mapping);
        if self.first == this {
            return self;
        }
        let comes_before = self.first == First::NONE || this.0 < self.first.0;
        let (first, other) = if comes_before { (this, self.first) } else { (self.first, this) };
        Self { first, marks: self.marks.and(reading.differences(first, other)), missing: self.missing }
    }

    /// To the same, or to what it came to in the readings before, whose first outcome stays the first.
    fn or_before(self, before: Self, reading: &Reading<'_>) -> Self {
        if self.marks.has(Marks::NO_TOKEN) {
            return before;
        }
        if before.marks.has(Marks::NO_TOKEN) {
            return self;
        }
        let was_locked = before.first == First::NONE;
        let (first, other) = if was_locked { (self.first, before.first) } else { (before.first, self.first) };
        let differ = if first == other { 0 } else { reading.differences(first, other) | Marks::OPEN };
        // An order that is open in one reading only decides nothing where the other is the right one.
        let tied = before.marks.0 & self.marks.0 & Marks::TIED;
        let marks = Marks((before.marks.0 | self.marks.0 | differ) & !Marks::TIED | tied);
        Self { first, marks, missing: before.missing_for_role().or(self.missing_for_role()) }
    }
}

impl Stretch {
    fn new(start: u32, people: usize) -> Self {
        Self { start, people, first: Vec::new(), beyond: Vec::new() }
    }

    /// Where a person stands here; beyond the end for others.
    fn place(&self, person: PersonIndex) -> usize {
        person.0.wrapping_sub(self.start) as usize
    }

    fn standing(&self, place: usize) -> Option<Standing> {
        let lower = *self.first.get(place)?;
        let Beyond { upper, marks, missing } = self.beyond.get(place).copied().unwrap_or_default();
        Some(Standing { first: First::of_halves(lower, upper), marks, missing })
    }

    fn put(&mut self, place: usize, Standing { first, marks, missing }: Standing) {
        let Some(lower) = self.first.get_mut(place) else { return };
        *lower = first.lower();
        let beyond = Beyond { upper: first.upper(), marks, missing };
        if self.beyond.is_empty() && beyond != Beyond::default() {
            self.beyond.resize(self.people, Beyond::default());
        }
        if let Some(slot) = self.beyond.get_mut(place) {
            *slot = beyond;
        }
    }

    fn among(&self) -> Range<u32> {
        self.start..self.start.saturating_add(u32::try_from(self.people).unwrap_or(u32::MAX))
    }

    /// The mappings of one rank, after all below it.
    fn rank(&mut self, reading: &Reading<'_>, mappings: &[usize]) {
        match mappings {
            [mapping] if self.beyond.is_empty() && First::of(*mapping).upper() == 0 => {
                self.take(reading.table, *mapping);
            }
            _ => self.share(reading, mappings),
        }
        self.open(reading, mappings);
    }

    /// A mapping alone in its rank takes all who surely match it; only where nothing is kept beyond the first outcomes. This is what most of a
    /// walk does.
    fn take(&mut self, table: &Table<'_>, mapping: usize) {
        let (start, sure) = (self.start, First::of(mapping).lower());
        let among = self.among();
        let first = self.first.as_mut_slice();
        table.each_match_among(mapping, among, |person| {
            if let Some(first) = first.get_mut(person.0.wrapping_sub(start) as usize) {
                *first = sure;
            }
        });
    }

    /// Who surely matches comes to what they match of this rank, whatever is below it.
    fn share(&mut self, reading: &Reading<'_>, mappings: &[usize]) {
        for mapping in mappings.iter().copied().rev() {
            reading.table.each_match_among(mapping, self.among(), |person| {
                let place = self.place(person);
                let of_rank = self.standing(place).filter(|standing| standing.is_among(mappings));
                let shared = of_rank.map(|standing| standing.or_mapping(mapping, reading));
                self.put(place, shared.unwrap_or(Standing::sure(mapping)));
            });
        }
    }

    /// Who may match comes to it as well.
    fn open(&mut self, reading: &Reading<'_>, mappings: &[usize]) {
        for mapping in mappings.iter().copied().rev() {
            let missing = number(reading.gaps + mapping);
            reading.table.each_possible_match_among(mapping, self.among(), |person| {
                let place = self.place(person);
                let Some(standing) = self.standing(place) else { return };
                let is_among = standing.is_among(mappings);
                // Who surely matches it by one group may be visited for another; they are among this rank already.
                if is_among && reading.table.matches(mapping, person) == Truth::Yes {
                    return;
                }
                // Of open mappings, the topmost is the one to name.
                let open = standing.or_perhaps(mapping, missing, reading);
                // Where the role is open already among mappings of this rank, to know this one would not settle it.
                let was_open = is_among && standing.marks.has(Marks::MIXED_ROLES);
                self.put(place, if was_open { Standing { missing: standing.missing, ..open } } else { open });
            });
        }
    }

    /// Takes people who have not walked yet through the table.
    fn walk_once(&mut self, reading: &Reading<'_>) {
        self.first = vec![First::NONE.lower(); self.people];
        for mappings in reading.ranks.iter().rev() {
            self.rank(reading, mappings);
        }
        if let Some(takes_part) = reading.takes_part {
            for (person, place) in (self.start..).map(PersonIndex).zip(0..self.people) {
                if !takes_part(person) {
                    self.put(place, Standing::NO_TOKEN);
                }
            }
        }
    }

    fn walk(&mut self, reading: &Reading<'_>) {
        if self.first.is_empty() {
            return self.walk_once(reading);
        }
        let mut now = Self::new(self.start, self.people);
        now.walk_once(reading);
        for place in 0..self.people {
            if let (Some(before), Some(now)) = (self.standing(place), now.standing(place)) {
                self.put(place, now.or_before(before, reading));
            }
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
        let stretch = |start: usize| {
            Stretch::new(u32::try_from(start).unwrap_or(u32::MAX), together.min(people - start))
        };
        let stretches = (0..people).step_by(together).map(stretch).collect();
        Self { stretches, together, gaps: Vec::new(), roles: Vec::new() }
    }

    /// Walks the table in one reading. `takes_part`: people who get a token in it; everyone where it is not said.
    pub fn walk(&mut self, table: &Table<'_>, takes_part: Option<&(dyn Fn(PersonIndex) -> bool + Sync)>) {
        self.roles =
            table.mappings.iter().map(|row| Truth::of(table.world.can_repair_sso(&row.role))).collect();
        let mut seen: HashSet<(&str, &str)> = HashSet::with_capacity(table.mappings.len());
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
        let reading = Reading { table, roles: &self.roles, ranks, gaps: self.gaps.len(), takes_part };
        let people = self.stretches.iter().map(|stretch| stretch.people).sum();
        let each = self.stretches.len().div_ceil(parts::threads_for(people)).max(1);
        let mut parts: Vec<&mut [Stretch]> = self.stretches.chunks_mut(each).collect();
        parts::each_at_once(&mut parts, |part| {
            part.iter_mut().for_each(|stretch| stretch.walk(&reading));
        });
        // Where nothing is kept beyond the first outcomes, no gap is named.
        if self.stretches.iter().any(|stretch| !stretch.beyond.is_empty()) {
            self.gaps.extend((0..table.mappings.len()).map(|index| table.gap(index).cloned()));
        }
    }

    /// `None` for a person of another world, and before anybody walked.
    fn standing(&self, person: PersonIndex) -> Option<Standing> {
        let stretch = self.stretches.get(person.0 as usize / self.together)?;
        stretch.standing(stretch.place(person))
    }

    /// `None` for a person of another world.
    pub fn outcome(&self, person: PersonIndex, mappings: &[Mapping]) -> Option<MappingOutcome> {
        let Standing { first, marks, missing } = self.standing(person)?;
        let Some(mapping) = first.mapping() else { return Some(MappingOutcome::LockedOut) };
        if marks.has(Marks::LOCKED | Marks::MIXED_ROLES) {
            let gap = missing.map_or(usize::MAX, |number| number.get() as usize - 1);
            return Some(MappingOutcome::Unknown { gap });
        }
        let rank = mappings.get(mapping).map(|mapping| mapping.rank);
        Some(MappingOutcome::Granted { mapping, rank: rank.filter(|_| !marks.has(Marks::MIXED_RANKS)) })
    }

    pub fn gap(&self, index: usize) -> Option<&Gap> {
        self.gaps.get(index)?.as_ref()
    }

    /// Whether it is known which mapping gives the role; of mappings of one rank that surely match, the first in the file counts.
    pub fn is_by_one_mapping(&self, person: PersonIndex) -> bool {
        self.standing(person).is_some_and(|standing| !standing.marks.has(Marks::OPEN))
    }

    /// Whether the order of mappings of one rank is open for the person.
    pub fn is_tied(&self, person: PersonIndex) -> bool {
        self.standing(person).is_some_and(|standing| standing.marks.has(Marks::TIED))
    }

    /// Whether the role that G7 comes to can repair SSO, over every value that the claims could have; `No` where nothing matches.
    pub fn can_repair_sso(&self, person: PersonIndex) -> Truth {
        let Some(Standing { first, marks, .. }) = self.standing(person) else { return Truth::No };
        let Some(mapping) = first.mapping() else { return Truth::No };
        let role = self.roles.get(mapping).copied().unwrap_or(Truth::Maybe);
        let marks = marks.and(Marks::of_role(role));
        match (marks.has(Marks::MAY_REPAIR), marks.has(Marks::MAY_NOT_REPAIR | Marks::LOCKED)) {
            (false, _) => Truth::No,
            (true, false) => Truth::Yes,
            (true, true) => Truth::Maybe,
        }
    }
}
