//! The language of `--set` and of patch files: what each edit makes of a document.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use serde_json::{Value, json};
use ssolint::document::edit::{self, Edit};
use ssolint::document::position::Format;
use ssolint::document::{Content, DocumentName, Documents, SourceFile};

fn world() -> Value {
    let mapping = |value: &str, rank: i64| json!({"claim_name": "groups", "claim_value": value, "role_id": "r", "rank": rank});
    let group = |id: &str, name: &str| json!({"id": id, "type": "OKTA_GROUP", "profile": {"name": name}});
    json!({
        "connection": {"torq": {"flow": "implicit", "requested_scopes": ["openid"], "send_login_hint": false}},
        "okta": {
            "app": {"settings": {"oauthClient": {"redirect_uris": ["https://a.example/cb?x=1", "https://b.example/[1]"]}}},
            "app-groups": [{"id": "00g1"}],
            "groups": [group("00g1", "SOC"), group("00g2", "Twins"), group("00g3", "Twins"), group("00g4", "a]b=c")],
            "group-users": {"00g1": [{"id": "00u1"}], "00g2": []},
            "user-groups": {"00u1": [group("00g1", "SOC")], "00u2": []},
            "users": [
                {"id": "00u1", "status": "ACTIVE", "profile": {"login": "ada@acme.com"}},
                {"id": "00u2", "status": "ACTIVE", "profile": {"login": "bob@acme.com"}},
            ],
        },
        "torq": {"claim-mappings": {"claim_mappings": [
            mapping("e", 5), mapping("b", 2), mapping("a", 1), mapping("c", 3), mapping("d", 4),
        ]}},
    })
}

fn edits(text: &str) -> Result<Vec<Edit>, String> {
    match text.strip_prefix("--set ") {
        Some(expression) => edit::expression(expression).map(|edit| vec![edit]),
        None => {
            edit::patch(&SourceFile { path: "patch.yaml".into(), text: text.into(), format: Format::Yaml })
        }
    }
    .map_err(|error| error.to_string())
}

fn edited(text: &str) -> Result<Documents, String> {
    edit::apply(&support::world(&world()).documents, &edits(text)?).map_err(|error| error.to_string())
}

/// A document after an edit; null where it is not there.
fn document(documents: &Documents, name: &str) -> Value {
    match documents.get(&DocumentName::from_path(name).unwrap()).map(|document| &document.content) {
        Some(Content::Part(value)) => value.clone(),
        Some(_) => panic!("a single file has parts"),
        None => Value::Null,
    }
}

fn check(edit: &str, name: &str, pointer: &str, expect: &Value) {
    let documents = edited(edit).unwrap_or_else(|error| panic!("{edit}: {error}"));
    let found = document(&documents, name).pointer(pointer).cloned().unwrap_or(Value::Null);
    assert_eq!(found, *expect, "{edit}");
}

#[test]
fn an_edit_changes_what_its_path_names() {
    let uris = "/settings/oauthClient/redirect_uris";
    for (edit, name, pointer, expect) in [
        // A value takes the type of what is there.
        ("--set connection.torq.flow=code", "connection", "/torq/flow", json!("code")),
        ("--set connection.torq.send_login_hint=true", "connection", "/torq/send_login_hint", json!(true)),
        (
            "--set connection.torq.requested_scopes=[openid, email]",
            "connection",
            "/torq/requested_scopes",
            json!(["openid", "email"]),
        ),
        ("--set connection.torq.client_id=0123", "connection", "/torq/client_id", json!("0123")),
        (
            "--set torq.claim-mappings[groups=a].claim_value=1",
            "torq/claim-mappings",
            "/claim_mappings/2/claim_value",
            json!("1"),
        ),
        (
            "--set torq.claim-mappings[groups=a].claim_value=\"null\"",
            "torq/claim-mappings",
            "/claim_mappings/2/claim_value",
            json!("null"),
        ),
        (
            "--set torq.claim-mappings[groups=a].claim_value=x=y",
            "torq/claim-mappings",
            "/claim_mappings/2/claim_value",
            json!("x=y"),
        ),
        (
            "--set torq.claim-mappings[rank=2].role_id=q",
            "torq/claim-mappings",
            "/claim_mappings/1/role_id",
            json!("q"),
        ),
        // Null removes.
        ("--set connection.torq.flow=null", "connection", "/torq/flow", Value::Null),
        ("--set okta.app-groups[SOC]=null", "okta/app-groups", "", json!([])),
        ("--set okta.groups=null", "okta/groups", "", Value::Null),
        // Elements by themselves, by id, by name, by a field.
        (
            "--set okta.app.settings.oauthClient.redirect_uris[https://a.example/cb?x=1]=https://c",
            "okta/app",
            uris,
            json!(["https://c", "https://b.example/[1]"]),
        ),
        (
            "--set okta.app.settings.oauthClient.redirect_uris[\"https://b.example/[1]\"]=null",
            "okta/app",
            uris,
            json!(["https://a.example/cb?x=1"]),
        ),
        (
            "--set okta.groups[profile.name=\"a]b=c\"].profile.name=n",
            "okta/groups",
            "/3/profile/name",
            json!("n"),
        ),
        ("--set okta.groups[00g2].profile.name=n", "okta/groups", "/1/profile/name", json!("n")),
        (
            "--set okta.users[profile.login=bob@acme.com].status=SUSPENDED",
            "okta/users",
            "/1/status",
            json!("SUSPENDED"),
        ),
        // What is not there is made, if it is read.
        (
            "--set okta.app.settings.implicitAssignment=true",
            "okta/app",
            "/settings/implicitAssignment",
            json!(true),
        ),
        (
            "--set okta.app.credentials.oauthClient.client_id=0oa1",
            "okta/app",
            "/credentials/oauthClient/client_id",
            json!("0oa1"),
        ),
        (
            "--set okta.app.settings.oauthClient.initiate_login_uri=https://x",
            "okta/app",
            "/settings/oauthClient/initiate_login_uri",
            json!("https://x"),
        ),
        ("--set okta.group-rules=[]", "okta/group-rules", "", json!([])),
        // A list is added to; people know the names of its ids.
        ("[{add: okta.app-groups, value: 00g9}]", "okta/app-groups", "/1", json!({"id": "00g9"})),
        (
            "[{add: 'okta.group-users[00g2]', value: bob@acme.com}]",
            "okta/group-users/00g2",
            "",
            json!([{"id": "00u2"}]),
        ),
        (
            "[{add: okta.app.settings.oauthClient.redirect_uris, value: https://c}]",
            "okta/app",
            "/settings/oauthClient/redirect_uris/2",
            json!("https://c"),
        ),
        ("[{remove: 'okta.group-users[SOC][ada@acme.com]'}]", "okta/group-users/00g1", "", json!([])),
        // A membership that both sides give is changed on both.
        ("[{remove: 'okta.group-users[SOC][ada@acme.com]'}]", "okta/user-groups/00u1", "", json!([])),
        (
            "[{add: 'okta.group-users[SOC]', value: 00u2}]",
            "okta/user-groups/00u2",
            "/0/profile/name",
            json!("SOC"),
        ),
        (
            "[{add: 'okta.user-groups[00u2]', value: {id: 00g2}}]",
            "okta/group-users/00g2",
            "",
            json!([{"id": "00u2"}]),
        ),
    ] {
        check(edit, name, pointer, &expect);
    }
}

fn ranks(document: &Value) -> Vec<(i64, String)> {
    let mut rows: Vec<(i64, String)> = document["claim_mappings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["rank"].as_i64().unwrap(), row["claim_value"].as_str().unwrap().to_owned()))
        .collect();
    rows.sort();
    rows
}

/// The mappings' values by rank, which must be 1, 2, 3, ….
fn order(edit: &str) -> String {
    let documents = edited(edit).unwrap_or_else(|error| panic!("{edit}: {error}"));
    let rows = ranks(&document(&documents, "torq/claim-mappings"));
    assert!(rows.iter().zip(1..).all(|((rank, _), expected)| *rank == expected), "{edit}: {rows:?}");
    rows.into_iter().map(|(_, value)| value).collect()
}

/// The order of two mappings of one rank is not known, and moving a third does not make it known.
#[test]
fn mappings_of_one_rank_stay_of_one_rank_when_another_moves() {
    let tied = "[{set: 'torq.claim-mappings', value: TABLE}, MOVE]";
    let table = json!([("a", 5), ("b", 5), ("c", 7), ("d", 8)].map(
        |(value, rank)| json!({"claim_name": "groups", "claim_value": value, "role_id": "r", "rank": rank})
    ));
    for (to, expect) in [(1, "d1 a2 b2 c4"), (2, "a1 b1 d1 c4"), (3, "a1 b1 d3 c4"), (4, "a1 b1 c3 d4")] {
        let moved = format!("{{move: 'torq.claim-mappings[groups=d]', to: {to}}}");
        let edit = tied.replace("TABLE", &table.to_string()).replace("MOVE", &moved);
        let documents = edited(&edit).unwrap_or_else(|error| panic!("{edit}: {error}"));
        let rows = ranks(&document(&documents, "torq/claim-mappings"));
        let rows: Vec<String> = rows.into_iter().map(|(rank, value)| format!("{value}{rank}")).collect();
        assert_eq!(rows.join(" "), expect, "{to}");
    }
}

#[test]
fn a_mapping_moves_as_torq_moves_it() {
    for (edit, expect) in [
        ("[{move: 'torq.claim-mappings[groups=c]', to: 2}]", "acbde"),
        ("[{move: 'torq.claim-mappings[groups=a]', to: 5}]", "bcdea"),
        ("[{move: 'torq.claim-mappings[rank=5]', to: 1}]", "eabcd"),
        ("[{move: 'torq.claim-mappings[rank=3]', to: 3}]", "abcde"),
        ("--set torq.claim-mappings[groups=c].rank=2", "acbde"),
        ("[{remove: 'torq.claim-mappings[groups=b]'}]", "acde"),
        ("[{add: torq.claim-mappings, value: {claim_name: groups, claim_value: n, role_id: r}}]", "abcden"),
        (
            "[{add: torq.claim-mappings, value: {claim_name: groups, claim_value: n, role_id: r, rank: 2}}]",
            "anbcde",
        ),
        ("[{remove: 'torq.claim-mappings[rank=1]'}, {move: 'torq.claim-mappings[rank=1]', to: 4}]", "cdeb"),
    ] {
        assert_eq!(order(edit), expect, "{edit}");
    }
}

#[test]
fn what_does_not_fit_is_said_with_its_place() {
    for (edit, expect) in [
        ("--set connection.torq.flow", "--set \"connection.torq.flow\": this is not PATH=VALUE"),
        ("--set okta.groups[Twins].profile.name=x", "[Twins] is 2 of them; select one by its id: 00g2, 00g3"),
        ("--set okta.users[ada@acme.co].status=x", "did you mean [ada@acme.com]?"),
        ("--set okta.users[ada@acme.com].stats=x", "stats is not a key that is read; did you mean status?"),
        ("--set okta.users.status=x", "names status of a list; select an element"),
        ("--set okta.app[x].status=x", "selects [x] of what is not a list"),
        ("--set okta.id-token.value=x", "okta/id-token.json is not in the snapshot"),
        ("--set okta=x", "okta is a folder of documents"),
        ("--set okta.group-users=x", "okta.group-users needs an id"),
        ("--set manifest.format=2", "a path begins with connection, okta or torq"),
        ("--set okta.groups[SOC.profile.name=x", "this is not PATH=VALUE"),
        ("--set okta.groups[SOC]name=x", "needs a . or a [ after the selector"),
        ("--set okta..app=x", "has an empty key"),
        ("--set okta.app.settings.oauthClient.redirect_uris=https://x", "expected a sequence"),
        ("--set torq.claim-mappings[groups=a].rank=6", "there is no rank 6; there are 1 to 5"),
        ("--set torq.claim-mappings[groups=a].rank=first", "is a rank, from 1"),
        ("--set torq.claim-mappings[groups=a].claim_value=null", "missing field `claim_value`"),
        ("- {add: okta.app.settings, value: x}", "patch.yaml:1:3: okta.app.settings is not a list"),
        ("- {add: okta.app-groups, value: Twins}", "\"Twins\" is 2 of them; add one by its id: 00g2, 00g3"),
        ("- {remove: connection.torq.flows}", "connection.torq.flows is not there; did you mean flow?"),
        ("-\n  move: 'torq.claim-mappings[rank=2]'", "move needs to"),
        ("- x", "an edit is an object"),
    ] {
        let error = edited(edit).err().unwrap_or_else(|| panic!("{edit} fits"));
        assert!(error.contains(expect), "{edit}: {error}");
    }
}

#[test]
fn what_was_not_read_whole_is_after_an_edit_that_settles_it() {
    let mut world = world();
    world["manifest"] = json!({"format": 1, "documents": {
        "okta/users": {"complete": false, "looked_up": ["x@acme.com"]},
        "okta/groups": {"complete": true},
    }});
    let apply = |text: &str| {
        let edits = edits(text).unwrap();
        document(&edit::apply(&support::world(&world).documents, &edits).unwrap(), "manifest")["documents"]
            .clone()
    };
    let removed = apply("[{remove: 'okta.users[bob@acme.com]'}]");
    assert_eq!(
        removed["okta/users"],
        json!({"complete": false, "looked_up": ["x@acme.com", "00u2", "bob@acme.com"]})
    );
    let set = apply("[{set: okta.users, value: []}, {set: 'okta.group-users[00g9]', value: []}]");
    assert_eq!(set["okta/users"], json!({"complete": true}));
    assert_eq!(set["okta/group-users/00g9"], json!({"complete": true}));
    let changed = apply("--set okta.users[bob@acme.com].status=SUSPENDED");
    assert_eq!(changed, world["manifest"]["documents"]);
}

#[test]
fn what_no_edit_names_stays_as_it_was() {
    let before = support::world(&world()).documents;
    let after = edited("--set connection.torq.flow=code").unwrap();
    assert_eq!(before.origin, after.origin);
    for name in before.names().filter(|name| **name != DocumentName::Connection) {
        let path = name.path();
        assert_eq!(document(&before, &path), document(&after, &path));
    }
    let (one, other) =
        (before.get(&DocumentName::Connection).unwrap(), after.get(&DocumentName::Connection).unwrap());
    assert_eq!((one.file, &one.root), (other.file, &other.root), "it keeps the place that it was read from");
}
