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
