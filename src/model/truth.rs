//! Three-valued truth, for whatever the documents may leave open.

/// A yes, a no, or what may be either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Truth {
    No,
    Maybe,
    Yes,
}

impl Truth {
    /// `Maybe` for `None`.
    pub fn of(condition: impl Into<Option<bool>>) -> Self {
        match condition.into() {
            Some(true) => Self::Yes,
            Some(false) => Self::No,
            None => Self::Maybe,
        }
    }

    /// The greater of the two: `Yes` if either is.
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// The lesser of the two: `No` if either is.
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::Maybe => Self::Maybe,
            Self::No => Self::Yes,
        }
    }
}
