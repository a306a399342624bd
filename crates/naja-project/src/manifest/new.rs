//! The files of a new project.

use std::path::Path;

use naja_spec::PackageName;

/// The name that a directory gives to a project in it, if it gives one: a name with letters that names of projects
/// cannot have gives none, rather than what is left of it.
#[must_use]
pub fn name_of_dir(dir: &Path) -> Option<PackageName> {
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    if !name.is_ascii() {
        return None;
    }
    let plain = |c: char| match c.is_ascii_alphanumeric() {
        true => c.to_ascii_lowercase(),
        false => '-',
    };
    let tidy: String = name.chars().map(plain).collect();
    PackageName::parse(tidy.trim_matches('-')).ok()
}

/// What a new project is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NewKind {
    /// A program.
    #[default]
    Application,
    /// Something that others import.
    Library,
}

/// Who builds a new project.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NewBackend {
    /// hatchling
    #[default]
    Hatch,
    /// uv's
    Uv,
    /// flit
    Flit,
    /// PDM's
    Pdm,
    /// Poetry's
    Poetry,
    /// setuptools
    Setuptools,
    /// maturin: a module in Rust.
    Maturin,
    /// scikit-build: a module in C++.
    Scikit,
}

impl NewBackend {
    /// The words of `--build-backend`.
    pub const WORDS: [&'static str; 8] = [
        "hatch",
        "uv",
        "flit",
        "pdm",
        "poetry",
        "setuptools",
        "maturin",
        "scikit",
    ];

    /// Reads one of [`Self::WORDS`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "hatch" => Self::Hatch,
            "uv" => Self::Uv,
            "flit" => Self::Flit,
            "pdm" => Self::Pdm,
            "poetry" => Self::Poetry,
            "setuptools" => Self::Setuptools,
            "maturin" => Self::Maturin,
            "scikit" => Self::Scikit,
            _ => return None,
        })
    }

    /// What it requires, and its name.
    fn build_system(self) -> (&'static str, &'static str) {
        match self {
            Self::Hatch => ("hatchling", "hatchling.build"),
            Self::Uv => ("uv_build>=0.13.0", "uv_build"),
            Self::Flit => ("flit_core>=3.11,<5", "flit_core.buildapi"),
            Self::Pdm => ("pdm-backend", "pdm.backend"),
            Self::Poetry => ("poetry-core>=2,<3", "poetry.core.masonry.api"),
            Self::Setuptools => ("setuptools>=61", "setuptools.build_meta"),
            Self::Maturin => ("maturin>=1.0,<2.0", "maturin"),
            Self::Scikit => (
                "scikit-build-core>=0.10\", \"pybind11",
                "scikit_build_core.build",
            ),
        }
    }
}

/// A project that is to be.
#[derive(Debug, Clone)]
pub struct NewProject {
    /// Its name, as it was given.
    pub name: String,
    /// What it is.
    pub kind: NewKind,
    /// Who builds it; `None` for a project that is no package.
    pub backend: Option<NewBackend>,
    /// Whether there is only the manifest.
    pub bare: bool,
    /// `requires-python`
    pub requires_python: String,
    /// What `.python-version` says; `None` for no such file.
    pub pin: Option<String>,
    /// `description`; `None` for none.
    pub description: Option<String>,
    /// Whether there is a README.
    pub readme: bool,
    /// Name and address of the author.
    pub author: Option<(String, String)>,
}

impl NewProject {
    /// The version of each.
    pub const VERSION: &'static str = "0.1.0";

    /// The files beside those of a template.
    #[must_use]
    pub fn pinned(&self) -> Vec<(String, String)> {
        let pin = self.pin.as_ref();
        let file = pin.map(|pin| (".python-version".to_owned(), format!("{pin}\n")));
        file.into_iter().collect()
    }

    /// The files, each with its text; paths are relative, with `/`.
    #[must_use]
    pub fn files(&self) -> Vec<(String, String)> {
        let mut files = vec![("pyproject.toml".to_owned(), self.manifest())];
        if self.bare {
            return files;
        }
        if self.readme {
            files.push(("README.md".to_owned(), String::new()));
        }
        files.extend(self.pinned());
        let (name, module) = (&self.name, self.module());
        match (self.backend, self.kind) {
            (None, _) => {
                let text = format!(
                    "def main():\n    print(\"Hello from {name}!\")\n\n\nif __name__ == \"__main__\":\n    main()\n"
                );
                files.push(("main.py".to_owned(), text));
            }
            (Some(backend), NewKind::Application) => {
                let text = format!("def main() -> None:\n    print(\"Hello from {name}!\")\n");
                files.push((format!("src/{module}/__init__.py"), text));
                files.extend(native(backend, &module));
            }
            (Some(backend), NewKind::Library) => {
                let text = format!("def hello() -> str:\n    return \"Hello from {name}!\"\n");
                files.push((format!("src/{module}/__init__.py"), text));
                files.push((format!("src/{module}/py.typed"), String::new()));
                files.extend(native(backend, &module));
            }
        }
        files
    }

    /// The name of the module.
    #[must_use]
    pub fn module(&self) -> String {
        let normal = PackageName::parse(&self.name);
        let normal = normal.map_or_else(|_| self.name.clone(), |name| name.to_string());
        let module = normal.replace(['-', '.'], "_");
        // A module's name starts with no digit.
        if module.starts_with(|c: char| c.is_ascii_digit()) {
            format!("_{module}")
        } else {
            module
        }
    }

    fn manifest(&self) -> String {
        let mut out = format!(
            "[project]\nname = {}\nversion = \"{}\"\n",
            quoted(&self.name),
            Self::VERSION
        );
        let mut line = |key: &str, value: String| {
            out.push_str(&format!("{key} = {value}\n"));
        };
        if let Some(description) = &self.description {
            line("description", quoted(description));
        }
        if self.readme && !self.bare {
            line("readme", quoted("README.md"));
        }
        if let (Some((name, email)), true) = (&self.author, self.backend.is_some()) {
            let author = format!("{{ name = {}, email = {} }}", quoted(name), quoted(email));
            line("authors", format!("[\n    {author}\n]"));
        }
        line("requires-python", quoted(&self.requires_python));
        line("dependencies", "[]".to_owned());
        let Some(backend) = self.backend else {
            return out;
        };
        let module = self.module();
        if self.kind == NewKind::Application && !self.bare {
            let script = quoted(&format!("{module}:main"));
            out.push_str(&format!(
                "\n[project.scripts]\n{} = {script}\n",
                key(&self.name)
            ));
        }
        let (requires, object) = backend.build_system();
        out.push_str(&format!(
            "\n[build-system]\nrequires = [\"{requires}\"]\nbuild-backend = \"{object}\"\n"
        ));
        if backend == NewBackend::Maturin {
            out.push_str(&format!(
                "\n[tool.maturin]\nmodule-name = \"{module}._core\"\npython-source = \"src\"\n"
            ));
        }
        out
    }
}

/// The files of a module in another language.
fn native(backend: NewBackend, module: &str) -> Vec<(String, String)> {
    match backend {
        NewBackend::Maturin => vec![
            (
                "Cargo.toml".to_owned(),
                format!(
                    "[package]\nname = \"{module}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[lib]\n\
                     name = \"_core\"\ncrate-type = [\"cdylib\"]\n\n[dependencies]\n\
                     pyo3 = {{ version = \"0.27\", features = [\"extension-module\", \"abi3-py39\"] }}\n"
                ),
            ),
            (
                "src/lib.rs".to_owned(),
                "use pyo3::prelude::*;\n\n#[pymodule]\nmod _core {\n    use pyo3::prelude::*;\n\n    \
                 #[pyfunction]\n    fn hello() -> String {\n        \"Hello from Rust!\".to_owned()\n    }\n}\n"
                    .to_owned(),
            ),
        ],
        NewBackend::Scikit => vec![
            (
                "CMakeLists.txt".to_owned(),
                format!(
                    "cmake_minimum_required(VERSION 3.15)\nproject(${{SKBUILD_PROJECT_NAME}} LANGUAGES CXX)\n\n\
                     set(PYBIND11_FINDPYTHON ON)\nfind_package(pybind11 CONFIG REQUIRED)\n\n\
                     pybind11_add_module(_core MODULE src/main.cpp)\ninstall(TARGETS _core DESTINATION {module})\n"
                ),
            ),
            (
                "src/main.cpp".to_owned(),
                "#include <pybind11/pybind11.h>\n\n#include <string>\n\nPYBIND11_MODULE(_core, module) {\n  \
                 module.def(\"hello\", [] { return std::string(\"Hello from C++!\"); });\n}\n"
                    .to_owned(),
            ),
        ],
        _ => Vec::new(),
    }
}

fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

/// A key of a table, in quotes where it needs them.
fn key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.chars().all(is_bare) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    fn new(kind: NewKind, backend: Option<NewBackend>) -> NewProject {
        NewProject {
            name: "Awesome.Project".to_owned(),
            kind,
            backend,
            bare: false,
            requires_python: ">=3.11".to_owned(),
            pin: Some("3.11".to_owned()),
            description: Some("What \"it\" does".to_owned()),
            readme: true,
            author: Some(("Luna L.".to_owned(), "luna@castle.example".to_owned())),
        }
    }

    #[test]
    fn every_manifest_can_be_read() {
        for kind in [NewKind::Application, NewKind::Library] {
            let backends = NewBackend::WORDS.map(NewBackend::from_word);
            for backend in backends.into_iter().chain([None]) {
                for bare in [true, false] {
                    let project = NewProject {
                        bare,
                        ..new(kind, backend)
                    };
                    let files = project.files();
                    let manifest = Manifest::parse(&files[0].1).unwrap();
                    assert_eq!(manifest.is_package(), backend.is_some());
                    assert_eq!(files.len() == 1, bare);
                    let scripts = manifest.project.unwrap().scripts;
                    let has = kind == NewKind::Application && backend.is_some() && !bare;
                    assert_eq!(scripts.len(), usize::from(has));
                }
            }
        }
    }

    #[test]
    fn names_of_directories() {
        let name = |dir: &str| name_of_dir(Path::new(dir)).map(|name| name.to_string());
        assert_eq!(name("/code/My Project!").as_deref(), Some("my-project"));
        assert_eq!(name("/code/1a_b").as_deref(), Some("1a-b"));
        for dir in [
            "/code/caf\u{e9}",
            "/code/n\u{e9}-c-d\u{e9}",
            "/code/\u{43f}",
            "/code/--",
            "/",
        ] {
            assert_eq!(name(dir), None, "{dir}");
        }
    }

    #[test]
    fn names_of_modules() {
        let files = |kind, backend| {
            let files = new(kind, backend).files();
            files.into_iter().map(|(path, _)| path).collect::<Vec<_>>()
        };
        assert_eq!(
            files(NewKind::Library, Some(NewBackend::Hatch)),
            [
                "pyproject.toml",
                "README.md",
                ".python-version",
                "src/awesome_project/__init__.py",
                "src/awesome_project/py.typed"
            ]
        );
        assert!(files(NewKind::Application, None).contains(&"main.py".to_owned()));
        let digits = NewProject {
            name: "3d".to_owned(),
            ..new(NewKind::Library, None)
        };
        assert_eq!(digits.module(), "_3d");
    }
}
