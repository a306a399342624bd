//! Pieces of text inside file names.

use crate::version::Version;

macro_rules! compared_by_text {
    ($name:ident, $read:expr) => {
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.text == other.text && self.name == other.name
            }
        }
        impl Eq for $name {}
        impl std::hash::Hash for $name {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.text.hash(state);
            }
        }
        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }
        impl Ord for $name {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                (&self.text, &self.name).cmp(&(&other.text, &other.name))
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.text)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                $read(&text).map_err(de::Error::custom)
            }
        }
    };
}
pub(super) use compared_by_text;

/// Reads a version out of a file name, where `_` may stand for `-`.
pub(crate) fn parse_file_version(text: &str) -> Option<Version> {
    if let Ok(version) = Version::parse(text) {
        return Some(version);
    }
    if !text.contains('_') {
        return None;
    }
    Version::parse(&text.replace('_', "-")).ok()
}

/// Reports whether `text` in normal form (PEP 503) is `normal`, without allocating.
pub(crate) fn normalises_to(text: &str, normal: &str) -> bool {
    if text == normal {
        return true;
    }
    let mut wanted = normal.bytes();
    let mut in_run = false;
    for byte in text.bytes() {
        let dash = matches!(byte, b'-' | b'_' | b'.');
        let folded = if dash {
            b'-'
        } else {
            byte.to_ascii_lowercase()
        };
        if dash && in_run {
            continue;
        }
        in_run = dash;
        if wanted.next() != Some(folded) {
            return false;
        }
    }
    wanted.next().is_none()
}

pub(super) fn is_tag_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Checks one of the three compressed tags: parts of letters, digits and `_` between dots.
pub(super) fn is_compressed_tag(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut part = 0;
    for byte in bytes {
        if *byte == b'.' {
            if part == 0 {
                return false;
            }
            part = 0;
        } else if is_tag_byte(*byte) {
            part += 1;
        } else {
            return false;
        }
    }
    part > 0
}
