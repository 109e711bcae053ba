//! The worlds that everything here is asked about: the made-up organisation of the million bench, with its own table or another one, as
//! folders that are read through the tool's public door.

#[path = "../../million/linked.rs"]
mod linked;
#[path = "../../million/organization.rs"]
mod organization;

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use ssolint::check;
use ssolint::document::okta::{IdToken, User};
use ssolint::document::torq::{ClaimMapping, ClaimMappings};
use ssolint::model::World;
use ssolint::source::snapshot;

use linked::linked;

/// The filter that the organisation is written with, and that its tokens are made by here ([`crate::tokens`]).
pub const STARTS_WITH: &str = "torq-";
/// A filter that passes `Everyone` too.
pub const CONTAINS: &str = "e";

/// Beside the program, so in the target folder.
pub fn folder() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    program.parent().and_then(Path::parent).expect("target/release/ssolint-compare").join("compare")
}

pub fn load(snapshot: &Path) -> World {
    let snapshot = snapshot::read(snapshot).unwrap();
    let world = check::load(&snapshot.documents, snapshot.faults);
    assert!(world.faults.is_empty(), "{:?}", world.faults);
    world
}

/// The organisation with its own table of 500 mappings.
pub fn organization(people: usize) -> PathBuf {
    let whole = folder().join(format!("organization-{people}"));
    organization::write(&whole, people).unwrap();
    whole.join("snapshot")
}

/// The organisation with 100 of its mappings: three of emails, the 95 largest groups, two that match nobody.
pub fn hundred(people: usize) -> PathBuf {
    let (from, to) = (organization(people), folder().join(format!("hundred-{people}")));
    linked(&from, &to).unwrap();
    edit(&to.join("torq/claim-mappings.json"), |table: &mut ClaimMappings| {
        let mut index = 0;
        table.claim_mappings.retain(|_| {
            index += 1;
            matches!(index - 1, 0..3 | 15..110 | 497..499)
        });
        assert_eq!(table.claim_mappings.len(), 100);
    });
    to
}

/// The organisation with a table that has grown: of 100 rows 48 groups, 39 people by email, 10 rows that are there already with another
/// role, `Everyone`, and two more people.
pub fn grown(people: usize, rows: usize) -> PathBuf {
    let (from, to) = (organization(people), folder().join(format!("grown-{people}-{rows}")));
    linked(&from, &to).unwrap();
    edit(&to.join("okta/id-token.json"), |claim: &mut IdToken| {
        claim.group_filter_type = Some("CONTAINS".to_owned());
        claim.value = Some(CONTAINS.to_owned());
    });
    let users: Vec<User> = read(&to.join("okta/users.json"));
    let emails: Vec<String> =
        users.into_iter().filter_map(|user| user.profile.and_then(|profile| profile.email)).collect();
    edit(&to.join("torq/claim-mappings.json"), |table: &mut ClaimMappings| {
        let old = std::mem::take(&mut table.claim_mappings);
        let roles: Vec<String> = (0..5).map(|role| role_like(&old, role)).collect();
        let (groups, named, doubled) = (rows * 48 / 100, rows * 39 / 100, rows / 10);
        let mut pairs: Vec<(&str, String)> = Vec::with_capacity(rows);
        let mapped = old.iter().filter(|row| row.claim_name == "groups");
        pairs.extend(mapped.take(groups).map(|row| ("groups", row.claim_value.clone())));
        let email = |index: usize| emails.get(index * emails.len() / rows).cloned().expect("someone");
        pairs.extend((0..named).map(|index| ("email", email(index))));
        let again: Vec<_> =
            (0..doubled).filter_map(|index| pairs.get(index * pairs.len() / doubled).cloned()).collect();
        pairs.extend(again);
        pairs.push(("groups", "Everyone".to_owned()));
        pairs.extend((pairs.len()..rows).map(|index| ("email", email(index))));
        assert_eq!(pairs.len(), rows);
        table.claim_mappings = pairs
            .into_iter()
            .enumerate()
            .map(|(index, (claim, value))| ClaimMapping {
                id: None,
                claim_name: claim.to_owned(),
                claim_value: value,
                role_id: roles.get(index * 7 % 5).cloned().expect("one of five"),
                rank: i64::try_from(index).unwrap() + 1,
            })
            .collect();
    });
    to
}

/// The role's id is that of a row of the table but for its last digit, as the organisation makes them.
fn role_like(rows: &[ClaimMapping], role: usize) -> String {
    let mut id = rows.first().expect("a row").role_id.clone();
    id.pop();
    format!("{id}{role}")
}

fn read<T: DeserializeOwned>(file: &Path) -> T {
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// In a file of its own: the linked one stays as it is.
fn edit<T: DeserializeOwned + Serialize>(file: &Path, change: impl FnOnce(&mut T)) {
    let mut shape: T = read(file);
    change(&mut shape);
    std::fs::remove_file(file).unwrap();
    std::fs::write(file, serde_json::to_string_pretty(&shape).unwrap() + "\n").unwrap();
}
