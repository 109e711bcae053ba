//! Values of the project file, one at a time, each with its place: what is wrong is said with line and column, and with the nearest right
//! word.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::document::JsonPath;
use crate::document::position::{Format, Part, Positions, Region};
use crate::document::project::Names;

use super::ProjectError;

pub(super) struct Reader<'a> {
    /// The file, as it is shown.
    pub shown: String,
    pub text: &'a str,
}

impl Reader<'_> {
    pub fn wrong(&self, path: &JsonPath, part: Part, message: impl Into<String>) -> ProjectError {
        let region = self.region(path, part);
        ProjectError::Wrong {
            path: self.shown.clone(),
            line: region.line,
            column: region.column,
            message: message.into(),
        }
    }

    pub fn region(&self, path: &JsonPath, part: Part) -> Region {
        Positions::scan(self.text, Format::Yaml).find(path, part).region
    }

    /// An object with no key but these; `what` says what it is.
    pub fn object<'v>(
        &self,
        value: &'v Value,
        at: &JsonPath,
        what: &str,
        keys: &[&str],
    ) -> Result<&'v Map<String, Value>, ProjectError> {
        let Some(members) = value.as_object() else {
            return Err(self.wrong(at, Part::Value, what));
        };
        match members.keys().find(|key| !keys.contains(&key.as_str())) {
            Some(key) => Err(self.wrong(
                &at.clone().key(key),
                Part::Key,
                format!("{key} is not a key here{}", did_you_mean(key, keys)),
            )),
            None => Ok(members),
        }
    }

    /// The elements of a list; none where nothing stands there.
    pub fn list<'v>(
        &self,
        value: Option<&'v Value>,
        at: &JsonPath,
        name: &str,
    ) -> Result<&'v [Value], ProjectError> {
        match value {
            None | Some(Value::Null) => Ok(&[]),
            Some(Value::Array(elements)) => Ok(elements),
            Some(_) => Err(self.wrong(at, Part::Value, format!("{name} is a list"))),
        }
    }

    /// A text with something in it; `None` where nothing stands there.
    pub fn words(
        &self,
        members: &Map<String, Value>,
        at: &JsonPath,
        key: &str,
    ) -> Result<Option<String>, ProjectError> {
        match members.get(key) {
            None => Ok(None),
            Some(Value::String(text)) if !text.trim().is_empty() => Ok(Some(text.clone())),
            Some(_) => Err(self.wrong(&at.clone().key(key), Part::Value, format!("{key} is a text"))),
        }
    }

    /// A key that stands there to say yes.
    pub fn yes(
        &self,
        members: &Map<String, Value>,
        at: &JsonPath,
        key: &str,
    ) -> Result<Option<()>, ProjectError> {
        match members.get(key) {
            None => Ok(None),
            Some(Value::Bool(true)) => Ok(Some(())),
            Some(_) => {
                Err(self.wrong(&at.clone().key(key), Part::Value, format!("{key} is true, or is left out")))
            }
        }
    }

    /// `connections:` of an entry: globs over their names.
    pub fn connections(&self, members: &Map<String, Value>, at: &JsonPath) -> Result<Names, ProjectError> {
        self.globs(members, at, "connections", "a connection is named by its name, or by a glob over names")
    }

    /// `apps:` of an entry: globs over the labels of apps in Okta.
    pub fn apps(&self, members: &Map<String, Value>, at: &JsonPath) -> Result<Names, ProjectError> {
        self.globs(members, at, "apps", "an app is named by its label in Okta, or by a glob over labels")
    }

    /// A list of globs; `what` says what one is.
    fn globs(
        &self,
        members: &Map<String, Value>,
        at: &JsonPath,
        key: &str,
        what: &str,
    ) -> Result<Names, ProjectError> {
        let at = at.clone().key(key);
        let elements = self.list(members.get(key), &at, key)?;
        let mut globs = Vec::new();
        for (index, element) in elements.iter().enumerate() {
            let glob = element
                .as_str()
                .filter(|glob| !glob.is_empty())
                .ok_or_else(|| self.wrong(&at.clone().index(index), Part::Value, what))?;
            globs.push(glob);
        }
        if members.contains_key(key) && globs.is_empty() {
            let message = format!("{key} names none; leave it out for all of them");
            return Err(self.wrong(&at, Part::Value, message));
        }
        Names::new(globs)
            .map_err(|(index, message)| self.wrong(&at.clone().index(index), Part::Value, message))
    }

    /// One of a few words.
    pub fn one_of<T: Copy>(
        &self,
        word: &str,
        at: &JsonPath,
        part: Part,
        words: &[(&str, T)],
    ) -> Result<T, ProjectError> {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        words.iter().find(|(known, _)| *known == word).map(|(_, meant)| *meant).ok_or_else(|| {
            self.wrong(at, part, format!("{word} is not a word here{}", did_you_mean(word, &known)))
        })
    }

    pub fn typed<T: DeserializeOwned + Default>(
        &self,
        value: &Value,
        at: &JsonPath,
    ) -> Result<T, ProjectError> {
        if value.is_null() {
            return Ok(T::default());
        }
        serde_path_to_error::deserialize(value).map_err(|error| {
            let path = error.path().iter().fold(at.clone(), |path, segment| match segment {
                serde_path_to_error::Segment::Seq { index } => path.index(*index),
                serde_path_to_error::Segment::Map { key } => path.key(key),
                serde_path_to_error::Segment::Enum { variant } => path.key(variant),
                serde_path_to_error::Segment::Unknown => path,
            });
            self.wrong(&path, Part::Value, error.into_inner().to_string())
        })
    }
}

/// The nearest of the names, or all of them where none is near.
pub(super) fn did_you_mean(typed: &str, names: &[&str]) -> String {
    nearest(typed, names.iter().copied())
        .map_or_else(|| format!("; there are {}", names.join(", ")), |name| format!("; did you mean {name}?"))
}

/// The nearest of the names, where one is near enough.
pub(super) fn nearest<'n>(typed: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    names
        .map(|name| (strsim::jaro_winkler(typed, name), name))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}
