//! Contestants that answer one question, timed in turns in one process, and the table of what came out.

use std::time::{Duration, Instant};

const ROUNDS: usize = 5;

/// One run of a contestant. `prepared`: what it did beforehand and would not do again for the same question.
pub struct Run<A> {
    pub prepared: Duration,
    pub took: Duration,
    pub answers: A,
}

pub struct Contestant<'a, A> {
    what: &'static str,
    run: Box<dyn FnMut() -> Run<A> + 'a>,
}

impl<'a, A> Contestant<'a, A> {
    /// Prepared once; `answer` is timed.
    pub fn new(what: &'static str, prepared: Duration, answer: impl Fn() -> A + 'a) -> Self {
        Self::read_out(what, prepared, answer, |answers| answers)
    }

    /// The same, where the answers must be read out of what came of it: that is not timed.
    pub fn read_out<T>(
        what: &'static str,
        prepared: Duration,
        answer: impl Fn() -> T + 'a,
        read: impl Fn(T) -> A + 'a,
    ) -> Self {
        let run = move || {
            let (took, answers) = timed(&answer);
            Run { prepared, took, answers: read(answers) }
        };
        Self { what, run: Box::new(run) }
    }

    /// Prepared anew for each run.
    pub fn anew(what: &'static str, run: impl Fn() -> Run<A> + 'a) -> Self {
        Self { what, run: Box::new(run) }
    }
}

pub fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = std::hint::black_box(work());
    (start.elapsed(), result)
}

/// Medians of a contestant.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    pub what: &'static str,
    pub prepared: Duration,
    pub took: Duration,
    agrees: Agrees,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Agrees {
    Always,
    NotAlways,
}

impl Measured {
    /// How many times as long it took.
    pub fn times(&self, other: &Measured) -> f64 {
        self.took.as_secs_f64() / other.took.as_secs_f64()
    }
}

/// Each once to warm up, then five times in turns. The first one's answers are those that all must give.
pub fn in_turns<A: PartialEq>(contestants: Vec<Contestant<'_, A>>) -> Vec<Measured> {
    let mut contestants: Vec<_> =
        contestants.into_iter().map(|contestant| (contestant, vec![], vec![], Agrees::Always)).collect();
    let mut expected: Option<A> = None;
    for round in 0..=ROUNDS {
        for (contestant, prepared, took, agrees) in &mut contestants {
            let run = (contestant.run)();
            if round > 0 {
                prepared.push(run.prepared);
                took.push(run.took);
            }
            match &expected {
                None => expected = Some(run.answers),
                Some(expected) if *expected == run.answers => {}
                Some(_) => *agrees = Agrees::NotAlways,
            }
        }
    }
    contestants
        .into_iter()
        .map(|(contestant, prepared, took, agrees)| Measured {
            what: contestant.what,
            prepared: median(prepared),
            took: median(took),
            agrees,
        })
        .collect()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Prints a line for each, with the ratio to the one at `tool`. Whether all gave the same answers.
pub fn print(title: &str, measured: &[Measured], tool: usize) -> bool {
    println!("\n{title}");
    println!("  {:<58} {:>12} {:>12} {:>9}  answers", "", "preparation", "time", "x tool");
    for one in measured {
        let answers = match one.agrees {
            Agrees::Always => "the same",
            Agrees::NotAlways => "DIFFER",
        };
        let times = one.times(&measured[tool]);
        let shown = if times < 10.0 { format!("{times:.2}") } else { format!("{times:.0}") };
        println!(
            "  {:<58} {:>12} {:>12} {shown:>9}  {answers}",
            one.what,
            milliseconds(one.prepared),
            milliseconds(one.took)
        );
    }
    measured.iter().all(|one| one.agrees == Agrees::Always)
}

fn milliseconds(time: Duration) -> String {
    match time.as_secs_f64() * 1e3 {
        0.0 => "-".to_owned(),
        few if few < 100.0 => format!("{few:.2} ms"),
        many => format!("{many:.0} ms"),
    }
}
