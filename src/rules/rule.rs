//! What a rule is: its page and its predicate.

use std::sync::OnceLock;

use crate::model::Gap;

use super::facts::{Facts, Reporter};
use super::page::Page;

/// A predicate: reports findings, and ends early with the gap that it cannot do without.
pub type Check = fn(&Facts<'_>, &mut Reporter<'_>) -> Result<(), Gap>;

/// A rule of the catalogue: what is said of it stands on its page, what it looks for in its predicate.
pub struct Rule {
    pub id: &'static str,
    pub family: &'static str,
    pub check: Check,
    text: &'static str,
    page: OnceLock<Page>,
}

impl Rule {
    /// `text` is the page as Markdown; it is read when it is first asked for.
    pub const fn new(family: &'static str, id: &'static str, text: &'static str, check: Check) -> Self {
        Self { id, family, check, text, page: OnceLock::new() }
    }

    /// The page; a page that cannot be read is a defect of this tool, which its tests find, and shows as an empty page.
    pub fn page(&self) -> &Page {
        self.page
            .get_or_init(|| Page::parse(self.text).unwrap_or_else(|error| Page::unreadable(self.id, error)))
    }

    /// The page as it stands.
    pub fn text(&self) -> &'static str {
        self.text
    }
}

/// A row of a family's table: the page and the predicate of one rule.
macro_rules! rule {
    ($family:literal, $id:literal, $check:path) => {
        $crate::rules::rule::Rule::new(
            $family,
            $id,
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/", $family, "/", $id, ".md")),
            $check,
        )
    };
}
pub(crate) use rule;
