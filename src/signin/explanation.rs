//! One person's sign-in, explained: which claims the token has and where each comes from, what each mapping does with it, and what single
//! change would make another mapping match. Words are left to `report`.
//!
//! Everything is asked of the person's own world ([`WorldOfOne`]); a near miss is one only if the changed world says so.

use std::collections::BTreeSet;

use crate::document::DocumentName;
use crate::model::claims::{Claim, ClaimValue};
use crate::model::torq::{Mapping, RoleId, RoleOrder};
use crate::model::{Fact, Gap, GroupIndex, Truth, UserIndex, World};

use super::claim_source::{self, ClaimSource, EMAIL, NotSent};
use super::evaluation::SignIn;
use super::group_names::GroupNames;
use super::mapping::{self, Scalar, Table};
use super::population::PersonIndex;
use super::selection::{is_directory_group, selection};
use super::verdict::Verdict;
use super::what_if::{Change, WorldOfOne};

/// What the token says of the person, and what comes of it.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The claims that mappings name, in the order of the mappings, then others that carry groups.
    pub claims: Vec<SentClaim>,
    /// The mappings by rank.
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentClaim {
    pub name: String,
    pub origin: Origin,
    pub values: Values,
}

/// Where a claim's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The email of the person's profile in the app.
    AppUserEmail,
    /// The email of the Okta user's profile, since the app's has none.
    UserEmail,
    /// The person's user name in the app.
    AppUserName,
    /// A filter or an expression.
    Configured(ClaimValue),
    /// Nothing that was read.
    Unsaid,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    Known(Vec<String>),
    /// `sent`: surely; `perhaps`: maybe; `gap`: what is missing to know more.
    Partly {
        sent: Vec<String>,
        perhaps: Vec<String>,
        gap: Option<Gap>,
    },
    /// A claim without values is not in the token either (G6.7).
    Empty,
    NotSent(NotSent),
    Unknown(Gap),
}

/// What a mapping does with the person's token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// It matches, and nothing can match before it: it gives the role.
    Gives,
    /// It matches; one of the same rank, or an earlier one that may match, could come before it.
    MayGive,
    /// It matches, and an earlier one does too.
    Later,
    MayMatch(Option<Gap>),
    DoesNotMatch,
}

#[derive(Debug, Clone)]
pub struct Row {
    /// Index into the mappings by rank.
    pub mapping: usize,
    pub part: Part,
    pub near_misses: Vec<NearMiss>,
}

/// How a value differs from what the token has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    Case,
    Space,
    CaseAndSpace,
    /// The mapping names another address of the same person.
    Address,
}

/// What keeps a mapping from matching, or from giving its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    Value(Difference),
    ClaimName(Difference),
    /// The filter or the expression does not send the person's group.
    Selection,
    /// The group comes from a directory, and a filter sends Okta's own only (G6.4).
    DirectoryGroup,
    ScopeNotRequested,
    NotAMember,
    /// It matches; an earlier one takes the person.
    Order,
}

/// One change after which the mapping matches, as the changed world says.
#[derive(Debug, Clone)]
pub struct NearMiss {
    pub obstacle: Obstacle,
    pub change: Change,
    /// What happens to the person then; another mapping may still come first.
    pub then: Verdict,
}

impl Explanation {
    pub fn new(sign_in: &SignIn<'_>, person: PersonIndex) -> Self {
        let own = WorldOfOne::new(sign_in, person);
        let alone = SignIn::new(&own.world, &own.names);
        let tables = alone.tables();
        let asking = Asking { sign_in, person, own: &own, alone: &alone };
        let parts = parts(&tables, alone.mappings(), own.person(&alone));
        let rows = parts
            .into_iter()
            .enumerate()
            .map(|(mapping, part)| Row { near_misses: asking.near_misses(mapping, &part), mapping, part })
            .collect();
        Self { claims: asking.claims(), rows }
    }
}

/// Whether the person's token matches, in whichever reading of a regex.
fn matches(tables: &[Table<'_>], mapping: usize, person: PersonIndex) -> Truth {
    let truths = tables.iter().map(|table| table.matches(mapping, person));
    truths.reduce(|one, other| if one == other { one } else { Truth::Maybe }).unwrap_or(Truth::No)
}

fn parts(tables: &[Table<'_>], mappings: &[Mapping], person: PersonIndex) -> Vec<Part> {
    let truths: Vec<Truth> = (0..mappings.len()).map(|mapping| matches(tables, mapping, person)).collect();
    let mut parts = Vec::with_capacity(mappings.len());
    for (index, (mapping, truth)) in mappings.iter().zip(&truths).enumerate() {
        let before = || {
            let ranked = mappings.iter().zip(&truths).enumerate();
            ranked.filter(|(other, (one, _))| *other != index && one.rank <= mapping.rank)
        };
        let taken = before().any(|(_, (one, truth))| one.rank < mapping.rank && *truth == Truth::Yes);
        let contended = before().any(|(_, (_, truth))| *truth != Truth::No);
        parts.push(match truth {
            Truth::No => Part::DoesNotMatch,
            Truth::Maybe => Part::MayMatch(tables.iter().find_map(|table| table.gap(index)).cloned()),
            Truth::Yes if taken => Part::Later,
            Truth::Yes if contended => Part::MayGive,
            Truth::Yes => Part::Gives,
        });
    }
    parts
}

struct Asking<'a> {
    sign_in: &'a SignIn<'a>,
    person: PersonIndex,
    own: &'a WorldOfOne<'a>,
    alone: &'a SignIn<'a>,
}

impl Asking<'_> {
    fn world(&self) -> &World {
        self.sign_in.world
    }

    fn user(&self) -> Option<UserIndex> {
        self.sign_in.population.user(self.person)
    }

    fn claims(&self) -> Vec<SentClaim> {
        let mapped = self.alone.mappings().iter().map(|mapping| mapping.claim_name.as_str());
        let carried = self.alone.carried.claims.iter().map(|names| names.claim.name.as_str());
        let mut seen = BTreeSet::new();
        let names = mapped.chain(carried).filter(|name| seen.insert(*name));
        names.map(|name| self.claim(name)).collect()
    }

    fn claim(&self, name: &str) -> SentClaim {
        let (origin, values) = match claim_source::source(self.world(), name) {
            ClaimSource::NotSent(why) => (self.configured(name), Values::NotSent(why)),
            ClaimSource::Unknown(gap) => (self.configured(name), Values::Unknown(gap)),
            ClaimSource::Email(perhaps) => {
                let user = self.user().and_then(|user| self.world().directory.user(user));
                let in_app = user.and_then(|user| user.assignment).is_some_and(|row| row.email.is_some());
                let origin = if in_app { Origin::AppUserEmail } else { Origin::UserEmail };
                (origin, self.scalar(self.email(), perhaps))
            }
            ClaimSource::UserName(perhaps) => (Origin::AppUserName, self.scalar(self.user_name(), perhaps)),
            ClaimSource::Groups(names) => {
                (Origin::Configured(names.claim.value.clone()), self.group_values(name, &names))
            }
        };
        SentClaim { name: name.to_owned(), origin, values }
    }

    fn configured(&self, name: &str) -> Origin {
        match claim_source::configured(self.world(), name) {
            Fact::Known(claim) => Origin::Configured(claim.value.clone()),
            Fact::Absent | Fact::Unknown(_) => Origin::Unsaid,
        }
    }

    fn email(&self) -> Scalar<'_> {
        mapping::email(self.world(), &self.sign_in.population, self.person)
    }

    fn user_name(&self) -> Scalar<'_> {
        mapping::user_name(self.world(), &self.sign_in.population, self.person)
    }

    fn scalar(&self, scalar: Scalar<'_>, perhaps: Option<Gap>) -> Values {
        match (scalar, perhaps) {
            (Scalar::Value(value), None) => Values::Known(vec![value.to_owned()]),
            (Scalar::Value(value), gap) => {
                Values::Partly { sent: Vec::new(), perhaps: vec![value.to_owned()], gap }
            }
            (Scalar::NotSent, _) => Values::Empty,
            (Scalar::Unknown, _) => {
                let directory = &self.world().directory;
                Values::Unknown(if directory.app_user_list.is_complete() {
                    directory.user_list.gap(&DocumentName::Users)
                } else {
                    directory.app_user_list.gap(&DocumentName::AppUsers)
                })
            }
        }
    }

    /// Groups that the person is known to be in.
    fn groups(&self) -> Vec<GroupIndex> {
        let directory = &self.world().directory;
        let Some(user) = self.user() else { return Vec::new() };
        directory.group_indices().filter(|group| directory.membership(user, *group) == Truth::Yes).collect()
    }

    fn group_name(&self, group: GroupIndex) -> Option<&str> {
        self.world().directory.group(group).and_then(|group| group.name.as_deref())
    }

    /// The names that a claim carries, by the same tables that mappings are matched with: each name as if it were mapped.
    fn carried(&self, claim: &str) -> (Vec<String>, Vec<String>) {
        let groups = self.groups();
        let names: BTreeSet<&str> = groups.iter().filter_map(|group| self.group_name(*group)).collect();
        let role = RoleId(String::new());
        let as_mapped = names.iter().map(|name| Mapping {
            claim_name: claim.to_owned(),
            claim_value: (*name).to_owned(),
            role: role.clone(),
            rank: 0,
            position: 0,
        });
        let mappings: Vec<Mapping> = as_mapped.collect();
        let (world, population) = (&self.own.world, &self.alone.population);
        let readings = self.alone.readings();
        let tables: Vec<Table<'_>> =
            readings.map(|reading| Table::new(world, population, &mappings, reading)).collect();
        let (mut sent, mut perhaps) = (Vec::new(), Vec::new());
        for (index, name) in names.iter().enumerate() {
            match matches(&tables, index, self.own.person(self.alone)) {
                Truth::Yes => sent.push((*name).to_owned()),
                Truth::Maybe => perhaps.push((*name).to_owned()),
                Truth::No => {}
            }
        }
        (sent, perhaps)
    }

    fn group_values(&self, claim: &str, names: &GroupNames) -> Values {
        let (sent, perhaps) = self.carried(claim);
        let gap = names.gap().cloned().or_else(|| self.unread_groups());
        match (sent.is_empty(), perhaps.is_empty(), &gap) {
            (true, true, None) => Values::Empty,
            (false, true, None) => Values::Known(sent),
            _ => Values::Partly { sent, perhaps, gap },
        }
    }

    /// Why the person may be in groups that are not known.
    fn unread_groups(&self) -> Option<Gap> {
        let directory = &self.world().directory;
        let Some(user) = self.user() else {
            let stranger = self.sign_in.population.stranger(self.person)?;
            let gap = || directory.user_list.gap(&DocumentName::Users);
            return (!stranger.settled).then(gap);
        };
        if directory.all_groups_of(user).is_some() {
            return None;
        }
        if !directory.knows_every_group() {
            return Some(directory.group_list.gap(&DocumentName::Groups));
        }
        let unread =
            directory.group_indices().find(|group| directory.membership(user, *group) == Truth::Maybe)?;
        Some(directory.membership_gap(user, unread))
    }

    fn near_misses(&self, mapping: usize, part: &Part) -> Vec<NearMiss> {
        let Some(row) = self.alone.mappings().get(mapping) else { return Vec::new() };
        let candidates = match part {
            Part::DoesNotMatch => self.candidates(mapping, row),
            Part::Later => self.above(mapping).into_iter().collect(),
            Part::Gives | Part::MayGive | Part::MayMatch(_) => Vec::new(),
        };
        // Of several groups of one name, one will do.
        let one_will_do = candidates.iter().all(|(obstacle, _)| *obstacle == Obstacle::NotAMember);
        candidates
            .into_iter()
            .filter_map(|(obstacle, change)| {
                let then = self.tried(row.position, obstacle, &change)?;
                Some(NearMiss { obstacle, change, then })
            })
            .take(if one_will_do { 1 } else { usize::MAX })
            .collect()
    }

    /// What happens after a change; `None` where the mapping does not match then, or where a move changes nothing.
    fn tried(&self, position: usize, obstacle: Obstacle, change: &Change) -> Option<Verdict> {
        let world = self.own.changed(change);
        let changed = SignIn::new(&world, &self.own.names);
        let moved = changed.mappings().iter().position(|mapping| mapping.position == position)?;
        let person = self.own.person(&changed);
        if matches(&changed.tables(), moved, person) != Truth::Yes {
            return None;
        }
        let then = changed.verdict(person);
        if obstacle == Obstacle::Order && !self.is_worth_moving(&then) {
            return None;
        }
        Some(then)
    }

    /// Whether a move gives the person another role, and not a lower one.
    fn is_worth_moving(&self, then: &Verdict) -> bool {
        let (Verdict::Granted { role, .. }, now) = (then, self.sign_in.verdict(self.person)) else {
            return false;
        };
        let Verdict::Granted { role: before, .. } = now else { return true };
        let order = self.world().roles.known().and_then(|roles| roles.compare(role, &before));
        *role != before && !matches!(order, Some(RoleOrder::Lower | RoleOrder::Same))
    }

    /// Above the first that takes the person.
    fn above(&self, mapping: usize) -> Option<(Obstacle, Change)> {
        let tables = self.alone.tables();
        let person = self.own.person(self.alone);
        let first = (0..mapping).find(|other| matches(&tables, *other, person) != Truth::No)?;
        let to = self.alone.mappings().get(first)?.rank;
        Some((Obstacle::Order, Change::Rank { mapping, to }))
    }

    /// Changes that might make a mapping match.
    fn candidates(&self, mapping: usize, row: &Mapping) -> Vec<(Obstacle, Change)> {
        match claim_source::source(self.world(), &row.claim_name) {
            ClaimSource::NotSent(NotSent::ScopeNotRequested(scopes)) => scopes
                .split(" or ")
                .map(|scope| (Obstacle::ScopeNotRequested, Change::Scope(scope.to_owned())))
                .collect(),
            ClaimSource::NotSent(NotSent::FilterNotARegex) => {
                self.other_selection(row, Obstacle::Selection).into_iter().collect()
            }
            ClaimSource::NotSent(NotSent::NoSource) => self.other_names(mapping, row),
            ClaimSource::Email(None) => match self.email() {
                Scalar::Value(sent) => self.other_value(mapping, row, sent).into_iter().collect(),
                Scalar::NotSent | Scalar::Unknown => Vec::new(),
            },
            ClaimSource::UserName(None) => match self.user_name() {
                Scalar::Value(sent) => self.other_value(mapping, row, sent).into_iter().collect(),
                Scalar::NotSent | Scalar::Unknown => Vec::new(),
            },
            ClaimSource::Groups(_) => self.group_candidates(mapping, row),
            ClaimSource::Email(Some(_)) | ClaimSource::UserName(Some(_)) | ClaimSource::Unknown(_) => {
                Vec::new()
            }
        }
    }

    fn other_value(&self, mapping: usize, row: &Mapping, sent: &str) -> Option<(Obstacle, Change)> {
        let difference = difference(&row.claim_value, sent).or_else(|| {
            let user = self.world().directory.user(self.user()?)?;
            let folded = row.claim_value.trim().to_lowercase();
            let addresses = [user.login, user.email];
            let theirs = addresses.into_iter().flatten().any(|address| address.to_lowercase() == folded);
            (row.claim_name == EMAIL && theirs).then_some(Difference::Address)
        })?;
        Some((Obstacle::Value(difference), Change::ClaimValue { mapping, to: sent.to_owned() }))
    }

    /// Claims that are sent under a name that differs in case or space only.
    fn other_names(&self, mapping: usize, row: &Mapping) -> Vec<(Obstacle, Change)> {
        let carried = self.alone.carried.claims.iter().map(|names| names.claim.name.as_str());
        let names: BTreeSet<&str> = carried.chain([EMAIL, "preferred_username"]).collect();
        names
            .into_iter()
            .filter_map(|name| {
                let difference = difference(&row.claim_name, name)?;
                Some((Obstacle::ClaimName(difference), Change::ClaimName { mapping, to: name.to_owned() }))
            })
            .collect()
    }

    fn group_candidates(&self, mapping: usize, row: &Mapping) -> Vec<(Obstacle, Change)> {
        let directory = &self.world().directory;
        let Some(user) = self.user() else { return Vec::new() };
        let named = directory.groups_named(&row.claim_value);
        if named.is_empty() {
            let (sent, _) = self.carried(&row.claim_name);
            return sent
                .into_iter()
                .filter_map(|to| {
                    let difference = difference(&row.claim_value, &to)?;
                    Some((Obstacle::Value(difference), Change::ClaimValue { mapping, to }))
                })
                .collect();
        }
        if named.iter().any(|group| directory.membership(user, *group) == Truth::Yes) {
            let obstacle = if is_directory_group(self.world(), &row.claim_value) {
                Obstacle::DirectoryGroup
            } else {
                Obstacle::Selection
            };
            return self.other_selection(row, obstacle).into_iter().collect();
        }
        if directory.is_contested(user) {
            return Vec::new();
        }
        named.iter().map(|group| (Obstacle::NotAMember, Change::Member(*group))).collect()
    }

    /// A filter or an expression that carries every mapped group of the claim.
    fn other_selection(&self, row: &Mapping, obstacle: Obstacle) -> Option<(Obstacle, Change)> {
        let claim: &Claim = match claim_source::configured(self.world(), &row.claim_name) {
            Fact::Known(claim) => claim,
            Fact::Absent | Fact::Unknown(_) => return None,
        };
        let directory = &self.world().directory;
        let is_group =
            |name: &&str| !directory.groups_named(name).is_empty() || !directory.settles_group(name);
        let mappings = self.alone.mappings().iter();
        let mapped: BTreeSet<&str> = mappings
            .filter(|mapping| mapping.claim_name == row.claim_name)
            .map(|mapping| mapping.claim_value.as_str())
            .filter(is_group)
            .collect();
        let mapped: Vec<&str> = mapped.into_iter().collect();
        let to = selection(self.world(), &claim.place.document, &mapped)?;
        Some((obstacle, Change::Selection { claim: claim.place.clone(), to }))
    }
}

/// How two texts differ, where it is in case, in space and invisible characters at the ends or in the middle, or in both only.
pub fn difference(written: &str, sent: &str) -> Option<Difference> {
    let packed = |text: &str| -> String {
        text.chars()
            .filter(|c| !c.is_whitespace() && !c.is_control() && *c != '\u{200b}' && *c != '\u{feff}')
            .collect()
    };
    if written == sent {
        return None;
    }
    if packed(written) == packed(sent) {
        return Some(Difference::Space);
    }
    if written.to_lowercase() == sent.to_lowercase() {
        return Some(Difference::Case);
    }
    (packed(written).to_lowercase() == packed(sent).to_lowercase()).then_some(Difference::CaseAndSpace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_differ_in_case_or_space_or_in_more() {
        let check = |written: &str, sent: &str, expect| {
            assert_eq!(difference(written, sent), expect, "{written:?} {sent:?}")
        };
        check("SOC", "SOC", None);
        check("soc", "SOC", Some(Difference::Case));
        check(" SOC", "SOC", Some(Difference::Space));
        check("SOC\u{200b}", "SOC", Some(Difference::Space));
        check("SOC Leads", "SOC  Leads", Some(Difference::Space));
        check("soc ", "SOC", Some(Difference::CaseAndSpace));
        check("SOC-1", "SOC", None);
        check("", "SOC", None);
    }
}
