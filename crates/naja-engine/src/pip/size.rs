use std::path::{Component, Path, PathBuf};

use naja_env::{EnvKind, InstalledDist};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use super::list::{ListRequest, chosen};
use crate::failure::Failure;
use crate::session::Session;
use crate::target;

/// How large the files of one distribution are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sized {
    /// The normalised name.
    pub name: String,
    /// The version.
    pub version: String,
    /// The sum of the lengths of its files in bytes, its bytecode included.
    pub bytes: u64,
    /// How many files it has.
    pub files: u64,
}

/// How large an environment is.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Sizes {
    /// The distributions, largest first.
    pub packages: Vec<Sized>,
    /// The files of a virtual environment that belong to no distribution, in bytes.
    pub other_bytes: u64,
    /// The sum.
    pub total_bytes: u64,
}

/// Adds up the files of what is installed. Python is not started.
///
/// # Errors
/// There is no environment, or it cannot be read.
pub fn size(session: &mut Session, request: &ListRequest) -> Result<Sizes, Failure> {
    let (env, state) = target::open_and_scan(session)?;
    let dists = chosen(session, &state, request)?;
    let mut seen = FxHashSet::default();
    let mut sizes = Sizes::default();
    for dist in dists {
        session.cancel.check()?;
        let mut one = Sized {
            name: dist.name().to_string(),
            version: dist.version().to_string(),
            bytes: 0,
            files: 0,
        };
        for file in files_of(dist) {
            // A file of two distributions is counted once.
            if let Some(bytes) = length(&file)
                && seen.insert(file)
            {
                one.bytes += bytes;
                one.files += 1;
            }
        }
        sizes.total_bytes += one.bytes;
        sizes.packages.push(one);
    }
    sizes
        .packages
        .sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
    if env.kind() == EnvKind::Venv {
        sizes.other_bytes = others(env.root(), &seen);
        sizes.total_bytes += sizes.other_bytes;
    }
    Ok(sizes)
}

/// The length of a file or link itself.
fn length(path: &Path) -> Option<u64> {
    let metadata = std::fs::symlink_metadata(path).ok()?;
    (!metadata.is_dir()).then_some(metadata.len())
}

/// The files of RECORD, and the bytecode Python made of them.
fn files_of(dist: &InstalledDist) -> Vec<PathBuf> {
    let Ok(record) = dist.read_record() else {
        return Vec::new();
    };
    let site = dist.site_dir();
    let mut files: FxHashSet<PathBuf> = FxHashSet::default();
    let mut modules: FxHashMap<PathBuf, FxHashSet<String>> = FxHashMap::default();
    for entry in &record.0 {
        let path = lexical(&site.join(&entry.path));
        if path.extension().is_some_and(|extension| extension == "py")
            && let (Some(dir), Some(stem)) = (path.parent(), path.file_stem())
        {
            modules
                .entry(dir.join("__pycache__"))
                .or_default()
                .insert(stem.to_string_lossy().into_owned());
        }
        files.insert(path);
    }
    for (dir, stems) in modules {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let stem = name.split('.').next().unwrap_or_default();
            if stems.contains(stem) {
                files.insert(entry.path());
            }
        }
    }
    files.into_iter().collect()
}

/// A path without `..`, as RECORD has it for scripts.
fn lexical(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

/// The files below a root that nobody counted; links are not followed.
fn others(root: &Path, seen: &FxHashSet<PathBuf>) -> u64 {
    let mut bytes = 0;
    let mut todo = vec![root.to_path_buf()];
    while let Some(dir) = todo.pop() {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => todo.push(path),
                Ok(_) if !seen.contains(&path) => bytes += length(&path).unwrap_or(0),
                _ => {}
            }
        }
    }
    bytes
}
