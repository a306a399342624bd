//! `.venv` files that name an environment, as virtualenv writes them and a draft of PEP 832 has them. The
//! discussion of that draft is open; whatever comes of it, these files exist.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::environment::without_dots;

/// No file is longer, in bytes: paths are shorter.
const SIZE_LIMIT: u64 = 8192;

/// A file may name another file, but not for ever.
const DEPTH_LIMIT: usize = 8;

/// Reads a file that names an environment by one path, absolute or relative to the file's
/// directory. `None`: it is no such file. Whether the environment exists is not asked.
///
/// The file is one line of UTF-8; a line end behind it does not count, everything else does. Where
/// the path is that of another such file, that one is read, too; a circle leads nowhere.
#[must_use]
pub fn read_redirect(file: &Path) -> Option<PathBuf> {
    let mut path = file.to_path_buf();
    for step in 0..DEPTH_LIMIT {
        let is_file = path.metadata().is_ok_and(|meta| meta.is_file());
        if !is_file {
            return (step > 0).then_some(path);
        }
        path = one_step(&path)?;
    }
    None
}

fn one_step(file: &Path) -> Option<PathBuf> {
    let mut bytes = Vec::new();
    let opened = File::open(file).ok()?;
    opened.take(SIZE_LIMIT + 1).read_to_end(&mut bytes).ok()?;
    if bytes.len() as u64 > SIZE_LIMIT {
        return None;
    }
    let text = String::from_utf8(bytes).ok()?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.trim().is_empty() || line.contains(char::is_control) {
        return None;
    }
    Some(without_dots(&file.parent()?.join(line)))
}

/// Writes the text of a file that names an environment: relative where the environment lies below
/// the file's directory, so that both can be moved together. `None`: no text can name it.
#[must_use]
pub fn redirect_text(file: &Path, environment: &Path) -> Option<String> {
    let dir = file.parent()?;
    let path = environment.strip_prefix(dir).unwrap_or(environment);
    let text = path.to_str()?;
    let nameable = !text.is_empty() && !text.contains(char::is_control);
    nameable.then(|| format!("{text}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn elsewhere(path: &str) -> PathBuf {
        Path::new(if cfg!(windows) { r"C:\" } else { "/" }).join(path)
    }

    #[test]
    fn one_line_is_one_path() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(".venv");
        let read = |text: &[u8]| {
            fs::write(&file, text).unwrap();
            read_redirect(&file)
        };
        let inside = Some(dir.path().join("envs/a"));
        assert_eq!(read(b"envs/a"), inside);
        assert_eq!(read(b"envs/a\n"), inside);
        assert_eq!(read(b"envs/a\r\n"), inside);
        assert_eq!(read(b"./x/../envs/a\n"), inside);
        assert_eq!(read(b" envs/a \n"), Some(dir.path().join(" envs/a ")));
        let elsewhere = elsewhere("abs/env");
        let line = format!("{}\n", elsewhere.display());
        assert_eq!(read(line.as_bytes()), Some(elsewhere));
        for bad in [
            &b""[..],
            b"\n",
            b" \n",
            b"a\nb\n",
            b"a\n\n",
            b"a\0b",
            b"\xff\xfe",
            b"\x1b[0m",
        ] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
        assert_eq!(read(&vec![b'a'; 9000]), None);
        assert_eq!(read_redirect(dir.path()), None);
        assert_eq!(read_redirect(&dir.path().join("absent")), None);
    }

    #[test]
    fn files_that_name_files_end_somewhere() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("a"), "b\n").unwrap();
        fs::write(at("b"), "c\n").unwrap();
        fs::create_dir(at("c")).unwrap();
        assert_eq!(read_redirect(&at("a")), Some(at("c")));
        fs::write(at("b"), "a\n").unwrap();
        assert_eq!(read_redirect(&at("a")), None);
        fs::write(at("b"), "b\n").unwrap();
        assert_eq!(read_redirect(&at("a")), None);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(".venv");
        for environment in [
            dir.path().join("envs/with blank "),
            elsewhere("data/envs/x"),
        ] {
            let text = redirect_text(&file, &environment).unwrap();
            fs::write(&file, &text).unwrap();
            assert_eq!(read_redirect(&file), Some(environment));
        }
        assert_eq!(redirect_text(&file, Path::new("/a\nb")), None);
        assert_eq!(redirect_text(&file, dir.path()), None);
    }
}
