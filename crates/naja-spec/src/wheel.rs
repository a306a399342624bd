//! The `WHEEL` file of a wheel (PEP 427).

use crate::filename::BuildTag;
use crate::tag::{Tag, TagError};

/// Newest version of the wheel format that is understood.
const KNOWN_WHEEL_VERSION: (u32, u32) = (1, 0);

/// The most tags that are read: more cannot be meant, and a short text can stand for millions.
const MAX_TAGS: usize = 10_000;

/// Why a `WHEEL` file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WheelFileError {
    /// The file is not UTF-8.
    #[error("WHEEL is not UTF-8")]
    Encoding,
    /// A field that must be there is not.
    #[error("WHEEL lacks the field `{0}`")]
    Missing(&'static str),
    /// A field stands there twice.
    #[error("WHEEL names the field `{0}` twice")]
    Twice(&'static str),
    /// A field's value cannot be read.
    #[error("WHEEL has an invalid value `{value}` for `{field}`")]
    Value {
        /// The field.
        field: &'static str,
        /// Its value.
        value: String,
    },
    /// The format's major version is newer than what is understood.
    #[error("wheel format {}.{} is not understood (known: 1.x)", .0.0, .0.1)]
    Version((u32, u32)),
}

impl From<TagError> for WheelFileError {
    fn from(TagError(value): TagError) -> Self {
        Self::Value {
            field: "Tag",
            value,
        }
    }
}

/// How the version of a wheel's format relates to the one understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WheelVersion {
    /// Understood in full.
    Known,
    /// A newer minor version: installable, worth a warning.
    NewerMinor,
}

/// The contents of a `WHEEL` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WheelFile {
    /// `Wheel-Version`: major and minor.
    pub wheel_version: (u32, u32),
    /// Whether the archive's root goes to `purelib`, else to `platlib`.
    pub root_is_purelib: bool,
    /// The `Tag` fields, each of them maybe still compressed, expanded in order.
    pub tags: Vec<Tag>,
    /// The `Build` field.
    pub build: Option<BuildTag>,
    /// The `Generator` field.
    pub generator: Option<String>,
}

impl WheelFile {
    /// Reads a `WHEEL` file: header lines up to the first empty one; unknown fields are
    /// ignored, names of fields compared without case. The version is not judged here, see
    /// [`WheelFile::check_version`].
    ///
    /// # Errors
    /// When the text is not UTF-8, `Wheel-Version` or `Root-Is-Purelib` is absent or given
    /// twice, or a value cannot be read.
    pub fn parse(bytes: &[u8]) -> Result<Self, WheelFileError> {
        let text = std::str::from_utf8(bytes).map_err(|_| WheelFileError::Encoding)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut fields = Fields::default();
        for line in text.lines().take_while(|line| !line.trim().is_empty()) {
            if let Some((name, value)) = line.split_once(':') {
                fields.take(name.trim(), value.trim())?;
            }
        }
        let version = fields
            .version
            .ok_or(WheelFileError::Missing("Wheel-Version"))?;
        let purelib = fields
            .purelib
            .ok_or(WheelFileError::Missing("Root-Is-Purelib"))?;
        let build = fields
            .build
            .map(|text| BuildTag::parse(text).ok_or_else(|| invalid("Build", text)));
        Ok(Self {
            wheel_version: read_version(version)?,
            root_is_purelib: read_bool(purelib)?,
            tags: fields.tags,
            build: build.transpose()?,
            generator: fields.generator.map(str::to_owned),
        })
    }

    /// Judges the format's version as PEP 427 demands: another major version must be refused,
    /// a newer minor one deserves a warning.
    ///
    /// # Errors
    /// When the major version is not the one understood.
    pub fn check_version(&self) -> Result<WheelVersion, WheelFileError> {
        let (major, minor) = self.wheel_version;
        if major != KNOWN_WHEEL_VERSION.0 {
            return Err(WheelFileError::Version(self.wheel_version));
        }
        let newer = minor > KNOWN_WHEEL_VERSION.1;
        Ok(if newer {
            WheelVersion::NewerMinor
        } else {
            WheelVersion::Known
        })
    }
}

#[derive(Default)]
struct Fields<'a> {
    version: Option<&'a str>,
    purelib: Option<&'a str>,
    build: Option<&'a str>,
    generator: Option<&'a str>,
    tags: Vec<Tag>,
}

impl<'a> Fields<'a> {
    fn take(&mut self, name: &str, value: &'a str) -> Result<(), WheelFileError> {
        let (slot, field) = if name.eq_ignore_ascii_case("Wheel-Version") {
            (&mut self.version, "Wheel-Version")
        } else if name.eq_ignore_ascii_case("Root-Is-Purelib") {
            (&mut self.purelib, "Root-Is-Purelib")
        } else if name.eq_ignore_ascii_case("Build") {
            (&mut self.build, "Build")
        } else if name.eq_ignore_ascii_case("Generator") {
            self.generator = Some(value);
            return Ok(());
        } else if name.eq_ignore_ascii_case("Tag") {
            return self.push_tags(value);
        } else {
            return Ok(());
        };
        if slot.replace(value).is_some() {
            return Err(WheelFileError::Twice(field));
        }
        Ok(())
    }

    fn push_tags(&mut self, value: &str) -> Result<(), WheelFileError> {
        let bad = || TagError(value.to_owned());
        let (front, platform) = value.rsplit_once('-').ok_or_else(bad)?;
        let (python, abi) = front.split_once('-').ok_or_else(bad)?;
        let parts = crate::tag::WheelTags {
            python,
            abi,
            platform,
        };
        if abi.contains('-') || value.len() > 1024 || [python, abi, platform].contains(&"") {
            return Err(bad().into());
        }
        let room = MAX_TAGS.saturating_sub(self.tags.len());
        self.tags.extend(parts.expand().take(room));
        Ok(())
    }
}

fn invalid(field: &'static str, value: &str) -> WheelFileError {
    WheelFileError::Value {
        field,
        value: value.to_owned(),
    }
}

fn read_version(text: &str) -> Result<(u32, u32), WheelFileError> {
    let bad = || invalid("Wheel-Version", text);
    let mut numbers = text.split('.').map(str::parse);
    let major = numbers.next().and_then(Result::ok).ok_or_else(bad)?;
    let minor = numbers.next().unwrap_or(Ok(0)).map_err(|_| bad())?;
    Ok((major, minor))
}

fn read_bool(text: &str) -> Result<bool, WheelFileError> {
    if text.eq_ignore_ascii_case("true") {
        Ok(true)
    } else if text.eq_ignore_ascii_case("false") {
        Ok(false)
    } else {
        Err(invalid("Root-Is-Purelib", text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinary_file() {
        let text = b"Wheel-Version: 1.0\r\nGenerator: maker (1: 2)\r\nroot-is-purelib: False\n\
            Tag: cp312-cp312-linux_x86_64\nTag: py2.py3-none-any\nBuild: 3x\nX: y\n\nTag: a-b-c\n";
        let file = WheelFile::parse(text).unwrap();
        assert_eq!(file.wheel_version, (1, 0));
        assert!(!file.root_is_purelib);
        assert_eq!(file.tags.len(), 3);
        assert_eq!(file.generator.as_deref(), Some("maker (1: 2)"));
        assert_eq!(file.build, BuildTag::parse("3x"));
        assert_eq!(file.check_version(), Ok(WheelVersion::Known));
    }

    #[test]
    fn versions_are_judged() {
        let judge = |version: &str| {
            let text = format!("Wheel-Version: {version}\nRoot-Is-Purelib: true\n");
            WheelFile::parse(text.as_bytes()).and_then(|file| file.check_version())
        };
        assert_eq!(judge("1"), Ok(WheelVersion::Known));
        assert_eq!(judge("1.9"), Ok(WheelVersion::NewerMinor));
        assert_eq!(judge("2.0"), Err(WheelFileError::Version((2, 0))));
        assert_eq!(judge("0.1"), Err(WheelFileError::Version((0, 1))));
        assert!(judge("one").is_err());
        assert!(judge("1.x").is_err());
        assert!(judge("99999999999.0").is_err());
    }

    #[test]
    fn broken_files_are_refused() {
        for text in [
            &b""[..],
            b"Wheel-Version: 1.0\n",
            b"Root-Is-Purelib: true\n",
            b"Wheel-Version: 1.0\nRoot-Is-Purelib: maybe\n",
            b"Wheel-Version: 1.0\nWheel-Version: 1.0\nRoot-Is-Purelib: true\n",
            b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3\n",
            b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: a-b-c-d\n",
            b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nBuild: x\n",
            b"\xff",
        ] {
            assert!(WheelFile::parse(text).is_err(), "{}", text.escape_ascii());
        }
    }
}
