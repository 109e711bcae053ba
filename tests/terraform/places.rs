//! Findings lie on the configuration where it is given, else on the plan.

use serde_json::{Value, json};
use ssolint::document::{DocumentName, JsonPath, reading};
use ssolint::finding::Spot;
use ssolint::finding::locate::Locator;
use ssolint::model::Place;
use ssolint::source::snapshot::Snapshot;
use ssolint::source::terraform::{self, AppChoice};

use crate::world::{app, change, folder, plan, snapshot, written};

/// Where the value of a resource's first argument is to be found.
#[derive(Clone, Copy)]
enum Lies {
    /// On the argument's line.
    Argument,
    /// On the line that the resource begins with.
    Resource,
    /// On the line of the block that the argument is in.
    Block,
}

struct Kind {
    kind: &'static str,
    /// What the block says of the value; `{}` is the value as an expression.
    hcl: &'static str,
    /// The attributes after apply; `{}` is the value, `#` the resource's own number.
    after: Value,
    lies: Lies,
}

/// Every kind that the issue names but the app itself.
fn kinds() -> Vec<Kind> {
    use Lies::{Argument, Block, Resource};
    let kind = |kind, hcl, after, lies| Kind { kind, hcl, after, lies };
    vec![
        kind("okta_app_oauth_redirect_uri", "uri = {}", json!({"app_id": "0oa1", "uri": "{}"}), Argument),
        kind(
            "okta_app_group_assignment",
            "group_id = {}",
            json!({"app_id": "0oa1", "group_id": "{}"}),
            Resource,
        ),
        kind(
            "okta_app_group_assignments",
            "group {\n    id = {}\n  }",
            json!({"app_id": "0oa1", "group": [{"id": "{}", "priority": 0}]}),
            Block,
        ),
        kind(
            "okta_app_user",
            "username = {}",
            json!({"app_id": "0oa1", "user_id": "00u-#", "username": "{}"}),
            Argument,
        ),
        kind("okta_group", "name = {}", json!({"name": "{}"}), Argument),
        kind(
            "okta_group_memberships",
            "users = [{}]",
            json!({"group_id": "00g-#", "users": ["{}"]}),
            Argument,
        ),
        kind(
            "okta_group_rule",
            "name = {}",
            json!({"name": "{}", "status": "ACTIVE", "group_assignments": []}),
            Argument,
        ),
        kind(
            "okta_auth_server_claim",
            "value = {}",
            json!({"auth_server_id": "aus1", "value": "{}"}),
            Argument,
        ),
        kind(
            "okta_auth_server_policy",
            "name = {}",
            json!({"auth_server_id": "aus1", "name": "{}"}),
            Argument,
        ),
        kind(
            "okta_auth_server_policy_rule",
            "name = {}",
            json!({"auth_server_id": "aus1", "policy_id": "00p1", "name": "{}"}),
            Argument,
        ),
        kind(
            "okta_app_federated_claim",
            "expression = {}",
            json!({"app_id": "0oa1", "name": "n", "expression": "{}"}),
            Argument,
        ),
        kind(
            "okta_app_signon_policy_rule",
            "name = {}",
            json!({"policy_id": "rst1", "name": "{}"}),
            Argument,
        ),
    ]
}

/// The attributes with the value and the number in their places.
fn filled(after: &Value, value: &str, number: &str) -> Value {
    let text = after.to_string().replace("{}", value).replace('#', number);
    serde_json::from_str(&text).unwrap()
}

/// The change of an instance in a module in a module, each with instances of its own.
fn instance(module: &str, kind: &str, name: &str, index: Value, after: &Value) -> Value {
    let mut change = change(kind, name, &Value::Null, after);
    change["address"] = json!(format!("{module}.{kind}.{name}[{index}]"));
    change["module_address"] = json!(module);
    change["index"] = index;
    change
}

/// Where a document of the planned ones has a text: the document and the pointer.
fn find(planned: &Snapshot, text: &str) -> (DocumentName, String) {
    fn pointer(value: &Value, text: &str) -> Option<String> {
        match value {
            Value::String(found) if found == text => Some(String::new()),
            Value::Array(elements) => elements
                .iter()
                .enumerate()
                .find_map(|(index, element)| Some(format!("/{index}{}", pointer(element, text)?))),
            Value::Object(members) => {
                members.iter().find_map(|(key, member)| Some(format!("/{key}{}", pointer(member, text)?)))
            }
            _ => None,
        }
    }
    let names = planned.documents.names().filter(|name| **name != DocumentName::TerraformPlan);
    let found: Vec<(DocumentName, String)> = names
        .filter_map(|name| {
            let document: Value = reading::read(&planned.documents, name)?.unwrap();
            Some((name.clone(), pointer(&document, text)?))
        })
        .collect();
    assert_eq!(found.len(), 1, "{text}: {found:?}");
    found.into_iter().next().unwrap()
}

/// The file and line of a place.
fn line(planned: &Snapshot, document: DocumentName, pointer: &str) -> (String, usize) {
    let mut locator = Locator::new(&planned.documents);
    let place = Place::new(document, JsonPath::parse(pointer).unwrap());
    let location = locator.locate(&Spot::value(place)).unwrap();
    let file = &planned.documents.files()[location.file];
    (file.path.rsplit('/').next().unwrap().to_owned(), location.region.line)
}

/// Ten resources of a kind, each written for itself, by turns with `for_each` and with `count`; and ten instances of one.
#[test]
fn ten_resources_of_each_kind_through_nested_modules_lie_on_their_own_lines() {
    const MODULES: [&str; 2] = ["module.org[\"eu.x\"].module.sso[0]", "module.org[\"us\"].module.sso[1]"];
    let mut hcl = String::from(
        "resource \"okta_app_oauth\" \"torq\" {\n  for_each = var.x\n  label = \"Torq\"\n  redirect_uris = [\n    \"https://app.torq.io/__/auth/handler\",\n    var.more,\n  ]\n  client_basic_secret = \"hunter2\"\n  groups_claim {\n    name = \"groups\"\n    value = \"torq-\"\n  }\n}\n",
    );
    let torq = app(json!({
        "redirect_uris": ["https://app.torq.io/__/auth/handler", "https://app.torq.io/more"],
        "groups_claim": [{"type": "EXPRESSION", "name": "groups", "value": "torq-"}],
    }));
    let mut app_change = instance(MODULES[0], "okta_app_oauth", "torq", json!("a"), &torq);
    app_change["change"]["actions"] = json!(["update"]);
    app_change["change"]["before"] = app(json!({}));
    let mut changes = vec![app_change];
    let mut expect: Vec<(String, usize)> = Vec::new();
    for Kind { kind, hcl: said, after, lies } in kinds() {
        let mut written = |name: &str, repeated: &str, value: &str| {
            let begins = hcl.lines().count() + 1;
            hcl += &format!(
                "resource \"{kind}\" \"{name}\" {{\n  {repeated}\n  {}\n}}\n",
                said.replace("{}", value)
            );
            match lies {
                Lies::Resource => begins,
                Lies::Block | Lies::Argument => begins + 2,
            }
        };
        let many = written("many", "for_each = var.x", "each.value");
        for number in 0..10 {
            let (name, key) = (format!("n{number}"), format!("k.{number}[\"]"));
            let (own, shared) = (format!("{kind}-{number}"), format!("{kind}-many-{number}"));
            let (repeated, index) = match number % 2 {
                0 => ("for_each = var.x", json!(key)),
                _ => ("count = 12", json!(number)),
            };
            expect.push((own.clone(), written(&name, repeated, &format!("\"{own}\""))));
            expect.push((shared.clone(), many));
            let (own, shared) = (filled(&after, &own, &own), filled(&after, &shared, &shared));
            changes.push(instance(MODULES[number % 2], kind, &name, index, &own));
            changes.push(instance(MODULES[number % 2], kind, "many", json!(key), &shared));
        }
    }
    let root = folder(&[
        ("main.tf", "module \"org\" {\n  source   = \"./modules/org\"\n  for_each = var.regions\n}\n"),
        ("modules/org/main.tf", "module \"sso\" {\n  source = \"../sso\"\n  count = 2\n}\n"),
        ("modules/sso/all.tf", &hcl),
    ]);
    let text = json!({"format_version": "1.2", "resource_changes": changes}).to_string();
    let mut plan = terraform::parse("plan.json", text.into()).unwrap();
    plan.sources = Some(terraform::hcl::read(root.path()).unwrap());
    let base = snapshot(json!({
        "okta/app/_links": {"accessPolicy": {"href": "rst1"}},
        "okta/authorization-server": {"id": "aus1"},
        "okta/authorization-server-claims": [],
        "okta/authorization-server-policies": [{"id": "00p1", "name": "read", "rules": []}],
    }));
    let planned = terraform::planned(&base, &plan, &AppChoice::Found);
    assert_eq!(planned.faults, vec![]);
    assert_eq!(expect.len(), 2 * 10 * kinds().len());
    let lines = expect.into_iter().map(|(text, expect)| {
        let (document, pointer) = find(&planned, &text);
        (line(&planned, document, &pointer), ("all.tf".to_owned(), expect), text)
    });
    let wrong: Vec<_> = lines.filter(|(found, expect, _)| found != expect).collect();
    assert!(wrong.is_empty(), "{} lie elsewhere: {:?}", wrong.len(), wrong.first());
    let address = "module.org[\"eu.x\"].module.sso[0].okta_app_oauth.torq[\"a\"]";
    for (document, pointer, expect) in [
        (DocumentName::App, "/label".to_owned(), "\"Torq\""),
        (
            DocumentName::App,
            "/settings/oauthClient/redirect_uris/0".to_owned(),
            "\"https://app.torq.io/__/auth/handler\"",
        ),
        (DocumentName::App, "/settings/oauthClient/redirect_uris/1".to_owned(), "var.more"),
        (
            DocumentName::App,
            "/settings/oauthClient/idp_initiated_login/mode".to_owned(),
            "resource \"okta_app_oauth\" \"torq\"",
        ),
        (
            DocumentName::TerraformPlan,
            format!("/resource_changes/{address}/change/after/groups_claim/0/value"),
            "\"torq-\"",
        ),
    ] {
        let found = written(&planned, document, &pointer);
        assert_eq!(found, ("all.tf".to_owned(), expect.to_owned()), "{pointer}");
    }
    let shown: String = planned.documents.files().iter().map(|file| file.text.to_string()).collect();
    assert!(!shown.contains("hunter2"));
}

/// A plan has the elements of a set in an order of its own.
#[test]
fn an_element_of_a_set_lies_on_the_set() {
    let source =
        "resource \"okta_app_oauth\" \"torq\" {\n  grant_types = [\"refresh_token\", \"implicit\"]\n}\n";
    let root = folder(&[("main.tf", source)]);
    let planned_grants = app(json!({"grant_types": ["implicit", "refresh_token"]}));
    let mut plan = plan(&[("okta_app_oauth", "torq", app(json!({})), planned_grants)]);
    plan.sources = Some(terraform::hcl::read(root.path()).unwrap());
    let planned = terraform::planned(&snapshot(json!({})), &plan, &AppChoice::Found);
    let found = written(&planned, DocumentName::App, "/settings/oauthClient/grant_types/0");
    assert_eq!(found, ("main.tf".to_owned(), "[\"refresh_token\", \"implicit\"]".to_owned()));
}

#[test]
fn a_configuration_as_json_has_places_too() {
    let root = folder(&[(
        "main.tf.json",
        r#"{"resource": {"okta_app_oauth": {"torq": {"label": "Torq", "wildcard_redirect": "SUBDOMAIN", "client_secret": "hunter2",
            "groups_claim": {"name": "groups", "value": "torq-"}}}}}"#,
    )]);
    let mut plan =
        plan(&[("okta_app_oauth", "torq", app(json!({})), app(json!({"wildcard_redirect": "SUBDOMAIN"})))]);
    plan.sources = Some(terraform::hcl::read(root.path()).unwrap());
    let planned = terraform::planned(&snapshot(json!({})), &plan, &AppChoice::Found);
    for (document, pointer, expect) in [
        (DocumentName::App, "/settings/oauthClient/wildcard_redirect", "\"SUBDOMAIN\""),
        (DocumentName::TerraformPlan, "/resource_changes/okta_app_oauth.torq", "\"torq\""),
        (
            DocumentName::TerraformPlan,
            "/resource_changes/okta_app_oauth.torq/change/after/groups_claim/0/value",
            "\"torq-\"",
        ),
    ] {
        assert_eq!(written(&planned, document, pointer), ("main.tf.json".to_owned(), expect.to_owned()));
    }
    assert!(planned.documents.files().iter().all(|file| !file.text.contains("hunter2")));
}
