//! `naja python find` and `naja python list`.

use std::path::PathBuf;

use naja_python::{
    Discovery, DiscoveryInputs, EnvironmentOrigin, FindError, Preference, Prober, PythonRequest,
    Source,
};
use serde::Serialize;

use crate::diagnose;
use crate::failure::Failure;
use crate::probe_cache::StoredProbes;
use crate::script::{self, RootOrPython};
use crate::session::Session;
use crate::target;

/// What `naja python find` looks for.
#[derive(Clone, Debug, Default)]
pub struct FindRequest {
    /// What the user asks for; the default Python if nothing.
    pub request: Option<String>,
    /// Passes environments over.
    pub system: bool,
    /// Looks for what this script allows (PEP 723).
    pub script: Option<PathBuf>,
}

/// An interpreter that was found.
#[derive(Clone, Debug, Serialize)]
pub struct FoundPython {
    /// The version.
    pub version: String,
    /// `cpython`, `pypy`, ...
    pub implementation: String,
    /// The program.
    pub path: PathBuf,
    /// What it is a link to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<PathBuf>,
    /// Whether it is built without the global interpreter lock.
    pub free_threaded: bool,
    /// `os-machine`.
    pub platform: String,
}

/// Finds one interpreter.
///
/// # Errors
/// There is none that was asked for.
pub fn find(session: &mut Session, request: &FindRequest) -> Result<FoundPython, Failure> {
    if let Some(script) = &request.script {
        let found = match script::root_of(session, script)? {
            RootOrPython::Python(python) => *python,
            RootOrPython::Root(root) => target::open_root(session, &root)?.interpreter().clone(),
        };
        return Ok(described(&found, found.executable.clone(), None));
    }
    let wanted = match &request.request {
        Some(text) => target::parse_request(text)?,
        None => target::request(session)?,
    };
    let preference = if request.system {
        Preference::OnlySystem
    } else {
        Preference::Any
    };
    let cache = StoredProbes(&session.store);
    let inputs = target::discovery_inputs(session);
    let discovery = Discovery::new(&inputs, Prober::new(&cache));
    let mut passed_over = None;
    let found = match discovery.find(&wanted, preference) {
        // What is active is meant; what merely lies here need not be.
        Err(FindError::Unusable {
            origin: Source::Environment,
            source,
        }) if is_merely_here(&inputs) => {
            passed_over = Some(source);
            discovery.find_elsewhere(&wanted)
        }
        found => found,
    };
    if let Some(error) = passed_over {
        session.warn(format!(
            "the virtual environment here is broken and passed over: {error}"
        ));
    }
    let found = found.map_err(|error| diagnose::find(&error))?;
    Ok(described(&found, found.executable.clone(), None))
}

/// Whether the environment is one that nobody has activated.
fn is_merely_here(inputs: &DiscoveryInputs) -> bool {
    let place = naja_python::locate_environment(inputs);
    place.is_some_and(|place| {
        let origin = place.origin;
        matches!(
            origin,
            EnvironmentOrigin::DotVenv | EnvironmentOrigin::Inside
        )
    })
}

/// Lists the interpreters of this machine, newest first; broken ones are a
/// detail.
///
/// # Errors
/// The request cannot be read.
pub fn list(session: &mut Session, request: Option<&str>) -> Result<Vec<FoundPython>, Failure> {
    let wanted = match request {
        Some(text) => target::parse_request(text)?,
        None => PythonRequest::Any,
    };
    let listing = {
        let cache = StoredProbes(&session.store);
        let inputs = target::discovery_inputs(session);
        Discovery::new(&inputs, Prober::new(&cache)).list(&wanted)
    };
    for broken in &listing.broken {
        session.detail(format!(
            "skipped {}: {}",
            broken.path.display(),
            broken.error
        ));
    }
    let mut found = listing.found;
    found.sort_by(|a, b| (&b.interpreter.version, &a.path).cmp(&(&a.interpreter.version, &b.path)));
    Ok(found
        .into_iter()
        .map(|found| described(&found.interpreter, found.path, found.link))
        .collect())
}

/// The wheel tags that the Python of this command takes, best first: in the order of
/// `packaging.tags.sys_tags()`.
///
/// # Errors
/// There is no Python.
pub fn tags(session: &mut Session) -> Result<Vec<String>, Failure> {
    let interpreter = target::interpreter_to_resolve_for(session)?;
    Ok(interpreter
        .tags()
        .iter()
        .map(|tag| tag.to_string())
        .collect())
}

fn described(
    interpreter: &naja_python::Interpreter,
    path: PathBuf,
    link: Option<PathBuf>,
) -> FoundPython {
    let markers = &interpreter.markers;
    FoundPython {
        version: interpreter.version.to_string(),
        implementation: interpreter.implementation.clone(),
        path,
        link,
        free_threaded: interpreter.free_threaded,
        platform: format!("{}-{}", markers.sys_platform, markers.platform_machine),
    }
}
