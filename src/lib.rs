//! Decides who can sign in to Torq through Okta, with what role, and reports what locks people out.

pub mod check;
pub mod document;
pub mod finding;
pub mod model;
pub mod report;
pub mod rules;
pub mod signin;
pub mod source;
