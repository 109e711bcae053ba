//! Why a mapping is blocked, shown on someone: for each blocker a person whom only it takes, or a token that is made up.
//!
//! Each witness is asked of the mapping table again, by itself, before it is given out; the made-up ones in a world in which there is
//! nobody else.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use crate::document::connection::DeclaredGroupsClaim;
use crate::document::okta as shape;
use crate::document::rows::{AppUserRows, UserRows};
use crate::model::claims;
use crate::model::directory::{EVERYONE, Extent, Listing, Sources};
use crate::model::torq::Mapping;
use crate::model::{Directory, Fact, Truth, World};

use super::claim_source::{self, ClaimSource, GROUPS};
use super::evaluation::SignIn;
use super::mapping::Table;
use super::population::PersonIndex;
use super::shadowing::Shadowed;
use super::what_if::{group_row, listed_groups, without_people};

/// Who shows that a blocker takes what the blocked mapping would match, and no other blocker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Witness {
    Person(PersonIndex),
    /// A token that carries the values of the blocked mapping and of the blocker, and of no other blocker.
    MadeUp,
}

/// Whether a person's token may match the mapping, and of the blockers matches this one alone, in one reading of a regex.
pub fn takes_alone(
    tables: &[Table<'_>],
    mapping: usize,
    blockers: &[usize],
    blocker: usize,
    person: PersonIndex,
) -> bool {
    tables.iter().any(|table| {
        table.matches(mapping, person) != Truth::No
            && table.matches(blocker, person) == Truth::Yes
            && blockers.iter().all(|other| *other == blocker || table.matches(*other, person) != Truth::Yes)
    })
}

/// For each blocker of each of the shadowed mappings, a witness, where one was found: its index and the witness.
pub fn of_shadowed(
    sign_in: &SignIn<'_>,
    tables: &[Table<'_>],
    shadowed: &[&Shadowed],
) -> Vec<Vec<(usize, Witness)>> {
    let mut found: Vec<Vec<(usize, Witness)>> =
        shadowed.iter().map(|shadowed| people(sign_in, tables, shadowed)).collect();
    made_up(sign_in, shadowed, &mut found);
    for witnesses in &mut found {
        witnesses.sort_by_key(|(blocker, _)| *blocker);
    }
    found
}

/// Real people: for each blocker the first whom only it takes.
fn people(sign_in: &SignIn<'_>, tables: &[Table<'_>], shadowed: &Shadowed) -> Vec<(usize, Witness)> {
    let mut left: Vec<usize> = shadowed.blockers.clone();
    let mut first: Vec<(usize, PersonIndex)> = Vec::new();
    for table in tables {
        let one = std::slice::from_ref(table);
        table.each_match(shadowed.mapping, |person| {
            if left.is_empty() || !sign_in.population.is_considered(person) {
                return;
            }
            left.retain(|blocker| {
                let takes = takes_alone(one, shadowed.mapping, &shadowed.blockers, *blocker, person);
                if takes {
                    first.push((*blocker, person));
                }
                !takes
            });
        });
    }
    first.into_iter().map(|(blocker, person)| (blocker, Witness::Person(person))).collect()
}

/// Someone whom no organisation has.
struct MadeUp {
    /// Index into the shadowed mappings.
    of: usize,
    email: Option<String>,
    user_name: Option<String>,
    groups: Vec<shape::Group>,
}

/// Made-up people for the blockers that no real person shows, all judged in one world without anybody else.
fn made_up(sign_in: &SignIn<'_>, shadowed: &[&Shadowed], found: &mut [Vec<(usize, Witness)>]) {
    let lacking = |of: usize| {
        let found = found.get(of).map_or(0, Vec::len);
        shadowed.get(of).is_some_and(|shadowed| found < shadowed.blockers.len())
    };
    let mut world = without_people(sign_in.world, directory(&sign_in.world.directory, &[]));
    send_mapped_claims(&mut world);
    let candidates: Vec<MadeUp> = (0..shadowed.len())
        .filter(|of| lacking(*of))
        .filter_map(|of| Some((of, sign_in.mappings().get(shadowed.get(of)?.mapping)?)))
        .flat_map(|(of, mapping)| holders(&world, &sign_in.world.directory, of, mapping))
        .collect();
    if candidates.is_empty() {
        return;
    }
    world.directory = directory(&sign_in.world.directory, &candidates);
    let alone = SignIn::new(&world, &[]);
    let tables = alone.tables();
    for (person, candidate) in (0..).map(PersonIndex).zip(&candidates) {
        let (Some(shadowed), Some(found)) = (shadowed.get(candidate.of), found.get_mut(candidate.of)) else {
            continue;
        };
        for blocker in &shadowed.blockers {
            if !found.iter().any(|(one, _)| one == blocker)
                && takes_alone(&tables, shadowed.mapping, &shadowed.blockers, *blocker, person)
            {
                found.push((*blocker, Witness::MadeUp));
            }
        }
    }
}

/// Shadowing is judged as if every mapped claim could be sent, and so is who shows it: Torq asks for every scope that a mapped claim
/// comes with, and a claim `groups` that nobody configured carries the groups.
fn send_mapped_claims(world: &mut World) {
    let names: BTreeSet<String> =
        world.mappings.known().into_iter().flatten().map(|mapping| mapping.claim_name.clone()).collect();
    let mut scopes: Vec<String> = vec![GROUPS.to_owned()];
    for name in &names {
        scopes.extend(claim_source::standard_scope(name).map(str::to_owned));
        if let Fact::Known(claim) = claim_source::configured(world, name) {
            scopes.extend(claim.scopes.iter().cloned());
        }
    }
    if let Fact::Known(requested) = &mut world.wizard.requested_scopes {
        scopes.retain(|scope| !requested.contains(scope));
        requested.extend(scopes);
    }
    let sendable = match &world.own_claim {
        Fact::Absent => false,
        Fact::Known(claim) => !matches!(claim_source::carried(claim), ClaimSource::NotSent(_)),
        Fact::Unknown(_) => true,
    };
    if !sendable && names.contains(GROUPS) {
        world.own_claim = Fact::Known(claims::declared(&DeclaredGroupsClaim {
            kind: "FILTER".to_owned(),
            filter_type: Some("REGEX".to_owned()),
            name: GROUPS.to_owned(),
            value: ".*".to_owned(),
            seen: None,
        }));
    }
}

/// People with the fewest claims that match a mapping: one for each group that could give its value.
fn holders(world: &World, directory: &Directory, of: usize, mapping: &Mapping) -> Vec<MadeUp> {
    let value = || Some(mapping.claim_value.clone());
    let nobody = || MadeUp { of, email: None, user_name: None, groups: Vec::new() };
    match claim_source::source(world, &mapping.claim_name) {
        ClaimSource::Email(_) => vec![MadeUp { email: value(), ..nobody() }],
        ClaimSource::UserName(_) => vec![MadeUp { user_name: value(), ..nobody() }],
        ClaimSource::Groups(_) => {
            let listed = directory.groups_named(&mapping.claim_value).iter();
            let mut groups: Vec<shape::Group> =
                listed.filter_map(|group| directory.group(*group)).map(group_row).collect();
            if groups.is_empty() {
                groups = ["OKTA_GROUP", "APP_GROUP"]
                    .into_iter()
                    .map(|kind| shape::Group {
                        id: format!("made-up {kind} {}", mapping.claim_value),
                        kind: Some(kind.to_owned()),
                        profile: Some(shape::GroupProfile { name: value() }),
                    })
                    .collect();
            }
            groups.into_iter().map(|group| MadeUp { groups: vec![group], ..nobody() }).collect()
        }
        // What is not sent, or is not known, cannot be tried.
        ClaimSource::NotSent(_) | ClaimSource::Unknown(_) => Vec::new(),
    }
}

/// A directory of made-up people and all groups that there are. People are numbered in their order.
fn directory(from: &Directory, people: &[MadeUp]) -> Directory {
    let mut groups = listed_groups(from);
    let mut ids: HashSet<String> = groups.iter().map(|group| group.id.clone()).collect();
    let everyone = shape::Group {
        id: "made-up everyone".to_owned(),
        kind: Some("BUILT_IN".to_owned()),
        profile: Some(shape::GroupProfile { name: Some(EVERYONE.to_owned()) }),
    };
    let has_everyone = from.groups.iter().any(crate::model::directory::Group::is_everyone);
    let added = people.iter().flat_map(|person| &person.groups).chain((!has_everyone).then_some(&everyone));
    for group in added {
        if ids.insert(group.id.clone()) {
            groups.push(group.clone());
        }
    }
    let id = |index: usize| format!("made-up person {index}");
    let numbered = || people.iter().enumerate();
    let whole = || Listing::Read { complete: true, looked_up: HashSet::new() };
    let user = |(index, person): (usize, &MadeUp)| shape::User {
        id: id(index),
        status: Some("ACTIVE".to_owned()),
        profile: Some(shape::UserProfile { login: Some(id(index)), email: person.email.clone() }),
        credentials: None,
    };
    let app_user = |(index, person): (usize, &MadeUp)| shape::AppUser {
        id: id(index),
        scope: Some("USER".to_owned()),
        status: Some("ACTIVE".to_owned()),
        credentials: Some(shape::AppUserCredentials { user_name: person.user_name.clone() }),
        profile: Some(shape::AppUserProfile { email: person.email.clone() }),
        links: None,
    };
    let users: Vec<shape::User> = numbered().map(user).collect();
    let app_users: Vec<shape::AppUser> = numbered().map(app_user).collect();
    Directory::new(Sources {
        users: (Arc::new(UserRows::of(&users)), whole()),
        app_users: (Arc::new(AppUserRows::of(&app_users)), whole()),
        groups: (groups, from.group_list.clone()),
        group_users: Vec::new(),
        user_groups: numbered()
            .map(|(index, person)| (id(index), person.groups.clone(), Extent::Whole))
            .collect(),
    })
}
