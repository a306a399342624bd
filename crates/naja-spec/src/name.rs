//! Normalised names of packages, extras and dependency groups (PEP 503, 685, 735).

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::sync::Arc;

use crate::syntax::{Fault, Grammar, SyntaxError, text_form};

/// A name that breaks the grammar of the core metadata specification.
pub type NameError = SyntaxError<NameReason>;

/// Why a text is not a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameReason {
    /// There is no text at all.
    #[error("it is empty")]
    Empty,
    /// A character outside ASCII letters, digits, `-`, `_` and `.`.
    #[error("`{0}` is not an ASCII letter, digit, `-`, `_` or `.`")]
    Character(char),
    /// The first character is punctuation.
    #[error("it must start with a letter or a digit")]
    Start,
    /// The last character is punctuation.
    #[error("it must end with a letter or a digit")]
    End,
}

impl Grammar for NameReason {
    const NOUN: &'static str = "name";
}

/// Checks a name and brings it into normal form: lower case, runs of `-_.` as one `-`.
pub(crate) fn normalise(text: &str) -> Result<Cow<'_, str>, Fault<NameReason>> {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return Err(Fault::new(0..0, NameReason::Empty));
    };
    let mut normal = true;
    let mut previous_dash = false;
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' => previous_dash = false,
            b'-' => {
                normal &= !previous_dash;
                previous_dash = true;
            }
            b'A'..=b'Z' | b'_' | b'.' => normal = false,
            _ => {
                let found = text[at..]
                    .chars()
                    .next()
                    .unwrap_or(char::REPLACEMENT_CHARACTER);
                let span = at..at + found.len_utf8();
                return Err(Fault::new(span, NameReason::Character(found)));
            }
        }
    }
    if !first.is_ascii_alphanumeric() {
        return Err(Fault::new(0..1, NameReason::Start));
    }
    if !last.is_ascii_alphanumeric() {
        return Err(Fault::new(bytes.len() - 1..bytes.len(), NameReason::End));
    }
    Ok(if normal {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(folded(bytes))
    })
}

fn folded(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte.to_ascii_lowercase()));
        } else if !out.ends_with('-') {
            out.push('-');
        }
    }
    out
}

macro_rules! normalised_name {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks and normalises a name.
            ///
            /// # Errors
            /// Fails where the text is empty, holds a character outside ASCII letters, digits
            /// and `-_.`, or starts or ends with punctuation.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                Self::parse_part(text).map_err(|fault| fault.within(text))
            }

            pub(crate) fn parse_part(text: &str) -> Result<Self, Fault<NameReason>> {
                normalise(text).map(|name| Self(name.into()))
            }

            /// Returns the normalised text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        text_form!($name, NameError, $what);
    };
}

normalised_name! {
    /// The normalised name of a project (PEP 503); cheap to clone, ordered by its text.
    PackageName, "a package name"
}
normalised_name! {
    /// The normalised name of an extra (PEP 685); cheap to clone, ordered by its text.
    ExtraName, "the name of an extra"
}
normalised_name! {
    /// The normalised name of a dependency group (PEP 735); cheap to clone, ordered by its text.
    GroupName, "the name of a dependency group"
}

/// What stands for the root of a workspace that declares no project: no name, so that none can be the same.
const UNNAMED_ROOT: &str = "workspace root";

impl PackageName {
    /// Returns what stands for a root that has dependency groups and no `[project]`.
    #[must_use]
    pub fn unnamed_root() -> Self {
        Self(UNNAMED_ROOT.into())
    }

    /// Returns whether it stands for a root without a name.
    #[must_use]
    pub fn is_unnamed_root(&self) -> bool {
        &*self.0 == UNNAMED_ROOT
    }

    /// Returns the form used in wheel and `.dist-info` names: `-` becomes `_`.
    #[must_use]
    pub fn as_dist_info_name(&self) -> String {
        self.0.replace('-', "_")
    }

    /// Returns the name with extras as a requirement writes it: `uvicorn[standard]`.
    #[must_use]
    pub fn with_extras<'a>(&self, extras: impl IntoIterator<Item = &'a ExtraName>) -> String {
        let mut text = self.0.to_string();
        let mut before = '[';
        for extra in extras {
            text.push(before);
            text.push_str(extra.as_str());
            before = ',';
        }
        if before == ',' {
            text.push(']');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folded() {
        for (given, normal) in [
            ("Foo", "foo"),
            ("foo-bar", "foo-bar"),
            ("Foo__Bar.-baz", "foo-bar-baz"),
            ("a--b", "a-b"),
            ("zope.interface", "zope-interface"),
            ("0", "0"),
        ] {
            assert_eq!(PackageName::parse(given).unwrap().as_str(), normal);
        }
        let name = PackageName::parse("ruamel.yaml-clib").unwrap();
        assert_eq!(name.as_dist_info_name(), "ruamel_yaml_clib");
        let extras = ["jit", "old"].map(|extra| ExtraName::parse(extra).unwrap());
        assert_eq!(name.with_extras(&extras), "ruamel-yaml-clib[jit,old]");
        assert_eq!(name.with_extras([]), "ruamel-yaml-clib");
    }

    #[test]
    fn faults_are_placed() {
        for (given, span, reason) in [
            ("", 0..0, NameReason::Empty),
            ("-a", 0..1, NameReason::Start),
            ("a.", 1..2, NameReason::End),
            ("fo o", 2..3, NameReason::Character(' ')),
            ("naïve", 2..4, NameReason::Character('ï')),
        ] {
            let error = ExtraName::parse(given).unwrap_err();
            assert_eq!((error.span(), *error.reason()), (span, reason), "{given:?}");
        }
    }

    #[test]
    fn the_message_names_the_text() {
        let error = PackageName::parse("a b").unwrap_err();
        let text = "invalid name `a b`: ` ` is not an ASCII letter, digit, `-`, `_` or `.`";
        assert_eq!(error.to_string(), text);
    }
}
