//! The claim: a plan of 1,000 Okta apps is checked in at most three times what `serde_json` needs to parse it into a generic value.
//! Both are measured in turn, in one run; the middle of each is compared.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ssolint::source::snapshot::Snapshot;
use ssolint::source::terraform::{self, AppChoice};
use ssolint::{check, rules};

const APPS: usize = 1_000;
const ROUNDS: usize = 11;
const AT_MOST: f64 = 3.0;

fn plan() -> String {
    let changes: Vec<Value> = (0..APPS).map(change).collect();
    let resources: Vec<Value> = changes
        .iter()
        .map(|change| json!({"address": change["address"], "values": change["change"]["after"]}))
        .collect();
    let module = json!({"root_module": {"resources": resources}});
    json!({"format_version": "1.2", "planned_values": module, "resource_changes": changes, "prior_state": {"values": module}})
        .to_string()
}

fn change(number: usize) -> Value {
    let host = if number == APPS / 2 { "app.torq.io".to_owned() } else { format!("app{number}.example.com") };
    let mut app = json!({
        "id": format!("0oa{number}"), "label": format!("App {number}"), "type": "web", "status": "ACTIVE", "sign_on_mode": "OPENID_CONNECT",
        "redirect_uris": [format!("https://{host}/__/auth/handler")], "grant_types": ["authorization_code"], "response_types": ["code"],
        "client_id": format!("0oa{number}"), "client_secret": "x".repeat(40), "login_mode": "DISABLED", "wildcard_redirect": "DISABLED",
        "consent_method": "TRUSTED", "issuer_mode": "ORG_URL", "groups_claim": [], "jwks": [],
    });
    // A real resource has some sixty attributes, most of them not set.
    for other in 0..40 {
        app[format!("attribute_{other}")] = Value::Null;
    }
    let marks = json!({"client_secret": true, "redirect_uris": [false]});
    json!({
        "address": format!("okta_app_oauth.app[{number}]"), "mode": "managed", "type": "okta_app_oauth", "name": "app", "index": number,
        "provider_name": "registry.terraform.io/okta/okta",
        "change": {"actions": ["no-op"], "before": app, "after": app, "after_unknown": {}, "before_sensitive": marks, "after_sensitive": marks},
    })
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn main() {
    let text: Arc<str> = plan().into();
    let (mut parses, mut checks) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        parses.push(time(|| {
            black_box(serde_json::from_str::<Value>(&text).unwrap());
        }));
        checks.push(time(|| {
            let plan = terraform::parse("plan.json", Arc::clone(&text)).unwrap();
            let planned = terraform::planned(&Snapshot::default(), &plan, &AppChoice::Found);
            assert!(planned.faults.is_empty());
            black_box(check::connection(planned, rules::catalogue(), &Default::default()));
        }));
    }
    let (parse, check) = (middle(parses), middle(checks));
    let ratio = check.as_secs_f64() / parse.as_secs_f64();
    println!(
        "{} apps, {:.1} MB: parsed in {parse:.1?}, checked in {check:.1?}: {ratio:.2} times (at most {AT_MOST})",
        APPS,
        text.len() as f64 / 1e6
    );
    assert!(ratio <= AT_MOST, "a plan is checked in {ratio:.2} times what it takes to parse it");
}
