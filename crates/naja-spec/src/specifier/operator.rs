//! The comparison operators and what each means.

use std::fmt;

use crate::version::Version;

/// A comparison operator of PEP 440.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// `==`; a version without local label matches all local versions of it.
    Equal,
    /// `== x.*`
    EqualStar,
    /// `!=`
    NotEqual,
    /// `!= x.*`
    NotEqualStar,
    /// `~=`
    Compatible,
    /// `<`; excludes pre-releases of the version, unless it is one.
    Less,
    /// `<=`
    LessEqual,
    /// `>`; excludes local versions and post-releases of the version, unless it is one.
    Greater,
    /// `>=`
    GreaterEqual,
    /// `===`; compares text, not versions.
    Arbitrary,
}

impl Operator {
    /// Returns the symbol; the `.*` of the prefix forms is not part of it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal | Self::EqualStar => "==",
            Self::NotEqual | Self::NotEqualStar => "!=",
            Self::Compatible => "~=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Arbitrary => "===",
        }
    }

    /// Tells whether the operator compares with a prefix (`.*`).
    #[must_use]
    pub fn is_star(self) -> bool {
        matches!(self, Self::EqualStar | Self::NotEqualStar)
    }

    /// Tells whether `candidate` stands in this relation to `version`.
    ///
    /// `===` compares the normal forms here; pre-release policy is not applied.
    #[must_use]
    pub fn matches(self, candidate: &Version, version: &Version) -> bool {
        match self {
            Self::Equal => equal(candidate, version),
            Self::NotEqual => !equal(candidate, version),
            Self::EqualStar => candidate.same_prefix(version, version.release().len()),
            Self::NotEqualStar => !candidate.same_prefix(version, version.release().len()),
            Self::GreaterEqual => candidate.cmp_public(version).is_ge(),
            Self::LessEqual => candidate.cmp_public(version).is_le(),
            Self::Less => less(candidate, version),
            Self::Greater => greater(candidate, version),
            Self::Compatible => compatible(candidate, version),
            Self::Arbitrary => candidate.to_string() == version.to_string(),
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

fn equal(candidate: &Version, version: &Version) -> bool {
    if version.local().is_some() {
        candidate == version
    } else {
        candidate.cmp_public(version).is_eq()
    }
}

fn compatible(candidate: &Version, version: &Version) -> bool {
    candidate.cmp_public(version).is_ge()
        && candidate.same_prefix(version, version.release().len().saturating_sub(1))
}

/// `<V` ends at the first development release of `V`, unless `V` is itself a pre-release.
fn less(candidate: &Version, version: &Version) -> bool {
    if candidate.cmp_public(version).is_ge() {
        return false;
    }
    if version.is_prerelease() || !candidate.is_prerelease() || !candidate.same_release(version) {
        return true;
    }
    match version.post() {
        None => false,
        post => candidate.pre().is_some() || candidate.post() != post,
    }
}

/// `>V` starts after all that belongs to `V`: its local versions and, where `V` is neither a post-
/// nor a development release, its post-releases.
fn greater(candidate: &Version, version: &Version) -> bool {
    if candidate.cmp_public(version).is_le() {
        return false;
    }
    version.is_post()
        || version.is_dev()
        || candidate.pre() != version.pre()
        || !candidate.same_release(version)
}
