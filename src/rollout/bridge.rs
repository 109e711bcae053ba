//! One regex that passes what either of two filters passes (semantics G6.5, G6.6). It is only ever proposed: each state with it is
//! decided by the simulation, like any other.

use crate::model::claims::{Claim, ClaimValue, FilterKind};
use crate::signin::java_regex::JavaRegex;

/// `None` where the claims have different names, or one of the filters cannot stand inside another regex.
pub fn passing_both(before: &Claim, after: &Claim) -> Option<ClaimValue> {
    if before.name != after.name {
        return None;
    }
    let value = format!("{}|{}", branch(&before.value)?, branch(&after.value)?);
    JavaRegex::read(&value).ok()?;
    let bridge = ClaimValue::Filter { kind: FilterKind::Regex, value };
    (bridge != before.value && bridge != after.value).then_some(bridge)
}

/// A filter as one branch of a regex: it passes the same names, whether a regex must match the whole name or not.
fn branch(value: &ClaimValue) -> Option<String> {
    let ClaimValue::Filter { kind, value } = value else { return None };
    let quoted = || (!value.contains("\\E")).then(|| format!("\\Q{value}\\E"));
    match kind {
        FilterKind::StartsWith => Some(format!("(?:^(?i:{}).*$)", quoted()?)),
        FilterKind::Equals => Some(format!("(?:^(?i:{})$)", quoted()?)),
        FilterKind::Contains => Some(format!("(?:^.*(?i:{}).*$)", quoted()?)),
        FilterKind::Regex => {
            JavaRegex::read(value).ok()?;
            // Numbers of groups shift inside another regex, and a quote that is not closed would swallow what follows.
            let refers = value.char_indices().any(|(at, c)| {
                let next = value.get(at + 1..).and_then(|rest| rest.chars().next());
                c == '\\' && next.is_some_and(|next| next.is_ascii_digit() || matches!(next, 'k' | 'Q'))
            });
            (!refers).then(|| format!("(?:{value})"))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::document::{DocumentName, JsonPath};
    use crate::model::Place;
    use crate::signin::java_regex::RegexReading;

    fn claim(kind: FilterKind, value: &str) -> Claim {
        Claim {
            name: "groups".to_owned(),
            value: ClaimValue::Filter { kind, value: value.to_owned() },
            place: Place::new(DocumentName::IdToken, JsonPath::root()),
            value_field: "value",
            name_field: "name",
            scopes: Vec::new(),
            always_in_id_token: true,
            may_be_off: false,
        }
    }

    #[test]
    fn it_passes_what_either_passes_and_nothing_else() {
        let starts = claim(FilterKind::StartsWith, "SOC.");
        let contains = claim(FilterKind::Contains, "eng");
        let equals = claim(FilterKind::Equals, "Torq");
        let regex = claim(FilterKind::Regex, "torq-.*|x");
        for (before, after, passing, not_passing) in [
            (&starts, &contains, &["soc.1", "SOC.", "my-ENG-x"][..], &["SOC1", "a SOC.", ""][..]),
            (&equals, &regex, &["torq", "TORQ", "torq-a", "x"], &["torq2", "atorq", "TORQ-a"]),
        ] {
            let Some(ClaimValue::Filter { value, .. }) = passing_both(before, after) else { panic!() };
            let bridge = JavaRegex::read(&value).unwrap();
            for name in passing {
                assert_eq!(bridge.matches(name, RegexReading::Whole), Some(true), "{value} {name}");
            }
            for name in not_passing {
                assert_eq!(bridge.matches(name, RegexReading::Whole), Some(false), "{value} {name}");
            }
        }
    }

    #[test]
    fn there_is_none_where_one_cannot_stand_inside_another() {
        let other = claim(FilterKind::Equals, "a");
        for value in ["*", "(a)\\1", "\\Qa", "a("] {
            assert_eq!(passing_both(&claim(FilterKind::Regex, value), &other), None, "{value}");
        }
        let renamed = Claim { name: "roles".to_owned(), ..other.clone() };
        assert_eq!(passing_both(&other, &renamed), None);
    }
}
