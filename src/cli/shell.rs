//! `ssolint completions` and `ssolint man`: from the definitions of the arguments, so that they cannot say anything else.

use std::fs;

use clap::CommandFactory;
use ssolint::finding::prose::visible;

use crate::Exit;
use crate::arguments::{Arguments, CompletionsArguments, ManArguments};
use crate::output::{self, Problem};

const NAME: &str = "ssolint";

pub fn completions(typed: &CompletionsArguments) -> Result<Exit, Problem> {
    let mut bytes = Vec::new();
    clap_complete::generate(typed.shell, &mut Arguments::command(), NAME, &mut bytes);
    output::write(None, &bytes)?;
    Ok(Exit::Clean)
}

pub fn manual(typed: &ManArguments) -> Result<Exit, Problem> {
    // `ssolint help check` says what the page of `check` says.
    let command = Arguments::command().disable_help_subcommand(true);
    let Some(folder) = &typed.out else {
        let mut bytes = Vec::new();
        let page = clap_mangen::Man::new(command).render(&mut bytes);
        page.map_err(|error| Problem(format!("the manual page could not be written: {error}")))?;
        output::write(None, &bytes)?;
        return Ok(Exit::Clean);
    };
    let written = fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder));
    let shown = visible(&folder.to_string_lossy());
    written.map_err(|error| Problem(format!("{shown} could not be written to: {error}")))?;
    Ok(Exit::Clean)
}
