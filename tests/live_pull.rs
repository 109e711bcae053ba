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
