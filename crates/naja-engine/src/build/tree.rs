//! Copies of sources, and fingerprints of directories that people work in.

use std::fs;
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

use sha2::{Digest, Sha256};

/// Directories with more entries than this have no fingerprint: they are built each time.
const MOST_ENTRIES: usize = 50_000;

/// Names that no build depends on, or that builds write themselves.
const LEFT_OUT: [&str; 13] = [
    "__pycache__",
    ".venv",
    "venv",
    ".tox",
    ".nox",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    "node_modules",
    "build",
    "dist",
    ".eggs",
    "target",
];

/// Copies a tree: files, directories, links as links. Times of files stay, because builds
/// compare them.
pub(super) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, place) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy(&source, &place)?;
        } else if kind.is_symlink() {
            link(&fs::read_link(&source)?, &place)?;
        } else if kind.is_file() {
            fs::copy(&source, &place)?;
            let modified = entry.metadata()?.modified()?;
            let file = fs::File::options().write(true).open(&place);
            if let Ok(file) = file {
                file.set_modified(modified)?;
            }
        }
    }
    Ok(())
}

#[cfg(unix)]
fn link(target: &Path, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, place)
}

#[cfg(not(unix))]
fn link(target: &Path, place: &Path) -> io::Result<()> {
    // Links need a privilege there: what they lead to is copied, if it is near.
    let source = place.parent().unwrap_or(place).join(target);
    fs::copy(source, place).map(|_| ())
}

/// Names, sizes and times of everything a build may depend on, in short; `None` where that is too
/// much to look at.
pub(super) fn fingerprint(root: &Path) -> Option<String> {
    let mut hash = Sha256::new();
    let mut left = MOST_ENTRIES;
    walk(root, &mut hash, &mut left)?;
    // Versions that are made from tags and commits.
    let git = root.join(".git");
    for name in ["HEAD", "index", "packed-refs", "logs/HEAD", "refs/tags"] {
        stamp(&git.join(name), name, &mut hash);
    }
    let digest = hash.finalize();
    Some(digest.iter().take(16).map(|b| format!("{b:02x}")).collect())
}

fn walk(dir: &Path, hash: &mut Sha256, left: &mut usize) -> Option<()> {
    let mut names: Vec<_> = fs::read_dir(dir)
        .ok()?
        .filter_map(|entry| entry.ok().map(|entry| entry.file_name()))
        .collect();
    names.sort();
    for name in names {
        *left = left.checked_sub(1)?;
        let shown = name.to_string_lossy();
        if LEFT_OUT.contains(&shown.as_ref()) || shown == ".git" || shown.ends_with(".egg-info") {
            continue;
        }
        let path = dir.join(&name);
        let kind = fs::symlink_metadata(&path).ok()?.file_type();
        stamp(&path, &shown, hash);
        if kind.is_dir() {
            walk(&path, hash, left)?;
            hash.update(b"up");
        }
    }
    Some(())
}

pub(super) fn stamp(path: &Path, name: &str, hash: &mut Sha256) {
    let Ok(metadata) = fs::metadata(path) else {
        return;
    };
    hash.update((name.len() as u64).to_le_bytes());
    hash.update(name.as_bytes());
    if metadata.is_dir() {
        return;
    }
    let (modified, changed) = times(&metadata);
    hash.update(metadata.len().to_le_bytes());
    hash.update(modified.to_le_bytes());
    hash.update(changed.to_le_bytes());
}

/// When something was written, and when anything about it was changed, in nanoseconds since 1970. Tools that put
/// files back set the first one back as well; nobody can set the second one.
pub(crate) fn times(metadata: &fs::Metadata) -> (u128, i128) {
    let time = metadata.modified().ok();
    let time = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    (time.map_or(0, |time| time.as_nanos()), changed(metadata))
}

#[cfg(unix)]
fn changed(metadata: &fs::Metadata) -> i128 {
    use std::os::unix::fs::MetadataExt;
    i128::from(metadata.ctime()) * 1_000_000_000 + i128::from(metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn changed(_metadata: &fs::Metadata) -> i128 {
    0
}
