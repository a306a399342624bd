//! Small facts a page states about a project or a file.

use crate::digest::Sha256;

/// Whether an index serves a wheel's METADATA as a file of its own (PEP 658, 714).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CoreMeta {
    /// It does not.
    #[default]
    No,
    /// It does, without a digest that can be checked.
    Yes,
    /// It does, with this digest.
    Hash(Sha256),
}

/// Status of a whole project (PEP 792).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum ProjectStatus {
    /// Nothing special.
    #[default]
    Active,
    /// No further releases are expected.
    Archived,
    /// Unsafe: must not be installed.
    Quarantined,
    /// Superseded or obsolete.
    Deprecated,
    /// A status that PEP 792 does not know.
    Other(String),
}

impl ProjectStatus {
    /// Reads a status; an unknown one is kept as it is.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "" | "active" => Self::Active,
            "archived" => Self::Archived,
            "quarantined" => Self::Quarantined,
            "deprecated" => Self::Deprecated,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Returns the status as pages spell it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Active => "active",
            Self::Archived => "archived",
            Self::Quarantined => "quarantined",
            Self::Deprecated => "deprecated",
            Self::Other(text) => text,
        }
    }
}
