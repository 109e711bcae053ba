//! What the plan says of the configuration: how the provider signs in, which groups are looked up by name, and which resource an id comes from
//! that is known only after apply.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::plan::{ResourceChange, attributes_of};
use crate::document::terraform::{GroupLookup, ProviderSignIn};

/// The configuration as the plan has it. Values of expressions are not kept: they may be secrets.
#[derive(Debug, Default, Deserialize)]
pub struct ConfigurationShape {
    #[serde(default)]
    provider_config: BTreeMap<String, ProviderShape>,
    #[serde(default)]
    root_module: ModuleShape,
}

#[derive(Debug, Default, Deserialize)]
struct ProviderShape {
    #[serde(default)]
    name: String,
    #[serde(default)]
    expressions: Map<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
struct ModuleShape {
    #[serde(default)]
    outputs: BTreeMap<String, OutputShape>,
    #[serde(default)]
    resources: Vec<ResourceShape>,
    #[serde(default)]
    module_calls: BTreeMap<String, CallShape>,
}

#[derive(Debug, Default, Deserialize)]
struct OutputShape {
    #[serde(default)]
    expression: Value,
}

#[derive(Debug, Default, Deserialize)]
struct ResourceShape {
    #[serde(default)]
    mode: String,
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    expressions: Map<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
struct CallShape {
    #[serde(default)]
    expressions: Map<String, Value>,
    #[serde(default)]
    module: ModuleShape,
}

/// What is kept of the configuration.
#[derive(Debug, Default)]
pub struct Configuration {
    pub sign_in: Option<ProviderSignIn>,
    /// By address, without the keys of instances.
    pub group_lookups: BTreeMap<String, GroupLookup>,
    root: Module,
}

#[derive(Debug, Default)]
struct Module {
    /// References of a resource's attribute, by kind, name and attribute (`group.0.id` inside the blocks).
    references: BTreeMap<(String, String, String), Vec<String>>,
    /// References of the inputs of a call, by the call's name and the input's.
    inputs: BTreeMap<(String, String), Vec<String>>,
    outputs: BTreeMap<String, Vec<String>>,
    calls: BTreeMap<String, Module>,
}

impl Configuration {
    pub fn new(shape: ConfigurationShape) -> Self {
        let mut group_lookups = BTreeMap::new();
        let root = module(shape.root_module, "", &mut group_lookups);
        Self { sign_in: sign_in(&shape.provider_config), group_lookups, root }
    }
}

/// Known only where the configuration sets it, and all of Okta's providers alike; what comes from the environment does not show in a plan.
fn sign_in(providers: &BTreeMap<String, ProviderShape>) -> Option<ProviderSignIn> {
    let mut found: Vec<Option<ProviderSignIn>> = providers
        .values()
        .filter(|provider| provider.name == "okta")
        .map(|provider| {
            let sets = |name: &str| provider.expressions.contains_key(name);
            match (sets("private_key") || sets("access_token"), sets("api_token")) {
                (true, _) => Some(ProviderSignIn::Oauth),
                (false, true) => Some(ProviderSignIn::ApiToken),
                (false, false) => None,
            }
        })
        .collect();
    found.dedup();
    match found.as_slice() {
        [one] => *one,
        _ => None,
    }
}

fn module(shape: ModuleShape, prefix: &str, lookups: &mut BTreeMap<String, GroupLookup>) -> Module {
    let mut module = Module::default();
    for resource in shape.resources {
        if resource.mode == "data" {
            // `okta_groups` is made for many; `okta_group` is taken for one.
            if resource.kind == "okta_group"
                && let Some(name) = resource.expressions.get("name")
            {
                let name = name.get("constant_value").and_then(Value::as_str).map(str::to_owned);
                lookups.insert(format!("{prefix}data.okta_group.{}", resource.name), GroupLookup { name });
            }
            continue;
        }
        let Some(kept) = attributes_of(&resource.kind) else { continue };
        for (attribute, expression) in &resource.expressions {
            if kept.contains(&attribute.as_str()) {
                for (path, references) in references_of(attribute, expression) {
                    module
                        .references
                        .insert((resource.kind.clone(), resource.name.clone(), path), references);
                }
            }
        }
    }
    for (name, output) in shape.outputs {
        module.outputs.insert(name, references(&output.expression));
    }
    for (name, call) in shape.module_calls {
        for (input, expression) in &call.expressions {
            module.inputs.insert((name.clone(), input.clone()), references(expression));
        }
        let inner = self::module(call.module, &format!("{prefix}module.{name}."), lookups);
        module.calls.insert(name, inner);
    }
    module
}

fn references(expression: &Value) -> Vec<String> {
    let listed = expression.get("references").and_then(Value::as_array);
    listed.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Of an attribute, or of each block that it is.
fn references_of(attribute: &str, expression: &Value) -> Vec<(String, Vec<String>)> {
    match expression {
        Value::Array(blocks) => blocks
            .iter()
            .enumerate()
            .flat_map(|(index, block)| {
                let members = block.as_object().into_iter().flatten();
                members.map(move |(key, inner)| (format!("{attribute}.{index}.{key}"), references(inner)))
            })
            .collect(),
        _ => vec![(attribute.to_owned(), references(expression))],
    }
}

/// One step of an address: `torq["eu"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Segment<'a> {
    name: &'a str,
    /// As it is written between the brackets.
    key: Option<&'a str>,
}

/// Splits an address or a reference at the dots that are not inside brackets.
fn segments(text: &str) -> Vec<Segment<'_>> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            b'.' if depth == 0 => {
                parts.push(text.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
        .into_iter()
        .map(|part| match part.split_once('[') {
            Some((name, rest)) => Segment { name, key: Some(rest.trim_end_matches(']')) },
            None => Segment { name: part, key: None },
        })
        .collect()
}

/// The names of the modules in an address: `module.a["x"].module.b` is `a`, `b`.
pub(super) fn module_names(address: &str) -> Vec<&str> {
    let segments = segments(address);
    segments.chunks(2).filter_map(|pair| pair.get(1)).map(|segment| segment.name).collect()
}

fn parent_module(address: &str) -> &str {
    let mut depth = 0_usize;
    let mut last = None;
    for (at, byte) in address.bytes().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            b'.' if depth == 0 && address.get(at..).is_some_and(|rest| rest.starts_with(".module.")) => {
                last = Some(at)
            }
            _ => {}
        }
    }
    last.and_then(|at| address.get(..at)).unwrap_or_default()
}

fn key_text(index: &Value) -> String {
    index.to_string()
}

/// Deep enough for any real nesting of modules; a configuration cannot refer to itself.
const DEEPEST: usize = 32;

impl Configuration {
    fn module(&self, address: &str) -> Option<&Module> {
        module_names(address).into_iter().try_fold(&self.root, |module, name| module.calls.get(name))
    }

    /// The resources that an attribute of a resource refers to, as indices into `changes`; `None` where one of them cannot be told.
    pub fn referred(
        &self,
        changes: &[ResourceChange],
        of: &ResourceChange,
        attribute: &str,
    ) -> Option<Vec<usize>> {
        let key = (of.kind.clone(), of.name.clone(), attribute.to_owned());
        let references = self.module(&of.module)?.references.get(&key)?;
        let own_key = of.index.as_ref().map(key_text);
        let mut found = self.resolve(changes, &of.module, own_key.as_deref(), references, DEEPEST)?;
        found.sort_unstable();
        found.dedup();
        (!found.is_empty()).then_some(found)
    }

    fn resolve(
        &self,
        changes: &[ResourceChange],
        module: &str,
        own_key: Option<&str>,
        references: &[String],
        depth: usize,
    ) -> Option<Vec<usize>> {
        let depth = depth.checked_sub(1)?;
        let is_longer = |long: &str, short: &str| {
            long.strip_prefix(short).is_some_and(|rest| rest.starts_with('.') || rest.starts_with('['))
        };
        let mut found = Vec::new();
        // A plan lists `a.b.id` and then `a.b`; the longest says the most.
        for reference in
            references.iter().filter(|short| !references.iter().any(|long| is_longer(long, short)))
        {
            let parts = segments(reference);
            match parts.as_slice() {
                [Segment { name: "each", .. }, Segment { name: "key", .. }]
                | [Segment { name: "count", .. }, ..]
                | [Segment { name: "path" | "terraform", .. }, ..] => {}
                [Segment { name: "var", .. }, input, ..] => {
                    let parent = parent_module(module);
                    let call = segments(module).pop()?;
                    let key = (call.name.to_owned(), input.name.to_owned());
                    let references = self.module(parent)?.inputs.get(&key)?;
                    found.extend(self.resolve(changes, parent, call.key.or(own_key), references, depth)?);
                }
                [Segment { name: "module", .. }, call, output, ..] => {
                    let dot = if module.is_empty() { "" } else { "." };
                    let key = call.key.map_or_else(String::new, |key| format!("[{key}]"));
                    let inner = format!("{module}{dot}module.{}{key}", call.name);
                    let references = self.module(&inner)?.outputs.get(output.name)?;
                    found.extend(self.resolve(changes, &inner, call.key.or(own_key), references, depth)?);
                }
                [kind, resource, ..] if attributes_of(kind.name).is_some() => {
                    found.push(self.instance(changes, module, own_key, kind.name, resource)?);
                }
                _ => return None,
            }
        }
        Some(found)
    }

    /// The one instance of a resource that is meant; without a key of its own, the one of the same key.
    fn instance(
        &self,
        changes: &[ResourceChange],
        module: &str,
        own_key: Option<&str>,
        kind: &str,
        resource: &Segment<'_>,
    ) -> Option<usize> {
        let of_key = |key: Option<&str>| -> Vec<usize> {
            changes
                .iter()
                .enumerate()
                .filter(|(_, change)| change.kind == kind && change.name == resource.name)
                .filter(|(_, change)| {
                    change.module == module
                        || module_names(&change.module) == module_names(module)
                            && !has_all_keys(module, &change.module)
                })
                .filter(|(_, change)| key.is_none() || change.index.as_ref().map(key_text).as_deref() == key)
                .map(|(index, _)| index)
                .collect()
        };
        let one = |found: Vec<usize>| match found.as_slice() {
            [one] => Some(*one),
            _ => None,
        };
        if resource.key.is_some_and(|key| !key.starts_with("each.") && !key.starts_with("count.")) {
            return one(of_key(resource.key));
        }
        one(of_key(None)).or_else(|| own_key.and_then(|key| one(of_key(Some(key)))))
    }
}

/// Whether the address of a module names an instance in every step that has instances.
fn has_all_keys(address: &str, instance: &str) -> bool {
    segments(address).iter().zip(segments(instance)).all(|(step, of)| of.key.is_none() || step.key.is_some())
}
