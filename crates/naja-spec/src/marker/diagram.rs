//! Sets of environments as reduced ordered decision diagrams.
//!
//! A node asks one [`Axis`]; its edges lead to nodes of later axes. Nodes are shared within a
//! diagram and compared by a 128-bit fingerprint of their whole structure, so that equality takes
//! constant time without a table that outlives an operation.

mod apply;
mod edges;
mod restrict;

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use self::apply::{Apply, Join};
use super::axis::{Axis, TextAxis};

pub(super) use self::edges::{Cut, Edges};
pub(super) use self::restrict::restrict;

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
    /// Whether it, or one that it leads to, asks for each of the axes that tell platforms.
    platforms: Platforms,
}

/// A bit for each axis that tells platforms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Platforms(u8);

impl Platforms {
    fn of(axis: &Axis) -> Self {
        Self(match axis {
            Axis::Text(TextAxis::OsName) => 1,
            Axis::Text(TextAxis::SysPlatform) => 2,
            Axis::Text(TextAxis::PlatformSystem) => 4,
            _ => 0,
        })
    }

    fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Tells how many of the axes are asked for.
    pub(super) fn count(self) -> u32 {
        self.0.count_ones()
    }
}

impl Node {
    /// Tells which of the axes that tell platforms are asked for.
    pub(super) fn platforms(&self) -> Platforms {
        match self {
            Self::False | Self::True => Platforms::default(),
            Self::Branch(branch) => branch.platforms,
        }
    }

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
        let mut platforms = Platforms::of(&axis);
        for child in edges.children() {
            platforms = platforms.with(child.platforms());
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
            platforms,
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
