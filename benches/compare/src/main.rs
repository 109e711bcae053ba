//! What ssolint is measured against: the same worlds, the same answers, in one run. See README.md beside it.
//!
//! `cargo run --release --manifest-path benches/compare/Cargo.toml` (1 GB of disk in the target folder); with names of parts as arguments only
//! those: `-- million`, `-- others`, `-- z3`. The exit code is 1 where answers differ, a claim does not hold, or a part cannot be done.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing
)]

#[cfg(feature = "engines")]
mod engines;
mod interned;
mod measure;
mod solver;
mod strings;
mod tokens;
mod worlds;

use std::process::ExitCode;
use std::time::Duration;

use ssolint::model::parts;
use ssolint::model::torq::Mapping;
use ssolint::model::{UserIndex, World};
use ssolint::signin::mapping::Table;
use ssolint::signin::walk::{MappingOutcome, Walks};
use ssolint::signin::{PersonIndex, SignIn, shadowing};

use interned::{Interned, NONE, Taken};
use measure::{Contestant, Measured, in_turns, print, timed};
use tokens::Tokens;

/// The claim: how many times as long the best loop over people and mappings takes.
const AT_LEAST: f64 = 15.0;

struct Part {
    name: &'static str,
    /// Whether answers agree and claims hold.
    run: fn() -> bool,
}

const PARTS: [Part; 3] = [
    Part { name: "million", run: million },
    Part { name: "others", run: others },
    Part { name: "z3", run: z3 },
];

fn main() -> ExitCode {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    if let Some(other) = asked.iter().find(|name| !PARTS.iter().any(|part| part.name == **name)) {
        eprintln!("{other}: the parts are {}", PARTS.map(|part| part.name).join(", "));
        return ExitCode::from(2);
    }
    let asked = |part: &&Part| asked.is_empty() || asked.iter().any(|name| name == part.name);
    // Each part runs, whatever came of the others.
    let holds = PARTS.iter().filter(asked).fold(true, |holds, part| (part.run)() & holds);
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What G7 came to for each user, in the tool's words, as the index of a mapping.
fn taken(
    users: impl Iterator<Item = UserIndex>,
    outcome: impl Fn(PersonIndex) -> MappingOutcome,
) -> Vec<Taken> {
    users
        .map(|user| match outcome(PersonIndex::from(user)) {
            MappingOutcome::Granted { mapping, .. } => Taken::try_from(mapping).unwrap(),
            MappingOutcome::LockedOut => NONE,
            MappingOutcome::Unknown { .. } => panic!("everything about these worlds is known"),
        })
        .collect()
}

/// The tool: the whole simulation, what of it is G7, and of that the walk alone. [`G7`] is the one to compare with.
fn tool<'a>(
    world: &'a World,
    sign_in: &'a SignIn<'a>,
    table: &'a Table<'a>,
) -> Vec<Contestant<'a, Vec<Taken>>> {
    let (population, mappings) = (&sign_in.population, sign_in.mappings());
    let users = || world.directory.user_indices();
    let walked = move |walks: Walks| {
        taken(users(), |person| walks.outcome(person, mappings).unwrap_or(MappingOutcome::LockedOut))
    };
    let walk = |table: &Table<'_>| {
        let mut walks = Walks::new(population.len());
        walks.walk(table, None);
        walks
    };
    let reading = table.reading;
    vec![
        Contestant::read_out(
            "ssolint, all seven gates (SignIn::new)",
            Duration::ZERO,
            || SignIn::new(world, &[]),
            move |sign_in| taken(users(), |person| sign_in.mapping_outcome(person)),
        ),
        Contestant::read_out(
            "ssolint, G7: table made and walked",
            Duration::ZERO,
            move || walk(&Table::new(world, population, mappings, reading)),
            walked,
        ),
        Contestant::read_out(
            "ssolint, G7: walk alone",
            timed(|| Table::new(world, population, mappings, reading)).0,
            move || walk(table),
            walked,
        ),
    ]
}

/// What the names of contestants begin with that go over people and rows.
const LOOP: &str = "loop";

/// Where [`tool`] has what others are compared with.
const G7: usize = 1;

/// What of a world the alternatives are made of.
struct Numbers {
    interned: Interned,
    bits: interned::Bits,
    sets: Vec<interned::Set>,
    first_rows: Vec<Taken>,
    preparation: [Duration; 4],
}

impl Numbers {
    fn new(world: &World, sign_in: &SignIn<'_>) -> Self {
        let (interning, interned) = timed(|| {
            let tokens = tokens_of(world, sign_in);
            Interned::new(world, sign_in.mappings(), &tokens)
        });
        let (to_bits, bits) = timed(|| interned.to_bits());
        let (to_sets, sets) = timed(|| interned.to_sets());
        let (to_first_rows, first_rows) = timed(|| interned.to_first_rows());
        let preparation = [interning, interning + to_bits, interning + to_sets, interning + to_first_rows];
        Self { interned, bits, sets, first_rows, preparation }
    }

    /// The loops over people and mappings, then the form that is none.
    fn contestants(&self) -> Vec<Contestant<'_, Vec<Taken>>> {
        let Self { interned, bits, sets, first_rows, preparation: [interning, to_bits, to_sets, to_first] } =
            self;
        vec![
            Contestant::new("loop: each row searched in the person's values", *interning, || {
                interned.search()
            }),
            Contestant::new("loop: each row among the person's values, scanned", *interning, || {
                interned.scan()
            }),
            Contestant::new("loop: each of the person's values among all rows", *interning, || {
                interned.scan_rows()
            }),
            Contestant::new("loop: each row a bit of the person's", *to_bits, || interned.bits(bits)),
            Contestant::new("loop: each row in the person's hash set", *to_sets, || interned.hashed(sets)),
            Contestant::new("no loop: first row of each value, inverted beforehand", *to_first, || {
                interned.inverted(first_rows)
            }),
        ]
    }
}

fn tokens_of<'w>(world: &'w World, sign_in: &SignIn<'_>) -> Tokens<'w> {
    let prefix = |name: &str| name.get(..worlds::STARTS_WITH.len()) == Some(worlds::STARTS_WITH);
    Tokens::new(world, &sign_in.population, prefix)
}

fn table<'a>(world: &'a World, sign_in: &'a SignIn<'a>) -> Table<'a> {
    let reading = sign_in.readings().next().expect("there is one");
    Table::new(world, &sign_in.population, sign_in.mappings(), reading)
}

fn title(what: &str, world: &World, mappings: &[Mapping]) -> String {
    let people = world.directory.user_count();
    format!(
        "{what}: {people} people x {} mappings, on {} thread(s)",
        mappings.len(),
        parts::threads_for(people)
    )
}

/// The tool against every form of a loop that goes by people.
fn million() -> bool {
    let world = worlds::load(&worlds::organization(1_000_000));
    let sign_in = SignIn::new(&world, &[]);
    let table = table(&world, &sign_in);
    let numbers = Numbers::new(&world, &sign_in);
    let mut contestants = tool(&world, &sign_in, &table);
    let tools = contestants.len();
    contestants.extend(numbers.contestants());
    let measured = in_turns(contestants);
    let agree = print(&title("evaluation", &world, sign_in.mappings()), &measured, G7);
    let rows = numbers.interned.rows_looked_at() as f64;
    println!(
        "  A loop looks at {:.0} rows a person on average: it ends at the first that matches, and begins with nobody who carries nothing mapped.",
        rows / world.directory.user_count() as f64
    );
    judge(&measured, tools) & agree
}

/// Whether the claim holds for the fastest of the loops; what it comes to otherwise is printed too.
fn judge(measured: &[Measured], tools: usize) -> bool {
    let (tool, others) = measured.split_at(tools);
    let (whole, g7, walk) = (&tool[0], &tool[G7], &tool[2]);
    let (loops, inverted): (Vec<&Measured>, Vec<&Measured>) =
        others.iter().partition(|one| one.what.starts_with(LOOP));
    let best = loops.into_iter().min_by_key(|one| one.took).expect("there are some");
    let ratio = best.times(walk);
    let holds = ratio >= AT_LEAST;
    println!(
        "  {:<58} {ratio:>25.2}  at least {AT_LEAST} {}",
        "the best loop over people and rows, in times of the walk",
        if holds { "holds" } else { "DOES NOT HOLD" }
    );
    println!("  That is \"{}\". Both have their preparation left out.", best.what);
    println!(
        "  With both preparations it comes to {:.2} times G7. Without its own it comes to {:.2} times G7, and to {:.2} times all seven gates.",
        (best.prepared + best.took).as_secs_f64() / g7.took.as_secs_f64(),
        best.times(g7),
        best.times(whole),
    );
    for one in inverted {
        println!(
            "  Not judged, since it looks at no rows: \"{}\" comes to {:.2} times the walk, with both preparations to {:.2} times G7.",
            one.what,
            one.times(walk),
            (one.prepared + one.took).as_secs_f64() / g7.took.as_secs_f64()
        );
    }
    holds
}

/// The tool beside policy engines and plain sets of strings, all on one thread.
fn others() -> bool {
    let world = worlds::load(&worlds::hundred(10_000));
    let sign_in = SignIn::new(&world, &[]);
    let mappings = sign_in.mappings();
    let table = table(&world, &sign_in);
    let numbers = Numbers::new(&world, &sign_in);
    let (to_words, words) = timed(|| tokens_of(&world, &sign_in).in_words(&world));
    let (to_sets, sets) = timed(|| strings::People::new(&words));
    #[cfg(feature = "engines")]
    let engines = engines::Engines::new(mappings, &words);
    let mut contestants = tool(&world, &sign_in, &table);
    contestants.extend(numbers.contestants());
    contestants.push(Contestant::new(
        "string sets: each row in the person's set",
        to_words + to_sets,
        || sets.taken(mappings),
    ));
    #[cfg(feature = "engines")]
    contestants.extend(engines.contestants(to_words));
    print(&title("others", &world, mappings), &in_turns(contestants), G7)
}

/// Shadowed mappings: the tool, with blockers and witnesses, beside z3, which says yes or no.
fn z3() -> bool {
    let program = match solver::program(&worlds::folder()) {
        Ok(program) => program,
        Err(error) => {
            eprintln!("\nz3 is not here, so shadowed mappings cannot be compared: {error}");
            eprintln!("`-- million others` leaves this part out");
            return false;
        }
    };
    let mut agree = true;
    for rows in [100, 1_000] {
        let world = worlds::load(&worlds::grown(2_000, rows));
        let (simulated, sign_in) = timed(|| SignIn::new(&world, &[]));
        let mappings = sign_in.mappings();
        let passes = |name: &str| name.to_lowercase().contains(worlds::CONTAINS);
        let (interning, interned) = timed(|| {
            let tokens = Tokens::new(&world, &sign_in.population, passes);
            Interned::new(&world, mappings, &tokens)
        });
        let by_logic =
            || shadowing::by_logic(&sign_in).into_iter().map(|one| one.mapping).collect::<Vec<_>>();
        let logically = by_logic();
        let today = || {
            let unused = shadowing::unused_today(&sign_in).into_iter();
            unused.map(|one| one.expect("everything is known").mapping).collect::<Vec<_>>()
        };
        let shadowed = in_turns(vec![
            Contestant::new("ssolint, with blockers", simulated, by_logic),
            Contestant::anew("z3", || solver::by_logic(&program, mappings)),
        ]);
        let heading = format!("shadowed by logic ({} are)", logically.len());
        agree &= print(&title(&heading, &world, mappings), &shadowed, 0);
        let unused = in_turns(vec![
            Contestant::new("ssolint, with blockers, people and witnesses", simulated, today),
            Contestant::anew("z3", || {
                let mut run = solver::today(&program, &sign_in, &interned);
                run.prepared += interning;
                run.answers.retain(|mapping| !logically.contains(mapping));
                run
            }),
        ]);
        let heading = format!("unused today ({} are)", today().len());
        agree &= print(&title(&heading, &world, mappings), &unused, 0);
    }
    agree
}
