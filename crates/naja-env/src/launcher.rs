//! Scripts for entry points, and the first line that finds the environment's Python.
//!
//! The text of a launcher is ours; what it must do is fixed by the entry points specification:
//! import the object, call it, hand its result to `sys.exit`.

use std::path::{Path, PathBuf};

/// The longest first line, `#!` and newline included, that every supported kernel reads whole.
///
/// Linux before 5.1 cuts at 127 bytes; macOS reads 512.
const SHEBANG_LIMIT: usize = 127;

/// Why a script or its launcher was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum LauncherError {
    /// The name would leave the scripts directory or confuse a shell.
    #[error("the script name `{name}` is not a plain file name")]
    Name {
        /// The name as the package gives it, control characters escaped.
        name: String,
    },
    /// The entry point is not `module:object`.
    #[error("the entry point `{name} = {target}` does not name an object to call")]
    Target {
        /// The script's name.
        name: String,
        /// The text right of the equals sign.
        target: String,
    },
    /// The path of Python cannot be written into a script.
    #[error("the path of Python `{}` cannot be written into a script", path.display())]
    Python {
        /// The interpreter's path.
        path: PathBuf,
    },
}

/// How a script finds its Python.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shebang {
    /// The absolute path of the interpreter.
    Absolute(PathBuf),
    /// The interpreter of this file name, beside the script; the environment can be moved.
    Beside(String),
}

impl Shebang {
    /// Renders the head of a script: one line, or the lines of a `/bin/sh` trampoline when the path
    /// is too long for a kernel, holds a blank, a quote or a backslash, or is only known by the
    /// script's own.
    ///
    /// `arguments` is what followed `#!python` in a script of the wheel; it is usually empty.
    ///
    /// # Errors
    /// The path holds a line break or is not UTF-8, so no script can name it.
    pub fn head(&self, arguments: &str) -> Result<String, LauncherError> {
        match self {
            Self::Absolute(path) => {
                let text = path
                    .to_str()
                    .filter(|text| !text.contains(['\n', '\r', '\0']))
                    .ok_or_else(|| LauncherError::Python { path: path.clone() })?;
                let blank = if arguments.is_empty() { "" } else { " " };
                let plain = !text.contains([' ', '\t', '"', '\'', '\\']);
                if plain && 2 + text.len() + blank.len() + arguments.len() < SHEBANG_LIMIT {
                    return Ok(format!("#!{text}{blank}{arguments}\n"));
                }
                Ok(trampoline(&quoted(text), arguments))
            }
            Self::Beside(name) => Ok(beside(&quoted(name), arguments)),
        }
    }
}

/// Builds a head that is a shell command for `sh` and a string for Python.
///
/// `sh` reads `''` `'exec'` as the word `exec`; Python reads an opening of a long string that
/// the third line closes. [`quoted`] never yields three quotes in a row.
fn trampoline(program: &str, arguments: &str) -> String {
    let blank = if arguments.is_empty() { "" } else { " " };
    format!("#!/bin/sh\n'''exec' {program}{blank}{arguments} \"$0\" \"$@\"\n' '''\n")
}

/// Builds a head that starts a program in the script's own directory, wherever that is.
///
/// A script that is called by a link from elsewhere is found with `realpath`. Any other finds its
/// directory with what is built into the shell: a third of the time, measured. The shell is in
/// the directory without links above it, as Python does not find `pyvenv.cfg` through a link to
/// the directory of programs.
fn beside(program: &str, arguments: &str) -> String {
    let blank = if arguments.is_empty() { "" } else { " " };
    let rest = format!("{program}{blank}{arguments} \"$0\" \"$@\"");
    let here = r#""$(CDPATH= cd -P -- "${0%/*}/" && pwd -P)"/"#;
    let behind_links = r#""$(dirname -- "$(realpath -- "$0")")"/"#;
    format!(
        "#!/bin/sh\n\
         ''':'\n\
         case $0 in */*) [ -L \"$0\" ] || exec {here}{rest} ;; esac\n\
         exec {behind_links}{rest}\n\
         ' '''\n"
    )
}

/// Quotes a word for `sh` so that the same characters are valid inside a Python long string:
/// every backslash is doubled outside of quotes, where both languages read one.
fn quoted(word: &str) -> String {
    let mut out = String::with_capacity(word.len() + 2);
    out.push('\'');
    for c in word.chars() {
        match c {
            '\'' => out.push_str(r"'\''"),
            '\\' => out.push_str(r"'\\'"),
            other => out.push(other),
        }
    }
    out.push('\'');
    out
}

/// Renders the whole text of a launcher for `module:object`.
///
/// # Errors
/// The object is missing, or a part of the dotted names is not an identifier.
pub fn launcher(
    shebang: &Shebang,
    name: &str,
    module: &str,
    object: &str,
) -> Result<String, LauncherError> {
    let body = body(name, module, object)?;
    Ok(shebang.head("")? + &body)
}

/// Renders a launcher without its head.
///
/// # Errors
/// The object is missing, or a part of the dotted names is not an identifier.
pub(crate) fn body(name: &str, module: &str, object: &str) -> Result<String, LauncherError> {
    if !is_dotted_name(module) || !is_dotted_name(object) {
        return Err(LauncherError::Target {
            name: name.escape_debug().to_string(),
            target: format!("{module}:{object}").escape_debug().to_string(),
        });
    }
    let first = object.split('.').next().unwrap_or(object);
    Ok(format!(
        "import sys\n\
         from {module} import {first}\n\
         if __name__ == \"__main__\":\n\
         \x20   if sys.argv[0].endswith((\".exe\", \".pyw\")):\n\
         \x20       sys.argv[0] = sys.argv[0][:-4]\n\
         \x20   sys.exit({object}())\n"
    ))
}

fn is_dotted_name(text: &str) -> bool {
    !text.is_empty()
        && text.split('.').all(|part| {
            let mut chars = part.chars();
            chars.next().is_some_and(|c| c == '_' || c.is_alphabetic())
                && chars.all(|c| c == '_' || c.is_alphanumeric())
        })
}

/// Checks that a script name is one plain component of a path.
///
/// # Errors
/// The name is empty, `.` or `..`, or holds a separator or a control character.
pub(crate) fn check_script_name(name: &str) -> Result<(), LauncherError> {
    let plain = !name.is_empty()
        && name != "."
        && name != ".."
        && name.len() <= 255
        && !name.starts_with('-')
        && !name.contains(['/', '\\'])
        && !name.chars().any(char::is_control);
    if plain {
        return Ok(());
    }
    Err(LauncherError::Name {
        name: name.escape_debug().to_string(),
    })
}

/// Rewrites the `#!python` line of a script from a wheel; `None` when the script has none and
/// stays as it is (wheel specification, "scripts").
///
/// # Errors
/// As [`Shebang::head`].
pub(crate) fn rewrite(script: &[u8], shebang: &Shebang) -> Result<Option<Vec<u8>>, LauncherError> {
    let Some(rest) = script.strip_prefix(b"#!python") else {
        return Ok(None);
    };
    let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
    let line = String::from_utf8_lossy(&rest[..end]);
    let after_name = line.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '.');
    // Only words that mean nothing to a shell are kept: the trampoline is read by one.
    let safe = |c: char| c.is_ascii_alphanumeric() || " -_.=,:/+".contains(c);
    let arguments = after_name.trim();
    let arguments = if arguments.chars().all(safe) {
        arguments
    } else {
        ""
    };
    let mut out = shebang.head(arguments)?.into_bytes();
    out.extend_from_slice(rest.get(end + 1..).unwrap_or_default());
    Ok(Some(out))
}

/// Chooses how scripts installed beside `python` find it.
#[must_use]
pub fn shebang_for(python: &Path, relocatable: bool) -> Shebang {
    if relocatable && let Some(name) = python.file_name().and_then(|name| name.to_str()) {
        return Shebang::Beside(name.to_owned());
    }
    Shebang::Absolute(python.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn absolute(path: &str) -> Shebang {
        Shebang::Absolute(PathBuf::from(path))
    }

    #[test]
    fn short_path_is_one_line() {
        assert_eq!(
            absolute("/v/bin/python").head("").unwrap(),
            "#!/v/bin/python\n"
        );
        assert_eq!(
            absolute("/v/bin/python").head("-E").unwrap(),
            "#!/v/bin/python -E\n"
        );
    }

    #[test]
    fn limit_counts_the_whole_line() {
        let longest = format!("/{}", "x".repeat(SHEBANG_LIMIT - 4));
        let head = absolute(&longest).head("").unwrap();
        assert_eq!(head.len(), SHEBANG_LIMIT);
        assert!(head.starts_with("#!/xx"));
        let longer = format!("{longest}y");
        assert!(
            absolute(&longer)
                .head("")
                .unwrap()
                .starts_with("#!/bin/sh\n")
        );
    }

    #[test]
    fn trampoline_survives_quotes_and_backslashes() {
        let head = absolute("/a b/it's\\n/$HOME/`x`/\"/'''/python")
            .head("")
            .unwrap();
        let line = head.lines().nth(1).unwrap();
        let inside = line.strip_prefix("'''").unwrap();
        assert!(!inside.contains("'''") || inside.contains("\\'"));
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(r"a\b"), r"'a'\\'b'");
    }

    #[cfg(unix)]
    #[test]
    fn trampoline_is_understood_by_sh() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let odd = dir.path().join("a b'c\"d$HOME`e`\\x''' ü");
        std::fs::create_dir(&odd).unwrap();
        let python = odd.join("python");
        std::fs::write(&python, "#!/bin/sh\necho \"got $2\"\n").unwrap();
        std::fs::set_permissions(&python, PermissionsExt::from_mode(0o755)).unwrap();
        let script = dir.path().join("tool");
        for shebang in [
            absolute(python.to_str().unwrap()),
            Shebang::Beside("python".into()),
        ] {
            let script = if shebang == Shebang::Beside("python".into()) {
                odd.join("tool")
            } else {
                script.clone()
            };
            let text = launcher(&shebang, "tool", "m", "f").unwrap();
            std::fs::write(&script, text).unwrap();
            std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
            let out = std::process::Command::new(&script)
                .arg("word")
                .output()
                .unwrap();
            assert_eq!(
                String::from_utf8_lossy(&out.stdout),
                "got word\n",
                "{shebang:?}"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_movable_script_finds_its_python_by_every_name() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        use std::process::Command;
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("a b'c\"$d/bin");
        std::fs::create_dir_all(&bin).unwrap();
        let runnable = |path: &Path, text: &str| {
            std::fs::write(path, text).unwrap();
            std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
        };
        runnable(
            &bin.join("python"),
            "#!/bin/sh\necho \"${0%/*} $# $2 $3\"\n",
        );
        let tool = bin.join("tool");
        runnable(
            &tool,
            &launcher(&Shebang::Beside("python".into()), "tool", "m", "f").unwrap(),
        );
        let links = dir.path().join("links");
        std::fs::create_dir(&links).unwrap();
        symlink(&tool, links.join("tool")).unwrap();
        symlink("tool", links.join("again")).unwrap();
        symlink(&bin, dir.path().join("bin")).unwrap();
        let real = bin.canonicalize().unwrap();
        let expected = format!("{} 3 one two words\n", real.display());
        let names: [(&Path, PathBuf); 6] = [
            (dir.path(), tool.clone()),
            (&bin, "./tool".into()),
            (&links, "./tool".into()),
            (&links, links.join("again")),
            (&links, "../bin/tool".into()),
            (&links, dir.path().join("bin/tool")),
        ];
        for (cwd, name) in names {
            let mut direct = Command::new("sh");
            direct.args(["-c", "exec \"$@\"", "sh"]).arg(&name);
            let mut by_shell = Command::new("sh");
            by_shell.arg(&name);
            for mut command in [direct, by_shell] {
                let out = command.args(["one", "two words"]).current_dir(cwd).output();
                let out = out.unwrap();
                assert_eq!(String::from_utf8_lossy(&out.stdout), expected, "{name:?}");
            }
        }
        // A shell that is given a name without a directory finds it as well.
        let out = Command::new("sh")
            .args(["tool", "one", "two words"])
            .current_dir(&bin)
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&out.stdout), expected);
    }

    #[test]
    fn newline_in_the_path_is_refused() {
        assert!(absolute("/a\nb/python").head("").is_err());
    }

    #[test]
    fn names_that_leave_the_directory_are_refused() {
        for bad in [
            "", ".", "..", "../x", "a/b", "a\\b", "a\x1bb", "a\nb", "-rf",
        ] {
            assert!(check_script_name(bad).is_err(), "{bad:?}");
        }
        for good in ["pip3.12", "a b", "füß", "x.y"] {
            assert!(check_script_name(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn code_in_an_entry_point_is_refused() {
        for (module, object) in [
            ("os", "system('x') or f"),
            ("os;import x", "f"),
            ("a", ""),
            ("a..b", "f"),
            ("a", "1f"),
        ] {
            assert!(launcher(&absolute("/p"), "n", module, object).is_err());
        }
        let text = launcher(&absolute("/p"), "n", "a.b", "c.d").unwrap();
        assert!(text.contains("from a.b import c\n") && text.contains("sys.exit(c.d())"));
    }

    #[test]
    fn wheel_scripts_get_the_real_python() {
        let new = |text: &str| rewrite(text.as_bytes(), &absolute("/p")).unwrap();
        assert_eq!(new("#!python\nx\n").unwrap(), b"#!/p\nx\n");
        assert_eq!(new("#!pythonw -E\r\nx\n").unwrap(), b"#!/p -E\nx\n");
        assert_eq!(new("#!python3.9\nx").unwrap(), b"#!/p\nx");
        assert_eq!(new("#!python $(id)\nx").unwrap(), b"#!/p\nx");
        assert_eq!(new("#!/bin/sh\nx\n"), None);
        assert_eq!(new("#!/usr/bin/python\n"), None);
        assert_eq!(new("#!python").unwrap(), b"#!/p\n");
    }
}
