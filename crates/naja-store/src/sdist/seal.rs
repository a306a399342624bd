//! The note beside an unpacked tree: what it was made of, and what it looked like then.

use std::fs;
use std::io;
use std::path::Path;

use naja_spec::Sha256;
use sha2::{Digest as _, Sha256 as Hasher};

const HEAD: &str = "naja source tree 1";

/// What the note says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seal {
    /// The name of the archive file.
    pub(crate) file_name: String,
    /// The directory of the project inside the tree, possibly empty.
    pub(super) project: String,
    /// The look of the tree.
    pub(super) look: Sha256,
}

impl Seal {
    pub(super) fn to_text(&self) -> String {
        let file_name = self.file_name.replace(['\n', '\r'], " ");
        let body = format!(
            "{HEAD}\n{file_name}\n{}\n{}\n",
            self.project,
            self.look.to_hex()
        );
        let check = Sha256::of(body.as_bytes()).to_hex();
        format!("{body}{check}\n")
    }

    fn parse(text: &str) -> Option<Self> {
        let (body, check) = text.strip_suffix('\n')?.rsplit_once('\n')?;
        let body = format!("{body}\n");
        if Sha256::of(body.as_bytes()).to_hex() != check {
            return None;
        }
        let mut lines = body.lines();
        if lines.next()? != HEAD {
            return None;
        }
        Some(Self {
            file_name: lines.next()?.to_owned(),
            project: lines.next()?.to_owned(),
            look: Sha256::from_hex(lines.next()?.as_bytes())?,
        })
    }

    /// Reads a note; `None` when it is absent or damaged.
    pub(crate) fn read(path: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(path).ok()?)
    }
}

/// Digests names, kinds, sizes, times and links of everything below a directory. Whoever wrote
/// into the tree, or took something away, changed it.
///
/// # Errors
///
/// When something in it cannot be looked at.
pub fn tree_look(root: &Path) -> io::Result<Sha256> {
    let mut hasher = Hasher::new();
    let mut waiting = vec![root.to_path_buf()];
    while let Some(dir) = waiting.pop() {
        let mut entries = fs::read_dir(&dir)?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        hasher.update(entries.len().to_le_bytes());
        for entry in entries {
            let path = entry.path();
            let facts = fs::symlink_metadata(&path)?;
            let name = entry.file_name();
            let name = name.as_encoded_bytes();
            hasher.update(name.len().to_le_bytes());
            hasher.update(name);
            if facts.is_dir() {
                hasher.update(b"d");
                waiting.push(path);
            } else if facts.is_symlink() {
                hasher.update(b"l");
                let target = fs::read_link(&path)?;
                let target = target.as_os_str().as_encoded_bytes();
                hasher.update(target.len().to_le_bytes());
                hasher.update(target);
            } else {
                hasher.update(b"f");
                hasher.update(facts.len().to_le_bytes());
                let time = facts.modified()?;
                let time = time.duration_since(std::time::UNIX_EPOCH);
                hasher.update(time.unwrap_or_default().as_nanos().to_le_bytes());
                #[cfg(unix)]
                {
                    use std::os::unix::fs::PermissionsExt as _;
                    let executable = facts.permissions().mode() & 0o100;
                    hasher.update(executable.to_le_bytes());
                }
            }
        }
    }
    Ok(Sha256(hasher.finalize().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_come_back_or_not_at_all() {
        let seal = Seal {
            file_name: "a-1.tar.gz".to_owned(),
            project: "a-1".to_owned(),
            look: Sha256::of(b"x"),
        };
        let text = seal.to_text();
        assert_eq!(Seal::parse(&text), Some(seal.clone()));
        for cut in 0..text.len() {
            assert_eq!(Seal::parse(&text[..cut]), None, "{cut}");
        }
        assert_eq!(Seal::parse(&text.replace("a-1", "b-1")), None);
        let bare = Seal {
            project: String::new(),
            ..seal
        };
        assert_eq!(Seal::parse(&bare.to_text()), Some(bare));
    }
}
