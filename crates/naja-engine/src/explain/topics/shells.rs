//! Topics about shells: what is active, and what runs.

use std::path::{Path, PathBuf};

use super::super::facts::{Facts, PathFact};
use super::super::page::Page;
use super::no_env;

/// So many entries of `PATH` are shown.
const PATH_SHOWN: usize = 9;

pub(super) fn activate(facts: &Facts) -> Page {
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

pub(super) fn path(facts: &Facts) -> Page {
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

pub(super) fn env_vars(facts: &Facts) -> Page {
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

pub(super) fn wrong_python(facts: &Facts) -> Page {
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
