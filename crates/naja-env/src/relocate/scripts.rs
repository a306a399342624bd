//! The programs of an environment that was moved.

use std::path::Path;

use crate::launcher::Shebang;

use super::paths::Move;
use super::recorded::first_word;

/// Rewrites the head of a script that starts the environment's Python by its old path; `None` if
/// it has no such head.
pub(super) fn rewrite_head(
    script: &[u8],
    moved: &Move,
    relocatable: bool,
    has: &dyn Fn(&str) -> bool,
) -> Option<Vec<u8>> {
    let head = Head::read(script)?;
    let python = Path::new(&head.python);
    let below = python.strip_prefix(moved.from()).ok()?;
    let name = below.file_name()?.to_str()?;
    let name = if has(name) { name } else { "python" };
    let shebang = if relocatable {
        Shebang::Beside(name.to_owned())
    } else {
        Shebang::Absolute(moved.to().join(below.parent()?).join(name))
    };
    let mut out = shebang.head(&head.arguments).ok()?.into_bytes();
    out.extend_from_slice(head.rest);
    Some(out)
}

/// The first lines of a script that say what runs it.
struct Head<'a> {
    python: String,
    arguments: String,
    rest: &'a [u8],
}

impl<'a> Head<'a> {
    fn read(script: &'a [u8]) -> Option<Self> {
        let (first, rest) = line(script)?;
        let program = first.strip_prefix("#!")?.trim();
        if program != "/bin/sh" {
            let (python, arguments) = program.split_once([' ', '\t']).unwrap_or((program, ""));
            return Self {
                python: python.to_owned(),
                arguments: arguments.trim().to_owned(),
                rest,
            }
            .with_plain_arguments();
        }
        let (second, rest) = line(rest)?;
        let (third, rest) = line(rest)?;
        if third.trim_end() != "' '''" {
            return None;
        }
        let (python, arguments) = first_word(second.strip_prefix("'''exec' ")?)?;
        let arguments = arguments.trim().strip_suffix("\"$0\" \"$@\"")?.trim();
        Self {
            python,
            arguments: arguments.to_owned(),
            rest,
        }
        .with_plain_arguments()
    }

    /// Only words that mean nothing to a shell can be put into any head.
    fn with_plain_arguments(self) -> Option<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || " -_.=,:/+".contains(c);
        self.arguments.chars().all(plain).then_some(self)
    }
}

fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().take(4096).position(|byte| *byte == b'\n')?;
    let line = std::str::from_utf8(&bytes[..end]).ok()?;
    Some((line.trim_end_matches('\r'), &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(script: &str, from: &str, relocatable: bool) -> Option<String> {
        let moved = Move::of_environment(Path::new(from), Path::new("/new/.venv"));
        let has = |name: &str| matches!(name, "python" | "python3");
        let out = rewrite_head(script.as_bytes(), &moved, relocatable, &has)?;
        Some(String::from_utf8(out).unwrap())
    }

    #[cfg(unix)]
    #[test]
    fn every_form_of_head_is_known() {
        let absolute = |script| rewritten(script, "/a b/.venv", false);
        let plain = |script| rewritten(script, "/old/.venv", false);
        let new = Some("#!/new/.venv/bin/python3\nx\n".to_owned());
        assert_eq!(plain("#!/old/.venv/bin/python3\nx\n"), new);
        assert_eq!(plain("#!/old/.venv/bin/python3\r\nx\n"), new);
        assert_eq!(
            plain("#!/old/.venv/bin/python3.9 -E\nx\n"),
            Some("#!/new/.venv/bin/python -E\nx\n".into())
        );
        assert_eq!(
            absolute("#!/bin/sh\n'''exec' \"/a b/.venv/bin/python3\" \"$0\" \"$@\"\n' '''\nx\n"),
            new
        );
        assert_eq!(
            absolute("#!/bin/sh\n'''exec' '/a b/.venv/bin/python3' \"$0\" \"$@\"\n' '''\nx\n"),
            new
        );
        let movable = rewritten("#!/old/.venv/bin/python3\nx\n", "/old/.venv", true).unwrap();
        assert!(movable.starts_with("#!/bin/sh\n") && movable.ends_with("' '''\nx\n"));
    }

    #[test]
    fn other_scripts_stay() {
        for script in [
            "",
            "#!",
            "#!/bin/sh\n",
            "#!/bin/sh\necho /old/.venv\nx\n",
            "#!/usr/bin/python3\n",
            "#!/old/.venvs/bin/python\n",
            "#!/old/.venv/bin/python -c '$(id)'\n",
            "#!/bin/sh\n'''exec' \"$(dirname x)\"/python \"$0\" \"$@\"\n' '''\n",
            "#!/bin/sh\n'''exec' /old/.venv/bin/python \"$0\" \"$@\"\nrest\n",
        ] {
            assert_eq!(rewritten(script, "/old/.venv", true), None, "{script}");
        }
    }
}
