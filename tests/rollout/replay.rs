//! A rollout as its JSON tells it, made again in the plain JSON of a world, and decided by the second reading of the semantics.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::naive::evaluator;
use crate::naive::row::Verdict;

/// What people end with, by Okta id: `None` for no access, else whether they can repair SSO.
pub fn standings(world: &Value) -> BTreeMap<String, Option<bool>> {
    let rows = evaluator::who(world).into_iter();
    rows.filter_map(|row| {
        let granted = row.verdict == Verdict::Granted;
        Some((row.okta_id?, granted.then(|| repairs(world, row.role.as_deref().unwrap_or_default()))))
    })
    .collect()
}

/// Whether a role, by the name that a verdict shows, can repair SSO (G7.6).
fn repairs(world: &Value, name: &str) -> bool {
    let roles = world.pointer("/torq/roles/roles").and_then(Value::as_array).cloned().unwrap_or_default();
    roles.iter().filter(|role| role["name"] == name).any(|role| match &role["scope_names"] {
        Value::Array(scopes) => scopes.contains(&json!("user.write")),
        _ => name == "Owner",
    })
}

/// Who must keep what: everyone who has it before and after.
pub fn protected(before: &Value, after: &Value) -> BTreeMap<String, bool> {
    let then = standings(after);
    standings(before)
        .into_iter()
        .filter_map(|(id, standing)| {
            let (before, after) = (standing?, then.get(&id).copied().flatten()?);
            Some((id, before && after))
        })
        .collect()
}

/// The people who lose something in a state.
pub fn lost(protected: &BTreeMap<String, bool>, world: &Value) -> Vec<String> {
    lost_of(protected, &standings(world))
}

pub fn lost_of(
    protected: &BTreeMap<String, bool>,
    standings: &BTreeMap<String, Option<bool>>,
) -> Vec<String> {
    let keeps = |(id, repair): &(&String, &bool)| match standings.get(*id).copied().flatten() {
        Some(repairs) => repairs || !**repair,
        None => false,
    };
    protected.iter().filter(|entry| !keeps(entry)).map(|(id, _)| id.clone()).collect()
}

/// Makes one `change` of a rollout in a world; `sides`: the worlds before and after, for the rows of people who are assigned.
pub fn apply(world: &mut Value, change: &Value, sides: [&Value; 2]) {
    let text = |key: &str| change[key].as_str().unwrap_or_else(|| panic!("{key} in {change}")).to_owned();
    match change["kind"].as_str().expect("a kind") {
        "add_mapping" => {
            let mut rows = table(world);
            rows.insert(index(&change["rank"]), change["mapping"].clone());
            set_table(world, rows);
        }
        "edit_mapping" => {
            let mut rows = table(world);
            let row = &mut rows[index(&change["rank"])];
            assert!(same_mapping(row, &change["from"]), "{row} is not {change}");
            *row = change["to"].clone();
            set_table(world, rows);
        }
        "move_mapping" => {
            let mut rows = table(world);
            let row = rows.remove(index(&change["from"]));
            assert!(same_mapping(&row, &change["mapping"]), "{row} is not {change}");
            rows.insert(index(&change["to"]), row);
            set_table(world, rows);
        }
        "delete_mapping" => {
            let mut rows = table(world);
            let row = rows.remove(index(&change["rank"]));
            assert!(same_mapping(&row, &change["mapping"]), "{row} is not {change}");
            set_table(world, rows);
        }
        "set_field" => world["connection"]["torq"][text("field")] = change["to"].clone(),
        "replace_filter" => {
            let to = &change["to"];
            let claim = &mut world["okta"]["id-token"];
            for (key, value) in
                [("name", &to["name"]), ("groupFilterType", &to["filter_type"]), ("value", &to["value"])]
            {
                claim[key] = value.clone();
            }
            claim["valueType"] = if to.is_null() { Value::Null } else { json!("GROUPS") };
        }
        "rename_group" => {
            let rename = |rows: &mut Value| {
                for row in rows.as_array_mut().into_iter().flatten() {
                    if row["id"] == change["group"] {
                        row["profile"]["name"] = change["to"].clone();
                    }
                }
            };
            rename(&mut world["okta"]["groups"]);
            if let Some(Value::Object(lists)) = world["okta"].get_mut("user-groups") {
                lists.values_mut().for_each(rename);
            }
        }
        "change_email" => {
            let to = &change["to"];
            for row in world["okta"]["users"].as_array_mut().expect("users") {
                if row["id"] == change["user"] {
                    row["profile"] = json!({"login": to["login"], "email": to["email"]});
                }
            }
            for row in world["okta"]["app-users"].as_array_mut().into_iter().flatten() {
                if row["id"] == change["user"] {
                    row["profile"]["email"] = to["app_email"].clone();
                    row["credentials"]["userName"] = to["app_user_name"].clone();
                }
            }
        }
        "assign_group" => {
            push(&mut world["okta"]["app-groups"], json!({"id": text("id")}));
            rows_by_group(world, sides);
        }
        "unassign_group" => {
            remove(&mut world["okta"]["app-groups"], &change["id"]);
            rows_by_group(world, sides);
        }
        "assign_person" => {
            let row = sides.iter().find_map(|side| {
                let mut row = app_user(side, &change["id"])?;
                let (there, here) = (email(side, &change["id"]), email(world, &change["id"]));
                for field in [["profile", "email"], ["credentials", "userName"]] {
                    let copy = &mut row[field[0]][field[1]];
                    if *copy == there {
                        *copy = here.clone();
                    }
                }
                Some(row)
            });
            let rows = world["okta"]["app-users"].as_array_mut().expect("a list");
            rows.retain(|row| row["id"] != change["id"]);
            rows.push(row.expect("a row of one side"));
        }
        "unassign_person" => {
            remove(&mut world["okta"]["app-users"], &change["id"]);
            rows_by_group(world, sides);
        }
        list => {
            let (verb, kind) = list.split_once('_').expect("a verb");
            let rows = &mut world["okta"]["app"]["settings"]["oauthClient"][format!("{kind}s")];
            match verb {
                "add" => push(rows, change["value"].clone()),
                "remove" => rows.as_array_mut().expect("a list").retain(|row| *row != change["value"]),
                other => panic!("{other} is no verb"),
            }
        }
    }
}

fn index(rank: &Value) -> usize {
    rank.as_u64().expect("a rank") as usize - 1
}

fn same_mapping(row: &Value, other: &Value) -> bool {
    ["claim_name", "claim_value", "role_id"].iter().all(|key| row[*key] == other[*key])
}

fn table(world: &Value) -> Vec<Value> {
    let mut rows = world["torq"]["claim-mappings"]["claim_mappings"].as_array().expect("mappings").clone();
    rows.sort_by_key(|row| row["rank"].as_i64());
    rows
}

fn set_table(world: &mut Value, mut rows: Vec<Value>) {
    for (rank, row) in (1..).zip(&mut rows) {
        row["rank"] = json!(rank);
    }
    world["torq"]["claim-mappings"]["claim_mappings"] = Value::Array(rows);
}

fn push(list: &mut Value, value: Value) {
    let list = list.as_array_mut().expect("a list");
    assert!(!list.contains(&value), "{value} is there already");
    list.push(value);
}

fn remove(list: &mut Value, id: &Value) {
    let list = list.as_array_mut().expect("a list");
    let before = list.len();
    list.retain(|row| row["id"] != *id);
    assert_eq!(list.len() + 1, before, "{id} is not there");
}

fn app_user(world: &Value, id: &Value) -> Option<Value> {
    let rows = world["okta"]["app-users"].as_array()?;
    rows.iter().find(|row| row["id"] == *id && row["scope"] == "USER").cloned()
}

fn email(world: &Value, id: &Value) -> Value {
    let rows = world["okta"]["users"].as_array().expect("users");
    rows.iter().find(|row| row["id"] == *id).map_or(Value::Null, |row| row["profile"]["email"].clone())
}

/// Okta keeps a row for whom an assigned group assigns: such rows of either side are there as long as their group is.
fn rows_by_group(world: &mut Value, sides: [&Value; 2]) {
    let assigned: Vec<Value> = world["okta"]["app-groups"].as_array().expect("groups").clone();
    let holds = |row: &Value| {
        let link = row["_links"]["group"]["href"].as_str().unwrap_or_default();
        assigned.iter().any(|group| link.rsplit('/').next() == group["id"].as_str())
    };
    let mut rows: Vec<Value> = world["okta"]["app-users"].as_array().cloned().unwrap_or_default();
    rows.retain(|row| row["scope"] == "USER" || holds(row));
    for side in sides {
        for row in side["okta"]["app-users"].as_array().into_iter().flatten() {
            let is_new = !rows.iter().any(|other| other["id"] == row["id"]);
            if row["scope"] == "GROUP" && holds(row) && is_new {
                let mut row = row.clone();
                let (there, here) = (email(side, &row["id"]), email(world, &row["id"]));
                for field in [["profile", "email"], ["credentials", "userName"]] {
                    let copy = &mut row[field[0]][field[1]];
                    if *copy == there {
                        *copy = here.clone();
                    }
                }
                rows.push(row);
            }
        }
    }
    world["okta"]["app-users"] = Value::Array(rows);
}
