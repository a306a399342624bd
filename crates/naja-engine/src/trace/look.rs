//! One thing that was looked at, and whether it is as it was.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::stamp::Stamp;
use crate::build;

/// Larger files are not compared by their content.
const LARGEST: u64 = 64 << 20;

/// How something is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Look {
    /// The bytes of a file.
    Content,
    /// The names in a directory.
    Names,
    /// The distributions in a directory of packages.
    Packages,
    /// Whether there is a file or a directory.
    Kind,
    /// Where a link leads.
    Link,
    /// A program: not read, for its size.
    Program,
    /// A directory that a distribution is built from.
    Source,
    /// The same, of one that is installed as it lies there.
    EditableSource,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Seen {
    /// Nothing is there.
    Absent,
    /// Something with a content, of which the digest is given.
    Digest(Stamp, String),
    /// A program.
    Program(Stamp),
    /// Something of this kind, or with this target or fingerprint.
    Text(String),
}

/// What a second look found.
pub(super) enum Again {
    /// It is as it was.
    Same,
    /// It is as it was, and has another stamp.
    Restamped(Seen),
    /// It is not, or nobody can tell.
    Changed(&'static str),
}

/// What a look at something needs beside its path.
pub(super) struct Eyes<'a> {
    pub(super) now: SystemTime,
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
}

impl Eyes<'_> {
    /// Looks for the first time. `None`: it cannot be told.
    pub(super) fn first(&self, look: Look, path: &Path) -> Option<Seen> {
        match look {
            Look::Content | Look::Names | Look::Packages => {
                let Some(metadata) = metadata(path).ok()? else {
                    return Some(Seen::Absent);
                };
                // The stamp is taken first: what is written from now on shows in a later one.
                let stamp = Stamp::of(&metadata, self.now);
                Some(match digest(look, path, &metadata).ok()? {
                    Some(digest) => Seen::Digest(stamp, digest),
                    None => Seen::Absent,
                })
            }
            Look::Program => Some(match metadata(path).ok()? {
                Some(metadata) => Seen::Program(Stamp::of(&metadata, self.now)),
                None => Seen::Absent,
            }),
            Look::Kind => Some(match metadata(path).ok()? {
                Some(metadata) => Seen::Text(kind(&metadata).to_owned()),
                None => Seen::Absent,
            }),
            Look::Link => match fs::read_link(path) {
                Ok(target) => Some(Seen::Text(target.to_str()?.to_owned())),
                Err(error) if is_absent(&error) => Some(Seen::Absent),
                Err(_) if is_no_link(path) => Some(Seen::Text(String::new())),
                Err(_) => None,
            },
            Look::Source => build::fingerprint(path, self.variable).map(Seen::Text),
            Look::EditableSource => {
                build::editable_fingerprint(path, self.variable).map(Seen::Text)
            }
        }
    }

    /// Takes the note of bytes that were read already.
    pub(super) fn of_bytes(&self, metadata: &fs::Metadata, bytes: &[u8]) -> Seen {
        Seen::Digest(Stamp::of(metadata, self.now), hex(&Sha256::digest(bytes)))
    }

    /// Looks again.
    pub(super) fn again(&self, look: Look, path: &Path, seen: &Seen) -> Again {
        if let Seen::Digest(stamp, before) = seen {
            return self.content_again(look, path, (stamp, before));
        }
        match (seen, self.first(look, path)) {
            (_, None) => Again::Changed("cannot be looked at any more"),
            (Seen::Program(before), Some(Seen::Program(now))) if before.holds_for_program(&now) => {
                Again::Same
            }
            (before, Some(now)) if *before == now => Again::Same,
            (Seen::Absent, _) => Again::Changed("is there now"),
            (_, Some(Seen::Absent)) => Again::Changed("is gone"),
            _ => Again::Changed("has changed"),
        }
    }

    fn content_again(&self, look: Look, path: &Path, (stamp, before): (&Stamp, &str)) -> Again {
        let metadata = match metadata(path) {
            Ok(Some(metadata)) => metadata,
            Ok(None) => return Again::Changed("is gone"),
            Err(_) => return Again::Changed("cannot be looked at any more"),
        };
        let now = Stamp::of(&metadata, self.now);
        if stamp.holds(&now) {
            return Again::Same;
        }
        if !stamp.has_owner_of(&now) {
            return Again::Changed("belongs to another user now");
        }
        match digest(look, path, &metadata) {
            Ok(Some(digest)) if digest == *before => Again::Restamped(Seen::Digest(now, digest)),
            Ok(_) => Again::Changed("has changed"),
            Err(_) => Again::Changed("cannot be read any more"),
        }
    }
}

fn metadata(path: &Path) -> io::Result<Option<fs::Metadata>> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether something is there that is no link.
fn is_no_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_symlink())
}

fn kind(metadata: &fs::Metadata) -> &'static str {
    if metadata.is_dir() {
        "directory"
    } else {
        "file"
    }
}

/// A digest of what counts; `None` where there is a file for a directory.
fn digest(look: Look, path: &Path, metadata: &fs::Metadata) -> io::Result<Option<String>> {
    match look {
        Look::Names | Look::Packages if !metadata.is_dir() => Ok(None),
        Look::Names => names(path, false).map(Some),
        Look::Packages => names(path, true).map(Some),
        _ => {
            let mut bytes = Vec::new();
            fs::File::open(path)?
                .take(LARGEST + 1)
                .read_to_end(&mut bytes)?;
            if bytes.len() as u64 > LARGEST {
                return Err(io::Error::other("it is too large"));
            }
            Ok(Some(hex(&Sha256::digest(&bytes))))
        }
    }
}

/// A digest of the sorted names in a directory; of packages, with what tells one record from another of its name.
fn names(dir: &Path, packages: bool) -> io::Result<String> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        if packages && name == "__pycache__" {
            continue;
        }
        let mut line = name.as_encoded_bytes().to_vec();
        line.push(0);
        let is_record = [".dist-info", ".egg-info", ".egg-link", ".egg", ".pth"]
            .iter()
            .any(|ending| name.as_encoded_bytes().ends_with(ending.as_bytes()));
        if packages && is_record {
            let metadata = fs::symlink_metadata(entry.path())?;
            let stamp = Stamp::of(&metadata, SystemTime::UNIX_EPOCH);
            line.extend(stamp.identity());
        }
        lines.push(line);
    }
    lines.sort();
    let mut hash = Sha256::new();
    for line in lines {
        hash.update(line);
    }
    Ok(hex(&hash.finalize()))
}

pub(super) fn is_absent(error: &io::Error) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string cannot fail.
        let _written = write!(text, "{byte:02x}");
    }
    text
}
