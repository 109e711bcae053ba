//! Known, absent, unknown: the three states of every value from outside (semantics, verdicts 1), and the gaps that unknown ones name.

use std::fmt;

use crate::document::json_path::Step;
use crate::document::{DocumentName, JsonPath};

/// Where something stands: a document and a path in it. The layer `finding` turns it into lines.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    pub document: DocumentName,
    pub path: JsonPath,
}

impl Place {
    pub fn new(document: DocumentName, path: JsonPath) -> Self {
        Self { document, path }
    }
}

/// As it is shown: `torq/claim-mappings.json#/claim_mappings/2/claim_value`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.document)?;
        if !self.path.steps().is_empty() {
            write!(f, "#{}", self.path)?;
        }
        Ok(())
    }
}

/// Why something is not known.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// The document is not there.
    NotRead,
    /// The service refused it; in its words.
    Refused(String),
    /// The document is there and could not be read.
    Unreadable,
    /// The document is a part of the whole, and this was not looked up.
    Incomplete,
    /// The document was read and lacks the field.
    NotThere,
    /// The two sides of the memberships say different things.
    Disagree,
    /// It was read, and what it means cannot be followed here; why.
    Undecided(String),
    /// A Terraform plan changes it, and does not say to what; in a clause.
    Planned(String),
}

/// One thing that is not known.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Gap {
    pub place: Place,
    pub cause: Cause,
}

impl Gap {
    pub fn new(document: DocumentName, path: JsonPath, cause: Cause) -> Self {
        Self { place: Place::new(document, path), cause }
    }

    /// Of a document as a whole.
    pub fn document(document: DocumentName, cause: Cause) -> Self {
        Self::new(document, JsonPath::root(), cause)
    }

    /// How to close it, in one sentence.
    pub fn remedy(&self) -> String {
        let document = &self.place.document;
        match (&self.cause, document) {
            (Cause::Undecided(_), _) => {
                "Sign in with a test person and compare; the tool cannot follow this value.".to_owned()
            }
            (Cause::Planned(_), _) => {
                "Apply the plan where nobody is locked out by it, then check a fresh snapshot; or write the value into the configuration.".to_owned()
            }
            (Cause::Unreadable, _) => format!("Mend {document}: the error above says where."),
            (Cause::Disagree, _) => "Read the memberships again, all at one time.".to_owned(),
            (Cause::Incomplete, _) => format!(
                "Read {document} with a credential that sees the whole organisation (a read-only administrator, not a group administrator)."
            ),
            (Cause::NotThere, DocumentName::Connection) => {
                format!("Write {} into connection.yaml; Torq shows it under Settings > Security > Configure SSO.", key(&self.place.path))
            }
            (_, DocumentName::Connection) => {
                "Add connection.yaml with what Torq shows under Settings > Security > Configure SSO.".to_owned()
            }
            (Cause::NotThere, _) => format!("Take {document} from the service again; this field is missing from it."),
            (_, DocumentName::IdToken) => "Read okta/id-token.json with an API token (SSWS), since Okta refuses it to OAuth apps; or declare okta.groups_claim in connection.yaml.".to_owned(),
            (Cause::Refused(_), document) => format!(
                "Let the credential read {document}, or add the file to a snapshot by hand; README.md lists the endpoint for each file."
            ),
            (_, document) => format!("Add {document}; README.md lists the endpoint for each file."),
        }
    }
}

fn key(path: &JsonPath) -> String {
    let text = path.to_string();
    text.trim_start_matches('/').replace('/', ".")
}

/// One clause, such as "okta/id-token.json was not read". An id of a person is not part of it: whole organisations read it.
impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let document = match &self.place.document {
            DocumentName::UserGroups(_) => "a document in okta/user-groups".to_owned(),
            document => document.to_string(),
        };
        match &self.cause {
            Cause::NotRead => write!(f, "{document} was not read"),
            Cause::Refused(why) => write!(f, "{document} was refused: {why}"),
            Cause::Unreadable => write!(f, "{document} could not be read"),
            Cause::Incomplete => write!(f, "{document} is not complete"),
            Cause::NotThere => match self.place.path.steps() {
                [] => write!(f, "{document} does not say it"),
                steps if steps.iter().all(|step| matches!(step, Step::Key(_))) => {
                    write!(f, "{document} has no {}", key(&self.place.path))
                }
                _ => write!(f, "{document} has nothing at {}", self.place.path),
            },
            Cause::Disagree => write!(f, "okta/group-users and okta/user-groups disagree"),
            Cause::Undecided(why) | Cause::Planned(why) => write!(f, "{why}"),
        }
    }
}

/// A value from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact<T> {
    Known(T),
    /// Read, and not there: unset.
    Absent,
    Unknown(Gap),
}

impl<T> Fact<T> {
    /// Known, or unknown with the gap that the field is missing from a document that was read.
    pub fn required(value: Option<T>, document: DocumentName, path: JsonPath) -> Self {
        value.map_or_else(|| Self::Unknown(Gap::new(document, path, Cause::NotThere)), Self::Known)
    }

    /// Known or absent.
    pub fn optional(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Self::Known)
    }

    /// The value, where it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unknown(_) => None,
        }
    }

    /// What is missing, where it is unknown.
    pub fn gap(&self) -> Option<&Gap> {
        match self {
            Self::Unknown(gap) => Some(gap),
            Self::Known(_) | Self::Absent => None,
        }
    }

    /// The value for a rule or a gate that cannot go on without knowing: `Ok(None)` is absent.
    pub fn need(&self) -> Result<Option<&T>, Gap> {
        match self {
            Self::Known(value) => Ok(Some(value)),
            Self::Absent => Ok(None),
            Self::Unknown(gap) => Err(gap.clone()),
        }
    }

    /// Like [`Fact::need`], where absent says as little as unknown.
    pub fn need_known(&self, document: &DocumentName) -> Result<&T, Gap> {
        match self {
            Self::Known(value) => Ok(value),
            Self::Absent => Err(Gap::document(document.clone(), Cause::NotThere)),
            Self::Unknown(gap) => Err(gap.clone()),
        }
    }

    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Fact<U> {
        self.and_then(|value| Fact::Known(change(value)))
    }

    /// A fact that follows from the value; absent and unknown stay what they are.
    pub fn and_then<U>(self, change: impl FnOnce(T) -> Fact<U>) -> Fact<U> {
        match self {
            Self::Known(value) => change(value),
            Self::Absent => Fact::Absent,
            Self::Unknown(gap) => Fact::Unknown(gap),
        }
    }

    pub fn as_ref(&self) -> Fact<&T> {
        match self {
            Self::Known(value) => Fact::Known(value),
            Self::Absent => Fact::Absent,
            Self::Unknown(gap) => Fact::Unknown(gap.clone()),
        }
    }
}
