//! A pattern as it was parsed: what Java would match, with every flag and class worked in.

use super::character_set::CharacterSet;

#[derive(Debug, Clone)]
pub(super) enum Node {
    One(CharacterSet),
    Assertion(Assertion),
    Reference(u32),
    Sequence(Vec<Node>),
    Choice(Vec<Node>),
    Capture(u32, Box<Node>),
    Atomic(Box<Node>),
    Look(Look, Box<Node>),
    Repeat { inner: Box<Node>, least: u32, most: Option<u32>, greed: Greed },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Assertion {
    Start,
    End,
    EndOrFinalLineEnd,
    WordBoundary,
    NoWordBoundary,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Ahead,
    NotAhead,
    Behind,
    NotBehind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Greed {
    Greedy,
    Lazy,
    Possessive,
}
