//! The part of `ssolint.yaml` that names connections and where their credentials come from. Rule settings, `ignore`, `accept_gaps` and
//! `expect` are left to who reads them; a secret itself never stands in this file.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::document::connection::{Connection, OktaSettings, Region, Stage, TorqSettings};
use crate::document::position::{Format, Part, Positions};
use crate::document::{JsonPath, strict};

use super::credentials::SecretSource;

pub const FILE: &str = "ssolint.yaml";

/// The only version there is.
pub const VERSION: u64 = 1;

/// A project file as far as it names connections.
#[derive(Debug, Clone)]
pub struct Project {
    /// The file, as it is shown.
    pub file: PathBuf,
    /// Where relative paths in it begin.
    pub folder: PathBuf,
    pub connections: Vec<ProjectConnection>,
}

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

/// Why a project file was not read, with its place.
#[derive(Debug, Error)]
pub enum ProjectError {
    #[error(
        "no {FILE} was found here or above; name one with --config, write one with `ssolint init`, or name a snapshot to read"
    )]
    NotFound,
    #[error("{path} could not be read: {cause}")]
    Unreadable { path: String, cause: std::io::Error },
    #[error("{path}:{line}:{column}: {message}")]
    Wrong { path: String, line: usize, column: usize, message: String },
}

/// Finds the project file: `config`, or the first `ssolint.yaml` from `from` upward.
pub fn find(config: Option<&Path>, from: &Path) -> Result<PathBuf, ProjectError> {
    if let Some(path) = config {
        return Ok(path.to_owned());
    }
    from.ancestors().map(|folder| folder.join(FILE)).find(|path| path.is_file()).ok_or(ProjectError::NotFound)
}

/// Reads a project file, and the `connection.yaml` files that it names.
pub fn read(path: &Path) -> Result<Project, ProjectError> {
    let shown = path.display().to_string();
    let text =
        fs::read_to_string(path).map_err(|cause| ProjectError::Unreadable { path: shown.clone(), cause })?;
    let folder = path.parent().map(Path::to_owned).unwrap_or_default();
    let reader = Reader { shown, text: &text };
    let value = strict::read_yaml(&text).map_err(|error| ProjectError::Wrong {
        path: reader.shown.clone(),
        line: error.line,
        column: error.column,
        message: error.message,
    })?;
    reader.project(&value, &folder).map(|connections| Project { file: path.to_owned(), folder, connections })
}

/// Keys of each object, by its path; `*` stands for every element.
const KEYS: [(&[&str], &[&str]); 9] = [
    (&[], &["version", "defaults", "connections", "rules", "ignore", "accept_gaps", "expect"]),
    (&["defaults"], &["okta", "torq", "stage"]),
    (&["defaults", "okta"], OKTA_KEYS),
    (&["defaults", "torq"], TORQ_KEYS),
    (&["connections", "*"], &["name", "stage", "snapshot", "connection", "okta", "torq"]),
    (&["connections", "*", "okta"], OKTA_KEYS),
    (&["connections", "*", "torq"], TORQ_KEYS),
    (&["connections", "*", "okta", "auth"], &["api_token", "service_app"]),
    (&["connections", "*", "okta", "auth", "service_app"], &["client_id", "key", "kid", "alg", "scopes"]),
];
const OKTA_KEYS: &[&str] = &["org_url", "app_id", "app_label", "auth"];
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

struct Reader<'a> {
    shown: String,
    text: &'a str,
}

impl Reader<'_> {
    fn wrong(&self, path: &JsonPath, part: Part, message: impl Into<String>) -> ProjectError {
        let region = Positions::scan(self.text, Format::Yaml).find(path, part).region;
        ProjectError::Wrong {
            path: self.shown.clone(),
            line: region.line,
            column: region.column,
            message: message.into(),
        }
    }

    fn project(&self, value: &Value, folder: &Path) -> Result<Vec<ProjectConnection>, ProjectError> {
        let root = JsonPath::root();
        if !value.is_object() {
            return Err(self.wrong(
                &root,
                Part::Value,
                "a project file is an object with the keys version and connections",
            ));
        }
        for (path, keys) in KEYS {
            self.known_keys(value, &root, path, keys)?;
        }
        match value.get("version") {
            Some(version) if version.as_u64() == Some(VERSION) => {}
            Some(_) => {
                return Err(self.wrong(
                    &root.key("version"),
                    Part::Value,
                    format!("the only version is {VERSION}"),
                ));
            }
            None => return Err(self.wrong(&root, Part::Value, format!("version: {VERSION} is missing"))),
        }
        let defaults = value.get("defaults").cloned().unwrap_or_default();
        let entries = match value.get("connections") {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(entries)) => entries,
            Some(_) => {
                return Err(self.wrong(&root.key("connections"), Part::Value, "connections is a list"));
            }
        };
        let mut connections: Vec<ProjectConnection> = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let path = JsonPath::root().key("connections").index(index);
            let connection = self.connection(entry, &path, &defaults, folder)?;
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
        let okta = merged("okta");
        // What stands here instead could be a secret: it is not repeated.
        if okta.get("auth").is_some_and(|auth| !auth.is_object()) {
            let message = "auth is {api_token: …} or {service_app: …}, each with where its secret comes from; a secret never stands here itself";
            return Err(self.wrong(&path.clone().key("okta").key("auth"), Part::Value, message));
        }
        let okta: OktaEntry = self.typed(&okta, &path.clone().key("okta"))?;
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
        let live = self.live(okta, torq, org_url, region, path)?;
        if live.is_none() && snapshot.is_none() {
            return Err(self.wrong(
                path,
                Part::Value,
                format!("the connection {name} names neither a snapshot nor an Okta organisation to read"),
            ));
        }
        let region = Positions::scan(self.text, Format::Yaml).find(path, Part::Value).region;
        Ok(ProjectConnection {
            name,
            line: region.line,
            column: region.column,
            end_column: region.end_column.max(region.column + 1),
            snapshot,
            settings,
            live,
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

    fn typed<T: serde::de::DeserializeOwned + Default>(
        &self,
        value: &Value,
        at: &JsonPath,
    ) -> Result<T, ProjectError> {
        if value.is_null() {
            return Ok(T::default());
        }
        serde_path_to_error::deserialize(value).map_err(|error| {
            let path = error.path().iter().fold(at.clone(), |path, segment| match segment {
                serde_path_to_error::Segment::Seq { index } => path.index(*index),
                serde_path_to_error::Segment::Map { key } => path.key(key),
                serde_path_to_error::Segment::Enum { variant } => path.key(variant),
                serde_path_to_error::Segment::Unknown => path,
            });
            self.wrong(&path, Part::Value, error.into_inner().to_string())
        })
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

fn did_you_mean(typed: &str, keys: &[&str]) -> String {
    keys.iter()
        .map(|key| (strsim::jaro_winkler(typed, key), key))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(
            || format!("; there are {}", keys.join(", ")),
            |(_, key)| format!("; did you mean {key}?"),
        )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn read_text(text: &str) -> Result<Project, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        fs::write(&path, text).unwrap();
        let shown = format!("{}", path.display());
        read(&path).map_err(|error| error.to_string().replace(&shown, FILE))
    }

    #[test]
    fn a_wrong_file_is_told_with_its_place_and_a_way_out() {
        for (text, expected) in [
            ("connections: []\n", "ssolint.yaml:1:1: version: 1 is missing"),
            ("version: 2\n", "ssolint.yaml:1:10: the only version is 1"),
            (
                "version: 1\nconections: []\n",
                "ssolint.yaml:2:1: conections is not a key here; did you mean connections?",
            ),
            ("version: 1\nconnections:\n  - snapshot: a\n", "ssolint.yaml:3:5: a connection needs a name"),
            (
                "version: 1\nconnections:\n  - name: ../up\n    snapshot: a\n",
                "ssolint.yaml:3:11: a name has letters",
            ),
            (
                "version: 1\nconnections:\n  - name: a\n",
                "ssolint.yaml:3:5: the connection a names neither a snapshot",
            ),
            (
                "version: 1\nconnections:\n  - name: a\n    okta:\n      org_ulr: x\n",
                "ssolint.yaml:5:7: org_ulr is not a key here; did you mean org_url?",
            ),
            (
                "version: 1\nconnections:\n  - name: a\n    okta: {org_url: x, app_id: y, auth: {api_token: {env: 3}}}\n",
                "ssolint.yaml:4:53: env: is the name of an environment variable",
            ),
            (
                "version: 1\nconnections:\n  - name: a\n    okta: {org_url: x, auth: {api_token: {env: T}}}\n",
                "okta.app_id or okta.app_label is missing",
            ),
            (
                "version: 1\nconnections:\n  - name: a\n    snapshot: s\n    connection: {torq: {flwo: code}}\n",
                "ssolint.yaml:5:25: flwo is not a key here; did you mean flow?",
            ),
            (
                "version: 1\nconnections:\n  - {name: a, snapshot: s, torq: {region: eu}, connection: {torq: {region: us}}}\n",
                "ssolint.yaml:3:43: torq.region is another one",
            ),
            (
                "version: 1\nconnections:\n  - {name: a, snapshot: s}\n  - {name: a, snapshot: t}\n",
                "ssolint.yaml:4:12: another connection is called a too",
            ),
        ] {
            let error = read_text(text).map(|_| ()).unwrap_err();
            assert!(error.contains(expected), "{error}\nlacks {expected}");
        }
    }

    #[test]
    fn defaults_are_filled_in_and_the_entry_goes_before_them() {
        let text = "version: 1
defaults:
  okta: {org_url: https://acme.okta.com, app_label: Torq*, auth: {api_token: {env: OKTA}}}
  torq: {region: us, client_id: {env: ID}, client_secret: {env: SECRET}}
connections:
  - name: prod
    connection: {torq: {flow: code}}
  - name: test
    okta: {app_id: 0oa1}
    torq: {region: eu}
";
        let project = read_text(text).unwrap();
        let [prod, test] = project.connections.as_slice() else { unreachable!() };
        let app = |connection: &ProjectConnection| connection.live.as_ref().unwrap().okta.app.clone();
        assert_eq!(
            (app(prod), app(test)),
            (AppName::Label("Torq*".to_owned()), AppName::Id("0oa1".to_owned()))
        );
        let region = |connection: &ProjectConnection| connection.settings.torq.as_ref().unwrap().region;
        assert_eq!((region(prod), region(test)), (Some(Region::Us), Some(Region::Eu)));
        assert_eq!(prod.settings.okta.as_ref().unwrap().org_url.as_deref(), Some("https://acme.okta.com"));
        assert_eq!(prod.settings.name.as_deref(), Some("prod"));
    }
}
