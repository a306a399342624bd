//! Archives that must be refused, each by both routes, leaving nothing in the store.

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
fn not_an_archive() {
    refused(b"", "does not end with a zip directory");
    refused(b"PK", "does not end with a zip directory");
    refused(&[0; 100_000], "does not end with a zip directory");
    refused(
        b"<html>not found</html>",
        "does not end with a zip directory",
    );
    let good = Wheel::new().bytes();
    refused(&good[..good.len() - 1], "does not end with a zip directory");
    refused(&good[..good.len() / 2], "does not end with a zip directory");
}

#[test]
fn data_before_after_and_between() {
    refused(
        &altered(|a| a.before = b"MZ stub".to_vec()),
        "bytes at offset 0",
    );
    refused(
        &[b"#!/bin/sh\n".to_vec(), Wheel::new().bytes()].concat(),
        "the directory does not end where the end record begins",
    );
    refused(
        &altered(|a| a.after = b"x".to_vec()),
        "does not reach the end of the file",
    );
    refused(
        &altered(|a| a.between = b"xx".to_vec()),
        "does not end where the end record begins",
    );
    refused(
        &altered(|a| a.entries[1].gap = b"gap".to_vec()),
        "wrong data descriptor",
    );
    refused(
        &altered(|a| a.entries[0].gap = b"gap".to_vec()),
        "bytes at offset 0",
    );
    refused(
        &altered(|a| a.entries[1].descriptor = b"!".to_vec()),
        "wrong data descriptor",
    );
}

#[test]
fn members_that_only_one_kind_of_reader_sees() {
    let hidden = |at: usize| {
        altered(move |archive| {
            let mut entry = Entry::deflated("foo/evil.py", b"import os");
            entry.in_directory = false;
            archive.entries.insert(at, entry);
        })
    };
    refused(&hidden(0), "bytes at offset 0");
    refused(&hidden(1), "wrong data descriptor");
    refused(&hidden(4), "wrong data descriptor");
    // Two end records: the one in the comment, and the one before it.
    let inner = Wheel::new().bytes();
    refused(
        &altered(|a| a.comment = inner[inner.len() - 22..].to_vec()),
        "does not end where",
    );
    refused(
        &altered(|a| a.comment = b"PK\x05\x06 and more than twenty-two bytes".to_vec()),
        "end",
    );
    // A whole second archive in the comment.
    let outer = altered(|a| a.comment = Wheel::new().bytes());
    refused(&outer, "");
    // The count hides the last header, or promises one more.
    refused(&altered(|a| a.count = Some(3)), "longer than its members");
    refused(&altered(|a| a.count = Some(5)), "cut short");
}

#[test]
fn overlaps_and_false_places() {
    refused(&altered(|a| a.entries[1].offset = Some(0)), "overlap");
    refused(&altered(|a| a.entries[1].offset = Some(40)), "overlap");
    refused(
        &altered(|a| a.entries[1].offset = Some(u32::MAX - 1)),
        "overlap",
    );
    refused(
        &altered(|a| a.directory_offset = Some(0)),
        "does not end where",
    );
    refused(
        &altered(|a| a.directory_offset = Some(u32::MAX - 1)),
        "does not end where",
    );
    // A deflate "quine": many members that share one body.
    let quine = altered(|a| {
        for n in 0..50 {
            let mut entry = a.entries[0].clone();
            entry.central.name = format!("foo/{n}.py").into_bytes();
            entry.data = Vec::new();
            entry.offset = Some(0);
            a.entries.push(entry);
        }
    });
    refused(&quine, "overlap");
}

#[test]
fn the_same_path_twice() {
    let double = |name: &'static str| {
        altered(move |archive| archive.entries.push(Entry::deflated(name, b"other")))
    };
    refused(&double("foo/__init__.py"), "claim the same path");
    refused(&double("FOO/__INIT__.PY"), "claim the same path");
    refused(&double("foo/__init__.py/x"), "claim the same path");
    refused(&double("foo/__Init__.py/x/y"), "claim the same path");
    refused(&double("foo-1.0.dist-info/record"), "claim the same path");
    let dir = altered(|a| {
        a.entries
            .push(Entry::stored("foo/__init__.py/", b"").mode(0o040_755));
    });
    refused(&dir, "claim the same path");
}

#[test]
fn split_archives() {
    refused(&altered(|a| a.disk = 1), "split archive");
    refused(&altered(|a| a.entries[0].disk = 1), "another disk");
}

#[test]
fn contradicting_end_records() {
    let zip64 = |zip64: Zip64| altered(move |a| a.zip64 = Some(zip64.clone()));
    Cache::new().put(&zip64(Zip64::default())).unwrap();
    Cache::new()
        .put(&zip64(Zip64 {
            marks: true,
            ..Zip64::default()
        }))
        .unwrap();
    refused(
        &zip64(Zip64 {
            count: Some(3),
            ..Zip64::default()
        }),
        "disagree",
    );
    refused(
        &zip64(Zip64 {
            offset: Some(3),
            ..Zip64::default()
        }),
        "disagree",
    );
    refused(
        &zip64(Zip64 {
            marks: true,
            offset: Some(3),
            ..Zip64::default()
        }),
        "does not end where",
    );
    refused(
        &zip64(Zip64 {
            marks: true,
            offset: Some(u64::MAX),
            ..Zip64::default()
        }),
        "does not end where",
    );
    refused(
        &zip64(Zip64 {
            marks: true,
            count: Some(u64::MAX),
            ..Zip64::default()
        }),
        "more than the",
    );
    refused(
        &zip64(Zip64 {
            locator_offset: Some(0),
            ..Zip64::default()
        }),
        "where its locator says",
    );
    refused(
        &zip64(Zip64 {
            record_size: Some(60),
            ..Zip64::default()
        }),
        "malformed",
    );
    // Marks without the records they point to.
    let bare = altered(|a| a.directory_offset = Some(u32::MAX));
    refused(&bare, "zip64 records are absent");
}

#[test]
fn headers_that_disagree() {
    let local = |change: fn(&mut raw::Header)| with_member("foo/x.py", |e| e.local(change));
    refused(&local(|h| h.name = b"foo/y.py".to_vec()), "different name");
    refused(&local(|h| h.name = b"../../y.p".to_vec()), "different name");
    refused(&local(|h| h.method = 0), "different compression method");
    refused(&local(|h| h.crc ^= 1), "different checksum");
    refused(&local(|h| h.crc = 0), "different checksum");
    refused(&local(|h| h.size += 1), "different size");
    refused(&local(|h| h.packed -= 1), "different packed size");
    refused(&local(|h| h.flags |= 1 << 3), "different set of flags");
    refused(&local(|h| h.flags |= 1 << 11), "different set of flags");
    refused(&local(|h| h.flags |= 1), "different set of flags");
    refused(
        &altered(|a| a.entries[1].local.name = b"short".to_vec()),
        "overlap",
    );
    let unsigned = altered(|a| a.entries[1].offset = Some(1));
    refused(&unsigned, "");
}

#[test]
fn encryption_and_unknown_features() {
    let both = |change: fn(&mut raw::Header)| with_member("foo/x.py", |e| e.both(change));
    refused(&both(|h| h.flags |= 1), "is encrypted");
    refused(&both(|h| h.flags |= 1 << 6), "is encrypted");
    refused(&both(|h| h.flags |= 1 << 13), "is encrypted");
    refused(
        &both(|h| h.extra = extra(0x9901, &[2, 0, 65, 69, 3, 0, 0])),
        "is encrypted",
    );
    refused(&both(|h| h.flags |= 1 << 5), "unknown flags 0x0020");
    refused(&both(|h| h.flags |= 1 << 15), "unknown flags 0x8000");
    for method in [1, 6, 9, 12, 14, 93, 95, 99] {
        let bytes = with_member("foo/x.py", |e| e.both(|h| h.method = method));
        refused(&bytes, &format!("compression method {method}"));
    }
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

#[test]
fn data_descriptors() {
    for (signed, wide) in [(true, false), (false, false), (true, true), (false, true)] {
        let cache = Cache::new();
        cache
            .put(&with_member("foo/x.py", |e| e.streamed(signed, wide)))
            .unwrap();
        let wrong = with_member("foo/x.py", |e| {
            let mut e = e.streamed(signed, wide);
            let last = e.descriptor.len() - if wide { 8 } else { 4 };
            e.descriptor[last] ^= 1;
            e
        });
        refused(&wrong, "wrong data descriptor");
    }
    let absent = with_member("foo/x.py", |e| {
        let mut e = e.streamed(true, false);
        e.descriptor.clear();
        e
    });
    refused(&absent, "wrong data descriptor");
    let half = with_member("foo/x.py", |e| {
        e.streamed(true, false).local(|h| h.size = 5)
    });
    refused(&half, "different checksum");
    let stored = altered(|a| {
        a.entries
            .push(Entry::stored("foo/s", b"stored").streamed(true, false));
    });
    refused(&stored, "wrong data descriptor");
    let signature = with_member("foo/x.py", |e| {
        let mut e = e.streamed(true, false);
        e.descriptor[0] ^= 1;
        e
    });
    refused(&signature, "wrong data descriptor");
}

#[test]
fn extra_fields() {
    let both = |bytes: &[u8]| {
        let bytes = bytes.to_vec();
        with_member("foo/x.py", move |entry| {
            entry.both(|h| h.extra = bytes.clone())
        })
    };
    Cache::new()
        .put(&both(&extra(0x5455, &[1, 0, 0, 0, 0])))
        .unwrap();
    refused(&both(&[1, 2, 3]), "cut short");
    refused(&both(&[0x55, 0x54, 9, 0, 1]), "cut short");
    let other_name = [&[1, 0, 0, 0, 0][..], b"foo/evil.py"].concat();
    refused(&both(&extra(0x7075, &other_name)), "a second name");
    let same_name = [&[1, 0, 0, 0, 0][..], b"foo/x.py"].concat();
    Cache::new().put(&both(&extra(0x7075, &same_name))).unwrap();
    refused(&both(&extra(0x7075, &[1])), "a second name");
    let twice = [zip64_extra(&[1, 2]), zip64_extra(&[1, 2])].concat();
    refused(&both(&twice), "zip64 sizes twice");
    refused(&both(&zip64_extra(&[1, 2])), "does not ask for");
    let marked = with_member("foo/x.py", |e| e.both(|h| h.size = u32::MAX));
    refused(&marked, "zip64 sizes are absent");
}

#[test]
fn zip64_members() {
    // Sizes that would fit, written in the wide form as some tools do.
    let wide = |local: fn(&mut Vec<u64>), central: fn(&mut Vec<u64>)| {
        with_member("foo/x.py", move |mut entry| {
            let true_values = vec![
                u64::from(entry.central.size),
                u64::from(entry.central.packed),
            ];
            for (header, change) in [(&mut entry.local, local), (&mut entry.central, central)] {
                let mut values = true_values.clone();
                change(&mut values);
                header.extra = zip64_extra(&values);
                (header.size, header.packed) = (u32::MAX, u32::MAX);
            }
            entry
        })
    };
    Cache::new().put(&wide(|_| {}, |_| {})).unwrap();
    refused(&wide(|v| v[0] += 1, |_| {}), "different size");
    refused(&wide(|v| v[1] += 1, |_| {}), "different packed size");
    refused(&wide(|_| {}, |v| v[1] = u64::MAX), "");
    refused(&wide(|_| {}, |v| v[0] = u64::MAX), "claims to unpack");
    refused(&wide(|v| v.truncate(1), |_| {}), "zip64 sizes are absent");
    refused(&wide(|v| v.push(7), |_| {}), "does not ask for");
    refused(&wide(|_| {}, |v| v.push(7)), "does not ask for");
}

#[test]
fn dist_info_directories() {
    let info = "foo-1.0.dist-info";
    refused(
        &Archive::of(vec![Entry::deflated("foo.py", b"")]).bytes(),
        "no `.dist-info`",
    );
    refused(&Archive::default().bytes(), "no `.dist-info`");
    refused(
        &Wheel::new().with("bar-1.0.dist-info/METADATA", b"").bytes(),
        "several `.dist-info` directories",
    );
    refused(
        &Wheel::new()
            .with("foo-1.0.0.DIST-INFO/METADATA", b"")
            .bytes(),
        "several `.dist-info` directories",
    );
    let bytes = Wheel::new().bytes();
    refused_as(
        "bar-1.0-py3-none-any.whl",
        &bytes,
        "does not fit its file name",
    );
    refused_as(
        "foo-1.1-py3-none-any.whl",
        &bytes,
        "does not fit its file name",
    );
    refused(
        &Wheel::new().without(&format!("{info}/WHEEL")).bytes(),
        "WHEEL",
    );
    refused(
        &Wheel::new().without(&format!("{info}/METADATA")).bytes(),
        "METADATA",
    );
    let mut entries = Wheel::new().entries();
    entries.pop();
    refused(&Archive::of(entries).bytes(), "RECORD");
    // Nested ones do not count.
    refused(
        &Archive::of(vec![Entry::deflated("x/foo-1.0.dist-info/WHEEL", b"")]).bytes(),
        "no `.dist-info`",
    );
}

#[test]
fn wheel_and_metadata_files() {
    let wheel = |text: &[u8]| Wheel::new().with("foo-1.0.dist-info/WHEEL", text).bytes();
    refused(
        &wheel(b"Wheel-Version: 2.0\nRoot-Is-Purelib: true\n"),
        "version 2.0",
    );
    refused(
        &wheel(b"Wheel-Version: 0.9\nRoot-Is-Purelib: true\n"),
        "version 0.9",
    );
    refused(&wheel(b"Wheel-Version: 1.0\n"), "WHEEL file is invalid");
    refused(&wheel(b"Root-Is-Purelib: true\n"), "WHEEL file is invalid");
    refused(&wheel(b"\xff\xfe"), "WHEEL file is invalid");
    Cache::new()
        .put(&wheel(b"Wheel-Version: 1.9\nRoot-Is-Purelib: false\n"))
        .unwrap();
    let metadata = |text: &[u8]| {
        Wheel::new()
            .with("foo-1.0.dist-info/METADATA", text)
            .bytes()
    };
    refused(
        &metadata(b"Metadata-Version: 2.1\nName: bar\nVersion: 1.0\n"),
        "METADATA is for bar",
    );
    refused(
        &metadata(b"Metadata-Version: 2.1\nName: foo\nVersion: 2.0\n"),
        "METADATA is for foo 2",
    );
    refused(
        &metadata(b"Metadata-Version: 2.1\nName: foo\n"),
        "METADATA is for",
    );
    refused(&metadata(b""), "METADATA is for");
    let points = Wheel::new().with("foo-1.0.dist-info/entry_points.txt", b"\xff\xff");
    refused(&points.bytes(), "not UTF-8");
}

#[test]
fn records_that_do_not_describe_the_archive() {
    let record = |change: &dyn Fn(String) -> String| Wheel::new().with_record(change).bytes();
    let init = "foo/__init__.py";
    refused(&record(&|_| String::new()), "is not listed");
    let without = |text: String| {
        text.lines()
            .skip(1)
            .fold(String::new(), |all, line| all + line + "\n")
    };
    refused(&record(&without), "`foo/__init__.py` is not listed");
    refused(
        &record(&|text| {
            text + "foo/gone.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n"
        }),
        "`foo/gone.py` is listed but absent",
    );
    refused(
        &record(&|text| text + "../../etc/passwd,,\n"),
        "is listed but absent",
    );
    refused(&record(&|text| text + &row(init, b"other")), "listed twice");
    refused(
        &record(&|text| text.replacen("sha256=", "sha256=A", 1)),
        "its RECORD is wrong",
    );
    let flipped = |text: String| {
        let at = text.find("sha256=").unwrap() + 7;
        let other = if &text[at..=at] == "A" { "B" } else { "A" };
        format!("{}{other}{}", &text[..at], &text[at + 1..])
    };
    refused(&record(&flipped), "the digest of `foo/__init__.py` differs");
    refused(
        &record(&|text| text.replace(",13\n", ",14\n")),
        "is listed with 14 bytes and has 13",
    );
    let bare = |text: String| without(text) + "foo/__init__.py,,\n";
    refused(&record(&bare), "without a digest");
    let weak = |text: String| without(text) + "foo/__init__.py,md5=1B2M2Y8AsgTpgAmY7PhCfg,13\n";
    refused(&record(&weak), "with the algorithm md5");
    refused(&record(&|text| text + "\"unclosed"), "misplaced quote");
    refused(&record(&|text| text + "one,two\n"), "columns");
    refused(
        &record(&|text| text.replace("foo/__init__.py", "foo\\__init__.py")),
        "not listed",
    );
    refused(
        &record(&|text| text.replace("foo/__init__.py", "./foo/__init__.py")),
        "not listed",
    );
    // METADATA's own digest matters too.
    let changed = Wheel::new();
    let true_record = changed.record_text();
    let mut longer = changed.with(
        "foo-1.0.dist-info/METADATA",
        b"Name: foo\nVersion: 1.0\nX: y\n",
    );
    longer.record = Some(true_record);
    refused(&longer.bytes(), "METADATA");
}

#[test]
fn data_directories() {
    let with = |path: &str| Wheel::new().with(path, b"x").bytes();
    refused(&with("foo-1.0.data/lib/x"), "in no known install scheme");
    refused(&with("foo-1.0.data/x"), "in no known install scheme");
    refused(
        &with("foo-1.0.data/Scripts/x"),
        "in no known install scheme",
    );
    let two = Wheel::new()
        .with("foo-1.0.data/data/x", b"x")
        .with("foo-1.0.0.data/data/y", b"y");
    refused(&two.bytes(), "several `.data` directories");
    let cache = Cache::new();
    let archive = cache.put(&with("bar-1.0.data/lib/x")).unwrap();
    assert_eq!(archive.manifest().data_dir(), None);
}

#[test]
fn promises_that_are_not_kept() {
    use naja_spec::{Digest, Sha256, WheelName};
    use naja_store::WheelExpectation;
    let cache = Cache::new();
    let bytes = Wheel::new().bytes();
    let path = cache.dir.path().join("w.whl");
    std::fs::write(&path, &bytes).unwrap();
    let name = WheelName::parse(super::wheel::FILE).unwrap();
    let put = |digests: &[Digest], size: Option<u64>| {
        let expect = WheelExpectation {
            name: &name,
            digests,
            size,
        };
        cache.store.put_wheel_at(&path, &expect, 1)
    };
    let good = Digest::from(Sha256::of(&bytes));
    let bad = Digest::from(Sha256::of(b"other"));
    let md5 = Digest::parse("md5:d41d8cd98f00b204e9800998ecf8427e").unwrap();
    let bad512 = Digest::parse(&format!("sha512:{}", "0".repeat(128))).unwrap();
    assert!(matches!(
        put(&[], Some(1)),
        Err(StoreError::SizeMismatch { .. })
    ));
    assert!(matches!(
        put(std::slice::from_ref(&bad), None),
        Err(StoreError::DigestMismatch { .. })
    ));
    assert!(matches!(
        put(&[good.clone(), bad512], None),
        Err(StoreError::DigestMismatch { .. })
    ));
    assert!(matches!(
        put(std::slice::from_ref(&md5), None),
        Err(StoreError::NoUsableDigest { .. })
    ));
    assert_eq!(cache.files(), Vec::<String>::new());
    put(&[bad, good, md5], Some(bytes.len() as u64)).unwrap();
    // What is there already must keep the promises too.
    assert!(matches!(
        put(&[], Some(1)),
        Err(StoreError::SizeMismatch { .. })
    ));
    let other = WheelName::parse("bar-1.0-py3-none-any.whl").unwrap();
    let expect = WheelExpectation {
        name: &other,
        digests: &[],
        size: None,
    };
    assert!(cache.store.put_wheel_at(&path, &expect, 1).is_err());
}

/// Reads all members' contents, if the archive is accepted.
fn contents(bytes: &[u8]) -> Option<Vec<(String, bool, Vec<u8>)>> {
    use naja_store::zip::{Directory, Limits};
    let directory = Directory::read(bytes, &Limits::default()).ok()?;
    let read = |member: &naja_store::zip::Member| {
        let contents = directory.read_member(bytes, member.name()).ok()?;
        Some((member.name().to_owned(), member.is_executable(), contents))
    };
    directory.members().iter().map(read).collect()
}

#[test]
fn no_single_change_yields_other_contents() {
    let mut archive = Archive::of(vec![
        Entry::deflated("foo/a.py", b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        Entry::stored("foo/b", b"stored"),
        Entry::deflated("foo/c.py", b"streamed, streamed, streamed").streamed(true, false),
    ]);
    for zip64 in [
        None,
        Some(Zip64 {
            marks: true,
            ..Zip64::default()
        }),
    ] {
        archive.zip64 = zip64;
        let good = archive.bytes();
        let expected = contents(&good).unwrap();
        let mut accepted = 0;
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                if let Some(found) = contents(&bad) {
                    // Times, versions and permissions mean nothing here, execution does.
                    let plain = |list: &[(String, bool, Vec<u8>)]| -> Vec<(String, Vec<u8>)> {
                        list.iter()
                            .map(|(name, _, data)| (name.clone(), data.clone()))
                            .collect()
                    };
                    assert_eq!(plain(&found), plain(&expected), "byte {at}, bit {bit}");
                    accepted += 1;
                }
            }
            let without = [&good[..at], &good[at + 1..]].concat();
            assert_eq!(contents(&without), None, "without byte {at}");
            let twice = [&good[..at], &good[at..=at], &good[at..]].concat();
            assert_eq!(contents(&twice), None, "byte {at} twice");
        }
        // Three members with versions, times, attributes in one or two headers.
        assert!(
            accepted < good.len() * 2,
            "{accepted} of {}",
            good.len() * 8
        );
    }
}
