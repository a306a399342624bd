//! `naja verify` and `naja repair`.

use naja_project::settings::{ArgumentLayer, SettingsError};

use super::families::{IndexArgs, OutputArgs, TargetArgs};
use super::status::ActiveArgs;

/// Compare installed files with what was recorded about them.
///
/// Files that were changed, that are missing, and files that belong to no package are listed, and
/// the exit status is 1. Nothing is changed; `naja repair` puts packages back.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct VerifyArgs {
    /// Look only at the files of these packages.
    #[arg(value_name = "PACKAGE")]
    pub(crate) packages: Vec<String>,

    /// Look only whether each file is there and of the right size.
    #[arg(long)]
    pub(crate) quick: bool,

    /// Compare versions with this lock file or requirements file, too.
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<String>,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl VerifyArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.target.settings(to)
    }
}

/// Put damaged packages back as they were installed.
///
/// Only packages with changed or missing files are touched, and what interrupted commands of other
/// tools left. They come from the cache, else they are fetched in the same version. `naja undo`
/// brings back what was there before, edited files too.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct RepairArgs {
    /// Look only at these packages.
    #[arg(value_name = "PACKAGE")]
    pub(crate) packages: Vec<String>,

    /// Remove files that belong to no package, too.
    #[arg(long)]
    pub(crate) remove_unowned: bool,

    /// Show what would be done; do nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) active: ActiveArgs,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) index: IndexArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl RepairArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.active.settings(to)?;
        self.target.settings(to)?;
        self.index.settings(to)
    }
}
