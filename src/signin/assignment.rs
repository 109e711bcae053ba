//! G5: who is assigned to the app, and whom the sign-in policy lets in.

use std::collections::BTreeMap;

use crate::model::directory::{AssignmentScope, Standing};
use crate::model::parts;
use crate::model::policy::Access;
use crate::model::{Directory, Fact, Truth, UserIndex, World};

use super::people;

/// For each user, whether they are assigned (G5.1, G5.2).
pub fn assigned(world: &World) -> Vec<Truth> {
    let directory = &world.directory;
    let broker = broker_mode(world);
    let groups = world.app_groups.known().map_or(&[][..], Vec::as_slice);
    let by_link: Vec<Truth> = directory.links().map(|id| still_assigned(world, id, groups)).collect();
    let without_link = still_assigned(world, None, groups);
    let by_unread_group = if world.app_groups_complete { Truth::No } else { Truth::Maybe };
    let as_listed = |user: UserIndex| {
        let by_row = match directory.assigned_as(user) {
            Some((active, scope)) => active.and(match scope {
                AssignmentScope::User => Truth::Yes,
                AssignmentScope::Unsaid => Truth::Maybe,
                AssignmentScope::Group(link) => {
                    link.and_then(|link| by_link.get(link.index())).copied().unwrap_or(without_link)
                }
            }),
            None if settled_without_row(directory, user) => Truth::No,
            None => Truth::Maybe,
        };
        let by_broker = match broker {
            Truth::No => Truth::No,
            Truth::Yes | Truth::Maybe => match directory.standing(user) {
                Standing::Listed { .. } => broker,
                Standing::NotThere | Standing::Unknown => Truth::No,
            },
        };
        by_row.or(by_broker).or(by_unread_group)
    };
    let mut truths = vec![Truth::No; directory.user_count()];
    parts::in_parts(&mut truths, |range, part| {
        let index = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        let among = index(range.start)..index(range.end);
        for (truth, user) in part.iter_mut().zip(among.clone()) {
            *truth = as_listed(UserIndex(user));
        }
        let mut raise = |user: UserIndex, truth: Truth| {
            if let Some(slot) = part.get_mut(user.0.saturating_sub(among.start) as usize) {
                *slot = (*slot).or(truth);
            }
        };
        for id in groups {
            match directory.group_by_id(id) {
                Some(group) => {
                    directory
                        .each_possible_member_among(group, among.clone(), |user| raise(user, Truth::Maybe));
                    directory.each_member_among(group, among.clone(), |user| raise(user, Truth::Yes));
                }
                None => {
                    directory.each_of_unlisted_groups_among(among.clone(), |user| raise(user, Truth::Maybe))
                }
            }
        }
    });
    truths
}

fn settled_without_row(directory: &Directory, user: UserIndex) -> bool {
    let list = &directory.app_user_list;
    if list.is_complete() {
        return true;
    }
    let Some(user) = directory.user(user) else { return false };
    list.settles(user.id)
        || user.login.is_some_and(|login| list.settles(login))
        || user.email.is_some_and(|email| list.settles(email))
}

/// Whether a row that a group gave still counts: the group, if it is named, else any.
fn still_assigned(world: &World, from: Option<&str>, groups: &[String]) -> Truth {
    let still = match from {
        Some(id) => groups.iter().any(|group| group == id),
        None => !groups.is_empty(),
    };
    if still {
        Truth::Yes
    } else if world.app_groups_complete {
        Truth::No
    } else {
        Truth::Maybe
    }
}

/// G5.2: in federation broker mode everyone counts as assigned.
pub fn broker_mode(world: &World) -> Truth {
    Truth::of(world.app.known().map(|app| app.implicit_assignment))
}

/// Whether someone of whom it is not known whether Okta has them would be assigned.
pub fn stranger_assigned(world: &World) -> Truth {
    let directory = &world.directory;
    let by_row = directory.app_user_list.is_complete() && !directory.anyone_is_assigned();
    let by_group = world
        .app_groups
        .known()
        .into_iter()
        .flatten()
        .map(|id| people::stranger_in_group(directory, id))
        .max()
        .unwrap_or(Truth::No)
        .or(if world.app_groups_complete { Truth::No } else { Truth::Maybe });
    let by_row = if by_row { Truth::No } else { Truth::Maybe };
    by_row.or(by_group).or(broker_mode(world))
}

/// What the sign-in policy does with a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyOutcome {
    Allows,
    /// Every outcome that remains is DENY; the index of the rule (by priority) that denies at the latest.
    Denies(usize),
    /// It passes, and `policy` is assumed.
    Assumed,
}

/// For each user (G5.3). One outcome where the policy does not look at people.
#[derive(Debug, Clone)]
pub enum PolicyOutcomes {
    Same(PolicyOutcome),
    Each {
        users: Vec<PolicyOutcome>,
        /// For someone of whom it is not known whether Okta has them.
        stranger: PolicyOutcome,
    },
}

impl PolicyOutcomes {
    /// Of a user of the directory.
    pub fn of(&self, user: UserIndex) -> PolicyOutcome {
        match self {
            Self::Same(outcome) => *outcome,
            Self::Each { users, .. } => users.get(user.0 as usize).copied().unwrap_or(PolicyOutcome::Assumed),
        }
    }

    /// Of someone of whom it is not known whether Okta has them.
    pub fn of_stranger(&self) -> PolicyOutcome {
        match self {
            Self::Same(outcome) => *outcome,
            Self::Each { stranger, .. } => *stranger,
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Remaining {
    allow: bool,
    deny: Option<usize>,
    decided: bool,
}

impl Remaining {
    fn meet(&mut self, rule: usize, access: Access, matches: Truth) {
        if self.decided || matches == Truth::No {
            return;
        }
        if matches!(access, Access::Allow | Access::Unsaid) {
            self.allow = true;
        }
        if matches!(access, Access::Deny | Access::Unsaid) {
            self.deny = Some(rule);
        }
        self.decided = matches == Truth::Yes;
    }

    fn outcome(self) -> PolicyOutcome {
        match (self.decided, self.allow, self.deny) {
            (true, true, None) => PolicyOutcome::Allows,
            (true, false, Some(rule)) => PolicyOutcome::Denies(rule),
            _ => PolicyOutcome::Assumed,
        }
    }
}

/// Follows the app's sign-in policy, rule by rule in the order of priority (G5.3).
pub fn policy(world: &World) -> PolicyOutcomes {
    let Fact::Known(rules) = &world.access_rules else { return PolicyOutcomes::Same(PolicyOutcome::Assumed) };
    // An app that links to no sign-in policy is in a Classic organisation, whose rules cannot be read: these are of something else.
    if world.app.known().is_some_and(|app| app.access_policy_id.is_none()) {
        return PolicyOutcomes::Same(PolicyOutcome::Assumed);
    }
    let beyond_people = |other: &[String]| if other.is_empty() { Truth::Yes } else { Truth::Maybe };
    if rules.iter().all(|rule| rule.people.anyone()) {
        let mut remaining = Remaining::default();
        for (index, rule) in rules.iter().enumerate() {
            remaining.meet(index, rule.access, beyond_people(&rule.other_conditions));
        }
        return PolicyOutcomes::Same(remaining.outcome());
    }
    let mut each = vec![Remaining::default(); world.directory.user_count()];
    let mut stranger = Remaining::default();
    for (index, rule) in rules.iter().enumerate() {
        let beyond = beyond_people(&rule.other_conditions);
        stranger.meet(
            index,
            rule.access,
            people::matches_stranger(&world.directory, &rule.people).and(beyond),
        );
        let matching = people::matches(&world.directory, &rule.people);
        for (remaining, matches) in each.iter_mut().zip(matching) {
            remaining.meet(index, rule.access, matches.and(beyond));
        }
    }
    PolicyOutcomes::Each {
        users: each.into_iter().map(Remaining::outcome).collect(),
        stranger: stranger.outcome(),
    }
}

/// What leaves the sign-in policy's outcome for a user open; rules by their index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyDoubt {
    /// The rule asks for more than people: a network zone, a device.
    Conditions(usize),
    /// Whether the rule is for the user is not known.
    People(usize),
    /// The rule says neither ALLOW nor DENY.
    Access(usize),
    /// No rule is sure to match.
    NoRule,
}

/// Every doubt that could turn the outcome, with the users for whom it could. Empty where the rules were not read.
pub fn policy_doubts(world: &World) -> BTreeMap<PolicyDoubt, Vec<UserIndex>> {
    let mut doubts: BTreeMap<PolicyDoubt, Vec<UserIndex>> = BTreeMap::new();
    let Fact::Known(rules) = &world.access_rules else { return doubts };
    if world.app.known().is_some_and(|app| app.access_policy_id.is_none()) {
        return doubts;
    }
    let outcomes = policy(world);
    let matching: Vec<Vec<Truth>> =
        rules.iter().map(|rule| people::matches(&world.directory, &rule.people)).collect();
    let open = |user: &UserIndex| outcomes.of(*user) == PolicyOutcome::Assumed;
    for user in world.directory.user_indices().filter(open) {
        let mut met: Vec<(usize, Truth)> = Vec::new();
        let mut below = None;
        for (index, (rule, users)) in rules.iter().zip(&matching).enumerate() {
            let is_for = users.get(user.0 as usize).copied().unwrap_or(Truth::No);
            if is_for == Truth::Yes && rule.other_conditions.is_empty() {
                below = Some(rule.access);
                if rule.access == Access::Unsaid {
                    doubts.entry(PolicyDoubt::Access(index)).or_default().push(user);
                }
                break;
            }
            if is_for != Truth::No {
                met.push((index, is_for));
            }
        }
        if below.is_none() {
            doubts.entry(PolicyDoubt::NoRule).or_default().push(user);
        }
        // From the bottom up: a rule that says what everything below it says turns nothing.
        let mut below = below.unwrap_or(Access::Unsaid);
        for (index, is_for) in met.into_iter().rev() {
            let Some(rule) = rules.get(index) else { continue };
            if rule.access == below && below != Access::Unsaid {
                continue;
            }
            below = Access::Unsaid;
            let here = [
                (is_for == Truth::Maybe).then_some(PolicyDoubt::People(index)),
                (!rule.other_conditions.is_empty()).then_some(PolicyDoubt::Conditions(index)),
                (rule.access == Access::Unsaid).then_some(PolicyDoubt::Access(index)),
            ];
            for doubt in here.into_iter().flatten() {
                doubts.entry(doubt).or_default().push(user);
            }
        }
    }
    doubts
}
