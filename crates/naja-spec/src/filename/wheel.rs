//! Names of wheels.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::build_tag::BuildTag;
use super::error::{FileNameError, MAX_LEN};
use super::text::{compared_by_text, is_compressed_tag, parse_file_version};
use crate::name::PackageName;
use crate::tag::{Tag, WheelTags};
use crate::version::Version;

/// The parts of a wheel's file name, borrowed; checked for form, the version not parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WheelParts<'a> {
    /// Project name as written.
    pub name: &'a str,
    /// Version as written.
    pub version: &'a str,
    /// Build tag, when there is one.
    pub build: Option<&'a str>,
    /// The compressed tags.
    pub tags: WheelTags<'a>,
}

impl<'a> WheelParts<'a> {
    /// Splits a file name and checks build tag and tags.
    ///
    /// # Errors
    /// When the ending, the number of parts, the build tag or a tag is wrong.
    pub fn split(file: &'a str) -> Result<Self, FileNameError> {
        if file.len() > MAX_LEN {
            return Err(FileNameError::TooLong(file.len()));
        }
        let stem = file
            .strip_suffix(".whl")
            .ok_or_else(|| FileNameError::Extension(file.to_owned()))?;
        let bad = || FileNameError::Parts(file.to_owned());
        let tags = WheelTags::of_stem(stem).ok_or_else(bad)?;
        let front = &stem[..stem.len() - tags.len() - 1];
        let mut dashes = memchr::memchr_iter(b'-', front.as_bytes());
        let first = dashes.next().ok_or_else(bad)?;
        let (version, build) = match dashes.next() {
            Some(second) => (&front[first + 1..second], Some(&front[second + 1..])),
            None => (&front[first + 1..], None),
        };
        if dashes.next().is_some() {
            return Err(bad());
        }
        if build.is_some_and(|build| !BuildTag::is_valid(build)) {
            return Err(FileNameError::Build(file.to_owned()));
        }
        if ![tags.python, tags.abi, tags.platform]
            .into_iter()
            .all(is_compressed_tag)
        {
            return Err(FileNameError::Tag(file.to_owned()));
        }
        Ok(Self {
            name: &front[..first],
            version,
            build,
            tags,
        })
    }
}

/// The name of a wheel file: project, version, build tag and compressed tags.
///
/// `Display` gives the text as it was written. Equality, order and hash follow that text.
#[derive(Clone)]
pub struct WheelName {
    /// The project, normalised.
    pub name: PackageName,
    /// The version, parsed.
    pub version: Version,
    /// The build tag, when there is one.
    pub build: Option<BuildTag>,
    text: Arc<str>,
}

impl WheelName {
    /// Reads a wheel's file name (no directory part). Names that are not normalised and
    /// versions with `_` for `-` occur in real life and are accepted.
    ///
    /// # Errors
    /// When the form, the project's name, the version, the build tag or a tag is wrong.
    pub fn parse(file: &str) -> Result<Self, FileNameError> {
        let parts = WheelParts::split(file)?;
        let name =
            PackageName::parse(parts.name).map_err(|_| FileNameError::Name(file.to_owned()))?;
        let version = parse_file_version(parts.version)
            .ok_or_else(|| FileNameError::Version(file.to_owned()))?;
        Ok(Self {
            name,
            version,
            build: parts.build.and_then(BuildTag::parse),
            text: file.into(),
        })
    }

    /// Returns the file name as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the compressed tags, borrowed from the text.
    #[must_use]
    pub fn wheel_tags(&self) -> WheelTags<'_> {
        WheelTags::of_file_name(&self.text).unwrap_or(WheelTags {
            python: "",
            abi: "",
            platform: "",
        })
    }

    /// Returns the compressed Python tag, such as `py2.py3`.
    #[must_use]
    pub fn python(&self) -> &str {
        self.wheel_tags().python
    }

    /// Returns the compressed ABI tag, such as `abi3`.
    #[must_use]
    pub fn abi(&self) -> &str {
        self.wheel_tags().abi
    }

    /// Returns the compressed platform tag, such as `manylinux_2_17_x86_64.manylinux2014_x86_64`.
    #[must_use]
    pub fn platform(&self) -> &str {
        self.wheel_tags().platform
    }

    /// Iterates over every single tag the compressed tags stand for, in written order.
    pub fn tags(&self) -> impl Iterator<Item = Tag> + '_ {
        self.wheel_tags().expand()
    }

    /// Returns `name-version` as the `.dist-info` and `.data` directories inside usually spell
    /// it: the first two parts as written. Real wheels differ from it in case and escaping.
    #[must_use]
    pub fn stem(&self) -> &str {
        let end = self
            .text
            .match_indices('-')
            .nth(1)
            .map_or(self.text.len(), |(at, _)| at);
        &self.text[..end]
    }
}

impl fmt::Display for WheelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for WheelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WheelName({})", self.text)
    }
}

impl FromStr for WheelName {
    type Err = FileNameError;

    fn from_str(text: &str) -> Result<Self, FileNameError> {
        Self::parse(text)
    }
}

compared_by_text!(WheelName, WheelName::parse);
