//! One connection from documents to findings: the middle of the flow, without IO.

use crate::document::{Documents, ReadFault};
use crate::finding::{Finding, NotEvaluated};
use crate::model::World;
use crate::rules::{Facts, Reporter, Rule, facts::Options};
use crate::signin::SignIn;

/// What the rules found in one world.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// By severity, worst first; then by rule and place.
    pub findings: Vec<Finding>,
    pub not_evaluated: Vec<NotEvaluated>,
}

/// Runs rules over a simulated world.
pub fn run_rules(
    sign_in: &SignIn<'_>,
    rules: impl IntoIterator<Item = &'static Rule>,
    options: &Options,
) -> Checked {
    let facts = Facts::new(sign_in, options);
    let mut checked = Checked::default();
    for rule in rules {
        let mut reporter = Reporter::new(rule, &mut checked.findings);
        let result = (rule.check)(&facts, &mut reporter);
        let not_evaluated = reporter.finish(result);
        checked.not_evaluated.extend(not_evaluated);
    }
    checked.findings.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then_with(|| a.rule.cmp(b.rule)).then_with(|| a.spot.cmp(&b.spot))
    });
    checked
}

/// Loads a world; its read faults come with it.
pub fn load(documents: &Documents, faults: Vec<ReadFault>) -> World {
    let mut world = World::load(documents);
    world.faults.splice(0..0, faults);
    world
}
