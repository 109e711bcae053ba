//! Every answer of real Okta organisations that was recorded is read, and nothing that is modelled is missed in it.
//!
//! The recordings lie outside the crate (`../shared/peers/okta-recorded`, from Okta's Terraform provider). `recordings/values.txt` says what is
//! read of each now; `UPDATE=1` writes it again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;
use ssolint::check;
use ssolint::document::DocumentName;
use ssolint::document::position::Format;
use ssolint::model::{Cause, Fact, World};
use ssolint::rules::catalogue;
use ssolint::rules::facts::Options;
use ssolint::signin::evaluation::State;
use ssolint::signin::request::GateState;
use ssolint::signin::{Gate, SignIn};
use ssolint::source::snapshot::{self, Snapshot};

#[path = "recordings/answer.rs"]
mod answer;
#[path = "recordings/cassette.rs"]
mod cassette;
#[path = "recordings/modelled.rs"]
mod modelled;
#[path = "recordings/world.rs"]
mod world;

use answer::{Object, Reader, Shape, Tally};
use cassette::{Answer, Recording};

/// Asked at run time: a build that was copied from another checkout would look beside that one, and skip.
fn crate_folder() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from)
}

/// `None`, aloud, where the recordings are not there; where `CI` is set they must be.
fn recordings() -> Option<&'static [Recording]> {
    static READ: OnceLock<Vec<Recording>> = OnceLock::new();
    let folder = crate_folder().join("../shared/peers/okta-recorded");
    if !folder.is_dir() {
        assert!(std::env::var_os("CI").is_none(), "../shared is absent, and CI may not skip");
        eprintln!("SKIPPED: ../shared is absent");
        return None;
    }
    Some(READ.get_or_init(|| cassette::read_folder(&folder)))
}

/// Who reads an answer. A question that nobody thought of fails.
fn reader(recording: &Recording, answer: &Answer) -> &'static (&'static str, Reader) {
    answer::reader(&answer.path).unwrap_or_else(|| panic!("{}: no row for {}", recording.name, answer.path))
}

/// Every answer that a shape reads, with what came of it.
fn each_answer<'a>(
    recordings: &'a [Recording],
    mut each: impl FnMut(&'a Recording, &str, Shape, Result<Vec<Object>, String>),
) {
    for recording in recordings {
        for answer in recording.answers.iter().filter(|answer| answer.shows_an_object()) {
            if let Reader::Shape(shape) = reader(recording, answer).1 {
                each(recording, &answer.path, shape, shape.read(&answer.body));
            }
        }
    }
}

fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_recorded_answer_is_read_without_a_fault_and_with_every_modelled_field() {
    let Some(recordings) = recordings() else { return };
    assert_eq!(recordings.len(), 44);
    let mut wrong = BTreeSet::new();
    each_answer(recordings, |recording, path, shape, objects| {
        let found: Vec<String> = match &objects {
            Ok(objects) => {
                objects.iter().flat_map(|object| answer::differences(object, shape.fields())).collect()
            }
            Err(fault) => vec![fault.clone()],
        };
        wrong.extend(found.into_iter().map(|what| format!("{} {path}: {what}", recording.name)));
    });
    none(&wrong.into_iter().collect::<Vec<_>>());
}

/// The list of modelled fields is right by itself: a shape that has every field gives every field back.
#[test]
fn every_modelled_field_is_read() {
    let mut wrong = Vec::new();
    for shape in Shape::ALL {
        let whole = answer::populated(shape.fields());
        match shape.read(&whole.to_string()).as_deref() {
            Ok([object]) => wrong.extend(
                answer::differences(object, shape.fields())
                    .into_iter()
                    .map(|what| format!("{}: {what}", shape.name())),
            ),
            other => wrong.push(format!("{}: {other:?}", shape.name())),
        }
    }
    none(&wrong);
}

/// What `differences` is for, on answers that are wrong in one way each.
#[test]
fn a_field_that_is_missed_or_changed_or_made_up_is_told() {
    let check = |recorded: &str, read: &str, expect: &[&str]| {
        let object = Object {
            recorded: serde_json::from_str(recorded).unwrap(),
            read: serde_json::from_str(read).unwrap(),
        };
        assert_eq!(answer::differences(&object, modelled::APP), expect, "{recorded} {read}");
    };
    check(r#"{"status":"ACTIVE"}"#, r#"{"status":"ACTIVE"}"#, &[]);
    check(r#"{"status":null,"orn":"x"}"#, "{}", &[]);
    check(r#"{"status":"ACTIVE"}"#, "{}", &["/status is there and not read"]);
    check(
        r#"{"visibility":{"hide":{"web":false}}}"#,
        r#"{"visibility":{"hide":{}}}"#,
        &["/visibility/hide/web is there and not read"],
    );
    check(r#"{"status":"ACTIVE"}"#, r#"{"status":"active"}"#, &["/status is not read as it stands there"]);
    check("{}", r#"{"status":"ACTIVE"}"#, &["/status is read and was not there"]);
    check(r#"{"orn":"x"}"#, r#"{"orn":"x"}"#, &["/orn is read, and modelled.rs does not have it"]);
}

/// A mistyped path in the list would be in no recording, and so never missed.
#[test]
fn every_modelled_field_is_in_some_recording_but_for_those_that_are_listed() {
    let Some(recordings) = recordings() else { return };
    let mut seen = BTreeSet::new();
    each_answer(recordings, |_, _, shape, objects| {
        for object in objects.iter().flatten() {
            for (path, _, _) in shape.fields() {
                if !answer::at(&object.recorded, path).is_empty() {
                    seen.insert((shape.name(), *path));
                }
            }
        }
    });
    let never: BTreeSet<(&str, &str)> = Shape::ALL
        .into_iter()
        .flat_map(|shape| shape.fields().iter().map(move |(path, _, _)| (shape.name(), *path)))
        .filter(|field| !seen.contains(field))
        .collect();
    assert_eq!(never, modelled::NEVER_RECORDED.iter().copied().collect());
}

#[test]
fn the_id_token_settings_of_a_catalogue_app_are_not_there_and_nothing_else_is() {
    let Some(recordings) = recordings() else { return };
    let mut absent = 0;
    for recording in recordings {
        let apps = world::openid_connect_apps(recording);
        for answer in recording.answers.iter().filter(|answer| answer.method == "GET" && answer.status != 200)
        {
            assert_eq!(answer.status, 404, "{}: {}", recording.name, answer.path);
            assert!(
                answer::fits("/api/v1/internal/apps/*/settings/oauth/idToken", &answer.path),
                "{}: {}",
                recording.name,
                answer.path
            );
            let app = &apps[answer.path.split('/').nth(5).unwrap()];
            assert_ne!(app["name"], CUSTOM_APP, "{}: {}", recording.name, answer.path);
            let snapshot = snapshot_of(recording, app);
            assert!(!snapshot.documents.has(&DocumentName::IdToken));
            let gap = World::load(&snapshot.documents).own_claim.gap().map(|gap| gap.cause.clone());
            assert_eq!(gap, Some(Cause::NotRead), "the claim is unknown, not unset");
            absent += 1;
        }
    }
    assert!(absent > 0, "no recording has one");
}

/// `pull` goes from the app to its policy's rules by this link.
#[test]
fn the_link_of_an_app_to_its_sign_in_policy_ends_in_the_id_of_a_policy() {
    let Some(recordings) = recordings() else { return };
    let mut checked = 0;
    for recording in recordings {
        let policies: BTreeSet<String> = recording
            .answers
            .iter()
            .filter(|answer| answer.shows_an_object())
            .filter(|answer| {
                answer::fits("/api/v1/policies", &answer.path)
                    || answer::fits("/api/v1/policies/*", &answer.path)
            })
            .flat_map(|answer| match serde_json::from_str(&answer.body).unwrap() {
                Value::Array(rows) => rows,
                one => vec![one],
            })
            .filter(|policy| policy["type"] == "ACCESS_POLICY")
            .map(|policy| policy["id"].as_str().unwrap().to_owned())
            .collect();
        // Two recordings of service apps never ask for policies.
        if policies.is_empty() {
            continue;
        }
        for app in world::openid_connect_apps(recording).values() {
            let id = World::load(&snapshot_of(recording, app).documents)
                .app
                .known()
                .unwrap()
                .access_policy_id
                .clone();
            assert!(
                id.as_ref().is_some_and(|id| policies.contains(id)),
                "{}: {id:?} is none of {policies:?}",
                recording.name
            );
            checked += 1;
        }
    }
    assert!(checked > 0, "no recording has both");
}

fn snapshot_of(recording: &Recording, app: &Value) -> Snapshot {
    let text = world::snapshot(recording, app).to_string();
    snapshot::single_file("recording.json", text.into(), Format::Json)
}

/// A gate in the table: how it stands and why.
fn gate(state: &GateState) -> String {
    match state {
        GateState::Passes => "passes".to_owned(),
        GateState::Fails(reason) => format!("fails, {reason}"),
        GateState::Unknown(gap) => format!("unknown, {gap}"),
    }
}

/// Runs the simulation and all rules over a recorded OpenID Connect app. Gives a line for the table.
fn through_the_model(recording: &Recording, app: &Value, wrong: &mut Vec<String>) -> String {
    let snapshot = snapshot_of(recording, app);
    let world = check::load(&snapshot.documents, snapshot.faults.clone());
    let sign_in = SignIn::new(&world, &world::logins(recording));
    let mut found = snapshot.notices.clone();
    found.extend(world.faults.iter().map(|fault| format!("{:?} {}", fault.document, fault.message)));
    found.extend(if app["name"] == CUSTOM_APP {
        not_as_recorded(recording, app, &sign_in)
    } else {
        not_left_open(&sign_in)
    });
    found.extend(without_words(&sign_in));
    found.extend(lost_by_a_report(snapshot, &sign_in));
    wrong.extend(found.into_iter().map(|what| format!("{} {}: {what}", recording.name, app["name"])));
    let request = &sign_in.request;
    format!(
        "{} {}: client {}; redirect {}; request {}; issuer {}; verdicts {}",
        app["name"].as_str().unwrap(),
        app["settings"]["oauthClient"]["application_type"].as_str().unwrap_or("(not shown)"),
        gate(&request.client),
        gate(&request.redirect),
        gate(&request.request),
        gate(&request.issuer),
        verdicts(&sign_in),
    )
}

/// How many of the recorded people got which verdict.
fn verdicts(sign_in: &SignIn<'_>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for person in sign_in.considered() {
        *counts.entry(sign_in.verdict(person).name()).or_default() += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
    if counts.is_empty() { "none".to_owned() } else { counts.join(", ") }
}

/// The name of every OpenID Connect app that is not from the catalogue.
const CUSTOM_APP: &str = "oidc_client";

/// A custom app shows everything: what is recorded decides G1, G2, the issuer and whether there is a claim, and none of them is unknown.
fn not_as_recorded(recording: &Recording, app: &Value, sign_in: &SignIn<'_>) -> Vec<String> {
    let client = &app["settings"]["oauthClient"];
    let redirects = client["redirect_uris"].as_array().is_some_and(|uris| !uris.is_empty());
    let gates = [
        ("G1", &sign_in.request.client, app["status"] == "ACTIVE" && client["application_type"] == "web"),
        ("G2", &sign_in.request.redirect, redirects),
        ("the issuer", &sign_in.request.issuer, client["issuer_mode"] == "ORG_URL"),
    ];
    let mut wrong: Vec<String> = gates
        .into_iter()
        .filter(|(_, state, expect)| state.passes() != *expect || state.fails() == *expect)
        .map(|(name, state, _)| format!("{name} {}", gate(state)))
        .collect();
    let settings = format!("/api/v1/internal/apps/{}/settings/oauth/idToken", app["id"].as_str().unwrap());
    let last = recording.answers.iter().rfind(|answer| answer.method == "GET" && answer.path == settings);
    let named = last.map(|answer| answer.body.contains(r#""name":"#));
    let read = match &sign_in.world.own_claim {
        Fact::Known(_) => Some(true),
        Fact::Absent => Some(false),
        Fact::Unknown(_) => None,
    };
    if named != read {
        wrong.push(format!("the app's own claim is {:?}", sign_in.world.own_claim));
    }
    wrong
}

/// What a catalogue app does not show is unknown by its nature (semantics G1.2): never missing, and nothing that a rule reports.
fn not_left_open(sign_in: &SignIn<'_>) -> Vec<String> {
    let request = &sign_in.request;
    let gates = [("G1", &request.client), ("G2", &request.redirect)].into_iter().filter(
        |(_, state)| !matches!(state, GateState::Unknown(gap) if matches!(gap.cause, Cause::Undecided(_))),
    );
    let mut wrong: Vec<String> = gates.map(|(name, state)| format!("{name} {}", gate(state))).collect();
    let checked = check::run_rules(sign_in, catalogue(), &Options::default());
    for rule in &checked.not_evaluated {
        let missing = rule.needs.iter().filter(|need| need.missing.starts_with("okta/app.json has no"));
        wrong.extend(missing.map(|need| format!("{} calls it missing: {}", rule.rule, need.missing)));
    }
    for finding in &checked.findings {
        let place = finding.spot.place.to_string();
        if place.contains("oauthClient") {
            wrong.push(format!("{} reports {place}", finding.rule));
        }
    }
    wrong
}

/// Every gate that does not pass says why, and no gate that passes does.
fn without_words(sign_in: &SignIn<'_>) -> Vec<String> {
    let mut wrong = Vec::new();
    for person in sign_in.considered() {
        for gate in Gate::ALL {
            let words = sign_in.reason(person, gate);
            if words.is_empty() != (sign_in.state(person, gate) == State::Passes) {
                wrong.push(format!("the words for the gate {gate} are {words:?}"));
            }
        }
    }
    wrong
}

/// Every rule ran or says what it lacks, and a report has everyone and every finding, with its line.
fn lost_by_a_report(snapshot: Snapshot, sign_in: &SignIn<'_>) -> Vec<String> {
    let options = Options::default();
    let mut wrong = Vec::new();
    let report = check::connection(snapshot, catalogue(), &options);
    if report.evaluated.len() + report.not_evaluated.len() != catalogue().count() {
        wrong.push("a rule neither ran nor said why".to_owned());
    }
    let alone = SignIn::new(sign_in.world, &[]);
    let counts = &report.summary;
    let counted = counts.granted + counts.locked_out + counts.unknown + counts.not_subject;
    if counted != counts.people || counted != alone.considered().count() {
        wrong.push(format!("people are lost: {counts:?}"));
    }
    let found = check::run_rules(&alone, catalogue(), &options).findings.len();
    if report.findings.len() != found {
        wrong.push(format!("of {found} findings, {} have lines", report.findings.len()));
    }
    wrong
}

#[test]
fn every_recorded_openid_connect_app_goes_through_the_model_and_all_rules() {
    let Some(recordings) = recordings() else { return };
    let mut wrong = Vec::new();
    let mut apps = (0, 0);
    for recording in recordings {
        for app in world::openid_connect_apps(recording).values() {
            through_the_model(recording, app, &mut wrong);
            if app["name"] == CUSTOM_APP { apps.0 += 1 } else { apps.1 += 1 }
        }
    }
    none(&wrong);
    assert!(apps.0 > 0 && apps.1 > 0, "both custom and catalogue apps are recorded: {apps:?}");
}

/// The table as it is now: what is read and what is not, over all; then a line for each kind of object in each recording, and one for each
/// app that went through the model.
fn table(recordings: &[Recording]) -> String {
    let mut tallies: BTreeMap<(&str, Shape), Tally> = BTreeMap::new();
    let mut total: BTreeMap<Shape, (usize, usize)> = BTreeMap::new();
    each_answer(recordings, |recording, path, shape, objects| {
        let objects = objects.unwrap_or_else(|fault| panic!("{} {path}: {fault}", recording.name));
        tallies.entry((&recording.name, shape)).or_default().add(&objects, shape.fields());
        let counts = total.entry(shape).or_default();
        *counts = (counts.0 + 1, counts.1 + objects.len());
    });
    let mut lines = vec![
        "# What is read of every recording. UPDATE=1 cargo test --test recordings writes it.".to_owned(),
    ];
    lines.extend(total.into_iter().map(|(shape, (answers, objects))| {
        format!("all  {}: answers {answers}, objects {objects}", shape.name())
    }));
    lines.extend(unread(recordings));
    for recording in recordings {
        let name = &recording.name;
        for ((_, shape), tally) in tallies.iter().filter(|((of, _), _)| of == name) {
            lines.push(format!("{name}  {}: {}", shape.name(), tally.line(shape.fields())));
        }
        let not_there =
            recording.answers.iter().filter(|answer| answer.method == "GET" && answer.status == 404).count();
        if not_there > 0 {
            lines.push(format!("{name}  id-token is not there: answers {not_there}"));
        }
        for app in world::openid_connect_apps(recording).values() {
            lines.push(format!("{name}  world {}", through_the_model(recording, app, &mut Vec::new())));
        }
    }
    lines.join("\n") + "\n"
}

/// A line for each question whose answers nobody reads.
fn unread(recordings: &[Recording]) -> Vec<String> {
    let mut unread: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for recording in recordings {
        for answer in recording.answers.iter().filter(|answer| answer.shows_an_object()) {
            if let (pattern, Reader::Nobody(why)) = reader(recording, answer) {
                unread.entry(pattern).or_insert((0, why)).0 += 1;
            }
        }
    }
    unread
        .into_iter()
        .map(|(pattern, (answers, why))| format!("not read  {pattern}: answers {answers}; {why}"))
        .collect()
}

#[test]
fn the_table_of_values_is_what_is_read_now() {
    let Some(recordings) = recordings() else { return };
    let path = crate_folder().join("tests/recordings/values.txt");
    let now = table(recordings);
    assert!(!now.contains('@'), "no address of a person stands in the table");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let then = std::fs::read_to_string(&path).unwrap_or_default();
    let wrong: Vec<String> = (0..now.lines().count().max(then.lines().count()))
        .map(|index| (then.lines().nth(index).unwrap_or(""), now.lines().nth(index).unwrap_or("")))
        .filter(|(then, now)| then != now)
        .map(|(then, now)| format!("- {then}\n+ {now}"))
        .take(20)
        .collect();
    none(&wrong);
    assert_eq!(now, then);
}
