//! The option table: every setting once, with its key, variables, flag, default and documentation.

use naja_spec::{PackageName, Requirement, SafeUrl};
use std::path::PathBuf;
use toml::de::DeValue;

use super::value::{Dialect, Mismatch, OptionValue, ValueContext};
use crate::settings::{
    AddBounds, AnnotationStyle, Color, ConfigSettings, Conflicts, Count, Cutoff,
    DependencyMetadata, EnvFiles, EnvironmentLink, EnvironmentStorage, Environments,
    ExtraBuildDependencies, ExtraBuildVariables, ForkStrategy, HashedRequirement, IndexEntry,
    IndexStrategy, Interface, KeyringProvider, Layer, LinkMode, Location, Milliseconds, Origin,
    PackageChoice, PackageConfigSettings, Pairs, PathList, Place, Prerelease, PythonDownloads,
    PythonPreference, Resolution, Setting, SettingsError, SourceIndexes, UpgradeStrategy,
    WrongEnvironment,
};
use crate::variables::Variables;

/// How a variable's text becomes the value of its setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VariableRule {
    /// The text is the value.
    Value,
    /// The text is the value in pip's way of writing lists.
    Pip,
    /// The text is the contrary of the value.
    Not,
    /// Any text means this value.
    Means(&'static str),
}

/// A variable that gives a setting its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VariableName {
    /// Its name.
    pub name: &'static str,
    /// How it is read.
    pub rule: VariableRule,
}

const fn var(name: &'static str) -> VariableName {
    VariableName {
        name,
        rule: VariableRule::Value,
    }
}

const fn pip(name: &'static str) -> VariableName {
    VariableName {
        name,
        rule: VariableRule::Pip,
    }
}

const fn not(name: &'static str) -> VariableName {
    VariableName {
        name,
        rule: VariableRule::Not,
    }
}

const fn means(name: &'static str, value: &'static str) -> VariableName {
    VariableName {
        name,
        rule: VariableRule::Means(value),
    }
}

/// One row of the table, for documentation and completions.
#[derive(Debug, Clone)]
pub struct OptionRow {
    /// The key in `naja.toml`, `[tool.naja]`, `uv.toml`, `[tool.uv]`.
    pub key: &'static str,
    /// The flag, or an empty text where there is none.
    pub flag: &'static str,
    /// The key in pip's files, where pip's value is honoured.
    pub pip_key: Option<&'static str>,
    /// The variables, first one first.
    pub variables: &'static [VariableName],
    /// What the setting takes.
    pub expected: &'static str,
    /// The default, as it would be written; empty for none.
    pub default: String,
    /// What the setting does.
    pub doc: String,
}

/// Says how lists of two layers are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lists {
    /// The higher layer's list counts.
    Replace,
    /// The lower layer's members follow.
    Append,
}

/// Declares the settings from rows; see `settings/rows.rs`.
macro_rules! option_table {
    ($($(#[doc = $doc:literal])+
       $field:ident: $kind:ty = $default:expr,
       $key:literal, $flag:literal, [$($variable:expr),* $(,)?] $(, pip $pip:literal)?;)+) => {
        /// The values of one layer, or of several joined: every setting may be absent.
        #[derive(Debug, Clone, Default)]
        pub struct Partial {
            $($(#[doc = $doc])+ pub $field: Option<Setting<$kind>>,)+
        }

        /// The final values: read once, then unchanged.
        #[derive(Debug, Clone)]
        pub struct Settings {
            $($(#[doc = $doc])+ pub $field: Setting<$kind>,)+
        }

        impl Partial {
            /// Lays these values over those of a lower layer.
            pub(crate) fn over(mut self, lower: Partial, lists: Lists) -> Partial {
                $(self.$field = join(self.$field, lower.$field, lists);)+
                self
            }

            /// Fills the gaps with the defaults.
            pub fn settings(self) -> Settings {
                Settings {
                    $($field: self.$field.unwrap_or_else(|| Setting::default_of($default)),)+
                }
            }

            /// Reads one key of a TOML table; says whether there is such a setting.
            pub(crate) fn set_toml(
                &mut self,
                key: &str,
                value: &DeValue<'_>,
                cx: ValueContext<'_>,
            ) -> Result<bool, Mismatch> {
                match key {
                    $($key => {
                        let value = <$kind as OptionValue>::from_toml(value, cx)?;
                        self.$field = Some(Setting { value, origin: cx.origin.clone() });
                    })+
                    _ => return Ok(false),
                }
                Ok(true)
            }

            /// Reads one key of pip's configuration; says whether it is honoured.
            pub(crate) fn set_pip(
                &mut self,
                key: &str,
                text: &str,
                cx: ValueContext<'_>,
            ) -> Result<bool, Mismatch> {
                let Some(text) = super::pip_conf::meaning(key, text) else {
                    return Ok(false);
                };
                match key {
                    $($($pip => {
                        let value = <$kind as OptionValue>::from_text(&text, cx)?;
                        self.$field = Some(Setting { value, origin: cx.origin.clone() });
                    })?)+
                    _ => return Ok(false),
                }
                Ok(true)
            }

            /// Takes the value of a flag for the setting of a key; a repeated list grows.
            ///
            /// Says whether there is such a key.
            pub(crate) fn set_argument(
                &mut self,
                key: &str,
                text: &std::ffi::OsStr,
                cx: ValueContext<'_>,
            ) -> Result<bool, Mismatch> {
                match key {
                    $($key => {
                        let value = <$kind as OptionValue>::from_os(text, cx)?;
                        match &mut self.$field {
                            Some(known) if <$kind as OptionValue>::IS_LIST => {
                                known.value.append_lower(&value);
                            }
                            field => *field = Some(Setting { value, origin: cx.origin.clone() }),
                        }
                    })+
                    _ => return Ok(false),
                }
                Ok(true)
            }

            /// Reads the variables of every setting.
            pub(crate) fn from_variables(
                from: &FromVariables<'_>,
            ) -> Result<Partial, SettingsError> {
                let mut partial = Partial::default();
                $(partial.$field = from.read::<$kind>(const { &[$($variable),*] })?;)+
                Ok(partial)
            }
        }

        impl Settings {
            /// Lists every setting as (key, value as text, origin), in the table's order.
            /// Secrets are masked.
            pub fn entries(&self) -> Vec<(&'static str, String, &Origin)> {
                vec![$(($key, self.$field.value.show(), &self.$field.origin)),+]
            }
        }

        /// Every key, for suggestions.
        pub(crate) const KEYS: &[&str] = &[$($key),+];

        /// Returns the whole option table, for the reference page, completions and tests.
        pub fn options() -> Vec<OptionRow> {
            vec![$(OptionRow {
                key: $key,
                flag: $flag,
                pip_key: [$(Some($pip),)? None][0],
                variables: const { &[$($variable),*] },
                expected: <$kind as OptionValue>::EXPECTED,
                default: <$kind as OptionValue>::show(&$default),
                doc: [$($doc.trim()),+].join(" "),
            }),+]
        }
    };
}

fn join<T: OptionValue>(
    higher: Option<Setting<T>>,
    lower: Option<Setting<T>>,
    lists: Lists,
) -> Option<Setting<T>> {
    match (higher, lower) {
        (Some(mut high), Some(low)) => {
            if lists == Lists::Append {
                high.value.append_lower(&low.value);
            }
            Some(high)
        }
        (high, low) => high.or(low),
    }
}

/// Reads variables into settings.
pub(crate) struct FromVariables<'a> {
    pub(crate) variables: &'a Variables,
    pub(crate) base: &'a std::path::Path,
    pub(crate) now_ms: i64,
    pub(crate) with_pip: bool,
    pub(crate) interface: Interface,
}

impl FromVariables<'_> {
    fn read<T: OptionValue>(
        &self,
        names: &'static [VariableName],
    ) -> Result<Option<Setting<T>>, SettingsError> {
        for VariableName { name, rule } in names {
            if *rule == VariableRule::Pip && !self.with_pip {
                continue;
            }
            let Some(text) = self.variables.get_os(name) else {
                continue;
            };
            let meant;
            let text = match (rule, text.to_str()) {
                (VariableRule::Pip, Some(written)) => {
                    let key = name.trim_start_matches("PIP_").replace('_', "-");
                    let key = key.to_ascii_lowercase();
                    if !super::pip_conf::counts(&key, self.interface) || written.is_empty() {
                        continue;
                    }
                    match super::pip_conf::meaning(&key, written) {
                        Some(text) => meant = text.into_owned(),
                        None => continue,
                    }
                    std::ffi::OsStr::new(&meant)
                }
                _ => text,
            };
            let origin = Origin {
                layer: Layer::Environment,
                place: Place::Variable((*name).into()),
            };
            let dialect = match rule {
                VariableRule::Pip => Dialect::Pip,
                _ => Dialect::Own,
            };
            let cx = ValueContext {
                base: self.base,
                now_ms: self.now_ms,
                dialect,
                origin: &origin,
            };
            let value = match rule {
                VariableRule::Means(meaning) => T::from_text(meaning, cx),
                VariableRule::Not => T::from_os(text, cx).map(T::invert),
                VariableRule::Value | VariableRule::Pip => T::from_os(text, cx),
            };
            return match value {
                Ok(value) => Ok(Some(Setting { value, origin })),
                Err(Mismatch { expected, found }) => Err(SettingsError::Value {
                    origin: Box::new(origin),
                    expected,
                    found,
                }),
            };
        }
        Ok(None)
    }
}

include!("rows.rs");
