//! Equality, order and hash by PEP 440.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use super::parts::{PreKind, VersionParts};
use super::repr::{PACKED_LENGTH, Repr, Version, pack};

/// The release numbers without trailing zeros, which do not count.
pub(super) fn trimmed(release: &[u64]) -> &[u64] {
    let end = release
        .iter()
        .rposition(|&number| number != 0)
        .map_or(0, |last| last + 1);
    &release[..end]
}

/// The rank and number of the pre-release position: a bare development release comes first, a
/// version without pre-release after all pre-releases.
pub(super) fn pre_key(parts: &VersionParts) -> (u8, u64) {
    match (parts.pre, parts.post, parts.dev) {
        (Some(pre), ..) => {
            let rank = match pre.kind {
                PreKind::Alpha => 1,
                PreKind::Beta => 2,
                PreKind::Candidate => 3,
            };
            (rank, pre.number)
        }
        (None, None, Some(_)) => (0, 0),
        (None, ..) => (4, 0),
    }
}

/// Development releases come before what they develop.
pub(super) fn dev_key(dev: Option<u64>) -> (u8, u64) {
    dev.map_or((1, 0), |number| (0, number))
}

fn compare_public(left: &VersionParts, right: &VersionParts) -> Ordering {
    left.epoch
        .cmp(&right.epoch)
        .then_with(|| trimmed(&left.release).cmp(trimmed(&right.release)))
        .then_with(|| pre_key(left).cmp(&pre_key(right)))
        .then_with(|| left.post.cmp(&right.post))
        .then_with(|| dev_key(left.dev).cmp(&dev_key(right.dev)))
}

impl Version {
    /// Compares without regard to the local labels of either side.
    #[must_use]
    pub fn cmp_public(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Repr::Packed(left), Repr::Packed(right)) => left.key().cmp(&right.key()),
            (Repr::Full(left), Repr::Full(right)) => compare_public(left, right),
            (Repr::Packed(_), Repr::Full(right)) => compare_public(&self.to_parts(), right),
            (Repr::Full(left), Repr::Packed(_)) => compare_public(left, &other.to_parts()),
        }
    }

    /// Tells whether epoch and release numbers are equal, trailing zeros aside.
    #[must_use]
    pub fn same_release(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Repr::Packed(left), Repr::Packed(right)) => left.release == right.release,
            _ => {
                self.epoch() == other.epoch()
                    && trimmed(&self.release()) == trimmed(&other.release())
            }
        }
    }

    /// Tells whether the first `length` release numbers and the epoch equal those of `other`;
    /// missing numbers count as 0.
    #[must_use]
    pub fn same_prefix(&self, other: &Self, length: usize) -> bool {
        if let (Repr::Packed(left), Repr::Packed(right)) = (&self.0, &other.0) {
            let unread = 16 * 4usize.saturating_sub(length);
            return (left.release ^ right.release)
                .checked_shr(unread as u32)
                .unwrap_or(0)
                == 0;
        }
        let (left, right) = (self.release(), other.release());
        let number = |release: &[u64], at: usize| release.get(at).copied().unwrap_or(0);
        let read = length.min(left.len().max(right.len()));
        self.epoch() == other.epoch() && (0..read).all(|at| number(&left, at) == number(&right, at))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Repr::Packed(left), Repr::Packed(right)) => left.key().cmp(&right.key()),
            _ => self
                .cmp_public(other)
                .then_with(|| self.local().cmp(&other.local())),
        }
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

impl Hash for Version {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Repr::Packed(packed) => packed.key().hash(state),
            Repr::Full(parts) => {
                // A release padded with very many zeros equals a packed version.
                if parts.release.len() > PACKED_LENGTH
                    && let Some(packed) = pack(parts, 1)
                {
                    return packed.key().hash(state);
                }
                parts.epoch.hash(state);
                trimmed(&parts.release).hash(state);
                pre_key(parts).hash(state);
                (parts.post, parts.dev, &parts.local).hash(state);
            }
        }
    }
}
