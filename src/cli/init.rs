//! `ssolint init`.

use crate::Exit;
use crate::arguments::InitArguments;
use crate::output::Problem;

pub fn run(_typed: &InitArguments) -> Result<Exit, Problem> {
    Ok(Exit::Clean)
}
