//! `naja verify` and `naja repair`.

use naja_project::settings::{ArgumentLayer, SettingsError};

use super::families::{OutputArgs, TargetArgs};

/// Compare installed files with what was recorded when they were installed.
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
