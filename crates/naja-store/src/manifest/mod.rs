//! The flat list of what an unpacked archive holds.
//!
//! One file beside each tree says everything an installation needs, so that no directory is
//! walked and no text is parsed. Layout, version 1, little-endian:
//!
//! ```text
//!   0  magic "NajaTree"      8  format version u32    12  crc32 of all bytes from 16 on, u32
//!  16  length of the file u64                         24  flags u32 (1: Root-Is-Purelib)
//!  28  number of directories u32                      32  number of files u32
//!  36  length of the text u32                         40  SHA-256 of the wheel, 32 bytes
//!  72  crc32 of another manifest this one depends on, or 0, u32
//!  76  seven texts, each offset u32 and length u32: name, version, dist-info directory, data
//!      directory, entry points, WHEEL, wheel file name
//! 132  zero u32
//! 136  directories, 20 bytes each: parent u32 (all ones: none), name offset u32, name length
//!      u32, first file u32, number of files u32
//!   …  files, 72 bytes each: name offset u32, name length u32, size u64, modification time in
//!      nanoseconds i64, inode u64, directory u32, flags u32 (1: executable), SHA-256 32 bytes
//!   …  text, UTF-8
//! ```
//!
//! Directory 0 is the root, parents precede children, and files are sorted by directory.

mod build;
mod read;

pub(crate) use build::{FileFact, TreeFacts, build};
pub use read::{DataScheme, DirEntry, FileEntry, Manifest, TopLevel};

const MAGIC: &[u8; 8] = b"NajaTree";
const VERSION: u32 = 1;
const CHECKED_FROM: usize = 16;
const HEADER: usize = 136;
const DIR: usize = 20;
const FILE: usize = 72;
const TEXTS: usize = 7;
const NO_PARENT: u32 = u32::MAX;
const FLAG_PURELIB: u32 = 1;
const FLAG_EXECUTABLE: u32 = 1;
