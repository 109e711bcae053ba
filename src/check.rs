//! One connection from documents to a report: the middle of the flow, without IO.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::document::project::Day;
use crate::document::{DocumentName, Documents, ReadFault, SourceFile};
use crate::finding::fingerprint::fingerprints;
use crate::finding::locate::Locator;
use crate::finding::suppression::{How, Ran, Suppressions};
use crate::finding::{Finding, NotEvaluated, Severity, Spot};
use crate::model::{Gap, World};
use crate::report::summary::{assumed, expectations, summary};
use crate::report::{
    Accepted, ConnectionReport, Fault, Hidden, Report, Reported, SourcePlace, Summary, SuppressionUse,
    Undecided, WhyHidden,
};
use crate::rules::facts::Options;
use crate::rules::upkeep::{ABOUT_SUPPRESSIONS, IGNORE_UNUSED};
use crate::rules::{self, Facts, Reporter, Rule, catalogue};
use crate::signin::SignIn;
use crate::source::snapshot::Snapshot;

/// What the rules found in one world.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// By severity, worst first; then by rule and place.
    pub findings: Vec<Finding>,
    pub evaluated: Vec<&'static str>,
    pub not_evaluated: Vec<NotEvaluated>,
    /// What each of them lacked, in their order.
    pub gaps: Vec<Vec<Gap>>,
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
    run(&facts, rules, &mut checked);
    checked
}

fn run(facts: &Facts<'_>, rules: impl IntoIterator<Item = &'static Rule>, checked: &mut Checked) {
    for rule in rules {
        let mut reporter = Reporter::new(rule, facts.severity(rule), &mut checked.findings);
        let result = (rule.check)(facts, &mut reporter);
        match reporter.finish(result) {
            Some((not_evaluated, gaps)) => {
                checked.not_evaluated.push(not_evaluated);
                checked.gaps.push(gaps);
            }
            None => checked.evaluated.push(rule.id),
        }
    }
    checked
        .findings
        .sort_by(|a, b| worst_first((a.severity, a.rule, &a.spot), (b.severity, b.rule, &b.spot)));
}

fn worst_first(a: (Severity, &str, &Spot), b: (Severity, &str, &Spot)) -> Ordering {
    b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)).then_with(|| a.2.cmp(b.2))
}

/// Loads a world; its read faults come with it.
pub fn load(documents: &Documents, faults: Vec<ReadFault>) -> World {
    let mut world = World::load(documents);
    world.faults.splice(0..0, faults);
    world
}

/// Checks one connection: the rules run, what a person gave a reason for is left out, and then those run that look at that.
pub fn connection(
    snapshot: Snapshot,
    rules: impl IntoIterator<Item = &'static Rule>,
    options: &Options,
) -> ConnectionReport {
    looked_at(snapshot, rules, options, |_| ()).0
}

/// The same, with a look at the simulation for a report that tells more than findings and counts.
pub fn looked_at<T>(
    snapshot: Snapshot,
    rules: impl IntoIterator<Item = &'static Rule>,
    options: &Options,
    look: impl FnOnce(&SignIn<'_>) -> T,
) -> (ConnectionReport, T) {
    let Snapshot { mut documents, faults, notices } = snapshot;
    let world = load(&documents, faults);
    let sign_in = simulate(&world);
    let facts = Facts::new(&sign_in, catalogue(), options);
    let (last, first): (Vec<_>, Vec<_>) =
        rules.into_iter().partition(|rule| ABOUT_SUPPRESSIONS.contains(&rule.id));
    let mut checked = Checked::default();
    run(&facts, first, &mut checked);
    let today = options.get("ignore-expired", "today").and_then(|day| Day::parse(day.as_str()?));
    let mut suppressions = Suppressions::new(&mut documents, &world.name, today.as_ref());
    let mut locator = Locator::new(&documents);
    let mut report = ConnectionReport {
        name: world.name.clone(),
        origin: documents.origin.clone(),
        live_entry: documents.live_entry.clone(),
        notices,
        assumed: assumed(&sign_in),
        declared: declared(&world),
        summary: Summary { expectations: expectations(&facts), ..summary(&sign_in) },
        ..ConnectionReport::default()
    };
    for reported in located(checked.findings, &world.name, &mut locator) {
        let family = family(reported.finding.rule);
        match suppressions.leaves_out(&reported.finding, family, &reported.location) {
            Some(reason) => report.hidden.push(Hidden { reported, why: WhyHidden::Ignored { reason } }),
            None => report.findings.push(reported),
        }
    }
    for (row, gaps) in checked.not_evaluated.into_iter().zip(&checked.gaps) {
        match suppressions.accepts(row.rule, family(row.rule), gaps) {
            Some(reason) => report.accepted.push(Accepted { row, reason }),
            None => report.not_evaluated.push(row),
        }
    }
    suppressions.close(&ran(&checked.evaluated, &report));
    let project = documents.get(&DocumentName::Project).map(|document| document.file);
    report.suppressions = suppressions
        .iter()
        .filter_map(|one| {
            let location = locator.locate(&one.spot)?;
            Some(SuppressionUse {
                at: SourcePlace::new(documents.files(), &location),
                shared_by: (project == Some(location.file)).then(|| one.connections.clone()),
                idle: one.is_idle(),
            })
        })
        .collect();
    facts.close(suppressions);
    let mut about = Checked::default();
    run(&facts, last, &mut about);
    report.findings.extend(located(about.findings, &world.name, &mut locator));
    report.findings.sort_by(|a, b| {
        worst_first(
            (a.finding.severity, a.finding.rule, &a.finding.spot),
            (b.finding.severity, b.finding.rule, &b.finding.spot),
        )
    });
    report.not_evaluated.extend(about.not_evaluated);
    report.evaluated = checked.evaluated;
    report.evaluated.extend(about.evaluated);
    report.faults = world
        .faults
        .iter()
        .map(|fault| {
            let (line, column) = locator.fault(fault).unwrap_or((1, 1));
            Fault { file: fault.file.clone(), line, column, message: fault.message.clone() }
        })
        .collect();
    report.files = documents.files().to_vec();
    report.project_file = documents.get(&DocumentName::Project).map(|document| document.file);
    forget_texts(&mut report);
    (report, look(&sign_in))
}

/// Drops the texts that nothing is shown of: of hundreds of connections, what was read does not fit into memory.
fn forget_texts(report: &mut ConnectionReport) {
    let hidden = report.hidden.iter().map(|hidden| &hidden.reported);
    let shown = report.findings.iter().chain(hidden);
    let mut kept: BTreeSet<usize> = shown
        .flat_map(|reported| std::iter::once(&reported.location).chain(&reported.related))
        .map(|location| location.file)
        .collect();
    let faulty = |file: &SourceFile| report.faults.iter().any(|fault| fault.file == file.path);
    kept.extend(report.files.iter().enumerate().filter(|(_, file)| faulty(file)).map(|(index, _)| index));
    for (index, file) in report.files.iter_mut().enumerate() {
        if !kept.contains(&index) {
            file.text = "".into();
        }
    }
}

/// Findings with their lines and fingerprints; one whose files are not there at all has none.
fn located(findings: Vec<Finding>, connection: &str, locator: &mut Locator<'_>) -> Vec<Reported> {
    let fingerprints = fingerprints(connection, &findings);
    findings
        .into_iter()
        .zip(fingerprints)
        .filter_map(|(finding, fingerprint)| {
            let location = locator.locate(&finding.spot)?;
            let related =
                finding.related.iter().filter_map(|related| locator.locate(&related.spot)).collect();
            Some(Reported { finding, location, related, fingerprint })
        })
        .collect()
}

fn family(rule: &str) -> &'static str {
    rules::find(rule).map_or("", |rule| rule.family)
}

/// Of every rule, whether it ran. Those about suppressions are to come, and look at everything.
fn ran(evaluated: &[&'static str], report: &ConnectionReport) -> Vec<Ran<'static>> {
    let lacks = |rule: &Rule| {
        let open = report.not_evaluated.iter().chain(report.accepted.iter().map(|accepted| &accepted.row));
        open.into_iter().any(|row| row.rule == rule.id)
    };
    let how = |rule: &Rule| {
        if evaluated.contains(&rule.id) || ABOUT_SUPPRESSIONS.contains(&rule.id) {
            How::Evaluated
        } else if lacks(rule) {
            How::NotEvaluated
        } else if rule.page().pedantic {
            How::Off
        } else {
            How::LeftOut
        }
    };
    catalogue().map(|rule| Ran { rule: rule.id, family: rule.family, how: how(rule) }).collect()
}

/// What several connections say of one entry of the project file, or one comment in it, is said once: of the first of them. An entry is of no
/// use only where no connection has a use for it; `of_project` are the connections that the project file names, and one that was not looked
/// at might have.
pub fn settle(report: &mut Report, of_project: &[String]) {
    let checked: BTreeSet<String> =
        report.connections.iter().map(|connection| connection.name.clone()).collect();
    let mut useful: BTreeSet<SourcePlace> = BTreeSet::new();
    let mut elsewhere: BTreeMap<SourcePlace, Vec<String>> = BTreeMap::new();
    for one in report.connections.iter().flat_map(|connection| &connection.suppressions) {
        let shared = one.shared_by.as_ref();
        let open = of_project.iter().filter(|name| {
            shared.is_some_and(|connections| connections.matches(name)) && !checked.contains(*name)
        });
        let open: Vec<String> = open.cloned().collect();
        if !one.idle {
            useful.insert(one.at.clone());
        }
        if !open.is_empty() {
            elsewhere.insert(one.at.clone(), open);
        }
    }
    let mut said: BTreeSet<(&'static str, SourcePlace)> = BTreeSet::new();
    for connection in &mut report.connections {
        let mut kept = Vec::with_capacity(connection.findings.len());
        for reported in std::mem::take(&mut connection.findings) {
            let rule = reported.finding.rule;
            if !ABOUT_SUPPRESSIONS.contains(&rule) {
                kept.push(reported);
                continue;
            }
            let at = SourcePlace::new(&connection.files, &reported.location);
            if rule == IGNORE_UNUSED && useful.contains(&at) {
                continue;
            }
            match elsewhere.get(&at).filter(|_| rule == IGNORE_UNUSED) {
                Some(open) => connection.undecided.push(Undecided {
                    reported,
                    at,
                    before: kept.len(),
                    waits_for: open.clone(),
                }),
                None if said.insert((rule, at)) => kept.push(reported),
                None => {}
            }
        }
        connection.findings = kept;
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
