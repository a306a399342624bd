//! `naja run`: which program, in which environment, with which variables.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use naja_project::Files;
use naja_project::settings::EnvironmentLink;
use naja_project::tasks::TaskBook;
use naja_spec::Requirement;

use crate::belongs;
use crate::cached_env::{self, CachedEnv};
use crate::change;
use crate::disk::Disk;
use crate::env;
use crate::explain::Step;
use crate::failure::Failure;
use crate::inputs::InputSources;
use crate::process::ProcessEnv;
use crate::project::{self, Brought, ProjectRun};
use crate::registry;
use crate::script::{self, ScriptPlace};
use crate::session::Session;
use crate::start::temporary_dir;
use crate::system::program_at;
use crate::target;
use crate::tasks::{self, HookChoice};
use crate::trace::{self, Start};

/// What `naja run` shall start.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct RunRequest {
    /// The program or file and its arguments.
    pub command: Vec<OsString>,
    /// Whether the first word is a module (`-m`).
    pub module: bool,
    /// Whether the first word is a script whatever its name (`--script`).
    pub script: bool,
    /// Whether the first word is a program whatever lies here under its name.
    pub program: bool,
    /// What there shall be besides (`--with`, `--with-requirements`).
    pub with: InputSources,
    /// Prefers the active environment to the nearest one (`--active`).
    pub active: bool,
    /// What of a project is wanted; nothing: projects are not looked for (`--no-project`).
    pub project: Option<ProjectRun>,
    /// Whether hooks run.
    pub hooks: HookChoice,
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
    /// Environments that were made for it alone, and go with it.
    pub remove: Vec<PathBuf>,
}

impl Launch {
    /// The command that starts it; the name it is called by is left to the caller.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(self.arguments.iter().skip(1))
            .current_dir(&self.cwd);
        for (name, value) in &self.vars {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }
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
    // A script with metadata of its own has nothing to do with the project around.
    let book = match session.script {
        Some(_) => TaskBook::default(),
        None => tasks::book(session)?,
    };
    let vars = tasks::outer_variables(session, &book)?;
    if !session.settings.env_file.value.is_empty() || !book.env().is_empty() {
        session.trace.spoil("variables come from files");
    }
    let subject = subject(session, request)?;
    let python = prepare(session, request, &subject)?;
    session.cancel.check()?;
    session.trace.starts(Start {
        root: python.root.clone(),
        python: python.python.clone(),
        below: python.below.clone(),
        kind: subject.kind().to_owned(),
        delegated: None,
    });
    let ready = launch(&session.process, (&subject, &python), vars);
    let mut launch = ready.map_err(|failure| near_tasks(session, request, failure))?;
    session.step(|_| starts(&python, &launch.arguments, &launch.vars));
    // The environment of the program may lie in a cache that goes with this command.
    let goes = session.settings.no_cache.value && session.store.dir().exists();
    launch.supervised = goes || !python.goes.is_empty();
    launch.remove.clone_from(&python.goes);
    Ok(launch)
}

/// Says of tasks with a similar name where there is no such program.
fn near_tasks(session: &Session, request: &RunRequest, mut failure: Failure) -> Failure {
    let name = request.command.first().and_then(|word| word.to_str());
    if let Some(name) = name
        && failure.title.starts_with("there is no program")
    {
        // In a project, what is only installed goes with the next `naja sync`.
        if request.project.is_some() && crate::project::is_project(session) {
            for hint in &mut failure.hints {
                *hint = hint.replace("`naja pip install ", "`naja add ");
            }
        }
        let mut hints = tasks::hints(session, name);
        hints.append(&mut failure.hints);
        failure.hints = hints;
    }
    failure
}

/// Prepares to start what [`run`] started before, in the environment it was started in: for requests of which it is
/// known that nothing else has to be done. `None`: that is not so simple.
#[must_use]
pub fn run_again(process: &ProcessEnv, before: &Start, request: &RunRequest) -> Option<Launch> {
    let subject = local_subject(process, request).ok()??;
    if subject.kind() != before.kind {
        return None;
    }
    let chosen = Chosen {
        root: before.root.clone(),
        python: before.python.clone(),
        below: before.below.clone(),
        goes: Vec::new(),
    };
    launch(process, (&subject, &chosen), Vec::new()).ok()
}

/// The start of a program in an environment that is ready.
fn launch(
    process: &ProcessEnv,
    (subject, python): (&Subject, &Chosen),
    mut vars: Vec<(OsString, Option<OsString>)>,
) -> Result<Launch, Failure> {
    let path = search_path(process, python);
    vars.extend(environment_variables(process, python));
    let (program, arguments) = command(process, subject, python, &path)?;
    Ok(Launch {
        program,
        arguments,
        vars,
        cwd: process.cwd.clone(),
        supervised: false,
        remove: Vec::new(),
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
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    pub(crate) root: Option<PathBuf>,
    pub(crate) python: PathBuf,
    /// An environment whose packages and programs are visible behind its own.
    pub(crate) below: Option<PathBuf>,
    /// The environments that were made for this run, and go with it.
    pub(crate) goes: Vec<PathBuf>,
}

/// The variables that an environment sets.
pub(crate) fn environment_variables(
    process: &ProcessEnv,
    chosen: &Chosen,
) -> Vec<(OsString, Option<OsString>)> {
    let mut vars = Vec::new();
    if let Some(root) = &chosen.root {
        vars.push(("VIRTUAL_ENV".into(), Some(root.clone().into_os_string())));
        vars.push(("PYTHONHOME".into(), None));
    }
    vars.push(("PATH".into(), Some(search_path(process, chosen))));
    vars
}

impl Subject {
    /// What it is, for the trace.
    fn kind(&self) -> &'static str {
        match self {
            Self::Python(_) => "python",
            Self::Script { .. } => "script",
            Self::Stdin { .. } => "standard input",
            Self::Module(_) => "module",
            Self::Program(_) => "program",
        }
    }
}

fn subject(session: &mut Session, request: &RunRequest) -> Result<Subject, Failure> {
    if let Some(subject) = local_subject(&session.process, request)? {
        return Ok(subject);
    }
    session.trace.spoil("the program is not a file");
    let mut words = request.command.iter().cloned();
    let first = words.next().unwrap_or_default();
    let rest: Vec<OsString> = words.collect();
    let text = first.to_string_lossy();
    if text == "-" {
        let text = Disk.read_stdin().map_err(|error| {
            Failure::usage("could not read the program from standard input").because(&error)
        })?;
        return Ok(Subject::Stdin { text, rest });
    }
    let path = script::download(session, &text)?;
    Ok(Subject::Script { path, rest })
}

/// What the first word is; `None` where it has to be read or fetched first.
fn local_subject(process: &ProcessEnv, request: &RunRequest) -> Result<Option<Subject>, Failure> {
    let mut words = request.command.iter().cloned();
    let Some(first) = words.next() else {
        return Ok(Some(Subject::Python(Vec::new())));
    };
    let rest: Vec<OsString> = words.collect();
    if request.module {
        return Ok(Some(Subject::Module(request.command.clone())));
    }
    if request.program {
        return Ok(Some(Subject::Program(request.command.clone())));
    }
    let text = first.to_string_lossy();
    if text == "-" || text.starts_with("https://") || text.starts_with("http://") {
        return Ok(None);
    }
    let path = process.absolute(Path::new(&first));
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    let named_script = matches!(extension, "py" | "pyw" | "pyz");
    let is_program_dir = || path.is_dir() && path.join("__main__.py").is_file();
    if request.script || (named_script && path.is_file()) || is_program_dir() {
        if !path.exists() {
            return Err(Failure::usage(format!("there is no script `{text}`")));
        }
        return Ok(Some(Subject::Script {
            path: PathBuf::from(first),
            rest,
        }));
    }
    if named_script {
        return Err(Failure::usage(format!("there is no file `{text}`"))
            .hint("a program of that name would be started with `naja run -- NAME`"));
    }
    if is_python_name(&text) {
        return Ok(Some(Subject::Python(rest)));
    }
    Ok(Some(Subject::Program(request.command.clone())))
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
    // A file belongs to the project it lies in, wherever it is called from.
    let beside = match subject {
        Subject::Script { path, .. } => session
            .process
            .absolute(path)
            .parent()
            .map(Path::to_path_buf),
        _ => None,
    };
    match beside.filter(|dir| session.project == session.process.cwd && *dir != session.project) {
        None => environment(session, request),
        Some(dir) => {
            let before = std::mem::replace(&mut session.project, dir);
            let ready = environment(session, request);
            session.project = before;
            ready
        }
    }
}

/// Makes the environment of a run ready.
///
/// # Errors
/// It cannot be made, or a hook fails.
pub(crate) fn environment(session: &mut Session, request: &RunRequest) -> Result<Chosen, Failure> {
    if session.settings.isolated.value {
        return isolated(session, request);
    }
    let of_project = match &request.project {
        Some(wish) => of_project(session, wish)?,
        None => None,
    };
    let is_project = of_project.is_some();
    let nearest = if let Some(brought) = of_project {
        if brought.changed {
            tasks::after_change(session, &brought.root, request)?;
        }
        Some(brought.root)
    } else {
        env::check_named(session)?;
        nearest(session, request)
    };
    on_top(session, request, (nearest, is_project))
}

/// The environment of the project, in agreement with its lock; nothing where there is no project. That nothing changed
/// since the last time is seen from a trace also where there is none of the whole command.
fn of_project(session: &mut Session, wish: &ProjectRun) -> Result<Option<Brought>, Failure> {
    if wish.no_sync {
        return project::for_run(session, wish);
    }
    let known = |root| {
        Some(Brought {
            root,
            changed: false,
        })
    };
    let root = |found: &Option<Brought>| {
        let found = found.as_ref().filter(|found| !found.changed);
        found.map(|found| found.root.clone())
    };
    trace::environment(session, wish, (known, root), |session| {
        project::for_run(session, wish)
    })
}

/// What is asked for with `--with` on top of an environment; the environment itself without.
fn on_top(
    session: &mut Session,
    request: &RunRequest,
    (nearest, is_project): (Option<PathBuf>, bool),
) -> Result<Chosen, Failure> {
    if !request.with.is_empty() {
        let wanted = CachedEnv::for_with(&request.with, nearest.as_deref());
        let mut chosen = of_root(cached_env::provide(session, &wanted)?)?;
        chosen.below = nearest;
        return Ok(chosen);
    }
    match nearest {
        Some(root) if is_project || session.settings.python.value.is_none() => {
            session.trace.environment(&root);
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
                below: None,
                goes: Vec::new(),
            })
        }
    }
}

/// An environment that nothing else uses (`--isolated`): the project's, made anew for this run.
fn isolated(session: &mut Session, request: &RunRequest) -> Result<Chosen, Failure> {
    if request.project.is_some() {
        session.trace.spoil("the environment is made for this run");
    }
    let (id, now) = (std::process::id(), session.process.now_ms);
    let root = temporary_dir(&session.process).join(format!("naja-isolated-{id}-{now}"));
    let made = request.project.as_ref().map_or(Ok(None), |wish| {
        let mut wish = wish.clone();
        wish.no_sync = false;
        wish.sync.active = false;
        wish.sync.unmentioned = true;
        session.with_settings(
            |settings| {
                settings.environment_dir.value = Some(root.display().to_string());
                settings.environment_name.value = None;
                settings.environment_link.value = EnvironmentLink::None;
            },
            |session| project::for_run(session, &wish),
        )
    });
    registry::forget(&session.process, &root);
    let chosen = made.and_then(|brought| {
        let is_project = brought.is_some();
        let near = brought.map(|brought| brought.root);
        let chosen = on_top(session, request, (near, is_project))?;
        let goes = match is_project {
            // What lies on top of it is of no use to others.
            true => chosen.root.iter().chain(&chosen.below).cloned().collect(),
            false => Vec::new(),
        };
        Ok(Chosen { goes, ..chosen })
    });
    registry::forget(&session.process, &root);
    if chosen.is_err() {
        remove_temporary(session, &root);
    }
    chosen
}

/// Removes an environment that was made for one run.
pub fn remove_temporary(session: &Session, root: &Path) {
    registry::forget(&session.process, root);
    // Left behind at worst: a directory for temporary files is cleaned by others, and so is the cache.
    let _left = std::fs::remove_dir_all(root);
    let _absent = std::fs::remove_file(root.with_extension("lock"));
}

pub(crate) fn of_root(root: PathBuf) -> Result<Chosen, Failure> {
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
        below: None,
        goes: Vec::new(),
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
    // Where no project counts, the one that somebody activated is meant.
    let is_meant = |root: &PathBuf| {
        request.active || (session.settings.no_project.value && naja_python::is_environment(root))
    };
    if let Some(root) = active.filter(is_meant) {
        return Some(root);
    }
    session.trace.nearest(&session.process.cwd);
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

fn search_path(process: &ProcessEnv, python: &Chosen) -> OsString {
    let inherited = process.var_os("PATH").unwrap_or_default();
    let own = python.root.as_ref().and_then(|_| python.python.parent());
    let programs = python.python.parent().and_then(Path::file_name);
    let below = python.below.as_ref().zip(programs);
    let below = below.map(|(root, name)| root.join(name));
    let mut path = OsString::new();
    for dir in own.into_iter().chain(below.as_deref()) {
        path.push(dir);
        path.push(if cfg!(windows) { ";" } else { ":" });
    }
    path.push(inherited);
    if inherited.is_empty() {
        let end = path.len().saturating_sub(1);
        let bytes = path.as_encoded_bytes()[..end].to_vec();
        return String::from_utf8(bytes).map_or(path, OsString::from);
    }
    path
}

fn command(
    process: &ProcessEnv,
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
            let text =
                std::str::from_utf8(text).map_err(|error| script::unreadable("-", &error))?;
            Ok(started(&["-c", text], None, rest))
        }
        Subject::Module(words) => Ok(started(&["-m"], None, words)),
        Subject::Script { path, rest } => Ok(started(&[], Some(path), rest)),
        Subject::Program(words) => {
            let name = words.first().cloned().unwrap_or_default();
            let Some(program) = find_program(process, &name, path) else {
                return Err(no_program(&name, chosen));
            };
            Ok((program, words.clone()))
        }
    }
}

fn find_program(process: &ProcessEnv, name: &OsStr, path: &OsStr) -> Option<PathBuf> {
    let as_path = Path::new(name);
    if as_path.components().count() > 1 {
        let place = process.absolute(as_path);
        return program_at(&place);
    }
    std::env::split_paths(path).find_map(|dir| program_at(&dir.join(name)))
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

/// The requirements of a script as text, sorted, for a key.
pub(crate) fn sorted_texts(requirements: &[Requirement]) -> Vec<String> {
    let mut texts: Vec<String> = requirements.iter().map(ToString::to_string).collect();
    texts.sort();
    texts.dedup();
    texts
}
