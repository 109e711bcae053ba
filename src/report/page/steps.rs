//! The steps of a rollout on a page. They are worked out elsewhere and come in words that are safe to show.

use maud::{Markup, html};

use crate::finding::prose::grouped;

use super::scroll;

/// What a rollout comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steps {
    /// People who must not be locked out at any time.
    pub protected: usize,
    pub found: Found,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The state before, then that after each step.
    Order(Vec<Step>),
    /// Why there is no order.
    None(String),
}

/// A change, and who gets in after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// `okta` or `torq`; `None` for the state before.
    pub side: Option<String>,
    pub edit: String,
    /// The console's path to the field, and what is typed there.
    pub console: Option<String>,
    pub value: Option<String>,
    pub undo: Option<String>,
    pub granted: usize,
    pub can_repair: usize,
    /// Someone who can repair SSO after it.
    pub witness: Option<String>,
}

pub fn section(steps: &Steps) -> Markup {
    html! {
        h3 id="steps" { "Steps of the rollout" }
        p { "People who must not be locked out at any time: " (grouped(steps.protected)) "." }
        @match &steps.found {
            Found::None(why) => { p.bad { strong { "There is no order that is safe: " } (why) } }
            Found::Order(states) => { (scroll("Steps of the rollout", &table(states))) }
        }
    }
}

fn table(states: &[Step]) -> Markup {
    html! {
        table {
            caption { "In this order nobody of them is locked out between two steps" }
            thead {
                tr {
                    th.number scope="col" { "Step" }
                    th scope="col" { "Side" }
                    th scope="col" { "What changes" }
                    th.number scope="col" { "Granted" }
                    th.number scope="col" { "Can repair SSO" }
                }
            }
            tbody {
                @for (number, step) in states.iter().enumerate() {
                    tr {
                        th.number scope="row" { (number) }
                        td { (step.side.as_deref().unwrap_or("before")) }
                        td {
                            (step.edit)
                            @if let Some(console) = &step.console { br; span.quiet { (console) } }
                            @if let Some(value) = &step.value { br; code { (value) } }
                            @if let Some(undo) = &step.undo { br; span.quiet { "To undo: " (undo) } }
                        }
                        td.number { (grouped(step.granted)) }
                        td.number {
                            (grouped(step.can_repair))
                            @if let Some(witness) = &step.witness { br; span.quiet { (witness) } }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(side: Option<&str>, edit: &str) -> Step {
        Step {
            side: side.map(str::to_owned),
            edit: edit.to_owned(),
            console: Some("Torq > Settings".to_owned()),
            value: None,
            undo: None,
            granted: 1_200,
            can_repair: 2,
            witness: Some("ada@acme.com".to_owned()),
        }
    }

    #[test]
    fn an_order_and_why_there_is_none() {
        let order = Found::Order(vec![step(None, "as it is"), step(Some("torq"), "add <b>groups</b> = SOC")]);
        let shown = section(&Steps { protected: 3, found: order }).into_string();
        for part in ["add &lt;b&gt;groups&lt;/b&gt; = SOC", "1,200", "Torq &gt; Settings", "ada@acme.com"] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
        let none = Steps { protected: 3, found: Found::None("each order locks out kim".to_owned()) };
        assert!(section(&none).into_string().contains("each order locks out kim"));
    }
}
