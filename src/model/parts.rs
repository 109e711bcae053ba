//! The same question about each of many, asked on all cores at once.

use std::ops::Range;
use std::sync::OnceLock;
use std::thread;

/// Fewer are asked one after another: starting threads would take longer.
const MANY: usize = 20_000;

/// More than a few threads wait for memory.
const MOST_THREADS: usize = 8;

/// How many parts so many are cut into.
pub fn threads_for(count: usize) -> usize {
    static THREADS: OnceLock<usize> = OnceLock::new();
    let threads =
        *THREADS.get_or_init(|| thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS));
    if count < MANY { 1 } else { threads }
}

/// The answers for 0, 1, … in their order.
pub fn answers<T: Copy + Send>(count: usize, before: T, ask: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let mut answers = vec![before; count];
    in_parts(&mut answers, |range, part| {
        part.iter_mut().zip(range).for_each(|(answer, index)| *answer = ask(index));
    });
    answers
}

/// Those of 0, 1, … of which something holds, in their order.
pub fn chosen(count: usize, holds: impl Fn(usize) -> bool + Sync) -> Vec<usize> {
    let length = count.div_ceil(threads_for(count)).max(1);
    let mut parts: Vec<(Range<usize>, Vec<usize>)> =
        (0..count).step_by(length).map(|start| (start..count.min(start + length), Vec::new())).collect();
    each_at_once(&mut parts, |(range, part)| part.extend(range.clone().filter(|index| holds(*index))));
    parts.into_iter().flat_map(|(_, part)| part).collect()
}

/// Hands each part of a list, with the places that it has there, to a thread of its own.
pub fn in_parts<T: Send>(list: &mut [T], work: impl Fn(Range<usize>, &mut [T]) + Sync) {
    let count = list.len();
    let length = count.div_ceil(threads_for(count)).max(1);
    let mut parts: Vec<(Range<usize>, &mut [T])> = list
        .chunks_mut(length)
        .enumerate()
        .map(|(number, part)| (number * length..number * length + part.len(), part))
        .collect();
    each_at_once(&mut parts, |(range, part)| work(range.clone(), part));
}

/// Works on each in a thread of its own; on the first in this one.
pub fn each_at_once<P: Send>(parts: &mut [P], work: impl Fn(&mut P) + Sync) {
    let Some((first, others)) = parts.split_first_mut() else { return };
    thread::scope(|scope| {
        for part in others {
            let work = &work;
            scope.spawn(move || work(part));
        }
        work(first);
    });
}
