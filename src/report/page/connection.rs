//! A connection on a page: who gets in, the gates, the ladder of mappings, roles and people, findings with their lines, and what it rests on.

use maud::{Markup, html};

use crate::document::position::Region;
use crate::finding::Severity;
use crate::finding::locate::Location;
use crate::finding::prose::{PeopleNames, PeopleShown, grouped, people, visible};
use crate::signin::Gate;

use super::super::excerpt::{self, may_be_quoted};
use super::super::json::VerdictRow;
use super::super::lines::{Lines, normal};
use super::super::wording::{self, Told};
use super::super::{ConnectionReport, Fault, Reported, coverage};
use super::picture::{GateView, Life, Picture, Rung};
use super::{card, scroll, search};

/// From so many findings on, a browser lays out only those on the screen.
const MANY: usize = 200;
/// Reasons that are told of one gate.
const REASONS: usize = 8;

/// `number` tells the connections of a page apart; `told` is how many findings are told, the worst.
pub fn section(
    number: usize,
    connection: &ConnectionReport,
    picture: Option<&Picture>,
    told: usize,
    names: &mut PeopleNames,
) -> Markup {
    let summary = &connection.summary;
    let id = |part: &str| format!("c{number}-{part}");
    let name = visible(&connection.name);
    html! {
        section id={ "c" (number) } aria-labelledby=(id("title")) {
            h2 id=(id("title")) { (name) " " span.quiet.place { (visible(&connection.origin)) } }
            ul.cards {
                (card(summary.granted, "granted", "good"))
                (card(summary.locked_out, "locked out", "bad"))
                (card(summary.unknown, "not known", "open"))
                (card(summary.not_subject, "not subject to SSO", "quiet"))
                (card(summary.can_repair_sso, "can repair SSO", "good"))
                (card(connection.count(Severity::Error), "errors", "bad"))
                (card(connection.count(Severity::Warning), "warnings", "open"))
                (card(connection.count(Severity::Note), "notes", "quiet"))
            }
            p { (people(summary.people)) " considered. " (wording::repair_told(summary)) "." }
            nav aria-label={ "Parts of " (name) } {
                ul {
                    @if picture.is_some() {
                        li { a href={ "#" (id("gates")) } { "Gates" } }
                        li { a href={ "#" (id("ladder")) } { "Claim mappings" } }
                        li { a href={ "#" (id("people")) } { "People and roles" } }
                    }
                    li { a href={ "#" (id("findings")) } { "Findings" } }
                    li { a href={ "#" (id("rests")) } { "What it rests on" } }
                }
            }
            @if let Some(picture) = picture {
                h3 id=(id("gates")) { "Gates of a sign-in" }
                (gates(picture))
                h3 id=(id("ladder")) { "Claim mappings, from the top" }
                (ladder(number, &name, picture))
                h3 id=(id("people")) { "People and roles" }
                (roles(&name, picture))
                (listed(number, &name, picture, names.mode()))
            }
            h3 id=(id("findings")) { "Findings" }
            div class=[(told > MANY).then_some("many")] {
                @for fault in &connection.faults { (unreadable(fault)) }
                @for (index, reported) in connection.findings.iter().take(told).enumerate() {
                    (finding(&format!("c{number}-f{index}"), connection, reported, names))
                }
            }
            @if connection.findings.is_empty() && connection.faults.is_empty() { p { "None." } }
            @if let Some(rest) = left_out(connection, told) { p { strong { "Left out here, the least severe: " (rest) "." } } }
            h3 id=(id("rests")) { "What it rests on" }
            (rests_on(connection))
        }
    }
}

/// What a gate asks.
fn asks(gate: Gate) -> &'static str {
    match gate {
        Gate::Client => "Is Torq's client an active app of Okta's?",
        Gate::Redirect => "Does Okta know Torq's redirect URL?",
        Gate::Request => "Does Okta take the flow and the scopes?",
        Gate::User => "May the person sign in to Okta?",
        Gate::Assignment => "Is the person assigned to the app?",
        Gate::Token => "Is a token issued that Torq takes?",
        Gate::Mapping => "Does a claim mapping give a role?",
    }
}

fn gates(picture: &Picture) -> Markup {
    html! {
        ol.gates {
            @for view in &picture.gates {
                li class=(state(view)) {
                    h4 { (view.gate.name()) }
                    p.quiet { (asks(view.gate)) }
                    @if view.stopped > 0 { p { strong.bad { "✗ stops " (people(view.stopped)) } } }
                    @if view.unknown > 0 { p { strong.open { "? not known for " (people(view.unknown)) } } }
                    @if view.stopped == 0 && view.unknown == 0 {
                        @if view.reached_by > 0 { p.good { "✓ lets " (people(view.reached_by)) " through" } }
                        @else { p.quiet { "nobody comes here" } }
                    }
                    @if !view.reasons.is_empty() { (reasons(view)) }
                }
            }
        }
    }
}

fn state(view: &GateView) -> &'static str {
    match (view.stopped, view.unknown, view.reached_by) {
        (0, 0, 0) => "unreached",
        (0, 0, _) => "passes",
        (0, ..) => "unsure",
        _ => "stops",
    }
}

fn reasons(view: &GateView) -> Markup {
    html! {
        ul {
            @for reason in view.reasons.iter().take(REASONS) {
                li { (people(reason.people)) ": " (reason.text) (first(&reason.first, reason.people)) }
            }
            @if view.reasons.len() > REASONS {
                li { (grouped(view.reasons.len() - REASONS)) " other reasons" }
            }
        }
    }
}

/// ` (ada@acme.com, bob@acme.com and 3 more)`.
fn first(first: &[String], count: usize) -> String {
    if first.is_empty() {
        return String::new();
    }
    let more = match count.saturating_sub(first.len()) {
        0 => String::new(),
        more => format!(" and {} more", grouped(more)),
    };
    format!(" ({}{more})", first.join(", "))
}

fn ladder(number: usize, name: &str, picture: &Picture) -> Markup {
    let most = picture.ladder.iter().map(|rung| rung.takes).max().unwrap_or_default();
    let table = html! {
        table {
            caption { "Torq walks down from the top; the first mapping that matches gives the role." }
            thead {
                tr {
                    th.number scope="col" { "Rank" }
                    th scope="col" { "Claim" }
                    th scope="col" { "Role" }
                    th.number scope="col" { "Takes" }
                    th scope="col" { "Whom, or why nobody" }
                }
            }
            tbody {
                @for rung in &picture.ladder {
                    tr id={ "c" (number) "-m" (rung.index) } class=[rung.life.is_dead().then_some("dead")] {
                        th.number scope="row" { (rung.rank) }
                        td { code { (rung.claim) " = " (rung.value) } }
                        td { (rung.role) @if rung.repairs_sso { span.quiet { " (can repair SSO)" } } }
                        td.number { (grouped(rung.takes)) (bar(rung.takes, most)) }
                        td { (life(number, rung, picture)) }
                    }
                }
            }
        }
    };
    html! {
        @if let Some(why) = &picture.no_ladder { p.open { "The claim mappings are not known: " (why) "." } }
        @else if picture.ladder.is_empty() { p { "There is no claim mapping." } }
        @else { (scroll(&format!("Claim mappings of {name}"), &table)) }
    }
}

fn bar(count: usize, most: usize) -> Markup {
    let width = if most == 0 { 0 } else { (count * 100).div_ceil(most) };
    html! {
        @if count > 0 {
            svg.bar aria-hidden="true" viewBox="0 0 100 8" preserveAspectRatio="none" {
                rect width=(width) height="8" {}
            }
        }
    }
}

fn life(number: usize, rung: &Rung, picture: &Picture) -> Markup {
    let blockers = html! {
        @for (position, blocker) in rung.life.blockers().iter().enumerate() {
            @if position > 0 { ", " }
            @if let Some(blocker) = picture.ladder.get(*blocker) {
                a href={ "#c" (number) "-m" (blocker.index) } {
                    "rank " (blocker.rank) " (" (blocker.claim) " = " (blocker.value) ")"
                }
            }
        }
    };
    html! {
        @match &rung.life {
            Life::Alive => {
                (first(&rung.first, rung.takes).trim_start().trim_start_matches('(').trim_end_matches(')'))
                @if rung.granted < rung.takes {
                    " " span.bad { (grouped(rung.takes - rung.granted)) " of them do not get in, for another gate." }
                }
            }
            Life::Shadowed(_) => { strong.bad { "Dead: " } "every token that matches it matches " (blockers) " first." }
            Life::Unused { people: count, .. } => {
                strong.bad { "Takes nobody: " } (people(*count)) " match it, and all of them match " (blockers) " first."
            }
            Life::NeverSent => { strong.bad { "Dead: " } "no token has this claim with this value." }
            Life::Unknown(gap) => { span.open { "Whom it takes is not known: " (gap) "." } }
            Life::Nobody => { span.quiet { "Nobody matches it today." } }
        }
    }
}

fn roles(name: &str, picture: &Picture) -> Markup {
    let table = html! {
        table {
            caption { "Who gets which role, by how many mappings" }
            thead {
                tr {
                    th scope="col" { "Role" }
                    th.number scope="col" { "People" }
                    th.number scope="col" { "Mappings" }
                    th scope="col" { "Can repair SSO" }
                }
            }
            tbody {
                @for role in &picture.roles {
                    tr {
                        th scope="row" { (role.role) }
                        td.number { (grouped(role.people)) }
                        td.number { (grouped(role.mappings)) }
                        td { @if role.repairs_sso { "yes" } @else { "no, or not known" } }
                    }
                }
            }
        }
    };
    html! { @if !picture.roles.is_empty() { (scroll(&format!("Roles of {name}"), &table)) } }
}

fn listed(number: usize, name: &str, picture: &Picture, shown: PeopleShown) -> Markup {
    let table = html! {
        table {
            caption { "Everyone who was considered; who does not get in comes first" }
            thead {
                tr {
                    th scope="col" { "Person" }
                    th scope="col" { "Verdict" }
                    th scope="col" { "Role" }
                    th.number scope="col" { "Rank" }
                    th scope="col" { "Gate and reason" }
                    th scope="col" { "Assumes" }
                }
            }
            tbody { @for row in &picture.people { (person(row)) } }
        }
    };
    html! {
        @if shown == PeopleShown::Counts {
            p.quiet { "People are only counted here." }
        } @else {
            div data-search {
                (search(&format!("c{number}-search"), &format!("Search people and roles of {name}")))
                (scroll(&format!("People of {name}"), &table))
            }
            @if picture.unlisted > 0 {
                p { strong { (people(picture.unlisted)) " more are not listed." } " " code { "ssolint who --format json" } " lists everyone." }
            }
        }
    }
}

/// How a verdict is coloured.
pub fn class(verdict: &str) -> &'static str {
    match verdict {
        "granted" => "good",
        "locked_out" => "bad",
        "unknown" => "open",
        _ => "quiet",
    }
}

fn person(row: &VerdictRow) -> Markup {
    html! {
        tr {
            th scope="row" { (visible(&row.user)) }
            td { span class=(class(row.verdict)) { (row.verdict.replace('_', " ")) } }
            td { @if let Some(role) = &row.role { (visible(role)) } }
            td.number { @if let Some(rank) = row.rank { (rank) } }
            td {
                @if let Some(gate) = row.gate { (gate) ": " }
                @if let Some(reason) = &row.reason { (visible(reason)) }
            }
            td { (row.assumes.join(", ")) }
        }
    }
}

fn unreadable(fault: &Fault) -> Markup {
    html! {
        article.error {
            h4 { span.bad { "unreadable" } " " span.place { (visible(&fault.file)) ":" (fault.line) ":" (fault.column) } }
            p { (visible(&fault.message)) }
        }
    }
}

fn finding(id: &str, connection: &ConnectionReport, reported: &Reported, names: &mut PeopleNames) -> Markup {
    let severity = reported.finding.severity;
    let colour = match severity {
        Severity::Error => "bad",
        Severity::Warning => "open",
        Severity::Note => "quiet",
    };
    let told = Told::new(connection, reported, names);
    let related = wording::related(connection, reported, names);
    let concerned = wording::concerned(reported, names);
    let mode = names.mode();
    html! {
        article id=(id) class=(severity.name()) {
            h4 { span class=(colour) { (severity.name()) } " " code { (reported.finding.rule) } }
            p { (told.what) }
            (quoted(connection, &reported.location, "", mode))
            dl {
                dt { "Why" } dd { (told.why) }
                dt { "Fix" } dd { (told.fix) }
                @if let Some(people) = concerned { dt { "Who" } dd { (people) } }
            }
            @for (place, (_, label)) in reported.related.iter().zip(&related) { (quoted(connection, place, label, mode)) }
            p.quiet { "Fingerprint " code { (reported.fingerprint) } }
        }
    }
}

/// The place, with its lines where they may be shown.
fn quoted(connection: &ConnectionReport, location: &Location, label: &str, mode: PeopleShown) -> Markup {
    let lines = Lines::of(connection, location);
    let file = connection.file(location.file).filter(|_| may_be_quoted(location, mode));
    html! {
        figure {
            figcaption {
                span.place { (visible(&normal(lines.path))) ":" (lines.start.0) ":" (lines.start.1) }
                @if connection.live_entry.is_some() { " " span.place { (visible(&location.path)) } }
                @if !label.is_empty() { " " (label) }
            }
            @if let Some(file) = file { (excerpt_of(file, &location.region)) }
        }
    }
}

fn excerpt_of(file: &crate::document::SourceFile, region: &Region) -> Markup {
    html! {
        pre {
            @for line in excerpt::lines(file, region) {
                span.number { (format!("{:>5}  ", line.number)) }
                (line.before)
                @if !line.marked.is_empty() { mark { (line.marked) } }
                (line.after) "\n"
            }
        }
    }
}

/// How many findings are not told, by severity.
fn left_out(connection: &ConnectionReport, told: usize) -> Option<String> {
    let rest = connection.findings.get(told..).unwrap_or_default();
    let count = |severity| rest.iter().filter(|reported| reported.finding.severity == severity).count();
    let counts =
        [Severity::Error, Severity::Warning, Severity::Note].map(|severity| (severity, count(severity)));
    let told = wording::counted(&counts);
    (!told.is_empty()).then_some(told)
}

fn rests_on(connection: &ConnectionReport) -> Markup {
    html! {
        ul {
            li {
                (wording::plural(connection.evaluated.len(), "rule")) " evaluated, "
                (grouped(connection.not_evaluated.len())) " not evaluated."
            }
            @if let Some(expectations) = &connection.summary.expectations {
                li { strong { "Expectations: " } (wording::expectations_told(expectations)) "." }
            }
            @if let Some(said) = wording::left_out_told(connection) { li { strong { "Left out: " } (said) "." } }
            @if let Some(said) = wording::fixed_told(connection) { li { strong { "Fixed: " } (said) "." } }
            @for said in wording::accepted_told(connection) { li { strong { "Accepted: " } (said) "." } }
            @for assumed in &connection.assumed {
                li {
                    strong { "Assumed" } " for " (people(assumed.people)) ": " (coverage::meaning(assumed.name))
                    " (" code { (assumed.name) } ")."
                }
            }
            @for declared in &connection.declared { li { strong { "Declared: " } (visible(declared)) "." } }
            @for notice in &connection.notices { li { strong { "Note: " } (visible(notice)) "." } }
            @for missing in wording::missing(&connection.not_evaluated) {
                li { strong.open { "Not evaluated: " } (missing.told()) }
            }
        }
    }
}
