//! One error shape for every small grammar of this crate.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// The longest input that is repeated in full in a message, in bytes.
const SHOWN_INPUT: usize = 200;

/// Names the grammar that a reason belongs to, for messages.
pub trait Grammar: fmt::Display + fmt::Debug {
    /// What the input was meant to be, e.g. `version`.
    const NOUN: &'static str;
}

/// Text that does not follow its grammar: the input, the bytes at fault, and the reason.
///
/// The aliases [`crate::VersionError`], [`crate::SpecifierError`], [`crate::MarkerError`],
/// [`crate::RequirementError`] and [`crate::NameError`] are what functions return.
#[derive(Clone, PartialEq, Eq)]
pub struct SyntaxError<R>(Box<Details<R>>);

#[derive(Clone, PartialEq, Eq)]
struct Details<R> {
    input: Box<str>,
    span: Range<usize>,
    reason: R,
}

impl<R> SyntaxError<R> {
    /// Returns the whole text that was read.
    #[must_use]
    pub fn input(&self) -> &str {
        &self.0.input
    }

    /// Returns the byte range at fault within [`Self::input`]; it is empty where something is
    /// missing, and its ends always lie on character boundaries.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.0.span.clone()
    }

    /// Returns the reason.
    #[must_use]
    pub fn reason(&self) -> &R {
        &self.0.reason
    }
}

impl<R: Grammar> fmt::Display for SyntaxError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let input = self.input();
        let shown = &input[..input.floor_char_boundary(SHOWN_INPUT)];
        let cut = if shown.len() < input.len() { "…" } else { "" };
        write!(f, "invalid {} `{shown}{cut}`: {}", R::NOUN, self.reason())
    }
}

impl<R: fmt::Debug> fmt::Debug for SyntaxError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyntaxError")
            .field("input", &self.0.input)
            .field("span", &self.0.span)
            .field("reason", &self.0.reason)
            .finish()
    }
}

impl<R: Grammar> std::error::Error for SyntaxError<R> {}

/// A reason with its place, before the whole input is attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault<R> {
    pub(crate) span: Range<usize>,
    pub(crate) reason: R,
}

impl<R> Fault<R> {
    pub(crate) fn new(span: Range<usize>, reason: R) -> Self {
        Self { span, reason }
    }

    /// Moves the span by the place of the inner text within the outer one.
    pub(crate) fn shifted(mut self, offset: usize) -> Self {
        self.span = self.span.start + offset..self.span.end + offset;
        self
    }

    pub(crate) fn map<S>(self, wrap: impl FnOnce(R) -> S) -> Fault<S> {
        Fault {
            span: self.span,
            reason: wrap(self.reason),
        }
    }

    /// Attaches the input; the span is moved outwards to character boundaries, and user names and
    /// passwords of URLs are hidden without moving anything.
    pub(crate) fn within(self, input: &str) -> SyntaxError<R> {
        let start = input.floor_char_boundary(self.span.start);
        let end = input
            .ceil_char_boundary(self.span.end.min(input.len()))
            .max(start);
        let input = masked(input).into();
        SyntaxError(Box::new(Details {
            input,
            span: start..end,
            reason: self.reason,
        }))
    }
}

/// Replaces each byte between `://` and the `@` of a URL's authority by `*`.
fn masked(input: &str) -> Cow<'_, str> {
    let mut out = Cow::Borrowed(input);
    let mut from = 0;
    while let Some(found) = input[from..].find("://") {
        let start = from + found + 3;
        let rest = &input[start..];
        let is_end = |c: char| matches!(c, '/' | '?' | '#') || c.is_whitespace();
        let authority = &rest[..rest.find(is_end).unwrap_or(rest.len())];
        if let Some(end) = authority.rfind('@') {
            out.to_mut()
                .replace_range(start..start + end, &"*".repeat(end));
        }
        from = start + authority.len();
    }
    out
}

/// Implements `FromStr`, `Deserialize` and `Serialize` by way of `parse` and `Display`.
macro_rules! text_form {
    ($type:ty, $error:ty, $what:literal) => {
        crate::syntax::parsed_form!($type, $error, $what);

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    };
}

/// Implements `FromStr` and `Deserialize` by way of `parse`.
macro_rules! parsed_form {
    ($type:ty, $error:ty, $what:literal) => {
        impl std::str::FromStr for $type {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                <$type>::parse(text)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;

                impl serde::de::Visitor<'_> for Text {
                    type Value = $type;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($what)
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$type, E> {
                        <$type>::parse(text).map_err(E::custom)
                    }
                }

                deserializer.deserialize_str(Text)
            }
        }
    };
}

pub(crate) use {parsed_form, text_form};
