//! `bench-run COMMAND...`: runs a command without input and output and prints
//! `SECONDS KIB STATUS`: how long it took, what it held at most, how it ended.
//!
//! A small process of its own, because a child's peak of memory begins with
//! that of the process it was started from.

use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    let Some(program) = words.next() else {
        return ExitCode::from(2);
    };
    let mut command = Command::new(program);
    command
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let start = Instant::now();
    let Ok(child) = command.spawn() else {
        return ExitCode::from(2);
    };
    let Some((memory, status)) = usage::wait(child.id()) else {
        return ExitCode::from(2);
    };
    let seconds = start.elapsed().as_secs_f64();
    use std::io::Write;
    match writeln!(std::io::stdout(), "{seconds:.6} {memory} {status}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(2),
    }
}

mod usage {
    #![allow(unsafe_code)]

    /// Waits for a child; its peak of memory in KiB, and its exit status.
    pub(super) fn wait(child: u32) -> Option<(i64, i32)> {
        let child = libc::pid_t::try_from(child).ok()?;
        let mut status = 0;
        // SAFETY: an all-zero `rusage` is a valid value of that plain structure.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: both pointers are to live local variables of the right types.
        let waited = unsafe { libc::wait4(child, &raw mut status, 0, &raw mut usage) };
        let ended = if libc::WIFEXITED(status) {
            libc::WEXITSTATUS(status)
        } else {
            -1
        };
        (waited == child).then_some((usage.ru_maxrss, ended))
    }
}
