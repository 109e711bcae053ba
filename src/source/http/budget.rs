//! What one run may cost: `--max-requests` and `--timeout`, shared by every host that it talks to; and one gate for each of these
//! services, since a service counts what comes from all connections together.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::Url;
use tokio::time::Instant;

use super::allowed::Service;
use super::gate::{Gate, Gates};
use super::limits::Limits;

/// Every attempt counts, retries and token requests too. Clones share what is left.
#[derive(Clone)]
pub struct Budget(Arc<Shared>);

struct Shared {
    most: u64,
    spent: AtomicU64,
    deadline: Instant,
    gates: Gates,
    heard: Option<Heard>,
}

/// Hears of every attempt when it is over.
pub type Heard = Arc<dyn Fn(&Attempt<'_>) + Send + Sync>;

/// One attempt of one request, as it may be shown: no query, no header, no body, and of the path its kind, since people's logins stand in paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt<'a> {
    pub method: &'a str,
    pub host: &'a str,
    /// As the list of allowed requests has it: `/api/v1/users/{userId}`.
    pub path: &'static str,
    /// `None`: there was no whole answer.
    pub status: Option<u16>,
    pub took: Duration,
}

impl Budget {
    /// Time runs from now on.
    pub fn new(most_requests: u64, time: Duration) -> Self {
        Self::heard_by(most_requests, time, None)
    }

    /// The same, with somebody who hears of every attempt.
    pub fn heard_by(most_requests: u64, time: Duration, heard: Option<Heard>) -> Self {
        let now = Instant::now();
        // A time too long to add is as good as a year.
        let deadline = now.checked_add(time).unwrap_or(now + Duration::from_secs(31_536_000));
        Self(Arc::new(Shared {
            most: most_requests,
            spent: AtomicU64::new(0),
            deadline,
            gates: Gates::default(),
            heard,
        }))
    }

    pub fn most_requests(&self) -> u64 {
        self.0.most
    }

    pub fn requests_spent(&self) -> u64 {
        self.0.spent.load(Ordering::Relaxed)
    }

    pub fn time_left(&self) -> Duration {
        self.0.deadline.saturating_duration_since(Instant::now())
    }

    pub(super) fn heard(&self) -> Option<&Heard> {
        self.0.heard.as_ref()
    }

    pub(super) fn deadline(&self) -> Instant {
        self.0.deadline
    }

    /// The gate of a service at this URL's host, made with the limits of the first who asks.
    pub(super) fn gate(&self, service: Service, url: &Url, limits: &Limits) -> Arc<Gate> {
        self.0.gates.of(service, &url.origin().ascii_serialization(), limits)
    }

    pub(super) fn spend_one(&self) -> Result<(), Spent> {
        let more = |spent: u64| (spent < self.0.most).then_some(spent + 1);
        match self.0.spent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) {
            Ok(_) => Ok(()),
            Err(_) => Err(Spent),
        }
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { most, spent, deadline, gates: _, heard: _ } = &*self.0;
        let mut shown = formatter.debug_struct("Budget");
        shown.field("most", most).field("spent", spent).field("deadline", deadline).finish_non_exhaustive()
    }
}

/// No request is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spent;
