//! Why there is no answer, as data.

/// Why there is no answer.
#[derive(Clone, Debug)]
pub struct Conflict {
    /// What kind of failure this is.
    pub kind: ConflictKind,
}

/// What kind of failure a [`Conflict`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConflictKind {
    /// The requirements contradict each other.
    Contradiction,
    /// A distribution would have to be built.
    NeedsBuild,
}
