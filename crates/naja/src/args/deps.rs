//! `naja deps`.

use naja_project::settings::{ArgumentLayer, SettingsError};

use super::families::OutputArgs;

/// Compare what a project imports with what it declares.
///
/// Shows what is declared and not imported, and what is imported and not declared, without running anything.
/// The exit status is 1 if there is any.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct DepsCheckArgs {
    /// Look at this project of the workspace.
    #[arg(long, value_name = "PROJECT")]
    pub(crate) package: Option<String>,

    /// Show unused dependencies of extras and groups, too.
    #[arg(long)]
    pub(crate) all: bool,

    /// Say nothing about this package.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl DepsCheckArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.values("deps-ignore", "--ignore", &self.ignore)
    }
}
