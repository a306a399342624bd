//! `naja outdated` in a project, and `naja upgrade`.

use naja_testkit::{Index, IndexBuilder, Sandbox, Wheel};
use serde_json::Value;

use crate::{installed, with_index};

/// A project with these dependencies, locked; an index of a few more packages.
fn project(rest: &str) -> (Sandbox, Index) {
    let builder = IndexBuilder::harry()
        .wheel(&Wheel::new("ron", "1.0"))
        .wheel(&Wheel::new("ron", "2.0").requires_python(">=3.99"))
        .wheel(&Wheel::new("luna", "1.0").requires("hedwig"))
        .wheel(&Wheel::new("luna", "2.0").requires("hedwig<2"));
    let (sandbox, index) = with_index(builder);
    sandbox.write("pyproject.toml", &manifest(rest));
    (sandbox, index)
}

fn manifest(rest: &str) -> String {
    format!(
        "[project]\nname = \"castle\"\nversion = \"0.1.0\"\nrequires-python = \">=3.8,<3.90\"\n{rest}"
    )
}

fn json(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let output = sandbox.run(arguments).success();
    serde_json::from_str(&output.stdout).unwrap()
}

/// The rows of `naja outdated --json`, each as one line.
fn rows(sandbox: &Sandbox, arguments: &[&str]) -> Vec<String> {
    let report = json(sandbox, &[&["outdated", "--json"], arguments].concat());
    let packages = report["packages"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    packages
        .map(|one| {
            let kinds = one["blocked_by"].as_array().unwrap().iter();
            let kinds: Vec<String> = kinds.map(|blocker| text(&blocker["kind"])).collect();
            let versions = ["name", "current", "allowed", "latest"].map(|key| text(&one[key]));
            format!("{} {}", versions.join(" "), kinds.join(","))
                .trim()
                .to_owned()
        })
        .collect()
}

#[test]
fn outdated_says_what_is_in_the_way() {
    let (sandbox, index) = project(
        "dependencies = [\"harry<2\", \"hedwig==1.0\", \"draco\", \"ron\"]\n\
         [project.optional-dependencies]\nmagic = [\"sirius<2\"]\n",
    );
    let _locked = sandbox.run(["lock"]).success();
    let before = sandbox.read("pylock.toml");
    index.forget();
    assert_eq!(
        rows(&sandbox, &[]),
        [
            "harry 1.0 1.0 3.0 own-bound,package,package",
            "hedwig 1.0 1.0 2.0 own-bound",
            "ron 1.0 1.0 2.0 requires-python",
            "sirius 1.0 1.0 2.0 own-bound",
        ]
    );
    assert_eq!(index.requests(), Vec::<String>::new());
    assert_eq!(sandbox.read("pylock.toml"), before);
    let output = sandbox.run(["outdated", "harry"]).success();
    for words in [
        "Package Current Allowed Latest Wanted by",
        "your bound `harry<2`; draco 1.0 (`harry==1`); sirius 1.0 (`harry<2`)",
    ] {
        assert!(output.stdout.contains(words), "{}", output.stdout);
    }
    let output = sandbox.run(["outdated", "sirius", "ron"]).success();
    assert!(output.stdout.contains("extra magic"), "{}", output.stdout);
    assert!(
        output
            .stdout
            .contains("needs >=3.99, the project is for >=3.8,<3.90"),
        "{}",
        output.stdout
    );
    let _some = sandbox.run(["outdated", "--exit-code"]).code(1);
    let _none = sandbox.run(["outdated", "--check", "draco"]).success();
    let output = sandbox.run(["outdated", "nobody"]).code(2);
    assert!(
        output.stderr.contains("not in the lock"),
        "{}",
        output.stderr
    );
}

#[test]
fn outdated_knows_what_moves_together() {
    let (sandbox, _index) = project("dependencies = [\"sirius==1.0\"]\n");
    let _locked = sandbox.run(["lock"]).success();
    sandbox.write("pyproject.toml", &manifest("dependencies = [\"sirius\"]\n"));
    let _locked = sandbox.run(["lock"]).success();
    assert_eq!(rows(&sandbox, &[]), ["sirius 1.0 2.0 2.0"]);
    assert_eq!(
        rows(&sandbox, &["--all"]),
        ["harry 1.0 3.0 3.0", "sirius 1.0 2.0 2.0"]
    );
    let output = sandbox.run(["outdated", "--all"]).success();
    assert!(
        output
            .stdout
            .contains("3.0 only together with sirius 1.0 (asks for `harry<2`)"),
        "{}",
        output.stdout
    );
    let _upgraded = sandbox.run(["lock", "-U"]).success();
    let output = sandbox.run(["outdated", "--all", "--exit-code"]).success();
    assert_eq!(output.stdout, "");
    assert!(
        output.stderr.contains("newest version"),
        "{}",
        output.stderr
    );
}

#[test]
fn outdated_tries_what_nobody_forbids() {
    // The newest of both does not go together, and neither is forbidden by itself.
    let (sandbox, _index) = project("dependencies = [\"hedwig\", \"luna\"]\n");
    let _locked = sandbox.run(["lock"]).success();
    let found = rows(&sandbox, &[]);
    assert!(
        found == ["luna 1.0 1.0 2.0 instead-of"] || found == ["hedwig 1.0 1.0 2.0 package"],
        "{found:?}"
    );
    let output = sandbox.run(["outdated"]).success();
    assert!(output.stdout.contains("hedwig"), "{}", output.stdout);
}

#[test]
fn outdated_counts_by_the_rules() {
    let (sandbox, _index) =
        project("dependencies = [\"harry\"]\n[tool.naja]\nexclude-newer = \"2023-06-01\"\n");
    let _locked = sandbox.run(["lock"]).success();
    assert_eq!(rows(&sandbox, &[]), ["harry 1.0 1.0 3.0 exclude-newer"]);
    assert_eq!(
        rows(&sandbox, &["--exclude-newer", "2023-06-01"]),
        Vec::<String>::new()
    );
    sandbox.write(
        "pyproject.toml",
        &manifest(
            "dependencies = [\"harry\"]\n[tool.naja]\nconstraint-dependencies = [\"harry<2\"]\n",
        ),
    );
    assert_eq!(rows(&sandbox, &[]), ["harry 1.0 1.0 3.0 rule"]);
    let found = rows(&sandbox, &["--pre"]);
    assert_eq!(found, ["harry 1.0 1.0 4.0rc1 rule"]);
}

const STYLED: &str = "dependencies = [\n  # the one who lived\n  \"harry >= 1, < 2\",  # a wizard\n  'hedwig==1.0',\n  \"Sirius[]~=1.0 ; python_version < '4'\",\n]\n";

#[test]
fn bounds_move_and_nothing_else() {
    let (sandbox, _index) = project(STYLED);
    let _synced = sandbox.run(["sync"]).success();
    assert_eq!(installed(&sandbox), "harry==1.0 hedwig==1.0 sirius==1.0");
    let before = (sandbox.read("pyproject.toml"), sandbox.read("pylock.toml"));
    let output = sandbox.run(["upgrade", "--dry-run"]).success();
    for line in [
        "--- a/pyproject.toml",
        "-  \"harry >= 1, < 2\",  # a wizard",
        "+  \"harry >= 1, < 4\",  # a wizard",
        "+  'hedwig==2.0',",
    ] {
        assert!(
            output.stdout.lines().any(|shown| shown == line),
            "{line}: {}",
            output.stdout
        );
    }
    assert!(
        output.stderr.contains("Updated harry v1.0 -> v3.0"),
        "{}",
        output.stderr
    );
    let after = (sandbox.read("pyproject.toml"), sandbox.read("pylock.toml"));
    assert_eq!(after, before);
    let _upgraded = sandbox.run(["upgrade"]).success();
    let wanted = STYLED
        .replace("< 2", "< 4")
        .replace("hedwig==1.0", "hedwig==2.0")
        .replace("~=1.0", "~=2.0");
    assert_eq!(sandbox.read("pyproject.toml"), manifest(&wanted));
    assert_eq!(installed(&sandbox), "harry==3.0 hedwig==2.0 sirius==2.0");
    let _fits = sandbox.run(["lock", "--check"]).success();
    let output = sandbox.run(["upgrade"]).success();
    assert!(
        output.stderr.contains("Nothing to upgrade"),
        "{}",
        output.stderr
    );
    let _undone = sandbox.run(["undo"]).success();
    let after = (sandbox.read("pyproject.toml"), sandbox.read("pylock.toml"));
    assert_eq!(after, before);
    assert_eq!(installed(&sandbox), "harry==1.0 hedwig==1.0 sirius==1.0");
}

#[test]
fn only_what_is_named_is_upgraded() {
    let rest = "dependencies = [\"harry<2\", \"hedwig<2\"]\n\
                [dependency-groups]\ndev = [\"sirius<2\"]\nbirds = [\"hedwig==1.0\"]\n";
    for (arguments, changed, lines) in [
        (
            &["hedwig"][..],
            &[("hedwig<2", "hedwig<3"), ("hedwig==1.0", "hedwig==2.0")][..],
            "hedwig v1.0 -> v2.0",
        ),
        (
            &["--group", "birds"],
            &[("hedwig==1.0", "hedwig==1.0")],
            "Nothing",
        ),
        (&["--dev"], &[], "Nothing"),
        (
            &["--exclude", "hedwig", "--exclude", "harry"],
            &[],
            "Nothing",
        ),
        (&["--locked-only"], &[], "Nothing"),
        (&["harry"], &[], "No version change for harry"),
        (
            &["harry", "sirius"],
            &[("harry<2", "harry<4"), ("sirius<2", "sirius<3")],
            "sirius v1.0 -> v2.0",
        ),
    ] {
        let (sandbox, _index) = project(rest);
        let _locked = sandbox.run(["lock"]).success();
        let given = [&["upgrade", "--no-sync"], arguments].concat();
        let output = sandbox.run(given).success();
        assert!(
            output.stderr.contains(lines),
            "{arguments:?}: {}",
            output.stderr
        );
        let wanted = changed
            .iter()
            .fold(manifest(rest), |text, (from, to)| text.replace(from, to));
        assert_eq!(sandbox.read("pyproject.toml"), wanted, "{arguments:?}");
        let _fits = sandbox.run(["lock", "--check"]).success();
        assert!(!sandbox.work().join(".venv").exists());
    }
}

#[test]
fn bounds_go_only_as_far_as_everything_allows() {
    let (sandbox, _index) = project("dependencies = [\"harry<2\", \"draco\", \"ron<2\"]\n");
    let _locked = sandbox.run(["lock"]).success();
    let output = sandbox.run(["upgrade", "--no-sync"]).success();
    assert!(
        output.stderr.contains("Nothing to upgrade"),
        "{}",
        output.stderr
    );
    for (arguments, status, words) in [
        (&["upgrade", "harri"][..], 2, "did you mean `harry`"),
        (&["upgrade", "--group", "docs"], 2, "group `docs`"),
        (&["upgrade", "--package", "moat"], 2, "its projects: "),
        (&["upgrade", "--interactive"], 2, "no terminal"),
        (&["upgrade", "--test", "'"], 2, "is not a command"),
    ] {
        let output = sandbox.run(arguments).code(status);
        assert!(
            output.stderr.contains(words),
            "{arguments:?}: {}",
            output.stderr
        );
    }
}

#[test]
fn versions_can_be_said_with_the_names() {
    let rest = "dependencies = [\"harry<2\", \"hedwig<2\"]\n";
    for (asked, wanted, locked) in [
        ("harry@2.0", "harry<3", "harry==2.0"),
        ("harry==2.0", "harry<3", "harry==2.0"),
        ("harry>=1.5,<4", "harry<4", "harry==3.0"),
        ("harry@latest", "harry<4", "harry==3.0"),
        ("harry@1.0", "harry<2", "harry==1.0"),
    ] {
        let (sandbox, _index) = project(rest);
        let _synced = sandbox.run(["sync"]).success();
        let before = (sandbox.read("pyproject.toml"), sandbox.read("pylock.toml"));
        let output = sandbox.run(["upgrade", "--dry-run", asked]).success();
        let shown = output
            .stdout
            .contains(&format!("+dependencies = [\"{wanted}\""));
        assert_eq!(shown, wanted != "harry<2", "{asked}: {}", output.stdout);
        let after = (sandbox.read("pyproject.toml"), sandbox.read("pylock.toml"));
        assert_eq!(after, before);
        let _upgraded = sandbox.run(["upgrade", asked]).success();
        let text = manifest(&rest.replace("harry<2", wanted));
        assert_eq!(sandbox.read("pyproject.toml"), text, "{asked}");
        assert_eq!(installed(&sandbox), format!("{locked} hedwig==1.0"));
        let _fits = sandbox.run(["lock", "--check"]).success();
        let _undone = sandbox.run(["undo"]).success();
    }
}

#[test]
fn versions_that_cannot_be_had_are_explained() {
    let rest =
        "dependencies = [\"harry>=2,<3\", \"draco; python_version < '3'\", \"sirius==1.0\"]\n";
    let (sandbox, _index) = project(&rest.replace("harry>=2,<3", "harry<2"));
    let _synced = sandbox.run(["sync"]).success();
    let before = (sandbox.read("pyproject.toml"), sandbox.read("pylock.toml"));
    for (asked, words) in [
        // The package that holds it back is named.
        (&["harry@3.0"][..], &["sirius", "harry"][..]),
        (
            &["harry==7"],
            &["harry is constrained to ==7 (naja upgrade)"],
        ),
        (&["harry@3.0", "--dry-run"], &["sirius"]),
    ] {
        let output = sandbox.run([&["upgrade"], asked].concat()).code(1);
        for word in words {
            assert!(output.stderr.contains(word), "{asked:?}: {}", output.stderr);
        }
        let after = (sandbox.read("pyproject.toml"), sandbox.read("pylock.toml"));
        assert_eq!(after, before);
    }
    sandbox.write(
        "pyproject.toml",
        &manifest("dependencies = [\"harry>=2\"]\n"),
    );
    let output = sandbox.run(["upgrade", "harry@1.0"]).code(1);
    assert!(
        output.stderr.contains("lower bounds stay")
            && output.stderr.contains("naja add 'harry==1.0'"),
        "{}",
        output.stderr
    );
    for wrong in [
        "harry@",
        "harry[wand]",
        "harry @ https://index.example/harry.whl",
        "harry=2",
    ] {
        let output = sandbox.run(["upgrade", wrong]).code(2);
        assert!(
            output.stderr.contains("can be upgraded"),
            "{wrong}: {}",
            output.stderr
        );
    }
}

#[test]
fn what_only_others_need_gets_the_version_that_is_said() {
    let (sandbox, _index) = project("dependencies = [\"luna==1.0\"]\n");
    let _locked = sandbox.run(["lock"]).success();
    assert!(sandbox.read("pylock.toml").contains("hedwig-2.0"));
    let _upgraded = sandbox.run(["upgrade", "hedwig@1.0"]).success();
    assert_eq!(installed(&sandbox), "hedwig==1.0 luna==1.0");
}

#[test]
fn the_test_is_a_command_as_tasks_have_them() {
    let (sandbox, _index) = project("dependencies = [\"harry<2\"]\n");
    let broken = "import importlib.metadata as m; assert m.version('harry') != '3.0'";
    sandbox.write(
        "check.py",
        &format!("import sys\nsys.argv[1:] == ['one two'] or exit(9)\n{broken}\n"),
    );
    sandbox.write(
        "naja.toml",
        "[tasks]\nprove = { cmd = \"python check.py\", env = { WORDS = \"one two\" } }\n",
    );
    for test in [
        "prove 'one two'",
        "python check.py 'one two'",
        "WORDS=1 python check.py 'one two' && echo fine",
        "python check.py || python check.py 'one two'",
    ] {
        let _synced = sandbox.run(["sync"]).success();
        let report = json(&sandbox, &["upgrade", "--json", "--test", test]);
        assert_eq!(
            report["test"]["broken"],
            serde_json::json!(["harry"]),
            "{test}: {report}"
        );
        assert_eq!(installed(&sandbox), "harry==1.0");
    }
    for (test, words) in [
        ("python check.py | cat", "needs a shell"),
        ("'open", "has no end"),
        ("no-such-program", "no-such-program"),
    ] {
        let output = sandbox.run(["upgrade", "--test", test]).code(2);
        assert!(output.stderr.contains(words), "{test}: {}", output.stderr);
    }
}

#[test]
fn hooks_run_after_everything_that_changes_the_environment() {
    let (sandbox, _index) = project("dependencies = [\"harry<2\"]\n");
    let _synced = sandbox.run(["sync"]).success();
    sandbox.write(
        "naja.toml",
        "[tasks]\npre-sync = \"echo before\"\npost-sync = \"echo the environment has changed\"\n",
    );
    let told = |arguments: &[&str]| {
        let output = sandbox.run(arguments).success();
        let has = |words: &str| {
            output
                .stderr
                .lines()
                .chain(output.stdout.lines())
                .any(|line| line == words)
        };
        (has("before"), has("the environment has changed"))
    };
    assert_eq!(told(&["upgrade", "--dry-run"]), (false, false));
    assert_eq!(told(&["upgrade"]), (true, true));
    assert_eq!(told(&["upgrade"]), (true, false));
    assert_eq!(told(&["undo", "--dry-run"]), (false, false));
    assert_eq!(told(&["undo"]), (false, true));
    assert_eq!(told(&["redo", "--no-hooks"]), (false, false));
    assert_eq!(told(&["undo", "--no-hooks"]), (false, false));
    assert_eq!(told(&["upgrade", "--no-sync"]), (false, false));
    assert_eq!(told(&["version"]), (false, false));
    assert_eq!(told(&["version", "0.2.0", "--frozen"]), (false, false));
    // It syncs what `--no-sync` left.
    assert_eq!(told(&["version", "0.3.0"]), (true, true));
    // What failed leaves what was done, and gives its status.
    sandbox.write(
        "naja.toml",
        "[tasks]\npost-sync = \"python -c 'exit(7)'\"\n",
    );
    let _failed = sandbox.run(["add", "hedwig"]).code(7);
    let _failed = sandbox.run(["undo"]).code(7);
    assert!(!sandbox.read("pyproject.toml").contains("hedwig"));
}

/// A command that fails if the environment has these.
fn without(what: &[&str]) -> String {
    let wrong: Vec<String> = what.iter().map(|one| format!("'{one}'")).collect();
    format!(
        "python -c \"import importlib.metadata as m, sys; \
         sys.exit(any(d.metadata['Name'] + ' ' + d.version in [{}] for d in m.distributions()))\"",
        wrong.join(", ")
    )
}

#[test]
fn upgrades_that_break_the_command_are_left_out() {
    let rest = "dependencies = [\"harry<2\", \"hedwig==1.0\", \"sirius<2\", \"luna==1.0\"]\n";
    let (sandbox, _index) = project(rest);
    let _synced = sandbox.run(["sync"]).success();
    let before = (sandbox.read("pyproject.toml"), sandbox.read("pylock.toml"));
    let test = without(&["hedwig 2.0"]);
    let report = json(&sandbox, &["upgrade", "--json", "--test", &test]);
    assert_eq!(
        report["test"]["broken"],
        serde_json::json!(["hedwig"]),
        "{report}"
    );
    assert_eq!(
        report["test"]["kept"],
        serde_json::json!(["harry", "sirius"]),
        "{report}"
    );
    let wanted = rest
        .replace("harry<2", "harry<4")
        .replace("sirius<2", "sirius<3");
    assert_eq!(sandbox.read("pyproject.toml"), manifest(&wanted));
    assert_eq!(
        installed(&sandbox),
        "harry==3.0 hedwig==1.0 luna==1.0 sirius==2.0"
    );
    let _fits = sandbox.run(["lock", "--check"]).success();
    let _undone = sandbox.run(["undo"]).success();
    let after = (sandbox.read("pyproject.toml"), sandbox.read("pylock.toml"));
    assert_eq!(after, before);
    // The same again does the same, and leaves nothing behind.
    let again = json(&sandbox, &["upgrade", "--json", "--test", &test]);
    assert_eq!(again["test"], report["test"]);
    let left = std::fs::read_dir(sandbox.cache().join("v1/environments")).unwrap();
    assert_eq!(left.count(), 0);
}

#[test]
fn a_command_that_fails_already_stops_the_upgrade() {
    let (sandbox, _index) = project("dependencies = [\"harry<2\"]\n");
    let _synced = sandbox.run(["sync"]).success();
    let before = (sandbox.read("pyproject.toml"), sandbox.read("pylock.toml"));
    let test = without(&["harry 1.0"]);
    let output = sandbox.run(["upgrade", "--test", &test]).code(1);
    assert!(
        output.stderr.contains("fails without any upgrade"),
        "{}",
        output.stderr
    );
    let _none = sandbox
        .run(["upgrade", "--test", "no-such-program"])
        .code(2);
    let after = (sandbox.read("pyproject.toml"), sandbox.read("pylock.toml"));
    assert_eq!(after, before);
    assert_eq!(installed(&sandbox), "harry==1.0");
    let passes = without(&["harry 2.0"]);
    let _upgraded = sandbox.run(["upgrade", "--test", &passes]).success();
    assert_eq!(installed(&sandbox), "harry==3.0");
}

#[test]
fn what_waits_for_others_is_not_blamed_on_them() {
    // cho 2.0 needs the newer sirius: alone it stays, and comes along only later.
    let builder = IndexBuilder::harry()
        .wheel(&Wheel::new("cho", "1.0"))
        .wheel(&Wheel::new("cho", "2.0").requires("sirius>=2"));
    let (sandbox, _index) = with_index(builder);
    let rest = "dependencies = [\"cho<2\", \"harry<2\", \"hedwig<2\", \"sirius<2\"]\n";
    sandbox.write("pyproject.toml", &manifest(rest));
    let _synced = sandbox.run(["sync"]).success();
    let report = json(
        &sandbox,
        &["upgrade", "--json", "--test", &without(&["cho 2.0"])],
    );
    assert_eq!(
        report["test"]["broken"],
        serde_json::json!(["cho"]),
        "{report}"
    );
    assert_eq!(
        report["test"]["kept"],
        serde_json::json!(["harry", "hedwig", "sirius"]),
        "{report}"
    );
    assert_eq!(
        installed(&sandbox),
        "cho==1.0 harry==3.0 hedwig==2.0 sirius==2.0"
    );
}
