//! The file a trace is kept in: a line with the digest of the rest, then JSON.
//!
//! Whatever is wrong with it, it is as good as absent.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::look::{Look, Seen, hex};
use super::recorder::Said;
use super::request::Request;
use crate::places;
use crate::process::ProcessEnv;

/// No trace is larger, in bytes: thousands of manifests.
const LARGEST: u64 = 8 << 20;

/// Of more traces than this the older half goes.
const MOST: usize = 400;

/// What is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    /// The request it is about.
    pub(super) request: String,
    /// When the command ran, in milliseconds since 1970 (UTC).
    pub(super) made: i64,
    /// How loud it was, and whether in colours.
    pub(super) quiet: u32,
    pub(super) color: String,
    /// What it said.
    pub(super) said: Said,
    /// What it looked at.
    pub(super) seen: Vec<(PathBuf, Look, Seen)>,
}

/// Reads a trace from its bytes; `None` if they are anything else.
pub(super) fn parse(bytes: &[u8]) -> Option<Kept> {
    let (digest, text) = bytes.split_at_checked(64)?;
    let text = text.strip_prefix(b"\n")?;
    if digest != hex(&Sha256::digest(text)).as_bytes() {
        return None;
    }
    serde_json::from_slice(text).ok()
}

/// A trace as bytes; `None` if a path is not Unicode.
pub(super) fn to_bytes(kept: &Kept) -> Option<Vec<u8>> {
    let text = serde_json::to_vec(kept).ok()?;
    let mut bytes = hex(&Sha256::digest(&text)).into_bytes();
    bytes.push(b'\n');
    bytes.extend(text);
    Some(bytes)
}

/// The file of a request; `None` where the user has no place for data.
pub(super) fn path(process: &ProcessEnv, request: &Request) -> Option<PathBuf> {
    let name = request.key().get(..32)?;
    Some(dir(process)?.join(name))
}

fn dir(process: &ProcessEnv) -> Option<PathBuf> {
    Some(places::find_data_dir(process)?.join("traces"))
}

/// Reads the trace of a request.
pub(super) fn read(path: &Path) -> Option<Kept> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path).ok()?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).ok()?;
    parse(&bytes)
}

/// Writes a trace in one step. It need not outlive a power failure: a damaged one is none.
///
/// # Errors
/// There is no room, or no permission.
pub(super) fn write(path: &Path, kept: &Kept) -> io::Result<()> {
    let bytes = to_bytes(kept).ok_or(io::ErrorKind::InvalidData)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let done = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if done.is_err() {
        // It may not even have come into being.
        let _gone = fs::remove_file(&beside);
    }
    done
}

/// Makes room: the directory, and fewer old traces in it.
///
/// # Errors
/// There is no permission.
pub(super) fn make_room(path: &Path) -> io::Result<()> {
    let dir = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(dir)?;
    let entries: Vec<_> = fs::read_dir(dir)?.flatten().collect();
    if entries.len() < MOST {
        return Ok(());
    }
    let written = |entry: &fs::DirEntry| -> SystemTime {
        let time = entry.metadata().and_then(|metadata| metadata.modified());
        time.unwrap_or(SystemTime::UNIX_EPOCH)
    };
    let mut aged: Vec<(SystemTime, PathBuf)> = entries
        .iter()
        .map(|entry| (written(entry), entry.path()))
        .collect();
    aged.sort();
    for (_, path) in aged.iter().take(MOST / 2) {
        // Another process may have been faster.
        let _gone = fs::remove_file(path);
    }
    Ok(())
}
