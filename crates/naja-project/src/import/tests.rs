//! Projects of other tools, whole.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::FileError;
use crate::files::memory::CASTLE;
use crate::manifest::Manifest;

/// Files in memory.
struct Castle(BTreeMap<PathBuf, Arc<[u8]>>);

impl Files for Castle {
    fn read(&self, path: &Path) -> Result<Option<Arc<[u8]>>, FileError> {
        Ok(self.0.get(path).cloned())
    }

    fn list(&self, dir: &Path) -> Result<Vec<PathBuf>, FileError> {
        let inside = |path: &&PathBuf| path.parent() == Some(dir);
        Ok(self.0.keys().filter(inside).cloned().collect())
    }

    fn exists(&self, path: &Path) -> bool {
        self.0.contains_key(path)
    }
}

fn of(files: &[(&str, &str)], file: Option<&str>) -> Result<Import, ImportError> {
    let dir = &Path::new(CASTLE).join("My Castle");
    let files = files
        .iter()
        .map(|(name, text)| (dir.join(name), text.as_bytes().into()));
    let castle = Castle(files.collect());
    let surroundings = Surroundings {
        files: &castle,
        variables: &Variables::default(),
        dir,
    };
    import(&surroundings, file.map(|file| dir.join(file)).as_deref())
}

/// The new manifest, and the remarks with their lines.
fn imported(files: &[(&str, &str)]) -> (String, Vec<String>) {
    let import = of(files, None).unwrap();
    let text = import.text().unwrap();
    Manifest::parse(&text).unwrap();
    let remarks = import.remarks().into_iter();
    let remarks = remarks.map(|one| format!("{}:{} {}", one.file, one.line, one.message));
    (text, remarks.collect())
}

const POETRY: &str = r#"# who we are
[tool.poetry]
name = "Castle"
version = "1.2.0" # keep in step
description = "A castle"
license = "MIT"
authors = ["Luna L. <luna@castle.example>", "Neville"]
readme = "README.md"
homepage = "https://castle.example"
keywords = ["owl"]
packages = [{ include = "castle", from = "src" }]

[tool.poetry.dependencies]
python = "^3.9" # all that live
# the boy
harry = "^1.2"
ron = { version = "~2.0", extras = ["chess"], markers = "sys_platform == 'linux'" } # friend
hermione = [
    { version = "<3", python = "<3.10" },
    { version = ">=3", python = ">=3.10" },
]
dobby = { git = "https://git.example/dobby.git", branch = "free" }
kreacher = { path = "../kreacher", develop = true }
luna = { version = "*", optional = true, allow-prereleases = true }
draco = { version = "1.*", source = "manor" }
# the rest comes later

[tool.poetry.extras]
moon = ["luna"]

[tool.poetry.group.dev.dependencies]
hedwig = "*"

[tool.poetry.group.docs]
optional = true

[tool.poetry.group.docs.dependencies]
owl = ">=1 <2"

[tool.poetry.scripts]
castle = "castle.cli:main"

[tool.poetry.plugins."castle.rooms"]
great = "castle.hall:Great"

[[tool.poetry.source]]
name = "manor"
url = "https://manor.example/simple"
priority = "explicit"

[tool.black]
line-length = 88 # wide

[tool.poe.tasks]
test = "pytest -q"
all = ["test", "lint"]
lint = { shell = "ruff check . | tee out" }

[build-system]
requires = ["poetry-core>=1.0.0"]
build-backend = "poetry.core.masonry.api"
"#;

#[test]
fn a_project_of_poetry() {
    let (text, remarks) = imported(&[("pyproject.toml", POETRY)]);
    assert_eq!(
        text,
        r#"# who we are
[project]
name = "Castle"
version = "1.2.0"  # keep in step
description = "A castle"
readme = "README.md"
license = { text = "MIT" }
authors = [
    { name = "Luna L.", email = "luna@castle.example" },
    { name = "Neville" },
]
requires-python = ">=3.9,<4.0"  # all that live
keywords = ["owl"]
dependencies = [
    # the boy
    "harry>=1.2,<2.0",
    "ron[chess]>=2.0,<2.1 ; sys_platform == 'linux'",  # friend
    "hermione<3 ; python_version < '3.10'",
    "hermione>=3 ; python_version >= '3.10'",
    "dobby",
    "kreacher",
    "draco==1.*",
    # the rest comes later
]

[project.optional-dependencies]
moon = [
    "luna",
]

[project.urls]
Homepage = "https://castle.example"

[project.scripts]
castle = "castle.cli:main"

[project.entry-points."castle.rooms"]
great = "castle.hall:Great"

[dependency-groups]
dev = [
    "hedwig",
]
docs = [
    "owl>=1,<2",
]

[tool.naja]
prerelease-package = { luna = "allow" }

[[tool.naja.index]]
name = "manor"
url = "https://manor.example/simple"
explicit = true

[tool.naja.sources]
dobby = { git = "https://git.example/dobby.git", branch = "free" }
kreacher = { path = "../kreacher", editable = true }
draco = { index = "manor" }

[tool.naja.tasks]
test = "pytest -q"
all = [{ task = "test" }, { task = "lint" }]
lint = { cmd = "ruff check . | tee out", shell = true }

[tool.poetry]
packages = [{ include = "castle", from = "src" }]

[tool.black]
line-length = 88 # wide

[tool.poe.tasks]
test = "pytest -q"
all = ["test", "lint"]
lint = { shell = "ruff check . | tee out" }

[build-system]
requires = ["poetry-core>=1.0.0"]
build-backend = "poetry.core.masonry.api"
"#
    );
    assert_eq!(remarks, Vec::<String>::new());
}

#[test]
fn what_poetry_has_and_nobody_else() {
    let text = "[tool.poetry]\nname = \"x\"\npackage-mode = false\nrequires-poetry = \">=2\"\n\n[tool.poetry.dependencies]\npython = \">=3.9\"\n\
                a = \"^1 || ^1.5.2\"\nb = \"^\"\nc = { version = \"1\", optional = true }\n\n[tool.poetry.dev-dependencies]\nd = \"*\"\n\n\
                [tool.poetry.group.lint.dependencies]\ne = { git = \"git@git.example:e/e.git\", tag = \"v1\", develop = true }\n";
    let (new, remarks) = imported(&[("pyproject.toml", text)]);
    assert!(
        new.contains("default-groups = [\"dev\", \"lint\"]"),
        "{new}"
    );
    assert!(
        new.contains("e = { git = \"ssh://git@git.example/e/e.git\", tag = \"v1\" }"),
        "{new}"
    );
    assert!(!new.contains("build-system"), "{new}");
    assert!(new.contains("version = \"0.1.0\""), "{new}");
    assert_eq!(
        remarks
            .iter()
            .map(|line| line.split(' ').next().unwrap())
            .collect::<Vec<_>>(),
        [
            "pyproject.toml:4",
            "pyproject.toml:9",
            "pyproject.toml:10",
            "pyproject.toml:16"
        ],
        "{remarks:?}"
    );
}

#[test]
fn a_project_of_poetry_2_keeps_its_project() {
    let text = "[project]\nname = \"x\"\nversion = \"1\"\ndependencies = [\n    \"harry (>=1,<2)\",  # him\n]\n\n\
                [tool.poetry]\npackages = [{ include = \"x\" }]\n\n[tool.poetry.dependencies]\nharry = { git = \"https://git.example/h\" }\n\n\
                [tool.poetry.group.test.dependencies]\nron = \"^1.0\" # chess\n";
    let (new, remarks) = imported(&[("pyproject.toml", text)]);
    assert_eq!(
        new,
        "[project]\nname = \"x\"\nversion = \"1\"\ndependencies = [\n    \"harry (>=1,<2)\",  # him\n]\n\n\
         [tool.poetry]\npackages = [{ include = \"x\" }]\n\n[dependency-groups]\ntest = [\n    \"ron>=1.0,<2.0\",  # chess\n]\n\n\
         [build-system]\nrequires = [\"poetry-core>=2.0,<3.0\"]\nbuild-backend = \"poetry.core.masonry.api\"\n\n\
         [tool.naja]\ndefault-groups = [\"test\"]\n\n[tool.naja.sources]\nharry = { git = \"https://git.example/h\" }\n"
    );
    assert_eq!(remarks, Vec::<String>::new());
}

#[test]
fn a_project_of_pdm() {
    let text = r#"[project]
name = "castle"
version = "1"
dependencies = ["harry>=1"]

[tool.pdm]
distribution = false

[tool.pdm.dev-dependencies]
test = ["ron>=2", "-e file:///${PROJECT_ROOT}/sub#egg=sub-pkg"]

[tool.pdm.scripts]
_ = { env_file = ".env" }
start = "flask run"
lint.shell = "ruff . | cat"
all = { composite = ["start", "lint"], env = { A = "1" } }
odd = { call = "mod:func('x')" }

[[tool.pdm.source]]
name = "pypi"
url = "https://index.example/simple"

[tool.pdm.resolution.overrides]
hedwig = "1.0"
"#;
    let (new, remarks) = imported(&[("pyproject.toml", text)]);
    assert_eq!(
        new,
        r#"[project]
name = "castle"
version = "1"
dependencies = ["harry>=1"]

[dependency-groups]
test = [
    "ron>=2",
    "sub-pkg",
]

[tool.naja]
default-groups = ["test"]
override-dependencies = [
    "hedwig==1.0",
]

[[tool.naja.index]]
name = "pypi"
url = "https://index.example/simple"
default = true

[tool.naja.sources]
sub-pkg = { path = "sub", editable = true }

[tool.naja.tasks]
start = "flask run"
lint = { cmd = "ruff . | cat", shell = true }
all = { steps = ["start", "lint"], env = { A = "1" } }
"#
    );
    assert_eq!(remarks.len(), 2, "{remarks:?}");
}

#[test]
fn a_pipfile() {
    let text = r#"[[source]]
url = "https://index.example/simple"
verify_ssl = true
name = "pypi"

[[source]]
url = "https://u:p@manor.example/simple"
verify_ssl = false
name = "manor"

[packages]
harry = "*" # him
ron = {version = "~=1.0", extras = ["chess"], sys_platform = "== 'win32'", index = "manor"}
dobby = {git = "https://git.example/dobby", ref = "v1", editable = true}
me = {path = ".", editable = true}

[dev-packages]
hedwig = ">=1"

[requires]
python_version = "3.11"

[scripts]
serve = "python -m castle"
"#;
    let (new, remarks) = imported(&[("Pipfile", text), ("Pipfile.lock", "{}")]);
    assert_eq!(
        new,
        r#"[project]
name = "my-castle"
version = "0.1.0"
requires-python = "==3.11.*"
dependencies = [
    "harry",  # him
    "ron[chess]~=1.0 ; sys_platform == 'win32'",
    "dobby",
    "me",
]

[dependency-groups]
dev = [
    "hedwig>=1",
]

[[tool.naja.index]]
name = "manor"
url = "https://manor.example/simple"
explicit = true

[tool.naja.sources]
ron = { index = "manor" }
dobby = { git = "https://git.example/dobby", rev = "v1" }
me = { path = ".", editable = true }

[tool.naja.tasks]
serve = "python -m castle"
"#
    );
    assert_eq!(remarks.len(), 3, "{remarks:?}");
    assert!(remarks[0].starts_with("Pipfile:6 "), "{remarks:?}");
    assert!(
        remarks.iter().all(|remark| !remark.contains("u:p")),
        "{remarks:?}"
    );
}

#[test]
fn requirements_files_and_what_they_include() {
    let (new, remarks) = imported(&[
        (
            "requirements.in",
            "-i https://u:p@index.example/simple\n-c limits.txt\nharry>=1  # him\nron ; python_version < '3.12'\n-e .\n./elsewhere\n",
        ),
        ("requirements.txt", "harry==1.5\nron==2.0\n"),
        ("limits.txt", "hedwig<2\n"),
        (
            "requirements-dev.txt",
            "-r requirements.in\nowl==1.0 --hash=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n",
        ),
        (
            "test-requirements.txt",
            "dobby @ git+https://git.example/dobby@v1\n",
        ),
    ]);
    assert_eq!(
        new,
        r#"[project]
name = "my-castle"
version = "0.1.0"
dependencies = [
    "harry>=1",
    "ron ; python_version < '3.12'",
]

[dependency-groups]
dev = [
    "owl==1.0",
]
test = [
    "dobby",
]

[tool.naja]
constraint-dependencies = [
    "hedwig<2",
]

[[tool.naja.index]]
url = "https://index.example/simple"
default = true

[tool.naja.sources]
dobby = { git = "https://git.example/dobby", rev = "v1" }
"#
    );
    assert!(
        remarks
            .iter()
            .any(|line| line.contains("requirements.in:6")),
        "{remarks:?}"
    );
    assert!(
        remarks.iter().all(|line| !line.contains("u:p@")),
        "{remarks:?}"
    );
}

#[test]
fn setup_py_is_read_and_not_run() {
    let text = r#"
import os
from setuptools import setup, find_packages

REQUIRES = [
    "harry>=1",  # him
    'ron[chess] >= 2; sys_platform == "win32"',
]
version = open("VERSION").read()

def helper():
    setup_other("x")

setup(
    name="castle",
    version=version,
    description="A " 'castle',
    author="Luna", author_email="luna@castle.example",
    packages=find_packages("src"),
    python_requires=">=3.8",
    install_requires=REQUIRES,
    extras_require={"dev": ["hedwig"], ":python_version<'3.9'": ["old"], "all": REQUIRES + ["x"]},
    entry_points={"console_scripts": ["castle = castle.cli:main"]},
    obsoletes=os.listdir("/"),
    **extra,
)
"#;
    let (new, remarks) = imported(&[("setup.py", text), ("README.rst", "")]);
    assert_eq!(
        new,
        r#"[project]
name = "castle"
description = "A castle"
readme = "README.rst"
authors = [
    { name = "Luna", email = "luna@castle.example" },
]
requires-python = ">=3.8"
dynamic = ["optional-dependencies", "version"]
dependencies = [
    "harry>=1",
    'ron[chess] >= 2; sys_platform == "win32"',
]

[project.scripts]
castle = "castle.cli:main"

[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"
"#
    );
    let lines: Vec<&str> = remarks
        .iter()
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    assert_eq!(
        lines,
        ["setup.py:22", "setup.py:24", "setup.py:25"],
        "{remarks:?}"
    );
}

#[test]
fn a_setup_cfg() {
    let text = "[metadata]\nname = castle\nversion = attr: castle.__version__\nauthor = Luna\nlong_description = file: README.md\n\
                classifiers =\n    Programming Language :: Python :: 3\n\n[options]\npython_requires = >=3.8\ninstall_requires =\n    harry>=1\n    # no\n    ron; python_version<'3.9'\n\
                tests_require = x\n\n[options.extras_require]\nmoon = luna\n\n[options.entry_points]\nconsole_scripts =\n    castle = castle:main\n\n[flake8]\nmax = 1\n";
    let (new, remarks) = imported(&[
        ("setup.cfg", text),
        ("setup.py", "from setuptools import setup\nsetup()\n"),
    ]);
    for part in [
        "name = \"castle\"",
        "dynamic = [\"version\"]",
        "readme = \"README.md\"",
        "    \"harry>=1\",\n    \"ron; python_version<'3.9'\",\n]",
        "moon = [\n    \"luna\",\n]",
        "castle = \"castle:main\"",
        "\"Programming Language :: Python :: 3\"",
    ] {
        assert!(new.contains(part), "{part}: {new}");
    }
    assert_eq!(remarks.len(), 1, "{remarks:?}");
}

#[test]
fn an_environment_of_conda() {
    let text = "name: castle\nchannels:\n  - conda-forge\n  - manor\ndependencies:\n  - python=3.11\n  - numpy=1.26  # sums\n  - conda-forge::pandas>=2,<3\n\
                - pytorch==2.1.0=py3_cuda\n  - ffmpeg\n  - pip\n  - pip:\n    - harry==1.0\n    - git+https://git.example/x\n  - scipy\nprefix: /x\n";
    let import = of(&[("environment.yml", text)], None).unwrap();
    let new = import.text().unwrap();
    assert!(
        new.contains("dependencies = [\n    \"numpy==1.26.*\",\n    \"pandas>=2,<3\",\n    \"torch==2.1.0\",\n    \"harry==1.0\",\n    \"scipy\",\n]"),
        "{new}"
    );
    assert!(new.contains("requires-python = \"==3.11.*\""), "{new}");
    let unsure: Vec<&str> = import.unsure.iter().map(PackageName::as_str).collect();
    assert_eq!(unsure, ["numpy", "pandas", "torch", "scipy"]);
    assert_eq!(import.remarks().len(), 3, "{:?}", import.remarks());
    let mut import = import;
    import.leave_out(&unsure_name("scipy"), "is not on PyPI");
    assert!(!import.text().unwrap().contains("scipy"));
}

fn unsure_name(name: &str) -> PackageName {
    PackageName::parse(name).unwrap()
}

#[test]
fn what_cannot_be_read_says_where() {
    for (files, line, words) in [
        (
            &[("pyproject.toml", "[tool.poetry]\nname = \"x\"\n\n= 1\n")][..],
            0,
            "no project",
        ),
        (&[("Pipfile", "[packages]\nx = \n")], 2, ""),
        (&[("main.py", "")], 0, "no project of Poetry"),
    ] {
        let error = of(files, None).unwrap_err();
        assert_eq!(error.line, line, "{error}");
        assert!(error.message.contains(words), "{error}");
    }
    let error = of(
        &[("pyproject.toml", "[tool.poetry]\n= 1\n")],
        Some("pyproject.toml"),
    )
    .unwrap_err();
    assert_eq!(error.line, 2, "{error}");
}

#[test]
fn line_ends_marks_and_other_tables_stay() {
    let text = POETRY.replace('\n', "\r\n");
    let (new, _) = imported(&[("pyproject.toml", &format!("\u{feff}{text}"))]);
    assert!(new.starts_with('\u{feff}'));
    assert_eq!(new.matches('\n').count(), new.matches("\r\n").count());
    let own = format!("{POETRY}\n[tool.naja]\nresolution = \"lowest\" # mine\n");
    let (new, _) = imported(&[("pyproject.toml", &own)]);
    assert!(new.contains("resolution = \"lowest\" # mine"), "{new}");
    assert!(new.contains("draco = { index = \"manor\" }"), "{new}");
    assert_eq!(new.matches("[tool.naja]").count(), 1, "{new}");
}

#[test]
fn everything_is_taken_apart_without_panics() {
    let deep = "[".repeat(3000);
    for text in [
        "",
        "\"",
        "'''",
        "[",
        "a = \"\"\"",
        "[a]\nb = [",
        deep.as_str(),
        "setup(",
        "setup(a=(((",
        "setup('\\",
        "setup(]",
        "setup(a=1}, ]], b=[)",
        "A = [\nB = [\nsetup(A)",
    ] {
        for name in [
            "pyproject.toml",
            "Pipfile",
            "setup.py",
            "setup.cfg",
            "environment.yml",
            "requirements.txt",
        ] {
            if let Ok(import) = of(&[(name, text)], Some(name)) {
                let _text = import.text();
            }
        }
    }
}
