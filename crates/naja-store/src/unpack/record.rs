//! Whether RECORD lists exactly the files of the archive (PEP 376, PEP 427, PEP 627).

use naja_spec::{Digest, Record, RecordEntry};
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::digest::is_usable;
use crate::error::{RecordProblem, WheelProblem};
use crate::zip::{Directory, Member};

/// The digest each member must have, by its position in the directory; `None` for directories
/// and for RECORD and its signatures, which cannot contain their own digests.
pub(super) fn expected_digests(
    record: &[u8],
    directory: &Directory,
    dist_info: &str,
) -> Result<Vec<Option<Digest>>, WheelProblem> {
    compare(record, directory, dist_info).map_err(WheelProblem::Record)
}

fn compare(
    record: &[u8],
    directory: &Directory,
    dist_info: &str,
) -> Result<Vec<Option<Digest>>, RecordProblem> {
    let record = Record::parse(record).map_err(|error| RecordProblem::Syntax(error.to_string()))?;
    let mut rows: FxHashMap<&str, &RecordEntry> =
        FxHashMap::with_capacity_and_hasher(record.0.len(), FxBuildHasher);
    for row in &record.0 {
        if rows
            .insert(&row.path, row)
            .is_some_and(|other| other != row)
        {
            return Err(RecordProblem::Twice(row.path.clone()));
        }
    }
    let mut expected = Vec::with_capacity(directory.members().len());
    for member in directory.members() {
        let row = rows.remove(member.name());
        expected.push(match row {
            _ if member.is_dir() || is_exempt(member.name(), dist_info) => None,
            Some(row) => Some(digest_of(row, member)?),
            None => return Err(RecordProblem::NotListed(member.name().to_owned())),
        });
    }
    match rows.into_keys().min() {
        Some(path) => Err(RecordProblem::Absent(path.to_owned())),
        None => Ok(expected),
    }
}

/// RECORD cannot contain its own digest, nor those of its signatures.
fn is_exempt(path: &str, dist_info: &str) -> bool {
    path.strip_prefix(dist_info)
        .is_some_and(|file| matches!(file, "/RECORD" | "/RECORD.jws" | "/RECORD.p7s"))
}

fn digest_of(row: &RecordEntry, member: &Member) -> Result<Digest, RecordProblem> {
    let path = || member.name().to_owned();
    let digest = row
        .hash
        .as_ref()
        .ok_or_else(|| RecordProblem::NoDigest(path()))?;
    if !is_usable(digest.algorithm()) {
        let algorithm = digest.algorithm().to_string();
        return Err(RecordProblem::WeakDigest {
            path: path(),
            algorithm,
        });
    }
    match row.size {
        Some(listed) if listed != member.size() => Err(RecordProblem::OtherSize {
            path: path(),
            listed,
            found: member.size(),
        }),
        _ => Ok(digest.clone()),
    }
}
