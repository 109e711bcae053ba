//! `diff`: what a change does to each person, on a terminal, as JSON lines (interface, machine output) and as Markdown for a change request.
//!
//! In Markdown every text from input stands in a code span of its own, so nothing in it acts as Markdown, names anyone or becomes a link.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use crate::finding::prose::{PeopleNames, PeopleShown, grouped, people, visible};
use crate::model::World;
use crate::signin::difference::{Ending, PersonChange, Side};
use crate::signin::repair::Repair;
use crate::signin::{Change, Difference, PersonIndex, SignIn, Verdict};

use super::coverage::{self, NOT_COVERED};
use super::gfm::code;
use super::json::{Safe, VerdictRow, to_bytes};
use super::pretty::Terminal;
use super::summary;

/// A difference with where its sides came from.
pub struct Comparison<'d, 'w> {
    pub difference: &'d Difference<'w>,
    /// As they are shown.
    pub before: &'d str,
    pub after: &'d str,
    /// What was changed of `after` before it was read, in order.
    pub edits: Vec<String>,
}

/// When a change shows (semantics G7.7).
pub(super) const TAKES_EFFECT: &str = "at each person's next sign-in; a session that is open may not end";
/// People who are named on a terminal before the rest is counted.
const SCREENFUL: usize = 20;
/// People who are named of a class that is only counted.
const EXAMPLES: usize = 3;
/// Edits that are told on a terminal.
const EDITS: usize = 6;
/// Ways of one change that are told on a terminal, and in Markdown; a reason may name one row of a list.
const WAYS: usize = 8;
const WAYS_IN_MARKDOWN: usize = 50;
/// Changes that are told person by person, the worst first.
pub(super) const TOLD: [Change; 6] =
    [Change::Lost, Change::Lowered, Change::Unknown, Change::Moved, Change::Raised, Change::Gained];

impl Comparison<'_, '_> {
    pub(super) fn label(&self, person: &PersonChange) -> &str {
        match person.named_in {
            Side::Before => self.difference.before.label(person.before),
            Side::After => self.difference.after.label(person.after),
        }
    }

    pub(super) fn okta_id(&self, person: &PersonChange) -> Option<&str> {
        match person.named_in {
            Side::Before => self.difference.before.okta_id(person.before),
            Side::After => self.difference.after.okta_id(person.after),
        }
    }

    /// By name, then by Okta id.
    pub(super) fn sorted(&self) -> Vec<&PersonChange> {
        let mut people: Vec<&PersonChange> = self.difference.people.iter().collect();
        people.sort_by_key(|person| (self.label(person), self.okta_id(person)));
        people
    }

    /// People of one change by what they had and have, most people first.
    pub(super) fn classes(&self, change: Change) -> Vec<Class<'_>> {
        let mut classes: BTreeMap<(String, String), Vec<&PersonChange>> = BTreeMap::new();
        for person in self.sorted().into_iter().filter(|person| person.change == change) {
            let key =
                (told(&self.difference.before, person.before), told(&self.difference.after, person.after));
            classes.entry(key).or_default().push(person);
        }
        let mut classes: Vec<_> = classes.into_iter().collect();
        classes.sort_by_key(|(_, people)| std::cmp::Reverse(people.len()));
        classes
    }

    /// How many people end how in both worlds, most people first; people who are granted the same role stand last.
    pub(super) fn matrix(&self) -> Vec<((EndingRow, EndingRow), usize)> {
        let mut rows: Vec<_> = self
            .difference
            .matrix()
            .into_iter()
            .map(|((before, after), count)| {
                let row = |world: &World, ending: &Ending| EndingRow::new(world, ending);
                let same = before == after;
                (
                    (row(self.difference.before.world, &before), row(self.difference.after.world, &after)),
                    count,
                    same,
                )
            })
            .collect();
        rows.sort_by_key(|(_, count, same)| (*same, std::cmp::Reverse(*count)));
        rows.into_iter().map(|(row, count, _)| (row, count)).collect()
    }

    pub(super) fn newly_assumed(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for name in self.difference.newly_assumed().flat_map(|person| person.newly_assumed.names()) {
            *counts.entry(name).or_default() += 1;
        }
        counts
    }

    pub(super) fn name(&self) -> &str {
        &self.difference.before.world.name
    }
}

/// What people had and have.
pub(super) type Way = (String, String);
pub(super) type Class<'d> = (Way, Vec<&'d PersonChange>);

/// How many people, in how many ways; `None` for none.
fn counted(classes: &[Class<'_>]) -> Option<(usize, String)> {
    let count = classes.iter().map(|(_, people)| people.len()).sum();
    (!classes.is_empty()).then(|| (count, grouped(classes.len())))
}

/// `Owner`, `locked out at mapping: no claim mapping matches`.
pub(super) fn told(sign_in: &SignIn<'_>, person: PersonIndex) -> String {
    match sign_in.verdict(person) {
        Verdict::Granted { role, .. } => visible(sign_in.world.role_label(&role)),
        Verdict::LockedOut { gate, reason } => format!("locked out at {gate}: {}", visible(&reason)),
        Verdict::Unknown { gate, missing } => format!("unknown at {gate}: {}", visible(&missing)),
        Verdict::NotSubject { reason } => reason.to_owned(),
    }
}

/// What happens to these people, for a heading.
pub(super) fn heading(change: Change) -> &'static str {
    match change {
        Change::Lost => "Access lost",
        Change::Gained => "Access gained",
        Change::Raised => "Higher role",
        Change::Lowered => "Lower role",
        Change::Moved => "Another role, neither higher nor lower",
        Change::Unchanged => "As before",
        Change::Unknown => "Not known in one of the two",
    }
}

/// An edit, with the addresses in it shown as people are.
pub(super) fn edit_told(edit: &str, names: &mut PeopleNames) -> String {
    let is_delimiter = |c: char| "[]{}=\"', ".contains(c);
    let pieces = edit.split_inclusive(is_delimiter).map(|piece| {
        let word = piece.trim_end_matches(is_delimiter);
        if word.contains('@') && names.mode() != PeopleShown::Names {
            format!("{}{}", names.show(word), visible(piece.get(word.len()..).unwrap_or_default()))
        } else {
            visible(piece)
        }
    });
    pieces.collect()
}

// ---- who can repair SSO

pub(super) struct Rescue {
    by_sso: Vec<String>,
    backup_accounts: Vec<String>,
    organization_admins: Vec<String>,
    /// People of whom it is not known.
    open: usize,
    backup_accounts_known: bool,
}

impl Rescue {
    pub(super) fn new(sign_in: &SignIn<'_>, repair: &Repair) -> Self {
        let users = sign_in.world.torq_users.known().map_or(&[][..], Vec::as_slice);
        let accounts = repair.backup_accounts.iter().filter_map(|index| users.get(*index));
        let mut by_sso: Vec<String> =
            repair.by_sso().map(|person| sign_in.label(person).to_owned()).collect();
        by_sso.sort();
        Self {
            by_sso,
            backup_accounts: accounts.map(|user| user.email.clone()).collect(),
            organization_admins: sign_in.world.wizard.organization_admins.clone(),
            open: repair.open,
            backup_accounts_known: repair.backup_gap.is_none(),
        }
    }

    pub(super) fn told(
        &self,
        names: &mut PeopleNames,
        show: &dyn Fn(String) -> String,
        most: usize,
    ) -> String {
        let mut list = |people: &[String]| {
            if names.mode() == PeopleShown::Counts || people.is_empty() {
                return String::new();
            }
            let shown: Vec<String> = people.iter().take(most).map(|name| show(names.show(name))).collect();
            let more = people.len() - shown.len();
            let more = if more > 0 { format!(" and {} more", grouped(more)) } else { String::new() };
            format!(" ({}{more})", shown.join(", "))
        };
        let mut text = format!("{} by SSO{}", people(self.by_sso.len()), list(&self.by_sso));
        if self.open > 0 {
            let _ = write!(text, ", of {} it is not known", people(self.open));
        }
        let accounts = self.backup_accounts.len();
        let s = if accounts == 1 { "" } else { "s" };
        let _ = write!(text, "; {} backup account{s}{}", grouped(accounts), list(&self.backup_accounts));
        if !self.backup_accounts_known {
            text.push_str(", and there may be others");
        }
        if !self.organization_admins.is_empty() {
            let (count, named) = (self.organization_admins.len(), list(&self.organization_admins));
            let _ = write!(text, "; {} declared as organisation admins{named}", people(count));
        }
        text
    }
}

// ---- JSON

#[derive(Serialize)]
struct PersonRow {
    user: String,
    okta_id: Option<String>,
    before: VerdictRow,
    after: VerdictRow,
    change: &'static str,
}

#[derive(Serialize, Clone, PartialEq, Eq)]
pub(super) struct EndingRow {
    pub(super) verdict: &'static str,
    role: Option<String>,
}

impl EndingRow {
    fn new(world: &World, ending: &Ending) -> Self {
        let (verdict, role) = match ending {
            Ending::Granted(role) => ("granted", Some(world.role_label(role).to_owned())),
            Ending::LockedOut => ("locked_out", None),
            Ending::Unknown => ("unknown", None),
            Ending::NotSubject => ("not_subject", None),
        };
        Self { verdict, role }
    }

    pub(super) fn told(&self) -> String {
        match (&self.role, self.verdict) {
            (Some(role), _) => visible(role),
            (None, "not_subject") => "local Torq account".to_owned(),
            (None, verdict) => verdict.replace('_', " "),
        }
    }
}

#[derive(Serialize)]
struct MatrixRow {
    before: EndingRow,
    after: EndingRow,
    people: usize,
}

#[derive(Serialize)]
struct Totals {
    totals: BTreeMap<&'static str, usize>,
    roles: Vec<MatrixRow>,
    newly_assumed: NewlyAssumed,
    can_repair_sso: BeforeAfter,
    no_rescue: bool,
    takes_effect: &'static str,
    not_covered: [&'static str; 6],
}

#[derive(Serialize)]
struct NewlyAssumed {
    people: usize,
    policy: usize,
    group_count: usize,
}

#[derive(Serialize)]
struct BeforeAfter {
    before: RescueRow,
    after: RescueRow,
}

#[derive(Serialize)]
struct RescueRow {
    count: usize,
    people: Vec<String>,
    may: usize,
    backup_accounts: usize,
    backup_accounts_known: bool,
    organization_admins: usize,
}

/// One line for every person of either population, then one of totals.
pub fn json(comparison: &Comparison<'_, '_>, shown: PeopleShown) -> Vec<u8> {
    let difference = comparison.difference;
    let mut names = PeopleNames::new(shown);
    let mut bytes = Vec::new();
    for person in comparison.sorted() {
        let name = comparison.label(person);
        let row = PersonRow {
            user: if shown == PeopleShown::Names { name.to_owned() } else { names.show(name) },
            okta_id: comparison.okta_id(person).filter(|_| shown == PeopleShown::Names).map(str::to_owned),
            before: VerdictRow::new(&difference.before, person.before, &mut names),
            after: VerdictRow::new(&difference.after, person.after, &mut names),
            change: person.change.name(),
        };
        line(&row, &mut bytes);
    }
    let mut totals: BTreeMap<&'static str, usize> =
        Change::ALL.map(|change| (change.name(), difference.count(change))).into();
    totals.insert("people", difference.people.len());
    let assumed = comparison.newly_assumed();
    let counted = |name: &str| assumed.get(name).copied().unwrap_or_default();
    let mut rescue = |sign_in: &SignIn<'_>, repair: &Repair| {
        let rescue = Rescue::new(sign_in, repair);
        RescueRow {
            count: rescue.by_sso.len(),
            people: match shown {
                PeopleShown::Counts => Vec::new(),
                PeopleShown::Names => rescue.by_sso,
                PeopleShown::Pseudonyms => rescue.by_sso.iter().map(|name| names.show(name)).collect(),
            },
            may: rescue.open,
            backup_accounts: rescue.backup_accounts.len(),
            backup_accounts_known: rescue.backup_accounts_known,
            organization_admins: rescue.organization_admins.len(),
        }
    };
    let totals = Totals {
        totals,
        roles: comparison
            .matrix()
            .into_iter()
            .map(|((before, after), people)| MatrixRow { before, after, people })
            .collect(),
        newly_assumed: NewlyAssumed {
            people: difference.newly_assumed().count(),
            policy: counted("policy"),
            group_count: counted("group_count"),
        },
        can_repair_sso: BeforeAfter {
            before: rescue(&difference.before, &difference.repair_before),
            after: rescue(&difference.after, &difference.repair_after),
        },
        no_rescue: difference.leaves_no_rescue(),
        takes_effect: TAKES_EFFECT,
        not_covered: NOT_COVERED,
    };
    line(&totals, &mut bytes);
    bytes
}

pub(super) fn line<T: Serialize>(row: &T, bytes: &mut Vec<u8>) {
    bytes.extend(to_bytes(row, Safe(serde_json::ser::CompactFormatter)));
    bytes.push(b'\n');
}

// ---- terminal

/// Totals, the matrix, and who is concerned: by name up to a screenful, then counted.
pub fn pretty(comparison: &Comparison<'_, '_>, shown: PeopleShown, terminal: Terminal) -> Vec<u8> {
    let difference = comparison.difference;
    let mut names = PeopleNames::new(shown);
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{}: from {} to {}",
        visible(comparison.name()),
        visible(comparison.before),
        after(comparison)
    );
    for edit in comparison.edits.iter().take(EDITS) {
        let _ = writeln!(out, "  {}", edit_told(edit, &mut names));
    }
    if comparison.edits.len() > EDITS {
        let _ = writeln!(out, "  and {} more", grouped(comparison.edits.len() - EDITS));
    }
    out.push('\n');
    let counts: Vec<String> = Change::ALL
        .into_iter()
        .map(|change| format!("{} {}", grouped(difference.count(change)), change.name()))
        .collect();
    let total = people(difference.people.len());
    wrapped(&mut out, "people", &format!("{total}: {}", counts.join(", ")), terminal);
    matrix(comparison, &mut out);
    let fits = named_classes(comparison);
    for change in TOLD {
        let mut classes = comparison.classes(change);
        if classes.is_empty() {
            continue;
        }
        let others = classes.split_off(classes.len().min(WAYS));
        let _ = writeln!(out, "\n{}: {}", heading(change), people(difference.count(change)));
        for (way, people_of_class) in classes {
            let (before, after) = &way;
            let _ = writeln!(out, "  {:>9}  {before} → {after}", grouped(people_of_class.len()));
            let shown_names = match shown {
                PeopleShown::Counts => 0,
                _ if fits.contains(&(change, way)) => people_of_class.len(),
                _ => EXAMPLES,
            };
            let named = people_of_class.iter().take(shown_names);
            let named: Vec<String> = named.map(|person| names.show(comparison.label(person))).collect();
            if named.len() == people_of_class.len() {
                named.iter().for_each(|name| out.push_str(&format!("             {name}\n")));
            } else if !named.is_empty() {
                let _ = writeln!(out, "             such as {}", named.join(", "));
            }
        }
        if let Some((count, ways)) = counted(&others) {
            let _ = writeln!(out, "  {:>9}  in {ways} other ways", grouped(count));
        }
    }
    out.push('\n');
    let as_it_is = |text: String| text;
    let before = Rescue::new(&difference.before, &difference.repair_before).told(&mut names, &as_it_is, 5);
    let then = Rescue::new(&difference.after, &difference.repair_after).told(&mut names, &as_it_is, 5);
    wrapped(&mut out, "repair", &format!("before: {before}"), terminal);
    wrapped(&mut out, "", &format!("after: {then}"), terminal);
    if difference.leaves_no_rescue() {
        wrapped(&mut out, "", "after the change nobody is known who could repair SSO", terminal);
    }
    for (name, count) in comparison.newly_assumed() {
        let text =
            format!("{name} for {} who are granted in both: {}", people(count), coverage::meaning(name));
        wrapped(&mut out, "newly assumed", &text, terminal);
    }
    wrapped(&mut out, "takes effect", TAKES_EFFECT, terminal);
    wrapped(&mut out, "not covered", &NOT_COVERED.join("; "), terminal);
    out.into_bytes()
}

/// The classes whose people are all named: the smallest, which are the exceptions, as long as they fill no more than a screen.
fn named_classes(comparison: &Comparison<'_, '_>) -> BTreeSet<(Change, Way)> {
    let mut sizes: Vec<(usize, (Change, Way))> = TOLD
        .into_iter()
        .flat_map(|change| comparison.classes(change).into_iter().map(move |class| (change, class)))
        .map(|(change, (way, people))| (people.len(), (change, way)))
        .collect();
    sizes.sort();
    let mut room = SCREENFUL;
    sizes
        .into_iter()
        .take_while(|(size, _)| {
            let fits = *size <= room;
            room = room.saturating_sub(*size);
            fits
        })
        .map(|(_, class)| class)
        .collect()
}

pub(super) fn after(comparison: &Comparison<'_, '_>) -> String {
    let same = comparison.before == comparison.after;
    match comparison.edits.len() {
        0 => visible(comparison.after),
        count => {
            let s = if count == 1 { "" } else { "s" };
            let what = if same { "the same".to_owned() } else { visible(comparison.after) };
            format!("{what} with {} edit{s}", grouped(count))
        }
    }
}

fn matrix(comparison: &Comparison<'_, '_>, out: &mut String) {
    let _ = writeln!(out, "  roles");
    for ((before, after), count) in comparison.matrix() {
        let _ = writeln!(out, "  {:>9}  {} → {}", grouped(count), before.told(), after.told());
    }
}

/// What a line is about, then its text, wrapped beside it.
pub(super) fn wrapped(out: &mut String, what: &str, text: &str, terminal: Terminal) {
    let head = format!("  {what:<14}");
    let options = textwrap::Options::new(terminal.width.clamp(40, 120))
        .initial_indent(&head)
        .subsequent_indent("                ")
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    out.push_str(&textwrap::fill(text, options));
    out.push('\n');
}

// ---- Markdown

/// A section for a change request.
pub fn markdown(comparison: &Comparison<'_, '_>, shown: PeopleShown) -> Vec<u8> {
    let difference = comparison.difference;
    let mut names = PeopleNames::new(shown);
    let mut out = String::new();
    let _ = writeln!(out, "# What the change does to sign-in at {}\n", code(comparison.name()));
    let _ = writeln!(out, "- Before: {}", source(comparison.before, difference.before.world));
    let _ = writeln!(out, "- After: {}", source(comparison.after, difference.after.world));
    for edit in &comparison.edits {
        let _ = writeln!(out, "  - {}", code(&edit_told(edit, &mut names)));
    }
    let _ = writeln!(out, "- Tool: ssolint {}", env!("CARGO_PKG_VERSION"));
    let _ = writeln!(out, "- Takes effect {TAKES_EFFECT}.");
    let _ = writeln!(out, "\n| people | {} |", Change::ALL.map(Change::name).join(" | "));
    let _ = writeln!(out, "|--:|{}", "--:|".repeat(Change::ALL.len()));
    let counts = Change::ALL.map(|change| grouped(difference.count(change)));
    let _ = writeln!(out, "| {} | {} |", grouped(difference.people.len()), counts.join(" | "));
    for change in TOLD {
        let mut classes = comparison.classes(change);
        if classes.is_empty() {
            continue;
        }
        let others = classes.split_off(classes.len().min(WAYS_IN_MARKDOWN));
        let _ = writeln!(out, "\n## {}: {}\n", heading(change), people(difference.count(change)));
        for ((before, after), people_of_class) in classes {
            let count = people(people_of_class.len());
            let _ = writeln!(out, "- {count}: {} → {}", code(&before), code(&after));
            if shown != PeopleShown::Counts {
                for person in people_of_class {
                    let _ = writeln!(out, "  - {}", code(&names.show(comparison.label(person))));
                }
            }
        }
        if let Some((count, ways)) = counted(&others) {
            let _ = writeln!(out, "- {} in {ways} other ways", people(count));
        }
    }
    let _ = writeln!(out, "\n## Roles before and after\n");
    for ((before, after), count) in comparison.matrix() {
        let _ = writeln!(out, "- {}: {} → {}", people(count), code(&before.told()), code(&after.told()));
    }
    let _ = writeln!(out, "\n## Who can repair SSO\n");
    let in_code = |text: String| code(&text);
    for (when, sign_in, repair) in [
        ("Before", &difference.before, &difference.repair_before),
        ("After", &difference.after, &difference.repair_after),
    ] {
        let told = Rescue::new(sign_in, repair).told(&mut names, &in_code, usize::MAX);
        let _ = writeln!(out, "- {when}: {told}.");
    }
    if difference.leaves_no_rescue() {
        let _ = writeln!(out, "- **After the change nobody is known who could repair SSO.**");
    }
    let _ = writeln!(out, "\n## What this rests on\n");
    for (when, sign_in) in [("Before", &difference.before), ("After", &difference.after)] {
        for assumed in summary::assumed(sign_in) {
            let (count, meaning) = (people(assumed.people), coverage::meaning(assumed.name));
            let _ = writeln!(out, "- {when}, assumed for {count}: {meaning} (`{}`).", assumed.name);
        }
    }
    for (name, count) in comparison.newly_assumed() {
        let _ = writeln!(out, "- Newly assumed for {} who are granted in both (`{name}`).", people(count));
    }
    let _ = writeln!(out, "- Not covered: {}.", NOT_COVERED.join("; "));
    out.into_bytes()
}

/// A snapshot's name, and when it was read where its manifest says so.
fn source(origin: &str, world: &World) -> String {
    let mut text = code(origin);
    let Some(manifest) = &world.manifest else {
        text.push_str(", made by hand (no manifest)");
        return text;
    };
    for (what, span) in [("Okta", &manifest.okta), ("Torq", &manifest.torq)] {
        if let Some(span) = span {
            let _ = write!(text, ", {what} read from {} to {}", code(&span.from), code(&span.to));
        }
    }
    if let Some(tool) = &manifest.tool {
        let _ = write!(text, ", by version {}", code(tool));
    }
    if let Some(hash) = &manifest.hash {
        let _ = write!(text, ", hash {}", code(hash));
    }
    text
}
