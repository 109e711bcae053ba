//! The person's part of G6: the limit of 100 groups (G6.8, G6.9), and the policies of a custom authorization server (G6.3c).

use crate::document::connection::Flow;
use crate::model::policy::{TokenPolicy, TokenRule};
use crate::model::{Fact, GroupIndex, Truth, UserIndex, World};

use super::claim_source::{CarriedGroups, GROUPS, Server, requests, server};
use super::group_names::{GROUP_LIMIT, GroupNames};
use super::java_regex::RegexReading;
use super::people;
use super::request::flow_needs;

/// How many names of a claim each user has, as far as memberships are known.
#[derive(Debug, Clone)]
pub enum Counts {
    /// At most this many for anyone.
    AtMost(u32),
    /// For each user the least and the most; `u32::MAX`: no bound is known.
    Each(Vec<(u32, u32)>),
}

impl Counts {
    /// The least and the most for one user.
    pub fn of(&self, user: UserIndex) -> (u32, u32) {
        match self {
            Self::AtMost(most) => (0, *most),
            Self::Each(bounds) => bounds.get(user.0 as usize).copied().unwrap_or((0, u32::MAX)),
        }
    }
}

/// Counts the groups that pass; `enough`: a bound under which nobody asks for more.
pub fn count(world: &World, passes: impl Fn(GroupIndex) -> Truth, enough: u64) -> Counts {
    let directory = &world.directory;
    let passing: Vec<(GroupIndex, Truth)> = directory
        .group_indices()
        .map(|group| (group, passes(group)))
        .filter(|(_, truth)| *truth != Truth::No)
        .collect();
    let total = u32::try_from(passing.len()).unwrap_or(u32::MAX);
    let every_group = directory.knows_every_group();
    if every_group && u64::from(total) <= enough {
        return Counts::AtMost(total);
    }
    let mut least = vec![0_u32; directory.user_count()];
    let mut most = vec![0_u32; directory.user_count()];
    let mut in_incomplete = vec![0_u32; directory.user_count()];
    let mut incomplete = 0_u32;
    for (group, truth) in &passing {
        let whole = directory.lists_members(*group);
        incomplete += u32::from(!whole);
        directory.each_member(*group, |user| {
            let at = user.0 as usize;
            add(&mut least, at, u32::from(*truth == Truth::Yes));
            add(&mut most, at, 1);
            add(&mut in_incomplete, at, u32::from(!whole));
        });
    }
    let bounds = directory
        .user_indices()
        .map(|user| {
            let at = user.0 as usize;
            let get = |list: &[u32]| list.get(at).copied().unwrap_or(0);
            if directory.all_groups_of(user).is_some() {
                (get(&least), get(&most))
            } else if !every_group {
                (get(&least), u32::MAX)
            } else if directory.is_contested(user) {
                (get(&least), total)
            } else {
                (get(&least), get(&most) + (incomplete - get(&in_incomplete)))
            }
        })
        .collect();
    Counts::Each(bounds)
}

fn add(list: &mut [u32], at: usize, by: u32) {
    if let Some(slot) = list.get_mut(at) {
        *slot += by;
    }
}

/// Whether a token is issued to a person in spite of their number of groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupLimit {
    Kept,
    /// Not known; `group_count` is assumed.
    Assumed,
    /// More than 100 by an expression in the code flow: whether a token is issued is not known.
    Undecided,
    /// More than 100 in the implicit flow: no token.
    Exceeded,
}

/// For each user, in one reading of a regex.
pub fn group_limit(world: &World, carried: &CarriedGroups, reading: RegexReading) -> Vec<GroupLimit> {
    let mut limits = vec![GroupLimit::Kept; world.directory.user_count()];
    let (Fact::Known(true), Fact::Known(flow)) = (requests(world, GROUPS), &world.wizard.flow) else {
        return limits;
    };
    let mut meet = |counts: &Counts, exceeded: GroupLimit| {
        for (index, limit) in limits.iter_mut().enumerate() {
            let (least, most) = counts.of(UserIndex(u32::try_from(index).unwrap_or(u32::MAX)));
            let found = if u64::from(least) > GROUP_LIMIT {
                exceeded
            } else if u64::from(most) > GROUP_LIMIT {
                GroupLimit::Assumed
            } else {
                GroupLimit::Kept
            };
            *limit = (*limit).max(found);
        }
    };
    for names in &carried.claims {
        let exceeded = match (flow, names.is_filter()) {
            (Flow::Implicit, _) => GroupLimit::Exceeded,
            (Flow::Code, false) => GroupLimit::Undecided,
            (Flow::Code, true) => continue,
        };
        if names.most().is_some_and(|most| most <= GROUP_LIMIT) {
            continue;
        }
        let counts = count(world, |group| passing(world, names, group, reading), GROUP_LIMIT);
        meet(&counts, exceeded);
    }
    if carried.unknown.is_some() {
        // Which groups it carries is not known, so any number up to all of a person's groups.
        let counts = count(world, |_| Truth::Maybe, GROUP_LIMIT);
        meet(&counts, GroupLimit::Assumed);
    }
    limits
}

/// Whether the claim carries a group of the directory for its members.
pub fn passing(world: &World, names: &GroupNames, group: GroupIndex, reading: RegexReading) -> Truth {
    world.directory.group(group).map_or(Truth::No, |group| names.passes(group, reading))
}

/// Whether some policy of the custom authorization server issues a token: `Yes`, `No`, or `Maybe` (then `policy` is assumed).
#[derive(Debug, Clone)]
pub struct ServerPolicy {
    pub users: Vec<Truth>,
    /// For someone of whom it is not known whether Okta has them.
    pub stranger: Truth,
}

/// Follows the policies of the custom authorization server (G6.3c); the organisation's own server has none.
pub fn server_policy(world: &World) -> ServerPolicy {
    let same =
        |truth: Truth| ServerPolicy { users: vec![truth; world.directory.user_count()], stranger: truth };
    if server(world) != Server::Custom {
        return same(Truth::Yes);
    }
    let Fact::Known(policies) = &world.server_policies else { return same(Truth::Maybe) };
    let mut issued = same(if world.server_policies_complete { Truth::No } else { Truth::Maybe });
    for policy in policies {
        let here = certain(policy.may_be_off).and(for_client(world, policy));
        let unread = TokenRule { may_be_off: true, ..TokenRule::default() };
        for rule in policy.rules.as_deref().unwrap_or(&[unread]) {
            let asked = here.and(certain(rule.may_be_off)).and(rule_takes_request(world, rule));
            if asked == Truth::No {
                continue;
            }
            issued.stranger =
                issued.stranger.or(people::matches_stranger(&world.directory, &rule.people).and(asked));
            let matching = people::matches(&world.directory, &rule.people);
            for (truth, matches) in issued.users.iter_mut().zip(matching) {
                *truth = (*truth).or(matches.and(asked));
            }
        }
    }
    issued
}

fn certain(may_be_off: bool) -> Truth {
    if may_be_off { Truth::Maybe } else { Truth::Yes }
}

fn for_client(world: &World, policy: &TokenPolicy) -> Truth {
    match world.wizard.client_id.known() {
        Some(client) => policy_is_for(policy, client),
        None if policy.clients.is_empty() || policy.clients.iter().any(|client| client == EVERY_CLIENT) => {
            Truth::Yes
        }
        None => Truth::Maybe,
    }
}

/// Whether a policy of the custom authorization server is for a client.
pub fn policy_is_for(policy: &TokenPolicy, client: &str) -> Truth {
    let takes = |one: &String| one == client || one == EVERY_CLIENT;
    Truth::of(policy.clients.is_empty() || policy.clients.iter().any(takes))
}

/// As a policy names every client instead of listing them.
const EVERY_CLIENT: &str = "ALL_CLIENTS";

fn rule_takes_request(world: &World, rule: &TokenRule) -> Truth {
    rule_takes_grant(world, rule).and(rule_takes_scopes(world, rule))
}

/// Whether a rule is for the grant type of Torq's flow.
pub fn rule_takes_grant(world: &World, rule: &TokenRule) -> Truth {
    let flow = world.wizard.flow.known().map(|flow| flow_needs(*flow).1);
    if rule.grant_types.is_empty() {
        Truth::Yes
    } else {
        Truth::of(flow.map(|needed| rule.grant_types.iter().any(|grant| grant == needed)))
    }
}

/// Whether a rule is for every scope that Torq asks for.
pub fn rule_takes_scopes(world: &World, rule: &TokenRule) -> Truth {
    let any_scope = rule.scopes.is_empty() || rule.scopes.iter().any(|scope| scope == "*");
    if any_scope {
        Truth::Yes
    } else {
        let requested = world.wizard.requested_scopes.known();
        Truth::of(requested.map(|requested| requested.iter().all(|scope| rule.scopes.contains(scope))))
    }
}

/// Whether the custom authorization server has a rule for Torq's client, grant type and scopes, whoever signs in (G6.3c).
pub fn server_has_rule(world: &World, policies: &[TokenPolicy], client: &str) -> Truth {
    let rules = |policy: &TokenPolicy| match &policy.rules {
        None => Truth::Maybe,
        Some(rules) => rules.iter().map(|rule| rule_takes_request(world, rule)).max().unwrap_or(Truth::No),
    };
    policies.iter().map(|policy| policy_is_for(policy, client).and(rules(policy))).max().unwrap_or(Truth::No)
}
