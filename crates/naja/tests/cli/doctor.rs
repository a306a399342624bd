//! Every finding of `naja doctor`, by breaking an environment in just that way, and mended where
//! it can be.

mod editors;
mod variables;

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use naja_testkit::{Index, IndexBuilder, Output, Sandbox, Wheel, find_pythons};
use serde_json::Value;

use self::editors::{a_kernel_of_jupyter, the_interpreter_of_pycharm, the_setting_of_vscode};
use self::variables::{
    mistakes_of_the_project, packages_of_the_user, variables_of_python, what_pip_is_told,
};
use crate::{frozen, untrue_record, with_index};

/// The directories that a shell always searches.
const PLAIN_PATH: &str = "/usr/bin:/bin";

/// A sandbox with a healthy environment, which is active, and harry 3.0 in it.
fn healthy() -> (Sandbox, Index) {
    healthy_with(IndexBuilder::harry(), &["harry==3.0"])
}

fn healthy_with(builder: IndexBuilder, packages: &[&str]) -> (Sandbox, Index) {
    let (mut sandbox, index) = with_index(builder);
    let python = find_pythons()[0].to_string_lossy().into_owned();
    sandbox.set("PATH", PLAIN_PATH);
    sandbox.set("SHELL", "/bin/bash");
    let _made = sandbox.run(["venv", "-q", "-p", &python]).success();
    let _installed = sandbox
        .run(["pip", "install", "-q"].iter().chain(packages))
        .success();
    activate(&mut sandbox, ".venv");
    (sandbox, index)
}

fn activate(sandbox: &mut Sandbox, environment: &str) {
    let root = sandbox.work().join(environment);
    sandbox.set("PATH", format!("{}/bin:{PLAIN_PATH}", root.display()));
    sandbox.set("VIRTUAL_ENV", root.to_string_lossy());
}

fn deactivate(sandbox: &mut Sandbox) {
    sandbox.set("PATH", PLAIN_PATH);
    sandbox.set("VIRTUAL_ENV", "");
}

fn findings(sandbox: &Sandbox) -> Vec<Value> {
    let output = sandbox.run(["doctor", "--json"]);
    let found: Value = serde_json::from_str(&output.stdout)
        .unwrap_or_else(|_| panic!("{}\n{}", output.stdout, output.stderr));
    found["findings"].as_array().unwrap().clone()
}

fn ids(sandbox: &Sandbox) -> Vec<String> {
    findings(sandbox)
        .iter()
        .map(|finding| finding["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Asserts that exactly this is found, and tells it.
#[track_caller]
fn found(sandbox: &Sandbox, id: &str) -> Value {
    let all = findings(sandbox);
    let names: Vec<&str> = all.iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(names, [id], "{all:#?}");
    let finding = all.into_iter().next().unwrap();
    let text = sandbox.run(["doctor"]).stdout;
    assert!(text.contains(&format!("[{id}]")), "{text}");
    assert!(
        !finding["steps"].as_array().unwrap().is_empty(),
        "{id} has no step"
    );
    for line in text.lines() {
        // Paths are as long as they are.
        assert!(line.contains('/') || line.chars().count() <= 80, "{line}");
    }
    finding
}

/// Asserts that this is found, whatever else is.
#[track_caller]
fn found_among(sandbox: &Sandbox, id: &str) -> Value {
    let all = findings(sandbox);
    let finding = all.iter().find(|one| one["id"] == id);
    finding
        .unwrap_or_else(|| panic!("no {id} in {all:#?}"))
        .clone()
}

/// Asserts that this is found and `--fix` mends it, in a directory below the working directory.
#[track_caller]
fn mended_among(sandbox: &Sandbox, directory: &str, id: &str) {
    let mut command = sandbox.command();
    command.args(["--directory", directory, "doctor"]);
    let before = sandbox.finish(&mut command).code(1);
    assert!(
        before.stdout.contains(&format!("[{id}]")),
        "{}",
        before.stdout
    );
    let output = sandbox.finish(command.arg("--fix")).success();
    assert!(
        output.stdout.contains(&format!("mended {id}")),
        "{}",
        output.stdout
    );
}

/// Asserts that exactly this is found after these commands, in a namespace with mounts of its own.
/// Where that is not to be had, it is said.
#[track_caller]
fn found_in(sandbox: &Sandbox, mounts: &str, id: &str) {
    let mut command = sandbox.command_of("unshare");
    command.arg(if is_root() { "-m" } else { "-rm" });
    let script = format!(
        "{mounts} && exec {} doctor --json",
        env!("CARGO_BIN_EXE_naja")
    );
    command.arg("true");
    if !command.status().is_ok_and(|status| status.success()) {
        crate::skipped("mounts of its own: `unshare -m` may not be used here");
        return;
    }
    let mut command = sandbox.command_of("unshare");
    command.arg(if is_root() { "-m" } else { "-rm" });
    command.args(["sh", "-ec", &script]);
    let output = sandbox.finish(&mut command);
    let found: Value = serde_json::from_str(&output.stdout)
        .unwrap_or_else(|_| panic!("{}\n{}", output.stdout, output.stderr));
    let all = found["findings"].as_array().unwrap();
    let ids: Vec<&str> = all.iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [id], "{all:#?}");
}

/// Asserts that `--fix` mends it and nothing is wrong afterwards.
#[track_caller]
fn mended(sandbox: &Sandbox, id: &str) -> Output {
    let finding = found(sandbox, id);
    assert_eq!(finding["fix"], true, "{finding}");
    let output = sandbox.run(["doctor", "--fix"]).success();
    assert!(
        output.stdout.contains(&format!("mended {id}")),
        "{}",
        output.stdout
    );
    assert!(output.stdout.contains("Nothing found"), "{}", output.stdout);
    output
}

fn texts(finding: &Value, key: &str) -> String {
    let texts: Vec<&str> = finding[key]
        .as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap())
        .collect();
    texts.join("\n")
}

fn site(sandbox: &Sandbox) -> PathBuf {
    sandbox.site_packages(".venv")
}

fn executable(sandbox: &Sandbox, path: &str) -> PathBuf {
    let path = sandbox.write(path, "#!/bin/sh\n");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self")
        .is_ok_and(|meta| std::os::unix::fs::MetadataExt::uid(&meta) == 0)
}

/// Which test makes each finding of the catalogue appear, by breaking something in just that way.
macro_rules! fixtures {
    ($($id:literal $fixture:ident),* $(,)?) => {
        const FIXTURES: &[(&str, &str, fn())] = &[$(($id, stringify!($fixture), $fixture)),*];
    };
}

fixtures! {
    "program-shadowed" programs_are_hidden,
    "environment-not-on-path" programs_are_hidden,
    "dead-program" programs_lead_to_nothing,
    "active-foreign" what_is_active_is_not_meant_or_gone,
    "active-gone" what_is_active_is_not_meant_or_gone,
    "user-programs-not-on-path" the_search_path_lacks_and_has_too_much,
    "path-relative" the_search_path_lacks_and_has_too_much,
    "environment-broken" an_environment_without_its_python,
    "base-gone" the_base_is_gone,
    "base-changed" the_base_was_updated,
    "environment-moved" the_environment_was_moved,
    "environment-link-dead" a_name_of_python_leads_to_nothing,
    "not-writable" an_environment_that_cannot_be_written,
    "other-user" an_environment_of_others,
    "unfinished-change" an_interrupted_change,
    "environment-in-git" git_would_take_the_environment_in,
    "no-room" a_full_disk,
    "cache-elsewhere" the_cache_is_elsewhere,
    "odd-path" a_path_with_other_capital_letters,
    "python-end-of-life" a_python_at_the_end_of_its_life,
    "half-installed" packages_installed_by_half,
    "pip-leftover" what_pip_left,
    "files-changed" files_are_not_as_installed,
    "files-missing" files_are_not_as_installed,
    "file-shared" packages_share_a_file,
    "package-twice" a_package_recorded_twice,
    "packages-disagree" packages_do_not_fit_together,
    "lock-stale" the_lock_is_stale,
    "pythonhome" variables_of_python,
    "pythonpath" variables_of_python,
    "pythonstartup-gone" variables_of_python,
    "user-site-off" packages_of_the_user,
    "user-site-visible" packages_of_the_user,
    "pip-user" what_pip_is_told,
    "pip-elsewhere" what_pip_is_told,
    "pip-index" what_pip_is_told,
    "project-unreadable" mistakes_of_the_project,
    "vscode-interpreter" the_setting_of_vscode,
    "pycharm-interpreter" the_interpreter_of_pycharm,
    "jupyter-kernel" a_kernel_of_jupyter,
}

/// The rows of the catalogue, which the guide shows (a test of the engine compares the two): the
/// name, and whether `--fix` mends it.
fn catalogue() -> Vec<(&'static str, bool)> {
    let guide = include_str!("../../../../docs/guide/status-and-doctor.md");
    let rows = guide.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    let kinds = ["error", "warning", "note"];
    cells
        .filter(|cells| cells.len() == 6 && kinds.contains(&cells[2]))
        .map(|cells| (cells[1].trim_matches('`'), cells[4] == "yes"))
        .collect()
}

#[test]
fn every_finding_has_a_fixture() {
    let catalogue = catalogue();
    assert!(catalogue.len() > 30, "{catalogue:?}");
    // As one line, so that it does not count where one ends.
    let source = [
        include_str!("doctor.rs"),
        include_str!("doctor/editors.rs"),
        include_str!("doctor/variables.rs"),
    ]
    .concat();
    let source: String = source
        .replace("pub(super) ", "")
        .split_whitespace()
        .collect();
    for (id, is_mended) in &catalogue {
        let mut fixtures = FIXTURES.iter().filter(|(known, _, _)| known == id);
        let (_, name, _) = fixtures
            .next()
            .unwrap_or_else(|| panic!("{id} has no fixture"));
        let start = source.find(&format!("#[test]fn{name}()"));
        let body = &source[start.unwrap_or_else(|| panic!("{name} is no test"))..];
        let body = body[7..].split("#[test]").next().unwrap();
        let asserts: &[&str] = if *is_mended {
            &["mended", "mended_among"]
        } else {
            &["found", "found_among", "found_in"]
        };
        let literal = format!("\"{id}\"");
        let direct = asserts.iter().any(|assert| {
            body.match_indices(&format!("{assert}(")).any(|(at, _)| {
                let call = body[at..].split(';').next().unwrap();
                call.contains(&literal) || call.contains(",id)")
            })
        });
        assert!(
            direct && body.contains(&literal),
            "{name} does not look for {id}"
        );
    }
    for (id, _, _) in FIXTURES {
        assert!(
            catalogue.iter().any(|(known, _)| known == id),
            "{id} is no finding"
        );
    }
}

#[test]
fn a_healthy_environment() {
    let (mut sandbox, _index) = healthy();
    let output = sandbox.run(["doctor"]).success();
    assert_eq!(
        output.stdout,
        "Nothing found, looking at [DIR]/castle/.venv\n"
    );
    deactivate(&mut sandbox);
    let _also = sandbox.run(["doctor", "--fix"]).success();
    let _quick = sandbox.run(["doctor", "--quick", "-p", ".venv"]).success();
    let _none = sandbox.run(["doctor", "-p", "nowhere"]).code(2);
    // Without any environment there is a shell to look at.
    let output = sandbox.run(["--directory", "/", "doctor"]).success();
    assert!(
        output.stdout.contains("there is no environment"),
        "{}",
        output.stdout
    );
}

#[test]
fn programs_are_hidden() {
    let (mut sandbox, _index) = healthy();
    let first = executable(&sandbox, "first/python");
    let dir = first.parent().unwrap().display().to_string();
    let bin = sandbox.work().join(".venv/bin");
    sandbox.set("PATH", format!("{dir}:{}:{PLAIN_PATH}", bin.display()));
    let finding = found(&sandbox, "program-shadowed");
    let why = texts(&finding, "why");
    assert!(
        why.contains("/first/python") && why.contains("entry 2"),
        "{why}"
    );
    let steps = texts(&finding, "steps");
    assert!(
        steps.contains("/.venv/bin/activate`") && steps.contains("hash -r"),
        "{steps}"
    );
    sandbox.set("PATH", PLAIN_PATH);
    let _found = found(&sandbox, "environment-not-on-path");
}

#[test]
fn programs_lead_to_nothing() {
    let (mut sandbox, _index) = healthy();
    let dir = sandbox.work().join("old");
    std::fs::create_dir(&dir).unwrap();
    symlink("/nowhere/python3.9", dir.join("python3")).unwrap();
    let bin = sandbox.work().join(".venv/bin");
    sandbox.set(
        "PATH",
        format!("{}:{}:{PLAIN_PATH}", bin.display(), dir.display()),
    );
    let finding = found(&sandbox, "dead-program");
    assert!(
        texts(&finding, "why").contains("/nowhere/python3.9"),
        "{finding}"
    );
}

#[test]
fn what_is_active_is_not_meant_or_gone() {
    let (mut sandbox, _index) = healthy();
    let _made = sandbox.run(["venv", "-q", "stone/.venv"]).success();
    std::fs::create_dir(sandbox.work().join("azk")).unwrap();
    let _made = sandbox.run(["venv", "-q", "azk/.venv"]).success();
    activate(&mut sandbox, "stone/.venv");
    let output = sandbox.run(["--directory", "azk", "doctor"]).code(1);
    assert!(
        output.stdout.contains("[active-foreign]"),
        "{}",
        output.stdout
    );
    let _found = found(&sandbox, "active-foreign");
    activate(&mut sandbox, "gone");
    let finding = found(&sandbox, "active-gone");
    assert!(
        texts(&finding, "steps").contains("unset VIRTUAL_ENV"),
        "{finding}"
    );
}

#[test]
fn the_search_path_lacks_and_has_too_much() {
    let (mut sandbox, _index) = healthy();
    let program = sandbox.home().join(".local/bin/hedwig");
    std::fs::create_dir_all(program.parent().unwrap()).unwrap();
    std::fs::copy(executable(&sandbox, "hedwig"), &program).unwrap();
    let finding = found(&sandbox, "user-programs-not-on-path");
    assert_eq!(finding["severity"], "note");
    // A note is no illness.
    let _well = sandbox.run(["doctor"]).success();
    let bin = sandbox.work().join(".venv/bin");
    let local = program.parent().unwrap();
    for entry in ["", "bin"] {
        let path = format!("{}:{}:{entry}:{PLAIN_PATH}", bin.display(), local.display());
        sandbox.set("PATH", path);
        let _found = found(&sandbox, "path-relative");
    }
}

#[test]
fn an_environment_without_its_python() {
    let (mut sandbox, _index) = healthy();
    deactivate(&mut sandbox);
    for entry in std::fs::read_dir(sandbox.work().join(".venv/bin"))
        .unwrap()
        .flatten()
    {
        if entry.file_name().to_string_lossy().starts_with("python") {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    let _found = found(&sandbox, "environment-broken");
}

/// Lets the environment say that it was made from a Python in a directory that is gone.
fn lose_base(sandbox: &Sandbox) {
    let config = sandbox.work().join(".venv/pyvenv.cfg");
    let text = std::fs::read_to_string(&config).unwrap();
    let lines: Vec<String> = text
        .lines()
        .map(|line| match line.split_once(" = ") {
            Some(("home", _)) => "home = /nowhere/bin".to_owned(),
            Some(("executable", _)) => "executable = /nowhere/bin/python3".to_owned(),
            _ => line.to_owned(),
        })
        .collect();
    std::fs::write(&config, lines.join("\n") + "\n").unwrap();
    let python = sandbox.work().join(".venv/bin/python");
    std::fs::remove_file(&python).unwrap();
    symlink("/nowhere/bin/python3", &python).unwrap();
}

fn python_works(sandbox: &Sandbox) {
    let mut python = sandbox.command_of(sandbox.work().join(".venv/bin/python3"));
    python.args(["-c", "import harry; print(harry.__version__)"]);
    let output = sandbox.finish(&mut python).success();
    assert_eq!(output.stdout, "3.0\n");
}

#[test]
fn the_base_is_gone() {
    let (sandbox, _index) = healthy();
    lose_base(&sandbox);
    let status = sandbox.run(["status"]).success();
    assert!(status.stdout.contains("which is gone"), "{}", status.stdout);
    let _mended = mended(&sandbox, "base-gone");
    python_works(&sandbox);
    assert_eq!(frozen(&sandbox), "harry==3.0\n");
}

#[test]
fn the_base_was_updated() {
    let (sandbox, _index) = healthy();
    let before = sandbox.read(".venv/pyvenv.cfg");
    let version = before
        .lines()
        .find_map(|line| line.strip_prefix("version = "))
        .unwrap();
    let (short, _) = version.rsplit_once('.').unwrap();
    let with = |version: &str| {
        let lines: Vec<String> = before
            .lines()
            .map(|line| match line.split_once(" = ") {
                Some((key @ ("version" | "version_info"), _)) => format!("{key} = {version}"),
                _ => line.to_owned(),
            })
            .collect();
        sandbox.write(".venv/pyvenv.cfg", &(lines.join("\n") + "\n"));
    };
    with(&format!("{short}.99"));
    let _mended = mended(&sandbox, "base-changed");
    assert!(sandbox.read(".venv/pyvenv.cfg").contains(version));
    with("3.1.4");
    let all = findings(&sandbox);
    let other = all.iter().find(|one| one["id"] == "base-changed").unwrap();
    assert_eq!(other["fix"], false);
    assert!(texts(other, "steps").contains("--clear"), "{other}");
}

#[test]
fn the_environment_was_moved() {
    let (mut sandbox, _index) = healthy();
    std::fs::create_dir(sandbox.work().join("new")).unwrap();
    deactivate(&mut sandbox);
    let (old, new) = (
        sandbox.work().join(".venv"),
        sandbox.work().join("new/.venv"),
    );
    std::fs::rename(old, new).unwrap();
    mended_among(&sandbox, "new", "environment-moved");
}

#[test]
fn a_name_of_python_leads_to_nothing() {
    let (sandbox, _index) = healthy();
    let link = sandbox.work().join(".venv/bin/python3");
    std::fs::remove_file(&link).unwrap();
    symlink("/nowhere/python3", &link).unwrap();
    let _mended = mended(&sandbox, "environment-link-dead");
    python_works(&sandbox);
}

#[test]
fn an_environment_of_others() {
    if !is_root() {
        crate::skipped("an environment of another user: only root can make one");
        return;
    }
    let (sandbox, _index) = healthy();
    let root = sandbox.work().join(".venv");
    std::os::unix::fs::chown(&root, Some(12345), None).unwrap();
    let _found = found(&sandbox, "other-user");
}

#[test]
fn an_environment_that_cannot_be_written() {
    let (sandbox, _index) = healthy();
    // Not even root may write where nothing is written.
    let closed = "mount --bind .venv .venv && mount -o remount,bind,ro .venv";
    found_in(&sandbox, closed, "not-writable");
    if !is_root() {
        let root = sandbox.work().join(".venv");
        std::fs::set_permissions(&root, std::fs::Permissions::from_mode(0o555)).unwrap();
        let all = ids(&sandbox);
        std::fs::set_permissions(&root, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(all, ["not-writable"]);
    }
}

#[test]
fn a_full_disk() {
    let (mut sandbox, _index) = healthy();
    // The cache is on another file system then; that is not what this is about.
    sandbox.set("NAJA_LINK_MODE", "copy");
    let full = "cp -a .venv ../copy && mount -t tmpfs -o size=40m,mode=755 none .venv && cp -a ../copy/. .venv";
    found_in(&sandbox, full, "no-room");
}

#[test]
fn an_interrupted_change() {
    let (sandbox, _index) = healthy();
    let own = sandbox.work().join(".venv/.naja/txn-abc");
    std::fs::create_dir_all(own.join("trash")).unwrap();
    // A journal without steps: magic, version 1, checksum of the rest, no step.
    let mut journal = b"NajaJrnl".to_vec();
    for number in [1_u32, 0x2144_df1c, 0] {
        journal.extend(number.to_le_bytes());
    }
    std::fs::write(own.join("journal"), journal).unwrap();
    let _mended = mended(&sandbox, "unfinished-change");
    assert!(!own.exists());
}

#[test]
fn git_would_take_the_environment_in() {
    let (sandbox, _index) = healthy();
    std::fs::create_dir(sandbox.work().join(".git")).unwrap();
    assert!(ids(&sandbox).is_empty());
    std::fs::remove_file(sandbox.work().join(".venv/.gitignore")).unwrap();
    sandbox.write(".gitignore", "/.venv/\n");
    assert!(ids(&sandbox).is_empty());
    sandbox.write(".gitignore", "*.pyc\n");
    let _mended = mended(&sandbox, "environment-in-git");
    assert_eq!(sandbox.read(".venv/.gitignore"), "*\n");
}

#[test]
fn the_cache_is_elsewhere() {
    let (mut sandbox, _index) = healthy();
    use std::os::unix::fs::MetadataExt as _;
    let device = |path: &Path| std::fs::metadata(path).map(|meta| meta.dev());
    let other = Path::new("/dev/shm");
    if device(other).is_err() || device(other).unwrap() == device(&sandbox.work()).unwrap() {
        eprintln!("skipped: there is no second file system at /dev/shm");
        return;
    }
    sandbox.set("NAJA_CACHE_DIR", "/dev/shm/naja-test-that-is-never-made");
    let finding = found(&sandbox, "cache-elsewhere");
    assert_eq!(finding["severity"], "note");
    sandbox.set("NAJA_LINK_MODE", "copy");
    assert!(ids(&sandbox).is_empty());
    let _left = std::fs::remove_dir_all("/dev/shm/naja-test-that-is-never-made");
}

#[test]
fn a_path_with_other_capital_letters() {
    let (mut sandbox, _index) = healthy();
    let work = sandbox.work();
    let shouted = work.parent().unwrap().join("CASTLE");
    symlink(&work, &shouted).unwrap();
    let root = shouted.join(".venv");
    sandbox.set("PATH", format!("{}/bin:{PLAIN_PATH}", root.display()));
    sandbox.set("VIRTUAL_ENV", root.to_string_lossy());
    let _found = found(&sandbox, "odd-path");
}

#[test]
fn a_python_at_the_end_of_its_life() {
    let old = find_pythons().into_iter().find(|python| {
        let text = python.to_string_lossy().into_owned();
        text.contains("/3.8") || text.contains("/3.9")
    });
    let Some(old) = old else {
        eprintln!("skipped: there is no Python 3.8 or 3.9");
        return;
    };
    let (mut sandbox, _index) = healthy();
    deactivate(&mut sandbox);
    let old = old.to_string_lossy().into_owned();
    let _made = sandbox.run(["venv", "-q", "--clear", "-p", &old]).success();
    let finding = found(&sandbox, "python-end-of-life");
    assert_eq!(finding["severity"], "note");
}

#[test]
fn packages_installed_by_half() {
    for file in ["METADATA", "RECORD"] {
        let (sandbox, _index) = healthy();
        std::fs::remove_file(site(&sandbox).join("harry-3.0.dist-info").join(file)).unwrap();
        let finding = found(&sandbox, "half-installed");
        assert!(texts(&finding, "why").contains(file), "{finding}");
        let _mended = mended(&sandbox, "half-installed");
        assert_eq!(untrue_record(&sandbox), None);
        python_works(&sandbox);
    }
}

#[test]
fn what_pip_left() {
    let (sandbox, _index) = healthy();
    let site = site(&sandbox);
    for name in ["~arry", "~arry-2.0.dist-info"] {
        std::fs::create_dir(site.join(name)).unwrap();
        std::fs::write(site.join(name).join("METADATA"), "x").unwrap();
    }
    let _mended = mended(&sandbox, "pip-leftover");
    assert!(!site.join("~arry").exists() && !site.join("~arry-2.0.dist-info").exists());
    python_works(&sandbox);
}

#[test]
fn files_are_not_as_installed() {
    let (mut sandbox, _index) = healthy();
    let module = site(&sandbox).join("harry/__init__.py");
    let before = std::fs::read(&module).unwrap();
    // Beside and renamed, as editors write: the cache's file stays.
    let changed = module.with_extension("new");
    std::fs::write(&changed, "__version__ = 'expelliarmus'\n").unwrap();
    std::fs::rename(&changed, &module).unwrap();
    let finding = found(&sandbox, "files-changed");
    assert!(
        finding["what"].as_str().unwrap().contains("harry"),
        "{finding}"
    );
    let _mended = mended(&sandbox, "files-changed");
    assert_eq!(std::fs::read(&module).unwrap(), before);
    std::fs::remove_file(&module).unwrap();
    // All that is needed is in the cache.
    sandbox.set("NAJA_OFFLINE", "1");
    let _mended = mended(&sandbox, "files-missing");
    assert_eq!(std::fs::read(&module).unwrap(), before);
}

#[test]
fn packages_share_a_file() {
    let wheel = |name: &str| {
        Wheel::new(name, "1.0")
            .without_module()
            .file("cv/__init__.py", format!("owner = {name:?}\n"))
    };
    let builder = IndexBuilder::harry()
        .wheel(&wheel("cv-one"))
        .wheel(&wheel("cv-two"));
    let (sandbox, _index) = healthy_with(builder, &["cv-one", "cv-two"]);
    let finding = found_among(&sandbox, "file-shared");
    assert_eq!(finding["what"], "cv-one and cv-two own the same files");
    let _gone = sandbox.run(["pip", "uninstall", "-q", "cv-one"]).success();
    assert!(ids(&sandbox).is_empty());
}

#[test]
fn a_package_recorded_twice() {
    let (sandbox, _index) = healthy();
    let site = site(&sandbox);
    let older = site.join("harry-1.0.dist-info");
    std::fs::create_dir(&older).unwrap();
    for entry in std::fs::read_dir(site.join("harry-3.0.dist-info"))
        .unwrap()
        .flatten()
    {
        std::fs::copy(entry.path(), older.join(entry.file_name())).unwrap();
    }
    mended_among(&sandbox, ".", "package-twice");
    assert!(!older.exists());
    python_works(&sandbox);
}

#[test]
fn packages_do_not_fit_together() {
    let (sandbox, _index) = healthy();
    let _installed = sandbox
        .run(["pip", "install", "-q", "--no-deps", "sirius==1.0"])
        .success();
    let finding = found(&sandbox, "packages-disagree");
    assert!(texts(&finding, "why").contains("harry<2"), "{finding}");
}

#[test]
fn the_lock_is_stale() {
    let (sandbox, _index) = healthy();
    sandbox.write("requirements.in", "harry>=3\n");
    let _compiled = sandbox
        .run([
            "pip",
            "compile",
            "-q",
            "requirements.in",
            "-o",
            "requirements.txt",
        ])
        .success();
    assert!(ids(&sandbox).is_empty());
    sandbox.write("requirements.in", "harry>=4\nhedwig\n");
    let finding = found(&sandbox, "lock-stale");
    let why = texts(&finding, "why");
    assert!(
        why.contains("hedwig is not in it") && why.contains("harry>=4 is asked for"),
        "{why}"
    );
    let _compiled = sandbox.run([
        "pip",
        "compile",
        "-q",
        "requirements.in",
        "-o",
        "pylock.toml",
    ]);
}
