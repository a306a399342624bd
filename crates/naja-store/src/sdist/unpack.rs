//! From the bytes of an archive to a tree.

use std::io::{self, Read};
use std::path::Path;

use naja_spec::SdistExtension;

use super::SourceProblem;
use super::decode;
use super::tar::{TarKind, TarReader};
use super::write::{Facts, Fault, TreeWriter};
use crate::zip::{Directory, Limits, Scratch, SinkError};

/// Bounds on source archives.
pub(super) const LIMITS: Limits = Limits {
    members: 200_000,
    total: 16 << 30,
    ratio: 200,
    ratio_free: 256 << 20,
};

/// Unpacks an archive below an empty directory; returns the directory of the project in it.
pub(super) fn unpack(
    bytes: &[u8],
    packing: SdistExtension,
    root: &Path,
    limits: &Limits,
) -> Result<String, Fault> {
    let mut tree = TreeWriter::new(root, limits.members);
    if packing == SdistExtension::Zip {
        zip(bytes, &mut tree, limits)?;
    } else {
        tar(decode::open(bytes, packing, limits)?, &mut tree)?;
    }
    tree.finish()
}

fn tar(stream: impl Read, tree: &mut TreeWriter) -> Result<(), Fault> {
    let mut reader = TarReader::new(stream);
    let mut buffer = vec![0; 128 << 10];
    while let Some(member) = reader.next_member()? {
        match member.kind {
            TarKind::Dir => tree.dir(&member.name)?,
            TarKind::HardLink => tree.link(&member.name, &member.link, true)?,
            TarKind::SymLink => tree.link(&member.name, &member.link, false)?,
            TarKind::File => {
                let facts = Facts {
                    executable: member.mode & 0o100 != 0,
                    modified: member.modified,
                };
                tree.file(&member.name, facts, &mut |sink| {
                    loop {
                        let count = reader.read(&mut buffer)?;
                        if count == 0 {
                            return Ok(());
                        }
                        sink(&buffer[..count]).map_err(disk)?;
                    }
                })?;
            }
        }
    }
    Ok(())
}

fn zip(bytes: &[u8], tree: &mut TreeWriter, limits: &Limits) -> Result<(), Fault> {
    let refuse = |error: crate::zip::ZipError| SourceProblem::Compression(error.to_string());
    let directory = Directory::read(bytes, limits).map_err(refuse)?;
    let mut scratch = Scratch::default();
    for member in directory.members() {
        if member.is_dir() {
            tree.dir(member.name().as_bytes())?;
            continue;
        }
        let facts = Facts {
            executable: member.is_executable(),
            modified: 0,
        };
        tree.file(member.name().as_bytes(), facts, &mut |sink| {
            let copied = directory.copy_member(member, bytes, &mut scratch, sink);
            copied.map_err(|error| match error {
                SinkError::Zip(error) => refuse(error).into(),
                SinkError::Sink(error) => disk(error),
            })
        })?;
    }
    Ok(())
}

/// The sink failed; who owns it knows more.
fn disk(error: io::Error) -> Fault {
    Fault::Archive(SourceProblem::Compression(error.to_string()))
}
