//! What `rollout --verify` says of a step.

use std::fmt::Write as _;

use crate::finding::prose::{grouped, visible};
use crate::rollout::verify::Verified;

/// A few lines for a terminal or a log.
pub fn verified(verified: &Verified, connection: &str) -> Vec<u8> {
    let mut out = String::new();
    let verdict = if verified.holds() { "is reached, and people are as predicted" } else { "does not hold" };
    let _ = writeln!(out, "{}: step {} {verdict}", visible(connection), verified.step);
    if !verified.differing.is_empty() {
        let _ = writeln!(out, "  not as the step leaves them: {}", visible(&verified.differing.join(", ")));
        match verified.stands_at {
            Some(step) => {
                let _ = writeln!(out, "  it stands where step {step} leaves it");
            }
            None => {
                let _ = writeln!(out, "  it stands at no step of this rollout");
            }
        }
    }
    for (what, (predicted, found)) in
        [("with access", verified.granted), ("who can repair SSO", verified.can_repair)]
    {
        let _ = writeln!(out, "  people {what}: {} predicted, {} found", grouped(predicted), grouped(found));
    }
    if !verified.lost.is_empty() {
        let _ = writeln!(
            out,
            "  lost something that they keep in the rollout: {}",
            visible(&verified.lost.join(", "))
        );
    }
    out.into_bytes()
}
