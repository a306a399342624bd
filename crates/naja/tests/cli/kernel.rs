//! `naja kernel`: environments for Jupyter.

use naja_testkit::{IndexBuilder, Sandbox, Wheel};
use serde_json::Value;

use crate::{frozen, with_index};

fn with_ipykernel() -> (Sandbox, naja_testkit::Index) {
    let ipykernel = Wheel::new("ipykernel", "6.0").file(
        "ipykernel_launcher.py",
        "import sys\nprint(sys.prefix, sys.argv[1:])\n",
    );
    let (sandbox, index) = with_index(IndexBuilder::harry().wheel(&ipykernel));
    sandbox.write(
        "pyproject.toml",
        "[project]\nname = \"castle\"\nversion = \"1\"\n",
    );
    let _made = sandbox.run(["venv", "-q"]).success();
    (sandbox, index)
}

fn described(sandbox: &Sandbox, name: &str) -> Value {
    let file = sandbox
        .home()
        .join(".local/share/jupyter/kernels")
        .join(name)
        .join("kernel.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn a_kernel_runs_the_environments_python() {
    let (sandbox, _index) = with_ipykernel();
    let refused = sandbox.run(["kernel", "install"]).code(1);
    assert!(
        refused.stderr.contains("ipykernel is not installed")
            && refused.stderr.contains("--install"),
        "{}",
        refused.stderr
    );
    let made = sandbox.run(["kernel", "install", "--install"]).success();
    assert!(
        made.stderr.contains("the kernel `castle`"),
        "{}",
        made.stderr
    );
    assert_eq!(frozen(&sandbox), "ipykernel==6.0\n");
    let kernel = described(&sandbox, "castle");
    let python = sandbox.work().join(".venv/bin/python");
    assert_eq!(kernel["argv"][0], python.to_string_lossy().as_ref());
    assert_eq!(kernel["language"], "python");
    assert!(
        kernel["display_name"]
            .as_str()
            .unwrap()
            .starts_with("castle (Python 3.")
    );
    assert!(
        kernel["env"]["PATH"]
            .as_str()
            .unwrap()
            .ends_with("/.venv/bin:${PATH}")
    );
    // As Jupyter starts it.
    let words: Vec<String> = kernel["argv"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| {
            word.as_str()
                .unwrap()
                .replace("{connection_file}", "c.json")
        })
        .collect();
    let mut command = sandbox.command_of(&words[0]);
    command.args(&words[1..]);
    let ran = sandbox.finish(&mut command).success();
    assert_eq!(ran.stdout, "[DIR]/castle/.venv ['-f', 'c.json']\n");
}

#[test]
fn kernels_are_listed_and_removed() {
    let (sandbox, _index) = with_ipykernel();
    let none = sandbox.run(["kernel", "list"]).success();
    assert_eq!(none.stdout, "");
    let _made = sandbox
        .run([
            "kernel",
            "install",
            "--install",
            "--name",
            "Great-Hall",
            "--display-name",
            "The hall",
        ])
        .success();
    let listed = sandbox.run(["kernel", "list"]).success().stdout;
    assert!(listed.contains("great-hall  The hall"), "{listed}");
    let listed = sandbox.run(["kernel", "list", "--json"]).success().stdout;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(
        (&listed[0]["by_naja"], &listed[0]["works"]),
        (&true.into(), &true.into())
    );
    // Again is no error, another's is one.
    let _again = sandbox
        .run(["kernel", "install", "--name", "great-hall"])
        .success();
    let other = sandbox.home().join(".local/share/jupyter/kernels/theirs");
    std::fs::create_dir_all(&other).unwrap();
    std::fs::write(
        other.join("kernel.json"),
        "{\"argv\": [\"python\"], \"display_name\": \"T\"}",
    )
    .unwrap();
    let _refused = sandbox
        .run(["kernel", "install", "--name", "theirs"])
        .code(2);
    let near = sandbox.run(["kernel", "remove", "great-hal"]).code(2);
    assert!(near.stderr.contains("`great-hall`"), "{}", near.stderr);
    let _removed = sandbox.run(["kernel", "remove", "great-hall"]).success();
    assert!(!other.parent().unwrap().join("great-hall").exists() && other.exists());
    let _odd = sandbox.run(["kernel", "install", "--name", "../x"]).code(2);
}
