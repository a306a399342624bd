//! `naja pip install`, `sync` and `uninstall`.

use naja_project::settings::{ArgumentLayer, SettingsError};

use super::families::{
    BoundArgs, DepsArgs, ExtraArgs, IndexArgs, InstallArgs, OutputArgs, PipBuildArgs, PlatformArgs,
    RefreshArgs, ResolveArgs, TargetArgs, TorchArgs,
};
use super::layer::{either, name_given};
use super::pip_flags::{PipFlags, PipInstallFlags};
use super::status::ActiveArgs;

/// Whether hashes are asked for and checked.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct HashArgs {
    /// Refuse requirements without a version and a hash.
    #[arg(long, overrides_with = "no_require_hashes")]
    pub(crate) require_hashes: bool,

    #[arg(long, overrides_with = "require_hashes", hide = true)]
    pub(crate) no_require_hashes: bool,

    /// Do not check the hashes that requirements have.
    #[arg(long, overrides_with = "verify_hashes")]
    pub(crate) no_verify_hashes: bool,

    #[arg(long, overrides_with = "no_verify_hashes", hide = true)]
    pub(crate) verify_hashes: bool,
}

impl HashArgs {
    fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        let require = either(self.require_hashes, self.no_require_hashes);
        to.switch("require-hashes", "--require-hashes", require)?;
        let verify = either(self.verify_hashes, self.no_verify_hashes);
        to.switch("verify-hashes", "--no-verify-hashes", verify)
    }
}

/// What `install` and `sync` share.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ChangeArgs {
    #[command(flatten)]
    pub(crate) bounds: BoundArgs,

    #[command(flatten)]
    pub(crate) extras: ExtraArgs,

    #[command(flatten)]
    pub(crate) hashes: HashArgs,

    /// Fail when the environment is inconsistent afterwards.
    #[arg(long, overrides_with = "no_strict")]
    pub(crate) strict: bool,

    #[arg(long, overrides_with = "strict", hide = true)]
    pub(crate) no_strict: bool,

    /// Show what would be done; do nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Tell step by step what the command does, and how it is done by hand.
    #[arg(long)]
    pub(crate) explain: bool,

    /// Do nothing; exit with 1 if there is something to do.
    #[arg(long)]
    pub(crate) check: bool,

    #[command(flatten)]
    pub(crate) active: ActiveArgs,

    #[command(flatten)]
    pub(crate) torch: TorchArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) index: IndexArgs,

    #[command(flatten)]
    pub(crate) resolve: ResolveArgs,

    #[command(flatten)]
    pub(crate) install: InstallArgs,

    #[command(flatten)]
    pub(crate) build: PipBuildArgs,

    #[command(flatten)]
    pub(crate) refresh: RefreshArgs,

    #[command(flatten)]
    pub(crate) platform: PlatformArgs,

    #[command(flatten)]
    pub(crate) pip: PipFlags,
}

impl ChangeArgs {
    fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.torch.settings(to)?;
        self.active.settings(to)?;
        self.bounds.settings(to)?;
        self.hashes.settings(to)?;
        to.switch("strict", "--strict", either(self.strict, self.no_strict))?;
        self.target.settings(to)?;
        self.index.settings(to)?;
        self.resolve.settings(to)?;
        self.install.settings(to)?;
        self.build.settings(to)?;
        self.refresh.settings(to)?;
        self.platform.settings(to)?;
        self.pip.settings(to)
    }

    fn ineffective(&self, to: &mut Vec<&'static str>) {
        self.pip.ineffective(to);
        self.resolve.ineffective(to);
    }
}

/// Install packages into an environment.
///
/// Everything that can fail fails before the first change; then all changes become visible at once.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PipInstallArgs {
    /// Packages to install, such as `harry`, `harry>=1`, `harry[hat]`, `./harry.whl`.
    #[arg(value_name = "PACKAGE")]
    pub(crate) packages: Vec<String>,

    /// Install what this file lists (`-` for standard input).
    #[arg(
        long = "requirements",
        short,
        alias = "requirement",
        value_name = "FILE"
    )]
    pub(crate) requirements: Vec<String>,

    /// Install this project so that changes of its files are seen.
    #[arg(long, short, value_name = "DIRECTORY")]
    pub(crate) editable: Vec<String>,

    /// Install everything as ordinary packages, even what is asked for as editable.
    #[arg(long, value_name = "PACKAGE", num_args = 0..=1, hide = true)]
    pub(crate) no_editable: Option<Option<String>>,

    #[command(flatten)]
    pub(crate) deps: DepsArgs,

    /// Remove everything that is not asked for.
    #[arg(long, overrides_with = "inexact")]
    pub(crate) exact: bool,

    #[arg(long, overrides_with = "exact", hide = true)]
    pub(crate) inexact: bool,

    /// Install what the packages need, but not the packages.
    #[arg(long, conflicts_with = "no_deps")]
    pub(crate) only_deps: bool,

    /// Write the packages into this requirements file, too: pinned, unless their version is said.
    #[arg(long, value_name = "FILE", requires = "packages")]
    pub(crate) save: Option<std::path::PathBuf>,

    /// Write pip's installation report into this file (`-` for standard output).
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<std::path::PathBuf>,

    #[command(flatten)]
    pub(crate) change: ChangeArgs,

    #[command(flatten)]
    pub(crate) pip: PipInstallFlags,
}

impl PipInstallArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.deps.settings(to)?;
        self.pip.settings(to)?;
        self.change.settings(to)
    }

    pub(super) fn ineffective(&self, to: &mut Vec<&'static str>) {
        self.change.ineffective(to);
        self.pip.ineffective(to);
        if self.no_editable.is_some() {
            to.push("--no-editable");
        }
    }
}

/// Make an environment hold exactly what files list.
///
/// The files are taken as complete: what they list is installed without looking for what it needs,
/// and everything else is removed.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true)
    .args(["files", "group"]))]
pub(crate) struct PipSyncArgs {
    /// Files of requirements (`-` for standard input).
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<String>,

    /// Allow the files to list nothing, which empties the environment.
    #[arg(long, overrides_with = "no_allow_empty_requirements")]
    pub(crate) allow_empty_requirements: bool,

    #[arg(long, overrides_with = "allow_empty_requirements", hide = true)]
    pub(crate) no_allow_empty_requirements: bool,

    #[command(flatten)]
    pub(crate) change: ChangeArgs,

    #[arg(long, short, hide = true)]
    ask: bool,

    #[arg(long, hide = true, value_name = "ARGUMENTS")]
    pip_args: Option<String>,
}

impl PipSyncArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        let allow = either(
            self.allow_empty_requirements,
            self.no_allow_empty_requirements,
        );
        to.switch(
            "allow-empty-requirements",
            "--allow-empty-requirements",
            allow,
        )?;
        self.change.settings(to)
    }

    pub(super) fn ineffective(&self, to: &mut Vec<&'static str>) {
        self.change.ineffective(to);
        let given = [(self.ask, "--ask"), (self.pip_args.is_some(), "--pip-args")];
        name_given(to, given);
    }
}

/// Remove packages from an environment.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true)
    .args(["packages", "requirements"]))]
pub(crate) struct PipUninstallArgs {
    /// Packages to remove.
    #[arg(value_name = "PACKAGE")]
    pub(crate) packages: Vec<String>,

    /// Remove what this file lists (`-` for standard input).
    #[arg(
        long = "requirements",
        short,
        alias = "requirement",
        value_name = "FILE"
    )]
    pub(crate) requirements: Vec<String>,

    /// Remove from the user's site directory.
    #[arg(long)]
    pub(crate) user: bool,

    /// Remove what came only for the sake of these packages, too.
    #[arg(long)]
    pub(crate) autoremove: bool,

    /// Tell step by step what the command does, and how it is done by hand.
    #[arg(long)]
    pub(crate) explain: bool,

    /// Show what would be done; do nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) active: ActiveArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) pip: PipFlags,
}

impl PipUninstallArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.switch("user", "--user", self.user.then_some(true))?;
        self.active.settings(to)?;
        self.target.settings(to)?;
        self.pip.settings(to)
    }

    pub(super) fn ineffective(&self, to: &mut Vec<&'static str>) {
        self.pip.ineffective(to);
    }
}
