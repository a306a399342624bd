//! Digests of the algorithms that are both strong enough and implemented.

use naja_spec::{Digest, HashAlgorithm, Sha256};
use sha2::{Digest as _, Sha384, Sha512};

use crate::error::StoreError;

/// Whether digests of this algorithm can be computed here and may be relied on.
pub(super) fn is_usable(algorithm: HashAlgorithm) -> bool {
    matches!(
        algorithm,
        HashAlgorithm::Sha256 | HashAlgorithm::Sha384 | HashAlgorithm::Sha512
    )
}

/// A digest being computed, when an algorithm other than SHA-256 is asked for.
pub(super) enum Extra {
    None,
    Sha384(Box<Sha384>),
    Sha512(Box<Sha512>),
}

impl Extra {
    pub(super) fn new(algorithm: HashAlgorithm) -> Self {
        match algorithm {
            HashAlgorithm::Sha384 => Self::Sha384(Box::default()),
            HashAlgorithm::Sha512 => Self::Sha512(Box::default()),
            _ => Self::None,
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::None => {}
            Self::Sha384(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// Whether `expected` is what was computed, given the SHA-256 of the same bytes.
    pub(super) fn matches(self, sha256: &Sha256, expected: &Digest) -> bool {
        match self {
            Self::None => expected.as_sha256() == Some(*sha256),
            Self::Sha384(hasher) => hasher.finalize()[..] == *expected.as_bytes(),
            Self::Sha512(hasher) => hasher.finalize()[..] == *expected.as_bytes(),
        }
    }
}

/// Compares a whole file with the digests promised for it.
pub(crate) fn check(
    bytes: &[u8],
    sha256: &Sha256,
    digests: &[Digest],
    file: &dyn std::fmt::Display,
) -> Result<(), StoreError> {
    let usable: Vec<&Digest> = digests
        .iter()
        .filter(|digest| is_usable(digest.algorithm()))
        .collect();
    if usable.is_empty() && !digests.is_empty() {
        return Err(StoreError::NoUsableDigest {
            file: file.to_string(),
        });
    }
    for algorithm in [
        HashAlgorithm::Sha256,
        HashAlgorithm::Sha384,
        HashAlgorithm::Sha512,
    ] {
        let mut promised = usable
            .iter()
            .filter(|digest| digest.algorithm() == algorithm);
        let Some(first) = promised.next() else {
            continue;
        };
        let agrees = |expected: &Digest| {
            let mut extra = Extra::new(algorithm);
            extra.update(bytes);
            extra.matches(sha256, expected)
        };
        if !agrees(first) && !promised.any(|expected| agrees(expected)) {
            return Err(StoreError::DigestMismatch {
                file: file.to_string(),
                expected: first.to_string(),
                found: found(algorithm, bytes, sha256),
            });
        }
    }
    Ok(())
}

/// The digest of `bytes` as `algorithm:hex`.
fn found(algorithm: HashAlgorithm, bytes: &[u8], sha256: &Sha256) -> String {
    use std::fmt::Write as _;
    let digest: Vec<u8> = match algorithm {
        HashAlgorithm::Sha384 => Sha384::digest(bytes).to_vec(),
        HashAlgorithm::Sha512 => Sha512::digest(bytes).to_vec(),
        _ => sha256.0.to_vec(),
    };
    let mut text = format!("{algorithm}:");
    for byte in digest {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
