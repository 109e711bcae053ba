//! The story of `examples/change`: each change, by `--set` and by its patch file, does to each person what its README tells.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use ssolint::document::strict;
use ssolint::report::schema;

const BEFORE: &str = "examples/change/before";
const ALL: [&str; 9] = ["ada", "bob", "con", "eve", "ivy", "kim", "lee", "pat", "sam"];

struct Step {
    file: &'static str,
    sets: &'static [&'static str],
    /// Everyone else is as before.
    expect: Vec<(&'static str, &'static [&'static str])>,
    exit: i32,
}

fn steps() -> Vec<Step> {
    let step = |file, sets, expect, exit| Step { file, sets, expect, exit };
    vec![
        step(
            "01-remove-assigned-group",
            &["okta.app-groups[Contractors]=null"],
            vec![("lost", &["con", "ivy"])],
            1,
        ),
        step(
            "02-rename-group",
            &["okta.groups[SOC-Leads].profile.name=SOC-Managers"],
            vec![("lowered", &["bob"])],
            0,
        ),
        step(
            "03-narrow-filter",
            &["okta.id-token.value=SOC-.*"],
            vec![("lost", &["ivy", "lee", "sam"]), ("lowered", &["kim"])],
            1,
        ),
        step(
            "04-filter-with-two-readings",
            &["okta.id-token.value=SOC"],
            vec![("lost", &["ivy", "lee", "sam"]), ("unknown", &["bob", "con", "eve", "kim"])],
            1,
        ),
        step("05-code-flow", &["connection.torq.flow=code"], vec![("lost", &ALL)], 1),
        step(
            "06-redirect",
            &["connection.torq.login_redirect_url=https://app.eu.torq.io/__/auth/handler"],
            vec![("lost", &ALL)],
            1,
        ),
        step(
            "07-everyone-first",
            &["torq.claim-mappings[groups=Torq-Users].rank=1"],
            vec![("lowered", &["ada", "bob", "eve", "kim", "lee"])],
            0,
        ),
        step(
            "08-contractors-before-analysts",
            &["torq.claim-mappings[groups=Contractors].rank=4"],
            vec![("moved", &["con"])],
            0,
        ),
        step(
            "09-email-case",
            &["okta.app-users[pat@acme.com].profile.email=Pat@acme.com"],
            vec![("lost", &["pat"])],
            1,
        ),
        step(
            "10-another-group",
            &[
                "okta.app-groups[Contractors].id=00g5finance",
                "torq.claim-mappings[groups=Contractors].claim_value=Finance",
            ],
            vec![("gained", &["fin"]), ("lost", &["con", "ivy"])],
            1,
        ),
        step(
            "11-higher-role",
            &["torq.claim-mappings[groups=SOC-Analysts].role_id=74e19393-3e94-48d2-8b60-26f2d2665943"],
            vec![("raised", &["con", "eve"])],
            0,
        ),
    ]
}

fn patch_file(step: &Step) -> String {
    format!("examples/change/steps/{}.yaml", step.file)
}

/// The arguments of a step, by `--set`.
fn by_set(step: &Step) -> Vec<&'static str> {
    ["diff", BEFORE].into_iter().chain(step.sets.iter().flat_map(|set| ["--set", *set])).collect()
}

/// The lines of `diff --format json`, the last of them apart, and the exit code.
fn diff(arguments: &[&str]) -> (Vec<Value>, Value, i32) {
    let output = support::ssolint(&[arguments, &["--format", "json"]].concat());
    assert_eq!(support::stderr(&output), "", "{arguments:?}");
    let mut lines: Vec<Value> =
        support::stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let totals = lines.pop().unwrap();
    (lines, totals, output.status.code().unwrap())
}

fn validator(name: &str) -> jsonschema::Validator {
    let (_, text) = schema::ALL.iter().find(|(known, _)| *known == name).unwrap();
    jsonschema::validator_for(&serde_json::from_str(text).unwrap()).unwrap()
}

fn changes(lines: &[Value]) -> BTreeMap<String, Vec<String>> {
    let mut changes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in lines.iter().filter(|line| line["change"] != "unchanged") {
        let name = line["user"].as_str().unwrap().trim_end_matches("@acme.com");
        changes.entry(line["change"].as_str().unwrap().to_owned()).or_default().push(name.to_owned());
    }
    changes
}

#[test]
fn every_step_does_what_the_story_tells_by_set_and_by_patch() {
    for step in steps() {
        let patch = patch_file(&step);
        let set = diff(&by_set(&step));
        assert_eq!(set, diff(&["diff", BEFORE, "--patch", &patch]), "{}", step.file);
        let (lines, totals, exit) = set;
        let expect: BTreeMap<String, Vec<String>> = step
            .expect
            .iter()
            .map(|(change, people)| {
                ((*change).to_owned(), people.iter().map(|name| (*name).to_owned()).collect())
            })
            .collect();
        assert_eq!(changes(&lines), expect, "{}", step.file);
        assert_eq!(exit, step.exit, "{}", step.file);
        assert_eq!(totals["totals"]["people"], lines.len(), "{}", step.file);
        assert_eq!(totals["no_rescue"], false, "{}: the backup account is left", step.file);
        for line in lines.iter().chain([&totals]) {
            let errors: Vec<String> =
                validator("diff").iter_errors(line).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{line}: {errors:?}");
        }
    }
}

#[test]
fn the_story_has_every_change_and_every_patch_file() {
    let told: Vec<&str> = steps().iter().flat_map(|step| &step.expect).map(|(change, _)| *change).collect();
    for change in ["lost", "gained", "raised", "lowered", "moved", "unknown"] {
        assert!(told.contains(&change), "nothing is {change}");
    }
    let mut files: Vec<String> = std::fs::read_dir(support::root().join("examples/change/steps"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, steps().iter().map(|step| format!("{}.yaml", step.file)).collect::<Vec<_>>());
    let readme = std::fs::read_to_string(support::root().join("examples/change/README.md")).unwrap();
    for step in steps() {
        for set in step.sets {
            assert!(readme.contains(&format!("`{set}`")), "README.md does not tell {set}");
        }
    }
}

#[test]
fn the_patch_files_keep_their_schema() {
    for step in steps() {
        let text = std::fs::read_to_string(support::root().join(patch_file(&step))).unwrap();
        assert!(validator("patch").is_valid(&strict::read_yaml(&text).unwrap()), "{}", step.file);
    }
    for wrong in [
        json!({"set": "connection.torq.flow=code"}),
        json!([{"set": "connection.torq.flow"}]),
        json!([{"move": "torq.claim-mappings[rank=2]", "to": 0}]),
        json!([{"remove": "okta.app-groups[x]", "add": "okta.app-groups", "value": "x"}]),
        json!([{"delete": "okta.app-groups[x]"}]),
    ] {
        assert!(!validator("patch").is_valid(&wrong), "{wrong}");
    }
}

#[test]
fn two_snapshots_are_compared_and_the_way_back_mirrors_the_way_there() {
    let healthy = "examples/healthy";
    let (lines, totals, exit) = diff(&["diff", healthy, healthy]);
    assert_eq!((changes(&lines), exit), (BTreeMap::new(), 0));
    assert_eq!(totals["totals"]["unchanged"], lines.len());
    let (forth, ..) = diff(&["diff", healthy, BEFORE]);
    let (back, ..) = diff(&["diff", BEFORE, healthy]);
    let people = |lines: &[Value], before: &str, after: &str| {
        let mut rows: Vec<String> =
            lines.iter().map(|line| format!("{} {}", line[before], line[after])).collect();
        rows.sort();
        rows
    };
    assert_eq!(people(&forth, "before", "after"), people(&back, "after", "before"));
    assert_eq!(changes(&forth)["gained"], changes(&back)["lost"]);
}

#[test]
fn whoever_locks_the_last_rescuer_out_fails() {
    let sets = ["--set", "connection.torq.flow=code", "--set", "torq.users[break-glass@acme.com]=null"];
    let (_, totals, exit) = diff(&[&["diff", BEFORE][..], &sets].concat());
    assert_eq!((&totals["no_rescue"], exit), (&json!(true), 1));
    for (fail_on, expect) in
        [("no-rescue", 1), ("gained", 0), ("gained,lost", 1), ("never", 0), ("unknown", 0)]
    {
        let (.., exit) = diff(&[&["diff", BEFORE][..], &sets, &["--fail-on", fail_on]].concat());
        assert_eq!(exit, expect, "--fail-on {fail_on}");
    }
}

#[test]
fn the_terminal_tells_who_and_why() {
    let text = support::stdout(&support::ssolint(&by_set(&steps()[0])));
    for expect in [
        "okta.app-groups[Contractors] = null",
        "10 people: 2 lost, 0 gained",
        "Access lost: 2 people",
        "Operator → locked out at assignment: not assigned to the Okta app",
        "con@acme.com",
        "before: 2 people by SSO (ada@acme.com, bob@acme.com); 1 backup account (break-glass@acme.com)",
        "at each person's next sign-in",
        "the global session policy",
    ] {
        let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(joined.contains(expect), "{expect} is not in\n{text}");
    }
}

#[test]
fn a_change_request_counts_people_unless_asked_for_names() {
    let step = &steps()[8];
    let counted =
        support::stdout(&support::ssolint(&[&by_set(step)[..], &["--format", "markdown"]].concat()));
    assert!(
        counted.contains("1 person: `Viewer` → `locked out at mapping: no claim mapping matches`"),
        "{counted}"
    );
    assert!(!counted.contains("@acme.com"), "{counted}");
    let named = support::stdout(&support::ssolint(
        &[&by_set(step)[..], &["--format", "markdown", "--people", "names"]].concat(),
    ));
    assert!(named.contains("  - `pat@acme.com`"), "{named}");
}

#[test]
fn what_no_longer_fits_says_where_and_what_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    for (patch, expect) in [
        (
            "- remove: okta.app-groups[Contractors]\n- remove: okta.app-groups[Contractors]\n",
            ":2:3: okta.app-groups[Contractors]: nothing there is [Contractors]",
        ),
        (
            "- set: torq.claim-mappings[groups=SOC-Lead].claim_value\n  value: x\n",
            ":1:3: torq.claim-mappings[groups=SOC-Lead].claim_value: nothing there is [groups=SOC-Lead]; did you mean [groups=SOC-Leads]?",
        ),
        (
            "- set: okta.app.settings.oauthClient.redirect_uri\n  value: []\n",
            "redirect_uri is not a key that is read; did you mean redirect_uris?",
        ),
        ("- set: connection.torq.flo=code\n", "flo is not a key that is read; did you mean flow?"),
        ("- set: connection.torq.flow=cod\n", "unknown variant `cod`, expected `implicit` or `code`"),
        ("- remove: okta.appgroups[x]\n", "okta.appgroups is not a document; did you mean okta.app-groups?"),
        ("- remove: oktaa.app\n", "not oktaa; did you mean okta?"),
        ("- move: torq.claim-mappings[rank=2]\n  to: 9\n", "there is no rank 9; there are 1 to 7"),
        ("- move: okta.groups[SOC-Leads]\n  to: 1\n", "is not a claim mapping"),
        ("- add: okta.app-groups\n  value: Contractors\n", "has it already"),
        (
            "- add: okta.user-groups[00u1ada]\n  value: x\n",
            "okta/user-groups/00u1ada.json is not in the snapshot",
        ),
        (
            "- add: torq.claim-mappings\n  value: {claim_name: groups, claim_value: x}\n",
            "missing field `role_id`",
        ),
        ("- sett: connection.torq.flow=code\n", "exactly one of set, add, remove, move; did you mean set?"),
        ("- set: connection.torq.flow\n  values: code\n", "set does not take values; did you mean value?"),
        ("- set: connection.torq.flow\n", "set needs a value"),
        ("- set: [\n", "patch.yaml:"),
        ("set: x\n", ":1:1: a patch is a list"),
    ] {
        let file = folder.path().join("patch.yaml");
        std::fs::write(&file, patch).unwrap();
        let output = support::ssolint(&["diff", BEFORE, "--patch", file.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2), "{patch}");
        let said = support::stderr(&output);
        assert!(said.contains(expect), "{patch} said {said}");
    }
    let nothing = support::ssolint(&["diff", BEFORE]);
    assert_eq!(nothing.status.code(), Some(2));
}

/// The text without its code spans, as CommonMark reads them.
fn outside_code(text: &str) -> String {
    let (mut outside, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('`') {
        outside.push_str(&rest[..at]);
        let fence = rest[at..].len() - rest[at..].trim_start_matches('`').len();
        let inside = &rest[at + fence..];
        let mut ticks =
            inside.match_indices('`').map(|(at, _)| at).filter(|at| !inside[..*at].ends_with('`'));
        let run = |at: usize| inside[at..].len() - inside[at..].trim_start_matches('`').len();
        let end =
            ticks.find(|at| run(*at) == fence).unwrap_or_else(|| panic!("a span without its end: {rest}"));
        rest = &inside[end + fence..];
    }
    outside + rest
}

#[test]
fn nothing_from_input_acts_as_markdown() {
    const HOSTILE: &str = "x`y`` <img src=x> @all [l](https://e.example) **b** | #1 \n# heading";
    let role = |id: &str| json!({"id": id, "name": format!("{HOSTILE} {id}")});
    let mapping = json!({"claim_name": "groups", "claim_value": HOSTILE, "role_id": "a", "rank": 1});
    let world = json!({
        "connection": {"name": HOSTILE, "torq": {"organization_admins": [HOSTILE]}},
        "manifest": {"format": 1, "documents": {}, "hash": HOSTILE, "okta": {"from": HOSTILE, "to": HOSTILE}},
        "okta": {"users": [{"id": HOSTILE, "status": HOSTILE, "profile": {"login": HOSTILE}}]},
        "torq": {
            "claim-mappings": {"claim_mappings": [mapping]},
            "roles": {"roles": [role("a"), role("b")]},
            "users": {"users": [{"email": HOSTILE, "role_id": "a", "sso_provision": false}]},
        },
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("world.json");
    std::fs::write(&file, world.to_string()).unwrap();
    let patch = folder.path().join("patch.yaml");
    std::fs::write(
        &patch,
        json!([{"set": "torq.claim-mappings[rank=1].claim_value", "value": HOSTILE}]).to_string(),
    )
    .unwrap();
    let paths = [file.to_str().unwrap(), "--patch", patch.to_str().unwrap()];
    for people in ["names", "counts"] {
        let shown = ["--format", "markdown", "--people", people, "--fail-on", "never"];
        let output = support::ssolint(&[&["diff"][..], &paths, &shown].concat());
        let text = support::stdout(&output);
        assert!(text.contains("img src"), "{text}{}", support::stderr(&output));
        let outside = outside_code(&text);
        for word in ["img", "@", "[", "https:", "<", "#1", "**b"] {
            assert!(!outside.contains(word), "{word} is outside of code in\n{outside}");
        }
        assert!(!text.lines().any(|line| line.starts_with("# heading")), "{text}");
    }
}

#[test]
fn the_exceptions_are_named_and_the_many_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let patch = folder.path().join("patch.yaml");
    let newcomers = (10..40).flat_map(|number| {
        let (id, login) = (format!("00un{number}"), format!("new{number}@acme.com"));
        let profile = json!({"login": login, "email": login});
        [
            json!({"add": "okta.users", "value": {"id": id, "status": "ACTIVE", "profile": profile}}),
            json!({"add": "okta.group-users[Torq-Users]", "value": id}),
        ]
    });
    let removed = json!({"remove": "okta.app-groups[Contractors]"});
    let edits: Vec<Value> = newcomers.chain([removed]).collect();
    std::fs::write(&patch, Value::Array(edits).to_string()).unwrap();
    let output =
        support::ssolint(&["diff", BEFORE, "--patch", patch.to_str().unwrap(), "--fail-on", "never"]);
    let text = support::stdout(&output);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    for expect in [
        "con@acme.com",
        "ivy@acme.com",
        "30  locked out at user: Okta has no such user → Viewer",
        "such as new10@acme.com, new11@acme.com, new12@acme.com",
    ] {
        assert!(lines.contains(&expect), "{expect} is not in\n{text}{}", support::stderr(&output));
    }
    assert!(!text.contains("new13@acme.com"), "{text}");
}
