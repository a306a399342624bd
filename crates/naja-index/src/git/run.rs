//! One run of git: no shell, no prompt, no hooks, a group of its own that can be ended.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use naja_spec::{SafeUrl, mask_urls};

use super::GitConfig;
use super::error::GitFault;

/// Most bytes of output that are kept.
const MAX_OUTPUT: usize = 64 << 20;
/// Most bytes of messages that are kept, from the end.
const MAX_MESSAGES: usize = 16 << 10;
/// Most lines of a message that are shown.
const SHOWN_LINES: usize = 4;
/// Transports of a repository the user named.
const TRANSPORTS: &str = "https:http:ssh:git:file";
/// Transports of a repository that another one names.
const REMOTE_TRANSPORTS: &str = "https:http:ssh:git";

/// Runs git for one repository.
pub(super) struct Git<'a> {
    config: &'a GitConfig,
    /// Whether the command ends.
    stop: &'a dyn Fn() -> bool,
    /// Settings that must not be seen in a list of processes.
    secret: Vec<(String, String)>,
    /// Texts that must not be seen in messages.
    hidden: Vec<String>,
    lfs: bool,
}

/// How a run ended.
pub(super) struct Outcome {
    pub(super) status: ExitStatus,
    pub(super) output: Vec<u8>,
    messages: String,
}

impl<'a> Git<'a> {
    pub(super) fn new(config: &'a GitConfig, stop: &'a dyn Fn() -> bool, url: &SafeUrl) -> Self {
        let mut git = Self {
            config,
            stop,
            secret: Vec::new(),
            hidden: Vec::new(),
            lfs: false,
        };
        if let (Some(login), "http" | "https", Some(host)) =
            (url.credentials(), url.scheme(), url.host())
        {
            let port = url.as_url().port().map(|port| format!(":{port}"));
            let place = format!(
                "{}://{host}{}/",
                url.scheme(),
                port.as_deref().unwrap_or_default()
            );
            let pair = format!(
                "{}:{}",
                login.username,
                login.password.as_deref().unwrap_or_default()
            );
            let token = base64(pair.as_bytes());
            let header = format!("Authorization: Basic {token}");
            git.secret
                .push((format!("http.{place}.extraHeader"), header));
            git.hidden.push(token);
            git.hidden.extend(login.password);
        }
        git
    }

    /// Fetches large files as well.
    pub(super) fn with_lfs(mut self, lfs: bool) -> Self {
        self.lfs = lfs;
        self
    }

    /// Runs git in a directory and returns its output.
    ///
    /// # Errors
    /// It cannot be started, fails, or does not end in time.
    pub(super) fn run<I, S>(
        &self,
        action: &'static str,
        dir: &Path,
        arguments: I,
    ) -> Result<Vec<u8>, GitFault>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let outcome = self.attempt(dir, arguments)?;
        if outcome.status.success() {
            return Ok(outcome.output);
        }
        Err(self.fault(action, &outcome))
    }

    /// Runs git in a directory, whatever comes of it.
    ///
    /// # Errors
    /// It cannot be started, or does not end in time.
    pub(super) fn attempt<I, S>(&self, dir: &Path, arguments: I) -> Result<Outcome, GitFault>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let mut command = self.command(dir);
        command.args(arguments);
        let child = command.spawn().map_err(|source| match source.kind() {
            io::ErrorKind::NotFound if dir.is_dir() => GitFault::NoGit,
            _ => GitFault::Start {
                program: PathBuf::from("git"),
                source,
            },
        })?;
        self.wait(Running(child))
    }

    fn command(&self, dir: &Path) -> Command {
        let mut command = Command::new("git");
        command
            .env_clear()
            .envs(self.config.passed())
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GCM_INTERACTIVE", "never")
            .env("LC_ALL", "C")
            .env("GIT_ALLOW_PROTOCOL", self.transports(TRANSPORTS))
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_LFS_SKIP_SMUDGE", if self.lfs { "0" } else { "1" });
        if self.config.get("SSH_ASKPASS_REQUIRE").is_none() {
            // Nobody can answer at the terminal: the child is not in its foreground.
            command.env("SSH_ASKPASS_REQUIRE", "force");
        }
        self.add_secret_settings(&mut command);
        for setting in [
            "core.hooksPath=/dev/null",
            "core.fsmonitor=false",
            "protocol.ext.allow=never",
            "advice.detachedHead=false",
            "gc.auto=0",
            "maintenance.auto=false",
            "submodule.recurse=false",
            "fetch.recurseSubmodules=false",
            "core.longpaths=true",
        ] {
            command.args(["-c", setting]);
        }
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command
    }

    /// The transports git may use: these, or those of them that the user allows.
    fn transports(&self, ours: &str) -> OsString {
        let Some(theirs) = self
            .config
            .get("GIT_ALLOW_PROTOCOL")
            .and_then(OsStr::to_str)
        else {
            return ours.into();
        };
        let both = ours
            .split(':')
            .filter(|name| theirs.split(':').any(|other| other == *name));
        both.collect::<Vec<_>>().join(":").into()
    }

    /// The same for repositories that another one names: those of the network only.
    pub(super) fn submodules(&self, dir: &Path, from_file: bool) -> Result<(), GitFault> {
        let mut command = self.command(dir);
        let ours = if from_file {
            TRANSPORTS
        } else {
            REMOTE_TRANSPORTS
        };
        command.env("GIT_ALLOW_PROTOCOL", self.transports(ours));
        command.args([
            "submodule",
            "--quiet",
            "update",
            "--init",
            "--recursive",
            "--force",
        ]);
        let child = command.spawn().map_err(|source| GitFault::Start {
            program: PathBuf::from("git"),
            source,
        })?;
        let outcome = self.wait(Running(child))?;
        if outcome.status.success() {
            return Ok(());
        }
        Err(self.fault("submodule update", &outcome))
    }

    /// Hands settings over in the environment, behind those the caller handed over so.
    fn add_secret_settings(&self, command: &mut Command) {
        if self.secret.is_empty() {
            return;
        }
        let count = self.config.get("GIT_CONFIG_COUNT").and_then(OsStr::to_str);
        let first: usize = count.and_then(|count| count.parse().ok()).unwrap_or(0);
        for (at, (key, value)) in (first..).zip(&self.secret) {
            command.env(format!("GIT_CONFIG_KEY_{at}"), key);
            command.env(format!("GIT_CONFIG_VALUE_{at}"), value);
        }
        let count = first + self.secret.len();
        command.env("GIT_CONFIG_COUNT", count.to_string());
    }

    fn wait(&self, mut running: Running) -> Result<Outcome, GitFault> {
        let output = collect(running.0.stdout.take(), MAX_OUTPUT, Keep::First);
        let messages = collect(running.0.stderr.take(), MAX_MESSAGES, Keep::Last);
        let started = Instant::now();
        let mut pause = Duration::from_millis(1);
        let status = loop {
            let waited = running.0.try_wait().map_err(|source| GitFault::Start {
                program: PathBuf::from("git"),
                source,
            })?;
            if let Some(status) = waited {
                break status;
            }
            if (self.stop)() {
                return Err(GitFault::Stopped);
            }
            if started.elapsed() > self.config.time_limit {
                return Err(GitFault::TimedOut(self.config.time_limit));
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        };
        // Whoever is left of its group would keep the pipes open.
        running.kill();
        let output = output
            .and_then(|thread| thread.join().ok())
            .unwrap_or_default();
        let messages = messages
            .and_then(|thread| thread.join().ok())
            .unwrap_or_default();
        Ok(Outcome {
            status,
            output,
            messages: self.readable(&messages),
        })
    }

    /// The last lines git said, without secrets and control characters.
    fn readable(&self, messages: &[u8]) -> String {
        let text = String::from_utf8_lossy(messages);
        let mut text = mask_urls(&text).into_owned();
        for hidden in self.hidden.iter().filter(|hidden| !hidden.is_empty()) {
            text = text.replace(hidden.as_str(), "****");
        }
        let lines: Vec<String> = text
            .lines()
            .map(|line| line.chars().filter(|c| !c.is_control()).collect::<String>())
            .filter(|line| !line.trim().is_empty())
            .collect();
        let from = lines.len().saturating_sub(SHOWN_LINES);
        lines[from..].join("; ")
    }

    pub(super) fn fault(&self, action: &'static str, outcome: &Outcome) -> GitFault {
        let message = if outcome.messages.is_empty() {
            outcome.status.to_string()
        } else {
            outcome.messages.clone()
        };
        let says = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
        if says(&[
            "Authentication failed",
            "could not read Username",
            "could not read Password",
            "terminal prompts disabled",
            "Permission denied (",
            "Host key verification failed",
            "returned error: 401",
            "returned error: 403",
        ]) {
            return GitFault::Unauthorized(message);
        }
        if says(&[
            "Could not resolve host",
            "Failed to connect",
            "Couldn't connect",
            "Connection refused",
            "Connection timed out",
            "Connection closed by",
            "No route to host",
            "Network is unreachable",
            "unable to connect to",
        ]) {
            return GitFault::Unreachable(message);
        }
        if says(&["' not allowed"]) && says(&["transport '"]) {
            return GitFault::Transport(message);
        }
        if says(&[
            "Repository not found",
            "does not appear to be a git repository",
            "repository not found",
            "' not found",
            "does not exist",
            "returned error: 404",
        ]) {
            return GitFault::NoRepository(message);
        }
        GitFault::Failed { action, message }
    }
}

/// A child that is ended with its whole group when dropped.
struct Running(Child);

impl Running {
    fn kill(&self) {
        #[cfg(unix)]
        if let Some(group) = i32::try_from(self.0.id())
            .ok()
            .and_then(rustix::process::Pid::from_raw)
        {
            // Nobody may be left of it.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            self.kill();
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

#[derive(Clone, Copy)]
enum Keep {
    First,
    Last,
}

fn collect(
    pipe: Option<impl Read + Send + 'static>,
    limit: usize,
    keep: Keep,
) -> Option<thread::JoinHandle<Vec<u8>>> {
    let mut pipe = pipe?;
    let read = move || {
        let (mut kept, mut buffer) = (Vec::new(), [0; 8192]);
        loop {
            match pipe.read(&mut buffer) {
                Ok(0) => return kept,
                Ok(count) => {
                    let room = match keep {
                        Keep::First => limit.saturating_sub(kept.len()),
                        Keep::Last => count,
                    };
                    kept.extend_from_slice(&buffer[..count.min(room)]);
                    if kept.len() > limit * 2 {
                        kept.drain(..kept.len() - limit);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return kept,
            }
        }
    };
    thread::Builder::new()
        .name("naja-git-pipe".to_owned())
        .spawn(read)
        .ok()
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut group = [0; 4];
        group[1..=chunk.len()].copy_from_slice(chunk);
        let group = u32::from_be_bytes(group);
        for place in 0..4 {
            let index = (group >> (18 - 6 * place)) & 63;
            let sign = ALPHABET[index as usize];
            text.push(if place > chunk.len() {
                '='
            } else {
                char::from(sign)
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_padded() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xfb, 0xff]), "+/8=");
    }

    #[test]
    fn secrets_stay_out_of_arguments_and_messages() {
        let config = GitConfig {
            variables: vec![
                ("GIT_DIR".into(), "/x".into()),
                ("PATH".into(), "/bin".into()),
            ],
            ..GitConfig::default()
        };
        let stop = || false;
        let url = SafeUrl::parse("https://me:s3cret@h.example:8443/r").unwrap();
        let git = Git::new(&config, &stop, &url);
        let command = git.command(Path::new("/"));
        let arguments = format!("{:?}", command.get_args().collect::<Vec<_>>());
        assert!(!arguments.contains("s3cret"), "{arguments}");
        let variables: Vec<_> = command.get_envs().collect();
        let value = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.and_then(|(_, value)| value.and_then(OsStr::to_str))
        };
        assert_eq!(
            value("GIT_CONFIG_KEY_0"),
            Some("http.https://h.example:8443/.extraHeader")
        );
        assert_eq!(value("GIT_DIR"), None);
        let said =
            git.readable(b"fatal: https://me:s3cret@h.example s3cret bWU6czNjcmV0\x1b[31m\n\n");
        assert!(!said.contains("s3cret") && !said.contains("bWU6"), "{said}");
        assert!(!said.contains('\u{1b}'));
    }
}
