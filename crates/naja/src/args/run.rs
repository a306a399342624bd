//! `naja run`.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use naja_project::settings::{ArgumentLayer, SettingsError};

use super::env::EnvironmentArgs;
use super::families::{BuildArgs, IndexArgs, InstallArgs, RefreshArgs, ResolveArgs};
use super::layer::either;
use super::project::{LockModeArgs, SelectArgs, UseActiveArgs};
use super::tasks::TaskArgs;

/// Run a task or a program in an environment.
///
/// Runs a task of the project, a command, a Python file, a module (`-m`) or standard input (`-`) in the
/// environment of the project, which is brought up to date first, or the nearest one; a script with its own
/// metadata (PEP 723), or `--with`, gets an environment of its own from the cache. Everything behind COMMAND
/// belongs to it.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct RunArgs {
    /// The task or command and its arguments, a Python file, or `-`.
    #[arg(value_name = "COMMAND", trailing_var_arg = true, value_hint = clap::ValueHint::CommandWithArguments)]
    pub(crate) command: Vec<OsString>,

    /// Run COMMAND as a module, like `python -m`.
    #[arg(long, short, conflicts_with_all = ["script", "gui_script"])]
    pub(crate) module: bool,

    /// Run COMMAND as a Python script, whatever its name.
    #[arg(long, short, conflicts_with = "gui_script")]
    pub(crate) script: bool,

    /// Run COMMAND as a Python script; on Windows without a console.
    #[arg(long)]
    pub(crate) gui_script: bool,

    /// Have this package in the environment, too.
    #[arg(long, short, value_name = "PACKAGE", value_delimiter = ',')]
    pub(crate) with: Vec<String>,

    /// Have this project in the environment, editable.
    #[arg(long, value_name = "DIRECTORY", value_delimiter = ',')]
    pub(crate) with_editable: Vec<String>,

    /// Have what this file lists in the environment, too.
    #[arg(long, value_name = "FILE", value_delimiter = ',')]
    pub(crate) with_requirements: Vec<String>,

    /// Tell step by step what the command does, and how it is done by hand.
    #[arg(long)]
    pub(crate) explain: bool,

    /// Use an environment that nothing else uses.
    #[arg(long, overrides_with = "no_isolated")]
    pub(crate) isolated: bool,

    #[arg(long, overrides_with = "isolated", hide = true)]
    pub(crate) no_isolated: bool,

    /// Look for no project: the active environment counts, else the nearest one.
    #[arg(long, alias = "no-workspace")]
    pub(crate) no_project: bool,

    #[command(flatten)]
    pub(crate) use_active: UseActiveArgs,

    #[command(flatten)]
    pub(crate) environment: EnvironmentArgs,

    /// Leave the environment as it is.
    #[arg(long)]
    pub(crate) no_sync: bool,

    #[command(flatten)]
    pub(crate) select: SelectArgs,

    /// Run in the environment of this project of the workspace.
    #[arg(long, value_name = "PROJECT")]
    pub(crate) package: Option<String>,

    /// Have all projects of the workspace in the environment.
    #[arg(long, conflicts_with = "package")]
    pub(crate) all_packages: bool,

    /// Remove what the lock does not name before running.
    #[arg(long, overrides_with = "no_exact")]
    pub(crate) exact: bool,

    #[arg(long, alias = "inexact", overrides_with = "exact", hide = true)]
    pub(super) no_exact: bool,

    /// Install projects as they are built, not editable.
    #[arg(long)]
    pub(crate) no_editable: bool,

    /// Install this project as it is built, not editable.
    #[arg(long, value_name = "PACKAGE", value_delimiter = ',')]
    pub(crate) no_editable_package: Vec<String>,

    /// Choose the packages for this platform: `linux`, `windows`, `macos`, or a target triple.
    #[arg(long, value_name = "PLATFORM")]
    pub(crate) python_platform: Option<String>,

    #[command(flatten)]
    pub(crate) mode: LockModeArgs,

    /// Take variables from this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Vec<PathBuf>,

    /// Take no variables from files.
    #[arg(long)]
    pub(crate) no_env_file: bool,

    /// Use this Python: a version, a name or a path.
    #[arg(long, short, value_name = "PYTHON")]
    pub(crate) python: Option<String>,

    #[command(flatten)]
    pub(crate) tasks: TaskArgs,

    #[command(flatten)]
    pub(crate) index: IndexArgs,

    #[command(flatten)]
    pub(crate) resolve: ResolveArgs,

    #[command(flatten)]
    pub(crate) install: InstallArgs,

    #[command(flatten)]
    pub(crate) build: BuildArgs,

    #[command(flatten)]
    pub(crate) refresh: RefreshArgs,
}

impl RunArgs {
    /// The first word, where it may be a script.
    pub(crate) fn script_path(&self) -> Option<&Path> {
        let first = Path::new(self.command.first()?);
        let named = first.extension().and_then(OsStr::to_str);
        let is_script = self.script || self.gui_script || matches!(named, Some("py" | "pyw"));
        (is_script && !self.module).then_some(first)
    }

    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.switch(
            "isolated",
            "--isolated",
            either(self.isolated, self.no_isolated),
        )?;
        to.switch(
            "no-project",
            "--no-project",
            self.no_project.then_some(true),
        )?;
        to.switch("no-sync", "--no-sync", self.no_sync.then_some(true))?;
        to.switch(
            "no-editable",
            "--no-editable",
            self.no_editable.then_some(true),
        )?;
        self.select.settings(to)?;
        self.mode.settings(to)?;
        to.values("env-file", "--env-file", &self.env_file)?;
        to.switch(
            "no-env-file",
            "--no-env-file",
            self.no_env_file.then_some(true),
        )?;
        to.value("python", "--python", self.python.as_ref())?;
        self.environment.settings(to)?;
        self.index.settings(to)?;
        self.resolve.settings(to)?;
        self.install.settings(to)?;
        self.build.settings(to)?;
        self.refresh.settings(to)
    }
}
