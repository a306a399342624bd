//! Reading a lock file.

use naja_spec::{
    Digest, HashAlgorithm, Marker, SdistName, Version, VersionSpecifiers, WheelName, WheelParts,
};

use crate::pair::{InTurn, Pair};

use super::halves;
use super::keys::{Keys, MAX_UNKNOWN, Place};
use super::tree::{self, Branch, Tree};
use super::{FilePlace, LockedFile, LockedPackage, LockedSource, Pylock};

/// The longest lock file that is read, in bytes.
const MAX_BYTES: usize = 256 << 20;

/// How many packages a lock file may have.
const MAX_PACKAGES: usize = 100_000;

/// From so many bytes on a second thread saves more than it costs to start.
const WORTH_HALVING: usize = 64 << 10;

/// Why a text is no lock file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PylockError {
    /// Beyond what is read.
    #[error("the lock file has more than {0}")]
    TooLarge(&'static str),
    /// Not TOML.
    #[error("the lock file is not TOML: {0}")]
    Toml(Box<toml::de::Error>),
    /// Of a later major version.
    #[error("the lock file has version {0}, and only 1 is known")]
    Version(String),
    /// A key that has to be there is not.
    #[error("`{0}` is missing")]
    Missing(String),
    /// A value of another type.
    #[error("`{place}` is not {wanted}")]
    Type {
        /// Where it stands.
        place: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// A value that does not follow its grammar.
    #[error("`{place}`: {reason}")]
    Value {
        /// Where it stands.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// Sources that exclude each other, or none.
    #[error("`{place}` needs {wanted}")]
    Sources {
        /// Which package.
        place: String,
        /// What it needs.
        wanted: &'static str,
    },
}

pub(super) type Result<T> = std::result::Result<T, PylockError>;

impl Pylock {
    /// Reads a lock file.
    ///
    /// # Errors
    /// The text is no lock file of major version 1, or is larger than any that is made for use.
    pub fn parse(text: &str) -> Result<Self> {
        Self::parse_by(text, &InTurn)
    }

    /// As [`Self::parse`], with something that may do two things at once.
    ///
    /// # Errors
    /// As there.
    pub fn parse_by(text: &str, pair: &impl Pair) -> Result<Self> {
        Self::parse_halved(text, WORTH_HALVING, pair)
    }

    /// As [`Self::parse_by`], where already from `worth` bytes on both halves are read side by side; to be compared
    /// with [`Self::parse`].
    ///
    /// # Errors
    /// As there.
    #[doc(hidden)]
    pub fn parse_halved(text: &str, worth: usize, pair: &impl Pair) -> Result<Self> {
        match halves::read(text, worth..=MAX_BYTES, pair) {
            Some((root, packages)) => Self::of(root, |_| packages),
            None => Self::parse_with(text, tree::read),
        }
    }

    /// Reads a lock file with the general reader of TOML alone, to be compared with [`Self::parse`].
    ///
    /// # Errors
    /// As there.
    #[doc(hidden)]
    pub fn parse_generally(text: &str) -> Result<Self> {
        Self::parse_with(text, tree::read_any)
    }

    fn parse_with(
        text: &str,
        read: impl FnOnce(&str) -> std::result::Result<Branch<'_>, toml::de::Error>,
    ) -> Result<Self> {
        if text.len() > MAX_BYTES {
            return Err(PylockError::TooLarge("256 MiB"));
        }
        let tree = read(text).map_err(|error| PylockError::Toml(Box::new(error)))?;
        Self::of(tree, |keys| {
            let tables = keys.required("packages", Keys::lent_tables)?;
            read_packages(0, tables)
        })
    }

    /// Reads the keys of the document; the packages may be read already.
    fn of<'t>(
        root: Branch<'t>,
        packages: impl FnOnce(&mut Keys<'_, 't>) -> Result<Part>,
    ) -> Result<Self> {
        let mut unknown = Vec::new();
        let mut keys = Keys::new(root, &Place::Root, &mut unknown);
        let lock_version: String = keys.required("lock-version", Keys::string)?;
        let major = lock_version.split('.').next().unwrap_or_default();
        if major != "1" || Version::parse(&lock_version).is_err() {
            return Err(PylockError::Version(lock_version));
        }
        let mut lock = Self {
            lock_version,
            environments: keys.parsed_list("environments")?,
            requires_python: keys.parsed("requires-python")?,
            extras: keys.parsed_list("extras")?,
            dependency_groups: keys.parsed_list("dependency-groups")?,
            default_groups: keys.parsed_list("default-groups")?,
            created_by: keys.required("created-by", Keys::string)?,
            packages: Vec::new(),
            tool: keys.table("tool")?,
            unknown: Vec::new(),
        };
        let (packages, others) = packages(&mut keys)?;
        keys.finish();
        let room = MAX_UNKNOWN.saturating_sub(unknown.len());
        unknown.extend(others.into_iter().take(room));
        lock.packages = packages;
        lock.unknown = unknown;
        Ok(lock)
    }
}

/// Packages that were read, and the keys that are not known.
pub(super) type Part = (Vec<LockedPackage>, Vec<String>);

/// Reads the tables of packages from one of them on.
pub(super) fn read_packages(first: usize, tables: Vec<Branch<'_>>) -> Result<Part> {
    if first + tables.len() > MAX_PACKAGES {
        return Err(PylockError::TooLarge("100,000 packages"));
    }
    let (mut packages, mut unknown) = (Vec::with_capacity(tables.len()), Vec::new());
    for (at, table) in (first..).zip(tables) {
        let place = Place::Item(&Place::Root, "packages", at);
        packages.push(Keys::whole(table, &place, &mut unknown, package)?);
    }
    Ok((packages, unknown))
}

fn package(keys: &mut Keys<'_, '_>) -> Result<LockedPackage> {
    let name = keys
        .parsed("name")?
        .ok_or_else(|| PylockError::Missing(keys.place("name")))?;
    let package = LockedPackage {
        name,
        version: keys.parsed::<Version>("version")?,
        marker: keys.parsed::<Marker>("marker")?,
        requires_python: keys.parsed::<VersionSpecifiers>("requires-python")?,
        dependencies: keys.tables("dependencies")?.unwrap_or_default(),
        index: keys.url("index")?,
        source: source(keys)?,
        attestation_identities: keys.tables("attestation-identities")?.unwrap_or_default(),
        tool: keys.table("tool")?,
    };
    let fits = match &package.source {
        LockedSource::Files { sdist, wheels } => {
            let is_other = |version: &Version| {
                let known = package.version.as_ref();
                known.is_some_and(|known| known != version)
            };
            let mut last = None;
            for wheel in wheels {
                let bad = |error| keys.wrong("wheels", &error);
                let parts = WheelParts::split(&wheel.name).map_err(bad)?;
                // Mostly all wheels of a package spell its name and its version in the same way.
                let spelt = Some((parts.name, parts.version));
                if last == spelt {
                    continue;
                }
                last = spelt;
                let named = WheelName::parse(&wheel.name).map_err(bad)?;
                let of = match (named.name != package.name, is_other(&named.version)) {
                    (true, _) => "package",
                    (false, true) => "version",
                    (false, false) => continue,
                };
                let reason = format!("{} is of another {of}", wheel.name);
                return Err(keys.wrong("wheels", &reason));
            }
            if let Some(file) = sdist {
                let named = SdistName::parse(&file.name, Some(&package.name));
                let named = named.map_err(|error| keys.wrong("sdist", &error))?;
                if is_other(&named.version) {
                    let reason = format!("{} is of another version", file.name);
                    return Err(keys.wrong("sdist", &reason));
                }
            }
            !wheels.is_empty() || sdist_is_there(&package)
        }
        _ => true,
    };
    if !fits {
        return Err(PylockError::Sources {
            place: keys.here(),
            wanted: "a wheel, a source distribution, an archive, a directory or a repository",
        });
    }
    Ok(package)
}

fn sdist_is_there(package: &LockedPackage) -> bool {
    matches!(package.source, LockedSource::Files { sdist: Some(_), .. })
}

fn source(keys: &mut Keys<'_, '_>) -> Result<LockedSource> {
    let vcs = keys.lent_table("vcs")?;
    let directory = keys.lent_table("directory")?;
    let archive = keys.lent_table("archive")?;
    let sdist = keys.lent_table("sdist")?;
    let wheels = keys.lent_tables("wheels")?;
    let files = sdist.is_some() || wheels.is_some();
    let given = [vcs.is_some(), directory.is_some(), archive.is_some(), files];
    if given.iter().filter(|given| **given).count() > 1 {
        return Err(PylockError::Sources {
            place: keys.here(),
            wanted: "one of `vcs`, `directory`, `archive`, or `sdist` and `wheels`",
        });
    }
    if let Some(table) = vcs {
        return keys.inner(table, "vcs", vcs_source);
    }
    if let Some(table) = directory {
        return keys.inner(table, "directory", |keys| {
            Ok(LockedSource::Directory {
                path: keys.required("path", Keys::string)?,
                editable: keys.boolean("editable")?.unwrap_or(false),
                subdirectory: keys.subdirectory()?,
            })
        });
    }
    if let Some(table) = archive {
        return keys.inner(table, "archive", |keys| {
            Ok(LockedSource::Archive {
                file: file(keys)?,
                subdirectory: keys.subdirectory()?,
            })
        });
    }
    let sdist = sdist
        .map(|table| keys.inner(table, "sdist", file))
        .transpose()?;
    let wheels = wheels.unwrap_or_default().into_iter().enumerate();
    let wheels = wheels
        .map(|(at, table)| keys.item(table, ("wheels", at), file))
        .collect::<Result<_>>()?;
    Ok(LockedSource::Files { sdist, wheels })
}

fn vcs_source(keys: &mut Keys<'_, '_>) -> Result<LockedSource> {
    Ok(LockedSource::Vcs {
        kind: keys.required("type", Keys::string)?,
        place: keys.file_place()?,
        requested_revision: keys.string("requested-revision")?,
        commit_id: keys.required("commit-id", Keys::string)?,
        subdirectory: keys.subdirectory()?,
    })
}

fn file(keys: &mut Keys<'_, '_>) -> Result<LockedFile> {
    let place = keys.file_place()?;
    let name = match (keys.string("name")?, &place) {
        (Some(name), _) => name,
        (None, FilePlace::Url(url)) => url.file_name().unwrap_or_default().into_owned(),
        (None, FilePlace::Path(path)) => path
            .rsplit(['/', '\\'])
            .next()
            .unwrap_or_default()
            .to_owned(),
    };
    if name.is_empty() || name.contains(['/', '\\', '\0']) {
        return Err(keys.wrong("name", &"this is no file name"));
    }
    Ok(LockedFile {
        name,
        place,
        upload_time: keys.datetime("upload-time")?,
        size: keys.size("size")?,
        hashes: hashes(keys)?,
    })
}

fn hashes(keys: &mut Keys<'_, '_>) -> Result<Vec<Digest>> {
    let table = keys.required("hashes", Keys::lent_table)?;
    let mut hashes = Vec::with_capacity(table.len());
    for (algorithm, value) in table {
        let Tree::Text(hex) = value else {
            return Err(PylockError::Type {
                place: keys.place("hashes"),
                wanted: "a table of texts",
            });
        };
        // An algorithm that is not known here proves nothing.
        let Ok(algorithm) = algorithm.parse::<HashAlgorithm>() else {
            continue;
        };
        let digest =
            Digest::from_hex(algorithm, &hex).map_err(|error| keys.wrong("hashes", &error))?;
        hashes.push(digest);
    }
    if !hashes.iter().any(Digest::is_secure) {
        return Err(keys.wrong("hashes", &"there is no hash of a secure algorithm"));
    }
    Ok(hashes)
}
