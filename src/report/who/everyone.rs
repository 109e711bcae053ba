//! Everyone on one screen: classes, largest first; the exceptions by name; who can repair SSO; what it rests on.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use textwrap::core::display_width;

use crate::finding::prose::{PeopleNames, PeopleShown, grouped, people, visible};
use crate::model::Truth;
use crate::signin::classes::{Class, Ending, classes, names_person};
use crate::signin::repair::Repair;
use crate::signin::{Gate, PersonIndex, SignIn};

use super::super::coverage::{self, NOT_COVERED};
use super::super::summary;
use super::mapping_text;

/// One screen.
const LINES: usize = 45;
const WIDTH: usize = 100;
/// A class of so few is told by name.
const FEW: usize = 2;
/// People who are named in one line.
const NAMED: usize = 3;

/// One line of a section, and how many people it speaks of.
struct Line {
    text: String,
    people: usize,
}

/// Whether a section without lines is left out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WithoutLines {
    LeftOut,
    Titled,
}

struct Section {
    title: String,
    without_lines: WithoutLines,
    lines: Vec<Line>,
    /// What the lines that do not fit are called: `classes`.
    more: &'static str,
}

impl Section {
    fn is_shown(&self) -> bool {
        !self.lines.is_empty() || self.without_lines == WithoutLines::Titled
    }
}

/// How many people end how, by one way of counting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    granted: usize,
    locked_out: usize,
    unknown: usize,
    not_subject: usize,
}

impl Counts {
    fn of(classes: &[Class]) -> Self {
        let mut counts = Self::default();
        for class in classes {
            match class.ending {
                Ending::Granted { .. } => counts.granted += class.people,
                Ending::LockedOut { .. } => counts.locked_out += class.people,
                Ending::Unknown { .. } => counts.unknown += class.people,
                Ending::NotSubject => counts.not_subject += class.people,
            }
        }
        counts
    }

    fn sum(self) -> usize {
        self.granted + self.locked_out + self.unknown + self.not_subject
    }
}

/// The conservation law (semantics, verdicts 6): what is wrong where the two ways of counting differ.
fn not_conserved(considered: usize, counts: Counts) -> Option<String> {
    (counts.sum() != considered).then(|| {
        format!(
            "  THIS REPORT IS WRONG: {} considered, and the classes have {}; please report it",
            people(considered),
            people(counts.sum())
        )
    })
}

/// Everyone's classes and exceptions, in at most a screenful of lines.
pub fn everyone(sign_in: &SignIn<'_>, names: &mut PeopleNames) -> String {
    let all = classes(sign_in);
    let counts = Counts::of(&all);
    let considered = sign_in.considered().count();
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{}: {} considered\n  {} granted, {} locked out, {} unknown, {} not subject to SSO",
        cut(&visible(&sign_in.world.name), WIDTH / 3),
        people(considered),
        grouped(counts.granted),
        grouped(counts.locked_out),
        grouped(counts.unknown),
        grouped(counts.not_subject)
    );
    if let Some(wrong) = not_conserved(considered, counts) {
        let _ = writeln!(out, "{wrong}");
    }
    let mut sections = sections(sign_in, &all, names);
    sections.push(repair(sign_in, names));
    let rests_on = rests_on(sign_in);
    let used = out.lines().count() + rests_on.lines().count();
    let allowed = share(&sections, LINES.saturating_sub(used));
    for (section, allowed) in sections.iter().zip(allowed) {
        show(section, allowed, &mut out);
    }
    out.push_str(&rests_on);
    out
}

fn sections(sign_in: &SignIn<'_>, all: &[Class], names: &mut PeopleNames) -> Vec<Section> {
    let mut large = Vec::new();
    let mut by_person = Vec::new();
    let mut few = Vec::new();
    let mut locked_out: BTreeMap<(Gate, &str), Vec<&Class>> = BTreeMap::new();
    let mut unknown: BTreeMap<(Gate, &str), Vec<&Class>> = BTreeMap::new();
    for class in all {
        match &class.ending {
            Ending::LockedOut { gate, reason } => locked_out.entry((*gate, reason)).or_default().push(class),
            Ending::Unknown { gate, missing } => unknown.entry((*gate, missing)).or_default().push(class),
            Ending::Granted { mapping, .. } if names_person(sign_in, *mapping) => by_person.push(class),
            Ending::Granted { .. } | Ending::NotSubject if class.people <= FEW => few.push(class),
            Ending::Granted { .. } | Ending::NotSubject => large.push(class),
        }
    }
    let mut lines = |classes: Vec<&Class>, by_name: bool| -> Vec<Line> {
        classes.into_iter().map(|class| class_line(sign_in, class, by_name, names)).collect()
    };
    let large = lines(large, false);
    let by_person = lines(by_person, true);
    let few = lines(few, true);
    let mut failed = |reasons: BTreeMap<(Gate, &str), Vec<&Class>>| -> Vec<Line> {
        let mut lines: Vec<Line> = reasons
            .into_iter()
            .map(|((gate, reason), classes)| failed_line(sign_in, gate, reason, &classes, names))
            .collect();
        lines.sort_by_key(|line| std::cmp::Reverse(line.people));
        lines
    };
    let section = |title: &str, lines, more| Section {
        title: title.to_owned(),
        without_lines: WithoutLines::LeftOut,
        lines,
        more,
    };
    vec![
        section("classes", large, "classes"),
        section("decided by a mapping of their own", by_person, "classes"),
        section("locked out", failed(locked_out), "reasons"),
        section("unknown", failed(unknown), "reasons"),
        section("few of a kind", few, "classes"),
    ]
}

fn class_line(sign_in: &SignIn<'_>, class: &Class, by_name: bool, names: &mut PeopleNames) -> Line {
    let who = if by_name { named(sign_in, &class.first, class.people, names) } else { people(class.people) };
    let groups: Vec<String> = class
        .carried
        .iter()
        .filter_map(|(mapping, truth)| {
            let value = visible(&sign_in.mappings().get(*mapping)?.claim_value);
            Some(if *truth == Truth::Yes { value } else { format!("{value}?") })
        })
        .collect();
    let ending = match &class.ending {
        Ending::Granted { mapping, rank } => {
            let role =
                sign_in.mappings().get(*mapping).map(|mapping| sign_in.world.role_label(&mapping.role));
            let rank = rank.map_or_else(|| "one of several".to_owned(), |rank| format!("rank {rank}"));
            format!("{} ({rank})", visible(role.unwrap_or_default()))
        }
        Ending::LockedOut { gate, .. } => format!("locked out at {gate}"),
        Ending::Unknown { gate, .. } => format!("unknown at {gate}"),
        Ending::NotSubject => "not subject to SSO".to_owned(),
    };
    let ending = cut(&ending, 40);
    let room =
        WIDTH.saturating_sub(4 + display_width(&who) + display_width(" with {} → ") + display_width(&ending));
    let with = if groups.is_empty() && matches!(class.ending, Ending::NotSubject) {
        String::new()
    } else {
        format!(" with {{{}}}", some(&groups, room))
    };
    Line { text: format!("{who}{with} → {ending}"), people: class.people }
}

fn failed_line(
    sign_in: &SignIn<'_>,
    gate: Gate,
    reason: &str,
    classes: &[&Class],
    names: &mut PeopleNames,
) -> Line {
    let count = classes.iter().map(|class| class.people).sum();
    let mut first: Vec<PersonIndex> = classes.iter().flat_map(|class| class.first.iter().copied()).collect();
    first.sort_unstable();
    let reason = format!("at {gate}: {}", visible(reason));
    let who = named(sign_in, &first, count, names);
    let room = WIDTH.saturating_sub(4 + display_width(": ") + display_width(&who));
    Line { text: format!("{who}: {}", cut(&reason, room)), people: count }
}

/// `ada@acme.com, bob@acme.com and 4 more`; only a number where people are counted.
fn named(sign_in: &SignIn<'_>, first: &[PersonIndex], count: usize, names: &mut PeopleNames) -> String {
    if names.mode() == PeopleShown::Counts {
        return people(count);
    }
    let mut shown: Vec<String> =
        first.iter().take(NAMED).map(|person| cut(&names.show(sign_in.label(*person)), WIDTH / 4)).collect();
    if count <= shown.len() {
        return shown.join(", ");
    }
    shown.truncate(if count > FEW { 1 } else { FEW });
    format!("{} ({} and {} more)", people(count), shown.join(", "), grouped(count - shown.len()))
}

/// As many as there is room for, and how many more.
fn some(texts: &[String], room: usize) -> String {
    let whole = texts.join(", ");
    if display_width(&whole) <= room {
        return whole;
    }
    for taken in (1..texts.len()).rev() {
        let shown = texts.iter().take(taken).map(String::as_str).collect::<Vec<_>>().join(", ");
        let text = format!("{shown} and {} more", texts.len() - taken);
        if display_width(&text) <= room {
            return text;
        }
    }
    cut(&whole, room)
}

fn repair(sign_in: &SignIn<'_>, names: &mut PeopleNames) -> Section {
    let repair = Repair::new(sign_in);
    let mappings = match repair.by_mapping.len() {
        1 => "1 mapping".to_owned(),
        count => format!("{} independent mappings", grouped(count)),
    };
    let open = match repair.open {
        0 => String::new(),
        count => format!(", {} not known", grouped(count)),
    };
    let backup = match (&repair.backup_gap, repair.backup_accounts.len()) {
        (Some(_), 0) => "; backup accounts not known".to_owned(),
        (_, 1) => "; 1 backup account".to_owned(),
        (_, count) => format!("; {} backup accounts", grouped(count)),
    };
    let lines = repair
        .by_mapping
        .iter()
        .filter_map(|(mapping, count)| {
            let mapping = sign_in.mappings().get(*mapping)?;
            let text = mapping_text(sign_in, mapping, names);
            Some(Line { text: format!("{text}: {}", people(*count)), people: *count })
        })
        .collect();
    let title = format!("can repair SSO: {} by {mappings}{open}{backup}", people(repair.people.len()));
    Section { title, without_lines: WithoutLines::Titled, lines, more: "mappings" }
}

fn rests_on(sign_in: &SignIn<'_>) -> String {
    let mut out = String::new();
    let mut wrapped = |label: &str, text: &str| {
        let indent = "    ";
        let options = textwrap::Options::new(WIDTH)
            .initial_indent("  ")
            .subsequent_indent(indent)
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        for line in textwrap::wrap(&format!("{label} {text}"), options) {
            let _ = writeln!(out, "{line}");
        }
    };
    for assumed in summary::assumed(sign_in) {
        let text =
            format!("{} for {}: {}", assumed.name, people(assumed.people), coverage::meaning(assumed.name));
        wrapped("assumed", &text);
    }
    wrapped("not covered:", &NOT_COVERED.join("; "));
    out
}

/// Divides the lines of a screen among sections, the same for each until it has enough. A section's title, and its last line where it is
/// cut, count too.
fn share(sections: &[Section], lines: usize) -> Vec<usize> {
    let titles = sections.iter().filter(|section| section.is_shown()).count();
    let mut left = lines.saturating_sub(titles);
    let mut allowed = vec![0; sections.len()];
    loop {
        let mut given = false;
        for (section, allowed) in sections.iter().zip(&mut allowed) {
            if left > 0 && *allowed < section.lines.len() {
                *allowed += 1;
                left -= 1;
                given = true;
            }
        }
        if !given {
            return allowed;
        }
    }
}

fn show(section: &Section, allowed: usize, out: &mut String) {
    if !section.is_shown() {
        return;
    }
    let _ = writeln!(out, "  {}", cut(&section.title, WIDTH - 2));
    let shown = if section.lines.len() > allowed { allowed.saturating_sub(1) } else { allowed };
    for line in section.lines.iter().take(shown) {
        let _ = writeln!(out, "    {}", cut(&line.text, WIDTH - 4));
    }
    let hidden = section.lines.get(shown..).unwrap_or_default();
    if !hidden.is_empty() {
        let count: usize = hidden.iter().map(|line| line.people).sum();
        let _ = writeln!(out, "    and {} more {} ({})", grouped(hidden.len()), section.more, people(count));
    }
}

/// A text that takes at most so many columns.
fn cut(text: &str, width: usize) -> String {
    if display_width(text) <= width {
        return text.to_owned();
    }
    let mut shown = String::new();
    let mut taken = 1;
    for c in text.chars() {
        taken += display_width(c.encode_utf8(&mut [0; 4]));
        if taken > width {
            break;
        }
        shown.push(c);
    }
    shown.push('…');
    shown
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn a_count_that_does_not_add_up_is_said_aloud() {
        let counts = Counts { granted: 3, locked_out: 2, unknown: 1, not_subject: 1 };
        assert_eq!(not_conserved(7, counts), None);
        let wrong = not_conserved(8, counts).unwrap();
        assert!(wrong.contains("8 people considered") && wrong.contains("have 7 people"), "{wrong}");
    }

    #[test]
    fn sections_share_a_screen_until_each_has_enough() {
        let section = |lines: usize| Section {
            title: "title".to_owned(),
            without_lines: WithoutLines::Titled,
            lines: (0..lines).map(|_| Line { text: "line".to_owned(), people: 1 }).collect(),
            more: "lines",
        };
        let check = |lens: &[usize], lines: usize, expect: &[usize]| {
            let sections: Vec<Section> = lens.iter().map(|len| section(*len)).collect();
            assert_eq!(share(&sections, lines), expect, "{lens:?} in {lines}");
        };
        check(&[3, 0, 2], 20, &[3, 0, 2]);
        check(&[100, 1, 100], 13, &[5, 1, 4]);
        check(&[5, 5], 2, &[0, 0]);
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let lines = |counts: &[usize]| {
            counts.iter().map(|people| Line { text: "x".to_owned(), people: *people }).collect()
        };
        let section = Section {
            title: "classes".to_owned(),
            without_lines: WithoutLines::LeftOut,
            lines: lines(&[9, 5, 3, 2]),
            more: "classes",
        };
        let mut out = String::new();
        show(&section, 3, &mut out);
        assert_eq!(out, "  classes\n    x\n    x\n    and 2 more classes (5 people)\n");
    }
}
