//! What of a project's lock `tree`, `why` and `graph` look at.

use std::path::PathBuf;

use naja_project::settings::{ArgumentLayer, SettingsError};

use super::families::{PlatformArgs, TargetArgs};
use super::project::{LockModeArgs, SelectArgs};

/// What of a project's lock is looked at.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Project options")]
pub(crate) struct LockViewArgs {
    /// Show all environments the lock is for, instead of this one.
    #[arg(long)]
    pub(crate) universal: bool,

    /// Show what is installed instead of the lock, also in a project.
    #[arg(long, conflicts_with_all = ["universal", "locked", "frozen", "script"])]
    pub(crate) installed: bool,

    /// Show the lock of this script with metadata of its own (PEP 723).
    #[arg(long, value_name = "SCRIPT")]
    pub(crate) script: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) mode: LockModeArgs,

    #[command(flatten)]
    pub(crate) select: SelectArgs,

    #[command(flatten)]
    pub(crate) platform: PlatformArgs,
}

impl LockViewArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.mode.settings(to)?;
        self.select.settings(to)?;
        self.platform.settings(to)
    }

    /// Whether something is said that only a lock has.
    pub(crate) fn is_about_a_lock(&self) -> bool {
        let select = &self.select;
        self.universal
            || self.script.is_some()
            || self.mode.locked
            || self.mode.frozen
            || [
                &select.extra,
                &select.no_extra,
                &select.group,
                &select.no_group,
                &select.only_group,
            ]
            .iter()
            .any(|names| !names.is_empty())
            || select.all_extras
            || select.all_groups
            || select.dev
            || select.no_dev
            || select.only_dev
            || select.no_default_groups
    }
}

impl TargetArgs {
    /// Whether an environment or an interpreter is named.
    pub(crate) fn names_one(&self) -> bool {
        self.python.is_some()
            || self.environment.is_some()
            || self.system
            || self.target.is_some()
            || self.prefix.is_some()
    }
}
