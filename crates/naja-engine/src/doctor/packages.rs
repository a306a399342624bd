//! What is wrong with what is installed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use naja_env::{DistKind, EnvState, Environment, Health, InstalledDist};
use naja_python::without_dots;
use naja_spec::{Digest, PackageName};

use super::Patient;
use super::finding::Finding;
use super::mend::Repair;
use crate::consistency::{self, Problem};
use crate::failure::Failure;
use crate::session::Session;
use crate::status::LockState;
use crate::verify::{self, Depth, Fault};

/// More paths or names than this in one finding tell nobody anything.
const MOST: usize = 8;

pub(super) fn check(session: &mut Session, patient: &Patient) -> Result<Vec<Finding>, Failure> {
    let mut findings = Vec::new();
    findings.extend(lock(patient));
    let (Some(env), Some(state)) = (&patient.env, &patient.state) else {
        return Ok(findings);
    };
    let half = half_installed(state);
    let broken: Vec<PackageName> = half.iter().map(|(name, _)| name.clone()).collect();
    findings.extend(half.into_iter().map(|(_, finding)| finding));
    findings.extend(leftovers(env));
    findings.extend(twice(state));
    findings.extend(files(session, patient, env, &broken)?);
    findings.extend(shared(state));
    findings.extend(disagreeing(env, state, &broken));
    Ok(findings)
}

fn lock(patient: &Patient) -> Option<Finding> {
    let lock = patient.status.lock.as_ref()?;
    let LockState::Stale { why } = &lock.state else {
        return None;
    };
    let name = |path: &Path| {
        path.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let from = lock.made_from.as_deref().map(name).unwrap_or_default();
    let file = name(&lock.file);
    let mut finding = Finding::new("lock-stale", format!("{file} does not fit {from} any more"))
        .at(&lock.file)
        .step(format!(
            "make it again: `naja pip compile {from} -o {file}`"
        ));
    finding.why.clone_from(why);
    Some(finding)
}

/// Packages without METADATA or RECORD.
fn half_installed(state: &EnvState) -> Vec<(PackageName, Finding)> {
    let mut findings = Vec::new();
    for dist in state.dists().iter().filter(|dist| dist.is_owned()) {
        let missing = match dist.health() {
            Health::NoMetadata => "METADATA",
            Health::NoRecord => "RECORD",
            Health::Whole | Health::BadDirectUrl => continue,
        };
        // Another one of the name is whole: then this is a second record, which is told apart.
        if state
            .get(dist.name())
            .iter()
            .filter(|other| other.is_owned())
            .count()
            > 1
        {
            continue;
        }
        let finding = Finding::new(
            "half-installed",
            format!("{} {} is installed by half", dist.name(), dist.version()),
        )
        .because(format!(
            "its record has no {missing}: the installation was interrupted"
        ))
        .at(dist.path())
        .step(format!("`naja doctor --fix` puts {} back", dist.name()))
        .step(format!(
            "or by hand: `naja pip install --reinstall {}=={}`",
            dist.name(),
            dist.version()
        ))
        .mended_by(Repair::PutBack(dist.name().clone()));
        findings.push((dist.name().clone(), finding));
    }
    findings
}

/// `~arry` and `~arry-1.0.dist-info`: what pip moved away and never removed.
fn leftovers(env: &Environment) -> Option<Finding> {
    let mut found: Vec<PathBuf> = Vec::new();
    for dir in env.site_dirs() {
        let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
        found.extend(
            entries
                .filter(|entry| entry.file_name().to_string_lossy().starts_with('~'))
                .map(|entry| entry.path()),
        );
    }
    if found.is_empty() {
        return None;
    }
    found.sort();
    found.dedup();
    let names: Vec<String> = found.iter().map(|path| file_name(path)).collect();
    let mut finding = Finding::new("pip-leftover", "pip left parts of packages behind")
        .because(listed(&names))
        .because("a replacement was interrupted; pip warns of an invalid distribution each time")
        .step("`naja doctor --fix` removes them")
        .mended_by(Repair::Remove(found.clone()));
    finding.paths = found;
    Some(finding)
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn listed(names: &[String]) -> String {
    let shown = names
        .iter()
        .take(MOST)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    match names.len().saturating_sub(MOST) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn twice(state: &EnvState) -> Vec<Finding> {
    let groups = state.dists().chunk_by(|a, b| a.name() == b.name());
    groups
        .filter_map(|same| {
            let owned: Vec<&InstalledDist> = same.iter().filter(|dist| dist.is_owned()).collect();
            if owned.len() < 2 {
                return None;
            }
            let newest = owned.iter().max_by(|a, b| a.version().cmp(b.version()))?;
            let mut finding = Finding::new(
                "package-twice",
                format!("{} is recorded more than once", newest.name()),
            );
            for dist in &owned {
                finding = finding
                    .because(format!("as {}", dist.entry()))
                    .at(dist.path());
            }
            Some(
                finding
                    .because("Python shows the one it meets first, which need not be what is there")
                    .step(format!(
                        "`naja doctor --fix` installs {} {} alone",
                        newest.name(),
                        newest.version()
                    ))
                    .step(format!(
                        "or by hand: `naja pip install --reinstall {}`",
                        newest.name()
                    ))
                    .mended_by(Repair::Reinstall(
                        newest.name().clone(),
                        newest.version().clone(),
                    )),
            )
        })
        .collect()
}

/// Files that are not as their records say.
fn files(
    session: &mut Session,
    patient: &Patient,
    env: &Environment,
    broken: &[PackageName],
) -> Result<Vec<Finding>, Failure> {
    let depth = if patient.request.quick {
        Depth::Quick
    } else {
        Depth::Contents
    };
    let mut changed: BTreeMap<PackageName, Vec<PathBuf>> = BTreeMap::new();
    let mut missing: BTreeMap<PackageName, Vec<PathBuf>> = BTreeMap::new();
    for found in verify::check_environment(session, env, depth)? {
        let Some(package) = found.package.filter(|name| !broken.contains(name)) else {
            continue;
        };
        let list = match found.fault {
            Fault::Changed | Fault::WrongType | Fault::Unreadable => &mut changed,
            // Python makes it again; virtualenv records some that never was.
            Fault::Missing if is_bytecode(&found.path) => continue,
            Fault::Missing => &mut missing,
            _ => continue,
        };
        list.entry(package).or_default().push(found.path);
    }
    let mut findings = Vec::new();
    for (id, what, of) in [
        (
            "files-changed",
            "were changed since they were installed",
            changed,
        ),
        ("files-missing", "are gone", missing),
    ] {
        for (package, paths) in of {
            findings.push(files_of((id, what), &package, paths));
        }
    }
    Ok(findings)
}

fn is_bytecode(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "pyc") || path.ends_with("__pycache__")
}

fn files_of(
    (id, what): (&'static str, &str),
    package: &PackageName,
    paths: Vec<PathBuf>,
) -> Finding {
    let count = match paths.len() {
        1 => "a file".to_owned(),
        count => format!("{count} files"),
    };
    let verb = match (paths.len(), id) {
        (1, "files-missing") => "is gone",
        (1, _) => "was changed since it was installed",
        _ => what,
    };
    let names: Vec<String> = paths.iter().map(|path| file_name(path)).collect();
    let mut finding = Finding::new(id, format!("{count} of {package} {verb}"))
        .because(listed(&names))
        .step(format!("`naja doctor --fix` puts {package} back as it was"));
    if id == "files-changed" {
        finding =
            finding.step("if the change is meant, install your own version: `naja pip install -e`");
    }
    finding = finding.mended_by(Repair::PutBack(package.clone()));
    finding.paths = paths;
    finding
}

/// Files that several packages list with different contents.
fn shared(state: &EnvState) -> Vec<Finding> {
    let mut owners: BTreeMap<PathBuf, Vec<(&InstalledDist, Option<Digest>)>> = BTreeMap::new();
    let dists = state.dists().iter();
    for dist in dists.filter(|dist| dist.is_owned() && dist.kind() == DistKind::DistInfo) {
        let Ok(record) = dist.read_record() else {
            continue;
        };
        for entry in record.0 {
            if entry.path.contains("__pycache__/") {
                continue;
            }
            let path = without_dots(&dist.site_dir().join(&entry.path));
            owners.entry(path).or_default().push((dist, entry.hash));
        }
    }
    let mut pairs: BTreeMap<Vec<String>, Vec<PathBuf>> = BTreeMap::new();
    for (path, of) in owners {
        let differ = of.windows(2).any(|two| two[0].1 != two[1].1);
        let mut names: Vec<String> = of.iter().map(|(dist, _)| dist.name().to_string()).collect();
        names.sort();
        names.dedup();
        if names.len() > 1 && differ {
            pairs.entry(names).or_default().push(path);
        }
    }
    pairs
        .into_iter()
        .map(|(names, paths)| {
            let files: Vec<String> = paths.iter().map(|path| file_name(path)).collect();
            let mut finding = Finding::new(
                "file-shared",
                format!("{} own the same files", names.join(" and ")),
            )
            .because(listed(&files))
            .because("only one of the contents is there: the other package may not work")
            .step(format!("remove one: `naja pip uninstall {}`", names[0]));
            finding.paths = paths;
            finding
        })
        .collect()
}

fn disagreeing(env: &Environment, state: &EnvState, broken: &[PackageName]) -> Option<Finding> {
    let problems: Vec<String> = consistency::problems(env, state)
        .into_iter()
        .filter(|problem| !matches!(problem, Problem::Twice { .. }))
        .filter(|problem| {
            let about = problem.package().split(' ').next().unwrap_or_default();
            !broken.iter().any(|name| name.as_str() == about)
        })
        .map(|problem| problem.to_string())
        .collect();
    if problems.is_empty() {
        return None;
    }
    let mut finding = Finding::new(
        "packages-disagree",
        "what is installed does not fit together",
    )
    .step("`naja pip check` shows all of it; `naja pip install` what is missing");
    finding.why = problems.iter().take(MOST).cloned().collect();
    if let Some(more) = problems.len().checked_sub(MOST).filter(|more| *more > 0) {
        finding.why.push(format!("and {more} more"));
    }
    Some(finding)
}
