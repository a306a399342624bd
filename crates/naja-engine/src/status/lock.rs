//! What pins the versions of a project, and whether that still fits what the project asks for.
//!
//! Each form of lock is one function of [`FORMS`], the one that counts first.

use std::path::{Path, PathBuf};

use naja_lock::Pylock;
use naja_project::requirements::{RequirementItem, RequirementsFile, RequirementsReader};
use naja_spec::{PackageName, Requirement, Version};
use serde::Serialize;

use crate::disk::Disk;
use crate::session::Session;
use crate::target;

/// A file that pins versions.
#[derive(Clone, Debug, Serialize)]
pub struct Lock {
    /// The file.
    pub file: PathBuf,
    /// What kind of file it is.
    pub kind: LockKind,
    /// The file it was made from, if that is known.
    pub made_from: Option<PathBuf>,
    /// Whether it still fits that.
    pub state: LockState,
}

/// What kind of file pins versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockKind {
    /// `pylock.toml` (PEP 751).
    Pylock,
    /// Requirements with exact versions.
    Requirements,
    /// Requirements without exact versions: they lock nothing.
    Loose,
    /// The lock of another tool, which naja does not read.
    Foreign,
}

/// Whether a lock fits what it was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum LockState {
    /// It does.
    Fresh,
    /// It does not any more.
    Stale {
        /// What does not fit, in words.
        why: Vec<String>,
    },
    /// There is nothing to compare it with, or it cannot be read.
    Unknown,
}

/// Looks for one form of lock in the root of a project.
type Form = fn(&Session, &Path) -> Option<Lock>;

/// Every form, in the order in which they count.
const FORMS: [Form; 3] = [pylock, requirements, foreign];

/// How many reasons are told.
const MOST_REASONS: usize = 5;

/// Finds what locks a project.
pub(crate) fn find(session: &Session, root: &Path) -> Option<Lock> {
    FORMS.iter().find_map(|form| form(session, root))
}

/// A package with its version in a lock, if it has one.
type Locked = (PackageName, Option<Version>);

fn pylock(session: &Session, root: &Path) -> Option<Lock> {
    let file = root.join("pylock.toml");
    let text = std::fs::read_to_string(&file).ok()?;
    let made_from = manifest(root);
    let state = match (Pylock::parse(&text), &made_from) {
        (Ok(lock), Some(manifest)) => {
            let locked: Vec<Locked> = lock
                .packages
                .into_iter()
                .map(|package| (package.name, package.version))
                .collect();
            compared(session, manifest, &locked)
        }
        _ => LockState::Unknown,
    };
    Some(Lock {
        file,
        kind: LockKind::Pylock,
        made_from,
        state,
    })
}

fn requirements(session: &Session, root: &Path) -> Option<Lock> {
    let file = root.join("requirements.txt");
    let text = std::fs::read_to_string(&file).ok()?;
    let read = read(session, &file);
    let named: Vec<&Requirement> = read
        .iter()
        .flat_map(|read| &read.requirements)
        .filter_map(|entry| entry.item.named())
        .collect();
    let pin = |requirement: &Requirement| {
        let specifiers = requirement.specifiers()?;
        specifiers.exact_pin().cloned()
    };
    let is_pinned = !named.is_empty()
        && named
            .iter()
            .all(|requirement| requirement.url().is_some() || pin(requirement).is_some());
    let made_from = is_pinned.then(|| source_of(root, &text)).flatten();
    let state = match &made_from {
        Some(manifest) => {
            let locked: Vec<Locked> = named
                .iter()
                .map(|requirement| (requirement.name.clone(), pin(requirement)))
                .collect();
            compared(session, manifest, &locked)
        }
        None => LockState::Unknown,
    };
    Some(Lock {
        file,
        kind: if is_pinned {
            LockKind::Requirements
        } else {
            LockKind::Loose
        },
        made_from,
        state,
    })
}

fn foreign(_session: &Session, root: &Path) -> Option<Lock> {
    let names = [
        "uv.lock",
        "poetry.lock",
        "pdm.lock",
        "Pipfile.lock",
        "pixi.lock",
    ];
    let file = names
        .iter()
        .map(|name| root.join(name))
        .find(|file| file.is_file())?;
    Some(Lock {
        file,
        kind: LockKind::Foreign,
        made_from: None,
        state: LockState::Unknown,
    })
}

/// The file that says what a project needs.
fn manifest(root: &Path) -> Option<PathBuf> {
    let names = ["pyproject.toml", "requirements.in"];
    let files = names.iter().map(|name| root.join(name));
    files.into_iter().find(|file| file.is_file())
}

/// The file a compiled one names in the command at its top.
fn source_of(root: &Path, text: &str) -> Option<PathBuf> {
    let head = text
        .lines()
        .take_while(|line| line.starts_with('#'))
        .take(20);
    let named = head
        .flat_map(str::split_whitespace)
        .find(|word| word.ends_with(".in") || word.ends_with("pyproject.toml"));
    let file = root.join(named.unwrap_or("requirements.in"));
    file.is_file().then_some(file)
}

fn read(session: &Session, file: &Path) -> Option<RequirementsFile> {
    let variables = target::variables(session);
    let cwd = file.parent()?;
    let mut reader = RequirementsReader::new(&Disk, &variables, cwd);
    reader.read_requirements(file.to_str()?).ok()?;
    Some(reader.finish())
}

/// Compares what a project asks for with what is locked.
fn compared(session: &Session, manifest: &Path, locked: &[Locked]) -> LockState {
    let Some(asked) = read(session, manifest) else {
        return LockState::Unknown;
    };
    let mut why = Vec::new();
    for entry in &asked.requirements {
        match &entry.item {
            RequirementItem::Named(requirement) => why.extend(misfit(requirement, locked)),
            // What a build would have to tell is not asked here.
            _ => return LockState::Unknown,
        }
    }
    if why.is_empty() {
        return LockState::Fresh;
    }
    let more = why.len().saturating_sub(MOST_REASONS);
    why.truncate(MOST_REASONS);
    if more > 0 {
        why.push(format!("and {more} more"));
    }
    LockState::Stale { why }
}

/// What is wrong about one requirement.
fn misfit(requirement: &Requirement, locked: &[Locked]) -> Option<String> {
    let mut versions = locked
        .iter()
        .filter(|(name, _)| *name == requirement.name)
        .map(|(_, version)| version)
        .peekable();
    if versions.peek().is_none() {
        // Its marker may be one of another system.
        return requirement
            .marker
            .is_none()
            .then(|| format!("{} is not in it", requirement.name));
    }
    let wanted = requirement.specifiers()?;
    let fits = |version: &Option<Version>| {
        version
            .as_ref()
            .is_none_or(|version| wanted.contains(version))
    };
    let has: Vec<String> = versions
        .clone()
        .flatten()
        .map(ToString::to_string)
        .collect();
    (!versions.any(fits)).then(|| {
        format!(
            "{}{wanted} is asked for, and it has {}",
            requirement.name,
            has.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn misfit_of(asked: &str, locked: &[(&str, &str)]) -> Option<String> {
        let locked: Vec<Locked> = locked
            .iter()
            .map(|(name, version)| {
                let name = PackageName::parse(name).unwrap();
                (name, Version::parse(version).ok())
            })
            .collect();
        misfit(&Requirement::parse(asked).unwrap(), &locked)
    }

    #[test]
    fn a_lock_goes_stale_by_what_is_asked_for() {
        let lock = [("harry", "1.0"), ("ron", "2.0"), ("ron", "3.0")];
        assert_eq!(misfit_of("harry>=1", &lock), None);
        assert_eq!(misfit_of("ron>2.5", &lock), None);
        assert_eq!(misfit_of("draco; sys_platform == 'win32'", &lock), None);
        assert_eq!(
            misfit_of("draco", &lock).as_deref(),
            Some("draco is not in it")
        );
        assert_eq!(
            misfit_of("harry>2", &lock).as_deref(),
            Some("harry>2 is asked for, and it has 1.0")
        );
    }

    #[test]
    fn a_compiled_file_names_its_source() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["requirements.in", "base.in", "pyproject.toml"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        let found = |text: &str| {
            let path = source_of(dir.path(), text)?;
            Some(path.file_name()?.to_str()?.to_owned())
        };
        let head = "# This file was made by:\n#    naja pip compile base.in -o requirements.txt\n";
        assert_eq!(found(head).as_deref(), Some("base.in"));
        assert_eq!(found("a==1\n").as_deref(), Some("requirements.in"));
        assert_eq!(found("# gone.in\n"), None);
    }
}
