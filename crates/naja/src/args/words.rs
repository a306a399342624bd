//! Finding the command among the first words, without building the tree of commands.

use std::ffi::{OsStr, OsString};

use naja_project::nearest;

use super::verbs::{COMMANDS, Leaf, Node};

/// Global flags that take a value; a test compares this list with the definitions.
pub(super) const WITH_VALUE: &[&str] = &[
    "--color",
    "--allow-insecure-host",
    "--trusted-host",
    "--directory",
    "--project",
    "--config-file",
    "--cache-dir",
    "--python-preference",
    "--preview-features",
    "--record",
];

/// Global flags that take none; a test compares this list with the definitions.
pub(super) const SWITCHES: &[&str] = &[
    "--quiet",
    "--verbose",
    "--no-color",
    "--system-certs",
    "--native-tls",
    "--no-system-certs",
    "--no-native-tls",
    "--offline",
    "--no-offline",
    "--no-progress",
    "--progress",
    "--no-config",
    "--no-configuration",
    "--no-cache",
    "--no-cache-dir",
    "--cache",
    "--managed-python",
    "--no-managed-python",
    "--no-python-downloads",
    "--allow-python-downloads",
    "--preview",
    "--no-preview",
    "--show-settings",
    "--no-installer-metadata",
];

/// The letters of global switches.
pub(super) const LETTERS: &str = "qvn";

/// What the first words say.
pub(super) enum FirstWords {
    /// A command: its place in the tree, and its arguments, global flags first.
    Verb {
        leaf: &'static Leaf,
        path: String,
        arguments: Vec<OsString>,
    },
    /// `--version`.
    Version,
    /// Anything else: the whole tree has to say.
    Unknown,
}

/// Looks at the words after the program's name until the command is known.
pub(super) fn first_words(words: &[OsString]) -> FirstWords {
    let mut globals: Vec<OsString> = Vec::new();
    let mut nodes = COMMANDS;
    let mut path = String::from("naja");
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let Some(text) = word.to_str() else {
            return FirstWords::Unknown;
        };
        match kind_of(text) {
            Kind::Version => match nodes
                .iter()
                .find(|node| path == "naja pip" && node.is_called("version"))
            {
                Some(Node::Leaf(leaf)) => {
                    return FirstWords::Verb {
                        leaf,
                        path,
                        arguments: globals,
                    };
                }
                _ => return FirstWords::Version,
            },
            Kind::Switch => globals.push(word.clone()),
            Kind::TakesNext => {
                let Some(value) = rest.next() else {
                    return FirstWords::Unknown;
                };
                // One word, so that a value that looks like a flag stays a value.
                let mut joined = OsString::from(text);
                joined.push("=");
                joined.push(value);
                globals.push(joined);
            }
            Kind::Other => return FirstWords::Unknown,
            Kind::Word => match nodes.iter().find(|node| node.is_called(text)) {
                Some(Node::Both(leaf, children))
                    if rest.as_slice().first().is_some_and(|next| {
                        let mut below = children.iter();
                        next.to_str()
                            .is_some_and(|next| below.any(|child| child.is_called(next)))
                    }) =>
                {
                    nodes = children;
                    path.push(' ');
                    path.push_str(leaf.name);
                }
                Some(Node::Leaf(leaf) | Node::Both(leaf, _)) => {
                    globals.extend(rest.cloned());
                    return FirstWords::Verb {
                        leaf,
                        path,
                        arguments: globals,
                    };
                }
                Some(Node::Group(group)) => {
                    nodes = group.children;
                    path.push(' ');
                    path.push_str(group.name);
                }
                None => return FirstWords::Unknown,
            },
        }
    }
    FirstWords::Unknown
}

enum Kind {
    Word,
    Switch,
    TakesNext,
    Version,
    Other,
}

fn kind_of(text: &str) -> Kind {
    if text == "--version" || text == "-V" {
        return Kind::Version;
    }
    if let Some(long) = text.strip_prefix("--") {
        return match text.split_once('=') {
            Some((name, _)) if WITH_VALUE.contains(&name) => Kind::Switch,
            Some(_) => Kind::Other,
            None if long.is_empty() => Kind::Other,
            None if WITH_VALUE.contains(&text) => Kind::TakesNext,
            None if SWITCHES.contains(&text) => Kind::Switch,
            None => Kind::Other,
        };
    }
    match text.strip_prefix('-') {
        None => Kind::Word,
        Some("") => Kind::Other,
        Some(letters) if letters.chars().all(|letter| LETTERS.contains(letter)) => Kind::Switch,
        Some(_) => Kind::Other,
    }
}

/// Finds the command of `naja help WORDS`; `None` for the tree itself or a group.
pub(super) fn find_leaf(words: &[String]) -> Option<(&'static Leaf, String)> {
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    match first_words(&words) {
        FirstWords::Verb {
            leaf,
            path,
            arguments,
        } if arguments.is_empty() => Some((leaf, path)),
        _ => None,
    }
}

/// Whether a word is that of a command or group, or nearly one.
pub(super) fn is_near_the_top(word: &OsStr) -> bool {
    let Some(word) = word.to_str().filter(|word| !word.starts_with('-')) else {
        return false;
    };
    COMMANDS.iter().any(|node| node.is_called(word))
        || nearest(word, COMMANDS.iter().map(Node::name)).is_some()
}

/// Finds the command of a group that a word could be meant for: `naja pip install` for `instal`.
pub(super) fn in_a_group(word: &OsStr) -> Option<String> {
    let word = word.to_str().filter(|word| !word.starts_with('-'))?;
    let children = || {
        COMMANDS.iter().flat_map(|node| match node {
            Node::Group(group) => group
                .children
                .iter()
                .map(|child| (group.name, child))
                .collect(),
            Node::Leaf(_) | Node::Both(..) => Vec::new(),
        })
    };
    let exact = children().find(|(_, child)| child.is_called(word));
    let (group, child) = exact.or_else(|| {
        let near = nearest(word, children().map(|(_, child)| child.name()))?;
        children().find(|(_, child)| child.name() == near)
    })?;
    Some(format!("naja {group} {}", child.name()))
}
