//! The whole simulation of one world: every gate for everyone, in one pass.

use crate::document::{DocumentName, JsonPath};
use crate::model::directory::{Directory, Record, Standing};
use crate::model::parts;
use crate::model::torq::Mapping;
use crate::model::{Cause, Fact, Gap, Truth, UserIndex, World};

use super::assignment::{self, PolicyOutcome, PolicyOutcomes};
use super::claim_source::{self, CarriedGroups};
use super::group_names::GroupNames;
use super::java_regex::RegexReading;
use super::mapping::Table;
use super::population::{PersonIndex, Population};
use super::request::{GateState, Request};
use super::token::{self, GroupLimit, ServerPolicy};
use super::verdict::{Assumption, Assumptions, Gate, Verdict};
use super::walk::{MappingOutcome, Walks};

/// A person's own state at a gate, without words: [`SignIn::reason`] finds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Passes,
    Fails,
    Unknown,
}

/// What the simulation found for one person.
#[derive(Debug, Clone, Copy)]
struct Findings {
    user: State,
    assignment: State,
    /// G6 beyond the issuer.
    token: State,
    assumes: Assumptions,
}

/// A verdict without its words, for counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Index into the mappings, by rank.
    Granted {
        mapping: usize,
        rank: Option<i64>,
    },
    LockedOut(Gate),
    Unknown(Gate),
    NotSubject,
}

/// The simulation of one world.
pub struct SignIn<'w> {
    pub world: &'w World,
    pub population: Population,
    pub request: Request,
    pub carried: CarriedGroups,
    assigned: Vec<Truth>,
    policy: PolicyOutcomes,
    server_policy: ServerPolicy,
    stranger_assigned: Truth,
    findings: Vec<Findings>,
    walks: Walks,
    limits: Vec<(RegexReading, Vec<GroupLimit>)>,
}

impl Outcome {
    /// As the verdict is called in machine output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Granted { .. } => "granted",
            Self::LockedOut(_) => "locked_out",
            Self::Unknown(_) => "unknown",
            Self::NotSubject => "not_subject",
        }
    }
}

/// Why someone is not subject to SSO.
pub const LOCAL_ACCOUNT: &str = "local Torq account";

impl<'w> SignIn<'w> {
    /// `expected`: names and emails of people who are asked about beyond those that the world names.
    pub fn new(world: &'w World, expected: &[String]) -> Self {
        let assigned = assignment::assigned(world);
        let population = Population::new(world, &assigned, expected);
        let carried = claim_source::carried_groups(world);
        let readings = readings(&carried);
        let limits: Vec<(RegexReading, Vec<GroupLimit>)> = readings
            .iter()
            .map(|reading| (*reading, token::group_limit(world, &carried, *reading)))
            .collect();
        let mut walks = Walks::new(population.len());
        let mappings = mappings(world);
        // Who gets no token in any reading is locked out at G6; what G7 would have come to is still worth showing.
        let never_issued = |person: PersonIndex| {
            limits.iter().all(|(_, limits)| limit(limits, &population, person) == GroupLimit::Exceeded)
        };
        for (reading, limits) in &limits {
            let table = Table::new(world, &population, mappings, *reading);
            let takes_part = |person: PersonIndex| {
                limit(limits, &population, person) != GroupLimit::Exceeded || never_issued(person)
            };
            let is_open = limits.contains(&GroupLimit::Exceeded);
            let takes_part: &(dyn Fn(PersonIndex) -> bool + Sync) = &takes_part;
            walks.walk(&table, is_open.then_some(takes_part));
        }
        let mut sign_in = Self {
            world,
            request: Request::new(world),
            policy: assignment::policy(world),
            server_policy: token::server_policy(world),
            stranger_assigned: assignment::stranger_assigned(world),
            carried,
            assigned,
            population,
            findings: Vec::new(),
            walks,
            limits,
        };
        let states = UserStates::new(&world.directory);
        let open = Findings {
            user: State::Unknown,
            assignment: State::Unknown,
            token: State::Unknown,
            assumes: Assumptions::default(),
        };
        sign_in.findings = parts::answers(sign_in.population.len(), open, |index| {
            sign_in.judge(PersonIndex(u32::try_from(index).unwrap_or(u32::MAX)), &states)
        });
        sign_in
    }

    /// The mappings by rank; empty where they were not read.
    pub fn mappings(&self) -> &'w [Mapping] {
        mappings(self.world)
    }

    /// The readings of a regex that are possible: both where a regex chooses groups, else one.
    pub fn readings(&self) -> impl Iterator<Item = RegexReading> + '_ {
        self.limits.iter().map(|(reading, _)| *reading)
    }

    /// The table in each reading that is possible.
    pub fn tables(&self) -> Vec<Table<'_>> {
        self.readings()
            .map(|reading| Table::new(self.world, &self.population, self.mappings(), reading))
            .collect()
    }

    fn judge(&self, person: PersonIndex, states: &UserStates) -> Findings {
        let mut assumes = Assumptions::default();
        let Some(user) = self.population.user(person) else {
            let settled = self.population.stranger(person).is_some_and(|stranger| stranger.settled);
            if settled {
                let nobody = State::Fails;
                return Findings { user: nobody, assignment: nobody, token: nobody, assumes };
            }
            let assignment = assignment_state(self.policy.of_stranger(), self.stranger_assigned);
            let token = if self.server_policy.stranger == Truth::No { State::Fails } else { State::Unknown };
            return Findings { user: State::Unknown, assignment, token, assumes };
        };
        let policy = self.policy.of(user);
        if policy == PolicyOutcome::Assumed {
            assumes.add(Assumption::Policy);
        }
        let assignment = assignment_state(policy, self.assigned(user));
        let token = self.token(user, &mut assumes);
        Findings { user: states.of(&self.world.directory, user), assignment, token, assumes }
    }

    fn token(&self, user: UserIndex, assumes: &mut Assumptions) -> State {
        match self.server_policy.users.get(user.0 as usize) {
            Some(Truth::No) => return State::Fails,
            Some(Truth::Maybe) => assumes.add(Assumption::Policy),
            Some(Truth::Yes) | None => {}
        }
        let limits = || self.group_limits(user);
        if limits().any(|limit| limit == GroupLimit::Assumed) {
            assumes.add(Assumption::GroupCount);
        }
        if limits().all(|limit| limit == GroupLimit::Exceeded) {
            State::Fails
        } else if limits().any(|limit| matches!(limit, GroupLimit::Exceeded | GroupLimit::Undecided)) {
            State::Unknown
        } else {
            State::Passes
        }
    }

    /// Whether a user is assigned (G5.1, G5.2).
    pub fn assigned(&self, user: UserIndex) -> Truth {
        let listed = self.assigned.get(user.0 as usize).copied().unwrap_or(Truth::Maybe);
        listed.or(assignment::broker_mode(self.world))
    }

    /// What the sign-in policy does with a user (G5.3).
    pub fn policy(&self, user: UserIndex) -> PolicyOutcome {
        self.policy.of(user)
    }

    /// The state of one person at one gate, by itself.
    pub fn state(&self, person: PersonIndex, gate: Gate) -> State {
        let of = |state: &GateState| match state {
            GateState::Passes => State::Passes,
            GateState::Fails(_) => State::Fails,
            GateState::Unknown(_) => State::Unknown,
        };
        let Some(findings) = self.findings.get(person.0 as usize) else { return State::Unknown };
        match gate {
            Gate::Client => of(&self.request.client),
            Gate::Redirect => of(&self.request.redirect),
            Gate::Request => of(&self.request.request),
            Gate::User => findings.user,
            Gate::Assignment => findings.assignment,
            Gate::Token => match (of(&self.request.issuer), findings.token) {
                (State::Fails, _) | (_, State::Fails) => State::Fails,
                (State::Unknown, _) | (_, State::Unknown) => State::Unknown,
                (State::Passes, State::Passes) => State::Passes,
            },
            Gate::Mapping => match self.mapping_outcome(person) {
                MappingOutcome::Granted { .. } => State::Passes,
                MappingOutcome::LockedOut => State::Fails,
                MappingOutcome::Unknown { .. } => State::Unknown,
            },
        }
    }

    /// What G7 comes to for a person whose other gates are left aside.
    pub fn mapping_outcome(&self, person: PersonIndex) -> MappingOutcome {
        match &self.world.mappings {
            Fact::Known(mappings) => {
                self.walks.outcome(person, mappings).unwrap_or(MappingOutcome::LockedOut)
            }
            Fact::Unknown(_) if (person.0 as usize) < self.population.len() => {
                MappingOutcome::Unknown { gap: usize::MAX }
            }
            Fact::Absent | Fact::Unknown(_) => MappingOutcome::LockedOut,
        }
    }

    /// The verdict, without its words.
    pub fn outcome(&self, person: PersonIndex) -> Outcome {
        if let Some(stranger) = self.population.stranger(person) {
            match (stranger.local, stranger.settled) {
                (Truth::Yes, true) => return Outcome::NotSubject,
                // Who may be a local account cannot be called locked out, whatever fails.
                (Truth::Yes, false) | (Truth::Maybe, _) => return Outcome::Unknown(Gate::User),
                (Truth::No, _) => {}
            }
        }
        let mut open = None;
        let failing = Gate::ALL.into_iter().find(|gate| {
            let state = self.state(person, *gate);
            if state == State::Unknown {
                open = open.or(Some(*gate));
            }
            state == State::Fails
        });
        match (failing, open, self.mapping_outcome(person)) {
            (Some(gate), _, _) => Outcome::LockedOut(gate),
            (None, Some(gate), _) => Outcome::Unknown(gate),
            (None, None, MappingOutcome::Granted { mapping, rank }) => Outcome::Granted { mapping, rank },
            (None, None, MappingOutcome::LockedOut | MappingOutcome::Unknown { .. }) => {
                Outcome::Unknown(Gate::Mapping)
            }
        }
    }

    /// What a granted verdict rests on; nothing else rests on an assumption.
    pub fn assumes(&self, person: PersonIndex) -> Assumptions {
        self.assumes_for(person, self.outcome(person))
    }

    /// The same, where the outcome is at hand.
    pub fn assumes_for(&self, person: PersonIndex, outcome: Outcome) -> Assumptions {
        match outcome {
            Outcome::Granted { .. } => self
                .findings
                .get(person.0 as usize)
                .map_or_else(Assumptions::default, |findings| findings.assumes),
            Outcome::LockedOut(_) | Outcome::Unknown(_) | Outcome::NotSubject => Assumptions::default(),
        }
    }

    /// What happens to the person, in the words of a report.
    pub fn verdict(&self, person: PersonIndex) -> Verdict {
        match self.outcome(person) {
            Outcome::Granted { mapping, rank } => match self.mappings().get(mapping) {
                Some(mapping) => Verdict::Granted { role: mapping.role.clone(), rank },
                None => Verdict::Unknown { gate: Gate::Mapping, missing: self.reason(person, Gate::Mapping) },
            },
            Outcome::LockedOut(gate) => Verdict::LockedOut { gate, reason: self.reason(person, gate) },
            Outcome::Unknown(gate) => Verdict::Unknown { gate, missing: self.reason(person, gate) },
            Outcome::NotSubject => Verdict::NotSubject { reason: LOCAL_ACCOUNT },
        }
    }

    /// Why a gate fails, or what is missing; empty where it passes.
    pub fn reason(&self, person: PersonIndex, gate: Gate) -> String {
        let of = |state: &GateState| match state {
            GateState::Passes => String::new(),
            GateState::Fails(reason) => reason.clone(),
            GateState::Unknown(gap) => gap.to_string(),
        };
        match (gate, self.state(person, gate)) {
            (Gate::Client, _) => of(&self.request.client),
            (Gate::Redirect, _) => of(&self.request.redirect),
            (Gate::Request, _) => of(&self.request.request),
            (_, State::Passes) => String::new(),
            (Gate::User | Gate::Assignment | Gate::Token, State::Fails) if self.is_nobody(person) => {
                self.user_reason(person)
            }
            (Gate::User, _) => self.user_reason(person),
            (Gate::Assignment, _) => self.assignment_reason(person),
            (Gate::Token, state) => {
                let issuer = of(&self.request.issuer);
                let by_issuer = if state == State::Fails {
                    self.request.issuer.fails()
                } else {
                    !self.request.issuer.passes()
                };
                if by_issuer { issuer } else { self.token_reason(person) }
            }
            (Gate::Mapping, _) => self.mapping_reason(person),
        }
    }

    /// Someone whom Okta is known not to have.
    fn is_nobody(&self, person: PersonIndex) -> bool {
        self.population.stranger(person).is_some_and(|stranger| stranger.settled)
    }

    fn user_reason(&self, person: PersonIndex) -> String {
        let Some(user) = self.population.user(person).and_then(|user| self.world.directory.user(user)) else {
            return match self.population.stranger(person) {
                Some(stranger) if stranger.settled && stranger.local == Truth::Maybe => {
                    "whether this is a local Torq account is not known".to_owned()
                }
                Some(stranger) if stranger.settled => "Okta has no such user".to_owned(),
                _ => self.world.directory.user_list.gap(&DocumentName::Users).to_string(),
            };
        };
        match (user.record, user.status) {
            (Record::NotThere, _) => "Okta has no such user".to_owned(),
            (Record::Unknown, _) => self.world.directory.user_list.gap(&DocumentName::Users).to_string(),
            (Record::At(position), None) => {
                Gap::new(DocumentName::Users, JsonPath::root().index(position).key("status"), Cause::NotThere)
                    .to_string()
            }
            (Record::At(_), Some(status @ ("STAGED" | "PROVISIONED")))
                if self.state(person, Gate::User) == State::Unknown =>
            {
                format!("the Okta user is {status}, and its directory may activate it at sign-in")
            }
            (Record::At(_), Some(status)) => format!("the Okta user is {status}"),
        }
    }

    fn assignment_reason(&self, person: PersonIndex) -> String {
        let user = self.population.user(person);
        let assigned = user.map_or(self.stranger_assigned, |user| self.assigned(user));
        let policy = user.map_or(self.policy.of_stranger(), |user| self.policy(user));
        match (assigned, policy) {
            (Truth::No, _) => "not assigned to the Okta app".to_owned(),
            (_, PolicyOutcome::Denies(rule)) => {
                let name = self
                    .world
                    .access_rules
                    .known()
                    .and_then(|rules| rules.get(rule))
                    .map_or("", |rule| rule.name.as_str());
                format!("the sign-in policy denies access (rule {name:?})")
            }
            _ => match user {
                Some(user) => self.assignment_gap(user).to_string(),
                None => self.world.directory.user_list.gap(&DocumentName::Users).to_string(),
            },
        }
    }

    /// What is missing to know whether a user is assigned.
    pub fn assignment_gap(&self, user: UserIndex) -> Gap {
        let directory = &self.world.directory;
        if let Some(gap) = self.world.app_groups.gap() {
            return gap.clone();
        }
        let open = self.world.app_groups.known().into_iter().flatten().find_map(|id| {
            match directory.group_by_id(id) {
                Some(group) if directory.membership(user, group) == Truth::Maybe => {
                    Some(directory.membership_gap(user, group))
                }
                Some(_) => None,
                None => Some(Gap::document(DocumentName::GroupUsers(id.clone()), Cause::NotRead)),
            }
        });
        open.unwrap_or_else(|| {
            if self.world.app_groups_complete {
                directory.app_user_list.gap(&DocumentName::AppUsers)
            } else {
                Gap::document(DocumentName::AppGroups, Cause::Incomplete)
            }
        })
    }

    fn token_reason(&self, person: PersonIndex) -> String {
        let Some(user) = self.population.user(person) else {
            return if self.server_policy.stranger == Truth::No {
                "no access policy of the authorization server issues a token to Torq's client".to_owned()
            } else {
                self.world.directory.user_list.gap(&DocumentName::Users).to_string()
            };
        };
        if self.server_policy.users.get(user.0 as usize) == Some(&Truth::No) {
            return "no access policy of the authorization server issues a token to Torq's client".to_owned();
        }
        let exceeded = self
            .limits
            .iter()
            .filter(|(_, limits)| limits.get(user.0 as usize) == Some(&GroupLimit::Exceeded))
            .count();
        if exceeded == 0 {
            "more than 100 groups by an expression: whether Okta issues a token is not known".to_owned()
        } else if exceeded == self.limits.len() {
            "more than 100 groups pass, and Okta issues no token".to_owned()
        } else {
            "more than 100 groups pass in one reading of the regex, and then Okta issues no token".to_owned()
        }
    }

    fn mapping_reason(&self, person: PersonIndex) -> String {
        match self.mapping_outcome(person) {
            MappingOutcome::Granted { .. } => String::new(),
            MappingOutcome::LockedOut if self.mappings().is_empty() => "there is no claim mapping".to_owned(),
            MappingOutcome::LockedOut => "no claim mapping matches".to_owned(),
            MappingOutcome::Unknown { .. } => self.mapping_gap(person).to_string(),
        }
    }

    /// What is missing to know what G7 comes to.
    pub fn mapping_gap(&self, person: PersonIndex) -> Gap {
        if let Some(gap) = self.world.mappings.gap() {
            return gap.clone();
        }
        if let MappingOutcome::Unknown { gap } = self.mapping_outcome(person)
            && let Some(gap) = self.walks.gap(gap)
        {
            return gap.clone();
        }
        let (cause, place) = match self.carried.claims.iter().find(|names| names.has_two_readings()) {
            Some(names) if !self.walks.is_tied(person) => (
                "whether the regex must match the whole group name is not known, and it decides",
                names.claim.value_place(),
            ),
            _ => (
                "two claim mappings have the same rank, and their order decides",
                crate::model::Place::new(DocumentName::ClaimMappings, JsonPath::root().key("claim_mappings")),
            ),
        };
        Gap { place, cause: Cause::Undecided(cause.to_owned()) }
    }

    /// What is missing where a gate is unknown.
    pub fn gap(&self, person: PersonIndex, gate: Gate) -> Option<Gap> {
        let of = |state: &GateState| match state {
            GateState::Unknown(gap) => Some(gap.clone()),
            GateState::Passes | GateState::Fails(_) => None,
        };
        if self.state(person, gate) != State::Unknown {
            return None;
        }
        match gate {
            Gate::Client => of(&self.request.client),
            Gate::Redirect => of(&self.request.redirect),
            Gate::Request => of(&self.request.request),
            Gate::User => Some(self.user_gap(person)),
            Gate::Assignment => Some(match self.population.user(person) {
                Some(user) => self.assignment_gap(user),
                None => self.user_gap(person),
            }),
            Gate::Token => Some(of(&self.request.issuer).unwrap_or_else(|| {
                let why = self.token_reason(person);
                Gap::document(DocumentName::Groups, Cause::Undecided(why))
            })),
            Gate::Mapping => Some(self.mapping_gap(person)),
        }
    }

    fn user_gap(&self, person: PersonIndex) -> Gap {
        let user = self.population.user(person).and_then(|user| self.world.directory.user(user));
        match user.map(|user| user.record) {
            Some(Record::At(position)) => {
                let why = self.user_reason(person);
                let path = JsonPath::root().index(position).key("status");
                Gap::new(DocumentName::Users, path, Cause::Undecided(why))
            }
            Some(Record::NotThere | Record::Unknown) | None => {
                self.world.directory.user_list.gap(&DocumentName::Users)
            }
        }
    }

    /// Everyone who gets a verdict, with it.
    pub fn considered(&self) -> impl Iterator<Item = PersonIndex> + '_ {
        self.population.considered()
    }

    pub fn label(&self, person: PersonIndex) -> &str {
        self.population.label(self.world, person)
    }

    pub fn okta_id(&self, person: PersonIndex) -> Option<&str> {
        self.population.okta_id(self.world, person)
    }

    /// Whether the person has more than 100 passing groups in the implicit flow, in every reading or in one.
    pub fn exceeds_group_limit(&self, user: UserIndex) -> Truth {
        let exceeded = self
            .limits
            .iter()
            .filter(|(_, limits)| limits.get(user.0 as usize) == Some(&GroupLimit::Exceeded))
            .count();
        if exceeded == 0 {
            Truth::No
        } else if exceeded == self.limits.len() {
            Truth::Yes
        } else {
            Truth::Maybe
        }
    }

    /// What is known of the limit of 100 groups for a user, in each reading of a regex (G6.8).
    pub fn group_limits(&self, user: UserIndex) -> impl Iterator<Item = GroupLimit> + '_ {
        self.limits
            .iter()
            .map(move |(_, limits)| limits.get(user.0 as usize).copied().unwrap_or(GroupLimit::Kept))
    }

    /// Whether a policy of the custom authorization server issues a token to the user.
    pub fn server_policy(&self, user: UserIndex) -> Truth {
        self.server_policy.users.get(user.0 as usize).copied().unwrap_or(Truth::Maybe)
    }

    /// Whether a person passes all of some gates, each by itself.
    pub fn passes(&self, person: PersonIndex, gates: impl IntoIterator<Item = Gate>) -> Truth {
        let truth = |gate| match self.state(person, gate) {
            State::Passes => Truth::Yes,
            State::Fails => Truth::No,
            State::Unknown => Truth::Maybe,
        };
        gates.into_iter().map(truth).fold(Truth::Yes, Truth::and)
    }

    /// Whether the role that G7 comes to can repair SSO (G7.6), with the other gates left aside.
    pub fn role_can_repair_sso(&self, person: PersonIndex) -> Truth {
        match &self.world.mappings {
            Fact::Known(_) => self.walks.can_repair_sso(person),
            Fact::Absent => Truth::No,
            Fact::Unknown(_) => Truth::Maybe,
        }
    }

    /// Whether it is known which mapping gives the person's role.
    pub fn is_by_one_mapping(&self, person: PersonIndex) -> bool {
        self.walks.is_by_one_mapping(person)
    }

    /// Okta's `LOCKED_OUT`, which passes by itself in time (G4.2).
    pub fn is_locked_out_for_now(&self, person: PersonIndex) -> bool {
        let user = self.population.user(person).and_then(|user| self.world.directory.user(user));
        user.is_some_and(|user| matches!(user.record, Record::At(_)) && user.status == Some("LOCKED_OUT"))
    }
}

fn mappings(world: &World) -> &[Mapping] {
    world.mappings.known().map_or(&[], Vec::as_slice)
}

fn limit(limits: &[GroupLimit], population: &Population, person: PersonIndex) -> GroupLimit {
    population.user(person).and_then(|user| limits.get(user.0 as usize)).copied().unwrap_or(GroupLimit::Kept)
}

/// One reading where no regex decides, else both (G6.6).
fn readings(carried: &CarriedGroups) -> Vec<RegexReading> {
    if carried.claims.iter().any(GroupNames::has_two_readings) {
        vec![RegexReading::Whole, RegexReading::Search]
    } else {
        vec![RegexReading::Whole]
    }
}

fn assignment_state(policy: PolicyOutcome, assigned: Truth) -> State {
    match (policy, assigned) {
        (PolicyOutcome::Denies(_), _) | (_, Truth::No) => State::Fails,
        (_, Truth::Maybe) => State::Unknown,
        (_, Truth::Yes) => State::Passes,
    }
}

/// G4 for each status, and each kind of provider, once.
struct UserStates {
    /// By the word of the status.
    by_status: Vec<StatusState>,
    /// By the word of the provider: not Okta itself.
    from_elsewhere: Vec<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StatusState {
    Same(State),
    /// Fails, unless a directory may activate the user at sign-in.
    NotYetActive,
}

impl UserStates {
    fn new(directory: &Directory) -> Self {
        let by_status = directory
            .words()
            .map(|status| match status {
                "ACTIVE" | "PASSWORD_EXPIRED" | "RECOVERY" => StatusState::Same(State::Passes),
                "LOCKED_OUT" | "SUSPENDED" | "DEPROVISIONED" => StatusState::Same(State::Fails),
                "STAGED" | "PROVISIONED" => StatusState::NotYetActive,
                _ => StatusState::Same(State::Unknown),
            })
            .collect();
        Self { by_status, from_elsewhere: directory.words().map(|provider| provider != "OKTA").collect() }
    }

    fn of(&self, directory: &Directory, user: UserIndex) -> State {
        let (status, provider) = match directory.standing(user) {
            Standing::NotThere => return State::Fails,
            Standing::Unknown => return State::Unknown,
            Standing::Listed { status, provider } => (status, provider),
        };
        match status.and_then(|status| self.by_status.get(status.index())) {
            Some(StatusState::Same(state)) => *state,
            Some(StatusState::NotYetActive) => {
                let elsewhere = provider.and_then(|provider| self.from_elsewhere.get(provider.index()));
                if elsewhere == Some(&true) { State::Unknown } else { State::Fails }
            }
            None => State::Unknown,
        }
    }
}
