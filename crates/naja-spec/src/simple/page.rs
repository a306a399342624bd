//! Reading a page's flat record.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::builder::PageBuilder;
use super::layout::{
    FILE_LEN, FileRow, HEADER_LEN, HEX_PATH_LEN, Header, NO_SIZE, NO_TIME, STRING_LEN, VERSION_LEN,
    VersionRow, file_flag, u32_at, version_flag,
};
use super::refused::{self, RefusedEntries};
use super::status::{CoreMeta, ProjectStatus};
use crate::digest::{Digest, Sha256, hex_append};
use crate::name::PackageName;
use crate::tag::WheelTags;
use crate::url::{SafeUrl, UrlError};
use crate::version::Version;

/// Why a page or its record cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The body is not UTF-8.
    #[error("page is not UTF-8")]
    Encoding,
    /// The body is not JSON of the simple API's shape (PEP 691).
    #[error("page cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// The page follows a version of the simple API that is not understood.
    #[error("version `{0}` of the simple API is not understood (known: 1.x)")]
    ApiVersion(String),
    /// The page is too large for a record.
    #[error("page is too large")]
    TooLarge,
    /// The bytes are not a flat record of this version, or damaged.
    #[error("page record is unusable: {0}")]
    Record(&'static str),
}

/// A page of the simple API as a view over its flat record, which may be a mapped file.
///
/// Opening checks the header and the bounds of all tables, without reading them. Accessors
/// check every offset as they use it: over damaged bytes they answer with nothing or with
/// nonsense, but never panic. Cloning is cheap.
///
/// Versions are numbered from 0 in ascending order (PEP 440); each has at least one file.
#[derive(Clone)]
pub struct Page {
    bytes: Arc<dyn AsRef<[u8]> + Send + Sync>,
    header: Header,
}

impl Page {
    /// Reads a JSON page (PEP 691) of `name` and returns its flat record. `base` is the URL
    /// the body came from in the end, after redirects. Dropped are entries that are neither
    /// wheel nor sdist of the project, and links the page must not make: to `file:` from a
    /// remote page, to `http:` from an `https:` one.
    ///
    /// # Errors
    /// When the body is no such page, its API version is not 1.x, or it is too large.
    pub fn from_json(
        body: &[u8],
        base: &SafeUrl,
        name: &PackageName,
    ) -> Result<Vec<u8>, PageError> {
        let mut builder = PageBuilder::with_capacity(name, base, body.len() / 4);
        super::json::read(body, &mut builder)?;
        builder.finish()
    }

    /// Reads an HTML page (PEP 503) as [`Page::from_json`] does. The HTML is scanned
    /// tolerantly; bytes that are not UTF-8 are replaced.
    ///
    /// # Errors
    /// When the API version is not 1.x or the page is too large.
    pub fn from_html(
        body: &[u8],
        base: &SafeUrl,
        name: &PackageName,
    ) -> Result<Vec<u8>, PageError> {
        let mut builder = PageBuilder::with_capacity(name, base, body.len() / 2);
        super::html::read(body, &mut builder)?;
        builder.finish()
    }

    /// Opens a flat record.
    ///
    /// # Errors
    /// When the bytes are not a record of this version or their length does not fit.
    pub fn open(bytes: Arc<dyn AsRef<[u8]> + Send + Sync>) -> Result<Self, PageError> {
        let header = Header::read((*bytes).as_ref())?;
        Ok(Self { bytes, header })
    }

    /// Opens a flat record just made.
    ///
    /// # Errors
    /// As [`Page::open`].
    pub fn from_record(record: Vec<u8>) -> Result<Self, PageError> {
        Self::open(Arc::new(record))
    }

    /// Returns the record's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        (*self.bytes).as_ref()
    }

    /// Returns the number of versions that have files.
    #[must_use]
    pub fn versions(&self) -> usize {
        self.header.versions as usize
    }

    /// Returns the number of files.
    #[must_use]
    pub fn file_count(&self) -> usize {
        self.header.files as usize
    }

    /// Returns how many entries of the page were dropped.
    #[must_use]
    pub fn dropped(&self) -> usize {
        self.header.dropped as usize
    }

    /// Iterates over the dropped entries, counted by reason. Records of earlier releases know none.
    pub fn refused(&self) -> impl Iterator<Item = RefusedEntries> {
        let text = self.view().string(self.header.refused);
        refused::parse(text.unwrap_or_default())
    }

    /// Returns the minor version of the simple API; more than 4 is newer than what is known.
    #[must_use]
    pub fn api_minor(&self) -> u32 {
        self.header.api_minor
    }

    /// Returns the normalised name of the project.
    #[must_use]
    pub fn name(&self) -> &str {
        self.view().string(self.header.name).unwrap_or_default()
    }

    /// Returns the project's status (PEP 792).
    #[must_use]
    pub fn status(&self) -> ProjectStatus {
        ProjectStatus::parse(self.view().string(self.header.status).unwrap_or_default())
    }

    /// Returns the reason given for the status.
    #[must_use]
    pub fn status_reason(&self) -> Option<&str> {
        self.view().string(self.header.status_reason)
    }

    /// Iterates over the URLs of the projects this one tracks (PEP 708).
    pub fn tracks(&self) -> impl Iterator<Item = &str> {
        self.view()
            .string(self.header.tracks)
            .unwrap_or_default()
            .lines()
    }

    /// Iterates over the alternate locations of the project (PEP 708).
    pub fn alternate_locations(&self) -> impl Iterator<Item = &str> {
        self.view()
            .string(self.header.alternates)
            .unwrap_or_default()
            .lines()
    }

    /// Returns the normalised text of version `i`; empty when there is none.
    #[must_use]
    pub fn version_text(&self, i: usize) -> &str {
        let view = self.view();
        let row = view.version(i);
        view.pool_text(row.text as usize, row.text_len as usize)
            .unwrap_or_default()
    }

    /// Parses version `i`; `0` when there is none or the record is damaged.
    #[must_use]
    pub fn version(&self, i: usize) -> Version {
        Version::parse(self.version_text(i)).unwrap_or_else(|_| Version::from_release(&[0]))
    }

    /// Finds a version by binary search.
    #[must_use]
    pub fn find(&self, version: &Version) -> Option<usize> {
        let (mut low, mut high) = (0, self.versions());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.version(middle).cmp(version) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// Reports whether version `i` is a pre-release or a development release.
    #[must_use]
    pub fn is_prerelease(&self, i: usize) -> bool {
        self.view().version(i).flags & version_flag::PRERELEASE != 0
    }

    /// Reports whether every file of version `i` is yanked (PEP 592).
    #[must_use]
    pub fn is_yanked(&self, i: usize) -> bool {
        self.view().version(i).flags & version_flag::ALL_YANKED != 0
    }

    /// Reports whether version `i` has a wheel, for whatever platform.
    #[must_use]
    pub fn has_wheel(&self, i: usize) -> bool {
        self.view().version(i).flags & version_flag::WHEEL != 0
    }

    /// Reports whether version `i` has a source distribution.
    #[must_use]
    pub fn has_sdist(&self, i: usize) -> bool {
        self.view().version(i).flags & version_flag::SDIST != 0
    }

    /// Iterates over the files of version `i` in the page's order; none when there is no such
    /// version.
    pub fn files(&self, i: usize) -> impl ExactSizeIterator<Item = FileRef<'_>> + use<'_> {
        let view = self.view();
        let count = self.header.files;
        let range = if i < self.versions() {
            let first = view.version(i).first_file.min(count);
            first..view.version(i + 1).first_file.clamp(first, count)
        } else {
            0..0
        };
        range.map(move |file| view.file(file as usize))
    }

    /// Iterates over all files, by ascending version.
    pub fn all_files(&self) -> impl ExactSizeIterator<Item = FileRef<'_>> + use<'_> {
        let view = self.view();
        (0..self.header.files).map(move |file| view.file(file as usize))
    }

    /// Returns the text `Requires-Python` of the files whose
    /// [`FileRef::requires_python_key`] is `key`.
    #[must_use]
    pub fn requires_python(&self, key: u32) -> Option<&str> {
        self.view().string(key)
    }

    fn view(&self) -> View<'_> {
        View {
            bytes: self.as_bytes(),
            header: self.header,
        }
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("name", &self.name())
            .field("versions", &self.versions())
            .field("files", &self.file_count())
            .finish_non_exhaustive()
    }
}

/// The bytes with the parts' places; every access is checked.
#[derive(Clone, Copy)]
struct View<'a> {
    bytes: &'a [u8],
    header: Header,
}

impl<'a> View<'a> {
    fn pool(self, at: usize, len: usize) -> Option<&'a [u8]> {
        let end = at.checked_add(len)?;
        if end > self.header.pool_len as usize {
            return None;
        }
        self.bytes.get(HEADER_LEN + at..HEADER_LEN + end)
    }

    fn pool_text(self, at: usize, len: usize) -> Option<&'a str> {
        std::str::from_utf8(self.pool(at, len)?).ok()
    }

    /// A shared text by its number; 0 means none.
    fn string(self, number: u32) -> Option<&'a str> {
        let i = number.checked_sub(1).filter(|i| *i < self.header.strings)? as usize;
        let at = self.header.strings_at() + i * STRING_LEN;
        let row = self.bytes.get(at..at + STRING_LEN)?;
        self.pool_text(u32_at(row, 0) as usize, u32_at(row, 4) as usize)
    }

    /// A version's row; the one after the last ends its files; beyond that nothing.
    fn version(self, i: usize) -> VersionRow {
        if i > self.header.versions as usize {
            return VersionRow::default();
        }
        let at = self.header.versions_at() + i * VERSION_LEN;
        let row = self
            .bytes
            .get(at..at + VERSION_LEN)
            .and_then(|row| row.try_into().ok());
        row.map_or_else(VersionRow::default, VersionRow::read)
    }

    fn file(self, i: usize) -> FileRef<'a> {
        let at = self.header.files_at() + i * FILE_LEN;
        let row = self
            .bytes
            .get(at..at + FILE_LEN)
            .and_then(|row| row.try_into().ok());
        FileRef {
            row: FileRow::read(row.unwrap_or(&[0; FILE_LEN])),
            view: self,
        }
    }
}

/// One file of a page.
#[derive(Clone, Copy)]
pub struct FileRef<'a> {
    view: View<'a>,
    row: FileRow,
}

impl<'a> FileRef<'a> {
    fn has(&self, flag: u16) -> bool {
        self.row.flags & flag != 0
    }

    /// Offset and bytes of the next digest-sized piece of the blob if `flag` says it is there.
    fn piece(&self, at: &mut usize, flag: u16) -> Option<&'a [u8; 32]> {
        if !self.has(flag) {
            return None;
        }
        let bytes = self.view.pool(*at, 32)?;
        *at += 32;
        bytes.try_into().ok()
    }

    /// The three optional 32-byte pieces and where the texts begin.
    fn pieces(&self) -> ([Option<&'a [u8; 32]>; 3], usize) {
        let mut at = self.row.blob as usize;
        let pieces = [
            file_flag::SHA256,
            file_flag::META_SHA256,
            file_flag::HEX_PATH,
        ]
        .map(|flag| self.piece(&mut at, flag));
        (pieces, at)
    }

    /// Returns the file's name. It contains no `/` unless the record is damaged.
    #[must_use]
    pub fn file_name(&self) -> &'a str {
        let (_, at) = self.pieces();
        let at = at
            + if self.has(file_flag::NAME_IN_URL) {
                0
            } else {
                self.row.tail_len as usize
            };
        self.view
            .pool_text(at, self.row.name_len as usize)
            .unwrap_or_default()
    }

    /// Returns the absolute URL without fragment. It may carry secrets of the page: wrap it
    /// with [`FileRef::safe_url`] before showing it.
    #[must_use]
    pub fn url(&self) -> Cow<'a, str> {
        let prefix = self.view.string(self.row.prefix).unwrap_or_default();
        let ([_, _, hex_path], at) = self.pieces();
        let tail_len = if self.has(file_flag::NAME_IN_URL) {
            self.row.name_len
        } else {
            self.row.tail_len
        };
        let tail = self
            .view
            .pool_text(at, tail_len as usize)
            .unwrap_or_default();
        if prefix.is_empty() && hex_path.is_none() {
            return Cow::Borrowed(tail);
        }
        let mut out = String::with_capacity(prefix.len() + HEX_PATH_LEN + tail.len());
        out.push_str(prefix);
        if let Some([first, second, rest @ ..]) = hex_path {
            for part in [&[*first][..], &[*second], rest] {
                hex_append(part, &mut out);
                out.push('/');
            }
        }
        out.push_str(tail);
        Cow::Owned(out)
    }

    /// Returns the URL parsed.
    ///
    /// # Errors
    /// When it is not a URL, which only happens with a damaged record.
    pub fn safe_url(&self) -> Result<SafeUrl, UrlError> {
        SafeUrl::parse(&self.url())
    }

    /// Returns the URL of the METADATA served beside the file (PEP 658), whether or not
    /// [`FileRef::core_metadata`] says that there is one.
    #[must_use]
    pub fn metadata_url(&self) -> String {
        let mut url = self.url().into_owned();
        let end = url.find('?').unwrap_or(url.len());
        url.insert_str(end, ".metadata");
        url
    }

    /// Reports whether it is a wheel; everything else is a source distribution.
    #[must_use]
    pub fn is_wheel(&self) -> bool {
        self.has(file_flag::WHEEL)
    }

    /// Returns the compressed tags of a wheel.
    #[must_use]
    pub fn wheel_tags(&self) -> Option<WheelTags<'a>> {
        if self.is_wheel() {
            WheelTags::of_file_name(self.file_name())
        } else {
            None
        }
    }

    /// Returns the SHA-256 the page states.
    #[must_use]
    pub fn sha256(&self) -> Option<Sha256> {
        let ([sha256, ..], _) = self.pieces();
        sha256.map(|bytes| Sha256(*bytes))
    }

    /// Returns all digests the page states, SHA-256 first. Insecure ones are included.
    #[must_use]
    pub fn digests(&self) -> Vec<Digest> {
        let others = self.view.string(self.row.digests).unwrap_or_default();
        let others = others
            .split_ascii_whitespace()
            .filter_map(|text| Digest::parse(text).ok());
        self.sha256()
            .map(Digest::from)
            .into_iter()
            .chain(others)
            .collect()
    }

    /// Returns the text `Requires-Python`, unescaped, not parsed, never empty.
    #[must_use]
    pub fn requires_python(&self) -> Option<&'a str> {
        self.view.string(self.row.requires_python)
    }

    /// Returns a number that is equal for all files of this page with the same text
    /// `Requires-Python`, 0 for none; for remembering verdicts.
    #[must_use]
    pub fn requires_python_key(&self) -> u32 {
        self.row.requires_python
    }

    /// Returns the size in bytes.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        (self.row.size != NO_SIZE).then_some(self.row.size)
    }

    /// Returns when the file was uploaded, in milliseconds since 1970 (PEP 700).
    #[must_use]
    pub fn upload_time(&self) -> Option<i64> {
        (self.row.upload_time != NO_TIME).then_some(self.row.upload_time)
    }

    /// Returns the reason when the file is yanked (PEP 592); the reason may be empty.
    #[must_use]
    pub fn yanked(&self) -> Option<&'a str> {
        if self.row.yanked == 0 {
            return None;
        }
        Some(self.view.string(self.row.yanked).unwrap_or_default())
    }

    /// Returns whether METADATA is served beside the file (PEP 658, 714).
    #[must_use]
    pub fn core_metadata(&self) -> CoreMeta {
        let ([_, metadata, _], _) = self.pieces();
        match metadata {
            Some(bytes) => CoreMeta::Hash(Sha256(*bytes)),
            None if self.has(file_flag::META_YES) => CoreMeta::Yes,
            None => CoreMeta::No,
        }
    }

    /// Returns the URL of the file's attestations (PEP 740).
    #[must_use]
    pub fn provenance(&self) -> Option<Cow<'a, str>> {
        let text = self.view.string(self.row.provenance)?;
        if self.has(file_flag::PROVENANCE_SHORT) {
            return Some(Cow::Owned(format!(
                "{text}/{}/provenance",
                self.file_name()
            )));
        }
        Some(Cow::Borrowed(text))
    }
}

impl fmt::Debug for FileRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileRef({})", self.file_name())
    }
}
