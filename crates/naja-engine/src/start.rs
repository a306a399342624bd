//! The beginning of every operation: settings are read, the cache is named.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use naja_project::settings::{
    ConfigFiles, ConfigPlaces, ConfigPlatform, Interface, Layer, Loaded, Partial, Settings,
    SettingsInput, load_for,
};
use naja_project::{Files, Variables};
use naja_python::{DiscoveryInputs, locate_environment};
use naja_store::Store;

use crate::disk::WatchedDisk;
use crate::event::{Event, Sink};
use crate::failure::Failure;
use crate::process::ProcessEnv;
use crate::project::Holds;
use crate::script::Script;
use crate::session::{Cancel, Session};
use crate::trace::Recorder;

/// The family of this operating system.
const PLATFORM: ConfigPlatform = if cfg!(windows) {
    ConfigPlatform::Windows
} else if cfg!(target_os = "macos") {
    ConfigPlatform::Macos
} else {
    ConfigPlatform::Unix
};

/// What the command line says about settings.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// The settings given as flags.
    pub arguments: Partial,
    /// Which configuration files are read.
    pub config: ConfigFiles,
    /// Which tables of them count.
    pub interface: Interface,
    /// The directory of the project, where it is not the working directory.
    pub project: Option<PathBuf>,
    /// Whether what is looked at is noted, to be kept as a trace.
    pub traced: bool,
    /// The script that the command is about: if it has metadata, its settings count, and the files of its directory
    /// instead of those of the working directory.
    pub script: Option<PathBuf>,
}

/// Reads the settings and opens a session.
///
/// # Errors
/// The configuration cannot be read, or there is no place for the cache.
pub fn start(
    process: ProcessEnv,
    begin: Start,
    make_sink: impl FnOnce(&Settings) -> Box<dyn Sink>,
    cancel: Cancel,
) -> Result<Session, Failure> {
    let project = begin.project.as_ref().map(|dir| process.absolute(dir));
    let project = project.unwrap_or_else(|| process.cwd.clone());
    let trace = match begin.traced {
        true => Recorder::new(),
        false => Recorder::default(),
    };
    if let Some(path) = &begin.script {
        Script::note(&trace, &process, path);
    }
    let script = script_of(&process, &begin)?;
    if matches!(begin.interface, Interface::Pip(_)) {
        trace.nearest(&process.cwd);
    }
    let loaded = loaded(&process, (&begin, script.as_ref()), &WatchedDisk(&trace))?;
    let settings = loaded.settings;
    refuse_missing(&settings)?;
    let cache = cache_dir(&process, &settings)?;
    let store = Store::open(&cache)
        .map_err(|error| Failure::environment("could not open the cache").because(&error))?;
    let sink = make_sink(&settings);
    let mut session = Session {
        settings: Arc::new(settings),
        process,
        project,
        store,
        sink,
        cancel,
        trace,
        last_lock: std::mem::ManuallyDrop::default(),
        has_resolved: std::cell::Cell::default(),
        holds: Holds::default(),
        told_active: false,
        begin: Arc::new(begin),
        script: script.map(Arc::new),
    };
    for warning in &loaded.warnings {
        session.emit(&Event::Warning {
            message: warning.to_string(),
            hint: None,
        });
    }
    Ok(session)
}

/// Reads the settings, those of a script among them.
fn loaded(
    process: &ProcessEnv,
    (begin, script): (&Start, Option<&Script>),
    files: &dyn Files,
) -> Result<Loaded, Failure> {
    let variables: Variables = process
        .vars
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let environment = match begin.interface {
        Interface::Pip(_) if begin.arguments.python.is_none() => nearest_environment(process),
        _ => None,
    };
    let project = match (&begin.project, script) {
        (Some(dir), _) => process.absolute(dir),
        (None, Some(script)) => script.dir.clone(),
        (None, None) => process.cwd.clone(),
    };
    let input = SettingsInput {
        files,
        places: ConfigPlaces {
            platform: PLATFORM,
            home: process.home.as_deref(),
            variables: &variables,
            environment: environment.as_deref(),
        },
        cwd: &process.cwd,
        project: &project,
        config: &begin.config,
        interface: begin.interface,
        now_ms: process.now_ms,
    };
    let toml = script.and_then(Script::toml);
    let tables = match (script, &toml) {
        (Some(script), Some(toml)) => Some(script.tables(toml)),
        _ => None,
    };
    load_for(&input, begin.arguments.clone(), tables)
        .map_err(|error| Failure::usage("could not read the settings").because(&error))
}

/// The script of a command, if it has metadata; what is wrong with it otherwise is told by the command.
fn script_of(process: &ProcessEnv, begin: &Start) -> Result<Option<Script>, Failure> {
    let Some(path) = &begin.script else {
        return Ok(None);
    };
    let script = Script::open(process, path).ok().flatten();
    let Some(script) = script.filter(|script| script.block.is_some()) else {
        return Ok(None);
    };
    // A mistake in the metadata is told as one of the metadata.
    script.manifest()?;
    Ok(Some(script))
}

/// Lets the settings of a script count from now on.
///
/// # Errors
/// They have a mistake.
pub(crate) fn use_settings_of(session: &mut Session, script: &Script) -> Result<(), Failure> {
    let known = session.script.as_deref();
    if known.is_some_and(|known| known.text == script.text && known.dir == script.dir) {
        return Ok(());
    }
    script.manifest()?;
    let begin = Arc::clone(&session.begin);
    let loaded = loaded(&session.process, (&begin, Some(script)), &session.disk())?;
    refuse_missing(&loaded.settings)?;
    session.settings = Arc::new(loaded.settings);
    session.script = Some(Arc::new(script.clone()));
    Ok(())
}

/// The settings as they would be with other files.
///
/// # Errors
/// They have a mistake.
pub(crate) fn settings_over(session: &Session, files: &dyn Files) -> Result<Settings, Failure> {
    let begin = (&*session.begin, session.script.as_deref());
    let loaded = loaded(&session.process, begin, files)?;
    refuse_missing(&loaded.settings)?;
    Ok(loaded.settings)
}

/// The environment that pip's commands are about when none is active.
fn nearest_environment(process: &ProcessEnv) -> Option<PathBuf> {
    let get = |name: &str| process.var_os(name).map(OsString::from);
    let inputs = DiscoveryInputs::from_variables(process.cwd.clone(), &get);
    locate_environment(&inputs).map(|place| place.root)
}

/// naja's file of the user, whether it exists or not.
pub(crate) fn user_file(session: &Session) -> Option<PathBuf> {
    let variables = crate::target::variables(session);
    let places = ConfigPlaces {
        platform: PLATFORM,
        home: session.process.home.as_deref(),
        variables: &variables,
        environment: None,
    };
    places.user_file()
}

/// The files of pip's configuration and their layers, lowest first.
pub(crate) fn pip_files(session: &Session) -> Vec<(Layer, PathBuf)> {
    let process = &session.process;
    let variables = crate::target::variables(session);
    let environment = nearest_environment(process);
    let places = ConfigPlaces {
        platform: PLATFORM,
        home: process.home.as_deref(),
        variables: &variables,
        environment: environment.as_deref(),
    };
    places.pip_files()
}

/// Refuses what would silently give another result than was asked for.
fn refuse_missing(settings: &Settings) -> Result<(), Failure> {
    let given = [(
        settings.managed_python.value == Some(true),
        "managed-python",
        settings.managed_python.origin.to_string(),
    )];
    for (wanted, name, origin) in given {
        if wanted {
            return Err(Failure::usage(format!("`{name}` is not there yet"))
                .cause(format!("it is set by {origin}")));
        }
    }
    Ok(())
}

/// Where the cache is: as set, else in the user's cache directory (XDG).
fn cache_dir(process: &ProcessEnv, settings: &Settings) -> Result<PathBuf, Failure> {
    if settings.no_cache.value {
        let name = format!("naja-no-cache-{}-{}", std::process::id(), process.now_ms);
        return Ok(temporary_dir(process).join(name));
    }
    if let Some(dir) = &settings.cache_dir.value {
        return Ok(process.absolute(dir));
    }
    if let Some(dir) = process.var("XDG_CACHE_HOME").map(PathBuf::from)
        && dir.is_absolute()
    {
        return Ok(dir.join("naja"));
    }
    #[cfg(windows)]
    if let Some(dir) = process.var("LOCALAPPDATA") {
        return Ok(PathBuf::from(dir).join("naja").join("cache"));
    }
    match &process.home {
        Some(home) => Ok(home.join(".cache").join("naja")),
        None => Err(Failure::environment("there is no place for the cache")
            .cause("neither HOME nor XDG_CACHE_HOME is set")
            .hint("name one: `--cache-dir DIR`, or the variable NAJA_CACHE_DIR")),
    }
}

/// The directory for temporary files.
pub(crate) fn temporary_dir(process: &ProcessEnv) -> PathBuf {
    let named = ["TMPDIR", "TEMP", "TMP"]
        .iter()
        .find_map(|name| process.var(name));
    named.map_or_else(|| PathBuf::from("/tmp"), PathBuf::from)
}
