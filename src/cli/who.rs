//! `ssolint who`.

use std::io::Write as _;

use ssolint::finding::PeopleShown;
use ssolint::finding::locate::Locator;
use ssolint::finding::prose::PeopleNames;
use ssolint::report::who;
use ssolint::signin::{PersonIndex, SignIn};

use crate::Exit;
use crate::arguments::{ColourChoice, WhoArguments};
use crate::config::{self, Typed};
use crate::output::{self, Problem, Sink};
use crate::snapshots;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Pretty,
    Json,
}

const FORMATS: [(&str, Format); 2] = [("pretty", Format::Pretty), ("json", Format::Json)];
const VERDICTS: [&str; 5] = ["granted", "locked_out", "unknown", "not_subject", "never"];

pub fn run(typed: &WhoArguments, _colour: ColourChoice) -> Result<Exit, Problem> {
    let targets = output::targets(&typed.formats, &FORMATS)?;
    let fail_on = fail_on(typed)?;
    if typed.source.live.show_config {
        return config::show(&typed.source.live, settings(typed));
    }
    let read = snapshots::read(&typed.source)?;
    let mut exits = vec![read.exit];
    let mut worlds: Vec<_> = read
        .snapshots
        .iter()
        .map(|snapshot| ssolint::check::load(&snapshot.documents, snapshot.faults.clone()))
        .collect();
    let clashes = snapshots::tell_apart(
        worlds
            .iter_mut()
            .zip(&read.snapshots)
            .map(|(world, snapshot)| (&mut world.name, snapshot.documents.origin.as_str())),
    );
    clashes.iter().for_each(output::problem);
    if !clashes.is_empty() {
        exits.push(Exit::WrongUse);
    }
    let mut sinks =
        targets.iter().map(|target| Sink::open(target.file.as_ref())).collect::<Result<Vec<_>, _>>()?;
    for (world, snapshot) in worlds.iter().zip(&read.snapshots) {
        let mut locator = Locator::new(&snapshot.documents);
        for fault in &world.faults {
            let (line, column) = locator.fault(fault).unwrap_or((1, 1));
            output::problem(&Problem(format!("{}:{line}:{column}: {}", fault.file, fault.message)));
            exits.push(Exit::WrongUse);
        }
        let expected = world.expectations.iter().filter_map(|expectation| expectation.person());
        let named: Vec<String> = typed.users.iter().cloned().chain(expected.map(str::to_owned)).collect();
        let sign_in = SignIn::new(world, &named);
        let asked = asked(&sign_in, typed);
        if asked.iter().any(|person| fail_on.contains(&sign_in.outcome(*person).name())) {
            exits.push(Exit::Findings);
        }
        for (target, sink) in targets.iter().zip(&mut sinks) {
            let mut names = PeopleNames::new(output::people(typed.people, PeopleShown::Names));
            let written = match target.format {
                Format::Json => who::lines(&sign_in, &asked, &mut names, sink),
                Format::Pretty if typed.users.is_empty() => {
                    sink.write_all(who::everyone(&sign_in, &mut names).as_bytes())
                }
                Format::Pretty => asked.iter().try_for_each(|person| {
                    sink.write_all(who::person(&sign_in, *person, &mut names).as_bytes())
                }),
            };
            sink.said(written)?;
        }
    }
    for mut sink in sinks {
        let flushed = sink.flush();
        sink.said(flushed)?;
    }
    Ok(Exit::worst(exits))
}

fn settings(typed: &WhoArguments) -> Vec<Typed> {
    let fails = if typed.users.is_empty() { "never" } else { "locked_out,unknown" };
    vec![
        Typed::list("fail-on", &typed.fail_on, fails),
        Typed::list("format", &typed.formats, "pretty"),
        Typed::word("people", typed.people, "names"),
        Typed::path("terraform-plan", typed.source.plan.terraform_plan.as_deref()),
    ]
}

/// The people who are asked about; everyone where nobody is named.
fn asked(sign_in: &SignIn<'_>, typed: &WhoArguments) -> Vec<PersonIndex> {
    if typed.users.is_empty() {
        return sign_in.considered().collect();
    }
    let mut asked: Vec<PersonIndex> =
        typed.users.iter().flat_map(|name| sign_in.population.named(name).iter().copied()).collect();
    let mut seen = std::collections::BTreeSet::new();
    asked.retain(|person| seen.insert(*person));
    asked
}

fn fail_on(typed: &WhoArguments) -> Result<Vec<&'static str>, Problem> {
    if typed.fail_on.is_empty() {
        return Ok(if typed.users.is_empty() { Vec::new() } else { vec!["locked_out", "unknown"] });
    }
    typed
        .fail_on
        .iter()
        .map(|text| {
            VERDICTS.into_iter().find(|verdict| verdict == text).ok_or_else(|| {
                Problem(format!(
                    "--fail-on takes {}, not {text:?}{}",
                    VERDICTS.join(", "),
                    output::did_you_mean(text, VERDICTS.into_iter())
                ))
            })
        })
        .collect()
}
