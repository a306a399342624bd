//! How each kind of value is read from TOML and from text.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use naja_spec::{PackageName, Requirement, SafeUrl};
use toml::de::DeValue;

use crate::files::join_lexically;
use crate::settings::{
    Color, Cutoff, EnvironmentLink, EnvironmentStorage, ForkStrategy, IndexEntry, IndexStrategy,
    KeyringProvider, LinkMode, Location, Origin, Prerelease, PythonDownloads, PythonPreference,
    Resolution, UpgradeStrategy, WrongEnvironment,
};

/// How lists are written in a text: the variables of the three tools differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// naja's and uv's variables.
    Own,
    /// pip's variables and files: everything separated by white space.
    Pip,
    /// One value of a flag: only package names are separated, by commas.
    Argument,
}

/// What reading a value may need to know.
#[derive(Clone, Copy)]
pub(crate) struct ValueContext<'a> {
    /// The directory relative paths start from.
    pub(crate) base: &'a Path,
    /// The clock, in Unix milliseconds.
    pub(crate) now_ms: i64,
    pub(crate) dialect: Dialect,
    pub(crate) origin: &'a Origin,
}

/// Says what a setting takes and what was there instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mismatch {
    pub(crate) expected: String,
    pub(crate) found: String,
}

impl Mismatch {
    pub(crate) fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            expected: expected.into(),
            found: found.into(),
        }
    }

    pub(super) fn quoted(expected: impl Into<String>, found: &str) -> Self {
        let mut short: String = found.chars().take(80).collect();
        if short.len() < found.len() {
            short.push('…');
        }
        // A value with `@` may hold a password.
        if short.contains('@') && short.contains("//") {
            return Self::new(expected, "something else");
        }
        Self::new(expected, format!("`{short}`"))
    }
}

/// A type of settings.
pub(crate) trait OptionValue: Sized {
    /// What a message says this setting takes.
    const EXPECTED: &'static str;

    /// Whether a repeated flag adds to the value instead of replacing it.
    const IS_LIST: bool = false;

    /// Reads a text: a variable, or a value of pip's files.
    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch>;

    /// Reads a TOML value; without its own form, a string is read as text.
    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        match value.as_str() {
            Some(text) => Self::from_text(text, cx),
            None => Err(Mismatch::new(Self::EXPECTED, article(value.type_str()))),
        }
    }

    /// Reads a variable that may not be Unicode.
    fn from_os(text: &OsStr, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        match text.to_str() {
            Some(text) => Self::from_text(text, cx),
            None => Err(Mismatch::new(Self::EXPECTED, "bytes that are not Unicode")),
        }
    }

    /// Adds what a lower file layer has, for lists.
    fn append_lower(&mut self, _lower: &Self) {}

    /// Turns a switch round, for variables that say the contrary.
    fn invert(self) -> Self {
        self
    }

    /// The value as the documentation and `--show-settings` write it.
    fn show(&self) -> String;
}

pub(super) fn article(kind: &str) -> String {
    let an = kind.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {kind}", if an { "an" } else { "a" })
}

impl OptionValue for bool {
    const EXPECTED: &'static str = "true or false";

    fn from_text(text: &str, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        match text.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "t" | "yes" | "y" | "on" => Ok(true),
            "0" | "false" | "f" | "no" | "n" | "off" => Ok(false),
            _ => Err(Mismatch::quoted(Self::EXPECTED, text)),
        }
    }

    fn from_toml(value: &DeValue<'_>, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        value
            .as_bool()
            .ok_or_else(|| Mismatch::new(Self::EXPECTED, article(value.type_str())))
    }

    fn invert(self) -> Self {
        !self
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl<T: OptionValue> OptionValue for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        T::from_text(text, cx).map(Some)
    }

    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        T::from_toml(value, cx).map(Some)
    }

    fn from_os(text: &OsStr, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        T::from_os(text, cx).map(Some)
    }

    fn invert(self) -> Self {
        self.map(T::invert)
    }

    fn show(&self) -> String {
        self.as_ref().map_or_else(String::new, T::show)
    }
}

impl OptionValue for u32 {
    const EXPECTED: &'static str = "a whole number";

    fn from_text(text: &str, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        text.trim()
            .parse()
            .map_err(|_| Mismatch::quoted(Self::EXPECTED, text))
    }

    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        match value.as_integer() {
            Some(number) if number.radix() == 10 => Self::from_text(number.as_str(), cx),
            _ => Err(Mismatch::new(Self::EXPECTED, article(value.type_str()))),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// A number of things done at once: at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count(pub u32);

impl OptionValue for Count {
    const EXPECTED: &'static str = "a whole number from 1";

    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        match u32::from_text(text, cx) {
            Ok(number) if number > 0 => Ok(Self(number)),
            _ => Err(Mismatch::quoted(Self::EXPECTED, text)),
        }
    }

    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        match value.as_integer() {
            Some(number) => Self::from_text(number.as_str(), cx),
            None => Err(Mismatch::new(Self::EXPECTED, article(value.type_str()))),
        }
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

/// A time span in milliseconds; written in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Milliseconds(pub u64);

impl OptionValue for Milliseconds {
    const EXPECTED: &'static str = "a number of seconds";

    fn from_text(text: &str, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        let number = text.trim().strip_suffix('s').unwrap_or(text.trim());
        match number.parse::<f64>() {
            Ok(seconds) if (0.001..=1e9).contains(&seconds) =>
            {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "between 1 and 1e12 by the guard"
                )]
                Ok(Self((seconds * 1000.0) as u64))
            }
            _ => Err(Mismatch::quoted(Self::EXPECTED, text)),
        }
    }

    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        let number = value.as_integer().map(toml::de::DeInteger::as_str);
        match number.or_else(|| value.as_float().map(toml::de::DeFloat::as_str)) {
            Some(text) => Self::from_text(text, cx),
            None => Err(Mismatch::new(Self::EXPECTED, article(value.type_str()))),
        }
    }

    fn show(&self) -> String {
        format!("{}.{:03}", self.0 / 1000, self.0 % 1000)
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned()
    }
}

impl OptionValue for String {
    const EXPECTED: &'static str = "a text";

    fn from_text(text: &str, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        Ok(text.to_owned())
    }

    fn show(&self) -> String {
        self.clone()
    }
}

impl OptionValue for PathBuf {
    const EXPECTED: &'static str = "a path";

    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        Self::from_os(OsStr::new(text), cx)
    }

    fn from_os(text: &OsStr, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        Ok(join_lexically(cx.base, Path::new(text)))
    }

    fn show(&self) -> String {
        self.display().to_string()
    }
}

/// What stands between the directories of `PATH`.
const BETWEEN_PATHS: &str = if cfg!(windows) { ";" } else { ":" };

/// Directories as `PATH` writes them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PathList(pub Vec<PathBuf>);

impl OptionValue for PathList {
    const EXPECTED: &'static str = "directories";

    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        text.split(BETWEEN_PATHS)
            .filter(|part| !part.is_empty())
            .map(|part| PathBuf::from_text(part, cx))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn show(&self) -> String {
        let paths: Vec<String> = self.0.iter().map(OptionValue::show).collect();
        paths.join(BETWEEN_PATHS)
    }
}

/// Implements a setting that is parsed by `FromStr` and shown by `Display`.
macro_rules! word_values {
    ($($kind:ty),+) => { $(
        impl OptionValue for $kind {
            const EXPECTED: &'static str = <$kind>::EXPECTED;

            fn from_text(text: &str, _: ValueContext<'_>) -> Result<Self, Mismatch> {
                text.trim().parse().map_err(|_| Mismatch::quoted(Self::EXPECTED, text))
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )+ };
}

word_values!(
    Resolution,
    Prerelease,
    IndexStrategy,
    KeyringProvider,
    LinkMode,
    PythonPreference,
    PythonDownloads,
    Color,
    ForkStrategy,
    UpgradeStrategy,
    EnvironmentLink,
    EnvironmentStorage,
    WrongEnvironment,
    super::AddBounds,
    super::AnnotationStyle
);

impl OptionValue for Cutoff {
    const EXPECTED: &'static str = "a timestamp, a date or an age";

    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        Cutoff::parse(text, cx.now_ms).map_err(|error| {
            let words = error.to_string();
            Mismatch::quoted(words.strip_prefix("expected ").unwrap_or(&words), text)
        })
    }

    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        if let Some(moment) = value.as_datetime() {
            return Self::from_text(&moment.to_string(), cx);
        }
        match value.as_str() {
            Some(text) => Self::from_text(text, cx),
            None => Err(Mismatch::new(Self::EXPECTED, article(value.type_str()))),
        }
    }

    fn show(&self) -> String {
        self.text.clone()
    }
}

impl OptionValue for Location {
    const EXPECTED: &'static str = "an http(s) address, a file address or a path";

    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        Location::parse(text, cx.base).map_err(|_| Mismatch::quoted(Self::EXPECTED, text))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl OptionValue for SafeUrl {
    const EXPECTED: &'static str = "the address of a proxy";

    fn from_text(text: &str, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        let text = text.trim();
        let parsed = if text.contains("://") {
            SafeUrl::parse(text)
        } else {
            SafeUrl::parse(&format!("http://{text}"))
        };
        parsed.map_err(|_| Mismatch::quoted(Self::EXPECTED, text))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl OptionValue for IndexEntry {
    const EXPECTED: &'static str = "an address, a path, or NAME=ADDRESS";

    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        IndexEntry::parse(text, cx.base, cx.origin)
            .map_err(|_| Mismatch::quoted(Self::EXPECTED, text))
    }

    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        super::index_table::index_entry(value, cx)
    }

    fn show(&self) -> String {
        match &self.name {
            Some(name) => format!("{name}={}", self.location),
            None => self.location.to_string(),
        }
    }
}

impl OptionValue for PackageName {
    const EXPECTED: &'static str = "the name of a package";

    fn from_text(text: &str, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        PackageName::parse(text.trim()).map_err(|_| Mismatch::quoted(Self::EXPECTED, text))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl OptionValue for Requirement {
    const EXPECTED: &'static str = "a requirement such as `harry>=1`";

    fn from_text(text: &str, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        Requirement::parse(text).map_err(|_| Mismatch::quoted(Self::EXPECTED, text))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}
