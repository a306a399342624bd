//! The environment of a script.

use std::path::{Path, PathBuf};

use naja_spec::script_trouble;

use super::lock::{self, Locked};
use super::read::Script;
use crate::cached_env::{self, CachedEnv};
use crate::failure::Failure;
use crate::inputs::InputSources;
use crate::project::LockMode;
use crate::run::RunRequest;
use crate::session::Session;
use crate::start;

/// Where the text of a script is.
#[derive(Clone, Copy)]
pub(crate) enum ScriptPlace<'a> {
    /// A file.
    File(&'a Path),
    /// Standard input, which was read.
    Stdin(&'a [u8]),
}

impl ScriptPlace<'_> {
    fn read(self, session: &Session) -> Result<Option<Script>, Failure> {
        let path = match self {
            Self::Stdin(text) => {
                return Script::of_text(text, "-".to_owned(), session.process.cwd.clone());
            }
            Self::File(path) => path,
        };
        let absolute = session.process.absolute(path);
        let is_archive = path.extension().is_some_and(|extension| extension == "pyz");
        if is_archive || absolute.is_dir() {
            return Ok(None);
        }
        Script::note(&session.trace, &session.process, path);
        let script = Script::open(&session.process, path)?;
        // What came from an address lies in the cache, where nothing belongs to it.
        let is_ours = absolute.starts_with(session.store.dir());
        Ok(script.map(|script| match is_ours {
            true => Script {
                file: None,
                dir: session.process.cwd.clone(),
                ..script
            },
            false => script,
        }))
    }
}

/// The environment a script is run in; `None` if it has no metadata of its own.
///
/// # Errors
/// The metadata cannot be read, or there is no environment for it.
pub(crate) fn for_run(
    session: &mut Session,
    place: ScriptPlace<'_>,
    request: &RunRequest,
) -> Result<Option<PathBuf>, Failure> {
    let Some(script) = place.read(session)? else {
        return Ok(None);
    };
    if script.block.is_none() {
        if let Some(trouble) = script_trouble(&script.text) {
            session.warn(format!(
                "the metadata of `{}` does not count: {trouble}",
                script.shown
            ));
        }
        return Ok(None);
    }
    start::use_settings_of(session, &script)?;
    let mode = request.project.as_ref().map(|wish| wish.sync.mode);
    let mode = mode.unwrap_or_default();
    match Locked::of(session, &script, mode)? {
        Some(locked) => {
            let locked = locked.fitting(session, mode)?;
            let (root, _made) = locked.provide(session)?;
            locked.write(session)?;
            if request.with.is_empty() {
                return Ok(Some(root));
            }
            let wanted = CachedEnv::for_with(&request.with, Some(&root));
            cached_env::provide(session, &wanted).map(Some)
        }
        None => {
            let wanted = unlocked(session, &script, &request.with)?;
            cached_env::provide(session, &wanted).map(Some)
        }
    }
}

/// What the environment of a script without a lock shall have.
///
/// # Errors
/// The metadata has a mistake.
pub(super) fn unlocked(
    session: &Session,
    script: &Script,
    with: &InputSources,
) -> Result<CachedEnv, Failure> {
    let set = lock::asked_for(session, script)?;
    let python = lock::python_of(session, script)?;
    Ok(CachedEnv::for_script(script.label(), (set, python), with))
}

/// The root of the environment that a script would be run in, if it is there; else the Python it would be made
/// with.
///
/// # Errors
/// The metadata cannot be read, or there is no Python for it.
pub(crate) fn root_of(session: &mut Session, given: &Path) -> Result<RootOrPython, Failure> {
    let script = Script::named(session, given)?;
    script.demand_block()?;
    start::use_settings_of(session, &script)?;
    let root = match Locked::of(session, &script, LockMode::Update)? {
        Some(locked) => locked.existing(session)?,
        None => {
            let wanted = unlocked(session, &script, &InputSources::default())?;
            let name = cached_env::name_of(session, &wanted)?;
            cached_env::ready(session, &name)
        }
    };
    match root {
        Some(root) => Ok(RootOrPython::Root(root)),
        None => lock::python_of(session, &script).map(|python| RootOrPython::Python(python.into())),
    }
}

/// An environment, or what it would be made with.
pub(crate) enum RootOrPython {
    Root(PathBuf),
    Python(Box<naja_python::Interpreter>),
}
