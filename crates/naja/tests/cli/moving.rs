//! Environments that are moved, copied, or lose their Python.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use naja_testkit::{IndexBuilder, Output, Sandbox, find_pythons};

use crate::with_index;

/// Runs the program in a directory below the sandbox's.
fn naja(sandbox: &Sandbox, dir: &str, words: &[&str]) -> Output {
    let mut command = sandbox.command();
    sandbox.finish(command.args(words).current_dir(sandbox.work().join(dir)))
}

/// Runs any program there.
fn other(sandbox: &Sandbox, dir: &str, program: impl AsRef<Path>, words: &[&str]) -> Output {
    let mut command = sandbox.command_of(program.as_ref());
    sandbox.finish(command.args(words).current_dir(sandbox.work().join(dir)))
}

/// A sandbox with a project `app` that has an environment with `hedwig`.
fn with_app(flags: &[&str]) -> (Sandbox, naja_testkit::Index) {
    let (sandbox, index) = with_index(IndexBuilder::harry());
    sandbox.write("app/pyproject.toml", "");
    let mut words = vec!["venv", "-q"];
    words.extend(flags);
    let _made = naja(&sandbox, "app", &words).success();
    let _installed = naja(&sandbox, "app", &["pip", "install", "-q", "hedwig==1.0"]).success();
    (sandbox, index)
}

fn rename(sandbox: &Sandbox, from: &str, to: &str) {
    fs::rename(sandbox.work().join(from), sandbox.work().join(to)).unwrap();
}

#[test]
fn a_moved_project_works_without_a_flag() {
    let (sandbox, _index) = with_app(&[]);
    rename(&sandbox, "app", "it's another");
    let dir = "it's another";
    let run = naja(&sandbox, dir, &["run", "hedwig"]).success();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("1.0\n", ""));
    let root = sandbox.work().join(dir).join(".venv");
    let direct = other(&sandbox, dir, root.join("bin/hedwig"), &[]).success();
    assert_eq!(direct.stdout, "1.0\n");
    for shell in ["sh", "bash"] {
        let script = ". .venv/bin/activate && hedwig && command -v hedwig && deactivate";
        let active = other(&sandbox, dir, shell, &["-c", script]).success();
        let expected = "1.0\n[DIR]/castle/it's another/.venv/bin/hedwig\n";
        assert_eq!(active.stdout, expected, "{shell}");
    }
    let tools = sandbox.home().join("bin");
    fs::create_dir(&tools).unwrap();
    symlink(root.join("bin/hedwig"), tools.join("owl")).unwrap();
    symlink("owl", tools.join("bird")).unwrap();
    let linked = other(&sandbox, ".", tools.join("bird"), &[]).success();
    assert_eq!(linked.stdout, "1.0\n");
    let _more = naja(&sandbox, dir, &["pip", "install", "-q", "harry==1"]).success();
    let listed = naja(&sandbox, dir, &["pip", "freeze"]).success();
    assert_eq!(listed.stdout, "harry==1.0\nhedwig==1.0\n");
    let module = naja(
        &sandbox,
        dir,
        &["run", "python", "-c", "import sys; print(sys.prefix)"],
    );
    assert_eq!(module.success().stdout, "[DIR]/castle/it's another/.venv\n");
}

#[test]
fn copies_move_as_well() {
    let (sandbox, _index) = with_app(&["--copies"]);
    assert!(!sandbox.work().join("app/.venv/bin/python").is_symlink());
    rename(&sandbox, "app", "app2");
    let run = naja(&sandbox, "app2", &["run", "hedwig"]).success();
    assert_eq!(run.stdout, "1.0\n");
    let tool = sandbox.work().join("app2/.venv/bin/hedwig");
    assert_eq!(other(&sandbox, ".", tool, &[]).success().stdout, "1.0\n");
}

#[test]
fn an_environment_with_its_path_in_it_is_mended() {
    let (sandbox, _index) = with_app(&["--no-relocatable"]);
    let site = sandbox.site_packages("app/.venv");
    sandbox.write("app/src/castle.py", "print('castle')\n");
    let src = sandbox.work().join("app/src");
    fs::write(site.join("castle.pth"), format!("{}\n", src.display())).unwrap();
    let script = sandbox.read("app/.venv/bin/hedwig");
    assert!(script.starts_with("#!/") && script.contains("/app/.venv/bin/python\n"));
    rename(&sandbox, "app", "app2");
    let tool = sandbox.work().join("app2/.venv/bin/hedwig");
    assert!(
        Command::new(&tool).output().is_err(),
        "it starts a Python that is not there"
    );
    let run = naja(&sandbox, "app2", &["run", "python", "-m", "castle"]).success();
    assert_eq!(run.stdout, "castle\n");
    assert!(
        run.stderr
            .contains("was moved from [DIR]/castle/app/.venv to [DIR]/castle/app2/.venv"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("1 link to a project"), "{}", run.stderr);
    assert_eq!(other(&sandbox, ".", &tool, &[]).success().stdout, "1.0\n");
    // Absolute paths were wanted, and stay.
    let script = sandbox.read("app2/.venv/bin/hedwig");
    assert!(script.contains("/app2/.venv/bin/python\n"), "{script}");
    let again = naja(&sandbox, "app2", &["run", "hedwig"]).success();
    assert_eq!(again.stderr, "");
    let verified = naja(&sandbox, "app2", &["verify"]);
    assert!(!verified.stdout.contains("hedwig"), "{}", verified.stdout);
    let active = other(
        &sandbox,
        "app2",
        "sh",
        &["-c", ". .venv/bin/activate && hedwig"],
    );
    assert_eq!(active.success().stdout, "1.0\n");
}

#[test]
fn environments_of_other_tools_are_mended_by_install() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    sandbox.write("app/pyproject.toml", "");
    let python = find_pythons().pop().unwrap();
    let words = ["-m", "venv", "--without-pip", ".venv"];
    let _made = other(&sandbox, "app", &python, &words).success();
    let _first = naja(&sandbox, "app", &["pip", "install", "-q", "hedwig==1.0"]).success();
    rename(&sandbox, "app", "app2");
    let second = naja(&sandbox, "app2", &["pip", "install", "harry==1"]).success();
    assert!(
        second.stderr.contains("mended: 1 program"),
        "{}",
        second.stderr
    );
    let tool = sandbox.work().join("app2/.venv/bin/hedwig");
    assert_eq!(other(&sandbox, ".", &tool, &[]).success().stdout, "1.0\n");
    let active = other(
        &sandbox,
        "app2",
        "sh",
        &["-c", ". .venv/bin/activate && hedwig"],
    );
    assert_eq!(active.success().stdout, "1.0\n");
    // From now on it can be moved.
    rename(&sandbox, "app2", "app3");
    let tool = sandbox.work().join("app3/.venv/bin/hedwig");
    assert_eq!(other(&sandbox, ".", &tool, &[]).success().stdout, "1.0\n");
}

#[test]
fn a_copied_project_has_an_environment_of_its_own() {
    let (sandbox, _index) = with_app(&["--no-relocatable"]);
    let copied = Command::new("cp")
        .args(["-a", "app", "copy"])
        .current_dir(sandbox.work())
        .status();
    assert!(copied.unwrap().success());
    let _newer = naja(&sandbox, "copy", &["pip", "install", "-q", "hedwig==2.0"]).success();
    let tool = |dir: &str| {
        let tool = sandbox.work().join(dir).join(".venv/bin/hedwig");
        other(&sandbox, ".", &tool, &[]).success().stdout
    };
    assert_eq!(
        (tool("app").as_str(), tool("copy").as_str()),
        ("1.0\n", "2.0\n")
    );
}

/// An installation of its own: the real program, and the real library by a link.
fn installation(sandbox: &Sandbox, name: &str) -> Option<PathBuf> {
    for python in find_pythons() {
        let code = "import sys, os; print(os.path.realpath(sys.executable)); \
                    print(sys.base_prefix); print('%d.%d' % sys.version_info[:2])";
        let told = other(sandbox, ".", &python, &["-I", "-c", code]).success();
        let lines: Vec<&str> = told.stdout.lines().collect();
        let [program, prefix, short] = lines[..] else {
            continue;
        };
        if prefix == "/usr" {
            continue;
        }
        let root = sandbox.work().join("pyenv/versions").join(name);
        fs::create_dir_all(root.join("bin")).unwrap();
        fs::create_dir_all(root.join("lib")).unwrap();
        let to = root.join(format!("bin/python{short}"));
        fs::hard_link(program, &to)
            .or_else(|_other_file_system| fs::copy(program, &to).map(drop))
            .unwrap();
        symlink(&to, root.join("bin/python3")).unwrap();
        let library = format!("lib/python{short}");
        symlink(Path::new(prefix).join(&library), root.join(&library)).unwrap();
        return Some(to);
    }
    None
}

#[test]
fn another_patch_release_takes_over() {
    let (mut sandbox, _index) = with_index(IndexBuilder::harry());
    let Some(first) = installation(&sandbox, "first") else {
        eprintln!("skipped: no Python outside of /usr");
        return;
    };
    let program = first.to_string_lossy().into_owned();
    let _made = naja(&sandbox, ".", &["venv", "-q", "-p", &program]).success();
    let _installed = naja(&sandbox, ".", &["pip", "install", "-q", "hedwig==1.0"]).success();
    let Some(second) = installation(&sandbox, "second") else {
        return;
    };
    let pyenv = sandbox.work().join("pyenv");
    sandbox.set("PYENV_ROOT", pyenv.to_string_lossy());
    sandbox.set("PATH", "/bin");
    fs::remove_dir_all(first.parent().unwrap().parent().unwrap()).unwrap();
    let run = naja(&sandbox, ".", &["run", "hedwig"]).success();
    assert_eq!(run.stdout, "1.0\n");
    assert!(run.stderr.contains("is gone"), "{}", run.stderr);
    let link = fs::read_link(sandbox.work().join(".venv/bin/python")).unwrap();
    assert_eq!(link.parent(), second.parent());
    let config = sandbox.read(".venv/pyvenv.cfg");
    let home = format!("home = {}\n", second.parent().unwrap().display());
    assert!(config.starts_with(&home), "{config}");
    let again = naja(&sandbox, ".", &["run", "hedwig"]).success();
    assert_eq!(again.stderr, "");
    // An update by hand, and what the environment says about it.
    let lines = config.lines().map(|line| match line.split_once(" = ") {
        Some(("version", _)) => "version = 3.0.0\n".to_owned(),
        _ => format!("{line}\n"),
    });
    let older: String = lines.collect();
    let short = config
        .lines()
        .find_map(|line| line.strip_prefix("version = "));
    let short = short.unwrap().rsplit_once('.').unwrap().0;
    let older = older.replace("version = 3.0.0", &format!("version = {short}.0"));
    fs::write(sandbox.work().join(".venv/pyvenv.cfg"), older).unwrap();
    let upgraded = naja(&sandbox, ".", &["venv", "--upgrade"]).success();
    assert!(
        upgraded.stderr.contains("uses Python 3."),
        "{}",
        upgraded.stderr
    );
    assert_eq!(
        naja(&sandbox, ".", &["run", "hedwig"]).success().stdout,
        "1.0\n"
    );
}

#[test]
fn without_a_python_of_the_same_minor_version_nothing_is_guessed() {
    let (sandbox, _index) = with_app(&[]);
    let python = sandbox.work().join("app/.venv/bin/python");
    fs::remove_file(&python).unwrap();
    symlink("/nowhere/bin/python3.99", &python).unwrap();
    let config = sandbox.read("app/.venv/pyvenv.cfg");
    let lines = config.lines().map(|line| match line.split_once(" = ") {
        Some(("home", _)) => "home = /nowhere/bin\n".to_owned(),
        Some(("version", _)) => "version = 3.99.1\n".to_owned(),
        _ => format!("{line}\n"),
    });
    fs::write(
        sandbox.work().join("app/.venv/pyvenv.cfg"),
        lines.collect::<String>(),
    )
    .unwrap();
    for words in [
        &["run", "hedwig"][..],
        &["pip", "install", "harry"],
        &["venv", "--upgrade"],
    ] {
        let refused = naja(&sandbox, "app", words).code(2);
        assert!(
            refused.stderr.contains("its packages are for Python 3.99"),
            "{}",
            refused.stderr
        );
        assert!(
            refused.stderr.contains("naja venv --clear"),
            "{}",
            refused.stderr
        );
    }
    assert_eq!(
        fs::read_link(&python).unwrap(),
        Path::new("/nowhere/bin/python3.99")
    );
}

#[test]
fn a_python_of_another_minor_version_is_refused_by_upgrade() {
    let (sandbox, _index) = with_app(&[]);
    let own = naja(
        &sandbox,
        "app",
        &[
            "run",
            "python",
            "-c",
            "import sys; print(sys.version_info[1])",
        ],
    );
    let own = own.success().stdout;
    let other_minor = find_pythons().into_iter().find(|python| {
        let told = other(
            &sandbox,
            ".",
            python,
            &["-I", "-c", "import sys; print(sys.version_info[1])"],
        );
        told.success().stdout != own
    });
    let Some(python) = other_minor else {
        eprintln!("skipped: one minor version of Python only");
        return;
    };
    let program = python.to_string_lossy().into_owned();
    let refused = naja(&sandbox, "app", &["venv", "--upgrade", "-p", &program]).code(2);
    assert!(
        refused.stderr.contains("naja venv --clear"),
        "{}",
        refused.stderr
    );
    assert_eq!(
        naja(&sandbox, "app", &["run", "hedwig"]).success().stdout,
        "1.0\n"
    );
}

#[test]
fn an_environment_that_nobody_can_write_to_still_runs() {
    let (sandbox, _index) = with_app(&["--no-relocatable"]);
    rename(&sandbox, "app", "app2");
    let root = sandbox.work().join("app2/.venv");
    // Something that cannot be locked.
    let _absent = fs::remove_file(root.join(".lock"));
    fs::create_dir(root.join(".lock")).unwrap();
    let run = naja(&sandbox, "app2", &["run", "python", "-c", "print(1)"]).success();
    assert_eq!(run.stdout, "1\n");
    assert!(run.stderr.contains("could not be mended"), "{}", run.stderr);
}

#[test]
fn sync_makes_an_environment_again_only_when_nothing_else_helps() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    let manifest = "[project]\nname = \"app\"\nversion = \"1\"\ndependencies = [\"hedwig==1.0\"]\n";
    sandbox.write("app/pyproject.toml", manifest);
    let _made = naja(&sandbox, "app", &["sync", "-q"]).success();
    sandbox.write("app/.venv/mine", "");
    let python = sandbox.work().join("app/.venv/bin/python");
    fs::remove_file(&python).unwrap();
    let mended = naja(&sandbox, "app", &["sync"]).success();
    assert!(
        mended.stderr.contains("it uses Python 3."),
        "{}",
        mended.stderr
    );
    assert!(sandbox.work().join("app/.venv/mine").exists());
    assert_eq!(
        naja(&sandbox, "app", &["run", "hedwig"]).success().stdout,
        "1.0\n"
    );
    // A minor version that nobody has.
    fs::remove_file(&python).unwrap();
    symlink("/nowhere/bin/python3.99", &python).unwrap();
    let config = sandbox.read("app/.venv/pyvenv.cfg");
    let lines = config.lines().map(|line| match line.split_once(" = ") {
        Some(("home", _)) => "home = /nowhere/bin\n".to_owned(),
        Some(("version", _)) => "version = 3.99.1\n".to_owned(),
        _ => format!("{line}\n"),
    });
    let lines: String = lines.collect();
    fs::write(sandbox.work().join("app/.venv/pyvenv.cfg"), lines).unwrap();
    let made = naja(&sandbox, "app", &["sync"]).success();
    assert!(
        made.stderr.contains("Making the environment again"),
        "{}",
        made.stderr
    );
    assert_eq!(
        naja(&sandbox, "app", &["run", "hedwig"]).success().stdout,
        "1.0\n"
    );
}

#[test]
fn the_environment_of_a_project_can_lie_in_central_storage() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    let manifest = "[project]\nname = \"app\"\nversion = \"1\"\ndependencies = [\"hedwig==1.0\"]\n\
                    [tool.naja]\nenvironment-storage = \"central\"\n";
    sandbox.write("app/pyproject.toml", manifest);
    let _made = naja(&sandbox, "app", &["sync", "-q"]).success();
    assert!(sandbox.work().join("app/.venv").is_file());
    assert_eq!(
        naja(&sandbox, "app", &["run", "hedwig"]).success().stdout,
        "1.0\n"
    );
    let path = naja(&sandbox, "app", &["env", "path"]).success().stdout;
    assert!(
        path.starts_with("[DIR]/home/.local/share/naja/envs/app-"),
        "{path}"
    );
}
