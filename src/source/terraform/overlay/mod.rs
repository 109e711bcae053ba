//! Lays one side of a plan over the documents of a connection: what will be there after apply, or what Terraform knew before.
//!
//! What the plan does not name stays as it was read. What it leaves open is left open: a list of which it does not name every row is not whole, a
//! field that is known only after apply is not there and says why.

mod app;
mod assignments;
mod authorization_server;
mod choice;
mod claims;
mod facts;
mod groups;
mod places;
mod references;
mod sign_in_policy;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::document::okta as shape;
use crate::document::position::Format;
use crate::document::{DocumentName, Documents, JsonPath, ReadFault, SourceFile, reading};
use crate::source::snapshot::Snapshot;
use crate::source::terraform::masked;
use crate::source::terraform::plan::{Plan, ResourceChange};
use crate::source::terraform::rows::Rows;

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
        let file = documents.add_file(SourceFile {
            path: plan.path.clone(),
            text: Arc::from(""),
            format: Format::Json,
        });
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
        self.documents.replace_text(self.file, masked::text(self.plan, &shown));
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

    fn rows(&self, name: &DocumentName) -> Option<Rows> {
        Rows::read(&self.documents, name, None, self.file)
    }

    fn one<T: serde::de::DeserializeOwned>(&self, name: &DocumentName) -> Option<T> {
        reading::read(&self.documents, name)?.ok()
    }

    /// Of a new app there is only what the plan assigns.
    fn start(&self, rows: &mut Rows) {
        if self.app.and_then(|app| self.change(app)).is_some_and(|app| self.is_new(app)) {
            rows.start_anew();
        }
    }

    /// Takes the row of a resource out that is deleted, or made anew.
    fn drop_former(&self, rows: &mut Rows, change: &'a ResourceChange) {
        if let Some(gone) = self.former(change).and_then(|state| state.text("id"))
            && (self.state(change).is_none() || self.is_new(change))
        {
            rows.remove(gone);
        }
    }
}
