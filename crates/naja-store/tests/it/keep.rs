//! What the store does with good wheels.

use std::fs;
use std::thread;
use std::time::{Duration, SystemTime};

use naja_spec::{PackageName, Sha256, WheelName};
use naja_store::gc::{Clean, Tally};
use naja_store::{
    ArchiveId, BytecodeTag, DataScheme, FileState, Store, TopLevel, WheelExpectation,
};

use super::raw::{Archive, Entry};
use super::wheel::{Cache, FILE, METADATA, Wheel, row};

fn rich() -> Vec<u8> {
    let script = b"#!python\n";
    let points = b"[console_scripts]\nfoo = foo:main\n";
    let wheel = Wheel::new()
        .with("foo/sub/deep/m\u{f6}d.py", b"")
        .with("top.py", b"top")
        .with("foo-1.0.data/scripts/tool", script)
        .with("foo-1.0.data/headers/foo.h", b"")
        .with("foo-1.0.dist-info/entry_points.txt", points);
    let mut entries = wheel.entries();
    entries.insert(0, Entry::stored("foo/", b"").mode(0o040_755));
    entries.push(Entry::stored("empty/", b"").mode(0o040_755));
    for entry in &mut entries {
        if entry.central.name.ends_with(b"tool") {
            entry.attributes = 0o100_777 << 16;
        }
    }
    Archive::of(entries).bytes()
}

#[test]
fn the_manifest_says_everything() {
    let cache = Cache::new();
    let bytes = rich();
    let archive = cache.put(&bytes).unwrap();
    let manifest = archive.manifest();
    assert_eq!(archive.id(), ArchiveId(Sha256::of(&bytes)));
    assert_eq!((manifest.name(), manifest.version()), ("foo", "1.0"));
    assert_eq!(manifest.dist_info(), "foo-1.0.dist-info");
    assert_eq!(manifest.data_dir(), Some("foo-1.0.data"));
    assert_eq!(manifest.file_name(), FILE);
    assert!(manifest.root_is_purelib());
    assert!(manifest.entry_points().contains("foo = foo:main"));
    assert!(manifest.wheel().starts_with("Wheel-Version: 1.0"));
    let schemes: Vec<DataScheme> = manifest.data_schemes().map(|(scheme, _)| scheme).collect();
    assert_eq!(schemes, [DataScheme::Headers, DataScheme::Scripts]);
    let top: Vec<TopLevel<'_>> = manifest.top_level().collect();
    let names: Vec<(&str, bool)> = top.iter().map(|entry| (entry.name, entry.is_dir)).collect();
    assert_eq!(
        names,
        [
            ("foo", true),
            ("foo-1.0.data", true),
            ("foo-1.0.dist-info", true),
            ("top.py", false)
        ]
    );
    let mut dirs = std::collections::HashSet::from([0]);
    for dir in manifest.dirs().skip(1) {
        assert!(dirs.contains(&dir.parent.unwrap()));
        dirs.insert(dir.index);
    }
    for file in manifest.files() {
        let path = archive.path_of(&file);
        let contents = fs::read(&path).unwrap();
        assert_eq!(Sha256::of(&contents), file.sha256);
        assert_eq!(contents.len() as u64, file.size);
        assert_eq!(manifest.find(&manifest.file_path(&file)), Some(file));
        assert_eq!(archive.check_file(file.index).unwrap(), FileState::Intact);
        assert_eq!(file.executable, file.name == "tool");
        assert!(
            manifest
                .dir(file.dir)
                .unwrap()
                .files()
                .contains(&file.index)
        );
    }
    assert_eq!(manifest.file_count(), 9);
    assert_eq!(manifest.find("foo/absent"), None);
    assert_eq!(manifest.find("absent/x"), None);
    let metadata = archive.read("foo-1.0.dist-info/METADATA").unwrap().unwrap();
    assert_eq!(metadata, METADATA.as_bytes());
    assert!(!archive.root().join("empty").exists());
}

#[cfg(unix)]
#[test]
fn permissions_are_the_two_usual_ones() {
    use std::os::unix::fs::PermissionsExt as _;
    let cache = Cache::new();
    let archive = cache.put(&rich()).unwrap();
    let mode = |path: &str| {
        fs::metadata(archive.root().join(path))
            .unwrap()
            .permissions()
            .mode()
            & 0o7111
    };
    assert_eq!(mode("foo-1.0.data/scripts/tool"), 0o111);
    assert_eq!(mode("top.py"), 0);
}

#[test]
fn archives_written_by_another_program_are_read() {
    use std::io::Write as _;
    use zip::write::SimpleFileOptions;
    let wheel = Wheel::new();
    let options = [
        SimpleFileOptions::default(),
        SimpleFileOptions::default().large_file(true),
        SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored),
    ];
    for options in options {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let record = (
            "foo-1.0.dist-info/RECORD".to_owned(),
            wheel.record_text().into_bytes(),
        );
        writer
            .add_directory("foo", SimpleFileOptions::default())
            .unwrap();
        for (path, bytes) in wheel.files.iter().chain([&record]) {
            writer.start_file(path, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.set_comment("a comment").unwrap();
        let bytes = writer.finish().unwrap().into_inner();
        Cache::new().put(&bytes).unwrap();
    }
}

#[test]
fn names_of_older_tools_are_understood() {
    for (file, stem) in [
        ("Foo_Bar-1.0-py3-none-any.whl", "Foo_Bar-1.0"),
        ("foo_bar-1.0-py3-none-any.whl", "Foo.Bar-1.0.0"),
        ("foo_bar-1.0-py3-none-any.whl", "foo-bar-1.0"),
        ("foo_bar-1.0_1-py3-none-any.whl", "foo_bar-1.0.post1"),
        ("foo_bar-1.0-2-py3-none-any.whl", "foo_bar-1.0"),
    ] {
        let version = if stem.ends_with("post1") {
            "1.0.post1"
        } else {
            "1.0"
        };
        let metadata = format!("Name: foo-bar\nVersion: {version}\n");
        let wheel = super::wheel::WHEEL.as_bytes();
        let rows = row(&format!("{stem}.dist-info/METADATA"), metadata.as_bytes())
            + &row(&format!("{stem}.dist-info/WHEEL"), wheel);
        let bytes = Archive::of(vec![
            Entry::deflated(&format!("{stem}.dist-info/METADATA"), metadata.as_bytes()),
            Entry::deflated(&format!("{stem}.dist-info/WHEEL"), wheel),
            Entry::deflated(&format!("{stem}.dist-info/RECORD"), rows.as_bytes()),
        ])
        .bytes();
        let archive = Cache::new().put_as(file, &bytes).unwrap();
        assert_eq!(archive.manifest().name(), "foo-bar");
    }
}

#[test]
fn signatures_need_not_be_listed() {
    let wheel = Wheel::new();
    let mut entries = wheel.entries();
    entries.push(Entry::deflated("foo-1.0.dist-info/RECORD.jws", b"{}"));
    entries.push(Entry::deflated("foo-1.0.dist-info/RECORD.p7s", b"{}"));
    Cache::new().put(&Archive::of(entries).bytes()).unwrap();
}

#[test]
fn stronger_digests_in_a_record_are_checked() {
    use sha2::Digest as _;
    let data = b"print('foo')\n";
    let hex: String = sha2::Sha512::digest(data)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let digest = naja_spec::Digest::parse(&format!("sha512:{hex}"))
        .unwrap()
        .to_record_text();
    let plain = row("foo/__init__.py", data);
    let strong = format!("foo/__init__.py,{digest},13\n");
    let good = Wheel::new().with_record(|text| text.replace(&plain, &strong));
    let archive = Cache::new().put(&good.bytes()).unwrap();
    let file = archive.manifest().find("foo/__init__.py").unwrap();
    assert_eq!(file.sha256, Sha256::of(data));
    let bad = Wheel::new()
        .with_record(|text| text.replace(&plain, &strong))
        .with("foo/__init__.py", b"print('bar')\n");
    assert!(Cache::new().put(&bad.bytes()).is_err());
}

#[test]
fn eight_threads_put_the_same_wheel() {
    let cache = Cache::new();
    let data = vec![7; 3 << 20];
    let mut wheel = Wheel::new();
    for n in 0..40 {
        wheel.set(&format!("foo/m{n}.py"), format!("n = {n}\n").as_bytes());
    }
    let bytes = wheel.with("foo/data", &data).bytes();
    let path = cache.dir.path().join("w.whl");
    fs::write(&path, &bytes).unwrap();
    let name = WheelName::parse(FILE).unwrap();
    let expect = WheelExpectation {
        name: &name,
        digests: &[],
        size: None,
    };
    thread::scope(|scope| {
        for n in 0..8 {
            // Half of them as another process would, with a store of their own.
            let store = if n % 2 == 0 {
                cache.store.clone()
            } else {
                Store::open(cache.store.dir()).unwrap()
            };
            let (path, expect) = (&path, &expect);
            scope.spawn(move || {
                let archive = store.put_wheel_at(path, expect, 2).unwrap();
                assert_eq!(archive.first_changed().unwrap(), None);
                assert_eq!(archive.manifest().file_count(), 45);
            });
        }
    });
    let id = ArchiveId(Sha256::of(&bytes));
    let archive = cache.store.get(&id).unwrap();
    assert_eq!(archive.first_changed().unwrap(), None);
    assert!(
        cache
            .files()
            .iter()
            .all(|path| path.starts_with("v1/archives/"))
    );
    assert_eq!(cache.files().len(), 45 + 1);
}

#[test]
fn changed_files_are_noticed() {
    let cache = Cache::new();
    let archive = cache.put(&rich()).unwrap();
    let file = archive.manifest().find("top.py").unwrap();
    let path = archive.path_of(&file);
    let state = || archive.check_file(file.index).unwrap();
    let mtime = fs::metadata(&path).unwrap().modified().unwrap();

    // The same contents with another time: as in a cache that was copied.
    fs::write(&path, "top").unwrap();
    fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(SystemTime::UNIX_EPOCH)
        .unwrap();
    assert_eq!(state(), FileState::Intact);

    fs::write(&path, "TOP").unwrap();
    assert_eq!(state(), FileState::Changed);
    assert_eq!(archive.first_changed().unwrap(), Some(path.clone()));
    assert!(archive.read("top.py").is_err());
    fs::remove_file(&path).unwrap();
    assert_eq!(state(), FileState::Changed);
    fs::create_dir(&path).unwrap();
    assert_eq!(state(), FileState::Changed);
    assert_eq!(archive.check_file(10_000).unwrap(), FileState::Changed);
    let _ = mtime;

    cache.store.discard(&archive.id()).unwrap();
    assert!(cache.store.get(&archive.id()).is_none());
    let again = cache.put(&rich()).unwrap();
    assert_eq!(again.first_changed().unwrap(), None);
}

#[cfg(unix)]
#[test]
fn a_file_replaced_with_the_same_size_and_time_is_noticed() {
    let cache = Cache::new();
    let archive = cache.put(&rich()).unwrap();
    let file = archive.manifest().find("top.py").unwrap();
    let path = archive.path_of(&file);
    let mtime = fs::metadata(&path).unwrap().modified().unwrap();
    let other = cache.dir.path().join("other");
    fs::write(&other, "bad").unwrap();
    fs::File::options()
        .write(true)
        .open(&other)
        .unwrap()
        .set_modified(mtime)
        .unwrap();
    fs::rename(&other, &path).unwrap();
    assert_eq!(archive.check_file(file.index).unwrap(), FileState::Changed);
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", &path).unwrap();
    assert_eq!(archive.check_file(file.index).unwrap(), FileState::Changed);
}

#[test]
fn a_damaged_manifest_is_a_miss_and_is_replaced() {
    let cache = Cache::new();
    let bytes = Wheel::new().bytes();
    let archive = cache.put(&bytes).unwrap();
    let path = archive.root().parent().unwrap().join("manifest");
    let good = fs::read(&path).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        fs::write(&path, &bad).unwrap();
        assert!(cache.store.get(&archive.id()).is_none(), "byte {at}");
    }
    for length in [0, 1, 100, good.len() - 1] {
        fs::write(&path, &good[..length]).unwrap();
        assert!(cache.store.get(&archive.id()).is_none());
    }
    let again = cache.put(&bytes).unwrap();
    assert_eq!(again.first_changed().unwrap(), None);
    assert_eq!(cache.files().len(), 4 + 1);
}

#[test]
fn any_manifest_with_a_right_checksum_is_safe_to_read() {
    let cache = Cache::new();
    let bytes = rich();
    let archive = cache.put(&bytes).unwrap();
    let path = archive.root().parent().unwrap().join("manifest");
    let good = fs::read(&path).unwrap();
    for at in 24..good.len() {
        for value in [0, 0x7f, 0xff] {
            let mut bad = good.clone();
            bad[at] = value;
            let checksum = crc32fast::hash(&bad[16..]);
            bad[12..16].copy_from_slice(&checksum.to_le_bytes());
            fs::write(&path, &bad).unwrap();
            if let Some(archive) = cache.store.get(&archive.id()) {
                let manifest = archive.manifest();
                for file in manifest.files() {
                    let _ = manifest.file_path(&file);
                }
                let _ = (
                    manifest.top_level().count(),
                    manifest.data_schemes().count(),
                );
                let _ = (manifest.find("foo/sub/deep/x"), manifest.entry_points());
                assert!(
                    manifest
                        .dirs()
                        .all(|dir| dir.files().end <= manifest.file_count())
                );
            }
        }
    }
}

#[test]
fn bytecode_belongs_to_one_unpacking() {
    let cache = Cache::new();
    let bytes = Wheel::new().bytes();
    let archive = cache.put(&bytes).unwrap();
    let tag = BytecodeTag::new("cpython-312", [0xcb, 0x0d, 0x0d, 0x0a]);
    assert!(cache.store.bytecode(&archive, &tag).is_none());
    let compiled = cache.store.temp_dir().unwrap();
    let dir = compiled.path().join("foo/__pycache__");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("__init__.cpython-312.pyc"), "code").unwrap();
    let kept = cache.store.put_bytecode(&archive, &tag, &compiled).unwrap();
    drop(compiled);
    assert_eq!(kept.manifest().file_count(), 1);
    let file = kept.manifest().file(0).unwrap();
    assert_eq!(
        kept.manifest().file_path(&file),
        "foo/__pycache__/__init__.cpython-312.pyc"
    );
    assert_eq!(kept.check_file(0).unwrap(), FileState::Intact);
    assert!(cache.store.bytecode(&archive, &tag).is_some());
    assert!(
        cache
            .store
            .bytecode(&archive, &tag.clone().with_mode("opt-1"))
            .is_none()
    );
    let other = BytecodeTag::new("cpython-312", [0xcc, 0x0d, 0x0d, 0x0a]);
    assert!(cache.store.bytecode(&archive, &other).is_none());

    // Unpacked anew, the sources have other times.
    let place = archive.root().parent().unwrap().to_path_buf();
    fs::remove_dir_all(&place).unwrap();
    let again = cache.put(&bytes).unwrap();
    assert!(cache.store.bytecode(&again, &tag).is_none());

    let compiled = cache.store.temp_dir().unwrap();
    fs::write(compiled.path().join("x.pyc"), "code").unwrap();
    cache.store.put_bytecode(&again, &tag, &compiled).unwrap();
    assert!(cache.store.bytecode(&again, &tag).is_some());
    cache.store.discard(&again.id()).unwrap();
    assert_eq!(cache.files().len(), 0);
}

#[cfg(unix)]
#[test]
fn bytecode_trees_hold_only_files() {
    let cache = Cache::new();
    let archive = cache.put(&Wheel::new().bytes()).unwrap();
    let tag = BytecodeTag::new("cpython-312", [0; 4]);
    let compiled = cache.store.temp_dir().unwrap();
    std::os::unix::fs::symlink("/etc/passwd", compiled.path().join("x.pyc")).unwrap();
    assert!(cache.store.put_bytecode(&archive, &tag, &compiled).is_err());
}

#[test]
fn cleaning_by_name_and_pruning() {
    let cache = Cache::new();
    let store = &cache.store;
    let foo = cache.put(&Wheel::new().bytes()).unwrap();
    let tag = BytecodeTag::new("cpython-312", [0; 4]);
    let compiled = store.temp_dir().unwrap();
    fs::write(compiled.path().join("x.pyc"), "code").unwrap();
    store.put_bytecode(&foo, &tag, &compiled).unwrap();
    drop(compiled);
    let usage = store.usage().unwrap();
    assert_eq!((usage.archives.files, usage.bytecode.files), (5, 2));
    assert!(usage.total().bytes > 0);
    let bar = [PackageName::parse("bar").unwrap()];
    let nothing = Tally::default();
    assert_eq!(
        store.clean(Clean::Packages(&bar), &mut || {}).unwrap(),
        nothing
    );
    assert!(store.get(&foo.id()).is_some());
    let unusable = |older_than| Clean::Unusable {
        older_than,
        now: SystemTime::now(),
        only_built: false,
    };
    let day = Duration::from_secs(86_400);
    assert_eq!(store.clean(unusable(day), &mut || {}).unwrap(), nothing);
    let names = [PackageName::parse("foo").unwrap()];
    assert_eq!(
        store
            .clean(Clean::Packages(&names), &mut || {})
            .unwrap()
            .files,
        7
    );
    assert_eq!(cache.files().len(), 0);

    // What a killed process leaves: half a tree, half a download.
    let temp = store.dir().join("v1/tmp");
    fs::create_dir_all(temp.join("dir-killed/tree/foo")).unwrap();
    fs::write(temp.join("dir-killed/tree/foo/half.py"), "half").unwrap();
    fs::write(temp.join("file-killed"), "half").unwrap();
    fs::create_dir_all(store.dir().join("v0/old")).unwrap();
    fs::write(store.dir().join("v0/old/x"), "x").unwrap();
    assert_eq!(store.clean(unusable(day), &mut || {}).unwrap().files, 1);
    assert_eq!(cache.files().len(), 2);
    assert_eq!(
        store
            .clean(unusable(Duration::ZERO), &mut || {})
            .unwrap()
            .files,
        2
    );
    assert_eq!(cache.files().len(), 0);

    let foo = cache.put(&Wheel::new().bytes()).unwrap();
    fs::write(foo.root().parent().unwrap().join("manifest"), "").unwrap();
    assert!(store.clean(unusable(day), &mut || {}).unwrap().files > 0);
    assert_eq!(cache.files().len(), 0);
}

#[test]
fn what_killed_processes_left_long_ago_is_swept_by_the_next_writer() {
    let cache = Cache::new();
    let temp = cache.store.dir().join("v1/tmp");
    for (name, days) in [("dir-old", 3), ("dir-new", 1)] {
        let dir = temp.join(name);
        fs::create_dir_all(dir.join("tree")).unwrap();
        fs::write(dir.join("tree/half.py"), "half").unwrap();
        let then = SystemTime::now() - Duration::from_secs(days * 86_400);
        // Nothing but a file is opened for writing on Windows.
        match fs::File::open(&dir).unwrap().set_modified(then) {
            Err(error) if cfg!(windows) => {
                println!("skipped: the time of a directory cannot be set ({error})");
                return;
            }
            set => set.unwrap(),
        }
    }
    cache.store.temp_file().unwrap();
    assert_eq!(cache.files(), ["v1/tmp/dir-new/tree/half.py"]);
}

#[test]
fn a_holder_cannot_wait_for_itself() {
    let cache = Cache::new();
    let hold = cache.store.hold().unwrap();
    let refused = cache
        .store
        .clean(Clean::All, &mut || panic!("waits for itself"));
    assert!(matches!(refused, Err(naja_store::StoreError::Held)));
    drop(hold);
    cache.store.clean(Clean::All, &mut || {}).unwrap();
}

#[test]
fn cleaning_waits_for_holders() {
    use std::sync::mpsc;
    let cache = Cache::new();
    let archive = cache.put(&Wheel::new().bytes()).unwrap();
    let other = Store::open(cache.store.dir()).unwrap();
    let (waiting, waits) = mpsc::channel();
    thread::scope(|scope| {
        let cleaner = scope.spawn(|| {
            other
                .clean(Clean::All, &mut || waiting.send(()).unwrap())
                .unwrap();
        });
        waits.recv().unwrap();
        assert_eq!(archive.first_changed().unwrap(), None);
        drop(cache.store.clone());
        let Cache { dir, store } = cache;
        drop(store);
        cleaner.join().unwrap();
        drop(dir);
    });
    assert!(archive.first_changed().unwrap().is_some());
}

#[test]
fn nothing_is_created_by_reading() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("cache")).unwrap();
    assert!(store.get(&ArchiveId(Sha256::of(b""))).is_none());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    fs::write(dir.path().join("file"), "").unwrap();
    assert!(Store::open(&dir.path().join("file")).is_err());
}

#[test]
fn a_download_can_begin_again() {
    use std::io::Write as _;
    let cache = Cache::new();
    let mut file = cache.store.temp_file().unwrap();
    assert!(file.is_empty());
    file.write_all(b"wrong bytes").unwrap();
    file.restart().unwrap();
    file.write_all(b"right").unwrap();
    assert_eq!((file.len(), file.sha256()), (5, Sha256::of(b"right")));
    assert_eq!(fs::read(file.path()).unwrap(), b"right");
    let path = file.path().to_path_buf();
    drop(file);
    assert!(!path.exists());
}
