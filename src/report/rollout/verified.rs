//! What `rollout --verify` says of a step.

use std::fmt::Write as _;

use crate::finding::prose::{grouped, visible};
use crate::rollout::verify::{NotLookedAt, Verified};

/// A few lines for a terminal or a log.
pub fn verified(verified: &Verified, connection: &str) -> Vec<u8> {
    let mut out = String::new();
    let all_seen = verified.not_looked_at.is_empty();
    let verdict = match (verified.holds(), all_seen || !verified.differing.is_empty()) {
        (true, _) => "is reached, and people are as predicted",
        (false, true) => "does not hold",
        (false, false) => "is not verified",
    };
    let _ = writeln!(out, "{}: step {} {verdict}", visible(connection), verified.step);
    if !verified.differing.is_empty() {
        let _ = writeln!(out, "  not as the step leaves them: {}", visible(&verified.differing.join(", ")));
        match verified.stands_at {
            Some(step) => {
                let _ = writeln!(out, "  it stands where step {step} leaves it");
            }
            None if all_seen => {
                let _ = writeln!(out, "  it stands at no step of this rollout");
            }
            // Which step it stands at is not known.
            None => {}
        }
    }
    for NotLookedAt { part, why } in &verified.not_looked_at {
        let _ = writeln!(out, "  {} could not be looked at: {}", visible(part), visible(why));
    }
    for (what, (predicted, found)) in
        [("with access", verified.granted), ("who can repair SSO", verified.can_repair)]
    {
        let _ = writeln!(out, "  people {what}: {} predicted, {} found", grouped(predicted), grouped(found));
    }
    if !verified.lost.is_empty() {
        let lost = match all_seen {
            true => "lost something that they keep in the rollout",
            false => "not known to have what they keep in the rollout",
        };
        let _ = writeln!(out, "  {lost}: {}", visible(&verified.lost.join(", ")));
    }
    out.into_bytes()
}
