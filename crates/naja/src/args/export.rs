//! `naja export`.

use std::path::PathBuf;

use naja_engine::project::ExportFormat;
use naja_project::settings::{ArgumentLayer, SettingsError};

use super::project::{LockModeArgs, SelectArgs, WorkArgs};

/// Write the lock of the project in a form that other tools install.
///
/// Makes the lock fit first, as `naja sync` does; the environment is left alone. The result is for all systems
/// and Pythons the lock is for.
#[derive(Debug, Clone, Default, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct ExportArgs {
    /// The form [default: as the name of the file says, else `requirements.txt`].
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) format: Option<Format>,

    /// Write to this file.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output_file: Option<PathBuf>,

    /// Leave out the hashes.
    #[arg(long, overrides_with = "hashes")]
    pub(crate) no_hashes: bool,

    #[arg(long, overrides_with = "no_hashes", hide = true)]
    hashes: bool,

    /// Leave out the comment at the top.
    #[arg(long, overrides_with = "header")]
    pub(crate) no_header: bool,

    #[arg(long, overrides_with = "no_header", hide = true)]
    header: bool,

    /// Leave out the comments that say who asks for a package.
    #[arg(long, overrides_with = "annotate")]
    pub(crate) no_annotate: bool,

    #[arg(long, overrides_with = "no_annotate", hide = true)]
    annotate: bool,

    /// Write the addresses of the indexes at the top.
    #[arg(long, overrides_with = "no_emit_index_url")]
    pub(crate) emit_index_url: bool,

    #[arg(long, overrides_with = "emit_index_url", hide = true)]
    no_emit_index_url: bool,

    /// Write the places of `--find-links` at the top.
    #[arg(long, overrides_with = "no_emit_find_links")]
    pub(crate) emit_find_links: bool,

    #[arg(long, overrides_with = "emit_find_links", hide = true)]
    no_emit_find_links: bool,

    #[command(flatten)]
    pub(crate) select: SelectArgs,

    /// Export this project of the workspace.
    #[arg(long, value_name = "PROJECT")]
    pub(crate) package: Vec<String>,

    /// Export all projects of the workspace.
    #[arg(long, conflicts_with = "package")]
    pub(crate) all_packages: bool,

    /// Leave out this package, with everything that only it needs.
    #[arg(long, value_name = "PACKAGE")]
    pub(crate) prune: Vec<String>,

    #[command(flatten)]
    pub(crate) emit: EmitArgs,

    /// Write projects as they are built, not editable.
    #[arg(long)]
    pub(crate) no_editable: bool,

    /// Write this project as it is built, not editable.
    #[arg(long, value_name = "PACKAGE", value_delimiter = ',')]
    pub(crate) no_editable_package: Vec<String>,

    #[command(flatten)]
    pub(crate) mode: LockModeArgs,

    /// Export the lock of this script with metadata of its own (PEP 723).
    #[arg(long, value_name = "SCRIPT", conflicts_with_all = ["package", "all_packages", "extra", "all_extras", "group", "all_groups", "only_group"])]
    pub(crate) script: Option<PathBuf>,

    /// Show what would be written; write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Write nothing; exit with 1 if the file is not what would be written.
    #[arg(long, requires = "output_file", conflicts_with = "dry_run")]
    pub(crate) check: bool,

    #[command(flatten)]
    pub(crate) work: WorkArgs,
}

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Exact pins, for pip.
    #[value(name = "requirements.txt", alias = "requirements-txt")]
    Requirements,
    /// The standard's lock file (PEP 751).
    #[value(name = "pylock.toml", alias = "pylock-toml")]
    Pylock,
    /// A list of materials (SBOM).
    #[value(name = "cyclonedx1.5")]
    CycloneDx,
}

impl Format {
    /// The form the engine knows.
    pub(crate) fn form(self) -> ExportFormat {
        match self {
            Self::Requirements => ExportFormat::Requirements,
            Self::Pylock => ExportFormat::Pylock,
            Self::CycloneDx => ExportFormat::CycloneDx,
        }
    }
}

/// What is left out of an export, or alone is in it.
#[derive(Debug, Clone, Default, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct EmitArgs {
    /// Leave out the project itself.
    #[arg(
        long,
        alias = "no-install-project",
        conflicts_with = "only_emit_project"
    )]
    pub(crate) no_emit_project: bool,

    /// Leave out all projects of the workspace.
    #[arg(
        long,
        alias = "no-install-workspace",
        conflicts_with = "only_emit_workspace"
    )]
    pub(crate) no_emit_workspace: bool,

    /// Leave out what comes from this machine.
    #[arg(long, alias = "no-install-local", conflicts_with = "only_emit_local")]
    pub(crate) no_emit_local: bool,

    /// Leave out this package.
    #[arg(
        long,
        value_name = "PACKAGE",
        alias = "no-install-package",
        value_delimiter = ',',
        conflicts_with = "only_emit_package"
    )]
    pub(crate) no_emit_package: Vec<String>,

    /// Write nothing but the project itself.
    #[arg(long, hide = true, alias = "only-install-project")]
    pub(crate) only_emit_project: bool,

    /// Write nothing but the projects of the workspace.
    #[arg(long, hide = true, alias = "only-install-workspace")]
    pub(crate) only_emit_workspace: bool,

    /// Write nothing but what comes from this machine.
    #[arg(long, hide = true, alias = "only-install-local")]
    pub(crate) only_emit_local: bool,

    /// Write nothing but this package.
    #[arg(
        long,
        hide = true,
        value_name = "PACKAGE",
        alias = "only-install-package",
        value_delimiter = ','
    )]
    pub(crate) only_emit_package: Vec<String>,
}

impl ExportArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.mode.settings(to)?;
        self.select.settings(to)?;
        to.switch(
            "no-editable",
            "--no-editable",
            self.no_editable.then_some(true),
        )?;
        self.work.settings(to)
    }
}
