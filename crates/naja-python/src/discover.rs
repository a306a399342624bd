//! [`Discovery`]: where Pythons and environments are looked for, and in which order.

mod candidates;
mod inputs;
mod lookup;
mod places;
mod registry;
pub(crate) mod store_apps;
#[cfg(test)]
#[cfg(unix)]
mod tests;

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::interpreter::Interpreter;
use crate::probe::{ProbeError, Prober};
use crate::request::PythonRequest;

pub use inputs::{DiscoveryInputs, SearchPlaces, home_dir};
pub use lookup::{EnvironmentOrigin, EnvironmentPlace, locate_environment};
pub use registry::{RegisteredPython, Registry, RegistryPart};

/// Says where an interpreter was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// The active or nearest environment.
    Environment,
    /// A directory of interpreters that naja installed.
    Managed,
    /// PATH.
    SearchPath,
    /// The registry of Windows.
    Registry,
    /// The Microsoft Store.
    Store,
    /// The versions of pyenv.
    Pyenv,
    /// The installations of asdf.
    Asdf,
    /// The installations of mise.
    Mise,
    /// A directory where interpreters usually are.
    UsualPlace,
    /// The user gave the path.
    Given,
}

/// Says whether environments count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Preference {
    /// The active or nearest environment first, then everything else.
    #[default]
    Any,
    /// Only the active or nearest environment.
    OnlyEnvironment,
    /// Only interpreters outside of environments (`--system`).
    OnlySystem,
}

/// A program that looked like a Python and could not be used.
#[derive(Debug)]
pub struct Unusable {
    /// The program.
    pub path: PathBuf,
    /// Where it was found.
    pub source: Source,
    /// What is wrong with it.
    pub error: ProbeError,
}

/// A Python that was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The path it was found by.
    pub path: PathBuf,
    /// The file behind it when the path is a symbolic link.
    pub link: Option<PathBuf>,
    /// Where it was found.
    pub source: Source,
    /// What it is.
    pub interpreter: Interpreter,
}

/// Everything that [`Discovery::list`] saw.
#[derive(Debug, Default)]
pub struct Listing {
    /// The Pythons that can be used, in the order of discovery.
    pub found: Vec<Found>,
    /// The programs that cannot.
    pub broken: Vec<Unusable>,
}

/// Says why no Python was found.
#[derive(Debug, Error)]
pub enum FindError {
    /// Nothing that was found matches the request.
    #[error("find a Python that satisfies `{request}`")]
    NotFound {
        /// The request.
        request: String,
        /// Usable Pythons that were found instead: path and version.
        others: Vec<(PathBuf, String)>,
        /// Programs that could not be used.
        broken: Vec<Unusable>,
    },
    /// There is no environment: none active, none here or above.
    #[error("find a virtual environment")]
    NoEnvironment,
    /// The environment that was found, or the program that was asked for, cannot be used.
    #[error("use the Python that was asked for")]
    Unusable {
        /// Where it comes from.
        origin: Source,
        /// What is wrong with it.
        #[source]
        source: Box<ProbeError>,
    },
    /// The given path does not exist or holds no Python.
    #[error("find a Python at `{path}`")]
    NothingAt {
        /// The path.
        path: PathBuf,
    },
    /// The environment has a Python other than the one that was asked for.
    #[error("find a Python that satisfies `{request}` in `{root}`: it has {version}")]
    WrongEnvironment {
        /// The request.
        request: String,
        /// The root of the environment.
        root: PathBuf,
        /// Its version.
        version: String,
    },
}

/// Looks for Pythons.
#[derive(Clone, Copy)]
pub struct Discovery<'a> {
    inputs: &'a DiscoveryInputs,
    prober: Prober<'a>,
}

impl<'a> Discovery<'a> {
    /// Makes a discovery from facts about the process and a way to ask programs.
    #[must_use]
    pub fn new(inputs: &'a DiscoveryInputs, prober: Prober<'a>) -> Self {
        Self { inputs, prober }
    }

    /// Returns the first Python that satisfies a request.
    ///
    /// Order: the active environment (`VIRTUAL_ENV`, `CONDA_PREFIX`), the nearest `.venv`;
    /// interpreters that naja installed; PATH; on Windows the registry (PEP 514) and the Microsoft
    /// Store; pyenv, asdf, mise; usual directories. A path is
    /// used as it is; a name is looked for on PATH. Final releases win over pre-releases.
    ///
    /// # Errors
    /// Nothing satisfies the request, or what was named explicitly cannot be used. Programs that
    /// are merely on the way and broken are passed over and listed in the error.
    pub fn find(
        &self,
        request: &PythonRequest,
        preference: Preference,
    ) -> Result<Interpreter, FindError> {
        if let Some(given) = self.given(request) {
            return given;
        }
        if preference != Preference::OnlySystem {
            match self.find_environment()? {
                Some(found) if satisfies_loosely(request, &found) => return Ok(found),
                Some(found) if preference == Preference::OnlyEnvironment => {
                    return Err(FindError::WrongEnvironment {
                        request: request.to_string(),
                        root: found.prefix,
                        version: found.version.to_string(),
                    });
                }
                None if preference == Preference::OnlyEnvironment => {
                    return Err(FindError::NoEnvironment);
                }
                _ => {}
            }
        }
        self.search(request, preference == Preference::OnlySystem)
    }

    /// Returns the first Python that satisfies a request, whatever environment is active or here.
    ///
    /// # Errors
    /// As [`Discovery::find`].
    pub fn find_elsewhere(&self, request: &PythonRequest) -> Result<Interpreter, FindError> {
        let given = self.given(request);
        given.unwrap_or_else(|| self.search(request, false))
    }

    /// Returns the base installation that a new environment is made from.
    ///
    /// Environments do not count, except that the base of one that was given by path, or that lies
    /// on PATH when nothing else is found, is used.
    ///
    /// # Errors
    /// As [`Discovery::find`].
    pub fn find_base(&self, request: &PythonRequest) -> Result<Interpreter, FindError> {
        let found = match self.find(request, Preference::OnlySystem) {
            Err(FindError::NotFound {
                request: text,
                others,
                broken,
            }) => match self.search(request, false) {
                Ok(found) => found,
                Err(_) => {
                    return Err(FindError::NotFound {
                        request: text,
                        others,
                        broken,
                    });
                }
            },
            other => other?,
        };
        self.base_of(found)
    }

    /// Returns the installation behind an environment; an installation is returned as it is.
    ///
    /// # Errors
    /// The base is gone.
    pub fn base_of(&self, interpreter: Interpreter) -> Result<Interpreter, FindError> {
        if !interpreter.is_virtual() {
            return Ok(interpreter);
        }
        self.ask(&interpreter.base_executable, Source::Environment)
    }

    /// Returns the active or nearest environment, `None` if there is none.
    ///
    /// # Errors
    /// There is one, but its Python cannot be used.
    pub fn find_environment(&self) -> Result<Option<Interpreter>, FindError> {
        match locate_environment(self.inputs) {
            Some(place) => self.open(&place).map(Some),
            None => Ok(None),
        }
    }

    /// Describes an environment that [`locate_environment`] found.
    ///
    /// # Errors
    /// Its Python cannot be used.
    pub fn open(&self, place: &EnvironmentPlace) -> Result<Interpreter, FindError> {
        let found = match place.origin {
            EnvironmentOrigin::Conda => self.in_directory(&place.root),
            _ => self.prober.open(&place.root),
        };
        found.map_err(|error| FindError::Unusable {
            origin: Source::Environment,
            source: Box::new(error),
        })
    }

    /// Lists every Python that can be found and satisfies the request, and what is broken.
    ///
    /// The same file under several names is listed once for each name, asked once.
    #[must_use]
    pub fn list(&self, request: &PythonRequest) -> Listing {
        let mut listing = Listing::default();
        let environment = locate_environment(self.inputs).map(|place| place.root);
        let own = environment.iter().map(|root| candidates::Candidate {
            path: root.join(if cfg!(windows) {
                "Scripts/python.exe"
            } else {
                "bin/python"
            }),
            source: Source::Environment,
        });
        let mut seen: Vec<PathBuf> = Vec::new();
        for candidate in own.chain(candidates::all(self.inputs, &candidates::Names::every())) {
            let spelled = spelling(&candidate.path);
            if seen.contains(&spelled) {
                continue;
            }
            seen.push(spelled);
            let (path, source) = (candidate.path, candidate.source);
            match self.prober.probe(&path) {
                Ok(interpreter) if list_matches(request, &interpreter) => {
                    let link = path
                        .is_symlink()
                        .then(|| interpreter.real_executable.clone());
                    listing.found.push(Found {
                        path,
                        link,
                        source,
                        interpreter,
                    });
                }
                Ok(_) => {}
                Err(error) => listing.broken.push(Unusable {
                    path,
                    source,
                    error,
                }),
            }
        }
        listing
    }

    /// Handles requests that name a path or a program. `None`: the request is of another kind.
    fn given(&self, request: &PythonRequest) -> Option<Result<Interpreter, FindError>> {
        match request {
            PythonRequest::Path(path) => Some(self.at(&self.inputs.absolute(path))),
            PythonRequest::Name(name) => Some(self.named(name)),
            _ => None,
        }
    }

    /// Uses a program, or the Python in a directory.
    fn at(&self, path: &Path) -> Result<Interpreter, FindError> {
        if path.is_dir() {
            let found = self.in_directory(path).map_err(|error| match error {
                ProbeError::Missing { path, .. } => FindError::NothingAt { path },
                error => FindError::Unusable {
                    origin: Source::Given,
                    source: Box::new(error),
                },
            });
            return found;
        }
        if path.symlink_metadata().is_err() {
            return Err(FindError::NothingAt {
                path: path.to_path_buf(),
            });
        }
        if let Some(target) = candidates::resolved(path, self.inputs).into_iter().next() {
            return self.ask(&target, Source::Given);
        }
        self.ask(path, Source::Given)
    }

    /// Uses the Python of an environment or installation directory.
    fn in_directory(&self, dir: &Path) -> Result<Interpreter, ProbeError> {
        if crate::environment::is_environment(dir) {
            return self.prober.open(dir);
        }
        let python = places::python_in(dir);
        self.prober.probe(&python)
    }

    /// Looks for a program by name: on PATH, then as a file or directory here. `python3.12` falls
    /// back to the version.
    fn named(&self, name: &str) -> Result<Interpreter, FindError> {
        let names = candidates::Names::only(name);
        let on_path = candidates::on_search_path(self.inputs, &names).find_map(|candidate| {
            let found = self.prober.probe(&candidate.path);
            found.ok()
        });
        if let Some(found) = on_path {
            return Ok(found);
        }
        let here = self.inputs.cwd.join(name);
        if here.exists() {
            return self.at(&here);
        }
        let version = ["python", "pypy"]
            .iter()
            .find_map(|stem| name.strip_prefix(stem));
        let request = match version {
            Some("") => PythonRequest::Default,
            Some(version) => match crate::request::VersionRequest::parse(version) {
                Some(version) => PythonRequest::Version(version),
                None => {
                    return Err(FindError::NothingAt {
                        path: PathBuf::from(name),
                    });
                }
            },
            None => {
                return Err(FindError::NothingAt {
                    path: PathBuf::from(name),
                });
            }
        };
        self.search(&request, false)
    }

    /// Goes through all places until one satisfies the request.
    fn search(&self, request: &PythonRequest, system: bool) -> Result<Interpreter, FindError> {
        let names = candidates::Names::of(request);
        let mut second_choice = None;
        let (mut others, mut broken, mut seen) = (Vec::new(), Vec::new(), Vec::new());
        for candidate in candidates::all(self.inputs, &names) {
            let real = candidate
                .path
                .canonicalize()
                .unwrap_or_else(|_| candidate.path.clone());
            let in_environment = crate::environment::environment_of(&candidate.path).is_some();
            if system && in_environment {
                continue;
            }
            if !in_environment {
                if seen.contains(&real) {
                    continue;
                }
                seen.push(real);
            }
            match self.prober.try_out(&candidate.path) {
                Ok(found) if !request.matches(&found) => {
                    others.push((candidate.path, found.version.to_string()));
                }
                Ok(found) if found.version.is_prerelease() => {
                    second_choice.get_or_insert(found);
                }
                Ok(found) => return Ok(found),
                Err(error) => {
                    let Candidate { path, source } = candidate;
                    broken.push(Unusable {
                        path,
                        source,
                        error,
                    });
                }
            }
        }
        second_choice.ok_or_else(|| FindError::NotFound {
            request: request.to_string(),
            others,
            broken,
        })
    }

    fn ask(&self, path: &Path, origin: Source) -> Result<Interpreter, FindError> {
        self.prober
            .probe(path)
            .map_err(|error| FindError::Unusable {
                origin,
                source: Box::new(error),
            })
    }
}

use candidates::Candidate;

/// A path as it is compared with others: Windows takes names that differ in case, and both separators, for the same.
fn spelling(path: &Path) -> PathBuf {
    if cfg!(windows) {
        let text = path.as_os_str().to_ascii_lowercase();
        return Path::new(&text).components().collect();
    }
    path.to_path_buf()
}

/// An environment satisfies the default request whatever it is made of.
fn satisfies_loosely(request: &PythonRequest, found: &Interpreter) -> bool {
    matches!(request, PythonRequest::Default) || request.matches(found)
}

/// A listing without a request shows everything.
fn list_matches(request: &PythonRequest, found: &Interpreter) -> bool {
    matches!(request, PythonRequest::Default) || request.matches(found)
}

/// Returns the first Python that satisfies a request; see [`Discovery::find`].
///
/// # Errors
/// As [`Discovery::find`].
pub fn find(
    request: &PythonRequest,
    preference: Preference,
    inputs: &DiscoveryInputs,
    prober: Prober<'_>,
) -> Result<Interpreter, FindError> {
    Discovery::new(inputs, prober).find(request, preference)
}

/// Lists every Python; see [`Discovery::list`].
#[must_use]
pub fn list(request: &PythonRequest, inputs: &DiscoveryInputs, prober: Prober<'_>) -> Listing {
    Discovery::new(inputs, prober).list(request)
}
