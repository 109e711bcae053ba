//! Which requests decide the verdicts, and how many they are at most. Pure: it asks nothing.
//!
//! Names of all groups are read; members only of groups that decide something, and from the cheaper side: the groups' members, or the groups
//! of each person considered. People of email mappings and those who can repair SSO are always read from the person's side too.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::connection::{Connection, Flow};
use crate::document::okta as okta_shape;
use crate::document::torq as torq_shape;

use super::okta::{OktaId, page};

/// Claims of OpenID Connect that carry no groups: a mapping on one of them names no group.
const PERSON_CLAIMS: [&str; 20] = [
    "sub",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "email_verified",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "phone_number_verified",
    "address",
    "updated_at",
];

/// Of people who can repair SSO, so many are read from their own side: where there are more, losing one locks nobody out of the settings.
pub const REPAIR_PEOPLE_MOST: usize = 100;

/// From this number of passing groups on, the implicit flow gives no token (semantics G6.8).
const GROUP_LIMIT: usize = 100;

/// How many names one search for people holds.
pub const NAMES_A_SEARCH: usize = 10;

/// Values that mappings give for claims that may carry groups.
pub fn mapped_names(mappings: &[torq_shape::ClaimMapping]) -> BTreeSet<String> {
    let of_groups = mappings.iter().filter(|mapping| !is_about_the_person(&mapping.claim_name));
    of_groups.map(|mapping| mapping.claim_value.clone()).collect()
}

/// A claim that says something about the person, not about groups.
pub fn is_about_the_person(claim: &str) -> bool {
    PERSON_CLAIMS.contains(&claim)
}

/// One group of the organisation, as the list gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyedGroup {
    pub id: OktaId,
    pub name: String,
    pub everyone: bool,
    /// Not of a directory or an application: a filter sends only these.
    pub from_okta: bool,
    /// `None` where the list does not say.
    pub members: Option<u64>,
}

/// What is known once the settings and the names of the groups are read.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    pub groups: Vec<SurveyedGroup>,
    /// Groups that a mapping names.
    pub mapped: BTreeSet<OktaId>,
    /// Of these, groups that are mapped to a role that can repair SSO.
    pub repairing: BTreeSet<OktaId>,
    /// Groups that are assigned to the app.
    pub assigned: BTreeSet<OktaId>,
    /// Groups that a policy's conditions name.
    pub in_policies: BTreeSet<OktaId>,
    /// People of email mappings, as they are spelled there.
    pub mapped_emails: BTreeSet<String>,
    /// Emails of Torq users.
    pub torq_emails: BTreeSet<String>,
    /// Of these, who has a role that can repair SSO.
    pub torq_repairing: BTreeSet<String>,
    /// Everyone counts as assigned.
    pub broker_mode: bool,
    /// Groups that count towards the limit of 100; empty where the limit cannot be reached.
    pub counted: BTreeSet<OktaId>,
}

impl Survey {
    pub fn new(groups: Vec<SurveyedGroup>, settings: &Settings<'_>) -> Self {
        let by_name =
            groups.iter().fold(BTreeMap::<&str, Vec<&SurveyedGroup>>::new(), |mut by_name, group| {
                by_name.entry(group.name.as_str()).or_default().push(group);
                by_name
            });
        let mut survey = Self {
            in_policies: settings.policy_groups(),
            assigned: settings.assigned.iter().filter_map(|row| OktaId::new(&row.id)).collect(),
            broker_mode: settings.broker_mode(),
            counted: settings.counted(&groups),
            ..Self::default()
        };
        for mapping in settings.mappings {
            let repairs = can_repair(settings.roles, &mapping.role_id);
            if mapping.claim_name == "email" || mapping.claim_name == "preferred_username" {
                survey.mapped_emails.insert(mapping.claim_value.clone());
            } else if !is_about_the_person(&mapping.claim_name) {
                for group in by_name.get(mapping.claim_value.as_str()).into_iter().flatten() {
                    survey.mapped.insert(group.id.clone());
                    if repairs {
                        survey.repairing.insert(group.id.clone());
                    }
                }
            }
        }
        for user in settings.torq_users {
            survey.torq_emails.insert(user.email.clone());
            if user.role_id.as_deref().is_some_and(|role| can_repair(settings.roles, role)) {
                survey.torq_repairing.insert(user.email.clone());
            }
        }
        survey.groups = groups;
        survey
    }

    /// Assigned groups whose members decide who is assigned without a row of their own.
    pub fn assigned_but_everyone(&self) -> BTreeSet<OktaId> {
        let everyone = self.everyone().map(|group| &group.id);
        self.assigned.iter().filter(|id| Some(*id) != everyone).cloned().collect()
    }

    pub fn everyone_is_assigned(&self) -> bool {
        self.everyone().is_some_and(|group| self.assigned.contains(&group.id))
    }

    fn everyone(&self) -> Option<&SurveyedGroup> {
        self.groups.iter().find(|group| group.everyone)
    }

    /// How many people the organisation has; `None` where the credential does not see it.
    pub fn people(&self) -> Option<u64> {
        self.everyone()?.members
    }

    /// Groups whose members decide a verdict. `Everyone` is not among them: everybody is in it.
    pub fn deciding(&self) -> BTreeSet<OktaId> {
        let everyone = self.everyone().map(|group| &group.id);
        self.mapped.iter().chain(&self.in_policies).filter(|id| Some(*id) != everyone).cloned().collect()
    }

    /// Requests that the members of these groups take at most; `None` where a size is not known.
    pub fn cost_by_group(&self, groups: &BTreeSet<OktaId>) -> Option<u64> {
        let sizes: BTreeMap<&OktaId, Option<u64>> =
            self.groups.iter().map(|group| (&group.id, group.members)).collect();
        let everyone = self.everyone().map(|group| &group.id);
        groups
            .iter()
            .filter(|id| Some(*id) != everyone)
            .map(|id| {
                sizes.get(id).copied().flatten().or(self.people()).map(|size| pages(size, page::MEMBERS))
            })
            .sum()
    }

    /// Requests that one person's groups take at most.
    pub fn cost_by_person(&self) -> u64 {
        pages(self.groups.len() as u64, page::GROUPS_OF_A_PERSON)
    }

    /// Requests from here to the end at most; `None` where the number of people or of members is not known.
    pub fn at_most(&self) -> Option<u64> {
        let people = self.people()?;
        let app_users = pages(people, page::APP_USERS);
        let everyone = pages(people, page::USERS);
        let by_path = self.mapped_emails.len() as u64;
        let named = self.mapped_emails.union(&self.torq_emails).count();
        let records = if self.broker_mode {
            everyone + named.div_ceil(NAMES_A_SEARCH) as u64
        } else {
            (named.div_ceil(NAMES_A_SEARCH) as u64).min(everyone)
        };
        let by_group = self.cost_by_group(&self.deciding())?;
        let by_person = people.saturating_mul(self.cost_by_person());
        let repairing = (self.repairing_at_most() as u64).saturating_mul(self.cost_by_person());
        let unassigned = (named as u64)
            .saturating_mul(self.cost_by_person())
            .min(self.cost_by_group(&self.assigned_but_everyone())?);
        let read_again = 2;
        Some(app_users + by_path + records + by_group.min(by_person) + repairing + unassigned + read_again)
    }

    fn repairing_at_most(&self) -> usize {
        let sizes = self.groups.iter().filter(|group| self.repairing.contains(&group.id));
        let members: u64 = sizes
            .map(|group| group.members.or(self.people()).unwrap_or(u64::MAX))
            .fold(0, u64::saturating_add);
        let members = usize::try_from(members).unwrap_or(usize::MAX);
        let named = self.mapped_emails.len();
        members.saturating_add(self.torq_repairing.len()).min(REPAIR_PEOPLE_MOST).saturating_add(named)
    }
}

/// Pages of a list: a list that fills its last page has one more, an empty one.
pub fn pages(rows: u64, page: u64) -> u64 {
    rows / page.max(1) + 1
}

/// From which side the members of the deciding groups are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Side {
    /// The members of each of these groups.
    Groups(BTreeSet<OktaId>),
    /// The groups of each of these people.
    People(BTreeSet<OktaId>),
}

/// The cheaper side, once it is known who is considered. `read` are people whose own groups are read anyway.
pub fn cheaper_side(
    survey: &Survey,
    groups: &BTreeSet<OktaId>,
    considered: &BTreeSet<OktaId>,
    read: &BTreeSet<OktaId>,
) -> Side {
    let people: BTreeSet<OktaId> = considered.difference(read).cloned().collect();
    let by_person = (people.len() as u64).saturating_mul(survey.cost_by_person());
    match survey.cost_by_group(groups) {
        Some(by_group) if by_group <= by_person => Side::Groups(groups.clone()),
        // Without sizes, one request a group is the least, and the people's side is known.
        None if (groups.len() as u64) <= by_person => Side::Groups(groups.clone()),
        _ => Side::People(people),
    }
}

/// The settings that choose what is read, as far as they were read.
pub struct Settings<'a> {
    pub connection: &'a Connection,
    pub app: Option<&'a okta_shape::App>,
    pub id_token: Option<&'a okta_shape::IdToken>,
    pub access_rules: &'a [okta_shape::AccessPolicyRule],
    pub token_policies: &'a [okta_shape::AuthorizationServerPolicy],
    pub assigned: &'a [okta_shape::AppGroup],
    pub mappings: &'a [torq_shape::ClaimMapping],
    pub roles: &'a [torq_shape::Role],
    pub torq_users: &'a [torq_shape::User],
}

impl Settings<'_> {
    fn broker_mode(&self) -> bool {
        self.app
            .and_then(|app| app.settings.as_ref())
            .and_then(|settings| settings.implicit_assignment)
            .unwrap_or(false)
    }

    fn policy_groups(&self) -> BTreeSet<OktaId> {
        let access = self
            .access_rules
            .iter()
            .filter_map(|rule| rule.conditions.as_ref()?.get("people")?.get("groups"))
            .flat_map(|groups| {
                ["include", "exclude"].into_iter().filter_map(|key| groups.get(key)?.as_array())
            })
            .flatten()
            .filter_map(|id| id.as_str());
        let tokens = self
            .token_policies
            .iter()
            .flat_map(|policy| policy.rules.iter().flatten())
            .filter_map(|rule| rule.conditions.as_ref()?.people.as_ref()?.groups.as_ref())
            .flat_map(|groups| groups.include.iter().flatten().chain(groups.exclude.iter().flatten()))
            .map(String::as_str);
        // Authorization servers name the group of everyone by a word.
        access.chain(tokens).filter(|id| *id != "EVERYONE").filter_map(OktaId::new).collect()
    }

    fn counted(&self, groups: &[SurveyedGroup]) -> BTreeSet<OktaId> {
        if !self.sends_groups_in_the_implicit_flow() {
            return BTreeSet::new();
        }
        let filter = self.id_token.and_then(|settings| {
            let kind = settings.group_filter_type.as_deref()?;
            Some((kind, settings.value.as_deref()?.to_lowercase()))
        });
        let passes = |group: &&SurveyedGroup| {
            let name = group.name.to_lowercase();
            match &filter {
                Some(("STARTS_WITH", value)) => group.from_okta && name.starts_with(value),
                Some(("CONTAINS", value)) => group.from_okta && name.contains(value),
                Some(("EQUALS", value)) => group.from_okta && name == *value,
                Some(_) => group.from_okta,
                None => true,
            }
        };
        let counted: BTreeSet<OktaId> = groups
            .iter()
            .filter(|group| !group.everyone)
            .filter(passes)
            .map(|group| group.id.clone())
            .collect();
        if counted.len() < GROUP_LIMIT { BTreeSet::new() } else { counted }
    }

    fn sends_groups_in_the_implicit_flow(&self) -> bool {
        let torq = self.connection.torq.as_ref();
        let implicit = torq.and_then(|torq| torq.flow) != Some(Flow::Code);
        let scopes = torq.and_then(|torq| torq.requested_scopes.as_ref());
        let requested = scopes.is_none_or(|scopes| scopes.iter().any(|scope| scope == "groups"));
        let unset = self.id_token.is_some_and(|settings| settings.name.is_none());
        implicit && requested && !unset
    }
}

/// Whether a role can repair SSO, as far as choosing what to read goes: in doubt it can.
fn can_repair(roles: &[torq_shape::Role], id: &str) -> bool {
    match roles.iter().find(|role| role.id == id) {
        Some(torq_shape::Role { scope_names: Some(scopes), .. }) => {
            scopes.iter().any(|scope| scope == "user.write")
        }
        Some(role) => role.name == "Owner",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::unwrap_used)]
    fn id(text: &str) -> OktaId {
        OktaId::new(text).unwrap()
    }

    fn group(name: &str, members: Option<u64>) -> SurveyedGroup {
        SurveyedGroup {
            id: id(name),
            name: name.to_owned(),
            everyone: name == "Everyone",
            from_okta: true,
            members,
        }
    }

    fn ids(prefix: &str, count: usize) -> BTreeSet<OktaId> {
        (0..count).map(|number| id(&format!("{prefix}{number}"))).collect()
    }

    #[test]
    fn the_cheaper_side_is_taken() {
        for (what, sizes, people, groups_side) in [
            ("few groups, many people", vec![Some(10); 2], 100, true),
            ("many groups, few people", vec![Some(10); 50], 3, false),
            ("one huge group, few people", vec![Some(100_000)], 5, false),
            ("sizes unknown, many people", vec![None; 4], 100, true),
        ] {
            let groups: Vec<SurveyedGroup> =
                sizes.iter().enumerate().map(|(number, size)| group(&format!("g{number}"), *size)).collect();
            let all: BTreeSet<OktaId> = groups.iter().map(|group| group.id.clone()).collect();
            let survey = Survey { groups, ..Survey::default() };
            let side = cheaper_side(&survey, &all, &ids("u", people), &BTreeSet::new());
            assert_eq!(matches!(side, Side::Groups(_)), groups_side, "{what}");
        }
    }

    #[test]
    fn a_list_that_fills_its_last_page_has_one_more() {
        for (rows, page, expected) in [(0, 200, 1), (199, 200, 1), (200, 200, 2), (5000, 500, 11)] {
            assert_eq!(pages(rows, page), expected, "{rows} by {page}");
        }
    }

    #[test]
    fn without_everyone_the_number_is_not_known_beforehand() {
        let seen = Survey { groups: vec![group("Everyone", Some(3))], ..Survey::default() };
        assert!(seen.at_most().is_some());
        let scoped = Survey { groups: vec![group("g1", Some(3))], ..Survey::default() };
        assert_eq!(scoped.at_most(), None);
    }
}
