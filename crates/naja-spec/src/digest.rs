//! Digests of files: algorithms, SHA-256 as a value, and `algorithm:hex` text.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256 as Sha256Hasher};
use smallvec::SmallVec;

/// Why a text is not a digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// The algorithm's name is not one of [`HashAlgorithm`].
    #[error("unknown hash algorithm `{0}`")]
    Algorithm(String),
    /// The text has no `:` or `=` between algorithm and value.
    #[error("digest `{0}` is not of the form `algorithm:hex`")]
    Form(String),
    /// The value does not have the length of the algorithm's output.
    #[error("{algorithm} digest has the wrong length")]
    Length {
        /// The algorithm whose length was expected.
        algorithm: HashAlgorithm,
    },
    /// The value holds a character outside its alphabet.
    #[error("{algorithm} digest holds an invalid character")]
    Character {
        /// The algorithm that was named.
        algorithm: HashAlgorithm,
    },
}

/// A hash algorithm named as Python's `hashlib` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HashAlgorithm {
    /// MD5: recognised, never trusted.
    Md5,
    /// SHA-1: recognised, never trusted.
    Sha1,
    /// SHA-224: recognised, weaker than the wheel specification demands.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// SHA3-256.
    Sha3_256,
    /// SHA3-384.
    Sha3_384,
    /// SHA3-512.
    Sha3_512,
    /// BLAKE2b with 64 bytes of output.
    Blake2b,
    /// BLAKE2s with 32 bytes of output.
    Blake2s,
}

impl HashAlgorithm {
    const ALL: [Self; 11] = [
        Self::Md5,
        Self::Sha1,
        Self::Sha224,
        Self::Sha256,
        Self::Sha384,
        Self::Sha512,
        Self::Sha3_256,
        Self::Sha3_384,
        Self::Sha3_512,
        Self::Blake2b,
        Self::Blake2s,
    ];

    /// Returns the name `hashlib` uses, such as `sha256` or `sha3_256`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha224 => "sha224",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
            Self::Sha3_256 => "sha3_256",
            Self::Sha3_384 => "sha3_384",
            Self::Sha3_512 => "sha3_512",
            Self::Blake2b => "blake2b",
            Self::Blake2s => "blake2s",
        }
    }

    /// Returns the length of a digest in bytes.
    #[must_use]
    pub fn digest_len(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 | Self::Sha3_256 | Self::Blake2s => 32,
            Self::Sha384 | Self::Sha3_384 => 48,
            Self::Sha512 | Self::Sha3_512 | Self::Blake2b => 64,
        }
    }

    /// Reports whether the algorithm is SHA-256 or stronger, which RECORD files and lock
    /// files must use. MD5, SHA-1 and SHA-224 are not.
    #[must_use]
    pub fn is_secure(self) -> bool {
        !matches!(self, Self::Md5 | Self::Sha1 | Self::Sha224)
    }
}

impl fmt::Display for HashAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for HashAlgorithm {
    type Err = DigestError;

    /// Reads an algorithm's name; case does not matter.
    fn from_str(text: &str) -> Result<Self, DigestError> {
        // Nearly all are of this one.
        if text == "sha256" {
            return Ok(Self::Sha256);
        }
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| DigestError::Algorithm(text.to_owned()))
    }
}

/// A SHA-256 digest as 32 bytes; shown and read as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    /// Computes the digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256Hasher::digest(bytes).into())
    }

    /// Returns the 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Returns 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex_encode(&self.0)
    }

    /// Returns the URL-safe base 64 form without padding, as in RECORD files.
    #[must_use]
    pub fn to_base64(&self) -> String {
        base64_encode(&self.0)
    }

    /// Reads 64 hexadecimal digits of either case.
    #[must_use]
    pub fn from_hex(hex: &[u8]) -> Option<Self> {
        let mut bytes = [0; 32];
        hex_decode(hex, &mut bytes).then_some(Self(bytes))
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

impl FromStr for Sha256 {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let algorithm = HashAlgorithm::Sha256;
        if text.len() != 64 {
            return Err(DigestError::Length { algorithm });
        }
        Self::from_hex(text.as_bytes()).ok_or(DigestError::Character { algorithm })
    }
}

impl Serialize for Sha256 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_hex())
    }
}

impl<'de> Deserialize<'de> for Sha256 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// A digest with its algorithm; shown as `sha256:hex`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest {
    algorithm: HashAlgorithm,
    bytes: SmallVec<[u8; 32]>,
}

impl Digest {
    /// Reads `algorithm:hex` or `algorithm=hex`; hexadecimal digits of either case.
    ///
    /// # Errors
    /// When the form, the algorithm, the length or a digit is wrong.
    pub fn parse(text: &str) -> Result<Self, DigestError> {
        let (name, hex) = text
            .split_once([':', '='])
            .ok_or_else(|| DigestError::Form(text.to_owned()))?;
        Self::from_hex(name.parse()?, hex)
    }

    /// Makes a digest out of an algorithm and hexadecimal digits.
    ///
    /// # Errors
    /// When the number of digits is not the algorithm's, or one of them is no digit.
    pub fn from_hex(algorithm: HashAlgorithm, hex: &str) -> Result<Self, DigestError> {
        if hex.len() != algorithm.digest_len() * 2 {
            return Err(DigestError::Length { algorithm });
        }
        let mut bytes = SmallVec::from_elem(0, algorithm.digest_len());
        if !hex_decode(hex.as_bytes(), &mut bytes) {
            return Err(DigestError::Character { algorithm });
        }
        Ok(Self { algorithm, bytes })
    }

    /// Reads the form of RECORD files, `algorithm=base64`, URL-safe, padding optional.
    ///
    /// # Errors
    /// When the form, the algorithm, the length or a character is wrong.
    pub fn from_record_text(text: &str) -> Result<Self, DigestError> {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| DigestError::Form(text.to_owned()))?;
        let algorithm: HashAlgorithm = name.parse()?;
        let mut bytes = SmallVec::from_elem(0, algorithm.digest_len());
        base64_decode(value.as_bytes(), algorithm, &mut bytes)?;
        Ok(Self { algorithm, bytes })
    }

    /// Returns the form of RECORD files, `algorithm=base64`.
    #[must_use]
    pub fn to_record_text(&self) -> String {
        format!("{}={}", self.algorithm, base64_encode(&self.bytes))
    }

    /// Returns the algorithm.
    #[must_use]
    pub fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    /// Returns the digest's bytes, as many as [`HashAlgorithm::digest_len`].
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns lower-case hexadecimal digits without the algorithm.
    #[must_use]
    pub fn hex(&self) -> String {
        hex_encode(&self.bytes)
    }

    /// Returns the digest as [`Sha256`] when that is its algorithm.
    #[must_use]
    pub fn as_sha256(&self) -> Option<Sha256> {
        if self.algorithm != HashAlgorithm::Sha256 {
            return None;
        }
        Some(Sha256(self.bytes.as_slice().try_into().ok()?))
    }

    /// Reports whether the algorithm is SHA-256 or stronger.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.algorithm.is_secure()
    }
}

impl From<Sha256> for Digest {
    fn from(value: Sha256) -> Self {
        Self {
            algorithm: HashAlgorithm::Sha256,
            bytes: SmallVec::from(value.0),
        }
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        Self::parse(text)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm, self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// Decodes exactly `out.len()` bytes; reports whether every character was a digit. Plain
/// arithmetic over short fixed blocks, which compilers turn into vector instructions: pages
/// hold hundreds of thousands of digests.
pub(crate) fn hex_decode(hex: &[u8], out: &mut [u8]) -> bool {
    if hex.len() != out.len() * 2 {
        return false;
    }
    let mut bad = 0;
    for (digits, bytes) in hex.chunks(32).zip(out.chunks_mut(16)) {
        let mut values = [0_u8; 32];
        for (value, digit) in values.iter_mut().zip(digits) {
            let number = digit.wrapping_sub(b'0');
            let letter = (digit | 0x20).wrapping_sub(b'a');
            let letter = if letter < 6 { letter + 10 } else { 0xff };
            *value = if number < 10 { number } else { letter };
        }
        for (byte, pair) in bytes.iter_mut().zip(values.chunks_exact(2)) {
            bad |= (pair[0] | pair[1]) & 0xf0;
            *byte = (pair[0] << 4) | (pair[1] & 0x0f);
        }
    }
    bad == 0
}

/// Appends lower-case hexadecimal digits to `out`.
pub(crate) fn hex_append(bytes: &[u8], out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.reserve(bytes.len() * 2);
    for byte in bytes {
        out.push(DIGITS[(byte >> 4) as usize] as char);
        out.push(DIGITS[(byte & 15) as usize] as char);
    }
}

fn hex_encode(bytes: &[u8]) -> String {
    let mut out = String::new();
    hex_append(bytes, &mut out);
    out
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn base64_encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk
            .iter()
            .fold(0u32, |word, byte| (word << 8) | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for i in 0..=chunk.len() {
            out.push(BASE64[(word >> (18 - 6 * i) & 63) as usize] as char);
        }
    }
    out
}

fn base64_value(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    }))
}

/// Decodes exactly `out.len()` bytes of URL-safe base 64, with full padding or none; unused
/// bits of the last character must be zero.
fn base64_decode(text: &[u8], algorithm: HashAlgorithm, out: &mut [u8]) -> Result<(), DigestError> {
    let unpadded = (out.len() * 4).div_ceil(3);
    let padded = out.len().div_ceil(3) * 4;
    let (body, padding) = text
        .split_at_checked(unpadded)
        .ok_or(DigestError::Length { algorithm })?;
    if !(padding.is_empty() || (text.len() == padded && padding.iter().all(|b| *b == b'='))) {
        return Err(DigestError::Length { algorithm });
    }
    for (group, bytes) in body.chunks(4).zip(out.chunks_mut(3)) {
        let mut word = 0u32;
        for byte in group {
            let value = base64_value(*byte).ok_or(DigestError::Character { algorithm })?;
            word = (word << 6) | value;
        }
        word <<= 6 * (4 - group.len());
        if word & (0x00ff_ffff >> (8 * bytes.len())) != 0 {
            return Err(DigestError::Character { algorithm });
        }
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = (word >> (16 - 8 * i)) as u8;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha256_in_its_three_forms() {
        let empty = Sha256::of(b"");
        assert_eq!(
            empty.to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(
            empty.to_base64(),
            "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
        );
        let digest = Digest::from(empty);
        assert_eq!(Digest::parse(&digest.to_string()).unwrap(), digest);
        assert_eq!(
            Digest::from_record_text(&digest.to_record_text()).unwrap(),
            digest
        );
        assert_eq!(
            Digest::from_record_text(&(digest.to_record_text() + "=")).unwrap(),
            digest,
            "padding is tolerated"
        );
        assert_eq!(digest.as_sha256(), Some(empty));
        let upper = format!("SHA256={}", empty.to_hex().to_uppercase());
        assert_eq!(Digest::parse(&upper).unwrap(), digest);
    }

    #[test]
    fn every_algorithm_round_trips() {
        for algorithm in HashAlgorithm::ALL {
            let hex = "5a".repeat(algorithm.digest_len());
            let digest = Digest::from_hex(algorithm, &hex).unwrap();
            assert_eq!(digest.hex(), hex);
            assert_eq!(
                Digest::from_record_text(&digest.to_record_text()).unwrap(),
                digest
            );
        }
        assert!(!HashAlgorithm::Md5.is_secure());
        assert!(!HashAlgorithm::Sha1.is_secure());
        assert!(HashAlgorithm::Sha512.is_secure());
    }

    #[test]
    fn wrong_digests_are_refused() {
        for text in [
            "sha256",
            "sha256:",
            "sha256:zz",
            "crc32:00000000",
            &format!("sha256:{}", "g".repeat(64)),
            &format!("sha256:{}é", "a".repeat(62)),
        ] {
            assert!(Digest::parse(text).is_err(), "{text}");
        }
        for text in [
            "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuF",
            "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFV", // stray bits
            "sha256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", // not URL-safe
            "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU==",
            "md5=",
            "",
        ] {
            assert!(Digest::from_record_text(text).is_err(), "{text}");
        }
    }
}
