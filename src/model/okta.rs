//! The Okta app, the discovery document and the authorization server, as facts.

use crate::document::json_path::Step;
use crate::document::okta::{self as shape, OauthClient};
use crate::document::{DocumentName, JsonPath};

use super::fact::{Cause, Fact, Gap};

/// The app that Torq signs people in through.
#[derive(Debug, Clone)]
pub struct App {
    pub id: Option<String>,
    pub label: Option<String>,
    pub status: Fact<String>,
    pub sign_on_mode: Fact<String>,
    /// A catalogue app hides its OIDC settings from the API (semantics G1.2).
    pub catalogue: bool,
    pub client_id: Fact<String>,
    pub token_endpoint_auth_method: Fact<String>,
    pub pkce_required: Fact<bool>,
    pub application_type: Fact<String>,
    pub redirect_uris: Fact<Vec<String>>,
    pub wildcard_redirect: Fact<bool>,
    pub response_types: Fact<Vec<String>>,
    pub grant_types: Fact<Vec<String>>,
    pub consent_method: Fact<String>,
    pub issuer_mode: Fact<String>,
    pub initiate_login_uri: Fact<String>,
    pub idp_initiated_login: Fact<String>,
    pub dpop_required: Fact<bool>,
    /// `settings.oauthClient.network.connection`.
    pub client_network: Fact<String>,
    /// `visibility.hide.web`.
    pub hidden_on_web: Fact<bool>,
    /// Federation broker mode.
    pub implicit_assignment: bool,
    /// The app's sign-in policy; none in a Classic organisation.
    pub access_policy_id: Option<String>,
}

/// Paths inside `okta/app.json`.
pub mod path {
    use crate::document::JsonPath;

    /// `/settings/oauthClient/{field}`.
    pub fn oauth_client(field: &str) -> JsonPath {
        JsonPath::root().key("settings").key("oauthClient").key(field)
    }

    /// `/credentials/oauthClient/{field}`.
    pub fn credentials(field: &str) -> JsonPath {
        JsonPath::root().key("credentials").key("oauthClient").key(field)
    }
}

/// A catalogue app is known by its name; a hand-made file that leaves the name out is taken for a custom app.
const CUSTOM_OIDC_APP: &str = "oidc_client";

impl App {
    pub fn new(app: &shape::App) -> Self {
        let client = app.settings.as_ref().and_then(|settings| settings.oauth_client.clone());
        let credentials = app.credentials.as_ref().and_then(|credentials| credentials.oauth_client.clone());
        let oidc = app.sign_on_mode.as_deref().is_none_or(|mode| mode == "OPENID_CONNECT");
        let catalogue = oidc && app.name.as_deref().is_some_and(|name| name != CUSTOM_OIDC_APP);
        let hidden = |path: &JsonPath| {
            Gap::new(
                DocumentName::App,
                path.clone(),
                Cause::Undecided("a catalogue app does not show its OIDC settings to the API".to_owned()),
            )
        };
        let from_client = ClientReader { client: client.as_ref(), catalogue, hidden: &hidden };
        let in_credentials = |value: Option<String>, field: &str| {
            let path = path::credentials(field);
            if catalogue {
                Fact::Unknown(hidden(&path))
            } else {
                Fact::required(value, DocumentName::App, path)
            }
        };
        let pkce = credentials.as_ref().and_then(|credentials| credentials.pkce_required);
        Self {
            id: app.id.clone(),
            label: app.label.clone(),
            status: Fact::required(app.status.clone(), DocumentName::App, JsonPath::root().key("status")),
            sign_on_mode: Fact::required(
                app.sign_on_mode.clone(),
                DocumentName::App,
                JsonPath::root().key("signOnMode"),
            ),
            catalogue,
            client_id: in_credentials(credentials.as_ref().and_then(|c| c.client_id.clone()), "client_id"),
            token_endpoint_auth_method: in_credentials(
                credentials.as_ref().and_then(|c| c.token_endpoint_auth_method.clone()),
                "token_endpoint_auth_method",
            ),
            pkce_required: if catalogue {
                Fact::Unknown(hidden(&path::credentials("pkce_required")))
            } else {
                Fact::Known(pkce.unwrap_or(false))
            },
            application_type: from_client.required("application_type", |c| c.application_type.clone()),
            redirect_uris: from_client.required("redirect_uris", |c| c.redirect_uris.clone()),
            wildcard_redirect: from_client
                .with_default("wildcard_redirect", |c| c.wildcard_redirect.as_deref() == Some("SUBDOMAIN")),
            response_types: from_client.required("response_types", |c| c.response_types.clone()),
            grant_types: from_client.required("grant_types", |c| c.grant_types.clone()),
            consent_method: from_client.optional("consent_method", |c| c.consent_method.clone()),
            issuer_mode: from_client.required("issuer_mode", |c| c.issuer_mode.clone()),
            initiate_login_uri: from_client.optional("initiate_login_uri", |c| c.initiate_login_uri.clone()),
            idp_initiated_login: from_client.optional("idp_initiated_login", |c| {
                c.idp_initiated_login.as_ref().and_then(|login| login.mode.clone())
            }),
            dpop_required: from_client
                .with_default("dpop_bound_access_tokens", |c| c.dpop_bound_access_tokens.unwrap_or(false)),
            client_network: from_client
                .optional("network", |c| c.network.as_ref().and_then(|network| network.connection.clone())),
            hidden_on_web: Fact::optional(
                app.visibility
                    .as_ref()
                    .and_then(|visibility| visibility.hide.as_ref())
                    .and_then(|hide| hide.web),
            ),
            implicit_assignment: app
                .settings
                .as_ref()
                .and_then(|settings| settings.implicit_assignment)
                .unwrap_or(false),
            access_policy_id: app
                .links
                .as_ref()
                .and_then(|links| links.access_policy.as_ref())
                .and_then(shape::Link::id)
                .map(str::to_owned),
        }
    }
}

impl App {
    /// Makes a field unknown that a plan leaves open; `why` is a clause.
    pub fn leave_open(&mut self, path: &JsonPath, why: String) {
        let Some(Step::Key(field)) = path
            .steps()
            .iter()
            .rev()
            .find(|step| matches!(step, Step::Key(key) if key != "mode" && key != "connection"))
        else {
            return;
        };
        let gap = Gap::new(DocumentName::App, path.clone(), Cause::Planned(why));
        match field.as_str() {
            "status" => self.status = Fact::Unknown(gap),
            "signOnMode" => self.sign_on_mode = Fact::Unknown(gap),
            "client_id" => self.client_id = Fact::Unknown(gap),
            "token_endpoint_auth_method" => self.token_endpoint_auth_method = Fact::Unknown(gap),
            "pkce_required" => self.pkce_required = Fact::Unknown(gap),
            "application_type" => self.application_type = Fact::Unknown(gap),
            "redirect_uris" => self.redirect_uris = Fact::Unknown(gap),
            "wildcard_redirect" => self.wildcard_redirect = Fact::Unknown(gap),
            "response_types" => self.response_types = Fact::Unknown(gap),
            "grant_types" => self.grant_types = Fact::Unknown(gap),
            "consent_method" => self.consent_method = Fact::Unknown(gap),
            "issuer_mode" => self.issuer_mode = Fact::Unknown(gap),
            "initiate_login_uri" => self.initiate_login_uri = Fact::Unknown(gap),
            "idp_initiated_login" => self.idp_initiated_login = Fact::Unknown(gap),
            "dpop_bound_access_tokens" => self.dpop_required = Fact::Unknown(gap),
            "network" => self.client_network = Fact::Unknown(gap),
            "web" => self.hidden_on_web = Fact::Unknown(gap),
            _ => {}
        }
    }
}

/// Reads `settings.oauthClient`, which a catalogue app hides.
struct ClientReader<'a> {
    client: Option<&'a OauthClient>,
    catalogue: bool,
    hidden: &'a dyn Fn(&JsonPath) -> Gap,
}

impl ClientReader<'_> {
    fn required<T>(&self, field: &str, read: impl Fn(&OauthClient) -> Option<T>) -> Fact<T> {
        let path = path::oauth_client(field);
        if self.catalogue {
            return Fact::Unknown((self.hidden)(&path));
        }
        Fact::required(self.client.and_then(read), DocumentName::App, path)
    }

    fn optional<T>(&self, field: &str, read: impl Fn(&OauthClient) -> Option<T>) -> Fact<T> {
        match (self.catalogue, self.client) {
            (false, Some(client)) => Fact::optional(read(client)),
            (false, None) => self.required(field, read),
            (true, _) => Fact::Unknown((self.hidden)(&path::oauth_client(field))),
        }
    }

    fn with_default<T>(&self, field: &str, read: impl Fn(&OauthClient) -> T) -> Fact<T> {
        self.required(field, |client| Some(read(client)))
    }
}

/// What Torq's issuer says of itself.
#[derive(Debug, Clone)]
pub struct Discovery {
    pub issuer: Option<String>,
    /// `None`: not listed, so not checked.
    pub scopes_supported: Option<Vec<String>>,
}

/// A custom authorization server.
#[derive(Debug, Clone)]
pub struct AuthorizationServer {
    pub issuer: Fact<String>,
    /// The issuer follows whichever of the organisation's hosts was asked.
    pub dynamic_issuer: bool,
    pub status: Fact<String>,
}

impl AuthorizationServer {
    pub fn new(server: &shape::AuthorizationServer) -> Self {
        let required = |value: &Option<String>, field: &str| {
            Fact::required(value.clone(), DocumentName::AuthorizationServer, JsonPath::root().key(field))
        };
        Self {
            issuer: required(&server.issuer, "issuer"),
            dynamic_issuer: server.issuer_mode.as_deref() == Some("DYNAMIC"),
            status: required(&server.status, "status"),
        }
    }
}

/// A group rule that puts people into groups.
#[derive(Debug, Clone)]
pub struct GroupRule {
    pub id: Option<String>,
    pub name: Option<String>,
    pub status: Option<String>,
    pub group_ids: Vec<String>,
    /// Index in `okta/group-rules.json`.
    pub position: usize,
}
