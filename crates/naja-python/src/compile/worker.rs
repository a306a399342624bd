//! One worker process: what is said to it and what it answers.

use std::io::{self, Write};
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::time::Duration;

use super::CompileJob;
use crate::child::{OwnGroup, TimedPipe, isolate};

/// The program of the workers.
const SCRIPT: &str = include_str!("worker.py");

/// Answers are not longer than this, in bytes.
const ANSWER_LIMIT: usize = 4096;

/// Says why a worker gave no answer.
#[derive(Debug)]
pub(super) enum WorkerError {
    /// It took too long.
    Slow,
    /// It has ended or talks nonsense.
    Died,
    /// Reading failed.
    Io(io::Error),
}

/// A running worker; dropping it kills it.
#[derive(Debug)]
pub(super) struct Worker {
    input: ChildStdin,
    output: TimedPipe,
    /// Bytes that were read and not used yet.
    pending: Vec<u8>,
    group: OwnGroup,
}

impl Worker {
    pub(super) fn start(executable: &Path) -> io::Result<Self> {
        let mut command = Command::new(executable);
        command.args(["-E", "-s", "-S", "-B", "-W", "ignore", "-c", SCRIPT]);
        isolate(&mut command);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut group = OwnGroup::new(command.spawn()?);
        let pipes = group.child.stdin.take().zip(group.child.stdout.take());
        let (input, output) = pipes.ok_or_else(|| io::Error::other("no pipes"))?;
        Ok(Self {
            input,
            output: TimedPipe::new(output),
            pending: Vec::new(),
            group,
        })
    }

    /// Hands out files. Their names and the answers to them fit into the pipes only if there are
    /// few, see `BATCH`.
    pub(super) fn send(&mut self, jobs: &[CompileJob], optimize: u8) -> io::Result<()> {
        let mut text = Vec::with_capacity(jobs.len() * 128);
        for job in jobs {
            let bytes = |path: &Path| path.as_os_str().as_encoded_bytes().to_vec();
            let source = bytes(&job.source);
            let target = job.target.as_deref().map(bytes).unwrap_or_default();
            let shown = job.shown.as_deref().map(bytes).unwrap_or_default();
            let (a, b, c) = (source.len(), target.len(), shown.len());
            // The level of the interpreter itself would follow its own flags; ours is explicit.
            writeln!(text, "{a} {b} {c} {optimize}")?;
            text.extend(source.into_iter().chain(target).chain(shown));
        }
        self.input.write_all(&text)?;
        self.input.flush()
    }

    /// Waits for the answer to the next file: `None` when it was compiled, else Python's words.
    pub(super) fn receive(&mut self, limit: Duration) -> Result<Option<String>, WorkerError> {
        let line_end = loop {
            if let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
                break end;
            }
            self.read_more(limit)?;
        };
        let number = std::str::from_utf8(&self.pending[..line_end]).ok();
        let length: usize = number
            .and_then(|text| text.parse().ok())
            .ok_or(WorkerError::Died)?;
        if length > ANSWER_LIMIT {
            return Err(WorkerError::Died);
        }
        let end = line_end + 1 + length;
        while self.pending.len() < end {
            self.read_more(limit)?;
        }
        let words = String::from_utf8_lossy(&self.pending[line_end + 1..end]).into_owned();
        self.pending.drain(..end);
        Ok((length > 0).then_some(words))
    }

    fn read_more(&mut self, limit: Duration) -> Result<(), WorkerError> {
        if self.pending.len() > 2 * ANSWER_LIMIT * super::BATCH {
            return Err(WorkerError::Died);
        }
        match self.output.read(limit) {
            Ok(bytes) if bytes.is_empty() => Err(WorkerError::Died),
            Ok(bytes) => {
                self.pending.extend_from_slice(&bytes);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(WorkerError::Slow),
            Err(error) => Err(WorkerError::Io(error)),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Ends it also where dropping the group alone would wait for a busy process.
        let _ = self.group.end();
    }
}
