//! Programs that start the scripts of an environment on Windows, which starts no text by its name.
//!
//! A Python brings them along, in the pip that `ensurepip` would install. They read what is written behind them: a
//! line that names a Python, and a zip archive whose `__main__.py` it runs.

use std::fs;
use std::path::{Path, PathBuf};

use naja_spec::Arch;

use crate::environment::Environment;

/// Where the starters are in the archive of pip.
const PLACE: &str = "pip/_vendor/distlib";

/// What a script appears in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surface {
    /// A terminal.
    Console,
    /// Windows of its own.
    Windows,
}

/// The starters for one environment.
#[derive(Debug)]
pub(crate) struct Starters {
    console: Vec<u8>,
    windows: Vec<u8>,
    /// The directory of Python as the first line names it, its end included.
    place: String,
}

impl Starters {
    /// Takes those of the Python of an environment; `None` when it brings none.
    pub(crate) fn of(env: &Environment) -> Option<Self> {
        let interpreter = env.interpreter();
        let kind = match interpreter.platform.arch {
            Arch::X86 => "32",
            Arch::X86_64 => "64",
            Arch::Aarch64 => "64-arm",
            _ => return None,
        };
        let pip = fs::read(bundled_pip(&interpreter.scheme.stdlib)?).ok()?;
        let take = |letter: char| {
            naja_store::zip::read_member(&pip, &format!("{PLACE}/{letter}{kind}.exe")).ok()
        };
        let place = match env.is_relocatable() {
            true => r"<launcher_dir>\".to_owned(),
            false => format!(r"{}\", env.python().parent()?.to_str()?),
        };
        Some(Self {
            console: take('t')?,
            windows: take('w')?,
            place,
        })
    }

    /// A program that runs a script.
    pub(crate) fn program(&self, surface: Surface, script: &[u8]) -> Vec<u8> {
        let (starter, python) = match surface {
            Surface::Console => (&self.console, "python.exe"),
            Surface::Windows => (&self.windows, "pythonw.exe"),
        };
        let quote = if self.place.contains([' ', '\t']) {
            "\""
        } else {
            ""
        };
        let head = format!("#!{quote}{}{python}{quote}\n", self.place);
        [starter, head.as_bytes(), &archive(script)].concat()
    }
}

/// The pip that a Python brings along, the newest if there are several.
fn bundled_pip(stdlib: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(stdlib.join("ensurepip").join("_bundled")).ok()?;
    let is_pip = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with("pip-") && name.ends_with(".whl"))
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter(is_pip).max()
}

/// A zip archive with one file, `__main__.py`, as it is.
fn archive(script: &[u8]) -> Vec<u8> {
    const NAME: &[u8] = b"__main__.py";
    /// The first of January 1980.
    const DATE: u16 = 0x21;
    let length = u32::try_from(script.len())
        .unwrap_or(u32::MAX)
        .to_le_bytes();
    let mut common = Vec::with_capacity(26);
    for value in [20_u16, 0, 0, 0, DATE] {
        common.extend(value.to_le_bytes());
    }
    common.extend(crc32fast::hash(script).to_le_bytes());
    common.extend([length, length].concat());
    common.extend([NAME.len() as u16, 0].map(u16::to_le_bytes).concat());

    let mut out = [b"PK\x03\x04", &common[..], NAME, script].concat();
    let directory = out.len();
    // Made by; then what the file's own head says; no comment, first disk, no attributes, at the beginning.
    out.extend([b"PK\x01\x02\x14\x00", &common[..], &[0; 14], NAME].concat());
    let size = out.len() - directory;
    out.extend(b"PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00");
    for value in [size, directory] {
        out.extend(u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes());
    }
    out.extend([0; 2]);
    out
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn starters(place: &str) -> Starters {
        Starters {
            console: b"MZ console".to_vec(),
            windows: b"MZ windows".to_vec(),
            place: place.to_owned(),
        }
    }

    #[test]
    fn the_script_is_behind_the_starter() {
        let script = b"print('h\xc3\xa9')\n";
        let program = starters(r"C:\v\Scripts\").program(Surface::Console, script);
        let rest = program
            .strip_prefix(b"MZ console#!C:\\v\\Scripts\\python.exe\n".as_slice())
            .unwrap();
        assert_eq!(
            naja_store::zip::read_member(rest, "__main__.py").unwrap(),
            script
        );
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(program)).unwrap();
        let mut read = Vec::new();
        let mut member = zip.by_name("__main__.py").unwrap();
        member.read_to_end(&mut read).unwrap();
        assert_eq!(read, script);
    }

    #[test]
    fn blanks_are_quoted_and_windows_have_their_own_python() {
        let program = starters(r"C:\a b\Scripts\").program(Surface::Windows, b"");
        assert!(program.starts_with(b"MZ windows#!\"C:\\a b\\Scripts\\pythonw.exe\"\nPK"));
    }

    #[test]
    fn the_newest_pip_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(bundled_pip(dir.path()), None);
        let bundled = dir.path().join("ensurepip/_bundled");
        fs::create_dir_all(&bundled).unwrap();
        for name in [
            "pip-23.1-py3-none-any.whl",
            "pip-24.2-py3-none-any.whl",
            "setuptools-1-py3-none-any.whl",
        ] {
            fs::write(bundled.join(name), "").unwrap();
        }
        let found = bundled_pip(dir.path()).unwrap();
        assert_eq!(found.file_name().unwrap(), "pip-24.2-py3-none-any.whl");
    }
}
