//! The plain way: a set of strings for each person, and a walk down the table.

use std::collections::HashSet;

use ssolint::model::torq::Mapping;

use crate::interned::{NONE, Taken};
use crate::tokens::Token;

pub struct People {
    groups: Vec<HashSet<String>>,
    emails: Vec<Option<String>>,
}

impl People {
    pub fn new(tokens: &[Token<'_>]) -> Self {
        Self {
            groups: tokens
                .iter()
                .map(|token| token.groups.iter().map(|name| (*name).to_owned()).collect())
                .collect(),
            emails: tokens.iter().map(|token| token.email.map(str::to_owned)).collect(),
        }
    }

    pub fn taken(&self, mappings: &[Mapping]) -> Vec<Taken> {
        let takes = |groups: &HashSet<String>, email: Option<&String>, mapping: &Mapping| match mapping
            .claim_name
            .as_str()
        {
            "groups" => groups.contains(&mapping.claim_value),
            "email" => email == Some(&mapping.claim_value),
            _ => false,
        };
        self.groups
            .iter()
            .zip(&self.emails)
            .map(|(groups, email)| {
                let row = mappings.iter().position(|mapping| takes(groups, email.as_ref(), mapping));
                row.map_or(NONE, |row| row as Taken)
            })
            .collect()
    }
}
