//! `naja format` and `naja check`.

use std::ffi::OsString;
use std::path::PathBuf;

use naja_project::settings::{ArgumentLayer, SettingsError};

use super::env::EnvironmentArgs;
use super::families::{BuildArgs, IndexArgs, InstallArgs, RefreshArgs, ResolveArgs};
use super::layer::either;
use super::project::{LockModeArgs, SelectArgs};
use super::run::RunArgs;
use super::tasks::HookArgs;

/// Format the Python files of the project, with ruff.
///
/// Runs `ruff format` in the directory of the project, from an environment of its own in the cache. The version is that of
/// the project's lock, else the newest.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(disable_version_flag = true)]
pub(crate) struct FormatArgs {
    /// What else ruff is told.
    #[arg(value_name = "ARGS", last = true)]
    pub(crate) arguments: Vec<OsString>,

    /// Change nothing, and end with 1 if something would change.
    #[arg(long)]
    pub(crate) check: bool,

    /// Change nothing, and show what would change.
    #[arg(long)]
    pub(crate) diff: bool,

    /// The version of ruff: `0.12.8`, `>=0.12,<0.13`, or `latest`.
    #[arg(long, value_name = "VERSION")]
    pub(crate) version: Option<String>,

    /// Look for no project: work in this directory.
    #[arg(long, alias = "no-workspace")]
    no_project: bool,

    /// Run it with this Python: a version, a name or a path.
    #[arg(long, short, value_name = "PYTHON")]
    python: Option<String>,

    #[command(flatten)]
    index: IndexArgs,

    #[command(flatten)]
    resolve: ResolveArgs,

    #[command(flatten)]
    refresh: RefreshArgs,
}

impl FormatArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        let no_project = self.no_project.then_some(true);
        to.switch("no-project", "--no-project", no_project)?;
        to.value("python", "--python", self.python.as_ref())?;
        self.index.settings(to)?;
        self.resolve.settings(to)?;
        self.refresh.settings(to)
    }
}

/// Check the types of the project, with ty.
///
/// Brings the environment of the project up to date, and runs `ty check` on the project from an environment of its own in
/// the cache. The version is that of the project's lock, else the newest. With `--script`, the same for a script and
/// its environment.
#[derive(Debug, Clone, Default, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct CheckArgs {
    /// What else ty is told.
    #[arg(value_name = "ARGS", last = true)]
    pub(crate) arguments: Vec<OsString>,

    /// Mend what can be mended safely.
    #[arg(long)]
    pub(crate) fix: bool,

    /// The version of ty: `0.0.1`, `>=0.0.1,<0.1`, or `latest`.
    #[arg(long, value_name = "VERSION")]
    pub(crate) ty_version: Option<String>,

    /// Look for no project: the active environment counts, else the nearest one.
    #[arg(long, alias = "no-workspace")]
    no_project: bool,

    /// Look at an environment that is made for this, and goes with it.
    #[arg(long, overrides_with = "no_isolated")]
    isolated: bool,

    #[arg(long, overrides_with = "isolated", hide = true)]
    no_isolated: bool,

    /// Leave the environment as it is.
    #[arg(long)]
    pub(crate) no_sync: bool,

    /// Do not install the project itself.
    #[arg(long)]
    pub(crate) no_install_project: bool,

    /// Look at the environment of this project of the workspace.
    #[arg(long, value_name = "PROJECT")]
    package: Option<String>,

    /// Have all projects of the workspace in the environment.
    #[arg(long, conflicts_with = "package")]
    all_packages: bool,

    /// Look at this script (PEP 723), with what its metadata asks for.
    #[arg(long, value_name = "SCRIPT", conflicts_with_all = [
        "package", "all_packages", "no_project", "no_install_project", "extra", "all_extras", "no_extra", "group",
        "all_groups", "no_group", "no_default_groups", "only_group", "only_dev", "no_dev",
    ])]
    pub(crate) script: Option<PathBuf>,

    /// Use this Python: a version, a name or a path.
    #[arg(long, short, value_name = "PYTHON")]
    python: Option<String>,

    #[command(flatten)]
    environment: EnvironmentArgs,

    #[command(flatten)]
    select: SelectArgs,

    #[command(flatten)]
    mode: LockModeArgs,

    #[command(flatten)]
    pub(crate) hooks: HookArgs,

    #[command(flatten)]
    index: IndexArgs,

    #[command(flatten)]
    resolve: ResolveArgs,

    #[command(flatten)]
    install: InstallArgs,

    #[command(flatten)]
    build: BuildArgs,

    #[command(flatten)]
    refresh: RefreshArgs,
}

impl CheckArgs {
    /// What of the project there has to be, in the words of `naja run`.
    pub(crate) fn run(&self) -> RunArgs {
        RunArgs {
            package: self.package.clone(),
            all_packages: self.all_packages,
            select: self.select.clone(),
            ..RunArgs::default()
        }
    }

    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        let isolated = either(self.isolated, self.no_isolated);
        to.switch("isolated", "--isolated", isolated)?;
        let no_project = self.no_project.then_some(true);
        to.switch("no-project", "--no-project", no_project)?;
        to.switch("no-sync", "--no-sync", self.no_sync.then_some(true))?;
        to.value("python", "--python", self.python.as_ref())?;
        self.environment.settings(to)?;
        self.select.settings(to)?;
        self.mode.settings(to)?;
        self.index.settings(to)?;
        self.resolve.settings(to)?;
        self.install.settings(to)?;
        self.build.settings(to)?;
        self.refresh.settings(to)
    }
}
