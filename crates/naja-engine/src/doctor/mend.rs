//! Carrying out what findings propose.

use std::path::{Path, PathBuf};

use naja_env::{Archives, EnvPlan, EnvState, FileEdit, Stop, relocate};
use naja_project::settings::Settings;
use naja_python::{Preference, PythonRequest};
use naja_spec::{PackageName, Version};

use super::Patient;
use crate::belongs::tilde;
use crate::change;
use crate::diagnose;
use crate::env;
use crate::event::waiting_for;
use crate::failure::Failure;
use crate::history::{self, Doing, Kind};
use crate::inputs::InputSources;
use crate::kernel;
use crate::pip::{self, InstallRequest};
use crate::session::Session;
use crate::target;
use crate::verify::{self, RepairRequest};

/// One thing `--fix` can do.
#[derive(Clone, Debug)]
pub(crate) enum Repair {
    /// The environment uses this base installation, with all its links and notes.
    Rebase(PathBuf),
    /// The environment, made at this root, is put right where it is.
    Relocate(PathBuf),
    /// An interrupted change is taken back.
    Recover,
    /// A file gets this text.
    Write(PathBuf, String),
    /// Entries among the packages go.
    Remove(Vec<PathBuf>),
    /// A damaged distribution is put back as it was installed.
    PutBack(PackageName),
    /// A distribution is installed again, in this version and alone.
    Reinstall(PackageName, Version),
    /// A kernel of Jupyter goes.
    RemoveKernel(String),
}

/// Does it, and says what was done.
///
/// # Errors
/// It could not be done; what can be taken back was.
pub(super) fn carry_out(
    session: &mut Session,
    patient: &Patient,
    repair: &Repair,
) -> Result<String, Failure> {
    match repair {
        Repair::Rebase(base) => rebase(session, patient, base),
        Repair::Relocate(from) => relocated(session, patient, from),
        Repair::Recover => {
            let env = opened(patient)?;
            change::recover_if_needed(session, env)?;
            Ok("the interrupted change was taken back".to_owned())
        }
        Repair::Write(path, text) => write(session, patient, path, text),
        Repair::Remove(paths) => remove(session, patient, paths),
        Repair::PutBack(name) => put_back(session, patient, name),
        Repair::Reinstall(name, version) => reinstall(session, patient, (name, version)),
        Repair::RemoveKernel(name) => {
            kernel::remove(session, name)?;
            Ok(format!("the kernel `{name}` was removed"))
        }
    }
}

fn opened(patient: &Patient) -> Result<&naja_env::Environment, Failure> {
    patient
        .env
        .as_ref()
        .ok_or_else(|| Failure::environment("the environment cannot be opened"))
}

fn root_of(patient: &Patient) -> Result<&Path, Failure> {
    let env = patient.status.environment.as_ref();
    env.map(|env| env.root.as_path())
        .ok_or_else(|| Failure::environment("there is no environment"))
}

/// The installation that an environment of a version could use as well.
pub(super) fn base_like(session: &Session, short: &str) -> Option<PathBuf> {
    let request = PythonRequest::parse(short).ok()?;
    let found = target::find(session, &request, Preference::OnlySystem).ok()?;
    let found = target::base_of(session, &found).ok()?;
    Some(found.base_executable)
}

fn rebase(session: &mut Session, patient: &Patient, base: &Path) -> Result<String, Failure> {
    let root = root_of(patient)?;
    let text = tilde(base, session.process.home.as_deref());
    let base = target::find(
        session,
        &PythonRequest::Path(base.to_path_buf()),
        Preference::Any,
    )?;
    let base = target::base_of(session, &base)?;
    env::rebase(session, root, &base)?;
    Ok(format!(
        "the environment uses {text}, Python {}",
        base.version
    ))
}

fn relocated(session: &mut Session, patient: &Patient, from: &Path) -> Result<String, Failure> {
    let root = root_of(patient)?;
    let mut waiting = waiting_for(&mut session.sink, root.display());
    let cancel = &session.cancel;
    let stop = || cancel.is_set();
    let mended = relocate::mend(root, from, &mut waiting, Stop::when(&stop)).map_err(|error| {
        Failure::environment("could not put the environment right").because(&error)
    })?;
    Ok(format!(
        "{} programs and {} activation scripts have the new path",
        mended.scripts, mended.activation
    ))
}

/// Writes a file: as a change of the environment where it is one of its project, so that it can be
/// taken back.
fn write(
    session: &mut Session,
    patient: &Patient,
    path: &Path,
    text: &str,
) -> Result<String, Failure> {
    let failed = |error: &dyn std::error::Error| {
        Failure::environment(format!("could not write `{}`", path.display())).because(error)
    };
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).map_err(|error| failed(&error))?;
    }
    // A link stays one: the file behind it changes.
    let real = path
        .canonicalize()
        .unwrap_or_else(|_new| path.to_path_buf());
    let before = std::fs::read(&real).ok();
    let env = patient.env.as_ref();
    let noted = env.filter(|env| {
        let readable = before
            .as_ref()
            .is_none_or(|bytes| std::str::from_utf8(bytes).is_ok());
        env.may_edit(&real) && readable
    });
    if let Some(env) = noted {
        let edit = FileEdit {
            path: real,
            before,
            after: Some(text.as_bytes().to_vec()),
        };
        history::apply_edits(session, env.root(), &[edit])?;
    } else {
        naja_store::write::atomic_write(&real, text.as_bytes()).map_err(|error| failed(&error))?;
    }
    let home = session.process.home.as_deref();
    Ok(format!("{} was written", tilde(path, home)))
}

fn remove(session: &mut Session, patient: &Patient, paths: &[PathBuf]) -> Result<String, Failure> {
    let env = opened(patient)?;
    let lock = change::lock_and_recover(session, env)?;
    let state = EnvState::scan(env).map_err(|error| diagnose::scan(&error))?;
    let plan = EnvPlan::removal(state.fingerprint(), Vec::new());
    let doing = Doing {
        kind: Kind::Repair,
        removing: paths,
        ..Doing::default()
    };
    let nothing = (&plan, &Archives::default());
    history::commit(session, None, (env, &lock), nothing, doing)
        .map_err(|error| diagnose::apply(&error))?;
    Ok(match paths {
        [one] => format!(
            "{} was removed",
            tilde(one, session.process.home.as_deref())
        ),
        many => format!("{} leftovers were removed", many.len()),
    })
}

/// Runs an operation of this environment, and no other, with settings of its own.
fn in_environment<T>(
    session: &mut Session,
    patient: &Patient,
    change: impl FnOnce(&mut Settings),
    work: impl FnOnce(&mut Session) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let root = root_of(patient)?.display().to_string();
    let here = |settings: &mut Settings| {
        settings.python.value = Some(root);
        settings.target.value = None;
        settings.prefix.value = None;
        settings.root.value = None;
        settings.user.value = false;
        change(settings);
    };
    session.with_settings(here, work)
}

/// Puts a damaged distribution back, from the cache where it has it.
fn put_back(
    session: &mut Session,
    patient: &Patient,
    name: &PackageName,
) -> Result<String, Failure> {
    let request = RepairRequest {
        packages: vec![name.clone()],
        ..RepairRequest::default()
    };
    in_environment(
        session,
        patient,
        |_| {},
        |session| verify::repair(session, &request),
    )?;
    Ok(format!("{name} is as it was installed"))
}

/// Installs a distribution again and removes its other records.
fn reinstall(
    session: &mut Session,
    patient: &Patient,
    (name, version): (&PackageName, &Version),
) -> Result<String, Failure> {
    let request = InstallRequest {
        sources: InputSources {
            packages: vec![format!("{name}=={version}")],
            ..InputSources::default()
        },
        ..InstallRequest::default()
    };
    let again = |settings: &mut Settings| {
        settings.no_deps.value = true;
        settings.reinstall_package.value = vec![name.clone()];
    };
    in_environment(session, patient, again, |session| {
        pip::install(session, &request)
    })?;
    Ok(format!("{name} {version} was installed again"))
}
