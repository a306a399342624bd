//! What is wrong with this shell: `PATH`, and what is active.

use std::path::Path;

use super::Patient;
use super::finding::Finding;
use crate::belongs::tilde;
use crate::session::Session;
use crate::status::{Mark, NAMES, Role, can_run};

pub(super) fn check(session: &Session, patient: &Patient) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(active(session, patient));
    findings.extend(shadowed(session, patient));
    findings.extend(dead(session, patient));
    findings.extend(relative(patient));
    findings.extend(user_programs(session, patient));
    findings
}

/// The command that activates an environment in the user's shell.
pub(super) fn activation(session: &Session, bin: &Path) -> String {
    let shell = session.process.var("SHELL").unwrap_or_default();
    let shown = |name: &str| tilde(&bin.join(name), session.process.home.as_deref());
    match shell.rsplit('/').next().unwrap_or_default() {
        "fish" => format!("source {}", shown("activate.fish")),
        "csh" | "tcsh" => format!("source {}", shown("activate.csh")),
        "nu" => format!("overlay use {}", shown("activate.nu")),
        "xonsh" => format!("source {}", shown("activate.xsh")),
        "pwsh" => format!(". {}", shown("activate.ps1")),
        "sh" | "dash" | "ksh" => format!(". {}", shown("activate")),
        "" if cfg!(windows) => shown("Activate.ps1"),
        _ => format!("source {}", shown("activate")),
    }
}

/// An active environment that is gone, or another project's.
fn active(session: &Session, patient: &Patient) -> Option<Finding> {
    let home = session.process.home.as_deref();
    let active = patient.status.active.as_ref()?;
    if !active.exists {
        return Some(
            Finding::new("active-gone", "the active environment does not exist")
                .because(format!(
                    "{} is set to {}",
                    active.variable,
                    tilde(&active.root, home)
                ))
                .because("every tool that obeys the variable fails, or takes another Python")
                .at(&active.root)
                .step(format!(
                    "`deactivate`; where that is unknown, `unset {}`",
                    active.variable
                )),
        );
    }
    let foreign = patient.status.foreign.as_ref()?;
    let finding = Finding::new(
        "active-foreign",
        "the active environment belongs to another project",
    )
    .because(format!(
        "{} belongs to {} in {}",
        tilde(&foreign.environment, home),
        foreign.owner.name,
        tilde(&foreign.owner.root, home)
    ))
    .because(format!(
        "this directory belongs to {} in {}",
        foreign.here.name,
        tilde(&foreign.here.root, home)
    ))
    .at(&foreign.environment);
    Some(match &foreign.near {
        Some(near) => {
            let activate = activation(session, &near.join(scripts_name()));
            finding.step(format!("`deactivate`, then `{activate}`"))
        }
        None => finding.step("`deactivate`, then `naja venv` makes an environment here"),
    })
}

fn scripts_name() -> &'static str {
    if cfg!(windows) { "Scripts" } else { "bin" }
}

/// Programs of the active environment that something earlier on `PATH` hides.
fn shadowed(session: &Session, patient: &Patient) -> Option<Finding> {
    let status = &patient.status;
    let env = status.environment.as_ref().filter(|env| env.active)?;
    let home = session.process.home.as_deref();
    let activate = activation(session, &env.scripts);
    let Some(place) = status.search.environment_at else {
        return Some(
            Finding::new(
                "environment-not-on-path",
                "the environment is active, and its programs are not on PATH",
            )
            .because(format!(
                "{} is not an entry of PATH",
                tilde(&env.scripts, home)
            ))
            .because("something set PATH again after the environment was activated")
            .at(&env.scripts)
            .step(format!("activate it once more: `{activate}`"))
            .step("look into the shell's start-up files for a line that sets PATH anew"),
        );
    };
    let hidden: Vec<_> = status
        .search
        .programs
        .iter()
        .filter(|program| can_run(&env.scripts.join(program.name)))
        .filter_map(|program| program.path.as_ref().map(|path| (program.name, path)))
        .filter(|(_, path)| path.parent() != Some(env.scripts.as_path()))
        .filter(|(_, path)| !path.parent().is_some_and(|dir| same(dir, &env.scripts)))
        .collect();
    if hidden.is_empty() {
        return None;
    }
    let names: Vec<String> = hidden.iter().map(|(name, _)| format!("`{name}`")).collect();
    let mut finding = Finding::new(
        "program-shadowed",
        format!(
            "{} of the environment {} hidden",
            names.join(", "),
            are(&names)
        ),
    );
    for (name, path) in &hidden {
        finding = finding
            .because(format!("`{name}` runs {}", tilde(path, home)))
            .at((*path).clone());
    }
    Some(
        finding
            .because(format!("the environment is entry {place} of PATH only"))
            .step(format!("activate it once more: `{activate}`"))
            .step("`hash -r` makes bash and zsh forget where programs were")
            .step("if it comes back: a start-up file of the shell puts the directory first"),
    )
}

fn same(a: &Path, b: &Path) -> bool {
    crate::target::same_place(a, b)
}

fn are(names: &[String]) -> &'static str {
    if names.len() == 1 { "is" } else { "are" }
}

/// Links on `PATH` that lead to nothing.
fn dead(session: &Session, patient: &Patient) -> Vec<Finding> {
    let home = session.process.home.as_deref();
    let mut findings = Vec::new();
    for dir in &patient.status.search.directories {
        // Those of the environment are its own finding.
        if dir.role == Role::Environment {
            continue;
        }
        for (mark, name) in dir.marks.iter().zip(NAMES) {
            if *mark != Mark::Dead {
                continue;
            }
            let path = session.process.absolute(&dir.path).join(name);
            let why = match std::fs::read_link(&path) {
                Ok(to) => format!("it is a link to {}, which is not there", tilde(&to, home)),
                Err(_) => "it is a file that may not be run".to_owned(),
            };
            findings.push(
                Finding::new(
                    "dead-program",
                    format!("`{}` on PATH cannot be run", tilde(&path, home)),
                )
                .because(why)
                .because("a shell that remembers it says `No such file or directory`")
                .step(format!("remove it: `rm {}`", tilde(&path, home)))
                .step("`hash -r` makes bash and zsh forget where programs were")
                .at(path),
            );
        }
    }
    findings
}

fn relative(patient: &Patient) -> Option<Finding> {
    let entries: Vec<String> = patient
        .status
        .search
        .directories
        .iter()
        .filter(|dir| dir.role == Role::Relative)
        .map(|dir| match dir.path.as_os_str().is_empty() {
            true => format!("entry {} is empty, which is the working directory", dir.at),
            false => format!("entry {} is `{}`", dir.at, dir.path.display()),
        })
        .collect();
    if entries.is_empty() {
        return None;
    }
    let mut finding = Finding::new(
        "path-relative",
        "what PATH finds depends on the working directory",
    );
    for entry in entries {
        finding = finding.because(entry);
    }
    Some(
        finding
            .because("a file `python` in a directory of somebody else's would be run")
            .step("take it out where PATH is set, or write the whole path"),
    )
}

/// Programs of the user that no shell finds.
fn user_programs(session: &Session, patient: &Patient) -> Option<Finding> {
    if cfg!(windows) {
        return None;
    }
    let base = match session.process.var("PYTHONUSERBASE") {
        Some(base) => session.process.absolute(Path::new(base)),
        None => session.process.home.as_ref()?.join(".local"),
    };
    let bin = base.join("bin");
    let on_path = |dir: &Path| {
        let mut dirs = patient.status.search.directories.iter();
        dirs.any(|entry| same(&session.process.absolute(&entry.path), dir))
    };
    let entries = std::fs::read_dir(&bin).ok()?;
    let mut programs: Vec<String> = entries
        .flatten()
        .filter(|entry| can_run(&entry.path()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    if programs.is_empty() || on_path(&bin) {
        return None;
    }
    programs.sort();
    let shown = programs
        .iter()
        .take(3)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    let home = session.process.home.as_deref();
    Some(
        Finding::new(
            "user-programs-not-on-path",
            format!("{} is not on PATH", tilde(&bin, home)),
        )
        .because(format!(
            "{} there, such as {shown}, cannot be called by name",
            match programs.len() {
                1 => "the program".to_owned(),
                count => format!("{count} programs"),
            }
        ))
        .at(&bin)
        .step(format!(
            "add it in a start-up file of the shell: `export PATH=\"{}:$PATH\"`",
            bin.display()
        )),
    )
}
