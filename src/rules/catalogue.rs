//! Every rule, a table a family; and the ids that rules had before they were renamed.

use std::sync::OnceLock;

use crate::model::Gap;

use super::facts::{Facts, Reporter};
use super::page::Page;
use super::{claim_mapping, client, email_safeguard, groups, redirect, terraform, upkeep};

/// A predicate: reports findings, and ends early with the gap that it cannot do without.
pub type Check = fn(&Facts<'_>, &mut Reporter<'_>) -> Result<(), Gap>;

pub struct Rule {
    pub id: &'static str,
    pub family: &'static str,
    pub check: Check,
    text: &'static str,
    page: OnceLock<Page>,
}

impl Rule {
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
        $crate::rules::catalogue::Rule::new(
            $family,
            $id,
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/", $family, "/", $id, ".md")),
            $check,
        )
    };
}
pub(crate) use rule;

/// Every rule, in the order of the families.
pub fn catalogue() -> impl Iterator<Item = &'static Rule> {
    [
        &redirect::RULES[..],
        &groups::RULES[..],
        &claim_mapping::RULES[..],
        &email_safeguard::RULES[..],
        &client::RULES[..],
        &terraform::RULES[..],
        &upkeep::RULES[..],
    ]
    .into_iter()
    .flatten()
}

/// Ids of rules that were renamed: the old one, and the one that it redirects to.
pub const RENAMED: [(&str, &str); 0] = [];

pub fn find(id: &str) -> Option<&'static Rule> {
    let id = RENAMED.iter().find(|(old, _)| *old == id).map_or(id, |(_, new)| *new);
    catalogue().find(|rule| rule.id == id)
}
