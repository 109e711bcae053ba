//! Where something stands inside a document, as the steps from its root.
//!
//! Written as a JSON Pointer (RFC 6901). What line that is, `position` says.

use std::fmt;

/// One step from a value to a value in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// A member of an object, by its key as it reads after unescaping.
    Key(String),
    /// An element of an array, counted from 0.
    Index(usize),
}

/// The steps from the root of a document. Its `Display` is RFC 6901: `/claim_mappings/2/claim_value`; the root is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JsonPath(Vec<Step>);

impl JsonPath {
    pub fn root() -> Self {
        Self::default()
    }

    /// The member of that key, in what the path names.
    #[must_use]
    pub fn key(mut self, key: &str) -> Self {
        self.0.push(Step::Key(key.to_owned()));
        self
    }

    /// The element at that index, counted from 0, in what the path names.
    #[must_use]
    pub fn index(mut self, index: usize) -> Self {
        self.0.push(Step::Index(index));
        self
    }

    /// `inner`, which was counted from the place that `self` names, counted from the root.
    #[must_use]
    pub fn join(&self, inner: &JsonPath) -> JsonPath {
        JsonPath(self.0.iter().chain(&inner.0).cloned().collect())
    }

    /// What of the path is below `above`, which it begins with.
    #[must_use]
    pub fn after(&self, above: &JsonPath) -> JsonPath {
        JsonPath(self.0.iter().skip(above.0.len()).cloned().collect())
    }

    /// The path without its last step; the root has no parent.
    pub fn parent(&self) -> Option<JsonPath> {
        let (_, before) = self.0.split_last()?;
        Some(JsonPath(before.to_vec()))
    }

    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Reads what `Display` writes. A pointer does not tell an index from a key that is a number: a step that
    /// is a decimal number without a leading zero becomes [`Step::Index`]. `None` where the text is no pointer.
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::root());
        }
        text.strip_prefix('/')?.split('/').map(step).collect::<Option<Vec<Step>>>().map(JsonPath)
    }
}

fn step(escaped: &str) -> Option<Step> {
    let is_index = escaped == "0"
        || (!escaped.starts_with('0')
            && !escaped.is_empty()
            && escaped.bytes().all(|byte| byte.is_ascii_digit()));
    if is_index && let Ok(index) = escaped.parse() {
        return Some(Step::Index(index));
    }
    let mut key = String::with_capacity(escaped.len());
    let mut characters = escaped.chars();
    while let Some(character) = characters.next() {
        key.push(match character {
            '~' => match characters.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            },
            other => other,
        });
    }
    Some(Step::Key(key))
}

impl fmt::Display for JsonPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.0 {
            match step {
                Step::Key(key) => write!(formatter, "/{}", key.replace('~', "~0").replace('/', "~1"))?,
                Step::Index(index) => write!(formatter, "/{index}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::JsonPath;

    fn written_and_read_back(path: &JsonPath, expect: &str) {
        assert_eq!(path.to_string(), expect);
        assert_eq!(JsonPath::parse(expect).as_ref(), Some(path), "{expect}");
    }

    #[test]
    fn a_path_is_written_as_a_json_pointer_and_read_back() {
        let root = JsonPath::root();
        for (path, expect) in [
            (root.clone(), ""),
            (root.clone().key("claim_mappings").index(2).key("claim_value"), "/claim_mappings/2/claim_value"),
            (root.clone().key(""), "/"),
            (root.clone().key("a/b").key("m~n").key("~1"), "/a~1b/m~0n/~01"),
            (root.clone().key("https://torq.io/role"), "/https:~1~1torq.io~1role"),
            (root.clone().index(0), "/0"),
            (root.clone().key("00").key("01").key("-1").key("+1").key("1e3"), "/00/01/-1/+1/1e3"),
            (root.clone().key("groupes été 👩‍🔧"), "/groupes été 👩‍🔧"),
            (root.key("99999999999999999999999999"), "/99999999999999999999999999"),
        ] {
            written_and_read_back(&path, expect);
        }
    }

    #[test]
    fn what_is_no_pointer_is_not_read() {
        for text in ["a", "a/b", "/~", "/a~2", "/a/b~", "#/a"] {
            assert_eq!(JsonPath::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_path_inside_a_document_is_joined_to_the_place_of_that_document() {
        let prefix = JsonPath::root().key("connections").index(1);
        let inner = JsonPath::root().key("redirect_uri");
        assert_eq!(prefix.join(&inner).to_string(), "/connections/1/redirect_uri");
        assert_eq!(prefix.join(&JsonPath::root()), prefix);
        assert_eq!(JsonPath::root().join(&inner), inner);
    }

    #[test]
    fn the_parent_lacks_the_last_step_and_the_root_has_none() {
        let path = JsonPath::root().key("a").index(3);
        assert_eq!(path.parent(), Some(JsonPath::root().key("a")));
        assert_eq!(JsonPath::root().key("a").parent(), Some(JsonPath::root()));
        assert_eq!(JsonPath::root().parent(), None);
    }
}
