//! The documented group functions of Okta's expression language (G6.9), and everything else as one case.

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    Groups { compare: Compare, source: String, text: String, limit: u64 },
    FilteredGroups { ids: Vec<String>, limit: u64 },
    UserGroups { pattern: String },
    Flatten(Vec<Self>),
    Other { speaks_of_groups: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    StartsWith,
    Contains,
    EndsWith,
}

impl Compare {
    pub fn holds(self, name: &str, text: &str) -> bool {
        match self {
            Self::StartsWith => name.starts_with(text),
            Self::Contains => name.contains(text),
            Self::EndsWith => name.ends_with(text),
        }
    }
}

impl Expression {
    pub fn read(written: &str) -> Self {
        let mut rest = Rest(written);
        match rest.expression() {
            Some(expression) if rest.0.trim().is_empty() => expression,
            _ => Self::Other { speaks_of_groups: written.to_lowercase().contains("group") },
        }
    }

    /// The most groups that its limits let it give; `None` without a limit.
    pub fn most(&self) -> Option<u64> {
        match self {
            Self::Groups { limit, .. } | Self::FilteredGroups { limit, .. } => Some(*limit),
            Self::Flatten(parts) => parts.iter().map(Self::most).sum(),
            Self::UserGroups { .. } | Self::Other { .. } => None,
        }
    }

    /// G6.9: the limit that Okta refuses counts for `Groups.*`, wherever it stands.
    pub fn asks_for_too_many(&self) -> bool {
        match self {
            Self::Groups { limit, .. } => *limit > 100,
            Self::Flatten(parts) => parts.iter().any(Self::asks_for_too_many),
            _ => false,
        }
    }
}

struct Rest<'a>(&'a str);

impl Rest<'_> {
    fn take(&mut self, token: &str) -> Option<()> {
        self.0 = self.0.trim_start().strip_prefix(token)?;
        Some(())
    }

    fn quoted(&mut self) -> Option<String> {
        let written = self.0.trim_start();
        let quote = written.chars().next().filter(|first| *first == '"' || *first == '\'')?;
        let (inside, rest) = written[1..].split_once(quote)?;
        self.0 = rest;
        Some(inside.to_owned())
    }

    fn number(&mut self) -> Option<u64> {
        let written = self.0.trim_start();
        let end = written.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(written.len());
        let number = written[..end].parse().ok()?;
        self.0 = &written[end..];
        Some(number)
    }

    fn expression(&mut self) -> Option<Expression> {
        for (name, compare) in [
            ("Groups.startsWith", Compare::StartsWith),
            ("Groups.contains", Compare::Contains),
            ("Groups.endsWith", Compare::EndsWith),
        ] {
            if self.take(name).is_some() {
                self.take("(")?;
                let source = self.quoted()?;
                self.take(",")?;
                let text = self.quoted()?;
                self.take(",")?;
                let limit = self.number()?;
                self.take(")")?;
                return Some(Expression::Groups { compare, source, text, limit });
            }
        }
        if self.take("getFilteredGroups").is_some() {
            self.take("(")?;
            self.take("{")?;
            let mut ids = vec![self.quoted()?];
            while self.take(",").is_some() {
                ids.push(self.quoted()?);
            }
            self.take("}")?;
            self.take(",")?;
            if self.quoted()? != "group.name" {
                return None;
            }
            self.take(",")?;
            let limit = self.number()?;
            self.take(")")?;
            return Some(Expression::FilteredGroups { ids, limit });
        }
        if self.take("user.getGroups").is_some() {
            self.take("(")?;
            self.take("{")?;
            if self.quoted()? != "group.profile.name" {
                return None;
            }
            self.take(":")?;
            let pattern = self.quoted()?;
            self.take("}")?;
            self.take(")")?;
            self.take(".![profile.name]")?;
            return Some(Expression::UserGroups { pattern });
        }
        self.take("Arrays.flatten")?;
        self.take("(")?;
        let mut parts = vec![self.expression()?];
        while self.take(",").is_some() {
            parts.push(self.expression()?);
        }
        self.take(")")?;
        Some(Expression::Flatten(parts))
    }
}
