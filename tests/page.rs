//! The page: what it shows is what the other outputs say, nothing from input acts in it, and it asks for nothing. `tests/page/check.mjs`
//! opens the pages that are written here in a browser.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use base64::Engine as _;
use scraper::{ElementRef, Html, Selector};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use ssolint::check;
use ssolint::document::edit::{self, Edit};
use ssolint::finding::prose::{PeopleNames, PeopleShown, visible};
use ssolint::model::World;
use ssolint::report::diff::Comparison;
use ssolint::report::page::picture::MOST_PEOPLE;
use ssolint::report::page::{self, Picture};
use ssolint::report::rollout::{self, Shown};
use ssolint::report::{ConnectionReport, Report};
use ssolint::rollout::{MOST_STATES, Protect, Rollout};
use ssolint::rules::catalogue;
use ssolint::signin::{Difference, Gate, SignIn};
use ssolint::source::snapshot::{self, Snapshot};

// ---- pages

fn checked(snapshot: Snapshot, names: &mut PeopleNames) -> (ConnectionReport, Picture) {
    // As the command line has it without `--select`.
    let rules = catalogue().filter(|rule| !rule.page().pedantic);
    check::looked_at(snapshot, rules, &Default::default(), |sign_in| {
        Picture::new(sign_in, MOST_PEOPLE, names)
    })
}

fn check_page(snapshots: Vec<Snapshot>, people: PeopleShown) -> String {
    let mut names = PeopleNames::new(people);
    let (mut connections, pictures): (Vec<ConnectionReport>, Vec<_>) =
        snapshots.into_iter().map(|snapshot| checked(snapshot, &mut names)).unzip();
    // The command line tells connections of one name apart.
    if connections.len() > 1 {
        (1..)
            .zip(&mut connections)
            .for_each(|(number, connection)| connection.name.push_str(&format!(" {number}")));
    }
    String::from_utf8(page::check(&Report { connections, ..Report::default() }, &pictures, &mut names))
        .unwrap()
}

fn load(snapshot: &Snapshot) -> World {
    check::load(&snapshot.documents, snapshot.faults.clone())
}

fn diff_page(before: &Snapshot, after: &Snapshot, edits: &[Edit], people: PeopleShown) -> String {
    let mut after = after.clone();
    after.documents = edit::apply(&after.documents, edits).unwrap();
    let (before, after) = (load(before), load(&after));
    let difference = Difference::new(&before, &after, &[]);
    let comparison = Comparison {
        difference: &difference,
        before: "before",
        after: "after",
        edits: edits.iter().map(Edit::to_string).collect(),
    };
    String::from_utf8(page::diff(&comparison, None, &mut PeopleNames::new(people))).unwrap()
}

fn read(path: &str) -> Snapshot {
    snapshot::read(&support::root().join(path)).unwrap()
}

/// Edits of the example that changes things.
fn changes() -> Vec<(String, Vec<Edit>)> {
    let mut paths: Vec<PathBuf> = fs::read_dir(support::root().join("examples/change/steps"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() > 3);
    paths
        .into_iter()
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), patch(&path)))
        .collect()
}

fn patch(path: &Path) -> Vec<Edit> {
    let file = ssolint::document::SourceFile {
        path: "patch.yaml".to_owned(),
        text: fs::read_to_string(path).unwrap().into(),
        format: ssolint::document::position::Format::Yaml,
    };
    edit::patch(&file).unwrap()
}

const ROLLOUT: &str = "examples/rollout/before.yaml";

/// The patches of the examples of rollouts, by name.
fn patches() -> BTreeMap<String, Vec<Edit>> {
    let folder = fs::read_dir(support::root().join("examples/rollout")).unwrap();
    let paths = folder.map(|entry| entry.unwrap().path());
    let patches: BTreeMap<String, Vec<Edit>> = paths
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with('0'))
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), patch(&path)))
        .collect();
    assert!(patches.len() > 7);
    patches
}

/// The page of a rollout, and the same rollout as JSON.
fn rollout_page(
    before: &Snapshot,
    edits: &[Edit],
    protect: &Protect,
    most_states: usize,
    people: PeopleShown,
) -> (String, Value) {
    let edited = edit::apply(&before.documents, edits).unwrap();
    let rollout = Rollout::search(&before.documents, &edited, protect, most_states).unwrap();
    let shown = Shown {
        rollout: &rollout,
        before: &before.documents.origin,
        after: &before.documents.origin,
        edits: edits.iter().map(Edit::to_string).collect(),
    };
    let worlds = (load(before), check::load(&edited, before.faults.clone()));
    let page = rollout::html(&shown, &Difference::new(&worlds.0, &worlds.1, &[]), people);
    (String::from_utf8(page).unwrap(), serde_json::from_slice(&rollout::json(&shown, people)).unwrap())
}

/// The healthy example with 10,000 people more, a hundred of whom are in no mapped group.
fn ten_thousand() -> Snapshot {
    let healthy = support::root().join("examples/healthy");
    let folder = tempfile::tempdir().unwrap();
    copy(&healthy, folder.path());
    let lists = [
        ("okta/users.json", (0..10_000).map(user).collect::<Vec<Value>>()),
        ("okta/app-users.json", (0..10_000).map(assignment).collect()),
        ("okta/group-users/00g4torq.json", (100..10_000).map(member).collect()),
        ("okta/group-users/00g2analysts.json", (5_000..7_000).map(member).collect()),
    ];
    for (name, more) in lists {
        let path = folder.path().join(name);
        let mut rows: Vec<Value> = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        rows.extend(more);
        fs::write(&path, serde_json::to_string_pretty(&rows).unwrap()).unwrap();
    }
    snapshot::read(folder.path()).unwrap()
}

fn name(number: usize) -> String {
    format!("person.{number:05}@acme.com")
}

fn user(number: usize) -> Value {
    json!({
        "id": format!("00u{number:05}"),
        "status": "ACTIVE",
        "profile": {"login": name(number), "email": name(number)},
        "credentials": {"provider": {"type": "OKTA", "name": "OKTA"}},
    })
}

fn assignment(number: usize) -> Value {
    json!({
        "id": format!("00u{number:05}"),
        "scope": "GROUP",
        "status": "ACTIVE",
        "credentials": {"userName": name(number)},
        "profile": {"email": name(number)},
    })
}

fn member(number: usize) -> Value {
    json!({"id": format!("00u{number:05}")})
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

const HOSTILE: [&str; 6] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onfocus='alert(1)' autofocus='",
    "</style></pre></article><!-- &lt;",
    "javascript:alert(1)",
    "\u{202e}\u{1b}[31m &amp; {{ x }}",
];

/// A world with a name in every place where one can be.
fn named(name: &str) -> Snapshot {
    let mut world = json!({
        "connection": {"name": name, "torq": {
            "region": "us", "login_redirect_url": "https://app.torq.io/__/auth/handler", "client_id": "0oa1",
            "issuer_url": "https://acme.okta.com", "requested_scopes": ["openid", "email", name], "flow": "implicit",
        }},
        "okta": {
            "app": {"id": "0oa1", "name": "oidc_client", "label": name, "status": "ACTIVE", "signOnMode": "OPENID_CONNECT",
                "settings": {"oauthClient": {"redirect_uris": [name], "application_type": name, "grant_types": [name]}}},
            "id-token": {"name": "groups", "group_filter_type": "REGEX", "value": name},
            "groups": [{"id": "00g1", "type": "OKTA_GROUP", "profile": {"name": name}}],
            "group-users": {"00g1": [{"id": "00u1"}]},
            "users": [{"id": "00u1", "status": name, "profile": {"login": name, "email": name}}],
            "app-users": [{"id": "00u1", "scope": "USER", "credentials": {"userName": name}, "profile": {"email": name}}],
            "app-groups": [],
        },
        "torq": {
            "claim-mappings": {"claim_mappings": [
                {"id": "m1", "claim_name": "groups", "claim_value": name, "role_id": "r1", "rank": 1},
                {"id": "m2", "claim_name": name, "claim_value": name, "role_id": name, "rank": 2},
                {"id": "m3", "claim_name": "email", "claim_value": name, "role_id": "r1", "rank": 3},
            ]},
            "roles": {"roles": [{"id": "r1", "name": name, "scope_names": [name]}]},
            "users": {"users": [{"id": "u1", "email": name, "role_id": "r1", "sso_provision": false}]},
        },
    });
    // A file that cannot be read says so too.
    world["okta"]["access-policy-rules"] = json!({"wrong": name});
    let mut snapshot = support::world(&world);
    snapshot.notices.push(format!("{name} was left out"));
    snapshot
}

/// Every page, written once, by name.
fn pages() -> &'static BTreeMap<String, String> {
    static PAGES: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    PAGES.get_or_init(|| {
        let names = PeopleShown::Names;
        let mut pages = BTreeMap::new();
        let mut all = Vec::new();
        for example in support::examples() {
            let shown = support::relative(&example);
            let snapshot = snapshot::read(Path::new(&shown)).unwrap();
            all.push(snapshot.clone());
            pages.insert(shown.replace('/', "-"), check_page(vec![snapshot], names));
        }
        for plan in fs::read_dir(support::root().join("examples/terraform/plans")).unwrap() {
            let path = plan.unwrap().path();
            let Some(text) =
                fs::read_to_string(&path).ok().filter(|_| path.extension().is_some_and(|ext| ext == "json"))
            else {
                continue;
            };
            let Ok(plan) = ssolint::source::terraform::parse("plan.json", text.into()) else { continue };
            let planned = ssolint::source::terraform::planned(
                &read("examples/healthy"),
                &plan,
                &ssolint::source::terraform::AppChoice::Found,
            );
            let name = format!("plan-{}", path.file_stem().unwrap().to_string_lossy());
            pages.insert(name, check_page(vec![planned], names));
        }
        pages.insert("several".to_owned(), check_page(all.clone(), names));
        pages.insert("several-counted".to_owned(), check_page(all, PeopleShown::Counts));
        pages.insert("nothing".to_owned(), check_page(Vec::new(), names));
        pages.insert("ten-thousand".to_owned(), check_page(vec![ten_thousand()], names));
        let before = read("examples/change/before");
        for (name, edits) in changes() {
            pages.insert(format!("diff-{name}"), diff_page(&before, &before, &edits, names));
        }
        let (healthy, first) = (read("examples/healthy"), read("examples/first-look"));
        pages.insert("diff-counted".to_owned(), diff_page(&healthy, &first, &[], PeopleShown::Counts));
        pages.insert("diff-same".to_owned(), diff_page(&healthy, &healthy, &[], names));
        let before = snapshot::read(Path::new(ROLLOUT)).unwrap();
        let mut rollout = |name: String, edits: &[Edit], most, people| {
            let (page, _) = rollout_page(&before, edits, &Protect::Everyone, most, people);
            pages.insert(format!("rollout-{name}"), page);
        };
        for (name, edits) in patches() {
            rollout(format!("{name}-counted"), &edits, MOST_STATES, PeopleShown::Counts);
            if name == "03-filter" {
                rollout(format!("{name}-pseudonyms"), &edits, MOST_STATES, PeopleShown::Pseudonyms);
                rollout(format!("{name}-not-found"), &edits, 1, names);
            }
            rollout(name, &edits, MOST_STATES, names);
        }
        for (number, name) in HOSTILE.into_iter().enumerate() {
            pages.insert(format!("hostile-{number}"), check_page(vec![named(name)], names));
            let page = diff_page(&named(name), &healthy, &[], names);
            pages.insert(format!("diff-hostile-{number}"), page);
            let edits = [
                "torq.claim-mappings[rank=1].role_id=r2",
                "torq.claim-mappings[rank=1].claim_value=SOC",
                "okta.app.settings.oauthClient.redirect_uris=[\"https://app.torq.io/__/auth/handler\"]",
                "connection.torq.flow=code",
            ]
            .map(|typed| edit::expression(typed).unwrap());
            let (page, told) = rollout_page(&named(name), &edits, &Protect::Everyone, MOST_STATES, names);
            assert!(told["states"].as_array().unwrap().len() > 3, "{told}");
            pages.insert(format!("rollout-hostile-{number}"), page);
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("page");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        for (name, page) in &pages {
            fs::write(folder.join(format!("{name}.html")), page).unwrap();
        }
        pages
    })
}

fn selector(selector: &str) -> Selector {
    Selector::parse(selector).unwrap()
}

fn text(element: ElementRef<'_>) -> String {
    element.text().collect()
}

fn texts(page: &Html, selected: &str) -> Vec<String> {
    page.select(&selector(selected)).map(text).collect()
}

// ---- nothing acts and nothing is asked for

/// What stands in a page of ours, and nothing else.
const ELEMENTS: [&str; 56] = [
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "a",
    "header",
    "main",
    "footer",
    "script",
    "nav",
    "section",
    "article",
    "h1",
    "h2",
    "h3",
    "h4",
    "p",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "b",
    "strong",
    "span",
    "code",
    "pre",
    "mark",
    "br",
    "figure",
    "figcaption",
    "div",
    "label",
    "input",
    "button",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "svg",
    "rect",
    "path",
    "text",
    "i",
    "em",
    "small",
    "kbd",
    "time",
    "abbr",
    "hr",
];

#[test]
fn a_page_is_whole_asks_for_nothing_and_runs_nothing_but_its_own() {
    for (name, page) in pages() {
        let html = Html::parse_document(page);
        assert!(html.errors.is_empty(), "{name}: {:?}", html.errors);
        let mut ids = BTreeSet::new();
        let mut aims = BTreeSet::new();
        for element in html.select(&selector("*")) {
            let element = element.value();
            assert!(ELEMENTS.contains(&element.name()), "{name} has a {}", element.name());
            for (attribute, value) in element.attrs() {
                assert!(!attribute.starts_with("on"), "{name}: {attribute}={value}");
                let fetched = [
                    "src",
                    "srcset",
                    "data",
                    "action",
                    "formaction",
                    "poster",
                    "style",
                    "background",
                    "ping",
                ];
                assert!(!fetched.contains(&attribute), "{name}: {attribute}={value}");
                match attribute {
                    "href" => {
                        assert!(aims.insert(value.strip_prefix('#').unwrap()) || !value.is_empty(), "{name}")
                    }
                    "for" | "aria-labelledby" => drop(aims.insert(value)),
                    "id" => assert!(ids.insert(value), "{name}: the id {value} twice"),
                    _ => {}
                }
            }
        }
        let lost: Vec<&&str> = aims.difference(&ids).collect();
        assert!(lost.is_empty(), "{name}: nothing has the id {lost:?}");
        let hash = |text: &str| {
            let digest = Sha256::digest(text.as_bytes());
            format!("sha256-{}", base64::engine::general_purpose::STANDARD.encode(digest))
        };
        let [style] = texts(&html, "style").try_into().unwrap();
        let [script] = texts(&html, "script").try_into().unwrap();
        let policy = html.select(&selector("meta[http-equiv='Content-Security-Policy']")).next().unwrap();
        assert_eq!(
            policy.value().attr("content").unwrap(),
            format!(
                "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
                hash(&style),
                hash(&script)
            ),
            "{name}"
        );
        for fetches in ["url(", "@import", "@font-face"] {
            assert!(!style.contains(fetches), "{name}: the style has {fetches}");
        }
    }
}

#[test]
fn a_name_from_input_changes_no_element() {
    let shape = |name: &str| -> Vec<String> {
        let page = check_page(vec![named(name)], PeopleShown::Names);
        let html = Html::parse_document(&page);
        let shown = visible(name);
        let all: String = html.root_element().text().collect();
        assert!(all.matches(&shown).count() > 10, "{shown} is not shown: {all}");
        html.select(&selector("body *")).map(|element| element.value().name().to_owned()).collect()
    };
    // The same number of each: a name that cannot be an address is spoken of in the same sentences.
    let count = |name: &str| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        shape(name).into_iter().for_each(|element| *counts.entry(element).or_default() += 1);
        for element in ["img", "iframe", "style", "link"] {
            assert_eq!(counts.get(element), None, "{name}");
        }
        assert_eq!(counts["script"], 1, "{name}");
    };
    HOSTILE.into_iter().for_each(count);
}

#[test]
fn nothing_in_a_page_acts_in_a_terminal_or_a_log() {
    for (name, page) in pages() {
        support::assert_harmless(page, name);
    }
}

// ---- what it shows

#[test]
fn everyone_stands_in_the_table_with_the_verdict_of_who() {
    for example in support::examples() {
        let path = support::relative(&example);
        let who = support::stdout(&support::ssolint(&["who", "--format", "json", &path]));
        let expect: BTreeMap<String, (String, String)> = who
            .lines()
            .map(|line| {
                let row: Value = serde_json::from_str(line).unwrap();
                let verdict = row["verdict"].as_str().unwrap().replace('_', " ");
                let role = row["role"].as_str().unwrap_or_default().to_owned();
                (row["user"].as_str().unwrap().to_owned(), (verdict, role))
            })
            .collect();
        let html = Html::parse_document(&pages()[&path.replace('/', "-")]);
        let listed = selector("[data-search] tbody tr");
        let rows = html.select(&listed).map(|row| {
            let cells: Vec<String> = row.select(&selector("th, td")).map(text).collect();
            (cells[0].clone(), (cells[1].clone(), cells[2].clone()))
        });
        assert_eq!(rows.collect::<BTreeMap<_, _>>(), expect, "{path}");
    }
}

fn check_conservation(snapshot: &Snapshot, what: &str) {
    let world = load(snapshot);
    let sign_in = SignIn::new(&world, &[]);
    let picture = Picture::new(&sign_in, MOST_PEOPLE, &mut PeopleNames::new(PeopleShown::Names));
    let summary = ssolint::report::summary::summary(&sign_in);
    let stopped: usize = picture.gates.iter().map(|gate| gate.stopped).sum();
    let unknown: usize = picture.gates.iter().map(|gate| gate.unknown).sum();
    assert_eq!((stopped, unknown), (summary.locked_out, summary.unknown), "{what}");
    assert_eq!(picture.gates.iter().map(|gate| gate.gate).collect::<Vec<_>>(), Gate::ALL, "{what}");
    assert_eq!(picture.gates[0].reached_by, summary.people - summary.not_subject, "{what}");
    let last = picture.gates.last().unwrap();
    assert_eq!(last.reached_by - last.stopped - last.unknown, summary.granted, "{what}");
    for gate in &picture.gates {
        let told: usize = gate.reasons.iter().map(|reason| reason.people).sum();
        assert_eq!(told, gate.stopped + gate.unknown, "{what}");
    }
    let granted: usize = picture.ladder.iter().map(|rung| rung.granted).sum();
    assert_eq!(granted, summary.granted, "{what}");
    let by_role: usize = picture.roles.iter().map(|role| role.people).sum();
    assert_eq!(by_role, summary.granted, "{what}");
    for rung in &picture.ladder {
        assert!(rung.granted <= rung.takes, "{what}: {rung:?}");
        assert!(!rung.life.is_dead() || rung.takes == 0, "{what}: a dead mapping takes somebody: {rung:?}");
        for blocker in rung.life.blockers() {
            assert!(*blocker < rung.index, "{what}: {rung:?}");
        }
    }
    assert_eq!(picture.people.len(), summary.people, "{what}");
}

#[test]
fn gates_ladder_and_roles_count_everyone_once() {
    for example in support::examples() {
        check_conservation(&snapshot::read(&example).unwrap(), &example.display().to_string());
    }
    for (rule, example) in support::bad_worlds() {
        let (snapshot, _) = support::page_world(&example);
        check_conservation(&snapshot, &format!("{rule}: {}", example.title));
    }
}

#[test]
fn the_gate_that_fails_is_marked_and_says_why() {
    let html = Html::parse_document(&pages()["examples-first-look"]);
    let states: Vec<&str> =
        html.select(&selector("ol.gates > li")).map(|gate| gate.value().attr("class").unwrap()).collect();
    assert_eq!(states, ["passes", "stops", "unreached", "unreached", "unreached", "unreached", "unreached"]);
    let stops = texts(&html, "ol.gates > li.stops");
    assert!(stops[0].contains("✗ stops 6 people") && stops[0].contains("ada@acme.com"), "{stops:?}");
}

#[test]
fn a_dead_mapping_names_and_links_what_blocks_it() {
    let html = Html::parse_document(&pages()["examples-first-look"]);
    let dead = html.select(&selector("tr.dead#c0-m2")).next().unwrap();
    assert!(
        text(dead).contains("Dead: every token that matches it matches rank 2 (groups = Everyone) first.")
    );
    let link = dead.select(&selector("a")).next().unwrap().value().attr("href");
    assert_eq!(link, Some("#c0-m1"));
}

#[test]
fn findings_have_their_lines_with_the_fault_marked() {
    let html = Html::parse_document(&pages()["examples-first-look"]);
    let article = html
        .select(&selector("article.error"))
        .find(|article| text(*article).contains("redirect-uri-mismatch"))
        .unwrap();
    let marked: Vec<String> = article.select(&selector("mark")).map(text).collect();
    assert_eq!(marked[0], "\"https://app.torq.io/__/auth/handler/\"");
    assert!(text(article).contains("examples/first-look/okta/app.json:38:9"), "{}", text(article));
}

#[test]
fn where_people_are_counted_nobody_is_named() {
    let counted: Vec<&String> = pages().keys().filter(|name| name.ends_with("-counted")).collect();
    assert!(counted.len() > 9, "{counted:?}");
    for name in counted {
        let page = &pages()[name];
        for person in ["ada@", "bob@", "eve@", "kim@", "lee@", "sam@"] {
            assert!(!page.contains(person), "{name} names {person}");
        }
        assert!(page.contains("People are only counted here."), "{name}");
    }
}

#[test]
fn the_flow_of_a_change_has_the_numbers_of_diff() {
    for (name, edits) in changes() {
        let before = read("examples/change/before");
        let mut after = before.clone();
        after.documents = edit::apply(&after.documents, &edits).unwrap();
        let (before, after) = (load(&before), load(&after));
        let difference = Difference::new(&before, &after, &[]);
        let mut expect: Vec<usize> = difference.matrix().into_values().collect();
        expect.sort_unstable();
        let html = Html::parse_document(&pages()[&format!("diff-{name}")]);
        let mut told: Vec<usize> = texts(&html, "#roles ~ div.scroll:first-of-type tbody td.number")
            .iter()
            .map(|count| count.replace(',', "").parse().unwrap())
            .collect();
        told.sort_unstable();
        assert_eq!(told, expect, "{name}");
        assert_eq!(html.select(&selector("svg.flow path")).count(), expect.len(), "{name}");
    }
}

/// What a page says of a rollout, against its JSON: each step with its words, or why there is none.
fn check_rollout(page: &str, told: &Value, what: &str) {
    let html = Html::parse_document(page);
    let rows: Vec<ElementRef<'_>> =
        html.select(&selector("#steps ~ div.scroll:first-of-type tbody tr")).collect();
    let states = told["states"].as_array().unwrap();
    let is_step = |row: &ElementRef<'_>| row.select(&selector("td")).count() == 5;
    assert_eq!(rows.iter().filter(|row| is_step(row)).count(), states.len(), "{what}");
    assert_eq!(page.contains("No order of steps."), !told["found"].as_bool().unwrap(), "{what}");
    if let Some(why) = told["why"].as_str() {
        assert!(texts(&html, "p.bad").iter().any(|said| said.contains(why)), "{what}: {why}");
    }
    for (row, state) in rows.iter().zip(states) {
        let cells: Vec<String> = row.select(&selector("td")).map(text).collect();
        let [side, changes, granted, can_repair, check] = cells.as_slice() else {
            panic!("{what}: {cells:?}")
        };
        assert_eq!(text(row.select(&selector("th")).next().unwrap()), state["step"].to_string(), "{what}");
        assert_eq!(side.to_lowercase(), state["side"].as_str().unwrap_or("before"), "{what}");
        for key in ["edit", "console", "value", "undo"] {
            let said = state[key].as_str().unwrap_or_default();
            assert!(changes.contains(said), "{what}: {key} {said:?} is not in {changes}");
        }
        let request = &state["request"];
        if let (Some(method), Some(path)) = (request["method"].as_str(), request["path"].as_str()) {
            assert!(
                changes.contains(&format!("Request{method} {path}")),
                "{what}: {request} is not in {changes}"
            );
        }
        let counts = [&state["granted"], &state["can_repair"]].map(Value::to_string);
        assert_eq!([granted, can_repair], [&counts[0], &counts[1]], "{what}");
        let witness = state["witness"].as_str().zip(state["witness_role"].as_str());
        let said = witness.map_or_else(String::new, |(name, role)| format!("{name} signs in as {role}"));
        assert!(check.contains(&said), "{what}: {said} is not in {check}");
    }
}

#[test]
fn the_page_of_a_rollout_has_the_steps_in_the_words_of_the_other_formats() {
    let before = snapshot::read(Path::new(ROLLOUT)).unwrap();
    let mut orders = 0;
    for (name, edits) in patches() {
        for (most, people) in
            [(MOST_STATES, PeopleShown::Names), (MOST_STATES, PeopleShown::Counts), (1, PeopleShown::Names)]
        {
            let (page, told) = rollout_page(&before, &edits, &Protect::Everyone, most, people);
            check_rollout(&page, &told, &format!("{name}, {most} states, {people:?}"));
            orders += usize::from(told["found"].as_bool().unwrap());
        }
    }
    assert!(orders >= 14, "{orders}");
    let impossible = Html::parse_document(&pages()["rollout-08-impossible"]);
    let said = texts(&impossible, "p.bad").concat();
    assert!(
        said.contains("impossible: whatever the order, bob@acme.com loses access or the ability to repair SSO in some state"),
        "{said}"
    );
    let not_found = Html::parse_document(&pages()["rollout-03-filter-not-found"]);
    let said = texts(&not_found, "p.bad").concat();
    assert!(said.contains("not found: no order among the first 1 states"), "{said}");
    assert!(!pages()["diff-same"].contains("id=\"steps\""));
}

#[test]
fn whom_a_rollout_says_nothing_about_stands_on_its_page() {
    let mut before = snapshot::read(Path::new(ROLLOUT)).unwrap();
    let unread = edit::expression("okta.id-token=null").unwrap();
    before.documents = edit::apply(&before.documents, &[unread]).unwrap();
    let edits = patch(&support::root().join("examples/rollout/02-redirect-region.yaml"));
    let (page, told) = rollout_page(&before, &edits, &Protect::Everyone, MOST_STATES, PeopleShown::Names);
    let unknown = told["not_known"].as_array().unwrap();
    assert!(!unknown.is_empty(), "{told}");
    let said = texts(&Html::parse_document(&page), "p.open").concat();
    assert!(said.contains(unknown[0].as_str().unwrap()) && said.contains("they are not protected"), "{said}");
}

#[test]
fn who_does_not_get_in_is_listed_before_the_rest_is_counted() {
    let snapshot = read("examples/change/before");
    let world = load(&snapshot);
    let sign_in = SignIn::new(&world, &[]);
    let mut names = PeopleNames::new(PeopleShown::Names);
    let all = Picture::new(&sign_in, MOST_PEOPLE, &mut names);
    let few = Picture::new(&sign_in, 2, &mut names);
    assert_eq!((all.unlisted, few.unlisted), (0, all.people.len() - 2));
    assert_eq!(few.people, all.people[..2]);
    let order = ["locked_out", "unknown", "granted", "not_subject"];
    assert!(all.people.is_sorted_by_key(|row| order.iter().position(|verdict| *verdict == row.verdict)));
}

#[test]
fn ten_thousand_people_are_listed() {
    let html = Html::parse_document(&pages()["ten-thousand"]);
    let rows = html.select(&selector("[data-search] tbody tr")).count();
    assert!(rows > 10_000, "{rows}");
}

#[test]
fn each_command_writes_its_page() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.html");
    let target = format!("html={}", file.display());
    let check =
        support::ssolint(&["check", "examples/first-look", "--format", &target, "--format", "pretty"]);
    assert_eq!(check.status.code(), Some(1), "{}", support::stderr(&check));
    assert!(fs::read_to_string(&file).unwrap() == pages()["examples-first-look"]);
    let diff = support::ssolint(&["diff", "examples/healthy", "examples/first-look", "--format", &target]);
    assert_eq!(diff.status.code(), Some(1), "{}", support::stderr(&diff));
    assert!(fs::read_to_string(&file).unwrap().contains("From role to role"));
    for (patch, code) in [("01-group-rename", 0), ("08-impossible", 1)] {
        let path = format!("examples/rollout/{patch}.yaml");
        let rollout = support::ssolint(&["rollout", ROLLOUT, "--patch", &path, "--format", &target]);
        assert_eq!(rollout.status.code(), Some(code), "{}", support::stderr(&rollout));
        assert!(fs::read_to_string(&file).unwrap() == pages()[&format!("rollout-{patch}")], "{patch}");
    }
}
