//! What is tried again, how often, and after how long. When the rate allows it, is left to `gate.rs`.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use super::Line;
use super::error::{Asked, RequestError};
use super::limits::Limits;

/// Why one attempt has no answer that can be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    OutOfTime,
    OutOfRequests {
        most: u64,
    },
    /// The rate limit stays shut past the deadline.
    Shut(Duration),
    /// 429. No wait: the gate waits for the window. A wait without a length: as after any fault.
    Limited {
        wait: Option<Option<Duration>>,
    },
    TimedOut {
        after: Duration,
    },
    Connection(String),
    Broken(String),
    Server {
        status: u16,
        why: String,
        after: Option<Duration>,
    },
}

/// The attempts at one request.
pub(super) struct Attempts<'ask> {
    asked: &'ask Asked,
    most: u32,
    faults: u32,
    limited: u32,
    waits: ExponentialBackoff,
}

impl<'ask> Attempts<'ask> {
    pub(super) fn new(limits: &Limits, asked: &'ask Asked) -> Self {
        let waits = ExponentialBuilder::new()
            .with_min_delay(limits.first_wait)
            .with_max_delay(limits.longest_wait)
            .with_factor(2.0)
            .with_jitter()
            .without_max_times()
            .build();
        Self { asked, most: limits.attempts.max(1), faults: 0, limited: 0, waits }
    }

    /// How many were made when the present one is the last.
    pub(super) fn made(&self) -> u32 {
        self.faults + self.limited + 1
    }

    /// Waits as long as the fault asks for, or says why nothing is tried again.
    pub(super) async fn pause(&mut self, fault: Fault, line: &Line) -> Result<(), RequestError> {
        let asked = || self.asked.clone();
        let (stated, counted) = match &fault {
            Fault::OutOfTime => return Err(RequestError::OutOfTime { asked: asked() }),
            Fault::OutOfRequests { most } => {
                return Err(RequestError::Budget { asked: asked(), most: *most });
            }
            Fault::Shut(wait) => {
                let attempts = self.faults + self.limited;
                return Err(RequestError::RateLimited { asked: asked(), attempts, wait: *wait });
            }
            Fault::Limited { wait } => {
                let known = match wait {
                    None => Some(Duration::ZERO),
                    Some(wait) => *wait,
                };
                (known, &mut self.limited)
            }
            Fault::Server { after, .. } => (*after, &mut self.faults),
            Fault::TimedOut { .. } | Fault::Connection(_) | Fault::Broken(_) => (None, &mut self.faults),
        };
        *counted += 1;
        let is_last = *counted >= self.most;
        let backoff = self.waits.next().unwrap_or_default();
        let wait = match stated {
            // The gate waits; no need to wait twice.
            Some(Duration::ZERO) => Duration::ZERO,
            // What the server says, and a little more, so that not everyone comes back at once.
            Some(stated) => stated + backoff / 4,
            None => backoff,
        };
        if is_last {
            return Err(self.given_up(fault, wait));
        }
        if wait >= line.budget.time_left() {
            return Err(RequestError::OutOfTime { asked: asked() });
        }
        tokio::time::sleep(wait).await;
        Ok(())
    }

    fn given_up(&self, fault: Fault, wait: Duration) -> RequestError {
        let (asked, attempts) = (self.asked.clone(), self.faults + self.limited);
        match fault {
            Fault::OutOfTime => RequestError::OutOfTime { asked },
            Fault::OutOfRequests { most } => RequestError::Budget { asked, most },
            Fault::Shut(wait) => RequestError::RateLimited { asked, attempts, wait },
            Fault::Limited { .. } => RequestError::RateLimited { asked, attempts, wait },
            Fault::TimedOut { after } => RequestError::TimedOut { asked, after, attempts },
            Fault::Connection(why) => RequestError::Connection { asked, why, attempts },
            Fault::Broken(why) => RequestError::Broken { asked, why, attempts },
            Fault::Server { status, why, .. } => RequestError::Server { asked, status, attempts, why },
        }
    }
}
