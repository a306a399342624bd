//! The files of Python of a project, and which modules are its own.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use naja_project::Files;
use naja_project::imports::{Import, Notebook, imports, notebook};
use naja_spec::script_block;

use crate::failure::Failure;
use crate::session::Session;

/// Directories are looked into this far down.
const MOST_DEPTH: usize = 24;

/// Larger files are data, in bytes.
const LARGEST: u64 = 4 << 20;

/// As large a notebook may be, in bytes: it has pictures in it.
const LARGEST_NOTEBOOK: u64 = 64 << 20;

/// Directories at the top of a project that are not part of what it is.
const ASIDE: &[&str] = &[
    "tests",
    "test",
    "testing",
    "docs",
    "doc",
    "examples",
    "example",
    "samples",
    "scripts",
    "script",
    "tools",
    "benchmarks",
    "benchmark",
    "bench",
    "benches",
    "dev",
    "ci",
    "notebooks",
];

/// Files at the top of a project that are not part of what it is.
const FILES_ASIDE: &[&str] = &[
    "noxfile.py",
    "tasks.py",
    "fabfile.py",
    "dodo.py",
    "conftest.py",
];

/// Directories that are made by programs.
const MADE: &[&str] = &[
    "node_modules",
    "__pycache__",
    "site-packages",
    "__pypackages__",
];

/// One file of Python, or a notebook.
pub(super) struct Source {
    /// From the project's directory, with `/`.
    pub(super) path: String,
    /// Whether it is a part of the project itself, and no test or the like.
    pub(super) is_main: bool,
    pub(super) imports: Vec<Import>,
    /// The modules beside it: a program finds them when it is started from its file.
    beside: Rc<BTreeSet<String>>,
}

/// All of them.
pub(super) struct Sources {
    pub(super) sources: Vec<Source>,
    /// The notebooks that could not be read, from the project's directory, and why.
    pub(super) unread: Vec<(String, String)>,
    /// The top-level modules of the project.
    own: BTreeSet<String>,
}

impl Sources {
    /// Whether a top-level module is the project's own for a file.
    pub(super) fn is_own(&self, source: &Source, module: &str) -> bool {
        self.own.contains(module) || source.beside.contains(module)
    }
}

/// Reads the files of the project in a directory; `others` are the directories of other projects.
///
/// # Errors
/// A directory or a file cannot be read, or the user interrupts.
pub(super) fn read(session: &Session, root: &Path, others: &[PathBuf]) -> Result<Sources, Failure> {
    let walk = Walk::over(session, root, others)?;
    let (mut sources, mut unread) = (Vec::new(), Vec::new());
    for (path, beside) in &walk.files {
        session.cancel.check()?;
        match walk.source(path, beside)? {
            Read::Source(source) => sources.push(source),
            Read::Nothing => {}
            Read::Unread(path, why) => unread.push((path, why)),
        }
    }
    sources.sort_by(|a, b| (!a.is_main, &a.path).cmp(&(!b.is_main, &b.path)));
    Ok(Sources {
        sources,
        unread,
        own: walk.own,
    })
}

/// The top-level modules of the project in a directory; no file is read for them.
///
/// # Errors
/// A directory cannot be read, or the user interrupts.
pub(super) fn own_modules(
    session: &Session,
    root: &Path,
    others: &[PathBuf],
) -> Result<BTreeSet<String>, Failure> {
    Walk::over(session, root, others).map(|walk| walk.own)
}

/// What came of a file.
enum Read {
    Source(Source),
    /// What it imports is declared elsewhere, or it is gone.
    Nothing,
    Unread(String, String),
}

struct Walk<'a> {
    session: &'a Session,
    root: &'a Path,
    others: &'a [PathBuf],
    /// The files of Python and the notebooks, each with the modules beside it.
    files: Vec<(PathBuf, Rc<BTreeSet<String>>)>,
    own: BTreeSet<String>,
}

/// A name in a directory.
struct Entry {
    path: PathBuf,
    name: String,
    is_dir: bool,
}

impl<'a> Walk<'a> {
    fn over(session: &'a Session, root: &'a Path, others: &'a [PathBuf]) -> Result<Self, Failure> {
        let mut walk = Self {
            session,
            root,
            others,
            files: Vec::new(),
            own: BTreeSet::new(),
        };
        walk.dir(root, 0, false)?;
        Ok(walk)
    }

    /// Reads a directory; says whether there is any file of Python in it or below.
    fn dir(&mut self, dir: &Path, depth: usize, in_package: bool) -> Result<bool, Failure> {
        self.session.cancel.check()?;
        let entries = self.entries(dir, depth)?;
        let has = |name: &str| {
            entries
                .iter()
                .any(|entry| !entry.is_dir && entry.name == name)
        };
        let is_package = has("__init__.py");
        // Where imports begin: beside `src`'s and the root's modules, and where a package has no package around it.
        let is_top = depth == 0 || (dir == self.root.join("src"));
        if is_package
            && !in_package
            && let Some(name) = dir.file_name()
        {
            self.own(&name.to_string_lossy());
        }
        let beside: BTreeSet<String> = entries
            .iter()
            .filter_map(|entry| entry.name.strip_suffix(".py").filter(|_| !entry.is_dir))
            .map(str::to_owned)
            .collect();
        if is_top {
            self.own.extend(beside.iter().cloned());
        }
        let beside = Rc::new(beside);
        let mut has_python = false;
        for entry in &entries {
            if entry.is_dir {
                let inside = self.dir(&entry.path, depth + 1, is_package)?;
                has_python |= inside;
                if inside && is_top {
                    self.own(&entry.name);
                }
            } else {
                has_python |= !is_notebook(&entry.path);
                self.files.push((entry.path.clone(), Rc::clone(&beside)));
            }
        }
        Ok(has_python)
    }

    fn own(&mut self, name: &str) {
        let _new = self.own.insert(name.to_owned());
    }

    /// The files of Python and the notebooks of a directory, and the directories to look into.
    fn entries(&self, dir: &Path, depth: usize) -> Result<Vec<Entry>, Failure> {
        let mut entries = Vec::new();
        if depth > MOST_DEPTH {
            return Ok(entries);
        }
        let listed = self.session.disk().list(dir).map_err(|error| {
            Failure::environment(format!("could not read the files of {}", dir.display()))
                .because(&error)
        })?;
        for path in listed {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            let Ok(kind) = path.symlink_metadata() else {
                continue;
            };
            let is_wanted = match kind.is_dir() {
                true => !self.is_passed_over(&path, name, depth),
                false if is_notebook(&path) => kind.is_file() && kind.len() <= LARGEST_NOTEBOOK,
                false => kind.is_file() && name.ends_with(".py") && kind.len() <= LARGEST,
            };
            if is_wanted {
                let (name, is_dir) = (name.to_owned(), kind.is_dir());
                entries.push(Entry { path, name, is_dir });
            }
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn is_passed_over(&self, path: &Path, name: &str, depth: usize) -> bool {
        name.starts_with('.')
            || MADE.contains(&name)
            || name.ends_with(".egg-info")
            || (depth == 0 && matches!(name, "build" | "dist" | "venv" | "env"))
            || path.join("pyvenv.cfg").exists()
            || self.others.iter().any(|other| other == path)
    }

    fn source(&self, path: &Path, beside: &Rc<BTreeSet<String>>) -> Result<Read, Failure> {
        let inside = path.strip_prefix(self.root).unwrap_or(path);
        let inside = inside.to_string_lossy().replace('\\', "/");
        // It is run where the project is built, with what the build asks for.
        if inside == "setup.py" {
            return Ok(Read::Nothing);
        }
        let read = self.session.disk().read(path).map_err(|error| {
            Failure::environment(format!("could not read {}", path.display())).because(&error)
        })?;
        let Some(bytes) = read else {
            return Ok(Read::Nothing);
        };
        let read = match is_notebook(path) {
            true => notebook(&bytes),
            false => Ok(of_python(&bytes)),
        };
        Ok(match read {
            // What has metadata of its own declares there what it imports (PEP 723).
            Ok(found) if found.is_script => Read::Nothing,
            Ok(found) => Read::Source(Source {
                is_main: is_main(&inside),
                path: inside,
                imports: found.imports,
                beside: Rc::clone(beside),
            }),
            Err(error) => Read::Unread(inside, error.to_string()),
        })
    }
}

fn is_notebook(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "ipynb")
}

/// What a file of Python imports.
fn of_python(bytes: &[u8]) -> Notebook {
    Notebook {
        is_script: matches!(script_block(&String::from_utf8_lossy(bytes)), Ok(Some(_))),
        imports: imports(bytes),
    }
}

/// Whether a file is a part of the project itself; a notebook never is.
fn is_main(path: &str) -> bool {
    let mut dirs: Vec<&str> = path.split('/').collect();
    let name = dirs.pop().unwrap_or_default();
    let is_test = name.starts_with("test_") || name.ends_with("_test.py") || name == "conftest.py";
    let is_aside = match dirs.first() {
        Some(first) => ASIDE.contains(first),
        None => FILES_ASIDE.contains(&name),
    };
    let has_tests = dirs
        .iter()
        .any(|dir| matches!(*dir, "tests" | "test" | "_tests"));
    !is_test && !is_aside && !has_tests && !is_notebook(Path::new(path))
}

#[cfg(test)]
mod tests {
    use super::is_main;

    #[test]
    fn tests_and_the_like_are_aside() {
        for path in [
            "app.py",
            "src/owl/docs/a.py",
            "owl/testing.py",
            "owl/scripts/x.py",
        ] {
            assert!(is_main(path), "{path}");
        }
        for path in [
            "tests/a.py",
            "src/owl/tests/a.py",
            "docs/conf.py",
            "noxfile.py",
            "owl/test_a.py",
            "conftest.py",
            "owl/look.ipynb",
        ] {
            assert!(!is_main(path), "{path}");
        }
    }
}
