//! Who is in which group, and what the Okta documents say about one person.

use super::documents::{World, at, same_but_for_case, text};
use super::truth::Truth;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A person as far as Okta is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Okta {
    /// Some Okta document names this id.
    User(String),
    /// An email that no Okta user has.
    Nobody,
    /// An email of which it is not known whether an Okta user has it: everything about them is unknown.
    PerhapsSomeone,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    pub id: String,
    pub name: Option<String>,
    pub kind: Option<String>,
}

impl Group {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            id: text(value, "/id")?.to_owned(),
            name: text(value, "/profile/name").map(str::to_owned),
            kind: text(value, "/type").map(str::to_owned),
        })
    }

    /// `OKTA_GROUP` and `BUILT_IN` (G6.4).
    pub fn okta_sourced(&self) -> Truth {
        self.kind
            .as_deref()
            .map_or(Truth::Unknown, |kind| Truth::known(kind == "OKTA_GROUP" || kind == "BUILT_IN"))
    }

    pub fn is_everyone(&self) -> bool {
        self.name.as_deref() == Some("Everyone") && self.kind.as_deref() == Some("BUILT_IN")
    }

    pub fn is_named(&self, name: &str) -> bool {
        self.name.as_deref() == Some(name)
    }
}

type Ids = BTreeSet<String>;

/// A list of ids, and whether it is the whole of it.
type Listed = (Ids, bool);

/// The groups and memberships of the documents, read once.
pub struct Directory<'a> {
    pub world: World<'a>,
    /// Every group that some document describes, once.
    pub groups: Vec<Group>,
    everyone: Ids,
    by_user: BTreeMap<String, Listed>,
    by_group: BTreeMap<String, Listed>,
    assigned_groups: Option<Listed>,
    /// Users of whom one side says yes where the other says no: then none of their groups is known.
    pub sides_disagree: Ids,
}

fn ids(world: World, path: &str) -> Option<Listed> {
    let list = world.list(path)?;
    Some((list.rows.iter().filter_map(|row| text(row, "/id")).map(str::to_owned).collect(), list.complete))
}

fn folder(world: World, path: &str) -> BTreeMap<String, Listed> {
    world
        .keys(path)
        .into_iter()
        .filter_map(|key| Some((key.to_owned(), ids(world, &format!("{path}/{key}"))?)))
        .collect()
}

/// What one list says of one id: it is there, or a whole list is without it, or nothing.
fn listed(list: Option<&Listed>, id: &str) -> Truth {
    match list {
        Some((found, _)) if found.contains(id) => Truth::Yes,
        Some((_, true)) => Truth::No,
        _ => Truth::Unknown,
    }
}

impl<'a> Directory<'a> {
    pub fn read(world: World<'a>) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        let mut seen = Ids::new();
        let mut documents = vec!["okta/groups".to_owned()];
        documents
            .extend(world.keys("okta/user-groups").into_iter().map(|id| format!("okta/user-groups/{id}")));
        for document in documents {
            let rows = world.list(&document).map(|list| list.rows).unwrap_or_default();
            groups.extend(rows.iter().filter_map(Group::read).filter(|group| seen.insert(group.id.clone())));
        }
        let everyone =
            groups.iter().filter(|group| group.is_everyone()).map(|group| group.id.clone()).collect();
        let mut directory = Self {
            world,
            groups,
            everyone,
            by_user: folder(world, "okta/user-groups"),
            by_group: folder(world, "okta/group-users"),
            assigned_groups: ids(world, "okta/app-groups"),
            sides_disagree: Ids::new(),
        };
        let at_odds = directory.by_user.keys().filter(|user| directory.at_odds(user)).cloned().collect();
        directory.sides_disagree = at_odds;
        directory
    }

    fn at_odds(&self, user: &str) -> bool {
        self.by_group.keys().filter(|group| !self.everyone.contains(*group)).any(|group| {
            let sides = (listed(self.by_user.get(user), group), listed(self.by_group.get(group), user));
            matches!(sides, (Truth::Yes, Truth::No) | (Truth::No, Truth::Yes))
        })
    }

    /// Whether `groups` cannot have missed one.
    pub fn all_groups_known(&self) -> bool {
        self.world.list("okta/groups").is_some_and(|list| list.complete)
    }

    pub fn membership(&self, person: &Okta, group: &str) -> Truth {
        match person {
            Okta::Nobody => Truth::No,
            _ if self.everyone.contains(group) => Truth::Yes,
            Okta::PerhapsSomeone => Truth::Unknown,
            Okta::User(user) if self.sides_disagree.contains(user) => Truth::Unknown,
            Okta::User(user) => match listed(self.by_user.get(user), group) {
                Truth::Unknown => listed(self.by_group.get(group), user),
                known => known,
            },
        }
    }

    /// Whether the documents name every group that the person can be in.
    pub fn all_groups_of_person_known(&self, person: &Okta) -> bool {
        self.all_groups_known()
            || match person {
                Okta::User(user) => {
                    self.by_user.get(user).is_some_and(|(_, complete)| *complete)
                        && !self.sides_disagree.contains(user)
                }
                Okta::Nobody => true,
                Okta::PerhapsSomeone => false,
            }
    }

    /// Whether the person may be in a group of this name that no document shows.
    pub fn unseen_group_possible(&self, person: &Okta, name: &str) -> bool {
        !self.all_groups_of_person_known(person) && !self.world.looked_up("okta/groups").contains(&name)
    }

    /// Every id that some Okta document names as a user.
    pub fn user_ids(&self) -> Ids {
        let mut found: Ids = self.by_user.keys().cloned().collect();
        found.extend(self.by_group.values().flat_map(|(members, _)| members.iter().cloned()));
        found.extend(ids(self.world, "okta/users").into_iter().flat_map(|(found, _)| found));
        found.extend(ids(self.world, "okta/app-users").into_iter().flat_map(|(found, _)| found));
        found
    }

    /// G5.1. Federation broker mode is not in it.
    pub fn assigned(&self, person: &Okta) -> Truth {
        let by_row = match app_user(self.world, person) {
            AppUser::None => Truth::No,
            AppUser::Unknown => Truth::Unknown,
            AppUser::Row(row) => self.row_assigns(row),
        };
        let by_membership = match &self.assigned_groups {
            None => Truth::Unknown,
            Some((assigned, complete)) => {
                Truth::any(assigned.iter().map(|group| self.membership(person, group))).or(if *complete {
                    Truth::No
                } else {
                    Truth::Unknown
                })
            }
        };
        by_row.or(by_membership)
    }

    fn row_assigns(&self, row: &Value) -> Truth {
        let live = text(row, "/status").map_or(Truth::Unknown, |status| {
            Truth::known(!["DEPROVISIONED", "REVOKED", "UNASSIGNED", "INACTIVE"].contains(&status))
        });
        let still = match text(row, "/scope") {
            Some("USER") => Truth::Yes,
            Some("GROUP") => match text(row, "/_links/group/href").and_then(|href| href.rsplit('/').next()) {
                Some(group) => listed(self.assigned_groups.as_ref(), group),
                None => match &self.assigned_groups {
                    Some((groups, _)) if !groups.is_empty() => Truth::Yes,
                    Some((_, true)) => Truth::No,
                    _ => Truth::Unknown,
                },
            },
            _ => Truth::Unknown,
        };
        live.and(still)
    }
}

pub fn user_row<'a>(world: World<'a>, user: &str) -> Option<&'a Value> {
    world.list("okta/users")?.rows.iter().find(|row| text(row, "/id") == Some(user))
}

/// The person's row among the app's users.
pub enum AppUser<'a> {
    Row(&'a Value),
    None,
    Unknown,
}

pub fn app_user<'a>(world: World<'a>, person: &Okta) -> AppUser<'a> {
    let Some(list) = world.list("okta/app-users") else { return AppUser::Unknown };
    match person {
        Okta::Nobody => AppUser::None,
        Okta::PerhapsSomeone if list.complete && list.rows.is_empty() => AppUser::None,
        Okta::PerhapsSomeone => AppUser::Unknown,
        Okta::User(user) => match list.rows.iter().find(|row| text(row, "/id") == Some(user)) {
            Some(row) => AppUser::Row(row),
            None if list.complete || was_looked_up(world, "okta/app-users", user) => AppUser::None,
            None => AppUser::Unknown,
        },
    }
}

fn was_looked_up(world: World, path: &str, user: &str) -> bool {
    let mut names = vec![user];
    if let Some(row) = user_row(world, user) {
        names.extend(text(row, "/profile/login"));
        names.extend(text(row, "/profile/email"));
    }
    world.looked_up(path).iter().any(|asked| names.iter().any(|name| same_but_for_case(asked, name)))
}

/// What a name from Torq or a mapping may equal but for case: login, profile email, app-user email.
pub fn names_of(world: World, user: &str) -> Vec<String> {
    let mut names = Vec::new();
    if let Some(row) = user_row(world, user) {
        names.extend(text(row, "/profile/login").map(str::to_owned));
        names.extend(text(row, "/profile/email").map(str::to_owned));
    }
    if let AppUser::Row(row) = app_user(world, &Okta::User(user.to_owned())) {
        names.extend(text(row, "/profile/email").map(str::to_owned));
    }
    names
}

/// The value of the `email` claim (G6.2), where it is known.
pub fn email(world: World, person: &Okta) -> Option<String> {
    let Okta::User(user) = person else { return None };
    match app_user(world, person) {
        AppUser::Unknown => None,
        AppUser::Row(row) if at(row, "/profile/email").is_some() => {
            text(row, "/profile/email").map(str::to_owned)
        }
        AppUser::Row(_) | AppUser::None => {
            user_row(world, user).and_then(|row| text(row, "/profile/email")).map(str::to_owned)
        }
    }
}

/// G5.2. The setting missing from a document that was read is off.
pub fn broker_mode(world: World) -> Truth {
    world.document("okta/app").map_or(Truth::Unknown, |app| {
        Truth::known(at(app, "/settings/implicitAssignment").and_then(Value::as_bool) == Some(true))
    })
}
