//! What a check of a small snapshot costs beyond starting the binary at all: at most 10 ms, the median of 30 runs each, taken in turns.
//! `cargo bench --bench startup`; exits with 1 beyond.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 30;
const ALLOWED: Duration = Duration::from_millis(10);

fn run(arguments: &[&str]) -> Duration {
    let start = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_ssolint"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .status()
        .expect("the binary runs");
    let took = start.elapsed();
    assert!(status.success(), "{arguments:?}: {status}");
    took
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn main() -> ExitCode {
    let (version, check): (&[&str], &[&str]) = (&["--version"], &["check", "examples/healthy"]);
    // Once each beforehand, so that both find their files in memory.
    run(version);
    run(check);
    let (mut versions, mut checks) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        versions.push(run(version));
        checks.push(run(check));
    }
    let (version, check) = (median(versions), median(checks));
    let more = check.saturating_sub(version);
    println!("--version {version:?}, check examples/healthy {check:?}: {more:?} more, {ALLOWED:?} allowed");
    if more <= ALLOWED { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
