//! The pieces a version is made of.

use std::fmt;

use smallvec::SmallVec;

/// The kind of a pre-release, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PreKind {
    /// `a`, also spelt `alpha`.
    Alpha,
    /// `b`, also spelt `beta`.
    Beta,
    /// `rc`, also spelt `c`, `pre` or `preview`.
    Candidate,
}

impl PreKind {
    /// Returns the normal spelling: `a`, `b` or `rc`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alpha => "a",
            Self::Beta => "b",
            Self::Candidate => "rc",
        }
    }
}

/// The pre-release segment, e.g. `rc1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PreRelease {
    /// Alpha, beta or candidate.
    pub kind: PreKind,
    /// Its number; 0 where none was written.
    pub number: u64,
}

/// One segment of a local version label; text sorts below numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LocalSegment {
    /// Letters and digits, in lower case.
    Text(Box<str>),
    /// Digits only.
    Number(u64),
}

/// A local version label, the part after `+`; never empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalVersion(pub(super) Box<[LocalSegment]>);

impl LocalVersion {
    /// Returns the segments in order.
    #[must_use]
    pub fn segments(&self) -> &[LocalSegment] {
        &self.0
    }
}

impl fmt::Display for LocalVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(".")?;
            }
            match segment {
                LocalSegment::Text(text) => f.write_str(text)?,
                LocalSegment::Number(number) => write!(f, "{number}")?,
            }
        }
        Ok(())
    }
}

/// A version taken apart, to build one from pieces.
///
/// An empty `release` counts as `0`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VersionParts {
    /// The number before `!`; 0 where none was written.
    pub epoch: u64,
    /// The numbers of the release segment, trailing zeros kept.
    pub release: SmallVec<[u64; 4]>,
    /// The pre-release segment.
    pub pre: Option<PreRelease>,
    /// The number of the post-release segment.
    pub post: Option<u64>,
    /// The number of the development release segment.
    pub dev: Option<u64>,
    /// The local version label.
    pub local: Option<LocalVersion>,
}
