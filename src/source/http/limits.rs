//! How hard one host may be asked: what we hold ourselves to, apart from what its answers say.

use std::num::NonZeroU32;
use std::time::Duration;

/// The part of each of the host's rate-limit windows that may be used up, by us and by everyone else, before we wait for the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share(u8);

impl Share {
    /// In percent; what is out of 1 to 100 becomes the nearer of the two.
    pub fn percent(percent: u8) -> Self {
        Self(percent.clamp(1, 100))
    }

    /// How many requests of a window are left to others. Never none: the last one is not ours.
    pub(super) fn kept(self, limit: u64) -> u64 {
        let used = u128::from(limit) * u128::from(self.0) / 100;
        let kept = limit.saturating_sub(u64::try_from(used).unwrap_or(limit));
        if limit > 1 { kept.clamp(1, limit - 1) } else { 0 }
    }
}

#[derive(Debug, Clone)]
pub struct Limits {
    pub share: Share,
    /// Requests under way at the same time, at most.
    pub concurrency: usize,
    /// Requests a second, at most, where the service documents such a limit and sends no headers for it.
    pub per_second: Option<NonZeroU32>,
    /// How often one request is sent before it is given up, counted for faults and for refusals of its rate (429) apart.
    pub attempts: u32,
    /// The wait before the second attempt; it doubles from there, with jitter.
    pub first_wait: Duration,
    pub longest_wait: Duration,
    /// An answer may have so many bytes; a longer one is broken.
    pub answer_bytes: usize,
    /// How long a second of the server's headers lasts here: a second. Tests make it short.
    pub second: Duration,
}

impl Limits {
    /// Half of each window, since one credential is capped at half of it by default (facts/okta.md, section 3), and well under
    /// the 35 requests at a time that the smallest organisations have.
    pub fn okta() -> Self {
        Self {
            share: Share::percent(50),
            concurrency: 8,
            per_second: None,
            attempts: 5,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(20),
            answer_bytes: 64 * 1024 * 1024,
            second: Duration::from_secs(1),
        }
    }

    /// 50 requests a second (facts/torq.md).
    pub fn torq() -> Self {
        Self { per_second: NonZeroU32::new(50), ..Self::okta() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_never_used_up() {
        for (percent, limit, kept) in [
            (50, 600, 300),
            (50, 1, 0),
            (100, 600, 1),
            (100, 2, 1),
            (1, 20, 19),
            (0, 20, 19),
            (50, 0, 0),
            (75, 20, 5),
        ] {
            assert_eq!(Share::percent(percent).kept(limit), kept, "{percent}% of {limit}");
        }
    }
}
