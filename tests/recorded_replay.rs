//! Every recording of a real Okta, replayed over loopback through the real client: each answer is served to the request that it belongs to,
//! and what `pull` asks and the recording does not have is not there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code)]
#[path = "recordings/cassette.rs"]
mod cassette;
mod loopback;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use ssolint::document::DocumentName;
use ssolint::document::connection::Connection;
use ssolint::report::{Report, json as json_report};
use ssolint::rules::catalogue;
use ssolint::source::http::{Authorization, Budget, Host, HostOptions, Limits, Service, Trust};
use ssolint::source::pull::okta::OktaId;
use ssolint::source::pull::{AppChoice, Credential, Issuer, Live, OktaSide, Pulled, read};

use cassette::Recording;
use loopback::{Reply, Request, Server, decode};

fn recordings() -> Option<Vec<Recording>> {
    support::shared("peers/okta-recorded").map(|folder: PathBuf| cassette::read_folder(&folder))
}

/// Parts of a query that ask for the same rows in other words: the page size, what is embedded, an empty search.
fn essential(query: &str) -> BTreeSet<(String, String)> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(key, value)| (key.to_owned(), decode(value)))
        .filter(|(key, value)| !["limit", "expand"].contains(&key.as_str()) && !value.is_empty())
        .collect()
}

/// A question of a recording: the path and what of its query chooses rows.
type Question = (String, BTreeSet<(String, String)>);

/// The different answers to each question, in the order in which they were recorded.
fn answers(recording: &Recording) -> BTreeMap<Question, Vec<(u16, String)>> {
    let mut answers: BTreeMap<Question, Vec<(u16, String)>> = BTreeMap::new();
    for answer in &recording.answers {
        if answer.method == "GET" && !answer.query.contains("after=") {
            let known = answers.entry((answer.path.clone(), essential(&answer.query))).or_default();
            let one = (answer.status, answer.body.clone());
            if !known.contains(&one) {
                known.push(one);
            }
        }
    }
    answers
}

/// The answer of a round: each question's first in the first round, its second in the second, …, and the last for as long as others have more.
fn of_round(known: &[(u16, String)], round: usize) -> Option<&(u16, String)> {
    known.get(round).or(known.last())
}

/// Answers as recorded; the recorded host becomes the server's own. `served` keeps each answer that was given.
fn replay(recording: &Recording, round: usize, served: Arc<Mutex<BTreeSet<(Question, String)>>>) -> Server {
    let host = recording.answers.first().map(|answer| answer.host.clone()).unwrap_or_default();
    let answers = answers(recording);
    let torq = torq(recording);
    loopback::serve(move |base| {
        let base = base.to_owned();
        move |request: &Request| {
            assert_eq!(request.method, "GET");
            if let Some(document) = request.path.strip_prefix("/public/v1alpha/") {
                return Reply::json(torq[document.rsplit('/').next().unwrap()].to_string());
            }
            let question = (request.path.clone(), essential(&request.query));
            match answers.get(&question).and_then(|known| of_round(known, round)) {
                Some((status, body)) => {
                    served.lock().unwrap().insert((question, body.clone()));
                    let body = body.replace(&format!("https://{host}"), &base);
                    Reply { status: *status, headers: Vec::new(), body }
                }
                None => Reply::error(404, "not recorded"),
            }
        }
    })
}

/// A Torq that maps every group and every person whom the recording shows.
fn torq(recording: &Recording) -> Value {
    let (mut groups, mut logins) = (BTreeSet::new(), BTreeSet::new());
    for answer in recording.answers.iter().filter(|answer| answer.method == "GET" && answer.status == 200) {
        let rows = match serde_json::from_str(&answer.body) {
            Ok(Value::Array(rows)) => rows,
            Ok(one) => vec![one],
            Err(_) => continue,
        };
        for row in rows {
            let profile = &row["profile"];
            if let (Some(name), true) =
                (profile["name"].as_str(), row["type"].as_str().is_some_and(|kind| kind.ends_with("GROUP")))
            {
                groups.insert(name.to_owned());
            }
            logins.extend(profile["login"].as_str().map(str::to_owned));
        }
    }
    let people = logins.into_iter().map(|login| ("email", login));
    let mapped = people.chain(groups.into_iter().map(|name| ("groups", name))).enumerate();
    let mappings: Vec<Value> = mapped
        .map(|(index, (claim, value))| {
            json!({"id": format!("m{index}"), "claim_name": claim, "claim_value": value, "role_id": "owner", "rank": index + 1})
        })
        .collect();
    json!({
        "claim_mappings": {"claim_mappings": mappings},
        "roles": {"roles": [{"id": "owner", "name": "Owner", "scope_names": ["user.write"]}]},
        "users": {"users": [{"id": "t1", "email": "backup@example.com", "role_id": "owner", "sso_provision": false}]},
    })
}

fn torq_host(base: &str, budget: &Budget) -> Host {
    let base = format!("{base}/public");
    let (limits, timeout) = (Limits::torq(), Duration::from_secs(10));
    let (service, authorization, budget) = (Service::Torq, Authorization::None, budget.clone());
    Host::new(HostOptions { service, base, authorization, budget, limits, timeout, trust: Trust::default() })
        .unwrap()
}

fn host(base: &str, authorization: Authorization, budget: &Budget) -> Host {
    Host::new(HostOptions {
        service: Service::Okta,
        base: base.to_owned(),
        authorization,
        budget: budget.clone(),
        limits: Limits { first_wait: Duration::from_millis(1), attempts: 2, ..Limits::okta() },
        timeout: Duration::from_secs(10),
        trust: Trust::default(),
    })
    .unwrap()
}

/// What Torq's wizard would be set to.
fn connection(base: &str, app: &str) -> Connection {
    serde_json::from_value(json!({
        "name": "recorded",
        "torq": {
            "region": "us", "login_redirect_url": "https://app.torq.io/__/auth/handler", "client_id": app, "issuer_url": base,
            "requested_scopes": ["openid", "email", "groups"], "flow": "code",
        },
        "okta": {"org_url": base},
    }))
    .unwrap()
}

async fn pulled(base: &str, app: &str) -> Pulled {
    let budget = Budget::new(1000, Duration::from_secs(60));
    let token = Authorization::ApiToken("00MarkedOktaToken".into());
    let live = Live {
        connection: connection(base, app),
        okta: OktaSide {
            host: host(base, token, &budget),
            issuer: Some(Issuer { host: host(base, Authorization::None, &budget), path: String::new() }),
            app: AppChoice::Id(OktaId::new(app).unwrap()),
            credential: Credential::ApiToken,
        },
        torq: Some(torq_host(base, &budget)),
        max_requests: None,
    };
    read::connection(&live, &|_| {}).await.unwrap()
}

/// Ids of every app that is named in a path or an answer; one that is not there where there is none.
fn apps(recording: &Recording) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for answer in recording.answers.iter().filter(|answer| answer.method == "GET" && answer.status == 200) {
        let segments: Vec<&str> = answer.path.split('/').collect();
        if let ["", "api", "v1", "apps", id, ..] = segments.as_slice() {
            ids.insert((*id).to_owned());
        }
    }
    if ids.is_empty() {
        ids.insert("0oaNotThere".to_owned());
    }
    ids
}

fn report(snapshot: ssolint::source::snapshot::Snapshot) -> Value {
    let connection = ssolint::check::connection(snapshot, catalogue(), &Default::default());
    let report = Report { connections: vec![connection], ..Report::default() };
    let bytes = json_report::report(&report, ssolint::finding::PeopleShown::Names);
    let mut report: Value = serde_json::from_slice(&bytes).unwrap();
    let findings = report["findings"].as_array_mut().unwrap();
    for finding in findings.iter_mut() {
        finding["location"] = finding["location"]["path"].clone();
        for related in finding["related"].as_array_mut().unwrap() {
            related["location"] = related["location"]["path"].clone();
        }
    }
    report["connections"] = Value::Null;
    report
}

/// The same world in one value, put together from the answers as they were recorded, with the extents of the manifest.
fn in_memory(pulled: &Pulled, recording: &Recording, round: usize, base: &str, app: &str) -> Value {
    let answers = answers(recording);
    let host = recording.answers.first().map(|answer| answer.host.clone()).unwrap_or_default();
    let last = |path: &str| {
        let known = answers.get(&(path.to_owned(), BTreeSet::new()))?;
        let (_, body) = of_round(known, round).filter(|(status, _)| *status == 200)?;
        serde_json::from_str::<Value>(&body.replace(&format!("https://{host}"), base)).ok()
    };
    let mut okta = serde_json::Map::new();
    for (document, path) in [
        ("app", format!("/api/v1/apps/{app}")),
        ("id-token", format!("/api/v1/internal/apps/{app}/settings/oauth/idToken")),
        ("federated-claims", format!("/api/v1/apps/{app}/federated-claims")),
        ("app-groups", format!("/api/v1/apps/{app}/groups")),
        ("app-users", format!("/api/v1/apps/{app}/users")),
        ("organization", "/.well-known/okta-organization".to_owned()),
        ("openid-configuration", "/.well-known/openid-configuration".to_owned()),
        ("groups", "/api/v1/groups".to_owned()),
    ] {
        if let Some(value) = last(&path) {
            okta.insert(document.to_owned(), value);
        }
    }
    let policy = okta.get("app").and_then(|app| app["_links"]["accessPolicy"]["href"].as_str());
    if let Some(policy) = policy.and_then(|href| href.rsplit('/').next())
        && let Some(rules) = last(&format!("/api/v1/policies/{policy}/rules"))
    {
        okta.insert("access-policy-rules".to_owned(), rules);
    }
    // Of these, what is read depends on what decides.
    for name in pulled.documents.keys() {
        let text = pulled.documents.get(name).unwrap();
        match name {
            DocumentName::Users | DocumentName::GroupRules => {
                let document = name.path()["okta/".len()..].to_owned();
                okta.insert(document, serde_json::from_str(text).unwrap());
            }
            DocumentName::GroupUsers(id) => {
                okta.entry("group-users").or_insert_with(|| json!({}))[id] =
                    serde_json::from_str(text).unwrap();
            }
            DocumentName::UserGroups(id) => {
                okta.entry("user-groups").or_insert_with(|| json!({}))[id] =
                    serde_json::from_str(text).unwrap();
            }
            _ => {}
        }
    }
    let connection = serde_json::to_value(connection(base, app)).unwrap();
    let manifest = serde_json::to_value(&pulled.manifest).unwrap();
    let torq = torq(recording);
    let torq =
        json!({"claim-mappings": torq["claim_mappings"], "roles": torq["roles"], "users": torq["users"]});
    json!({"connection": connection, "manifest": manifest, "okta": okta, "torq": torq})
}

#[test]
fn every_recording_is_read_through_the_real_client_and_gives_the_findings_of_the_same_world() {
    let Some(recordings) = recordings() else { return };
    assert!(recordings.len() >= 44);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (mut rounds, mut read_apps, mut gaps, mut wrong) = (0, 0, 0, Vec::new());
    let mut all_served = 0;
    for recording in &recordings {
        let served: Arc<Mutex<BTreeSet<(Question, String)>>> = Arc::default();
        for round in 0..answers(recording).values().map(Vec::len).max().unwrap_or(1) {
            let server = replay(recording, round, Arc::clone(&served));
            for app in apps(recording) {
                rounds += 1;
                let pulled = runtime.block_on(pulled(&server.base, &app));
                read_apps += usize::from(pulled.documents.contains_key(&DocumentName::App));
                gaps += pulled.manifest.refused.len();
                wrong.extend(compare(&pulled, recording, round, &server.base, &app));
            }
        }
        // What has no part in a sign-in is not asked for; what has, is, wherever the recording's app is.
        let served = served.lock().unwrap();
        all_served += served.len();
        for ((path, query), known) in answers(recording) {
            let asked_for =
                ["/settings/oauth/idToken", "/federated-claims", "/.well-known/okta-organization"];
            let is_app = path.starts_with("/api/v1/apps/") && path.split('/').count() == 5;
            if query.is_empty() && (is_app || asked_for.iter().any(|end| path.ends_with(end))) {
                for (_, body) in known {
                    if !served.contains(&((path.clone(), query.clone()), body)) {
                        wrong.push(format!("{}: an answer to {path} was served to nobody", recording.name));
                    }
                }
            }
        }
    }
    let shown = wrong.iter().take(5).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} of them:\n{shown}", wrong.len());
    assert!(
        rounds > 80 && read_apps > 60 && gaps > 0 && all_served > 120,
        "{rounds} {read_apps} {gaps} {all_served}"
    );
}

fn compare(pulled: &Pulled, recording: &Recording, round: usize, base: &str, app: &str) -> Vec<String> {
    let about = format!("{} {round} {app}", recording.name);
    let mut wrong: Vec<String> =
        pulled.failures.iter().map(|failure| format!("{about}: {failure}")).collect();
    for document in ["okta/groups", "okta/users", "okta/app-users"] {
        let complete = pulled.manifest.documents.get(document).is_some_and(|extent| extent.complete);
        let groups = pulled.documents.get(&DocumentName::Groups);
        if complete && !groups.is_some_and(|text| text.contains("\"Everyone\"")) {
            wrong.push(format!("{about}: {document} is called whole"));
        }
    }
    let world = in_memory(pulled, recording, round, base, app);
    let (live, memory) = (report(pulled.snapshot("recorded")), report(support::world(&world)));
    if live != memory {
        wrong.push(format!("{about}:\n{live}\n{memory}"));
    }
    wrong
}
