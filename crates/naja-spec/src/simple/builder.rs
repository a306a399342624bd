//! Building a page's flat record, entry by entry.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::layout::{
    FILE_LEN, FileRow, HEADER_LEN, HEX_PATH_LEN, Header, NO_SIZE, NO_TIME, VersionRow, file_flag,
    version_flag,
};
use super::link::Links;
use super::page::PageError;
use super::refused::{EntryRefusal, Refusals};
use super::status::{CoreMeta, ProjectStatus};
use crate::digest::{Digest, Sha256, hex_decode};
use crate::filename::{
    MAX_FILE_NAME, SdistExtension, WheelParts, normalises_to, parse_file_version,
    sdist_version_candidates,
};
use crate::name::PackageName;
use crate::url::SafeUrl;
use crate::version::Version;

/// One file as a page lists it.
#[derive(Debug, Clone, Default)]
pub struct PageEntry<'a> {
    /// The file's name.
    pub file_name: &'a str,
    /// Its URL, absolute or relative to the page; a fragment is cut off.
    pub url: &'a str,
    /// Its SHA-256.
    pub sha256: Option<Sha256>,
    /// Further digests.
    pub digests: Vec<Digest>,
    /// The text `Requires-Python`; empty means none.
    pub requires_python: Option<&'a str>,
    /// Size in bytes.
    pub size: Option<u64>,
    /// Upload time in milliseconds since 1970.
    pub upload_time: Option<i64>,
    /// Reason when it is yanked; may be empty.
    pub yanked: Option<&'a str>,
    /// Whether METADATA is served beside it.
    pub core_metadata: CoreMeta,
    /// URL of its attestations.
    pub provenance: Option<&'a str>,
}

/// Builds the flat record of one project's page.
pub struct PageBuilder {
    name: PackageName,
    links: Links,
    /// Prefix of the last absolute URL, as written, and its number.
    last_prefix: (String, u32),
    /// The record so far: room for the header, then the pool.
    out: Vec<u8>,
    strings: Strings,
    versions: Versions,
    /// Files in the order they came, each with its version's number.
    files: Vec<(u32, FileRow)>,
    header: Header,
    refusals: Refusals,
    tracks: Vec<String>,
    alternates: Vec<String>,
    status: ProjectStatus,
    status_reason: Option<String>,
}

/// A file's URL taken apart: shared prefix, hex path, and the rest unless that is the file's
/// name.
struct Place<'a> {
    prefix: u32,
    hex_path: Option<[u8; 32]>,
    tail: Option<Cow<'a, str>>,
}

/// Texts that several rows share. Numbers count from 1; 0 means none.
#[derive(Default)]
struct Strings {
    spans: Vec<(u32, u32)>,
    numbers: FxHashMap<Box<str>, u32>,
}

/// Versions in the order they came.
#[derive(Default)]
struct Versions {
    list: Vec<(Version, VersionRow)>,
    /// Number by text as written; `None` when that is no version.
    numbers: FxHashMap<Box<str>, Option<u32>>,
    last_text: String,
    last: Option<u32>,
}

impl PageBuilder {
    /// Begins the page of `name` that came from `base`, the URL after redirects.
    #[must_use]
    pub fn new(name: &PackageName, base: &SafeUrl) -> Self {
        Self::with_capacity(name, base, 0)
    }

    pub(super) fn with_capacity(name: &PackageName, base: &SafeUrl, bytes: usize) -> Self {
        let mut out = Vec::with_capacity(HEADER_LEN + bytes);
        out.resize(HEADER_LEN, 0);
        let mut builder = Self {
            name: name.clone(),
            links: Links::new(base),
            last_prefix: (String::new(), 0),
            out,
            strings: Strings::default(),
            versions: Versions::default(),
            files: Vec::new(),
            header: Header::default(),
            refusals: Refusals::default(),
            tracks: Vec::new(),
            alternates: Vec::new(),
            status: ProjectStatus::Active,
            status_reason: None,
        };
        builder.header.name = builder.strings.intern(name.as_str(), &mut builder.out);
        builder
    }

    /// Takes the version of the simple API the page states.
    ///
    /// # Errors
    /// When it is not 1.x.
    pub fn set_api_version(&mut self, text: &str) -> Result<(), PageError> {
        let bad = || PageError::ApiVersion(text.to_owned());
        let (major, minor) = text.trim().split_once('.').ok_or_else(bad)?;
        if major != "1" {
            return Err(bad());
        }
        self.header.api_minor = minor.parse().map_err(|_| bad())?;
        Ok(())
    }

    /// Takes the project's status (PEP 792).
    pub fn set_status(&mut self, status: ProjectStatus, reason: Option<&str>) {
        self.status = status;
        self.status_reason = reason.map(str::to_owned);
    }

    /// Takes the URL of a project this one tracks (PEP 708).
    pub fn push_tracks(&mut self, url: &str) {
        push_line(&mut self.tracks, url);
    }

    /// Takes an alternate location of the project (PEP 708).
    pub fn push_alternate_location(&mut self, url: &str) {
        push_line(&mut self.alternates, url);
    }

    pub(super) fn rebase(&mut self, reference: &str) {
        self.links.rebase(reference);
    }

    /// Takes a file and reports whether it was kept. Dropped are entries that are neither
    /// wheel nor sdist of the project, have no version, or whose link is refused.
    pub fn push(&mut self, entry: &PageEntry<'_>) -> bool {
        let done = self.try_push(entry);
        if let Err(why) = done {
            self.refusals.note(why, entry.file_name);
        }
        done.is_ok()
    }

    pub(super) fn drop_entry(&mut self) {
        self.refusals.note(EntryRefusal::Incomplete, "");
    }

    fn try_push(&mut self, entry: &PageEntry<'_>) -> Result<(), EntryRefusal> {
        let file = entry.file_name;
        if file.len() > MAX_FILE_NAME {
            return Err(EntryRefusal::FileName);
        }
        let wheel = file.ends_with(".whl");
        let version = if wheel {
            self.wheel_version(file)?
        } else {
            self.sdist_version(file)?
        };
        let place = self.place(entry).ok_or(EntryRefusal::Link)?;
        let mut row = FileRow {
            blob: self.pool_at().ok_or(EntryRefusal::FileName)?,
            tail_len: 0,
            name_len: u16::try_from(file.len()).map_err(|_| EntryRefusal::FileName)?,
            flags: if wheel { file_flag::WHEEL } else { 0 },
            prefix: place.prefix,
            requires_python: 0,
            yanked: 0,
            digests: 0,
            provenance: 0,
            size: entry.size.unwrap_or(NO_SIZE),
            upload_time: entry.upload_time.unwrap_or(NO_TIME),
        };
        if let Some(tail) = &place.tail {
            row.tail_len = u16::try_from(tail.len()).map_err(|_| EntryRefusal::Link)?;
        }
        self.push_digests(entry, place.hex_path.as_ref(), &mut row);
        match &place.tail {
            Some(tail) => self.out.extend_from_slice(tail.as_bytes()),
            None => row.flags |= file_flag::NAME_IN_URL,
        }
        self.out.extend_from_slice(file.as_bytes());
        self.intern_texts(entry, &mut row);
        self.versions.list[version as usize].1.flags |= if wheel {
            version_flag::WHEEL
        } else {
            version_flag::SDIST
        };
        self.files.push((version, row));
        Ok(())
    }

    /// Takes a file's URL apart. On nearly every page one directory, or one with a hex path
    /// behind it, serves all files: that case is found by comparing texts.
    fn place<'a>(&mut self, entry: &PageEntry<'a>) -> Option<Place<'a>> {
        let (known, prefix) = &self.last_prefix;
        if let Some(directory) = entry.url.strip_suffix(entry.file_name)
            && !known.is_empty()
            && let Some(path) = directory.strip_prefix(known.as_str())
        {
            let hex_path = hex_path(path);
            if path.is_empty() || hex_path.is_some() {
                return Some(Place {
                    prefix: *prefix,
                    hex_path,
                    tail: None,
                });
            }
        }
        let url = self.links.resolve(entry.url)?;
        let directory = url.rfind('/').map_or(0, |at| at + 1);
        let path = directory
            .checked_sub(HEX_PATH_LEN)
            .filter(|at| url[..*at].ends_with('/'));
        let hex_path = path.and_then(|at| hex_path(&url[at..directory]));
        let prefix = &url[..directory - if hex_path.is_some() { HEX_PATH_LEN } else { 0 }];
        let number = self.strings.intern(prefix, &mut self.out);
        // Only a text that was taken as it stands may be compared with later ones.
        if matches!(url, Cow::Borrowed(_)) {
            self.last_prefix = (prefix.to_owned(), number);
        }
        let tail = (&url[directory..] != entry.file_name).then(|| match &url {
            Cow::Borrowed(url) => Cow::Borrowed(&url[directory..]),
            Cow::Owned(url) => Cow::Owned(url[directory..].to_owned()),
        });
        Some(Place {
            prefix: number,
            hex_path,
            tail,
        })
    }

    /// Appends the 32-byte pieces of a blob.
    fn push_digests(
        &mut self,
        entry: &PageEntry<'_>,
        hex_path: Option<&[u8; 32]>,
        row: &mut FileRow,
    ) {
        if let Some(Sha256(bytes)) = &entry.sha256 {
            row.flags |= file_flag::SHA256;
            self.out.extend_from_slice(bytes);
        }
        match &entry.core_metadata {
            CoreMeta::No => {}
            CoreMeta::Yes => row.flags |= file_flag::META_YES,
            CoreMeta::Hash(Sha256(bytes)) => {
                row.flags |= file_flag::META_SHA256;
                self.out.extend_from_slice(bytes);
            }
        }
        if let Some(bytes) = hex_path {
            row.flags |= file_flag::HEX_PATH;
            self.out.extend_from_slice(bytes);
        }
    }

    fn intern_texts(&mut self, entry: &PageEntry<'_>, row: &mut FileRow) {
        if let Some(text) = entry
            .requires_python
            .map(str::trim)
            .filter(|text| !text.is_empty())
        {
            row.requires_python = self.strings.intern(text, &mut self.out);
        }
        if let Some(reason) = entry.yanked {
            row.yanked = self.strings.intern(reason, &mut self.out);
        }
        if !entry.digests.is_empty() {
            let texts: Vec<_> = entry.digests.iter().map(ToString::to_string).collect();
            row.digests = self.strings.push(&texts.join(" "), &mut self.out);
        }
        if let Some(url) = entry.provenance {
            let short = url
                .strip_suffix("/provenance")
                .and_then(|front| front.strip_suffix(entry.file_name))
                .and_then(|front| front.strip_suffix('/'));
            if short.is_some() {
                row.flags |= file_flag::PROVENANCE_SHORT;
            }
            row.provenance = self.strings.intern(short.unwrap_or(url), &mut self.out);
        }
    }

    /// Where in the pool the next byte goes; `None` when the pool is full.
    fn pool_at(&self) -> Option<u32> {
        u32::try_from(self.out.len() - HEADER_LEN)
            .ok()
            .filter(|at| *at < 3 << 30)
    }

    fn wheel_version(&mut self, file: &str) -> Result<u32, EntryRefusal> {
        let parts = WheelParts::split(file).map_err(|_| EntryRefusal::FileName)?;
        if !normalises_to(parts.name, self.name.as_str()) {
            return Err(EntryRefusal::OtherProject);
        }
        let number = self.versions.number(parts.version, &mut self.out);
        number.ok_or(EntryRefusal::Version)
    }

    fn sdist_version(&mut self, file: &str) -> Result<u32, EntryRefusal> {
        let (stem, _) = SdistExtension::split(file).ok_or(EntryRefusal::FileName)?;
        let mut why = EntryRefusal::OtherProject;
        for text in sdist_version_candidates(stem, &self.name) {
            if let Some(number) = self.versions.number(text, &mut self.out) {
                return Ok(number);
            }
            why = EntryRefusal::Version;
        }
        Err(why)
    }

    /// Finishes the record.
    ///
    /// # Errors
    /// When the page is too large.
    pub fn finish(mut self) -> Result<Vec<u8>, PageError> {
        let status = self.status.as_str().to_owned();
        self.header.status = self.strings.intern(&status, &mut self.out);
        if let Some(reason) = &self.status_reason {
            self.header.status_reason = self.strings.push(reason, &mut self.out);
        }
        self.header.tracks = self.strings.push(&self.tracks.join("\n"), &mut self.out);
        self.header.alternates = self
            .strings
            .push(&self.alternates.join("\n"), &mut self.out);
        let refused = self.refusals.to_text();
        if !refused.is_empty() {
            self.header.dropped = u32::try_from(self.refusals.total()).unwrap_or(u32::MAX);
            self.header.refused = self.strings.push(&refused, &mut self.out);
        }
        self.header.pool_len = self.pool_at().ok_or(PageError::TooLarge)?;
        let order = self.versions.order(&self.files);
        self.write_versions(&order);
        self.write_files(&order);
        for (at, len) in &self.strings.spans {
            self.out.extend_from_slice(&at.to_le_bytes());
            self.out.extend_from_slice(&len.to_le_bytes());
        }
        self.header.versions = order.kept.len() as u32;
        self.header.files = self.files.len() as u32;
        self.header.strings = self.strings.spans.len() as u32;
        self.header.write(&mut self.out);
        if self.out.len() > u32::MAX as usize {
            return Err(PageError::TooLarge);
        }
        Ok(self.out)
    }

    fn write_versions(&mut self, order: &Order) {
        for (place, number) in order.kept.iter().enumerate() {
            let row = VersionRow {
                first_file: order.first_file[place],
                flags: order.flags[place],
                ..self.versions.list[*number as usize].1
            };
            row.write(&mut self.out);
        }
        let end = VersionRow {
            first_file: self.files.len() as u32,
            ..VersionRow::default()
        };
        end.write(&mut self.out);
    }

    fn write_files(&mut self, order: &Order) {
        let start = self.out.len();
        self.out.resize(start + self.files.len() * FILE_LEN, 0);
        let (slots, _) = self.out[start..].as_chunks_mut::<FILE_LEN>();
        let mut next = order.first_file.clone();
        for (version, row) in &self.files {
            let next = &mut next[order.places[*version as usize] as usize];
            row.write(&mut slots[*next as usize]);
            *next += 1;
        }
    }
}

impl Strings {
    /// Numbers a text, storing it once.
    fn intern(&mut self, text: &str, out: &mut Vec<u8>) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.push(text, out);
        self.numbers.insert(text.into(), number);
        number
    }

    /// Stores a text that nothing else shares.
    fn push(&mut self, text: &str, out: &mut Vec<u8>) -> u32 {
        // Offsets that overflow belong to a page that `finish` refuses as too large.
        self.spans
            .push(((out.len() - HEADER_LEN) as u32, text.len() as u32));
        out.extend_from_slice(text.as_bytes());
        self.spans.len() as u32
    }
}

impl Versions {
    /// Numbers a version by its text; `None` when it is none. The text is normalised into the
    /// pool.
    fn number(&mut self, text: &str, out: &mut Vec<u8>) -> Option<u32> {
        if text == self.last_text {
            return self.last;
        }
        let number = match self.numbers.get(text) {
            Some(number) => *number,
            None => self.insert(text, out),
        };
        text.clone_into(&mut self.last_text);
        self.last = number;
        number
    }

    fn insert(&mut self, text: &str, out: &mut Vec<u8>) -> Option<u32> {
        let graphic = text.bytes().all(|byte| byte.is_ascii_graphic());
        let version = if graphic {
            parse_file_version(text)
        } else {
            None
        };
        let number = version.map(|version| {
            let normal = version.to_string();
            let row = VersionRow {
                text: (out.len() - HEADER_LEN) as u32,
                text_len: normal.len() as u16,
                flags: if version.is_prerelease() {
                    version_flag::PRERELEASE
                } else {
                    0
                },
                first_file: 0,
            };
            out.extend_from_slice(normal.as_bytes());
            self.list.push((version, row));
            (self.list.len() - 1) as u32
        });
        self.numbers.insert(text.into(), number);
        number
    }

    /// Sorts the versions, joining those that are equal (`1.0` and `1.0.0`) and leaving out
    /// those without files.
    fn order(&self, files: &[(u32, FileRow)]) -> Order {
        let mut counts = vec![(0u32, 0u32); self.list.len()];
        for (version, row) in files {
            let (all, yanked) = &mut counts[*version as usize];
            *all += 1;
            *yanked += u32::from(row.yanked != 0);
        }
        let mut sorted: Vec<u32> = (0..self.list.len() as u32).collect();
        sorted.retain(|number| counts[*number as usize].0 > 0);
        let version = |number: u32| &self.list[number as usize].0;
        if !sorted.is_sorted_by_key(|number| version(*number)) {
            sorted.sort_by_cached_key(|number| version(*number));
        }
        let mut order = Order {
            places: vec![0; self.list.len()],
            ..Order::default()
        };
        let mut total = 0;
        let mut unyanked = 0;
        for number in sorted {
            let (all, yanked) = counts[number as usize];
            let flags = self.list[number as usize].1.flags;
            match (order.kept.last(), order.flags.last_mut()) {
                (Some(last), Some(known)) if version(*last) == version(number) => *known |= flags,
                _ => {
                    order.kept.push(number);
                    order.first_file.push(total);
                    order.flags.push(flags | version_flag::ALL_YANKED);
                    unyanked = 0;
                }
            }
            unyanked += all - yanked;
            if let Some(flags) = order.flags.last_mut().filter(|_| unyanked > 0) {
                *flags &= !version_flag::ALL_YANKED;
            }
            total += all;
            order.places[number as usize] = order.kept.len() as u32 - 1;
        }
        order
    }
}

/// Versions brought into order.
#[derive(Default)]
struct Order {
    /// Numbers of the versions kept, ascending.
    kept: Vec<u32>,
    /// For each of them the place of its first file.
    first_file: Vec<u32>,
    flags: Vec<u16>,
    /// For each version by number its place in `kept`.
    places: Vec<u32>,
}

fn push_line(list: &mut Vec<String>, url: &str) {
    let url = url.trim();
    if !url.is_empty() && !url.contains(['\n', '\r']) {
        list.push(url.to_owned());
    }
}

/// Reads `aa/bb/…/`, 64 lower-case hexadecimal digits.
fn hex_path(path: &str) -> Option<[u8; 32]> {
    let path: &[u8; HEX_PATH_LEN] = path.as_bytes().try_into().ok()?;
    if path[2] != b'/' || path[5] != b'/' || path[66] != b'/' {
        return None;
    }
    let mut digits = [0; 64];
    digits[..2].copy_from_slice(&path[..2]);
    digits[2..4].copy_from_slice(&path[3..5]);
    digits[4..].copy_from_slice(&path[6..66]);
    let mut out = [0; 32];
    let lower = !digits.iter().any(u8::is_ascii_uppercase);
    (hex_decode(&digits, &mut out) && lower).then_some(out)
}
