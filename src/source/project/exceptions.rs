//! `ignore:` and `accept_gaps:`: findings that are left out, and what need not be known. A reason may be missing here: that is a finding, not
//! an error.

use serde_json::{Map, Value};

use crate::document::JsonPath;
use crate::document::position::Part;
use crate::document::project::{AcceptedGap, Day, Glob, Ignore, KnownRule};

use super::ProjectError;
use super::reader::{Reader, nearest};

const IGNORE_KEYS: [&str; 6] = ["rule", "connections", "apps", "path", "reason", "until"];
const GAP_KEYS: [&str; 6] = ["document", "rule", "connections", "apps", "reason", "until"];

impl Reader<'_> {
    pub(super) fn ignores(
        &self,
        value: Option<&Value>,
        known: &[KnownRule],
    ) -> Result<Vec<Ignore>, ProjectError> {
        let at = JsonPath::root().key("ignore");
        let mut ignores = Vec::new();
        for (index, entry) in self.list(value, &at, "ignore")?.iter().enumerate() {
            let at = at.clone().index(index);
            let what = "an entry of ignore is an object with rule and reason";
            let members = self.object(entry, &at, what, &IGNORE_KEYS)?;
            let Some(rule) = self.rule_glob(members, &at, known)? else {
                return Err(self.wrong(&at, Part::Value, "this entry names no rule to ignore"));
            };
            ignores.push(Ignore {
                rule,
                place: self.glob(members, &at, "path")?,
                connections: self.connections(members, &at)?,
                apps: self.apps(members, &at)?,
                reason: self.reason(members, &at)?,
                until: self.until(members, &at)?,
                path: at,
            });
        }
        Ok(ignores)
    }

    pub(super) fn accepted_gaps(
        &self,
        value: Option<&Value>,
        known: &[KnownRule],
    ) -> Result<Vec<AcceptedGap>, ProjectError> {
        let at = JsonPath::root().key("accept_gaps");
        let mut gaps = Vec::new();
        for (index, entry) in self.list(value, &at, "accept_gaps")?.iter().enumerate() {
            let at = at.clone().index(index);
            let what = "an entry of accept_gaps is an object with document or rule, and reason";
            let members = self.object(entry, &at, what, &GAP_KEYS)?;
            let (document, rule) = (self.document(members, &at)?, self.rule_glob(members, &at, known)?);
            if document.is_none() && rule.is_none() {
                let message = "this entry names neither a document that need not be read nor a rule that need not be evaluated";
                return Err(self.wrong(&at, Part::Value, message));
            }
            gaps.push(AcceptedGap {
                document,
                rule,
                connections: self.connections(members, &at)?,
                apps: self.apps(members, &at)?,
                reason: self.reason(members, &at)?,
                until: self.until(members, &at)?,
                path: at,
            });
        }
        Ok(gaps)
    }

    /// A rule, a family, or a glob over them, that there is.
    fn rule_glob(
        &self,
        members: &Map<String, Value>,
        at: &JsonPath,
        known: &[KnownRule],
    ) -> Result<Option<Glob>, ProjectError> {
        let Some(glob) = self.glob(members, at, "rule")? else { return Ok(None) };
        if known.iter().any(|rule| glob.matches(rule.id) || glob.matches(rule.family)) {
            return Ok(Some(glob));
        }
        let near = nearest(glob.typed(), known.iter().flat_map(|rule| [rule.id, rule.family]));
        let more = near.map_or_else(
            || "; `ssolint rules` lists them".to_owned(),
            |near| format!("; did you mean {near}?"),
        );
        let message = format!("there is no rule or family {}{more}", glob.typed());
        Err(self.wrong(&at.clone().key("rule"), Part::Value, message))
    }

    /// A document by its path, with or without extension, or a glob over them.
    fn document(&self, members: &Map<String, Value>, at: &JsonPath) -> Result<Option<Glob>, ProjectError> {
        use crate::document::DocumentName;
        let Some(glob) = self.glob(members, at, "document")? else { return Ok(None) };
        let many = [DocumentName::GroupUsers("00g1".to_owned()), DocumentName::UserGroups("00u1".to_owned())];
        let singles = DocumentName::single_paths().filter_map(DocumentName::from_path);
        let of_one = DocumentName::from_path(glob.typed().trim_end_matches(".json"));
        if of_one.into_iter().chain(singles).chain(many).any(|name| glob.matches_document(&name)) {
            return Ok(Some(glob));
        }
        let near = nearest(glob.typed(), DocumentName::single_paths());
        let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        let message = format!("there is no document {}{near}", glob.typed());
        Err(self.wrong(&at.clone().key("document"), Part::Value, message))
    }

    fn glob(
        &self,
        members: &Map<String, Value>,
        at: &JsonPath,
        key: &str,
    ) -> Result<Option<Glob>, ProjectError> {
        let Some(typed) = self.words(members, at, key)? else { return Ok(None) };
        Glob::new(&typed).map(Some).map_err(|message| self.wrong(&at.clone().key(key), Part::Value, message))
    }

    /// A reason that is there and says nothing is as good as none.
    pub(super) fn reason(
        &self,
        members: &Map<String, Value>,
        at: &JsonPath,
    ) -> Result<Option<String>, ProjectError> {
        match members.get("reason") {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
            Some(_) => Err(self.wrong(&at.clone().key("reason"), Part::Value, "reason is a text")),
        }
    }

    fn until(&self, members: &Map<String, Value>, at: &JsonPath) -> Result<Option<Day>, ProjectError> {
        let Some(value) = members.get("until") else { return Ok(None) };
        value.as_str().and_then(Day::parse).map(Some).ok_or_else(|| {
            let message = "until is the last day on which it counts, such as 2026-12-31";
            self.wrong(&at.clone().key("until"), Part::Value, message)
        })
    }
}
