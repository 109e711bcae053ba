//! `expect:`: who must get which role.

use serde_json::Value;

use crate::document::JsonPath;
use crate::document::position::Part;
use crate::document::project::{Demand, Expectation, Subject};

use super::ProjectError;
use super::reader::Reader;

const KEYS: [&str; 9] =
    ["person", "group", "everyone", "at_least", "at_most", "exactly", "no_access", "connections", "reason"];
const WHAT: &str = "an expectation is an object: who (person, group or everyone) and what (at_least, at_most, exactly or no_access)";

impl Reader<'_> {
    pub(super) fn expectations(&self, value: Option<&Value>) -> Result<Vec<Expectation>, ProjectError> {
        let at = JsonPath::root().key("expect");
        let entries = self.list(value, &at, "expect")?;
        entries
            .iter()
            .enumerate()
            .map(|(index, entry)| self.expectation(entry, at.clone().index(index)))
            .collect()
    }

    fn expectation(&self, entry: &Value, at: JsonPath) -> Result<Expectation, ProjectError> {
        let members = self.object(entry, &at, WHAT, &KEYS)?;
        let who = [
            ("person", self.words(members, &at, "person")?.map(Subject::Person)),
            ("group", self.words(members, &at, "group")?.map(Subject::Group)),
            ("everyone", self.yes(members, &at, "everyone")?.map(|()| Subject::Everyone)),
        ];
        let what = [
            ("at_least", self.words(members, &at, "at_least")?.map(Demand::AtLeast)),
            ("at_most", self.words(members, &at, "at_most")?.map(Demand::AtMost)),
            ("exactly", self.words(members, &at, "exactly")?.map(Demand::Exactly)),
            ("no_access", self.yes(members, &at, "no_access")?.map(|()| Demand::NoAccess)),
        ];
        Ok(Expectation {
            subject: self.only_one(who, &at, "does not say who: person, group or everyone")?,
            demand: self.only_one(
                what,
                &at,
                "does not say what they must get: at_least, at_most, exactly or no_access",
            )?,
            connections: self.connections(members, &at)?,
            reason: self.reason(members, &at)?,
            path: at,
        })
    }

    /// The one of several keys that stands there.
    fn only_one<T, const N: usize>(
        &self,
        keys: [(&'static str, Option<T>); N],
        at: &JsonPath,
        none: &str,
    ) -> Result<T, ProjectError> {
        let mut there = keys.into_iter().filter_map(|(key, value)| value.map(|value| (key, value)));
        let Some((first, value)) = there.next() else {
            return Err(self.wrong(at, Part::Value, format!("this expectation {none}")));
        };
        match there.next() {
            Some((second, _)) => Err(self.wrong(
                &at.clone().key(second),
                Part::Key,
                format!("{first} and {second} are two expectations; give each its own entry"),
            )),
            None => Ok(value),
        }
    }
}
