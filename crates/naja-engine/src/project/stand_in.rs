//! Environments that are only for a while: to look from, or to try something in.

use std::path::PathBuf;

use naja_env::Environment;
use naja_python::Interpreter;

use crate::failure::Failure;
use crate::session::Session;
use crate::venv;

/// An empty environment in the cache. It goes when this is dropped.
pub(super) struct StandIn {
    root: PathBuf,
}

impl StandIn {
    /// Makes one.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn make(
        session: &Session,
        base: &Interpreter,
    ) -> Result<(Environment, Self), Failure> {
        let name = format!("while-{}-{}", std::process::id(), session.process.now_ms);
        let root = session.store.dir().join("v1/environments").join(name);
        // Whatever happens from here on, it goes.
        let stand_in = Self { root };
        std::fs::create_dir_all(stand_in.root.parent().unwrap_or(&stand_in.root)).map_err(
            |error| {
                Failure::environment("could not use the cache for an environment").because(&error)
            },
        )?;
        let env = venv::make_cached(&stand_in.root, base)?;
        Ok((env, stand_in))
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        // What cannot be removed now goes when the cache is cleaned.
        let _left = std::fs::remove_dir_all(&self.root);
    }
}
