//! Which environment, which interpreter a command is about.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use naja_env::{EnvKind, EnvState, Environment};
use naja_project::Variables;
use naja_python::{
    Discovery, DiscoveryInputs, FindError, Interpreter, Preference, Prober, PythonRequest,
    VersionRange, VersionRequest, locate_environment, read_marker,
};
use naja_spec::{TargetPlatform, Version, VersionSpecifiers};

use crate::belongs;
use crate::change;
use crate::diagnose;
use crate::env;
use crate::explain::steps;
use crate::failure::Failure;
use crate::pip_target;
use crate::probe_cache::{NotedProbes, StoredProbes};
use crate::registry;
use crate::session::Session;

/// The variables as the crates below want them.
pub(crate) fn variables(session: &Session) -> Variables {
    session
        .process
        .vars
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// What discovery has to know about the process.
pub(crate) fn discovery_inputs(session: &Session) -> DiscoveryInputs {
    let get = |name: &str| session.process.var_os(name).map(OsString::from);
    DiscoveryInputs {
        named: env::named(session),
        of_project: env::configured(session),
        ..DiscoveryInputs::from_variables(session.process.cwd.clone(), &get)
    }
}

/// Opens the environment of a `naja pip` command to look at it.
///
/// # Errors
/// There is none, or it cannot be read.
pub(crate) fn open_and_scan(session: &mut Session) -> Result<(Environment, EnvState), Failure> {
    belongs::mention(session);
    opened(session)
}

fn opened(session: &mut Session) -> Result<(Environment, EnvState), Failure> {
    let env = locate(session)?;
    change::recover_if_needed(session, &env)?;
    session.trace.packages(&env);
    let state = EnvState::scan(&env).map_err(|error| diagnose::scan(&error))?;
    session.trace.origins(&state);
    Ok((env, state))
}

/// Whether the user said which environment is meant.
pub(crate) fn is_named(session: &Session) -> bool {
    let settings = &session.settings;
    settings.python.value.is_some()
        || settings.system.value
        || settings.user.value
        || settings.target.value.is_some()
        || settings.prefix.value.is_some()
        || settings.root.value.is_some()
}

/// Notes for the trace which environment is about to be found, if it is the nearest one and nothing else is asked.
fn note_nearest(session: &Session) {
    let (settings, trace) = (&session.settings, &session.trace);
    let is_other = is_named(session)
        || settings.python_version.value.is_some()
        || settings.python_platform.value.is_some();
    let inputs = discovery_inputs(session);
    let is_active = inputs.virtual_env.is_some() || inputs.conda_prefix.is_some();
    if is_other || is_active || inputs.named.is_some() || inputs.of_project.is_some() {
        trace.spoil("the environment is not simply the nearest one");
        return;
    }
    trace.nearest(&inputs.cwd);
    match locate_environment(&inputs) {
        Some(place) => trace.environment(&place.root),
        None => trace.spoil("there is no environment near"),
    }
}

/// Opens the environment of a `naja pip` command to change it.
///
/// # Errors
/// There is none, it cannot be read, its owner forbids changes (PEP 668), or it is hardly the one
/// that is meant.
pub(crate) fn open_for_change(session: &mut Session) -> Result<(Environment, EnvState), Failure> {
    note_nearest(session);
    belongs::guard(session)?;
    env::put_nearest_right(session)?;
    let (env, state) = opened(session)?;
    registry::saw(session, &env);
    if let Some(marker) = env.externally_managed()
        && !session.settings.break_system_packages.value
    {
        let locale = session
            .process
            .var("LC_ALL")
            .or_else(|| session.process.var("LANG"));
        let told = read_marker(marker, locale);
        let mut failure = Failure::environment(format!(
            "the Python at `{}` is managed by its distributor",
            env.interpreter().prefix.display()
        ));
        if let Some(error) = told.message {
            failure = failure.cause(error);
        }
        return Err(failure
            .hint("make an environment with `naja venv`, and install there")
            .hint("`--break-system-packages` installs here all the same"));
    }
    session.step(|session| steps::found(session, &env, &state));
    Ok((env, state))
}

/// Whether two paths lead to one directory.
pub(crate) fn same_place(a: &Path, b: &Path) -> bool {
    a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn locate(session: &Session) -> Result<Environment, Failure> {
    env::check_named(session)?;
    let settings = &session.settings;
    let interpreter = |session: &Session, preference: Preference| {
        let mut found = interpreter(session, preference)?;
        let version = found.version.clone();
        retarget(session, &mut found)?;
        // Its directories stay where they are.
        found.version = version;
        Ok::<_, Failure>(found)
    };
    let directory = settings
        .target
        .value
        .as_ref()
        .or(settings.prefix.value.as_ref());
    if let Some(directory) = directory {
        let directory = session.process.absolute(directory);
        let interpreter = interpreter(session, Preference::Any)?;
        return Ok(match settings.target.value {
            Some(_) => Environment::target(&directory, interpreter),
            None => Environment::prefix(&directory, interpreter),
        });
    }
    let preference = match (&settings.python.value, settings.system.value) {
        (_, true) => Preference::OnlySystem,
        (Some(_), false) => Preference::Any,
        (None, false) if settings.user.value => Preference::Any,
        (None, false) => Preference::OnlyEnvironment,
    };
    let interpreter = interpreter(session, preference)?;
    if settings.user.value {
        return user_site(session, interpreter);
    }
    if let Some(root) = &settings.root.value {
        // The same paths as always, below another root.
        let root = session.process.absolute(root);
        let prefix = interpreter.prefix.components();
        let below: PathBuf = prefix
            .filter(|part| matches!(part, std::path::Component::Normal(_)))
            .collect();
        return Ok(Environment::prefix(&root.join(below), interpreter));
    }
    let env = Environment::of(interpreter).map_err(|error| diagnose::config(&error))?;
    if settings.require_virtualenv.value && env.kind() != EnvKind::Venv {
        return Err(
            Failure::usage("this is no virtual environment, and the settings ask for one")
                .cause(format!("set by {}", settings.require_virtualenv.origin))
                .hint("make one with `naja venv`"),
        );
    }
    Ok(env)
}

/// The user's own site directory (PEP 370) of an interpreter.
fn user_site(session: &Session, interpreter: Interpreter) -> Result<Environment, Failure> {
    let settings = &session.settings;
    if interpreter.is_virtual() && !interpreter.system_site_packages {
        return Err(Failure::usage(
            "the user's site directory is not visible in this virtual environment",
        )
        .cause(format!("`--user` is set by {}", settings.user.origin))
        .hint("leave `--user` out to install into the environment, or add `--system`"));
    }
    if settings.require_virtualenv.value {
        return Err(
            Failure::usage("this is no virtual environment, and the settings ask for one")
                .cause(format!("set by {}", settings.require_virtualenv.origin)),
        );
    }
    let base = match session.process.var("PYTHONUSERBASE") {
        Some(base) => session.process.absolute(Path::new(base)),
        None => match &session.process.home {
            Some(home) => home.join(".local"),
            None => {
                return Err(
                    Failure::environment("there is no home directory for `--user`")
                        .hint("set HOME or PYTHONUSERBASE"),
                );
            }
        },
    };
    Ok(Environment::user(&base, interpreter))
}

fn interpreter(session: &Session, preference: Preference) -> Result<Interpreter, Failure> {
    let request = request(session)?;
    with_discovery(session, |discovery| discovery.find(&request, preference))
}

/// Finds an interpreter that a request is about, whatever the settings say.
///
/// # Errors
/// There is none.
pub(crate) fn find(
    session: &Session,
    request: &PythonRequest,
    preference: Preference,
) -> Result<Interpreter, Failure> {
    with_discovery(session, |discovery| discovery.find(request, preference))
}

fn with_discovery<T>(
    session: &Session,
    find: impl FnOnce(Discovery<'_>) -> Result<T, FindError>,
) -> Result<T, Failure> {
    let cache = StoredProbes(&session.store);
    let inputs = discovery_inputs(session);
    find(Discovery::new(&inputs, Prober::new(&cache))).map_err(|error| {
        let failure = diagnose::find(&error);
        match error {
            FindError::NoEnvironment => env::why_none(&inputs.cwd).unwrap_or(failure),
            _ => failure,
        }
    })
}

/// What the user asked for with `--python`, or the default.
pub(crate) fn request(session: &Session) -> Result<PythonRequest, Failure> {
    match &session.settings.python.value {
        None => Ok(PythonRequest::Default),
        Some(text) => parse_request(text),
    }
}

/// Reads a request for a Python.
///
/// # Errors
/// It is none.
pub(crate) fn parse_request(text: &str) -> Result<PythonRequest, Failure> {
    PythonRequest::parse(text).map_err(|error| {
        Failure::usage("could not read the request for a Python")
            .because(&error)
            .hint("write a version (`3.12`, `>=3.10`), `cpython@3.11`, a name, or a path")
    })
}

/// Whether finding the interpreter will be cheap; a guess that only decides
/// about what is started early.
pub(crate) fn is_known(session: &Session) -> bool {
    session.store.dir().join("v1/records/interpreters").is_dir()
}

/// The interpreter that a resolution is for, without anything being changed.
///
/// # Errors
/// There is none.
pub(crate) fn interpreter_to_resolve_for(session: &Session) -> Result<Interpreter, Failure> {
    let settings = &session.settings;
    let preference = if settings.system.value {
        Preference::OnlySystem
    } else {
        Preference::Any
    };
    let mut interpreter = match &settings.python_version.value {
        Some(text) if settings.python.value.is_none() => {
            let wanted = parse_request(text)?;
            match with_discovery(session, |discovery| discovery.find(&wanted, preference)) {
                Ok(found) => found,
                Err(_) => interpreter(session, preference)?,
            }
        }
        _ => interpreter(session, preference)?,
    };
    retarget(session, &mut interpreter)?;
    Ok(interpreter)
}

/// Makes an interpreter look like the one that `--python-version` and `--python-platform` name.
pub(crate) fn retarget(session: &Session, interpreter: &mut Interpreter) -> Result<(), Failure> {
    let settings = &session.settings;
    if let Some(text) = &settings.python_version.value {
        pretend_version(interpreter, &pip_target::dotted(text))?;
    }
    pip_target::apply(session, interpreter)?;
    match &settings.python_platform.value {
        Some(platform) => move_to(session, interpreter, platform),
        None => Ok(()),
    }
}

/// Makes an interpreter look like one of another platform.
///
/// # Errors
/// There is no such platform.
pub(crate) fn move_to(
    session: &Session,
    interpreter: &mut Interpreter,
    platform: &str,
) -> Result<(), Failure> {
    let mut target = TargetPlatform::parse(platform).map_err(|error| {
        Failure::usage("could not read the target platform")
            .because(&error)
            .hint(format!(
                "there are: {}",
                TargetPlatform::names()[..20].join(", ")
            ))
            .hint("and `x86_64-manylinux_2_28` and the like")
    })?;
    if let Some(variable) = target.release_variable()
        && let Some(text) = session.process.var(variable)
    {
        target = target.with_release(text).map_err(|error| {
            Failure::usage(format!("could not read {variable}")).because(&error)
        })?;
    }
    interpreter.markers = target.apply(&interpreter.markers);
    interpreter.platform = target.platform().clone();
    Ok(())
}

/// Makes an interpreter look like one of another version, to resolve for it.
fn pretend_version(interpreter: &mut Interpreter, text: &str) -> Result<(), Failure> {
    let wrong = || {
        Failure::usage(format!("`{text}` is not a version of Python"))
            .hint("write it like `3.12` or `3.12.1`")
    };
    let request = VersionRequest::parse(text).ok_or_else(wrong)?;
    let VersionRange::Prefix {
        major,
        minor: Some(minor),
        micro,
    } = request.range
    else {
        return Err(wrong());
    };
    let full = format!("{major}.{minor}.{}", micro.unwrap_or(0));
    let version = Version::parse(&full).map_err(|_not_a_version| wrong())?;
    let small = |number: u64| u8::try_from(number).map_err(|_too_large| wrong());
    interpreter.tag_parts.python = (small(major)?, small(minor)?);
    interpreter.tag_parts.version_nodot = None;
    let short = format!("{major}.{minor}");
    let markers = &mut interpreter.markers;
    markers.python_version = Version::parse(&short).map_err(|_not_a_version| wrong())?;
    markers.python_full_version = version.clone();
    if interpreter.implementation == "cpython" {
        markers.implementation_version = version.clone();
    }
    interpreter.version = version;
    Ok(())
}

/// The interpreter of a run that names one, or that has no environment.
///
/// # Errors
/// There is none.
pub(crate) fn interpreter_for_run(
    session: &Session,
    nearest: Option<&Path>,
) -> Result<Interpreter, Failure> {
    let wanted = request(session)?;
    if let Some(root) = nearest {
        session.trace.environment(root);
        let env = open_root(session, root)?;
        session.trace.program(&env.interpreter().base_executable);
        if wanted.matches(env.interpreter())
            && !matches!(wanted, PythonRequest::Path(_) | PythonRequest::Name(_))
        {
            return Ok(env.interpreter().clone());
        }
    }
    noted(session, &wanted, |discovery| {
        discovery.find(&wanted, Preference::OnlySystem)
    })
}

/// The base interpreter for a new environment.
///
/// # Errors
/// There is none.
pub(crate) fn base(session: &Session, request: &PythonRequest) -> Result<Interpreter, Failure> {
    noted(session, request, |discovery| discovery.find_base(request))
}

/// Looks for a Python, and notes for the trace how it was found.
fn noted(
    session: &Session,
    request: &PythonRequest,
    find: impl FnOnce(Discovery<'_>) -> Result<Interpreter, FindError>,
) -> Result<Interpreter, Failure> {
    if !session.trace.is_on() {
        return with_discovery(session, find);
    }
    let cache = NotedProbes::new(&session.store);
    let inputs = discovery_inputs(session);
    let found = find(Discovery::new(&inputs, Prober::new(&cache)));
    let found = found.map_err(|error| diagnose::find(&error))?;
    let trace = &session.trace;
    match request {
        PythonRequest::Path(path) => {
            let path = inputs.absolute(path);
            let is_plain = path.is_file() && path == found.executable && !found.is_virtual();
            if is_plain && !naja_python::stands_for_another(&path) {
                trace.program(&path);
            } else {
                trace.spoil("a Python was looked for in a directory");
            }
        }
        PythonRequest::Name(_) => trace.spoil("a Python was looked for by its name"),
        // A release would have been taken instead, wherever it is.
        _ if found.version.is_prerelease() || !inputs.managed_dirs.is_empty() => {
            trace.spoil("a Python was looked for everywhere");
        }
        _ => {
            let places = (&inputs.places(), found.executable.as_path());
            trace.search(&session.process, places, &cache.tried());
        }
    }
    Ok(found)
}

/// The installation behind an interpreter.
///
/// # Errors
/// It is gone.
pub(crate) fn base_of(session: &Session, python: &Interpreter) -> Result<Interpreter, Failure> {
    with_discovery(session, |discovery| discovery.base_of(python.clone()))
}

/// An interpreter as it really is: resolutions may have been told to take it for another one.
///
/// # Errors
/// It is gone.
pub(crate) fn as_it_is(session: &Session, python: &Interpreter) -> Result<Interpreter, Failure> {
    let settings = &session.settings;
    if settings.python_version.value.is_none() && settings.python_platform.value.is_none() {
        return Ok(python.clone());
    }
    let cache = StoredProbes(&session.store);
    Prober::new(&cache)
        .probe(&python.executable)
        .map_err(|error| Failure::environment("could not ask the Python").because(&error))
}

/// The base interpreter for an environment of the cache: what was asked for,
/// what the script allows, or that of the environment below.
///
/// # Errors
/// There is none, or the script does not allow the one that was asked for.
pub(crate) fn base_for(
    session: &Session,
    requires: Option<&VersionSpecifiers>,
    below: Option<&Path>,
) -> Result<Interpreter, Failure> {
    if session.settings.python.value.is_some() {
        let found = base(session, &request(session)?)?;
        if let Some(requires) = requires
            && !crate::consistency::allows_python(requires, &found)
        {
            return Err(Failure::unsatisfied(format!(
                "the script requires Python {requires}, and {} was asked for",
                found.version
            )));
        }
        return Ok(found);
    }
    if let Some(root) = below {
        session.trace.environment(root);
        let env = open_root(session, root)?;
        session.trace.program(&env.interpreter().base_executable);
        return with_discovery(session, |discovery| {
            discovery.base_of(env.interpreter().clone())
        });
    }
    let request = match requires {
        Some(requires) if !requires.is_empty() => {
            PythonRequest::Version(VersionRequest::from_specifiers(requires.clone()))
        }
        _ => PythonRequest::Default,
    };
    base(session, &request)
}

/// Opens the environment with this root.
///
/// # Errors
/// There is none, or it is broken.
pub(crate) fn open_root(session: &Session, root: &Path) -> Result<Environment, Failure> {
    let cache = StoredProbes(&session.store);
    Environment::open(root, &cache).map_err(|error| diagnose::open(&error))
}

/// Whether an environment still has its Python.
pub(crate) fn works(root: &Path) -> bool {
    ["bin/python", "Scripts/python.exe"]
        .iter()
        .any(|name| root.join(name).exists())
}

/// The root of the environment of this directory or shell, if there is one.
#[must_use]
pub fn environment_root(session: &Session) -> Option<PathBuf> {
    locate_environment(&discovery_inputs(session)).map(|place| place.root)
}
