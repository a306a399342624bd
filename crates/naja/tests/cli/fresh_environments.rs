//! What filling a fresh environment from the cache costs, in system calls.

use naja_testkit::{IndexBuilder, Sandbox, Wheel};

use crate::{straced, with_index};

const DIRS: usize = 8;

/// A package with directories of `files` modules each.
fn package(name: &str, files: usize) -> Wheel {
    let mut wheel = Wheel::new(name, "1.0");
    for dir in 0..DIRS {
        for file in 0..files {
            let path = format!("{name}/one/two/d{dir}/f{file}.py");
            wheel = wheel.file(&path, path.clone());
        }
    }
    wheel
}

/// A project that needs the packages, which are in the cache, without an environment.
fn warm(packages: &[Wheel], names: &[String]) -> (Sandbox, naja_testkit::Index) {
    let index = packages
        .iter()
        .cloned()
        .fold(IndexBuilder::default(), |index, wheel| index.wheel(&wheel));
    let (sandbox, index) = with_index(index);
    let listed: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let manifest = format!(
        "[project]\nname = \"castle\"\nversion = \"1.0\"\nrequires-python = \">=3.9\"\n\
         dependencies = [{}]\n",
        listed.join(", ")
    );
    sandbox.write("pyproject.toml", &manifest);
    sandbox.write("pins.txt", &names.join("==1.0\n"));
    let _synced = sandbox.run(["sync"]).success();
    (sandbox, index)
}

/// The lines of the system calls of one command in a fresh environment.
fn calls(sandbox: &Sandbox, words: &[&str]) -> Option<Vec<String>> {
    std::fs::remove_dir_all(sandbox.work().join(".venv")).unwrap();
    if words[0] == "pip" {
        let _made = sandbox.run(["venv", "-q"]).success();
    }
    let text = straced(sandbox, &["-f"], words)?;
    let calls = text
        .lines()
        .filter(|line| line.contains('(') && !line.contains("resumed>"));
    Some(calls.map(str::to_owned).collect())
}

#[test]
fn a_file_costs_a_look_and_a_link() {
    for words in [&["sync"][..], &["pip", "install", "-r", "pins.txt"]] {
        let mut counts = Vec::new();
        for files in [20, 60] {
            let (sandbox, _index) = warm(&[package("owl", files)], &["owl".to_owned()]);
            let Some(calls) = calls(&sandbox, words) else {
                println!("skipped: there is no strace");
                return;
            };
            let links: Vec<_> = calls
                .iter()
                .filter(|call| call.contains(" linkat("))
                .collect();
            // Two of these, METADATA and WHEEL, and the module are in directories with few files.
            assert!(
                links.len() > DIRS * files,
                "{words:?}: {} links",
                links.len()
            );
            let by_path = links.iter().filter(|call| call.contains("/f")).count();
            assert_eq!(by_path, 0, "{words:?}: modules are linked by their paths");
            counts.push(calls.len());
        }
        let (more, files) = (counts[1] - counts[0], DIRS * 40);
        assert!(
            100 * more <= 205 * files,
            "{words:?}: {more} system calls for {files} files"
        );
    }
}

#[test]
fn a_distribution_costs_little_more_than_its_files() {
    let mut counts = Vec::new();
    for size in [5, 25] {
        let names: Vec<String> = (0..size).map(|number| format!("owl{number}")).collect();
        let packages: Vec<Wheel> = names.iter().map(|name| Wheel::new(name, "1.0")).collect();
        let (sandbox, _index) = warm(&packages, &names);
        let Some(calls) = calls(&sandbox, &["sync"]) else {
            println!("skipped: there is no strace");
            return;
        };
        let renames = calls.iter().filter(|call| call.contains(" rename")).count();
        assert!(
            renames <= 12,
            "{renames} renames: an empty directory is filled by one"
        );
        counts.push(calls.len());
    }
    let each = (counts[1] - counts[0]) / 20;
    assert!(
        each <= 34,
        "{each} system calls for a distribution of three files"
    );
}
