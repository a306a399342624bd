//! Reading a lock file.

use std::borrow::Cow;
use std::str::FromStr;

use naja_spec::{
    Digest, HashAlgorithm, Marker, SafeUrl, SdistName, Version, VersionSpecifiers, WheelName,
};
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use super::{FilePlace, LockedFile, LockedPackage, LockedSource, Pylock};

/// The longest lock file that is read, in bytes.
const MAX_BYTES: usize = 256 << 20;

/// How many packages a lock file may have.
const MAX_PACKAGES: usize = 100_000;

/// How many unknown keys are remembered.
const MAX_UNKNOWN: usize = 100;

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

type Result<T> = std::result::Result<T, PylockError>;

impl Pylock {
    /// Reads a lock file.
    ///
    /// # Errors
    /// The text is no lock file of major version 1, or is larger than any that is made for use.
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() > MAX_BYTES {
            return Err(PylockError::TooLarge("256 MiB"));
        }
        let table = DeTable::parse(text)
            .map_err(|error| PylockError::Toml(Box::new(error)))?
            .into_inner();
        let mut unknown = Vec::new();
        let mut keys = Keys::new(table, String::new(), &mut unknown);
        let lock_version: String = keys.required("lock-version", Keys::string)?;
        let major = lock_version.split('.').next().unwrap_or_default();
        if major != "1" || Version::parse(&lock_version).is_err() {
            return Err(PylockError::Version(lock_version));
        }
        let packages = keys.required("packages", Keys::lent_tables)?;
        if packages.len() > MAX_PACKAGES {
            return Err(PylockError::TooLarge("100,000 packages"));
        }
        let mut lock = Self {
            lock_version,
            environments: keys.parsed_list("environments")?,
            requires_python: keys.parsed("requires-python")?,
            extras: keys.parsed_list("extras")?,
            dependency_groups: keys.parsed_list("dependency-groups")?,
            default_groups: keys.parsed_list("default-groups")?,
            created_by: keys.required("created-by", Keys::string)?,
            packages: Vec::with_capacity(packages.len()),
            tool: keys.table("tool")?,
            unknown: Vec::new(),
        };
        keys.finish();
        for (at, table) in packages.into_iter().enumerate() {
            let keys = Keys::new(table, format!("packages[{at}]"), &mut unknown);
            lock.packages.push(package(keys)?);
        }
        lock.unknown = unknown;
        Ok(lock)
    }
}

fn package(mut keys: Keys<'_, '_>) -> Result<LockedPackage> {
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
        source: source(&mut keys)?,
        attestation_identities: keys.tables("attestation-identities")?.unwrap_or_default(),
        tool: keys.table("tool")?,
    };
    let fits = match &package.source {
        LockedSource::Files { sdist, wheels } => {
            let parsed = |file: &LockedFile| WheelName::parse(&file.name);
            let is_other = |version: &Version| {
                let known = package.version.as_ref();
                known.is_some_and(|known| known != version)
            };
            for wheel in wheels {
                let named = parsed(wheel).map_err(|error| keys.wrong("wheels", &error))?;
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
            place: keys.path.clone(),
            wanted: "a wheel, a source distribution, an archive, a directory or a repository",
        });
    }
    keys.finish();
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
            place: keys.path.clone(),
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
        .map(|(at, table)| keys.inner(table, &format!("wheels[{at}]"), file))
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
        let algorithm = algorithm.get_ref();
        let Some(hex) = value.get_ref().as_str() else {
            return Err(PylockError::Type {
                place: keys.place("hashes"),
                wanted: "a table of texts",
            });
        };
        // An algorithm that is not known here proves nothing.
        if algorithm.parse::<HashAlgorithm>().is_err() {
            continue;
        }
        let digest = Digest::parse(&format!("{algorithm}:{hex}"))
            .map_err(|error| keys.wrong("hashes", &error))?;
        hashes.push(digest);
    }
    if !hashes.iter().any(Digest::is_secure) {
        return Err(keys.wrong("hashes", &"there is no hash of a secure algorithm"));
    }
    Ok(hashes)
}

/// The keys of a table that were not read yet.
struct Keys<'u, 't> {
    table: DeTable<'t>,
    path: String,
    unknown: &'u mut Vec<String>,
}

impl<'u, 't> Keys<'u, 't> {
    fn new(table: DeTable<'t>, path: String, unknown: &'u mut Vec<String>) -> Self {
        Self {
            table,
            path,
            unknown,
        }
    }

    fn place(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    fn wrong(&self, key: &str, reason: &dyn std::fmt::Display) -> PylockError {
        PylockError::Value {
            place: self.place(key),
            reason: reason.to_string(),
        }
    }

    fn inner<T>(
        &mut self,
        table: DeTable<'t>,
        key: &str,
        read: impl FnOnce(&mut Keys<'_, 't>) -> Result<T>,
    ) -> Result<T> {
        let mut keys = Keys::new(table, self.place(key), self.unknown);
        let value = read(&mut keys)?;
        keys.finish();
        Ok(value)
    }

    fn finish(self) {
        for key in self.table.keys() {
            if self.unknown.len() < MAX_UNKNOWN {
                self.unknown.push(self.place(key.get_ref()));
            }
        }
    }

    fn required<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&mut Self, &str) -> Result<Option<T>>,
    ) -> Result<T> {
        let value = read(self, key)?;
        value.ok_or_else(|| PylockError::Missing(self.place(key)))
    }

    fn take<T>(
        &mut self,
        key: &str,
        wanted: &'static str,
        read: impl FnOnce(DeValue<'t>) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(value) = self.table.remove(key) else {
            return Ok(None);
        };
        let value = read(value.into_inner()).ok_or_else(|| PylockError::Type {
            place: self.place(key),
            wanted,
        })?;
        Ok(Some(value))
    }

    /// A text, which may be that of the file.
    fn lent(&mut self, key: &str) -> Result<Option<Cow<'t, str>>> {
        self.take(key, "a text", |value| match value {
            DeValue::String(text) => Some(text),
            _ => None,
        })
    }

    fn string(&mut self, key: &str) -> Result<Option<String>> {
        Ok(self.lent(key)?.map(Cow::into_owned))
    }

    fn boolean(&mut self, key: &str) -> Result<Option<bool>> {
        self.take(key, "true or false", |value| value.as_bool())
    }

    fn size(&mut self, key: &str) -> Result<Option<u64>> {
        self.take(key, "a number of bytes", |value| {
            let size = value.as_integer()?;
            u64::from_str_radix(size.as_str(), size.radix()).ok()
        })
    }

    fn datetime(&mut self, key: &str) -> Result<Option<toml::value::Datetime>> {
        self.take(key, "a date and time", |value| value.as_datetime().copied())
    }

    fn lent_table(&mut self, key: &str) -> Result<Option<DeTable<'t>>> {
        self.take(key, "a table", |value| match value {
            DeValue::Table(table) => Some(table),
            _ => None,
        })
    }

    fn lent_tables(&mut self, key: &str) -> Result<Option<Vec<DeTable<'t>>>> {
        self.take(key, "a list of tables", |value| match value {
            DeValue::Array(values) => values
                .into_iter()
                .map(|value| match value.into_inner() {
                    DeValue::Table(table) => Some(table),
                    _ => None,
                })
                .collect(),
            _ => None,
        })
    }

    /// A table that is kept as it is.
    fn table(&mut self, key: &str) -> Result<Option<Table>> {
        let Some(table) = self.lent_table(key)? else {
            return Ok(None);
        };
        owned(table).map(Some).ok_or_else(|| self.too_large(key))
    }

    fn tables(&mut self, key: &str) -> Result<Option<Vec<Table>>> {
        let Some(tables) = self.lent_tables(key)? else {
            return Ok(None);
        };
        let tables: Option<Vec<Table>> = tables.into_iter().map(owned).collect();
        tables.map(Some).ok_or_else(|| self.too_large(key))
    }

    fn too_large(&self, key: &str) -> PylockError {
        PylockError::Type {
            place: self.place(key),
            wanted: "made of numbers that fit into 64 bits",
        }
    }

    fn parsed<T: FromStr<Err: std::fmt::Display>>(&mut self, key: &str) -> Result<Option<T>> {
        let Some(text) = self.lent(key)? else {
            return Ok(None);
        };
        let value = text
            .parse()
            .map_err(|error: T::Err| self.wrong(key, &error))?;
        Ok(Some(value))
    }

    fn parsed_list<T: FromStr<Err: std::fmt::Display>>(&mut self, key: &str) -> Result<Vec<T>> {
        let texts = self.take(key, "a list of texts", |value| match value {
            DeValue::Array(values) => values
                .into_iter()
                .map(|value| value.get_ref().as_str().map(str::to_owned))
                .collect::<Option<Vec<_>>>(),
            _ => None,
        })?;
        texts
            .unwrap_or_default()
            .into_iter()
            .map(|text| {
                text.parse()
                    .map_err(|error: T::Err| self.wrong(key, &error))
            })
            .collect()
    }

    fn url(&mut self, key: &str) -> Result<Option<SafeUrl>> {
        let Some(text) = self.lent(key)? else {
            return Ok(None);
        };
        let url = SafeUrl::parse(&text).map_err(|error| self.wrong(key, &error))?;
        Ok(Some(url))
    }

    /// `url` where there is one, else `path`.
    fn file_place(&mut self) -> Result<FilePlace> {
        let (url, path) = (self.url("url")?, self.string("path")?);
        match (url, path) {
            (Some(url), _) => Ok(FilePlace::Url(url)),
            (None, Some(path)) if !path.is_empty() => Ok(FilePlace::Path(path)),
            _ => Err(PylockError::Missing(self.place("url"))),
        }
    }

    /// A relative path that stays below the archive.
    fn subdirectory(&mut self) -> Result<Option<String>> {
        let Some(text) = self.string("subdirectory")? else {
            return Ok(None);
        };
        let leaves = text.starts_with(['/', '\\'])
            || text.contains(':')
            || text.split(['/', '\\']).any(|part| part == "..");
        if leaves {
            return Err(self.wrong("subdirectory", &"it leads out of the archive"));
        }
        Ok(Some(text))
    }
}

/// A table with texts of its own; `None` if a number does not fit.
fn owned(table: DeTable<'_>) -> Option<Table> {
    let rows = table.into_iter().map(|(key, value)| {
        let value = owned_value(value.into_inner())?;
        Some((key.into_inner().into_owned(), value))
    });
    rows.collect()
}

fn owned_value(value: DeValue<'_>) -> Option<Value> {
    Some(match value {
        DeValue::String(text) => Value::String(text.into_owned()),
        DeValue::Boolean(value) => Value::Boolean(value),
        DeValue::Datetime(value) => Value::Datetime(value),
        DeValue::Integer(number) => {
            Value::Integer(i64::from_str_radix(number.as_str(), number.radix()).ok()?)
        }
        DeValue::Float(number) => Value::Float(number.as_str().parse().ok()?),
        DeValue::Table(table) => Value::Table(owned(table)?),
        DeValue::Array(values) => {
            let values = values
                .into_iter()
                .map(|value| owned_value(value.into_inner()));
            Value::Array(values.collect::<Option<_>>()?)
        }
    })
}
