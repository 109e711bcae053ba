//! A Terraform plan laid over a snapshot becomes the documents that Okta would answer with after apply.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod bad_input;
mod command_line;
mod difference;
mod documents;
mod places;
mod world;
