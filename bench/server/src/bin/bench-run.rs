//! `bench-run COMMAND...`: runs a command without input and output and prints
//! `SECONDS CPU KIB STATUS`: how long it took, how much processor time (seconds, of all
//! threads), what it held at most, how it ended.
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
    let Some((cpu, memory, status)) = usage::wait(child.id()) else {
        return ExitCode::from(2);
    };
    let seconds = start.elapsed().as_secs_f64();
    use std::io::Write;
    match writeln!(std::io::stdout(), "{seconds:.6} {cpu:.6} {memory} {status}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(2),
    }
}

mod usage {
    #![allow(unsafe_code)]

    use std::time::Duration;

    /// Waits for a child; its processor time in seconds, its peak of memory in KiB, and its exit status.
    pub(super) fn wait(child: u32) -> Option<(f64, i64, i32)> {
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
        let seconds = |time: libc::timeval| {
            // Systems differ in how many bits microseconds have.
            Duration::from_secs(time.tv_sec.unsigned_abs())
                + Duration::from_micros(u64::try_from(time.tv_usec).unwrap_or_default())
        };
        let cpu = (seconds(usage.ru_utime) + seconds(usage.ru_stime)).as_secs_f64();
        // macOS counts bytes.
        let peak = usage.ru_maxrss / if cfg!(target_os = "macos") { 1024 } else { 1 };
        (waited == child).then_some((cpu, peak, ended))
    }
}
