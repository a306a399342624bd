//! What variables do to every Python.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use naja_env::EnvState;

use super::Patient;
use super::finding::Finding;
use crate::belongs::tilde;
use crate::session::Session;

/// More names than this tell nobody anything.
const MOST: usize = 6;

pub(super) fn check(session: &Session, patient: &Patient) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(home(session));
    findings.extend(path(session, patient));
    findings.extend(startup(session));
    findings.extend(user_site(session, patient));
    findings
}

fn home(session: &Session) -> Option<Finding> {
    let value = session.process.var("PYTHONHOME")?;
    Some(
        Finding::new(
            "pythonhome",
            "PYTHONHOME gives every Python another standard library",
        )
        .because(format!("it is {value}"))
        .because("a Python of another version does not even start with it")
        .at(session.process.absolute(Path::new(value)))
        .step("`unset PYTHONHOME`, and take it out of the shell's start-up files"),
    )
}

/// Entries of `PYTHONPATH` that hide packages of the environment.
fn path(session: &Session, patient: &Patient) -> Option<Finding> {
    let value = session.process.var_os("PYTHONPATH")?;
    let env = patient.status.environment.as_ref()?;
    let own: BTreeSet<String> = env
        .packages
        .directories
        .iter()
        .flat_map(|dir| modules_in(dir))
        .collect();
    let mut reasons = Vec::new();
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::env::split_paths(value) {
        if entry.as_os_str().is_empty() {
            continue;
        }
        let dir = session.process.absolute(&entry);
        if env.packages.directories.contains(&dir) {
            continue;
        }
        let home = session.process.home.as_deref();
        let shown = tilde(&dir, home);
        let hidden: Vec<String> = modules_in(&dir)
            .into_iter()
            .filter(|name| own.contains(name))
            .collect();
        let records = EnvState::scan_dirs(&[&dir], []).map_or(0, |state| state.dists().len());
        if hidden.is_empty() && records == 0 {
            continue;
        }
        if hidden.is_empty() {
            let packages = if records == 1 { "package" } else { "packages" };
            reasons.push(format!("{shown} holds {records} installed {packages}"));
        } else {
            let names = first_names(&hidden);
            reasons.push(format!("{shown} comes first and has {names}"));
        }
        paths.push(dir);
    }
    if reasons.is_empty() {
        return None;
    }
    let mut finding = Finding::new(
        "pythonpath",
        "PYTHONPATH puts other packages before those of the environment",
    )
    .step("`unset PYTHONPATH`; what a project needs belongs into its environment: `-e PATH`");
    finding.why = reasons;
    finding.paths = paths;
    Some(finding)
}

fn first_names(names: &[String]) -> String {
    names[..names.len().min(MOST)].join(", ")
}

/// Names that can be imported from a directory.
fn modules_in(dir: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            if let Some(stem) = name.strip_suffix(".py") {
                return Some(stem.to_owned());
            }
            entry.path().join("__init__.py").exists().then_some(name)
        })
        .collect()
}

fn startup(session: &Session) -> Option<Finding> {
    let value = session.process.var("PYTHONSTARTUP")?;
    let path = session.process.absolute(Path::new(value));
    if path.exists() {
        return None;
    }
    Some(
        Finding::new(
            "pythonstartup-gone",
            "PYTHONSTARTUP names a file that is not there",
        )
        .because(format!("it is {value}"))
        .because("every interactive Python complains")
        .at(path)
        .step("`unset PYTHONSTARTUP`, and take it out of the shell's start-up files"),
    )
}

/// Packages of the user, which an environment with `--system-site-packages` sees.
fn user_site(session: &Session, patient: &Patient) -> Option<Finding> {
    let env = patient.status.environment.as_ref()?;
    if !env.system_site_packages {
        return None;
    }
    let version = env.version.as_deref()?;
    let mut parts = version.split('.');
    let short = format!("{}.{}", parts.next()?, parts.next()?);
    let base = match session.process.var("PYTHONUSERBASE") {
        Some(base) => session.process.absolute(Path::new(base)),
        None => session.process.home.as_ref()?.join(".local"),
    };
    let site = base.join(format!("lib/python{short}/site-packages"));
    let state = EnvState::scan_dirs(&[&site], []).ok()?;
    let names: Vec<String> = state
        .visible()
        .map(|dist| dist.name().to_string())
        .collect();
    if names.is_empty() {
        return None;
    }
    let shown = first_names(&names);
    let place = tilde(&site, session.process.home.as_deref());
    if session.process.var("PYTHONNOUSERSITE").is_some() {
        return Some(
            Finding::new(
                "user-site-off",
                "PYTHONNOUSERSITE hides packages of the user",
            )
            .because(format!("{place} has {shown}, which are not seen"))
            .at(site)
            .step("`unset PYTHONNOUSERSITE`, if they are wanted"),
        );
    }
    Some(
        Finding::new(
            "user-site-visible",
            "packages of the user are visible in the environment",
        )
        .because("it was made with --system-site-packages")
        .because(format!(
            "{place} has {shown}, before those of the Python below"
        ))
        .at(site)
        .step("set PYTHONNOUSERSITE=1 where that is not wanted")
        .step("or make an environment of its own: `naja venv --clear`"),
    )
}
