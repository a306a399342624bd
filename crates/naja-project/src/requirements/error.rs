//! What can be wrong with a requirements file.

use std::fmt;
use std::path::PathBuf;

use crate::files::{FileError, SourceName};

/// The place of an error: which text, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorPlace {
    /// The text.
    pub source: SourceName,
    /// The line, from 1; 0 where the error is about the text as a whole.
    pub line: u32,
    /// The column, from 1, in characters; 0 where the error is about the line as a whole.
    pub column: u32,
}

impl fmt::Display for ErrorPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if self.column > 0 {
            write!(f, ":{}", self.column)?;
        }
        Ok(())
    }
}

/// An error in a requirements file or argument.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {kind}")]
pub struct RequirementsError {
    /// Where it is.
    pub place: ErrorPlace,
    /// What it is.
    #[source]
    pub kind: Box<RequirementsErrorKind>,
    /// The files that include the one in error, innermost first.
    pub included_from: Vec<ErrorPlace>,
    /// A variable (`${NAME}`) on the line that is not set and so was left as it is.
    pub unset_variable: Option<String>,
}

/// What is wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequirementsErrorKind {
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// There is no such file.
    #[error("the file does not exist")]
    Missing,
    /// The encoding the file declares is unknown.
    #[error("the encoding `{0}` is not known")]
    UnknownEncoding(String),
    /// The bytes are not text in the encoding that the file declares or that its first bytes show.
    #[error("the file is not text in the encoding {0}")]
    WrongEncoding(&'static str),
    /// A requirement breaks the grammar (PEP 508).
    #[error("{0}")]
    Requirement(naja_spec::RequirementError),
    /// A marker breaks the grammar.
    #[error("{0}")]
    Marker(naja_spec::MarkerError),
    /// An address cannot be parsed.
    #[error("{0}")]
    Url(naja_spec::UrlError),
    /// The extras behind a path or address are none.
    #[error("expected the names of extras between `[` and `]`")]
    Extras,
    /// A digest is not one.
    #[error("expected `--hash=ALGORITHM:HEX`, {0}")]
    Hash(naja_spec::DigestError),
    /// A digest of an algorithm that protects against nothing.
    #[error("a {0} hash protects against nothing; use sha256, sha384 or sha512")]
    WeakHash(&'static str),
    /// An option that requirements files do not have.
    #[error("`{found}` is no option of a requirements file{}", meant.map_or(String::new(), |m| format!("; is `{m}` meant?")))]
    UnknownOption {
        /// What is there.
        found: String,
        /// The nearest option.
        meant: Option<&'static str>,
    },
    /// The start of several options.
    #[error("`{found}` can be {candidates}")]
    AmbiguousOption {
        /// What is there.
        found: String,
        /// The options that start so.
        candidates: String,
    },
    /// An option without its value.
    #[error("expected {expected} after `{option}`")]
    MissingValue {
        /// The option.
        option: &'static str,
        /// What its value is.
        expected: &'static str,
    },
    /// A value for a switch.
    #[error("`{0}` takes no value")]
    ExtraValue(&'static str),
    /// An option that cannot stand there.
    #[error("`{0}` cannot follow a requirement; give it a line of its own")]
    OptionAfterRequirement(&'static str),
    /// An option that belongs to a requirement.
    #[error("`{0}` needs a requirement before it")]
    OptionWithoutRequirement(&'static str),
    /// Something between options.
    #[error("expected an option, found `{0}`")]
    UnexpectedWord(String),
    /// A quote without its end.
    #[error("expected the closing {0}")]
    OpenQuote(char),
    /// A value that its option cannot take.
    #[error("expected {expected} after `{option}`, found `{found}`")]
    BadValue {
        /// The option.
        option: &'static str,
        /// What it takes.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// A file that includes itself.
    #[error("the file includes itself, by way of {0}")]
    Cycle(String),
    /// Files including files without end.
    #[error("files include each other more than {0} deep")]
    TooDeep(usize),
    /// Standard input read twice.
    #[error("standard input (`-`) can be read only once")]
    StdinTwice,
    /// A text from the network that asks for a local file.
    #[error("a requirements file from the network cannot name a local file")]
    LocalFromRemote,
    /// A constraint with extras.
    #[error("a constraint cannot have extras")]
    ConstraintExtras,
    /// A constraint that is a path or address without a name.
    #[error("a constraint needs the name of a package")]
    ConstraintUnnamed,
    /// An editable constraint.
    #[error("a constraint cannot be editable")]
    ConstraintEditable,
    /// A file name where a requirement is expected.
    #[error("`{0}` looks like a file of requirements; use `-r {0}`")]
    FileAsRequirement(String),
    /// A file of a kind that is read by building or not yet.
    #[error("{what} cannot be read as requirements{hint}")]
    Unsupported {
        /// The kind of file.
        what: &'static str,
        /// What to do instead, with its punctuation.
        hint: &'static str,
    },
    /// A `pyproject.toml` that breaks the rules of TOML or of its fields.
    #[error("{0}")]
    Manifest(String),
    /// A script whose metadata block is broken (PEP 723).
    #[error("{0}")]
    Script(naja_spec::ScriptError),
    /// A script without metadata (PEP 723).
    #[error("the script declares nothing: it has no `# /// script` block")]
    NoScriptBlock,
    /// A dependency group that includes itself (PEP 735).
    #[error("the dependency group `{0}` includes itself")]
    GroupCycle(String),
    /// A dependency group that is not there (PEP 735).
    #[error("there is no dependency group `{0}`")]
    NoGroup(String),
    /// An extra that is not there.
    #[error("there is no extra `{0}`")]
    NoExtra(String),
    /// A directory that belongs to a path without a file name.
    #[error("{} is not a path of a package", .0.display())]
    NoPackagePath(PathBuf),
}
