//! From the project file's `rules:` to what runs in a connection, and how. What is set for the connection goes before what is set for all of
//! them, and a rule before its family.

use crate::document::project::{Level, RuleName, RuleSetting};
use crate::finding::Severity;

use super::facts::Options;
use super::rule::Rule;

/// The settings that concern one connection.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings<'a> {
    pub of_connection: &'a [RuleSetting],
    pub of_project: &'a [RuleSetting],
}

impl<'a> Settings<'a> {
    /// The settings that are about a rule, the first that says something decides.
    pub fn about(self, rule: &Rule) -> impl Iterator<Item = &'a RuleSetting> {
        let (id, family) = (RuleName::Rule(rule.id), RuleName::Family(rule.family));
        let named = move |settings: &'a [RuleSetting], name: RuleName| {
            settings.iter().filter(move |setting| setting.rule == name)
        };
        named(self.of_connection, id.clone())
            .chain(named(self.of_connection, family.clone()))
            .chain(named(self.of_project, id))
            .chain(named(self.of_project, family))
    }

    /// Whether the rule runs where the command line does not say. A pedantic rule runs only where it is named itself.
    pub fn runs(self, rule: &Rule) -> bool {
        let mut levels = self.about(rule).filter_map(|setting| Some((&setting.rule, setting.level?)));
        match levels.next() {
            Some((_, Level::Off)) => false,
            Some((RuleName::Rule(_), _)) => true,
            Some((RuleName::Family(_), _)) | None => !rule.page().pedantic,
        }
    }

    /// The options and severities of these rules.
    pub fn options<'r>(self, rules: impl IntoIterator<Item = &'r Rule>) -> Options {
        let mut options = Options::new();
        for rule in rules {
            let mut settings: Vec<&RuleSetting> = self.about(rule).collect();
            if let Some(severity) = settings.iter().find_map(|setting| severity(setting.level?)) {
                options.set_severity(rule.id, severity);
            }
            // The first goes before: so it is set last.
            settings.reverse();
            for (name, value) in settings.into_iter().flat_map(|setting| &setting.options) {
                options.set(rule.id, name, value.clone());
            }
        }
        options
    }
}

fn severity(level: Level) -> Option<Severity> {
    match level {
        Level::Off | Level::On => None,
        Level::Note => Some(Severity::Note),
        Level::Warning => Some(Severity::Warning),
        Level::Error => Some(Severity::Error),
    }
}
