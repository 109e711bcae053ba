//! Lays one side of a plan over the documents of a connection: what will be there after apply, or what Terraform knew before.
//!
//! What the plan does not name stays as it was read. What it leaves open is left open: a list of which it does not name every row is not whole, a
//! field that is known only after apply is not there and says why.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::hcl::{Spot, Written};
use super::masked;
use super::plan::{Attributes, Plan, ResourceChange};
use super::resources::{self, APP, CLAIM_MEMBERS, Unset};
use super::rows::{Row, Rows};
use crate::document::connection::Connection;
use crate::document::okta as shape;
use crate::document::overlay::{Part, Target};
use crate::document::position::Format;
use crate::document::terraform::{Action, Change, ProviderSignIn, ResourceChange as Kept, TerraformPlan};
use crate::document::{
    Content, Document, DocumentName, Documents, JsonPath, Overlay, ReadFault, SourceFile, reading,
};
use crate::source::snapshot::Snapshot;

/// Which `okta_app_oauth` of the plan is Torq's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AppChoice {
    /// The one with the snapshot's app id or client id, or with a redirect URI on a host of Torq.
    #[default]
    Found,
    /// By its address.
    Address(String),
}

/// Which state of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

/// The documents as they will be after apply.
pub fn planned(snapshot: &Snapshot, plan: &Plan, choice: &AppChoice) -> Snapshot {
    Layer::new(snapshot, plan, Side::After).lay(snapshot, choice)
}

/// The documents as Terraform's refreshed state has them: what `planned` is compared with.
pub fn prior(snapshot: &Snapshot, plan: &Plan, choice: &AppChoice) -> Snapshot {
    Layer::new(snapshot, plan, Side::Before).lay(snapshot, choice)
}

/// What a plan stands between.
#[derive(Debug)]
pub struct BeforeAndAfter {
    pub before: Snapshot,
    pub after: Snapshot,
}

/// The documents as they are and as they will be after apply: what a comparison and an order of steps begin with. Without a snapshot, both are
/// what the plan alone says of them.
pub fn before_and_after(snapshot: Option<Snapshot>, plan: &Plan, choice: &AppChoice) -> BeforeAndAfter {
    let nothing = Snapshot::default();
    let after = planned(snapshot.as_ref().unwrap_or(&nothing), plan, choice);
    let before = snapshot.unwrap_or_else(|| prior(&nothing, plan, choice));
    BeforeAndAfter { before, after }
}

struct Layer<'a> {
    plan: &'a Plan,
    side: Side,
    documents: Documents,
    faults: Vec<ReadFault>,
    notices: Vec<String>,
    /// Index of the plan's file.
    file: usize,
    /// The Torq app, as an index into the plan's changes.
    app: Option<usize>,
    /// The id of the snapshot's app, where the plan does not have it.
    app_elsewhere: Option<String>,
    /// Changes that a finding may lie on.
    used: BTreeSet<usize>,
    /// Files of the configuration that findings may lie on, by their index in the sources.
    configuration_files: BTreeMap<usize, usize>,
}

/// Whether a resource is of the Torq app.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OfApp {
    Yes,
    No,
    Maybe,
}

impl<'a> Layer<'a> {
    fn new(snapshot: &Snapshot, plan: &'a Plan, side: Side) -> Self {
        let mut documents = snapshot.documents.clone();
        if documents.origin.is_empty() {
            documents.origin.clone_from(&plan.path);
        }
        // The text follows when it is known what may be shown of it.
        let file =
            documents.add_file(SourceFile { path: plan.path.clone(), text: "".into(), format: Format::Json });
        Self {
            plan,
            side,
            documents,
            faults: Vec::new(),
            notices: Vec::new(),
            file,
            app: None,
            app_elsewhere: None,
            used: BTreeSet::new(),
            configuration_files: BTreeMap::new(),
        }
    }

    fn lay(mut self, snapshot: &Snapshot, choice: &AppChoice) -> Snapshot {
        self.app = match self.find_app(choice) {
            Ok(app) => app,
            Err(message) => {
                self.faults.push(ReadFault {
                    file: self.plan.path.clone(),
                    position: Some((1, 1)),
                    document: Some(DocumentName::TerraformPlan),
                    path: JsonPath::root(),
                    message,
                });
                None
            }
        };
        if self.app.is_some() {
            self.app_document();
            self.id_token();
        } else if !matches!(choice, AppChoice::Address(_)) {
            self.app_elsewhere = self.one::<shape::App>(&DocumentName::App).and_then(|app| app.id);
        }
        if self.app.is_some() || self.app_elsewhere.is_some() {
            self.redirect_uris();
            self.app_groups();
            self.app_users();
            self.federated_claims();
        }
        self.groups();
        self.memberships();
        self.group_rules();
        self.authorization_server();
        self.access_rules();
        self.plan_document();
        let shown: Vec<usize> = self.used.iter().copied().collect();
        self.documents.replace_text(self.file, masked::text(self.plan, &shown).into());
        let mut notices = snapshot.notices.clone();
        notices.extend(self.plan.notices.iter().cloned());
        let sources = self.plan.sources.as_ref();
        notices.extend(sources.into_iter().flat_map(|sources| sources.notices.clone()));
        self.faults.extend(sources.into_iter().flat_map(|sources| sources.faults.clone()));
        notices.extend(self.notices);
        let mut faults = snapshot.faults.clone();
        faults.extend(self.faults);
        Snapshot { documents: self.documents, faults, notices }
    }

    // Which app

    fn find_app(&mut self, choice: &AppChoice) -> Result<Option<usize>, String> {
        let apps: Vec<usize> = self.of_kind("okta_app_oauth").collect();
        let changes = &self.plan.changes;
        let addresses = |indices: &[usize]| {
            let named: Vec<&str> = indices
                .iter()
                .filter_map(|index| changes.get(*index))
                .map(|change| change.address.as_str())
                .collect();
            named.join(", ")
        };
        if let AppChoice::Address(address) = choice {
            let is_named = |index: &usize| {
                changes.get(*index).is_some_and(|change| {
                    change.address == *address || change.previous_address.as_deref() == Some(address)
                })
            };
            return match apps.iter().copied().find(is_named) {
                Some(index) => Ok(Some(index)),
                None if apps.is_empty() => {
                    Err(format!("the plan has no okta_app_oauth, so --app {address} names nothing"))
                }
                None => Err(format!("the plan has no okta_app_oauth {address}; it has {}", addresses(&apps))),
            };
        }
        let app: Option<shape::App> = self.one(&DocumentName::App);
        let connection: Option<Connection> = self.one(&DocumentName::Connection);
        let known_id = app.as_ref().and_then(|app| app.id.clone());
        let client_ids: Vec<String> = app
            .as_ref()
            .and_then(|app| app.credentials.as_ref()?.oauth_client.as_ref()?.client_id.clone())
            .into_iter()
            .chain(connection.and_then(|connection| connection.torq?.client_id))
            .collect();
        let has = |index: &usize, attribute: &str, value: &str| {
            states(changes.get(*index)).any(|state| state.text(attribute) == Some(value))
        };
        let by_id = |index: &usize| known_id.as_deref().is_some_and(|id| has(index, "id", id));
        let by_client = |index: &usize| client_ids.iter().any(|id| has(index, "client_id", id));
        // An app of another id is not the snapshot's, whatever it redirects to.
        let by_host = |index: &usize| {
            let is_other = known_id.is_some()
                && changes
                    .get(*index)
                    .and_then(|change| change.before.as_ref())
                    .is_some_and(|state| state.text("id").is_some());
            !is_other && self.redirects_to_torq(*index)
        };
        let tests: [&dyn Fn(&usize) -> bool; 3] = [&by_id, &by_client, &by_host];
        for test in tests {
            let found: Vec<usize> = apps.iter().copied().filter(|index| test(index)).collect();
            match found.as_slice() {
                [] => {}
                [one] => return Ok(Some(*one)),
                several => {
                    return Err(format!(
                        "more than one okta_app_oauth of the plan can be Torq's ({}); choose with --app ADDRESS",
                        addresses(several)
                    ));
                }
            }
        }
        let alone = self.documents.is_empty();
        if let ([only], true) = (apps.as_slice(), alone) {
            self.notices.push(format!(
                "{}: {} is taken for Torq's app, since it is the only okta_app_oauth",
                self.plan.path,
                addresses(&apps)
            ));
            return Ok(Some(*only));
        }
        let empty = changes.is_empty() && self.plan.configuration.group_lookups.is_empty();
        match (alone, apps.is_empty(), empty) {
            (true, false, _) => Err(format!(
                "no okta_app_oauth of the plan has a redirect URI on a host of Torq; choose one with --app ADDRESS: {}",
                addresses(&apps)
            )),
            (true, true, true) => {
                Err("the plan has no resource of Okta's provider that is read here".to_owned())
            }
            (true, true, false) => {
                Err("the plan has no okta_app_oauth; give a snapshot, so that there is an app".to_owned())
            }
            (false, _, true) => {
                self.notices.push(format!(
                    "{}: no resource of Okta's provider that is read here is in the plan",
                    self.plan.path
                ));
                Ok(None)
            }
            (false, ..) if app.is_none() => Ok(None),
            (false, ..) => {
                self.notices.push(format!(
                    "{}: the snapshot's app is not in the plan, so its own settings stay as they are",
                    self.plan.path
                ));
                Ok(None)
            }
        }
    }

    fn redirects_to_torq(&self, app: usize) -> bool {
        let own = states(self.plan.changes.get(app)).flat_map(|state| state.texts("redirect_uris"));
        let own = own.chain(states(self.plan.changes.get(app)).filter_map(|state| state.text("login_uri")));
        let children = self
            .of_kind("okta_app_oauth_redirect_uri")
            .filter(|index| self.points_at(*index, "app_id", app) == OfApp::Yes)
            .flat_map(|index| states(self.plan.changes.get(index)))
            .filter_map(|state| state.text("uri"));
        own.chain(children).any(on_torq)
    }

    // What refers to what

    fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = usize> + use<'a> {
        let changes: &'a [ResourceChange] = &self.plan.changes;
        changes.iter().enumerate().filter(move |(_, change)| change.kind == kind).map(|(index, _)| index)
    }

    fn change(&self, index: usize) -> Option<&'a ResourceChange> {
        self.plan.changes.get(index)
    }

    /// The state that is laid, if the resource is there in it.
    fn state(&self, change: &'a ResourceChange) -> Option<&'a Attributes> {
        match (self.side, change.action) {
            (Side::Before, _) | (Side::After, Action::Forget) => change.before.as_ref(),
            (Side::After, _) => change.after.as_ref(),
        }
    }

    /// The state that the laid one takes the place of; none where nothing is changed.
    fn former(&self, change: &'a ResourceChange) -> Option<&'a Attributes> {
        match self.side {
            Side::Before => None,
            Side::After => change.before.as_ref(),
        }
    }

    fn is_new(&self, change: &ResourceChange) -> bool {
        self.side == Side::After && matches!(change.action, Action::Create | Action::Replace)
    }

    /// The Okta id of a resource in the state that is laid; of a new one, a name that no Okta id has.
    fn id(&self, change: &'a ResourceChange) -> String {
        let state = self.state(change).or(change.before.as_ref());
        let known = state.and_then(|state| state.text("id")).filter(|id| !id.is_empty());
        known.map_or_else(|| format!("(new) {}", change.address), str::to_owned)
    }

    /// The Okta id that an attribute holds; where it is known only after apply, that of the resource that it refers to.
    fn id_in(&self, change: &'a ResourceChange, state: &'a Attributes, attribute: &str) -> Option<String> {
        if let Some(id) = state.text(attribute) {
            return Some(id.to_owned());
        }
        if !state.open.contains_key(attribute) {
            return None;
        }
        match self.plan.configuration.referred(&self.plan.changes, change, attribute)?.as_slice() {
            [one] => self.change(*one).map(|target| self.id(target)),
            _ => None,
        }
    }

    /// The ids in a list or set; `None` where one of them cannot be told.
    fn ids_in(
        &self,
        change: &'a ResourceChange,
        state: &'a Attributes,
        attribute: &str,
    ) -> Option<Vec<String>> {
        let mut ids: Vec<String> = state.texts(attribute).into_iter().map(str::to_owned).collect();
        if !state.open.contains_key(attribute) {
            return Some(ids);
        }
        let referred = self.plan.configuration.referred(&self.plan.changes, change, attribute)?;
        let new: Vec<String> = referred
            .iter()
            .filter_map(|index| self.change(*index))
            .map(|target| self.id(target))
            .filter(|id| !ids.contains(id))
            .collect();
        // Elements that are not known are null; a set that is not known at all is not there.
        let missing = state.elements(attribute).iter().filter(|element| element.is_null()).count();
        let whole = if state.values.contains_key(attribute) { new.len() == missing } else { !new.is_empty() };
        ids.extend(new);
        whole.then_some(ids)
    }

    /// The attributes with every id that a list or set refers to in place; `None` where something stays open.
    fn resolved(
        &self,
        change: &'a ResourceChange,
        state: &'a Attributes,
        read: &[&str],
    ) -> Option<Attributes> {
        let mut resolved = state.clone();
        for attribute in state.open.keys().filter(|attribute| read.contains(&attribute.as_str())) {
            let ids = self.ids_in(change, state, attribute)?;
            resolved.values.insert(attribute.clone(), json!(ids));
        }
        resolved.open.retain(|attribute, _| !read.contains(&attribute.as_str()));
        Some(resolved)
    }

    fn points_at(&self, index: usize, attribute: &str, app: usize) -> OfApp {
        let (Some(change), Some(target)) = (self.change(index), self.change(app)) else { return OfApp::No };
        let ids: Vec<&str> = states(Some(target)).filter_map(|state| state.text("id")).collect();
        let named: Vec<&str> = states(Some(change)).filter_map(|state| state.text(attribute)).collect();
        if named.iter().any(|id| ids.contains(id)) {
            return OfApp::Yes;
        }
        let open = states(Some(change)).any(|state| state.open.contains_key(attribute));
        // What is known only after apply is of a resource that is yet to be made.
        if !open || !matches!(target.action, Action::Create | Action::Replace) {
            return OfApp::No;
        }
        match self.plan.configuration.referred(&self.plan.changes, change, attribute) {
            Some(referred) if referred.contains(&app) => OfApp::Yes,
            Some(_) => OfApp::No,
            None => OfApp::Maybe,
        }
    }

    /// Where the plan does not have the app, the snapshot's id of it still tells what is of it.
    fn of_app(&self, index: usize) -> OfApp {
        let has = |id: &str| states(self.change(index)).any(|state| state.text("app_id") == Some(id));
        match (self.app, &self.app_elsewhere) {
            (Some(app), _) => self.points_at(index, "app_id", app),
            (None, Some(id)) if has(id) => OfApp::Yes,
            (None, _) => OfApp::No,
        }
    }

    /// Resources of a kind that are of the Torq app; and whether others may be.
    fn children(&self, kind: &'static str) -> (Vec<usize>, bool) {
        let all: Vec<(usize, OfApp)> = self.of_kind(kind).map(|index| (index, self.of_app(index))).collect();
        let maybe = all.iter().any(|(_, of)| *of == OfApp::Maybe);
        (all.into_iter().filter(|(_, of)| *of == OfApp::Yes).map(|(index, _)| index).collect(), maybe)
    }

    // Where things stand

    /// Where an attribute of a resource stands, in the configuration or else in the plan; the resource itself where the path is empty.
    fn part(&mut self, index: usize, attribute: JsonPath) -> Part {
        if let Some(written) = self.written(index) {
            let spot = written.nearest(&attribute).clone();
            return self.configuration_part(spot);
        }
        self.used.insert(index);
        let bytes = self.change(index).map(|change| change.bytes.clone()).unwrap_or_default();
        let root = JsonPath::root();
        let is_there_after = self.change(index).is_some_and(|change| change.after.is_some());
        let state = if self.side == Side::After && is_there_after { "after" } else { "before" };
        let path = if attribute == root { root } else { root.key("change").key(state).join(&attribute) };
        Part { file: self.file, target: Target::Within { bytes, path } }
    }

    /// Places an attribute, and what the configuration writes inside of it; the elements of a set have another order in a plan.
    fn place(&mut self, overlay: &mut Overlay, at: &JsonPath, index: usize, attribute: &JsonPath) {
        let part = self.part(index, attribute.clone());
        overlay.place(at.clone(), part);
        if resources::SETS.iter().any(|set| *attribute == JsonPath::root().key(set)) {
            return;
        }
        if let Some(written) = self.written(index) {
            for (path, spot) in written.below(attribute) {
                let part = self.configuration_part(spot.clone());
                overlay.place(at.join(&path.after(attribute)), part);
            }
        }
    }

    fn written(&self, index: usize) -> Option<&'a Written> {
        let plan: &'a Plan = self.plan;
        plan.sources.as_ref()?.resource(plan.changes.get(index)?)
    }

    fn configuration_part(&mut self, spot: Spot) -> Part {
        let file = match self.configuration_files.get(&spot.file) {
            Some(file) => *file,
            None => {
                let source = self.plan.sources.as_ref().and_then(|sources| sources.files.get(spot.file));
                let file = source.map_or(self.file, |source| self.documents.add_file(source.clone()));
                self.configuration_files.insert(spot.file, file);
                file
            }
        };
        Part { file, target: spot.target }
    }

    fn row(&mut self, index: usize, value: Value) -> Row {
        let kind = self.change(index).map(|change| change.kind.as_str()).unwrap_or_default();
        let mut members = Vec::new();
        for (path, attribute) in resources::members(kind) {
            let below = path.split('.').fold(JsonPath::root(), |path, key| path.key(key));
            let part = self.part(index, JsonPath::root().key(attribute));
            members.push((below, part));
        }
        Row { value, part: self.part(index, JsonPath::root()), members, inner: None }
    }

    fn rows(&self, name: &DocumentName) -> Option<Rows> {
        Rows::read(&self.documents, name, None, self.file)
    }

    fn one<T: serde::de::DeserializeOwned>(&self, name: &DocumentName) -> Option<T> {
        reading::read(&self.documents, name)?.ok()
    }

    // The app

    fn app_document(&mut self) {
        let name = DocumentName::App;
        let Some((index, change)) = self.app.and_then(|index| Some((index, self.change(index)?))) else {
            return;
        };
        let is_there = self.documents.has(&name);
        let Some(state) = self.state(change) else {
            // A deleted app is known by its status.
            if self.side == Side::After && change.action == Action::Delete {
                let id = self.id(change);
                self.put_object(
                    &name,
                    json!({"id": id, "status": "DELETED"}),
                    Some(index),
                    Overlay::default(),
                );
            }
            return;
        };
        let fresh = self.is_new(change);
        let mut value = match self.one::<Value>(&name) {
            Some(value) if !fresh => value,
            None if is_there && !fresh => return,
            _ => json!({}),
        };
        if fresh {
            // An okta_app_oauth is nothing else.
            resources::set(&mut value, &["signOnMode"], json!("OPENID_CONNECT"));
            if let Some(name) = state.text("preconfigured_app").filter(|name| !name.is_empty()) {
                resources::set(&mut value, &["name"], json!(name));
            }
        }
        let mut overlay = Overlay::default();
        for field in &APP {
            let at = field.at();
            self.place(&mut overlay, &at, index, &JsonPath::root().key(field.attribute));
            let own = fresh && matches!(field.attribute, "sign_on_mode" | "name");
            match state.open.get(field.attribute) {
                Some(_) if own => {}
                Some(why) => {
                    resources::unset(&mut value, field.path);
                    overlay.leave_open(at, why.clone());
                }
                None => match (field.value(state), field.unset) {
                    (Some(planned), _) => resources::set(&mut value, field.path, planned),
                    (None, Unset::Nothing) if state.values.contains_key(field.attribute) => {
                        resources::unset(&mut value, field.path);
                    }
                    (None, Unset::ProviderChooses) if state.values.contains_key(field.attribute) => {
                        resources::unset(&mut value, field.path);
                        let why = format!(
                            "{} of {} is not set, so the provider chooses",
                            field.attribute, change.address
                        );
                        overlay.leave_open(at, why);
                    }
                    (None, _) => {}
                },
            }
        }
        // Whether everyone counts as assigned decides too much to be open in one field alone.
        let broker = state.open.get("implicit_assignment").cloned();
        self.access_policy(change, state, &mut value);
        self.put_object(&name, value, Some(index), overlay);
        if let Some(why) = broker {
            self.documents.lay_over(name, Overlay::undecided(why));
        }
    }

    /// The app's sign-in policy: another one than the snapshot's has rules that nobody read.
    fn access_policy(&mut self, change: &ResourceChange, state: &Attributes, app: &mut Value) {
        const PATH: [&str; 3] = ["_links", "accessPolicy", "href"];
        let read: Option<shape::App> = self.one(&DocumentName::App);
        let read = read.and_then(|app| app.links?.access_policy?.id().map(str::to_owned));
        let open = state.open.get("authentication_policy").cloned();
        let planned = state.text("authentication_policy").filter(|id| !id.is_empty()).map(str::to_owned);
        let other = match (&open, &planned) {
            (Some(_), _) => true,
            (None, Some(planned)) => read.as_ref() != Some(planned),
            (None, None) => self.is_new(change),
        };
        if let Some(planned) = &planned {
            resources::set(app, &PATH, json!(planned));
        }
        if other && self.documents.has(&DocumentName::AccessPolicyRules) {
            let why = open.unwrap_or_else(|| {
                format!("the sign-in policy of {} is not the one that was read", change.address)
            });
            self.documents.lay_over(DocumentName::AccessPolicyRules, Overlay::undecided(why));
        }
        if planned.is_none() && other {
            resources::unset(app, &PATH);
        }
    }

    /// Puts an object that a resource is; its parts that the overlay does not place stand where they stood, or on the resource.
    fn put_object(
        &mut self,
        name: &DocumentName,
        value: Value,
        resource: Option<usize>,
        mut overlay: Overlay,
    ) {
        let content = Content::Part(value);
        let (file, root) = match (self.documents.get(name), resource) {
            (Some(document), _) => (document.file, document.root.clone()),
            (None, resource) => {
                if let Some(index) = resource {
                    overlay.place(JsonPath::root(), self.part(index, JsonPath::root()));
                }
                (self.file, JsonPath::root())
            }
        };
        self.documents.add(name.clone(), Document { file, root, content });
        self.documents.lay_over(name.clone(), overlay);
    }

    /// `okta_app_oauth_redirect_uri` adds to the app's list, which need not name what it added.
    fn redirect_uris(&mut self) {
        const PATH: [&str; 3] = ["settings", "oauthClient", "redirect_uris"];
        let (children, maybe) = self.children("okta_app_oauth_redirect_uri");
        let name = DocumentName::App;
        let Some(mut value) = self.one::<Value>(&name) else { return };
        let mut overlay = self.documents.overlay(&name).cloned().unwrap_or_default();
        let at = PATH.iter().fold(JsonPath::root(), |path, key| path.key(key));
        if overlay.undecided.is_some() || (children.is_empty() && !maybe) {
            return;
        }
        let listed = value.pointer("/settings/oauthClient/redirect_uris").and_then(Value::as_array).cloned();
        let mut listed = listed.unwrap_or_default();
        let mut open = overlay.unknown.get(&at).cloned();
        if maybe {
            open = open.or(Some(
                "which app an okta_app_oauth_redirect_uri is of is known only after apply".to_owned(),
            ));
        }
        // First what goes, then what comes: another resource may add the same again.
        for change in children.iter().filter_map(|index| self.change(*index)) {
            let gone = self.former(change).and_then(|state| state.text("uri"));
            let stays = self.state(change).and_then(|state| state.text("uri"));
            listed.retain(|uri| gone.is_none_or(|gone| stays == Some(gone) || uri != gone));
        }
        for index in children {
            let Some(state) = self.change(index).and_then(|change| self.state(change)) else { continue };
            match state.text("uri") {
                Some(uri) if listed.iter().any(|other| other == uri) => {}
                Some(uri) => {
                    let part = self.part(index, JsonPath::root().key("uri"));
                    overlay.place(at.clone().index(listed.len()), part);
                    listed.push(json!(uri));
                }
                None => open = open.or(state.open.get("uri").cloned()),
            }
        }
        match open {
            Some(why) => {
                resources::unset(&mut value, &PATH);
                overlay.leave_open(at, why);
            }
            None => resources::set(&mut value, &PATH, Value::Array(listed)),
        }
        self.put_object(&name, value, self.app, overlay);
    }

    fn id_token(&mut self) {
        let name = DocumentName::IdToken;
        let Some((index, change)) = self.app.and_then(|index| Some((index, self.change(index)?))) else {
            return;
        };
        let Some(state) = self.state(change) else {
            self.documents.remove(&name);
            return;
        };
        let block = |state: &'a Attributes| state.elements("groups_claim").first();
        let planned = block(state);
        let former = self.former(change).and_then(block);
        let fresh = self.is_new(change);
        let sign_in = self.sign_in(change);
        let members = |block: Option<&Value>| block.map(resources::groups_claim).unwrap_or_default();
        let open = state.open.get("groups_claim").filter(|_| {
            // The block's `issuer_mode` is computed and is not the claim's.
            planned.is_none_or(|block| {
                CLAIM_MEMBERS.iter().any(|(_, attribute)| {
                    *attribute != "filter_type" && block.get(attribute).is_none_or(Value::is_null)
                })
            })
        });
        let changes = self.side == Side::After && (fresh || members(planned) != members(former));
        if !changes {
            // What was read of Okta is nearer to the truth than the state; without it, the state says what a token read.
            let known = sign_in == Some(ProviderSignIn::ApiToken) || planned.is_some();
            if !self.documents.has(&name) && known && sign_in != Some(ProviderSignIn::Oauth) && open.is_none()
            {
                self.put_claim(index, json!({}), planned);
            }
            return;
        }
        let mut rest = self.one::<Value>(&name).unwrap_or_else(|| json!({}));
        let clear = |value: &mut Value| {
            CLAIM_MEMBERS.iter().for_each(|(member, _)| resources::unset(value, &[member]))
        };
        match (sign_in, open) {
            (Some(ProviderSignIn::Oauth), _) if fresh => {
                clear(&mut rest);
                self.put_claim(index, rest, None);
            }
            // The provider leaves the claim alone.
            (Some(ProviderSignIn::Oauth), _) => {}
            (_, Some(why)) => self.documents.lay_over(name, Overlay::undecided(why.clone())),
            (Some(ProviderSignIn::ApiToken), None) => {
                clear(&mut rest);
                self.put_claim(index, rest, planned);
            }
            (None, None) if fresh && planned.is_none() => {
                clear(&mut rest);
                self.put_claim(index, rest, None);
            }
            (None, None) => {
                let why = format!(
                    "the plan does not say whether Okta's provider signs in with an API token, without which groups_claim of {} has no effect",
                    change.address
                );
                self.documents.lay_over(name, Overlay::undecided(why));
            }
        }
    }

    fn put_claim(&mut self, index: usize, mut value: Value, block: Option<&Value>) {
        let mut overlay = Overlay::default();
        let at = JsonPath::root().key("groups_claim");
        for (member, planned) in block.map(resources::groups_claim).unwrap_or_default() {
            resources::set(&mut value, &[member], planned);
        }
        for (member, attribute) in CLAIM_MEMBERS {
            let path = if block.is_some() { at.clone().index(0).key(attribute) } else { at.clone() };
            overlay.place(JsonPath::root().key(member), self.part(index, path));
        }
        self.put_object(&DocumentName::IdToken, value, Some(index), overlay);
    }

    /// As the configuration says; else, that the state has `issuer_mode` of the claim, which only a read with an API token sets.
    fn sign_in(&self, app: &ResourceChange) -> Option<ProviderSignIn> {
        self.plan.configuration.sign_in.or_else(|| {
            let block = app.before.as_ref()?.elements("groups_claim").first()?;
            let read = block.get("issuer_mode").and_then(Value::as_str).is_some_and(|mode| !mode.is_empty());
            read.then_some(ProviderSignIn::ApiToken)
        })
    }

    // Assignments

    fn app_groups(&mut self) {
        let Some(mut rows) = self.rows(&DocumentName::AppGroups) else { return };
        self.start(&mut rows);
        let (single, maybe_single) = self.children("okta_app_group_assignment");
        let (plural, maybe_plural) = self.children("okta_app_group_assignments");
        if single.is_empty() && plural.is_empty() && !(maybe_single || maybe_plural) && !rows.was_there {
            return;
        }
        // First what goes, then what comes: where two resources say different things of a group, it is assigned in the end.
        let mut assigned: Vec<(usize, Option<String>, JsonPath)> = Vec::new();
        for index in single {
            let Some(change) = self.change(index) else { continue };
            let id = |state: &'a Attributes| self.id_in(change, state, "group_id");
            let (is, was) = (self.state(change).map(id), self.former(change).map(id));
            let stays = self.former(change).and_then(|state| state.flag("retain_assignment")) == Some(true);
            if let Some(gone) = was.flatten().filter(|_| !stays) {
                rows.remove_unless(&gone, is.iter().flatten());
            }
            assigned.extend(is.map(|id| (index, id, JsonPath::root())));
        }
        for index in plural {
            let Some(change) = self.change(index) else { continue };
            let ids = |state: &'a Attributes| -> Vec<Option<String>> {
                let blocks = state.elements("group").iter().enumerate();
                blocks
                    .map(|(position, block)| match block.get("id").and_then(Value::as_str) {
                        Some(id) => Some(id.to_owned()),
                        None => self.referred_id(change, &format!("group.{position}.id")),
                    })
                    .collect()
            };
            let (is, was) = (self.state(change).map(ids), self.former(change).map(ids));
            let unlisted = self
                .state(change)
                .is_some_and(|state| state.open.contains_key("group") && !state.values.contains_key("group"));
            if unlisted {
                rows.leave_open(&format!("group of {} is known only after apply", change.address));
            }
            for gone in was.into_iter().flatten().flatten().filter(|_| !unlisted) {
                rows.remove_unless(&gone, is.iter().flatten().flatten());
            }
            let place = |(position, id)| (index, id, JsonPath::root().key("group").index(position));
            assigned.extend(is.into_iter().flatten().enumerate().map(place));
        }
        for (index, id, at) in assigned {
            match id {
                Some(id) if !rows.has(&id) => {
                    let row = Row {
                        value: json!({"id": id}),
                        part: self.part(index, at),
                        members: Vec::new(),
                        inner: None,
                    };
                    rows.put(row);
                }
                Some(_) => {}
                None => rows.leave_open("the group of an assignment is known only after apply"),
            }
        }
        if maybe_single || maybe_plural {
            rows.leave_open("which app a group assignment of the plan is of is known only after apply");
        }
        rows.write(&mut self.documents);
    }

    fn referred_id(&self, change: &'a ResourceChange, attribute: &str) -> Option<String> {
        match self.plan.configuration.referred(&self.plan.changes, change, attribute)?.as_slice() {
            [one] => self.change(*one).map(|target| self.id(target)),
            _ => None,
        }
    }

    /// Of a new app there is only what the plan assigns.
    fn start(&self, rows: &mut Rows) {
        if self.app.and_then(|app| self.change(app)).is_some_and(|app| self.is_new(app)) {
            rows.start_anew();
        }
    }

    fn app_users(&mut self) {
        let Some(mut rows) = self.rows(&DocumentName::AppUsers) else { return };
        self.start(&mut rows);
        let (children, maybe) = self.children("okta_app_user");
        if children.is_empty() && !maybe && rows.rows.is_empty() && !rows.was_there {
            return;
        }
        for index in children {
            let Some(change) = self.change(index) else { continue };
            let is = self.state(change).map(|state| (state, self.id_in(change, state, "user_id")));
            let was = self.former(change).and_then(|state| self.id_in(change, state, "user_id"));
            let stays = self.former(change).and_then(|state| state.flag("retain_assignment")) == Some(true);
            if let Some(gone) = was.filter(|_| !stays)
                && is.as_ref().and_then(|(_, id)| id.as_ref()) != Some(&gone)
            {
                rows.rows.retain(|row| {
                    row.id() != Some(&gone) || row.value.get("scope").and_then(Value::as_str) == Some("GROUP")
                });
            }
            match is {
                Some((state, Some(id))) => {
                    let row = self.row(index, resources::app_user(&id, state));
                    rows.put(row);
                }
                Some((_, None)) => rows.leave_open("the user of an assignment is known only after apply"),
                None => {}
            }
        }
        if maybe {
            rows.leave_open("which app an okta_app_user is of is known only after apply");
        }
        rows.write(&mut self.documents);
    }

    fn federated_claims(&mut self) {
        let Some(mut rows) = self.rows(&DocumentName::FederatedClaims) else { return };
        self.start(&mut rows);
        let (children, maybe) = self.children("okta_app_federated_claim");
        if children.is_empty() && !maybe && !rows.was_there {
            return;
        }
        for index in children {
            let Some(change) = self.change(index) else { continue };
            if let Some(gone) = self.former(change).and_then(|state| state.text("id")) {
                let is_same = self.state(change).is_some() && !self.is_new(change);
                if !is_same {
                    rows.remove(gone);
                }
            }
            match self.state(change) {
                Some(state) if state.text("name").is_some() => {
                    let row = self.row(index, resources::federated_claim(&self.id(change), state));
                    rows.put(row);
                }
                Some(_) => rows.leave_open("the name of a federated claim is known only after apply"),
                None => {}
            }
        }
        if maybe {
            rows.leave_open("which app a federated claim of the plan is of is known only after apply");
        }
        rows.write(&mut self.documents);
    }

    // Groups

    fn groups(&mut self) {
        let all: Vec<usize> = self.of_kind("okta_group").collect();
        if all.is_empty() {
            return;
        }
        let Some(mut rows) = self.rows(&DocumentName::Groups) else { return };
        let mut gone: Vec<String> = Vec::new();
        for index in all {
            let Some(change) = self.change(index) else { continue };
            let was = self.former(change).and_then(|state| state.text("id"));
            let is_same = self.state(change).is_some() && !self.is_new(change);
            if let Some(was) = was.filter(|_| !is_same) {
                rows.remove(was);
                gone.push(was.to_owned());
            }
            let Some(state) = self.state(change) else { continue };
            let id = self.id(change);
            if self.is_new(change) {
                let document =
                    Document { file: self.file, root: JsonPath::root(), content: Content::Part(json!([])) };
                let mut overlay = Overlay::default();
                overlay.place(JsonPath::root(), self.part(index, JsonPath::root()));
                self.documents.add(DocumentName::GroupUsers(id.clone()), document);
                self.documents.lay_over(DocumentName::GroupUsers(id.clone()), overlay);
            }
            let as_read = rows.rows.iter().find(|row| row.id() == Some(&id)).map(|row| &row.value);
            let name = as_read.and_then(|row| row.pointer("/profile/name")).and_then(Value::as_str);
            if as_read.is_some() && name == state.text("name") {
                continue;
            }
            let row = self.row(index, resources::group(&id, state));
            rows.put(row);
        }
        rows.write(&mut self.documents);
        for id in gone {
            self.documents.remove(&DocumentName::GroupUsers(id.clone()));
            self.change_own_groups(|groups| groups.remove(&id));
            if self.documents.has(&DocumentName::AppGroups)
                && let Some(mut rows) = self.rows(&DocumentName::AppGroups)
            {
                rows.remove(&id);
                rows.write(&mut self.documents);
            }
        }
    }

    /// Changes every list of a person's groups.
    fn change_own_groups(&mut self, change: impl Fn(&mut Rows)) {
        let names: Vec<DocumentName> = self
            .documents
            .names()
            .filter(|name| matches!(name, DocumentName::UserGroups(_)))
            .cloned()
            .collect();
        for name in names {
            if let Some(mut rows) = self.rows(&name) {
                change(&mut rows);
                rows.write(&mut self.documents);
            }
        }
    }

    fn memberships(&mut self) {
        for index in self.of_kind("okta_group_memberships") {
            let Some(change) = self.change(index) else { continue };
            let sides = [self.former(change), self.state(change)];
            let groups = sides.map(|state| state.and_then(|state| self.id_in(change, state, "group_id")));
            let users = sides.map(|state| state.map(|state| self.ids_in(change, state, "users")));
            let [was, is] = users;
            let [old_group, group] = groups;
            if let (Some(old_group), Some(was)) = (&old_group, &was) {
                let stay = if group.as_ref() == Some(old_group) { is.clone().flatten() } else { None };
                let gone =
                    was.iter().flatten().filter(|user| !stay.iter().flatten().any(|other| other == *user));
                gone.for_each(|user| self.set_member(old_group, user, None));
            }
            let (Some(group), Some(is)) = (group, is) else { continue };
            match is {
                Some(users) => users.iter().for_each(|user| self.set_member(&group, user, Some(index))),
                None => self
                    .open_members(&group, &format!("users of {} is known only after apply", change.address)),
            }
        }
    }

    /// Puts a user into a group, on the plan's word, or out of it; on both sides of the memberships, as far as they were read.
    fn set_member(&mut self, group: &str, user: &str, by: Option<usize>) {
        let name = DocumentName::GroupUsers(group.to_owned());
        if (by.is_some() || self.documents.has(&name))
            && let Some(mut rows) = self.rows(&name)
        {
            match by {
                Some(index) if !rows.has(user) => {
                    let part = self.part(index, JsonPath::root().key("users"));
                    rows.put(Row { value: json!({"id": user}), part, members: Vec::new(), inner: None });
                }
                Some(_) => {}
                None => rows.remove(user),
            }
            rows.write(&mut self.documents);
        }
        let name = DocumentName::UserGroups(user.to_owned());
        if self.documents.has(&name)
            && let Some(mut rows) = self.rows(&name)
        {
            match by {
                Some(index) if !rows.has(group) => {
                    let row = self.row(index, json!({"id": group}));
                    rows.put(row);
                }
                Some(_) => {}
                None => rows.remove(group),
            }
            rows.write(&mut self.documents);
        }
    }

    /// The members of a group are not known any more, from either side.
    fn open_members(&mut self, group: &str, why: &str) {
        let name = DocumentName::GroupUsers(group.to_owned());
        if !self.documents.has(&name) {
            let document =
                Document { file: self.file, root: JsonPath::root(), content: Content::Part(json!([])) };
            self.documents.add(name.clone(), document);
        }
        self.documents.lay_over(name, Overlay::undecided(why));
        self.change_own_groups(|groups| {
            groups.remove(group);
            groups.leave_open(why);
        });
    }

    fn group_rules(&mut self) {
        let all: Vec<usize> = self.of_kind("okta_group_rule").collect();
        if all.is_empty() {
            return;
        }
        let Some(mut rows) = self.rows(&DocumentName::GroupRules) else { return };
        let mut changed: Vec<(String, String)> = Vec::new();
        for index in all {
            let Some(change) = self.change(index) else { continue };
            let state = self.state(change);
            let former = self.former(change);
            let ids = |state: Option<&'a Attributes>| {
                state.map(|state| self.ids_in(change, state, "group_assignments"))
            };
            let (is, was) = (ids(state), ids(former));
            if let Some(gone) = former.and_then(|state| state.text("id"))
                && (state.is_none() || self.is_new(change))
            {
                rows.remove(gone);
            }
            if self.side == Side::After && moves_people(change) {
                let why = format!("{} changes who is in it", change.address);
                let groups = was.iter().chain(&is).flatten().flatten();
                changed.extend(groups.map(|group| (group.clone(), why.clone())));
            }
            match (state, is) {
                (Some(state), Some(Some(groups))) if !state.open.contains_key("status") => {
                    let row = self.row(index, resources::group_rule(&self.id(change), state, &groups));
                    rows.put(row);
                }
                (Some(_), _) => {
                    rows.leave_open(&format!("what {} does is known only after apply", change.address))
                }
                (None, _) => {}
            }
        }
        rows.write(&mut self.documents);
        for (group, why) in changed {
            self.open_members(&group, &why);
        }
    }

    // Policies

    /// The custom authorization server that the connection uses, by its id.
    fn server_id(&self) -> Option<String> {
        let server: Option<shape::AuthorizationServer> = self.one(&DocumentName::AuthorizationServer);
        let connection: Option<Connection> = self.one(&DocumentName::Connection);
        let in_issuer = || {
            let issuer = connection?.torq?.issuer_url?;
            let (_, id) = issuer.rsplit_once("/oauth2/")?;
            (!id.is_empty()).then(|| id.trim_end_matches('/').to_owned())
        };
        server.and_then(|server| server.id).or_else(in_issuer)
    }

    /// Resources of a kind that are of the connection's authorization server.
    fn of_server(&self, kind: &'static str, server: &str) -> Vec<usize> {
        let is_of = |index: &usize| {
            states(self.change(*index)).any(|state| state.text("auth_server_id") == Some(server))
        };
        self.of_kind(kind).filter(is_of).collect()
    }

    fn authorization_server(&mut self) {
        let Some(server) = self.server_id() else { return };
        self.server_claims(&server);
        self.server_policies(&server);
    }

    fn server_claims(&mut self, server: &str) {
        let all = self.of_server("okta_auth_server_claim", server);
        if all.is_empty() {
            return;
        }
        let Some(mut rows) = self.rows(&DocumentName::AuthorizationServerClaims) else { return };
        for index in all {
            let Some(change) = self.change(index) else { continue };
            self.drop_former(&mut rows, change);
            let Some(state) = self.state(change) else { continue };
            match state.open.iter().find(|(name, _)| *name != "id") {
                Some((_, why)) => rows.leave_open(why),
                None => {
                    let row = self.row(index, resources::server_claim(&self.id(change), state));
                    rows.put(row);
                }
            }
        }
        rows.write(&mut self.documents);
    }

    /// Takes the row of a resource out that is deleted, or made anew.
    fn drop_former(&self, rows: &mut Rows, change: &'a ResourceChange) {
        if let Some(gone) = self.former(change).and_then(|state| state.text("id"))
            && (self.state(change).is_none() || self.is_new(change))
        {
            rows.remove(gone);
        }
    }

    fn server_policies(&mut self, server: &str) {
        const RULES: &str = "rules";
        let policies = self.of_server("okta_auth_server_policy", server);
        let rules = self.of_server("okta_auth_server_policy_rule", server);
        let name = DocumentName::AuthorizationServerPolicies;
        if policies.is_empty() && rules.is_empty() {
            return;
        }
        let Some(mut rows) = Rows::read(&self.documents, &name, Some(RULES), self.file) else { return };
        // A policy or a rule that is open in any way could decide before every other.
        let mut undecided = None;
        for index in policies {
            let Some(change) = self.change(index) else { continue };
            self.drop_former(&mut rows, change);
            let Some(state) = self.state(change) else { continue };
            let read = ["name", "status", "priority", "client_whitelist"];
            let Some(resolved) = self.resolved_clients(change, state, &read) else {
                undecided = Some(format!("the policy {} is known only after apply", change.address));
                continue;
            };
            let id = self.id(change);
            let new = self.is_new(change);
            let mut row = self.row(index, resources::server_policy(&id, &resolved));
            let position = rows.rows.iter().position(|row| row.id() == Some(&id));
            let old = position.and_then(|at| rows.rows.get_mut(at)).and_then(|row| row.inner.take());
            row.inner = old.or_else(|| new.then(|| (RULES, Vec::new())));
            rows.put(row);
        }
        for index in rules {
            let Some(change) = self.change(index) else { continue };
            if let Some(gone) = self.former(change).and_then(|state| state.text("id"))
                && (self.state(change).is_none() || self.is_new(change))
            {
                for (_, inner) in rows.rows.iter_mut().filter_map(|row| row.inner.as_mut()) {
                    inner.retain(|rule| rule.id() != Some(gone));
                }
            }
            let Some(state) = self.state(change) else { continue };
            let lists = ["group_whitelist", "group_blacklist", "user_whitelist", "user_blacklist"];
            let others_open = state
                .open
                .keys()
                .any(|name| !["id", "policy_id"].contains(&name.as_str()) && !lists.contains(&name.as_str()));
            let resolved = self.resolved(change, state, &lists).filter(|_| !others_open);
            let policy = self.id_in(change, state, "policy_id");
            let (Some(resolved), Some(policy)) = (resolved, policy) else {
                undecided = Some(format!("the policy rule {} is known only after apply", change.address));
                continue;
            };
            let row = self.row(index, resources::server_policy_rule(&self.id(change), &resolved));
            let Some(inner) =
                rows.rows.iter_mut().find(|row| row.id() == Some(&policy)).map(|row| &mut row.inner)
            else {
                continue;
            };
            // Rules that were not read stay unread: another could come first.
            if let Some((_, inner)) = inner {
                match inner.iter_mut().find(|rule| rule.id() == row.id()) {
                    Some(rule) => *rule = row,
                    None => inner.push(row),
                }
            }
        }
        rows.write(&mut self.documents);
        if let Some(why) = undecided {
            self.documents.lay_over(name, Overlay::undecided(why));
        }
    }

    /// Clients that are known only after apply are client ids of apps.
    fn resolved_clients(
        &self,
        change: &'a ResourceChange,
        state: &'a Attributes,
        read: &[&str],
    ) -> Option<Attributes> {
        let open: Vec<&str> =
            state.open.keys().map(String::as_str).filter(|name| read.contains(name)).collect();
        if open.is_empty() {
            return Some(state.clone());
        }
        if open != ["client_whitelist"] {
            return None;
        }
        let mut resolved = state.clone();
        let referred = self.plan.configuration.referred(&self.plan.changes, change, "client_whitelist")?;
        // The Torq app's own client id is not known either.
        if referred.iter().any(|index| Some(*index) == self.app) {
            return None;
        }
        let others =
            referred.iter().filter_map(|index| self.change(*index)).map(|target| json!(self.id(target)));
        let known = state.texts("client_whitelist").into_iter().map(|id| json!(id));
        let all: Vec<Value> = known.chain(others).collect();
        resolved.values.insert("client_whitelist".to_owned(), Value::Array(all));
        Some(resolved)
    }

    fn access_rules(&mut self) {
        let name = DocumentName::AccessPolicyRules;
        let app: Option<shape::App> = self.one(&DocumentName::App);
        let Some(policy) = app.and_then(|app| app.links?.access_policy?.id().map(str::to_owned)) else {
            return;
        };
        let is_of =
            |index: &usize| states(self.change(*index)).any(|state| state.text("policy_id") == Some(&policy));
        let all: Vec<usize> = self.of_kind("okta_app_signon_policy_rule").filter(is_of).collect();
        let overlay = self.documents.overlay(&name);
        if all.is_empty() || overlay.is_some_and(|overlay| overlay.undecided.is_some()) {
            return;
        }
        let Some(mut rows) = self.rows(&name) else { return };
        let mut undecided = None;
        for index in all {
            let Some(change) = self.change(index) else { continue };
            self.drop_former(&mut rows, change);
            let Some(state) = self.state(change) else { continue };
            let lists = ["groups_included", "groups_excluded", "users_included", "users_excluded"];
            let mut left = state.clone();
            // A risk score that is not set is computed, and is "any" then.
            if !left.values.get("risk_score").is_some_and(Value::is_string) {
                left.open.remove("risk_score");
            }
            let others_open = left
                .open
                .keys()
                .any(|name| !["id"].contains(&name.as_str()) && !lists.contains(&name.as_str()));
            match self.resolved(change, state, &lists).filter(|_| !others_open) {
                Some(resolved) => {
                    let row = self.row(index, resources::access_rule(&self.id(change), &resolved));
                    rows.put(row);
                }
                None => undecided = Some(format!("the rule {} is known only after apply", change.address)),
            }
        }
        rows.write(&mut self.documents);
        if let Some(why) = undecided {
            self.documents.lay_over(name, Overlay::undecided(why));
        }
    }

    // The plan itself

    fn plan_document(&mut self) {
        let mut plan = TerraformPlan {
            app: self.app.and_then(|app| self.change(app)).map(|app| app.address.clone()),
            provider_sign_in: self.app.and_then(|app| self.change(app)).and_then(|app| self.sign_in(app)),
            group_lookups: self.plan.configuration.group_lookups.clone(),
            ..TerraformPlan::default()
        };
        let mut overlay = Overlay::default();
        overlay.place(JsonPath::root(), Part { file: self.file, target: Target::Bytes(0..0) });
        for (index, change) in self.plan.changes.iter().enumerate() {
            let of_app = self.app == Some(index) || self.of_app(index) == OfApp::Yes;
            let decides = match change.kind.as_str() {
                "okta_app_oauth" | "okta_app_group_assignment" | "okta_app_group_assignments" => of_app,
                "okta_group" | "okta_group_rule" => change.action != Action::NoOp,
                _ => false,
            };
            if !decides {
                continue;
            }
            let values = |state: &Option<Attributes>| -> Option<Map<String, Value>> {
                state.as_ref().map(|state| state.values.clone())
            };
            let kept = Kept {
                kind: change.kind.clone(),
                of_app,
                change: Change {
                    actions: change.action,
                    before: values(&change.before),
                    after: values(&change.after),
                },
            };
            let at = JsonPath::root().key("resource_changes").key(&change.address);
            let part = self.part(index, JsonPath::root());
            overlay.place(at.clone(), part);
            if self.written(index).is_some() {
                for state in ["before", "after"] {
                    let at = at.clone().key("change").key(state);
                    self.place(&mut overlay, &at, index, &JsonPath::root());
                }
            }
            plan.resource_changes.insert(change.address.clone(), kept);
        }
        for address in plan.group_lookups.keys() {
            let written = self.plan.sources.as_ref().and_then(|sources| sources.data(address));
            let Some(written) = written else { continue };
            let at = JsonPath::root().key("group_lookups").key(address);
            let (whole, name) = (JsonPath::root(), JsonPath::root().key("name"));
            for (at, path) in [(at.clone(), whole), (at.key("name"), name)] {
                let part = self.configuration_part(written.nearest(&path).clone());
                overlay.place(at, part);
            }
        }
        let Ok(value) = serde_json::to_value(&plan) else { return };
        let content = Content::Part(value);
        self.documents
            .add(DocumentName::TerraformPlan, Document { file: self.file, root: JsonPath::root(), content });
        self.documents.lay_over(DocumentName::TerraformPlan, overlay);
    }
}

/// Both states of a resource.
fn states(change: Option<&ResourceChange>) -> impl Iterator<Item = &Attributes> {
    change.into_iter().flat_map(|change| change.after.iter().chain(&change.before))
}

/// Whether a change of a group rule changes who is in its groups.
fn moves_people(change: &ResourceChange) -> bool {
    let (Some(before), Some(after)) = (&change.before, &change.after) else {
        let removes = |state: &Attributes| {
            state.flag("remove_assigned_users") != Some(false)
                && state.values.get("remove_assigned_users").is_some_and(|flag| !flag.is_null())
        };
        return match change.action {
            Action::Create => {
                change.after.as_ref().is_some_and(|after| after.text("status") != Some("INACTIVE"))
            }
            // Members stay in the group unless they are to be removed.
            Action::Delete => change.before.as_ref().is_some_and(removes),
            _ => false,
        };
    };
    let read = ["status", "group_assignments", "expression_type", "expression_value", "users_excluded"];
    change.action == Action::Replace
        || read
            .iter()
            .any(|name| after.open.contains_key(*name) || before.values.get(*name) != after.values.get(*name))
}

/// Whether a URI is on a host of Torq.
fn on_torq(uri: &str) -> bool {
    let host = uri.split_once("://").map_or("", |(_, rest)| rest);
    let host = host.split(['/', ':', '?']).next().unwrap_or_default();
    host == "torq.io" || host.ends_with(".torq.io")
}
