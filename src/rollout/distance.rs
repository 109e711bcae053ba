//! How many steps there are at least from one table of mappings to another, so that the search looks where the end is nearer.
//!
//! Rows that no step touches keep their order, so they are a common subsequence of both tables; every other row of either takes a step, and
//! a step takes one row of each at most. So there are at least `longer − common` steps, and a step changes that by one at most.

/// What the tables lead to.
#[derive(Debug, Clone)]
pub struct Target {
    length: usize,
    measure: Measure,
}

#[derive(Debug, Clone)]
enum Measure {
    /// Where each mapping stands: none stands twice.
    Places(Vec<Option<usize>>),
    /// How often each mapping stands: the order is left out of account, which only makes the bound weaker.
    Counts(Vec<usize>),
}

/// One row taken out of a table or none, with what is needed to put another in anywhere.
pub struct Opened<'t> {
    target: &'t Target,
    rows: Vec<u32>,
    common: usize,
    /// For each row, the longest common subsequence that ends in it, and that begins with it; 0 for a row that the target does not have.
    ending: Vec<usize>,
    beginning: Vec<usize>,
}

impl Target {
    /// `pool`: how many mappings there are.
    pub fn new(table: &[u32], pool: usize) -> Self {
        let mut places = vec![None; pool];
        let mut counts = vec![0; pool];
        for (place, mapping) in table.iter().enumerate() {
            if let (Some(slot), Some(count)) =
                (places.get_mut(*mapping as usize), counts.get_mut(*mapping as usize))
            {
                *slot = Some(place);
                *count += 1;
            }
        }
        let measure = if counts.iter().all(|count| *count <= 1) {
            Measure::Places(places)
        } else {
            Measure::Counts(counts)
        };
        Self { length: table.len(), measure }
    }

    /// The least number of steps from a table to this one.
    pub fn from(&self, table: &[u32]) -> usize {
        self.opened(table, None).closed()
    }

    /// A table without one row, or with all of them.
    pub fn opened(&self, table: &[u32], without: Option<usize>) -> Opened<'_> {
        let rows: Vec<u32> = table
            .iter()
            .enumerate()
            .filter(|(index, _)| Some(*index) != without)
            .map(|(_, mapping)| *mapping)
            .collect();
        match &self.measure {
            Measure::Counts(counts) => {
                let common = common_counts(counts, &rows);
                Opened { target: self, rows, common, ending: Vec::new(), beginning: Vec::new() }
            }
            Measure::Places(places) => {
                let at = |mapping: &u32| places.get(*mapping as usize).copied().flatten();
                let forward: Vec<Option<usize>> = rows.iter().map(at).collect();
                let backward: Vec<Option<usize>> =
                    forward.iter().rev().map(|place| place.map(|place| self.length - place)).collect();
                let ending = rising(&forward);
                let mut beginning = rising(&backward);
                beginning.reverse();
                let common = ending.iter().copied().max().unwrap_or(0);
                Opened { target: self, rows, common, ending, beginning }
            }
        }
    }

    fn bound(&self, rows: usize, common: usize) -> usize {
        self.length.max(rows).saturating_sub(common)
    }
}

impl Opened<'_> {
    /// The bound for the table as it is opened.
    pub fn closed(&self) -> usize {
        self.target.bound(self.rows.len(), self.common)
    }

    /// Which rows are in every longest common subsequence, so that no step with one of them leads nearer.
    pub fn settled(&self) -> Vec<bool> {
        let lengths = || self.ending.iter().zip(&self.beginning);
        let is_longest =
            |(ending, beginning): (&usize, &usize)| *ending > 0 && ending + beginning == self.common + 1;
        let mut at_length = vec![0_usize; self.common + 1];
        for pair in lengths().filter(|pair| is_longest(*pair)) {
            if let Some(count) = at_length.get_mut(*pair.0) {
                *count += 1;
            }
        }
        let alone = |pair: (&usize, &usize)| is_longest(pair) && at_length.get(*pair.0) == Some(&1);
        lengths().map(alone).collect()
    }

    /// The bounds for the table with a mapping put in before each row, and behind the last.
    pub fn with(&self, mapping: u32) -> Vec<usize> {
        let length = self.rows.len() + 1;
        match &self.target.measure {
            Measure::Counts(counts) => {
                let mut rows = self.rows.clone();
                rows.push(mapping);
                vec![self.target.bound(length, common_counts(counts, &rows)); length]
            }
            Measure::Places(places) => {
                let at = |mapping: u32| places.get(mapping as usize).copied().flatten();
                let Some(place) = at(mapping) else {
                    return vec![self.target.bound(length, self.common); length];
                };
                let mut before = vec![0; length];
                let mut best = 0;
                for (index, (row, ending)) in self.rows.iter().zip(&self.ending).enumerate() {
                    if at(*row).is_some_and(|other| other < place) {
                        best = best.max(*ending);
                    }
                    if let Some(slot) = before.get_mut(index + 1) {
                        *slot = best;
                    }
                }
                let mut bounds = vec![0; length];
                let mut best = 0;
                for index in (0..length).rev() {
                    if let (Some(row), Some(beginning)) = (self.rows.get(index), self.beginning.get(index))
                        && at(*row).is_some_and(|other| other > place)
                    {
                        best = best.max(*beginning);
                    }
                    let through = before.get(index).copied().unwrap_or(0) + 1 + best;
                    if let Some(slot) = bounds.get_mut(index) {
                        *slot = self.target.bound(length, self.common.max(through));
                    }
                }
                bounds
            }
        }
    }
}

fn common_counts(counts: &[usize], rows: &[u32]) -> usize {
    let mut left = counts.to_vec();
    rows.iter()
        .filter(|row| match left.get_mut(**row as usize) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        })
        .count()
}

/// For each place, the length of the longest rising subsequence that ends in it; 0 where there is none.
fn rising(places: &[Option<usize>]) -> Vec<usize> {
    let mut lowest: Vec<usize> = Vec::new();
    places
        .iter()
        .map(|place| {
            let Some(place) = place else { return 0 };
            let length = lowest.partition_point(|last| last < place);
            match lowest.get_mut(length) {
                Some(slot) => *slot = *place,
                None => lowest.push(*place),
            }
            length + 1
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The longest common subsequence, the slow way.
    fn common(one: &[u32], other: &[u32]) -> usize {
        match (one.split_first(), other.split_first()) {
            (Some((a, one_rest)), Some((b, other_rest))) => {
                let skipped = common(one_rest, other).max(common(one, other_rest));
                if a == b { skipped.max(1 + common(one_rest, other_rest)) } else { skipped }
            }
            _ => 0,
        }
    }

    #[test]
    fn every_bound_is_that_of_the_longest_common_subsequence() {
        let tables: [&[u32]; 7] =
            [&[], &[0], &[2, 1, 0], &[0, 1, 2, 3], &[3, 5, 0, 4], &[5, 4, 3, 2], &[1, 4, 0, 5, 2]];
        for to in tables {
            let target = Target::new(to, 6);
            for from in tables {
                assert_eq!(target.from(from), from.len().max(to.len()) - common(from, to));
                for (row, settled) in target.opened(from, None).settled().into_iter().enumerate() {
                    let mut without = from.to_vec();
                    without.remove(row);
                    assert_eq!(
                        settled,
                        common(&without, to) < common(from, to),
                        "row {row} of {from:?} to {to:?}"
                    );
                }
                for without in std::iter::once(None).chain((0..from.len()).map(Some)) {
                    let opened = target.opened(from, without);
                    for mapping in (0..6).filter(|mapping| !opened.rows.contains(mapping)) {
                        for (at, bound) in opened.with(mapping).into_iter().enumerate() {
                            let mut table = opened.rows.clone();
                            table.insert(at, mapping);
                            assert_eq!(bound, target.from(&table), "{table:?} to {to:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn where_a_mapping_stands_twice_the_bound_counts_what_both_have() {
        let target = Target::new(&[0, 1, 0], 2);
        for (from, bound) in [(&[0, 1, 0][..], 0), (&[1, 0, 0], 0), (&[0, 1], 1), (&[1, 1, 1, 0], 2)] {
            assert_eq!(target.from(from), bound, "{from:?}");
        }
    }
}
