//! `naja config`, and which of several places a setting comes from.

use naja_testkit::Sandbox;
use serde_json::Value;

use crate::sandbox;

fn shown(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let given = [&["config", "show", "link-mode", "--origin"], arguments].concat();
    sandbox.run(given).success().stdout
}

#[test]
fn the_nearest_place_counts() {
    let mut sandbox = sandbox();
    let home = sandbox.home();
    let write = |path: &std::path::Path, text: &str| {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    // What is printed has another word for the directory of the test.
    let whole = home.parent().unwrap().to_path_buf();
    let told = |path: &std::path::Path| {
        let inside = path.strip_prefix(&whole).unwrap();
        format!("[DIR]/{}", inside.display())
    };
    assert_eq!(shown(&sandbox, &[]), "link-mode =   # the default\n");
    let system = home.join("system/naja/naja.toml");
    write(&system, "link-mode = 'clone'\n");
    sandbox.set("XDG_CONFIG_DIRS", home.join("system").display().to_string());
    let from =
        |path: &std::path::Path, line: u32| format!("`link-mode` in {}:{line}\n", told(path));
    let expected = format!("link-mode = clone  # {}", from(&system, 1));
    assert_eq!(shown(&sandbox, &[]), expected);
    let user = home.join(".config/naja/naja.toml");
    write(&user, "offline = true\nlink-mode = 'copy'\n");
    let of_user = format!("link-mode = copy  # {}", from(&user, 2));
    assert_eq!(shown(&sandbox, &[]), of_user);
    let project = sandbox.write("naja.toml", "link-mode = 'hardlink'\n");
    let of_project = format!("link-mode = hardlink  # {}", from(&project, 1));
    assert_eq!(shown(&sandbox, &[]), of_project);
    assert_eq!(
        shown(&sandbox, &["--no-config"]),
        "link-mode =   # the default\n"
    );
    sandbox.set("UV_LINK_MODE", "symlink");
    assert_eq!(
        shown(&sandbox, &[]),
        "link-mode = symlink  # the variable UV_LINK_MODE\n"
    );
    sandbox.set("NAJA_LINK_MODE", "copy");
    assert_eq!(
        shown(&sandbox, &[]),
        "link-mode = copy  # the variable NAJA_LINK_MODE\n"
    );
    let output = sandbox.run(["config", "show", "no-cache", "--origin", "--no-cache"]);
    assert_eq!(output.success().stdout, "no-cache = true  # --no-cache\n");
    let output = sandbox
        .run(["config", "show", "--json", "offline"])
        .success();
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let setting = &report["settings"][0];
    assert_eq!(
        (&setting["key"], &setting["value"]),
        (&"offline".into(), &"true".into())
    );
    assert_eq!(setting["origin"]["layer"], "user");
    assert_eq!(setting["origin"]["line"], 1);
    assert_eq!(setting["origin"]["file"], told(&user));
}

#[test]
fn files_are_changed_and_kept() {
    let sandbox = sandbox();
    let user = sandbox.home().join(".config/naja/naja.toml");
    let run = |arguments: &[&str]| sandbox.run([&["config"], arguments].concat());
    let _set = run(&["set", "link-mode", "copy"]).success();
    assert_eq!(
        std::fs::read_to_string(&user).unwrap(),
        "link-mode = \"copy\"\n"
    );
    assert_eq!(run(&["get", "link-mode"]).success().stdout, "copy\n");
    let text = "# mine\n[project]\nname = 'castle'  # big\nversion = '1'\n";
    sandbox.write("pyproject.toml", text);
    let output = run(&[
        "set",
        "--local",
        "--dry-run",
        "no-build-package",
        "harry,ron",
    ])
    .success();
    assert!(
        output
            .stdout
            .contains("+no-build-package = [\"harry\", \"ron\"]"),
        "{}",
        output.stdout
    );
    assert_eq!(sandbox.read("pyproject.toml"), text);
    let _set = run(&["set", "--local", "no-build-package", "harry,ron"]).success();
    let with = format!("{text}\n[tool.naja]\nno-build-package = [\"harry\", \"ron\"]\n");
    assert_eq!(sandbox.read("pyproject.toml"), with);
    let _unset = run(&["unset", "--local", "no-build-package"]).success();
    assert_eq!(sandbox.read("pyproject.toml"), text);
    // uv would not know the key: beside its table naja has a file of its own.
    sandbox.write(
        "pyproject.toml",
        &format!("{text}[tool.uv]\noffline = false\n"),
    );
    let _set = run(&["set", "--local", "history-keep", "7"]).success();
    assert_eq!(sandbox.read("naja.toml"), "history-keep = 7\n");
    for (arguments, status, words) in [
        (&["set", "ofline", "true"][..], 2, "is `offline` meant?"),
        (&["set", "offline", "perhaps"], 2, "true or false"),
        (&["unset", "offline"], 1, "is not set"),
        (&["get", "python"], 1, "is not set"),
        (&["show", "nothing"], 2, "no such setting"),
    ] {
        let output = run(arguments).code(status);
        assert!(
            output.stderr.contains(words),
            "{arguments:?}: {}",
            output.stderr
        );
    }
    assert_eq!(
        std::fs::read_to_string(&user).unwrap(),
        "link-mode = \"copy\"\n"
    );
    let output = run(&["list", "link-mode"]).success();
    for words in ["link-mode: ", "--link-mode, NAJA_LINK_MODE, UV_LINK_MODE"] {
        assert!(output.stdout.contains(words), "{}", output.stdout);
    }
}
