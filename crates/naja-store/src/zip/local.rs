//! The header before each member's data, which must repeat what the directory says.

use super::bytes::{u16_at, u32_at, u64_at};
use super::central::FLAG_DESCRIPTOR;
use super::error::MemberProblem;
use super::{Member, Method, extra};

const SIGNATURE: u32 = 0x0403_4b50;
const FIXED: usize = 30;
const DESCRIPTOR: u32 = 0x0807_4b50;

/// Compares the local header with the directory and returns where the data begins, counted
/// from the start of `extent`, which holds header, data and descriptor and nothing else.
pub(super) fn check(member: &Member, extent: &[u8]) -> Result<usize, MemberProblem> {
    let fixed = extent.get(..FIXED).ok_or(MemberProblem::NoLocalHeader)?;
    if u32_at(fixed, 0) != Some(SIGNATURE) {
        return Err(MemberProblem::NoLocalHeader);
    }
    let half = |at: usize| u16_at(fixed, at).unwrap_or(0);
    let word = |at: usize| u32_at(fixed, at).unwrap_or(0);
    if half(6) != member.flags {
        return Err(MemberProblem::Mismatch("set of flags"));
    }
    if half(8) != member.method.number() {
        return Err(MemberProblem::Mismatch("compression method"));
    }
    let name_end = FIXED + usize::from(half(26));
    let data = name_end + usize::from(half(28));
    let name = extent
        .get(FIXED..name_end)
        .ok_or(MemberProblem::NoLocalHeader)?;
    let extra = extent
        .get(name_end..data)
        .ok_or(MemberProblem::NoLocalHeader)?;
    if name != member.name.as_bytes() {
        return Err(MemberProblem::Mismatch("name"));
    }
    let mut values = extra::Values::new(extra::zip64(extra, name)?);
    let size = values.resolve(word(22))?;
    let packed = values.resolve(word(18))?;
    values.finish(&[size, packed])?;
    let late = member.flags & FLAG_DESCRIPTOR != 0;
    if late && member.method == Method::Stored && member.packed != 0 {
        // Only the directory could say where such data ends.
        return Err(MemberProblem::Descriptor);
    }
    compare(member, (word(14), packed, size), late)?;
    let rest = extent.len() - data;
    let after = u64::try_from(rest)
        .ok()
        .and_then(|rest| rest.checked_sub(member.packed));
    let after = after.ok_or(MemberProblem::NoLocalHeader)?;
    match (late, after) {
        (false, 0) => Ok(data),
        (true, 12 | 16 | 20 | 24) => {
            let length = usize::try_from(after).map_err(|_| MemberProblem::Descriptor)?;
            check_descriptor(member, &extent[extent.len() - length..])?;
            Ok(data)
        }
        _ => Err(MemberProblem::Descriptor),
    }
}

/// Compares checksum and sizes; with a descriptor they may also all be zero.
fn compare(
    member: &Member,
    (crc32, packed, size): (u32, u64, u64),
    late: bool,
) -> Result<(), MemberProblem> {
    if late && (crc32, packed, size) == (0, 0, 0) {
        return Ok(());
    }
    if crc32 != member.crc32 {
        return Err(MemberProblem::Mismatch("checksum"));
    }
    if packed != member.packed {
        return Err(MemberProblem::Mismatch("packed size"));
    }
    if size != member.size {
        return Err(MemberProblem::Mismatch("size"));
    }
    Ok(())
}

/// Checks the record after the data: an optional signature, checksum, and two sizes of four
/// or eight bytes. Its length tells which.
fn check_descriptor(member: &Member, record: &[u8]) -> Result<(), MemberProblem> {
    let signed = matches!(record.len(), 16 | 24);
    let wide = record.len() >= 20;
    if signed && u32_at(record, 0) != Some(DESCRIPTOR) {
        return Err(MemberProblem::Descriptor);
    }
    let body = if signed { &record[4..] } else { record };
    let (packed, size) = if wide {
        (u64_at(body, 4), u64_at(body, 12))
    } else {
        (
            u32_at(body, 4).map(u64::from),
            u32_at(body, 8).map(u64::from),
        )
    };
    let agrees = u32_at(body, 0) == Some(member.crc32)
        && packed == Some(member.packed)
        && size == Some(member.size);
    if agrees {
        Ok(())
    } else {
        Err(MemberProblem::Descriptor)
    }
}
