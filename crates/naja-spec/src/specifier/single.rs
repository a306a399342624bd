//! One specifier, e.g. `>=1.0`.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::operator::Operator;
use super::parse::{self, SpecifierError};
use crate::syntax::text_form;
use crate::version::Version;

/// An operator and what it compares with, e.g. `~=2.1` or `==1.4.*`.
///
/// Equal ones match the same versions: `>=1.0` equals `>=1`, `~=1.0` differs from `~=1.0.0`.
#[derive(Clone)]
pub struct VersionSpecifier {
    operator: Operator,
    version: Option<Version>,
    /// The text of `===`, as written.
    text: Option<Arc<str>>,
}

impl VersionSpecifier {
    /// Parses one specifier.
    ///
    /// # Errors
    /// Fails where the text is not a version specifier by PEP 440.
    pub fn parse(text: &str) -> Result<Self, SpecifierError> {
        parse::single(text).map_err(|fault| fault.within(text))
    }

    /// Builds a specifier; `None` where the pair has no meaning: a local label with an ordering
    /// operator, `~=` with a single release number, `.*` after more than release numbers.
    #[must_use]
    pub fn new(operator: Operator, version: Version) -> Option<Self> {
        let fits = match operator {
            Operator::Equal | Operator::NotEqual => true,
            Operator::EqualStar | Operator::NotEqualStar => {
                !version.is_prerelease() && !version.is_post() && version.local().is_none()
            }
            Operator::Compatible => version.local().is_none() && version.release().len() > 1,
            Operator::Less | Operator::LessEqual | Operator::Greater | Operator::GreaterEqual => {
                version.local().is_none()
            }
            Operator::Arbitrary => return Some(Self::arbitrary(&version.to_string())),
        };
        fits.then_some(Self {
            operator,
            version: Some(version),
            text: None,
        })
    }

    /// Builds `===text`; the text is not checked.
    pub(crate) fn arbitrary(text: &str) -> Self {
        Self {
            operator: Operator::Arbitrary,
            version: Version::parse_part(text).ok(),
            text: Some(text.into()),
        }
    }

    /// Returns the operator.
    #[must_use]
    pub fn op(&self) -> Operator {
        self.operator
    }

    /// Returns the version, without `.*`; `None` only for `===` with a text that is no version.
    #[must_use]
    pub fn version(&self) -> Option<&Version> {
        self.version.as_ref()
    }

    /// Returns the text after `===`, as written.
    #[must_use]
    pub fn arbitrary_text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Tells whether the version matches by PEP 440; pre-release policy is not applied.
    #[must_use]
    pub fn contains(&self, candidate: &Version) -> bool {
        match (&self.text, &self.version) {
            (Some(text), _) => text.eq_ignore_ascii_case(&candidate.to_string()),
            (None, Some(version)) => self.operator.matches(candidate, version),
            (None, None) => false,
        }
    }

    /// Tells whether a version, given as it was written, matches.
    ///
    /// This differs from [`Self::contains`] for `===` only, which compares the texts themselves,
    /// regardless of case. A text that is no version matches nothing else.
    #[must_use]
    pub fn contains_text(&self, candidate: &str) -> bool {
        match &self.text {
            Some(text) => text.eq_ignore_ascii_case(candidate.trim()),
            None => Version::parse_part(candidate).is_ok_and(|version| self.contains(&version)),
        }
    }

    /// Tells whether the specifier names a pre-release, which admits pre-releases; `!=` and `.*`
    /// never do.
    #[must_use]
    pub fn mentions_prerelease(&self) -> bool {
        !matches!(
            self.operator,
            Operator::NotEqual | Operator::NotEqualStar | Operator::EqualStar
        ) && self.version.as_ref().is_some_and(Version::is_prerelease)
    }
}

impl PartialEq for VersionSpecifier {
    fn eq(&self, other: &Self) -> bool {
        let length = |specifier: &Self| match specifier.operator {
            Operator::EqualStar | Operator::NotEqualStar | Operator::Compatible => specifier
                .version
                .as_ref()
                .map_or(0, |version| version.release().len()),
            _ => 0,
        };
        self.operator == other.operator
            && self.text == other.text
            && self.version == other.version
            && length(self) == length(other)
    }
}

impl Eq for VersionSpecifier {}

impl Hash for VersionSpecifier {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.operator, &self.version, &self.text).hash(state);
    }
}

text_form!(VersionSpecifier, SpecifierError, "a version specifier");

impl fmt::Display for VersionSpecifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.operator.as_str())?;
        match (&self.text, &self.version) {
            (Some(text), _) => f.write_str(text)?,
            (None, Some(version)) => fmt::Display::fmt(version, f)?,
            (None, None) => {}
        }
        if self.operator.is_star() {
            f.write_str(".*")
        } else {
            Ok(())
        }
    }
}

impl fmt::Debug for VersionSpecifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}
