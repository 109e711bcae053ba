//! `ssolint merge`.

use std::fs;

use ssolint::report::merge;
use ssolint::source::snapshot;

use crate::Exit;
use crate::arguments::MergeArguments;
use crate::check;
use crate::output::{self, Problem};

pub fn run(typed: &MergeArguments) -> Result<Exit, Problem> {
    let fail_on = check::fail_on(typed.fail_on.as_deref().unwrap_or("error"))?;
    let mut reports = Vec::new();
    for path in &typed.reports {
        let shown = snapshot::shown(path);
        let text = fs::read_to_string(path)
            .map_err(|error| Problem(format!("{shown} could not be read: {error}")))?;
        reports.push((shown, text));
    }
    let merged = merge::merge(&reports).map_err(|error| Problem(error.to_string()))?;
    output::write(typed.out.as_ref(), &merged.bytes)?;
    let standing = merged.standing;
    let reaches = |severity| fail_on.zip(severity).is_some_and(|(floor, severity)| severity >= floor);
    let exits = [
        (standing.unreadable, Exit::WrongUse),
        (standing.not_reached || reaches(standing.not_evaluated), Exit::NotEvaluated),
        (reaches(standing.found), Exit::Findings),
    ];
    Ok(Exit::worst(exits.into_iter().filter(|(is_so, _)| *is_so).map(|(_, exit)| exit)))
}
