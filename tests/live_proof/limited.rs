//! Fixed rate limits in front of a stand-in, in Okta's way or in Torq's, on a clock of its own whose second may be short.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::stand_in::{Request, Response};

/// Windows that follow one another, of one length, the same for every kind of request.
pub struct Limited {
    limit: fn(&str) -> u64,
    window: u64,
    /// How much of the first window is left at the start.
    first: u64,
    clock: Clock,
    counted: Arc<Mutex<Counted>>,
}

/// A server's clock: seconds since 1970, of which each lasts `second` here.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    started: Instant,
    second: Duration,
    epoch: u64,
}

impl Clock {
    /// Runs an hour fast, so that nobody who goes by the own clock gets it right.
    pub fn start(second: Duration) -> Self {
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 3600;
        Self { started: Instant::now(), second, epoch }
    }

    fn seconds(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos() / self.second.as_nanos()).unwrap()
    }
}

#[derive(Debug, Default, Clone)]
pub struct Counted {
    /// Requests of each kind, those refused apart.
    pub answered: BTreeMap<String, u64>,
    pub refused: u64,
    in_window: BTreeMap<(String, u64), u64>,
}

impl Limited {
    /// `limit` is by kind of request: `apps`, `groups`, `users` and so on. Nothing counts that is under no `/api/v1/`.
    pub fn new(limit: fn(&str) -> u64, window: u64, first: u64, second: Duration) -> Self {
        Self { limit, window, first, clock: Clock::start(second), counted: Arc::default() }
    }

    pub fn counted(&self) -> Arc<Mutex<Counted>> {
        self.counted.clone()
    }

    pub fn answer(&self, request: &Request, answer: impl FnOnce() -> Response) -> Response {
        let now = self.clock.seconds();
        let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(self.clock.epoch + now));
        let Some(kind) = request.path().strip_prefix("/api/v1/").and_then(|rest| rest.split('/').next())
        else {
            return answer().with("date", date);
        };
        let limit = (self.limit)(kind);
        // The first window began before the start.
        let nth = (now + self.window - self.first) / self.window;
        let reset = self.clock.epoch + (nth + 1) * self.window - (self.window - self.first);
        let left = {
            let mut counted = self.counted.lock().unwrap();
            let spent = counted.in_window.entry((kind.to_owned(), nth)).or_default();
            *spent += 1;
            let left = limit.checked_sub(*spent);
            match left {
                Some(_) => *counted.answered.entry(kind.to_owned()).or_default() += 1,
                None => counted.refused += 1,
            }
            left
        };
        let response = match left {
            Some(_) => answer(),
            None => Response::json(
                429,
                json!({"errorCode": "E0000047", "errorSummary": "API call exceeded rate limit due to too many requests."}),
            ),
        };
        response
            .with("date", date)
            .with("x-rate-limit-limit", limit)
            .with("x-rate-limit-remaining", left.unwrap_or(0))
            .with("x-rate-limit-reset", reset)
    }
}

/// So many requests in any second, for the whole service, and no header that says so.
pub struct PerSecond {
    limit: usize,
    second: Duration,
    recent: Mutex<Vec<Instant>>,
    refused: Arc<Mutex<u64>>,
}

impl PerSecond {
    pub fn new(limit: usize, second: Duration) -> Self {
        Self { limit, second, recent: Mutex::default(), refused: Arc::default() }
    }

    pub fn refused(&self) -> Arc<Mutex<u64>> {
        self.refused.clone()
    }

    pub fn answer(&self, answer: impl FnOnce() -> Response) -> Response {
        let now = Instant::now();
        let mut recent = self.recent.lock().unwrap();
        recent.retain(|time| now.duration_since(*time) < self.second);
        if recent.len() >= self.limit {
            *self.refused.lock().unwrap() += 1;
            return Response::json(429, json!({"code": 8, "message": "too many requests"}));
        }
        recent.push(now);
        drop(recent);
        answer()
    }
}
