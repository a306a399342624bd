#![doc = include_str!("../README.md")]

mod activate;
mod apply;
mod beside;
mod bytecode;
mod change;
mod clash;
mod create;
mod env_lock;
mod environment;
mod installed;
mod keep;
mod launcher;
mod layout;
mod lend;
mod link;
mod merge;
mod owners;
mod plan;
mod recorded;
pub mod relocate;
mod removal;
mod remove;
mod roots;
mod seen;
mod stage;
mod starter;
mod state;
mod sweep;
mod verify;
mod ways;

pub use activate::{
    Entered, HookStep, SCRIPT_NAMES, Shell, Told, hook_answer, hook_code, inline_script,
};
#[doc(hidden)]
pub use apply::apply_with;
pub use apply::{Applied, ApplyError, ApplyOptions, ApplyWarning, Archives, LinkMode, Stop, apply};
pub use beside::{
    Beside, DistOrigin, FileEdit, HISTORY_DIR, Kept, Ledger, Manner, Manners, Note, Noted,
    OWNERLESS, OwnNote, Returning, STATE_FILE,
};
pub use create::{CreateError, Existing, PathReason, PythonLink, VenvSpec, create, create_with};
pub use env_lock::{EnvLock, LockError};
pub use environment::{EnvKind, Environment, OpenError};
pub use installed::{DistKind, Health, InstalledDist, InstalledError};
pub use keep::{copy as copy_entry, keep_all, own_files, record_digest};
pub use launcher::{LauncherError, Shebang, launcher, shebang_for};
pub use layout::LayoutError;
pub use plan::{
    EnvPlan, Extraneous, PlanRules, PlannedDist, Reinstall, Replacement, Verdict, Why, plan,
    satisfies,
};
pub use removal::RemovalError;
pub use remove::remove;
pub use state::{EnvFingerprint, EnvState, ScanError, Unreadable};
pub use verify::{Depth, Fault, Finding, Verified, VerifyError, VerifyOptions, verify};
