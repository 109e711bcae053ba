//! Entries and comments that leave findings out, or accept gaps, and should not stand there as they do.

use crate::document::project::Fit;
use crate::document::{DocumentName, JsonPath};
use crate::finding::suppression::{State, Suppression};
use crate::model::{Cause, Gap};
use crate::rules::facts::{Facts, Reporter};

pub(super) fn ignore_unused(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    for one in facts.suppressions().filter(|one| one.is_idle()) {
        let does =
            if is_about_gaps(one) { "accepts nothing that is missing" } else { "leaves out no finding" };
        report
            .finding(one.spot.clone(), &one.subject())
            .message(format!("This {} {does}.", what(one)))
            .why("What it was written for is mended or gone. Left there, it would hide the same finding, or one like it, when that comes back.")
            .fix("Take it out; or mend its rule, path, document or apps, if it was meant for something that is still reported. Apps are globs over the label that the connection's app has in Okta.")
            .done();
    }
    let app = &facts.world.app;
    let no_label = || Gap::new(DocumentName::App, JsonPath::root().key("label"), Cause::NotThere);
    for _ in facts.suppressions().filter(|one| one.app == Fit::NotKnown) {
        report.cannot_tell(app.gap().cloned().unwrap_or_else(no_label));
    }
    Ok(())
}

pub(super) fn ignore_expired(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    for one in facts.suppressions() {
        let Some(until) = &one.until else { continue };
        match one.state {
            State::Expired => report
                .finding(one.spot.clone(), &one.subject())
                .message(format!("This {} counted until {until}, and counts no more.", what(one)))
                .why("What it left out is reported again: somebody meant to have it mended by then.")
                .fix("Mend what is reported and take it out; or give it a new day, and say in its reason why it takes longer.")
                .done(),
            State::NoDayGiven => {
                let why = "what day it is was not given".to_owned();
                report.cannot_tell(Gap::document(DocumentName::Project, Cause::Undecided(why)));
            }
            State::Counts | State::WithoutReason => {}
        }
    }
    Ok(())
}

pub(super) fn ignore_without_reason(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    for one in facts.suppressions().filter(|one| one.state == State::WithoutReason) {
        let fix = if one.is_comment() {
            "Write behind the bracket why it may be left out, and where that was decided."
        } else {
            "Add reason: why it may be left out, and where that was decided."
        };
        report
            .finding(one.spot.clone(), &one.subject())
            .message(format!("This {} gives no reason, and so it does not count.", what(one)))
            .why("Without a reason nobody can tell later whether it still holds, and a lockout stays hidden behind it.")
            .fix(fix)
            .done();
    }
    Ok(())
}

fn what(one: &Suppression) -> &'static str {
    if one.is_comment() {
        "comment"
    } else if is_about_gaps(one) {
        "entry of accept_gaps"
    } else {
        "entry of ignore"
    }
}

fn is_about_gaps(one: &Suppression) -> bool {
    one.subject().first() == Some(&"accept_gaps")
}
