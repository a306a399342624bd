//! Projects of other tools, read and written down as `[project]` with what naja needs beside it.
//!
//! Nothing is run: `setup.py` is read as text. What cannot be translated is a [`Remark`] with its line.

mod compose;
mod conda;
mod constraint;
mod dependency;
mod draft;
mod hatch;
mod layout;
mod literals;
mod pdm;
mod pipfile;
mod poetry;
mod requirement_files;
mod setup_cfg;
mod setup_py;
mod sheet;
mod sources;
mod tasks;
#[cfg(test)]
mod tests;
mod write;

use std::fmt;
use std::path::{Path, PathBuf};

use naja_spec::{PackageName, Requirement};

use self::draft::{Draft, Field};
use self::poetry::Taken;
use self::sheet::Sheet;
use self::tasks::TaskDialect;
use crate::manifest::name_of_dir;
use crate::{Files, Variables};

pub use draft::Remark;

/// The longest file that is read, in bytes.
const MAX_BYTES: usize = 8 << 20;

/// Whose project it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportKind {
    /// `[tool.poetry]`
    Poetry,
    /// `[tool.pdm]`
    Pdm,
    /// `[tool.hatch.envs]`
    Hatch,
    /// `Pipfile`
    Pipenv,
    /// `setup.cfg`
    SetupCfg,
    /// `setup.py`
    SetupPy,
    /// `requirements.txt` and its siblings
    Requirements,
    /// `environment.yml`
    Conda,
    /// A project of the standards with tasks of Poe or taskipy.
    Tasks,
}

impl fmt::Display for ImportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Poetry => "Poetry",
            Self::Pdm => "PDM",
            Self::Hatch => "Hatch",
            Self::Pipenv => "Pipenv",
            Self::SetupCfg => "setup.cfg",
            Self::SetupPy => "setup.py",
            Self::Requirements => "requirements files",
            Self::Conda => "conda",
            Self::Tasks => "tables of tasks",
        })
    }
}

/// Why a project cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ImportError {
    /// The file.
    pub file: String,
    /// The line, from 1; 0 where none is to blame.
    pub line: u32,
    /// What is wrong.
    pub message: String,
}

/// Where a project is.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// How files are read.
    pub files: &'a dyn Files,
    /// Variables that requirements files use.
    pub variables: &'a Variables,
    /// The directory of the project.
    pub dir: &'a Path,
}

impl Surroundings<'_> {
    /// A path as it is shown.
    fn shown(&self, path: &Path) -> String {
        let relative = path.strip_prefix(self.dir).unwrap_or(path);
        relative.display().to_string()
    }

    fn text(&self, path: &Path) -> Result<Option<String>, ImportError> {
        let wrong = |message: String| ImportError {
            file: self.shown(path),
            line: 0,
            message,
        };
        let bytes = self
            .files
            .read(path)
            .map_err(|error| wrong(error.to_string()))?;
        let Some(bytes) = bytes else {
            return Ok(None);
        };
        if bytes.len() > MAX_BYTES {
            return Err(wrong("it is longer than 8 MiB".to_owned()));
        }
        match std::str::from_utf8(&bytes) {
            Ok(text) => Ok(Some(text.to_owned())),
            Err(_) => Err(wrong("it is not UTF-8".to_owned())),
        }
    }

    fn sheet(&self, path: &Path) -> Result<Sheet, ImportError> {
        let text = self.text(path)?.ok_or_else(|| ImportError {
            file: self.shown(path),
            line: 0,
            message: "there is no such file".to_owned(),
        })?;
        let plain = text.strip_prefix('\u{feff}').unwrap_or(&text);
        Sheet::parse(&self.shown(path), plain)
    }
}

/// A project that was read, and not written down yet.
#[derive(Debug)]
pub struct Import {
    /// Whose it was.
    pub kind: ImportKind,
    /// The `pyproject.toml` that is changed or made.
    pub manifest: PathBuf,
    /// Its text now, if it is there.
    pub before: Option<String>,
    /// A file whose versions are kept, besides the locks that are found by their names.
    pub pinned: Option<PathBuf>,
    /// Packages that may not be on PyPI under their names: somebody has to look.
    pub unsure: Vec<PackageName>,
    draft: Draft,
    /// What of the manifest goes.
    gone: Vec<Vec<String>>,
    /// The name of the directory.
    dir_name: String,
}

impl Import {
    /// What could not be translated, in the order of lines.
    #[must_use]
    pub fn remarks(&self) -> Vec<Remark> {
        let mut remarks = self.draft.remarks.clone();
        remarks.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        remarks.dedup();
        remarks
    }

    /// Takes a package out of all lists, and says why.
    pub fn leave_out(&mut self, name: &PackageName, why: &str) {
        for list in &mut self.draft.lists {
            list.items.retain(|item| {
                let parsed = Requirement::parse(&item.text);
                parsed.is_ok_and(|one| one.name != *name) || item.is_toml
            });
        }
        self.draft.remark("", 0, format!("{name} {why}"));
    }

    /// Returns the text of the new manifest.
    ///
    /// # Errors
    /// The manifest has parts that the new ones cannot stand beside.
    pub fn text(&self) -> Result<String, ImportError> {
        compose::text(self)
    }
}

/// Tells whose project is in a directory: the one that says most first.
#[must_use]
pub fn detect(surroundings: &Surroundings<'_>) -> Vec<(PathBuf, ImportKind)> {
    let dir = surroundings.dir;
    let mut found = Vec::new();
    let manifest = dir.join("pyproject.toml");
    let sheet = surroundings.sheet(&manifest).ok();
    if let Some(sheet) = &sheet {
        let kinds = [
            (poetry::is_there(sheet), ImportKind::Poetry),
            (pdm::is_there(sheet), ImportKind::Pdm),
            (hatch::is_there(sheet), ImportKind::Hatch),
        ];
        let kinds = kinds.into_iter().filter(|(is_there, _)| *is_there);
        found.extend(kinds.map(|(_, kind)| (manifest.clone(), kind)));
    }
    let has_tasks = sheet.as_ref().is_some_and(has_tasks_of_others);
    let has_project = sheet.is_some_and(|sheet| sheet.table(&["project"]).is_some());
    let exists = |name: &str| surroundings.files.exists(&dir.join(name));
    if exists("Pipfile") {
        found.push((dir.join("Pipfile"), ImportKind::Pipenv));
    }
    if !has_project {
        let text = surroundings.text(&dir.join("setup.cfg")).ok().flatten();
        if text.is_some_and(|text| text.contains("[metadata]") || text.contains("[options]")) {
            found.push((dir.join("setup.cfg"), ImportKind::SetupCfg));
        }
        if exists("setup.py") {
            found.push((dir.join("setup.py"), ImportKind::SetupPy));
        }
    }
    let requirements = requirement_files::find(surroundings.files, dir);
    if let Some(first) = requirements.first() {
        found.push((first.path.clone(), ImportKind::Requirements));
    }
    for name in ["environment.yml", "environment.yaml"] {
        if exists(name) {
            found.push((dir.join(name), ImportKind::Conda));
        }
    }
    if has_tasks {
        found.push((manifest, ImportKind::Tasks));
    }
    found
}

/// Tables of tools that only run tasks, and whose they are.
const TASKS_OF_OTHERS: [(&[&str], TaskDialect); 2] = [
    (&["tool", "poe", "tasks"], TaskDialect::Poe),
    (&["tool", "taskipy", "tasks"], TaskDialect::Taskipy),
];

fn has_tasks_of_others(sheet: &Sheet) -> bool {
    let mut tables = TASKS_OF_OTHERS.iter();
    tables.any(|(path, _)| sheet.table(path).is_some())
}

/// Tells the kind of a file by its name and, for a `pyproject.toml`, by its tables.
fn kind_of(surroundings: &Surroundings<'_>, path: &Path) -> Result<ImportKind, ImportError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let unknown = |message: &str| ImportError {
        file: surroundings.shown(path),
        line: 0,
        message: message.to_owned(),
    };
    match name.as_ref() {
        "Pipfile" => Ok(ImportKind::Pipenv),
        "setup.cfg" => Ok(ImportKind::SetupCfg),
        "setup.py" => Ok(ImportKind::SetupPy),
        name if name.ends_with(".yml") || name.ends_with(".yaml") => Ok(ImportKind::Conda),
        name if name.ends_with(".txt") || name.ends_with(".in") => Ok(ImportKind::Requirements),
        name if name.ends_with(".toml") => {
            let sheet = surroundings.sheet(path)?;
            if poetry::is_there(&sheet) {
                Ok(ImportKind::Poetry)
            } else if pdm::is_there(&sheet) {
                Ok(ImportKind::Pdm)
            } else if hatch::is_there(&sheet) {
                Ok(ImportKind::Hatch)
            } else if has_tasks_of_others(&sheet) {
                Ok(ImportKind::Tasks)
            } else {
                Err(unknown(
                    "it has no table of Poetry, PDM or Hatch, and no tasks of others",
                ))
            }
        }
        _ => Err(unknown("nobody knows what it is")),
    }
}

/// Reads the project of a directory: from a file, else from what is found there.
///
/// # Errors
/// There is nothing to read, or a file cannot be read.
pub fn import(surroundings: &Surroundings<'_>, file: Option<&Path>) -> Result<Import, ImportError> {
    let (path, kind) = match file {
        Some(file) => (file.to_owned(), kind_of(surroundings, file)?),
        None => detect(surroundings).into_iter().next().ok_or_else(|| ImportError {
            file: surroundings.dir.display().to_string(),
            line: 0,
            message: "it has no project of Poetry, PDM, Hatch, Pipenv, setuptools or conda, and no requirements files"
                .to_owned(),
        })?,
    };
    let dir = path.parent().unwrap_or(surroundings.dir);
    let manifest = match kind {
        ImportKind::Poetry | ImportKind::Pdm | ImportKind::Hatch | ImportKind::Tasks => {
            path.clone()
        }
        _ => surroundings.dir.join("pyproject.toml"),
    };
    let before = surroundings.text(&manifest)?;
    let mut import = Import {
        kind,
        manifest,
        before,
        pinned: None,
        unsure: Vec::new(),
        draft: Draft::default(),
        gone: Vec::new(),
        dir_name: name_of_dir(surroundings.dir)
            .map_or_else(|| "project".to_owned(), |name| name.to_string()),
    };
    match kind {
        ImportKind::Poetry => import.take(poetry::read(&surroundings.sheet(&path)?)),
        ImportKind::Pdm => import.take(pdm::read(&surroundings.sheet(&path)?)),
        ImportKind::Hatch => import.take(hatch::read(&surroundings.sheet(&path)?)),
        ImportKind::Pipenv => import.draft = pipfile::read(&surroundings.sheet(&path)?),
        ImportKind::SetupCfg | ImportKind::SetupPy => {
            let text = surroundings.text(&path)?.unwrap_or_default();
            let shown = surroundings.shown(&path);
            import.draft = match kind {
                ImportKind::SetupCfg => setup_cfg::read(&shown, &text),
                _ => setup_py::read(&shown, &text),
            };
            import.of_setuptools(surroundings, dir);
        }
        ImportKind::Requirements => import.requirements(surroundings, (&path, file.is_some()))?,
        ImportKind::Conda => {
            let text = surroundings.text(&path)?.unwrap_or_default();
            let conda = conda::read(&surroundings.shown(&path), &text);
            import.draft = conda.draft;
            import.unsure = conda.unsure;
        }
        // They are taken over whatever else there is.
        ImportKind::Tasks => {}
    }
    import.tasks_of_others(surroundings)?;
    Ok(import)
}

impl Import {
    fn take(&mut self, taken: Taken) {
        self.draft = taken.draft;
        self.gone = taken.gone;
    }

    /// Who builds with setuptools goes on doing so.
    fn of_setuptools(&mut self, surroundings: &Surroundings<'_>, dir: &Path) {
        let has_system = surroundings
            .sheet(&self.manifest)
            .is_ok_and(|sheet| sheet.table(&["build-system"]).is_some());
        if !has_system {
            let requires = vec!["setuptools>=61".to_owned()];
            self.draft.build = Some((requires, "setuptools.build_meta".to_owned()));
        }
        if !self.draft.has("readme") {
            let names = ["README.md", "README.rst", "README.txt"];
            let found = names
                .into_iter()
                .find(|name| surroundings.files.exists(&dir.join(name)));
            self.draft
                .project
                .extend(found.map(|name| Field::new("readme", name)));
        }
    }

    /// Requirements files: the one that was named, or all of the directory.
    fn requirements(
        &mut self,
        surroundings: &Surroundings<'_>,
        (path, is_named): (&Path, bool),
    ) -> Result<(), ImportError> {
        let mut named = requirement_files::find(surroundings.files, surroundings.dir);
        if is_named {
            let group = named
                .iter()
                .find(|one| one.path == path)
                .and_then(|one| one.group.clone());
            named = vec![requirement_files::Named {
                path: path.to_owned(),
                group,
            }];
        }
        self.draft = requirement_files::read(surroundings, &named)?;
        let main = named.first().map(|one| one.path.with_extension("txt"));
        self.pinned = main.filter(|main| surroundings.files.exists(main));
        Ok(())
    }

    /// Tables of tools that only run tasks; they stay, because somebody may use them.
    fn tasks_of_others(&mut self, surroundings: &Surroundings<'_>) -> Result<(), ImportError> {
        if self.before.is_none() {
            return Ok(());
        }
        let sheet = surroundings.sheet(&self.manifest)?;
        for (path, dialect) in TASKS_OF_OTHERS {
            tasks::tasks(&mut self.draft, &sheet, path, dialect);
        }
        Ok(())
    }
}
