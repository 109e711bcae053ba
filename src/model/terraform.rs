//! What a Terraform plan says beyond the state that it leads to: which resources it makes, changes and removes.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::document::terraform as shape;
pub use crate::document::terraform::{Action, ProviderSignIn};
use crate::document::{DocumentName, JsonPath};

use super::fact::{Cause, Fact, Gap, Place};

/// Facts about a plan; the planned state itself is in the documents.
#[derive(Debug, Clone)]
pub struct PlanFacts {
    pub app: Option<PlannedApp>,
    /// `None`: the configuration does not say.
    pub sign_in: Option<ProviderSignIn>,
    /// Group assignments of the Torq app.
    pub assignments: Vec<PlannedAssignments>,
    pub groups: Vec<PlannedGroup>,
    pub group_rules: Vec<PlannedGroupRule>,
    pub group_lookups: Vec<GroupLookup>,
}

/// A resource of the plan.
#[derive(Debug, Clone)]
pub struct Resource {
    pub address: String,
    pub action: Action,
}

impl Resource {
    /// The resource as a whole.
    pub fn place(&self) -> Place {
        Place::new(DocumentName::TerraformPlan, JsonPath::root().key("resource_changes").key(&self.address))
    }

    /// An attribute: of the state after apply, or before where there is none after.
    pub fn attribute(&self, name: &str) -> Place {
        let state = if self.action == Action::Delete { "before" } else { "after" };
        let path = self.place().path.key("change").key(state).key(name);
        Place::new(DocumentName::TerraformPlan, path)
    }
}

#[derive(Debug, Clone)]
pub struct PlannedApp {
    pub resource: Resource,
    pub claim_before: Option<GroupsClaimBlock>,
    pub claim_after: Fact<GroupsClaimBlock>,
}

/// The block `groups_claim`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupsClaimBlock {
    pub kind: Option<String>,
    pub filter_type: Option<String>,
    pub name: Option<String>,
    pub value: Option<String>,
}

impl GroupsClaimBlock {
    /// Its arguments as Terraform's language writes them.
    pub fn hcl(&self) -> String {
        let members = [
            ("type", &self.kind),
            ("filter_type", &self.filter_type),
            ("name", &self.name),
            ("value", &self.value),
        ];
        let lines = members.iter().filter_map(|(name, value)| {
            value.as_ref().map(|value| format!("{name} = {}", hcl_string(value)))
        });
        lines.collect::<Vec<_>>().join(", ")
    }

    fn read(state: Option<&Map<String, Value>>) -> Option<Self> {
        let block = state?.get("groups_claim")?.as_array()?.first()?;
        let text = |name: &str| {
            block.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        Some(Self {
            kind: text("type"),
            filter_type: text("filter_type"),
            name: text("name"),
            value: text("value"),
        })
    }
}

/// A string of Terraform's language.
pub fn hcl_string(text: &str) -> String {
    let mut quoted = String::from("\"");
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '$' | '%' if characters.peek() == Some(&'{') => quoted.extend([character, character]),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// How group assignments are managed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssignmentKind {
    /// `okta_app_group_assignment`: one.
    Single,
    /// `okta_app_group_assignments`: all of the app's.
    All,
}

#[derive(Debug, Clone)]
pub struct PlannedAssignments {
    pub resource: Resource,
    pub kind: AssignmentKind,
    /// Ids of groups, as far as they are known.
    pub before: Vec<String>,
    pub after: Vec<String>,
    /// Whether `after` is all of it.
    pub after_whole: bool,
}

#[derive(Debug, Clone)]
pub struct PlannedGroup {
    pub resource: Resource,
    pub name_before: Option<String>,
    pub name_after: Option<String>,
}

#[derive(Debug, Clone)]
pub struct PlannedGroupRule {
    pub resource: Resource,
    pub name: Option<String>,
    pub groups_before: Vec<String>,
    pub removes_members: Option<bool>,
}

/// A data source that looks a group up by name.
#[derive(Debug, Clone)]
pub struct GroupLookup {
    pub address: String,
    /// `None`: not a constant.
    pub name: Option<String>,
}

impl GroupLookup {
    pub fn place(&self) -> Place {
        let path = JsonPath::root().key("group_lookups").key(&self.address).key("name");
        Place::new(DocumentName::TerraformPlan, path)
    }
}

type State = Option<Map<String, Value>>;

fn text(state: &State, name: &str) -> Option<String> {
    state.as_ref()?.get(name)?.as_str().map(str::to_owned)
}

fn texts(state: &State, name: &str) -> Vec<String> {
    let list = state.as_ref().and_then(|state| state.get(name)).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

impl PlanFacts {
    pub fn new(plan: shape::TerraformPlan) -> Self {
        let mut facts = Self {
            app: None,
            sign_in: plan.provider_sign_in,
            assignments: Vec::new(),
            groups: Vec::new(),
            group_rules: Vec::new(),
            group_lookups: lookups(plan.group_lookups),
        };
        for (address, change) in plan.resource_changes {
            let is_app = plan.app.as_ref() == Some(&address);
            facts.add(Resource { address, action: change.change.actions }, is_app, &change);
        }
        facts
    }

    fn add(&mut self, resource: Resource, is_app: bool, change: &shape::ResourceChange) {
        let (before, after) = (&change.change.before, &change.change.after);
        match change.kind.as_str() {
            "okta_app_oauth" if is_app => {
                self.app = Some(PlannedApp {
                    claim_before: GroupsClaimBlock::read(before.as_ref()),
                    claim_after: claim_after(&resource, after),
                    resource,
                });
            }
            "okta_app_group_assignment" => self.assignments.push(PlannedAssignments {
                kind: AssignmentKind::Single,
                before: text(before, "group_id").into_iter().collect(),
                after: text(after, "group_id").into_iter().collect(),
                after_whole: after.is_none() || text(after, "group_id").is_some(),
                resource,
            }),
            "okta_app_group_assignments" => {
                let blocks = |state: &State| -> Vec<Option<String>> {
                    let list = state.as_ref().and_then(|state| state.get("group")).and_then(Value::as_array);
                    let id = |block: &Value| block.get("id").and_then(Value::as_str).map(str::to_owned);
                    list.into_iter().flatten().map(id).collect()
                };
                let planned = blocks(after);
                self.assignments.push(PlannedAssignments {
                    kind: AssignmentKind::All,
                    before: blocks(before).into_iter().flatten().collect(),
                    after_whole: planned.iter().all(Option::is_some)
                        && after.as_ref().is_none_or(|after| after.contains_key("group")),
                    after: planned.into_iter().flatten().collect(),
                    resource,
                });
            }
            "okta_group" => self.groups.push(PlannedGroup {
                name_before: text(before, "name"),
                name_after: text(after, "name"),
                resource,
            }),
            "okta_group_rule" => self.group_rules.push(PlannedGroupRule {
                name: text(before, "name").or_else(|| text(after, "name")),
                groups_before: texts(before, "group_assignments"),
                removes_members: before.as_ref().map(|state| {
                    state.get("remove_assigned_users").and_then(Value::as_bool).unwrap_or(false)
                }),
                resource,
            }),
            _ => {}
        }
    }
}

/// A state that leaves the block out does not say what is in it.
fn claim_after(app: &Resource, after: &State) -> Fact<GroupsClaimBlock> {
    match after {
        Some(state) if !state.contains_key("groups_claim") => {
            let why = format!("groups_claim of {} is known only after apply", app.address);
            Fact::Unknown(Gap::new(DocumentName::TerraformPlan, app.place().path, Cause::Planned(why)))
        }
        _ => Fact::optional(GroupsClaimBlock::read(after.as_ref())),
    }
}

fn lookups(lookups: BTreeMap<String, shape::GroupLookup>) -> Vec<GroupLookup> {
    lookups.into_iter().map(|(address, lookup)| GroupLookup { address, name: lookup.name }).collect()
}

#[cfg(test)]
mod tests {
    use super::hcl_string;

    #[test]
    fn a_string_is_written_so_that_terraform_reads_it_back() {
        for (text, expect) in [
            ("torq-.*", r#""torq-.*""#),
            (r"^a\.b$", r#""^a\\.b$""#),
            (r#"user.getGroups({'x': "y"})"#, r#""user.getGroups({'x': \"y\"})""#),
            ("${source.login} %{if} $ %", r#""$${source.login} %%{if} $ %""#),
        ] {
            assert_eq!(hcl_string(text), expect);
        }
    }
}
