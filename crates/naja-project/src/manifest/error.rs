//! Why a manifest cannot be used.

/// Says what is wrong with a `pyproject.toml`, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ManifestError {
    /// The line, from 1; 0 where no line is to blame.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}

/// A result of reading a manifest.
pub(crate) type Read<T> = Result<T, ManifestError>;
