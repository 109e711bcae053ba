//! Rules about the upkeep of an audit: whether what it rests on is whole, agrees and is fresh, and what the project file says of it.

mod expectations;
mod memberships;
mod reading;
mod source_incomplete;
mod suppressions;

use super::rule::{Rule, rule};

pub static RULES: [Rule; 9] = [
    rule!("upkeep", "source-incomplete", source_incomplete::source_incomplete),
    rule!("upkeep", "memberships-disagree", memberships::memberships_disagree),
    rule!("upkeep", "snapshot-stale", reading::snapshot_stale),
    rule!("upkeep", "snapshot-torn", reading::snapshot_torn),
    rule!("upkeep", "expectation-failed", expectations::expectation_failed),
    rule!("upkeep", "expectation-names-nobody", expectations::expectation_names_nobody),
    rule!("upkeep", "ignore-unused", suppressions::ignore_unused),
    rule!("upkeep", "ignore-expired", suppressions::ignore_expired),
    rule!("upkeep", "ignore-without-reason", suppressions::ignore_without_reason),
];

/// Rules about what leaves findings out: they run when all others have, and nothing leaves their own findings out.
pub const ABOUT_SUPPRESSIONS: [&str; 3] = [IGNORE_UNUSED, "ignore-expired", "ignore-without-reason"];

/// It cannot be said of one connection alone.
pub const IGNORE_UNUSED: &str = "ignore-unused";
