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
        other => panic!("nobody worked out what the pattern {other:?} lets through"),
    }
}
