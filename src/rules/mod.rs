//! The catalogue and its predicates, a file a family. A rule is a page (`rules/<family>/<rule>.md`) and a function of a few lines over
//! the model and the sign-in facts; the page is its test, its documentation and the text of `ssolint explain`.
//!
//! A rule never decides a sign-in (it asks `signin`), knows no lines (it names places), and says so when a fact that it needs is not known:
//! then it is *not evaluated*, with the reason.

pub mod catalogue;
pub mod claim_mapping;
pub mod client;
pub mod console;
pub mod email_safeguard;
pub mod facts;
pub mod fleet;
pub mod groups;
pub mod page;
pub mod redirect;
pub mod rows;
pub mod rule;
pub mod settings;
pub mod terraform;
pub mod upkeep;

pub use catalogue::{catalogue, find, known_rules};
pub use facts::{Facts, Reporter};
pub use page::Page;
pub use rule::Rule;
