//! `naja lock diff` and `naja lock merge`.

use std::path::PathBuf;

use super::families::OutputArgs;

/// Show what differs between two locks: packages, files, who asks for them.
///
/// Without arguments, what changed since the last commit. OLD and NEW are revisions of git, or files; `A..B` is
/// both at once.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct LockDiffArgs {
    /// The older lock: a revision, or a file [default: HEAD].
    #[arg(value_name = "OLD")]
    pub(crate) old: Option<String>,

    /// The newer lock [default: the one that is there].
    #[arg(value_name = "NEW")]
    pub(crate) new: Option<String>,

    /// Exit with 1 if anything differs.
    #[arg(long)]
    pub(crate) exit_code: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Merge locks, as git asks for it.
///
/// `--install` has git call this whenever it merges the lock of this project. What fits together is put together;
/// what does not is left for `naja lock` to resolve, without marks in the file, and with status 1.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct LockMergeArgs {
    /// What both sides come from.
    #[arg(value_name = "BASE", required_unless_present_any = ["install", "uninstall"])]
    pub(crate) base: Option<PathBuf>,

    /// The side that is merged into; the result is written here.
    #[arg(value_name = "OURS", required_unless_present_any = ["install", "uninstall"])]
    pub(crate) ours: Option<PathBuf>,

    /// The other side.
    #[arg(value_name = "THEIRS", required_unless_present_any = ["install", "uninstall"])]
    pub(crate) theirs: Option<PathBuf>,

    /// Have git merge the lock of this project with naja.
    #[arg(long, conflicts_with_all = ["base", "uninstall"])]
    pub(crate) install: bool,

    /// Have git do it by itself again.
    #[arg(long, conflicts_with = "base")]
    pub(crate) uninstall: bool,

    /// Show what `--install` would write; write nothing.
    #[arg(long, conflicts_with = "base")]
    pub(crate) dry_run: bool,
}
