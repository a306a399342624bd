//! Reading the layers and joining them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use naja_spec::{PackageName, Version};

use super::index::credentials_of;
use super::read_files::Reader;
use super::table::{FromVariables, Lists};
use crate::files::Files;
use crate::formats::FormatControl;
use crate::settings::{
    ConfigPlaces, Layer, Location, Partial, Prerelease, Settings, SettingsError, SettingsWarning,
};

/// Which configuration files are read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ConfigFiles {
    /// Those of the project, the user and the system.
    #[default]
    Discover,
    /// This one only (`--config-file`).
    Only(PathBuf),
    /// None (`--no-config`).
    None,
}

/// Whose `pip` table counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Interface {
    /// Every command but those below `pip`.
    #[default]
    Project,
    /// The commands below `pip`, for which the table `pip` of a file hides the rest of it: the
    /// name of pip's command, whose section of pip's files counts.
    Pip(&'static str),
}

/// What the settings are made of.
#[derive(Clone, Copy)]
pub struct SettingsInput<'a> {
    /// Reads the files.
    pub files: &'a dyn Files,
    /// The places of the files of user and system, and the variables.
    pub places: ConfigPlaces<'a>,
    /// The working directory: relative paths of arguments and variables start here.
    pub cwd: &'a Path,
    /// Where the search for the project's files begins (usually `cwd`); it goes upwards.
    pub project: &'a Path,
    /// Which files are read.
    pub config: &'a ConfigFiles,
    /// Whose `pip` table counts.
    pub interface: Interface,
    /// The clock, in Unix milliseconds: ages count back from it.
    pub now_ms: i64,
}

/// The settings, and what there is to say about them.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The final values.
    pub settings: Settings,
    /// What does not stop the command.
    pub warnings: Vec<SettingsWarning>,
}

/// Reads every layer and joins them: arguments over variables over the files of the project, the
/// active environment, the user and the system, over the defaults; inside a layer naja's own
/// before uv's before pip's. Lists of files are appended, highest first; a list in a variable or
/// argument comes before those.
///
/// # Errors
/// A file that cannot be read or parsed, or a value its setting cannot take. Files and variables
/// of a lower layer are checked even where a higher one hides them.
pub fn load(input: &SettingsInput<'_>, arguments: Partial) -> Result<Loaded, SettingsError> {
    load_for(input, arguments, None)
}

/// The tables of a script (PEP 723): its settings stand over those of the project's files.
#[derive(Debug, Clone, Copy)]
pub struct ScriptTables<'a> {
    /// The script.
    pub path: &'a Path,
    /// The content of its block as TOML, with the lines where they stand in the script.
    pub toml: &'a str,
}

/// Does the same for a script.
///
/// # Errors
/// As [`load`].
pub fn load_for(
    input: &SettingsInput<'_>,
    arguments: Partial,
    script: Option<ScriptTables<'_>>,
) -> Result<Loaded, SettingsError> {
    let mut reader = Reader {
        input: *input,
        warnings: Vec::new(),
    };
    let of_script = script
        .map(|script| reader.script_layer(script))
        .transpose()?;
    let mut files = reader.file_layers()?;
    files.splice(..0, of_script);
    let pip_config = files
        .iter()
        .find_map(|layer| layer.own.pip_config.as_ref().map(|setting| setting.value));
    let arguments_pip = arguments.pip_config.as_ref().map(|set| set.value);
    let variables = FromVariables {
        variables: input.places.variables,
        base: input.cwd,
        now_ms: input.now_ms,
        with_pip: arguments_pip.or(pip_config).unwrap_or(true),
        interface: input.interface,
    };
    let environment = Partial::from_variables(&variables)?;
    let with_pip = arguments_pip
        .or(environment.pip_config.as_ref().map(|set| set.value))
        .unwrap_or(variables.with_pip);
    let environment = if with_pip == variables.with_pip {
        environment
    } else {
        Partial::from_variables(&FromVariables {
            with_pip,
            ..variables
        })?
    };

    let pip = if with_pip {
        reader.pip_layers()?
    } else {
        Vec::new()
    };
    let mut layers: Vec<(Layer, Partial)> = files
        .into_iter()
        .map(|files| (files.layer, files.own.over(files.uv, Lists::Replace)))
        .collect();
    for (layer, partial) in pip {
        match layers.iter_mut().find(|(known, _)| *known == layer) {
            Some((_, above)) => *above = std::mem::take(above).over(partial, Lists::Replace),
            None => layers.push((layer, partial)),
        }
    }
    layers.sort_by_key(|(layer, _)| std::cmp::Reverse(*layer));
    let mut joined = arguments.over(environment, Lists::Replace);
    for (_, partial) in layers {
        joined = joined.over(partial, Lists::Append);
    }
    let mut settings = joined.settings();
    settings.add_credentials(input.places.variables);
    Ok(Loaded {
        settings,
        warnings: reader.warnings,
    })
}

impl Settings {
    fn add_credentials(&mut self, variables: &crate::Variables) {
        let named = self
            .index
            .value
            .iter_mut()
            .chain(self.default_index.value.iter_mut());
        for entry in named.chain(self.extra_index_url.value.iter_mut()) {
            if let (Some(name), Location::Url(_)) = (&entry.name, &entry.location) {
                entry.credentials = credentials_of(name, variables);
            }
        }
    }

    /// Whether a version counts under the rules for pre-releases, `finals` telling whether there is any other.
    #[must_use]
    pub fn takes_version(&self, name: &PackageName, version: &Version, finals: bool) -> bool {
        if !version.is_prerelease() {
            return true;
        }
        let of_packages = &self.prerelease_package.value.0;
        let of_package = of_packages.iter().find(|(package, _)| package == name);
        match of_package.map_or(self.prerelease.value, |(_, policy)| *policy) {
            Prerelease::Allow => true,
            Prerelease::IfNecessary | Prerelease::IfNecessaryOrExplicit => !finals,
            Prerelease::Disallow | Prerelease::Explicit => false,
        }
    }

    /// Joins `no-build…`, `no-binary…` and `only-binary` into one answer for each package.
    pub fn format_control(&self) -> FormatControl {
        let mut control = FormatControl {
            no_binary: self.no_binary.value.clone(),
            only_binary: self.only_binary.value.clone(),
        };
        control.only_binary.all |= self.no_build.value;
        let extend = |into: &mut BTreeSet<PackageName>, from: &[PackageName]| {
            into.extend(from.iter().cloned());
        };
        extend(&mut control.only_binary.names, &self.no_build_package.value);
        extend(&mut control.no_binary.names, &self.no_binary_package.value);
        control
    }
}
