//! The topics. Each fits on a screen.

mod packages;
mod shells;

use std::path::{Path, PathBuf};

use naja_python::EnvironmentOrigin;

use super::Topic;
use super::facts::{EnvFacts, Facts};
use super::mermaid;
use super::page::Page;

/// The page of a topic.
pub(super) fn page(topic: Topic, facts: &Facts) -> Page {
    match topic.name {
        "harry" => harry(facts),
        "activate" => shells::activate(facts),
        "path" => shells::path(facts),
        "env-vars" => shells::env_vars(facts),
        "install" => packages::install(facts),
        "requirements" => packages::requirements(facts),
        "lock" => packages::lock(facts),
        "index" => packages::index(facts),
        "where" => places(facts),
        "wrong-python" => shells::wrong_python(facts),
        _ => venv(facts),
    }
}

impl Facts {
    /// A path for people: below the home directory with `~`.
    fn shown(&self, path: &Path) -> String {
        let home = self
            .home
            .as_deref()
            .filter(|home| home.components().count() > 1);
        match home.and_then(|home| path.strip_prefix(home).ok()) {
            Some(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
            Some(rest) => format!("~{}{}", std::path::MAIN_SEPARATOR, rest.display()),
            None => path.display().to_string(),
        }
    }

    fn maybe(&self, path: Option<&PathBuf>) -> String {
        path.map_or_else(|| "none".to_owned(), |path| self.shown(path))
    }

    fn bin(&self) -> &'static str {
        if self.windows { "Scripts" } else { "bin" }
    }

    /// Whether the environment that is worked on is the one that this shell has activated.
    fn is_active(&self) -> bool {
        let env = self.env.as_ref().map(|env| &env.root);
        env.is_some() && env == self.active.as_ref()
    }

    /// What to type to activate.
    fn activation(&self, root: &str) -> String {
        if self.windows {
            return format!("{root}\\Scripts\\activate");
        }
        match self.shell.as_deref() {
            Some("fish") => format!("source {root}/bin/activate.fish"),
            Some("csh" | "tcsh") => format!("source {root}/bin/activate.csh"),
            Some("nu") => format!("overlay use {root}/bin/activate.nu"),
            Some("pwsh") => format!(". {root}/bin/activate.ps1"),
            Some("sh" | "dash" | "ksh") => format!(". {root}/bin/activate"),
            _ => format!("source {root}/bin/activate"),
        }
    }
}

fn no_env(facts: &Facts) -> String {
    format!(
        "There is no environment in {} or above it, and none is active: `naja venv` makes one here.",
        facts.shown(&facts.cwd)
    )
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn venv(facts: &Facts) -> Page {
    let page = Page::new("A virtual environment is a directory").words(
        "It holds a `python` that looks for packages in this directory, and not where all other \
         programs of the machine look for theirs. One for each project, and no project can disturb \
         another (`naja explain harry`). Delete the directory and it is gone; nothing else changes.",
    );
    let bin = facts.bin();
    let (page, version) = match &facts.env {
        Some(env) => (
            page.values(vec![
                ("Yours", facts.shown(&env.root)),
                ("Python", env.version.clone()),
                ("made from", facts.shown(&env.base)),
                ("packages", counted(env.packages, "package", "packages")),
            ]),
            short(&env.version),
        ),
        None => (page.words(no_env(facts)), "3.x".to_owned()),
    };
    let lib = if facts.windows {
        "Lib\\site-packages".to_owned()
    } else {
        format!("lib/python{version}/site-packages")
    };
    page.words("What is in it:")
        .picture(&format!(
            ".venv\n├── pyvenv.cfg                      which Python it was made from\n\
             ├── .gitignore                      `*`: git leaves everything in here out\n\
             ├── {bin:<32}python, activate, the programs of packages\n└── {lib:<32}the packages",
        ))
        .words(
            "When this `python` starts, it finds `pyvenv.cfg` beside itself or one directory up. It \
             takes Python itself from the place that is named there, and packages from here.",
        )
        .commands(&[
            ("naja venv", "makes `.venv` in this directory, once for a project"),
            ("naja run main.py", "runs a program with it, activated or not"),
            ("python -m venv .venv", "the same without naja, with pip in it"),
        ])
        .chart(venv_chart(facts))
        .more(&["activate", "where", "harry"])
}

fn venv_chart(facts: &Facts) -> String {
    let (base, packages) = match &facts.env {
        Some(env) => (
            facts.shown(&env.base),
            counted(env.packages, "package", "packages"),
        ),
        None => ("a Python of the machine".to_owned(), "packages".to_owned()),
    };
    format!(
        "flowchart LR\n    base[\"{}\"]\n    subgraph venv[\".venv\"]\n        \
         python(python) -->|looks here for packages| site[\"{packages}\"]\n    end\n    \
         python -->|takes Python itself from| base\n",
        mermaid::label(&base)
    )
}

/// `3.12` of `3.12.4`.
fn short(version: &str) -> String {
    version.splitn(3, '.').take(2).collect::<Vec<_>>().join(".")
}

fn harry(facts: &Facts) -> Page {
    let here = match &facts.env {
        Some(env) => format!(
            "The environment here, {}, has a Python {} and {} of its own.",
            facts.shown(&env.root),
            env.version,
            counted(env.packages, "package", "packages")
        ),
        None => no_env(facts),
    };
    Page::new("Two projects, one package, two versions")
        .words(
            "`philosophers-stone` works with `harry` 1 only. A year later `prisoner-of-azkaban` is \
             written for `harry` 3. A directory of packages can hold one of them.",
        )
        .picture(
            r"
  one environment for both               an environment for each

  philosophers-stone                     philosophers-stone
        │ needs harry 1                        │ needs harry 1
        ▼                                ┌─ .venv ───▼─────────┐
  ┌───────────┐                          │  harry 1         ✓  │
  │  harry ?  │  1 or 3: whoever         └─────────────────────┘
  └───────────┘  installs last wins,     ┌─ .venv ─────────────┐
        ▲        the other breaks        │  harry 3         ✓  │
        │ needs harry 3                  └───▲─────────────────┘
  prisoner-of-azkaban                        │ needs harry 3
                                         prisoner-of-azkaban
",
        )
        .words(
            "With an environment in each project both run, in any order, and neither knows of the \
             other. It costs little: files that two environments share are on the disk once. If one \
             project needs both versions at once, no environment helps: naja refuses, and names who \
             asks for what.",
        )
        .words(here)
        .commands(&[
            ("naja why harry", "who needs it here, and in which versions"),
            ("naja pip check", "whether what is installed fits together"),
        ])
        .chart(mermaid::HARRY)
        .more(&["venv", "install", "lock"])
}

fn places(facts: &Facts) -> Page {
    let page = Page::new("Where everything is");
    let mut rows = vec![("this directory", facts.shown(&facts.cwd))];
    if let Some(env) = &facts.env {
        rows.extend(env_rows(facts, env));
    }
    let page = page.values(rows);
    let page = if facts.env.is_none() {
        page.words(no_env(facts))
    } else {
        page
    };
    let mut rows = vec![("cache", facts.shown(&facts.cache))];
    if let Some(data) = &facts.data {
        rows.push(("data", facts.shown(data)));
    }
    rows.push(("python on PATH", facts.maybe(facts.python.as_ref())));
    rows.push(("pip on PATH", facts.maybe(facts.pip.as_ref())));
    page.values(rows)
        .words(
            "Packages are in the environment, as links to files of the cache where the disk allows. The \
             cache can be deleted at any time: what is installed stays, and the rest comes again. An \
             installed package is a directory of modules and a `.dist-info` directory that says what it \
             is and which files it has.",
        )
        .commands(&[
            ("naja pip show -f harry", "the files of one package"),
            ("naja size", "how large everything is"),
            ("naja cache size", "how large the cache is"),
            ("python -m site", "what Python itself says"),
        ])
        .more(&["venv", "install", "path"])
}

fn env_rows(facts: &Facts, env: &EnvFacts) -> Vec<(&'static str, String)> {
    let origin = match facts.origin {
        Some(EnvironmentOrigin::VirtualEnv) => "it is active",
        Some(EnvironmentOrigin::Conda) => "it is active, of conda",
        Some(EnvironmentOrigin::Inside) => "you are in it",
        _ => "the nearest one",
    };
    let packages = counted(env.packages, "package", "packages");
    let mut rows = vec![
        (
            "environment",
            format!("{}  ({origin})", facts.shown(&env.root)),
        ),
        (
            "its python",
            format!("{}  ({})", facts.shown(&env.python), env.version),
        ),
        ("made from", facts.shown(&env.base)),
        ("packages in", facts.shown(&env.packages_dir)),
        ("", format!("{packages}, {} asked for by name", env.asked)),
        ("programs in", facts.shown(&env.programs_dir)),
    ];
    if env.sees_base {
        rows.push((
            "sees also",
            "the packages of the Python it was made from".to_owned(),
        ));
    }
    rows
}
