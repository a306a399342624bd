//! `naja venv`.

use std::path::PathBuf;

use naja_project::settings::{ArgumentLayer, LinkMode, SettingsError};

use super::env::EnvironmentArgs;
use super::families::{IndexArgs, OutputArgs, RefreshArgs};
use super::layer::{either, name_given, words};

/// Make a virtual environment.
///
/// Makes a virtual environment (PEP 405) in PATH, or in `.venv`. Interrupted at any moment, it
/// leaves nothing or a whole environment.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct VenvArgs {
    /// Where to make the environment [default: .venv].
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,

    /// Use this Python: a version, a name or a path.
    #[arg(long, short, value_name = "PYTHON")]
    pub(crate) python: Option<String>,

    /// Use the Python of the system.
    #[arg(long, overrides_with = "no_system", hide = true)]
    pub(crate) system: bool,

    #[arg(long, overrides_with = "system", hide = true)]
    pub(crate) no_system: bool,

    /// Put pip into the environment.
    #[arg(long, overrides_with = "no_seed")]
    pub(crate) seed: bool,

    /// Put nothing into the environment (the default).
    #[arg(long, alias = "without-pip", overrides_with = "seed", hide = true)]
    pub(crate) no_seed: bool,

    /// Put a `pip` into the environment that calls `naja pip` for it.
    #[arg(long, conflicts_with = "seed")]
    pub(crate) pip_shim: bool,

    /// Replace an environment that is there.
    #[arg(long, short, overrides_with_all = ["allow_existing", "no_clear"])]
    pub(crate) clear: bool,

    /// Refuse where an environment is there.
    #[arg(long, overrides_with = "clear", hide = true)]
    pub(crate) no_clear: bool,

    /// With `--clear`: replace a directory that is no environment, too.
    #[arg(long, requires = "clear")]
    pub(crate) force: bool,

    /// Keep the files that are there and write those of the environment over them.
    #[arg(long, overrides_with = "clear")]
    pub(crate) allow_existing: bool,

    /// The text in front of the shell's prompt; `.` for the name of the working directory.
    #[arg(long, value_name = "TEXT")]
    pub(crate) prompt: Option<String>,

    /// Let the environment see the packages of its base.
    #[arg(long)]
    pub(crate) system_site_packages: bool,

    /// Copy the interpreter instead of linking it.
    #[arg(long, alias = "always-copy", overrides_with = "symlinks")]
    pub(crate) copies: bool,

    /// Link the interpreter (the default).
    #[arg(long, overrides_with = "copies", hide = true)]
    pub(crate) symlinks: bool,

    /// Make an environment that can be moved (the default, except on Windows).
    #[arg(long, overrides_with = "no_relocatable")]
    pub(crate) relocatable: bool,

    /// Write the path of the environment into its programs.
    #[arg(long, overrides_with = "relocatable")]
    pub(crate) no_relocatable: bool,

    /// Give the environment that is there a newer Python of its minor version; packages stay.
    #[arg(long, conflicts_with_all = ["clear", "allow_existing", "seed", "redirect"])]
    pub(crate) upgrade: bool,

    /// Make the environment in this directory, and a file at PATH that leads to it.
    #[arg(long, alias = "venv-redirect", value_name = "DIRECTORY")]
    pub(crate) redirect: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) environment: EnvironmentArgs,

    /// Ignore the project that the working directory belongs to.
    #[arg(long, alias = "no-workspace")]
    pub(crate) no_project: bool,

    /// How the files of seeded packages come from the cache.
    #[arg(long, value_name = "MODE", value_parser = words::<LinkMode>(LinkMode::WORDS))]
    pub(crate) link_mode: Option<LinkMode>,

    /// For seeded packages: consider only what was published before this.
    #[arg(long, value_name = "DATE")]
    pub(crate) exclude_newer: Option<String>,

    /// The same for this package.
    #[arg(long, value_name = "PACKAGE=DATE")]
    pub(crate) exclude_newer_package: Vec<String>,

    /// Tell step by step what the command does, and how it is done by hand.
    #[arg(long)]
    pub(crate) explain: bool,

    #[command(flatten)]
    pub(crate) index: IndexArgs,

    #[command(flatten)]
    pub(crate) refresh: RefreshArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    #[arg(long, hide = true)]
    no_pip: bool,

    #[arg(long, hide = true)]
    no_setuptools: bool,

    #[arg(long, hide = true)]
    no_wheel: bool,
}

impl VenvArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.value("python", "--python", self.python.as_ref())?;
        to.switch("system", "--system", either(self.system, self.no_system))?;
        to.switch("venv-seed", "--seed", either(self.seed, self.no_seed))?;
        let clear = either(self.clear, self.no_clear || self.allow_existing);
        to.switch("venv-clear", "--clear", clear)?;
        let relocatable = either(self.relocatable, self.no_relocatable);
        to.switch("venv-relocatable", "--relocatable", relocatable)?;
        self.environment.settings(to)?;
        to.value(
            "link-mode",
            "--link-mode",
            self.link_mode.map(LinkMode::as_str),
        )?;
        to.value(
            "exclude-newer",
            "--exclude-newer",
            self.exclude_newer.as_ref(),
        )?;
        to.values(
            "exclude-newer-package",
            "--exclude-newer-package",
            &self.exclude_newer_package,
        )?;
        self.index.settings(to)?;
        self.refresh.settings(to)
    }

    pub(super) fn ineffective(&self, to: &mut Vec<&'static str>) {
        let given = [
            (self.no_pip, "--no-pip"),
            (self.no_setuptools, "--no-setuptools"),
            (self.no_wheel, "--no-wheel"),
        ];
        name_given(to, given);
    }
}
