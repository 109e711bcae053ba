//! The service's own words for why it refused: from the fields that Okta, OAuth and Torq use for it. A body of
//! another kind is not repeated. What it may repeat of our secrets, is left to `credential.rs` to hide.

use reqwest::header::WWW_AUTHENTICATE;
use serde_json::Value;

use super::client::Reply;

const LONGEST: usize = 300;

/// `errorSummary` and its causes, `error` and `error_description`, or `message`; else what `WWW-Authenticate` says.
pub(super) fn of(reply: &Reply) -> String {
    let stated = of_body(reply);
    if !stated.is_empty() {
        return stated;
    }
    let header =
        reply.headers.get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if header.is_empty() { "no reason is given".into() } else { header.to_owned() }
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
    words.join(": ")
}

/// On one line, no longer than a few, and without anything that looks like a JWT: our assertions and proofs are some.
pub(super) fn short(text: &str) -> String {
    let is_of_jwt = |one: char| one.is_ascii_alphanumeric() || matches!(one, '-' | '_' | '.');
    let mut line = String::new();
    for part in text.split_inclusive(|one| !is_of_jwt(one)) {
        let end = part.find(|one| !is_of_jwt(one)).unwrap_or(part.len());
        let (word, rest) = part.split_at_checked(end).unwrap_or((part, ""));
        line.push_str(if word.starts_with("eyJ") && word.contains('.') { "[hidden]" } else { word });
        line.extend(rest.chars().map(|one| if one.is_control() { ' ' } else { one }));
    }
    line.trim().chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_short_plain_and_has_no_token() {
        for (text, expect) in [
            ("Invalid token provided", "Invalid token provided"),
            (" two\nlines\u{1b}[31m ", "two lines [31m"),
            (
                "got client_assertion=eyJhbGciOiJSUzI1NiJ9.e30.c2ln, which is old",
                "got client_assertion=[hidden], which is old",
            ),
            ("eyJhbGciOiJSUzI1NiJ9.e30.c2ln", "[hidden]"),
        ] {
            assert_eq!(short(text), expect);
        }
        assert_eq!(short(&"é".repeat(1000)).chars().count(), LONGEST);
    }
}
