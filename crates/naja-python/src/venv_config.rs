//! [`VenvConfig`]: the `pyvenv.cfg` file (PEP 405).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// The name of the file that makes a directory a virtual environment.
pub const CONFIG_NAME: &str = "pyvenv.cfg";

/// The largest `pyvenv.cfg` that is read, in bytes.
const SIZE_LIMIT: u64 = 1 << 20;

/// Says why a `pyvenv.cfg` could not be read or written.
#[derive(Debug, Error)]
pub enum VenvConfigError {
    /// The file could not be read.
    #[error("read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason of the system.
        #[source]
        source: io::Error,
    },
    /// The file is larger than any real one (1 MiB).
    #[error("read `{path}`: it has {size} bytes, which no environment needs")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
    },
    /// A key or value would forge further lines.
    #[error("write the key `{key}` to pyvenv.cfg: {reason}")]
    Unwritable {
        /// The key of the pair.
        key: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// Holds the pairs of a `pyvenv.cfg` in their order.
///
/// Read as CPython's `site` reads it: lines without `=` are skipped, keys are compared without
/// regard to case, spaces around key and value do not count, and the last pair of a key wins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VenvConfig {
    pairs: Vec<(String, String)>,
}

impl VenvConfig {
    /// Makes an empty configuration.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the text of a `pyvenv.cfg`; any text is accepted, as `site` accepts it.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let pairs = text
            .lines()
            .filter_map(|line| {
                let (key, value) = line.split_once('=')?;
                Some((bare(key).to_lowercase(), value.trim().to_owned()))
            })
            .collect();
        Self { pairs }
    }

    /// Reads `root/pyvenv.cfg`. A missing file is `None`.
    ///
    /// # Errors
    /// The file exists but cannot be read, or is larger than 1 MiB.
    pub fn read(root: &Path) -> Result<Option<Self>, VenvConfigError> {
        let path = root.join(CONFIG_NAME);
        let failed = |source| VenvConfigError::Read {
            path: path.clone(),
            source,
        };
        let bytes = match fs::metadata(&path) {
            Ok(meta) if meta.len() > SIZE_LIMIT => {
                return Err(VenvConfigError::TooLarge {
                    path,
                    size: meta.len(),
                });
            }
            Ok(meta) if !meta.is_file() => return Ok(None),
            Ok(_) => fs::read(&path).map_err(failed)?,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        Ok(Some(Self::parse(&String::from_utf8_lossy(&bytes))))
    }

    /// Returns the value of a key; `key` is given in lower case.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.pairs
            .iter()
            .rev()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    /// Sets a key, replacing all earlier values of it.
    ///
    /// # Errors
    /// The key is empty or contains `=`, or key or value contain a character that ends a line.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), VenvConfigError> {
        let refuse = |reason| VenvConfigError::Unwritable {
            key: key.to_owned(),
            reason,
        };
        if key.is_empty() || key.contains('=') || bare(key) != key {
            return Err(refuse("the key is not a plain word"));
        }
        if key.chars().chain(value.chars()).any(ends_line) {
            return Err(refuse(
                "it contains a line break or another control character",
            ));
        }
        let key = key.to_lowercase();
        self.pairs.retain(|(name, _)| *name != key);
        self.pairs.push((key, value.to_owned()));
        Ok(())
    }

    /// Iterates over the pairs in the order of the file; keys are in lower case.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Returns `home`: the directory of the base interpreter.
    #[must_use]
    pub fn home(&self) -> Option<&Path> {
        self.get("home")
            .filter(|value| !value.is_empty())
            .map(Path::new)
    }

    /// Says whether the base's site-packages are visible.
    #[must_use]
    pub fn system_site_packages(&self) -> bool {
        self.get("include-system-site-packages")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Returns the Python version that the creator wrote: `version` (the standard library and
    /// naja) or `version_info` (virtualenv, uv).
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.get("version")
            .or_else(|| self.get("version_info"))
            .filter(|text| !text.is_empty())
    }

    /// Returns the prompt text, without the quotes that the standard library's `venv` writes.
    #[must_use]
    pub fn prompt(&self) -> Option<&str> {
        let text = self.get("prompt")?;
        let inner = ['\'', '"']
            .iter()
            .find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))
            .unwrap_or(text);
        Some(inner).filter(|text| !text.is_empty())
    }

    /// Says whether the scripts of the environment must not contain its path.
    #[must_use]
    pub fn relocatable(&self) -> bool {
        self.get("relocatable")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Returns the version of naja that made the environment, if naja did.
    #[must_use]
    pub fn creator(&self) -> Option<&str> {
        self.get("naja")
    }

    /// Gives the text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::with_capacity(self.pairs.len() * 40);
        for (key, value) in &self.pairs {
            text.push_str(key);
            text.push_str(" = ");
            text.push_str(value);
            text.push('\n');
        }
        text
    }
}

/// A key without white space and byte order marks around it: when the file is written again,
/// another key may come first, where a mark would vanish.
fn bare(key: &str) -> &str {
    key.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

/// Says whether a character could end a line in some reader of the file.
fn ends_line(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

/// Says whether an error means that there is no such file.
pub(crate) fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_belongs_to_no_key() {
        let mut config = VenvConfig::parse("\u{feff}\u{feff}home = /a\n\u{feff}x = 1\n");
        assert_eq!(
            (config.get("home"), config.get("x")),
            (Some("/a"), Some("1"))
        );
        assert_eq!(VenvConfig::parse(&config.to_text()), config);
        assert!(config.set("\u{feff}home", "/b").is_err());
    }

    #[test]
    fn reads_as_site_does() {
        let config = VenvConfig::parse(
            "Home = /usr/bin \r\nno equals\nINCLUDE-system-site-packages=True\nversion = 3.1\n\
             version=3.12.1\nprompt = 'a \"b\"'\nx = a = b\n",
        );
        assert_eq!(config.home(), Some(Path::new("/usr/bin")));
        assert!(config.system_site_packages());
        assert_eq!(config.version(), Some("3.12.1"));
        assert_eq!(config.prompt(), Some("a \"b\""));
        assert_eq!(config.get("x"), Some("a = b"));
        assert_eq!(config.creator(), None);
    }

    #[test]
    fn odd_texts_are_read_without_complaint() {
        for text in [
            "",
            "=",
            "= x",
            "home",
            "\u{feff}home = /x",
            "home =\0",
            "a=\n\n\n=b",
        ] {
            let config = VenvConfig::parse(text);
            let _ = (
                config.home(),
                config.version(),
                config.prompt(),
                config.to_text(),
            );
        }
        assert_eq!(
            VenvConfig::parse("\u{feff}home = /x").home(),
            Some(Path::new("/x"))
        );
    }

    #[test]
    fn writing_cannot_forge_lines() {
        let mut config = VenvConfig::new();
        for text in [
            "a\nhome = /evil",
            "a\rb",
            "a\u{85}b",
            "a\u{2028}b",
            "a\0",
            "\u{1b}[0m",
        ] {
            assert!(config.set("prompt", text).is_err(), "{text:?}");
        }
        assert!(config.set("a=b", "c").is_err());
        assert!(config.set("", "c").is_err());
        config.set("Prompt", "ü $x").unwrap();
        config.set("prompt", "y").unwrap();
        assert_eq!(config.to_text(), "prompt = y\n");
    }

    #[test]
    fn a_written_configuration_reads_back() {
        let mut config = VenvConfig::new();
        config.set("home", "/opt/a b/bin").unwrap();
        config.set("relocatable", "true").unwrap();
        assert_eq!(VenvConfig::parse(&config.to_text()), config);
        assert!(config.relocatable());
    }

    #[test]
    fn a_missing_file_is_no_error() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(VenvConfig::read(dir.path()).unwrap(), None);
        fs::create_dir(dir.path().join(CONFIG_NAME)).unwrap();
        assert_eq!(VenvConfig::read(dir.path()).unwrap(), None);
    }
}
