//! [`PythonRequest`]: what a user writes after `--python`.

mod words;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use naja_spec::{Version, VersionSpecifiers};
use thiserror::Error;

use crate::interpreter::{Interpreter, release_part};

pub use words::{ImplementationName, Variant};

/// The longest request that is read, in bytes; longer ones are paths nobody has.
const LENGTH_LIMIT: usize = 4096;

/// Says why a text is no request for a Python.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RequestError {
    /// There is no text.
    #[error("read an empty Python request")]
    Empty,
    /// The text contains control characters or is absurdly long.
    #[error("read the Python request: it contains control characters or is too long")]
    Hostile,
    /// It begins like a version or a range and is none.
    #[error("read `{text}` as a Python version")]
    Version {
        /// The text.
        text: String,
    },
    /// The part after the name of an implementation is no version.
    #[error("read `{version}` as a version of {implementation}")]
    ImplementationVersion {
        /// The implementation that was named.
        implementation: ImplementationName,
        /// The text behind it.
        version: String,
    },
}

/// Says which versions are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionRange {
    /// `3`, `3.12` or `3.12.1`: every version that begins so.
    Prefix {
        /// The major version.
        major: u64,
        /// The minor version, if given.
        minor: Option<u64>,
        /// The micro version, if given.
        micro: Option<u64>,
    },
    /// One pre-release: `3.13.0rc1`.
    Exact(Version),
    /// `>=3.10,<3.13`.
    Specifiers(VersionSpecifiers),
}

/// Combines versions and build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRequest {
    /// The versions.
    pub range: VersionRange,
    /// The build.
    pub variant: Variant,
}

impl VersionRequest {
    /// Reads `3`, `3.12`, `312`, `3.12.1`, `3.13.0rc1`, `>=3.10,<3.13`, each with an optional build
    /// suffix. Returns `None` when it is none of them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (plain, variant) = Variant::split(text.trim());
        let plain = plain.trim();
        let range = if plain.starts_with(['<', '>', '=', '!', '~']) {
            VersionRange::Specifiers(VersionSpecifiers::from_str(plain).ok()?)
        } else {
            parse_prefix(plain).or_else(|| parse_exact(plain))?
        };
        Some(Self { range, variant })
    }

    /// Accepts versions by specifiers, as `requires-python` gives them.
    #[must_use]
    pub fn from_specifiers(specifiers: VersionSpecifiers) -> Self {
        Self {
            range: VersionRange::Specifiers(specifiers),
            variant: Variant::Default,
        }
    }

    /// Says whether a version is wanted. Pre-releases count as their release unless the request
    /// itself names a pre-release.
    #[must_use]
    pub fn contains(&self, version: &Version) -> bool {
        match &self.range {
            VersionRange::Prefix {
                major,
                minor,
                micro,
            } => {
                release_part(version, 0) == *major
                    && minor.is_none_or(|minor| release_part(version, 1) == minor)
                    && micro.is_none_or(|micro| release_part(version, 2) == micro)
            }
            VersionRange::Exact(wanted) => wanted == version,
            VersionRange::Specifiers(specifiers) if specifiers.mentions_prerelease() => {
                specifiers.contains(version)
            }
            VersionRange::Specifiers(specifiers) => specifiers.contains(&release_only(version)),
        }
    }

    /// Says whether an interpreter has the version and build.
    #[must_use]
    pub fn matches(&self, interpreter: &Interpreter) -> bool {
        self.variant.matches(interpreter) && self.contains(&interpreter.version)
    }

    /// Says whether any version `major.minor` could match; false only when none can.
    pub(crate) fn may_match_minor(&self, major: u64, minor: u64) -> bool {
        match &self.range {
            VersionRange::Prefix {
                major: wanted,
                minor: wanted_minor,
                ..
            } => *wanted == major && wanted_minor.is_none_or(|wanted| wanted == minor),
            VersionRange::Exact(version) => {
                release_part(version, 0) == major && release_part(version, 1) == minor
            }
            VersionRange::Specifiers(_) => true,
        }
    }

    /// Returns the minor version when only one is possible.
    pub(crate) fn only_minor(&self) -> Option<(u64, u64)> {
        match &self.range {
            VersionRange::Prefix { major, minor, .. } => Some((*major, (*minor)?)),
            VersionRange::Exact(version) => {
                Some((release_part(version, 0), release_part(version, 1)))
            }
            VersionRange::Specifiers(_) => None,
        }
    }
}

impl fmt::Display for VersionRequest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.range {
            VersionRange::Prefix {
                major,
                minor,
                micro,
            } => {
                write!(out, "{major}")?;
                if let Some(minor) = minor {
                    write!(out, ".{minor}")?;
                }
                if let Some(micro) = micro {
                    write!(out, ".{micro}")?;
                }
            }
            VersionRange::Exact(version) => write!(out, "{version}")?,
            VersionRange::Specifiers(specifiers) => write!(out, "{specifiers}")?,
        }
        write!(out, "{}", self.variant)
    }
}

/// Says which Python is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PythonRequest {
    /// The usual one: the first CPython with the global interpreter lock.
    #[default]
    Default,
    /// Any implementation and build.
    Any,
    /// CPython or another implementation of certain versions.
    Version(VersionRequest),
    /// One implementation, perhaps of certain versions.
    Implementation {
        /// The implementation.
        name: ImplementationName,
        /// The versions; `None` for all.
        version: Option<VersionRequest>,
    },
    /// A program, or the directory of an environment or installation.
    Path(PathBuf),
    /// The name of a program on PATH.
    Name(String),
}

impl PythonRequest {
    /// Reads a request.
    ///
    /// Text with a path separator, or that begins with `.` or `~`, is a path; what begins with a
    /// digit or a comparison operator must be a version; the rest is an implementation
    /// (`cpython@3.11`, `pypy3.10`, `cp312`) or the name of a program.
    ///
    /// # Errors
    /// The text is empty, contains control characters, or begins like a version and is none.
    pub fn parse(text: &str) -> Result<Self, RequestError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(RequestError::Empty);
        }
        if text.len() > LENGTH_LIMIT || text.chars().any(char::is_control) {
            return Err(RequestError::Hostile);
        }
        match text.to_ascii_lowercase().as_str() {
            "any" => return Ok(Self::Any),
            "default" => return Ok(Self::Default),
            _ => {}
        }
        if is_path_like(text) {
            return Ok(Self::Path(PathBuf::from(text)));
        }
        if text.starts_with(|first: char| first.is_ascii_digit() || "<>=!~".contains(first)) {
            return VersionRequest::parse(text)
                .map(Self::Version)
                .ok_or_else(|| RequestError::Version {
                    text: text.to_owned(),
                });
        }
        parse_implementation(text).unwrap_or_else(|| Ok(Self::Name(text.to_owned())))
    }

    /// Says whether an interpreter satisfies the request. Paths and names say nothing about
    /// versions, so they match everything here.
    #[must_use]
    pub fn matches(&self, interpreter: &Interpreter) -> bool {
        match self {
            Self::Default => interpreter.implementation == "cpython" && !interpreter.free_threaded,
            Self::Any | Self::Path(_) | Self::Name(_) => true,
            Self::Version(version) => version.matches(interpreter),
            Self::Implementation { name, version } => {
                interpreter.implementation == name.as_str()
                    && version
                        .as_ref()
                        .is_none_or(|version| version.matches(interpreter))
            }
        }
    }

    /// Returns the versions asked for, if the request says any.
    #[must_use]
    pub fn version(&self) -> Option<&VersionRequest> {
        match self {
            Self::Version(version) => Some(version),
            Self::Implementation { version, .. } => version.as_ref(),
            _ => None,
        }
    }

    /// Returns the implementation asked for, if the request names one.
    #[must_use]
    pub fn implementation(&self) -> Option<ImplementationName> {
        match self {
            Self::Implementation { name, .. } => Some(*name),
            _ => None,
        }
    }
}

impl FromStr for PythonRequest {
    type Err = RequestError;

    fn from_str(text: &str) -> Result<Self, RequestError> {
        Self::parse(text)
    }
}

impl fmt::Display for PythonRequest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => out.write_str("default"),
            Self::Any => out.write_str("any"),
            Self::Version(version) => version.fmt(out),
            Self::Implementation {
                name,
                version: None,
            } => name.fmt(out),
            Self::Implementation {
                name,
                version: Some(version),
            } => {
                write!(out, "{name}@{version}")
            }
            Self::Path(path) => write!(out, "{}", path.display()),
            Self::Name(name) => out.write_str(name),
        }
    }
}

/// Says whether a text must be a path.
fn is_path_like(text: &str) -> bool {
    text.contains('/')
        || (cfg!(windows) && text.contains('\\'))
        || text.starts_with('.')
        || text == "~"
        || Path::new(text).is_absolute()
}

/// Reads `3`, `3.12`, `3.12.1`, `312`.
fn parse_prefix(text: &str) -> Option<VersionRange> {
    let numbers: Vec<u64> = text.split('.').map(number).collect::<Option<_>>()?;
    let (major, minor, micro) = match (text, numbers.as_slice()) {
        (_, [only]) if *only < 10 => (*only, None, None),
        // The way wheel tags write it: 39, 312.
        (joined, [_]) if joined.len() <= 3 => {
            (number(&joined[..1])?, Some(number(&joined[1..])?), None)
        }
        (_, [major, minor]) => (*major, Some(*minor), None),
        (_, [major, minor, micro]) => (*major, Some(*minor), Some(*micro)),
        _ => return None,
    };
    Some(VersionRange::Prefix {
        major,
        minor,
        micro,
    })
}

/// Reads a number of at most four digits.
fn number(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Reads a pre-release such as `3.13.0rc1`.
fn parse_exact(text: &str) -> Option<VersionRange> {
    let version = Version::from_str(text).ok()?;
    let fits = version.is_prerelease() && !version.is_dev() && version.local().is_none();
    (fits && version.release().len() <= 3).then_some(VersionRange::Exact(version))
}

/// Drops everything but the numbers of a version.
fn release_only(version: &Version) -> Version {
    if version.is_prerelease() {
        version.base()
    } else {
        version.clone()
    }
}

/// Reads `cpython`, `cpython@3.11`, `cpython3.11`, `cp312`, `pypy>=3.9`. `None`: some other name.
fn parse_implementation(text: &str) -> Option<Result<PythonRequest, RequestError>> {
    let lower = text.to_ascii_lowercase();
    for (prefix, name) in ImplementationName::NAMES {
        let Some(rest) = lower.strip_prefix(prefix) else {
            continue;
        };
        if rest.is_empty() {
            return Some(Ok(PythonRequest::Implementation {
                name,
                version: None,
            }));
        }
        let spelled_out = rest.starts_with('@');
        let version = rest.strip_prefix(['@', '-']).unwrap_or(rest);
        if let Some(version) = VersionRequest::parse(version) {
            return Some(Ok(PythonRequest::Implementation {
                name,
                version: Some(version),
            }));
        }
        if spelled_out {
            return Some(Err(RequestError::ImplementationVersion {
                implementation: name,
                version: version.to_owned(),
            }));
        }
    }
    None
}

#[cfg(test)]
mod tests;
