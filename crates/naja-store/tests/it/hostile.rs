//! Archives that must be refused, each by both routes, leaving nothing in the store.

mod promises;
mod structure;

use naja_store::StoreError;

use super::raw::{self, Archive, Entry, Zip64, extra, zip64_extra};
use super::wheel::{Cache, Wheel, row};

/// Refuses, says what it must, and leaves nothing.
#[track_caller]
fn refused(bytes: &[u8], expected: &str) {
    refused_as(super::wheel::FILE, bytes, expected);
}

#[track_caller]
fn refused_as(file: &str, bytes: &[u8], expected: &str) {
    let cache = Cache::new();
    let error = match cache.put_as(file, bytes) {
        Ok(archive) => panic!("accepted: {archive:?}"),
        Err(error) => error,
    };
    let text = match &error {
        StoreError::Zip { source, .. } => source.to_string(),
        StoreError::Wheel { source, .. } => source.to_string(),
        other => panic!("not a refusal: {other:?}"),
    };
    assert!(
        text.contains(expected),
        "expected {expected:?} in {text:?} ({error:?})"
    );
    assert_eq!(cache.files(), Vec::<String>::new());
}

/// A row of RECORD without a size, so that only the archive itself can be wrong about it.
fn unsized_row(path: &str, data: &[u8]) -> String {
    let row = row(path, data);
    format!("{},\n", row.trim_end().rsplit_once(',').unwrap().0)
}

/// A good wheel with one more member, listed in RECORD.
fn with_member(name: &str, change: impl Fn(Entry) -> Entry) -> Vec<u8> {
    with_archive(name, change, |_| {})
}

fn with_archive(
    name: &str,
    change: impl Fn(Entry) -> Entry,
    alter: impl Fn(&mut Archive),
) -> Vec<u8> {
    let data = b"some data that is long enough to be worth compressing, compressing, compressing";
    let wheel = Wheel::new().with_record(|record| format!("{}{record}", unsized_row(name, data)));
    let mut entries = wheel.entries();
    entries.insert(1, change(Entry::deflated(name, data)));
    let mut archive = Archive::of(entries);
    alter(&mut archive);
    archive.bytes()
}

fn altered(alter: impl Fn(&mut Archive)) -> Vec<u8> {
    let mut archive = Archive::of(Wheel::new().entries());
    alter(&mut archive);
    archive.bytes()
}

#[test]
fn the_unaltered_wheels_are_accepted() {
    let cache = Cache::new();
    cache.put(&altered(|_| {})).unwrap();
    cache.put(&with_member("foo/x.py", |entry| entry)).unwrap();
}

#[test]
fn special_files() {
    let typed = |mode: u32| with_member("foo/x.py", move |entry| entry.mode(mode));
    refused(&typed(0o120_777), "symbolic link");
    refused(&typed(0o020_644), "device");
    refused(&typed(0o060_644), "device");
    refused(&typed(0o010_644), "pipe");
    refused(&typed(0o140_644), "socket");
    refused(&typed(0o040_755), "directory with the name of a file");
    refused(&typed(0o170_755), "special file");
    let dir = altered(|a| a.entries.push(Entry::stored("foo/d/", b"").mode(0o100_644)));
    refused(&dir, "file with the name of a directory");
    let full = altered(|a| {
        a.entries
            .push(Entry::stored("foo/d/", b"x").mode(0o040_755));
    });
    refused(&full, "impossible sizes");
}

#[test]
fn unsafe_names() {
    for (name, why) in [
        ("../evil.py", "`.` or `..`"),
        ("foo/../../evil.py", "`.` or `..`"),
        ("foo/./evil.py", "`.` or `..`"),
        ("/etc/evil", "absolute"),
        ("//server/evil", "absolute"),
        ("C:/evil", "drive letter"),
        ("c:evil", "drive letter"),
        ("foo\\evil.py", "backslash"),
        ("..\\evil.py", "backslash"),
        ("foo//evil.py", "empty component"),
        ("foo/evil\0.py", "control character"),
        ("foo/evil\u{1b}[2J.py", "control character"),
        ("foo/evil\n.py", "control character"),
        ("foo/evil\u{85}.py", "control character"),
    ] {
        refused(&with_member(name, |entry| entry), why);
    }
    let long = format!("foo/{}", "x".repeat(300));
    refused(&with_member(&long, |entry| entry), "too long");
    let deep = format!("{}x.py", "d/".repeat(100));
    refused(&with_member(&deep, |entry| entry), "too deeply");
    let name = |name: &'static [u8]| {
        with_member("foo/x.py", move |entry| {
            entry.both(|h| h.name = name.to_vec())
        })
    };
    refused(&name(b""), "empty");
    refused(&name(b"foo/\xff.py"), "not UTF-8");
    refused(&name("foo/é.py".as_bytes()), "not marked as UTF-8");
}

#[test]
fn sizes_and_checksums_that_lie() {
    let both = |change: fn(&mut raw::Header)| with_member("foo/x.py", |e| e.both(change));
    refused(&both(|h| h.size += 1), "does not unpack to the declared");
    refused(&both(|h| h.size -= 1), "does not unpack to the declared");
    refused(&both(|h| h.size = 0), "does not unpack to the declared");
    refused(&both(|h| h.crc ^= 0x8000_0000), "wrong checksum");
    refused(&both(|h| h.size = 1 << 30), "claims to unpack");
    refused(&both(|h| h.method = 0), "impossible sizes");
    let corrupt = with_member("foo/x.py", |mut entry| {
        entry.data[0] = 0xff;
        entry
    });
    refused(&corrupt, "corrupt compressed data");
    let trailing = with_member("foo/x.py", |mut entry| {
        entry.data.extend(b"hidden");
        entry.both(|h| h.packed += 6)
    });
    refused(&trailing, "6 bytes after the end");
    let cut = with_member("foo/x.py", |mut entry| {
        entry.data.pop();
        entry.both(|h| h.packed -= 1)
    });
    refused(&cut, "its member `foo/x.py`");
}

#[test]
fn large_members_are_checked_too() {
    // Above the size that is inflated in one piece.
    let data: Vec<u8> = (0..5_000_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 27).to_le_bytes()[0])
        .collect();
    let large = |change: &dyn Fn(Entry) -> Entry| {
        let wheel =
            Wheel::new().with_record(|record| format!("{}{record}", unsized_row("foo/b", &data)));
        let mut entries = wheel.entries();
        entries.push(change(Entry::deflated("foo/b", &data)));
        Archive::of(entries).bytes()
    };
    Cache::new().put(&large(&|entry| entry)).unwrap();
    refused(
        &large(&|entry| entry.both(|h| h.size += 1)),
        "does not unpack to the declared",
    );
    refused(
        &large(&|entry| entry.both(|h| h.size -= 1)),
        "does not unpack to the declared",
    );
    refused(
        &large(&|entry| entry.both(|h| h.crc ^= 1)),
        "wrong checksum",
    );
    let trailing = large(&|mut entry| {
        entry.data.push(0);
        entry.both(|h| h.packed += 1)
    });
    refused(&trailing, "1 bytes after the end");
    let cut = large(&|mut entry| {
        entry.data.truncate(1000);
        entry.both(|h| {
            h.packed = 1000;
            h.size = 1_000_000;
        })
    });
    refused(&cut, "");
}

#[test]
fn bombs() {
    // 256 MiB of zeros in a quarter of a megabyte, honestly declared.
    let zeros = vec![0; 256 << 20];
    let bytes = altered(|a| a.entries.push(Entry::deflated("foo/zeros", &zeros)));
    refused(&bytes, "unpacks to");
}
