//! The environment a backend runs in.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use naja_env::EnvState;
use naja_lock::Origin;
use naja_resolve::RootRequirement;
use naja_spec::Requirement;
use naja_store::TempDir;

use super::source::Source;
use super::workshop::Shop;
use crate::change;
use crate::diagnose;
use crate::failure::{Failure, Kind};
use crate::inputs::{self, InputSources};
use crate::pip::resolve_for;
use crate::pipeline::Pipeline;
use crate::process::ProcessEnv;
use crate::run::sorted_texts;
use crate::session::Session;
use crate::{target, venv};

/// Where a backend runs.
pub(super) struct BuildPlace {
    /// The Python.
    pub(super) python: PathBuf,
    /// The value of `PATH`.
    pub(super) search: OsString,
    /// The root, if it is a virtual environment.
    pub(super) root: Option<PathBuf>,
    /// The environment's files; they go with the last build that uses them.
    _dir: Option<TempDir>,
}

/// The environment of the user itself (`--no-build-isolation`).
pub(super) fn shared(shop: &Shop) -> BuildPlace {
    let python = &shop.python;
    BuildPlace {
        python: python.executable.clone(),
        search: search_path(&shop.process, &python.scheme.scripts),
        root: python.is_virtual().then(|| python.prefix.clone()),
        _dir: None,
    }
}

/// An environment with these requirements and nothing else: one that was made before in this
/// run, or a new one.
///
/// # Errors
/// The requirements cannot be met, or there is no room.
pub(super) fn isolated(
    shop: &Shop,
    session: &mut Session,
    pipeline: &mut Pipeline,
    (source, requires): (&Source, &[Requirement]),
) -> Result<Arc<BuildPlace>, Failure> {
    let key = sorted_texts(requires).join("\n");
    if let Some(place) = shop.place(&key) {
        return Ok(place);
    }
    let place = make(shop, session, pipeline, requires).map_err(|failure| {
        if failure.kind != Kind::Unsatisfied || failure.title.starts_with("building ") {
            return failure;
        }
        let mut outer = Failure::unsatisfied(format!("could not build {}", source.label()));
        outer.causes.push(format!(
            "what its build needs is not to be had: {}",
            failure.title
        ));
        outer.causes.extend(failure.causes);
        outer.story = failure.story;
        outer.hints = failure.hints;
        outer
    })?;
    let place = Arc::new(place);
    shop.keep_place(key, &place);
    Ok(place)
}

fn make(
    shop: &Shop,
    session: &mut Session,
    pipeline: &mut Pipeline,
    requires: &[Requirement],
) -> Result<BuildPlace, Failure> {
    let no_room = |error: naja_store::StoreError| {
        Failure::environment("could not use the cache").because(&error)
    };
    let dir = session.store.temp_dir().map_err(no_room)?;
    let root = dir.path().join("env");
    let base = target::base_of(session, &shop.python)?;
    let env = venv::make_cached(&root, &base)?;
    if !requires.is_empty() {
        let mut set = inputs::read(session, &InputSources::default())?;
        for requirement in requires {
            let origin = Origin::Other("the build requirements".to_owned());
            set.roots
                .push(RootRequirement::new(requirement.clone(), origin));
        }
        let state = EnvState::scan(&env).map_err(|error| diagnose::scan(&error))?;
        pipeline.reset();
        let selection = resolve_for(session, pipeline, (&env, &state), &set)?;
        change::fill(session, pipeline, (&env, &state), selection)?;
    }
    Ok(BuildPlace {
        python: env.python(),
        search: search_path(&shop.process, &env.scheme().scripts),
        root: Some(root),
        _dir: Some(dir),
    })
}

fn search_path(process: &ProcessEnv, scripts: &Path) -> OsString {
    let mut path = scripts.as_os_str().to_os_string();
    if let Some(inherited) = process.var_os("PATH")
        && !inherited.is_empty()
    {
        path.push(if cfg!(windows) { ";" } else { ":" });
        path.push(inherited);
    }
    path
}
