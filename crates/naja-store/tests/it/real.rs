//! Wheels as they are published; run by hand on a directory of them:
//! `NAJA_TEST_WHEELS=dir cargo test -p naja-store -- --ignored real_wheels`.

use std::path::PathBuf;
use std::time::Instant;

use naja_spec::WheelName;
use naja_store::zip::{RemoteDirectory, Tail};
use naja_store::{Store, WheelExpectation, remote_metadata, wheel_metadata};

#[test]
#[ignore = "needs a directory of real wheels"]
fn real_wheels() {
    let dir = PathBuf::from(std::env::var_os("NAJA_TEST_WHEELS").expect("NAJA_TEST_WHEELS"));
    let cache = tempfile::tempdir_in(&dir).unwrap();
    let store = Store::open(cache.path()).unwrap();
    let mut refused = 0;
    for entry in std::fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !file.ends_with(".whl") {
            continue;
        }
        let name = WheelName::parse(&file).unwrap();
        let expect = WheelExpectation {
            name: &name,
            digests: &[],
            size: None,
        };
        let start = Instant::now();
        match store.put_wheel_at(&path, &expect, 2) {
            Ok(archive) => {
                let took = start.elapsed();
                assert_eq!(archive.first_changed().unwrap(), None);
                let manifest = archive.manifest();
                println!("{file}: {} files, {took:?}", manifest.file_count());
                let bytes = std::fs::read(&path).unwrap();
                let whole = wheel_metadata(&bytes, &name).unwrap();
                let kept = format!("{}/METADATA", manifest.dist_info());
                assert_eq!(archive.read(&kept).unwrap().unwrap(), whole);
                assert_eq!(remote(&bytes, &name), whole);
            }
            Err(error) => {
                refused += 1;
                let source = std::error::Error::source(&error).map(ToString::to_string);
                println!("{file}: REFUSED {error}: {}", source.unwrap_or_default());
            }
        }
    }
    assert_eq!(refused, 0);
}

/// METADATA by ranges, beginning with the last 16 KiB.
fn remote(bytes: &[u8], name: &WheelName) -> Vec<u8> {
    let total = bytes.len() as u64;
    let mut from = bytes.len().saturating_sub(16 << 10);
    for _ in 0..3 {
        match RemoteDirectory::from_tail(&bytes[from..], total).unwrap() {
            Tail::Needs { from: earlier } => from = usize::try_from(earlier).unwrap(),
            Tail::Complete(directory) => {
                let member = remote_metadata(&directory, name).unwrap();
                let range = member.range();
                let range =
                    usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
                return member.extract(&bytes[range]).unwrap();
            }
        }
    }
    panic!("the directory was not found");
}

/// An environment in the lower layer of a layered file system, as in a container image.
#[test]
#[ignore = "needs a mounted overlay with files in its lower layer"]
fn real_overlay() {
    use naja_store::txn::Transaction;
    let root = PathBuf::from(std::env::var_os("NAJA_TEST_OVERLAY").expect("NAJA_TEST_OVERLAY"));
    let old = root.join("site/old");
    assert!(
        std::fs::rename(&old, root.join("renamed")).is_err(),
        "directories can be renamed"
    );
    let mut txn = Transaction::begin(&root.join(".naja")).unwrap();
    let staged = txn.stage_dir().join("new");
    std::fs::create_dir(&staged).unwrap();
    txn.remove(&old).unwrap();
    txn.place(&staged, &old).unwrap();
    let receipt = txn.commit().unwrap();
    assert!(receipt.swept && receipt.steps > 2);
    assert_eq!(std::fs::read_dir(&old).unwrap().count(), 0);
}

/// A file system of about one megabyte.
#[test]
#[ignore = "needs a small file system"]
fn real_full_disk() {
    use super::wheel::{FILE, Wheel, walk};
    use naja_store::{Bucket, StoreError};
    let root = PathBuf::from(std::env::var_os("NAJA_TEST_SMALL").expect("NAJA_TEST_SMALL"));
    let store = Store::open(&root.join("cache")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let wheel = dir.path().join(FILE);
    let mut seed = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed.to_be_bytes()[0]
    })
    .take(3 << 20)
    .collect();
    std::fs::write(&wheel, Wheel::new().with("foo/noise", &noise).bytes()).unwrap();
    let name = WheelName::parse(FILE).unwrap();
    let expect = WheelExpectation {
        name: &name,
        digests: &[],
        size: None,
    };
    for workers in [1, 4] {
        let error = store.put_wheel_at(&wheel, &expect, workers).unwrap_err();
        assert!(
            matches!(&error, StoreError::Io { source, .. }
            if source.kind() == std::io::ErrorKind::StorageFull),
            "{error:?}"
        );
    }
    store.write_record(Bucket::Pages, "k", b"old").unwrap();
    assert!(store.write_record(Bucket::Pages, "k", &noise).is_err());
    assert_eq!(
        store.read_record(Bucket::Pages, "k").unwrap().as_ref(),
        b"old"
    );
    let mut left = Vec::new();
    walk(&root.join("cache/v1/tmp"), "", &mut left);
    walk(&root.join("cache/v1/archives"), "", &mut left);
    assert_eq!(left, Vec::<String>::new());
    walk(&root.join("cache/v1/records"), "", &mut left);
    assert_eq!(left.len(), 1);
}
