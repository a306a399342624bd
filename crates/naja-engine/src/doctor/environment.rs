//! What is wrong with an environment as a directory: its Python, its place, its file system.

use std::path::{Path, PathBuf};

use naja_env::relocate::{self, State};

use super::Patient;
use super::finding::Finding;
use super::mend::Repair;
use super::python;
use crate::belongs::{self, tilde};
use crate::session::Session;
use crate::status::{BaseState, EnvironmentStatus};
use crate::system;

/// Less room than this (bytes) is too little to install anything.
const LITTLE_ROOM: u64 = 50 << 20;

pub(super) fn check(session: &Session, patient: &Patient) -> Vec<Finding> {
    let Some(env) = &patient.status.environment else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    findings.extend(base(session, patient, env));
    findings.extend(dead_names(patient, env));
    findings.extend(unfinished(env));
    findings.extend(foreign_user(session, env));
    findings.extend(not_writable(session, env));
    findings.extend(in_git(session, env));
    findings.extend(disk(session, env));
    findings.extend(odd(session, env));
    findings.extend(end_of_life(session, env));
    findings
}

/// The Python it was made from, and whether it lies where it was made.
fn base(session: &Session, patient: &Patient, env: &EnvironmentStatus) -> Option<Finding> {
    let home = session.process.home.as_deref();
    let anew = "make it again: `naja venv --clear`, then install again";
    if env.base.state == BaseState::Itself {
        return None;
    }
    let has_python = env.python.symlink_metadata().is_ok();
    if env.base.path.as_os_str().is_empty() || (!has_python && env.base.state == BaseState::Gone) {
        let why = match has_python {
            true => "pyvenv.cfg does not say which Python it was made from",
            false => "there is no python among its programs",
        };
        return Some(
            Finding::new("environment-broken", "the environment is not whole")
                .because(why)
                .at(&env.root)
                .step(anew),
        );
    }
    let state = match &patient.env {
        Some(opened) => relocate::state(opened),
        None => relocate::state_at(&env.root),
    };
    match state {
        State::BaseGone { base, .. } => Some(base_gone(session, env, &base)),
        State::InPlace if env.base.state == BaseState::Gone => {
            Some(base_gone(session, env, &env.base.path))
        }
        State::InPlace => None,
        state if state.needs_new_environment() => {
            let State::BaseChanged { was, now } = state else {
                return None;
            };
            Some(
                Finding::new(
                    "base-changed",
                    format!("the environment was made for Python {was}, and it is {now} now"),
                )
                .because("packages installed for the one are not seen by the other")
                .at(&env.base.path)
                .step(anew),
            )
        }
        State::BaseChanged { was, now } => Some(
            Finding::new(
                "base-changed",
                format!("the Python below was updated from {was} to {now}"),
            )
            .because(
                "packages go on working; pyvenv.cfg, which editors read, still has the old version",
            )
            .at(env.root.join("pyvenv.cfg"))
            .step("`naja doctor --fix` notes the new version")
            .mended_by(Repair::Rebase(env.base.path.clone())),
        ),
        State::Moved { from } => Some(
            Finding::new(
                "environment-moved",
                "the environment is not where it was made",
            )
            .because(format!(
                "it was made at {}, and is at {}",
                tilde(&from, home),
                tilde(&env.root, home)
            ))
            .because("its programs and activation scripts may begin with the old path")
            .at(&env.root)
            .step("`naja doctor --fix` puts programs and scripts right")
            .mended_by(Repair::Relocate(from)),
        ),
    }
}

fn base_gone(session: &Session, env: &EnvironmentStatus, base: &Path) -> Finding {
    let home = session.process.home.as_deref();
    let mut finding = Finding::new(
        "base-gone",
        "the Python this environment was made from is gone",
    )
    .because(format!("{} is not there", tilde(base, home)))
    .because("nothing of the environment can be run")
    .at(base);
    let short = env.version.as_deref().and_then(|version| {
        let mut parts = version.split('.');
        Some(format!("{}.{}", parts.next()?, parts.next()?))
    });
    let same_kind = short
        .as_deref()
        .and_then(|short| super::mend::base_like(session, short));
    if let (Some(short), Some(other)) = (&short, same_kind) {
        finding = finding
            .step(format!(
                "`naja doctor --fix` uses {}, which is Python {short} as well",
                tilde(&other, home)
            ))
            .mended_by(Repair::Rebase(other));
    } else {
        let wanted = short.map_or_else(String::new, |short| format!(" {short}"));
        finding = finding.step(format!(
            "install Python{wanted} again, or make the environment with another: `naja venv --clear`"
        ));
    }
    finding
}

/// Names of Python among the environment's programs that lead to nothing.
fn dead_names(patient: &Patient, env: &EnvironmentStatus) -> Option<Finding> {
    let opened = patient.env.as_ref()?;
    let layout = &opened.interpreter().venv_layout;
    let dead: Vec<PathBuf> = layout
        .executables
        .iter()
        .map(|name| env.scripts.join(name))
        .filter(|path| path.symlink_metadata().is_ok() && !path.exists())
        .collect();
    let first = dead.first()?;
    let name = first.file_name().unwrap_or_default().to_string_lossy();
    let mut finding = Finding::new(
        "environment-link-dead",
        format!("`{name}` of the environment leads to nothing"),
    );
    for path in &dead {
        if let Ok(to) = std::fs::read_link(path) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            finding = finding.because(format!("{name} is a link to {}", to.display()));
        }
        finding = finding.at(path);
    }
    let base = opened.interpreter().base_executable.clone();
    Some(
        finding
            .step("`naja doctor --fix` makes the links again")
            .mended_by(Repair::Rebase(base)),
    )
}

fn unfinished(env: &EnvironmentStatus) -> Option<Finding> {
    let work = env.root.join(".naja");
    // A transaction whose journal has not become `done` or `undone`.
    let mut entries = std::fs::read_dir(&work).into_iter().flatten().flatten();
    if !entries.any(|entry| entry.path().join("journal").is_file()) {
        return None;
    }
    Some(
        Finding::new(
            "unfinished-change",
            "a change of this environment was interrupted",
        )
        .because("its journal is still there: some packages may be the old ones, some the new")
        .at(work)
        .step("the next naja command that uses the environment takes the change back")
        .mended_by(Repair::Recover),
    )
}

fn foreign_user(session: &Session, env: &EnvironmentStatus) -> Option<Finding> {
    let user = belongs::of_another_user(session, &env.root)?;
    Some(
        Finding::new("other-user", "the environment belongs to another user")
            .because(format!("its owner has the number {user}"))
            .because("what that user puts into it runs as you")
            .at(&env.root)
            .step("make one of your own: `naja venv`")
            .step("or, if it is yours: `sudo chown -R \"$(id -u)\" PATH`"),
    )
}

fn not_writable(session: &Session, env: &EnvironmentStatus) -> Option<Finding> {
    let dirs = std::iter::once(&env.root)
        .chain(&env.packages.directories)
        .chain([&env.scripts]);
    let closed: Vec<&PathBuf> = dirs
        .filter(|dir| dir.is_dir() && !system::is_writable(dir))
        .collect();
    let first = closed.first()?;
    let home = session.process.home.as_deref();
    let mut finding = Finding::new("not-writable", "the environment cannot be changed")
        .because(format!("{} cannot be written", tilde(first, home)))
        .step("change it as the user who owns it, or make one of your own: `naja venv`");
    finding.paths = closed.into_iter().cloned().collect();
    Some(finding)
}

/// An environment that git would add.
fn in_git(session: &Session, env: &EnvironmentStatus) -> Option<Finding> {
    let root = env.root.canonicalize().ok()?;
    let around = root.parent()?;
    let repository = around.ancestors().find(|dir| dir.join(".git").exists())?;
    let below = root.strip_prefix(repository).ok()?;
    if ignores_all(&root.join(".gitignore")) || ignored(repository, below) {
        return None;
    }
    let home = session.process.home.as_deref();
    let ignore = root.join(".gitignore");
    Some(
        Finding::new("environment-in-git", "git would take in the environment")
            .because(format!(
                "it lies in the repository {}, and no .gitignore names it",
                tilde(repository, home)
            ))
            .because("`git add .` adds thousands of files that only work on this machine")
            .at(&root)
            .step("`naja doctor --fix` writes a .gitignore with `*` into it")
            .mended_by(Repair::Write(ignore, "*\n".to_owned())),
    )
}

fn ignores_all(file: &Path) -> bool {
    std::fs::read_to_string(file)
        .is_ok_and(|text| text.lines().any(|line| matches!(line.trim(), "*" | "**")))
}

/// Whether the repository's own files name the environment or a directory around it. A part of
/// what git understands, on the side of silence.
fn ignored(repository: &Path, below: &Path) -> bool {
    let parts: Vec<String> = below
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    let mut files = vec![
        repository.join(".gitignore"),
        repository.join(".git/info/exclude"),
    ];
    let mut dir = repository.to_path_buf();
    for part in below.components() {
        dir.push(part);
        files.push(dir.join(".gitignore"));
    }
    files.iter().any(|file| {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        text.lines().any(|line| {
            let line = line.trim().trim_end_matches('/').trim_start_matches("**/");
            let line = line.trim_end_matches('*').trim_start_matches('/');
            let last = line.rsplit('/').next().unwrap_or_default();
            !line.starts_with(['#', '!'])
                && !last.is_empty()
                && parts
                    .iter()
                    .any(|part| part == last || part.starts_with(last) && last.len() > 2)
        })
    })
}

fn disk(session: &Session, env: &EnvironmentStatus) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(system::free_room(&env.root).and_then(|free| room(&env.root, free)));
    let cache = session.store.dir();
    let existing = cache.ancestors().find(|dir| dir.exists());
    let systems = (
        existing.and_then(system::file_system),
        system::file_system(&env.root),
    );
    let apart = matches!(systems, (Some(a), Some(b)) if a != b);
    if apart && session.settings.link_mode.value.is_none() {
        let home = session.process.home.as_deref();
        findings.push(
            Finding::new(
                "cache-elsewhere",
                "the cache is on another file system than the environment",
            )
            .because(format!("the cache is {}", tilde(cache, home)))
            .because("files are copied instead of linked: installing takes longer and more room")
            .at(cache)
            .step("put the cache on the same file system: `NAJA_CACHE_DIR`")
            .step("or say that copies are fine: `link-mode = \"copy\"` in naja.toml"),
        );
    }
    findings
}

fn room(root: &Path, free: u64) -> Option<Finding> {
    if free >= LITTLE_ROOM {
        return None;
    }
    Some(
        Finding::new(
            "no-room",
            "the file system of the environment is nearly full",
        )
        .because(format!("{} MiB are free", free >> 20))
        .at(root)
        .step("make room; `naja cache prune` removes from the cache what nothing needs"),
    )
}

/// Paths that tools stumble on.
fn odd(session: &Session, env: &EnvironmentStatus) -> Option<Finding> {
    let text = env.root.to_string_lossy();
    let why = if env.root.to_str().is_none() {
        "its path is not valid Unicode: pyvenv.cfg and scripts cannot hold it"
    } else if cfg!(unix) && text.contains(':') {
        "its path contains `:`, which separates the entries of PATH: it cannot be activated"
    } else if text.contains(['\n', '\r']) {
        "its path contains a line break, which ends the first line of a script"
    } else {
        return other_case(session, env);
    };
    Some(
        Finding::new(
            "odd-path",
            "the path of the environment cannot work everywhere",
        )
        .because(why)
        .at(&env.root)
        .step("make it in another directory: `naja venv PATH`"),
    )
}

/// `VIRTUAL_ENV` written with other capital letters than the directory has: on file systems that
/// do not tell them apart it works, until something compares texts.
fn other_case(session: &Session, env: &EnvironmentStatus) -> Option<Finding> {
    let active = patient_root(session)?;
    let real = env.root.canonicalize().ok()?;
    let (written, real_text) = (active.to_str()?, real.to_str()?);
    let differs = written != real_text && written.to_lowercase() == real_text.to_lowercase();
    if !differs || !crate::target::same_place(&active, &real) {
        return None;
    }
    Some(
        Finding::new(
            "odd-path",
            "the active environment is written with other capital letters",
        )
        .because(format!("VIRTUAL_ENV is {written}"))
        .because(format!("the directory is {real_text}"))
        .because("tools that compare the two take them for different environments")
        .at(real)
        .step("`deactivate`, change into the directory as it is spelt, and activate again"),
    )
}

fn patient_root(session: &Session) -> Option<PathBuf> {
    session
        .process
        .var("VIRTUAL_ENV")
        .map(|text| session.process.absolute(Path::new(text)))
}

fn end_of_life(session: &Session, env: &EnvironmentStatus) -> Option<Finding> {
    let version = env.version.as_deref()?;
    let ended = python::ended(version, session.process.now_ms)?;
    Some(
        Finding::new(
            "python-end-of-life",
            format!("Python {version} gets no security fixes any more"),
        )
        .because(format!("they ended in {ended}"))
        .because("new versions of packages stop supporting it")
        .at(&env.python)
        .step("make an environment with a newer one: `naja venv --clear -p 3.13`"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_found_before_an_installation_fails() {
        assert!(room(Path::new("/x"), LITTLE_ROOM).is_none());
        let finding = room(Path::new("/x"), 3 << 20).unwrap();
        assert_eq!(finding.why, ["3 MiB are free"]);
    }

    #[test]
    fn what_git_ignores() {
        let dir = tempfile::tempdir().unwrap();
        let ignored_by = |text: &str| {
            std::fs::write(dir.path().join(".gitignore"), text).unwrap();
            ignored(dir.path(), Path::new("sub/.venv"))
        };
        for text in [
            ".venv",
            ".venv/",
            "/sub/.venv\n",
            "**/.venv/",
            "sub/",
            ".venv*",
        ] {
            assert!(ignored_by(text), "{text}");
        }
        for text in ["", "# .venv", "!.venv", "*.pyc", "build/"] {
            assert!(!ignored_by(text), "{text}");
        }
    }
}
