//! The topics. Each fits on a screen.

use std::path::{Path, PathBuf};

use naja_python::EnvironmentOrigin;

use super::Topic;
use super::facts::{EnvFacts, Facts, PathFact};
use super::mermaid;
use super::page::Page;

/// So many entries of `PATH` are shown.
const PATH_SHOWN: usize = 9;

/// The page of a topic.
pub(super) fn page(topic: Topic, facts: &Facts) -> Page {
    match topic.name {
        "harry" => harry(facts),
        "activate" => activate(facts),
        "path" => path(facts),
        "env-vars" => env_vars(facts),
        "install" => install(facts),
        "requirements" => requirements(facts),
        "lock" => lock(facts),
        "index" => index(facts),
        "where" => places(facts),
        "wrong-python" => wrong_python(facts),
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

fn activate(facts: &Facts) -> Page {
    let bin = facts.bin();
    let page = Page::new("Activating changes variables of one shell").words(
        "Nothing happens on the disk, and other windows are not concerned. The script puts the \
         programs of the environment first on `PATH`, so that `python` means its `python`. \
         `deactivate`, or closing the window, ends it.",
    );
    let Some(env) = &facts.env else {
        return page.words(no_env(facts)).more(&["venv", "path"]);
    };
    let root = env.root.clone();
    let is = |name: &str| {
        let mut variables = facts.variables.iter();
        let value = variables.find(|(known, _)| known == name);
        match value.and_then(|(_, value)| value.as_deref()) {
            Some("") => "empty".to_owned(),
            Some(value) => facts.shown(Path::new(value)),
            None => "not set".to_owned(),
        }
    };
    let first = facts.path.first().map(|entry| facts.shown(&entry.dir));
    let state = if facts.is_active() {
        "It is active in this shell.".to_owned()
    } else if let Some(active) = &facts.active {
        format!(
            "Active in this shell is another one: {}.",
            facts.shown(active)
        )
    } else {
        "It is not active in this shell.".to_owned()
    };
    let shown = facts.shown(&root);
    let relative = root
        .strip_prefix(&facts.cwd)
        .map_or(shown.clone(), |root| root.display().to_string());
    let command = facts.activation(&relative);
    page.words(format!("Your environment is {shown}. {state}"))
        .words("What the script sets, and what there is now:")
        .values(vec![
            (
                "VIRTUAL_ENV",
                format!("{shown}  (now: {})", is("VIRTUAL_ENV")),
            ),
            (
                "PATH, first",
                format!(
                    "{shown}{}{bin}  (now: {})",
                    std::path::MAIN_SEPARATOR,
                    first.unwrap_or_else(|| "empty".to_owned())
                ),
            ),
            (
                "PYTHONHOME",
                format!("taken away  (now: {})", is("PYTHONHOME")),
            ),
            (
                "the prompt",
                format!("({}) in front", prompt(&facts.cwd, &root)),
            ),
        ])
        .commands(&[
            (&command, "activates"),
            ("deactivate", "puts everything back"),
            ("naja shell", "a new shell with it active; `exit` leaves it"),
            ("naja run CMD", "one command with it; nothing to activate"),
            ("naja hook --help", "activate by entering the directory"),
        ])
        .words(
            "`naja pip` and `naja run` find the environment of a directory by themselves: activate \
             only where you want to type `python`.",
        )
        .more(&["path", "env-vars", "wrong-python"])
}

/// What the prompt shows: the name of the project.
fn prompt(cwd: &Path, root: &Path) -> String {
    let named = match root.file_name() {
        Some(name) if name == ".venv" || name == "venv" => root.parent().unwrap_or(cwd),
        _ => root,
    };
    let name = named.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn path(facts: &Facts) -> Page {
    let mut lines = Vec::new();
    let noted: Vec<usize> = (0..facts.path.len())
        .filter(|at| *at < PATH_SHOWN - 3 || !facts.path[*at].runs.is_empty())
        .take(PATH_SHOWN)
        .collect();
    let dirs: Vec<String> = facts
        .path
        .iter()
        .map(|entry| facts.shown(&entry.dir))
        .collect();
    let width = noted
        .iter()
        .map(|at| dirs[*at].chars().count())
        .max()
        .unwrap_or(0);
    let mut last = None;
    for at in noted {
        if last.is_some_and(|last| last + 1 != at) {
            lines.push("    ⋮".to_owned());
        }
        last = Some(at);
        let words = entry_words(&facts.path[at]);
        let line = format!("{:>3}  {:<width$}  {words}", at + 1, dirs[at]);
        lines.push(line.trim_end().to_owned());
    }
    let left = facts.path.len() - last.map_or(0, |last| last + 1);
    if left > 0 {
        lines.push(format!("     and {left} more"));
    }
    let page = Page::new("PATH: which python runs")
        .words(
            "A shell that is told `python` goes through the directories of the variable `PATH`, \
             from the first to the last, and runs the first `python` it finds. Yours, in order:",
        )
        .picture(&lines.join("\n"))
        .words(verdict(facts))
        .words(
            "Shells remember where they found a program. After something changed, `hash -r` (bash, \
             zsh: `rehash`) makes them look again.",
        );
    page.commands(&[
        ("type -a python", "all of them, in the order of `PATH`"),
        ("naja status", "the same walk, with what it means here"),
        ("naja python list", "all Pythons of this machine"),
    ])
    .more(&["activate", "wrong-python"])
}

fn entry_words(entry: &PathFact) -> String {
    let mut words = Vec::new();
    if !entry.runs.is_empty() {
        words.push(format!("◀ {}", entry.runs.join(", ")));
    }
    if !entry.hidden.is_empty() {
        words.push(format!("({})", entry.hidden.join(", ")));
    }
    if let Some(whose) = entry.whose {
        words.push(format!("of {whose}"));
    }
    words.join("  ")
}

/// Whether what runs is what this directory has.
fn verdict(facts: &Facts) -> String {
    let Some(python) = &facts.python else {
        return "No directory of `PATH` has a `python`. `naja run python` starts that of the \
                environment all the same."
            .to_owned();
    };
    let runs = format!("`python` is {}.", facts.shown(python));
    match &facts.env {
        Some(env) if python.starts_with(&env.root) => {
            format!("{runs} That is the one of your environment.")
        }
        Some(env) => format!(
            "{runs} Your environment has another one, {}: it is not active.",
            facts.shown(&env.python)
        ),
        None => format!("{runs} It belongs to no environment that naja sees from here."),
    }
}

fn env_vars(facts: &Facts) -> Page {
    let meaning = |name: &str| match name {
        "VIRTUAL_ENV" => "the environment that was activated",
        "VIRTUAL_ENV_PROMPT" => "its name in the prompt",
        "CONDA_PREFIX" => "the same, of conda",
        "PYTHONHOME" => "another place of Python itself; breaks environments",
        "PYTHONPATH" => "more places of modules, before all packages",
        "PIP_INDEX_URL" => "where pip, and `naja pip`, get packages",
        "NAJA_DEFAULT_INDEX" => "where naja gets packages",
        "NAJA_CACHE_DIR" => "where naja keeps what it downloaded",
        _ => "",
    };
    let first = facts.path.first().map(|entry| facts.shown(&entry.dir));
    let mut rows: Vec<(&str, String)> = vec![(
        "PATH",
        format!(
            "{} entries, first {}",
            facts.path.len(),
            first.unwrap_or_else(|| "none".to_owned())
        ),
    )];
    for (name, value) in &facts.variables {
        let value = match value.as_deref() {
            None => "not set".to_owned(),
            Some("") => "empty".to_owned(),
            Some(value) => facts.shown(Path::new(value)),
        };
        rows.push((name, format!("{value}  ({})", meaning(name))));
    }
    let mut page = Page::new("Environment variables are not virtual environments")
        .words(
            "An environment variable is a named text that every program gets from the one that \
             starts it. A virtual environment is a directory with Python packages. They meet in one \
             place: activating an environment sets variables (`naja explain activate`).",
        )
        .words("In the shell that started naja:")
        .values(rows);
    let set = |name: &str| {
        let mut variables = facts.variables.iter();
        variables.any(|(known, value)| {
            known == name && value.as_deref().is_some_and(|value| !value.is_empty())
        })
    };
    if set("PYTHONHOME") {
        page = page.words("`PYTHONHOME` is set: environments take their standard library from there. `unset PYTHONHOME`.");
    }
    if set("PYTHONPATH") {
        page = page.words("`PYTHONPATH` is set: modules from there hide packages of the environment with the same name.");
    }
    page.commands(&[
        (
            "echo \"$VIRTUAL_ENV\"",
            "one of them (PowerShell: `$Env:VIRTUAL_ENV`)",
        ),
        (
            "export NAME=value",
            "sets one for this shell and what it starts",
        ),
        (
            "naja run --env-file .env CMD",
            "sets those of a file for one command",
        ),
    ])
    .more(&["activate", "path"])
}

fn install(facts: &Facts) -> Page {
    let index = facts
        .indexes
        .first()
        .cloned()
        .unwrap_or_else(|| "no index is set".to_owned());
    let (site, bin) = match &facts.env {
        Some(env) => (
            facts.shown(&env.packages_dir),
            facts.shown(&env.programs_dir),
        ),
        None => (
            "site-packages of the environment".to_owned(),
            facts.bin().to_owned(),
        ),
    };
    let mut page = Page::new("What happens when a package is installed")
        .words("`naja pip install fastapi` does what you could do by hand, in this order:")
        .picture(
            "1  find the environment: the active one, else the nearest `.venv`\n\
             2  look what is there; if that is enough, stop\n\
             3  ask the index which versions there are, and what each of them needs\n\
             4  choose one version of everything, so that all requirements agree\n\
             5  download the wheels (zip files) that the cache has not, compare hashes\n\
             6  put their files into the environment, as links to the cache\n\
             7  write the programs, and a list of all files (RECORD) for removing them",
        )
        .words(
            "Everything that can fail comes before 6, and 6 and 7 happen as a whole: interrupted at \
             any moment, the environment is the old one or the new one.",
        )
        .values(vec![
            ("index", index),
            ("cache", facts.shown(&facts.cache)),
            ("files go to", site),
            ("programs to", bin),
        ]);
    if facts.env.is_none() {
        page = page.words(no_env(facts));
    }
    page.commands(&[
        (
            "naja pip install --explain harry",
            "installs, and tells what it did",
        ),
        (
            "naja pip install --dry-run --explain harry",
            "what it would do",
        ),
        (
            "naja pip uninstall harry",
            "removes the files that RECORD lists",
        ),
    ])
    .more(&["index", "requirements", "where"])
}

fn requirements(facts: &Facts) -> Page {
    let files = facts.files.iter().filter(|name| !name.contains("lock"));
    let here: Vec<&str> = files.copied().collect();
    let here = if here.is_empty() {
        format!(
            "In {} there is no file with requirements yet.",
            facts.shown(&facts.cwd)
        )
    } else {
        format!(
            "In {} there is: {}.",
            facts.shown(&facts.cwd),
            here.join(", ")
        )
    };
    Page::new("Requirements: what a project needs, written down")
        .words(
            "A requirement is the name of a package and which versions of it will do. A file of them \
             brings everybody the same packages, and you too, next year.",
        )
        .commands(&[
            ("harry", "any version; the newest is taken"),
            ("harry>=1.2,<2", "at least 1.2, and below 2"),
            ("harry~=1.4", "1.4 or newer, and below 2"),
            ("harry==1.4.2", "exactly this version"),
            ("harry[wand]", "with its extra `wand`: more packages for more features"),
            ("tomli ; python_version < \"3.11\"", "only for older Pythons"),
            ("harry @ https://host/harry-1.whl", "from an address instead of an index"),
        ])
        .words(
            "Write what you import yourself, loosely, into `requirements.txt`, a line each, or under \
             `[project] dependencies` in `pyproject.toml`. What those need comes by itself, and what \
             exactly was taken belongs into a lock (`naja explain lock`).",
        )
        .words(here)
        .commands(&[
            ("naja pip install -r requirements.txt", "installs them"),
            ("naja pip freeze", "what is installed now, as requirements"),
            ("naja pip check", "whether what is installed meets them all"),
        ])
        .more(&["lock", "install"])
}

fn lock(facts: &Facts) -> Page {
    let locks: Vec<&str> = facts
        .files
        .iter()
        .filter(|name| name.contains("lock"))
        .copied()
        .collect();
    let here = match locks.as_slice() {
        [] => format!("In {} there is no lock file.", facts.shown(&facts.cwd)),
        locks => format!(
            "In {} there is: {}.",
            facts.shown(&facts.cwd),
            locks.join(", ")
        ),
    };
    Page::new("A lock: the same versions again")
        .words(
            "`fastapi` in a list of requirements means another version next month, and the packages \
             that it needs move, too. A lock names the exact version and the hash of every one of \
             them: what worked today is what is installed tomorrow, on the server, by a colleague.",
        )
        .picture(
            "requirements.in    what you want, a few lines:        fastapi>=0.110\n\
             \u{20}       │ naja pip compile\n\
             \u{20}       ▼\n\
             pylock.toml        what that means, every package:    fastapi 0.115.0 sha256:…\n\
             \u{20}       │ naja pip sync                               starlette 0.38.6 sha256:…\n\
             \u{20}       ▼\n\
             .venv              exactly that, and nothing else",
        )
        .words(
            "You change the first file, naja writes the second, and both belong into git. To get newer \
             versions, compile again with `--upgrade`: nothing moves by accident.",
        )
        .words(here)
        .commands(&[
            ("naja lock, naja sync", "the same for a project (`naja add`)"),
            ("naja pip compile requirements.in -o pylock.toml", "writes the lock"),
            ("naja pip sync pylock.toml", "makes the environment that"),
            ("naja verify", "whether the files are those that were installed"),
        ])
        .more(&["requirements", "harry"])
}

fn index(facts: &Facts) -> Page {
    let page = Page::new("An index: where packages come from").words(
        "An index is a web server with a page for each package, and on the page the files of all its \
         versions with their hashes. Without settings it is PyPI, where anybody may publish; companies \
         have their own. naja reads the page, downloads one file, and compares its hash.",
    );
    let page = if facts.indexes.is_empty() {
        page.words(
            "No index is set, and this naja knows none by itself: name one with `--default-index`.",
        )
    } else {
        let place = |at: usize| if at == 0 { "asked first" } else { "then" };
        let rows = facts.indexes.iter().take(6).enumerate();
        page.words("The places that are asked here, in order:")
            .values(
                rows.map(|(at, address)| (place(at), address.clone()))
                    .collect(),
            )
    };
    let several = if facts.first_index {
        "With several, the first that has the name at all decides: a package of your company cannot be \
         replaced by one of the same name elsewhere."
    } else {
        "With several, your setting `index-strategy` lets all of them offer versions: whoever can publish \
         on one of them can replace a package of another."
    };
    page.words(format!(
        "{several} What was read is kept, so the second time is faster, and `--offline` works with what \
         is kept."
    ))
    .values(vec![("kept in", facts.shown(&facts.cache))])
    .commands(&[
        ("naja pip index versions harry", "the versions there are"),
        ("naja pip install --index URL harry", "asks one more index first"),
        ("naja auth login HOST", "a name and password for one"),
        ("naja pip config list", "what is set, and where"),
    ])
    .more(&["install", "requirements"])
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
    let packages = format!(
        "{}  ({}, {} asked for by name)",
        facts.shown(&env.packages_dir),
        counted(env.packages, "package", "packages"),
        env.asked
    );
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
        ("packages", packages),
        ("programs", facts.shown(&env.programs_dir)),
    ];
    if env.sees_base {
        rows.push((
            "sees also",
            "the packages of the Python it was made from".to_owned(),
        ));
    }
    rows
}

fn wrong_python(facts: &Facts) -> Page {
    let mut rows = vec![
        ("`python` runs", facts.maybe(facts.python.as_ref())),
        ("`pip` runs", facts.maybe(facts.pip.as_ref())),
        ("active", facts.maybe(facts.active.as_ref())),
    ];
    let here = facts.nearby.as_ref();
    rows.push(("of this directory", facts.maybe(here)));
    let fits = |root: &PathBuf| {
        facts
            .python
            .as_ref()
            .is_some_and(|python| python.starts_with(root))
    };
    let (said, command) = match (here, &facts.active) {
        (Some(root), _) if fits(root) => (
            "That fits: `python` is that of this directory's environment. If modules are missing, they \
             are not installed in it."
                .to_owned(),
            None,
        ),
        (Some(root), Some(active)) if active != root => (
            format!(
                "The environment of another place is active, {}. Activate the one from here:",
                facts.shown(active)
            ),
            Some(facts.activation(&facts.shown(root))),
        ),
        (Some(root), Some(_)) => (
            "The environment is active, and another directory stands before it on `PATH`, or your \
             shell remembers an older place. Activate again:"
                .to_owned(),
            Some(facts.activation(&facts.shown(root))),
        ),
        (Some(root), None) => (
            "This directory has an environment, and it is not active:".to_owned(),
            Some(facts.activation(&facts.shown(root))),
        ),
        (None, Some(active)) => (
            format!(
                "An environment from elsewhere is active, {}; this directory has none. `deactivate`, \
                 then make one:",
                facts.shown(active)
            ),
            Some("naja venv".to_owned()),
        ),
        (None, None) => (no_env(facts), Some("naja venv".to_owned())),
    };
    let page = Page::new("When the wrong Python runs")
        .words(
            "`ModuleNotFoundError` for something that you did install nearly always means: it was \
             installed for one Python, and another one runs.",
        )
        .values(rows)
        .words(said);
    let page = match &command {
        Some(command) => page.commands(&[(command, "")]),
        None => page,
    };
    page.words("Otherwise, from the likeliest on:")
        .picture(
            "the shell remembers an old place       hash -r     (zsh: rehash)\n\
             `python` is an alias or a function     type python\n\
             `pip` belongs to another Python        naja pip install, or python -m pip\n\
             the editor has chosen another one      choose .venv in it: `naja doctor` says how\n\
             the environment was moved or broke     naja doctor --fix",
        )
        .commands(&[
            ("naja run python main.py", "never mistakes the environment"),
            ("naja status", "everything that plays a part"),
        ])
        .more(&["path", "activate"])
}
