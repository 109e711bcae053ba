//! Where each setting of a connection comes from, for `--show-config`.

use std::fs;

use serde_json::Value;

use crate::document::position::{Format, Part, Positions};
use crate::document::{JsonPath, strict};
use crate::source::snapshot;

use super::Project;

/// A setting as it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Such as `okta.org_url`.
    pub name: String,
    /// As JSON; of a command its program and how many arguments it has, of a URL all but user info, query and fragment: somebody may have
    /// typed a secret there.
    pub value: String,
    /// The file that says it, as it is shown.
    pub file: String,
    /// 1-based.
    pub line: usize,
}

/// A text that settings are taken from.
struct Source {
    file: String,
    value: Value,
    positions: Positions,
}

impl Source {
    fn new(file: String, text: &str) -> Option<Self> {
        let value = strict::read_yaml(text).ok()?;
        Some(Self { file, value, positions: Positions::scan(text, Format::Yaml) })
    }

    fn settings(&self, value: &Value, at: &JsonPath, name: &str, into: &mut Vec<Setting>) {
        match value {
            Value::Object(members) if !members.is_empty() => {
                for (key, value) in members {
                    let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                    self.settings(value, &at.clone().key(key), &name, into);
                }
            }
            Value::Null => {}
            value => into.push(self.setting(value, at, name)),
        }
    }

    fn setting(&self, value: &Value, at: &JsonPath, name: &str) -> Setting {
        Setting {
            name: name.to_owned(),
            value: said(name, value).to_string(),
            file: self.file.clone(),
            line: self.positions.find(at, Part::Key).region.line,
        }
    }
}

impl Project {
    /// The file as it is shown.
    fn source(&self) -> Option<Source> {
        Source::new(snapshot::shown(&self.file), &self.text)
    }

    /// The settings of a connection, by name: its own, then those of `connection.yaml`, then the defaults, as far as they count.
    pub fn settings_of(&self, connection: &str) -> Vec<Setting> {
        let Some(source) = self.source() else { return Vec::new() };
        let Some(index) = self.connections.iter().position(|one| one.name == connection) else {
            return Vec::new();
        };
        let at = JsonPath::root().key("connections").index(index);
        let Some(entry) = source.value.pointer(&at.to_string()) else { return Vec::new() };
        let mut settings = Vec::new();
        for key in ["stage", "snapshot", "okta", "torq"] {
            if let Some(value) = entry.get(key) {
                source.settings(value, &at.clone().key(key), key, &mut settings);
            }
        }
        let own: Vec<String> = settings.iter().map(|setting| setting.name.clone()).collect();
        let mut shown = Vec::new();
        match entry.get("connection") {
            Some(Value::String(file)) => {
                let path = self.folder.join(file);
                let text = fs::read_to_string(&path).ok();
                if let Some(wizard) = text.and_then(|text| Source::new(snapshot::shown(&path), &text)) {
                    wizard.settings(&wizard.value, &JsonPath::root(), "connection", &mut shown);
                }
            }
            Some(inline) => source.settings(inline, &at.clone().key("connection"), "connection", &mut shown),
            None => {}
        }
        let shows = |name: &str| shown.iter().any(|setting| setting.name == format!("connection.{name}"));
        let mut defaults = Vec::new();
        if let Some(value) = source.value.get("defaults") {
            source.settings(value, &JsonPath::root().key("defaults"), "", &mut defaults);
        }
        defaults.retain(|setting| !goes_before(&own, &setting.name));
        // What the wizard's settings say goes before a default, but for the stage.
        defaults.retain(|setting| {
            !["torq.region", "okta.org_url"].contains(&setting.name.as_str()) || !shows(&setting.name)
        });
        settings.extend(shown);
        settings.extend(defaults);
        settings.sort_by(|a, b| a.name.cmp(&b.name));
        settings
    }

    /// The entries of `expect`, `ignore` and `accept_gaps`, in their order.
    pub fn entries(&self) -> Vec<Setting> {
        let Some(source) = self.source() else { return Vec::new() };
        let mut entries = Vec::new();
        for key in ["expect", "ignore", "accept_gaps"] {
            for (index, entry) in
                source.value.get(key).and_then(Value::as_array).into_iter().flatten().enumerate()
            {
                let at = JsonPath::root().key(key).index(index);
                entries.push(source.setting(entry, &at, &format!("{key}.{index}")));
            }
        }
        entries
    }
}

/// A value without the parts of it in which a secret may stand.
fn said(name: &str, value: &Value) -> Value {
    let key = name.rsplit('.').next().unwrap_or(name);
    match value {
        Value::Array(command) if key == "command" => {
            let program = command.first().and_then(Value::as_str).unwrap_or("no program");
            match command.len().saturating_sub(1) {
                0 => program.into(),
                1 => format!("{program} (1 argument)").into(),
                count => format!("{program} ({count} arguments)").into(),
            }
        }
        Value::String(url) if key.ends_with("_url") => bare(url).into(),
        other => other.clone(),
    }
}

/// A URL with `…` for its user info, and for its query and fragment. A password may hold a slash, so user info goes to the last `@`.
fn bare(url: &str) -> String {
    let (address, rest) = url.split_at(url.find(['?', '#']).unwrap_or(url.len()));
    let rest = rest.chars().next().map_or_else(String::new, |mark| format!("{mark}…"));
    let Some((user, host)) = address.rsplit_once('@') else { return format!("{address}{rest}") };
    let scheme = user.split_once("://").map_or_else(String::new, |(scheme, _)| format!("{scheme}://"));
    format!("{scheme}…@{host}{rest}")
}

/// Whether a connection's own settings take the place of a default: an app is named in one way, and a way of signing in is taken whole.
fn goes_before(own: &[String], default: &str) -> bool {
    let whole = |name: &str| name.split('.').take(2).collect::<Vec<_>>().join(".");
    let app = |name: &str| matches!(name, "okta.app_id" | "okta.app_label");
    own.iter().any(|name| whole(name) == whole(default) || (app(name) && app(default)))
}
