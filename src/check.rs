//! One connection from documents to a report: the middle of the flow, without IO.

use crate::document::{Documents, ReadFault};
use crate::finding::fingerprint::fingerprints;
use crate::finding::locate::Locator;
use crate::finding::{Finding, NotEvaluated};
use crate::model::World;
use crate::report::summary::{assumed, expectations, summary};
use crate::report::{ConnectionReport, Expectations, Fault, Reported, Summary};
use crate::rules::facts::Options;
use crate::rules::{Facts, Reporter, Rule, catalogue};
use crate::signin::SignIn;
use crate::source::snapshot::Snapshot;

/// What the rules found in one world.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// By severity, worst first; then by rule and place.
    pub findings: Vec<Finding>,
    pub evaluated: Vec<&'static str>,
    pub not_evaluated: Vec<NotEvaluated>,
    /// Where anything is expected.
    pub expectations: Option<Expectations>,
}

/// The simulation with everyone in it whom the world names, or somebody expects something of.
pub fn simulate(world: &World) -> SignIn<'_> {
    let expected = world.expectations.iter().filter_map(|expectation| expectation.person());
    SignIn::new(world, &expected.map(str::to_owned).collect::<Vec<_>>())
}

/// Runs rules over a simulated world.
pub fn run_rules(
    sign_in: &SignIn<'_>,
    rules: impl IntoIterator<Item = &'static Rule>,
    options: &Options,
) -> Checked {
    let facts = Facts::new(sign_in, catalogue(), options);
    let mut checked = Checked::default();
    for rule in rules {
        let mut reporter = Reporter::new(rule, facts.severity(rule), &mut checked.findings);
        let result = (rule.check)(&facts, &mut reporter);
        match reporter.finish(result) {
            Some(not_evaluated) => checked.not_evaluated.push(not_evaluated),
            None => checked.evaluated.push(rule.id),
        }
    }
    checked.expectations = expectations(&facts);
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

/// Checks one connection.
pub fn connection(
    snapshot: Snapshot,
    rules: impl IntoIterator<Item = &'static Rule>,
    options: &Options,
) -> ConnectionReport {
    let world = load(&snapshot.documents, snapshot.faults);
    let sign_in = simulate(&world);
    let checked = run_rules(&sign_in, rules, options);
    let fingerprints = fingerprints(&world.name, &checked.findings);
    let mut locator = Locator::new(&snapshot.documents);
    let findings = checked
        .findings
        .into_iter()
        .zip(fingerprints)
        .filter_map(|(finding, fingerprint)| {
            let location = locator.locate(&finding.spot)?;
            let related =
                finding.related.iter().filter_map(|related| locator.locate(&related.spot)).collect();
            Some(Reported { finding, location, related, fingerprint })
        })
        .collect();
    let faults = world
        .faults
        .iter()
        .map(|fault| {
            let (line, column) = locator.fault(fault).unwrap_or((1, 1));
            Fault { file: fault.file.clone(), line, column, message: fault.message.clone() }
        })
        .collect();
    ConnectionReport {
        name: world.name.clone(),
        origin: snapshot.documents.origin.clone(),
        files: snapshot.documents.files().to_vec(),
        live_entry: snapshot.documents.live_entry.clone(),
        findings,
        evaluated: checked.evaluated,
        not_evaluated: checked.not_evaluated,
        faults,
        notices: snapshot.notices,
        assumed: assumed(&sign_in),
        declared: declared(&world),
        summary: Summary { expectations: checked.expectations, ..summary(&sign_in) },
    }
}

fn declared(world: &World) -> Vec<String> {
    let claim = world.own_claim.known().filter(|claim| claim.is_declared());
    claim
        .map(|claim| {
            let seen =
                world.wizard.declared_groups_claim.as_ref().and_then(|declared| declared.seen.as_deref());
            format!(
                "the groups claim {} is as connection.yaml declares it{}, not as Okta answered",
                claim.name,
                seen.map_or_else(String::new, |day| format!(" (seen {day})"))
            )
        })
        .into_iter()
        .collect()
}
