//! The way of a wheel into the store.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;

use naja_spec::{Digest, Sha256, Version, WheelName};
use sha2::Digest as _;

use super::crew::{Crew, Fixed};
use super::extract::Job;
use super::layout::Layout;
use super::{digest, record};
use crate::archive::{Archive, ArchiveId};
use crate::backing::Backing;
use crate::error::{IoContext as _, StoreError, WheelProblem};
use crate::manifest::{TreeFacts, build};
use crate::store::{MANIFEST, Store, TREE};
use crate::temp::TempFile;
use crate::zip::{Directory, Limits};

/// What a wheel file must turn out to be.
#[derive(Debug, Clone, Copy)]
pub struct WheelExpectation<'a> {
    /// Its file name.
    pub name: &'a WheelName,
    /// Its digests. For each algorithm that occurs, one of the values given must be right.
    /// Algorithms weaker than SHA-256, or not implemented, are ignored beside a usable one and
    /// refused alone. None at all means that any contents will do.
    pub digests: &'a [Digest],
    /// Its size in bytes, when known.
    pub size: Option<u64>,
}

impl Store {
    /// Checks a downloaded wheel, unpacks it with up to `workers` threads and publishes it.
    ///
    /// Checked are size and digests, the zip archive (see [`crate::zip`]), that name and
    /// version inside are those of the file name, the version of the wheel format, and that
    /// RECORD lists every file with its digest. The wheel itself is not kept. An archive that
    /// is already there is returned as it is.
    ///
    /// # Errors
    ///
    /// When the wheel is refused, or the cache cannot be written. Nothing is left behind.
    pub fn put_wheel(
        &self,
        file: TempFile,
        expect: &WheelExpectation<'_>,
        workers: usize,
    ) -> Result<Archive, StoreError> {
        self.put_wheel_with(file, expect, &Fixed::new(workers))
    }

    /// Does the same with as many threads as `crew` allows from moment to moment.
    ///
    /// # Errors
    ///
    /// As [`Store::put_wheel`].
    pub fn put_wheel_with(
        &self,
        file: TempFile,
        expect: &WheelExpectation<'_>,
        crew: &dyn Crew,
    ) -> Result<Archive, StoreError> {
        let bytes = Backing::map(file.as_file()).at("map", file.path())?;
        let archive = self.put(bytes.as_ref(), file.sha256(), expect, crew);
        drop((bytes, file));
        archive
    }

    /// Does the same with a file that stays where it is.
    ///
    /// The file is copied first, so that nobody can change it between check and unpacking.
    ///
    /// # Errors
    ///
    /// As [`Store::put_wheel`].
    pub fn put_wheel_at(
        &self,
        path: &Path,
        expect: &WheelExpectation<'_>,
        workers: usize,
    ) -> Result<Archive, StoreError> {
        self.put_wheel_at_with(path, expect, &Fixed::new(workers))
    }

    /// Does the same with as many threads as `crew` allows from moment to moment.
    ///
    /// # Errors
    ///
    /// As [`Store::put_wheel`].
    pub fn put_wheel_at_with(
        &self,
        path: &Path,
        expect: &WheelExpectation<'_>,
        crew: &dyn Crew,
    ) -> Result<Archive, StoreError> {
        let mut file = File::open(path).at("open", path)?;
        let mut hasher = sha2::Sha256::new();
        let interrupted = || StoreError::Interrupted {
            file: expect.name.to_string(),
        };
        let go_on = || match crew.is_over() {
            true => Err(io::Error::from(io::ErrorKind::Interrupted)),
            false => Ok(()),
        };
        let pumped = |done: io::Result<u64>, action| match done {
            Err(_) if crew.is_over() => Err(interrupted()),
            done => done.at(action, path),
        };
        let length = pump(&mut file, &mut |piece| {
            hasher.update(piece);
            go_on()
        });
        let length = pumped(length, "read")?;
        let id = ArchiveId(Sha256(hasher.finalize().into()));
        if self.get(&id).is_some() {
            // Only the digests can still be wrong, and there is nothing to unpack.
            check_size(length, expect)?;
            let mapped = Backing::map(&file).at("map", path)?;
            return self.put(mapped.as_ref(), id.0, expect, crew);
        }
        let mut copy = self.temp_file()?;
        file.rewind().at("read", path)?;
        let copied = pump(&mut file, &mut |piece| {
            go_on()?;
            copy.write_all(piece)
        });
        pumped(copied, "copy")?;
        self.put_wheel_with(copy, expect, crew)
    }

    fn put(
        &self,
        bytes: &[u8],
        sha256: Sha256,
        expect: &WheelExpectation<'_>,
        crew: &dyn Crew,
    ) -> Result<Archive, StoreError> {
        check_size(bytes.len() as u64, expect)?;
        digest::check(bytes, &sha256, expect.digests, expect.name)?;
        let id = ArchiveId(sha256);
        self.prepare()?;
        if let Some(archive) = self.get(&id) {
            return same_distribution(archive, expect.name);
        }
        self.unpack(bytes, id, expect.name, crew)
    }

    fn unpack(
        &self,
        bytes: &[u8],
        id: ArchiveId,
        name: &WheelName,
        crew: &dyn Crew,
    ) -> Result<Archive, StoreError> {
        let file = name.to_string();
        let (unzip, wrong) = (StoreError::in_zip(name), StoreError::in_wheel(name));
        let directory = Directory::read(bytes, &Limits::default()).map_err(unzip)?;
        let layout = Layout::read(&directory, bytes, name)?;
        let record_path = format!("{}/RECORD", layout.dist_info);
        if directory.get(&record_path).is_none() {
            return Err(wrong(WheelProblem::MissingFile { path: record_path }));
        }
        let text = directory.read_member(bytes, &record_path).map_err(unzip)?;
        let expected =
            record::expected_digests(&text, &directory, &layout.dist_info).map_err(wrong)?;
        let holder = self.temp_dir()?;
        let root = holder.path().join(TREE);
        fs::create_dir(&root).at("create", &root)?;
        let job = Job {
            directory: &directory,
            bytes,
            expected: &expected,
            file: &file,
            root: &root,
            buffers: self.buffers(),
        };
        let files = job.run(crew)?;
        let facts = TreeFacts {
            name: name.name.to_string(),
            version: name.version.to_string(),
            dist_info: layout.dist_info,
            data_dir: layout.data_dir.unwrap_or_default(),
            entry_points: layout.entry_points,
            wheel: layout.wheel,
            file_name: file.clone(),
            root_is_purelib: layout.root_is_purelib,
            depends_on: 0,
        };
        let manifest = build(&id.0, &facts, &files)
            .ok_or_else(|| StoreError::TooLarge { file: file.clone() })?;
        let list = holder.path().join(MANIFEST);
        fs::write(&list, manifest).at("write", &list)?;
        let place = self.archive_dir(&id);
        self.publish_dir(holder, &place, &|| self.get(&id).is_some())?;
        self.get(&id).ok_or(StoreError::BadTree {
            path: place,
            reason: "it was removed while it was written",
        })
    }
}

fn check_size(found: u64, expect: &WheelExpectation<'_>) -> Result<(), StoreError> {
    match expect.size {
        Some(expected) if expected != found => Err(StoreError::SizeMismatch {
            file: expect.name.to_string(),
            expected,
            found,
        }),
        _ => Ok(()),
    }
}

/// Reads a file to its end, piece by piece; returns its length in bytes.
fn pump(file: &mut File, sink: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<u64> {
    let mut buffer = vec![0; 256 << 10];
    let mut length = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(length),
            Ok(n) => {
                length += n as u64;
                sink(&buffer[..n])?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Refuses an archive that was put under the name of another distribution.
fn same_distribution(archive: Archive, name: &WheelName) -> Result<Archive, StoreError> {
    let manifest = archive.manifest();
    let version = Version::parse(manifest.version());
    if manifest.name() == name.name.as_str() && version.is_ok_and(|v| v == name.version) {
        return Ok(archive);
    }
    let wrong = StoreError::in_wheel(name);
    Err(wrong(WheelProblem::OtherDistribution {
        directory: manifest.dist_info().to_owned(),
        expected: format!("{} {}", name.name, name.version),
    }))
}
