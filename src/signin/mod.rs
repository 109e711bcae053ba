//! The simulation: who gets through the seven gates, with what role. The only code that decides a verdict; rules, `who`, `diff` and
//! `rollout` ask it. It implements `semantics.md`, and cites its numbers.
//!
//! Everything that is the same for all people is decided once ([`request`], [`claim_source`]); the rest goes from the side of
//! the groups that mappings, assignments and policies name, over interned ids.

pub mod assignment;
pub mod claim_source;
pub mod classes;
pub mod difference;
pub mod evaluation;
pub mod expectation;
pub mod explanation;
pub mod expression;
pub mod group_names;
pub mod java_regex;
pub mod mapping;
pub mod people;
pub mod population;
pub mod repair;
pub mod request;
pub mod selection;
pub mod shadowing;
pub mod token;
pub mod verdict;
pub mod walk;
pub mod what_if;
pub mod witness;

pub use difference::{Change, Difference};
pub use evaluation::SignIn;
pub use population::{PersonIndex, Population};
pub use verdict::{Assumption, Gate, Verdict};
