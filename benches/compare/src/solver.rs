//! Shadowed mappings by z3, a program of its own that is spoken to in SMT-LIB. It answers which mappings nobody can reach, and no more: the
//! tool names an irreducible set of blockers for each, and the people.
//!
//! Asked in the logic in which z3 is fastest here, which is propositional: `QF_FD`.
//!
//! A mapping is *dead* when no token matches it and none of the earlier ones. `before-K` says that none of the rows before K matches, so that
//! a question is two literals, and all questions go to one process that keeps what it has learned.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use ssolint::model::torq::Mapping;
use ssolint::signin::SignIn;

use crate::interned::Interned;
use crate::measure::{Run, timed};

/// The library of z3 for Python carries the program.
const WHEEL: &str = "z3-solver==5.4.1.0";

/// Installs the program in the target folder, unless it is there.
pub fn program(folder: &Path) -> Result<PathBuf, String> {
    let folder = folder.join(WHEEL.replace("==", "-"));
    let program = folder.join("bin/z3");
    if !program.exists() {
        let pip = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--root-user-action",
            "ignore",
        ];
        let only = ["--no-deps", "--only-binary", ":all:", "--target"];
        let status = Command::new("python3").args(pip).args(only).arg(&folder).arg(WHEEL).status();
        match status {
            Ok(status) if status.success() => {}
            Ok(status) => return Err(format!("python3 -m pip install {WHEEL}: {status}")),
            Err(error) => return Err(format!("python3: {error}")),
        }
    }
    match Command::new(&program).arg("--version").output() {
        Ok(output) if output.status.success() => Ok(program),
        Ok(output) => Err(format!("{}: {}", program.display(), output.status)),
        Err(error) => Err(format!("{}: {error}", program.display())),
    }
}

/// A running z3 that has been told everything but the questions.
struct Solver {
    process: Child,
    into: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Solver {
    fn told(program: &Path, definitions: &str) -> Self {
        let mut process = Command::new(program)
            .args(["-smt2", "-in"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let into = process.stdin.take().unwrap();
        let from = BufReader::new(process.stdout.take().unwrap());
        let mut solver = Self { process, into, from };
        solver.into.write_all(definitions.as_bytes()).unwrap();
        solver.into.write_all(b"(echo \"told\")\n").unwrap();
        solver.into.flush().unwrap();
        assert_eq!(solver.line(), "told");
        solver
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Of the asked mappings those that are dead.
    fn dead(&mut self, asked: &[usize]) -> Vec<usize> {
        let mut questions = String::new();
        for mapping in asked {
            let _ = writeln!(questions, "(check-sat-assuming (match-{mapping} before-{mapping}))");
        }
        self.into.write_all(questions.as_bytes()).unwrap();
        self.into.flush().unwrap();
        let mut dead = Vec::new();
        for mapping in asked {
            match self.line().as_str() {
                "unsat" => dead.push(*mapping),
                "sat" => {}
                other => panic!("z3 says {other:?}"),
            }
        }
        dead
    }
}

impl Drop for Solver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Asks a new process: its start and what it is told are preparation.
fn ask(program: &Path, encode: impl FnOnce() -> (String, Vec<usize>)) -> Run<Vec<usize>> {
    let (prepared, (mut solver, asked)) = timed(|| {
        let (definitions, asked) = encode();
        (Solver::told(program, &definitions), asked)
    });
    let (took, answers) = timed(|| solver.dead(&asked));
    Run { prepared, took, answers }
}

/// `match-K` for each mapping by what is given, and `before-K`.
fn table(definitions: &mut String, matches: impl Iterator<Item = String>) {
    let mut before = "true".to_owned();
    for (mapping, matching) in matches.enumerate() {
        let _ = writeln!(
            definitions,
            "(declare-const match-{mapping} Bool)\n(assert (= match-{mapping} {matching}))\n\
             (declare-const before-{mapping} Bool)\n(assert (= before-{mapping} {before}))"
        );
        before = format!("(and before-{mapping} (not match-{mapping}))");
    }
}

/// Whoever is in which group: a token carries each mapped value or not, `Everyone` always. That it has one email alone need not be said: where
/// a token with several matches a row and none before it, then so does the one with that row's email alone.
pub fn by_logic(program: &Path, mappings: &[Mapping]) -> Run<Vec<usize>> {
    ask(program, || {
        let mut definitions = "(set-logic QF_FD)\n".to_owned();
        let mut numbers: HashMap<(&str, &str), usize> = HashMap::new();
        let mut matches = Vec::with_capacity(mappings.len());
        for mapping in mappings {
            let pair = (mapping.claim_name.as_str(), mapping.claim_value.as_str());
            let next = numbers.len();
            let number = *numbers.entry(pair).or_insert(next);
            matches.push(match pair {
                ("groups", "Everyone") => "true".to_owned(),
                ("groups" | "email", _) => {
                    if number == next {
                        let _ = writeln!(definitions, "(declare-const value-{number} Bool)");
                    }
                    format!("value-{number}")
                }
                (other, _) => panic!("{other}: no table here maps it"),
            });
        }
        table(&mut definitions, matches.into_iter());
        (definitions, (0..mappings.len()).collect())
    })
}

/// The people there are, in classes of those who carry the same mapped values. That a person is of one class alone need not be said: where
/// several together match a row and none before it, then so does the one of them that matches the row. A mapping that nobody matches is not
/// asked about.
pub fn today(program: &Path, sign_in: &SignIn<'_>, interned: &Interned) -> Run<Vec<usize>> {
    ask(program, || {
        let considered = sign_in.considered().filter_map(|person| sign_in.population.user(person));
        let classes: BTreeSet<&[u32]> = considered
            .map(|user| interned.carried(user.0 as usize))
            .filter(|values| !values.is_empty())
            .collect();
        let mut definitions = "(set-logic QF_FD)\n".to_owned();
        let mut of_value: BTreeMap<u32, String> = BTreeMap::new();
        for (class, values) in classes.iter().enumerate() {
            let _ = writeln!(definitions, "(declare-const class-{class} Bool)");
            for value in *values {
                let _ = write!(of_value.entry(*value).or_default(), " class-{class}");
            }
        }
        let matches = interned.table().iter().map(|value| match of_value.get(value) {
            Some(classes) => format!("(or{classes})"),
            None => "false".to_owned(),
        });
        table(&mut definitions, matches);
        let asked = interned.table().iter().enumerate();
        (definitions, asked.filter(|(_, value)| of_value.contains_key(value)).map(|(row, _)| row).collect())
    })
}
