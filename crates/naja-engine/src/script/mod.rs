//! Scripts with metadata of their own (PEP 723): their environments, their locks, and changes of the metadata.
//!
//! A script is a project of one: its metadata is the manifest, its lock lies beside it as `NAME.lock`. What it
//! has not is an environment of its own place: those of scripts are in the cache, one for each answer, and none
//! of them is ever changed.

mod edit;
mod environment;
mod fetch;
mod init;
mod lock;
mod read;
mod sync;

pub(crate) use environment::{RootOrPython, ScriptPlace, for_run, root_of};
pub(crate) use fetch::download;
pub(crate) use init::init;
pub(crate) use lock::{lock_of, project_of, python};
pub(crate) use read::{Script, unreadable};

pub use edit::{add, remove, understood};
pub use lock::lock;
pub use sync::sync;
