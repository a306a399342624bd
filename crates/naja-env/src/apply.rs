//! [`apply()`]: one plan, one transaction.

use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use naja_python::CompileError;
use naja_spec::PackageName;
use naja_store::txn::{Fault, Hook, TxnError};
use naja_store::{Archive, ArchiveId, Store, StoreError};
use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::beside::Beside;
use crate::change::Change;
use crate::env_lock::EnvLock;
use crate::environment::Environment;
use crate::layout::LayoutError;
use crate::plan::EnvPlan;
use crate::removal::RemovalError;
use crate::state::{EnvFingerprint, EnvState, ScanError};

/// Maps the name of each distribution to install to its unpacked wheel.
pub type Archives = FxHashMap<PackageName, Archive>;

/// Says how files get from the store into an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkMode {
    /// One file under two names.
    Hardlink,
    /// A copy that shares its blocks until one side changes.
    Clone,
    /// A copy.
    Copy,
    /// A symbolic link into the store; the environment breaks when the cache is cleaned.
    Symlink,
}

impl Default for LinkMode {
    /// Clones on macOS, where file systems can; hard links elsewhere.
    fn default() -> Self {
        if cfg!(target_os = "macos") {
            Self::Clone
        } else {
            Self::Hardlink
        }
    }
}

/// Says from time to time whether to give up, as when the user has pressed Ctrl-C; asked by
/// several threads.
#[derive(Clone, Copy, Default)]
pub struct Stop<'a>(Option<&'a (dyn Fn() -> bool + Sync)>);

impl<'a> Stop<'a> {
    /// Gives up as soon as `asked` says so.
    #[must_use]
    pub fn when(asked: &'a (dyn Fn() -> bool + Sync)) -> Self {
        Self(Some(asked))
    }

    /// Tells whether there is anybody to ask.
    pub(crate) fn can_be_asked(&self) -> bool {
        self.0.is_some()
    }

    /// Tells whether to give up.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.0.is_some_and(|asked| asked())
    }

    /// Goes on, or gives up.
    pub(crate) fn check(&self) -> Result<(), ApplyError> {
        if self.is_asked() {
            return Err(ApplyError::Interrupted);
        }
        Ok(())
    }
}

impl std::fmt::Debug for Stop<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Stop").field(&self.0.is_some()).finish()
    }
}

/// Holds the choices for [`apply()`].
#[derive(Debug, Clone)]
pub struct ApplyOptions<'a> {
    /// How files get from the store into the environment.
    pub link_mode: LinkMode,
    /// Compile modules to bytecode, keeping the results in this store.
    pub bytecode: Option<&'a Store>,
    /// Write INSTALLER, REQUESTED and `direct_url.json` (recording installed projects).
    pub installer_metadata: bool,
    /// How many threads link files.
    pub threads: NonZeroUsize,
    /// Whether to give up; asked until the commit begins, which is then finished.
    pub stop: Stop<'a>,
    /// What belongs to the change beside its packages.
    pub beside: Beside<'a>,
}

impl Default for ApplyOptions<'_> {
    fn default() -> Self {
        let threads = NonZeroUsize::new(2).unwrap_or(NonZeroUsize::MIN);
        Self {
            link_mode: LinkMode::default(),
            bytecode: None,
            installer_metadata: true,
            threads,
            stop: Stop::default(),
            beside: Beside::default(),
        }
    }
}

/// Something a user should know about a change that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[non_exhaustive]
pub enum ApplyWarning {
    /// Two distributions have the same file; it comes from the winner, and the loser's returns
    /// when the winner goes.
    Clash {
        /// The file.
        path: PathBuf,
        /// The distribution whose file is in place.
        winner: PackageName,
        /// The distribution whose file was put aside.
        loser: PackageName,
    },
    /// A file that belonged to no distribution was replaced.
    ReplacedForeignFile {
        /// The file.
        path: PathBuf,
        /// The distribution that has it now.
        owner: PackageName,
    },
    /// RECORD lists a path that is not the distribution's to remove; it was left alone.
    PathLeftAlone {
        /// The distribution that is gone.
        name: PackageName,
        /// The path as RECORD spells it.
        path: String,
        /// Why it was left.
        reason: &'static str,
    },
    /// A symbolic link stands where a directory of a removed distribution was; it was left alone
    /// with everything behind it.
    LinkLeftAlone {
        /// The link.
        path: PathBuf,
    },
    /// The file system does not allow the chosen link mode; files were copied.
    Copied {
        /// The mode that was asked for.
        wanted: LinkMode,
        /// What the system said.
        reason: String,
    },
    /// Modules that Python cannot compile; they were installed without bytecode.
    NotCompiled {
        /// The distribution.
        name: PackageName,
        /// How many modules.
        modules: usize,
    },
}

/// Why a plan was not applied. The environment is as it was before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// Another tool changed the environment since the plan was made; it has to be made again.
    #[error("the environment was changed by another program in the meantime")]
    Changed,
    /// The environment cannot be scanned.
    #[error("look at the environment")]
    Scan(#[from] ScanError),
    /// A distribution of the plan is not among the archives.
    #[error("the files of {name} are missing")]
    NoArchive {
        /// The distribution.
        name: PackageName,
    },
    /// An archive of the store was changed after it was unpacked. It has to be fetched again.
    #[error("the cached files of {name} were changed: `{}`", path.display())]
    Damaged {
        /// The distribution.
        name: PackageName,
        /// The archive, for [`Store::discard`].
        archive: ArchiveId,
        /// The first file that differs.
        path: PathBuf,
    },
    /// The files of a wheel cannot be placed.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// A distribution cannot be removed.
    #[error(transparent)]
    Removal(#[from] RemovalError),
    /// Something of another kind is where a file or directory has to go.
    #[error("`{}` is in the way: it is {by}", path.display())]
    Blocked {
        /// The path.
        path: PathBuf,
        /// What is there.
        by: &'static str,
    },
    /// Modules cannot be compiled to bytecode.
    #[error("compile modules")]
    Compile(#[from] CompileError),
    /// The store cannot keep compiled files.
    #[error("keep compiled files")]
    Store(#[from] StoreError),
    /// The file system refused an operation while everything was prepared.
    #[error("{action} `{}`", path.display())]
    Io {
        /// What was tried, such as "create".
        action: &'static str,
        /// The path it was tried on.
        path: PathBuf,
        /// The answer of the operating system.
        #[source]
        source: io::Error,
    },
    /// A file of the project is not what the change was made for.
    #[error("`{}` was changed in the meantime", path.display())]
    FileChanged {
        /// The file.
        path: PathBuf,
    },
    /// [`ApplyOptions::stop`] said so before the commit began.
    #[error("the change was interrupted before it began")]
    Interrupted,
    /// The transaction failed and was reversed.
    #[error("change the environment")]
    Transaction(#[from] TxnError),
}

/// Describes a change that was made.
#[derive(Debug, Clone, Serialize)]
pub struct Applied {
    /// What the user should know, in the order it was found.
    pub warnings: Vec<ApplyWarning>,
    /// How many files were installed.
    pub files: usize,
    /// What identifies the environment now.
    pub fingerprint: EnvFingerprint,
}

/// Applies a plan: checks everything, builds the new files aside, and puts them in place by one
/// transaction. On any error the environment is as it was.
///
/// # Errors
/// See [`ApplyError`]. After [`ApplyError::Changed`] the caller scans and plans again, after
/// [`ApplyError::Damaged`] it discards the archive and fetches it again.
pub fn apply(
    env: &Environment,
    lock: &EnvLock,
    plan: &EnvPlan,
    archives: &Archives,
    options: &ApplyOptions<'_>,
) -> Result<Applied, ApplyError> {
    apply_with(env, (lock, &mut |_| Fault::None), plan, archives, options)
}

/// Applies a plan under the eyes of a test.
///
/// # Errors
/// As [`apply()`].
#[doc(hidden)]
pub fn apply_with(
    env: &Environment,
    (lock, hook): (&EnvLock, &mut Hook<'_>),
    plan: &EnvPlan,
    archives: &Archives,
    options: &ApplyOptions<'_>,
) -> Result<Applied, ApplyError> {
    env.recover(lock)?;
    let state = EnvState::scan(env)?;
    if state.fingerprint() != plan.base {
        return Err(ApplyError::Changed);
    }
    let applied = Change::new(env, &state, plan, options).run(archives, hook);
    env.tidy();
    applied
}
