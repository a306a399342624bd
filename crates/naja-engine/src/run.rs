//! `naja run`: which program, in which environment, with which variables.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use naja_project::{Files, dotenv};
use naja_spec::Requirement;

use crate::belongs;
use crate::cached_env::{self, CachedEnv};
use crate::change;
use crate::disk::Disk;
use crate::env;
use crate::explain::Step;
use crate::failure::Failure;
use crate::inputs::InputSources;
use crate::project::{self, ProjectRun};
use crate::registry;
use crate::script::{self, ScriptPlace};
use crate::session::Session;
use crate::target;

/// What `naja run` shall start.
#[derive(Clone, Debug, Default)]
pub struct RunRequest {
    /// The program or file and its arguments.
    pub command: Vec<OsString>,
    /// Whether the first word is a module (`-m`).
    pub module: bool,
    /// Whether the first word is a script whatever its name (`--script`).
    pub script: bool,
    /// What there shall be besides (`--with`, `--with-requirements`).
    pub with: InputSources,
    /// Prefers the active environment to the nearest one (`--active`).
    pub active: bool,
    /// What of a project is wanted; nothing: projects are not looked for (`--no-project`).
    pub project: Option<ProjectRun>,
}

/// A program ready to take this process's place.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The program, found.
    pub program: PathBuf,
    /// Its name and arguments.
    pub arguments: Vec<OsString>,
    /// Variables to set, or to remove.
    pub vars: Vec<(OsString, Option<OsString>)>,
    /// The working directory.
    pub cwd: PathBuf,
    /// Whether this process has to outlive the program, to tidy up after it.
    pub supervised: bool,
}

/// What the first word is.
enum Subject {
    Python(Vec<OsString>),
    Script {
        path: PathBuf,
        rest: Vec<OsString>,
    },
    Stdin {
        text: Arc<[u8]>,
        rest: Vec<OsString>,
    },
    Module(Vec<OsString>),
    Program(Vec<OsString>),
}

/// Prepares the environment and finds the program.
///
/// # Errors
/// There is no such program, or the environment cannot be prepared.
pub fn run(session: &mut Session, request: &RunRequest) -> Result<Launch, Failure> {
    let mut vars = env_files(session)?;
    let subject = subject(session, request)?;
    let python = prepare(session, request, &subject)?;
    session.cancel.check()?;
    let path = search_path(session, &python);
    if let Some(root) = &python.root {
        vars.push(("VIRTUAL_ENV".into(), Some(root.clone().into_os_string())));
        vars.push(("PYTHONHOME".into(), None));
    }
    vars.push(("PATH".into(), Some(path.clone())));
    let (program, arguments) = command(session, &subject, &python, &path)?;
    session.step(|_| starts(&python, &arguments, &vars));
    // The environment of the program may lie in a cache that goes with this command.
    let supervised = session.settings.no_cache.value && session.store.dir().exists();
    let cwd = session.process.cwd.clone();
    Ok(Launch {
        program,
        arguments,
        vars,
        cwd,
        supervised,
    })
}

/// The start of a program, for those who want to know how it comes about.
fn starts(python: &Chosen, arguments: &[OsString], vars: &[(OsString, Option<OsString>)]) -> Step {
    let text = |word: &OsString| word.to_string_lossy().into_owned();
    let told = ["PATH", "VIRTUAL_ENV", "PYTHONHOME"];
    let vars = vars
        .iter()
        .filter(|(name, _)| told.iter().any(|told| name == told));
    Step::Starts {
        command: arguments.iter().map(text).collect(),
        root: python.root.clone(),
        variables: vars
            .map(|(name, value)| (text(name), value.as_ref().map(text)))
            .collect(),
    }
}

/// The Python of the run, and the environment it belongs to.
struct Chosen {
    root: Option<PathBuf>,
    python: PathBuf,
}

fn subject(session: &mut Session, request: &RunRequest) -> Result<Subject, Failure> {
    let mut words = request.command.iter().cloned();
    let Some(first) = words.next() else {
        return Ok(Subject::Python(Vec::new()));
    };
    let rest: Vec<OsString> = words.collect();
    if request.module {
        return Ok(Subject::Module(request.command.clone()));
    }
    let text = first.to_string_lossy();
    if text == "-" {
        let text = Disk.read_stdin().map_err(|error| {
            Failure::usage("could not read the program from standard input").because(&error)
        })?;
        return Ok(Subject::Stdin { text, rest });
    }
    if text.starts_with("https://") || text.starts_with("http://") {
        let path = script::download(session, &text)?;
        return Ok(Subject::Script { path, rest });
    }
    let path = session.process.absolute(Path::new(&first));
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    let named_script = matches!(extension, "py" | "pyw" | "pyz");
    let is_program_dir = || path.is_dir() && path.join("__main__.py").is_file();
    if request.script || (named_script && path.is_file()) || is_program_dir() {
        if !path.exists() {
            return Err(Failure::usage(format!("there is no script `{text}`")));
        }
        return Ok(Subject::Script {
            path: PathBuf::from(first),
            rest,
        });
    }
    if named_script {
        return Err(Failure::usage(format!("there is no file `{text}`"))
            .hint("a program of that name would be started with `naja run -- NAME`"));
    }
    if is_python_name(&text) {
        return Ok(Subject::Python(rest));
    }
    Ok(Subject::Program(request.command.clone()))
}

/// `python`, `python3`: the environment's own, whatever its full name.
fn is_python_name(text: &str) -> bool {
    matches!(text, "python" | "python3" | "python.exe" | "python3.exe")
}

fn prepare(
    session: &mut Session,
    request: &RunRequest,
    subject: &Subject,
) -> Result<Chosen, Failure> {
    let place = match subject {
        Subject::Script { path, .. } => Some(ScriptPlace::File(path)),
        Subject::Stdin { text, .. } => Some(ScriptPlace::Stdin(text)),
        _ => None,
    };
    if let Some(place) = place
        && let Some(root) = script::for_run(session, place, request)?
    {
        return of_root(root);
    }
    let of_project = match &request.project {
        Some(wish) if !session.settings.isolated.value => project::for_run(session, wish)?,
        _ => None,
    };
    let is_project = of_project.is_some();
    let nearest = if session.settings.isolated.value {
        None
    } else if let Some(root) = of_project {
        mention_active(session, request, Some(&root));
        Some(root)
    } else {
        env::check_named(session)?;
        nearest(session, request)
    };
    if !request.with.is_empty() {
        let wanted = CachedEnv::for_with(&request.with, nearest.as_deref());
        return of_root(cached_env::provide(session, &wanted)?);
    }
    match nearest {
        Some(root) if is_project || session.settings.python.value.is_none() => {
            env::put_right(session, &root)?;
            recover(session, &root)?;
            registry::saw_root(session, &root);
            of_root(root)
        }
        nearest => {
            let interpreter = target::interpreter_for_run(session, nearest.as_deref())?;
            let root = interpreter.is_virtual().then(|| interpreter.prefix.clone());
            Ok(Chosen {
                root,
                python: interpreter.executable,
            })
        }
    }
}

fn of_root(root: PathBuf) -> Result<Chosen, Failure> {
    let candidates = ["bin/python", "bin/python3", "Scripts/python.exe"];
    let python = candidates
        .iter()
        .map(|name| root.join(name))
        .find(|path| path.exists());
    let Some(python) = python else {
        let shown = root.display().to_string();
        return Err(
            Failure::environment(format!("the environment `{shown}` has no Python"))
                .cause("its base Python may have been removed or moved")
                .hint("make it again with `naja venv --clear`"),
        );
    };
    Ok(Chosen {
        root: Some(root),
        python,
    })
}

/// Takes back what a killed command left in an environment; one look if there
/// is nothing.
fn recover(session: &mut Session, root: &Path) -> Result<(), Failure> {
    if !naja_store::txn::is_unfinished(&root.join(".naja")) {
        return Ok(());
    }
    let env = target::open_root(session, root)?;
    change::recover_if_needed(session, &env)
}

/// The environment of the directory, or the active one.
fn nearest(session: &mut Session, request: &RunRequest) -> Option<PathBuf> {
    let inputs = target::discovery_inputs(session);
    let active = inputs
        .virtual_env
        .clone()
        .map(|root| inputs.absolute(&root));
    if request.active && active.is_some() {
        return active;
    }
    let without_active = belongs::without_active(&inputs);
    let near = naja_python::locate_environment(&without_active).map(|place| place.root);
    if near.is_none()
        && let Some(foreign) = belongs::foreign(&inputs)
    {
        session.warn(format!(
            "the active environment `{}` belongs to `{}`, and this directory to `{}`, which has \
             none; the active one is used",
            foreign.environment.display(),
            foreign.owner.name,
            foreign.here.name
        ));
    }
    mention_active(session, request, near.as_deref());
    near.or_else(|| naja_python::locate_environment(&inputs).map(|place| place.root))
}

/// Says that another environment is active than the one that is used.
fn mention_active(session: &mut Session, request: &RunRequest, near: Option<&Path>) {
    let inputs = target::discovery_inputs(session);
    let active = inputs.virtual_env.as_ref();
    let active = active.map(|root| inputs.absolute(root));
    if let (Some(near), Some(active), false) = (near, &active, request.active)
        && !target::same_place(near, active)
    {
        session.warn(format!(
            "the active environment `{}` is not the one of this directory, `{}`; the latter is \
             used (`--active` uses the active one)",
            active.display(),
            near.display()
        ));
    }
}

fn search_path(session: &Session, python: &Chosen) -> OsString {
    let mut dirs: Vec<PathBuf> = Vec::new();
    if python.root.is_some() {
        dirs.extend(python.python.parent().map(Path::to_path_buf));
    }
    let inherited = session.process.var_os("PATH").unwrap_or_default();
    if dirs.is_empty() {
        return inherited.to_os_string();
    }
    let mut path = dirs.remove(0).into_os_string();
    if !inherited.is_empty() {
        path.push(if cfg!(windows) { ";" } else { ":" });
        path.push(inherited);
    }
    path
}

fn command(
    session: &Session,
    subject: &Subject,
    chosen: &Chosen,
    path: &OsStr,
) -> Result<(PathBuf, Vec<OsString>), Failure> {
    let python = chosen.python.clone();
    let started = |before: &[&str], file: Option<&Path>, rest: &[OsString]| {
        let mut words = vec![python.clone().into_os_string()];
        words.extend(before.iter().map(OsString::from));
        words.extend(file.map(|file| file.as_os_str().to_os_string()));
        words.extend(rest.iter().cloned());
        (python.clone(), words)
    };
    match subject {
        Subject::Python(rest) => Ok(started(&[], None, rest)),
        Subject::Stdin { text, rest } => {
            let text = std::str::from_utf8(text)
                .map_err(|error| script::unreadable(Path::new("-"), &error))?;
            Ok(started(&["-c", text], None, rest))
        }
        Subject::Module(words) => Ok(started(&["-m"], None, words)),
        Subject::Script { path, rest } => Ok(started(&[], Some(path), rest)),
        Subject::Program(words) => {
            let name = words.first().cloned().unwrap_or_default();
            let Some(program) = find_program(session, &name, path) else {
                return Err(no_program(&name, chosen));
            };
            Ok((program, words.clone()))
        }
    }
}

fn find_program(session: &Session, name: &OsStr, path: &OsStr) -> Option<PathBuf> {
    let as_path = Path::new(name);
    if as_path.components().count() > 1 {
        let place = session.process.absolute(as_path);
        return is_program(&place).then_some(place);
    }
    std::env::split_paths(path)
        .map(|dir| dir.join(name))
        .find(|place| is_program(place))
}

#[cfg(unix)]
pub(crate) fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path)
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
pub(crate) fn is_program(path: &Path) -> bool {
    path.is_file()
}

fn no_program(name: &OsStr, chosen: &Chosen) -> Failure {
    let shown = name.to_string_lossy();
    let failure = Failure::usage(format!("there is no program `{shown}`"));
    match &chosen.root {
        Some(root) => failure
            .cause(format!("it is neither in `{}` nor on PATH", root.display()))
            .hint(format!(
                "`naja pip install {shown}` may bring it, `--with {shown}` for this run only"
            )),
        None => failure
            .cause("it is not on PATH")
            .hint("`naja venv` makes an environment here"),
    }
}

/// The variables of `.env` files that were asked for; later files win, and
/// what is set already stays.
fn env_files(session: &Session) -> Result<Vec<(OsString, Option<OsString>)>, Failure> {
    let settings = &session.settings;
    let mut vars: Vec<(OsString, Option<OsString>)> = Vec::new();
    if settings.no_env_file.value {
        return Ok(vars);
    }
    let variables = target::variables(session);
    for file in &settings.env_file.value.0 {
        let path = session.process.absolute(&file.path);
        let shown = path.display().to_string();
        let unreadable = |error: &dyn std::error::Error| {
            Failure::usage(format!("could not read the environment file `{shown}`")).because(error)
        };
        let bytes = Disk.read(&path).map_err(|error| unreadable(&error))?;
        let bytes = bytes
            .ok_or_else(|| Failure::usage(format!("there is no environment file `{shown}`")))?;
        let text = String::from_utf8_lossy(&bytes);
        let parsed = dotenv::parse_dotenv(&text, &variables).map_err(|error| unreadable(&error))?;
        for entry in parsed {
            if session.process.var_os(&entry.name).is_none() {
                vars.retain(|(known, _)| known.to_str() != Some(&entry.name));
                vars.push((entry.name.into(), Some(entry.value.into())));
            }
        }
    }
    Ok(vars)
}

/// The requirements of a script as text, sorted, for a key.
pub(crate) fn sorted_texts(requirements: &[Requirement]) -> Vec<String> {
    let mut texts: Vec<String> = requirements.iter().map(ToString::to_string).collect();
    texts.sort();
    texts.dedup();
    texts
}
