//! What a rule may ask: the world, the simulation, its options; and where it reports.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::document::DocumentName;
use crate::finding::suppression::{Suppression, Suppressions};
use crate::finding::{Concerned, Finding, Need, NotEvaluated, Prose, Related, Severity, Spot, Worse};
use crate::model::okta::App;
use crate::model::{Cause, Gap, World};
use crate::signin::SignIn;
use crate::signin::expectation::{self, Fared};
use crate::signin::mapping::Table;
use crate::signin::repair::Repair;
use crate::signin::shadowing::{self, Shadowed, UnusedToday};

use super::rule::Rule;

/// How the rules are set for a connection: by rule id, the options and the severity that were set. What was not set is as the page says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "BTreeMap<String, BTreeMap<String, Value>>")]
pub struct Options {
    options: BTreeMap<String, BTreeMap<String, Value>>,
    severities: BTreeMap<String, Severity>,
}

impl From<BTreeMap<String, BTreeMap<String, Value>>> for Options {
    fn from(options: BTreeMap<String, BTreeMap<String, Value>>) -> Self {
        Self { options, ..Self::default() }
    }
}

impl Options {
    /// Nothing is set.
    pub fn new() -> Self {
        Self::default()
    }

    pub fn set(&mut self, rule: &str, option: &str, value: Value) {
        self.options.entry(rule.to_owned()).or_default().insert(option.to_owned(), value);
    }

    pub fn set_severity(&mut self, rule: &str, severity: Severity) {
        self.severities.insert(rule.to_owned(), severity);
    }

    pub fn get(&self, rule: &str, option: &str) -> Option<&Value> {
        self.options.get(rule).and_then(|options| options.get(option))
    }

    pub fn severity(&self, rule: &Rule) -> Severity {
        self.severities.get(rule.id).copied().unwrap_or(rule.page().severity)
    }
}

/// The facts of one connection; what several rules ask for is worked out once, when it is first asked for.
pub struct Facts<'a> {
    pub world: &'a World,
    pub sign_in: &'a SignIn<'a>,
    /// The whole catalogue, whichever rules run.
    pub every_rule: Vec<&'static Rule>,
    options: &'a Options,
    tables: OnceCell<Vec<Table<'a>>>,
    shadowed: OnceCell<Vec<Shadowed>>,
    unused: OnceCell<Vec<Result<UnusedToday, Gap>>>,
    repair: OnceCell<Repair>,
    fared: OnceCell<Vec<Fared>>,
    suppressions: OnceCell<Suppressions>,
}

impl<'a> Facts<'a> {
    /// `every_rule` is handed in, since the catalogue is made of the families, which ask here.
    pub fn new(
        sign_in: &'a SignIn<'a>,
        every_rule: impl IntoIterator<Item = &'static Rule>,
        options: &'a Options,
    ) -> Self {
        Self {
            world: sign_in.world,
            sign_in,
            every_rule: every_rule.into_iter().collect(),
            options,
            tables: OnceCell::new(),
            shadowed: OnceCell::new(),
            unused: OnceCell::new(),
            repair: OnceCell::new(),
            fared: OnceCell::new(),
            suppressions: OnceCell::new(),
        }
    }

    /// The Okta app, or the gap that it was not read.
    pub fn app(&self) -> Result<&'a App, Gap> {
        self.world.app.need_known(&DocumentName::App)
    }

    /// The mapping table in each reading of a regex that is possible (one or two).
    pub fn tables(&self) -> &[Table<'a>] {
        self.tables.get_or_init(|| self.sign_in.tables())
    }

    /// Mappings that no token can reach.
    pub fn shadowed(&self) -> &[Shadowed] {
        self.shadowed.get_or_init(|| shadowing::by_logic(self.sign_in))
    }

    /// Mappings whose people all match an earlier one today; `Err` where that is not known.
    pub fn unused_today(&self) -> &[Result<UnusedToday, Gap>] {
        self.unused.get_or_init(|| shadowing::unused_today(self.sign_in))
    }

    /// Who could repair SSO.
    pub fn repair(&self) -> &Repair {
        self.repair.get_or_init(|| Repair::new(self.sign_in))
    }

    /// How each expectation of the world fares, in their order.
    pub fn fared(&self) -> &[Fared] {
        self.fared.get_or_init(|| {
            self.world.expectations.iter().map(|one| expectation::fare(self.sign_in, one)).collect()
        })
    }

    /// What left findings out; nothing before the other rules have run ([`Facts::close`]).
    pub fn suppressions(&self) -> impl Iterator<Item = &Suppression> {
        self.suppressions.get().into_iter().flat_map(Suppressions::iter)
    }

    /// Hands in what left findings out, when all that it could concern is found.
    pub fn close(&self, suppressions: Suppressions) {
        let _ = self.suppressions.set(suppressions);
    }

    /// A rule's severity: as it was set, else the page's.
    pub fn severity(&self, rule: &Rule) -> Severity {
        self.options.severity(rule)
    }

    /// An option of a rule: as it was set, else the page's default.
    pub fn option(&self, rule: &Rule, name: &str) -> Value {
        let set = self.options.get(rule.id, name).cloned();
        set.or_else(|| rule.page().options.get(name).map(|choice| choice.default.clone()))
            .unwrap_or(Value::Null)
    }

    /// The gap that a field is missing where a rule cannot go on without.
    pub fn not_there(document: DocumentName) -> Gap {
        Gap::document(document, Cause::NotThere)
    }
}

/// Collects what one rule finds.
pub struct Reporter<'a> {
    pub rule: &'static Rule,
    severity: Severity,
    findings: &'a mut Vec<Finding>,
    gaps: Vec<Gap>,
}

impl<'a> Reporter<'a> {
    pub fn new(rule: &'static Rule, severity: Severity, findings: &'a mut Vec<Finding>) -> Self {
        Self { rule, severity, findings, gaps: Vec::new() }
    }

    /// Begins a finding on its one primary place; `subject` is what it is about, apart from where it stands today.
    pub fn finding(&mut self, spot: Spot, subject: &[&str]) -> Draft<'_> {
        Draft {
            finding: Finding {
                rule: self.rule.id,
                severity: self.severity,
                spot,
                message: Prose::default(),
                why: Prose::default(),
                fix: Prose::default(),
                related: Vec::new(),
                subject: subject.iter().map(|part| (*part).to_owned()).collect(),
                people: Concerned::default(),
            },
            into: self.findings,
        }
    }

    /// Something that the rule would have looked at and could not: the rule is then listed as not evaluated for it.
    pub fn cannot_tell(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }

    /// Ends the rule's run: what it lacked, in words and as it is.
    pub fn finish(self, result: Result<(), Gap>) -> Option<(NotEvaluated, Vec<Gap>)> {
        let mut gaps = self.gaps;
        gaps.extend(result.err());
        gaps.sort();
        gaps.dedup();
        let needs: Vec<Need> =
            gaps.iter().map(|gap| Need { missing: gap.to_string(), remedy: gap.remedy() }).collect();
        let severity = self.severity;
        (!needs.is_empty()).then_some((NotEvaluated { rule: self.rule.id, severity, needs }, gaps))
    }
}

/// A finding in the making: message, why and fix in this order, then `done`.
pub struct Draft<'a> {
    finding: Finding,
    into: &'a mut Vec<Finding>,
}

impl Draft<'_> {
    /// What is wrong.
    pub fn message(mut self, message: impl Into<Prose>) -> Self {
        self.finding.message = message.into();
        self
    }

    /// Why it locks people out.
    pub fn why(mut self, why: impl Into<Prose>) -> Self {
        self.finding.why = why.into();
        self
    }

    /// What to do, with the exact value to type and the console's path.
    pub fn fix(mut self, fix: impl Into<Prose>) -> Self {
        self.finding.fix = fix.into();
        self
    }

    /// Another place that the message speaks of.
    pub fn related(mut self, spot: Spot, message: impl Into<Prose>) -> Self {
        self.finding.related.push(Related { spot, message: message.into() });
        self
    }

    /// All people whom it harms, by name, those to be named first.
    pub fn people<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.finding.people = Concerned::new(names, Worse::WithMore);
        self
    }

    /// All people who are left to repair SSO, by name.
    pub fn left_to_repair<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.finding.people = Concerned::new(names, Worse::WithFewer);
        self
    }

    /// Reports it.
    pub fn done(self) {
        self.into.push(self.finding);
    }
}
