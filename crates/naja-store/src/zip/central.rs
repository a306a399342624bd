//! The central directory: one header per member.

use super::bytes::{u16_at, u32_at};
use super::error::{MemberProblem, ZipError};
use super::{Member, Method, extra, name};

const SIGNATURE: u32 = 0x0201_4b50;
const FIXED: usize = 46;

const FLAG_ENCRYPTED: u16 = 1;
/// The record after the data carries checksum and sizes.
pub(super) const FLAG_DESCRIPTOR: u16 = 1 << 3;
const FLAG_STRONG: u16 = 1 << 6;
const FLAG_UTF8: u16 = 1 << 11;
const FLAG_MASKED: u16 = 1 << 13;
/// Bits 1 and 2 only say how hard the compressor tried.
const FLAGS_KNOWN: u16 = 0b110 | FLAG_DESCRIPTOR | FLAG_UTF8;

/// No deflate stream expands more than this (1032 plus rounding), plus one block.
const MAX_RATIO: u64 = 1040;

/// Reads one header from the start of `bytes`; returns the member and the header's length.
pub(super) fn read(bytes: &[u8]) -> Result<(Member, usize), ZipError> {
    const SHORT: ZipError = ZipError::Directory("a header is cut short");
    let fixed = bytes.get(..FIXED).ok_or(SHORT)?;
    if u32_at(fixed, 0) != Some(SIGNATURE) {
        return Err(ZipError::Directory(
            "a header does not begin with its signature",
        ));
    }
    let half = |at: usize| u16_at(fixed, at).unwrap_or(0);
    let word = |at: usize| u32_at(fixed, at).unwrap_or(0);
    let name_end = FIXED + usize::from(half(28));
    let extra_end = name_end + usize::from(half(30));
    let end = extra_end + usize::from(half(32));
    let raw_name = bytes.get(FIXED..name_end).ok_or(SHORT)?;
    let extra = bytes.get(name_end..extra_end).ok_or(SHORT)?;
    if bytes.len() < end {
        return Err(SHORT);
    }
    let fields = Fields {
        flags: half(8),
        method: half(10),
        crc32: word(16),
        packed: word(20),
        size: word(24),
        disk: half(34),
        attributes: word(38),
        offset: word(42),
    };
    let member = fields
        .check(raw_name, extra)
        .map_err(|problem| ZipError::member(raw_name, problem))?;
    Ok((member, end))
}

struct Fields {
    flags: u16,
    method: u16,
    crc32: u32,
    packed: u32,
    size: u32,
    disk: u16,
    attributes: u32,
    offset: u32,
}

impl Fields {
    fn check(&self, raw_name: &[u8], extra: &[u8]) -> Result<Member, MemberProblem> {
        check_flags(self.flags)?;
        let name =
            name::check(raw_name, self.flags & FLAG_UTF8 != 0).map_err(MemberProblem::Name)?;
        let method = match self.method {
            0 => Method::Stored,
            8 => Method::Deflate,
            other => return Err(MemberProblem::Method(other)),
        };
        let mut values = extra::Values::new(extra::zip64(extra, raw_name)?);
        let size = values.resolve(self.size)?;
        let packed = values.resolve(self.packed)?;
        let offset = values.resolve(self.offset)?;
        values.finish(&[size, packed, offset])?;
        if self.disk != 0 {
            return Err(MemberProblem::Extra("it lies on another disk"));
        }
        let directory = name.ends_with('/');
        check_type(self.attributes, directory)?;
        check_sizes(method, packed, size, directory)?;
        Ok(Member {
            name: name.into(),
            method,
            crc32: self.crc32,
            packed,
            size,
            offset,
            end: offset,
            data: offset,
            flags: self.flags,
            mode: (self.attributes >> 16) & 0o7777,
        })
    }
}

fn check_flags(flags: u16) -> Result<(), MemberProblem> {
    if flags & (FLAG_ENCRYPTED | FLAG_STRONG | FLAG_MASKED) != 0 {
        return Err(MemberProblem::Encrypted);
    }
    match flags & !FLAGS_KNOWN {
        0 => Ok(()),
        unknown => Err(MemberProblem::Flags(unknown)),
    }
}

/// Checks the Unix file type, whatever system the header claims to come from, since other
/// readers do not ask either.
fn check_type(attributes: u32, directory: bool) -> Result<(), MemberProblem> {
    let kind = match (attributes >> 16) & 0o170_000 {
        0 => return Ok(()),
        0o100_000 if !directory => return Ok(()),
        0o040_000 if directory => return Ok(()),
        0o100_000 => "file with the name of a directory",
        0o040_000 => "directory with the name of a file",
        0o120_000 => "symbolic link",
        0o020_000 | 0o060_000 => "device",
        0o010_000 => "pipe",
        0o140_000 => "socket",
        _ => "special file",
    };
    Err(MemberProblem::FileType(kind))
}

fn check_sizes(
    method: Method,
    packed: u64,
    size: u64,
    directory: bool,
) -> Result<(), MemberProblem> {
    if directory && size != 0 || method == Method::Stored && packed != size {
        return Err(MemberProblem::Sizes);
    }
    if size > packed.saturating_mul(MAX_RATIO) {
        return Err(MemberProblem::Ratio { size, packed });
    }
    Ok(())
}
