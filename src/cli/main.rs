//! The command line: the only place that prints or exits. Arguments are read in two stages: what was typed ([`arguments`]), then what
//! it means, in one file a command.

mod arguments;
mod check;
mod config;
mod diff;
mod explain;
mod init;
mod known;
mod live;
mod merge;
mod output;
mod progress;
mod pull;
mod rollout;
mod shell;
mod snapshots;
mod who;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};

/// Exit codes (interface, commands).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    #[default]
    Clean = 0,
    Findings = 1,
    WrongUse = 2,
    NotEvaluated = 3,
}

impl Exit {
    /// 2 goes before 3, 3 before 1.
    pub fn worst(exits: impl IntoIterator<Item = Exit>) -> Self {
        let weight = |exit: &Exit| match exit {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::NotEvaluated => 2,
            Self::WrongUse => 3,
        };
        exits.into_iter().max_by_key(weight).unwrap_or(Self::Clean)
    }
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version come this way too; a closed pipe is no error.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { Exit::WrongUse as u8 } else { Exit::Clean as u8 });
        }
    };
    let result = match arguments.command {
        Command::Check(typed) => check::run(&typed, arguments.colour),
        Command::Who(typed) => who::run(&typed, arguments.colour),
        Command::Diff(typed) => diff::run(&typed, arguments.colour),
        Command::Rollout(typed) => rollout::run(&typed, arguments.colour),
        Command::Pull(typed) => pull::run(&typed),
        Command::Init(typed) => init::run(&typed),
        Command::Rules(typed) => explain::rules(&typed),
        Command::Explain(typed) => explain::explain(&typed, arguments.colour),
        Command::Merge(typed) => merge::run(&typed),
        Command::Schema(typed) => explain::schema(&typed),
        Command::Completions(typed) => shell::completions(&typed),
        Command::Man(typed) => shell::manual(&typed),
    };
    let exit = result.unwrap_or_else(|problem| {
        output::problem(&problem);
        Exit::WrongUse
    });
    ExitCode::from(exit as u8)
}
