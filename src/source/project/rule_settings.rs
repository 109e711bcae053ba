//! `rules:`: what runs, at what severity, with which options; for the project, or for one connection.

use serde_json::Value;

use crate::document::JsonPath;
use crate::document::position::Part;
use crate::document::project::{KnownOption, KnownRule, Level, RuleName, RuleSetting};

use super::ProjectError;
use super::reader::{Reader, did_you_mean, nearest};

const SEVERITY: &str = "severity";

impl Reader<'_> {
    pub(super) fn rule_settings(
        &self,
        value: Option<&Value>,
        at: &JsonPath,
        known: &[KnownRule],
    ) -> Result<Vec<RuleSetting>, ProjectError> {
        let members = match value {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Object(members)) => members,
            Some(_) => {
                let message =
                    "rules is an object: a rule or a family, and off, on, a severity, or its options";
                return Err(self.wrong(at, Part::Value, message));
            }
        };
        members
            .iter()
            .map(|(name, value)| self.rule_setting(name, value, &at.clone().key(name), known))
            .collect()
    }

    fn rule_setting(
        &self,
        name: &str,
        value: &Value,
        at: &JsonPath,
        known: &[KnownRule],
    ) -> Result<RuleSetting, ProjectError> {
        let (rule, options) = self.rule_name(name, at, known)?;
        let mut setting =
            RuleSetting { rule, level: None, options: Vec::new(), line: self.region(at, Part::Key).line };
        match value {
            Value::String(word) => {
                setting.level = Some(self.one_of(word, at, Part::Value, &Level::WORDS)?);
            }
            Value::Object(members) => {
                for (key, value) in members {
                    let place = at.clone().key(key);
                    if key == SEVERITY {
                        let word = value.as_str().unwrap_or_default();
                        setting.level = Some(self.one_of(word, &place, Part::Value, &Level::WORDS)?);
                    } else {
                        setting.options.push(self.option(key, value, &place, name, options)?);
                    }
                }
            }
            _ => {
                let message = format!(
                    "{name} is off, on, note, warning or error, or an object with severity or its options"
                );
                return Err(self.wrong(at, Part::Value, message));
            }
        }
        Ok(setting)
    }

    fn rule_name<'k>(
        &self,
        name: &str,
        at: &JsonPath,
        known: &'k [KnownRule],
    ) -> Result<(RuleName, &'k [KnownOption]), ProjectError> {
        if let Some(rule) = known.iter().find(|rule| rule.id == name) {
            return Ok((RuleName::Rule(rule.id), &rule.options));
        }
        if let Some(rule) = known.iter().find(|rule| rule.family == name) {
            return Ok((RuleName::Family(rule.family), &[]));
        }
        let near = nearest(name, known.iter().flat_map(|rule| [rule.id, rule.family]));
        let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        let message = format!("there is no rule or family {name}{near}");
        Err(self.wrong(at, Part::Key, format!("{message}; `ssolint rules` lists them").replace("?; ", "? ")))
    }

    fn option(
        &self,
        key: &str,
        value: &Value,
        at: &JsonPath,
        rule: &str,
        options: &[KnownOption],
    ) -> Result<(String, Value), ProjectError> {
        let Some(option) = options.iter().find(|option| option.name == key) else {
            let mut keys: Vec<&str> = vec![SEVERITY];
            keys.extend(options.iter().map(|option| option.name.as_str()));
            let message = format!("{key} is not an option of {rule}{}", did_you_mean(key, &keys));
            return Err(self.wrong(at, Part::Key, message));
        };
        if let Some(kind) = other_kind(&option.default, value) {
            return Err(self.wrong(at, Part::Value, format!("{key} is {kind}")));
        }
        match value.as_str() {
            Some(word) if !option.words.is_empty() => {
                let words: Vec<(&str, ())> = option.words.iter().map(|word| (word.as_str(), ())).collect();
                self.one_of(word, at, Part::Value, &words)?;
            }
            _ => {}
        }
        Ok((key.to_owned(), value.clone()))
    }
}

/// What the value would have to be, where it is not of the default's kind.
fn other_kind(default: &Value, value: &Value) -> Option<&'static str> {
    let (fits, kind) = match default {
        Value::Number(number) if number.is_u64() || number.is_i64() => {
            (value.as_u64().is_some(), "a whole number, 0 or more")
        }
        Value::Number(_) => (value.as_f64().is_some_and(|number| number >= 0.0), "a number, 0 or more"),
        Value::String(_) => (value.is_string(), "a word"),
        Value::Bool(_) => (value.is_boolean(), "true or false"),
        Value::Array(_) => {
            (value.as_array().is_some_and(|all| all.iter().all(Value::is_string)), "a list of texts")
        }
        Value::Null | Value::Object(_) => (true, ""),
    };
    (!fits).then_some(kind)
}
