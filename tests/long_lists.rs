//! Long lists are read in pieces, on all cores, and no text of them is kept. Nothing may come of that: the same people, faults and places
//! as when every text is read whole and with care.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, dead_code)]

mod naive;
#[path = "../benches/million/organization.rs"]
mod organization;

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;
use ssolint::finding::PeopleShown;
use ssolint::finding::prose::PeopleNames;
use ssolint::report::json::{self, VerdictRow};
use ssolint::report::{Report, who};
use ssolint::signin::SignIn;
use ssolint::source::snapshot::read_in_pieces;
use ssolint::source::stream::Pieces;
use ssolint::{check, rules};

/// Every text is kept, read whole and with care.
const WHOLE: Pieces = Pieces { from: u64::MAX, length: 1, threads: 1 };

fn pieces(length: u64) -> Pieces {
    Pieces { from: 0, length, threads: 2 }
}

/// Everything that a snapshot gives: the report of `check`, and a line for each person.
fn outcome(folder: &Path, pieces: Pieces) -> (String, String) {
    let snapshot = read_in_pieces(folder, pieces).unwrap();
    let lines = {
        let world = check::load(&snapshot.documents, snapshot.faults.clone());
        lines(&SignIn::new(&world, &[]))
    };
    let report = check::connection(snapshot, rules::catalogue(), &Default::default());
    let report = json::report(&Report { connections: vec![report], ..Report::default() }, PeopleShown::Names);
    (String::from_utf8(report).unwrap(), lines)
}

fn lines(sign_in: &SignIn<'_>) -> String {
    let people: Vec<_> = sign_in.considered().collect();
    let mut out = Vec::new();
    who::lines(sign_in, &people, &mut PeopleNames::new(PeopleShown::Names), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn same_in_pieces(folder: &Path, length: u64, what: &str) {
    let (whole, cut) = (outcome(folder, WHOLE), outcome(folder, pieces(length)));
    assert_eq!(whole, cut, "{what}, in pieces of {length}");
}

/// How a file may be laid out.
#[derive(Debug, Clone, Copy)]
enum Form {
    AsPulled,
    OneLine,
    FourSpaces,
    ByteOrderMark,
    CarriageReturns,
}

const FORMS: [Form; 5] =
    [Form::AsPulled, Form::OneLine, Form::FourSpaces, Form::ByteOrderMark, Form::CarriageReturns];

fn text(value: &Value, form: Form) -> String {
    let pretty = serde_json::to_string_pretty(value).unwrap() + "\n";
    match form {
        Form::AsPulled => pretty,
        Form::OneLine => value.to_string(),
        Form::FourSpaces => pretty.replace("  ", "    "),
        Form::ByteOrderMark => format!("\u{feff}{pretty}"),
        Form::CarriageReturns => pretty.replace('\n', "\r\n"),
    }
}

/// Writes a world as a snapshot folder.
fn write(root: &Path, world: &Value, form: Form) {
    for (section, documents) in world.as_object().unwrap() {
        if section == "connection" {
            fs::write(root.join("connection.yaml"), documents.to_string()).unwrap();
            continue;
        }
        if section == "manifest" {
            fs::write(root.join("manifest.json"), text(documents, Form::AsPulled)).unwrap();
            continue;
        }
        for (name, document) in documents.as_object().into_iter().flatten() {
            let path = root.join(section).join(name);
            match document {
                Value::Null => {}
                Value::Object(lists) if ["group-users", "user-groups"].contains(&name.as_str()) => {
                    fs::create_dir_all(&path).unwrap();
                    for (id, list) in lists.iter().filter(|(_, list)| !list.is_null()) {
                        fs::write(path.join(format!("{id}.json")), text(list, form)).unwrap();
                    }
                }
                document => {
                    fs::create_dir_all(root.join(section)).unwrap();
                    fs::write(path.with_extension("json"), text(document, form)).unwrap();
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(120) })]

    #[test]
    fn a_random_world_is_the_same_in_pieces(
        world in naive::worlds::world(),
        form in prop::sample::select(FORMS.to_vec()),
        length in prop::sample::select(vec![1_u64, 7, 64, 300, 1 << 20]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &world, form);
        let there = fs::read_dir(folder.path()).unwrap().count() > 0;
        if there && read_in_pieces(folder.path(), WHOLE).is_ok() {
            same_in_pieces(folder.path(), length, &format!("{form:?}"));
        }
    }

    /// A line is what [`VerdictRow`] says, and the lines stand in the order of the names.
    #[test]
    fn lines_are_the_rows_in_order(world in naive::worlds::world()) {
        let snapshot = ssolint::source::snapshot::single_file(
            "world.json",
            world.to_string().into(),
            ssolint::document::position::Format::Json,
        );
        let world = check::load(&snapshot.documents, snapshot.faults);
        let sign_in = SignIn::new(&world, &[]);
        let mut names = PeopleNames::new(PeopleShown::Names);
        let mut rows: Vec<VerdictRow> =
            sign_in.considered().map(|person| VerdictRow::new(&sign_in, person, &mut names)).collect();
        rows.sort_by(|a, b| (&a.user, &a.okta_id).cmp(&(&b.user, &b.okta_id)));
        let expect: Vec<u8> = rows.iter().flat_map(VerdictRow::to_line).collect();
        prop_assert_eq!(lines(&sign_in), String::from_utf8(expect).unwrap());
    }

    /// One thing wrong anywhere in a list: the same fault at the same place.
    #[test]
    fn a_fault_is_the_same_in_pieces(
        list in prop::sample::select(vec!["users", "app-users", "group-users/00g1"]),
        at in 0..10_000_usize,
        wrong in prop::sample::select(vec![
            &b""[..], b"[", b"]", b"{", b"}", b",", b"\"", b":", b"\n  },\n  {", b"null", b"1", b"\\", b"\xff", b"\n  },", b"],[",
            b"\"id\": \"twice\", ", b" ", b"\0",
        ]),
        replaced in 0..40_usize,
        length in prop::sample::select(vec![16_u64, 100, 500]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &small_world(), Form::AsPulled);
        let path = folder.path().join(format!("okta/{list}.json"));
        let mut bytes = fs::read(&path).unwrap();
        let at = at % bytes.len();
        let end = (at + replaced).min(bytes.len());
        bytes.splice(at..end, wrong.iter().copied());
        fs::write(&path, bytes).unwrap();
        same_in_pieces(folder.path(), length, "with a fault");
    }
}

fn small_world() -> Value {
    let id = |index: usize| format!("00u{index}");
    let users: Vec<Value> = (0..12)
        .map(|index| {
            serde_json::json!({"id": id(index), "status": "ACTIVE", "profile": {"login": format!("p{index}@acme.com"), "email": format!("p{index}@acme.com")},
                "credentials": {"provider": {"type": "OKTA"}}})
        })
        .collect();
    let app_users: Vec<Value> = (0..12)
        .map(|index| {
            serde_json::json!({"id": id(index), "scope": "USER", "status": "ACTIVE", "credentials": {"userName": format!("p{index}@acme.com")},
                "profile": {"email": format!("p{index}@acme.com")}})
        })
        .collect();
    let members: Vec<Value> = (0..6).map(|index| serde_json::json!({"id": id(index * 2)})).collect();
    serde_json::json!({
        "connection": {"torq": {"region": "us", "flow": "implicit", "requested_scopes": ["openid", "groups"]}},
        "okta": {"users": users, "app-users": app_users, "group-users": {"00g1": members},
            "groups": [{"id": "00g1", "type": "OKTA_GROUP", "profile": {"name": "torq"}}], "app-groups": []},
        "torq": {"claim-mappings": {"claim_mappings": [{"claim_name": "groups", "claim_value": "torq", "role_id": "r", "rank": 1}]}},
    })
}

/// Enough people that every part of the work is shared between threads.
#[test]
fn many_people_are_the_same_on_one_thread_and_on_several() {
    let folder = tempfile::tempdir().unwrap();
    organization::write(folder.path(), 24_000).unwrap();
    let snapshot = folder.path().join("snapshot");
    let of = |pieces: Pieces| {
        let snapshot = read_in_pieces(&snapshot, pieces).unwrap();
        let world = check::load(&snapshot.documents, snapshot.faults);
        assert!(world.faults.is_empty(), "{:?}", world.faults);
        let sign_in = SignIn::new(&world, &[]);
        let mut names = PeopleNames::new(PeopleShown::Names);
        let mut rows: Vec<VerdictRow> =
            sign_in.considered().map(|person| VerdictRow::new(&sign_in, person, &mut names)).collect();
        rows.sort_by(|a, b| (&a.user, &a.okta_id).cmp(&(&b.user, &b.okta_id)));
        let rows: Vec<u8> = rows.iter().flat_map(VerdictRow::to_line).collect();
        (lines(&sign_in), String::from_utf8(rows).unwrap())
    };
    let (in_pieces, whole) = (of(Pieces { length: 1 << 16, ..Pieces::default() }), of(WHOLE));
    assert!(in_pieces.0 == in_pieces.1, "the lines are not the rows");
    assert!(in_pieces == whole, "read in pieces, people are not the same");
    assert!(in_pieces.0.lines().count() > 20_000);
}

/// What the bench measures is what `pull` would write: each list through its shape gives the same bytes.
#[test]
fn the_made_up_organisation_is_as_pulled() {
    fn as_kept<T: serde::de::DeserializeOwned + serde::Serialize>(path: &Path) {
        let text = fs::read_to_string(path).unwrap();
        let shape: T = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string_pretty(&shape).unwrap() + "\n", text, "{}", path.display());
    }
    use ssolint::document::okta;
    let folder = tempfile::tempdir().unwrap();
    organization::write(folder.path(), 300).unwrap();
    let okta = folder.path().join("snapshot/okta");
    as_kept::<Vec<okta::User>>(&okta.join("users.json"));
    as_kept::<Vec<okta::AppUser>>(&okta.join("app-users.json"));
    as_kept::<Vec<okta::Group>>(&okta.join("groups.json"));
    for entry in fs::read_dir(okta.join("group-users")).unwrap() {
        as_kept::<Vec<okta::Member>>(&entry.unwrap().path());
    }
}
