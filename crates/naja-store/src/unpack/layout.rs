//! What a wheel must contain besides its files ("Binary distribution format").

use naja_spec::{Headers, PackageName, Version, WheelFile, WheelFileError, WheelName};

use crate::error::{StoreError, WheelProblem};
use crate::manifest::DataScheme;
use crate::zip::{Directory, Limits, Member, RemoteDirectory, RemoteMember};

/// The special parts of a wheel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// Name of the `*.dist-info` directory.
    pub(super) dist_info: String,
    /// Name of the `*.data` directory, if there is one.
    pub(super) data_dir: Option<String>,
    pub(super) root_is_purelib: bool,
    /// Contents of WHEEL.
    pub(super) wheel: String,
    /// Contents of `entry_points.txt`, empty when absent.
    pub(super) entry_points: String,
}

impl Layout {
    /// Finds and checks everything but RECORD.
    pub(super) fn read(
        directory: &Directory,
        bytes: &[u8],
        name: &WheelName,
    ) -> Result<Self, StoreError> {
        let (unzip, wrong) = (StoreError::in_zip(name), StoreError::in_wheel(name));
        let dist_info = find_dist_info(directory.members(), name).map_err(wrong)?;
        let data_dir = find_data_dir(directory.members(), name).map_err(wrong)?;
        let read = |file: &str| -> Result<Option<Vec<u8>>, StoreError> {
            let path = format!("{dist_info}/{file}");
            match directory.get(&path) {
                Some(_) => directory.read_member(bytes, &path).map(Some).map_err(unzip),
                None => Ok(None),
            }
        };
        let missing = |file: &str| {
            wrong(WheelProblem::MissingFile {
                path: format!("{dist_info}/{file}"),
            })
        };
        let wheel = read("WHEEL")?.ok_or_else(|| missing("WHEEL"))?;
        let parsed = check_wheel_file(&wheel).map_err(wrong)?;
        let metadata = read("METADATA")?.ok_or_else(|| missing("METADATA"))?;
        check_metadata(&metadata, name).map_err(wrong)?;
        let entry_points = read("entry_points.txt")?.unwrap_or_default();
        let text = |file: &str, bytes: Vec<u8>| {
            String::from_utf8(bytes).map_err(|_| {
                let path = format!("{dist_info}/{file}");
                wrong(WheelProblem::BadText {
                    path,
                    reason: "it is not UTF-8".into(),
                })
            })
        };
        Ok(Self {
            root_is_purelib: parsed.root_is_purelib,
            wheel: text("WHEEL", wheel)?,
            entry_points: text("entry_points.txt", entry_points)?,
            data_dir,
            dist_info,
        })
    }
}

/// Returns METADATA of a whole wheel, after checking the archive's directory.
///
/// # Errors
///
/// When the archive is refused, or what it says of itself does not fit its file name. RECORD
/// is not checked.
pub fn wheel_metadata(bytes: &[u8], name: &WheelName) -> Result<Vec<u8>, StoreError> {
    let (unzip, wrong) = (StoreError::in_zip(name), StoreError::in_wheel(name));
    let directory = Directory::read(bytes, &Limits::default()).map_err(unzip)?;
    let path = metadata_path(directory.members(), name).map_err(wrong)?;
    let metadata = directory.read_member(bytes, &path).map_err(unzip)?;
    check_metadata(&metadata, name).map_err(wrong)?;
    Ok(metadata)
}

/// Locates METADATA of a wheel of which only the directory is at hand.
///
/// # Errors
///
/// When there is no such member, or the `.dist-info` directory does not fit the file name.
pub fn remote_metadata(
    directory: &RemoteDirectory,
    name: &WheelName,
) -> Result<RemoteMember, StoreError> {
    let path = metadata_path(directory.members(), name).map_err(StoreError::in_wheel(name))?;
    directory.member(&path).map_err(StoreError::in_zip(name))
}

fn metadata_path(members: &[Member], name: &WheelName) -> Result<String, WheelProblem> {
    let path = format!("{}/METADATA", find_dist_info(members, name)?);
    if members.iter().any(|member| member.name() == path) {
        return Ok(path);
    }
    Err(WheelProblem::MissingFile { path })
}

/// The names of all top-level directories, each possibly several times.
fn top_dirs(members: &[Member]) -> impl Iterator<Item = &str> {
    members
        .iter()
        .filter_map(|member| member.name().split_once('/'))
        .map(|(top, _)| top)
}

/// The one `*.dist-info` directory, which must be named for this wheel.
fn find_dist_info(members: &[Member], name: &WheelName) -> Result<String, WheelProblem> {
    let mut found: Option<&str> = None;
    for top in top_dirs(members) {
        let is_dist_info = suffix_ignoring_case(top, ".dist-info").is_some();
        match found {
            Some(first) if is_dist_info && first != top => {
                return Err(WheelProblem::SeveralDistInfo {
                    first: first.to_owned(),
                    second: top.to_owned(),
                });
            }
            None if is_dist_info => found = Some(top),
            _ => {}
        }
    }
    let directory = found.ok_or(WheelProblem::NoDistInfo)?;
    let stem = directory
        .strip_suffix(".dist-info")
        .ok_or(WheelProblem::NoDistInfo)?;
    if !is_for(stem, name) {
        return Err(WheelProblem::OtherDistribution {
            directory: directory.to_owned(),
            expected: expected(name),
        });
    }
    Ok(directory.to_owned())
}

/// The `*.data` directory of this wheel; other directories with that ending are packages.
fn find_data_dir(members: &[Member], name: &WheelName) -> Result<Option<String>, WheelProblem> {
    let mut found: Option<&str> = None;
    for member in members {
        let Some((top, rest)) = member.name().split_once('/') else {
            continue;
        };
        let Some(stem) = suffix_ignoring_case(top, ".data") else {
            continue;
        };
        if !is_for(stem, name) {
            continue;
        }
        if let Some(first) = found.filter(|&first| first != top) {
            return Err(WheelProblem::SeveralData {
                first: first.to_owned(),
                second: top.to_owned(),
            });
        }
        found = Some(top);
        let known = match rest.split_once('/') {
            Some((scheme, _)) => DataScheme::from_name(scheme).is_some(),
            None => rest.is_empty(),
        };
        if !known {
            return Err(WheelProblem::UnknownScheme {
                path: member.name().to_owned(),
            });
        }
    }
    Ok(found.map(str::to_owned))
}

fn suffix_ignoring_case<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    let at = text.len().checked_sub(suffix.len())?;
    let (stem, end) = text.split_at_checked(at)?;
    end.eq_ignore_ascii_case(suffix).then_some(stem)
}

/// Whether `name-version` means this wheel; both parts occur unescaped and not normalised.
fn is_for(stem: &str, wheel: &WheelName) -> bool {
    stem.match_indices('-').any(|(at, _)| {
        let (name, version) = (&stem[..at], &stem[at + 1..]);
        PackageName::parse(name).is_ok_and(|name| name == wheel.name)
            && Version::parse(&version.replace('_', "-"))
                .is_ok_and(|version| version == wheel.version)
    })
}

fn expected(name: &WheelName) -> String {
    format!("{} {}", name.name, name.version)
}

fn check_wheel_file(bytes: &[u8]) -> Result<WheelFile, WheelProblem> {
    let bad = |error: WheelFileError| WheelProblem::BadWheelFile {
        reason: error.to_string(),
    };
    let file = WheelFile::parse(bytes).map_err(bad)?;
    match file.check_version() {
        Ok(_) => Ok(file),
        Err(WheelFileError::Version((major, minor))) => {
            Err(WheelProblem::UnknownFormat { major, minor })
        }
        Err(other) => Err(bad(other)),
    }
}

/// Whether METADATA speaks of the distribution in the file name.
fn check_metadata(bytes: &[u8], wheel: &WheelName) -> Result<(), WheelProblem> {
    let headers = Headers::parse(bytes);
    let field = |name| {
        headers
            .get(name)
            .map(|value| value.trim().to_owned())
            .unwrap_or_default()
    };
    let (name, version) = (field("Name"), field("Version"));
    let agrees = PackageName::parse(&name).is_ok_and(|name| name == wheel.name)
        && Version::parse(&version).is_ok_and(|version| version == wheel.version);
    if agrees {
        return Ok(());
    }
    Err(WheelProblem::OtherMetadata {
        found: format!("{name} {version}").escape_debug().to_string(),
        expected: expected(wheel),
    })
}
