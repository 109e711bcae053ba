//! Who is considered, and under what name.

use super::directory::{self, Directory, Okta};
use super::documents::{World, is, same_but_for_case, text};
use super::truth::Truth;
use serde_json::Value;
use std::collections::BTreeSet;

pub struct Person {
    pub name: String,
    pub okta: Okta,
    /// Whether Torq has them as a local account, should Okta not have them.
    pub local: Truth,
}

/// The emails by which Torq or a mapping names someone, Torq's first.
fn named<'a>(world: World<'a>) -> Vec<&'a str> {
    let torq = world.list("torq/users").map(|list| list.rows).unwrap_or_default();
    let mappings = world.list("torq/claim-mappings").map(|list| list.rows).unwrap_or_default();
    torq.iter()
        .filter_map(|row| text(row, "/email"))
        .chain(
            mappings
                .iter()
                .filter(|row| is(row, "/claim_name", "email") == Truth::Yes)
                .filter_map(|row| text(row, "/claim_value")),
        )
        .collect()
}

pub fn considered(directory: &Directory) -> Vec<Person> {
    let world = directory.world;
    let all = directory.user_ids();
    let named = named(world);
    let mut okta_ids: BTreeSet<String> = all
        .iter()
        .filter(|id| {
            let user = Okta::User((*id).clone());
            let by_broker =
                directory::broker_mode(world).possible() && directory::user_row(world, id).is_some();
            by_broker || directory.assigned(&user).possible()
        })
        .cloned()
        .collect();

    let mut strangers: Vec<&str> = Vec::new();
    for email in &named {
        let found: Vec<&String> = all
            .iter()
            .filter(|id| directory::names_of(world, id).iter().any(|name| same_but_for_case(name, email)))
            .collect();
        if found.is_empty() && !strangers.iter().any(|known| same_but_for_case(known, email)) {
            strangers.push(email);
        }
        okta_ids.extend(found.into_iter().cloned());
    }

    let mut people = Vec::new();
    for id in okta_ids {
        let names = directory::names_of(world, &id);
        let login = directory::user_row(world, &id).and_then(|row| text(row, "/profile/login"));
        let app_name = match directory::app_user(world, &Okta::User(id.clone())) {
            directory::AppUser::Row(row) => text(row, "/credentials/userName").map(str::to_owned),
            _ => None,
        };
        let spelled =
            named.iter().copied().find(|email| names.iter().any(|name| same_but_for_case(name, email)));
        let name = login
            .or(spelled)
            .map(str::to_owned)
            .or(names.into_iter().next())
            .or(app_name)
            .unwrap_or_else(|| id.clone());
        people.push(Person { name, okta: Okta::User(id), local: Truth::No });
    }
    for email in strangers {
        people.push(Person {
            name: email.to_owned(),
            okta: stranger(world, email),
            local: local_account(world, email),
        });
    }
    people
}

pub fn stranger(world: World, email: &str) -> Okta {
    match world.list("okta/users") {
        Some(list) if list.complete => Okta::Nobody,
        Some(_) if world.looked_up("okta/users").iter().any(|asked| same_but_for_case(asked, email)) => {
            Okta::Nobody
        }
        _ => Okta::PerhapsSomeone,
    }
}

pub fn local_account(world: World, email: &str) -> Truth {
    let Some(list) = world.list("torq/users") else { return Truth::Unknown };
    let row =
        list.rows.iter().find(|row| text(row, "/email").is_some_and(|one| same_but_for_case(one, email)));
    match row {
        Some(row) => row
            .get("sso_provision")
            .and_then(Value::as_bool)
            .map_or(Truth::Unknown, |provisioned| Truth::known(!provisioned)),
        None if list.complete
            || world.looked_up("torq/users").iter().any(|asked| same_but_for_case(asked, email)) =>
        {
            Truth::No
        }
        None => Truth::Unknown,
    }
}
