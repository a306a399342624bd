//! Sets of environments.

use std::fmt;
use std::sync::LazyLock;

use super::atom;
use super::axis::{Axis, Flag, TextAxis};
use super::clauses;
use super::diagram::{self, Decision, Edges, Node, TooComplex, Work};
use super::environment::{MarkerEnvironment, MarkerScope};
use super::tree::{Marker, MarkerTree};
use crate::name::ExtraName;
use crate::specifier::VersionSpecifiers;
use crate::version::Version;

/// A set of environments: what markers mean. Two sets are equal where they hold the same
/// environments.
///
/// `python_version` and `python_full_version` are one variable. Of versions of Python only the
/// release counts, so that `< '3.13'` and `>= '3.13'` are opposites: `3.13.0rc1` lies where
/// `3.13.0` lies. `platform_system` is told by `sys_platform` for the three common systems.
/// Combinations that no Python reports (`os_name == 'nt'` on Linux) are in no set.
///
/// Sets of markers that are too complex to be taken apart (thousands of alternatives) are kept as
/// what they were made of: they are evaluated exactly, but not compared with others, so that
/// nothing is disjoint from them or implied by them without being the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MarkerSet(Node);

impl MarkerSet {
    /// All environments.
    #[must_use]
    pub fn all() -> Self {
        Self(Node::True)
    }

    /// No environment.
    #[must_use]
    pub fn none() -> Self {
        Self(Node::False)
    }

    /// Where a marker holds; an extra is a variable of its own.
    #[must_use]
    pub fn from_marker(marker: &Marker) -> Self {
        let made = atom::tree(marker.tree(), &mut Work::default());
        Self(made.unwrap_or_else(|TooComplex| atom::whole(marker.tree()))).possible()
    }

    /// The versions of Python that `Requires-Python` admits; only releases count.
    #[must_use]
    pub fn from_requires_python(specifiers: &VersionSpecifiers) -> Self {
        let mut work = Work::default();
        let made = specifiers.iter().try_fold(Node::True, |all, specifier| {
            all.and(&atom::python(specifier)?, &mut work)
        });
        // Specifiers beyond the limit bound nothing.
        Self(made.unwrap_or(Node::True))
    }

    /// Where both hold.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        self.joined(other, true).possible()
    }

    /// Where one of the two holds.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        self.joined(other, false)
    }

    fn joined(&self, other: &Self, both: bool) -> Self {
        let work = &mut Work::default();
        let made = if both {
            self.0.and(&other.0, work)
        } else {
            self.0.or(&other.0, work)
        };
        Self(made.unwrap_or_else(|TooComplex| {
            let (first, second) = (self.0.clone(), other.0.clone());
            Node::flag(Axis::Flag(Flag::Joined(both, first, second)))
        }))
    }

    /// Where this does not hold.
    #[must_use]
    pub fn not(&self) -> Self {
        let made = self.0.not(&mut Work::default());
        Self(made.unwrap_or_else(|TooComplex| Node::flag(Axis::Flag(Flag::Not(self.0.clone())))))
            .possible()
    }

    /// Tells whether every environment is in the set.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.0.is_true() || (self.mixes_platforms() && self.not().is_none())
    }

    /// Tells whether no environment is in the set.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.0.is_false()
    }

    /// Tells whether no environment is in both sets.
    #[must_use]
    pub fn is_disjoint(&self, other: &Self) -> bool {
        self.and(other).is_none()
    }

    /// Tells whether every environment of this set is in the other one.
    #[must_use]
    pub fn implies(&self, other: &Self) -> bool {
        self == other || self.and(&other.not()).is_none()
    }

    fn mixes_platforms(&self) -> bool {
        self.0.platforms().count() > 1
    }

    /// Nothing, if all that is left cannot be.
    fn possible(self) -> Self {
        if !self.mixes_platforms() {
            return self;
        }
        let possible = POSSIBLE.as_ref();
        let left = possible.map(|possible| self.0.and(possible, &mut Work::default()));
        match left {
            Some(Ok(Node::False)) => Self::none(),
            _ => self,
        }
    }

    /// Tells whether an environment is in the set, with the extras that are asked for.
    #[must_use]
    pub fn evaluate(&self, environment: &MarkerEnvironment, extras: &[ExtraName]) -> bool {
        self.evaluate_in(&MarkerScope::new(environment, extras))
    }

    /// Tells whether the set holds in a scope.
    #[must_use]
    pub fn evaluate_in(&self, scope: &MarkerScope<'_>) -> bool {
        evaluate(&self.0, scope)
    }

    /// A simple set that is equal to this one inside `assuming`.
    #[must_use]
    pub fn simplify(&self, assuming: &Self) -> Self {
        if assuming.is_none() {
            return self.clone();
        }
        let work = &mut Work::default();
        match diagram::restrict(&self.0, &assuming.0, work) {
            Ok(simple) if simple.size() <= self.0.size() => Self(simple),
            _ => self.clone(),
        }
    }

    /// The set as a short marker; `None` for all environments. Nothing at all is
    /// `python_version < "0"`.
    #[must_use]
    pub fn to_marker(&self) -> Option<Marker> {
        clauses::marker(&self.0)
    }

    /// The lowest version of Python and the version below which all lie, where there are such.
    ///
    /// A set that ends with a version, as `<= 3.9.1` does, gives that version as its upper end.
    #[must_use]
    pub fn python_bounds(&self) -> (Option<Version>, Option<Version>) {
        let Some(branch) = self.0.branch() else {
            return (None, None);
        };
        let Edges::Versions { cuts, children } = &branch.edges else {
            return (None, None);
        };
        if branch.axis != Axis::Python {
            return (None, None);
        }
        let is_live = |child: &Node| !child.is_false();
        let first = children.iter().position(is_live).unwrap_or(0);
        let last = children.iter().rposition(is_live).unwrap_or(0);
        let lower = first.checked_sub(1).and_then(|at| cuts.get(at));
        let version = |cut: &diagram::Cut| cut.version.clone();
        (lower.map(version), cuts.get(last).map(version))
    }

    /// The versions of Python of which some environment is in the set.
    #[must_use]
    pub fn python_versions(&self) -> Self {
        self.decided(&|axis| (*axis != Axis::Python).then_some(Decision::Any))
    }

    /// The environments that are in the set for some choice of extras and groups.
    #[must_use]
    pub fn without_extras(&self) -> Self {
        self.decided(&|axis| is_choice(axis).then_some(Decision::Any))
    }

    /// The environments that are in the set when exactly these extras, and no groups, are asked
    /// for.
    #[must_use]
    pub fn with_extras(&self, extras: &[ExtraName]) -> Self {
        let asked = |name: &str| extras.iter().any(|extra| extra.as_str() == name);
        self.decided(&|axis| match axis {
            Axis::Flag(Flag::Extra(name) | Flag::InExtras(name)) => {
                Some(Decision::Answer(asked(name)))
            }
            Axis::Flag(Flag::Group(_)) => Some(Decision::Answer(false)),
            _ => None,
        })
    }

    /// The set when the answer for one extra is known.
    #[must_use]
    pub fn with_extra(&self, extra: &ExtraName, asked: bool) -> Self {
        self.decided(&|axis| match axis {
            Axis::Flag(Flag::Extra(name) | Flag::InExtras(name)) if **name == *extra.as_str() => {
                Some(Decision::Answer(asked))
            }
            _ => None,
        })
    }

    /// Tells whether extras or groups decide anything.
    #[must_use]
    pub fn mentions_extra(&self) -> bool {
        self.0.asks(&is_choice)
    }

    fn decided(&self, decide: &dyn Fn(&Axis) -> Option<Decision>) -> Self {
        let made = self.0.decided(decide, &mut Work::default());
        made.map_or_else(|TooComplex| self.clone(), Self)
    }
}

/// Whether a question is about what the user asks for.
fn is_choice(axis: &Axis) -> bool {
    let Axis::Flag(flag) = axis else { return false };
    match flag {
        Flag::Extra(_) | Flag::InExtras(_) | Flag::Group(_) => true,
        Flag::Comparison(_, comparison) => comparison.0.mentions(super::MarkerVariable::Extra),
        Flag::Whole(_, tree) => Marker::from(MarkerTree::clone(&tree.0)).mentions_extra(),
        Flag::Joined(_, first, second) => first.asks(&is_choice) || second.asks(&is_choice),
        Flag::Not(node) => node.asks(&is_choice),
    }
}

/// What [`possible`] gives, which is asked for all the time and always the same.
static POSSIBLE: LazyLock<Option<Node>> = LazyLock::new(|| possible(&mut Work::default()).ok());

/// What Pythons report together: those for Windows are not `posix`, those for other systems not `nt`.
fn possible(work: &mut Work) -> Result<Node, TooComplex> {
    const OTHERS: [&str; 8] = [
        "linux",
        "darwin",
        "cygwin",
        "android",
        "ios",
        "emscripten",
        "wasi",
        "aix",
    ];
    let is = |axis: TextAxis, text: &str| atom::point(axis, &text.into(), true);
    let mut impossible = Node::False;
    let mut forbid = |first: Node, second: Node, work: &mut Work| {
        impossible = impossible.or(&first.and(&second, work)?, work)?;
        Ok::<(), TooComplex>(())
    };
    let windows = is(TextAxis::SysPlatform, "win32")?;
    forbid(is(TextAxis::OsName, "posix")?, windows.clone(), work)?;
    for other in OTHERS {
        let other = is(TextAxis::SysPlatform, other)?;
        forbid(is(TextAxis::OsName, "nt")?, other, work)?;
    }
    for system in ["FreeBSD", "NetBSD", "OpenBSD", "SunOS", "AIX", "Java"] {
        for platform in ["win32", "linux", "darwin"] {
            let platform = is(TextAxis::SysPlatform, platform)?;
            forbid(is(TextAxis::PlatformSystem, system)?, platform, work)?;
        }
        if system != "Java" {
            let windows = is(TextAxis::OsName, "nt")?;
            forbid(is(TextAxis::PlatformSystem, system)?, windows, work)?;
        }
    }
    impossible.not(work)
}

fn evaluate(node: &Node, scope: &MarkerScope<'_>) -> bool {
    let mut node = node;
    loop {
        let Node::Branch(branch) = node else {
            return node.is_true();
        };
        node = match (&branch.axis, &branch.edges) {
            (Axis::Python, Edges::Versions { cuts, children }) => {
                let version = &scope.environment.python_full_version;
                at_version(cuts, children, version)
            }
            (Axis::Implementation, Edges::Versions { cuts, children }) => {
                at_version(cuts, children, &scope.environment.implementation_version)
            }
            (Axis::Text(axis), Edges::Texts { points, other }) => {
                let text = scope.environment.text(axis.variable());
                Edges::at_text(points, other, &text)
            }
            (Axis::Flag(flag), Edges::Flag { yes, no }) => {
                if holds(flag, scope) {
                    yes
                } else {
                    no
                }
            }
            // One axis has one kind of answers.
            _ => return false,
        };
    }
}

fn at_version<'a>(cuts: &[diagram::Cut], children: &'a [Node], version: &Version) -> &'a Node {
    let numbers: Vec<u64> = version.release().iter().copied().collect();
    let release = Version::from_release(&numbers);
    let at = cuts.partition_point(|cut| cut.is_passed_by(&release));
    &children[at]
}

fn holds(flag: &Flag, scope: &MarkerScope<'_>) -> bool {
    match flag {
        Flag::Comparison(_, comparison) => comparison.0.evaluate(scope),
        Flag::Extra(name) | Flag::InExtras(name) => {
            scope.extras.iter().any(|extra| *extra.as_str() == **name)
        }
        Flag::Group(name) => scope.groups.iter().any(|group| *group.as_str() == **name),
        Flag::Whole(_, tree) => tree.0.evaluate(scope),
        Flag::Joined(true, first, second) => evaluate(first, scope) && evaluate(second, scope),
        Flag::Joined(false, first, second) => evaluate(first, scope) || evaluate(second, scope),
        Flag::Not(node) => !evaluate(node, scope),
    }
}

impl From<&Marker> for MarkerSet {
    fn from(marker: &Marker) -> Self {
        Self::from_marker(marker)
    }
}

impl From<Option<&Marker>> for MarkerSet {
    fn from(marker: Option<&Marker>) -> Self {
        marker.map_or_else(Self::all, Self::from_marker)
    }
}

impl fmt::Display for MarkerSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_marker() {
            Some(marker) => fmt::Display::fmt(&marker.lockstyle(), f),
            None => f.write_str("true"),
        }
    }
}
