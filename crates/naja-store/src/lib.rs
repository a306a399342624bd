//! The bytes naja keeps: unpacked wheels by content, small records, compiled
//! bytecode, and journaled changes of several paths.
//!
//! | module | what it does |
//! |---|---|
//! | [`zip`] | the one strict reader of zip archives, for local files, downloads and remote ranges |
//! | `unpack` | checks a wheel against its name, digests and RECORD, and unpacks it |
//! | `sdist` | checks a source archive and unpacks it (PEP 706) |
//! | `manifest` | the flat, memory-mapped list of what an archive holds |
//! | `records` | small checked records (index pages, metadata, interpreter facts) |
//! | `bytecode` | compiled files kept per archive and interpreter |
//! | [`txn`] | all-or-nothing change of several paths, recoverable after a kill |
//! | [`lock`], [`write`] | file locks, atomic writes |
//! | [`gc`] | sizes, cleaning and pruning of the cache |
//! | [`parts`] | work on many things, shared out among threads |
//!
//! Cache layout, below the directory given to [`Store::open`]:
//!
//! ```text
//! CACHEDIR.TAG  .gitignore
//! v1/.lock                                   shared by writers, exclusive for cleaning
//! v1/archives/xx/<sha256>/{tree/,manifest}   one unpacked wheel
//! v1/sources/xx/<sha256>/{tree/,manifest}    one unpacked source archive
//! v1/git/{db,trees}/…                        bare repositories, checked out commits
//! v1/bytecode/xx/<sha256>/<tag>/{tree/,manifest}
//! v1/records/<bucket>/xx/<hash of the key>
//! v1/tmp/                                    unfinished work; swept when a day old
//! ```
//!
//! Nothing here trusts what lies in the cache: manifests and records carry a
//! checksum, and one that does not hold is the same as an absent one.

mod archive;
mod backing;
mod built;
mod bytecode;
mod checkouts;
mod error;
pub mod gc;
#[doc(hidden)]
pub mod hostile;
pub mod lock;
mod manifest;
pub mod parts;
mod raw;
mod records;
mod sdist;
mod store;
mod temp;
pub mod txn;
mod unpack;
pub mod write;
pub mod zip;

pub use archive::{Archive, ArchiveId, FileState};
pub use built::BuildLock;
pub use bytecode::{Bytecode, BytecodeTag};
pub use checkouts::{CHECKOUT_TREE, is_bare_copy, seal_checkout, sound_checkout};
pub use error::{RecordProblem, StoreError, WheelProblem};
pub use manifest::{DataScheme, DirEntry, FileEntry, Manifest, TopLevel};
pub use records::{Bucket, Record};
pub use sdist::{SourceProblem, SourceTree, tree_look};
pub use store::{Hold, Store};
pub use temp::{TempDir, TempFile};
pub use unpack::{Crew, WheelExpectation, remote_metadata, wheel_metadata};
