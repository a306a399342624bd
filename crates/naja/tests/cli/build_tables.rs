//! Settings of single builds, builds of two processes at once, and builds that are interrupted.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use naja_testkit::{Index, IndexBuilder, Sandbox, Sdist, Wheel, find_pythons};

/// Longer than anything here may take, so that a busy machine is no failure.
const LONG: Duration = Duration::from_secs(60);

/// An sdist whose backend notes its config settings and the variable `WOOD` in the module, and runs
/// a text before.
fn noted(name: &str, before: &str) -> Sdist {
    let tree = Sdist::new(name, "1.0").tree();
    let backend = tree.iter().find(|(path, _)| path == "_build/backend.py");
    let backend = backend.expect("a backend").1.clone();
    let backend = String::from_utf8(backend).expect("text");
    let lines: String = before.lines().map(|line| format!("    {line}\n")).collect();
    let text = format!(
        "{backend}\n_write_wheel = build_wheel\n\n\ndef build_wheel(wheel_directory, \
         config_settings=None, metadata_directory=None):\n{lines}    \
         with open(os.path.join(MODULE, '__init__.py'), 'a') as file:\n        \
         file.write(f'noted = {{config_settings!r}}, {{os.environ.get(\"WOOD\")!r}}\\n')\n    \
         return _write_wheel(wheel_directory)\n"
    );
    Sdist::new(name, "1.0").file("_build/backend.py", text)
}

fn with(builder: IndexBuilder, sdists: &[Sdist]) -> Option<(Sandbox, Index)> {
    if find_pythons().is_empty() {
        return None;
    }
    let builder = sdists.iter().fold(builder, |builder, sdist| {
        builder.file(&sdist.module(), &sdist.file_name(), sdist.build())
    });
    let (sandbox, index) = crate::with_index(builder);
    let _made = sandbox.run(["venv", "-q"]).success();
    Some((sandbox, index))
}

/// What the backend noted in an installed module.
fn note_of(sandbox: &Sandbox, module: &str) -> String {
    let mut command = sandbox.command_of(sandbox.work().join(".venv/bin/python"));
    command.args(["-c", &format!("import {module}; print({module}.noted)")]);
    sandbox.finish(&mut command).success().stdout
}

fn leftovers(sandbox: &Sandbox) -> Vec<String> {
    let dir = sandbox.cache().join("v1/tmp");
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.collect()
}

#[test]
fn config_settings_of_one_package() {
    let sdists = [noted("sword", ""), noted("shield", "")];
    let Some((sandbox, _index)) = with(IndexBuilder::default(), &sdists) else {
        return;
    };
    let words = [
        "pip",
        "install",
        "sword",
        "shield",
        "-C",
        "a=1",
        "-C",
        "b=2",
        "--config-settings-package",
        "sword:a=9",
    ];
    let _done = sandbox.run(words).success();
    assert_eq!(note_of(&sandbox, "sword"), "({'a': '9', 'b': '2'}, None)\n");
    assert_eq!(
        note_of(&sandbox, "shield"),
        "({'a': '1', 'b': '2'}, None)\n"
    );
    sandbox.write(
        "naja.toml",
        "config-settings-package = { sword = { a = [\"3\", \"4\"] } }\n",
    );
    let words = ["pip", "install", "--reinstall", "sword"];
    let _done = sandbox.run(words).success();
    assert_eq!(note_of(&sandbox, "sword"), "({'a': ['3', '4']}, None)\n");
    let words = [
        "pip",
        "install",
        "sword",
        "--config-settings-package",
        "a=1",
    ];
    let output = sandbox.run(words).code(2);
    assert!(
        output.stderr.contains("PACKAGE:KEY=VALUE"),
        "{}",
        output.stderr
    );
}

#[test]
fn variables_of_one_package_are_part_of_the_key() {
    let sdists = [noted("sword", ""), noted("shield", "")];
    let Some((sandbox, _index)) = with(IndexBuilder::default(), &sdists) else {
        return;
    };
    let install = |wood: &str| {
        sandbox.write(
            "uv.toml",
            &format!("[extra-build-variables]\nsword = {{ WOOD = {wood:?} }}\n"),
        );
        let words = ["pip", "install", "--reinstall", "sword", "shield"];
        sandbox.run(words).success().stderr
    };
    let said = install("oak");
    assert!(said.contains("Built sword"), "{said}");
    assert_eq!(note_of(&sandbox, "sword"), "(None, 'oak')\n");
    assert_eq!(note_of(&sandbox, "shield"), "(None, None)\n");
    let said = install("elm");
    assert!(
        said.contains("Built sword") && !said.contains("Built shield"),
        "{said}"
    );
    assert_eq!(note_of(&sandbox, "sword"), "(None, 'elm')\n");
    let said = install("oak");
    assert!(!said.contains("Built"), "{said}");
    assert_eq!(note_of(&sandbox, "sword"), "(None, 'oak')\n");
}

#[test]
fn given_metadata_need_no_build() {
    let broken = |name: &str| {
        Sdist::new(name, "1.0").dynamic_dependencies().file(
            "_build/backend.py",
            "raise SystemExit('the backend was asked')\n",
        )
    };
    let builder = IndexBuilder::default()
        .wheel(&Wheel::new("ron", "1.2"))
        .wheel(&Wheel::new("owl", "2.0"));
    let sdists = [broken("harry"), broken("draco")];
    let Some((sandbox, index)) = with(builder, &sdists) else {
        return;
    };
    sandbox.write(
        "pyproject.toml",
        "[[tool.uv.dependency-metadata]]\nname = \"harry\"\nversion = \"1.0\"\n\
         requires-dist = [\"ron>=1\", \"owl; extra == 'pets'\"]\nrequires-python = \">=3.8\"\n\
         provides-extra = [\"pets\"]\n\n\
         [[tool.uv.dependency-metadata]]\nname = \"draco\"\n",
    );
    sandbox.write("requirements.in", "harry[pets]\ndraco\n");
    let compile = [
        "pip",
        "compile",
        "-q",
        "requirements.in",
        "--no-header",
        "--no-annotate",
    ];
    let output = sandbox.run(compile).success();
    assert_eq!(
        output.stdout,
        "draco==1.0\nharry==1.0\nowl==2.0\nron==1.2\n"
    );
    assert_eq!(index.count(".tar.gz"), 0);
    // A source that is named by its address has to be known with its version.
    let url = index.file_url(&broken("harry").file_name());
    sandbox.write("requirements.in", &format!("harry[pets] @ {url}\n"));
    let output = sandbox.run(compile).success();
    assert!(output.stdout.contains("owl==2.0"), "{}", output.stdout);
    sandbox.write("pyproject.toml", "");
    let output = sandbox.run(compile).code(1);
    assert!(
        output.stderr.contains("the backend was asked"),
        "{}",
        output.stderr
    );
}

#[test]
fn extra_build_dependencies_match_the_environment() {
    let before = "import owl\nos.environ['WOOD'] = owl.__version__";
    let builder = IndexBuilder::default()
        .wheel(&Wheel::new("owl", "1.0"))
        .wheel(&Wheel::new("owl", "2.0"));
    let Some((sandbox, _index)) = with(builder, &[noted("sword", before)]) else {
        return;
    };
    sandbox.write(
        "naja.toml",
        "extra-build-dependencies = { sword = [\"owl\"] }\n",
    );
    let words = ["pip", "install", "--reinstall", "sword", "owl<2"];
    let _done = sandbox.run(words).success();
    assert_eq!(note_of(&sandbox, "sword"), "(None, '2.0')\n");
    sandbox.write(
        "naja.toml",
        "extra-build-dependencies = { sword = [{ requirement = \"owl\", match-runtime = true }] }\n",
    );
    let output = sandbox.run(words).success();
    assert!(output.stderr.contains("Built sword"), "{}", output.stderr);
    assert_eq!(note_of(&sandbox, "sword"), "(None, '1.0')\n");
    let _gone = sandbox.run(["pip", "uninstall", "-y", "owl"]).success();
    let words = ["pip", "install", "--reinstall", "sword"];
    let output = sandbox.run(words).code(1);
    assert!(output.stderr.contains("match-runtime"), "{}", output.stderr);
}

#[test]
fn hashes_of_what_builds_need() {
    let forge = Wheel::new("forge", "1.0");
    let manifest = "[build-system]\nrequires = [\"forge>=1\"]\nbuild-backend = \"backend\"\n\
                    backend-path = [\"_build\"]\n[project]\nname = \"sword\"\nversion = \"1.0\"\n";
    let sword = noted("sword", "").file("pyproject.toml", manifest);
    let builder = IndexBuilder::default().wheel(&forge);
    let Some((sandbox, _index)) = with(builder, &[sword]) else {
        return;
    };
    let words = ["pip", "install", "--reinstall", "--refresh", "sword"];
    let strict = [&words[..], &["--require-build-hashes"]].concat();
    let bounds = [&words[..], &["--build-constraint", "build.txt"]].concat();
    let both = [&strict[..], &["--build-constraint", "build.txt"]].concat();
    let _done = sandbox.run(words).success();
    let output = sandbox.run(&strict).code(1);
    assert!(output.stderr.contains("forge"), "{}", output.stderr);
    let good = naja_testkit::sha256_hex(&forge.build());
    sandbox.write("build.txt", &format!("forge==1.0 --hash=sha256:{good}\n"));
    let _done = sandbox.run(&both).success();
    // A hash that is written down counts without being asked for.
    let bad = "0".repeat(64);
    sandbox.write("build.txt", &format!("forge==1.0 --hash=sha256:{bad}\n"));
    for words in [&bounds, &both] {
        let output = sandbox.run(words).code(1);
        assert!(output.stderr.contains("forge"), "{}", output.stderr);
    }
    assert_eq!(leftovers(&sandbox), [""; 0]);
}

/// Waits until a file has so many lines.
#[track_caller]
fn await_lines(path: &Path, count: usize) -> Vec<String> {
    let start = Instant::now();
    loop {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        if lines.len() >= count && text.ends_with('\n') {
            return lines;
        }
        assert!(start.elapsed() < LONG, "{} is not there", path.display());
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn two_processes_build_once() {
    let before = r#"
import time
spy = os.environ["SPY"]
with open(os.path.join(spy, "built"), "a") as file:
    file.write("built\n")
while not os.path.exists(os.path.join(spy, "go")):
    time.sleep(0.01)
"#;
    let sword = noted("sword", before);
    let (path, backend) = sword
        .tree()
        .into_iter()
        .find(|(path, _)| path == "_build/backend.py")
        .expect("a backend");
    let backend = String::from_utf8(backend).expect("text")
        + r#"

def get_requires_for_build_wheel(config_settings=None):
    with open(os.path.join(os.environ["SPY"], "arrived"), "a") as file:
        file.write("arrived\n")
    return []
"#;
    let sword = Sdist::new("sword", "1.0").file(&path, backend);
    let Some((mut sandbox, _index)) = with(IndexBuilder::default(), &[sword]) else {
        return;
    };
    let _made = sandbox.run(["venv", "-q", "other"]).success();
    let spy = sandbox.work().join("spy");
    std::fs::create_dir(&spy).expect("a directory");
    sandbox.set("SPY", spy.display().to_string());
    let start = |env: &str| {
        let mut command = sandbox.command();
        command.args(["pip", "install", "--python", env, "sword"]);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().expect("the program starts")
    };
    let children = [start(".venv"), start("other")];
    // Both are past the point where they could have found the other's wheel.
    let _both = await_lines(&spy.join("arrived"), 2);
    let _one = await_lines(&spy.join("built"), 1);
    std::fs::write(spy.join("go"), "").expect("a file");
    for child in children {
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        assert!(said.contains("sword==1.0"), "{said}");
    }
    assert_eq!(await_lines(&spy.join("built"), 1).len(), 1);
    assert_eq!(leftovers(&sandbox), [""; 0]);
}

#[test]
fn an_editable_project_is_asked_once_and_shown_with_its_place() {
    let spying = noted("sword", "");
    let backend = spying
        .tree()
        .into_iter()
        .find(|(path, _)| path == "_build/backend.py");
    let backend = String::from_utf8(backend.expect("a backend").1).expect("text");
    let backend = backend.replace(
        "def get_requires_for_build_editable(config_settings=None):\n",
        "def get_requires_for_build_editable(config_settings=None):\n    \
         open(os.path.join(os.environ['SPY'], 'asked'), 'a').write('asked\\n')\n",
    );
    let manifest = "[build-system]\nrequires = []\nbuild-backend = \"backend\"\n\
                    backend-path = [\"_build\"]\n[project]\nname = \"sword\"\ndynamic = [\"version\"]\n";
    let Some((mut sandbox, _index)) = with(IndexBuilder::default(), &[]) else {
        return;
    };
    let project = sandbox.work().join("project");
    let sword = Sdist::new("sword", "1.0").file("_build/backend.py", backend);
    sword.file("pyproject.toml", manifest).write_to(&project);
    let spy = sandbox.work().join("spy");
    std::fs::create_dir(&spy).expect("a directory");
    sandbox.set("SPY", spy.display().to_string());
    let asked = || await_lines(&spy.join("asked"), 1).len();
    let install = ["pip", "install", "-e", "./project"];
    let _done = sandbox.run(install).success();
    // For its metadata and for its wheel.
    assert_eq!(asked(), 2);
    let _same = sandbox.run(install).success();
    assert_eq!(asked(), 2);
    let listed = sandbox.run(["pip", "list"]).success().stdout;
    assert!(listed.contains("Editable project location"), "{listed}");
    assert!(listed.contains("/castle/project\n"), "{listed}");
    let _gone = sandbox.run(["pip", "uninstall", "-y", "sword"]).success();
    assert_eq!(crate::frozen(&sandbox), "");
    assert!(project.join("sword/__init__.py").is_file());
    // What changes is asked again.
    sandbox.write("project/sword/more.py", "more = 1\n");
    let _done = sandbox.run(install).success();
    assert_eq!(asked(), 4);
    assert_eq!(leftovers(&sandbox), [""; 0]);
}

/// Whether a process is there and is no corpse.
#[cfg(target_os = "linux")]
fn runs(id: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let state = status
        .rsplit(')')
        .next()
        .and_then(|rest| rest.trim().chars().next());
    state.is_some_and(|state| state != 'Z')
}

#[test]
#[cfg(target_os = "linux")]
fn an_interrupted_build_leaves_nothing() {
    // Deaf to polite signals, with a child of its own.
    let before = r#"
import signal, subprocess, sys, time
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time\nwhile True: time.sleep(1)"])
spy = os.environ["SPY"]
with open(os.path.join(spy, "part"), "w") as file:
    file.write(f"{os.getpid()}\n{child.pid}\n")
os.rename(os.path.join(spy, "part"), os.path.join(spy, "ids"))
while True:
    time.sleep(1)
"#;
    let Some((mut sandbox, _index)) = with(IndexBuilder::default(), &[noted("sword", before)])
    else {
        return;
    };
    let spy = sandbox.work().join("spy");
    std::fs::create_dir(&spy).expect("a directory");
    sandbox.set("SPY", spy.display().to_string());
    for (signal, status) in [("-INT", 130), ("-TERM", 143)] {
        let mut command = sandbox.command();
        command.args(["pip", "install", "sword"]);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let child = command.spawn().expect("the program starts");
        let ids = await_lines(&spy.join("ids"), 2);
        std::fs::remove_file(spy.join("ids")).expect("it is there");
        assert!(ids.iter().all(|id| runs(id)), "{ids:?}");
        let id = child.id().to_string();
        let sent = sandbox.command_of("kill").args([signal, &id]).status();
        assert!(sent.expect("kill starts").success());
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{said}");
        assert!(said.contains("interrupted"), "{said}");
        // The signal that ends them was sent before; they may need a moment to be gone.
        let start = Instant::now();
        while ids.iter().any(|id| runs(id)) {
            assert!(start.elapsed() < LONG, "{ids:?}: {said}");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(leftovers(&sandbox), [""; 0]);
        assert_eq!(crate::frozen(&sandbox), "");
    }
}
