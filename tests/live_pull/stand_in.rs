//! An Okta and a Torq in one, made of the documents of a snapshot: each document is served at its endpoint, in pages.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};

use crate::loopback::{self, Reply, Request, Server};

pub const OKTA_TOKEN: &str = "00MarkedOktaToken";
pub const TORQ_SECRET: &str = "MarkedTorqSecret";
pub const TORQ_TOKEN: &str = "MarkedTorqBearer";

/// The organisation's URL in the worlds; the stand-in's own takes its place.
pub const ORG_URL: &str = "https://acme.okta.com";

/// A world that is served. What the function says goes before the documents.
pub struct StandIn {
    pub server: Server,
    /// The world as it is served: with the stand-in's own URL.
    pub world: Value,
}

pub type After = Box<dyn Fn(&Request, Reply) -> Reply + Send + Sync>;
pub type Before = Box<dyn Fn(&Request) -> Option<Reply> + Send + Sync>;

impl StandIn {
    pub fn new(world: &Value) -> Self {
        Self::with(world, Box::new(|_| None))
    }

    pub fn with(world: &Value, before: Before) -> Self {
        Self::limited(world, before, Box::new(|_, reply| reply))
    }

    /// The last function adds headers to what is answered from the documents.
    pub fn limited(world: &Value, before: Before, after: After) -> Self {
        let kept: Arc<Mutex<Value>> = Arc::default();
        let shared = Arc::clone(&kept);
        let server = loopback::serve(move |base| {
            let text = serde_json::to_string(world).unwrap().replace(ORG_URL, base);
            let world: Value = serde_json::from_str(&text).unwrap();
            *shared.lock().unwrap() = world.clone();
            let base = base.to_owned();
            move |request: &Request| {
                before(request).unwrap_or_else(|| {
                    let found = answer(&world, request, &base);
                    after(request, found.unwrap_or_else(|| Reply::error(404, "Not found")))
                })
            }
        });
        let world = kept.lock().unwrap().clone();
        Self { server, world }
    }

    /// A project file of one connection to this stand-in.
    pub fn project(&self, name: &str) -> String {
        let base = &self.server.base;
        let app = self.world["okta"]["app"]["id"].as_str().unwrap_or("0oa1");
        let mut connection = self.world["connection"].clone();
        connection.as_object_mut().unwrap().remove("name");
        format!(
            "version: 1
connections:
  - name: {name}
    connection: {connection}
    okta: {{org_url: \"{base}\", app_id: {app}, auth: {{api_token: {{env: OKTA_API_TOKEN}}}}}}
    torq: {{base_url: \"{base}/public\", auth_url: \"{base}\", client_id: {{env: TORQ_CLIENT_ID}}, client_secret: {{env: TORQ_CLIENT_SECRET}}}}
"
        )
    }

    pub fn requests(&self) -> Vec<Request> {
        self.server.log.lock().unwrap().clone()
    }
}

fn answer(world: &Value, request: &Request, base: &str) -> Option<Reply> {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    if request.method == "POST" {
        assert_eq!(request.path, "/v1/auth/token", "nothing else may be posted");
        let key =
            base64::Engine::encode(&base64::prelude::BASE64_STANDARD, format!("torq-key:{TORQ_SECRET}"));
        assert_eq!(request.authorization.as_deref(), Some(format!("Basic {key}").as_str()));
        return Some(Reply::json(
            json!({"access_token": TORQ_TOKEN, "token_type": "Bearer", "expires_in": 3600}).to_string(),
        ));
    }
    assert_eq!(request.method, "GET");
    let okta = &world["okta"];
    if segments.first() == Some(&"public") {
        assert_eq!(request.authorization.as_deref(), Some(format!("Bearer {TORQ_TOKEN}").as_str()));
        let document = match segments.get(2..)? {
            ["sso", "claim_mappings"] => "claim-mappings",
            ["roles"] => "roles",
            ["users"] => "users",
            _ => return None,
        };
        return object(&world["torq"][document]);
    }
    if segments.contains(&".well-known") {
        return match request.path.as_str() {
            "/.well-known/okta-organization" => object(&okta["organization"]),
            _ => object(&okta["openid-configuration"]),
        };
    }
    assert_eq!(request.authorization.as_deref(), Some(format!("SSWS {OKTA_TOKEN}").as_str()));
    let app = okta["app"]["id"].as_str().unwrap_or("0oa1");
    match segments.get(2..)? {
        ["apps"] => list(request, base, &json!([okta["app"]])),
        ["apps", id] if *id == app => object(&okta["app"]),
        ["internal", "apps", id, ..] if *id == app => object(&okta["id-token"]),
        ["apps", id, "groups"] if *id == app => list(request, base, &okta["app-groups"]),
        ["apps", id, "federated-claims"] if *id == app => list(request, base, &okta["federated-claims"]),
        ["apps", id, "users"] if *id == app => list(request, base, &with_records(okta)),
        ["policies", _, "rules"] => list(request, base, &okta["access-policy-rules"]),
        ["groups", "rules"] => list(request, base, &okta["group-rules"]),
        ["groups"] => list(request, base, &with_sizes(okta)),
        ["groups", id, "users"] => list(request, base, &members(okta, id)?),
        ["users", id, "groups"] => list(request, base, &groups_of(okta, id)),
        ["users"] => list(request, base, &called(okta, request.value("search"))),
        ["users", login] => {
            let users = okta["users"].as_array()?;
            object(users.iter().find(|user| user["id"] == *login || user["profile"]["login"] == *login)?)
        }
        ["authorizationServers", _] => object(&okta["authorization-server"]),
        ["authorizationServers", _, "claims"] => list(request, base, &okta["authorization-server-claims"]),
        ["authorizationServers", _, "policies"] => {
            list(request, base, &okta["authorization-server-policies"])
        }
        ["authorizationServers", _, "policies", id, "rules"] => {
            let policies = okta["authorization-server-policies"].as_array()?;
            list(request, base, &policies.iter().find(|policy| policy["id"] == *id)?["rules"])
        }
        _ => None,
    }
}

fn object(value: &Value) -> Option<Reply> {
    value.is_object().then(|| Reply::json(value.to_string()))
}

/// One page, with links to itself and the next as separate lines, as Okta has them.
fn list(request: &Request, base: &str, rows: &Value) -> Option<Reply> {
    let rows = rows.as_array()?;
    let limit: usize = request.value("limit").map_or(200, |limit| limit.parse().unwrap());
    let from: usize = request.value("after").map_or(0, |after| after.parse().unwrap());
    let page: Vec<&Value> = rows.iter().skip(from).take(limit).collect();
    let mut reply = Reply::json(serde_json::to_string(&page).unwrap());
    let link = |after: usize, relation: &str| {
        let others = request.query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("after="));
        let query: Vec<String> = others.map(str::to_owned).chain([format!("after={after}")]).collect();
        format!("<{base}{}?{}>; rel=\"{relation}\"", request.path, query.join("&"))
    };
    reply = reply.header("link", link(from, "self"));
    if from + limit < rows.len() {
        reply = reply.header("link", link(from + limit, "next"));
    }
    Some(reply)
}

fn with_records(okta: &Value) -> Value {
    let Some(rows) = okta["app-users"].as_array() else { return Value::Null };
    let users: BTreeMap<&str, &Value> = okta["users"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|user| (user["id"].as_str().unwrap(), user))
        .collect();
    let rows = rows.iter().map(|row| {
        let mut row = row.clone();
        if let Some(user) = users.get(row["id"].as_str().unwrap()) {
            row["_embedded"] = json!({"user": user});
        }
        row
    });
    rows.collect()
}

/// Who is in the group, from either side of the world.
fn members(okta: &Value, group: &str) -> Option<Value> {
    let everyone = |group: &Value| group["type"] == "BUILT_IN" && group["profile"]["name"] == "Everyone";
    let groups = okta["groups"].as_array()?;
    let row = groups.iter().find(|row| row["id"] == group)?;
    if everyone(row) {
        let users = okta["users"].as_array().into_iter().flatten();
        return Some(users.map(|user| json!({"id": user["id"]})).collect());
    }
    if okta["group-users"][group].is_array() {
        return Some(okta["group-users"][group].clone());
    }
    let own = okta["user-groups"].as_object().cloned().unwrap_or_default();
    let has = |rows: &Value| rows.as_array().is_some_and(|rows| rows.iter().any(|row| row["id"] == group));
    Some(own.iter().filter(|(_, rows)| has(rows)).map(|(id, _)| json!({"id": id})).collect())
}

fn groups_of(okta: &Value, user: &str) -> Value {
    let groups = okta["groups"].as_array().into_iter().flatten();
    let is_in = |group: &&Value| {
        let members = members(okta, group["id"].as_str().unwrap());
        members.is_some_and(|members| members.as_array().unwrap().iter().any(|member| member["id"] == user))
    };
    groups.filter(is_in).cloned().collect()
}

fn with_sizes(okta: &Value) -> Value {
    let Some(groups) = okta["groups"].as_array() else { return Value::Null };
    let sized = groups.iter().map(|group| {
        let mut group = group.clone();
        let size =
            members(okta, group["id"].as_str().unwrap()).map_or(0, |all| all.as_array().unwrap().len());
        group["_embedded"] = json!({"stats": {"usersCount": size}});
        group
    });
    sized.collect()
}

/// Everyone who is not deprovisioned; with a search, whom it names.
fn called(okta: &Value, search: Option<String>) -> Value {
    let users = okta["users"].as_array().into_iter().flatten();
    let named: Option<Vec<String>> = search.map(|search| {
        let quoted = search.split('"').skip(1).step_by(2);
        quoted.map(str::to_lowercase).collect()
    });
    let is = |user: &Value, field: &str, names: &[String]| {
        user["profile"][field].as_str().is_some_and(|text| names.contains(&text.to_lowercase()))
    };
    let wanted = |user: &&Value| match &named {
        Some(names) => is(user, "login", names) || is(user, "email", names),
        None => user["status"] != "DEPROVISIONED",
    };
    users.filter(wanted).cloned().collect()
}

/// A snapshot folder as one value.
pub fn folder(root: &std::path::Path) -> Value {
    let mut world = Map::new();
    let text = std::fs::read_to_string(root.join("connection.yaml")).unwrap();
    world.insert("connection".to_owned(), ssolint::document::strict::read_yaml(&text).unwrap());
    for section in ["okta", "torq"] {
        world.insert(section.to_owned(), inside(&root.join(section)));
    }
    Value::Object(world)
}

fn inside(folder: &std::path::Path) -> Value {
    let mut members = Map::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            members.insert(stem, inside(&path));
        } else {
            members.insert(stem, serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap());
        }
    }
    Value::Object(members)
}
