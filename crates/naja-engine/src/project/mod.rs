//! Projects: what `add`, `lock`, `sync` and `run` do with a `pyproject.toml` and its lock.

mod declared;
mod edit;
mod given;
mod init;
mod load;
mod locking;
mod parts;
mod place;
mod rules;
mod sources;
mod syncing;
mod version;

pub(crate) use load::failure as unusable;
pub(crate) use sources::{Lowered, lower};

pub use edit::{
    AddRequest, Added, Bounds, EditChoice, EditReport, NewPlace, RemoveRequest, add, remove,
};
pub use given::{Given, understood};
pub use init::{InitRequest, init};
pub use locking::{LockMode, LockReport, LockRequest, lock};
pub use naja_lock::project::LockDiff;
pub use naja_project::manifest::{NewBackend, NewKind};
pub use parts::PartChoice;
pub(crate) use syncing::for_run;
pub use syncing::{ProjectRun, Skip, SyncReport, SyncRequest, sync};
pub use version::{ProjectVersion, VersionRequest, is_project, version};
