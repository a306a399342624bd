//! What can be wrong with a file name.

use crate::name::PackageName;

/// Longest file name that is read, in bytes; file systems stop at 255.
pub(crate) const MAX_LEN: usize = 1024;

/// Why a file name is not that of a wheel or a source distribution.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileNameError {
    /// The ending is not one of a distribution.
    #[error("`{0}` does not end like a wheel or a source distribution")]
    Extension(String),
    /// A wheel's name does not have five or six parts between dashes.
    #[error("wheel file name `{0}` does not have five or six parts")]
    Parts(String),
    /// The project's name breaks its grammar.
    #[error("file name `{0}` holds an invalid project name")]
    Name(String),
    /// The version breaks PEP 440.
    #[error("file name `{0}` holds an invalid version")]
    Version(String),
    /// The build tag does not begin with a digit or holds a strange character.
    #[error("wheel file name `{0}` holds an invalid build tag")]
    Build(String),
    /// A tag is empty or holds a strange character.
    #[error("wheel file name `{0}` holds an invalid tag")]
    Tag(String),
    /// The file belongs to another project than the expected one.
    #[error("file `{file}` does not belong to `{expected}`")]
    OtherProject {
        /// The file's name.
        file: String,
        /// The project it should belong to.
        expected: PackageName,
    },
    /// The name is longer than any file system takes.
    #[error("file name of {0} bytes is too long")]
    TooLong(usize),
}

pub(super) fn other_project(file: &str, expected: &PackageName) -> FileNameError {
    FileNameError::OtherProject {
        file: file.to_owned(),
        expected: expected.clone(),
    }
}
