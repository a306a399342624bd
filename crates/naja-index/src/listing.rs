//! Places that list the files of many packages: directories, single files, pages of links.

use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use naja_spec::{DistFileName, PackageName, SafeUrl};
use rustc_hash::FxHashMap;

use crate::body::Language;
use crate::error::{FetchError, PageFault};
use crate::kept::parsed;

/// No local page is longer than this (bytes).
const MAX_LOCAL_PAGE: u64 = 256 << 20;

/// The files of one place.
#[derive(Debug)]
pub(crate) enum Listing {
    /// File names in a directory, each with its normalised form.
    Directory {
        /// URL of the directory, with a slash at its end.
        base: SafeUrl,
        /// Name and normalised name of each distribution file, sorted.
        files: Vec<(String, String)>,
    },
    /// A page of links.
    Text {
        /// What its links are relative to.
        base: SafeUrl,
        /// Its language.
        language: Language,
        /// Its text.
        text: Vec<u8>,
    },
    /// There is no such place.
    Absent,
}

impl Listing {
    /// Reads a local place: a directory, a page of links, or one distribution file.
    ///
    /// # Errors
    /// When it exists and cannot be read.
    pub(crate) fn read_local(path: &Path) -> Result<Self, FetchError> {
        let fail = |source| FetchError::Local {
            path: path.to_owned(),
            source,
        };
        let metadata = match std::fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::Absent),
            Err(error) => return Err(fail(error)),
        };
        if metadata.is_dir() {
            return read_directory(path);
        }
        let url = |path: &Path| {
            SafeUrl::from_file_path(path).map_err(|error| fail(std::io::Error::other(error)))
        };
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if is_distribution(name) {
            let base = url(path)?
                .join(".")
                .map_err(|e| fail(std::io::Error::other(e)))?;
            return Ok(Self::Directory {
                base,
                files: vec![(name.to_owned(), normalised(name))],
            });
        }
        if metadata.len() > MAX_LOCAL_PAGE {
            let source = PageFault::TooLong {
                limit: MAX_LOCAL_PAGE,
            };
            return Err(FetchError::Page {
                url: url(path)?,
                source,
            });
        }
        let text = std::fs::read(path).map_err(fail)?;
        let json = Path::new(name)
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("json"));
        let language = if json { Language::Json } else { Language::Html };
        Ok(Self::Text {
            base: url(path)?,
            language,
            text,
        })
    }

    /// Makes the page record of one package; `None` if the place has no file of it.
    ///
    /// # Errors
    /// When a page of links cannot be understood.
    pub(crate) fn page_of(&self, package: &PackageName) -> Result<Option<Vec<u8>>, FetchError> {
        match self {
            Self::Absent => Ok(None),
            Self::Text {
                base,
                language,
                text,
            } => parsed(text, *language, base, package)
                .map(Some)
                .map_err(|source| FetchError::Page {
                    url: base.clone(),
                    source,
                }),
            Self::Directory { base, files } => {
                let files: Vec<_> = files
                    .iter()
                    .filter(|(name, normal)| is_about(normal, name, package))
                    .filter_map(|(name, _)| {
                        let url = base.join(&format!("./{}", escaped(name))).ok()?;
                        Some(serde_json::json!({
                            "filename": name, "url": url.with_secrets(), "hashes": {},
                        }))
                    })
                    .collect();
                if files.is_empty() {
                    return Ok(None);
                }
                let page = serde_json::json!({
                    "meta": { "api-version": "1.0" }, "name": package.as_str(), "files": files,
                });
                parsed(page.to_string().as_bytes(), Language::Json, base, package)
                    .map(Some)
                    .map_err(|source| FetchError::Page {
                        url: base.clone(),
                        source,
                    })
            }
        }
    }
}

fn read_directory(path: &Path) -> Result<Listing, FetchError> {
    let fail = |source| FetchError::Local {
        path: path.to_owned(),
        source,
    };
    let base = SafeUrl::from_directory_path(path).map_err(|e| fail(std::io::Error::other(e)))?;
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(fail)? {
        let name = entry.map_err(fail)?.file_name();
        // A name that is not UTF-8 is no distribution's.
        if let Some(name) = name.to_str().filter(|name| is_distribution(name)) {
            files.push((name.to_owned(), normalised(name)));
        }
    }
    files.sort_unstable();
    Ok(Listing::Directory { base, files })
}

fn is_distribution(name: &str) -> bool {
    const ENDINGS: [&str; 7] = [
        ".whl", ".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst",
    ];
    let lower = name.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| lower.ends_with(ending))
}

/// Every run of `-`, `_` and `.` becomes one `-` (PEP 503), so that a prefix can be compared.
fn normalised(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if out.ends_with('-') => {}
            '-' | '_' | '.' => out.push('-'),
            other => out.push(other.to_ascii_lowercase()),
        }
    }
    out
}

fn is_about(normal: &str, name: &str, package: &PackageName) -> bool {
    normal
        .strip_prefix(package.as_str())
        .is_some_and(|rest| rest.starts_with('-'))
        && DistFileName::parse_with(name, package).is_ok()
}

/// Escapes what a URL path cannot hold as it is.
fn escaped(name: &str) -> String {
    use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
    const SPECIAL: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'#')
        .add(b'%')
        .add(b'<')
        .add(b'>')
        .add(b'?')
        .add(b'\\')
        .add(b'`')
        .add(b'{')
        .add(b'}');
    utf8_percent_encode(name, SPECIAL).to_string()
}

/// Local places, each read once per process.
#[derive(Debug, Default)]
pub(crate) struct Listings {
    read: Mutex<FxHashMap<PathBuf, Arc<Listing>>>,
}

impl Listings {
    /// Returns what is at a local path.
    ///
    /// # Errors
    /// When it exists and cannot be read.
    pub(crate) fn local(&self, path: &Path) -> Result<Arc<Listing>, FetchError> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        match read.entry(path.to_owned()) {
            Entry::Occupied(entry) => Ok(Arc::clone(entry.get())),
            Entry::Vacant(entry) => Ok(Arc::clone(
                entry.insert(Arc::new(Listing::read_local(path)?)),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_compared_normalised() {
        let package = PackageName::parse("foo-bar").unwrap();
        let about = |name: &str| is_about(&normalised(name), name, &package);
        assert!(about("foo_bar-1.0-py3-none-any.whl"));
        assert!(about("Foo.Bar-1.0.tar.gz"));
        assert!(!about("foo_bar_baz-1.0-py3-none-any.whl"));
        assert!(!about("foo_barbaz-1.0-py3-none-any.whl"));
        assert!(!about("foo-1.0.tar.gz"));
    }

    #[test]
    fn what_counts_as_a_distribution() {
        assert!(is_distribution("a-1-py3-none-any.whl"));
        assert!(is_distribution("a-1.TAR.GZ"));
        assert!(!is_distribution("a-1.txt"));
        assert!(!is_distribution("index.html"));
    }
}
