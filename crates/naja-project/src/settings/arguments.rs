//! The layer of the command line: flags by the keys of their settings.

use std::ffi::OsStr;
use std::path::Path;

use super::value::{Dialect, Mismatch, ValueContext};
use crate::settings::{Origin, Partial, SettingsError};

/// Collects what flags say, for [`crate::settings::load`].
///
/// Values are texts, read like those of variables, but a list takes one member from each
/// occurrence of its flag (several, separated by commas, for package names).
#[derive(Debug)]
pub struct ArgumentLayer<'a> {
    partial: Partial,
    cwd: &'a Path,
    now_ms: i64,
}

impl<'a> ArgumentLayer<'a> {
    /// Starts an empty layer. Relative paths start from `cwd`; ages count back from `now_ms`
    /// (Unix milliseconds).
    pub fn new(cwd: &'a Path, now_ms: i64) -> Self {
        Self {
            partial: Partial::default(),
            cwd,
            now_ms,
        }
    }

    /// Takes a value, if the flag was given.
    ///
    /// # Errors
    /// A value the setting cannot take, or a key that no setting has (a mistake of the caller).
    pub fn value(
        &mut self,
        key: &str,
        flag: &'static str,
        value: Option<impl AsRef<OsStr>>,
    ) -> Result<(), SettingsError> {
        let Some(value) = value else { return Ok(()) };
        let origin = Origin::flag(flag);
        let cx = ValueContext {
            base: self.cwd,
            now_ms: self.now_ms,
            dialect: Dialect::Argument,
            origin: &origin,
        };
        let set = self.partial.set_argument(key, value.as_ref(), cx);
        let Mismatch { expected, found } = match set {
            Ok(true) => return Ok(()),
            Ok(false) => Mismatch::new("the key of a setting", format!("`{key}`")),
            Err(mismatch) => mismatch,
        };
        Err(SettingsError::Value {
            origin: Box::new(origin),
            expected,
            found,
        })
    }

    /// Takes every value of a flag that can be repeated.
    ///
    /// # Errors
    /// As [`Self::value`].
    pub fn values<T: AsRef<OsStr>>(
        &mut self,
        key: &str,
        flag: &'static str,
        values: impl IntoIterator<Item = T>,
    ) -> Result<(), SettingsError> {
        for value in values {
            self.value(key, flag, Some(value))?;
        }
        Ok(())
    }

    /// Takes a switch, if it or its contrary was given.
    ///
    /// # Errors
    /// As [`Self::value`].
    pub fn switch(
        &mut self,
        key: &str,
        flag: &'static str,
        value: Option<bool>,
    ) -> Result<(), SettingsError> {
        let text = value.map(|value| if value { "true" } else { "false" });
        self.value(key, flag, text)
    }

    /// Returns the layer.
    pub fn finish(self) -> Partial {
        self.partial
    }
}
