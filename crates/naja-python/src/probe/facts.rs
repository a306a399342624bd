//! The answer of the probe script, as it is.

use serde::Deserialize;

/// One version tuple: major, minor, micro, release level, serial.
pub(super) type VersionInfo = (u64, u64, u64, String, u64);

/// What every interpreter of at least Python 3.8 says.
#[derive(Debug, Deserialize)]
pub(super) struct Facts {
    pub(super) version_info: VersionInfo,
    pub(super) version_text: String,
    pub(super) implementation: String,
    pub(super) implementation_version: VersionInfo,
    pub(super) cache_tag: Option<String>,
    pub(super) magic: [u8; 4],
    pub(super) prefix: String,
    pub(super) base_prefix: String,
    pub(super) base_exec_prefix: String,
    pub(super) sys_platform: String,
    pub(super) os_name: String,
    pub(super) is_64bit: bool,
    pub(super) abiflags: String,
    pub(super) debug: bool,
    pub(super) platlibdir: String,
    pub(super) suffixes: Vec<String>,
    pub(super) libc: Option<String>,
    pub(super) uname: Option<[String; 4]>,
    pub(super) executable: Option<String>,
    pub(super) full: Option<FullFacts>,
}

/// What an interpreter says in addition when its paths cannot be derived.
#[derive(Debug, Deserialize)]
pub(super) struct FullFacts {
    pub(super) paths: Paths,
    pub(super) headers: Option<String>,
    pub(super) venv_root: String,
    pub(super) venv: Paths,
    pub(super) site_dirs: Vec<String>,
    pub(super) mac: Option<(String, String)>,
    pub(super) platform_tag: String,
    pub(super) platform_machine: String,
    pub(super) platform_release: String,
    pub(super) platform_system: String,
    pub(super) platform_version: String,
    pub(super) platform_python_implementation: String,
    pub(super) gil_disabled: bool,
}

/// Some of `sysconfig.get_paths()`.
#[derive(Debug, Deserialize)]
pub(super) struct Paths {
    pub(super) purelib: String,
    pub(super) platlib: String,
    pub(super) scripts: String,
    pub(super) data: String,
    pub(super) include: String,
    pub(super) stdlib: String,
    pub(super) platstdlib: String,
}

/// One answer of the script.
#[derive(Debug)]
pub(super) enum Answer {
    /// The interpreter is supported.
    Facts(Box<Facts>),
    /// It is older than Python 3.8.
    TooOld([u64; 3]),
}

#[derive(Deserialize)]
struct TooOld {
    too_old: [u64; 3],
}

/// What the line of the answer begins with.
const MARK: &[u8] = b"naja-facts:";

/// Finds the answer in the output of the script; wrappers may have written other lines.
pub(super) fn parse(output: &[u8]) -> Option<Answer> {
    let line = output
        .split(|byte| *byte == b'\n')
        .rev()
        .find(|line| line.starts_with(MARK))?;
    let json = line.get(MARK.len()..)?;
    if let Ok(old) = serde_json::from_slice::<TooOld>(json) {
        return Some(Answer::TooOld(old.too_old));
    }
    serde_json::from_slice(json)
        .ok()
        .map(|facts| Answer::Facts(Box::new(facts)))
}
