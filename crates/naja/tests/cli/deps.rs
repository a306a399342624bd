//! `naja deps check`: what is imported, and what is declared.

use naja_testkit::{Index, IndexBuilder, Sandbox, Wheel};
use serde_json::{Value, json};

use crate::{sandbox, with_index};

const MANIFEST: &str = r#"[project]
name = "castle"
version = "0.1.0"
requires-python = ">=3.8"
dependencies = ["harry", "sirius", "owl"]

[project.optional-dependencies]
moon = ["remus"]

[dependency-groups]
dev = ["pensieve"]
"#;

/// Packages of which two have modules of other names, and a project that is synced.
fn scene(manifest: &str) -> (Sandbox, Index) {
    let module = |name: &str, module: &str| {
        let wheel = Wheel::new(name, "1.0").without_module();
        wheel.file(&format!("{module}/__init__.py"), "")
    };
    let builder = IndexBuilder::harry()
        .wheel(&module("pyowl", "feather"))
        .wheel(&module("owl", "strix").requires("pyowl"))
        .wheel(&module("post-office", "post/office"))
        .wheel(&module("post-van", "post/van"))
        .wheel(&Wheel::new("pensieve", "1.0").console_script("pensieve", "pensieve:main"))
        .wheel(&Wheel::new("nothing", "1.0").without_module());
    let (sandbox, index) = with_index(builder);
    sandbox.write("pyproject.toml", manifest);
    let _synced = sandbox.run(["sync", "-q", "--all-extras"]).success();
    index.forget();
    (sandbox, index)
}

fn findings(sandbox: &Sandbox, arguments: &[&str], status: i32) -> Vec<Value> {
    let arguments = ["deps", "check", "--output-format", "json"]
        .iter()
        .chain(arguments);
    let output = sandbox.run(arguments).code(status);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    report["findings"].as_array().unwrap().clone()
}

/// The kind and the package of each.
fn short(findings: &[Value]) -> Vec<(String, String)> {
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let all = findings.iter();
    all.map(|one| (word(&one["kind"]), word(&one["package"])))
        .collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let all = pairs.iter();
    all.map(|(kind, name)| ((*kind).to_owned(), (*name).to_owned()))
        .collect()
}

#[test]
fn one_unused_and_one_undeclared() {
    let (sandbox, index) = scene(MANIFEST);
    sandbox.write(
        "src/castle/__init__.py",
        "import os, sys\nfrom . import tower\nimport castle.tower\nimport strix\n\nfrom feather import fly\nimport harry\n",
    );
    sandbox.write("src/castle/tower.py", "x = 'import draco'\n");
    let output = sandbox.run(["deps", "check"]).code(1);
    assert_eq!(
        output.stdout,
        "src/castle/__init__.py:6: `feather.fly` is of pyowl, which is not declared and comes only by way of owl: \
         naja add pyowl\n\
         pyproject.toml:5: sirius (dependencies) is not imported: naja remove sirius\n\
         2 findings (2 files)\n"
    );
    assert_eq!(output.stderr, "");
    assert_eq!(
        findings(&sandbox, &[], 1),
        [
            json!({"kind": "undeclared", "package": "pyowl", "installed": true, "module": "feather.fly",
                "file": "src/castle/__init__.py", "line": 6, "by": ["owl"], "command": "naja add pyowl"}),
            json!({"kind": "unused", "package": "sirius", "installed": true, "file": "pyproject.toml", "line": 5,
                "section": "dependencies", "command": "naja remove sirius"}),
        ]
    );
    assert_eq!(
        short(&findings(&sandbox, &["--all"], 1)),
        pairs(&[
            ("undeclared", "pyowl"),
            ("unused", "remus"),
            ("unused", "sirius")
        ])
    );
    assert_eq!(
        findings(&sandbox, &["--ignore", "sirius,pyowl"], 0),
        [] as [Value; 0]
    );
    sandbox.write(
        "pyproject.toml",
        &format!("{MANIFEST}\n[tool.naja]\ndeps-ignore = [\"sirius\"]\n"),
    );
    assert_eq!(
        short(&findings(&sandbox, &[], 1)),
        pairs(&[("undeclared", "pyowl")])
    );
    assert_eq!(index.requests(), Vec::<String>::new());
}

#[test]
fn what_it_says_can_be_done() {
    let (sandbox, _index) = scene(MANIFEST);
    sandbox.write("castle.py", "import strix, feather, harry\n");
    let _found = sandbox.run(["deps", "check"]).code(1);
    let _added = sandbox.run(["add", "-q", "pyowl"]).success();
    let _gone = sandbox.run(["remove", "-q", "sirius"]).success();
    let output = sandbox.run(["deps", "check"]).success();
    assert_eq!(
        output.stdout,
        "castle declares what it imports, and imports what it declares (1 file)\n"
    );
}

#[test]
fn how_much_an_import_is_needed_counts() {
    let (sandbox, _index) = scene(MANIFEST);
    sandbox.write(
        "castle.py",
        "from typing import TYPE_CHECKING\nimport strix\nif TYPE_CHECKING:\n    import harry\n    import pensieve\n\
         try:\n    import luna\nexcept ImportError:\n    luna = None\nimportlib.import_module('sirius')\n",
    );
    assert_eq!(findings(&sandbox, &[], 0), [] as [Value; 0]);
    sandbox.write(
        "castle.py",
        "import strix, harry, sirius, remus\nimport pensieve\n",
    );
    let found = findings(&sandbox, &[], 1);
    assert_eq!(short(&found), pairs(&[("misplaced", "pensieve")]));
    assert_eq!(
        (&found[0]["line"], &found[0]["section"]),
        (&json!(2), &json!("group dev"))
    );
}

#[test]
fn tests_may_import_what_groups_declare() {
    let (sandbox, _index) = scene(MANIFEST);
    sandbox.write("castle/__init__.py", "import strix, harry, sirius\n");
    sandbox.write(
        "tests/test_castle.py",
        "import pensieve, castle, helping\nfrom tests import helping\n",
    );
    sandbox.write("tests/helping.py", "import feather\n");
    sandbox.write(
        "docs/run.py",
        "# /// script\n# dependencies = ['draco']\n# ///\nimport draco\n",
    );
    sandbox.write(".hidden/a.py", "import draco\n");
    sandbox.write("build/lib/a.py", "import draco\n");
    let found = findings(&sandbox, &[], 1);
    assert_eq!(short(&found), pairs(&[("undeclared", "pyowl")]));
    assert_eq!(found[0]["command"], "naja add --dev pyowl");
}

#[test]
fn what_is_not_there_to_be_imported_is_not_called_unused() {
    let manifest = r#"[project]
name = "castle"
version = "0.1.0"
requires-python = ">=3.8"
dependencies = ["nothing", "post-office", "harry; sys_platform == 'none'"]
"#;
    let (sandbox, _index) = scene(manifest);
    sandbox.write("castle.py", "from post import office\n");
    assert_eq!(findings(&sandbox, &[], 0), [] as [Value; 0]);
    sandbox.write("castle.py", "from post import van\n");
    let found = findings(&sandbox, &[], 1);
    assert_eq!(
        short(&found),
        pairs(&[("undeclared", "post-van"), ("unused", "post-office")])
    );
}

#[test]
fn without_an_environment_names_are_guessed() {
    let sandbox = sandbox();
    sandbox.write(
        "pyproject.toml",
        "[project]\nname = \"castle\"\nversion = \"1\"\ndependencies = [\"PyYAML\", \"Post.Office\", \"harry\"]\n",
    );
    sandbox.write(
        "castle.py",
        "import yaml\nimport post_office.letters\nfrom PIL import Image\n",
    );
    let output = sandbox.run(["deps", "check"]).code(1);
    assert_eq!(
        output.stdout,
        "castle.py:3: `PIL.Image` is of pillow, which is not declared and not installed: naja add pillow\n\
         pyproject.toml:4: harry (dependencies) is not imported, as far as its name tells: naja remove harry\n\
         2 findings (1 file)\n"
    );
    assert!(
        output.stderr.contains("no environment"),
        "{}",
        output.stderr
    );
}

#[test]
fn projects_of_a_workspace_are_looked_at_one_by_one() {
    let root = "[project]\nname = \"castle\"\nversion = \"1\"\nrequires-python = \">=3.8\"\ndependencies = [\"harry\"]\n\n\
                [tool.naja.workspace]\nmembers = [\"tower\"]\n";
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    sandbox.write("pyproject.toml", root);
    let tower = "[project]\nname = \"tower\"\nversion = \"1\"\nrequires-python = \">=3.8\"\n";
    sandbox.write("tower/pyproject.toml", tower);
    sandbox.write("castle.py", "import harry\n");
    sandbox.write(
        "tower/src/tower/__init__.py",
        "import harry\nimport castle\n",
    );
    let _synced = sandbox.run(["sync", "-q"]).success();
    assert_eq!(findings(&sandbox, &[], 0), [] as [Value; 0]);
    let found = findings(&sandbox, &["--package", "tower"], 1);
    assert_eq!(
        short(&found),
        pairs(&[("undeclared", "castle"), ("undeclared", "harry")])
    );
    assert_eq!(found[1]["command"], "naja add harry --package tower");
    let output = sandbox.run(["deps", "check", "--package", "towel"]).code(2);
    assert!(
        output.stderr.contains("did you mean `tower`?"),
        "{}",
        output.stderr
    );
}

/// A notebook with these cells of code, and with what it put out.
fn notebook(cells: &[&str], metadata: &Value) -> String {
    let picture = json!([{"output_type": "display_data", "data": {"image/png": "import draco"}}]);
    let text = |number: usize, source: &&str| {
        let lines: Vec<&str> = source.split_inclusive('\n').collect();
        let note = json!({"cell_type": "markdown", "metadata": {}, "source": ["import draco"]});
        let code = json!({"cell_type": "code", "execution_count": number, "metadata": {}, "outputs": picture, "source": lines});
        [note, code]
    };
    let cells = cells.iter().enumerate();
    let cells: Vec<Value> = cells
        .flat_map(|(number, cell)| text(number, cell))
        .collect();
    json!({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).to_string()
}

#[test]
fn notebooks_are_read_too() {
    let (sandbox, _index) = scene(MANIFEST);
    let python = json!({"kernelspec": {"name": "python3", "language": "python"}});
    let cells = [
        "%load_ext autoreload\nimport strix, pensieve, helping\n",
        "%%bash\nimport draco\n",
        "!pip install (\nfrom sirius import black\nimport feather",
    ];
    sandbox.write("notebooks/helping.py", "");
    sandbox.write("notebooks/look.ipynb", &notebook(&cells, &python));
    let other = json!({"language_info": {"name": "R"}});
    sandbox.write("r.ipynb", &notebook(&["import draco"], &other));
    let own = "# /// script\n# dependencies = ['draco']\n# ///\nimport draco\n";
    sandbox.write("own.ipynb", &notebook(&[own], &python));
    sandbox.write(
        ".ipynb_checkpoints/look.ipynb",
        &notebook(&["import draco"], &python),
    );
    let output = sandbox.run(["deps", "check"]).code(1);
    assert_eq!(
        output.stdout,
        "notebooks/look.ipynb:cell 6:3: `feather` is of pyowl, which is not declared and comes only by way of owl: \
         naja add --dev pyowl\n\
         pyproject.toml:5: harry (dependencies) is not imported: naja remove harry\n\
         2 findings (3 files)\n"
    );
    let found = findings(&sandbox, &["--ignore", "harry"], 1);
    assert_eq!(
        (&found[0]["cell"], &found[0]["line"]),
        (&json!(6), &json!(3))
    );
    // Those of old have their cells in worksheets.
    let old = json!({"cell_type": "code", "input": ["import neville"], "language": "python", "outputs": []});
    let old = json!({"nbformat": 3, "metadata": {"name": ""}, "worksheets": [{"cells": [old]}]});
    sandbox.write("old.ipynb", &old.to_string());
    let output = sandbox.run(["deps", "check"]).code(1);
    assert!(
        output.stdout.contains("old.ipynb:cell 1:1: `neville`"),
        "{}",
        output.stdout
    );
    std::fs::remove_file(sandbox.work().join("old.ipynb")).unwrap();
    // One that cannot be read is named, and the others count.
    sandbox.write("notebooks/broken.ipynb", "{\"cells\": [{\"source\": 1}]}");
    sandbox.write("deep.ipynb", &"{\"cells\":[".repeat(100_000));
    let output = sandbox.run(["deps", "check"]).code(1);
    assert!(
        output.stdout.contains("2 findings (3 files)"),
        "{}",
        output.stdout
    );
    for name in ["notebooks/broken.ipynb", "deep.ipynb"] {
        let said = format!("`{name}` was not looked at: it is no notebook");
        assert!(output.stderr.contains(&said), "{}", output.stderr);
    }
}

#[test]
fn what_is_decided_elsewhere_cannot_be_compared() {
    let sandbox = sandbox();
    sandbox.write(
        "pyproject.toml",
        "[project]\nname = \"castle\"\nversion = \"1\"\ndynamic = [\"dependencies\"]\n",
    );
    let output = sandbox.run(["deps", "check"]).code(2);
    assert!(output.stderr.contains("dynamic"), "{}", output.stderr);
}
