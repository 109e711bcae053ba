//! Where the resources of a configuration are written: blocks and attributes of `.tf` and `.tf.json` files, through local modules.
//!
//! Only places are read here; what a resource is comes from the plan. An instance of `for_each` or `count` stands where its resource does. A module that
//! is not a folder of this configuration has no places, and findings on it lie on the plan.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use hcl_edit::Span;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body, Structure};
use serde_json::Value;

use super::configuration::module_names;
use super::masked;
use super::plan::{ResourceChange, TerraformError};
use crate::document::overlay::Target;
use crate::document::position::{Format, Part, Positions};
use crate::document::{JsonPath, ReadFault, SourceFile, strict};
use crate::source::snapshot;

/// Where something is written.
#[derive(Debug, Clone)]
pub struct Spot {
    /// Index into [`Sources::files`].
    pub file: usize,
    pub target: Target,
}

/// One resource.
#[derive(Debug)]
pub struct Written {
    header: Spot,
    /// By the path in the plan's attributes; a block is an element of a list.
    attributes: BTreeMap<JsonPath, Spot>,
}

impl Written {
    /// The place of an attribute, or of what is nearest above it.
    pub fn nearest(&self, attribute: &JsonPath) -> &Spot {
        let mut at = Some(attribute.clone());
        while let Some(path) = at {
            if let Some(spot) = self.attributes.get(&path) {
                return spot;
            }
            at = path.parent();
        }
        &self.header
    }

    /// The places of what is inside an attribute.
    pub fn below<'a>(&'a self, attribute: &'a JsonPath) -> impl Iterator<Item = (&'a JsonPath, &'a Spot)> {
        let depth = attribute.steps().len();
        self.attributes.iter().filter(move |(path, _)| {
            path.steps().len() > depth && path.steps().starts_with(attribute.steps())
        })
    }
}

/// The names of the modules, then the kind (`data.okta_group` for a data source) and the name.
type Key = (Vec<String>, String, String);

/// The places of a configuration.
#[derive(Debug, Default)]
pub struct Sources {
    /// As findings may show them, with what looks like a secret hidden.
    pub files: Vec<SourceFile>,
    resources: BTreeMap<Key, Written>,
    pub faults: Vec<ReadFault>,
    pub notices: Vec<String>,
}

impl Sources {
    pub fn resource(&self, change: &ResourceChange) -> Option<&Written> {
        self.get(&change.module, &change.kind, &change.name)
    }

    /// A data source, by its address without the keys of instances.
    pub fn data(&self, address: &str) -> Option<&Written> {
        let (module, data) = match address.rfind(".data.") {
            Some(at) => (address.get(..at)?, address.get(at + 1..)?),
            None => ("", address),
        };
        let (kind, name) = data.rsplit_once('.')?;
        self.get(module, kind, name)
    }

    fn get(&self, module: &str, kind: &str, name: &str) -> Option<&Written> {
        let modules = if module.is_empty() { Vec::new() } else { module_names(module) };
        let modules = modules.into_iter().map(str::to_owned).collect();
        self.resources.get(&(modules, kind.to_owned(), name.to_owned()))
    }
}

/// How deep brackets may be nested; the parser goes down with them.
const DEEPEST: usize = 100;
/// How deep modules may be nested.
const MODULES: usize = 32;

/// Reads a configuration from the folder of its root module.
pub fn read(folder: &Path) -> Result<Sources, TerraformError> {
    let mut sources = Sources::default();
    let shown = snapshot::shown(folder);
    let metadata = fs::metadata(folder).map_err(|cause| match cause.kind() {
        std::io::ErrorKind::NotFound => TerraformError::NotThere { path: shown.clone() },
        _ => TerraformError::Unreadable { path: shown.clone(), cause },
    })?;
    let files = if metadata.is_dir() { module_files(folder)? } else { Vec::new() };
    if files.is_empty() {
        return Err(TerraformError::NoConfiguration { path: shown });
    }
    module(&mut sources, folder, &[], files);
    Ok(sources)
}

/// The files of one folder; those that override others come last, as Terraform reads them.
fn module_files(folder: &Path) -> Result<Vec<PathBuf>, TerraformError> {
    let entries = fs::read_dir(folder)
        .map_err(|cause| TerraformError::Unreadable { path: snapshot::shown(folder), cause })?;
    let name =
        |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut files: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| {
            let name = name(path);
            (name.ends_with(".tf") || name.ends_with(".tf.json")) && !name.starts_with('.') && path.is_file()
        })
        .collect();
    files.sort_by_key(|path| {
        let name = name(path);
        let stem = name.trim_end_matches(".json").trim_end_matches(".tf").to_owned();
        (stem == "override" || stem.ends_with("_override"), name)
    });
    Ok(files)
}

/// A call of a module, with its source where that is written as a string.
struct Call {
    name: String,
    source: Option<String>,
}

fn module(sources: &mut Sources, folder: &Path, names: &[String], files: Vec<PathBuf>) {
    let mut calls = Vec::new();
    for path in files {
        let shown = snapshot::shown(&path);
        let text = match fs::read(&path).map(String::from_utf8) {
            Ok(Ok(text)) => text,
            Ok(Err(_)) => {
                fault(sources, &shown, (1, 1), "this file is not UTF-8");
                continue;
            }
            Err(error) => {
                fault(sources, &shown, (1, 1), &format!("this file could not be read: {error}"));
                continue;
            }
        };
        if shown.ends_with(".json") {
            json_file(sources, names, shown, &text, &mut calls);
        } else {
            hcl_file(sources, names, shown, &text, &mut calls);
        }
    }
    for call in calls {
        let address = names
            .iter()
            .chain([&call.name])
            .map(|name| format!("module.{name}"))
            .collect::<Vec<_>>()
            .join(".");
        let local =
            call.source.as_deref().filter(|source| source.starts_with("./") || source.starts_with("../"));
        let Some(local) = local else {
            sources.notices.push(format!(
                "{address} is not a folder of this configuration, so findings in it lie on the plan"
            ));
            continue;
        };
        let inner = normal(&folder.join(local));
        let outside = is_outside(&inner) && !is_outside(folder);
        let files = if outside { Vec::new() } else { module_files(&inner).unwrap_or_default() };
        if files.is_empty() || names.len() >= MODULES {
            sources.notices.push(format!(
                "{address}: {} {}, so findings in it lie on the plan",
                snapshot::shown(&inner),
                if outside {
                    "is outside of the working directory"
                } else {
                    "has no configuration that can be read"
                }
            ));
            continue;
        }
        let names: Vec<String> = names.iter().cloned().chain([call.name]).collect();
        module(sources, &inner, &names, files);
    }
}

/// Whether a path leads out of the working directory, so that no relative path without `..` names what is there.
fn is_outside(path: &Path) -> bool {
    let (Ok(here), Ok(full)) = (std::env::current_dir(), std::path::absolute(path)) else { return true };
    !normal(&full).starts_with(here)
}

/// Without `.` and, where it can be, `..`; links are not followed.
fn normal(path: &Path) -> PathBuf {
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match (part, parts.last()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                parts.pop();
            }
            (Component::ParentDir, Some(Component::RootDir | Component::Prefix(_))) => {}
            _ => parts.push(part),
        }
    }
    parts.iter().collect()
}

fn fault(sources: &mut Sources, file: &str, position: (usize, usize), message: &str) {
    sources.faults.push(ReadFault {
        file: file.to_owned(),
        position: Some(position),
        document: None,
        path: JsonPath::root(),
        message: message.to_owned(),
    });
}

/// Whether the value of an argument of this name is nobody's business.
fn is_secret(name: &str) -> bool {
    ["secret", "token", "password", "private_key", "credential"].iter().any(|word| name.contains(word))
        && !["token_endpoint_auth_method", "always_include_in_token"].contains(&name)
}

fn hcl_file(sources: &mut Sources, names: &[String], path: String, text: &str, calls: &mut Vec<Call>) {
    if deepest(text) > DEEPEST {
        fault(sources, &path, (1, 1), "brackets are nested too deep");
        return;
    }
    // The parser knows no byte order mark; places count from the text as it is.
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let body: Body = match hcl_edit::parser::parse_body(text.get(start..).unwrap_or_default()) {
        Ok(body) => body,
        Err(error) => {
            let at = (error.location().line(), error.location().column());
            fault(sources, &path, at, &format!("this is not Terraform's language: {}", error.message()));
            return;
        }
    };
    let mut hidden = Vec::new();
    secrets(&body, &mut hidden);
    let file = sources.files.len();
    let shift = |range: Range<usize>| range.start + start..range.end + start;
    let spot = |range: Range<usize>| Spot { file, target: Target::Bytes(shift(range)) };
    for block in body.blocks() {
        let labels: Vec<&str> = block.labels.iter().map(|label| label.as_str()).collect();
        match (block.ident.as_str(), labels.as_slice()) {
            (kind @ ("resource" | "data"), [resource, name]) => {
                let Some(header) = header(block) else { continue };
                let mut attributes = BTreeMap::new();
                collect(&block.body, &JsonPath::root(), &mut |path, range| {
                    attributes.insert(path, spot(range));
                });
                let kind = if kind == "data" { format!("data.{resource}") } else { (*resource).to_owned() };
                add(sources, (names.to_vec(), kind, (*name).to_owned()), spot(header), attributes);
            }
            ("module", [name]) => {
                let source = block.body.get_attribute("source").map(|attribute| &attribute.value);
                let source = source.and_then(Expression::as_str).map(str::to_owned);
                calls.push(Call { name: (*name).to_owned(), source });
            }
            _ => {}
        }
    }
    let hidden = hidden.into_iter().map(shift).collect();
    sources.files.push(SourceFile { path, text: masked::hide(text, hidden), format: Format::Hcl });
}

/// A later file overrides arguments of an earlier one.
fn add(sources: &mut Sources, key: Key, header: Spot, attributes: BTreeMap<JsonPath, Spot>) {
    match sources.resources.get_mut(&key) {
        Some(written) => written.attributes.extend(attributes),
        None => {
            sources.resources.insert(key, Written { header, attributes });
        }
    }
}

fn deepest(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The line that says what a block is.
fn header(block: &Block) -> Option<Range<usize>> {
    let ident = block.ident.span()?;
    let last = block.labels.iter().filter_map(|label| label.span()).next_back();
    Some(ident.start..last.map_or(ident.end, |label| label.end))
}

/// Every argument and block of a body; a `dynamic` block stands for every block that it makes.
fn collect(body: &Body, at: &JsonPath, add: &mut impl FnMut(JsonPath, Range<usize>)) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for structure in body {
        match structure {
            Structure::Attribute(attribute) => {
                let path = at.clone().key(attribute.key.as_str());
                expression(&attribute.value, path, add);
            }
            Structure::Block(block) => {
                let Some(header) = header(block) else { continue };
                if block.ident.as_str() == "dynamic" {
                    if let Some(label) = block.labels.first() {
                        add(at.clone().key(label.as_str()), header);
                    }
                    continue;
                }
                let name = block.ident.as_str();
                let count = counts.entry(name).or_insert(0);
                if *count == 0 {
                    add(at.clone().key(name), header.clone());
                }
                let path = at.clone().key(name).index(*count);
                *count += 1;
                add(path.clone(), header);
                collect(&block.body, &path, add);
            }
        }
    }
}

fn expression(value: &Expression, path: JsonPath, add: &mut impl FnMut(JsonPath, Range<usize>)) {
    if let Expression::Array(array) = value {
        array
            .iter()
            .enumerate()
            .for_each(|(index, element)| expression(element, path.clone().index(index), add));
    }
    if let Some(range) = value.span() {
        add(path, range);
    }
}

/// Strings of arguments that are secrets by their name, at any depth.
fn secrets(body: &Body, into: &mut Vec<Range<usize>>) {
    for structure in body {
        match structure {
            Structure::Attribute(attribute) if is_secret(attribute.key.as_str()) => {
                into.extend(attribute.value.span());
            }
            Structure::Attribute(_) => {}
            Structure::Block(block) => {
                let is_variable = block.labels.first().is_some_and(|label| is_secret(label.as_str()));
                if is_variable && let Some(default) = block.body.get_attribute("default") {
                    into.extend(default.value.span());
                }
                secrets(&block.body, into);
            }
        }
    }
}

fn json_file(sources: &mut Sources, names: &[String], path: String, text: &str, calls: &mut Vec<Call>) {
    let value = match strict::read_json(text) {
        Ok(value) => value,
        Err(error) => {
            fault(sources, &path, (error.line, error.column), &error.message);
            return;
        }
    };
    let file = sources.files.len();
    let scan = Positions::scan(text, Format::Json);
    let spot = |path: &JsonPath, part: Part| {
        let region = scan.find(path, part).region;
        Spot { file, target: Target::Bytes(region.start..region.end) }
    };
    let mut secret_paths = Vec::new();
    json_secrets(&value, &JsonPath::root(), &mut secret_paths);
    for (section, prefix) in [("resource", ""), ("data", "data.")] {
        for (kinds, at) in bodies(value.get(section), JsonPath::root().key(section)) {
            for (kind, of_kind) in members(kinds) {
                for (resources, at) in bodies(Some(of_kind), at.clone().key(kind)) {
                    for (name, resource) in members(resources) {
                        for (body, at) in bodies(Some(resource), at.clone().key(name)) {
                            let mut attributes = BTreeMap::new();
                            json_collect(body, &JsonPath::root(), &at, &mut |path, at| {
                                attributes.insert(path, spot(&at, Part::Value));
                            });
                            let key = (names.to_vec(), format!("{prefix}{kind}"), name.clone());
                            add(sources, key, spot(&at, Part::Key), attributes);
                        }
                    }
                }
            }
        }
    }
    for (modules, _) in bodies(value.get("module"), JsonPath::root()) {
        for (name, module) in members(modules) {
            for (body, _) in bodies(Some(module), JsonPath::root()) {
                let source = body.get("source").and_then(Value::as_str).map(str::to_owned);
                calls.push(Call { name: name.clone(), source });
            }
        }
    }
    let hidden = secret_paths.iter().map(|path| scan.find(path, Part::Value).region);
    let hidden = hidden.map(|region| region.start..region.end).collect();
    let text: Arc<str> = masked::hide(text, hidden);
    sources.files.push(SourceFile { path, text, format: Format::Json });
}

/// In JSON, what is a block may be an object or a list of objects.
fn bodies(value: Option<&Value>, at: JsonPath) -> Vec<(&Value, JsonPath)> {
    match value {
        Some(Value::Array(elements)) => {
            elements.iter().enumerate().map(|(index, element)| (element, at.clone().index(index))).collect()
        }
        Some(value) => vec![(value, at)],
        None => Vec::new(),
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn json_collect(value: &Value, path: &JsonPath, at: &JsonPath, add: &mut impl FnMut(JsonPath, JsonPath)) {
    for (key, member) in members(value) {
        let (path, at) = (path.clone().key(key), at.clone().key(key));
        add(path.clone(), at.clone());
        match member {
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    let (path, at) = (path.clone().index(index), at.clone().index(index));
                    add(path.clone(), at.clone());
                    json_collect(element, &path, &at, add);
                }
            }
            // One block, which the plan has as a list of one.
            Value::Object(_) => {
                add(path.clone().index(0), at.clone());
                json_collect(member, &path.index(0), &at, add);
            }
            _ => {}
        }
    }
}

fn json_secrets(value: &Value, at: &JsonPath, into: &mut Vec<JsonPath>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let at = at.clone().key(key);
                if is_secret(key) && member.is_string() {
                    into.push(at);
                } else {
                    json_secrets(member, &at, into);
                }
            }
        }
        Value::Array(elements) => elements
            .iter()
            .enumerate()
            .for_each(|(index, element)| json_secrets(element, &at.clone().index(index), into)),
        _ => {}
    }
}
