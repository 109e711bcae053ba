//! Which group names the claim lets through.

use crate::document::DocumentName;
use crate::finding::Spot;
use crate::model::claims::{Claim, ClaimValue, FilterKind};
use crate::model::directory::GroupKind;
use crate::model::{Cause, Gap, Place, Truth, World};
use crate::rules::facts::{Facts, Reporter};
use crate::rules::rows::MappingRow;
use crate::signin::claim_source::{self, ClaimSource, NotSent};
use crate::signin::group_names::GroupNames;
use crate::signin::java_regex::RegexReading;

use super::{
    carried_by, claims_of_torq, described, group_rows, is_directory_group, is_no_group, mapped_groups,
    some_of, what_to_type,
};

pub(super) fn groups_regex_invalid(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    for claim in claims_of_torq(facts)? {
        let ClaimValue::Filter { value, .. } = &claim.value else { continue };
        if !matches!(claim_source::carried(claim), ClaimSource::NotSent(NotSent::FilterNotARegex)) {
            continue;
        }
        let groups = mapped_groups(facts, &claim.name);
        let fix = if groups.is_empty() {
            format!("Type .* (the vendor's value) under {}.", super::place_of_filter(claim))
        } else {
            what_to_type(facts.world, &claim.place.document, &claim.name, &groups)
        };
        report
            .finding(Spot::value(claim.value_place()), &[&claim.name, value])
            .message(format!(
                "The groups claim filter {value} is not a regex: nothing stands before the * that it could repeat."
            ))
            .why("Okta then sends no groups at all, so no mapping of a group matches; whoever has no other mapping is locked out.")
            .fix(fix)
            .done();
    }
    Ok(())
}

/// Whether the claim can carry a group of this name, in each reading of a regex.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Carries {
    whole: Truth,
    search: Truth,
}

fn carries(world: &World, names: &GroupNames, group: &str) -> Carries {
    let whole = carries_in(world, names, group, RegexReading::Whole);
    let search =
        if names.has_two_readings() { carries_in(world, names, group, RegexReading::Search) } else { whole };
    Carries { whole, search }
}

fn carries_in(world: &World, names: &GroupNames, group: &str, reading: RegexReading) -> Truth {
    let directory = &world.directory;
    let listed = directory.groups_named(group);
    // A filter is asked for the name alone: that it skips directory groups is another rule's.
    if names.is_filter() || listed.is_empty() {
        return names.could_carry(group, reading);
    }
    let unlisted = if directory.settles_group(group) {
        Truth::No
    } else {
        names.could_carry(group, reading).and(Truth::Maybe)
    };
    listed
        .iter()
        .filter_map(|index| directory.group(*index))
        .map(|group| names.passes(group, reading))
        .fold(unlisted, Truth::or)
}

/// A mapping of a group, what its claim carries, and whether that includes the group.
struct Mapped<'a> {
    row: MappingRow<'a>,
    names: GroupNames,
    carries: Carries,
}

/// Mappings of groups that Okta has, or may have, by claims that carry groups. Where a claim's value is not known, so is the mapping.
fn mapped<'a>(facts: &Facts<'a>, report: &mut Reporter<'_>) -> Result<Vec<Mapped<'a>>, Gap> {
    let world = facts.world;
    let mut found = Vec::new();
    for row in group_rows(facts)? {
        let group = &row.mapping.claim_value;
        if is_no_group(world, group) {
            continue;
        }
        match carried_by(world, &row) {
            Ok(Some(names)) => {
                let carries = carries(world, &names, group);
                found.push(Mapped { row, names, carries });
            }
            Ok(None) => {}
            Err(gap) => report.cannot_tell(gap),
        }
    }
    Ok(found)
}

fn undecided(claim: &Claim, group: &str) -> Gap {
    Gap {
        place: claim.value_place(),
        cause: Cause::Undecided(format!("whether {} passes {group} is not known", described(claim))),
    }
}

pub(super) fn groups_filter_excludes_mapped_group(
    facts: &Facts<'_>,
    report: &mut Reporter<'_>,
) -> Result<(), Gap> {
    for Mapped { row, names, carries } in mapped(facts, report)? {
        let group = &row.mapping.claim_value;
        match carries.whole.or(carries.search) {
            Truth::Yes => continue,
            Truth::Maybe => {
                report.cannot_tell(undecided(&names.claim, group));
                continue;
            }
            Truth::No => {}
        }
        let hint = if passes_but_for_case(&names.claim, group) {
            " It would pass but for case, which a regex minds."
        } else {
            ""
        };
        report
            .finding(row.value_spot(), &row.subject())
            .message(format!(
                "{} keeps the mapped group {group} out of the token.{hint}",
                capital(&described(&names.claim))
            ))
            .why("Okta leaves the group out of everybody's token, so this mapping never matches; whoever has no other mapping is locked out.")
            .fix(what_to_type(
                facts.world,
                &names.claim.place.document,
                &names.claim.name,
                &mapped_groups(facts, &names.claim.name),
            ))
            .related(Spot::value(names.claim.value_place()), "what the token carries of the groups")
            .done();
    }
    Ok(())
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// The same filter with another value.
fn with_value(claim: &Claim, value: String) -> ClaimSource {
    let kind = FilterKind::Regex;
    claim_source::carried(&Claim { value: ClaimValue::Filter { kind, value }, ..claim.clone() })
}

fn passes_but_for_case(claim: &Claim, group: &str) -> bool {
    let ClaimValue::Filter { kind: FilterKind::Regex, value } = &claim.value else { return false };
    match with_value(claim, format!("(?i){value}")) {
        ClaimSource::Groups(names) => names.could_carry(group, RegexReading::Search) == Truth::Yes,
        _ => false,
    }
}

pub(super) fn groups_regex_anchoring(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let mut by_claim: Vec<(Claim, Vec<MappingRow<'_>>)> = Vec::new();
    for Mapped { row, names, carries } in mapped(facts, report)? {
        match (carries.whole, carries.search) {
            (Truth::No, Truth::Yes) => match by_claim.iter_mut().find(|(claim, _)| *claim == names.claim) {
                Some((_, rows)) => rows.push(row),
                None => by_claim.push((names.claim, vec![row])),
            },
            (Truth::Maybe, _) | (_, Truth::Maybe) if names.has_two_readings() => {
                report.cannot_tell(undecided(&names.claim, &row.mapping.claim_value));
            }
            _ => {}
        }
    }
    for (claim, rows) in by_claim {
        let ClaimValue::Filter { value, .. } = &claim.value else { continue };
        let mut groups: Vec<&str> = rows.iter().map(|row| row.mapping.claim_value.as_str()).collect();
        groups.dedup();
        let fix = match anchored(&claim, value, &groups) {
            Some(regex) => {
                format!("Type {regex} instead of {value} under {}.", super::place_of_filter(&claim))
            }
            None => what_to_type(
                facts.world,
                &claim.place.document,
                &claim.name,
                &mapped_groups(facts, &claim.name),
            ),
        };
        let verb = if groups.len() == 1 { "passes" } else { "pass" };
        let mut draft = report
            .finding(Spot::value(claim.value_place()), &[&claim.name, value])
            .message(format!(
                "{} {verb} the regex {value} only if Okta searches for it in the name; if it must match the whole name, the token lacks {}.",
                some_of(&groups),
                if groups.len() == 1 { "it" } else { "them" }
            ))
            .why("Okta does not say which of the two it does, and its own examples fit the whole name. If it is the whole name, these mappings never match, and whoever has no other mapping is locked out.")
            .fix(fix);
        for row in rows.iter().take(10) {
            draft = draft.related(row.value_spot(), "a mapped group that depends on it");
        }
        draft.done();
    }
    Ok(())
}

/// A regex that sends the same groups in both readings; `None` where none of ours does.
fn anchored(claim: &Claim, value: &str, groups: &[&str]) -> Option<String> {
    let is_plain = |text: &str| !text.contains(|c: char| r"\.[]{}()*+?^$|".contains(c));
    let wild = value.strip_suffix('*').filter(|before| is_plain(before)).map(|before| format!("{before}.*"));
    let single = !value.contains('|');
    let before = if single && value.starts_with('^') { "" } else { ".*" };
    let after = if single && value.ends_with('$') && !value.ends_with("\\$") { "" } else { ".*" };
    let wide = if single { format!("{before}{value}{after}") } else { format!(".*(?:{value}).*") };
    wild.into_iter().chain([wide]).find(|regex| match with_value(claim, regex.clone()) {
        ClaimSource::Groups(names) => {
            groups.iter().all(|group| names.could_carry(group, RegexReading::Whole) == Truth::Yes)
        }
        _ => false,
    })
}

pub(super) fn groups_filter_skips_directory_group(
    facts: &Facts<'_>,
    report: &mut Reporter<'_>,
) -> Result<(), Gap> {
    let world = facts.world;
    let directory = &world.directory;
    for row in group_rows(facts)? {
        let group = row.mapping.claim_value.as_str();
        let claim = match claim_source::configured(world, &row.mapping.claim_name).need() {
            Ok(Some(claim)) => *claim,
            Ok(None) => continue,
            Err(gap) => {
                report.cannot_tell(gap);
                continue;
            }
        };
        if !matches!(claim.value, ClaimValue::Filter { .. }) || is_no_group(world, group) {
            continue;
        }
        let listed = || directory.groups_named(group).iter().filter_map(|index| directory.group(*index));
        if listed().any(|group| matches!(group.kind, GroupKind::Okta | GroupKind::BuiltIn)) {
            continue;
        }
        if !directory.settles_group(group) {
            report.cannot_tell(directory.group_list.gap(&DocumentName::Groups));
            continue;
        }
        if !is_directory_group(world, group) {
            let position = listed().find_map(|group| group.position);
            let path = crate::document::JsonPath::root().index(position.unwrap_or_default()).key("type");
            report.cannot_tell(Gap::new(DocumentName::Groups, path, Cause::NotThere));
            continue;
        }
        let mut draft = report
            .finding(row.value_spot(), &row.subject())
            .message(format!(
                "The mapped group {group} comes from a directory or an app, and the claim {} is a filter, which sends Okta's own groups only.",
                claim.name
            ))
            .why("Okta leaves the group out of everybody's token, whatever the filter's text is, so this mapping never matches; whoever has no other mapping is locked out.")
            .fix(what_to_type(
                world,
                &claim.place.document,
                &claim.name,
                &mapped_groups(facts, &claim.name),
            ))
            .related(Spot::value(claim.value_place()), "the filter");
        if let Some(position) = listed().find_map(|group| group.position) {
            let path = crate::document::JsonPath::root().index(position).key("type");
            draft = draft.related(Spot::value(Place::new(DocumentName::Groups, path)), "the group's type");
        }
        draft.done();
    }
    Ok(())
}

/// Names that have nothing in common: what passes them all passes about everything.
const PROBES: [&str; 4] = ["torq", "9 x.", "(ÄÖ)", "-"];

pub(super) fn groups_filter_broad(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    for claim in claims_of_torq(facts)? {
        let names = match claim_source::carried(claim) {
            ClaimSource::Groups(names) if names.is_filter() => names,
            ClaimSource::Unknown(gap) if matches!(claim.value, ClaimValue::Filter { .. }) => {
                report.cannot_tell(gap);
                continue;
            }
            _ => continue,
        };
        let takes = |reading| PROBES.iter().all(|name| names.could_carry(name, reading) == Truth::Yes);
        if !(takes(RegexReading::Whole) && takes(RegexReading::Search)) {
            continue;
        }
        let ClaimValue::Filter { value, .. } = &claim.value else { continue };
        report
            .finding(Spot::value(claim.value_place()), &[&claim.name, value])
            .message(format!("{} passes every Okta group of a person.", capital(&described(claim))))
            .why("Torq learns every group name, and in the implicit flow Okta issues no token to a person with more than 100 groups: the day someone joins the 101st, they are locked out.")
            .fix(what_to_type(
                facts.world,
                &claim.place.document,
                &claim.name,
                &mapped_groups(facts, &claim.name),
            ))
            .done();
    }
    Ok(())
}
