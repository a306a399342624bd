//! Writing a manifest.

use std::collections::BTreeMap;

use naja_spec::Sha256;

use super::{
    CHECKED_FROM, DIR, FILE, FLAG_EXECUTABLE, FLAG_PURELIB, HEADER, MAGIC, NO_PARENT, VERSION,
};

/// What is known of one file of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileFact {
    /// Path from the tree's root, with `/`.
    pub(crate) path: String,
    pub(crate) size: u64,
    /// Modification time, nanoseconds since 1970.
    pub(crate) mtime: i64,
    pub(crate) inode: u64,
    pub(crate) executable: bool,
    pub(crate) sha256: Sha256,
}

/// What is known of a tree as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TreeFacts {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) dist_info: String,
    /// Empty when there is none.
    pub(crate) data_dir: String,
    pub(crate) entry_points: String,
    pub(crate) wheel: String,
    pub(crate) file_name: String,
    pub(crate) root_is_purelib: bool,
    /// Checksum of the manifest this one is only valid with, or 0.
    pub(crate) depends_on: u32,
}

/// The bytes of a manifest, or `None` when a number does not fit its format.
pub(crate) fn build(archive: &Sha256, facts: &TreeFacts, files: &[FileFact]) -> Option<Vec<u8>> {
    let dirs = directories(files);
    let mut text = Text::default();
    let texts = [
        &facts.name,
        &facts.version,
        &facts.dist_info,
        &facts.data_dir,
        &facts.entry_points,
        &facts.wheel,
        &facts.file_name,
    ];
    let mut body = Vec::with_capacity(HEADER + dirs.len() * DIR + files.len() * FILE);
    body.extend_from_slice(MAGIC);
    put32(&mut body, VERSION);
    body.extend_from_slice(&[0; 12]); // checksum and length, known at the end
    put32(
        &mut body,
        if facts.root_is_purelib {
            FLAG_PURELIB
        } else {
            0
        },
    );
    put32(&mut body, u32::try_from(dirs.len()).ok()?);
    put32(&mut body, u32::try_from(files.len()).ok()?);
    put32(&mut body, 0); // length of the text
    body.extend_from_slice(&archive.0);
    put32(&mut body, facts.depends_on);
    for value in texts {
        text.reference(&mut body, value)?;
    }
    put32(&mut body, 0);
    put_dirs(&mut body, &mut text, &dirs)?;
    for (at, (path, dir)) in dirs.iter().enumerate() {
        for file in &dir.files {
            put_file(&mut body, &mut text, file, path, u32::try_from(at).ok()?)?;
        }
    }
    body[36..40].copy_from_slice(&u32::try_from(text.0.len()).ok()?.to_le_bytes());
    body.extend_from_slice(&text.0);
    let length = body.len() as u64;
    body[16..24].copy_from_slice(&length.to_le_bytes());
    let checksum = crc32fast::hash(&body[CHECKED_FROM..]);
    body[12..16].copy_from_slice(&checksum.to_le_bytes());
    Some(body)
}

#[derive(Default)]
struct Directory<'a> {
    files: Vec<&'a FileFact>,
}

/// All directories by path, the root first: sorted, so that parents precede their children.
fn directories(files: &[FileFact]) -> BTreeMap<&str, Directory<'_>> {
    let mut dirs: BTreeMap<&str, Directory<'_>> = BTreeMap::new();
    dirs.entry("").or_default();
    for file in files {
        let dir = file.path.rsplit_once('/').map_or("", |(dir, _)| dir);
        for (slash, _) in dir.match_indices('/') {
            dirs.entry(&dir[..slash]).or_default();
        }
        dirs.entry(dir).or_default().files.push(file);
    }
    for dir in dirs.values_mut() {
        dir.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    }
    dirs
}

fn put_dirs(
    body: &mut Vec<u8>,
    text: &mut Text,
    dirs: &BTreeMap<&str, Directory<'_>>,
) -> Option<()> {
    let indices: BTreeMap<&str, u32> = dirs.keys().copied().zip(0..).collect();
    let mut first = 0_u32;
    for (path, dir) in dirs {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let parent = if path.is_empty() {
            NO_PARENT
        } else {
            *indices.get(parent)?
        };
        let count = u32::try_from(dir.files.len()).ok()?;
        put32(body, parent);
        text.reference(body, name)?;
        put32(body, first);
        put32(body, count);
        first = first.checked_add(count)?;
    }
    Some(())
}

fn put_file(
    body: &mut Vec<u8>,
    text: &mut Text,
    file: &FileFact,
    dir: &str,
    index: u32,
) -> Option<()> {
    let name = if dir.is_empty() {
        &file.path[..]
    } else {
        file.path.get(dir.len() + 1..)?
    };
    text.reference(body, name)?;
    body.extend_from_slice(&file.size.to_le_bytes());
    body.extend_from_slice(&file.mtime.to_le_bytes());
    body.extend_from_slice(&file.inode.to_le_bytes());
    put32(body, index);
    put32(body, if file.executable { FLAG_EXECUTABLE } else { 0 });
    body.extend_from_slice(&file.sha256.0);
    Some(())
}

fn put32(body: &mut Vec<u8>, value: u32) {
    body.extend_from_slice(&value.to_le_bytes());
}

/// The text at the end of a manifest, referred to by offset and length.
#[derive(Default)]
struct Text(Vec<u8>);

impl Text {
    fn reference(&mut self, body: &mut Vec<u8>, value: &str) -> Option<()> {
        put32(body, u32::try_from(self.0.len()).ok()?);
        put32(body, u32::try_from(value.len()).ok()?);
        self.0.extend_from_slice(value.as_bytes());
        Some(())
    }
}
