//! Two hundred connections, of which ten are dead and five slow: one report with the right counts, the same bytes whatever answers first,
//! within bounded memory, and the same from three shards.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod live_proof;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use live_proof::organization::{Organization, app_id};
use live_proof::project::{self, Project};
use live_proof::stand_in::{Request, Response, StandIn};
use serde_json::{Value, json};

const CONNECTIONS: usize = 200;
/// Connections of one organisation.
const OF_ONE: usize = 5;
/// The last of them: half at an organisation that knows no such token, half where nobody listens.
const DEAD: usize = 10;
/// The first of them belong to an organisation that is slow.
const SLOW: usize = 5;
/// Have a redirect that the app does not take.
const WRONG: [usize; 3] = [7, 77, 177];
/// Have one SSO domain.
const ONE_DOMAIN: [usize; 2] = [10, 11];

const ORGANIZATION: Organization = Organization { groups: 3, people: 12 };
const MOST: Duration = Duration::from_secs(400);
const FORMATS: [&str; 7] = ["json", "sarif", "github", "gitlab", "junit", "markdown", "html"];

fn name(number: usize) -> String {
    format!("c-{number:03}")
}

/// An organisation, with the most requests that were under way at one time.
struct Counted {
    okta: StandIn,
    most: Arc<AtomicUsize>,
}

/// `round` changes which organisation answers first.
fn organization(number: usize, round: Arc<AtomicUsize>) -> Counted {
    let (now, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let kept = Arc::clone(&most);
    let dead = number * OF_ONE >= CONNECTIONS - DEAD;
    let okta = StandIn::start(move |request: &Request| {
        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let slow = if number * OF_ONE < SLOW { 150 } else { 0 };
        let turn = (number * 7 + round.load(Ordering::SeqCst) * 13) % 23;
        std::thread::sleep(Duration::from_millis(slow + turn as u64));
        let answer = if dead {
            Response::json(401, json!({"errorCode": "E0000011", "errorSummary": "Invalid token provided"}))
        } else {
            ORGANIZATION.okta(request)
        };
        now.fetch_sub(1, Ordering::SeqCst);
        answer
    });
    Counted { okta, most: kept }
}

struct Fleet {
    project: Project,
    organizations: Vec<Counted>,
    round: Arc<AtomicUsize>,
    _torq: StandIn,
}

fn fleet() -> Fleet {
    let torq = StandIn::start(|request| ORGANIZATION.torq(request));
    let round = Arc::new(AtomicUsize::new(0));
    let organizations: Vec<Counted> =
        (0..CONNECTIONS / OF_ONE).map(|number| organization(number, Arc::clone(&round))).collect();
    let auth = json!({"api_token": {"env": "OKTA_TOKEN"}});
    let connection = |number: usize| {
        let okta = match number {
            number if number >= CONNECTIONS - DEAD / 2 => "http://127.0.0.1:9".to_owned(),
            number => organizations[number / OF_ONE].okta.url(),
        };
        let mut entry = project::connection(&name(number), &app_id(number), &okta, &torq.url(), "", &auth);
        let torq = &mut entry["connection"]["torq"];
        if WRONG.contains(&number) {
            torq["login_redirect_url"] = json!("https://app.torq.io/__/auth/handler/");
        }
        torq["sso_domain"] = match ONE_DOMAIN.contains(&number) {
            true => json!("shared.example"),
            false => json!(format!("d{number}.example")),
        };
        entry
    };
    // In another order than that of the names.
    let connections: Vec<Value> = (0..CONNECTIONS).rev().map(connection).collect();
    let mut project = Project::new(&json!({
        "version": 1,
        "connections": connections,
        "ignore": [
            // Of no use in any of its connections, which fall into all shards.
            {"rule": "redirect-uri-wildcard", "connections": ["c-01*"], "reason": "nothing like it"},
            // Of use in one shard alone.
            {"rule": "redirect-uri-mismatch", "connections": ["c-17*"], "reason": "known"},
            // Not to be said: a dead connection may need it.
            {"rule": "redirect-uri-insecure", "reason": "all of them"},
            // Said by every shard for itself.
            {"rule": "app-icon-hidden", "connections": ["c-0*"], "reason": "over", "until": "2020-01-01"},
        ],
    }));
    for name in ["OKTA_TOKEN", "TORQ_ID", "TORQ_SECRET"] {
        project.set(name, "made-up");
    }
    Fleet { project, organizations, round, _torq: torq }
}

struct Ran {
    code: Option<i32>,
    stderr: String,
    /// The most memory that it had, in KiB.
    peak: u64,
}

/// Runs the binary, and looks at its memory while it runs.
fn run(project: &Project, arguments: &[String]) -> Ran {
    let said = tempfile::NamedTempFile::new().unwrap();
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_ssolint"))
        .args(arguments)
        .current_dir(project.folder())
        .env_clear()
        .envs(["OKTA_TOKEN", "TORQ_ID", "TORQ_SECRET"].map(|name| (name, "made-up")))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(said.reopen().unwrap())
        .spawn()
        .unwrap();
    let mut peak = 0;
    let code = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let high = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = peak.max(high.and_then(|high| high.trim().split(' ').next()?.parse().ok()).unwrap_or(0));
        assert!(begun.elapsed() < MOST, "still running after {MOST:?}");
        std::thread::sleep(Duration::from_millis(10));
    };
    let stderr = fs::read_to_string(said.path()).unwrap();
    println!("{arguments:?}: {code:?} after {:?}, at most {peak} KiB", begun.elapsed());
    Ran { code, stderr, peak }
}

/// `check --live` in these formats, each to a file that begins with the word.
fn check(project: &Project, word: &str, formats: &[&str], more: &[&str]) -> Ran {
    let mut arguments: Vec<String> = ["check", "--live", "--format", "pretty"].map(str::to_owned).to_vec();
    for format in formats {
        arguments.extend(["--format".to_owned(), format!("{format}={word}.{format}")]);
    }
    arguments.extend(more.iter().map(|argument| (*argument).to_owned()));
    run(project, &arguments)
}

fn text(project: &Project, file: &str) -> String {
    fs::read_to_string(project.folder().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn two_hundred_connections_are_one_report_also_in_shards() {
    let fleet = fleet();
    let project = &fleet.project;
    let whole = check(project, "whole", &FORMATS, &["--out-dir", "each"]);
    assert_eq!(whole.code, Some(3), "{}", whole.stderr);
    assert!(whole.peak < 400 * 1024, "{} KiB", whole.peak);
    the_counts_are_right(project);
    every_format_names_the_dead(project);
    each_connection_is_alone(project);
    the_organization_was_asked_once(&fleet.organizations);

    // Others answer first, so what is joined shows that too; and mostly they wait, so they run together, as in a matrix.
    fleet.round.store(1, Ordering::SeqCst);
    std::thread::scope(|together| {
        for shard in 1..=3 {
            let (word, part) = (format!("shard-{shard}"), format!("{shard}/3"));
            together.spawn(move || check(project, &word, &["json", "sarif"], &["--shard", &part]));
        }
    });
    for format in ["json", "sarif"] {
        // In any order.
        let parts = [2, 3, 1].map(|shard| format!("shard-{shard}.{format}"));
        let merged = format!("merged.{format}");
        let mut arguments = vec!["merge".to_owned(), "--out".to_owned(), merged.clone()];
        arguments.extend(parts.clone());
        let ran = run(project, &arguments);
        assert_eq!(ran.code, Some(3), "{}", ran.stderr);
        let (merged, whole) = (text(project, &merged), text(project, &format!("whole.{format}")));
        let differs = merged.lines().zip(whole.lines()).find(|(merged, whole)| merged != whole);
        assert!(merged == whole, "{format}: {differs:?}");

        let ran = run(project, &[&["merge".to_owned()], &parts[..2]].concat());
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr.contains("shard 1/3 is missing"), "{}", ran.stderr);
        let ran = run(project, &["merge".to_owned(), parts[0].clone(), parts[0].clone()]);
        assert_eq!(ran.code, Some(2));
    }
}

fn the_counts_are_right(project: &Project) {
    let report: Value = serde_json::from_str(&text(project, "whole.json")).unwrap();
    let (_, schema) = ssolint::report::schema::ALL.iter().find(|(known, _)| *known == "check").unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    assert!(schema.is_valid(&report));
    let summary = &report["summary"];
    assert_eq!(summary["connections"], json!(CONNECTIONS - DEAD));
    assert_eq!(summary["not_reached"], json!(DEAD));
    let names = |rows: &Value, key: &str| -> Vec<String> {
        rows.as_array().unwrap().iter().map(|row| row[key].as_str().unwrap().to_owned()).collect()
    };
    let expected: Vec<String> = (0..CONNECTIONS).map(name).collect();
    let (reached, dead) = expected.split_at(CONNECTIONS - DEAD);
    assert_eq!(names(&report["connections"], "name"), reached);
    assert_eq!(names(&report["not_reached"], "connection"), dead);
    let found: Vec<(&str, &str)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["rule"].as_str().unwrap(), row["connection"].as_str().unwrap()))
        .collect();
    let of_rule = |rule: &str| -> Vec<&str> {
        found.iter().filter(|(known, _)| *known == rule).map(|(_, connection)| *connection).collect()
    };
    assert_eq!(of_rule("redirect-uri-mismatch"), ["c-007", "c-077"]);
    assert_eq!(of_rule("two-connections-one-domain"), ["c-010", "c-011"]);
    assert_eq!(of_rule("ignore-unused"), ["c-010"]);
    assert_eq!(of_rule("ignore-expired"), ["c-000"]);
    assert_eq!(summary["ignored"], json!(1));
    let row =
        summary["by_rule"].as_array().unwrap().iter().find(|row| row["rule"] == "redirect-uri-mismatch");
    assert_eq!(
        row.unwrap(),
        &json!({"rule": "redirect-uri-mismatch", "error": 2, "warning": 0, "note": 0, "connections": 2})
    );
    let worst = &summary["by_connection"][0]["connection"];
    assert!(["c-007", "c-077"].contains(&worst.as_str().unwrap()), "{worst}");
    assert_eq!(summary["by_connection"].as_array().unwrap().len(), CONNECTIONS - DEAD);
}

fn every_format_names_the_dead(project: &Project) {
    for format in FORMATS {
        let told = text(project, &format!("whole.{format}"));
        for number in CONNECTIONS - DEAD..CONNECTIONS {
            assert!(told.contains(&name(number)), "{format} does not name {}", name(number));
        }
    }
    let log: Value = serde_json::from_str(&text(project, "whole.sarif")).unwrap();
    let runs = log["runs"].as_array().unwrap();
    let not_reached: Vec<&Value> =
        runs.iter().filter(|run| run["invocations"][0]["executionSuccessful"] == json!(false)).collect();
    assert_eq!(not_reached.len(), DEAD);
    for run in not_reached {
        // A run without results in the connection's own category would close its alerts.
        assert!(run["automationDetails"]["id"].as_str().unwrap().ends_with("/not-reached/"));
        assert_eq!(run["results"], json!([]));
        assert_eq!(run["invocations"][0]["toolExecutionNotifications"][0]["level"], "error");
    }
}

fn each_connection_is_alone(project: &Project) {
    let names: BTreeSet<String> = (0..CONNECTIONS).map(name).collect();
    let mut files = 0;
    for entry in fs::read_dir(project.folder().join("each")).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let told = fs::read_to_string(&path).unwrap();
        let own = &file[..5];
        assert!(
            told.contains(own) || !file.ends_with(".json") || file.contains("gitlab"),
            "{file} is not of {own}"
        );
        // Once over the text, which is long.
        for (at, _) in told.match_indices("c-") {
            let other = told.get(at..at + own.len()).unwrap_or_default();
            assert!(other == own || !names.contains(other), "{file} speaks of {other}");
        }
        files += 1;
    }
    assert_eq!(files, CONNECTIONS * (FORMATS.len() + 1));
}

fn the_organization_was_asked_once(organizations: &[Counted]) {
    let ours = organizations.len() - DEAD / OF_ONE;
    for Counted { okta, most } in &organizations[..ours] {
        let mut asked: BTreeMap<String, usize> = BTreeMap::new();
        for request in okta.take_seen() {
            *asked.entry(request.target).or_default() += 1;
        }
        for (target, times) in &asked {
            let of_an_app = target.starts_with("/api/v1/apps/") || target.contains("/internal/apps/");
            // The app is read again at the end; the issuer is another host, asked without a credential.
            let most = match target.as_str() {
                _ if of_an_app => 2,
                "/.well-known/openid-configuration" => OF_ONE,
                _ => 1,
            };
            assert!(*times <= most, "{target} was asked {times} times");
        }
        assert!(asked.keys().any(|target| target.starts_with("/api/v1/groups/")), "{asked:?}");
        // One budget for all five: each by itself may have eight under way.
        assert!(most.load(Ordering::SeqCst) <= 8, "{most:?} at one time");
    }
}

#[test]
fn verbose_says_what_was_asked_and_no_secret() {
    let torq = StandIn::start(|request| ORGANIZATION.torq(request));
    let okta = StandIn::start(|request| ORGANIZATION.okta(request));
    let project = project::write(project::Okta::ApiToken, &okta.url(), &torq.url(), "", None);
    let ran = project.run(&["check", "--live", "-v", "--format", "json"], MOST);
    let host = okta.url().replace("http://", "");
    let line = format!("GET {host}/api/v1/apps/{{appId}}: 200, ");
    assert!(ran.stderr.contains(&line), "{}", ran.told());
    assert!(ran.stderr.contains("/v1/auth/token: 200, "), "{}", ran.told());
    for secret in ["made-up", "limit=", "?", "SSWS", "Bearer"] {
        assert!(!ran.stderr.contains(secret), "{secret}: {}", ran.told());
    }
    let ran = project.run(&["check", "--live", "--format", "json"], MOST);
    assert!(!ran.stderr.contains("GET "), "{}", ran.told());
}

#[test]
fn a_shard_is_a_part_and_the_parts_are_all() {
    let folder = tempfile::tempdir().unwrap();
    let shards = ["4/3", "1", "a/b", "1/0", "0/0", "-1/3"];
    for shard in shards {
        let arguments = ["check", "--shard", shard, "."];
        let ran = live_proof::binary::ssolint(folder.path(), &arguments, &[], "", MOST);
        assert_eq!(ran.code, Some(2), "{shard}: {}", ran.told());
    }
    for number in 0..7 {
        let world = json!({"connection": {"name": format!("n{number}")}});
        fs::write(folder.path().join(format!("{number}.json")), world.to_string()).unwrap();
    }
    let files = ["3.json", "1.json", "0.json", "6.json", "5.json", "4.json", "2.json"];
    let mut all = Vec::new();
    for shard in ["0/3", "1/3", "2/3"] {
        let arguments = [&["check", "--format", "json", "--shard", shard], &files[..]].concat();
        let ran = live_proof::binary::ssolint(folder.path(), &arguments, &[], "", MOST);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        let names: Vec<String> = report["connections"]
            .as_array()
            .unwrap()
            .iter()
            .map(|connection| connection["name"].as_str().unwrap().to_owned())
            .collect();
        assert!((2..=3).contains(&names.len()), "{names:?}");
        all.extend(names);
    }
    all.sort();
    assert_eq!(all, ["n0", "n1", "n2", "n3", "n4", "n5", "n6"]);
}
