//! One requirement of a file or of the command line, named or not.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use naja_spec::{
    Digest, ExtraName, GroupName, Marker, PackageName, Requirement, RequirementSource, SafeUrl,
    WheelName,
};

use super::error::RequirementsErrorKind;
use crate::files::{Files, SourceName, join_lexically};
use crate::settings::scheme_of;

/// Where a line was written, for messages and annotations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineOrigin {
    /// The text it is in.
    pub source: SourceName,
    /// The line, from 1; 0 for the command line.
    pub line: u32,
    /// The line as written: joined, without its comment, with `${…}` as it is.
    pub text: Arc<str>,
    /// The project whose file it is, for what stands in a `pyproject.toml`.
    pub project: Option<ProjectPlace>,
}

/// A part of a project's `pyproject.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectPlace {
    /// The name of the project, where the file has one.
    pub name: Option<PackageName>,
    /// The dependency group; `None` for the dependencies of the project itself.
    pub group: Option<GroupName>,
    /// The extra, for what stands in `optional-dependencies`.
    pub extra: Option<ExtraName>,
}

impl fmt::Display for LineOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        Ok(())
    }
}

/// A requirement with what its line says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementEntry {
    /// What is required.
    pub item: RequirementItem,
    /// The digests one of which the file must have (`--hash`); empty for no wish.
    pub hashes: Vec<Digest>,
    /// Whether it is to be installed as editable (`-e`).
    pub editable: bool,
    /// What is handed to the build backend (`--config-settings`).
    pub config_settings: Vec<(String, String)>,
    /// Options for `setup.py` (`--global-option`), which nothing uses any more.
    pub global_options: Vec<String>,
    /// Where it was written.
    pub origin: LineOrigin,
}

/// A requirement with or without the name of its package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequirementItem {
    /// With a name. Wheel files and addresses of wheels are here: their file name has the name.
    Named(Requirement),
    /// A directory, an archive or an address whose package only its metadata tells.
    Unnamed(UnnamedRequirement),
    /// What a project needs, without the project itself, where only a build can tell that.
    Dependencies(ProjectDependencies),
    /// A lock file (PEP 751): everything it holds for the target.
    Lock(LockText),
}

impl RequirementItem {
    /// Returns the named requirement, if it is one.
    pub fn named(&self) -> Option<&Requirement> {
        match self {
            Self::Named(requirement) => Some(requirement),
            Self::Unnamed(_) | Self::Dependencies(_) | Self::Lock(_) => None,
        }
    }
}

impl fmt::Display for RequirementItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(requirement) => requirement.fmt(f),
            Self::Unnamed(requirement) => requirement.fmt(f),
            Self::Dependencies(project) => write!(f, "{}", project.file.display()),
            Self::Lock(lock) => lock.source.fmt(f),
        }
    }
}

/// A project whose dependencies are computed by its build: `setup.py`, `setup.cfg`, or a
/// `pyproject.toml` that calls them dynamic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectDependencies {
    /// The file that was named; the project is its directory.
    pub file: Arc<Path>,
    /// The extras wanted beside its dependencies.
    pub extras: Vec<ExtraName>,
    /// Whether all extras are.
    pub all_extras: bool,
}

/// A lock file that was named by `-r`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockText {
    /// Where it is: relative paths in it start there.
    pub source: SourceName,
    /// Its text.
    pub text: Arc<str>,
}

/// A path or address without a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnnamedRequirement {
    /// The address; a path became a `file:` address.
    pub url: SafeUrl,
    /// The extras asked for.
    pub extras: Vec<ExtraName>,
    /// When it applies.
    pub marker: Option<Marker>,
    /// The path or address as it was written, secrets masked.
    pub text: String,
}

impl UnnamedRequirement {
    /// Returns the name that `#egg=NAME` gives, as old files of version control addresses do.
    pub fn egg_name(&self) -> Option<naja_spec::PackageName> {
        let egg = self.url.fragment_value("egg")?;
        let name = egg.split_once('[').map_or(egg.as_ref(), |(name, _)| name);
        naja_spec::PackageName::parse(name).ok()
    }
}

impl fmt::Display for UnnamedRequirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)?;
        write_extras(f, &self.extras)?;
        match &self.marker {
            Some(marker) => write!(f, " ; {marker}"),
            None => Ok(()),
        }
    }
}

fn write_extras(f: &mut fmt::Formatter<'_>, extras: &[ExtraName]) -> fmt::Result {
    if extras.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = extras.iter().map(ExtraName::as_str).collect();
    write!(f, "[{}]", names.join(","))
}

/// What a requirement's relative paths start from.
#[derive(Clone, Copy)]
pub(crate) enum Base<'a> {
    /// Directories, the first in which the path exists, else the first.
    Dirs {
        files: &'a dyn Files,
        dirs: &'a [&'a Path],
    },
    /// The address of a remote text.
    Url(&'a SafeUrl),
}

/// An error in a requirement, and the byte in its text where it is.
pub(crate) type Located<T> = Result<T, (usize, RequirementsErrorKind)>;

/// Reads a requirement from the command line: named (PEP 508), a path, or an address.
///
/// Relative paths start from `cwd`, which must be absolute. A path is not looked at.
///
/// # Errors
/// A text that is none of these; the number is the byte offset of the fault in it.
pub fn parse_argument(
    text: &str,
    cwd: &Path,
    files: &dyn Files,
) -> Result<RequirementItem, (usize, RequirementsErrorKind)> {
    let start = text.len() - text.trim_start().len();
    let trimmed = text.trim();
    let lower = trimmed.to_ascii_lowercase();
    let by_name = |end: &str| lower.ends_with(end);
    let is_plain =
        !lower.contains([' ', '@', ';', '[', '=', '<', '>']) && scheme_of(&lower).is_none();
    if is_plain
        && [
            "requirements.txt",
            ".txt",
            ".in",
            "pyproject.toml",
            "setup.py",
        ]
        .iter()
        .any(|e| by_name(e))
    {
        return Err((
            start,
            RequirementsErrorKind::FileAsRequirement(trimmed.to_owned()),
        ));
    }
    let base = Base::Dirs {
        files,
        dirs: &[cwd],
    };
    parse_item(trimmed, base).map_err(|(at, kind)| (start + at, kind))
}

/// Reads a requirement: see [`parse_argument`].
pub(crate) fn parse_item(text: &str, base: Base<'_>) -> Located<RequirementItem> {
    if let Some(at) = name_before_at(text) {
        let rest = &text[at + 1..];
        let place = rest.trim_start();
        if !is_absolute_url(place) {
            return named_path(text, at, base).map(RequirementItem::Named);
        }
    } else if is_unnamed(text) {
        return unnamed(text, 0, base).map(wheel_has_a_name);
    }
    let requirement = Requirement::parse(text).map_err(|error| {
        (
            error.span().start,
            RequirementsErrorKind::Requirement(error),
        )
    })?;
    if let (Base::Url(_), RequirementSource::Url(url)) = (base, &requirement.source)
        && url.is_file()
    {
        return Err((0, RequirementsErrorKind::LocalFromRemote));
    }
    Ok(RequirementItem::Named(requirement))
}

/// Reads the value of `-e`: as [`parse_item`], but a bare word is a directory.
pub(crate) fn parse_editable(text: &str, base: Base<'_>) -> Located<RequirementItem> {
    if name_before_at(text).is_some() {
        return parse_item(text, base);
    }
    unnamed(text, 0, base).map(wheel_has_a_name)
}

/// Returns the offset of the `@` in `NAME[EXTRAS] @ PLACE`.
fn name_before_at(text: &str) -> Option<usize> {
    let at = text.find('@')?;
    let head = text[..at].trim();
    let name = match head.split_once('[') {
        Some((name, extras)) if extras.ends_with(']') => name.trim_end(),
        Some(_) => return None,
        None => head,
    };
    let well_formed = name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    well_formed.then_some(at)
}

/// Says whether a text starts with `scheme://`, or `file:/`.
fn is_absolute_url(text: &str) -> bool {
    scheme_of(text).is_some_and(|scheme| {
        let rest = &text[scheme.len() + 1..];
        rest.starts_with("//") || (scheme.eq_ignore_ascii_case("file") && rest.starts_with('/'))
    })
}

/// Endings of file names that are archives of packages.
const ARCHIVES: &[&str] = &[
    ".whl",
    ".zip",
    ".tar.gz",
    ".tgz",
    ".tar",
    ".tar.bz2",
    ".tbz",
    ".tar.xz",
    ".txz",
    ".tlz",
    ".tar.lz",
    ".tar.lzma",
    ".tar.zst",
];

fn is_unnamed(text: &str) -> bool {
    let place = text.split([';', '[']).next().unwrap_or_default().trim_end();
    if is_absolute_url(text) || scheme_of(place).is_some_and(|s| s.eq_ignore_ascii_case("file")) {
        return true;
    }
    if scheme_of(place).is_some() && place.contains("://") {
        return true;
    }
    let lower = place.to_ascii_lowercase();
    place.starts_with('.')
        || place.contains('/')
        || (cfg!(windows) && place.contains('\\'))
        || ARCHIVES.iter().any(|ending| lower.ends_with(ending))
}

/// Cuts `PLACE ; marker` apart. In a URL the `;` needs white space on one side.
fn split_marker(text: &str) -> (&str, Option<(usize, &str)>) {
    let is_url = is_absolute_url(text);
    let mut from = 0;
    while let Some(found) = text[from..].find(';') {
        let at = from + found;
        let spaced = text[..at].ends_with(char::is_whitespace)
            || text[at + 1..].starts_with(char::is_whitespace);
        if spaced || !is_url {
            return (text[..at].trim_end(), Some((at + 1, &text[at + 1..])));
        }
        from = at + 1;
    }
    (text.trim_end(), None)
}

/// Cuts `PLACE[extras]` apart.
fn split_extras(text: &str) -> Located<(&str, Vec<ExtraName>)> {
    let Some(inside) = text.strip_suffix(']') else {
        return Ok((text, Vec::new()));
    };
    let Some(open) = inside.rfind('[') else {
        return Ok((text, Vec::new()));
    };
    let names = inside[open + 1..].trim();
    let mut extras = Vec::new();
    for name in names
        .split(',')
        .map(str::trim)
        .filter(|_| !names.is_empty())
    {
        extras.push(ExtraName::parse(name).map_err(|_| (open + 1, RequirementsErrorKind::Extras))?);
    }
    extras.sort();
    extras.dedup();
    Ok((text[..open].trim_end(), extras))
}

fn parse_marker(found: Option<(usize, &str)>, start: usize) -> Located<Option<Marker>> {
    found
        .map(|(at, text)| {
            Marker::parse(text).map_err(|error| {
                (
                    start + at + error.span().start,
                    RequirementsErrorKind::Marker(error),
                )
            })
        })
        .transpose()
}

/// Reads `NAME[EXTRAS] @ PATH ; marker`.
fn named_path(text: &str, at: usize, base: Base<'_>) -> Located<Requirement> {
    let head = Requirement::parse(&text[..at]).map_err(|error| {
        (
            error.span().start,
            RequirementsErrorKind::Requirement(error),
        )
    })?;
    let rest = &text[at + 1..];
    let start = at + 1 + (rest.len() - rest.trim_start().len());
    if text[start..].trim().is_empty() {
        // Let the grammar say what is missing.
        let error = Requirement::parse(text).err();
        let kind = error.map(RequirementsErrorKind::Requirement);
        return Err((start, kind.unwrap_or(RequirementsErrorKind::Missing)));
    }
    let (place, marker) = split_marker(&text[start..]);
    let url = to_url(place, base).map_err(|(_, kind)| (start, kind))?;
    let marker = parse_marker(marker, start)?;
    Ok(Requirement {
        marker,
        source: RequirementSource::Url(url),
        ..head
    })
}

fn unnamed(text: &str, start: usize, base: Base<'_>) -> Located<UnnamedRequirement> {
    let (place, marker) = split_marker(text);
    let marker = parse_marker(marker, start)?;
    let (place, extras) = split_extras(place).map_err(|(at, kind)| (start + at, kind))?;
    let url = to_url(place, base).map_err(|(_, kind)| (start, kind))?;
    let text = if is_absolute_url(place) {
        url.to_string()
    } else {
        place.to_owned()
    };
    Ok(UnnamedRequirement {
        url,
        extras,
        marker,
        text,
    })
}

fn to_url(place: &str, base: Base<'_>) -> Located<SafeUrl> {
    let bad = |error| (0, RequirementsErrorKind::Url(error));
    if is_absolute_url(place) {
        let url = SafeUrl::parse(place).map_err(bad)?;
        if matches!(base, Base::Url(_)) && url.is_file() {
            return Err((0, RequirementsErrorKind::LocalFromRemote));
        }
        return Ok(url);
    }
    // `file:x` and `file:./x`, which other tools write for relative paths.
    let (path, fragment) = match scheme_of(place) {
        Some(scheme) if scheme.eq_ignore_ascii_case("file") => {
            let rest = &place[scheme.len() + 1..];
            rest.split_once('#')
                .map_or((rest, None), |(path, hash)| (path, Some(hash)))
        }
        Some(_) if place.contains("://") => return SafeUrl::parse(place).map_err(bad),
        _ => (place, None),
    };
    match base {
        Base::Url(remote) => remote.join(place).map_err(bad),
        Base::Dirs { files, dirs } => {
            let candidates = dirs.iter().map(|dir| join_lexically(dir, Path::new(path)));
            let mut candidates: Vec<_> = candidates.collect();
            candidates.dedup();
            let found = match candidates.as_slice() {
                [one] => one,
                [first, ..] => candidates
                    .iter()
                    .find(|path| files.exists(path))
                    .unwrap_or(first),
                [] => Path::new(path),
            };
            let url = SafeUrl::from_file_path(found).map_err(bad)?;
            match fragment {
                Some(fragment) => url.join(&format!("#{fragment}")).map_err(bad),
                None => Ok(url),
            }
        }
    }
}

/// Gives the address of a wheel the name and, where nothing else is said, keeps it as it is.
fn wheel_has_a_name(unnamed: UnnamedRequirement) -> RequirementItem {
    let vcs = unnamed.url.scheme().contains('+');
    let file = unnamed.url.file_name();
    let wheel = file
        .filter(|_| !vcs)
        .and_then(|file| WheelName::parse(&file).ok());
    match wheel {
        Some(wheel) => RequirementItem::Named(Requirement {
            name: wheel.name,
            extras: unnamed.extras,
            source: RequirementSource::Url(unnamed.url),
            marker: unnamed.marker,
        }),
        None => RequirementItem::Unnamed(unnamed),
    }
}
