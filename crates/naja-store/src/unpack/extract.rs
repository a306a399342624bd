//! Writing the members of a wheel, on several threads.

use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use naja_spec::{Digest, HashAlgorithm, Sha256};
use sha2::{Digest as _, Sha256 as Hasher};

use super::crew::{Crew, Place};
use super::digest::Extra;
use crate::archive::Stamp;
use crate::error::{IoContext as _, RecordProblem, StoreError, WheelProblem};
use crate::manifest::FileFact;
use crate::zip::{Directory, Member, PIECE, Scratch, SinkError, ZipError};

/// One more thread is worth starting for this many bytes that are left to write.
const WORTH_HELP: u64 = 1 << 20;
/// Buffers larger than this are given back, in bytes.
const KEPT: usize = 4 << 20;

/// Buffers for the next thread that unpacks.
#[derive(Debug, Default)]
pub(crate) struct Buffers(Mutex<Vec<Scratch>>);

impl Buffers {
    fn take(&self) -> Scratch {
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        free.pop().unwrap_or_default()
    }

    fn give_back(&self, scratch: Scratch) {
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        free.push(scratch);
    }
}

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
    pub(super) buffers: &'a Buffers,
}

impl Job<'_> {
    /// Writes all files below the root and returns what they turned out to be.
    pub(super) fn run(&self, crew: &dyn Crew) -> Result<Vec<FileFact>, StoreError> {
        self.make_dirs()?;
        let queue = Queue::of(self.directory.members());
        let answers = thread::scope(|scope| {
            let mut others = Vec::new();
            let own = self.work(&queue, crew, &mut || {
                if queue.is_worth_help()
                    && let Some(place) = Place::take(crew)
                {
                    let help = || {
                        let _place = place;
                        self.work(&queue, crew, &mut || {})
                    };
                    // Without more threads the present ones do it.
                    others.extend(thread::Builder::new().spawn_scoped(scope, help));
                }
            });
            let mut answers = vec![own];
            for other in others {
                answers.push(other.join().unwrap_or_else(|_| {
                    let source = io::Error::other("a thread died");
                    Err(source).at("unpack into", self.root)
                }));
            }
            answers
        });
        let mut facts = Vec::with_capacity(self.directory.members().len());
        for answer in answers {
            facts.extend(answer.map_err(|error| match crew.is_over() {
                true => self.interrupted(),
                false => error,
            })?);
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

    /// Writes members until none is left; `between` is called before each step.
    fn work(
        &self,
        queue: &Queue,
        crew: &dyn Crew,
        between: &mut dyn FnMut(),
    ) -> Result<Vec<FileFact>, StoreError> {
        let mut scratch = self.buffers.take();
        let mut facts = Vec::new();
        let mut answer = Ok(());
        while answer.is_ok()
            && let Some(step) = queue.take()
        {
            between();
            answer = self.step(step, crew, &mut scratch, &mut facts);
        }
        if answer.is_err() {
            queue.stop.store(true, Ordering::Relaxed);
        }
        scratch.shrink(KEPT);
        self.buffers.give_back(scratch);
        answer.map(|()| facts)
    }

    fn step(
        &self,
        step: &Step,
        crew: &dyn Crew,
        scratch: &mut Scratch,
        facts: &mut Vec<FileFact>,
    ) -> Result<(), StoreError> {
        if crew.is_over() {
            return Err(self.interrupted());
        }
        scratch.shrink(KEPT);
        if let Some(entry) = self.entry(step.member) {
            facts.push(self.write_one(entry, crew, scratch)?);
        }
        Ok(())
    }

    fn entry(&self, at: usize) -> Option<Entry<'_>> {
        Some(Entry {
            member: self.directory.members().get(at)?,
            expected: self.expected.get(at).and_then(Option::as_ref),
        })
    }

    fn contents<'a>(
        &'a self,
        entry: Entry<'_>,
        scratch: &'a mut Scratch,
    ) -> Result<Option<&'a [u8]>, StoreError> {
        let contents = self.directory.contents(entry.member, self.bytes, scratch);
        contents.map_err(|source| self.refused(source))
    }

    /// Writes one file, in one piece if it is not too large.
    fn write_one(
        &self,
        entry: Entry<'_>,
        crew: &dyn Crew,
        scratch: &mut Scratch,
    ) -> Result<FileFact, StoreError> {
        match self.contents(entry, scratch)? {
            Some(contents) => self.write_whole(entry, contents, Sha256::of(contents)),
            None => self.write_pieces(entry, crew, scratch),
        }
    }

    fn write_whole(
        &self,
        entry: Entry<'_>,
        contents: &[u8],
        sha256: Sha256,
    ) -> Result<FileFact, StoreError> {
        let mut extra = entry.extra();
        extra.update(contents);
        self.compare(entry, &sha256, extra)?;
        let path = self.root.join(entry.member.name());
        let mut file = create(&path, entry.member.is_executable()).at("create", &path)?;
        for piece in contents.chunks(PIECE) {
            file.write_all(piece).at("write", &path)?;
        }
        fact(entry.member, &file, sha256).at("look at", &path)
    }

    /// Writes one file piece by piece, hashing it on the way.
    fn write_pieces(
        &self,
        entry: Entry<'_>,
        crew: &dyn Crew,
        scratch: &mut Scratch,
    ) -> Result<FileFact, StoreError> {
        let path = self.root.join(entry.member.name());
        let mut file = create(&path, entry.member.is_executable()).at("create", &path)?;
        let (mut sha256, mut extra) = (Hasher::new(), entry.extra());
        let mut sink = |piece: &[u8]| {
            if crew.is_over() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            sha256.update(piece);
            extra.update(piece);
            file.write_all(piece)
        };
        match self
            .directory
            .copy_member(entry.member, self.bytes, scratch, &mut sink)
        {
            Ok(()) => {}
            Err(SinkError::Sink(error)) => return Err(error).at("write", &path),
            Err(SinkError::Zip(source)) => return Err(self.refused(source)),
        }
        let sha256 = Sha256(sha256.finalize().into());
        self.compare(entry, &sha256, extra)?;
        fact(entry.member, &file, sha256).at("look at", &path)
    }

    /// Compares a digest with what RECORD says.
    fn compare(&self, entry: Entry<'_>, sha256: &Sha256, extra: Extra) -> Result<(), StoreError> {
        match entry.expected {
            Some(expected) if !extra.matches(sha256, expected) => {
                let problem = RecordProblem::OtherDigest(entry.member.name().to_owned());
                Err(StoreError::Wheel {
                    file: self.file.to_owned(),
                    source: WheelProblem::Record(problem),
                })
            }
            _ => Ok(()),
        }
    }

    fn interrupted(&self) -> StoreError {
        StoreError::Interrupted {
            file: self.file.to_owned(),
        }
    }

    fn refused(&self, source: ZipError) -> StoreError {
        StoreError::Zip {
            file: self.file.to_owned(),
            source,
        }
    }
}

/// A member and the digest RECORD promises.
#[derive(Clone, Copy)]
struct Entry<'a> {
    member: &'a Member,
    expected: Option<&'a Digest>,
}

impl Entry<'_> {
    /// The digest to compute beside SHA-256.
    fn extra(&self) -> Extra {
        let algorithm = self
            .expected
            .map_or(HashAlgorithm::Sha256, Digest::algorithm);
        Extra::new(algorithm)
    }
}

fn fact(member: &Member, file: &File, sha256: Sha256) -> io::Result<FileFact> {
    let stamp = settle(file, member.is_executable())?;
    Ok(FileFact {
        path: member.name().to_owned(),
        size: member.size(),
        mtime: stamp.mtime_ns,
        inode: stamp.inode,
        executable: member.is_executable(),
        sha256,
    })
}

/// The position of a member to write.
struct Step {
    member: usize,
    /// Bytes to write from here to the end.
    rest: u64,
}

/// Members still to be written.
struct Queue {
    steps: Vec<Step>,
    next: AtomicUsize,
    /// Set when a worker failed.
    stop: AtomicBool,
}

impl Queue {
    fn of(members: &[Member]) -> Self {
        let size = |at: usize| members[at].size();
        let mut order: Vec<usize> = (0..members.len())
            .filter(|&at| !members[at].is_dir())
            .collect();
        // The largest first, so that no thread is left alone with it at the end.
        order.sort_unstable_by_key(|&at| std::cmp::Reverse(size(at)));
        let step = |&member: &usize| Step {
            member,
            rest: size(member),
        };
        let mut steps: Vec<Step> = order.iter().map(step).collect();
        let mut rest = 0;
        for step in steps.iter_mut().rev() {
            rest += step.rest;
            step.rest = rest;
        }
        Self {
            steps,
            next: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
        }
    }

    fn take(&self) -> Option<&Step> {
        if self.stop.load(Ordering::Relaxed) {
            return None;
        }
        self.steps.get(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Whether enough is left for another thread.
    fn is_worth_help(&self) -> bool {
        let next = self.steps.get(self.next.load(Ordering::Relaxed));
        next.is_some_and(|step| step.rest >= WORTH_HELP)
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
