//! The questions of a decision diagram, in their order.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::diagram::Node;
use super::tree::{MarkerComparison, MarkerTree};
use super::variable::MarkerVariable;

/// What a node asks. The order of the variants is the order on every path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Axis {
    /// The release part of the version of Python, and through it `python_version`.
    Python,
    /// The release part of `implementation_version`.
    Implementation,
    /// A variable whose value is a text.
    Text(TextAxis),
    /// Something that holds or does not.
    Flag(Flag),
}

/// The variables whose values are texts, in the order in which markers name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum TextAxis {
    ImplementationName,
    OsName,
    PlatformMachine,
    PlatformPythonImplementation,
    PlatformRelease,
    PlatformSystem,
    PlatformVersion,
    SysPlatform,
}

impl TextAxis {
    pub(super) fn of(variable: MarkerVariable) -> Option<Self> {
        Some(match variable {
            MarkerVariable::OsName => Self::OsName,
            MarkerVariable::SysPlatform => Self::SysPlatform,
            MarkerVariable::PlatformSystem => Self::PlatformSystem,
            MarkerVariable::PlatformMachine => Self::PlatformMachine,
            MarkerVariable::PlatformPythonImplementation => Self::PlatformPythonImplementation,
            MarkerVariable::PlatformRelease => Self::PlatformRelease,
            MarkerVariable::PlatformVersion => Self::PlatformVersion,
            MarkerVariable::ImplementationName => Self::ImplementationName,
            _ => return None,
        })
    }

    pub(super) fn variable(self) -> MarkerVariable {
        match self {
            Self::OsName => MarkerVariable::OsName,
            Self::SysPlatform => MarkerVariable::SysPlatform,
            Self::PlatformSystem => MarkerVariable::PlatformSystem,
            Self::PlatformMachine => MarkerVariable::PlatformMachine,
            Self::PlatformPythonImplementation => MarkerVariable::PlatformPythonImplementation,
            Self::PlatformRelease => MarkerVariable::PlatformRelease,
            Self::PlatformVersion => MarkerVariable::PlatformVersion,
            Self::ImplementationName => MarkerVariable::ImplementationName,
        }
    }
}

/// Something that holds or does not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Flag {
    /// A comparison that is not taken apart, with its text, by which it is sorted.
    Comparison(Arc<str>, ByText<MarkerComparison>),
    /// `extra == "name"`
    Extra(Arc<str>),
    /// `"name" in extras`
    InExtras(Arc<str>),
    /// `"name" in dependency_groups`
    Group(Arc<str>),
    /// A marker that is too complex to be taken apart, with its text.
    Whole(Arc<str>, ByText<MarkerTree>),
    /// Two sets that are too complex to be joined: whether they are joined by `and`, and the two.
    Joined(bool, Node, Node),
    /// The opposite of a set that is too complex.
    Not(Node),
}

/// A value that is compared by the text beside it.
#[derive(Debug, Clone)]
pub(super) struct ByText<T>(pub(super) Arc<T>);

impl<T> PartialEq for ByText<T> {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl<T> Eq for ByText<T> {}

impl<T> PartialOrd for ByText<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for ByText<T> {
    fn cmp(&self, _other: &Self) -> Ordering {
        Ordering::Equal
    }
}

impl<T> Hash for ByText<T> {
    fn hash<H: Hasher>(&self, _state: &mut H) {}
}
