//! What the documents mean: an Okta app and organisation, a Torq workspace, and the people and groups that join them.
//!
//! Loading cannot fail: it gives a [`World`] in which each value is known, absent or unknown, and the gaps say what is missing and
//! how to get it. Nothing here decides a sign-in (that is `signin`), and nothing here knows lines and columns (a place is a document
//! and a JSON path).

pub mod claims;
pub mod connection;
pub mod directory;
pub mod fact;
pub mod okta;
pub mod parts;
pub mod policy;
pub mod terraform;
pub mod torq;
pub mod truth;
pub mod world;

pub use directory::{Directory, GroupIndex, UserIndex};
pub use fact::{Cause, Fact, Gap, Place};
pub use truth::Truth;
pub use world::World;
