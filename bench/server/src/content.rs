use std::collections::HashMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

/// A page in both forms.
pub(crate) struct Page {
    pub(crate) plain: Bytes,
    pub(crate) compressed: Bytes,
    pub(crate) etag: String,
}

/// Everything that is served: pages in memory, files by their path.
pub(crate) struct Content {
    pages: HashMap<String, Page>,
    files: PathBuf,
    /// How often metadata was served.
    metadata: AtomicUsize,
}

impl Content {
    /// Reads the pages of a data directory and fills in the address.
    pub(crate) fn read(data: &Path, base: &str) -> io::Result<Self> {
        let mut pages = HashMap::new();
        for entry in std::fs::read_dir(data.join("pages"))? {
            let path = entry?.path();
            let Some(name) = path.file_stem().and_then(|stem| stem.to_str()) else {
                continue;
            };
            let text = std::fs::read_to_string(&path)?.replace("{BASE}", base);
            let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
            encoder.write_all(text.as_bytes())?;
            let page = Page {
                etag: format!("\"{name}-{}\"", text.len()),
                plain: Bytes::from(text),
                compressed: Bytes::from(encoder.finish()?),
            };
            pages.insert(name.to_owned(), page);
        }
        Ok(Self {
            pages,
            files: data.join("files"),
            metadata: AtomicUsize::new(0),
        })
    }

    /// The page of a project, by its normalised name.
    pub(crate) fn page(&self, name: &str) -> Option<&Page> {
        self.pages.get(name)
    }

    /// The bytes of a file; only the last part of its address counts.
    pub(crate) fn file(&self, path: &str) -> Option<Bytes> {
        let name = path
            .rsplit('/')
            .next()
            .filter(|name| !name.is_empty() && *name != "..")?;
        std::fs::read(self.files.join(name.replace("%2B", "+")))
            .ok()
            .map(Bytes::from)
    }

    /// Notes that metadata was served.
    pub(crate) fn count(&self) {
        self.metadata.fetch_add(1, Ordering::Relaxed);
    }

    /// How often metadata was served since this was asked last.
    pub(crate) fn take_count(&self) -> usize {
        self.metadata.swap(0, Ordering::Relaxed)
    }

    /// The number of pages.
    pub(crate) fn len(&self) -> usize {
        self.pages.len()
    }
}
