//! Rules about the upkeep of an audit: whether what it rests on is whole, agrees and is fresh, and what the project file says of it.

mod expectations;
mod memberships;
mod reading;
mod source_incomplete;

use super::rule::{Rule, rule};

pub static RULES: [Rule; 6] = [
    rule!("upkeep", "source-incomplete", source_incomplete::source_incomplete),
    rule!("upkeep", "memberships-disagree", memberships::memberships_disagree),
    rule!("upkeep", "snapshot-stale", reading::snapshot_stale),
    rule!("upkeep", "snapshot-torn", reading::snapshot_torn),
    rule!("upkeep", "expectation-failed", expectations::expectation_failed),
    rule!("upkeep", "expectation-names-nobody", expectations::expectation_names_nobody),
];
