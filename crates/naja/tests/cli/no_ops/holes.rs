//! Changes that are easily overlooked: times that are set back, owners, links, files that nobody named.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::SystemTime;

use naja_testkit::{IndexBuilder, Repository, Sandbox, Sdist, Wheel};

use super::{MANIFEST, both, settle};
use crate::{sandbox, with_index};

/// Writes a file as a tool does that keeps times: size and time of modification are as they were.
fn write_unseen(path: &Path, from: &str, to: &str) {
    assert_eq!(from.len(), to.len());
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{text}");
    let time = fs::metadata(path).unwrap().modified().unwrap();
    fs::write(path, text.replacen(from, to, 1)).unwrap();
    set_time(path, time);
}

fn set_time(path: &Path, time: SystemTime) {
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(time).unwrap();
}

#[test]
fn times_that_are_set_back_hide_nothing() {
    for (file, from, to) in [
        ("pyproject.toml", "hedwig<2", "hedwig<9"),
        ("pylock.toml", "name = \"hedwig\"", "name = \"hedwix\""),
        ("naja.toml", "\"highest\"", "\"lowest\" "),
        (".venv/pyvenv.cfg", "home = /", "home = x"),
    ] {
        let (sandbox, _index) = with_index(IndexBuilder::harry());
        sandbox.write("pyproject.toml", MANIFEST);
        sandbox.write("naja.toml", "resolution = \"highest\"\n");
        settle(&sandbox, &[&["sync"], &["sync"]]);
        assert!(both(&sandbox, &["sync"]).holds);
        write_unseen(&sandbox.work().join(file), from, to);
        let found = both(&sandbox, &["sync"]);
        assert!(!found.holds, "{file}: {found:?}");
    }
}

#[test]
fn a_file_from_the_future_is_looked_into_each_time() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    let path = sandbox.write("pyproject.toml", MANIFEST);
    let _synced = sandbox.run(["sync"]).success();
    let later = SystemTime::now() + std::time::Duration::from_secs(100_000);
    set_time(&path, later);
    settle(&sandbox, &[&["sync"]]);
    assert!(both(&sandbox, &["sync"]).holds);
    fs::write(&path, MANIFEST.replace("hedwig<2", "hedwig<9")).unwrap();
    set_time(&path, later);
    assert!(!both(&sandbox, &["sync"]).holds);
}

const CASTLE: &str =
    "[project]\nname = \"castle\"\nversion = \"0.1.0\"\nrequires-python = \">=3.8\"\n";

#[test]
fn sources_whose_times_are_set_back_are_built_again() {
    let (sandbox, _index) = with_index(IndexBuilder::default());
    Sdist::new("pollux", "1.0").write_to(&sandbox.work().join("pollux"));
    sandbox.write("pollux/pollux/value.py", "x = 1\n");
    sandbox.write(
        "pyproject.toml",
        &format!("{CASTLE}dependencies = [\"pollux\"]\n[tool.uv.sources]\npollux = {{ path = \"pollux\" }}\n"),
    );
    settle(&sandbox, &[&["sync"], &["run", "true"]]);
    for words in [&["sync"][..], &["run", "true"]] {
        assert!(both(&sandbox, words).holds);
    }
    write_unseen(&sandbox.work().join("pollux/pollux/value.py"), "1", "2");
    for words in [&["run", "true"][..], &["sync"]] {
        assert!(!both(&sandbox, words).holds, "{words:?}");
    }
    settle(&sandbox, &[&["sync"]]);
    let value = fs::read_to_string(super::site(&sandbox).join("pollux/value.py")).unwrap();
    assert_eq!(value, "x = 2\n");
}

#[test]
fn a_wheel_in_the_place_of_another_is_seen() {
    let (sandbox, _index) = with_index(IndexBuilder::default());
    let wheel = |text: &str| Wheel::new("pollux", "1.0").file("pollux/value.py", text);
    let path = sandbox.work().join("pollux-1.0-py3-none-any.whl");
    fs::write(&path, wheel("x = 1\n").build()).unwrap();
    sandbox.write(
        "pyproject.toml",
        &format!(
            "{CASTLE}dependencies = [\"pollux\"]\n[tool.uv.sources]\npollux = {{ path = \"pollux-1.0-py3-none-any.whl\" }}\n"
        ),
    );
    settle(&sandbox, &[&["sync"]]);
    assert!(both(&sandbox, &["sync"]).holds);
    let before = fs::metadata(&path).unwrap();
    let mut others = (2..999).map(|number| wheel(&format!("x = {number}\n")).build());
    let other = others.find(|other| other.len() as u64 == before.len());
    let other = other.expect("a wheel of the same size");
    fs::write(&path, other).unwrap();
    set_time(&path, before.modified().unwrap());
    assert!(!both(&sandbox, &["sync"]).holds);
}

#[test]
fn what_cache_keys_name_is_seen() {
    let with_git = Repository::possible();
    for editable in [false, true] {
        let (mut sandbox, _index) = with_index(IndexBuilder::default());
        let pollux = Sdist::new("pollux", "1.0");
        pollux.write_to(&sandbox.work().join("pollux"));
        let keys = "[{ file = \"**/*.c\" }, { dir = \"gen\" }, { env = \"MODE\" }, { git = { commit = true } }]";
        let text = format!("{}[tool.uv]\ncache-keys = {keys}\n", pollux.pyproject());
        sandbox.write("pollux/pyproject.toml", &text);
        sandbox.write("pollux/native/a.c", "int x;\n");
        let source = format!("pollux = {{ path = \"pollux\", editable = {editable} }}");
        sandbox.write(
            "pyproject.toml",
            &format!("{CASTLE}dependencies = [\"pollux\"]\n[tool.uv.sources]\n{source}\n"),
        );
        let repository = with_git.then(|| Repository::init(sandbox.work().join("pollux")));
        if let Some(repository) = &repository {
            repository.commit("one");
        }
        let mut seen = |name: &str, change: &mut dyn FnMut(&mut Sandbox)| {
            settle(&sandbox, &[&["sync"]]);
            let found = both(&sandbox, &["sync"]);
            assert!(found.holds, "before {name}, {editable}: {found:?}");
            change(&mut sandbox);
            let found = both(&sandbox, &["sync"]);
            assert!(!found.holds, "{name}, {editable}: {found:?}");
        };
        seen("a file", &mut |sandbox| {
            write_unseen(&sandbox.work().join("pollux/native/a.c"), "x", "y");
        });
        seen("a new file", &mut |sandbox| {
            sandbox.write("pollux/native/deep/b.c", "");
        });
        seen("a directory", &mut |sandbox| {
            fs::create_dir(sandbox.work().join("pollux/gen")).unwrap();
        });
        seen("a variable", &mut |sandbox| {
            sandbox.set("MODE", "fast");
        });
        if let Some(repository) = &repository {
            seen("a commit", &mut |_| drop(repository.commit("two")));
        }
    }
}

#[test]
fn the_files_that_requirements_come_from_are_seen() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    let manifest = "[project]\nname = \"castle\"\nversion = \"0.1.0\"\nrequires-python = \">=3.8\"\ndynamic = [\"dependencies\"]\n\
        [build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n\
        [tool.setuptools.dynamic]\ndependencies = { file = [\"wanted.in\"] }\n";
    let backend = super::BACKEND
        .replace("owl-1.0", "castle-0.1.0")
        .replace("Name: owl\\nVersion: 1.0\\n", "Name: castle\\nVersion: 0.1.0\\n\" + \"\".join(f\"Requires-Dist: {line}\" for line in open(\"wanted.in\")) + \"")
        .replace("\"owl.py\": open(\"owl.py\").read()", "\"castle.py\": \"\"");
    sandbox.write("backend.py", &backend);
    sandbox.write("wanted.in", "hedwig<2\n");
    sandbox.write("pyproject.toml", manifest);
    settle(&sandbox, &[&["lock"], &["lock"]]);
    let found = both(&sandbox, &["lock"]);
    assert!(found.holds && !found.did, "{found:?}");
    sandbox.write("wanted.in", "hedwig<9\n");
    let found = both(&sandbox, &["lock"]);
    assert!(!found.holds && found.did, "{found:?}");
}

#[test]
fn an_environment_behind_a_link_is_seen() {
    let (mut sandbox, _index) = with_index(IndexBuilder::harry());
    sandbox.write("pyproject.toml", MANIFEST);
    let work = sandbox.work();
    sandbox.set("NAJA_PROJECT_ENVIRONMENT", "envs/now/env");
    for name in ["one", "two"] {
        let _made = sandbox
            .run(["venv", "-q", &format!("envs/{name}/env")])
            .success();
    }
    symlink("one", work.join("envs/now")).unwrap();
    settle(&sandbox, &[&["sync"], &["sync"]]);
    assert!(both(&sandbox, &["sync"]).holds);
    // A link on the way, not the one that is looked at.
    fs::remove_file(work.join("envs/now")).unwrap();
    symlink("two", work.join("envs/now")).unwrap();
    let found = both(&sandbox, &["sync"]);
    assert!(!found.holds && found.did, "{found:?}");
}

#[test]
fn the_python_behind_an_environment_is_seen() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    sandbox.write("pyproject.toml", MANIFEST);
    settle(&sandbox, &[&["sync"], &["run", "true"]]);
    let python = sandbox.work().join(".venv/bin/python");
    let target = fs::read_link(&python).unwrap();
    // The same program by another way.
    let there = sandbox.home().join("there");
    symlink(&target, &there).unwrap();
    fs::remove_file(&python).unwrap();
    symlink(&there, &python).unwrap();
    for words in [&["sync"][..], &["run", "true"]] {
        assert!(!both(&sandbox, words).holds, "{words:?}");
    }
    settle(&sandbox, &[&["run", "true"]]);
    // Another program at the same place.
    fs::remove_file(&there).unwrap();
    fs::copy(target.canonicalize().unwrap(), &there).unwrap();
    assert!(!both(&sandbox, &["run", "true"]).holds);
}

#[test]
fn what_is_missing_among_the_packages_is_seen() {
    for gone in ["hedwig.py", "hedwig-1.0.dist-info"] {
        let (sandbox, _index) = with_index(IndexBuilder::harry());
        sandbox.write("pyproject.toml", MANIFEST);
        settle(&sandbox, &[&["sync"], &["sync"]]);
        let path = super::site(&sandbox).join(gone);
        let path = match path.exists() {
            true => path,
            false => path.with_extension(""),
        };
        match path.is_dir() {
            true => fs::remove_dir_all(&path).unwrap(),
            false => fs::remove_file(&path).unwrap(),
        }
        assert!(!both(&sandbox, &["sync"]).holds, "{gone}");
    }
}

#[test]
fn another_working_directory_is_another_command() {
    let (mut sandbox, _index) = with_index(IndexBuilder::harry());
    for name in ["a", "b"] {
        sandbox.write(&format!("{name}/say.py"), &format!("print('{name}')\n"));
    }
    for (name, value) in [("NAJA_WORKING_DIR", "a"), ("UV_WORKING_DIR", "b")] {
        sandbox.set(name, value);
        for _ in 0..3 {
            let said = sandbox.run(["run", "--no-project", "say.py"]).success();
            assert_eq!(said.stdout, format!("{value}\n"));
        }
        sandbox.set(name, "");
    }
}

#[test]
fn files_of_other_users_count_once_they_are_ones_own() {
    use std::os::unix::fs::{MetadataExt, chown, lchown};

    let (sandbox, _index) = with_index(IndexBuilder::harry());
    sandbox.write("pyproject.toml", MANIFEST);
    let above = sandbox.write("../naja.toml", "resolution = \"lowest\"\n");
    let (own, stranger) = (fs::metadata(&above).unwrap().uid(), 12345);
    if chown(&above, Some(stranger), None).is_err() {
        eprintln!("skipped: files cannot be given away");
        return;
    }
    // That the file does not count is said each time.
    sandbox.write(
        "../pyproject.toml",
        "[tool.naja.workspace]\nmembers = [\"castle\"]\n",
    );
    fs::remove_file(&above).unwrap();
    let above = sandbox.work().join("../pyproject.toml");
    chown(&above, Some(stranger), None).unwrap();
    settle(&sandbox, &[&["lock"], &["lock"]]);
    let before = both(&sandbox, &["lock"]);
    chown(&above, Some(own), None).unwrap();
    let found = both(&sandbox, &["lock"]);
    assert!(!found.holds, "{before:?} {found:?}");
    // The owner of a link counts as well as that of the file.
    fs::rename(&above, sandbox.work().join("../elsewhere.toml")).unwrap();
    symlink("elsewhere.toml", &above).unwrap();
    lchown(&above, Some(stranger), None).unwrap();
    settle(&sandbox, &[&["lock"], &["lock"]]);
    lchown(&above, Some(own), None).unwrap();
    assert!(!both(&sandbox, &["lock"]).holds);
}

/// A change, with its name.
type Far = (&'static str, fn(&mut Sandbox));

/// Files and variables far away that decide about the same project.
#[test]
fn what_lies_far_away_is_seen() {
    let far: &[Far] = &[
        ("settings of the system", |sandbox| {
            let dir = sandbox.home().join("xdg/naja");
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join("naja.toml"), "resolution = \"lowest\"\n").unwrap();
        }),
        ("settings of uv for the user", |sandbox| {
            let dir = sandbox.home().join(".config/uv");
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join("uv.toml"), "resolution = \"lowest\"\n").unwrap();
        }),
        ("another place for settings", |sandbox| {
            let home = sandbox.home().display().to_string();
            sandbox.set("XDG_CONFIG_HOME", home);
        }),
        ("pip's file by a variable", |sandbox| {
            let file = sandbox.write("elsewhere.conf", "[global]\npre = true\n");
            sandbox.set("PIP_CONFIG_FILE", file.display().to_string());
        }),
        ("a file of settings by a variable", |sandbox| {
            let file = sandbox.write("elsewhere.toml", "resolution = \"lowest\"\n");
            sandbox.set("UV_CONFIG_FILE", file.display().to_string());
        }),
        ("a pin of Python above the member", |sandbox| {
            drop(sandbox.write(".python-versions", "3\n"));
            drop(sandbox.write(".python-version", "2.7\n"));
        }),
        ("a new member", |sandbox| {
            drop(sandbox.write(
                "towers/old/pyproject.toml",
                &CASTLE.replace("castle", "old"),
            ));
        }),
        ("a new workspace above", |sandbox| {
            drop(sandbox.write(
                "../pyproject.toml",
                "[tool.uv.workspace]\nmembers = [\"castle\"]\n",
            ));
        }),
        ("a tool's table of the manifest", |sandbox| {
            let text = sandbox.read("pyproject.toml");
            drop(sandbox.write(
                "pyproject.toml",
                &format!("{text}[tool.uv]\noverride-dependencies = [\"hedwig==1\"]\n"),
            ));
        }),
    ];
    for (name, change) in far {
        let (mut sandbox, _index) = with_index(IndexBuilder::harry());
        sandbox.set(
            "XDG_CONFIG_DIRS",
            sandbox.home().join("xdg").display().to_string(),
        );
        sandbox.write("towers/old/readme.txt", "no project yet\n");
        sandbox.write(
            "pyproject.toml",
            &format!("{MANIFEST}\n[tool.naja.workspace]\nmembers = [\"towers/*\"]\n"),
        );
        settle(&sandbox, &[&["sync"], &["lock"], &["run", "true"]]);
        for words in [&["sync"][..], &["lock"], &["run", "true"]] {
            assert!(both(&sandbox, words).holds, "before {name}: {words:?}");
        }
        change(&mut sandbox);
        for words in [&["sync"][..], &["lock"], &["run", "true"]] {
            let found = both(&sandbox, words);
            assert!(!(found.holds && found.did), "{name}, {words:?}: {found:?}");
            // A lock is made for all Pythons, and by its own workspace.
            let is_told = words[0] != "lock";
            assert!(!(is_told && found.holds), "{name}, {words:?}: {found:?}");
        }
    }
}

#[test]
fn outside_of_projects_nothing_is_taken_for_granted() {
    let sandbox = sandbox();
    sandbox.write("say.py", "print(1)\n");
    settle(&sandbox, &[&["run", "say.py"]]);
    assert!(both(&sandbox, &["run", "say.py"]).holds);
    for (name, file) in [
        ("a project", "pyproject.toml"),
        ("an environment", ".venv/pyvenv.cfg"),
    ] {
        let text = match file {
            "pyproject.toml" => CASTLE,
            _ => "home = /nowhere\n",
        };
        let path = sandbox.write(file, text);
        assert!(!both(&sandbox, &["run", "say.py"]).holds, "{name}");
        fs::remove_file(path).unwrap();
        let _gone = fs::remove_dir_all(sandbox.work().join(".venv"));
        let _gone = fs::remove_file(sandbox.work().join("pylock.toml"));
        settle(&sandbox, &[&["run", "say.py"]]);
    }
}
