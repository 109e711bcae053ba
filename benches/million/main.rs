//! The claims about scale, on a made-up organisation of 1,000,000 people, 50,000 groups and 500 mappings, as `pull` would write it:
//!
//! - `who --all --format json` takes at most 1.2 times what one thread takes to read the same files and parse them with `serde_json` into
//!   the same fields; `diff` at most 2.4 times;
//! - evaluation is at most 2 % of that time, and peak memory stays under 600 MiB;
//! - a million people take at most 12 times what 100,000 take.
//!
//! `cargo bench --bench million` (1 GB of disk); `cargo bench --bench million -- 100000` is a smaller one.
//! Every time is the median of 5 runs, each a process of its own, taken in turns.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing
)]

mod linked;
mod organization;
mod parsing;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use ssolint::check;
use ssolint::finding::PeopleShown;
use ssolint::finding::prose::PeopleNames;
use ssolint::report::who;
use ssolint::signin::SignIn;
use ssolint::source::snapshot;

const MILLION: usize = 1_000_000;
const ROUNDS: usize = 5;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["parse", folder] => {
            parsing::owned(Path::new(folder));
        }
        ["parse-borrowed", folder] => {
            parsing::borrowed(Path::new(folder));
        }
        ["evaluate", folder] => evaluate(Path::new(folder)),
        ["write", size, folder] => {
            organization::write(Path::new(folder), size.parse().unwrap()).unwrap();
        }
        [] => return measure(MILLION),
        [size] => return measure(size.parse().expect("a number of people")),
        other => panic!("{other:?}: give a number of people, or nothing"),
    }
    ExitCode::SUCCESS
}

/// Prints how long deciding everyone's verdict takes once the world is read, in seconds; how long the rest takes, on standard error.
fn evaluate(folder: &Path) {
    let start = Instant::now();
    let snapshot = snapshot::read(folder).unwrap();
    let read = start.elapsed();
    let world = check::load(&snapshot.documents, snapshot.faults);
    let loaded = start.elapsed();
    assert!(world.faults.is_empty(), "{:?}", world.faults);
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let sign_in = SignIn::new(&world, &[]);
        times.push(start.elapsed());
        std::hint::black_box(sign_in.considered().count());
    }
    let sign_in = SignIn::new(&world, &[]);
    let people: Vec<_> = sign_in.considered().collect();
    let start = Instant::now();
    who::lines(&sign_in, &people, &mut PeopleNames::new(PeopleShown::Names), &mut std::io::sink()).unwrap();
    let written = start.elapsed();
    eprintln!(
        "read in {read:.2?}, joined in {:.2?}, evaluated in {times:.2?}, written in {written:.2?}",
        loaded - read
    );
    println!("{}", median(times).as_secs_f64());
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn folder(people: usize) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("organization-{people}"))
}

fn tool(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ssolint"));
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::inherit());
    command
}

fn this(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::inherit());
    command
}

fn time(mut command: Command) -> Duration {
    let start = Instant::now();
    let status = command.status().expect("it runs");
    let took = start.elapsed();
    assert!(status.code().is_some_and(|code| code < 2), "{command:?}: {status}");
    took
}

/// The most memory that a process ever held, in MiB: the kernel's own high-water mark, read until the process ends.
fn peak_memory(mut child: Child) -> u64 {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let mark = text.lines().find_map(|line| {
            line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()
        });
        peak = peak.max(mark.unwrap_or(0));
        if child.try_wait().unwrap().is_some() {
            return peak.div_ceil(1024);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The folder again with another order of two mappings: everything but that file is the same file, by a link.
fn changed(whole: &Path) -> std::io::Result<PathBuf> {
    let (from, to) = (whole.join("snapshot"), whole.join("changed"));
    linked::linked(&from, &to)?;
    let mappings = to.join("torq/claim-mappings.json");
    let text = std::fs::read_to_string(&mappings)?;
    std::fs::remove_file(&mappings)?;
    std::fs::write(&mappings, text.replace("\"rank\": 20\n", "\"rank\": 900\n"))?;
    Ok(to)
}

struct Claim {
    what: String,
    value: f64,
    at_most: f64,
}

fn measure(people: usize) -> ExitCode {
    let whole = folder(people);
    let bytes = organization::write(&whole, people).unwrap();
    let snapshot = whole.join("snapshot");
    let path = snapshot.to_str().unwrap();
    let who = ["who", "--all", "--format", "json", path];
    let changed = changed(&whole).unwrap();
    let diff = ["diff", path, changed.to_str().unwrap(), "--format", "json", "--fail-on", "never"];

    // Once each beforehand, so that all find their files in memory.
    time(this(&["parse", path]));
    time(tool(&who));
    let (mut parse, mut borrowed, mut all, mut everyone, mut differ) =
        (vec![], vec![], vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        parse.push(time(this(&["parse", path])));
        all.push(time(tool(&who)));
        borrowed.push(time(this(&["parse-borrowed", path])));
        everyone.push(time(tool(&["who", "--all", path])));
        differ.push(time(tool(&diff)));
    }
    let (parse, borrowed, all, everyone, differ) =
        (median(parse), median(borrowed), median(all), median(everyone), median(differ));
    let evaluation = this(&["evaluate", path]).stdout(Stdio::piped()).output().unwrap();
    let evaluation: f64 = String::from_utf8(evaluation.stdout).unwrap().trim().parse().expect("a time");
    let memory = |arguments: &[&str]| peak_memory(tool(arguments).spawn().unwrap());
    let (who_memory, diff_memory) = (memory(&who), memory(&diff));

    println!(
        "{people} people, {:.0} MB: parsed in {parse:.2?} ({borrowed:.2?} without copying strings); who --all as json {all:.2?}, as text {everyone:.2?}; \
         diff {differ:.2?}; evaluation {:.1} ms; peak memory of who {who_memory} MiB, of diff {diff_memory} MiB",
        bytes as f64 / 1e6,
        evaluation * 1e3,
    );
    let parse = parse.as_secs_f64();
    let mut claims = vec![
        Claim {
            what: "who --all as json, in parses".to_owned(),
            value: all.as_secs_f64() / parse,
            at_most: 1.2,
        },
        Claim { what: "diff, in parses".to_owned(), value: differ.as_secs_f64() / parse, at_most: 2.4 },
        Claim { what: "peak memory of who, in MiB".to_owned(), value: who_memory as f64, at_most: 600.0 },
    ];
    // What is claimed of the million alone.
    if people == MILLION {
        claims.push(Claim {
            what: "evaluation, in percent of who --all".to_owned(),
            value: 100.0 * evaluation / all.as_secs_f64(),
            at_most: 2.0,
        });
        let tenth = folder(people / 10);
        organization::write(&tenth, people / 10).unwrap();
        let tenth = tenth.join("snapshot");
        let smaller = ["who", "--all", "--format", "json", tenth.to_str().unwrap()];
        time(tool(&smaller));
        let (mut small, mut large) = (vec![], vec![]);
        for _ in 0..ROUNDS {
            small.push(time(tool(&smaller)));
            large.push(time(tool(&who)));
        }
        let times = median(large).as_secs_f64() / median(small).as_secs_f64();
        claims.push(Claim { what: "a million, in times of 100,000".to_owned(), value: times, at_most: 12.0 });
    }
    let mut holds = true;
    for claim in &claims {
        let kept = claim.value <= claim.at_most;
        holds &= kept;
        println!(
            "  {:<40} {:>8.2}  at most {:<6} {}",
            claim.what,
            claim.value,
            claim.at_most,
            if kept { "holds" } else { "DOES NOT HOLD" }
        );
    }
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
