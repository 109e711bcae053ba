//! Edits to documents before anything is read from them: what `--set` and the lines of a patch file say.
//!
//! One language for both: `torq.claim-mappings[groups=SOC-Leads].claim_value=torq-leads`. A path is `connection`, `okta.DOCUMENT` or
//! `torq.DOCUMENT`, then keys and, for the elements of a list, selectors: a mapping by `[claim=value]` or `[rank=2]`; anything else by its
//! id, name, email or login, by `[key=value]`, or by itself where the list is of plain strings. A patch file is a YAML list of
//!
//! - `set: PATH` with `value: …`, or `set: PATH=VALUE`; setting `null` removes, setting a mapping's `rank` moves it;
//! - `add: PATH` with `value: …`, to a list;
//! - `remove: PATH`;
//! - `move: PATH` with `to: RANK`, of a claim mapping, as Torq does it: the others keep their order and are numbered anew. Others of one
//!   rank stay of one rank, since their order is not known.
//!
//! Members of a group that `okta/user-groups` gives too are changed on both sides. What the documents then mean is left to `model`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::json_path::JsonPath;
use super::name::{DocumentName, GROUP_USERS, USER_GROUPS};
use super::position::{Format, Part, Positions};
use super::set::{Content, Document, Documents, SourceFile};
use super::{connection, okta, strict, torq};

/// One edit, with where it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    action: Action,
    /// `--set` with its text, or the patch file with line and column.
    place: String,
    /// As it is told in a report: `set torq.claim-mappings[rank=2].claim_value = "torq-leads"`.
    text: String,
}

#[derive(Debug, Clone, PartialEq)]
enum Action {
    Set { path: Path, value: Written },
    Add { path: Path, value: Value },
    Remove { path: Path },
    Move { path: Path, to: usize },
}

/// A new value.
#[derive(Debug, Clone, PartialEq)]
enum Written {
    /// As typed: it takes the type of what is there, else it is read as YAML.
    Typed(String),
    Given(Value),
}

/// Why an edit cannot be read or no longer fits, and where it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct EditError {
    pub place: String,
    /// A part of a sentence: no capital, no full stop.
    pub message: String,
}

/// As it is told in a report.
impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Path {
    text: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Key(String),
    Select(Selector),
}

#[derive(Debug, Clone, PartialEq)]
struct Selector {
    /// What stands between the brackets, without quotes around the whole.
    whole: String,
    /// `key=value`, where there is a `=`.
    pair: Option<(String, String)>,
}

/// Reads one `--set`: `PATH=VALUE`.
pub fn expression(text: &str) -> Result<Edit, EditError> {
    let place = format!("--set {text:?}");
    let fail = |message: String| EditError { place: place.clone(), message };
    let (path, value) = split_expression(text)
        .ok_or_else(|| fail("this is not PATH=VALUE, such as connection.torq.flow=code".to_owned()))?;
    let path = Path::read(path).map_err(&fail)?;
    let told = format!("set {} = {value}", path.text);
    Ok(Edit { action: Action::Set { path, value: Written::Typed(value.to_owned()) }, place, text: told })
}

/// Reads a patch file.
pub fn patch(file: &SourceFile) -> Result<Vec<Edit>, EditError> {
    let value = match file.format {
        Format::Json => strict::read_json(&file.text),
        Format::Yaml | Format::Hcl => strict::read_yaml(&file.text),
    };
    let value = value.map_err(|error| EditError {
        place: format!("{}:{}:{}", file.path, error.line, error.column),
        message: error.message,
    })?;
    let Value::Array(rows) = value else {
        return Err(EditError {
            place: format!("{}:1:1", file.path),
            message: "a patch is a list of edits, each with one of set, add, remove, move".to_owned(),
        });
    };
    let positions = Positions::scan(&file.text, file.format);
    rows.iter()
        .enumerate()
        .map(|(index, row)| {
            let region = positions.find(&JsonPath::root().index(index), Part::Value).region;
            let place = format!("{}:{}:{}", file.path, region.line, region.column);
            let (action, text) =
                row_action(row).map_err(|message| EditError { place: place.clone(), message })?;
            Ok(Edit { action, place, text })
        })
        .collect()
}

/// The documents after edits, one after the other. A changed document keeps the place that it was read from.
pub fn apply(documents: &Documents, edits: &[Edit]) -> Result<Documents, EditError> {
    let mut desk = Desk { documents, edited: BTreeMap::new(), said_whole: BTreeSet::new() };
    for edit in edits {
        desk.apply(&edit.action).map_err(|message| EditError { place: edit.place.clone(), message })?;
    }
    Ok(desk.finish())
}

const VERBS: [(&str, Option<&str>); 4] =
    [("set", Some("value")), ("add", Some("value")), ("remove", None), ("move", Some("to"))];

fn row_action(row: &Value) -> Result<(Action, String), String> {
    let Value::Object(members) = row else {
        return Err("an edit is an object with one of set, add, remove, move".to_owned());
    };
    let verbs: Vec<&(&str, Option<&str>)> =
        VERBS.iter().filter(|(verb, _)| members.contains_key(*verb)).collect();
    let [(verb, argument)] = verbs.as_slice() else {
        let typed = members.keys().next().map_or("", String::as_str);
        return Err(format!(
            "an edit has exactly one of set, add, remove, move{}",
            if verbs.is_empty() { did_you_mean(typed, VERBS.map(|(verb, _)| verb)) } else { String::new() }
        ));
    };
    if let Some(other) = members.keys().find(|key| key != verb && Some(key.as_str()) != *argument) {
        return Err(format!("{verb} does not take {other}{}", did_you_mean(other, *argument)));
    }
    let Some(Value::String(target)) = members.get(*verb) else {
        return Err(format!("{verb} takes a path, such as torq.claim-mappings[rank=2]"));
    };
    let given = argument.and_then(|argument| members.get(argument));
    if let ("set", None) = (*verb, given) {
        let (path, value) = split_expression(target)
            .ok_or_else(|| "set needs a value: set: PATH=VALUE, or set: PATH and value: …".to_owned())?;
        let path = Path::read(path)?;
        let told = format!("set {} = {value}", path.text);
        return Ok((Action::Set { path, value: Written::Typed(value.to_owned()) }, told));
    }
    let path = Path::read(target)?;
    let told = match given {
        Some(value) if *verb == "set" => format!("set {target} = {value}"),
        Some(value) if *verb == "add" => format!("add to {target}: {value}"),
        Some(value) => format!("{verb} {target} to {value}"),
        None => format!("{verb} {target}"),
    };
    let action = match (*verb, given) {
        ("set", Some(value)) => Action::Set { path, value: Written::Given(value.clone()) },
        ("add", Some(value)) => Action::Add { path, value: value.clone() },
        ("move", Some(to)) => {
            let to = to.as_u64().and_then(|to| usize::try_from(to).ok()).filter(|to| *to > 0);
            Action::Move { path, to: to.ok_or("to is a rank, from 1")? }
        }
        ("remove", _) => Action::Remove { path },
        _ => return Err(format!("{verb} needs {}", argument.unwrap_or_default())),
    };
    Ok((action, told))
}

/// At the first `=` that is not in a selector.
fn split_expression(text: &str) -> Option<(&str, &str)> {
    let mut rest = text;
    loop {
        let at = rest.find(['[', '='])?;
        let (_, from) = rest.split_at_checked(at)?;
        if from.starts_with('=') {
            let before = text.len() - from.len();
            return Some((text.get(..before)?, from.get(1..)?));
        }
        let end = selector_end(from.get(1..)?)?;
        rest = from.get(1 + end..)?;
    }
}

/// Where a selector's closing bracket stands; a bracket in quotes does not close it.
fn selector_end(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped, mut before) = (false, false, None);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' if quoted => quoted = false,
            '"' if matches!(before, None | Some('=')) => quoted = true,
            ']' if !quoted => return Some(at),
            _ => {}
        }
        before = Some(c);
    }
    None
}

fn unquoted(text: &str) -> String {
    let is_quoted = text.len() > 1 && text.starts_with('"') && text.ends_with('"');
    is_quoted.then(|| serde_json::from_str(text).ok()).flatten().unwrap_or_else(|| text.to_owned())
}

impl Path {
    fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (mut steps, mut rest) = (Vec::new(), text);
        while !rest.is_empty() {
            if let Some(inside) = rest.strip_prefix('[') {
                let end = selector_end(inside).ok_or_else(|| format!("{text} has a [ without its ]"))?;
                let (raw, after) = inside.split_at_checked(end).unwrap_or((inside, ""));
                steps.push(Step::Select(Selector::read(raw)));
                rest = after.get(1..).unwrap_or_default();
                if !rest.is_empty() && !rest.starts_with(['.', '[']) {
                    return Err(format!("{text} needs a . or a [ after the selector [{raw}]"));
                }
            } else {
                let dotted = if steps.is_empty() { Some(rest) } else { rest.strip_prefix('.') };
                let key = dotted.unwrap_or_default();
                let end = key.find(['.', '[']).unwrap_or(key.len());
                let (key, after) = key.split_at_checked(end).unwrap_or((key, ""));
                if key.is_empty() {
                    return Err(format!("{text} has an empty key"));
                }
                steps.push(Step::Key(key.to_owned()));
                rest = after;
            }
        }
        if steps.is_empty() {
            return Err("there is no path".to_owned());
        }
        Ok(Self { text: text.to_owned(), steps })
    }
}

impl Selector {
    fn read(raw: &str) -> Self {
        let pair = if raw.starts_with('"') { None } else { raw.split_once('=') };
        Self { whole: unquoted(raw), pair: pair.map(|(key, value)| (key.trim().to_owned(), unquoted(value))) }
    }

    fn matches(&self, element: &Value) -> bool {
        if goes_by(element).contains(&self.whole.as_str()) {
            return true;
        }
        let Some((key, value)) = &self.pair else { return false };
        let text = |key: &str| element.get(key).and_then(Value::as_str);
        if text("claim_name") == Some(key) && text("claim_value") == Some(value) {
            return true;
        }
        match key.split('.').try_fold(element, |at, key| at.get(key)) {
            Some(Value::String(found)) => found == value,
            Some(Value::Number(found)) => found.as_i64().is_some_and(|found| value.parse() == Ok(found)),
            _ => false,
        }
    }
}

/// What an element of a list may be selected by.
fn goes_by(element: &Value) -> Vec<&str> {
    const NAMES: [&str; 10] = [
        "/id",
        "/name",
        "/label",
        "/email",
        "/login",
        "/claim_value",
        "/profile/name",
        "/profile/login",
        "/profile/email",
        "/credentials/userName",
    ];
    match element {
        Value::String(text) => vec![text],
        _ => NAMES.iter().filter_map(|name| element.pointer(name).and_then(Value::as_str)).collect(),
    }
}

/// Selectors that would have fitted an element, for did-you-mean.
fn selectors(element: &Value) -> Vec<String> {
    let text = |key: &str| element.get(key).and_then(Value::as_str);
    let mut all: Vec<String> = goes_by(element).into_iter().map(str::to_owned).collect();
    if let (Some(claim), Some(value)) = (text("claim_name"), text("claim_value")) {
        all.insert(0, format!("{claim}={value}"));
        all.extend(element.get("rank").map(|rank| format!("rank={rank}")));
    }
    all
}

/// A step in a value that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
enum At {
    Key(String),
    Index(usize),
}

struct Desk<'d> {
    documents: &'d Documents,
    /// Parsed documents; `None` is one that was removed.
    edited: BTreeMap<DocumentName, Option<Value>>,
    /// Documents of which an edit says all there is.
    said_whole: BTreeSet<DocumentName>,
}

impl Desk<'_> {
    fn apply(&mut self, action: &Action) -> Result<(), String> {
        let (Action::Set { path, .. }
        | Action::Add { path, .. }
        | Action::Remove { path }
        | Action::Move { path, .. }) = action;
        let (name, steps) = self.document(path)?;
        if steps.is_empty() && matches!(action, Action::Set { .. } | Action::Remove { .. }) {
            self.said_whole.insert(name.clone());
        } else if !self.said_whole.contains(&name)
            && let Some(why) = self.documents.overlay(&name).and_then(|overlay| overlay.undecided.as_ref())
        {
            return Err(format!(
                "{name} is left open by the plan ({why}), so a part of it cannot be changed; set all of it"
            ));
        }
        let before = self.value(&name)?;
        let after = match action {
            Action::Set { value, .. } => self.set(&name, path, steps, before.clone(), value)?,
            Action::Add { value, .. } => {
                Some(self.add(&name, path, steps, self.there(&name, &before)?, value)?)
            }
            Action::Remove { .. } => self.remove(&name, path, steps, self.there(&name, &before)?)?,
            Action::Move { to, .. } => {
                Some(self.shift(&name, path, steps, self.there(&name, &before)?, *to)?)
            }
        };
        self.mirror_members(&name, before.as_ref(), after.as_ref())?;
        self.note_extent(&name, steps, before.as_ref(), after.as_ref())?;
        self.edited.insert(name, after);
        Ok(())
    }

    /// The document that a path begins with, and the steps within it.
    fn document<'p>(&self, path: &'p Path) -> Result<(DocumentName, &'p [Step]), String> {
        const SECTIONS: [&str; 3] = ["connection", "okta", "torq"];
        let (section, rest) = match path.steps.split_first() {
            Some((Step::Key(section), rest)) if SECTIONS.contains(&section.as_str()) => (section, rest),
            Some((Step::Key(other), _)) => {
                let meant = did_you_mean(other, SECTIONS);
                return Err(format!("a path begins with connection, okta or torq, not {other}{meant}"));
            }
            _ => return Err("a path begins with connection, okta or torq".to_owned()),
        };
        if section == "connection" {
            return Ok((DocumentName::Connection, rest));
        }
        let Some((Step::Key(document), rest)) = rest.split_first() else {
            return Err(format!(
                "{section} is a folder of documents; name one, such as {section}.{}",
                if section == "okta" { "app" } else { "claim-mappings" }
            ));
        };
        let within = format!("{section}/{document}");
        if within == GROUP_USERS || within == USER_GROUPS {
            let (id, rest) = match rest.split_first() {
                Some((Step::Key(id), rest)) => (id, rest),
                Some((Step::Select(selector), rest)) => (&selector.whole, rest),
                None => return Err(format!("{} needs an id, such as {}[00g1]", path.text, path.text)),
            };
            let named = |id: &str| DocumentName::from_path(&format!("{within}/{id}"));
            let is_there = |id: &str| {
                named(id).is_some_and(|name| self.documents.has(&name) || self.edited.contains_key(&name))
            };
            let ids = self.ids_named(id)?;
            let id = match ids.iter().filter(|other| is_there(other)).collect::<Vec<_>>().as_slice() {
                [only] if !is_there(id) => (*only).clone(),
                _ => id.clone(),
            };
            return named(&id)
                .map(|name| (name, rest))
                .ok_or_else(|| format!("{within}/{id} is not a document"));
        }
        DocumentName::from_path(&within).map(|name| (name, rest)).ok_or_else(|| {
            let paths = DocumentName::single_paths().map(|path| path.replace('/', "."));
            let meant = did_you_mean(
                &within.replace('/', "."),
                paths.chain(["okta.group-users".to_owned(), "okta.user-groups".to_owned()]),
            );
            format!("{section}.{document} is not a document{meant}")
        })
    }

    fn value(&self, name: &DocumentName) -> Result<Option<Value>, String> {
        if let Some(edited) = self.edited.get(name) {
            return Ok(edited.clone());
        }
        let Some(document) = self.documents.get(name) else { return Ok(None) };
        match (&document.content, self.documents.file(document)) {
            (Content::Part(value), _) => Ok(Some(value.clone())),
            (Content::File | Content::Rows(_), Some(file)) => match file.format {
                Format::Json => strict::read_json(&file.text),
                Format::Yaml | Format::Hcl => strict::read_yaml(&file.text),
            }
            .map(Some)
            .map_err(|error| format!("{} cannot be read: {error}", file.path)),
            (Content::File | Content::Rows(_), None) | (Content::Unreadable { .. }, _) => Ok(None),
        }
    }

    fn there(&self, name: &DocumentName, value: &Option<Value>) -> Result<Value, String> {
        value.clone().ok_or_else(|| {
            format!("{name} is not in the snapshot, so what is in it is not known; set all of it, or read it first")
        })
    }

    /// Ids of groups and users that go by a name.
    fn ids_named(&self, text: &str) -> Result<Vec<String>, String> {
        let mut ids = BTreeSet::new();
        for name in [DocumentName::Groups, DocumentName::Users] {
            let rows = self.value(&name)?;
            for row in rows.as_ref().and_then(Value::as_array).into_iter().flatten() {
                if goes_by(row).contains(&text)
                    && let Some(id) = row.get("id").and_then(Value::as_str)
                {
                    ids.insert(id.to_owned());
                }
            }
        }
        Ok(ids.into_iter().collect())
    }

    /// The place that steps name. Keys that are not there are let pass; what is selected must be there.
    fn locate(
        &self,
        name: &DocumentName,
        path: &Path,
        steps: &[Step],
        root: &Value,
    ) -> Result<Vec<At>, String> {
        let mut place: Vec<At> = Vec::new();
        let mut current = Some(root);
        if let Some(list) = list_key(name)
            && !matches!(steps.first(), Some(Step::Key(key)) if key == list)
        {
            place.push(At::Key(list.to_owned()));
            current = root.get(list);
        }
        for step in steps {
            match (step, current) {
                (Step::Key(key), Some(Value::Array(_))) => {
                    return Err(format!(
                        "{} names {key} of a list; select an element, such as [name]",
                        path.text
                    ));
                }
                (Step::Key(key), Some(Value::Object(_) | Value::Null) | None) => {
                    place.push(At::Key(key.clone()));
                    current = current.and_then(|value| value.get(key));
                }
                (Step::Key(key), Some(_)) => {
                    return Err(format!("{} names {key} of what is not an object", path.text));
                }
                (Step::Select(selector), Some(Value::Array(elements))) => {
                    let index = self.select(path, selector, elements)?;
                    place.push(At::Index(index));
                    current = elements.get(index);
                }
                (Step::Select(selector), _) => {
                    return Err(format!("{} selects [{}] of what is not a list", path.text, selector.whole));
                }
            }
        }
        Ok(place)
    }

    fn select(&self, path: &Path, selector: &Selector, elements: &[Value]) -> Result<usize, String> {
        let matching = |matches: &dyn Fn(&Value) -> bool| -> Vec<usize> {
            elements
                .iter()
                .enumerate()
                .filter(|(_, element)| matches(element))
                .map(|(index, _)| index)
                .collect()
        };
        let mut found = matching(&|element| selector.matches(element));
        if found.is_empty() {
            // Some lists hold ids alone; people know the names.
            let ids = self.ids_named(&selector.whole)?;
            found = matching(&|element| {
                element
                    .get("id")
                    .and_then(Value::as_str)
                    .is_some_and(|id| ids.iter().any(|known| known == id))
            });
        }
        match found.as_slice() {
            [only] => Ok(*only),
            [] => {
                let known: Vec<String> = elements.iter().flat_map(selectors).collect();
                let meant = did_you_mean(&selector.whole, known.iter().map(|text| format!("[{text}]")));
                Err(format!("{}: nothing there is [{}]{meant}", path.text, selector.whole))
            }
            several => {
                let ids: Vec<&str> =
                    several.iter().filter_map(|index| elements.get(*index)?.get("id")?.as_str()).collect();
                let by_id = if ids.is_empty() {
                    String::new()
                } else {
                    format!("; select one by its id: {}", ids.join(", "))
                };
                Err(format!("{}: [{}] is {} of them{by_id}", path.text, selector.whole, several.len()))
            }
        }
    }

    fn set(
        &self,
        name: &DocumentName,
        path: &Path,
        steps: &[Step],
        before: Option<Value>,
        value: &Written,
    ) -> Result<Option<Value>, String> {
        if steps.is_empty() {
            let value = match value {
                Written::Given(value) => value.clone(),
                Written::Typed(text) => strict::read_yaml(text).map_err(|error| error.message)?,
            };
            if value.is_null() {
                return Ok(None);
            }
            let value = match list_key(name) {
                Some(list) if value.is_array() => json!({list: value}),
                _ => value,
            };
            read_back(name, value.clone())
                .map_err(|why| format!("{} cannot be read so: {why}", path.text))?;
            return Ok(Some(value));
        }
        let before = self.there(name, &before)?;
        let place = self.locate(name, path, steps, &before)?;
        let current = at(&before, &place);
        if let (true, [At::Key(_), At::Index(index), At::Key(key)]) =
            (*name == DocumentName::ClaimMappings, place.as_slice())
            && key == "rank"
        {
            let to = match value {
                Written::Given(value) => value.as_u64(),
                Written::Typed(text) => text.trim().parse().ok(),
            };
            let to = to.and_then(|to| usize::try_from(to).ok()).filter(|to| *to > 0);
            return moved(
                before.clone(),
                *index,
                to.ok_or_else(|| format!("{} is a rank, from 1", path.text))?,
            )
            .map(Some);
        }
        let mut why = String::new();
        for value in value.readings(current) {
            if value.is_null() {
                if current.is_none() {
                    return Err(self.not_there(path, &before, &place));
                }
                return without(before, name, &place).map(Some);
            }
            let mut after = before.clone();
            let slot =
                at_or_made(&mut after, &place).ok_or_else(|| format!("{} is not in an object", path.text))?;
            *slot = value;
            match check(name, &after, &place) {
                Ok(true) => return Ok(Some(after)),
                Ok(false) => return Err(self.not_read(name, path, &before, &place)),
                Err(message) => why = message,
            }
        }
        Err(format!("{} cannot be that: {why}", path.text))
    }

    fn add(
        &self,
        name: &DocumentName,
        path: &Path,
        steps: &[Step],
        mut before: Value,
        value: &Value,
    ) -> Result<Value, String> {
        let place = self.locate(name, path, steps, &before)?;
        let Some(Value::Array(elements)) = at(&before, &place) else {
            return Err(match at(&before, &place) {
                Some(_) => format!("{} is not a list, and only a list can be added to", path.text),
                None => self.not_there(path, &before, &place),
            });
        };
        let rows_are_ids = !matches!(elements.first(), Some(Value::String(_)))
            && matches!(
                name,
                DocumentName::AppGroups | DocumentName::GroupUsers(_) | DocumentName::UserGroups(_)
            );
        let value = match value {
            Value::String(text) if rows_are_ids => match self.ids_named(text)?.as_slice() {
                [id] => json!({"id": id}),
                [] => json!({"id": text}),
                several => {
                    return Err(format!(
                        "{text:?} is {} of them; add one by its id: {}",
                        several.len(),
                        several.join(", ")
                    ));
                }
            },
            other => other.clone(),
        };
        let id = value.get("id");
        if elements.iter().any(|element| *element == value || (id.is_some() && element.get("id") == id)) {
            return Err(format!("{} has it already", path.text));
        }
        let index = elements.len();
        let is_mapping = *name == DocumentName::ClaimMappings && place.len() == 1;
        let wanted = value.get("rank").and_then(Value::as_u64).and_then(|rank| usize::try_from(rank).ok());
        let highest = elements.iter().filter_map(|row| row.get("rank").and_then(Value::as_i64)).max();
        let Some(Value::Array(elements)) = at_or_made(&mut before, &place) else { return Ok(before) };
        elements.push(value);
        if is_mapping && let Some(Value::Object(row)) = elements.last_mut() {
            row.insert("rank".to_owned(), json!(highest.unwrap_or(0).saturating_add(1)));
        }
        let element: Vec<At> = place.iter().cloned().chain([At::Index(index)]).collect();
        check(name, &before, &element).map_err(|why| format!("{} cannot take that: {why}", path.text))?;
        match wanted {
            Some(rank) if is_mapping => moved(before, index, rank),
            _ => Ok(before),
        }
    }

    fn remove(
        &self,
        name: &DocumentName,
        path: &Path,
        steps: &[Step],
        before: Value,
    ) -> Result<Option<Value>, String> {
        if steps.is_empty() {
            return Ok(None);
        }
        let place = self.locate(name, path, steps, &before)?;
        if at(&before, &place).is_none() {
            return Err(self.not_there(path, &before, &place));
        }
        without(before, name, &place).map(Some)
    }

    fn shift(
        &self,
        name: &DocumentName,
        path: &Path,
        steps: &[Step],
        before: Value,
        to: usize,
    ) -> Result<Value, String> {
        let place = self.locate(name, path, steps, &before)?;
        match (name, place.as_slice()) {
            (DocumentName::ClaimMappings, [At::Key(_), At::Index(index)]) => moved(before, *index, to),
            _ => Err(format!(
                "{} is not a claim mapping, and only those have a rank; such as torq.claim-mappings[groups=SOC-Leads]",
                path.text
            )),
        }
    }

    fn not_there(&self, path: &Path, root: &Value, place: &[At]) -> String {
        let (parent, key) = parent(root, place);
        let meant = did_you_mean(&key, parent.into_iter().flat_map(|members| members.keys().cloned()));
        format!("{} is not there{meant}", path.text)
    }

    fn not_read(&self, name: &DocumentName, path: &Path, root: &Value, place: &[At]) -> String {
        let (parent, key) = parent(root, place);
        let of_wizard = connection::KEYS.iter().flat_map(|(_, keys)| keys.iter().copied());
        let of_answers = if *name == DocumentName::Connection { &[][..] } else { &READ_KEYS[..] };
        let known = parent
            .into_iter()
            .flat_map(|members| members.keys().cloned())
            .chain(of_answers.iter().map(|key| (*key).to_owned()))
            .chain(of_wizard.filter(|_| *name == DocumentName::Connection).map(str::to_owned));
        format!(
            "{}: {key} is not a key that is read{}",
            path.text,
            did_you_mean(&key, known.filter(|known| *known != key))
        )
    }

    /// A membership that both sides give is changed on both: else they would disagree, and it would be unknown.
    fn mirror_members(
        &mut self,
        name: &DocumentName,
        before: Option<&Value>,
        after: Option<&Value>,
    ) -> Result<(), String> {
        let (Some(before), Some(after)) = (before, after) else { return Ok(()) };
        let own = match name {
            DocumentName::GroupUsers(id) | DocumentName::UserGroups(id) => id.clone(),
            _ => return Ok(()),
        };
        let (before, after) = (ids(before), ids(after));
        for id in before.symmetric_difference(&after) {
            let other = match name {
                DocumentName::GroupUsers(_) => DocumentName::UserGroups(id.clone()),
                _ => DocumentName::GroupUsers(id.clone()),
            };
            let Some(Value::Array(mut rows)) = self.value(&other)? else { continue };
            rows.retain(|row| row.get("id").and_then(Value::as_str) != Some(&own));
            if after.contains(id) {
                rows.push(match name {
                    DocumentName::GroupUsers(_) => self.group_row(&own)?,
                    _ => json!({"id": own}),
                });
            }
            self.edited.insert(other, Some(Value::Array(rows)));
        }
        Ok(())
    }

    /// Of a list that was not read whole: one that is set is whole, and what is taken out of it is known to be gone.
    fn note_extent(
        &mut self,
        name: &DocumentName,
        steps: &[Step],
        before: Option<&Value>,
        after: Option<&Value>,
    ) -> Result<(), String> {
        let (Some(mut manifest), Some(after)) = (self.value(&DocumentName::Manifest)?, after) else {
            return Ok(());
        };
        let place = [At::Key("documents".to_owned()), At::Key(name.path())];
        if steps.is_empty() {
            if let Some(slot) = at_or_made(&mut manifest, &place) {
                *slot = json!({"complete": true});
            }
        } else if let Some(Value::Object(extent)) = at_or_made(&mut manifest, &place) {
            let rows = |document: &Value| -> Vec<Value> {
                let list = list_key(name).map_or(Some(document), |list| document.get(list));
                list.and_then(Value::as_array).cloned().unwrap_or_default()
            };
            let (before, after) = (before.map(rows).unwrap_or_default(), rows(after));
            if before.len() <= after.len() {
                return Ok(());
            }
            let left: BTreeSet<&str> = after.iter().flat_map(goes_by).collect();
            let gone = before.iter().flat_map(goes_by).filter(|text| !left.contains(text));
            let looked_up = extent.entry("looked_up").or_insert_with(|| json!([]));
            if let Value::Array(looked_up) = looked_up {
                looked_up.extend(gone.map(Value::from));
            }
        } else {
            return Ok(());
        }
        self.edited.insert(DocumentName::Manifest, Some(manifest));
        Ok(())
    }

    fn group_row(&self, id: &str) -> Result<Value, String> {
        let groups = self.value(&DocumentName::Groups)?;
        let rows = groups.as_ref().and_then(Value::as_array).into_iter().flatten();
        let row = rows.into_iter().find(|row| row.get("id").and_then(Value::as_str) == Some(id));
        Ok(row.cloned().unwrap_or_else(|| json!({"id": id})))
    }

    fn finish(self) -> Documents {
        let mut documents = Documents::new(self.documents.origin.clone());
        for file in self.documents.files() {
            documents.add_file(file.clone());
        }
        for name in self.documents.names() {
            if let (Some(document), false) = (self.documents.get(name), self.edited.contains_key(name)) {
                documents.add(name.clone(), document.clone());
            }
        }
        // What a plan leaves open stays so, but for what an edit says.
        for (name, overlay) in self.documents.overlays().filter(|(name, _)| !self.said_whole.contains(name)) {
            let mut overlay = overlay.clone();
            if let Some(Some(value)) = self.edited.get(name) {
                overlay.decide(value);
            }
            documents.lay_over(name.clone(), overlay);
        }
        for (name, value) in self.edited {
            let Some(value) = value else { continue };
            let content = Content::Part(value);
            let document = match self.documents.get(&name) {
                Some(document) => Document { content, ..document.clone() },
                None => {
                    let path = format!("{}/{name}", documents.origin);
                    let file = documents.add_file(SourceFile { path, text: "".into(), format: Format::Json });
                    Document { file, root: JsonPath::root(), content }
                }
            };
            documents.add(name, document);
        }
        documents
    }
}

impl Written {
    /// What it may be, the likeliest first.
    fn readings(&self, current: Option<&Value>) -> Vec<Value> {
        match (self, current) {
            (Self::Given(value), _) => vec![value.clone()],
            (Self::Typed(text), _) if text == "null" => vec![Value::Null],
            (Self::Typed(text), Some(Value::String(_))) => vec![Value::String(unquoted(text))],
            (Self::Typed(text), _) if text.is_empty() => vec![Value::String(String::new())],
            (Self::Typed(text), _) => {
                let as_yaml = strict::read_yaml(text).ok();
                as_yaml.into_iter().chain([Value::String(unquoted(text))]).collect()
            }
        }
    }
}

/// Torq wraps its lists in an object.
fn list_key(name: &DocumentName) -> Option<&'static str> {
    match name {
        DocumentName::ClaimMappings => Some("claim_mappings"),
        DocumentName::Roles => Some("roles"),
        DocumentName::TorqUsers => Some("users"),
        _ => None,
    }
}

fn ids(list: &Value) -> BTreeSet<String> {
    let rows = list.as_array().into_iter().flatten();
    rows.filter_map(|row| row.get("id").and_then(Value::as_str)).map(str::to_owned).collect()
}

fn at<'v>(root: &'v Value, place: &[At]) -> Option<&'v Value> {
    place.iter().try_fold(root, |value, step| match step {
        At::Key(key) => value.get(key),
        At::Index(index) => value.get(index),
    })
}

/// The slot at a place; objects on the way that are not there are made.
fn at_or_made<'v>(root: &'v mut Value, place: &[At]) -> Option<&'v mut Value> {
    let mut value = root;
    for step in place {
        value = match step {
            At::Index(index) => value.get_mut(index)?,
            At::Key(key) => {
                if value.is_null() {
                    *value = Value::Object(Map::new());
                }
                value.as_object_mut()?.entry(key.clone()).or_insert(Value::Null)
            }
        };
    }
    Some(value)
}

/// The object that a place is in, as far as it is there, and the place's own key.
fn parent<'v>(root: &'v Value, place: &[At]) -> (Option<&'v Map<String, Value>>, String) {
    let mut value = root;
    for step in place {
        match step {
            At::Index(index) => match value.get(index) {
                Some(element) => value = element,
                None => return (None, index.to_string()),
            },
            At::Key(key) => match (value.as_object(), place.last() == Some(step), value.get(key)) {
                (members, _, None) | (members, true, Some(_)) => return (members, key.clone()),
                (_, false, Some(member)) => value = member,
            },
        }
    }
    (None, String::new())
}

fn without(mut root: Value, name: &DocumentName, place: &[At]) -> Result<Value, String> {
    let (last, parent) = place.split_last().ok_or("there is nothing to remove")?;
    match (at_or_made(&mut root, parent), last) {
        (Some(Value::Object(members)), At::Key(key)) => {
            members.remove(key);
        }
        (Some(Value::Array(elements)), At::Index(index)) if *index < elements.len() => {
            let numbered = *name == DocumentName::ClaimMappings && is_numbered(elements);
            elements.remove(*index);
            if numbered {
                let mut order: Vec<usize> = (0..elements.len()).collect();
                order.sort_by_key(|index| rank(elements.get(*index)));
                give_ranks(elements, &order, 1..);
            }
        }
        _ => return Err("it is not there".to_owned()),
    }
    check(name, &root, place.get(..place.len() - 1).unwrap_or_default())?;
    Ok(root)
}

fn rank(row: Option<&Value>) -> i64 {
    row.and_then(|row| row.get("rank")).and_then(Value::as_i64).unwrap_or(i64::MAX)
}

/// Whether the ranks are 1, 2, 3, …, as Torq gives them.
fn is_numbered(rows: &[Value]) -> bool {
    let mut ranks: Vec<i64> = rows.iter().map(|row| rank(Some(row))).collect();
    ranks.sort_unstable();
    ranks.iter().zip(1..).all(|(rank, expected)| *rank == expected)
}

fn give_ranks(rows: &mut [Value], order: &[usize], ranks: impl Iterator<Item = i64>) {
    for (rank, index) in ranks.zip(order) {
        if let Some(Value::Object(row)) = rows.get_mut(*index) {
            row.insert("rank".to_owned(), json!(rank));
        }
    }
}

/// The claim mappings with one at another rank, the others in their order; rows stay where they are in the file.
fn moved(mut document: Value, index: usize, to: usize) -> Result<Value, String> {
    let Some(Value::Array(rows)) = document.get_mut("claim_mappings") else {
        return Err("torq/claim-mappings.json has no claim_mappings".to_owned());
    };
    if to == 0 || to > rows.len() {
        return Err(format!("there is no rank {to}; there are 1 to {}", rows.len()));
    }
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|index| rank(rows.get(*index)));
    order.retain(|other| *other != index);
    let mut before: Vec<Option<i64>> = order.iter().map(|other| Some(rank(rows.get(*other)))).collect();
    order.insert(to - 1, index);
    // Put between others of one rank, it has that rank too: it comes before some of them and after others, and which is not known.
    let tied = before.get(to.wrapping_sub(2)).filter(|above| before.get(to - 1) == Some(above));
    before.insert(to - 1, tied.copied().flatten());
    let mut ranks: Vec<i64> = Vec::with_capacity(before.len());
    for (place, (this, position)) in before.iter().zip(1..).enumerate() {
        let above = place.checked_sub(1).and_then(|above| Some((before.get(above)?, ranks.get(above)?)));
        let shared = above.filter(|(above, _)| this.is_some() && *above == this);
        ranks.push(shared.map_or(position, |(_, rank)| *rank));
    }
    give_ranks(rows, &order, ranks.into_iter());
    Ok(document)
}

/// Whether what stands at a place is read; `Err` where the document no longer can be.
fn check(name: &DocumentName, root: &Value, place: &[At]) -> Result<bool, String> {
    // Of a list, the element alone: some have a hundred thousand.
    let (probe, place) = match (root, place) {
        (Value::Array(elements), [At::Index(index), rest @ ..]) => {
            let element = elements.get(*index).cloned().unwrap_or_default();
            (json!([element]), [&[At::Index(0)], rest].concat())
        }
        (_, [At::Key(list), At::Index(index), rest @ ..]) if list_key(name) == Some(list) => {
            let element = root.get(list).and_then(|rows| rows.get(index)).cloned().unwrap_or_default();
            (json!({list: [element]}), [&[At::Key(list.clone()), At::Index(0)], rest].concat())
        }
        _ => (root.clone(), place.to_vec()),
    };
    Ok(at(&read_back(name, probe)?, &place).is_some())
}

/// A document reduced to what is read of it.
fn read_back(name: &DocumentName, value: Value) -> Result<Value, String> {
    match name {
        DocumentName::Connection => kept::<connection::Connection>(value),
        DocumentName::Manifest => kept::<super::manifest::Manifest>(value),
        DocumentName::Organization => kept::<okta::Organization>(value),
        DocumentName::OpenidConfiguration => kept::<okta::OpenidConfiguration>(value),
        DocumentName::App => kept::<okta::App>(value),
        DocumentName::IdToken => kept::<okta::IdToken>(value),
        DocumentName::FederatedClaims => kept::<Vec<okta::FederatedClaim>>(value),
        DocumentName::AuthorizationServer => kept::<okta::AuthorizationServer>(value),
        DocumentName::AuthorizationServerClaims => kept::<Vec<okta::AuthorizationServerClaim>>(value),
        DocumentName::AuthorizationServerPolicies => kept::<Vec<okta::AuthorizationServerPolicy>>(value),
        DocumentName::AppGroups => kept::<Vec<okta::AppGroup>>(value),
        DocumentName::AppUsers => kept::<Vec<okta::AppUser>>(value),
        DocumentName::Groups | DocumentName::UserGroups(_) => kept::<Vec<okta::Group>>(value),
        DocumentName::GroupRules => kept::<Vec<okta::GroupRule>>(value),
        DocumentName::GroupUsers(_) => kept::<Vec<okta::Member>>(value),
        DocumentName::Users => kept::<Vec<okta::User>>(value),
        DocumentName::AccessPolicyRules => kept::<Vec<okta::AccessPolicyRule>>(value),
        DocumentName::ClaimMappings => kept::<torq::ClaimMappings>(value),
        DocumentName::Roles => kept::<torq::Roles>(value),
        DocumentName::TorqUsers => kept::<torq::Users>(value),
        DocumentName::TerraformPlan => Err("a Terraform plan is not edited here".to_owned()),
        DocumentName::Project | DocumentName::Comments => {
            Err("the project file is not edited here".to_owned())
        }
    }
}

fn kept<T: DeserializeOwned + Serialize>(value: Value) -> Result<Value, String> {
    let read: T = serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let message = error.into_inner().to_string();
        if path == "." { message } else { format!("{path}: {message}") }
    })?;
    serde_json::to_value(&read).map_err(|error| error.to_string())
}

/// Keys of the vendors' answers that a person may mistype, for did-you-mean.
const READ_KEYS: [&str; 36] = [
    "status",
    "signOnMode",
    "credentials",
    "oauthClient",
    "client_id",
    "token_endpoint_auth_method",
    "pkce_required",
    "settings",
    "implicitAssignment",
    "redirect_uris",
    "wildcard_redirect",
    "response_types",
    "grant_types",
    "application_type",
    "consent_method",
    "issuer_mode",
    "initiate_login_uri",
    "dpop_bound_access_tokens",
    "issuer",
    "issuerMode",
    "customUrl",
    "valueType",
    "groupFilterType",
    "group_filter_type",
    "value",
    "profile",
    "login",
    "email",
    "userName",
    "priority",
    "conditions",
    "actions",
    "claim_name",
    "claim_value",
    "role_id",
    "scope_names",
];

/// `; did you mean X?` where a name is near enough, else nothing.
fn did_you_mean<S: AsRef<str>>(typed: &str, names: impl IntoIterator<Item = S>) -> String {
    names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(typed, name.as_ref().trim_matches(['[', ']'])), name))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(String::new, |(_, name)| format!("; did you mean {}?", name.as_ref()))
}
