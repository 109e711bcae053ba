//! What leaves findings out, and accepts gaps: entries of the project file, and comments. Each keeps count of what it did, since one that does
//! nothing is a finding itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::comments::{IgnoreComment, ignore_comments};
use crate::document::overlay::{Overlay, Part, Target};
use crate::document::position::Format;
use crate::document::project::{Day, Fit, Glob, Judgements, Names};
use crate::document::{DocumentName, Documents, JsonPath};
use crate::model::world::app_label;
use crate::model::{Cause, Gap, Place};

use super::locate::Location;
use super::{Finding, Spot};

/// What is said about an entry that does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Counts,
    WithoutReason,
    Expired,
    /// It has a last day, and what day it is was not given: it counts, and whether it should is not known.
    NoDayGiven,
}

#[derive(Debug, Clone)]
enum Scope {
    /// Findings of these rules, at these places.
    Findings { rules: Vec<Glob>, place: Option<Glob> },
    /// Findings of these rules on one line of one file.
    Line { rules: Vec<Glob>, file: usize, line: usize },
    /// What need not be known.
    Gaps { document: Option<Glob>, rule: Option<Glob> },
}

/// One entry, or one comment.
#[derive(Debug, Clone)]
pub struct Suppression {
    scope: Scope,
    /// Where it stands.
    pub spot: Spot,
    pub state: State,
    /// Empty where there is none.
    pub reason: String,
    pub until: Option<Day>,
    pub connections: Names,
    /// How the app of this connection stands to the apps that it is for.
    pub app: Fit,
    used: bool,
    idle: bool,
}

/// A rule that was to run: whether it did, to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ran<'a> {
    pub rule: &'a str,
    pub family: &'a str,
    pub how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Evaluated,
    NotEvaluated,
    /// Nobody asked for it, and it is on unless somebody says otherwise.
    LeftOut,
    /// A pedantic one that nobody asked for.
    Off,
}

/// Everything that concerns one connection, in the order in which it is asked: the first that fits takes a finding.
#[derive(Debug, Clone, Default)]
pub struct Suppressions(Vec<Suppression>);

impl Suppressions {
    /// Of a connection's documents, which get a place for each comment. `today` decides what has expired.
    pub fn new(documents: &mut Documents, connection: &str, today: Option<&Day>) -> Self {
        let judgements = documents.judgements.clone();
        let mut all = of_project(&judgements, connection, app_label(documents).as_deref(), today);
        let mut places = Overlay::default();
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        for (file, source) in documents.files().iter().enumerate() {
            if source.format != Format::Yaml {
                continue;
            }
            // By the file's own name, unless another has it too.
            let own = source.path.rsplit('/').next().unwrap_or(&source.path);
            let name = if *names.entry(own).or_insert(file) == file { own } else { &source.path };
            for comment in ignore_comments(&source.text) {
                let path = JsonPath::root().key(name).index(comment.line);
                places.place(path.clone(), Part { file, target: Target::Bytes(comment.bytes.clone()) });
                all.push(of_comment(comment, file, Place::new(DocumentName::Comments, path)));
            }
        }
        documents.lay_over(DocumentName::Comments, places);
        Self(all)
    }

    /// Says of each whether it was of no use, when everything has been asked.
    pub fn close(&mut self, ran: &[Ran<'_>]) {
        for one in &mut self.0 {
            one.idle = one.counts() && !one.used && one.was_asked(ran);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Suppression> {
        self.0.iter()
    }

    /// The reason of the first that leaves a finding out, which is of a rule of this family.
    pub fn leaves_out(&mut self, finding: &Finding, family: &str, location: &Location) -> Option<String> {
        let fits = |one: &&mut Suppression| one.counts_here() && one.fits(finding, family, location);
        let first = self.0.iter_mut().find(fits)?;
        first.used = true;
        Some(first.reason.clone())
    }

    /// The reasons for which a rule need not be evaluated, where they cover everything that it lacks.
    pub fn accepts(&mut self, rule: &str, family: &str, gaps: &[Gap]) -> Option<String> {
        let mut reasons = BTreeSet::new();
        let mut whole = true;
        for gap in gaps {
            let fits = |one: &&mut Suppression| one.counts_here() && one.accepts(rule, family, gap);
            match self.0.iter_mut().find(fits) {
                Some(first) => {
                    first.used = true;
                    reasons.insert(first.reason.clone());
                }
                None => whole = false,
            }
        }
        let reasons: Vec<String> = reasons.into_iter().collect();
        (whole && !reasons.is_empty()).then(|| reasons.join("; "))
    }
}

impl Suppression {
    fn counts(&self) -> bool {
        matches!(self.state, State::Counts | State::NoDayGiven)
    }

    fn counts_here(&self) -> bool {
        self.counts() && self.app == Fit::Fits
    }

    /// Whether it counted, everything that it is about was looked at, and it did nothing.
    pub fn is_idle(&self) -> bool {
        self.idle
    }

    /// Whether it stands in a comment, beside what it is about.
    pub fn is_comment(&self) -> bool {
        matches!(self.scope, Scope::Line { .. })
    }

    /// What it is about, as it was typed: its identity, apart from where it stands.
    pub fn subject(&self) -> Vec<&str> {
        let mut subject = Vec::new();
        match &self.scope {
            Scope::Findings { rules, place } => {
                subject.push("ignore");
                subject.extend(rules.iter().chain(place).map(Glob::typed));
            }
            Scope::Line { rules, .. } => {
                subject.push("comment");
                subject.extend(rules.iter().map(Glob::typed));
                subject.push(&self.reason);
            }
            Scope::Gaps { document, rule } => {
                subject.push("accept_gaps");
                subject.extend([document, rule].map(|glob| glob.as_ref().map_or("", Glob::typed)));
            }
        }
        subject
    }

    /// Whether what it is about was looked at whole: only then does doing nothing say something. Of one for other apps nothing more can come.
    fn was_asked(&self, ran: &[Ran<'_>]) -> bool {
        let about = |rules: &[Glob]| -> Vec<How> {
            ran.iter().filter(|one| named(rules, one.rule, one.family)).map(|one| one.how).collect()
        };
        if self.app == Fit::NotKnown {
            return false;
        }
        match &self.scope {
            Scope::Findings { rules, .. } | Scope::Line { rules, .. } => {
                let about = about(rules);
                // What names no rule can do nothing.
                about.is_empty()
                    || (self.app == Fit::Other && !about.contains(&How::LeftOut))
                    || (about.contains(&How::Evaluated)
                        && about.iter().all(|how| matches!(how, How::Evaluated | How::Off)))
            }
            Scope::Gaps { rule: Some(rule), .. } => {
                about(std::slice::from_ref(rule)).iter().all(|how| *how != How::LeftOut)
            }
            Scope::Gaps { rule: None, .. } => ran.iter().all(|one| one.how != How::LeftOut),
        }
    }

    fn fits(&self, finding: &Finding, family: &str, location: &Location) -> bool {
        match &self.scope {
            Scope::Findings { rules, place } => {
                let place = place.as_ref();
                named(rules, finding.rule, family)
                    && place.is_none_or(|place| {
                        place.matches(&location.path) || place.matches_document(&finding.spot.place.document)
                    })
            }
            // A document that is missing has no line of its own: a comment would hide all of them, those to come too.
            Scope::Line { .. } if finding.rule == SOURCE_INCOMPLETE && !location.exact => false,
            Scope::Line { rules, file, line } => {
                named(rules, finding.rule, family) && location.file == *file && location.region.line == *line
            }
            // A document that need not be read is not missed.
            Scope::Gaps { document: Some(document), rule } => {
                finding.rule == SOURCE_INCOMPLETE
                    && document.matches_document(&finding.spot.place.document)
                    && rule
                        .as_ref()
                        .is_none_or(|rule| named(std::slice::from_ref(rule), finding.rule, family))
            }
            Scope::Gaps { document: None, .. } => false,
        }
    }

    fn accepts(&self, rule: &str, family: &str, gap: &Gap) -> bool {
        let Scope::Gaps { document, rule: rules } = &self.scope else { return false };
        // That a document need not be read says nothing of what cannot be followed in one that was.
        let unread = !matches!(gap.cause, Cause::Undecided(_) | Cause::Planned(_) | Cause::Disagree);
        document.as_ref().is_none_or(|document| unread && document.matches_document(&gap.place.document))
            && rules.as_ref().is_none_or(|rules| named(std::slice::from_ref(rules), rule, family))
    }
}

/// The rule that says that a document is missing.
pub const SOURCE_INCOMPLETE: &str = "source-incomplete";

fn named(rules: &[Glob], rule: &str, family: &str) -> bool {
    rules.iter().any(|glob| glob.matches(rule) || glob.matches(family))
}

/// `app` is the label of the connection's app, where it is known.
fn of_project(
    judgements: &Judgements,
    connection: &str,
    app: Option<&str>,
    today: Option<&Day>,
) -> Vec<Suppression> {
    let entry = |scope, path: &JsonPath, reason: &Option<String>, until: &Option<_>, of: &_, apps: &Names| {
        Suppression {
            scope,
            spot: Spot::value(Place::new(DocumentName::Project, path.clone())),
            state: state(reason.as_ref(), until.as_ref(), today),
            reason: reason.clone().unwrap_or_default(),
            until: until.clone(),
            connections: Names::clone(of),
            app: apps.fit(app),
            used: false,
            idle: false,
        }
    };
    let ignores = judgements.ignores.iter().map(|one| {
        let scope = Scope::Findings { rules: vec![one.rule.clone()], place: one.place.clone() };
        entry(scope, &one.path, &one.reason, &one.until, &one.connections, &one.apps)
    });
    let gaps = judgements.accepted_gaps.iter().map(|one| {
        let scope = Scope::Gaps { document: one.document.clone(), rule: one.rule.clone() };
        entry(scope, &one.path, &one.reason, &one.until, &one.connections, &one.apps)
    });
    ignores.chain(gaps).filter(|one| one.connections.matches(connection)).collect()
}

/// A glob that is none fits nothing, and so the comment does nothing, which is said.
fn of_comment(comment: IgnoreComment, file: usize, place: Place) -> Suppression {
    let rules = comment.rules.iter().filter_map(|rule| Glob::new(rule).ok()).collect();
    Suppression {
        scope: Scope::Line { rules, file, line: comment.line },
        spot: Spot::value(place),
        state: state(comment.reason.as_ref(), None, None),
        reason: comment.reason.unwrap_or_default(),
        until: None,
        connections: Names::default(),
        app: Fit::Fits,
        used: false,
        idle: false,
    }
}

fn state(reason: Option<&String>, until: Option<&Day>, today: Option<&Day>) -> State {
    match (reason, until, today) {
        (None, _, _) => State::WithoutReason,
        (Some(_), Some(until), Some(today)) if until < today => State::Expired,
        (Some(_), Some(_), None) => State::NoDayGiven,
        (Some(_), _, _) => State::Counts,
    }
}
