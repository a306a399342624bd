//! Why the lock of another tool cannot be read.

/// Says why a text is no lock of another tool.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ForeignError {
    /// Beyond what is read.
    #[error("it has more than {0}")]
    TooLarge(&'static str),
    /// Not TOML.
    #[error("it is not TOML: {0}")]
    Toml(String),
    /// Not JSON.
    #[error("it is not JSON: {0}")]
    Json(String),
    /// A version of the format that is not known.
    #[error("its format has version {found}, and {known} is known")]
    Version {
        /// What it says.
        found: String,
        /// What is known.
        known: &'static str,
    },
    /// Something that has to be there is not, or is something else.
    #[error("`{0}` is missing or not what it should be")]
    Shape(&'static str),
    /// A lock file of the standard that has a mistake.
    #[error(transparent)]
    Pylock(#[from] crate::pylock::PylockError),
}
