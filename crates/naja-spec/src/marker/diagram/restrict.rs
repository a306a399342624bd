//! Diagrams that are equal where it matters.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use super::{Branch, Edges, Node, TooComplex, Work};

/// Simplifies `node` where only what lies in `care` matters.
pub(in crate::marker) fn restrict(
    node: &Node,
    care: &Node,
    work: &mut Work,
) -> Result<Node, TooComplex> {
    let mut memo = FxHashMap::default();
    restrict_with(node, care, &mut memo, work)
}

fn restrict_with(
    node: &Node,
    care: &Node,
    memo: &mut FxHashMap<(usize, u128), Node>,
    work: &mut Work,
) -> Result<Node, TooComplex> {
    let (Node::Branch(branch), Node::Branch(cared)) = (node, care) else {
        return Ok(node.clone());
    };
    if node == care {
        return Ok(Node::True);
    }
    let key = (node.key(), care.fingerprint());
    if let Some(known) = memo.get(&key) {
        return Ok(known.clone());
    }
    work.step(1)?;
    let made = match branch.axis.cmp(&cared.axis) {
        Ordering::Greater => {
            let care = cared.edges.any(work)?;
            restrict_with(node, &care, memo, work)?
        }
        Ordering::Less => {
            let edges = branch
                .edges
                .map(&mut |child| restrict_with(child, care, memo, work))?;
            Node::new(branch.axis.clone(), edges)?
        }
        Ordering::Equal => restrict_edges(branch, &cared.edges, memo, work)?,
    };
    memo.insert(key, made.clone());
    Ok(made)
}

/// Answers that do not matter lead where a neighbour leads.
fn restrict_edges(
    branch: &Branch,
    care: &Edges,
    memo: &mut FxHashMap<(usize, u128), Node>,
    work: &mut Work,
) -> Result<Node, TooComplex> {
    let mut matters = Vec::new();
    let edges = branch.edges.zip(care, &mut |child, care| {
        matters.push(!care.is_false());
        if care.is_false() {
            return Ok(Node::False);
        }
        restrict_with(child, care, memo, work)
    })?;
    let edges = match edges {
        Edges::Versions { cuts, children } => {
            let mut children = children.into_vec();
            let first = matters.iter().position(|matters| *matters).unwrap_or(0);
            let mut last = children[first].clone();
            for (child, matters) in children.iter_mut().zip(&matters) {
                if *matters {
                    last = child.clone();
                } else {
                    *child = last.clone();
                }
            }
            Edges::Versions {
                cuts,
                children: children.into(),
            }
        }
        Edges::Texts { points, other } => {
            // The last entry is that of all other texts.
            let live = points
                .iter()
                .map(|(_, child)| child)
                .zip(&matters)
                .find_map(|(child, matters)| matters.then(|| child.clone()));
            let other = match (matters.last(), live) {
                (Some(false), Some(live)) => live,
                _ => other,
            };
            let points = points.into_iter().zip(&matters);
            Edges::Texts {
                points: points
                    .filter_map(|(point, matters)| matters.then_some(point))
                    .collect(),
                other,
            }
        }
        Edges::Flag { yes, no } => match matters.as_slice() {
            [false, _] => return Ok(no),
            [_, false] => return Ok(yes),
            _ => Edges::Flag { yes, no },
        },
    };
    Node::new(branch.axis.clone(), edges)
}
