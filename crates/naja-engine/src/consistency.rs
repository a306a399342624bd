//! Do the installed distributions agree with each other? (`pip check`)

use std::fmt;

use naja_env::{EnvState, Environment, InstalledDist};
use naja_spec::{ExtraName, PackageName, VersionSpecifiers};
use serde::Serialize;

use crate::session::Session;

/// Something that does not agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "problem", rename_all = "kebab-case")]
pub enum Problem {
    /// A requirement has nothing that meets it.
    Missing {
        /// Who requires it, with its version.
        package: String,
        /// What is required.
        requirement: String,
    },
    /// A requirement is met by another version.
    Other {
        /// Who requires it, with its version.
        package: String,
        /// What is required.
        requirement: String,
        /// What there is instead, with its version.
        installed: String,
    },
    /// A distribution is for other Pythons.
    Python {
        /// The distribution, with its version.
        package: String,
        /// The versions it is for.
        requires: String,
        /// The version of the interpreter.
        python: String,
    },
    /// There are several of one name.
    Twice {
        /// The name.
        package: String,
        /// Where they are.
        places: Vec<String>,
    },
    /// Its metadata cannot be read.
    Unreadable {
        /// The distribution, with its version.
        package: String,
        /// Why not.
        reason: String,
    },
}

/// Warns of everything that does not agree, where `--strict` asks for it.
pub(crate) fn warn_if_strict(session: &mut Session, env: &Environment, state: &EnvState) {
    if session.settings.strict.value {
        for problem in problems(env, state) {
            session.warn(problem.to_string());
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing {
                package,
                requirement,
            } => {
                write!(
                    f,
                    "{package} requires {requirement}, which is not installed"
                )
            }
            Self::Other {
                package,
                requirement,
                installed,
            } => {
                write!(
                    f,
                    "{package} requires {requirement}, but {installed} is installed"
                )
            }
            Self::Python {
                package,
                requires,
                python,
            } => {
                write!(
                    f,
                    "{package} requires Python {requires}, but this is {python}"
                )
            }
            Self::Twice { package, places } => {
                write!(
                    f,
                    "{package} is installed more than once: {}",
                    places.join(", ")
                )
            }
            Self::Unreadable { package, reason } => {
                write!(f, "the metadata of {package} cannot be read: {reason}")
            }
        }
    }
}

impl Problem {
    /// The distribution that complains.
    #[must_use]
    pub fn package(&self) -> &str {
        match self {
            Self::Missing { package, .. }
            | Self::Other { package, .. }
            | Self::Python { package, .. }
            | Self::Twice { package, .. }
            | Self::Unreadable { package, .. } => package,
        }
    }
}

/// Checks everything that is installed.
#[must_use]
pub(crate) fn problems(env: &Environment, state: &EnvState) -> Vec<Problem> {
    let mut problems = Vec::new();
    for dist in state.visible() {
        let same = state.get(dist.name());
        if same.iter().filter(|dist| dist.is_owned()).count() > 1 {
            let places = same
                .iter()
                .map(|dist| dist.path().display().to_string())
                .collect();
            problems.push(Problem::Twice {
                package: label(dist),
                places,
            });
        }
        check_one(env, state, dist, &mut problems);
    }
    problems
}

fn check_one(
    env: &Environment,
    state: &EnvState,
    dist: &InstalledDist,
    problems: &mut Vec<Problem>,
) {
    let metadata = match dist.read_metadata() {
        Ok(metadata) => metadata,
        Err(error) => {
            let reason = error.to_string();
            problems.push(Problem::Unreadable {
                package: label(dist),
                reason,
            });
            return;
        }
    };
    let interpreter = env.interpreter();
    if let Some(requires) = &metadata.requires_python
        && !allows_python(requires, interpreter)
    {
        problems.push(Problem::Python {
            package: label(dist),
            requires: requires.to_string(),
            python: interpreter.version.to_string(),
        });
    }
    let no_extras: &[ExtraName] = &[];
    for requirement in &metadata.requires_dist {
        if !requirement.applies(&interpreter.markers, no_extras) {
            continue;
        }
        let Some(found) = state.get(&requirement.name).first() else {
            let requirement = bare(requirement);
            problems.push(Problem::Missing {
                package: label(dist),
                requirement,
            });
            continue;
        };
        let fits = requirement
            .specifiers()
            .is_none_or(|wanted| wanted.contains(found.version()));
        if !fits {
            problems.push(Problem::Other {
                package: label(dist),
                requirement: bare(requirement),
                installed: label(found),
            });
        }
    }
}

/// Whether a `Requires-Python` allows an interpreter; a pre-release of Python
/// counts as its release.
pub(crate) fn allows_python(
    requires: &VersionSpecifiers,
    interpreter: &naja_python::Interpreter,
) -> bool {
    let version = &interpreter.version;
    requires.contains(version) || (version.is_prerelease() && requires.contains(&version.base()))
}

/// The names for which something was said.
pub(crate) fn concerns(problem: &Problem, names: &[PackageName]) -> bool {
    let about = |text: &str| {
        names
            .iter()
            .any(|name| text.starts_with(&format!("{name} ")))
    };
    match problem {
        Problem::Other {
            package, installed, ..
        } => about(package) || about(installed),
        Problem::Missing {
            package,
            requirement,
        } => {
            about(package)
                || names
                    .iter()
                    .any(|name| requirement.starts_with(name.as_str()))
        }
        other => about(other.package()),
    }
}

fn label(dist: &InstalledDist) -> String {
    format!("{} {}", dist.name(), dist.version())
}

/// A requirement without its marker.
fn bare(requirement: &naja_spec::Requirement) -> String {
    let mut shown = requirement.clone();
    shown.marker = None;
    shown.to_string()
}
