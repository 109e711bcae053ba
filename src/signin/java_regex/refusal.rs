//! What is refused, and why: what Java itself does not take, and what it takes in a way that the engine cannot follow exactly.
//!
//! Most refusals stand where the parser meets the construct; here is what takes a look at a whole group.

use super::pattern::{Greed, Node};

/// Why a pattern has no [`JavaRegex`](super::JavaRegex).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegexRefusal {
    /// It begins with `*`: Java calls that a dangling meta character, and Okta then sends no groups.
    NotARegex,
    /// It may be a regex, but what it matches at Okta is not known here. Holds the construct, for a message.
    CannotFollow(String),
}

pub(super) type Parsed<T> = Result<T, RegexRefusal>;

pub(super) fn refuse(construct: &str) -> RegexRefusal {
    RegexRefusal::CannotFollow(construct.to_owned())
}

/// For what keeps its first match: there the order of the matches decides.
pub(super) fn in_one_order(node: Node) -> Parsed<Node> {
    if node.has_empty_rounds() {
        return Err(refuse("a repeated group that can be empty where no step is taken back"));
    }
    Ok(node)
}

impl Node {
    pub(super) fn can_be_empty(&self) -> bool {
        match self {
            Node::One(_) => false,
            Node::Assertion(_) | Node::Look(..) | Node::Reference(_) => true,
            Node::Sequence(nodes) => nodes.iter().all(Node::can_be_empty),
            Node::Choice(nodes) => nodes.iter().any(Node::can_be_empty),
            Node::Capture(_, inner) | Node::Atomic(inner) => inner.can_be_empty(),
            Node::Repeat { inner, least, .. } => *least == 0 || inner.can_be_empty(),
        }
    }

    /// Whether a group in it repeats that can also match nothing. Java leaves such a group for good at an empty
    /// round, the engine tries the round's other branches first: the same texts match, but not in one order.
    fn has_empty_rounds(&self) -> bool {
        match self {
            Node::One(_) | Node::Assertion(_) | Node::Reference(_) => false,
            Node::Sequence(nodes) | Node::Choice(nodes) => nodes.iter().any(Node::has_empty_rounds),
            Node::Capture(_, inner) | Node::Atomic(inner) | Node::Look(_, inner) => inner.has_empty_rounds(),
            Node::Repeat { inner, most, .. } => {
                (inner.can_be_empty() && most.is_none_or(|most| most > 1)) || inner.has_empty_rounds()
            }
        }
    }

    /// Whether what it matches depends on more than the text it takes.
    pub(super) fn has_condition(&self) -> bool {
        match self {
            Node::One(_) => false,
            Node::Assertion(_) | Node::Look(..) | Node::Reference(_) | Node::Atomic(_) => true,
            Node::Sequence(nodes) | Node::Choice(nodes) => nodes.iter().any(Node::has_condition),
            Node::Capture(_, inner) => inner.has_condition(),
            Node::Repeat { inner, greed, .. } => *greed == Greed::Possessive || inner.has_condition(),
        }
    }
}
