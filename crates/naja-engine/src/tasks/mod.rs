//! Tasks: commands with names, that a project declares in `[tool.naja.tasks]` or in `naja.toml`.
//!
//! What a task is and in which order commands run is decided by [`naja_project::tasks`], without any effect. Here
//! its tables are found ([`book`]), the environments it needs are made ready ([`scene`]), its commands are started
//! and watched ([`crew`], [`child`]), and what is fresh is skipped ([`fresh`]). [`hooks`] runs the tasks around a
//! sync, [`variants`] a command in several environments or projects.

mod book;
mod child;
mod commands;
mod crew;
mod fresh;
mod hooks;
mod listing;
mod perform;
mod scene;
mod trial;
mod variants;
mod walk;

pub(crate) use book::book;
pub(crate) use hooks::after_change;
pub(crate) use perform::hints;
pub(crate) use scene::outer_variables;
pub(crate) use trial::passes;

pub use hooks::{HookChoice, after_sync, before_sync};
pub use listing::{ListedArgument, ListedScript, ListedTask, Listing, list, usage};
pub use perform::{Ran, ShownCommand, TaskRequest, is_task, perform, show};
pub use variants::{Axes, VariantReport, VariantRow, Variants, run_variants};
