use std::path::Path;

use crate::with_venv;

#[test]
fn the_cache_can_be_measured_and_cleaned() {
    let (sandbox, index) = with_venv();
    let dir = sandbox.run(["cache", "dir"]).success().stdout;
    assert_eq!(dir, "[DIR]/cache\n");
    let _installed = sandbox.run(["pip", "install", "sirius"]).success();
    let full: u64 = sandbox
        .run(["cache", "size"])
        .success()
        .stdout
        .trim()
        .parse()
        .unwrap();
    assert!(full > 1000, "{full}");
    let _pruned = sandbox.run(["cache", "prune"]).success();
    let _cleaned = sandbox.run(["cache", "clean", "harry"]).success();
    index.forget();
    let _made = sandbox.run(["venv", "-q", "other"]).success();
    let _installed = sandbox
        .run(["pip", "install", "-p", "other", "sirius"])
        .success();
    assert_eq!(index.count(".whl"), 2, "{:?}", index.requests());
    assert_eq!(index.count("/files/sirius"), 0, "{:?}", index.requests());
    let _cleaned = sandbox.run(["cache", "clean"]).success();
    let empty: u64 = sandbox
        .run(["cache", "size"])
        .success()
        .stdout
        .trim()
        .parse()
        .unwrap();
    assert!(empty < full, "{empty}");
}

#[test]
fn without_a_cache_nothing_is_kept() {
    let (sandbox, _index) = with_venv();
    let before = sandbox.run(["cache", "size"]).success().stdout;
    let _installed = sandbox
        .run(["pip", "install", "--no-cache", "harry"])
        .success();
    assert_eq!(sandbox.run(["cache", "size"]).success().stdout, before);
    assert_eq!(crate::frozen(&sandbox), "harry==3.0\n");
    let left = std::fs::read_dir(sandbox.work().parent().unwrap().join("tmp")).unwrap();
    assert_eq!(left.count(), 0);
}

#[test]
fn the_size_is_written_for_people_and_programs() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "harry"]).success();
    let size = |flags: &[&str]| {
        let arguments = ["cache", "size"].iter().chain(flags);
        sandbox.run(arguments).success().stdout.trim().to_owned()
    };
    let bytes = size(&[]);
    assert_eq!(size(&["--output-format", "machine"]), bytes);
    assert_eq!(size(&["--output-format", "auto"]), bytes);
    assert_eq!(size(&["--json"]), format!("{{\"bytes\":{bytes}}}"));
    for flags in [&["--human"][..], &["-H"], &["--output-format", "human"]] {
        assert!(size(flags).ends_with("KiB"), "{}", size(flags));
    }
}

#[test]
fn build_services_keep_what_they_cannot_fetch() {
    let (sandbox, index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "sirius"]).success();
    let _pruned = sandbox.run(["cache", "prune", "--ci"]).success();
    index.forget();
    let _again = sandbox
        .run(["pip", "install", "--reinstall", "sirius"])
        .success();
    assert_eq!(index.count(".whl"), 2, "{:?}", index.requests());
}

/// Which of the records of an older naja lie in the cache.
#[derive(Clone, Copy, Debug)]
enum Older {
    /// All of them, in another layout of records.
    Records,
    /// Pages, in another layout of pages.
    Pages,
    /// Metadata, with something else before the headers.
    Metadata,
}

/// Makes the records of a cache as an older naja wrote them; how many were changed.
fn age(cache: &Path, older: Older) -> usize {
    let Ok(entries) = std::fs::read_dir(cache) else {
        return 0;
    };
    let mut count = 0;
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            count += age(&path, older);
            continue;
        }
        let mut bytes = std::fs::read(&path).unwrap();
        if !bytes.starts_with(b"NajaRecd") {
            continue;
        }
        let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let body = 32 + number(16).next_multiple_of(8) as usize;
        let changed = match older {
            Older::Records => Some(8),
            Older::Pages => {
                let start = bytes.windows(8).position(|bytes| bytes == b"najapage");
                start.map(|start| start + 8)
            }
            Older::Metadata => path
                .components()
                .any(|part| part.as_os_str() == "metadata")
                .then_some(body),
        };
        let Some(changed) = changed else {
            continue;
        };
        bytes[changed] -= 1;
        let sum = crc32(&bytes[16..]);
        bytes[12..16].copy_from_slice(&sum.to_le_bytes());
        std::fs::write(&path, bytes).unwrap();
        count += 1;
    }
    count
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg());
    !bytes.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _bit| step(sum))
    })
}

#[test]
fn what_an_older_naja_kept_is_written_anew_without_a_word() {
    let (sandbox, index) = crate::with_index(naja_testkit::IndexBuilder::harry());
    sandbox.write(
        "pyproject.toml",
        "[project]\nname = \"castle\"\nversion = \"1\"\nrequires-python = \">=3.8\"\ndependencies = [\"sirius\"]\n",
    );
    let lock = || {
        index.forget();
        let _old = std::fs::remove_file(sandbox.work().join("pylock.toml"));
        let output = sandbox.run(["lock"]).success();
        assert!(!output.stderr.contains("warning"), "{}", output.stderr);
        (sandbox.read("pylock.toml"), index.requests())
    };
    let (first, _asked) = lock();
    for older in [Older::Records, Older::Pages, Older::Metadata] {
        assert_eq!(lock(), (first.clone(), Vec::new()), "{older:?}");
        assert!(age(&sandbox.cache(), older) > 0, "{older:?}");
        let (again, asked) = lock();
        assert_eq!(again, first, "{older:?}");
        assert!(!asked.is_empty(), "{older:?}");
        // Once, and not again.
        assert_eq!(lock(), (first.clone(), Vec::new()), "{older:?}");
    }
}
