//! Commands that other tools have, and what does the same here.

use std::ffi::OsString;

use anstyle::{AnsiColor, Style};
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::words;

const GREEN: Style = AnsiColor::Green.on_default();

/// Words after `naja` or after the name of a group, and what is said to them.
const KNOWN: [(&str, &str); 17] = [
    (
        "audit",
        "naja looks for no known vulnerabilities; `naja export --format cyclonedx1.5` is for tools that do",
    ),
    ("build", "`naja pip wheel .` builds a wheel"),
    (
        "exec",
        "`naja run COMMAND` runs a program of the environment",
    ),
    (
        "install",
        "`naja sync` installs a project, `naja add NAME` adds to one, `naja pip install NAME` needs none",
    ),
    ("new", "`naja init NAME` makes a project"),
    (
        "publish",
        "naja uploads nothing; `naja run --with twine twine upload FILE` does",
    ),
    (
        "python install",
        "naja downloads no Python; `naja python list` shows those that are there",
    ),
    ("python pin", "write the version into `.python-version`"),
    (
        "python uninstall",
        "naja removes no Python; whatever installed it does",
    ),
    (
        "python upgrade",
        "naja downloads no Python; `naja python list` shows those that are there",
    ),
    ("self", "whatever installed naja brings it up to date"),
    (
        "task",
        "`naja run --list` shows the tasks, `naja run NAME` runs one",
    ),
    (
        "tasks",
        "`naja run --list` shows the tasks, `naja run NAME` runs one",
    ),
    (
        "test",
        "`naja run pytest` runs tests, `naja run test` a task of that name",
    ),
    (
        "tool",
        "`naja run --no-project --with NAME NAME` runs a program of a package",
    ),
    (
        "update",
        "`naja upgrade` raises bounds and versions, `naja lock --upgrade` versions only",
    ),
    (
        "x",
        "`naja run --no-project --with NAME NAME` runs a program of a package",
    ),
];

/// What is meant by a command that does not exist, if that can be said better than by its letters.
pub(super) fn tip(error: &clap::Error, words: &[OsString]) -> Option<String> {
    if error.kind() != ErrorKind::InvalidSubcommand {
        return None;
    }
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return None;
    };
    if let Some(known) = known(word, words) {
        return Some(known.to_owned());
    }
    // What clap finds similar may be far from what was typed.
    let near = words.iter().any(|word| words::is_near_the_top(word));
    let meant = words.iter().find_map(|word| words::in_a_group(word));
    meant
        .filter(|_| !near)
        .map(|meant| format!("is `{meant}` meant?"))
}

fn known(word: &str, words: &[OsString]) -> Option<&'static str> {
    let at = words.iter().position(|typed| typed == word)?;
    let group = at.checked_sub(1).and_then(|before| words[before].to_str());
    let whole = match group {
        Some(group @ ("python" | "pip")) => format!("{group} {word}"),
        _ => word.to_owned(),
    };
    let found = KNOWN.iter().find(|(known, _)| *known == whole);
    found.map(|(_, said)| *said)
}

/// A message of clap with another tip than its own.
pub(super) fn with_tip(text: &StyledStr, tip: &str) -> StyledStr {
    let text = text.ansi().to_string();
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let rest: Vec<&str> = rest
        .lines()
        .skip_while(|line| line.is_empty() || line.contains("similar subcommand"))
        .collect();
    StyledStr::from(format!(
        "{first}\n\n  {GREEN}tip:{GREEN:#} {tip}\n\n{}\n",
        rest.join("\n")
    ))
}
