//! One connection as a whole: every document read into facts, and the faults and gaps that came up on the way.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::document::connection::Connection;
use crate::document::fleet::Member;
use crate::document::manifest::{self, Manifest};
use crate::document::okta as okta_shape;
use crate::document::project::Expectation;
use crate::document::rows::Columns;
use crate::document::torq as torq_shape;
use crate::document::{DocumentName, Documents, JsonPath, ReadFault, reading};

use super::claims::{self, Claim};
use super::connection::Wizard;
use super::directory::{Directory, Extent, Listing, Sources};
use super::fact::{Cause, Fact, Gap};
use super::okta::{App, AuthorizationServer, Discovery, GroupRule};
use super::policy::{self, AccessRule, TokenPolicy};
use super::terraform::PlanFacts;
use super::torq::{self, Mapping, Roles, TorqUser};

/// One connection as its documents describe it. Each field is what was read of it; what is not there says why.
#[derive(Debug, Clone)]
pub struct World {
    pub name: String,
    pub wizard: Wizard,
    /// `okta/organization.json`'s pipeline.
    pub pipeline: Fact<String>,
    pub discovery: Fact<Discovery>,
    pub app: Fact<App>,
    /// The app's own claim, read or declared; absent where none is set.
    pub own_claim: Fact<Claim>,
    /// The custom domain, where the id-token settings give it.
    pub custom_url: Fact<String>,
    pub federated_claims: Fact<Vec<Claim>>,
    /// Whether a federated claim that is not among them is known not to be there.
    pub federated_claims_complete: bool,
    pub authorization_server: Fact<AuthorizationServer>,
    pub server_claims: Fact<Vec<Claim>>,
    /// Whether a claim that is not among them is known not to be there.
    pub server_claims_complete: bool,
    pub server_policies: Fact<Vec<TokenPolicy>>,
    pub server_policies_complete: bool,
    /// Ids of assigned groups in the order of `okta/app-groups.json`.
    pub app_groups: Fact<Vec<String>>,
    /// Whether a group that is not among them is known not to be assigned.
    pub app_groups_complete: bool,
    pub group_rules: Fact<Vec<GroupRule>>,
    /// Active rules of the app's sign-in policy by priority.
    pub access_rules: Fact<Vec<AccessRule>>,
    pub directory: Directory,
    /// By rank; unknown unless all of them were read, since any other could come first.
    pub mappings: Fact<Vec<Mapping>>,
    /// Emails that a mapping names, in the file's order, whether or not all mappings were read.
    pub mapped_emails: Vec<String>,
    pub roles: Fact<Roles>,
    /// Whether a role that is not among them is known not to be in the workspace.
    pub roles_complete: bool,
    pub torq_users: Fact<Vec<TorqUser>>,
    pub torq_user_list: Listing,
    pub manifest: Option<Manifest>,
    /// The Terraform plan that was laid over the documents.
    pub plan: Option<PlanFacts>,
    /// Who is expected to get which role in this connection, in the order of the project file.
    pub expectations: Vec<Expectation>,
    /// Every connection of the run, this one too; nothing where it is looked at alone.
    pub fleet: Arc<Vec<Member>>,
    /// Documents that are there and could not be read.
    pub faults: Vec<ReadFault>,
    /// What is missing as a document: not there, refused, unreadable or incomplete.
    pub document_gaps: Vec<Gap>,
}

impl World {
    /// Reads every document. Never fails: what cannot be read is unknown.
    pub fn load(documents: &Documents) -> Self {
        Loader::new(documents).load()
    }

    /// Role names for output: the list's, else the id.
    pub fn role_label<'a>(&'a self, id: &'a torq::RoleId) -> &'a str {
        self.roles.known().map_or(id.0.as_str(), |roles| roles.label(id))
    }

    /// `None` where it is not known; without a role list nothing is.
    pub fn can_repair_sso(&self, id: &torq::RoleId) -> Option<bool> {
        self.roles.known().and_then(|roles| roles.can_repair_sso(id))
    }
}

/// Reads a document into its shape; `None` where it is not there.
type Reader<T> = fn(&Documents, &DocumentName) -> Option<Result<T, ReadFault>>;

struct Loader<'a> {
    documents: &'a Documents,
    manifest: Option<Manifest>,
    faults: Vec<ReadFault>,
    gaps: Vec<Gap>,
}

impl<'a> Loader<'a> {
    fn new(documents: &'a Documents) -> Self {
        Self { documents, manifest: None, faults: Vec::new(), gaps: Vec::new() }
    }

    fn load(mut self) -> World {
        self.manifest = self.manifest();
        let connection = self.connection();
        let wizard = match &connection {
            Fact::Known(connection) => Wizard::new(connection),
            Fact::Absent => Wizard::new(&Connection::default()),
            Fact::Unknown(gap) => Wizard::unknown(gap),
        };
        let name = name(self.documents, connection.known());
        let expectations = self
            .documents
            .judgements
            .expectations
            .iter()
            .filter(|expectation| expectation.connections.matches(&name))
            .cloned()
            .collect();
        let open = self.documents.overlay(&DocumentName::App).map(|overlay| overlay.unknown.clone());
        let app = self.one::<okta_shape::App>(&DocumentName::App).map(|app| {
            let mut app = App::new(&app);
            open.unwrap_or_default().into_iter().for_each(|(path, why)| app.leave_open(&path, why));
            app
        });
        let id_token = self.one::<okta_shape::IdToken>(&DocumentName::IdToken);
        let (own_claim, custom_url) = own_claim(id_token, &wizard);
        let (app_groups, app_groups_listing) = self.list::<okta_shape::AppGroup>(&DocumentName::AppGroups);
        let (torq_users, torq_user_list) = self.torq_users();
        let (mappings, mapped_emails) = self.mappings();
        let (federated_claims, federated_claims_complete) = self.part_list(&DocumentName::FederatedClaims);
        let (server_claims, server_claims_complete) =
            self.part_list(&DocumentName::AuthorizationServerClaims);
        let (server_policies, server_policies_complete) =
            self.part_list(&DocumentName::AuthorizationServerPolicies);
        let (roles, roles_complete) = self.roles();
        let world = World {
            name,
            wizard,
            pipeline: self
                .one::<okta_shape::Organization>(&DocumentName::Organization)
                .and_then(|organization| Fact::optional(organization.pipeline)),
            discovery: self.one::<okta_shape::OpenidConfiguration>(&DocumentName::OpenidConfiguration).map(
                |document| Discovery { issuer: document.issuer, scopes_supported: document.scopes_supported },
            ),
            app,
            own_claim,
            custom_url,
            federated_claims: federated_claims.map(claims::federated),
            federated_claims_complete,
            authorization_server: self
                .one::<okta_shape::AuthorizationServer>(&DocumentName::AuthorizationServer)
                .map(|server| AuthorizationServer::new(&server)),
            server_claims: server_claims.map(claims::of_server),
            server_claims_complete,
            server_policies: server_policies.map(policy::token_policies),
            server_policies_complete,
            app_groups_complete: app_groups_listing.is_complete(),
            app_groups: match app_groups_listing {
                Listing::Read { .. } => Fact::Known(app_groups.into_iter().map(|group| group.id).collect()),
                Listing::Unknown(gap) => Fact::Unknown(gap),
            },
            group_rules: self.whole_list(&DocumentName::GroupRules).map(group_rules),
            access_rules: self.whole_list(&DocumentName::AccessPolicyRules).map(policy::access_rules),
            directory: self.directory(),
            mappings,
            mapped_emails,
            roles,
            roles_complete,
            torq_users,
            torq_user_list,
            manifest: None,
            plan: self.plan(),
            expectations,
            fleet: self.documents.fleet.clone(),
            faults: Vec::new(),
            document_gaps: Vec::new(),
        };
        self.gaps.sort();
        self.gaps.dedup();
        World { manifest: self.manifest, faults: self.faults, document_gaps: self.gaps, ..world }
    }

    fn manifest(&mut self) -> Option<Manifest> {
        match reading::read::<Manifest>(self.documents, &DocumentName::Manifest)? {
            Ok(manifest) if manifest.format == manifest::FORMAT => Some(manifest),
            Ok(manifest) => {
                let file = self
                    .documents
                    .get(&DocumentName::Manifest)
                    .and_then(|document| self.documents.file(document))
                    .map(|file| file.path.clone())
                    .unwrap_or_default();
                self.faults.push(ReadFault {
                    file,
                    position: None,
                    document: Some(DocumentName::Manifest),
                    path: JsonPath::root().key("format"),
                    message: format!(
                        "the snapshot's format is {}, and this version reads format {}; use the version that wrote it",
                        manifest.format,
                        manifest::FORMAT
                    ),
                });
                // Nothing in it may be believed to be whole.
                Some(Manifest::default())
            }
            Err(fault) => {
                self.faults.push(fault);
                Some(Manifest::default())
            }
        }
    }

    fn plan(&mut self) -> Option<PlanFacts> {
        match reading::read(self.documents, &DocumentName::TerraformPlan)? {
            Ok(plan) => Some(PlanFacts::new(plan)),
            Err(fault) => {
                self.faults.push(fault);
                None
            }
        }
    }

    fn connection(&mut self) -> Fact<Connection> {
        self.one(&DocumentName::Connection)
    }

    /// Reads a document that is one object.
    fn one<T: DeserializeOwned>(&mut self, name: &DocumentName) -> Fact<T> {
        self.read(name, reading::read::<T>)
    }

    fn read<T>(&mut self, name: &DocumentName, read: Reader<T>) -> Fact<T> {
        if let Some(fault) = reading::refusal(self.documents, name) {
            let why = fault.message.clone();
            self.faults.push(fault);
            return self.missing(name, Cause::Refused(why));
        }
        if let Some(why) = self.documents.overlay(name).and_then(|overlay| overlay.undecided.clone()) {
            return self.missing(name, Cause::Planned(why));
        }
        match read(self.documents, name) {
            Some(Ok(value)) => Fact::Known(value),
            Some(Err(fault)) => {
                self.faults.push(fault);
                self.missing(name, Cause::Unreadable)
            }
            None => {
                let refused = self.manifest.as_ref().and_then(|manifest| {
                    manifest
                        .refused
                        .iter()
                        .find(|refusal| refusal.document == name.path())
                        .map(|refusal| refusal.why.clone())
                });
                self.missing(name, refused.map_or(Cause::NotRead, Cause::Refused))
            }
        }
    }

    fn missing<T>(&mut self, name: &DocumentName, cause: Cause) -> Fact<T> {
        let gap = Gap::document(name.clone(), cause);
        self.gaps.push(gap.clone());
        Fact::Unknown(gap)
    }

    fn extent(&self, name: &DocumentName) -> (bool, Vec<String>) {
        let (complete, looked_up) = self.extent_as_read(name);
        let overlay = self.documents.overlay(name);
        let open = overlay.is_some_and(|overlay| overlay.unknown.contains_key(&JsonPath::root()));
        (complete && !open, looked_up)
    }

    fn extent_as_read(&self, name: &DocumentName) -> (bool, Vec<String>) {
        match &self.manifest {
            None => (true, Vec::new()),
            Some(manifest) => manifest
                .documents
                .get(&name.path())
                .map_or_else(Default::default, |extent| (extent.complete, extent.looked_up.clone())),
        }
    }

    fn list<T: DeserializeOwned>(&mut self, name: &DocumentName) -> (Vec<T>, Listing) {
        let rows = self.one(name);
        self.listed(name, rows)
    }

    /// A long list, as columns.
    fn rows<C: Columns>(&mut self, name: &DocumentName) -> (Arc<C>, Listing) {
        let rows = self.read(name, reading::read_rows);
        self.listed(name, rows)
    }

    fn listed<T: Default>(&mut self, name: &DocumentName, rows: Fact<T>) -> (T, Listing) {
        match rows {
            Fact::Known(rows) => {
                let (complete, looked_up) = self.extent(name);
                if !complete {
                    self.gaps.push(Gap::document(name.clone(), Cause::Incomplete));
                }
                // People are found but for case; a group is looked up by its exact name.
                let exact = *name == DocumentName::Groups;
                let spelled = |asked: String| if exact { asked } else { asked.to_lowercase() };
                let looked_up = looked_up.into_iter().map(spelled).collect();
                (rows, Listing::Read { complete, looked_up })
            }
            Fact::Absent => (T::default(), Listing::Read { complete: true, looked_up: Default::default() }),
            Fact::Unknown(gap) => (T::default(), Listing::Unknown(gap)),
        }
    }

    /// A list that says nothing unless it is whole: what it lacks could decide.
    fn whole_list<T: DeserializeOwned>(&mut self, name: &DocumentName) -> Fact<Vec<T>> {
        let (rows, listing) = self.list(name);
        if listing.is_complete() { Fact::Known(rows) } else { Fact::Unknown(listing.gap(name)) }
    }

    /// A list of which each row counts, and whether it is whole.
    fn part_list<T: DeserializeOwned>(&mut self, name: &DocumentName) -> (Fact<Vec<T>>, bool) {
        let (rows, listing) = self.list(name);
        match listing {
            Listing::Read { complete, .. } => (Fact::Known(rows), complete),
            Listing::Unknown(gap) => (Fact::Unknown(gap), false),
        }
    }

    fn mappings(&mut self) -> (Fact<Vec<Mapping>>, Vec<String>) {
        let name = DocumentName::ClaimMappings;
        let rows = self.one::<torq_shape::ClaimMappings>(&name);
        let named = rows.known().into_iter().flat_map(|rows| &rows.claim_mappings);
        let emails =
            named.filter(|row| row.claim_name == "email").map(|row| row.claim_value.clone()).collect();
        (self.whole(&name, rows).map(|rows| torq::mappings(rows.claim_mappings)), emails)
    }

    fn torq_users(&mut self) -> (Fact<Vec<TorqUser>>, Listing) {
        let name = DocumentName::TorqUsers;
        match self.one::<torq_shape::Users>(&name) {
            Fact::Known(rows) => {
                let (complete, looked_up) = self.extent(&name);
                if !complete {
                    self.gaps.push(Gap::document(name, Cause::Incomplete));
                }
                let looked_up = looked_up.into_iter().map(|name| name.to_lowercase()).collect();
                (Fact::Known(torq::users(rows.users)), Listing::Read { complete, looked_up })
            }
            Fact::Absent => (Fact::Absent, Listing::Read { complete: true, looked_up: Default::default() }),
            Fact::Unknown(gap) => (Fact::Unknown(gap.clone()), Listing::Unknown(gap)),
        }
    }

    fn roles(&mut self) -> (Fact<Roles>, bool) {
        let name = DocumentName::Roles;
        let rows = self.one::<torq_shape::Roles>(&name);
        let complete = self.extent(&name).0;
        if rows.known().is_some() && !complete {
            self.gaps.push(Gap::document(name, Cause::Incomplete));
        }
        (rows.map(|rows| Roles::new(rows.roles)), complete)
    }

    fn whole<T>(&mut self, name: &DocumentName, value: Fact<T>) -> Fact<T> {
        if value.known().is_some() && !self.extent(name).0 {
            return self.missing(name, Cause::Incomplete);
        }
        value
    }

    fn directory(&mut self) -> Directory {
        let documents = self.documents;
        let users = self.rows(&DocumentName::Users);
        let app_users = self.rows(&DocumentName::AppUsers);
        let groups = self.list(&DocumentName::Groups);
        let mut group_users = Vec::new();
        let mut user_groups = Vec::new();
        for name in documents.names() {
            match name {
                DocumentName::GroupUsers(id) => {
                    let (rows, listing) = self.rows(name);
                    part(rows, &listing, &mut group_users, id);
                }
                DocumentName::UserGroups(id) => {
                    let (rows, listing) = self.list(name);
                    part(rows, &listing, &mut user_groups, id);
                }
                _ => {}
            }
        }
        Directory::new(Sources { users, app_users, groups, group_users, user_groups })
    }
}

fn part<T>(rows: T, listing: &Listing, into: &mut Vec<(String, T, Extent)>, id: &str) {
    if let Listing::Read { complete, .. } = listing {
        into.push((id.to_owned(), rows, if *complete { Extent::Whole } else { Extent::Part }));
    }
}

/// The id-token settings decide; a declaration only stands in for them.
fn own_claim(id_token: Fact<okta_shape::IdToken>, wizard: &Wizard) -> (Fact<Claim>, Fact<String>) {
    // Every recorded answer says the issuer. One that says nothing at all does not say either that there is no claim.
    let settings = id_token.and_then(|settings| {
        if settings == okta_shape::IdToken::default() {
            let issuer = JsonPath::root().key("issuer");
            return Fact::Unknown(Gap::new(DocumentName::IdToken, issuer, Cause::NotThere));
        }
        Fact::Known(settings)
    });
    match (settings, &wizard.declared_groups_claim) {
        (Fact::Known(settings), _) => {
            let custom = settings.custom_url.clone().map(|url| url.trim_end_matches('/').to_owned());
            (
                Fact::optional(claims::own(&settings)),
                Fact::required(custom, DocumentName::IdToken, JsonPath::root().key("customUrl")),
            )
        }
        (Fact::Absent, _) => (Fact::Absent, Fact::Absent),
        // A declaration says what Okta has, not what a plan makes of it.
        (Fact::Unknown(gap), Some(declared)) if !matches!(gap.cause, Cause::Planned(_)) => {
            (Fact::Known(claims::declared(declared)), Fact::Unknown(gap))
        }
        (Fact::Unknown(gap), _) => (Fact::Unknown(gap.clone()), Fact::Unknown(gap)),
    }
}

fn group_rules(rows: Vec<okta_shape::GroupRule>) -> Vec<GroupRule> {
    rows.into_iter()
        .enumerate()
        .map(|(position, row)| GroupRule {
            id: row.id,
            name: row.name,
            status: row.status,
            group_ids: row
                .actions
                .and_then(|actions| actions.assign_user_to_groups)
                .and_then(|assigned| assigned.group_ids)
                .unwrap_or_default(),
            position,
        })
        .collect()
}

/// How the connection is called: as the project file has it, else as `connection.yaml` says, else after the folder or file it came from.
pub fn connection_name(documents: &Documents) -> String {
    let connection = reading::read::<Connection>(documents, &DocumentName::Connection);
    name(documents, connection.and_then(Result::ok).as_ref())
}

/// The label of the connection's app in Okta; `None` where it is not known.
pub fn app_label(documents: &Documents) -> Option<String> {
    let label = JsonPath::root().key("label");
    if let Some(planned) = documents.overlay(&DocumentName::App)
        && (planned.undecided.is_some() || planned.unknown.contains_key(&label))
    {
        return None;
    }
    reading::read::<okta_shape::App>(documents, &DocumentName::App)?.ok()?.label
}

/// The connection among those of its run.
pub fn member(documents: &Documents) -> Member {
    let connection = reading::read::<Connection>(documents, &DocumentName::Connection).and_then(Result::ok);
    Member::new(name(documents, connection.as_ref()), &connection.unwrap_or_default())
}

fn name(documents: &Documents, connection: Option<&Connection>) -> String {
    let own = || connection.and_then(|connection| connection.name.clone());
    documents.called.clone().or_else(own).unwrap_or_else(|| fallback_name(&documents.origin))
}

/// A connection without a name is called after the folder or file that it came from.
fn fallback_name(origin: &str) -> String {
    let last = origin.trim_end_matches('/').rsplit('/').next().unwrap_or(origin);
    let stem = last.split('.').next().unwrap_or(last);
    if stem.is_empty() { "connection".to_owned() } else { stem.to_owned() }
}
