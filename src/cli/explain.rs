//! `ssolint rules`, `ssolint explain` and `ssolint schema`.

use std::fmt::Write as _;

use ssolint::report::schema;
use ssolint::rules::{catalogue, find};

use crate::Exit;
use crate::arguments::{ColourChoice, ExplainArguments, RulesArguments, SchemaArguments};
use crate::output::{self, Problem};

pub fn rules(typed: &RulesArguments) -> Result<Exit, Problem> {
    let bytes = match typed.format.as_str() {
        "pretty" => {
            let mut out = String::new();
            let mut family = "";
            for rule in catalogue() {
                if rule.family != family {
                    family = rule.family;
                    let _ = writeln!(out, "{family}");
                }
                let page = rule.page();
                let pedantic = if page.pedantic { " (pedantic: off unless selected)" } else { "" };
                let _ =
                    writeln!(out, "  {:<8} {:<40} {}{pedantic}", page.severity.name(), rule.id, page.title);
            }
            out.into_bytes()
        }
        "json" => ssolint::report::json::rules(),
        other => return Err(Problem(format!("{other:?} is not a format here; there are pretty, json"))),
    };
    output::write(None, &bytes)?;
    Ok(Exit::Clean)
}

pub fn explain(typed: &ExplainArguments, _colour: ColourChoice) -> Result<Exit, Problem> {
    let Some(rule) = find(&typed.rule) else {
        return Err(Problem(format!(
            "there is no rule {:?}{}; `ssolint rules` lists them",
            typed.rule,
            output::did_you_mean(&typed.rule, catalogue().map(|rule| rule.id))
        )));
    };
    let page = rule.page();
    let mut out = String::new();
    let _ = writeln!(out, "{}: {}", rule.id, page.title);
    let pedantic = if page.pedantic { ", pedantic" } else { "" };
    let _ = writeln!(
        out,
        "{} of the family {}, precision {}, {} since {}{pedantic}\n",
        page.severity.name(),
        rule.family,
        page.precision.name(),
        page.life.name(),
        page.since
    );
    let _ = writeln!(out, "{}", page.body.trim_end());
    if !page.options.is_empty() {
        let _ = writeln!(out, "\n## Options");
        for (name, choice) in &page.options {
            let _ = writeln!(out, "- `{name}` (default {}): {}", choice.default, choice.about);
        }
    }
    output::write(None, out.as_bytes())?;
    Ok(Exit::Clean)
}

pub fn schema(typed: &SchemaArguments) -> Result<Exit, Problem> {
    let Some(name) = &typed.name else {
        let names: Vec<&str> = schema::ALL.iter().map(|(name, _)| *name).collect();
        output::write(None, format!("{}\n", names.join("\n")).as_bytes())?;
        return Ok(Exit::Clean);
    };
    let Some((_, text)) = schema::ALL.iter().find(|(known, _)| known == name) else {
        return Err(Problem(format!(
            "there is no schema {name:?}{}; `ssolint schema` lists them",
            output::did_you_mean(name, schema::ALL.iter().map(|(name, _)| *name))
        )));
    };
    output::write(None, text.as_bytes())?;
    Ok(Exit::Clean)
}
