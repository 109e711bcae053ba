//! How a value is written: Torq compares it with the token character by character.

use crate::finding::prose::acts;
use crate::finding::{Prose, Spot};
use crate::model::Gap;
use crate::rules::console;
use crate::rules::facts::{Facts, Reporter};
use crate::rules::rows::MappingRow;

use super::{has_group, named, names_group, names_person, value};

const BY_EQUALITY: &str = "Torq compares the value with the token character by character.";

pub(super) fn distinguished_name(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    for row in facts.mappings()? {
        let Some(first) = first_name(&row.mapping.claim_value) else { continue };
        if has_group(facts, &row) {
            continue;
        }
        match names_group(facts, &row) {
            Ok(true) => {}
            Ok(false) => continue,
            Err(gap) => {
                report.cannot_tell(gap);
                continue;
            }
        }
        let there = if facts.world.directory.groups_named(&first).is_empty() {
            String::new()
        } else {
            format!(" Okta has a group named {first}.")
        };
        report
            .finding(row.value_spot(), &row.subject())
            .message(Prose::from("The mapping at ").then(named(&row)).text(format!(" has a distinguished name as its value.{there}")))
            .why(format!(
                "{BY_EQUALITY} Okta sends the name of a group, not its place in a directory, so the mapping matches nobody, and whoever has no other is locked out."
            ))
            .fix(format!("Type {first} as the claim value under {}.", console::TORQ_CLAIM_MAPPINGS))
            .done();
    }
    Ok(())
}

/// The name that a distinguished name begins with: `SOC` of `CN=SOC,OU=Groups,DC=acme`. `None` for any other text.
pub(super) fn first_name(value: &str) -> Option<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut escaped = false;
    for c in value.trim().chars() {
        match c {
            _ if escaped => {
                part.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            ',' => parts.push(std::mem::take(&mut part)),
            _ => part.push(c),
        }
    }
    parts.push(part);
    let named = |part: &str, keys: &[&str]| {
        part.split_once('=')
            .filter(|(key, _)| keys.iter().any(|known| key.trim().eq_ignore_ascii_case(known)))
            .map(|(_, name)| name.trim().to_owned())
    };
    let first = named(parts.first()?, &["CN", "OU", "UID"])?;
    let rest_is_named = parts.iter().skip(1).all(|part| part.contains('='));
    (!first.is_empty() && rest_is_named).then_some(first)
}

pub(super) fn whitespace(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    for row in facts.mappings()? {
        let fields = [
            ("claim name", row.mapping.claim_name.as_str(), row.name_spot()),
            ("claim value", row.mapping.claim_value.as_str(), row.value_spot()),
        ];
        for (what, text, spot) in fields {
            if trimmed(text) == text || (what == "claim value" && has_group(facts, &row)) {
                continue;
            }
            edge_space(report, &row, what, text, spot);
        }
    }
    Ok(())
}

fn edge_space(report: &mut Reporter<'_>, row: &MappingRow<'_>, what: &str, text: &str, spot: Spot) {
    let clean = trimmed(text);
    let where_ = match (text.starts_with(clean), text.ends_with(clean)) {
        (true, _) => "at the end",
        (_, true) => "at the start",
        _ => "at both ends",
    };
    let kind = if text.chars().any(acts) { "an invisible character or a space" } else { "a space" };
    let typed = if what == "claim value" && names_person(row) {
        Prose::default().person(clean)
    } else {
        Prose::from(clean)
    };
    report
        .finding(spot, &row.subject())
        .message(
            Prose::from(format!("The {what} of rank {} has {kind} {where_}: \"", row.mapping.rank))
                .then(if what == "claim value" { value(row) } else { Prose::from(text) })
                .text("\"."),
        )
        .why(format!(
            "{BY_EQUALITY} Whether it leaves such a character out is not documented; if it does not, the mapping matches nobody, and whoever has no other is locked out."
        ))
        .fix(
            Prose::from("Type ")
                .then(typed)
                .text(format!(" as the {what}, with nothing before or behind it, under {}.", console::TORQ_CLAIM_MAPPINGS)),
        )
        .done();
}

/// Without spaces and invisible characters at the ends.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || acts(c))
}

pub(super) fn pattern(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    for row in facts.mappings()? {
        let text = row.mapping.claim_value.as_str();
        if !is_pattern(text) || has_group(facts, &row) {
            continue;
        }
        let groups = if names_person(&row) { Vec::new() } else { beginning_alike(facts, text) };
        let place = console::TORQ_CLAIM_MAPPINGS;
        let fix = if names_person(&row) {
            format!("Make one mapping for each person, or map a group that they are in, under {place}.")
        } else if groups.is_empty() {
            format!(
                "Make one mapping for each group, with its exact name as the claim value, under {place}. For everyone, type Everyone."
            )
        } else {
            format!(
                "Make one mapping for each group, with its exact name as the claim value, under {place}; such as {}.",
                groups.join(", ")
            )
        };
        report
            .finding(row.value_spot(), &row.subject())
            .message(Prose::from("The mapping at ").then(named(&row)).text(" has a pattern as its value."))
            .why(format!(
                "{BY_EQUALITY} A pattern is not evaluated, so the mapping matches nobody, and whoever has no other is locked out."
            ))
            .fix(fix)
            .done();
    }
    Ok(())
}

/// A star, as in `SOC*` and `.*`; `.+`; or a text between `^` and `$`.
fn is_pattern(text: &str) -> bool {
    text.contains('*') || text.contains(".+") || (text.starts_with('^') && text.ends_with('$'))
}

/// A few groups that begin as the pattern does.
fn beginning_alike<'a>(facts: &Facts<'a>, pattern: &str) -> Vec<&'a str> {
    const FEW: usize = 5;
    let start: String = pattern
        .trim_start_matches('^')
        .chars()
        .take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' '))
        .collect();
    if start.is_empty() {
        return Vec::new();
    }
    let mut names: Vec<&str> = facts
        .world
        .directory
        .groups
        .iter()
        .filter_map(|group| group.name.as_deref())
        .filter(|name| name.starts_with(&start))
        .collect();
    names.sort_unstable();
    names.dedup();
    names.truncate(FEW);
    names
}
