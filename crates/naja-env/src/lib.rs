//! Environments: what is installed, what has to change, and changing it in one step.
//!
//! | module | what it does |
//! |---|---|
//! | `environment` | [`Environment`]: a virtual environment, an installation, `--target`, `--prefix` |
//! | `create`, `activate` | [`create()`]: a new virtual environment and its activation scripts |
//! | `state`, `installed` | [`EnvState`]: the distributions found by one listing, read lazily |
//! | `plan` | [`satisfies`] and [`plan()`]: what has to change (pure) |
//! | `roots`, `layout`, `launcher` | where each file of a wheel goes |
//! | `removal`, `sweep`, `owners` | which files of a distribution go, and in how few moves |
//! | `clash` | files that two distributions claim |
//! | `bytecode` | compiled files, from the store or made for it |
//! | `link`, `stage`, `merge` | building the new files aside, and the moves that place them |
//! | `apply`, `change` | [`apply()`]: checks everything, stages, commits by one transaction |
//!
//! Scanning never starts Python and never executes anything of the environment.

mod activate;
mod apply;
mod bytecode;
mod change;
mod clash;
mod create;
mod env_lock;
mod environment;
mod installed;
mod launcher;
mod layout;
mod link;
mod merge;
mod owners;
mod plan;
mod recorded;
mod removal;
mod roots;
mod stage;
mod state;
mod sweep;

#[doc(hidden)]
pub use apply::apply_with;
pub use activate::SCRIPT_NAMES;
pub use apply::{Applied, ApplyError, ApplyOptions, ApplyWarning, Archives, LinkMode, apply};
pub use create::{CreateError, Existing, PathReason, PythonLink, VenvSpec, create};
pub use env_lock::{EnvLock, LockError};
pub use environment::{EnvKind, Environment, OpenError};
pub use installed::{DistKind, Health, InstalledDist, InstalledError};
pub use launcher::{LauncherError, Shebang, launcher, shebang_for};
pub use layout::LayoutError;
pub use plan::{
    EnvPlan, Extraneous, PlanRules, PlannedDist, Reinstall, Replacement, Verdict, Why, plan,
    satisfies,
};
pub use removal::RemovalError;
pub use state::{EnvFingerprint, EnvState, ScanError, Unreadable};
