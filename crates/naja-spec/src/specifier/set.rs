//! A conjunction of specifiers.

use std::fmt;

use rustc_hash::FxHashSet;

use super::lenient;
use super::operator::Operator;
use super::parse::{self, SpecifierError};
use super::single::VersionSpecifier;
use crate::syntax::text_form;
use crate::version::Version;

/// Specifiers that must all match, in the order written; without any, every version matches.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct VersionSpecifiers(Vec<VersionSpecifier>);

impl VersionSpecifiers {
    /// Parses a comma-separated list; an empty text is the specifier of any version.
    ///
    /// # Errors
    /// Fails where a part is not a version specifier by PEP 440. Empty parts are passed over.
    pub fn parse(text: &str) -> Result<Self, SpecifierError> {
        parse::list(text)
            .map(Self)
            .map_err(|fault| fault.within(text))
    }

    /// Parses as old metadata needs: missing commas, `>=1.0.*`, `!=3.0*`, `=>1.0`, quotes and
    /// the like are read as what they were meant to be.
    ///
    /// # Errors
    /// Fails where no such reading exists; the error is that of [`Self::parse`].
    pub fn parse_lenient(text: &str) -> Result<Self, SpecifierError> {
        lenient::list(text)
            .map(Self)
            .map_err(|fault| fault.within(text))
    }

    /// Tells whether all specifiers match by PEP 440; pre-release policy is not applied.
    #[must_use]
    pub fn contains(&self, version: &Version) -> bool {
        self.0.iter().all(|specifier| specifier.contains(version))
    }

    /// Tells whether any specifier names a pre-release, which admits pre-releases.
    #[must_use]
    pub fn mentions_prerelease(&self) -> bool {
        self.0.iter().any(VersionSpecifier::mentions_prerelease)
    }

    /// Returns the version of the first `==` (without `.*`) or `===`.
    #[must_use]
    pub fn exact_pin(&self) -> Option<&Version> {
        let is_pin = |specifier: &&VersionSpecifier| {
            matches!(specifier.op(), Operator::Equal | Operator::Arbitrary)
        };
        self.0
            .iter()
            .filter(is_pin)
            .find_map(VersionSpecifier::version)
    }

    /// Tells whether there is no specifier, so that every version matches.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the number of specifiers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Iterates over the specifiers in the order written.
    pub fn iter(&self) -> std::slice::Iter<'_, VersionSpecifier> {
        self.0.iter()
    }

    /// Returns the specifiers of both, this one's first; repeated ones are kept once.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        if other.0.is_empty() {
            return self.clone();
        }
        let known: FxHashSet<&VersionSpecifier> = self.0.iter().collect();
        let new = other.0.iter();
        let new = new.filter(|specifier| !known.contains(specifier));
        Self(self.0.iter().chain(new).cloned().collect())
    }
}

text_form!(VersionSpecifiers, SpecifierError, "version specifiers");

impl FromIterator<VersionSpecifier> for VersionSpecifiers {
    fn from_iter<I: IntoIterator<Item = VersionSpecifier>>(specifiers: I) -> Self {
        Self(specifiers.into_iter().collect())
    }
}

impl From<VersionSpecifier> for VersionSpecifiers {
    fn from(specifier: VersionSpecifier) -> Self {
        Self(vec![specifier])
    }
}

impl<'a> IntoIterator for &'a VersionSpecifiers {
    type Item = &'a VersionSpecifier;
    type IntoIter = std::slice::Iter<'a, VersionSpecifier>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for VersionSpecifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, specifier) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(",")?;
            }
            fmt::Display::fmt(specifier, f)?;
        }
        Ok(())
    }
}

impl fmt::Debug for VersionSpecifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}
