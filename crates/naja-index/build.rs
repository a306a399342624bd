//! Finds the address of the default package index on the build machine.
//!
//! Sources never spell that address. Every CPython carries a bundled pip whose module
//! `pip/_internal/models/index.py` names it; this script reads that text (it never runs pip) and
//! hands the address to the compiler as `NAJA_DEFAULT_INDEX`. `NAJA_BUILD_DEFAULT_INDEX` overrides
//! the search; an empty value means "no built-in index". Finding nothing is not an error.
//! `NAJA_BUILD_TORCH_INDEX` is the address below which the builds of PyTorch have their indexes.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Prints the text of pip's `models/index.py`, from the bundled wheel if there is one, else from an
/// installed pip. It is only read, never imported.
const SCRIPT: &str = r#"
import sys, os, glob, zipfile
member = "pip/_internal/models/index.py"
folders = []
try:
    import ensurepip
    folders.append(os.path.join(os.path.dirname(ensurepip.__file__), "_bundled"))
except ImportError:
    pass
try:
    import sysconfig
    folders.append(sysconfig.get_config_var("WHEEL_PKG_DIR") or "")
except ImportError:
    pass
folders.append("/usr/share/python-wheels")
for folder in folders:
    for wheel in sorted(glob.glob(os.path.join(folder, "pip-*.whl"))):
        with zipfile.ZipFile(wheel) as archive:
            sys.stdout.write(archive.read(member).decode("utf-8"))
            sys.exit(0)
for entry in sys.path:
    path = os.path.join(entry, *member.split("/"))
    if os.path.isfile(path):
        with open(path, encoding="utf-8") as text:
            sys.stdout.write(text.read())
        sys.exit(0)
sys.exit(1)
"#;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=NAJA_BUILD_DEFAULT_INDEX");
    let found = match env::var("NAJA_BUILD_DEFAULT_INDEX") {
        Ok(given) => given.trim().to_owned(),
        Err(_) => pythons()
            .iter()
            .find_map(|python| ask(python))
            .unwrap_or_default(),
    };
    println!("cargo:rustc-env=NAJA_DEFAULT_INDEX={found}");
    // No Python carries this one: whoever builds the program says it, or nobody does.
    println!("cargo:rerun-if-env-changed=NAJA_BUILD_TORCH_INDEX");
    let torch = env::var("NAJA_BUILD_TORCH_INDEX").unwrap_or_default();
    println!("cargo:rustc-env=NAJA_BUILT_TORCH_INDEX={}", torch.trim());
}

/// Interpreters worth asking, best first: the build user's own on the search path, then the places
/// where version managers and distributions put theirs.
fn pythons() -> Vec<PathBuf> {
    let mut out: Vec<PathBuf> = Vec::new();
    let path = env::var_os("PATH").unwrap_or_default();
    for name in ["python3", "python"] {
        out.extend(env::split_paths(&path).map(|folder| folder.join(name)));
    }
    if let Some(home) = env::var_os("HOME").map(PathBuf::from) {
        for folder in [
            ".pyenv/versions",
            ".asdf/installs/python",
            ".local/share/uv/python",
        ] {
            out.extend(versions_below(&home.join(folder)));
        }
    }
    for folder in ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"] {
        for minor in (8..20).rev() {
            out.push(Path::new(folder).join(format!("python3.{minor}")));
        }
    }
    out.retain(|python| python.is_file());
    out
}

fn versions_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path().join("bin/python3"))
        .collect();
    found.sort();
    found.reverse();
    found
}

fn ask(python: &Path) -> Option<String> {
    let output = Command::new(python)
        .args(["-I", "-c", SCRIPT])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    if !output.status.success() {
        return None;
    }
    address_in(&String::from_utf8(output.stdout).ok()?)
}

/// Reads the address out of the line `PyPI = PackageIndex("<address>", ...)`: an https address of
/// plain characters, nothing else.
fn address_in(text: &str) -> Option<String> {
    let call = text
        .lines()
        .find_map(|line| line.strip_prefix("PyPI = PackageIndex("))?;
    let quote = call.chars().next().filter(|c| *c == '"' || *c == '\'')?;
    let address = call[1..].split(quote).next()?;
    let rest = address.strip_prefix("https://")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '/' | ':');
    if rest.is_empty() || !rest.chars().all(plain) || !rest.contains('.') {
        return None;
    }
    Some(format!("{}/simple/", address.trim_end_matches('/')))
}
