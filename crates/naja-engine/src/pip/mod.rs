//! The operations of `naja pip`.

mod check;
mod compile;
mod freeze;
mod install;
mod list;
mod show;
mod sync;
mod tree;
mod uninstall;

pub use check::{CheckReport, check};
pub use compile::{CompileRequest, Compiled, compile};
pub use freeze::{FreezeRequest, freeze};
pub(crate) use install::resolve as resolve_for;
pub use install::{InstallRequest, install};
pub use list::{ListRequest, Listed, list};
pub use show::{ShowRequest, Shown, show};
pub use sync::{SyncRequest, sync};
pub use tree::{TreeNode, TreeRequest, tree};
pub use uninstall::{UninstallRequest, uninstall};
