//! [`verify()`]: every recorded file, on several threads.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use naja_spec::{PackageName, Sha256};
use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256 as Hasher};

use super::finding::{Depth, Fault, Finding};
use super::listed::{Listed, Row};
use super::strays::Walk;
use crate::apply::Stop;
use crate::environment::Environment;
use crate::roots::Roots;
use crate::state::EnvState;

/// How many bytes are read and hashed at once: they stay in the processor's own memory.
const CHUNK: usize = 128 << 10;

/// Below this many files a second thread costs more than it saves.
const FILES_FOR_A_THREAD: usize = 64;

/// Why an environment could not be looked through.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// A directory cannot be listed.
    #[error("list `{}`", path.display())]
    List {
        /// The directory.
        path: PathBuf,
        /// The answer of the operating system.
        #[source]
        source: io::Error,
    },
    /// [`VerifyOptions::stop`] said so.
    #[error("the comparison was interrupted")]
    Interrupted,
}

impl VerifyError {
    pub(super) fn new(path: &Path, source: io::Error) -> Self {
        Self::List {
            path: path.to_path_buf(),
            source,
        }
    }
}

/// Holds the choices for [`verify()`].
#[derive(Debug, Clone)]
pub struct VerifyOptions<'a> {
    /// How closely files are looked at.
    pub depth: Depth,
    /// How many threads read.
    pub threads: NonZeroUsize,
    /// Only these distributions are looked at, and nothing is said about what belongs to nobody.
    pub only: Option<&'a BTreeSet<PackageName>>,
    /// Whether to give up.
    pub stop: Stop<'a>,
}

/// What [`verify()`] found.
#[derive(Debug, Clone, Default)]
pub struct Verified {
    /// The differences, by package and path; what belongs to nobody comes first.
    pub findings: Vec<Finding>,
    /// How many distributions have a list of files.
    pub packages: usize,
    /// How many recorded files were looked at.
    pub files: usize,
    /// How many bytes were hashed.
    pub bytes: u64,
    /// Distributions without a list of files: nothing can be said about them.
    pub unlisted: Vec<PackageName>,
}

/// Compares the files of an environment with what its distributions list (recording installed
/// projects, PEP 627). Digests other than SHA-256 are not computed; such files are compared by
/// size.
///
/// # Errors
/// A directory cannot be listed, or the user wants to stop.
pub fn verify(
    env: &Environment,
    state: &EnvState,
    options: &VerifyOptions<'_>,
) -> Result<Verified, VerifyError> {
    let roots = Roots::new(env);
    let mut listed = Listed::read(state, &roots, options.only);
    let mut rows = std::mem::take(&mut listed.rows);
    // The largest first, so that no thread is left alone with one at the end.
    rows.sort_by(|a, b| (b.size, &a.path).cmp(&(a.size, &b.path)));
    let work = Work {
        rows: &rows,
        depth: options.depth,
        stop: options.stop,
        next: AtomicUsize::new(0),
        bytes: AtomicU64::new(0),
        found: Mutex::new(Vec::new()),
    };
    let threads = options
        .threads
        .get()
        .min(rows.len() / FILES_FOR_A_THREAD + 1);
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| work.run());
        }
        work.run();
    });
    if options.stop.is_asked() {
        return Err(VerifyError::Interrupted);
    }
    let bytes = work.bytes.into_inner();
    let found = work.found.into_inner();
    let mut findings = found.unwrap_or_else(PoisonError::into_inner);
    one_of_several_is_enough(&mut findings, &listed, &roots);
    findings.append(&mut listed.findings);
    if options.only.is_none() {
        let mut walk = Walk {
            env,
            roots: &roots,
            listed: &listed,
            depth: options.depth,
            findings: Vec::new(),
        };
        walk.run(state)?;
        findings.append(&mut walk.findings);
    }
    findings.sort();
    findings.dedup();
    let asked = |name: &PackageName| options.only.is_none_or(|only| only.contains(name));
    let dists = state.dists().iter();
    let packages = dists
        .filter(|dist| dist.is_owned() && asked(dist.name()))
        .count();
    Ok(Verified {
        findings,
        packages: packages - listed.unlisted.len().min(packages),
        files: rows.len(),
        bytes,
        unlisted: listed.unlisted,
    })
}

/// Where several distributions list one file, it is that of one of them.
fn one_of_several_is_enough(findings: &mut Vec<Finding>, listed: &Listed<'_>, roots: &Roots) {
    let mut changed: FxHashMap<PathBuf, u32> = FxHashMap::default();
    for finding in findings.iter().filter(|f| f.fault == Fault::Changed) {
        *changed.entry(finding.path.clone()).or_default() += 1;
    }
    findings.retain(|finding| {
        finding.fault != Fault::Changed
            || changed.get(&finding.path).copied().unwrap_or(0)
                >= listed.listings(roots, &finding.path)
    });
}

/// What the threads share.
struct Work<'a> {
    rows: &'a [Row<'a>],
    depth: Depth,
    stop: Stop<'a>,
    next: AtomicUsize,
    bytes: AtomicU64,
    found: Mutex<Vec<Finding>>,
}

impl Work<'_> {
    fn run(&self) {
        let mut buffer = vec![
            0;
            if self.depth == Depth::Contents {
                CHUNK
            } else {
                0
            }
        ];
        while let Some(row) = self.rows.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            if self.stop.is_asked() {
                return;
            }
            let Some(fault) = self.fault_of(row, &mut buffer) else {
                continue;
            };
            let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            found.push(Finding {
                package: Some(row.package.clone()),
                fault,
                path: row.path.clone(),
            });
        }
    }

    fn fault_of(&self, row: &Row<'_>, buffer: &mut [u8]) -> Option<Fault> {
        let hashes = self.depth == Depth::Contents && row.sha256.is_some();
        if !hashes {
            return match fs::metadata(&row.path) {
                Ok(meta) => fault_of_metadata(row, &meta),
                Err(_) if may_be_absent(row) => None,
                Err(error) => Some(fault_of_error(&error)),
            };
        }
        let mut file = match File::open(&row.path) {
            Ok(file) => file,
            Err(error) => return Some(fault_of_error(&error)),
        };
        match file.metadata() {
            Ok(meta) => {
                if let Some(fault) = fault_of_metadata(row, &meta) {
                    return Some(fault);
                }
            }
            Err(error) => return Some(fault_of_error(&error)),
        }
        match hash(&mut file, buffer) {
            Ok((sha256, bytes)) => {
                self.bytes.fetch_add(bytes, Ordering::Relaxed);
                (Some(sha256) != row.sha256).then_some(Fault::Changed)
            }
            Err(error) => Some(fault_of_error(&error)),
        }
    }
}

/// Whether nothing is wrong if a file is not there: makers of environments list compiled files,
/// without a digest, that they never wrote, and Python makes them by itself.
fn may_be_absent(row: &Row<'_>) -> bool {
    let in_cache = row.path.parent().and_then(Path::file_name);
    row.sha256.is_none()
        && row.size.is_none()
        && row.path.extension().is_some_and(|end| end == "pyc")
        && in_cache.is_some_and(|name| name == "__pycache__")
}

fn fault_of_metadata(row: &Row<'_>, meta: &fs::Metadata) -> Option<Fault> {
    if !meta.is_file() {
        return Some(Fault::WrongType);
    }
    let resized = row.size.is_some_and(|size| size != meta.len());
    resized.then_some(Fault::Changed)
}

fn fault_of_error(error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Fault::Missing,
        io::ErrorKind::IsADirectory => Fault::WrongType,
        _ => Fault::Unreadable,
    }
}

fn hash(file: &mut File, buffer: &mut [u8]) -> io::Result<(Sha256, u64)> {
    let (mut hasher, mut bytes) = (Hasher::new(), 0);
    loop {
        match file.read(buffer) {
            Ok(0) => return Ok((Sha256(hasher.finalize().into()), bytes)),
            Ok(read) => {
                hasher.update(&buffer[..read]);
                bytes += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
