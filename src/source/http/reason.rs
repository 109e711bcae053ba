//! The service's own words for why it refused: from the fields that Okta, OAuth and Torq use for it, short, on one line. A
//! body of another kind is not repeated.

use reqwest::Url;
use reqwest::header::WWW_AUTHENTICATE;
use serde_json::Value;

use super::client::Reply;

const LONGEST: usize = 300;

/// `errorSummary` and its causes, `error` and `error_description`, or `message`; else what `WWW-Authenticate` says.
pub(super) fn of(reply: &Reply, _url: &Url) -> String {
    let stated = of_body(reply);
    if !stated.is_empty() {
        return stated;
    }
    let header =
        reply.headers.get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if header.is_empty() { "no reason is given".into() } else { plain(header) }
}

/// The same from the body alone; empty if it says nothing.
pub(super) fn of_body(reply: &Reply) -> String {
    let Ok(body) = serde_json::from_slice::<Value>(&reply.body) else { return String::new() };
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut words: Vec<String> = ["errorCode", "errorSummary", "error", "error_description", "message"]
        .into_iter()
        .filter_map(|key| text(&body, key))
        .collect();
    let causes = body.get("errorCauses").and_then(Value::as_array);
    words.extend(causes.into_iter().flatten().filter_map(|cause| text(cause, "errorSummary")));
    plain(&words.join(": "))
}

fn plain(text: &str) -> String {
    let line: String =
        text.chars().map(|one| if one.is_control() { ' ' } else { one }).take(LONGEST).collect();
    line.trim().to_owned()
}
