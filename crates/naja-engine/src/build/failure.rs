//! A failed build in words: package, step, the backend's last lines, and what is likely missing.

use naja_index::Origin;
use naja_python::{Hook, HookError};

use super::source::{Place, Source};
use crate::failure::Failure;

/// How many of the backend's lines are shown.
const LINES: usize = 12;

/// Longest line that is shown, in characters.
const WIDTH: usize = 180;

/// Modules that builds import without saying so, and the requirement that brings each, where that
/// is called otherwise.
const PROVIDERS: [(&str, &str); 14] = [
    ("pkg_resources", "setuptools<81"),
    ("distutils", "setuptools"),
    ("Cython", "cython"),
    ("yaml", "pyyaml"),
    ("PIL", "pillow"),
    ("sklearn", "scikit-learn"),
    ("cv2", "opencv-python-headless"),
    ("bs4", "beautifulsoup4"),
    ("dateutil", "python-dateutil"),
    ("git", "gitpython"),
    ("skbuild", "scikit-build"),
    ("mesonpy", "meson-python"),
    ("setuptools_scm", "setuptools-scm"),
    ("google", "protobuf"),
];

/// Words for a hook that failed.
pub(super) fn hook(source: &Source, hook: Hook, error: &HookError) -> Failure {
    let mut failure = Failure::unsatisfied(format!("could not build {}", source.label()));
    let output = error
        .output()
        .map(naja_python::Output::as_str)
        .unwrap_or_default();
    failure = failure.cause(format!("`{}` failed: {}", hook.as_str(), error));
    failure.story = last_lines(output);
    match missing(output, error, source) {
        Some(hint) => failure.hint(hint),
        None => match (&source.place, &source.name) {
            (Place::Git { .. }, _) => failure
                .hint("another commit may build: `@REVISION` at the end of the address names one"),
            (
                Place::Archive {
                    origin: Origin::Index(_) | Origin::FindLinks(_),
                    ..
                },
                Some(name),
            ) => failure.hint(format!(
                "another version may have a wheel: `--only-binary {name}` looks for one"
            )),
            _ => failure,
        },
    }
}

/// The end of what was printed, without empty lines.
fn last_lines(output: &str) -> Vec<String> {
    let lines: Vec<&str> = output
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect();
    lines[lines.len().saturating_sub(LINES)..]
        .iter()
        .map(|line| line.chars().take(WIDTH).collect())
        .collect()
}

/// What is likely missing, with one thing to try.
fn missing(output: &str, error: &HookError, source: &Source) -> Option<String> {
    let has = |text: &str| output.contains(text);
    let compiler = ["gcc", "cc", "clang", "g++", "c++", "x86_64-linux-gnu-gcc"];
    let not_there = |program: &str| {
        [
            format!("command '{program}' failed: No such file"),
            format!("unable to execute '{program}'"),
            format!("error: command '{program}' failed: No such"),
            format!("{program}: command not found"),
            format!("{program}: not found"),
            format!("No such file or directory: '{program}'"),
            format!("Could not find {program}"),
        ]
        .iter()
        .any(|text| output.contains(text.as_str()))
    };
    if has("Python.h: No such file") || has("'Python.h' file not found") {
        return Some(
            "the headers of Python are missing (`Python.h`): install your system's python3-dev \
             or python3-devel, or use another Python"
                .to_owned(),
        );
    }
    if let Some(header) = header(output) {
        return Some(format!(
            "the C header `{header}` is missing: install the development package that has it"
        ));
    }
    if compiler.iter().any(|program| not_there(program))
        || has("Unknown compiler(s)")
        || has("No CMAKE_C_COMPILER could be found")
        || has("No CMAKE_CXX_COMPILER could be found")
    {
        return Some(
            "there is no C compiler: install one (build-essential, gcc or clang), or ask for a \
             version with a wheel"
                .to_owned(),
        );
    }
    if has("can't find Rust compiler")
        || has("Cargo, the Rust package manager, is not installed")
        || ["cargo", "rustc"].iter().any(|program| not_there(program))
    {
        return Some("there is no Rust toolchain: install cargo and rustc".to_owned());
    }
    for program in [
        "pg_config",
        "mysql_config",
        "cmake",
        "ninja",
        "pkg-config",
        "swig",
        "gfortran",
        "make",
        "git",
    ] {
        if not_there(program) || has(&format!("{program} executable not found")) {
            return Some(format!(
                "the program `{program}` is missing: install the system package that has it"
            ));
        }
    }
    if let Some(library) = after(output, "/usr/bin/ld: cannot find -l") {
        return Some(format!(
            "the library `{library}` is missing: install its development package"
        ));
    }
    if let Some(library) = after(output, "Package '").or_else(|| after(output, "No package '")) {
        return Some(format!(
            "pkg-config does not know `{library}`: install its development package"
        ));
    }
    no_files(output, source).or_else(|| missing_module(output, error, source))
}

/// What a backend says that does not know what belongs to the package.
const NO_FILES: [&str; 5] = [
    "No file/folder found for",
    "Unable to determine which files to ship",
    "top-level packages discovered in a flat-layout",
    "top-level modules discovered in a flat-layout",
    "Expected a Python module at",
];

/// What to do for a project of this machine that has nothing to install.
fn no_files(output: &str, source: &Source) -> Option<String> {
    let (Place::Directory { .. }, Some(name)) = (&source.place, &source.name) else {
        return None;
    };
    NO_FILES.iter().any(|text| output.contains(text)).then(|| {
        let module = name.as_dist_info_name();
        format!(
            "which files are the package is not clear: make `src/{module}/__init__.py`, or tell the backend, or \
             write `package = false` below `[tool.naja]` where the project is no package"
        )
    })
}

/// The Python module that the build uses and does not ask for.
fn missing_module(output: &str, error: &HookError, source: &Source) -> Option<String> {
    let module = error.missing_module().map(str::to_owned);
    let module = module.or_else(|| after(output, "No module named '"))?;
    let module = module.split('.').next().unwrap_or(&module).to_owned();
    let known = PROVIDERS.iter().find(|(known, _)| *known == module);
    let package = known.map_or(module.as_str(), |(_, package)| package);
    let front = format!("the build needs `{module}` and does not say so");
    Some(match &source.name {
        Some(name) => format!(
            "{front}: write `extra-build-dependencies = {{ {name} = [\"{package}\"] }}` into \
             naja.toml, or below `[tool.naja]` in pyproject.toml"
        ),
        None => format!(
            "{front}: write `{package}` into the `requires` of its `[build-system]`, or install \
             it and try `--no-build-isolation`"
        ),
    })
}

/// The header that a compiler did not find.
fn header(output: &str) -> Option<String> {
    let line = output.lines().find(|line| {
        line.contains("fatal error:")
            && (line.contains("No such file") || line.contains("file not found"))
    })?;
    let rest = line.split("fatal error:").nth(1)?.trim();
    let name = rest.trim_start_matches('\'');
    let end = name.find(['\'', ':', ' '])?;
    Some(name[..end].to_owned())
}

/// The word behind a text.
fn after(output: &str, text: &str) -> Option<String> {
    let at = output.find(text)? + text.len();
    let rest = &output[at..];
    let end = rest.find(['\'', ':', ' ', '\n', ',']).unwrap_or(rest.len());
    let word = &rest[..end];
    (!word.is_empty() && word.len() < 100).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(output: &str) -> String {
        let source = Source {
            name: "wand".parse().ok(),
            version: None,
            place: Place::Directory {
                path: "/wand".into(),
                editable: false,
            },
        };
        missing(output, &HookError::Interrupted, &source).unwrap_or_default()
    }

    #[test]
    fn what_is_missing_is_named() {
        let cases = [
            (
                "error: command 'gcc' failed: No such file or directory",
                "C compiler",
            ),
            (
                "x.c:1:10: fatal error: Python.h: No such file or directory",
                "Python.h",
            ),
            ("x.c:1:10: fatal error: 'ffi.h' file not found", "`ffi.h`"),
            (
                "x.c:1:10: fatal error: sql/x.h: No such file or directory",
                "`sql/x.h`",
            ),
            ("error: can't find Rust compiler", "Rust"),
            ("Error: pg_config executable not found.", "`pg_config`"),
            (
                "FileNotFoundError: [Errno 2] No such file or directory: 'cmake'",
                "`cmake`",
            ),
            ("/usr/bin/ld: cannot find -lssl: No such file", "`ssl`"),
            ("No package 'cairo' found", "`cairo`"),
            (
                "ModuleNotFoundError: No module named 'numpy.core'",
                "wand = [\"numpy\"]",
            ),
            (
                "ModuleNotFoundError: No module named 'pkg_resources'",
                "wand = [\"setuptools<81\"]",
            ),
            (
                "ModuleOrPackageNotFoundError: No file/folder found for package wand",
                "`src/wand/__init__.py`",
            ),
            (
                "ValueError: Unable to determine which files to ship inside the wheel",
                "`package = false`",
            ),
        ];
        for (output, word) in cases {
            assert!(hint(output).contains(word), "{output}: {}", hint(output));
        }
        assert_eq!(hint("all is well"), "");
    }

    #[test]
    fn the_end_is_shown() {
        let output: String = (0..40).map(|n| format!("line {n}\n\n")).collect();
        let lines = last_lines(&output);
        assert_eq!((lines.len(), lines[0].as_str()), (LINES, "line 28"));
    }
}
