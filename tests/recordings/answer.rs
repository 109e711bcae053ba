//! From a recorded answer to the shape that the product reads it with, and from both to what was missed.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use ssolint::document::position::Format;
use ssolint::document::{Content, Document, DocumentName, Documents, JsonPath, SourceFile, okta, reading};

use crate::modelled::{self, Field, Holds, Shown};

/// The shapes of `document/okta.rs` that stand for a whole answer, or for one row of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    Organization,
    OpenidConfiguration,
    App,
    IdToken,
    FederatedClaim,
    AuthorizationServer,
    AuthorizationServerClaim,
    AuthorizationServerPolicy,
    AppGroup,
    AppUser,
    Group,
    GroupRule,
    GroupUser,
    UserGroup,
    User,
    AccessPolicyRule,
}

/// Who reads an answer.
#[derive(Debug, Clone, Copy)]
pub enum Reader {
    Shape(Shape),
    /// No document is made of it; why.
    Nobody(&'static str),
}

use Reader::Nobody;

const fn shape(shape: Shape) -> Reader {
    Reader::Shape(shape)
}

/// Every path that was asked for, `*` standing for one id; the first that fits decides.
const READERS: &[(&str, Reader)] = &[
    ("/.well-known/okta-organization", shape(Shape::Organization)),
    ("/.well-known/oauth-authorization-server", shape(Shape::OpenidConfiguration)),
    ("/.well-known/openid-configuration", shape(Shape::OpenidConfiguration)),
    ("/api/v1/apps", shape(Shape::App)),
    ("/api/v1/apps/*", shape(Shape::App)),
    ("/api/v1/apps/*/federated-claims", shape(Shape::FederatedClaim)),
    ("/api/v1/apps/*/federated-claims/*", shape(Shape::FederatedClaim)),
    ("/api/v1/apps/*/groups", shape(Shape::AppGroup)),
    ("/api/v1/apps/*/groups/*", shape(Shape::AppGroup)),
    ("/api/v1/apps/*/users", shape(Shape::AppUser)),
    ("/api/v1/apps/*/users/*", shape(Shape::AppUser)),
    ("/api/v1/internal/apps/*/settings/oauth/idToken", shape(Shape::IdToken)),
    ("/api/v1/authorizationServers", shape(Shape::AuthorizationServer)),
    ("/api/v1/authorizationServers/*", shape(Shape::AuthorizationServer)),
    ("/api/v1/authorizationServers/*/claims", shape(Shape::AuthorizationServerClaim)),
    ("/api/v1/authorizationServers/*/claims/*", shape(Shape::AuthorizationServerClaim)),
    ("/api/v1/authorizationServers/*/policies", shape(Shape::AuthorizationServerPolicy)),
    ("/api/v1/authorizationServers/*/policies/*", shape(Shape::AuthorizationServerPolicy)),
    ("/api/v1/groups/rules", shape(Shape::GroupRule)),
    ("/api/v1/groups/rules/*", shape(Shape::GroupRule)),
    ("/api/v1/groups", shape(Shape::Group)),
    ("/api/v1/groups/*", shape(Shape::Group)),
    ("/api/v1/groups/*/users", shape(Shape::GroupUser)),
    ("/api/v1/users", shape(Shape::User)),
    ("/api/v1/users/*", shape(Shape::User)),
    ("/api/v1/users/*/groups", shape(Shape::UserGroup)),
    ("/api/v1/policies/*/rules", shape(Shape::AccessPolicyRule)),
    ("/api/v1/policies/*/rules/*", shape(Shape::AccessPolicyRule)),
    ("/api/v1/policies", Nobody("the app links to its policy, and the policy's rules decide")),
    ("/api/v1/policies/*", Nobody("the app links to its policy, and the policy's rules decide")),
    ("/api/v1/apps/*/lifecycle/deactivate", Nobody("an empty object")),
    ("/api/v1/apps/*/credentials/keys", Nobody("signing keys decide nothing")),
    ("/api/v1/apps/*/credentials/secrets", Nobody("client secrets are never read")),
    ("/api/v1/apps/*/sso/saml/metadata", Nobody("SAML")),
    ("/api/v1/authenticators", Nobody("no verdict covers authenticators")),
    ("/api/v1/authenticators/*", Nobody("no verdict covers authenticators")),
    ("/api/v1/authorizationServers/*/clients/*/tokens/*", Nobody("refresh tokens that were issued")),
    ("/api/v1/meta/schemas/user/default", Nobody("the user schema decides nothing")),
    ("/api/v1/users/*/roles", Nobody("roles of Okta's own administrators")),
];

/// The row of the table for a path; `None` where no row fits.
pub fn reader(path: &str) -> Option<&'static (&'static str, Reader)> {
    READERS.iter().find(|(pattern, _)| fits(pattern, path))
}

pub fn fits(pattern: &str, path: &str) -> bool {
    let mut wanted = pattern.split('/');
    let mut steps = path.split('/');
    loop {
        match (wanted.next(), steps.next()) {
            (None, None) => return true,
            (Some("*"), Some(_)) => {}
            (Some(one), Some(step)) if one == step => {}
            _ => return false,
        }
    }
}

/// One object as it was recorded, and as the product has it after reading.
#[derive(Debug)]
pub struct Object {
    pub recorded: Value,
    pub read: Value,
}

impl Shape {
    pub const ALL: [Shape; 16] = [
        Self::Organization,
        Self::OpenidConfiguration,
        Self::App,
        Self::IdToken,
        Self::FederatedClaim,
        Self::AuthorizationServer,
        Self::AuthorizationServerClaim,
        Self::AuthorizationServerPolicy,
        Self::AppGroup,
        Self::AppUser,
        Self::Group,
        Self::GroupRule,
        Self::GroupUser,
        Self::UserGroup,
        Self::User,
        Self::AccessPolicyRule,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::OpenidConfiguration => "openid-configuration",
            Self::App => "app",
            Self::IdToken => "id-token",
            Self::FederatedClaim => "federated-claim",
            Self::AuthorizationServer => "authorization-server",
            Self::AuthorizationServerClaim => "authorization-server-claim",
            Self::AuthorizationServerPolicy => "authorization-server-policy",
            Self::AppGroup => "app-group",
            Self::AppUser => "app-user",
            Self::Group => "group",
            Self::GroupRule => "group-rule",
            Self::GroupUser => "group-user",
            Self::UserGroup => "user-group",
            Self::User => "user",
            Self::AccessPolicyRule => "access-policy-rule",
        }
    }

    pub fn fields(self) -> &'static [Field] {
        match self {
            Self::Organization => modelled::ORGANIZATION,
            Self::OpenidConfiguration => modelled::OPENID_CONFIGURATION,
            Self::App => modelled::APP,
            Self::IdToken => modelled::ID_TOKEN,
            Self::FederatedClaim => modelled::FEDERATED_CLAIM,
            Self::AuthorizationServer => modelled::AUTHORIZATION_SERVER,
            Self::AuthorizationServerClaim => modelled::AUTHORIZATION_SERVER_CLAIM,
            Self::AuthorizationServerPolicy => modelled::AUTHORIZATION_SERVER_POLICY,
            Self::AppGroup => modelled::APP_GROUP,
            Self::AppUser => modelled::APP_USER,
            Self::Group | Self::UserGroup => modelled::GROUP,
            Self::GroupRule => modelled::GROUP_RULE,
            Self::GroupUser => modelled::MEMBER,
            Self::User => modelled::USER,
            Self::AccessPolicyRule => modelled::ACCESS_POLICY_RULE,
        }
    }

    /// Reads an answer through the product's one reader: one object, or a list of them.
    pub fn read(self, body: &str) -> Result<Vec<Object>, String> {
        match self {
            Self::Organization => typed::<okta::Organization>(body, DocumentName::Organization),
            Self::OpenidConfiguration => {
                typed::<okta::OpenidConfiguration>(body, DocumentName::OpenidConfiguration)
            }
            Self::App => typed::<okta::App>(body, DocumentName::App),
            Self::IdToken => typed::<okta::IdToken>(body, DocumentName::IdToken),
            Self::FederatedClaim => typed::<okta::FederatedClaim>(body, DocumentName::FederatedClaims),
            Self::AuthorizationServer => {
                typed::<okta::AuthorizationServer>(body, DocumentName::AuthorizationServer)
            }
            Self::AuthorizationServerClaim => {
                typed::<okta::AuthorizationServerClaim>(body, DocumentName::AuthorizationServerClaims)
            }
            Self::AuthorizationServerPolicy => {
                typed::<okta::AuthorizationServerPolicy>(body, DocumentName::AuthorizationServerPolicies)
            }
            Self::AppGroup => typed::<okta::AppGroup>(body, DocumentName::AppGroups),
            Self::AppUser => typed::<okta::AppUser>(body, DocumentName::AppUsers),
            Self::Group => typed::<okta::Group>(body, DocumentName::Groups),
            Self::GroupRule => typed::<okta::GroupRule>(body, DocumentName::GroupRules),
            Self::GroupUser => typed::<okta::Member>(body, DocumentName::GroupUsers("00g".to_owned())),
            Self::UserGroup => typed::<okta::Group>(body, DocumentName::UserGroups("00u".to_owned())),
            Self::User => typed::<okta::User>(body, DocumentName::Users),
            Self::AccessPolicyRule => typed::<okta::AccessPolicyRule>(body, DocumentName::AccessPolicyRules),
        }
    }
}

fn typed<T: DeserializeOwned + Serialize>(body: &str, name: DocumentName) -> Result<Vec<Object>, String> {
    let recorded: Value = serde_json::from_str(body).map_err(|error| format!("not JSON: {error}"))?;
    let mut documents = Documents::new("recorded");
    let file = SourceFile { path: "recorded".to_owned(), text: body.into(), format: Format::Json };
    let file = documents.add_file(file);
    documents.add(name.clone(), Document { file, root: JsonPath::root(), content: Content::File });
    let objects = match recorded {
        Value::Array(rows) => {
            let read = reading::read::<Vec<T>>(&documents, &name).unwrap();
            rows.into_iter()
                .zip(read.map_err(|fault| format!("{}: {}", fault.path, fault.message))?)
                .collect()
        }
        one => {
            let read = reading::read::<T>(&documents, &name).unwrap();
            vec![(one, read.map_err(|fault| format!("{}: {}", fault.path, fault.message))?)]
        }
    };
    Ok(objects
        .into_iter()
        .map(|(recorded, read)| Object { recorded, read: serde_json::to_value(read).unwrap() })
        .collect())
}

/// What stands at a path: each place as a JSON pointer. Null is nothing.
pub fn at<'a>(value: &'a Value, path: &str) -> Vec<(String, &'a Value)> {
    path.split('/')
        .fold(vec![(String::new(), value)], |places, step| {
            places
                .into_iter()
                .flat_map(|(pointer, value)| match (step, value) {
                    ("*", Value::Array(rows)) => rows
                        .iter()
                        .enumerate()
                        .map(|(index, row)| (format!("{pointer}/{index}"), row))
                        .collect(),
                    (key, Value::Object(members)) => members
                        .get(key)
                        .map(|member| (format!("{pointer}/{key}"), member))
                        .into_iter()
                        .collect(),
                    _ => Vec::new(),
                })
                .collect()
        })
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect()
}

/// Every difference between what was recorded of the modelled fields and what was read, in both directions.
pub fn differences(object: &Object, fields: &[Field]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, _, _) in fields {
        for (pointer, recorded) in at(&object.recorded, path) {
            match object.read.pointer(&pointer) {
                Some(read) if read == recorded => {}
                Some(_) => found.push(format!("{pointer} is not read as it stands there")),
                None => found.push(format!("{pointer} is there and not read")),
            }
        }
    }
    leaves(&object.read, &mut Vec::new(), fields, &mut |pointer, modelled| {
        if !modelled {
            found.push(format!("{pointer} is read, and modelled.rs does not have it"));
        } else if object.recorded.pointer(pointer).is_none() {
            found.push(format!("{pointer} is read and was not there"));
        }
    });
    found
}

/// Goes down to the modelled fields and to whatever else is not an object.
fn leaves(value: &Value, steps: &mut Vec<String>, fields: &[Field], each: &mut impl FnMut(&str, bool)) {
    let pointer: String = steps.iter().map(|step| format!("/{step}")).collect();
    let modelled = fields.iter().any(|(path, _, _)| !steps.is_empty() && fits(path, &steps.join("/")));
    let mut down = |step: String, value: &Value| {
        steps.push(step);
        leaves(value, steps, fields, each);
        steps.pop();
    };
    match value {
        _ if modelled => each(&pointer, true),
        Value::Object(members) => members.iter().for_each(|(key, value)| down(key.clone(), value)),
        Value::Array(rows) if rows.iter().all(Value::is_object) => {
            rows.iter().enumerate().for_each(|(index, value)| down(index.to_string(), value));
        }
        _ => each(&pointer, false),
    }
}

/// An object that has every field.
pub fn populated(fields: &[Field]) -> Value {
    let mut whole = Value::Object(Map::new());
    for (path, holds, _) in fields {
        let value = match holds {
            Holds::Text => Value::from("text"),
            Holds::Flag => Value::from(true),
            Holds::Number => Value::from(7),
            Holds::Texts => Value::from(vec!["one", "two"]),
            Holds::Anything => serde_json::json!({"any": [null, {"depth": 1}]}),
        };
        put(&mut whole, &path.split('/').collect::<Vec<_>>(), value);
    }
    whole
}

fn put(into: &mut Value, path: &[&str], value: Value) {
    let Some((step, rest)) = path.split_first() else {
        *into = value;
        return;
    };
    let next = if *step == "*" {
        if !into.is_array() {
            *into = Value::Array(vec![Value::Null]);
        }
        into.get_mut(0).unwrap()
    } else {
        if !into.is_object() {
            *into = Value::Object(Map::new());
        }
        into.as_object_mut().unwrap().entry(*step).or_insert(Value::Null)
    };
    put(next, rest, value);
}

/// What was read of one kind of object in one recording.
#[derive(Debug, Default)]
pub struct Tally {
    pub answers: usize,
    pub objects: usize,
    values: BTreeMap<usize, BTreeSet<String>>,
}

impl Tally {
    pub fn add(&mut self, objects: &[Object], fields: &[Field]) {
        self.answers += 1;
        self.objects += objects.len();
        for object in objects {
            for (index, (path, _, shown)) in fields.iter().enumerate() {
                if *shown == Shown::Nothing {
                    continue;
                }
                let seen = self.values.entry(index).or_default();
                let places = at(&object.read, path);
                if places.is_empty() {
                    seen.insert("none".to_owned());
                }
                seen.extend(places.into_iter().map(|(_, value)| show(value, *shown)));
            }
        }
    }

    /// Of a field that is never there, nothing is said.
    pub fn line(&self, fields: &[Field]) -> String {
        let mut line = format!("answers {}, objects {}", self.answers, self.objects);
        for (index, (path, _, _)) in fields.iter().enumerate() {
            let Some(seen) = self.values.get(&index) else { continue };
            if seen.iter().any(|value| value != "none") {
                let seen: Vec<&str> = seen.iter().map(String::as_str).collect();
                line.push_str(&format!("; {path}: {}", seen.join(" | ")));
            }
        }
        line
    }
}

fn show(value: &Value, shown: Shown) -> String {
    match (shown, value) {
        (Shown::Sizes, Value::Array(elements)) => elements.len().to_string(),
        (Shown::Keys, Value::Object(members)) => members.keys().cloned().collect::<Vec<_>>().join("+"),
        (_, Value::Array(elements)) => format!(
            "[{}]",
            elements.iter().map(|element| show(element, Shown::Values)).collect::<Vec<_>>().join(" ")
        ),
        (_, Value::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    }
}
