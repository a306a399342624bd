//! Where a requirement was written down.

use std::fmt;

/// The place a requirement, constraint or override was written at.
///
/// It is used for two things: sentences of explanations ([`Display`](fmt::Display) gives "requirements.in line 3")
/// and the `# via` notes of a compiled file ([`Origin::via`] gives "-r requirements.in").
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Given as an argument.
    CommandLine,
    /// Given by an option, for example `--with`; the text is the option's name with its dashes.
    Option(String),
    /// A line of a requirements file.
    RequirementsFile {
        /// The path as the user wrote it.
        path: String,
        /// The line, counted from one.
        line: Option<u32>,
    },
    /// A line of a constraints file.
    ConstraintsFile {
        /// The path as the user wrote it.
        path: String,
        /// The line, counted from one.
        line: Option<u32>,
    },
    /// A line of an overrides file.
    OverridesFile {
        /// The path as the user wrote it.
        path: String,
        /// The line, counted from one.
        line: Option<u32>,
    },
    /// The `dependencies` of a project.
    Project {
        /// The name of the project, where it has one.
        name: Option<String>,
        /// The path of its `pyproject.toml`, as the user would write it.
        path: String,
        /// The extra or dependency group the requirement stands in.
        section: Option<String>,
    },
    /// The PEP 723 block of a script.
    Script {
        /// The path of the script.
        path: String,
    },
    /// Anything else, in the words of the caller.
    Other(String),
}

impl Origin {
    /// Returns the origin as a `# via` note names it, or `None` for requirements that no file gave.
    #[must_use]
    pub fn via(&self) -> Option<String> {
        match self {
            Self::CommandLine | Self::Option(_) | Self::Script { .. } => None,
            Self::RequirementsFile { path, .. } => Some(format!("-r {path}")),
            Self::ConstraintsFile { path, .. } => Some(format!("-c {path}")),
            Self::OverridesFile { path, .. } => Some(format!("--override {path}")),
            Self::Project {
                name,
                path,
                section,
            } => {
                let name = name.as_deref().unwrap_or("project");
                Some(match section {
                    Some(section) => format!("{name} ({path}:{section})"),
                    None => format!("{name} ({path})"),
                })
            }
            Self::Other(path) => Some(path.clone()),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandLine => f.write_str("the command line"),
            Self::Option(option) => f.write_str(option),
            Self::RequirementsFile { path, line }
            | Self::ConstraintsFile { path, line }
            | Self::OverridesFile { path, line } => match line {
                Some(line) => write!(f, "{path} line {line}"),
                None => f.write_str(path),
            },
            Self::Project { path, section, .. } => match section {
                // Within brackets there are no others.
                Some(section) if f.alternate() => write!(f, "{path}, {section}"),
                Some(section) => write!(f, "{path} ({section})"),
                None => f.write_str(path),
            },
            Self::Script { path } | Self::Other(path) => f.write_str(path),
        }
    }
}
