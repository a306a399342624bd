//! A command that could not do what it was asked for: as data, until the
//! program turns it into words and an exit status.

use serde::Serialize;

/// Why a command failed.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// What sort of failure it is; decides the exit status.
    pub kind: Kind,
    /// One sentence without a full stop: what could not be done.
    pub title: String,
    /// Why, from the nearest cause to the deepest.
    pub causes: Vec<String>,
    /// Lines that tell the story of an unsatisfiable request.
    pub story: Vec<String>,
    /// What to do next.
    pub hints: Vec<String>,
}

/// The sort of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The request was understood, and the answer is no.
    Unsatisfied,
    /// The request itself is wrong: an option, a file, a setting.
    Usage,
    /// The surroundings do not allow it: disk, permissions, network, Python.
    Environment,
    /// The user interrupted it; the number is the signal's.
    Interrupted(u8),
    /// A program that was run ended with this status; nothing is printed.
    Status(u8),
}

impl Kind {
    /// The exit status of the process, as uv's users know it.
    #[must_use]
    pub fn status(self) -> u8 {
        match self {
            Self::Unsatisfied => 1,
            Self::Usage | Self::Environment => 2,
            Self::Interrupted(signal) => 128 + signal,
            Self::Status(status) => status,
        }
    }
}

impl Failure {
    /// A failure with a title and nothing else.
    #[must_use]
    pub fn new(kind: Kind, title: impl Into<String>) -> Self {
        Self {
            kind,
            title: title.into(),
            causes: Vec::new(),
            story: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// The answer is no.
    #[must_use]
    pub fn unsatisfied(title: impl Into<String>) -> Self {
        Self::new(Kind::Unsatisfied, title)
    }

    /// The request is wrong.
    #[must_use]
    pub fn usage(title: impl Into<String>) -> Self {
        Self::new(Kind::Usage, title)
    }

    /// The surroundings do not allow it.
    #[must_use]
    pub fn environment(title: impl Into<String>) -> Self {
        Self::new(Kind::Environment, title)
    }

    /// Adds an error and everything that caused it.
    #[must_use]
    pub fn because(mut self, error: &dyn std::error::Error) -> Self {
        self.causes.push(error.to_string());
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            // Some libraries repeat the source's words in their own.
            if !self.causes.iter().any(|known| known.contains(&text)) {
                self.causes.push(text);
            }
            source = cause.source();
        }
        self
    }

    /// Adds a cause in words.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds what to do next, where there is something to say.
    #[must_use]
    pub(crate) fn hint_if(mut self, hint: Option<String>) -> Self {
        self.hints.extend(hint);
        self
    }
}
