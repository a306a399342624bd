//! This process becomes the program that was asked for.

use naja_engine::{Cancel, Failure, Kind, Launch};

/// How often a supervised program is looked after.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

/// Replaces this process; comes back only if that does not work.
#[cfg(unix)]
pub(crate) fn replace(launch: &Launch) -> Failure {
    use std::os::unix::process::CommandExt;

    let mut command = launch.command();
    if let Some(name) = launch.arguments.first() {
        command.arg0(name);
    }
    refused(launch, &command.exec())
}

/// Starts the program and waits for it; a signal that asks this process to end
/// is passed on. Comes back with the program's status.
pub(crate) fn supervise(launch: &Launch, cancel: &Cancel) -> Failure {
    let mut child = match launch.command().spawn() {
        Ok(child) => child,
        Err(error) => return refused(launch, &error),
    };
    let mut told = false;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Failure::new(Kind::Status(code(status)), "ended"),
            Ok(None) => {}
            Err(error) => return refused(launch, &error),
        }
        if let (Err(asked), false) = (cancel.check(), told) {
            told = true;
            pass_on(&child, asked.kind);
        }
        std::thread::sleep(PAUSE);
    }
}

/// Passes a polite end on; Ctrl-C reaches the program by itself.
#[cfg(unix)]
fn pass_on(child: &std::process::Child, kind: Kind) {
    let Kind::Interrupted(number) = kind else {
        return;
    };
    let pid = i32::try_from(child.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    let signal = match i32::from(number) {
        signal_hook::consts::SIGTERM => rustix::process::Signal::TERM,
        signal_hook::consts::SIGHUP => rustix::process::Signal::HUP,
        _ => return,
    };
    if let Some(pid) = pid {
        // A program that has ended meanwhile needs no telling.
        let _ended = rustix::process::kill_process(pid, signal);
    }
}

#[cfg(not(unix))]
fn pass_on(_child: &std::process::Child, _kind: Kind) {}

#[cfg(unix)]
fn code(status: std::process::ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

#[cfg(not(unix))]
fn code(status: std::process::ExitStatus) -> u8 {
    status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(1)
}

/// Runs the program and ends with its status: Windows cannot replace a
/// process.
#[cfg(not(unix))]
pub(crate) fn replace(launch: &Launch) -> Failure {
    match launch.command().status() {
        Ok(status) => Failure::new(Kind::Status(code(status)), "ended"),
        Err(error) => refused(launch, &error),
    }
}

fn refused(launch: &Launch, error: &std::io::Error) -> Failure {
    Failure::usage(format!("could not start `{}`", launch.program.display())).because(error)
}
