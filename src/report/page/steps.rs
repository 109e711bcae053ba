//! The steps of a rollout on a page. They are worked out and worded elsewhere, and come in words that are safe to show.

use maud::{Markup, html};

use crate::finding::prose::grouped;

use super::scroll;

/// What a rollout comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steps {
    /// Whom it protects, and of what.
    pub protected: String,
    /// Whom it says nothing about; `None` where there is nobody.
    pub not_known: Option<String>,
    /// Documents that differ, and change nobody.
    pub left_aside: Vec<String>,
    pub found: Found,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Order {
        /// The state before, then that after each step.
        states: Vec<Step>,
        /// What a check shows, and when.
        check: String,
    },
    /// Why no order is told.
    None(String),
}

/// A change, and who gets in after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub edit: String,
    /// `None` for the state before.
    pub made: Option<Made>,
    pub granted: usize,
    pub can_repair: usize,
    /// Who is to sign in, and as what.
    pub check: Option<String>,
    pub assumed: Vec<String>,
}

/// How a step is made and undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// As it is called in a sentence.
    pub service: String,
    /// The console's path to the field, and what is typed there.
    pub console: String,
    pub value: String,
    /// Where it can be made by one, and may be shown.
    pub request: Option<String>,
    pub undo: String,
}

pub fn section(steps: &Steps) -> Markup {
    html! {
        h2 id="steps" { "Steps of the rollout" }
        p { strong { "Protected: " } (steps.protected) "." }
        @if let Some(who) = &steps.not_known { p.open { strong { "Not known: " } (who) "." } }
        @for aside in &steps.left_aside { p { strong { "Left aside: " } (aside) "; it changes nobody, at any step." } }
        @match &steps.found {
            Found::None(why) => { p.bad { strong { "No order of steps. " } (why) "." } }
            Found::Order { states, check } => {
                (scroll("Steps of the rollout", &table(states)))
                p { (check) "." }
            }
        }
    }
}

fn table(states: &[Step]) -> Markup {
    html! {
        table {
            caption { "In this order nobody who is protected loses anything at any step" }
            thead {
                tr {
                    th.number scope="col" { "Step" }
                    th scope="col" { "Side" }
                    th scope="col" { "What changes" }
                    th.number scope="col" { "With access" }
                    th.number scope="col" { "Can repair SSO" }
                    th scope="col" { "Check" }
                }
            }
            tbody { @for (number, step) in states.iter().enumerate() { (row(number, step)) } }
        }
    }
}

fn row(number: usize, step: &Step) -> Markup {
    html! {
        tr {
            th.number scope="row" { (number) }
            td { (step.made.as_ref().map_or("before", |made| &made.service)) }
            td {
                (step.edit)
                @if let Some(made) = &step.made {
                    dl {
                        dt { "Where" } dd { (made.console) }
                        dt { "Value" } dd { code { (made.value) } }
                        @if let Some(request) = &made.request { dt { "Request" } dd { code { (request) } } }
                        dt { "Undo" } dd { (made.undo) }
                    }
                }
            }
            td.number { (grouped(step.granted)) }
            td.number { (grouped(step.can_repair)) }
            td {
                @if let Some(check) = &step.check { (check) }
                @for assumed in &step.assumed { div.open { "Assumed for " (assumed) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(found: Found) -> Steps {
        Steps { protected: "3 people".to_owned(), not_known: None, left_aside: Vec::new(), found }
    }

    #[test]
    fn an_order_and_why_there_is_none() {
        let made = Made {
            service: "Torq".to_owned(),
            console: "Torq > Settings".to_owned(),
            value: "claim value <i>SOC</i>".to_owned(),
            request: None,
            undo: "delete it again".to_owned(),
        };
        let step = |edit: &str, made| Step {
            edit: edit.to_owned(),
            made,
            granted: 1_200,
            can_repair: 2,
            check: Some("ada@acme.com signs in as Owner".to_owned()),
            assumed: Vec::new(),
        };
        let order = Found::Order {
            states: vec![step("as it is", None), step("add <b>groups</b> = SOC", Some(made))],
            check: "a check".to_owned(),
        };
        let shown = section(&steps(order)).into_string();
        for part in [
            "add &lt;b&gt;groups&lt;/b&gt; = SOC",
            "claim value &lt;i&gt;SOC&lt;/i&gt;",
            "1,200",
            "Torq &gt; Settings",
            "ada@acme.com",
            "delete it again",
        ] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
        let none = steps(Found::None("impossible: each order locks out kim".to_owned()));
        assert!(section(&none).into_string().contains("each order locks out kim"));
    }
}
