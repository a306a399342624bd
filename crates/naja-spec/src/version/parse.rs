//! Reading versions, with every spelling PEP 440 allows.

use smallvec::SmallVec;

use super::parts::{LocalSegment, LocalVersion, PreKind, PreRelease, VersionParts};
use super::repr::{PACKED_LENGTH, PACKED_NUMBERS, Packed, Phase, Repr, Version};
use crate::syntax::{Fault, Grammar, SyntaxError, text_form};

/// A text that is not a version by PEP 440.
pub type VersionError = SyntaxError<VersionReason>;

/// Why a text is not a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VersionReason {
    /// There is no text at all.
    #[error("it is empty")]
    Empty,
    /// There is no number where the release should be.
    #[error("expected a number")]
    ExpectedNumber,
    /// A number of 20 digits or more.
    #[error("the number is too large")]
    NumberTooLarge,
    /// A `+` or a separator in the local label without letters or digits after it.
    #[error("expected letters or digits of the local version")]
    ExpectedLocal,
    /// The text goes on with something that has no place in a version.
    #[error("unexpected `{0}`")]
    Unexpected(char),
}

impl Grammar for VersionReason {
    const NOUN: &'static str = "version";
}

impl Version {
    /// Parses a version; surrounding white space, a leading `v` and all alternative spellings of
    /// PEP 440 are accepted.
    ///
    /// # Errors
    /// Fails where the text does not follow PEP 440, or a number needs more than 64 bits.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        Self::parse_part(text).map_err(|fault| fault.within(text))
    }

    pub(crate) fn parse_part(text: &str) -> Result<Self, Fault<VersionReason>> {
        if let Some(packed) = parse_packed(text.as_bytes()) {
            return Ok(Self(Repr::Packed(packed)));
        }
        let inner = text.trim_start();
        let mut cursor = Cursor {
            text: inner.trim_end(),
            at: 0,
        };
        match cursor.version() {
            Ok(parts) => Ok(Self::from_parts(parts)),
            Err(fault) => Err(fault.shifted(text.len() - inner.len())),
        }
    }
}

text_form!(Version, VersionError, "a version");

/// Reads the commonest spellings straight into bits; `None` means: read it the long way.
fn parse_packed(bytes: &[u8]) -> Option<Packed> {
    let (mut release, mut length, mut at) = (0u64, 0, 0);
    loop {
        let (number, next) = short_number(bytes, at)?;
        if length < PACKED_NUMBERS {
            release |= u64::from(u16::try_from(number).ok()?) << (48 - 16 * length);
        } else if number != 0 {
            return None;
        }
        length += 1;
        at = next;
        if bytes.get(at) != Some(&b'.') || !bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
            break;
        }
        at += 1;
    }
    if length > PACKED_LENGTH {
        return None;
    }
    let (phase, skipped) = match &bytes[at..] {
        [] => return Some(Packed::new(release, length, Phase::Final, 0)),
        [b'a', ..] => (Phase::Alpha, 1),
        [b'b', ..] => (Phase::Beta, 1),
        [b'r', b'c', ..] => (Phase::Candidate, 2),
        [b'.', b'p', b'o', b's', b't', ..] => (Phase::Post, 5),
        [b'.', b'd', b'e', b'v', ..] => (Phase::Dev, 4),
        _ => return None,
    };
    let (number, end) = short_number(bytes, at + skipped)?;
    (end == bytes.len() && number < 1 << 25).then(|| Packed::new(release, length, phase, number))
}

/// Reads one to nine digits.
fn short_number(bytes: &[u8], start: usize) -> Option<(u32, usize)> {
    let mut number = 0u32;
    let mut at = start;
    while let Some(digit) = bytes.get(at).filter(|byte| byte.is_ascii_digit()) {
        if at - start == 9 {
            return None;
        }
        number = number * 10 + u32::from(digit - b'0');
        at += 1;
    }
    (at > start).then_some((number, at))
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl Cursor<'_> {
    fn version(&mut self) -> Result<VersionParts, Fault<VersionReason>> {
        if self.text.is_empty() {
            return Err(Fault::new(0..0, VersionReason::Empty));
        }
        if matches!(self.peek(), Some(b'v' | b'V')) {
            self.at += 1;
        }
        let mut parts = VersionParts::default();
        let first = self.required_number()?;
        if self.peek() == Some(b'!') {
            self.at += 1;
            parts.epoch = first;
            parts.release.push(self.required_number()?);
        } else {
            parts.release.push(first);
        }
        while self.peek() == Some(b'.') && self.peek_at(1).is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
            parts.release.push(self.required_number()?);
        }
        parts.pre = self.pre()?;
        parts.post = self.post()?;
        parts.dev = self.labelled(&["dev"])?.map(|(_, number)| number);
        if self.peek() == Some(b'+') {
            parts.local = Some(self.local()?);
        }
        match self.text[self.at..].chars().next() {
            None => Ok(parts),
            Some(found) => {
                let span = self.at..self.at + found.len_utf8();
                Err(Fault::new(span, VersionReason::Unexpected(found)))
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.peek_at(0)
    }

    fn peek_at(&self, distance: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + distance).copied()
    }

    fn number(&mut self) -> Result<Option<u64>, Fault<VersionReason>> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start {
            return Ok(None);
        }
        let too_large = || Fault::new(start..self.at, VersionReason::NumberTooLarge);
        self.text[start..self.at]
            .parse()
            .map(Some)
            .map_err(|_| too_large())
    }

    fn required_number(&mut self) -> Result<u64, Fault<VersionReason>> {
        let at = self.at;
        self.number()?
            .ok_or_else(|| Fault::new(at..at, VersionReason::ExpectedNumber))
    }

    /// Reads `[-_.]? label [-_.]? digits?`; labels are tried in order, a number not written is 0.
    fn labelled(
        &mut self,
        labels: &[&'static str],
    ) -> Result<Option<(&'static str, u64)>, Fault<VersionReason>> {
        let start = self.at + usize::from(matches!(self.peek(), Some(b'-' | b'_' | b'.')));
        let rest = &self.text.as_bytes()[start..];
        let found = labels.iter().find(|label| {
            rest.get(..label.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(label.as_bytes()))
        });
        let Some(label) = found else { return Ok(None) };
        self.at = start + label.len();
        // One separator may stand after a label even where no number follows it.
        self.at += usize::from(matches!(self.peek(), Some(b'-' | b'_' | b'.')));
        Ok(Some((label, self.number()?.unwrap_or(0))))
    }

    fn pre(&mut self) -> Result<Option<PreRelease>, Fault<VersionReason>> {
        const LABELS: &[&str] = &["alpha", "a", "beta", "b", "preview", "pre", "c", "rc"];
        Ok(self.labelled(LABELS)?.map(|(label, number)| {
            let kind = match label {
                "alpha" | "a" => PreKind::Alpha,
                "beta" | "b" => PreKind::Beta,
                _ => PreKind::Candidate,
            };
            PreRelease { kind, number }
        }))
    }

    fn post(&mut self) -> Result<Option<u64>, Fault<VersionReason>> {
        if self.peek() == Some(b'-') && self.peek_at(1).is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
            return self.number();
        }
        Ok(self
            .labelled(&["post", "rev", "r"])?
            .map(|(_, number)| number))
    }

    fn local(&mut self) -> Result<LocalVersion, Fault<VersionReason>> {
        let mut segments: SmallVec<[LocalSegment; 4]> = SmallVec::new();
        loop {
            self.at += 1;
            let start = self.at;
            while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric()) {
                self.at += 1;
            }
            let segment = &self.text[start..self.at];
            if segment.is_empty() {
                return Err(Fault::new(start..start, VersionReason::ExpectedLocal));
            }
            if segment.bytes().all(|byte| byte.is_ascii_digit()) {
                let number = segment
                    .parse()
                    .map_err(|_| Fault::new(start..self.at, VersionReason::NumberTooLarge))?;
                segments.push(LocalSegment::Number(number));
            } else {
                segments.push(LocalSegment::Text(segment.to_ascii_lowercase().into()));
            }
            if !matches!(self.peek(), Some(b'-' | b'_' | b'.')) {
                return Ok(LocalVersion(segments.into_vec().into()));
            }
        }
    }
}
