//! The second, deliberately naive reading of how a sign-in is decided, and random worlds to compare it over.
//!
//! It shares no code with the tool and works on plain JSON: per person, per mapping, it builds every token that
//! the person could have and walks the mappings for each. Which of the two is right when they differ is for a
//! person with the document in hand; this tree only makes the difference visible.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "each test binary uses a part of this tree, and a broken fixture should stop a test"
)]

pub mod claims;
pub mod directory;
pub mod documents;
pub mod evaluator;
pub mod expression;
pub mod patterns;
pub mod people;
pub mod row;
pub mod seed;
pub mod stories;
pub mod truth;
pub mod worlds;
