//! Names of source distributions.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::error::{FileNameError, MAX_LEN, other_project};
use super::text::{compared_by_text, normalises_to, parse_file_version};
use crate::name::PackageName;
use crate::version::Version;

/// Packing of a source distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SdistExtension {
    /// `.tar.gz`, the only one PEP 625 allows for new files.
    TarGz,
    /// `.tgz`, the same packing.
    Tgz,
    /// `.zip`, legacy.
    Zip,
    /// `.tar.bz2`, legacy.
    TarBz2,
    /// `.tar.xz`, legacy.
    TarXz,
    /// `.tar.zst`, of private indexes.
    TarZst,
    /// `.tar`, legacy.
    Tar,
}

impl SdistExtension {
    const ALL: [Self; 7] = [
        Self::TarGz,
        Self::Tgz,
        Self::Zip,
        Self::TarBz2,
        Self::TarXz,
        Self::TarZst,
        Self::Tar,
    ];

    /// Returns the ending with its leading dot.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TarGz => ".tar.gz",
            Self::Tgz => ".tgz",
            Self::Zip => ".zip",
            Self::TarBz2 => ".tar.bz2",
            Self::TarXz => ".tar.xz",
            Self::TarZst => ".tar.zst",
            Self::Tar => ".tar",
        }
    }

    /// Splits a file name into stem and ending; case of the ending does not matter.
    #[must_use]
    pub fn split(file: &str) -> Option<(&str, Self)> {
        Self::ALL.into_iter().find_map(|extension| {
            let at = file.len().checked_sub(extension.as_str().len())?;
            let (stem, ending) = file.split_at_checked(at)?;
            ending
                .eq_ignore_ascii_case(extension.as_str())
                .then_some((stem, extension))
        })
    }
}

/// The name of a source distribution. `Display` gives the text as it was written.
#[derive(Clone)]
pub struct SdistName {
    /// The project, normalised.
    pub name: PackageName,
    /// The version, parsed.
    pub version: Version,
    /// The packing.
    pub extension: SdistExtension,
    text: Arc<str>,
}

impl SdistName {
    /// Reads the file name of a source distribution. Old names contain dashes in project and
    /// version; with the expected project they are read without doubt, without it the last
    /// dash divides.
    ///
    /// # Errors
    /// When the ending or the version is wrong or the file is not the expected project's.
    pub fn parse(file: &str, expected: Option<&PackageName>) -> Result<Self, FileNameError> {
        if file.len() > MAX_LEN {
            return Err(FileNameError::TooLong(file.len()));
        }
        let (stem, extension) =
            SdistExtension::split(file).ok_or_else(|| FileNameError::Extension(file.to_owned()))?;
        let (name, version) = match expected {
            Some(name) => (name.clone(), sdist_version_of(file, stem, name)?),
            None => split_sdist_stem(file, stem)?,
        };
        Ok(Self {
            name,
            version,
            extension,
            text: file.into(),
        })
    }

    /// Returns the file name as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for SdistName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for SdistName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SdistName({})", self.text)
    }
}

compared_by_text!(SdistName, |text: &str| SdistName::parse(text, None));

/// Candidates for the version in the stem of an sdist of `name`: what follows each dash up to
/// which the text normalises to the name, with the shortest name first.
pub(crate) fn sdist_version_candidates<'a>(
    stem: &'a str,
    name: &'a PackageName,
) -> impl Iterator<Item = &'a str> {
    stem.match_indices('-')
        .filter(|(at, _)| normalises_to(&stem[..*at], name.as_str()))
        .map(|(at, _)| &stem[at + 1..])
}

fn sdist_version_of(file: &str, stem: &str, name: &PackageName) -> Result<Version, FileNameError> {
    let mut seen = false;
    for text in sdist_version_candidates(stem, name) {
        seen = true;
        if let Some(version) = parse_file_version(text) {
            return Ok(version);
        }
    }
    Err(if seen {
        FileNameError::Version(file.to_owned())
    } else {
        other_project(file, name)
    })
}

fn split_sdist_stem(file: &str, stem: &str) -> Result<(PackageName, Version), FileNameError> {
    let (name, version) = stem
        .rsplit_once('-')
        .ok_or_else(|| FileNameError::Name(file.to_owned()))?;
    let name = PackageName::parse(name).map_err(|_| FileNameError::Name(file.to_owned()))?;
    let version =
        parse_file_version(version).ok_or_else(|| FileNameError::Version(file.to_owned()))?;
    Ok((name, version))
}
