//! A page of `diff`: how many people gain and lose, the flow from role to role, everyone with both verdicts, and who can repair SSO; of a
//! `rollout` the same, after its steps.

use maud::{Markup, html};

use crate::finding::prose::{PeopleNames, PeopleShown, grouped, people, visible};
use crate::signin::difference::PersonChange;
use crate::signin::{Change, Difference, PersonIndex, SignIn};

use super::super::diff::{self, Comparison, EndingRow, Rescue, TAKES_EFFECT, TOLD};
use super::super::{coverage, summary};
use super::connection;
use super::flow::{self, Stream};
use super::picture::MOST_PEOPLE;
use super::steps::{self, Steps};
use super::{card, scroll, search};

/// Ways of one change that are told.
const WAYS: usize = 50;

/// The title and the body.
pub fn page(
    comparison: &Comparison<'_, '_>,
    steps: Option<&Steps>,
    names: &mut PeopleNames,
) -> (String, Markup) {
    let difference = comparison.difference;
    let title = match steps {
        Some(_) => format!("ssolint: rollout of a change to sign-in at {}", visible(comparison.name())),
        None => format!("ssolint: what a change does to {}", visible(comparison.name())),
    };
    let as_it_is = |text: String| text;
    let mut rescue =
        |sign_in: &SignIn<'_>, repair: &_| Rescue::new(sign_in, repair).told(names, &as_it_is, 20);
    let before = rescue(&difference.before, &difference.repair_before);
    let after = rescue(&difference.after, &difference.repair_after);
    let edits: Vec<String> = comparison.edits.iter().map(|edit| diff::edit_told(edit, names)).collect();
    let body = html! {
        p { "From " span.place { (visible(comparison.before)) } " to " span.place { (diff::after(comparison)) } "." }
        @if !edits.is_empty() { ul { @for edit in &edits { li { code { (edit) } } } } }
        ul.cards {
            @for change in Change::ALL { (card(difference.count(change), change.name(), class(change))) }
        }
        p { (people(difference.people.len())) " of either population. A change shows " (TAKES_EFFECT) "." }
        nav aria-label="Parts" {
            ul {
                @if steps.is_some() { li { a href="#steps" { "Steps" } } }
                li { a href="#roles" { "From role to role" } }
                li { a href="#changes" { "What changes" } }
                li { a href="#people" { "People" } }
                li { a href="#repair" { "Who can repair SSO" } }
            }
        }
        @if let Some(steps) = steps { (steps::section(steps)) }
        h2 id="roles" { "From role to role" }
        (roles(comparison))
        h2 id="changes" { "What changes" }
        (changes(comparison))
        h2 id="people" { "People" }
        (listed(comparison, names))
        h2 id="repair" { "Who can repair SSO" }
        @if difference.leaves_no_rescue() {
            p.bad { strong { "After the change nobody is known who could repair SSO." } }
        }
        p { strong { "Before: " } (before) "." }
        p { strong { "After: " } (after) "." }
        (rests_on(comparison))
    };
    (title, body)
}

fn class(change: Change) -> &'static str {
    match change {
        Change::Lost | Change::Lowered => "bad",
        Change::Gained | Change::Raised => "good",
        Change::Moved | Change::Unknown => "open",
        Change::Unchanged => "quiet",
    }
}

fn roles(comparison: &Comparison<'_, '_>) -> Markup {
    let matrix = comparison.matrix();
    let stream = |before: &EndingRow, after: &EndingRow, people: usize| Stream {
        from: before.told(),
        to: after.told(),
        people,
        class: match (before.verdict, after.verdict) {
            _ if before == after => "same",
            ("unknown", _) | (_, "unknown") => "open",
            (_, "locked_out") => "bad",
            ("locked_out", _) => "good",
            _ => "open",
        },
    };
    let streams: Vec<Stream> =
        matrix.iter().map(|((before, after), people)| stream(before, after, *people)).collect();
    let table = html! {
        table {
            caption { "How many people end how, before and after" }
            thead { tr { th scope="col" { "Before" } th scope="col" { "After" } th.number scope="col" { "People" } } }
            tbody {
                @for stream in &streams {
                    tr { th scope="row" { (stream.from) } td { (stream.to) } td.number { (grouped(stream.people)) } }
                }
            }
        }
    };
    html! {
        @if streams.is_empty() { p { "There is nobody." } }
        @else { (flow::drawing(&streams)) (scroll("From role to role", &table)) }
    }
}

fn changes(comparison: &Comparison<'_, '_>) -> Markup {
    let told = TOLD.map(|change| (change, comparison.classes(change)));
    html! {
        @if told.iter().all(|(_, classes)| classes.is_empty()) { p { "Nothing changes for anybody." } }
        @for (change, classes) in &told {
            @if !classes.is_empty() {
                h3 { (diff::heading(*change)) ": " (people(comparison.difference.count(*change))) }
                ul {
                    @for ((before, after), of_class) in classes.iter().take(WAYS) {
                        li { (people(of_class.len())) ": " (before) " → " (after) }
                    }
                    @if classes.len() > WAYS { li { "and " (grouped(classes.len() - WAYS)) " other ways" } }
                }
            }
        }
    }
}

/// People whose change is worst come first.
fn weight(change: Change) -> usize {
    TOLD.iter().position(|known| *known == change).unwrap_or(TOLD.len())
}

fn listed(comparison: &Comparison<'_, '_>, names: &mut PeopleNames) -> Markup {
    if names.mode() == PeopleShown::Counts {
        return html! { p.quiet { "People are only counted here." } };
    }
    let mut all = comparison.sorted();
    all.sort_by_key(|person| weight(person.change));
    let unlisted = all.len().saturating_sub(MOST_PEOPLE);
    let Difference { before, after, .. } = comparison.difference;
    let mut row = |person: &PersonChange| {
        html! {
            tr {
                th scope="row" { (names.show(comparison.label(person))) }
                td { span class=(class(person.change)) { (person.change.name()) } }
                (ending(before, person.before))
                (ending(after, person.after))
            }
        }
    };
    let table = html! {
        table {
            caption { "Everyone; whose access is lost comes first" }
            thead {
                tr {
                    th scope="col" { "Person" }
                    th scope="col" { "Change" }
                    th scope="col" { "Before" }
                    th scope="col" { "After" }
                }
            }
            tbody { @for person in all.iter().take(MOST_PEOPLE) { (row(person)) } }
        }
    };
    html! {
        div data-search {
            (search("search", "Search people, roles and changes"))
            (scroll("People before and after", &table))
        }
        @if unlisted > 0 {
            p { strong { (people(unlisted)) " more are not listed." } " " code { "ssolint diff --format json" } " lists everyone." }
        }
    }
}

/// What someone ends with, in a cell.
fn ending(sign_in: &SignIn<'_>, person: PersonIndex) -> Markup {
    let class = connection::class(sign_in.verdict(person).name());
    html! { td { span class=(class) { (diff::told(sign_in, person)) } } }
}

fn rests_on(comparison: &Comparison<'_, '_>) -> Markup {
    let difference = comparison.difference;
    let sides = [("Before", &difference.before), ("After", &difference.after)];
    let assumed: Vec<_> = sides
        .into_iter()
        .flat_map(|(when, sign_in)| summary::assumed(sign_in).into_iter().map(move |assumed| (when, assumed)))
        .collect();
    let newly = comparison.newly_assumed();
    html! {
        h2 { "What this rests on" }
        @if assumed.is_empty() { p { "Nothing is assumed." } }
        @else {
            ul {
                @for (when, assumed) in &assumed {
                    li { (when) ", assumed for " (people(assumed.people)) ": " (coverage::meaning(assumed.name)) " (" code { (assumed.name) } ")." }
                }
                @for (name, count) in &newly {
                    li { "Newly assumed for " (people(*count)) " who are granted in both (" code { (name) } ")." }
                }
            }
        }
    }
}
