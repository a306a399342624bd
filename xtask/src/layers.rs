//! The crates may only depend downwards, as the table says; the pure ones do
//! no input or output; no file grows beyond reading.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each crate with the crates of this repository that it may use.
const ALLOWED: &[(&str, &[&str])] = &[
    ("naja-spec", &[]),
    ("naja-project", &["naja-spec"]),
    ("naja-lock", &["naja-spec"]),
    ("naja-store", &["naja-spec"]),
    ("naja-python", &["naja-spec"]),
    ("naja-resolve", &["naja-lock", "naja-spec"]),
    (
        "naja-env",
        &["naja-lock", "naja-python", "naja-spec", "naja-store"],
    ),
    ("naja-index", &["naja-spec", "naja-store"]),
    (
        "naja-engine",
        &[
            "naja-env",
            "naja-index",
            "naja-lock",
            "naja-project",
            "naja-python",
            "naja-resolve",
            "naja-spec",
            "naja-store",
        ],
    ),
    ("naja", &["naja-engine", "naja-project", "naja-spec"]),
    ("naja-testkit", &[]),
];

/// Crates that decide and never touch the world.
const PURE: &[&str] = &["naja-spec", "naja-project", "naja-lock", "naja-resolve"];

/// What a pure crate must not name outside its tests.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::process",
    "std::env",
    "std::thread",
    "SystemTime::now",
    "Instant::now",
];

/// No public signature below the program may show a lock.
const LOCK_TYPES: &[&str] = &["Mutex<", "RwLock<", "RefCell<"];

const LONGEST_FILE: usize = 800;

/// Checks edges, purity and sizes.
///
/// # Errors
/// Every rule that is broken, one line each.
pub(crate) fn check() -> Result<String, Vec<String>> {
    let root = root();
    let mut problems = Vec::new();
    let mut edges = 0;
    for (name, allowed) in ALLOWED {
        let crate_dir = root.join("crates").join(name);
        edges += check_edges(&crate_dir, name, allowed, &mut problems);
        for file in rust_files(&crate_dir) {
            check_file(&root, &file, name, &mut problems);
        }
    }
    check_unknown(&root, &mut problems);
    if problems.is_empty() {
        Ok(format!(
            "layers: {} crates, {edges} edges, all allowed",
            ALLOWED.len()
        ))
    } else {
        Err(problems)
    }
}

/// The directory of the repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

fn check_edges(
    crate_dir: &Path,
    name: &str,
    allowed: &[&str],
    problems: &mut Vec<String>,
) -> usize {
    let manifest = fs::read_to_string(crate_dir.join("Cargo.toml")).unwrap_or_default();
    let mut in_dependencies = false;
    let mut edges = 0;
    for line in manifest.lines() {
        if line.starts_with('[') {
            in_dependencies = line.ends_with("dependencies]") && !line.contains("dev-");
            continue;
        }
        let used = line.split(['.', '=', ' ']).next().unwrap_or_default();
        if in_dependencies && used.starts_with("naja") {
            edges += 1;
            if !allowed.contains(&used) {
                problems.push(format!("{name} must not depend on {used}"));
            }
        }
    }
    edges
}

fn check_file(root: &Path, file: &Path, name: &str, problems: &mut Vec<String>) {
    let text = fs::read_to_string(file).unwrap_or_default();
    let shown = file.strip_prefix(root).unwrap_or(file).display();
    let lines = text.lines().count();
    if lines > LONGEST_FILE {
        problems.push(format!(
            "{shown} has {lines} lines; {LONGEST_FILE} is the limit"
        ));
    }
    let in_sources = file.components().any(|part| part.as_os_str() == "src");
    if !in_sources || name == "naja-testkit" {
        return;
    }
    let is_tests = file
        .file_stem()
        .is_some_and(|stem| stem == "tests" || stem == "test_support");
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("#[cfg(test)]") || is_tests {
            break;
        }
        let code = line.split("//").next().unwrap_or_default();
        if PURE.contains(&name) {
            for word in IMPURE.iter().filter(|word| code.contains(**word)) {
                problems.push(format!("{shown}:{}: {name} is pure: no {word}", number + 1));
            }
        }
        if code.trim_start().starts_with("pub fn")
            && LOCK_TYPES.iter().any(|lock| code.contains(lock))
        {
            problems.push(format!(
                "{shown}:{}: a lock in a public signature",
                number + 1
            ));
        }
    }
}

/// A crate that the table does not know has no place yet.
fn check_unknown(root: &Path, problems: &mut Vec<String>) {
    let known: BTreeSet<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
    let Ok(dir) = fs::read_dir(root.join("crates")) else {
        return;
    };
    for entry in dir.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !known.contains(&*name) {
            problems.push(format!("{name} is not in the table of layers"));
        }
    }
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![dir.to_path_buf()];
    while let Some(dir) = open.pop() {
        let Ok(entries) = fs::read_dir(&dir) else {
            continue;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
