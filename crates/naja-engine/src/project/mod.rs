//! Projects: what `add`, `lock`, `sync` and `run` do with a `pyproject.toml` and its lock.

mod bounds;
mod comparing;
mod declared;
mod deps;
mod dynamic;
mod edit;
mod export;
mod fits;
mod git;
mod given;
mod heritage;
pub(crate) mod hold;
mod import;
mod init;
mod lending;
mod load;
mod locked_version;
mod locking;
mod members;
mod merging;
mod new_files;
mod outdated;
mod own_metadata;
mod parts;
mod place;
mod places;
mod resolution;
mod rules;
mod skip;
mod sources;
mod stand_in;
mod syncing;
mod template;
mod template_source;
mod unchanged;
mod upgrade;
mod upgrade_groups;
mod upgraded;
mod version;
mod view;

pub use crate::graph::of_lock as graph_of;
pub(crate) use declared::script_requirements;
pub(crate) use edit::{bound, constrained, put, take};
pub(crate) use given::{Base, understood_at};
pub(crate) use hold::Holds;
pub(crate) use load::failure as unusable;
pub(crate) use load::{LastLock, Project};
pub(crate) use load::{has_environment, root_of};
pub(crate) use locked_version::locked_version;
pub(crate) use locking::{Fitting, fitting, fitting_from, lock_edit, put_all, with_inputs};
pub(crate) use place::{interpreter, pinned_above};
pub(crate) use places::Places;
pub(crate) use sources::{Lowered, lower};

pub use bounds::Bounds;
pub use comparing::{DiffReport, DiffRequest, diff};
pub use deps::{DepsFault, DepsFinding, DepsReport, DepsRequest, check_deps};
pub use edit::{
    AddRequest, Added, Along, EditChoice, EditReport, NewPlace, RemoveRequest, add, remove,
};
pub use export::{Emitted, ExportFormat, ExportRequest, Exported, export};
pub use given::{Given, along, understood};
pub use heritage::{Inherited, NotKept};
pub use import::{ImportReport, ImportRequest, import, importable};
pub use init::{InitRequest, init};
pub use locking::{LockMode, LockReport, LockRequest, lock};
pub use members::{
    LockState, MemberMetadata, Schema, WorkspaceId, WorkspaceMember, WorkspaceMetadata, directory,
    members, metadata, scripts,
};
pub use merging::{DriverEdit, DriverRequest, MergeRequest, install_driver, merge_files};
pub use naja_lock::project::LockDiff;
pub use naja_lock::project::{Asking, Comparison, Detail, DifferenceKind, PackageDifference};
pub use naja_project::import::{ImportKind, Remark};
pub use naja_project::manifest::{NewBackend, NewKind};
pub use outdated::{
    Blocker, LockOutdated, LockOutdatedReport, LockOutdatedRequest, PassedOver, lock_outdated,
};
pub use parts::PartChoice;
pub use resolution::{NodeKind, Resolution, ResolvedEdge, ResolvedNode, ResolvedPart};
pub use skip::{Only, Skip};
pub(crate) use syncing::{Brought, bring, for_run};
pub use syncing::{ProjectRun, SyncReport, SyncRequest, sync};
pub use upgrade::{
    BoundChange, Tried, Upgradable, UpgradeReport, UpgradeRequest, upgradable, upgrade,
    upgrade_tested,
};
pub(crate) use version::write_settings;
pub use version::{ProjectVersion, VersionRequest, is_project, version};
pub use view::LockView;
pub(crate) use view::{Viewed, is_lock_the_source, viewed};
