//! Hooks of build backends (PEP 517, PEP 660): one Python process for each call.
//!
//! Question and answer go through files, because backends print to both outputs; what they print
//! is kept for the case that something fails.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::child::{OwnGroup, isolate};
use crate::real_path::real_path;

/// The program of the processes.
const SCRIPT: &str = include_str!("hooks/hook.py");

/// How often a waiting caller looks whether it was interrupted.
const LOOK: Duration = Duration::from_millis(20);

/// How long to wait for the rest of the output once the process has ended.
const REST: Duration = Duration::from_millis(500);

/// How much of what a backend printed is kept, in bytes.
const TAIL: usize = 64 << 10;

/// Answers are not longer than this, in bytes.
const ANSWER_LIMIT: u64 = 4 << 20;

/// A hook of a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hook {
    /// `get_requires_for_build_wheel`
    RequiresForWheel,
    /// `get_requires_for_build_editable`
    RequiresForEditable,
    /// `get_requires_for_build_sdist`
    RequiresForSdist,
    /// `prepare_metadata_for_build_wheel`
    MetadataForWheel,
    /// `prepare_metadata_for_build_editable`
    MetadataForEditable,
    /// `build_wheel`
    Wheel,
    /// `build_editable`
    Editable,
    /// `build_sdist`
    Sdist,
}

impl Hook {
    /// The name of the hook.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequiresForWheel => "get_requires_for_build_wheel",
            Self::RequiresForEditable => "get_requires_for_build_editable",
            Self::RequiresForSdist => "get_requires_for_build_sdist",
            Self::MetadataForWheel => "prepare_metadata_for_build_wheel",
            Self::MetadataForEditable => "prepare_metadata_for_build_editable",
            Self::Wheel => "build_wheel",
            Self::Editable => "build_editable",
            Self::Sdist => "build_sdist",
        }
    }

    /// Whether a backend may do without the hook.
    #[must_use]
    pub fn is_optional(self) -> bool {
        !matches!(self, Self::Wheel | Self::Editable | Self::Sdist)
    }

    /// Whether the hook is handed a directory to write into.
    fn has_directory(self) -> bool {
        !matches!(
            self,
            Self::RequiresForWheel | Self::RequiresForEditable | Self::RequiresForSdist
        )
    }
}

/// A value of the config settings that are handed to a backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ConfigValue {
    /// A key that was given once.
    One(String),
    /// A key that was given several times.
    Many(Vec<String>),
}

/// Who is called, where, and with what around it.
#[derive(Debug, Clone)]
pub struct Backend<'a> {
    /// The Python of the build environment.
    pub python: &'a Path,
    /// The root of the source: the working directory of every hook.
    pub source: &'a Path,
    /// `build-backend`: `module` or `module:object`.
    pub name: &'a str,
    /// `backend-path`: directories inside of the source that hold the backend.
    pub paths: &'a [String],
    /// The value of `PATH`.
    pub search: &'a OsStr,
    /// Variables that are set beside those of this process.
    pub variables: &'a [(OsString, OsString)],
    /// The config settings, by key.
    pub settings: &'a [(String, ConfigValue)],
    /// An empty directory that outlives the call, for question, answer and temporary files.
    pub scratch: &'a Path,
}

/// What a hook answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookAnswer {
    /// A text: the name of what was written.
    Text(String),
    /// A list of requirements.
    List(Vec<String>),
    /// The backend has no such hook.
    Absent,
}

/// The last of what a backend printed, both outputs in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output(String);

impl Output {
    /// The kept text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Says why a hook gave no answer.
#[derive(Debug, Error)]
pub enum HookError {
    /// The caller was interrupted; the process and its children were killed.
    #[error("finish the build: it was interrupted")]
    Interrupted,
    /// `backend-path` leads out of the source.
    #[error("use `{path}` of backend-path: it is not a directory inside of the source")]
    BackendPath {
        /// The path as written.
        path: String,
    },
    /// The backend could not be loaded.
    #[error("load the build backend `{backend}`: {reason}")]
    Backend {
        /// `build-backend` as written.
        backend: String,
        /// Python's words.
        reason: String,
        /// The module that is missing, if that was it.
        module: Option<String>,
        /// What was printed.
        output: Output,
    },
    /// The hook raised an exception.
    #[error("{reason}")]
    Raised {
        /// Python's words.
        reason: String,
        /// The module that is missing, if that was it.
        module: Option<String>,
        /// What was printed.
        output: Output,
    },
    /// The process ended without an answer.
    #[error("Python ended without an answer ({status})")]
    Died {
        /// How it ended.
        status: ExitStatus,
        /// What was printed.
        output: Output,
    },
    /// The answer is none.
    #[error("understand what the backend answered")]
    Answer {
        /// What was printed.
        output: Output,
    },
    /// The operating system said no.
    #[error("run the build backend")]
    Io(#[source] io::Error),
}

impl HookError {
    /// What the backend printed before it failed.
    #[must_use]
    pub fn output(&self) -> Option<&Output> {
        match self {
            Self::Backend { output, .. }
            | Self::Raised { output, .. }
            | Self::Died { output, .. }
            | Self::Answer { output } => Some(output),
            Self::Interrupted | Self::BackendPath { .. } | Self::Io(_) => None,
        }
    }

    /// The Python module that was not found, if that is why.
    #[must_use]
    pub fn missing_module(&self) -> Option<&str> {
        match self {
            Self::Backend { module, .. } | Self::Raised { module, .. } => module.as_deref(),
            _ => None,
        }
    }
}

#[derive(Serialize)]
struct Question<'a> {
    backend: &'a str,
    paths: Vec<PathBuf>,
    hook: &'static str,
    arguments: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Said {
    Absent,
    Text {
        value: String,
    },
    List {
        value: Vec<String>,
    },
    Import {
        text: String,
        module: Option<String>,
    },
    Failed {
        text: String,
        module: Option<String>,
    },
}

impl Backend<'_> {
    /// Calls a hook and waits for its answer; `into` is the directory for what it writes.
    ///
    /// The process leads a group of its own, and nothing of the group is left when this returns.
    ///
    /// # Errors
    /// See [`HookError`]. An absent hook is no error.
    pub fn call(
        &self,
        hook: Hook,
        into: Option<&Path>,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<(HookAnswer, Output), HookError> {
        let question = self.question(hook, into)?;
        let asked = self.scratch.join("question.json");
        let answered = self.scratch.join("answer.json");
        let text = serde_json::to_vec(&question).map_err(|error| HookError::Io(error.into()))?;
        std::fs::write(&asked, text).map_err(HookError::Io)?;
        // Of an earlier call.
        let _absent = std::fs::remove_file(&answered);
        let mut command = Command::new(self.python);
        command.args(["-c", SCRIPT]).arg(&asked).arg(&answered);
        let (status, output) = self.run(command, interrupted)?;
        let Some(said) = read_answer(&answered) else {
            return Err(HookError::Died { status, output });
        };
        let said: Said = match serde_json::from_slice(&said) {
            Ok(said) => said,
            Err(_) => return Err(HookError::Answer { output }),
        };
        match said {
            Said::Absent => Ok((HookAnswer::Absent, output)),
            Said::Text { value } => Ok((HookAnswer::Text(value), output)),
            Said::List { value } => Ok((HookAnswer::List(value), output)),
            Said::Import { text, module } => Err(HookError::Backend {
                backend: self.name.to_owned(),
                reason: text,
                module,
                output,
            }),
            Said::Failed { text, module } => Err(HookError::Raised {
                reason: text,
                module,
                output,
            }),
        }
    }

    fn question(&self, hook: Hook, into: Option<&Path>) -> Result<Question<'_>, HookError> {
        let paths = self.paths.iter().map(|path| self.backend_path(path));
        let settings = if self.settings.is_empty() {
            serde_json::Value::Null
        } else {
            let pairs = self.settings.iter().map(|(key, value)| {
                let value = serde_json::to_value(value).unwrap_or_default();
                (key.clone(), value)
            });
            serde_json::Value::Object(pairs.collect())
        };
        let mut arguments = Vec::with_capacity(2);
        if hook.has_directory() {
            let into = into.unwrap_or(self.scratch).to_string_lossy();
            arguments.push(serde_json::Value::from(into.into_owned()));
        }
        arguments.push(settings);
        Ok(Question {
            backend: self.name,
            paths: paths.collect::<Result<_, _>>()?,
            hook: hook.as_str(),
            arguments,
        })
    }

    /// Makes an entry of `backend-path` absolute; it has to be inside of the source.
    fn backend_path(&self, path: &str) -> Result<PathBuf, HookError> {
        let wrong = || HookError::BackendPath {
            path: path.to_owned(),
        };
        let relative = Path::new(path);
        let plain = |part: Component<'_>| {
            matches!(
                part,
                Component::Normal(_) | Component::CurDir | Component::ParentDir
            )
        };
        if !relative.components().all(plain) {
            return Err(wrong());
        }
        let root = real_path(self.source).map_err(HookError::Io)?;
        let found = real_path(&root.join(relative)).map_err(|_absent| wrong())?;
        if found.starts_with(&root) && found.is_dir() {
            Ok(found)
        } else {
            Err(wrong())
        }
    }

    fn run(
        &self,
        mut command: Command,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<(ExitStatus, Output), HookError> {
        let (reader, writer) = io::pipe().map_err(HookError::Io)?;
        isolate(&mut command);
        command
            .current_dir(self.source)
            .env("PATH", self.search)
            .env("PYTHONUNBUFFERED", "1")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(writer.try_clone().map_err(HookError::Io)?)
            .stderr(writer);
        let group = command.spawn();
        // Our ends of the pipe: the reader would wait for them for ever.
        drop(command);
        let mut group = OwnGroup::new(group.map_err(HookError::Io)?);
        let tail = Tail::of(reader);
        while !group.has_ended() {
            if interrupted() {
                drop(group);
                return Err(HookError::Interrupted);
            }
            std::thread::sleep(LOOK);
        }
        let status = group.end().map_err(HookError::Io)?;
        Ok((status, tail.finish()))
    }
}

fn read_answer(path: &Path) -> Option<Vec<u8>> {
    let file = std::fs::File::open(path).ok()?;
    let mut bytes = Vec::new();
    file.take(ANSWER_LIMIT).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// The end of a stream that a thread reads.
struct Tail {
    bytes: Arc<Mutex<VecDeque<u8>>>,
    ended: mpsc::Receiver<()>,
}

impl Tail {
    fn of(mut reader: io::PipeReader) -> Self {
        let bytes = Arc::new(Mutex::new(VecDeque::new()));
        let (sender, ended) = mpsc::channel();
        let kept = Arc::clone(&bytes);
        let work = move || {
            let mut buffer = [0_u8; 8192];
            loop {
                match reader.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(length) => {
                        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                        kept.extend(&buffer[..length]);
                        let over = kept.len().saturating_sub(TAIL);
                        kept.drain(..over);
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => break,
                }
            }
            let _nobody_waits = sender.send(());
        };
        // Without a thread the backend may block on a full pipe; it is killed by an interruption.
        let _ = std::thread::Builder::new()
            .name("build-output".to_owned())
            .spawn(work);
        Self { bytes, ended }
    }

    /// The kept text, once the writers are gone or have had time to be.
    fn finish(self) -> Output {
        let _late = self.ended.recv_timeout(REST);
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        Output(String::from_utf8_lossy(bytes.make_contiguous()).into_owned())
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
