//! Environments that were moved, or lost their Python, are put right on the way.

use std::path::Path;

use naja_env::relocate::{self, Mended, RelocateError, State};
use naja_env::{Kept, Stop};
use naja_python::{Discovery, Interpreter, Prober, PythonRequest, VenvConfig};

use crate::event::{Event, waiting_for};
use crate::failure::Failure;
use crate::history::Rebased;
use crate::probe_cache::StoredProbes;
use crate::registry;
use crate::session::Session;
use crate::target;

/// Puts the environment right that a command is about to use; one small read if it is.
///
/// # Errors
/// Its Python is gone and there is none to take its place.
pub(crate) fn put_right(session: &mut Session, root: &Path) -> Result<(), Failure> {
    let Ok(Some(config)) = VenvConfig::read(root) else {
        return Ok(());
    };
    let mut state = relocate::state_by(root, &config);
    if let State::Moved { from } = &state {
        follow(session, root, from);
        state = relocate::state_at(root);
    }
    match state {
        State::BaseGone { base, version } => {
            replace_base(session, root, &config, &base, version.as_deref())?;
            // It may have been moved as well.
            if let State::Moved { from } = relocate::state_at(root) {
                follow(session, root, &from);
            }
            Ok(())
        }
        _ if may_be_another(root, &config) => check_version(session, root, &config),
        _ => {
            follow_project(session, root);
            Ok(())
        }
    }
}

/// Puts the environment right that a command of pip is about, if nothing else is named.
///
/// # Errors
/// As [`put_right`].
pub(crate) fn put_nearest_right(session: &mut Session) -> Result<(), Failure> {
    let settings = &session.settings;
    let other = settings.python.value.is_some()
        || settings.system.value
        || settings.target.value.is_some()
        || settings.prefix.value.is_some();
    match target::environment_root(session) {
        Some(root) if !other => put_right(session, &root),
        _ => Ok(()),
    }
}

/// Mends an environment that was moved. What cannot be mended is told, and the command goes on:
/// the Python itself works wherever it is.
fn follow(session: &mut Session, root: &Path, from: &Path) {
    session.trace.spoil("the environment was moved");
    let copied = from.is_dir();
    let cancel = session.cancel.clone();
    let asked = move || cancel.is_set();
    let mended = relocate::mend(
        root,
        from,
        &mut waiting_for(&mut session.sink, root.display()),
        Stop::when(&asked),
    );
    match mended {
        Ok(mended) => {
            tell(session, root, from, &mended, copied);
            if !copied {
                registry::forget(&session.process, from);
            }
        }
        Err(error) => session.warn(format!(
            "the environment `{}` was moved from `{}` and could not be mended: {}",
            root.display(),
            from.display(),
            with_causes(&error)
        )),
    }
}

fn tell(session: &mut Session, root: &Path, from: &Path, mended: &Mended, copied: bool) {
    let how = if copied { "copied" } else { "moved" };
    let parts = [
        counted(mended.scripts, "program", "programs"),
        counted(mended.activation, "activation script", "activation scripts"),
        counted(
            mended.editable.len(),
            "link to a project",
            "links to projects",
        ),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let (root, from) = (root.display(), from.display());
    if parts.is_empty() {
        session.detail(format!("the environment was {how} from {from} to {root}"));
    } else {
        session.emit(&Event::Note {
            message: format!(
                "The environment was {how} from {from} to {root}; mended: {}",
                parts.join(", ")
            ),
        });
    }
    for path in &mended.left {
        session.warn(format!(
            "`{}` still names the old place; install that project again with `naja pip install -e`",
            path.display()
        ));
    }
}

fn counted(count: usize, one: &str, more: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {more}")),
    }
}

/// Whether the base may have another minor version than the environment was made for: its name
/// with that version is not there. Other implementations have other names, and are asked always.
fn may_be_another(root: &Path, config: &VenvConfig) -> bool {
    let named = config.home().zip(short_version(config));
    named.is_some_and(|(home, short)| !root.join(home).join(format!("python{short}")).exists())
}

/// The `major.minor` that an environment was made with.
fn short_version(config: &VenvConfig) -> Option<String> {
    let mut parts = config.version()?.split('.');
    Some(format!("{}.{}", parts.next()?, parts.next()?))
}

fn check_version(session: &mut Session, root: &Path, config: &VenvConfig) -> Result<(), Failure> {
    let Ok(env) = target::open_root(session, root) else {
        // Whoever opens it says why that is impossible.
        return Ok(());
    };
    let state = relocate::state(&env);
    let (true, State::BaseChanged { was, now }) = (state.needs_new_environment(), &state) else {
        return Ok(());
    };
    let base = env.interpreter().base_executable.clone();
    let Some(found) = substitute(session, root, config) else {
        return Err(no_substitute(root, Some(was))
            .cause(format!("`{}` is Python {now} now", base.display())));
    };
    rebase(session, root, &found)?;
    session.emit(&Event::Note {
        message: format!(
            "{} is Python {now} now; the environment uses Python {} at {}",
            base.display(),
            found.version,
            found.base_executable.display()
        ),
    });
    Ok(())
}

fn replace_base(
    session: &mut Session,
    root: &Path,
    config: &VenvConfig,
    base: &Path,
    version: Option<&str>,
) -> Result<(), Failure> {
    let Some(found) = substitute(session, root, config) else {
        return Err(no_substitute(root, version).cause(format!(
            "it was made from `{}`, which is gone",
            base.display()
        )));
    };
    rebase(session, root, &found)?;
    session.emit(&Event::Note {
        message: format!(
            "The Python of the environment is gone ({}); it uses Python {} at {} now",
            base.display(),
            found.version,
            found.base_executable.display()
        ),
    });
    Ok(())
}

/// Finds another installation of the same implementation and minor version.
fn substitute(session: &Session, root: &Path, config: &VenvConfig) -> Option<Interpreter> {
    let found = target::base(session, &same_kind(root, config)?).ok()?;
    fits(root, &found).then_some(found)
}

/// The request for the implementation, minor version and build that an environment was made for.
fn same_kind(root: &Path, config: &VenvConfig) -> Option<PythonRequest> {
    let short = short_version(config)?;
    let implementation = config
        .get("implementation")
        .unwrap_or("cpython")
        .to_lowercase();
    let threaded = root.join(format!("lib/python{short}t")).is_dir();
    let suffix = if threaded { "t" } else { "" };
    PythonRequest::parse(&format!("{implementation}@{short}{suffix}")).ok()
}

fn fits(root: &Path, base: &Interpreter) -> bool {
    root.join(&base.venv_layout.purelib).is_dir()
}

fn no_substitute(root: &Path, version: Option<&str>) -> Failure {
    let mut failure = Failure::environment(format!(
        "the Python of the environment `{}` is gone",
        root.display()
    ));
    let short = version.map(|version| {
        let mut parts = version.split('.');
        format!(
            "{}.{}",
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default()
        )
    });
    if let Some(short) = short {
        failure = failure.hint(format!(
            "its packages are for Python {short}: install one, and the environment works again"
        ));
    }
    failure
        .hint("`naja venv --clear` makes a new environment with a Python that is there; its packages have to be installed again")
        .hint("`naja python list` shows which there are")
}

/// Makes an environment use another base.
///
/// # Errors
/// It cannot be changed.
pub(crate) fn rebase(
    session: &mut Session,
    root: &Path,
    base: &Interpreter,
) -> Result<(), Failure> {
    let config = VenvConfig::read(root).ok().flatten();
    let was = config.as_ref().and_then(VenvConfig::version);
    let entry = Rebased::new(session, root, base, was);
    let note = |kept: &Kept| entry.note(kept);
    let mut waiting = waiting_for(&mut session.sink, root.display());
    let cancel = session.cancel.clone();
    let asked = move || cancel.is_set();
    let stop = Stop::when(&asked);
    relocate::rebase(root, base, &note, &mut waiting, stop).map_err(|error| {
        let failure = Failure::environment(format!(
            "could not give the environment `{}` another Python",
            root.display()
        ))
        .because(&error);
        match error {
            RelocateError::OtherPython { .. } => failure
                .hint("another minor version needs a new environment: `naja venv --clear`")
                .hint("`naja pip freeze` lists its packages, to install them there"),
            _ => failure,
        }
    })
}

/// What `naja venv --upgrade` did.
#[derive(Clone, Debug)]
pub(crate) struct Upgraded {
    /// The version before, as far as the environment says.
    pub(crate) was: Option<String>,
    /// The Python it uses.
    pub(crate) base: Interpreter,
}

/// Gives an environment the Python that was asked for, else the newest of its own minor version
/// that discovery finds.
///
/// # Errors
/// There is no environment, no such Python, or it is of another minor version.
pub(crate) fn upgrade(session: &mut Session, root: &Path) -> Result<Upgraded, Failure> {
    let config = match VenvConfig::read(root) {
        Ok(Some(config)) => config,
        Ok(None) => {
            return Err(
                Failure::usage(format!("there is no environment at `{}`", root.display()))
                    .hint("`naja venv` without `--upgrade` makes one"),
            );
        }
        Err(error) => return Err(Failure::environment("could not read it").because(&error)),
    };
    if let State::Moved { from } = relocate::state_at(root) {
        follow(session, root, &from);
    }
    let base = if session.settings.python.value.is_some() {
        target::base(session, &target::request(session)?)?
    } else {
        newest(session, root, &config).ok_or_else(|| no_substitute(root, config.version()))?
    };
    rebase(session, root, &base)?;
    Ok(Upgraded {
        was: config.version().map(str::to_owned),
        base,
    })
}

/// The newest installation that fits: that of the environment, or any that discovery finds.
fn newest(session: &Session, root: &Path, config: &VenvConfig) -> Option<Interpreter> {
    let own = target::open_root(session, root)
        .ok()
        .and_then(|env| target::base_of(session, env.interpreter()).ok());
    let request = same_kind(root, config)?;
    let cache = StoredProbes(&session.store);
    let inputs = target::discovery_inputs(session);
    let listing = Discovery::new(&inputs, Prober::new(&cache)).list(&request);
    let others = listing
        .found
        .into_iter()
        .map(|found| found.interpreter)
        .filter(|found| !found.is_virtual() && !found.version.is_prerelease());
    // The first of the newest: its own if there is nothing better.
    own.into_iter()
        .chain(others)
        .filter(|base| fits(root, base))
        .reduce(|best, next| {
            if next.version > best.version {
                next
            } else {
                best
            }
        })
}

fn with_causes(error: &RelocateError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

/// Puts an environment right whose project moved while it stayed: central storage. It must be the
/// environment of this directory; one that is merely active belongs to whom it belongs.
fn follow_project(session: &mut Session, root: &Path) {
    let beside = root.parent().unwrap_or(root);
    if session.process.cwd.starts_with(beside) {
        return;
    }
    let Some(noted) = registry::noted_project(root).filter(|noted| !noted.exists()) else {
        return;
    };
    if super::here(session).as_deref() != Some(root) {
        return;
    }
    let to = super::storage::project_root(session);
    let cancel = session.cancel.clone();
    let asked = move || cancel.is_set();
    let done = relocate::follow_project(
        root,
        &noted,
        &to,
        &mut waiting_for(&mut session.sink, root.display()),
        Stop::when(&asked),
    );
    match done {
        Ok(mended) => {
            if registry::note_project(root, &to).is_ok() {
                session.emit(&Event::Note {
                    message: format!(
                        "The project moved from {} to {}; its environment follows it",
                        noted.display(),
                        to.display()
                    ),
                });
            }
            for path in &mended.editable {
                session.detail(format!("mended {}", path.display()));
            }
        }
        Err(error) => session.warn(format!(
            "the project moved from `{}`, and its environment could not be mended: {}",
            noted.display(),
            with_causes(&error)
        )),
    }
}
