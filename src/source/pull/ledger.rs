//! What has been read so far: the documents, how whole each is, and what was refused or failed. Nothing that was not answered in full
//! becomes a document.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::document::DocumentName;
use crate::document::manifest::{Extent, Refusal};
use crate::source::http::{Answer, RequestError};

use super::{Failure, canonical};

/// The answer to one question.
pub type Answered<T> = Result<Answer<T>, RequestError>;

#[derive(Debug, Default)]
pub struct Ledger {
    pub documents: BTreeMap<DocumentName, String>,
    pub extents: BTreeMap<String, Extent>,
    pub refused: Vec<Refusal>,
    /// Requests that got no answer at all, as against a refusal: the source failed.
    pub failures: Vec<Failure>,
}

impl Ledger {
    pub fn put<T: Serialize>(&mut self, name: DocumentName, shape: &T, extent: Extent) {
        self.extents.insert(name.path(), extent);
        self.documents.insert(name, canonical::text(shape));
    }

    pub fn refuse(&mut self, name: &DocumentName, status: Option<u16>, why: impl Into<String>) {
        self.refused.push(Refusal { document: name.path(), status, why: why.into() });
    }

    /// Takes an answer that is one object; `None` where there is none, which is then in the list of refusals.
    pub fn one<T: DeserializeOwned>(&mut self, name: &DocumentName, answer: Answered<String>) -> Option<T> {
        let text = self.found(name, answer)?;
        self.shaped(name, canonical::object(&text))
    }

    /// Takes an answer that is a list.
    pub fn rows<T: DeserializeOwned>(
        &mut self,
        name: &DocumentName,
        answer: Answered<Vec<Value>>,
    ) -> Option<Vec<T>> {
        let rows = self.found(name, answer)?;
        self.shaped(name, canonical::rows(rows))
    }

    pub fn found<T>(&mut self, name: &DocumentName, answer: Answered<T>) -> Option<T> {
        match answer {
            Ok(Answer::Found(found)) => return Some(found),
            Ok(Answer::NotThere) => self.refuse(name, Some(404), not_there(name)),
            Ok(Answer::Refused { status, why }) => self.refuse(name, Some(status), refusal(status, &why)),
            Err(error) => {
                self.failures.push(Failure { document: name.clone(), why: error.to_string() });
                self.refuse(name, None, error.to_string());
            }
        }
        None
    }

    fn shaped<T>(&mut self, name: &DocumentName, shape: Result<T, String>) -> Option<T> {
        match shape {
            Ok(shape) => Some(shape),
            Err(why) => {
                self.failures.push(Failure { document: name.clone(), why: why.clone() });
                self.refuse(name, None, why);
                None
            }
        }
    }
}

fn refusal(status: u16, why: &str) -> String {
    match status {
        401 => format!("the credential was not accepted (401): {why}"),
        403 => format!("the credential may not read it (403): {why}"),
        _ => format!("it was refused ({status}): {why}"),
    }
}

/// Why a document may not be there, where that is known.
fn not_there(name: &DocumentName) -> String {
    let why = match name {
        DocumentName::IdToken => {
            "Okta has no id-token settings for this app; a catalogue app does not show them. Declare okta.groups_claim in connection.yaml"
        }
        DocumentName::FederatedClaims => {
            "Okta has no federated claims for this app; an organisation on the Classic Engine does not have them"
        }
        DocumentName::AuthorizationServer
        | DocumentName::AuthorizationServerClaims
        | DocumentName::AuthorizationServerPolicies => {
            "Okta has no such authorization server, or does not show it; look at the issuer URL in connection.yaml"
        }
        DocumentName::OpenidConfiguration => {
            "the issuer has no discovery document; look at the issuer URL in connection.yaml"
        }
        _ => "the service answered that it is not there, or that this credential does not see it",
    };
    format!("{why} (404)")
}
