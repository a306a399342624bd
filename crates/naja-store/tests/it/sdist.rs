//! Source archives: what is unpacked, and what is refused.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use naja_spec::{Digest, HashAlgorithm, PackageName, Sha256};
use naja_store::gc::Clean;
use naja_store::{SourceProblem, SourceTree, Store, StoreError};
use naja_testkit::{Sdist, Tar, gz};

struct Fixture {
    dir: tempfile::TempDir,
    store: Store,
}

fn fixture() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("cache")).unwrap();
    Fixture { dir, store }
}

impl Fixture {
    fn put(&self, name: &str, bytes: &[u8]) -> Result<SourceTree, StoreError> {
        self.put_with(name, bytes, &[])
    }

    fn put_with(
        &self,
        name: &str,
        bytes: &[u8],
        digests: &[Digest],
    ) -> Result<SourceTree, StoreError> {
        let path = self.dir.path().join("file");
        fs::write(&path, bytes).unwrap();
        self.store.put_sdist(&path, name, digests)
    }

    fn problem(&self, tar: Tar) -> SourceProblem {
        match self.put("a-1.tar.gz", &tar.build_gz()) {
            Err(StoreError::Source { source, .. }) => source,
            other => panic!("{other:?}"),
        }
    }

    /// Nothing but the cache's own directories is left.
    fn is_clean(&self) -> bool {
        let count = |path: &Path| fs::read_dir(path).map_or(0, Iterator::count);
        let root = self.dir.path().join("cache/v1");
        count(&root.join("tmp")) == 0
            && count(&root.join("sources")) == 0
            && count(self.dir.path()) == 2
    }
}

fn project() -> Tar {
    Tar::new()
        .dir("a-1/")
        .file("a-1/setup.py", b"setup")
        .member(b'0', ("a-1/run", ""), 0o4777, b"#!/bin/sh\n")
        .file("a-1/pkg/mod.py", b"x = 1\n")
}

#[test]
fn an_archive_becomes_a_tree() {
    let fixture = fixture();
    let bytes = project()
        .symlink("a-1/link", "pkg/mod.py")
        .symlink("a-1/pkg/up", "../pkg")
        .hard_link("a-1/hard", "a-1/setup.py")
        .pax(b'g', &[("comment", "0123456789abcdef")])
        .build_gz();
    let tree = fixture.put("a-1.tar.gz", &bytes).unwrap();
    assert_eq!(tree.id(), Sha256::of(&bytes));
    assert!(tree.root().ends_with("a-1"));
    let read = |path: &str| fs::read_to_string(tree.root().join(path)).unwrap();
    assert_eq!(read("setup.py"), "setup");
    assert_eq!(read("link"), "x = 1\n");
    // Windows makes copies of files, and none of directories.
    let is_link = tree.root().join("pkg/up").is_dir();
    assert_eq!(is_link, cfg!(unix));
    assert!(!is_link || read("pkg/up/mod.py") == "x = 1\n");
    assert_eq!(read("hard"), "setup");
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let facts = |path: &str| fs::symlink_metadata(tree.root().join(path)).unwrap();
        assert_eq!(facts("run").mode() & 0o7777 & !0o022, 0o755 & !0o022);
        assert_eq!(facts("setup.py").mode() & 0o111, 0);
        assert_eq!(facts("setup.py").mtime(), 1_577_836_800);
        assert!(facts("link").is_symlink());
        assert_eq!(facts("hard").nlink(), 1);
    }
    // Again: the same tree, and nothing new.
    assert_eq!(fixture.put("a-1.tar.gz", &bytes).unwrap(), tree);
    assert_eq!(fixture.store.source(&tree.id()), Some(tree));
}

#[test]
fn every_packing_is_read() {
    let fixture = fixture();
    let tar = project().build();
    let mut bz = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bz.write_all(&tar).unwrap();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("a-1/setup.py", zip::write::SimpleFileOptions::default())
        .unwrap();
    zip.write_all(b"setup").unwrap();
    let zst =
        ruzstd::encoding::compress_to_vec(&tar[..], ruzstd::encoding::CompressionLevel::Fastest);
    for (name, bytes) in [
        ("a-1.tar", tar.clone()),
        ("a-1.tgz", gz(&tar)),
        (
            "a-1.TAR.GZ",
            gz(&tar[..700]).into_iter().chain(gz(&tar[700..])).collect(),
        ),
        ("a-1.tar.bz2", bz.finish().unwrap()),
        ("a-1.tar.xz", XZ.to_vec()),
        ("a-1.tar.zst", zst),
        ("a-1.zip", zip.finish().unwrap().into_inner()),
    ] {
        let tree = fixture
            .put(name, &bytes)
            .unwrap_or_else(|e| panic!("{name}: {e:?}"));
        let text = fs::read_to_string(tree.root().join("setup.py")).unwrap();
        assert_eq!(text, "setup", "{name}");
    }
    // What is kept is known by its bytes: a new store.
    let fixture = self::fixture();
    let problem = fixture.put("a-1.tar.lz", &tar).unwrap_err();
    assert!(matches!(
        problem,
        StoreError::Source {
            source: SourceProblem::Packing,
            ..
        }
    ));
    assert!(fixture.put("a-1.tar.gz", &tar).is_err());
    assert!(fixture.put("a-1.tar.xz", &tar).is_err());
    assert!(fixture.put("a-1.tar.zst", &tar).is_err());
    assert!(fixture.put("a-1.tar.bz2", &tar).is_err());
}

/// `a-1/setup.py` with the text `setup`, as `tar | xz` makes it.
const XZ: &[u8] = include_bytes!("setup.tar.xz");

#[test]
fn the_project_is_found() {
    let fixture = fixture();
    for (tar, end) in [
        (Tar::new().file("a-1/x", b""), "tree/a-1"),
        (
            Tar::new().file("./a-1/x", b"").file("._a-1", b""),
            "tree/a-1",
        ),
        (Tar::new().file("setup.py", b"").file("src/x", b""), "tree"),
        (Tar::new().file("a/x", b"1").file("b/x", b"1"), "tree"),
    ] {
        let tree = fixture.put("a-1.tar.gz", &tar.build_gz()).unwrap();
        assert!(tree.root().ends_with(end), "{}", tree.root().display());
    }
    assert_eq!(fixture.problem(Tar::new()), SourceProblem::Empty);
}

#[test]
fn nothing_leads_out() {
    let fixture = fixture();
    let outside = fixture.dir.path().join("outside");
    for tar in [
        Tar::new().file("/etc/x", b""),
        Tar::new().file("../outside", b""),
        Tar::new().file("a/../../outside", b""),
        Tar::new().file("a\\..\\..\\outside", b""),
        Tar::new().file("C:/outside", b""),
        Tar::new().symlink("a/l", "/etc/passwd"),
        Tar::new().symlink("a/l", "../../outside"),
        Tar::new().symlink("l", ".."),
        Tar::new().symlink("a/l", "m").symlink("a/m", "../.."),
        Tar::new().symlink("a/l", "l"),
        Tar::new().hard_link("a/h", "/etc/passwd"),
        Tar::new().hard_link("a/h", "../outside"),
        Tar::new().hard_link("a/h", "a/none"),
        Tar::new().symlink("a/l", "b").file("a/l/x", b""),
        Tar::new().symlink("a/l", "b").file("a/l", b""),
        Tar::new().file("a/l", b"").symlink("a/l", "b"),
        Tar::new().symlink("a/l", "b").dir("a/l"),
        Tar::new().file("a/f", b"").file("a/f/x", b""),
        Tar::new().dir("a/d").file("a/d", b""),
        Tar::new()
            .pax(b'x', &[("path", "../outside")])
            .file("a/b", b""),
        Tar::new()
            .pax(b'x', &[("linkpath", "/etc/x")])
            .symlink("a/b", "c"),
        Tar::new()
            .member(b'L', ("././@LongLink", ""), 0, b"../outside\0")
            .file("a/b", b""),
    ] {
        let shown = format!("{:?}", String::from_utf8_lossy(&tar.clone().build()));
        let problem = fixture.problem(tar.file("a/setup.py", b""));
        assert!(
            matches!(
                problem,
                SourceProblem::Path { .. } | SourceProblem::Link { .. } | SourceProblem::Clash(_)
            ),
            "{problem:?} {}",
            shown.trim_matches(['\\', '0'])
        );
        assert!(fixture.is_clean(), "{problem}");
    }
    assert!(!outside.exists());
}

#[test]
fn devices_and_unknown_things_are_refused() {
    let fixture = fixture();
    for kind in *b"346SVMNDAZ" {
        let problem = fixture.problem(Tar::new().member(kind, ("a/x", ""), 0o644, b""));
        assert!(matches!(problem, SourceProblem::Kind { .. }), "{problem:?}");
    }
    assert!(fixture.is_clean());
}

#[test]
fn what_two_readers_read_differently_is_refused() {
    let fixture = fixture();
    let inner = Tar::new().file("a/hidden", b"").build();
    let mut bad_sum = Tar::new().file("a/x", b"").build();
    bad_sum[0] ^= 1;
    let mut gnu_prefix = Tar::new().file("a/x", b"").build();
    gnu_prefix[257..265].copy_from_slice(b"ustar  \0");
    gnu_prefix[345] = b'p';
    let sum: u32 = gnu_prefix[..512]
        .iter()
        .enumerate()
        .map(|(at, byte)| {
            if (148..156).contains(&at) {
                32
            } else {
                u32::from(*byte)
            }
        })
        .sum();
    gnu_prefix[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    for tar in [
        Tar::new().pax(b'x', &[("size", "0")]).file("a/x", &inner),
        Tar::new()
            .pax(b'x', &[("size", "1024")])
            .file("a/x", b"short"),
        Tar::new().pax(b'x', &[("size", "-1")]).file("a/x", b""),
        Tar::new()
            .pax(b'x', &[("path", "a/y"), ("path", "a/z")])
            .file("a/x", b""),
        Tar::new()
            .pax(b'x', &[("path", "a/y")])
            .pax(b'x', &[("path", "a/z")])
            .file("a/x", b""),
        Tar::new()
            .pax(b'x', &[("GNU.sparse.major", "1")])
            .file("a/x", b""),
        Tar::new().pax(b'g', &[("path", "a/y")]).file("a/x", b""),
        Tar::new()
            .member(b'x', ("p", ""), 0, b"99 path=a/y\n")
            .file("a/x", b""),
        Tar::new().member(b'5', ("a/x", ""), 0o755, &inner),
        Tar::new().member(b'2', ("a/x", "y"), 0o755, &inner),
        Tar::new().raw(&bad_sum),
        Tar::new().raw(&gnu_prefix),
        Tar::new().file("a/x", b"").raw(&[0; 1024]).raw(&inner),
    ] {
        let problem = fixture.problem(tar);
        assert!(
            matches!(problem, SourceProblem::Header { .. }),
            "{problem:?}"
        );
    }
    let whole = project().build_gz();
    for cut in [whole.len() - 1, whole.len() - 9, whole.len() / 2, 11, 0] {
        assert!(fixture.put("a-1.tar.gz", &whole[..cut]).is_err(), "{cut}");
    }
    let tar = project().build();
    assert!(fixture.put("a-1.tar", &tar[..600]).is_err());
    let mut flipped = whole.clone();
    let end = flipped.len() - 8;
    flipped[end] ^= 1;
    assert!(fixture.put("a-1.tar.gz", &flipped).is_err(), "the checksum");
    assert!(fixture.is_clean());
}

#[test]
fn digests_come_first() {
    let fixture = fixture();
    let bytes = project().build_gz();
    let right = Digest::from(Sha256::of(&bytes));
    let wrong = Digest::from(Sha256::of(b"x"));
    let weak = Digest::from_hex(HashAlgorithm::Md5, &"0".repeat(32)).unwrap();
    let error = fixture.put_with("a-1.tar.gz", &bytes, std::slice::from_ref(&wrong));
    assert!(matches!(error, Err(StoreError::DigestMismatch { .. })));
    // Not even looked into.
    let error = fixture.put_with("a-1.tar.gz", b"garbage", std::slice::from_ref(&wrong));
    assert!(matches!(error, Err(StoreError::DigestMismatch { .. })));
    let error = fixture.put_with("a-1.tar.gz", &bytes, &[weak]);
    assert!(matches!(error, Err(StoreError::NoUsableDigest { .. })));
    assert!(fixture.is_clean());
    fixture
        .put_with("a-1.tar.gz", &bytes, &[wrong, right])
        .unwrap();
}

#[test]
fn a_changed_tree_is_made_again() {
    let fixture = fixture();
    let bytes = project().build_gz();
    let tree = fixture.put("a-1.tar.gz", &bytes).unwrap();
    let file = tree.root().join("setup.py");
    let extra = tree.root().join("pkg/new.py");
    type Damage<'a> = &'a dyn Fn();
    let damages: [Damage<'_>; 3] = [
        &|| fs::write(&file, "other").unwrap(),
        &|| fs::write(&extra, "").unwrap(),
        &|| fs::remove_file(&file).unwrap(),
    ];
    for damage in damages {
        damage();
        assert_eq!(fixture.store.source(&tree.id()), None);
        assert_eq!(fixture.put("a-1.tar.gz", &bytes).unwrap(), tree);
        assert_eq!(fs::read_to_string(&file).unwrap(), "setup");
        assert!(!extra.exists());
    }
}

#[test]
fn bombs_are_stopped() {
    let fixture = fixture();
    let zeros = vec![0; 8 << 20];
    let mut tar = Tar::new();
    for at in 0..40 {
        tar = tar.file(&format!("a/{at}"), &zeros);
    }
    let problem = fixture.problem(tar);
    assert!(
        matches!(problem, SourceProblem::TooLarge { .. }),
        "{problem:?}"
    );
    let mut tar = Tar::new();
    tar = tar.member(b'x', ("p", ""), 0, &vec![b' '; 2 << 20]);
    let problem = fixture.problem(tar);
    assert!(
        matches!(problem, SourceProblem::Header { .. }),
        "{problem:?}"
    );
    assert!(fixture.is_clean());
}

#[test]
fn cleaning_knows_sources() {
    let fixture = fixture();
    let one = Sdist::new("My-Pkg", "1.0");
    let tree = fixture.put(&one.file_name(), &one.build()).unwrap();
    let other = fixture
        .put("other-1.tar.gz", &project().build_gz())
        .unwrap();
    assert!(fixture.store.usage().unwrap().sources.files > 4);
    let names = [PackageName::parse("my-pkg").unwrap()];
    let clean = |what: Clean<'_>| fixture.store.clean(what, &mut || panic!()).unwrap();
    assert!(clean(Clean::Packages(&names)).files > 0);
    assert_eq!(fixture.store.source(&tree.id()), None);
    assert!(fixture.store.source(&other.id()).is_some());
    let prune = Clean::Unusable {
        older_than: std::time::Duration::from_secs(86_400),
        now: std::time::SystemTime::now(),
        only_built: false,
    };
    assert_eq!(clean(prune).files, 0);
    fs::write(other.root().join("setup.py"), "changed").unwrap();
    assert!(clean(prune).files > 0);
    assert!(!other.root().exists());
}

#[test]
fn writers_at_the_same_time_agree() {
    let fixture = fixture();
    let bytes = project().build_gz();
    let path = fixture.dir.path().join("file");
    fs::write(&path, &bytes).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| fixture.store.put_sdist(&path, "a-1.tar.gz", &[]).unwrap());
        }
    });
    assert!(fixture.store.source(&Sha256::of(&bytes)).is_some());
}
