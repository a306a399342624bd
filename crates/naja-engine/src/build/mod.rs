//! From sources to metadata and wheels (PEP 517, 518, 643, 660).
//!
//! | module | what it does |
//! |---|---|
//! | `source` | what is built: an archive, a directory, a commit |
//! | `workshop` | tasks on threads, each once; who waits for whom; how many backends run at once |
//! | `steps` | one task: fetch, look for static metadata, call the hooks, keep the result |
//! | `place` | the environment a backend runs in |
//! | `additions` | what the user adds to the build of a package |
//! | `cache_keys` | what a project's own `cache-keys` say about when it is built again |
//! | `key` | everything that decides what a build gives, as the name of its record |
//! | `tree` | copies of sources, fingerprints of directories |
//! | `metadata` | metadata without a build, and what has to agree |
//! | `failure` | a failed build in words |

mod additions;
mod cache_keys;
mod failure;
mod key;
mod metadata;
mod place;
mod source;
mod steps;
mod tree;
mod workshop;

pub(crate) use cache_keys::{editable_fingerprint, fingerprint};
pub(crate) use metadata::of_given;
pub(crate) use source::{Built, Place, Source};
pub(crate) use tree::times;
pub(crate) use workshop::{Aim, Asked, BuildTicket, TaskKey, Wish, Workshop};
