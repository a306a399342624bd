//! `naja size`: how large everything is, and what would go with what.

use std::path::{Path, PathBuf};

use naja_env::{EnvKind, InstalledDist};
use naja_python::without_dots;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use super::{Detail, of_environment, would_go_all};
use crate::failure::Failure;
use crate::session::Session;
use crate::target;

/// How large the files of something are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Size {
    /// The sum of their lengths in bytes, bytecode included.
    pub bytes: u64,
    /// Of these, the bytes of files that have another name: those of the cache, or of another
    /// environment. They are on the disk once.
    pub shared_bytes: u64,
    /// How many files there are.
    pub files: u64,
}

/// How large the files of one distribution are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sized {
    /// The normalised name.
    pub name: String,
    /// The version.
    pub version: String,
    /// Its files.
    #[serde(flatten)]
    pub size: Size,
    /// What would be free if it went, with everything that is there only for its sake; in bytes.
    pub exclusive_bytes: u64,
    /// What would go along.
    pub exclusive_with: Vec<String>,
}

/// How large an environment is.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Sizes {
    /// The distributions, largest first.
    pub packages: Vec<Sized>,
    /// The files of a virtual environment that belong to no distribution, in bytes.
    pub other_bytes: u64,
    /// Of everything, the bytes of files that are elsewhere as well.
    pub shared_bytes: u64,
    /// The sum.
    pub total_bytes: u64,
}

/// Adds up the files of what is installed. Python is not started.
///
/// # Errors
/// There is no environment, or it cannot be read.
pub fn size(session: &mut Session) -> Result<Sizes, Failure> {
    let (env, state) = target::open_and_scan(session)?;
    let graph = of_environment(&env, &state, Detail::default());
    let mut counted = Counted::default();
    let mut measured: Vec<Size> = vec![Size::default(); graph.nodes.len()];
    for dist in state.visible() {
        session.cancel.check()?;
        if let Some(id) = graph.find(dist.name()) {
            measured[id] = counted.add(dist);
        }
    }
    let going = would_go_all(&graph);
    let mut sizes = Sizes::default();
    for dist in state.visible() {
        let Some(id) = graph.find(dist.name()) else {
            continue;
        };
        let size = measured[id];
        let with: u64 = going[id].iter().map(|other| measured[*other].bytes).sum();
        let names = going[id].iter().map(|other| &graph.nodes[*other].name);
        sizes.total_bytes += size.bytes;
        sizes.shared_bytes += size.shared_bytes;
        sizes.packages.push(Sized {
            name: dist.name().to_string(),
            version: dist.version().to_string(),
            size,
            exclusive_bytes: size.bytes + with,
            exclusive_with: names.map(ToString::to_string).collect(),
        });
    }
    sizes.packages.sort_by(|a, b| {
        let order = b.size.bytes.cmp(&a.size.bytes);
        order.then_with(|| a.name.cmp(&b.name))
    });
    if env.kind() == EnvKind::Venv {
        let (bytes, shared) = others(env.root(), &counted.0);
        sizes.other_bytes = bytes;
        sizes.total_bytes += bytes;
        sizes.shared_bytes += shared;
    }
    Ok(sizes)
}

/// The files that were counted: a file of two distributions counts once.
#[derive(Default)]
pub(super) struct Counted(FxHashSet<PathBuf>);

impl Counted {
    /// Measures a distribution.
    pub(super) fn add(&mut self, dist: &InstalledDist) -> Size {
        let mut size = Size::default();
        for file in files_of(dist) {
            if let Some((bytes, shared)) = length(&file)
                && self.0.insert(file)
            {
                size.bytes += bytes;
                size.shared_bytes += if shared { bytes } else { 0 };
                size.files += 1;
            }
        }
        size
    }
}

/// The length of a file or link itself, and whether it has another name.
fn length(path: &Path) -> Option<(u64, bool)> {
    let metadata = std::fs::symlink_metadata(path).ok()?;
    (!metadata.is_dir()).then(|| (metadata.len(), is_shared(&metadata)))
}

#[cfg(unix)]
fn is_shared(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.is_file() && metadata.nlink() > 1
}

#[cfg(not(unix))]
fn is_shared(_metadata: &std::fs::Metadata) -> bool {
    false
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
        // RECORD has scripts with `..` in their paths.
        let path = without_dots(&site.join(&entry.path));
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

/// The bytes of the files below a root that nobody counted, and those that are elsewhere as well;
/// links are not followed.
fn others(root: &Path, seen: &FxHashSet<PathBuf>) -> (u64, u64) {
    let (mut all, mut elsewhere) = (0, 0);
    let mut todo = vec![root.to_path_buf()];
    while let Some(dir) = todo.pop() {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => todo.push(path),
                Ok(_) if !seen.contains(&path) => {
                    let (bytes, shared) = length(&path).unwrap_or_default();
                    all += bytes;
                    elsewhere += if shared { bytes } else { 0 };
                }
                _ => {}
            }
        }
    }
    (all, elsewhere)
}
