//! What the proofs of the live part share: a stand-in for a service, and the binary run from outside.
#![allow(dead_code)] // Each proof uses its part.

pub mod binary;
pub mod contract;
pub mod limited;
pub mod organization;
pub mod project;
pub mod stand_in;
