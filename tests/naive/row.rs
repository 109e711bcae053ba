//! One line of `who --format json`, without the words of its reason.

use serde_json::Value;
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gate {
    Client,
    Redirect,
    Request,
    User,
    Assignment,
    Token,
    Mapping,
}

pub const GATES: [Gate; 7] =
    [Gate::Client, Gate::Redirect, Gate::Request, Gate::User, Gate::Assignment, Gate::Token, Gate::Mapping];

impl Gate {
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    Granted,
    LockedOut,
    Unknown,
    NotSubject,
}

const VERDICTS: [Verdict; 4] = [Verdict::Granted, Verdict::LockedOut, Verdict::Unknown, Verdict::NotSubject];

impl Verdict {
    pub fn name(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::LockedOut => "locked_out",
            Self::Unknown => "unknown",
            Self::NotSubject => "not_subject",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Row {
    pub connection: String,
    pub user: String,
    pub okta_id: Option<String>,
    pub verdict: Verdict,
    pub role: Option<String>,
    pub rank: Option<i64>,
    pub gate: Option<Gate>,
    /// For whoever reads a difference; never compared.
    pub reason_kind: String,
    pub assumes: Vec<String>,
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.connection == other.connection
            && self.user == other.user
            && self.okta_id == other.okta_id
            && self.to_string() == other.to_string()
    }
}

/// `granted Owner rank 1 assuming policy`, `granted Owner rank null`, `locked_out at mapping`, `not_subject`.
impl fmt::Display for Row {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.verdict.name())?;
        if let Some(role) = &self.role {
            let rank = self.rank.map_or("null".to_owned(), |rank| rank.to_string());
            write!(out, " {role} rank {rank}")?;
        }
        if let Some(gate) = self.gate {
            write!(out, " at {}", gate.name())?;
        }
        if !self.assumes.is_empty() {
            write!(out, " assuming {}", self.assumes.join(" and "))?;
        }
        Ok(())
    }
}

impl Row {
    /// Reads one line of `who --format json`.
    pub fn from_json(line: &Value) -> Self {
        let text = |key: &str| line.get(key).and_then(Value::as_str).map(str::to_owned);
        let verdict = text("verdict").expect("a verdict");
        Self {
            connection: text("connection").expect("a connection"),
            user: text("user").expect("a user"),
            okta_id: text("okta_id"),
            verdict: VERDICTS.into_iter().find(|known| known.name() == verdict).expect("a verdict's name"),
            role: text("role"),
            rank: line.get("rank").and_then(Value::as_i64),
            gate: text("gate")
                .map(|gate| GATES.into_iter().find(|known| known.name() == gate).expect("a gate's name")),
            reason_kind: text("reason").unwrap_or_default(),
            assumes: line
                .get("assumes")
                .and_then(Value::as_array)
                .map(|names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect())
                .unwrap_or_default(),
        }
    }
}

/// Lines for a failing comparison: what only one side says, with the reasons.
pub fn differences(naive: &[Row], engine: &[Row]) -> Vec<String> {
    let mut lines = Vec::new();
    for (side, rows, others) in [("naive", naive, engine), ("engine", engine, naive)] {
        for row in rows.iter().filter(|row| !others.contains(row)) {
            lines.push(format!(
                "only {side}: {} ({:?}) {row}, because {:?}",
                row.user, row.okta_id, row.reason_kind
            ));
        }
    }
    if lines.is_empty() && naive != engine {
        lines.push("the same rows in another order".to_owned());
    }
    lines
}
