use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use naja_python::{Interpreter, ProbeCache, Prober, VenvConfig, probe};

use super::*;

/// Keeps answers of interpreters for one test.
#[derive(Default)]
struct Memory(RefCell<HashMap<String, Vec<u8>>>);

impl ProbeCache for Memory {
    fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.0.borrow().get(key).cloned()
    }

    fn put(&self, key: &str, value: &[u8]) {
        self.0.borrow_mut().insert(key.to_owned(), value.to_vec());
    }
}

/// The interpreters of this machine that are new enough.
fn interpreters() -> Vec<Interpreter> {
    let home = std::env::var_os("HOME")
        .map(PathBuf::from)
        .unwrap_or_default();
    let mut paths: Vec<PathBuf> = fs::read_dir(home.join(".pyenv/versions"))
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin/python")))
        .collect();
    paths.push(PathBuf::from("/usr/bin/python3"));
    // More of them, separated as in PATH.
    let more = std::env::var_os("NAJA_TEST_PYTHONS").unwrap_or_default();
    paths.extend(std::env::split_paths(&more));
    paths.sort();
    let cache = Memory::default();
    let found: Vec<_> = paths
        .iter()
        .filter_map(|path| probe(path, &cache).ok())
        .collect();
    if found.is_empty() {
        println!("skipped: no interpreter here");
    }
    found
}

fn one() -> Option<Interpreter> {
    interpreters()
        .into_iter()
        .find(|found| found.base_prefix != Path::new("/usr"))
}

fn spec<'a>(path: &'a Path, interpreter: &'a Interpreter) -> VenvSpec<'a> {
    VenvSpec {
        path,
        interpreter,
        prompt: None,
        system_site_packages: false,
        link: PythonLink::Symlinks,
        relocatable: false,
        seeded: false,
        existing: Existing::Refuse,
        protected: &[],
    }
}

fn temp() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().canonicalize().unwrap();
    (dir, path)
}

/// All names below a directory, sorted.
fn tree(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![root.to_path_buf()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            found.push(path.strip_prefix(root).unwrap().display().to_string());
            if path.is_dir() && !path.is_symlink() {
                open.push(path);
            }
        }
    }
    found.sort();
    found
}

fn ask(python: &Path, code: &str) -> String {
    let output = Command::new(python)
        .args(["-I", "-c", code])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn every_interpreter_accepts_its_environments() {
    for interpreter in interpreters() {
        for link in [PythonLink::Symlinks, PythonLink::Copies] {
            let (_keep, dir) = temp();
            let path = dir.join("env");
            let made = create(&VenvSpec {
                link,
                ..spec(&path, &interpreter)
            })
            .unwrap();
            let python = path.join("bin/python");
            assert_eq!(python.is_symlink(), link == PythonLink::Symlinks);
            let code = "import sys, sysconfig, site; print(sys.prefix, sys.base_prefix, \
                        sysconfig.get_paths()['purelib'], sys.prefix != sys.base_prefix, sep='\\n')";
            let said = ask(&python, code);
            let lines: Vec<&str> = said.lines().collect();
            assert_eq!(Path::new(lines[0]), path);
            assert_eq!(Path::new(lines[1]), interpreter.base_prefix);
            assert_eq!(Path::new(lines[2]), made.interpreter().scheme.purelib);
            assert!(Path::new(lines[2]).is_dir());
            assert_eq!(lines[3], "True");
            for name in &interpreter.venv_layout.executables {
                assert_eq!(ask(&path.join("bin").join(name), "print(1)"), "1");
            }
            let version = ask(&python, "import platform; print(platform.python_version())");
            assert_eq!(version, interpreter.version.to_string());
            assert_eq!(fs::read_link(path.join("lib64")).unwrap(), Path::new("lib"));
        }
    }
}

#[test]
fn the_configuration_says_what_pep_405_wants() {
    let Some(interpreter) = one() else { return };
    let (_keep, dir) = temp();
    let path = dir.join("project/.venv");
    let wanted = VenvSpec {
        system_site_packages: true,
        relocatable: true,
        seeded: true,
        ..spec(&path, &interpreter)
    };
    create(&wanted).unwrap();
    let config = VenvConfig::read(&path).unwrap().unwrap();
    assert_eq!(config.home(), interpreter.base_executable.parent());
    assert!(config.system_site_packages());
    assert!(config.relocatable());
    assert_eq!(config.get("seed"), Some("true"));
    assert_eq!(config.prompt(), Some("project"));
    assert_eq!(
        config.version(),
        Some(interpreter.version.to_string().as_str())
    );
    assert!(config.creator().is_some());
    assert_eq!(fs::read_to_string(path.join(".gitignore")).unwrap(), "*\n");
    assert!(
        fs::read_to_string(path.join("CACHEDIR.TAG"))
            .unwrap()
            .starts_with("Signature: 8a47")
    );
    let said = ask(
        &path.join("bin/python"),
        "import sys; print(*sys.path, sep='\\n')",
    );
    let base = &interpreter.base_site_dirs[0];
    assert!(said.lines().any(|line| Path::new(line) == base), "{said}");
    let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    let beside = fs::metadata(path.parent().unwrap())
        .unwrap()
        .permissions()
        .mode()
        & 0o777;
    assert_eq!(mode, beside);
}

#[test]
fn an_environment_of_an_environment_has_the_same_base() {
    let Some(interpreter) = one() else { return };
    let (_keep, dir) = temp();
    let (outer, inner) = (dir.join("outer"), dir.join("inner"));
    create(&spec(&outer, &interpreter)).unwrap();
    let cache = Memory::default();
    let from = Prober::new(&cache)
        .probe(&outer.join("bin/python"))
        .unwrap();
    assert!(from.is_virtual());
    create(&spec(&inner, &from)).unwrap();
    let config = VenvConfig::read(&inner).unwrap().unwrap();
    assert_eq!(config.home(), interpreter.base_executable.parent());
    fs::remove_dir_all(&outer).unwrap();
    assert_eq!(ask(&inner.join("bin/python"), "print(2)"), "2");
}

#[test]
fn paths_and_prompts_that_would_break_something_are_refused() {
    let Some(interpreter) = one() else { return };
    let (_keep, dir) = temp();
    for name in ["a:b", "a\nb", "a\rb", "a\u{1b}b", "a\u{85}b", "a\u{2028}b"] {
        let path = dir.join(name);
        let error = create(&spec(&path, &interpreter)).unwrap_err();
        assert!(
            matches!(error, CreateError::Path { .. }),
            "{name:?}: {error}"
        );
    }
    for path in ["relative", "/", "/..", ""] {
        let error = create(&spec(Path::new(path), &interpreter)).unwrap_err();
        assert!(
            matches!(error, CreateError::Path { .. }),
            "{path:?}: {error}"
        );
    }
    for prompt in ["a\nhome = /evil", "a\r", "\u{1b}[0m", "a\u{2029}"] {
        let path = dir.join("env");
        let wanted = VenvSpec {
            prompt: Some(prompt.to_owned()),
            ..spec(&path, &interpreter)
        };
        assert!(
            matches!(create(&wanted), Err(CreateError::Prompt)),
            "{prompt:?}"
        );
    }
    assert_eq!(tree(&dir), [""; 0]);
}

#[test]
fn nasty_names_work() {
    let Some(interpreter) = one() else { return };
    let (_keep, dir) = temp();
    for name in [
        "with space",
        "it's",
        "$HOME",
        "`id`",
        "a\"b",
        "50%!",
        "蛇ü",
        "a;b&c|d",
        "-n",
        "a\\b",
    ] {
        let path = dir.join(name);
        create(&spec(&path, &interpreter)).unwrap();
        let said = ask(&path.join("bin/python"), "import sys; print(sys.prefix)");
        assert_eq!(Path::new(&said), path);
        let script =
            ". ./activate && command -v python && python -c 'import sys; print(sys.prefix)'";
        let output = Command::new("sh")
            .args(["-c", script])
            .current_dir(path.join("bin"))
            .output()
            .unwrap();
        let expected = format!("{0}/bin/python\n{0}\n", path.display());
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    }
}

#[test]
fn existing_things_are_respected() {
    let Some(interpreter) = one() else { return };
    let (_keep, dir) = temp();
    let made = |path: &Path, existing| {
        let result = create(&VenvSpec {
            existing,
            ..spec(path, &interpreter)
        });
        match result {
            Ok(_) => "made".to_owned(),
            Err(error) => format!("{error:?}")
                .split([' ', '{', '('])
                .next()
                .unwrap()
                .to_owned(),
        }
    };
    let env = dir.join("env");
    assert_eq!(made(&env, Existing::Refuse), "made");
    fs::write(env.join("mine"), "x").unwrap();
    assert_eq!(made(&env, Existing::Refuse), "Exists");
    assert!(env.join("mine").exists());
    assert_eq!(made(&env, Existing::Allow), "made");
    assert!(env.join("mine").exists());
    assert_eq!(made(&env, Existing::Clear), "made");
    assert!(!env.join("mine").exists());

    let full = dir.join("full");
    fs::create_dir(&full).unwrap();
    fs::write(full.join("mine"), "x").unwrap();
    assert_eq!(made(&full, Existing::Refuse), "NotEmpty");
    assert_eq!(made(&full, Existing::Clear), "NotEmpty");
    assert!(full.join("mine").exists());
    assert_eq!(made(&full, Existing::Allow), "made");
    assert!(full.join("mine").exists());
    fs::remove_file(full.join("pyvenv.cfg")).unwrap();
    assert_eq!(made(&full, Existing::ForceClear), "made");
    assert!(!full.join("mine").exists());

    let empty = dir.join("empty");
    fs::create_dir(&empty).unwrap();
    assert_eq!(made(&empty, Existing::Refuse), "made");

    let file = dir.join("file");
    fs::write(&file, "../elsewhere").unwrap();
    for existing in [
        Existing::Refuse,
        Existing::Clear,
        Existing::ForceClear,
        Existing::Allow,
    ] {
        assert_eq!(made(&file, existing), "InTheWay");
        assert_eq!(made(&file.join("below"), existing), "InTheWay");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "../elsewhere");
    // Nothing of ours is left beside.
    let names: Vec<String> = fs::read_dir(&dir)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(names.iter().all(|name| !name.starts_with('.')), "{names:?}");
}

#[test]
fn links_lead_to_the_place() {
    let Some(interpreter) = one() else { return };
    let (_keep, dir) = temp();
    let (link, target) = (dir.join(".venv"), dir.join("store/env"));
    symlink("store/env", &link).unwrap();
    let error = create(&spec(&link, &interpreter)).unwrap_err();
    assert!(matches!(error, CreateError::InTheWay { .. }), "{error}");
    fs::create_dir_all(&target).unwrap();
    create(&spec(&link, &interpreter)).unwrap();
    assert!(link.is_symlink());
    assert!(target.join("pyvenv.cfg").is_file());
    assert_eq!(ask(&link.join("bin/python"), "print(3)"), "3");
    create(&VenvSpec {
        existing: Existing::Clear,
        ..spec(&link, &interpreter)
    })
    .unwrap();
    assert!(link.is_symlink() && target.join("pyvenv.cfg").is_file());
    fs::remove_dir_all(&target).unwrap();
    fs::write(&target, "x").unwrap();
    let error = create(&spec(&link, &interpreter)).unwrap_err();
    assert!(matches!(error, CreateError::InTheWay { .. }), "{error}");
}

#[test]
fn where_the_user_stands_is_never_replaced() {
    let Some(interpreter) = one() else { return };
    let (_keep, dir) = temp();
    let env = dir.join("env");
    create(&spec(&env, &interpreter)).unwrap();
    let inside = env.join("lib");
    for protected in [env.clone(), inside] {
        let protected = [PathBuf::from("/nowhere"), protected];
        for existing in [Existing::Clear, Existing::ForceClear] {
            let wanted = VenvSpec {
                existing,
                protected: &protected,
                ..spec(&env, &interpreter)
            };
            assert!(matches!(
                create(&wanted),
                Err(CreateError::Protected { .. })
            ));
        }
    }
    assert_eq!(ask(&env.join("bin/python"), "print(4)"), "4");
}

#[test]
fn failures_leave_nothing_behind() {
    let Some(mut interpreter) = one() else { return };
    let (_keep, dir) = temp();
    let path = dir.join("deep/er/env");
    // A layout that cannot be made: a file name as a directory.
    interpreter.venv_layout.purelib = PathBuf::from("bin/python/site-packages");
    interpreter.venv_layout.executables = vec!["python".to_owned(), "python".to_owned()];
    let error = create(&spec(&path, &interpreter)).unwrap_err();
    assert!(matches!(error, CreateError::Io { .. }), "{error}");
    assert_eq!(tree(&dir), [""; 0]);
    interpreter.base_executable = PathBuf::from("/no/such/python");
    assert!(matches!(
        create(&spec(&path, &interpreter)),
        Err(CreateError::Base { .. })
    ));
    assert_eq!(tree(&dir), [""; 0]);
    // The old environment stays whole when the new one cannot be made.
    let good = one().unwrap();
    create(&spec(&path, &good)).unwrap();
    let before = tree(&dir);
    let mut bad = good.clone();
    bad.venv_layout.executables = vec!["python".to_owned(), "python".to_owned()];
    for existing in [Existing::Clear, Existing::Allow] {
        create(&VenvSpec {
            existing,
            ..spec(&path, &bad)
        })
        .unwrap_err();
        assert_eq!(tree(&dir), before);
    }
}

#[test]
fn leftovers_of_killed_runs_go() {
    let Some(interpreter) = one() else { return };
    let (_keep, dir) = temp();
    let path = dir.join(".venv");
    for name in [
        "..venv.naja-new-abc/bin",
        ".venv/.naja-new-xyz/lib",
        ".other.naja-new-abc",
    ] {
        fs::create_dir_all(dir.join(name)).unwrap();
    }
    // A run that lives holds a lock.
    let alive = dir.join("..venv.naja-new-alive");
    fs::create_dir(&alive).unwrap();
    let handle = fs::File::open(&alive).unwrap();
    handle.try_lock().unwrap();
    create(&spec(&path, &interpreter)).unwrap();
    let mut names: Vec<String> = fs::read_dir(&dir)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["..venv.naja-new-alive", ".other.naja-new-abc", ".venv"]
    );
    assert!(!path.join(".naja-new-xyz").exists());
}

#[test]
fn an_exchange_that_was_cut_in_half_is_undone() {
    let Some(interpreter) = one() else { return };
    let (_keep, dir) = temp();
    let path = dir.join("env");
    create(&spec(&path, &interpreter)).unwrap();
    fs::rename(&path, dir.join(".env.naja-new-abc.old")).unwrap();
    fs::create_dir(dir.join(".env.naja-new-abc")).unwrap();
    assert!(matches!(
        create(&spec(&path, &interpreter)),
        Err(CreateError::Exists { .. })
    ));
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
}

#[test]
fn two_at_once_make_one() {
    let Some(interpreter) = one() else { return };
    let (_keep, dir) = temp();
    let path = dir.join("env");
    let results: Vec<bool> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| create(&spec(&path, &interpreter)).is_ok()))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(
        results.iter().filter(|made| **made).count(),
        1,
        "{results:?}"
    );
    assert_eq!(ask(&path.join("bin/python"), "print(5)"), "5");
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
}

#[test]
fn copies_bring_the_shared_library() {
    let Some(mut interpreter) = one() else { return };
    let (_keep, dir) = temp();
    let base = dir.join("base");
    fs::create_dir_all(base.join("bin")).unwrap();
    fs::create_dir_all(base.join("lib")).unwrap();
    let starter = base.join("bin/python3");
    fs::write(&starter, b"\x7fELF needs libpython3.99.so.1.0\0").unwrap();
    for name in ["libpython3.99.so.1.0", "libpython3.so", "libother.so"] {
        fs::write(base.join("lib").join(name), name).unwrap();
    }
    interpreter.real_executable = starter.clone();
    interpreter.base_executable = starter;
    interpreter.base_prefix = base;
    let path = dir.join("env");
    create(&VenvSpec {
        link: PythonLink::Copies,
        ..spec(&path, &interpreter)
    })
    .unwrap();
    assert!(path.join("lib/libpython3.99.so.1.0").is_file());
    assert!(!path.join("lib/libpython3.so").exists());
    assert!(!path.join("lib/libother.so").exists());
}

#[test]
fn other_layouts_are_made() {
    let Some(mut interpreter) = one() else { return };
    let (_keep, dir) = temp();
    let layout = &mut interpreter.venv_layout;
    layout.purelib = PathBuf::from("lib/python3.13t/site-packages");
    layout.platlib = PathBuf::from("lib64/python3.13t/site-packages");
    layout.executables = ["python", "python3", "python3.13", "python3.13t"]
        .map(str::to_owned)
        .to_vec();
    let path = dir.join("env");
    create(&spec(&path, &interpreter)).unwrap();
    assert!(path.join("lib64/python3.13t/site-packages").is_dir());
    assert_eq!(fs::read_dir(path.join("lib")).unwrap().count(), 1);
    assert_eq!(
        fs::read_link(path.join("bin/python3.13t")).unwrap(),
        Path::new("python")
    );
    layout_of_pypy(&dir, interpreter);
}

fn layout_of_pypy(dir: &Path, mut interpreter: Interpreter) {
    let layout = &mut interpreter.venv_layout;
    layout.purelib = PathBuf::from("lib/pypy3.10/site-packages");
    layout.platlib = layout.purelib.clone();
    layout.executables = ["python", "pypy", "pypy3", "pypy3.10"]
        .map(str::to_owned)
        .to_vec();
    let path = dir.join("pypy");
    create(&spec(&path, &interpreter)).unwrap();
    assert!(path.join("lib/pypy3.10/site-packages").is_dir());
    assert!(path.join("bin/pypy3.10").is_file());
}
