//! `naja explain`, and what a command did, told step by step.

mod facts;
mod mermaid;
mod page;
pub(crate) mod steps;
mod story;
mod telling;
mod topics;

#[cfg(test)]
mod tests;

pub use page::{Block, Page};
pub use story::{Story, StoryStep, story};
pub use telling::{Listener, Step, StepDist, StepFile};

use naja_project::nearest;

use crate::failure::Failure;
use crate::session::Session;

/// A subject that can be explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The word for it.
    pub name: &'static str,
    /// What it is about, in a few words.
    pub about: &'static str,
}

/// Everything that can be explained, in the order of learning.
pub const TOPICS: [Topic; 11] = [
    Topic {
        name: "venv",
        about: "what a virtual environment is, and what yours is made of",
    },
    Topic {
        name: "harry",
        about: "why: two projects that need two versions of one package",
    },
    Topic {
        name: "activate",
        about: "what activating changes, and that you need not",
    },
    Topic {
        name: "path",
        about: "which python runs when you type `python`",
    },
    Topic {
        name: "env-vars",
        about: "environment variables, which are something else",
    },
    Topic {
        name: "install",
        about: "what happens when a package is installed",
    },
    Topic {
        name: "requirements",
        about: "how to write down what a project needs",
    },
    Topic {
        name: "lock",
        about: "how to get the same versions again",
    },
    Topic {
        name: "index",
        about: "where packages come from",
    },
    Topic {
        name: "where",
        about: "where everything is on this machine",
    },
    Topic {
        name: "wrong-python",
        about: "what to do when the wrong Python runs",
    },
];

/// Words that people type for a topic.
const OTHER_WORDS: [(&str, &str); 24] = [
    ("environment", "venv"),
    ("environments", "venv"),
    ("virtualenv", "venv"),
    ("virtual-environment", "venv"),
    ("why", "harry"),
    ("conflict", "harry"),
    ("activation", "activate"),
    ("deactivate", "activate"),
    ("variables", "env-vars"),
    ("env", "env-vars"),
    ("envvars", "env-vars"),
    ("environment-variables", "env-vars"),
    ("pip", "install"),
    ("packages", "install"),
    ("requirement", "requirements"),
    ("requirements.txt", "requirements"),
    ("locking", "lock"),
    ("pylock", "lock"),
    ("pypi", "index"),
    ("indexes", "index"),
    ("site-packages", "where"),
    ("cache", "where"),
    ("which", "path"),
    ("python", "wrong-python"),
];

/// Explains a topic with the values of this machine. Asks no network.
///
/// # Errors
/// There is no such topic.
pub fn explain(session: &mut Session, word: &str) -> Result<Page, Failure> {
    let topic = find(word)?;
    let facts = facts::gather(session);
    Ok(topics::page(topic, &facts))
}

/// Finds the topic that a word means.
///
/// # Errors
/// There is none; the failure names near ones.
fn find(word: &str) -> Result<Topic, Failure> {
    let typed = word.trim().to_ascii_lowercase().replace(['_', ' '], "-");
    let meant = OTHER_WORDS.iter().find(|(other, _)| *other == typed);
    let name = meant.map_or(typed.as_str(), |(_, name)| name);
    if let Some(topic) = TOPICS.iter().find(|topic| topic.name == name) {
        return Ok(*topic);
    }
    let names = TOPICS.iter().map(|topic| topic.name);
    let others = OTHER_WORDS.iter().map(|(other, _)| *other);
    let near = nearest(&typed, names.chain(others));
    let near = near.map(|near| {
        let meant = OTHER_WORDS.iter().find(|(other, _)| *other == near);
        meant.map_or(near, |(_, name)| name)
    });
    let failure = Failure::usage(format!("there is no topic `{word}`"));
    let names: Vec<&str> = TOPICS.iter().map(|topic| topic.name).collect();
    Err(match near {
        Some(near) => failure.hint(format!("`naja explain {near}` may be meant")),
        None => failure,
    }
    .hint(format!("there are: {}", names.join(", "))))
}
