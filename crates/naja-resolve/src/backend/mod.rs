//! The one place that knows the PubGrub crate.

mod search;
mod set;

pub(crate) use pubgrub::{DerivationTree, VersionSet};
pub(crate) use search::{Class, External, Key, Search, Tree, discard};
pub(crate) use set::Set;
