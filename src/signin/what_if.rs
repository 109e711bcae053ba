//! A world in which one person alone is considered, and what one change to it would do for them. It is built from what is known of the
//! person, and judged by the same [`SignIn`] as everyone: so what is said of a change has been tried, not guessed.

use std::sync::Arc;

use crate::document::okta as shape;
use crate::document::rows::{AppUserRows, MemberRows, UserRows};
use crate::model::claims::{Claim, ClaimValue};
use crate::model::directory::{AssignmentScope, Extent, Group, GroupKind, Record, Sources, User};
use crate::model::{Directory, Fact, GroupIndex, Place, Truth, UserIndex, World};

use super::evaluation::SignIn;
use super::population::PersonIndex;

/// One change that a person can make in a console. Mappings are named by their index by rank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    ClaimValue {
        mapping: usize,
        to: String,
    },
    ClaimName {
        mapping: usize,
        to: String,
    },
    /// The mapping moves to this rank, and those from there down to its old one move down by one.
    Rank {
        mapping: usize,
        to: i64,
    },
    /// Torq asks for one scope more.
    Scope(String),
    /// The claim at a place gets another filter or expression.
    Selection {
        claim: Place,
        to: ClaimValue,
    },
    /// The person becomes a member of a group.
    Member(GroupIndex),
}

/// A person's own world.
pub struct WorldOfOne<'a> {
    sign_in: &'a SignIn<'a>,
    person: PersonIndex,
    /// Names and emails that the person is asked about by.
    pub names: Vec<String>,
    pub world: World,
}

impl<'a> WorldOfOne<'a> {
    pub fn new(sign_in: &'a SignIn<'a>, person: PersonIndex) -> Self {
        let population = &sign_in.population;
        let user = population.user(person);
        let names = if user.is_none() { vec![sign_in.label(person).to_owned()] } else { Vec::new() };
        let directory = directory_of_one(&sign_in.world.directory, user, None);
        let mut world = without_people(sign_in.world, directory);
        let is_person = |name: &str| population.named(name).contains(&person);
        world.torq_users = sign_in.world.torq_users.as_ref().map(|users| {
            let theirs = users.iter().filter(|user| is_person(&user.email));
            theirs.cloned().collect()
        });
        let mapped = sign_in.world.mapped_emails.iter();
        world.mapped_emails = mapped.filter(|email| is_person(email)).cloned().collect();
        Self { sign_in, person, names, world }
    }

    /// The person in a simulation of this world, changed or not.
    pub fn person(&self, sign_in: &SignIn<'_>) -> PersonIndex {
        let named = self.names.first().and_then(|name| sign_in.population.named(name).first());
        named.copied().unwrap_or(PersonIndex(0))
    }

    /// The same world after one change.
    pub fn changed(&self, change: &Change) -> World {
        let mut world = self.world.clone();
        match change {
            Change::ClaimValue { mapping, to } => {
                if let Some(row) = mapping_at(&mut world, *mapping) {
                    row.claim_value.clone_from(to);
                }
            }
            Change::ClaimName { mapping, to } => {
                if let Some(row) = mapping_at(&mut world, *mapping) {
                    row.claim_name.clone_from(to);
                }
            }
            Change::Rank { mapping, to } => move_to_rank(&mut world, *mapping, *to),
            Change::Scope(scope) => {
                if let Fact::Known(scopes) = &mut world.wizard.requested_scopes
                    && !scopes.contains(scope)
                {
                    scopes.push(scope.clone());
                }
            }
            Change::Selection { claim, to } => {
                if let Some(claim) = claim_at(&mut world, claim) {
                    claim.value.clone_from(to);
                }
            }
            Change::Member(group) => {
                let user = self.sign_in.population.user(self.person);
                world.directory = directory_of_one(&self.sign_in.world.directory, user, Some(*group));
            }
        }
        world
    }
}

fn mapping_at(world: &mut World, index: usize) -> Option<&mut crate::model::torq::Mapping> {
    match &mut world.mappings {
        Fact::Known(mappings) => mappings.get_mut(index),
        Fact::Absent | Fact::Unknown(_) => None,
    }
}

fn move_to_rank(world: &mut World, index: usize, to: i64) {
    let Fact::Known(mappings) = &mut world.mappings else { return };
    let Some(from) = mappings.get(index).map(|mapping| mapping.rank) else { return };
    for (other, mapping) in mappings.iter_mut().enumerate() {
        if other == index {
            mapping.rank = to;
        } else if (to..from).contains(&mapping.rank) {
            mapping.rank = mapping.rank.saturating_add(1);
        }
    }
    mappings.sort_by_key(|mapping| mapping.rank);
}

fn claim_at<'w>(world: &'w mut World, place: &Place) -> Option<&'w mut Claim> {
    let lists = [&mut world.federated_claims, &mut world.server_claims];
    let listed = lists.into_iter().flat_map(|list| match list {
        Fact::Known(claims) => claims.as_mut_slice(),
        Fact::Absent | Fact::Unknown(_) => &mut [],
    });
    let own = match &mut world.own_claim {
        Fact::Known(claim) => Some(claim),
        Fact::Absent | Fact::Unknown(_) => None,
    };
    own.into_iter().chain(listed).find(|claim| claim.place == *place)
}

/// Everything of a world but its people.
pub fn without_people(world: &World, directory: Directory) -> World {
    World {
        name: world.name.clone(),
        wizard: world.wizard.clone(),
        pipeline: world.pipeline.clone(),
        discovery: world.discovery.clone(),
        app: world.app.clone(),
        own_claim: world.own_claim.clone(),
        custom_url: world.custom_url.clone(),
        federated_claims: world.federated_claims.clone(),
        federated_claims_complete: world.federated_claims_complete,
        authorization_server: world.authorization_server.clone(),
        server_claims: world.server_claims.clone(),
        server_claims_complete: world.server_claims_complete,
        server_policies: world.server_policies.clone(),
        server_policies_complete: world.server_policies_complete,
        app_groups: world.app_groups.clone(),
        app_groups_complete: world.app_groups_complete,
        group_rules: world.group_rules.clone(),
        access_rules: world.access_rules.clone(),
        directory,
        mappings: world.mappings.clone(),
        mapped_emails: Vec::new(),
        roles: world.roles.clone(),
        roles_complete: world.roles_complete,
        torq_users: Fact::Absent,
        torq_user_list: world.torq_user_list.clone(),
        plan: None,
        expectations: Vec::new(),
        fleet: world.fleet.clone(),
        manifest: None,
        faults: Vec::new(),
        document_gaps: Vec::new(),
    }
}

/// What a directory knows of one user, and every group; `joined`: a group that they are taken to be in.
fn directory_of_one(from: &Directory, user: Option<UserIndex>, joined: Option<GroupIndex>) -> Directory {
    let record = user.and_then(|user| from.user(user));
    let (user_row, app_user_row) = (record.and_then(user_row), record.and_then(app_user_row));
    let mut sources = Sources {
        users: (Arc::new(UserRows::of(user_row.as_slice())), from.user_list.clone()),
        app_users: (Arc::new(AppUserRows::of(app_user_row.as_slice())), from.app_user_list.clone()),
        groups: (listed_groups(from), from.group_list.clone()),
        group_users: Vec::new(),
        user_groups: Vec::new(),
    };
    let (Some(user), Some(record)) = (user, record) else {
        // Whether someone whom Okta may have is assigned depends on whether anyone is (G5.1).
        if from.anyone_is_assigned() {
            let id = "someone who is assigned".to_owned();
            let row = shape::AppUser { id, ..shape::AppUser::default() };
            sources.app_users.0 = Arc::new(AppUserRows::of(&[row]));
        }
        return Directory::new(sources);
    };
    let contested = from.is_contested(user);
    let disagreement = from.disagreements.iter().find(|pair| pair.user == user).map(|pair| pair.group);
    for group in from.group_indices() {
        let Some(row) = from.group(group).filter(|group| !group.is_everyone()) else { continue };
        let member = joined == Some(group)
            || (if contested {
                disagreement == Some(group)
            } else {
                from.membership(user, group) == Truth::Yes
            });
        let extent = if from.lists_members(group) || (contested && disagreement == Some(group)) {
            Extent::Whole
        } else if member {
            Extent::Part
        } else {
            continue;
        };
        let members = member.then(|| shape::Member { id: record.id.to_owned() });
        let members = MemberRows::of(members.as_slice());
        sources.group_users.push((row.id.clone(), Arc::new(members), extent));
    }
    // The person's own side; where the two sides disagree, it must go on to disagree.
    let (rows, extent) = match from.all_groups_of(user) {
        Some(groups) => {
            let mut groups: Vec<GroupIndex> = groups.to_vec();
            groups.extend(joined.filter(|joined| !groups.contains(joined)));
            let rows = groups.iter().filter_map(|group| from.group(*group)).map(group_row).collect();
            (rows, Extent::Whole)
        }
        None if contested => (Vec::new(), Extent::Whole),
        None => (Vec::new(), Extent::Part),
    };
    sources.user_groups.push((record.id.to_owned(), rows, extent));
    Directory::new(sources)
}

/// The rows of `okta/groups.json` in their order, and behind them the groups that only some person's side names: what they are called
/// must not be lost with that person.
pub fn listed_groups(directory: &Directory) -> Vec<shape::Group> {
    let mut listed: Vec<&Group> = directory.groups.iter().filter(|group| group.position.is_some()).collect();
    listed.sort_by_key(|group| group.position);
    let named = directory.groups.iter().filter(|group| group.position.is_none() && group.name.is_some());
    listed.into_iter().chain(named).map(group_row).collect()
}

/// A group as an answer of Okta has it.
pub fn group_row(group: &Group) -> shape::Group {
    let kind = match group.kind {
        GroupKind::Okta => Some("OKTA_GROUP"),
        GroupKind::BuiltIn => Some("BUILT_IN"),
        GroupKind::App => Some("APP_GROUP"),
        GroupKind::Unsaid => None,
    };
    shape::Group {
        id: group.id.clone(),
        kind: kind.map(str::to_owned),
        profile: group.name.clone().map(|name| shape::GroupProfile { name: Some(name) }),
    }
}

fn user_row(user: User<'_>) -> Option<shape::User> {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    matches!(user.record, Record::At(_)).then(|| shape::User {
        id: user.id.to_owned(),
        status: owned(user.status),
        profile: Some(shape::UserProfile { login: owned(user.login), email: owned(user.email) }),
        credentials: Some(shape::UserCredentials {
            provider: Some(shape::Provider { kind: owned(user.provider) }),
        }),
    })
}

fn app_user_row(user: User<'_>) -> Option<shape::AppUser> {
    let row = user.assignment?;
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let (scope, group) = match row.scope {
        AssignmentScope::User => (Some("USER"), None),
        AssignmentScope::Group(group) => (Some("GROUP"), group),
        AssignmentScope::Unsaid => (None, None),
    };
    let status = match row.active {
        Truth::Yes => Some("ACTIVE"),
        Truth::No => Some("INACTIVE"),
        Truth::Maybe => None,
    };
    Some(shape::AppUser {
        id: user.id.to_owned(),
        scope: owned(scope),
        status: owned(status),
        credentials: Some(shape::AppUserCredentials { user_name: owned(row.user_name) }),
        profile: Some(shape::AppUserProfile { email: owned(row.email) }),
        links: group.map(|id| shape::AppUserLinks {
            group: Some(shape::Link { href: Some(format!("/api/v1/groups/{id}")) }),
        }),
    })
}
