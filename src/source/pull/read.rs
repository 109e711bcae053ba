//! Reads one connection: settings first, then the names of all groups, then what decides. Says beforehand how many requests it will make.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use globset::GlobBuilder;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::document::manifest::{self, Extent, Manifest, Span};
use crate::document::okta as okta_shape;
use crate::document::torq as torq_shape;
use crate::document::{DocumentName, manifest::Refusal};
use crate::source::http::{Answer, Host};

use super::ledger::{Answered, Ledger};
use super::okta::{self, AppUserRow, GroupRow, OktaId};
use super::plan::{self, Settings, Side, Survey, SurveyedGroup};
use super::{AppChoice, Credential, Failure, Live, PullError, Pulled, canonical, clock, torq};

/// Requests under way at the same time.
const AT_ONCE: usize = 8;

/// The gaps of a reading as a whole.
pub const CHANGED_WHILE_READING: &str = "changed-while-reading";
pub const NOT_READ_AGAIN: &str = "not-read-again";

/// What a reader says while it reads, for progress.
pub type Tell<'a> = &'a (dyn Fn(&str) + Sync);

/// Reads a connection. What is refused or fails is a gap; an error is a connection that could not be read at all.
pub async fn connection(live: &Live, tell: Tell<'_>) -> Result<Pulled, PullError> {
    let mut reading = Reading::new(live, tell).once().await?;
    let mut gaps = Vec::new();
    if reading.end == End::Changed {
        tell("the app or the claim mappings changed while they were read: reading once more from the start");
        let notices = std::mem::take(&mut reading.notices);
        reading = Reading { answers: Answers::Anew, ..Reading::new(live, tell) }.once().await?;
        reading.notices.splice(0..0, notices);
        reading.notices.dedup();
    }
    match reading.end {
        End::Same => {}
        End::Changed => gaps.push(CHANGED_WHILE_READING.to_owned()),
        End::NotKnown => gaps.push(NOT_READ_AGAIN.to_owned()),
    }
    Ok(reading.sealed(gaps))
}

/// Whether what was read first was still so at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Same,
    Changed,
    NotKnown,
}

/// How much of the organisation the credential sees: a list that lacks `Everyone` proves that it is a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sight {
    Whole,
    Part,
}

/// Who gets a verdict, apart from those whom a mapping or Torq names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Considered {
    /// Federation broker mode.
    Everyone,
    Assigned,
}

struct Reading<'a> {
    live: &'a Live,
    tell: Tell<'a>,
    ledger: Ledger,
    notices: Vec<String>,
    end: End,
    okta_span: Option<Span>,
    torq_span: Option<Span>,
    made: Arc<AtomicU64>,
    answers: Answers,
    /// When the first answer was asked for, of those that others asked for before.
    since: Arc<Mutex<Option<SystemTime>>>,
}

/// Whether what another connection of the organisation was answered will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answers {
    OfOthersToo,
    Anew,
}

/// What Torq answered.
#[derive(Default)]
struct Workspace {
    mappings: Vec<torq_shape::ClaimMapping>,
    roles: Vec<torq_shape::Role>,
    users: Vec<torq_shape::User>,
}

/// What Okta answered about the app and its policies.
#[derive(Default)]
struct Organization {
    app_id: Option<OktaId>,
    app: Option<okta_shape::App>,
    id_token: Option<okta_shape::IdToken>,
    access_rules: Vec<okta_shape::AccessPolicyRule>,
    token_policies: Vec<okta_shape::AuthorizationServerPolicy>,
    group_rules: Option<Vec<okta_shape::GroupRule>>,
    groups: Option<Vec<GroupRow>>,
    assigned: Option<Vec<okta_shape::AppGroup>>,
}

/// Everyone whose record is known, and everyone with an app-user row.
#[derive(Default)]
struct People {
    users: BTreeMap<String, okta_shape::User>,
    app_users: Option<Vec<okta_shape::AppUser>>,
    looked_up: BTreeSet<String>,
    everyone: bool,
}

impl<'a> Reading<'a> {
    fn new(live: &'a Live, tell: Tell<'a>) -> Self {
        Self {
            live,
            tell,
            ledger: Ledger::default(),
            notices: Vec::new(),
            end: End::Same,
            okta_span: None,
            torq_span: None,
            made: Arc::default(),
            answers: Answers::OfOthersToo,
            since: Arc::default(),
        }
    }

    fn note(&mut self, text: String) {
        (self.tell)(&text);
        self.notices.push(text);
    }

    fn asker(&self, host: Host) -> Asker {
        Asker { host, made: Arc::clone(&self.made), answers: self.answers, since: Arc::clone(&self.since) }
    }

    fn okta_asker(&self) -> Asker {
        self.asker(self.live.okta.host.clone())
    }

    /// Requests of this reading so far, tokens included and retries apart; a list may count one page too many.
    fn requests(&self) -> u64 {
        let okta_token = u64::from(self.live.okta.credential == Credential::ServiceApp) * 2;
        self.made.load(Ordering::Relaxed) + okta_token + u64::from(self.live.torq.is_some())
    }

    async fn once(mut self) -> Result<Self, PullError> {
        let from = now();
        let workspace = self.torq().await;
        if self.live.torq.is_some() {
            self.torq_span = Some(Span { from: from.clone(), to: now() });
        }
        let from = now();
        let organization = self.okta().await?;
        let survey = self.survey(&organization, &workspace).await;
        let sight = sight(organization.groups.as_deref());
        self.file_groups(&organization, &survey, sight);
        self.announce(&survey);
        let people = self.people(&organization, &survey, sight).await;
        self.memberships(&survey, &people, sight).await;
        self.file_people(people, sight);
        self.end = self.read_again(&organization).await;
        let since = self.since.lock().unwrap_or_else(PoisonError::into_inner).map(clock::moment);
        self.okta_span = Some(Span { from: since.filter(|since| *since < from).unwrap_or(from), to: now() });
        Ok(self)
    }

    async fn torq(&mut self) -> Workspace {
        let mut workspace = Workspace::default();
        let documents = [
            (DocumentName::ClaimMappings, torq::CLAIM_MAPPINGS),
            (DocumentName::Roles, torq::ROLES),
            (DocumentName::TorqUsers, torq::USERS),
        ];
        let Some(host) = self.live.torq.clone().map(|host| self.asker(host)) else {
            for (name, _) in documents {
                self.ledger.refuse(&name, None, "no Torq key is configured for this connection; add torq.client_id and torq.client_secret to ssolint.yaml");
            }
            return workspace;
        };
        let asked = documents.into_iter().map(|(name, path)| (name, path.to_owned())).collect();
        let mut answers = host.objects(asked).await;
        let mut take = |name: DocumentName| answers.remove(&name);
        let (mappings, roles, users) =
            (take(DocumentName::ClaimMappings), take(DocumentName::Roles), take(DocumentName::TorqUsers));
        if let Some(found) =
            self.torq_list::<torq_shape::ClaimMappings>(DocumentName::ClaimMappings, mappings)
        {
            workspace.mappings = found.claim_mappings;
        }
        if let Some(found) = self.torq_list::<torq_shape::Roles>(DocumentName::Roles, roles) {
            workspace.roles = found.roles;
        }
        if let Some(found) = self.torq_list::<torq_shape::Users>(DocumentName::TorqUsers, users) {
            workspace.users = found.users;
        }
        workspace
    }

    fn torq_list<T: serde::de::DeserializeOwned + serde::Serialize>(
        &mut self,
        name: DocumentName,
        answer: Option<Answered<String>>,
    ) -> Option<T> {
        let text = self.ledger.found(&name, answer?)?;
        let next = canonical::object::<torq::NextPage>(&text).unwrap_or_default();
        let found = self.ledger.one::<T>(&name, Ok(Answer::Found(text)))?;
        let extent = if next.is_there() { Extent::default() } else { whole() };
        self.ledger.put(name, &found, extent);
        Some(found)
    }

    /// The app, its policies and the names of all groups.
    async fn okta(&mut self) -> Result<Organization, PullError> {
        let host = self.okta_asker();
        let mut organization = Organization::default();
        let app_id = self.app_id(&host).await?;
        let app = match host.get(&okta::app(&app_id)).await {
            Ok(Answer::Refused { status: 401, why }) => return Err(PullError::NotSignedIn(why)),
            Err(error) => return Err(PullError::NotReached(error.to_string())),
            answer => self.ledger.one::<okta_shape::App>(&DocumentName::App, answer),
        };
        let policy = app
            .as_ref()
            .and_then(|app| app.links.as_ref()?.access_policy.as_ref()?.id())
            .and_then(OktaId::new);
        if let Some(app) = &app {
            self.ledger.put(DocumentName::App, app, whole());
        }
        let issuer_path =
            self.live.okta.issuer.as_ref().map(|issuer| issuer.path.clone()).unwrap_or_default();
        let server = okta::custom_server(&issuer_path);

        let mut objects = vec![(DocumentName::Organization, okta::ORGANIZATION.to_owned())];
        if self.live.okta.credential == Credential::ApiToken {
            objects.push((DocumentName::IdToken, okta::id_token(&app_id)));
        } else {
            self.ledger.refuse(&DocumentName::IdToken, Some(403), "Okta refuses the id-token settings to service apps. Read them with an API token, declare okta.groups_claim in connection.yaml, take them from Terraform, or from a captured token");
        }
        let mut lists = vec![
            (DocumentName::FederatedClaims, okta::federated_claims(&app_id)),
            (DocumentName::AppGroups, okta::app_groups(&app_id)),
            (DocumentName::GroupRules, okta::group_rules()),
            (DocumentName::Groups, okta::groups()),
        ];
        if let Some(policy) = &policy {
            lists.push((DocumentName::AccessPolicyRules, okta::access_policy_rules(policy)));
        }
        if let Some(server) = &server {
            objects.push((DocumentName::AuthorizationServer, okta::authorization_server(server)));
            lists.push((DocumentName::AuthorizationServerClaims, okta::authorization_server_claims(server)));
            lists.push((
                DocumentName::AuthorizationServerPolicies,
                okta::authorization_server_policies(server),
            ));
        }
        let issuer =
            self.live.okta.issuer.clone().filter(|issuer| issuer.path.is_empty() || server.is_some());
        if issuer.is_none() {
            self.ledger.refuse(&DocumentName::OpenidConfiguration, None, "the issuer URL in connection.yaml is none of Okta's: neither the organisation's URL nor …/oauth2/{id}, so nothing was asked there");
        }
        let issuer = issuer.map(|issuer| (self.asker(issuer.host), issuer.path));
        let discovery = async move {
            match issuer {
                Some((host, path)) => Some(host.get(&okta::discovery(&path)).await),
                None => None,
            }
        };
        let (mut objects, mut lists, discovery) =
            tokio::join!(host.objects(objects), host.lists(lists), discovery);
        let mut object = |name: &DocumentName| objects.remove(name);
        let mut list = |name: &DocumentName| lists.remove(name);

        if let Some(answer) = discovery {
            self.file_one::<okta_shape::OpenidConfiguration>(DocumentName::OpenidConfiguration, answer);
        }
        if let Some(answer) = object(&DocumentName::Organization) {
            self.file_one::<okta_shape::Organization>(DocumentName::Organization, answer);
        }
        if let Some(answer) = object(&DocumentName::IdToken) {
            organization.id_token = self.file_one::<okta_shape::IdToken>(DocumentName::IdToken, answer);
        }
        if let Some(answer) = list(&DocumentName::FederatedClaims) {
            self.file_rows::<okta_shape::FederatedClaim>(DocumentName::FederatedClaims, answer);
        }
        if let Some(answer) = list(&DocumentName::AccessPolicyRules) {
            organization.access_rules =
                self.file_rows(DocumentName::AccessPolicyRules, answer).unwrap_or_default();
        }
        if let Some(answer) = object(&DocumentName::AuthorizationServer) {
            self.file_one::<okta_shape::AuthorizationServer>(DocumentName::AuthorizationServer, answer);
        }
        if let Some(answer) = list(&DocumentName::AuthorizationServerClaims) {
            self.file_rows::<okta_shape::AuthorizationServerClaim>(
                DocumentName::AuthorizationServerClaims,
                answer,
            );
        }
        if let (Some(answer), Some(server)) = (list(&DocumentName::AuthorizationServerPolicies), &server) {
            organization.token_policies = self.token_policies(&host, server, answer).await;
        }
        if let Some(answer) = list(&DocumentName::AppGroups) {
            organization.assigned = self.ledger.rows(&DocumentName::AppGroups, answer);
        }
        if let Some(answer) = list(&DocumentName::GroupRules) {
            organization.group_rules = self.ledger.rows(&DocumentName::GroupRules, answer);
        }
        if let Some(answer) = list(&DocumentName::Groups) {
            organization.groups = self.ledger.rows(&DocumentName::Groups, answer);
        }
        organization.app = app;
        organization.app_id = Some(app_id);
        Ok(organization)
    }

    async fn app_id(&mut self, host: &Asker) -> Result<OktaId, PullError> {
        let label = match &self.live.okta.app {
            AppChoice::Id(id) => return Ok(id.clone()),
            AppChoice::Label(label) => label,
        };
        let glob = GlobBuilder::new(label)
            .build()
            .map_err(|error| PullError::App(format!("okta.app_label: {label:?} is not a glob: {error}")))?
            .compile_matcher();
        let begins: String =
            label.chars().take_while(|c| !matches!(c, '*' | '?' | '[' | '{' | '\\')).collect();
        let rows = match host.list(&okta::apps(&begins)).await {
            Ok(Answer::Found(rows)) => rows,
            Ok(Answer::Refused { status: 401, why }) => return Err(PullError::NotSignedIn(why)),
            Ok(Answer::Refused { status, why }) => {
                return Err(PullError::App(format!(
                    "the apps could not be listed ({status}): {why}; give the app's id instead: okta.app_id"
                )));
            }
            Ok(Answer::NotThere) => {
                return Err(PullError::App(
                    "Okta has no list of apps here (404); look at okta.org_url".to_owned(),
                ));
            }
            Err(error) => return Err(PullError::NotReached(error.to_string())),
        };
        let apps: Vec<okta_shape::App> = canonical::rows(rows).map_err(PullError::App)?;
        let fits = |app: &&okta_shape::App| {
            app.sign_on_mode.as_deref() == Some("OPENID_CONNECT")
                && app.label.as_deref().is_some_and(|label| glob.is_match(label))
        };
        let found: Vec<&okta_shape::App> = apps.iter().filter(fits).collect();
        let names = |apps: &[&okta_shape::App]| {
            let name = |app: &&okta_shape::App| {
                format!(
                    "{} ({})",
                    app.label.as_deref().unwrap_or_default(),
                    app.id.as_deref().unwrap_or_default()
                )
            };
            apps.iter().take(5).map(name).collect::<Vec<_>>().join(", ")
        };
        match found.as_slice() {
            [app] => app.id.as_deref().and_then(OktaId::new).ok_or_else(|| {
                PullError::App(format!("the app that {label:?} names has no id that can stand in a path"))
            }),
            [] => {
                let there: Vec<&okta_shape::App> =
                    apps.iter().filter(|app| app.sign_on_mode.as_deref() == Some("OPENID_CONNECT")).collect();
                let there =
                    if there.is_empty() { String::new() } else { format!("; there are {}", names(&there)) };
                Err(PullError::App(format!("no OpenID Connect app has a label like {label:?}{there}")))
            }
            several => Err(PullError::App(format!(
                "{} apps have a label like {label:?}: {}; name one by okta.app_id",
                several.len(),
                names(several)
            ))),
        }
    }

    fn file_one<T: serde::de::DeserializeOwned + serde::Serialize>(
        &mut self,
        name: DocumentName,
        answer: Answered<String>,
    ) -> Option<T> {
        let found = self.ledger.one::<T>(&name, answer)?;
        self.ledger.put(name, &found, whole());
        Some(found)
    }

    fn file_rows<T: serde::de::DeserializeOwned + serde::Serialize>(
        &mut self,
        name: DocumentName,
        answer: Answered<Vec<Value>>,
    ) -> Option<Vec<T>> {
        let rows = self.ledger.rows::<T>(&name, answer)?;
        self.ledger.put(name, &rows, whole());
        Some(rows)
    }

    /// The policies of a custom server, each with its rules; rules that could not be read leave their policy without any.
    async fn token_policies(
        &mut self,
        host: &Asker,
        server: &OktaId,
        answer: Answered<Vec<Value>>,
    ) -> Vec<okta_shape::AuthorizationServerPolicy> {
        let name = DocumentName::AuthorizationServerPolicies;
        let Some(mut policies) = self.ledger.rows::<okta_shape::AuthorizationServerPolicy>(&name, answer)
        else {
            return Vec::new();
        };
        let ids: Vec<OktaId> =
            policies.iter().filter_map(|policy| OktaId::new(policy.id.as_deref()?)).collect();
        let asked =
            ids.into_iter().map(|id| (id.clone(), okta::authorization_server_rules(server, &id))).collect();
        let mut answers = host.lists(asked).await;
        for policy in &mut policies {
            let answer = policy.id.as_deref().and_then(OktaId::new).and_then(|id| answers.remove(&id));
            policy.rules = answer.and_then(|answer| self.ledger.rows(&name, answer));
        }
        self.ledger.put(name, &policies, whole());
        policies
    }

    /// What the settings say about what is to be read; where the group list failed, the mapped names are looked up one by one.
    async fn survey(&mut self, organization: &Organization, workspace: &Workspace) -> Survey {
        let groups = organization.groups.iter().flatten().filter_map(|row| {
            Some(SurveyedGroup {
                id: OktaId::new(&row.group.id)?,
                name: row.group.profile.as_ref().and_then(|profile| profile.name.clone()).unwrap_or_default(),
                everyone: row.is_everyone(),
                from_okta: row.group.kind.as_deref() != Some("APP_GROUP"),
                members: row.members(),
            })
        });
        let settings = Settings {
            connection: &self.live.connection,
            app: organization.app.as_ref(),
            id_token: organization.id_token.as_ref(),
            access_rules: &organization.access_rules,
            token_policies: &organization.token_policies,
            assigned: organization.assigned.as_deref().unwrap_or_default(),
            mappings: &workspace.mappings,
            roles: &workspace.roles,
            torq_users: &workspace.users,
        };
        let mut groups: Vec<SurveyedGroup> = groups.collect();
        if organization.groups.is_none() {
            let names = plan::mapped_names(settings.mappings);
            groups = self.groups_by_name(names).await;
        }
        Survey::new(groups, &settings)
    }

    /// Each mapped group by its exact name, and `Everyone`, which says whether the credential sees all.
    async fn groups_by_name(&mut self, names: BTreeSet<String>) -> Vec<SurveyedGroup> {
        let host = self.okta_asker();
        let refused = self.ledger.refused.iter().any(|refusal| {
            refusal.document == DocumentName::Groups.path() && matches!(refusal.status, Some(401 | 403))
        });
        if refused || names.is_empty() {
            return Vec::new();
        }
        let wanted: BTreeSet<String> = names.into_iter().chain(["Everyone".to_owned()]).collect();
        let asked = wanted.into_iter().map(|name| (name.clone(), okta::groups_named(&name))).collect();
        let mut rows: Vec<GroupRow> = Vec::new();
        let mut looked_up = Vec::new();
        for (name, answer) in host.lists(asked).await {
            let Ok(Answer::Found(found)) = answer else { continue };
            let Ok(found) = canonical::rows::<GroupRow>(found) else { continue };
            looked_up.push(name);
            rows.extend(found);
        }
        let seen = rows.iter().any(GroupRow::is_everyone);
        if rows.is_empty() && looked_up.is_empty() {
            return Vec::new();
        }
        rows.sort_by(|a, b| a.group.id.cmp(&b.group.id));
        rows.dedup_by(|a, b| a.group.id == b.group.id);
        let kept: Vec<&okta_shape::Group> = rows.iter().map(|row| &row.group).collect();
        let looked_up = if seen { looked_up } else { Vec::new() };
        self.ledger.put(DocumentName::Groups, &kept, Extent { complete: false, looked_up });
        rows.iter()
            .filter_map(|row| {
                Some(SurveyedGroup {
                    id: OktaId::new(&row.group.id)?,
                    name: row
                        .group
                        .profile
                        .as_ref()
                        .and_then(|profile| profile.name.clone())
                        .unwrap_or_default(),
                    everyone: row.is_everyone(),
                    from_okta: row.group.kind.as_deref() != Some("APP_GROUP"),
                    members: row.members(),
                })
            })
            .collect()
    }

    fn file_groups(&mut self, organization: &Organization, survey: &Survey, sight: Sight) {
        if let Some(rows) = &organization.groups {
            let mut groups: Vec<&okta_shape::Group> = rows.iter().map(|row| &row.group).collect();
            groups.sort_by(|a, b| a.id.cmp(&b.id));
            self.ledger.put(DocumentName::Groups, &groups, as_seen(sight));
            if sight == Sight::Part {
                self.note("the list of groups lacks Everyone, so this credential sees a part of the organisation only: nothing that it does not show is taken as absent".to_owned());
            }
        }
        if let Some(rows) = &organization.assigned {
            self.ledger.put(DocumentName::AppGroups, rows, as_seen(sight));
        }
        if let Some(rules) = &organization.group_rules {
            let fills = |rule: &&okta_shape::GroupRule| {
                let assigned =
                    rule.actions.as_ref().and_then(|actions| actions.assign_user_to_groups.as_ref());
                let ids = assigned.and_then(|assigned| assigned.group_ids.as_ref()).into_iter().flatten();
                ids.filter_map(|id| OktaId::new(id)).any(|id| survey.mapped.contains(&id))
            };
            let rules: Vec<&okta_shape::GroupRule> = rules.iter().filter(fills).collect();
            self.ledger.put(DocumentName::GroupRules, &rules, as_seen(sight));
        }
    }

    fn announce(&mut self, survey: &Survey) {
        let made = self.requests();
        let text = match survey.at_most() {
            Some(ahead) => {
                let most = made + ahead;
                let over = self.live.max_requests.filter(|allowed| *allowed < most);
                let over = over.map_or_else(String::new, |allowed| {
                    format!(", which is more than the {allowed} of --max-requests: what they do not reach becomes a gap")
                });
                format!("{made} requests made for settings and group names; at most {most} in all{over}")
            }
            None => format!(
                "{made} requests made for settings and group names; how many more are needed is not known beforehand, since this credential does not see how many people there are"
            ),
        };
        self.note(text);
    }

    /// Who is considered, and their records.
    async fn people(&mut self, organization: &Organization, survey: &Survey, sight: Sight) -> People {
        let host = self.okta_asker();
        let mut people = People::default();
        let mut without_record = false;
        if let Some(app) = &organization.app_id {
            let answer = host.list(&okta::app_users(app)).await;
            if let Some(rows) = self.ledger.rows::<AppUserRow>(&DocumentName::AppUsers, answer) {
                let users: Vec<okta_shape::User> = rows.iter().filter_map(AppUserRow::user).collect();
                without_record = users.len() < rows.len();
                people.users.extend(users.into_iter().map(|user| (user.id.clone(), user)));
                people.app_users = Some(rows.into_iter().map(|row| row.row).collect());
            }
        }
        let mut listed = false;
        if survey.broker_mode || without_record {
            let considered = if survey.broker_mode { Considered::Everyone } else { Considered::Assigned };
            listed = self.list_everyone(&host, considered, &mut people).await;
        }
        let emails: Vec<(String, String)> = survey
            .mapped_emails
            .iter()
            .filter_map(|email| Some((email.clone(), okta::user(email)?)))
            .collect();
        for (email, answer) in host.objects(emails).await {
            match answer {
                Ok(Answer::Found(text)) => {
                    if let Ok(user) = canonical::object::<okta_shape::User>(&text) {
                        people.users.insert(user.id.clone(), user);
                        people.looked_up.insert(email);
                    }
                }
                // The search below looks for the email too, whatever the login.
                Ok(Answer::NotThere) => {}
                Ok(Answer::Refused { status, why }) => {
                    self.ledger.refuse(
                        &DocumentName::Users,
                        Some(status),
                        format!("a person could not be looked up ({status}): {why}"),
                    );
                }
                Err(error) => {
                    // The path has the person in it, and a snapshot may be without names.
                    let why = error.to_string().replace(&okta::encode(&email), "…");
                    self.ledger
                        .failures
                        .push(Failure { document: DocumentName::Users, why: why.to_string() });
                    self.ledger.refuse(&DocumentName::Users, None, why);
                }
            }
        }
        let open: Vec<String> = survey
            .mapped_emails
            .union(&survey.torq_emails)
            .filter(|name| !people.looked_up.contains(*name))
            .filter(|name| !people.has(name))
            .cloned()
            .collect();
        if !open.is_empty() && !listed {
            self.search(&host, open, survey, &mut people).await;
        } else if listed {
            people.looked_up.extend(open);
        }
        people.everyone = listed && survey.broker_mode;
        if sight == Sight::Part {
            people.looked_up.clear();
        }
        people
    }

    /// Everyone's records, of which those are kept who are considered; gives whether everyone was read and kept.
    async fn list_everyone(&mut self, host: &Asker, considered: Considered, people: &mut People) -> bool {
        let answer = host.list(&okta::users()).await;
        let Some(rows) = self.ledger.rows::<okta_shape::User>(&DocumentName::Users, answer) else {
            return false;
        };
        let assigned: BTreeSet<&str> = people.app_users.iter().flatten().map(|row| row.id.as_str()).collect();
        for user in rows {
            if considered == Considered::Everyone || assigned.contains(user.id.as_str()) {
                people.users.insert(user.id.clone(), user);
            }
        }
        considered == Considered::Everyone
    }

    /// People by login or email, some at a time; or everyone, where that takes fewer requests.
    async fn search(&mut self, host: &Asker, open: Vec<String>, survey: &Survey, people: &mut People) {
        let searches = open.len().div_ceil(plan::NAMES_A_SEARCH) as u64;
        let everyone = survey.people().map(|count| plan::pages(count, okta::page::USERS));
        if everyone.is_some_and(|pages| pages < searches) {
            let answer = host.list(&okta::users()).await;
            if let Some(rows) = self.ledger.rows::<okta_shape::User>(&DocumentName::Users, answer) {
                let wanted: BTreeSet<String> = open.iter().map(|name| name.to_lowercase()).collect();
                let named = rows
                    .into_iter()
                    .filter(|user| names(user).any(|name| wanted.contains(&name.to_lowercase())));
                people.users.extend(named.map(|user| (user.id.clone(), user)));
                people.looked_up.extend(open);
            }
            return;
        }
        let batches: Vec<Vec<String>> = open.chunks(plan::NAMES_A_SEARCH).map(<[String]>::to_vec).collect();
        let asked = batches
            .into_iter()
            .map(|batch| {
                let path = okta::users_called(batch.iter().map(String::as_str));
                (batch, path)
            })
            .collect();
        for (batch, answer) in host.lists(asked).await {
            if let Some(rows) = self.ledger.rows::<okta_shape::User>(&DocumentName::Users, answer) {
                people.users.extend(rows.into_iter().map(|user| (user.id.clone(), user)));
                people.looked_up.extend(batch);
            }
        }
    }

    async fn memberships(&mut self, survey: &Survey, people: &People, sight: Sight) {
        let assigned: BTreeSet<&str> = people.app_users.iter().flatten().map(|row| row.id.as_str()).collect();
        let gone = |id: &str| {
            people.users.get(id).is_some_and(|user| user.status.as_deref() == Some("DEPROVISIONED"))
        };
        let considered: BTreeSet<OktaId> = assigned
            .iter()
            .copied()
            .chain(people.users.keys().map(String::as_str))
            .filter(|id| !gone(id))
            .filter_map(OktaId::new)
            .collect();
        let unassigned: BTreeSet<OktaId> = match survey.broker_mode {
            true => BTreeSet::new(),
            false => considered.iter().filter(|id| !assigned.contains(id.as_str())).cloned().collect(),
        };
        let named = |emails: &BTreeSet<String>| people.ids_of(emails);
        let mut personal: BTreeSet<OktaId> = named(&survey.mapped_emails);
        let repairing: Vec<OktaId> =
            named(&survey.torq_repairing).into_iter().take(plan::REPAIR_PEOPLE_MOST).collect();
        let mut room = plan::REPAIR_PEOPLE_MOST - repairing.len();
        personal.extend(repairing);

        let mut groups = BTreeSet::new();
        let mut sides = vec![plan::cheaper_side(survey, &survey.deciding(), &considered, &personal)];
        sides.push(plan::cheaper_side(survey, &survey.assigned_but_everyone(), &unassigned, &personal));
        if survey.everyone_is_assigned() {
            sides.pop();
        }
        for side in sides {
            match side {
                Side::Groups(ids) => groups.extend(ids),
                Side::People(ids) => personal.extend(ids),
            }
        }
        let members = self.group_users(&groups, sight).await;
        for id in survey.repairing.iter().filter_map(|group| members.get(group)).flatten() {
            if room > 0 && considered.contains(id) && personal.insert(id.clone()) {
                room -= 1;
            }
        }
        self.user_groups(&personal, sight).await;
        self.count_groups(survey, &groups, sight).await;
    }

    /// The members of the groups that are counted towards the limit of 100, where `--max-requests` was given and allows it.
    async fn count_groups(&mut self, survey: &Survey, read: &BTreeSet<OktaId>, sight: Sight) {
        let more: BTreeSet<OktaId> = survey.counted.difference(read).cloned().collect();
        if more.is_empty() {
            return;
        }
        let read_again = 2;
        let (made, cost) = (self.requests(), survey.cost_by_group(&more));
        match (cost, self.live.max_requests) {
            (Some(cost), Some(allowed)) if made + cost + read_again <= allowed => {
                self.group_users(&more, sight).await;
            }
            (Some(cost), _) => self.note(format!(
                "whether someone is in more than 100 groups that are sent is assumed, not read: it takes up to {cost} more requests; --max-requests {} allows them",
                made + cost + read_again
            )),
            (None, _) => self.note("whether someone is in more than 100 groups that are sent is assumed, not read".to_owned()),
        }
    }

    async fn group_users(
        &mut self,
        groups: &BTreeSet<OktaId>,
        sight: Sight,
    ) -> BTreeMap<OktaId, Vec<OktaId>> {
        let asked = groups.iter().map(|id| (id.clone(), okta::group_users(id))).collect();
        let mut members = BTreeMap::new();
        for (id, answer) in self.okta_asker().lists(asked).await {
            let name = DocumentName::GroupUsers(id.as_str().to_owned());
            let Some(mut rows) = self.ledger.rows::<okta_shape::Member>(&name, answer) else { continue };
            rows.sort_by(|a, b| a.id.cmp(&b.id));
            self.ledger.put(name, &rows, as_seen(sight));
            members.insert(id, rows.iter().filter_map(|row| OktaId::new(&row.id)).collect());
        }
        members
    }

    async fn user_groups(&mut self, people: &BTreeSet<OktaId>, sight: Sight) {
        let asked = people.iter().map(|id| (id.clone(), okta::user_groups(id))).collect();
        for (id, answer) in self.okta_asker().lists(asked).await {
            let name = DocumentName::UserGroups(id.as_str().to_owned());
            let Some(mut rows) = self.ledger.rows::<okta_shape::Group>(&name, answer) else { continue };
            rows.sort_by(|a, b| a.id.cmp(&b.id));
            self.ledger.put(name, &rows, as_seen(sight));
        }
    }

    fn file_people(&mut self, people: People, sight: Sight) {
        let People { users, app_users, looked_up, everyone } = people;
        if let Some(mut rows) = app_users {
            rows.sort_by(|a, b| a.id.cmp(&b.id));
            self.ledger.put(DocumentName::AppUsers, &rows, as_seen(sight));
        }
        let asked = !users.is_empty() || !looked_up.is_empty() || everyone;
        let failed = self.ledger.refused.iter().any(|refusal| refusal.document == DocumentName::Users.path());
        if asked || !failed {
            let rows: Vec<okta_shape::User> = users.into_values().collect();
            let complete = everyone && sight == Sight::Whole;
            let extent = Extent { complete, looked_up: looked_up.into_iter().collect() };
            self.ledger.put(DocumentName::Users, &rows, extent);
        }
    }

    /// Whether the app and the mappings are still what was read first.
    async fn read_again(&mut self, organization: &Organization) -> End {
        let Some(id) = &organization.app_id else { return End::NotKnown };
        let mut ends = Vec::new();
        if let Some(app) = &organization.app {
            ends.push(match self.okta_asker().get_anew(&okta::app(id)).await {
                Ok(Answer::Found(text)) => match canonical::object::<okta_shape::App>(&text) {
                    Ok(again) if again.last_updated == app.last_updated => End::Same,
                    Ok(_) => End::Changed,
                    Err(_) => End::NotKnown,
                },
                Ok(Answer::NotThere) => End::Changed,
                _ => End::NotKnown,
            });
        }
        let before = self.ledger.documents.get(&DocumentName::ClaimMappings);
        if let (Some(before), Some(host)) = (before, &self.live.torq) {
            ends.push(match self.asker(host.clone()).get_anew(torq::CLAIM_MAPPINGS).await {
                Ok(Answer::Found(text)) => match canonical::object::<torq_shape::ClaimMappings>(&text) {
                    Ok(again) if canonical::text(&again) == *before => End::Same,
                    Ok(_) => End::Changed,
                    Err(_) => End::NotKnown,
                },
                _ => End::NotKnown,
            });
        }
        let any = |end| ends.contains(&end);
        if any(End::Changed) {
            End::Changed
        } else if any(End::NotKnown) {
            End::NotKnown
        } else {
            End::Same
        }
    }

    fn sealed(mut self, gaps: Vec<String>) -> Pulled {
        let connection = canonical::connection(&self.live.connection);
        self.ledger.documents.insert(DocumentName::Connection, connection);
        let scopes = self.live.okta.host.refused_scopes();
        if !scopes.is_empty() {
            self.note(format!(
                "Okta did not give the service app the scopes {}: what needs them was not read",
                scopes.join(", ")
            ));
        }
        let requests = self.requests();
        let mut refused = self.ledger.refused;
        let key = |refusal: &Refusal| (refusal.document.clone(), refusal.status, refusal.why.clone());
        refused.sort_by_key(key);
        refused.dedup_by_key(|refusal| key(refusal));
        let mut pulled = Pulled {
            documents: self.ledger.documents,
            manifest: Manifest {
                format: manifest::FORMAT,
                tool: Some(env!("CARGO_PKG_VERSION").to_owned()),
                okta: self.okta_span,
                torq: self.torq_span,
                documents: self.ledger.extents,
                refused,
                gaps,
                hash: None,
            },
            failures: self.ledger.failures,
            notices: self.notices,
            requests,
        };
        pulled.seal();
        pulled
    }
}

impl People {
    /// Whether someone is known by this name: login, email, or the app's email.
    fn has(&self, name: &str) -> bool {
        let folded = name.to_lowercase();
        self.users.values().any(|user| names(user).any(|name| name.to_lowercase() == folded))
            || self.app_users.iter().flatten().any(|row| {
                let email = row.profile.as_ref().and_then(|profile| profile.email.as_deref());
                email.is_some_and(|email| email.to_lowercase() == folded)
            })
    }

    fn ids_of(&self, emails: &BTreeSet<String>) -> BTreeSet<OktaId> {
        let wanted: BTreeSet<String> = emails.iter().map(|email| email.to_lowercase()).collect();
        let by_record = self
            .users
            .values()
            .filter(|user| names(user).any(|name| wanted.contains(&name.to_lowercase())))
            .map(|user| user.id.as_str());
        let by_app = self
            .app_users
            .iter()
            .flatten()
            .filter(|row| {
                let email = row.profile.as_ref().and_then(|profile| profile.email.as_deref());
                email.is_some_and(|email| wanted.contains(&email.to_lowercase()))
            })
            .map(|row| row.id.as_str());
        by_record.chain(by_app).filter_map(OktaId::new).collect()
    }
}

fn names(user: &okta_shape::User) -> impl Iterator<Item = &str> {
    let profile = user.profile.as_ref();
    let login = profile.and_then(|profile| profile.login.as_deref());
    let email = profile.and_then(|profile| profile.email.as_deref());
    login.into_iter().chain(email)
}

fn sight(groups: Option<&[GroupRow]>) -> Sight {
    match groups {
        Some(rows) if rows.iter().any(GroupRow::is_everyone) => Sight::Whole,
        _ => Sight::Part,
    }
}

fn whole() -> Extent {
    Extent { complete: true, looked_up: Vec::new() }
}

/// A list that was answered to its end is whole where the credential sees everything.
fn as_seen(sight: Sight) -> Extent {
    match sight {
        Sight::Whole => whole(),
        Sight::Part => Extent::default(),
    }
}

fn now() -> String {
    clock::moment(SystemTime::now())
}

/// Asks one host, and counts.
#[derive(Clone)]
struct Asker {
    host: Host,
    /// Counted as if no other connection asked, so that the number does not depend on which one came first.
    made: Arc<AtomicU64>,
    answers: Answers,
    since: Arc<Mutex<Option<SystemTime>>>,
}

impl Asker {
    async fn get(&self, path: &str) -> Answered<String> {
        if self.answers == Answers::Anew || !okta::is_of_organization(path) {
            return self.get_anew(path).await;
        }
        self.made.fetch_add(1, Ordering::Relaxed);
        let (asked, answer) = self.host.get_once(path).await;
        self.note(asked);
        answer
    }

    async fn get_anew(&self, path: &str) -> Answered<String> {
        self.made.fetch_add(1, Ordering::Relaxed);
        self.host.get(path).await
    }

    fn note(&self, asked: SystemTime) {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        *since = Some(since.map_or(asked, |since| since.min(asked)));
    }

    async fn list(&self, path: &str) -> Answered<Vec<Value>> {
        let answer = if self.answers == Answers::Anew || !okta::is_of_organization(path) {
            self.host.list(path).await
        } else {
            let (asked, answer) = self.host.list_once(path).await;
            self.note(asked);
            answer
        };
        let rows = match &answer {
            Ok(Answer::Found(rows)) => rows.len() as u64,
            _ => 0,
        };
        self.made.fetch_add(plan::pages(rows, page_size(path)), Ordering::Relaxed);
        answer
    }

    /// Makes the requests, some at a time; the answers by their keys, so that their order is that of the keys.
    async fn each<K, T, F>(
        &self,
        asked: Vec<(K, String)>,
        ask: fn(Self, String) -> F,
    ) -> BTreeMap<K, Answered<T>>
    where
        K: Ord + Send + 'static,
        T: Send + 'static,
        F: Future<Output = Answered<T>> + Send + 'static,
    {
        let mut waiting = asked.into_iter();
        let mut under_way = JoinSet::new();
        let mut answers = BTreeMap::new();
        loop {
            while under_way.len() < AT_ONCE
                && let Some((key, path)) = waiting.next()
            {
                let answer = ask(self.clone(), path);
                under_way.spawn(async move { (key, answer.await) });
            }
            match under_way.join_next().await {
                Some(Ok((key, answer))) => {
                    answers.insert(key, answer);
                }
                // A task ends early only when the whole run is being stopped.
                Some(Err(_)) => {}
                None => return answers,
            }
        }
    }

    async fn objects<K: Ord + Send + 'static>(
        &self,
        asked: Vec<(K, String)>,
    ) -> BTreeMap<K, Answered<String>> {
        self.each(asked, |asker, path| async move { asker.get(&path).await }).await
    }

    async fn lists<K: Ord + Send + 'static>(
        &self,
        asked: Vec<(K, String)>,
    ) -> BTreeMap<K, Answered<Vec<Value>>> {
        self.each(asked, |asker, path| async move { asker.list(&path).await }).await
    }
}

fn page_size(path: &str) -> u64 {
    let limit = path.split(['?', '&']).find_map(|part| part.strip_prefix("limit="));
    limit.and_then(|limit| limit.parse().ok()).unwrap_or(okta::page::GROUPS_OF_A_PERSON)
}
