//! `naja history`, `naja undo` and `naja redo`.

use std::path::PathBuf;

use naja_project::settings::{ArgumentLayer, SettingsError};

use super::families::{IndexArgs, OutputArgs, TargetArgs};
use super::status::ActiveArgs;
use super::tasks::HookArgs;

/// Show what was done to an environment, a project or a script.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct HistoryArgs {
    /// Show only this entry, with everything in it.
    #[arg(value_name = "ENTRY")]
    pub(crate) entry: Option<u64>,

    /// Show at most so many entries.
    #[arg(long, value_name = "N", visible_alias = "limit")]
    pub(crate) number: Option<usize>,

    /// Show what was done to this script (PEP 723) and its lock.
    #[arg(long, value_name = "SCRIPT")]
    pub(crate) script: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What `undo` and `redo` share.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct BackArgs {
    /// How many changes [default: 1].
    #[arg(value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) steps: Option<u32>,

    /// Show what would be done; do nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Go on although another tool changed the environment, or somebody a file, since.
    #[arg(long)]
    pub(crate) force: bool,

    /// Take back, or do again, what was done to this script (PEP 723) and its lock.
    #[arg(long, value_name = "SCRIPT")]
    pub(crate) script: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) active: ActiveArgs,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) index: IndexArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    #[command(flatten)]
    pub(crate) hooks: HookArgs,
}

/// Take back the last change of an environment, or the last few.
///
/// The environment becomes what it was before, byte for byte: from the cache, and from what was
/// kept of files that the cache never had; manifest and lock of a project as well, also where it has
/// no environment; with `--script`, a script and its lock. `naja redo` does again what was taken back.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct UndoArgs {
    /// Take back everything that was done after this entry of `naja history`.
    #[arg(long, value_name = "ENTRY", conflicts_with = "steps")]
    pub(crate) to: Option<u64>,

    #[command(flatten)]
    pub(crate) back: BackArgs,
}

/// Do again what `naja undo` took back.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct RedoArgs {
    #[command(flatten)]
    pub(crate) back: BackArgs,
}

impl BackArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.active.settings(to)?;
        self.target.settings(to)?;
        self.index.settings(to)
    }
}
