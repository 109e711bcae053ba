//! Rules about the upkeep of an audit: whether what it rests on is whole, agrees and is fresh.

mod memberships;
mod source_incomplete;

use super::rule::{Rule, rule};

pub static RULES: [Rule; 2] = [
    rule!("upkeep", "source-incomplete", source_incomplete::source_incomplete),
    rule!("upkeep", "memberships-disagree", memberships::memberships_disagree),
];
