//! The one place that knows the PubGrub crate.

mod search;
mod set;

pub(crate) use search::{Class, External, Key, Priority, Search, Term, Tree};
pub(crate) use set::Set;
