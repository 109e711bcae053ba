//! `connections:` and `defaults:`: what is read, and where its credentials come from. A secret itself never stands in the file.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::document::connection::{Connection, OktaSettings, Region, Stage, TorqSettings};
use crate::document::position::Part;
use crate::document::project::{KnownRule, RuleSetting};
use crate::document::{JsonPath, strict};
use crate::source::credentials::SecretSource;

use super::ProjectError;
use super::reader::{Reader, did_you_mean};

/// One entry of `connections:`, with `defaults:` filled in.
#[derive(Debug, Clone)]
pub struct ProjectConnection {
    pub name: String,
    /// 1-based line and column of the entry.
    pub line: usize,
    pub column: usize,
    pub end_column: usize,
    /// A snapshot to read where nothing is asked live; relative to the project's folder.
    pub snapshot: Option<PathBuf>,
    /// `connection.yaml` as it is for this connection: what the wizard shows, with name, stage, region and Okta URL.
    pub settings: Connection,
    pub live: Option<LiveSettings>,
    pub rules: Vec<RuleSetting>,
}

/// How a connection is read live.
#[derive(Debug, Clone)]
pub struct LiveSettings {
    pub okta: OktaLive,
    pub torq: Option<TorqLive>,
}

#[derive(Debug, Clone)]
pub struct OktaLive {
    pub org_url: String,
    pub app: AppName,
    pub auth: OktaAuth,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppName {
    Id(String),
    /// A glob over labels.
    Label(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum OktaAuth {
    ApiToken(SecretSource),
    ServiceApp(ServiceAppSettings),
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceAppSettings {
    pub client_id: String,
    /// The private key, PEM or JWK.
    pub key: SecretSource,
    pub kid: Option<String>,
    /// The algorithm of the assertion, such as `RS256`, where the key does not say.
    pub alg: Option<String>,
    /// `None`: all that are of use.
    pub scopes: Option<Vec<String>>,
}

#[derive(Debug, Clone)]
pub struct TorqLive {
    pub region: Region,
    /// In place of the region's `https://api.torq.io/public`.
    pub base_url: Option<String>,
    /// In place of the region's `https://auth.torq.io`.
    pub auth_url: Option<String>,
    pub client_id: SecretSource,
    pub client_secret: SecretSource,
}

/// Keys of each object, by its path; `*` stands for every element.
const KEYS: [(&[&str], &[&str]); 11] = [
    (&[], &["version", "defaults", "connections", "rules", "ignore", "accept_gaps", "expect"]),
    (&["defaults"], &["okta", "torq", "stage"]),
    (&["defaults", "okta"], OKTA_KEYS),
    (&["defaults", "okta", "auth"], AUTH_KEYS),
    (&["defaults", "okta", "auth", "service_app"], SERVICE_APP_KEYS),
    (&["defaults", "torq"], TORQ_KEYS),
    (&["connections", "*"], &["name", "stage", "snapshot", "connection", "okta", "torq", "rules"]),
    (&["connections", "*", "okta"], OKTA_KEYS),
    (&["connections", "*", "torq"], TORQ_KEYS),
    (&["connections", "*", "okta", "auth"], AUTH_KEYS),
    (&["connections", "*", "okta", "auth", "service_app"], SERVICE_APP_KEYS),
];
const OKTA_KEYS: &[&str] = &["org_url", "app_id", "app_label", "auth"];
const AUTH_KEYS: &[&str] = &["api_token", "service_app"];
const SERVICE_APP_KEYS: &[&str] = &["client_id", "key", "kid", "alg", "scopes"];
const TORQ_KEYS: &[&str] = &["region", "base_url", "auth_url", "client_id", "client_secret"];

#[derive(Debug, Clone, Default, Deserialize)]
struct OktaEntry {
    org_url: Option<String>,
    app_id: Option<String>,
    app_label: Option<String>,
    auth: Option<OktaAuth>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct TorqEntry {
    region: Option<Region>,
    base_url: Option<String>,
    auth_url: Option<String>,
    client_id: Option<SecretSource>,
    client_secret: Option<SecretSource>,
}

impl Reader<'_> {
    pub(super) fn all_connections(
        &self,
        value: &Value,
        folder: &Path,
        known: &[KnownRule],
    ) -> Result<Vec<ProjectConnection>, ProjectError> {
        for (path, keys) in KEYS {
            self.known_keys(value, &JsonPath::root(), path, keys)?;
        }
        let defaults = value.get("defaults").cloned().unwrap_or_default();
        self.defaults(&defaults)?;
        let at = JsonPath::root().key("connections");
        let mut connections: Vec<ProjectConnection> = Vec::new();
        for (index, entry) in self.list(value.get("connections"), &at, "connections")?.iter().enumerate() {
            let path = at.clone().index(index);
            let connection = self.connection(entry, &path, &defaults, folder, known)?;
            if connections.iter().any(|other| other.name == connection.name) {
                return Err(self.wrong(
                    &path.key("name"),
                    Part::Value,
                    format!("another connection is called {} too", connection.name),
                ));
            }
            connections.push(connection);
        }
        Ok(connections)
    }

    /// By themselves first, so that what is wrong in them is placed there and not in a connection.
    fn defaults(&self, defaults: &Value) -> Result<(), ProjectError> {
        let at = JsonPath::root().key("defaults");
        if !defaults.is_null() && !defaults.is_object() {
            return Err(self.wrong(&at, Part::Value, "defaults is an object with okta, torq and stage"));
        }
        let part = |key: &str| defaults.get(key).cloned().unwrap_or_default();
        self.okta(&part("okta"), &at.clone().key("okta"))?;
        self.typed::<TorqEntry>(&part("torq"), &at.clone().key("torq"))?;
        self.typed::<Option<Stage>>(&part("stage"), &at.key("stage"))?;
        Ok(())
    }

    fn okta(&self, value: &Value, at: &JsonPath) -> Result<OktaEntry, ProjectError> {
        // What stands here instead could be a secret: it is not repeated.
        if value.get("auth").is_some_and(|auth| !auth.is_object()) {
            let message = "auth is {api_token: …} or {service_app: …}, each with where its secret comes from; a secret never stands here itself";
            return Err(self.wrong(&at.clone().key("auth"), Part::Value, message));
        }
        self.typed(value, at)
    }

    fn known_keys(
        &self,
        value: &Value,
        at: &JsonPath,
        path: &[&str],
        keys: &[&str],
    ) -> Result<(), ProjectError> {
        match path.split_first() {
            Some((&"*", rest)) => {
                for (index, element) in value.as_array().into_iter().flatten().enumerate() {
                    self.known_keys(element, &at.clone().index(index), rest, keys)?;
                }
                Ok(())
            }
            Some((step, rest)) => match value.get(step) {
                Some(inner) => self.known_keys(inner, &at.clone().key(step), rest, keys),
                None => Ok(()),
            },
            None => {
                let unknown = value.as_object().into_iter().flat_map(|members| members.keys());
                match unknown.into_iter().find(|key| !keys.contains(&key.as_str())) {
                    Some(key) => Err(self.wrong(
                        &at.clone().key(key),
                        Part::Key,
                        format!("{key} is not a key here{}", did_you_mean(key, keys)),
                    )),
                    None => Ok(()),
                }
            }
        }
    }

    fn connection(
        &self,
        entry: &Value,
        path: &JsonPath,
        defaults: &Value,
        folder: &Path,
        known: &[KnownRule],
    ) -> Result<ProjectConnection, ProjectError> {
        if !entry.is_object() {
            return Err(self.wrong(path, Part::Value, "a connection is an object with a name"));
        }
        let name: String =
            match entry.get("name") {
                Some(Value::String(name)) if is_name(name) => name.clone(),
                Some(_) => return Err(self.wrong(
                    &path.clone().key("name"),
                    Part::Value,
                    "a name has letters, digits, and `-`, `_` or `.` between them: folders are called by it",
                )),
                None => return Err(self.wrong(path, Part::Value, "a connection needs a name")),
            };
        let merged = |key: &str| merge(defaults.get(key), entry.get(key));
        let okta = self.okta(&merged("okta"), &path.clone().key("okta"))?;
        let torq: TorqEntry = self.typed(&merged("torq"), &path.clone().key("torq"))?;
        let stage: Option<Stage> = self.typed(&merged("stage"), &path.clone().key("stage"))?;
        let snapshot: Option<PathBuf> =
            self.typed(&entry.get("snapshot").cloned().unwrap_or_default(), &path.clone().key("snapshot"))?;
        let mut settings = self.wizard(entry.get("connection"), &path.clone().key("connection"), folder)?;
        settings.name = Some(name.clone());
        settings.stage = stage.or(settings.stage);
        let shown = settings.torq.as_ref().and_then(|torq| torq.region);
        let own = entry.get("torq").and_then(|torq| torq.get("region")).is_some();
        if let (true, Some(said), Some(shown)) = (own, torq.region, shown)
            && said != shown
        {
            return Err(self.wrong(
                &path.clone().key("torq").key("region"),
                Part::Value,
                "torq.region is another one than the connection's own; a workspace has one region",
            ));
        }
        // A default goes behind what the connection's own settings say.
        let region = shown.or(torq.region);
        if let Some(region) = region {
            settings.torq.get_or_insert_with(TorqSettings::default).region = Some(region);
        }
        let org_url = okta.org_url.clone().or(settings.okta.as_ref().and_then(|okta| okta.org_url.clone()));
        if let Some(url) = &org_url {
            settings
                .okta
                .get_or_insert_with(OktaSettings::default)
                .org_url
                .get_or_insert_with(|| url.clone());
        }
        // A way of signing in that stands in the defaults does not make a snapshot's connection one to be read live.
        let named = org_url.is_some() && (okta.app_id.is_some() || okta.app_label.is_some());
        let live = if snapshot.is_some() && entry.get("okta").is_none() && !named {
            None
        } else {
            self.live(okta, torq, org_url, region, path)?
        };
        if live.is_none() && snapshot.is_none() {
            return Err(self.wrong(
                path,
                Part::Value,
                format!("the connection {name} names neither a snapshot nor an Okta organisation to read"),
            ));
        }
        let region = self.region(path, Part::Value);
        Ok(ProjectConnection {
            name,
            line: region.line,
            column: region.column,
            end_column: region.end_column.max(region.column + 1),
            snapshot,
            settings,
            live,
            rules: self.rule_settings(entry.get("rules"), &path.clone().key("rules"), known)?,
        })
    }

    fn live(
        &self,
        okta: OktaEntry,
        torq: TorqEntry,
        org_url: Option<String>,
        region: Option<Region>,
        path: &JsonPath,
    ) -> Result<Option<LiveSettings>, ProjectError> {
        let Some(auth) = okta.auth else { return Ok(None) };
        let at = path.clone().key("okta");
        let org_url = org_url.ok_or_else(|| {
            self.wrong(&at, Part::Value, "okta.org_url is missing, such as https://acme.okta.com")
        })?;
        let app = match (okta.app_id, okta.app_label) {
            (Some(id), None) => AppName::Id(id),
            (None, Some(label)) => AppName::Label(label),
            (Some(_), Some(_)) => {
                return Err(self.wrong(
                    &at.key("app_label"),
                    Part::Key,
                    "an app is named by app_id or by app_label, not by both",
                ));
            }
            (None, None) => {
                return Err(self.wrong(
                    &at,
                    Part::Value,
                    "okta.app_id or okta.app_label is missing: which app signs people in to Torq",
                ));
            }
        };
        let at = path.clone().key("torq");
        let torq = match (torq.client_id, torq.client_secret) {
            (Some(client_id), Some(client_secret)) => {
                let region = region.ok_or_else(|| self.wrong(&at, Part::Value, "torq.region is missing: us, eu or jp"))?;
                Some(TorqLive { region, base_url: torq.base_url, auth_url: torq.auth_url, client_id, client_secret })
            }
            (None, None) => None,
            _ => return Err(self.wrong(&at, Part::Value, "a Torq key is both client_id and client_secret, each as {env: NAME}, {file: PATH} or {command: [PROGRAM, …]}")),
        };
        Ok(Some(LiveSettings { okta: OktaLive { org_url, app, auth }, torq }))
    }

    /// The wizard's settings: inline, or in a file of their own.
    fn wizard(
        &self,
        value: Option<&Value>,
        path: &JsonPath,
        folder: &Path,
    ) -> Result<Connection, ProjectError> {
        match value {
            None | Some(Value::Null) => Ok(Connection::default()),
            Some(Value::String(file)) => {
                let file = folder.join(file);
                let shown = file.display().to_string();
                let text = fs::read_to_string(&file).map_err(|cause| {
                    self.wrong(path, Part::Value, format!("{shown} could not be read: {cause}"))
                })?;
                let inner = Reader { shown, text: &text };
                let value = strict::read_yaml(&text).map_err(|error| ProjectError::Wrong {
                    path: inner.shown.clone(),
                    line: error.line,
                    column: error.column,
                    message: error.message,
                })?;
                inner.wizard_object(&value, &JsonPath::root())
            }
            Some(inline) => self.wizard_object(inline, path),
        }
    }

    fn wizard_object(&self, value: &Value, path: &JsonPath) -> Result<Connection, ProjectError> {
        for (object, keys) in crate::document::connection::KEYS {
            let steps: Vec<&str> = object.split('.').filter(|step| !step.is_empty()).collect();
            self.known_keys(value, path, &steps, keys)?;
        }
        self.typed(value, path)
    }
}

/// A name that can be a folder's.
fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && name.len() <= 100 && name.chars().all(plain) && !name.starts_with('.')
}

/// The entry's own keys go before the defaults; a way of signing in is taken whole.
fn merge(defaults: Option<&Value>, own: Option<&Value>) -> Value {
    match (defaults, own) {
        (Some(Value::Object(defaults)), Some(Value::Object(own))) => {
            let mut merged = defaults.clone();
            // An app is named in one way: the entry's goes before a default of the other kind.
            if own.contains_key("app_id") || own.contains_key("app_label") {
                merged.remove("app_id");
                merged.remove("app_label");
            }
            merged.extend(own.iter().map(|(key, value)| (key.clone(), value.clone())));
            Value::Object(merged)
        }
        (_, Some(own)) if !own.is_null() => own.clone(),
        (Some(defaults), _) => defaults.clone(),
        (None, _) => Value::Null,
    }
}
