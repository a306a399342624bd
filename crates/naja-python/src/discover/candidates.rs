//! Programs that may be the Python that is wanted, in the order in which they are asked.

use std::fs;
use std::iter;
use std::path::{Path, PathBuf};

use super::places::pythons_below;
use super::{DiscoveryInputs, Source, store_apps};
use crate::request::{ImplementationName, PythonRequest, Variant, VersionRequest};
use crate::shim;

/// Minor versions of Python 3 that are looked for by name.
const MINORS: std::ops::RangeInclusive<u64> = 8..=20;

/// A program to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) path: PathBuf,
    pub(super) source: Source,
}

/// The names of programs that may satisfy a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    names: Vec<String>,
    /// Names that are looked for when no directory has one of the first: `python3.12` when any
    /// version would do.
    later: Vec<String>,
    /// The request, to leave out installations whose directory names another version.
    version: Option<VersionRequest>,
}

impl Names {
    /// One name and nothing else.
    pub(super) fn only(name: &str) -> Self {
        Self {
            names: vec![name.to_owned()],
            later: Vec::new(),
            version: None,
        }
    }

    /// All names of interpreters.
    pub(super) fn every() -> Self {
        let mut names = Self::of(&PythonRequest::Any);
        let threaded = MINORS
            .rev()
            .take(8)
            .map(|minor| format!("python3.{minor}t"));
        names.names.extend(std::mem::take(&mut names.later));
        names.names.extend(threaded);
        names
    }

    /// The names that fit a request, most specific first.
    pub(super) fn of(request: &PythonRequest) -> Self {
        let version = request.version();
        let variant = version.map_or(Variant::Default, |version| version.variant);
        let mut names = Vec::new();
        let stems: &[&str] = match (request.implementation(), request) {
            (Some(ImplementationName::CPython) | None, PythonRequest::Any) => {
                &["python", "pypy", "graalpy"]
            }
            (Some(ImplementationName::CPython) | None, _) => &["python"],
            (Some(other), _) => &[other.program()],
        };
        for stem in stems {
            push_names(&mut names, stem, version, variant);
        }
        if !stems.contains(&"python") {
            // `python` in the directory of another implementation may be that implementation.
            names.extend(["python3".to_owned(), "python".to_owned()]);
        }
        if let Some(suffix) = Some(variant.program_suffix()).filter(|suffix| !suffix.is_empty()) {
            names.extend([format!("python3{suffix}"), format!("python{suffix}")]);
        }
        let later = if version.is_none() {
            names.extract_if(.., |name| name.contains('.')).collect()
        } else {
            Vec::new()
        };
        Self {
            names,
            later,
            version: version.cloned(),
        }
    }
}

/// Adds the names of one implementation: with the version when there is only one, the general
/// ones, and with other versions that may match.
fn push_names(
    names: &mut Vec<String>,
    stem: &str,
    version: Option<&VersionRequest>,
    variant: Variant,
) {
    let suffix = variant.program_suffix();
    let only = version.and_then(VersionRequest::only_minor);
    let mut push = |name: String| {
        if !names.contains(&name) {
            names.push(name);
        }
    };
    if let Some((major, minor)) = only {
        push(format!("{stem}{major}.{minor}{suffix}"));
        push(format!("{stem}{major}.{minor}"));
        push(format!("{stem}{major}"));
        push(stem.to_owned());
        return;
    }
    push(format!("{stem}3"));
    push(stem.to_owned());
    for minor in MINORS.rev() {
        if version.is_none_or(|version| version.may_match_minor(3, minor)) {
            push(format!("{stem}3.{minor}{suffix}"));
        }
    }
}

/// Everything, lazily: a directory is only looked into when all before it had nothing.
pub(super) fn all<'a>(
    inputs: &'a DiscoveryInputs,
    names: &'a Names,
) -> impl Iterator<Item = Candidate> + 'a {
    let below = move |dir: Option<PathBuf>, source| {
        let pythons = move || dir.map(|dir| pythons_below(&dir)).unwrap_or_default();
        iter::once_with(pythons)
            .flatten()
            .map(move |path| Candidate { path, source })
    };
    let usual = inputs.usual_dirs.clone();
    let managed = inputs
        .managed_dirs
        .iter()
        .flat_map(move |dir| below(Some(dir.clone()), Source::Managed));
    managed
        .chain(on_search_path(inputs, names))
        .chain(iter::once_with(|| in_path(inputs, &names.later)).flatten())
        .chain(iter::once_with(|| registered(inputs, names)).flatten())
        .chain(below(inputs.pyenv_versions(), Source::Pyenv))
        .chain(below(inputs.asdf_installs(), Source::Asdf))
        .chain(below(inputs.mise_installs(), Source::Mise))
        .chain(in_directories(
            usual.clone(),
            &names.names,
            Source::UsualPlace,
            inputs,
        ))
        .chain(in_directories(
            usual,
            &names.later,
            Source::UsualPlace,
            inputs,
        ))
        .filter(move |candidate| !names_other_version(candidate, names.version.as_ref()))
}

/// What Windows knows of: the registered Pythons, then those from the Store.
fn registered(inputs: &DiscoveryInputs, names: &Names) -> Vec<Candidate> {
    let registered = inputs.registry.programs(names.version.as_ref());
    let registered = registered.into_iter().map(|path| (path, Source::Registry));
    let apps = inputs
        .store_apps
        .iter()
        .flat_map(|dir| store_apps::pythons(dir));
    registered
        .chain(apps.map(|path| (path, Source::Store)))
        .filter(|(path, _)| path.is_file() && !store_apps::is_ambiguous(path))
        .map(|(path, source)| Candidate { path, source })
        .collect()
}

/// The programs on PATH. Relative and empty entries are passed over: they would run what lies in
/// the working directory.
pub(super) fn on_search_path<'a>(
    inputs: &'a DiscoveryInputs,
    names: &'a Names,
) -> impl Iterator<Item = Candidate> + 'a {
    in_path(inputs, &names.names)
}

fn in_path<'a>(
    inputs: &'a DiscoveryInputs,
    names: &'a [String],
) -> impl Iterator<Item = Candidate> + 'a {
    let mut dirs: Vec<PathBuf> = Vec::new();
    for dir in inputs.path.iter().flat_map(std::env::split_paths) {
        if dir.is_absolute() && !dirs.contains(&dir) {
            dirs.push(dir);
        }
    }
    in_directories(dirs, names, Source::SearchPath, inputs)
}

fn in_directories<'a>(
    dirs: Vec<PathBuf>,
    names: &'a [String],
    source: Source,
    inputs: &'a DiscoveryInputs,
) -> impl Iterator<Item = Candidate> + 'a {
    let paths = dirs
        .into_iter()
        .flat_map(move |dir| names.iter().map(move |name| program(&dir, name)));
    paths
        .filter(|path| path.is_file() && !store_apps::is_ambiguous(path))
        .flat_map(move |path| {
            let targets = resolved(&path, inputs);
            if targets.is_empty() && is_shim(&path) {
                Vec::new()
            } else {
                or_self(targets, path)
            }
        })
        .map(move |path| Candidate { path, source })
}

fn or_self(targets: Vec<PathBuf>, path: PathBuf) -> Vec<PathBuf> {
    if targets.is_empty() {
        vec![path]
    } else {
        targets
    }
}

/// The path of a program in a directory.
fn program(dir: &Path, name: &str) -> PathBuf {
    if cfg!(windows) && Path::new(name).extension().is_none_or(|ext| ext != "exe") {
        return dir.join(format!("{name}.exe"));
    }
    dir.join(name)
}

fn is_shim(path: &Path) -> bool {
    manager(path).is_some()
}

fn manager(path: &Path) -> Option<shim::Manager> {
    let real = fs::canonicalize(path).ok()?;
    let meta = fs::metadata(&real).ok()?;
    shim::manager(path, &real, &meta)
}

/// What a shim stands for; empty for other programs, and when nothing is selected.
pub(super) fn resolved(path: &Path, inputs: &DiscoveryInputs) -> Vec<PathBuf> {
    let name = path.file_name().and_then(|name| name.to_str());
    manager(path)
        .zip(name)
        .map(|(manager, name)| shim::resolve(manager, name, inputs))
        .unwrap_or_default()
}

/// Says whether the path tells that the version is not the one that is wanted, so that the
/// program need not be asked: `python3.9`, or `versions/3.9.18/bin/python`.
fn names_other_version(candidate: &Candidate, wanted: Option<&VersionRequest>) -> bool {
    let Some(wanted) = wanted else { return false };
    let name = candidate
        .path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let by_name = ["python", "pypy"]
        .iter()
        .find_map(|stem| minor_of(name.strip_prefix(stem)?));
    let by_dir = match candidate.source {
        Source::Pyenv | Source::Asdf | Source::Mise => {
            let root = candidate
                .path
                .parent()
                .and_then(Path::parent)
                .and_then(Path::file_name);
            root.and_then(|name| minor_of(name.to_str()?))
        }
        // `PythonSoftwareFoundation.Python.3.12_qbz5n2kfra8p0`
        Source::Store => {
            let package = candidate.path.parent().and_then(Path::file_name);
            package.and_then(|name| minor_of(name.to_str()?.splitn(3, '.').nth(2)?))
        }
        _ => None,
    };
    by_name
        .or(by_dir)
        .is_some_and(|(major, minor)| !wanted.may_match_minor(major, minor))
}

/// Reads `3.12` at the beginning of a text.
pub(super) fn minor_of(text: &str) -> Option<(u64, u64)> {
    let (major, rest) = text.split_once('.')?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    Some((major.parse().ok()?, rest[..end].parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(request: &str) -> Vec<String> {
        Names::of(&PythonRequest::parse(request).unwrap()).names
    }

    #[test]
    fn names_follow_the_request() {
        assert_eq!(names("3.12"), ["python3.12", "python3", "python"]);
        assert_eq!(names("pypy@3.10")[..3], ["pypy3.10", "pypy3", "pypy"]);
        assert_eq!(names("3.13t")[..2], ["python3.13t", "python3.13"]);
        assert_eq!(names("default"), ["python3", "python"]);
        assert!(names("any").contains(&"pypy3".to_owned()));
        assert!(
            Names::of(&PythonRequest::Default)
                .later
                .contains(&"python3.9".to_owned())
        );
        assert!(
            Names::of(&PythonRequest::Default)
                .later
                .contains(&"python3.9".to_owned())
        );
        assert!(names(">=3.10").contains(&"python3.10".to_owned()));
    }

    #[test]
    fn paths_that_tell_another_version_are_left_out() {
        let wanted = VersionRequest::parse("3.12").unwrap();
        let told = |path: &str, source| {
            names_other_version(
                &Candidate {
                    path: path.into(),
                    source,
                },
                Some(&wanted),
            )
        };
        assert!(told("/usr/bin/python3.11", Source::SearchPath));
        assert!(!told("/usr/bin/python3.12", Source::SearchPath));
        assert!(!told("/usr/bin/python3", Source::SearchPath));
        assert!(told("/p/versions/3.11.2/bin/python", Source::Pyenv));
        assert!(!told("/p/versions/3.12-dev/bin/python", Source::Pyenv));
        assert!(!told(
            "/p/versions/miniconda3-3.10-22/bin/python",
            Source::Pyenv
        ));
        assert!(!told("/opt/3.11.2/bin/python", Source::SearchPath));
    }
}
