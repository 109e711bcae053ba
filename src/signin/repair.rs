//! Who can repair SSO: the quorum, the mappings that give it, and the backup accounts (semantics G7.6 and words).

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{DocumentName, JsonPath};
use crate::model::torq::RoleId;
use crate::model::{Cause, Fact, Gap, Truth, World};

use super::claim_source::EMAIL;
use super::evaluation::{Outcome, SignIn};
use super::population::PersonIndex;
use super::verdict::{Assumption, Assumptions, Gate};
use super::walk::MappingOutcome;

/// Who could repair SSO, through Okta or around it.
#[derive(Debug, Clone, Default)]
pub struct Repair {
    /// People who pass every gate and end with a role that can repair SSO, whatever their unknown claims hold.
    pub people: Vec<PersonIndex>,
    /// People who would be among them but for Okta's `LOCKED_OUT`, which passes by itself and which no rule fires for (G4.2).
    pub locked_out: Vec<PersonIndex>,
    /// How many people each mapping gives such a role to; indices are into the mappings by rank. Someone who gets it from one mapping or
    /// another, as their claims may be, stands under none.
    pub by_mapping: BTreeMap<usize, usize>,
    /// Indices of Torq users that are local accounts with such a role.
    pub backup_accounts: Vec<usize>,
    /// Why there may be more backup accounts.
    pub backup_gap: Option<Gap>,
    /// People of whom it is not known whether they end with such a role.
    pub open: usize,
    /// Why there may be more people: what is missing for the first of the open ones, or a list in which people may be missing.
    pub gap: Option<Gap>,
    /// What the counts of people rest on.
    pub assumes: Assumptions,
}

impl Repair {
    pub fn new(sign_in: &SignIn<'_>) -> Self {
        let (backup_accounts, backup_gap) = backup_accounts(sign_in.world);
        let mut repair = Self { backup_accounts, backup_gap, ..Self::default() };
        for person in sign_in.considered() {
            let locked_out = sign_in.is_locked_out_for_now(person);
            let gates = Gate::ALL
                .into_iter()
                .filter(|gate| *gate != Gate::Mapping && !(locked_out && *gate == Gate::User));
            match sign_in.passes(person, gates).and(sign_in.role_can_repair_sso(person)) {
                Truth::No => {}
                Truth::Yes if locked_out => repair.locked_out.push(person),
                Truth::Yes => repair.count(sign_in, person),
                Truth::Maybe => {
                    repair.open += 1;
                    repair.gap = repair.gap.take().or_else(|| Some(person_gap(sign_in, person)));
                }
            }
        }
        repair.gap = repair.gap.take().or_else(|| unlisted(sign_in));
        repair
    }

    fn count(&mut self, sign_in: &SignIn<'_>, person: PersonIndex) {
        self.people.push(person);
        if let Outcome::Granted { mapping, .. } = sign_in.outcome(person)
            && sign_in.is_by_one_mapping(person)
        {
            *self.by_mapping.entry(mapping).or_default() += 1;
        }
        let assumed = sign_in.assumes(person);
        for assumption in [Assumption::GroupCount, Assumption::Policy] {
            if assumed.contains(assumption) {
                self.assumes.add(assumption);
            }
        }
    }

    /// People who get such a role from Okta, those of `LOCKED_OUT` among them.
    pub fn by_sso(&self) -> impl Iterator<Item = PersonIndex> + '_ {
        self.people.iter().chain(&self.locked_out).copied()
    }

    /// `Err` where it is not known that nobody else gets such a role from Okta.
    pub fn nobody_else(&self) -> Result<(), Gap> {
        self.gap.clone().map_or(Ok(()), Err)
    }

    /// `Err` where it is not known that there is no other backup account.
    pub fn no_other_backup(&self) -> Result<(), Gap> {
        self.backup_gap.clone().map_or(Ok(()), Err)
    }

    /// How many different people can repair SSO, each once: from Okta, by a backup account, as a declared organisation admin.
    pub fn different_people(&self, sign_in: &SignIn<'_>) -> usize {
        let world = sign_in.world;
        let by_sso: BTreeSet<PersonIndex> = self.by_sso().collect();
        let users = world.torq_users.known().map_or(&[][..], Vec::as_slice);
        let emails: BTreeSet<String> = self
            .backup_accounts
            .iter()
            .filter_map(|index| users.get(*index))
            .map(|user| user.email.to_lowercase())
            .chain(world.wizard.organization_admins.iter().map(|email| email.to_lowercase()))
            .collect();
        let found = world.directory.find_by_name(emails.iter().map(String::as_str));
        let beside = |email: &&String| {
            found.get(*email).is_none_or(|users| !users.iter().any(|user| by_sso.contains(&(*user).into())))
        };
        by_sso.len() + emails.iter().filter(beside).count()
    }
}

/// What is missing to know whether a person ends with a role that can repair SSO.
fn person_gap(sign_in: &SignIn<'_>, person: PersonIndex) -> Gap {
    let of_gate = |gate: Gate| sign_in.gap(person, gate);
    if let Some(gap) = Gate::ALL.into_iter().filter(|gate| *gate != Gate::Mapping).find_map(of_gate) {
        return gap;
    }
    mapped_role_gap(sign_in, person)
}

/// What is missing where it is not known whether the role that G7 comes to can repair SSO.
pub fn mapped_role_gap(sign_in: &SignIn<'_>, person: PersonIndex) -> Gap {
    let mapping = match sign_in.mapping_outcome(person) {
        MappingOutcome::Granted { mapping, .. } => sign_in.mappings().get(mapping),
        MappingOutcome::LockedOut | MappingOutcome::Unknown { .. } => None,
    };
    mapping.map_or_else(|| sign_in.mapping_gap(person), |mapping| role_gap(sign_in.world, &mapping.role))
}

/// What is missing where it is not known whether a role can repair SSO.
pub fn role_gap(world: &World, role: &RoleId) -> Gap {
    world.roles.gap().cloned().unwrap_or_else(|| {
        let why = format!("whether the role {} can repair SSO is not known", world.role_label(role));
        Gap::document(DocumentName::Roles, Cause::Undecided(why))
    })
}

/// Why there may be people whom no document that was read names, and who may end with a role that can repair SSO.
fn unlisted(sign_in: &SignIn<'_>) -> Option<Gap> {
    let world = sign_in.world;
    let request = &sign_in.request;
    if [&request.client, &request.redirect, &request.request, &request.issuer].iter().any(|gate| gate.fails())
    {
        return None;
    }
    // Whom an email mapping names is always considered; only another claim can take someone who is not.
    let takes_anyone = match &world.mappings {
        Fact::Known(mappings) => mappings
            .iter()
            .any(|mapping| mapping.claim_name != EMAIL && world.can_repair_sso(&mapping.role) != Some(false)),
        Fact::Absent => false,
        Fact::Unknown(gap) => return Some(gap.clone()),
    };
    let directory = &world.directory;
    let assigned_only = world.app.known().is_some_and(|app| !app.implicit_assignment);
    if !takes_anyone
        || directory.user_list.is_complete()
        || (assigned_only && directory.app_user_list.is_complete())
    {
        return None;
    }
    Some(if assigned_only {
        directory.app_user_list.gap(&DocumentName::AppUsers)
    } else {
        directory.user_list.gap(&DocumentName::Users)
    })
}

/// Torq users with `sso_provision == false` and a role that can repair SSO, and why there may be more.
fn backup_accounts(world: &World) -> (Vec<usize>, Option<Gap>) {
    let users = match &world.torq_users {
        Fact::Known(users) => users.as_slice(),
        Fact::Absent => &[],
        Fact::Unknown(gap) => return (Vec::new(), Some(gap.clone())),
    };
    let mut accounts = Vec::new();
    let mut gap = None;
    // An invitation that nobody accepted lets nobody in.
    for (index, user) in users.iter().enumerate().filter(|(_, user)| !user.invited) {
        let Some(role) = &user.role else { continue };
        let missing = match (user.sso_provision, world.can_repair_sso(role)) {
            (Some(true), _) | (_, Some(false)) => None,
            (Some(false), Some(true)) => {
                accounts.push(index);
                None
            }
            (Some(false), None) => Some(role_gap(world, role)),
            (None, _) => Some(sso_provision_gap(user.position)),
        };
        gap = gap.or(missing);
    }
    if !world.torq_user_list.is_complete() {
        gap = gap.or(Some(Gap::document(DocumentName::TorqUsers, Cause::Incomplete)));
    }
    (accounts, gap)
}

/// The gap that Torq's answer does not say whether a user is a local account; by position in `torq/users.json`.
pub fn sso_provision_gap(position: usize) -> Gap {
    let path = JsonPath::root().key("users").index(position).key("sso_provision");
    Gap::new(DocumentName::TorqUsers, path, Cause::NotThere)
}
