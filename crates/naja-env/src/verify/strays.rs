//! What lies among the packages and belongs to nobody.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use naja_spec::PackageName;
use naja_store::DataScheme;

use super::check::VerifyError;
use super::compiled;
use super::finding::{Depth, Fault, Finding};
use super::listed::Listed;
use crate::environment::{EnvKind, Environment};
use crate::roots::{Place, Roots};
use crate::state::EnvState;
use crate::sweep::compiled_stem;

/// Files among the packages that other tools make environments with.
const SEEDED: [&str; 2] = ["_virtualenv.py", "_virtualenv.pth"];

/// Whether a file among the packages is one that a maker of environments puts there.
pub(crate) fn is_seeded(name: &str) -> bool {
    SEEDED.contains(&name) || name == "easy-install.pth"
}

/// Looks through the directories of packages and scripts.
pub(super) struct Walk<'a> {
    pub(super) env: &'a Environment,
    pub(super) roots: &'a Roots,
    pub(super) listed: &'a Listed<'a>,
    pub(super) depth: Depth,
    pub(super) findings: Vec<Finding>,
}

impl Walk<'_> {
    /// Finds what belongs to nobody, leftovers, and compiled code without its source.
    ///
    /// Where the files of a distribution are unknown, nobody's files are unknown as well: then
    /// only leftovers are found.
    pub(super) fn run(&mut self, state: &EnvState) -> Result<(), VerifyError> {
        for entry in state.unreadable() {
            let name = entry.path.file_name().and_then(|name| name.to_str());
            let leftover = name.is_some_and(|name| name.starts_with('~'));
            let fault = if leftover {
                Fault::Leftover
            } else {
                Fault::HalfInstalled
            };
            self.add(None, fault, entry.path.clone());
        }
        let mut bases = vec![
            self.roots.base(DataScheme::Purelib).clone(),
            self.roots.base(DataScheme::Platlib).clone(),
        ];
        if self.env.kind() == EnvKind::Venv {
            bases.push(self.roots.base(DataScheme::Scripts).clone());
        }
        bases.dedup();
        for base in bases {
            self.directory(&base, &base)?;
        }
        Ok(())
    }

    fn add(&mut self, package: Option<PackageName>, fault: Fault, path: PathBuf) {
        let finding = Finding {
            package,
            fault,
            path,
        };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn directory(&mut self, place: &Place, base: &Place) -> Result<(), VerifyError> {
        let path = self.roots.path(place);
        for (name, is_dir) in list(&path)? {
            let Some(name) = name.to_str() else {
                self.stray(path.join(&name));
                continue;
            };
            let child = place.join(name);
            if place == base && self.is_environments(&child, name) {
                continue;
            }
            if self.listed.trees.contains(&child) || self.listed.files.contains_key(&child) {
                continue;
            }
            if is_dir && name == "__pycache__" {
                self.cache(place, &path.join(name))?;
            } else if is_dir && self.listed.dirs.contains(&child) {
                self.directory(&child, base)?;
            } else if place == base && name.starts_with('~') {
                self.add(None, Fault::Leftover, path.join(name));
            } else if !is_dir || !is_empty(&path.join(name)) {
                self.stray(path.join(name));
            }
        }
        Ok(())
    }

    fn stray(&mut self, path: PathBuf) {
        if self.listed.unlisted.is_empty() && self.env.kind() != EnvKind::System {
            self.add(None, Fault::Unowned, path);
        }
    }

    /// Whether naja or another maker of environments puts this there.
    fn is_environments(&self, place: &Place, name: &str) -> bool {
        self.roots.forbidden_file(place, name).is_some()
            || is_seeded(name)
            // Records that could not be read were told before.
            || [".dist-info", ".egg-info", ".egg-link"].iter().any(|end| name.ends_with(end))
    }

    /// Compiled files that nobody lists must have been made from what lies beside them.
    fn cache(&mut self, package: &Place, path: &Path) -> Result<(), VerifyError> {
        let own = format!(".{}.", self.env.interpreter().cache_tag);
        for (name, is_dir) in list(path)? {
            let Some(name) = name.to_str().filter(|_| !is_dir) else {
                continue;
            };
            let Some(stem) = compiled_stem(name) else {
                continue;
            };
            let listed = package.join("__pycache__").join(name);
            if self.listed.files.contains_key(&listed) {
                continue;
            }
            let source = package.join(&format!("{stem}.py"));
            let fits = if self.depth == Depth::Contents && name.contains(&own) {
                compiled::fits(&path.join(name), &self.roots.path(&source))
            } else {
                self.roots.path(&source).exists()
            };
            if !fits {
                self.add(None, Fault::StaleBytecode, path.join(name));
            }
        }
        Ok(())
    }
}

fn is_empty(path: &Path) -> bool {
    fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}

/// Lists a directory in a fixed order; one that does not exist is empty.
fn list(path: &Path) -> Result<Vec<(std::ffi::OsString, bool)>, VerifyError> {
    let failed = |source| VerifyError::new(path, source);
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let kind = entry.file_type().map_err(failed)?;
        found.push((entry.file_name(), kind.is_dir()));
    }
    found.sort();
    Ok(found)
}
