//! JSON lines for everyone, in `who` and `diff`: sorted by name, and written as they are made. What a line is, [`VerdictRow`] says; here the
//! parts that many lines share are made once, and all cores write.

use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering as Order};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use crate::finding::PeopleShown;
use crate::finding::prose::PeopleNames;
use crate::model::parts;
use crate::report::json::{self, VerdictRow};
use crate::signin::evaluation::{LOCAL_ACCOUNT, Outcome};
use crate::signin::{PersonIndex, SignIn};

/// So many lines are made before they are written.
const BLOCK: usize = 4096;

/// Writes the lines of these people, by their name and then by their Okta id.
pub fn lines(
    sign_in: &SignIn<'_>,
    people: &[PersonIndex],
    names: &mut PeopleNames,
    out: &mut (dyn Write + Send),
) -> io::Result<()> {
    if names.mode() == PeopleShown::Names {
        let verdicts = Verdicts::new(sign_in);
        let people = by_name(people, |person| (sign_in.label(person), sign_in.okta_id(person)));
        return in_order(&people, out, |person, line| {
            verdicts.add(person, line);
            line.push(b'\n');
        });
    }
    // A pseudonym is the number of a person in the order in which they come up, so these are made one after another.
    let mut rows: Vec<VerdictRow> =
        people.iter().map(|person| VerdictRow::new(sign_in, *person, names)).collect();
    rows.sort_by(|a, b| (&a.user, &a.okta_id).cmp(&(&b.user, &b.okta_id)));
    rows.iter().try_for_each(|row| out.write_all(&row.to_line()))
}

/// By what each is called and then by the Okta id.
pub(super) fn by_name<'n, T: Copy + Send + Sync>(
    people: &[T],
    name: impl Fn(T) -> (&'n str, Option<&'n str>) + Sync,
) -> Vec<T> {
    // The first bytes of a name are compared at once; the rest only where they are the same.
    let mut keys: Vec<(u128, T)> = people.iter().map(|person| (0, *person)).collect();
    let order = |a: &(u128, T), b: &(u128, T)| a.0.cmp(&b.0).then_with(|| name(a.1).cmp(&name(b.1)));
    parts::in_parts(&mut keys, |_, part| {
        for (start, person) in part.iter_mut() {
            *start = beginning(name(*person).0);
        }
        part.sort_by(order);
    });
    // The parts are in order, which this sort sees and joins.
    keys.sort_by(order);
    keys.into_iter().map(|(_, person)| person).collect()
}

fn beginning(name: &str) -> u128 {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(name.bytes()).for_each(|(slot, byte)| *slot = byte);
    u128::from_be_bytes(bytes)
}

/// The parts that many lines share.
pub(super) struct Verdicts<'s, 'w> {
    sign_in: &'s SignIn<'w>,
    /// To the person's name.
    beginning: Vec<u8>,
    /// For each mapping its role.
    roles: Vec<Vec<u8>>,
}

impl<'s, 'w> Verdicts<'s, 'w> {
    pub(super) fn new(sign_in: &'s SignIn<'w>) -> Self {
        let mut beginning = b"{\"connection\":".to_vec();
        string(&mut beginning, &sign_in.world.name);
        beginning.extend(b",\"user\":");
        let role = |id| {
            let mut role = Vec::new();
            string(&mut role, sign_in.world.role_label(id));
            role
        };
        Self {
            sign_in,
            beginning,
            roles: sign_in.mappings().iter().map(|mapping| role(&mapping.role)).collect(),
        }
    }

    /// The object of one person.
    pub(super) fn add(&self, person: PersonIndex, out: &mut Vec<u8>) {
        let outcome = self.sign_in.outcome(person);
        out.extend(&self.beginning);
        string(out, self.sign_in.label(person));
        out.extend(b",\"okta_id\":");
        match self.sign_in.okta_id(person) {
            Some(id) => string(out, id),
            None => out.extend(b"null"),
        }
        out.extend(b",\"verdict\":");
        string(out, outcome.name());
        out.extend(b",\"role\":");
        let granted = match outcome {
            Outcome::Granted { mapping, rank } => self.roles.get(mapping).map(|role| (role, rank)),
            Outcome::LockedOut(_) | Outcome::Unknown(_) | Outcome::NotSubject => None,
        };
        match granted {
            Some((role, _)) => out.extend(role),
            None => out.extend(b"null"),
        }
        out.extend(b",\"rank\":");
        match granted.and_then(|(_, rank)| rank) {
            Some(rank) => out.extend(rank.to_string().as_bytes()),
            None => out.extend(b"null"),
        }
        out.extend(b",\"gate\":");
        match outcome {
            Outcome::LockedOut(gate) | Outcome::Unknown(gate) => {
                string(out, gate.name());
                out.extend(b",\"reason\":");
                string(out, &self.sign_in.reason(person, gate));
            }
            Outcome::Granted { .. } => out.extend(b"null,\"reason\":null"),
            Outcome::NotSubject => {
                out.extend(b"null,\"reason\":");
                string(out, LOCAL_ACCOUNT);
            }
        }
        out.extend(b",\"assumes\":[");
        for (index, name) in self.sign_in.assumes_for(person, outcome).names().into_iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            string(out, name);
        }
        out.extend(b"]}");
    }
}

/// Makes something of each, and writes it in their order.
pub(super) fn in_order<T: Copy + Sync>(
    people: &[T],
    out: &mut (dyn Write + Send),
    make: impl Fn(T, &mut Vec<u8>) + Sync,
) -> io::Result<()> {
    let blocks: Vec<&[T]> = people.chunks(BLOCK).collect();
    let next = AtomicUsize::new(0);
    let turn = Turn { state: Mutex::new(State { at: 0, out, result: Ok(()) }), changed: Condvar::new() };
    let work = || {
        let _ends = EndsOnPanic(&turn);
        let mut bytes = Vec::new();
        loop {
            let number = next.fetch_add(1, Order::Relaxed);
            let Some(block) = blocks.get(number) else { return };
            bytes.clear();
            block.iter().for_each(|person| make(*person, &mut bytes));
            if !turn.write(number, &bytes) {
                return;
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..parts::threads_for(people.len()) {
            scope.spawn(work);
        }
        work();
    });
    turn.state.into_inner().unwrap_or_else(PoisonError::into_inner).result
}

/// As JSON; nothing in it acts on a terminal.
pub(super) fn string(out: &mut Vec<u8>, text: &str) {
    let stands_for_itself =
        |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\' && byte != b'#';
    if text.bytes().all(stands_for_itself) {
        out.push(b'"');
        out.extend(text.as_bytes());
        out.push(b'"');
    } else {
        out.extend(json::to_bytes(text, json::Safe(serde_json::ser::CompactFormatter)));
    }
}

/// Blocks are written in their order, whoever made them.
struct Turn<'o> {
    state: Mutex<State<'o>>,
    changed: Condvar,
}

struct State<'o> {
    at: usize,
    out: &'o mut (dyn Write + Send),
    result: io::Result<()>,
}

impl Turn<'_> {
    /// Whether more is wanted.
    fn write(&self, number: usize, bytes: &[u8]) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |state: &mut State<'_>| state.at != number && state.result.is_ok();
        let mut state = self.changed.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner);
        if state.result.is_ok() {
            state.result = state.out.write_all(bytes);
            state.at = number + 1;
        }
        self.changed.notify_all();
        state.result.is_ok()
    }
}

/// Where one panics its turn never comes; held by each, so that those who wait for it end too, and the panic with them.
struct EndsOnPanic<'t, 'o>(&'t Turn<'o>);

impl Drop for EndsOnPanic<'_, '_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.result = Err(io::Error::other("a line could not be made"));
            self.0.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_panic_in_one_line_ends_them_all() {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let people: Vec<u32> = (0..100_000).collect();
            let mut out = Vec::new();
            let ended = catch_unwind(AssertUnwindSafe(|| {
                in_order(&people, &mut out, |person, _| assert!(person > 0, "the first line cannot be made"))
            }));
            sender.send((ended.is_err(), out)).unwrap();
        });
        let ended = receiver.recv_timeout(Duration::from_secs(60)).expect("it does not wait for ever");
        assert_eq!(ended, (true, Vec::new()));
    }
}
