//! What the process was given: read here, once, and nowhere else.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use naja_engine::{Cancel, ProcessEnv};

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
    let vars: std::collections::BTreeMap<OsString, OsString> = std::env::vars_os().collect();
    let cwd = std::env::current_dir().unwrap_or_else(|_gone| PathBuf::from("/"));
    let cwd = directory.map_or_else(|| cwd.clone(), |directory| cwd.join(directory));
    let home = ["HOME", "USERPROFILE"].iter().find_map(|name| {
        vars.get(std::ffi::OsStr::new(name))
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    });
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    ProcessEnv {
        vars,
        cwd,
        home,
        now_ms: i64::try_from(now.as_millis()).unwrap_or(i64::MAX),
        stderr_is_terminal: std::io::stderr().is_terminal(),
        processors: || std::thread::available_parallelism().map_or(1, usize::from),
        program_version: env!("CARGO_PKG_VERSION"),
    }
}

/// Lets Ctrl-C and a polite end reach the command; a second one ends it at
/// once.
pub(crate) fn obey_signals(cancel: &Cancel) {
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        use signal_hook::flag;

        let again = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
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
    #[cfg(not(unix))]
    let _ = cancel;
}
