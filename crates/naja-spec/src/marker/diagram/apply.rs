//! Two diagrams as one.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use super::{Node, TooComplex, Work};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    And,
    Or,
}

/// One operation on two diagrams; every pair of nodes is looked at once.
pub(super) struct Apply<'w> {
    join: Join,
    memo: FxHashMap<(usize, usize), Node>,
    work: &'w mut Work,
}

impl<'w> Apply<'w> {
    pub(super) fn new(join: Join, work: &'w mut Work) -> Self {
        Self {
            join,
            memo: FxHashMap::default(),
            work,
        }
    }

    pub(super) fn node(&mut self, a: &Node, b: &Node) -> Result<Node, TooComplex> {
        if a == b {
            return Ok(a.clone());
        }
        let (strong, weak) = match self.join {
            Join::And => (Node::False, Node::True),
            Join::Or => (Node::True, Node::False),
        };
        if *a == strong || *b == strong {
            return Ok(strong);
        }
        if *a == weak {
            return Ok(b.clone());
        }
        let (Node::Branch(left), Node::Branch(right)) = (a, b) else {
            return Ok(a.clone());
        };
        let key = (a.key().min(b.key()), a.key().max(b.key()));
        if let Some(known) = self.memo.get(&key) {
            return Ok(known.clone());
        }
        self.work.step(1)?;
        let (axis, edges) = match left.axis.cmp(&right.axis) {
            Ordering::Less => (
                &left.axis,
                left.edges.map(&mut |child| self.node(child, b))?,
            ),
            Ordering::Greater => (
                &right.axis,
                right.edges.map(&mut |child| self.node(a, child))?,
            ),
            Ordering::Equal => (
                &left.axis,
                left.edges.zip(&right.edges, &mut |a, b| self.node(a, b))?,
            ),
        };
        let made = Node::new(axis.clone(), edges)?;
        self.memo.insert(key, made.clone());
        Ok(made)
    }
}
