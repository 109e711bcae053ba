//! Live reading against stand-ins that we did not write: Prism makes them from Okta's own OpenAPI files, and from the file that follows
//! Torq's reference. No request may be refused by them, and no answer that fits the schema may bring a run down.
//!
//! Set `PRISM` to the program (npm `@stoplight/prism-cli`); `.ci/run` does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod live_proof;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use live_proof::binary::Ran;
use live_proof::contract::{Objections, Prism, fits};
use live_proof::project::{self, Okta};
use live_proof::stand_in::{Request, Response, StandIn};
use serde_json::{Value, json};

/// Each run's own limit is 30 s; longer than this is a hang.
const A_HANG: Duration = Duration::from_secs(90);

struct Contracts {
    management: Prism,
    oauth: Prism,
    torq: Prism,
}

/// One set for all tests here, ended with the last of them; `None`, said aloud, without `PRISM`.
fn contracts() -> Option<Arc<Contracts>> {
    static STARTED: Mutex<Weak<Contracts>> = Mutex::new(Weak::new());
    let Ok(program) = std::env::var("PRISM") else {
        assert!(std::env::var_os("CI").is_none(), "CI needs PRISM, the path of Prism's program");
        println!("SKIPPED: PRISM is not set");
        return None;
    };
    let file = |name: &str| support::shared(&format!("peers/{name}"));
    let (management, oauth, torq) =
        (file("okta-management-openapi.yaml")?, file("okta-oauth-openapi.yaml")?, file("torq-openapi.yaml")?);
    let mut started = STARTED.lock().unwrap_or_else(|broken| broken.into_inner());
    if let Some(running) = started.upgrade() {
        return Some(running);
    }
    let contracts = std::thread::scope(|scope| {
        let start = |document: &Path| {
            let (program, document) = (program.clone(), document.to_owned());
            scope.spawn(move || Prism::start(&program, &document))
        };
        let (management, oauth, torq) = (start(&management), start(&oauth), start(&torq));
        Contracts {
            management: management.join().unwrap(),
            oauth: oauth.join().unwrap(),
            torq: torq.join().unwrap(),
        }
    });
    let contracts = Arc::new(contracts);
    *started = Arc::downgrade(&contracts);
    Some(contracts)
}

/// How answers are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bodies {
    /// The vendor's examples; where no example is an app for Torq, one of ours.
    Examples,
    /// Random ones that fit the schema.
    Random,
    /// Random ones, in which ids, names and links are such that they lead on to further questions.
    Leading,
}

/// One request as the contracts saw it.
#[derive(Debug, Clone)]
struct Exchange {
    request: Request,
    /// `GET /api/v1/apps/{appId}`, or the path itself where no document has it.
    kind: String,
    objections: Objections,
    status: u16,
    /// Whether Prism made it up.
    random: bool,
    body: String,
}

impl Exchange {
    fn told(&self) -> String {
        format!("{} {} -> {} {}", self.request.method, self.request.target, self.status, self.body)
    }
}

/// Okta and Torq in front of the contracts.
struct Services {
    okta: StandIn,
    torq: StandIn,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
}

impl Services {
    fn start(contracts: &Arc<Contracts>, bodies: Bodies) -> Self {
        let exchanges = Arc::new(Mutex::new(Vec::new()));
        let start = |route: fn(&Contracts, &Request, bool) -> Exchanged| {
            let (contracts, exchanges) = (contracts.clone(), exchanges.clone());
            StandIn::start(move |request| {
                let random = bodies != Bodies::Examples;
                let Exchanged { mut response, kind, objections, made_up } =
                    route(&contracts, request, random);
                if made_up && bodies == Bodies::Leading {
                    response.body = lead_on(&kind, &response.body);
                }
                exchanges.lock().unwrap().push(Exchange {
                    request: request.clone(),
                    kind: format!("{} {kind}", request.method),
                    objections,
                    status: response.status,
                    random: made_up,
                    body: String::from_utf8_lossy(&response.body).into_owned(),
                });
                response
            })
        };
        Self { okta: start(okta), torq: start(torq), exchanges: exchanges.clone() }
    }

    fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.lock().unwrap().clone()
    }
}

struct Exchanged {
    response: Response,
    kind: String,
    objections: Objections,
    made_up: bool,
}

fn by_hand(request: &Request, response: Response) -> Exchanged {
    Exchanged { response, kind: request.path().to_owned(), objections: Vec::new(), made_up: false }
}

fn from(prism: &Prism, request: &Request, random: bool, more: &[(&str, &str)]) -> Exchanged {
    let mut headers = more.to_vec();
    if random {
        headers.push(("prefer", "dynamic=true"));
    }
    let (response, objections) = prism.ask(request, &headers);
    let kind = prism.pattern(request.path()).unwrap_or(request.path()).to_owned();
    Exchanged { response, kind, objections, made_up: random }
}

fn okta(contracts: &Contracts, request: &Request, random: bool) -> Exchanged {
    let path = request.path();
    if fits("/api/v1/internal/apps/{appId}/settings/oauth/idToken", path) {
        // In no document: as recorded.
        let settings = json!({"issuer": "x", "orgUrl": null, "customUrl": null, "audience": "0oa1gjh63g214q0Hq0g4",
            "issuerMode": "ORG_URL", "valueType": "GROUPS", "name": "groups", "groupFilterType": "REGEX", "value": ".*"});
        return by_hand(request, Response::json(200, settings));
    }
    if path == "/oauth2/v1/token" {
        // Prism knows HTTP Basic and not the document's `postBody`; it still judges the form.
        let mut exchanged = from(&contracts.oauth, request, false, &[("authorization", "Basic eDp4")]);
        let token = json!({"access_token": "made-up", "token_type": "Bearer", "expires_in": 3600, "scope": "okta.apps.read"});
        if exchanged.response.status == 200 {
            exchanged.response = Response::json(200, token);
        }
        return exchanged;
    }
    if path.ends_with("/.well-known/openid-configuration") {
        return from(&contracts.oauth, request, random, &[]);
    }
    let mut exchanged = from(&contracts.management, request, random, &[]);
    if let Some(ours) =
        (!exchanged.made_up && exchanged.response.status == 200).then(|| better_example(path)).flatten()
    {
        exchanged.response = Response::json(200, ours);
    }
    exchanged
}

/// Where the vendor's example is of another kind of app, or leads nowhere.
fn better_example(path: &str) -> Option<Value> {
    let app = || {
        json!({"id": "0oa1gjh63g214q0Hq0g4", "name": "oidc_client", "label": "Torq", "status": "ACTIVE",
        "lastUpdated": "2026-01-20T17:30:35.000Z", "created": "2026-01-20T17:30:35.000Z", "signOnMode": "OPENID_CONNECT",
        "visibility": {"hide": {"iOS": false, "web": false}},
        "credentials": {"userNameTemplate": {"template": "${source.login}", "type": "BUILT_IN"},
            "oauthClient": {"client_id": "0oa1gjh63g214q0Hq0g4", "token_endpoint_auth_method": "client_secret_basic"}},
        "settings": {"implicitAssignment": false, "oauthClient": {
            "redirect_uris": ["https://app.torq.io/__/auth/handler"], "response_types": ["id_token"],
            "grant_types": ["implicit"], "application_type": "web", "issuer_mode": "ORG_URL"}},
        "_links": {"accessPolicy": {"href": "https://acme.okta.com/api/v1/policies/rst1"}}})
    };
    let group = |id: &str, kind: &str, name: &str, people: u64| json!({"id": id, "type": kind, "profile": {"name": name}, "_embedded": {"stats": {"usersCount": people}}});
    Some(match path {
        "/api/v1/apps" => json!([app()]),
        "/api/v1/groups" => json!([
            group("00geveryone", "BUILT_IN", "Everyone", 4),
            group("00gengineers", "OKTA_GROUP", "engineers", 2),
            group("00g15acRUy0SYb9GT0g4", "OKTA_GROUP", "assigned", 2),
        ]),
        _ if fits("/api/v1/apps/{appId}", path) => app(),
        _ if fits("/api/v1/users/{id}", path) => {
            let login = path.rsplit('/').next()?.replace("%40", "@");
            json!({"id": "00umapped", "status": "ACTIVE", "profile": {"login": login, "email": login}})
        }
        _ if fits("/api/v1/authorizationServers/{authServerId}", path) => {
            json!({"id": "aus1", "name": "torq", "issuer": "x", "issuerMode": "ORG_URL", "status": "ACTIVE", "audiences": ["x"]})
        }
        _ => return None,
    })
}

fn torq(contracts: &Contracts, request: &Request, random: bool) -> Exchanged {
    if request.path() == "/v1/auth/token" {
        let basic = request.header("authorization").is_some_and(|value| value.starts_with("Basic "));
        let form = String::from_utf8_lossy(&request.body).contains("grant_type=client_credentials");
        let token = json!({"access_token": "made-up", "token_type": "bearer", "expires_in": 3600});
        let mut exchanged = by_hand(request, Response::json(200, token));
        if !basic || !form || request.method != "POST" {
            exchanged
                .objections
                .push("Torq's token takes POST, HTTP Basic and grant_type=client_credentials".to_owned());
        }
        return exchanged;
    }
    let Some(path) = request.target.strip_prefix("/public") else {
        let mut exchanged =
            by_hand(request, Response::json(404, json!({"code": 5, "message": "no such path"})));
        exchanged.objections.push(format!("{} is not under the base path", request.target));
        return exchanged;
    };
    let under_base = Request { target: path.to_owned(), ..request.clone() };
    let mut exchanged = from(&contracts.torq, &under_base, random, &[]);
    if !exchanged.made_up && exchanged.response.status == 200 && under_base.path() == "/v1alpha/roles" {
        exchanged.response = Response::json(
            200,
            json!({"roles": [
                {"id": "74e19393-3e94-48d2-8b60-26f2d2665942", "name": "Owner", "scope_names": ["user.write"], "is_custom": false},
                {"id": "74e19393-3e94-48d2-8b60-26f2d2665943", "name": "Viewer", "scope_names": [], "is_custom": false},
            ]}),
        );
    }
    exchanged
}

/// Okta's ids for words of a made-up language, a mapped group among the groups, an app that Torq can use.
fn lead_on(kind: &str, body: &[u8]) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice::<Value>(body) else { return body.to_vec() };
    let rows = match &mut value {
        Value::Array(rows) => rows.iter_mut().collect(),
        other => vec![other],
    };
    for (number, row) in rows.into_iter().enumerate() {
        let Some(row) = row.as_object_mut() else { continue };
        if row.get("id").is_some_and(Value::is_string) {
            row.insert("id".to_owned(), json!(format!("00x{number}")));
        }
        match kind {
            "/api/v1/apps/{appId}" | "/api/v1/apps" => {
                row.insert("signOnMode".to_owned(), json!("OPENID_CONNECT"));
                row.insert("lastUpdated".to_owned(), json!("2026-01-20T17:30:35.000Z"));
                row.insert(
                    "_links".to_owned(),
                    json!({"accessPolicy": {"href": "https://acme.okta.com/api/v1/policies/rst1"}}),
                );
            }
            "/api/v1/groups" => {
                let name = ["Everyone", "engineers", "others"][number.min(2)];
                row.insert("profile".to_owned(), json!({"name": name}));
                row.insert("type".to_owned(), json!(if number == 0 { "BUILT_IN" } else { "OKTA_GROUP" }));
            }
            "/v1alpha/sso/claim_mappings" => {
                let claims = [("groups", "engineers"), ("email", "ada@acme.com"), ("groups", "others")];
                for (mapping, (name, wanted)) in
                    row["claim_mappings"].as_array_mut().into_iter().flatten().zip(claims)
                {
                    (mapping["claim_name"], mapping["claim_value"]) = (json!(name), json!(wanted));
                }
            }
            _ => {}
        }
    }
    value.to_string().into_bytes()
}

fn refused(exchanges: &[Exchange]) -> Vec<String> {
    exchanges
        .iter()
        .filter(|exchange| !exchange.objections.is_empty())
        .map(|exchange| {
            let Request { method, target, .. } = &exchange.request;
            format!("{method} {target}: {}", exchange.objections.join("; "))
        })
        .collect()
}

fn ended_by_itself(ran: &Ran, what: &str) {
    assert!(matches!(ran.code, Some(0..=3)) && !ran.stderr.contains("panicked"), "{what}: {}", ran.told());
}

/// The paths that a whole run must have asked, so that "nothing was refused" says something.
const ASKED: [&str; 18] = [
    "GET /.well-known/okta-organization",
    "GET /.well-known/openid-configuration",
    "GET /api/v1/apps",
    "GET /api/v1/apps/{appId}",
    "GET /api/v1/apps/{appId}/federated-claims",
    "GET /api/v1/apps/{appId}/groups",
    "GET /api/v1/apps/{appId}/users",
    "GET /api/v1/groups",
    "GET /api/v1/groups/rules",
    "GET /api/v1/groups/{groupId}/users",
    "GET /api/v1/policies/{policyId}/rules",
    "GET /api/v1/users",
    "GET /api/v1/users/{id}",
    "GET /api/v1/users/{id}/groups",
    "GET /v1alpha/roles",
    "GET /v1alpha/sso/claim_mappings",
    "GET /v1alpha/users",
    "POST /v1/auth/token",
];

const ASKED_OF_A_SERVER: [&str; 5] = [
    "GET /oauth2/{authorizationServerId}/.well-known/openid-configuration",
    "GET /api/v1/authorizationServers/{authServerId}",
    "GET /api/v1/authorizationServers/{authServerId}/claims",
    "GET /api/v1/authorizationServers/{authServerId}/policies",
    "GET /api/v1/authorizationServers/{authServerId}/policies/{policyId}/rules",
];

const TIMEOUT: &str = "30";

#[test]
fn the_contracts_object_to_what_they_do_not_allow() {
    let Some(contracts) = contracts() else { return };
    let signed = ("authorization", "SSWS made-up");
    let management = &contracts.management;
    for (prism, target, header, allowed) in [
        (management, "/api/v1/apps?limit=200", signed, true),
        (management, "/api/v1/apps?limit=201", signed, false),
        (management, "/api/v1/apps?limit=200", ("x-nothing", "x"), false),
        (management, "/api/v1/apps?size=200", signed, false),
        (management, "/api/v1/policies", signed, false),
        (management, "/api/v1/nothing", signed, false),
        (&contracts.torq, "/v1alpha/roles", ("authorization", "Bearer made-up"), true),
        (&contracts.torq, "/v1alpha/roles", ("x-nothing", "x"), false),
        (&contracts.oauth, "/oauth2/aus1/.well-known/openid-configuration", ("x-nothing", "x"), true),
    ] {
        let (name, value) = header;
        let request = Request {
            method: "GET".to_owned(),
            target: target.to_owned(),
            headers: vec![(name.to_owned(), value.to_owned())],
            body: Vec::new(),
        };
        let (_, objections) = prism.ask(&request, &[]);
        assert_eq!(objections.is_empty(), allowed, "{target} with {name}: {objections:?}");
    }
}

#[test]
fn no_request_is_refused_by_the_vendors_contracts() {
    let Some(contracts) = contracts() else { return };
    let mut asked = BTreeSet::new();
    for (credential, issuer, label, command) in [
        (Okta::ApiToken, "", None, "pull"),
        (Okta::ServiceApp, "", Some("Tor*"), "pull"),
        (Okta::ApiToken, "/oauth2/aus1", None, "pull"),
        (Okta::ServiceApp, "/oauth2/aus1", Some("*"), "check"),
        (Okta::ApiToken, "", None, "check"),
    ] {
        let what = format!("{command} with {credential:?} and issuer {issuer:?}");
        let services = Services::start(&contracts, Bodies::Examples);
        let project = project::write(credential, &services.okta.url(), &services.torq.url(), issuer, label);
        let ran = match command {
            "pull" => project.run(&["pull", "--out", "out", "--timeout", TIMEOUT], A_HANG),
            _ => project.run(&["check", "--live", "--format", "json", "--timeout", TIMEOUT], A_HANG),
        };
        ended_by_itself(&ran, &what);
        let exchanges = services.exchanges();
        assert_eq!(refused(&exchanges), [""; 0], "{what}: {}", ran.told());
        let failed: Vec<_> = exchanges.iter().filter(|exchange| exchange.status != 200).collect();
        assert!(failed.is_empty(), "{what}: {failed:?}");
        assert_ne!(ran.code, Some(2), "{what}: {}", ran.told());
        asked.extend(exchanges.into_iter().map(|exchange| exchange.kind));
    }
    let expected = ASKED.iter().chain(&ASKED_OF_A_SERVER).chain(&["POST /oauth2/v1/token"]);
    let missing: Vec<_> = expected.filter(|kind| !asked.contains(**kind)).collect();
    assert!(missing.is_empty(), "never asked: {missing:?}\nasked: {asked:#?}");
    println!("{} kinds of requests, none refused: {asked:#?}", asked.len());
}

#[test]
fn random_answers_never_bring_a_run_down() {
    const LEAST_BODIES: usize = 500;
    const MOST_RUNS: usize = 100;
    let Some(contracts) = contracts() else { return };
    let (mut bodies, mut runs) = (0, 0);
    let mut codes = BTreeMap::<Option<i32>, usize>::new();
    let mut kinds = BTreeMap::<String, usize>::new();
    let expected = || ASKED.iter().chain(&ASKED_OF_A_SERVER).filter(|kind| kind.starts_with("GET"));
    while bodies < LEAST_BODIES || expected().any(|kind| !kinds.contains_key(*kind)) {
        assert!(runs < MOST_RUNS, "only {bodies} random bodies in {runs} runs, for {kinds:#?}");
        let credential = if runs % 2 == 0 { Okta::ApiToken } else { Okta::ServiceApp };
        let issuer = if runs % 3 == 0 { "/oauth2/aus1" } else { "" };
        let label = (runs % 7 == 0).then_some("*");
        let services =
            Services::start(&contracts, if runs % 4 < 2 { Bodies::Leading } else { Bodies::Random });
        let project = project::write(credential, &services.okta.url(), &services.torq.url(), issuer, label);
        let pulls = runs % 5 < 2;
        let ran = match pulls {
            true => project.run(&["pull", "--out", "out", "--timeout", TIMEOUT], A_HANG),
            false => project.run(&["check", "--live", "--format", "json", "--timeout", TIMEOUT], A_HANG),
        };
        let exchanges = services.exchanges();
        let whole = matches!(ran.code, Some(0..=3)) && !ran.stderr.contains("panicked");
        if !whole {
            // The bodies are random: without them nobody could find it again.
            let kept = project::keep(&exchanges.iter().map(Exchange::told).collect::<Vec<_>>());
            panic!("run {runs} ({credential:?}): {}\nthe exchanges are in {}", ran.told(), kept.display());
        }
        if !pulls && ran.code != Some(2) && !ran.stdout.is_empty() {
            let report: Result<Value, _> = serde_json::from_str(&ran.stdout);
            assert!(report.is_ok(), "run {runs} gives no JSON: {}", ran.told());
        }
        assert_eq!(refused(&exchanges), [""; 0], "run {runs}: {}", ran.told());
        *codes.entry(ran.code).or_default() += 1;
        for exchange in exchanges.iter().filter(|exchange| exchange.random) {
            bodies += 1;
            *kinds.entry(exchange.kind.clone()).or_default() += 1;
        }
        runs += 1;
    }
    println!("{bodies} random bodies in {runs} runs; exits {codes:?}; {kinds:#?}");
}
