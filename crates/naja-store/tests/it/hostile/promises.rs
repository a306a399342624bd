//! What makes an archive a wheel: metadata, records, and what they promise.

use super::*;

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
    let name = WheelName::parse(crate::wheel::FILE).unwrap();
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
