//! The structure of the archive: what two readers would read differently.

use super::*;

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
