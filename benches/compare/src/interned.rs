//! The best alternative that goes by people: whatever a mapping names is a small number beforehand, what no mapping names is dropped, and
//! each person goes down the table until a row matches. On as many threads as the tool takes, cut by the same function.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use ssolint::model::World;
use ssolint::model::parts;
use ssolint::model::torq::Mapping;

use crate::tokens::Tokens;

/// Of a person: the index of the mapping that takes them, by rank; [`NONE`] where no mapping does.
pub type Taken = u16;
pub const NONE: Taken = Taken::MAX;

/// The table and the tokens in numbers.
pub struct Interned {
    /// For each mapping by rank, its claim and value as one number.
    table: Vec<u32>,
    values: usize,
    /// Where each person's values begin; one more at the end.
    starts: Vec<u32>,
    /// Ascending within a person; only those that a mapping names.
    carried: Vec<u32>,
}

impl Interned {
    pub fn new(world: &World, mappings: &[Mapping], tokens: &Tokens<'_>) -> Self {
        let mut numbers: HashMap<(&str, &str), u32> = HashMap::new();
        let table = mappings
            .iter()
            .map(|mapping| {
                let next = u32::try_from(numbers.len()).unwrap();
                *numbers.entry((&mapping.claim_name, &mapping.claim_value)).or_insert(next)
            })
            .collect();
        let of_group: Vec<Option<u32>> = world
            .directory
            .groups
            .iter()
            .map(|group| numbers.get(&("groups", group.name.as_deref()?)).copied())
            .collect();
        let (mut starts, mut carried) = (vec![0], Vec::new());
        for user in tokens.users() {
            let start = carried.len();
            carried.extend(tokens.groups(user).iter().filter_map(|group| of_group[group.0 as usize]));
            carried.extend(tokens.email(user).and_then(|email| numbers.get(&("email", email))));
            carried[start..].sort_unstable();
            starts.push(u32::try_from(carried.len()).unwrap());
        }
        Self { table, values: numbers.len(), starts, carried }
    }

    fn people(&self) -> usize {
        self.starts.len() - 1
    }

    /// For each mapping by rank, its claim and value as one number.
    pub fn table(&self) -> &[u32] {
        &self.table
    }

    pub fn carried(&self, person: usize) -> &[u32] {
        &self.carried[self.starts[person] as usize..self.starts[person + 1] as usize]
    }

    /// How many rows the walks of all people look at: each ends at the first that matches, and who carries nothing mapped looks at none.
    pub fn rows_looked_at(&self) -> usize {
        let rows = self.search().into_iter().enumerate().map(|(person, row)| match row {
            NONE if self.carried(person).is_empty() => 0,
            NONE => self.table.len(),
            row => usize::from(row) + 1,
        });
        rows.sum()
    }

    /// For each row a search in the person's values.
    pub fn search(&self) -> Vec<Taken> {
        self.first_row(|person| {
            let carried = self.carried(person);
            self.first(carried.is_empty(), |value| carried.binary_search(value).is_ok())
        })
    }

    /// For each row a scan of the person's values: mostly there are two or three.
    pub fn scan(&self) -> Vec<Taken> {
        self.first_row(|person| {
            let carried = self.carried(person);
            self.first(carried.is_empty(), |value| carried.contains(value))
        })
    }

    /// For each of the person's values a scan of the rows, sixteen at a time, so that the processor compares several at once.
    pub fn scan_rows(&self) -> Vec<Taken> {
        self.first_row(|person| {
            let first = self.carried(person).iter().filter_map(|value| position(&self.table, *value)).min();
            first.map_or(NONE, |row| row as Taken)
        })
    }

    /// For each row a bit of the person's.
    pub fn bits<'a>(&'a self, bits: &'a Bits) -> Vec<Taken> {
        self.first_row(|person| {
            let own = &bits.words[person * bits.each..(person + 1) * bits.each];
            self.first(self.carried(person).is_empty(), |value| {
                own[*value as usize / 64] >> (value % 64) & 1 == 1
            })
        })
    }

    /// For each row a look into the person's hash set.
    pub fn hashed(&self, sets: &[Set]) -> Vec<Taken> {
        self.first_row(|person| self.first(sets[person].is_empty(), |value| sets[person].contains(value)))
    }

    /// Not a walk down the table: for each of the person's values the first row that names it, which was found beforehand.
    pub fn inverted(&self, first_row: &[Taken]) -> Vec<Taken> {
        self.first_row(|person| {
            self.carried(person).iter().map(|value| first_row[*value as usize]).min().unwrap_or(NONE)
        })
    }

    fn first_row(&self, ask: impl Fn(usize) -> Taken + Sync) -> Vec<Taken> {
        parts::answers(self.people(), NONE, ask)
    }

    /// Who carries nothing that any row names need not go down.
    fn first(&self, carries_nothing: bool, matches: impl Fn(&u32) -> bool) -> Taken {
        if carries_nothing {
            return NONE;
        }
        self.table.iter().position(matches).map_or(NONE, |row| row as Taken)
    }

    pub fn to_bits(&self) -> Bits {
        let each = self.values.div_ceil(64);
        let mut words = vec![0; each * self.people()];
        for person in 0..self.people() {
            for value in self.carried(person) {
                words[person * each + *value as usize / 64] |= 1 << (value % 64);
            }
        }
        Bits { each, words }
    }

    pub fn to_sets(&self) -> Vec<Set> {
        (0..self.people()).map(|person| self.carried(person).iter().copied().collect()).collect()
    }

    /// For each value the first row that names it.
    pub fn to_first_rows(&self) -> Vec<Taken> {
        let mut first_row = vec![NONE; self.values];
        for (row, value) in self.table.iter().enumerate().rev() {
            first_row[*value as usize] = row as Taken;
        }
        first_row
    }
}

const TOGETHER: usize = 16;

fn position(rows: &[u32], value: u32) -> Option<usize> {
    let (blocks, rest) = rows.as_chunks::<TOGETHER>();
    let equal = |row: &u32| *row == value;
    for (number, block) in blocks.iter().enumerate() {
        // Without an early end within a block, or it is not compared at once.
        if block.iter().fold(false, |any, row| any | equal(row)) {
            return block.iter().position(equal).map(|place| number * TOGETHER + place);
        }
    }
    rest.iter().position(equal).map(|place| blocks.len() * TOGETHER + place)
}

/// A bit for each person and value.
pub struct Bits {
    each: usize,
    words: Vec<u64>,
}

pub type Set = HashSet<u32, BuildHasherDefault<Mixed>>;

/// One multiplication, since the keys are small numbers that nobody from outside chooses.
#[derive(Default)]
pub struct Mixed(u64);

impl Hasher for Mixed {
    fn write(&mut self, _: &[u8]) {
        unreachable!("only numbers of 32 bits are hashed");
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
