//! Two distributions with one file.

use naja_env::ApplyWarning;
use naja_testkit::Wheel;

use crate::support::World;

const CV: &str = "lib/python3.12/site-packages/cv/__init__.py";

fn cv(project: &str, text: &str) -> Wheel {
    Wheel::new(project, "1")
        .without_module()
        .file("cv/__init__.py", text)
}

fn clashes(warnings: &[ApplyWarning]) -> Vec<String> {
    warnings
        .iter()
        .map(|warning| match warning {
            ApplyWarning::Clash { winner, loser, .. } => format!("{winner} over {loser}"),
            other => format!("{other:?}"),
        })
        .collect()
}

#[test]
fn the_later_name_wins_and_the_loser_returns() {
    let world = World::new();
    let applied = world
        .try_install(&[cv("b", "from b"), cv("a", "from a")])
        .unwrap();
    assert_eq!(clashes(&applied.warnings), ["b over a"]);
    assert_eq!(world.read(CV), "from b");
    world.check_but(&[CV]);
    world.remove(&["b"]);
    assert_eq!(world.read(CV), "from a");
    world.remove(&["a"]);
    assert!(!world.has(CV) && !world.has(".naja"));
}

#[test]
fn the_later_installation_wins_and_the_loser_returns() {
    let world = World::new();
    world.install(&[cv("b", "from b")]);
    let applied = world.try_install(&[cv("a", "from a")]).unwrap();
    assert_eq!(clashes(&applied.warnings), ["a over b"]);
    let applied = world.try_install(&[cv("c", "from c")]).unwrap();
    assert_eq!(clashes(&applied.warnings), ["c over a"]);
    assert_eq!(world.read(CV), "from c");
    world.try_remove(&["c"]).unwrap();
    world.check_but(&[CV]);
    assert_eq!(world.read(CV), "from b");
    world.try_remove(&["b"]).unwrap();
    assert_eq!(world.read(CV), "from a");
    world.remove(&["a"]);
    assert!(!world.has(".naja"));
}

#[test]
fn removing_the_loser_leaves_the_winner() {
    let world = World::new();
    world
        .try_install(&[cv("a", "from a"), cv("b", "from b")])
        .unwrap();
    world.try_remove(&["a"]).unwrap();
    assert_eq!(world.read(CV), "from b");
    world.check();
    assert!(!world.has(".naja"));
}

#[test]
fn upgrading_the_winner_keeps_the_loser_aside() {
    let world = World::new();
    world
        .try_install(&[cv("a", "from a"), cv("b", "from b")])
        .unwrap();
    let newer = Wheel::new("b", "2")
        .without_module()
        .file("cv/__init__.py", "from b 2");
    world.try_install(&[newer]).unwrap();
    assert_eq!(world.read(CV), "from b 2");
    let without = Wheel::new("b", "3")
        .without_module()
        .file("cv/other.py", "x");
    world.install(&[without]);
    assert_eq!(world.read(CV), "from a");
}

#[test]
fn equal_files_are_no_clash() {
    let world = World::new();
    let applied = world.install(&[cv("a", ""), cv("b", "")]);
    assert!(applied.warnings.is_empty());
    let applied = world.install(&[cv("c", "")]);
    assert!(applied.warnings.is_empty(), "{:?}", applied.warnings);
    world.remove(&["c"]);
    world.remove(&["a"]);
    assert!(world.has(CV));
    world.remove(&["b"]);
    assert!(!world.has(CV));
}

#[test]
#[cfg_attr(windows, ignore = "the environment of these tests is one of Unix")]
fn scripts_clash_too() {
    let world = World::new();
    let tool =
        |project: &str| Wheel::new(project, "1").console_script("tool", &format!("{project}:f"));
    let applied = world.try_install(&[tool("a"), tool("b")]).unwrap();
    assert_eq!(clashes(&applied.warnings), ["b over a"]);
    assert!(world.read("bin/tool").contains("from b import f"));
    world.remove(&["b"]);
    assert!(world.read("bin/tool").contains("from a import f"));
}

#[test]
fn a_file_of_nobody_is_named() {
    let world = World::new();
    let path = world.root().join(CV);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "mine").unwrap();
    let applied = world.install(&[cv("a", "from a")]);
    assert!(matches!(
        &applied.warnings[..],
        [ApplyWarning::ReplacedForeignFile { .. }]
    ));
}

#[test]
fn other_kinds_in_the_way_are_refused() {
    let world = World::new();
    let path = world.root().join(CV);
    std::fs::create_dir_all(&path).unwrap();
    let before = world.snapshot();
    let answer = world.try_install(&[cv("a", "from a")]);
    assert!(
        matches!(answer, Err(naja_env::ApplyError::Blocked { .. })),
        "{answer:?}"
    );
    assert_eq!(world.snapshot(), before);
}

/// A compiled file names the size and the second of its source, which another package's module of
/// the same name can have as well.
#[test]
fn compiled_files_of_the_module_before_go() {
    const CACHE: &str = "lib/python3.12/site-packages/cv/__pycache__";
    let world = World::new();
    world.install(&[cv("a", "x = 1")]);
    let cache = world.env.root().join(CACHE);
    std::fs::create_dir_all(&cache).unwrap();
    for name in ["__init__.cpython-312.pyc", "other.cpython-312.pyc"] {
        std::fs::write(cache.join(name), "compiled").unwrap();
    }
    let applied = world.try_install(&[cv("c", "x = 2")]).unwrap();
    assert_eq!(clashes(&applied.warnings), ["c over a"]);
    assert_eq!(world.read(CV), "x = 2");
    assert!(!world.has(&format!("{CACHE}/__init__.cpython-312.pyc")));
    assert!(world.has(&format!("{CACHE}/other.cpython-312.pyc")));

    std::fs::write(cache.join("__init__.cpython-312.pyc"), "compiled").unwrap();
    world.try_remove(&["c"]).unwrap();
    assert_eq!(world.read(CV), "x = 1");
    assert!(!world.has(&format!("{CACHE}/__init__.cpython-312.pyc")));
}
