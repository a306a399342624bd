//! Children on Unix: process groups, `poll`, signals.

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::{ChildError, ChildLimits, ChildOutput, ERROR_LIMIT, keep};

/// How long to wait for output before looking whether the child has ended.
const LOOK: Duration = Duration::from_millis(20);

/// The same for a child that has closed its outputs and is probably ending.
const LOOK_CLOSED: Duration = Duration::from_millis(1);

/// Makes the child the leader of a new process group.
pub(crate) fn own_group(command: &mut Command) {
    command.process_group(0);
}

/// Owns a child that leads its process group; dropping it kills the group and reaps the child.
#[derive(Debug)]
pub(crate) struct OwnGroup {
    pub(crate) child: Child,
    reaped: bool,
}

impl OwnGroup {
    pub(crate) fn new(child: Child) -> Self {
        Self {
            child,
            reaped: false,
        }
    }

    /// Says whether the child has ended, without reaping it, so that its group keeps its number.
    pub(crate) fn has_ended(&mut self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        self.pid()
            .is_none_or(|pid| !matches!(waitid(WaitId::Pid(pid), options), Ok(None)))
    }

    fn pid(&self) -> Option<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
    }

    /// Kills whatever is left of the group and reaps the child.
    pub(crate) fn end(&mut self) -> io::Result<std::process::ExitStatus> {
        if !self.reaped
            && let Some(pid) = self.pid()
        {
            // ESRCH: nobody is left to be killed.
            let _ = kill_process_group(pid, Signal::KILL);
        }
        self.reaped = true;
        self.child.wait()
    }
}

impl Drop for OwnGroup {
    fn drop(&mut self) {
        if !self.reaped {
            let _ = self.end();
        }
    }
}

/// Reads both outputs until the child ends, then ends its group.
pub(super) fn collect(mut group: OwnGroup, limits: ChildLimits) -> Result<ChildOutput, ChildError> {
    let deadline = Instant::now() + limits.time;
    let (mut out, mut err) = (group.child.stdout.take(), group.child.stderr.take());
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    loop {
        let ended = group.has_ended();
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() && !ended {
            return Err(ChildError::TimedOut(limits.time));
        }
        // Once it has ended, take what is in the pipes and do not wait for who else holds them.
        let look = if out.is_none() && err.is_none() {
            LOOK_CLOSED
        } else {
            LOOK
        };
        let wait = if ended {
            Duration::ZERO
        } else {
            left.min(look)
        };
        let mut fds: Vec<PollFd<'_>> = Vec::with_capacity(2);
        fds.extend(out.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        fds.extend(err.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        let ready = wait_for(&mut fds, wait).map_err(ChildError::Io)?;
        if ready == 0 && ended {
            break;
        }
        let mut states = fds
            .iter()
            .map(|fd| !fd.revents().is_empty())
            .collect::<Vec<_>>();
        drop(fds);
        let err_ready = err.is_some() && states.pop().unwrap_or(false);
        let out_ready = out.is_some() && states.pop().unwrap_or(false);
        if out_ready && !take(&mut out, &mut stdout, limits.output).map_err(ChildError::Io)? {
            return Err(ChildError::TooMuchOutput(limits.output));
        }
        if err_ready {
            take(&mut err, &mut stderr, ERROR_LIMIT).map_err(ChildError::Io)?;
        }
    }
    let status = group.end().map_err(ChildError::Io)?;
    Ok(ChildOutput {
        status,
        stdout,
        stderr,
    })
}

/// The output of a child that is waited for only so long.
#[derive(Debug)]
pub(crate) struct TimedPipe(ChildStdout);

impl TimedPipe {
    pub(crate) fn new(pipe: ChildStdout) -> Self {
        Self(pipe)
    }

    /// Reads what comes next; nothing at the end.
    ///
    /// # Errors
    /// Nothing comes in time ([`io::ErrorKind::TimedOut`]), or reading fails.
    pub(crate) fn read(&mut self, limit: Duration) -> io::Result<Vec<u8>> {
        let deadline = Instant::now() + limit;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let ready = wait_for(&mut [PollFd::new(&self.0, PollFlags::IN)], left)?;
            if ready == 0 && left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            if ready > 0 {
                let mut buffer = [0_u8; 4096];
                match self.0.read(&mut buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    answer => return answer.map(|length| buffer[..length].to_vec()),
                }
            }
        }
    }
}

/// Polls, treating a signal as nothing ready.
fn wait_for(fds: &mut [PollFd<'_>], wait: Duration) -> io::Result<usize> {
    let timeout = Timespec::try_from(wait).unwrap_or(Timespec {
        tv_sec: 1,
        tv_nsec: 0,
    });
    match poll(fds, Some(&timeout)) {
        Ok(ready) => Ok(ready),
        Err(rustix::io::Errno::INTR) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// Reads once from a pipe that is ready; closes it at its end. Says whether the limit held.
fn take<R: Read>(pipe: &mut Option<R>, into: &mut Vec<u8>, limit: usize) -> io::Result<bool> {
    let Some(reader) = pipe.as_mut() else {
        return Ok(true);
    };
    let mut buffer = [0_u8; 8192];
    match reader.read(&mut buffer) {
        Ok(0) => {
            *pipe = None;
            Ok(true)
        }
        Ok(length) => Ok(keep(into, &buffer[..length], limit)),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(true),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::run;
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    fn limits(milliseconds: u64) -> ChildLimits {
        ChildLimits {
            time: Duration::from_millis(milliseconds),
            output: 10_000,
        }
    }

    #[test]
    fn output_and_status_are_collected() {
        let output = run(&mut shell("echo out; echo err >&2; exit 3"), limits(10_000)).unwrap();
        assert_eq!(output.stdout, b"out\n");
        assert_eq!(output.stderr, b"err\n");
        assert_eq!(output.status.code(), Some(3));
    }

    #[test]
    fn a_hanging_child_is_killed_with_its_children() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pid");
        let script = format!("sleep 1000 & echo $! > '{}'; wait", file.display());
        let error = run(&mut shell(&script), limits(300)).unwrap_err();
        assert!(matches!(error, ChildError::TimedOut(_)), "{error}");
        let pid: i32 = std::fs::read_to_string(&file)
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        assert!(is_gone(pid), "{pid} lives on");
    }

    #[test]
    fn a_child_that_leaves_a_daemon_behind_does_not_block() {
        let started = Instant::now();
        let output = run(&mut shell("sleep 1000 & echo $!"), limits(20_000)).unwrap();
        assert!(started.elapsed() < Duration::from_secs(10));
        let pid: i32 = String::from_utf8(output.stdout)
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        assert!(is_gone(pid), "{pid} lives on");
    }

    #[test]
    fn endless_output_is_cut() {
        let error = run(
            &mut shell("while :; do echo aaaaaaaaaaaaaaaaaaa; done"),
            limits(10_000),
        );
        assert!(matches!(error, Err(ChildError::TooMuchOutput(10_000))));
        let output = run(
            &mut shell("head -c 300000 /dev/zero >&2; echo done"),
            limits(10_000),
        )
        .unwrap();
        assert_eq!(output.stdout, b"done\n");
        assert_eq!(output.stderr.len(), ERROR_LIMIT);
    }

    #[test]
    fn a_child_that_closes_its_output_and_hangs_is_killed() {
        let error = run(&mut shell("exec >&- 2>&-; sleep 1000"), limits(300)).unwrap_err();
        assert!(matches!(error, ChildError::TimedOut(_)), "{error}");
    }

    /// Says whether a process is gone or only waits to be reaped by its new parent.
    fn is_gone(pid: i32) -> bool {
        let deadline = Instant::now() + Duration::from_secs(5);
        while Instant::now() < deadline {
            match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
                Err(_) => return true,
                Ok(stat) if stat.contains(") Z ") => return true,
                Ok(_) => std::thread::yield_now(),
            }
        }
        false
    }
}
