//! Live reading: from the services' answers to the documents of a snapshot, in memory and with the same bytes on disk.
//!
//! [`plan`] chooses the requests, [`read::connection`] makes them, [`okta`] and [`torq`] know the paths, [`canonical`] makes texts of the
//! answers, [`ledger`] keeps what was not answered, [`pseudonym`] takes names out, [`folder`] writes it all or nothing. How a
//! request travels is left to `http`; what the documents mean, to `model`.

pub mod canonical;
pub mod clock;
pub mod folder;
pub mod ledger;
pub mod okta;
pub mod plan;
pub mod pseudonym;
pub mod read;
pub mod torq;

use std::collections::BTreeMap;

use thiserror::Error;

use crate::document::connection::Connection;
use crate::document::manifest::Manifest;
use crate::document::okta as okta_shape;
use crate::document::position::Format;
use crate::document::{Content, Document, DocumentName, Documents, JsonPath, SourceFile};
use crate::source::http::Host;
use crate::source::snapshot::Snapshot;

use self::okta::OktaId;

/// One live connection, ready to be read.
#[derive(Clone)]
pub struct Live {
    /// What no service returns; it becomes `connection.yaml`.
    pub connection: Connection,
    pub okta: OktaSide,
    /// `None`: nothing is configured for Torq, and its documents are gaps.
    pub torq: Option<Host>,
    /// The most requests, where the user gave it: then what is only good to have is read as far as it allows.
    pub max_requests: Option<u64>,
}

/// Okta's side of a live connection.
#[derive(Clone)]
pub struct OktaSide {
    pub host: Host,
    /// The issuer's host, asked without a credential; `None` where the issuer's URL is not known or not a URL.
    pub issuer: Option<Issuer>,
    pub app: AppChoice,
    pub credential: Credential,
}

#[derive(Clone)]
pub struct Issuer {
    pub host: Host,
    /// The path of the issuer's URL: `/oauth2/{id}` or nothing.
    pub path: String,
}

/// Which app Torq signs people in through.
#[derive(Debug, Clone)]
pub enum AppChoice {
    Id(OktaId),
    /// A glob over the app's label.
    Label(String),
}

/// The kind of credential; Okta refuses the id-token settings to service apps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    ApiToken,
    ServiceApp,
}

/// Why a connection was not read at all.
#[derive(Debug, Error)]
pub enum PullError {
    #[error("{0}")]
    NotReached(String),
    #[error(
        "Okta does not accept the credential (401): {0}; an API token stops after 30 days without use, or outside of its network zone"
    )]
    NotSignedIn(String),
    #[error("{0}")]
    App(String),
}

impl PullError {
    /// What to do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NotReached(_) => {
                "Look whether okta.org_url is right and whether Okta answers from here, and run it again."
            }
            Self::NotSignedIn(_) => {
                "Make a new credential in Okta (an API token under Security > API > Tokens), give it in place of the old one, and run it again."
            }
            Self::App(_) => {
                "Name the app by okta.app_id in ssolint.yaml; Okta shows the id in the app's address."
            }
        }
    }
}

/// What was read: every document with its text, in the order of the names.
#[derive(Debug, Clone)]
pub struct Pulled {
    pub documents: BTreeMap<DocumentName, String>,
    pub manifest: Manifest,
    /// Requests without an answer: a source failed, though it was reached.
    pub failures: Vec<Failure>,
    /// For people, in the order in which they came up.
    pub notices: Vec<String>,
    /// How many requests were made.
    pub requests: u64,
}

/// A document that a service failed to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub document: DocumentName,
    pub why: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.document, self.why)
    }
}

impl Pulled {
    /// Of the connection's app, where it was read.
    pub fn app_label(&self) -> Option<String> {
        let app = self.documents.get(&DocumentName::App)?;
        serde_json::from_str::<okta_shape::App>(app).ok()?.label
    }

    /// The documents in memory; `origin` is how the connection is named in outputs.
    pub fn snapshot(&self, origin: &str) -> Snapshot {
        let mut documents = Documents::new(origin);
        for (name, text) in &self.documents {
            let format = if *name == DocumentName::Connection { Format::Yaml } else { Format::Json };
            let file = documents.add_file(SourceFile {
                path: format!("{origin}/{name}"),
                text: text.as_str().into(),
                format,
            });
            documents.add(name.clone(), Document { file, root: JsonPath::root(), content: Content::File });
        }
        Snapshot { documents, faults: Vec::new(), notices: self.notices.clone() }
    }

    /// Puts the manifest among the documents, with the hash over the others.
    fn seal(&mut self) {
        self.documents.remove(&DocumentName::Manifest);
        self.manifest.hash = Some(canonical::hash(&self.documents));
        self.documents.insert(DocumentName::Manifest, canonical::text(&self.manifest));
    }
}
