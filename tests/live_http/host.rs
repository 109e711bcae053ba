//! What may be sent and where to, how fast, and what is said of secrets.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use serde_json::json;
use ssolint::source::http::{
    Answer, Authorization, Budget, Host, HostError, HostOptions, Limits, PrivateKey, RequestError, Service,
    ServiceApp, Share, TokenSource, Trust, sent,
};

use super::stand_in::{StandIn, Step, json};

fn options(base: &str, authorization: Authorization) -> HostOptions {
    HostOptions {
        service: Service::Okta,
        base: base.to_owned(),
        authorization,
        budget: Budget::new(1000, Duration::from_secs(30)),
        limits: Limits { first_wait: Duration::from_millis(1), attempts: 3, ..Limits::okta() },
        timeout: Duration::from_secs(10),
        trust: Trust::default(),
    }
}

/// The whole list, as `pull --explain` prints it: a change here is a change of what the tool may do.
#[test]
fn nothing_else_can_be_sent() {
    let list: Vec<String> = sent()
        .iter()
        .map(|one| {
            let scope = one.scope.unwrap_or("-");
            format!(
                "{} {} {} {} {}",
                one.service.name(),
                one.method.name(),
                one.path,
                scope,
                one.evidence.name()
            )
        })
        .collect();
    assert_eq!(list.join("\n"), include_str!("sent.txt").trim_end());
    for one in sent() {
        assert!(!one.permission.is_empty(), "{} says what it needs", one.path);
        assert!(one.method.name() == "GET" || one.path.ends_with("/token"), "{} is not a reading", one.path);
        assert!(!one.path.contains("secret"), "{} would bring a secret", one.path);
    }
}

#[tokio::test]
async fn what_is_not_in_the_list_does_not_leave() {
    let stand_in = StandIn::start(|request| panic!("{request:?} was sent")).await;
    let host = Host::new(options(&stand_in.base(), Authorization::None)).unwrap();
    for path in [
        "/api/v1/apps/0oa1/credentials/secrets",
        "/api/v1/apps/",
        "/api/v1/apps//groups",
        "/api/v1/apps/0oa1/../../users",
        "/api/v1/apps/..",
        "/api/v1/apps/%2e%2E/groups",
        "/api/v1/apps/0oa1%2fcredentials%2Fsecrets",
        "/api/v1/apps/0oa1\\credentials\\secrets",
        "/api/v1/apps/0oa1/groups/",
        "api/v1/apps",
        "//elsewhere.example/api/v1/apps",
        "https://elsewhere.example/api/v1/apps",
        "/oauth2/v1/token",
        "/v1alpha/roles",
        "",
    ] {
        for answer in [host.get(path).await.err(), host.list(path).await.err()] {
            assert!(matches!(answer, Some(RequestError::NotAllowed { .. })), "{path}: {answer:?}");
        }
    }
    assert_eq!(host.requests_made(), 0);
}

#[test]
fn a_host_is_https_or_loopback_and_nothing_more() {
    let check = |base: &str, expect: Option<&str>| {
        let error = Host::new(options(base, Authorization::None)).err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), expect, "{base}");
    };
    check("https://acme.okta.com", None);
    check("https://acme.okta.com/", None);
    check("http://localhost:1", None);
    check("http://127.1.2.3", None);
    check("http://[::1]:80", None);
    let https = "the base URL must be https (http is allowed for loopback only), and acme.okta.com is not";
    check("http://acme.okta.com", Some(https));
    check("ftp://acme.okta.com", Some(https));
    check("acme.okta.com", Some("the base URL is not a URL: relative URL without a base"));
    check(
        "https://me:pw@acme.okta.com",
        Some("the base URL of acme.okta.com may have no user name or password"),
    );
    check("https://acme.okta.com?x=1", Some("the base URL of acme.okta.com may have no query"));
    check("https://acme.okta.com#x", Some("the base URL of acme.okta.com may have no fragment"));

    let token = Authorization::ApiToken(SecretString::from("two\nlines"));
    assert_eq!(Host::new(options("https://acme.okta.com", token)).err(), Some(HostError::Credential));
    let mut untrusted = options("https://acme.okta.com", Authorization::None);
    untrusted.trust.authorities.push(b"not a certificate".to_vec());
    assert!(matches!(Host::new(untrusted).err(), Some(HostError::Trust { .. })));
}

#[tokio::test]
async fn a_list_that_moves_between_two_pages_has_each_object_once() {
    let base = Arc::new(Mutex::new(String::new()));
    let own = Arc::clone(&base);
    let stand_in = StandIn::start(move |request| {
        let next = format!("<{}/api/v1/groups?after=1>; rel=\"next\"", own.lock().unwrap());
        match request.target.as_str() {
            "/api/v1/groups?after=1" => {
                json(200, &[], r#"[{"id":"b","new":1},{"id":"c"},{"no":"id"},{"no":"id"}]"#)
            }
            _ => json(200, &[("Link", next)], r#"[{"id":"a"},{"id":"b"}]"#),
        }
    })
    .await;
    *base.lock().unwrap() = stand_in.base();
    let host = Host::new(options(&stand_in.base(), Authorization::None)).unwrap();
    let expect = vec![
        json!({"id": "a"}),
        json!({"id": "b", "new": 1}),
        json!({"id": "c"}),
        json!({"no": "id"}),
        json!({"no": "id"}),
    ];
    assert_eq!(host.list("/api/v1/groups").await, Ok(Answer::Found(expect)));
}

/// Eight at a time ask for 100 things where 20 are allowed in each window of a minute.
#[tokio::test(flavor = "multi_thread")]
async fn a_fixed_limit_is_used_and_never_overrun() {
    const SECOND: Duration = Duration::from_millis(10);
    const LIMIT: u64 = 20;
    let (began, seen) = (Instant::now(), Arc::new(Mutex::new((0_u64, HashMap::<u64, u64>::new()))));
    let counting = Arc::clone(&seen);
    let stand_in = StandIn::start(move |_| {
        // A clock that is a day ahead.
        let now = 1_900_000_000 + (began.elapsed().as_secs_f64() / SECOND.as_secs_f64()) as u64;
        let window = now / 60;
        let mut counted = counting.lock().unwrap();
        let used = counted.1.entry(window).or_default();
        *used += 1;
        let used = *used;
        let headers = [
            ("Date", httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(now))),
            ("X-Rate-Limit-Limit", LIMIT.to_string()),
            ("X-Rate-Limit-Remaining", LIMIT.saturating_sub(used).to_string()),
            ("X-Rate-Limit-Reset", ((window + 1) * 60).to_string()),
        ];
        if used > LIMIT {
            counted.0 += 1;
            return json(429, &headers, "{}");
        }
        json(200, &headers, "[]")
    })
    .await;
    let mut options = options(&stand_in.base(), Authorization::None);
    options.limits = Limits { share: Share::percent(100), second: SECOND, ..Limits::okta() };
    let host = Host::new(options).unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let host = host.clone();
            tokio::spawn(async move {
                for number in (task..100).step_by(8) {
                    // Two paths of one family share a window.
                    let path = if number % 2 == 0 { "groups" } else { "" };
                    let path = format!("/api/v1/users/00u{number}/{path}");
                    let answer = host.get(path.trim_end_matches('/')).await;
                    assert_eq!(answer, Ok(Answer::Found("[]".into())));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(seen.lock().unwrap().0, 0, "no 429");
    // The first window may be half over when we begin: 19 of it, and of each of the next.
    let took = began.elapsed();
    assert!(took > SECOND * 60 * 4, "faster than the limit: {took:?}");
    assert!(took < SECOND * 60 * 9, "far slower than the limit: {took:?}");
    assert_eq!(host.requests_made(), 100);
}

#[tokio::test]
async fn a_wait_that_is_longer_than_the_run_is_not_waited_for() {
    let stand_in = StandIn::start(|_| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let headers = [
            ("Date", httpdate::fmt_http_date(SystemTime::now())),
            ("X-Rate-Limit-Limit", "20".into()),
            ("X-Rate-Limit-Remaining", "0".into()),
            ("X-Rate-Limit-Reset", (now + 50).to_string()),
        ];
        json(429, &headers, "{}")
    })
    .await;
    let host = Host::new(options(&stand_in.base(), Authorization::None)).unwrap();
    let began = Instant::now();
    let error = host.get("/api/v1/apps").await.unwrap_err();
    assert!(matches!(error, RequestError::RateLimited { attempts: 1, .. }), "{error}");
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn torq_is_asked_no_more_often_than_it_allows() {
    let stand_in = StandIn::start(|_| json(200, &[], "{}")).await;
    let mut options = options(&stand_in.base(), Authorization::None);
    options.service = Service::Torq;
    options.limits.per_second = NonZeroU32::new(50);
    let host = Host::new(options).unwrap();
    let began = Instant::now();
    for _ in 0..21 {
        assert_eq!(host.get("/v1alpha/roles").await, Ok(Answer::Found("{}".into())));
    }
    assert!(began.elapsed() >= Duration::from_millis(400));
}

const SECRET: &str = "MARKED-secret-4711";
const QUERY: &str = "MARKED-query-4712";

/// Every answer repeats all that it was sent, as a debugging proxy would.
#[tokio::test]
async fn no_secret_and_no_query_is_in_any_text() {
    let key = include_str!("keys/p256-pkcs8.pem");
    let private = || PrivateKey::read(&SecretString::from(key), None, None).unwrap();
    let mut texts = Vec::new();
    for status in [200, 302, 400, 401, 403, 429, 500] {
        for token_status in [200, 400, 500] {
            let stand_in = StandIn::start(move |request| {
                let all = format!("{request:?}");
                let body =
                    json!({"errorSummary": &all, "error": "x", "error_description": &all, "message": &all})
                        .to_string();
                let location = (
                    "Location",
                    format!(
                        "/{}?{QUERY}",
                        request.header("authorization").unwrap_or_default().replace(' ', "/")
                    ),
                );
                let challenge = (
                    "WWW-Authenticate",
                    format!("Bearer error=\"{}\"", request.header("authorization").unwrap_or_default()),
                );
                if request.method == "POST" && token_status == 200 {
                    return json(
                        200,
                        &[],
                        &json!({"access_token": SECRET, "token_type": "Bearer", "scope": "s"}).to_string(),
                    );
                }
                let status = if request.method == "POST" { token_status } else { status };
                if status == 200 {
                    return vec![
                        Step::Send(
                            format!("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{{\"{all}").into_bytes(),
                        ),
                        Step::Close,
                    ];
                }
                json(status, &[location, challenge], &body)
            })
            .await;
            let authorizations = [
                (Service::Okta, Authorization::ApiToken(SecretString::from(SECRET))),
                (
                    Service::Okta,
                    Authorization::ServiceApp(ServiceApp::new("0oa", private(), ["s".to_owned()])),
                ),
                (
                    Service::Torq,
                    Authorization::Bearer(TokenSource::new(
                        "id",
                        SecretString::from(SECRET),
                        stand_in.base(),
                    )),
                ),
            ];
            for (service, authorization) in authorizations {
                let path = if service == Service::Okta { "/api/v1/groups" } else { "/v1alpha/roles" };
                let mut options = options(&stand_in.base(), authorization);
                options.service = service;
                options.limits.attempts = 2;
                texts.push(format!("{options:?}"));
                let host = Host::new(options).unwrap();
                texts.push(format!("{host:?}"));
                for answer in [
                    host.get(&format!("{path}?q={QUERY}")).await.map(|_| String::new()),
                    host.list(&format!("{path}?q={QUERY}")).await.map(|answer| format!("{answer:?}")),
                ] {
                    texts.push(answer.unwrap_or_else(|error| format!("{error} {error:?}")));
                }
                if let Ok(answer) = host.get(&format!("{path}?q={QUERY}")).await {
                    texts.push(format!("{answer:?}"));
                }
            }
        }
    }
    texts.push(format!("{:?}", private()));
    texts.push(format!("{:?}", ServiceApp::new("0oa", private(), [])));
    texts.push(format!(
        "{:?}",
        TokenSource::new("id", SecretString::from(SECRET), format!("https://x:{SECRET}@y"))
    ));
    let basic = STANDARD.encode(format!("id:{SECRET}"));
    let body: String = key.lines().filter(|line| !line.starts_with('-')).collect();
    for text in &texts {
        for secret in [SECRET, QUERY, &basic, "eyJ", &body[..20]] {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
    }
    assert!(texts.iter().any(|text| text.contains("[hidden]")), "something was hidden");
}
