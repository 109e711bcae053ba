//! Where paths lie in texts of every kind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{Format, Found, JsonPath, Part, Positions, line_column};

/// `Exact("1:2-1:5", "text")`, or where the path is not there, `Near`.
#[derive(Debug, PartialEq, Eq)]
enum Expect {
    Exact(&'static str, &'static str),
    Near(&'static str, &'static str),
}
use Expect::{Exact, Near};
use Format::{Json, Yaml};
use Part::{Key, Value as Val};

fn shown(text: &str, found: Found) -> (bool, String, &str) {
    let region = found.region;
    let place = format!("{}:{}-{}:{}", region.line, region.column, region.end_line, region.end_column);
    (found.exact, place, text.get(region.start..region.end).expect("byte offsets on characters"))
}

fn check(format: Format, text: &str, path: &str, part: Part, expect: &Expect) {
    let found = Positions::scan(text, format).find(&JsonPath::parse(path).expect(path), part);
    let (exact, place, excerpt) = match expect {
        Exact(place, excerpt) => (true, place, excerpt),
        Near(place, excerpt) => (false, place, excerpt),
    };
    assert_eq!(
        shown(text, found),
        (exact, (*place).to_owned(), *excerpt),
        "{path} ({part:?}) in {format:?} {text:?}"
    );
    for (line, column, byte) in [
        (found.region.line, found.region.column, found.region.start),
        (found.region.end_line, found.region.end_column, found.region.end),
    ] {
        assert_eq!(line_column(text, byte), (line, column), "byte {byte} of {text:?}");
    }
}

const MAPPINGS: &str = r#"{
  "claim_mappings": [
    { "claim_value": "Torq-Admins", "role": "owner" },
    {
      "claim_value": "Torq-\"Ops\"",
      "role": null
    }
  ],
  "oauthClient": {
    "redirect_uris": [],
    "a/b": -1.5e3
  }
}
"#;

#[test]
fn json_places() {
    for (path, part, expect) in [
        ("/claim_mappings/0/claim_value", Val, Exact("3:22-3:35", r#""Torq-Admins""#)),
        ("/claim_mappings/0/claim_value", Key, Exact("3:7-3:20", r#""claim_value""#)),
        ("/claim_mappings/1/claim_value", Val, Exact("5:22-5:36", r#""Torq-\"Ops\"""#)),
        ("/claim_mappings/1/role", Val, Exact("6:15-6:19", "null")),
        ("/oauthClient/a~1b", Val, Exact("11:12-11:18", "-1.5e3")),
        // An object or an array that fits a line, and one that does not.
        ("/claim_mappings/0", Val, Exact("3:5-3:54", r#"{ "claim_value": "Torq-Admins", "role": "owner" }"#)),
        ("/claim_mappings/1", Val, Exact("4:5-4:6", "{")),
        ("/claim_mappings", Val, Exact("2:21-2:22", "[")),
        ("/claim_mappings", Key, Exact("2:3-2:19", r#""claim_mappings""#)),
        ("/oauthClient/redirect_uris", Val, Exact("10:22-10:24", "[]")),
        ("", Val, Exact("1:1-1:2", "{")),
        // An element has no key, nor has the root.
        ("/claim_mappings/1", Key, Exact("4:5-4:6", "{")),
        ("", Key, Exact("1:1-1:2", "{")),
        // What is missing.
        ("/oauthClient/client_id", Val, Near("9:3-9:16", r#""oauthClient""#)),
        ("/oauthClient/client_id/x/0", Key, Near("9:3-9:16", r#""oauthClient""#)),
        ("/claim_mappings/2/role", Val, Near("2:3-2:19", r#""claim_mappings""#)),
        ("/claim_mappings/1/id", Val, Near("4:5-4:6", "{")),
        ("/claim_mappings/1/role/x", Val, Near("6:7-6:13", r#""role""#)),
        ("/issuer", Val, Near("1:1-1:2", "{")),
    ] {
        check(Json, MAPPINGS, path, part, &expect);
    }
}

#[test]
fn json_texts_of_every_kind() {
    for (text, path, part, expect) in [
        ("", "", Val, Near("1:1-1:1", "")),
        ("", "/a/b", Key, Near("1:1-1:1", "")),
        ("\u{feff}", "/a", Val, Near("1:1-1:1", "")),
        ("\n\n", "", Val, Near("1:1-1:1", "")),
        // Not well formed: the first line.
        ("\u{feff}  {\"a\": 1,  \r\n", "/a", Val, Near("1:1-1:11", "  {\"a\": 1,")),
        ("{\"a\": 1}}", "/a", Val, Near("1:1-1:10", "{\"a\": 1}}")),
        ("{\"a\": 1]", "/a", Val, Near("1:1-1:9", "{\"a\": 1]")),
        ("<html>\n<body>", "/a", Val, Near("1:1-1:7", "<html>")),
        ("{'a': 1}", "/a", Val, Near("1:1-1:9", "{'a': 1}")),
        // A byte order mark takes no column; line breaks of Windows; tabs; characters of 1 to 4 bytes.
        ("\u{feff}{\"a\": 1}", "/a", Val, Exact("1:7-1:8", "1")),
        ("{\r\n\t\"a\":\t[1,\r\n2]\r\n}\r\n", "/a/1", Val, Exact("3:1-3:2", "2")),
        ("{\r\n\t\"a\":\t[1,\r\n2]\r\n}\r\n", "/a", Val, Exact("2:7-2:10", "[1,")),
        ("{\"é\": \"日本\", \"👩‍🔧\": \"😀\"}", "/é", Val, Exact("1:7-1:11", "\"日本\"")),
        ("{\"é\": \"日本\", \"👩‍🔧\": \"😀\"}", "/👩‍🔧", Key, Exact("1:13-1:18", "\"👩‍🔧\"")),
        ("{\"é\": \"日本\", \"👩‍🔧\": \"😀\"}", "/👩‍🔧", Val, Exact("1:20-1:23", "\"😀\"")),
        // Keys: escaped, numbers, empty, twice (the first counts), not sorted.
        ("{\"\\u0061\\/\": 1}", "/a~1", Val, Exact("1:14-1:15", "1")),
        ("{\"7\": \"x\"}", "/7", Val, Exact("1:7-1:10", "\"x\"")),
        ("{\"\": 1}", "/", Val, Exact("1:6-1:7", "1")),
        ("{\"b\": 0, \"a\": 1, \"b\": 2}", "/b", Val, Exact("1:7-1:8", "0")),
        ("{\"b\": 0, \"a\": 1, \"b\": 2}", "/a", Val, Exact("1:15-1:16", "1")),
        ("[0, [1, {\"<<\": {\"x\": 2}}]]", "/1/1/x", Val, Near("1:9-1:25", "{\"<<\": {\"x\": 2}}")),
        // Comments do not belong to the first line of a container.
        ("{ \"a\": [ 1, // one\n 2 ] }", "/a", Val, Exact("1:8-1:12", "[ 1,")),
        // Scalars at the root.
        (" \"a\" ", "", Val, Exact("1:2-1:5", "\"a\"")),
        (" \"a\" ", "/x", Val, Near("1:2-1:5", "\"a\"")),
        ("[]", "/0", Val, Near("1:1-1:2", "[")),
    ] {
        check(Json, text, path, part, &expect);
    }
}

const SNAPSHOT: &str = "\
# who may sign in
connection: &base
  issuer: https://acme.okta.com   # the org
  scopes: [openid, 'groups',
           email]
  note: >-  # folded

    two words

  empty:
claim_mappings:
- claim_value: Torq-Admins
  role: \"owner\"
-
- {claim_value: Ops, role}   # flow
copy:
  <<: *base
  issuer: other
alias: *base
plain: goes
  on here
literal: |
  é
  last
";

#[test]
fn yaml_places() {
    for (path, part, expect) in [
        ("", Val, Exact("2:1-2:18", "connection: &base")),
        ("/connection", Key, Exact("2:1-2:11", "connection")),
        ("/connection", Val, Exact("3:3-3:32", "issuer: https://acme.okta.com")),
        ("/connection/issuer", Val, Exact("3:11-3:32", "https://acme.okta.com")),
        ("/connection/scopes", Val, Exact("4:11-4:29", "[openid, 'groups',")),
        ("/connection/scopes/1", Val, Exact("4:20-4:28", "'groups'")),
        ("/connection/scopes/2", Val, Exact("5:12-5:17", "email")),
        ("/connection/note", Val, Exact("6:9-8:14", ">-  # folded\n\n    two words")),
        ("/connection/empty", Val, Exact("10:3-10:8", "empty")),
        ("/claim_mappings", Val, Exact("12:1-12:27", "- claim_value: Torq-Admins")),
        ("/claim_mappings/0", Val, Exact("12:3-12:27", "claim_value: Torq-Admins")),
        ("/claim_mappings/0/role", Key, Exact("13:3-13:7", "role")),
        ("/claim_mappings/0/role", Val, Exact("13:9-13:16", "\"owner\"")),
        ("/claim_mappings/1", Val, Exact("14:1-14:2", "-")),
        ("/claim_mappings/2", Val, Exact("15:3-15:27", "{claim_value: Ops, role}")),
        ("/claim_mappings/2/role", Val, Exact("15:22-15:26", "role")),
        ("/plain", Val, Exact("20:8-21:10", "goes\n  on here")),
        ("/literal", Val, Exact("22:10-24:7", "|\n  é\n  last")),
        // Anchors and merge keys lead to the definition, what stands here comes first.
        ("/alias", Val, Exact("19:8-19:13", "*base")),
        ("/alias/issuer", Val, Exact("3:11-3:32", "https://acme.okta.com")),
        ("/copy/issuer", Val, Exact("18:11-18:16", "other")),
        ("/copy/scopes/0", Val, Exact("4:12-4:18", "openid")),
        // What is missing.
        ("/copy/client_id", Val, Near("16:1-16:5", "copy")),
        ("/alias/client_id", Val, Near("19:1-19:6", "alias")),
        ("/claim_mappings/0/id", Val, Near("12:3-12:27", "claim_value: Torq-Admins")),
        ("/claim_mappings/9", Val, Near("11:1-11:15", "claim_mappings")),
        ("/nowhere", Val, Near("2:1-2:11", "connection")),
    ] {
        check(Yaml, SNAPSHOT, path, part, &expect);
    }
}

#[test]
fn yaml_texts_of_every_kind() {
    for (text, path, part, expect) in [
        ("", "/a", Val, Near("1:1-1:1", "")),
        ("# only\n", "/a", Val, Near("1:1-1:7", "# only")),
        ("a: [1\nb: 2", "/b", Val, Near("1:1-1:6", "a: [1")),
        ("? [a]\n: b\n", "/b", Val, Near("1:1-1:6", "? [a]")),
        ("\u{feff}é: 😀 # c\r\nb:\r\n- x\r\n", "/é", Val, Exact("1:4-1:5", "😀")),
        ("\u{feff}é: 😀 # c\r\nb:\r\n- x\r\n", "/b", Val, Exact("3:1-3:4", "- x")),
        ("\u{feff}é: 😀 # c\r\nb:\r\n- x\r\n", "", Val, Exact("1:1-1:5", "é: 😀")),
        ("---\na: 1\n---\na: 2\n", "/a", Val, Exact("2:4-2:5", "1")),
        ("a: 1\na: 2\n", "/a", Val, Exact("1:4-1:5", "1")),
        ("&k a: 1\nb: {*k : 2}", "/b/a", Val, Exact("2:10-2:11", "2")),
        ("a: !!str &x v\nb: *x", "/a", Val, Exact("1:13-1:14", "v")),
        ("a: &a {<<: *a, b: 1}", "/a/c", Val, Near("1:1-1:2", "a")),
        ("a: &a\n  b: {<<: *a}\n", "/a/b/b/b/x", Val, Near("2:3-2:4", "b")),
        ("x: &x {p: 1}\ny: &y {p: 2, q: 3}\nz: {<<: [*x, *y]}", "/z/p", Val, Exact("1:11-1:12", "1")),
        ("x: &x {p: 1}\ny: &y {p: 2, q: 3}\nz: {<<: [*x, *y]}", "/z/q", Val, Exact("2:17-2:18", "3")),
        ("- - 1\n  - 2\n- 3", "/0/1", Val, Exact("2:5-2:6", "2")),
        ("- - 1\n  - 2\n- 3", "/0", Val, Exact("1:3-1:6", "- 1")),
        ("x: &x {}\ny: &y {p: 2}\nz: {<<: [*x, *y]}", "/z/p", Val, Exact("2:11-2:12", "2")),
        ("{<<: {p: 1}, <<: {p: 2}}", "/p", Val, Exact("1:10-1:11", "1")),
        ("- 0\n- - 1\n  - 2", "/1", Val, Exact("2:3-2:6", "- 1")),
        ("- 0\n-\n  - -1\n", "/1", Val, Exact("3:3-3:7", "- -1")),
        ("x:\n# - c\n-\n  -1\n", "/x", Val, Exact("3:1-3:2", "-")),
        ("x: &y\n- - -1\n", "/x", Val, Exact("2:1-2:7", "- - -1")),
        ("x: &y\n- - -1\n", "/x/0", Val, Exact("2:3-2:7", "- -1")),
        ("- - 1\n  - 2\n- 3", "/7", Val, Near("1:1-1:2", "-")),
        ("a: 'it''s # no comment'  # c\nb: 1", "", Val, Exact("1:1-1:24", "a: 'it''s # no comment'")),
        ("a: | # c\n  # text\n\nb: 1", "", Val, Exact("1:1-1:5", "a: |")),
        ("a: | # c\n  # text\n\nb: 1", "/a", Val, Exact("1:4-2:9", "| # c\n  # text")),
        ("a: |\nb: 1", "/a", Val, Exact("1:4-1:5", "|")),
        ("- |+\n  x\n\n- \"a\n  b\"\n", "/0", Val, Exact("1:3-2:4", "|+\n  x")),
        ("- |+\n  x\n\n- \"a\n  b\"\n", "/1", Val, Exact("4:3-5:5", "\"a\n  b\"")),
        ("{\"a\": [1, {\"b\": null}]}", "/a/1/b", Val, Exact("1:17-1:21", "null")),
        ("{\"a\": [1, {\"b\": null}]}", "/x", Val, Near("1:1-1:2", "{")),
        ("text", "", Val, Exact("1:1-1:5", "text")),
    ] {
        check(Yaml, text, path, part, &expect);
    }
}

#[test]
fn ten_thousand_levels_do_not_overflow_the_stack() {
    let json = format!("{}7{}", "[".repeat(10_000), "]".repeat(10_000));
    let path = (0..10_000).fold(JsonPath::root(), |path, _| path.index(0));
    let found = Positions::scan(&json, Json).find(&path, Val);
    assert_eq!(shown(&json, found), (true, "1:10001-1:10002".to_owned(), "7"));
    let found = Positions::scan(&json, Yaml).find(&path, Val);
    assert_eq!(shown(&json, found), (false, "1:1-1:20002".to_owned(), json.as_str()));
    let open = "{\"a\":".repeat(10_000);
    assert!(!Positions::scan(&open, Json).find(&path, Val).exact);
}

#[test]
fn a_long_line_of_wide_characters_is_counted_to_the_column() {
    let text = format!("[{}\"last\"]", "\"é😀\",".repeat(20_000));
    let positions = Positions::scan(&text, Json);
    for (index, column) in [(0, 2), (1, 7), (9_999, 49_997), (20_000, 100_002)] {
        let region = positions.find(&JsonPath::root().index(index), Val).region;
        assert_eq!((region.line, region.column), (1, column), "element {index}");
        assert_eq!(line_column(&text, region.start), (1, column));
    }
}

/// As an API answers: were scanning or looking up not linear, this would not end.
#[test]
fn megabytes_on_one_line_are_scanned_and_searched() {
    let user = r#"{"id":"00u1","profile":{"login":"é@acme.com","groups":[1,2]}},"#;
    let (bytes, count) = (user.len(), 60_000);
    let text = format!("[{}0]", user.repeat(count));
    let positions = Positions::scan(&text, Json);
    for index in (0..count).step_by(100) {
        let region = positions.find(&JsonPath::root().index(index).key("profile").key("login"), Val).region;
        let start = 1 + index * bytes + 32;
        assert_eq!((region.start, region.end), (start, start + "\"é@acme.com\"".len()), "user {index}");
        assert_eq!(region.column, 1 + start - index, "user {index}");
    }
}
