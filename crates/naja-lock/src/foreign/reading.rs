//! What the readers share.

use naja_spec::{Digest, Marker, MarkerSet, PackageName, SafeUrl, Version, is_full_commit};
use toml::{Table, Value};

use super::{
    ForeignError, ForeignFile, ForeignLock, ForeignPackage, ForeignSource, MAX_FILES, MAX_PACKAGES,
};

type Read<T> = Result<T, ForeignError>;

/// Reads TOML, which bounds its depth itself.
pub(super) fn toml(text: &str) -> Read<Table> {
    text.parse::<Table>().map_err(|error| {
        let message = error.message().lines().next().unwrap_or("unreadable");
        ForeignError::Toml(message.to_owned())
    })
}

/// The tables of a list; none if there is no list.
pub(super) fn tables<'t>(table: &'t Table, key: &'static str) -> Read<Vec<&'t Table>> {
    let Some(value) = table.get(key) else {
        return Ok(Vec::new());
    };
    let list = value.as_array().ok_or(ForeignError::Shape(key))?;
    if list.len() > MAX_PACKAGES {
        return Err(ForeignError::TooLarge("100,000 packages"));
    }
    let tables = list.iter().map(Value::as_table).collect::<Option<_>>();
    tables.ok_or(ForeignError::Shape(key))
}

pub(super) fn text<'t>(table: &'t Table, key: &str) -> Option<&'t str> {
    table.get(key).and_then(Value::as_str)
}

pub(super) fn inner<'t>(table: &'t Table, key: &str) -> Option<&'t Table> {
    table.get(key).and_then(Value::as_table)
}

/// The list of tables of a package, as many as a package can have.
pub(super) fn file_tables<'t>(table: &'t Table, key: &str) -> Vec<&'t Table> {
    let list = table.get(key).and_then(Value::as_array);
    let tables = list.into_iter().flatten().filter_map(Value::as_table);
    tables.take(MAX_FILES).collect()
}

/// The last part of an address or path.
pub(super) fn last_part(place: &str) -> Option<String> {
    let plain = place.split(['#', '?']).next().unwrap_or_default();
    let last = plain.rsplit(['/', '\\']).next()?;
    let last = percent_decoded(last);
    (!last.is_empty()).then_some(last)
}

fn percent_decoded(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let address = format!("https://x.example/{text}");
    let url = SafeUrl::parse(&address).ok();
    let name = url.as_ref().and_then(SafeUrl::file_name);
    name.map_or_else(|| text.to_owned(), std::borrow::Cow::into_owned)
}

/// A digest that proves something.
pub(super) fn digest(text: &str) -> Option<Digest> {
    Digest::parse(text.trim()).ok().filter(Digest::is_secure)
}

/// The entry of a file; none if its digest proves nothing.
pub(super) fn file(name: Option<String>, digest_text: &str) -> Option<ForeignFile> {
    Some(ForeignFile {
        name,
        digest: digest(digest_text)?,
    })
}

/// A commit of a repository; an address that nobody can read, or half a commit, is no choice.
pub(super) fn git(
    repository: &str,
    reference: Option<&str>,
    commit: &str,
) -> Option<ForeignSource> {
    let plain = repository.strip_prefix("git+").unwrap_or(repository);
    let url = match SafeUrl::parse(plain) {
        Ok(url) => url,
        // The short form of an address for ssh: `git@host:path`.
        Err(_) => {
            let (user_host, path) = plain.split_once(':')?;
            SafeUrl::parse(&format!("ssh://{user_host}/{path}")).ok()?
        }
    };
    is_full_commit(commit).then(|| ForeignSource::Git {
        repository: url.without_credentials().without_fragment(),
        reference: reference
            .filter(|name| !name.is_empty() && *name != "HEAD")
            .map(str::to_owned),
        commit: commit.to_ascii_lowercase(),
    })
}

/// One of several markers holds.
pub(super) fn any_of<'t>(markers: impl IntoIterator<Item = &'t str>) -> Option<Marker> {
    let mut all: Option<MarkerSet> = None;
    for text in markers {
        let set = match Marker::parse(text) {
            Ok(marker) => MarkerSet::from_marker(&marker),
            // One that cannot be read says nothing about where.
            Err(_) => return None,
        };
        all = Some(match all {
            Some(all) => all.or(&set),
            None => set,
        });
    }
    all?.without_extras().to_marker()
}

impl ForeignLock {
    /// The name and version of an entry; an entry without a usable name is left out.
    pub(super) fn entry(&mut self, name: &str, version: Option<&str>) -> Option<ForeignPackage> {
        let parsed = match PackageName::parse(name) {
            Ok(name) => name,
            Err(error) => {
                self.skip(format!("`{}` is no name: {error}", shortened(name)));
                return None;
            }
        };
        let version = match version.map(Version::parse) {
            None => None,
            Some(Ok(version)) => Some(version),
            Some(Err(error)) => {
                let text = shortened(version.unwrap_or_default());
                self.skip(format!("`{text}` is no version of {parsed}: {error}"));
                return None;
            }
        };
        Some(ForeignPackage {
            name: parsed,
            version,
            marker: None,
            source: ForeignSource::Index,
            files: Vec::new(),
        })
    }
}

/// As much of a text as belongs into a message.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}
