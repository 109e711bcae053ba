//! When a snapshot was read, and whether it is of one moment. What day it is comes from outside, as the option `today`: rules have no clock.

use crate::document::{DocumentName, JsonPath};
use crate::finding::Spot;
use crate::model::{Cause, Gap, Place};
use crate::rules::facts::{Facts, Reporter};

pub(super) fn snapshot_stale(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let Some(manifest) = &facts.world.manifest else { return Ok(()) };
    let allowed = facts.option(report.rule, "days").as_i64().unwrap_or(30);
    let spans = [("Okta", "okta", &manifest.okta), ("Torq", "torq", &manifest.torq)];
    let Some((service, key, read)) = spans
        .into_iter()
        .filter_map(|(service, key, span)| Some((service, key, &span.as_ref()?.to)))
        .min_by_key(|(.., to)| *to)
    else {
        return Ok(());
    };
    let place = |key: &str| Place::new(DocumentName::Manifest, JsonPath::root().key(key).key("to"));
    let undecided = |why: &str| Gap { place: place(key), cause: Cause::Undecided(why.to_owned()) };
    let today = facts.option(report.rule, "today");
    let today = today.as_str().ok_or_else(|| undecided("what day it is was not given"))?;
    let today = days(today).ok_or_else(|| undecided("the option today is not a day such as 2026-11-24"))?;
    let day = days(read).ok_or_else(|| undecided("manifest.json does not say on what day it was read"))?;
    let age = today - day;
    if age <= allowed {
        return Ok(());
    }
    report
        .finding(Spot::value(place(key)), &[key])
        .message(format!(
            "The snapshot is {age} days old: {service} was last read on {}, and {allowed} days are allowed.",
            read.get(..10).unwrap_or(read)
        ))
        .why("People, groups and mappings have changed since: what this report says of them may no longer hold, and a lockout that began later is not in it.")
        .fix("Take it again with `ssolint pull`, or check live with `ssolint check --live`.")
        .done();
    Ok(())
}

pub(super) fn snapshot_torn(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let gaps = facts.world.manifest.iter().flat_map(|manifest| &manifest.gaps);
    for (index, gap) in gaps.enumerate() {
        let message = match gap.as_str() {
            "changed-while-reading" => {
                "The app or the claim mappings changed while they were read, twice in a row."
            }
            "not-read-again" => {
                "Whether the app and the claim mappings changed while they were read is not known: they could not be read again at the end."
            }
            _ => continue,
        };
        let place = Place::new(DocumentName::Manifest, JsonPath::root().key("gaps").index(index));
        report
            .finding(Spot::value(place), &[gap])
            .message(message)
            .why("Its documents may be of different moments: a verdict joins an old mapping with a new group, and nobody ever had it.")
            .fix("Take the snapshot again with `ssolint pull` when nobody works on the connection.")
            .done();
    }
    Ok(())
}

/// Days since 0000-03-01 of a text that begins with `YYYY-MM-DD` (the Gregorian calendar); `None` where it does not.
fn days(text: &str) -> Option<i64> {
    let mut parts = text.get(..10)?.split('-');
    let mut number = |digits: usize| {
        let part = parts
            .next()
            .filter(|part| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()))?;
        part.parse::<i64>().ok()
    };
    let (year, month, day) = (number(4)?, number(2)?, number(2)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    Some(
        year * 365 + year.div_euclid(4) - year.div_euclid(100)
            + year.div_euclid(400)
            + (153 * month + 2) / 5
            + day
            - 1,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_over_months_and_leap_years() {
        for (from, to, between) in [
            ("2026-10-24T00:00:00Z", "2026-11-24", Some(31)),
            ("2024-02-28", "2024-03-01", Some(2)),
            ("2100-02-28", "2100-03-01", Some(1)),
            ("2025-12-31T23:59:59Z", "2026-01-01", Some(1)),
            ("2026-13-01", "2026-01-01", None),
            ("20261124", "2026-01-01", None),
        ] {
            assert_eq!(days(from).zip(days(to)).map(|(from, to)| to - from), between, "{from} {to}");
        }
    }
}
