//! Which groups a claim carries: by a filter or by the functions of an expression (semantics G6.4–G6.9). Whether the token has the claim
//! at all is decided in `claim_source`.

use crate::model::claims::{Claim, ClaimValue, FilterKind};
use crate::model::directory::{Directory, Group, GroupKind};
use crate::model::{Gap, Truth};

use super::expression::{GroupFunction, GroupSource, NameMatch, read_group_functions};
use super::java_regex::{JavaRegex, RegexReading, RegexRefusal};

/// The most names that an own or a federated expression may ask for; above it there is no token (G6.9).
pub const GROUP_LIMIT: u64 = 100;

/// A claim that carries names of groups.
#[derive(Debug, Clone)]
pub struct GroupNames {
    pub claim: Claim,
    selection: Selection,
    /// Whether the claim is in the token at all is not known, and why.
    perhaps: Option<Gap>,
}

/// Why a configured claim is not one of [`GroupNames`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoGroupNames {
    /// Its filter is `*`, which is not a regex: Okta does not send it (G6.6).
    FilterNotARegex,
    /// What it carries cannot be worked out.
    Unknown(Gap),
}

#[derive(Debug, Clone)]
enum Selection {
    StartsWith(String),
    Equals(String),
    Contains(String),
    Regex(Box<JavaRegex>),
    /// A filter that cannot be followed: it gives some of the person's Okta-sourced groups.
    SomeOf(Gap),
    Functions(Vec<GroupFunction>),
}

impl GroupNames {
    /// What a configured claim carries when it is sent.
    pub fn read(claim: &Claim) -> Result<GroupNames, NoGroupNames> {
        let selection = match &claim.value {
            ClaimValue::Filter { kind: FilterKind::StartsWith, value } => {
                Selection::StartsWith(value.to_lowercase())
            }
            ClaimValue::Filter { kind: FilterKind::Equals, value } => Selection::Equals(value.to_lowercase()),
            ClaimValue::Filter { kind: FilterKind::Contains, value } => {
                Selection::Contains(value.to_lowercase())
            }
            ClaimValue::Filter { kind: FilterKind::Regex, value } => match JavaRegex::read(value) {
                Ok(regex) => Selection::Regex(Box::new(regex)),
                Err(RegexRefusal::NotARegex) => return Err(NoGroupNames::FilterNotARegex),
                Err(RegexRefusal::CannotFollow(construct)) => Selection::SomeOf(claim.undecided(&format!(
                    "the regex uses {construct}, which cannot be followed here as Okta reads it"
                ))),
            },
            ClaimValue::Expression(expression) => match read_group_functions(expression) {
                Some(functions) => Selection::Functions(functions),
                None => {
                    return Err(NoGroupNames::Unknown(claim.undecided(&format!(
                        "the expression of the claim {} cannot be evaluated here",
                        claim.name
                    ))));
                }
            },
            ClaimValue::Other(why) => return Err(NoGroupNames::Unknown(claim.undecided(why))),
        };
        Ok(GroupNames { claim: claim.clone(), selection, perhaps: None })
    }

    /// Takes note that the token may not have the claim at all, and why.
    pub(super) fn may_not_be_sent(&mut self, why: Gap) {
        self.perhaps = Some(why);
    }

    /// Whether a regex decides, of which two readings are possible (G6.6).
    pub fn has_two_readings(&self) -> bool {
        matches!(self.selection, Selection::Regex(_))
    }

    /// Whether a filter chooses the groups, rather than an expression.
    pub fn is_filter(&self) -> bool {
        !matches!(self.selection, Selection::Functions(_))
    }

    /// What is missing to know what the claim carries, where it is the claim itself that is not known.
    pub fn gap(&self) -> Option<&Gap> {
        match &self.selection {
            Selection::SomeOf(gap) => Some(gap),
            _ => self.perhaps.as_ref(),
        }
    }

    /// What is missing where it is not known whether the token has the claim at all.
    pub fn perhaps_not_sent(&self) -> Option<&Gap> {
        self.perhaps.as_ref()
    }

    fn if_sent(&self, truth: Truth) -> Truth {
        if self.perhaps.is_some() { truth.and(Truth::Maybe) } else { truth }
    }

    /// Whether the claim carries the group's name for its members.
    pub fn passes(&self, group: &Group, reading: RegexReading) -> Truth {
        self.if_sent(self.selects(group, reading))
    }

    fn selects(&self, group: &Group, reading: RegexReading) -> Truth {
        match &self.selection {
            Selection::Functions(functions) => {
                functions.iter().map(|function| function_passes(function, group)).max().unwrap_or(Truth::No)
            }
            _ => {
                let name =
                    group.name.as_deref().map_or(Truth::Maybe, |name| self.filter_takes(name, reading));
                filter_takes_kind(group.kind).and(name)
            }
        }
    }

    /// Whether a group of this name, of which nothing else is known, could be in the claim.
    pub fn could_carry(&self, name: &str, reading: RegexReading) -> Truth {
        self.if_sent(match &self.selection {
            Selection::Functions(functions) => functions
                .iter()
                .map(|function| function_could_carry(function, name))
                .max()
                .unwrap_or(Truth::No),
            _ => self.filter_takes(name, reading),
        })
    }

    /// Whether the claim could carry this name for a group that no list has: an expression that names its groups by id takes no other.
    pub fn could_carry_unlisted(&self, directory: &Directory, name: &str, reading: RegexReading) -> Truth {
        let listed = |id: &String| {
            let group = directory.group_by_id(id).and_then(|group| directory.group(group));
            group.is_some_and(|group| group.name.is_some())
        };
        let Selection::Functions(functions) = &self.selection else { return self.could_carry(name, reading) };
        let truths = functions.iter().map(|function| match function {
            GroupFunction::Filtered { group_ids, .. } if group_ids.iter().all(listed) => Truth::No,
            _ => function_could_carry(function, name),
        });
        self.if_sent(truths.max().unwrap_or(Truth::No))
    }

    /// The filter alone, on a name.
    fn filter_takes(&self, name: &str, reading: RegexReading) -> Truth {
        let folded = name.to_lowercase();
        match &self.selection {
            Selection::StartsWith(start) => Truth::of(folded.starts_with(start.as_str())),
            Selection::Equals(whole) => Truth::of(folded == *whole),
            Selection::Contains(part) => Truth::of(folded.contains(part.as_str())),
            Selection::Regex(regex) => Truth::of(regex.matches(name, reading)),
            Selection::SomeOf(_) | Selection::Functions(_) => Truth::Maybe,
        }
    }

    /// `Groups.*` with a limit above 100: Okta issues no token (G6.9).
    pub fn refuses_token(&self) -> Option<u64> {
        let Selection::Functions(functions) = &self.selection else { return None };
        functions.iter().find_map(|function| match function {
            GroupFunction::Starts { limit, .. }
            | GroupFunction::Contains { limit, .. }
            | GroupFunction::Ends { limit, .. }
                if *limit > GROUP_LIMIT =>
            {
                Some(*limit)
            }
            _ => None,
        })
    }

    /// What gives the claim its names, each with the limit that it stops at: the filter, or the expression's functions one by one.
    pub fn shares(&self) -> Vec<(GroupNames, Option<u64>)> {
        let Selection::Functions(functions) = &self.selection else { return vec![(self.clone(), None)] };
        functions
            .iter()
            .map(|function| {
                let limit = match function {
                    GroupFunction::Starts { limit, .. }
                    | GroupFunction::Contains { limit, .. }
                    | GroupFunction::Ends { limit, .. }
                    | GroupFunction::Filtered { limit, .. } => Some(*limit),
                    GroupFunction::OfUser { .. } => None,
                };
                let share = GroupNames {
                    claim: self.claim.clone(),
                    selection: Selection::Functions(vec![function.clone()]),
                    perhaps: self.perhaps.clone(),
                };
                (share, limit)
            })
            .collect()
    }

    /// Whether the claim would carry a group of this name and kind, of which the id is not known.
    pub fn would_pass(&self, name: &str, kind: GroupKind, reading: RegexReading) -> Truth {
        self.if_sent(match &self.selection {
            Selection::Functions(functions) => functions
                .iter()
                .map(|function| match function {
                    GroupFunction::Starts { source, .. }
                    | GroupFunction::Contains { source, .. }
                    | GroupFunction::Ends { source, .. } => {
                        from_source(source, kind).and(function_could_carry(function, name))
                    }
                    GroupFunction::Filtered { .. } | GroupFunction::OfUser { .. } => {
                        function_could_carry(function, name)
                    }
                })
                .max()
                .unwrap_or(Truth::No),
            _ => filter_takes_kind(kind).and(self.filter_takes(name, reading)),
        })
    }

    /// Whether a limit can never cut the claim short, whatever groups there are: it names them by id, and no more than the limit.
    pub fn always_within(&self, limit: u64) -> bool {
        let Selection::Functions(functions) = &self.selection else { return false };
        let named = functions.iter().try_fold(0_u64, |sum, function| match function {
            GroupFunction::Filtered { group_ids, .. } => {
                sum.checked_add(u64::try_from(group_ids.len()).unwrap_or(u64::MAX))
            }
            _ => None,
        });
        named.is_some_and(|named| named <= limit)
    }

    /// The most names that the claim can carry by its limits; `None` without one.
    pub fn most(&self) -> Option<u64> {
        if self.is_filter() {
            return None;
        }
        self.shares().into_iter().try_fold(0_u64, |sum, (_, limit)| sum.checked_add(limit?))
    }
}

/// A filter takes Okta's own groups only (G6.4).
fn filter_takes_kind(kind: GroupKind) -> Truth {
    match kind {
        GroupKind::Okta | GroupKind::BuiltIn => Truth::Yes,
        GroupKind::App => Truth::No,
        GroupKind::Unsaid => Truth::Maybe,
    }
}

fn function_passes(function: &GroupFunction, group: &Group) -> Truth {
    let Some(name) = group.name.as_deref() else {
        return match function {
            GroupFunction::Filtered { group_ids, .. } => Truth::of(group_ids.contains(&group.id)),
            _ => Truth::Maybe,
        };
    };
    match function {
        GroupFunction::Filtered { group_ids, .. } => Truth::of(group_ids.contains(&group.id)),
        GroupFunction::OfUser { text, how } => Truth::of(name_matches(name, text, *how)),
        GroupFunction::Starts { source, text, .. } => {
            from_source(source, group.kind).and(but_for_case(name, text, |name, text| name.starts_with(text)))
        }
        GroupFunction::Contains { source, text, .. } => {
            from_source(source, group.kind).and(but_for_case(name, text, |name, text| name.contains(text)))
        }
        GroupFunction::Ends { source, text, .. } => {
            from_source(source, group.kind).and(but_for_case(name, text, |name, text| name.ends_with(text)))
        }
    }
}

fn function_could_carry(function: &GroupFunction, name: &str) -> Truth {
    match function {
        GroupFunction::Filtered { .. } => Truth::Maybe,
        GroupFunction::OfUser { text, how } => Truth::of(name_matches(name, text, *how)),
        GroupFunction::Starts { text, .. } => but_for_case(name, text, |name, text| name.starts_with(text)),
        GroupFunction::Contains { text, .. } => but_for_case(name, text, |name, text| name.contains(text)),
        GroupFunction::Ends { text, .. } => but_for_case(name, text, |name, text| name.ends_with(text)),
    }
}

fn name_matches(name: &str, text: &str, how: NameMatch) -> bool {
    match how {
        NameMatch::Exact => name == text,
        NameMatch::StartsWith => name.starts_with(text),
    }
}

/// No document says whether `Groups.*` minds case: what differs by case alone may or may not match.
fn but_for_case(name: &str, text: &str, matches: impl Fn(&str, &str) -> bool) -> Truth {
    if matches(name, text) {
        Truth::Yes
    } else if matches(&name.to_lowercase(), &text.to_lowercase()) {
        Truth::Maybe
    } else {
        Truth::No
    }
}

/// No answer that is read says from which app a group comes, so an app's groups may be of the source that is asked for.
fn from_source(source: &GroupSource, kind: GroupKind) -> Truth {
    match (source, kind) {
        (GroupSource::Okta, GroupKind::Okta | GroupKind::BuiltIn) => Truth::Yes,
        (GroupSource::Okta, GroupKind::App) | (GroupSource::App(_), GroupKind::Okta | GroupKind::BuiltIn) => {
            Truth::No
        }
        (GroupSource::App(_), GroupKind::App) | (_, GroupKind::Unsaid) => Truth::Maybe,
    }
}
