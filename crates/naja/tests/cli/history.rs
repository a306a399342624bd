use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use naja_testkit::{IndexBuilder, Sandbox, Wheel};

use crate::{frozen, with_index, with_venv};

/// Everything below the environment, but for the lock and naja's own notes.
pub(crate) type Tree = BTreeMap<PathBuf, String>;

pub(crate) fn tree(sandbox: &Sandbox) -> Tree {
    let root = sandbox.work().join(".venv");
    let mut found = Tree::new();
    collect(&root, Path::new(""), &mut found);
    found
}

fn collect(root: &Path, below: &Path, found: &mut Tree) {
    for entry in fs::read_dir(root.join(below)).unwrap() {
        let entry = entry.unwrap();
        let place = below.join(entry.file_name());
        if place == Path::new(".naja") || place == Path::new(".lock") {
            continue;
        }
        let meta = fs::symlink_metadata(entry.path()).unwrap();
        let mode = mode(&meta);
        let text = if meta.is_symlink() {
            format!("-> {}", fs::read_link(entry.path()).unwrap().display())
        } else if meta.is_dir() {
            collect(root, &place, found);
            format!("directory {mode:o}")
        } else {
            let bytes = fs::read(entry.path()).unwrap();
            format!("{mode:o} {}", naja_testkit::sha256_hex(&bytes))
        };
        found.insert(place, text);
    }
}

#[cfg(unix)]
fn mode(meta: &fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode()
}

#[cfg(not(unix))]
fn mode(_meta: &fs::Metadata) -> u32 {
    0
}

#[track_caller]
pub(crate) fn assert_same(found: &Tree, expected: &Tree, what: &str) {
    let differing: Vec<_> = expected
        .iter()
        .filter(|(path, text)| found.get(*path) != Some(text))
        .map(|(path, _)| path)
        .chain(found.keys().filter(|path| !expected.contains_key(*path)))
        .collect();
    assert!(differing.is_empty(), "{what}: {differing:?}");
}

fn site(sandbox: &Sandbox) -> PathBuf {
    sandbox.site_packages(".venv")
}

/// Writes a file anew.
fn edit(sandbox: &Sandbox, path: &str, text: &str) {
    let path = site(sandbox).join(path);
    let _ = fs::remove_file(&path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn each_kind_of_change_is_taken_back_byte_for_byte() {
    let (sandbox, index) = with_venv();
    sandbox.write("pins.txt", "hedwig==1.0\nremus==1.0\n");
    let project = Wheel::new("dobby", "1.0").build();
    let wheel = sandbox.work().join("dobby-1.0-py3-none-any.whl");
    fs::write(&wheel, project).unwrap();
    let wheel = wheel.display().to_string();
    let changes: [&[&str]; 10] = [
        &["pip", "install", "sirius"],
        &["pip", "install", "hedwig==1.0", "--compile-bytecode"],
        &["pip", "install", "-U", "hedwig", "remus[moon]"],
        &[
            "pip",
            "install",
            "--no-installer-metadata",
            "harry==1.0",
            "sirius==1.0",
        ],
        &["pip", "install", &wheel],
        &[
            "pip",
            "install",
            "--reinstall",
            "--link-mode",
            "copy",
            "hedwig",
        ],
        &["pip", "uninstall", "sirius", "dobby"],
        &["pip", "sync", "pins.txt"],
        &["pip", "uninstall", "hedwig", "remus"],
        &["pip", "install", "harry"],
    ];
    let mut trees = vec![tree(&sandbox)];
    for words in &changes {
        let _done = sandbox.run(*words).success();
        trees.push(tree(&sandbox));
    }
    index.forget();
    for (words, before) in changes.iter().zip(&trees).rev() {
        let _undone = sandbox.run(["undo", "--offline"]).success();
        assert_same(&tree(&sandbox), before, &words.join(" "));
    }
    let output = sandbox.run(["undo"]).code(1);
    assert!(
        output.stderr.contains("nothing to undo") || output.stderr.contains("making of"),
        "{}",
        output.stderr
    );
    for (words, after) in changes.iter().zip(&trees[1..]) {
        let _again = sandbox.run(["redo", "--offline"]).success();
        assert_same(&tree(&sandbox), after, &words.join(" "));
    }
    let _far = sandbox.run(["undo", "7", "--offline"]).success();
    assert_same(&tree(&sandbox), &trees[3], "seven at once");
    let _to = sandbox.run(["redo", "--offline"]).success();
    assert_same(&tree(&sandbox), &trees[10], "and again");
    assert_eq!(index.requests(), Vec::<String>::new());
}

#[test]
fn what_the_cache_never_had_is_kept() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox
        .run(["pip", "install", "sirius", "hedwig"])
        .success();
    edit(&sandbox, "sirius/__init__.py", "edited = True\n");
    edit(&sandbox, "sirius-2.0.dist-info/notes.txt", "mine\n");
    fs::remove_file(site(&sandbox).join("hedwig/__init__.py")).unwrap();
    let before = tree(&sandbox);
    let _gone = sandbox
        .run(["pip", "uninstall", "sirius", "hedwig"])
        .success();
    let shown = sandbox.run(["history"]).success().stdout;
    assert!(shown.contains("2 files kept"), "{shown}");
    let _back = sandbox.run(["undo", "--offline"]).success();
    assert_same(&tree(&sandbox), &before, "edited files");
    // A file of the user's own that a package replaces.
    edit(&sandbox, "remus/__init__.py", "mine\n");
    let before = tree(&sandbox);
    let _over = sandbox.run(["pip", "install", "remus"]).success();
    let _back = sandbox.run(["undo"]).success();
    assert_same(&tree(&sandbox), &before, "a replaced file");
}

#[test]
fn an_edit_in_place_comes_back_without_the_network() {
    let (sandbox, index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "harry"]).success();
    fs::write(site(&sandbox).join("harry/__init__.py"), "edited = True\n").unwrap();
    let before = tree(&sandbox);
    let _gone = sandbox.run(["pip", "uninstall", "harry"]).success();
    index.forget();
    let _back = sandbox.run(["undo", "--offline"]).success();
    assert_same(&tree(&sandbox), &before, "a file edited in place");
}

/// Makes a distribution as another tool would: naja knows nothing of it.
fn foreign(sandbox: &Sandbox, name: &str) {
    let info = format!("{name}-1.0.dist-info");
    edit(sandbox, &format!("{name}/__init__.py"), "foreign = True\n");
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n");
    edit(sandbox, &format!("{info}/METADATA"), &metadata);
    edit(sandbox, &format!("{info}/INSTALLER"), "pip\n");
    let record =
        format!("{name}/__init__.py,,\n{info}/METADATA,,\n{info}/INSTALLER,,\n{info}/RECORD,,\n");
    edit(sandbox, &format!("{info}/RECORD"), &record);
}

#[test]
fn packages_of_another_tool_are_kept_whole() {
    let (sandbox, index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "hedwig"]).success();
    foreign(&sandbox, "kreacher");
    let before = tree(&sandbox);
    let _gone = sandbox.run(["pip", "uninstall", "kreacher"]).success();
    index.forget();
    let _back = sandbox.run(["undo", "--offline"]).success();
    assert_same(&tree(&sandbox), &before, "a foreign package");
    let _again = sandbox.run(["redo", "--offline"]).success();
    assert_eq!(frozen(&sandbox), "hedwig==2.0\n");
    let _back = sandbox.run(["undo", "--offline"]).success();
    assert_same(&tree(&sandbox), &before, "and again");
    assert_eq!(index.requests(), Vec::<String>::new());
}

#[test]
fn changes_of_other_tools_are_told() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "hedwig"]).success();
    foreign(&sandbox, "kreacher");
    let before = tree(&sandbox);
    let output = sandbox.run(["undo"]).code(1);
    assert!(
        output
            .stderr
            .contains("another tool changed the environment")
            && output.stderr.contains("+ kreacher==1.0")
            && output.stderr.contains("--force"),
        "{}",
        output.stderr
    );
    assert_same(&tree(&sandbox), &before, "refused");
    let _forced = sandbox.run(["undo", "--force"]).success();
    assert_eq!(frozen(&sandbox), "kreacher==1.0\n");
    let _redone = sandbox.run(["redo"]).success();
    assert_same(&tree(&sandbox), &before, "redone");
}

#[test]
fn a_new_change_ends_what_could_be_redone() {
    let (sandbox, _index) = with_venv();
    let _one = sandbox.run(["pip", "install", "hedwig"]).success();
    let _two = sandbox.run(["pip", "install", "remus"]).success();
    let _undone = sandbox.run(["undo"]).success();
    let _three = sandbox.run(["pip", "install", "harry"]).success();
    let output = sandbox.run(["redo"]).code(1);
    assert!(
        output.stderr.contains("nothing to redo"),
        "{}",
        output.stderr
    );
    let _undone = sandbox.run(["undo"]).success();
    assert_eq!(frozen(&sandbox), "hedwig==2.0\n");
    let _undone = sandbox.run(["undo"]).success();
    assert_eq!(frozen(&sandbox), "");
}

#[test]
fn a_preview_changes_nothing() {
    let (sandbox, _index) = with_venv();
    let _one = sandbox.run(["pip", "install", "sirius"]).success();
    let before = tree(&sandbox);
    let output = sandbox.run(["undo", "--dry-run"]).success();
    assert!(
        output
            .stderr
            .contains("Would undo 2: naja pip install sirius")
            || output.stderr.contains("Would undo 1:"),
        "{}",
        output.stderr
    );
    assert!(
        output.stderr.contains(" - sirius==2.0"),
        "{}",
        output.stderr
    );
    assert_same(&tree(&sandbox), &before, "a preview");
    let json = sandbox
        .run(["undo", "--dry-run", "--json"])
        .success()
        .stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["applied"], false);
}

#[test]
fn what_the_cache_lost_is_named_before_anything_happens() {
    let (sandbox, index) = with_venv();
    let _one = sandbox.run(["pip", "install", "harry==1.0"]).success();
    let before = tree(&sandbox);
    let _two = sandbox.run(["pip", "install", "-U", "harry"]).success();
    let after = tree(&sandbox);
    let _clean = sandbox.run(["cache", "clean"]).success();
    let refused = sandbox.run(["undo", "--offline"]).code(2);
    assert!(
        refused.stderr.contains("harry 1.0, fetched from")
            && refused.stderr.contains("harry-1.0-py3-none-any.whl"),
        "{}",
        refused.stderr
    );
    assert_same(&tree(&sandbox), &after, "refused");
    let done = sandbox.run(["undo"]).success();
    assert!(
        done.stderr.contains("not in the cache any more: harry 1.0"),
        "{}",
        done.stderr
    );
    assert_same(&tree(&sandbox), &before, "fetched again");
    // The cache had lost the other one when it went, so it was kept.
    index.forget();
    let _again = sandbox.run(["redo", "--offline"]).success();
    assert_same(&tree(&sandbox), &after, "kept");
}

#[test]
fn the_history_is_shown_without_secrets() {
    let (sandbox, index) = with_venv();
    let secret = index.url_with("albus:lemon");
    let _one = sandbox
        .run(["pip", "install", "--default-index", &secret, "harry"])
        .success();
    let _two = sandbox.run(["pip", "install", "hedwig"]).success();
    let _undone = sandbox.run(["undo"]).success();
    let shown = sandbox.run(["history"]).success().stdout;
    assert!(
        !shown.contains("lemon") && shown.contains("****"),
        "{shown}"
    );
    assert!(
        shown.contains("+ hedwig==2.0") && shown.contains("(undone)"),
        "{shown}"
    );
    let json = sandbox
        .run(["history", "--json", "--number", "1"])
        .success()
        .stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["entries"][0]["kind"], "undo");
    assert_eq!(json["entries"].as_array().unwrap().len(), 1);
    let dir = sandbox.work().join(".venv/.naja/history");
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            assert!(
                !fs::read_to_string(&path).unwrap().contains("lemon"),
                "{path:?}"
            );
        }
    }
}

#[test]
fn hostile_files_are_errors_and_installing_goes_on() {
    let (sandbox, _index) = with_venv();
    let _one = sandbox.run(["pip", "install", "harry==1.0"]).success();
    let dir = sandbox.work().join(".venv/.naja/history");
    let mut names: Vec<_> = fs::read_dir(&dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.ends_with("state.json"))
        .collect();
    names.sort();
    let entry = names.pop().unwrap();
    let good = fs::read_to_string(&entry).unwrap();
    let (state, known) = (
        dir.join("state.json"),
        fs::read_to_string(dir.join("state.json")),
    );
    let deep = "[".repeat(100_000);
    for bad in [
        "",
        "{}",
        "null",
        &deep,
        &good.replace("\"version\":2,", "\"version\":9,"),
        &good.replace("harry-1.0.dist-info", "../../../etc"),
        &good.replace("\"name\":\"harry\"", "\"name\":\"../x\""),
    ] {
        fs::write(&entry, bad).unwrap();
        for verb in ["history", "undo", "redo"] {
            let refused = sandbox.run([verb]).code(2);
            assert!(
                refused.stderr.contains("could not read"),
                "{}",
                refused.stderr
            );
        }
        fs::write(&state, bad).unwrap();
        let _goes_on = sandbox.run(["pip", "list"]).success();
        let _goes_on = sandbox
            .run(["pip", "install", "--reinstall", "harry==1.0"])
            .success();
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let _file = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path));
        }
        fs::write(&state, known.as_ref().unwrap()).unwrap();
    }
}

#[test]
fn only_so_many_entries_are_kept() {
    let (mut sandbox, _index) = with_venv();
    sandbox.set("NAJA_HISTORY_KEEP", "3");
    for _ in 0..4 {
        let _one = sandbox.run(["pip", "install", "hedwig"]).success();
        let _two = sandbox.run(["pip", "uninstall", "hedwig"]).success();
    }
    let json = sandbox.run(["history", "--json"]).success().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["total"], 3, "{json}");
    let output = sandbox.run(["undo", "4"]).code(1);
    assert!(
        output.stderr.contains("there are 3 changes"),
        "{}",
        output.stderr
    );
    let _back = sandbox.run(["undo", "3"]).success();
    assert_eq!(frozen(&sandbox), "hedwig==2.0\n");
    sandbox.set("NAJA_HISTORY_KEEP", "0");
    let _not_noted = sandbox.run(["pip", "uninstall", "hedwig"]).success();
    let output = sandbox.run(["redo"]).code(1);
    assert!(output.stderr.contains("- hedwig==2.0"), "{}", output.stderr);
}

#[test]
fn two_at_once_take_two_changes_back() {
    let (sandbox, _index) = with_venv();
    let bare = tree(&sandbox);
    let _one = sandbox.run(["pip", "install", "hedwig"]).success();
    let _two = sandbox.run(["pip", "install", "sirius"]).success();
    let children: Vec<_> = (0..2)
        .map(|_| sandbox.command().args(["undo", "-q"]).spawn().unwrap())
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_same(&tree(&sandbox), &bare, "two undos");
}

/// A random number generator of one line, so that a failure can be told again by its seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

#[test]
fn random_changes_agree_with_an_editor() {
    let index = IndexBuilder::harry()
        .wheel(
            &Wheel::new("ns-one", "1.0")
                .without_module()
                .file("ns/one.py", "1"),
        )
        .wheel(
            &Wheel::new("ns-one", "2.0")
                .without_module()
                .file("ns/one.py", "2"),
        )
        .wheel(
            &Wheel::new("ns-two", "1.0")
                .without_module()
                .file("ns/two.py", "2"),
        );
    let (sandbox, _index) = with_index(index);
    for seed in [7, 77] {
        let _made = sandbox.run(["venv", "-q", "--clear"]).success();
        let mut dice = Dice(seed);
        let (mut done, mut undone) = (vec![tree(&sandbox)], Vec::new());
        let names = [
            "hedwig",
            "hedwig==1.0",
            "sirius",
            "ns-one==1.0",
            "ns-one",
            "ns-two",
        ];
        let mut told = Vec::new();
        for _ in 0..14 {
            let name = names[dice.roll(names.len())];
            let project = name.split('=').next().unwrap();
            let words: Vec<&str> = match dice.roll(6) {
                0 | 1 => vec!["pip", "install", name],
                2 => vec!["pip", "uninstall", project],
                3 if done.len() > 1 => vec!["undo", "--offline"],
                4 if !undone.is_empty() => vec!["redo", "--offline"],
                _ => vec!["pip", "install", "-U", project],
            };
            told.push(words.join(" "));
            let before = done.last().unwrap().clone();
            let output = sandbox.run(&words).success();
            let now = tree(&sandbox);
            match words[0] {
                "undo" => {
                    undone.extend(done.pop());
                    assert_same(&now, done.last().unwrap(), &format!("{seed}: {told:?}"));
                }
                "redo" => {
                    done.extend(undone.pop());
                    assert_same(&now, done.last().unwrap(), &format!("{seed}: {told:?}"));
                }
                _ if now != before || output.stderr.contains(" ~ ") => {
                    done.push(now);
                    undone.clear();
                }
                _ => {}
            }
        }
    }
}

#[test]
fn an_environment_that_is_made_anew_can_be_taken_back() {
    let (sandbox, index) = with_venv();
    let _one = sandbox
        .run(["pip", "install", "sirius", "hedwig"])
        .success();
    foreign(&sandbox, "kreacher");
    edit(&sandbox, "sirius/__init__.py", "edited = True\n");
    edit(&sandbox, "mine.py", "mine\n");
    let before = tree(&sandbox);
    let _made = sandbox.run(["venv", "-q", "--clear"]).success();
    assert_eq!(frozen(&sandbox), "");
    let bare = tree(&sandbox);
    index.forget();
    let _back = sandbox.run(["undo", "--offline"]).success();
    assert_same(&tree(&sandbox), &before, "cleared");
    let _again = sandbox.run(["redo", "--offline"]).success();
    assert_same(&tree(&sandbox), &bare, "cleared again");
    let _far = sandbox.run(["undo", "2", "--offline", "--force"]).success();
    assert_eq!(frozen(&sandbox), "kreacher==1.0\n");
    let refused = sandbox.run(["undo"]).code(1);
    assert!(
        refused.stderr.contains("making of an environment"),
        "{}",
        refused.stderr
    );
    assert!(bare.len() < before.len());
    assert_eq!(index.requests(), Vec::<String>::new());
}

#[test]
fn an_environment_that_was_moved_keeps_its_history() {
    let (sandbox, _index) = with_venv();
    let _one = sandbox.run(["pip", "install", "hedwig"]).success();
    let _two = sandbox.run(["pip", "install", "remus"]).success();
    let moved = sandbox.work().join("elsewhere");
    fs::create_dir(&moved).unwrap();
    fs::rename(sandbox.work().join(".venv"), moved.join(".venv")).unwrap();
    let naja = |words: &[&str]| {
        let mut command = sandbox.command();
        command.current_dir(&moved).args(words);
        sandbox.finish(&mut command)
    };
    let _mended = naja(&["pip", "list"]).success();
    let _undone = naja(&["undo"]).success();
    let left = naja(&["pip", "freeze"]).success().stdout;
    assert_eq!(left, "hedwig==2.0\n");
}

#[test]
fn manifest_and_lock_go_back_with_the_environment() {
    let (sandbox, index) = with_venv();
    let manifest = "[project]\nname = \"castle\"\nversion = \"1.0\"\ndependencies = []\n";
    sandbox.write("pyproject.toml", manifest);
    let _locked = sandbox.run(["sync", "--no-install-project"]).success();
    let files = |sandbox: &Sandbox| {
        let read = |name: &str| fs::read(sandbox.work().join(name)).ok();
        (read("pyproject.toml"), read("pylock.toml"), tree(sandbox))
    };
    let before = files(&sandbox);
    let _added = sandbox
        .run(["add", "--no-install-project", "sirius"])
        .success();
    let after = files(&sandbox);
    assert_ne!(before.0, after.0);
    index.forget();
    let _undone = sandbox.run(["undo", "--offline"]).success();
    let undone = files(&sandbox);
    assert_eq!((&undone.0, &undone.1), (&before.0, &before.1));
    assert_same(&undone.2, &before.2, "add");
    let _redone = sandbox.run(["redo", "--offline"]).success();
    assert_eq!(files(&sandbox).0, after.0);
    // A manifest that was changed since is not overwritten.
    sandbox.write("pyproject.toml", "# mine\n");
    let refused = sandbox.run(["undo", "--offline"]).code(1);
    assert!(
        refused.stderr.contains("pyproject.toml") && refused.stderr.contains("--force"),
        "{}",
        refused.stderr
    );
    assert_eq!(sandbox.read("pyproject.toml"), "# mine\n");
    let _forced = sandbox.run(["undo", "--offline", "--force"]).success();
    assert_eq!(sandbox.read("pyproject.toml"), manifest);
    assert_eq!(index.requests(), Vec::<String>::new());
}
