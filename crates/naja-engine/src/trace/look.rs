//! One thing that was looked at, and whether it is as it was.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::time::SystemTime;

use naja_spec::script_block;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::shared::is_shared;
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
    /// Who owns something, and the link to it.
    Owner,
    /// Where a path leads when all links are followed.
    Real,
    /// The metadata in a script.
    Script,
    /// The Pythons in a directory of programs.
    Pythons,
    /// A variable, named by the path.
    Variable,
}

impl Look {
    /// Whether its stamp stands for what it sees.
    fn has_stamp(self) -> bool {
        matches!(
            self,
            Self::Content | Self::Names | Self::Packages | Self::Script | Self::Pythons
        )
    }

    /// Whether it is about a directory.
    fn is_listing(self) -> bool {
        matches!(self, Self::Names | Self::Packages | Self::Pythons)
    }
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
    pub(super) variable: &'a dyn Fn(&str) -> Option<OsString>,
}

impl Eyes<'_> {
    /// Looks for the first time. `None`: it cannot be told.
    pub(super) fn first(&self, look: Look, path: &Path) -> Option<Seen> {
        match look {
            _ if look.has_stamp() => {
                let Some(metadata) = metadata(path).ok()? else {
                    return Some(Seen::Absent);
                };
                // The stamp is taken first: what is written from now on shows in a later one.
                let stamp = self.stamp(path, &metadata);
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
            Look::Source => build::fingerprint(path, &|name| self.text(name)).map(Seen::Text),
            Look::EditableSource => {
                build::editable_fingerprint(path, &|name| self.text(name)).map(Seen::Text)
            }
            Look::Owner => owners(path).ok().map(Seen::Text),
            Look::Real => match path.canonicalize() {
                Ok(real) => Some(Seen::Text(real.to_str()?.to_owned())),
                Err(error) if is_absent(&error) => Some(Seen::Absent),
                Err(_) => None,
            },
            _ => Some(match (self.variable)(path.to_str()?) {
                // It may be secret.
                Some(value) => Seen::Text(hex(&Sha256::digest(value.as_encoded_bytes()))),
                None => Seen::Absent,
            }),
        }
    }

    /// The value of a variable as builds want it.
    fn text(&self, name: &str) -> Option<String> {
        let value = (self.variable)(name)?.into_string().ok()?;
        (!value.is_empty()).then_some(value)
    }

    fn stamp(&self, path: &Path, metadata: &fs::Metadata) -> Stamp {
        match is_shared(path) {
            true => Stamp::of_shared(metadata),
            false => Stamp::of(metadata, self.now),
        }
    }

    /// Takes the note of bytes that were read already.
    pub(super) fn of_bytes(&self, path: &Path, metadata: &fs::Metadata, bytes: &[u8]) -> Seen {
        Seen::Digest(self.stamp(path, metadata), hex(&Sha256::digest(bytes)))
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
        if stamp.holds(&Stamp::of(&metadata, self.now)) {
            return Again::Same;
        }
        let now = self.stamp(path, &metadata);
        if !stamp.has_owner_of(&now) {
            return Again::Changed("belongs to another user now");
        }
        match digest(look, path, &metadata) {
            Ok(Some(digest)) if digest == *before && now.is_believed() => {
                Again::Restamped(Seen::Digest(now, digest))
            }
            Ok(Some(digest)) if digest == *before => Again::Same,
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
        _ if look.is_listing() && !metadata.is_dir() => Ok(None),
        _ if look.is_listing() => names(path, look).map(Some),
        Look::Script => Ok(Some(of_block(&content(path)?))),
        _ => Ok(Some(hex(&Sha256::digest(content(path)?)))),
    }
}

fn content(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other("it is too large"));
    }
    Ok(bytes)
}

/// What of a script decides where it is run: its metadata, and that it has none.
fn of_block(bytes: &[u8]) -> String {
    let block = std::str::from_utf8(bytes).ok().map(script_block);
    match block {
        Some(Ok(Some(block))) => hex(&Sha256::digest(block.content)),
        Some(Err(_)) => "two".to_owned(),
        // The mistakes that people are told of begin in the same way.
        _ if bytes.windows(3).any(|part| part == b"///") => hex(&Sha256::digest(bytes)),
        _ => "none".to_owned(),
    }
}

/// The users that own something and the link to it.
#[cfg(unix)]
fn owners(path: &Path) -> io::Result<String> {
    use std::os::unix::fs::MetadataExt;
    let owner = |metadata: io::Result<fs::Metadata>| match metadata {
        Ok(metadata) => Ok(metadata.uid().to_string()),
        Err(error) if is_absent(&error) => Ok("nobody".to_owned()),
        Err(error) => Err(error),
    };
    let (link, itself) = (fs::symlink_metadata(path), fs::metadata(path));
    let is_link = link.as_ref().is_ok_and(fs::Metadata::is_symlink);
    match is_link {
        true => Ok(format!("{} {}", owner(itself)?, owner(link)?)),
        false => owner(itself),
    }
}

#[cfg(not(unix))]
fn owners(_path: &Path) -> io::Result<String> {
    Ok(String::new())
}

/// Whether a program may be asked when a Python is looked for, or decides about that.
pub(super) fn is_about_pythons(name: &[u8]) -> bool {
    let name = name.strip_suffix(b".exe").unwrap_or(name);
    let stems = ["python", "pypy", "graalpy"];
    let mut rests = stems
        .iter()
        .filter_map(|stem| name.strip_prefix(stem.as_bytes()));
    let is_version = |byte: &u8| byte.is_ascii_digit() || b".t".contains(byte);
    name == b"pyvenv.cfg" || rests.any(|rest| rest.iter().all(is_version))
}

/// A digest of the sorted names in a directory; of packages and programs, with what tells one from another of its
/// name.
fn names(dir: &Path, look: Look) -> io::Result<String> {
    let is_record = |name: &[u8]| {
        [".dist-info", ".egg-info", ".egg-link", ".egg", ".pth"]
            .iter()
            .any(|ending| name.ends_with(ending.as_bytes()))
    };
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let bytes = name.as_encoded_bytes();
        let is_passed_over = match look {
            Look::Packages => name == "__pycache__",
            Look::Pythons => !is_about_pythons(bytes),
            _ => false,
        };
        if is_passed_over {
            continue;
        }
        let mut line = bytes.to_vec();
        line.push(0);
        let metadata = match look {
            Look::Packages if is_record(bytes) => Some(fs::symlink_metadata(entry.path())?),
            // What a link leads to counts, and may be gone.
            Look::Pythons => fs::metadata(entry.path()).ok(),
            _ => None,
        };
        if let Some(metadata) = metadata {
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
