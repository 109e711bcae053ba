//! Mappings that no token can reach, or that nobody reaches today, and what blocks them.
//!
//! *Shadowed* is logic: it holds whoever is in which group, and is judged as if every mapped claim could be sent and every gate passed.
//! *Unused today* looks at the people there are. Both name an irreducible set of blockers: drop one of them, and the mapping lives.

use std::collections::{BTreeSet, HashMap};

use crate::model::directory::{EVERYONE, GroupKind};
use crate::model::torq::Mapping;
use crate::model::{Cause, Gap, GroupIndex, Truth, World};

use super::claim_source::{self, ClaimSource};
use super::evaluation::SignIn;
use super::group_names::GroupNames;
use super::java_regex::RegexReading;
use super::mapping::Table;
use super::population::PersonIndex;
use super::token;

/// A mapping that no token can reach. Indices are into the mappings by rank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shadowed {
    pub mapping: usize,
    pub blockers: Vec<usize>,
}

/// Mappings that are shadowed whoever is in which group.
pub fn by_logic(sign_in: &SignIn<'_>) -> Vec<Shadowed> {
    judged(sign_in)
        .filter_map(|(mapping, judgement)| match judgement {
            Judgement::Shadowed(blockers) => Some(Shadowed { mapping, blockers }),
            Judgement::Open(_) | Judgement::Reachable => None,
        })
        .collect()
}

/// Mappings of which it is not known whether a token can reach them, with what is missing for each.
pub fn undecided(sign_in: &SignIn<'_>) -> Vec<(usize, Gap)> {
    judged(sign_in)
        .filter_map(|(mapping, judgement)| match judgement {
            Judgement::Open(gap) => Some((mapping, gap)),
            Judgement::Shadowed(_) | Judgement::Reachable => None,
        })
        .collect()
}

fn judged<'a>(sign_in: &'a SignIn<'a>) -> impl Iterator<Item = (usize, Judgement)> + 'a {
    let logic = Logic::new(sign_in.world, sign_in.mappings());
    (0..sign_in.mappings().len()).map(move |index| (index, logic.judge(index)))
}

enum Judgement {
    Shadowed(Vec<usize>),
    /// It is, if what is missing turns out so.
    Open(Gap),
    Reachable,
}

/// Whether a mapping names the group of every user and the claim carries it, in whichever reading of a regex: then every token matches it.
pub fn takes_everyone(world: &World, mapping: &Mapping) -> (Truth, Option<Gap>) {
    let logic = Logic::new(world, std::slice::from_ref(mapping));
    let truths = logic.readings.iter().map(|reading| logic.everyone(mapping, *reading));
    match truths.reduce(|one, other| if one == other { one } else { Truth::Maybe }) {
        Some(Truth::Maybe) => (Truth::Maybe, Some(logic.gap(mapping))),
        truth => (truth.unwrap_or(Truth::No), None),
    }
}

/// What the claims can do, whoever is in which group.
struct Logic<'w> {
    world: &'w World,
    mappings: &'w [Mapping],
    readings: Vec<RegexReading>,
    claims: HashMap<&'w str, Sent>,
    by_value: HashMap<&'w str, Vec<usize>>,
}

/// A mapped claim as if it were sent.
struct Sent {
    source: ClaimSource,
    /// Of a claim of groups: each part, and in which readings everything of it is sent in spite of a limit.
    shares: Vec<(GroupNames, Vec<RegexReading>)>,
}

/// A group that puts a mapped value into a token.
#[derive(Clone, Copy)]
enum Holder {
    Listed(GroupIndex),
    /// No list has it, so it is only known by its kind.
    Unlisted(GroupKind),
}

/// A smallest token that matches a mapping: it carries the mapping's value and what then every token carries.
#[derive(Clone, Copy)]
struct Token {
    reading: RegexReading,
    /// `None` where the value does not come from a group.
    holder: Option<Holder>,
}

impl<'w> Logic<'w> {
    fn new(world: &'w World, mappings: &'w [Mapping]) -> Self {
        let mut sources: HashMap<&str, ClaimSource> = HashMap::new();
        let mut by_value: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, mapping) in mappings.iter().enumerate() {
            let name = mapping.claim_name.as_str();
            sources.entry(name).or_insert_with(|| claim_source::source_as_if_sent(world, name));
            by_value.entry(&mapping.claim_value).or_default().push(index);
        }
        let two =
            |source: &ClaimSource| matches!(source, ClaimSource::Groups(names) if names.has_two_readings());
        let readings = if sources.values().any(two) {
            vec![RegexReading::Whole, RegexReading::Search]
        } else {
            vec![RegexReading::Whole]
        };
        let claims = sources
            .into_iter()
            .map(|(name, source)| (name, Sent { shares: shares(world, &source, &readings), source }))
            .collect();
        Self { world, mappings, readings, claims, by_value }
    }

    fn judge(&self, index: usize) -> Judgement {
        let Some(mapping) = self.mappings.get(index) else { return Judgement::Reachable };
        let with_value = |value: &str| self.by_value.get(value).map_or(&[][..], Vec::as_slice);
        let earlier: BTreeSet<usize> = with_value(&mapping.claim_value)
            .iter()
            .chain(with_value(EVERYONE))
            .copied()
            .filter(|other| self.mappings.get(*other).is_some_and(|other| other.rank < mapping.rank))
            .collect();
        if earlier.is_empty() {
            return Judgement::Reachable;
        }
        let mut blocked: BTreeSet<BTreeSet<usize>> = BTreeSet::new();
        let mut open = None;
        for token in self.tokens(mapping) {
            let blockers = |wanted: Truth| {
                earlier.iter().copied().filter(move |other| {
                    self.mappings
                        .get(*other)
                        .is_some_and(|other| self.blocks(other, mapping, token) == wanted)
                })
            };
            let certain: BTreeSet<usize> = blockers(Truth::Yes).collect();
            if !certain.is_empty() {
                blocked.insert(certain);
                continue;
            }
            match blockers(Truth::Maybe).next().and_then(|other| self.mappings.get(other)) {
                Some(other) => open = open.or_else(|| Some(self.gap(other))),
                None => return Judgement::Reachable,
            }
        }
        if let Some(gap) = open {
            return Judgement::Open(gap);
        }
        let tokens: Vec<BTreeSet<usize>> = blocked.into_iter().collect();
        irreducible(&tokens).map_or(Judgement::Reachable, Judgement::Shadowed)
    }

    /// The tokens that match a mapping. Where none does, those that would if its value could be sent.
    fn tokens(&self, mapping: &Mapping) -> Vec<Token> {
        let readings = self.readings.iter().copied();
        let Some(Sent { source: ClaimSource::Groups(names), .. }) =
            self.claims.get(mapping.claim_name.as_str())
        else {
            return readings.map(|reading| Token { reading, holder: None }).collect();
        };
        let all = |holders: Vec<Holder>| -> Vec<Token> {
            let with = |reading| holders.iter().map(move |holder| Token { reading, holder: Some(*holder) });
            self.readings.iter().flat_map(|reading| with(*reading)).collect()
        };
        let holders = self.holders(&mapping.claim_value);
        let mut tokens = all(holders.clone());
        tokens.retain(|token| {
            token.holder.is_some_and(|holder| {
                self.passes(names, holder, &mapping.claim_value, token.reading) != Truth::No
            })
        });
        if !tokens.is_empty() {
            return tokens;
        }
        all(if holders.is_empty() { UNLISTED.to_vec() } else { holders })
    }

    /// Groups of a name: those that are listed, and such as may be missing from the list.
    fn holders(&self, name: &str) -> Vec<Holder> {
        let directory = &self.world.directory;
        let mut holders: Vec<Holder> =
            directory.groups_named(name).iter().map(|group| Holder::Listed(*group)).collect();
        if name == EVERYONE {
            let everyone = self.everyone_group();
            if matches!(everyone, Holder::Unlisted(_)) {
                holders.push(everyone);
            }
        } else if !directory.settles_group(name) {
            holders.extend(UNLISTED);
        }
        holders
    }

    /// Okta always has the group of every user, whether or not a list shows it.
    fn everyone_group(&self) -> Holder {
        let directory = &self.world.directory;
        directory
            .groups_named(EVERYONE)
            .iter()
            .find(|group| directory.group(**group).is_some_and(crate::model::directory::Group::is_everyone))
            .map_or(Holder::Unlisted(GroupKind::BuiltIn), |group| Holder::Listed(*group))
    }

    fn passes(&self, names: &GroupNames, holder: Holder, name: &str, reading: RegexReading) -> Truth {
        match holder {
            Holder::Listed(group) => token::passing(self.world, names, group, reading),
            Holder::Unlisted(kind) => names.would_pass(name, kind, reading),
        }
    }

    /// Whether a token that matches the mapping also matches an earlier one.
    fn blocks(&self, earlier: &Mapping, mapping: &Mapping, token: Token) -> Truth {
        if earlier.claim_name == mapping.claim_name && earlier.claim_value == mapping.claim_value {
            return Truth::Yes;
        }
        let by_holder = match token.holder {
            Some(holder) if earlier.claim_value == mapping.claim_value => {
                self.carries(earlier, holder, token.reading)
            }
            _ => Truth::No,
        };
        by_holder.or(self.everyone(earlier, token.reading))
    }

    /// Whether every token matches the mapping.
    fn everyone(&self, mapping: &Mapping, reading: RegexReading) -> Truth {
        if mapping.claim_value != EVERYONE {
            return Truth::No;
        }
        match self.claims.get(mapping.claim_name.as_str()).map(|claim| &claim.source) {
            // Not configured yet: once it can carry this name, it carries it for everyone.
            Some(ClaimSource::NotSent(_)) => Truth::of(mapping.claim_name == claim_source::GROUPS),
            _ => self.carries(mapping, self.everyone_group(), reading),
        }
    }

    /// Whether the token of each member of the group matches the mapping, which names the group.
    fn carries(&self, mapping: &Mapping, holder: Holder, reading: RegexReading) -> Truth {
        let name = mapping.claim_name.as_str();
        let Some(claim) = self.claims.get(name) else { return Truth::Maybe };
        match &claim.source {
            ClaimSource::NotSent(_) | ClaimSource::Email(_) | ClaimSource::UserName(_) => Truth::No,
            ClaimSource::Unknown(_) if claim_source::standard_scope(name).is_some() => Truth::No,
            ClaimSource::Unknown(_) => Truth::Maybe,
            ClaimSource::Groups(_) => claim
                .shares
                .iter()
                .map(|(share, whole)| {
                    let passes = self.passes(share, holder, &mapping.claim_value, reading);
                    if whole.contains(&reading) { passes } else { passes.min(Truth::Maybe) }
                })
                .max()
                .unwrap_or(Truth::No),
        }
    }

    /// Why it is not known what a mapping takes.
    fn gap(&self, mapping: &Mapping) -> Gap {
        match self.claims.get(mapping.claim_name.as_str()).map(|claim| &claim.source) {
            Some(ClaimSource::Unknown(gap)) => gap.clone(),
            Some(ClaimSource::Groups(names)) => Gap {
                place: names.claim.value_place(),
                cause: Cause::Undecided(format!(
                    "whether the claim {} always carries {} is not known",
                    mapping.claim_name, mapping.claim_value
                )),
            },
            _ => Gap::document(crate::document::DocumentName::ClaimMappings, Cause::NotThere),
        }
    }
}

/// A group that no list has: made in Okta, or taken from a directory.
const UNLISTED: [Holder; 2] = [Holder::Unlisted(GroupKind::Okta), Holder::Unlisted(GroupKind::App)];

/// The parts of a claim of groups. A part with a limit is whole only where the organisation has no more groups that pass.
fn shares(
    world: &World,
    source: &ClaimSource,
    readings: &[RegexReading],
) -> Vec<(GroupNames, Vec<RegexReading>)> {
    let ClaimSource::Groups(names) = source else { return Vec::new() };
    let directory = &world.directory;
    let keeps = |share: &GroupNames, limit: Option<u64>, reading: RegexReading| {
        let Some(limit) = limit else { return true };
        if share.always_within(limit) {
            return true;
        }
        let passing = directory
            .group_indices()
            .filter(|group| token::passing(world, share, *group, reading) != Truth::No)
            .count();
        directory.knows_every_group() && u64::try_from(passing).is_ok_and(|passing| passing <= limit)
    };
    names
        .shares()
        .into_iter()
        .map(|(share, limit)| {
            let whole = readings.iter().copied().filter(|reading| keeps(&share, limit, *reading)).collect();
            (share, whole)
        })
        .collect()
}

/// The fewest blockers in the sense that none can be dropped: a set that holds a blocker for every token. `None` where a token has none.
pub fn irreducible(tokens: &[BTreeSet<usize>]) -> Option<Vec<usize>> {
    if tokens.is_empty() || tokens.iter().any(BTreeSet::is_empty) {
        return None;
    }
    let mut left: Vec<usize> = tokens.iter().map(BTreeSet::len).collect();
    let mut tokens_of: HashMap<usize, Vec<usize>> = HashMap::new();
    for (token, blockers) in tokens.iter().enumerate() {
        for blocker in blockers {
            tokens_of.entry(*blocker).or_default().push(token);
        }
    }
    let mut chosen: BTreeSet<usize> = tokens.iter().flatten().copied().collect();
    // From the bottom up, so that the mapping at the top, which people see first, is named.
    for candidate in chosen.clone().into_iter().rev() {
        let its = tokens_of.get(&candidate).map_or(&[][..], Vec::as_slice);
        if its.iter().all(|token| left.get(*token).is_some_and(|left| *left > 1)) {
            chosen.remove(&candidate);
            for token in its {
                if let Some(left) = left.get_mut(*token) {
                    *left -= 1;
                }
            }
        }
    }
    Some(chosen.into_iter().collect())
}

/// A mapping whose people all match an earlier one today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusedToday {
    pub mapping: usize,
    pub blockers: Vec<usize>,
    pub people: Vec<PersonIndex>,
    /// For each blocker, a person whom only it takes of the blockers.
    pub witnesses: Vec<(usize, PersonIndex)>,
}

/// For each mapping that logic leaves alive and everyone who matches it matches an earlier one; `Err` where that is not known.
pub fn unused_today(sign_in: &SignIn<'_>) -> Vec<Result<UnusedToday, Gap>> {
    let tables = sign_in.tables();
    let shadowed: BTreeSet<usize> = by_logic(sign_in).into_iter().map(|shadowed| shadowed.mapping).collect();
    (0..sign_in.mappings().len())
        .filter(|index| !shadowed.contains(index))
        .filter_map(|index| unused(sign_in, &tables, index).transpose())
        .collect()
}

/// Who matches a mapping, in one reading of a regex.
enum Reach {
    /// Someone reaches it.
    Reached,
    Nobody,
    /// For each person who matches it, or may, the earlier mappings that take them.
    Blocked {
        people: BTreeSet<PersonIndex>,
        by: Vec<(BTreeSet<usize>, PersonIndex)>,
    },
    Open(Gap),
}

fn unused(sign_in: &SignIn<'_>, tables: &[Table<'_>], index: usize) -> Result<Option<UnusedToday>, Gap> {
    let mut reached = false;
    let mut open = None;
    let mut everyone: BTreeSet<PersonIndex> = BTreeSet::new();
    let mut blocked: HashMap<BTreeSet<usize>, PersonIndex> = HashMap::new();
    for table in tables {
        match reach(sign_in, table, index) {
            Reach::Reached => reached = true,
            Reach::Nobody => {}
            Reach::Open(gap) => open = open.or(Some(gap)),
            Reach::Blocked { people, by } => {
                everyone.extend(people);
                for (blockers, person) in by {
                    blocked.entry(blockers).or_insert(person);
                }
            }
        }
    }
    match (open, reached) {
        (Some(gap), _) => return Err(gap),
        (None, true) if everyone.is_empty() => return Ok(None),
        (None, true) => return Err(reading_gap(sign_in)),
        (None, false) => {}
    }
    let mut tokens: Vec<(BTreeSet<usize>, PersonIndex)> = blocked.into_iter().collect();
    tokens.sort();
    let sets: Vec<BTreeSet<usize>> = tokens.iter().map(|(blockers, _)| blockers.clone()).collect();
    let Some(blockers) = irreducible(&sets) else { return Ok(None) };
    let witnesses = blockers
        .iter()
        .filter_map(|blocker| {
            let only = tokens.iter().find(|(token, _)| {
                token.contains(blocker)
                    && !blockers.iter().any(|other| other != blocker && token.contains(other))
            });
            only.map(|(_, person)| (*blocker, *person))
        })
        .collect();
    Ok(Some(UnusedToday { mapping: index, blockers, people: everyone.into_iter().collect(), witnesses }))
}

fn reach(sign_in: &SignIn<'_>, table: &Table<'_>, index: usize) -> Reach {
    let Some(rank) = table.mappings.get(index).map(|mapping| mapping.rank) else { return Reach::Nobody };
    let earlier: Vec<usize> = (0..index)
        .filter(|other| table.mappings.get(*other).is_some_and(|other| other.rank < rank))
        .collect();
    let takers = |person: PersonIndex| -> BTreeSet<usize> {
        earlier.iter().copied().filter(|other| table.matches(*other, person) == Truth::Yes).collect()
    };
    let mut people: BTreeSet<PersonIndex> = BTreeSet::new();
    table.each_match(index, |person| {
        if sign_in.population.is_considered(person) {
            people.insert(person);
        }
    });
    // Most mappings are reached by somebody: that is seen without asking for every earlier mapping.
    let matches_earlier = |person: PersonIndex, truth: Truth| {
        earlier.iter().any(|other| table.matches(*other, person) >= truth)
    };
    if people.iter().any(|person| !matches_earlier(*person, Truth::Maybe)) {
        return Reach::Reached;
    }
    let mut open = None;
    let mut by: Vec<(BTreeSet<usize>, PersonIndex)> = Vec::new();
    for person in &people {
        let takers = takers(*person);
        if !takers.is_empty() {
            by.push((takers, *person));
            continue;
        }
        let maybe = earlier.iter().copied().find(|other| table.matches(*other, *person) == Truth::Maybe);
        match maybe.and_then(|other| table.gap(other)) {
            Some(gap) => open = open.or_else(|| Some(gap.clone())),
            None => return Reach::Reached,
        }
    }
    let mut possible: BTreeSet<PersonIndex> = BTreeSet::new();
    if open.is_none() {
        table.each_possible_match(index, |person| {
            if sign_in.population.is_considered(person) && !people.contains(&person) {
                possible.insert(person);
            }
        });
    }
    for person in possible {
        if table.matches(index, person) != Truth::Maybe {
            continue;
        }
        let takers = takers(person);
        if takers.is_empty() {
            open = table.gap(index).cloned();
            break;
        }
        by.push((takers, person));
    }
    match open {
        Some(gap) => Reach::Open(gap),
        None if people.is_empty() => Reach::Nobody,
        None => Reach::Blocked { people, by },
    }
}

/// What is missing where the two readings of a regex come to different things (G6.6).
pub fn reading_gap(sign_in: &SignIn<'_>) -> Gap {
    let claim = sign_in.carried.claims.iter().find(|names| names.has_two_readings());
    let why = "whether the regex must match the whole group name is not known, and it decides";
    let cause = Cause::Undecided(why.to_owned());
    match claim {
        Some(names) => Gap { place: names.claim.value_place(), cause },
        None => Gap::document(crate::document::DocumentName::IdToken, cause),
    }
}
