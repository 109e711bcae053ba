//! When the next request to a host may leave: so many at a time, so many a second, and never the last one of a rate-limit
//! window. It learns from `X-Rate-Limit-Limit`, `-Remaining` and `-Reset`, and tells the time by the server's own `Date`, so
//! a wrong clock here does no harm (facts/okta.md, section 3).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::allowed::Service;
use super::limits::Limits;

/// Okta's windows last a minute; a reset further away than this is a mistake, and asking once more then costs one request.
const LONGEST_WINDOW: u64 = 120;
/// So many whole answers in a row open one more place, after a refusal for too many requests at a time closed some.
const ANSWERS_TO_OPEN: u32 = 32;

pub(super) struct Gate {
    limits: Limits,
    state: Mutex<State>,
    changed: Notify,
}

/// One gate for each service and origin: thirty connections to one organisation are one client to it, and Torq is one host for all.
#[derive(Default)]
pub(super) struct Gates(Mutex<HashMap<(Service, String), Arc<Gate>>>);

impl Gates {
    pub(super) fn of(&self, service: Service, origin: &str, limits: &Limits) -> Arc<Gate> {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gates
            .entry((service, origin.to_owned()))
            .or_insert_with(|| Arc::new(Gate::new(limits.clone())))
            .clone()
    }
}

struct State {
    in_flight: usize,
    most_in_flight: usize,
    answers: u32,
    next_slot: Option<Instant>,
    paths: HashMap<&'static str, Path>,
    windows: Vec<Window>,
}

/// What is known of one path of the list of requests.
#[derive(Default)]
struct Path {
    in_flight: u64,
    window: Known,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Known {
    #[default]
    Nothing,
    /// Its answers name no limit.
    Unlimited,
    In(Name),
}

/// Paths of one family whose answers name the same limit and the same reset are in the same window: Okta does not say which
/// paths share one, and counting two as one is only slower.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Name {
    family: &'static str,
    limit: u64,
    reset: u64,
}

struct Window {
    name: Name,
    remaining: u64,
    ends: Instant,
}

/// A place taken; it is given back when this is dropped.
pub(super) struct Pass<'gate> {
    gate: &'gate Gate,
    path: &'static str,
}

/// What `answered` made of a refusal for the rate (429).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The gate knows when the window ends, and waits by itself.
    UntilReset,
    /// Too many at a time: fewer from now on, and a short wait.
    Concurrency,
    /// The server says how long, or nothing.
    After(Option<Duration>),
}

/// The gate stays shut past the deadline, for so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shut(pub(super) Duration);

enum Admission {
    Now,
    At(Instant),
    WhenOneEnds,
}

impl Gate {
    pub(super) fn new(limits: Limits) -> Self {
        let state = State {
            in_flight: 0,
            most_in_flight: limits.concurrency.max(1),
            answers: 0,
            next_slot: None,
            paths: HashMap::new(),
            windows: Vec::new(),
        };
        Self { limits, state: Mutex::new(state), changed: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held, and counts stay counts if something did.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a place; gives up at once when none can come before the deadline.
    pub(super) async fn pass(&self, path: &'static str, deadline: Instant) -> Result<Pass<'_>, Shut> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Registered before looking, so that no change falls in between.
            changed.as_mut().enable();
            let now = Instant::now();
            let wake = match self.state().admit(path, now, &self.limits) {
                Admission::Now => return Ok(Pass { gate: self, path }),
                Admission::At(time) if time > deadline => {
                    return Err(Shut(time.saturating_duration_since(now)));
                }
                Admission::At(time) => time,
                Admission::WhenOneEnds => deadline,
            };
            tokio::select! {
                () = &mut changed => {}
                () = tokio::time::sleep_until(wake) => {
                    if wake >= deadline {
                        return Err(Shut(Duration::ZERO));
                    }
                }
            }
        }
    }
}

impl Pass<'_> {
    /// Tells the gate what an answer says about the rate. Gives the refusal if `status` is 429.
    pub(super) fn answered(&self, status: u16, headers: &HeaderMap) -> Option<Refusal> {
        self.gate.state().learn(self.path, status, headers, Instant::now(), &self.gate.limits)
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let mut state = self.gate.state();
        state.in_flight = state.in_flight.saturating_sub(1);
        if let Some(path) = state.paths.get_mut(self.path) {
            path.in_flight = path.in_flight.saturating_sub(1);
        }
        drop(state);
        self.gate.changed.notify_waiters();
    }
}

impl State {
    fn admit(&mut self, path: &'static str, now: Instant, limits: &Limits) -> Admission {
        if self.in_flight >= self.most_in_flight {
            return Admission::WhenOneEnds;
        }
        if let Some(slot) = self.next_slot.filter(|slot| *slot > now) {
            return Admission::At(slot);
        }
        self.windows.retain(|window| window.ends > now);
        let known = self.paths.entry(path).or_default();
        match self.windows.iter_mut().find(|window| Known::In(window.name) == known.window) {
            Some(window) if window.remaining <= limits.share.kept(window.name.limit) => {
                return Admission::At(window.ends);
            }
            Some(window) => window.remaining -= 1,
            // A window that is not known yet is tried with one request, which brings its numbers.
            None if known.in_flight > 0 && known.window != Known::Unlimited => return Admission::WhenOneEnds,
            None => {}
        }
        known.in_flight += 1;
        self.in_flight += 1;
        if let Some(rate) = limits.per_second {
            self.next_slot = Some(now + limits.second / rate.get());
        }
        Admission::Now
    }

    fn learn(
        &mut self,
        path: &'static str,
        status: u16,
        headers: &HeaderMap,
        now: Instant,
        limits: &Limits,
    ) -> Option<Refusal> {
        let refused = status == 429;
        let (limit, remaining) =
            (number(headers, "x-rate-limit-limit"), number(headers, "x-rate-limit-remaining"));
        if refused && limit == Some(0) {
            self.most_in_flight = (self.most_in_flight / 2).max(1);
            self.answers = 0;
            return Some(Refusal::Concurrency);
        }
        if !refused {
            self.answers += 1;
            if self.answers >= ANSWERS_TO_OPEN && self.most_in_flight < limits.concurrency {
                self.most_in_flight += 1;
                self.answers = 0;
            }
        }
        let reset = number(headers, "x-rate-limit-reset");
        if let (Some(limit), Some(reset)) = (limit.filter(|limit| *limit > 0), reset) {
            let remaining = if refused { 0 } else { remaining.unwrap_or(limit) };
            let length = reset.saturating_sub(server_time(headers)).min(LONGEST_WINDOW);
            // One more, since both are cut to whole seconds.
            let ends = now + seconds(length + 1, limits);
            self.note(Name { family: family(path), limit, reset }, path, remaining, ends);
            return refused.then_some(Refusal::UntilReset);
        }
        if !refused && status < 500 {
            self.paths.entry(path).or_default().window = Known::Unlimited;
        }
        let after = retry_after(headers, limits);
        refused.then_some(Refusal::After(after))
    }

    fn note(&mut self, name: Name, path: &'static str, remaining: u64, ends: Instant) {
        // Those under way may not be counted in the answer yet.
        let others = self.paths.get(path).map_or(0, |path| path.in_flight.saturating_sub(1));
        let known = self.paths.entry(path).or_default();
        match self.windows.iter_mut().find(|window| window.name == name) {
            Some(window) => window.remaining = window.remaining.min(remaining),
            None => self.windows.push(Window { name, remaining: remaining.saturating_sub(others), ends }),
        }
        // An answer that was under way while the window changed says nothing about the new one.
        let is_late = match known.window {
            Known::In(window) => {
                window.reset > name.reset && self.windows.iter().any(|one| one.name == window)
            }
            Known::Nothing | Known::Unlimited => false,
        };
        if !is_late {
            known.window = Known::In(name);
        }
    }
}

/// The first word after the version: `/api/v1/apps/…` belongs to `apps`.
fn family(path: &'static str) -> &'static str {
    path.strip_prefix("/api/v1/").map_or(path, |rest| rest.split('/').next().unwrap_or(rest))
}

fn seconds(seconds: u64, limits: &Limits) -> Duration {
    limits.second.saturating_mul(u32::try_from(seconds).unwrap_or(u32::MAX))
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// Seconds since 1970 by the server; by this machine where it does not say.
pub(super) fn server_time(headers: &HeaderMap) -> u64 {
    stated_time(headers).unwrap_or_else(|| since_epoch(SystemTime::now()))
}

pub(super) fn stated_time(headers: &HeaderMap) -> Option<u64> {
    let date = headers.get(DATE)?.to_str().ok()?;
    httpdate::parse_http_date(date).ok().map(since_epoch)
}

pub(super) fn since_epoch(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// `Retry-After` in seconds, of this host's length.
pub(super) fn retry_after(headers: &HeaderMap, limits: &Limits) -> Option<Duration> {
    number(headers, RETRY_AFTER.as_str()).map(|wait| seconds(wait.min(LONGEST_WINDOW), limits))
}
