//! `--show-config`: every setting as it counts, and where it comes from. What was typed is each command's own; the project file is shown whole,
//! whatever the command uses of it, so that there is one answer to what it says.

use std::fmt::Write as _;
use std::path::Path;

use clap::ValueEnum;
use ssolint::document::project::{Level, RuleSetting};
use ssolint::finding::prose::visible;
use ssolint::rules::settings::Settings;
use ssolint::rules::{Rule, catalogue};
use ssolint::source::project::Project;
use ssolint::source::snapshot;

use crate::Exit;
use crate::arguments::LiveArguments;
use crate::live::{self, LONGEST, MOST_REQUESTS};
use crate::output::{self, Problem};

/// A setting of the command line.
pub struct Typed {
    name: &'static str,
    value: Option<String>,
    /// What counts where nothing was typed.
    default: String,
}

impl Typed {
    pub fn new(name: &'static str, value: Option<String>, default: impl Into<String>) -> Self {
        Self { name, value, default: default.into() }
    }

    pub fn list(name: &'static str, values: &[String], default: &str) -> Self {
        Self::new(name, (!values.is_empty()).then(|| values.join(",")), default)
    }

    pub fn path(name: &'static str, value: Option<&Path>) -> Self {
        Self::new(name, value.map(snapshot::shown), "none")
    }

    pub fn word(name: &'static str, value: Option<impl ValueEnum>, default: &str) -> Self {
        let word = value.and_then(|value| Some(value.to_possible_value()?.get_name().to_owned()));
        Self::new(name, word, default)
    }
}

/// Prints the settings of a command, and reads nothing but the project file.
pub fn show(live: &LiveArguments, of_command: Vec<Typed>) -> Result<Exit, Problem> {
    let project = live::project_if_any(live)?;
    output::write(None, shown(live, of_command, project.as_ref()).as_bytes())?;
    Ok(Exit::Clean)
}

/// One setting a line: `name = value  # origin`.
fn shown(live: &LiveArguments, of_command: Vec<Typed>, project: Option<&Project>) -> String {
    let mut out = String::new();
    let file = project.map(|project| snapshot::shown(&project.file));
    match (&file, &live.config) {
        (Some(file), Some(_)) => line(&mut out, "config", file, "command line"),
        (Some(file), None) => line(&mut out, "config", file, "default: the nearest from here upward"),
        (None, _) => line(&mut out, "config", "none", "default: there is none from here upward"),
    }
    for typed in of_command.into_iter().chain(of_reading(live)) {
        match typed.value {
            Some(value) => line(&mut out, typed.name, &value, "command line"),
            None => line(&mut out, typed.name, &typed.default, "default"),
        }
    }
    let Some((project, file)) = project.zip(file) else {
        rules(&mut out, Settings::default(), "");
        return out;
    };
    for entry in project.entries() {
        line(&mut out, &entry.name, &entry.value, &format!("{}:{}", entry.file, entry.line));
    }
    if project.connections.is_empty() {
        rules(&mut out, Settings { of_connection: &[], of_project: &project.rules }, &file);
    }
    for connection in &project.connections {
        let _ = writeln!(out, "\n{}:  # {file}:{}", visible(&connection.name), connection.line);
        for setting in project.settings_of(&connection.name) {
            let origin = format!("{}:{}", setting.file, setting.line);
            line(&mut out, &format!("  {}", setting.name), &setting.value, &origin);
        }
        rules(&mut out, Settings { of_connection: &connection.rules, of_project: &project.rules }, &file);
    }
    out
}

/// What every command has that reads the project file.
fn of_reading(live: &LiveArguments) -> [Typed; 4] {
    let authorities: Vec<String> =
        live.certificate_authorities.iter().map(|path| snapshot::shown(path)).collect();
    [
        Typed::new("max-requests", live.max_requests.map(|most| most.to_string()), MOST_REQUESTS.to_string()),
        Typed::new("timeout", live.timeout.map(|seconds| seconds.to_string()), LONGEST.to_string()),
        Typed::new("allow-command", live.allow_command.then(|| "true".to_owned()), "false"),
        Typed::list("certificate-authority", &authorities, "the system's"),
    ]
}

/// Every rule that is set, and every option that can be.
fn rules(out: &mut String, settings: Settings<'_>, file: &str) {
    for rule in catalogue() {
        if let Some((word, line_of)) = level(rule, settings) {
            line(out, &format!("  rules.{}", rule.id), word, &format!("{file}:{line_of}"));
        }
        for (name, choice) in rule.page().options.iter().filter(|(_, choice)| !choice.default.is_null()) {
            let set = settings.about(rule).find_map(|setting| {
                let (_, value) = setting.options.iter().find(|(known, _)| known == name)?;
                Some((value, setting.line))
            });
            let name = format!("  rules.{}.{name}", rule.id);
            match set {
                Some((value, line_of)) => line(out, &name, &value.to_string(), &format!("{file}:{line_of}")),
                None => line(out, &name, &choice.default.to_string(), "default"),
            }
        }
    }
    line(out, "  rules.*", "as their pages say", "default");
}

fn level(rule: &Rule, settings: Settings<'_>) -> Option<(&'static str, usize)> {
    let set: &RuleSetting = settings.about(rule).find(|setting| setting.level.is_some())?;
    let (word, _) = Level::WORDS.into_iter().find(|(_, level)| Some(*level) == set.level)?;
    Some((word, set.line))
}

fn line(out: &mut String, name: &str, value: &str, origin: &str) {
    let _ = writeln!(out, "{} = {}  # {}", visible(name), visible(value), visible(origin));
}
