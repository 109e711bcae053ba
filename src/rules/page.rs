//! Reads a rule's page: front matter, prose, and the worlds that it must and must not report.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::document::strict;
use crate::finding::Severity;

/// How far a rule can be trusted not to cry wolf; SARIF's `precision`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    Medium,
    High,
    VeryHigh,
}

impl Precision {
    pub fn name(self) -> &'static str {
        match self {
            Self::Medium => "medium",
            Self::High => "high",
            Self::VeryHigh => "very-high",
        }
    }
}

/// Where a rule stands between its first release and its last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Life {
    Preview,
    #[default]
    Stable,
    Deprecated,
}

impl Life {
    pub fn name(self) -> &'static str {
        match self {
            Self::Preview => "preview",
            Self::Stable => "stable",
            Self::Deprecated => "deprecated",
        }
    }
}

/// An option of a rule, as its page declares it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    pub default: Value,
    pub about: String,
    /// The words that it may be; none of them: any.
    #[serde(default)]
    pub words: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    id: String,
    title: String,
    severity: String,
    precision: Precision,
    /// The documents that it needs.
    needs: Vec<String>,
    #[serde(default)]
    options: BTreeMap<String, Choice>,
    since: String,
    #[serde(default)]
    life: Life,
    /// Off unless asked for.
    #[serde(default)]
    pedantic: bool,
}

/// A rule's page.
#[derive(Debug, Clone)]
pub struct Page {
    pub id: String,
    /// One line: SARIF's short description.
    pub title: String,
    pub severity: Severity,
    pub precision: Precision,
    pub needs: Vec<String>,
    pub options: BTreeMap<String, Choice>,
    pub since: String,
    pub life: Life,
    pub pedantic: bool,
    /// The Markdown behind the front matter.
    pub body: String,
}

/// A world under *Bad* or *Good*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    pub title: String,
    /// A single-file snapshot as YAML, as it stands in the page.
    pub world: String,
    /// What it must report: `rule document#/path: part of the message`, one a line. Empty under *Good*.
    pub reports: Vec<String>,
}

impl Page {
    /// Reads a page; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rest =
            text.strip_prefix("---\n").ok_or("a page begins with front matter between lines of ---")?;
        let (front, body) = rest.split_once("\n---\n").ok_or("the front matter has no closing ---")?;
        let value = strict::read_yaml(front).map_err(|error| error.to_string())?;
        let front: FrontMatter = serde_json::from_value(value).map_err(|error| error.to_string())?;
        let severity = Severity::parse(&front.severity).ok_or("severity is note, warning or error")?;
        Ok(Self {
            id: front.id,
            title: front.title,
            severity,
            precision: front.precision,
            needs: front.needs,
            options: front.options,
            since: front.since,
            life: front.life,
            pedantic: front.pedantic,
            body: body.trim_start().to_owned(),
        })
    }

    pub(super) fn unreadable(id: &str, error: String) -> Self {
        Self {
            id: id.to_owned(),
            title: id.to_owned(),
            severity: Severity::Error,
            precision: Precision::Medium,
            needs: Vec::new(),
            options: BTreeMap::new(),
            since: String::new(),
            life: Life::Preview,
            pedantic: false,
            body: error,
        }
    }

    /// The text under a second-level heading, without it.
    pub fn section(&self, heading: &str) -> Option<&str> {
        let start = self.body.find(&format!("## {heading}\n"))? + heading.len() + 4;
        let rest = self.body.get(start..)?;
        let end = rest.find("\n## ").unwrap_or(rest.len());
        rest.get(..end).map(str::trim)
    }

    /// The prose: everything but the worlds.
    pub fn prose(&self) -> String {
        let end = ["\n## Bad", "\n## Good"].iter().filter_map(|heading| self.body.find(heading)).min();
        self.body.get(..end.unwrap_or(self.body.len())).unwrap_or_default().trim().to_owned()
    }

    /// Worlds in which the rule must report exactly what stands below them.
    pub fn bad(&self) -> Vec<Example> {
        self.examples("Bad")
    }

    /// Worlds in which the rule must report nothing.
    pub fn good(&self) -> Vec<Example> {
        self.examples("Good")
    }

    /// Under the heading, each third-level heading is one world: a `yaml` block, and under *Bad* a `text` block with what it reports.
    fn examples(&self, heading: &str) -> Vec<Example> {
        let Some(section) = self.section(heading) else { return Vec::new() };
        format!("\n{section}")
            .split("\n### ")
            .skip(1)
            .map(|part| {
                let title = part.lines().next().unwrap_or_default().trim().to_owned();
                let reports = block(part, "text").unwrap_or_default();
                Example {
                    title,
                    world: block(part, "yaml").unwrap_or_default(),
                    reports: reports
                        .lines()
                        .filter(|line| !line.trim().is_empty())
                        .map(str::to_owned)
                        .collect(),
                }
            })
            .collect()
    }
}

fn block(text: &str, language: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("```{language}\n"))?;
    let (inside, _) = rest.split_once("```")?;
    Some(inside.to_owned())
}
