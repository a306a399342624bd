//! `cache-keys`: when local projects are built again.

use naja_testkit::{Repository, Sandbox, Sdist};

use crate::sandbox;

/// An environment without an index, and a project with these keys.
fn project(keys: &str) -> Sandbox {
    let mut sandbox = sandbox();
    sandbox.set("NAJA_NO_INDEX", "1");
    let _made = sandbox.run(["venv", "-q"]).success();
    let pollux = Sdist::new("pollux", "1.0");
    pollux.write_to(&sandbox.work().join("pollux"));
    let text = format!("{}[tool.uv]\ncache-keys = {keys}\n", pollux.pyproject());
    sandbox.write("pollux/pyproject.toml", &text);
    sandbox
}

/// Whether it is installed again.
fn changes(sandbox: &Sandbox, arguments: &[&str]) -> bool {
    let mut command = vec!["pip", "install"];
    command.extend(arguments);
    let said = sandbox.run(command).success().stderr;
    assert_ne!(
        said.contains("Audited"),
        said.contains("pollux==1.0"),
        "{said}"
    );
    said.contains("pollux==1.0")
}

#[test]
fn only_what_is_listed_counts() {
    let mut sandbox =
        project("['native/**/*.c', {file = 'data.txt'}, {dir = 'gen'}, {env = 'MODE'}]");
    let plain = ["./pollux"];
    assert!(changes(&sandbox, &plain));
    assert!(!changes(&sandbox, &plain));
    sandbox.write("pollux/pollux/other.py", "x = 1\n");
    assert!(!changes(&sandbox, &plain));
    sandbox.write("pollux/native/deep/er.c", "int x;\n");
    assert!(changes(&sandbox, &plain));
    sandbox.write("pollux/native/deep/er.c", "int longer;\n");
    assert!(changes(&sandbox, &plain));
    sandbox.write("pollux/data.txt", "1");
    assert!(changes(&sandbox, &plain));
    sandbox.write("pollux/gen/x", "1");
    assert!(changes(&sandbox, &plain));
    sandbox.write("pollux/gen/y", "1");
    assert!(!changes(&sandbox, &plain));
    sandbox.set("MODE", "fast");
    assert!(changes(&sandbox, &plain));
    assert!(!changes(&sandbox, &plain));
    // An editable project follows its list as well.
    let editable = ["-e", "./pollux"];
    assert!(changes(&sandbox, &editable));
    assert!(!changes(&sandbox, &editable));
    sandbox.write("pollux/data.txt", "22");
    assert!(changes(&sandbox, &editable));
    assert!(!changes(&sandbox, &editable));
}

#[test]
fn commits_and_tags_count_where_they_are_listed() {
    if !Repository::possible() {
        eprintln!("skipped: there is no git");
        return;
    }
    let sandbox = project("[{git = {commit = true, tags = true}}]");
    let repository = Repository::init(sandbox.work().join("pollux"));
    repository.commit("one");
    let plain = ["./pollux"];
    assert!(changes(&sandbox, &plain));
    repository.write("pollux/other.py", "x = 1\n");
    assert!(!changes(&sandbox, &plain));
    repository.commit("two");
    assert!(changes(&sandbox, &plain));
    repository.git(&["tag", "v1"]);
    assert!(changes(&sandbox, &plain));
    repository.git(&["pack-refs", "--all"]);
    assert!(!changes(&sandbox, &plain));
    repository.git(&["tag", "-d", "v1"]);
    assert!(changes(&sandbox, &plain));
}

#[test]
fn a_list_with_mistakes_is_told() {
    let sandbox = project("[{files = '*.c'}]");
    let refused = sandbox.run(["pip", "install", "./pollux"]);
    assert_ne!(refused.status, 0);
    assert!(
        refused.stderr.contains("tool.uv.cache-keys"),
        "{}",
        refused.stderr
    );
}
