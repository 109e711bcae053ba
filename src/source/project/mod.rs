//! `ssolint.yaml`: which connections there are, what is expected of them, and how the rules are set; a section a file. Where a value is wrong
//! is said with line and column. What settings mean is left to who applies them.

mod connections;
mod exceptions;
mod expectations;
mod origins;
mod reader;
mod rule_settings;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use thiserror::Error;

use crate::document::position::{Format, Part};
use crate::document::project::{Judgements, KnownRule, Names, RuleSetting};
use crate::document::{Content, Document, DocumentName, Documents, JsonPath, SourceFile, strict};

use super::snapshot;
use reader::{Reader, nearest};

pub use connections::{
    AppName, LiveSettings, OktaAuth, OktaLive, ProjectConnection, ServiceAppSettings, TorqLive,
};
pub use origins::Setting;

pub const FILE: &str = "ssolint.yaml";

/// The only version there is.
pub const VERSION: u64 = 1;

/// A project file.
#[derive(Debug, Clone)]
pub struct Project {
    /// The file, as it is shown.
    pub file: PathBuf,
    /// Where relative paths in it begin.
    pub folder: PathBuf,
    pub text: Arc<str>,
    pub connections: Vec<ProjectConnection>,
    /// For every connection; what a connection says itself goes before.
    pub rules: Vec<RuleSetting>,
    pub judgements: Arc<Judgements>,
}

/// Why a project file was not read, with its place.
#[derive(Debug, Error)]
pub enum ProjectError {
    #[error(
        "no {FILE} was found here or above; name one with --config, write one with `ssolint init`, or name a snapshot to read"
    )]
    NotFound,
    #[error("{path} could not be read: {cause}")]
    Unreadable { path: String, cause: std::io::Error },
    #[error("{path}:{line}:{column}: {message}")]
    Wrong { path: String, line: usize, column: usize, message: String },
}

/// Finds the project file: `config`, or the first `ssolint.yaml` from `from` upward.
pub fn find(config: Option<&Path>, from: &Path) -> Result<PathBuf, ProjectError> {
    if let Some(path) = config {
        return Ok(path.to_owned());
    }
    from.ancestors().map(|folder| folder.join(FILE)).find(|path| path.is_file()).ok_or(ProjectError::NotFound)
}

/// Reads a project file, and the `connection.yaml` files that it names. `known` are the rules that it may name.
pub fn read(path: &Path, known: &[KnownRule]) -> Result<Project, ProjectError> {
    let shown = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|cause| ProjectError::Unreadable { path: shown, cause })?;
    parse(path, text.into(), known)
}

/// Reads the text of a project file; `path` is how it is shown, and where relative paths begin.
pub fn parse(path: &Path, text: Arc<str>, known: &[KnownRule]) -> Result<Project, ProjectError> {
    let folder = path.parent().map(Path::to_owned).unwrap_or_default();
    let reader = Reader { shown: path.display().to_string(), text: &text };
    let value = strict::read_yaml(&text).map_err(|error| ProjectError::Wrong {
        path: reader.shown.clone(),
        line: error.line,
        column: error.column,
        message: error.message,
    })?;
    reader.version(&value)?;
    let project = Project {
        file: path.to_owned(),
        connections: reader.all_connections(&value, &folder, known)?,
        rules: reader.rule_settings(value.get("rules"), &JsonPath::root().key("rules"), known)?,
        judgements: Arc::new(Judgements {
            expectations: reader.expectations(value.get("expect"))?,
            ignores: reader.ignores(value.get("ignore"), known)?,
            accepted_gaps: reader.accepted_gaps(value.get("accept_gaps"), known)?,
        }),
        folder,
        text: text.clone(),
    };
    let judgements = &project.judgements;
    let expectations = judgements.expectations.iter().map(|entry| (&entry.connections, &entry.path));
    let ignores = judgements.ignores.iter().map(|entry| (&entry.connections, &entry.path));
    let gaps = judgements.accepted_gaps.iter().map(|entry| (&entry.connections, &entry.path));
    for (globs, entry) in expectations.chain(ignores).chain(gaps) {
        reader.meets_a_connection(globs, entry, &project.connections)?;
    }
    Ok(project)
}

impl Project {
    /// How a connection sets the rules; nothing where the file does not have it.
    pub fn rules_of(&self, connection: &str) -> &[RuleSetting] {
        let found = self.connections.iter().find(|one| one.name == connection);
        found.map_or(&[], |connection| connection.rules.as_slice())
    }

    /// Gives a connection's documents what the project file says of them; `called` is the name that it has there.
    pub fn lay_over(&self, documents: &mut Documents, called: Option<&str>) {
        let file = documents.add_file(SourceFile {
            path: snapshot::shown(&self.file),
            text: self.text.clone(),
            format: Format::Yaml,
        });
        documents
            .add(DocumentName::Project, Document { file, root: JsonPath::root(), content: Content::File });
        documents.judgements = self.judgements.clone();
        if let Some(called) = called {
            documents.called = Some(called.to_owned());
        }
    }
}

impl Reader<'_> {
    fn version(&self, value: &Value) -> Result<(), ProjectError> {
        let root = JsonPath::root();
        if !value.is_object() {
            let message = "a project file is an object with the keys version and connections";
            return Err(self.wrong(&root, Part::Value, message));
        }
        match value.get("version") {
            Some(version) if version.as_u64() == Some(VERSION) => Ok(()),
            Some(_) => {
                Err(self.wrong(&root.key("version"), Part::Value, format!("the only version is {VERSION}")))
            }
            None => Err(self.wrong(&root, Part::Value, format!("version: {VERSION} is missing"))),
        }
    }

    /// An entry for connections that do not exist would never be looked at, without a word. A file that names no connection is for snapshots,
    /// whose names it cannot know.
    fn meets_a_connection(
        &self,
        globs: &Names,
        entry: &JsonPath,
        connections: &[ProjectConnection],
    ) -> Result<(), ProjectError> {
        if connections.is_empty() || connections.iter().any(|connection| globs.matches(&connection.name)) {
            return Ok(());
        }
        let typed = globs.globs().next().unwrap_or_default();
        let near = nearest(typed, connections.iter().map(|connection| connection.name.as_str()));
        let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        let at = entry.clone().key("connections").index(0);
        Err(self.wrong(&at, Part::Value, format!("no connection is called {typed}{near}")))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;
    use crate::document::connection::Region;
    use crate::document::project::{Demand, KnownOption, Level, RuleName, Subject};

    fn read_text(text: &str) -> Result<Project, String> {
        let option = |name: &str, default, words: &[&str]| KnownOption {
            name: name.to_owned(),
            default,
            words: words.iter().map(|word| (*word).to_owned()).collect(),
        };
        let known = [
            KnownRule {
                id: "snapshot-stale",
                family: "upkeep",
                options: vec![option("days", json!(30), &[])],
            },
            KnownRule {
                id: "backup-account-missing",
                family: "email-safeguard",
                options: vec![option("local_accounts", json!("allowed"), &["allowed", "forbidden"])],
            },
        ];
        parse(Path::new(FILE), text.into(), &known).map_err(|error| error.to_string())
    }

    /// The error for one line after `version: 1`.
    fn wrong(line: &str) -> String {
        read_text(&format!("version: 1\n{line}\n")).map(|_| ()).unwrap_err()
    }

    #[test]
    fn a_wrong_expectation_is_told_with_its_place_and_a_way_out() {
        for (entry, expected) in [
            ("{persn: a, no_access: true}", "2:12: persn is not a key here; did you mean person?"),
            ("{person: a, at_lest: Owner}", "2:23: at_lest is not a key here; did you mean at_least?"),
            ("{person: a}", "2:11: this expectation does not say what they must get"),
            ("{no_access: true}", "2:11: this expectation does not say who"),
            (
                "{person: a, group: b, no_access: true}",
                "2:23: person and group are two expectations; give each its own entry",
            ),
            (
                "{person: a, at_least: Owner, at_most: Owner}",
                "2:40: at_least and at_most are two expectations",
            ),
            ("{person: 7, no_access: true}", "2:20: person is a text"),
            ("{everyone: false, no_access: true}", "2:22: everyone is true, or is left out"),
            ("{person: a, no_access: 1}", "2:34: no_access is true, or is left out"),
            ("{person: a, no_access: true, connections: acme}", "2:53: connections is a list"),
            ("{person: a, no_access: true, connections: []}", "2:53: connections names none"),
            ("{person: a, no_access: true, connections: ['[']}", "2:54: \"[\" is not a glob"),
            ("ada", "2:11: an expectation is an object"),
        ] {
            let error = wrong(&format!("expect: [ {entry}]"));
            assert!(error.contains(expected), "{error}\nlacks {expected}");
        }
        let text = "version: 1\nconnections: [{name: acme-prod, snapshot: s}]\nexpect: [{person: a, no_access: true, connections: [acme-prd]}]\n";
        let error = read_text(text).map(|_| ()).unwrap_err();
        assert!(error.contains("3:53: no connection is called acme-prd; did you mean acme-prod?"), "{error}");
    }

    #[test]
    fn a_wrong_rule_setting_is_told_with_its_place_and_a_way_out() {
        for (entry, expected) in [
            (
                "snapshot-stal: off",
                "2:9: there is no rule or family snapshot-stal; did you mean snapshot-stale?",
            ),
            ("upkep: off", "did you mean upkeep?"),
            ("upkeep: of", "2:17: of is not a word here; did you mean off?"),
            ("upkeep: {severity: eror}", "2:28: eror is not a word here; did you mean error?"),
            ("upkeep: {days: 1}", "2:18: days is not an option of upkeep; there are severity"),
            ("snapshot-stale: {day: 1}", "2:26: day is not an option of snapshot-stale; did you mean days?"),
            ("snapshot-stale: {days: ten}", "2:32: days is a whole number, 0 or more"),
            ("snapshot-stale: {days: -1}", "2:32: days is a whole number, 0 or more"),
            (
                "backup-account-missing: {local_accounts: forbiden}",
                "2:50: forbiden is not a word here; did you mean forbidden?",
            ),
            ("upkeep: 3", "2:17: upkeep is off, on, note, warning or error"),
        ] {
            let error = wrong(&format!("rules: {{{entry}}}"));
            assert!(error.contains(expected), "{error}\nlacks {expected}");
        }
    }

    #[test]
    fn a_way_of_signing_in_for_all_asks_nothing_of_a_snapshot() {
        let text = "version: 1
defaults: {okta: {auth: {api_token: {env: OKTA}}}}
connections:
  - {name: kept, snapshot: s}
  - {name: both, snapshot: s, okta: {org_url: 'https://acme.okta.com', app_id: 0oa1}}
";
        let project = read_text(text).unwrap();
        let live: Vec<bool> = project.connections.iter().map(|one| one.live.is_some()).collect();
        assert_eq!(live, [false, true]);
        let error = read_text(&text.replace("app_id: 0oa1", "app_ids: 0oa1")).map(|_| ()).unwrap_err();
        assert!(error.contains("did you mean app_id?"), "{error}");
    }

    #[test]
    fn expectations_and_rule_settings_are_read() {
        let project = read_text(
            "version: 1
rules: {upkeep: warning, snapshot-stale: {severity: note, days: 7}}
connections: [{name: acme-prod, snapshot: s, rules: {snapshot-stale: off}}]
expect:
  - {person: ada@acme.com, at_least: Owner, reason: on call}
  - {group: SOC, exactly: Contributor, connections: [\"acme-*\"]}
  - {everyone: true, no_access: true}
",
        )
        .unwrap();
        let expectations: Vec<_> = project
            .judgements
            .expectations
            .iter()
            .map(|one| (one.subject.clone(), one.demand.clone()))
            .collect();
        assert_eq!(
            expectations,
            [
                (Subject::Person("ada@acme.com".to_owned()), Demand::AtLeast("Owner".to_owned())),
                (Subject::Group("SOC".to_owned()), Demand::Exactly("Contributor".to_owned())),
                (Subject::Everyone, Demand::NoAccess),
            ]
        );
        let [rule, family] = project.rules.as_slice() else { unreachable!() };
        assert_eq!((&family.rule, family.level), (&RuleName::Family("upkeep"), Some(Level::Warning)));
        assert_eq!((&rule.rule, rule.level), (&RuleName::Rule("snapshot-stale"), Some(Level::Note)));
        assert_eq!(rule.options, [("days".to_owned(), json!(7))]);
        assert_eq!(project.rules_of("acme-prod").first().and_then(|setting| setting.level), Some(Level::Off));
    }

    #[test]
    fn a_wrong_file_is_told_with_its_place_and_a_way_out() {
        for (text, expected) in [
            ("connections: []\n", "ssolint.yaml:1:1: version: 1 is missing"),
            ("version: 2\n", "ssolint.yaml:1:10: the only version is 1"),
            (
                "version: 1\nconections: []\n",
                "ssolint.yaml:2:1: conections is not a key here; did you mean connections?",
            ),
            ("version: 1\nconnections:\n  - snapshot: a\n", "ssolint.yaml:3:5: a connection needs a name"),
            (
                "version: 1\nconnections:\n  - name: ../up\n    snapshot: a\n",
                "ssolint.yaml:3:11: a name has letters",
            ),
            (
                "version: 1\nconnections:\n  - name: a\n",
                "ssolint.yaml:3:5: the connection a names neither a snapshot",
            ),
            (
                "version: 1\nconnections:\n  - name: a\n    okta:\n      org_ulr: x\n",
                "ssolint.yaml:5:7: org_ulr is not a key here; did you mean org_url?",
            ),
            (
                "version: 1\nconnections:\n  - name: a\n    okta: {org_url: x, app_id: y, auth: {api_token: {env: 3}}}\n",
                "ssolint.yaml:4:53: env: is the name of an environment variable",
            ),
            (
                "version: 1\nconnections:\n  - name: a\n    okta: {org_url: x, auth: {api_token: {env: T}}}\n",
                "okta.app_id or okta.app_label is missing",
            ),
            (
                "version: 1\nconnections:\n  - name: a\n    snapshot: s\n    connection: {torq: {flwo: code}}\n",
                "ssolint.yaml:5:25: flwo is not a key here; did you mean flow?",
            ),
            (
                "version: 1\nconnections:\n  - {name: a, snapshot: s, torq: {region: eu}, connection: {torq: {region: us}}}\n",
                "ssolint.yaml:3:43: torq.region is another one",
            ),
            (
                "version: 1\nconnections:\n  - {name: a, snapshot: s}\n  - {name: a, snapshot: t}\n",
                "ssolint.yaml:4:12: another connection is called a too",
            ),
        ] {
            let error = read_text(text).map(|_| ()).unwrap_err();
            assert!(error.contains(expected), "{error}\nlacks {expected}");
        }
    }

    #[test]
    fn defaults_are_filled_in_and_the_entry_goes_before_them() {
        let text = "version: 1
defaults:
  okta: {org_url: https://acme.okta.com, app_label: Torq*, auth: {api_token: {env: OKTA}}}
  torq: {region: us, client_id: {env: ID}, client_secret: {env: SECRET}}
connections:
  - name: prod
    connection: {torq: {flow: code}}
  - name: test
    okta: {app_id: 0oa1}
    torq: {region: eu}
";
        let project = read_text(text).unwrap();
        let [prod, test] = project.connections.as_slice() else { unreachable!() };
        let app = |connection: &ProjectConnection| connection.live.as_ref().unwrap().okta.app.clone();
        assert_eq!(
            (app(prod), app(test)),
            (AppName::Label("Torq*".to_owned()), AppName::Id("0oa1".to_owned()))
        );
        let region = |connection: &ProjectConnection| connection.settings.torq.as_ref().unwrap().region;
        assert_eq!((region(prod), region(test)), (Some(Region::Us), Some(Region::Eu)));
        assert_eq!(prod.settings.okta.as_ref().unwrap().org_url.as_deref(), Some("https://acme.okta.com"));
        assert_eq!(prod.settings.name.as_deref(), Some("prod"));
    }
}
