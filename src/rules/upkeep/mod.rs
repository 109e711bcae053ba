//! Rules about the upkeep of an audit: whether what it rests on is whole, agrees and is fresh.

mod memberships;
mod reading;
mod source_incomplete;

use super::catalogue::{Rule, rule};

pub static RULES: [Rule; 4] = [
    rule!("upkeep", "source-incomplete", source_incomplete::source_incomplete),
    rule!("upkeep", "memberships-disagree", memberships::memberships_disagree),
    rule!("upkeep", "snapshot-stale", reading::snapshot_stale),
    rule!("upkeep", "snapshot-torn", reading::snapshot_torn),
];
