//! The words of a verdict: gates, reasons, what is missing, what is assumed (semantics, verdicts 1–6).

use std::fmt;

use crate::model::torq::RoleId;

/// The seven gates, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Gate {
    Client,
    Redirect,
    Request,
    User,
    Assignment,
    Token,
    Mapping,
}

impl Gate {
    /// In the order in which a sign-in meets them.
    pub const ALL: [Gate; 7] = [
        Gate::Client,
        Gate::Redirect,
        Gate::Request,
        Gate::User,
        Gate::Assignment,
        Gate::Token,
        Gate::Mapping,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Redirect => "redirect",
            Self::Request => "request",
            Self::User => "user",
            Self::Assignment => "assignment",
            Self::Token => "token",
            Self::Mapping => "mapping",
        }
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a verdict may rest on without knowing it (semantics, verdicts 4). Nothing else may be assumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Assumption {
    /// That the person has at most 100 passing groups (G6.8).
    GroupCount,
    /// That the sign-in policy, or the authorization server's, lets the person in (G5.3, G6.3c).
    Policy,
}

impl Assumption {
    pub fn name(self) -> &'static str {
        match self {
            Self::GroupCount => "group_count",
            Self::Policy => "policy",
        }
    }
}

/// A small set of assumptions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Assumptions {
    policy: bool,
    group_count: bool,
}

impl Assumptions {
    pub fn add(&mut self, assumption: Assumption) {
        match assumption {
            Assumption::Policy => self.policy = true,
            Assumption::GroupCount => self.group_count = true,
        }
    }

    pub fn contains(self, assumption: Assumption) -> bool {
        match assumption {
            Assumption::Policy => self.policy,
            Assumption::GroupCount => self.group_count,
        }
    }

    /// By name, sorted.
    pub fn names(self) -> Vec<&'static str> {
        [Assumption::GroupCount, Assumption::Policy]
            .into_iter()
            .filter(|assumption| self.contains(*assumption))
            .map(Assumption::name)
            .collect()
    }
}

/// What happens to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// `rank`: of the mapping that gives the role, where it is the same for every value that the claims could have.
    Granted {
        role: RoleId,
        rank: Option<i64>,
    },
    LockedOut {
        gate: Gate,
        reason: String,
    },
    Unknown {
        gate: Gate,
        missing: String,
    },
    NotSubject {
        reason: &'static str,
    },
}

impl Verdict {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Granted { .. } => "granted",
            Self::LockedOut { .. } => "locked_out",
            Self::Unknown { .. } => "unknown",
            Self::NotSubject { .. } => "not_subject",
        }
    }
}
