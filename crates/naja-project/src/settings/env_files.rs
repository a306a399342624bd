//! `env-file`: a list whose order counts the other way round.

use std::ffi::OsStr;
use std::path::PathBuf;

use toml::de::DeValue;

use super::value::{Dialect, Mismatch, OptionValue, ValueContext};
use crate::settings::{Layer, Origin};

/// `env-file`: files with variables; a later one counts more, and so does a higher layer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnvFiles(pub Vec<EnvFile>);

/// A file with variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvFile {
    /// Its path.
    pub path: PathBuf,
    /// Who names it.
    pub origin: Origin,
}

impl OptionValue for EnvFiles {
    const IS_LIST: bool = true;
    const EXPECTED: &'static str = <Vec<PathBuf> as OptionValue>::EXPECTED;

    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        Vec::from_text(text, cx).map(|paths| Self::of(paths, cx))
    }

    fn from_os(text: &OsStr, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        match cx.dialect {
            Dialect::Argument => Ok(Self::of(vec![PathBuf::from_os(text, cx)?], cx)),
            _ => Vec::from_os(text, cx).map(|paths| Self::of(paths, cx)),
        }
    }

    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        Vec::from_toml(value, cx).map(|paths| Self::of(paths, cx))
    }

    fn append_lower(&mut self, lower: &Self) {
        // What repeats a flag comes from the command line as well, and counts more.
        let is_flag = |file: &EnvFile| file.origin.layer == Layer::Arguments;
        if lower.0.iter().all(is_flag) {
            self.0.extend(lower.0.iter().cloned());
            return;
        }
        let mut all = lower.0.clone();
        all.append(&mut self.0);
        self.0 = all;
    }

    fn show(&self) -> String {
        let shown: Vec<String> = self.0.iter().map(|file| file.path.show()).collect();
        shown.join(" ")
    }
}

impl EnvFiles {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn of(paths: Vec<PathBuf>, cx: ValueContext<'_>) -> Self {
        let file = |path| EnvFile {
            path,
            origin: cx.origin.clone(),
        };
        Self(paths.into_iter().map(file).collect())
    }
}
