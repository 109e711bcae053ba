//! Live reading from outside: the binary against an Okta and a Torq on loopback that are made of worlds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "live_pull/stand_in.rs"]
mod stand_in;

mod loopback;
mod support;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use loopback::Reply;
use stand_in::{OKTA_TOKEN, StandIn, TORQ_SECRET, TORQ_TOKEN};

/// Runs the binary in a folder with the credentials in the environment.
fn ssolint(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ssolint"))
        .args(arguments)
        .current_dir(folder)
        .env("OKTA_API_TOKEN", OKTA_TOKEN)
        .env("TORQ_CLIENT_ID", "torq-key")
        .env("TORQ_CLIENT_SECRET", TORQ_SECRET)
        .env_remove("CLICOLOR_FORCE")
        .output()
        .unwrap()
}

/// A folder with the project file of one connection, called acme.
fn project(stand_in: &StandIn) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ssolint.yaml"), stand_in.project("acme")).unwrap();
    folder
}

fn pulled(folder: &Path, arguments: &[&str]) -> String {
    let output = ssolint(folder, &[&["pull", "--out", "out"], arguments].concat());
    let said = support::stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    said
}

fn manifest(folder: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder.join("out/acme/manifest.json")).unwrap()).unwrap()
}

/// What `check` found, without what names files or lines.
fn findings(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = ssolint(folder, &[&["check", "--format", "json", "--select", "all"], arguments].concat());
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", support::stderr(&output)));
    let mut findings: Vec<Value> = report["findings"].as_array().unwrap().clone();
    for finding in &mut findings {
        finding["location"] = finding["location"]["path"].clone();
        for related in finding["related"].as_array_mut().unwrap() {
            related["location"] = related["location"]["path"].clone();
        }
    }
    findings
}

fn verdicts(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = ssolint(folder, &[&["who", "--format", "json"], arguments].concat());
    support::stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn example(name: &str) -> Value {
    let mut world = stand_in::folder(&support::root().join("examples").join(name));
    world["connection"]["name"] = json!("acme");
    world
}

#[test]
fn a_pulled_snapshot_and_a_live_check_give_the_findings_of_the_same_world() {
    for name in ["first-look", "healthy"] {
        let stand_in = StandIn::new(&example(name));
        let folder = project(&stand_in);
        std::fs::write(folder.path().join("world.json"), stand_in.world.to_string()).unwrap();
        pulled(folder.path(), &[]);
        let expected = findings(folder.path(), &["world.json"]);
        assert_eq!(findings(folder.path(), &["out/acme"]), expected, "{name}");
        assert_eq!(findings(folder.path(), &["--live"]), expected, "{name}");
        let expected = verdicts(folder.path(), &["world.json"]);
        assert!(!expected.is_empty());
        assert_eq!(verdicts(folder.path(), &["out/acme"]), expected, "{name}");
        assert_eq!(verdicts(folder.path(), &["--live", "acme"]), expected, "{name}");
    }
}

#[test]
fn no_secret_is_in_any_output_or_file_and_the_files_are_private() {
    let mut world = example("healthy");
    world["okta"]["app"]["credentials"]["oauthClient"]["client_secret"] = json!("MarkedClientSecret");
    world["okta"]["users"][0]["profile"]["mobilePhone"] = json!("MarkedPhone");
    let stand_in = StandIn::new(&world);
    let folder = project(&stand_in);
    let mut texts = vec![pulled(folder.path(), &[])];
    for arguments in [&["check", "--live", "-v"][..], &["who", "--live"], &["pull", "--explain"]] {
        let output = ssolint(folder.path(), arguments);
        texts.push(support::stdout(&output) + &support::stderr(&output));
    }
    let mut folders = vec![folder.path().join("out")];
    let mut files = 0;
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                assert_eq!(
                    path.metadata().unwrap().permissions().mode() & 0o777,
                    0o600,
                    "{}",
                    path.display()
                );
            }
            texts.push(std::fs::read_to_string(&path).unwrap());
        }
    }
    assert!(files > 15 && folder.path().join("out/.gitignore").exists());
    for text in texts {
        for secret in [OKTA_TOKEN, TORQ_SECRET, TORQ_TOKEN, "MarkedClientSecret", "MarkedPhone"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[test]
fn verbose_names_nobody_though_people_are_asked_for_by_login() {
    let stand_in = StandIn::new(&example("healthy"));
    let folder = project(&stand_in);
    let output = ssolint(folder.path(), &["check", "--live", "-v", "--people", "counts"]);
    let by_login = |request: &loopback::Request| matches!(request.segments().as_slice(), [.., users, login] if users == "users" && login.contains('@'));
    assert!(stand_in.requests().iter().any(by_login), "nobody was asked for by login");
    let said = support::stderr(&output);
    assert!(said.contains("/api/v1/users/{userId}: 200, "), "{said}");
    assert!(!said.contains('@') && !said.contains("%40"), "{said}");
}

#[test]
fn a_page_of_several_live_connections_numbers_nobody_by_who_answers_first() {
    let stand_in = StandIn::new(&example("healthy"));
    let folder = tempfile::tempdir().unwrap();
    let other = stand_in.project("other");
    let (_, other) = other.split_once("connections:\n").unwrap();
    std::fs::write(folder.path().join("ssolint.yaml"), stand_in.project("acme") + other).unwrap();
    let check = |live: &[&str], more: &[&str]| {
        ssolint(folder.path(), &[&["check", "--live"], live, more, &["--fail-on", "never"]].concat())
    };
    let page = ["--format", "html=page.html", "--people", "pseudonyms"];
    let refused = check(&[], &page);
    assert_eq!(refused.status.code(), Some(2));
    assert!(support::stderr(&refused).contains("would differ from run to run"));
    assert!(stand_in.requests().is_empty() && !folder.path().join("page.html").exists());
    for (live, more) in [
        (&["acme"][..], &page[..]),
        (&[], &page[..2]),
        (&[], &["--format", "json=report.json", "--people", "pseudonyms"]),
    ] {
        let output = check(live, more);
        assert_eq!(output.status.code(), Some(0), "{live:?} {more:?}: {}", support::stderr(&output));
    }
}

#[test]
fn every_endpoint_that_refuses_or_is_not_there_is_a_gap() {
    let cases = [
        ("/settings/oauth/idToken", "okta/id-token"),
        ("/federated-claims", "okta/federated-claims"),
        ("/api/v1/apps/0oa1gjh63g214q0Hq0g4/users", "okta/app-users"),
        ("/api/v1/apps/0oa1gjh63g214q0Hq0g4/groups", "okta/app-groups"),
        ("/api/v1/groups/rules", "okta/group-rules"),
        ("/api/v1/groups", "okta/groups"),
        ("/rules", "okta/access-policy-rules"),
        ("/.well-known/openid-configuration", "okta/openid-configuration"),
        ("/v1alpha/roles", "torq/roles"),
        ("/v1alpha/users", "torq/users"),
        ("/v1alpha/sso/claim_mappings", "torq/claim-mappings"),
    ];
    for status in [403, 404] {
        for (path, document) in cases {
            let before = move |request: &loopback::Request| {
                request.path.ends_with(path).then(|| Reply::error(status, "marked reason"))
            };
            let stand_in = StandIn::with(&example("healthy"), Box::new(before));
            let folder = project(&stand_in);
            pulled(folder.path(), &[]);
            let manifest = manifest(folder.path());
            assert_eq!(schema_errors("manifest", &manifest.to_string()), Vec::<String>::new());
            let refused = manifest["refused"].as_array().unwrap();
            assert!(
                refused.iter().any(|row| row["document"] == document && row["status"] == status),
                "{document}: {refused:?}"
            );
            assert!(!folder.path().join(format!("out/acme/{document}.json")).exists(), "{document}");
            assert!(manifest["documents"].get(document).is_none(), "{document}");
        }
    }
}

/// What an answer holds may be a person's: what is wrong with it is said without it.
#[test]
fn an_answer_of_another_shape_is_a_gap_in_our_words() {
    for (path, body, said) in [
        (
            "/api/v1/apps/0oa1gjh63g214q0Hq0g4",
            "[]",
            "the answer is not as documented: found a list, expected an object",
        ),
        (
            "/api/v1/apps/0oa1gjh63g214q0Hq0g4",
            r#"{"id": "0oa1gjh63g214q0Hq0g4", "settings": {"implicitAssignment": "eve@acme.com"}}"#,
            "the answer is not as documented: /settings/implicitAssignment: found a string, expected true or false",
        ),
        (
            "/v1alpha/users",
            r#"{"users": [{"email": {"eve@acme.com": 1}}]}"#,
            "not as documented: /users/0/email: found an object, expected a string",
        ),
    ] {
        let before =
            move |request: &loopback::Request| request.path.ends_with(path).then(|| Reply::json(body));
        let stand_in = StandIn::with(&example("healthy"), Box::new(before));
        let folder = project(&stand_in);
        let output = ssolint(folder.path(), &["check", "--live", "--people", "counts"]);
        let shown = format!("{}{}", support::stdout(&output), support::stderr(&output));
        // As it stands, however its lines are broken.
        let shown = shown.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert_eq!(output.status.code(), Some(3), "{shown}");
        assert!(shown.contains(said), "{shown}\nlacks {said}");
        assert!(!shown.contains("eve@acme.com"), "{shown}");
    }
}

#[test]
fn a_list_without_everyone_proves_that_nothing_is_whole() {
    let mut world = example("healthy");
    world["okta"]["groups"].as_array_mut().unwrap().retain(|group| group["type"] != "BUILT_IN");
    let stand_in = StandIn::new(&world);
    let folder = project(&stand_in);
    let said = pulled(folder.path(), &[]);
    assert!(said.contains("lacks Everyone"), "{said}");
    let manifest = manifest(folder.path());
    for (name, extent) in manifest["documents"].as_object().unwrap() {
        let of_people =
            ["users", "groups", "app-users", "app-groups", "group-users", "user-groups", "group-rules"];
        let part = name.starts_with("okta/") && of_people.iter().any(|one| name[5..].starts_with(one));
        assert_eq!(extent["complete"], !part, "{name}");
        assert!(extent.get("looked_up").is_none(), "{name}");
    }
}

#[test]
fn what_changes_while_it_is_read_is_read_once_more_and_then_a_gap() {
    for (changes, torn) in [(1, false), (usize::MAX, true)] {
        let asked = std::sync::atomic::AtomicUsize::new(0);
        let world = example("healthy");
        let mappings = world["torq"]["claim-mappings"].clone();
        let before = move |request: &loopback::Request| {
            if !request.path.ends_with("/claim_mappings") {
                return None;
            }
            let time = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let mut mappings = mappings.clone();
            mappings["claim_mappings"][0]["claim_value"] = json!(format!("value {}", time.min(changes)));
            Some(Reply::json(mappings.to_string()))
        };
        let stand_in = StandIn::with(&world, Box::new(before));
        let folder = project(&stand_in);
        pulled(folder.path(), &[]);
        let gaps = manifest(folder.path())["gaps"].clone();
        assert_eq!(gaps, if torn { json!(["changed-while-reading"]) } else { Value::Null });
    }
}

#[test]
fn a_connection_that_is_not_reached_stops_no_other() {
    let stand_in = StandIn::new(&example("healthy"));
    let folder = project(&stand_in);
    let path = folder.path().join("ssolint.yaml");
    let text = std::fs::read_to_string(&path).unwrap()
        + "  - name: elsewhere\n    okta: {org_url: 'http://127.0.0.1:9', app_id: x, auth: {api_token: {env: OKTA_API_TOKEN}}}\n";
    std::fs::write(&path, text).unwrap();
    let output = ssolint(folder.path(), &["who", "--live", "--format", "json"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(support::stderr(&output).contains("elsewhere was not reached"), "{}", support::stderr(&output));
    assert!(support::stdout(&output).contains("\"connection\":\"acme\""));
}

#[test]
fn a_refused_token_is_told_as_one() {
    let before = |request: &loopback::Request| {
        request.path.starts_with("/api/v1").then(|| Reply::error(401, "Invalid token provided"))
    };
    let stand_in = StandIn::with(&example("healthy"), Box::new(before));
    let folder = project(&stand_in);
    let output = ssolint(folder.path(), &["check", "--live"]);
    let said = support::stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("does not accept the credential") && said.contains("30 days"), "{said}");
}

#[test]
fn an_app_is_found_by_its_label() {
    for (label, expected) in [("Torq*", None), ("Tork*", Some("no OpenID Connect app has a label like"))] {
        let mut world = example("healthy");
        world["okta"]["app"]["label"] = json!("Torq SSO");
        let stand_in = StandIn::new(&world);
        let folder = project(&stand_in);
        let path = folder.path().join("ssolint.yaml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(
            &path,
            text.replace("app_id: 0oa1gjh63g214q0Hq0g4", &format!("app_label: \"{label}\"")),
        )
        .unwrap();
        let output = ssolint(folder.path(), &["pull", "--out", "out"]);
        let said = support::stderr(&output);
        match expected {
            None => assert_eq!(output.status.code(), Some(0), "{said}"),
            Some(part) => assert!(output.status.code() == Some(3) && said.contains(part), "{said}"),
        }
    }
}

/// An organisation of 5,000 people, 800 groups and 50 mappings, of which two give a role that can repair SSO.
fn large() -> Value {
    let mut world = example("healthy");
    let user = |number: usize| {
        let email = format!("person{number:04}@acme.com");
        json!({"id": format!("00u{number:04}"), "status": "ACTIVE", "profile": {"login": email, "email": email}})
    };
    let row = |number: usize| {
        let email = format!("person{number:04}@acme.com");
        json!({"id": format!("00u{number:04}"), "scope": "USER", "status": "ACTIVE", "profile": {"email": email}, "credentials": {"userName": email}})
    };
    let group = |number: usize| json!({"id": format!("00g{number:03}"), "type": "OKTA_GROUP", "profile": {"name": format!("group {number:03}")}});
    let everyone = json!({"id": "00gall", "type": "BUILT_IN", "profile": {"name": "Everyone"}});
    let members: serde_json::Map<String, Value> = (0..800)
        .map(|group| {
            let people = (0..5000).filter(|person| (person * 7 + group) % 97 == 0);
            let people: Vec<Value> = people.map(|person| json!({"id": format!("00u{person:04}")})).collect();
            (format!("00g{group:03}"), people.into())
        })
        .collect();
    let mapping = |number: usize| {
        let role = if number < 2 { "owner" } else { "viewer" };
        let (claim, value) = match number {
            0 => ("email", "person0001@acme.com".to_owned()),
            _ => ("groups", format!("group {:03}", number * 3)),
        };
        json!({"id": format!("m{number}"), "claim_name": claim, "claim_value": value, "role_id": role, "rank": number + 1})
    };
    let okta = &mut world["okta"];
    okta["users"] = (0..5000).map(user).collect();
    okta["app-users"] = (0..5000).map(row).collect();
    okta["app-groups"] = json!([]);
    okta["group-rules"] = json!([]);
    okta["groups"] = (0..800).map(group).chain([everyone]).collect();
    okta["group-users"] = members.into();
    world["torq"] = json!({
        "claim-mappings": {"claim_mappings": (0..50).map(mapping).collect::<Vec<_>>()},
        "roles": {"roles": [{"id": "owner", "name": "Owner", "scope_names": ["user.write", "x"]}, {"id": "viewer", "name": "Viewer", "scope_names": ["x"]}]},
        "users": {"users": (0..300).map(|number| json!({"id": format!("t{number}"), "email": format!("person{number:04}@acme.com"), "role_id": "viewer", "sso_provision": true})).collect::<Vec<_>>()},
    });
    world
}

/// Requests in a window of the stand-in's clock, by the limit that they count towards.
#[derive(Default)]
struct Windows {
    counts: std::collections::BTreeMap<(&'static str, u64), u64>,
    refused: usize,
}

fn bucket(path: &str) -> Option<(&'static str, u64)> {
    if path.starts_with("/api/v1/apps") || path.starts_with("/api/v1/internal/apps") {
        Some(("apps", 20))
    } else if path.starts_with("/api/v1/groups") {
        Some(("groups", 100))
    } else if path.starts_with("/api/v1/users") {
        Some(("users", 100))
    } else {
        None
    }
}

#[test]
fn five_thousand_people_are_read_in_as_many_requests_as_said_and_under_the_limits() {
    use std::sync::{Arc, Mutex};
    use std::time::{SystemTime, UNIX_EPOCH};

    // A minute of the stand-in is two seconds here: its headers count in whole seconds.
    const WINDOW: u64 = 2;
    let windows: Arc<Mutex<Windows>> = Arc::default();
    let counted = Arc::clone(&windows);
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let limits = move |request: &loopback::Request| {
        let (name, limit) = bucket(&request.path)?;
        let window = now() / WINDOW;
        let mut windows = counted.lock().unwrap();
        let count = windows.counts.entry((name, window)).or_default();
        *count += 1;
        let over = *count > limit;
        windows.refused += usize::from(over);
        over.then(|| {
            Reply::error(429, "API call exceeded rate limit due to too many requests.")
                .header("x-rate-limit-limit", limit.to_string())
                .header("x-rate-limit-remaining", "0")
                .header("x-rate-limit-reset", ((window + 1) * WINDOW).to_string())
        })
    };
    let headers = {
        let windows = Arc::clone(&windows);
        move |request: &loopback::Request, reply: Reply| {
            let Some((name, limit)) = bucket(&request.path) else { return reply };
            let window = now() / WINDOW;
            let count = windows.lock().unwrap().counts.get(&(name, window)).copied().unwrap_or(0);
            reply
                .header("x-rate-limit-limit", limit.to_string())
                .header("x-rate-limit-remaining", limit.saturating_sub(count).to_string())
                .header("x-rate-limit-reset", ((window + 1) * WINDOW).to_string())
        }
    };
    let stand_in = StandIn::limited(&large(), Box::new(limits), Box::new(headers));
    let folder = project(&stand_in);
    let said = pulled(folder.path(), &[]);
    let at_most: usize = said
        .split("at most ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next())
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("no number in {said}"));
    let made = stand_in.requests().len();
    assert!(made <= at_most, "{made} requests, at most {at_most} were announced");
    // The number is of use: not ten times what is needed.
    assert!(at_most <= 3 * made, "{made} requests, at most {at_most} were announced");
    assert!(made <= 250, "{made} requests");
    let windows = windows.lock().unwrap();
    assert_eq!(windows.refused, 0, "{:?}", windows.counts);
    for ((name, window), count) in &windows.counts {
        let limit = if *name == "apps" { 20 } else { 100 };
        assert!(*count <= limit, "{count} to {name} in window {window}");
    }
    let rows = verdicts(folder.path(), &["out/acme"]);
    assert_eq!(rows.len(), 5000);
    assert!(
        rows.iter().all(|row| row["verdict"] != "unknown"),
        "{:?}",
        rows.iter().find(|row| row["verdict"] == "unknown")
    );
}

/// Verdicts without what names someone, each with the Okta id where there is one.
fn nameless(rows: Vec<Value>) -> Vec<String> {
    let keep = ["okta_id", "verdict", "role", "rank", "gate", "assumes"];
    let mut rows: Vec<String> =
        rows.iter().map(|row| keep.iter().map(|key| format!("{key}={} ", row[key])).collect()).collect();
    rows.sort();
    rows
}

#[test]
fn pseudonyms_name_nobody_and_change_no_verdict() {
    for name in ["first-look", "healthy"] {
        let stand_in = StandIn::new(&example(name));
        let folder = project(&stand_in);
        pulled(folder.path(), &[]);
        let expected = nameless(verdicts(folder.path(), &["out/acme"]));
        pulled(folder.path(), &["--people", "pseudonyms"]);
        assert_eq!(nameless(verdicts(folder.path(), &["out/acme"])), expected, "{name}");
        let files = [
            "okta/users.json",
            "okta/app-users.json",
            "torq/users.json",
            "torq/claim-mappings.json",
            "manifest.json",
        ];
        let hidden: String = files
            .iter()
            .map(|file| std::fs::read_to_string(folder.path().join("out/acme").join(file)).unwrap())
            .collect();
        for user in stand_in.world["okta"]["users"].as_array().unwrap() {
            for field in ["login", "email"] {
                let name = user["profile"][field].as_str().unwrap();
                assert!(!hidden.to_lowercase().contains(&name.to_lowercase()), "{name}");
            }
        }
    }
}

/// The documents of a world as `pull` would have them.
fn as_pulled(world: &Value) -> ssolint::source::pull::Pulled {
    use ssolint::document::DocumentName;
    let mut documents = std::collections::BTreeMap::new();
    let mut add = |path: String, value: &Value| {
        if let Some(name) = DocumentName::from_path(&path).filter(|_| !value.is_null()) {
            documents.insert(name, serde_json::to_string_pretty(value).unwrap());
        }
    };
    for section in ["okta", "torq"] {
        for (key, value) in world[section].as_object().into_iter().flatten() {
            if ["group-users", "user-groups"].contains(&key.as_str()) {
                for (id, value) in value.as_object().unwrap() {
                    add(format!("{section}/{key}/{id}"), value);
                }
            } else {
                add(format!("{section}/{key}"), value);
            }
        }
    }
    if !world["connection"].is_null() {
        let text = ssolint::source::pull::canonical::yaml(&world["connection"]);
        documents.insert(DocumentName::Connection, text);
    }
    let mut manifest: ssolint::document::manifest::Manifest = match &world["manifest"] {
        Value::Null => Default::default(),
        manifest => serde_json::from_value(manifest.clone()).unwrap(),
    };
    manifest.format = 1;
    if world["manifest"].is_null() {
        let whole = ssolint::document::manifest::Extent { complete: true, ..Default::default() };
        manifest.documents = documents.keys().map(|name| (name.path(), whole.clone())).collect();
    }
    let text = serde_json::to_string(&manifest).unwrap();
    documents.insert(DocumentName::Manifest, text);
    ssolint::source::pull::Pulled {
        documents,
        manifest,
        failures: Vec::new(),
        notices: Vec::new(),
        requests: 0,
    }
}

fn library_verdicts(pulled: &ssolint::source::pull::Pulled) -> Vec<Value> {
    let snapshot = pulled.snapshot("world");
    let world = ssolint::check::load(&snapshot.documents, snapshot.faults);
    let sign_in = ssolint::signin::SignIn::new(&world, &[]);
    let mut names = ssolint::finding::prose::PeopleNames::new(ssolint::finding::PeopleShown::Names);
    let rows = sign_in.considered().map(|person| {
        let row = ssolint::report::json::VerdictRow::new(&sign_in, person, &mut names);
        serde_json::from_slice(&row.to_line()).unwrap()
    });
    rows.collect()
}

#[test]
fn pseudonyms_change_no_verdict_in_any_world_of_the_rule_pages() {
    let key = ssolint::source::pull::pseudonym::Key::from_secret(&"a key".to_owned().into());
    let (mut worlds, mut people) = (0, 0);
    for (rule, example) in support::bad_worlds() {
        let mut world = ssolint::document::strict::read_yaml(&example.world).unwrap();
        world.as_object_mut().unwrap().remove("rules");
        if world["manifest"]["format"].as_u64().is_some_and(|format| format != 1) {
            continue;
        }
        let mut pulled = as_pulled(&world);
        let expected = nameless(library_verdicts(&pulled));
        ssolint::source::pull::pseudonym::replace(&mut pulled, &key);
        assert_eq!(nameless(library_verdicts(&pulled)), expected, "{rule}: {}", example.title);
        (worlds, people) = (worlds + 1, people + expected.len());
    }
    assert!(worlds > 50 && people > 100, "{worlds} worlds, {people} people");
}

/// What a schema that ships with the tool says about a YAML or JSON text.
fn schema_errors(name: &str, text: &str) -> Vec<String> {
    let (_, schema) = ssolint::report::schema::ALL.iter().find(|(known, _)| *known == name).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    let value = ssolint::document::strict::read_yaml(text).unwrap();
    schema.iter_errors(&value).map(|error| format!("{error} at {}", error.instance_path())).collect()
}

#[test]
fn the_project_schema_and_the_reader_agree() {
    let secret = "{env: TOKEN}";
    let okta = |auth: &str| format!("okta: {{org_url: https://a.okta.com, app_id: x, auth: {auth}}}");
    for (entry, right) in [
        (okta(&format!("{{api_token: {secret}}}")), true),
        (okta("{service_app: {client_id: x, key: {file: k.pem}, kid: k, alg: ES256, scopes: [a]}}"), true),
        (okta("{api_token: {command: [vault, read]}}"), true),
        ("snapshot: s".to_owned(), true),
        ("snapshot: s, connection: {torq: {flow: code}}".to_owned(), true),
        (okta("{api_token: secret}"), false),
        (okta("{api_token: {env: A, file: B}}"), false),
        (okta("{service_app: {client_id: x}}"), false),
        (okta("{basic: {env: A}}"), false),
        ("snapshot: s, torq: {region: mars}".to_owned(), false),
        ("snapshot: s, torq: {client_secret: abc}".to_owned(), false),
        ("snapshot: 3".to_owned(), false),
        ("snapshot: s, stage: ready".to_owned(), false),
    ] {
        let text = format!("version: 1\nconnections:\n  - {{name: a, {entry}}}\n");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ssolint.yaml");
        std::fs::write(&path, &text).unwrap();
        let read = ssolint::source::project::read(&path, &[]).map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(read.is_ok(), right, "{entry}: {read:?}");
        assert_eq!(
            schema_errors("project", &text).is_empty(),
            right,
            "{entry}: {:?}",
            schema_errors("project", &text)
        );
    }
}

/// `init` without a terminal: flags, and standard input.
fn init(folder: &Path, flags: &[&str], input: &str) -> Output {
    use std::io::Write;
    let mut child = Command::new(env!("CARGO_BIN_EXE_ssolint"))
        .arg("init")
        .args(flags)
        .current_dir(folder)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn init_ends_with_a_check_that_works_and_repeats_nothing_of_the_session() {
    let stand_in = StandIn::new(&example("healthy"));
    let base = &stand_in.server.base;
    let folder = tempfile::tempdir().unwrap();
    let url = format!(
        "{base}/oauth2/v1/authorize?client_id=0oa1gjh63g214q0Hq0g4&redirect_uri=https%3A%2F%2Fapp.torq.io%2F__%2Fauth%2Fhandler&scope=openid%20email%20profile%20groups&response_type=id_token&state=MarkedState&nonce=MarkedNonce"
    );
    let output = init(folder.path(), &["--name", "acme"], &url);
    let said = support::stdout(&output) + &support::stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("ssolint check --live acme"), "{said}");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let (project, connection) = (read("ssolint.yaml"), read("connection.yaml"));
    assert_eq!(schema_errors("project", &project), Vec::<String>::new());
    assert_eq!(schema_errors("connection", &connection), Vec::<String>::new());
    for text in [&said, &project, &connection] {
        assert!(!text.contains("Marked"), "{text}");
    }
    for part in [
        "client_id: \"0oa1gjh63g214q0Hq0g4\"",
        "flow: implicit",
        "requested_scopes: [openid, email, profile, groups]",
        "region: us",
        &format!("issuer_url: {base}"),
    ] {
        assert!(connection.contains(part), "{connection}\nlacks {part}");
    }
    // Torq's own host is not ours here.
    let project = project
        .replace("region: us", &format!("region: us\n      base_url: {base}/public\n      auth_url: {base}"));
    std::fs::write(folder.path().join("ssolint.yaml"), project).unwrap();
    let output = ssolint(folder.path(), &["who", "--live", "acme", "--format", "json"]);
    assert!(support::stdout(&output).contains("\"verdict\":\"granted\""), "{}", support::stderr(&output));
}

#[test]
fn init_writes_over_nothing_and_says_what_is_missing() {
    for (flags, input, code, said) in [
        (&["--okta-url", "https://acme.okta.com", "--region", "eu"][..], "", 0, "--live acme"),
        (&["--okta-url", "https://acme.okta.com", "--region", "eu"], "", 2, "--force"),
        (&["--okta-url", "https://acme.okta.com", "--region", "eu", "--force"], "", 0, "--live acme"),
        (&["--folder", "a"], "", 2, "--okta-url"),
        (&["--folder", "b", "--okta-url", "https://acme.okta.com"], "", 2, "--region"),
        (&["--folder", "c", "--okta-url", "http://acme.okta.com", "--region", "us"], "", 2, "https://"),
        (&["--folder", "d"], "MarkedState", 2, "not a URL"),
        (
            &["--folder", "e", "--okta-url", "https://acme.okta.com", "--region", "us"],
            "",
            0,
            "--config e/ssolint.yaml --live acme",
        ),
    ] {
        thread_local!(static FOLDER: tempfile::TempDir = tempfile::tempdir().unwrap());
        FOLDER.with(|folder| {
            let output = init(folder.path(), flags, input);
            let text = support::stdout(&output) + &support::stderr(&output);
            assert_eq!(output.status.code(), Some(code), "{flags:?}: {text}");
            assert!(text.contains(said) && !text.contains("Marked"), "{flags:?}: {text}");
        });
    }
}

/// A world as a live connection, read by the library.
fn read_live(
    stand_in: &StandIn,
    change: impl Fn(&mut ssolint::source::pull::Live),
) -> ssolint::source::pull::Pulled {
    use ssolint::source::credentials::Commands;
    use ssolint::source::http::{Budget, Limits};
    let folder = project(stand_in);
    let text = std::fs::read_to_string(folder.path().join("ssolint.yaml")).unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
    };
    write("okta", OKTA_TOKEN);
    write("id", "torq-key");
    write("secret", TORQ_SECRET);
    let text = text
        .replace("env: OKTA_API_TOKEN", "file: okta")
        .replace("env: TORQ_CLIENT_ID", "file: id")
        .replace("env: TORQ_CLIENT_SECRET", "file: secret");
    write("ssolint.yaml", &text);
    let project = ssolint::source::project::read(&folder.path().join("ssolint.yaml"), &[]).unwrap();
    let connector = ssolint::source::live::Connector::new(ssolint::source::live::Run {
        commands: Commands::NotAllowed,
        budget: Budget::new(10_000, std::time::Duration::from_secs(60)),
        max_requests: None,
        authorities: Vec::new(),
        okta_limits: Limits::okta(),
        torq_limits: Limits::torq(),
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut live = connector.connect(&project.connections[0], &project.folder).await.unwrap();
        change(&mut live);
        ssolint::source::pull::read::connection(&live, &|_| {}).await.unwrap()
    })
}

/// What all rules find, and the rules that say that they could not be evaluated.
fn library_findings(snapshot: ssolint::source::snapshot::Snapshot) -> (Vec<String>, Vec<&'static str>) {
    let world = ssolint::check::load(&snapshot.documents, snapshot.faults);
    let sign_in = ssolint::signin::SignIn::new(&world, &[]);
    let rules = ssolint::rules::catalogue().filter(|rule| rule.id != "source-incomplete");
    let checked = ssolint::check::run_rules(&sign_in, rules, &Default::default());
    let mut found: Vec<String> = checked
        .findings
        .iter()
        .map(|finding| format!("{} {} {}", finding.rule, finding.spot.place, finding.message.plain()))
        .collect();
    found.sort();
    (found, checked.not_evaluated.iter().map(|row| row.rule).collect())
}

#[test]
fn what_decides_is_read_in_every_world_of_the_rule_pages() {
    let mut compared = 0;
    let mut wrong = Vec::new();
    for (rule, example) in support::bad_worlds() {
        let mut world = ssolint::document::strict::read_yaml(&example.world).unwrap();
        world.as_object_mut().unwrap().remove("rules");
        // What a live organisation always has: an app with an id, `Everyone`, lists that are whole.
        if !world["manifest"].is_null() || !world["okta"]["app"].is_object() || world["connection"].is_null()
        {
            continue;
        }
        // An issuer elsewhere would be asked elsewhere.
        let issuer = world["connection"]["torq"]["issuer_url"].as_str().unwrap_or(stand_in::ORG_URL);
        let ours = issuer
            .strip_prefix(stand_in::ORG_URL)
            .is_some_and(|path| path.is_empty() || path.starts_with('/'));
        if !ours {
            continue;
        }
        world["connection"]["name"] = json!("acme");
        world["connection"]["okta"]["org_url"] = json!(stand_in::ORG_URL);
        if world["connection"]["torq"]["region"].is_null() {
            world["connection"]["torq"]["region"] = json!("us");
        }
        if world["okta"]["app"]["id"].is_null() {
            world["okta"]["app"]["id"] = json!("0oa1");
        }
        let lists = ["users", "app-users", "groups", "app-groups", "group-rules"];
        for list in lists {
            if !world["okta"][list].is_array() {
                world["okta"][list] = json!([]);
            }
        }
        for (list, key) in [("claim-mappings", "claim_mappings"), ("roles", "roles"), ("users", "users")] {
            if !world["torq"][list].is_object() {
                world["torq"][list] = json!({ key: [] });
            }
        }
        let groups = world["okta"]["groups"].as_array_mut().unwrap();
        if !groups.iter().any(|group| group["profile"]["name"] == "Everyone") {
            groups.push(json!({"id": "00geveryone", "type": "BUILT_IN", "profile": {"name": "Everyone"}}));
        }
        // Okta lists whom a group assigns among the app's users, with the scope GROUP.
        let assigned: Vec<String> = world["okta"]["app-groups"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|group| group["id"].as_str().map(str::to_owned))
            .collect();
        for group in assigned {
            let members = world["okta"]["group-users"][&group].as_array().cloned().unwrap_or_default();
            let rows = world["okta"]["app-users"].as_array_mut().unwrap();
            for member in members {
                if !rows.iter().any(|row| row["id"] == member["id"]) {
                    let href = format!("{}/api/v1/groups/{group}", stand_in::ORG_URL);
                    rows.push(json!({"id": member["id"], "scope": "GROUP", "status": "ACTIVE",
                        "_links": {"group": {"href": href}}}));
                }
            }
        }
        // Each list in the order in which `pull` writes it.
        for list in ["users", "app-users", "groups"] {
            let rows = world["okta"][list].as_array_mut().unwrap();
            rows.sort_by_key(|row| row["id"].as_str().unwrap_or_default().to_owned());
        }
        let ids = |list: &str| -> std::collections::BTreeSet<String> {
            let rows = world["okta"][list].as_array().into_iter().flatten();
            rows.filter_map(|row| row["id"].as_str()).map(str::to_owned).collect()
        };
        // Everyone has a record, and every group its members.
        let records = ids("users");
        if ids("app-users").iter().any(|id| !records.contains(id)) || !world["okta"]["user-groups"].is_null()
        {
            continue;
        }
        for id in ids("groups") {
            if world["okta"]["group-users"][&id].is_null() && id != "00geveryone" {
                world["okta"]["group-users"][&id] = json!([]);
            }
        }
        let stand_in = StandIn::new(&world);
        let pulled = read_live(&stand_in, |_| {});
        assert_eq!(pulled.failures, [], "{rule}: {}", example.title);
        let (memory, _) = library_findings(support::world(&stand_in.world));
        let (live, open) = library_findings(pulled.snapshot("acme"));
        // What `pull` leaves unread, the rules that need it say; none of them is silent.
        let said = |finding: &&String| open.iter().any(|rule| finding.starts_with(&format!("{rule} ")));
        let memory: Vec<String> =
            memory.iter().filter(|finding| live.contains(finding) || !said(finding)).cloned().collect();
        if memory != live {
            let only = |a: &[String], b: &[String]| {
                a.iter().filter(|one| !b.contains(one)).cloned().collect::<Vec<_>>()
            };
            wrong.push(format!(
                "{rule}: {}\n  only in memory {:#?}\n  only live {:#?}\n  {:?}",
                example.title,
                only(&memory, &live),
                only(&live, &memory),
                pulled.manifest.refused.iter().map(|refusal| &refusal.document).collect::<Vec<_>>()
            ));
        }
        compared += 1;
    }
    let shown = wrong.iter().take(6).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} of {compared}:\n{shown}", wrong.len());
    assert!(compared > 40, "{compared}");
}

#[test]
fn the_id_token_settings_are_not_asked_for_as_a_service_app_and_the_gap_says_how_to_close_it() {
    let stand_in = StandIn::new(&example("healthy"));
    let pulled =
        read_live(&stand_in, |live| live.okta.credential = ssolint::source::pull::Credential::ServiceApp);
    let refused = pulled.manifest.refused.iter().find(|refusal| refusal.document == "okta/id-token").unwrap();
    for way in ["API token", "okta.groups_claim", "Terraform", "captured token"] {
        assert!(refused.why.contains(way), "{}", refused.why);
    }
    assert!(!stand_in.requests().iter().any(|request| request.path.contains("/internal/")));
}

#[test]
fn every_groups_members_are_read_where_their_number_decides_and_enough_requests_are_allowed() {
    let mut world = example("healthy");
    let groups = world["okta"]["groups"].as_array_mut().unwrap();
    groups.extend((0..120).map(|number| json!({"id": format!("00gx{number:03}"), "type": "OKTA_GROUP", "profile": {"name": format!("x {number}")}})));
    for (allowed, read) in [(None, false), (Some(100), false), (Some(400), true)] {
        let stand_in = StandIn::new(&world);
        let pulled = read_live(&stand_in, |live| live.max_requests = allowed);
        let members =
            pulled.documents.keys().filter(|name| name.path().starts_with("okta/group-users/00gx")).count();
        assert_eq!(members, if read { 120 } else { 0 }, "{allowed:?}");
        let told = pulled
            .notices
            .iter()
            .any(|notice| notice.contains("--max-requests ") && notice.contains("more than 100 groups"));
        assert_eq!(told, !read, "{:?}", pulled.notices);
    }
}

#[test]
fn a_folder_that_is_no_snapshot_is_not_written_over() {
    let stand_in = StandIn::new(&example("healthy"));
    let folder = project(&stand_in);
    let there = folder.path().join("out/acme/thesis.txt");
    std::fs::create_dir_all(there.parent().unwrap()).unwrap();
    std::fs::write(&there, "mine").unwrap();
    let output = ssolint(folder.path(), &["pull", "--out", "out"]);
    assert_eq!(output.status.code(), Some(2), "{}", support::stderr(&output));
    assert_eq!(std::fs::read_to_string(&there).unwrap(), "mine");
    let left: Vec<_> = std::fs::read_dir(folder.path().join("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["acme"]);
}

#[test]
fn a_live_finding_lies_on_the_connections_entry_in_sarif_and_names_its_document() {
    let stand_in = StandIn::new(&example("first-look"));
    let pulled = read_live(&stand_in, |_| {});
    let mut snapshot = pulled.snapshot("acme");
    let file = "ssolint.yaml".to_owned();
    snapshot.documents.live_entry =
        Some(ssolint::document::ProjectEntry { file, line: 4, column: 5, end_column: 9 });
    let report = ssolint::report::Report {
        connections: vec![ssolint::check::connection(
            snapshot,
            ssolint::rules::catalogue(),
            &Default::default(),
        )],
        ..ssolint::report::Report::default()
    };
    let sarif: Value = serde_json::from_slice(&ssolint::report::sarif::report(
        &report,
        ssolint::finding::PeopleShown::Counts,
    ))
    .unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(results.len() > 3, "{results:?}");
    for result in results {
        let place = &result["locations"][0];
        assert_eq!(place["physicalLocation"]["artifactLocation"]["uri"], "ssolint.yaml");
        assert_eq!(place["physicalLocation"]["region"]["startLine"], 4);
        let document = place["logicalLocations"][0]["fullyQualifiedName"].as_str().unwrap();
        let document = document.split('#').next().unwrap();
        let text = result["message"]["text"].as_str().unwrap();
        assert!(text.starts_with(&format!("{document}: ")), "{text}");
    }
}

#[test]
fn a_live_connection_is_compared_with_a_snapshot_or_with_itself_changed() {
    let stand_in = StandIn::new(&example("healthy"));
    let folder = project(&stand_in);
    let mut before = stand_in.world.clone();
    std::fs::write(folder.path().join("same.json"), before.to_string()).unwrap();
    let mappings = before["torq"]["claim-mappings"]["claim_mappings"].as_array_mut().unwrap();
    mappings.retain(|row| row["claim_value"] != "Torq-Users");
    std::fs::write(folder.path().join("before.json"), before.to_string()).unwrap();
    let totals = |arguments: &[&str]| {
        let output = ssolint(folder.path(), &[&["diff", "--format", "json"], arguments].concat());
        let said = support::stdout(&output);
        let last: Value = serde_json::from_str(
            said.lines().last().unwrap_or_else(|| panic!("{}", support::stderr(&output))),
        )
        .unwrap();
        (last["totals"]["gained"].as_u64().unwrap(), last["totals"]["lost"].as_u64().unwrap())
    };
    let set = "torq.claim-mappings[groups=Torq-Users].claim_value=nobody";
    assert_eq!(totals(&["same.json", "--live", "acme"]), (0, 0));
    assert_eq!(totals(&["before.json", "--live", "acme"]), (1, 0));
    assert_eq!(totals(&["before.json", "--live"]), (1, 0));
    assert_eq!(totals(&["--live", "acme", "--set", set]), (0, 1));
    assert_eq!(totals(&["same.json", "--live", "acme", "--set", set]), (0, 1));
    for (arguments, expected) in [
        (&["--live", "acme"][..], "name a second snapshot, or say what changes"),
        (&["--live", "acm", "--set", set], "no connection acm; did you mean acme?"),
        (&[], "BEFORE"),
        (&["same.json", "before.json", "--live", "acme"], "cannot be used with"),
    ] {
        let output = ssolint(folder.path(), &[&["diff"], arguments].concat());
        let said = support::stderr(&output);
        assert!(output.status.code() == Some(2) && said.contains(expected), "{arguments:?}: {said}");
    }
}

#[test]
fn a_document_that_a_service_fails_to_answer_may_be_accepted_as_a_gap() {
    for (entries, expected) in [
        ("", 3),
        ("accept_gaps: [{document: torq/roles, reason: Torq fails on it today}]\n", 0),
        ("accept_gaps: [{document: torq/roles, connections: [ac*], reason: Torq fails on it today}]\n", 0),
        ("accept_gaps: [{document: torq/roles, apps: [T*], reason: Torq fails on it today}]\n", 0),
        ("accept_gaps: [{document: torq/roles, apps: [S*], reason: Torq fails on it today}]\n", 3),
        ("accept_gaps: [{document: torq/roles, until: 2026-01-01, reason: Torq fails on it today}]\n", 3),
        ("accept_gaps: [{document: torq/roles}]\n", 3),
        ("accept_gaps: [{document: torq/users, reason: Torq fails on it today}]\n", 3),
    ] {
        let before = |request: &loopback::Request| {
            request.path.ends_with("/v1alpha/roles").then(|| Reply::json("{\"roles\": 7}"))
        };
        let stand_in = StandIn::with(&example("healthy"), Box::new(before));
        let folder = project(&stand_in);
        std::fs::write(folder.path().join("ssolint.yaml"), stand_in.project("acme") + entries).unwrap();
        let output = ssolint(folder.path(), &["check", "--live", "--select", "redirect"]);
        let said = support::stderr(&output);
        assert_eq!(output.status.code(), Some(expected), "{entries}{said}");
        assert!(said.contains("acme: torq/roles.json: "), "{said}");
    }
}
