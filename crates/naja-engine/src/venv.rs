//! `naja venv`.

use std::path::{Path, PathBuf};

use naja_env::{CreateError, EnvState, Environment, Existing, PythonLink, VenvSpec};
use naja_lock::Origin;
use naja_python::Interpreter;
use naja_resolve::RootRequirement;
use naja_spec::Requirement;

use crate::change;
use crate::diagnose;
use crate::env;
use crate::event::Event;
use crate::explain::{Step, steps};
use crate::failure::Failure;
use crate::history::Remake;
use crate::inputs::RequirementSet;
use crate::options;
use crate::pip::resolve_for;
use crate::pipeline::Pipeline;
use crate::registry;
use crate::session::Session;
use crate::target;

/// What `naja venv` shall make.
#[derive(Clone, Debug, Default)]
pub struct VenvRequest {
    /// Where; `.venv` if nowhere is named.
    pub path: Option<PathBuf>,
    /// The text in front of the shell's prompt; `.` is the working directory's name.
    pub prompt: Option<String>,
    /// Whether the base's packages are visible.
    pub system_site_packages: bool,
    /// Copies the interpreter instead of linking to it.
    pub copies: bool,
    /// This program, if it shall answer for `pip` in the environment.
    pub pip_shim: Option<PathBuf>,
    /// What happens to something that is there already.
    pub existing: OnExisting,
    /// The directory of the environment, to which a file at `path` shall lead.
    pub redirect: Option<PathBuf>,
    /// Gives an environment that is there a newer Python of its minor version.
    pub upgrade: bool,
}

/// What happens to something that is in the way of an environment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnExisting {
    /// An environment or another directory with files is an error.
    #[default]
    Refuse,
    /// An environment is replaced (`--clear`).
    Clear,
    /// Whatever directory it is, it is replaced (`--clear --force`).
    ForceClear,
    /// It is kept, and written into (`--allow-existing`).
    Allow,
}

impl From<OnExisting> for Existing {
    fn from(choice: OnExisting) -> Self {
        match choice {
            OnExisting::Refuse => Self::Refuse,
            OnExisting::Clear => Self::Clear,
            OnExisting::ForceClear => Self::ForceClear,
            OnExisting::Allow => Self::Allow,
        }
    }
}

/// What was made.
#[derive(Clone, Debug)]
pub struct VenvMade {
    /// The root.
    pub root: PathBuf,
    /// Whether it was there before, and only got another Python.
    pub upgraded: bool,
}

/// Makes a virtual environment (PEP 405), all of it or nothing.
///
/// # Errors
/// There is no suitable Python, something is in the way, or it cannot be written.
pub fn venv(session: &mut Session, request: &VenvRequest) -> Result<VenvMade, Failure> {
    if request.upgrade {
        return upgrade(session, request);
    }
    let wanted = target::request(session)?;
    let base = target::base(session, &wanted)?;
    let place = env::place(
        session,
        request.path.as_deref(),
        request.redirect.as_deref(),
    )?;
    if let Some(entry) = &place.entry {
        env::check_entry(entry, &place.root)?;
    }
    let (root, given) = (place.root.clone(), place.shown.clone());
    announce(session, &base, &given);
    let settings = std::sync::Arc::clone(&session.settings);
    let existing = match request.existing {
        OnExisting::Refuse if settings.venv_clear.value => OnExisting::Clear,
        other => other,
    };
    let spec = VenvSpec {
        path: &root,
        interpreter: &base,
        prompt: prompt(session, request),
        system_site_packages: request.system_site_packages,
        link: match request.copies {
            true => PythonLink::Copies,
            false => PythonLink::Symlinks,
        },
        relocatable: settings.venv_relocatable.value,
        seeded: settings.venv_seed.value,
        existing: existing.into(),
        protected: &protected(session),
    };
    session.step(|_| Step::ChosePython {
        python: base.executable.clone(),
        version: base.version.to_string(),
    });
    let mut history = Remake::of(session, &root, &base);
    let stub = settings.venv_pip_stub.value && !settings.venv_seed.value;
    if stub || request.pip_shim.is_some() {
        history.expect(&base, &crate::pip_shim::names(&base));
    }
    let made = naja_env::create_with(&spec, &|staged| {
        history.write(staged)?;
        match stub && request.pip_shim.is_none() {
            true => crate::pip_shim::stage_stub(staged, &base),
            false => Ok(()),
        }
    });
    let made = made.map_err(|error| create_failure(&error))?;
    session.step(|_| steps::made(&made, base.executable.clone(), request.copies));
    change::recover_if_needed(session, &made)?;
    if settings.venv_seed.value {
        seed(session, &made)?;
    }
    if let Some(program) = &request.pip_shim {
        crate::pip_shim::put(&made, program)?;
    } else if stub {
        crate::pip_shim::put_stub(&made)?;
    }
    env::write_redirect(session, &place)?;
    if existing != OnExisting::Allow {
        crate::allow::renew(&session.process, made.root());
    }
    registry::saw(session, &made);
    Ok(VenvMade {
        root: made.root().to_path_buf(),
        upgraded: false,
    })
}

/// Gives an environment another Python of its own minor version.
fn upgrade(session: &mut Session, request: &VenvRequest) -> Result<VenvMade, Failure> {
    let root = env::place(session, request.path.as_deref(), None)?.root;
    let root = match (&request.path, target::environment_root(session)) {
        (None, Some(near)) if !naja_python::is_environment(&root) => near,
        _ => root,
    };
    let was_allowed = crate::allow::is_allowed(&session.process, &root);
    let done = env::upgrade(session, &root)?;
    if was_allowed {
        crate::allow::renew(&session.process, &root);
    }
    let (base, version) = (done.base.base_executable.display(), &done.base.version);
    let shown = root.display();
    let message = match done.was {
        Some(was) if was != version.to_string() => {
            format!("The environment at {shown} uses Python {version} at {base}; it was {was}")
        }
        _ => format!("The environment at {shown} uses Python {version} at {base}"),
    };
    session.emit(&Event::Note { message });
    registry::saw_root(session, &root);
    Ok(VenvMade {
        root,
        upgraded: true,
    })
}

/// Says with which Python an environment is made, and where.
pub(crate) fn announce(session: &mut Session, base: &Interpreter, shown: &Path) {
    session.emit(&Event::Note {
        message: format!(
            "Using {} {} interpreter at: {}",
            implementation_name(base),
            base.version,
            base.executable.display()
        ),
    });
    session.emit(&Event::Note {
        message: format!("Creating virtual environment at: {}", shown.display()),
    });
}

/// Makes an environment of the cache, over whatever is there.
///
/// # Errors
/// It cannot be written.
pub(crate) fn make_cached(root: &Path, base: &Interpreter) -> Result<Environment, Failure> {
    let spec = VenvSpec {
        path: root,
        interpreter: base,
        prompt: None,
        system_site_packages: false,
        link: PythonLink::Symlinks,
        relocatable: false,
        seeded: false,
        existing: Existing::ForceClear,
        protected: &[],
    };
    naja_env::create(&spec).map_err(|error| create_failure(&error))
}

/// Directories that are never replaced, whatever the flags say.
pub(crate) fn protected(session: &Session) -> Vec<PathBuf> {
    let mut protected = vec![session.process.cwd.clone()];
    protected.extend(session.process.home.clone());
    protected
}

fn prompt(session: &Session, request: &VenvRequest) -> Option<String> {
    let prompt = request.prompt.clone()?;
    if prompt != "." {
        return Some(prompt);
    }
    session
        .process
        .cwd
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
}

fn implementation_name(interpreter: &Interpreter) -> &str {
    match interpreter.implementation.as_str() {
        "cpython" => "CPython",
        "pypy" => "PyPy",
        "graalpy" => "GraalPy",
        other => other,
    }
}

/// Installs what `python -m venv` puts into an environment: pip, and for older
/// Pythons setuptools and wheel.
fn seed(session: &mut Session, env: &Environment) -> Result<(), Failure> {
    let mut names = vec!["pip"];
    if env.interpreter().minor() < 12 {
        names.extend(["setuptools", "wheel"]);
    }
    let mut set = RequirementSet::default();
    for name in names {
        if let Ok(requirement) = Requirement::parse(name) {
            let origin = Origin::Option("--seed".to_owned());
            set.roots.push(RootRequirement::new(requirement, origin));
        }
    }
    let mut pipeline = Pipeline::new(session, options::index_config(session)?);
    let state = EnvState::scan(env).map_err(|error| diagnose::scan(&error))?;
    let selection = resolve_for(session, &mut pipeline, (env, &state), &set)?;
    change::fill(session, &mut pipeline, (env, &state), selection)?;
    pipeline.finish();
    Ok(())
}

pub(crate) fn create_failure(error: &CreateError) -> Failure {
    let failure = Failure::environment("could not create the environment").because(error);
    match error {
        CreateError::Exists { .. } => {
            failure.hint("`--clear` replaces it, `--allow-existing` keeps what is installed in it")
        }
        CreateError::NotEmpty { .. } => {
            failure.hint("name another directory, or add `--clear --force` to remove this one")
        }
        CreateError::Path { .. } => failure.hint("name another directory"),
        _ => failure,
    }
}
