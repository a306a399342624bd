//! How a version is kept in memory, and the questions it answers.
//!
//! Nearly every version in the wild has at most four release numbers below 65,536, no epoch, no
//! local label and at most one of a pre-, post- or development segment. Such a version is 12
//! bytes of bits whose order is the order of PEP 440; all others live behind an `Arc`.

use std::ops::Deref;
use std::sync::Arc;

use smallvec::SmallVec;

use super::parts::{LocalVersion, PreKind, PreRelease, VersionParts};

/// How many release numbers fit in a packed version.
pub(super) const PACKED_NUMBERS: usize = 4;
/// The greatest release length a packed version can remember, trailing zeros included.
pub(super) const PACKED_LENGTH: usize = 15;
/// The first suffix number that does not fit in a packed version.
const PACKED_SUFFIX_END: u64 = 1 << 25;

/// A version by PEP 440: cheap to clone, compare and hash; 16 bytes.
///
/// Equality and order are those of the specification (`1.0 == 1.0.0`, `1.0 < 1.0+local`), while
/// `Display` keeps the number of release segments that was written.
#[derive(Clone)]
pub struct Version(pub(super) Repr);

#[derive(Clone)]
pub(super) enum Repr {
    Packed(Packed),
    Full(Arc<VersionParts>),
}

/// A version as ordered bits.
///
/// `release` holds four 16-bit numbers, the most significant first. `suffix` holds the phase (3
/// bits), its number (25 bits) and the written release length (4 bits, not part of the order).
/// The smaller alignment leaves room for the tag of [`Repr`] within 16 bytes.
#[derive(Clone, Copy)]
#[repr(Rust, packed(4))]
pub(super) struct Packed {
    pub(super) release: u64,
    pub(super) suffix: u32,
}

/// What follows the release numbers of a packed version, in order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Dev = 0,
    Alpha = 1,
    Beta = 2,
    Candidate = 3,
    Final = 4,
    Post = 5,
}

impl Packed {
    pub(super) fn new(release: u64, length: usize, phase: Phase, number: u32) -> Self {
        debug_assert!((1..=PACKED_LENGTH).contains(&length));
        Self {
            release,
            suffix: ((phase as u32) << 29) | (number << 4) | length as u32,
        }
    }

    pub(super) fn phase(self) -> Phase {
        match self.suffix >> 29 {
            0 => Phase::Dev,
            1 => Phase::Alpha,
            2 => Phase::Beta,
            3 => Phase::Candidate,
            4 => Phase::Final,
            _ => Phase::Post,
        }
    }

    pub(super) fn number(self) -> u64 {
        u64::from((self.suffix >> 4) & ((1 << 25) - 1))
    }

    pub(super) fn length(self) -> usize {
        (self.suffix & 15) as usize
    }

    /// Returns the bits that decide order and equality.
    pub(super) fn key(self) -> (u64, u32) {
        (self.release, self.suffix >> 4)
    }

    pub(super) fn numbers(self) -> [u64; PACKED_NUMBERS] {
        [48, 32, 16, 0].map(|shift| (self.release >> shift) & 0xffff)
    }

    fn pre(self) -> Option<PreRelease> {
        let kind = match self.phase() {
            Phase::Alpha => PreKind::Alpha,
            Phase::Beta => PreKind::Beta,
            Phase::Candidate => PreKind::Candidate,
            Phase::Dev | Phase::Final | Phase::Post => return None,
        };
        Some(PreRelease {
            kind,
            number: self.number(),
        })
    }
}

/// Packs the parts that decide order; `None` where they do not fit.
pub(super) fn pack(parts: &VersionParts, length: usize) -> Option<Packed> {
    if parts.epoch != 0 || parts.local.is_some() {
        return None;
    }
    let (phase, number) = match (parts.pre, parts.post, parts.dev) {
        (None, None, None) => (Phase::Final, 0),
        (None, None, Some(dev)) => (Phase::Dev, dev),
        (None, Some(post), None) => (Phase::Post, post),
        (Some(pre), None, None) => {
            let phase = match pre.kind {
                PreKind::Alpha => Phase::Alpha,
                PreKind::Beta => Phase::Beta,
                PreKind::Candidate => Phase::Candidate,
            };
            (phase, pre.number)
        }
        _ => return None,
    };
    if number >= PACKED_SUFFIX_END {
        return None;
    }
    let mut release = 0;
    for (at, &segment) in parts.release.iter().enumerate() {
        if segment == 0 {
            continue;
        }
        if at >= PACKED_NUMBERS || segment > 0xffff {
            return None;
        }
        release |= segment << (48 - 16 * at);
    }
    Some(Packed::new(
        release,
        length,
        phase,
        u32::try_from(number).ok()?,
    ))
}

/// The release numbers of a version; reads as a slice, trailing zeros included.
#[derive(Debug, Clone)]
pub struct Release<'a>(Numbers<'a>);

#[derive(Debug, Clone)]
enum Numbers<'a> {
    Inline([u64; PACKED_NUMBERS], usize),
    Long(SmallVec<[u64; PACKED_LENGTH]>),
    Borrowed(&'a [u64]),
}

impl Deref for Release<'_> {
    type Target = [u64];

    fn deref(&self) -> &[u64] {
        match &self.0 {
            Numbers::Inline(numbers, length) => &numbers[..*length],
            Numbers::Long(numbers) => numbers,
            Numbers::Borrowed(numbers) => numbers,
        }
    }
}

impl Version {
    /// Builds a version from its parts.
    #[must_use]
    pub fn from_parts(mut parts: VersionParts) -> Self {
        if parts.release.is_empty() {
            parts.release.push(0);
        }
        let length = parts.release.len();
        if length <= PACKED_LENGTH
            && let Some(packed) = pack(&parts, length)
        {
            return Self(Repr::Packed(packed));
        }
        Self(Repr::Full(Arc::new(parts)))
    }

    /// Builds a final release such as `3.12` from its numbers; no numbers count as `0`.
    #[must_use]
    pub fn from_release(numbers: &[u64]) -> Self {
        Self::from_parts(VersionParts {
            release: numbers.into(),
            ..VersionParts::default()
        })
    }

    /// Takes the version apart.
    #[must_use]
    pub fn to_parts(&self) -> VersionParts {
        match &self.0 {
            Repr::Full(parts) => VersionParts::clone(parts),
            Repr::Packed(packed) => VersionParts {
                epoch: 0,
                release: SmallVec::from_slice(&self.release()),
                pre: packed.pre(),
                post: self.post(),
                dev: self.dev(),
                local: None,
            },
        }
    }

    /// Returns the epoch, 0 where none was written.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        match &self.0 {
            Repr::Packed(_) => 0,
            Repr::Full(parts) => parts.epoch,
        }
    }

    /// Returns the release numbers as written, at least one.
    #[must_use]
    pub fn release(&self) -> Release<'_> {
        Release(match &self.0 {
            Repr::Full(parts) => Numbers::Borrowed(&parts.release),
            Repr::Packed(packed) if packed.length() <= PACKED_NUMBERS => {
                Numbers::Inline(packed.numbers(), packed.length())
            }
            Repr::Packed(packed) => {
                let mut numbers = SmallVec::from_slice(&packed.numbers());
                numbers.resize(packed.length(), 0);
                Numbers::Long(numbers)
            }
        })
    }

    /// Returns the release number at a position, 0 where it was not written.
    #[must_use]
    pub fn number(&self, at: usize) -> u64 {
        match &self.0 {
            Repr::Packed(packed) => packed.numbers().get(at).copied().unwrap_or(0),
            Repr::Full(parts) => parts.release.get(at).copied().unwrap_or(0),
        }
    }

    /// Returns the first release number.
    #[must_use]
    pub fn major(&self) -> u64 {
        self.number(0)
    }

    /// Returns the second release number, 0 where it was not written.
    #[must_use]
    pub fn minor(&self) -> u64 {
        self.number(1)
    }

    /// Returns the third release number, 0 where it was not written.
    #[must_use]
    pub fn micro(&self) -> u64 {
        self.number(2)
    }

    /// Returns the pre-release segment.
    #[must_use]
    pub fn pre(&self) -> Option<PreRelease> {
        match &self.0 {
            Repr::Packed(packed) => packed.pre(),
            Repr::Full(parts) => parts.pre,
        }
    }

    /// Returns the number of the post-release segment.
    #[must_use]
    pub fn post(&self) -> Option<u64> {
        match &self.0 {
            Repr::Packed(packed) => (packed.phase() == Phase::Post).then(|| packed.number()),
            Repr::Full(parts) => parts.post,
        }
    }

    /// Returns the number of the development release segment.
    #[must_use]
    pub fn dev(&self) -> Option<u64> {
        match &self.0 {
            Repr::Packed(packed) => (packed.phase() == Phase::Dev).then(|| packed.number()),
            Repr::Full(parts) => parts.dev,
        }
    }

    /// Returns the local version label.
    #[must_use]
    pub fn local(&self) -> Option<&LocalVersion> {
        match &self.0 {
            Repr::Packed(_) => None,
            Repr::Full(parts) => parts.local.as_ref(),
        }
    }

    /// Tells whether this is a pre-release or a development release.
    #[must_use]
    pub fn is_prerelease(&self) -> bool {
        match &self.0 {
            Repr::Packed(packed) => packed.phase() < Phase::Final,
            Repr::Full(parts) => parts.pre.is_some() || parts.dev.is_some(),
        }
    }

    /// Tells whether there is a post-release segment.
    #[must_use]
    pub fn is_post(&self) -> bool {
        self.post().is_some()
    }

    /// Tells whether there is a development release segment.
    #[must_use]
    pub fn is_dev(&self) -> bool {
        self.dev().is_some()
    }

    /// Returns the same version without its local label.
    #[must_use]
    pub fn without_local(&self) -> Self {
        if self.local().is_none() {
            return self.clone();
        }
        Self::from_parts(VersionParts {
            local: None,
            ..self.to_parts()
        })
    }

    /// Returns epoch and release numbers only.
    #[must_use]
    pub fn base(&self) -> Self {
        match &self.0 {
            Repr::Packed(packed) => {
                let packed = Packed::new(packed.release, packed.length(), Phase::Final, 0);
                Self(Repr::Packed(packed))
            }
            Repr::Full(parts) => Self::from_parts(VersionParts {
                epoch: parts.epoch,
                release: parts.release.clone(),
                ..VersionParts::default()
            }),
        }
    }
}
