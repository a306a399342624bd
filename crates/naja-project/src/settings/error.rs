//! What can be wrong with settings.

use std::path::PathBuf;

use crate::files::FileError;
use crate::settings::{Origin, Place};

/// Says why the settings could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A configuration file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file that was asked for by name does not exist.
    #[error("{} does not exist", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A configuration file is not UTF-8.
    #[error("{} is not UTF-8 text", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// A configuration file breaks the rules of its format.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u32,
        /// The column, from 1, in characters.
        column: u32,
        /// What the parser expected.
        message: String,
    },
    /// A value that its setting cannot take.
    #[error("{origin}: expected {expected}, found {found}")]
    Value {
        /// The place of the value.
        origin: Box<Origin>,
        /// What the setting takes.
        expected: String,
        /// What is there, without secrets.
        found: String,
    },
    /// The same index name with two addresses in one file.
    #[error("{origin}: the index name `{name}` is used twice")]
    DuplicateIndex {
        /// The place of the second.
        origin: Box<Origin>,
        /// The name.
        name: String,
    },
}

impl SettingsError {
    /// Returns the place of the offending value, where the error is about one value.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Value { origin, .. } | Self::DuplicateIndex { origin, .. } => Some(&origin.place),
            _ => None,
        }
    }
}

/// Something in the settings that does not stop the command.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingsWarning {
    /// A key of naja's own tables that no setting has.
    UnknownKey {
        /// Where it is.
        origin: Origin,
        /// The setting that was probably meant.
        meant: Option<&'static str>,
    },
    /// A file of the user or the system that may not be read.
    Forbidden {
        /// The file.
        path: PathBuf,
    },
    /// A file above the project that belongs to another user.
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A table in `pyproject.toml` that a file beside it hides.
    Hidden {
        /// The manifest.
        manifest: PathBuf,
        /// The file that counts.
        file: PathBuf,
        /// The table, such as `tool.naja`.
        table: &'static str,
    },
}

impl std::fmt::Display for SettingsWarning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownKey { origin, meant } => {
                write!(f, "{origin} is no setting")?;
                meant.map_or(Ok(()), |meant| write!(f, "; is `{meant}` meant?"))
            }
            Self::Forbidden { path } => {
                write!(f, "{} may not be read and is not used", path.display())
            }
            Self::Foreign { path } => write!(
                f,
                "{} belongs to another user and is not used; name it with `--config-file` if it is \
                 to be",
                path.display()
            ),
            Self::Hidden {
                manifest,
                file,
                table,
            } => write!(
                f,
                "[{table}] in {} is not used, because {} is there",
                manifest.display(),
                file.display()
            ),
        }
    }
}
