//! One connection from documents to a report: the middle of the flow, without IO.

use crate::document::{Documents, ReadFault};
use crate::finding::fingerprint::fingerprints;
use crate::finding::locate::Locator;
use crate::finding::{Finding, NotEvaluated};
use crate::model::World;
use crate::report::summary::{assumed, summary};
use crate::report::{ConnectionReport, Fault, Reported};
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
        let mut reporter = Reporter::new(rule, &mut checked.findings);
        let result = (rule.check)(&facts, &mut reporter);
        match reporter.finish(result) {
            Some(not_evaluated) => checked.not_evaluated.push(not_evaluated),
            None => checked.evaluated.push(rule.id),
        }
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

/// Checks one connection.
pub fn connection(
    snapshot: Snapshot,
    rules: impl IntoIterator<Item = &'static Rule>,
    options: &Options,
) -> ConnectionReport {
    looked_at(snapshot, rules, options, |_| ()).0
}

/// Checks one connection, and looks at its simulation for a report that tells more than findings and counts.
pub fn looked_at<T>(
    snapshot: Snapshot,
    rules: impl IntoIterator<Item = &'static Rule>,
    options: &Options,
    look: impl FnOnce(&SignIn<'_>) -> T,
) -> (ConnectionReport, T) {
    let world = load(&snapshot.documents, snapshot.faults);
    let sign_in = SignIn::new(&world, &[]);
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
    let seen = look(&sign_in);
    let report = ConnectionReport {
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
        summary: summary(&sign_in),
    };
    (report, seen)
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
