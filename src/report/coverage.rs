//! What no verdict covers, and what an assumption means: said once in every report (semantics, verdicts 4 and 5).

/// What is outside every verdict.
pub const NOT_COVERED: [&str; 6] = [
    "the global session policy",
    "factor enrolment and authenticator constraints",
    "identity-provider routing",
    "token inline hooks",
    "the client secret's value",
    "what Torq does after the token",
];

/// What an assumption says, by its name in output.
pub fn meaning(assumption: &str) -> &'static str {
    match assumption {
        "policy" => "that the sign-in policy lets these people in, which what was read does not settle",
        "group_count" => "that these people have at most 100 groups that pass the filter",
        _ => "",
    }
}
