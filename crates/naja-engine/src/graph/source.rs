//! Where a graph comes from: an environment, or the lock of a project.

use super::{Dependencies, Detail, lock, of_environment};
use crate::failure::Failure;
pub use crate::project::LockView;
use crate::project::{Viewed, is_lock_the_source, viewed};
use crate::session::Session;
use crate::target;

/// Where a graph is read from.
#[derive(Clone, Debug, Default)]
pub enum GraphSource {
    /// From what is installed.
    #[default]
    Environment,
    /// From the lock of the project.
    Lock(LockView),
    /// From the lock where the project has one, or has no environment; else from what is installed.
    Either(LockView),
}

/// A graph, and what is known about where it comes from.
pub(super) struct Read {
    pub(super) graph: Dependencies,
    /// The lock, if it comes from one.
    pub(super) lock: Option<Viewed>,
    /// What the whole is called.
    pub(super) name: String,
    /// The Python it is for.
    pub(super) python: String,
}

/// Reads a graph.
///
/// # Errors
/// There is neither an environment nor a lock, or it cannot be read.
pub(super) fn read(
    session: &mut Session,
    source: &GraphSource,
    detail: Detail,
) -> Result<Read, Failure> {
    match source {
        GraphSource::Environment => of_target(session, detail),
        GraphSource::Lock(view) => of_project(session, view, detail),
        GraphSource::Either(view) => match is_lock_the_source(session)? {
            true => of_project(session, view, detail),
            false => of_target(session, detail),
        },
    }
}

fn of_target(session: &mut Session, detail: Detail) -> Result<Read, Failure> {
    let (env, state) = target::open_and_scan(session)?;
    let place = env.root();
    let project = place.parent().filter(|_| place.ends_with(".venv"));
    let name = project.unwrap_or(place).file_name().unwrap_or_default();
    Ok(Read {
        graph: of_environment(&env, &state, detail),
        lock: None,
        name: name.to_string_lossy().into_owned(),
        python: env.interpreter().version.to_string(),
    })
}

fn of_project(session: &mut Session, view: &LockView, detail: Detail) -> Result<Read, Failure> {
    let viewed = viewed(session, view)?;
    let graph = viewed.with_target(|target| super::of_lock(&viewed.lock, &viewed.choices, target));
    let mut graph = graph.map_err(|error| {
        Failure::unsatisfied("the lock does not have what is asked for").because(&error)
    })?;
    if let (Some(script), Some(root)) = (&view.script, graph.roots.first().copied()) {
        graph.nodes[root].source = Some(script.display().to_string());
    }
    if detail.sizes {
        lock::add_sizes(&mut graph, &viewed.lock, &viewed.python.tags());
    }
    let requires = viewed.lock.inputs.requires_python.as_ref();
    let python = match (viewed.universal, requires) {
        (true, Some(requires)) => requires.to_string(),
        _ => viewed.python.version.to_string(),
    };
    Ok(Read {
        graph,
        name: viewed.name.clone(),
        python,
        lock: Some(viewed),
    })
}
