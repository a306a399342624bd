//! Reading a manifest in place.

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use naja_spec::Sha256;

use super::{
    CHECKED_FROM, DIR, FILE, FLAG_EXECUTABLE, FLAG_PURELIB, HEADER, MAGIC, NO_PARENT, TEXTS,
    VERSION,
};
use crate::backing::Backing;

/// The list of everything in an unpacked archive; a cheap view over its bytes.
#[derive(Clone)]
pub struct Manifest {
    bytes: Arc<Backing>,
    dirs: u32,
    files: u32,
    files_at: usize,
    text_at: usize,
}

/// One directory of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DirEntry<'a> {
    /// Position in creation order; 0 is the root.
    pub index: u32,
    /// Position of the directory it lies in; `None` for the root.
    pub parent: Option<u32>,
    /// Its own name; empty for the root.
    pub name: &'a str,
    first_file: u32,
    files: u32,
}

impl DirEntry<'_> {
    /// Positions of the files directly in this directory.
    #[must_use]
    pub fn files(&self) -> Range<u32> {
        self.first_file..self.first_file + self.files
    }
}

/// One file of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileEntry<'a> {
    /// Position in the manifest; files of one directory are neighbours.
    pub index: u32,
    /// Position of the directory it lies in.
    pub dir: u32,
    /// Its own name.
    pub name: &'a str,
    /// Size in bytes.
    pub size: u64,
    /// Modification time when it was unpacked, in nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Inode number when it was unpacked; 0 where there is none.
    pub inode: u64,
    /// Whether it is to be executable.
    pub executable: bool,
    /// Digest of its contents, as checked against RECORD.
    pub sha256: Sha256,
}

/// One entry directly below a tree's root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopLevel<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether it is a directory.
    pub is_dir: bool,
}

/// Where the files of one directory in `*.data` are installed ("Binary distribution format").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataScheme {
    /// Pure Python modules.
    Purelib,
    /// Modules for one platform.
    Platlib,
    /// C headers.
    Headers,
    /// Programs.
    Scripts,
    /// The root of the environment.
    Data,
}

impl DataScheme {
    /// Reads the name of a directory in `*.data`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "purelib" => Self::Purelib,
            "platlib" => Self::Platlib,
            "headers" => Self::Headers,
            "scripts" => Self::Scripts,
            "data" => Self::Data,
            _ => return None,
        })
    }

    /// The name of the directory in `*.data`, and of the path in `sysconfig`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Purelib => "purelib",
            Self::Platlib => "platlib",
            Self::Headers => "headers",
            Self::Scripts => "scripts",
            Self::Data => "data",
        }
    }
}

impl Manifest {
    /// Opens and checks a manifest; `None` when it is absent, damaged or of another version.
    pub(crate) fn open(path: &Path) -> Option<Self> {
        Self::from_backing(Backing::load(path).ok()?)
    }

    pub(crate) fn from_backing(backing: Backing) -> Option<Self> {
        let bytes = backing.as_ref();
        let header = bytes.get(..HEADER)?;
        if header.get(..8)? != MAGIC || u32_at(header, 8) != VERSION {
            return None;
        }
        if u64_at(header, 16) != bytes.len() as u64
            || u32_at(header, 12) != crc32fast::hash(&bytes[CHECKED_FROM..])
        {
            return None;
        }
        let (dirs, files) = (u32_at(header, 28), u32_at(header, 32));
        let text_length = u32_at(header, 36) as usize;
        let files_at = HEADER.checked_add(DIR.checked_mul(dirs as usize)?)?;
        let text_at = files_at.checked_add(FILE.checked_mul(files as usize)?)?;
        if text_at.checked_add(text_length)? != bytes.len() {
            return None;
        }
        let manifest = Self {
            bytes: Arc::new(backing),
            dirs,
            files,
            files_at,
            text_at,
        };
        manifest.is_sound().then_some(manifest)
    }

    /// Whether every reference leads somewhere inside.
    fn is_sound(&self) -> bool {
        let bytes = self.bytes();
        let text = std::str::from_utf8(&bytes[self.text_at..]);
        let Ok(text) = text else { return false };
        let inside = |at: usize| {
            let start = u32_at(bytes, at) as usize;
            let length = u32_at(bytes, at + 4) as usize;
            start
                .checked_add(length)
                .is_some_and(|end| text.get(start..end).is_some())
        };
        let mut next = 0_u32;
        let dirs_sound = (0..self.dirs).all(|index| {
            let at = HEADER + DIR * index as usize;
            let parent = u32_at(bytes, at);
            let placed = if index == 0 {
                parent == NO_PARENT
            } else {
                parent < index
            };
            let first = u32_at(bytes, at + 12);
            let follows = first == next;
            let end = first.checked_add(u32_at(bytes, at + 16));
            next = end.unwrap_or(u32::MAX);
            placed && follows && end.is_some() && inside(at + 4)
        });
        dirs_sound
            && self.dirs > 0
            && next == self.files
            && (0..TEXTS).all(|text| inside(76 + 8 * text))
            && (0..self.files).all(|index| {
                let at = self.files_at + FILE * index as usize;
                inside(at) && u32_at(bytes, at + 32) < self.dirs
            })
    }

    fn bytes(&self) -> &[u8] {
        (*self.bytes).as_ref()
    }

    /// The text referred to at `at`; all references were checked when the manifest was opened.
    fn text(&self, at: usize) -> &str {
        let bytes = self.bytes();
        let start = self.text_at + u32_at(bytes, at) as usize;
        let end = start + u32_at(bytes, at + 4) as usize;
        bytes
            .get(start..end)
            .and_then(|text| std::str::from_utf8(text).ok())
            .unwrap_or_default()
    }

    /// Digest of the wheel this is the content of.
    #[must_use]
    pub fn archive(&self) -> Sha256 {
        let mut digest = [0; 32];
        digest.copy_from_slice(&self.bytes()[40..72]);
        Sha256(digest)
    }

    /// Checksum of the manifest itself, which changes when the archive is unpacked anew.
    #[must_use]
    pub fn checksum(&self) -> u32 {
        u32_at(self.bytes(), 12)
    }

    /// Checksum of the manifest this one is only valid with; 0 for none.
    pub(crate) fn depends_on(&self) -> u32 {
        u32_at(self.bytes(), 72)
    }

    /// The distribution's normalised name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text(76)
    }

    /// The distribution's normalised version.
    #[must_use]
    pub fn version(&self) -> &str {
        self.text(84)
    }

    /// Name of the `*.dist-info` directory, as spelled in the wheel.
    #[must_use]
    pub fn dist_info(&self) -> &str {
        self.text(92)
    }

    /// Name of the `*.data` directory, as spelled in the wheel.
    #[must_use]
    pub fn data_dir(&self) -> Option<&str> {
        Some(self.text(100)).filter(|name| !name.is_empty())
    }

    /// Contents of `entry_points.txt`; empty when there is none.
    #[must_use]
    pub fn entry_points(&self) -> &str {
        self.text(108)
    }

    /// Contents of the WHEEL file.
    #[must_use]
    pub fn wheel(&self) -> &str {
        self.text(116)
    }

    /// The wheel's file name.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.text(124)
    }

    /// Whether the root belongs into `purelib` rather than `platlib`.
    #[must_use]
    pub fn root_is_purelib(&self) -> bool {
        u32_at(self.bytes(), 24) & FLAG_PURELIB != 0
    }

    /// Number of directories, the root included.
    #[must_use]
    pub fn dir_count(&self) -> u32 {
        self.dirs
    }

    /// Number of files.
    #[must_use]
    pub fn file_count(&self) -> u32 {
        self.files
    }

    /// Sum of all files' sizes in bytes, or as much of it as the number can hold.
    #[must_use]
    pub fn total_size(&self) -> u64 {
        self.files()
            .fold(0, |sum, file| sum.saturating_add(file.size))
    }

    /// The directory at a position of the creation order.
    #[must_use]
    pub fn dir(&self, index: u32) -> Option<DirEntry<'_>> {
        if index >= self.dirs {
            return None;
        }
        let (bytes, at) = (self.bytes(), HEADER + DIR * index as usize);
        Some(DirEntry {
            index,
            parent: Some(u32_at(bytes, at)).filter(|&parent| parent != NO_PARENT),
            name: self.text(at + 4),
            first_file: u32_at(bytes, at + 12),
            files: u32_at(bytes, at + 16),
        })
    }

    /// The file at a position.
    #[must_use]
    pub fn file(&self, index: u32) -> Option<FileEntry<'_>> {
        if index >= self.files {
            return None;
        }
        let (bytes, at) = (self.bytes(), self.files_at + FILE * index as usize);
        let mut digest = [0; 32];
        digest.copy_from_slice(&bytes[at + 40..at + 72]);
        Some(FileEntry {
            index,
            dir: u32_at(bytes, at + 32),
            name: self.text(at),
            size: u64_at(bytes, at + 8),
            mtime_ns: u64_at(bytes, at + 16).cast_signed(),
            inode: u64_at(bytes, at + 24),
            executable: u32_at(bytes, at + 36) & FLAG_EXECUTABLE != 0,
            sha256: Sha256(digest),
        })
    }

    /// All directories in creation order, the root first.
    pub fn dirs(&self) -> impl Iterator<Item = DirEntry<'_>> {
        (0..self.dirs).filter_map(|index| self.dir(index))
    }

    /// All files, grouped by directory in the order of [`Manifest::dirs`].
    pub fn files(&self) -> impl Iterator<Item = FileEntry<'_>> {
        (0..self.files).filter_map(|index| self.file(index))
    }

    /// A directory's path from the root, with `/`; empty for the root.
    #[must_use]
    pub fn dir_path(&self, index: u32) -> String {
        let mut names = Vec::new();
        let mut dir = self.dir(index);
        while let Some(DirEntry {
            parent: Some(parent),
            name,
            ..
        }) = dir
        {
            names.push(name);
            dir = self.dir(parent);
        }
        names.reverse();
        names.join("/")
    }

    /// A file's path from the root, with `/`.
    #[must_use]
    pub fn file_path(&self, file: &FileEntry<'_>) -> String {
        let mut path = self.dir_path(file.dir);
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(file.name);
        path
    }

    /// The file with exactly this path.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<FileEntry<'_>> {
        let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut at = self.dir(0)?;
        for component in dir.split('/').filter(|component| !component.is_empty()) {
            at = self
                .dirs()
                .find(|d| d.parent == Some(at.index) && d.name == component)?;
        }
        at.files()
            .filter_map(|index| self.file(index))
            .find(|file| file.name == name)
    }

    /// The entries directly below the root, directories first.
    pub fn top_level(&self) -> impl Iterator<Item = TopLevel<'_>> {
        let dirs = self.dirs().filter(|dir| dir.parent == Some(0));
        let files = self.dir(0).into_iter().flat_map(|root| root.files());
        dirs.map(|dir| TopLevel {
            name: dir.name,
            is_dir: true,
        })
        .chain(
            files
                .filter_map(|index| self.file(index))
                .map(|file| TopLevel {
                    name: file.name,
                    is_dir: false,
                }),
        )
    }

    /// The schemes in the `*.data` directory, with the positions of their directories.
    pub fn data_schemes(&self) -> impl Iterator<Item = (DataScheme, u32)> {
        let data = self.data_dir().and_then(|name| {
            self.dirs()
                .find(|dir| dir.parent == Some(0) && dir.name == name)
                .map(|dir| dir.index)
        });
        self.dirs()
            .filter(move |dir| data.is_some() && dir.parent == data)
            .filter_map(|dir| Some((DataScheme::from_name(dir.name)?, dir.index)))
    }
}

impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manifest")
            .field("name", &self.name())
            .field("version", &self.version())
            .field("dirs", &self.dirs)
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

/// The number at `at`; 0 outside, which [`Manifest::from_backing`] has ruled out.
fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let found = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
    found.map_or(0, u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let found = bytes
        .get(at..at + 8)
        .and_then(|eight| eight.try_into().ok());
    found.map_or(0, u64::from_le_bytes)
}
