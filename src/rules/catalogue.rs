//! Every rule, a table a family; and the ids that rules had before they were renamed.

use crate::document::project::{KnownOption, KnownRule};

use super::page::Choice;
use super::rule::Rule;
use super::{claim_mapping, client, email_safeguard, fleet, groups, redirect, terraform, upkeep};

/// Every rule, in the order of the families.
pub fn catalogue() -> impl Iterator<Item = &'static Rule> {
    [
        &redirect::RULES[..],
        &groups::RULES[..],
        &claim_mapping::RULES[..],
        &email_safeguard::RULES[..],
        &client::RULES[..],
        &terraform::RULES[..],
        &fleet::RULES[..],
        &upkeep::RULES[..],
    ]
    .into_iter()
    .flatten()
}

/// What a project file may set. An option without a default is for the command line alone.
pub fn known_rules() -> Vec<KnownRule> {
    let option = |(name, choice): (&String, &Choice)| KnownOption {
        name: name.clone(),
        default: choice.default.clone(),
        words: choice.words.clone(),
    };
    catalogue()
        .map(|rule| KnownRule {
            id: rule.id,
            family: rule.family,
            options: rule
                .page()
                .options
                .iter()
                .filter(|(_, choice)| !choice.default.is_null())
                .map(option)
                .collect(),
        })
        .collect()
}

/// Ids of rules that were renamed: the old one, and the one that it redirects to.
pub const RENAMED: [(&str, &str); 0] = [];

/// The rule of this id, or the one that the id redirects to.
pub fn find(id: &str) -> Option<&'static Rule> {
    let id = RENAMED.iter().find(|(old, _)| *old == id).map_or(id, |(_, new)| *new);
    catalogue().find(|rule| rule.id == id)
}
