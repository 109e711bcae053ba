//! The policy engines, each prepared beforehand from the same table and the same tokens.

mod cedar;
mod rego;

use std::time::Duration;

use ssolint::model::torq::Mapping;

use crate::interned::Taken;
use crate::measure::{Contestant, timed};
use crate::tokens::Token;

use cedar::Cedar;
use rego::Rego;

/// Each with how long its preparation took.
pub struct Engines {
    down_the_table: (Duration, Rego),
    by_value: (Duration, Rego),
    cedar: (Duration, Cedar),
}

impl Engines {
    pub fn new(mappings: &[Mapping], words: &[Token<'_>]) -> Self {
        Self {
            down_the_table: timed(|| Rego::new(rego::DOWN_THE_TABLE, mappings, words)),
            by_value: timed(|| Rego::new(rego::BY_VALUE, mappings, words)),
            cedar: timed(|| Cedar::new(mappings, words)),
        }
    }

    /// `to_words`: how long it took to put the tokens into words.
    pub fn contestants(&self, to_words: Duration) -> [Contestant<'_, Vec<Taken>>; 3] {
        let Self {
            down_the_table: (to_rego, rego),
            by_value: (to_value, by_value),
            cedar: (to_cedar, cedar),
        } = self;
        [
            Contestant::new("regorus: a rule down the table", to_words + *to_rego, || rego.taken()),
            Contestant::new(
                "regorus: first row of each value, inverted beforehand",
                to_words + *to_value,
                || by_value.taken(),
            ),
            Contestant::new("cedar-policy: a policy for each row", to_words + *to_cedar, || cedar.taken()),
        ]
    }
}
