//! How much room environments take.

use std::fs;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;
use serde::Serialize;

/// The size of a tree on the disk, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Size {
    /// What becomes free when the tree is removed.
    pub own: u64,
    /// What is shared with something outside of it, such as the cache: links to the same files.
    pub shared: u64,
    /// How many files there are; a file with several names is counted once.
    pub files: u64,
}

/// Measures a tree; what cannot be read counts nothing. Links are not followed.
pub(super) fn measure(root: &Path) -> Size {
    let mut size = Size::default();
    let mut several: FxHashMap<(u64, u64), Several> = FxHashMap::default();
    let mut dirs: Vec<PathBuf> = vec![root.to_path_buf()];
    while let Some(dir) = dirs.pop() {
        let Ok(entries) = fs::read_dir(&dir) else {
            continue;
        };
        for entry in entries.flatten() {
            let Ok(meta) = entry.metadata() else { continue };
            if meta.is_dir() {
                dirs.push(entry.path());
            } else {
                let facts = facts(&meta);
                if facts.links > 1 {
                    let known = several.entry(facts.id).or_default();
                    known.names += 1;
                    known.links = facts.links;
                    known.bytes = facts.bytes;
                    continue;
                }
                size.files += 1;
                size.own += facts.bytes;
            }
        }
    }
    for known in several.values() {
        size.files += 1;
        if known.links > known.names {
            size.shared += known.bytes;
        } else {
            size.own += known.bytes;
        }
    }
    size
}

/// A file with several names.
#[derive(Default)]
struct Several {
    /// How many of them were seen.
    names: u64,
    links: u64,
    bytes: u64,
}

struct Facts {
    id: (u64, u64),
    links: u64,
    bytes: u64,
}

#[cfg(unix)]
fn facts(meta: &fs::Metadata) -> Facts {
    use std::os::unix::fs::MetadataExt;
    Facts {
        id: (meta.dev(), meta.ino()),
        links: meta.nlink(),
        // Blocks have 512 bytes here, whatever the file system.
        bytes: meta.blocks() * 512,
    }
}

#[cfg(not(unix))]
fn facts(meta: &fs::Metadata) -> Facts {
    Facts {
        id: (0, 0),
        links: 1,
        bytes: meta.len(),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn files_with_several_names_count_once() {
        let dir = tempfile::tempdir().unwrap();
        let env = dir.path().join("env");
        fs::create_dir_all(env.join("a/b")).unwrap();
        let cached = dir.path().join("cached");
        fs::write(&cached, vec![1; 10_000]).unwrap();
        fs::hard_link(&cached, env.join("a/shared")).unwrap();
        fs::hard_link(&cached, env.join("a/b/again")).unwrap();
        fs::write(env.join("own"), vec![1; 5000]).unwrap();
        fs::hard_link(env.join("own"), env.join("own2")).unwrap();
        std::os::unix::fs::symlink("/", env.join("root")).unwrap();
        let size = measure(&env);
        assert_eq!(size.files, 3);
        assert!(size.shared >= 10_000 && size.own >= 5000 && size.own < 10_000);
        assert_eq!(measure(&dir.path().join("absent")), Size::default());
    }
}
