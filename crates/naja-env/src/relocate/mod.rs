//! Environments that were moved, or whose Python was: finding out, and putting it right.
//!
//! Finding out costs one small read. An environment knows where it was made: naja writes it into
//! `pyvenv.cfg`, all others into their activation script.

mod edit;
mod mend;
mod paths;
mod rebase;
mod recorded;
mod scripts;
#[cfg(test)]
#[cfg(unix)]
mod tests;

use std::path::{Path, PathBuf};

use naja_python::VenvConfig;

use crate::environment::{EnvKind, Environment};

pub use edit::RelocateError;
pub use mend::{Mended, follow_project, mend};
pub use rebase::rebase;
pub(crate) use recorded::LOCATION;

/// Says whether an environment is still where, and what, it was when it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is, or does not say where it was.
    InPlace,
    /// It was made at another path: it was moved, or, if that path is still there, copied.
    Moved {
        /// The root it was made at.
        from: PathBuf,
    },
    /// The Python it was made from is gone.
    BaseGone {
        /// The program, or the directory it was in.
        base: PathBuf,
        /// The version it had, as the environment says.
        version: Option<String>,
    },
    /// The Python it was made from has another version now.
    BaseChanged {
        /// The version it had, `major.minor.patch`.
        was: String,
        /// The version it has.
        now: String,
    },
}

impl State {
    /// Says whether the version of the base differs in more than the patch release, so that
    /// installed packages do not fit.
    #[must_use]
    pub fn needs_new_environment(&self) -> bool {
        let short = |text: &str| {
            let mut parts = text.split('.');
            (
                parts.next().map(str::to_owned),
                parts.next().map(str::to_owned),
            )
        };
        matches!(self, Self::BaseChanged { was, now } if short(was) != short(now))
    }
}

/// Looks at an environment that could be opened. What is no virtual environment is always in
/// place.
#[must_use]
pub fn state(env: &Environment) -> State {
    if env.kind() != EnvKind::Venv {
        return State::InPlace;
    }
    let config = read(env.root());
    match state_by(env.root(), &config) {
        State::InPlace => {}
        other => return other,
    }
    let Some(was) = recorded::version(&config) else {
        return State::InPlace;
    };
    let release = env.interpreter().version.release();
    let part = |at: usize| release.get(at).copied().unwrap_or(0_u64);
    let now = format!("{}.{}.{}", part(0), part(1), part(2));
    if now.starts_with(&was) && now[was.len()..].chars().next().is_none_or(|c| c == '.') {
        return State::InPlace;
    }
    State::BaseChanged { was, now }
}

/// Looks at an environment that perhaps cannot be opened: whether its base has another version
/// is not asked. `root` is absolute.
#[must_use]
pub fn state_at(root: &Path) -> State {
    state_by(root, &read(root))
}

/// As [`state_at`], for those who have read `pyvenv.cfg` already.
#[must_use]
pub fn state_by(root: &Path, config: &VenvConfig) -> State {
    if let Some(base) = recorded::missing_base(root, config) {
        return State::BaseGone {
            base,
            version: recorded::version(config),
        };
    }
    match recorded::root(root, config) {
        Some(from) if from != root && !same_place(&from, root) => State::Moved { from },
        _ => State::InPlace,
    }
}

/// A file that cannot be read says nothing.
fn read(root: &Path) -> VenvConfig {
    VenvConfig::read(root).ok().flatten().unwrap_or_default()
}

/// Whether two paths lead to one directory.
fn same_place(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}
