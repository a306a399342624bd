//! Pythons that are written down in the registry of Windows (PEP 514).
//!
//! The official installers, the Python install manager behind `py`, conda and others write there; what is in
//! the registry is text of strangers. This is the part that decides what it means, on every system.

#[cfg(not(windows))]
mod nothing;
#[cfg(windows)]
mod system;

use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use naja_spec::Version;

use super::candidates::minor_of;
use crate::request::VersionRequest;

#[cfg(not(windows))]
use nothing as system;

/// The company of the official installers.
const CORE: &str = "PythonCore";

/// The company of the launcher `py`, which is no Python.
const LAUNCHER: &str = "PyLauncher";

/// What the names of programs begin with that may be Pythons; IronPython, for one, is registered as well.
const STEMS: [&str; 3] = ["python", "pypy", "graalpy"];

/// Says what is known of the registry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Registry {
    /// Nothing, and nobody is asked.
    #[default]
    Unread,
    /// What the system says when it is needed; nothing except on Windows.
    System,
    /// This.
    Known(Vec<RegisteredPython>),
}

impl Registry {
    /// Says whether the system is asked.
    pub(super) fn is_of_system(&self) -> bool {
        cfg!(windows) && *self == Self::System
    }

    /// Returns the programs that are registered and may satisfy a request, best first.
    pub(super) fn programs(&self, wanted: Option<&VersionRequest>) -> Vec<PathBuf> {
        match self {
            Self::Unread => Vec::new(),
            Self::System => programs(&system::registered(), wanted),
            Self::Known(entries) => programs(entries, wanted),
        }
    }
}

/// Names a part of the registry, in the order in which they count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum RegistryPart {
    /// The user's own (`HKEY_CURRENT_USER`), which both kinds of programs share.
    #[default]
    User,
    /// What 64-bit programs see of the machine's (`HKEY_LOCAL_MACHINE`).
    Machine64,
    /// What 32-bit programs see of it.
    Machine32,
}

/// One Python as it is registered: a key `Software\Python\COMPANY\TAG`, its values as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegisteredPython {
    /// Where it is written.
    pub part: RegistryPart,
    /// Who wrote it.
    pub company: String,
    /// What tells the Pythons of a company apart: `3.12`, `3.12-32`, `3.13t`.
    pub tag: String,
    /// `SysVersion`: `3.12`.
    pub sys_version: Option<String>,
    /// `Version`: `3.12.4`.
    pub version: Option<String>,
    /// `SysArchitecture`: `64bit` or `32bit`.
    pub sys_architecture: Option<String>,
    /// The default value of `InstallPath`, a directory.
    pub install_path: Option<String>,
    /// `ExecutablePath` of `InstallPath`.
    pub executable_path: Option<String>,
}

impl RegisteredPython {
    fn is_core(&self) -> bool {
        self.company.eq_ignore_ascii_case(CORE)
    }

    /// The program, if a Python may be there.
    ///
    /// Without `ExecutablePath` only the official installers are known to have `python.exe` in the directory.
    fn program(&self) -> Option<PathBuf> {
        let given = self.executable_path.as_deref().and_then(absolute);
        let program = match given {
            Some(program) => program.to_owned(),
            None if self.is_core() => {
                let dir = absolute(self.install_path.as_deref()?)?;
                format!(r"{}\python.exe", dir.trim_end_matches(['\\', '/']))
            }
            None => return None,
        };
        let name = program.rsplit(['\\', '/']).next()?.to_ascii_lowercase();
        let stem = name.strip_suffix(".exe")?;
        let is_python = STEMS.iter().any(|begin| stem.starts_with(begin));
        // What ends with `w` has no output.
        (is_python && !stem.ends_with('w')).then(|| PathBuf::from(program))
    }

    /// The tag without the architecture behind it.
    fn version_of_tag(&self) -> &str {
        self.tag.split('-').next().unwrap_or_default()
    }

    fn minor(&self) -> Option<(u64, u64)> {
        let said = [self.sys_version.as_deref(), self.version.as_deref()];
        let said = said.into_iter().flatten().find_map(minor_of);
        said.or_else(|| minor_of(self.version_of_tag()))
    }

    /// The version for the order; what says none is taken for old.
    fn full_version(&self) -> Option<Version> {
        let said = [self.version.as_deref(), self.sys_version.as_deref()];
        let said = said.into_iter().flatten();
        said.chain([self.version_of_tag().trim_end_matches('t')])
            .find_map(|text| Version::from_str(text.trim()).ok())
    }

    fn is_threaded(&self) -> bool {
        self.version_of_tag().ends_with('t')
    }

    /// How far it is from what this machine runs best: the architecture of this program, then 64 bits, then 32.
    fn distance(&self) -> u8 {
        let ending = self.tag.rsplit_once('-').map(|(_, ending)| ending);
        let says = |text: &str| {
            let named = self.sys_architecture.as_deref();
            [named, ending]
                .iter()
                .flatten()
                .any(|said| said.eq_ignore_ascii_case(text))
        };
        let is_arm = says("arm64");
        let is_narrow = says("32bit")
            || says("32")
            || (self.sys_architecture.is_none() && self.part == RegistryPart::Machine32);
        match (is_arm == cfg!(target_arch = "aarch64"), is_narrow) {
            (_, true) => 2,
            (true, _) => 0,
            (false, _) => 1,
        }
    }

    /// Says whether the registration leaves it open that a request is satisfied.
    fn may_satisfy(&self, wanted: &VersionRequest) -> bool {
        self.minor()
            .is_none_or(|(major, minor)| wanted.may_match_minor(major, minor))
    }
}

/// Returns the programs of what is registered, best first: those of the official installers, newer versions, builds
/// with the global interpreter lock, the architecture of this machine, the user's own.
fn programs(entries: &[RegisteredPython], wanted: Option<&VersionRequest>) -> Vec<PathBuf> {
    let mut usable: Vec<(&RegisteredPython, PathBuf)> = entries
        .iter()
        .filter(|entry| !entry.company.eq_ignore_ascii_case(LAUNCHER))
        .filter(|entry| wanted.is_none_or(|wanted| entry.may_satisfy(wanted)))
        .filter_map(|entry| Some((entry, entry.program()?)))
        .collect();
    usable.sort_by_cached_key(|(entry, _)| {
        (
            !entry.is_core(),
            Reverse(entry.minor()),
            entry.is_threaded(),
            entry.distance(),
            Reverse(entry.full_version()),
            entry.part,
            entry.tag.clone(),
        )
    });
    let mut programs: Vec<PathBuf> = Vec::new();
    for (_, program) in usable {
        if !programs.contains(&program) {
            programs.push(program);
        }
    }
    programs
}

/// A path as it was registered, if it is whole: some write quotes around it. What is relative would be looked for in
/// the working directory.
fn absolute(text: &str) -> Option<&str> {
    let path = text.trim().trim_matches('"').trim();
    let bytes = path.as_bytes();
    let has_drive = bytes.first().is_some_and(u8::is_ascii_alphabetic)
        && bytes.get(1) == Some(&b':')
        && matches!(bytes.get(2), Some(b'\\' | b'/'));
    let is_plain = !path.chars().any(char::is_control);
    let is_whole = has_drive || path.starts_with(r"\\") || Path::new(path).is_absolute();
    (is_whole && is_plain).then_some(path)
}

#[cfg(test)]
mod tests;
