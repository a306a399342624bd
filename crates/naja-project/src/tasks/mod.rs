//! Tasks: `[tool.naja.tasks]` of a `pyproject.toml`, `[tasks]` of a `naja.toml`, and the variables of `env`.
//!
//! - [`TaskTable`] is what one file declares, [`TaskBook`] what counts in a directory.
//! - [`CommandLine`] is the language of commands: words, quotes, variables, `&&` and `||`, and no shell.
//! - [`Plan`] is what running a task comes to: its commands, and which of them wait for which.

mod book;
mod command;
mod expand;
mod foreign;
mod parameters;
mod plan;
mod read;
mod read_task;
mod task;

pub use book::{KnownTask, TaskBook};
pub use command::{CommandError, CommandLine, Join, Part, replaced};
pub use expand::{Expanded, Expansion};
pub use foreign::{ForeignTask, foreign_tasks};
pub use parameters::{ArgumentError, Parameter, ParameterKind, Parameters, Passed};
pub use plan::{Plan, PlanError, PlanRequest, TaskRun, Unit, Work, plan};
pub use read::{EnvEntry, EnvValue, TaskTable, mentions_tasks};
pub use task::{Action, Call, Freshness, Needs, Shell, Step, Task, TaskPlatform};
