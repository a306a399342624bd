//! File names of wheels (PEP 427, 491) and source distributions (PEP 625).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::name::PackageName;
use crate::tag::{Tag, WheelTags};
use crate::version::Version;

/// Longest file name that is read, in bytes; file systems stop at 255.
const MAX_LEN: usize = 1024;

/// Why a file name is not that of a wheel or a source distribution.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileNameError {
    /// The ending is not one of a distribution.
    #[error("`{0}` does not end like a wheel or a source distribution")]
    Extension(String),
    /// A wheel's name does not have five or six parts between dashes.
    #[error("wheel file name `{0}` does not have five or six parts")]
    Parts(String),
    /// The project's name breaks its grammar.
    #[error("file name `{0}` holds an invalid project name")]
    Name(String),
    /// The version breaks PEP 440.
    #[error("file name `{0}` holds an invalid version")]
    Version(String),
    /// The build tag does not begin with a digit or holds a strange character.
    #[error("wheel file name `{0}` holds an invalid build tag")]
    Build(String),
    /// A tag is empty or holds a strange character.
    #[error("wheel file name `{0}` holds an invalid tag")]
    Tag(String),
    /// The file belongs to another project than the expected one.
    #[error("file `{file}` does not belong to `{expected}`")]
    OtherProject {
        /// The file's name.
        file: String,
        /// The project it should belong to.
        expected: PackageName,
    },
    /// The name is longer than any file system takes.
    #[error("file name of {0} bytes is too long")]
    TooLong(usize),
}

/// Build tag of a wheel (PEP 427): leading digits as a number, then the rest as text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BuildTag {
    /// Number of significant digits: comes first so that the derived order is numeric.
    digit_count: usize,
    digits: Box<str>,
    suffix: Box<str>,
}

impl BuildTag {
    /// Reads a build tag; `None` unless it begins with an ASCII digit and consists of letters,
    /// digits, `_`, `.` and `+`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if !is_build_tag(text) {
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

/// The parts of a wheel's file name, borrowed; checked for form, the version not parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WheelParts<'a> {
    /// Project name as written.
    pub name: &'a str,
    /// Version as written.
    pub version: &'a str,
    /// Build tag, when there is one.
    pub build: Option<&'a str>,
    /// The compressed tags.
    pub tags: WheelTags<'a>,
}

impl<'a> WheelParts<'a> {
    /// Splits a file name and checks build tag and tags.
    ///
    /// # Errors
    /// When the ending, the number of parts, the build tag or a tag is wrong.
    pub fn split(file: &'a str) -> Result<Self, FileNameError> {
        if file.len() > MAX_LEN {
            return Err(FileNameError::TooLong(file.len()));
        }
        let stem = file
            .strip_suffix(".whl")
            .ok_or_else(|| FileNameError::Extension(file.to_owned()))?;
        let bad = || FileNameError::Parts(file.to_owned());
        let (front, platform) = stem.rsplit_once('-').ok_or_else(bad)?;
        let (front, abi) = front.rsplit_once('-').ok_or_else(bad)?;
        let (front, python) = front.rsplit_once('-').ok_or_else(bad)?;
        let (name, rest) = front.split_once('-').ok_or_else(bad)?;
        let (version, build) = match rest.split_once('-') {
            Some((version, build)) => (version, Some(build)),
            None => (rest, None),
        };
        if build.is_some_and(|build| build.contains('-')) {
            return Err(bad());
        }
        if build.is_some_and(|build| !is_build_tag(build)) {
            return Err(FileNameError::Build(file.to_owned()));
        }
        if ![python, abi, platform].into_iter().all(is_compressed_tag) {
            return Err(FileNameError::Tag(file.to_owned()));
        }
        Ok(Self {
            name,
            version,
            build,
            tags: WheelTags {
                python,
                abi,
                platform,
            },
        })
    }
}

/// The name of a wheel file: project, version, build tag and compressed tags.
///
/// `Display` gives the text as it was written. Equality, order and hash follow that text.
#[derive(Clone)]
pub struct WheelName {
    /// The project, normalised.
    pub name: PackageName,
    /// The version, parsed.
    pub version: Version,
    /// The build tag, when there is one.
    pub build: Option<BuildTag>,
    text: Arc<str>,
}

impl WheelName {
    /// Reads a wheel's file name (no directory part). Names that are not normalised and
    /// versions with `_` for `-` occur in real life and are accepted.
    ///
    /// # Errors
    /// When the form, the project's name, the version, the build tag or a tag is wrong.
    pub fn parse(file: &str) -> Result<Self, FileNameError> {
        let parts = WheelParts::split(file)?;
        let name =
            PackageName::parse(parts.name).map_err(|_| FileNameError::Name(file.to_owned()))?;
        let version = parse_file_version(parts.version)
            .ok_or_else(|| FileNameError::Version(file.to_owned()))?;
        Ok(Self {
            name,
            version,
            build: parts.build.and_then(BuildTag::parse),
            text: file.into(),
        })
    }

    /// Returns the file name as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the compressed tags, borrowed from the text.
    #[must_use]
    pub fn wheel_tags(&self) -> WheelTags<'_> {
        WheelTags::of_file_name(&self.text).unwrap_or(WheelTags {
            python: "",
            abi: "",
            platform: "",
        })
    }

    /// Returns the compressed Python tag, such as `py2.py3`.
    #[must_use]
    pub fn python(&self) -> &str {
        self.wheel_tags().python
    }

    /// Returns the compressed ABI tag, such as `abi3`.
    #[must_use]
    pub fn abi(&self) -> &str {
        self.wheel_tags().abi
    }

    /// Returns the compressed platform tag, such as `manylinux_2_17_x86_64.manylinux2014_x86_64`.
    #[must_use]
    pub fn platform(&self) -> &str {
        self.wheel_tags().platform
    }

    /// Iterates over every single tag the compressed tags stand for, in written order.
    pub fn tags(&self) -> impl Iterator<Item = Tag> + '_ {
        self.wheel_tags().expand()
    }

    /// Returns `name-version` as the `.dist-info` and `.data` directories inside usually spell
    /// it: the first two parts as written. Real wheels differ from it in case and escaping.
    #[must_use]
    pub fn stem(&self) -> &str {
        let end = self
            .text
            .match_indices('-')
            .nth(1)
            .map_or(self.text.len(), |(at, _)| at);
        &self.text[..end]
    }
}

impl fmt::Display for WheelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for WheelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WheelName({})", self.text)
    }
}

impl FromStr for WheelName {
    type Err = FileNameError;

    fn from_str(text: &str) -> Result<Self, FileNameError> {
        Self::parse(text)
    }
}

/// Packing of a source distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SdistExtension {
    /// `.tar.gz`, the only one PEP 625 allows for new files.
    TarGz,
    /// `.tgz`, the same packing.
    Tgz,
    /// `.zip`, legacy.
    Zip,
    /// `.tar.bz2`, legacy.
    TarBz2,
    /// `.tar.xz`, legacy.
    TarXz,
    /// `.tar.zst`, of private indexes.
    TarZst,
    /// `.tar`, legacy.
    Tar,
}

impl SdistExtension {
    const ALL: [Self; 7] = [
        Self::TarGz,
        Self::Tgz,
        Self::Zip,
        Self::TarBz2,
        Self::TarXz,
        Self::TarZst,
        Self::Tar,
    ];

    /// Returns the ending with its leading dot.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TarGz => ".tar.gz",
            Self::Tgz => ".tgz",
            Self::Zip => ".zip",
            Self::TarBz2 => ".tar.bz2",
            Self::TarXz => ".tar.xz",
            Self::TarZst => ".tar.zst",
            Self::Tar => ".tar",
        }
    }

    /// Splits a file name into stem and ending; case of the ending does not matter.
    #[must_use]
    pub fn split(file: &str) -> Option<(&str, Self)> {
        Self::ALL.into_iter().find_map(|extension| {
            let at = file.len().checked_sub(extension.as_str().len())?;
            let (stem, ending) = file.split_at_checked(at)?;
            ending
                .eq_ignore_ascii_case(extension.as_str())
                .then_some((stem, extension))
        })
    }
}

/// The name of a source distribution. `Display` gives the text as it was written.
#[derive(Clone)]
pub struct SdistName {
    /// The project, normalised.
    pub name: PackageName,
    /// The version, parsed.
    pub version: Version,
    /// The packing.
    pub extension: SdistExtension,
    text: Arc<str>,
}

impl SdistName {
    /// Reads the file name of a source distribution. Old names contain dashes in project and
    /// version; with the expected project they are read without doubt, without it the last
    /// dash divides.
    ///
    /// # Errors
    /// When the ending or the version is wrong or the file is not the expected project's.
    pub fn parse(file: &str, expected: Option<&PackageName>) -> Result<Self, FileNameError> {
        if file.len() > MAX_LEN {
            return Err(FileNameError::TooLong(file.len()));
        }
        let (stem, extension) =
            SdistExtension::split(file).ok_or_else(|| FileNameError::Extension(file.to_owned()))?;
        let (name, version) = match expected {
            Some(name) => (name.clone(), sdist_version_of(file, stem, name)?),
            None => split_sdist_stem(file, stem)?,
        };
        Ok(Self {
            name,
            version,
            extension,
            text: file.into(),
        })
    }

    /// Returns the file name as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for SdistName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for SdistName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SdistName({})", self.text)
    }
}

/// The name of a distribution's file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DistFileName {
    /// A built distribution.
    Wheel(WheelName),
    /// A source distribution.
    Sdist(SdistName),
}

impl DistFileName {
    /// Reads a file name that must belong to `name`.
    ///
    /// # Errors
    /// When it is neither a wheel nor a source distribution, or another project's.
    pub fn parse_with(file: &str, name: &PackageName) -> Result<Self, FileNameError> {
        if !file.ends_with(".whl") {
            return SdistName::parse(file, Some(name)).map(Self::Sdist);
        }
        let wheel = WheelName::parse(file)?;
        if wheel.name != *name {
            return Err(other_project(file, name));
        }
        Ok(Self::Wheel(wheel))
    }

    /// Returns the project.
    #[must_use]
    pub fn name(&self) -> &PackageName {
        match self {
            Self::Wheel(wheel) => &wheel.name,
            Self::Sdist(sdist) => &sdist.name,
        }
    }

    /// Returns the version.
    #[must_use]
    pub fn version(&self) -> &Version {
        match self {
            Self::Wheel(wheel) => &wheel.version,
            Self::Sdist(sdist) => &sdist.version,
        }
    }

    /// Returns the file name as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Wheel(wheel) => wheel.as_str(),
            Self::Sdist(sdist) => sdist.as_str(),
        }
    }
}

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

compared_by_text!(WheelName, WheelName::parse);
compared_by_text!(SdistName, |text: &str| SdistName::parse(text, None));

fn other_project(file: &str, expected: &PackageName) -> FileNameError {
    FileNameError::OtherProject {
        file: file.to_owned(),
        expected: expected.clone(),
    }
}

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

/// Candidates for the version in the stem of an sdist of `name`: what follows each dash up to
/// which the text normalises to the name, with the shortest name first.
pub(crate) fn sdist_version_candidates<'a>(
    stem: &'a str,
    name: &'a PackageName,
) -> impl Iterator<Item = &'a str> {
    stem.match_indices('-')
        .filter(|(at, _)| normalises_to(&stem[..*at], name.as_str()))
        .map(|(at, _)| &stem[at + 1..])
}

fn sdist_version_of(file: &str, stem: &str, name: &PackageName) -> Result<Version, FileNameError> {
    let mut seen = false;
    for text in sdist_version_candidates(stem, name) {
        seen = true;
        if let Some(version) = parse_file_version(text) {
            return Ok(version);
        }
    }
    Err(if seen {
        FileNameError::Version(file.to_owned())
    } else {
        other_project(file, name)
    })
}

fn split_sdist_stem(file: &str, stem: &str) -> Result<(PackageName, Version), FileNameError> {
    let (name, version) = stem
        .rsplit_once('-')
        .ok_or_else(|| FileNameError::Name(file.to_owned()))?;
    let name = PackageName::parse(name).map_err(|_| FileNameError::Name(file.to_owned()))?;
    let version =
        parse_file_version(version).ok_or_else(|| FileNameError::Version(file.to_owned()))?;
    Ok((name, version))
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

fn is_tag_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Checks one of the three compressed tags: parts of letters, digits and `_` between dots.
fn is_compressed_tag(text: &str) -> bool {
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

fn is_build_tag(text: &str) -> bool {
    text.as_bytes().first().is_some_and(u8::is_ascii_digit)
        && text
            .bytes()
            .all(|byte| is_tag_byte(byte) || matches!(byte, b'.' | b'+'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> PackageName {
        PackageName::parse(text).unwrap()
    }

    #[test]
    fn wheels_of_real_life() {
        for (file, project, version, build) in [
            ("pip-24.0-py3-none-any.whl", "pip", "24.0", None),
            (
                "Foo.Bar_baz-1.0-py2.py3-none-any.whl",
                "foo-bar-baz",
                "1.0",
                None,
            ),
            ("foo__bar-1-py3-none-any.whl", "foo-bar", "1", None),
            (
                "torch-2.1.0+cu118-cp311-cp311-linux_x86_64.whl",
                "torch",
                "2.1.0+cu118",
                None,
            ),
            ("foo-1.0_1-py3-none-any.whl", "foo", "1.0.post1", None),
            ("foo-1.0_post2-py3-none-any.whl", "foo", "1.0.post2", None),
            (
                "foo-1.0.dev0-007a_b-py3-none-any.whl",
                "foo",
                "1.0.dev0",
                Some("7a_b"),
            ),
            (
                "foo-1-20240101000000000000000000-py3-none-any.whl",
                "foo",
                "1",
                Some("20240101000000000000000000"),
            ),
            (
                "numpy-2.1.0-cp313-cp313t-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
                "numpy",
                "2.1.0",
                None,
            ),
        ] {
            let wheel = WheelName::parse(file).unwrap();
            assert_eq!(wheel.name, name(project));
            assert_eq!(wheel.version, Version::parse(version).unwrap(), "{file}");
            assert_eq!(
                wheel.build.as_ref().map(ToString::to_string).as_deref(),
                build
            );
            assert_eq!(wheel.to_string(), file);
        }
        let wheel = WheelName::parse("a-1-3-py2.py3-none-win32.any.whl").unwrap();
        let tags: Vec<_> = wheel.tags().map(|tag| tag.to_string()).collect();
        let wanted = [
            "py2-none-win32",
            "py2-none-any",
            "py3-none-win32",
            "py3-none-any",
        ];
        assert_eq!(tags, wanted);
        assert_eq!(wheel.stem(), "a-1");
    }

    #[test]
    fn wrong_wheels_are_refused() {
        for file in [
            "",
            ".whl",
            "foo-1.0-py3-none.whl",
            "foo-1.0-1-2-py3-none-any.whl",
            "foo-bar-1.0-py3-none-any.whl",
            "foo-1.0-x1-py3-none-any.whl",
            "foo-1.0--py3-none-any.whl",
            "-1.0-py3-none-any.whl",
            "foo-1.0-py3-none-any.WHL",
            "foo-1.0-py3-none-any.zip",
            "foo-1.0-py3..py2-none-any.whl",
            "foo-1.0-.py3-none-any.whl",
            "foo-1.0-py3.-none-any.whl",
            "foo-1.0-py3--any.whl",
            "foo-1.0-py3-none-../x.whl",
            "../foo-1.0-py3-none-any.whl",
            "foo-1.0/..-py3-none-any.whl",
            "foo-1.0-1/2-py3-none-any.whl",
            "foo-what-py3-none-any.whl",
            "foo-1.0-py3-none-any\u{0}.whl",
            "foo\u{ff21}-1.0-py3-none-any.whl",
        ] {
            assert!(WheelName::parse(file).is_err(), "{file}");
        }
        assert!(WheelName::parse(&format!("a-1-{}-none-any.whl", "p.".repeat(9999))).is_err());
    }

    #[test]
    fn build_tags_are_ordered_as_numbers_then_text() {
        let sorted = [
            "0",
            "1",
            "1a",
            "2",
            "9b",
            "10",
            "10a",
            "100",
            "18446744073709551616",
        ];
        let tags: Vec<_> = sorted
            .iter()
            .map(|text| BuildTag::parse(text).unwrap())
            .collect();
        assert!(tags.is_sorted());
        assert_eq!(BuildTag::parse("007"), BuildTag::parse("7"));
        assert_eq!(BuildTag::parse("a1"), None);
    }

    #[test]
    fn sdists_of_real_life() {
        for (file, project, version) in [
            ("foo_bar-1.0.tar.gz", "foo-bar", "1.0"),
            ("Foo-Bar-1.0.zip", "foo-bar", "1.0"),
            ("foo.bar-1.0-1.tar.bz2", "foo-bar", "1.0.post1"),
            ("foo-bar-2-1.0.tgz", "foo-bar-2", "1.0"),
            ("foo-2-1.0.TAR.GZ", "foo-2", "1.0"),
            ("foo-1.0-beta-2.tar.xz", "foo", "1.0b2"),
        ] {
            let sdist = SdistName::parse(file, Some(&name(project))).unwrap();
            assert_eq!(sdist.version, Version::parse(version).unwrap(), "{file}");
            assert_eq!(sdist.to_string(), file);
        }
        let sdist = SdistName::parse("foo-bar-1.0.tar.gz", None).unwrap();
        assert_eq!(sdist.name, name("foo-bar"));
        for (file, project) in [
            ("foo-bar-1.0.tar.gz", "foo"),
            ("foo-1.0.tar.gz", "bar"),
            ("foo-1.0.exe", "foo"),
            ("foo-1.0.linux-x86_64.tar.gz", "foo"),
            ("foo.tar.gz", "foo"),
            ("-1.0.tar.gz", "foo"),
        ] {
            assert!(
                SdistName::parse(file, Some(&name(project))).is_err(),
                "{file}"
            );
        }
    }

    #[test]
    fn files_of_a_project() {
        let expected = name("foo");
        let wheel = DistFileName::parse_with("FOO-1-py3-none-any.whl", &expected).unwrap();
        assert_eq!(wheel.version(), &Version::parse("1").unwrap());
        let error = DistFileName::parse_with("bar-1-py3-none-any.whl", &expected).unwrap_err();
        assert!(matches!(error, FileNameError::OtherProject { .. }));
    }

    #[test]
    fn normal_form_is_compared_in_place() {
        for (text, normal, same) in [
            ("Foo", "foo", true),
            ("foo-._bar", "foo-bar", true),
            ("foo", "foo-bar", false),
            ("foo-bar", "foo", false),
            ("foo_", "foo", false),
            ("", "", true),
        ] {
            assert_eq!(normalises_to(text, normal), same, "{text}");
        }
    }

    proptest! {
        #[test]
        fn generated_wheel_names_come_back(
            project in "[A-Za-z0-9]([A-Za-z0-9_.]{0,8}[A-Za-z0-9])?",
            release in "[0-9]{1,3}(\\.[0-9]{1,3}){0,3}",
            build in proptest::option::of("[0-9]{1,25}[a-z_]{0,3}"),
            python in "(py|cp|pp)[0-9]{1,3}(\\.(py|cp)[0-9]{1,2}){0,2}",
            platform in "[a-z0-9_]{1,12}(\\.[a-z0-9_]{1,12}){0,2}",
        ) {
            let build = build.map(|build| format!("-{build}")).unwrap_or_default();
            let file = format!("{project}-{release}{build}-{python}-none-{platform}.whl");
            let wheel = WheelName::parse(&file).unwrap();
            prop_assert_eq!(wheel.to_string(), file);
            prop_assert_eq!(wheel.python(), python);
            prop_assert_eq!(wheel.platform(), platform);
            prop_assert_eq!(&wheel.name, &name(&project));
            prop_assert!(normalises_to(&project, wheel.name.as_str()));
            prop_assert_eq!(wheel.build.is_some(), !build.is_empty());
        }

        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,40}", tail in "(\\.whl|\\.tar\\.gz|)") {
            let file = text + &tail;
            let _ = WheelName::parse(&file);
            let _ = SdistName::parse(&file, None);
            let _ = SdistName::parse(&file, Some(&name("foo")));
        }
    }
}
