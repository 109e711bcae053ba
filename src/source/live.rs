//! From a connection of the project file to hosts that can be asked: reads the secrets and opens the hosts, one for each service and
//! credential, so that connections of one organisation share its rate limit. What is asked is left to `pull`.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use tokio::sync::Mutex;

use crate::document::connection::Region;

use super::credentials::{Commands, SecretError, SecretSource};
use super::http::{
    Algorithm, Authorization, Budget, Host, HostError, HostOptions, KeyError, Limits, PrivateKey, Service,
    ServiceApp, TokenSource, Trust,
};
use super::project::{AppName, LiveSettings, OktaAuth, ProjectConnection, ServiceAppSettings, TorqLive};
use super::pull::okta::OktaId;
use super::pull::{AppChoice, Credential, Issuer, Live, OktaSide};

/// Scopes that a service app needs, where the project file names none.
pub const SCOPES: [&str; 5] = [
    "okta.apps.read",
    "okta.groups.read",
    "okta.users.read",
    "okta.policies.read",
    "okta.authorizationServers.read",
];

/// One attempt of one request, up to the last byte.
const ATTEMPT: Duration = Duration::from_secs(30);

/// What one run may do.
#[derive(Debug, Clone)]
pub struct Run {
    pub commands: Commands,
    pub budget: Budget,
    /// Where the user gave a number of requests.
    pub max_requests: Option<u64>,
    /// PEM files of certificate authorities beside the system's.
    pub authorities: Vec<Vec<u8>>,
    pub okta_limits: Limits,
    pub torq_limits: Limits,
}

/// Why a connection cannot be asked: what is configured is wrong, or a secret is missing.
#[derive(Debug, Error)]
pub enum ConnectError {
    #[error("the connection {0} has no `okta:` with `auth:` in ssolint.yaml, so it cannot be read live")]
    NotLive(String),
    #[error("{what}: {cause}")]
    Secret { what: &'static str, cause: SecretError },
    #[error("okta.auth.service_app.key: {0}")]
    Key(KeyError),
    #[error(
        "okta.auth.service_app.alg: {0} is not an algorithm that Okta takes; there are RS256, RS384, RS512, ES256, ES384 and ES512"
    )]
    Algorithm(String),
    #[error("{what}: {cause}")]
    Host { what: &'static str, cause: HostError },
    #[error(
        "okta.app_id: {0:?} is not an id; Okta shows it in the app's address, such as 0oa1gjh63g214q0Hq0g4"
    )]
    AppId(String),
    #[error(
        "torq.region: the vendor does not say where the API of {0} is; give torq.base_url and torq.auth_url"
    )]
    Region(&'static str),
}

impl ConnectError {
    /// What to do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Secret { .. } | Self::Key(_) | Self::Algorithm(_) => {
                "Give the secret as ssolint.yaml says, or correct what it says, and run it again."
            }
            Self::NotLive(_) | Self::Host { .. } | Self::AppId(_) | Self::Region(_) => {
                "Correct the connection in ssolint.yaml, and run it again."
            }
        }
    }
}

/// Opens hosts; those of one service and credential are the same host.
pub struct Connector {
    run: Run,
    hosts: Mutex<HashMap<Key, Host>>,
    /// How many connections of an organisation are still to be read with a credential.
    ahead: Mutex<HashMap<Key, usize>>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    base: String,
    /// What names the credential in the project file; never the credential.
    credential: String,
    folder: PathBuf,
}

impl Key {
    fn new(base: &str, credential: String, folder: &std::path::Path) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), credential, folder: folder.to_owned() }
    }

    fn okta(live: &LiveSettings, folder: &std::path::Path) -> Self {
        Self::new(&live.okta.org_url, format!("{:?}", live.okta.auth), folder)
    }
}

impl Connector {
    pub fn new(run: Run) -> Self {
        Self { run, hosts: Mutex::default(), ahead: Mutex::default() }
    }

    /// For these connections, each of which is read once: what several of one organisation need is asked once.
    pub fn among(run: Run, connections: &[&ProjectConnection], folder: &std::path::Path) -> Self {
        let mut ahead = HashMap::new();
        for live in connections.iter().filter_map(|connection| connection.live.as_ref()) {
            *ahead.entry(Key::okta(live, folder)).or_default() += 1;
        }
        Self { run, hosts: Mutex::default(), ahead: Mutex::new(ahead) }
    }

    /// A connection was read, or cannot be: what was kept for the last of an organisation is dropped.
    pub async fn done(&self, connection: &ProjectConnection, folder: &std::path::Path) {
        let Some(live) = &connection.live else { return };
        let key = Key::okta(live, folder);
        let mut ahead = self.ahead.lock().await;
        let Some(left) = ahead.get_mut(&key) else { return };
        *left = left.saturating_sub(1);
        if *left == 0 {
            self.hosts.lock().await.remove(&key);
        }
    }

    /// Makes a connection ready to be read. Relative paths of secrets begin in `folder`.
    pub async fn connect(
        &self,
        connection: &ProjectConnection,
        folder: &std::path::Path,
    ) -> Result<Live, ConnectError> {
        let live = connection.live.as_ref().ok_or_else(|| ConnectError::NotLive(connection.name.clone()))?;
        let LiveSettings { okta, torq } = live;
        let app = match &okta.app {
            AppName::Id(id) => AppChoice::Id(OktaId::new(id).ok_or_else(|| ConnectError::AppId(id.clone()))?),
            AppName::Label(label) => AppChoice::Label(label.clone()),
        };
        let credential = match &okta.auth {
            OktaAuth::ApiToken(_) => Credential::ApiToken,
            OktaAuth::ServiceApp(_) => Credential::ServiceApp,
        };
        let key = Key::okta(live, folder);
        let host = self
            .host(Service::Okta, "okta.org_url", key, || self.okta_authorization(&okta.auth, folder))
            .await?;
        let issuer = match connection.settings.torq.as_ref().and_then(|torq| torq.issuer_url.as_deref()) {
            Some(url) => self.issuer(url).await,
            None => self.issuer(&okta.org_url).await,
        };
        let torq = match torq {
            Some(torq) => Some(self.torq(torq, folder).await?),
            None => None,
        };
        Ok(Live {
            connection: connection.settings.clone(),
            okta: OktaSide { host, issuer, app, credential },
            torq,
            max_requests: self.run.max_requests,
        })
    }

    async fn host<F>(
        &self,
        service: Service,
        what: &'static str,
        key: Key,
        authorization: impl FnOnce() -> F,
    ) -> Result<Host, ConnectError>
    where
        F: Future<Output = Result<Authorization, ConnectError>>,
    {
        let several = self.ahead.lock().await.get(&key).is_some_and(|connections| *connections > 1);
        let mut hosts = self.hosts.lock().await;
        if let Some(host) = hosts.get(&key) {
            return Ok(host.clone());
        }
        let limits = match service {
            Service::Okta => self.run.okta_limits.clone(),
            Service::Torq => self.run.torq_limits.clone(),
        };
        let options = HostOptions {
            service,
            base: key.base.clone(),
            authorization: authorization().await?,
            budget: self.run.budget.clone(),
            limits,
            timeout: ATTEMPT,
            trust: Trust { authorities: self.run.authorities.clone() },
        };
        let made = if several { Host::shared(options) } else { Host::new(options) };
        let host = made.map_err(|cause| ConnectError::Host { what, cause })?;
        hosts.insert(key, host.clone());
        Ok(host)
    }

    async fn okta_authorization(
        &self,
        auth: &OktaAuth,
        folder: &std::path::Path,
    ) -> Result<Authorization, ConnectError> {
        match auth {
            OktaAuth::ApiToken(source) => {
                Ok(Authorization::ApiToken(self.secret("okta.auth.api_token", source, folder).await?))
            }
            OktaAuth::ServiceApp(ServiceAppSettings { client_id, key, kid, alg, scopes }) => {
                let text = self.secret("okta.auth.service_app.key", key, folder).await?;
                let algorithm = match alg {
                    Some(name) => Some(
                        Algorithm::from_name(name).ok_or_else(|| ConnectError::Algorithm(name.clone()))?,
                    ),
                    None => None,
                };
                let key = PrivateKey::read(&text, algorithm, kid.clone()).map_err(ConnectError::Key)?;
                let scopes =
                    scopes.clone().unwrap_or_else(|| SCOPES.into_iter().map(str::to_owned).collect());
                Ok(Authorization::ServiceApp(ServiceApp::new(client_id.clone(), key, scopes)))
            }
        }
    }

    /// The issuer is asked without a credential: it may be on a host of its own. A value that is no URL is a finding, not an error here.
    async fn issuer(&self, url: &str) -> Option<Issuer> {
        let parsed = reqwest::Url::parse(url).ok()?;
        let base = parsed.origin().ascii_serialization();
        let nobody = || async { Ok(Authorization::None) };
        let host = self
            .host(
                Service::Okta,
                "torq.issuer_url",
                Key::new(&base, String::new(), std::path::Path::new("")),
                nobody,
            )
            .await
            .ok()?;
        Some(Issuer { host, path: parsed.path().trim_end_matches('/').to_owned() })
    }

    async fn torq(&self, torq: &TorqLive, folder: &std::path::Path) -> Result<Host, ConnectError> {
        let (base, auth) = match torq.region {
            Region::Us => ("https://api.torq.io/public", "https://auth.torq.io"),
            Region::Eu => ("https://api.eu.torq.io/public", "https://auth.eu.torq.io"),
            Region::Jp => ("", ""),
        };
        let base = torq.base_url.clone().unwrap_or_else(|| base.to_owned());
        let auth = torq.auth_url.clone().unwrap_or_else(|| auth.to_owned());
        if base.is_empty() || auth.is_empty() {
            return Err(ConnectError::Region("jp"));
        }
        let key = Key::new(&base, format!("{torq:?}"), folder);
        self.host(Service::Torq, "torq.base_url", key, || async {
            let id = self.secret("torq.client_id", &torq.client_id, folder).await?;
            let secret = self.secret("torq.client_secret", &torq.client_secret, folder).await?;
            Ok(Authorization::Bearer(TokenSource::new(id.expose_secret(), secret, auth)))
        })
        .await
    }

    async fn secret(
        &self,
        what: &'static str,
        source: &SecretSource,
        folder: &std::path::Path,
    ) -> Result<SecretString, ConnectError> {
        source.read(folder, self.run.commands).await.map_err(|cause| ConnectError::Secret { what, cause })
    }
}
