//! Writing the members of a wheel, on several threads.

use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use naja_spec::{Digest, HashAlgorithm, Sha256};
use sha2::{Digest as _, Sha256 as Hasher};

use super::digest::Extra;
use crate::archive::Stamp;
use crate::error::{IoContext as _, RecordProblem, StoreError, WheelProblem};
use crate::manifest::FileFact;
use crate::zip::{Directory, Member, Scratch, SinkError};

/// One thread is worth starting per this many bytes to write.
const BYTES_PER_WORKER: u64 = 512 << 10;

/// Everything the workers share.
pub(super) struct Job<'a> {
    pub(super) directory: &'a Directory,
    pub(super) bytes: &'a [u8],
    /// By the member's position in the directory.
    pub(super) expected: &'a [Option<Digest>],
    /// The wheel's name, for errors.
    pub(super) file: &'a str,
    /// An existing empty directory.
    pub(super) root: &'a Path,
}

impl Job<'_> {
    /// Writes all files below the root and returns what they turned out to be.
    pub(super) fn run(&self, workers: usize) -> Result<Vec<FileFact>, StoreError> {
        self.make_dirs()?;
        let members = self.directory.members();
        let mut order: Vec<usize> = (0..members.len())
            .filter(|&at| !members[at].is_dir())
            .collect();
        // The largest first, so that no thread is left alone with it at the end.
        order.sort_unstable_by_key(|&at| std::cmp::Reverse(members[at].size()));
        let total: u64 = order.iter().map(|&at| members[at].size()).sum();
        let useful = usize::try_from(total / BYTES_PER_WORKER).unwrap_or(usize::MAX);
        let workers = workers.min(useful).min(order.len()).max(1);
        let queue = Queue {
            order,
            next: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
        };
        if workers == 1 {
            return self.work(&queue);
        }
        let answers = thread::scope(|scope| {
            let others: Vec<_> = (1..workers)
                .map_while(|_| {
                    // Without more threads the present ones do it.
                    thread::Builder::new()
                        .spawn_scoped(scope, || self.work(&queue))
                        .ok()
                })
                .collect();
            let mut answers = vec![self.work(&queue)];
            for other in others {
                answers.push(other.join().unwrap_or_else(|_| {
                    let source = io::Error::other("a thread died");
                    Err(source).at("unpack into", self.root)
                }));
            }
            answers
        });
        let mut facts = Vec::with_capacity(queue.order.len());
        for answer in answers {
            facts.extend(answer?);
        }
        Ok(facts)
    }

    fn make_dirs(&self) -> Result<(), StoreError> {
        let files = self
            .directory
            .members()
            .iter()
            .filter(|member| !member.is_dir());
        let mut dirs: Vec<&str> = files
            .filter_map(|member| member.name().rsplit_once('/'))
            .map(|(dir, _)| dir)
            .collect();
        dirs.sort_unstable();
        dirs.dedup();
        for dir in dirs {
            let path = self.root.join(dir);
            // Sorted, so that usually the parent exists already.
            match fs::create_dir(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    fs::create_dir_all(&path).at("create", &path)?;
                }
                answer => answer.at("create", &path)?,
            }
        }
        Ok(())
    }

    fn work(&self, queue: &Queue) -> Result<Vec<FileFact>, StoreError> {
        let mut scratch = Scratch::default();
        let mut facts = Vec::new();
        while let Some(at) = queue.take() {
            let fact = self
                .directory
                .members()
                .get(at)
                .map(|member| self.write(member, self.expected.get(at), &mut scratch));
            match fact {
                Some(Ok(fact)) => facts.push(fact),
                Some(Err(error)) => {
                    queue.stop.store(true, Ordering::Relaxed);
                    return Err(error);
                }
                None => {}
            }
        }
        Ok(facts)
    }

    /// Writes one file, hashing it on the way.
    fn write(
        &self,
        member: &Member,
        expected: Option<&Option<Digest>>,
        scratch: &mut Scratch,
    ) -> Result<FileFact, StoreError> {
        let expected = expected.and_then(Option::as_ref);
        let path = self.root.join(member.name());
        let mut file = create(&path, member.is_executable()).at("create", &path)?;
        let mut sha256 = Hasher::new();
        let algorithm = expected.map_or(HashAlgorithm::Sha256, Digest::algorithm);
        let mut extra = Extra::new(algorithm);
        let copied = self
            .directory
            .copy_member(member, self.bytes, scratch, &mut |piece| {
                sha256.update(piece);
                extra.update(piece);
                file.write_all(piece)
            });
        match copied {
            Ok(()) => {}
            Err(SinkError::Sink(error)) => return Err(error).at("write", &path),
            Err(SinkError::Zip(source)) => {
                return Err(StoreError::Zip {
                    file: self.file.to_owned(),
                    source,
                });
            }
        }
        let sha256 = Sha256(sha256.finalize().into());
        if let Some(expected) = expected
            && !extra.matches(&sha256, expected)
        {
            let problem = RecordProblem::OtherDigest(member.name().to_owned());
            let source = WheelProblem::Record(problem);
            return Err(StoreError::Wheel {
                file: self.file.to_owned(),
                source,
            });
        }
        let stamp = settle(&file, member.is_executable()).at("look at", &path)?;
        Ok(FileFact {
            path: member.name().to_owned(),
            size: member.size(),
            mtime: stamp.mtime_ns,
            inode: stamp.inode,
            executable: member.is_executable(),
            sha256,
        })
    }
}

/// Positions of members still to be written.
struct Queue {
    order: Vec<usize>,
    next: AtomicUsize,
    /// Set when a worker failed.
    stop: AtomicBool,
}

impl Queue {
    fn take(&self) -> Option<usize> {
        if self.stop.load(Ordering::Relaxed) {
            return None;
        }
        self.order
            .get(self.next.fetch_add(1, Ordering::Relaxed))
            .copied()
    }
}

fn create(path: &Path, executable: bool) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(if executable { 0o755 } else { 0o644 });
    }
    #[cfg(not(unix))]
    let _ = executable;
    options.open(path)
}

/// The finished file's stamp; an unusual umask must not take away execution.
fn settle(file: &File, executable: bool) -> io::Result<Stamp> {
    let metadata = file.metadata()?;
    let stamp = Stamp::of(&metadata);
    if executable && stamp.executable == Some(false) {
        add_execution(file, &metadata.permissions())?;
    }
    Ok(stamp)
}

#[cfg(unix)]
fn add_execution(file: &File, permissions: &Permissions) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(Permissions::from_mode(permissions.mode() | 0o100))
}

#[cfg(not(unix))]
fn add_execution(_file: &File, _permissions: &Permissions) -> io::Result<()> {
    Ok(())
}
