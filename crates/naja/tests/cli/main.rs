//! The real program with real interpreters against an index on loopback.

#![allow(
    clippy::unwrap_used,
    reason = "what the tests share fails a test by panicking"
)]

mod active_environments;
mod auth;
mod belongs;
mod budgets;
mod build_hints;
mod build_tables;
mod builds;
mod cache;
mod cache_keys;
mod compile;
mod config;
mod deps;
mod doctor;
mod env;
mod environments;
mod explain;
mod explanations;
mod exporting;
mod file_history;
mod formatting;
mod fresh_environments;
mod graphs;
mod groups_only;
mod guide;
mod history;
mod hostile_locks;
mod importing;
mod index;
mod inline_scripts;
mod install;
mod kernel;
mod linked_environments;
mod lock_files;
mod lock_merges;
mod lock_views;
mod mirrors;
mod moving;
mod no_ops;
mod object_store;
mod outputs;
mod pip_config;
mod pip_flags;
mod pip_world;
mod project_edits;
mod project_settings;
mod projects;
mod read;
mod repositories;
mod run;
mod run_in_projects;
mod same_versions;
mod script_history;
mod scripts;
mod shells;
mod sources;
mod status;
mod stopping;
mod sync;
mod tasks;
mod templates;
mod uninstall;
mod upgrade;
mod uv_flags;
mod verify;
mod waiting;
mod way_back;
mod workspace_graph;
mod workspaces;

use std::process::Command;

use naja_testkit::{Index, IndexBuilder, Sandbox};

/// Says that a test cannot be made here, and why.
fn skipped(why: &str) {
    use std::io::Write as _;
    let _said = writeln!(std::io::stderr(), "skipped: {why}");
}

/// A sandbox of the program under test.
fn sandbox() -> Sandbox {
    Sandbox::new(env!("CARGO_BIN_EXE_naja"))
}

/// A sandbox that uses an index.
fn with_index(builder: IndexBuilder) -> (Sandbox, Index) {
    let index = builder.serve();
    let mut sandbox = sandbox();
    sandbox.use_index(&index.url());
    (sandbox, index)
}

/// A sandbox with the fixture of the feature table and an environment.
fn with_venv() -> (Sandbox, Index) {
    let (sandbox, index) = with_index(IndexBuilder::harry());
    let _made = sandbox.run(["venv", "-q"]).success();
    (sandbox, index)
}

/// The names and versions in the environment, as `pip freeze` gives them.
fn frozen(sandbox: &Sandbox) -> String {
    sandbox.run(["pip", "freeze"]).success().stdout
}

/// The names and versions in the environment of a project but for itself, in one line.
fn installed(sandbox: &Sandbox) -> String {
    let output = sandbox
        .run(["pip", "freeze", "--exclude-editable"])
        .success();
    output.stdout.replace('\n', " ").trim().to_owned()
}

/// The system calls of one command as `strace` writes them down, or nothing where it is not installed.
fn straced(sandbox: &Sandbox, options: &[&str], words: &[&str]) -> Option<String> {
    if Command::new("strace").arg("-V").output().is_err() {
        return None;
    }
    let log = sandbox.home().join("strace.log");
    let mut command = sandbox.command_of("strace");
    command.args(options).arg("-o").arg(&log);
    command.arg(env!("CARGO_BIN_EXE_naja")).args(words);
    let _done = sandbox.finish(&mut command).success();
    Some(std::fs::read_to_string(&log).unwrap())
}

/// Whether every line of every RECORD of the environment is true; the first
/// one that is not.
fn untrue_record(sandbox: &Sandbox) -> Option<String> {
    let script = r#"
import base64, csv, hashlib, pathlib, sysconfig
site = pathlib.Path(sysconfig.get_path("purelib"))
for info in site.glob("*.dist-info"):
    record = info / "RECORD"
    if not record.exists():
        print(f"{info.name} has no RECORD")
        continue
    for path, digest, size in csv.reader(record.read_text().splitlines()):
        file = site / path
        if not file.exists():
            print(f"{path} of {info.name} is missing")
        elif digest:
            algorithm, expected = digest.split("=", 1)
            found = hashlib.new(algorithm, file.read_bytes()).digest()
            found = base64.urlsafe_b64encode(found).rstrip(b"=").decode()
            if found != expected or str(file.stat().st_size) != size:
                print(f"{path} of {info.name} differs")
"#;
    let python = sandbox.work().join(".venv/bin/python");
    let mut command = sandbox.command_of(python);
    command.args(["-I", "-c", script]);
    let output = sandbox.finish(&mut command).success();
    (!output.stdout.is_empty()).then_some(output.stdout)
}
