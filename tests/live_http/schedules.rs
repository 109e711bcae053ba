//! Thousands of bad days of a host: each ends with the whole truth or a named error, in its budget, and never with a shorter
//! list that is taken for the whole.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use secrecy::SecretString;
use serde_json::{Value, json};
use ssolint::source::http::{
    Answer, Authorization, Budget, Host, HostOptions, Limits, RequestError, Service, Share, Trust,
};

use super::stand_in::{Framing, Request, StandIn, Step, Steps, message};

/// How long a second of the stand-in's clock lasts.
const SECOND: Duration = Duration::from_millis(3);
const ATTEMPTS: u32 = 7;
const SLOW: Duration = Duration::from_millis(900);

/// What goes wrong once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Passing {
    RateLimit,
    Concurrency,
    PlainRefusal,
    ServerError,
    ServerHtml,
    Reset,
    CloseAtOnce,
    Truncated,
    TruncatedReset,
    TooShort,
    TooLong,
    BrokenChunk,
    SlowBody,
    NotUtf8,
    Garbage,
}

const PASSING: [Passing; 15] = [
    Passing::RateLimit,
    Passing::Concurrency,
    Passing::PlainRefusal,
    Passing::ServerError,
    Passing::ServerHtml,
    Passing::Reset,
    Passing::CloseAtOnce,
    Passing::Truncated,
    Passing::TruncatedReset,
    Passing::TooShort,
    Passing::TooLong,
    Passing::BrokenChunk,
    Passing::SlowBody,
    Passing::NotUtf8,
    Passing::Garbage,
];

/// What stays wrong, on one path, from one page on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lasting {
    Html,
    Unauthorized,
    Forbidden,
    NextLoops,
    NextIsItself,
    NextIsForeign,
    NextIsAnotherScheme,
    NextIsAnotherList,
    TwoNexts,
    PageRepeats,
    PageIsGone,
    Redirect,
    BadRequest,
    AlwaysDown,
    NotAList,
}

const LASTING: [Lasting; 15] = [
    Lasting::Html,
    Lasting::Unauthorized,
    Lasting::Forbidden,
    Lasting::NextLoops,
    Lasting::NextIsItself,
    Lasting::NextIsForeign,
    Lasting::NextIsAnotherScheme,
    Lasting::NextIsAnotherList,
    Lasting::TwoNexts,
    Lasting::PageRepeats,
    Lasting::PageIsGone,
    Lasting::Redirect,
    Lasting::BadRequest,
    Lasting::AlwaysDown,
    Lasting::NotAList,
];

impl Lasting {
    /// The end that it must have.
    fn fits(self, end: &End) -> bool {
        match self {
            Self::Html => *end == End::Error("NotJson"),
            Self::Unauthorized => *end == End::Refused(401),
            Self::Forbidden => *end == End::Refused(403),
            Self::NextLoops | Self::NextIsItself | Self::PageRepeats => *end == End::Error("Loop"),
            Self::NextIsForeign | Self::NextIsAnotherScheme | Self::NextIsAnotherList => {
                *end == End::Error("ForeignNext")
            }
            Self::TwoNexts => *end == End::Error("Broken"),
            Self::PageIsGone => *end == End::Error("PageLost"),
            Self::Redirect => *end == End::Error("Redirected"),
            Self::BadRequest => *end == End::Error("Server"),
            // The last attempt may meet something else.
            Self::AlwaysDown => {
                matches!(end, End::Error("Server" | "TimedOut" | "Connection" | "Broken" | "RateLimited"))
            }
            Self::NotAList => *end == End::Error("NotAList"),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Trouble {
    fault: Lasting,
    path: usize,
    page: usize,
}

#[derive(Debug, Clone)]
struct Schedule {
    seed: u64,
    /// By the number of the request.
    passing: BTreeMap<usize, Passing>,
    lasting: Option<Trouble>,
    /// Pages of each list, and objects on each page.
    pages: [usize; 3],
    objects: usize,
    /// By how many seconds the host's clock is ahead.
    skew: i64,
    framing: Framing,
    links_in_one_line: Option<()>,
    window: u64,
    most_requests: u64,
    time: Duration,
    at_the_same_time: Option<()>,
}

const LISTS: [&str; 3] = ["/api/v1/groups", "/api/v1/apps/0oa1/users", "/api/v1/users/00u1/groups"];
const APP: &str = "/api/v1/apps/0oa1";

/// SplitMix64: the same schedules everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn one_in(&mut self, count: usize) -> Option<()> {
        (self.below(count) == 0).then_some(())
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

impl Schedule {
    fn new(seed: u64) -> Self {
        let random = &mut Random(seed);
        let pages = [1 + random.below(4), 1 + random.below(4), 1 + random.below(3)];
        let mut passing = BTreeMap::new();
        let faults = [0, 1, 1, 2, 2, 3, 3, 8][random.below(8)];
        for _ in 0..faults {
            let fault = random.one_of(&PASSING);
            // A slow one takes real time.
            if fault != Passing::SlowBody || random.one_in(6).is_some() {
                passing.insert(random.below(10), fault);
            }
        }
        let lasting = random.one_in(3).map(|()| {
            let path = random.below(LISTS.len());
            Trouble { fault: random.one_of(&LASTING), path, page: random.below(pages[path]) }
        });
        let tight = random.one_in(10).is_some();
        Self {
            seed,
            passing,
            lasting,
            pages,
            objects: 1 + random.below(4),
            skew: [0, 0, 7, -7, 10_800, -86_400, 40_000_000][random.below(7)],
            framing: random.one_of(&[Framing::Length, Framing::Length, Framing::Chunks, Framing::Close]),
            links_in_one_line: random.one_in(2),
            window: [4, 20, 600][random.below(3)],
            most_requests: if tight { 1 + random.below(8) as u64 } else { 200 },
            time: if tight {
                Duration::from_millis(20 + random.below(60) as u64)
            } else {
                Duration::from_secs(30)
            },
            at_the_same_time: random.one_in(2),
        }
    }

    fn is_tight(&self) -> bool {
        self.most_requests < 200
    }

    /// Few enough that no request can meet them more often than it is tried.
    fn must_succeed(&self) -> bool {
        !self.is_tight() && self.lasting.is_none() && self.passing.len() <= 3
    }

    fn page(&self, list: usize, page: usize) -> Vec<Value> {
        (0..self.objects)
            .map(|object| json!({"id": format!("{list}-{page}-{object}"), "profile": {"name": "Zoë <b>"}}))
            .collect()
    }

    fn truth(&self, list: usize) -> Vec<Value> {
        (0..self.pages[list]).flat_map(|page| self.page(list, page)).collect()
    }
}

fn app() -> String {
    json!({"id": "0oa1", "label": "Torq", "status": "ACTIVE"}).to_string()
}

/// What the stand-in notes down.
#[derive(Default)]
struct Seen {
    requests: u64,
    met: Vec<String>,
}

struct World {
    schedule: Schedule,
    random: Random,
    base: String,
    began: Instant,
    window: (u64, u64),
    seen: Arc<Mutex<Seen>>,
}

impl World {
    fn clock(&self) -> u64 {
        let since = self.began.elapsed().as_secs_f64() / SECOND.as_secs_f64();
        1_800_000_000_u64.saturating_add_signed(self.schedule.skew) + since as u64
    }

    fn headers(&mut self) -> Vec<(&'static str, String)> {
        let now = self.clock();
        if now >= self.window.0 {
            self.window = (now + 10, self.schedule.window);
        }
        self.window.1 = self.window.1.saturating_sub(1);
        let date = SystemTime::UNIX_EPOCH + Duration::from_secs(now);
        vec![
            ("Date", httpdate::fmt_http_date(date)),
            ("X-Rate-Limit-Limit", self.schedule.window.to_string()),
            ("x-rate-limit-remaining", self.window.1.to_string()),
            ("X-Rate-Limit-Reset", self.window.0.to_string()),
        ]
    }

    fn answer(&mut self, request: &Request) -> Steps {
        let number = {
            let mut seen = self.seen.lock().unwrap();
            seen.requests += 1;
            seen.requests as usize - 1
        };
        assert_eq!(request.header("authorization"), Some("SSWS token"));
        let headers = self.headers();
        let whole = self.whole(request, &headers);
        let Some(fault) = self.schedule.passing.get(&number).copied() else {
            return if self.schedule.framing == Framing::Close {
                vec![Step::Send(whole), Step::Close]
            } else {
                vec![Step::Send(whole)]
            };
        };
        self.seen.lock().unwrap().met.push(format!("{fault:?}"));
        self.broken(fault, whole, &headers)
    }

    fn broken(&mut self, fault: Passing, whole: Vec<u8>, headers: &[(&'static str, String)]) -> Steps {
        let (date, reset) = (headers[0].clone(), headers[3].clone());
        let limited = |limit: u64| {
            let limit = [("X-Rate-Limit-Limit", limit.to_string()), ("X-Rate-Limit-Remaining", "0".into())];
            let all: Vec<_> = [date.clone(), reset.clone()].into_iter().chain(limit).collect();
            message(429, &all, r#"{"errorCode":"E0000047","errorSummary":"too many"}"#, Framing::Length)
        };
        let head = whole.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        let (send, close) = (|bytes: &[u8]| Step::Send(bytes.to_vec()), Step::Close);
        // Anywhere, and at least one byte is missing.
        let cut = 1 + self.random.below(whole.len() - 1);
        match fault {
            Passing::RateLimit => vec![Step::Send(limited(self.schedule.window))],
            Passing::Concurrency => vec![Step::Send(limited(0))],
            Passing::PlainRefusal => {
                vec![Step::Send(message(429, &[("Retry-After", "2".into())], "slow down", Framing::Length))]
            }
            Passing::ServerError => {
                vec![Step::Send(message(
                    500,
                    &[],
                    r#"{"errorCode":"E0000009","errorSummary":"oops"}"#,
                    Framing::Length,
                ))]
            }
            Passing::ServerHtml => vec![
                Step::Send(message(
                    503,
                    &[("Content-Type", "text/html".into())],
                    "<html>down</html>",
                    Framing::Close,
                )),
                close,
            ],
            Passing::Reset => vec![Step::Reset],
            Passing::CloseAtOnce => vec![close],
            Passing::Truncated => vec![send(&whole[..cut]), close],
            Passing::TruncatedReset => {
                vec![send(&whole[..cut]), Step::Wait(Duration::from_millis(1)), Step::Reset]
            }
            Passing::TooShort => {
                let body = plain_body(&whole[head..], self.schedule.framing);
                let length = body.len() + 1 + self.random.below(20);
                vec![Step::Send(with_length(length, &body)), close]
            }
            Passing::TooLong => {
                let body = plain_body(&whole[head..], self.schedule.framing);
                let length = self.random.below(body.len().max(1));
                vec![Step::Send(with_length(length, &body))]
            }
            Passing::BrokenChunk => {
                let body = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\nzz\r\n";
                vec![send(body.as_bytes()), close]
            }
            Passing::SlowBody => vec![send(&whole[..cut]), Step::Wait(SLOW), send(&whole[cut..]), close],
            Passing::NotUtf8 => vec![Step::Send(
                [b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n[\"".as_slice(), &[0xff, 0xfe], b"\"]"]
                    .concat(),
            )],
            Passing::Garbage => vec![send(b"\x00\x01SSH-2.0-OpenSSH\r\n\r\n"), close],
        }
    }

    /// What the host says when nothing passes.
    fn whole(&mut self, request: &Request, headers: &[(&'static str, String)]) -> Vec<u8> {
        let framing = self.schedule.framing;
        let mut all = vec![("Content-Type", "application/json".to_owned())];
        all.extend(headers.iter().cloned());
        if request.path() == APP {
            return message(200, &all, &app(), framing);
        }
        let list = LISTS.iter().position(|path| *path == request.path()).expect("a path that is known");
        let page: usize = request.field("after").map_or(0, |after| after.parse().unwrap());
        let trouble = self.schedule.lasting.filter(|trouble| trouble.path == list && trouble.page == page);
        if let Some(trouble) = trouble {
            self.seen.lock().unwrap().met.push(format!("{:?}", trouble.fault));
        }
        let here = format!("{}{}", self.base, request.target);
        let at = |page: usize| format!("{}{}?after={page}&limit=2", self.base, LISTS[list]);
        let mut objects = self.schedule.page(list, page);
        let mut next = (page + 1 < self.schedule.pages[list]).then(|| at(page + 1));
        match trouble.map(|trouble| trouble.fault) {
            None => {}
            Some(Lasting::Html) => {
                return message(
                    200,
                    &[("Content-Type", "text/html".into())],
                    "<!DOCTYPE html><p>Sign in",
                    framing,
                );
            }
            Some(Lasting::Unauthorized) => {
                return message(
                    401,
                    &all,
                    r#"{"errorCode":"E0000011","errorSummary":"Invalid token provided"}"#,
                    framing,
                );
            }
            Some(Lasting::Forbidden) => {
                return message(403, &all, r#"{"errorCode":"E0000006","errorSummary":"not yours"}"#, framing);
            }
            Some(Lasting::NextLoops) => {
                next = Some(if page == 0 {
                    here.clone()
                } else {
                    format!("{}{}?limit=2", self.base, LISTS[list])
                })
            }
            Some(Lasting::NextIsItself) => next = Some(here.clone()),
            Some(Lasting::NextIsForeign) => next = Some(format!("http://127.0.0.1:9{}?after=1", LISTS[list])),
            Some(Lasting::NextIsAnotherScheme) => next = Some(at(page + 1).replace("http:", "ftp:")),
            Some(Lasting::NextIsAnotherList) => next = Some(format!("{}/api/v1/apps?after=1", self.base)),
            Some(Lasting::TwoNexts) => {
                next = Some(format!("{}>; rel=\"next\", <{}", at(page + 1), at(page + 2)))
            }
            Some(Lasting::PageRepeats) => {
                // The first page has none before it: it comes again as the second.
                objects = self.schedule.page(list, page.saturating_sub(1));
                next = Some(at(page + 1));
            }
            Some(Lasting::PageIsGone) => return message(404, &all, "{}", framing),
            Some(Lasting::Redirect) => {
                all.push(("Location", "https://elsewhere.example/login?from=x".into()));
                return message(302, &all, "", framing);
            }
            Some(Lasting::BadRequest) => {
                return message(
                    400,
                    &all,
                    r#"{"errorCode":"E0000031","errorSummary":"Invalid search criteria."}"#,
                    framing,
                );
            }
            Some(Lasting::AlwaysDown) => return message(502, &all, "{}", framing),
            Some(Lasting::NotAList) => return message(200, &all, r#"{"value":[]}"#, framing),
        }
        if let Some(Trouble { fault: Lasting::PageRepeats, page: 0, .. }) =
            self.schedule.lasting.filter(|trouble| trouble.path == list)
            && page == 1
        {
            objects = self.schedule.page(list, 0);
        }
        let own = format!("<{here}>; rel=\"self\"");
        match (next, self.schedule.links_in_one_line) {
            (Some(next), Some(())) => all.push(("Link", format!("{own}, <{next}>; rel=\"next\""))),
            (Some(next), None) => {
                all.push(("Link", own));
                all.push(("link", format!("<{next}>; rel=\"next\"")));
            }
            (None, _) => all.push(("Link", own)),
        }
        message(200, &all, &Value::from(objects).to_string(), framing)
    }
}

/// The body without its framing.
fn plain_body(framed: &[u8], framing: Framing) -> Vec<u8> {
    if framing != Framing::Chunks {
        return framed.to_vec();
    }
    let (mut plain, mut rest) = (Vec::new(), framed);
    while let Some(at) = rest.windows(2).position(|window| window == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..at]).unwrap(), 16).unwrap();
        if length == 0 {
            break;
        }
        plain.extend_from_slice(&rest[at + 2..at + 2 + length]);
        rest = &rest[at + 4 + length..];
    }
    plain
}

fn with_length(length: usize, body: &[u8]) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// How one question ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Truth,
    NotThere,
    Refused(u16),
    Error(&'static str),
    /// What must never be.
    Untrue(String),
}

fn end<T: PartialEq + std::fmt::Debug>(answer: Result<Answer<T>, RequestError>, truth: &T) -> End {
    match answer {
        Ok(Answer::Found(found)) if found == *truth => End::Truth,
        Ok(Answer::Found(found)) => End::Untrue(format!("{found:?} instead of {truth:?}")),
        Ok(Answer::NotThere) => End::NotThere,
        Ok(Answer::Refused { status, .. }) => End::Refused(status),
        Err(error) => End::Error(name(&error)),
    }
}

pub fn name(error: &RequestError) -> &'static str {
    match error {
        RequestError::NotAllowed { .. } => "NotAllowed",
        RequestError::Budget { .. } => "Budget",
        RequestError::OutOfTime { .. } => "OutOfTime",
        RequestError::TimedOut { .. } => "TimedOut",
        RequestError::Connection { .. } => "Connection",
        RequestError::Broken { .. } => "Broken",
        RequestError::NotJson { .. } => "NotJson",
        RequestError::NotAList { .. } => "NotAList",
        RequestError::Loop { .. } => "Loop",
        RequestError::ForeignNext { .. } => "ForeignNext",
        RequestError::PageLost { .. } => "PageLost",
        RequestError::RateLimited { .. } => "RateLimited",
        RequestError::Redirected { .. } => "Redirected",
        RequestError::Server { .. } => "Server",
        RequestError::SignIn { .. } => "SignIn",
    }
}

struct Outcome {
    /// What must not be.
    wrong: Vec<String>,
    ends: Vec<End>,
    met: Vec<String>,
}

async fn run(schedule: Schedule) -> Outcome {
    let seen = Arc::new(Mutex::new(Seen::default()));
    let base = Arc::new(Mutex::new(None::<World>));
    let world = Arc::clone(&base);
    let stand_in =
        StandIn::start(move |request| world.lock().unwrap().as_mut().unwrap().answer(request)).await;
    *base.lock().unwrap() = Some(World {
        random: Random(schedule.seed ^ 0x5eed),
        base: stand_in.base(),
        began: Instant::now(),
        window: (0, 0),
        seen: Arc::clone(&seen),
        schedule: schedule.clone(),
    });
    let budget = Budget::new(schedule.most_requests, schedule.time);
    let limits = Limits {
        attempts: ATTEMPTS,
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(8),
        second: SECOND,
        share: Share::percent(100),
        ..Limits::okta()
    };
    let host = Host::new(HostOptions {
        service: Service::Okta,
        base: stand_in.base(),
        authorization: Authorization::ApiToken(SecretString::from("token")),
        budget: budget.clone(),
        limits,
        timeout: SLOW * 2 / 3,
        trust: Trust::default(),
    })
    .unwrap();

    let began = Instant::now();
    let question = |number: usize| {
        let (host, schedule) = (host.clone(), schedule.clone());
        async move {
            match LISTS.get(number) {
                Some(path) => end(host.list(&format!("{path}?limit=2")).await, &schedule.truth(number)),
                None => end(host.get(APP).await, &app()),
            }
        }
    };
    let ends = if schedule.at_the_same_time.is_some() {
        let tasks: Vec<_> = (0..4).map(|number| tokio::spawn(question(number))).collect();
        let mut ends = Vec::new();
        for task in tasks {
            ends.push(task.await.expect("no panic"));
        }
        ends
    } else {
        vec![question(0).await, question(1).await, question(2).await, question(3).await]
    };

    let took = began.elapsed();
    let seen = seen.lock().unwrap();
    let spent = budget.requests_spent();
    let mut wrong = Vec::new();
    if took > schedule.time + Duration::from_secs(3) {
        wrong.push("too long".to_owned());
    }
    if spent > schedule.most_requests || host.requests_made() != spent || seen.requests > spent {
        wrong.push(format!("{spent} requests paid, {} counted", host.requests_made()));
    }
    for (number, end) in ends.iter().enumerate() {
        let trouble = schedule.lasting.filter(|trouble| trouble.path == number).map(|trouble| trouble.fault);
        let passing = ["TimedOut", "Connection", "Broken", "Server", "RateLimited"];
        let fits = match end {
            End::Truth => trouble.is_none(),
            End::Error("Budget" | "OutOfTime") => schedule.is_tight(),
            End::Error(error) if passing.contains(error) && !schedule.must_succeed() && trouble.is_none() => {
                schedule.is_tight() || schedule.passing.len() > 3
            }
            // A short time can end while the rate limit is shut, and a fault can last longer than the attempts.
            End::Error(error)
                if passing.contains(error) && (schedule.is_tight() || schedule.passing.len() > 3) =>
            {
                true
            }
            End::NotThere => schedule
                .lasting
                .is_some_and(|one| (one.fault, one.path, one.page) == (Lasting::PageIsGone, number, 0)),
            end => trouble.is_some_and(|trouble| trouble.fits(end)),
        };
        if !fits {
            wrong.push(format!("question {number} must not end with {end:?}"));
        }
    }
    if !wrong.is_empty() {
        let (requests, met) = (seen.requests, &seen.met);
        wrong.push(format!(
            "{schedule:?} ended with {ends:?} after {took:?} and {requests} requests that met {met:?}"
        ));
    }
    Outcome { wrong, met: seen.met.clone(), ends }
}

#[test]
fn every_bad_day_ends_with_the_whole_truth_or_a_named_error() {
    let number = |name: &str, usual: u64| std::env::var(name).map_or(usual, |text| text.parse().unwrap());
    let (first, count) = (number("SSOLINT_FIRST_SCHEDULE", 0), number("SSOLINT_SCHEDULES", 2100));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let outcomes = runtime.block_on(async {
        let places = Arc::new(tokio::sync::Semaphore::new(24));
        let mut tasks = tokio::task::JoinSet::new();
        for seed in first..first + count {
            let places = Arc::clone(&places);
            tasks.spawn(async move {
                let _place = places.acquire_owned().await.unwrap();
                run(Schedule::new(seed)).await
            });
        }
        tasks.join_all().await
    });

    let wrong: Vec<&String> = outcomes.iter().flat_map(|outcome| &outcome.wrong).collect();
    assert!(
        wrong.is_empty(),
        "{} of them, first {:#?}",
        wrong.len(),
        wrong.iter().take(6).collect::<Vec<_>>()
    );

    let (mut met, mut ended) = (BTreeMap::<String, usize>::new(), BTreeMap::<End, usize>::new());
    for outcome in &outcomes {
        outcome.met.iter().for_each(|fault| *met.entry(fault.clone()).or_default() += 1);
        outcome.ends.iter().for_each(|end| *ended.entry(end.clone()).or_default() += 1);
    }
    println!("{count} schedules met {met:?}\nand ended with {ended:?}");
    // The test has to have seen what it is about.
    if count >= 2000 {
        let faults = PASSING
            .iter()
            .map(|fault| format!("{fault:?}"))
            .chain(LASTING.iter().map(|fault| format!("{fault:?}")));
        for fault in faults {
            assert!(met.get(&fault).is_some_and(|times| *times >= 10), "{fault} was hardly met: {met:?}");
        }
        assert!(ended[&End::Truth] > outcomes.len() * 2, "the truth was hardly found: {ended:?}");
    }
}
