//! Children on Windows: only the child itself is killed, and threads read what it says, for its pipes cannot be polled.

use std::io::{self, Read};
use std::process::{Child, ChildStdout, Command};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::{ChildError, ChildLimits, ChildOutput, ERROR_LIMIT, keep};

/// Keeps a console window from popping up and separates Ctrl-C handling.
pub(crate) fn own_group(command: &mut Command) {
    use std::os::windows::process::CommandExt;
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;
    command.creation_flags(CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW);
}

/// Owns a child; dropping it kills and reaps it.
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

    /// Says whether the child has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    pub(crate) fn end(&mut self) -> io::Result<std::process::ExitStatus> {
        if !self.reaped {
            let _ = self.child.kill();
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

/// Reads both outputs on threads until the child ends.
pub(super) fn collect(mut group: OwnGroup, limits: ChildLimits) -> Result<ChildOutput, ChildError> {
    let deadline = Instant::now() + limits.time;
    let stdout = group
        .child
        .stdout
        .take()
        .map(|pipe| read_on_thread(pipe, limits.output));
    let stderr = group
        .child
        .stderr
        .take()
        .map(|pipe| read_on_thread(pipe, ERROR_LIMIT));
    let status = loop {
        if let Some(status) = group.child.try_wait().map_err(ChildError::Io)? {
            break status;
        }
        if Instant::now() >= deadline {
            return Err(ChildError::TimedOut(limits.time));
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    group.reaped = true;
    let take = |receiver: Option<mpsc::Receiver<(Vec<u8>, bool)>>| {
        receiver
            .and_then(|r| r.recv_timeout(Duration::from_secs(1)).ok())
            .unwrap_or_default()
    };
    let ((stdout, overflow), (stderr, _)) = (take(stdout), take(stderr));
    if overflow {
        return Err(ChildError::TooMuchOutput(limits.output));
    }
    Ok(ChildOutput {
        status,
        stdout,
        stderr,
    })
}

/// The output of a child that is waited for only so long.
#[derive(Debug)]
pub(crate) struct TimedPipe(mpsc::Receiver<io::Result<Vec<u8>>>);

impl TimedPipe {
    pub(crate) fn new(mut pipe: ChildStdout) -> Self {
        let (sender, receiver) = mpsc::channel();
        let work = move || {
            let mut buffer = [0_u8; 4096];
            loop {
                let read = pipe.read(&mut buffer);
                let is_over = !matches!(read, Ok(1..));
                let answer = read.map(|length| buffer[..length].to_vec());
                if sender.send(answer).is_err() || is_over {
                    return;
                }
            }
        };
        // Without a thread nothing is ever sent, and the output counts as ended.
        let _ = std::thread::Builder::new()
            .name("child-answers".to_owned())
            .spawn(work);
        Self(receiver)
    }

    /// Reads what comes next; nothing at the end.
    ///
    /// # Errors
    /// Nothing comes in time ([`io::ErrorKind::TimedOut`]), or reading fails.
    pub(crate) fn read(&mut self, limit: Duration) -> io::Result<Vec<u8>> {
        match self.0.recv_timeout(limit) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::TimedOut.into()),
            Err(RecvTimeoutError::Disconnected) => Ok(Vec::new()),
        }
    }
}

/// Reads a pipe to its end; the answer is the bytes kept and whether some were dropped.
fn read_on_thread<R: Read + Send + 'static>(
    mut pipe: R,
    limit: usize,
) -> mpsc::Receiver<(Vec<u8>, bool)> {
    let (sender, receiver) = mpsc::channel();
    let work = move || {
        let (mut kept, mut overflow, mut buffer) = (Vec::new(), false, [0_u8; 8192]);
        while let Ok(length @ 1..) = pipe.read(&mut buffer) {
            overflow |= !keep(&mut kept, &buffer[..length], limit);
        }
        let _ = sender.send((kept, overflow));
    };
    // Without a thread the receiver is empty and the answer counts as missing.
    let _ = std::thread::Builder::new()
        .name("child-output".to_owned())
        .spawn(work);
    receiver
}
