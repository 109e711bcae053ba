//! The transport against hosts on loopback that misbehave.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "live_http/host.rs"]
mod host;
#[path = "live_http/schedules.rs"]
mod schedules;
#[path = "live_http/service_app.rs"]
mod service_app;
#[path = "live_http/stand_in.rs"]
mod stand_in;
