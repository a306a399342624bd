//! Programs that are started and watched.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::run::Launch;

/// A line longer than this comes in parts, in bytes.
const LONGEST_LINE: u64 = 1 << 16;

/// After asking this long a program is asked more firmly.
const PATIENCE: Duration = Duration::from_secs(5);

/// Output that comes later than this after the end of a program is not its own.
const LEFTOVERS: Duration = Duration::from_millis(300);

/// A line of output.
pub(super) struct Line {
    /// Whose it is.
    pub(super) item: usize,
    /// The line, without its end.
    pub(super) text: String,
    /// Whether it comes from standard error.
    pub(super) is_error: bool,
}

/// A program that runs.
pub(super) struct Running {
    child: Child,
    /// Whether it leads a group of its own: then a signal has to be passed on to it.
    leads: bool,
    /// When it was asked to end, and how firmly.
    asked: Option<(Instant, Ending)>,
    /// When it had ended, with its status.
    over: Option<(Instant, u8)>,
    readers: Vec<std::thread::JoinHandle<()>>,
}

/// How a program is asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ending {
    /// As the user did.
    Signal(u8),
    /// Politely.
    Terminate,
    /// At once.
    Kill,
}

/// Where the output of a program goes.
pub(super) enum Output<'a> {
    /// Where that of naja goes.
    Shared,
    /// Where the errors of naja go: its own output is something else's.
    Aside,
    /// Line by line to somebody who says whose it is.
    Lines(usize, &'a Sender<Line>),
}

impl Running {
    /// Starts a program.
    ///
    /// # Errors
    /// The system does not start it.
    pub(super) fn start(launch: &Launch, output: &Output<'_>) -> Result<Self, Failure> {
        let mut command = launch.command();
        let leads = matches!(output, Output::Lines(..));
        if leads {
            command
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            lead(&mut command);
        } else {
            named(&mut command, launch);
        }
        if matches!(output, Output::Aside) {
            command.stdout(std::io::stderr());
        }
        let mut child = command.spawn().map_err(|error| {
            Failure::usage(format!("could not start `{}`", launch.program.display()))
                .because(&error)
        })?;
        let mut readers = Vec::new();
        if let Output::Lines(item, to) = output {
            let streams: [(Option<Box<dyn Read + Send>>, bool); 2] = [
                (child.stdout.take().map(|pipe| Box::new(pipe) as _), false),
                (child.stderr.take().map(|pipe| Box::new(pipe) as _), true),
            ];
            for (stream, is_error) in streams {
                let (item, to) = (*item, (*to).clone());
                let Some(stream) = stream else { continue };
                readers.push(std::thread::spawn(move || {
                    pass_lines(stream, &|text| {
                        // Nobody listens any more when the command is over.
                        let _gone = to.send(Line {
                            item,
                            text,
                            is_error,
                        });
                    });
                }));
            }
        }
        Ok(Self {
            child,
            leads,
            asked: None,
            over: None,
            readers,
        })
    }

    /// The status if it has ended and all it wrote was passed on.
    pub(super) fn ended(&mut self) -> Option<u8> {
        let (since, status) = match self.over {
            Some(over) => over,
            None => {
                let status = match self.child.try_wait() {
                    Ok(None) => return None,
                    Ok(Some(status)) => code(status),
                    Err(_gone) => 1,
                };
                *self.over.insert((Instant::now(), status))
            }
        };
        // Something it left behind may still hold its output: that is not waited for.
        let is_told = self
            .readers
            .iter()
            .all(std::thread::JoinHandle::is_finished);
        (is_told || since.elapsed() > LEFTOVERS).then_some(status)
    }

    /// Asks it to end, once for each firmness.
    pub(super) fn end(&mut self, how: Ending) {
        if self.asked.is_some_and(|(_, before)| before >= how) {
            return;
        }
        self.asked = Some((Instant::now(), how));
        send(&self.child, self.leads, how);
        if how == Ending::Kill {
            // It may be no group's leader any more.
            let _ended = self.child.kill();
        }
    }

    /// Asks more firmly where asking did not help. What a person works with may do with Ctrl-C what it likes.
    pub(super) fn insist(&mut self) {
        match self.asked {
            Some((_, Ending::Signal(2))) if !self.leads => {}
            Some((since, Ending::Signal(_))) if since.elapsed() > PATIENCE => {
                self.end(Ending::Terminate);
            }
            Some((since, Ending::Terminate)) if since.elapsed() > PATIENCE => {
                self.end(Ending::Kill);
            }
            _ => {}
        }
    }
}

/// Reads lines to the end; what has no line end is a line, too.
fn pass_lines(stream: Box<dyn Read + Send>, pass: &dyn Fn(String)) {
    let mut reader = BufReader::new(stream);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let read = reader
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut buffer);
        if !matches!(read, Ok(1..)) {
            return;
        }
        let text = String::from_utf8_lossy(&buffer);
        pass(text.trim_end_matches(['\n', '\r']).to_owned());
    }
}

#[cfg(unix)]
fn lead(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
fn lead(_command: &mut Command) {}

#[cfg(unix)]
fn named(command: &mut Command, launch: &Launch) {
    use std::os::unix::process::CommandExt;
    if let Some(name) = launch.arguments.first() {
        command.arg0(name);
    }
}

#[cfg(not(unix))]
fn named(_command: &mut Command, _launch: &Launch) {}

#[cfg(unix)]
fn send(child: &Child, leads: bool, how: Ending) {
    use rustix::process::{Pid, Signal, kill_process, kill_process_group};
    let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
        return;
    };
    let signal = match how {
        Ending::Signal(1) => Signal::HUP,
        Ending::Signal(2) => Signal::INT,
        Ending::Signal(_) | Ending::Terminate => Signal::TERM,
        Ending::Kill => Signal::KILL,
    };
    // Who has ended meanwhile needs no telling.
    let _ended = if leads {
        kill_process_group(pid, signal)
    } else if how == Ending::Signal(2) && terminal_is_ours() {
        // Ctrl-C reaches everything in the foreground by itself.
        Ok(())
    } else {
        kill_process(pid, signal)
    };
}

#[cfg(not(unix))]
fn send(_child: &Child, _leads: bool, _how: Ending) {}

/// Whether this process is in the foreground of a terminal.
#[cfg(unix)]
fn terminal_is_ours() -> bool {
    let terminal = std::fs::File::open("/dev/tty");
    let group = terminal.and_then(|terminal| Ok(rustix::termios::tcgetpgrp(&terminal)?));
    group.is_ok_and(|group| group == rustix::process::getpgrp())
}

#[cfg(unix)]
fn code(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

#[cfg(not(unix))]
fn code(status: ExitStatus) -> u8 {
    let code = status.code();
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
