//! The scripts of PowerShell and cmd, which no machine here has: read by parsers of their languages.

use std::path::{Path, PathBuf};

use naja_testkit::{IndexBuilder, Sandbox};

use super::driver::find;
use crate::with_index;

/// Prints, for each script, what its grammar does not know, and then every string literal.
const READER: &str = r#"
import sys, tree_sitter, tree_sitter_powershell, tree_sitter_batch
grammars = {"ps1": tree_sitter_powershell, "bat": tree_sitter_batch}
def walk(node):
    yield node
    for child in node.children:
        yield from walk(child)
for path in sys.argv[1:]:
    text = open(path, "rb").read()
    grammar = tree_sitter.Language(grammars[path.rsplit(".", 1)[1]].language())
    tree = tree_sitter.Parser(grammar).parse(text)
    for node in walk(tree.root_node):
        said = text[node.start_byte:node.end_byte].decode()
        if node.is_error or node.is_missing:
            print("error", path, node.start_point[0] + 1, said.replace("\n", " ")[:80])
        if node.type == "verbatim_string_characters":
            print("string", said)
        if node.type == "command_name" or node.type == "function_name":
            print("name", said)
"#;

fn read(sandbox: &Sandbox, scripts: &[PathBuf]) -> Option<Vec<String>> {
    let python = find("parsers-python")?;
    let mut command = sandbox.command_of(python);
    command.args(["-I", "-c", READER]).args(scripts);
    let output = sandbox.finish(&mut command).success();
    Some(output.stdout.lines().map(str::to_owned).collect())
}

fn scripts_in(root: &Path) -> Vec<PathBuf> {
    [
        "activate.ps1",
        "Activate.ps1",
        "activate.bat",
        "deactivate.bat",
    ]
    .map(|name| root.join("bin").join(name))
    .to_vec()
}

#[test]
fn powershell_and_cmd_can_read_their_scripts() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    let names = [
        "plain",
        "it's",
        "a b",
        "$HOME `x`",
        "100% & (more)",
        "ünï",
        "quote\"d",
    ];
    for name in names {
        for flag in ["--relocatable", "--no-relocatable"] {
            let made = ["venv", "-q", "--clear", flag, "--prompt", name, name];
            let _made = sandbox.run(made).success();
            let root = sandbox.work().join(name);
            let mut scripts = scripts_in(&root);
            scripts.retain(|script| script.exists());
            let Some(lines) = read(&sandbox, &scripts) else {
                return;
            };
            let errors: Vec<_> = lines
                .iter()
                .filter(|line| line.starts_with("error"))
                .collect();
            assert!(errors.is_empty(), "{name}: {errors:#?}");
            // A quote in a PowerShell string is doubled; nothing else is special there.
            let literal = format!("string '{}'", name.replace('\'', "''"));
            assert!(
                lines.contains(&literal),
                "{name}: {literal} is not among {lines:#?}"
            );
        }
    }
}

#[test]
fn powershell_can_read_the_hook() {
    let (sandbox, _index) = with_index(IndexBuilder::default());
    let hook = sandbox.run(["hook", "pwsh"]).success().stdout;
    let file = sandbox.write("hook.ps1", &hook);
    let Some(lines) = read(&sandbox, &[file]) else {
        return;
    };
    let errors: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with("error"))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert!(
        lines.iter().any(|line| line.starts_with("name")),
        "{lines:#?}"
    );
    // The parser does find errors.
    let broken = sandbox.write("broken.ps1", "function x { if ( { }\n");
    let lines = read(&sandbox, &[broken]).unwrap();
    assert!(
        lines.iter().any(|line| line.starts_with("error")),
        "{lines:#?}"
    );
}
