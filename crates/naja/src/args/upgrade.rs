//! `naja outdated` and `naja upgrade`.

use naja_project::settings::{ArgumentLayer, SettingsError};

use super::families::OutputArgs;
use super::pip_world::OutdatedArgs;
use super::project::{LockModeArgs, WorkArgs};
use super::tasks::HookArgs;

/// Show what there are newer versions of.
///
/// In a project: what is locked, the newest version that the project and its packages allow, the newest there is,
/// and what stands between the two. Elsewhere the same for the packages of the environment.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct LockOutdatedArgs {
    /// Look at these packages only.
    #[arg(value_name = "PACKAGES")]
    pub(crate) packages: Vec<String>,

    /// Look at everything that is locked, not only at what the project names.
    #[arg(long, conflicts_with = "direct")]
    pub(crate) all: bool,

    #[command(flatten)]
    pub(crate) mode: LockModeArgs,

    #[command(flatten)]
    pub(crate) common: OutdatedArgs,
}

impl LockOutdatedArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.mode.settings(to)?;
        self.common.settings(to)
    }
}

/// Upgrade the dependencies of the project, their bounds included.
///
/// Rewrites the bounds in `pyproject.toml` that keep the newest versions out, each in its kind (`<2` becomes
/// `<4`, `==1.2` becomes `==3.1`; lower bounds stay), locks, and installs, all in one change that `naja undo`
/// takes back.
#[derive(Debug, Clone, Default, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct UpgradeArgs {
    /// The packages; everything if none is named. `NAME@VERSION` and `'NAME>=1,<3'` say which versions.
    #[arg(value_name = "PACKAGES")]
    pub(crate) packages: Vec<String>,

    /// Leave this package as it is.
    #[arg(long, value_name = "PACKAGE", value_delimiter = ',')]
    pub(crate) exclude: Vec<String>,

    /// Leave the bounds as they are: only the lock changes, as with `naja lock -U`.
    #[arg(long, aliases = ["lock-only", "within-bounds"])]
    pub(crate) locked_only: bool,

    #[arg(long, hide = true, conflicts_with = "locked_only")]
    pub(crate) latest: bool,

    /// Choose from a list.
    #[arg(long)]
    pub(crate) interactive: bool,

    /// Keep only upgrades with which this command, or task, passes.
    #[arg(long, value_name = "COMMAND")]
    pub(crate) test: Option<String>,

    /// Show what would change; change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Upgrade only the group `dev`.
    #[arg(long)]
    pub(crate) dev: bool,

    /// Upgrade only this dependency group.
    #[arg(long, value_name = "GROUP", value_delimiter = ',')]
    pub(crate) group: Vec<String>,

    /// Upgrade only this extra of the project.
    #[arg(long, value_name = "EXTRA", value_delimiter = ',')]
    pub(crate) optional: Vec<String>,

    /// Upgrade this project of the workspace.
    #[arg(long, value_name = "PROJECT")]
    pub(crate) package: Vec<String>,

    /// Upgrade all projects of the workspace.
    #[arg(long, conflicts_with = "package")]
    pub(crate) all_packages: bool,

    /// Leave the environment as it is.
    #[arg(long)]
    pub(crate) no_sync: bool,

    /// Use the active environment, even if it is another project's.
    #[arg(long)]
    pub(crate) active: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    #[command(flatten)]
    pub(crate) hooks: HookArgs,

    #[command(flatten)]
    pub(crate) work: WorkArgs,
}

impl UpgradeArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.switch("no-sync", "--no-sync", self.no_sync.then_some(true))?;
        self.work.settings(to)
    }
}
