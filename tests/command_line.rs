//! The binary from outside: what it does with files that are no good, what its options mean, and how it exits.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use support::{root, ssolint, stderr, stdout};
use tempfile::TempDir;

const HEALTHY: &str = "examples/healthy";
const FIRST_LOOK: &str = "examples/first-look";

/// Everyone in the examples, and everyone who is named in them.
const PEOPLE: [&str; 7] = ["ada@", "bob@", "eve@", "kim@", "lee@", "sam@", "break-glass@"];

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to)
        } else {
            fs::copy(entry.path(), to).map(drop).unwrap()
        }
    }
}

/// A copy of the healthy example, called after its folder.
struct Folder {
    path: PathBuf,
    _dir: TempDir,
}

impl Folder {
    fn healthy() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("copy");
        copy(&root().join(HEALTHY), &path);
        let connection = path.join("connection.yaml");
        let text = fs::read_to_string(&connection).unwrap();
        fs::write(&connection, text.replace("name: acme-prod", "name: copy")).unwrap();
        Self { path, _dir: dir }
    }

    fn with(file: &str, bytes: impl AsRef<[u8]>) -> Self {
        let folder = Self::healthy();
        fs::write(folder.path.join(file), bytes).unwrap();
        folder
    }

    fn text(&self) -> &str {
        self.path.to_str().unwrap()
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path.join(file)).unwrap()
    }

    fn edit(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert!(text.contains(from), "{file} has no {from}");
        fs::write(self.path.join(file), text.replace(from, to)).unwrap();
    }
}

fn code(output: &Output) -> i32 {
    let code = output.status.code().expect("an exit code");
    assert_ne!(code, 101, "it panicked: {}", stderr(output));
    support::assert_harmless(&stdout(output), "standard output");
    support::assert_harmless(&stderr(output), "standard error");
    code
}

fn json(arguments: &[&str]) -> (i32, Value) {
    let output = ssolint(&[&["check", "--format", "json"], arguments].concat());
    let code = code(&output);
    (code, serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output))))
}

fn evaluated(report: &Value, connection: usize) -> Vec<&str> {
    let rules = report["connections"][connection]["evaluated"].as_array().unwrap();
    rules.iter().map(|rule| rule.as_str().unwrap()).collect()
}

// ---- files that are no good

struct Bad {
    what: &'static str,
    file: &'static str,
    bytes: Vec<u8>,
    line: u64,
    says: &'static str,
    /// A rule that needs the document.
    silences: &'static str,
}

fn bad_files() -> Vec<Bad> {
    let bad = |what, file, bytes: &[u8], line, says, silences| Bad {
        what,
        file,
        bytes: bytes.to_vec(),
        line,
        says,
        silences,
    };
    let deep =
        |open: &str, close: &str| format!("{}1{}", open.repeat(100_000), close.repeat(100_000)).into_bytes();
    let app = "okta/app.json";
    let redirect = "redirect-uri-mismatch";
    let filter = "groups-filter-skips-directory-group";
    vec![
        bad("an empty file", app, b"", 1, "found an empty text, expected JSON", redirect),
        bad(
            "malformed JSON",
            app,
            b"{\n  \"id\": 1,\n}",
            3,
            "found `}` after a comma, expected another value",
            redirect,
        ),
        bad("JSON with a comment", app, b"{\n // why\n}", 2, "found a comment", redirect),
        bad(
            "truncated JSON",
            app,
            b"{\"id\": \"0oa\",\n\"name\": \"oidc_cl",
            2,
            "found the end of the text",
            redirect,
        ),
        bad(
            "an HTML page",
            app,
            b"\n<!DOCTYPE html>\n<html><title>Sign In</title></html>",
            2,
            "this is an HTML page, not JSON",
            redirect,
        ),
        bad(
            "an error page as XML",
            app,
            b"<?xml version=\"1.0\"?><Error/>",
            1,
            "this is XML, not JSON",
            redirect,
        ),
        bad(
            "a wrong type",
            "okta/groups.json",
            b"[\n{\"id\": \"00g1\",\n \"profile\": {\"name\": 7}}]",
            3,
            "found the number `7`, expected a string",
            filter,
        ),
        bad("a list where an object was due", app, b"[]", 1, "found a list, expected an object", redirect),
        bad(
            "an object where a list was due",
            "okta/groups.json",
            b"{\"groups\": []}",
            1,
            "found an object, expected a list",
            filter,
        ),
        bad(
            "null where a list was due",
            "okta/groups.json",
            b"null",
            1,
            "found null, expected a list",
            filter,
        ),
        bad(
            "a field that must be there",
            "torq/claim-mappings.json",
            b"{\"claim_mappings\": [\n{\"claim_name\": \"groups\"}]}",
            2,
            "found no `claim_value`, expected one",
            "groups-claim-missing",
        ),
        bad(
            "a key twice in JSON",
            app,
            b"{\"status\": \"ACTIVE\",\n\"status\": \"INACTIVE\"}",
            2,
            "found the key `status` twice in one object",
            redirect,
        ),
        bad(
            "a key twice in YAML",
            "connection.yaml",
            b"torq:\n  region: us\n  region: eu\n",
            3,
            "found the key `region` twice in one object",
            redirect,
        ),
        bad(
            "a tab in YAML",
            "connection.yaml",
            b"torq:\n\tregion: us\n",
            2,
            "found a tab, expected spaces",
            redirect,
        ),
        bad("malformed YAML", "connection.yaml", b"name: a\ntorq: [1, 2\n", 2, "unclosed bracket", redirect),
        bad(
            "two YAML documents",
            "connection.yaml",
            b"name: a\n---\nname: b\n",
            2,
            "found a second document, expected one",
            redirect,
        ),
        bad(
            "a value that is none of the choices",
            "connection.yaml",
            b"torq:\n  region: mars\n",
            2,
            "found `mars`, expected one of `us`, `eu`, `jp`",
            redirect,
        ),
        bad(
            "aliases that multiply",
            "connection.yaml",
            billion_laughs().as_bytes(),
            5,
            "found aliases that make the text many times larger",
            redirect,
        ),
        bad(
            "bytes that are not UTF-8",
            "okta/groups.json",
            b"[\n{\"id\": \"00g1\", \"profile\": {\"name\": \"caf\xe9\"}}]",
            2,
            "found bytes that are not UTF-8",
            filter,
        ),
        bad("UTF-16", app, b"\xff\xfe{\0}\0", 1, "found bytes that are not UTF-8", redirect),
        bad("deep lists", app, &deep("[", "]"), 1, "found more than 127 levels of nesting", redirect),
        bad("deep objects", app, &deep("{\"a\":", "}"), 1, "found an object, expected", ""),
        bad(
            "deep YAML",
            "connection.yaml",
            &deep("[", "]"),
            1,
            "found more than 64 levels of nesting",
            redirect,
        ),
        bad(
            "deep YAML blocks",
            "connection.yaml",
            "- ".repeat(100_000).as_bytes(),
            1,
            "found more than 64 levels of nesting",
            redirect,
        ),
        bad(
            "10 MB of one bracket",
            app,
            &vec![b'['; 10_000_000],
            1,
            "found more than 127 levels of nesting",
            redirect,
        ),
    ]
    .into_iter()
    .filter(|bad| !bad.silences.is_empty())
    .collect()
}

fn billion_laughs() -> String {
    let mut text = "a0: &a0 [lol]\n".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(",");
        text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    text
}

/// Connections stand in the order of their names: the one that is not the first look.
fn beside_first_look(report: &Value) -> usize {
    let connections = report["connections"].as_array().unwrap();
    connections.iter().position(|connection| connection["origin"] != FIRST_LOOK).unwrap()
}

#[test]
fn a_bad_file_is_said_with_its_line_and_what_needs_it_is_not_evaluated_and_the_rest_is_checked() {
    for Bad { what, file, bytes, line, says, silences } in bad_files() {
        let folder = Folder::with(file, &bytes);
        let (exit, report) = json(&[folder.text(), FIRST_LOOK]);
        assert_eq!(exit, 2, "{what}");
        let bad = beside_first_look(&report);
        let errors = report["connections"][bad]["errors"].as_array().unwrap();
        let [error] = errors.as_slice() else { panic!("{what}: {errors:?}") };
        let message = error["message"].as_str().unwrap();
        assert!(error["file"].as_str().unwrap().ends_with(file), "{what}: {error}");
        assert!(message.contains(says), "{what}: {message}");
        if what != "aliases that multiply" {
            assert_eq!(error["line"], line, "{what}: {error}");
        }
        assert!(!evaluated(&report, bad).contains(&silences), "{what}: {silences} was evaluated");
        let findings = report["findings"].as_array().unwrap();
        let about = |rule: &str, connection: &str| {
            findings.iter().any(|finding| finding["rule"] == rule && finding["connection"] == connection)
        };
        assert!(about("redirect-uri-mismatch", "acme-prod"), "{what}: the other connection was not checked");

        let pretty = ssolint(&["check", folder.text()]);
        assert_eq!(code(&pretty), 2, "{what}");
        let text = stdout(&pretty);
        // A path of any length is wrapped, so it is looked for where it stands by itself.
        let place = format!("{file}:{}:", error["line"]);
        assert!(text.contains(&place), "{what}: no {place} in\n{text}");
        assert!(text.contains("Mend the file"), "{what}");
        assert!(text.lines().all(|line| line.chars().count() < 250), "{what}: a line without end");

        let sarif = ssolint(&["check", "--format", "sarif", folder.text()]);
        assert_eq!(code(&sarif), 2, "{what}");
        let log: Value = serde_json::from_slice(&sarif.stdout).unwrap();
        let invocation = &log["runs"][0]["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], false, "{what}");
        assert!(invocation["toolExecutionNotifications"].to_string().contains("could not be read"), "{what}");

        let who = ssolint(&["who", folder.text()]);
        assert_eq!(code(&who), 2, "{what}");
        assert!(stderr(&who).contains(&place), "{what}: {}", stderr(&who));
    }
}

#[test]
fn the_same_in_one_file_leaves_nothing_of_it_and_checks_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let cases: [(&str, &str, &[u8], &str); 6] = [
        ("malformed", "one.json", b"{\"okta\": {\n\"app\": {]}}", "found `]`"),
        ("wrong shape", "two.json", b"{\"okta\": []}", "okta must be an object"),
        ("twice", "three.yaml", b"okta: {}\nokta: {}\n", "found the key `okta` twice"),
        ("not UTF-8", "four.json", b"{\"connection\": {\"name\": \"\xff\"}}", "not UTF-8"),
        ("HTML", "five.json", b"<html></html>", "this is an HTML page"),
        ("deep", "six.yaml", &[b'['; 100_000], "levels of nesting"),
    ];
    for (what, name, bytes, says) in cases {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        let (exit, report) = json(&[path.to_str().unwrap(), FIRST_LOOK]);
        assert_eq!(exit, 2, "{what}");
        let bad = beside_first_look(&report);
        assert!(
            report["connections"][bad]["errors"].to_string().contains(says),
            "{what}: {}",
            report["connections"][bad]
        );
        assert!(!evaluated(&report, bad).contains(&"redirect-uri-mismatch"), "{what}");
        assert!(evaluated(&report, 1 - bad).contains(&"redirect-uri-mismatch"), "{what}");
    }
}

#[test]
fn a_byte_order_mark_changes_nothing() {
    let folder = Folder::healthy();
    for file in ["okta/app.json", "connection.yaml", "torq/claim-mappings.json"] {
        let text = folder.read(file);
        fs::write(folder.path.join(file), format!("\u{feff}{text}")).unwrap();
    }
    let (exit, report) = json(&[folder.text()]);
    assert_eq!(exit, 0, "{report:#}");
    assert_eq!(report["findings"], json(&[HEALTHY]).1["findings"]);
}

#[test]
fn line_breaks_of_windows_change_no_line() {
    let folder = Folder::healthy();
    let text =
        folder.read("okta/app.json").replace("https://app.torq.io/__/auth/handler", "https://wrong.example");
    fs::write(folder.path.join("okta/app.json"), &text).unwrap();
    let before = json(&[folder.text()]).1;
    fs::write(folder.path.join("okta/app.json"), text.replace('\n', "\r\n")).unwrap();
    let after = json(&[folder.text()]).1;
    assert_eq!(before["findings"][0]["location"], after["findings"][0]["location"]);
    assert_eq!(before["findings"][0]["rule"], "redirect-uri-mismatch");
}

#[test]
fn ten_megabytes_on_one_line_are_read_and_shown_in_part() {
    let folder = Folder::healthy();
    let groups: Vec<String> = (0..120_000)
        .map(|at| {
            format!(
                r#"{{"id": "00gx{at}", "type": "OKTA_GROUP", "profile": {{"name": "Other group {at}"}}}}"#
            )
        })
        .collect();
    let text = folder.read("okta/groups.json");
    let text = format!("[{},{}", groups.join(","), text.trim_start().trim_start_matches('['));
    assert!(text.len() > 9_000_000);
    let leads = "\"id\": \"00g1leads\",\n    \"type\": \"";
    assert!(text.contains(leads));
    let text = text.replace(&format!("{leads}OKTA_GROUP"), &format!("{leads}APP_GROUP")).replace('\n', "");
    fs::write(folder.path.join("okta/groups.json"), text).unwrap();
    let output = ssolint(&["check", folder.text()]);
    // Whether anyone is in more than 100 of them was not read.
    assert_eq!(code(&output), 3);
    let text = stdout(&output);
    assert!(text.contains("okta/groups.json:1:"), "{text}");
    assert!(text.len() < 50_000 && text.lines().all(|line| line.chars().count() < 250));
}

#[test]
fn paths_that_give_nothing_are_said_and_the_others_are_checked() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir(path("empty")).unwrap();
    fs::create_dir_all(path("other/src")).unwrap();
    fs::write(path("other/readme.md"), "hello").unwrap();
    fs::create_dir_all(path("bare/okta")).unwrap();
    fs::write(path("list.json"), "[]").unwrap();
    fs::write(path("other.json"), "{\"name\": \"package\", \"version\": 1}").unwrap();
    fs::write(path("\u{1b}[31m::error::.json"), "[]").unwrap();
    for (name, says) in [
        ("empty", "is not a snapshot: a snapshot folder has connection.yaml"),
        ("other", "is not a snapshot"),
        ("bare", "is not a snapshot"),
        ("list.json", "is not a snapshot"),
        ("other.json", "is not a snapshot"),
        ("nowhere", "is not there"),
        ("list.json/below", "list.json/below"),
        ("\u{1b}[31m::error::.json", "is not a snapshot"),
    ] {
        for command in ["check", "who"] {
            let output = ssolint(&[command, &path(name), FIRST_LOOK]);
            assert_eq!(code(&output), 2, "{name}");
            assert!(stderr(&output).contains(says), "{name}: {}", stderr(&output));
            assert!(stdout(&output).contains("acme-prod"), "{name}: the other was not read");
        }
    }
    let output = ssolint(&["check"]);
    assert_eq!((code(&output), stdout(&output).as_str()), (2, ""));
    assert!(stderr(&output).contains("name a snapshot to read"));
}

#[cfg(unix)]
#[test]
fn what_is_there_and_cannot_be_read_is_not_taken_for_missing() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let replace = |what: &str| {
        let folder = Folder::healthy();
        let path = folder.path.join("okta/app.json");
        fs::remove_file(&path).unwrap();
        match what {
            "folder" => fs::create_dir(&path).unwrap(),
            "link to nowhere" => symlink("nowhere", &path).unwrap(),
            "link to itself" => symlink("app.json", &path).unwrap(),
            _ => symlink("/dev/null", &path).unwrap(),
        }
        folder
    };
    for (what, says) in [
        ("folder", "found a folder, expected a file"),
        ("link to nowhere", "found a link to a file that is not there"),
        ("link to itself", "okta/app.json"),
        ("device", "found neither a file nor a folder, expected a file"),
    ] {
        let folder = replace(what);
        let (exit, report) = json(&[folder.text()]);
        assert_eq!(exit, 2, "{what}");
        let error = &report["connections"][0]["errors"][0];
        assert!(error.to_string().contains(says), "{what}: {error}");
        assert!(!evaluated(&report, 0).contains(&"redirect-uri-mismatch"), "{what}");
        assert!(
            evaluated(&report, 0).contains(&"email-safeguard-missing"),
            "{what}: nothing else was checked"
        );
    }

    let folder = Folder::healthy();
    let unreadable = folder.path.join("okta/app.json");
    fs::set_permissions(&unreadable, fs::Permissions::from_mode(0o000)).unwrap();
    let mut command = if fs::read(&unreadable).is_ok() {
        // The superuser reads everything; nobody does not.
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", env!("CARGO_BIN_EXE_ssolint")]);
        let home = folder.path.parent().unwrap();
        fs::set_permissions(home, fs::Permissions::from_mode(0o755)).unwrap();
        if !Command::new("setpriv").arg("--version").output().is_ok_and(|output| output.status.success()) {
            println!("SKIPPED: this user reads everything, and setpriv is absent");
            return;
        }
        command
    } else {
        Command::new(env!("CARGO_BIN_EXE_ssolint"))
    };
    let output = command.args(["check", "--format", "json", folder.text()]).output().unwrap();
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let error = &report["connections"][0]["errors"][0];
    assert!(error["message"].as_str().unwrap().starts_with("found no permission to read it"), "{error}");
    assert!(evaluated(&report, 0).contains(&"email-safeguard-missing"));
}

#[test]
fn files_and_keys_that_nothing_reads_are_said() {
    let folder = Folder::healthy();
    fs::rename(folder.path.join("okta/users.json"), folder.path.join("okta/user.json")).unwrap();
    fs::write(folder.path.join("okta/groups.yaml"), "[]").unwrap();
    fs::rename(folder.path.join("connection.yaml"), folder.path.join("connection.yml")).unwrap();
    let report = json(&[folder.text()]).1;
    let notices = report["connections"][0]["notices"].to_string();
    for says in
        ["did you mean okta/users.json?", "did you mean groups.json?", "did you mean connection.yaml?"]
    {
        assert!(notices.contains(says), "{notices}");
    }
    let folder = Folder::healthy();
    folder.edit("connection.yaml", "issuer_url:", "isuer_url:");
    let report = json(&[folder.text()]).1;
    assert!(
        report["connections"][0]["notices"].to_string().contains("did you mean issuer_url?"),
        "{report:#}"
    );
}

#[test]
fn two_connections_of_one_name_are_told_apart_and_both_checked() {
    let output = ssolint(&["check", HEALTHY, FIRST_LOOK]);
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains(
            "examples/healthy and examples/first-look are both called acme-prod; give each its own `name:`"
        ),
        "{}",
        stderr(&output)
    );
    let (_, report) = json(&[HEALTHY, FIRST_LOOK]);
    let names: Vec<&str> =
        report["connections"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["acme-prod", "acme-prod (2)"]);
    assert!(
        report["findings"].as_array().unwrap().iter().any(|finding| finding["connection"] == "acme-prod (2)")
    );
    assert_eq!(code(&ssolint(&["who", HEALTHY, FIRST_LOOK])), 2);
}

// ---- exit codes

#[test]
fn exit_codes_and_which_goes_first() {
    let unread = Folder::healthy();
    fs::remove_file(unread.path.join("okta/app.json")).unwrap();
    let unread = unread.text();
    let cases: &[(&[&str], i32)] = &[
        (&["check", HEALTHY], 0),
        (&["check", FIRST_LOOK], 1),
        (&["check", unread], 3),
        (&["check", HEALTHY, "nowhere"], 2),
        // 2 before 3 before 1 before 0.
        (&["check", unread, FIRST_LOOK, "nowhere"], 2),
        (&["check", unread, FIRST_LOOK, HEALTHY], 2),
        (&["check", FIRST_LOOK, unread], 3),
        (&["check", "--fail-on", "never", FIRST_LOOK], 0),
        (&["check", "--fail-on", "never", unread], 0),
        (&["check", "--fail-on", "never", "nowhere"], 2),
        (&["check", "--fail-on", "warning", FIRST_LOOK], 1),
        (&["check", "--fail-on", "note", FIRST_LOOK], 1),
        (&["check", "--select", "user-without-role", FIRST_LOOK], 0),
        (&["check", "--select", "user-without-role", "--fail-on", "note", FIRST_LOOK], 1),
        (&["check", "--select", "upkeep", FIRST_LOOK], 0),
        (&["who", HEALTHY], 0),
        (&["who", FIRST_LOOK], 0),
        (&["who", "--user", "ada@acme.com", HEALTHY], 0),
        (&["who", "--user", "ada@acme.com", FIRST_LOOK], 1),
        (&["who", "--user", "ada@acme.com", "--fail-on", "never", FIRST_LOOK], 0),
        (&["who", "--all", "--fail-on", "locked_out", FIRST_LOOK], 1),
        (&["who", "--user", "nobody@acme.com", HEALTHY], 1),
        (&["rules"], 0),
        (&["explain", "redirect-uri-mismatch"], 0),
        (&["schema"], 0),
        (&["--version"], 0),
        (&["--help"], 0),
        (&[], 2),
        (&["chekc"], 2),
        (&["check", "--nope", HEALTHY], 2),
        (&["check", "-q", "-v", HEALTHY], 2),
        (&["check", "--color", "sometimes", HEALTHY], 2),
        (&["check", "--people", "all", HEALTHY], 2),
        (&["who", "--user", "a", "--all", HEALTHY], 2),
        (&["explain", "nope"], 2),
        (&["schema", "nope"], 2),
        (&["rules", "--format", "sarif"], 2),
    ];
    for (arguments, expect) in cases {
        let expect = if arguments.contains(&unread) && arguments.contains(&HEALTHY) { 2 } else { *expect };
        let output = ssolint(arguments);
        // The copy has a name of its own; the two examples share theirs.
        assert_eq!(output.status.code(), Some(expect), "{arguments:?}: {}", stderr(&output));
        assert!(expect != 2 || !stderr(&output).is_empty(), "{arguments:?} says nothing");
    }
}

#[test]
fn what_is_mistyped_is_refused_with_the_nearest_name() {
    for (arguments, says) in [
        (["--fail-on", "eror"], "did you mean error?"),
        (["--select", "redirect-uri-mismach"], "did you mean redirect-uri-mismatch?"),
        (["--ignore", "gruops"], "did you mean groups?"),
        (["--select", "nothing-*"], "there is no rule or family \"nothing-*\""),
        (["--select", "redirect-[uri"], "is not a glob"),
        (["--format", "sarfi"], "did you mean sarif?"),
        (["--format", "json="], "names no file"),
    ] {
        let output = ssolint(&["check", HEALTHY, arguments[0], arguments[1]]);
        assert_eq!((code(&output), stdout(&output).as_str()), (2, ""), "{arguments:?}");
        assert!(stderr(&output).contains(says), "{arguments:?}: {}", stderr(&output));
    }
    for (arguments, says) in [
        (vec!["explain", "redirect-uri-mismach"], "did you mean redirect-uri-mismatch?"),
        (vec!["schema", "chekc"], "did you mean check?"),
        (vec!["who", HEALTHY, "--fail-on", "locked-out"], "did you mean locked_out?"),
    ] {
        let output = ssolint(&arguments);
        assert_eq!(code(&output), 2);
        assert!(stderr(&output).contains(says), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn rules_are_selected_by_id_family_and_glob() {
    let ran = |arguments: &[&str]| -> BTreeSet<String> {
        let (_, report) = json(&[arguments, &[FIRST_LOOK]].concat());
        let not_evaluated =
            report["not_evaluated"].as_array().unwrap().iter().map(|row| row["rule"].as_str().unwrap());
        evaluated(&report, 0).into_iter().chain(not_evaluated).map(str::to_owned).collect()
    };
    let usual = ran(&[]);
    let all = ran(&["--select", "all"]);
    let pedantic = ran(&["--select", "pedantic"]);
    assert!(usual.is_disjoint(&pedantic));
    assert_eq!(usual.union(&pedantic).cloned().collect::<BTreeSet<_>>(), all);
    assert_eq!(ran(&["--select", "app-unassigned"]), BTreeSet::from(["app-unassigned".to_owned()]));
    let redirect = ran(&["--select", "redirect"]);
    assert!(redirect.len() > 5 && redirect.contains("initiate-login-uri-wrong"));
    let uris = ran(&["--select", "redirect-uri-*"]);
    assert!(uris.len() > 3 && uris.is_subset(&redirect) && !uris.contains("initiate-login-uri-wrong"));
    assert_eq!(ran(&["--select", "redirect", "--ignore", "redirect-uri-*"]), &redirect - &uris);
    assert_eq!(
        ran(&["--select", "app-unassigned,redirect"]),
        &redirect | &BTreeSet::from(["app-unassigned".to_owned()])
    );
    assert_eq!(ran(&["--ignore", "redirect"]), &usual - &redirect);
}

// ---- formats

#[test]
fn several_formats_go_to_files_at_once_and_one_to_standard_output() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (sarif, json, pretty) = (path("out.sarif"), path("out=.json"), path("out.txt"));
    let output = ssolint(&[
        "check",
        FIRST_LOOK,
        "--format",
        &format!("sarif={sarif}"),
        "--format",
        &format!("json={json}"),
        "--format",
        &format!("pretty={pretty}"),
        "--format",
        "pretty",
        "--color",
        "always",
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("\u{1b}["), "colour was asked for");
    assert_eq!(fs::read(&sarif).unwrap(), ssolint(&["check", FIRST_LOOK, "--format", "sarif"]).stdout);
    assert_eq!(fs::read(&json).unwrap(), ssolint(&["check", FIRST_LOOK, "--format", "json"]).stdout);
    assert_eq!(fs::read(&pretty).unwrap(), ssolint(&["check", FIRST_LOOK]).stdout, "a file has no colour");

    let two = ssolint(&["check", FIRST_LOOK, "--format", "json", "--format", "sarif"]);
    assert_eq!((code(&two), stdout(&two).as_str()), (2, ""));
    assert!(stderr(&two).contains("only one format can go to standard output"));

    let nowhere =
        ssolint(&["check", FIRST_LOOK, "--format", &format!("json={}", path("no/such/folder/x.json"))]);
    assert_eq!(code(&nowhere), 2);
    assert!(stderr(&nowhere).contains("could not be written"));
}

fn shell(line: &str) -> Output {
    let line = line.replace("ssolint", &format!("'{}'", env!("CARGO_BIN_EXE_ssolint")));
    Command::new("sh").args(["-c", &line]).current_dir(root()).output().unwrap()
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_error() {
    for command in [
        "check examples/first-look",
        "check examples/first-look --format sarif",
        "who examples/healthy --format json",
        "rules",
        "explain redirect-uri-mismatch",
        "schema check",
        "--help",
    ] {
        let output = shell(&format!("{{ ssolint {command}; echo $? >&2; }} | true"));
        let said = stderr(&output);
        let code: i32 = said.trim().parse().unwrap_or_else(|_| panic!("{command} says: {said}"));
        assert!(code < 2, "{command}: {code}");
    }
    let output = shell("ssolint check examples/first-look | head -1");
    assert_eq!((stderr(&output).as_str(), stdout(&output).lines().count()), ("", 1));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let output = shell("ssolint check examples/healthy > /dev/full");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("standard output could not be written"), "{}", stderr(&output));
}

#[test]
fn colour_is_for_terminals_unless_it_was_said() {
    let run = |arguments: &[&str], environment: &[(&str, &str)]| {
        let output = Command::new(env!("CARGO_BIN_EXE_ssolint"))
            .args(["check", FIRST_LOOK])
            .args(arguments)
            .current_dir(root())
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE")
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        output.stdout.contains(&0x1b)
    };
    for (arguments, environment, expect) in [
        (&[][..], &[][..], false),
        (&["--color", "always"], &[], true),
        (&["--color", "never"], &[("CLICOLOR_FORCE", "1")], false),
        (&[], &[("CLICOLOR_FORCE", "1")], true),
        (&[], &[("CLICOLOR_FORCE", "0")], false),
        (&[], &[("CLICOLOR_FORCE", "")], false),
        (&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
        (&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "")], true),
        (&["--color", "always"], &[("NO_COLOR", "1")], true),
        (&["--format", "json", "--color", "always"], &[], false),
        (&["--format", "sarif"], &[("CLICOLOR_FORCE", "1")], false),
    ] {
        assert_eq!(run(arguments, environment), expect, "{arguments:?} {environment:?}");
    }
}

#[test]
fn quiet_says_less_and_verbose_says_more() {
    let unread = Folder::healthy();
    fs::remove_file(unread.path.join("okta/app.json")).unwrap();
    let text = |flags: &[&str]| stdout(&ssolint(&[&["check", unread.text()], flags].concat()));
    let (quiet, usual, verbose) = (text(&["-q"]), text(&[]), text(&["-v"]));
    assert!(usual.contains("not covered") && !quiet.contains("not covered"));
    assert!(quiet.contains("copy (") && usual.contains("okta/app.json was not read"));
    // Each rule that was not evaluated by name, where the usual report names three.
    let (_, report) = json(&[unread.text()]);
    for row in report["not_evaluated"].as_array().unwrap() {
        let rule = row["rule"].as_str().unwrap();
        assert!(verbose.contains(&format!("unknown     {rule}: ")), "{rule} in\n{verbose}");
    }
    assert!(usual.contains(" more)"));

    let statistics = stdout(&ssolint(&["check", FIRST_LOOK, "--statistics"]));
    assert!(statistics.contains("1  error    redirect-uri-mismatch") && !statistics.contains("help:"));
    assert_eq!(ssolint(&["check", FIRST_LOOK, "--statistics"]).status.code(), Some(1));
}

// ---- people

fn names_in(text: &str) -> Vec<&'static str> {
    PEOPLE.into_iter().filter(|name| text.contains(name)).collect()
}

#[test]
fn people_are_counted_where_a_whole_organisation_reads() {
    let dir = tempfile::tempdir().unwrap();
    let mut named = 0;
    for example in support::examples() {
        let example = support::relative(&example);
        let run = |arguments: &[&str]| stdout(&ssolint(&[&["check", &example], arguments].concat()));
        assert_eq!(names_in(&run(&["--format", "sarif"])), [""; 0], "sarif of {example}");
        for format in ["sarif", "json", "github", "gitlab", "junit", "markdown", "html"] {
            for people in ["counts", "pseudonyms"] {
                let text = run(&["--format", format, "--people", people]);
                assert_eq!(names_in(&text), [""; 0], "{format} {people} of {example}");
            }
            named += names_in(&run(&["--format", format, "--people", "names"])).len();
        }
        assert_eq!(names_in(&run(&["--statistics"])), [""; 0], "{example}");
        for people in ["counts", "pseudonyms"] {
            for format in ["pretty", "json"] {
                for who in [&["--all"][..], &["--user", "ada@acme.com"], &["--user", "sam@acme.com"]] {
                    let arguments =
                        [&["who", &example, "--people", people, "--format", format], who].concat();
                    let text = stdout(&ssolint(&arguments));
                    assert_eq!(names_in(&text), [""; 0], "{arguments:?}:\n{text}");
                    assert!(!text.contains("00u"), "{arguments:?}:\n{text}");
                }
            }
        }
    }
    assert!(named > 0, "no example names anyone, so nothing was tested");
    drop(dir);
}

/// A text that could not be read is quoted by kind, not by value, for it may be someone's address.
#[test]
fn a_fault_names_nobody() {
    let folder = Folder::healthy();
    folder.edit(
        "okta/users.json",
        "\"profile\": {\n      \"login\": \"ada@acme.com\",\n      \"email\": \"ada@acme.com\"\n    }",
        "\"profile\": \"ada@acme.com\"",
    );
    let output = ssolint(&["check", folder.text(), "--format", "sarif"]);
    assert_eq!(code(&output), 2);
    assert!(stdout(&output).contains("found a string, expected an object"), "{}", stdout(&output));
    assert_eq!(names_in(&stdout(&output)), [""; 0]);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for example in [HEALTHY, FIRST_LOOK] {
        for arguments in [
            &["check", example][..],
            &["check", example, "--format", "json"],
            &["check", example, "--format", "sarif"],
            &["check", example, "--format", "gitlab"],
            &["check", example, "--format", "junit"],
            &["check", example, "--format", "markdown"],
            &["check", example, "--format", "html"],
            &["diff", example, HEALTHY, "--format", "html"],
            &["check", example, "--people", "pseudonyms"],
            &["who", example, "--format", "json"],
            &["who", example],
        ] {
            let first = ssolint(arguments).stdout;
            assert!(!first.is_empty());
            for _ in 0..3 {
                assert_eq!(ssolint(arguments).stdout, first, "{arguments:?}");
            }
        }
    }
}
