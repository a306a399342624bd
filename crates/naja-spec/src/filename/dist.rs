//! Names of either kind of distribution.

use super::error::{FileNameError, other_project};
use super::sdist::SdistName;
use super::wheel::WheelName;
use crate::name::PackageName;
use crate::version::Version;

/// The name of a distribution's file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DistFileName {
    /// A built distribution.
    Wheel(WheelName),
    /// A source distribution.
    Sdist(SdistName),
}

impl DistFileName {
    /// Reads a file name that must belong to `name`.
    ///
    /// # Errors
    /// When it is neither a wheel nor a source distribution, or another project's.
    pub fn parse_with(file: &str, name: &PackageName) -> Result<Self, FileNameError> {
        if !file.ends_with(".whl") {
            return SdistName::parse(file, Some(name)).map(Self::Sdist);
        }
        let wheel = WheelName::parse(file)?;
        if wheel.name != *name {
            return Err(other_project(file, name));
        }
        Ok(Self::Wheel(wheel))
    }

    /// Returns the project.
    #[must_use]
    pub fn name(&self) -> &PackageName {
        match self {
            Self::Wheel(wheel) => &wheel.name,
            Self::Sdist(sdist) => &sdist.name,
        }
    }

    /// Returns the version.
    #[must_use]
    pub fn version(&self) -> &Version {
        match self {
            Self::Wheel(wheel) => &wheel.version,
            Self::Sdist(sdist) => &sdist.version,
        }
    }

    /// Returns the file name as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Wheel(wheel) => wheel.as_str(),
            Self::Sdist(sdist) => sdist.as_str(),
        }
    }
}
