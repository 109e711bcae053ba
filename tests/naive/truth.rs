//! Known to hold, known not to hold, or not known.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    Yes,
    No,
    Unknown,
}

use Truth::{No, Unknown, Yes};

impl Truth {
    pub fn known(holds: bool) -> Self {
        if holds { Yes } else { No }
    }

    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (No, _) | (_, No) => No,
            (Yes, Yes) => Yes,
            _ => Unknown,
        }
    }

    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Yes, _) | (_, Yes) => Yes,
            (No, No) => No,
            _ => Unknown,
        }
    }

    pub fn not(self) -> Self {
        match self {
            Yes => No,
            No => Yes,
            Unknown => Unknown,
        }
    }

    pub fn possible(self) -> bool {
        self != No
    }

    pub fn any(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().fold(No, Self::or)
    }

    pub fn all(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().fold(Yes, Self::and)
    }

    /// What is known when one of several accounts is true and it is not known which.
    pub fn agreement(accounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        accounts.into_iter().reduce(|one, other| if one == other { one } else { Unknown })
    }
}
