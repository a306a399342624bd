//! Sets of environments as reduced ordered decision diagrams.
//!
//! A node asks one [`Axis`]; its edges lead to nodes of later axes. Nodes are shared within a
//! diagram and compared by a 128-bit fingerprint of their whole structure, so that equality takes
//! constant time without a table that outlives an operation.

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::axis::Axis;
use crate::version::Version;

/// How many ways to the true end a diagram may have before an operation gives up.
const MAX_PATHS: u32 = 4096;

/// How many axes may follow each other on a path.
const MAX_DEPTH: u16 = 256;

/// How many pairs of nodes one operation may look at.
const MAX_STEPS: u32 = 200_000;

/// An operation came to one of the limits above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooComplex;

/// The work that operations may still do.
#[derive(Debug)]
pub(super) struct Work(u32);

impl Default for Work {
    fn default() -> Self {
        Self(MAX_STEPS)
    }
}

impl Work {
    fn step(&mut self, steps: usize) -> Result<(), TooComplex> {
        let steps = u32::try_from(steps).unwrap_or(u32::MAX);
        self.0 = self.0.checked_sub(steps).ok_or(TooComplex)?;
        Ok(())
    }
}

/// A node, or one of the two ends.
#[derive(Debug, Clone)]
pub(super) enum Node {
    False,
    True,
    Branch(Arc<Branch>),
}

/// A question and where its answers lead.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) axis: Axis,
    pub(super) edges: Edges,
    fingerprint: u128,
    paths: u32,
    depth: u16,
}

/// The answers to a question.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Edges {
    /// One more child than cuts; neighbours differ.
    Versions {
        cuts: Box<[Cut]>,
        children: Box<[Node]>,
    },
    /// Sorted texts, none leading where every other text leads.
    Texts {
        points: Box<[(Arc<str>, Node)]>,
        other: Node,
    },
    /// Yes and no; they differ.
    Flag { yes: Node, no: Node },
}

/// A place between versions: before or after one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Cut {
    pub(super) version: Version,
    pub(super) after: bool,
}

impl Cut {
    pub(super) fn before(version: Version) -> Self {
        Self {
            version,
            after: false,
        }
    }

    pub(super) fn after(version: Version) -> Self {
        Self {
            version,
            after: true,
        }
    }

    /// Tells whether a version lies behind the cut.
    pub(super) fn is_passed_by(&self, version: &Version) -> bool {
        match self.version.cmp(version) {
            Ordering::Less => true,
            Ordering::Equal => !self.after,
            Ordering::Greater => false,
        }
    }
}

impl Node {
    fn fingerprint(&self) -> u128 {
        match self {
            Self::False => 0,
            Self::True => 1,
            Self::Branch(branch) => branch.fingerprint,
        }
    }

    fn paths(&self) -> u32 {
        match self {
            Self::False => 0,
            Self::True => 1,
            Self::Branch(branch) => branch.paths,
        }
    }

    fn depth(&self) -> u16 {
        match self {
            Self::False | Self::True => 0,
            Self::Branch(branch) => branch.depth,
        }
    }

    pub(super) fn is_false(&self) -> bool {
        matches!(self, Self::False)
    }

    pub(super) fn is_true(&self) -> bool {
        matches!(self, Self::True)
    }

    pub(super) fn branch(&self) -> Option<&Branch> {
        match self {
            Self::Branch(branch) => Some(branch),
            _ => None,
        }
    }

    fn key(&self) -> usize {
        match self {
            Self::False => 0,
            Self::True => 1,
            Self::Branch(branch) => Arc::as_ptr(branch).addr(),
        }
    }

    /// Builds a node; answers that lead to the same place are joined.
    pub(super) fn new(axis: Axis, edges: Edges) -> Result<Self, TooComplex> {
        let edges = match edges.reduced() {
            Ok(edges) => edges,
            Err(only) => return Ok(only),
        };
        let mut paths = 0_u32;
        let mut depth = 0_u16;
        for child in edges.children() {
            paths = paths.saturating_add(child.paths());
            depth = depth.max(child.depth());
        }
        if paths > MAX_PATHS || depth >= MAX_DEPTH {
            return Err(TooComplex);
        }
        let half = |salt: u64| {
            let mut hasher = DefaultHasher::new();
            (salt, &axis, &edges).hash(&mut hasher);
            hasher.finish()
        };
        let fingerprint = (u128::from(half(0x6e61)) << 64) | u128::from(half(0x6a61));
        Ok(Self::Branch(Arc::new(Branch {
            axis,
            edges,
            fingerprint,
            paths,
            depth: depth + 1,
        })))
    }

    /// A node whose yes is the true end.
    pub(super) fn flag(axis: Axis) -> Self {
        let edges = Edges::Flag {
            yes: Self::True,
            no: Self::False,
        };
        Self::new(axis, edges).unwrap_or(Self::True)
    }

    pub(super) fn and(&self, other: &Self, work: &mut Work) -> Result<Self, TooComplex> {
        Apply::new(Join::And, work).node(self, other)
    }

    pub(super) fn or(&self, other: &Self, work: &mut Work) -> Result<Self, TooComplex> {
        Apply::new(Join::Or, work).node(self, other)
    }

    /// The opposite: a diagram of the same size, except that it counts other paths.
    pub(super) fn not(&self, work: &mut Work) -> Result<Self, TooComplex> {
        let mut memo = FxHashMap::default();
        self.negated(&mut memo, work)
    }

    fn negated(
        &self,
        memo: &mut FxHashMap<usize, Self>,
        work: &mut Work,
    ) -> Result<Self, TooComplex> {
        let branch = match self {
            Self::False => return Ok(Self::True),
            Self::True => return Ok(Self::False),
            Self::Branch(branch) => branch,
        };
        if let Some(known) = memo.get(&self.key()) {
            return Ok(known.clone());
        }
        work.step(1)?;
        let edges = branch.edges.map(&mut |child| child.negated(memo, work))?;
        let made = Self::new(branch.axis.clone(), edges)?;
        memo.insert(self.key(), made.clone());
        Ok(made)
    }

    /// Leaves out every question for which `decide` tells what becomes of it.
    pub(super) fn decided(
        &self,
        decide: &dyn Fn(&Axis) -> Option<Decision>,
        work: &mut Work,
    ) -> Result<Self, TooComplex> {
        let mut memo = FxHashMap::default();
        self.decided_with(decide, &mut memo, work)
    }

    fn decided_with(
        &self,
        decide: &dyn Fn(&Axis) -> Option<Decision>,
        memo: &mut FxHashMap<usize, Self>,
        work: &mut Work,
    ) -> Result<Self, TooComplex> {
        let Self::Branch(branch) = self else {
            return Ok(self.clone());
        };
        if let Some(known) = memo.get(&self.key()) {
            return Ok(known.clone());
        }
        work.step(1)?;
        let edges = branch
            .edges
            .map(&mut |child| child.decided_with(decide, memo, work))?;
        let made = match (decide(&branch.axis), edges) {
            (None, edges) => Self::new(branch.axis.clone(), edges)?,
            (Some(Decision::Answer(true)), Edges::Flag { yes, .. }) => yes,
            (Some(Decision::Answer(false)), Edges::Flag { no, .. }) => no,
            (Some(_), edges) => edges.any(work)?,
        };
        memo.insert(self.key(), made.clone());
        Ok(made)
    }

    /// Tells whether any question satisfies the test.
    pub(super) fn asks(&self, test: &dyn Fn(&Axis) -> bool) -> bool {
        let mut seen = rustc_hash::FxHashSet::default();
        self.asks_with(test, &mut seen)
    }

    fn asks_with(
        &self,
        test: &dyn Fn(&Axis) -> bool,
        seen: &mut rustc_hash::FxHashSet<usize>,
    ) -> bool {
        let Some(branch) = self.branch() else {
            return false;
        };
        if !seen.insert(self.key()) {
            return false;
        }
        let mut children = branch.edges.children();
        test(&branch.axis) || children.any(|child| child.asks_with(test, seen))
    }

    /// How many different nodes there are.
    pub(super) fn size(&self) -> usize {
        let mut seen = rustc_hash::FxHashSet::default();
        self.asks_with(&|_| false, &mut seen);
        seen.len()
    }
}

/// What becomes of a question that is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// The answer is known.
    Answer(bool),
    /// Any answer will do.
    Any,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint() == other.fingerprint()
    }
}

impl Eq for Node {}

impl Hash for Node {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.fingerprint().hash(state);
    }
}

impl PartialOrd for Node {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Node {
    fn cmp(&self, other: &Self) -> Ordering {
        if self == other {
            return Ordering::Equal;
        }
        match (self, other) {
            (Self::Branch(a), Self::Branch(b)) => (&a.axis, &a.edges).cmp(&(&b.axis, &b.edges)),
            (Self::Branch(_), _) => Ordering::Greater,
            (_, Self::Branch(_)) => Ordering::Less,
            _ => self.is_true().cmp(&other.is_true()),
        }
    }
}

impl Edges {
    /// Iterates over where the answers lead.
    pub(super) fn children(&self) -> Box<dyn Iterator<Item = &Node> + '_> {
        match self {
            Self::Versions { children, .. } => Box::new(children.iter()),
            Self::Texts { points, other } => {
                Box::new(points.iter().map(|(_, child)| child).chain([other]))
            }
            Self::Flag { yes, no } => Box::new([yes, no].into_iter()),
        }
    }

    /// Where all answers lead, joined by `or`.
    pub(super) fn any(&self, work: &mut Work) -> Result<Node, TooComplex> {
        self.children()
            .try_fold(Node::False, |all, child| all.or(child, work))
    }

    pub(super) fn map(
        &self,
        change: &mut dyn FnMut(&Node) -> Result<Node, TooComplex>,
    ) -> Result<Self, TooComplex> {
        Ok(match self {
            Self::Versions { cuts, children } => Self::Versions {
                cuts: cuts.clone(),
                children: children.iter().map(change).collect::<Result<_, _>>()?,
            },
            Self::Texts { points, other } => {
                let point = |(text, child): &(Arc<str>, Node)| Ok((text.clone(), change(child)?));
                Self::Texts {
                    points: points
                        .iter()
                        .map(point)
                        .collect::<Result<_, TooComplex>>()?,
                    other: change(other)?,
                }
            }
            Self::Flag { yes, no } => Self::Flag {
                yes: change(yes)?,
                no: change(no)?,
            },
        })
    }

    /// Joins answers that lead to the same place; `Err` is the place to which all lead.
    fn reduced(self) -> Result<Self, Node> {
        match self {
            Self::Versions { cuts, children } => {
                let mut kept_cuts = Vec::with_capacity(cuts.len());
                let mut kept: Vec<Node> = Vec::with_capacity(children.len());
                let cuts = std::iter::once(None).chain(cuts.into_iter().map(Some));
                for (cut, child) in cuts.zip(children) {
                    if kept.last() == Some(&child) {
                        continue;
                    }
                    kept_cuts.extend(cut);
                    kept.push(child);
                }
                match (kept_cuts.is_empty(), kept.pop()) {
                    (true, Some(only)) => Err(only),
                    (_, last) => {
                        kept.extend(last);
                        Ok(Self::Versions {
                            cuts: kept_cuts.into(),
                            children: kept.into(),
                        })
                    }
                }
            }
            Self::Texts { points, other } => {
                let mut points = points.into_vec();
                points.retain(|(_, child)| *child != other);
                if points.is_empty() {
                    return Err(other);
                }
                Ok(Self::Texts {
                    points: points.into(),
                    other,
                })
            }
            Self::Flag { yes, no } if yes == no => Err(yes),
            flag @ Self::Flag { .. } => Ok(flag),
        }
    }

    /// Where a text leads.
    pub(super) fn at_text<'a>(
        points: &'a [(Arc<str>, Node)],
        other: &'a Node,
        text: &str,
    ) -> &'a Node {
        match points.binary_search_by(|(point, _)| (**point).cmp(text)) {
            Ok(at) => &points[at].1,
            Err(_) => other,
        }
    }

    /// The answers of two nodes of one axis, paired and joined.
    pub(super) fn zip(
        &self,
        other: &Self,
        join: &mut dyn FnMut(&Node, &Node) -> Result<Node, TooComplex>,
    ) -> Result<Self, TooComplex> {
        match (self, other) {
            (
                Self::Versions { cuts, children },
                Self::Versions {
                    cuts: other_cuts,
                    children: other_children,
                },
            ) => zip_versions((cuts, children), (other_cuts, other_children), join),
            (
                Self::Texts { points, other },
                Self::Texts {
                    points: other_points,
                    other: other_rest,
                },
            ) => {
                let mut texts: Vec<&Arc<str>> = points
                    .iter()
                    .chain(other_points)
                    .map(|(text, _)| text)
                    .collect();
                texts.sort_unstable();
                texts.dedup();
                let mut made = Vec::with_capacity(texts.len());
                for text in texts {
                    let a = Self::at_text(points, other, text);
                    let b = Self::at_text(other_points, other_rest, text);
                    made.push((text.clone(), join(a, b)?));
                }
                Ok(Self::Texts {
                    points: made.into(),
                    other: join(other, other_rest)?,
                })
            }
            (
                Self::Flag { yes, no },
                Self::Flag {
                    yes: b_yes,
                    no: b_no,
                },
            ) => Ok(Self::Flag {
                yes: join(yes, b_yes)?,
                no: join(no, b_no)?,
            }),
            // One axis has one kind of answers.
            _ => Err(TooComplex),
        }
    }
}

fn zip_versions(
    (cuts, children): (&[Cut], &[Node]),
    (other_cuts, other_children): (&[Cut], &[Node]),
    join: &mut dyn FnMut(&Node, &Node) -> Result<Node, TooComplex>,
) -> Result<Edges, TooComplex> {
    let (mut i, mut j) = (0, 0);
    let mut made_cuts = Vec::with_capacity(cuts.len() + other_cuts.len());
    let mut made = Vec::with_capacity(cuts.len() + other_cuts.len() + 1);
    loop {
        made.push(join(&children[i], &other_children[j])?);
        let order = match (cuts.get(i), other_cuts.get(j)) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => a.cmp(b),
        };
        made_cuts.push(
            if order.is_gt() {
                &other_cuts[j]
            } else {
                &cuts[i]
            }
            .clone(),
        );
        i += usize::from(order.is_le());
        j += usize::from(order.is_ge());
    }
    Ok(Edges::Versions {
        cuts: made_cuts.into(),
        children: made.into(),
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Join {
    And,
    Or,
}

/// One operation on two diagrams; every pair of nodes is looked at once.
struct Apply<'w> {
    join: Join,
    memo: FxHashMap<(usize, usize), Node>,
    work: &'w mut Work,
}

impl<'w> Apply<'w> {
    fn new(join: Join, work: &'w mut Work) -> Self {
        Self {
            join,
            memo: FxHashMap::default(),
            work,
        }
    }

    fn node(&mut self, a: &Node, b: &Node) -> Result<Node, TooComplex> {
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

/// Simplifies `node` where only what lies in `care` matters.
pub(super) fn restrict(node: &Node, care: &Node, work: &mut Work) -> Result<Node, TooComplex> {
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
