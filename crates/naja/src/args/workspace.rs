//! `naja workspace`.

use super::families::OutputArgs;
use naja_project::settings::{ArgumentLayer, SettingsError};

use super::project::LockModeArgs;

/// List the projects of the workspace.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct WorkspaceListArgs {
    /// Show their directories instead of their names.
    #[arg(long)]
    pub(crate) paths: bool,

    /// List the scripts with metadata of their own (PEP 723) instead.
    #[arg(long)]
    pub(crate) scripts: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Show the directory of the workspace.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct WorkspaceDirArgs {
    /// That of this project of the workspace.
    #[arg(long, value_name = "PROJECT")]
    pub(crate) package: Option<String>,
}

/// Show what the projects of the workspace declare, as JSON.
///
/// Nothing is resolved or written: what the lock says is compared with the projects.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct WorkspaceMetadataArgs {
    #[command(flatten)]
    pub(crate) mode: LockModeArgs,

    /// The form of the answer.
    #[arg(long, value_name = "VERSION", value_parser = ["1"])]
    pub(crate) output_version: Option<String>,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl WorkspaceMetadataArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.mode.settings(to)
    }
}
