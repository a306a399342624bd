//! [`VenvLayout`]: where the files of a virtual environment go, relative to its root.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::interpreter::Scheme;

/// Describes a virtual environment of one interpreter by paths relative to its root (PEP 405).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VenvLayout {
    /// Pure-Python modules, for example `lib/python3.12/site-packages`.
    pub purelib: PathBuf,
    /// Modules with compiled parts; nearly always the same as `purelib`.
    pub platlib: PathBuf,
    /// `bin`, or `Scripts` on Windows.
    pub scripts: PathBuf,
    /// Data files; normally empty (the root itself).
    pub data: PathBuf,
    /// C headers of distributions, for example `include/site/python3.12`.
    pub headers: PathBuf,
    /// The platform-specific standard library that `sysconfig` names; it stays empty.
    pub platstdlib: PathBuf,
    /// `lib64` must be a link to `lib`: 64-bit Linux.
    pub lib64_link: bool,
    /// The names of the interpreter in the scripts directory, the real one first, for example
    /// `python`, `python3`, `python3.12`.
    pub executables: Vec<String>,
}

impl VenvLayout {
    /// Gives the absolute scheme of an environment at `root`.
    ///
    /// `base` supplies what an environment shares with its installation: the standard library
    /// and the interpreter's own headers.
    #[must_use]
    pub fn scheme_at(&self, root: &Path, base: &Scheme) -> Scheme {
        Scheme {
            purelib: root.join(&self.purelib),
            platlib: root.join(&self.platlib),
            scripts: root.join(&self.scripts),
            data: if self.data.as_os_str().is_empty() {
                root.to_path_buf()
            } else {
                root.join(&self.data)
            },
            include: base.include.clone(),
            headers: root.join(&self.headers),
            stdlib: base.stdlib.clone(),
            platstdlib: root.join(&self.platstdlib),
        }
    }

    /// Returns the first name of the interpreter, relative to the root: `bin/python`.
    #[must_use]
    pub fn python(&self) -> PathBuf {
        let name = self.executables.first().map_or("python", String::as_str);
        self.scripts.join(name)
    }
}
