//! Real Pythons and pip agree with what naja says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use naja_env::{ApplyOptions, EnvState, Environment, PlanRules};
use naja_python::NoCache;
use naja_store::Store;
use naja_testkit::Wheel;

use crate::support::World;

/// Finds an interpreter that can make environments with pip.
fn python(minor: &str) -> Option<PathBuf> {
    let home = std::env::var_os("HOME")
        .map(PathBuf::from)
        .unwrap_or_default();
    let pyenv = home.join(".pyenv/versions");
    let mut candidates: Vec<PathBuf> = fs::read_dir(pyenv)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin/python3"))
        .filter(|path| path.to_string_lossy().contains(&format!("/{minor}.")))
        .collect();
    candidates.push(PathBuf::from(format!("/usr/bin/python{minor}")));
    candidates.into_iter().find(|path| {
        Command::new(path)
            .args(["-c", "import ensurepip, venv"])
            .output()
            .is_ok_and(|out| out.status.success())
    })
}

/// An environment that `python -m venv` made, with pip; `None` when there is no such Python.
fn world(minor: &str) -> Option<World> {
    let Some(python) = python(minor) else {
        eprintln!("skipped: no Python {minor} with ensurepip here");
        return None;
    };
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("env");
    let out = Command::new(python)
        .args(["-m", "venv"])
        .arg(&root)
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let env = Environment::open(&root, &NoCache).unwrap();
    let store = Store::open(&dir.path().join("cache")).unwrap();
    Some(World { dir, env, store })
}

fn run(root: &Path, arguments: &[&str]) -> String {
    let out = Command::new(root.join("bin/python"))
        .args(arguments)
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .env("PIP_NO_INDEX", "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(
        out.status.success(),
        "{arguments:?}\n{text}\n{}",
        String::from_utf8_lossy(&out.stderr)
    );
    text
}

fn pip_list(world: &World) -> Vec<String> {
    let text = run(world.root(), &["-m", "pip", "list", "--format", "freeze"]);
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Asks `importlib.metadata` for every file that a distribution lists and that is not there.
const MISSING: &str = "import importlib.metadata as m\n\
    print([str(f) for d in m.distributions() for f in d.files or [] if not f.locate().exists()])";

fn wheels() -> Vec<Wheel> {
    vec![
        Wheel::new("sirius", "1.0")
            .requires("harry>=3")
            .printing_script(),
        Wheel::new("harry", "3.0")
            .printing_script()
            .file("harry-3.0.data/data/share/h.txt", "x"),
    ]
}

fn pip_agrees(minor: &str) {
    let Some(world) = world(minor) else { return };
    let (plan, archives) = world.plan(&wheels(), &PlanRules::default());
    let options = ApplyOptions {
        bytecode: Some(&world.store),
        ..ApplyOptions::default()
    };
    world.apply(&plan, &archives, &options).unwrap();
    let mut ours = world.listed();
    ours.sort();
    assert_eq!(pip_list(&world), ours);
    run(world.root(), &["-m", "pip", "check"]);
    assert_eq!(run(world.root(), &["-c", MISSING]).trim(), "[]");
    let script = Command::new(world.root().join("bin/harry"))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&script.stdout), "3.0\n");

    let before = EnvState::scan(&world.env).unwrap().fingerprint();
    run(world.root(), &["-m", "pip", "uninstall", "-y", "harry"]);
    assert_ne!(EnvState::scan(&world.env).unwrap().fingerprint(), before);
    for gone in ["bin/harry", "share/h.txt"] {
        assert!(!world.has(gone), "{gone}");
    }
    assert!(!world.site().join("harry").exists());
    assert!(!world.listed().iter().any(|line| line.starts_with("harry")));
}

#[test]
fn pip_of_3_8_agrees() {
    pip_agrees("3.8");
}

#[test]
fn pip_of_3_12_agrees() {
    pip_agrees("3.12");
}

#[test]
fn pip_of_3_13_agrees() {
    pip_agrees("3.13");
}

#[test]
fn what_pip_installed_is_replaced_and_removed() {
    let Some(world) = world("3.12") else { return };
    let wheel = Wheel::new("harry", "1.0")
        .file("harry/old.py", "x = 1\n")
        .printing_script();
    let path = world.dir.path().join(wheel.file_name());
    fs::write(&path, wheel.build()).unwrap();
    let text = path.to_str().unwrap();
    run(world.root(), &["-m", "pip", "install", "--no-deps", text]);
    assert!(
        world.site().join("harry/__pycache__").exists(),
        "pip compiles"
    );
    let (plan, archives) = world.plan(&wheels(), &PlanRules::default());
    assert_eq!(plan.replace.len(), 1);
    let applied = world
        .apply(&plan, &archives, &ApplyOptions::default())
        .unwrap();
    assert!(applied.warnings.is_empty(), "{:?}", applied.warnings);
    assert!(!world.site().join("harry/old.py").exists());
    assert!(!world.site().join("harry/__pycache__").exists());
    run(world.root(), &["-m", "pip", "check"]);

    run(
        world.root(),
        &[
            "-m",
            "pip",
            "install",
            "--no-deps",
            "--force-reinstall",
            text,
        ],
    );
    world.try_remove(&["harry"]).unwrap();
    assert!(!world.site().join("harry").exists() && !world.has("bin/harry"));

    world.try_remove(&["pip"]).unwrap();
    assert!(!world.site().join("pip").exists() && !world.has("bin/pip"));
    assert!(world.has("bin/python"));
}

#[test]
fn compiled_files_are_valid_and_come_from_the_store() {
    let Some(world) = world("3.12") else { return };
    let wheel = Wheel::new("harry", "1.0")
        .file("harry/bad.py", "def (:\n")
        .file("harry/sub/x.py", "X = 1\n");
    let (plan, archives) = world.plan(&[wheel], &PlanRules::default());
    let options = ApplyOptions {
        bytecode: Some(&world.store),
        ..ApplyOptions::default()
    };
    let applied = world.apply(&plan, &archives, &options).unwrap();
    let [naja_env::ApplyWarning::NotCompiled { modules: 1, .. }] = &applied.warnings[..] else {
        panic!("{:?}", applied.warnings);
    };
    let compiled = world
        .site()
        .join("harry/__pycache__/__init__.cpython-312.pyc");
    let record = fs::read_to_string(world.site().join("harry-1.0.dist-info/RECORD")).unwrap();
    assert!(record.contains("harry/__pycache__/__init__.cpython-312.pyc,sha256="));
    assert!(record.contains("harry/sub/__pycache__/x.cpython-312.pyc,sha256="));
    assert!(!record.contains("bad.cpython"));
    // Python takes the file as it is: it neither complains nor writes another.
    let before = fs::metadata(&compiled).unwrap().modified().unwrap();
    let code = "import harry, harry.sub.x as x; print(harry.__cached__, x.__file__)";
    let said = run(world.root(), &["-v", "-c", code]);
    assert!(said.contains("__init__.cpython-312.pyc"));
    assert_eq!(fs::metadata(&compiled).unwrap().modified().unwrap(), before);

    // A second environment gets the same files without a compiler.
    let root = world.dir.path().join("second");
    let mut interpreter = world.env.interpreter().clone();
    interpreter.real_executable = "/nowhere/python".into();
    let env = Environment::prefix(&root, interpreter);
    let second = World {
        env,
        store: world.store.clone(),
        dir: tempfile::tempdir().unwrap(),
    };
    let wheel = Wheel::new("harry", "1.0")
        .file("harry/bad.py", "def (:\n")
        .file("harry/sub/x.py", "X = 1\n");
    let (plan, archives) = second.plan(&[wheel], &PlanRules::default());
    second.apply(&plan, &archives, &options).unwrap();
    second.check();
    assert!(second.has("lib/python3.12/site-packages/harry/__pycache__/__init__.cpython-312.pyc"));
}

#[test]
fn the_base_is_seen_and_left_alone() {
    let Some(python) = python("3.12") else { return };
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("env");
    let made = Command::new(python)
        .args(["-m", "venv", "--without-pip", "--system-site-packages"])
        .arg(&root)
        .output()
        .unwrap();
    assert!(made.status.success());
    let env = Environment::open(&root, &NoCache).unwrap();
    assert!(!env.base_site_dirs().is_empty());
    let state = EnvState::scan(&env).unwrap();
    assert!(state.dists().iter().all(|dist| !dist.is_owned()));
    let removal = naja_env::EnvPlan::removal(state.fingerprint(), state.dists()[..1].to_vec());
    let lock = env.lock(&mut || ()).unwrap();
    let answer = naja_env::apply(
        &env,
        &lock,
        &removal,
        &naja_env::Archives::default(),
        &ApplyOptions::default(),
    );
    assert!(matches!(
        answer,
        Err(naja_env::ApplyError::Removal(
            naja_env::RemovalError::NotOurs { .. }
        ))
    ));
}
