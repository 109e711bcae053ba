//! A project file in a folder of its own, with one live connection or more, as a user writes it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use p256::pkcs8::{EncodePrivateKey, LineEnding};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::binary::{self, Ran};

/// How Okta is signed in to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Okta {
    ApiToken,
    ServiceApp,
}

/// Removed with the value.
pub struct Project {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

impl Project {
    /// `file` is the text of `ssolint.yaml`; JSON is YAML.
    pub fn new(file: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ssolint.yaml"), file.to_string()).unwrap();
        Self { folder, environment: Vec::new() }
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// A file that only its owner can read.
    pub fn put(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn run(&self, arguments: &[&str], most: Duration) -> Ran {
        self.run_with(arguments, "", most)
    }

    pub fn run_with(&self, arguments: &[&str], stdin: &str, most: Duration) -> Ran {
        let environment: Vec<(&str, &str)> =
            self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        binary::ssolint(self.folder(), arguments, &environment, stdin, most)
    }
}

/// One entry of `connections:`.
pub fn connection(name: &str, app_id: &str, okta: &str, torq: &str, issuer: &str, auth: &Value) -> Value {
    json!({
        "name": name,
        "stage": "verified",
        "okta": {"org_url": okta, "app_id": app_id, "auth": auth},
        "torq": {"region": "us", "base_url": format!("{torq}/public"), "auth_url": torq,
            "client_id": {"env": "TORQ_ID"}, "client_secret": {"env": "TORQ_SECRET"}},
        "connection": {"torq": {"issuer_url": format!("{okta}{issuer}"), "client_id": app_id, "flow": "implicit",
            "requested_scopes": ["openid", "email", "profile", "groups"],
            "login_redirect_url": "https://app.torq.io/__/auth/handler"}},
    })
}

/// A project of one connection with made-up credentials.
pub fn write(credential: Okta, okta: &str, torq: &str, issuer: &str, by_label: Option<&str>) -> Project {
    let auth = match credential {
        Okta::ApiToken => json!({"api_token": {"env": "OKTA_TOKEN"}}),
        Okta::ServiceApp => {
            json!({"service_app": {"client_id": "0oaservice", "key": {"file": "key.pem"}, "kid": "one"}})
        }
    };
    let mut entry = connection("acme-prod", "0oa1gjh63g214q0Hq0g4", okta, torq, issuer, &auth);
    if let Some(label) = by_label {
        entry["okta"].as_object_mut().unwrap().remove("app_id");
        entry["okta"]["app_label"] = json!(label);
    }
    let mut project = Project::new(&json!({"version": 1, "connections": [entry]}));
    project.set("OKTA_TOKEN", "made-up");
    project.set("TORQ_ID", "made-up");
    project.set("TORQ_SECRET", "made-up");
    project.put("key.pem", &pem(&[7; 32]));
    project
}

/// A private key of P-256 with this scalar.
pub fn pem(scalar: &[u8; 32]) -> String {
    let key = p256::SecretKey::from_slice(scalar).unwrap();
    key.to_pkcs8_pem(LineEnding::LF).unwrap().to_string()
}

/// Keeps what explains a failure, below the build's folder; says where.
pub fn keep(lines: &[String]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(format!("exchanges-{}.txt", std::process::id()));
    fs::write(&path, lines.join("\n")).unwrap();
    path
}
