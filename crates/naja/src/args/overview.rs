//! The page of `naja --help`: the commands by what they are for.

use std::fmt::Write as _;

use clap::Command;
use clap::builder::StyledStr;

/// What commands are for, in the order in which a person meets them.
const CHAPTERS: &[(&str, &[&str])] = &[
    (
        "Projects",
        &[
            "init",
            "add",
            "remove",
            "lock",
            "sync",
            "run",
            "format",
            "check",
            "tree",
            "why",
            "outdated",
            "upgrade",
            "version",
            "export",
            "import",
            "deps",
            "workspace",
        ],
    ),
    (
        "Environments",
        &[
            "venv", "activate", "shell", "hook", "allow", "deny", "status", "doctor", "env",
            "kernel",
        ],
    ),
    (
        "What was done, and the way back",
        &["history", "undo", "redo", "verify", "repair"],
    ),
    (
        "Packages",
        &["pip", "index", "inspect", "licenses", "size", "graph"],
    ),
    ("This machine", &["python", "cache", "auth", "config"]),
    ("Help", &["explain", "help", "generate-shell-completion"]),
];

/// Where the words about a command begin.
const COLUMN: usize = 14;

/// Gives the command the page; its subcommands have to be there already.
pub(super) fn with_overview(command: Command) -> Command {
    let page = page(&command);
    command.help_template(page)
}

fn page(command: &Command) -> StyledStr {
    let styles = command.get_styles();
    let (header, name) = (styles.get_header(), styles.get_literal());
    let mut page = String::from("{about-with-newline}\n{usage-heading} {usage}\n");
    for (title, names) in CHAPTERS {
        // Writing into a string cannot fail.
        let _written = writeln!(page, "\n{header}{title}:{header:#}");
        for called in *names {
            let Some(about) = about(command, called) else {
                continue;
            };
            let space = COLUMN.saturating_sub(called.len()).max(2);
            let _written = writeln!(page, "  {name}{called}{name:#}{:space$}{about}", "");
        }
    }
    let _written = writeln!(page, "\n{header}Options:{header:#}");
    page.push_str("{options}{after-help}");
    page.into()
}

fn about<'a>(command: &'a Command, name: &str) -> Option<&'a StyledStr> {
    let found = command.find_subcommand(name)?;
    found.get_about()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::verbs;

    #[test]
    fn each_command_is_in_one_chapter() {
        let named: Vec<&str> = CHAPTERS
            .iter()
            .flat_map(|(_, names)| names.iter().copied())
            .collect();
        for command in verbs::COMMANDS {
            let times = named.iter().filter(|name| **name == command.name()).count();
            assert_eq!(times, 1, "{}", command.name());
        }
    }

    #[test]
    fn what_is_said_of_a_command_fits_on_a_line() {
        let tree = verbs::whole_tree();
        for command in tree.get_subcommands() {
            let about = command
                .get_about()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(
                !about.is_empty() && about.len() <= 66,
                "{}: {about}",
                command.get_name()
            );
        }
    }
}
