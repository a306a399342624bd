//! [`InstalledDist`]: one distribution found in an environment.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::layout::SOURCE_NOTE;
use naja_spec::{
    CoreMetadata, DirectUrl, DirectUrlError, MetadataError, PackageName, Record, RecordError,
    Version,
};
use serde::ser::{Serialize, SerializeStruct, Serializer};

/// The largest metadata file that is read, in bytes; real ones end near 2 MB.
const SIZE_LIMIT: u64 = 64 << 20;

/// What a buffer has beyond a file's size, so that its end is found without growing.
const ROOM: usize = 64;

/// Installers that always write RECORD, and write it last.
const RECORDING: [&str; 6] = ["naja", "pip", "uv", "poetry", "pdm", "installer"];

/// Tells in which of the historical forms a distribution is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DistKind {
    /// A `*.dist-info` directory (PEP 376, PEP 627).
    DistInfo,
    /// A `*.egg-info` directory, written by `setup.py install`.
    EggInfoDirectory,
    /// A `*.egg-info` file, written by distutils.
    EggInfoFile,
    /// A `*.egg-link` file, written by `setup.py develop`; the code is elsewhere.
    EggLink,
    /// A `*.egg` directory or archive, written by `easy_install`.
    Egg,
}

/// Tells whether the record of a distribution is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Everything a working installation has is there.
    Whole,
    /// There is no METADATA (or PKG-INFO): something removed or never finished it.
    NoMetadata,
    /// There is no RECORD although the installer writes one, last: the installation was
    /// interrupted.
    NoRecord,
    /// `direct_url.json` exists but cannot be understood.
    BadDirectUrl,
}

/// Why something about an installed distribution could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstalledError {
    /// A file cannot be read.
    #[error("read `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The answer of the operating system.
        #[source]
        source: io::Error,
    },
    /// A file is larger than any real one.
    #[error("read `{}`: it is larger than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
    /// METADATA or PKG-INFO is invalid.
    #[error("read `{}`", path.display())]
    Metadata {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: MetadataError,
    },
    /// RECORD is invalid.
    #[error("read `{}`", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: RecordError,
    },
    /// `direct_url.json` is invalid.
    #[error("read `{}`", path.display())]
    DirectUrl {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: DirectUrlError,
    },
    /// The file is not there.
    #[error("`{}` is missing", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
}

/// What `direct_url.json` says.
#[derive(Debug, Clone)]
enum Direct {
    /// It is absent, or sound.
    Read(Option<DirectUrl>),
    /// It cannot be understood.
    Bad,
}

/// One distribution found by a scan.
///
/// Name and version come from the directory's name where that is canonical. Everything else is
/// read when it is asked for.
#[derive(Debug, Clone)]
pub struct InstalledDist {
    name: PackageName,
    version: Version,
    site: Arc<Path>,
    entry: Box<str>,
    kind: DistKind,
    owned: bool,
    health: OnceLock<Health>,
    direct: OnceLock<Direct>,
}

impl InstalledDist {
    /// Describes a distribution whose record is `site/entry`. `owned` is false in the base
    /// installation's directories.
    #[must_use]
    pub fn new(
        name: PackageName,
        version: Version,
        kind: DistKind,
        (site, entry): (Arc<Path>, &str),
        owned: bool,
    ) -> Self {
        Self {
            name,
            version,
            site,
            entry: entry.into(),
            kind,
            owned,
            health: OnceLock::new(),
            direct: OnceLock::new(),
        }
    }

    /// Fixes what [`health`](Self::health) and [`direct_url`](Self::direct_url) answer, so that
    /// the file system is not asked.
    #[must_use]
    pub fn with_facts(self, health: Health, direct_url: Option<DirectUrl>) -> Self {
        Self {
            health: OnceLock::from(health),
            direct: OnceLock::from(Direct::Read(direct_url)),
            ..self
        }
    }

    /// Returns the normalised name.
    #[must_use]
    pub fn name(&self) -> &PackageName {
        &self.name
    }

    /// Returns the version.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// Returns the form of the record.
    #[must_use]
    pub fn kind(&self) -> DistKind {
        self.kind
    }

    /// Returns the directory that holds the record and, editable ones apart, the modules.
    #[must_use]
    pub fn site_dir(&self) -> &Path {
        &self.site
    }

    /// Returns the name of the record in [`site_dir`](Self::site_dir).
    #[must_use]
    pub fn entry(&self) -> &str {
        &self.entry
    }

    /// Returns the path of the record: the `.dist-info` directory or its older form.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.site.join(&*self.entry)
    }

    /// Returns false for a distribution of the base installation, which is never changed.
    #[must_use]
    pub fn is_owned(&self) -> bool {
        self.owned
    }

    /// Tells whether the record is whole. Looks at two or three files on the first call.
    #[must_use]
    pub fn health(&self) -> Health {
        *self.health.get_or_init(|| self.look())
    }

    /// Tells whether its files are recorded: one look, where [`health`](Self::health) takes three.
    /// Whoever goes on to read METADATA learns the rest from that.
    #[must_use]
    pub fn is_recorded(&self) -> bool {
        if let Some(health) = self.health.get() {
            return *health == Health::Whole;
        }
        let whole = self.kind != DistKind::DistInfo
            || !self.owned
            || has_content(&self.path().join("RECORD"));
        whole || self.health() == Health::Whole
    }

    /// Returns where the distribution came from when that was not an index (PEP 610). Looks at one
    /// file on the first call.
    #[must_use]
    pub fn direct_url(&self) -> Option<&DirectUrl> {
        match self.direct() {
            Direct::Read(found) => found.as_ref(),
            Direct::Bad => None,
        }
    }

    /// Returns what the directory looked like that it was built from, if that was noted.
    #[must_use]
    pub fn source_fingerprint(&self) -> Option<String> {
        let bytes = std::fs::read(self.path().join(SOURCE_NOTE)).ok()?;
        let note: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
        Some(note.get("fingerprint")?.as_str()?.to_owned())
    }

    /// Returns true when the code is used where it lies in a source tree.
    #[must_use]
    pub fn is_editable(&self) -> bool {
        self.kind == DistKind::EggLink || self.direct_url().is_some_and(DirectUrl::is_editable)
    }

    fn direct(&self) -> &Direct {
        self.direct.get_or_init(|| match self.kind {
            DistKind::DistInfo => self.read_direct_url().map_or(Direct::Bad, Direct::Read),
            _ => Direct::Read(None),
        })
    }

    fn look(&self) -> Health {
        if self.kind != DistKind::DistInfo {
            return Health::Whole;
        }
        let path = self.path();
        if !has_content(&path.join("METADATA")) {
            return Health::NoMetadata;
        }
        if self.owned && !has_content(&path.join("RECORD")) {
            // Distributions remove RECORD to say that their own tools are in charge (PEP 627).
            match self.installer() {
                Some(other) if !RECORDING.contains(&other.as_str()) => {}
                _ => return Health::NoRecord,
            }
        }
        match self.direct() {
            Direct::Read(_) => Health::Whole,
            Direct::Bad => Health::BadDirectUrl,
        }
    }

    fn read_direct_url(&self) -> Result<Option<DirectUrl>, InstalledError> {
        let path = self.path().join("direct_url.json");
        match read_limited(&path) {
            Ok(bytes) => DirectUrl::parse(&bytes)
                .map(Some)
                .map_err(|source| InstalledError::DirectUrl { path, source }),
            Err(InstalledError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns the path of METADATA or PKG-INFO.
    #[must_use]
    pub fn metadata_path(&self) -> PathBuf {
        let path = self.path();
        match self.kind {
            DistKind::DistInfo => path.join("METADATA"),
            DistKind::EggInfoDirectory => path.join("PKG-INFO"),
            DistKind::EggInfoFile => path,
            DistKind::Egg => path.join("EGG-INFO").join("PKG-INFO"),
            DistKind::EggLink => egg_link_target(&path)
                .and_then(|tree| egg_info_in(&tree))
                .map_or(path, |info| info.join("PKG-INFO")),
        }
    }

    /// Reads the headers of METADATA: requirements, extras, supported Pythons.
    ///
    /// # Errors
    /// The file is missing, unreadable or invalid.
    pub fn read_metadata(&self) -> Result<CoreMetadata, InstalledError> {
        let path = self.metadata_path();
        let bytes = read_headers(&path)?;
        CoreMetadata::parse(&bytes).map_err(|source| InstalledError::Metadata { path, source })
    }

    /// Reads all of METADATA, description included.
    ///
    /// # Errors
    /// The file is missing or unreadable.
    pub fn read_metadata_bytes(&self) -> Result<Vec<u8>, InstalledError> {
        read_limited(&self.metadata_path())
    }

    /// Reads RECORD (recording installed projects, PEP 627).
    ///
    /// # Errors
    /// The file is missing, unreadable or invalid.
    pub fn read_record(&self) -> Result<Record, InstalledError> {
        let path = self.path().join("RECORD");
        let bytes = read_limited(&path)?;
        Record::parse(&bytes).map_err(|source| InstalledError::Record { path, source })
    }

    /// Reads the name of the tool that installed this.
    #[must_use]
    pub fn installer(&self) -> Option<String> {
        let bytes = read_limited(&self.path().join("INSTALLER")).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let line = text.lines().next().unwrap_or_default().trim();
        (!line.is_empty()).then(|| line.to_owned())
    }

    /// Tells whether the user asked for this distribution by name (PEP 376, REQUESTED).
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.path().join("REQUESTED").exists()
    }

    /// Returns the source tree of an `.egg-link`.
    #[must_use]
    pub fn linked_tree(&self) -> Option<PathBuf> {
        (self.kind == DistKind::EggLink)
            .then(|| egg_link_target(&self.path()))
            .flatten()
    }
}

impl Serialize for InstalledDist {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("InstalledDist", 4)?;
        fields.serialize_field("name", self.name.as_str())?;
        fields.serialize_field("version", &self.version.to_string())?;
        fields.serialize_field("path", &self.path().to_string_lossy())?;
        fields.serialize_field("kind", &self.kind)?;
        fields.end()
    }
}

fn has_content(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() > 0)
}

fn io_error(path: &Path, source: io::Error) -> InstalledError {
    match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => InstalledError::Missing {
            path: path.to_path_buf(),
        },
        _ => InstalledError::Io {
            path: path.to_path_buf(),
            source,
        },
    }
}

/// Reads a whole file of an environment, which may be anything.
pub(crate) fn read_limited(path: &Path) -> Result<Vec<u8>, InstalledError> {
    let file = File::open(path).map_err(|error| io_error(path, error))?;
    // With room for all of it, it is read in one go; what a size says is not believed.
    let size = file.metadata().map_or(0, |meta| meta.len().min(SIZE_LIMIT));
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + ROOM);
    file.take(SIZE_LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| io_error(path, error))?;
    if bytes.len() as u64 > SIZE_LIMIT {
        return Err(InstalledError::TooLarge {
            path: path.to_path_buf(),
            limit: SIZE_LIMIT,
        });
    }
    Ok(bytes)
}

/// Reads a mail-style file up to the blank line that ends its headers.
fn read_headers(path: &Path) -> Result<Vec<u8>, InstalledError> {
    let mut file = File::open(path).map_err(|error| io_error(path, error))?;
    let mut bytes = vec![0; 8 << 10];
    let mut filled = 0;
    loop {
        let read = match file.read(&mut bytes[filled..]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other.map_err(|error| io_error(path, error))?,
        };
        let seen = filled.saturating_sub(3);
        filled += read;
        if read == 0 || ends_headers(&bytes[seen..filled]) {
            bytes.truncate(filled);
            return Ok(bytes);
        }
        if filled as u64 > SIZE_LIMIT {
            return Err(InstalledError::TooLarge {
                path: path.to_path_buf(),
                limit: SIZE_LIMIT,
            });
        }
        if filled == bytes.len() {
            bytes.resize(filled * 2, 0);
        }
    }
}

fn ends_headers(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| pair == b"\n\n") || bytes.windows(4).any(|four| four == b"\r\n\r\n")
}

/// Reads the first line of an `.egg-link`: the directory of the source tree.
pub(crate) fn egg_link_target(link: &Path) -> Option<PathBuf> {
    let bytes = read_limited(link).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let line = text.lines().next()?.trim();
    (!line.is_empty()).then(|| link.parent().unwrap_or(Path::new("")).join(line))
}

/// Finds the `*.egg-info` directory of a source tree.
pub(crate) fn egg_info_in(tree: &Path) -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(tree)
        .ok()?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "egg-info"))
        .collect();
    found.sort();
    found.into_iter().next()
}
