//! What the process was given: read here, once, and nowhere else.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use naja_engine::{Cancel, ProcessEnv, home_dir};

/// The words of the command line, the program's name first.
pub(crate) fn arguments() -> Vec<OsString> {
    std::env::args_os().collect()
}

/// Where this program is, if the system tells.
pub(crate) fn program() -> Option<PathBuf> {
    std::env::current_exe().ok()
}

/// Environment, directories, clock and terminal; `directory` stands in for the
/// working directory.
pub(crate) fn process(directory: Option<&Path>) -> ProcessEnv {
    let vars: std::collections::BTreeMap<OsString, OsString> =
        std::env::vars_os().map(called).collect();
    let cwd = std::env::current_dir().unwrap_or_else(|_gone| PathBuf::from("/"));
    let cwd = directory.map_or_else(|| cwd.clone(), |directory| cwd.join(directory));
    let home = home_dir(&|name| vars.get(std::ffi::OsStr::new(name)).cloned());
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let arguments = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    ProcessEnv {
        arguments: arguments.collect(),
        vars,
        cwd,
        home,
        now_ms: i64::try_from(now.as_millis()).unwrap_or(i64::MAX),
        stderr_is_terminal: std::io::stderr().is_terminal(),
        processors: || std::thread::available_parallelism().map_or(1, usize::from),
        program_version: env!("CARGO_PKG_VERSION"),
    }
}

/// A variable as others look for it: on Windows `Path` is `PATH`.
fn called((name, value): (OsString, OsString)) -> (OsString, OsString) {
    match cfg!(windows) {
        true => (name.to_ascii_uppercase(), value),
        false => (name, value),
    }
}

/// Lets Ctrl-C and a polite end reach the command; a second one ends it at
/// once.
pub(crate) fn obey_signals(cancel: &Cancel) {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::flag;

    #[cfg(unix)]
    const ENDING: [i32; 3] = [SIGINT, SIGTERM, signal_hook::consts::SIGHUP];
    #[cfg(not(unix))]
    const ENDING: [i32; 2] = [SIGINT, SIGTERM];

    let again = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    for signal in ENDING {
        // A signal that cannot be caught keeps its ordinary meaning.
        let _ordinary = flag::register_conditional_shutdown(
            signal,
            128 + signal,
            std::sync::Arc::clone(&again),
        );
        let _ordinary = flag::register(signal, std::sync::Arc::clone(&again));
        let number = usize::try_from(signal).unwrap_or(1);
        let _ordinary = flag::register_usize(signal, cancel.flag(), number);
    }
}

/// The shell that this program is started from, through whatever is in between.
#[cfg(target_os = "linux")]
pub(crate) fn parent_shell() -> Option<PathBuf> {
    const STEPS: usize = 5;
    let mut pid = rustix::process::getppid()?.as_raw_nonzero().get();
    for _ in 0..STEPS {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name stands in brackets and may contain any character.
        let (start, end) = (stat.find('(')?, stat.rfind(')')?);
        let name = stat.get(start + 1..end)?;
        if naja_engine::Shell::from_program(name).is_some() {
            return Some(PathBuf::from(name));
        }
        pid = stat
            .get(end + 1..)?
            .split_whitespace()
            .nth(1)?
            .parse()
            .ok()?;
        if pid <= 1 {
            return None;
        }
    }
    None
}

/// The shell that this program is started from.
#[cfg(all(unix, not(target_os = "linux")))]
pub(crate) fn parent_shell() -> Option<PathBuf> {
    let pid = rustix::process::getppid()?.as_raw_nonzero().get();
    let asked = std::process::Command::new("ps")
        .args(["-o", "comm=", "-p", &pid.to_string()])
        .output()
        .ok()?;
    let name = String::from_utf8(asked.stdout).ok()?;
    let name = name.trim().trim_start_matches('-');
    naja_engine::Shell::from_program(name).map(|_known| PathBuf::from(name))
}

/// Elsewhere nobody tells.
#[cfg(not(unix))]
pub(crate) fn parent_shell() -> Option<PathBuf> {
    None
}

/// Where this program will still be after an upgrade: the place on the search path that leads to
/// it, rather than the file behind it.
pub(crate) fn lasting_program() -> Option<PathBuf> {
    let program = program()?;
    let name = program.file_name()?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .filter(|dir| dir.is_absolute())
        .map(|dir| dir.join(name))
        .find(|place| place.canonicalize().is_ok_and(|real| real == program));
    found.or(Some(program))
}
