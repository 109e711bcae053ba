//! A snapshot made of a recording: for one app, the last answer to each question that a document is made of, and beside them a Torq that asks for
//! what the app allows.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::answer::{self, Reader, Shape, fits};
use crate::cassette::{Answer, Recording};

/// Every OpenID Connect app of a recording, by id, as it was last shown alone or in a list.
pub fn openid_connect_apps(recording: &Recording) -> BTreeMap<String, Value> {
    let mut apps = gathered(recording, "", &[Shape::App]);
    apps.retain(|_, app| app["signOnMode"] == "OPENID_CONNECT");
    apps
}

/// The logins of everyone whom a recording shows.
pub fn logins(recording: &Recording) -> Vec<String> {
    let users = gathered(recording, "", &[Shape::User, Shape::GroupUser]);
    users.values().map(|user| user["profile"]["login"].as_str().unwrap().to_owned()).collect()
}

/// The objects of some kinds that were asked for under a path, by id, each as it was shown last.
fn gathered(recording: &Recording, under: &str, kinds: &[Shape]) -> BTreeMap<String, Value> {
    let mut objects = BTreeMap::new();
    for answer in &recording.answers {
        let wanted =
            matches!(answer::reader(&answer.path), Some((_, Reader::Shape(kind))) if kinds.contains(kind));
        if wanted && answer.method == "GET" && answer.status == 200 && answer.path.starts_with(under) {
            let rows = match body(answer) {
                Value::Array(rows) => rows,
                one => vec![one],
            };
            for row in rows {
                objects.insert(row["id"].as_str().unwrap().to_owned(), row);
            }
        }
    }
    objects
}

fn body(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

/// The last answer to a question; `None` where it was never asked, or there was nothing (404).
fn last(recording: &Recording, path: &str) -> Option<Value> {
    let last = recording
        .answers
        .iter()
        .rfind(|answer| answer.method == "GET" && answer.path == path && answer.is_whole_list());
    last.filter(|answer| answer.status == 200).map(body)
}

/// How the documents of a snapshot come together.
#[derive(Default)]
struct Made {
    okta: Map<String, Value>,
    extents: Map<String, Value>,
}

impl Made {
    fn whole(&mut self, document: &str, content: Option<Value>) {
        if let Some(content) = content {
            self.extents.insert(format!("okta/{document}"), json!({"complete": true}));
            self.okta.insert(document.to_owned(), content);
        }
    }

    /// A list that was asked for; else what was shown of it one by one, which is not the whole.
    fn list(&mut self, document: &str, whole: Option<Value>, parts: BTreeMap<String, Value>) {
        if whole.is_some() {
            self.whole(document, whole);
        } else if !parts.is_empty() {
            let looked_up: Vec<&String> = parts.keys().collect();
            self.extents
                .insert(format!("okta/{document}"), json!({"complete": false, "looked_up": looked_up}));
            self.okta.insert(document.to_owned(), parts.into_values().collect());
        }
    }

    /// The lists of one kind that were asked for, by the id in their path.
    fn by_id(&mut self, document: &str, recording: &Recording, pattern: &str) {
        let mut lists = Map::new();
        for answer in recording.answers.iter().filter(|answer| answer.method == "GET") {
            if answer.status == 200 && fits(pattern, &answer.path) {
                let id = answer.path.split('/').nth(4).unwrap();
                self.extents.insert(format!("okta/{document}/{id}"), json!({"complete": true}));
                lists.insert(id.to_owned(), body(answer));
            }
        }
        self.okta.insert(document.to_owned(), Value::Object(lists));
    }
}

/// The single file of a snapshot, for one app of a recording.
pub fn snapshot(recording: &Recording, app: &Value) -> Value {
    let id = app["id"].as_str().unwrap();
    let mut made = Made::default();
    made.whole("app", Some(app.clone()));
    made.whole("organization", last(recording, "/.well-known/okta-organization"));
    made.whole("id-token", last(recording, &format!("/api/v1/internal/apps/{id}/settings/oauth/idToken")));
    for (document, what, kind) in [
        ("app-groups", "groups", Shape::AppGroup),
        ("app-users", "users", Shape::AppUser),
        ("federated-claims", "federated-claims", Shape::FederatedClaim),
    ] {
        let path = format!("/api/v1/apps/{id}/{what}");
        made.list(document, last(recording, &path), gathered(recording, &path, &[kind]));
    }
    let groups = gathered(recording, "", &[Shape::Group, Shape::UserGroup]);
    made.list("groups", None, groups.clone());
    made.list("users", None, gathered(recording, "", &[Shape::User]));
    made.list("group-rules", None, gathered(recording, "", &[Shape::GroupRule]));
    made.by_id("group-users", recording, "/api/v1/groups/*/users");
    made.by_id("user-groups", recording, "/api/v1/users/*/groups");
    let policy = app["_links"]["accessPolicy"]["href"].as_str().and_then(|link| link.rsplit('/').next());
    if let Some(policy) = policy {
        let path = format!("/api/v1/policies/{policy}/rules");
        let parts = gathered(recording, &path, &[Shape::AccessPolicyRule]);
        made.list("access-policy-rules", last(recording, &path), parts);
    }
    for document in ["torq/claim-mappings", "torq/roles", "torq/users"] {
        made.extents.insert(document.to_owned(), json!({"complete": true}));
    }
    json!({
        "connection": connection(recording, app),
        "manifest": {"format": 1, "documents": made.extents},
        "okta": made.okta,
        "torq": torq(&groups),
    })
}

/// What Torq's wizard would be set to for this app: all that the app allows.
fn connection(recording: &Recording, app: &Value) -> Value {
    let client = &app["settings"]["oauthClient"];
    let redirect = client["redirect_uris"].as_array().and_then(|uris| uris.last()).and_then(Value::as_str);
    let redirect = redirect.map_or_else(
        || "https://app.torq.io/__/auth/handler".to_owned(),
        // A wildcard stands for the label that is asked for.
        |uri| uri.replace('*', "torq"),
    );
    let implicit =
        client["response_types"].as_array().is_some_and(|types| types.contains(&json!("id_token")));
    let org_url = format!("https://{}", recording.answers.first().unwrap().host);
    json!({
        "name": recording.name,
        "torq": {
            "region": "us",
            "login_redirect_url": redirect,
            "client_id": app["credentials"]["oauthClient"]["client_id"].as_str().or(app["id"].as_str()),
            "issuer_url": org_url,
            "requested_scopes": ["openid", "email", "profile", "groups"],
            "flow": if implicit { "implicit" } else { "code" },
            "send_login_hint": false,
        },
        "okta": {"org_url": org_url},
    })
}

/// Mappings of every group that was shown, and of everyone.
fn torq(groups: &BTreeMap<String, Value>) -> Value {
    let names = groups.values().filter_map(|group| group["profile"]["name"].as_str());
    let mappings: Vec<Value> = names
        .filter(|name| *name != "Everyone")
        .map(|name| (name, "owner"))
        .chain([("Everyone", "viewer")])
        .enumerate()
        .map(|(index, (name, role))| {
            json!({"id": format!("m{index}"), "claim_name": "groups", "claim_value": name, "role_id": role, "rank": index + 1})
        })
        .collect();
    json!({
        "claim-mappings": {"claim_mappings": mappings},
        "roles": {"roles": [
            {"id": "owner", "name": "Owner", "scope_names": ["user.read", "user.write"]},
            {"id": "viewer", "name": "Viewer", "scope_names": ["user.read"]},
        ]},
        "users": {"users": []},
    })
}
