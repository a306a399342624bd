//! One child process with a time limit, limited output, and a process group of its own.

use std::io;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use thiserror::Error;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as system;

pub(crate) use system::{OwnGroup, TimedPipe, own_group};

/// Limits what a child may use before it is killed together with its descendants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChildLimits {
    /// Wall-clock time from start to end.
    pub time: Duration,
    /// Bytes on standard output. Standard error beyond 64 KiB is read and dropped.
    pub output: usize,
}

impl Default for ChildLimits {
    /// Allows 10 seconds and 1 MiB.
    fn default() -> Self {
        Self {
            time: Duration::from_secs(10),
            output: 1 << 20,
        }
    }
}

/// How much of standard error is kept, in bytes.
const ERROR_LIMIT: usize = 64 << 10;

/// Says why a child gave no answer.
#[derive(Debug, Error)]
pub enum ChildError {
    /// The program could not be started.
    #[error("start the program")]
    Start(#[source] io::Error),
    /// It did not end in time and was killed.
    #[error("get an answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// It wrote more than the limit and was killed.
    #[error("read its output: more than {0} bytes")]
    TooMuchOutput(usize),
    /// Reading or waiting failed.
    #[error("read its output")]
    Io(#[source] io::Error),
}

/// Holds what a finished child wrote.
#[derive(Debug)]
pub(crate) struct ChildOutput {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// Variables that change how a Python starts. They are removed from the environment of children:
/// an isolated interpreter ignores most of them, but not every wrapper or old version does.
const PYTHON_VARIABLES: [&str; 30] = [
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PYTHONPLATLIBDIR",
    "PYTHONSAFEPATH",
    "PYTHONOPTIMIZE",
    "PYTHONBREAKPOINT",
    "PYTHONDEBUG",
    "PYTHONINSPECT",
    "PYTHONUNBUFFERED",
    "PYTHONVERBOSE",
    "PYTHONCASEOK",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONPYCACHEPREFIX",
    "PYTHONIOENCODING",
    "PYTHONNOUSERSITE",
    "PYTHONUSERBASE",
    "PYTHONEXECUTABLE",
    "PYTHONWARNINGS",
    "PYTHONFAULTHANDLER",
    "PYTHONTRACEMALLOC",
    "PYTHONPROFILEIMPORTTIME",
    "PYTHONASYNCIODEBUG",
    "PYTHONMALLOC",
    "PYTHONMALLOCSTATS",
    "PYTHONDEVMODE",
    "PYTHONDUMPREFS",
    "PYTHON_GIL",
    "_PYTHON_SYSCONFIGDATA_NAME",
    "__PYVENV_LAUNCHER__",
];

/// Removes everything from the environment of a command that changes how Python starts, and makes
/// it the leader of a new process group.
pub(crate) fn isolate(command: &mut Command) {
    for name in PYTHON_VARIABLES {
        command.env_remove(name);
    }
    // macOS lies about its version to programs linked against old SDKs unless told otherwise.
    command.env("SYSTEM_VERSION_COMPAT", "0");
    own_group(command);
}

/// Runs a command to its end without input.
///
/// However it ends, no process of its group is left.
///
/// # Errors
/// It cannot be started, takes too long, or writes too much. A status other than success is not an
/// error here.
pub(crate) fn run(command: &mut Command, limits: ChildLimits) -> Result<ChildOutput, ChildError> {
    isolate(command);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().map_err(ChildError::Start)?;
    system::collect(OwnGroup::new(child), limits)
}

/// Adds bytes to a buffer up to a limit; says whether all fitted.
fn keep(buffer: &mut Vec<u8>, bytes: &[u8], limit: usize) -> bool {
    let room = limit.saturating_sub(buffer.len());
    buffer.extend_from_slice(&bytes[..bytes.len().min(room)]);
    bytes.len() <= room
}
