//! Wheels as they are published: those that Python carries for `ensurepip`.

use std::path::PathBuf;
use std::process::Command;

use naja_spec::WheelName;
use naja_store::{Store, WheelExpectation, wheel_metadata};

use crate::ranges::fetch_of;

/// The wheels of the Python on the path.
fn bundled() -> Vec<PathBuf> {
    let code = "import ensurepip, os; print(os.path.join(ensurepip.__path__[0], '_bundled'))";
    let output = Command::new("python3").args(["-I", "-c", code]).output();
    let place = output.map_or_else(
        |_| PathBuf::new(),
        |output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end()),
    );
    let entries = std::fs::read_dir(place).into_iter().flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|end| end == "whl"))
        .collect()
}

#[test]
fn wheels_of_real_life() {
    let wheels = bundled();
    if wheels.is_empty() {
        eprintln!("skipped: python3 carries no wheels for ensurepip");
    }
    let cache = tempfile::tempdir().unwrap();
    let store = Store::open(cache.path()).unwrap();
    for path in wheels {
        let name = WheelName::parse(path.file_name().unwrap().to_str().unwrap()).unwrap();
        let expect = WheelExpectation {
            name: &name,
            digests: &[],
            size: None,
        };
        let archive = store.put_wheel_at(&path, &expect, 2).unwrap();
        assert_eq!(archive.first_changed().unwrap(), None, "{name}");
        let bytes = std::fs::read(&path).unwrap();
        let whole = wheel_metadata(&bytes, &name).unwrap();
        let kept = format!("{}/METADATA", archive.manifest().dist_info());
        assert_eq!(archive.read(&kept).unwrap().unwrap(), whole, "{name}");
        let (ranged, _) = fetch_of(&bytes, &name, 16 << 10).unwrap();
        assert_eq!(ranged, whole, "{name}");
    }
}
