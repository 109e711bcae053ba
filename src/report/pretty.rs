//! `check` on a terminal: each finding with its excerpt, related places, why and what to do; then what the verdicts rest on.

use std::fmt::Write as _;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity as MietteSeverity, SourceCode,
};
use thiserror::Error;

use crate::document::position::Region;
use crate::finding::locate::Location;
use crate::finding::prose::{PeopleNames, PeopleShown, people, visible};
use crate::finding::{NotEvaluated, Severity};

use super::coverage::{self, NOT_COVERED};
use super::excerpt::{Excerpt, may_be_quoted};
use super::{
    ConnectionReport, Fault, NotReached, Report, Reported, ShowIgnored, WhyHidden, overview, wording,
};

/// How the terminal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal {
    pub colour: Colour,
    /// Columns.
    pub width: usize,
}

/// Whether the text is coloured with ANSI escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    On,
    Off,
}

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Findings and the line of counts.
    Quiet,
    Usual,
    /// Every rule that was not evaluated, with its reasons.
    Verbose,
}

#[derive(Debug, Error)]
#[error("{message}")]
struct Shown {
    message: String,
    code: String,
    help: Option<String>,
    severity: MietteSeverity,
    excerpt: Option<Excerpt>,
    label: String,
    related: Vec<Shown>,
}

impl Diagnostic for Shown {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        (!self.code.is_empty()).then(|| Box::new(&self.code) as Box<dyn std::fmt::Display>)
    }

    fn severity(&self) -> Option<MietteSeverity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let excerpt = self.excerpt.as_ref()?;
        let label = (!self.label.is_empty()).then(|| self.label.clone());
        Some(Box::new(std::iter::once(LabeledSpan::new_primary_with_span(label, excerpt.span()))))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        if self.related.is_empty() {
            return None;
        }
        Some(Box::new(self.related.iter().map(|related| related as &dyn Diagnostic)))
    }
}

/// The whole report.
pub fn report(report: &Report, shown: PeopleShown, terminal: Terminal, detail: Detail) -> Vec<u8> {
    let mut out = String::new();
    let mut names = PeopleNames::new(shown);
    let handler = handler(terminal);
    for connection in &report.connections {
        for fault in &connection.faults {
            render(&handler, &fault_shown(connection, fault), &mut out);
        }
        for reported in &connection.findings {
            render(&handler, &finding_shown(connection, reported, &mut names), &mut out);
        }
    }
    for connection in &report.connections {
        summary(connection, detail, terminal, &mut names, &mut out);
    }
    for one in &report.not_reached {
        not_reached(one, terminal, &mut out);
    }
    if report.connections.len() + report.not_reached.len() > 1 {
        overview(report, terminal, &mut out);
    }
    out.into_bytes()
}

fn handler(terminal: Terminal) -> GraphicalReportHandler {
    let theme = match terminal.colour {
        Colour::On => GraphicalTheme::unicode(),
        Colour::Off => GraphicalTheme::unicode_nocolor(),
    };
    GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        // A value to type is never broken, so that it can be copied.
        .with_word_separator(textwrap::WordSeparator::AsciiSpace)
        .with_word_splitter(textwrap::WordSplitter::NoHyphenation)
        .with_break_words(false)
        .with_width(terminal.width.clamp(40, 120))
        .with_show_related_as_nested(true)
}

fn render(handler: &GraphicalReportHandler, shown: &Shown, out: &mut String) {
    // Writing to a string cannot fail; an excerpt that could not be shown leaves its message.
    if handler.render_report(out, shown).is_err() {
        let _ = writeln!(out, "{} {}", shown.code, shown.message);
    }
    out.push('\n');
}

fn fault_shown(connection: &ConnectionReport, fault: &Fault) -> Shown {
    let file = connection.files.iter().find(|file| file.path == fault.file);
    let excerpt = file.map(|file| {
        let start: usize = file.text.split_inclusive('\n').take(fault.line - 1).map(str::len).sum();
        let region = Region {
            line: fault.line,
            column: fault.column,
            end_line: fault.line,
            end_column: fault.column + 1,
            start,
            end: start,
        };
        Excerpt::new(file, &region)
    });
    Shown {
        message: format!("{}: {}", visible(&fault.file), visible(&fault.message)),
        code: "error[unreadable]".to_owned(),
        help: Some(
            "Mend the file. Everything that needs it is treated as unknown; the rest was checked.".to_owned(),
        ),
        severity: MietteSeverity::Error,
        excerpt,
        label: "here".to_owned(),
        related: Vec::new(),
    }
}

fn finding_shown(connection: &ConnectionReport, reported: &Reported, names: &mut PeopleNames) -> Shown {
    let finding = &reported.finding;
    let mut help = format!("why: {}\nfix: {}", finding.why.show(names), finding.fix.show(names));
    if let Some(people) = wording::concerned(reported, names) {
        let _ = write!(help, "\nwho: {people}");
    }
    let related = finding
        .related
        .iter()
        .zip(&reported.related)
        .map(|(related, location)| Shown {
            message: placed(connection, location, related.message.show(names), names.mode()),
            code: String::new(),
            help: None,
            severity: MietteSeverity::Advice,
            excerpt: excerpt(connection, location, names.mode()),
            label: String::new(),
            related: Vec::new(),
        })
        .collect();
    Shown {
        message: placed(connection, &reported.location, finding.message.show(names), names.mode()),
        code: format!("{}[{}]", finding.severity.name(), finding.rule),
        help: Some(help),
        severity: match finding.severity {
            Severity::Error => MietteSeverity::Error,
            Severity::Warning => MietteSeverity::Warning,
            Severity::Note => MietteSeverity::Advice,
        },
        excerpt: excerpt(connection, &reported.location, names.mode()),
        label: if reported.location.exact {
            String::new()
        } else {
            format!("{} belongs here", missing(&reported.location))
        },
        related,
    }
}

fn excerpt(connection: &ConnectionReport, location: &Location, people: PeopleShown) -> Option<Excerpt> {
    let file = connection.file(location.file).filter(|_| may_be_quoted(location, people))?;
    Some(Excerpt::new(file, &location.region))
}

/// The message, with the place in words where the lines are not quoted.
fn placed(
    connection: &ConnectionReport,
    location: &Location,
    message: String,
    people: PeopleShown,
) -> String {
    match connection.file(location.file) {
        Some(file) if !may_be_quoted(location, people) => {
            let region = &location.region;
            format!("{message} ({}:{}:{})", visible(&file.path), region.line, region.column)
        }
        _ => message,
    }
}

/// The member, or the document, that is not there.
fn missing(location: &Location) -> String {
    let (document, path) = location.path.split_once('#').unwrap_or((&location.path, ""));
    let name = path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(document);
    visible(name)
}

fn summary(
    connection: &ConnectionReport,
    detail: Detail,
    terminal: Terminal,
    names: &mut PeopleNames,
    out: &mut String,
) {
    let counts = wording::counts(connection);
    let _ = writeln!(out, "{} ({}): {counts}", visible(&connection.name), visible(&connection.origin));
    if detail == Detail::Quiet {
        return;
    }
    let summary = &connection.summary;
    let mut line = |what: &str, text: &str| wrapped(out, what, text, terminal.width);
    line("people", &wording::people_told(summary));
    line("repair", &wording::repair_told(summary));
    if let Some(expectations) = &summary.expectations {
        line("expect", &wording::expectations_told(expectations));
    }
    line(
        "rules",
        &format!(
            "{} evaluated, {} not evaluated",
            connection.evaluated.len(),
            connection.not_evaluated.len()
        ),
    );
    for assumed in &connection.assumed {
        line(
            "assumed",
            &format!("{} for {}: {}", assumed.name, people(assumed.people), coverage::meaning(assumed.name)),
        );
    }
    for declared in &connection.declared {
        line("declared", &visible(declared));
    }
    for notice in &connection.notices {
        line("note", &visible(notice));
    }
    left_out(connection, terminal, names, out);
    not_evaluated(&connection.not_evaluated, detail, terminal, out);
    wrapped(out, "not covered", &NOT_COVERED.join("; "), terminal.width);
}

fn not_reached(one: &NotReached, terminal: Terminal, out: &mut String) {
    let entry = one.entry.as_ref().map(|entry| format!(" ({}:{})", visible(&entry.file), entry.line));
    let _ = writeln!(
        out,
        "{}{}: not reached, so nothing is known of it now",
        visible(&one.name),
        entry.unwrap_or_default()
    );
    wrapped(out, "why", &wording::sentence(&visible(&one.why)), terminal.width);
    wrapped(out, "fix", &wording::sentence(&visible(&one.fix)), terminal.width);
}

/// By rule and by connection, the worst first.
fn overview(report: &Report, terminal: Terminal, out: &mut String) {
    let _ = writeln!(out, "\n{}", overview::told(report));
    for row in overview::by_rule(report) {
        let text = format!(
            "{}: {} in {}",
            row.rule,
            row.counts.told(),
            wording::plural(row.connections, "connection")
        );
        wrapped(out, "rule", &text, terminal.width);
    }
    for row in overview::by_connection(report) {
        let mut text = format!("{}: {}", visible(&row.connection), row.counts.told());
        if row.unreadable > 0 {
            let _ = write!(text, "; {} unreadable", wording::plural(row.unreadable, "text"));
        }
        if row.not_evaluated > 0 {
            let _ = write!(text, "; {} not evaluated", wording::plural(row.not_evaluated, "rule"));
        }
        wrapped(out, "connection", &text, terminal.width);
    }
}

/// What is not shown, and why; what need not be evaluated; what of the baseline is found no more.
fn left_out(connection: &ConnectionReport, terminal: Terminal, names: &mut PeopleNames, out: &mut String) {
    if let Some(said) = wording::left_out_told(connection) {
        wrapped(out, "left out", &said, terminal.width);
    }
    for hidden in connection.hidden.iter().filter(|_| connection.show_ignored == ShowIgnored::Listed) {
        let WhyHidden::Ignored { reason } = &hidden.why else { continue };
        let finding = &hidden.reported.finding;
        let location = &hidden.reported.location;
        let file = connection.file(location.file).map(|file| visible(&file.path)).unwrap_or_default();
        let text = format!(
            "{} ({file}:{}): {} Reason: {}",
            finding.rule,
            location.region.line,
            finding.message.show(names),
            visible(reason)
        );
        wrapped(out, "ignored", &text, terminal.width);
    }
    if let Some(said) = wording::fixed_told(connection) {
        wrapped(out, "fixed", &said, terminal.width);
    }
    for said in wording::accepted_told(connection) {
        wrapped(out, "accepted", &said, terminal.width);
    }
}

fn not_evaluated(rows: &[NotEvaluated], detail: Detail, terminal: Terminal, out: &mut String) {
    if detail == Detail::Verbose {
        for row in rows {
            for need in &row.needs {
                let text = format!("{}: {}. {}", row.rule, visible(&need.missing), visible(&need.remedy));
                wrapped(out, "unknown", &text, terminal.width);
            }
        }
        return;
    }
    for missing in wording::missing(rows) {
        wrapped(out, "unknown", &missing.told(), terminal.width);
    }
}

/// A line of the summary: what it is about, then the text, wrapped beside it.
fn wrapped(out: &mut String, what: &str, text: &str, width: usize) {
    let head = format!("  {what:<12}");
    let options = textwrap::Options::new(width.clamp(40, 120))
        .initial_indent(&head)
        .subsequent_indent("              ")
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .break_words(false);
    out.push_str(&textwrap::fill(text, options));
    out.push('\n');
}
