//! `--format html`: one page that needs nothing else. It is read without a script; the one that it has searches in the tables of people. Its
//! policy allows this script and this style by their hashes and nothing else, so nothing from input can run or be fetched, and the templates
//! escape by type.

mod comparison;
mod connection;
mod flow;
pub mod picture;
mod steps;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::finding::prose::{PeopleNames, grouped};

use super::coverage::NOT_COVERED;
use super::diff::Comparison;
use super::{NotReached, Report, lines, wording};

pub use picture::Picture;
pub use steps::{Found, Made, Step, Steps};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Findings that are told: a browser has to hold them.
pub const MOST_FINDINGS: usize = 5_000;

/// A page of `check`; `pictures` are those of the connections, in their order.
pub fn check(report: &Report, pictures: &[Picture], names: &mut PeopleNames) -> Vec<u8> {
    let title = format!("ssolint: {}", wording::all_counts(report));
    // Of each connection so many that they are the worst of all.
    let mut told = vec![0_usize; report.connections.len()];
    for (index, ..) in lines::worst_first(report).into_iter().take(MOST_FINDINGS) {
        if let Some(count) = told.get_mut(index) {
            *count += 1;
        }
    }
    let several = report.connections.len() > 1;
    let body = html! {
        @if several { (overview(report)) }
        @for one in &report.not_reached { (not_reached(one)) }
        @for (number, (connection, told)) in report.connections.iter().zip(told).enumerate() {
            (connection::section(number, connection, pictures.get(number), told, names))
        }
    };
    document(&title, &body)
}

/// A page of `diff`, with the steps of a rollout where they were worked out.
pub fn diff(comparison: &Comparison<'_, '_>, steps: Option<&Steps>, names: &mut PeopleNames) -> Vec<u8> {
    let (title, body) = comparison::page(comparison, steps, names);
    document(&title, &body)
}

fn document(title: &str, body: &Markup) -> Vec<u8> {
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="referrer" content="no-referrer";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#content" { "Skip to the content" }
                header { h1 { (title) } }
                main id="content" tabindex="-1" { (body) }
                footer {
                    p { "No verdict covers " (NOT_COVERED.join("; ")) "." }
                    p { "Written by ssolint " (env!("CARGO_PKG_VERSION")) "." }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    let mut bytes = page.into_string().into_bytes();
    bytes.push(b'\n');
    bytes
}

/// As a policy names an inline text that it allows.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

fn not_reached(one: &NotReached) -> Markup {
    html! {
        section {
            h2 { (crate::finding::prose::visible(&one.name)) " was not reached" }
            @for sentence in one.sentences() { p { (sentence) } }
        }
    }
}

fn overview(report: &Report) -> Markup {
    html! {
        nav aria-label="Connections" {
            ul {
                @for (number, connection) in report.connections.iter().enumerate() {
                    li {
                        a href={ "#c" (number) } { (crate::finding::prose::visible(&connection.name)) }
                        " " span.quiet { (wording::counts(connection)) }
                    }
                }
            }
        }
    }
}

/// A number with what it counts.
fn card(count: usize, what: &str, class: &str) -> Markup {
    html! { li { b class=[(count > 0).then_some(class)] { (grouped(count)) } (what) } }
}

/// A table that can be moved by keyboard where it is wider than the screen.
fn scroll(label: &str, table: &Markup) -> Markup {
    html! { div.scroll role="region" tabindex="0" aria-label=(label) { (table) } }
}

/// The box above a table of people; it is shown by the script that makes it work.
fn search(id: &str, label: &str) -> Markup {
    html! {
        div.search role="search" aria-label=(label) hidden {
            div {
                label for=(id) { (label) }
                input id=(id) type="search" autocomplete="off" spellcheck="false";
            }
            button type="button" hidden { "Show all" }
            p role="status" {}
        }
    }
}
