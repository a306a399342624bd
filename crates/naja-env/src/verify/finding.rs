//! [`Finding`]: one difference between files and their record.

use std::path::PathBuf;

use naja_spec::PackageName;
use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

/// Says how closely files are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// Whether each file is there, of the recorded size.
    Quick,
    /// Whether each file has the recorded contents as well.
    #[default]
    Contents,
}

/// Says what is wrong with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Fault {
    /// The contents are not those that were installed.
    Changed,
    /// A recorded file is not there.
    Missing,
    /// A directory, or something else that is no file, lies where a file was installed.
    WrongType,
    /// A file cannot be read.
    Unreadable,
    /// Compiled code that was made from other source text than lies beside it.
    StaleBytecode,
    /// A distribution is recorded by half: METADATA or the list of its files is missing.
    HalfInstalled,
    /// A directory that an interrupted command of another tool left under a name with `~`.
    Leftover,
    /// A file that belongs to no distribution.
    Unowned,
}

impl Fault {
    /// Returns true when a distribution has to be put back to mend this.
    #[must_use]
    pub fn is_damage(self) -> bool {
        !matches!(self, Self::Unowned | Self::Leftover | Self::StaleBytecode)
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The distribution whose file it is; none for what belongs to nobody.
    pub package: Option<PackageName>,
    /// What is wrong.
    pub fault: Fault,
    /// The absolute path.
    pub path: PathBuf,
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Finding", 3)?;
        fields.serialize_field("package", &self.package.as_ref().map(PackageName::as_str))?;
        fields.serialize_field("fault", &self.fault)?;
        fields.serialize_field("path", &self.path.to_string_lossy())?;
        fields.end()
    }
}
