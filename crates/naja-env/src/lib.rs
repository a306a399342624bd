//! Environments: what is installed, what has to change, and changing it in one step.
//!
//! | module | what it does |
//! |---|---|
//! | `environment` | [`Environment`]: a virtual environment, an installation, `--target`, `--prefix` |
//! | `state`, `installed` | [`EnvState`]: the distributions found by one listing, read lazily |
//! | `plan` | [`satisfies`] and [`plan()`]: what has to change (pure) |
//! | `roots`, `layout`, `scripts`, `launcher` | where each file of a wheel goes |
//! | `removal`, `sweep` | which files of a distribution go, and in how few moves |
//! | `clash` | files that two distributions claim |
//! | `link`, `stage`, `merge` | building the new files aside, and the moves that place them |
//! | `apply` | [`apply()`]: checks everything, stages, commits by one transaction |
//!
//! Scanning never starts Python and never executes anything of the environment.

mod apply;
mod env_lock;
mod environment;
mod installed;
mod launcher;
mod plan;
mod state;

pub use apply::{Applied, ApplyError, ApplyOptions, ApplyWarning, Archives, LinkMode, apply};
pub use env_lock::{EnvLock, LockError};
pub use environment::{EnvKind, Environment, OpenError};
pub use installed::{DistKind, Health, InstalledDist, InstalledError};
pub use launcher::LauncherError;
pub use plan::{
    EnvPlan, Extraneous, PlanRules, PlannedDist, Reinstall, Replacement, Verdict, Why, plan,
    satisfies,
};
pub use state::{EnvFingerprint, EnvState, ScanError, Unreadable};
