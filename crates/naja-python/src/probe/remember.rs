//! Answers of interpreters as they are kept between runs.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::{ProbeCache, ProbeError};
use crate::interpreter::Interpreter;

/// Goes up whenever the meaning of a remembered answer changes.
const FORMAT: u32 = 1;

/// How long a program that failed is left alone.
const BROKEN_FOR: Duration = Duration::from_secs(24 * 3600);

/// How long a program that was too slow is left alone; the machine may just have been busy.
const SLOW_FOR: Duration = Duration::from_secs(600);

/// One answer with the time it was given at.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Remembered {
    format: u32,
    /// Seconds since 1970.
    at: u64,
    key: String,
    answer: Answer,
}

#[derive(Debug, Serialize, Deserialize)]
enum Answer {
    Known(Box<Interpreter>),
    TooOld { version: String },
    TimedOut { milliseconds: u64 },
    Broken { reason: String },
}

impl Remembered {
    fn new(answer: Answer) -> Self {
        Self {
            format: FORMAT,
            at: now(),
            key: String::new(),
            answer,
        }
    }

    pub(super) fn known(interpreter: Interpreter) -> Self {
        Self::new(Answer::Known(Box::new(interpreter)))
    }

    pub(super) fn too_old(version: String) -> Self {
        Self::new(Answer::TooOld { version })
    }

    pub(super) fn timed_out(limit: Duration) -> Self {
        let milliseconds = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        Self::new(Answer::TimedOut { milliseconds })
    }

    pub(super) fn broken(reason: String) -> Self {
        Self::new(Answer::Broken { reason })
    }

    /// Says whether the answer still counts.
    fn holds(&self, key: &str, now: u64) -> bool {
        let valid_for = match self.answer {
            Answer::Known(_) | Answer::TooOld { .. } => None,
            Answer::TimedOut { .. } => Some(SLOW_FOR),
            Answer::Broken { .. } => Some(BROKEN_FOR),
        };
        let recent = |limit: Duration| {
            // A clock that went backwards makes an answer doubtful as well.
            now.checked_sub(self.at)
                .is_some_and(|age| age < limit.as_secs())
        };
        self.format == FORMAT && self.key == key && valid_for.is_none_or(recent)
    }

    /// Says whether the installation that it tells of is there.
    pub(super) fn is_still_there(&self) -> bool {
        match &self.answer {
            Answer::Known(interpreter) => interpreter.scheme.stdlib.is_dir(),
            _ => true,
        }
    }

    pub(super) fn into_result(self, executable: &Path) -> Result<Interpreter, ProbeError> {
        let path = PathBuf::from(executable);
        match self.answer {
            Answer::Known(interpreter) => Ok(*interpreter),
            Answer::TooOld { version } => Err(ProbeError::TooOld { path, version }),
            Answer::TimedOut { milliseconds } => Err(ProbeError::TimedOut {
                path,
                limit: Duration::from_millis(milliseconds),
            }),
            Answer::Broken { reason } => Err(ProbeError::Broken { path, reason }),
        }
    }
}

/// Reads an answer; anything doubtful counts as absent.
pub(super) fn load(cache: &dyn ProbeCache, key: &str) -> Option<Remembered> {
    let bytes = cache.get(key)?;
    let remembered: Remembered = serde_json::from_slice(&bytes).ok()?;
    remembered.holds(key, now()).then_some(remembered)
}

/// Keeps an answer.
pub(super) fn store(cache: &dyn ProbeCache, key: &str, answer: &Remembered) {
    #[derive(Serialize)]
    struct Kept<'a> {
        format: u32,
        at: u64,
        key: &'a str,
        answer: &'a Answer,
    }
    let kept = Kept {
        format: answer.format,
        at: answer.at,
        key,
        answer: &answer.answer,
    };
    if let Ok(bytes) = serde_json::to_vec(&kept) {
        cache.put(key, &bytes);
    }
}

/// Identifies a file and the kernel it runs on. `None`: the path is not Unicode, or the file has
/// no usable identity, so nothing is remembered.
pub(super) fn key(real: &Path, meta: &Metadata) -> Option<String> {
    let path = real.to_str()?;
    let modified = meta
        .modified()
        .ok()?
        .duration_since(UNIX_EPOCH)
        .ok()?
        .as_nanos();
    let size = meta.len();
    let inode = inode(meta);
    let kernel = kernel();
    Some(format!(
        "interpreter/{FORMAT}/{size}/{modified}/{inode}/{kernel}/{path}"
    ))
}

#[cfg(unix)]
fn inode(meta: &Metadata) -> String {
    use std::os::unix::fs::MetadataExt;
    meta.ino().to_string()
}

#[cfg(not(unix))]
fn inode(_meta: &Metadata) -> String {
    String::new()
}

/// Names the running kernel: `platform_release` and `platform_version` come from it.
#[cfg(unix)]
fn kernel() -> String {
    let names = rustix::system::uname();
    let parts = [
        names.sysname(),
        names.release(),
        names.version(),
        names.machine(),
    ];
    parts
        .map(|part| part.to_string_lossy().replace('/', "_"))
        .join(" ")
}

#[cfg(not(unix))]
fn kernel() -> String {
    String::new()
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_answers_are_forgotten_after_a_while() {
        let mut slow = Remembered::timed_out(Duration::from_secs(1));
        slow.key = "k".to_owned();
        let at = slow.at;
        assert!(slow.holds("k", at));
        assert!(slow.holds("k", at + 599));
        assert!(!slow.holds("k", at + 601));
        assert!(!slow.holds("k", at - 1));
        assert!(!slow.holds("other", at));
        let mut old = Remembered::too_old("2.7.18".to_owned());
        old.key = "k".to_owned();
        assert!(old.holds("k", at + 10_000_000));
        old.format = 0;
        assert!(!old.holds("k", at));
    }
}
