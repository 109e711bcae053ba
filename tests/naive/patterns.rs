//! Regex filters by name. There is no engine here: each pattern's truth, whole and searched, was worked out by hand,
//! so that a wrong engine on the other side cannot be wrong in the same way.

use super::truth::Truth;

/// Which of the two readings Okta uses is one fact, the same for every claim (G6.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    Whole,
    Search,
}

pub const READINGS: [Reading; 2] = [Reading::Whole, Reading::Search];

/// The patterns that worlds may use, in an order that shrinks towards the plain one.
pub const PATTERNS: [&str; 14] = [
    ".*",
    "torq-.*",
    ".*torq.*",
    "^torq-",
    "torq-(a|b)",
    "^torq-(admins|viewers)$",
    "torq-admins|torq-viewers",
    "soc",
    "(?i)torq-.*",
    "torq-(?!bulk).*",
    "[A-Z].*",
    "admins$",
    "*",
    NOT_FOLLOWED,
];

/// Java knows this class, nothing here does.
pub const NOT_FOLLOWED: &str = r"\p{javaLowerCase}+";

/// The filter of an example of `rollout`; no random world has it.
pub const ROLLOUT_EXAMPLE: &str = "^(Torq-.*|SOC-(Analysts|Automation|Readers))$";

/// # Panics
/// On a pattern whose truth nobody worked out.
pub fn passes(pattern: &str, reading: Reading, name: &str) -> Truth {
    let whole = reading == Reading::Whole;
    let either = |whole_name: bool, searched: bool| Truth::known(if whole { whole_name } else { searched });
    let lower = name.to_ascii_lowercase();
    match pattern {
        ".*" => Truth::Yes,
        "torq-.*" => either(name.starts_with("torq-"), name.contains("torq-")),
        ".*torq.*" => Truth::known(name.contains("torq")),
        "^torq-" => either(name == "torq-", name.starts_with("torq-")),
        "torq-(a|b)" => {
            either(name == "torq-a" || name == "torq-b", name.contains("torq-a") || name.contains("torq-b"))
        }
        "^torq-(admins|viewers)$" => Truth::known(name == "torq-admins" || name == "torq-viewers"),
        "torq-admins|torq-viewers" => either(
            name == "torq-admins" || name == "torq-viewers",
            name.contains("torq-admins") || name.contains("torq-viewers"),
        ),
        "soc" => either(name == "soc", name.contains("soc")),
        "(?i)torq-.*" => either(lower.starts_with("torq-"), lower.contains("torq-")),
        "torq-(?!bulk).*" => either(
            name.starts_with("torq-") && !name.starts_with("torq-bulk"),
            name.match_indices("torq-").any(|(start, _)| !name[start..].starts_with("torq-bulk")),
        ),
        "[A-Z].*" => either(
            name.starts_with(|letter: char| letter.is_ascii_uppercase()),
            name.contains(|letter: char| letter.is_ascii_uppercase()),
        ),
        "admins$" => either(name == "admins", name.ends_with("admins")),
        "*" => Truth::No,
        NOT_FOLLOWED => Truth::Unknown,
        ROLLOUT_EXAMPLE => Truth::known(
            name.starts_with("Torq-") || ["SOC-Analysts", "SOC-Automation", "SOC-Readers"].contains(&name),
        ),
        other => {
            let branches = branches(other);
            assert!(!branches.is_empty(), "nobody worked out what the pattern {other:?} lets through");
            Truth::any(branches.into_iter().map(|branch| branch.passes(reading, name)))
        }
    }
}

/// One side of a regex that passes what either of two filters passes: `(?:…)|(?:…)`.
enum Branch<'a> {
    StartsWith(&'a str),
    Equals(&'a str),
    Contains(&'a str),
    Regex(&'a str),
}

impl<'a> Branch<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let inside = text.strip_prefix("(?:")?.strip_suffix(')')?;
        let quoted = |before: &str, after: &str| {
            inside.strip_prefix(before)?.strip_suffix(after).filter(|value| !value.contains("\\E"))
        };
        let contains = quoted("^.*(?i:\\Q", "\\E).*$").map(Self::Contains);
        let starts = quoted("^(?i:\\Q", "\\E).*$").map(Self::StartsWith);
        let equals = quoted("^(?i:\\Q", "\\E)$").map(Self::Equals);
        let is_known = PATTERNS.contains(&inside) || inside == ROLLOUT_EXAMPLE;
        let regex = is_known.then_some(Self::Regex(inside));
        contains.or(starts).or(equals).or(regex)
    }

    fn passes(&self, reading: Reading, name: &str) -> Truth {
        let lower = name.to_lowercase();
        match self {
            Self::StartsWith(value) => Truth::known(lower.starts_with(&value.to_lowercase())),
            Self::Equals(value) => Truth::known(lower == value.to_lowercase()),
            Self::Contains(value) => Truth::known(lower.contains(&value.to_lowercase())),
            Self::Regex(pattern) => passes(pattern, reading, name),
        }
    }
}

/// Both branches; none where the pattern is not such a regex.
fn branches(pattern: &str) -> Vec<Branch<'_>> {
    let splits = pattern.match_indices(")|(?:").map(|(at, _)| pattern.split_at(at + 1));
    splits
        .filter_map(|(one, other)| Some([Branch::read(one)?, Branch::read(other.strip_prefix('|')?)?]))
        .next()
        .map_or_else(Vec::new, Vec::from)
}
