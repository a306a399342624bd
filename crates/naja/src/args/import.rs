//! `naja import`.

use std::path::PathBuf;

use naja_project::settings::{ArgumentLayer, SettingsError};

use super::families::OutputArgs;
use super::project::WorkArgs;

/// Make a project of one of another tool, or of requirements files.
///
/// It may be of Poetry, PDM, Hatch, Pipenv, setuptools or conda.
///
/// Writes `[project]` and what naja needs beside it into `pyproject.toml`, with the comments that were there, and
/// locks with the versions of the old lock. What could not be translated is listed. `setup.py` is read, not run.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ImportArgs {
    /// The file: `pyproject.toml`, `Pipfile`, `requirements.txt`, `setup.cfg`, `setup.py` or `environment.yml`; what
    /// the directory has if none is named.
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,

    /// Lock nothing.
    #[arg(long)]
    pub(crate) no_lock: bool,

    /// Show what would change in the manifest; write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    #[command(flatten)]
    pub(crate) work: WorkArgs,
}

impl ImportArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.work.settings(to)
    }
}
