use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;
use crate::venv_config::VenvConfig;

/// Keeps answers in memory and counts.
#[derive(Default)]
struct Memory {
    values: RefCell<HashMap<String, Vec<u8>>>,
    hits: Cell<usize>,
    puts: Cell<usize>,
}

impl ProbeCache for Memory {
    fn get(&self, key: &str) -> Option<Vec<u8>> {
        let value = self.values.borrow().get(key).cloned();
        self.hits
            .set(self.hits.get() + usize::from(value.is_some()));
        value
    }

    fn put(&self, key: &str, value: &[u8]) {
        self.puts.set(self.puts.get() + 1);
        self.values
            .borrow_mut()
            .insert(key.to_owned(), value.to_vec());
    }
}

/// The interpreters of this machine; a test without any says so.
pub(crate) fn interpreters() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME")
        .map(PathBuf::from)
        .unwrap_or_default();
    let mut found: Vec<PathBuf> = fs::read_dir(home.join(".pyenv/versions"))
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin/python")))
        .collect();
    found.push(PathBuf::from("/usr/bin/python3"));
    // More of them, separated as in PATH.
    let more = std::env::var_os("NAJA_TEST_PYTHONS").unwrap_or_default();
    found.extend(std::env::split_paths(&more));
    found.retain(|path| path.is_file());
    found.sort();
    if found.is_empty() {
        println!("skipped: no interpreter here");
    }
    found
}

fn program(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn ask_python(python: &Path, code: &str) -> Option<serde_json::Value> {
    let output = Command::new(python)
        .args(["-I", "-c", code])
        .env_remove("VIRTUAL_ENV")
        .output()
        .unwrap();
    if !output.status.success() {
        println!(
            "skipped for {}: {}",
            python.display(),
            String::from_utf8_lossy(&output.stderr)
        );
        return None;
    }
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

const PATHS: &str = "import json, sysconfig; print(json.dumps(sysconfig.get_paths()))";

fn assert_scheme(found: &Interpreter, theirs: &serde_json::Value) {
    let scheme = &found.scheme;
    for (name, ours) in [
        ("purelib", &scheme.purelib),
        ("platlib", &scheme.platlib),
        ("scripts", &scheme.scripts),
        ("data", &scheme.data),
        ("include", &scheme.include),
        ("stdlib", &scheme.stdlib),
        ("platstdlib", &scheme.platstdlib),
    ] {
        let theirs = theirs[name].as_str().unwrap();
        assert_eq!(
            ours,
            Path::new(theirs),
            "{name} of {}",
            found.executable.display()
        );
    }
}

#[test]
fn the_facts_are_those_of_the_interpreter() {
    let cache = Memory::default();
    for python in interpreters() {
        let found = match probe(&python, &cache) {
            Ok(found) => found,
            Err(ProbeError::TooOld { version, .. }) => {
                println!("{} is {version}: too old", python.display());
                assert!(version.starts_with("2.") || *version < *"3.8");
                continue;
            }
            Err(error) => panic!("{error}"),
        };
        if let Some(theirs) = ask_python(&python, PATHS) {
            assert_scheme(&found, &theirs);
        }
        let code = "import json, sys, importlib.util as u, platform\n\
                    print(json.dumps([sys.prefix, sys.base_prefix, sys.implementation.cache_tag, \
                    list(u.MAGIC_NUMBER), platform.python_version(), sys.maxsize > 2**32]))";
        let Some(theirs) = ask_python(&python, code) else {
            continue;
        };
        assert_eq!(found.prefix, Path::new(theirs[0].as_str().unwrap()));
        assert_eq!(found.base_prefix, Path::new(theirs[1].as_str().unwrap()));
        assert_eq!(found.cache_tag, theirs[2].as_str().unwrap());
        assert_eq!(serde_json::json!(found.magic), theirs[3]);
        assert_eq!(found.version.to_string(), theirs[4].as_str().unwrap());
        assert_eq!(found.pointer_size == 8, theirs[5].as_bool().unwrap());
        assert!(!found.is_virtual());
        // The second time nothing is run.
        let puts = cache.puts.get();
        assert_eq!(probe(&python, &cache).unwrap(), found);
        assert_eq!(cache.puts.get(), puts);
    }
}

#[test]
fn markers_and_tags_are_those_of_packaging() {
    const CODE: &str = "import json\n\
        try:\n    from packaging import markers, tags\n\
        except ImportError:\n    from pip._vendor.packaging import markers, tags\n\
        print(json.dumps([markers.default_environment(), [str(t) for t in tags.sys_tags()]]))";
    for python in interpreters() {
        let Ok(found) = probe(&python, &NoCache) else {
            continue;
        };
        let Some(theirs) = ask_python(&python, CODE) else {
            continue;
        };
        let ours = serde_json::to_value(&found.markers).unwrap();
        for (name, value) in theirs[0].as_object().unwrap() {
            assert_eq!(&ours[name], value, "{name} of {}", python.display());
        }
        // The order is compared with the newest packaging in naja-spec; that of old copies differs.
        let tags: BTreeSet<String> = found.tags().iter().map(|tag| tag.to_string()).collect();
        let theirs: BTreeSet<String> = serde_json::from_value(theirs[1].clone()).unwrap();
        let missing: Vec<_> = theirs.difference(&tags).take(3).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", python.display());
        let more: Vec<_> = tags
            .difference(&theirs)
            .filter(|tag| !tag.ends_with("none-any"))
            .collect();
        assert!(more.is_empty(), "{}: {} more", python.display(), more.len());
    }
}

#[test]
fn environments_of_the_standard_library_are_understood_without_running_them() {
    for python in interpreters() {
        let cache = Memory::default();
        let Ok(base) = probe(&python, &cache) else {
            continue;
        };
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("env");
        let made = Command::new(&python)
            .args(["-I", "-m", "venv", "--without-pip"])
            .arg(&root)
            .output()
            .unwrap();
        if !made.status.success() {
            println!("skipped for {}: no venv module", python.display());
            continue;
        }
        let puts = cache.puts.get();
        let found = probe(&root.join("bin/python"), &cache).unwrap();
        assert_eq!(cache.puts.get(), puts, "the environment's Python was asked");
        assert!(found.is_virtual());
        assert_eq!(found.prefix, root);
        assert_eq!(found.base_prefix, base.base_prefix);
        assert_eq!(found.externally_managed, None);
        let theirs = ask_python(&root.join("bin/python"), PATHS).unwrap();
        assert_scheme(&found, &theirs);
        let config = VenvConfig::read(&root).unwrap().unwrap();
        let home = config.home().unwrap().canonicalize().unwrap();
        assert_eq!(
            found
                .base_executable
                .parent()
                .unwrap()
                .canonicalize()
                .unwrap(),
            home
        );
    }
}

#[test]
fn the_marker_of_the_system_python_is_found() {
    let python = Path::new("/usr/bin/python3");
    let Ok(found) = probe(python, &NoCache) else {
        println!("skipped: no system Python");
        return;
    };
    let expected = find_marker(&found.scheme.stdlib);
    assert_eq!(found.externally_managed, expected);
}

#[test]
fn links_from_elsewhere_lead_home() {
    let Some(python) = interpreters()
        .into_iter()
        .find(|path| probe(path, &NoCache).is_ok())
    else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let link = dir.path().join("python3");
    symlink(&python, &link).unwrap();
    let direct = probe(&python, &NoCache).unwrap();
    let found = probe(&link, &NoCache).unwrap();
    assert_eq!(found.executable, link);
    assert_eq!(found.base_executable, direct.base_executable);
    assert_eq!(found.real_executable, direct.real_executable);
}

#[test]
fn what_is_no_python_is_told_once() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Memory::default();
    let counted = dir.path().join("count");
    let text = format!(
        "#!/bin/sh\necho x >> '{}'\necho 'boo' >&2\nexit 3\n",
        counted.display()
    );
    let broken = program(dir.path(), "python3", &text);
    for _ in 0..3 {
        let error = probe(&broken, &cache).unwrap_err();
        assert!(
            matches!(&error, ProbeError::Broken { reason, .. } if reason.contains("boo")),
            "{error}"
        );
    }
    assert_eq!(fs::read_to_string(&counted).unwrap(), "x\n");
    // A changed file is asked again.
    program(dir.path(), "python3", &format!("{text}# changed\n"));
    probe(&broken, &cache).unwrap_err();
    assert_eq!(fs::read_to_string(&counted).unwrap(), "x\nx\n");
}

#[test]
fn answers_that_make_no_sense_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    for (index, line) in [
        "",
        "naja-facts:",
        "naja-facts:{}",
        "naja-facts:{\"too_old\":[3]}",
        "naja-facts:[1]",
        "hello",
        "naja-facts:{\"version_info\":[3,12,1,\"final\",0]}",
    ]
    .iter()
    .enumerate()
    {
        let text = format!("#!/bin/sh\ncat <<'E'\n{line}\nE\n");
        let path = program(dir.path(), &format!("p{index}"), &text);
        assert!(
            matches!(probe(&path, &NoCache), Err(ProbeError::Broken { .. })),
            "{line}"
        );
    }
}

#[test]
fn a_hanging_program_is_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let path = program(dir.path(), "python3", "#!/bin/sh\nsleep 1000\n");
    let cache = Memory::default();
    let limits = ChildLimits {
        time: Duration::from_millis(200),
        output: 1000,
    };
    let prober = Prober::new(&cache).with_limits(limits);
    assert!(matches!(
        prober.probe(&path),
        Err(ProbeError::TimedOut { .. })
    ));
    let started = std::time::Instant::now();
    assert!(matches!(
        probe(&path, &cache),
        Err(ProbeError::TimedOut { .. })
    ));
    assert!(started.elapsed() < Duration::from_millis(150));
}

#[test]
fn what_cannot_be_run_is_not_run() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("python3");
    assert!(matches!(
        probe(&path, &NoCache),
        Err(ProbeError::Missing { .. })
    ));
    fs::write(&path, "x").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(
        probe(&path, &NoCache),
        Err(ProbeError::Missing { .. })
    ));
    assert!(matches!(
        probe(dir.path(), &NoCache),
        Err(ProbeError::Missing { .. })
    ));
    assert!(matches!(
        probe(Path::new("python3"), &NoCache),
        Err(ProbeError::NotAbsolute { .. })
    ));
    let link = dir.path().join("loop");
    symlink("loop", &link).unwrap();
    assert!(matches!(
        probe(&link, &NoCache),
        Err(ProbeError::Missing { .. })
    ));
    let shim = program(
        dir.path(),
        "s",
        "#!/bin/sh\nexec \"/p/libexec/pyenv\" exec python\n",
    );
    assert!(matches!(
        probe(&shim, &NoCache),
        Err(ProbeError::Shim { .. })
    ));
}

#[test]
fn damaged_or_foreign_answers_of_the_cache_are_ignored() {
    let Some(python) = interpreters()
        .into_iter()
        .find(|path| probe(path, &NoCache).is_ok())
    else {
        return;
    };
    let cache = Memory::default();
    let found = probe(&python, &cache).unwrap();
    let key = cache.values.borrow().keys().next().unwrap().clone();
    let value = cache.get(&key).unwrap();
    let swapped = String::from_utf8(value.clone())
        .unwrap()
        .replace(&key, "interpreter/other");
    for bytes in [
        b"".to_vec(),
        b"{}".to_vec(),
        value[..value.len() / 2].to_vec(),
        swapped.into(),
    ] {
        cache.put(&key, &bytes);
        assert_eq!(probe(&python, &cache).unwrap(), found);
    }
}

#[test]
fn wrappers_lead_to_the_interpreter_behind_them() {
    let Some(python) = interpreters()
        .into_iter()
        .find(|path| probe(path, &NoCache).is_ok())
    else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let text = format!(
        "#!/bin/sh\necho noise\nexec '{}' \"$@\"\n",
        python.display()
    );
    let wrapper = program(dir.path(), "python3", &text);
    let found = probe(&wrapper, &NoCache).unwrap();
    let direct = probe(&python, &NoCache).unwrap();
    assert_eq!(found.executable, wrapper);
    assert_eq!(found.real_executable, direct.real_executable);
    assert_eq!(found.base_executable, direct.real_executable);
}
