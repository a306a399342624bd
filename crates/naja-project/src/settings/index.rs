//! Indexes, their names, and the order in which they are asked.

use std::fmt;
use std::path::{Path, PathBuf};

use naja_spec::{Credentials, SafeUrl};

use crate::files::join_lexically;
use crate::settings::{Cutoff, Origin, Settings};
use crate::variables::Variables;

/// The place of an index, a page of links, or a directory of files.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// An address (`http:`, `https:`, `file:`).
    Url(SafeUrl),
    /// A path.
    Path(GivenPath),
}

/// A path, and how it was written.
#[derive(Clone)]
pub struct GivenPath {
    path: PathBuf,
    given: Box<str>,
}

impl GivenPath {
    /// Joins a path to a base; it is absolute when the base was.
    pub fn new(given: &str, base: &Path) -> Self {
        Self {
            path: join_lexically(base, Path::new(given)),
            given: given.into(),
        }
    }

    /// Returns the path as it was written.
    pub fn given(&self) -> &str {
        &self.given
    }
}

impl std::ops::Deref for GivenPath {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

/// Two are the same if they lead to the same place.
impl PartialEq for GivenPath {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for GivenPath {}

/// Says that a text is neither an address nor a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an http(s) address, a file address or a path")]
pub struct LocationError;

impl Location {
    /// Reads an address or a path; a relative path is joined to `base`.
    ///
    /// # Errors
    /// An empty text, an address that cannot be parsed, a scheme that no index has.
    pub fn parse(text: &str, base: &Path) -> Result<Self, LocationError> {
        let text = text.trim();
        if text.is_empty() || text.contains(['\n', '\0']) {
            return Err(LocationError);
        }
        match scheme_of(text) {
            Some("http" | "https" | "file" | "HTTP" | "HTTPS" | "FILE") => SafeUrl::parse(text)
                .map(Self::Url)
                .map_err(|_| LocationError),
            Some(scheme) if text[scheme.len()..].starts_with("://") => Err(LocationError),
            _ => Ok(Self::Path(GivenPath::new(text, base))),
        }
    }
}

/// Returns the scheme a text starts with, if it does. A single letter is a Windows drive.
pub(crate) fn scheme_of(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let mut letters = scheme.chars();
    let starts_well = letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic());
    let goes_on = letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    (starts_well && goes_on && scheme.len() > 1).then_some(scheme)
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => url.fmt(f),
            Self::Path(path) => path.display().fmt(f),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How an index presents its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IndexFormat {
    /// The simple API (PEP 503, 691).
    #[default]
    Simple,
    /// One page, or one directory, with all files.
    Flat,
}

/// When credentials are sent to an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Authenticate {
    /// When there are any.
    #[default]
    Auto,
    /// Always; an index without credentials is an error.
    Always,
    /// Never.
    Never,
}

/// One index as the user wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// Its name; credentials are found by it.
    pub name: Option<String>,
    /// Its place.
    pub location: Location,
    /// Whether it takes the place of the built-in index.
    pub default: bool,
    /// Whether only packages that name it are looked up in it.
    pub explicit: bool,
    /// How it presents its files.
    pub format: IndexFormat,
    /// When credentials are sent.
    pub authenticate: Authenticate,
    /// HTTP status codes that mean "not here" instead of an error.
    pub ignore_error_codes: Vec<u16>,
    /// Servers with the same content, asked in its place, in this order.
    pub mirrors: Vec<SafeUrl>,
    /// Its own cutoff: absent, lifted (`Some(None)`), or another one.
    pub exclude_newer: Option<Option<Cutoff>>,
    /// What the variables `NAJA_INDEX_<NAME>_USERNAME` and `…_PASSWORD` (or `UV_…`) say.
    pub credentials: Option<Credentials>,
    /// Where it was written.
    pub origin: Origin,
}

impl IndexEntry {
    /// An ordinary index without a name.
    pub fn new(location: Location, origin: Origin) -> Self {
        Self {
            name: None,
            location,
            default: false,
            explicit: false,
            format: IndexFormat::Simple,
            authenticate: Authenticate::Auto,
            ignore_error_codes: Vec::new(),
            mirrors: Vec::new(),
            exclude_newer: None,
            credentials: None,
            origin,
        }
    }

    /// Reads `URL`, `PATH` or `NAME=URL`; a bare name is looked up when the layers are joined.
    ///
    /// # Errors
    /// A place that is neither address nor path, or an empty or odd name.
    pub fn parse(text: &str, base: &Path, origin: &Origin) -> Result<Self, LocationError> {
        let text = text.trim();
        let named = text.split_once('=').filter(|(name, _)| is_index_name(name));
        let (name, place) = named.map_or((None, text), |(name, place)| (Some(name), place));
        let mut entry = Self::new(Location::parse(place, base)?, origin.clone());
        entry.name = name.map(str::to_owned);
        if name.is_none() && is_index_name(text) {
            // Perhaps the name of an index in a file; `Settings` decides.
            entry.name = Some(text.to_owned());
            entry.location = Location::Path(GivenPath {
                path: PathBuf::from(text),
                given: text.into(),
            });
        }
        Ok(entry)
    }

    /// Returns its address with the credentials of the variables, unless the address has its own.
    pub fn url(&self) -> Option<SafeUrl> {
        let Location::Url(url) = &self.location else {
            return None;
        };
        match &self.credentials {
            Some(credentials) if url.credentials().is_none() => {
                Some(url.with_credentials(credentials))
            }
            _ => Some(url.clone()),
        }
    }

    /// Says whether this entry only mentions an index by its name.
    fn is_reference(&self) -> bool {
        matches!((&self.location, &self.name),
                 (Location::Path(path), Some(name)) if path.as_os_str() == name.as_str())
    }
}

/// Says whether a text can be the name of an index: letters, digits, `-`, `_`, `.`.
pub(crate) fn is_index_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// The indexes of a command in the order in which they are asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IndexOrder {
    /// The indexes asked before the default one, `explicit` ones included.
    pub indexes: Vec<IndexEntry>,
    /// The default index, asked last; absent means the built-in one, unless `no_index`.
    pub default: Option<IndexEntry>,
    /// Pages of links and directories that are looked through beside the indexes.
    pub find_links: Vec<Location>,
    /// Whether no index is asked at all; `find_links` then is everything.
    pub no_index: bool,
}

impl Settings {
    /// Puts the indexes of all layers in order: named and extra ones of the command line first,
    /// then those of variables and files; the highest default last. Of two with one name, or one
    /// address, the first counts.
    pub fn index_order(&self, cwd: &Path) -> IndexOrder {
        if self.no_index.value {
            let find_links = self.find_links.value.clone();
            return IndexOrder {
                find_links,
                no_index: true,
                ..IndexOrder::default()
            };
        }
        let named = self.resolved_entries(cwd);
        let mut defaults: Vec<IndexEntry> = Vec::new();
        defaults.extend(
            self.default_index
                .value
                .iter()
                .map(|entry| self.resolve(entry, cwd)),
        );
        if let Some(location) = &self.index_url.value {
            defaults.push(IndexEntry::new(
                location.clone(),
                self.index_url.origin.clone(),
            ));
        }
        defaults.extend(named.iter().filter(|entry| entry.default).cloned());
        // A stable sort: inside one layer the order above holds.
        defaults.sort_by_key(|entry| std::cmp::Reverse(entry.origin.layer));

        let mut entries: Vec<IndexEntry> =
            named.into_iter().filter(|entry| !entry.default).collect();
        entries.extend(self.extra_index_url.value.iter().cloned());
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.origin.layer));
        let mut order = IndexOrder {
            indexes: Vec::with_capacity(entries.len()),
            default: defaults.into_iter().next(),
            find_links: self.find_links.value.clone(),
            no_index: false,
        };
        for entry in entries {
            let again = order.indexes.iter().any(|seen| {
                seen.location == entry.location || (seen.name.is_some() && seen.name == entry.name)
            });
            if !again {
                order.indexes.push(entry);
            }
        }
        order
    }

    fn resolved_entries(&self, cwd: &Path) -> Vec<IndexEntry> {
        self.index
            .value
            .iter()
            .map(|entry| self.resolve(entry, cwd))
            .collect()
    }

    /// Replaces a bare name by the index of that name, or by the path it then must be.
    fn resolve(&self, entry: &IndexEntry, cwd: &Path) -> IndexEntry {
        if !entry.is_reference() {
            return entry.clone();
        }
        let known = self
            .index
            .value
            .iter()
            .chain(self.default_index.value.iter());
        let mut found = known
            .filter(|other| !other.is_reference())
            .find(|other| other.name == entry.name)
            .cloned()
            .unwrap_or_else(|| {
                let name = entry.name.as_deref().unwrap_or_default();
                let path = GivenPath::new(name, cwd);
                IndexEntry::new(Location::Path(path), entry.origin.clone())
            });
        found.origin = entry.origin.clone();
        // Naming an index on the command line asks it like any other.
        found.explicit = false;
        found.default = false;
        found
    }
}

/// Finds the credentials of an index in the variables: naja's first, then uv's.
pub(crate) fn credentials_of(name: &str, variables: &Variables) -> Option<Credentials> {
    let upper: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect();
    ["NAJA", "UV"].into_iter().find_map(|tool| {
        let read = |part: &str| {
            variables
                .get(&format!("{tool}_INDEX_{upper}_{part}"))
                .map(str::to_owned)
        };
        let (username, password) = (read("USERNAME"), read("PASSWORD"));
        (username.is_some() || password.is_some()).then(|| Credentials {
            username: username.unwrap_or_default(),
            password,
        })
    })
}
