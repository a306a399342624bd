//! Targets of `naja-store`: zip archives and the store's own files.

use std::path::Path;

use naja_spec::WheelName;
use naja_store::hostile;
use naja_store::zip::{Directory, Limits, RemoteDirectory, Scratch, Tail};
use naja_store::{remote_metadata, wheel_metadata};

/// Every member of an archive, by all routes.
fn read_all(bytes: &[u8]) {
    let limits = Limits {
        total: 1 << 20,
        ..Limits::default()
    };
    let directory = match Directory::read(bytes, &limits) {
        Ok(directory) => directory,
        Err(error) => return drop(error.to_string()),
    };
    let mut scratch = Scratch::default();
    let mut covered = 0;
    for member in directory.members() {
        assert!(
            !member.name().starts_with('/') && !member.name().split('/').any(|part| part == "..")
        );
        assert_eq!(directory.get(member.name()), Some(member));
        let mut whole = Vec::new();
        let copied = directory.copy_member(member, bytes, &mut scratch, &mut |piece| {
            whole.extend_from_slice(piece);
            Ok(())
        });
        covered += member.packed_size();
        assert!(whole.len() as u64 <= member.size() || copied.is_err());
        match directory.read_member(bytes, member.name()) {
            Ok(read) => {
                assert!(copied.is_ok() && read == whole && read.len() as u64 == member.size());
            }
            Err(error) => {
                let _ = error.to_string();
                assert!(copied.is_err());
            }
        }
    }
    assert!(covered <= bytes.len() as u64, "members overlap");
    remote(bytes, bytes.len() as u64, Some(&directory));
}

fn remote(tail: &[u8], total: u64, whole: Option<&Directory>) {
    let found = match RemoteDirectory::from_tail(tail, total) {
        Ok(Tail::Complete(found)) => found,
        Ok(Tail::Needs { from }) => return assert!(from < total && whole.is_none()),
        Err(_) => return assert!(whole.is_none()),
    };
    for member in found.members() {
        let remote = found.member(member.name()).expect("a member it has");
        let range = remote.range();
        assert!(range.start < range.end && range.end <= total);
        if let Some(whole) = whole {
            let at = |offset: u64| usize::try_from(offset).expect("inside");
            let extracted = remote.extract(&tail[at(range.start)..at(range.end)]);
            assert_eq!(extracted.ok(), whole.read_member(tail, member.name()).ok());
        }
        let _ = remote.extract(tail);
    }
    let _ = remote_metadata(&found, &wheel());
}

fn wheel() -> WheelName {
    WheelName::parse("foo-1.0-py3-none-any.whl").expect("a wheel's name")
}

/// Archives as they come.
pub fn zip_directory(data: &[u8]) {
    read_all(data);
    let _ = wheel_metadata(data, &wheel());
}

/// The end of an archive of which more lies before.
pub fn zip_tail(data: &[u8]) {
    let (before, tail) = data
        .split_first_chunk::<4>()
        .map_or((0, data), |(before, tail)| {
            (u32::from_le_bytes(*before), tail)
        });
    remote(tail, tail.len() as u64 + u64::from(before), None);
    remote(tail, u64::from(before), None);
    remote(tail, u64::MAX, None);
}

/// Archives built well from the input, then with some bytes changed, so that deep checks are
/// reached.
pub fn zip_built(data: &[u8]) {
    let mut input = Input(data);
    let mut bytes = build(&mut input);
    read_all(&bytes);
    for change in input.0.chunks_exact(3).take(8) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % bytes.len();
        bytes[at] = change[2];
    }
    read_all(&bytes);
    let _ = wheel_metadata(&bytes, &wheel());
}

/// Source archives of every packing (the first byte says which), unpacked below a directory that
/// nothing may leave. Checksums of tar headers are made right first.
pub fn source_archive(data: &[u8]) {
    use naja_spec::SdistExtension as Packing;
    let (kind, rest) = data.split_first().unwrap_or((&0, &[]));
    let packing = [
        Packing::Tar,
        Packing::TarGz,
        Packing::TarBz2,
        Packing::TarXz,
        Packing::TarZst,
        Packing::Zip,
    ][usize::from(*kind % 6)];
    let mut bytes = rest.to_vec();
    if packing == Packing::Tar {
        for block in bytes.chunks_exact_mut(512) {
            block[148..156].fill(b' ');
            let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
            block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
    }
    let outer = tempfile::tempdir().expect("a directory");
    let root = outer.path().join("tree");
    std::fs::create_dir(&root).expect("a directory in it");
    let unpacked = hostile::unpack_source(&bytes, packing, &root);
    let beside = std::fs::read_dir(outer.path()).expect("the directory").count();
    assert_eq!(beside, 1, "something left the tree");
    if unpacked.is_ok() {
        stays_inside(&root, &root.canonicalize().expect("the root"));
    }
}

/// Every link below a directory leads to somewhere below the root, or to nothing.
fn stays_inside(dir: &Path, root: &Path) {
    for entry in std::fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        let kind = path.symlink_metadata().expect("an entry").file_type();
        if kind.is_symlink() {
            if let Ok(real) = path.canonicalize() {
                assert!(real.starts_with(root), "{}", path.display());
            }
        } else if kind.is_dir() {
            stays_inside(&path, root);
        } else {
            assert!(kind.is_file());
        }
    }
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }
}

struct Header<'a> {
    flags: u16,
    method: u16,
    crc: u32,
    data: &'a [u8],
    size: u32,
    name: Vec<u8>,
    extra: Vec<u8>,
    attributes: u32,
    offset: u32,
}

impl Header<'_> {
    fn common(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.flags.to_le_bytes());
        out.extend_from_slice(&self.method.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&self.crc.to_le_bytes());
        out.extend_from_slice(&(self.data.len() as u32).to_le_bytes());
        out.extend_from_slice(&self.size.to_le_bytes());
        out.extend_from_slice(&(self.name.len() as u16).to_le_bytes());
        out.extend_from_slice(&(self.extra.len() as u16).to_le_bytes());
    }
}

fn build(input: &mut Input<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut headers = Vec::new();
    for number in 0..input.byte() % 4 {
        let kind = input.byte();
        let deflate = kind & 1 != 0;
        let late = kind & 2 != 0;
        let length = usize::from(input.byte());
        let data = input.take(length);
        let mut name = format!("{number}").into_bytes();
        if kind & 4 != 0 {
            let length = usize::from(input.byte() % 16);
            name = input.take(length).to_vec();
        }
        let size = if deflate {
            u32::from(input.byte())
        } else {
            data.len() as u32
        };
        let extra = if kind & 8 != 0 {
            input.take(12).to_vec()
        } else {
            Vec::new()
        };
        let header = Header {
            flags: if late { 8 } else { 0 } | (u16::from(kind & 16 != 0) << 11),
            method: if deflate { 8 } else { 0 },
            crc: crc32fast::hash(data),
            data,
            size,
            name,
            extra,
            attributes: if kind & 32 != 0 {
                u32::from(input.byte()) << 24
            } else {
                0
            },
            offset: out.len() as u32,
        };
        out.extend_from_slice(b"PK\x03\x04\x14\x00");
        header.common(&mut out);
        out.extend_from_slice(&header.name);
        out.extend_from_slice(&header.extra);
        out.extend_from_slice(header.data);
        if late {
            out.extend_from_slice(b"PK\x07\x08");
            out.extend_from_slice(&header.crc.to_le_bytes());
            out.extend_from_slice(&(header.data.len() as u32).to_le_bytes());
            out.extend_from_slice(&header.size.to_le_bytes());
        }
        headers.push(header);
    }
    let start = out.len() as u32;
    for header in &headers {
        out.extend_from_slice(b"PK\x01\x02\x14\x03\x14\x00");
        header.common(&mut out);
        out.extend_from_slice(&[0; 6]);
        out.extend_from_slice(&header.attributes.to_le_bytes());
        out.extend_from_slice(&header.offset.to_le_bytes());
        out.extend_from_slice(&header.name);
        out.extend_from_slice(&header.extra);
    }
    let length = out.len() as u32 - start;
    let count = (headers.len() as u16).to_le_bytes();
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&count);
    out.extend_from_slice(&count);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&start.to_le_bytes());
    out.extend_from_slice(&[0; 2]);
    out
}

/// Changes some bytes, then makes length and checksum right, so that they hide nothing.
fn changed(mut bytes: Vec<u8>, data: &[u8], length_at: Option<usize>) -> Vec<u8> {
    for change in data.chunks_exact(3).take(32) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % bytes.len();
        bytes[at] = change[2];
    }
    if let Some(at) = length_at {
        let length = bytes.len() as u64;
        bytes[at..at + 8].copy_from_slice(&length.to_le_bytes());
    }
    let checksum = crc32fast::hash(&bytes[16..]);
    bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

/// Manifests of archives, with the checksum made right.
pub fn manifest(data: &[u8]) {
    let good = hostile::build_manifest(&["a.py", "a-1.data/scripts/x", "b/c/d.py", "b/e.py"])
        .expect("a manifest");
    assert!(hostile::manifest(good.clone()).is_some());
    let _ = hostile::manifest(data.to_vec());
    let Some(manifest) = hostile::manifest(changed(good, data, Some(16))) else {
        return;
    };
    let _ = (
        manifest.name(),
        manifest.version(),
        manifest.dist_info(),
        manifest.data_dir(),
    );
    let _ = (
        manifest.entry_points(),
        manifest.wheel(),
        manifest.file_name(),
        manifest.checksum(),
    );
    let _ = (
        manifest.archive(),
        manifest.root_is_purelib(),
        manifest.total_size(),
    );
    let _ = (
        manifest.top_level().count(),
        manifest.data_schemes().count(),
    );
    for dir in manifest.dirs() {
        let _ = manifest.dir_path(dir.index);
        for file in dir.files().filter_map(|index| manifest.file(index)) {
            let _ = file.name;
        }
    }
    for file in manifest.files() {
        let path = manifest.file_path(&file);
        let _ = manifest.find(&path);
    }
}

/// Records of the store: what was written comes back, with any bytes changed nothing breaks.
pub fn store_record(data: &[u8]) {
    let _ = hostile::record(data);
    let split = data
        .first()
        .map_or(0, |&at| usize::from(at).min(data.len()));
    let (key, body) = data.split_at(split);
    let key = String::from_utf8_lossy(key);
    let good = hostile::build_record(&key, body).expect("a record");
    assert_eq!(hostile::record(&good), Some((&*key, body)));
    let _ = hostile::record(&changed(good, data, None));
}

/// Journals of transactions: no path leaves its base, what is read can be written again.
pub fn journal(data: &[u8]) {
    let (own, home) = (Path::new("/env/.naja/txn-1"), Path::new("/env"));
    let _ = hostile::journal(data, own, home);
    let mut framed = b"NajaJrnl\x01\0\0\0\0\0\0\0".to_vec();
    framed.extend_from_slice(data);
    let framed = changed(framed, &[], None);
    if let Some((count, again)) = hostile::journal(&framed, own, home) {
        assert!(count <= data.len());
        let twice = hostile::journal(&again, own, home).expect("written as read");
        assert_eq!((twice.0, twice.1), (count, again));
    }
}
