//! Core metadata: what METADATA and PKG-INFO say that matters for installing.

use rustc_hash::FxHashSet;

use crate::headers::{Header, HeaderLines};
use crate::name::{ExtraName, NameError, PackageName};
use crate::requirement::{Requirement, RequirementError};
use crate::specifier::VersionSpecifiers;
use crate::version::{Version, VersionError};

/// The highest major metadata version that is understood.
const KNOWN_MAJOR: u32 = 2;

/// Why metadata cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// A required field is absent.
    #[error("the metadata has no `{0}` field")]
    Missing(&'static str),
    /// The metadata follows a specification that is not known.
    #[error("the metadata has version {0}, of which only major versions up to 2 are known")]
    UnknownVersion(String),
    /// The `Name` field is not a name.
    #[error("the `Name` field of the metadata is not usable")]
    Name(#[source] NameError),
    /// The `Version` field is not a version.
    #[error("the `Version` field of the metadata is not usable")]
    Version(#[source] VersionError),
    /// A `Requires-Dist` field is not a requirement, even read leniently.
    #[error("`Requires-Dist: {}` in the metadata is not usable", .0.input())]
    RequiresDist(#[source] RequirementError),
}

/// The fields of the core metadata that decide what is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoreMetadata {
    /// Major and minor version of the metadata; 1.0 where the field is absent.
    pub metadata_version: (u32, u32),
    /// The name of the project.
    pub name: PackageName,
    /// The version of the release.
    pub version: Version,
    /// The requirements, in order; those of extras have a marker that says so.
    pub requires_dist: Vec<Requirement>,
    /// The versions of Python that are supported; `None` where the field is absent or means
    /// nothing, for which installers have always let every version pass.
    pub requires_python: Option<VersionSpecifiers>,
    /// The extras, in order. A name that is none is left out, as nobody can ask for it.
    pub provides_extra: Vec<ExtraName>,
    /// The fields that a build may change (PEP 643), in lower case.
    pub dynamic: Vec<String>,
}

impl CoreMetadata {
    /// Reads METADATA or PKG-INFO; the body is not looked at.
    ///
    /// # Errors
    /// Fails where name or version are absent or unusable, the metadata version is not known, or a
    /// requirement cannot be read; the error names it.
    pub fn parse(bytes: &[u8]) -> Result<Self, MetadataError> {
        let mut fields = Fields::default();
        for header in HeaderLines::new(bytes) {
            fields.read(&header)?;
        }
        Ok(Self {
            metadata_version: fields.metadata_version.unwrap_or((1, 0)),
            name: fields.name.ok_or(MetadataError::Missing("Name"))?,
            version: fields.version.ok_or(MetadataError::Missing("Version"))?,
            requires_dist: fields.requires_dist,
            requires_python: fields.requires_python,
            provides_extra: fields.provides_extra,
            dynamic: fields.dynamic,
        })
    }

    /// Tells whether a build may change the field, whose name is compared without regard to case.
    ///
    /// Only metadata of version 2.2 or later says so (PEP 643); before, every field may change.
    #[must_use]
    pub fn is_dynamic(&self, field: &str) -> bool {
        self.metadata_version < (2, 2) || self.dynamic.iter().any(|d| d.eq_ignore_ascii_case(field))
    }
}

#[derive(Default)]
struct Fields {
    metadata_version: Option<(u32, u32)>,
    name: Option<PackageName>,
    version: Option<Version>,
    requires_dist: Vec<Requirement>,
    requires_python: Option<VersionSpecifiers>,
    provides_extra: Vec<ExtraName>,
    /// The extras that are in `provides_extra`.
    extras: FxHashSet<ExtraName>,
    dynamic: Vec<String>,
}

impl Fields {
    /// Takes in one header; of fields that may occur once, the first counts.
    fn read(&mut self, header: &Header<'_>) -> Result<(), MetadataError> {
        // Sorted by length first, because most headers are none of these.
        match header.name().len() {
            4 if header.is("Name") && self.name.is_none() => {
                let name = PackageName::parse(&header.unfolded()).map_err(MetadataError::Name)?;
                self.name = Some(name);
            }
            7 if header.is("Version") && self.version.is_none() => {
                let version = Version::parse(&header.unfolded()).map_err(MetadataError::Version)?;
                self.version = Some(version);
            }
            7 if header.is("Dynamic") => {
                self.dynamic.push(header.unfolded().to_ascii_lowercase());
            }
            13 if header.is("Requires-Dist") => {
                let requirement = Requirement::parse_lenient(&header.unfolded())
                    .map_err(MetadataError::RequiresDist)?;
                self.requires_dist.push(requirement);
            }
            14 if header.is("Provides-Extra") => {
                if let Ok(extra) = ExtraName::parse(&header.unfolded())
                    && self.extras.insert(extra.clone())
                {
                    self.provides_extra.push(extra);
                }
            }
            15 if header.is("Requires-Python") && self.requires_python.is_none() => {
                self.requires_python = VersionSpecifiers::parse_lenient(&header.unfolded())
                    .ok()
                    .filter(|specifiers| !specifiers.is_empty());
            }
            16 if header.is("Metadata-Version") && self.metadata_version.is_none() => {
                self.metadata_version = Some(metadata_version(&header.unfolded())?);
            }
            _ => {}
        }
        Ok(())
    }
}

fn metadata_version(text: &str) -> Result<(u32, u32), MetadataError> {
    let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
    match (major.parse(), minor.parse()) {
        (Ok(major), Ok(minor)) if major <= KNOWN_MAJOR => Ok((major, minor)),
        _ => Err(MetadataError::UnknownVersion(text.to_owned())),
    }
}

#[cfg(test)]
mod tests;
