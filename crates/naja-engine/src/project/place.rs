//! The Python and the environment of a project.

use std::path::{Path, PathBuf};

use naja_env::{Environment, Existing, PythonLink, VenvSpec};
use naja_project::Files;
use naja_python::{Interpreter, PythonRequest, VersionRequest, without_dots};
use naja_spec::VersionSpecifiers;

use super::load::Project;
use super::stand_in::StandIn;
use super::syncing::SyncRequest;
use crate::consistency::allows_python;
use crate::env;
use crate::event::Event;
use crate::failure::Failure;
use crate::session::Session;
use crate::target::{self, same_place};
use crate::venv;

/// The root of a project's environment.
pub(super) fn root(session: &Session, project: &Project, active: bool) -> PathBuf {
    if let Some(root) = active_root(session).filter(|_| active) {
        return root;
    }
    session.trace.entry(&project.workspace.root.join(".venv"));
    match env::place_for(session, &project.workspace.root) {
        Ok(place) => place.root,
        Err(_no_home) => project.workspace.root.join(".venv"),
    }
}

/// The root of the active environment.
fn active_root(session: &Session) -> Option<PathBuf> {
    let root = session.process.var("VIRTUAL_ENV")?;
    (!root.is_empty()).then(|| without_dots(&session.process.absolute(Path::new(root))))
}

/// Says once that another environment is active than that of the project, and that it is left alone.
pub(super) fn mention_active(session: &mut Session, project: &Project, request: &SyncRequest) {
    if session.told_active || request.active || request.unmentioned {
        return;
    }
    let Some(active) = active_root(session) else {
        return;
    };
    let root = root(session, project, false);
    if same_place(&root, &active) {
        return;
    }
    session.told_active = true;
    let given = session.process.var("VIRTUAL_ENV").unwrap_or_default();
    session.warn(format!(
        "`VIRTUAL_ENV={given}` is not the environment of the project, `{}`, and is ignored; `--active` uses it, \
         `--no-active` says nothing",
        shown(session, &root).display()
    ));
}

/// A path as it is seen from the working directory.
fn shown<'a>(session: &Session, path: &'a Path) -> &'a Path {
    path.strip_prefix(&session.process.cwd).unwrap_or(path)
}

/// The Pythons a project takes; `None` if its manifests do not say.
pub(super) fn requires_python(project: &Project) -> Option<VersionSpecifiers> {
    let bounds = project.workspace.requires_python();
    (!bounds.is_empty()).then_some(bounds)
}

/// The Python a project is resolved with: that of its environment if it fits, else one that is found.
///
/// # Errors
/// There is none that fits.
pub(crate) fn interpreter(session: &Session, project: &Project) -> Result<Interpreter, Failure> {
    if project.script.is_some() {
        let required = requires_python(project);
        return crate::script::python(session, required.as_ref(), &project.workspace.root);
    }
    let root = root(session, project, false);
    if target::works(&root)
        && let Ok(env) = target::open_root(session, &root)
        && unfit(session, project, env.interpreter())?.is_none()
    {
        return Ok(env.interpreter().clone());
    }
    base(session, project)
}

/// The base interpreter for the environment of a project: what was asked for, what the project pins, what it
/// takes.
fn base(session: &Session, project: &Project) -> Result<Interpreter, Failure> {
    let required = requires_python(project);
    let (request, origin) = wanted(session, project)?;
    let request = match (&required, request) {
        (Some(required), PythonRequest::Default) => {
            PythonRequest::Version(VersionRequest::from_specifiers(required.clone()))
        }
        (_, request) => request,
    };
    let found = target::base(session, &request)?;
    if let Some(required) = &required
        && !allows_python(required, &found)
    {
        return Err(Failure::usage(format!(
            "Python {} does not fit the project: it requires {required}",
            found.version
        ))
        .cause(format!("it is asked for by {origin}"))
        .hint("ask for another Python, or widen `requires-python` in pyproject.toml"));
    }
    Ok(found)
}

/// The Python that is asked for, and by whom.
fn wanted(session: &Session, project: &Project) -> Result<(PythonRequest, String), Failure> {
    let python = &session.settings.python;
    if python.value.is_some() {
        return Ok((target::request(session)?, python.origin.to_string()));
    }
    let start = project
        .workspace
        .current()
        .map(|member| member.dir.as_path());
    let start = start.unwrap_or(&project.workspace.root);
    for dir in start.ancestors() {
        let path = dir.join(".python-version");
        if let Some(text) = pinned(session, &path)? {
            return Ok((target::parse_request(&text)?, path.display().to_string()));
        }
        if dir == project.workspace.root {
            break;
        }
    }
    Ok((PythonRequest::Default, "nobody".to_owned()))
}

/// What the nearest `.python-version` at or above a directory asks for.
///
/// # Errors
/// It cannot be read, or is no request.
pub(crate) fn pinned_above(
    session: &Session,
    dir: &Path,
) -> Result<Option<PythonRequest>, Failure> {
    for dir in dir.ancestors() {
        if let Some(text) = pinned(session, &dir.join(".python-version"))? {
            return target::parse_request(&text).map(Some);
        }
    }
    Ok(None)
}

/// The first line of a `.python-version` that says something.
fn pinned(session: &Session, path: &Path) -> Result<Option<String>, Failure> {
    let bytes = session.disk().read(path).map_err(|error| {
        Failure::usage(format!("could not read {}", path.display())).because(&error)
    })?;
    let text = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let mut lines = text.iter().flat_map(|text| text.lines()).map(str::trim);
    let line = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(line.map(str::to_owned))
}

/// Why an interpreter is not the one for a project; nothing if it is.
fn unfit(
    session: &Session,
    project: &Project,
    python: &Interpreter,
) -> Result<Option<String>, Failure> {
    if let Some(required) = requires_python(project)
        && !allows_python(&required, python)
    {
        return Ok(Some(format!(
            "its Python is {}, and the project requires {required}",
            python.version
        )));
    }
    let (request, origin) = wanted(session, project)?;
    let (fits, is) = match &request {
        PythonRequest::Default => return Ok(None),
        PythonRequest::Path(_) | PythonRequest::Name(_) => {
            let installed = same_installation(session, &request, python)?;
            (installed, python.base_executable.display().to_string())
        }
        request => (request.matches(python), python.version.to_string()),
    };
    Ok((!fits).then(|| format!("its Python is {is}, and {origin} asks for {request}")))
}

/// Whether an interpreter is of the installation that is asked for by its place or name.
fn same_installation(
    session: &Session,
    request: &PythonRequest,
    python: &Interpreter,
) -> Result<bool, Failure> {
    let meant = match target::base(session, request) {
        // A name in `.python-version` may be about another machine.
        Err(_) if session.settings.python.value.is_none() => return Ok(true),
        meant => meant?,
    };
    Ok(meant.version == python.version && same_place(&meant.base_prefix, &python.base_prefix))
}

/// What has to succeed with a Python before an environment is made with it; whether it takes the place of one
/// that works.
pub(super) type Check<'a> = dyn Fn(&mut Session, &Interpreter, bool) -> Result<(), Failure> + 'a;

/// Opens the environment of a project; makes it if it is missing, and makes it again if its Python does not
/// fit. What `check` says against the Python of a new one comes before it is made.
///
/// # Errors
/// There is no Python that fits, `check` fails, or something else is in the way.
pub(super) fn provide(
    session: &mut Session,
    project: &Project,
    (active, check): (bool, &Check<'_>),
) -> Result<Environment, Failure> {
    let active = active && active_root(session).is_some();
    let root = root(session, project, active);
    session.trace.environment(&root);
    if let Err(gone) = env::put_right(session, &root) {
        if active {
            return Err(gone);
        }
        session.emit(&Event::Note {
            message: format!("Making the environment again: {}", gone.title),
        });
    }
    let works = target::works(&root);
    if works {
        let env = target::open_root(session, &root)?;
        let Some(why) = unfit(session, project, env.interpreter())? else {
            crate::change::recover_if_needed(session, &env)?;
            return Ok(env);
        };
        if active {
            return Err(
                Failure::usage("the active environment does not fit the project")
                    .cause(why)
                    .hint("leave `--active` out: the project has an environment of its own"),
            );
        }
        session.emit(&Event::Note {
            message: format!("Making the environment again: {why}"),
        });
    }
    session.trace.spoil("the environment was made");
    let base = base(session, project)?;
    check(session, &base, works)?;
    if active {
        return make(session, &root, &base).map_err(|failure| {
            failure.hint("it is the active one: leave `--active` out, or `deactivate`")
        });
    }
    let place = env::place_for(session, &project.workspace.root)?;
    if let Some(entry) = &place.entry {
        env::check_entry(entry, &root)?;
    }
    let env = make(session, &root, &base)?;
    env::write_redirect(session, &place)?;
    Ok(env)
}

/// The environment of a project as a preview sees it: the one that is there if it fits, else an empty one in its
/// stead.
///
/// # Errors
/// As [`provide`].
pub(super) fn seen(
    session: &mut Session,
    project: &Project,
    active: bool,
) -> Result<(Environment, Option<StandIn>), Failure> {
    let active = active && active_root(session).is_some();
    let root = root(session, project, active);
    session.trace.environment(&root);
    if target::works(&root) {
        let env = target::open_root(session, &root)?;
        if active || unfit(session, project, env.interpreter())?.is_none() {
            return Ok((env, None));
        }
    }
    session.trace.spoil("there is no environment");
    let base = base(session, project)?;
    session.emit(&Event::Note {
        message: format!(
            "Would make an environment at {} with {}",
            shown(session, &root).display(),
            base.version
        ),
    });
    let (env, stand_in) = StandIn::make(session, &base)?;
    Ok((env, Some(stand_in)))
}

/// Makes the environment of a project, in the place of one that does not fit.
fn make(session: &mut Session, root: &Path, base: &Interpreter) -> Result<Environment, Failure> {
    // One that is made for a single run is nobody's concern.
    if !session.settings.isolated.value {
        let shown = shown(session, root).to_path_buf();
        venv::announce(session, base, &shown);
    }
    let spec = VenvSpec {
        path: root,
        interpreter: base,
        prompt: None,
        system_site_packages: false,
        link: PythonLink::Symlinks,
        relocatable: session.settings.venv_relocatable.value,
        seeded: false,
        existing: Existing::Clear,
        protected: &venv::protected(session),
    };
    let has_stub = session.settings.venv_pip_stub.value;
    let made = naja_env::create_with(&spec, &|staged| match has_stub {
        true => crate::pip_shim::stage_stub(staged, base),
        false => Ok(()),
    });
    let env = made.map_err(|error| venv::create_failure(&error))?;
    crate::change::recover_if_needed(session, &env)?;
    crate::registry::saw(session, &env);
    Ok(env)
}
