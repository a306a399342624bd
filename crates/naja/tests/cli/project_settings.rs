//! Commands of projects with variables, and flags about what may happen to lock and environment.

use naja_testkit::{Index, IndexBuilder, Sandbox, Sdist, Wheel};

use crate::{installed, with_index};

const MANIFEST: &str = "[project]\nname = \"castle\"\nversion = \"0.1.0\"\nrequires-python = \">=3.8\"\n\
     dependencies = [\"harry<2\"]\n\
     [dependency-groups]\ndev = [\"hedwig<2\"]\nbirds = [\"hedwig\", \"luna\"]\n";

fn project() -> (Sandbox, Index) {
    let builder = IndexBuilder::harry()
        .wheel(&Wheel::new("luna", "1.0"))
        .wheel(&Wheel::new("luna", "2.0"));
    let (sandbox, index) = with_index(builder);
    sandbox.write("pyproject.toml", MANIFEST);
    (sandbox, index)
}

#[test]
fn variables_say_what_flags_say() {
    for (name, value, arguments, status, there) in [
        ("UV_NO_DEV", "1", &["sync"][..], 0, "harry==1.0"),
        ("NAJA_NO_DEV", "true", &["sync"], 0, "harry==1.0"),
        ("UV_NO_DEV", "0", &["sync"], 0, "harry==1.0 hedwig==1.0"),
        (
            "UV_NO_DEV",
            "1",
            &["sync", "--dev"],
            0,
            "harry==1.0 hedwig==1.0",
        ),
        ("UV_NO_GROUP", "dev", &["sync"], 0, "harry==1.0"),
        ("UV_NO_DEFAULT_GROUPS", "1", &["sync"], 0, "harry==1.0"),
        (
            "NAJA_NO_INSTALL_PACKAGE",
            "harry",
            &["sync"],
            0,
            "hedwig==1.0",
        ),
        ("UV_LOCKED", "1", &["sync"], 1, ""),
        ("NAJA_FROZEN", "1", &["sync"], 2, ""),
        ("UV_FROZEN", "1", &["sync", "--locked"], 1, ""),
        ("UV_NO_SYNC", "1", &["add", "hedwig"], 0, ""),
        (
            "UV_DEV",
            "1",
            &["add", "luna"],
            0,
            "harry==1.0 hedwig==1.0 luna==2.0",
        ),
        ("NAJA_NO_PROJECT", "1", &["run", "python", "-c", ""], 0, ""),
    ] {
        let (mut sandbox, _index) = project();
        sandbox.set(name, value);
        let _done = sandbox.run(arguments).code(status);
        let place = sandbox.work().join(".venv");
        let found = match place.exists() {
            true => installed(&sandbox),
            false => String::new(),
        };
        assert_eq!(found, there, "{name}={value} {arguments:?}");
        if name == "UV_DEV" {
            let manifest = sandbox.read("pyproject.toml");
            assert!(
                manifest.contains("dev = [\"hedwig<2\", \"luna>=2.0\"]"),
                "{manifest}"
            );
        }
    }
}

#[test]
fn bounds_of_added_requirements_can_be_configured() {
    let (mut sandbox, _index) = project();
    sandbox.set("NAJA_ADD_BOUNDS", "exact");
    let _added = sandbox.run(["add", "--no-sync", "luna"]).success();
    assert!(sandbox.read("pyproject.toml").contains("\"luna==2.0\""));
    let _added = sandbox
        .run(["add", "--no-sync", "--bounds", "major", "sirius<2", "remus"])
        .success();
    assert!(
        sandbox
            .read("pyproject.toml")
            .contains("\"remus>=1.0,<2.0\"")
    );
}

#[test]
fn groups_are_upgraded_as_a_whole_and_nothing_else() {
    let (sandbox, _index) = project();
    let pinned = MANIFEST.replace("\"hedwig\", \"luna\"", "\"hedwig==1.0\", \"luna==1.0\"");
    sandbox.write("pyproject.toml", &pinned);
    let _locked = sandbox.run(["lock"]).success();
    let open = MANIFEST
        .replace("harry<2", "harry")
        .replace("hedwig<2", "hedwig");
    sandbox.write("pyproject.toml", &open);
    let output = sandbox
        .run(["lock", "--dry-run", "--upgrade-group", "birds"])
        .success();
    for (words, there) in [
        ("Updated hedwig v1.0 -> v2.0", true),
        ("Updated luna v1.0 -> v2.0", true),
        ("harry", false),
    ] {
        assert_eq!(output.stderr.contains(words), there, "{}", output.stderr);
    }
    let _synced = sandbox
        .run(["sync", "--upgrade-group", "dev", "--group", "birds"])
        .success();
    assert_eq!(installed(&sandbox), "harry==1.0 hedwig==2.0 luna==1.0");
    let output = sandbox.run(["lock", "--upgrade-group", "bird"]).code(2);
    assert!(
        output.stderr.contains("did you mean `birds`"),
        "{}",
        output.stderr
    );
    // A version of choice.
    let _synced = sandbox.run(["sync", "-P", "harry==3.0"]).success();
    assert_eq!(installed(&sandbox), "harry==3.0 hedwig==2.0");
}

#[test]
fn sources_can_be_ignored() {
    let (sandbox, _index) = project();
    sandbox.write(
        "lib/pyproject.toml",
        "[project]\nname = \"luna\"\nversion = \"7.0\"\n",
    );
    sandbox.write("lib/setup.py", "");
    let manifest = format!(
        "{}[tool.naja.sources]\nluna = {{ path = \"lib\" }}\n",
        MANIFEST.replace("harry<2", "luna")
    );
    sandbox.write("pyproject.toml", &manifest);
    for (flag, from_index) in [
        (&["--no-sources"][..], true),
        (&["--no-sources-package", "luna"], true),
        (&["--no-sources-package", "harry"], false),
        (&[], false),
    ] {
        let _locked = sandbox.run([&["lock"], flag].concat()).success();
        let lock = sandbox.read("pylock.toml");
        let is_from_index = lock.contains("name = \"luna\"\nversion = \"2.0\"");
        assert_eq!(is_from_index, from_index, "{flag:?}: {lock}");
        assert_ne!(lock.contains("path = \"lib\""), from_index, "{flag:?}");
    }
}

#[test]
fn previews_make_nothing() {
    let (sandbox, _index) = project();
    let entries = || {
        let mut names: Vec<_> = std::fs::read_dir(sandbox.work())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        names
    };
    let before = entries();
    let output = sandbox.run(["sync", "--dry-run"]).success();
    for words in [
        "Would make an environment at .venv",
        " + harry==1.0",
        " + hedwig==1.0",
    ] {
        assert!(output.stderr.contains(words), "{}", output.stderr);
    }
    assert_eq!(entries(), before);
    let _differs = sandbox.run(["sync", "--check"]).code(1);
    assert_eq!(entries(), before);
    let left = std::fs::read_dir(sandbox.cache().join("v1/environments")).unwrap();
    assert_eq!(left.count(), 0);
    let _synced = sandbox.run(["sync"]).success();
    let _agrees = sandbox.run(["sync", "--check"]).success();
    std::fs::remove_dir_all(sandbox.work().join(".venv")).unwrap();
    sandbox.write(
        "pyproject.toml",
        "[project]\nname = \"castle\"\nversion = \"1\"\nrequires-python = \">=3.8\"\n",
    );
    let _locked = sandbox.run(["lock"]).success();
    let output = sandbox.run(["sync", "--check"]).code(1);
    assert!(output.stderr.contains("naja sync"), "{}", output.stderr);
}

#[test]
fn a_check_sees_missing_files() {
    let (sandbox, _index) = project();
    let _synced = sandbox.run(["sync"]).success();
    let _agrees = sandbox.run(["sync", "--check"]).success();
    let site = sandbox.site_packages(".venv");
    std::fs::remove_file(site.join("harry/__init__.py")).unwrap();
    let output = sandbox.run(["sync", "--check"]).code(1);
    for words in [
        "1 file is not as installed",
        "of harry is missing",
        "naja repair",
    ] {
        assert!(output.stderr.contains(words), "{}", output.stderr);
    }
    let _repaired = sandbox.run(["repair"]).success();
    let _agrees = sandbox.run(["sync", "--check"]).success();
    std::fs::remove_dir_all(site.join("hedwig-1.0.dist-info")).unwrap();
    let _differs = sandbox.run(["sync", "--check"]).code(1);
}

#[test]
fn the_project_can_be_named_by_variables() {
    let (mut sandbox, _index) = with_index(IndexBuilder::harry());
    sandbox.write("moat/pyproject.toml", MANIFEST);
    let none = sandbox.run(["lock"]).code(2);
    assert!(none.stderr.contains("no project here"), "{}", none.stderr);
    sandbox.set("UV_PROJECT", "moat");
    let _locked = sandbox.run(["lock"]).code(1);
    sandbox.write("moat/pyproject.toml", &MANIFEST.replace(", \"luna\"", ""));
    let _locked = sandbox.run(["lock"]).success();
    assert!(sandbox.work().join("moat/pylock.toml").exists());
    sandbox.set("UV_PROJECT", "");
    sandbox.set("NAJA_WORKING_DIR", "moat");
    let _fits = sandbox.run(["lock", "--check"]).success();
    sandbox.set("UV_PROJECT_ENVIRONMENT", "elsewhere");
    sandbox.set("NAJA_ENVIRONMENT_LINK", "none");
    let _synced = sandbox.run(["sync"]).success();
    assert!(sandbox.work().join("moat/elsewhere/pyvenv.cfg").exists());
    assert!(!sandbox.work().join("moat/.venv").exists());
}

#[test]
fn a_raised_version_is_locked_and_installed() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    let project = Sdist::new("castle", "0.1.0").requires_python(">=3.8");
    project.write_to(&sandbox.work());
    // The backend says what the manifest says.
    let backend = sandbox.read("_build/backend.py").replace(
        "VERSION = \"0.1.0\"",
        "import re\nVERSION = re.search('\\nversion = \"(.*)\"', open('pyproject.toml').read()).group(1)",
    );
    sandbox.write("_build/backend.py", &backend);
    let version = || {
        let script = "import importlib.metadata as m; print(m.version('castle'))";
        let run = ["run", "--no-sync", "-q", "python", "-c", script];
        sandbox.run(run).success().stdout
    };
    let _synced = sandbox.run(["sync"]).success();
    assert_eq!(version(), "0.1.0\n");
    let output = sandbox.run(["version", "--bump", "minor"]).success();
    assert_eq!(output.stdout, "castle 0.1.0 => 0.2.0\n");
    assert_eq!(version(), "0.2.0\n");
    let _fits = sandbox.run(["lock", "--check"]).success();
    let _fits = sandbox.run(["sync", "--check"]).success();
    let _undone = sandbox.run(["undo"]).success();
    assert_eq!(version(), "0.1.0\n");
    assert!(
        sandbox
            .read("pyproject.toml")
            .contains("version = \"0.1.0\"")
    );
    let output = sandbox
        .run([
            "version",
            "--bump",
            "patch",
            "--no-sync",
            "--output-format",
            "json",
        ])
        .success();
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "package_name": "castle", "version": "0.1.1", "before": "0.1.0", "commit_info": null
        })
    );
    assert_eq!(version(), "0.1.0\n");
    let _stale = sandbox.run(["version", "3.0", "--frozen"]).success();
    let _stale = sandbox.run(["lock", "--check"]).code(1);
}
