//! What to type into Okta so that a claim carries these groups and few others.

use crate::document::DocumentName;
use crate::model::World;
use crate::model::claims::{ClaimValue, FilterKind};
use crate::model::directory::GroupKind;

use super::group_names::GROUP_LIMIT;

/// Whether every group of this name comes from a directory or an app; no filter sends such a one.
pub fn is_directory_group(world: &World, name: &str) -> bool {
    let mut groups =
        world.directory.groups_named(name).iter().filter_map(|group| world.directory.group(*group));
    let Some(first) = groups.next() else { return false };
    first.kind == GroupKind::App && groups.all(|group| group.kind == GroupKind::App)
}

/// The longest text that is given to type; a regex that is longer is not followed here either.
const LONGEST: usize = 1_000;

/// The filter or the expression for a claim that is configured in the document `home`; `None` where it would be too long to type.
pub fn selection(world: &World, home: &DocumentName, groups: &[&str]) -> Option<ClaimValue> {
    let short = |text: &String| text.len() <= LONGEST && !groups.is_empty();
    let shared = shared_start(groups);
    if *home == DocumentName::FederatedClaims {
        let start = shared.map(|start| user_groups(&[&format!("{start}.*")]));
        Some(user_groups(groups)).filter(short).or(start).map(ClaimValue::Expression)
    } else if groups.iter().any(|group| is_directory_group(world, group)) {
        Some(filtered_groups(world, groups)).filter(short).map(ClaimValue::Expression)
    } else {
        let start = shared.map(|start| format!("^{}.*", escape(start)));
        let value = Some(exact_filter(groups)).filter(short).or(start)?;
        Some(ClaimValue::Filter { kind: FilterKind::Regex, value })
    }
}

/// What all the names begin with, where it is more than a letter or two.
fn shared_start<'n>(names: &[&'n str]) -> Option<&'n str> {
    let (first, others) = names.split_first()?;
    let mut end = first.len();
    for other in others {
        let same = first.char_indices().zip(other.chars()).take_while(|((_, a), b)| a == b).last();
        end = end.min(same.map_or(0, |((at, c), _)| at + c.len_utf8()));
    }
    first.get(..end).filter(|start| start.chars().count() > 2)
}

/// A regex that passes these names alone, whether it is searched for or must match the whole name.
fn exact_filter(names: &[&str]) -> String {
    let escaped: Vec<String> = names.iter().map(|name| escape(name)).collect();
    match escaped.as_slice() {
        [one] => format!("^{one}$"),
        many => format!("^({})$", many.join("|")),
    }
}

fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for c in name.chars() {
        if r"\.[]{}()*+?^$|".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// An expression of group ids, which takes Okta's groups and those of directories alike.
fn filtered_groups(world: &World, names: &[&str]) -> String {
    let ids: Vec<String> = names
        .iter()
        .flat_map(|name| world.directory.groups_named(name))
        .filter_map(|group| world.directory.group(*group))
        .map(|group| format!("{:?}", group.id))
        .collect();
    format!("getFilteredGroups({{{}}}, \"group.name\", {})", ids.join(", "), GROUP_LIMIT)
}

/// A federated claim's expression for exactly these names.
fn user_groups(names: &[&str]) -> String {
    let calls: Vec<String> = names
        .iter()
        .map(|name| {
            let quote = if name.contains('\'') { '"' } else { '\'' };
            format!("user.getGroups({{'group.profile.name': {quote}{name}{quote}}}).![profile.name]")
        })
        .collect();
    match calls.as_slice() {
        [one] => one.clone(),
        many => format!("Arrays.flatten({})", many.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::signin::java_regex::{JavaRegex, RegexReading};

    /// The filter that a fix proposes passes the names that it is for, and nothing around them, in both readings.
    #[test]
    fn an_exact_filter_passes_its_names_alone() {
        let cases: [&[&str]; 4] =
            [&["torq-admins"], &["a", "b c"], &["R&D (EU)", "C++", "a.b|c"], &[r"CN=x\, y", "[x]{2}^$*?"]];
        for names in cases {
            let filter = exact_filter(names);
            let regex = JavaRegex::read(&filter).unwrap_or_else(|refusal| panic!("{filter}: {refusal:?}"));
            for reading in [RegexReading::Whole, RegexReading::Search] {
                for name in names {
                    assert_eq!(regex.matches(name, reading), Some(true), "{filter} {name}");
                    assert_eq!(regex.matches(&format!("x{name}"), reading), Some(false), "{filter} {name}");
                    assert_eq!(regex.matches(&format!("{name}x"), reading), Some(false), "{filter} {name}");
                }
                assert_eq!(regex.matches("aXb|c", reading), Some(false), "{filter}");
            }
        }
    }
}
