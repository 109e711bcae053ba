//! What two worlds differ in, as far as single steps can change it, and the values that a state between them can have: those of both
//! sides, and one regex that passes both filters. What a state then comes to is left to [`super::state`].

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::document::connection::Connection;
use crate::document::okta::{AppUser, User};
use crate::document::{Content, DocumentName, Documents, reading};
use crate::model::claims::{Claim, ClaimValue};
use crate::model::torq::RoleId;
use crate::model::{Fact, World};
use crate::signin::difference::Side;

use super::bridge;

/// A claim mapping without its rank and its id: what can be typed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClaimMapping {
    pub claim_name: String,
    pub claim_value: String,
    pub role: RoleId,
}

/// One field of Torq's SSO wizard, as `connection.yaml` has it under `torq`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    LoginRedirectUrl,
    ClientId,
    IssuerUrl,
    RequestedScopes,
    Flow,
    SendLoginHint,
    SsoDomain,
}

impl Field {
    pub const ALL: [Field; 7] = [
        Field::LoginRedirectUrl,
        Field::ClientId,
        Field::IssuerUrl,
        Field::RequestedScopes,
        Field::Flow,
        Field::SendLoginHint,
        Field::SsoDomain,
    ];

    /// The key in `connection.yaml`.
    pub fn key(self) -> &'static str {
        match self {
            Self::LoginRedirectUrl => "login_redirect_url",
            Self::ClientId => "client_id",
            Self::IssuerUrl => "issuer_url",
            Self::RequestedScopes => "requested_scopes",
            Self::Flow => "flow",
            Self::SendLoginHint => "send_login_hint",
            Self::SsoDomain => "sso_domain",
        }
    }

    /// Whether a gate reads it. The others change nobody's verdict, so they can come last.
    fn decides(self) -> bool {
        !matches!(self, Self::SendLoginHint | Self::SsoDomain)
    }
}

/// A field whose value differs.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    pub field: Field,
    pub before: Value,
    pub after: Value,
}

impl FieldChange {
    pub fn value(&self, side: Side) -> &Value {
        match side {
            Side::Before => &self.before,
            Side::After => &self.after,
        }
    }
}

/// What a person goes by in Okta: in the directory, and as the app's user where there is such a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    pub login: Option<String>,
    pub email: Option<String>,
    pub app_email: Option<String>,
    pub app_user_name: Option<String>,
}

impl Names {
    /// Where there is no row among the app's users: what a row would have that follows the directory as the other side's does.
    fn filled_from(&self, other: &Self) -> Self {
        let follows = |copy: &Option<String>, there: &Self| {
            let sources = [(&there.email, &self.email), (&there.login, &self.login)];
            let source = sources.into_iter().find(|(source, _)| *source == copy);
            source.map_or_else(|| copy.clone(), |(_, here)| here.clone())
        };
        let mut filled = self.clone();
        if filled.app_email.is_none() && other.app_email.is_some() {
            filled.app_email = follows(&other.app_email, other);
        }
        if filled.app_user_name.is_none() && other.app_user_name.is_some() {
            filled.app_user_name = follows(&other.app_user_name, other);
        }
        filled
    }
}

/// Something that is done at Okta anyway; when is what a rollout decides. It is done once and not taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A group gets another name.
    Rename { group: String, before: String, after: String },
    /// A person gets another primary email, with the login and the app's copies that change with it.
    Email { user: String, before: Names, after: Names },
}

/// An element of a list at Okta: it is there or not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Element {
    RedirectUri(String),
    ResponseType(String),
    GrantType(String),
    /// The assignment of the group with this id.
    Group(String),
    /// The assignment of the user with this id, by itself and not by a group.
    Person(String),
}

/// An element that one side alone has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementChange {
    pub element: Element,
    pub side: Side,
}

/// Whether an element is in its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Presence {
    There,
    NotThere,
}

/// The values of everything that steps can change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Configuration {
    /// Indices into [`Changes::pool`], by rank.
    pub table: Vec<u32>,
    /// For each of [`Changes::fields`].
    pub fields: Vec<Side>,
    /// Index into [`Changes::filters`].
    pub filter: usize,
    /// For each of [`Changes::events`], whether it is still to come.
    pub events: Vec<Side>,
    /// For each of [`Changes::elements`].
    pub elements: Vec<Presence>,
}

/// A person whose row among the app's users is not the same on both sides.
#[derive(Debug, Clone, Default)]
pub(super) struct AppRows {
    pub before: Option<AppUser>,
    pub after: Option<AppUser>,
}

/// What differs, and what can stand in its place.
#[derive(Debug, Clone)]
pub struct Changes {
    /// Every mapping of either side, those of the side before in its order, then the others. Empty where the tables are not both known.
    pub pool: Vec<ClaimMapping>,
    /// How often each may stand in a table: as often as in the side that has it more often. A second copy of a mapping decides nothing,
    /// and whether Torq takes one is not known.
    pub most: Vec<usize>,
    table_before: Vec<u32>,
    table_after: Vec<u32>,
    /// Torq's ids of the rows of the table before.
    pub ids: Vec<Option<String>>,
    pub fields: Vec<FieldChange>,
    /// Before, after, then what passes both; empty where the filter stays.
    pub filters: Vec<Option<Claim>>,
    pub events: Vec<Event>,
    pub elements: Vec<ElementChange>,
    /// Whether an assignment may change what a mapped claim of somebody carries: then one more assignment is not always better.
    pub names_follow_assignments: bool,
    pub(super) app_rows: BTreeMap<String, AppRows>,
    pub(super) assigned_groups: BTreeSet<String>,
    /// Redirect URIs, response types and grant types of the app before, each in Okta's order.
    app_lists: [Vec<String>; 3],
}

impl Changes {
    /// Compares two sides; each world is read from the documents beside it.
    pub fn new(before: (&Documents, &World), after: (&Documents, &World)) -> Self {
        let mut changes = Self {
            pool: Vec::new(),
            most: Vec::new(),
            table_before: Vec::new(),
            table_after: Vec::new(),
            ids: Vec::new(),
            fields: fields(before.0, after.0),
            filters: filters(before.1, after.1),
            events: renames(before.1, after.1),
            elements: elements(before.1, after.1),
            names_follow_assignments: false,
            app_rows: BTreeMap::new(),
            assigned_groups: before.1.app_groups.known().into_iter().flatten().cloned().collect(),
            app_lists: before.1.app.known().map_or_else(Default::default, |app| {
                [&app.redirect_uris, &app.response_types, &app.grant_types]
                    .map(|list| list.known().cloned().unwrap_or_default())
            }),
        };
        changes.tables(before, after);
        changes.people(before.0, after.0);
        changes
    }

    /// Everything as one side has it.
    pub fn configuration(&self, side: Side) -> Configuration {
        let table = match side {
            Side::Before => &self.table_before,
            Side::After => &self.table_after,
        };
        Configuration {
            table: table.clone(),
            fields: vec![side; self.fields.len()],
            filter: if side == Side::After && !self.filters.is_empty() { 1 } else { 0 },
            events: vec![side; self.events.len()],
            elements: self
                .elements
                .iter()
                .map(|change| if change.side == side { Presence::There } else { Presence::NotThere })
                .collect(),
        }
    }

    /// Whether a gate reads a field.
    pub fn decides(&self, field: usize) -> bool {
        self.fields.get(field).is_some_and(|change| change.field.decides())
    }

    /// Whether one more such element is never worse for anyone (semantics G2.1, G3.1, G5.1): a gate passes as soon as one fits.
    pub fn is_never_worse(&self, element: usize) -> bool {
        self.elements.get(element).is_some_and(|change| match change.element {
            Element::RedirectUri(_) | Element::ResponseType(_) | Element::GrantType(_) => true,
            Element::Group(_) | Element::Person(_) => !self.names_follow_assignments,
        })
    }

    /// Whether nothing differs that a step could change.
    pub fn is_empty(&self) -> bool {
        self.configuration(Side::Before) == self.configuration(Side::After)
    }

    /// The list of the app that an element belongs to, as a configuration has it; empty for assignments, which are in none.
    pub(super) fn app_list(&self, element: &Element, configuration: &Configuration) -> Vec<String> {
        let Some((kind, _)) = list_of(element) else { return Vec::new() };
        let mut list = self.app_lists.get(kind).cloned().unwrap_or_default();
        for (change, presence) in self.elements.iter().zip(&configuration.elements) {
            if let Some((other, value)) = list_of(&change.element)
                && other == kind
            {
                match presence {
                    Presence::There if !list.contains(value) => list.push(value.clone()),
                    Presence::There => {}
                    Presence::NotThere => list.retain(|known| known != value),
                }
            }
        }
        list
    }

    pub(super) fn has_group(&self, configuration: &Configuration, id: &str) -> bool {
        let changed = self.elements.iter().zip(&configuration.elements);
        let found = changed
            .filter(|(change, _)| matches!(&change.element, Element::Group(group) if group == id))
            .map(|(_, presence)| *presence == Presence::There)
            .next();
        found.unwrap_or_else(|| self.assigned_groups.contains(id))
    }

    fn tables(&mut self, before: (&Documents, &World), after: (&Documents, &World)) {
        let (Fact::Known(rows_before), Fact::Known(rows_after)) = (&before.1.mappings, &after.1.mappings)
        else {
            return;
        };
        let row_ids = mapping_ids(before.0);
        let mut pool: Vec<ClaimMapping> = Vec::new();
        let mut table = |rows: &[crate::model::torq::Mapping]| -> Vec<u32> {
            rows.iter()
                .map(|row| {
                    let mapping = ClaimMapping {
                        claim_name: row.claim_name.clone(),
                        claim_value: row.claim_value.clone(),
                        role: row.role.clone(),
                    };
                    let index = pool.iter().position(|known| *known == mapping).unwrap_or_else(|| {
                        pool.push(mapping);
                        pool.len() - 1
                    });
                    u32::try_from(index).unwrap_or(u32::MAX)
                })
                .collect()
        };
        self.table_before = table(rows_before);
        self.table_after = table(rows_after);
        self.ids =
            rows_before.iter().map(|row| row_ids.get(row.position).cloned().unwrap_or_default()).collect();
        self.most = (0..pool.len())
            .map(|index| {
                let count = |table: &[u32]| table.iter().filter(|at| **at as usize == index).count();
                count(&self.table_before).max(count(&self.table_after))
            })
            .collect();
        self.pool = pool;
    }

    /// Changed emails, changed assignments of single people, and the rows that go with them.
    fn people(&mut self, before: &Documents, after: &Documents) {
        let lists = [DocumentName::Users, DocumentName::AppUsers];
        if lists.iter().all(|name| same_text(before, after, name)) {
            return;
        }
        let Some((users_before, users_after)) =
            both::<User>(before, after, &DocumentName::Users, |row| &row.id)
        else {
            return;
        };
        let Some((app_before, app_after)) =
            both::<AppUser>(before, after, &DocumentName::AppUsers, |row| &row.id)
        else {
            return;
        };
        let mapped = |claim: &str| self.pool.iter().any(|mapping| mapping.claim_name == claim);
        let (maps_email, maps_user_name) = (mapped("email"), mapped("preferred_username"));
        let ids: BTreeSet<&String> =
            app_before.keys().chain(app_after.keys()).chain(users_before.keys()).collect();
        let mut assignments = Vec::new();
        for id in ids {
            let users = (users_before.get(id), users_after.get(id));
            let app = (app_before.get(id), app_after.get(id));
            if same(users.0, users.1) && same(app.0, app.1) {
                continue;
            }
            let names = (names(users.0, app.0), names(users.1, app.1));
            let both_rows = app.0.is_some() && app.1.is_some();
            let changed = (&names.0.login, &names.0.email) != (&names.1.login, &names.1.email)
                || (both_rows
                    && (&names.0.app_email, &names.0.app_user_name)
                        != (&names.1.app_email, &names.1.app_user_name));
            let is_known = users.0.is_some() && users.1.is_some();
            let with_row = |names: &Names| names.app_email.clone().or_else(|| names.email.clone());
            let row_changes_names = |row: Option<&AppUser>, names: &Names| {
                row.is_some()
                    && ((maps_email && with_row(names) != names.email)
                        || (maps_user_name && names.app_user_name.is_some()))
            };
            if !both_rows && (row_changes_names(app.0, &names.0) || row_changes_names(app.1, &names.1)) {
                self.names_follow_assignments = true;
            }
            match (is_user_assignment(app.0), is_user_assignment(app.1)) {
                (true, false) => assignments.push((id.clone(), Side::Before)),
                (false, true) => assignments.push((id.clone(), Side::After)),
                _ => {}
            }
            if is_known && changed {
                let (before, after) = (names.0.filled_from(&names.1), names.1.filled_from(&names.0));
                self.events.push(Event::Email { user: id.clone(), before, after });
            }
            let rows = AppRows { before: app.0.cloned(), after: app.1.cloned() };
            self.app_rows.insert(id.clone(), rows);
        }
        let changes =
            assignments.into_iter().map(|(id, side)| ElementChange { element: Element::Person(id), side });
        self.elements.extend(changes);
    }
}

/// Index into [`Changes::app_lists`], and the value.
fn list_of(element: &Element) -> Option<(usize, &String)> {
    match element {
        Element::RedirectUri(value) => Some((0, value)),
        Element::ResponseType(value) => Some((1, value)),
        Element::GrantType(value) => Some((2, value)),
        Element::Group(_) | Element::Person(_) => None,
    }
}

/// A row that assigns by itself and not by a group (semantics G5.1).
pub(super) fn is_user_assignment(row: Option<&AppUser>) -> bool {
    row.is_some_and(|row| {
        let over = ["DEPROVISIONED", "REVOKED", "UNASSIGNED", "INACTIVE"];
        row.scope.as_deref() == Some("USER")
            && row.status.as_deref().is_none_or(|status| !over.contains(&status))
    })
}

fn names(user: Option<&User>, row: Option<&AppUser>) -> Names {
    let profile = user.and_then(|user| user.profile.as_ref());
    Names {
        login: profile.and_then(|profile| profile.login.clone()),
        email: profile.and_then(|profile| profile.email.clone()),
        app_email: row.and_then(|row| row.profile.as_ref()).and_then(|profile| profile.email.clone()),
        app_user_name: row
            .and_then(|row| row.credentials.as_ref())
            .and_then(|credentials| credentials.user_name.clone()),
    }
}

pub(super) fn same<T: serde::Serialize>(one: Option<&T>, other: Option<&T>) -> bool {
    serde_json::to_value(one).ok() == serde_json::to_value(other).ok()
}

/// A document in its shape; `None` where it is not there, is an error or cannot be read.
pub(super) fn typed<T: serde::de::DeserializeOwned>(documents: &Documents, name: &DocumentName) -> Option<T> {
    if reading::refusal(documents, name).is_some() {
        return None;
    }
    reading::read(documents, name)?.ok()
}

type ById<T> = BTreeMap<String, T>;

/// The rows of a list of both sides by id; none where neither side has the list, and `None` where one alone has it.
fn both<T: serde::de::DeserializeOwned>(
    before: &Documents,
    after: &Documents,
    name: &DocumentName,
    id: fn(&T) -> &String,
) -> Option<(ById<T>, ById<T>)> {
    let rows = |documents: &Documents| -> Option<ById<T>> {
        let list: Vec<T> = typed(documents, name)?;
        Some(list.into_iter().map(|row| (id(&row).clone(), row)).collect())
    };
    match (rows(before), rows(after)) {
        (Some(before), Some(after)) => Some((before, after)),
        (None, None) => Some(Default::default()),
        _ => None,
    }
}

/// Whether a document is the same text on both sides; big lists mostly are.
pub(super) fn same_text(before: &Documents, after: &Documents, name: &DocumentName) -> bool {
    let (Some(one), Some(other)) = (before.get(name), after.get(name)) else {
        return before.has(name) == after.has(name);
    };
    match (&one.content, &other.content) {
        (Content::Part(one), Content::Part(other)) => one == other,
        (Content::File, Content::File) => {
            let text =
                |documents: &Documents, document| documents.file(document).map(|file| file.text.clone());
            text(before, one) == text(after, other)
        }
        _ => false,
    }
}

/// Torq's ids by position in the document.
fn mapping_ids(documents: &Documents) -> Vec<Option<String>> {
    let mappings: Option<crate::document::torq::ClaimMappings> =
        typed(documents, &DocumentName::ClaimMappings);
    mappings.map_or_else(Vec::new, |list| list.claim_mappings.into_iter().map(|row| row.id).collect())
}

/// A field of the wizard as a value; the order of scopes says nothing.
pub(super) fn field_value(documents: &Documents, field: Field) -> Option<Value> {
    let connection: Connection = typed(documents, &DocumentName::Connection)?;
    let torq = serde_json::to_value(connection.torq?).ok()?;
    let mut value = torq.get(field.key())?.clone();
    if let Value::Array(scopes) = &mut value {
        scopes.sort_by_key(Value::to_string);
        scopes.dedup();
    }
    Some(value)
}

fn fields(before: &Documents, after: &Documents) -> Vec<FieldChange> {
    let change = |field: Field| {
        let (before, after) = (field_value(before, field)?, field_value(after, field)?);
        (before != after).then_some(FieldChange { field, before, after })
    };
    Field::ALL.into_iter().filter_map(change).collect()
}

/// Filters of both sides where they differ: only from one filter to another, or to or from none.
fn filters(before: &World, after: &World) -> Vec<Option<Claim>> {
    let (Some(before), Some(after)) = (own_filter(&before.own_claim), own_filter(&after.own_claim)) else {
        return Vec::new();
    };
    if before.map(told) == after.map(told) {
        return Vec::new();
    }
    if let (Some(before), Some(after)) = (before, after)
        && before.place.document != after.place.document
    {
        return Vec::new();
    }
    let mut filters = vec![before.cloned(), after.cloned()];
    if let (Some(before), Some(after)) = (before, after)
        && let Some(pattern) = bridge::passing_both(before, after)
    {
        filters.push(Some(Claim { value: pattern, ..before.clone() }));
    }
    filters
}

fn told(claim: &Claim) -> (&String, &ClaimValue) {
    (&claim.name, &claim.value)
}

/// `None` where it is not known, or is no filter.
fn own_filter(claim: &Fact<Claim>) -> Option<Option<&Claim>> {
    match claim {
        Fact::Known(claim) if matches!(claim.value, ClaimValue::Filter { .. }) => Some(Some(claim)),
        Fact::Absent => Some(None),
        Fact::Known(_) | Fact::Unknown(_) => None,
    }
}

fn renames(before: &World, after: &World) -> Vec<Event> {
    let mut events: Vec<Event> = before
        .directory
        .groups
        .iter()
        .filter_map(|group| {
            let there = after.directory.group(after.directory.group_by_id(&group.id)?)?;
            let (before, after) = (group.name.clone()?, there.name.clone()?);
            (before != after).then(|| Event::Rename { group: group.id.clone(), before, after })
        })
        .collect();
    events.sort_by_key(|event| match event {
        Event::Rename { group, .. } => group.clone(),
        Event::Email { user, .. } => user.clone(),
    });
    events
}

fn elements(before: &World, after: &World) -> Vec<ElementChange> {
    let mut changes = Vec::new();
    let mut compare =
        |before: Option<&Vec<String>>, after: Option<&Vec<String>>, make: fn(String) -> Element| {
            let (Some(before), Some(after)) = (before, after) else { return };
            let (before, after): (BTreeSet<&String>, BTreeSet<&String>) =
                (before.iter().collect(), after.iter().collect());
            for value in after.difference(&before) {
                changes.push(ElementChange { element: make((*value).clone()), side: Side::After });
            }
            for value in before.difference(&after) {
                changes.push(ElementChange { element: make((*value).clone()), side: Side::Before });
            }
        };
    if let (Some(app_before), Some(app_after)) = (before.app.known(), after.app.known()) {
        compare(app_before.redirect_uris.known(), app_after.redirect_uris.known(), Element::RedirectUri);
        compare(app_before.response_types.known(), app_after.response_types.known(), Element::ResponseType);
        compare(app_before.grant_types.known(), app_after.grant_types.known(), Element::GrantType);
    }
    compare(before.app_groups.known(), after.app_groups.known(), Element::Group);
    changes
}
