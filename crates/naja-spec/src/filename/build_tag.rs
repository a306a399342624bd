//! Build tags of wheels.

use std::fmt;

use super::text::is_tag_byte;

/// Build tag of a wheel (PEP 427): leading digits as a number, then the rest as text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BuildTag {
    /// Number of significant digits: comes first so that the derived order is numeric.
    digit_count: usize,
    digits: Box<str>,
    suffix: Box<str>,
}

impl BuildTag {
    /// Checks the form without keeping anything.
    pub(super) fn is_valid(text: &str) -> bool {
        text.as_bytes().first().is_some_and(u8::is_ascii_digit)
            && text
                .bytes()
                .all(|byte| is_tag_byte(byte) || matches!(byte, b'.' | b'+'))
    }

    /// Reads a build tag; `None` unless it begins with an ASCII digit and consists of letters,
    /// digits, `_`, `.` and `+`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if !Self::is_valid(text) {
            return None;
        }
        let end = text
            .bytes()
            .position(|b| !b.is_ascii_digit())
            .unwrap_or(text.len());
        let (digits, suffix) = text.split_at(end);
        let digits = digits.trim_start_matches('0');
        Some(Self {
            digit_count: digits.len(),
            digits: digits.into(),
            suffix: suffix.into(),
        })
    }
}

impl fmt::Display for BuildTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = if self.digits.is_empty() {
            "0"
        } else {
            &self.digits
        };
        write!(f, "{digits}{}", self.suffix)
    }
}
