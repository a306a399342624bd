//! What tells one request from another before anything is read.

use std::ffi::{OsStr, OsString};

use sha2::{Digest, Sha256};

use super::look::hex;
use crate::process::ProcessEnv;

/// Raised whenever traces of before would be misunderstood.
const FORMAT: u32 = 3;

/// Variables that count, by the beginnings of their names.
const FAMILIES: &[&str] = &[
    "NAJA_", "UV_", "PIP_", "PYTHON", "PYENV", "ASDF_", "CONDA_", "MISE_",
];

/// Variables that count, by their names.
const NAMES: &[&str] = &[
    "ANDROID_API_LEVEL",
    "APPDATA",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "FORCE_COLOR",
    "HOME",
    "IPHONEOS_DEPLOYMENT_TARGET",
    "LOCALAPPDATA",
    "MACOSX_DEPLOYMENT_TARGET",
    "NO_COLOR",
    "PROGRAMDATA",
    "SUDO_UID",
    "SYSTEMDRIVE",
    "USERPROFILE",
    "VIRTUAL_ENV",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_DIRS",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
];

/// Whether a variable can change what a command of a project does where nothing has to be fetched, built or found.
/// The search path is none of them: a program is looked for each time.
pub(super) fn counts(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    FAMILIES.iter().any(|family| name.starts_with(family)) || NAMES.contains(&name)
}

/// A command with everything that tells it from others: the program's version, the words, the working directory, the
/// user, the system (a directory may be that of several machines), and the variables that count. Only a digest of it is kept, since words and variables may be secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request(String);

impl Request {
    /// Makes one of the words that say what is to be done.
    #[must_use]
    pub fn new(process: &ProcessEnv, words: &[OsString]) -> Self {
        let mut hash = Sha256::new();
        let mut add = |part: &[u8]| {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        };
        add(&FORMAT.to_le_bytes());
        add(process.program_version.as_bytes());
        add(&user().to_le_bytes());
        add(machine().as_bytes());
        add(process.cwd.as_os_str().as_encoded_bytes());
        add(&(words.len() as u64).to_le_bytes());
        for word in words {
            add(word.as_encoded_bytes());
        }
        for (name, value) in process.vars.iter().filter(|(name, _)| counts(name)) {
            add(name.as_encoded_bytes());
            add(value.as_encoded_bytes());
        }
        Self(hex(&hash.finalize()))
    }

    /// The digest.
    pub(super) fn key(&self) -> &str {
        &self.0
    }
}

/// The kind of machine and its system: a Python is asked again under another kernel.
#[cfg(unix)]
fn machine() -> String {
    let system = rustix::system::uname();
    let release = system.release().to_string_lossy();
    format!("{} {release}", std::env::consts::ARCH)
}

#[cfg(not(unix))]
fn machine() -> String {
    std::env::consts::ARCH.to_owned()
}

#[cfg(unix)]
fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn user() -> u32 {
    0
}
