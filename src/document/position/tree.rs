//! The spans of a document's keys and values, in the order of its text, and how a path finds its way among them.
//!
//! Both formats put the same tree together, token by token; what a token is, is theirs to say.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::Step;

/// Byte offsets, in 32 bits because a document of 20 MB has millions of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    pub(super) fn new(start: usize, end: usize) -> Option<Span> {
        Some(Span { start: u32::try_from(start).ok()?, end: u32::try_from(end).ok()? })
    }

    pub(super) fn start(self) -> usize {
        self.start as usize
    }

    pub(super) fn end(self) -> usize {
        self.end as usize
    }

    pub(super) fn range(self) -> Range<usize> {
        self.start()..self.end()
    }

    pub(super) fn is_empty(self) -> bool {
        self.start == self.end
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NodeId(u32);

/// A key's text, told apart by number: the same few keys occur in every element of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NameId(u32);

#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    name: NameId,
    pub(super) span: Span,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    Scalar,
    /// A YAML alias, and the node that it stands for if that is known.
    Alias(Option<NodeId>),
    /// The elements, in order.
    Sequence(Children),
    /// The members, in order of name; of two with one name, the first in the text comes first.
    Mapping(Children),
}

impl Shape {
    pub(super) fn is_container(self) -> bool {
        matches!(self, Shape::Sequence(_) | Shape::Mapping(_))
    }
}

/// A stretch of `Tree::children`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Children {
    first: u32,
    end: u32,
}

impl Children {
    pub(super) const NONE: Children = Children { first: 0, end: 0 };
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) key: Option<Key>,
    pub(super) shape: Shape,
}

/// The spans of a document. Nodes stand in the order of the text, a container before what is in it.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    children: Vec<NodeId>,
    names: HashMap<Box<str>, NameId>,
    /// The name of YAML's merge key, where the document has one.
    merge: Option<NameId>,
}

impl Tree {
    pub(super) const ROOT: NodeId = NodeId(0);

    pub(super) fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }

    pub(super) fn key(&self, id: NodeId) -> Option<Span> {
        Some(self.node(id)?.key?.span)
    }

    /// The key of the first member, where the root is a mapping that has one.
    pub(super) fn first_key(&self) -> Option<Span> {
        self.key(NodeId(Tree::ROOT.0 + 1))
    }

    fn children(&self, children: Children) -> &[NodeId] {
        self.children.get(children.first as usize..children.end as usize).unwrap_or_default()
    }

    /// The node itself, or what the alias stands for.
    fn resolved(&self, id: NodeId) -> Option<(NodeId, Shape)> {
        match self.node(id)?.shape {
            Shape::Alias(target) => Some((target?, self.node(target?)?.shape)),
            shape => Some((id, shape)),
        }
    }

    /// A pointer does not tell an index from a key that is a number, so an index may be meant as a key.
    pub(super) fn child(&self, parent: NodeId, step: &Step) -> Option<NodeId> {
        match (self.resolved(parent)?.1, step) {
            (Shape::Sequence(elements), Step::Index(index)) => self.children(elements).get(*index).copied(),
            (Shape::Mapping(_), Step::Key(key)) => self.member(parent, *self.names.get(key.as_str())?),
            (Shape::Mapping(_), Step::Index(index)) => {
                self.member(parent, *self.names.get(index.to_string().as_str())?)
            }
            (Shape::Sequence(_) | Shape::Scalar | Shape::Alias(_), _) => None,
        }
    }

    /// The member by that name, be it the mapping's own or merged into it. A mapping can be merged into itself or
    /// many times over, so each is looked into once.
    fn member(&self, mapping: NodeId, name: NameId) -> Option<NodeId> {
        let mut seen = BTreeSet::new();
        let mut to_see = vec![mapping];
        while let Some(id) = to_see.pop() {
            let Some((_, shape)) = self.resolved(id).filter(|(id, _)| seen.insert(*id)) else {
                continue;
            };
            match shape {
                Shape::Mapping(members) => {
                    if let Some(own) = self.named(members, name).first() {
                        return Some(*own);
                    }
                    let merged = self.merge.map_or(&[] as &[NodeId], |merge| self.named(members, merge));
                    to_see.extend(merged.iter().rev());
                }
                Shape::Sequence(elements) => {
                    to_see.extend(self.children(elements).iter().rev());
                }
                Shape::Scalar | Shape::Alias(_) => {}
            }
        }
        None
    }

    fn named(&self, members: Children, name: NameId) -> &[NodeId] {
        let members = self.children(members);
        let name_of = |id: &NodeId| self.node(*id).and_then(|node| node.key).map(|key| key.name);
        let first = members.partition_point(|id| name_of(id) < Some(name));
        let end = members.partition_point(|id| name_of(id) <= Some(name));
        members.get(first..end).unwrap_or_default()
    }

    /// The last key or scalar that begins before the offset.
    pub(super) fn last_token_before(&self, byte: usize) -> Option<Span> {
        let after = self.nodes.partition_point(|node| node.span.start() < byte);
        let value = self.nodes.get(after.checked_sub(1)?).filter(|node| !node.shape.is_container());
        let key = self.nodes.get(after).and_then(|node| node.key);
        let key_before = self.nodes.get(after - 1).and_then(|node| node.key);
        [key_before, key]
            .into_iter()
            .flatten()
            .map(|key| key.span)
            .chain(value.map(|node| node.span))
            .filter(|span| span.start() < byte)
            .max_by_key(|span| span.start())
    }
}

/// Puts a tree together from the tokens of either format.
#[derive(Default)]
pub(super) struct Builder {
    tree: Tree,
    /// The containers that are not closed yet, and how many of `waiting` come before their first child.
    open: Vec<(NodeId, usize)>,
    /// The children of the open containers.
    waiting: Vec<NodeId>,
    /// Where the last key or scalar ended.
    last_end: usize,
}

impl Builder {
    fn name(&mut self, key: &str) -> Option<NameId> {
        if let Some(name) = self.tree.names.get(key) {
            return Some(*name);
        }
        let name = NameId(u32::try_from(self.tree.names.len()).ok()?);
        self.tree.names.insert(key.into(), name);
        Some(name)
    }

    pub(super) fn key(&mut self, key: &str, span: Span) -> Option<Key> {
        self.last_end = span.end();
        Some(Key { name: self.name(key)?, span })
    }

    /// Takes note that this key merges the mappings of its value into its own.
    pub(super) fn merges(&mut self, key: Key) {
        self.tree.merge = Some(key.name);
    }

    /// Where the last key or scalar ended.
    pub(super) fn last_end(&self) -> usize {
        self.last_end
    }

    pub(super) fn leaf(&mut self, span: Span, key: Option<Key>, shape: Shape) -> Option<NodeId> {
        self.last_end = self.last_end.max(span.end());
        self.add(Node { span, key, shape })
    }

    pub(super) fn open(&mut self, span: Span, key: Option<Key>, shape: Shape) -> Option<NodeId> {
        self.last_end = self.last_end.max(span.end());
        let id = self.add(Node { span, key, shape })?;
        self.open.push((id, self.waiting.len()));
        Some(id)
    }

    fn add(&mut self, node: Node) -> Option<NodeId> {
        let id = NodeId(u32::try_from(self.tree.nodes.len()).ok()?);
        self.tree.nodes.push(node);
        if !self.open.is_empty() {
            self.waiting.push(id);
        }
        Some(id)
    }

    /// Closes the innermost container at the end of its closing bracket or, if it has none, of its last token.
    pub(super) fn close(&mut self, end: Option<usize>) -> Option<()> {
        let (id, before) = self.open.pop()?;
        self.last_end = end.unwrap_or(self.last_end);
        let Tree { nodes, children, .. } = &mut self.tree;
        let first = children.len();
        children.extend(self.waiting.drain(before..));
        let added = Children { first: u32::try_from(first).ok()?, end: u32::try_from(children.len()).ok()? };
        let is_mapping = matches!(nodes.get(id.0 as usize)?.shape, Shape::Mapping(_));
        if is_mapping {
            let name_of =
                |id: &NodeId| nodes.get(id.0 as usize).and_then(|node| node.key).map(|key| key.name);
            children.get_mut(first..)?.sort_by_key(name_of);
        }
        let node = nodes.get_mut(id.0 as usize)?;
        node.shape = if is_mapping { Shape::Mapping(added) } else { Shape::Sequence(added) };
        node.span.end = u32::try_from(self.last_end).ok()?.max(node.span.start);
        Some(())
    }

    pub(super) fn finish(self) -> Option<Tree> {
        (self.open.is_empty() && !self.tree.nodes.is_empty()).then_some(self.tree)
    }
}
