//! The flags of `naja run` that are about tasks, and about running in several places.

use super::families::OutputArgs;

/// What is about tasks.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Task options")]
pub(crate) struct TaskArgs {
    /// List what can be run by a name: tasks, and programs of the project.
    #[arg(long)]
    pub(crate) list: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// Show the commands of a task; run nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Run up to N commands at once that do not wait for each other.
    #[arg(long, short, value_name = "N")]
    pub(crate) jobs: Option<usize>,

    /// Run tasks that are fresh, too.
    #[arg(long)]
    pub(crate) force: bool,

    /// Run the program of this name, even if there is a task.
    #[arg(long)]
    pub(crate) no_tasks: bool,

    #[command(flatten)]
    pub(crate) hooks: HookArgs,

    /// Run once for each combination: `py=3.10,3.12`, `extra=A,B`, `group=`, `with=`, `VARIABLE=`.
    #[arg(long, value_name = "KEY=VALUES")]
    pub(crate) matrix: Vec<String>,

    /// Run in each project of the workspace.
    #[arg(long, conflicts_with_all = ["package", "all_packages", "matrix"])]
    pub(crate) each_package: bool,

    /// With `--matrix` or `--each-package`: all at once.
    #[arg(long)]
    pub(crate) parallel: bool,
}

/// Whether tasks run around a sync.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct HookArgs {
    /// Run no hooks: `pre-sync`, `post-sync`, and those of tasks.
    #[arg(long, env = "NAJA_NO_HOOKS", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) no_hooks: bool,
}

impl HookArgs {
    /// Whether hooks run.
    pub(crate) fn choice(&self) -> naja_engine::tasks::HookChoice {
        match self.no_hooks {
            true => naja_engine::tasks::HookChoice::Skip,
            false => naja_engine::tasks::HookChoice::Run,
        }
    }
}
