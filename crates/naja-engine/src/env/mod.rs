//! `naja env`: the environments of this user, where they are kept, and keeping them whole.

mod list;
mod measure;
mod mend;
mod remove;
mod storage;

pub use list::{Kind, ListRequest, Listed, here, info, list};
pub use measure::Size;
pub use remove::{
    Lost, PrunePlan, PruneRequest, Removal, Removed, prune, prune_plan, removals, remove,
};

pub(crate) use mend::{put_nearest_right, put_right, rebase, upgrade};
pub(crate) use storage::{
    central_at, check_entry, check_named, configured, named, place, place_for, why_none,
    write_redirect,
};
