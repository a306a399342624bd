//! The files of the history: one entry for each change, and what is installed now.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use naja_env::{FileEdit, InstalledDist};
use naja_spec::{PackageName, Sha256, Version};
use serde::{Deserialize, Serialize, Serializer};

use super::source::Source;

/// What the first field of an entry says.
const ENTRY: &str = "naja-history";
/// What the first field of the list of what is installed says.
const STATE: &str = "naja-installed";
/// The version of entries; those of version 1 are read as well.
const ENTRY_VERSION: u32 = 2;
/// The version of the list of what is installed.
const STATE_VERSION: u32 = 1;

/// What sort of change an entry is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Packages came, went or changed.
    #[default]
    Change,
    /// The environment was made, or made anew.
    Create,
    /// Damaged packages were put back.
    Repair,
    /// The environment got another Python of its minor version.
    Python,
    /// The environment was removed; it is back if this can be read in it.
    Remove,
    /// Earlier changes were taken back.
    Undo,
    /// What was taken back was done again.
    Redo,
}

/// A distribution, with what is needed to bring it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The normalised name.
    pub name: String,
    /// The version.
    pub version: String,
    /// The name of its record, such as `harry-3.0.dist-info`.
    pub entry: String,
    /// The SHA-256 of its RECORD, if naja wrote that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The SHA-256 of the wheel it was installed from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<String>,
    /// Where that came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Whether it was asked for by name.
    #[serde(default, skip_serializing_if = "is_false")]
    pub requested: bool,
    /// Whether its modules were compiled on installation.
    #[serde(default, skip_serializing_if = "is_false")]
    pub compiled: bool,
    /// Whether INSTALLER and its like were left out.
    #[serde(default, skip_serializing_if = "is_false")]
    pub bare: bool,
    /// Whether all its files are kept beside the entry.
    #[serde(default, skip_serializing_if = "is_false")]
    pub kept: bool,
    /// Files that it lists and that were not there, below the root of the environment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde wants it")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Recorded {
    /// What is known about a distribution that naja did not install.
    #[must_use]
    pub fn unknown(dist: &InstalledDist) -> Self {
        Self {
            name: dist.name().to_string(),
            version: dist.version().to_string(),
            entry: dist.entry().to_owned(),
            record: None,
            archive: None,
            source: None,
            requested: false,
            compiled: false,
            bare: false,
            kept: false,
            absent: Vec::new(),
        }
    }

    /// The name, if it is one.
    #[must_use]
    pub fn package(&self) -> Option<PackageName> {
        PackageName::parse(&self.name).ok()
    }

    /// Whether everything in it can be what naja wrote.
    fn is_sound(&self) -> bool {
        let plain = |text: &str| {
            !text.is_empty() && text != "." && text != ".." && !text.contains(['/', '\\', '\0'])
        };
        let hex = |text: &Option<String>| text.as_deref().is_none_or(|hex| digest(hex).is_some());
        plain(&self.entry)
            && self.package().is_some()
            && Version::parse(&self.version).is_ok()
            && hex(&self.record)
            && hex(&self.archive)
            && self.absent.iter().all(|path| is_below(path))
    }
}

/// A digest from its hexadecimal digits.
pub(super) fn digest(hex: &str) -> Option<Sha256> {
    Sha256::from_hex(hex.as_bytes())
}

/// Whether a path is relative and goes nowhere but down.
fn is_below(path: &str) -> bool {
    !path.is_empty()
        && !path.contains(['\0', '\\'])
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// A file of the project that changed with the environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "ReadChange")]
pub struct FileChange {
    /// The path, relative to the directory that holds the environment, with `/`.
    pub path: String,
    /// What it contained before; absent if it was not there.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    pub before: Option<Arc<str>>,
    /// The digest of what it contained afterwards; absent if it was not there. The content itself is what an undo
    /// finds and keeps for the way forward.
    #[serde(rename = "sha256", skip_serializing_if = "Option::is_none")]
    pub after: Option<Sha256>,
}

/// A [`FileChange`] as it is read.
#[derive(Deserialize)]
struct ReadChange {
    path: String,
    #[serde(default)]
    before: Option<String>,
    #[serde(default)]
    sha256: Option<Sha256>,
    /// The content itself, in version 1.
    #[serde(default)]
    after: Option<String>,
}

impl From<ReadChange> for FileChange {
    fn from(read: ReadChange) -> Self {
        let after = read.after.map(|text| Sha256::of(text.as_bytes()));
        Self {
            path: read.path,
            before: read.before.map(Arc::from),
            after: read.sha256.or(after),
        }
    }
}

#[expect(clippy::ref_option, reason = "as serde wants it")]
fn as_text<S: Serializer>(text: &Option<Arc<str>>, serializer: S) -> Result<S::Ok, S::Error> {
    text.as_deref().serialize(serializer)
}

impl FileChange {
    /// An edit as it is written down; `None` if the file does not lie below the directory, or is not text.
    pub(super) fn below(dir: &Path, edit: &FileEdit) -> Option<Self> {
        let below = edit.path.strip_prefix(dir).ok()?.to_str()?;
        Self::of(below, edit)
    }

    /// An edit of a file at a relative path as it is written down; `None` if the file is not text.
    pub(super) fn of(below: &str, edit: &FileEdit) -> Option<Self> {
        let text = |bytes: &Vec<u8>| std::str::from_utf8(bytes).ok().map(Arc::from);
        let before = match &edit.before {
            Some(bytes) => Some(text(bytes)?),
            None => None,
        };
        let after = match &edit.after {
            Some(bytes) => Some(std::str::from_utf8(bytes).ok()?),
            None => None,
        };
        Some(Self {
            path: below.replace('\\', "/"),
            before,
            after: after.map(|text| Sha256::of(text.as_bytes())),
        })
    }
}

/// What other tools changed before an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreign {
    /// What was gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<Recorded>,
    /// What was there and had not been.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub installed: Vec<Recorded>,
}

impl Foreign {
    pub(super) fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.installed.is_empty()
    }
}

/// The size of what is kept beside an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptSize {
    /// How many files.
    pub files: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

/// One change of an environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    format: String,
    version: u32,
    /// The number of the entry, counted from 1.
    pub id: u64,
    /// When, in milliseconds since 1970 (UTC).
    pub time: i64,
    /// What sort of change.
    pub kind: Kind,
    /// The command line, without secrets.
    pub command: Vec<String>,
    /// The version of Python.
    pub python: String,
    /// The version of Python before, where the environment was made anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// For an undo: how many changes it took back. For a redo: how many undos.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub steps: u64,
    /// For an undo or redo: whether it went over a change of the environment itself.
    #[serde(default, skip_serializing_if = "is_false")]
    pub own: bool,
    /// What went.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<Recorded>,
    /// What came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub installed: Vec<Recorded>,
    /// What other tools had changed since the entry before.
    #[serde(default, skip_serializing_if = "Foreign::is_empty")]
    pub foreign: Foreign,
    /// Files of the project.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileChange>,
    /// Files of nobody's that came where nothing was, below the root of the environment.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub came: BTreeSet<String>,
    /// What is kept beside the entry.
    #[serde(default)]
    pub kept: KeptSize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde wants it")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}

/// Why a file of the history cannot be used.
#[derive(Debug)]
pub enum EntryError {
    /// It is not JSON, or not of the right shape.
    Shape(serde_json::Error),
    /// It is something else.
    Format,
    /// A later version of naja wrote it.
    Version(u32),
    /// Something in it cannot be true.
    Unsound(&'static str),
}

impl From<serde_json::Error> for EntryError {
    fn from(error: serde_json::Error) -> Self {
        Self::Shape(error)
    }
}

impl fmt::Display for EntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape(_) => f.write_str("it is damaged"),
            Self::Format => f.write_str("it is not a file of the history"),
            Self::Version(version) => {
                write!(f, "it has version {version}, which this naja does not know")
            }
            Self::Unsound(what) => write!(f, "{what} in it cannot be true"),
        }
    }
}

impl std::error::Error for EntryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Shape(error) => Some(error),
            _ => None,
        }
    }
}

fn check(head: &Head, format: &str, newest: u32) -> Result<(), EntryError> {
    if head.format != format {
        return Err(EntryError::Format);
    }
    if !(1..=newest).contains(&head.version) {
        return Err(EntryError::Version(head.version));
    }
    Ok(())
}

/// What is looked at before the rest is read.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    format: String,
    #[serde(default)]
    version: u32,
}

impl Entry {
    /// Whether it is about an environment that was made where there was none: there is no way back beyond it.
    pub(super) fn is_beginning(&self) -> bool {
        self.kind == Kind::Create && self.was.is_none()
    }

    /// An entry that says nothing yet.
    pub(super) fn new(id: u64, kind: Kind) -> Self {
        Self {
            format: ENTRY.to_owned(),
            version: ENTRY_VERSION,
            id,
            kind,
            ..Self::default()
        }
    }

    /// Reads an entry; `id` is what its name says.
    ///
    /// # Errors
    /// It is not an entry, not of this version, or not what naja would write.
    pub fn parse(bytes: &[u8], id: u64) -> Result<Self, EntryError> {
        let head: Head = serde_json::from_slice(bytes)?;
        check(&head, ENTRY, ENTRY_VERSION)?;
        let mut entry: Self = serde_json::from_slice(bytes)?;
        if entry.id != id {
            return Err(EntryError::Unsound("the number"));
        }
        // As it would be written now.
        entry.version = ENTRY_VERSION;
        let foreign = entry.foreign.removed.iter().chain(&entry.foreign.installed);
        let mut dists = entry.removed.iter().chain(&entry.installed).chain(foreign);
        if !dists.all(Recorded::is_sound) {
            return Err(EntryError::Unsound("a package"));
        }
        if !entry.files.iter().all(|file| is_below(&file.path)) {
            return Err(EntryError::Unsound("the path of a file"));
        }
        if !entry.came.iter().all(|path| is_below(path)) {
            return Err(EntryError::Unsound("the path of a file"));
        }
        Ok(entry)
    }

    /// Whether the environment itself was another one before: undoing it is about its own files.
    pub(super) fn is_of_environment(&self) -> bool {
        self.own || matches!(self.kind, Kind::Create | Kind::Python | Kind::Remove)
    }

    /// The text of the file.
    ///
    /// # Errors
    /// Never, as all keys are texts; the error is serde's.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let texts = self.files.iter().filter_map(|file| file.before.as_ref());
        let long: usize = texts.map(|text| text.len() + text.len() / 16).sum();
        let mut bytes = Vec::with_capacity(long + 2048);
        serde_json::to_writer(&mut bytes, self)?;
        Ok(bytes)
    }
}

/// What is installed after the last entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    format: String,
    version: u32,
    /// The number of the last entry.
    pub(super) id: u64,
    /// Every distribution of the environment.
    pub(super) dists: Vec<Recorded>,
    /// How many bytes are kept beside each entry that keeps something.
    #[serde(default)]
    pub(super) kept: BTreeMap<u64, u64>,
}

impl State {
    pub(super) fn new(id: u64) -> Self {
        Self {
            format: STATE.to_owned(),
            version: STATE_VERSION,
            id,
            ..Self::default()
        }
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        let head: Head = serde_json::from_slice(bytes)?;
        check(&head, STATE, STATE_VERSION)?;
        let state: Self = serde_json::from_slice(bytes)?;
        if !state.dists.iter().all(Recorded::is_sound) {
            return Err(EntryError::Unsound("a package"));
        }
        Ok(state)
    }

    pub(super) fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// What is known about an installed distribution.
    pub(super) fn get(&self, dist: &InstalledDist) -> Option<&Recorded> {
        self.dists.iter().find(|known| {
            known.entry == dist.entry()
                && known.name == dist.name().as_str()
                && known.version == dist.version().to_string()
        })
    }
}
