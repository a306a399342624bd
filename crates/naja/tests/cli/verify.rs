use std::fs;
use std::path::PathBuf;

use naja_testkit::{IndexBuilder, Sandbox, Wheel, find_pythons};

use crate::{frozen, untrue_record, with_index, with_venv};

/// The directory of packages.
fn site(sandbox: &Sandbox) -> PathBuf {
    sandbox.site_packages(".venv")
}

/// Writes a file anew, so that the linked one in the cache stays as it is.
fn edit(sandbox: &Sandbox, path: &str, text: &str) {
    let path = site(sandbox).join(path);
    let _ = fs::remove_file(&path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn an_untouched_environment_is_clean() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox
        .run(["pip", "install", "--compile-bytecode", "sirius", "hedwig"])
        .success();
    let mut python = sandbox.command_of(sandbox.work().join(".venv/bin/python"));
    python
        .env_remove("PYTHONDONTWRITEBYTECODE")
        .args(["-c", "import sirius, hedwig"]);
    let _compiled = sandbox.finish(&mut python).success();
    for words in [&["verify"][..], &["verify", "--quick"]] {
        let output = sandbox.run(words).success();
        assert!(
            output.stdout.ends_with(": no difference\n"),
            "{}",
            output.stdout
        );
    }
    let old = find_pythons().pop();
    if let Some(python) = old {
        let python = python.display().to_string();
        let _other = sandbox.run(["venv", "-q", "--seed", "-p", &python, "other"]);
    }
}

/// As virtualenv lists them for the pip that it puts in: without a digest, and not there.
#[test]
fn compiled_files_that_were_never_written_are_not_missing() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "harry"]).success();
    let record = site(&sandbox).join("harry-3.0.dist-info/RECORD");
    let mut text = fs::read_to_string(&record).unwrap();
    text.push_str("harry/__pycache__/__init__.cpython-312.pyc,,\n");
    edit(&sandbox, "harry-3.0.dist-info/RECORD", &text);
    for words in [&["verify"][..], &["verify", "--quick"]] {
        let _clean = sandbox.run(words).success();
    }
    text.push_str("harry/gone.py,,\nharry/__pycache__/gone.cpython-312.pyc,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n");
    edit(&sandbox, "harry-3.0.dist-info/RECORD", &text);
    let found = sandbox.run(["verify"]).code(1).stdout;
    assert_eq!(found.matches("missing").count(), 2, "{found}");
}

#[test]
fn every_difference_has_its_word() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox
        .run(["pip", "install", "harry", "sirius", "hedwig", "remus"])
        .success();
    edit(&sandbox, "harry/__init__.py", "changed = True\n");
    fs::remove_file(site(&sandbox).join("remus/__init__.py")).unwrap();
    fs::remove_file(site(&sandbox).join("sirius/__init__.py")).unwrap();
    fs::create_dir(site(&sandbox).join("sirius/__init__.py")).unwrap();
    edit(&sandbox, "mine/__init__.py", "");
    edit(&sandbox, "mine.pth", "");
    edit(&sandbox, "~arry-1.0.dist-info/METADATA", "");
    edit(&sandbox, "~arry/x.py", "");
    edit(&sandbox, "hedwig/__pycache__/gone.cpython-312.pyc", "");
    sandbox.write(".venv/bin/tool", "");
    let output = sandbox.run(["verify"]).code(1);
    let words: Vec<(&str, &str)> = output
        .stdout
        .lines()
        .filter(|line| line.starts_with("  "))
        .filter_map(|line| {
            let (word, path) = line.trim().rsplit_once(' ')?;
            Some((
                word.trim(),
                path.rsplit_once("site-packages/").map_or(path, |two| two.1),
            ))
        })
        .collect();
    let expected = [
        ("stale bytecode", "hedwig/__pycache__/gone.cpython-312.pyc"),
        ("leftover", "~arry"),
        ("leftover", "~arry-1.0.dist-info"),
        ("unowned", "bin/tool"),
        ("unowned", "mine"),
        ("unowned", "mine.pth"),
        ("changed", "harry/__init__.py"),
        ("missing", "remus/__init__.py"),
        ("not a file", "sirius/__init__.py"),
    ];
    for one in expected {
        assert!(words.contains(&one), "{one:?} in\n{}", output.stdout);
    }
    assert_eq!(words.len(), expected.len(), "{}", output.stdout);
    let json = sandbox.run(["verify", "--json"]).code(1).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["findings"].as_array().unwrap().len(), expected.len());
    let only = sandbox.run(["verify", "harry"]).code(1).stdout;
    assert!(
        only.contains("of 1 packages") && only.ends_with(": 1 difference\n"),
        "{only}"
    );
    let _whole = sandbox.run(["verify", "hedwig"]).success();
    let refused = sandbox.run(["verify", "dobby"]).code(1);
    assert!(
        refused.stderr.contains("dobby is not installed"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_byte_of_the_same_size_is_seen_by_contents_alone() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "harry"]).success();
    let path = site(&sandbox).join("harry/__init__.py");
    let mut bytes = fs::read(&path).unwrap();
    bytes[0] ^= 1;
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
    let _unseen = sandbox.run(["verify", "--quick"]).success();
    let seen = sandbox.run(["verify"]).code(1).stdout;
    assert!(seen.contains("changed"), "{seen}");
}

#[test]
fn versions_are_compared_with_a_file() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "sirius", "remus"]).success();
    sandbox.write("requirements.txt", "sirius==2.0\nharry>=3\n");
    let _same = sandbox
        .run(["verify", "--quick", "--against", "requirements.txt"])
        .success();
    sandbox.write("requirements.txt", "sirius==1.0\nhedwig\n");
    let output = sandbox
        .run(["verify", "--against", "requirements.txt"])
        .code(1);
    assert!(
        output
            .stdout
            .contains("hedwig is not installed, it says any version")
            && output
                .stdout
                .contains("sirius 2.0 is installed, it says ==1.0"),
        "{}",
        output.stdout
    );
    sandbox.write("names.in", "sirius\n");
    let _locked = sandbox
        .run(["pip", "compile", "-q", "names.in", "-o", "pylock.toml"])
        .success();
    let output = sandbox.run(["verify", "--against", "pylock.toml"]).code(1);
    assert!(
        output
            .stdout
            .contains("remus 1.0 is installed, it does not name it"),
        "{}",
        output.stdout
    );
}

#[test]
fn damaged_packages_are_put_back_and_only_they() {
    let (sandbox, index) = with_venv();
    let _installed = sandbox
        .run(["pip", "install", "harry", "sirius", "hedwig"])
        .success();
    edit(&sandbox, "harry/__init__.py", "changed = True\n");
    fs::remove_dir_all(site(&sandbox).join("hedwig")).unwrap();
    edit(&sandbox, "mine.py", "mine\n");
    edit(&sandbox, "~arry/x.py", "");
    index.forget();
    let plan = sandbox.run(["repair", "--dry-run"]).success().stderr;
    assert!(
        plan.contains(" ~ harry==3.0") && plan.contains(" ~ hedwig==2.0"),
        "{plan}"
    );
    let output = sandbox.run(["repair", "--offline"]).success().stderr;
    assert!(
        output.contains(" ~ harry==3.0")
            && output.contains(" ~ hedwig==2.0")
            && !output.contains("sirius"),
        "{output}"
    );
    assert!(output.contains("mine.py"), "{output}");
    assert_eq!(index.requests(), Vec::<String>::new());
    assert_eq!(untrue_record(&sandbox), None);
    assert!(!site(&sandbox).join("~arry").exists());
    let left = sandbox.run(["verify"]).code(1).stdout;
    assert!(
        left.contains("mine.py") && left.ends_with(": 1 difference\n"),
        "{left}"
    );
    let _gone = sandbox.run(["repair", "--remove-unowned"]).success();
    let _clean = sandbox.run(["verify"]).success();
    let nothing = sandbox.run(["repair"]).success().stderr;
    assert!(nothing.contains("nothing to repair"), "{nothing}");
    // What was moved away comes back, edits too.
    let _back = sandbox.run(["undo", "2", "--offline"]).success();
    let read = |path: &str| fs::read_to_string(site(&sandbox).join(path)).unwrap();
    assert_eq!(read("mine.py"), "mine\n");
    assert_eq!(read("harry/__init__.py"), "changed = True\n");
    assert!(site(&sandbox).join("~arry/x.py").exists());
    assert!(!site(&sandbox).join("hedwig").exists());
}

#[test]
fn a_package_that_another_tool_left_by_half_is_put_back() {
    let index = IndexBuilder::harry().wheel(&Wheel::new("dobby", "1.0"));
    let (sandbox, _index) = with_index(index);
    let _made = sandbox.run(["venv", "-q"]).success();
    let _installed = sandbox.run(["pip", "install", "harry==1.0"]).success();
    // As if another tool had been killed: no history, no RECORD.
    fs::remove_dir_all(sandbox.work().join(".venv/.naja")).unwrap();
    fs::remove_file(site(&sandbox).join("harry-1.0.dist-info/RECORD")).unwrap();
    let found = sandbox.run(["verify"]).code(1).stdout;
    assert!(found.contains("half installed"), "{found}");
    let _mended = sandbox.run(["repair"]).success();
    let _clean = sandbox.run(["verify"]).success();
    assert_eq!(frozen(&sandbox), "harry==1.0\n");
}

#[test]
fn a_damaged_cache_does_not_come_into_an_environment() {
    let (sandbox, index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "harry"]).success();
    let path = site(&sandbox).join("harry/__init__.py");
    // Written in place: the linked file of the cache changes with it.
    fs::write(&path, "broken(\n").unwrap();
    index.forget();
    let _mended = sandbox.run(["repair"]).success();
    assert_eq!(index.count("harry-3.0"), 1, "{:?}", index.requests());
    let _clean = sandbox.run(["verify"]).success();
}
