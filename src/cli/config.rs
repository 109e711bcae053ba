//! `--show-config`: every setting as it counts, and where it comes from.

use std::fmt::Write as _;

use ssolint::document::project::{Level, RuleSetting};
use ssolint::finding::prose::visible;
use ssolint::rules::settings::Settings;
use ssolint::rules::{Rule, catalogue};
use ssolint::source::project::Project;
use ssolint::source::snapshot;

use crate::arguments::CheckArguments;

/// One setting a line: `name = value  # origin`.
pub fn shown(typed: &CheckArguments, project: Option<&Project>) -> String {
    let mut out = String::new();
    let file = project.map(|project| snapshot::shown(&project.file));
    match (&file, &typed.source.live.config) {
        (Some(file), Some(_)) => line(&mut out, "config", file, "command line"),
        (Some(file), None) => line(&mut out, "config", file, "default: the nearest from here upward"),
        (None, _) => line(&mut out, "config", "none", "default: there is none from here upward"),
    }
    for (name, value, default) in of_command_line(typed) {
        match value {
            Some(value) => line(&mut out, name, &value, "command line"),
            None => line(&mut out, name, default, "default"),
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

/// Name, what was typed, and what counts where nothing was.
fn of_command_line(typed: &CheckArguments) -> Vec<(&'static str, Option<String>, &'static str)> {
    let list = |values: &[String]| (!values.is_empty()).then(|| values.join(","));
    let path = |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| snapshot::shown(path));
    let live = &typed.source.live;
    let on = |given| if given { Some("true".to_owned()) } else { None };
    vec![
        ("fail-on", typed.fail_on.clone(), "error"),
        ("select", list(&typed.select), "every rule that is not pedantic or off"),
        ("ignore", list(&typed.ignore), "none"),
        ("format", list(&typed.formats), "pretty"),
        (
            "people",
            typed.people.map(|people| format!("{people:?}").to_lowercase()),
            "names; counts where a whole organisation reads it",
        ),
        ("baseline", path(&typed.baseline), "none"),
        ("new-since", path(&typed.new_since), "none"),
        ("terraform-plan", path(&typed.source.plan.terraform_plan), "none"),
        ("max-requests", live.max_requests.map(|most| most.to_string()), "20000"),
        ("timeout", live.timeout.map(|seconds| seconds.to_string()), "900"),
        ("allow-command", on(live.allow_command), "false"),
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
